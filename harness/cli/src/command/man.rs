//! `corspec man`: the manual pages.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};
use clap_mangen::Man;
use corspec::report::write_file;
use corspec::run::ExitCode;

use crate::arguments;
use crate::failure::Failure;
use crate::output;

/// Print the manual page, or write one per command into a folder.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec man | man -l -                  read the page
  corspec man ~/.local/share/man/man1     install all pages; then `man corspec-run`")]
pub(crate) struct Arguments {
    /// The folder to write `corspec.1`, `corspec-run.1` … into; it is created if need be.
    #[arg(value_name = "DIR", env = "CORSPEC_MAN", hide_env = true)]
    folder: Option<PathBuf>,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut command = arguments::Arguments::command().disable_help_subcommand(true);
    command.build();
    match &arguments.folder {
        None => output::data(|to| Man::new(command).render(&mut &mut *to))?,
        Some(folder) => write_all(command, folder)?,
    }
    Ok(ExitCode::Conformant)
}

fn write_all(command: clap::Command, folder: &Path) -> Result<(), Failure> {
    let commands: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    write_page(command, "corspec", folder)?;
    for command in commands {
        let name = format!("corspec-{}", command.get_name());
        write_page(command, &name, folder)?;
    }
    Ok(())
}

fn write_page(command: clap::Command, name: &str, folder: &Path) -> Result<(), Failure> {
    let path = folder.join(format!("{name}.1"));
    write_file(&path, |to| render(command, to))
        .map_err(|error| Failure::usage(&error).hint(error.hint()))?;
    output::talk(format_args!("wrote {}", path.display()));
    Ok(())
}

fn render(command: clap::Command, mut to: &mut dyn io::Write) -> io::Result<()> {
    Man::new(command).render(&mut to)
}
