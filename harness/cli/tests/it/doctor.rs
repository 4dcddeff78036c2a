use crate::support::{Project, show};

#[test]
fn the_wire_works_and_a_browser_that_is_missing_can_be_had() {
    let project = Project::new();
    let mut command = project.command(&["doctor"]);
    // Programs that are not there, whatever this machine has.
    command
        .env("CHROMIUM", "/nonexistent/chromium")
        .env("MINIBROWSER", "/nonexistent/minibrowser")
        .env("CHROMEDRIVER", "/nonexistent/driver")
        .env("FIREFOX", "/nonexistent/firefox");
    let text = show(&command.output().unwrap());
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(text.contains("     ok suite     "), "{text}");
    assert!(
        text.contains(": one request allowed and one blocked, in "),
        "{text}"
    );
    assert!(text.contains("MISSING chromium  "), "{text}");
    assert!(
        text.contains("hint: scripts/install-browsers chromium"),
        "{text}"
    );
}

#[test]
fn a_program_that_is_no_driver_is_told_apart_from_one_that_is_missing() {
    let project = Project::new().file("driver", "#!/bin/sh\necho no driver\n");
    let driver = project.path().join("driver");
    make_executable(&driver);
    let mut command = project.command(&["doctor"]);
    command
        .env("CHROMIUM", &driver)
        .env("MINIBROWSER", "/nonexistent/minibrowser")
        .env("CHROMEDRIVER", &driver)
        .env("FIREFOX", "/nonexistent/firefox");
    let text = show(&command.output().unwrap());
    assert!(text.starts_with("exit: 5\n"), "{text}");
    assert!(text.contains(" BROKEN chromium  "), "{text}");
    assert!(text.contains("\n                  no driver ("), "{text}");
}

#[cfg(unix)]
fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;

    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn make_executable(_: &std::path::Path) {}
