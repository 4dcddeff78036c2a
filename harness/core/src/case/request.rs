//! The call of a step: its URL, and the combinations that no page can make.

use corspec_fetch::{CacheMode, Credentials, Mode, Reason, RedirectMode, ReferrerPolicy};

use super::body::BodyDraft;
use super::document::{RequestDraft, ServerDraft};
use super::fault::Place;
use super::read::Setting;
use super::resolve::Resolver;
use super::scalar::{FromText, Templated};
use super::scenario::{
    BodyKind, CrossOrigin, Expectation, ExpectedOutcome, Mechanism, RequestPlan, SocketMessage,
    Surface,
};
use crate::server::NamedOrigin;

/// The origins of a step and its URLs; `$target`, `$url` and `$final` are known from here on.
pub(super) struct Route {
    /// The URL first requested.
    pub(super) url: String,
    /// The URL each redirect leads to.
    pub(super) next: Vec<String>,
}

impl Route {
    pub(super) fn resolve(
        request: &RequestDraft,
        server: &ServerDraft,
        resolver: &mut Resolver<'_>,
    ) -> Option<Self> {
        let target: NamedOrigin = resolver.value_or(&request.to, "api")?;
        request.check_target(resolver);
        resolver.scope.known.target = Some(target.serialize());
        let redirects = server
            .redirects
            .given()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let url = match request.url.given() {
            Some(url) => {
                refuse_parts_beside_url(request, resolver);
                resolver.value(url).unwrap_or_default()
            }
            None => {
                let surface = resolver.setting(&request.resource);
                let resource = if redirects.is_empty() {
                    surface.unwrap_or(Surface::Resource).word()
                } else {
                    "hop1"
                };
                url(request, &target, resource, resolver)
            }
        };
        let mut next = Vec::with_capacity(redirects.len());
        let mut origin = target;
        for (index, redirect) in redirects.iter().enumerate() {
            if let Some(to) = resolver.setting(&redirect.value.to) {
                origin = to;
            }
            let hop = if index + 1 == redirects.len() {
                "resource".to_owned()
            } else {
                format!("hop{}", index + 2)
            };
            next.push(format!("{}/scenario/{hop}", origin.serialize()));
        }
        let end = next.last().unwrap_or(&url);
        let without_fragment = end.split_once('#').map_or(end.as_str(), |(url, _)| url);
        resolver.scope.known.final_url = Some(without_fragment.to_owned());
        resolver.scope.known.url = Some(url.clone());
        Some(Self { url, next })
    }
}

fn url(
    request: &RequestDraft,
    target: &NamedOrigin,
    resource: &str,
    resolver: &mut Resolver<'_>,
) -> String {
    let mut part = |setting: &Setting<Templated<String>>, begin: &str, what: &str| {
        let text = resolver.setting(setting).unwrap_or_default();
        if !text.is_empty() && !text.starts_with(begin) {
            let place = place(setting).unwrap_or_default();
            let message = format!("a {what} begins with `{begin}`");
            resolver.refuse(place, &message, &format!("write `\"{begin}{text}\"`"));
        }
        text
    };
    let query = part(&request.query, "?", "query");
    let fragment = part(&request.fragment, "#", "fragment");
    let userinfo = match resolver.setting(&request.userinfo) {
        Some(userinfo) => format!("{userinfo}@"),
        None => String::new(),
    };
    let scheme = target.listener().scheme();
    let authority = target.authority();
    format!("{scheme}://{userinfo}{authority}/scenario/{resource}{query}{fragment}")
}

fn refuse_parts_beside_url(request: &RequestDraft, resolver: &mut Resolver<'_>) {
    let parts = [
        (&request.userinfo, "userinfo"),
        (&request.query, "query"),
        (&request.fragment, "fragment"),
    ];
    for (setting, key) in parts {
        if let Some(place) = place(setting) {
            let message = format!("`{key}` cannot stand beside `url`");
            resolver.refuse(place, &message, "make it part of the URL");
        }
    }
}

