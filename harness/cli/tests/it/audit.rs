use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::assert_shown;
use crate::server::{Request, answer, hang, listen, nobody, respond, without_ports};
use crate::support::Project;

const ORIGIN: &str = "https://app.example.com";

fn audit(url: &str, more: &[&str]) -> String {
    let mut arguments = vec!["audit", url, "--rate", "100000", "--origin", ORIGIN];
    arguments.extend(more);
    without_ports(&Project::new().shown(&arguments))
}

/// A server that allows origins by a function, with credentials.
fn allowing(allows: impl Fn(&str) -> bool) -> impl Fn(&Request) -> (u16, Vec<String>) {
    move |request| {
        let mut lines = vec!["Vary: Origin".to_owned()];
        if let Some(origin) = request.header("origin").filter(|origin| allows(origin)) {
            lines.push(format!("Access-Control-Allow-Origin: {origin}"));
            lines.push("Access-Control-Allow-Credentials: true".to_owned());
        }
        (
            if request.method == "OPTIONS" {
                204
            } else {
                200
            },
            lines,
        )
    }
}

#[test]
fn a_careful_server_passes_within_the_number_of_requests_that_was_said() {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let serve = allowing(|origin| origin == ORIGIN);
    let url = answer(move |request| {
        counter.fetch_add(1, Ordering::SeqCst);
        assert_eq!(
            request.header("user-agent"),
            Some(concat!("corspec/", env!("CARGO_PKG_VERSION"), " (+audit)"))
        );
        serve(request)
    });
    let text = audit(&url, &[]);
    let said = format!("{} requests of at most", count.load(Ordering::SeqCst));
    assert!(text.contains(&said), "{text}");
    assert_shown!(text);
}

#[test]
fn a_server_that_allows_every_origin_fails() {
    assert_shown!(audit(&answer(allowing(|_| true)), &[]));
}

#[test]
fn a_server_that_compares_the_end_fails() {
    let text = audit(
        &answer(allowing(|origin| origin.ends_with("example.com"))),
        &["--quiet"],
    );
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(text.contains("CRITICAL origin-suffix\n"), "{text}");
    assert!(text.ends_with("----- stderr -----\n"), "{text}");
}

#[test]
fn what_is_bad_enough_can_be_chosen() {
    let url = answer(allowing(|origin| {
        origin == ORIGIN || origin == "https://example.com"
    }));
    assert!(audit(&url, &[]).starts_with("exit: 0\n"));
    assert!(audit(&url, &["--fail-on", "medium"]).starts_with("exit: 1\n"));
    assert!(audit(&url, &["--fail-on", "never"]).starts_with("exit: 0\n"));
    assert!(audit(&url, &["--fail-on", "severe"]).starts_with("exit: 2\n"));
}

