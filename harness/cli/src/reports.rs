//! The reports of a run that are kept.

use std::path::{Path, PathBuf};

use corspec::report::{Report, WriteError, check_writable, json, junit, markdown, write_file};
use corspec::run::ExitCode;

use crate::failure::Failure;
use crate::output;
use crate::values::{Destination, ReportKind, ReportRequest};

/// All reports of a run.
#[derive(Debug)]
pub(crate) struct Reports(Vec<ReportRequest>);

impl Reports {
    /// Those that were asked for.
    pub(crate) fn of(requests: &[ReportRequest]) -> Self {
        Self(requests.to_vec())
    }

    /// No report.
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Those that are kept of the whole suite unless others are asked for.
    pub(crate) fn usual(folder: &Path) -> Self {
        let place = if folder.join("target").is_dir() {
            "target/corspec"
        } else {
            "corspec-report"
        };
        let request = |kind, name| ReportRequest {
            kind,
            destination: Destination::File(Path::new(place).join(name)),
        };
        Self(vec![
            request(ReportKind::Json, "report.json"),
            request(ReportKind::Junit, "junit.xml"),
        ])
    }

    /// Finds out whether all of them can be written, before anything is run.
    ///
    /// # Errors
    ///
    /// The first that cannot.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self
            .0
            .iter()
            .filter(|it| it.destination == Destination::Stdout)
            .count()
            > 1
        {
            return Err(Failure::usage("only one report can be written to stdout")
                .hint("write the others into files"));
        }
        let files = self.files();
        for (number, file) in files.iter().enumerate() {
            if files[..number].iter().any(|other| is_same(other, file)) {
                return Err(
                    Failure::usage(format!("two reports go to `{}`", file.display()))
                        .hint("give each a file of its own"),
                );
            }
        }
        files
            .iter()
            .try_for_each(|path| check_writable(path))
            .map_err(|it| failure(&it))
    }

    /// Finds out whether a report would overwrite one of these files.
    ///
    /// # Errors
    ///
    /// The first that would be.
    pub(crate) fn spare(&self, read: &[PathBuf]) -> Result<(), Failure> {
        let files = self.files();
        let is_written = |path: &&PathBuf| files.iter().any(|file| is_same(file, path));
        match read.iter().find(is_written) {
            Some(path) => Err(Failure::usage(format!(
                "the report would overwrite `{}`, of which it is made",
                path.display()
            ))
            .hint("write it into another file")),
            None => Ok(()),
        }
    }

    /// The files that are written.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let path = |request: &ReportRequest| match &request.destination {
            Destination::File(path) => Some(path.clone()),
            Destination::Stdout => None,
        };
        self.0.iter().filter_map(path).collect()
    }

    /// Whether one of them tells everything, also of what passed.
    pub(crate) fn want_everything(&self) -> bool {
        self.0
            .iter()
            .any(|request| request.kind == ReportKind::Json)
    }

    /// Whether one of them is written to stdout.
    pub(crate) fn take_stdout(&self) -> bool {
        self.0
            .iter()
            .any(|request| request.destination == Destination::Stdout)
    }

    /// Writes all of them, of a run that ends with this exit code.
    ///
    /// # Errors
    ///
    /// The first that cannot be written.
    pub(crate) fn write(&self, report: &Report<'_>, exit: ExitCode) -> Result<(), Failure> {
        for request in &self.0 {
            let write = |to: &mut dyn std::io::Write| match request.kind {
                ReportKind::Json => json::write(report, to),
                ReportKind::Junit => junit::write(report, to),
                ReportKind::Markdown => markdown::write(report, exit, to),
            };
            match &request.destination {
                Destination::File(path) => write_file(path, write).map_err(|it| failure(&it))?,
                Destination::Stdout => output::data(write)?,
            }
        }
        Ok(())
    }
}

/// Whether two paths lead to one file. What is no plain file takes everything that is written to it.
fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| {
        path.canonicalize()
            .or_else(|_| std::path::absolute(path))
            .unwrap_or_else(|_| path.to_owned())
    };
    let is_device = one.exists() && !one.is_file();
    whole(one) == whole(other) && !is_device
}

fn failure(error: &WriteError) -> Failure {
    Failure::usage(error).hint(error.hint())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::without_path("json", "write KIND=PATH, such as `json=report.json`")]
    #[case::of_another_kind(
        "html=x",
        "unknown kind `html`, expected `json`, `junit` or `markdown`"
    )]
    #[case::with_an_empty_path("json=", "the path is missing, `-` is stdout")]
    fn a_request_is_refused(#[case] text: &str, #[case] message: &str) {
        assert_eq!(text.parse::<ReportRequest>().unwrap_err(), message);
    }

    #[test]
    fn a_path_may_hold_an_equals_sign() {
        let request: ReportRequest = "junit=a=b".parse().unwrap();
        assert_eq!(request.destination, Destination::File("a=b".into()));
    }

    #[test]
    fn reports_go_to_the_build_folder_where_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Reports::usual(folder.path()).files()[0].starts_with("corspec-report"));
        std::fs::create_dir(folder.path().join("target")).unwrap();
        assert!(Reports::usual(folder.path()).files()[0].starts_with("target/corspec"));
    }
}
