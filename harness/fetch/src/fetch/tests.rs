use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::initiate::{self, CorsSetting};
use crate::request::{Api, BodySource, Destination};

const PAGE: &str = "http://app.localhost/page";
const APP: &str = "http://app.localhost/x";
const API: &str = "http://api.localhost/x";
const SECURE_API: &str = "https://api.localhost/x";
const OTHER: &str = "http://other.localhost/x";

fn request(url: &str) -> Request {
    Request::get(&Url::parse(PAGE).unwrap(), Url::parse(url).unwrap())
}

fn response(status: u16, lines: &[(&str, &str)]) -> HttpResponse {
    let headers = lines
        .iter()
        .map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec()))
        .collect();
    HttpResponse {
        status,
        headers,
        body: b"ok".to_vec(),
        ..HttpResponse::default()
    }
}

/// A response that every page may read.
fn shared(status: u16, lines: &[(&str, &str)]) -> HttpResponse {
    let mut response = response(status, lines);
    response.headers.append("Access-Control-Allow-Origin", "*");
    response
}

/// A run of a fetch against answers given in order.
struct Played {
    sent: Vec<HttpRequest>,
    outcome: Outcome,
}

impl Played {
    fn methods(&self) -> Vec<&str> {
        self.sent
            .iter()
            .map(|request| request.method.as_str())
            .collect()
    }

    fn header(&self, index: usize, name: &str) -> Option<String> {
        self.sent[index]
            .headers
            .get(name)
            .map(|value| String::from_utf8(value).unwrap())
    }

    fn reason(&self) -> Option<Reason> {
        match &self.outcome {
            Outcome::Allow(_) => None,
            Outcome::Block(block) => Some(block.reason),
        }
    }

    fn visible(&self) -> &VisibleResponse {
        match &self.outcome {
            Outcome::Allow(visible) => visible,
            Outcome::Block(block) => panic!("blocked: {block}"),
        }
    }
}

fn play(request: Request, answers: Vec<HttpResponse>) -> Played {
    play_with(&mut UserAgent::default(), request, answers)
}

fn play_with(agent: &mut UserAgent, request: Request, answers: Vec<HttpResponse>) -> Played {
    let mut answers = answers.into_iter();
    let (mut fetch, mut step) = Fetch::start(request, agent, Duration::ZERO);
    let mut sent = Vec::new();
    loop {
        match step {
            Step::Done(outcome) => return Played { sent, outcome },
            Step::Send(request) => {
                sent.push(request);
                step = match answers.next() {
                    Some(answer) => fetch.receive(answer, agent, Duration::ZERO),
                    None => fetch.fail(agent),
                };
            }
        }
    }
}

#[test]
fn a_simple_request_carries_its_origin_and_is_read_when_shared() {
    let played = play(request(API), vec![shared(200, &[("X-Hidden", "1")])]);
    assert_eq!(played.methods(), ["GET"]);
    assert_eq!(
        played.header(0, "origin").as_deref(),
        Some("http://app.localhost")
    );
    assert_eq!(played.header(0, "accept").as_deref(), Some("*/*"));
    assert_eq!(
        played.header(0, "referer").as_deref(),
        Some("http://app.localhost/")
    );
    assert_eq!(
        played.header(0, "sec-fetch-site").as_deref(),
        Some("cross-site")
    );
    assert_eq!(played.visible().kind, ResponseType::Cors);
    assert!(!played.visible().headers.contains("x-hidden"));
}

#[test]
fn a_same_origin_request_has_no_origin_and_needs_no_header() {
    let played = play(request(APP), vec![response(200, &[("X-Seen", "1")])]);
    assert_eq!(played.header(0, "origin"), None);
    assert_eq!(played.header(0, "referer").as_deref(), Some(PAGE));
    assert_eq!(played.visible().kind, ResponseType::Basic);
    assert!(played.visible().headers.contains("x-seen"));
}

#[test]
fn a_refused_preflight_keeps_the_request_back() {
    let put = Request {
        method: "put".to_owned(),
        ..request(API)
    };
    let played = play(put.clone(), vec![shared(204, &[])]);
    assert_eq!(played.methods(), ["OPTIONS"]);
    assert_eq!(played.reason(), Some(Reason::MethodNotAllowed));
    assert_eq!(
        played.header(0, "access-control-request-method").as_deref(),
        Some("PUT")
    );

    let permitted = shared(204, &[("Access-Control-Allow-Methods", "PUT")]);
    let played = play(put, vec![permitted, shared(200, &[])]);
    assert_eq!(played.methods(), ["OPTIONS", "PUT"]);
    assert_eq!(played.header(1, "content-length").as_deref(), Some("0"));
    assert_eq!(played.header(0, "content-length"), None);
}

