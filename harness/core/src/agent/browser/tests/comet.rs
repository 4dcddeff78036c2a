//! Long polling and server-sent events.

use super::stage::{Stage, page};
use super::told::{ANYONE, Scene, always, assert_told, body, scene, scripted, via};
use crate::agent::browser::Engine;
use crate::case::scenario::{Answer, ConnectionPlan, Mechanism, RequestPlan, Script};

fn waiting_for(messages: usize, request: RequestPlan) -> RequestPlan {
    RequestPlan {
        messages: Some(messages),
        ..request
    }
}

fn in_turn<const N: usize>(answers: [Answer; N]) -> Script {
    let mut answers = answers.into_iter();
    let response = answers.next().unwrap();
    Script {
        then: answers.collect(),
        ..always(response)
    }
}

fn polls(mechanism: Mechanism) -> Vec<Scene> {
    let says = |content: &str| body(content.as_bytes(), &[ANYONE]);
    let nothing = || Answer {
        status: 204,
        ..body(b"", &[ANYONE])
    };
    let cut = || Answer {
        connection: ConnectionPlan::Cut,
        ..says(r#"{"next":2,"messages":["two"]}"#)
    };
    let blocked = match mechanism {
        Mechanism::LongPoll => {
            "blocked TypeError | error error error error | polls=4 | GET:resource GET:resource GET:resource GET:resource"
        }
        _ => {
            "blocked error | error error error error | polls=4 | GET:resource GET:resource GET:resource GET:resource"
        }
    };
    vec![
        scripted(
            waiting_for(3, via(mechanism)),
            in_turn([
                says(r#"{"next":1,"messages":["one"]}"#),
                nothing(),
                cut(),
                says(r#"{"next":3,"messages":["two","\u00fc"]}"#),
            ]),
            &["polls"],
            "cors | message=one empty error message=two message=\\xc3\\xbc | polls=4 \
             | GET:resource GET:resource?after=1 GET:resource?after=1 GET:resource?after=1",
        ),
        scene(via(mechanism), body(b"", &[]), &["polls"], blocked),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_follows_another_and_loses_nothing() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let mut scenes = polls(Mechanism::LongPoll);
    scenes.extend(polls(Mechanism::LongPollXhr));
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_sent_events_are_told_by_their_names() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let stream = |content: &str| {
        let content_type = ("Content-Type", "text/event-stream");
        body(content.as_bytes(), &[ANYONE, content_type])
    };
    let facts = ["lastEventId", "origin", "readyState"];
    let gone = || Answer {
        status: 204,
        ..body(b"", &[ANYONE])
    };
    let held = Answer {
        connection: ConnectionPlan::Hold,
        ..stream("data: one\n\n")
    };
    let again = || {
        scripted(
            waiting_for(2, via(Mechanism::EventSource)),
            in_turn([
                stream("retry: 10\nid: a\ndata: one\n\n"),
                stream("event: named\ndata: \u{fc}\n\n"),
            ]),
            &facts,
            "cors | open message=one error=connecting open named=\\xc3\\xbc \
             | lastEventId=a origin=http://api.localhost:18080 readyState=1 | GET:resource GET:resource",
        )
        .listening(&["open", "message", "named"])
    };
    let scenes = vec![
        again(),
        scripted(
            waiting_for(2, via(Mechanism::EventSource)),
            in_turn([stream("retry: 10\ndata: one\n\n"), gone()]),
            &["readyState"],
            "cors | open message=one error=connecting error=closed | readyState=2 | GET:resource GET:resource",
        ),
        scene(
            via(Mechanism::EventSource),
            held,
            &[],
            "cors | open message=one |  | GET:resource!",
        ),
        scene(
            via(Mechanism::EventSource),
            body(b"data: one\n\n", &[ANYONE, ("Content-Type", "text/plain")]),
            &["readyState"],
            "blocked error | error=closed | readyState=2 | GET:resource",
        ),
        scene(
            via(Mechanism::EventSource),
            body(b"", &[("Content-Type", "text/event-stream")]),
            &[],
            "blocked error | error=closed |  | GET:resource",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}
