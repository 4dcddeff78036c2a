//! What a run makes of browsers that do not start, or end in the middle.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Project, has_chromium, program, show};

/// Runs a part of the built-in suite with a driver that is this script; `$DRIVER` is the real one, and
/// `once` succeeds in one process only.
fn run_with_driver(script: &str, more: &[&str]) -> String {
    let project = Project::new();
    let text = format!("#!/bin/sh\nonce() {{ mkdir \"$MARK\" 2>/dev/null; }}\n{script}\n");
    let project = project.file("driver", &text);
    let driver = project.path().join("driver");
    std::fs::set_permissions(&driver, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut arguments = vec!["run", "mode", "--agent", "chromium"];
    arguments.extend(more);
    let mut command = project.command(&arguments);
    let real = |name| program(name).unwrap_or_else(|| PathBuf::from("/bin/false"));
    command
        .env("DRIVER", real("chromedriver"))
        .env("CHROMIUM", real("chromium"))
        .env("CHROMEDRIVER", &driver)
        .env("UNDER_WAY", project.path().join("under-way"))
        .env("MARK", project.path().join("mark"));
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.starts_with("chromium ") {
            // A session stands, and its first batch begins.
            std::thread::sleep(Duration::from_millis(700));
            std::fs::write(project.path().join("under-way"), "").unwrap();
        }
        told.push_str(&line);
        told.push('\n');
    }
    let output = child.wait_with_output().unwrap();
    format!("{}{told}", show(&output))
}

#[test]
fn a_session_that_cannot_be_had_leaves_its_share_to_the_others() {
    if !has_chromium() {
        return;
    }
    let text = run_with_driver(
        "once && exec \"$DRIVER\" \"$@\"; exit 7",
        &["--sessions", "2"],
    );
    assert!(text.starts_with("exit: 0\n"), "{text}");
    assert!(text.contains(" PASS") && !text.contains("INFRA"), "{text}");
}

#[test]
fn what_a_lost_session_had_under_way_is_run_again_in_another() {
    if !has_chromium() {
        return;
    }
    let script = "once && {
                    \"$DRIVER\" \"$@\" &
                    while [ ! -e \"$UNDER_WAY\" ]; do sleep 0.05; done
                    kill -s KILL $!
                    exit 7
                  }
                  exec \"$DRIVER\" \"$@\"";
    // In the middle of cases that take two seconds by nature, which begin first.
    let arguments = ["--sessions", "1", "--verbose", "preflight/cache-max-age"];
    let text = run_with_driver(script, &arguments);
    assert!(text.starts_with("exit: 0\n"), "{text}");
    assert!(text.contains("FLAKY") && !text.contains("INFRA"), "{text}");
    assert!(text.contains("ended (exit status: 7)"), "{text}");
}

#[test]
fn where_no_session_can_be_had_nothing_is_decided() {
    let text = run_with_driver("echo no display >&2; exit 7", &["--sessions", "2"]);
    assert!(text.starts_with("exit: 5\n"), "{text}");
    // All of them, however many the area has.
    let summary = text.lines().find(|line| line.starts_with("summary "));
    let words: Vec<&str> = summary.unwrap_or_default().split_whitespace().collect();
    assert_eq!(words[1..3], [words[words.len() - 2], "results"], "{text}");
    assert_eq!(words.last(), Some(&"INFRA"), "{text}");
    assert!(text.contains("ended (exit status: 7)"), "{text}");
}
