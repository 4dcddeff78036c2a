//! Where browsers and drivers are found.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use crate::process::is_executable;

/// Folders searched behind those of `PATH`: those that services and IDEs leave out of it, and where
/// distributions put MiniBrowser.
const USUAL_FOLDERS: [&str; 6] = [
    "/usr/local/bin",
    "/usr/bin",
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1",
    "/usr/lib/webkit2gtk-4.1",
    "/usr/libexec/webkit2gtk-4.1",
];

/// Variables that name a program, or a display; the names are those that other tools use too.
const VARIABLES: [&str; 8] = [
    "CHROME",
    "CHROMEDRIVER",
    "CHROMIUM",
    "DISPLAY",
    "FIREFOX",
    "GECKODRIVER",
    "MINIBROWSER",
    "WEBKITWEBDRIVER",
];

/// Where `scripts/install-browsers` puts what no package has: `corspec/bin` in the user's cache.
fn own_folder() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let cache = set("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")))?;
    Some(cache.join("corspec/bin"))
}

/// What is known about this machine: where programs are, as its user configured it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Search {
    variables: BTreeMap<String, PathBuf>,
    folders: Vec<PathBuf>,
}

impl Search {
    /// A search among these variables (as `CHROMEDRIVER`) and folders only.
    #[must_use]
    pub fn new(variables: BTreeMap<String, PathBuf>, folders: Vec<PathBuf>) -> Self {
        Self { variables, folders }
    }

    /// The search that the environment of this process asks for. Read once, at the start.
    #[must_use]
    pub fn from_environment() -> Self {
        let variables = VARIABLES
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), PathBuf::from(env::var_os(name)?))))
            .filter(|(_, path)| !path.as_os_str().is_empty())
            .collect();
        let path = env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
        folders.extend(USUAL_FOLDERS.map(PathBuf::from));
        folders.extend(own_folder());
        Self { variables, folders }
    }

    /// Whether a variable is set.
    pub(crate) fn is_set(&self, variable: &str) -> bool {
        self.variables.contains_key(variable)
    }

    /// The first of `variables` that is set decides; else the first of `names` in any folder.
    pub(crate) fn find(
        &self,
        variables: &'static [&'static str],
        names: &'static [&'static str],
        remedy: &'static str,
    ) -> Result<PathBuf, MissingProgram> {
        for &variable in variables {
            if let Some(path) = self.variables.get(variable) {
                return if is_executable(path) {
                    Ok(path.clone())
                } else {
                    Err(MissingProgram::Variable {
                        variable,
                        path: path.clone(),
                    })
                };
            }
        }
        names
            .iter()
            .flat_map(|name| self.folders.iter().map(move |folder| folder.join(name)))
            .find(|path| is_executable(path))
            .ok_or(MissingProgram::Everywhere {
                name: names[0],
                remedy,
            })
    }
}

/// A program that is not where it should be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MissingProgram {
    /// In no folder.
    #[error("`{name}` is missing: {remedy}")]
    Everywhere {
        /// Its usual name.
        name: &'static str,
        /// How to get it.
        remedy: &'static str,
    },
    /// Not where a variable says.
    #[error("{variable} is set to `{path}`, where there is no program: correct it or unset it")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// Its value.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    fn find(search: &Search) -> Result<PathBuf, MissingProgram> {
        search.find(
            &["CHROMIUM", "CHROME"],
            &["chromium", "google-chrome"],
            "install it",
        )
    }

    fn program(folder: &Path, name: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn names_are_tried_in_order_in_every_folder() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let chrome = program(one.path(), "google-chrome", 0o755);
        let folders = vec![one.path().to_owned(), two.path().to_owned()];
        let search = Search::new(BTreeMap::new(), folders);
        assert_eq!(find(&search), Ok(chrome));
        let chromium = program(two.path(), "chromium", 0o755);
        assert_eq!(find(&search), Ok(chromium));
    }

    #[test]
    fn a_file_that_cannot_be_executed_is_no_program() {
        let folder = tempfile::tempdir().unwrap();
        program(folder.path(), "chromium", 0o644);
        let search = Search::new(BTreeMap::new(), vec![folder.path().to_owned()]);
        let error = find(&search).unwrap_err();
        assert_eq!(error.to_string(), "`chromium` is missing: install it");
    }

    #[test]
    fn a_variable_decides_alone() {
        let folder = tempfile::tempdir().unwrap();
        program(folder.path(), "chromium", 0o755);
        let variables = BTreeMap::from([("CHROME".to_owned(), PathBuf::from("/nowhere/chrome"))]);
        let search = Search::new(variables, vec![folder.path().to_owned()]);
        let error = find(&search).unwrap_err();
        assert_eq!(
            error.to_string(),
            "CHROME is set to `/nowhere/chrome`, where there is no program: correct it or unset it"
        );
    }
}
