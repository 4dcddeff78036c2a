//! The JUnit report: a test suite per agent and case file, a test case per permutation.
//!
//! ```xml
//! <testsuite name="wire preflight/methods.yaml" tests="2" …>
//!   <testcase name="preflight/methods/put" classname="wire.preflight.methods" time="0.002">
//!     <properties>
//!       <property name="file" value="preflight/methods.yaml"/>
//!       <property name="line" value="12"/>
//!     </properties>
//!     <failure message="outcome: expected block: method-not-allowed, got allow" type="must">…
//! ```
//!
//! | status             | becomes |
//! |--------------------|---------|
//! | PASS               | success |
//! | WARN, NOTE         | success; the findings are in `system-out` |
//! | FLAKY              | success with a `flakyError` |
//! | FAIL, FIXED        | `failure` |
//! | INFRA              | `error` |
//! | SKIP, KNOWN        | `skipped` with the reason |

use std::io::{self, Write};

use quick_junit::{
    NonSuccessKind, Property, Report as Document, TestCase, TestCaseStatus, TestRerun, TestSuite,
};

use super::{Report, describe, timestamp};
use crate::run::CaseResult;
use crate::tape;
use crate::verdict::Status;

/// Writes the report.
///
/// # Errors
///
/// Those of the writer.
pub fn write(report: &Report<'_>, to: &mut dyn Write) -> io::Result<()> {
    document(report).serialize(to).map_err(io::Error::other)
}

fn document(report: &Report<'_>) -> Document {
    let result = report.result;
    let mut document = Document::new("corspec");
    // By way of text, since the type that the crate uses is not among the types of this one.
    document.timestamp = timestamp::rfc3339(result.started).parse().ok();
    document.set_time(result.duration);
    document.add_test_suites(
        result
            .results
            .chunk_by(|one, next| suite_name(one) == suite_name(next))
            .map(|results| suite(report, results)),
    );
    document
}

fn suite(report: &Report<'_>, results: &[CaseResult]) -> TestSuite {
    let mut suite = TestSuite::new(results.first().map(suite_name).unwrap_or_default());
    suite.set_time(results.iter().map(|result| result.duration).sum());
    if let Some(agent) = report
        .result
        .agents
        .iter()
        .find(|agent| results.iter().any(|it| it.agent == agent.name))
    {
        suite.add_property(Property::new(
            "agent",
            format!("{} {}", agent.name, agent.version),
        ));
    }
    suite.add_property(Property::new("target", &report.result.target));
    suite.add_property(Property::new("suite-digest", &report.result.suite_digest));
    if let Some(shard) = report.result.shard {
        suite.add_property(Property::new("shard", shard.to_string()));
    }
    suite.add_test_cases(results.iter().map(|result| case(report, result)));
    suite
}

fn case(report: &Report<'_>, result: &CaseResult) -> TestCase {
    let permutation = &result.permutation;
    let mut case = TestCase::new(permutation.id.as_str(), status(result));
    case.set_classname(class_name(result))
        .set_time(result.duration);
    // The place of the expectation that failed is worth more than that of the scenario.
    let findings = result
        .judgement
        .as_ref()
        .map(|judgement| judgement.findings.as_slice());
    let location = match findings.and_then(<[_]>::first) {
        Some(finding) => &finding.location,
        None => &permutation.scenario.location,
    };
    case.add_property(Property::new("file", location.file.to_string_lossy()));
    case.add_property(Property::new("line", location.line.to_string()));
    case.add_property(Property::new("title", &permutation.scenario.title));
    for requirement in &permutation.scenario.covers {
        case.add_property(Property::new("covers", requirement));
    }
    for citation in describe::citations(report, result) {
        case.add_property(Property::new("spec", citation));
    }
    if matches!(result.status, Status::Warn | Status::Note) {
        case.set_system_out(format!("{}\n{}", result.status, findings_of(result)));
    }
    case
}

fn status(result: &CaseResult) -> TestCaseStatus {
    let message = result.message.clone().unwrap_or_default();
    match result.status {
        Status::Pass | Status::Warn | Status::Note => TestCaseStatus::success(),
        Status::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let first = findings_of(result)
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            status
                .set_message(first)
                .set_type("must")
                .set_description(description(result));
            status
        }
        Status::Fixed => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_message("a known deviation is recorded, but it passed: remove the record")
                .set_type("fixed")
                .set_description(message);
            status
        }
        Status::Flaky => {
            let mut status = TestCaseStatus::success();
            for _ in 1..result.attempts.max(2) {
                let mut rerun = TestRerun::new(NonSuccessKind::Error);
                rerun.set_type("infra");
                if !message.is_empty() {
                    rerun.set_message(message.as_str());
                }
                status.add_rerun(rerun);
            }
            status
        }
        Status::Infra => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(message).set_type("infra");
            status
        }
        Status::Known | Status::Skip => {
            let mut status = TestCaseStatus::skipped();
            let kind = if result.status == Status::Known {
                "known"
            } else {
                "skip"
            };
            status.set_message(message).set_type(kind);
            if result.status == Status::Known {
                status.set_description(findings_of(result));
            }
            status
        }
    }
}

/// The findings, who is likely to be wrong, and the exchange.
fn description(result: &CaseResult) -> String {
    let mut text = findings_of(result);
    if let Some(culprit) = result
        .judgement
        .as_ref()
        .and_then(|judgement| judgement.culprit)
    {
        text.push_str(&format!("likely culprit: {}\n", describe::culprit(culprit)));
    }
    if let Some(message) = &result.message {
        text.push_str(&format!("{message}\n"));
    }
    text.push('\n');
    text.push_str(&tape::snapshot(&result.transcript));
    text
}

/// One finding per line.
fn findings_of(result: &CaseResult) -> String {
    let steps = result.permutation.steps.len();
    let Some(judgement) = &result.judgement else {
        return String::new();
    };
    let mut text = String::new();
    for finding in &judgement.findings {
        text.push_str(&describe::finding(finding, steps));
        text.push_str(&format!(
            " ({}:{})\n",
            finding.location.file.display(),
            finding.location.line
        ));
    }
    text
}

fn suite_name(result: &CaseResult) -> String {
    format!(
        "{} {}",
        result.agent,
        result.permutation.scenario.location.file.display()
    )
}

/// Agent and path with dots, which readers of JUnit show as packages: `wire.preflight.methods`.
fn class_name(result: &CaseResult) -> String {
    let id = &result.permutation.scenario.id;
    let topic = id.rsplit_once('/').map_or(id.as_str(), |(topic, _)| topic);
    format!("{}.{}", result.agent, topic.replace('/', "."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_report_of_every_status_is_as_recorded() {
        let fixture = fixture::every_status();
        let mut bytes = Vec::new();
        write(&fixture.report(), &mut bytes).unwrap();
        insta::assert_snapshot!("junit", String::from_utf8(bytes).unwrap());
    }

    #[test]
    fn what_readers_count_agrees_with_the_summary() {
        let fixture = fixture::every_status();
        let document = document(&fixture.report());
        let summary = fixture.report().result.summary();
        let count = |status| summary.count(status);
        assert_eq!(document.tests, summary.total());
        assert_eq!(
            document.failures,
            count(Status::Fail) + count(Status::Fixed)
        );
        assert_eq!(document.errors, count(Status::Infra));
        let skipped: usize = document.test_suites.iter().map(|suite| suite.skipped).sum();
        assert_eq!(skipped, count(Status::Skip) + count(Status::Known));
    }
}