#[test]
fn json_counts_the_exchanges_that_show_a_finding() {
    let text = audit(
        &answer(allowing(|_| true)),
        &["--json", "--header", "Authorization: Bearer secret"],
    );
    assert!(!text.contains("secret"), "{text}");
    let json = text
        .split_once("----- stdout -----\n")
        .and_then(|(_, rest)| rest.split_once("----- stderr -----"));
    let document: serde_json::Value = serde_json::from_str(json.unwrap().0).unwrap();
    assert_eq!(document["exit"], 1);
    let finding = &document["findings"][0];
    assert_eq!(finding["id"], "any-origin-with-credentials");
    let number = finding["evidence"][0].as_u64().unwrap();
    let shown = &document["exchanges"][usize::try_from(number).unwrap() - 1];
    let lines = shown["response_headers"].to_string();
    assert!(
        lines.contains(r#"["Access-Control-Allow-Origin","https://corspec-audit.example"]"#),
        "{lines}"
    );
}

#[test]
fn a_web_socket_that_takes_every_origin_fails() {
    let url = answer(|request| {
        assert_eq!(request.header("upgrade"), Some("websocket"));
        let lines = ["Upgrade: websocket", "Sec-WebSocket-Accept: x"];
        (101, lines.map(str::to_owned).to_vec())
    });
    assert_shown!(audit(&url.replace("http:", "ws:"), &[]));
}

#[test]
fn nobody_there_is_no_finding() {
    assert_shown!(audit(&nobody(), &[]));
}

#[test]
fn an_audit_that_saw_only_errors_is_undecided() {
    assert_shown!(audit(&answer(|_| (401, Vec::new())), &[]));
    for status in [404, 500] {
        let text = audit(&answer(move |_| (status, Vec::new())), &[]);
        assert!(text.starts_with("exit: 5\n"), "{text}");
    }
}

#[test]
fn an_origin_that_is_not_allowed_leaves_the_audit_undecided() {
    let url = answer(allowing(|origin| origin == "https://app.example.org"));
    let text = audit(&url, &[]);
    assert!(text.starts_with("exit: 5\n"), "{text}");
    let text = audit(&url, &["--json"]);
    assert!(
        text.contains(r#""why": "https://app.example.com is not allowed, so that"#),
        "{text}"
    );
    let text = audit(&url, &["--origin", "https://app.example.org"]);
    assert!(text.starts_with("exit: 0\n"), "{text}");
}

#[test]
fn without_an_origin_it_is_told_what_could_not_be_asked() {
    let url = answer(|_| (200, Vec::new()));
    let text = Project::new().shown(&["audit", &url, "--rate", "100000"]);
    assert!(text.starts_with("exit: 0\n"), "{text}");
    assert!(
        text.contains("hint: no origin is known to be allowed"),
        "{text}"
    );
}

#[test]
fn a_finding_counts_whatever_else_could_not_be_looked_at() {
    let url = answer(allowing(|origin| origin == "null"));
    let text = audit(&url, &[]);
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(
        text.contains("undecided     https://app.example.com is"),
        "{text}"
    );
}

#[test]
fn a_web_socket_that_lets_nobody_in_leaves_the_audit_undecided() {
    let url = answer(|_| (404, Vec::new())).replace("http:", "ws:");
    assert_shown!(audit(&url, &[]));
}

#[test]
fn headers_that_the_audit_sets_are_refused() {
    let text = audit("http://127.0.0.1/", &["-H", "Origin: https://a.example"]);
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(text.contains("sets the header `Origin` itself"), "{text}");
    assert!(
        text.contains("hint: name an origin that is allowed with --origin"),
        "{text}"
    );
}

#[test]
fn a_server_that_hangs_after_a_while_ends_the_audit() {
    let count = AtomicUsize::new(0);
    let serve = allowing(|origin| origin == ORIGIN);
    let url = listen(move |request, stream| {
        if count.fetch_add(1, Ordering::SeqCst) >= 3 {
            hang(stream);
            return;
        }
        respond(stream, &serve(request));
    });
    let text = audit(&url, &["--timeout", "1"]);
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(
        text.contains("stopped       3 requests in a row had no answer"),
        "{text}"
    );
    assert!(text.contains("6 requests of at most"), "{text}");
}

#[test]
fn a_server_that_has_enough_leaves_the_audit_undecided() {
    let serve = allowing(|origin| origin == ORIGIN);
    let url = answer(move |request| match request.header("origin") {
        Some("null") => (429, Vec::new()),
        _ => serve(request),
    });
    let text = audit(&url, &[]);
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(
        text.contains("with Origin null: the server answers with status 429"),
        "{text}"
    );
}

#[test]
fn closing_the_connection_refuses_an_origin() {
    let serve = allowing(|origin| origin == ORIGIN);
    let url = listen(move |request, stream| {
        if request.header("origin").is_none_or(|it| it == ORIGIN) {
            respond(stream, &serve(request));
        }
    });
    let text = audit(&url, &["--fail-on", "high"]);
    assert!(text.starts_with("exit: 0\n"), "{text}");
}

#[test]
fn a_server_that_closes_every_connection_after_a_while_has_refused_nobody() {
    let count = AtomicUsize::new(0);
    let serve = allowing(|origin| origin == ORIGIN);
    let url = listen(move |request, stream| {
        if count.fetch_add(1, Ordering::SeqCst) < 7 {
            respond(stream, &serve(request));
        }
    });
    let text = audit(&url, &["--fail-on", "high"]);
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(
        text.contains(
            "the connection was closed without a response\n              and 35 requests more"
        ),
        "{text}"
    );
}

#[test]
fn a_server_that_closes_itself_on_the_way_is_undecided_and_not_accused() {
    let count = AtomicUsize::new(0);
    let url = answer(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0..10 => (200, vec!["Access-Control-Allow-Origin: *".to_owned()]),
        _ => (403, Vec::new()),
    });
    let text = audit(&url, &["--fail-on", "high"]);
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(!text.contains("vary-missing"), "{text}");
    let why = "answered differently at the end (403 and nobody allowed) than at the beginning (200 and `*` allowed)";
    assert!(text.contains(why), "{text}");
}

#[test]
fn heads_and_bodies_without_end_cost_nothing() {
    let url = listen(|_, stream| {
        use std::io::Write;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n\r\n");
        while stream.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    let text = audit(&url, &["--fail-on", "high"]);
    assert!(text.starts_with("exit: 0\n"), "{text}");
    let url = listen(|_, stream| {
        use std::io::Write;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-More: and more and more\r\n").is_ok() {}
    });
    let text = audit(&url, &[]);
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(
        text.contains("the head of the response is longer than"),
        "{text}"
    );
}
