//! Many scenarios at the same time.

use std::time::{Duration, Instant};

use corspec_fetch::{Credentials, Mode, Reason};
use rstest::rstest;

use super::stage::{
    RESOURCE, Stage, allows, answer, get, page, permutation, preflighted, responds, sandboxed,
    script, step, steps, xhr,
};
use crate::agent::browser::Engine;
use crate::agent::{End, Observation};
use crate::case::scenario::{
    Answer, ConnectionPlan, CookieSetup, Mechanism, Page, PageOrigin, Permission, Permutation,
    RequestPlan, Script,
};
use crate::server::NamedOrigin;

const ANYONE: [(&str, &str); 1] = [("Access-Control-Allow-Origin", "*")];
const SOMEONE_ELSE: [(&str, &str); 1] =
    [("Access-Control-Allow-Origin", "http://evil.localhost:18080")];

/// What must come of a permutation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Expected {
    Because(Reason),
    Visible,
}

fn mixture() -> Vec<(Permutation, Expected)> {
    let refused = Answer {
        connection: ConnectionPlan::Refuse,
        ..answer(200, &ANYONE)
    };
    let plain =
        |request: RequestPlan, server: Script, expected| (permutation(request, server), expected);
    vec![
        plain(get(), responds(&ANYONE), Expected::Visible),
        plain(
            get(),
            responds(&[]),
            Expected::Because(Reason::AllowOriginMissing),
        ),
        plain(
            get(),
            responds(&SOMEONE_ELSE),
            Expected::Because(Reason::AllowOriginMismatch),
        ),
        plain(xhr(get()), responds(&ANYONE), Expected::Visible),
        plain(
            xhr(get()),
            responds(&[]),
            Expected::Because(Reason::AllowOriginMissing),
        ),
        plain(
            preflighted("PUT"),
            allows(answer(200, &ANYONE)),
            Expected::Visible,
        ),
        plain(
            preflighted("PUT"),
            allows(answer(200, &[])),
            Expected::Because(Reason::AllowOriginMissing),
        ),
        plain(
            preflighted("PATCH"),
            allows(answer(200, &ANYONE)),
            Expected::Because(Reason::MethodNotAllowed),
        ),
        plain(
            xhr(preflighted("PUT")),
            script(answer(404, &ANYONE), answer(200, &ANYONE)),
            Expected::Because(Reason::PreflightStatusNotOk),
        ),
        plain(
            get(),
            script(answer(204, &[]), refused),
            Expected::Because(Reason::NetworkError),
        ),
        plain(
            RequestPlan {
                mode: Mode::NoCors,
                ..get()
            },
            responds(&[]),
            Expected::Visible,
        ),
        plain(
            RequestPlan {
                credentials: Credentials::Include,
                ..get()
            },
            responds(&ANYONE),
            Expected::Because(Reason::AllowOriginWildcardWithCredentials),
        ),
    ]
}