#[test]
fn a_preflight_carries_neither_the_headers_it_asks_for_nor_cookies() {
    let mut agent = UserAgent::default();
    let api = Url::parse(SECURE_API).unwrap();
    agent.cookies.store(
        b"a=1; SameSite=None; Secure; Path=/",
        &Origin::of_url(&api),
        &api,
        Duration::ZERO,
    );
    let request = Request {
        headers: vec![
            ("X-B".to_owned(), b"1".to_vec()),
            ("x-a".to_owned(), b"1".to_vec()),
        ],
        credentials: Credentials::Include,
        ..request(SECURE_API)
    };
    let lines = [
        ("Access-Control-Allow-Origin", "http://app.localhost"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Headers", "x-a, x-b"),
    ];
    let answers = vec![response(204, &lines), response(200, &lines)];
    let played = play_with(&mut agent, request, answers);
    assert_eq!(
        played
            .header(0, "access-control-request-headers")
            .as_deref(),
        Some("x-a,x-b")
    );
    assert_eq!(played.header(0, "cookie"), None);
    assert_eq!(played.header(0, "x-a"), None);
    assert_eq!(played.header(1, "cookie").as_deref(), Some("a=1"));
    assert_eq!(played.header(1, "x-a").as_deref(), Some("1"));
    assert_eq!(played.reason(), None);
}

#[test]
fn a_preflight_is_asked_once_while_its_permission_lasts() {
    let mut agent = UserAgent::default();
    let put = Request {
        method: "PUT".to_owned(),
        ..request(API)
    };
    let permitted = shared(204, &[("Access-Control-Allow-Methods", "PUT")]);
    let first = play_with(&mut agent, put.clone(), vec![permitted, shared(200, &[])]);
    assert_eq!(first.methods(), ["OPTIONS", "PUT"]);
    let second = play_with(&mut agent, put.clone(), vec![shared(200, &[])]);
    assert_eq!(second.methods(), ["PUT"]);
    // A network error makes the user agent forget.
    let refused = play_with(&mut agent, put.clone(), vec![response(200, &[])]);
    assert_eq!(refused.methods(), ["PUT"]);
    assert_eq!(play_with(&mut agent, put, vec![]).methods(), ["OPTIONS"]);
}

#[test]
fn the_cap_limits_how_long_a_permission_lasts() {
    let mut agent = UserAgent {
        max_age_cap: Duration::from_secs(10),
        ..UserAgent::default()
    };
    let put = Request {
        method: "PUT".to_owned(),
        ..request(API)
    };
    let lines = [
        ("Access-Control-Allow-Methods", "PUT"),
        ("Access-Control-Max-Age", "1000"),
    ];
    play_with(
        &mut agent,
        put.clone(),
        vec![shared(204, &lines), shared(200, &[])],
    );
    let asks = |agent: &mut UserAgent, now| match Fetch::start(put.clone(), agent, now).1 {
        Step::Send(request) => request.purpose == Purpose::Preflight,
        Step::Done(_) => false,
    };
    assert!(!asks(&mut agent, Duration::from_secs(9)));
    assert!(asks(&mut agent, Duration::from_secs(10)));
}

#[test]
fn leaving_a_foreign_origin_sends_null_and_must_be_allowed_as_null() {
    let redirect = || shared(302, &[("Location", OTHER)]);
    let exact = [("Access-Control-Allow-Origin", "http://app.localhost")];
    let played = play(request(API), vec![redirect(), response(200, &exact)]);
    assert_eq!(played.header(1, "origin").as_deref(), Some("null"));
    assert_eq!(played.reason(), Some(Reason::AllowOriginMismatch));
    let null = [("Access-Control-Allow-Origin", "null")];
    let played = play(request(API), vec![redirect(), response(200, &null)]);
    assert!(played.visible().redirected);
    assert_eq!(played.visible().url.as_ref().unwrap().as_str(), OTHER);
}

#[test]
fn a_referrer_that_was_cut_stays_cut() {
    let policy = [("Location", APP), ("Referrer-Policy", "unsafe-url")];
    let played = play(request(API), vec![shared(302, &policy), shared(200, &[])]);
    assert_eq!(
        played.header(0, "referer").as_deref(),
        Some("http://app.localhost/")
    );
    assert_eq!(
        played.header(1, "referer").as_deref(),
        Some("http://app.localhost/")
    );
}

#[test]
fn a_redirect_back_home_stays_tainted() {
    let answers = vec![shared(302, &[("Location", APP)]), response(200, &[])];
    let played = play(request(API), answers);
    assert_eq!(played.header(1, "origin").as_deref(), Some("null"));
    assert_eq!(played.reason(), Some(Reason::AllowOriginMissing));
}

#[test]
fn each_hop_is_checked_before_it_is_followed() {
    let played = play(request(API), vec![response(302, &[("Location", OTHER)])]);
    assert_eq!(played.methods(), ["GET"]);
    assert_eq!(played.reason(), Some(Reason::AllowOriginMissing));
}

#[test]
fn an_unsafe_request_is_preflighted_again_where_it_is_redirected_to() {
    let put = Request {
        method: "PUT".to_owned(),
        ..request(API)
    };
    let permitted = || shared(204, &[("Access-Control-Allow-Methods", "PUT")]);
    let redirect = shared(307, &[("Location", OTHER)]);
    let played = play(
        put,
        vec![permitted(), redirect, permitted(), shared(200, &[])],
    );
    assert_eq!(played.methods(), ["OPTIONS", "PUT", "OPTIONS", "PUT"]);
    assert_eq!(played.header(2, "origin").as_deref(), Some("null"));
    assert_eq!(played.reason(), None);
}

#[test]
fn authorization_is_left_behind_at_the_first_foreign_origin() {
    let authorized = |url| Request {
        headers: vec![("Authorization".to_owned(), b"x".to_vec())],
        ..request(url)
    };
    let away = response(302, &[("Location", API)]);
    let played = play(authorized(APP), vec![away, shared(200, &[])]);
    assert_eq!(played.header(0, "authorization").as_deref(), Some("x"));
    assert_eq!(played.header(1, "authorization"), None);
    let home = response(302, &[("Location", "/y")]);
    let played = play(authorized(APP), vec![home, response(200, &[])]);
    assert_eq!(played.header(1, "authorization").as_deref(), Some("x"));
}

#[test]
fn a_post_redirected_with_302_goes_on_as_a_get_without_its_body() {
    let post = Request {
        method: "POST".to_owned(),
        body: Some(Body {
            bytes: b"body".to_vec(),
            content_type: Some("text/plain;charset=UTF-8".to_owned()),
            source: BodySource::Text,
        }),
        ..request(API)
    };
    for (status, method, body) in [(302, "GET", None), (307, "POST", Some(b"body".to_vec()))] {
        let redirect = shared(status, &[("Location", "/y")]);
        let played = play(post.clone(), vec![redirect, shared(200, &[])]);
        assert_eq!(played.sent[1].method.as_str(), method);
        assert_eq!(played.sent[1].body, body);
        assert_eq!(
            played.sent[1].headers.contains("content-type"),
            body.is_some()
        );
    }
}

#[test]
fn twenty_redirects_are_followed_and_no_more() {
    let redirects = |count| vec![shared(302, &[("Location", "/x")]); count];
    let mut answers = redirects(20);
    answers.push(shared(200, &[]));
    assert_eq!(play(request(API), answers).reason(), None);
    let played = play(request(API), redirects(21));
    assert_eq!(played.reason(), Some(Reason::RedirectLimit));
    assert_eq!(played.sent.len(), 21);
}

#[test]
fn credentials_are_included_where_the_mode_says() {
    let own_cookie = [("Set-Cookie", "a=1; Path=/")];
    let foreign_cookie = [("Set-Cookie", "a=1; Path=/; SameSite=None; Secure")];
    for (mode, own, foreign) in [
        (Credentials::Include, true, true),
        (Credentials::SameOrigin, true, false),
        (Credentials::Omit, false, false),
    ] {
        for (url, cookie, sent) in [
            (APP, &own_cookie, own),
            (SECURE_API, &foreign_cookie, foreign),
        ] {
            let mut agent = UserAgent::default();
            let request = Request {
                credentials: mode,
                ..request(url)
            };
            play_with(&mut agent, request.clone(), vec![response(200, cookie)]);
            // What was set is sent again exactly where it was allowed to be set.
            let played = play_with(&mut agent, request, vec![]);
            assert_eq!(played.header(0, "cookie").is_some(), sent, "{mode} {url}");
        }
    }
}

#[rstest]
#[case::opaque(Mode::NoCors, RedirectMode::Follow, None)]
#[case::no_cors_must_follow(Mode::NoCors, RedirectMode::Error, Some(Reason::RedirectModeNoCors))]
#[case::same_origin(Mode::SameOrigin, RedirectMode::Follow, Some(Reason::SameOriginMode))]
fn modes(#[case] mode: Mode, #[case] redirect: RedirectMode, #[case] reason: Option<Reason>) {
    let request = Request {
        mode,
        redirect,
        ..request(API)
    };
    let played = play(request, vec![response(200, &[("X", "1")])]);
    assert_eq!(played.reason(), reason);
    if reason.is_none() {
        assert_eq!(played.visible().kind, ResponseType::Opaque);
        assert!(played.visible().headers.is_empty() && played.visible().body.is_empty());
        assert_eq!(played.header(0, "origin"), None);
    } else {
        assert!(played.sent.is_empty());
    }
}

#[test]
fn a_no_cors_request_drops_what_is_not_safelisted() {
    let headers = [
        ("Accept", "text/plain"),
        ("X-A", "1"),
        ("Range", "bytes=0-"),
    ];
    let headers = headers
        .iter()
        .map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec()))
        .collect();
    let request = Request {
        mode: Mode::NoCors,
        headers,
        ..request(API)
    };
    let played = play(request, vec![]);
    assert_eq!(played.header(0, "accept").as_deref(), Some("text/plain"));
    assert_eq!(played.header(0, "x-a"), None);
    assert_eq!(played.header(0, "range"), None);
}

