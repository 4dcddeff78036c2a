//! `corspec matrix`, in a checkout with servers of a few lines.

use std::fs;
use std::path::Path;

use super::support::{Project, has_chromium};

/// A server that answers everything in the same way; `VARY` is another word for each version.
const SERVER: &str = r#"
import os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

if "any_origin\": true" in os.environ["CORSPEC_POLICY"] or "any_origin\":true" in os.environ["CORSPEC_POLICY"]:
    sys.exit("everybody is too many")

class Handler(BaseHTTPRequestHandler):
    def answer(self):
        self.send_response(200)
        with open("allowed") as file:
            self.send_header("Access-Control-Allow-Origin", file.read().strip())
        self.send_header("Content-Length", "0")
        self.end_headers()
    do_GET = do_POST = answer
    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"#;

const CASES: &str = "
title: Simple - who is let in
about: server
defaults: { policy: allowlist, page: app, covers: [cors-request-definition], request: { resource: resource } }
scenarios:
  - id: allowed
    title: An allowed page sees the answer
    axes: { method: [GET, POST] }
    request: { method: $method }
    expect: { outcome: allow }
  - id: refused
    title: Another page does not
    page: evil
    expect: { outcome: block }
  - id: dangerous
    title: Nobody asks for everything
    policy: reckless
    page: evil
    expect: { outcome: block }
";

/// A checkout in which `star`, of which version 1 is installed, lets everybody in.
fn checkout() -> Project {
    let description = |name: &str, title: &str| {
        format!(
            "name: {name}\ntitle: {title}\nlanguage: Python\nkind: control\nversions: [\"1\", \"2\"]\n\
             start: [python3, \"{{{{ folder }}}}/server.py\"]\n"
        )
    };
    Project::new()
        .file("corspec.yaml", "cases: cases\n")
        .file("cases/server/simple.yaml", CASES)
        .file(
            "cases/policies/allowlist.yaml",
            "title: One is allowed\norigins: [$app]\nmethods: [GET, POST]\nmax_age: 5\n",
        )
        .file(
            "cases/policies/reckless.yaml",
            "title: Everybody is allowed\ndangerous: true\nany_origin: true\nmethods: [GET]\nmax_age: 5\ncredentials: true\n",
        )
        .file(
            "harness/servers/star/server.yaml",
            &description("star", "A star"),
        )
        .file("harness/servers/star/server.py", SERVER)
        .file("target/servers/star/1/.digest", "x\n")
        .file("target/servers/star/1/allowed", "*\n")
}

fn with_second_version(project: Project) -> Project {
    project
        .file("target/servers/star/2/.digest", "x\n")
        .file("target/servers/star/2/allowed", "https://nobody.example\n")
}

