use std::io::{Read as _, Write};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corspec::server::{Listener, Reference};

use crate::assert_shown;
use crate::server::{Request, answer, bind, hang, listen, nobody, without_ports};
use crate::support::{Project, has_chromium, show};

const ORIGIN: &str = "https://app.example";

fn check(url: &str, more: &[&str]) -> String {
    let mut arguments = vec!["check", url];
    arguments.extend(more);
    without_ports(&Project::new().shown(&arguments))
}

/// An answer with these lines to everything.
fn always(lines: &'static [&'static str]) -> String {
    answer(move |_| (200, lines.iter().map(|line| (*line).to_owned()).collect()))
}

/// A server that allows what the page asks for, with credentials.
fn generous(request: &Request) -> (u16, Vec<String>) {
    let mut lines = vec!["Vary: Origin".to_owned()];
    let mut echo = |from: &str, to: &str| {
        if let Some(value) = request.header(from) {
            lines.push(format!("{to}: {value}"));
        }
    };
    echo("origin", "Access-Control-Allow-Origin");
    echo(
        "access-control-request-method",
        "Access-Control-Allow-Methods",
    );
    echo(
        "access-control-request-headers",
        "Access-Control-Allow-Headers",
    );
    lines.push("Access-Control-Allow-Credentials: true".to_owned());
    if request.method == "OPTIONS" {
        return (204, lines);
    }
    lines.push("X-Request-Id: 7".to_owned());
    lines.push("Set-Cookie: sid=secret; Path=/; SameSite=None; Secure".to_owned());
    (200, lines)
}

#[test]
fn a_response_without_the_header_is_blocked_and_the_header_is_named() {
    assert_shown!(check(
        &always(&["Vary: Accept-Encoding"]),
        &["--origin", ORIGIN]
    ));
}

#[test]
fn a_preflight_that_is_not_answered_tells_everything_that_is_needed() {
    let url = answer(|request| match request.method.as_str() {
        "OPTIONS" => (405, vec!["Allow: GET, PUT".to_owned()]),
        _ => (200, Vec::new()),
    });
    let url = format!("{url}/things/1?a=b#c");
    let more = [
        "--method",
        "PUT",
        "--header",
        "Content-Type: application/json",
        "--credentials",
    ];
    assert_shown!(check(&url, &[&["--origin", ORIGIN], &more[..]].concat()));
}

#[test]
fn what_is_allowed_is_told_with_what_script_sees_and_secrets_are_not_shown() {
    let more = [
        "--header",
        "Authorization: Bearer secret",
        "--credentials",
        "--origin",
        ORIGIN,
    ];
    let text = check(&answer(generous), &more);
    assert!(!text.contains("secret"), "{text}");
    assert_shown!(text);
}

#[test]
fn a_wildcard_does_not_do_with_credentials() {
    let url = always(&["Access-Control-Allow-Origin: *"]);
    let text = check(&url, &["--origin", ORIGIN, "--credentials"]);
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(
        text.contains("  Access-Control-Allow-Origin: https://app.example   (instead of `*`)"),
        "{text}"
    );
    let text = check(&url, &["--origin", ORIGIN]);
    assert!(text.starts_with("exit: 0\n"), "{text}");
}

#[test]
fn a_location_outside_its_grammar_is_blocked_and_that_engines_follow_it_is_told() {
    for (location, is_followed) in [
        ("/new page", true),
        ("http://[::1/", false),
        ("data:text/html,<p>", false),
        ("https://user:secret@b.example/a b", false),
    ] {
        let lines = vec![
            format!("Location: {location}"),
            "Access-Control-Allow-Origin: *".to_owned(),
        ];
        let url = answer(move |_| (302, lines.clone()));
        let text = check(&url, &["--origin", ORIGIN]);
        assert!(text.contains("BLOCK  redirect-location-invalid"), "{text}");
        let is_told = text.contains("note      every engine of today follows");
        assert_eq!(is_told, is_followed, "{text}");
    }
}

#[test]
fn a_wildcard_does_not_cover_authorization_and_that_engines_let_it_is_told() {
    let url = always(&[
        "Access-Control-Allow-Origin: *",
        "Access-Control-Allow-Headers: *",
    ]);
    let text = check(
        &url,
        &["--origin", ORIGIN, "--header", "Authorization: Bearer x"],
    );
    assert!(
        text.contains("BLOCK  header-not-allowed (authorization)\n"),
        "{text}"
    );
    assert!(text.contains("note      every engine of today"), "{text}");
    assert!(
        text.contains("  Access-Control-Allow-Headers: *, authorization   (instead of `*`)\n"),
        "{text}"
    );
    assert!(
        text.contains(" with\n              Access-Control-Allow-Origin: *\n"),
        "{text}"
    );
}

