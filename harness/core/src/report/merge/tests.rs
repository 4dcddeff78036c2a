use super::*;
use crate::agent::End;
use crate::case::scenario::{SocketClose, SocketMessage};
use crate::report::fixture::{self, Fixture};
use crate::report::terminal::{Detail, Page, Paint};
use crate::report::{Report, junit, terminal};
use crate::run::ExitCode;
use crate::tape::Conversation;
use crate::verdict::Status;

/// A run in which every status occurs, of the suite that its parts are merged with.
fn whole() -> Fixture {
    let mut fixture = fixture::every_status();
    fixture.result.suite_digest = fixture.report().suite.digest.clone();
    // What seldom occurs, all at once.
    let result = fixture.result.results.iter_mut();
    let mut result = result.filter(|result| result.status == Status::Fail);
    let result = result.next().unwrap();
    let exchange = result.transcript.last_mut().unwrap();
    exchange.aborted = true;
    exchange.conversation = Some(Conversation {
        from_page: vec![
            SocketMessage::Text("é".to_owned()),
            SocketMessage::Binary(b"a\xff".to_vec()),
        ],
        closed_by_page: Some(SocketClose {
            code: Some(4000),
            reason: "enough".to_owned(),
        }),
        ..Conversation::default()
    });
    let (_, response) = exchange.response.as_mut().unwrap();
    response.is_unfinished = true;
    result.observations[0] = End::Silent.into();
    fixture
}

/// A part of it, as its report: in this agent (or all), and of so many parts this one.
fn part(name: &str, agent: Option<&str>, shard: Option<(usize, usize)>) -> Part {
    changed(name, agent, shard, |_| {})
}

/// The same, changed before it is written.
fn changed(
    name: &str,
    agent: Option<&str>,
    shard: Option<(usize, usize)>,
    change: impl FnOnce(&mut RunResult),
) -> Part {
    let mut whole = whole();
    let shard = shard.and_then(|(number, of)| Shard::new(number, of));
    let suite = whole.report().suite.permutations.clone();
    let dealt = match shard {
        Some(shard) => shard.select(suite),
        None => suite,
    };
    let result = &mut whole.result;
    result.shard = shard;
    result.results.retain(|result| {
        dealt.iter().any(|it| it.id == result.permutation.id)
            && agent.is_none_or(|agent| result.agent == agent)
    });
    result
        .agents
        .retain(|info| agent.is_none_or(|agent| info.name == agent));
    change(result);
    let mut bytes = Vec::new();
    json::write(&whole.report(), &mut bytes).unwrap();
    Part::read(name, &bytes).unwrap()
}

