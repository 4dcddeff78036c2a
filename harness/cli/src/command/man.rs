//! `corspec man`: the manual pages.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use corspec::report::write_file;
use corspec::run::ExitCode;

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

/// Prints or writes those of `command`.
pub(crate) fn execute(arguments: &Arguments, command: Command) -> Result<ExitCode, Failure> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    match &arguments.folder {
        None => output::data(|to| render(command, to))?,
        Some(folder) => write_all(command, folder)?,
    }
    Ok(ExitCode::Conformant)
}

fn write_all(command: Command, folder: &Path) -> Result<(), Failure> {
    let commands: Vec<Command> = command.get_subcommands().cloned().collect();
    write_page(command, "corspec", folder)?;
    for command in commands {
        let name = format!("corspec-{}", command.get_name());
        write_page(command, &name, folder)?;
    }
    Ok(())
}

fn write_page(command: Command, name: &str, folder: &Path) -> Result<(), Failure> {
    let path = folder.join(format!("{name}.1"));
    write_file(&path, |to| render(command, to))
        .map_err(|error| Failure::usage(&error).hint(error.hint()))?;
    output::talk(format_args!("wrote {}", path.display()));
    Ok(())
}

/// The page as clap makes it, but for what stands below the options: its columns are kept.
fn render(command: Command, mut to: &mut dyn io::Write) -> io::Result<()> {
    let below = [command.get_after_long_help(), command.get_after_help()];
    let below = below.into_iter().flatten().next().map(ToString::to_string);
    let has_subcommands = command.has_subcommands();
    let man = Man::new(command);
    man.render_title(&mut to)?;
    man.render_name_section(&mut to)?;
    man.render_synopsis_section(&mut to)?;
    man.render_description_section(&mut to)?;
    man.render_options_section(&mut to)?;
    if has_subcommands {
        man.render_subcommands_section(&mut to)?;
    }
    sections(&below.unwrap_or_default()).to_writer(&mut to)
}

/// A section for each paragraph.
fn sections(text: &str) -> Roff {
    let mut page = Roff::new();
    for paragraph in text.split("\n\n").filter(|it| !it.trim().is_empty()) {
        let known = SECTIONS
            .iter()
            .find_map(|(begin, name)| Some((*name, paragraph.strip_prefix(begin)?)));
        let (name, lines) = known.unwrap_or(("NOTES", paragraph));
        page.control("SH", [name]);
        page.control("nf", []);
        for line in lines.trim_start_matches('\n').lines() {
            page.text([roman(line)]);
        }
        page.control("fi", []);
    }
    page
}

/// What paragraphs of the help begin with, and what such sections of a manual are called.
///
/// <https://man7.org/linux/man-pages/man7/man-pages.7.html>
const SECTIONS: [(&str, &str); 2] = [("Examples:", "EXAMPLES"), ("Exit codes:", "EXIT STATUS")];
