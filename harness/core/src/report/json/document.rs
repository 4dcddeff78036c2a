//! The shape of the JSON report, from which its schema is generated: every comment below becomes a
//! description there.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::case::scenario::{Delivery, Level, Subject};
use crate::report::Report;
use crate::verdict::{Culprit, Status, Summary};

/// Report of a corspec run. Every key is always present; what does not apply is null. Steps, lines
/// and columns count from 1. Text that was bytes on the wire is isomorphic, that is, one character
/// U+0000 to U+00FF per byte, unless an `encoding` beside it says otherwise.
#[derive(JsonSchema, Serialize)]
#[schemars(title = "corspec report")]
pub(super) struct Document<'run> {
    /// The version of this format; raised with every change that could break a reader.
    pub(super) schema_version: u32,
    /// The version of corspec that wrote the report.
    pub(super) corspec: &'run str,
    /// The suite that was run.
    pub(super) suite: Suite<'run>,
    /// How it was run.
    pub(super) run: Run<'run>,
    /// A result per selected permutation and agent: by agent, then in the order of the suite.
    #[schemars(with = "Vec<Case<'run>>")]
    pub(super) results: Results<'run>,
    /// How many results have each status.
    #[schemars(schema_with = "summary")]
    pub(super) summary: Summary,
}

#[derive(JsonSchema, Serialize)]
#[schemars(inline)]
pub(super) struct Suite<'run> {
    /// SHA-256 over the case files, its first 16 hexadecimal digits.
    pub(super) digest: &'run str,
    /// The number of permutations in the suite, selected or not.
    pub(super) permutations: usize,
}

#[derive(JsonSchema, Serialize)]
#[schemars(inline)]
pub(super) struct Run<'run> {
    /// The agents that took part.
    pub(super) agents: Vec<Agent<'run>>,
    /// The name of the server that was asked.
    pub(super) target: &'run str,
    /// What was selected of the suite, all parts of a shared run together.
    pub(super) selected: Selected<'run>,
    /// The part of it that was run; null for all of it.
    pub(super) shard: Option<Shard>,
    /// The seed of the order in which permutations were started; null for the order of the suite.
    pub(super) seed: Option<u64>,
    /// When the run began, by RFC 3339 in UTC.
    #[schemars(extend("format" = "date-time"))]
    pub(super) started: String,
    /// How long it took, in milliseconds; all parts together in a merged report.
    pub(super) duration_ms: f64,
    /// Whether the run was ended before everything selected had run.
    pub(super) interrupted: bool,
}

#[derive(JsonSchema, Serialize)]
#[schemars(inline)]
pub(super) struct Selected<'run> {
    /// How many permutations.
    pub(super) permutations: usize,
    /// SHA-256 over their ids in the order of the suite, a line feed behind each, its first 16
    /// hexadecimal digits.
    pub(super) digest: &'run str,
}

/// A part of what was selected.
#[derive(JsonSchema, Serialize)]
pub(super) struct Shard {
    /// Which part it is, from 1.
    pub(super) number: usize,
    /// How many parts there are.
    pub(super) of: usize,
}

#[derive(JsonSchema, Serialize)]
#[schemars(inline)]
pub(super) struct Agent<'run> {
    /// `wire`, `chromium` ….
    pub(super) name: &'run str,
    /// Its version.
    pub(super) version: &'run str,
}

/// The results, each made when it is written, so that a long report never exists twice.
pub(super) struct Results<'run>(pub(super) &'run Report<'run>);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.0
                .result
                .results
                .iter()
                .map(|result| super::case(self.0, result)),
        )
    }
}

