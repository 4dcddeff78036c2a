//! A server that obeys a policy: what a careful server answers, and what careless ones do.
//!
//! Pure: a request in, an answer out. It is the first target that every server scenario has to pass
//! on, and with a [`Mutant`] the one that some scenario has to fail on.

mod application;
mod mutant;
mod preflight;
mod sharing;

use std::sync::Arc;

pub use mutant::{Mutant, UnknownMutant};

use self::sharing::Sharing;
use crate::case::scenario::{Answer, Policy};
use crate::tape::head::values;

/// A server that is configured for a policy.
#[derive(Clone, Debug)]
pub struct PolicyServer {
    policy: Arc<Policy>,
    mutant: Option<Mutant>,
}

/// A request as the server sees it, with canonical names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'request> {
    pub(crate) method: &'request str,
    /// The last segment of the path.
    pub(crate) resource: &'request str,
    pub(crate) headers: &'request [(String, Vec<u8>)],
}

impl Request<'_> {
    /// The first value of a header, as text.
    fn header(&self, name: &str) -> Option<String> {
        let value = values(self.headers, name).next()?;
        Some(value.iter().copied().map(char::from).collect())
    }

    /// The value of a header that may stand there once only.
    fn only(&self, name: &str) -> Option<String> {
        let several = values(self.headers, name).nth(1).is_some();
        self.header(name).filter(|_| !several)
    }

    fn has(&self, name: &str) -> bool {
        values(self.headers, name).next().is_some()
    }
}

impl PolicyServer {
    /// A server that does this wrong; nothing, where there is no mutant.
    #[must_use]
    pub const fn new(policy: Arc<Policy>, mutant: Option<Mutant>) -> Self {
        Self { policy, mutant }
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// What is answered, with canonical names.
    pub(crate) fn answer(&self, request: Request<'_>) -> Answer {
        let known: Vec<_>;
        let request = if self.is(Mutant::HeaderNamesCaseSensitive) {
            known = as_browsers_write(request.headers);
            Request {
                headers: &known,
                ..request
            }
        } else {
            request
        };
        let sharing = Sharing::of(self, &request);
        let mut answer = if self.is_preflight(&request) {
            self.preflight(&request, &sharing)
        } else {
            let mut answer = self.application(&request);
            self.share(&sharing, &request, &mut answer);
            answer
        };
        self.disfigure(&mut answer);
        answer
    }

    /// Lines that are spelt, doubled or joined wrongly whatever they say.
    fn disfigure(&self, answer: &mut Answer) {
        for (name, value) in &mut answer.headers {
            match name.as_str() {
                "Access-Control-Allow-Methods" if self.is(Mutant::MisspeltHeaders) => {
                    "Access-Control-Allow-Method".clone_into(name);
                }
                "Access-Control-Allow-Credentials" if self.is(Mutant::CredentialsCapitalised) => {
                    *value = b"True".to_vec();
                }
                _ => {}
            }
        }
        let origin = answer
            .headers
            .iter()
            .find(|(name, _)| name == "Access-Control-Allow-Origin")
            .cloned();
        if self.is(Mutant::TwoAllowOrigins) {
            answer.headers.extend(origin);
        }
    }
}

/// The lines without those of the protocol in another letter case than that of browsers over HTTP/1.1.
fn as_browsers_write(headers: &[(String, Vec<u8>)]) -> Vec<(String, Vec<u8>)> {
    let is_known = |name: &str| {
        let usual = USUAL.iter().find(|usual| usual.eq_ignore_ascii_case(name));
        usual.is_none_or(|usual| *usual == name)
    };
    let lines = headers.iter().filter(|(name, _)| is_known(name));
    lines.cloned().collect()
}

const USUAL: [&str; 3] = [
    "Origin",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
];

/// A header line of an answer.
fn line(name: &str, value: impl Into<String>) -> (String, Vec<u8>) {
    (name.to_owned(), value.into().into_bytes())
}

#[cfg(test)]
mod tests;
