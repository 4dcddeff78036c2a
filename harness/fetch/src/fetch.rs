//! A fetch, as a user agent's state machine.
//!
//! <https://fetch.spec.whatwg.org/#fetching>

use std::time::Duration;

use url::Url;

use crate::construct::construct;
use crate::cookie::CookieJar;
use crate::header_list::HeaderList;
use crate::method::Method;
use crate::origin::{Origin, is_potentially_trustworthy_url};
use crate::outcome::{Block, Decision, Outcome};
use crate::preflight::{self, Permissions, Question};
use crate::preflight_cache::{Key, PreflightCache};
use crate::preload::{Preloaded, PreloadedResources};
use crate::reason::Reason;
use crate::referrer::{self, ReferrerPolicy};
use crate::request::{
    Api, Body, BodySource, CacheMode, Credentials, HttpRequest, KEEPALIVE_QUOTA, Mode, Purpose,
    RedirectMode, Request,
};
use crate::response::{
    HttpResponse, ResponseType, Tainting, VisibleResponse, filter, is_null_body_status,
    is_redirect_status, opaque_redirect,
};
use crate::sec_fetch;
use crate::{
    consume, corp, cors_check, integrity, nosniff, port, redirect, request_origin, safelist, tao,
};

const CONSUME_PRELOADED: &str = "https://html.spec.whatwg.org/#consume-a-preloaded-resource";
const CORS_CHECK: &str = "https://fetch.spec.whatwg.org/#cors-check";
const CORS_PREFLIGHT_FETCH: &str = "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0";
const HTTP_FETCH: &str = "https://fetch.spec.whatwg.org/#concept-http-fetch";
const HTTP_NETWORK_OR_CACHE_FETCH: &str =
    "https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch";
const HTTP_REDIRECT_FETCH: &str = "https://fetch.spec.whatwg.org/#concept-http-redirect-fetch";
const MAIN_FETCH: &str = "https://fetch.spec.whatwg.org/#concept-main-fetch";

/// What a user agent keeps from one fetch to the next.
#[derive(Clone, Debug)]
pub struct UserAgent {
    /// Its cookies.
    pub cookies: CookieJar,
    /// What it remembers of preflights.
    pub preflight_cache: PreflightCache,
    /// What its one page has preloaded.
    pub preloaded: PreloadedResources,
    /// The longest time a preflight is remembered. The standard leaves it open: 7200 s in Chromium,
    /// 86400 s in Firefox, 600 s in WebKit.
    ///
    /// <https://fetch.spec.whatwg.org/#cors-preflight-fetch-0>
    pub max_age_cap: Duration,
}

impl Default for UserAgent {
    fn default() -> Self {
        Self {
            cookies: CookieJar::default(),
            preflight_cache: PreflightCache::default(),
            preloaded: PreloadedResources::default(),
            max_age_cap: Duration::from_secs(7200),
        }
    }
}

/// What a fetch asks of its driver.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// The fetch is over.
    Done(Outcome),
    /// This is to be sent; [`Fetch::receive`] or [`Fetch::fail`] says what came of it.
    Send(HttpRequest),
}

/// A fetch under way.
#[derive(Clone, Debug)]
pub struct Fetch {
    request: Request,
    method: Method,
    headers: HeaderList,
    body: Option<Body>,
    /// Every URL requested so far, the current one last.
    urls: Vec<Url>,
    policy: ReferrerPolicy,
    /// Where the referrer comes from: the page, then whatever the hop before was told.
    referrer: Option<Url>,
    tainting: Tainting,
    waiting_for: Purpose,
    /// Whether a URL so far was fetched with the CORS-preflight protocol, cached or not.
    with_preflight: bool,
    /// Whether the current URL is requested a second time, over a connection of its own.
    on_new_connection: bool,
    /// Whether every response so far shares its timing.
    timing_allowed: bool,
    /// Whether a response was good but for its body, which did not come to its end.
    has_lost_body: bool,
    decisions: Vec<Decision>,
}

