//! Why a request was blocked, as Chromium tells it.

use corspec_fetch::{CacheMode, Credentials, Mode, Reason, RedirectMode};

use super::stage::{
    APP, PERMISSIVE, RESOURCE, Stage, allows, answer, get, page, permutation, preflighted,
    responds, script, xhr,
};
use crate::agent::Observation;
use crate::case::scenario::{Answer, BodyKind, BodyPlan, ConnectionPlan, Hop, RequestPlan, Script};

const ANYONE: [(&str, &str); 1] = [("Access-Control-Allow-Origin", "*")];
const DIGEST: &str = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A reason, the detail beside it, and what leads to it.
struct Case(Reason, Option<&'static str>, RequestPlan, Script);

#[tokio::test(flavor = "multi_thread")]
async fn every_block_has_the_reason_of_the_step_that_decided() {
    let Some(mut stage) = Stage::set().await else {
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
        let [Observation::Blocked(signal)] = &observed[..] else {
            panic!("{reason}: {observed:?} of {request:?}")
        };
        assert_eq!(signal.because, Some(*reason), "{signal:?} of {request:?}");
        assert_eq!(signal.detail.as_deref(), *detail, "{signal:?}");
        assert!(!signal.error.is_empty());
    }
    stage.clear().await;
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
        Case(Reason::AllowOriginMissing, None, get(), responds(&[])),
        Case(Reason::AllowOriginMissing, None, xhr(get()), responds(&[])),
        Case(
            Reason::AllowOriginMismatch,
            None,
            get(),
            responds(&[("Access-Control-Allow-Origin", "null")]),
        ),
        Case(
            Reason::AllowOriginMismatch,
            None,
            get(),
            responds(&[("Access-Control-Allow-Origin", "no origin")]),
        ),
        Case(
            Reason::AllowOriginMultiple,
            None,
            get(),
            responds(&[app, app]),
        ),
        Case(
            Reason::AllowOriginWildcardWithCredentials,
            None,
            with_credentials(),
            responds(&ANYONE),
        ),
        Case(
            Reason::AllowCredentialsMissing,
            None,
            with_credentials(),
            responds(&[app]),
        ),
        Case(
            Reason::AllowCredentialsInvalid,
            None,
            with_credentials(),
            responds(&[app, ("Access-Control-Allow-Credentials", "True")]),
        ),
        Case(
            Reason::CrossOriginResourcePolicy,
            None,
            no_cors(),
            responds(&[("Cross-Origin-Resource-Policy", "same-origin")]),
        ),
        Case(
            Reason::IntegrityMismatch,
            None,
            RequestPlan {
                integrity: Some(DIGEST.to_owned()),
                ..get()
            },
            responds(&ANYONE),
        ),
        Case(
            Reason::IntegrityOpaque,
            None,
            RequestPlan {
                integrity: Some(DIGEST.to_owned()),
                ..no_cors()
            },
            responds(&[]),
        ),
        Case(
            Reason::NetworkError,
            None,
            get(),
            broken(ConnectionPlan::Refuse),
        ),
        Case(
            Reason::NetworkError,
            None,
            get(),
            broken(ConnectionPlan::Cut),
        ),
        Case(
            Reason::NetworkError,
            None,
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
        Case(
            Reason::PreflightAllowOriginMissing,
            None,
            put(),
            preflight(204, &[methods, headers]),
        ),
        Case(
            Reason::PreflightAllowOriginMismatch,
            None,
            put(),
            preflight(
                204,
                &[("Access-Control-Allow-Origin", "null"), methods, headers],
            ),
        ),
        Case(
            Reason::PreflightAllowOriginMultiple,
            None,
            put(),
            preflight(204, &[app, app, methods, headers]),
        ),
        Case(
            Reason::PreflightAllowOriginWildcardWithCredentials,
            None,
            with_credentials(),
            preflight(204, &PERMISSIVE),
        ),
        Case(
            Reason::PreflightAllowCredentialsMissing,
            None,
            with_credentials(),
            preflight(204, &[app, methods, headers]),
        ),
        Case(
            Reason::PreflightAllowCredentialsInvalid,
            None,
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
        Case(
            Reason::PreflightStatusNotOk,
            None,
            put(),
            preflight(404, &PERMISSIVE),
        ),
        Case(
            Reason::PreflightRedirect,
            None,
            put(),
            preflight(302, &[ANYONE[0], methods, headers, location]),
        ),
        Case(
            Reason::MethodNotAllowed,
            Some("PUT"),
            put(),
            preflight(204, &[ANYONE[0], headers]),
        ),
        Case(
            Reason::HeaderNotAllowed,
            Some("x-probe"),
            put(),
            preflight(204, &[ANYONE[0], methods]),
        ),
        Case(
            Reason::AllowMethodsMalformed,
            None,
            put(),
            preflight(
                204,
                &[ANYONE[0], ("Access-Control-Allow-Methods", "P UT"), headers],
            ),
        ),
        Case(
            Reason::AllowHeadersMalformed,
            None,
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
        Case(
            Reason::AllowOriginMissing,
            None,
            put(),
            allows(answer(200, &[])),
        ),
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
        Case(
            Reason::RedirectModeError,
            None,
            RequestPlan {
                redirect: RedirectMode::Error,
                ..request()
            },
            redirect(RESOURCE),
        ),
        Case(
            Reason::RedirectModeNoCors,
            None,
            RequestPlan {
                redirect: RedirectMode::Manual,
                mode: Mode::NoCors,
                ..request()
            },
            redirect(RESOURCE),
        ),
        Case(
            Reason::RedirectLimit,
            None,
            request(),
            redirect("http://api.localhost:18080/scenario/hop1"),
        ),
        Case(
            Reason::RedirectLocationInvalid,
            None,
            request(),
            redirect("http://["),
        ),
        Case(
            Reason::RedirectSchemeNotHttp,
            None,
            request(),
            redirect("data:,ok"),
        ),
        Case(
            Reason::RedirectSchemeNotHttp,
            None,
            request(),
            redirect("ftp://api.localhost/"),
        ),
        Case(
            Reason::RedirectUserinfo,
            None,
            request(),
            redirect("http://user:secret@other.localhost:18080/scenario/resource"),
        ),
        Case(
            Reason::BadPort,
            None,
            request(),
            redirect("http://api.localhost:9/"),
        ),
        Case(Reason::AllowOriginMissing, None, request(), {
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
        Case(Reason::BadPort, None, to("http://api.localhost:9/"), none()),
        Case(
            Reason::BadPort,
            None,
            xhr(to("http://api.localhost:9/")),
            none(),
        ),
        Case(
            Reason::BodyNotAllowed,
            None,
            RequestPlan { body, ..get() },
            none(),
        ),
        Case(Reason::ForbiddenMethod, None, method("TRACE"), none()),
        Case(
            Reason::ForbiddenMethod,
            None,
            xhr(method("connect")),
            none(),
        ),
        Case(
            Reason::InvalidHeader,
            None,
            with_header("a b", b"1"),
            none(),
        ),
        Case(
            Reason::InvalidHeader,
            None,
            with_header("a", b"1\n2"),
            none(),
        ),
        Case(
            Reason::InvalidHeader,
            None,
            xhr(with_header("a b", b"1")),
            none(),
        ),
        Case(
            Reason::InvalidHeader,
            None,
            xhr(with_header("a", b"1\n2")),
            none(),
        ),
        Case(
            Reason::InvalidInit,
            None,
            RequestPlan {
                cache: CacheMode::OnlyIfCached,
                ..get()
            },
            none(),
        ),
        Case(
            Reason::CacheMiss,
            None,
            RequestPlan {
                url: format!("{APP}/scenario/resource"),
                cache: CacheMode::OnlyIfCached,
                mode: Mode::SameOrigin,
                ..get()
            },
            none(),
        ),
        Case(Reason::InvalidMethod, None, method("P UT"), none()),
        Case(Reason::InvalidMethod, None, xhr(method("P UT")), none()),
        Case(
            Reason::NetworkError,
            None,
            to("http://api.localhost:47/"),
            none(),
        ),
        Case(
            Reason::NoCorsMethod,
            None,
            RequestPlan {
                mode: Mode::NoCors,
                ..method("PUT")
            },
            none(),
        ),
        Case(Reason::NonHttpScheme, None, to("about:blank"), none()),
        Case(
            Reason::NonHttpScheme,
            None,
            to("blob:http://api.localhost:18080/0"),
            none(),
        ),
        Case(
            Reason::NonHttpScheme,
            None,
            to("file:///etc/hostname"),
            none(),
        ),
        Case(Reason::NonHttpScheme, None, to("unknown:thing"), none()),
        Case(
            Reason::SameOriginMode,
            None,
            RequestPlan {
                mode: Mode::SameOrigin,
                ..get()
            },
            none(),
        ),
        Case(Reason::UrlInvalid, None, to("http://["), none()),
        Case(Reason::UrlInvalid, None, xhr(to("http://[")), none()),
        Case(Reason::UrlUserinfo, None, to(&userinfo), none()),
    ]
}
