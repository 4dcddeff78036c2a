//! The words of the format, each list in one place.

use corspec_fetch::{
    CacheMode, Credentials, Mode, Reason, RedirectMode, ReferrerPolicy, ResponseType,
};
use schemars::{Schema, json_schema};

use super::fault::Problem;
use super::known::{Concern, Occurrence};
use super::policy::SerializedOrigin;
use super::scalar::FromText;
use super::scenario::{
    ConnectionPlan, Context, CrossOrigin, Delivery, Level, Mechanism, Page, Permission, Subject,
    Surface,
};
use crate::server::{Asset, NamedOrigin};

/// Declares what a type is called in messages, and the words for its values.
macro_rules! words {
    ($($kind:ty, $what:literal: { $($word:literal => $value:expr),* $(,)? })*) => {$(
        impl FromText for $kind {
            fn from_text(text: &str) -> Result<Self, Problem> {
                match text {
                    $($word => Ok($value),)*
                    _ => Err(Problem::unknown($what, text, &[$($word),*])),
                }
            }

            fn schema() -> Schema {
                json_schema!({ "enum": [$($word),*] })
            }
        }
    )*};
}

words! {
    AgentName, "agent": {
        "wire" => Self("wire"),
        "chromium" => Self("chromium"),
        "firefox" => Self("firefox"),
        "webkit" => Self("webkit"),
    }
    Concern, "concern": {
        "exchange" => Self::Exchange,
        "verdict" => Self::Verdict,
    }
    Occurrence, "occurrence": {
        "always" => Self::Always,
        "sometimes" => Self::Sometimes,
    }
    ConnectionPlan, "connection": {
        "keep" => Self::Keep,
        "cut" => Self::Cut,
        "refuse" => Self::Refuse,
        "hold" => Self::Hold,
    }
    Delivery, "delivery": {
        "not-sent" => Self::NotSent,
        "hidden" => Self::Hidden,
        "visible" => Self::Visible,
    }
    Level, "level": {
        "must" => Self::Must,
        "should" => Self::Should,
        "may" => Self::May,
    }
    Asset, "asset": {
        "png" => Self::Png,
        "ttf" => Self::Ttf,
        "wav" => Self::Wav,
        "webm" => Self::Webm,
    }
    Context, "context": {
        "blob-frame" => Self::BlobFrame,
        "blob-worker" => Self::BlobWorker,
        "data-frame" => Self::DataFrame,
        "data-worker" => Self::DataWorker,
        "sandboxed" => Self::Sandboxed,
        "service-worker" => Self::ServiceWorker,
        "shared-worker" => Self::SharedWorker,
        "srcdoc" => Self::Srcdoc,
        "window" => Self::Window,
        "worker" => Self::Worker,
    }
    Permission, "permission": {
        "loopback-network" => Self::LoopbackNetwork,
    }
    CrossOrigin, "crossorigin attribute": {
        "anonymous" => Self::Anonymous,
        "use-credentials" => Self::UseCredentials,
    }
    Complete, "demand on `Vary`": {
        "complete" => Self,
    }
    Safe, "demand on shared caches": {
        "safe" => Self,
    }
    Surface, "path of the surface": {
        "events" => Self::Events,
        "failing" => Self::Failing,
        "jsonp" => Self::Jsonp,
        "missing" => Self::Missing,
        "protected" => Self::Protected,
        "resource" => Self::Resource,
        "socket" => Self::Socket,
    }
    Subject, "subject": {
        "user-agent" => Self::UserAgent,
        "server" => Self::Server,
    }
}

/// Takes over the words that the model has for the platform's enumerations.
macro_rules! platform_words {
    ($($kind:ty, $what:literal;)*) => {$(
        impl FromText for $kind {
            fn from_text(text: &str) -> Result<Self, Problem> {
                text.parse().map_err(|_| {
                    let words: Vec<_> = Self::ALL.iter().map(|value| value.word()).collect();
                    Problem::unknown($what, text, &words)
                })
            }

            fn schema() -> Schema {
                let words: Vec<_> = Self::ALL.iter().map(|value| value.word()).collect();
                json_schema!({ "enum": words })
            }
        }
    )*};
}

platform_words! {
    CacheMode, "cache mode";
    Credentials, "credentials mode";
    Mechanism, "mechanism";
    Mode, "mode";
    RedirectMode, "redirect mode";
    ReferrerPolicy, "referrer policy";
    ResponseType, "response type";
}

/// What can be demanded of `Vary`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complete;

/// What can be demanded of answers that a shared cache keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Safe;

/// The name of an agent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct AgentName(pub(super) &'static str);

impl FromText for Reason {
    fn from_text(text: &str) -> Result<Self, Problem> {
        text.parse().map_err(|_| {
            let codes: Vec<_> = Self::ALL.iter().map(|reason| reason.code()).collect();
            let problem = Problem::unknown("reason", text, &codes);
            match problem.hint {
                Some(_) => problem,
                None => problem.hint("the codes are in the schema beside the cases"),
            }
        })
    }

    fn schema() -> Schema {
        let codes: Vec<_> = Self::ALL.iter().map(|reason| reason.code()).collect();
        json_schema!({ "enum": codes })
    }
}

impl FromText for Page {
    fn from_text(text: &str) -> Result<Self, Problem> {
        if text == SANDBOXED {
            // The host of the frame does not matter: the origin is opaque.
            return Ok(Self::window(NamedOrigin::app()).inside(Context::Sandboxed));
        }
        if text == FILE {
            return Ok(Self::file());
        }
        if text.contains("://") {
            return SerializedOrigin::from_text(text).map(|origin| Self::claimed(origin.0));
        }
        text.parse().map(Self::window).map_err(|_| {
            let origins = NamedOrigin::all();
            let mut names: Vec<_> = origins.iter().map(NamedOrigin::name).collect();
            names.extend([SANDBOXED, FILE]);
            Problem::unknown("page", text, &names)
        })
    }

    fn schema() -> Schema {
        let mut names: Vec<String> = NamedOrigin::all().iter().map(ToString::to_string).collect();
        names.extend([SANDBOXED, FILE].map(str::to_owned));
        json_schema!({ "anyOf": [{ "enum": names }, SerializedOrigin::schema()] })
    }
}

const SANDBOXED: &str = "sandboxed";
const FILE: &str = "file";
