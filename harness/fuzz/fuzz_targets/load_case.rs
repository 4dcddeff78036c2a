//! Whatever a case file holds, it loads or is refused with a diagnostic that can be shown.

#![no_main]

use corspec::case::Suite;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    if let Err(error) = Suite::from_files([
        ("requirements.yaml", REQUIREMENTS),
        ("area/topic.yaml", content),
    ]) {
        assert!(!error.diagnostics.is_empty());
        assert!(error.render(false).contains("error: "));
    }
});

const REQUIREMENTS: &[u8] =
    b"- { id: req, spec: a, section: b, citation: c, level: d, party: e, statement: f }";
