//! `corspec list`: what there is to run.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use corspec::case::scenario::{Level, Permutation, Subject};
use corspec::run::ExitCode;
use serde::Serialize;

use crate::cases;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::selection::SelectionArguments;

/// List permutations by their ids, one per line.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec list                             everything
  corspec list 'preflight/**' --level must
  corspec list --mechanisms                which mechanism is covered in which agent
  corspec list --json | jq -r '.[].covers[]' | sort | uniq -c")]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,

    /// Folder of case files to use instead of the built-in suite.
    #[arg(long, value_name = "DIR", env = "CORSPEC_CASES", hide_env = true)]
    cases: Option<PathBuf>,

    /// Print a JSON array with title, level, tags, requirements and place of each permutation.
    #[arg(
        long,
        env = "CORSPEC_JSON",
        hide_env = true,
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    json: bool,

    /// Print a table in Markdown instead: the mechanisms, and how many permutations each agent runs.
    #[arg(long, conflicts_with = "json")]
    mechanisms: bool,
}

pub(crate) fn execute(arguments: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    let suite = cases::load(arguments.cases.as_deref(), context)?;
    if arguments.mechanisms {
        let known = cases::known(&suite, None, arguments.cases.as_deref(), context)?;
        let table = corspec::report::mechanisms(&suite, &known);
        output::data(|to| to.write_all(table.as_bytes()))?;
        return Ok(ExitCode::Conformant);
    }
    let selection = arguments.selection.resolve(&context.configuration);
    let selected = cases::select(&suite, &selection)?;
    output::data(|to| {
        if arguments.json {
            json(&selected, to)
        } else {
            plain(&selected, to)
        }
    })?;
    Ok(ExitCode::Conformant)
}

fn plain(selected: &[Arc<Permutation>], to: &mut dyn Write) -> io::Result<()> {
    selected
        .iter()
        .try_for_each(|permutation| writeln!(to, "{}", permutation.id))
}

fn json(selected: &[Arc<Permutation>], to: &mut dyn Write) -> io::Result<()> {
    let entries: Vec<Entry<'_>> = selected.iter().map(|it| Entry::of(it)).collect();
    serde_json::to_writer_pretty(&mut *to, &entries)?;
    writeln!(to)
}

/// A permutation, in the words of the JSON report.
#[derive(Serialize)]
struct Entry<'run> {
    id: &'run str,
    title: &'run str,
    subject: Subject,
    level: Level,
    tags: &'run [String],
    covers: &'run [String],
    /// The only agents that can run it; null for all.
    agents: Option<&'run [String]>,
    file: String,
    line: usize,
}

impl<'run> Entry<'run> {
    fn of(permutation: &'run Permutation) -> Self {
        let scenario = &permutation.scenario;
        Self {
            id: &permutation.id,
            title: &scenario.title,
            subject: scenario.subject,
            level: scenario.level,
            tags: &scenario.tags,
            covers: &scenario.covers,
            agents: scenario.only.as_ref().map(|only| only.agents.as_slice()),
            file: scenario.location.file.to_string_lossy().replace('\\', "/"),
            line: scenario.location.line,
        }
    }
}
