//! `corspec servers`: what can be put under test here.

use clap::Args;
use corspec::case::{Suite, TargetFile};
use corspec::run::ExitCode;
use corspec::server::Servers;
use serde::Serialize;

use crate::cases::{self, refused};
use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::targets::servers;

/// List the servers that corspec brings adapters for, and which are installed.
///
/// They are folders in harness/servers; `scripts/install-servers NAME` installs one.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec servers
  corspec servers --json | jq '.[] | select(.installed) | .name'
  corspec run --target express")]
pub(crate) struct Arguments {
    /// As JSON: an array with an object for each version.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Entry {
    #[serde(flatten)]
    file: TargetFile,
    version: String,
    installed: bool,
}

pub(crate) fn execute(arguments: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    let suite = cases::load(None, context)?;
    let entries = entries(&servers()?, &suite, context)?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&entries).unwrap_or_default();
        output::data(|to| writeln!(to, "{json}"))?;
        return Ok(ExitCode::Conformant);
    }
    let width = |text: &dyn Fn(&Entry) -> usize| entries.iter().map(text).max().unwrap_or(0);
    let name = width(&|entry| entry.file.name.len());
    let version = width(&|entry| entry.version.len());
    let language = width(&|entry| entry.file.language.as_deref().unwrap_or("").len());
    let mut text = String::new();
    for entry in &entries {
        let state = if entry.installed { "installed" } else { "-" };
        let line = format!(
            "{:name$}  {:version$}  {:language$}  {state:9}  {}",
            entry.file.name,
            entry.version,
            entry.file.language.as_deref().unwrap_or(""),
            entry.file.title,
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    output::data(|to| to.write_all(text.as_bytes()))?;
    Ok(ExitCode::Conformant)
}

fn entries(servers: &Servers, suite: &Suite, context: &Context) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    for name in servers.names() {
        let file = servers
            .read(&name, &suite.policies)
            .map_err(|error| refused(&error, context))?;
        for version in file.versions.clone() {
            entries.push(Entry {
                installed: servers.is_installed(&name, &version),
                file: file.clone(),
                version,
            });
        }
    }
    Ok(entries)
}