#[test]
fn a_misspelt_header_is_named() {
    let text = check(
        &always(&["Access-Control-Allowed-Origin: *"]),
        &["--origin", ORIGIN],
    );
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(
        text.contains("`Access-Control-Allow-Origin` is the name"),
        "{text}"
    );
}

#[test]
fn redirects_are_followed_as_browsers_do() {
    let url = answer(|request| match request.target.as_str() {
        "/old" => {
            let lines = ["Location: /new", "Access-Control-Allow-Origin: *"];
            (302, lines.map(str::to_owned).to_vec())
        }
        _ => (200, Vec::new()),
    });
    let text = check(&format!("{url}/old"), &["--origin", ORIGIN]);
    assert!(
        text.contains("  answer GET http://127.0.0.1:[port]/new with\n"),
        "{text}"
    );
    assert!(text.contains("BLOCK  allow-origin-missing\n"), "{text}");
}

#[test]
fn redirects_without_end_are_shown_by_both_ends() {
    let url = answer(|_| {
        let lines = ["Location: /again", "Access-Control-Allow-Origin: *"];
        (302, lines.map(str::to_owned).to_vec())
    });
    assert_shown!(check(&url, &["--origin", ORIGIN]));
    let text = check(&url, &["--origin", ORIGIN, "--json"]);
    assert!(text.matches(r#""status": 302"#).count() > 20, "{text}");
}

#[test]
fn headers_that_script_may_not_set_are_named() {
    let url = always(&["Access-Control-Allow-Origin: *"]);
    let more = [
        "--origin",
        ORIGIN,
        "-H",
        "Cookie: s=1",
        "-H",
        "Origin: https://a.example",
    ];
    let text = check(&url, &more);
    assert!(text.starts_with("exit: 0\n"), "{text}");
    for name in ["Cookie", "Origin"] {
        let note = format!(
            "note      script may not set `{name}` (forbidden request-header, \
             https://fetch.spec.whatwg.org/#forbidden-request-header); it was left out"
        );
        assert!(text.contains(&note), "{text}");
    }
    let text = check(&url, &[&more[..], &["--json"]].concat());
    assert!(
        text.contains("    \"script may not set `Cookie` (forbidden"),
        "{text}"
    );
    let more = ["--origin", ORIGIN, "--mode", "no-cors", "-H", "X-Probe: 1"];
    let text = check(&url, &more);
    assert!(
        text.contains("script may not set `X-Probe` to this value in mode"),
        "{text}"
    );
    let text = check(&url, &["--origin", ORIGIN, "-H", "Accept: text/plain"]);
    assert!(!text.contains("script may not set"), "{text}");
}

#[test]
fn a_status_that_is_to_be_mended_first_is_named() {
    let note = |status: u16, more: &[&str]| {
        let url = answer(move |_| (status, vec!["Location: /new".to_owned()]));
        let text = check(&url, &[&["--origin", ORIGIN], more].concat());
        assert!(text.starts_with("exit: 1\n"), "{text}");
        let note = text.lines().find(|line| line.starts_with("  note"));
        note.unwrap_or_default().to_owned()
    };
    let mend = "note      the status is 500: mend that first; error answers need the headers too";
    assert!(note(500, &[]).contains(mend));
    assert!(note(404, &[]).contains("the status is 404: mend that first"));
    assert!(note(401, &[]).contains("the status is 401: the server wants a login"));
    assert!(note(302, &[]).contains("the status is 302: a redirect needs the headers too"));
    let preflight = ["--method", "PUT"];
    let login = "the status of the preflight is 401: browsers send no credentials";
    assert!(note(401, &preflight).contains(login));
    assert!(note(500, &preflight).contains("the status of the preflight is 500: let the server"));
    assert_eq!(note(200, &[]), "");
}

#[test]
fn json_has_everything() {
    assert_shown!(check(
        &always(&["Access-Control-Allow-Origin: https://app.example/"]),
        &["--origin", ORIGIN, "--json"]
    ));
}

#[test]
fn nobody_there_is_no_verdict() {
    assert_shown!(check(&nobody(), &["--origin", ORIGIN]));
}

#[test]
fn an_origin_has_to_be_written_as_browsers_write_it() {
    assert_shown!(check(
        "http://127.0.0.1/",
        &["--origin", "https://app.example/"]
    ));
}

#[test]
fn an_origin_is_needed_without_a_browser() {
    let text = check("http://127.0.0.1/", &[]);
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(text.contains("--origin <ORIGIN>"), "{text}");
}

#[test]
fn a_url_needs_its_scheme() {
    let text = check("api.example/things", &["--origin", ORIGIN]);
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(text.contains("write it with its scheme"), "{text}");
}

#[test]
fn a_secure_page_does_not_even_ask_an_insecure_server() {
    let text = check("http://api.example/", &["--origin", ORIGIN]);
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(text.contains("BLOCK  mixed-content"), "{text}");
}

/// What comes of a server that does this to its connection, in how long.
fn against(misbehave: impl Fn(&mut std::net::TcpStream) + Send + Sync + 'static) -> String {
    let url = listen(move |_, stream| misbehave(stream));
    let begin = Instant::now();
    let text = check(&url, &["--origin", ORIGIN, "--timeout", "1"]);
    assert!(begin.elapsed() < Duration::from_secs(30), "it hangs");
    text
}

const ALLOWED: &str = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n";

#[test]
fn a_server_that_hangs_is_not_waited_for() {
    let text = against(hang);
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(
        // Both deadlines are of the same length.
        text.contains("UNDECIDED  no response within 1s\n")
            || text.contains("UNDECIDED  no end of the exchange within 1s\n"),
        "{text}"
    );
    assert!(
        text.contains("hint: if the server is slow, --timeout"),
        "{text}"
    );
}

#[test]
fn a_server_that_closes_without_a_word_is_told() {
    let text = against(|_| {});
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(
        text.contains("UNDECIDED  the connection was closed without a response\n"),
        "{text}"
    );
}

#[test]
fn garbage_is_told() {
    let text = against(|stream| {
        let _ = stream.write_all(b"SSH-2.0-nothing for browsers\r\n\r\n");
    });
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(
        text.contains("UNDECIDED  what came is no HTTP response; it begins with `SSH-2.0-"),
        "{text}"
    );
}

#[test]
fn a_head_without_end_is_read_so_far_and_no_further() {
    let text = against(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-More: and more and more\r\n").is_ok() {}
    });
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(
        text.contains("UNDECIDED  the head of the response is longer than 1048576 bytes\n"),
        "{text}"
    );
}

#[test]
fn a_hundred_thousand_header_lines_cost_no_time() {
    let text = against(|stream| {
        let lines: String = (0..100_000)
            .map(|number| format!("X-{number}: 1\r\n"))
            .collect();
        let _ = write!(stream, "{ALLOWED}Content-Length: 0\r\n{lines}\r\n");
    });
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(
        text.contains("UNDECIDED  the head of the response is longer than"),
        "{text}"
    );
}

#[test]
fn a_body_without_end_is_not_waited_for_and_its_head_decides() {
    let text = against(|stream| {
        let _ = write!(stream, "{ALLOWED}\r\n");
        while stream.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    assert!(text.starts_with("exit: 0\n"), "{text}");
    assert!(
        text.contains("its body was not read to the end: "),
        "{text}"
    );
}

#[test]
fn a_stream_that_says_nothing_is_decided_by_its_head() {
    let text = against(|stream| {
        let _ = write!(
            stream,
            "{ALLOWED}Content-Type: text/event-stream\r\n\r\n: hello\n\n"
        );
        hang(stream);
    });
    assert!(text.starts_with("exit: 0\n"), "{text}");
    assert!(
        text.contains("its body was not read to the end: no end"),
        "{text}"
    );
}

#[test]
fn a_body_that_breaks_off_is_blocked_for_what_it_is() {
    let text = against(|stream| {
        let _ = write!(stream, "{ALLOWED}Content-Length: 100\r\n\r\nab");
    });
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(text.contains("BLOCK  network-error\n"), "{text}");
    assert!(
        text.contains("closed before the response was complete"),
        "{text}"
    );
}

/// The reference server, which has a certificate of its own making, and the file of its authority.
fn secure_server() -> (tokio::runtime::Runtime, Reference, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reference = runtime.block_on(Reference::start()).unwrap();
    let der = reference.certificates().authority();
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).unwrap());
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    (runtime, reference, pem)
}

#[test]
fn a_protocol_that_is_none_of_the_web_is_shown_by_its_first_bytes() {
    let expected =
        r"UNDECIDED  what came is no HTTP response; it begins with `SSH-2.0-OpenSSH_9.2\x0d\x0a`";
    let text = against(|stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
    });
    assert!(text.contains(expected), "{text}");
    // It waits for more than a request.
    let text = against(|stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        hang(stream);
    });
    assert!(text.contains(expected), "{text}");
    let text = against(|stream| {
        let _ = stream.write_all(&[0; 850]);
    });
    let zeros = r"\x00".repeat(40);
    assert!(
        text.contains(&format!("it begins with `{zeros}…`\n")),
        "{text}"
    );
    // As `audit` tells it.
    let url = listen(|_, stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        hang(stream);
    });
    let text = Project::new().shown(&["audit", &url]);
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(
        text.contains(&expected.replace("UNDECIDED  ", "stopped       ")),
        "{text}"
    );
}