#[rstest]
#[case("TRACE", &[], false, Reason::ForbiddenMethod)]
#[case("A B", &[], false, Reason::InvalidMethod)]
#[case("GET", &[("x a", "1")], false, Reason::InvalidHeader)]
#[case("GET", &[("x-a", "1\n2")], false, Reason::InvalidHeader)]
#[case("GET", &[], true, Reason::BodyNotAllowed)]
fn what_the_interface_throws_for_is_never_sent(
    #[case] method: &str,
    #[case] headers: &[(&str, &str)],
    #[case] body: bool,
    #[case] reason: Reason,
) {
    let headers = headers
        .iter()
        .map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec()))
        .collect();
    let body = body.then(|| Body {
        bytes: vec![],
        content_type: None,
        source: BodySource::Bytes,
    });
    let played = play(
        Request {
            method: method.to_owned(),
            headers,
            body,
            ..request(API)
        },
        vec![],
    );
    assert_eq!(played.reason(), Some(reason));
    assert!(played.sent.is_empty());
}

#[test]
fn forbidden_headers_are_dropped_without_a_word() {
    let headers = [
        ("Cookie", "a=1"),
        ("Sec-X", "1"),
        ("Origin", "http://evil.example"),
    ];
    let headers = headers
        .iter()
        .map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec()))
        .collect();
    let played = play(
        Request {
            headers,
            ..request(API)
        },
        vec![shared(200, &[])],
    );
    assert_eq!(played.methods(), ["GET"]);
    assert_eq!(played.header(0, "cookie"), None);
    assert_eq!(played.header(0, "sec-x"), None);
    assert_eq!(
        played.header(0, "origin").as_deref(),
        Some("http://app.localhost")
    );
}

