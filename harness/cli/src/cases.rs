//! Case files: loaded, or refused with every fault they have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use corspec::case::scenario::Permutation;
use corspec::case::{Glob, KnownDeviations, LoadError, Suite};
use corspec::report::count;
use corspec::run::{ExitCode, Selection, Shard};
use corspec::server::Target;

use crate::context::Context;
use crate::failure::Failure;
use crate::output;

/// The suite in the folder named by the command line or the configuration, or the built-in one.
///
/// # Errors
///
/// Every fault of every file.
pub(crate) fn load(folder: Option<&Path>, context: &Context) -> Result<Suite, Failure> {
    match folder.or(context.configuration.cases.as_deref()) {
        Some(folder) if !folder.is_dir() => Err(Failure::usage(format!(
            "there is no folder `{}`",
            folder.display()
        ))
        .hint("name a folder of `<area>/<topic>.yaml` files")),
        Some(folder) => Suite::from_dir(folder).map_err(|error| {
            let known = |file: &Path| Some(folder.join(file)).filter(|path| path.exists());
            refused(&beside(error, known), context)
        }),
        None => Suite::embedded().map_err(|error| refused(&error, context)),
    }
}

/// The known deviations in the file named, else in `known.yaml` beside the cases, if there is one.
///
/// # Errors
///
/// Every fault of the file; that an entry matches nothing is one.
pub(crate) fn known(
    suite: &Suite,
    file: Option<&Path>,
    folder: Option<&Path>,
    context: &Context,
) -> Result<KnownDeviations, Failure> {
    let configuration = &context.configuration;
    let file = file.or(configuration.known.as_deref());
    if let Some(file) = file.filter(|file| !file.exists()) {
        return Err(
            Failure::usage(format!("there is no file `{}`", file.display()))
                .hint("--known names a file of known deviations"),
        );
    }
    let known = match (file, folder.or(configuration.cases.as_deref())) {
        (Some(file), _) => KnownDeviations::from_file(file, suite),
        (None, Some(folder)) => {
            let file = folder.join("known.yaml");
            if file.exists() {
                KnownDeviations::from_file(&file, suite)
            } else {
                Ok(KnownDeviations::default())
            }
        }
        (None, None) => KnownDeviations::embedded(suite),
    };
    known.map_err(|error| refused(&error, context))
}

/// The known deviations of a server under test, where its description names a file of them.
///
/// # Errors
///
/// Every fault of the file; that an entry matches nothing, or is about another server, is one.
pub(crate) fn known_of(
    target: &Target,
    suite: &Suite,
    context: &Context,
) -> Result<KnownDeviations, Failure> {
    match &target.known {
        Some(file) => KnownDeviations::of_target(file, &target.name, suite)
            .map_err(|error| refused(&error, context)),
        None => Ok(KnownDeviations::default()),
    }
}

/// A suite of single files, each named `…/<area>/<topic>.yaml`.
///
/// # Errors
///
/// Every fault of every file.
pub(crate) fn load_files(paths: &[PathBuf], context: &Context) -> Result<Suite, Failure> {
    let mut files = BTreeMap::new();
    let mut names: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for path in paths {
        let content = std::fs::read(path).map_err(|error| {
            Failure::usage(format!("cannot read `{}`: {error}", path.display()))
                .hint("name case files; a folder of them is checked with --cases")
        })?;
        // Ids come from the folder and the name of a file, wherever the folder is.
        let components: Vec<_> = path.components().collect();
        let name: PathBuf = components[components.len().saturating_sub(2)..]
            .iter()
            .collect();
        names.insert(name.clone(), path.clone());
        files.insert(name, content);
    }
    Suite::from_files(files)
        .map_err(|error| refused(&beside(error, |file| names.get(file).cloned()), context))
}

