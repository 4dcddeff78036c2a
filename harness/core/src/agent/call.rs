//! A page's call in the words of the model.

mod body;

use corspec_fetch::initiate::{self, CorsSetting};
use corspec_fetch::{
    Api, Block, Credentials, Destination, HeaderList, Origin, Outcome, Reason, Request,
    ResponseType, VisibleResponse,
};
use url::Url;

use self::body::{body_of, form_body, form_query};
use crate::case::scenario::{
    BodyKind, Context, CrossOrigin, Mechanism, Page, PageOrigin, RequestPlan,
};

/// The number of the one opaque origin there is in a scenario: that of its script.
const OPAQUE: u64 = 1;

/// The key of every handshake: sixteen bytes, a constant instead of a nonce, so that two runs say the same. It has
/// to keep nobody from being confused here.
///
/// <https://www.rfc-editor.org/rfc/rfc6455#section-4.1>
pub(crate) const SOCKET_KEY: &str = "Y29yc3BlYyBncmVldGluZw==";

/// What the model is asked to fetch when `page` makes the call of `plan`. `place` turns canonical
/// text into what is used: itself for a replay, real ports and tokens on the wire.
///
/// # Errors
///
/// What the interface refuses before there is a request; [`Reason::UrlInvalid`] when a URL does not
/// parse.
pub(crate) fn request_of(
    page: &Page,
    plan: &RequestPlan,
    place: impl Fn(&str) -> String,
) -> Result<Request, Block> {
    let mut request = plain_request(page, plan, &place)?;
    initiate(page, plan, &mut request, &place)?;
    Ok(request)
}

/// Lays what a mechanism says over a plain request.
fn initiate(
    page: &Page,
    plan: &RequestPlan,
    request: &mut Request,
    place: &impl Fn(&str) -> String,
) -> Result<(), Block> {
    let setting = cors_setting(plan);
    let mut element = |api, destination| initiate::element(request, api, destination, setting);
    match plan.via {
        Mechanism::Audio => element(Api::Media, Destination::Audio),
        Mechanism::Image => element(Api::Image, Destination::Image),
        Mechanism::Jsonp | Mechanism::Script => element(Api::Script, Destination::Script),
        Mechanism::Preload => element(Api::Preload, Destination::Empty),
        Mechanism::Style => element(Api::Style, Destination::Style),
        Mechanism::Track => element(Api::Track, Destination::Track),
        Mechanism::Video => element(Api::Media, Destination::Video),
        Mechanism::Beacon => initiate::beacon(request)?,
        Mechanism::EventSource => {
            initiate::event_source(request, plan.credentials == Credentials::Include, "");
        }
        Mechanism::Font => initiate::font(request),
        Mechanism::Form => {
            submit(plan, request, place);
            initiate::navigation(request);
        }
        Mechanism::Frame | Mechanism::Link => {
            "GET".clone_into(&mut request.method);
            initiate::navigation(request);
        }
        Mechanism::Module => initiate::module_script(request, setting),
        Mechanism::ServiceWorker => initiate::worker(request, Destination::ServiceWorker)?,
        Mechanism::SharedWorker => initiate::worker(request, Destination::SharedWorker)?,
        Mechanism::WebSocket => initiate::web_socket(request, SOCKET_KEY, &plan.protocols)?,
        Mechanism::Worker => initiate::worker(request, Destination::Worker)?,
        Mechanism::LongPollXhr | Mechanism::Xhr => {
            request.api = Api::XmlHttpRequest;
            // Only a document would be kept waiting for the time to run out.
            if plan.synchronous && plan.timeout.is_some() && !page.context.is_worker() {
                return Err(Block::new(Reason::NotSupported, "timeout"));
            }
        }
        // XDomainRequest and exact requests have models of their own, and the rest is `fetch()` or makes no request.
        Mechanism::BroadcastChannel
        | Mechanism::Features
        | Mechanism::Fetch
        | Mechanism::Http
        | Mechanism::LongPoll
        | Mechanism::PostMessage
        | Mechanism::Xdr => {}
    }
    Ok(())
}

