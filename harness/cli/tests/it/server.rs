//! A server that is a function, on a port of loopback, for as long as the test.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// A request as the server sees it.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    lines: Vec<(String, String)>,
}

impl Request {
    fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
            match stream.read(&mut buffer) {
                Ok(length @ 1..) => bytes.extend_from_slice(&buffer[..length]),
                _ => return None,
            }
        }
        let text = String::from_utf8(bytes).ok()?;
        let mut lines = text.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let lines = lines.filter_map(|line| line.split_once(": "));
        Some(Self {
            method,
            target,
            lines: lines
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
        })
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.lines.iter();
        let line = lines.find(|(other, _)| other == name);
        line.map(|(_, value)| value.as_str())
    }
}

/// Listens; what comes is given to the function with its connection.
pub(crate) fn listen(serve: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static) -> String {
    let (listener, port) = bind();
    std::thread::spawn(move || {
        // One thread serves all: nobody asks twice at the same time.
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            if let Some(request) = Request::read(&mut stream) {
                serve(&request, &mut stream);
            }
        }
    });
    format!("http://127.0.0.1:{port}")
}

/// Listens, and answers with what the function makes of a request: status and header lines.
pub(crate) fn answer(
    answer: impl Fn(&Request) -> (u16, Vec<String>) + Send + Sync + 'static,
) -> String {
    listen(move |request, stream| respond(stream, &answer(request)))
}

/// Answers with status and header lines.
pub(crate) fn respond(stream: &mut TcpStream, (status, lines): &(u16, Vec<String>)) {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let (length, content) = match status {
        204 => ("", ""),
        _ => ("Content-Length: 2\r\n", "ok"),
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status} -\r\nConnection: close\r\n{length}{lines}\r\n{content}"
    );
}

/// Says no more, and waits until the other side has left.
pub(crate) fn hang(stream: &mut TcpStream) {
    let _ = std::io::copy(stream, &mut std::io::sink());
}

/// A port that no browser blocks, and of five digits, so that columns do not depend on it.
pub(crate) fn bind() -> (TcpListener, u16) {
    let mut unsuitable = Vec::new(); // kept bound, so that the same port is not offered again
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        if port >= 10_000 && port != 10_080 {
            return (listener, port);
        }
        unsuitable.push(listener);
    }
}

/// A port where nobody listens.
pub(crate) fn nobody() -> String {
    let (listener, port) = bind();
    drop(listener);
    format!("http://127.0.0.1:{port}")
}

/// The ports are others each time.
pub(crate) fn without_ports(text: &str) -> String {
    let mut shown = text.to_owned();
    for host in ["127.0.0.1:", "app.localhost:"] {
        let mut before = String::new();
        let mut rest = shown.as_str();
        while let Some((text, after)) = rest.split_once(host) {
            let digits = after.len()
                - after
                    .trim_start_matches(|it: char| it.is_ascii_digit())
                    .len();
            before.push_str(text);
            before.push_str(host);
            // Those that were asked for are the same each time.
            before.push_str(if digits == 5 {
                "[port]"
            } else {
                &after[..digits]
            });
            rest = &after[digits..];
        }
        shown = before + rest;
    }
    shown
}
