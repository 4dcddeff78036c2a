//! One server, checked once: what a browser would make of one call.
//!
//! [`Call`] is what the page does. [`run()`] plays the browser, against any URL that the transport
//! reaches, and [`Checked`] says what came of it: allow or block, the step of the standard that decided,
//! and what the server has to send instead ([`Remedy`]). [`in_browser()`] lets a real browser do the
//! same. `terminal` and `json` tell it.

mod advice;
mod browser;
mod call;
mod checked;
mod json;
pub mod leg;
pub mod names;
mod notes;
mod terminal;

pub use advice::{Line, Remedy};
pub use browser::{BrowserCheck, Comparison, InBrowser, Unasked, in_browser};
pub use call::{BadCall, Call, parse_header, parse_origin, parse_url};
pub use checked::{Checked, Verdict, run};
pub use json::write as write_json;
pub use terminal::write as write_terminal;
