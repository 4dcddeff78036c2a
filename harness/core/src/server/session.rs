//! One permutation's place on the server: its token, its scripts and what was said there.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::NamedOrigin;
use super::canonical::canonical;
use super::names::{Names, Ports};
use super::policy::{self, PolicyServer};
use super::route::path;
use super::upstream::{Upstream, UpstreamFault};
use crate::case::scenario::{Answer, CookieSetup, Permutation, Script};
use crate::tape::head::values;
use crate::tape::{Exchange, Transcript};

/// Who answers the requests of a session.
#[derive(Clone, Debug)]
pub enum Backend {
    /// A server under test elsewhere.
    Forward(Arc<Upstream>),
    /// A server that obeys a policy, or nearly so.
    Policy(Arc<PolicyServer>),
    /// The scripts of the permutation.
    Script,
}

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

    /// Everything said so far, in the order in which the requests arrived, in canonical form. What is said
    /// after the last step has [`settled`](Self::settled) is no part of it: when it is read would matter.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        let names = &self.place.names;
        let said = self.place.said();
        let exchanges = said.settled.as_ref().unwrap_or(&said.exchanges);
        exchanges
            .iter()
            .map(|exchange| canonical(exchange, names))
            .collect()
    }

    /// What kept a server under test from answering, in the order in which it happened.
    #[must_use]
    pub fn faults(&self) -> Vec<UpstreamFault> {
        self.place.said().faults.clone()
    }

    /// Waits until what the scenario expects was said in the current step and the server has nothing more
    /// to say or to wait for, or some time has passed without that. A client that goes away is noticed a little
    /// later than it went; the transcript is complete when this returns.
    pub async fn settled(&self) {
        self.place.settled().await;
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
    pub(crate) fn open(
        self: &Arc<Self>,
        permutation: &Permutation,
        ports: Ports,
        backend: Backend,
    ) -> Session {
        let number = self.opened.fetch_add(1, Ordering::Relaxed) + 1;
        let mut token = [0; 8];
        token.copy_from_slice(format!("{number:08x}").as_bytes());
        let place = Arc::new(Place {
            names: Names::new(ports, token),
            token,
            backend,
            scripts: permutation
                .steps
                .iter()
                .map(|step| step.server.clone())
                .collect(),
            expected: permutation
                .steps
                .iter()
                .map(|step| Some(step.expect.sent.as_ref()?.value.len()))
                .collect(),
            cookies: permutation.cookies.clone(),
            step: AtomicUsize::new(0),
            said: Mutex::new(Said {
                exchanges: Vec::new(),
                settled: None,
                faults: Vec::new(),
                under_way: 0,
                changed: Instant::now(),
            }),
            changed: Notify::new(),
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

/// Where an answer comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// From a server under test.
    Elsewhere(Arc<Upstream>),
    /// From the session; `None` where a script has none.
    Here(Option<Box<Answer>>),
}

/// What the server knows of a session. Requests under way keep it alive.
pub(crate) struct Place {
    token: [u8; 8],
    pub(crate) names: Names,
    backend: Backend,
    scripts: Vec<Script>,
    /// How many requests each step must make, where its scenario says so.
    expected: Vec<Option<usize>>,
    cookies: Vec<CookieSetup>,
    step: AtomicUsize,
    said: Mutex<Said>,
    /// Told whenever an exchange begins or ends.
    pub(super) changed: Notify,
}

/// What was said in a session so far.
#[derive(Debug)]
pub(super) struct Said {
    /// As they were on the wire; made canonical when they are read.
    pub(super) exchanges: Vec<Exchange>,
    /// As they were when the last step had settled.
    pub(super) settled: Option<Vec<Exchange>>,
    /// What kept a server under test from answering.
    pub(super) faults: Vec<UpstreamFault>,
    /// How many of them are not complete.
    pub(super) under_way: usize,
    /// When one began or ended last.
    pub(super) changed: Instant,
}

impl Place {
    pub(crate) fn set_step(&self, step: usize) {
        self.step.store(step, Ordering::SeqCst);
    }

    pub(crate) fn step(&self) -> usize {
        self.step.load(Ordering::SeqCst)
    }

    /// Whether no other step follows the current one.
    pub(super) fn is_at_its_end(&self) -> bool {
        self.step() + 1 >= self.scripts.len()
    }

    /// How many requests the current step must make, if its scenario says so.
    pub(super) fn expected(&self) -> Option<usize> {
        *self.expected.get(self.step())?
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

    /// Enters a request for `resource` as it arrives. The number is where the rest of its exchange
    /// belongs.
    pub(crate) fn begin(&self, exchange: Exchange, resource: &str) -> (usize, Source) {
        let mut said = self.said();
        let source = match &self.backend {
            Backend::Forward(upstream) => Source::Elsewhere(Arc::clone(upstream)),
            Backend::Policy(server) => {
                Source::Here(Some(Box::new(self.obey(server, &exchange, resource))))
            }
            Backend::Script => {
                let answer = self.answer(&said.exchanges, &exchange, resource);
                Source::Here(answer.map(|answer| Box::new(answer.clone())))
            }
        };
        said.exchanges.push(exchange);
        said.under_way += 1;
        said.changed = Instant::now();
        let number = said.exchanges.len() - 1;
        drop(said);
        self.changed.notify_waiters();
        (number, source)
    }

    /// What a server answers that obeys a policy.
    fn obey(&self, server: &PolicyServer, exchange: &Exchange, resource: &str) -> Answer {
        let headers: Vec<_> = exchange
            .request
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), self.names.to_canonical(value)))
            .collect();
        server.answer(policy::Request {
            method: &exchange.method,
            resource,
            headers: &headers,
        })
    }

    /// Enters what kept a server under test from answering.
    pub(crate) fn note_fault(&self, fault: UpstreamFault) {
        self.said().faults.push(fault);
    }

    /// Changes what is known of an exchange.
    pub(crate) fn edit(&self, number: usize, change: impl FnOnce(&mut Exchange)) {
        change(&mut self.said().exchanges[number]);
    }

    /// Enters the end of an exchange.
    pub(crate) fn end(&self, number: usize, is_aborted: bool) {
        let mut said = self.said();
        said.exchanges[number].aborted = is_aborted;
        said.under_way -= 1;
        said.changed = Instant::now();
        drop(said);
        self.changed.notify_waiters();
    }

    pub(super) fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer that the script of the exchange's step has; the last script stays for good.
    fn answer(&self, before: &[Exchange], exchange: &Exchange, resource: &str) -> Option<&Answer> {
        let script = self
            .scripts
            .get(exchange.step)
            .or_else(|| self.scripts.last())?;
        let is_preflight = is_preflight(exchange);
        let hop = resource
            .strip_prefix("hop")
            .and_then(|number| number.parse::<usize>().ok())
            .and_then(|number| script.hops.get(number.checked_sub(1)?));
        let (_, name) = resource.rsplit_once('/').unwrap_or(("", resource));
        let other = script.resources.iter().find(|(other, _)| other == name);
        Some(match (hop, other, is_preflight) {
            (Some(hop), _, true) => &hop.preflight,
            (Some(hop), _, false) => &hop.response,
            (None, _, true) => &script.preflight,
            (None, Some((_, answer)), false) => answer,
            (None, None, false) => {
                let again = script.then.len().min(repetitions(before, exchange));
                match again.checked_sub(1) {
                    None => &script.response,
                    Some(last) => &script.then[last],
                }
            }
        })
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

/// Whether this asks for permission to make another request.
///
/// <https://fetch.spec.whatwg.org/#cors-preflight-request>
fn is_preflight(exchange: &Exchange) -> bool {
    let has = |name| values(&exchange.request.headers, name).next().is_some();
    exchange.method == "OPTIONS" && has("origin") && has("access-control-request-method")
}

/// How often the same was asked for before, in the same step.
fn repetitions(before: &[Exchange], exchange: &Exchange) -> usize {
    let is_same = |earlier: &&Exchange| {
        earlier.step == exchange.step
            && path(&earlier.target) == path(&exchange.target)
            && !is_preflight(earlier)
    };
    before.iter().filter(is_same).count()
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
