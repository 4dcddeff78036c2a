//! What is asked of a header.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::draft::{describe, draft};
use super::fault::{Fault, Place, Problem};
use super::read::{Many, Merge, Read, Setting};
use super::resolve::Resolver;
use super::scalar::{Count, FromText, Isomorphic, Templated};
use super::scenario::{HeaderExpectation, HeaderMatcher, Level};
use super::table::Table;
use super::token::is_token;
use super::yaml::{Node, Value};

/// `absent`, `present`, a value, or a map that says more.
#[derive(Clone, Debug)]
pub(super) struct MatcherDraft {
    place: Place,
    matcher: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Map(Box<MatcherMapDraft>),
    Text(Templated<Isomorphic>),
}

draft! {
    /// A condition on a header: one of the keys, and `level` if it binds less or more than the scenario.
    struct MatcherMapDraft {
        /// `absent` or `present`; for these with a `level` of their own.
        is: Setting<Templated<Presence>>,
        /// The value; for a list field, the same members in any order.
        equals: Setting<Templated<Isomorphic>>,
        /// The value byte for byte, also for a list field.
        exactly: Setting<Templated<Isomorphic>>,
        /// One of these values.
        one_of: Setting<Many<Templated<Isomorphic>>>,
        /// A list that has at least these members.
        covers: Setting<Many<Templated<String>>>,
        /// A list that has none of these members; absent will do.
        lacks: Setting<Many<Templated<String>>>,
        /// None of these values; absent will do.
        none_of: Setting<Many<Templated<Isomorphic>>>,
        /// The number of header lines.
        lines: Setting<Templated<Count>>,
        /// The value of this request header in the same exchange.
        same_as_request: Setting<Templated<String>>,
        /// How binding it is: `must`, `should` or `may`.
        level: Setting<Templated<Level>>,
    }
}

/// Whether there is such a header.
#[derive(Clone, Copy, Debug)]
pub(super) enum Presence {
    Absent,
    Present,
}

impl FromText for Presence {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text {
            "absent" => Ok(Self::Absent),
            "present" => Ok(Self::Present),
            _ => Err(Problem::unknown("presence", text, &["absent", "present"])
                .hint("`absent` or `present`; a value is written `{ equals: … }`")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "enum": ["absent", "present"] })
    }
}

/// The conditions of a table, in order.
pub(super) fn resolve_headers(
    table: &Setting<Table<MatcherDraft>>,
    resolver: &mut Resolver<'_>,
) -> Vec<HeaderExpectation> {
    let Some(table) = table.given() else {
        return Vec::new();
    };
    let mut expectations: Vec<HeaderExpectation> = Vec::with_capacity(table.0.len());
    for (name, draft) in &table.0 {
        let Some(header) = resolver.value(name) else {
            continue;
        };
        if !is_token(&header) {
            resolver.refuse(
                name.text.place,
                &format!("`{header}` is not a header name"),
                "letters, digits and !#$%&'*+-.^_`|~",
            );
            continue;
        }
        if expectations
            .iter()
            .any(|other| other.name.eq_ignore_ascii_case(&header))
        {
            resolver.refuse(
                name.text.place,
                &format!("the header `{header}` is judged twice"),
                "keep one of the two conditions",
            );
        }
        let Some((matcher, level)) = draft.resolve(resolver) else {
            continue;
        };
        let location = resolver.location(draft.place);
        expectations.push(HeaderExpectation {
            name: header,
            matcher,
            level,
            location,
        });
    }
    expectations
}

impl MatcherDraft {
    fn resolve(&self, resolver: &mut Resolver<'_>) -> Option<(HeaderMatcher, Option<Level>)> {
        match &self.matcher {
            Form::Text(text) => Some((plain(resolver.value(text)?.0), None)),
            Form::Map(map) => {
                let level = resolver.setting(&map.level);
                map.resolve(resolver).map(|matcher| (matcher, level))
            }
        }
    }
}

fn plain(value: Vec<u8>) -> HeaderMatcher {
    match value.as_slice() {
        b"absent" => HeaderMatcher::Absent,
        b"present" => HeaderMatcher::Present,
        _ => HeaderMatcher::Equals(value),
    }
}

