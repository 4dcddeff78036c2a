//! Every kind of mistake, with the exact diagnostic that its author gets.
//!
//! `tests/bad-cases/<name>.yaml` is the mistake, `<name>.snap` beside it what is said about it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use corspec::case::{LoadError, Suite};

use super::REQUIREMENTS;

#[test]
fn every_mistake_is_refused_with_its_place_and_a_way_to_mend_it() -> io::Result<()> {
    let names = names("yaml")?;
    assert!(names.len() >= 60, "only {} malformed files", names.len());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for name in names {
        let content = fs::read(folder().join(format!("{name}.yaml")))?;
        let error = load(&content).expect_err(&name);
        settings.bind(|| insta::assert_snapshot!(name, error.render(false)));
    }
    Ok(())
}

#[test]
fn every_snapshot_belongs_to_a_mistake() -> io::Result<()> {
    assert_eq!(names("snap")?, names("yaml")?);
    Ok(())
}

#[test]
fn every_diagnostic_is_in_the_file_and_says_what_is_wrong() -> io::Result<()> {
    for name in names("yaml")? {
        let content = fs::read(folder().join(format!("{name}.yaml")))?;
        let lines = String::from_utf8_lossy(&content).lines().count().max(1);
        for diagnostic in load(&content).expect_err(&name).diagnostics {
            let location = &diagnostic.location;
            assert_eq!(
                location.file.as_path(),
                Path::new("bad/case.yaml"),
                "{name}"
            );
            assert!(
                (1..=lines + 1).contains(&location.line),
                "{name}: {location}"
            );
            assert!(location.column >= 1, "{name}: {location}");
            assert!(!diagnostic.message.is_empty(), "{name}");
            assert_eq!(
                diagnostic.render("", false),
                diagnostic.render("", false),
                "{name}"
            );
        }
    }
    Ok(())
}

fn load(content: &[u8]) -> Result<Suite, LoadError> {
    Suite::from_files([
        ("requirements.yaml", REQUIREMENTS.as_bytes().to_vec()),
        ("bad/case.yaml", content.to_vec()),
    ])
}

fn names(extension: &str) -> io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            names.extend(
                path.file_stem()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
    }
    Ok(names)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad-cases")
}