impl Fetch {
    /// Begins a fetch. `now` is the time since the user agent was started.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-fetch>
    pub fn start(request: Request, agent: &mut UserAgent, now: Duration) -> (Self, Step) {
        let constructed = construct(&request);
        let urls = vec![request.url.clone()];
        let mut fetch = Self {
            policy: request.referrer_policy,
            referrer: Some(request.page_url.clone())
                .filter(|_| request.has_referrer && request.api != Api::WebSocket),
            method: Method::get(),
            headers: HeaderList::new(),
            body: None,
            urls,
            tainting: Tainting::Basic,
            waiting_for: Purpose::Actual,
            with_preflight: false,
            on_new_connection: false,
            timing_allowed: true,
            has_lost_body: false,
            decisions: Vec::new(),
            request,
        };
        let step = match constructed {
            Err(block) => fetch.block(block),
            Ok(constructed) => {
                if let Some(preloaded) = agent.preloaded.consume(&fetch.request, &constructed) {
                    let step = fetch.use_preloaded(preloaded);
                    return (fetch, step);
                }
                fetch.method = constructed.method;
                fetch.headers = constructed.headers;
                fetch.body = constructed.body;
                if !fetch.headers.contains("accept") {
                    let accept = fetch.request.destination.accept();
                    fetch.headers.append("Accept", accept);
                }
                fetch.main_fetch(agent, now)
            }
        };
        (fetch, step)
    }

    /// Fetches the same request once more when it is over, with another header: it goes to where it
    /// has been redirected, and all that the redirects have made of it stays.
    ///
    /// <https://html.spec.whatwg.org/#reestablish-the-connection>
    pub fn again(
        &mut self,
        header: Option<(&str, &str)>,
        agent: &mut UserAgent,
        now: Duration,
    ) -> Step {
        if let Some((name, value)) = header {
            self.headers.set(name, value);
        }
        self.with_preflight = false;
        self.on_new_connection = false;
        self.has_lost_body = false;
        self.decisions.clear();
        self.main_fetch(agent, now)
    }

    /// Goes on with the response to what was sent last.
    pub fn receive(
        &mut self,
        response: HttpResponse,
        agent: &mut UserAgent,
        now: Duration,
    ) -> Step {
        let kept = (self.request.api == Api::Preload).then(|| response.clone());
        let step = match self.waiting_for {
            Purpose::Actual => self.receive_actual(response, agent, now),
            Purpose::Preflight => self.receive_preflight(&response, agent, now),
        };
        if let (Some(response), Step::Done(Outcome::Allow(visible))) = (kept, &step) {
            let visible = visible.clone();
            let preloaded = Preloaded { response, visible };
            agent.preloaded.store(&self.request, preloaded);
        }
        step
    }

    /// <https://html.spec.whatwg.org/#consume-a-preloaded-resource>
    fn use_preloaded(&mut self, preloaded: Preloaded) -> Step {
        self.decide(
            CONSUME_PRELOADED,
            "the page has preloaded this: nothing is sent",
        );
        match consume::judge(self.request.api, &preloaded.response) {
            Ok(()) => Step::Done(Outcome::Allow(preloaded.visible)),
            Err(block) => self.block(block),
        }
    }

    /// Ends because what was sent last got no whole and well-formed response.
    pub fn fail(&mut self, agent: &mut UserAgent) -> Step {
        self.http_error(Reason::NetworkError, agent)
    }

    /// Every decision taken so far, in order.
    #[must_use]
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// Whether the page may see how long everything took.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-tao-check>
    #[must_use]
    pub const fn shares_timing(&self) -> bool {
        self.timing_allowed
    }

    /// Whether status and headers were visible before the fetch failed with its body.
    #[must_use]
    pub const fn has_lost_body(&self) -> bool {
        self.has_lost_body
    }