#[test]
fn upload_listeners_need_a_preflight_that_need_not_list_the_method() {
    let post = Request {
        api: Api::XmlHttpRequest,
        method: "POST".to_owned(),
        use_cors_preflight: true,
        ..request(API)
    };
    let played = play(post, vec![shared(204, &[]), shared(200, &[])]);
    assert_eq!(played.methods(), ["OPTIONS", "POST"]);
    assert_eq!(played.reason(), None);
}

#[rstest]
#[case("data:text/plain,hello", None)]
#[case("ftp://a.example/", Some(Reason::NonHttpScheme))]
#[case("http://api.localhost:6667/", Some(Reason::BadPort))]
fn urls_that_are_never_sent(#[case] url: &str, #[case] reason: Option<Reason>) {
    let played = play(request(url), vec![]);
    assert_eq!(played.reason(), reason);
    assert!(played.sent.is_empty());
    if reason.is_none() {
        assert_eq!(played.visible().body, b"hello");
        assert_eq!(played.visible().kind, ResponseType::Basic);
    }
}

#[test]
fn a_secure_page_may_not_fetch_an_insecure_url_unless_it_is_trustworthy() {
    let page = Url::parse("https://app.example/").unwrap();
    let fetched = |url: &str| play(Request::get(&page, Url::parse(url).unwrap()), vec![]).reason();
    assert_eq!(fetched("http://api.example/"), Some(Reason::MixedContent));
    assert_eq!(fetched("http://api.localhost/"), Some(Reason::NetworkError));
}

#[test]
fn a_body_that_breaks_off_matters_only_where_it_is_read() {
    let cut = |response| HttpResponse {
        is_cut: true,
        ..response
    };
    let put = Request {
        method: "PUT".to_owned(),
        ..request(API)
    };
    let permitted = shared(204, &[("Access-Control-Allow-Methods", "PUT")]);
    let redirect = shared(307, &[("Location", "/y")]);
    let answers = vec![
        cut(permitted.clone()),
        cut(redirect),
        permitted,
        shared(200, &[]),
    ];
    assert_eq!(play(put, answers).reason(), None);
    let read = play(request(API), vec![cut(shared(200, &[]))]);
    assert_eq!(read.reason(), Some(Reason::NetworkError));
    let refused = play(request(API), vec![cut(response(200, &[]))]);
    assert_eq!(refused.reason(), Some(Reason::AllowOriginMissing));
}

#[test]
fn integrity_is_checked_against_what_can_be_read() {
    let metadata = Some("sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=".to_owned());
    let fetched = |mode, body: &[u8]| {
        let request = Request {
            mode,
            integrity: metadata.clone(),
            ..request(API)
        };
        play(
            request,
            vec![HttpResponse {
                body: body.to_vec(),
                ..shared(200, &[])
            }],
        )
        .reason()
    };
    assert_eq!(fetched(Mode::Cors, b"hello"), None);
    assert_eq!(
        fetched(Mode::Cors, b"other"),
        Some(Reason::IntegrityMismatch)
    );
    assert_eq!(
        fetched(Mode::NoCors, b"hello"),
        Some(Reason::IntegrityOpaque)
    );
}

