//! The JSON report: everything that is known of a run, for programs.
//!
//! ```json
//! {
//!   "schema_version": 1,
//!   "corspec": "0.1.0",
//!   "suite": { "digest": "5f0c…", "permutations": 412 },
//!   "run": { "agents": [{ "name": "wire", "version": "0.1.0" }], "target": "reference", … },
//!   "results": [{ "id": "preflight/methods/put", "agent": "wire", "status": "PASS", … }],
//!   "summary": { "PASS": 1, "FAIL": 0, … }
//! }
//! ```
//!
//! Every key is always there; what does not apply is `null`. Steps count from 1. The schema is
//! `reports/schema.json`, generated from the types in `document`.

mod document;
mod read;
mod stored;

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use serde_json::Value;

use self::document::{
    Agent, Body, Case, Close, Conversation, Document, Exchange, Finding, Header, Place, Request,
    Response, Results, Run, Selected, Shard, Speaker, Step, Suite,
};
pub(super) use self::read::milliseconds as milliseconds_of;
pub use self::stored::{NoReport, Stored};
use super::{Report, describe, timestamp};
use crate::case::scenario::{SocketClose, SocketMessage};
use crate::run::CaseResult;
use crate::tape;
use crate::verdict::{self, Verdict};

/// Writes the report, ending in a line feed.
///
/// # Errors
///
/// Those of the writer.
pub fn write(report: &Report<'_>, to: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *to, &document(report))?;
    to.write_all(b"\n")
}

/// The JSON Schema (draft 7) of the report.
#[must_use]
pub fn schema() -> Value {
    SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Document<'_>>()
        .to_value()
}

/// Reads a report that [`write()`] wrote.
///
/// # Errors
///
/// It is none, or one of another format.
pub fn read(bytes: &[u8]) -> Result<Stored, NoReport> {
    read::read(bytes)
}

fn document<'run>(report: &'run Report<'run>) -> Document<'run> {
    let result = report.result;
    Document {
        schema_version: SCHEMA_VERSION,
        corspec: env!("CARGO_PKG_VERSION"),
        suite: Suite {
            digest: &result.suite_digest,
            permutations: result.suite_size,
        },
        run: Run {
            agents: result
                .agents
                .iter()
                .map(|agent| Agent {
                    name: &agent.name,
                    version: &agent.version,
                })
                .collect(),
            target: &result.target,
            selected: Selected {
                permutations: result.selected.permutations,
                digest: &result.selected.digest,
            },
            shard: result.shard.map(|shard| Shard {
                number: shard.number(),
                of: shard.of(),
            }),
            seed: result.seed,
            started: timestamp::rfc3339(result.started),
            duration_ms: milliseconds(result.duration),
            interrupted: result.interrupted,
        },
        results: Results(report),
        summary: result.summary(),
    }
}

/// One element of `results`.
fn case<'run>(report: &'run Report<'run>, result: &'run CaseResult) -> Case<'run> {
    let scenario = &result.permutation.scenario;
    let judgement = result.judgement.as_ref();
    let steps: Vec<Step<'_>> = judgement
        .map(|judgement| judgement.steps.iter().enumerate())
        .into_iter()
        .flatten()
        .map(|(index, judged)| step(result, index, judged))
        .collect();
    let decisive = describe::judged_step(result, describe::decisive_step(result));
    Case {
        id: &result.permutation.id,
        title: &scenario.title,
        agent: &result.agent,
        target: &report.result.target,
        status: result.status,
        level: scenario.level,
        subject: scenario.subject,
        outcome: decisive.map(|step| outcome(&step.observed)),
        delivery: decisive.map(|step| step.delivery),
        because: decisive.and_then(|step| because(&step.observed)),
        covers: &scenario.covers,
        spec: describe::citations(report, result),
        place: place(&scenario.location),
        duration_ms: milliseconds(result.duration),
        message: result.message.as_deref(),
        findings: judgement
            .map(|judgement| judgement.findings.iter().map(finding).collect())
            .unwrap_or_default(),
        culprit: judgement.and_then(|judgement| judgement.culprit),
        attempts: result.attempts,
        steps,
        exchanges: result.transcript.iter().map(exchange).collect(),
    }
}

fn step<'run>(
    result: &'run CaseResult,
    index: usize,
    judged: &'run verdict::StepJudgement,
) -> Step<'run> {
    let predicted = judged.predicted.as_ref();
    Step {
        step: index + 1,
        outcome: outcome(&judged.observed),
        delivery: judged.delivery,
        because: because(&judged.observed),
        detail: judged.observed.detail.as_deref(),
        signal: result.observations.get(index).and_then(describe::signal),
        predicted_outcome: predicted.map(outcome),
        predicted_because: predicted.and_then(because),
        predicted_detail: predicted.and_then(|verdict| verdict.detail.as_deref()),
        divergence: judged.divergence.as_deref(),
    }
}

fn finding(finding: &verdict::Finding) -> Finding<'_> {
    Finding {
        step: finding.step + 1,
        level: finding.level,
        subject: &finding.subject,
        expected: &finding.expected,
        actual: &finding.actual,
        place: place(&finding.location),
    }
}

