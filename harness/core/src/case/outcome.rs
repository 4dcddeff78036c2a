//! What must come of a step.

use std::borrow::Cow;

use corspec_fetch::Reason;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::document::{ExchangeMapDraft, ExpectDraft, ExpectedAnswerDraft, ExpectedResponseDraft};
use super::draft::describe;
use super::fault::{Fault, Place, Problem, shorten};
use super::matcher::resolve_headers;
use super::read::{Many, Merge, Placed, Read, Required, Setting, only_entry};
use super::resolve::Resolver;
use super::scalar::{FromText, Templated};
use super::scenario::{
    Delivery, Expectation, ExpectedAnswer, ExpectedExchange, ExpectedFact, ExpectedOutcome,
    ExpectedResponse, Located, StatusMatcher, Subject,
};
use super::table::Table;
use super::yaml::{Node, Value};

/// `allow`, a reason, or `{ block: reason }`.
#[derive(Clone, Debug)]
pub(super) enum OutcomeDraft {
    Block(Many<Templated<Reason>>),
    Word(Templated<ExpectedOutcome>),
}

/// A method, or a map with more.
#[derive(Clone, Debug)]
pub(super) struct ExchangeDraft(ExchangeMapDraft);

impl FromText for ExpectedOutcome {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text {
            "allow" => return Ok(Self::Allow),
            "block" => return Ok(Self::Block(Vec::new())),
            "silent" => return Ok(Self::Silent),
            _ => {}
        }
        Reason::from_text(text)
            .map(|reason| Self::Block(vec![reason]))
            .map_err(|problem| {
                let known: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
                let words = [&["allow", "block", "silent"], known.as_slice()].concat();
                match super::nearest::nearest(text, &words) {
                    Some(_) => Problem::unknown("outcome", text, &words),
                    None => Problem {
                        message: format!("unknown outcome `{}`", shorten(text)),
                        ..problem
                    }
                    .hint("`allow` or `{ block: reason }`"),
                }
            })
    }

    fn schema() -> Schema {
        json_schema!({ "anyOf": [{ "enum": ["allow", "block", "silent"] }, Reason::schema()] })
    }
}

impl OutcomeDraft {
    fn resolve(&self, place: Place, resolver: &mut Resolver<'_>) -> Option<ExpectedOutcome> {
        match self {
            Self::Word(word) => {
                let outcome = resolver.value(word);
                if outcome == Some(ExpectedOutcome::Block(Vec::new())) && !resolver.has_policy {
                    resolver.refuse(
                        place,
                        "a block needs its reason",
                        "write `{ block: reason }`",
                    );
                }
                outcome
            }
            Self::Block(reasons) => {
                if reasons.0.is_empty() {
                    resolver.refuse(
                        place,
                        "a block needs its reason",
                        "write `{ block: reason }`",
                    );
                }
                let reasons = reasons.0.iter().map(|reason| resolver.value(reason));
                reasons.collect::<Option<_>>().map(ExpectedOutcome::Block)
            }
        }
    }
}

impl Placed<ExpectDraft> {
    /// The expectation of a step; what contradicts itself or judges nothing is refused.
    pub(super) fn resolve(&self, subject: Subject, resolver: &mut Resolver<'_>) -> Expectation {
        let draft = &self.value;
        let outcome = draft.outcome.given().and_then(|outcome| {
            let value = outcome.value.resolve(outcome.place, resolver)?;
            Some(Located {
                value,
                location: resolver.location(outcome.place),
            })
        });
        let expectation = Expectation {
            outcome,
            delivery: resolver.located(&draft.delivery),
            sent: draft.sent.given().map(|sent| Located {
                value: sent
                    .value
                    .iter()
                    .filter_map(|draft| draft.0.resolve(resolver))
                    .collect(),
                location: resolver.location(sent.place),
            }),
            response: match draft.response.given() {
                Some(response) => response.value.resolve(resolver),
                None => ExpectedResponse::default(),
            },
            events: draft.events.given().map(|events| Located {
                value: events
                    .value
                    .iter()
                    .filter_map(|event| event.resolve(resolver))
                    .collect(),
                location: resolver.location(events.place),
            }),
            script: resolve_facts(&draft.script, resolver),
            vary: resolver.located(&draft.vary).map(|it| it.location),
            shared_cache: resolver.located(&draft.shared_cache).map(|it| it.location),
        };
        self.check(subject, &expectation, resolver);
        expectation
    }