fn code(output: &std::process::Output) -> Option<i32> {
    output.status.code()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

fn remove(path: &Path) {
    fs::remove_file(path).expect("it is there");
}

#[test]
fn what_is_installed_is_run_and_published_and_what_is_not_is_named() {
    let project = checkout();
    let output = project.corspec(&["matrix"]);
    let said = text(&output.stderr);
    assert_eq!(code(&output), Some(5), "{said}");
    assert!(said.contains("not installed: star@2"), "{said}");
    assert!(
        said.contains("hint: scripts/install-servers --all"),
        "{said}"
    );
    assert!(said.contains("] star@1: 2 PASS, 1 FAIL, 1 SKIP"), "{said}");
    let json = project.read("reports/servers/star@1.json");
    assert!(
        json.contains(r#""server/simple/allowed[method=GET]": { "status": "PASS" }"#),
        "{json}"
    );
    assert!(json.contains("everybody is too many"), "{json}");
    let folder = project.path().display().to_string();
    assert!(!json.contains(&folder), "{json}");
    for page in ["index.html", "star@1.html"] {
        let page = project.read(&format!("reports/servers/{page}"));
        assert!(page.contains("A star"), "{page}");
    }
    let table = project.read("reports/servers/README.md");
    assert!(
        table.contains("| [A star 1](star@1.json) | Python |"),
        "{table}"
    );
}

#[test]
fn the_same_run_twice_gives_the_same_files() {
    let project = with_second_version(checkout());
    let names = [
        "star@1.json",
        "star@2.json",
        "README.md",
        "index.html",
        "star@1.html",
    ];
    let read = || names.map(|name| project.read(&format!("reports/servers/{name}")));
    assert_eq!(code(&project.corspec(&["matrix"])), Some(0));
    let first = read();
    assert_eq!(code(&project.corspec(&["matrix", "--jobs", "1"])), Some(0));
    for ((name, first), second) in names.iter().zip(first).zip(read()) {
        let lines = first.lines().zip(second.lines());
        let differing: Vec<_> = lines.filter(|(one, other)| one != other).collect();
        assert!(first == second, "{name}: {differing:#?}");
    }
}

#[test]
fn a_check_names_every_cell_that_differs() {
    let project = with_second_version(checkout());
    assert_eq!(code(&project.corspec(&["matrix"])), Some(0));
    let same = project.corspec(&["matrix", "--check"]);
    assert_eq!(code(&same), Some(0), "{}", text(&same.stdout));
    assert_eq!(text(&same.stdout), "");

    let project = project.file("target/servers/star/2/allowed", "*\n");
    let before = project.read("reports/servers/star@2.json");
    let other = project.corspec(&["matrix", "--check", "star@2"]);
    assert_eq!(code(&other), Some(1));
    let shown = text(&other.stdout);
    assert!(
        shown.contains(
            "star@2  wire  server/simple/allowed[method=GET]\n  was  FAIL; step 1, outcome: "
        ),
        "{shown}"
    );
    assert!(shown.contains("\n  is   PASS\n"), "{shown}");
    assert!(
        text(&other.stderr).contains("3 cells differ"),
        "{}",
        text(&other.stderr)
    );
    assert_eq!(project.read("reports/servers/star@2.json"), before);
}

#[test]
fn a_check_finds_pages_that_are_not_what_the_results_give() {
    let project = with_second_version(checkout());
    assert_eq!(code(&project.corspec(&["matrix"])), Some(0));
    let project = project.file("reports/servers/README.md", "mine\n");
    let output = project.corspec(&["matrix", "--check"]);
    assert_eq!(code(&output), Some(1));
    assert_eq!(
        text(&output.stdout),
        "README.md  is not what the results give\n"
    );
    assert_eq!(code(&project.corspec(&["matrix", "--render"])), Some(0));
    assert!(project.read("reports/servers/README.md").contains("star@2"));
}

#[test]
fn a_version_that_is_no_more_goes_and_one_that_is_missing_stays() {
    let project = with_second_version(checkout());
    assert_eq!(code(&project.corspec(&["matrix"])), Some(0));
    remove(&project.path().join("target/servers/star/2/.digest"));
    assert_eq!(code(&project.corspec(&["matrix"])), Some(5));
    assert!(
        project
            .read("reports/servers/index.html")
            .contains("star@2")
    );
    let description = project.read("harness/servers/star/server.yaml");
    let project = project.file(
        "harness/servers/star/server.yaml",
        &description.replace(", \"2\"", ""),
    );
    let output = project.corspec(&["matrix", "--check"]);
    assert!(
        text(&output.stdout).contains("star@2  is published, but"),
        "{}",
        text(&output.stdout)
    );
    assert_eq!(code(&project.corspec(&["matrix"])), Some(0));
    assert!(!project.path().join("reports/servers/star@2.json").exists());
    assert!(!project.path().join("reports/servers/star@2.html").exists());
}

#[test]
fn what_is_named_has_to_be_there() {
    let project = checkout();
    let unknown = project.corspec(&["matrix", "moon"]);
    assert_eq!(code(&unknown), Some(2));
    assert!(text(&unknown.stderr).contains("unknown server `moon`"));
    let missing = project.corspec(&["matrix", "star@2"]);
    assert_eq!(code(&missing), Some(2));
    let said = text(&missing.stderr);
    assert!(said.contains("not installed: star@2"), "{said}");
    assert!(
        said.contains("hint: scripts/install-servers star@2"),
        "{said}"
    );
    let empty = project.corspec(&["matrix", "--render"]);
    assert_eq!(code(&empty), Some(2));
    assert!(text(&empty.stderr).contains("nothing is published"));
}

#[test]
fn a_browser_asks_as_well() {
    if !has_chromium() {
        return;
    }
    let project = checkout();
    let arguments = [
        "matrix",
        "star@1",
        "--browser",
        "chromium",
        "--in-browser",
        "star",
    ];
    let output = project.corspec(&arguments);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    let table = project.read("reports/servers/README.md");
    assert!(table.contains("| star@1 | chromium "), "{table}");
    assert!(table.contains("| 3 | 3 |  |"), "{table}");
}
