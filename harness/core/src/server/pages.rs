//! The documents that browsers run scenarios in.

/// The content of `/-/page`, `/-/page.js` and `/-/frame`, which every origin serves alike.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pages {
    /// The document that runs scripts; it loads `/-/page.js`.
    pub html: &'static str,
    /// The script it loads.
    pub script: &'static str,
    /// The document for a sandboxed frame, whose origin is opaque.
    pub frame_html: &'static str,
}

impl Default for Pages {
    /// Documents that do nothing, which is enough for the wire.
    fn default() -> Self {
        Self {
            html: BLANK,
            script: "",
            frame_html: BLANK,
        }
    }
}

const BLANK: &str = "<!doctype html><meta charset=\"utf-8\"><title>corspec</title>";
