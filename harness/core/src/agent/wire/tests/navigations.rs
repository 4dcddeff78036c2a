//! What leaves the page, or opens another document; and XDomainRequest, which is like nothing else.

use rstest::rstest;

use super::play_scenario;

#[rstest]
#[case::simple("{ text: a }", &["POST"])]
#[case::json("{ blob: { type: application/json, content: \"{}\" } }", &["OPTIONS", "POST"])]
#[tokio::test]
async fn beacons_ask_first_where_they_must(#[case] body: &str, #[case] methods: &[&str]) {
    let server = "{ preflight: { headers: { Access-Control-Allow-Origin: \"$page\", \
                  Access-Control-Allow-Credentials: \"true\", \
                  Access-Control-Allow-Headers: content-type } } }";
    let played = play_scenario(&format!("{{ via: beacon, body: {body} }}"), server).await;
    assert_eq!(played.outcome(), "silent");
    let sent = played
        .transcript
        .iter()
        .map(|exchange| exchange.method.as_str());
    assert_eq!(sent.collect::<Vec<_>>(), methods);
    assert_eq!(played.fact("queued"), Some("true"));
}

#[rstest]
#[case::url_encoded(
    "{ url_search_params: \"a=1&b=x y\" }",
    "application/x-www-form-urlencoded",
    "a=1&b=x+y"
)]
#[case::plain("{ text: \"a=b=c\" }", "text/plain", "a=b=c\r\n")]
#[tokio::test]
async fn a_form_posts_its_fields(#[case] body: &str, #[case] kind: &str, #[case] content: &str) {
    let request = format!("{{ via: form, method: POST, body: {body} }}");
    let played = play_scenario(&request, "{}").await;
    assert_eq!(played.outcome(), "silent");
    assert_eq!(played.headers("content-type"), [kind]);
    assert_eq!(played.headers("origin"), ["http://app.localhost:18080"]);
    assert_eq!(played.headers("sec-fetch-mode"), ["navigate"]);
    let body = &played.transcript[0].request.body;
    assert_eq!(String::from_utf8_lossy(body), content);
}

#[tokio::test]
async fn a_form_that_gets_has_its_fields_in_the_url() {
    let request = "{ via: form, query: \"?old\", body: { url_search_params: \"a=1\" } }";
    let played = play_scenario(request, "{}").await;
    let url = "GET http://api.localhost:18080/scenario/resource?a=1";
    assert_eq!(played.sent(), [url]);
    assert_eq!(played.headers("origin"), ["-"]);
}

#[tokio::test]
async fn a_link_sends_no_origin() {
    let played = play_scenario("{ via: link }", "{}").await;
    assert_eq!(played.outcome(), "silent");
    assert_eq!(played.headers("origin"), ["-"]);
    assert_eq!(played.headers("sec-fetch-dest"), ["iframe"]);
}

#[rstest]
#[case::abroad("{ via: frame }", "{}", "hidden")]
#[case::at_home("{ via: frame, to: app }", "{}", "readable")]
#[case::nothing("{ via: frame }", "{ response: { connection: refuse } }", "hidden")]
#[tokio::test]
async fn a_frame_always_loads(#[case] request: &str, #[case] server: &str, #[case] fact: &str) {
    let played = play_scenario(request, server).await;
    assert_eq!(played.outcome(), "allow");
    assert_eq!(played.events(), ["load"]);
    assert_eq!(played.fact("document"), Some(fact));
}

#[rstest]
#[case::any("{ via: xdr }", "Access-Control-Allow-Origin: \"*\"", "allow", "load")]
#[case::missing("{ via: xdr }", "X-A: a", "xdr-allow-origin", "error")]
#[tokio::test]
async fn a_cross_domain_request(
    #[case] request: &str,
    #[case] header: &str,
    #[case] outcome: &str,
    #[case] event: &str,
) {
    let server = format!("{{ response: {{ headers: {{ {header} }}, body: hello }} }}");
    let played = play_scenario(request, &server).await;
    assert_eq!(played.outcome(), outcome);
    assert_eq!(played.events(), [event]);
    let text = (outcome == "allow").then_some("hello");
    assert_eq!(played.fact("responseText"), text);
}

#[rstest]
#[case("{ via: xdr, method: PUT }", "xdr-method")]
#[case("{ via: xdr, to: api-tls }", "xdr-scheme-mismatch")]
#[tokio::test]
async fn a_cross_domain_request_that_is_not_even_sent(
    #[case] request: &str,
    #[case] outcome: &str,
) {
    let played = play_scenario(request, "{}").await;
    assert_eq!(played.outcome(), outcome);
    assert!(played.transcript.is_empty());
}
