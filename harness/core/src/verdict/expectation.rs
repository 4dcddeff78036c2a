//! What a case expects, held against what happened. `expect:` decides; nothing else does.

use corspec_fetch::{Reason, ResponseType, VisibleResponse};

use super::caching;
use super::field::{mismatch, show};
use super::judgement::Finding;
use crate::agent::{End, Observation, ScriptEvent};
use crate::case::scenario::{
    Delivery, ExpectedEvent, ExpectedExchange, ExpectedOutcome, ExpectedResponse,
    HeaderExpectation, Level, Located, Location, Mechanism, Permutation, SocketMessage, Step,
};
use crate::tape::{Conversation, Exchange};

/// The expectations of a permutation that did not come true, in the order of the steps.
pub(crate) fn findings(
    permutation: &Permutation,
    transcript: &[Exchange],
    observations: &[Observation],
    runs_script: bool,
) -> Vec<Finding> {
    let level = permutation.scenario.level;
    let mut findings = Vec::new();
    for (index, (step, observation)) in permutation.steps.iter().zip(observations).enumerate() {
        let exchanges: Vec<&Exchange> = transcript.iter().filter(|e| e.step == index).collect();
        let mut judge = StepJudge {
            step: index,
            level,
            runs_script,
            findings: &mut findings,
        };
        judge.outcome(step, observation);
        judge.delivery(step, &exchanges, observation);
        judge.sent(step, &exchanges);
        if let End::Visible(response) = &observation.end {
            judge.response(step.request.via, &step.expect.response, response);
        }
        judge.events(step, observation);
        judge.facts(step, observation);
        let until_now: Vec<&Exchange> = transcript.iter().filter(|e| e.step <= index).collect();
        judge.caching(step, &until_now);
    }
    if permutation.is_wire_only() {
        for finding in &mut findings {
            // What no browser can cause harms nobody: it may be worth a warning.
            finding.level = finding.level.max(Level::Should);
        }
    }
    findings
}

/// How far the exchange of one step got.
pub(crate) fn delivery<'tape>(
    exchanges: impl IntoIterator<Item = &'tape Exchange>,
    observation: &Observation,
) -> Delivery {
    let sent = exchanges
        .into_iter()
        .any(|exchange| !is_preflight(exchange));
    match &observation.end {
        End::Visible(response) if is_readable(response) => Delivery::Visible,
        _ if sent => Delivery::Hidden,
        _ => Delivery::NotSent,
    }
}

/// Whether this exchange is a CORS-preflight request. No page can set the header that tells.
///
/// <https://fetch.spec.whatwg.org/#cors-preflight-request>
pub(crate) fn is_preflight(exchange: &Exchange) -> bool {
    exchange.method == "OPTIONS"
        && exchange
            .request
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("access-control-request-method"))
}

/// Whether a reason is one of those expected. Told apart are steps of the standard; how finely an
/// engine speaks of them is its own affair.
pub(crate) fn is_among(reason: Reason, expected: &[Reason]) -> bool {
    expected
        .iter()
        .any(|expected| expected.is_same_step(reason))
}

fn is_readable(response: &VisibleResponse) -> bool {
    !is_opaque(response.kind)
}

const fn is_opaque(kind: ResponseType) -> bool {
    matches!(kind, ResponseType::Opaque | ResponseType::OpaqueRedirect)
}

/// Events that engines send as often as they like.
const OCCASIONAL_EVENTS: [&str; 3] = ["progress", "readystatechange", "upload-progress"];

struct StepJudge<'findings> {
    step: usize,
    level: Level,
    /// Whether the agent has a script that looks and listens.
    runs_script: bool,
    findings: &'findings mut Vec<Finding>,
}

