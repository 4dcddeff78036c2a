//! Parts of a conversation: chunks of a body, messages and ends of a WebSocket, events that script is
//! told.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::body::ExpectedBodyDraft;
use super::draft::draft;
use super::fault::{Fault, Problem, shorten};
use super::read::{Many, Merge, Placed, Read, Setting, mapping};
use super::resolve::Resolver;
use super::scalar::{Count, FromText, Isomorphic, Templated};
use super::scenario::{Chunk, ExpectedEvent, SocketClose, SocketMessage, SocketPlan};
use super::yaml::{Node, Value};

/// A message: a text, or bytes.
pub(super) type MessageDraft = ExpectedBodyDraft;

impl MessageDraft {
    pub(super) fn resolve_message(&self, resolver: &mut Resolver<'_>) -> Option<SocketMessage> {
        match self {
            Self::Bytes(bytes) => resolver.value(bytes).map(|it| SocketMessage::Binary(it.0)),
            Self::Text(text) => resolver.value(text).map(SocketMessage::Text),
        }
    }
}

/// A part of a body: a text that is written at once, or a map with more.
#[derive(Clone, Debug)]
pub(super) struct ChunkDraft(ChunkMapDraft);

draft! {
    /// A part of a body.
    struct ChunkMapDraft {
        /// Waited before it is written, such as `50ms`.
        wait: Setting<Templated<Duration>>,
        /// The part as text.
        text: Setting<Templated<String>>,
        /// The part as bytes, one for each character.
        bytes: Setting<Templated<Isomorphic>>,
    }
}

impl ChunkDraft {
    pub(super) fn resolve(&self, resolver: &mut Resolver<'_>) -> Option<Chunk> {
        let Self(draft) = self;
        let wait = resolver.setting(&draft.wait).unwrap_or_default();
        if let (Some(_), Some(bytes)) = (draft.text.given(), draft.bytes.given()) {
            resolver.refuse(
                bytes.text.place,
                "`bytes` cannot stand beside `text`",
                "keep one of the two",
            );
        }
        let bytes = match draft.bytes.given() {
            Some(bytes) => resolver.value(bytes)?.0,
            None => resolver.setting(&draft.text)?.into_bytes(),
        };
        Some(Chunk { wait, bytes })
    }
}

impl Read for ChunkDraft {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        if matches!(node.value, Value::Scalar(_)) {
            return Templated::read(node, faults).map(|text| {
                Self(ChunkMapDraft {
                    wait: Setting::Absent,
                    text: Setting::Given(text),
                    bytes: Setting::Absent,
                })
            });
        }
        let map = ChunkMapDraft::read(node, faults)?;
        if map.text.given().is_none() && map.bytes.given().is_none() {
            let fault = Fault::new(node.place, "this part of the body has no content");
            faults.push(fault.hint("give `text` or `bytes`"));
            return None;
        }
        Some(Self(map))
    }
}

impl JsonSchema for ChunkDraft {
    fn schema_name() -> Cow<'static, str> {
        "Chunk".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<ChunkMapDraft>();
        json_schema!({
            "description": "A part of a body: a text, or a map with more.",
            "anyOf": [String::schema(), map],
        })
    }
}

draft! {
    /// What the server does with a WebSocket.
    #[derive(Default)]
    struct SocketDraft {
        /// The subprotocol that is chosen; none by default.
        protocol: Setting<Templated<String>>,
        /// The only origins that are let in; everybody else is answered with status 403.
        origins: Setting<Many<Templated<String>>>,
        /// Messages sent as soon as the connection is open.
        send: Setting<Many<MessageDraft>>,
        /// Whether every message is sent back; `true` by default.
        echo: Setting<Templated<bool>>,
        /// How the server closes the connection; the page does where this is missing.
        close: Setting<ServerCloseDraft>,
    }
}

draft! {
    /// How a server closes a WebSocket.
    #[derive(Default)]
    struct ServerCloseDraft {
        /// The status code; none by default.
        code: Setting<Templated<CloseCode>>,
        /// The reason.
        reason: Setting<Templated<String>>,
        /// After so many messages of the page; 0 by default.
        after: Setting<Templated<Count>>,
    }
}