/// Every report of a run, one after the other.
fn reports(report: &Report<'_>) -> String {
    let page = Page {
        paint: Paint::PLAIN,
        detail: Detail::Full,
        trace: false,
        reports: &[],
        rerun: "",
        exit: ExitCode::of(report.result),
    };
    let mut bytes = Vec::new();
    json::write(report, &mut bytes).unwrap();
    junit::write(report, &mut bytes).unwrap();
    terminal::write(report, &page, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn merged(parts: &[Part]) -> Result<RunResult, MergeError> {
    merge(parts, whole().report().suite)
}

fn refusal(parts: &[Part]) -> String {
    merged(parts).unwrap_err().to_string()
}

#[test]
fn a_report_that_is_read_and_written_again_is_the_same_in_every_format() {
    let whole = whole();
    let mut again = merged(&[part("a.json", None, None)]).unwrap();
    assert_eq!(again.duration, whole.result.duration);
    again.duration = whole.result.duration;
    let again = Report {
        result: &again,
        suite: whole.report().suite,
    };
    assert_eq!(reports(&again), reports(&whole.report()));
}

#[test]
fn parts_and_agents_in_any_order_make_the_whole() {
    let whole = whole();
    let mut again = merged(&[
        part("c2.json", Some("chromium"), Some((2, 2))),
        part("w2.json", Some("wire"), Some((2, 3))),
        part("c1.json", Some("chromium"), Some((1, 2))),
        part("w3.json", Some("wire"), Some((3, 3))),
        part("w1.json", Some("wire"), Some((1, 3))),
    ])
    .unwrap();
    // That of all runs together.
    assert_eq!(again.duration, whole.result.duration * 5);
    assert_eq!(again.started, whole.result.started);
    again.duration = whole.result.duration;
    let again = Report {
        result: &again,
        suite: whole.report().suite,
    };
    assert_eq!(reports(&again), reports(&whole.report()));
    assert_eq!(ExitCode::of(again.result), ExitCode::of(&whole.result));
}

#[test]
fn a_part_that_was_interrupted_makes_the_whole_interrupted() {
    let parts = [
        part("1.json", None, Some((1, 2))),
        changed("2.json", None, Some((2, 2)), |result| {
            result.interrupted = true;
            result.seed = None;
        }),
    ];
    let merged = merged(&parts).unwrap();
    assert!(merged.interrupted);
    assert_eq!(merged.seed, None, "they were in different orders");
}

#[test]
fn a_part_that_is_missing_is_named() {
    let parts = [part("1.json", None, Some((1, 3)))];
    assert_eq!(refusal(&parts), "of chromium there is no part 2/3, 3/3");
}

#[test]
fn what_was_run_twice_is_named() {
    let twice = [
        part("a.json", None, None),
        part("b.json", Some("wire"), None),
    ];
    assert_eq!(
        refusal(&twice),
        "`a.json` and `b.json` both hold all of it in wire"
    );
    let twice = [
        part("a.json", Some("wire"), Some((1, 2))),
        part("b.json", Some("wire"), Some((1, 2))),
    ];
    assert_eq!(
        refusal(&twice),
        "`a.json` and `b.json` both hold part 1/2 in wire"
    );
}

#[test]
fn parts_of_different_runs_are_refused_with_what_differs() {
    let refusal_of = |change: fn(&mut RunResult)| {
        refusal(&[
            part("a.json", Some("wire"), Some((1, 2))),
            changed("b.json", Some("wire"), Some((2, 2)), change),
        ])
    };
    assert!(
        refusal_of(|result| result.suite_digest = "fedcba9876543210".to_owned())
            .ends_with(", and fedcba9876543210 in `b.json`")
    );
    assert_eq!(
        refusal_of(|result| result.target = "mine".to_owned()),
        "they do not belong together: target is reference in `a.json`, and mine in `b.json`"
    );
    assert_eq!(
        refusal_of(|result| result.agents[0].version = "9".to_owned()),
        "they do not belong together: wire is 0.1.0 in `a.json`, and 9 in `b.json`"
    );
    assert_eq!(
        refusal_of(|result| result.shard = Shard::new(2, 3)),
        "they do not belong together: share of wire is part 1/2 in `a.json`, and part 2/3 in `b.json`"
    );
    assert!(
        refusal_of(|result| result.selected.permutations = 7)
            .starts_with("they do not belong together: selection is ")
    );
}

#[test]
fn a_part_of_which_results_are_missing_is_refused() {
    let parts = [changed("a.json", Some("wire"), None, |result| {
        result.results.pop();
    })];
    assert_eq!(
        refusal(&parts),
        "the parts of wire are not what was selected: 8 results of 9 permutations"
    );
}

#[test]
fn another_suite_than_that_of_the_parts_is_refused() {
    let suite = Suite::embedded().unwrap();
    let error = merge(&[part("a.json", None, None)], &suite).unwrap_err();
    assert!(matches!(error, MergeError::Suite { .. }), "{error}");
}

#[test]
fn no_report_and_a_report_of_another_format_are_told_apart() {
    let error = Part::read("a.json", b"[]").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot read `a.json`: it is no JSON report of corspec: "),
        "{error}"
    );
    let mut bytes = Vec::new();
    json::write(&whole().report(), &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let newer = text.replace("\"schema_version\": 1", "\"schema_version\": 2");
    assert_eq!(
        Part::read("a.json", newer.as_bytes())
            .unwrap_err()
            .to_string(),
        "cannot read `a.json`: it is a report of format 2, and this corspec reads format 1"
    );
    let other = text.replace("\"PASS\"", "\"PASST\"");
    let error = merged(&[Part::read("a.json", other.as_bytes()).unwrap()]).unwrap_err();
    assert!(
        error.to_string().ends_with("`PASST` means nothing there"),
        "{error}"
    );
}