/// What became of one permutation in one agent.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Result")]
pub(super) struct Case<'run> {
    /// The permutation's id; permanent.
    pub(super) id: &'run str,
    /// What must be true, as one sentence.
    pub(super) title: &'run str,
    /// The agent it ran in.
    pub(super) agent: &'run str,
    /// The server that was asked.
    pub(super) target: &'run str,
    /// What became of it.
    #[schemars(schema_with = "status")]
    pub(super) status: Status,
    /// How binding the expectations are unless they say so themselves.
    #[schemars(schema_with = "level")]
    pub(super) level: Level,
    /// Who is judged.
    #[schemars(schema_with = "subject")]
    pub(super) subject: Subject,
    /// What the agent did in the decisive step: the first with a finding, else the last.
    #[schemars(schema_with = "optional_outcome")]
    pub(super) outcome: Option<&'static str>,
    /// How far that exchange got: not sent, sent but the answer hidden from script, or visible.
    #[schemars(schema_with = "optional_delivery")]
    pub(super) delivery: Option<Delivery>,
    /// The step of the standard that decided, as a code; null where allowed or unknown.
    pub(super) because: Option<&'run str>,
    /// Ids in `cases/requirements.yaml`.
    pub(super) covers: &'run [String],
    /// Where the standards state these requirements.
    pub(super) spec: Vec<&'run str>,
    /// Where the scenario is written.
    pub(super) place: Place,
    /// How long it took, in milliseconds.
    pub(super) duration_ms: f64,
    /// Why it was skipped or could not be decided, or the reason and link of a known deviation.
    pub(super) message: Option<&'run str>,
    /// The expectations that did not come true, in the order they are written.
    pub(super) findings: Vec<Finding<'run>>,
    /// Who is likely to be wrong, if anybody is.
    #[schemars(schema_with = "optional_culprit")]
    pub(super) culprit: Option<Culprit>,
    /// How often it was tried; more than once only after faults of the infrastructure.
    pub(super) attempts: u32,
    /// What happened in each step.
    pub(super) steps: Vec<Step<'run>>,
    /// What was said, in the order in which the requests arrived. Origins and paths are canonical:
    /// the ports and the path token of the run are replaced.
    pub(super) exchanges: Vec<Exchange<'run>>,
}

/// A place in a case file.
#[derive(JsonSchema, Serialize)]
pub(super) struct Place {
    /// The file, relative to the folder of cases.
    pub(super) file: String,
    /// Line.
    pub(super) line: usize,
    /// Column, in characters.
    pub(super) column: usize,
}

/// An expectation that did not come true.
#[derive(JsonSchema, Serialize)]
pub(super) struct Finding<'run> {
    /// The step.
    pub(super) step: usize,
    /// How binding the expectation is.
    #[schemars(schema_with = "level")]
    pub(super) level: Level,
    /// What was judged: `outcome`, `sent`, `response header x-probe` ….
    pub(super) subject: &'run str,
    /// What was expected.
    pub(super) expected: &'run str,
    /// What was found.
    pub(super) actual: &'run str,
    /// Where the expectation is written.
    pub(super) place: Place,
}

/// What happened in one step, according to the agent and to the model of the standard.
#[derive(JsonSchema, Serialize)]
pub(super) struct Step<'run> {
    /// The step.
    pub(super) step: usize,
    /// What the agent did.
    #[schemars(schema_with = "outcome")]
    pub(super) outcome: &'static str,
    /// How far the exchange got.
    #[schemars(schema_with = "delivery")]
    pub(super) delivery: Delivery,
    /// The step of the standard that decided, as a code; null where allowed or unknown.
    pub(super) because: Option<&'run str>,
    /// The header or method concerned.
    pub(super) detail: Option<&'run str>,
    /// The exception or event script got, with the engine's own text; never judged.
    pub(super) signal: Option<String>,
    /// What the model says a conforming browser does with the very same answers; null where the
    /// agent sent something else than the model would.
    #[schemars(schema_with = "optional_outcome")]
    pub(super) predicted_outcome: Option<&'static str>,
    /// The step of the standard that decides according to the model.
    pub(super) predicted_because: Option<&'run str>,
    /// The header or method concerned according to the model.
    pub(super) predicted_detail: Option<&'run str>,
    /// Where what was sent parts from what the model would send.
    pub(super) divergence: Option<&'run str>,
}

/// One request and its response, as they were on the wire.
#[derive(JsonSchema, Serialize)]
pub(super) struct Exchange<'run> {
    /// The step during which the request was made.
    pub(super) step: usize,
    /// The origin it was sent to, by the name that cases use.
    pub(super) to: &'run str,
    /// The protocol spoken.
    #[schemars(extend("enum" = ["HTTP/1.1", "HTTP/2"]))]
    pub(super) protocol: &'static str,
    /// The method in the request line.
    pub(super) method: &'run str,
    /// The request target.
    pub(super) target: &'run str,
    /// The request.
    pub(super) request: Request<'run>,
    /// The response; null if none was sent.
    pub(super) response: Option<Response<'run>>,
    /// Whether the client went away before the answer was complete.
    pub(super) aborted: bool,
    /// What was said through a WebSocket, where this is its handshake; else null.
    pub(super) conversation: Option<Conversation<'run>>,
}

