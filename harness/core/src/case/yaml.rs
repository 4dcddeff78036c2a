//! YAML text to a tree whose every node knows its place.
//!
//! The only file that speaks to the YAML library. Scalars stay the text that is written: in a suite
//! about headers `no`, `1.0` and `0x1F` are values like any other, never booleans or numbers. Keys that
//! stand twice in one map, documents behind the first, and anything beyond the limits below are refused.
//! Anchors, aliases and merge keys are resolved here; nothing behind this file sees them.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;

use super::fault::{Fault, Place, shorten};

/// A node of a document, and where it is written (an alias: where its anchor is).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Value {
    Mapping(Vec<(Key, Node)>),
    Null,
    Scalar(String),
    Sequence(Vec<Node>),
}

/// The key of an entry, always a scalar.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Key {
    pub(super) place: Place,
    pub(super) text: String,
}

/// Reads one document.
pub(super) fn parse(source: &str) -> Result<Node, Fault> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    if source.len() > MOST_BYTES {
        return Err(
            Fault::new(FIRST, format!("the file has more than {MOST_BYTES} bytes"))
                .hint("split it: a suite is about one topic"),
        );
    }
    match serde_yaml::from_str_with_options::<Spanned<RawValue>>(source, options()) {
        Ok(root) => Ok(node(root, source)),
        Err(error) => Err(fault(error.without_snippet())),
    }
}

/// The limits: far above what a case file needs, far below what hurts.
fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            flow_nesting_limit: DEEPEST_NESTING,
            max_depth: DEEPEST_NESTING,
            max_nodes: MOST_NODES,
            max_events: 4 * MOST_NODES,
            max_aliases: MOST_ALIASES,
            max_recorded_anchor_events: MOST_NODES / 5,
            max_anchors: MOST_ALIASES,
            max_merge_keys: MOST_ALIASES,
            max_documents: 1,
            max_total_scalar_bytes: 8 * MOST_BYTES,
            // A few anchors used by hundreds of scenarios are what anchors are for.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: MOST_NODES / 5,
        },
        duplicate_keys: serde_yaml::options::DuplicateKeyPolicy::Error,
        merge_keys: serde_yaml::options::MergeKeyPolicy::Merge,
        non_finite_float_policy: serde_yaml::options::NonFiniteFloatPolicy::AsString,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

const MOST_BYTES: usize = 1024 * 1024;
const MOST_NODES: usize = 250_000;
const MOST_ALIASES: usize = 10_000;
const DEEPEST_NESTING: usize = 32;
const FIRST: Place = Place { line: 1, column: 1 };

