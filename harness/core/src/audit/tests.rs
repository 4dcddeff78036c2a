//! The whole audit against servers that are functions: from a request to an answer.

use corspec_fetch::HeaderList;
use rstest::rstest;

use super::probe::{HEADER, METHOD};
use super::stranger::STRANGER;
use super::*;
use crate::agent::wire::Outgoing;

const APP: &str = "https://app.example.com";
const URL: &str = "https://api.example.com/things";

/// A request as a server sees it.
struct Request {
    method: String,
    headers: HeaderList,
}

impl Request {
    fn of(outgoing: &Outgoing) -> Self {
        Self {
            method: outgoing.method.clone(),
            headers: outgoing.headers.iter().cloned().collect(),
        }
    }

    fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8(value).unwrap())
    }

    /// The value of the one line of `Origin` there is.
    fn origin(&self) -> Option<String> {
        match self
            .headers
            .get_all("origin")
            .collect::<Vec<_>>()
            .as_slice()
        {
            [origin] => Some(String::from_utf8(origin.to_vec()).unwrap()),
            _ => None,
        }
    }
}

type Lines = Vec<(&'static str, String)>;

fn answer(status: u16, lines: Lines) -> Answer {
    let mut headers = HeaderList::new();
    for (name, value) in lines {
        headers.append(name, value);
    }
    Answer { status, headers }
}

/// The audit of a server that is a function.
fn audit(target: &Target, server: &dyn Fn(&Request) -> Answer) -> (Learned, Vec<Finding>) {
    let (learned, asked) = ask(target, server);
    let findings = findings(target, &learned, &asked);
    (learned, findings)
}

/// Its questions and answers.
fn ask(target: &Target, server: &dyn Fn(&Request) -> Answer) -> (Learned, Vec<Asked>) {
    let ask = |probe: Probe| Asked {
        answer: Ok(server(&Request::of(&probe.outgoing(target)))),
        probe,
        shown: None,
    };
    let mut asked: Vec<Asked> = first_round(target).into_iter().map(ask).collect();
    let learned = Learned::from(target, &asked);
    asked.extend(second_round(target, &learned).into_iter().map(ask));
    assert!(asked.len() <= most_requests(target), "{}", asked.len());
    (learned, asked)
}

fn target() -> Target {
    Target {
        told: vec![APP.to_owned()],
        ..Target::new(&URL.parse().unwrap())
    }
}

/// What is found: severity and id of each.
fn found(server: &dyn Fn(&Request) -> Answer) -> Vec<String> {
    let (_, findings) = audit(&target(), server);
    let show = |finding: &Finding| format!("{} {}", finding.severity, finding.id);
    findings.iter().map(show).collect()
}

/// A server without fault, which allows the origins of a function, with credentials.
fn careful(allows: &dyn Fn(&str) -> bool, request: &Request) -> Answer {
    let origin = request.origin().unwrap_or_default();
    let mut lines = vec![("Vary", "Origin".to_owned())];
    if allows(&origin) {
        lines.push(("Access-Control-Allow-Origin", origin));
        lines.push(("Access-Control-Allow-Credentials", "true".to_owned()));
        if request.method == "OPTIONS" {
            lines.push(("Access-Control-Allow-Methods", "PUT".to_owned()));
            lines.push(("Access-Control-Allow-Headers", "content-type".to_owned()));
            lines.push(("Access-Control-Max-Age", "600".to_owned()));
        }
    }
    answer(
        if request.method == "OPTIONS" {
            204
        } else {
            200
        },
        lines,
    )
}

fn list(request: &Request) -> Answer {
    careful(&|origin| origin == APP, request)
}

/// The same with an answer that is changed behind it.
fn changed(change: impl Fn(&Request, &mut Answer)) -> impl Fn(&Request) -> Answer {
    move |request| {
        let mut answer = list(request);
        change(request, &mut answer);
        answer
    }
}

#[test]
fn a_careful_server_has_no_finding_and_its_policy_is_learned() {
    let (learned, findings) = audit(&target(), &list);
    assert_eq!(findings, []);
    assert_eq!(learned.allowed, [APP]);
    assert!(learned.with_credentials && !learned.is_open);
    let described = learned.describe();
    assert_eq!(
        described,
        "allows https://app.example.com, with credentials"
    );
}

#[test]
fn a_public_server_has_no_finding() {
    let star = |_: &Request| {
        let line = ("Access-Control-Allow-Origin", "*".to_owned());
        answer(200, vec![line])
    };
    assert_eq!(found(&star), [""; 0]);
}

#[test]
fn a_header_that_is_given_takes_the_place_of_the_usual_one() {
    let target = Target {
        headers: vec![("user-agent".to_owned(), b"me".to_vec())],
        ..target()
    };
    let sent = Request::of(&first_round(&target)[0].outgoing(&target));
    let agents: Vec<_> = sent.headers.get_all("user-agent").collect();
    assert_eq!(agents, [b"me"]);
    assert_eq!(sent.header("accept").as_deref(), Some("*/*"));
}

#[test]
fn a_server_without_cors_has_no_finding() {
    let none = |_: &Request| answer(200, Vec::new());
    assert_eq!(found(&none), [""; 0]);
}

fn star(status: u16) -> Answer {
    let line = ("Access-Control-Allow-Origin", "*".to_owned());
    answer(status, vec![line])
}

#[rstest]
#[case::a_login(&|_: &Request| answer(401, Vec::new()), Some("status (401)"), "unknown")]
#[case::no_such_thing(&|_: &Request| answer(404, Vec::new()), Some("check the URL"), "unknown")]
#[case::broken(&|request: &Request| answer(if request.method == "GET" { 500 } else { 405 }, Vec::new()),
    Some("status (405, 500)"), "unknown")]
