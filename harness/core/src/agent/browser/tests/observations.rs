//! What script sees, and that nothing of it is lost on the way.

use std::time::Duration;

use corspec_fetch::{Mode, RedirectMode, ResponseType, VisibleResponse};
use rstest::rstest;

use super::stage::{
    APP, RESOURCE, Stage, allows, answer, get, job, page, permutation, preflighted, responds,
    script, xhr,
};
use crate::agent::browser::Engine;
use crate::agent::{End, Observation};
use crate::case::scenario::{
    Answer, BodyKind, BodyPlan, ConnectionPlan, Hop, Mechanism, RequestPlan, Script,
};
use crate::tape::Message;

const ANYONE: [(&str, &str); 1] = [("Access-Control-Allow-Origin", "*")];

async fn visible(stage: &mut Stage, request: RequestPlan, server: Script) -> VisibleResponse {
    match stage.observe(&permutation(request, server)).await.end {
        End::Visible(response) => response,
        other => panic!("{other:?}"),
    }
}

/// The request that the server got.
async fn sent(stage: &mut Stage, request: RequestPlan) -> Message {
    let permutation = permutation(request, allows(answer(200, &ANYONE)));
    let session = stage.reference.open(&permutation);
    let jobs = vec![job(&permutation, &session)];
    stage
        .browser
        .run_batch(&page("app"), jobs)
        .await
        .remove(0)
        .outcome
        .unwrap();
    session.transcript().pop().unwrap().request
}

#[rstest]
#[case::fetch(Mechanism::Fetch)]
#[case::xhr(Mechanism::Xhr)]
#[tokio::test(flavor = "multi_thread")]
async fn a_response_is_seen_as_it_was_sent(
    #[case] via: Mechanism,
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let mut response = answer(
        203,
        &[
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Expose-Headers", "x-bytes, x-many"),
            ("X-Many", "b"),
            ("X-Many", "a"),
            ("X-Hidden", "1"),
            ("Content-Type", "text/plain"),
            ("Set-Cookie", "a=1"),
        ],
    );
    response
        .headers
        .push(("X-Bytes".to_owned(), vec![b'a', 0xe9, 0xff]));
    response.reason_phrase = Some("So So".to_owned());
    response.body = (0..=255).collect();
    let request = RequestPlan { via, ..get() };
    let seen = visible(
        &mut stage,
        request,
        script(answer(204, &[]), response.clone()),
    )
    .await;
    assert_eq!(seen.kind, ResponseType::Cors);
    assert_eq!((seen.status, seen.status_text.as_str()), (203, "So So"));
    assert_eq!(seen.url.unwrap().as_str(), RESOURCE);
    assert!(!seen.redirected);
    assert_eq!(seen.body, response.body);
    let headers: Vec<_> = seen
        .headers
        .iter()
        .filter(|(name, _)| *name != "content-length")
        .collect();
    assert_eq!(
        headers,
        [
            ("content-type", &b"text/plain"[..]),
            ("x-bytes", &[b'a', 0xe9, 0xff]),
            ("x-many", b"b, a"),
        ]
    );
    stage.clear().await;
}

#[rstest]
#[case::fetch(Mechanism::Fetch)]
#[case::xhr(Mechanism::Xhr)]
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_shows_in_url_and_flag(
    #[case] via: Mechanism,
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let hop = Hop {
        preflight: answer(204, &[]),
        response: answer(302, &[ANYONE[0], ("Location", RESOURCE)]),
    };
    let server = Script {
        hops: vec![hop],
        ..responds(&ANYONE)
    };
    let url = RESOURCE.replace("resource", "hop1?a=1#here");
    let seen = visible(&mut stage, RequestPlan { via, url, ..get() }, server).await;
    assert!(seen.redirected);
    assert_eq!(seen.url.unwrap().as_str(), RESOURCE);
    let url = format!("{RESOURCE}?a=1#here");
    let seen = visible(
        &mut stage,
        RequestPlan { via, url, ..get() },
        responds(&ANYONE),
    )
    .await;
    assert!(!seen.redirected);
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_response_is_told(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let url = format!("{APP}/scenario/resource");
    let same_origin = RequestPlan { url, ..get() };
    let seen = visible(&mut stage, same_origin.clone(), responds(&[])).await;
    assert_eq!(seen.kind, ResponseType::Basic);
    let seen = visible(&mut stage, xhr(same_origin.clone()), responds(&[])).await;
    assert_eq!(seen.kind, ResponseType::Basic);

    let no_cors = RequestPlan {
        mode: Mode::NoCors,
        ..get()
    };
    let seen = visible(&mut stage, no_cors, responds(&[])).await;
    assert_eq!(seen.kind, ResponseType::Opaque);
    assert_eq!((seen.status, seen.url), (0, None));
    assert!(seen.body.is_empty());

    let manual = RequestPlan {
        redirect: RedirectMode::Manual,
        ..same_origin
    };
    let redirect = script(answer(204, &[]), answer(302, &[("Location", RESOURCE)]));
    let seen = visible(&mut stage, manual, redirect).await;
    assert_eq!(seen.kind, ResponseType::OpaqueRedirect);
    stage.clear().await;
}

#[rstest]
#[case::blob(BodyKind::Blob("image/x-test".to_owned()), Some("image/x-test"))]
#[case::blob_without_type(BodyKind::Blob(String::new()), None)]
#[case::bytes(BodyKind::Bytes, None)]
#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_sent_as_they_are(
    #[case] kind: BodyKind,
    #[case] content_type: Option<&str>,
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    for via in [Mechanism::Fetch, Mechanism::Xhr] {
        let content: Vec<u8> = (0..=255).collect();
        let body = Some(BodyPlan {
            kind: kind.clone(),
            content: content.clone(),
        });
        let request = RequestPlan {
            via,
            body,
            ..preflighted("PUT")
        };
        let sent = sent(&mut stage, request).await;
        // An unlisted Content-Type would be refused by the preflight: nothing but OPTIONS was sent.
        match content_type {
            Some(_) => assert!(sent.body.is_empty()),
            None => assert_eq!(sent.body, content),
        }
    }
    stage.clear().await;
}

