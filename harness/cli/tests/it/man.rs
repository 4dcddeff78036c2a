use crate::assert_shown;
use crate::support::Project;

#[test]
fn the_page_goes_to_stdout() {
    let output = Project::new().corspec(&["man"]);
    assert_eq!(output.status.code(), Some(0));
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains(".TH corspec 1"), "{page}");
    assert!(!page.contains("EXTRA"), "{page}");
    let examples = ".SH EXAMPLES\n.nf\n  corspec                          run everything";
    assert!(page.contains(examples), "{page}");
    assert!(
        page.contains(".fi\n.SH \"EXIT STATUS\"\n.nf\n    0  conformant"),
        "{page}"
    );
}

#[test]
fn a_folder_is_given_a_page_for_each_command() {
    let project = Project::new();
    assert_shown!(project.shown(&["man", "share/man1"]));
    let names: Vec<_> = project
        .files()
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    assert_eq!(
        names,
        [
            "share/man1/corspec-audit.1",
            "share/man1/corspec-check.1",
            "share/man1/corspec-completions.1",
            "share/man1/corspec-doctor.1",
            "share/man1/corspec-explain.1",
            "share/man1/corspec-lint.1",
            "share/man1/corspec-list.1",
            "share/man1/corspec-man.1",
            "share/man1/corspec-matrix.1",
            "share/man1/corspec-merge.1",
            "share/man1/corspec-run.1",
            "share/man1/corspec-schema.1",
            "share/man1/corspec-servers.1",
            "share/man1/corspec.1",
        ]
    );
    let page = project.read("share/man1/corspec-run.1");
    assert!(page.contains(".TH corspec-run 1"), "{page}");
    assert!(page.contains(r"\-\-shuffle"), "{page}");
}

#[test]
fn a_folder_that_cannot_be_made_is_refused() {
    let project = Project::new().file("file", "");
    assert_shown!(project.shown(&["man", "file/man1"]));
}
