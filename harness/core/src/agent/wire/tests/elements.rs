//! Elements, modules, fonts, workers: what they ask for, and what they can use.

use rstest::rstest;

use super::play_scenario;

const ALLOW: &str = "headers: { Access-Control-Allow-Origin: \"$page\" }";

#[rstest]
#[case::opaque("", "asset: png", "allow", "tainted", "-")]
#[case::shared(
    ", crossorigin: anonymous",
    "asset: png, headers: { Access-Control-Allow-Origin: \"$page\" }",
    "allow",
    "readable",
    "http://app.localhost:18080"
)]
#[case::not_shared(
    ", crossorigin: anonymous",
    "asset: png",
    "allow-origin-missing",
    "",
    "http://app.localhost:18080"
)]
#[case::credentials(
    ", crossorigin: use-credentials",
    "asset: png, headers: { Access-Control-Allow-Origin: \"*\" }",
    "allow-origin-wildcard-with-credentials",
    "",
    "http://app.localhost:18080"
)]
#[case::whatever_the_status("", "asset: png, status: 404", "allow", "tainted", "-")]
#[case::no_image("", "body: ok", "content-invalid", "", "-")]
#[case::nothing("", "status: 204", "content-invalid", "", "-")]
#[tokio::test]
async fn images(
    #[case] attribute: &str,
    #[case] response: &str,
    #[case] outcome: &str,
    #[case] pixels: &str,
    #[case] origin: &str,
) {
    let request = format!("{{ via: image{attribute} }}");
    let played = play_scenario(&request, &format!("{{ response: {{ {response} }} }}")).await;
    assert_eq!(played.outcome(), outcome);
    assert_eq!(played.fact("pixels").unwrap_or_default(), pixels);
    assert_eq!(played.headers("origin"), [origin]);
    assert_eq!(played.headers("sec-fetch-dest"), ["image"]);
    let event = if outcome == "allow" { "load" } else { "error" };
    assert_eq!(played.events(), [event]);
}

#[rstest]
#[case::classic("script", "headers: { Content-Type: text/html }", "allow")]
#[case::status("script", "status: 500", "status-not-ok")]
#[case::nosniff("script", "headers: { X-Content-Type-Options: nosniff }", "nosniff")]
#[case::jsonp("jsonp", "body: \"receive(1)\"", "allow")]
#[case::module_without_cors("module", "body: a", "allow-origin-missing")]
#[case::style("style", "headers: { Content-Type: text/css }", "allow")]
#[case::style_of_another_type(
    "style",
    "headers: { Content-Type: text/plain }",
    "mime-type-refused"
)]
#[case::font_without_cors("font", "asset: ttf", "allow-origin-missing")]
#[case::track("track", "body: WEBVTT", "same-origin-mode")]
#[case::worker("worker", "body: a", "same-origin-mode")]
#[case::shared_worker("shared-worker", "body: a", "same-origin-mode")]
#[case::service_worker("service-worker", "body: a", "worker-origin")]
#[case::audio("audio", "asset: wav", "allow")]
#[case::video("video", "asset: webm", "allow")]
#[case::no_video("video", "body: ok", "content-invalid")]
#[tokio::test]
async fn across_origins(#[case] via: &str, #[case] response: &str, #[case] outcome: &str) {
    let request = format!("{{ via: {via} }}");
    let played = play_scenario(&request, &format!("{{ response: {{ {response} }} }}")).await;
    assert_eq!(played.outcome(), outcome);
}

#[rstest]
#[case::module("module", "headers: { Content-Type: text/javascript }", "allow")]
#[case::module_of_another_type(
    "module",
    "headers: { Content-Type: text/plain }",
    "mime-type-refused"
)]
#[case::font("font", "asset: ttf", "allow")]
#[case::track("track", "body: WEBVTT", "allow")]
#[case::no_track("track", "body: ok", "content-invalid")]
#[case::worker("worker", "headers: { Content-Type: text/javascript }", "allow")]
#[case::worker_of_another_type(
    "worker",
    "headers: { Content-Type: text/plain }",
    "mime-type-refused"
)]
#[case::service_worker(
    "service-worker",
    "headers: { Content-Type: text/javascript }",
    "allow"
)]
#[tokio::test]
async fn at_home(#[case] via: &str, #[case] response: &str, #[case] outcome: &str) {
    let request = format!("{{ via: {via}, to: app }}");
    let played = play_scenario(&request, &format!("{{ response: {{ {response} }} }}")).await;
    assert_eq!(played.outcome(), outcome);
    assert_eq!(played.headers("origin"), ["-"]);
}

#[rstest]
#[case::opaque("", "", "hidden")]
#[case::shared(
    ", crossorigin: anonymous",
    ", Access-Control-Allow-Origin: \"*\"",
    "readable"
)]
#[tokio::test]
async fn the_rules_of_a_stylesheet_follow_its_tainting(
    #[case] attribute: &str,
    #[case] header: &str,
    #[case] rules: &str,
) {
    let server = format!("{{ response: {{ headers: {{ Content-Type: text/css{header} }} }} }}");
    let played = play_scenario(&format!("{{ via: style{attribute} }}"), &server).await;
    assert_eq!(played.fact("rules"), Some(rules));
}

#[rstest]
#[case::shared(
    "{ response: { asset: png, headers: { Timing-Allow-Origin: \"*\" } } }",
    "full"
)]
#[case::hidden("{ response: { asset: png } }", "limited")]
#[tokio::test]
async fn timing_follows_from_timing_allow_origin(#[case] server: &str, #[case] timing: &str) {
    let played = play_scenario("{ via: image }", server).await;
    assert_eq!(played.fact("timing"), Some(timing));
}

#[tokio::test]
async fn what_needs_a_script_is_not_told() {
    let played = play_scenario("{ via: jsonp }", "{ response: { body: \"receive(1)\" } }").await;
    assert_eq!(played.observations[0].events, None);
}

#[tokio::test]
async fn an_element_never_asks_first() {
    let server = format!("{{ response: {{ asset: webm, {ALLOW} }} }}");
    let played = play_scenario("{ via: video, crossorigin: anonymous }", &server).await;
    assert_eq!(played.outcome(), "allow");
    assert_eq!(played.sent().len(), 1);
    assert_eq!(played.headers("range"), ["bytes=0-"]);
}