    /// Whether a response with this head cannot be shared before all of its body is there: nothing but
    /// that decides about it.
    #[must_use]
    pub fn awaits_body(&self, head: &HttpResponse, agent: &UserAgent, now: Duration) -> bool {
        if self.integrity_metadata().is_none() {
            return false;
        }
        let (mut fetch, mut agent) = (self.clone(), agent.clone());
        fetch.request.integrity = None;
        let step = fetch.receive(head.clone(), &mut agent, now);
        matches!(step, Step::Done(Outcome::Allow(_)))
    }

    /// Whether all is well when the connection ends before the body: a stream that ends is no failure to
    /// EventSource, and nobody reads the body of an opaque response.
    #[must_use]
    pub fn tolerates_cut(&self) -> bool {
        match self.request.api {
            Api::EventSource => true,
            Api::Fetch => self.tainting == Tainting::Opaque,
            _ => false,
        }
    }

    /// <https://fetch.spec.whatwg.org/#concept-main-fetch>
    fn main_fetch(&mut self, agent: &mut UserAgent, now: Duration) -> Step {
        let url = self.url().clone();
        if port::is_bad(&url) {
            return self.block(Block::new(Reason::BadPort, port_of(&url)));
        }
        if self.is_mixed_content(&url) {
            return self.block(Block::new(Reason::MixedContent, url.as_str()));
        }
        if self.is_kept_from(&url) {
            return self.block(Block::new(Reason::LocalNetworkAccess, url.as_str()));
        }
        self.referrer = self.referrer.take().and_then(|source| {
            let origin = &self.request.origin;
            let referrer = referrer::determine(self.policy, origin, &source, &url)?;
            Url::parse(&referrer).ok()
        });
        let same_origin = self.request.origin.is_same_origin(&Origin::of_url(&url));
        if (same_origin && self.tainting == Tainting::Basic) || url.scheme() == "data" {
            self.decide(
                MAIN_FETCH,
                "the URL is of the page's own origin: CORS does not apply",
            );
            return self.scheme_fetch(agent, now);
        }
        match self.request.mode {
            Mode::Navigate | Mode::WebSocket => {
                self.decide(
                    MAIN_FETCH,
                    "navigations and WebSockets are no matter for CORS",
                );
                self.scheme_fetch(agent, now)
            }
            Mode::SameOrigin => self.block(Reason::SameOriginMode.into()),
            Mode::NoCors if self.request.redirect != RedirectMode::Follow => {
                self.block(Reason::RedirectModeNoCors.into())
            }
            Mode::NoCors => {
                self.decide(
                    MAIN_FETCH,
                    "the mode is `no-cors`: the response will be opaque",
                );
                self.tainting = Tainting::Opaque;
                self.scheme_fetch(agent, now)
            }
            Mode::Cors if !is_http(&url) => {
                self.block(Block::new(Reason::NonHttpScheme, url.scheme()))
            }
            Mode::Cors => {
                self.tainting = Tainting::Cors;
                self.cors_fetch(agent, now)
            }
        }
    }

    /// HTTP fetch with the CORS protocol: asks first where it has to.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-http-fetch>
    fn cors_fetch(&mut self, agent: &mut UserAgent, now: Duration) -> Step {
        if !self.request.api.is_unsafe_request() {
            self.decide(MAIN_FETCH, "an element or EventSource never asks first");
            return self.send_actual(agent, now);
        }
        let unsafe_names = safelist::unsafe_names(&self.headers);
        let safelisted = self.method.is_cors_safelisted() && !self.request.use_cors_preflight;
        let is_simple = safelisted && unsafe_names.is_empty();
        self.with_preflight |= !is_simple;
        if is_simple {
            self.decide(
                MAIN_FETCH,
                "method and headers are safelisted: no preflight",
            );
            return self.send_actual(agent, now);
        }
        let key = self.cache_key();
        let cache = &agent.preflight_cache;
        let method_known = safelisted || cache.matches_method(&key, self.method.as_str(), now);
        let unknown = unsafe_names
            .iter()
            .find(|name| !cache.matches_header(&key, name, now));
        let why = match (method_known, unknown) {
            (true, None) => {
                self.decide(HTTP_FETCH, "an earlier preflight still permits this");
                return self.send_actual(agent, now);
            }
            (false, _) if self.method.is_cors_safelisted() => {
                "upload listeners need a preflight".to_owned()
            }
            (false, _) => format!("method `{}` needs a preflight", self.method),
            (true, Some(name)) => format!("header `{name}` needs a preflight"),
        };
        self.decide(HTTP_FETCH, &why);
        self.waiting_for = Purpose::Preflight;
        self.send_preflight(agent, now)
    }

