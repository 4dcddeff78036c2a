//! What the interfaces make of a call before anything is fetched.
//!
//! <https://fetch.spec.whatwg.org/#dom-request>, <https://xhr.spec.whatwg.org/#the-open()-method>

use crate::forbidden::is_forbidden_request_header;
use crate::header_list::{HeaderList, is_header_name, is_header_value, normalize_value};
use crate::method::Method;
use crate::mime;
use crate::outcome::Block;
use crate::reason::Reason;
use crate::request::{Api, Body, BodySource, CacheMode, KEEPALIVE_QUOTA, Mode, Request};
use crate::safelist::{is_no_cors_safelisted, is_no_cors_safelisted_name};

/// What is left of a call once it is valid.
#[derive(Clone, Debug)]
pub(crate) struct Constructed {
    pub(crate) method: Method,
    pub(crate) headers: HeaderList,
    pub(crate) body: Option<Body>,
}

/// Validates a call.
///
/// # Errors
///
/// What the interface throws for.
pub(crate) fn construct(request: &Request) -> Result<Constructed, Block> {
    // A beacon is not even queued; others find out when they are about to be sent.
    let length = request.body.as_ref().map_or(0, |body| body.bytes.len());
    if request.api == Api::Beacon && length > KEEPALIVE_QUOTA {
        return Err(Reason::KeepaliveTooLarge.into());
    }
    if !request.api.is_scripted() {
        return Ok(as_it_is(request));
    }
    let url = &request.url;
    if request.api == Api::Fetch && matches!(request.mode, Mode::Navigate | Mode::WebSocket) {
        return Err(Block::new(Reason::InvalidInit, "mode"));
    }
    if request.api == Api::Fetch && (!url.username().is_empty() || url.password().is_some()) {
        return Err(Reason::UrlUserinfo.into());
    }
    if request.cache == CacheMode::OnlyIfCached && request.mode != Mode::SameOrigin {
        return Err(Block::new(Reason::InvalidInit, "cache"));
    }
    let method = method(request)?;
    let mut headers = HeaderList::new();
    for (name, value) in &request.headers {
        append(&mut headers, request, name, value)?;
    }
    let bodyless = matches!(method.as_str(), "GET" | "HEAD");
    let body = match (&request.body, request.api) {
        (Some(_), Api::Fetch) if bodyless => return Err(Reason::BodyNotAllowed.into()),
        (Some(_), Api::XmlHttpRequest) if bodyless => None,
        (body, _) => body.clone(),
    };
    let is_stream = body
        .as_ref()
        .is_some_and(|body| body.source == BodySource::Stream);
    if is_stream && request.mode == Mode::NoCors {
        return Err(Block::new(Reason::InvalidInit, "body"));
    }
    let is_text = body
        .as_ref()
        .is_some_and(|body| body.source == BodySource::Text);
    if is_text && request.api == Api::XmlHttpRequest {
        insist_on_utf8(&mut headers);
    }
    let implied = body.as_ref().and_then(|body| body.content_type.as_ref());
    if let Some(content_type) = implied.filter(|_| !headers.contains("content-type")) {
        append(
            &mut headers,
            request,
            "Content-Type",
            content_type.as_bytes(),
        )?;
    }
    Ok(Constructed {
        method,
        headers,
        body,
    })
}

/// A request that no script has a say in.
fn as_it_is(request: &Request) -> Constructed {
    let mut headers = HeaderList::new();
    for (name, value) in &request.headers {
        headers.append(name.as_str(), value.as_slice());
    }
    let implied = request
        .body
        .as_ref()
        .and_then(|body| body.content_type.as_ref());
    if let Some(content_type) = implied {
        headers.append("Content-Type", content_type.as_str());
    }
    let method = Method::parse(&request.method).unwrap_or_else(Method::get);
    Constructed {
        method: method.normalize(),
        headers,
        body: request.body.clone(),
    }
}

fn method(request: &Request) -> Result<Method, Block> {
    let refused = |reason| Block::new(reason, request.method.as_str());
    let method = Method::parse(&request.method).ok_or_else(|| refused(Reason::InvalidMethod))?;
    if method.is_forbidden() {
        return Err(refused(Reason::ForbiddenMethod));
    }
    let method = method.normalize();
    if request.mode == Mode::NoCors && !method.is_cors_safelisted() {
        return Err(refused(Reason::NoCorsMethod));
    }
    Ok(method)
}

/// Corrects the charset that an author gives to a string body.
///
/// <https://xhr.spec.whatwg.org/#the-send()-method>
fn insist_on_utf8(headers: &mut HeaderList) {
    let given = headers
        .get("content-type")
        .and_then(|value| mime::with_charset_utf8(&value));
    if let Some(corrected) = given {
        headers.set("Content-Type", corrected);
    }
}

/// <https://fetch.spec.whatwg.org/#concept-headers-append>
fn append(
    headers: &mut HeaderList,
    request: &Request,
    name: &str,
    value: &[u8],
) -> Result<(), Block> {
    let value = normalize_value(value);
    if !is_header_name(name) || !is_header_value(value) {
        return Err(Block::new(Reason::InvalidHeader, name));
    }
    if is_forbidden_request_header(name, value) {
        return Ok(());
    }
    if request.mode == Mode::NoCors {
        let mut combined = headers.clone();
        combined.combine(name, value);
        let combined = combined.get(name).unwrap_or_default();
        // A name beyond the safelist is dropped; so is a value that would leave it.
        if !is_no_cors_safelisted_name(name) || !is_no_cors_safelisted(name, &combined) {
            return Ok(());
        }
    }
    if request.api == Api::XmlHttpRequest {
        headers.combine(name, value);
    } else {
        headers.append(name, value);
    }
    Ok(())
}
