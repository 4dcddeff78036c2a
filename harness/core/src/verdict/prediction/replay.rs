//! One step, played by the model with the answers on the tape.

use std::time::Duration;

use corspec_fetch::{
    Decision, Fetch, HeaderList, HttpRequest, HttpResponse, Outcome, Reason, Request,
    Step as ModelStep, UserAgent, websocket, xdr,
};
use url::Url;

use crate::agent::call::{request_of, shown};
use crate::agent::exact;
use crate::agent::poll::Poller;
use crate::agent::source::Source;
use crate::case::scenario::{BodyKind, Mechanism, Page, Step};
use crate::server::{Listener, NamedOrigin};
use crate::tape::Exchange;

/// How a step ends for the model.
pub(super) enum Replayed {
    /// Like this.
    Ended(Outcome),
    /// The standard, or what else there is on the tape, leaves it open.
    Open,
    /// Something was sent that the model would not have sent, or the other way round.
    Parted(String),
}

/// A step under way.
pub(super) struct Replay<'tape> {
    step: &'tape Step,
    exchanges: Vec<&'tape Exchange>,
    /// How many of them the model has made.
    made: usize,
    agent: &'tape mut UserAgent,
    now: Duration,
    decisions: Vec<Decision>,
}

impl<'tape> Replay<'tape> {
    pub(super) fn new(
        step: &'tape Step,
        exchanges: Vec<&'tape Exchange>,
        agent: &'tape mut UserAgent,
        now: Duration,
    ) -> Self {
        Self {
            step,
            exchanges,
            made: 0,
            agent,
            now,
            decisions: Vec::new(),
        }
    }

    pub(super) fn play(&mut self, page: &Page) -> Replayed {
        let plan = &self.step.request;
        if !plan.via.is_on_the_wire() {
            return Replayed::Open;
        }
        if plan.via == Mechanism::Http {
            return self.exact_request();
        }
        let request = match request_of(page, plan, str::to_owned) {
            Err(block) => return Replayed::Ended(Outcome::Block(block)),
            Ok(request) => request,
        };
        let replayed = match plan.via {
            Mechanism::EventSource => self.event_source(request),
            Mechanism::LongPoll | Mechanism::LongPollXhr => self.long_poll(request),
            Mechanism::WebSocket => self.web_socket(request),
            Mechanism::Xdr => self.cross_domain_request(&request),
            _ => self.call(request),
        };
        // Which comes first, the page's patience or the answer, is for the clock to say.
        if plan.abort.is_some() || plan.timeout.is_some() {
            return Replayed::Open;
        }
        replayed.unwrap_or_else(Replayed::Parted)
    }

    fn exact_request(&mut self) -> Replayed {
        let plan = &self.step.request;
        let (Some(exchange), Ok(url)) = (self.exchanges.first(), Url::parse(&plan.url)) else {
            return Replayed::Open;
        };
        self.made = 1;
        let Some(response) = answer_of(exchange) else {
            return Replayed::Ended(Outcome::Block(Reason::NetworkError.into()));
        };
        let request: HeaderList = plan.headers.iter().cloned().collect();
        let outcome = exact::outcome(&plan.method, &request, plan.credentials, &url, response);
        Replayed::Ended(outcome)
    }

    /// What was sent beyond what the model sends.
    pub(super) fn surplus(&self) -> Option<String> {
        let surplus = self.exchanges.get(self.made..)?;
        let surplus = surplus
            .iter()
            .find(|exchange| !self.is_by_the_way(exchange))?;
        let surplus = describe(surplus);
        Some(format!(
            "{surplus} was sent, where the model sends nothing more"
        ))
    }

    pub(super) fn into_decisions(self) -> Vec<Decision> {
        self.decisions
    }

    /// `Err` says where the tape parts from the model.
    fn call(&mut self, request: Request) -> Result<Replayed, String> {
        let plan = &self.step.request;
        let url = request.url.clone();
        let outcome = self.fetch(request)?;
        Ok(match outcome {
            Outcome::Allow(_) if self.depends_on_others() => Replayed::Open,
            outcome if plan.via == Mechanism::Frame => Replayed::Ended(shown(outcome, &url)),
            outcome => Replayed::Ended(outcome),
        })
    }

