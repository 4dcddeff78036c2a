use std::io::{Read, Write};
use std::net::TcpListener;

use crate::assert_shown;
use crate::support::Project;

fn run(end: &str, more: &[&str]) -> String {
    let mut arguments = vec!["run", "--cases", "cases", "--webdriver", end];
    arguments.extend(more);
    Project::good().shown(&arguments)
}

/// A server that answers every request with this status and body, and how to name it.
fn endpoint(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = vec![0; 16384];
            let length = stream.read(&mut request).unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let (status, body) = answer(request.lines().next().unwrap_or_default());
            let _ = write!(
                stream,
                "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    format!("chromium=http://127.0.0.1:{port}")
}

/// The port is another one each time.
fn without_ports(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("127.0.0.1:") {
        shown.push_str(before);
        shown.push_str("127.0.0.1:[port]");
        rest = after.trim_start_matches(|digit: char| digit.is_ascii_digit());
    }
    shown + rest
}

#[test]
fn an_endpoint_without_a_browser_is_refused() {
    assert_shown!(run("http://localhost:4444", &[]));
}

#[test]
fn an_endpoint_of_an_unknown_browser_is_refused() {
    let text = run("opera=http://localhost:4444", &[]);
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(text.contains("unknown browser `opera`"), "{text}");
}

#[test]
fn an_endpoint_that_is_no_url_of_http_is_refused() {
    let text = run("chromium=https://grid.example", &[]);
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(text.contains("only `http` is spoken"), "{text}");
}

#[test]
fn an_endpoint_of_a_browser_that_takes_no_part_is_refused() {
    assert_shown!(run("chromium=http://localhost:4444", &["--agent", "wire"]));
}

#[test]
fn an_endpoint_where_nobody_listens_leaves_the_run_undecided() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let end = format!("chromium=http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_shown!(without_ports(&run(&end, &["--agent", "chromium"])));
}

#[test]
fn an_endpoint_that_is_no_webdriver_server_is_shown() {
    let end = endpoint(|_| (404, "{\"error\": \"no such page\"}".to_owned()));
    assert_shown!(without_ports(&run(&end, &["--agent", "chromium"])));
}

#[test]
fn an_endpoint_that_refuses_what_is_asked_for_is_told_in_its_own_words() {
    let end = endpoint(|request| {
        if request.starts_with("GET /status ") {
            (
                200,
                "{\"value\": {\"ready\": true, \"message\": \"\"}}".to_owned(),
            )
        } else {
            let refusal = "{\"value\": {\"error\": \"session not created\", \"message\": \
                           \"No nodes support the capabilities\", \"stacktrace\": \"\"}}";
            (500, refusal.to_owned())
        }
    });
    assert_shown!(without_ports(&run(&end, &["--agent", "chromium"])));
}

#[test]
fn a_password_in_an_endpoint_is_not_told() {
    let text = run(
        "chromium=http://user:secret@127.0.0.1:1",
        &["--agent", "chromium"],
    );
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn the_doctor_looks_at_every_endpoint_that_is_named() {
    let end = endpoint(|_| (404, "{}".to_owned()));
    let text = Project::new().shown(&["doctor", "--webdriver", &end]);
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(
        text.contains(" BROKEN chromium  chromium cannot be used at http"),
        "{text}"
    );
    assert!(!text.contains(" wire "), "{text}");
}

#[test]
fn the_doctor_looks_at_the_agents_that_are_named() {
    let text = Project::new().shown(&["doctor", "--agent", "wire"]);
    assert!(text.starts_with("exit: 0\n"), "{text}");
    assert!(!text.contains("chromium"), "{text}");
}
