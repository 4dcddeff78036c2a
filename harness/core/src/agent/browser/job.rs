//! A permutation in the form in which a page runs it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use corspec_fetch::{CacheMode, Credentials, Mode, RedirectMode, ReferrerPolicy};
use serde::Serialize;

use super::isomorphic;
use super::traces::only_assigns;
use crate::case::scenario::{
    Answer, BodyKind, BodyPlan, ConnectionPlan, Context, CrossOrigin, Mechanism, Page, PageOrigin,
    Permutation, RequestPlan, SocketClose, SocketMessage, Step,
};
use crate::server::NamedOrigin;

/// How long a page waits for one step, besides the delays that its script asks of the server.
pub(crate) const STEP_DEADLINE: Duration = Duration::from_secs(8);
/// The longest that an engine waits by default before an EventSource connects again.
const RECONNECTION: Duration = Duration::from_secs(5);

/// A permutation in the form in which a page runs it: all URLs are real.
#[derive(Clone, Debug)]
pub struct Job {
    /// The first segment of the scenario's paths, by which the browser's messages are told apart.
    pub token: String,
    /// How long each step may take.
    pub deadline: Duration,
    /// The origins that set cookies before it begins, each as the top-level document.
    pub cookie_origins: BTreeSet<String>,
    /// What the scenario itself takes: waits and delays.
    pub own_time: Duration,
    /// At most how many cookies each site may have stored in the end.
    pub(super) cookie_counts: BTreeMap<String, usize>,
    /// Where it runs: in the page, or in a frame or a worker of it.
    pub(crate) context: Context,
    /// What it shares the page with.
    pub(crate) lane: PageLane,
    pub(crate) steps: Vec<JobStep>,
}

impl Job {
    /// The job of a permutation whose paths begin with `token`. `to_real` replaces canonical ports and
    /// the path segment `scenario` in URLs, and canonical origins wherever else they stand.
    #[must_use]
    pub fn from_permutation(
        permutation: &Permutation,
        to_real: &dyn Fn(&str) -> String,
        token: &str,
    ) -> Self {
        let control_origin = to_real(&control_origin(&permutation.page));
        let has_steps = permutation.steps.len() > 1;
        let steps: Vec<JobStep> = permutation
            .steps
            .iter()
            .enumerate()
            .map(|(number, step)| JobStep {
                wait: milliseconds(step.wait),
                // The server begins with step 0 by itself.
                control: (has_steps && number > 0)
                    .then(|| format!("{control_origin}/{token}/-/step/{number}")),
                begun: is_given_up_by_script(&step.request)
                    .then(|| format!("{control_origin}/{token}/-/begun")),
                settled: settles(step).then(|| format!("{control_origin}/{token}/-/settled")),
                wants: names(step.expect.script.iter().map(|fact| &fact.name)),
                listen: names(
                    (step.expect.events.iter())
                        .flat_map(|events| &events.value)
                        .map(|event| &event.name),
                ),
                // What was loaded once is not loaded again in the same document.
                only_assigns: !has_steps && only_assigns(step),
                request: JobRequest::new(&step.request, to_real),
            })
            .collect();
        let cookie_origins = (permutation.cookies.iter())
            .map(|cookie| to_real(&cookie.origin.serialize()))
            .collect();
        let delayed: Duration = permutation.steps.iter().map(Step::delay).sum();
        Self {
            token: token.to_owned(),
            deadline: permutation
                .steps
                .iter()
                .map(deadline_of)
                .max()
                .unwrap_or_default(),
            cookie_origins,
            own_time: permutation.own_time(),
            cookie_counts: cookie_counts(permutation),
            context: permutation.page.context,
            lane: lane_of(permutation, delayed),
            steps,
        }
    }
}

impl Job {
    /// Whether answers are delayed, or connections held.
    pub(crate) fn is_slow(&self) -> bool {
        self.lane == PageLane::Slow
    }
}