    fn check(&self, subject: Subject, expectation: &Expectation, resolver: &mut Resolver<'_>) {
        let draft = &self.value;
        let nothing = matches!(draft.outcome, Setting::Absent | Setting::Removed);
        match subject {
            Subject::UserAgent if nothing => resolver.refuse(
                self.place,
                "the key `outcome` is missing here",
                "a user agent's step says `allow` or `{ block: reason }`",
            ),
            Subject::Server if nothing && self.judges_nothing() => resolver.refuse(
                self.place,
                "nothing is judged here",
                "say what is `sent` and answered, what the `response` is, or the `outcome`",
            ),
            Subject::Server | Subject::UserAgent => {}
        }
        let Some(outcome) = &expectation.outcome else {
            return;
        };
        let delivery = expectation.delivery.as_ref().map(|delivery| delivery.value);
        let delivery_place = draft
            .delivery
            .given()
            .map_or(self.place, |text| text.text.place);
        match (&outcome.value, delivery) {
            (ExpectedOutcome::Allow, Some(Delivery::NotSent)) => resolver.refuse(
                delivery_place,
                "what is allowed was sent: `visible`, or `hidden` where the answer is opaque",
                "remove `delivery`, or expect a block",
            ),
            (ExpectedOutcome::Block(_) | ExpectedOutcome::Silent, Some(Delivery::Visible)) => {
                resolver.refuse(
                    delivery_place,
                    "what is blocked or silent is never `visible`",
                    "write `not-sent` or `hidden`",
                );
            }
            _ => {}
        }
        if let (ExpectedOutcome::Block(_) | ExpectedOutcome::Silent, Some(response)) =
            (&outcome.value, draft.response.given())
        {
            resolver.refuse(
                response.place,
                "script sees no response when it is blocked or told nothing",
                "remove `response`, or say what is answered under `sent`",
            );
        }
    }

    fn judges_nothing(&self) -> bool {
        let draft = &self.value;
        draft.delivery.given().is_none()
            && draft.sent.given().is_none()
            && draft.events.given().is_none()
            && draft.script.given().is_none()
            && draft.vary.given().is_none()
            && draft.shared_cache.given().is_none()
            && draft
                .response
                .given()
                .is_none_or(|response| response.value.judges_nothing())
    }
}

fn resolve_facts(
    facts: &Setting<Table<Setting<Templated<String>>>>,
    resolver: &mut Resolver<'_>,
) -> Vec<ExpectedFact> {
    let facts = facts.given().map(|facts| facts.0.as_slice());
    let mut resolved = Vec::new();
    for (name, value) in facts.unwrap_or_default() {
        if let (Some(name), Some(value)) = (resolver.value(name), resolver.located(value)) {
            resolved.push(ExpectedFact { name, value });
        }
    }
    resolved
}

impl ExchangeMapDraft {
    fn resolve(&self, resolver: &mut Resolver<'_>) -> Option<ExpectedExchange> {
        let location = resolver.location(self.method.0.text.place);
        let method = resolver.value(&self.method.0);
        let exchange = ExpectedExchange {
            to: resolver.located(&self.to),
            query: resolver.located(&self.query),
            headers: resolve_headers(&self.headers, resolver),
            body: self.body.given().and_then(|body| {
                let location = resolver.location(body.place());
                body.resolve(resolver)
                    .map(|value| Located { value, location })
            }),
            answer: match self.answer.given() {
                Some(answer) => answer.resolve(resolver),
                None => ExpectedAnswer::default(),
            },
            aborted: resolver.located(&self.aborted),
            received: self.received.given().map(|messages| Located {
                value: messages
                    .value
                    .0
                    .iter()
                    .filter_map(|message| message.resolve_message(resolver))
                    .collect(),
                location: resolver.location(messages.place),
            }),
            closed: self.closed.given().map(|close| Located {
                value: close.value.resolve(resolver),
                location: resolver.location(close.place),
            }),
            method: Located {
                value: method?,
                location,
            },
        };
        Some(exchange)
    }
}