fn exchange(exchange: &tape::Exchange) -> Exchange<'_> {
    Exchange {
        step: exchange.step + 1,
        to: exchange.to.name(),
        protocol: match exchange.protocol {
            tape::Protocol::Http1 => "HTTP/1.1",
            tape::Protocol::Http2 => "HTTP/2",
        },
        method: &exchange.method,
        target: &exchange.target,
        request: Request {
            headers: headers(&exchange.request),
            body: body(&exchange.request.body),
        },
        response: exchange
            .response
            .as_ref()
            .map(|(status, message)| Response {
                status: *status,
                reason: isomorphic(&message.reason_phrase),
                headers: headers(message),
                body: body(&message.body),
                unfinished: message.is_unfinished,
            }),
        aborted: exchange.aborted,
        conversation: exchange.conversation.as_ref().map(|spoken| Conversation {
            page: speaker(&spoken.from_page, spoken.closed_by_page.as_ref()),
            server: speaker(&spoken.from_server, spoken.closed_by_server.as_ref()),
        }),
    }
}

fn speaker<'run>(messages: &[SocketMessage], close: Option<&'run SocketClose>) -> Speaker<'run> {
    Speaker {
        messages: messages
            .iter()
            .map(|message| match message {
                SocketMessage::Binary(bytes) => Body {
                    encoding: "isomorphic",
                    text: isomorphic(bytes),
                },
                SocketMessage::Text(text) => Body {
                    encoding: "utf-8",
                    text: text.clone(),
                },
            })
            .collect(),
        close: close.map(|close| Close {
            code: close.code,
            reason: &close.reason,
        }),
    }
}

fn headers(message: &tape::Message) -> Vec<Header<'_>> {
    message
        .headers
        .iter()
        .map(|(name, value)| Header(name, isomorphic(value)))
        .collect()
}

fn body(bytes: &[u8]) -> Option<Body> {
    if bytes.is_empty() {
        return None;
    }
    Some(match std::str::from_utf8(bytes) {
        Ok(text) => Body {
            encoding: "utf-8",
            text: text.to_owned(),
        },
        Err(_) => Body {
            encoding: "isomorphic",
            text: isomorphic(bytes),
        },
    })
}

/// Each byte as the character of the same number, so that nothing is lost.
///
/// <https://infra.spec.whatwg.org/#isomorphic-decode>
fn isomorphic(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn outcome(verdict: &Verdict) -> &'static str {
    if verdict.allowed { "allow" } else { "block" }
}

fn because(verdict: &Verdict) -> Option<&'static str> {
    verdict.because.as_ref().map(|reason| reason.code())
}

fn place(location: &crate::case::scenario::Location) -> Place {
    Place {
        file: location.file.to_string_lossy().replace('\\', "/"),
        line: location.line,
        column: location.column,
    }
}

fn milliseconds(duration: std::time::Duration) -> f64 {
    // Microseconds are the finest that is worth telling.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a run does not last for 285 years"
    )]
    let microseconds = duration.as_micros() as f64;
    microseconds / 1000.0
}

/// Raised by one with every change that could break a reader.
const SCHEMA_VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::report::fixture;

    fn written() -> String {
        let fixture = fixture::every_status();
        let mut bytes = Vec::new();
        write(&fixture.report(), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_report_of_every_status_is_as_recorded() {
        insta::assert_snapshot!("json", written());
    }

    #[test]
    fn the_same_run_gives_the_same_bytes() {
        assert_eq!(written(), written());
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_one_character_each() {
        let body = body(b"\xff\x00a").unwrap();
        assert_eq!(
            (body.encoding, body.text.as_str()),
            ("isomorphic", "\u{ff}\u{0}a")
        );
        assert_eq!(super::body("é".as_bytes()).unwrap().text, "é");
        assert_eq!(isomorphic("é".as_bytes()), "\u{c3}\u{a9}");
    }

    /// The committed schema is what editors and readers use. `CORSPEC_WRITE=1` writes it anew.
    #[test]
    fn the_committed_schema_is_the_generated_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/schema.json");
        let generated = format!("{:#}\n", schema());
        if std::env::var_os("CORSPEC_WRITE").is_some() {
            std::fs::write(&path, &generated).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == generated,
            "reports/schema.json is out of date: run `CORSPEC_WRITE=1 cargo test -p corspec schema`"
        );
    }

    #[test]
    fn the_schema_describes_every_key() {
        fn walk(value: &Value, path: &str, missing: &mut Vec<String>) {
            if let Some(properties) = value.get("properties").and_then(Value::as_object) {
                for (key, property) in properties {
                    if property.get("description").is_none() {
                        missing.push(format!("{path}/{key}"));
                    }
                }
            }
            if let Some(object) = value.as_object() {
                object
                    .iter()
                    .for_each(|(key, inner)| walk(inner, &format!("{path}/{key}"), missing));
            }
        }
        let mut missing = Vec::new();
        walk(&schema(), "", &mut missing);
        assert_eq!(missing, Vec::<String>::new());
    }
}
