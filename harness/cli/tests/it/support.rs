//! A folder of its own for each test, and snapshots of what the binary says in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A throw-away folder that corspec runs in.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// A folder with `cases/` in which every scenario passes.
    pub(crate) fn good() -> Self {
        Self::new()
            .file("cases/simple/get.yaml", GOOD)
            .file("cases/preflight/methods.yaml", MORE)
    }

    /// A folder with `cases/` in which a case expects what is not so.
    pub(crate) fn failing() -> Self {
        Self::new().file(
            "cases/simple/get.yaml",
            &GOOD.replace("outcome: allow", WRONG),
        )
    }

    /// A folder with `cases/` that are no YAML.
    pub(crate) fn broken() -> Self {
        Self::new().file(
            "cases/simple/get.yaml",
            "title: Broken\nabout: [user-agent\n",
        )
    }

    /// With another file in it.
    pub(crate) fn file(self, path: &str, content: &str) -> Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a new folder");
        fs::write(path, content).expect("a new file");
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The text of a file that corspec wrote.
    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.path().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The files in the folder, apart from the cases.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        fn walk(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    walk(root, &path, files);
                } else {
                    files.push(path.strip_prefix(root).expect("a path below").to_owned());
                }
            }
        }
        let mut files = Vec::new();
        walk(self.path(), self.path(), &mut files);
        files.retain(|path| !path.starts_with("cases"));
        files.sort();
        files
    }

    /// The binary in this folder, with nothing of the environment that could tell it what to do.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corspec"));
        command.args(arguments).current_dir(self.path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CORSPEC_") {
                command.env_remove(name);
            }
        }
        command
            .env_remove("NO_COLOR")
            .env_remove("CI")
            .env_remove("COLUMNS");
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn corspec(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// Runs the binary to its end and shows everything that came of it.
    pub(crate) fn shown(&self, arguments: &[&str]) -> String {
        show(&self.corspec(arguments))
    }
}

/// Where a program is: what its variable says, as `CHROMEDRIVER`, or the first in the folders of `PATH`.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(name.to_uppercase()) {
        return Some(path.into());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// Whether there is a browser; if not, the test is skipped, but never in continuous integration.
pub(crate) fn has_chromium() -> bool {
    let is_there = program("chromium").is_some() && program("chromedriver").is_some();
    let is_required = std::env::var_os("CORSPEC_REQUIRE_BROWSERS").is_some();
    assert!(
        is_there || !is_required,
        "there is no Chromium with its driver"
    );
    is_there
}

/// Exit code, stdout and stderr as one text.
pub(crate) fn show(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let code = output
        .status
        .code()
        .map_or_else(|| "none".to_owned(), |code| code.to_string());
    format!(
        "exit: {code}\n----- stdout -----\n{}----- stderr -----\n{}",
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// Everything a run may change from one day to the next, each with what stands for it.
pub(crate) const FILTERS: &[(&str, &str)] = &[
    // Durations, with the padding that keeps the columns.
    (r" *\d+\.\d (ms|s)\b", " [duration]"),
    (
        r#""duration_ms": [0-9.]+"#,
        r#""duration_ms": "[duration]""#,
    ),
    (r#" time="[0-9.]+""#, r#" time="[duration]""#),
    // How far it was, told on a slow machine only.
    (r"(?m)^\d+ of \d+ done.*\n", ""),
    // Points in time.
    (r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)", "[time]"),
    // The version, which changes with every release.
    (r"\b0\.1\.0\b", "[version]"),
    // A seed that nobody chose.
    (r"--shuffle=\d+", "--shuffle=[seed]"),
    // Messages of the operating system carry its number for them.
    (r" \(os error \d+\)", ""),
    // Folders of one test.
    (r"/[^ `]*/\.tmp[A-Za-z0-9]+", "[folder]"),
];

/// Compares with the snapshot of this name, apart from [`FILTERS`].
#[macro_export]
macro_rules! assert_shown {
    ($text:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(true);
        settings.set_omit_expression(true);
        for (pattern, replacement) in $crate::support::FILTERS {
            settings.add_filter(pattern, *replacement);
        }
        settings.bind(|| insta::assert_snapshot!($text));
    }};
    ($name:literal, $text:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(true);
        settings.set_omit_expression(true);
        for (pattern, replacement) in $crate::support::FILTERS {
            settings.add_filter(pattern, *replacement);
        }
        settings.bind(|| insta::assert_snapshot!($name, $text));
    }};
}

/// Two permutations that pass.
const GOOD: &str = r"title: Simple requests
about: user-agent
defaults:
  covers: [method-safelisted-set]
  request: { to: api }
  server: { response: { headers: { Access-Control-Allow-Origin: $page } } }
scenarios:
  - id: allowed
    title: A simple request to a server that allows the origin succeeds
    why: Everything else rests on it.
    tags: [basic]
    axes: { via: [fetch, xhr] }
    request: { via: $via }
    expect:
      outcome: allow
      sent: [GET]
";

/// What is said of these cases instead, wrongly.
const WRONG: &str = "outcome: { block: allow-origin-missing }";

/// A permutation with a preflight, one that only a browser could run, and one that may.
const MORE: &str = r"title: Preflight - methods
about: user-agent
defaults:
  covers: [method-safelisted-set]
  request: { to: api, method: PUT }
scenarios:
  - id: not-listed
    title: A method that is not listed stops the request before it is sent
    server:
      preflight: { status: 204, headers: { Access-Control-Allow-Origin: $page } }
    expect: { outcome: { block: method-not-allowed }, sent: [OPTIONS] }

  - id: only-in-browsers
    title: A case that the wire cannot play
    level: should
    tags: [slow]
    only: { agents: [chromium], reason: it takes an engine }
    server:
      preflight: { status: 204, headers: { Access-Control-Allow-Origin: $page } }
    expect: { outcome: { block: method-not-allowed } }
";
