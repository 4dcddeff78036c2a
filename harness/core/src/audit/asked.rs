//! What was asked, and what was answered.

use corspec_fetch::HeaderList;

use super::probe::{Ask, Probe, Whose};
use crate::agent::wire::Trouble;
use crate::check::leg::Shown;

/// The head of an answer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderList,
}

impl Answer {
    /// The combined value of a header.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(&value).into_owned())
    }

    /// The value of Access-Control-Allow-Origin.
    pub(super) fn allowed(&self) -> Option<String> {
        self.text("access-control-allow-origin")
    }

    /// Whether this very origin is named.
    pub(super) fn names(&self, origin: &str) -> bool {
        self.allowed().as_deref() == Some(origin)
    }

    /// Whether credentials are allowed.
    pub(super) fn takes_credentials(&self) -> bool {
        self.text("access-control-allow-credentials").as_deref() == Some("true")
    }

    /// Whether a shared cache may keep it.
    pub(super) fn is_cacheable(&self) -> bool {
        let directives = self.headers.get_decode_split("cache-control");
        !directives.iter().flatten().any(|directive| {
            let directive = directive.to_ascii_lowercase();
            matches!(directive.as_str(), "no-store" | "private")
        })
    }
}

/// Why a probe has no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Silence {
    /// What happened.
    pub why: String,
    /// What whoever audits can do something about, if it is anything.
    pub trouble: Option<Trouble>,
    /// Whether the server has answered in its way: it closed the connection at once.
    pub is_refusal: bool,
}

/// A probe and what came of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What was asked.
    pub probe: Probe,
    /// What was answered.
    pub answer: Result<Answer, Silence>,
    /// The exchange, where there was one.
    pub shown: Option<Shown>,
}

impl Asked {
    /// The answer, if there is one.
    pub(super) fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref().ok()
    }
}

/// The first and the last answer to the plain request that begins and ends an audit, where they differ in
/// their status or in what they allow: what came in between then tells nothing by its differences.
pub(super) fn inconstant(asked: &[Asked]) -> Option<(&Answer, &Answer)> {
    let is_plain = |it: &&Asked| it.probe.whose == Whose::Nobodys && it.probe.ask != Ask::Forwarded;
    let mut answers = asked.iter().filter(is_plain).filter_map(Asked::answer);
    let (first, last) = (answers.next()?, answers.next_back()?);
    let tells = |it: &Answer| (it.status, it.allowed(), it.takes_credentials());
    (tells(first) != tells(last)).then_some((first, last))
}