    fn event_source(&mut self, request: Request) -> Result<Replayed, String> {
        let mut source = Source::new(self.step);
        let (mut fetch, mut next) = Fetch::start(request, self.agent, self.now);
        loop {
            let outcome = self.go_on(&mut fetch, next)?;
            if let Outcome::Allow(response) = &outcome
                && source.open(response).is_continue()
            {
                let _ = source.read(&response.body);
            }
            if let Some(response) = source.satisfied() {
                return Ok(Replayed::Ended(Outcome::Allow(response.clone())));
            }
            if source.end(&outcome).is_none() {
                return Ok(Replayed::Ended(source.outcome(outcome)));
            }
            next = fetch.again(source.header(), self.agent, self.now);
        }
    }

    fn long_poll(&mut self, first: Request) -> Result<Replayed, String> {
        let mut poller = Poller::new(first, self.step);
        loop {
            let request = poller.next_request();
            let outcome = match self.fetch(request)? {
                Outcome::Allow(response) => match poller.read(&response) {
                    Ok(_) if poller.is_satisfied() => {
                        return Ok(Replayed::Ended(Outcome::Allow(response)));
                    }
                    Ok(_) => continue,
                    Err(reason) => Outcome::Block(reason.into()),
                },
                blocked @ Outcome::Block(_) => blocked,
            };
            if !poller.tries_again() {
                return Ok(Replayed::Ended(outcome));
            }
        }
    }

    fn web_socket(&mut self, request: Request) -> Result<Replayed, String> {
        let protocols = &self.step.request.protocols;
        let outcome = self.fetch(request)?;
        let made = self
            .made
            .checked_sub(1)
            .and_then(|last| self.exchanges.get(last));
        let (Outcome::Allow(_), Some(exchange)) = (&outcome, made) else {
            return Ok(Replayed::Ended(outcome));
        };
        let header = |name: &str| {
            let headers: HeaderList = exchange.request.headers.iter().cloned().collect();
            String::from_utf8_lossy(&headers.get(name).unwrap_or_default()).into_owned()
        };
        let offered = header("sec-websocket-extensions");
        let offered = offered
            .split(',')
            .map(|it| it.split(';').next().unwrap_or_default().trim());
        let offered: Vec<&str> = offered.filter(|name| !name.is_empty()).collect();
        let Some(answer) = answer_of(exchange) else {
            return Ok(Replayed::Ended(outcome));
        };
        let key = header("sec-websocket-key");
        let judged = websocket::judge(&key, protocols, &offered, answer.status, &answer.headers);
        Ok(Replayed::Ended(match judged {
            Ok(_) => outcome,
            Err(block) => Outcome::Block(block),
        }))
    }

    fn cross_domain_request(&mut self, request: &Request) -> Result<Replayed, String> {
        let outcome = match xdr::request(request) {
            Err(block) => Outcome::Block(block),
            Ok(sent) => xdr::judge(&request.origin, &request.url, self.send(&sent)?),
        };
        self.decisions.extend(xdr::decisions(&outcome));
        Ok(Replayed::Ended(outcome))
    }

    fn fetch(&mut self, request: Request) -> Result<Outcome, String> {
        let (mut fetch, model) = Fetch::start(request, self.agent, self.now);
        self.go_on(&mut fetch, model)
    }

    fn go_on(&mut self, fetch: &mut Fetch, mut model: ModelStep) -> Result<Outcome, String> {
        let ended = loop {
            match model {
                ModelStep::Done(outcome) => break Ok(outcome),
                ModelStep::Send(request) => {
                    model = match self.send(&request) {
                        Err(divergence) => break Err(divergence),
                        Ok(Some(answer)) => fetch.receive(answer, self.agent, self.now),
                        Ok(None) => fetch.fail(self.agent),
                    };
                }
            }
        };
        self.decisions.extend_from_slice(fetch.decisions());
        ended
    }

    /// The answer to a request; none where there was none.
    fn send(&mut self, request: &HttpRequest) -> Result<Option<HttpResponse>, String> {
        let next = self.exchanges.get(self.made).copied();
        match next {
            Some(exchange) if is_same(exchange, request) => {
                self.made += 1;
                Ok(answer_of(exchange))
            }
            // What could not be sent leaves nothing on the tape.
            None if !can_be_sent(self.step, request) => Ok(None),
            next => {
                let found = next.map_or_else(|| "nothing".to_owned(), describe);
                Err(format!(
                    "{found} was sent, where the model sends {} {}",
                    request.method, request.url
                ))
            }
        }
    }

