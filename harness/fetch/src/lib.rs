//! The CORS algorithms of the [Fetch Standard](https://fetch.spec.whatwg.org/) and its neighbours.
//!
//! Pure: no I/O, no async, no clock. [`Fetch`] is a user agent's half of a fetch as a state machine:
//! it says what to send, is told what came back, and ends with what the page's script sees, or with
//! the step of the standard that blocked it. Beside it stand the algorithms it is made of, one file
//! each, every function with the section it comes from.
//!
//! The text of the standard is followed. Where engines are known to differ, the documentation of the
//! function says so under *Deviation*, and nothing else does.
//!
//! Left out on purpose: the HTTP cache, service workers, Content Security Policy, authentication
//! prompts, HSTS, and partition keys.
//!
//! ```
//! use std::time::Duration;
//! use corspec_fetch::{Fetch, HttpResponse, Origin, Outcome, Reason, Request, Step, UserAgent};
//! use url::Url;
//!
//! let page = Url::parse("https://app.example/").unwrap();
//! let mut agent = UserAgent::default();
//! let request = Request::get(&page, Url::parse("https://api.example/").unwrap());
//! let (mut fetch, step) = Fetch::start(request, &mut agent, Duration::ZERO);
//! let Step::Send(sent) = step else { panic!() };
//! assert_eq!(sent.headers.get("origin").unwrap(), b"https://app.example");
//!
//! let answer = HttpResponse { status: 200, ..HttpResponse::default() };
//! let Step::Done(Outcome::Block(block)) = fetch.receive(answer, &mut agent, Duration::ZERO) else { panic!() };
//! assert_eq!(block.reason, Reason::AllowOriginMissing);
//! ```

pub mod cookie;
pub mod corp;
pub mod cors_check;
pub mod event_source;
pub mod forbidden;
pub mod header_list;
pub mod initiate;
pub mod integrity;
pub mod mime;
pub mod nosniff;
pub mod port;
pub mod preflight;
pub mod preflight_cache;
pub mod preload;
pub mod redirect;
pub mod referrer;
pub mod request_origin;
pub mod safelist;
pub mod sec_fetch;
pub mod sniff;
pub mod tao;
pub mod websocket;
pub mod xdr;

mod bytes;
mod construct;
mod consume;
mod fetch;
mod method;
mod origin;
mod outcome;
mod reason;
mod request;
mod response;
mod words;

pub use cookie::CookieJar;
pub use fetch::{Fetch, Step, UserAgent};
pub use header_list::HeaderList;
pub use method::Method;
pub use origin::{Origin, is_potentially_trustworthy_url};
pub use outcome::{Block, Decision, Outcome};
pub use preflight_cache::PreflightCache;
pub use preload::PreloadedResources;
pub use reason::{Reason, UnknownReason};
pub use referrer::ReferrerPolicy;
pub use request::{
    Api, Body, BodySource, CacheMode, Credentials, Destination, HttpRequest, Mode, Purpose,
    RedirectMode, Request,
};
pub use response::{
    HttpResponse, ResponseType, Tainting, VisibleResponse, is_null_body_status, is_redirect_status,
    is_safelisted_response_header,
};
pub use words::UnknownWord;