impl ExpectedAnswerDraft {
    fn resolve(&self, resolver: &mut Resolver<'_>) -> ExpectedAnswer {
        let status = self.status.given().and_then(|statuses| {
            let values = statuses.value.0.iter();
            let values = values.map(|status| resolver.value(status));
            let value: Vec<StatusMatcher> = values.collect::<Option<_>>()?;
            if value.is_empty() {
                resolver.refuse(statuses.place, "no status will do", "list one at least");
            }
            Some(Located {
                value,
                location: resolver.location(statuses.place),
            })
        });
        ExpectedAnswer {
            status,
            headers: resolve_headers(&self.headers, resolver),
        }
    }
}

impl ExpectedResponseDraft {
    fn resolve(&self, resolver: &mut Resolver<'_>) -> ExpectedResponse {
        let status = resolver.located(&self.status);
        ExpectedResponse {
            status: status.map(|status| Located {
                value: status.value.0,
                location: status.location,
            }),
            status_text: resolver.located(&self.status_text),
            kind: resolver.located(&self.r#type),
            url: resolver.located(&self.url),
            redirected: resolver.located(&self.redirected),
            headers: resolve_headers(&self.headers, resolver),
            body: self.body.given().and_then(|body| {
                let location = resolver.location(body.place());
                body.resolve(resolver)
                    .map(|value| Located { value, location })
            }),
        }
    }

    fn judges_nothing(&self) -> bool {
        self.status.given().is_none()
            && self.status_text.given().is_none()
            && self.r#type.given().is_none()
            && self.url.given().is_none()
            && self.redirected.given().is_none()
            && self
                .headers
                .given()
                .is_none_or(|headers| headers.0.is_empty())
            && self.body.given().is_none()
    }
}

impl Read for OutcomeDraft {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        if matches!(node.value, Value::Scalar(_)) {
            return Templated::read(node, faults).map(Self::Word);
        }
        let (_, value) = only_entry(node, &["block"], faults)?;
        Many::read(value, faults).map(Self::Block)
    }
}

impl Merge for OutcomeDraft {}

impl JsonSchema for OutcomeDraft {
    fn schema_name() -> Cow<'static, str> {
        "Outcome".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<Templated<ExpectedOutcome>>();
        let reasons = generator.subschema_for::<Many<Templated<Reason>>>();
        let block = "The step of the standard that decides; a list where any of several will do.";
        json_schema!({
            "description": "`allow`, or what is blocked for a reason.",
            "anyOf": [
                word,
                {
                    "type": "object",
                    "properties": { "block": { "description": block, "allOf": [reasons] } },
                    "required": ["block"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl Read for ExchangeDraft {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        if matches!(node.value, Value::Scalar(_)) {
            return Templated::read(node, faults).map(|method| {
                Self(ExchangeMapDraft {
                    method: Required(method),
                    to: Setting::Absent,
                    query: Setting::Absent,
                    headers: Setting::Absent,
                    body: Setting::Absent,
                    answer: Setting::Absent,
                    aborted: Setting::Absent,
                    received: Setting::Absent,
                    closed: Setting::Absent,
                })
            });
        }
        ExchangeMapDraft::read(node, faults).map(Self)
    }
}

impl JsonSchema for ExchangeDraft {
    fn schema_name() -> Cow<'static, str> {
        "Exchange".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<ExchangeMapDraft>();
        let mut schema = json_schema!({ "anyOf": [String::schema(), map] });
        describe(
            &mut schema,
            &["A request that must be sent: its method, or a map with more."],
        );
        schema
    }
}
