use crate::assert_shown;
use crate::support::Project;

#[test]
fn good_cases_are_counted() {
    assert_shown!(Project::good().shown(&["lint", "--cases", "cases"]));
}

#[test]
fn every_problem_of_every_file_is_shown() {
    let wrong = "title: Wrong
about: user-agent
scenarios:
  - id: Loud
    title: An id in capitals
    covers: [no-such-requirement]
    request: { to: apii }
    expect: { outcome: allow }
";
    let project = Project::broken().file("cases/simple/wrong.yaml", wrong);
    assert_shown!(project.shown(&["lint", "--cases", "cases"]));
}

#[test]
fn single_files_are_named_as_the_user_names_them() {
    let project = Project::good().file("elsewhere/simple/bad.yaml", "title: Bad\nabout: nobody\n");
    assert_shown!(project.shown(&["lint", "elsewhere/simple/bad.yaml"]));
    let text = project.shown(&[
        "lint",
        "cases/simple/get.yaml",
        "cases/preflight/methods.yaml",
    ]);
    assert!(text.contains("ok: 3 scenarios, 4 permutations"), "{text}");
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    assert_shown!(Project::new().shown(&["lint", "simple/nowhere.yaml"]));
}

#[test]
fn the_built_in_suite_is_sound() {
    let text = Project::new().shown(&["lint"]);
    assert!(
        text.starts_with("exit: 0\n----- stdout -----\nok: "),
        "{text}"
    );
}

#[test]
fn a_folder_is_linted_and_quiet_says_nothing_of_what_is_sound() {
    let project = Project::good();
    let text = project.shown(&["lint", "cases"]);
    assert!(text.starts_with("exit: 0\n"), "{text}");
    assert!(text.contains("ok: 3 scenarios"), "{text}");
    let text = project.shown(&["lint", "cases", "--quiet"]);
    assert!(!text.contains("ok"), "{text}");
}
