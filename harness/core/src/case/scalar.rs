//! Scalars that mean something: words, numbers, durations, names, and the templates they may be.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::fault::{Fault, Problem, shorten};
use super::read::{Merge, Placed, Read};
use super::scenario::StatusMatcher;
use super::template::Scope;
use super::yaml::Node;
use crate::server::NamedOrigin;

/// What a scalar can mean.
pub(super) trait FromText: Sized {
    /// Parses it.
    fn from_text(text: &str) -> Result<Self, Problem>;

    /// The schema of the scalar when it is written out; not repeated in messages.
    fn schema() -> Schema;
}

/// A scalar in which variables are replaced before it is parsed.
#[derive(Debug)]
pub(super) struct Templated<T> {
    pub(super) text: Placed<String>,
    meaning: PhantomData<fn() -> T>,
}

impl<T> Clone for Templated<T> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            meaning: PhantomData,
        }
    }
}

impl<T> Merge for Templated<T> {}

impl<T> Read for Templated<T> {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        Placed::read(node, faults).map(Self::new)
    }
}

impl<T> Templated<T> {
    pub(super) fn new(text: Placed<String>) -> Self {
        Self {
            text,
            meaning: PhantomData,
        }
    }
}

impl<T: FromText> Templated<T> {
    /// Replaces the variables and parses the result.
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Result<T, Fault> {
        let place = self.text.place;
        let text = scope
            .expand(&self.text.value)
            .map_err(|problem| problem.at(place))?;
        T::from_text(&text).map_err(|problem| {
            let fault = problem.at(place);
            match text {
                Cow::Borrowed(_) => fault,
                Cow::Owned(text) => fault.note(format!(
                    "it is `{}` in {}",
                    shorten(&text),
                    scope.permutation
                )),
            }
        })
    }
}

impl<T: FromText> JsonSchema for Templated<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let schema = T::schema();
        let pattern = schema.get("pattern").and_then(serde_json::Value::as_str);
        let takes_templates = schema.get("type") == Some(&json!(ANY_SCALAR))
            || pattern.is_some_and(|pattern| pattern.ends_with(TEMPLATE));
        if takes_templates {
            schema
        } else {
            json_schema!({ "anyOf": [schema, template()] })
        }
    }
}

/// A word that is the same for all permutations: not a template.
#[derive(Clone, Debug)]
pub(super) struct Word<T> {
    pub(super) value: T,
}

impl<T: FromText> Read for Word<T> {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        let text = String::read(node, faults)?;
        match T::from_text(&text) {
            Ok(value) => Some(Self { value }),
            Err(problem) => {
                faults.push(problem.at(node.place));
                None
            }
        }
    }
}

impl<T: Clone> Merge for Word<T> {}

impl<T: FromText> JsonSchema for Word<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "word".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        T::schema()
    }
}

/// Any text. A number or a boolean is the text that is written.
impl FromText for String {
    fn from_text(text: &str) -> Result<Self, Problem> {
        Ok(text.to_owned())
    }

    fn schema() -> Schema {
        json_schema!({ "type": ANY_SCALAR })
    }
}

/// A text that is bytes: each character up to U+00FF is one.
///
/// <https://infra.spec.whatwg.org/#isomorphic-encode>
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Isomorphic(pub(super) Vec<u8>);

impl FromText for Isomorphic {
    fn from_text(text: &str) -> Result<Self, Problem> {
        isomorphic(text).map(Self)
    }

    fn schema() -> Schema {
        String::schema()
    }
}

/// One byte for each character.
pub(super) fn isomorphic(text: &str) -> Result<Vec<u8>, Problem> {
    text.chars()
        .map(|character| {
            u8::try_from(character).map_err(|_| {
                let code = u32::from(character);
                Problem::new(format!("`{character}` (U+{code:04X}) is not a byte"))
                    .hint("each character is one byte here; write UTF-8 as `\"\\xE2\\x82\\xAC\"`")
            })
        })
        .collect()
}

impl FromText for bool {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Problem::unknown("truth value", text, &["true", "false"])),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": ["boolean", "string"], "pattern": "^(true|false)$|\\$" })
    }
}

impl FromText for StatusMatcher {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text.as_bytes() {
            [class @ b'1'..=b'9', b'x', b'x'] => Ok(Self::Class(u16::from(class - b'0'))),
            _ => Status::from_text(text)
                .map(|status| Self::Exactly(status.0))
                .map_err(|problem| problem.hint("three digits, or a class such as `2xx`")),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "minimum": 100,
            "maximum": 999,
            "pattern": "^[1-9](xx|[0-9]{2})$|\\$",
        })
    }
}

