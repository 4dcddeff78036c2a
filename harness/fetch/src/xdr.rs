//! XDomainRequest of Internet Explorer 8 and 9, which has rules of its own.
//!
//! <https://learn.microsoft.com/en-us/archive/blogs/ieinternals/xdomainrequest-restrictions-limitations-and-workarounds>
//!
//! Zones (the sixth rule) are not modelled. Nothing is written about redirects: the first answer is
//! judged as it stands.

use url::Url;

use crate::header_list::HeaderList;
use crate::method::Method;
use crate::origin::Origin;
use crate::outcome::{Block, Decision, Outcome};
use crate::reason::Reason;
use crate::request::{HttpRequest, Purpose, Request};
use crate::response::{HttpResponse, ResponseType, VisibleResponse};

const RULES: &str = "https://learn.microsoft.com/en-us/archive/blogs/ieinternals/xdomainrequest-restrictions-limitations-and-workarounds";

/// What is sent for a call, if anything is.
///
/// # Errors
///
/// The rule that refuses it: [`Reason::XdrScheme`], [`Reason::XdrMethod`], [`Reason::XdrHeader`] or
/// [`Reason::XdrSchemeMismatch`].
pub fn request(request: &Request) -> Result<HttpRequest, Block> {
    let url = &request.url;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Block::new(Reason::XdrScheme, url.scheme()));
    }
    let method = request.method.to_ascii_uppercase();
    let ("GET" | "POST", Some(method)) = (method.as_str(), Method::parse(&method)) else {
        return Err(Block::new(Reason::XdrMethod, request.method.as_str()));
    };
    if let Some((name, _)) = request.headers.first() {
        return Err(Block::new(Reason::XdrHeader, name));
    }
    if url.scheme() != request.page_url.scheme() {
        return Err(Block::new(Reason::XdrSchemeMismatch, url.scheme()));
    }
    let is_post = method.as_str() == "POST";
    let mut headers = HeaderList::new();
    headers.append("Accept", "*/*");
    let body = request
        .body
        .as_ref()
        .filter(|_| is_post)
        .map(|body| body.bytes.clone());
    if is_post {
        let length = body.as_ref().map_or(0, Vec::len);
        headers.append("Content-Length", length.to_string());
    }
    headers.append("Origin", request.origin.serialize());
    Ok(HttpRequest {
        method,
        url: url.clone(),
        headers,
        body,
        purpose: Purpose::Actual,
        on_new_connection: false,
    })
}

/// What script gets of the answer: the body and its type, or an event.
#[must_use]
pub fn judge(origin: &Origin, url: &Url, response: Option<HttpResponse>) -> Outcome {
    let Some(response) = response.filter(|response| !response.is_cut) else {
        return Outcome::Block(Reason::NetworkError.into());
    };
    let allowed = response.headers.get("access-control-allow-origin");
    let is_allowed = allowed
        .as_deref()
        .is_some_and(|allowed| allowed == b"*" || allowed == origin.serialize().as_bytes());
    if !is_allowed {
        let detail = allowed.map(|allowed| String::from_utf8_lossy(&allowed).into_owned());
        let reason = Reason::XdrAllowOrigin;
        return Outcome::Block(Block { reason, detail });
    }
    let mut headers = HeaderList::new();
    if let Some(content_type) = response.headers.get("content-type") {
        headers.append("content-type", content_type);
    }
    Outcome::Allow(VisibleResponse {
        kind: ResponseType::Cors,
        status: 0,
        status_text: String::new(),
        url: Some(url.clone()),
        redirected: false,
        headers,
        body: response.body,
    })
}

/// What was decided, for explanations.
#[must_use]
pub fn decisions(outcome: &Outcome) -> Vec<Decision> {
    let what = match outcome {
        Outcome::Allow(_) => "the server lets the page read the answer".to_owned(),
        Outcome::Block(block) => format!("blocked: {block}"),
    };
    vec![Decision {
        section: RULES,
        what,
    }]
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn call(page: &str, method: &str, url: &str, headers: &[&str]) -> Result<HttpRequest, Block> {
        let page = Url::parse(page).unwrap();
        let mut call = Request::get(&page, Url::parse(url).unwrap());
        call.method = method.to_owned();
        call.headers = headers
            .iter()
            .map(|name| ((*name).to_owned(), b"1".to_vec()))
            .collect();
        request(&call)
    }

    const PAGE: &str = "http://a.localhost/";

    #[rstest]
    #[case("GET", "http://b.localhost/", &[], None)]
    #[case("post", "http://b.localhost/", &[], None)]
    #[case("PUT", "http://b.localhost/", &[], Some(Reason::XdrMethod))]
    #[case("HEAD", "http://b.localhost/", &[], Some(Reason::XdrMethod))]
    #[case("GET", "https://b.localhost/", &[], Some(Reason::XdrSchemeMismatch))]
    #[case("GET", "ftp://b.localhost/", &[], Some(Reason::XdrScheme))]
    #[case("GET", "http://b.localhost/", &["x-probe"], Some(Reason::XdrHeader))]
    fn calls(
        #[case] method: &str,
        #[case] url: &str,
        #[case] headers: &[&str],
        #[case] refused: Option<Reason>,
    ) {
        let judged = call(PAGE, method, url, headers);
        assert_eq!(judged.err().map(|block| block.reason), refused);
    }

    #[test]
    fn a_request_tells_its_origin_and_no_content_type() {
        let sent = call(PAGE, "POST", "http://b.localhost/", &[]).unwrap();
        assert_eq!(sent.headers.get("origin").unwrap(), b"http://a.localhost");
        assert!(!sent.headers.contains("content-type"));
        assert!(!sent.headers.contains("cookie"));
    }

    #[rstest]
    #[case(Some("*"), true)]
    #[case(Some("http://a.localhost"), true)]
    #[case(Some("http://a.localhost/"), false)]
    #[case(None, false)]
    fn answers(#[case] allowed: Option<&str>, #[case] visible: bool) {
        let mut response = HttpResponse {
            status: 404,
            ..HttpResponse::default()
        };
        if let Some(allowed) = allowed {
            response
                .headers
                .append("Access-Control-Allow-Origin", allowed);
        }
        let origin = Origin::parse("http://a.localhost").unwrap();
        let url = Url::parse("http://b.localhost/").unwrap();
        let outcome = judge(&origin, &url, Some(response));
        assert_eq!(matches!(outcome, Outcome::Allow(_)), visible);
    }
}