    fn send_preflight(&self, agent: &UserAgent, now: Duration) -> Step {
        let unsafe_names = safelist::unsafe_names(&self.headers);
        let headers = preflight::headers(&self.method, &unsafe_names);
        let method = Method::options();
        Step::Send(self.http_request(method, headers, None, Purpose::Preflight, agent, now))
    }

    /// Whether a server says that it is not the one to answer, and may not be the one on another
    /// connection. That is tried once, with all that can be sent twice.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch>
    fn is_misdirected(&mut self, response: &HttpResponse) -> bool {
        let is_stream = |body: &Body| body.source == BodySource::Stream;
        let has_body = self.waiting_for == Purpose::Actual;
        let is_lost = has_body && self.body.as_ref().is_some_and(is_stream);
        let is_again = response.status == 421 && !self.on_new_connection && !is_lost;
        self.on_new_connection = is_again;
        if is_again {
            self.decide(
                HTTP_NETWORK_OR_CACHE_FETCH,
                "the answer is 421: another connection is tried",
            );
        }
        is_again
    }

    /// <https://fetch.spec.whatwg.org/#concept-scheme-fetch>
    fn scheme_fetch(&mut self, agent: &mut UserAgent, now: Duration) -> Step {
        let url = self.url().clone();
        match url.scheme() {
            "http" | "https" => self.send_actual(agent, now),
            "data" => match data_response(&url) {
                Some(response) => self.finish(response),
                None => self.block(Reason::NetworkError.into()),
            },
            scheme => self.block(Block::new(Reason::NetworkError, scheme)),
        }
    }

    fn send_actual(&mut self, agent: &mut UserAgent, now: Duration) -> Step {
        if self.request.cache == CacheMode::OnlyIfCached {
            return self.block(Reason::CacheMiss.into());
        }
        self.waiting_for = Purpose::Actual;
        let (method, headers) = (self.method.clone(), self.headers.clone());
        let body = self.body.as_ref().map(|body| body.bytes.clone());
        if self.request.keepalive && body.as_ref().is_some_and(|it| it.len() > KEEPALIVE_QUOTA) {
            return self.http_error(Reason::KeepaliveTooLarge, agent);
        }
        Step::Send(self.http_request(method, headers, body, Purpose::Actual, agent, now))
    }

    /// What HTTP-network-or-cache fetch adds to the headers.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch>
    fn http_request(
        &self,
        method: Method,
        author: HeaderList,
        body: Option<Vec<u8>>,
        purpose: Purpose,
        agent: &UserAgent,
        now: Duration,
    ) -> HttpRequest {
        let url = self.url().clone();
        // On the wire, browsers combine what script appended under one name.
        let mut headers = HeaderList::new();
        author
            .iter()
            .for_each(|(name, value)| headers.combine(name, value));
        match &body {
            Some(_)
                if self
                    .body
                    .as_ref()
                    .is_some_and(|body| body.source == BodySource::Stream) => {}
            Some(body) => headers.append("Content-Length", body.len().to_string()),
            None if matches!(method.as_str(), "POST" | "PUT") => {
                headers.append("Content-Length", "0");
            }
            None => {}
        }
        let Request { origin, mode, .. } = &self.request;
        if let Some(referrer) = &self.referrer {
            headers.append("Referer", referrer.as_str());
        }
        let (mode, tainting) = match purpose {
            Purpose::Actual => (*mode, self.tainting),
            Purpose::Preflight => (Mode::Cors, Tainting::Cors),
        };
        let origin_header =
            request_origin::header(origin, &self.urls, &method, mode, tainting, self.policy);
        if let Some(origin_header) = origin_header {
            headers.append("Origin", origin_header);
        }
        sec_fetch::append(
            &mut headers,
            origin,
            &self.urls,
            mode,
            self.request.destination,
        );
        if purpose == Purpose::Actual {
            self.append_cache_control(&mut headers);
            if self.includes_credentials()
                && let Some(cookies) = agent.cookies.header(origin, &url, now)
            {
                headers.append("Cookie", cookies);
            }
        }
        HttpRequest {
            method,
            url,
            headers,
            body,
            purpose,
            on_new_connection: self.on_new_connection,
        }
    }