#[case::errors_that_allow(&|_: &Request| star(403), Some("status (403)"), "allows everybody by `*`")]
#[case::no_cors(&|_: &Request| answer(200, Vec::new()), Some("no answer has any"),
    "allows none of the origins that were asked for")]
#[case::only_preflights_work(&|request: &Request| if request.method == "GET" { answer(401, Vec::new()) } else { list(request) },
    Some("https://app.example.com is not allowed"), "unknown")]
#[case::redirected(&|_: &Request| answer(302, vec![("Location", "/login".to_owned())]),
    Some("the answer is a redirect (302)"), "allows none of the origins that were asked for")]
#[case::another_origin(&|request: &Request| careful(&|origin| origin == "https://api.example.com", request),
    Some("check its spelling"), "allows https://api.example.com, with credentials")]
#[case::allowed(&list, None, "allows https://app.example.com, with credentials")]
#[case::public(&|_: &Request| star(200), None, "allows everybody by `*`")]
#[case::any(&|request: &Request| careful(&|_| true, request), None,
    "allows any origin by name, with credentials")]
fn what_compared_nothing_is_told(
    #[case] server: &dyn Fn(&Request) -> Answer,
    #[case] expected: Option<&str>,
    #[case] policy: &str,
) {
    let (learned, asked) = ask(&target(), server);
    assert_eq!(learned.describe(), policy);
    match (unseen(&target(), &learned, &asked), expected) {
        (None, None) => {}
        (Some(why), Some(part)) => assert!(why.contains(part), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_missed_where_nobody_vouched_for_an_origin() {
    let target = Target::new(&URL.parse().unwrap());
    let (learned, asked) = ask(&target, &|_| answer(200, Vec::new()));
    assert_eq!(unseen(&target, &learned, &asked), None);
}

#[rstest]
#[case::no_handshake(&|_: &str| false, Some("no handshake was answered with 101 (but with 403)"))]
#[case::a_typo(&str::is_empty, Some("https://app.example.com is not allowed"))]
#[case::let_in(&|origin: &str| origin == APP, None)]
fn a_web_socket_that_lets_nobody_in_is_told(
    #[case] lets_in: &dyn Fn(&str) -> bool,
    #[case] expected: Option<&str>,
) {
    let target = Target {
        told: vec![APP.to_owned()],
        ..Target::new(&"wss://api.example.com/live".parse().unwrap())
    };
    let (learned, asked) = ask(&target, &|request| {
        let is_in = lets_in(&request.origin().unwrap_or_default());
        answer(if is_in { 101 } else { 403 }, Vec::new())
    });
    let why = unseen(&target, &learned, &asked);
    assert_eq!(why.is_some(), expected.is_some(), "{why:?}");
    assert!(
        why.unwrap_or_default()
            .contains(expected.unwrap_or_default())
    );
}

#[rstest]
#[case("Authorization: Bearer x", None)]
#[case("Sec-WebSocket-Protocol: chat", None)]
#[case("Origin: https://app.example", Some("--origin"))]
#[case("access-control-request-method: PUT", Some("leave"))]
#[case("Access-Control-Request-Private-Network: true", Some("leave"))]
#[case("HOST: api.example", Some("leave"))]
#[case("Connection: close", Some("leave"))]
#[case("Content-Length: 0", Some("leave"))]
#[case("Transfer-Encoding: chunked", Some("leave"))]
fn headers_that_the_audit_sets_are_refused(#[case] text: &str, #[case] hint: Option<&str>) {
    let refused = parse_header(text).err();
    assert_eq!(refused.is_some(), hint.is_some(), "{refused:?}");
    if let (Some(refused), Some(hint)) = (refused, hint) {
        assert!(refused.hint.contains(hint), "{}", refused.hint);
    }
}

#[test]
fn a_server_that_allows_every_origin_is_critical_and_its_variants_are_not_asked() {
    let any = |request: &Request| careful(&|origin| !origin.is_empty(), request);
    let expected = [
        "critical any-origin-with-credentials",
        "critical null-origin-with-credentials",
    ];
    assert_eq!(found(&any), expected);
    let (learned, _) = audit(&target(), &any);
    assert!(learned.is_open);
    let probes = second_round(&target(), &learned);
    let is_variant = |probe: &Probe| matches!(probe.whose, Whose::Variant(..));
    assert!(!probes.iter().any(is_variant));
}

#[test]
fn without_credentials_it_is_no_more_than_public() {
    let any = |request: &Request| {
        let origin = request.origin().unwrap_or_else(|| "*".to_owned());
        let lines = vec![
            ("Vary", "Origin".to_owned()),
            ("Access-Control-Allow-Origin", origin),
        ];
        answer(200, lines)
    };
    assert_eq!(found(&any), ["low any-origin", "low null-origin"]);
}

#[rstest]
#[case::prefix(&|origin: &str| origin.starts_with(APP), &[
    "critical origin-prefix", "critical origin-special-character", "medium origin-other-port",
    "medium origin-trailing-dot", "low origin-userinfo", "low origin-default-port",
    "low origin-trailing-slash", "low origin-list",
])]
#[case::suffix(&|origin: &str| origin.ends_with("example.com"), &[
    "critical origin-suffix", "critical origin-unescaped-dot", "high origin-other-scheme",
    "medium origin-sub-domain", "medium origin-sibling", "medium origin-super-domain",
    "low origin-substring",
])]
#[case::substring(&|origin: &str| origin == APP || origin.contains("/?https://app.example.com"), &["low origin-substring"])]
#[case::unescaped_dot(&|origin: &str| origin == APP || origin == "https://appxexample.com", &["critical origin-unescaped-dot"])]
#[case::scheme(&|origin: &str| origin == APP || origin == "http://app.example.com", &["high origin-other-scheme"])]
#[case::port(&|origin: &str| origin == APP || origin == "https://app.example.com:8443", &["medium origin-other-port"])]
#[case::sub_domain(&|origin: &str| origin == APP || origin.ends_with(".app.example.com"), &["medium origin-sub-domain"])]
#[case::super_domain(&|origin: &str| origin == APP || origin == "https://example.com", &["medium origin-super-domain"])]
#[case::case_is_ignored(&|origin: &str| origin.eq_ignore_ascii_case(APP), &["low origin-other-case"])]
#[case::trailing_dot(&|origin: &str| origin.trim_end_matches('.') == APP, &["medium origin-trailing-dot"])]
#[case::null(&|origin: &str| origin == APP || origin == "null", &["critical null-origin-with-credentials"])]
#[case::local(&|origin: &str| origin == APP || origin.starts_with("http://localhost"), &["medium development-origin"])]
fn origins_that_are_nearly_right(#[case] allows: &dyn Fn(&str) -> bool, #[case] expected: &[&str]) {
    assert_eq!(found(&|request| careful(allows, request)), expected);
}

