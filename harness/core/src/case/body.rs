//! Bodies: a text, or a map that says what is made of it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::draft::draft;
use super::fault::{Fault, Place};
use super::read::{Merge, Read, Required, Setting, only_entry};
use super::resolve::Resolver;
use super::scalar::{FromText, Isomorphic, Length, Templated};
use super::scenario::{BodyKind, BodyPlan};
use super::table::Table;
use super::yaml::{Node, Value};

/// A request body.
#[derive(Clone, Debug)]
pub(super) enum BodyDraft {
    Blob(BlobDraft),
    Bytes(Templated<Isomorphic>),
    Filler(Templated<Length>),
    FormData(Table<Templated<String>>),
    Stream(Templated<Isomorphic>),
    Text(Templated<String>),
    UrlSearchParams(Templated<String>),
}

draft! {
    /// A `Blob`.
    struct BlobDraft {
        /// Its type; none by default.
        r#type: Setting<Templated<String>>,
        /// Its content, one byte for each character.
        content: Required<Templated<Isomorphic>>,
    }
}

impl BodyDraft {
    /// The scalar that holds the content.
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Blob(blob) => blob.content.0.text.place,
            Self::Bytes(bytes) | Self::Stream(bytes) => bytes.text.place,
            Self::Filler(length) => length.text.place,
            Self::FormData(fields) => {
                let first = fields.0.first().map(|(name, _)| name.text.place);
                first.unwrap_or_default()
            }
            Self::Text(text) | Self::UrlSearchParams(text) => text.text.place,
        }
    }

    pub(super) fn resolve(&self, resolver: &mut Resolver<'_>) -> Option<BodyPlan> {
        let (kind, content) = match self {
            Self::Blob(blob) => {
                let kind = resolver.setting(&blob.r#type).unwrap_or_default();
                (BodyKind::Blob(kind), resolver.value(&blob.content.0)?.0)
            }
            Self::Bytes(bytes) => (BodyKind::Bytes, resolver.value(bytes)?.0),
            Self::Filler(length) => (BodyKind::Bytes, vec![b'a'; resolver.value(length)?.0]),
            Self::FormData(fields) => {
                let mut pairs = Vec::with_capacity(fields.0.len());
                for (name, value) in &fields.0 {
                    pairs.push((resolver.value(name)?, resolver.value(value)?));
                }
                (BodyKind::FormData(pairs), Vec::new())
            }
            Self::Stream(bytes) => (BodyKind::Stream, resolver.value(bytes)?.0),
            Self::Text(text) => (BodyKind::Text, resolver.value(text)?.into_bytes()),
            Self::UrlSearchParams(text) => (
                BodyKind::UrlSearchParams,
                resolver.value(text)?.into_bytes(),
            ),
        };
        Some(BodyPlan { kind, content })
    }
}

impl Read for BodyDraft {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        if matches!(node.value, Value::Scalar(_)) {
            return Templated::read(node, faults).map(Self::Text);
        }
        let (key, value) = only_entry(node, &BODY_KINDS, faults)?;
        match key.text.as_str() {
            "blob" => BlobDraft::read(value, faults).map(Self::Blob),
            "bytes" => Templated::read(value, faults).map(Self::Bytes),
            "filler" => Templated::read(value, faults).map(Self::Filler),
            "form_data" => Table::read(value, faults).map(Self::FormData),
            "stream" => Templated::read(value, faults).map(Self::Stream),
            "url_search_params" => Templated::read(value, faults).map(Self::UrlSearchParams),
            _ => Templated::read(value, faults).map(Self::Text),
        }
    }
}

impl Merge for BodyDraft {}

impl JsonSchema for BodyDraft {
    fn schema_name() -> Cow<'static, str> {
        "Body".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let blob = generator.subschema_for::<BlobDraft>();
        let length = generator.subschema_for::<Templated<Length>>();
        let fields = generator.subschema_for::<Table<Templated<String>>>();
        let text = String::schema();
        json_schema!({
            "description": "A request body: a text, or what the page makes of it.",
            "anyOf": [
                text,
                {
                    "type": "object",
                    "properties": {
                        "text": { "description": "A string.", "allOf": [text] },
                        "bytes": { "description": "An ArrayBuffer, one byte for each character.", "allOf": [text] },
                        "blob": { "description": "A Blob.", "allOf": [blob] },
                        "filler": { "description": "An ArrayBuffer of so many letters.", "allOf": [length] },
                        "form_data": { "description": "FormData with these fields.", "allOf": [fields] },
                        "url_search_params": { "description": "URLSearchParams parsed from this.", "allOf": [text] },
                        "stream": { "description": "A ReadableStream of these bytes, with `duplex: \"half\"`.", "allOf": [text] },
                    },
                    "additionalProperties": false,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ],
        })
    }
}

const BODY_KINDS: [&str; 7] = [
    "text",
    "bytes",
    "blob",
    "filler",
    "form_data",
    "url_search_params",
    "stream",
];

/// A body that is expected.
#[derive(Clone, Debug)]
pub(super) enum ExpectedBodyDraft {
    Bytes(Templated<Isomorphic>),
    Text(Templated<String>),
}

impl ExpectedBodyDraft {
    /// The scalar that holds it.
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Bytes(bytes) => bytes.text.place,
            Self::Text(text) => text.text.place,
        }
    }

    pub(super) fn resolve(&self, resolver: &mut Resolver<'_>) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => resolver.value(bytes).map(|bytes| bytes.0),
            Self::Text(text) => resolver.value(text).map(String::into_bytes),
        }
    }
}

impl Read for ExpectedBodyDraft {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        if matches!(node.value, Value::Scalar(_)) {
            return Templated::read(node, faults).map(Self::Text);
        }
        let (key, value) = only_entry(node, &["text", "bytes"], faults)?;
        match key.text.as_str() {
            "bytes" => Templated::read(value, faults).map(Self::Bytes),
            _ => Templated::read(value, faults).map(Self::Text),
        }
    }
}

impl Merge for ExpectedBodyDraft {}

impl JsonSchema for ExpectedBodyDraft {
    fn schema_name() -> Cow<'static, str> {
        "ExpectedBody".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let text = String::schema();
        json_schema!({
            "description": "A body that is expected: a text, or bytes.",
            "anyOf": [
                text,
                {
                    "type": "object",
                    "properties": {
                        "text": { "description": "A text, as UTF-8.", "allOf": [text] },
                        "bytes": { "description": "Bytes, one for each character.", "allOf": [text] },
                    },
                    "additionalProperties": false,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ],
        })
    }
}