/// What jobs of one page share among themselves: connections, mostly.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PageLane {
    /// Requests that are answered at once.
    Quick,
    /// Answers are delayed, or connections held.
    Slow,
    /// WebSockets, however long.
    Socket,
}

fn lane_of(permutation: &Permutation, delayed: Duration) -> PageLane {
    let steps = &permutation.steps;
    let is_socket = |step: &Step| step.request.via == Mechanism::WebSocket;
    if steps.iter().all(is_socket) {
        PageLane::Socket
    } else if !delayed.is_zero() || steps.iter().any(holds) {
        PageLane::Slow
    } else {
        PageLane::Quick
    }
}

/// One step, as the page's script reads it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobStep {
    /// Milliseconds.
    pub(crate) wait: u64,
    /// Requested before the step, to tell the server which one comes.
    pub(crate) control: Option<String>,
    /// Requested by a step that will give up, to know when there is something to give up.
    pub(crate) begun: Option<String>,
    /// Requested after the step, where the server may see its end later than the page.
    pub(crate) settled: Option<String>,
    /// The facts that the expectation asks for.
    pub(crate) wants: Vec<String>,
    /// The events that the expectation asks for.
    pub(crate) listen: Vec<String>,
    /// Whether its scripts leave a document to the next one as it was, but for values.
    pub(crate) only_assigns: bool,
    pub(crate) request: JobRequest,
}

/// One call, as the page's script reads it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobRequest {
    pub(crate) via: Mechanism,
    pub(crate) url: String,
    pub(crate) method: String,
    /// Values are isomorphic strings.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<JobBody>,
    pub(crate) mode: Mode,
    pub(crate) credentials: Credentials,
    pub(crate) redirect: RedirectMode,
    pub(crate) cache: CacheMode,
    pub(crate) referrer_policy: ReferrerPolicy,
    pub(crate) integrity: Option<String>,
    pub(crate) keepalive: bool,
    pub(crate) upload_listener: bool,
    pub(crate) crossorigin: Option<CrossOrigin>,
    pub(crate) synchronous: bool,
    pub(crate) stream: bool,
    /// Milliseconds.
    pub(crate) timeout: Option<u64>,
    /// Milliseconds.
    pub(crate) abort: Option<u64>,
    pub(crate) messages: Option<usize>,
    pub(crate) protocols: Vec<String>,
    pub(crate) send: Vec<JobMessage>,
    pub(crate) close: Option<SocketClose>,
    pub(crate) callback: String,
}

impl JobRequest {
    fn new(plan: &RequestPlan, to_real: &dyn Fn(&str) -> String) -> Self {
        Self {
            via: plan.via,
            url: to_real(&plan.url),
            method: plan.method.clone(),
            headers: plan
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), to_real(&isomorphic::decode(value))))
                .collect(),
            body: plan.body.as_ref().map(|body| JobBody::new(body, to_real)),
            mode: plan.mode,
            credentials: plan.credentials,
            redirect: plan.redirect,
            cache: plan.cache,
            referrer_policy: plan.referrer_policy,
            integrity: plan.integrity.clone(),
            keepalive: plan.keepalive,
            upload_listener: plan.upload_listener,
            crossorigin: plan.crossorigin,
            synchronous: plan.synchronous,
            stream: plan.stream,
            timeout: plan.timeout.map(milliseconds),
            abort: plan.abort.map(milliseconds),
            messages: plan.messages,
            protocols: plan.protocols.clone(),
            send: (plan.send.iter())
                .map(|message| JobMessage::new(message, to_real))
                .collect(),
            close: plan.close.clone(),
            callback: plan.callback.clone(),
        }
    }
}

/// A message, as the page's script reads it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum JobMessage {
    Binary(Vec<u8>),
    Text(String),
}

impl JobMessage {
    fn new(message: &SocketMessage, to_real: &dyn Fn(&str) -> String) -> Self {
        match message {
            SocketMessage::Binary(bytes) => Self::Binary(bytes.clone()),
            SocketMessage::Text(text) => Self::Text(to_real(text)),
        }
    }
}

