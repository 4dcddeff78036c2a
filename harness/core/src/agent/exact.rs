//! What a browser would make of the answer to a request that no page makes.
//!
//! An exact request is sent by nobody but the wire, to find out what a server does with it. Its answer
//! is judged as if a page of the origin it names had caused it: as a preflight where it is one.

use corspec_fetch::preflight::{self, Question};
use corspec_fetch::{
    Block, Credentials, HeaderList, HttpResponse, Method, Outcome, ResponseType, VisibleResponse,
    cors_check,
};
use url::Url;

/// How a page would see this answer; the request's own lines say who asks and for what.
///
/// <https://fetch.spec.whatwg.org/#cors-check>,
/// <https://fetch.spec.whatwg.org/#cors-preflight-fetch-0>
pub(crate) fn outcome(
    method: &str,
    request: &HeaderList,
    credentials: Credentials,
    url: &Url,
    response: HttpResponse,
) -> Outcome {
    let text = |value: Vec<u8>| -> String { value.into_iter().map(char::from).collect() };
    let origin = request.get("origin").map(text);
    let asked = request.get("access-control-request-method").map(text);
    let judged = match (&origin, asked.filter(|_| method == "OPTIONS")) {
        // Without an origin there is nobody to be kept out.
        (None, _) => Ok(()),
        (Some(origin), None) => {
            cors_check::check(origin, credentials, &response.headers).map_err(Block::from)
        }
        (Some(origin), Some(asked)) => {
            preflight_verdict(origin, &asked, request, credentials, &response)
        }
    };
    match judged {
        Ok(()) => Outcome::Allow(VisibleResponse {
            kind: if origin.is_some() {
                ResponseType::Cors
            } else {
                ResponseType::Basic
            },
            status: response.status,
            status_text: response
                .reason_phrase
                .iter()
                .copied()
                .map(char::from)
                .collect(),
            url: Some(url.clone()),
            redirected: false,
            headers: response.headers,
            body: response.body,
        }),
        Err(block) => Outcome::Block(block),
    }
}

fn preflight_verdict(
    origin: &str,
    method: &str,
    request: &HeaderList,
    credentials: Credentials,
    response: &HttpResponse,
) -> Result<(), Block> {
    let method = Method::parse(method).unwrap_or_else(Method::options);
    let mut names: Vec<String> = request
        .get_all("access-control-request-headers")
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect();
    names.sort();
    let headers: HeaderList = names
        .iter()
        .map(|name| (name.clone(), Vec::new()))
        .collect();
    let question = Question {
        origin,
        credentials,
        method: &method,
        headers: &headers,
        unsafe_names: &names,
        use_cors_preflight: false,
    };
    preflight::judge(&question, response).map(|_| ())
}

#[cfg(test)]
mod tests {
    use corspec_fetch::Reason;
    use rstest::rstest;

    use super::*;

    fn list(lines: &[(&str, &str)]) -> HeaderList {
        let lines = lines.iter();
        lines
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect()
    }

    const ORIGIN: (&str, &str) = ("origin", "https://app.example");
    const PUT: (&str, &str) = ("access-control-request-method", "PUT");
    const NAMED: (&str, &str) = ("access-control-allow-origin", "https://app.example");
    const PUT_ALLOWED: (&str, &str) = ("access-control-allow-methods", "PUT");

    #[rstest]
    #[case::nobody_asks("GET", &[], &[], None)]
    #[case::named("GET", &[ORIGIN], &[NAMED], None)]
    #[case::not_named("GET", &[ORIGIN], &[], Some(Reason::AllowOriginMissing))]
    #[case::allowed("OPTIONS", &[ORIGIN, PUT], &[NAMED, PUT_ALLOWED], None)]
    #[case::method("OPTIONS", &[ORIGIN, PUT], &[NAMED], Some(Reason::MethodNotAllowed))]
    #[case::header(
        "OPTIONS",
        &[ORIGIN, PUT, ("access-control-request-headers", " X-Probe,")],
        &[NAMED, PUT_ALLOWED],
        Some(Reason::HeaderNotAllowed)
    )]
    #[case::no_preflight("OPTIONS", &[ORIGIN], &[NAMED], None)]
    fn an_answer_is_judged_as_what_was_asked(
        #[case] method: &str,
        #[case] request: &[(&str, &str)],
        #[case] response: &[(&str, &str)],
        #[case] reason: Option<Reason>,
    ) {
        let response = HttpResponse {
            status: 200,
            headers: list(response),
            ..HttpResponse::default()
        };
        let url = "http://api.localhost/".parse().unwrap();
        let outcome = outcome(
            method,
            &list(request),
            Credentials::SameOrigin,
            &url,
            response,
        );
        let found = match outcome {
            Outcome::Allow(_) => None,
            Outcome::Block(block) => Some(block.reason),
        };
        assert_eq!(found, reason);
    }
}
