//! Why a request was blocked, as engines tell it.

use corspec_fetch::{CacheMode, Credentials, Mode, Reason, RedirectMode};
use rstest::rstest;

use super::stage::{
    APP, PERMISSIVE, RESOURCE, Stage, allows, answer, get, page, permutation, preflighted,
    responds, script, xhr,
};
use crate::agent::browser::Engine;
use crate::agent::{End, Observation};
use crate::case::scenario::{Answer, BodyKind, BodyPlan, ConnectionPlan, Hop, RequestPlan, Script};

const ANYONE: [(&str, &str); 1] = [("Access-Control-Allow-Origin", "*")];
const DIGEST: &str = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A reason, the detail beside it, and what leads to it.
struct Case(Reason, Option<&'static str>, RequestPlan, Script);

fn case(reason: Reason, request: RequestPlan, server: Script) -> Case {
    Case(reason, None, request, server)
}

fn case_about(detail: &'static str, reason: Reason, request: RequestPlan, server: Script) -> Case {
    Case(reason, Some(detail), request, server)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_block_has_the_reason_of_the_step_that_decided(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let mut cases = responses_blocked();
    cases.extend(preflights_blocked());
    cases.extend(redirects_blocked());
    cases.extend(requests_refused());
    let permutations: Vec<_> = cases
        .iter()
        .map(|Case(_, _, request, server)| permutation(request.clone(), server.clone()))
        .collect();
    let observed = stage.run(&page("app"), &permutations).await;
    for (Case(reason, detail, request, _), observed) in cases.iter().zip(observed) {
        let [
            Observation {
                end: End::Blocked(signal),
                ..
            },
        ] = &observed[..]
        else {
            panic!("{reason}: {observed:?} of {request:?}")
        };
        assert!(!signal.error.is_empty());
        if signal.because.is_none() && may_be_silent(engine, *reason) {
            continue;
        }
        let told = signal.because;
        assert!(
            told.is_some_and(|told| told.is_same_step(*reason)),
            "{reason}: {signal:?} of {request:?}"
        );
        assert_eq!(signal.detail.as_deref(), *detail, "{signal:?}");
    }
    stage.clear().await;
}

/// Whether the engine says nothing of some of these blocks.
fn may_be_silent(engine: Engine, reason: Reason) -> bool {
    match engine {
        Engine::Chromium => false,
        // It refuses them where the page is, before there is a request to tell of.
        Engine::Firefox => matches!(
            reason,
            Reason::BadPort | Reason::NonHttpScheme | Reason::RedirectModeNoCors
        ),
        // Its words fit several steps, or there are none: `tests/webkit.rs` has its own list.
        Engine::Webkit => true,
    }
}

fn responses_blocked() -> Vec<Case> {
    let with_credentials = || RequestPlan {
        credentials: Credentials::Include,
        ..get()
    };
    let app = ("Access-Control-Allow-Origin", APP);
    let broken = |connection| {
        script(
            answer(204, &[]),
            Answer {
                connection,
                ..answer(200, &ANYONE)
            },
        )
    };
    let no_cors = || RequestPlan {
        mode: Mode::NoCors,
        ..get()
    };
    vec![
        case(Reason::AllowOriginMissing, get(), responds(&[])),
        case(Reason::AllowOriginMissing, xhr(get()), responds(&[])),
        case(
            Reason::AllowOriginMismatch,
            get(),
            responds(&[("Access-Control-Allow-Origin", "null")]),
        ),
        case(
            Reason::AllowOriginMismatch,
            get(),
            responds(&[("Access-Control-Allow-Origin", "no origin")]),
        ),
        case(Reason::AllowOriginMultiple, get(), responds(&[app, app])),
        case(
            Reason::AllowOriginWildcardWithCredentials,
            with_credentials(),
            responds(&ANYONE),
        ),
        case(
            Reason::AllowCredentialsMissing,
            with_credentials(),
            responds(&[app]),
        ),
        case(
            Reason::AllowCredentialsInvalid,
            with_credentials(),
            responds(&[app, ("Access-Control-Allow-Credentials", "True")]),
        ),
        case(
            Reason::CrossOriginResourcePolicy,
            no_cors(),
            responds(&[("Cross-Origin-Resource-Policy", "same-origin")]),
        ),
        case(
            Reason::IntegrityMismatch,
            RequestPlan {
                integrity: Some(DIGEST.to_owned()),
                ..get()
            },
            responds(&ANYONE),
        ),
        case(
            Reason::IntegrityOpaque,
            RequestPlan {
                integrity: Some(DIGEST.to_owned()),
                ..no_cors()
            },
            responds(&[]),
        ),
        case(Reason::NetworkError, get(), broken(ConnectionPlan::Refuse)),
        case(Reason::NetworkError, get(), broken(ConnectionPlan::Cut)),
        case(
            Reason::NetworkError,
            xhr(get()),
            broken(ConnectionPlan::Cut),
        ),
    ]
}

fn preflights_blocked() -> Vec<Case> {
    let [_, methods, headers] = PERMISSIVE;
    let app = ("Access-Control-Allow-Origin", APP);
    let put = || preflighted("PUT");
    let with_credentials = || RequestPlan {
        credentials: Credentials::Include,
        ..put()
    };
    let preflight =
        |status, headers: &[(&str, &str)]| script(answer(status, headers), answer(200, &ANYONE));
    let location = ("Location", RESOURCE);
    vec![
        case(
            Reason::PreflightAllowOriginMissing,
            put(),
            preflight(204, &[methods, headers]),
        ),
        case(
            Reason::PreflightAllowOriginMismatch,
            put(),
            preflight(
                204,
                &[("Access-Control-Allow-Origin", "null"), methods, headers],
            ),
        ),
        case(
            Reason::PreflightAllowOriginMultiple,
            put(),
            preflight(204, &[app, app, methods, headers]),
        ),
        case(
            Reason::PreflightAllowOriginWildcardWithCredentials,
            with_credentials(),
            preflight(204, &PERMISSIVE),
        ),
        case(
            Reason::PreflightAllowCredentialsMissing,
            with_credentials(),
            preflight(204, &[app, methods, headers]),
        ),
        case(
            Reason::PreflightAllowCredentialsInvalid,
            with_credentials(),
            preflight(
                204,
                &[
                    app,
                    ("Access-Control-Allow-Credentials", "1"),
                    methods,
                    headers,
                ],
            ),
        ),
        case(
            Reason::PreflightStatusNotOk,
            put(),
            preflight(404, &PERMISSIVE),
        ),
        case(
            Reason::PreflightRedirect,
            put(),
            preflight(302, &[ANYONE[0], methods, headers, location]),
        ),
        case_about(
            "PUT",
            Reason::MethodNotAllowed,
            put(),
            preflight(204, &[ANYONE[0], headers]),
        ),
        case_about(
            "x-probe",
            Reason::HeaderNotAllowed,
            put(),
            preflight(204, &[ANYONE[0], methods]),
        ),
        case(
            Reason::AllowMethodsMalformed,
            put(),
            preflight(
                204,
                &[ANYONE[0], ("Access-Control-Allow-Methods", "P UT"), headers],
            ),
        ),
        case(
            Reason::AllowHeadersMalformed,
            put(),
            preflight(
                204,
                &[
                    ANYONE[0],
                    methods,
                    ("Access-Control-Allow-Headers", "x probe"),
                ],
            ),
        ),
        case(Reason::AllowOriginMissing, put(), allows(answer(200, &[]))),
    ]
}

fn redirects_blocked() -> Vec<Case> {
    let request = || RequestPlan {
        url: RESOURCE.replace("resource", "hop1"),
        ..get()
    };
    let redirect = |location: &str| {
        let response = answer(302, &[ANYONE[0], ("Location", location)]);
        let hop = Hop {
            preflight: answer(204, &[]),
            response,
        };
        Script {
            hops: vec![hop],
            ..responds(&ANYONE)
        }
    };
    vec![
        case(
            Reason::RedirectModeError,
            RequestPlan {
                redirect: RedirectMode::Error,
                ..request()
            },
            redirect(RESOURCE),
        ),
        case(
            Reason::RedirectModeNoCors,
            RequestPlan {
                redirect: RedirectMode::Manual,
                mode: Mode::NoCors,
                ..request()
            },
            redirect(RESOURCE),
        ),
        case(
            Reason::RedirectLimit,
            request(),
            redirect("http://api.localhost:18080/scenario/hop1"),
        ),
        case(
            Reason::RedirectLocationInvalid,
            request(),
            redirect("http://["),
        ),
        case(
            Reason::RedirectSchemeNotHttp,
            request(),
            redirect("data:,ok"),
        ),
        case(
            Reason::RedirectSchemeNotHttp,
            request(),
            redirect("ftp://api.localhost/"),
        ),
        case(
            Reason::RedirectUserinfo,
            request(),
            redirect("http://user:secret@other.localhost:18080/scenario/resource"),
        ),
        case(
            Reason::BadPort,
            request(),
            redirect("http://api.localhost:9/scenario/resource"),
        ),
        case(Reason::AllowOriginMissing, request(), {
            let hop = redirect(RESOURCE).hops;
            Script {
                hops: hop,
                ..responds(&[])
            }
        }),
    ]
}

fn requests_refused() -> Vec<Case> {
    let to = |url: &str| RequestPlan {
        url: url.to_owned(),
        ..get()
    };
    let method = |method: &str| RequestPlan {
        method: method.to_owned(),
        ..get()
    };
    let with_header = |name: &str, value: &[u8]| RequestPlan {
        headers: vec![(name.to_owned(), value.to_vec())],
        ..get()
    };
    let body = Some(BodyPlan {
        kind: BodyKind::Text,
        content: b"x".to_vec(),
    });
    let userinfo = RESOURCE.replace("http://", "http://user:secret@");
    let none = || responds(&ANYONE);
    vec![
        case(Reason::BadPort, to("http://api.localhost:9/"), none()),
        case(Reason::BadPort, xhr(to("http://api.localhost:9/")), none()),
        case(
            Reason::BodyNotAllowed,
            RequestPlan { body, ..get() },
            none(),
        ),
        case(Reason::ForbiddenMethod, method("TRACE"), none()),
        case(Reason::ForbiddenMethod, xhr(method("connect")), none()),
        case(Reason::InvalidHeader, with_header("a b", b"1"), none()),
        case(Reason::InvalidHeader, with_header("a", b"1\n2"), none()),
        case(Reason::InvalidHeader, xhr(with_header("a b", b"1")), none()),
        case(
            Reason::InvalidHeader,
            xhr(with_header("a", b"1\n2")),
            none(),
        ),
        case(
            Reason::InvalidInit,
            RequestPlan {
                cache: CacheMode::OnlyIfCached,
                ..get()
            },
            none(),
        ),
        case(
            Reason::CacheMiss,
            RequestPlan {
                url: format!("{APP}/scenario/resource"),
                cache: CacheMode::OnlyIfCached,
                mode: Mode::SameOrigin,
                ..get()
            },
            none(),
        ),
        case(Reason::InvalidMethod, method("P UT"), none()),
        case(Reason::InvalidMethod, xhr(method("P UT")), none()),
        case(Reason::NetworkError, to("http://api.localhost:47/"), none()),
        case(
            Reason::NoCorsMethod,
            RequestPlan {
                mode: Mode::NoCors,
                ..method("PUT")
            },
            none(),
        ),
        case(Reason::NonHttpScheme, to("about:blank"), none()),
        case(
            Reason::NonHttpScheme,
            to("blob:http://api.localhost:18080/0"),
            none(),
        ),
        case(Reason::NonHttpScheme, to("file:///etc/hostname"), none()),
        case(Reason::NonHttpScheme, to("unknown:thing"), none()),
        case(
            Reason::SameOriginMode,
            RequestPlan {
                mode: Mode::SameOrigin,
                ..get()
            },
            none(),
        ),
        case(Reason::UrlInvalid, to("http://["), none()),
        case(Reason::UrlInvalid, xhr(to("http://[")), none()),
        case(Reason::UrlUserinfo, to(&userinfo), none()),
    ]
}
