//! How a server is reached that is not part of corspec.

use std::time::Duration;

use clap::Args;
use corspec::agent::wire::{Deadlines, Trouble, Trust};

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
            let (trust, faults) = Trust::of_system();
            for fault in &faults {
                output::talk(format_args!(
                    "warning: some authorities are not trusted: {fault}; look at SSL_CERT_FILE and SSL_CERT_DIR"
                ));
            }
            trust
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

/// What to do about a request that had no answer; `is_trustless` where no authority is trusted at all.
pub(crate) const fn hint(trouble: Trouble, is_trustless: bool) -> &'static str {
    match trouble {
        Trouble::AuthorityCertificate => {
            "give the server a certificate of its own: `openssl req -x509 … -addext \
             basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:localhost`, and name it in \
             SSL_CERT_FILE; or use --insecure"
        }
        Trouble::NoAddress => {
            "look whether the name is spelt right, and this machine can resolve it"
        }
        Trouble::NoListener => "look whether the server runs, and listens at that address and port",
        Trouble::NoTls => {
            "write the URL with http:// (ws:// for a WebSocket), or with the port where TLS is spoken"
        }
        Trouble::Slow => "if the server is slow, --timeout gives it more seconds",
        Trouble::TlsAlone => {
            "the port speaks TLS: write the URL with https:// (wss:// for a WebSocket)"
        }
        Trouble::Untrusted if is_trustless => {
            "this machine has no list of trusted authorities: install ca-certificates, name a file in \
             SSL_CERT_FILE, or use --insecure"
        }
        Trouble::Untrusted => {
            "if the server has signed its own certificate, name it in SSL_CERT_FILE, or use --insecure"
        }
    }
}

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
