use crate::assert_shown;
use crate::support::Project;

#[test]
fn every_shell_completes_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = Project::new().corspec(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for word in [
            "corspec", "run", "list", "explain", "lint", "schema", "doctor", "man", "shuffle",
        ] {
            assert!(script.contains(word), "{shell} does not complete {word}");
        }
    }
}

#[test]
fn an_unknown_shell_is_refused() {
    assert_shown!(Project::new().shown(&["completions", "zhs"]));
}