#[test]
fn two_lines_of_origin_are_not_to_be_taken_for_one() {
    let last = |request: &Request| {
        let lines: Vec<_> = request.headers.get_all("origin").collect();
        let is_second = lines.len() == 2;
        let mut answer = list(request);
        if is_second {
            let origin = format!("{APP}, {STRANGER}");
            answer.headers.append("Access-Control-Allow-Origin", origin);
        }
        answer
    };
    let found = found(&last);
    assert!(
        found.contains(&"info origin-two-lines".to_owned()),
        "{found:?}"
    );
}

#[rstest]
#[case::shared("max-age=60", "medium vary-missing")]
#[case::not_stored("no-store", "low vary-missing")]
fn an_answer_that_depends_on_the_origin_has_to_say_so(
    #[case] cache: &'static str,
    #[case] expected: &str,
) {
    let forgetful = changed(move |_, answer| {
        answer.headers.delete("vary");
        answer.headers.append("Cache-Control", cache);
    });
    assert_eq!(found(&forgetful), [expected]);
}

#[test]
fn vary_is_needed_where_the_origin_is_refused_as_well() {
    let forgetful = changed(|_, answer| {
        if !answer.headers.contains("access-control-allow-origin") {
            answer.headers.delete("vary");
        }
    });
    assert_eq!(found(&forgetful), ["low vary-missing-on-refusal"]);
}

