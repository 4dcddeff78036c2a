//! The call of a scenario, as the model takes it.

use corspec_fetch::{Api, Body, Destination, Origin, Request};
use url::{Url, form_urlencoded};

use crate::case::scenario::{BodyKind, BodyPlan, Mechanism, Page, RequestPlan};
use crate::server::Names;

/// The page of a scenario: where it is and what origin it has.
#[derive(Clone, Debug)]
pub(super) struct Document {
    origin: Origin,
    url: Url,
}

impl Document {
    pub(super) fn of(page: &Page, names: &Names) -> Result<Self, url::ParseError> {
        let (origin, path) = match page {
            Page::Origin(origin) => (origin.serialize(), "/-/page"),
            Page::Sandboxed => (SANDBOX_HOST.to_owned(), "/-/frame"),
        };
        let url = Url::parse(&names.to_real_text(&format!("{origin}{path}")))?;
        let origin = match page {
            Page::Origin(_) => Origin::of_url(&url),
            // One page to a permutation, so one number is enough.
            Page::Sandboxed => Origin::Opaque(1),
        };
        Ok(Self { origin, url })
    }
}

/// The call that `document` makes, with real names.
///
/// # Errors
///
/// [`url::ParseError`] if the URL is none, for which every interface throws.
pub(super) fn request(
    plan: &RequestPlan,
    document: &Document,
    names: &Names,
) -> Result<Request, url::ParseError> {
    let Document {
        origin,
        url: page_url,
    } = document.clone();
    let real = |(name, value): &(String, Vec<u8>)| (name.clone(), names.to_real(value));
    Ok(Request {
        api: match plan.via {
            Mechanism::Fetch => Api::Fetch,
            Mechanism::Xhr => Api::XmlHttpRequest,
        },
        method: plan.method.clone(),
        url: page_url.join(&names.to_real_text(&plan.url))?,
        headers: plan.headers.iter().map(real).collect(),
        body: plan.body.as_ref().map(|body| self::body(body, names)),
        origin,
        page_url,
        mode: plan.mode,
        credentials: plan.credentials,
        redirect: plan.redirect,
        cache: plan.cache,
        destination: Destination::Empty,
        referrer_policy: plan.referrer_policy,
        integrity: plan.integrity.clone(),
        use_cors_preflight: plan.upload_listener,
    })
}

/// <https://fetch.spec.whatwg.org/#concept-bodyinit-extract>
fn body(plan: &BodyPlan, names: &Names) -> Body {
    let bytes = names.to_real(&plan.content);
    let plain = |content_type: Option<&str>, bytes| Body {
        bytes,
        content_type: content_type.map(str::to_owned),
        stream: false,
    };
    match &plan.kind {
        BodyKind::Blob(kind) => plain(Some(kind.as_str()).filter(|kind| !kind.is_empty()), bytes),
        BodyKind::Bytes => plain(None, bytes),
        BodyKind::Stream => Body {
            stream: true,
            ..plain(None, bytes)
        },
        BodyKind::Text => plain(Some("text/plain;charset=UTF-8"), bytes),
        BodyKind::UrlSearchParams => {
            let mut serializer = form_urlencoded::Serializer::new(String::new());
            serializer.extend_pairs(form_urlencoded::parse(&bytes));
            let bytes = serializer.finish().into_bytes();
            plain(
                Some("application/x-www-form-urlencoded;charset=UTF-8"),
                bytes,
            )
        }
    }
}

/// The frame of a sandboxed page stands in a document of `app`.
const SANDBOX_HOST: &str = "http://app.localhost:18080";
