//! The command line of corspec: flags in, exit code out.
//!
//! What the suite means and how it is run is the business of the library. Here arguments become its
//! types ([`arguments`], [`configuration`]), what it says finds its way to the terminal, and every end
//! has its documented exit code ([`corspec::run::ExitCode`]).

mod arguments;
mod cases;
mod command;
mod configuration;
mod context;
mod crash;
mod execution;
mod failure;
mod global;
mod output;
mod progress;
mod reach;
mod remote;
mod reports;
mod selection;
mod targets;
mod values;

use crate::context::Context;

fn main() -> std::process::ExitCode {
    let crash = crash::Watch::begin();
    let code = crash.guard(|| match arguments::parse(std::env::args_os()) {
        Ok(arguments) => Context::read(&arguments.global, arguments.command.is_configurable())
            .and_then(|context| command::execute(arguments.command, &context))
            .unwrap_or_else(|failure| failure.tell(&arguments.global)),
        Err(answer) => answer.tell(),
    });
    code.into()
}
