//! One call, made as a page makes it.

use std::collections::HashMap;
use std::pin::pin;

use corspec_fetch::header_list::is_header_name;
use corspec_fetch::{
    Decision, Fetch, HeaderList, HttpRequest, HttpResponse, Outcome, Purpose, Request, Step,
    UserAgent,
};

use super::watch::{Arrival, Watch};
use super::{Exchanged, Outgoing, TransportError, Wire};
use crate::tape::Message;

/// What became of a call.
#[derive(Debug)]
pub struct Visit {
    /// How it ended for the page.
    pub outcome: Outcome,
    /// The decisions on the way there, in order.
    pub decisions: Vec<Decision>,
    /// Everything that was sent, in order.
    pub legs: Vec<Leg>,
    /// Whether the page may see how long everything took.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-tao-check>
    pub shares_timing: bool,
    /// Whether status and headers were visible before the call failed with its body.
    pub has_lost_body: bool,
}

/// One request of a call, and what came of it.
#[derive(Debug)]
pub struct Leg {
    /// What the request is for.
    pub purpose: Purpose,
    /// The request as it was to be sent.
    pub outgoing: Outgoing,
    /// What was said.
    pub exchanged: Exchanged,
}

impl Visit {
    /// What is known of a call that was ended from outside.
    pub(super) fn ended(outcome: Outcome) -> Self {
        Self {
            outcome,
            decisions: Vec::new(),
            legs: Vec::new(),
            shares_timing: false,
            has_lost_body: false,
        }
    }

    pub(super) fn new(outcome: Outcome, fetch: &Fetch, legs: Vec<Leg>) -> Self {
        Self {
            outcome,
            decisions: fetch.decisions().to_vec(),
            legs,
            shares_timing: fetch.shares_timing(),
            has_lost_body: fetch.has_lost_body(),
        }
    }

    /// Why the last request got no whole and well-formed response, if it did not.
    #[must_use]
    pub fn failure(&self) -> Option<&TransportError> {
        self.legs.last()?.exchanged.failure.as_ref()
    }
}

impl Wire {
    /// Makes one call, against any URL that the transport reaches: sends what the model says that a
    /// browser sends, until script would see an outcome.
    ///
    /// The user agent keeps its cookies and preflights from one call to the next. Its time is that of
    /// this wire agent, so it is not to be carried over to another.
    ///
    /// A head is an answer, even if the body behind it comes to no end within the deadline or is longer
    /// than anyone should read: script has its response by then. The leg has that as its failure.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-fetch>
    pub async fn fetch(&self, request: Request, agent: &mut UserAgent) -> Visit {
        self.go(request, agent, Manner::Head).await
    }

    /// Makes one call; `alone` gives each of its requests a connection of its own.
    pub(super) async fn visit(
        &self,
        request: Request,
        agent: &mut UserAgent,
        alone: bool,
    ) -> Visit {
        let manner = if alone { Manner::Alone } else { Manner::Kept };
        self.go(request, agent, manner).await
    }

    async fn go(&self, request: Request, agent: &mut UserAgent, manner: Manner) -> Visit {
        let mut legs = Vec::new();
        let (mut fetch, mut next) = Fetch::start(request, agent, self.now());
        loop {
            match next {
                Step::Done(outcome) => return Visit::new(outcome, &fetch, legs),
                Step::Send(request) => {
                    let (leg, has_head) = self.send(request, manner).await;
                    let answer = match leg.exchanged.response.as_ref().filter(|_| has_head) {
                        Some((status, message)) => Some(head_of(*status, message)),
                        None => response(&leg.exchanged),
                    };
                    next = match answer {
                        Some(response) => fetch.receive(response, agent, self.now()),
                        None => fetch.fail(agent),
                    };
                    legs.push(leg);
                }
            }
        }
    }

    /// Sends a request; and whether its answer counts although its body has no end.
    async fn send(&self, request: HttpRequest, manner: Manner) -> (Leg, bool) {
        let purpose = request.purpose;
        let alone = request.on_new_connection;
        let outgoing = outgoing(request);
        let (exchanged, has_head) = match manner {
            Manner::Head => self.exchange_for_head(&outgoing, alone).await,
            Manner::Kept if !alone => (self.transport.exchange(&outgoing).await, false),
            Manner::Alone | Manner::Kept => (self.transport.exchange_alone(&outgoing).await, false),
        };
        let leg = Leg {
            purpose,
            outgoing,
            exchanged,
        };
        (leg, has_head)
    }

