//! The servers that the project brings adapters for: a folder each.

use std::path::{Path, PathBuf};

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

const DESCRIPTION: &str = "server.yaml";