/// The permutations selected, in the order of the suite.
///
/// # Errors
///
/// None are, or something that selects matches nothing and is most likely misspelt: a run of less than was
/// meant must not pass. What leaves out nothing is only told.
pub(crate) fn select(
    suite: &Suite,
    selection: &Selection,
) -> Result<Vec<Arc<Permutation>>, Failure> {
    let unknown = selection.unknown_tags(suite);
    if !unknown.is_empty() {
        let tags: BTreeSet<&str> = (suite.permutations.iter())
            .flat_map(|it| it.scenario.tags.iter().map(String::as_str))
            .collect();
        let tags: Vec<&str> = tags.into_iter().collect();
        return Err(Failure::usage(format!(
            "no scenario has the tag `{}`",
            unknown.join("` or `")
        ))
        .hint(format!("there are: {}", tags.join(", "))));
    }
    let selected = selection.select(suite);
    let unmatched = selection.unmatched(suite);
    let is_meant = |glob: &&&Glob| selection.include.contains(glob);
    let misspelt: Vec<_> = unmatched.iter().filter(is_meant).collect();
    if selected.is_empty() || !misspelt.is_empty() {
        let total = suite.permutations.len();
        let message = match misspelt.as_slice() {
            [] => format!("none of {total} permutations is selected"),
            misspelt => {
                let texts: Vec<String> = misspelt.iter().map(|it| format!("`{it}`")).collect();
                let verb = if texts.len() == 1 { "matches" } else { "match" };
                format!("{} {verb} none of {total} permutations", texts.join(", "))
            }
        };
        let hint = match &selection.policy {
            Some(policy) => format!("under the policy `{policy}`, `corspec list server` has what there is"),
            None if selection.policies_only && misspelt.is_empty() => {
                "a target is asked what lies under `server`, and nothing else: `corspec list server`".to_owned()
            }
            None => "`corspec list` shows every id; `preflight` and `preflight/**` select a folder".to_owned(),
        };
        return Err(Failure::new(ExitCode::NothingSelected, message).hint(hint));
    }
    for glob in unmatched {
        output::talk(format_args!("warning: `{glob}` matches nothing"));
    }
    Ok(selected)
}

/// Nothing, if every part of what is selected holds something.
///
/// # Errors
///
/// There are more parts than permutations.
pub(crate) fn require_parts(
    selected: &[Arc<Permutation>],
    shard: Option<Shard>,
) -> Result<(), Failure> {
    match shard {
        Some(shard) if shard.of() > selected.len() => Err(Failure::new(
            ExitCode::NothingSelected,
            format!(
                "{} parts are too many: {} selected, and no part may be empty",
                shard.of(),
                match selected.len() {
                    1 => "1 permutation is".to_owned(),
                    number => format!("{number} permutations are"),
                }
            ),
        )
        .hint("select more, or run it as fewer parts")),
        _ => Ok(()),
    }
}

/// Case files that cannot be used, as a failure.
pub(crate) fn refused(error: &LoadError, context: &Context) -> Failure {
    let problems = error.diagnostics.len();
    let files = error
        .diagnostics
        .iter()
        .map(|diagnostic| &diagnostic.location.file)
        .collect::<BTreeSet<_>>()
        .len();
    let message = format!("{} in {}", count(problems, "problem"), count(files, "file"));
    Failure::new(ExitCode::InvalidCases, message)
        .details(format!("{}\n\n", error.render(context.stderr.is_colored())))
}

/// The same faults with the paths that the user knows, which are not relative to the folder of cases.
fn beside(mut error: LoadError, path: impl Fn(&Path) -> Option<PathBuf>) -> LoadError {
    for diagnostic in &mut error.diagnostics {
        let file = Arc::clone(&diagnostic.location.file);
        let Some(known) = path(&file) else { continue };
        if let Some(source) = error.sources.get(file.as_path()).cloned() {
            error.sources.insert(known.clone(), source);
        }
        diagnostic.location.file = Arc::new(known);
    }
    error
}
