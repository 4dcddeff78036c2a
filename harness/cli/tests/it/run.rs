use std::process::Stdio;

use crate::assert_shown;
use crate::support::{Project, show};

const WIRE: [&str; 5] = ["run", "--cases", "cases", "--agent", "wire"];

fn on_the_wire(project: &Project, more: &[&str]) -> String {
    let arguments: Vec<&str> = WIRE.iter().chain(more).copied().collect();
    project.shown(&arguments)
}

#[test]
fn a_suite_that_passes_is_one_page() {
    assert_shown!(on_the_wire(&Project::good(), &[]));
}

#[test]
fn a_wrong_expectation_fails_with_its_place_and_its_cause() {
    assert_shown!(on_the_wire(&Project::failing(), &[]));
}

#[test]
fn broken_yaml_is_shown_where_it_breaks_and_nothing_is_run() {
    let project = Project::broken();
    assert_shown!(on_the_wire(&project, &[]));
    assert!(project.files().is_empty());
}

#[test]
fn a_selection_that_matches_nothing_has_its_own_exit_code() {
    assert_shown!(on_the_wire(&Project::good(), &["no/such/case"]));
}

#[test]
fn globs_select_and_skip_takes_away() {
    assert_shown!(on_the_wire(
        &Project::good(),
        &[
            "simple",
            "preflight/**",
            "--skip",
            "**[via=xhr]",
            "--skip",
            "preflight/methods/only-*"
        ]
    ));
}

#[test]
fn tags_and_levels_select() {
    let project = Project::good();
    assert_shown!(on_the_wire(
        &project,
        &["--tag", "basic", "--level", "must,may"]
    ));
}

#[test]
fn a_trace_shows_every_exchange() {
    assert_shown!(on_the_wire(
        &Project::good(),
        &["simple/get/allowed[via=fetch]", "--trace"]
    ));
}

#[test]
fn quiet_leaves_what_failed_and_one_line() {
    assert_shown!(on_the_wire(&Project::failing(), &["--quiet"]));
}

#[test]
fn verbose_tells_every_result_as_it_comes() {
    // One at a time, so that the order is that of the suite.
    assert_shown!(on_the_wire(&Project::good(), &["--verbose", "--jobs", "1"]));
}

#[test]
fn colour_can_be_asked_for_in_a_pipe() {
    let text = on_the_wire(&Project::good(), &["--color", "always"]);
    assert!(
        text.contains("\u{1b}[1m\u{1b}[32mPASS\u{1b}[0m"),
        "{text:?}"
    );
    let text = on_the_wire(&Project::good(), &["--color", "never"]);
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn the_whole_suite_is_kept_in_a_folder_of_its_own() {
    let project = Project::good();
    on_the_wire(&project, &[]);
    assert_eq!(project.files().len(), 2);
    let json = project.read("corspec-report/report.json");
    assert_shown!(json);
    assert!(
        project
            .read("corspec-report/junit.xml")
            .contains("<testsuite name=\"wire simple/")
    );
}

#[test]
fn the_whole_suite_is_kept_beside_other_builds_where_there_are_any() {
    let project = Project::good().file("target/keep", "");
    on_the_wire(&project, &[]);
    assert!(!project.read("target/corspec/report.json").is_empty());
}

#[test]
fn a_part_of_the_suite_is_not_kept_unless_a_report_is_asked_for() {
    let project = Project::good();
    on_the_wire(&project, &["simple"]);
    assert!(project.files().is_empty());
    on_the_wire(&project, &["--no-report"]);
    assert!(project.files().is_empty());
    on_the_wire(&project, &["simple", "--report", "junit=out/junit.xml"]);
    assert_shown!(project.read("out/junit.xml"));
    assert_eq!(project.files().len(), 1);
}

#[test]
fn a_report_on_stdout_is_all_there_is_on_stdout() {
    let project = Project::good();
    let arguments: Vec<&str> = WIRE.iter().copied().chain(["--report", "json=-"]).collect();
    let output = project.corspec(&arguments);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["summary"]["PASS"], 3);
    assert!(show(&output).contains("exit            0 (conformant)"));
    assert!(project.files().is_empty());
}

