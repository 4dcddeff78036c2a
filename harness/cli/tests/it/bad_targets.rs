//! Servers under test that misbehave below CORS: each ends in a finding, in time, in bounded memory.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use crate::assert_shown;
use crate::support::{Project, show};

const CASES: &str = "title: Bad servers
about: server
defaults:
  policy: public
  covers: [cors-request-definition]
  request: { resource: resource }
scenarios:
  - id: one
    title: An answer comes
    expect: { outcome: allow, response: { status: 200 } }
";

/// Far more than a run takes, and far less than what these servers would send.
const MOST_KILOBYTES: &str = "600000";

/// A little more than the deadline of an answer, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(40);

/// What a run makes of a server that does this with each connection after it has read a request.
fn run_against(answer: fn(TcpStream)) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    // It ends with the process of the tests.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut stream = stream;
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => return,
                        Ok(length) => request.extend_from_slice(&buffer[..length]),
                    }
                }
                answer(stream);
            });
        }
    });
    let begin = Instant::now();
    let url = format!("http://127.0.0.1:{port}");
    let output = limited(&[
        "run", "--cases", "cases", "--agent", "wire", "--target", &url, "--policy", "public",
    ]);
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
    show(&output).replace(&port.to_string(), "[port]")
}

/// The binary, which gets no more memory than it should need.
fn limited(arguments: &[&str]) -> Output {
    let project = Project::new().file("cases/area/topic.yaml", CASES);
    let command = project.command(arguments);
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", "ulimit -d \"$0\" && exec \"$@\"", MOST_KILOBYTES])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(project.path());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.output().expect("a shell")
}

/// The head of an answer that a page may see.
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n";

fn send(stream: &mut TcpStream, parts: &[&[u8]]) {
    for part in parts {
        // Who is not listened to any more stops.
        if stream.write_all(part).is_err() {
            return;
        }
    }
}

/// The same again until nobody listens, many at a time: who is busy must not seem slow.
fn send_for_ever(stream: &mut TcpStream, part: &[u8]) {
    let parts = part.repeat(4096);
    while stream.write_all(&parts).is_ok() {}
}

#[test]
fn one_that_says_nothing_is_given_up() {
    assert_shown!(run_against(|mut stream| {
        // Until the other side goes away.
        let _ = stream.read(&mut [0; 16]);
    }));
}

#[test]
fn one_that_closes_before_it_answers_is_told_so() {
    assert_shown!(run_against(drop));
}

#[test]
fn one_that_closes_in_the_middle_of_a_head_is_told_so() {
    assert_shown!(run_against(|mut stream| send(&mut stream, &[HEAD])));
}

#[test]
fn one_that_speaks_another_protocol_is_told_so() {
    assert_shown!(run_against(|mut stream| {
        send(
            &mut stream,
            &[b"220 mail.example ESMTP\r\n\r\n\0\xff\x1b[2J"],
        );
    }));
}

#[test]
fn a_head_without_end_is_read_so_far_and_no_further() {
    assert_shown!(run_against(|mut stream| {
        send(&mut stream, &[HEAD]);
        send_for_ever(&mut stream, b"X-Line: again\r\n");
    }));
}

#[test]
fn a_body_without_end_is_read_so_far_and_no_further() {
    assert_shown!(run_against(|mut stream| {
        send(&mut stream, &[HEAD, b"Transfer-Encoding: chunked\r\n\r\n"]);
        send_for_ever(&mut stream, b"4\r\nmore\r\n");
    }));
}

#[test]
fn a_body_that_never_comes_to_its_end_is_given_up() {
    assert_shown!(run_against(|mut stream| {
        send(&mut stream, &[HEAD, b"Content-Length: 1000000\r\n\r\n"]);
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    }));
}

#[test]
fn a_body_that_is_shorter_than_it_says_is_told() {
    assert_shown!(run_against(|mut stream| {
        send(&mut stream, &[HEAD, b"Content-Length: 100\r\n\r\nok"]);
    }));
}

#[test]
fn a_body_that_is_longer_than_it_says_ends_where_it_says() {
    assert_shown!(run_against(|mut stream| {
        send(
            &mut stream,
            &[HEAD, b"Content-Length: 2\r\n\r\nokay, and more"],
        );
    }));
}

#[test]
fn two_lengths_are_what_browsers_refuse() {
    assert_shown!(run_against(|mut stream| {
        send(
            &mut stream,
            &[HEAD, b"Content-Length: 2\r\nContent-Length: 4\r\n\r\nokay"],
        );
    }));
}

#[test]
fn a_length_that_is_no_number_is_not_believed() {
    assert_shown!(run_against(|mut stream| {
        send(&mut stream, &[HEAD, b"Content-Length: many\r\n\r\nok"]);
    }));
}

/// A gigabyte of zeros takes a megabyte so packed, and each layer of it a thousandth of that: a few
/// bytes of what could be unpacked for ever. Nobody unpacks it here.
#[test]
fn what_is_compressed_stays_as_it_is() {
    assert_shown!(run_against(|mut stream| {
        let mut bomb = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xec\xc1".to_vec();
        bomb.resize(20_000, 0);
        let length = format!(
            "Content-Encoding: gzip, gzip\r\nContent-Length: {}\r\n\r\n",
            bomb.len()
        );
        send(&mut stream, &[HEAD, length.as_bytes(), &bomb]);
    }));
}

#[test]
fn a_hundred_thousand_header_lines_are_told() {
    assert_shown!(run_against(|mut stream| {
        let lines = b"a: b\r\n".repeat(100_000);
        send(&mut stream, &[HEAD, &lines, b"Content-Length: 2\r\n\r\nok"]);
    }));
}

#[test]
fn one_line_without_end_is_read_so_far_and_no_further() {
    assert_shown!(run_against(|mut stream| {
        send(&mut stream, &[HEAD, b"X-Line: "]);
        send_for_ever(&mut stream, b"more and ");
    }));
}

#[test]
fn nobody_there_leaves_the_run_undecided() {
    let port = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let url = format!("http://127.0.0.1:{port}");
    let output = limited(&[
        "run", "--cases", "cases", "--agent", "wire", "--target", &url, "--policy", "public",
    ]);
    assert_shown!(show(&output).replace(&port.to_string(), "[port]"));
}
