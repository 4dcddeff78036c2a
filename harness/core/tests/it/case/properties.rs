//! No input is too strange: every file loads or is refused with places inside it.

use corspec::case::{LoadError, Suite};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{document, load};

/// A document in which nearly everything that can be said is said.
fn rich() -> String {
    let defaults = "\
page: app
tags: [slow]
request: &request { to: api, headers: { x-probe: \"1\", x-many: [a, b] } }
server: { preflight: { status: 204, headers: { Access-Control-Allow-Origin: $page } } }";
    let body = "\
why: because
level: should
only: { agents: [wire], reason: no browser can send it }
axes:
  method: [PUT, PATCH]
  row: { text: { type: text/plain, status: 200 }, json: { type: application/json, status: 404 } }
cookies: { api: [\"a=1; Secure\"], other: b=2 }
request: { <<: *request, method: $method, body: { blob: { type: $row.type, content: \"\\xFF\" } } }
server:
  redirects: [{ to: other, status: 307 }, { location: \"${api}/x\" }]
  response: { status: $row.status, header_lines: [\"Vary: a\"], delay: 5ms, connection: keep }
steps:
  - expect: { outcome: allow, sent: [OPTIONS, { method: $method, headers: { Origin: $page } }] }
  - wait: 10ms
    request: { via: xhr }
    expect: { outcome: { block: [header-not-allowed, network-error] }, delivery: hidden }";
    document(defaults, body)
}

#[test]
fn the_rich_document_is_valid() {
    assert_eq!(
        load(rich()).map(|suite| suite.permutations.len()).ok(),
        Some(4)
    );
}

/// Loads it, and shows whatever is wrong.
fn survive(content: &[u8]) -> Result<(), TestCaseError> {
    let lines = String::from_utf8_lossy(content).split('\n').count();
    match load(content) {
        Ok(Suite { permutations, .. }) => prop_assert!(!permutations.is_empty()),
        Err(error @ LoadError { .. }) => {
            prop_assert!(!error.diagnostics.is_empty());
            for diagnostic in &error.diagnostics {
                prop_assert!(diagnostic.location.line <= lines + 1, "{diagnostic}");
            }
            prop_assert!(error.render(false).contains("error: "));
            prop_assert!(!error.render(true).is_empty());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_text_is_survived(text in "\\PC{0,200}") {
        survive(text.as_bytes())?;
    }

    #[test]
    fn random_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&bytes)?;
    }

    #[test]
    fn random_yaml_is_survived(parts in prop::collection::vec(select(PARTS), 0..60)) {
        survive(parts.concat().as_bytes())?;
    }

    #[test]
    fn a_valid_document_with_bytes_changed_is_survived(
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut content = rich().into_bytes();
        for (index, byte) in changes {
            *index.get_mut(&mut content) = byte;
        }
        survive(&content)?;
    }

    #[test]
    fn a_valid_document_with_pieces_moved_is_survived(
        from in any::<Index>(), length in 1_usize..40, to in any::<Index>(), remove in any::<bool>(),
    ) {
        let mut content: Vec<char> = rich().chars().collect();
        let from = from.index(content.len());
        let piece = content[from..(from + length).min(content.len())].to_vec();
        if remove {
            content.drain(from..from + piece.len());
        }
        let to = to.index(content.len());
        content.splice(to..to, piece);
        survive(content.into_iter().collect::<String>().as_bytes())?;
    }

    #[test]
    fn a_valid_document_with_a_value_replaced_is_survived(
        line in any::<Index>(), value in select(PARTS),
    ) {
        let source = rich();
        let mut lines: Vec<String> = source.lines().map(str::to_owned).collect();
        let line = line.get_mut(&mut lines);
        if let Some(colon) = line.find(": ") {
            line.truncate(colon + 2);
            line.push_str(value.trim());
        }
        survive(lines.join("\n").as_bytes())?;
    }
}

const PARTS: &[&str] = &[
    "\n",
    "\n  ",
    "\n    ",
    "\n- ",
    "\n  - ",
    ": ",
    ", ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "#",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "|\n",
    ">-\n",
    "\t",
    "---\n",
    "...\n",
    "$",
    "$page",
    "${",
    "$$",
    "${row.type}",
    "null",
    "~",
    "1.0",
    "é",
    "€",
    "\u{0}",
    "\u{feff}",
    "\u{2028}",
    "title: x",
    "about: server",
    "scenarios:",
    "id: one",
    "covers: [req-allowed]",
    "expect: { outcome: allow }",
    "axes: ",
    "steps: ",
    "request: ",
    "server: ",
    "headers: ",
    "redirects: ",
    "defaults: ",
    "sent: [GET]",
    "via: xhr",
    "raw: x",
];