    /// Whether a surplus request is no business of the model: what a script or a stylesheet asks for,
    /// and another range of a sound or a film.
    fn is_by_the_way(&self, exchange: &Exchange) -> bool {
        let path = exchange.target.split('?').next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_range = matches!(self.step.request.via, Mechanism::Audio | Mechanism::Video)
            && exchange.method == "GET";
        let resources = &self.step.server.resources;
        is_range || resources.iter().any(|(resource, _)| resource == name)
    }

    /// Whether the outcome depends on resources that only a script or a stylesheet knows of.
    fn depends_on_others(&self) -> bool {
        let step = self.step;
        let loads_others = matches!(
            step.request.via,
            Mechanism::Module
                | Mechanism::ServiceWorker
                | Mechanism::SharedWorker
                | Mechanism::Style
                | Mechanism::Worker
        );
        loads_others && !step.server.resources.is_empty()
    }
}

fn describe(exchange: &Exchange) -> String {
    format!(
        "{} {}{}",
        exchange.method,
        exchange.to.serialize(),
        exchange.target
    )
}

fn is_same(exchange: &Exchange, request: &HttpRequest) -> bool {
    let url = format!("{}{}", exchange.to.serialize(), exchange.target);
    let same_url = Url::parse(&url).is_ok_and(|url| {
        let mut requested = request.url.clone();
        requested.set_fragment(None);
        // Both fail only for URLs that cannot have them.
        let _ = requested.set_username("");
        let _ = requested.set_password(None);
        url == requested
    });
    same_url && exchange.method == request.method.as_str()
}

/// Whether a request must leave its trace at the reference server: it listens there, and the request
/// is one that its protocol can carry.
///
/// A stream needs HTTP/2: <https://fetch.spec.whatwg.org/#http-network-fetch>. A WebSocket needs
/// HTTP/1.1, as long as the server does not know <https://www.rfc-editor.org/rfc/rfc8441>.
fn can_be_sent(step: &Step, request: &HttpRequest) -> bool {
    let url = &request.url;
    let listener = NamedOrigin::all().into_iter().find(|origin| {
        url.host_str() == Some(origin.host())
            && url.port() == Some(origin.listener().canonical_port())
            && url.scheme() == origin.listener().scheme()
    });
    let streams = request.body.is_some()
        && step
            .request
            .body
            .as_ref()
            .is_some_and(|body| body.kind == BodyKind::Stream);
    let is_socket = step.request.via == Mechanism::WebSocket;
    listener.is_some_and(|origin| match origin.listener() {
        Listener::HttpsHttp2 => !is_socket,
        _ => !streams,
    })
}