/// A value as the library hands it over.
enum RawValue {
    Mapping(Vec<(Spanned<String>, Spanned<Self>)>),
    Null,
    /// A plain scalar that the library took for a boolean or a number; holds its reading of it.
    Plain(String),
    Sequence(Vec<Spanned<Self>>),
    Text(String),
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawValue;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a scalar, a list or a map")
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawValue, E> {
        Ok(RawValue::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<RawValue, E> {
        Ok(RawValue::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<RawValue, E> {
        Ok(RawValue::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<RawValue, E> {
        Ok(RawValue::Plain(value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_str<E>(self, value: &str) -> Result<RawValue, E> {
        Ok(RawValue::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<RawValue, E> {
        Ok(RawValue::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<RawValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(RawValue::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<RawValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = mapping.next_entry()? {
            entries.push(entry);
        }
        Ok(RawValue::Mapping(entries))
    }
}

fn node(raw: Spanned<RawValue>, source: &str) -> Node {
    let place = place(raw.defined);
    let value = match raw.value {
        RawValue::Mapping(entries) => Value::Mapping(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let key = Key {
                        place: self::place(key.defined),
                        text: key.value,
                    };
                    (key, node(value, source))
                })
                .collect(),
        ),
        RawValue::Null => Value::Null,
        RawValue::Plain(reading) => Value::Scalar(written(raw.defined, source, reading)),
        RawValue::Sequence(items) => {
            Value::Sequence(items.into_iter().map(|item| node(item, source)).collect())
        }
        RawValue::Text(text) => Value::Scalar(text),
    };
    Node { place, value }
}

/// A plain scalar as it is written, `1.0` rather than `1`.
fn written(location: serde_yaml::Location, source: &str, reading: String) -> String {
    let span = location.span();
    let slice = || {
        let start = usize::try_from(span.byte_offset()?).ok()?;
        let length = usize::try_from(span.byte_len()?).ok()?;
        source.get(start..start.checked_add(length)?)
    };
    match slice().map(str::trim) {
        // With an explicit tag the span may hold the tag or quotes as well.
        Some(text) if !text.is_empty() && !text.starts_with(['!', '"', '\'', '&', '*']) => {
            text.to_owned()
        }
        _ => reading,
    }
}

fn place(location: serde_yaml::Location) -> Place {
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    Place {
        line: count(location.line()),
        column: count(location.column()),
    }
}

/// The library's error in the words of this crate.
fn fault(error: &serde_yaml::Error) -> Fault {
    use serde_yaml::Error;
    use serde_yaml::budget::BudgetBreach;

    let place = error.location().map_or(FIRST, place);
    match error {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key
                .as_deref()
                .map_or_else(String::new, |key| format!(" `{}`", shorten(key)));
            Fault::new(place, format!("the key{key} stands twice in this map"))
                .hint("remove one; a header that is sent several times has a list as its value")
        }
        Error::MultipleDocuments { .. }
        | Error::Budget {
            breach: BudgetBreach::Documents { .. },
            ..
        } => Fault::new(place, "a second document begins here")
            .hint("a file is one document; put the rest into a file of its own"),
        Error::UnknownAnchor { .. } => {
            Fault::new(place, "no anchor of this name was defined above")
                .hint("define it with `&name`, or quote the text if it is meant to begin with `*`")
        }
        Error::Budget { breach, .. } => Fault::new(place, budget(breach))
            .hint("the file is too large or too deep for a suite; check its anchors and brackets"),
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            Fault::new(place, "the aliases expand to more than a suite can hold")
                .hint("use fewer aliases of aliases")
        }
        Error::NullIntoString { .. } => Fault::new(place, "a key must not be null")
            .hint("quote it if the text is meant: `\"null\"`"),
        Error::AliasError { error, .. } => {
            let mut inner = fault(error);
            inner.place = place;
            inner
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            Fault::new(place, "this alias is part of what it stands for")
                .hint("an alias can only stand below its anchor")
        }
        Error::Unexpected { .. } => Fault::new(place, "a key must be a text")
            .hint("quote it if brackets or braces are part of the text"),
        _ => {
            let message = message(error);
            let hint = HINTS.iter().find(|(part, _)| message.contains(part));
            let fault = Fault::new(place, message);
            match hint {
                Some((_, hint)) => fault.hint(*hint),
                None => fault,
            }
        }
    }
}

fn budget(breach: &serde_yaml::budget::BudgetBreach) -> String {
    use serde_yaml::budget::BudgetBreach;

    match breach {
        BudgetBreach::Depth { .. } => {
            format!("this is nested more than {DEEPEST_NESTING} levels deep")
        }
        BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. } => {
            format!("the document has more than {MOST_NODES} nodes")
        }
        _ => format!("the document is beyond the limits of a suite ({breach:?})"),
    }
}

/// The library's own words, without the location it puts behind them.
fn message(error: &serde_yaml::Error) -> String {
    let text = error.render_with_options(serde_yaml::render_options! {
        snippets: serde_yaml::SnippetMode::Off,
    });
    let text = text.lines().next().unwrap_or_default();
    let end = text.find(" at line ").unwrap_or(text.len());
    let text = text[..end].trim().trim_end_matches(['.', ',']);
    text.replace("recursion limit exceeded", "this is nested too deep")
        .replace('\'', "`")
}

/// How to mend what the library finds, by a part of its words.
const HINTS: [(&str, &str); 12] = [
    ("tab", "YAML is indented with spaces"),
    (
        "mapping values are not allowed",
        "check the indentation; quote a text that has `: ` in it",
    ),
    ("nested too deep", "check the brackets"),
    (
        "bracket",
        "close what is open, or quote a text with brackets or braces in it",
    ),
    (
        "unknown escape",
        "double the backslash, or use single quotes",
    ),
    ("quoted scalar", "is the quote closed?"),
    (
        "unexpected character: `\\u",
        "write it as an escape in double quotes, such as `\"\\x07\"`",
    ),
    ("unexpected character", "quote a text that begins with it"),
    (
        "tag",
        "remove the tag; a scalar is the text that is written",
    ),
    ("merge value", "`<<` takes an alias of a map: `<<: *name`"),
    ("YAML major version", "remove the directive"),
    ("indent", "check the indentation"),
];