impl StepJudge<'_> {
    fn outcome(&mut self, step: &Step, observation: &Observation) {
        let Some(expected) = &step.expect.outcome else {
            return;
        };
        let came_true = match (&expected.value, &observation.end) {
            (ExpectedOutcome::Allow, End::Visible(_)) => true,
            (ExpectedOutcome::Silent, End::Silent) => true,
            // An engine whose channels do not tell why is not said to have been wrong about it.
            (ExpectedOutcome::Block(reasons), End::Blocked(signal)) => {
                let is_expected = |because| is_among(because, reasons);
                reasons.is_empty() || signal.because.is_none_or(is_expected)
            }
            _ => false,
        };
        if !came_true {
            let actual = describe_observation(observation);
            self.find(
                "outcome",
                &expected.location,
                describe_outcome(&expected.value),
                actual,
            );
        }
    }

    fn delivery(&mut self, step: &Step, exchanges: &[&Exchange], observation: &Observation) {
        let Some(expected) = &step.expect.delivery else {
            return;
        };
        let actual = delivery(exchanges.iter().copied(), observation);
        if actual != expected.value {
            self.find(
                "delivery",
                &expected.location,
                word(expected.value),
                word(actual),
            );
        }
    }

    fn sent(&mut self, step: &Step, exchanges: &[&Exchange]) {
        let Some(expected) = &step.expect.sent else {
            return;
        };
        let methods: Vec<&str> = exchanges.iter().map(|e| e.method.as_str()).collect();
        let wanted: Vec<&str> = expected
            .value
            .iter()
            .map(|e| e.method.value.as_str())
            .collect();
        if methods != wanted {
            self.find("sent", &expected.location, list(&wanted), list(&methods));
            return;
        }
        for (expected, exchange) in expected.value.iter().zip(exchanges) {
            self.exchange(expected, exchange);
        }
    }

    fn exchange(&mut self, expected: &ExpectedExchange, exchange: &Exchange) {
        let method = &exchange.method;
        if let Some(to) = expected.to.as_ref().filter(|to| to.value != exchange.to) {
            let subject = format!("{method} is sent to");
            self.find(
                &subject,
                &to.location,
                to.value.to_string(),
                exchange.to.to_string(),
            );
        }
        let sent_query = exchange
            .target
            .find('?')
            .map_or("", |at| &exchange.target[at..]);
        if let Some(query) = expected.query.as_ref().filter(|it| it.value != sent_query) {
            let subject = format!("query of {method}");
            let quoted = |query: &str| format!("`{query}`");
            let (wanted, actual) = (quoted(&query.value), quoted(sent_query));
            self.find(&subject, &query.location, wanted, actual);
        }
        let request = &exchange.request.headers;
        self.headers(
            &format!("{method} request header"),
            &expected.headers,
            request,
            &[],
        );
        if let Some(body) = &expected.body {
            self.bytes(
                &format!("{method} request body"),
                body,
                &exchange.request.body,
            );
        }
        let answer = exchange.response.as_ref();
        if let Some(statuses) = &expected.answer.status {
            let status = answer.map(|(status, _)| *status);
            if !status.is_some_and(|status| statuses.value.iter().any(|it| it.matches(status))) {
                let wanted: Vec<String> = statuses.value.iter().map(ToString::to_string).collect();
                let actual = status.map_or_else(|| "no answer".to_owned(), |s| s.to_string());
                let subject = format!("status of the answer to {method}");
                self.find(&subject, &statuses.location, wanted.join(" or "), actual);
            }
        }
        self.aborted(expected, exchange);
        self.conversation(expected, exchange);
        let none = Vec::new();
        let headers = answer.map_or(&none, |(_, message)| &message.headers);
        let subject = format!("{method} response header");
        self.headers(&subject, &expected.answer.headers, headers, request);
    }

    fn aborted(&mut self, expected: &ExpectedExchange, exchange: &Exchange) {
        if let Some(aborted) = &expected.aborted
            && aborted.value != exchange.aborted
        {
            let word = |gone| if gone { "gone away" } else { "still there" };
            let subject = format!("the client of {} at the end of the answer", exchange.method);
            let (wanted, actual) = (word(aborted.value), word(exchange.aborted));
            self.find(&subject, &aborted.location, wanted, actual);
        }
    }

    fn conversation(&mut self, expected: &ExpectedExchange, exchange: &Exchange) {
        let nothing = Conversation::default();
        let said = exchange.conversation.as_ref().unwrap_or(&nothing);
        if let Some(received) = &expected.received
            && received.value != said.from_page
        {
            let (wanted, actual) = (messages(&received.value), messages(&said.from_page));
            self.find("messages received", &received.location, wanted, actual);
        }
        if let Some(closed) = &expected.closed {
            let actual = said.closed_by_page.as_ref();
            if actual != Some(&closed.value) {
                let actual = actual.map_or_else(|| "none".to_owned(), ToString::to_string);
                let wanted = closed.value.to_string();
                self.find("close received", &closed.location, wanted, actual);
            }
        }
    }

    /// What caches make of the answers so far.
    fn caching(&mut self, step: &Step, exchanges: &[&Exchange]) {
        if let Some(location) = &step.expect.vary {
            let incomplete = caching::incomplete_vary(exchanges);
            if !incomplete.is_empty() {
                let wanted = "what answers that differ depend on";
                self.find("Vary", location, wanted, incomplete.join("; "));
            }
        }
        if let Some(location) = &step.expect.shared_cache {
            let poisoned = caching::poisoned(exchanges, step.request.credentials);
            if !poisoned.is_empty() {
                let wanted = "nobody gets what others are told";
                self.find("shared cache", location, wanted, poisoned.join("; "));
            }
        }
    }

    /// What script was told. An agent that runs no script may have nothing to say.
    fn events(&mut self, step: &Step, observation: &Observation) {
        let (Some(expected), Some(events)) = (&step.expect.events, &observation.events) else {
            return;
        };
        let is_listed = |name: &str| expected.value.iter().any(|it| it.name == name);
        // Of what stays hidden there is no progress, however often it would be told.
        let is_kept_back = matches!(
            step.expect.delivery.as_ref().map(|it| it.value),
            Some(Delivery::Hidden | Delivery::NotSent)
        );
        let counts = |name: &str| {
            !OCCASIONAL_EVENTS.contains(&name)
                || (self.runs_script && (is_listed(name) || (is_kept_back && name == "progress")))
        };
        let events: Vec<_> = events.iter().filter(|it| counts(&it.name)).collect();
        let wanted: Vec<_> = expected
            .value
            .iter()
            .filter(|it| counts(&it.name))
            .collect();
        let is_same = |(expected, actual): (&&ExpectedEvent, &&ScriptEvent)| {
            let detail = expected.detail.as_ref();
            expected.name == actual.name && detail.is_none_or(|detail| *detail == actual.detail)
        };
        let all_same = wanted.iter().zip(&events).all(is_same);
        if wanted.len() != events.len() || !all_same {
            let none: &[u8] = &[];
            let wanted = wanted
                .iter()
                .map(|it| event(&it.name, it.detail.as_deref().unwrap_or(none)));
            let actual = events.iter().map(|it| event(&it.name, &it.detail));
            let (wanted, actual): (Vec<_>, Vec<_>) = (wanted.collect(), actual.collect());
            let join = |events: Vec<String>| {
                if events.is_empty() {
                    "none".to_owned()
                } else {
                    events.join(", ")
                }
            };
            self.find("events", &expected.location, join(wanted), join(actual));
        }
    }

    /// What script found out, as far as the agent can look at it.
    fn facts(&mut self, step: &Step, observation: &Observation) {
        for fact in &step.expect.script {
            let actual = match observation.facts.get(&fact.name) {
                Some(actual) => actual.as_str(),
                // Without a script nobody has looked.
                None if !self.runs_script => continue,
                None => "nothing",
            };
            if actual != fact.value.value {
                let subject = format!("script finds `{}`", fact.name);
                self.find(&subject, &fact.value.location, &fact.value.value, actual);
            }
        }
    }

    fn response(
        &mut self,
        via: Mechanism,
        expected: &ExpectedResponse,
        response: &VisibleResponse,
    ) {
        self.same("status", expected.status.as_ref(), &response.status);
        self.same(
            "status text",
            expected.status_text.as_ref(),
            &response.status_text,
        );
        let url = response
            .url
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        self.same("response URL", expected.url.as_ref(), &url);
        // An element tells only whether script can look into it.
        if via.has_crossorigin()
            && let Some(kind) = &expected.kind
        {
            let word = |readable| if readable { "readable" } else { "opaque" };
            let wanted = !is_opaque(kind.value);
            if wanted != is_readable(response) {
                let (wanted, actual) = (word(wanted), word(!wanted));
                self.find("response type", &kind.location, wanted, actual);
            }
        }
        // XMLHttpRequest has neither a response type nor `redirected`.
        if via == Mechanism::Fetch {
            self.same("response type", expected.kind.as_ref(), &response.kind);
            self.same(
                "redirected",
                expected.redirected.as_ref(),
                &response.redirected,
            );
        }
        let headers = response.headers.lines();
        self.headers("visible header", &expected.headers, headers, &[]);
        if let Some(body) = &expected.body {
            self.bytes("response body", body, &response.body);
        }
    }

    fn headers(
        &mut self,
        subject: &str,
        expected: &[HeaderExpectation],
        lines: &[(String, Vec<u8>)],
        request: &[(String, Vec<u8>)],
    ) {
        for header in expected {
            if let Some((wanted, actual)) = mismatch(&header.name, &header.matcher, lines, request)
            {
                self.findings.push(Finding {
                    level: header.level.unwrap_or(self.level),
                    step: self.step,
                    subject: format!("{subject} `{}`", header.name),
                    expected: wanted,
                    actual,
                    location: header.location.clone(),
                });
            }
        }
    }

    fn same<T: PartialEq + std::fmt::Debug>(
        &mut self,
        subject: &str,
        expected: Option<&Located<T>>,
        actual: &T,
    ) {
        if let Some(expected) = expected.filter(|expected| expected.value != *actual) {
            let (wanted, found) = (format!("{:?}", expected.value), format!("{actual:?}"));
            self.find(subject, &expected.location, wanted, found);
        }
    }

    fn bytes(&mut self, subject: &str, expected: &Located<Vec<u8>>, actual: &[u8]) {
        if expected.value != actual {
            let wanted = format!("`{}`", show(&expected.value));
            self.find(
                subject,
                &expected.location,
                wanted,
                format!("`{}`", show(actual)),
            );
        }
    }

    fn find(
        &mut self,
        subject: &str,
        location: &Location,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        self.findings.push(Finding {
            level: self.level,
            step: self.step,
            subject: subject.to_owned(),
            expected: expected.into(),
            actual: actual.into(),
            location: location.clone(),
        });
    }
}

