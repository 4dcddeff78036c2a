use crate::support::Project;

#[test]
fn no_color_is_respected_and_an_explicit_flag_is_stronger() {
    let project = Project::good();
    let run = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        let output = command.env("NO_COLOR", "1").output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert!(!run(&["lint", "--cases", "nowhere"]).contains('\u{1b}'));
    assert!(run(&["lint", "--cases", "nowhere", "--color", "always"]).contains('\u{1b}'));
}

#[test]
fn data_goes_to_stdout_and_talk_to_stderr() {
    let output = Project::good().corspec(&["list", "--cases", "cases"]);
    assert!(output.stderr.is_empty());
    let output = Project::good().corspec(&["list", "--cases", "nowhere"]);
    assert!(output.stdout.is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_stdout_is_an_error() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let project = Project::good();
    let output = project
        .command(&["list", "--cases", "cases"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .starts_with("error: cannot write to stdout: ")
    );
}

#[test]
fn a_folder_that_is_gone_is_told() {
    let project = Project::new();
    let folder = project.path().join("gone");
    std::fs::create_dir(&folder).unwrap();
    let script = format!(
        "cd '{0}' && rmdir '{0}' && exec \"$CORSPEC\" lint",
        folder.display()
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .env("CORSPEC", env!("CARGO_BIN_EXE_corspec"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("hint: change to a folder that exists"),
        "{text}"
    );
}