    fn append_cache_control(&self, headers: &mut HeaderList) {
        let conditional = [
            "if-modified-since",
            "if-none-match",
            "if-unmodified-since",
            "if-match",
            "if-range",
        ];
        let cache = match self.request.cache {
            CacheMode::Default if conditional.iter().any(|name| headers.contains(name)) => {
                CacheMode::NoStore
            }
            cache => cache,
        };
        let mut add = |name: &str, value: &str| {
            if !headers.contains(name) {
                headers.append(name, value);
            }
        };
        match cache {
            CacheMode::NoCache => add("Cache-Control", "max-age=0"),
            CacheMode::NoStore | CacheMode::Reload => {
                add("Pragma", "no-cache");
                add("Cache-Control", "no-cache");
            }
            CacheMode::Default | CacheMode::ForceCache | CacheMode::OnlyIfCached => {}
        }
    }

    /// <https://fetch.spec.whatwg.org/#cors-preflight-fetch-0>
    fn receive_preflight(
        &mut self,
        response: &HttpResponse,
        agent: &mut UserAgent,
        now: Duration,
    ) -> Step {
        if self.is_misdirected(response) {
            return self.send_preflight(agent, now);
        }
        let unsafe_names = safelist::unsafe_names(&self.headers);
        let origin = self.serialized_origin();
        let judged = preflight::judge(
            &Question {
                origin: &origin,
                credentials: self.request.credentials,
                method: &self.method,
                headers: &self.headers,
                unsafe_names: &unsafe_names,
                use_cors_preflight: self.request.use_cors_preflight,
            },
            response,
        );
        match judged {
            Err(block) => self.http_error(block, agent),
            Ok(Permissions {
                methods,
                headers,
                max_age,
            }) => {
                self.decide(
                    CORS_PREFLIGHT_FETCH,
                    "the preflight permits method and headers",
                );
                let (key, max_age) = (self.cache_key(), max_age.min(agent.max_age_cap));
                agent
                    .preflight_cache
                    .store(&key, &methods, &headers, max_age, now);
                self.send_actual(agent, now)
            }
        }
    }

    fn receive_actual(
        &mut self,
        response: HttpResponse,
        agent: &mut UserAgent,
        now: Duration,
    ) -> Step {
        let url = self.url().clone();
        if self.includes_credentials() {
            for set_cookie in response.headers.get_all("set-cookie") {
                agent
                    .cookies
                    .store(set_cookie, &self.request.origin, &url, now);
            }
        }
        if self.is_misdirected(&response) {
            return self.send_actual(agent, now);
        }
        if self.tainting == Tainting::Cors {
            let origin = self.serialized_origin();
            let checked = cors_check::check(&origin, self.request.credentials, &response.headers);
            if let Err(reason) = checked {
                let value = response.headers.get("access-control-allow-origin");
                let detail = value.map(|value| String::from_utf8_lossy(&value).into_owned());
                return self.http_error(Block { reason, detail }, agent);
            }
            self.decide(CORS_CHECK, "the CORS check passes");
        }
        self.timing_allowed = tao::check(
            &self.request.origin,
            &self.urls,
            self.tainting,
            !self.timing_allowed,
            &response.headers,
        );
        if self.tainting == Tainting::Opaque
            && !corp::allows(
                &self.request.origin,
                self.request.mode,
                &url,
                &response.headers,
            )
        {
            return self.block(Reason::CrossOriginResourcePolicy.into());
        }
        if is_redirect_status(response.status) {
            match self.request.redirect {
                RedirectMode::Error => return self.http_error(Reason::RedirectModeError, agent),
                RedirectMode::Manual => {
                    let visible = opaque_redirect(&url);
                    if let Some(block) = self.check_integrity(&visible, true) {
                        return self.block(block);
                    }
                    self.decide(HTTP_FETCH, "the redirect is handed to the page, opaque");
                    return Step::Done(Outcome::Allow(visible));
                }
                RedirectMode::Follow => match redirect::location(&response, &url) {
                    Err(reason) => return self.http_error(reason, agent),
                    Ok(Some(target)) => return self.redirect(&response, target, agent, now),
                    Ok(None) => {}
                },
            }
        }
        self.finish(response)
    }

