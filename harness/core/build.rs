//! Lists the case files that are compiled in.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let variable = |name: &str| env::var(name).map_err(io::Error::other);
    let cases = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../../cases");
    let mut files = Vec::new();
    // Cargo compares the time of everything below; a file that comes or goes changes its folder's.
    println!("cargo::rerun-if-changed={}", cases.display());
    if cases.is_dir() {
        find(&cases, &cases, &mut files)?;
    }
    files.sort();
    let mut list = String::from("/// The files in `cases/`, by path and content.\n");
    list.push_str("pub(super) const EMBEDDED: &[(&str, &str)] = &[\n");
    for (path, file) in files {
        let file = file.display().to_string();
        writeln!(list, "    ({path:?}, include_str!({file:?})),").map_err(io::Error::other)?;
    }
    list.push_str("];\n");
    fs::write(
        Path::new(&variable("OUT_DIR")?).join("embedded_cases.rs"),
        list,
    )
}

fn find(cases: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file.is_dir() {
            find(cases, &file, files)?;
        } else if file
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let path = file.strip_prefix(cases).map_err(io::Error::other)?;
            // Ids are the same wherever the suite is built.
            let path = path.to_string_lossy().replace('\\', "/");
            files.push((path, file));
        }
    }
    Ok(())
}
