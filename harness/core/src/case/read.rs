//! Reading drafts out of a document, with every fault of the structure found in one pass.
//!
//! Drafts are declared with [`draft!`](super::draft), which makes the reader, the merging over defaults
//! and the schema for editors of one list of keys, so that the three cannot differ. They are not read by
//! serde, which would stop at the first fault and forget where values stood.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

use super::fault::{Fault, Place, Problem, shorten};
use super::nearest::nearest;
use super::yaml::{Key, Node, Value};

/// What can be read from a node.
pub(super) trait Read: Sized {
    /// Reads it; a `None` has added at least one fault.
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self>;
}

/// What can be laid over an earlier value of the same key. Most values simply replace it.
pub(super) trait Merge: Clone {
    /// This value, completed from `base`.
    #[must_use]
    fn over(&self, _base: &Self) -> Self {
        self.clone()
    }
}

/// What can be the value of a key in a draft.
pub(super) trait Field: Sized {
    /// Whether the key must be there.
    const REQUIRED: bool;

    /// Reads the value; `missing` is the fault that there is none.
    fn take(
        value: Option<&Node>,
        missing: impl FnOnce() -> Option<Fault>,
        faults: &mut Vec<Fault>,
    ) -> Option<Self>;
}

/// A key that must be there.
#[derive(Clone, Debug)]
pub(super) struct Required<T>(pub(super) T);

impl<T: Read> Field for Required<T> {
    const REQUIRED: bool = true;

    fn take(
        value: Option<&Node>,
        missing: impl FnOnce() -> Option<Fault>,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        match value {
            Some(node) => T::read(node, faults).map(Self),
            None => {
                faults.extend(missing());
                None
            }
        }
    }
}

impl<T: Merge> Merge for Required<T> {
    fn over(&self, base: &Self) -> Self {
        Self(self.0.over(&base.0))
    }
}

/// A key that may be there; `null` takes away what a default has set.
#[derive(Clone, Debug, Default)]
pub(super) enum Setting<T> {
    /// The key is not there.
    #[default]
    Absent,
    /// The value is `null`.
    Removed,
    /// The value.
    Given(T),
}

impl<T> Setting<T> {
    pub(super) fn given(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Absent | Self::Removed => None,
        }
    }
}

impl<T: Read> Field for Setting<T> {
    const REQUIRED: bool = false;

    fn take(
        value: Option<&Node>,
        _missing: impl FnOnce() -> Option<Fault>,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        Some(match value {
            None => Self::Absent,
            Some(node) => Self::read(node, faults).unwrap_or_default(),
        })
    }
}

impl<T: Read> Read for Setting<T> {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        match node.value {
            Value::Null => Some(Self::Removed),
            _ => T::read(node, faults).map(Self::Given),
        }
    }
}

impl<T: Merge> Merge for Setting<T> {
    fn over(&self, base: &Self) -> Self {
        match (self, base) {
            (Self::Absent, base) => base.clone(),
            (Self::Given(value), Self::Given(base)) => Self::Given(value.over(base)),
            (value, _) => value.clone(),
        }
    }
}

/// A value and where it is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Placed<T> {
    pub(super) place: Place,
    pub(super) value: T,
}

impl<T: Read> Read for Placed<T> {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        T::read(node, faults).map(|value| Self {
            place: node.place,
            value,
        })
    }
}

impl<T: Merge> Merge for Placed<T> {
    fn over(&self, base: &Self) -> Self {
        Self {
            place: self.place,
            value: self.value.over(&base.value),
        }
    }
}

/// A value with faults in it, or a sound one.
#[derive(Clone, Debug)]
pub(super) struct Checked<T> {
    pub(super) sound: bool,
    pub(super) value: T,
}

impl<T: Default + Read> Read for Checked<T> {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        let before = faults.len();
        let value = T::read(node, faults).unwrap_or_default();
        Some(Self {
            sound: faults.len() == before,
            value,
        })
    }
}

impl<T: Merge> Merge for Checked<T> {
    fn over(&self, base: &Self) -> Self {
        Self {
            sound: self.sound && base.sound,
            value: self.value.over(&base.value),
        }
    }
}

/// Any scalar, as the text that is written.
impl Read for String {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        match &node.value {
            Value::Scalar(text) => Some(text.clone()),
            _ => {
                faults.push(expected("a text", node));
                None
            }
        }
    }
}

impl Merge for String {}

/// A list; items with faults are left out.
impl<T: Read> Read for Vec<T> {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        let Value::Sequence(items) = &node.value else {
            faults.push(expected("a list", node));
            return None;
        };
        let mut list = Self::with_capacity(items.len());
        for item in items {
            let before = faults.len();
            let value = T::read(item, faults);
            if faults.len() == before {
                list.extend(value);
            }
        }
        Some(list)
    }
}

impl<T: Clone> Merge for Vec<T> {}

/// One value, or a list of them.
#[derive(Clone, Debug)]
pub(super) struct Many<T>(pub(super) Vec<T>);

