//! Servers under test on the command line: how they are named, started, and shown.

use crate::assert_shown;
use crate::support::Project;

const SERVER: &str = include_str!("server.py");

const CASES: &str = "title: Who is let in
about: server
defaults:
  policy: public
  covers: [cors-request-definition]
  request: { resource: resource }
scenarios:
  - id: everybody
    title: Everybody sees the answer to every method
    axes: { method: [GET, POST, PUT, DELETE] }
    request: { method: $method }
    expect: { outcome: allow, response: { status: 200 } }
";

/// Scenarios under a policy that no careful person asks for.
const DANGEROUS: &str = "title: With credentials
about: server
defaults:
  policy: any-with-credentials
  covers: [cors-request-definition]
  request: { resource: resource, credentials: include }
scenarios:
  - id: nobody
    title: Nobody sees what belongs to somebody
    expect: { outcome: block }
";

const VARY: &str = "title: Vary
about: server
defaults:
  policy: allowlist
  covers: [cors-request-definition]
  request: { resource: resource }
scenarios:
  - id: named
    title: What depends on the origin says so
    expect:
      outcome: allow
      sent: [{ method: GET, answer: { headers: { Vary: { covers: [Origin] } } } }]
";

const TARGET: &str = "name: tiny
versions: [\"1.4\"]
start: [python3, server.py]
";

/// A folder with cases and a server.
fn project() -> Project {
    Project::new()
        .file("cases/area/methods.yaml", CASES)
        .file("server.py", SERVER)
}

/// A run of one permutation at a time, so that the order is that of the suite.
fn run(project: &Project, more: &[&str]) -> String {
    let arguments = ["run", "--cases", "cases", "--agent", "wire", "--jobs", "1"];
    let arguments: Vec<&str> = arguments.iter().chain(more).copied().collect();
    project.shown(&arguments)
}

#[test]
fn a_command_is_started_for_each_policy_and_judged() {
    assert_shown!(run(&project(), &["--", "python3", "server.py"]));
}

#[test]
fn a_command_that_lets_nobody_in_fails_with_how_to_see_it_again() {
    let only = "area/methods/everybody[method=GET]";
    assert_shown!(run(
        &project(),
        &[only, "--", "python3", "server.py", "silent"]
    ));
}

#[test]
fn the_built_in_server_can_be_given_a_mistake() {
    let project = Project::new().file("cases/area/vary.yaml", VARY);
    assert_shown!(run(&project, &["--target", "embedded:no-vary"]));
}

#[test]
fn a_mistake_that_nobody_knows_is_refused() {
    assert_shown!(run(&project(), &["--target", "embedded:no-verry"]));
}

#[test]
fn a_url_without_a_policy_is_refused() {
    assert_shown!(run(&project(), &["--target", "http://localhost:1"]));
}

#[test]
fn a_policy_that_is_none_is_refused() {
    let arguments = ["--target", "http://localhost:1", "--policy", "everything"];
    assert_shown!(run(&project(), &arguments));
}

#[test]
fn a_name_needs_a_checkout() {
    assert_shown!(run(&project(), &["--target", "express"]));
}

#[test]
fn every_fault_of_a_target_file_is_shown_where_it_is() {
    let project = project().file(
        "tiny.yaml",
        "name: Tiny server\nstart: [python3]\nurl: ftp://x\npolicy: alowlist\nsurface: [event]\nport: 80\n",
    );
    assert_shown!(run(&project, &["--target", "./tiny.yaml"]));
}

#[test]
fn a_target_file_that_is_not_there_is_refused() {
    assert_shown!(run(&project(), &["--target", "./no.yaml"]));
}

#[test]
fn what_a_target_cannot_express_or_does_not_offer_is_skipped_with_the_reason() {
    let target = format!("{TARGET}inexpressible: {{ public: It knows no asterisk. }}\n");
    let other = CASES
        .replace("policy: public", "policy: static")
        .replace("resource: resource", "resource: socket, via: fetch");
    let project = project()
        .file("tiny.yaml", &target)
        .file("cases/area/socket.yaml", &other);
    assert_shown!(run(&project, &["--target", "./tiny.yaml"]));
}

#[test]
fn refusing_to_start_with_a_dangerous_policy_is_no_failure() {
    let project = project().file("cases/area/dangerous.yaml", DANGEROUS);
    assert_shown!(run(
        &project,
        &["--", "python3", "server.py", "refuse-dangerous"]
    ));
}

#[test]
fn a_command_that_does_not_start_leaves_the_run_undecided() {
    let script = "echo the port is $((PORT > 0)) >&2; exit 3";
    assert_shown!(run(&project(), &["--", "sh", "-c", script]));
}

#[test]
fn a_program_that_dies_of_a_request_is_started_again_for_the_others() {
    assert_shown!(run(
        &project(),
        &["--", "python3", "server.py", "die-of-PUT"]
    ));
}

#[test]
fn a_program_that_dies_is_found_out_whoever_else_was_asking() {
    let many = [
        "run",
        "--cases",
        "cases",
        "--agent",
        "wire",
        "--jobs",
        "8",
        "--",
        "python3",
        "server.py",
        "die-of-PUT",
        "die-of-DELETE",
    ];
    assert_shown!(project().shown(&many));
}

#[test]
fn a_program_that_dies_of_everything_is_not_started_for_ever() {
    let cases = CASES.replace(
        "[GET, POST, PUT, DELETE]",
        "[GET, POST, PUT, DELETE, PATCH]",
    );
    let project = project().file("cases/area/methods.yaml", &cases);
    assert_shown!(run(
        &project,
        &[
            "--",
            "python3",
            "server.py",
            "die-of-GET",
            "die-of-POST",
            "die-of-OPTIONS"
        ]
    ));
}

#[test]
fn a_program_that_does_not_come_back_leaves_the_rest_undecided() {
    assert_shown!(run(
        &project(),
        &["--", "python3", "server.py", "die-of-POST", "once"]
    ));
}

#[test]
fn known_deviations_of_a_target_hold_for_its_version() {
    let known = "- id: area/methods/everybody
  reason: It sends no CORS header at all.
  link: https://bugs.example/1
  versions: \"<1.5\"
  review: 2030-01-01
";
    let silent = TARGET.replace("server.py]", "server.py, silent]");
    let project = project()
        .file("tiny.yaml", &format!("{silent}known: known.yaml\n"))
        .file("known.yaml", known);
    assert_shown!(run(&project, &["--target", "./tiny.yaml"]));
    let project = project.file("tiny.yaml", &format!("{TARGET}known: known.yaml\n"));
    assert_shown!(
        "known_deviations_of_a_target_that_are_mended",
        run(
            &project,
            &["area/**[method=GET]", "--target", "./tiny.yaml"]
        )
    );
}

#[test]
fn known_deviations_of_a_target_are_checked() {
    let known = "- id: area/methods/nobody
  reason: It is so.
  link: https://bugs.example/1
  review: 2030-01-01
- id: area/methods/everybody
  target: other
  reason: It is so.
  link: https://bugs.example/1
  review: 2030-01-01
";
    let project = project()
        .file("tiny.yaml", &format!("{TARGET}known: known.yaml\n"))
        .file("known.yaml", known);
    assert_shown!(run(&project, &["--target", "./tiny.yaml"]));
}

#[test]
fn snapshots_show_what_changed_in_the_answers_of_a_target() {
    let project = project();
    let one = "area/methods/everybody[method=GET]";
    let with = |more: &[&str]| {
        let arguments = [one, "--snapshots", "kept"];
        let arguments: Vec<&str> = arguments.iter().chain(more).copied().collect();
        run(&project, &arguments)
    };
    assert_shown!(
        "snapshots_are_missing",
        with(&["--", "python3", "server.py"])
    );
    assert_shown!(
        "snapshots_are_written",
        with(&["--update", "--", "python3", "server.py"])
    );
    assert_shown!(
        "snapshots_in_the_format_of_insta",
        project.read("kept/area__methods__everybody[method=GET].snap")
    );
    let project = project.file("kept/area__methods__gone.snap", "---\n---\n");
    let with = |more: &[&str]| {
        let arguments = [one, "--snapshots", "kept"];
        let arguments: Vec<&str> = arguments.iter().chain(more).copied().collect();
        run(&project, &arguments)
    };
    assert_shown!(
        "snapshots_are_as_kept",
        with(&["--", "python3", "server.py"])
    );
    assert_shown!(
        "snapshots_differ",
        with(&[
            "--report",
            "junit=junit.xml",
            "--",
            "python3",
            "server.py",
            "new-header"
        ])
    );
    assert!(project.read("junit.xml").contains("+&lt; x-new: yes"));
}

#[test]
fn snapshots_are_of_a_target() {
    assert_shown!(run(&project(), &["--snapshots", "kept"]));
}

#[test]
fn every_report_names_the_target() {
    let project = project().file("tiny.yaml", TARGET);
    let text = run(
        &project,
        &[
            "area/**[method=GET]",
            "--target",
            "./tiny.yaml",
            "--report",
            "json=report.json,junit=junit.xml,markdown=summary.md",
        ],
    );
    assert!(text.contains("   target tiny 1.4\n"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&project.read("report.json")).unwrap();
    assert_eq!(json["run"]["target"], "tiny 1.4");
    let junit = project.read("junit.xml");
    assert!(junit.contains("<property name=\"target\" value=\"tiny 1.4\"/>"));
    assert!(project.read("summary.md").contains("target `tiny 1.4`"));
}

#[test]
fn reports_of_different_targets_are_not_merged() {
    let project = project().file("tiny.yaml", TARGET);
    run(
        &project,
        &[
            "--shard",
            "1/2",
            "--target",
            "./tiny.yaml",
            "--report",
            "json=1.json",
        ],
    );
    run(
        &project,
        &[
            "--shard",
            "2/2",
            "--report",
            "json=2.json",
            "--",
            "python3",
            "server.py",
        ],
    );
    assert_shown!(project.shown(&["merge", "--cases", "cases", "1.json", "2.json"]));
}

/// A checkout with two adapters, one of them installed in one of its versions.
fn checkout() -> Project {
    project()
        .file(
            "harness/servers/tiny/server.yaml",
            "name: tiny\ntitle: A tiny server\nlanguage: Python\nversions: [\"1.4\", \"1.3\"]\nstart: [python3, ../../../../server.py]\n",
        )
        .file(
            "harness/servers/other/server.yaml",
            "name: other\nversions: [\"2.0\"]\nstart: [./other]\n",
        )
        .file("target/servers/tiny/1.4/.digest", "")
}

#[test]
fn servers_are_listed_with_their_state() {
    assert_shown!(checkout().shown(&["servers"]));
}

#[test]
fn servers_are_listed_for_programs() {
    assert_shown!(checkout().shown(&["servers", "--json"]));
}

#[test]
fn servers_are_those_of_a_checkout() {
    assert_shown!(project().shown(&["servers"]));
}

#[test]
fn an_adapter_is_named_with_or_without_its_version() {
    let project = checkout();
    let text = run(&project, &["--target", "tiny"]);
    assert!(
        text.contains("4 PASS") && text.contains("target tiny 1.4\n"),
        "{text}"
    );
    assert_shown!(
        "an_adapter_is_not_installed",
        run(&project, &["--target", "tiny@1.3"])
    );
    assert_shown!(
        "an_adapter_has_no_such_version",
        run(&project, &["--target", "tiny@2"])
    );
    assert_shown!(
        "an_adapter_is_unknown",
        run(&project, &["--target", "tinny"])
    );
}

#[rstest::rstest]
#[case::nothing_behind_the_dashes(&["--"], "a command is expected after `--`")]
#[case::no_such_program(&["--", "no-such-program"], "there is no program `no-such-program`")]
#[case::a_folder(&["--", "/tmp"], "there is no program `/tmp`")]
#[case::another_scheme(&["--target", "ftp://a.example"], "`ftp://a.example` is no target")]
#[case::a_policy_of_nothing(&["--policy", "allowlist"], "--policy is about a target")]
#[case::an_unknown_policy(&["--policy", "alowlist", "--", "true"], "unknown policy `alowlist`")]
#[case::updating_nothing(&["--update", "--target", "embedded:no-vary"], "--update is about snapshots")]
fn a_target_that_cannot_be_is_refused_at_once(#[case] arguments: &[&str], #[case] message: &str) {
    let all = [&["run", "--agent", "wire"], arguments].concat();
    let text = Project::new().shown(&all);
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(text.contains(message), "{text}");
}

#[test]
fn any_target_can_be_asked_under_one_policy_alone() {
    let results = |more: &[&str]| {
        let target = ["run", "--agent", "wire", "--target", "embedded:no-vary"];
        let all = [&target, more, &["server/null-origin"]].concat();
        let text = Project::new().shown(&all);
        let summary = text.lines().find(|line| line.starts_with("summary"));
        let words: Vec<&str> = summary.unwrap_or(&text).split_whitespace().collect();
        words[1]
            .parse::<usize>()
            .unwrap_or_else(|_| panic!("{text}"))
    };
    let (all, one) = (results(&[]), results(&["--policy", "null-origin"]));
    assert!(0 < one && one < all, "{one} of {all}");
}