fn any_response() -> impl Strategy<Value = HttpResponse> {
    let origin = "\\*|null|http://app\\.localhost|http://api\\.localhost|";
    let location =
        "http://(app|api|other)\\.localhost/[a-c]?|/|data:,x|http://u@api\\.localhost/|:";
    (
        prop_oneof![
            Just(200),
            Just(204),
            Just(301),
            Just(302),
            Just(303),
            Just(307),
            Just(404)
        ],
        proptest::option::of(origin),
        proptest::option::of(location),
        proptest::option::of("\\*|PUT|GET,PUT|a b"),
        proptest::option::of("\\*|x-a|authorization|a b"),
        proptest::option::of("true|false"),
    )
        .prop_map(
            |(status, origin, location, methods, headers, credentials)| {
                let mut response = HttpResponse {
                    status,
                    ..HttpResponse::default()
                };
                for (name, value) in [
                    ("Access-Control-Allow-Origin", origin),
                    ("Location", location),
                    ("Access-Control-Allow-Methods", methods),
                    ("Access-Control-Allow-Headers", headers),
                    ("Access-Control-Allow-Credentials", credentials),
                ] {
                    if let Some(value) = value {
                        response.headers.append(name, value);
                    }
                }
                response
            },
        )
}

fn any_request() -> impl Strategy<Value = Request> {
    (
        prop_oneof![Just(APP), Just(API)],
        "GET|PUT|POST|patch|TRACE",
        proptest::option::of("x-a|authorization|cookie|accept"),
        0..Mode::ALL.len(),
        0..Credentials::ALL.len(),
        0..RedirectMode::ALL.len(),
    )
        .prop_map(
            |(url, method, header, mode, credentials, redirect)| Request {
                method,
                headers: header
                    .map(|name| (name, b"1".to_vec()))
                    .into_iter()
                    .collect(),
                mode: Mode::ALL[mode],
                credentials: Credentials::ALL[credentials],
                redirect: RedirectMode::ALL[redirect],
                ..request(url)
            },
        )
}

proptest! {
    #[test]
    fn every_fetch_ends_within_its_bounds(
        request in any_request(),
        answers in proptest::collection::vec(any_response(), 1..5),
    ) {
        let answers = answers.into_iter().cycle().take(50).collect();
        let played = play(request, answers);
        prop_assert!(played.sent.len() <= 2 * (redirect::LIMIT + 1));
    }

    #[test]
    fn a_foreign_response_is_read_only_after_a_check_that_passed(
        request in any_request(),
        answer in any_response(),
    ) {
        let page = request.origin.serialize();
        let credentialed = request.credentials == Credentials::Include;
        let answer = HttpResponse { status: 200, ..answer };
        let played = play(request, vec![answer.clone(), answer.clone()]);
        if let Outcome::Allow(visible) = &played.outcome && visible.kind == ResponseType::Cors {
            let allowed = answer.headers.get("access-control-allow-origin").unwrap();
            prop_assert!(allowed == page.as_bytes() || (allowed == b"*" && !credentialed));
        }
    }

    #[test]
    fn nothing_unsafe_is_sent_to_a_foreign_origin_unasked(
        request in any_request(),
        answer in any_response(),
    ) {
        let played = play(request, vec![answer.clone(), answer]);
        let mut asked = false;
        for sent in &played.sent {
            let foreign = sent.headers.get("sec-fetch-site") != Some(b"same-origin".to_vec());
            let is_unsafe = !sent.method.is_cors_safelisted() || sent.headers.contains("x-a");
            match sent.purpose {
                Purpose::Preflight => asked = true,
                Purpose::Actual => prop_assert!(!foreign || !is_unsafe || asked),
            }
        }
    }
}

#[rstest]
#[case(65_536, None)]
#[case(65_537, Some(Reason::KeepaliveTooLarge))]
fn a_body_that_may_outlive_its_page_has_a_limit(
    #[case] length: usize,
    #[case] expected: Option<Reason>,
    #[values(Api::Beacon, Api::Fetch)] api: Api,
) {
    let body = Body {
        bytes: vec![b'a'; length],
        content_type: None,
        source: BodySource::Bytes,
    };
    let request = Request {
        api,
        method: "POST".to_owned(),
        body: Some(body),
        keepalive: true,
        ..request(API)
    };
    let (_, step) = Fetch::start(request, &mut UserAgent::default(), Duration::ZERO);
    let reason = match step {
        Step::Done(Outcome::Block(block)) => Some(block.reason),
        Step::Done(Outcome::Allow(_)) | Step::Send(_) => None,
    };
    assert_eq!(reason, expected);
}

#[test]
fn a_public_page_needs_a_permission_to_reach_this_machine() {
    let page = Url::parse("https://app.localhost:18445/-/page").unwrap();
    let verdict = |url: &str, is_kept_from_local_network: bool| {
        let mut agent = UserAgent::default();
        let request = Request {
            is_kept_from_local_network,
            ..Request::get(&page, Url::parse(url).unwrap())
        };
        match Fetch::start(request, &mut agent, Duration::ZERO).1 {
            Step::Send(_) | Step::Done(Outcome::Allow(_)) => None,
            Step::Done(Outcome::Block(block)) => Some(block.reason),
        }
    };
    let denied = Some(Reason::LocalNetworkAccess);
    assert_eq!(verdict("http://api.localhost:18080/", true), denied);
    assert_eq!(verdict("https://app.localhost:18443/", true), denied);
    assert_eq!(verdict("http://api.localhost:18080/", false), None);
    // Public itself, or no request over a network.
    assert_eq!(verdict("https://api.localhost:18445/", true), None);
    assert_eq!(verdict("data:,text", true), None);
}