#[test]
fn a_report_that_cannot_be_written_is_refused_before_anything_is_run() {
    let project = Project::good().file("file", "");
    assert_shown!(on_the_wire(
        &project,
        &["--report", "json=file/report.json"]
    ));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_beside_the_page() {
    assert_shown!(on_the_wire(
        &Project::good(),
        &["--report", "json=/dev/full"]
    ));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_does_not_hide_a_failure() {
    let text = on_the_wire(&Project::failing(), &["--report", "json=/dev/full"]);
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(text.contains("error: cannot write `/dev/full`"), "{text}");
}

#[test]
fn two_reports_do_not_share_stdout() {
    assert_shown!(on_the_wire(
        &Project::good(),
        &["--report", "json=-", "--report", "junit=-"]
    ));
}

#[test]
fn an_unknown_kind_of_report_is_refused() {
    assert_shown!(on_the_wire(
        &Project::good(),
        &["--report", "html=report.html"]
    ));
}

#[test]
fn an_unknown_agent_is_refused() {
    assert_shown!(Project::good().shown(&["run", "--cases", "cases", "--agent", "opera"]));
}

#[test]
fn a_browser_that_is_asked_for_but_missing_leaves_the_run_undecided() {
    let project = Project::good();
    let mut command = project.command(&["run", "--cases", "cases", "--agent", "wire,chromium"]);
    command
        .env("CHROMIUM", "/nonexistent/chromium")
        .env("MINIBROWSER", "/nonexistent/minibrowser")
        .env("CHROMEDRIVER", "/nonexistent/driver");
    assert_shown!(show(&command.output().unwrap()));
}

#[test]
fn without_a_browser_the_run_says_how_to_get_one() {
    let project = Project::good();
    let mut command = project.command(&["--quiet"]);
    command
        .env("CHROMIUM", "/nonexistent/chromium")
        .env("MINIBROWSER", "/nonexistent/minibrowser")
        .env("FIREFOX", "/nonexistent/firefox")
        .env("CORSPEC_CASES", "cases");
    let text = show(&command.output().unwrap());
    assert!(
        text.starts_with("exit: 0\n") && !text.contains("hint:"),
        "{text}"
    );
    let mut command = project.command(&[]);
    command
        .env("CHROMIUM", "/nonexistent/chromium")
        .env("MINIBROWSER", "/nonexistent/minibrowser")
        .env("FIREFOX", "/nonexistent/firefox")
        .env("CORSPEC_CASES", "cases");
    assert_shown!(show(&command.output().unwrap()));
}

#[test]
fn a_pattern_that_matches_nothing_beside_others_ends_the_run_before_it_begins() {
    assert_shown!(on_the_wire(&Project::good(), &["simple", "smiple"]));
}

#[test]
fn leaving_out_what_is_not_there_is_told() {
    let text = on_the_wire(&Project::good(), &["simple", "--skip", "smiple"]);
    assert!(text.starts_with("exit: 0\n"), "{text}");
    assert!(
        text.ends_with("----- stderr -----\nwarning: `smiple` matches nothing\n"),
        "{text}"
    );
}

#[test]
fn a_tag_that_nothing_has_is_answered_with_those_there_are() {
    assert_shown!(on_the_wire(&Project::good(), &["--tag", "slow,slwo"]));
}

#[test]
fn two_reports_do_not_share_a_file() {
    let text = on_the_wire(
        &Project::good(),
        &["--report", "json=a.out", "--report", "junit=./a.out"],
    );
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(text.contains("two reports go to `./a.out`"), "{text}");
    let text = on_the_wire(
        &Project::good(),
        &["--report", "json=/dev/null", "--report", "junit=/dev/null"],
    );
    assert!(text.starts_with("exit: 0\n"), "{text}");
}

#[test]
fn a_file_of_known_deviations_has_to_be_there() {
    let text = on_the_wire(&Project::good(), &["--known", "no.yaml"]);
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(text.contains("there is no file `no.yaml`"), "{text}");
}

#[test]
fn more_jobs_than_work_are_no_more_than_the_work() {
    let text = on_the_wire(&Project::good(), &["--jobs", "1000000000"]);
    assert!(text.starts_with("exit: 0\n"), "{text}");
}

#[test]
fn an_unknown_flag_is_answered_with_the_nearest() {
    assert_shown!(Project::new().shown(&["run", "--agnet", "wire"]));
}

#[test]
fn a_number_that_makes_no_sense_is_refused() {
    assert_shown!(Project::new().shown(&["run", "--jobs", "0"]));
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    assert_shown!(Project::new().shown(&["run", "--cases", "nowhere"]));
}

#[test]
fn failures_end_the_run_where_that_is_asked_for() {
    // Slow enough that the end is heard of before much else begins.
    let slow = "title: Slow
about: user-agent
defaults: { covers: [method-safelisted-set] }
scenarios:
  - id: refused
    title: Each of them fails
    axes: { number: [1, 2, 3, 4, 5, 6] }
    request: { query: \"?$number\" }
    server: { response: { delay: 100ms } }
    expect: { outcome: allow }
";
    let project = Project::new().file("cases/simple/slow.yaml", slow);
    for limit in [["--fail-fast", "--jobs=1"], ["--max-fail=2", "--jobs=1"]] {
        let text = on_the_wire(&project, &limit);
        assert!(text.starts_with("exit: 1\n"), "{text}");
        assert!(
            text.contains("not run: the run was ended after its last allowed failure"),
            "{text}"
        );
        assert!(
            text.contains("ended           before everything selected had run"),
            "{text}"
        );
    }
}

#[test]
fn fail_fast_and_a_number_of_failures_exclude_each_other() {
    assert_shown!(on_the_wire(
        &Project::good(),
        &["--fail-fast", "--max-fail", "2"]
    ));
}

#[test]
fn a_shuffled_run_tells_its_seed() {
    assert_shown!(on_the_wire(&Project::good(), &["--shuffle"]));
}

#[test]
fn a_shuffled_run_takes_its_seed_again() {
    let text = on_the_wire(&Project::good(), &["--shuffle=42"]);
    assert!(text.contains("the same again with --shuffle=42"), "{text}");
}

#[test]
fn a_seed_that_is_no_number_is_refused() {
    assert_shown!(on_the_wire(&Project::good(), &["--shuffle=many"]));
}

/// A record that the wire fails what this pattern matches.
fn known(id: &str) -> String {
    format!(
        "- id: {id}\n  agent: wire\n  reason: The case is wrong\n  link: https://bugs.example/1\n  review: 2999-01-01\n"
    )
}

#[test]
fn a_known_deviation_is_no_failure() {
    let project = Project::failing().file("known.yaml", &known("simple/get"));
    assert_shown!(on_the_wire(&project, &["--known", "known.yaml"]));
}

#[test]
fn known_deviations_are_looked_for_beside_the_cases() {
    let project =
        Project::failing().file("cases/known.yaml", &known("simple/get/allowed[via=fetch]"));
    let text = on_the_wire(&project, &[]);
    assert!(text.contains("1 FAIL, 1 KNOWN"), "{text}");
}

#[test]
fn a_known_deviation_that_is_mended_is_a_failure() {
    let project = Project::good().file("known.yaml", &known("simple/get/allowed[via=fetch]"));
    assert_shown!(on_the_wire(&project, &["--known", "known.yaml"]));
}

#[test]
fn a_known_deviation_of_nothing_is_an_error() {
    let project = Project::good().file("known.yaml", &known("no/such/case"));
    assert_shown!(on_the_wire(&project, &["--known", "known.yaml"]));
}

#[test]
fn sessions_and_jobs_are_numbers_of_workers() {
    let text = on_the_wire(&Project::good(), &["-j", "4", "--sessions", "2"]);
    assert!(text.starts_with("exit: 0\n"), "{text}");
}

#[test]
fn a_reader_that_is_gone_is_no_error() {
    let project = Project::good();
    let mut command = project.command(&["list", "--cases", "cases"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        show(&output),
        "exit: 0\n----- stdout -----\n----- stderr -----\n"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_what_was_done() {
    // One case is done at once, the other takes its time; they run beside each other.
    let slow = "title: Slow
about: user-agent
defaults:
  covers: [method-safelisted-set]
  server: { response: { headers: { Access-Control-Allow-Origin: $page } } }
scenarios:
  - { id: at-once, title: Done at once, expect: { outcome: allow } }
  - id: much-later
    title: Done much later
    server: { response: { delay: 10s } }
    expect: { outcome: allow }
";
    let project = Project::new().file("cases/simple/slow.yaml", slow);
    let arguments: Vec<&str> = WIRE
        .iter()
        .copied()
        .chain(["--verbose", "--jobs", "2"])
        .collect();
    let mut command = project.command(&arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Once the first result is told the run is under way for certain.
    let mut told = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("simple/slow/at-once") {
        line.clear();
        assert!(
            std::io::BufRead::read_line(&mut told, &mut line).unwrap() > 0,
            "it told nothing"
        );
    }
    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains(": 1 PASS, 1 SKIP\n"), "{page}");
    assert!(
        page.contains("SKIP 1 in wire: not run: the user ended the run"),
        "{page}"
    );
    assert!(page.contains("exit            130 (interrupted)"), "{page}");
    let report = project.read("corspec-report/report.json");
    assert!(report.contains("\"interrupted\": true"), "{report}");
}
