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