/// A fetch after a preload of the same URL: what the preload was answered, and what the fetch sends.
fn fetch_after_preload(setting: CorsSetting, fetch: Request) -> Played {
    let mut agent = UserAgent::default();
    let mut preload = request(API);
    initiate::element(&mut preload, Api::Preload, Destination::Empty, setting);
    let mut answer = response(200, &[("Access-Control-Allow-Credentials", "true")]);
    answer
        .headers
        .append("Access-Control-Allow-Origin", "http://app.localhost");
    let preloaded = play_with(&mut agent, preload, vec![answer.clone()]);
    assert_eq!(preloaded.reason(), None);
    let first = play_with(&mut agent, fetch.clone(), vec![answer.clone()]);
    // Whatever the first one found, nothing is left for another.
    let second = play_with(&mut agent, fetch, vec![answer]);
    assert_eq!(second.sent.len(), 1);
    first
}

#[rstest]
#[case(CorsSetting::Anonymous, Credentials::SameOrigin)]
#[case(CorsSetting::UseCredentials, Credentials::Include)]
fn a_preload_answers_one_fetch_of_its_mode_and_credentials(
    #[case] setting: CorsSetting,
    #[case] credentials: Credentials,
) {
    let fetch = Request {
        credentials,
        ..request(API)
    };
    let played = fetch_after_preload(setting, fetch);
    assert!(played.sent.is_empty());
    assert_eq!(played.visible().body, b"ok");
}

#[rstest]
#[case::mode(CorsSetting::NoCors, request(API))]
#[case::credentials(CorsSetting::UseCredentials, request(API))]
#[case::url(CorsSetting::Anonymous, request(OTHER))]
#[case::method(CorsSetting::Anonymous, Request { method: "POST".to_owned(), ..request(API) })]
#[case::headers(
    CorsSetting::Anonymous,
    Request { headers: vec![("Accept".to_owned(), b"text/plain".to_vec())], ..request(API) }
)]
fn a_preload_answers_nothing_else(#[case] setting: CorsSetting, #[case] fetch: Request) {
    assert_eq!(fetch_after_preload(setting, fetch).sent.len(), 1);
}

#[test]
fn a_preload_answers_what_has_the_same_integrity_or_none() {
    const OF_OK: &str = "sha256-Jok2eyBcFs4y7UIAlCuLix4mLfxw2byfvHfElpmk8d8=";
    let sent = |preload: Option<&str>, fetch: &str| {
        let mut agent = UserAgent::default();
        let mut ahead = request(API);
        let setting = CorsSetting::Anonymous;
        initiate::element(&mut ahead, Api::Preload, Destination::Empty, setting);
        ahead.integrity = preload.map(str::to_owned);
        play_with(&mut agent, ahead, vec![shared(200, &[])]);
        let fetch = Request {
            integrity: Some(fetch.to_owned()),
            ..request(API)
        };
        play_with(&mut agent, fetch, vec![shared(200, &[])])
            .sent
            .len()
    };
    assert_eq!(sent(Some(OF_OK), OF_OK), 0);
    assert_eq!(sent(None, OF_OK), 1);
    assert_eq!(sent(Some(OF_OK), "sha384-other"), 1);
}

#[test]
fn what_was_preloaded_is_judged_by_its_use() {
    let mut agent = UserAgent::default();
    let mut ahead = request(API);
    let setting = CorsSetting::Anonymous;
    initiate::element(&mut ahead, Api::Preload, Destination::Empty, setting);
    let html = shared(200, &[("Content-Type", "text/html")]);
    play_with(&mut agent, ahead, vec![html]);
    let mut source = request(API);
    initiate::event_source(&mut source, false, "");
    let played = play_with(&mut agent, source, Vec::new());
    assert!(played.sent.is_empty());
    assert_eq!(played.reason(), Some(Reason::EventStreamType));
}

#[test]
fn a_preload_that_fails_answers_nothing() {
    let mut agent = UserAgent::default();
    let mut preload = request(API);
    let setting = CorsSetting::Anonymous;
    initiate::element(&mut preload, Api::Preload, Destination::Empty, setting);
    let preloaded = play_with(&mut agent, preload, vec![response(200, &[])]);
    assert_eq!(preloaded.reason(), Some(Reason::AllowOriginMissing));
    let fetched = play_with(&mut agent, request(API), vec![shared(200, &[])]);
    assert_eq!(fetched.sent.len(), 1);
}

/// What permits PUT to `url` is kept from an earlier preflight.
fn permitted(url: &str) -> (UserAgent, Key) {
    let mut agent = UserAgent::default();
    let key = Key {
        origin: "http://app.localhost".to_owned(),
        url: Url::parse(url).unwrap(),
        credentials: false,
    };
    let (methods, minute) = (["PUT".to_owned()], Duration::from_secs(60));
    let cache = &mut agent.preflight_cache;
    cache.store(&key, &methods, &[], minute, Duration::ZERO);
    (agent, key)
}

