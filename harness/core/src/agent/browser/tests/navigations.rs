//! Beacons, forms and links: script is told nothing, and the server sees what there is to see.

use super::stage::{Stage, page};
use super::told::{Scene, assert_told, body, scene, via};
use crate::agent::browser::Engine;
use crate::case::scenario::{BodyKind, BodyPlan, Mechanism, RequestPlan};

fn sending(mechanism: Mechanism, kind: BodyKind, content: &[u8]) -> RequestPlan {
    let body = BodyPlan {
        kind,
        content: content.to_vec(),
    };
    RequestPlan {
        method: "POST".to_owned(),
        body: Some(body),
        ..via(mechanism)
    }
}

fn silent(request: RequestPlan, expected: &'static str) -> Scene {
    let html = body(b"<!doctype html>", &[("Content-Type", "text/html")]);
    scene(request, html, &[], expected)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_and_everything_is_sent() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let text = || BodyKind::Text;
    let json = BodyKind::Blob("application/json".to_owned());
    let get = RequestPlan {
        method: "GET".to_owned(),
        ..sending(Mechanism::Form, BodyKind::UrlSearchParams, b"a=1&b=2")
    };
    let scenes = vec![
        scene(
            sending(Mechanism::Beacon, text(), b"x"),
            body(b"", &[]),
            &["queued"],
            "silent |  | queued=true | POST:resource",
        ),
        silent(via(Mechanism::Beacon), "silent |  |  | POST:resource"),
        silent(
            sending(Mechanism::Beacon, json, b"{}"),
            "silent |  |  | OPTIONS:resource",
        ),
        silent(via(Mechanism::Link), "silent |  |  | GET:resource"),
        silent(via(Mechanism::Form), "silent |  |  | GET:resource?"),
        silent(get, "silent |  |  | GET:resource?a=1&b=2"),
        silent(
            sending(Mechanism::Form, text(), b"a=1"),
            "silent |  |  | POST:resource",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

/// The Content-Type without parameters, and the body, that the server gets.
async fn posted(stage: &mut Stage, request: RequestPlan) -> (String, Vec<u8>) {
    let permutation = super::stage::permutation(request, super::stage::responds(&[]));
    let session = stage.reference.open(&permutation);
    let (permutations, sessions) = ([permutation], [session]);
    stage.run_in(&page("app"), &permutations, &sessions).await;
    let request = sessions[0].transcript().pop().unwrap().request;
    let content_type = request
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let content_type = String::from_utf8(content_type.unwrap().1.clone()).unwrap();
    let essence = content_type.split(';').next().unwrap().to_owned();
    (essence, request.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_encodes_each_kind_of_body_in_its_own_way() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let text = sending(Mechanism::Form, BodyKind::Text, b"{\"a\":\"=\"}");
    let (essence, body) = posted(&mut stage, text).await;
    assert_eq!(
        (&essence[..], &body[..]),
        ("text/plain", &b"{\"a\":\"=\"}\r\n"[..])
    );

    let parameters = sending(Mechanism::Form, BodyKind::UrlSearchParams, b"a=1+2");
    let (essence, body) = posted(&mut stage, parameters).await;
    assert_eq!(essence, "application/x-www-form-urlencoded");
    assert_eq!(body, b"a=1+2");

    let fields = vec![("a".to_owned(), "1".to_owned())];
    let multipart = sending(Mechanism::Form, BodyKind::FormData(fields), b"");
    let (essence, body) = posted(&mut stage, multipart).await;
    assert_eq!(essence, "multipart/form-data");
    let body = String::from_utf8(body).unwrap();
    assert!(body.contains("name=\"a\"\r\n\r\n1\r\n"), "{body}");
    stage.clear().await;
}
