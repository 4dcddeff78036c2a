//! What the server answers, by itself and with each mistake.

use rstest::rstest;

use super::*;

fn policy() -> Policy {
    Policy {
        name: "test".to_owned(),
        origins: vec!["https://app.example".to_owned()],
        methods: vec!["GET".to_owned(), "PUT".to_owned()],
        request_headers: vec!["x-probe".to_owned()],
        exposed_headers: vec!["x-total".to_owned()],
        credentials: true,
        max_age: 600,
        ..Policy::default()
    }
}

/// The head of an answer as text, without what the application says by itself.
fn head(policy: Policy, mutant: Option<Mutant>, method: &str, headers: &[(&str, &str)]) -> String {
    let server = PolicyServer::new(Arc::new(policy), mutant);
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| line(name, *value))
        .collect();
    let answer = server.answer(Request {
        method,
        resource: "resource",
        headers: &headers,
    });
    let own = [
        "Content-Type",
        "X-Handler",
        "X-Total",
        "X-Trace",
        "Cache-Control",
    ];
    let lines = answer
        .headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)));
    let lines: Vec<_> = std::iter::once(answer.status.to_string())
        .chain(lines)
        .collect();
    lines.join("\n")
}

const APP: (&str, &str) = ("origin", "https://app.example");
const EVIL: (&str, &str) = ("origin", "https://evil.example");
const PUT: (&str, &str) = ("access-control-request-method", "PUT");
const PROBE: (&str, &str) = ("access-control-request-headers", "x-probe");

#[test]
fn an_origin_that_is_allowed_is_named_and_may_read() {
    assert_eq!(
        head(policy(), None, "GET", &[APP]),
        "200\nVary: Accept-Encoding, Origin\nAccess-Control-Allow-Origin: https://app.example\n\
         Access-Control-Allow-Credentials: true\nAccess-Control-Expose-Headers: x-total"
    );
}

#[rstest]
#[case::refused(&[EVIL])]
#[case::none(&[])]
#[case::two(&[APP, APP])]
fn nobody_else_is_told_anything_but_that_it_differs(#[case] headers: &[(&str, &str)]) {
    let expected = "200\nVary: Accept-Encoding, Origin";
    assert_eq!(head(policy(), None, "GET", headers), expected);
}

#[test]
fn a_preflight_is_answered_whole_without_the_application() {
    assert_eq!(
        head(policy(), None, "OPTIONS", &[APP, PUT, PROBE]),
        "204\nAccess-Control-Allow-Origin: https://app.example\n\
         Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Methods: GET, PUT\n\
         Access-Control-Allow-Headers: x-probe\nAccess-Control-Max-Age: 600\n\
         Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    );
}

#[rstest]
#[case::no_method(&[APP])]
#[case::no_origin(&[PUT])]
fn options_alone_is_no_preflight(#[case] headers: &[(&str, &str)]) {
    assert!(head(policy(), None, "OPTIONS", headers).contains("Allow: GET, HEAD"));
}

#[test]
fn everybody_gets_the_same_without_vary() {
    let policy = Policy {
        any_origin: true,
        credentials: true,
        ..policy()
    };
    assert_eq!(
        head(policy, None, "GET", &[EVIL]),
        "200\nVary: Accept-Encoding\nAccess-Control-Allow-Origin: *\n\
         Access-Control-Expose-Headers: x-total"
    );
}

#[test]
fn every_word_is_that_of_its_mutant() {
    for mutant in Mutant::ALL {
        assert_eq!(mutant.word().parse(), Ok(*mutant));
        assert!(mutant.about().ends_with('.'), "{mutant}");
    }
    let error = "no-such".parse::<Mutant>().unwrap_err().to_string();
    assert!(error.starts_with("unknown mutant `no-such`; there are: reflect-any-origin, "));
}
