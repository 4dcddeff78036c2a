//! Exchanges that are kept in files, one per permutation, in the format of insta:
//!
//! ```text
//! ---
//! source: corspec
//! description: "What must be true"
//! ---
//! > GET http://api.localhost:18080/scenario/resource
//! …
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name under which the exchange of a permutation is kept, without the ending `.snap`. An exchange
/// that an agent has of its own is kept under the same name with `@<agent>` behind it.
#[must_use]
pub fn kept_name(id: &str) -> String {
    id.replace('/', "__").replace('*', "%2A")
}

/// The exchange in a file, without the header of insta; `None` where there is no such file.
///
/// # Errors
///
/// Those of the file system, and that it has no such header.
pub fn read_kept(path: &Path) -> io::Result<Option<String>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match text.splitn(3, "---\n").nth(2) {
        Some(exchange) => Ok(Some(exchange.trim_end().to_owned())),
        None => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is no snapshot of insta",
        )),
    }
}

/// Keeps an exchange in a file as insta would.
///
/// # Errors
///
/// Those of the file system.
pub fn write_kept(path: &Path, title: &str, exchange: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // A string of JSON is one of YAML.
    let title = serde_json::to_string(title).map_err(io::Error::other)?;
    let exchange = exchange.trim_end();
    let text = format!("---\nsource: corspec\ndescription: {title}\n---\n{exchange}\n");
    fs::write(path, text)
}

/// What is wrong with the files in a folder of kept exchanges, whose names are these: files that belong
/// to none of them, that nobody has accepted, or that are the same as what all agents share.
#[must_use]
pub fn strays(folder: &Path, names: &BTreeSet<String>) -> Vec<String> {
    let Ok(files) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
    paths.sort();
    let mut strays = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(stem) = name.strip_suffix(".snap") else {
            strays.push(format!("{} is no accepted snapshot", path.display()));
            continue;
        };
        let (shared, agent) = match stem.split_once('@') {
            Some((shared, agent)) => (shared, Some(agent)),
            None => (stem, None),
        };
        if !names.contains(shared) {
            strays.push(format!("{} belongs to no permutation", path.display()));
        }
        let kept = |path: &Path| read_kept(path).ok().flatten();
        if agent.is_some() && kept(&folder.join(format!("{shared}.snap"))) == kept(&path) {
            strays.push(format!("{} is what all agents share", path.display()));
        }
    }
    strays
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/area__one.snap");
        assert_eq!(read_kept(&path).unwrap(), None);
        write_kept(&path, "A \"title\": one", "> GET\n< 200\n").unwrap();
        assert_eq!(read_kept(&path).unwrap().unwrap(), "> GET\n< 200");
        fs::write(&path, "> GET\n").unwrap();
        assert!(read_kept(&path).is_err());
    }

    #[test]
    fn names_are_those_of_files() {
        assert_eq!(kept_name("a/b/c[d=*]"), "a__b__c[d=%2A]");
    }

    #[test]
    fn what_belongs_to_nobody_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            write_kept(&folder.path().join(name), "T", text).unwrap();
        };
        write("one.snap", "> GET");
        write("one@chromium.snap", "> GET");
        write("one@firefox.snap", "> PUT");
        write("gone.snap", "> GET");
        write("one.snap.new", "> GET");
        let strays = strays(folder.path(), &["one".to_owned()].into());
        let endings = [
            "gone.snap belongs to no permutation",
            "one.snap.new is no accepted snapshot",
            "one@chromium.snap is what all agents share",
        ];
        assert_eq!(strays.len(), endings.len(), "{strays:?}");
        for (stray, ending) in strays.iter().zip(endings) {
            assert!(stray.ends_with(ending), "{stray}");
        }
    }
}