    /// <https://fetch.spec.whatwg.org/#concept-http-redirect-fetch>
    fn redirect(
        &mut self,
        response: &HttpResponse,
        target: Url,
        agent: &mut UserAgent,
        now: Duration,
    ) -> Step {
        let Request { origin, mode, .. } = &self.request;
        let redirects = self.urls.len() - 1;
        if let Err(reason) = redirect::check(&target, redirects, origin, *mode, self.tainting) {
            return self.http_error(Block::new(reason, target.as_str()), agent);
        }
        if response.status != 303
            && self
                .body
                .as_ref()
                .is_some_and(|body| body.source == BodySource::Stream)
        {
            return self.http_error(Reason::RedirectBodyStream, agent);
        }
        self.decide(
            HTTP_REDIRECT_FETCH,
            &format!("follows the redirect to {target}"),
        );
        if redirect::becomes_get(response.status, &self.method) {
            self.method = Method::get();
            self.body = None;
            redirect::delete_body_headers(&mut self.headers);
        }
        if !Origin::of_url(self.url()).is_same_origin(&Origin::of_url(&target)) {
            self.headers.delete("authorization");
        }
        if let Some(policy) = referrer::parse_header(&response.headers) {
            self.policy = policy;
        }
        self.urls.push(target);
        let step = self.main_fetch(agent, now);
        if matches!(step, Step::Done(Outcome::Block(_))) {
            self.clear_preflight_cache(agent);
        }
        step
    }

    /// The end of main fetch: blocking by type, null bodies, filtering, integrity.
    fn finish(&mut self, mut response: HttpResponse) -> Step {
        let destination = self.request.destination;
        if nosniff::blocks(destination, &response.headers) {
            return self.block(Reason::Nosniff.into());
        }
        if nosniff::blocks_script_by_type(destination, &response.headers) {
            return self.block(Reason::MimeTypeRefused.into());
        }
        let has_no_body = self.method.as_str() == "HEAD" || is_null_body_status(response.status);
        if has_no_body {
            response.body.clear();
        } else if response.is_cut && !self.tolerates_cut() {
            self.has_lost_body = true;
            return self.block(Reason::NetworkError.into());
        }
        if let Err(block) = consume::judge(self.request.api, &response) {
            return self.block(block);
        }
        let redirected = self.urls.len() > 1;
        let credentials = self.request.credentials;
        let tainting = self.visible_tainting();
        let visible = filter(response, tainting, credentials, self.url(), redirected);
        if let Some(block) = self.check_integrity(&visible, has_no_body) {
            return self.block(block);
        }
        self.decide(
            MAIN_FETCH,
            &format!("script gets a response of type `{}`", visible.kind),
        );
        Step::Done(Outcome::Allow(visible))
    }

    /// A document of another origin is as closed to the page as an opaque response.
    ///
    /// <https://html.spec.whatwg.org/#concept-bcc-content-document>
    fn visible_tainting(&self) -> Tainting {
        let is_own = self
            .request
            .origin
            .is_same_origin(&Origin::of_url(self.url()));
        if self.request.mode == Mode::Navigate && !is_own {
            Tainting::Opaque
        } else {
            self.tainting
        }
    }

