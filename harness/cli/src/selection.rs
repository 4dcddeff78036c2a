//! Which permutations are meant.

use clap::Args;
use corspec::case::Glob;
use corspec::case::scenario::Level;
use corspec::run::Selection;

use crate::configuration::Configuration;
use crate::values::LevelName;

/// The options that select permutations.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Selection")]
pub(crate) struct SelectionArguments {
    /// Only ids that match one of these.
    ///
    /// A folder, file or scenario selects everything below it: `preflight`, `preflight/cache`. `*`
    /// stands for anything within one segment, `**` for anything. Brackets are literal.
    #[arg(value_name = "GLOB", help_heading = "Arguments")]
    pub(crate) globs: Vec<String>,

    /// But not ids that match this; may be repeated.
    #[arg(
        long,
        value_name = "GLOB",
        env = "CORSPEC_SKIP",
        hide_env = true,
        value_delimiter = ' '
    )]
    skip: Vec<String>,

    /// Only scenarios with one of these tags.
    #[arg(
        long,
        value_name = "TAG",
        env = "CORSPEC_TAG",
        hide_env = true,
        value_delimiter = ','
    )]
    tag: Vec<String>,

    /// Only scenarios of one of these levels.
    #[arg(
        long,
        value_name = "LEVEL",
        env = "CORSPEC_LEVEL",
        hide_env = true,
        value_delimiter = ','
    )]
    level: Vec<LevelName>,
}

impl SelectionArguments {
    /// The selection, with what only the configuration says.
    pub(crate) fn resolve(&self, configuration: &Configuration) -> Selection {
        let globs = |texts: &[String]| texts.iter().map(|text| Glob::new(text.as_str())).collect();
        Selection {
            include: globs(&self.globs),
            skip: globs(stronger(&self.skip, &configuration.skip)),
            tags: stronger(&self.tag, &configuration.tag).to_vec(),
            levels: stronger(&self.level, &configuration.level)
                .iter()
                .map(|level| Level::from(*level))
                .collect(),
            policies_only: false,
            policy: None,
        }
    }
}

/// Whether everything is selected.
pub(crate) fn is_everything(selection: &Selection) -> bool {
    let Selection {
        include,
        skip,
        tags,
        levels,
        policies_only: _,
        policy: _,
    } = selection;
    include.is_empty() && skip.is_empty() && tags.is_empty() && levels.is_empty()
}

/// The list of the command line, unless it is empty.
pub(crate) fn stronger<'list, T>(given: &'list [T], configured: &'list [T]) -> &'list [T] {
    if given.is_empty() { configured } else { given }
}
