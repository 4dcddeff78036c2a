//! The same calls from every global object.

use crate::agent::End;
use crate::agent::browser::Engine;
use rstest::rstest;

use super::stage::{Stage, page, permutation, responds};
use super::told::{ANYONE, assert_told, body, scene, via};
use crate::case::scenario::{Context, CookieSetup, Mechanism, Page, Permutation};

#[rstest]
#[case::blob_frame(Context::BlobFrame)]
#[case::blob_worker(Context::BlobWorker)]
#[case::data_frame(Context::DataFrame)]
#[case::data_worker(Context::DataWorker)]
#[case::sandboxed(Context::Sandboxed)]
#[case::service_worker(Context::ServiceWorker)]
#[case::shared_worker(Context::SharedWorker)]
#[case::srcdoc(Context::Srcdoc)]
#[case::worker(Context::Worker)]
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_made_with_the_origin_of_its_context(#[case] context: Context) {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let page = page("app").inside(context);
    // More than once: what was started is used again, or started again.
    for _ in 0..2 {
        let permutation = permutation(via(Mechanism::Fetch), responds(&[ANYONE]));
        let (permutations, sessions) =
            ([permutation.clone()], [stage.reference.open(&permutation)]);
        stage.run_in(&page, &permutations, &sessions).await;
        let request = sessions[0].transcript().pop().unwrap().request;
        let origin = request.headers.iter().find(|(name, _)| name == "Origin");
        let origin = String::from_utf8_lossy(&origin.unwrap().1);
        assert_eq!(origin, page.serialize());
    }

    let mut scenes = vec![
        scene(
            via(Mechanism::Fetch),
            body(b"ok", &[ANYONE]),
            &["timing"],
            "cors | response end | timing=limited | GET:resource",
        ),
        scene(
            via(Mechanism::Fetch),
            body(b"ok", &[]),
            &[],
            "blocked TypeError | error |  | GET:resource",
        ),
    ];
    if context != Context::ServiceWorker {
        scenes.push(scene(
            via(Mechanism::Xhr),
            body(b"ok", &[ANYONE]),
            &["status"],
            "cors | readystatechange=1 loadstart readystatechange=2 readystatechange=3 readystatechange=4 load loadend \
             | status=200 | GET:resource",
        ));
    }
    if !context.is_worker() {
        scenes.push(scene(
            via(Mechanism::Script),
            body(b"var result = 1", &[("Content-Type", "text/javascript")]),
            &["result"],
            "opaque | load | result=1 | GET:resource",
        ));
    }
    assert_told(&mut stage, &page, scenes).await;
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_document_from_a_file_calls_without_an_origin_and_takes_steps(
    #[values(Engine::Chromium, Engine::Firefox, Engine::Webkit)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let file = Page::file();
    let mut two_steps = permutation(via(Mechanism::Fetch), responds(&[ANYONE]));
    two_steps.steps.push(two_steps.steps[0].clone());
    let (permutations, sessions) = ([two_steps.clone()], [stage.reference.open(&two_steps)]);
    stage.run_in(&file, &permutations, &sessions).await;
    let origins: Vec<_> = (sessions[0].transcript().iter())
        .flat_map(|exchange| exchange.request.headers.clone())
        .filter(|(name, _)| name.eq_ignore_ascii_case("origin"))
        .map(|(_, value)| String::from_utf8_lossy(&value).into_owned())
        .collect();
    assert_eq!(origins, ["null", "null"]);

    // What needs a document of its own has one there, too; and one session is at home in several pages.
    for page in [file, page("app")] {
        let scene = scene(
            via(Mechanism::Script),
            body(b"var result = 1", &[("Content-Type", "text/javascript")]),
            &["result"],
            "opaque | load | result=1 | GET:resource",
        );
        assert_told(&mut stage, &page, vec![scene]).await;
    }
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_local_whatever_page_was_there_before(
    #[values(Engine::Chromium, Engine::Firefox, Engine::Webkit)] engine: Engine,
    #[values(false, true)] is_for_cookies: bool,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let mut cookies = Vec::new();
    if is_for_cookies {
        cookies.push(CookieSetup {
            origin: "app-public".parse().unwrap(),
            set_cookie: "a=1".to_owned(),
        });
    } else {
        stage.run(&page("app-public"), &[]).await;
    }
    let request = Permutation {
        cookies,
        page: Page::file(),
        ..permutation(via(Mechanism::Fetch), responds(&[ANYONE]))
    };
    let observation = stage.observe(&request).await;
    assert!(
        matches!(observation.end, End::Visible(_)),
        "{observation:?}"
    );
    stage.clear().await;
}