/// A body, as the page's script reads it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct JobBody {
    kind: &'static str,
    #[serde(rename = "type")]
    content_type: Option<String>,
    /// Text where the interface takes text, else an isomorphic string.
    content: String,
}

impl JobBody {
    fn new(plan: &BodyPlan, to_real: &dyn Fn(&str) -> String) -> Self {
        let (kind, content_type) = match &plan.kind {
            BodyKind::Blob(content_type) => ("blob", Some(content_type.clone())),
            BodyKind::Bytes => ("bytes", None),
            BodyKind::FormData(_) => ("form-data", None),
            BodyKind::Stream => ("stream", None),
            BodyKind::Text => ("text", None),
            BodyKind::UrlSearchParams => ("url-search-params", None),
        };
        let content = match plan.kind {
            BodyKind::Text | BodyKind::UrlSearchParams => {
                String::from_utf8_lossy(&plan.content).into_owned()
            }
            BodyKind::Blob(_) | BodyKind::Bytes | BodyKind::Stream => {
                isomorphic::decode(&plan.content)
            }
            // Pairs, which the page's script reads.
            BodyKind::FormData(ref fields) => serde_json::json!(fields).to_string(),
        };
        Self {
            kind,
            content_type,
            content: to_real(&content),
        }
    }
}

/// The origin whose server is told how far the steps of a page are: its own, where it has one.
fn control_origin(page: &Page) -> String {
    match &page.origin {
        PageOrigin::File => NamedOrigin::app().serialize(),
        origin @ (PageOrigin::Claimed(_) | PageOrigin::Named(_)) => origin.serialize(),
    }
}

/// Cookies set beforehand count for their own site. A scripted one may be set by any hop, so that it
/// counts for all sites of the scenario.
pub(crate) fn cookie_counts(permutation: &Permutation) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for cookie in &permutation.cookies {
        *counts.entry(site_of(cookie.origin.host())).or_default() += 1;
    }
    let answers = permutation
        .steps
        .iter()
        .flat_map(|step| step.server.answers());
    let headers = answers.flat_map(|answer| &answer.headers);
    let scripted = headers
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .count();
    if scripted > 0 {
        let sites: BTreeSet<String> = NamedOrigin::all()
            .iter()
            .map(|origin| site_of(origin.host()))
            .collect();
        for site in sites {
            *counts.entry(site).or_default() += scripted;
        }
    }
    counts
}

/// Its last two labels, for a host under `.localhost`.
fn site_of(host: &str) -> String {
    let start = host
        .rmatch_indices('.')
        .nth(1)
        .map_or(0, |(dot, _)| dot + 1);
    host[start..].to_owned()
}

/// How long a page waits for a step.
fn deadline_of(step: &Step) -> Duration {
    let reconnects_by_default =
        step.request.via == Mechanism::EventSource && !sets_its_reconnection_time(step);
    let reconnection = if reconnects_by_default {
        RECONNECTION
    } else {
        Duration::ZERO
    };
    STEP_DEADLINE + step.delay() + reconnection
}

/// <https://html.spec.whatwg.org/#event-stream-interpretation>
fn sets_its_reconnection_time(step: &Step) -> bool {
    let sets = |answer: &Answer| answer.body.windows(6).any(|bytes| bytes == b"retry:");
    step.server.answers().any(sets)
}

/// Whether the connection of a step may be held for some time.
fn holds(step: &Step) -> bool {
    let is_held = step
        .server
        .answers()
        .any(|answer| answer.connection == ConnectionPlan::Hold);
    let is_comet = matches!(
        step.request.via,
        Mechanism::EventSource | Mechanism::LongPoll | Mechanism::LongPollXhr
    );
    is_held || is_comet
}