#[rstest]
#[case::the_same("#one", "PUT")]
#[case::another("#two", "OPTIONS")]
#[case::none("", "OPTIONS")]
fn what_is_permitted_for_one_fragment_is_not_for_another(
    #[case] fragment: &str,
    #[case] sent: &str,
) {
    let (mut agent, _) = permitted(&format!("{API}#one"));
    let mut put = request(&format!("{API}{fragment}"));
    "PUT".clone_into(&mut put.method);
    let played = play_with(&mut agent, put, vec![shared(200, &[])]);
    assert_eq!(played.methods(), [sent]);
}

#[rstest]
#[case::refused(shared(200, &[]), None, true)]
#[case::not_shared(response(200, &[]), Some(Reason::AllowOriginMissing), false)]
#[case::redirect_without_a_host(
    shared(302, &[("Location", "http://")]),
    Some(Reason::RedirectLocationInvalid),
    false
)]
#[case::redirect_to_another_scheme(
    shared(307, &[("Location", "data:,x")]),
    Some(Reason::RedirectSchemeNotHttp),
    false
)]
fn a_network_error_forgets_what_permits_the_current_url(
    #[case] answer: HttpResponse,
    #[case] reason: Option<Reason>,
    #[case] is_kept: bool,
) {
    let (mut agent, key) = permitted(API);
    let mut put = request(API);
    "PUT".clone_into(&mut put.method);
    let played = play_with(&mut agent, put, vec![answer]);
    assert_eq!(played.methods(), ["PUT"]);
    assert_eq!(played.reason(), reason);
    let cache = &agent.preflight_cache;
    assert_eq!(cache.matches_method(&key, "PUT", Duration::ZERO), is_kept);
}

#[rstest]
#[case::not_shared(303, OTHER, vec![response(200, &[])], Reason::AllowOriginMissing)]
#[case::bad_port(307, "http://other.localhost:1/", vec![], Reason::BadPort)]
fn a_network_error_behind_a_redirect_forgets_what_permits_the_url_it_led_to(
    #[case] status: u16,
    #[case] location: &str,
    #[case] rest: Vec<HttpResponse>,
    #[case] reason: Reason,
) {
    let (mut agent, here) = permitted(API);
    let mut there = here.clone();
    there.origin = "null".to_owned();
    there.url = Url::parse(location).unwrap();
    let (methods, minute) = (["PUT".to_owned()], Duration::from_secs(60));
    let cache = &mut agent.preflight_cache;
    for origin in ["null", "http://app.localhost"] {
        there.origin = origin.to_owned();
        cache.store(&there, &methods, &[], minute, Duration::ZERO);
    }
    let mut put = request(API);
    "PUT".clone_into(&mut put.method);
    let answers = [vec![shared(status, &[("Location", location)])], rest].concat();
    let played = play_with(&mut agent, put, answers);
    assert_eq!(played.reason(), Some(reason));
    let cache = &agent.preflight_cache;
    there.origin = request_origin::serialize(
        &Origin::parse("http://app.localhost").unwrap(),
        &[Url::parse(API).unwrap(), there.url.clone()],
    );
    assert!(!cache.matches_method(&there, "PUT", Duration::ZERO));
    assert!(cache.matches_method(&here, "PUT", Duration::ZERO));
}

#[test]
fn a_redirect_that_is_an_error_forgets_the_permission() {
    let (mut agent, key) = permitted(API);
    let mut put = request(API);
    "PUT".clone_into(&mut put.method);
    put.redirect = RedirectMode::Error;
    let answers = vec![shared(302, &[("Location", OTHER)])];
    let played = play_with(&mut agent, put, answers);
    assert_eq!(played.reason(), Some(Reason::RedirectModeError));
    let cache = &agent.preflight_cache;
    assert!(!cache.matches_method(&key, "PUT", Duration::ZERO));
}

#[rstest]
#[case::of_fetch(Api::Fetch, None)]
#[case::of_an_element(Api::Image, Some(Reason::NetworkError))]
fn nobody_misses_the_end_of_an_opaque_response(#[case] api: Api, #[case] reason: Option<Reason>) {
    let mut call = request(API);
    (call.api, call.mode) = (api, Mode::NoCors);
    let cut = HttpResponse {
        is_cut: true,
        ..response(200, &[])
    };
    assert_eq!(play(call, vec![cut]).reason(), reason);
}

#[test]
fn nothing_matches_integrity_where_a_redirect_is_not_followed() {
    let mut call = request(API);
    call.redirect = RedirectMode::Manual;
    call.integrity = Some("nonsense".to_owned());
    let played = play(call, vec![shared(302, &[("Location", OTHER)])]);
    assert_eq!(played.reason(), Some(Reason::IntegrityMismatch));
}

