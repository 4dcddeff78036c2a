//! The documents that the reference server serves for browsers, and their script.

use crate::server::Pages;

/// What every origin serves under `/-/`.
pub const PAGES: Pages = Pages {
    html: include_str!("page.html"),
    script: SCRIPT,
    frame_html: include_str!("frame.html"),
};

/// The browser's half: one script for documents and workers alike, so that neither needs modules nor
/// a request for each. The harness calls
///
/// - `corspec.begin(batch)`, which begins with many scenarios at the same time;
/// - `corspec.next(wish)`, which returns what script saw of the batches that have ended, or nothing when
///   there is room for another.
///
/// Everything crosses the driver as JSON text: drivers disagree about the order of keys, about
/// `undefined` and about dates.
const SCRIPT: &str = concat!(
    "\"use strict\";\n\nglobalThis.corspec = (() => {\n",
    include_str!("page/batch.js"),
    include_str!("page/step.js"),
    include_str!("page/bytes.js"),
    include_str!("page/body.js"),
    include_str!("page/fetch.js"),
    include_str!("page/xhr.js"),
    include_str!("page/home.js"),
    include_str!("page/media.js"),
    include_str!("page/preload.js"),
    include_str!("page/script.js"),
    include_str!("page/style.js"),
    include_str!("page/navigation.js"),
    include_str!("page/eventsource.js"),
    include_str!("page/websocket.js"),
    include_str!("page/comet.js"),
    include_str!("page/workers.js"),
    include_str!("page/channels.js"),
    include_str!("page/features.js"),
    include_str!("page/timing.js"),
    include_str!("page/contexts.js"),
    include_str!("page/mechanisms.js"),
    "return { begin, next };\n})();\n",
);
