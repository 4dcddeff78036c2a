//! WebSocket.

use super::stage::{Stage, page};
use super::told::{assert_told, body, scene, via};
use crate::agent::browser::Engine;
use crate::case::scenario::{
    Answer, ConnectionPlan, Mechanism, RequestPlan, SocketClose, SocketMessage, SocketPlan,
};

fn text(text: &str) -> SocketMessage {
    SocketMessage::Text(text.to_owned())
}

fn opens(plan: SocketPlan) -> Answer {
    Answer {
        status: 101,
        websocket: Some(plan),
        ..body(b"", &[])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_tells_its_messages_and_its_end() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let echo = || SocketPlan {
        echo: true,
        ..SocketPlan::default()
    };
    let socket = || via(Mechanism::WebSocket);
    let talking = RequestPlan {
        send: vec![text("\u{fc}"), SocketMessage::Binary(vec![0, 255])],
        protocols: vec!["one".to_owned(), "two".to_owned()],
        close: Some(SocketClose {
            code: Some(3001),
            reason: "enough".to_owned(),
        }),
        ..socket()
    };
    let chosen = SocketPlan {
        protocol: Some("two".to_owned()),
        ..echo()
    };
    let silent = RequestPlan {
        messages: Some(0),
        ..socket()
    };
    let forbidden = RequestPlan {
        close: Some(SocketClose {
            code: Some(1001),
            reason: String::new(),
        }),
        ..silent.clone()
    };
    let closing = SocketPlan {
        send: vec![text("first")],
        close: Some((
            SocketClose {
                code: Some(4000),
                reason: "bye".to_owned(),
            },
            0,
        )),
        ..SocketPlan::default()
    };
    let waiting = RequestPlan {
        messages: Some(9),
        ..socket()
    };
    let refused = RequestPlan {
        protocols: vec!["not a token".to_owned()],
        ..socket()
    };
    let cut = Answer {
        connection: ConnectionPlan::Cut,
        ..opens(SocketPlan::default())
    };
    let facts = ["code", "reason", "wasClean", "protocol", "extensions"];
    let scenes = vec![
        scene(
            talking,
            opens(chosen),
            &facts,
            "cors | open=two message=\\xc3\\xbc binary=\\x00\\xff close=3001 \
             | code=3001 extensions= protocol=two reason=enough wasClean=true | GET:resource",
        ),
        scene(
            silent,
            opens(echo()),
            &["code"],
            "cors | open close=1005 | code=1005 | GET:resource",
        ),
        scene(
            forbidden,
            opens(echo()),
            &[],
            "blocked InvalidAccessError | open |  | GET:resource",
        ),
        scene(
            waiting.clone(),
            opens(closing),
            &["reason"],
            "cors | open message=first close=4000 | reason=bye | GET:resource",
        ),
        scene(
            waiting,
            cut,
            &["wasClean"],
            "cors | open close=1006 | wasClean=false | GET:resource",
        ),
        scene(
            socket(),
            body(b"", &[]),
            &["code"],
            "blocked error | error close=1006 | code=1006 | GET:resource",
        ),
        scene(refused, opens(echo()), &[], "blocked SyntaxError |  |  | "),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}