#[test]
fn a_constant_answer_needs_no_vary() {
    let needless = |_: &Request| {
        let lines = vec![
            ("Access-Control-Allow-Origin", "*".to_owned()),
            ("Vary", "Origin".to_owned()),
        ];
        answer(200, lines)
    };
    assert_eq!(found(&needless), ["info vary-needless"]);
}

#[test]
fn methods_and_headers_are_not_to_be_echoed() {
    let echo = changed(|request, answer| {
        if !answer.headers.contains("access-control-allow-origin") {
            return;
        }
        for (asked, allowed) in [
            (
                "access-control-request-method",
                "Access-Control-Allow-Methods",
            ),
            (
                "access-control-request-headers",
                "Access-Control-Allow-Headers",
            ),
        ] {
            if let Some(value) = request.header(asked) {
                answer.headers.set(allowed, value);
            }
        }
    });
    let expected = [
        "low preflight-reflects-methods",
        "low preflight-reflects-headers",
    ];
    assert_eq!(found(&echo), expected);
    assert!(METHOD.len() > 3 && HEADER.starts_with("x-"));
}

#[rstest]
#[case(302, "low preflight-redirected")]
#[case(401, "low preflight-asks-for-authentication")]
#[case(405, "low preflight-status")]
fn preflights_have_to_be_answered(#[case] status: u16, #[case] expected: &str) {
    let deaf = changed(move |request, answer| {
        if request.method == "OPTIONS" {
            *answer = self::answer(status, Vec::new());
        }
    });
    assert_eq!(found(&deaf), [expected]);
}

#[rstest]
#[case("1h", "low max-age-invalid")]
#[case("-1", "low max-age-invalid")]
#[case("31536000", "info max-age-overlarge")]
fn max_age_is_a_number_of_seconds(#[case] value: &'static str, #[case] expected: &str) {
    let odd = changed(move |_, answer| {
        if answer.headers.contains("access-control-max-age") {
            answer.headers.set("Access-Control-Max-Age", value);
        }
    });
    assert_eq!(found(&odd), [expected]);
}

#[test]
fn a_misspelt_header_is_told_once() {
    let misspelt = changed(|_, answer| answer.headers.append("Access-Control-Allow-Method", "PUT"));
    let (_, findings) = audit(&target(), &misspelt);
    let misspelt = findings.iter().filter(|it| it.id == "header-misspelt");
    let remedies: Vec<&str> = misspelt.map(|it| it.remedy.as_str()).collect();
    assert_eq!(remedies, ["Write `Access-Control-Allow-Methods`"]);
}

