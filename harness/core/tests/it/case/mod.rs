//! Case files in, permutations out.

mod axes;
mod bad;
mod expectations;
mod merging;
mod own_time;
mod properties;
mod schema;
mod servers;
mod suites;
mod yaml;

use std::sync::Arc;

use corspec::case::scenario::{Permutation, Step};
use corspec::case::{LoadError, Suite};

/// The requirements that the files of these tests cover.
const REQUIREMENTS: &str = "\
- id: req-allowed
  spec: fetch
  section: CORS check
  citation: https://fetch.spec.whatwg.org/#cors-check
  level: algorithm-step
  party: user-agent
  statement: What is allowed is allowed
- id: req-blocked
  spec: fetch
  section: CORS check
  citation: https://fetch.spec.whatwg.org/#cors-check
  level: algorithm-step
  party: user-agent
  statement: What is blocked is blocked
";

/// A scenario of a suite that says no more than it must; `body` is indented by nothing.
fn document(defaults: &str, body: &str) -> String {
    let indented = |text: &str, by: &str| -> String {
        text.lines().map(|line| format!("{by}{line}\n")).collect()
    };
    let defaults = match defaults {
        "" => String::new(),
        _ => format!("defaults:\n{}", indented(defaults, "  ")),
    };
    format!(
        "title: A topic\nabout: user-agent\n{defaults}scenarios:\n  - id: one\n    title: It is so\n    covers: [req-allowed]\n{}",
        indented(body, "    ")
    )
}

fn load(content: impl Into<Vec<u8>>) -> Result<Suite, LoadError> {
    Suite::from_files([
        ("requirements.yaml", REQUIREMENTS.as_bytes().to_vec()),
        ("area/topic.yaml", content.into()),
    ])
}

/// The permutations of a document that must load.
fn permutations(content: impl Into<Vec<u8>>) -> Vec<Arc<Permutation>> {
    match load(content) {
        Ok(suite) => suite.permutations,
        Err(error) => panic!("{}", error.render(false)),
    }
}

/// The only step of a scenario without axes, whose `expect` is added.
fn step(defaults: &str, body: &str) -> Step {
    let body = format!("{body}\nexpect: {{ outcome: allow }}");
    permutations(document(defaults, &body)).remove(0).steps[0].clone()
}

/// Header lines as text, for comparison.
fn lines(headers: &[(String, Vec<u8>)]) -> Vec<String> {
    headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
        .collect()
}