fn describe_outcome(outcome: &ExpectedOutcome) -> String {
    match outcome {
        ExpectedOutcome::Allow => "allow".to_owned(),
        ExpectedOutcome::Silent => "silent".to_owned(),
        ExpectedOutcome::Block(reasons) => {
            if reasons.is_empty() {
                return "block".to_owned();
            }
            let codes: Vec<&str> = reasons.iter().map(|reason| reason.code()).collect();
            format!("block: {}", codes.join(" or "))
        }
    }
}

fn describe_observation(observation: &Observation) -> String {
    match &observation.end {
        End::Silent => "silent".to_owned(),
        End::Blocked(signal) => match (&signal.because, &signal.detail) {
            (Some(because), Some(detail)) => format!("block: {} ({detail})", because.code()),
            (Some(because), None) => format!("block: {}", because.code()),
            (None, _) => format!("block ({})", signal.error),
        },
        End::TimedOut => "no end within the deadline".to_owned(),
        End::Visible(response) => format!("allow (status {})", response.status),
    }
}

const fn word(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::NotSent => "not-sent",
        Delivery::Hidden => "hidden",
        Delivery::Visible => "visible",
    }
}

fn event(name: &str, detail: &[u8]) -> String {
    if detail.is_empty() {
        name.to_owned()
    } else {
        format!("{name} `{}`", show(detail))
    }
}

