//! What the suite covers, held against what it has to.

use std::collections::HashSet;
use std::fs;

use corspec::case::{KnownDeviations, Suite};
use corspec::report::mechanisms;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
const BEGIN: &str = "<!-- mechanisms: written by `CORSPEC_WRITE=1 cargo test coverage` -->\n";
const END: &str = "<!-- end of mechanisms -->";

#[test]
fn the_readme_has_the_table_of_mechanisms_that_the_suite_gives() {
    let suite = Suite::embedded().unwrap();
    let known = KnownDeviations::embedded(&suite).unwrap();
    let table = mechanisms(&suite, &known);
    let readme = fs::read_to_string(README).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect(BEGIN);
    let (kept, after) = rest.split_once(END).expect(END);
    if kept != table && std::env::var_os("CORSPEC_WRITE").is_some() {
        fs::write(README, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(
            kept, table,
            "write it with CORSPEC_WRITE=1 cargo test coverage"
        );
    }
}

/// What binds anybody: no statement is forgotten.
#[test]
fn every_requirement_is_covered_or_says_why_it_is_not() {
    let suite = Suite::embedded().unwrap();
    let covered: HashSet<&str> = (suite.permutations.iter())
        .flat_map(|it| it.scenario.covers.iter().map(String::as_str))
        .collect();
    let mut amiss = Vec::new();
    for requirement in suite.requirements.iter() {
        let id = requirement.id.as_str();
        let is_covered = covered.contains(id);
        match &requirement.uncovered {
            Some(_) if is_covered => amiss.push(format!("{id} is covered after all")),
            None if !is_covered => amiss.push(format!("{id} is not covered")),
            Some(_) | None => {}
        }
    }
    assert!(amiss.is_empty(), "{}", amiss.join("\n"));
}