fn expected_of(observation: &Observation) -> Option<Expected> {
    match &observation.end {
        End::Blocked(signal) => signal.because.map(Expected::Because),
        End::Silent | End::TimedOut => None,
        End::Visible(_) => Some(Expected::Visible),
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_scenarios_at_once_are_told_apart(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let (permutations, expected): (Vec<_>, Vec<_>) =
        mixture().into_iter().cycle().take(200).unzip();
    let observed = stage.run(&page("app"), &permutations).await;
    for ((observed, expected), permutation) in observed.iter().zip(expected).zip(&permutations) {
        assert_eq!(observed.len(), 1);
        let request = &permutation.steps[0].request;
        assert_eq!(
            expected_of(&observed[0]),
            Some(expected),
            "{observed:?} of {request:?}"
        );
    }
    assert_eq!(
        stage.reference.strays().len(),
        0,
        "{:?}",
        stage.reference.strays()
    );
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_same_is_told_by_a_sandboxed_frame(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let (permutations, expected): (Vec<_>, Vec<_>) = mixture()
        .into_iter()
        .map(|(permutation, expected)| {
            (
                Permutation {
                    page: sandboxed(),
                    ..permutation
                },
                expected,
            )
        })
        .unzip();
    // Twice, for the frame is used again.
    for _ in 0..2 {
        let sessions: Vec<_> = permutations
            .iter()
            .map(|permutation| stage.reference.open(permutation))
            .collect();
        let jobs = permutations.iter().zip(&sessions);
        let jobs = jobs.map(|(permutation, session)| super::stage::job(permutation, session));
        let results = stage.browser.run_batch(&sandboxed(), jobs.collect()).await;
        for ((result, expected), session) in results.into_iter().zip(&expected).zip(&sessions) {
            let observed = result.into_canonical(session.names()).unwrap();
            assert_eq!(expected_of(&observed[0]), Some(*expected), "{observed:?}");
            for exchange in session.transcript() {
                let origin = exchange
                    .request
                    .headers
                    .iter()
                    .find(|(name, _)| name == "Origin");
                if exchange.method != "GET" || origin.is_some() {
                    assert_eq!(origin.unwrap().1, b"null", "{exchange:?}");
                }
            }
        }
    }
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_a_scenario_are_answered_and_explained_in_turn(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    for page in [page("app"), page("app-tls"), sandboxed()] {
        let mut permutation = steps(vec![
            step(get(), responds(&[])),
            step(get(), responds(&ANYONE)),
            step(preflighted("DELETE"), allows(answer(200, &ANYONE))),
        ]);
        permutation.page = page.clone();
        permutation.steps[1].wait = Duration::from_millis(30);
        let many = vec![permutation; 20];
        for observed in stage.run(&page, &many).await {
            let told: Vec<_> = observed.iter().map(expected_of).collect();
            assert_eq!(
                told,
                [
                    Some(Expected::Because(Reason::AllowOriginMissing)),
                    Some(Expected::Visible),
                    Some(Expected::Because(Reason::MethodNotAllowed)),
                ],
                "{observed:?}"
            );
        }
    }
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_stored_first_party_and_each_scenario_has_its_own(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let request = RequestPlan {
        credentials: Credentials::Include,
        ..get()
    };
    let mut with_cookies = permutation(request.clone(), responds(&[]));
    with_cookies.cookies = ["one=1; SameSite=None; Secure", "two=2; SameSite=Strict"]
        .map(|set_cookie| CookieSetup {
            origin: "api".parse().unwrap(),
            set_cookie: set_cookie.to_owned(),
        })
        .to_vec();
    let without = permutation(request, responds(&[]));
    let all = [with_cookies.clone(), without, with_cookies];
    let sessions = all
        .each_ref()
        .map(|permutation| stage.reference.open(permutation));
    let jobs = all
        .iter()
        .zip(&sessions)
        .map(|(permutation, session)| super::stage::job(permutation, session));
    let results = stage.browser.run_batch(&page("app"), jobs.collect()).await;
    assert!(
        results.iter().all(|result| result.outcome.is_ok()),
        "{results:?}"
    );
    let sent = sessions.each_ref().map(|session| {
        let transcript = session.transcript();
        assert_eq!(transcript.len(), 1, "{transcript:?}");
        let headers = &transcript[0].request.headers;
        let cookie = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        cookie.map(|(_, value)| String::from_utf8(value.clone()).unwrap())
    });
    let one = Some("one=1".to_owned());
    assert_eq!(sent, [one.clone(), None, one]);
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_stored_at_more_origins_than_a_browser_follows_redirects(
    #[values(Engine::Chromium, Engine::Firefox, Engine::Webkit)] engine: Engine,
    #[values(false, true)] is_file: bool,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let all = NamedOrigin::all();
    assert!(all.len() > 20);
    let mut permutations = Vec::new();
    for to in &all {
        let url = RESOURCE.replace("http://api.localhost:18080", &to.serialize());
        let mut permutation = permutation(
            RequestPlan {
                url,
                via: Mechanism::Image,
                credentials: Credentials::Include,
                ..get()
            },
            responds(&[]),
        );
        permutation.cookies = vec![CookieSetup {
            origin: to.clone(),
            set_cookie: "a=1; SameSite=None; Secure".to_owned(),
        }];
        permutations.push(permutation);
    }
    let sessions: Vec<_> = (permutations.iter())
        .map(|permutation| stage.reference.open(permutation))
        .collect();
    let jobs = permutations
        .iter()
        .zip(&sessions)
        .map(|(permutation, session)| super::stage::job(permutation, session));
    let mut page = page("app");
    if is_file {
        page.origin = PageOrigin::File;
    }
    let results = stage.browser.run_batch(&page, jobs.collect()).await;
    for result in &results {
        assert!(result.outcome.is_ok(), "{result:?}");
    }
    // Whether those of http are stored is the browser's opinion of `localhost`.
    let is_secure = |(to, _): &(&NamedOrigin, _)| to.serialize().starts_with("https:");
    for (to, session) in all.iter().zip(&sessions).filter(is_secure) {
        let transcript = session.transcript();
        let headers = &transcript[0].request.headers;
        let has_cookie = headers
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("cookie") && value == b"a=1");
        assert!(has_cookie, "{to}: {headers:?}");
    }
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn no_cookie_is_lost_among_many_scenarios(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let url = RESOURCE.replace("api.", "app.");
    let mut permutation = permutation(
        RequestPlan { url, ..get() },
        responds(&[("Set-Cookie", "late=1")]),
    );
    let cookies = (0..9).map(|number| CookieSetup {
        origin: "app".parse().unwrap(),
        set_cookie: format!("c{number}=1; SameSite=Strict"),
    });
    permutation.cookies = cookies.collect();
    // Secure ones would push the others out, from batch to batch as well.
    permutation.cookies.push(CookieSetup {
        origin: "app-sub".parse().unwrap(),
        set_cookie: "secure=1; SameSite=None; Secure".to_owned(),
    });
    let many = vec![permutation; 60];
    for _ in 0..3 {
        let sessions: Vec<_> = many.iter().map(|one| stage.reference.open(one)).collect();
        let jobs = many
            .iter()
            .zip(&sessions)
            .map(|(one, session)| super::stage::job(one, session));
        stage.browser.run_batch(&page("app"), jobs.collect()).await;
        for session in &sessions {
            let headers = &session.transcript()[0].request.headers;
            let cookie = headers.iter().find(|(name, _)| name == "Cookie").unwrap();
            let value = String::from_utf8_lossy(&cookie.1);
            assert_eq!(value.split("; ").count(), 9, "{value}");
        }
    }
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn waits_pass_at_the_same_time(#[values(Engine::Chromium, Engine::Firefox)] engine: Engine) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let mut waiting = permutation(get(), responds(&ANYONE));
    waiting.steps[0].wait = Duration::from_secs(1);
    let many = vec![waiting; 40];
    let start = Instant::now();
    let observed = stage.run(&page("app"), &many).await;
    assert!(start.elapsed() >= Duration::from_secs(1));
    // One after the other they would take forty seconds, ten at a time four.
    assert!(
        start.elapsed() < Duration::from_millis(3500),
        "{:?}",
        start.elapsed()
    );
    for observed in observed {
        assert_eq!(expected_of(&observed[0]), Some(Expected::Visible));
    }
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn delayed_answers_do_not_push_each_other_over_their_deadlines(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let delayed = Answer {
        delay: Duration::from_millis(500),
        ..answer(200, &ANYONE)
    };
    let slow = permutation(get(), script(answer(204, &[]), delayed));
    let observed = stage.run(&page("app"), &vec![slow; 24]).await;
    for observed in observed {
        assert_eq!(
            expected_of(&observed[0]),
            Some(Expected::Visible),
            "{observed:?}"
        );
    }
    stage.clear().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_every_origin_are_really_of_that_origin(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    for origin in NamedOrigin::all() {
        if origin.name() == "ipv6" && !stage.reference.has_ipv6() {
            continue;
        }
        // Those that count as public need it.
        let page = Page {
            permission: Some(Permission::LoopbackNetwork),
            ..Page::window(origin.clone())
        };
        let mut permutation = permutation(preflighted("PUT"), allows(answer(200, &ANYONE)));
        permutation.page = page.clone();
        let url = RESOURCE.replace("api.", "sub.evil.");
        permutation.steps[0].request.url = url;
        let session = stage.reference.open(&permutation);
        let jobs = vec![super::stage::job(&permutation, &session)];
        let results = stage.browser.run_batch(&page, jobs).await;
        assert!(results[0].outcome.is_ok(), "{origin}: {results:?}");
        let headers = &session.transcript()[0].request.headers;
        let sent = headers
            .iter()
            .find(|(name, _)| name == "Origin")
            .map(|(_, value)| value);
        if origin.name() != "evil-sub" {
            assert_eq!(sent, Some(&origin.serialize().into_bytes()), "{origin}");
        }
    }
    stage.clear().await;
}
