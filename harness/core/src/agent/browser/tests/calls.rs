//! What `fetch()` and `XMLHttpRequest` tell on the way: events, parts, and giving up.

use std::time::Duration;

use super::stage::{Stage, page};
use super::told::{ANYONE, Scene, always, assert_told, body, scene, scripted, via};
use crate::agent::browser::Engine;
use crate::case::scenario::{
    Answer, BodyKind, BodyPlan, Chunk, ConnectionPlan, Mechanism, RequestPlan,
};

const NOSNIFF: (&str, &str) = ("X-Content-Type-Options", "nosniff");
const SOON: Duration = Duration::from_millis(250);

fn post(request: RequestPlan) -> RequestPlan {
    let body = BodyPlan {
        kind: BodyKind::Text,
        content: b"x".to_vec(),
    };
    RequestPlan {
        method: "POST".to_owned(),
        body: Some(body),
        ..request
    }
}

/// An answer whose head comes after the page has given up.
fn late() -> Answer {
    Answer {
        delay: Duration::from_secs(10),
        ..body(b"", &[ANYONE])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_tells_its_events_in_order() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let xhr = || via(Mechanism::Xhr);
    let listening = RequestPlan {
        upload_listener: true,
        ..post(xhr())
    };
    let facts = [
        "status",
        "statusText",
        "responseURL",
        "responseText",
        "headers",
        "readyState",
    ];
    let scenes = vec![
        scene(
            via(Mechanism::Fetch),
            body(b"ok", &[ANYONE]),
            &["timing", "initiatorType"],
            "cors | response end | initiatorType=fetch timing=limited | GET:resource",
        ),
        scene(
            via(Mechanism::Fetch),
            body(b"ok", &[]),
            &[],
            "blocked TypeError | error |  | GET:resource",
        ),
        scene(
            xhr(),
            body(b"ok", &[ANYONE, ("Timing-Allow-Origin", "*")]),
            &["status", "responseText", "timing"],
            "cors | readystatechange=1 loadstart readystatechange=2 readystatechange=3 readystatechange=4 load loadend \
             | responseText=ok status=200 timing=full | GET:resource",
        ),
        scene(
            xhr(),
            body(b"ok", &[]),
            &facts,
            "blocked error | readystatechange=1 loadstart readystatechange=4 error loadend \
             | headers= readyState=4 responseText= responseURL= status=0 statusText= | GET:resource",
        ),
        scene(
            listening,
            body(b"ok", &[ANYONE]),
            &[],
            "cors | readystatechange=1 loadstart upload-loadstart upload-progress upload-load upload-loadend \
             readystatechange=2 readystatechange=3 readystatechange=4 load loadend |  | OPTIONS:resource POST:resource",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_call_tells_its_end_only() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let synchronous = || RequestPlan {
        synchronous: true,
        ..via(Mechanism::Xhr)
    };
    let refused = RequestPlan {
        timeout: Some(SOON),
        ..synchronous()
    };
    let scenes = vec![
        scene(
            synchronous(),
            body("\u{e9}".as_bytes(), &[ANYONE]),
            &["responseText"],
            "cors | readystatechange=1 readystatechange=4 load loadend | responseText=\u{e9} | GET:resource",
        ),
        scene(
            synchronous(),
            body(b"ok", &[]),
            &["status"],
            "blocked NetworkError | readystatechange=1 | status=0 | GET:resource",
        ),
        scene(
            refused,
            body(b"ok", &[ANYONE]),
            &[],
            "blocked InvalidAccessError | readystatechange=1 |  | ",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_given_up_is_aborted_at_the_server() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let aborted = |mechanism| RequestPlan {
        abort: Some(SOON),
        ..via(mechanism)
    };
    let timed = RequestPlan {
        timeout: Some(SOON),
        ..via(Mechanism::Xhr)
    };
    let scenes = vec![
        scene(
            aborted(Mechanism::Fetch),
            late(),
            &[],
            "blocked AbortError | error |  | GET:resource!",
        ),
        scene(
            aborted(Mechanism::Xhr),
            late(),
            &["status", "readyState"],
            "blocked abort | readystatechange=1 loadstart readystatechange=4 abort loadend | readyState=0 status=0 \
             | GET:resource!",
        ),
        scene(
            timed,
            late(),
            &["status", "readyState"],
            "blocked timeout | readystatechange=1 loadstart readystatechange=4 timeout loadend \
             | readyState=4 status=0 | GET:resource!",
        ),
    ];
    let begin = std::time::Instant::now();
    assert_told(&mut stage, &page("app"), scenes).await;
    assert!(begin.elapsed() < Duration::from_secs(4));
    stage.clear().await;
}

fn streams(mechanism: Mechanism) -> Vec<Scene> {
    // A browser may lose what comes right before the end of the connection.
    let chunked = |connection| Answer {
        chunks: [&b"one"[..], b"tw\xc3", b"\xb6", b""]
            .map(|bytes| Chunk {
                wait: SOON,
                bytes: bytes.to_vec(),
            })
            .to_vec(),
        body: b"onetw\xc3\xb6".to_vec(),
        connection,
        ..body(b"", &[ANYONE, NOSNIFF, ("Content-Type", "text/plain")])
    };
    let streaming = || RequestPlan {
        stream: true,
        ..via(mechanism)
    };
    let aborting = RequestPlan {
        abort: Some(8 * SOON),
        ..streaming()
    };
    let [whole, cut, held] = match mechanism {
        Mechanism::Fetch => [
            "cors | response chunk=one chunk=tw\\xc3 chunk=\\xb6 end |  | GET:resource",
            "blocked TypeError | response chunk=one chunk=tw\\xc3 chunk=\\xb6 error |  | GET:resource",
            "blocked AbortError | response chunk=one chunk=tw\\xc3 chunk=\\xb6 error |  | GET:resource!",
        ],
        _ => [
            "cors | readystatechange=1 loadstart readystatechange=2 readystatechange=3 chunk=one readystatechange=3 \
             chunk=tw readystatechange=3 chunk=\\xc3\\xb6 readystatechange=4 load loadend |  | GET:resource",
            "blocked error | readystatechange=1 loadstart readystatechange=2 readystatechange=3 chunk=one \
             readystatechange=3 chunk=tw readystatechange=3 chunk=\\xc3\\xb6 readystatechange=4 error loadend \
             |  | GET:resource",
            "blocked abort | readystatechange=1 loadstart readystatechange=2 readystatechange=3 chunk=one \
             readystatechange=3 chunk=tw readystatechange=3 chunk=\\xc3\\xb6 readystatechange=4 abort loadend \
             |  | GET:resource!",
        ],
    };
    vec![
        scripted(
            streaming(),
            always(chunked(ConnectionPlan::Keep)),
            &[],
            whole,
        ),
        scripted(streaming(), always(chunked(ConnectionPlan::Cut)), &[], cut),
        scripted(aborting, always(chunked(ConnectionPlan::Hold)), &[], held),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_a_stream_are_told_as_they_arrive() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let mut scenes = streams(Mechanism::Fetch);
    scenes.extend(streams(Mechanism::Xhr));
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}