/// A status code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Status(pub(super) u16);

impl FromText for Status {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text.parse() {
            Ok(status @ 100..=999) if text.len() == 3 => Ok(Self(status)),
            _ => Err(Problem::new(format!("`{}` is not a status", shorten(text)))
                .hint("three digits, from 100 to 999")),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "minimum": 100,
            "maximum": 999,
            "pattern": "^[1-9][0-9]{2}$|\\$",
        })
    }
}

/// A status as script sees it, which is 0 for an opaque response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct VisibleStatus(pub(super) u16);

impl FromText for VisibleStatus {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text {
            "0" => Ok(Self(0)),
            _ => Status::from_text(text).map(|status| Self(status.0)),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "minimum": 0,
            "maximum": 999,
            "pattern": "^(0|[1-9][0-9]{2})$|\\$",
        })
    }
}

/// A number of header lines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Count(pub(super) usize);

impl FromText for Count {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text.parse() {
            Ok(count @ 0..=999) => Ok(Self(count)),
            _ => Err(
                Problem::new(format!("`{}` is not a number of lines", shorten(text)))
                    .hint("a whole number from 0 to 999"),
            ),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "minimum": 0,
            "maximum": 999,
            "pattern": "^[0-9]{1,3}$|\\$",
        })
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Length(pub(super) usize);

impl FromText for Length {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text.parse() {
            Ok(length @ 0..=1_048_576) => Ok(Self(length)),
            _ => Err(
                Problem::new(format!("`{}` is not a number of bytes", shorten(text)))
                    .hint("a whole number, at most 1048576"),
            ),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "minimum": 0,
            "maximum": 1_048_576,
            "pattern": "^[0-9]{1,7}$|\\$",
        })
    }
}

impl FromText for Duration {
    fn from_text(text: &str) -> Result<Self, Problem> {
        let problem = |message: String| Problem::new(message).hint("such as `50ms` or `2s`");
        let (digits, unit) = match text.strip_suffix("ms") {
            Some(digits) => (digits, 1),
            None => (text.strip_suffix('s').unwrap_or_default(), 1000),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(problem(format!("`{}` is not a duration", shorten(text))));
        }
        digits
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(unit))
            .map(Self::from_millis)
            .filter(|duration| *duration <= LONGEST_DURATION)
            .ok_or_else(|| problem(format!("`{}` is longer than 10 seconds", shorten(text))))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(ms|s)$|\\$" })
    }
}

impl FromText for NamedOrigin {
    fn from_text(text: &str) -> Result<Self, Problem> {
        text.parse().map_err(|_| {
            let origins = Self::all();
            let names: Vec<_> = origins.iter().map(Self::name).collect();
            Problem::unknown("origin", text, &names)
        })
    }

    fn schema() -> Schema {
        let names: Vec<String> = Self::all().iter().map(ToString::to_string).collect();
        json_schema!({ "enum": names })
    }
}

/// Whatever a scalar may be; all are read as text.
pub(super) const ANY_SCALAR: [&str; 3] = ["string", "number", "boolean"];

/// A text that becomes the value when its variables are replaced.
fn template() -> serde_json::Value {
    json!({ "type": "string", "pattern": TEMPLATE })
}

/// The pattern of a template.
const TEMPLATE: &str = "\\$";

const LONGEST_DURATION: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_an_end() {
        assert_eq!(
            Duration::from_text("50ms").unwrap(),
            Duration::from_millis(50)
        );
        assert_eq!(Duration::from_text("10s").unwrap(), Duration::from_secs(10));
        for text in [
            "",
            "50",
            "ms",
            "s",
            "-1s",
            "1.5s",
            "11s",
            "99999999999999999999s",
            "1m",
        ] {
            assert!(Duration::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_status_has_three_digits() {
        assert_eq!(Status::from_text("204").unwrap(), Status(204));
        for text in ["99", "1000", "+200", "0200", "2e2", "", "ok"] {
            assert!(Status::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_are_characters_up_to_ff() {
        assert_eq!(isomorphic("a\u{e9}\u{0}").unwrap(), b"a\xe9\0");
        assert_eq!(
            isomorphic("€").unwrap_err().message,
            "`€` (U+20AC) is not a byte"
        );
    }
}
