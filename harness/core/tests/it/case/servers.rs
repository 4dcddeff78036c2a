//! Requests and the scripts of the server: URLs, redirects, header lines, bodies, bytes.

use corspec::case::scenario::{BodyKind, ConnectionPlan};
use rstest::rstest;

use super::{document, lines, load, step};

#[test]
fn redirects_lead_from_hop_to_hop_to_the_resource() {
    let step = step(
        "",
        "request: { to: app, query: \"?q\" }\nserver: { redirects: [{ to: other }, { to: api-tls, status: 308, headers: { Access-Control-Allow-Origin: $page } }] }",
    );
    assert_eq!(
        step.request.url,
        "http://app.localhost:18080/scenario/hop1?q"
    );
    let [first, second] = step.server.hops.as_slice() else {
        panic!("two hops")
    };
    assert_eq!(first.response.status, 302);
    assert_eq!(first.response.body, b"");
    assert_eq!(first.preflight.status, 204);
    assert_eq!(
        lines(&first.response.headers),
        ["Location: http://other.localhost:18080/scenario/hop2"]
    );
    assert_eq!(second.response.status, 308);
    assert_eq!(
        lines(&second.response.headers),
        [
            "Access-Control-Allow-Origin: http://app.localhost:18080",
            "Location: https://api.localhost:18443/scenario/resource",
        ]
    );
}

#[rstest]
#[case::given("{ to: other, location: \"$final#x\" }", &["Location: http://other.localhost:18080/scenario/resource#x"])]
#[case::given_without_origin("{ location: \"data:,x\" }", &["Location: data:,x"])]
#[case::none("{ to: other, location: null }", &[])]
#[case::empty("{ to: other, location: \"\" }", &["Location: "])]
#[case::among_the_headers("{ to: other, headers: { LOCATION: /x } }", &["LOCATION: /x"])]
#[case::twice("{ to: other, headers: { location: [/x, /y] } }", &["location: /x", "location: /y"])]
#[case::among_the_lines("{ to: other, header_lines: [\"location: /x\"] }", &["location: /x"])]
#[case::bytes("{ location: \"/\\xE9\" }", &["Location: /\u{fffd}"])]
fn a_location_is_added_last_unless_the_author_gives_one(
    #[case] redirect: &str,
    #[case] expected: &[&str],
) {
    let step = step("", &format!("server: {{ redirects: [{redirect}] }}"));
    assert_eq!(lines(&step.server.hops[0].response.headers), expected);
}

#[test]
fn a_redirect_can_be_anything_that_an_answer_can() {
    let step = step(
        "",
        "server: { redirects: [{ to: other, delay: 50ms, connection: cut, body: gone, preflight: { status: 403 } }, { to: api, raw: \"HTTP/1.1 302 x\\r\\n\\r\\n\" }] }",
    );
    let [first, second] = step.server.hops.as_slice() else {
        panic!("two hops")
    };
    assert_eq!(first.response.delay.as_millis(), 50);
    assert_eq!(first.response.connection, ConnectionPlan::Cut);
    assert_eq!(first.response.body, b"gone");
    assert_eq!(first.preflight.status, 403);
    assert_eq!(
        second.response.raw.as_deref(),
        Some(&b"HTTP/1.1 302 x\r\n\r\n"[..])
    );
    assert!(second.response.headers.is_empty());
}

#[test]
fn header_lines_keep_their_order_and_their_spaces() {
    let step = step(
        "",
        "server:\n  response:\n    headers: { Vary: [a, b], X-Empty: \"\" }\n    header_lines: [\"Vary: c\", \"x:no space\", \"y:   three\", \"z:\", \"VARY: d \"]",
    );
    assert_eq!(
        lines(&step.server.response.headers),
        [
            "Vary: a",
            "Vary: b",
            "X-Empty: ",
            "Vary: c",
            "x: no space",
            "y:   three",
            "z: ",
            "VARY: d ",
        ]
    );
}