    fn integrity_metadata(&self) -> Option<&str> {
        let metadata = self.request.integrity.as_deref();
        metadata.filter(|text| !text.is_empty())
    }

    /// <https://fetch.spec.whatwg.org/#concept-main-fetch>
    fn check_integrity(&self, response: &VisibleResponse, has_no_body: bool) -> Option<Block> {
        let metadata = self.integrity_metadata()?;
        if response.kind == ResponseType::Opaque {
            return Some(Reason::IntegrityOpaque.into());
        }
        // No bytes are not the same as none to compare: nothing matches where there is no body.
        if has_no_body {
            return Some(Block::new(Reason::IntegrityMismatch, "no body"));
        }
        (!integrity::matches(&response.body, metadata)).then(|| Reason::IntegrityMismatch.into())
    }

    /// <https://w3c.github.io/webappsec-mixed-content/#should-block-fetch>
    fn is_mixed_content(&self, url: &Url) -> bool {
        self.request.page_url.scheme() == "https"
            && is_http(url)
            && !is_potentially_trustworthy_url(url)
    }

    /// The standard checks it when there is a connection, but before anything is sent.
    ///
    /// <https://wicg.github.io/local-network-access/#local-network-access-check>
    fn is_kept_from(&self, url: &Url) -> bool {
        let port = url.port_or_known_default();
        self.request.is_kept_from_local_network
            && url.has_host()
            && port != self.request.page_url.port_or_known_default()
    }

    /// <https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch>
    fn includes_credentials(&self) -> bool {
        match self.request.credentials {
            Credentials::Include => true,
            Credentials::Omit => false,
            Credentials::SameOrigin => self.tainting == Tainting::Basic,
        }
    }

    /// The URL is compared with its fragment, as the standard has it.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-match>
    fn cache_key(&self) -> Key {
        let credentials = self.request.credentials == Credentials::Include;
        Key {
            origin: self.serialized_origin(),
            url: self.url().clone(),
            credentials,
        }
    }

    /// Ends with a network error of HTTP fetch.
    fn http_error(&mut self, block: impl Into<Block>, agent: &mut UserAgent) -> Step {
        self.clear_preflight_cache(agent);
        self.block(block.into())
    }

    /// Forgets what permits a request to the current URL after HTTP fetch ended in a network error,
    /// wherever redirects have led, if there was permission to be asked for on the way.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-main-fetch>,
    /// <https://fetch.spec.whatwg.org/#concept-cache-clear>
    fn clear_preflight_cache(&self, agent: &mut UserAgent) {
        if !self.with_preflight {
            return;
        }
        let Key { origin, url, .. } = self.cache_key();
        agent.preflight_cache.clear(&origin, &url);
    }

    fn serialized_origin(&self) -> String {
        request_origin::serialize(&self.request.origin, &self.urls)
    }

    fn url(&self) -> &Url {
        // There is the URL of the request at least.
        self.urls.last().unwrap_or(&self.request.url)
    }

    fn decide(&mut self, section: &'static str, what: &str) {
        self.decisions.push(Decision {
            section,
            what: what.to_owned(),
        });
    }

    fn block(&mut self, block: Block) -> Step {
        let what = format!("blocked: {block}");
        self.decide(block.reason.section(), &what);
        Step::Done(Outcome::Block(block))
    }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn port_of(url: &Url) -> String {
    url.port().map(|port| port.to_string()).unwrap_or_default()
}

/// <https://fetch.spec.whatwg.org/#scheme-fetch>
fn data_response(url: &Url) -> Option<HttpResponse> {
    let data = data_url::DataUrl::process(url.as_str()).ok()?;
    let (body, _) = data.decode_to_vec().ok()?;
    let mut headers = HeaderList::new();
    headers.append("Content-Type", data.mime_type().to_string());
    Some(HttpResponse {
        status: 200,
        reason_phrase: b"OK".to_vec(),
        headers,
        body,
        is_cut: false,
    })
}

#[cfg(test)]
mod tests;
