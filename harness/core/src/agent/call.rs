//! A page's call in the words of the model.

use corspec_fetch::{Api, Body, BodySource, Destination, Origin, Reason, Request};
use url::Url;

use crate::case::scenario::{BodyKind, BodyPlan, Context, Mechanism, Page, RequestPlan};

/// The number of the one opaque origin there is in a scenario: that of its script.
const OPAQUE: u64 = 1;

/// What the model is asked to fetch when `page` makes the call of `plan`. `place` turns canonical
/// text into what is used: itself for a replay, real ports and tokens on the wire.
///
/// # Errors
///
/// [`Reason::UrlInvalid`] when a URL does not parse.
pub(crate) fn request_of(
    page: &Page,
    plan: &RequestPlan,
    place: impl Fn(&str) -> String,
) -> Result<Request, Reason> {
    let parse = |url: &str| Url::parse(&place(url)).map_err(|_| Reason::UrlInvalid);
    let page_url = parse(&page_url(page))?;
    let is_stream = plan
        .body
        .as_ref()
        .is_some_and(|body| body.kind == BodyKind::Stream);
    let place_bytes = |value: &[u8]| -> Vec<u8> {
        let text: String = value.iter().copied().map(char::from).collect();
        place(&text)
            .chars()
            .map(|character| character as u8)
            .collect()
    };
    Ok(Request {
        api: match plan.via {
            Mechanism::LongPollXhr | Mechanism::Xhr => Api::XmlHttpRequest,
            _ => Api::Fetch,
        },
        method: plan.method.clone(),
        url: page_url
            .join(&place(&plan.url))
            .map_err(|_| Reason::UrlInvalid)?,
        headers: plan
            .headers
            .iter()
            .map(|(name, v)| (name.clone(), place_bytes(v)))
            .collect(),
        body: plan
            .body
            .as_ref()
            .map(|body| body_of(body, place_bytes(&body.content))),
        origin: if page.context.is_opaque() {
            Origin::Opaque(OPAQUE)
        } else {
            Origin::of_url(&page_url)
        },
        page_url,
        mode: plan.mode,
        credentials: plan.credentials,
        redirect: plan.redirect,
        cache: plan.cache,
        destination: Destination::Empty,
        referrer_policy: plan.referrer_policy,
        integrity: plan.integrity.clone(),
        use_cors_preflight: plan.upload_listener || is_stream,
    })
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
    format!("{}{path}", page.origin.serialize())
}

/// <https://fetch.spec.whatwg.org/#concept-bodyinit-extract>
fn body_of(plan: &BodyPlan, bytes: Vec<u8>) -> Body {
    let text = |kind: &str| Some(kind.to_owned());
    let (bytes, content_type, source) = match &plan.kind {
        BodyKind::Blob(kind) => {
            let kind = (!kind.is_empty()).then(|| kind.to_ascii_lowercase());
            (bytes, kind, BodySource::Bytes)
        }
        BodyKind::Bytes => (bytes, None, BodySource::Bytes),
        BodyKind::FormData(_) => (bytes, None, BodySource::Bytes),
        BodyKind::Stream => (bytes, None, BodySource::Stream),
        BodyKind::Text => (bytes, text("text/plain;charset=UTF-8"), BodySource::Text),
        BodyKind::UrlSearchParams => {
            let pairs = url::form_urlencoded::parse(&bytes);
            let serialized = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish();
            let kind = text("application/x-www-form-urlencoded;charset=UTF-8");
            (serialized.into_bytes(), kind, BodySource::Bytes)
        }
    };
    Body {
        bytes,
        content_type,
        source,
    }
}