/// What is sent from here on, and how it ends.
fn go_on(
    fetch: &mut Fetch,
    mut step: Step,
    answers: Vec<HttpResponse>,
) -> (Vec<HttpRequest>, Step) {
    let (mut agent, mut sent) = (UserAgent::default(), Vec::new());
    let mut answers = answers.into_iter();
    while let Step::Send(request) = step {
        sent.push(request);
        step = match answers.next() {
            Some(answer) => fetch.receive(answer, &mut agent, Duration::ZERO),
            None => fetch.fail(&mut agent),
        };
    }
    (sent, step)
}

#[test]
fn what_is_fetched_again_begins_where_the_redirects_have_led() {
    let mut agent = UserAgent::default();
    let mut stream = request(API);
    initiate::event_source(&mut stream, false, "");
    let (mut fetch, step) = Fetch::start(stream, &mut agent, Duration::ZERO);
    let away = [
        ("Location", "http://other.localhost/y"),
        ("Access-Control-Allow-Origin", "*"),
    ];
    let events = [("Content-Type", "text/event-stream")];
    let (sent, _) = go_on(
        &mut fetch,
        step,
        vec![response(302, &away), shared(200, &events)],
    );
    assert_eq!(sent.len(), 2);
    let again = fetch.again(Some(("Last-Event-ID", "7")), &mut agent, Duration::ZERO);
    let (sent, end) = go_on(&mut fetch, again, vec![shared(200, &events)]);
    let value = |name| String::from_utf8(sent[0].headers.get(name).unwrap()).unwrap();
    assert_eq!(sent[0].url.as_str(), "http://other.localhost/y");
    assert_eq!(
        (value("origin").as_str(), value("last-event-id").as_str()),
        ("null", "7")
    );
    assert!(matches!(end, Step::Done(Outcome::Allow(_))));
}

#[rstest]
#[case::another_answer(vec![421, 200], &[false, true])]
#[case::once_only(vec![421, 421, 200], &[false, true])]
#[case::not_asked(vec![200], &[false])]
fn a_misdirected_request_is_made_again_on_another_connection(
    #[case] statuses: Vec<u16>,
    #[case] connections: &[bool],
) {
    let answers = statuses.iter().map(|status| shared(*status, &[])).collect();
    let mut agent = UserAgent::default();
    let (mut fetch, step) = Fetch::start(request(API), &mut agent, Duration::ZERO);
    let (sent, end) = go_on(&mut fetch, step, answers);
    let made: Vec<bool> = sent.iter().map(|it| it.on_new_connection).collect();
    assert_eq!(made, connections);
    assert!(
        matches!(end, Step::Done(Outcome::Allow(response)) if response.status == statuses[made.len() - 1])
    );
}

#[test]
fn each_url_is_worth_another_connection() {
    let away = [("Location", OTHER)];
    let statuses = [
        shared(421, &[]),
        shared(302, &away),
        shared(421, &[]),
        shared(200, &[]),
    ];
    let played = play(request(API), statuses.to_vec());
    assert_eq!(played.methods(), ["GET"; 4]);
    assert_eq!(played.visible().status, 200);
}

#[test]
fn a_misdirected_preflight_is_made_again() {
    let mut put = request(API);
    "PUT".clone_into(&mut put.method);
    let allows = [("Access-Control-Allow-Methods", "PUT")];
    let answers = vec![shared(421, &[]), shared(200, &allows), shared(200, &[])];
    let played = play(put, answers);
    assert_eq!(played.methods(), ["OPTIONS", "OPTIONS", "PUT"]);
}

#[test]
fn a_misdirected_preflight_of_a_stream_is_made_again() {
    let body = Body {
        bytes: b"x".to_vec(),
        content_type: None,
        source: BodySource::Stream,
    };
    let posted = Request {
        method: "POST".to_owned(),
        body: Some(body),
        use_cors_preflight: true,
        ..request(API)
    };
    let played = play(
        posted,
        vec![shared(421, &[]), shared(200, &[]), shared(200, &[])],
    );
    assert_eq!(played.methods(), ["OPTIONS", "OPTIONS", "POST"]);
}

#[test]
fn a_misdirected_stream_cannot_be_sent_again() {
    let body = Body {
        bytes: b"x".to_vec(),
        content_type: None,
        source: BodySource::Stream,
    };
    let posted = Request {
        method: "POST".to_owned(),
        body: Some(body),
        ..request(APP)
    };
    let played = play(posted, vec![response(421, &[]), response(200, &[])]);
    assert_eq!(played.methods(), ["POST"]);
}

#[rstest]
#[case("HEAD", 200)]
#[case("GET", 204)]
fn nothing_matches_integrity_where_there_is_no_body(#[case] method: &str, #[case] status: u16) {
    for integrity in [
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "nonsense",
    ] {
        let call = Request {
            method: method.to_owned(),
            integrity: Some(integrity.to_owned()),
            ..request(APP)
        };
        let played = play(call, vec![response(status, &[])]);
        assert_eq!(played.reason(), Some(Reason::IntegrityMismatch));
    }
}
