//! `corspec completions`: tab completion for a shell.

use clap::{Args, Command};
use clap_complete::Shell;
use corspec::run::ExitCode;

use crate::failure::Failure;
use crate::output;

/// Print the completions for a shell.
///
/// Where the output belongs depends on the shell; the examples are the usual places.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec completions bash > ~/.local/share/bash-completion/completions/corspec
  corspec completions zsh > \"${fpath[1]}/_corspec\"
  corspec completions fish > ~/.config/fish/completions/corspec.fish
  corspec completions powershell >> $PROFILE")]
pub(crate) struct Arguments {
    /// The shell.
    #[arg(value_name = "SHELL", env = "CORSPEC_SHELL", hide_env = true)]
    shell: Shell,
}

/// Prints those of `command`.
pub(crate) fn execute(arguments: &Arguments, mut command: Command) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "corspec", &mut script);
    output::data(|to| to.write_all(&script))?;
    Ok(ExitCode::Conformant)
}
