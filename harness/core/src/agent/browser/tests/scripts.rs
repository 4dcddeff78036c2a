//! Classic scripts, modules and JSONP.

use crate::agent::browser::Engine;
use std::time::Duration;

use super::stage::{Stage, page, sandboxed, script};
use super::told::{ANYONE, Scene, assert_told, body, scene, scripted, via};
use crate::case::scenario::{Answer, CrossOrigin, Mechanism, RequestPlan};

fn javascript(content: &str, headers: &[(&str, &str)]) -> Answer {
    let content_type = ("Content-Type", "text/javascript");
    body(content.as_bytes(), &[&[content_type], headers].concat())
}

fn anonymous(mechanism: Mechanism) -> RequestPlan {
    RequestPlan {
        crossorigin: Some(CrossOrigin::Anonymous),
        ..via(mechanism)
    }
}

fn scenes() -> Vec<Scene> {
    vec![
        scene(
            via(Mechanism::Script),
            javascript("var result = 6 * 7;", &[]),
            &["result"],
            "opaque | load | result=42 | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Script),
            javascript("const result = 'read';", &[ANYONE]),
            &["result"],
            "cors | load | result=read | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Script),
            javascript("var result = 1;", &[]),
            &["result"],
            "blocked error | error |  | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Script),
            javascript("\n\nnobody();", &[ANYONE]),
            &["line"],
            "cors | window-error=Uncaught ReferenceError: nobody is not defined load | line=3 | GET:resource",
        ),
        scene(
            via(Mechanism::Module),
            javascript("globalThis.result = import.meta.url.length > 0;", &[ANYONE]),
            &["result"],
            "cors | load | result=true | GET:resource",
        ),
        scene(
            via(Mechanism::Module),
            body(b"", &[ANYONE, ("Content-Type", "text/plain")]),
            &[],
            "blocked error | error |  | GET:resource",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_run_apart_from_each_other() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    // More than are under way at a time: those that come later get documents of earlier ones.
    let many = (0..5).flat_map(|_| scenes()).collect();
    assert_told(&mut stage, &page("app"), many).await;
    // Where there is only one document, they run in turn.
    assert_told(&mut stage, &sandboxed(), scenes()).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_script_assigned_is_gone_when_another_has_its_document() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    // Nothing but the response has a body, which could be a script as well.
    let runs = |content: &str, expected| {
        let server = script(Answer::default(), javascript(content, &[ANYONE]));
        scripted(anonymous(Mechanism::Script), server, &["result"], expected)
    };
    let assigns = || {
        let told = "cors | load | result=ran | GET:resource";
        runs("var result = 'ran';", told)
    };
    let fails = || {
        let told = "cors | window-error=Uncaught Error: unlucky load |  | GET:resource";
        runs("throw new Error('unlucky');", told)
    };
    let declares = || {
        let told = "cors | load | result=read | GET:resource";
        runs("const result = 'read';", told)
    };
    // As many as are under way at a time, so that each of the next has a document of one of them, or a new one.
    let first = (0..10).map(|_| assigns()).collect();
    assert_told(&mut stage, &page("app"), first).await;
    let next = (0..5).flat_map(|_| [fails(), declares()]).collect();
    assert_told(&mut stage, &page("app"), next).await;
    stage.clear().await;
}

/// Not so in Firefox.
#[tokio::test(flavor = "multi_thread")]
async fn errors_of_a_script_from_elsewhere_are_muted() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let muted = scene(
        via(Mechanism::Script),
        javascript("\n\nnobody();", &[]),
        &["line"],
        "opaque | window-error=Script error. load | line=0 | GET:resource",
    );
    assert_told(&mut stage, &page("app"), vec![muted]).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jsonp_calls_its_function_and_leaves_nothing_behind() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let dotted = RequestPlan {
        callback: "app.receive".to_owned(),
        ..via(Mechanism::Jsonp)
    };
    let impatient = RequestPlan {
        timeout: Some(Duration::from_millis(100)),
        ..via(Mechanism::Jsonp)
    };
    let late = Answer {
        delay: Duration::from_secs(10),
        ..javascript("receive()", &[])
    };
    let facts = ["left"];
    let scenes = vec![
        scene(
            via(Mechanism::Jsonp),
            javascript("receive({\"a\":[1]})", &[]),
            &facts,
            "opaque | callback={\"a\":[1]} load | left=false | GET:resource",
        ),
        scene(
            dotted,
            javascript("app.receive(1); app.receive(2)", &[]),
            &facts,
            "opaque | callback=1 callback=2 load | left=false | GET:resource",
        ),
        scene(
            via(Mechanism::Jsonp),
            Answer {
                status: 404,
                ..javascript("receive(1)", &[])
            },
            &facts,
            "blocked error | error | left=false | GET:resource",
        ),
        scene(
            impatient,
            late,
            &facts,
            "blocked timeout | timeout | left=false | GET:resource!",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}
