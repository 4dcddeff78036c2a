//! Real browsers, driven through WebDriver.
//!
//! A [`Browser`] keeps one session of one [`Engine`]: a driver process of its own with a private
//! temporary directory, or a session at a WebDriver URL. [`Browser::run_batch`] runs many scenarios at
//! the same time in one page that is really served from the scenarios' origin, so that the browser
//! does its work undisturbed and the driver is asked once, not once per scenario.
//!
//! What happens in the page is in `page/`; how an engine is started, what it is asked for and where it
//! says why it blocked a request is in the folder of the engine.

mod batch;
mod chromium;
mod document;
mod driver;
mod engine;
mod error;
mod firefox;
mod handle;
mod info;
mod isomorphic;
mod job;
mod job_result;
mod locate;
mod outcome;
mod owner;
mod pages;
mod remote;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod traces;
mod webkit;

pub(crate) use batch::add as add_cookies;
pub(crate) use document::Distance;
pub use engine::{Engine, UnknownEngine};
pub use error::BrowserError;
pub use handle::Browser;
pub(crate) use handle::Progress;
pub use info::{BrowserInfo, FoundProgram, Probe, probe};
pub use job::Job;
pub(crate) use job::STEP_DEADLINE;
pub(crate) use job::cookie_counts;
pub use job_result::JobResult;
pub use locate::{MissingProgram, Search};
pub use pages::PAGES;
pub use remote::{BadWebDriverUrl, RemoteError, WebDriverUrl};
pub use settings::{Endpoint, Settings};