impl RequestDraft {
    /// The call itself; its [`Route`] is known.
    pub(super) fn resolve(&self, url: String, resolver: &mut Resolver<'_>) -> RequestPlan {
        let via = resolver.setting(&self.via).unwrap_or(Mechanism::Fetch);
        let crossorigin = resolver.setting(&self.crossorigin);
        let (mode, credentials) = usual_mode(via, crossorigin);
        let send = self.messages_sent(resolver);
        let protocols = self.protocols.given().map(|many| many.0.as_slice());
        let surface = resolver.has_policy.then(|| {
            let surface = resolver.setting(&self.resource);
            surface.unwrap_or(Surface::Resource)
        });
        RequestPlan {
            via,
            url,
            surface,
            method: resolver
                .setting(&self.method)
                .unwrap_or_else(|| "GET".to_owned()),
            headers: self.resolve_headers(resolver),
            body: self.body.given().and_then(|body| body.resolve(resolver)),
            mode: resolver.setting(&self.mode).unwrap_or(mode),
            credentials: resolver.setting(&self.credentials).unwrap_or(credentials),
            crossorigin,
            redirect: resolver
                .setting(&self.redirect)
                .unwrap_or(RedirectMode::Follow),
            cache: resolver.setting(&self.cache).unwrap_or(CacheMode::Default),
            referrer_policy: resolver
                .setting(&self.referrer_policy)
                .unwrap_or(ReferrerPolicy::Empty),
            integrity: resolver.setting(&self.integrity),
            keepalive: resolver.setting(&self.keepalive).unwrap_or(false),
            upload_listener: resolver.setting(&self.upload_listener).unwrap_or(false),
            synchronous: resolver.setting(&self.synchronous).unwrap_or(false),
            stream: resolver.setting(&self.stream).unwrap_or(false),
            timeout: resolver.setting(&self.timeout),
            abort: resolver.setting(&self.abort),
            messages: resolver.setting(&self.messages).map(|count| count.0),
            protocols: protocols
                .unwrap_or_default()
                .iter()
                .filter_map(|protocol| resolver.value(protocol))
                .collect(),
            send,
            close: self.close.given().map(|close| close.resolve(resolver)),
            callback: resolver
                .setting(&self.callback)
                .unwrap_or_else(|| "receive".to_owned()),
        }
    }

    /// With a policy, a path of the server under test is called; without one, an origin.
    fn check_target(&self, resolver: &mut Resolver<'_>) {
        let (to, url) = (place(&self.to), place(&self.url));
        if resolver.has_policy {
            if let Some(place) = to.or(url) {
                resolver.refuse(
                    place,
                    "with a policy, the server under test is called",
                    "name a path of its surface: `resource: failing`",
                );
            }
        } else if let Some(place) = place(&self.resource) {
            resolver.refuse(
                place,
                "only a server under test has a surface",
                "name a `policy`, or say `to` and script the answers",
            );
        }
    }

    fn messages_sent(&self, resolver: &mut Resolver<'_>) -> Vec<SocketMessage> {
        let messages = self.send.given().map(|many| many.0.as_slice());
        messages
            .unwrap_or_default()
            .iter()
            .filter_map(|message| message.resolve_message(resolver))
            .collect()
    }

    /// Names are not looked at: what a page may not set is for the standard to say.
    fn resolve_headers(&self, resolver: &mut Resolver<'_>) -> Vec<(String, Vec<u8>)> {
        let Some(table) = self.headers.given() else {
            return Vec::new();
        };
        let mut headers = Vec::with_capacity(table.0.len());
        for (name, values) in &table.0 {
            let Some(values) = values.given() else {
                continue;
            };
            let Some(name) = resolver.value(name) else {
                continue;
            };
            for value in &values.0 {
                if let Some(value) = resolver.value(value) {
                    headers.push((name.clone(), value.0));
                }
            }
        }
        headers
    }

