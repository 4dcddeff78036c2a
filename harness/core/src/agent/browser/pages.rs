//! The documents that the reference server serves for browsers.

use crate::server::Pages;

/// What every origin serves under `/-/`.
pub const PAGES: Pages = Pages {
    html: include_str!("page.html"),
    script: include_str!("page.js"),
    frame_html: include_str!("frame.html"),
};