fn messages(messages: &[SocketMessage]) -> String {
    let shown = messages.iter().map(|message| match message {
        SocketMessage::Binary(bytes) => format!("binary `{}`", show(bytes)),
        SocketMessage::Text(text) => format!("`{}`", show(text.as_bytes())),
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() {
        "none".to_owned()
    } else {
        shown.join(", ")
    }
}

fn list(methods: &[&str]) -> String {
    if methods.is_empty() {
        "nothing".to_owned()
    } else {
        methods.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use corspec_fetch::HeaderList;
    use rstest::rstest;

    use super::*;
    use crate::agent::{BlockSignal, End};
    use crate::case::Suite;
    use crate::tape::{Message, Protocol};

    fn permutation(expect: &str) -> Arc<Permutation> {
        let suite = format!(
            "{{ title: T, about: user-agent, scenarios: [{{ id: one, title: One, \
             covers: [cc-acao-star], expect: {{ {expect} }} }}] }}"
        );
        let suite = Suite::from_files([("area/topic.yaml", suite)]);
        match suite {
            Ok(suite) => Arc::clone(&suite.permutations[0]),
            Err(error) => panic!("{}", error.render(false)),
        }
    }

    fn exchange(method: &str) -> Exchange {
        let headers = vec![("X-Probe".to_owned(), b"1".to_vec())];
        let message = Message {
            headers,
            body: b"body".to_vec(),
            ..Message::default()
        };
        Exchange {
            step: 0,
            to: "api".parse().unwrap(),
            protocol: Protocol::Http1,
            method: method.to_owned(),
            target: "/scenario/resource".to_owned(),
            request: message.clone(),
            response: Some((204, message)),
            aborted: false,
            conversation: None,
        }
    }

    fn visible() -> Observation {
        End::Visible(VisibleResponse {
            kind: ResponseType::Cors,
            status: 204,
            status_text: "No Content".to_owned(),
            url: "http://api.localhost:18080/scenario/resource".parse().ok(),
            redirected: false,
            headers: [("x-probe".to_owned(), b"1".to_vec())]
                .into_iter()
                .collect::<HeaderList>(),
            body: b"body".to_vec(),
        })
        .into()
    }

    fn blocked(because: Option<Reason>) -> Observation {
        End::Blocked(BlockSignal {
            because,
            ..BlockSignal::default()
        })
        .into()
    }

    /// What is found amiss, each as `subject: expected / actual`.
    fn found(expect: &str, observation: Observation) -> Vec<String> {
        let findings = findings(
            &permutation(expect),
            &[exchange("PUT")],
            &[observation],
            true,
        );
        let text = |f: &Finding| format!("{}: {} / {}", f.subject, f.expected, f.actual);
        findings.iter().map(text).collect()
    }

    #[test]
    fn what_comes_true_is_not_found() {
        let expect = "outcome: allow, delivery: visible, sent: [{ method: PUT, to: api, \
            headers: { x-probe: \"1\" }, body: body, answer: { status: [200, 204], \
            headers: { x-probe: present } } }], response: { status: 204, status_text: No Content, \
            type: cors, url: $url, redirected: false, headers: { x-probe: \"1\" }, body: body }";
        assert_eq!(found(expect, visible()), Vec::<String>::new());
    }

    #[rstest]
    #[case("sent: [OPTIONS, PUT]", "sent: OPTIONS, PUT / PUT")]
    #[case("sent: []", "sent: nothing / PUT")]
    #[case("sent: [{ method: PUT, to: app }]", "PUT is sent to: app / api")]
    #[case(
        "sent: [{ method: PUT, headers: { x-probe: absent } }]",
        "PUT request header `x-probe`: absent / `1`"
    )]
    #[case(
        "sent: [{ method: PUT, body: other }]",
        "PUT request body: `other` / `body`"
    )]
    #[case(
        "sent: [{ method: PUT, answer: { status: 200 } }]",
        "status of the answer to PUT: 200 / 204"
    )]
    #[case(
        "sent: [{ method: PUT, answer: { headers: { vary: present } } }]",
        "PUT response header `vary`: present / absent"
    )]
    #[case("response: { status: 200 }", "status: 200 / 204")]
    #[case(
        "response: { status_text: OK }",
        "status text: \"OK\" / \"No Content\""
    )]
    #[case("response: { type: basic }", "response type: Basic / Cors")]
    #[case("response: { redirected: true }", "redirected: true / false")]
    #[case(
        "response: { headers: { x-probe: \"2\" } }",
        "visible header `x-probe`: `2` / `1`"
    )]
    #[case("response: { body: other }", "response body: `other` / `body`")]
    fn what_does_not_is_found(#[case] expect: &str, #[case] finding: &str) {
        assert_eq!(
            found(&format!("outcome: allow, {expect}"), visible()),
            [finding]
        );
    }

    #[rstest]
    #[case::hidden("delivery: hidden, events: [loadstart, error]", true)]
    #[case::as_often_as_it_likes("events: [loadstart, error]", false)]
    fn progress_of_what_is_hidden_is_found(#[case] expect: &str, #[case] is_found: bool) {
        let event = |name: &str| ScriptEvent {
            name: name.to_owned(),
            detail: Vec::new(),
        };
        let mut observation = blocked(Some(Reason::AllowOriginMissing));
        observation.events = Some(["loadstart", "progress", "error"].map(event).to_vec());
        let found = found(
            &format!("outcome: {{ block: allow-origin-missing }}, {expect}"),
            observation,
        );
        assert_eq!(!found.is_empty(), is_found, "{found:?}");
    }

    #[test]
    fn how_far_an_exchange_got_is_told_by_the_tape() {
        let expect = "outcome: { block: allow-origin-missing }, delivery: not-sent";
        let found = found(expect, blocked(Some(Reason::AllowOriginMissing)));
        assert_eq!(found, ["delivery: not-sent / hidden"]);
    }

    #[rstest]
    #[case(blocked(Some(Reason::AllowOriginMissing)), true)]
    #[case(blocked(None), true)]
    #[case(blocked(Some(Reason::PreflightAllowOriginMissing)), false)]
    #[case(blocked(Some(Reason::AllowOriginMismatch)), false)]
    #[case(visible(), false)]
    #[case(End::TimedOut.into(), false)]
    fn a_block_needs_its_reason(#[case] observation: Observation, #[case] came_true: bool) {
        let found = found("outcome: { block: allow-origin-missing }", observation);
        assert_eq!(found.is_empty(), came_true, "{found:?}");
    }

    #[test]
    fn a_block_is_found_where_an_answer_is_expected() {
        let found = found("outcome: allow", blocked(Some(Reason::AllowOriginMissing)));
        assert_eq!(found, ["outcome: allow / block: allow-origin-missing"]);
    }

    #[test]
    fn a_header_may_weigh_less_than_its_scenario() {
        let expect = "outcome: allow, response: { status: 200, \
            headers: { x-probe: { equals: \"2\", level: should } } }";
        let findings = findings(&permutation(expect), &[], &[visible()], true);
        let levels: Vec<Level> = findings.iter().map(|finding| finding.level).collect();
        assert_eq!(levels, [Level::Must, Level::Should]);
    }
}
