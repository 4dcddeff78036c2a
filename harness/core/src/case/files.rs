//! Where case files are: compiled in, or in a folder.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::error::Report;

include!(concat!(env!("OUT_DIR"), "/embedded_cases.rs"));

/// The requirements, beside the areas.
pub(super) const REQUIREMENTS: &str = "requirements.yaml";

/// The known deviations, beside the areas.
pub(super) const KNOWN: &str = "known.yaml";

/// The folder of policies, beside the areas.
pub(super) const POLICIES: &str = "policies";

/// The text of a file in `cases/` that is compiled in, such as `known.yaml`.
#[must_use]
pub fn embedded_file(path: &str) -> Option<&'static str> {
    EMBEDDED
        .iter()
        .find(|(known, _)| *known == path)
        .map(|(_, text)| *text)
}

/// Whether a file holds a policy.
pub(super) fn is_policy(path: &Path) -> bool {
    path.starts_with(POLICIES)
}

/// The YAML files in a folder and the folders in it, by path relative to it.
pub(super) fn find(folder: &Path, report: &mut Report) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    walk(folder, Path::new(""), &mut files, report);
    if report.is_empty() && !files.iter().any(|(path, _)| !is_data(path)) {
        report.refuse_folder(
            folder,
            "there are no case files in it",
            "`<area>/<topic>.yaml`",
        );
    }
    files
}

fn walk(folder: &Path, below: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>, report: &mut Report) {
    let place = folder.join(below);
    let entries = match fs::read_dir(&place).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => entries,
        Err(error) => return report.refuse_access(&place, &error),
    };
    for entry in entries {
        let path = below.join(entry.file_name());
        let full = folder.join(&path);
        if full.is_dir() {
            walk(folder, &path, files, report);
            continue;
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml") => match fs::read(&full) {
                Ok(content) => files.push((path, content)),
                Err(error) => report.refuse_access(&full, &error),
            },
            // Left out without a word, its cases would seem to pass.
            Some("yml") => {
                report.refuse_folder(&full, "case files end in `.yaml`", "rename it");
            }
            _ => {}
        }
    }
}

/// Whether a file is data beside the suites: the requirements, the known deviations, the policies.
pub(super) fn is_data(path: &Path) -> bool {
    let name = path.to_str().unwrap_or_default();
    name == REQUIREMENTS || name == KNOWN || is_policy(path)
}

/// `<area>/<topic>` of a path.
pub(super) fn suite_id(path: &Path) -> Option<String> {
    let mut names = path
        .with_extension("")
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str().map(str::to_owned),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    let topic = names.pop()?;
    let area = names.pop()?;
    names.is_empty().then(|| format!("{area}/{topic}"))
}