impl MatcherMapDraft {
    fn resolve(&self, resolver: &mut Resolver<'_>) -> Option<HeaderMatcher> {
        if let Some(presence) = self.is.given() {
            return resolver.value(presence).map(|presence| match presence {
                Presence::Absent => HeaderMatcher::Absent,
                Presence::Present => HeaderMatcher::Present,
            });
        }
        if let Some(value) = self.equals.given() {
            return resolver
                .value(value)
                .map(|value| HeaderMatcher::Equals(value.0));
        }
        if let Some(value) = self.exactly.given() {
            return resolver
                .value(value)
                .map(|value| HeaderMatcher::Exactly(value.0));
        }
        if let Some(values) = self.one_of.given() {
            let values = values.0.iter().map(|value| Some(resolver.value(value)?.0));
            return values.collect::<Option<_>>().map(HeaderMatcher::OneOf);
        }
        if let Some(members) = self.covers.given() {
            let members = members.0.iter().map(|member| resolver.value(member));
            return members.collect::<Option<_>>().map(HeaderMatcher::Covers);
        }
        if let Some(members) = self.lacks.given() {
            let members = members.0.iter().map(|member| resolver.value(member));
            return members.collect::<Option<_>>().map(HeaderMatcher::Lacks);
        }
        if let Some(values) = self.none_of.given() {
            let values = values.0.iter().map(|value| Some(resolver.value(value)?.0));
            return values.collect::<Option<_>>().map(HeaderMatcher::NoneOf);
        }
        if let Some(count) = self.lines.given() {
            return resolver
                .value(count)
                .map(|count| HeaderMatcher::Lines(count.0));
        }
        let name = resolver.setting(&self.same_as_request)?;
        Some(HeaderMatcher::SameAsRequest(name))
    }

    /// The conditions that are given.
    fn given(&self) -> Vec<&'static str> {
        [
            ("is", self.is.given().is_some()),
            ("equals", self.equals.given().is_some()),
            ("exactly", self.exactly.given().is_some()),
            (
                "one_of",
                self.one_of
                    .given()
                    .is_some_and(|values| !values.0.is_empty()),
            ),
            (
                "covers",
                self.covers
                    .given()
                    .is_some_and(|members| !members.0.is_empty()),
            ),
            (
                "lacks",
                self.lacks
                    .given()
                    .is_some_and(|members| !members.0.is_empty()),
            ),
            (
                "none_of",
                self.none_of
                    .given()
                    .is_some_and(|values| !values.0.is_empty()),
            ),
            ("lines", self.lines.given().is_some()),
            ("same_as_request", self.same_as_request.given().is_some()),
        ]
        .into_iter()
        .filter_map(|(key, given)| given.then_some(key))
        .collect()
    }
}

impl Read for MatcherDraft {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        let matcher = match node.value {
            Value::Scalar(_) => Templated::read(node, faults).map(Form::Text)?,
            Value::Null => {
                faults.push(
                    Fault::new(node.place, "nothing is asked of this header")
                        .hint("that it is missing is written `absent`"),
                );
                return None;
            }
            Value::Sequence(_) => {
                let message = "a condition is a value or a map, not a list";
                faults.push(Fault::new(node.place, message).hint("write `{ one_of: […] }`"));
                return None;
            }
            Value::Mapping(_) => {
                let before = faults.len();
                let map = MatcherMapDraft::read(node, faults)?;
                match map.given().as_slice() {
                    _ if faults.len() > before => return None,
                    [_] => Form::Map(Box::new(map)),
                    [] => {
                        let keys = "`equals`, `exactly`, `one_of`, `none_of`, `covers`, `lacks`, `lines`, `same_as_request` or `is`";
                        faults.push(
                            Fault::new(node.place, "this condition asks nothing")
                                .hint(format!("say {keys}")),
                        );
                        return None;
                    }
                    [first, second, ..] => {
                        let message = format!("`{second}` cannot stand beside `{first}`");
                        faults.push(
                            Fault::new(node.place, message).hint("a header has one condition"),
                        );
                        return None;
                    }
                }
            }
        };
        Some(Self {
            place: node.place,
            matcher,
        })
    }
}

impl Merge for MatcherDraft {}

impl JsonSchema for MatcherDraft {
    fn schema_name() -> Cow<'static, str> {
        "HeaderMatcher".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<MatcherMapDraft>();
        let mut schema = json_schema!({ "anyOf": [Isomorphic::schema(), map] });
        let about = "What is asked of a header: `absent`, `present`, its value, or a condition.";
        describe(&mut schema, &[about]);
        schema
    }
}