#[rstest]
#[case::text(BodyKind::Text, "a=\u{e9}", "text/plain;charset=UTF-8", "a=\u{e9}")]
#[case::parameters(
    BodyKind::UrlSearchParams,
    "a=\u{e9}",
    "application/x-www-form-urlencoded;charset=UTF-8",
    "a=%C3%A9"
)]
#[tokio::test(flavor = "multi_thread")]
async fn text_is_sent_as_utf8(
    #[case] kind: BodyKind,
    #[case] content: &str,
    #[case] content_type: &str,
    #[case] expected: &str,
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    for via in [Mechanism::Fetch, Mechanism::Xhr] {
        let body = Some(BodyPlan {
            kind: kind.clone(),
            content: content.as_bytes().to_vec(),
        });
        let request = RequestPlan {
            via,
            body,
            method: "POST".to_owned(),
            ..get()
        };
        let sent = sent(&mut stage, request).await;
        assert_eq!(String::from_utf8_lossy(&sent.body), expected);
        let header = sent
            .headers
            .iter()
            .find(|(name, _)| name == "Content-Type")
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&header.1), content_type);
    }
    stage.clear().await;
}

#[rstest]
#[case::fetch(Mechanism::Fetch)]
#[case::xhr(Mechanism::Xhr)]
#[tokio::test(flavor = "multi_thread")]
async fn header_values_keep_their_bytes(
    #[case] via: Mechanism,
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let mut request = preflighted("PUT");
    request.via = via;
    request
        .headers
        .push(("X-Probe".to_owned(), vec![b'a', 0xe9]));
    let sent = sent(&mut stage, request).await;
    let probe = sent
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("x-probe"));
    assert_eq!(probe.unwrap().1, [b'1', b',', b' ', b'a', 0xe9]);
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_listener_asks_for_a_preflight(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    for upload_listener in [false, true] {
        let body = Some(BodyPlan {
            kind: BodyKind::Text,
            content: b"x".to_vec(),
        });
        let method = "POST".to_owned();
        let request = xhr(RequestPlan {
            upload_listener,
            body,
            method,
            ..get()
        });
        let permutation = permutation(request, allows(answer(200, &ANYONE)));
        let session = stage.reference.open(&permutation);
        let jobs = vec![job(&permutation, &session)];
        stage
            .browser
            .run_batch(&page("app"), jobs)
            .await
            .remove(0)
            .outcome
            .unwrap();
        let methods: Vec<String> = session
            .transcript()
            .into_iter()
            .map(|exchange| exchange.method)
            .collect();
        assert_eq!(
            methods.contains(&"OPTIONS".to_owned()),
            upload_listener,
            "{methods:?}"
        );
    }
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_says_that_headers_were_visible(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let cut = Answer {
        connection: ConnectionPlan::Cut,
        body: vec![b'x'; 4000],
        ..answer(200, &[ANYONE[0], ("X-Content-Type-Options", "nosniff")])
    };
    let observed = stage
        .observe(&permutation(get(), script(answer(204, &[]), cut)))
        .await;
    let End::Blocked(signal) = observed.end else {
        panic!("{observed:?}")
    };
    assert_eq!(signal.error, "TypeError");
    assert!(
        signal.message.starts_with("the body failed after"),
        "{signal:?}"
    );
    stage.clear().await;
}

#[rstest]
#[case::fetch(Mechanism::Fetch)]
#[case::xhr(Mechanism::Xhr)]
#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_an_answer_times_out(
    #[case] via: Mechanism,
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let never = Answer {
        delay: Duration::from_secs(60),
        ..answer(200, &[])
    };
    let permutation = permutation(
        RequestPlan { via, ..get() },
        script(answer(204, &[]), never),
    );
    let session = stage.reference.open(&permutation);
    let mut job = job(&permutation, &session);
    job.deadline = Duration::from_millis(300);
    let results = stage.browser.run_batch(&page("app"), vec![job]).await;
    let observed = results[0].outcome.as_ref().unwrap();
    assert!(
        matches!(
            observed[..],
            [Observation {
                end: End::TimedOut,
                ..
            }]
        ),
        "{observed:?}"
    );
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn only_the_beginning_of_a_long_body_is_kept(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let long = Answer {
        body: vec![b'x'; 100_000],
        ..answer(200, &ANYONE)
    };
    let seen = visible(&mut stage, get(), script(answer(204, &[]), long)).await;
    assert_eq!(seen.body.len(), 64 * 1024);
    stage.clear().await;
}