#[test]
fn half_a_head_is_told_as_such() {
    let text = against(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
    });
    assert!(
        text.contains("UNDECIDED  the response is malformed: its head has no end\n"),
        "{text}"
    );
}

#[test]
fn plain_http_behind_an_https_url_is_told() {
    let (listener, port) = bind();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Before it ends, so that nothing is reset which is still to be read.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let url = format!("https://127.0.0.1:{port}/");
    assert_shown!(check(&url, &["--origin", ORIGIN]));
}

#[test]
fn tls_behind_an_http_url_is_told() {
    let (_runtime, reference, _) = secure_server();
    let url = format!(
        "http://127.0.0.1:{}/",
        reference.ports().real(Listener::Https)
    );
    let text = check(&url, &["--origin", "http://app.example"]);
    assert!(
        text.contains(r"what came is no HTTP response; it begins with `\x15\x03"),
        "{text}"
    );
    assert!(text.contains("hint: the port speaks TLS"), "{text}");
}

#[test]
fn a_file_of_authorities_that_cannot_be_read_is_named() {
    let project = Project::new().file("empty.pem", "nothing\n");
    let url = always(&["Access-Control-Allow-Origin: *"]);
    let check = |file: &str| {
        let mut command = project.command(&["check", &url, "--origin", ORIGIN]);
        show(&command.env("SSL_CERT_FILE", file).output().unwrap())
    };
    let text = check("missing.pem");
    assert!(text.starts_with("exit: 0\n"), "{text}");
    assert!(
        text.contains("warning: some authorities are not trusted: ")
            && text.contains("at 'missing.pem'; look at SSL_CERT_FILE"),
        "{text}"
    );
    let text = check("empty.pem");
    assert!(
        text.contains("not trusted: `empty.pem` has no certificate in PEM; look at SSL_CERT_FILE"),
        "{text}"
    );
}

