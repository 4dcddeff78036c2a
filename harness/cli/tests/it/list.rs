use crate::assert_shown;
use crate::support::Project;

#[test]
fn every_permutation_is_a_line() {
    assert_shown!(Project::good().shown(&["list", "--cases", "cases"]));
}

#[test]
fn a_selection_is_listed() {
    let project = Project::good();
    let text = project.shown(&[
        "list",
        "--cases",
        "cases",
        "preflight",
        "--skip",
        "**/not-*",
    ]);
    assert!(
        text.contains("\npreflight/methods/only-in-browsers\n"),
        "{text}"
    );
    assert!(!text.contains("not-listed"), "{text}");
}

#[test]
fn json_tells_what_is_known_of_each() {
    let arguments = ["list", "--cases", "cases", "--json", "--tag", "slow,basic"];
    assert_shown!(Project::good().shown(&arguments));
}

#[test]
fn nothing_to_list_has_its_own_exit_code() {
    assert_shown!(Project::good().shown(&["list", "--cases", "cases", "--tag", "none"]));
}

#[test]
fn the_built_in_suite_needs_no_files() {
    let output = Project::new().corspec(&["list"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.split(|byte| *byte == b'\n').count() > 100);
}
