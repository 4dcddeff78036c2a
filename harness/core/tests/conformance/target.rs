//! The server under test, as `CORSPEC_TARGET` names it.

use std::path::{Path, PathBuf};

use corspec::agent::wire::public_tls;
use corspec::case::{KnownDeviations, LoadError, Suite, TargetFile};
use corspec::server::{FindError, Servers, Target};

/// The target and its known deviations; the reference server where none is named.
///
/// # Errors
///
/// What is wrong with it, and how to mend it.
pub(crate) fn of_environment(suite: &Suite) -> Result<(Target, KnownDeviations), String> {
    let text = std::env::var("CORSPEC_TARGET").unwrap_or_default();
    let target = match text.split_once(':') {
        None if text.is_empty() || text == "embedded" => Target::default(),
        Some(("embedded", mutant)) => {
            let mutant = mutant.parse().map_err(|error| format!("{error}"))?;
            Target::embedded(Some(mutant))
        }
        _ if text.contains('/') || text.ends_with(".yaml") => file(Path::new(&text), suite)?,
        _ => adapter(&text, suite)?,
    };
    let known = match &target.known {
        Some(file) => KnownDeviations::of_target(file, &target.name, suite)
            .map_err(|error| error.render(false))?,
        None => KnownDeviations::default(),
    };
    Ok((target, known))
}

fn file(path: &Path, suite: &Suite) -> Result<Target, String> {
    let in_full = |error: LoadError| error.render(false);
    let file = TargetFile::read(path, &suite.policies).map_err(in_full)?;
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    Target::described(&file, None, folder, public_tls).map_err(|error| error.to_string())
}

fn adapter(name: &str, suite: &Suite) -> Result<Target, String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target_folder = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let servers =
        Servers::around(here, target_folder).ok_or("there is no folder harness/servers")?;
    servers
        .target(name, &suite.policies, public_tls)
        .map_err(|error| match &error {
            FindError::Description(error) => error.render(false),
            error => format!("{error}\nhint: {}", error.hint().unwrap_or_default()),
        })
}