draft! {
    /// How a page closes a WebSocket.
    #[derive(Default)]
    struct CloseDraft {
        /// The status code; none by default.
        code: Setting<Templated<CloseCode>>,
        /// The reason.
        reason: Setting<Templated<String>>,
    }
}

impl SocketDraft {
    pub(super) fn resolve(&self, resolver: &mut Resolver<'_>) -> SocketPlan {
        let messages = self.send.given().map(|many| many.0.as_slice());
        let origins = self.origins.given().map(|origins| {
            let values = origins.0.iter().map(|origin| resolver.value(origin));
            values.flatten().collect()
        });
        SocketPlan {
            protocol: resolver.setting(&self.protocol),
            origins,
            send: messages
                .unwrap_or_default()
                .iter()
                .filter_map(|message| message.resolve_message(resolver))
                .collect(),
            echo: resolver.setting(&self.echo).unwrap_or(true),
            close: self.close.given().map(|close| {
                let end = SocketClose {
                    code: resolver.setting(&close.code).map(|code| code.0),
                    reason: resolver.setting(&close.reason).unwrap_or_default(),
                };
                let after = resolver.setting(&close.after).map_or(0, |count| count.0);
                (end, after)
            }),
        }
    }
}

impl CloseDraft {
    pub(super) fn resolve(&self, resolver: &mut Resolver<'_>) -> SocketClose {
        SocketClose {
            code: resolver.setting(&self.code).map(|code| code.0),
            reason: resolver.setting(&self.reason).unwrap_or_default(),
        }
    }
}

/// The status code of a WebSocket's end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct CloseCode(pub(super) u16);

impl FromText for CloseCode {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text.parse() {
            Ok(code @ 0..=4999) => Ok(Self(code)),
            _ => Err(
                Problem::new(format!("`{}` is not a close code", shorten(text)))
                    .hint("a whole number such as 1000, at most 4999"),
            ),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "minimum": 0,
            "maximum": 4999,
            "pattern": "^[0-9]{1,4}$|\\$",
        })
    }
}

/// Something that script is told: a name, or `{ name: detail }`.
#[derive(Clone, Debug)]
pub(super) struct EventDraft {
    name: Templated<String>,
    detail: Option<ExpectedBodyDraft>,
}

impl EventDraft {
    pub(super) fn resolve(&self, resolver: &mut Resolver<'_>) -> Option<ExpectedEvent> {
        let name = resolver.value(&self.name)?;
        let detail = match &self.detail {
            Some(detail) => Some(detail.resolve(resolver)?),
            None => None,
        };
        Some(ExpectedEvent { name, detail })
    }
}

impl Read for EventDraft {
    fn read(node: &Node, faults: &mut Vec<Fault>) -> Option<Self> {
        if matches!(node.value, Value::Scalar(_)) {
            let name = Templated::read(node, faults)?;
            return Some(Self { name, detail: None });
        }
        let entries: Vec<_> = mapping(node, faults)?.iter().collect();
        let [(key, value)] = &entries[..] else {
            let fault = Fault::new(node.place, "an event has one name");
            faults.push(fault.hint("write `name`, or `{ name: detail }`"));
            return None;
        };
        let name = Placed {
            place: key.place,
            value: key.text.clone(),
        };
        Some(Self {
            name: Templated::new(name),
            detail: Some(ExpectedBodyDraft::read(value, faults)?),
        })
    }
}

impl Merge for EventDraft {}

impl JsonSchema for EventDraft {
    fn schema_name() -> Cow<'static, str> {
        "Event".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let detail = generator.subschema_for::<ExpectedBodyDraft>();
        json_schema!({
            "description": "Something that script is told: its name, or `{ name: detail }`.",
            "anyOf": [
                String::schema(),
                {
                    "type": "object",
                    "additionalProperties": detail,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ],
        })
    }
}
