//! Permutations do not see each other.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::support::{answer, answering, converse, get, permutation};
use crate::case::scenario::Script;
use crate::server::{Listener, Reference};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_sessions_at_once_keep_apart() {
    let reference = Arc::new(Reference::start().await.unwrap());
    let mut clients = JoinSet::new();
    for number in 0..200 {
        let reference = Arc::clone(&reference);
        clients.spawn(async move {
            let body = format!("body of {number}");
            let session = reference.open(&answering(answer(200, &[], &body)));
            for _ in 0..3 {
                let request = get(
                    &reference,
                    session.token(),
                    &format!("X-Number: {number}\r\n"),
                );
                let received = converse(&reference, request.as_bytes()).await;
                assert!(received.ends_with(&format!("\r\n\r\n{body}")), "{received}");
            }
            let transcript = session.transcript();
            assert_eq!(transcript.len(), 3);
            for exchange in transcript {
                let sent = exchange.request.headers.last().unwrap();
                assert_eq!(
                    *sent,
                    ("X-Number".to_owned(), number.to_string().into_bytes())
                );
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    assert_eq!(reference.strays(), []);
}

#[tokio::test]
async fn tokens_are_counted() {
    let reference = Reference::start().await.unwrap();
    let first = reference.open(&answering(answer(200, &[], "")));
    let second = reference.open(&answering(answer(200, &[], "")));
    assert_eq!([first.token(), second.token()], ["00000001", "00000002"]);
}

#[tokio::test]
async fn a_dropped_session_answers_no_more_and_leaves_a_note() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(answer(200, &[], "ok")));
    let token = session.token().to_owned();
    drop(session);
    let received = converse(&reference, get(&reference, &token, "").as_bytes()).await;
    assert!(
        received.starts_with("HTTP/1.1 404 Not Found\r\n"),
        "{received}"
    );
    let strays = reference.strays();
    assert_eq!(strays.len(), 1);
    assert_eq!(strays[0].listener, Listener::Http);
    assert_eq!(strays[0].authority, "api.localhost:18080");
    assert_eq!(strays[0].line, format!("GET /{token}/resource"));
}

#[tokio::test]
async fn each_step_has_its_own_script_and_the_last_one_stays() {
    let reference = Reference::start().await.unwrap();
    let script = |status| Script {
        response: answer(status, &[], ""),
        ..Script::default()
    };
    let session = reference.open(&permutation(vec![script(291), script(292)]));
    for (step, status) in [(0, "291"), (1, "292"), (7, "292")] {
        session.set_step(step);
        let received = converse(&reference, get(&reference, session.token(), "").as_bytes()).await;
        assert_eq!(received.split(' ').nth(1), Some(status));
    }
    let steps: Vec<usize> = session
        .transcript()
        .iter()
        .map(|exchange| exchange.step)
        .collect();
    assert_eq!(steps, [0, 1, 7]);
}

#[tokio::test]
async fn a_stopped_server_frees_its_ports() {
    let reference = Reference::start().await.unwrap();
    let ports = *reference.ports();
    reference.stop().await;
    for listener in Listener::ALL {
        TcpListener::bind(("127.0.0.1", ports.real(listener)))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn servers_stand_beside_each_other() {
    let [one, other] = [
        Reference::start().await.unwrap(),
        Reference::start().await.unwrap(),
    ];
    let here = one.open(&answering(answer(200, &[], "one")));
    let there = other.open(&answering(answer(200, &[], "other")));
    assert_eq!(here.token(), there.token());
    let received = converse(&other, get(&other, there.token(), "").as_bytes()).await;
    assert!(received.ends_with("other"), "{received}");
    assert!(here.transcript().is_empty());
}
