//! One permutation's place on the server: its token, its scripts and what was said there.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::NamedOrigin;
use super::names::{Names, Ports};
use crate::case::scenario::{Answer, CookieSetup, Permutation, Script};
use crate::tape::{Exchange, Message, Transcript};

/// A permutation that the reference server answers, until this is dropped.
#[derive(Debug)]
pub struct Session {
    place: Arc<Place>,
    sessions: Arc<Sessions>,
}

impl Session {
    /// The first segment of every path of this session: eight characters.
    #[must_use]
    pub fn token(&self) -> &str {
        self.place.token_text()
    }

    /// What this session calls `scenario`, and the ports.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.place.names
    }

    /// Chooses the script that answers from now on, counted from 0.
    pub fn set_step(&self, step: usize) {
        self.place.set_step(step);
    }

    /// Everything said so far, in the order in which the requests arrived, in canonical form.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        let names = &self.place.names;
        let exchanges = self
            .place
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        exchanges
            .iter()
            .map(|exchange| canonical(exchange, names))
            .collect()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.sessions.close(&self.place.token);
    }
}

/// The sessions of one server.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    opened: AtomicU32,
    places: RwLock<HashMap<[u8; 8], Arc<Place>>>,
}

impl Sessions {
    pub(crate) fn open(self: &Arc<Self>, permutation: &Permutation, ports: Ports) -> Session {
        let number = self.opened.fetch_add(1, Ordering::Relaxed) + 1;
        let mut token = [0; 8];
        token.copy_from_slice(format!("{number:08x}").as_bytes());
        let place = Arc::new(Place {
            names: Names::new(ports, token),
            token,
            scripts: permutation
                .steps
                .iter()
                .map(|step| step.server.clone())
                .collect(),
            cookies: permutation.cookies.clone(),
            step: AtomicUsize::new(0),
            exchanges: Mutex::default(),
        });
        let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
        places.insert(token, Arc::clone(&place));
        Session {
            place,
            sessions: Arc::clone(self),
        }
    }

    pub(crate) fn find(&self, token: &str) -> Option<Arc<Place>> {
        let token: &[u8; 8] = token.as_bytes().try_into().ok()?;
        self.places
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(token)
            .cloned()
    }

    fn close(&self, token: &[u8; 8]) {
        self.places
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(token);
    }
}

/// What the server knows of a session. Requests under way keep it alive.
pub(crate) struct Place {
    token: [u8; 8],
    pub(crate) names: Names,
    scripts: Vec<Script>,
    cookies: Vec<CookieSetup>,
    step: AtomicUsize,
    /// As they were on the wire; made canonical when they are read.
    exchanges: Mutex<Vec<Exchange>>,
}

impl Place {
    pub(crate) fn set_step(&self, step: usize) {
        self.step.store(step, Ordering::SeqCst);
    }

    pub(crate) fn step(&self) -> usize {
        self.step.load(Ordering::SeqCst)
    }

    /// The answer that the script of `step` has for a request; the last script stays for good.
    pub(crate) fn answer(
        &self,
        step: usize,
        resource: &str,
        is_preflight: bool,
    ) -> Option<&Answer> {
        let script = self.scripts.get(step).or_else(|| self.scripts.last())?;
        let hop = resource
            .strip_prefix("hop")
            .and_then(|number| number.parse::<usize>().ok())
            .and_then(|number| script.hops.get(number.checked_sub(1)?));
        Some(match (hop, is_preflight) {
            (Some(hop), true) => &hop.preflight,
            (Some(hop), false) => &hop.response,
            (None, true) => &script.preflight,
            (None, false) => &script.response,
        })
    }

    /// The `Set-Cookie` values for an origin, as they go over the wire; confined to this session
    /// unless they name a path.
    pub(crate) fn set_cookies(&self, origin: &NamedOrigin) -> impl Iterator<Item = Vec<u8>> {
        self.cookies
            .iter()
            .filter(move |cookie| cookie.origin == *origin)
            .map(|cookie| {
                let mut value = self.names.to_real(cookie.set_cookie.as_bytes());
                if !names_a_path(&cookie.set_cookie) {
                    value.extend_from_slice(b"; Path=/");
                    value.extend_from_slice(&self.token);
                }
                value
            })
    }

    /// Enters a request as it arrives; the number is where the rest of its exchange belongs.
    pub(crate) fn begin(&self, exchange: Exchange) -> usize {
        let mut exchanges = self
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        exchanges.push(exchange);
        exchanges.len() - 1
    }

    /// Enters the body of a request, and its bytes.
    pub(crate) fn receive_body(&self, number: usize, body: Vec<u8>, bytes: Vec<u8>) {
        let mut exchanges = self
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        exchanges[number].request.body = body;
        exchanges[number].request.bytes = bytes;
    }

    /// Enters the response; called before its first byte is written, so that whoever has seen the
    /// response finds it in the transcript.
    pub(crate) fn respond(&self, number: usize, response: Option<(u16, Message)>) {
        let mut exchanges = self
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        exchanges[number].response = response;
    }

    fn token_text(&self) -> &str {
        // Made of hexadecimal digits.
        std::str::from_utf8(&self.token).unwrap_or_default()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Place")
            .field("token", &self.token_text())
            .finish_non_exhaustive()
    }
}

fn names_a_path(set_cookie: &str) -> bool {
    set_cookie.split(';').skip(1).any(|attribute| {
        attribute
            .split('=')
            .next()
            .unwrap_or_default()
            .trim()
            .eq_ignore_ascii_case("path")
    })
}

fn canonical(exchange: &Exchange, names: &Names) -> Exchange {
    Exchange {
        step: exchange.step,
        to: exchange.to.clone(),
        protocol: exchange.protocol,
        method: exchange.method.clone(),
        target: names.to_canonical_text(&exchange.target),
        request: canonical_message(&exchange.request, names),
        response: exchange
            .response
            .as_ref()
            .map(|(status, message)| (*status, canonical_message(message, names))),
        aborted: exchange.aborted,
        conversation: exchange.conversation.clone(),
    }
}

fn canonical_message(message: &Message, names: &Names) -> Message {
    Message {
        reason_phrase: message.reason_phrase.clone(),
        headers: message
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), names.to_canonical(value)))
            .collect(),
        body: names.to_canonical(&message.body),
        bytes: message.bytes.clone(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a=1; SameSite=None; Secure", false)]
    #[case("path=1", false)]
    #[case("a=path; Secure", false)]
    #[case("a=1; Path=/x", true)]
    #[case("a=1;PATH", true)]
    fn a_path_attribute_is_recognised(#[case] set_cookie: &str, #[case] expected: bool) {
        assert_eq!(names_a_path(set_cookie), expected);
    }
}