#[test]
fn a_certificate_has_to_be_trusted() {
    let (_runtime, reference, pem) = secure_server();
    let project = Project::new().file("authority.pem", &pem);
    for listener in [Listener::Https, Listener::HttpsHttp2] {
        let url = format!(
            "https://api.localhost:{}/",
            reference.ports().real(listener)
        );
        let check = |more: &[&str], file: Option<&str>| {
            let arguments = [&["check", &url, "--origin", ORIGIN], more].concat();
            let mut command = project.command(&arguments);
            command
                .env_remove("SSL_CERT_FILE")
                .env_remove("SSL_CERT_DIR");
            if let Some(file) = file {
                command.env("SSL_CERT_FILE", file);
            }
            show(&command.output().unwrap())
        };
        let text = check(&[], None);
        assert!(text.starts_with("exit: 5\n"), "{text}");
        assert!(
            text.contains("UNDECIDED  cannot agree on TLS with api.localhost:"),
            "{text}"
        );
        assert!(text.contains("or use --insecure"), "{text}");
        let text = check(&["--insecure"], None);
        assert!(text.contains("BLOCK  allow-origin-missing\n"), "{text}");
        let text = check(&[], Some("authority.pem"));
        assert!(text.contains("BLOCK  allow-origin-missing\n"), "{text}");
    }
}

#[test]
fn a_browser_does_it_from_a_page_that_it_has_loaded() {
    if !has_chromium() {
        return;
    }
    let text = check(
        &answer(generous),
        &["--browser", "chromium", "--method", "PUT"],
    );
    assert!(text.starts_with("exit: 0\n"), "{text}");
    assert!(text.contains("chromium  allow\n"), "{text}");
    assert!(
        text.contains("compared  the browser does what the standard says\n"),
        "{text}"
    );
    let url = always(&["Access-Control-Allow-Origin: https://app.example"]);
    let text = check(&url, &["--browser", "chromium", "--origin", ORIGIN]);
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(text.contains("which is not https://app.example"), "{text}");
    assert!(
        text.contains("chromium  block: allow-origin-mismatch"),
        "{text}"
    );
}

#[test]
fn a_browser_has_a_page_without_an_origin() {
    if !has_chromium() {
        return;
    }
    let url = always(&["Access-Control-Allow-Origin: null"]);
    let text = check(&url, &["--browser", "chromium", "--origin", "null"]);
    assert!(text.starts_with("exit: 0\n"), "{text}");
    assert!(text.contains("from a page of null\n"), "{text}");
    assert!(text.contains("chromium  allow\n"), "{text}");
}

#[test]
fn a_browser_that_is_told_something_else_is_not_blamed_alone() {
    if !has_chromium() {
        return;
    }
    let url = answer(|request| {
        let is_browser = request
            .header("user-agent")
            .is_some_and(|it| it.contains("Chrom"));
        let line = if is_browser {
            "X-None: 1"
        } else {
            "Access-Control-Allow-Origin: *"
        };
        (200, vec![line.to_owned()])
    });
    let text = check(&url, &["--browser", "chromium"]);
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(
        text.contains("or the server answers browsers otherwise"),
        "{text}"
    );
}
