//! The call of a scenario, with the names that are real on the wire.

use corspec_fetch::{Reason, Request};
use url::form_urlencoded;

use crate::agent::call::request_of;
use crate::case::scenario::{BodyKind, Page, RequestPlan};
use crate::server::Names;

/// The call that `page` makes.
///
/// # Errors
///
/// [`Reason::UrlInvalid`] if the URL is none, for which every interface throws.
pub(super) fn request(page: &Page, plan: &RequestPlan, names: &Names) -> Result<Request, Reason> {
    let mut request = request_of(page, plan, |text| names.to_real_text(text))?;
    if let (Some(body), Some(plan)) = (&mut request.body, &plan.body) {
        body.bytes = names.to_real(&body.bytes);
        if plan.kind == BodyKind::UrlSearchParams {
            body.bytes = serialize(&body.bytes);
        }
    }
    Ok(request)
}

/// What `URLSearchParams` makes of its content.
///
/// <https://url.spec.whatwg.org/#concept-urlencoded-serializer>
fn serialize(content: &[u8]) -> Vec<u8> {
    let mut serializer = form_urlencoded::Serializer::new(String::new());
    serializer.extend_pairs(form_urlencoded::parse(content));
    serializer.finish().into_bytes()
}