    /// Makes an exchange; where its body comes to no end, its head stands for it.
    async fn exchange_for_head(&self, outgoing: &Outgoing, alone: bool) -> (Exchanged, bool) {
        let (watch, mut arrivals) = Watch::new();
        let mut head = None;
        let mut keep = |arrival| {
            if let Arrival::Head(status, message) = arrival {
                head = Some((status, message));
            }
        };
        let exchange = self.transport.exchange_watched(outgoing, alone, &watch);
        let mut exchange = pin!(exchange);
        let mut exchanged = loop {
            tokio::select! {
                exchanged = &mut exchange => break exchanged,
                // Parts are taken as they come, and not kept.
                Some(arrival) = arrivals.recv() => keep(arrival),
            }
        };
        while let Ok(arrival) = arrivals.try_recv() {
            keep(arrival);
        }
        let is_endless = matches!(
            exchanged.failure,
            Some(TransportError::Deadline { .. } | TransportError::TooLong(_))
        );
        let has_head = is_endless && head.is_some();
        if has_head {
            exchanged.response = head;
        }
        (exchanged, has_head)
    }
}

/// How the requests of a call are made.
#[derive(Clone, Copy)]
enum Manner {
    /// Each over a connection of its own.
    Alone,
    /// Until the head is there at least.
    Head,
    /// Over connections that are kept, to the end of the body.
    Kept,
}

pub(super) fn outgoing(request: HttpRequest) -> Outgoing {
    Outgoing {
        method: request.method.as_str().to_owned(),
        url: request.url,
        headers: personal_headers(&request.headers),
        body: request.body,
    }
}

/// A response whose body is still to come.
pub(super) fn head_of(status: u16, head: &Message) -> HttpResponse {
    HttpResponse {
        status,
        headers: header_list(head),
        reason_phrase: head.reason_phrase.clone(),
        body: Vec::new(),
        is_cut: false,
    }
}

/// What the model is told; nothing where there is no response that a browser would take.
pub(super) fn response(exchanged: &Exchanged) -> Option<HttpResponse> {
    let is_cut = match &exchanged.failure {
        None => false,
        // The model knows what a cut body matters to.
        Some(TransportError::Cut) => true,
        Some(_) => return None,
    };
    let (status, message) = exchanged.response.as_ref()?;
    Some(HttpResponse {
        status: *status,
        headers: header_list(message),
        reason_phrase: message.reason_phrase.clone(),
        body: message.body.clone(),
        is_cut,
    })
}

/// What the model leaves to the client, around what the model says.
pub(super) fn personal_headers(headers: &HeaderList) -> Vec<(String, Vec<u8>)> {
    let mut lines = headers.lines().to_vec();
    for (name, value) in PERSONAL_HEADERS {
        if !headers.contains(name) {
            lines.push((name.to_owned(), value.as_bytes().to_vec()));
        }
    }
    lines
}

/// The header list a browser makes of the lines of a response: a folded value is put on one line, and
/// lines whose name is none are dropped.
///
/// <https://www.rfc-editor.org/rfc/rfc9112.html#name-obsolete-line-folding>
pub(crate) fn header_list(message: &Message) -> HeaderList {
    // As `HeaderList::append` does it, which would take its time with as many lines as some servers send.
    let mut first_names: HashMap<String, &str> = HashMap::new();
    let lines = message
        .headers
        .iter()
        .filter(|(name, _)| is_header_name(name));
    lines
        .map(|(name, value)| {
            let first = first_names.entry(name.to_ascii_lowercase());
            let name = (*first.or_insert(name.as_str())).to_owned();
            let unfolded = value.iter().map(|byte| match byte {
                b'\r' | b'\n' => b' ',
                byte => *byte,
            });
            (name, unfolded.collect())
        })
        .collect()
}

const PERSONAL_HEADERS: [(&str, &str); 3] = [
    ("User-Agent", concat!("corspec/", env!("CARGO_PKG_VERSION"))),
    ("Accept-Language", "en"),
    ("Accept-Encoding", "identity"),
];