fn answer_of(exchange: &Exchange) -> Option<HttpResponse> {
    // What is not HTTP has no status.
    let (status, message) = exchange
        .response
        .as_ref()
        .filter(|(status, _)| *status != 0)?;
    let headers = message.headers.iter().cloned().collect::<HeaderList>();
    let announced = headers.get("content-length");
    let announced = announced.and_then(|length| String::from_utf8(length).ok()?.parse().ok());
    Some(HttpResponse {
        status: *status,
        reason_phrase: message.reason_phrase.clone(),
        is_cut: exchange.method != "HEAD"
            && (message.is_unfinished
                || announced.is_some_and(|announced: usize| announced > message.body.len())),
        headers,
        body: message.body.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Suite;
    use crate::case::scenario::Permutation;
    use crate::tape::{Message, Protocol};
    use crate::verdict::prediction::predict;

    fn permutation(request: &str) -> Permutation {
        let suite = format!(
            "{{ title: T, about: user-agent, scenarios: [{{ id: one, title: One, \
             covers: [cc-acao-star], request: {request}, expect: {{ outcome: allow }} }}] }}"
        );
        let suite = Suite::from_files([("area/topic.yaml", suite.as_str())]).unwrap();
        suite.permutations[0].as_ref().clone()
    }

    fn exchange(target: &str, status: u16, headers: &[(&str, &str)], body: &str) -> Exchange {
        let message = Message {
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).into()))
                .collect(),
            body: body.into(),
            ..Message::default()
        };
        Exchange {
            step: 0,
            to: "api".parse().unwrap(),
            protocol: Protocol::Http1,
            method: "GET".to_owned(),
            target: target.to_owned(),
            request: Message::default(),
            response: Some((status, message)),
            aborted: false,
            conversation: None,
        }
    }

    const ALLOW: (&str, &str) = ("Access-Control-Allow-Origin", "*");
    const STREAM: (&str, &str) = ("Content-Type", "text/event-stream");
    const RESOURCE: &str = "/scenario/resource";

    /// `allow` or the reason, `open` where there is none of both; and the divergence.
    fn predicted(permutation: &Permutation, tape: &[Exchange]) -> (String, Option<String>) {
        let prediction = predict(permutation, tape).remove(0);
        let verdict = match prediction.verdict {
            None => "open".to_owned(),
            Some(verdict) => verdict
                .because
                .map_or_else(|| "allow".to_owned(), |it| it.code().to_owned()),
        };
        (verdict, prediction.divergence)
    }

    #[test]
    fn a_stream_that_breaks_off_is_asked_for_again() {
        let permutation = permutation("{ via: eventsource, messages: 2 }");
        let tape = [
            exchange(RESOURCE, 200, &[ALLOW, STREAM], "data: a\n\n"),
            exchange(RESOURCE, 200, &[ALLOW, STREAM], "data: b\n\n"),
        ];
        assert_eq!(predicted(&permutation, &tape), ("allow".to_owned(), None));
        let (verdict, divergence) = predicted(&permutation, &tape[..1]);
        assert_eq!(verdict, "open");
        assert!(divergence.unwrap().starts_with("nothing was sent"));
    }

    #[test]
    fn a_stream_of_another_type_fails_for_good() {
        let permutation = permutation("{ via: eventsource, messages: 2 }");
        let tape = [exchange(RESOURCE, 200, &[ALLOW], "data: a\n\n")];
        let expected = ("event-stream-type".to_owned(), None);
        assert_eq!(predicted(&permutation, &tape), expected);
    }

    #[test]
    fn polls_go_on_where_the_answer_says() {
        let permutation = permutation("{ via: long-poll, messages: 2 }");
        let first = r#"{"next": 2, "messages": ["one"]}"#;
        let second = r#"{"next": 3, "messages": ["two"]}"#;
        let tape = [
            exchange(RESOURCE, 200, &[ALLOW], first),
            exchange("/scenario/resource?after=2", 204, &[ALLOW], ""),
            exchange("/scenario/resource?after=2", 200, &[ALLOW], second),
        ];
        assert_eq!(predicted(&permutation, &tape), ("allow".to_owned(), None));
    }

    #[test]
    fn a_poll_that_cors_forbids_is_made_four_times() {
        let permutation = permutation("{ via: long-poll }");
        let poll = || exchange(RESOURCE, 200, &[], "{}");
        let tape = [poll(), poll(), poll(), poll()];
        let expected = ("allow-origin-missing".to_owned(), None);
        assert_eq!(predicted(&permutation, &tape), expected);
    }

    #[test]
    fn a_handshake_is_judged_by_its_key() {
        let permutation = permutation("{ via: websocket }");
        let answer = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ];
        let mut tape = [exchange(RESOURCE, 101, &answer, "")];
        let key = |key: &str| vec![("Sec-WebSocket-Key".to_owned(), key.into())];
        tape[0].request.headers = key("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(predicted(&permutation, &tape).0, "allow");
        tape[0].request.headers = key("another");
        assert_eq!(predicted(&permutation, &tape).0, "websocket-handshake");
    }

    #[test]
    fn what_the_clock_decides_is_left_open() {
        let permutation = permutation("{ abort: 50ms }");
        let tape = [exchange(RESOURCE, 200, &[], "")];
        assert_eq!(predicted(&permutation, &tape), ("open".to_owned(), None));
    }

    #[test]
    fn an_image_is_judged_by_its_bytes() {
        let permutation = permutation("{ via: image }");
        let image = |body| [exchange(RESOURCE, 404, &[], body)];
        assert_eq!(predicted(&permutation, &image("GIF89a")).0, "allow");
        assert_eq!(predicted(&permutation, &image("ok")).0, "content-invalid");
    }

    #[test]
    fn a_cross_domain_request_has_its_own_rules() {
        let permutation = permutation("{ via: xdr }");
        let tape = [exchange(RESOURCE, 200, &[], "")];
        assert_eq!(predicted(&permutation, &tape).0, "xdr-allow-origin");
        let tape = [exchange(RESOURCE, 200, &[ALLOW], "")];
        assert_eq!(predicted(&permutation, &tape).0, "allow");
    }
}
