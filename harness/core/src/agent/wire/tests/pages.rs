//! Every kind of page and of target.

use rstest::rstest;

use super::{answer, fetching, play};
use crate::agent::End;
use crate::case::scenario::{Context, Page};

fn named(name: &str) -> Page {
    Page::window(name.parse().unwrap())
}

#[rstest]
#[tokio::test]
async fn a_page_reads_what_allows_its_origin(
    #[values("app", "app-port", "app-sub", "app-tls", "app-h2", "ipv4", "sandboxed")] page: &str,
    #[values("api", "api-port", "api-sub", "api-tls", "api-h2", "ipv4")] to: &str,
) {
    let page = if page == "sandboxed" {
        Page::window("app".parse().unwrap()).inside(Context::Sandboxed)
    } else {
        named(page)
    };
    let origin = page.serialize();
    let mut permutation = fetching(
        to,
        answer(200, &[("Access-Control-Allow-Origin", &origin)], &origin),
    );
    permutation.page = page.clone();
    let played = play(&permutation).await;
    let Some(End::Visible(response)) = played.observations.last().map(|it| &it.end) else {
        panic!("{:?}", played.observations)
    };
    assert_eq!(response.body, origin.as_bytes());
    let same_origin = page == named(to);
    assert_eq!(
        response.kind.word(),
        if same_origin { "basic" } else { "cors" }
    );
    assert_eq!(
        response.url.as_ref().map(url::Url::as_str),
        Some(super::resource(to).as_str())
    );
    let exchange = &played.transcript[0];
    assert_eq!(exchange.to, to.parse().unwrap());
    let sent = exchange
        .request
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("origin"));
    let sent = sent.map(|(_, value)| String::from_utf8(value.clone()).unwrap());
    assert_eq!(sent, (!same_origin).then_some(origin));
}

#[tokio::test]
async fn ipv6_is_reached_where_there_is_any() {
    let reference = crate::server::Reference::start().await.unwrap();
    if !reference.has_ipv6() {
        return; // there is no such address to connect to
    }
    let wire = crate::agent::wire::Wire::for_reference(&reference, Default::default()).unwrap();
    let permutation = fetching(
        "ipv6",
        answer(200, &[("Access-Control-Allow-Origin", "*")], "ok"),
    );
    let played = super::play_with(&wire, &reference, &permutation).await;
    assert_eq!(played.outcome(), "allow");
    assert_eq!(played.sent(), ["GET http://[::1]:18080/scenario/resource"]);
}

#[tokio::test]
async fn what_is_returned_is_canonical() {
    let value = "http://api.localhost:18080/scenario/resource";
    let mut permutation = fetching(
        "api",
        answer(
            200,
            &[
                ("Access-Control-Allow-Origin", "http://app.localhost:18080"),
                ("Access-Control-Expose-Headers", "X-Url"),
                ("X-Url", value),
            ],
            value,
        ),
    );
    permutation.steps[0].request.url.push_str("?a=1#part");
    let played = play(&permutation).await;
    let Some(End::Visible(response)) = played.observations.last().map(|it| &it.end) else {
        panic!()
    };
    assert_eq!(
        response.headers.get("x-url").as_deref(),
        Some(value.as_bytes())
    );
    assert_eq!(response.body, value.as_bytes());
    let url = response.url.as_ref().unwrap().as_str();
    assert!(
        url.starts_with("http://api.localhost:18080/scenario/resource?a=1"),
        "{url}"
    );
    assert_eq!(
        played.sent(),
        ["GET http://api.localhost:18080/scenario/resource?a=1"]
    );
}
