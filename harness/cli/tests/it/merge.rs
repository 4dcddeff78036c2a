use crate::assert_shown;
use crate::support::Project;

/// Runs a part on the wire and keeps its report.
fn part(project: &Project, file: &str, more: &[&str]) {
    let report = format!("json={file}");
    let mut arguments = vec![
        "run", "--cases", "cases", "--agent", "wire", "--report", &report,
    ];
    arguments.extend(more);
    let output = project.corspec(&arguments);
    assert!(output.status.code().is_some_and(|code| code <= 1));
}

fn merged(project: &Project, more: &[&str]) -> String {
    let arguments: Vec<&str> = ["merge", "--cases", "cases"]
        .iter()
        .chain(more)
        .copied()
        .collect();
    project.shown(&arguments)
}

fn in_two_parts(project: Project) -> Project {
    part(&project, "1.json", &["--shard", "1/2"]);
    part(&project, "2.json", &["--shard", "2/2"]);
    project
}

/// What changes from one run to the next, taken out.
fn timeless(report: &str) -> serde_json::Value {
    fn clear(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(map) => {
                map.retain(|key, _| key != "duration_ms" && key != "started");
                map.values_mut().for_each(clear);
            }
            serde_json::Value::Array(values) => values.iter_mut().for_each(clear),
            _ => {}
        }
    }
    let mut report = serde_json::from_str(report).unwrap();
    clear(&mut report);
    report
}

#[test]
fn parts_make_one_page() {
    let project = in_two_parts(Project::good());
    assert_shown!(merged(&project, &["2.json", "1.json"]));
}

#[test]
fn the_report_of_all_parts_is_that_of_a_run_of_all() {
    let project = in_two_parts(Project::failing());
    part(&project, "all.json", &[]);
    let text = merged(
        &project,
        &[
            "1.json",
            "2.json",
            "--report",
            "json=merged.json",
            "--report",
            "junit=merged.xml",
            "--report",
            "markdown=merged.md",
        ],
    );
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(
        text.contains("reports         merged.json, merged.xml, merged.md"),
        "{text}"
    );
    assert_eq!(
        timeless(&project.read("merged.json")),
        timeless(&project.read("all.json"))
    );
    assert!(project.read("merged.xml").contains("failures=\"2\""));
    assert_shown!(project.read("merged.md"));
}

#[test]
fn a_report_on_stdout_is_all_there_is_on_stdout() {
    let project = in_two_parts(Project::good());
    let output = project.corspec(&[
        "merge", "--cases", "cases", "1.json", "2.json", "--report", "json=-",
    ]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["run"]["shard"], serde_json::Value::Null);
    assert_eq!(report["summary"]["PASS"], 3);
}

#[test]
fn a_missing_part_is_named() {
    let project = in_two_parts(Project::good());
    assert_shown!(merged(&project, &["2.json"]));
}

#[test]
fn a_part_that_is_given_twice_is_named() {
    let project = in_two_parts(Project::good());
    assert_shown!(merged(&project, &["1.json", "2.json", "1.json"]));
}

#[test]
fn parts_of_different_selections_are_refused() {
    let project = Project::good();
    part(&project, "1.json", &["--shard", "1/2"]);
    part(&project, "2.json", &["simple", "--shard", "2/2"]);
    let text = merged(&project, &["1.json", "2.json"]);
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(
        text.contains("error: they do not belong together: selection is "),
        "{text}"
    );
}

#[test]
fn parts_of_another_suite_are_refused() {
    let project = in_two_parts(Project::good());
    let text = project.shown(&["merge", "1.json", "2.json"]);
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(
        text.contains("hint: name the folder of cases that was run with --cases"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_no_report_is_refused() {
    let project = Project::good().file("1.json", "{}");
    assert_shown!(merged(&project, &["1.json"]));
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    assert_shown!(merged(&Project::good(), &["nowhere.json"]));
}

#[test]
fn a_report_does_not_overwrite_a_part_that_it_is_made_of() {
    let project = in_two_parts(Project::good());
    let before = project.read("2.json");
    let text = merged(
        &project,
        &["1.json", "2.json", "--report", "markdown=./2.json"],
    );
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(text.contains("would overwrite `2.json`"), "{text}");
    assert_eq!(project.read("2.json"), before);
}