#[test]
fn a_wildcard_with_credentials_is_told() {
    let both = |_: &Request| {
        let lines = vec![
            ("Access-Control-Allow-Origin", "*".to_owned()),
            ("Access-Control-Allow-Credentials", "true".to_owned()),
        ];
        answer(200, lines)
    };
    assert_eq!(found(&both), ["medium wildcard-with-credentials"]);
}

#[test]
fn one_origin_for_everybody_is_told_where_it_is_not_the_same_for_all() {
    let first = changed(|_, answer| answer.headers.set("Access-Control-Allow-Origin", APP));
    let found = found(&first);
    let expected = "low refused-origin-is-told-another".to_owned();
    assert!(found.contains(&expected), "{found:?}");
}

#[test]
fn a_stranger_whose_preflight_is_allowed_is_told() {
    let lax = |request: &Request| {
        let is_preflight = request.method == "OPTIONS";
        careful(
            &|origin| origin == APP || (is_preflight && origin == STRANGER),
            request,
        )
    };
    assert_eq!(found(&lax), ["high preflight-allows-more"]);
}

#[test]
fn a_host_that_is_forwarded_is_no_origin() {
    let forwarded = changed(|request, answer| {
        if let Some(host) = request.header("x-forwarded-host") {
            let origin = format!("https://{host}");
            answer.headers.set("Access-Control-Allow-Origin", origin);
        }
    });
    assert_eq!(found(&forwarded), ["medium allow-origin-from-host"]);
}

#[test]
fn a_private_network_is_not_for_strangers() {
    let let_in = changed(|request, answer| {
        if request
            .header("access-control-request-private-network")
            .is_some()
        {
            let name = "Access-Control-Allow-Private-Network";
            answer.headers.append(name, "true");
        }
    });
    let found = found(&let_in);
    assert_eq!(found[0], "high private-network-for-strangers");
}

#[test]
fn a_server_in_a_private_network_is_not_public() {
    let target = Target::new(&"http://192.168.0.1/".parse().unwrap());
    let star = |_: &Request| {
        let line = ("Access-Control-Allow-Origin", "*".to_owned());
        answer(200, vec![line])
    };
    let (_, findings) = audit(&target, &star);
    assert_eq!(findings[0].id, "private-network-open");
}

#[rstest]
#[case::any(&|_: &str| true, &["high websocket-any-origin"])]
#[case::null(&|origin: &str| origin == APP || origin == "null", &["high websocket-null-origin"])]
#[case::prefix(&|origin: &str| origin.starts_with(APP), &["critical websocket-origin-variant"])]
#[case::list(&|origin: &str| origin == APP, &[])]
fn a_web_socket_has_to_look_at_the_origin_itself(
    #[case] lets_in: &dyn Fn(&str) -> bool,
    #[case] expected: &[&str],
) {
    let target = Target {
        told: vec![APP.to_owned()],
        ..Target::new(&"wss://api.example.com/live".parse().unwrap())
    };
    let server = |request: &Request| {
        assert_eq!(request.header("upgrade").as_deref(), Some("websocket"));
        let is_in = lets_in(&request.origin().unwrap_or_default());
        answer(if is_in { 101 } else { 403 }, Vec::new())
    };
    let (_, findings) = audit(&target, &server);
    let show = |finding: &Finding| format!("{} {}", finding.severity, finding.id);
    assert_eq!(findings.iter().map(show).collect::<Vec<_>>(), expected);
}

#[test]
fn every_finding_says_where_it_is_explained_and_is_shown_by_an_exchange() {
    let worst = |request: &Request| {
        let mut answer = careful(&|_| true, request);
        answer.headers.delete("vary");
        answer.headers.append("Access-Control-Allow-Header", "x");
        answer
    };
    let (_, findings) = audit(&target(), &worst);
    assert!(findings.len() > 3);
    for finding in findings {
        assert!(!finding.evidence.is_empty(), "{}", finding.id);
        assert!(!finding.requirements.is_empty(), "{}", finding.id);
        let citations = finding.citations();
        assert!(
            citations.iter().all(|it| it.starts_with("https://")),
            "{}",
            finding.id
        );
    }
}
