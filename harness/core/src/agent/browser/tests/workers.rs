//! Workers, messages between documents, and what interfaces there are.

use super::stage::{APP, Stage, page};
use super::told::{assert_told, body, scene, via};
use crate::agent::browser::Engine;
use crate::case::scenario::{Answer, Mechanism, RequestPlan, SocketMessage};

fn javascript(content: &str) -> Answer {
    body(content.as_bytes(), &[("Content-Type", "text/javascript")])
}

fn at_home(mechanism: Mechanism) -> RequestPlan {
    let url = format!("{APP}/scenario/resource");
    RequestPlan {
        url,
        ..via(mechanism)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_of_every_kind_say_that_they_run() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let greeting = "onmessage = event => event.source.postMessage('hello')";
    let scenes = vec![
        scene(
            at_home(Mechanism::Worker),
            javascript("postMessage({ a: 1 })"),
            &[],
            "basic | message={\"a\":1} |  | GET:resource",
        ),
        scene(
            at_home(Mechanism::Worker),
            Answer {
                status: 404,
                ..javascript("")
            },
            &[],
            "blocked error | error |  | GET:resource",
        ),
        scene(
            at_home(Mechanism::SharedWorker),
            javascript("onconnect = event => event.ports[0].postMessage('hello')"),
            &[],
            "basic | message=hello |  | GET:resource",
        ),
        scene(
            at_home(Mechanism::ServiceWorker),
            javascript(""),
            &[],
            "basic |  |  | GET:resource",
        ),
        scene(
            at_home(Mechanism::ServiceWorker),
            javascript(greeting),
            &[],
            "basic | message=hello |  | GET:resource",
        )
        .listening(&["message"]),
        scene(
            via(Mechanism::ServiceWorker),
            javascript(""),
            &[],
            "blocked SecurityError | error |  | ",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

/// Firefox fires an event.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_from_elsewhere_is_refused() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let refused = |mechanism| {
        let expected = "blocked SecurityError |  |  | ";
        scene(via(mechanism), javascript(""), &[], expected)
    };
    let scenes = vec![refused(Mechanism::Worker), refused(Mechanism::SharedWorker)];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_tell_from_where_they_come() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let sending = |request: RequestPlan| {
        let send = vec![SocketMessage::Text("hello".to_owned())];
        RequestPlan { send, ..request }
    };
    let facts = ["delivered", "origin"];
    let nothing = || body(b"", &[]);
    let scenes = vec![
        scene(
            sending(via(Mechanism::PostMessage)),
            nothing(),
            &facts,
            "silent |  | delivered=true origin=http://app.localhost:18080 | ",
        ),
        scene(
            sending(via(Mechanism::BroadcastChannel)),
            nothing(),
            &facts,
            "silent |  | delivered=false | ",
        ),
        scene(
            sending(at_home(Mechanism::BroadcastChannel)),
            nothing(),
            &facts,
            "silent |  | delivered=true origin=http://app.localhost:18080 | ",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn living_browsers_have_no_xdomainrequest() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let features = scene(
        via(Mechanism::Features),
        body(b"", &[]),
        &["XDomainRequest", "withCredentials", "sendBeacon"],
        "silent |  | XDomainRequest=false sendBeacon=true withCredentials=true | ",
    );
    assert_told(&mut stage, &page("app"), vec![features]).await;
    stage.clear().await;
}
