use crate::assert_shown;
use crate::support::Project;

#[test]
fn short_help_fits_on_a_screen() {
    let text = Project::new().shown(&["-h"]);
    assert!(text.lines().count() <= 40, "{text}");
    assert_shown!(text);
}

#[test]
fn long_help_has_examples_and_exit_codes() {
    assert_shown!(Project::new().shown(&["--help"]));
}

#[test]
fn every_command_has_help_with_examples() {
    let commands = [
        "run",
        "check",
        "audit",
        "merge",
        "list",
        "explain",
        "lint",
        "schema",
        "doctor",
        "completions",
        "man",
    ];
    for command in commands {
        let text = Project::new().shown(&[command, "--help"]);
        assert!(text.starts_with("exit: 0\n"), "{text}");
        assert!(text.contains("Examples:\n  corspec"), "{text}");
    }
}

#[test]
fn help_of_run_is_as_recorded() {
    assert_shown!(Project::new().shown(&["run", "--help"]));
}

#[test]
fn help_of_merge_and_doctor_is_as_recorded() {
    let (merge, doctor) = (["merge", "--help"], ["doctor", "--help"]);
    assert_shown!(Project::new().shown(&merge));
    assert_shown!(Project::new().shown(&doctor));
}

#[test]
fn help_of_check_and_audit_is_as_recorded() {
    let (check, audit) = (["check", "--help"], ["audit", "--help"]);
    assert_shown!(Project::new().shown(&check));
    assert_shown!(Project::new().shown(&audit));
}

#[test]
fn the_version_is_told() {
    assert_shown!(Project::new().shown(&["--version"]));
}

#[test]
fn an_unknown_command_is_answered_with_the_nearest() {
    assert_shown!(Project::new().shown(&["lsit"]));
}

/// Whoever copies an example gets what it promises.
#[test]
fn every_case_that_help_or_a_readme_names_is_there() {
    let project = Project::new();
    let helps = ["run", "list", "explain", "lint"].map(|it| project.shown(&[it, "--help"]));
    let readmes = ["README.md", "cases/README.md", "reports/README.md"].map(|path| {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
        std::fs::read_to_string(format!("{root}{path}")).unwrap()
    });
    let areas = project.shown(&["list"]);
    let areas: std::collections::BTreeSet<&str> = (areas.lines())
        .filter_map(|line| line.split_once('/').map(|(area, _)| area))
        .collect();
    let mut named = 0;
    for text in helps.iter().chain(&readmes) {
        let words = text.split(|it: char| it.is_whitespace() || "`'\"(),;".contains(it));
        // A comma is within the brackets of some ids; the axes before it are enough of a beginning.
        let words = words.map(|word| word.split('[').next().unwrap_or(word));
        for word in words {
            let word = word
                .trim_end_matches(['.', ':', ']'])
                .trim_start_matches("cases/");
            let is_case = word.split_once('/').is_some_and(|(area, rest)| {
                areas.contains(area)
                    && !rest.is_empty()
                    && !rest.contains('$')
                    && !rest.contains('.')
            });
            if is_case {
                named += 1;
                let shown = project.shown(&["list", word]);
                assert!(shown.starts_with("exit: 0\n"), "{word}: {shown}");
            }
        }
    }
    assert!(named >= 5, "{named}");
}
