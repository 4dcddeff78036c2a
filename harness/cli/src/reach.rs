//! How a server is reached that is not part of corspec.

use std::time::Duration;

use clap::Args;
use corspec::agent::wire::{Deadlines, Trust};

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

/// What to do about a connection that failed, where there is something.
pub(crate) fn hint(failure: &str, is_trustless: bool) -> Option<&'static str> {
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
