//! The servers that the project brings adapters for: a folder each.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::ClientConfig;

use super::{Target, TargetError};
use crate::case::{LoadError, Policies, TargetFile};

/// The folder of adapters, and where they are installed.
#[derive(Clone, Debug)]
pub struct Servers {
    folder: PathBuf,
    prefixes: PathBuf,
    reports: PathBuf,
}

impl Servers {
    /// The folder `harness/servers` of the checkout that `folder` is in. What is installed is in its
    /// `target`, or in `target_folder` where cargo was told of another.
    #[must_use]
    pub fn around(folder: &Path, target_folder: Option<PathBuf>) -> Option<Self> {
        let root = folder
            .ancestors()
            .find(|root| root.join("harness/servers").is_dir())?;
        let target = target_folder.unwrap_or_else(|| root.join("target"));
        Some(Self {
            folder: root.join("harness/servers"),
            prefixes: target.join("servers"),
            reports: root.join("reports/servers"),
        })
    }

    /// The names of all adapters, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<String> = entries
            .filter(|entry| entry.path().join(DESCRIPTION).is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    /// The description of an adapter.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is malformed.
    pub fn read(&self, name: &str, policies: &Policies) -> Result<TargetFile, LoadError> {
        TargetFile::read(&self.folder.join(name).join(DESCRIPTION), policies)
    }

    /// The server of this name, in the version behind an `@` or in its usual one. `tls` is how https is
    /// spoken.
    ///
    /// # Errors
    ///
    /// [`FindError`] if there is none, or it cannot be used.
    pub fn target(
        &self,
        text: &str,
        policies: &Policies,
        tls: impl FnOnce() -> Arc<ClientConfig>,
    ) -> Result<Target, FindError> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let names = self.names();
        if !names.iter().any(|known| known == name) {
            return Err(FindError::Unknown {
                name: name.to_owned(),
                names,
            });
        }
        let file = self.read(name, policies)?;
        let version = version.or_else(|| file.versions.first().map(String::as_str));
        let prefix = version.map_or_else(PathBuf::new, |version| self.prefix(name, version));
        let target = Target::described(&file, version, prefix, tls)?;
        match version {
            Some(version) if !self.is_installed(name, version) => Err(FindError::NotInstalled {
                name: name.to_owned(),
                version: version.to_owned(),
            }),
            _ => Ok(target),
        }
    }

    /// Where a version is installed, or would be.
    #[must_use]
    pub fn prefix(&self, name: &str, version: &str) -> PathBuf {
        self.prefixes.join(name).join(version)
    }

    /// Where the results of all of them are published.
    #[must_use]
    pub fn reports(&self) -> PathBuf {
        self.reports.clone()
    }

    /// Whether a version is installed, and whole.
    #[must_use]
    pub fn is_installed(&self, name: &str, version: &str) -> bool {
        // Written last of all.
        self.prefix(name, version).join(".digest").is_file()
    }
}

/// Why an adapter cannot be put under test.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// There is none of this name.
    #[error("unknown target `{name}`")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// It is not installed.
    #[error("`{name}` {version} is not installed")]
    NotInstalled {
        /// The name.
        name: String,
        /// The version.
        version: String,
    },
    /// Its description is malformed.
    #[error(transparent)]
    Description(#[from] LoadError),
    /// It has no such version, or leads nowhere.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl FindError {
    /// How to mend it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { name, names } => Some(format!(
                "there are: {}; a file is written `./{name}.yaml`",
                names.join(", ")
            )),
            Self::NotInstalled { name, version } => {
                Some(format!("scripts/install-servers {name}@{version}"))
            }
            Self::Description(_) | Self::Target(_) => None,
        }
    }
}

const DESCRIPTION: &str = "server.yaml";