/// What was said through a WebSocket. Between the directions there is no order.
#[derive(JsonSchema, Serialize)]
pub(super) struct Conversation<'run> {
    /// What the page said.
    pub(super) page: Speaker<'run>,
    /// What the server said.
    pub(super) server: Speaker<'run>,
}

/// One side of a WebSocket.
#[derive(JsonSchema, Serialize)]
pub(super) struct Speaker<'run> {
    /// Its messages, in order; those of bytes are isomorphic.
    pub(super) messages: Vec<Body>,
    /// How it closed the connection; null if the other side did so first.
    pub(super) close: Option<Close<'run>>,
}

/// The end of a WebSocket.
#[derive(JsonSchema, Serialize)]
pub(super) struct Close<'run> {
    /// The status code; null for none.
    pub(super) code: Option<u16>,
    /// The reason.
    pub(super) reason: &'run str,
}

#[derive(JsonSchema, Serialize)]
#[schemars(inline)]
pub(super) struct Request<'run> {
    /// Header lines in the order and case they were sent.
    pub(super) headers: Vec<Header<'run>>,
    /// The body without its transfer coding; null if empty.
    pub(super) body: Option<Body>,
}

/// The answer to a request.
#[derive(JsonSchema, Serialize)]
pub(super) struct Response<'run> {
    /// The status code; 0 if what was sent is not HTTP.
    pub(super) status: u16,
    /// The reason phrase.
    pub(super) reason: String,
    /// Header lines in the order and case they were sent.
    pub(super) headers: Vec<Header<'run>>,
    /// The body without its transfer coding; null if empty.
    pub(super) body: Option<Body>,
    /// Whether the body broke off: it is shorter than was announced, or has no end.
    pub(super) unfinished: bool,
}

/// A header line: its name and its value.
#[derive(JsonSchema, Serialize)]
pub(super) struct Header<'run>(pub(super) &'run str, pub(super) String);

/// A body that is not empty.
#[derive(JsonSchema, Serialize)]
pub(super) struct Body {
    /// How bytes became text: as UTF-8, or one character U+0000 to U+00FF per byte.
    #[schemars(extend("enum" = ["utf-8", "isomorphic"]))]
    pub(super) encoding: &'static str,
    /// The text.
    pub(super) text: String,
}

fn status(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": Status::ALL.map(Status::word) })
}

fn summary(_: &mut SchemaGenerator) -> Schema {
    let properties: serde_json::Map<String, serde_json::Value> = Status::ALL
        .iter()
        .map(|status| {
            let description = format!("Results with the status {status}.");
            (
                status.word().to_owned(),
                serde_json::json!({ "type": "integer", "minimum": 0, "description": description }),
            )
        })
        .collect();
    json_schema!({
        "type": "object",
        "properties": properties,
        "required": Status::ALL.map(Status::word),
    })
}

fn level(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": LEVELS })
}

fn subject(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": [Subject::Server, Subject::UserAgent] })
}

fn outcome(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["allow", "block"] })
}

fn optional_outcome(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "enum": ["allow", "block", null] })
}

fn delivery(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": DELIVERIES })
}

fn optional_delivery(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<Option<Delivery>> = DELIVERIES.into_iter().map(Some).chain([None]).collect();
    json_schema!({ "type": ["string", "null"], "enum": words })
}

fn optional_culprit(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<Option<Culprit>> = CULPRITS.into_iter().map(Some).chain([None]).collect();
    json_schema!({ "type": ["string", "null"], "enum": words })
}

pub(super) const DELIVERIES: [Delivery; 3] =
    [Delivery::NotSent, Delivery::Hidden, Delivery::Visible];

pub(super) const LEVELS: [Level; 3] = [Level::Must, Level::Should, Level::May];

pub(super) const CULPRITS: [Culprit; 4] = [
    Culprit::Browser,
    Culprit::Case,
    Culprit::Model,
    Culprit::Server,
];