impl<T: Read> Read for Many<T> {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        match node.value {
            Value::Sequence(_) => Vec::read(node, faults).map(Self),
            _ => T::read(node, faults).map(|value| Self(vec![value])),
        }
    }
}

impl<T: Clone> Merge for Many<T> {}

/// The entries of a map with the keys of a draft.
pub(super) struct Fields<'node> {
    owner: &'node Node,
    entries: &'node [(Key, Node)],
    /// The known keys that unknown ones are taken for.
    meant: Vec<&'static str>,
}

impl<'node> Fields<'node> {
    /// Opens a map; keys that are not among those known are faults.
    pub(super) fn open(
        node: &'node Node,
        known: &[&'static str],
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let entries = mapping(node, faults)?;
        let mut meant = Vec::new();
        for (key, _) in entries {
            if !known.contains(&key.text.as_str()) {
                meant.extend(nearest(&key.text, known));
                faults.push(Problem::unknown("key", &key.text, known).at(key.place));
            }
        }
        Some(Self {
            owner: node,
            entries,
            meant,
        })
    }

    /// The value of one key, which is for what `description` says.
    pub(super) fn take<T: Field>(
        &self,
        key: &str,
        description: &[&str],
        faults: &mut Vec<Fault>,
    ) -> Option<T> {
        let entry = self.entries.iter().find(|(known, _)| known.text == key);
        let missing = || {
            // A misspelt key has been found already.
            (!self.meant.contains(&key)).then(|| {
                let description = description.first().map_or("", |line| line.trim());
                Fault::new(self.owner.place, format!("the key `{key}` is missing here"))
                    .hint(format!("`{key}`: {}", description.trim_end_matches('.')))
            })
        };
        T::take(entry.map(|(_, node)| node), missing, faults)
    }
}

/// The entries of a map.
pub(super) fn mapping<'node>(
    node: &'node Node,
    faults: &mut Vec<Fault>,
) -> Option<&'node [(Key, Node)]> {
    match &node.value {
        Value::Mapping(entries) => Some(entries),
        _ => {
            faults.push(expected("a map", node));
            None
        }
    }
}

/// The one entry of a map that stands for a choice, such as `{ block: … }`.
pub(super) fn only_entry<'node>(
    node: &'node Node,
    known: &[&str],
    faults: &mut Vec<Fault>,
) -> Option<(&'node Key, &'node Node)> {
    let entries = mapping(node, faults)?;
    let before = faults.len();
    for (key, _) in entries {
        if !known.contains(&key.text.as_str()) {
            faults.push(Problem::unknown("key", &key.text, known).at(key.place));
        }
    }
    match entries {
        _ if faults.len() > before => None,
        [(key, value)] => Some((key, value)),
        [] => {
            let known: Vec<_> = known.iter().map(|key| format!("`{key}`")).collect();
            let hint = format!("one of {}", known.join(", "));
            faults.push(Fault::new(node.place, "this map is empty").hint(hint));
            None
        }
        [(first, _), (second, _), ..] => {
            let message = format!("`{}` cannot stand beside `{}`", second.text, first.text);
            faults.push(Fault::new(second.place, message).hint("keep one of the two"));
            None
        }
    }
}

/// A value of another kind than what is expected.
pub(super) fn expected(what: &str, node: &Node) -> Fault {
    let found = match &node.value {
        Value::Mapping(_) => "a map".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Scalar(text) => format!("the text `{}`", shorten(text)),
        Value::Sequence(_) => "a list".to_owned(),
    };
    let fault = Fault::new(node.place, format!("expected {what}, found {found}"));
    match (&node.value, what) {
        (Value::Null, "a text") => fault.hint("an empty text is written `\"\"`"),
        (Value::Sequence(_), "a text") => fault.hint("only one value can stand here"),
        (Value::Mapping(_) | Value::Scalar(_), "a list") => {
            fault.hint("a list is written `[a, b]`, or with `- ` in front of each item")
        }
        (Value::Scalar(_) | Value::Sequence(_), "a map") => {
            fault.hint("a map is written `{ key: value }`, or with one `key: value` a line")
        }
        (Value::Mapping(_), "a text") => {
            fault.hint("quote a text that has `: ` or braces in it: `\"{…}\"`")
        }
        _ => fault,
    }
}

/// Hands the schema of a wrapper over to what it wraps.
macro_rules! transparent_schema {
    ($($wrapper:ident),*) => {$(
        impl<T: JsonSchema> JsonSchema for $wrapper<T> {
            fn inline_schema() -> bool {
                T::inline_schema()
            }

            fn schema_name() -> Cow<'static, str> {
                T::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                T::json_schema(generator)
            }
        }
    )*};
}

transparent_schema!(Checked, Placed, Required);

impl<T: JsonSchema> JsonSchema for Setting<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("setting of {}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [value, { "type": "null" }] })
    }
}

impl<T: JsonSchema> JsonSchema for Many<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("one or many of {}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [value, { "type": "array", "items": value }] })
    }
}
