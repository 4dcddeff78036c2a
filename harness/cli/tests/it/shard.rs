use std::collections::BTreeSet;

use crate::assert_shown;
use crate::support::Project;

const RUN: [&str; 5] = ["run", "--cases", "cases", "--agent", "wire"];

fn on_the_wire(project: &Project, more: &[&str]) -> String {
    let arguments: Vec<&str> = RUN.iter().chain(more).copied().collect();
    project.shown(&arguments)
}

fn ids(report: &str) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    let results = report["results"].as_array().unwrap().iter();
    results
        .map(|result| result["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_part_is_named_on_the_page_and_kept_only_where_a_report_is_asked_for() {
    let project = Project::good();
    assert_shown!(on_the_wire(&project, &["--shard", "1/2"]));
    assert!(project.files().is_empty());
}

#[test]
fn parts_are_disjoint_and_complete_whatever_the_order() {
    let project = Project::good();
    on_the_wire(&project, &["--report", "json=all.json"]);
    on_the_wire(&project, &["--shard", "1/2", "--report", "json=1.json"]);
    on_the_wire(
        &project,
        &["--shard=2/2", "--shuffle=7", "--report", "json=2.json"],
    );
    let (one, other) = (ids(&project.read("1.json")), ids(&project.read("2.json")));
    assert_eq!((one.len(), other.len()), (2, 2));
    let both: BTreeSet<String> = one.into_iter().chain(other).collect();
    assert_eq!(both, ids(&project.read("all.json")).into_iter().collect());
}

#[test]
fn a_report_tells_its_part() {
    let project = Project::good();
    let arguments = [
        "--shard",
        "2/2",
        "--report",
        "json=2.json",
        "--report",
        "junit=2.xml",
        "--report",
        "markdown=2.md",
    ];
    on_the_wire(&project, &arguments);
    let report: serde_json::Value = serde_json::from_str(&project.read("2.json")).unwrap();
    assert_eq!(
        report["run"]["shard"],
        serde_json::json!({ "number": 2, "of": 2 })
    );
    assert_eq!(report["run"]["selected"]["permutations"], 4);
    assert!(
        project
            .read("2.xml")
            .contains("<property name=\"shard\" value=\"2/2\"/>")
    );
    assert!(
        project
            .read("2.md")
            .starts_with("## corspec: conformant, part 2/2\n")
    );
}

#[test]
fn a_part_that_is_none_is_refused() {
    let project = Project::good();
    assert_shown!(project.shown(&["run", "--shard", "0/4"]));
    assert!(
        project
            .shown(&["run", "--shard", "5/4"])
            .contains("there is no part 5 of 4")
    );
    assert!(
        project
            .shown(&["run", "--shard", "half"])
            .contains("write two whole numbers")
    );
}

#[test]
fn more_parts_than_permutations_are_refused() {
    assert_shown!(on_the_wire(&Project::good(), &["simple", "--shard", "3/3"]));
}