    /// Refuses what the interface has no way to say, so that no case means less than it reads.
    pub(super) fn check(
        &self,
        plan: &RequestPlan,
        expectation: &Expectation,
        resolver: &mut Resolver<'_>,
    ) {
        let mut refuse = |place: Option<Place>, wrong: bool, message: &str, hint: &str| {
            if let (Some(place), true) = (place, wrong) {
                resolver.refuse(place, message, hint);
            }
        };
        match plan.via {
            Mechanism::Http => {
                let scripted = plan.surface.is_none();
                refuse(
                    place(&self.via),
                    scripted,
                    "exact requests are for servers under test",
                    "name a `policy`, or let a page make the call",
                );
            }
            Mechanism::Fetch => {
                refuse(
                    place(&self.upload_listener),
                    plan.upload_listener,
                    "fetch() has no upload listeners",
                    "use `via: xhr`",
                );
            }
            Mechanism::Xhr => {
                let fetch = "use `via: fetch`, or remove it";
                refuse(
                    place(&self.mode),
                    plan.mode != Mode::Cors,
                    "XMLHttpRequest has no other mode than `cors`",
                    fetch,
                );
                refuse(
                    place(&self.credentials),
                    plan.credentials == Credentials::Omit,
                    "XMLHttpRequest cannot omit credentials",
                    "`same-origin` is `withCredentials = false`, `include` is `true`",
                );
                refuse(
                    place(&self.redirect),
                    plan.redirect != RedirectMode::Follow,
                    "XMLHttpRequest always follows redirects",
                    fetch,
                );
                refuse(
                    place(&self.cache),
                    plan.cache != CacheMode::Default,
                    "XMLHttpRequest has no cache mode",
                    fetch,
                );
                refuse(
                    place(&self.referrer_policy),
                    plan.referrer_policy != ReferrerPolicy::Empty,
                    "XMLHttpRequest has no referrer policy",
                    fetch,
                );
                refuse(
                    place(&self.integrity),
                    plan.integrity.is_some(),
                    "XMLHttpRequest has no integrity",
                    fetch,
                );
                refuse(
                    place(&self.keepalive),
                    plan.keepalive,
                    "XMLHttpRequest has no keepalive",
                    fetch,
                );
                let stream = plan
                    .body
                    .as_ref()
                    .is_some_and(|body| body.kind == BodyKind::Stream);
                let body = self.body.given().map(BodyDraft::place);
                refuse(body, stream, "XMLHttpRequest cannot send a stream", fetch);
            }
            _ => {}
        }
        self.check_method_and_body(plan, expectation, refuse);
        self.check_keys(plan.via, resolver);
    }

    /// fetch() throws for a body with GET or HEAD; XMLHttpRequest drops it, which may be the point.
    ///
    /// <https://fetch.spec.whatwg.org/#dom-request>
    fn check_method_and_body(
        &self,
        plan: &RequestPlan,
        expectation: &Expectation,
        mut refuse: impl FnMut(Option<Place>, bool, &str, &str),
    ) {
        let bodyless = ["GET", "HEAD"]
            .iter()
            .any(|name| plan.method.eq_ignore_ascii_case(name));
        let meant = match expectation.outcome.as_ref().map(|outcome| &outcome.value) {
            Some(ExpectedOutcome::Block(reasons)) => reasons.contains(&Reason::BodyNotAllowed),
            _ => false,
        };
        refuse(
            self.body.given().map(BodyDraft::place),
            plan.via == Mechanism::Fetch && bodyless && plan.body.is_some() && !meant,
            "a request whose method is GET or HEAD has no body",
            "set `method`, or expect `{ block: body-not-allowed }`",
        );
        refuse(
            place(&self.method),
            plan.method.is_empty(),
            "the method is empty",
            "remove the key for GET",
        );
    }
}

/// The mode and the credentials mode that a mechanism has unless the case says otherwise.
///
/// <https://html.spec.whatwg.org/#create-a-potential-cors-request>
const fn usual_mode(via: Mechanism, crossorigin: Option<CrossOrigin>) -> (Mode, Credentials) {
    match (via, crossorigin) {
        (_, Some(CrossOrigin::Anonymous)) => (Mode::Cors, Credentials::SameOrigin),
        (_, Some(CrossOrigin::UseCredentials)) => (Mode::Cors, Credentials::Include),
        // A track has the flag to fall back on its own origin.
        (Mechanism::Track, None) => (Mode::SameOrigin, Credentials::SameOrigin),
        (
            Mechanism::Audio
            | Mechanism::Image
            | Mechanism::Jsonp
            | Mechanism::Preload
            | Mechanism::Script
            | Mechanism::Style
            | Mechanism::Video
            | Mechanism::Form
            | Mechanism::Frame
            | Mechanism::Link
            | Mechanism::PostMessage
            | Mechanism::BroadcastChannel,
            None,
        ) => (Mode::NoCors, Credentials::Include),
        (Mechanism::Beacon | Mechanism::WebSocket, None) => (Mode::Cors, Credentials::Include),
        (Mechanism::ServiceWorker | Mechanism::SharedWorker | Mechanism::Worker, None) => {
            (Mode::SameOrigin, Credentials::SameOrigin)
        }
        (Mechanism::Xdr, None) => (Mode::Cors, Credentials::Omit),
        _ => (Mode::Cors, Credentials::SameOrigin),
    }
}

fn place<T: FromText>(setting: &Setting<Templated<T>>) -> Option<Place> {
    setting.given().map(|template| template.text.place)
}