#[test]
fn header_values_and_bytes_are_isomorphic_and_texts_are_utf_8() {
    let step = step(
        "",
        "request: { method: POST, headers: { x-bytes: \"\\xE9\\x00é\" }, body: é }\nserver:\n  response: { headers: { x-bytes: \"\\xFF\" }, body: é }\n  preflight: { bytes: \"\\xE9é\" }",
    );
    assert_eq!(step.request.headers[0].1, [0xe9, 0, 0xe9]);
    assert_eq!(step.request.body.unwrap().content, "é".as_bytes());
    assert_eq!(step.server.response.headers[0].1, [0xff]);
    assert_eq!(step.server.response.body, "é".as_bytes());
    assert_eq!(step.server.preflight.body, [0xe9, 0xe9]);
}

#[rstest]
#[case::text("x é", BodyKind::Text, "x é".as_bytes())]
#[case::number("1.0", BodyKind::Text, b"1.0")]
#[case::explicit_text("{ text: x }", BodyKind::Text, b"x")]
#[case::bytes("{ bytes: \"\\xFF\" }", BodyKind::Bytes, b"\xff")]
#[case::stream("{ stream: \"\\xFF\" }", BodyKind::Stream, b"\xff")]
#[case::blob("{ blob: { type: text/html, content: x } }", BodyKind::Blob("text/html".into()), b"x")]
#[case::blob_without_type("{ blob: { content: x } }", BodyKind::Blob(String::new()), b"x")]
#[case::parameters("{ url_search_params: \"a=é\" }", BodyKind::UrlSearchParams, "a=é".as_bytes())]
fn bodies_are_what_the_page_makes_of_them(
    #[case] body: &str,
    #[case] kind: BodyKind,
    #[case] content: &[u8],
) {
    let step = step("", &format!("request: {{ method: POST, body: {body} }}"));
    let body = step.request.body.unwrap();
    assert_eq!(body.kind, kind);
    assert_eq!(body.content, content);
}

#[rstest]
#[case::plain("{}", "http://api.localhost:18080/scenario/resource")]
#[case::secure("{ to: api-h2 }", "https://api.localhost:18444/scenario/resource")]
#[case::parts(
    "{ userinfo: \"user:secret\", query: \"?a=1\", fragment: \"#x\" }",
    "http://user:secret@api.localhost:18080/scenario/resource?a=1#x"
)]
#[case::replaced(
    "{ to: other, url: \"$target:1/$$\" }",
    "http://other.localhost:18080:1/$"
)]
fn urls_are_made_of_their_parts(#[case] request: &str, #[case] url: &str) {
    assert_eq!(step("", &format!("request: {request}")).request.url, url);
}

#[test]
fn an_answer_can_be_bytes_and_nothing_else() {
    let answer = step(
        "",
        "server: { response: { raw: \"HTTP/1.1 200\\r\\n\\xFF\" } }",
    )
    .server
    .response;
    assert_eq!(answer.raw.as_deref(), Some(&b"HTTP/1.1 200\r\n\xff"[..]));
    assert_eq!(answer.body, b"");
}

#[test]
fn the_remaining_keys_of_an_answer_are_taken_over() {
    let answer = step(
        "",
        "server: { response: { status: 418, reason: I am, connection: refuse, delay: 2s } }",
    )
    .server
    .response;
    assert_eq!(answer.status, 418);
    assert_eq!(answer.reason_phrase.as_deref(), Some("I am"));
    assert_eq!(answer.connection, ConnectionPlan::Refuse);
    assert_eq!(answer.delay.as_secs(), 2);
}

#[test]
fn a_body_with_get_is_accepted_where_it_is_the_point() {
    for case in [
        "request: { body: x }\nexpect: { outcome: { block: body-not-allowed } }",
        "request: { via: xhr, body: x }\nexpect: { outcome: allow }",
    ] {
        load(document("", case)).unwrap();
    }
}
