//! Values, as literals of a script.

use corspec::case::scenario::{BodyKind, BodyPlan};

pub(super) fn body(plan: &BodyPlan) -> String {
    let content = quote_bytes(&plan.content);
    match &plan.kind {
        BodyKind::Blob(kind) => format!("new Blob([{content}], {{ type: {} }})", quote(kind)),
        BodyKind::Bytes => format!("new Uint8Array(/* {content} */)"),
        BodyKind::FormData(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}={value}"));
            let fields: Vec<String> = fields.collect();
            format!("/* FormData of {} */", fields.join(", "))
        }
        BodyKind::Stream => format!("/* a ReadableStream of */ {content}"),
        BodyKind::Text => content,
        BodyKind::UrlSearchParams => format!("new URLSearchParams({content})"),
    }
}

pub(super) fn quote_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => quote(text),
        Err(_) => quote(&bytes.iter().copied().map(char::from).collect::<String>()),
    }
}

/// A string literal; JSON's are JavaScript's.
pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