fn plain_request(
    page: &Page,
    plan: &RequestPlan,
    place: &impl Fn(&str) -> String,
) -> Result<Request, Block> {
    let parse = |url: &str| Url::parse(&place(url)).map_err(|_| Reason::UrlInvalid);
    let page_url = parse(&page_url(page))?;
    let is_stream = plan
        .body
        .as_ref()
        .is_some_and(|body| body.kind == BodyKind::Stream);
    Ok(Request {
        api: Api::Fetch,
        method: plan.method.clone(),
        url: page_url
            .join(&place(&plan.url))
            .map_err(|_| Reason::UrlInvalid)?,
        headers: plan
            .headers
            .iter()
            .map(|(name, v)| (name.clone(), place_bytes(v, place)))
            .collect(),
        body: plan.body.as_ref().map(|body| body_of(body, place)),
        origin: if page.is_opaque() {
            Origin::Opaque(OPAQUE)
        } else {
            Origin::of_url(&page_url)
        },
        page_url,
        has_referrer: !matches!(
            page.context,
            Context::BlobFrame | Context::BlobWorker | Context::DataFrame | Context::DataWorker
        ),
        mode: plan.mode,
        credentials: plan.credentials,
        redirect: plan.redirect,
        cache: plan.cache,
        destination: Destination::Empty,
        referrer_policy: plan.referrer_policy,
        integrity: plan.integrity.clone(),
        use_cors_preflight: plan.upload_listener || is_stream,
        keepalive: plan.keepalive,
        is_kept_from_local_network: page.is_public() && page.permission.is_none(),
    })
}

/// The fields of a form go into the URL or into the body.
///
/// <https://html.spec.whatwg.org/#form-submission-algorithm>
fn submit(plan: &RequestPlan, request: &mut Request, place: &impl Fn(&str) -> String) {
    if plan.method.eq_ignore_ascii_case("POST") {
        "POST".clone_into(&mut request.method);
        request.body = Some(form_body(plan.body.as_ref(), place));
        return;
    }
    "GET".clone_into(&mut request.method);
    request.body = None;
    request
        .url
        .set_query(Some(&form_query(plan.body.as_ref(), place)));
}

const fn cors_setting(plan: &RequestPlan) -> CorsSetting {
    match plan.crossorigin {
        None => CorsSetting::NoCors,
        Some(CrossOrigin::Anonymous) => CorsSetting::Anonymous,
        Some(CrossOrigin::UseCredentials) => CorsSetting::UseCredentials,
    }
}

/// The canonical URL that a scenario's script is known by: that of its document or worker, or of the
/// document that made a frame without a URL of its own.
pub(crate) fn page_url(page: &Page) -> String {
    let path = match page.context {
        Context::Sandboxed => "/-/frame",
        Context::ServiceWorker | Context::SharedWorker | Context::Worker => "/-/page.js",
        Context::BlobFrame
        | Context::BlobWorker
        | Context::DataFrame
        | Context::DataWorker
        | Context::Srcdoc
        | Context::Window => "/-/page",
    };
    match &page.origin {
        PageOrigin::File => "file:///page.html".to_owned(),
        PageOrigin::Claimed(_) | PageOrigin::Named(_) => {
            format!("{}{path}", page.origin.serialize())
        }
    }
}

/// The same for bytes, one character each.
fn place_bytes(value: &[u8], place: &impl Fn(&str) -> String) -> Vec<u8> {
    let text: String = value.iter().copied().map(char::from).collect();
    place(&text)
        .chars()
        .map(|character| character as u8)
        .collect()
}

/// A frame shows something in any case, if only that there was an error: its page is told the same.
///
/// <https://html.spec.whatwg.org/#iframe-load-event-steps>
pub(crate) fn shown(outcome: Outcome, url: &Url) -> Outcome {
    match outcome {
        Outcome::Allow(response) => Outcome::Allow(response),
        Outcome::Block(_) => Outcome::Allow(VisibleResponse {
            kind: ResponseType::Opaque,
            status: 0,
            status_text: String::new(),
            url: Some(url.clone()),
            redirected: false,
            headers: HeaderList::new(),
            body: Vec::new(),
        }),
    }
}
