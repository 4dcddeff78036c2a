//! How a server is reached that is not part of corspec.

use std::env;
use std::fs;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use corspec::agent::wire::{Deadlines, Trust};

use crate::output;

/// The options that say how a server is reached.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ReachArguments {
    /// Trust every certificate, as of a server that has signed its own.
    ///
    /// Otherwise the authorities count that this machine trusts, or those in the file that
    /// SSL_CERT_FILE names.
    #[arg(long)]
    insecure: bool,

    /// How many seconds each request may take.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,
}

impl ReachArguments {
    pub(crate) fn trust(&self) -> Trust {
        if self.insecure {
            Trust::Everybody
        } else {
            if let Some(file) = env::var_os(CERTIFICATE_FILE)
                && let Some(fault) = certificate_fault(Path::new(&file))
            {
                output::talk(format_args!("warning: {CERTIFICATE_FILE} {fault}\n"));
            }
            Trust::of_system()
        }
    }

    pub(crate) const fn deadlines(&self) -> Deadlines {
        Deadlines {
            connect: self.timeout,
            first_byte: self.timeout,
            exchange: self.timeout,
        }
    }
}

/// The variable that names a file of authorities in place of those of the system.
const CERTIFICATE_FILE: &str = "SSL_CERT_FILE";

/// Why a file has no certificate to trust; what is read afterwards leaves it out without a word.
fn certificate_fault(file: &Path) -> Option<String> {
    let name = file.display();
    match fs::read(file) {
        Err(error) => Some(format!(
            "names `{name}`, which cannot be read: {error}; nothing in it will be trusted"
        )),
        Ok(bytes) if !bytes.windows(PEM.len()).any(|window| window == PEM) => Some(format!(
            "names `{name}`, which has no certificate in PEM; nothing in it will be trusted"
        )),
        Ok(_) => None,
    }
}

const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// What to do about a connection that failed, where there is something.
pub(crate) fn hint(failure: &str, is_trustless: bool) -> Option<&'static str> {
    if failure.starts_with("cannot agree on TLS") && failure.contains("the port speaks plain HTTP")
    {
        return Some(
            "write the URL with http:// (ws:// for a WebSocket), or with the port where TLS is spoken",
        );
    }
    if failure.starts_with("cannot agree on TLS") && failure.contains("(CA:TRUE") {
        return Some(
            "give the server a certificate of its own: `openssl req -x509 … -addext \
             basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:localhost`, and name it in \
             SSL_CERT_FILE; or use --insecure",
        );
    }
    if failure.contains(TLS_ALERT) {
        return Some("the port speaks TLS: write the URL with https:// (wss:// for a WebSocket)");
    }
    if failure.starts_with("cannot agree on TLS") {
        return Some(if is_trustless {
            "this machine has no list of trusted authorities: install ca-certificates, name a file in \
             SSL_CERT_FILE, or use --insecure"
        } else {
            "if the server has signed its own certificate, name it in SSL_CERT_FILE, or use --insecure"
        });
    }
    if failure.starts_with("cannot connect") {
        return Some("look whether the server runs, and listens at that address and port");
    }
    if failure.starts_with("the host ") {
        return Some("look whether the name is spelt right, and this machine can resolve it");
    }
    failure
        .starts_with("no ")
        .then_some("if the server is slow, --timeout gives it more seconds")
}

/// How what a TLS server says to plain HTTP is told.
const TLS_ALERT: &str = r"no HTTP response; it begins with `\x15\x03";

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "expected a number of seconds".to_owned())?;
    if (0.05..=600.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("expected between 0.05 and 600 seconds".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_the_hint_that_mends_it() {
        for (failure, expected) in [
            (
                "cannot agree on TLS with a:1: the port speaks plain HTTP, or",
                "write the URL with http://",
            ),
            (
                "cannot agree on TLS with a:1: its certificate is (CA:TRUE, as",
                "basicConstraints=critical,CA:FALSE",
            ),
            (
                "cannot agree on TLS with a:1: invalid peer certificate",
                "if the server has signed",
            ),
            (
                r"what came is no HTTP response; it begins with `\x15\x03\x01",
                "the port speaks TLS",
            ),
            (
                "cannot connect to a:1: Connection refused",
                "look whether the server runs",
            ),
            ("no response within 1s", "--timeout"),
        ] {
            let hint = hint(failure, false).unwrap_or_default();
            assert!(hint.contains(expected), "{failure}: {hint}");
        }
        assert_eq!(
            hint("the connection was closed without a response", false),
            None
        );
    }
}