/// Whether the page itself gives up, where no timeout of the browser's own does it.
fn is_given_up_by_script(request: &RequestPlan) -> bool {
    request.abort.is_some() || request.timeout.is_some() && request.via == Mechanism::Jsonp
}

/// Whether the server may see the end of a step later than the page does: script is told nothing of
/// it or of what comes after it, as with what a document requests, or is the one who ends it.
fn settles(step: &Step) -> bool {
    let RequestPlan {
        via,
        abort,
        timeout,
        ..
    } = step.request;
    via.is_silent()
        || matches!(via, Mechanism::Frame | Mechanism::WebSocket)
        || abort.is_some()
        || timeout.is_some()
        || holds(step)
}

/// Each once.
fn names<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let names: BTreeSet<&String> = names.collect();
    names.into_iter().cloned().collect()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::agent::browser::tests::stage::{
        RESOURCE, answer, get, page, permutation, responds, script, step, steps,
    };
    use crate::case::scenario::{CookieSetup, ExpectedEvent, Located};

    /// Ports and token of a server that runs.
    fn to_real(text: &str) -> String {
        text.replace("18080", "20080")
            .replace("18081", "20081")
            .replace("scenario", "0000002a")
    }

    fn job(permutation: &Permutation) -> Job {
        Job::from_permutation(permutation, &to_real, "0000002a")
    }

    fn cookie(origin: &str) -> CookieSetup {
        CookieSetup {
            origin: origin.parse().unwrap(),
            set_cookie: "a=1".to_owned(),
        }
    }

    #[test]
    fn urls_headers_and_bodies_are_real() {
        let body = BodyPlan {
            kind: BodyKind::Text,
            content: RESOURCE.as_bytes().to_vec(),
        };
        let headers = vec![("x-probe".to_owned(), RESOURCE.as_bytes().to_vec())];
        let request = RequestPlan {
            body: Some(body),
            headers,
            ..get()
        };
        let job = job(&permutation(request, responds(&[])));
        let real = "http://api.localhost:20080/0000002a/resource";
        let request = &job.steps[0].request;
        assert_eq!(request.url, real);
        assert_eq!(request.headers[0].1, real);
        assert_eq!(request.body.as_ref().unwrap().content, real);
    }

    #[test]
    fn only_later_steps_are_announced() {
        let one = step(get(), responds(&[]));
        assert_eq!(job(&steps(vec![one.clone()])).steps[0].control, None);
        let mut three = steps(vec![one.clone(), one.clone(), one]);
        three.page = three.page.clone().inside(Context::Sandboxed);
        let job = job(&three);
        let controls: Vec<_> = job
            .steps
            .iter()
            .map(|step| step.control.as_deref())
            .collect();
        assert_eq!(
            controls,
            [
                None,
                Some("http://app.localhost:20080/0000002a/-/step/1"),
                Some("http://app.localhost:20080/0000002a/-/step/2"),
            ]
        );
    }

    #[test]
    fn each_origin_sets_its_cookies_once() {
        let mut permutation = permutation(get(), responds(&[]));
        permutation.cookies = vec![cookie("api"), cookie("app-port"), cookie("api")];
        permutation.page = page("other");
        let origins: Vec<String> = job(&permutation).cookie_origins.into_iter().collect();
        assert_eq!(
            origins,
            ["http://api.localhost:20080", "http://app.localhost:20081"]
        );
    }

    #[test]
    fn cookies_count_for_their_site_and_scripted_ones_for_every_site() {
        let mut permutation = permutation(get(), responds(&[("set-cookie", "b=1")]));
        permutation.cookies = vec![cookie("app"), cookie("app-sub")];
        let counts = job(&permutation).cookie_counts;
        assert_eq!(counts["app.localhost"], 3);
        assert_eq!(counts["api.localhost"], 1);
        assert!(
            job(&steps(vec![step(get(), responds(&[]))]))
                .cookie_counts
                .is_empty()
        );
    }

    #[test]
    fn a_delay_that_is_scripted_extends_the_deadline() {
        let delayed = Answer {
            delay: Duration::from_secs(3),
            ..answer(200, &[])
        };
        let slow = job(&permutation(get(), script(answer(204, &[]), delayed)));
        assert_eq!(slow.deadline, STEP_DEADLINE + Duration::from_secs(3));
        assert!(slow.is_slow());
        let quick = job(&permutation(get(), responds(&[])));
        assert_eq!(
            (quick.deadline, quick.lane),
            (STEP_DEADLINE, PageLane::Quick)
        );
    }

    #[test]
    fn a_stream_that_may_be_asked_for_again_is_waited_for_longer_unless_it_says_when() {
        let stream = |body: &str| {
            let request = RequestPlan {
                via: Mechanism::EventSource,
                ..get()
            };
            let streamed = Answer {
                body: body.as_bytes().to_vec(),
                ..answer(200, &[])
            };
            job(&permutation(request, script(answer(204, &[]), streamed))).deadline
        };
        assert_eq!(stream("data: one"), STEP_DEADLINE + RECONNECTION);
        assert_eq!(stream("retry: 50\ndata: one"), STEP_DEADLINE);
    }

    #[test]
    fn sockets_have_a_lane_of_their_own_however_long_they_take() {
        let delayed = Answer {
            delay: Duration::from_secs(3),
            ..answer(200, &[])
        };
        let socket = RequestPlan {
            via: Mechanism::WebSocket,
            ..get()
        };
        let job = job(&permutation(socket, script(answer(204, &[]), delayed)));
        assert_eq!(job.lane, PageLane::Socket);
    }

    #[test]
    fn only_steps_whose_end_the_server_sees_later_are_settled() {
        let settled = |request: RequestPlan| {
            let job = job(&permutation(request, responds(&[])));
            job.steps[0].settled.clone()
        };
        let via = |via| RequestPlan { via, ..get() };
        let url = "http://app.localhost:20080/0000002a/-/settled";
        for mechanism in [
            Mechanism::Beacon,
            Mechanism::EventSource,
            Mechanism::Frame,
            Mechanism::WebSocket,
        ] {
            assert_eq!(settled(via(mechanism)).as_deref(), Some(url));
        }
        let timeout = Some(Duration::from_millis(50));
        assert!(settled(RequestPlan { timeout, ..get() }).is_some());
        assert_eq!(settled(get()), None);
        assert_eq!(settled(via(Mechanism::Image)), None);
    }

    #[rstest]
    #[case::waits_for_ever(Mechanism::Fetch, None, None, false)]
    #[case::aborts(Mechanism::Fetch, Some(50), None, true)]
    #[case::timeout_of_the_browser(Mechanism::Xhr, None, Some(50), false)]
    #[case::timeout_of_the_page(Mechanism::Jsonp, None, Some(50), true)]
    fn a_page_that_gives_up_asks_when_the_server_has_the_request(
        #[case] via: Mechanism,
        #[case] abort: Option<u64>,
        #[case] timeout: Option<u64>,
        #[case] asks: bool,
    ) {
        let request = RequestPlan {
            via,
            abort: abort.map(Duration::from_millis),
            timeout: timeout.map(Duration::from_millis),
            ..get()
        };
        let job = job(&permutation(request, responds(&[])));
        assert_eq!(job.steps[0].begun.is_some(), asks);
    }

    #[test]
    fn what_the_expectation_asks_for_is_named_once() {
        let location = permutation(get(), responds(&[])).scenario.location.clone();
        let mut step = step(get(), responds(&[]));
        let event = |name: &str| ExpectedEvent {
            name: name.to_owned(),
            detail: None,
        };
        step.expect.events = Some(Located {
            value: vec![event("open"), event("tick"), event("tick")],
            location,
        });
        let job = job(&steps(vec![step]));
        assert_eq!(job.steps[0].listen, ["open", "tick"]);
        assert!(job.steps[0].wants.is_empty());
    }
}
