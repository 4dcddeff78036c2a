use crate::assert_shown;
use crate::support::Project;

#[test]
fn no_command_runs_what_the_configuration_says() {
    let project = Project::good().file(
        "corspec.yaml",
        "cases: cases\nagent: [wire]\ntag: [basic]\n",
    );
    assert_shown!(project.shown(&[]));
}

#[test]
fn a_flag_is_stronger_than_a_variable_and_that_than_the_file() {
    let project = Project::good().file("corspec.yaml", "cases: cases\ntag: [slow]\n");
    let listed = |variable: Option<&str>, flag: Option<&str>| {
        let mut arguments = vec!["list"];
        arguments.extend(flag.iter().flat_map(|tag| ["--tag", *tag]));
        let mut command = project.command(&arguments);
        if let Some(tag) = variable {
            command.env("CORSPEC_TAG", tag);
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(listed(None, None), "preflight/methods/only-in-browsers\n");
    let basic = "simple/get/allowed[via=fetch]\nsimple/get/allowed[via=xhr]\n";
    assert_eq!(listed(Some("basic"), None), basic);
    assert_eq!(listed(Some("slow"), Some("basic")), basic);
}

#[test]
fn a_configuration_elsewhere_has_paths_of_its_own() {
    let project = Project::new()
        .file("etc/corspec.yaml", "cases: cases\n")
        .file("etc/cases/simple/get.yaml", "title: [\n");
    let text = project.shown(&["lint", "--config", "etc/corspec.yaml"]);
    assert!(text.contains("etc/cases/simple/get.yaml:1:"), "{text}");
}

#[test]
fn everything_that_is_wrong_is_told_with_its_place() {
    let text = "cases: cases\nagnet: [wire]\njobs: many\ncolor: green\nquiet: perhaps\nlevel: [must, ought]\n\
                shard: 3/2\nreport: pdf=x\ntag: {}\n";
    let project = Project::good().file("corspec.yaml", text);
    assert_shown!(project.shown(&["list"]));
}

#[test]
fn what_has_no_use_for_a_configuration_does_not_mind_a_bad_one() {
    let project = Project::new().file("corspec.yaml", "agnet: [wire]\n");
    for command in [&["schema"][..], &["man"], &["completions", "bash"]] {
        assert!(project.corspec(command).status.success(), "{command:?}");
    }
}

#[test]
fn a_file_that_is_named_must_exist() {
    assert_shown!(Project::new().shown(&["list", "--config", "nowhere.yaml"]));
}

#[test]
fn every_option_of_a_run_has_its_variable() {
    let project = Project::failing();
    let mut command = project.command(&[]);
    command
        .env("CORSPEC_CASES", "cases")
        .env("CORSPEC_AGENT", "wire")
        .env("CORSPEC_QUIET", "yes");
    command
        .env("CORSPEC_REPORT", "json=a.json,junit=b.xml")
        .env("CORSPEC_SHUFFLE", "7");
    command
        .env("CORSPEC_SKIP", "**[via=xhr] x/**")
        .env("CORSPEC_LEVEL", "must");
    command
        .env("CORSPEC_TAG", "basic")
        .env("CORSPEC_JOBS", "1")
        .env("CORSPEC_SESSIONS", "1");
    command
        .env("CORSPEC_MAX_FAIL", "1")
        .env("CORSPEC_COLOR", "never")
        .env("CORSPEC_TRACE", "true");
    let text = crate::support::show(&command.output().unwrap());
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(text.contains("1 result in "), "{text}");
    assert!(
        text.contains("> GET http://api.localhost:18080/scenario/resource HTTP/1.1"),
        "{text}"
    );
    assert!(project.read("a.json").contains("\"seed\": 7"));
    assert!(project.read("b.xml").contains("failures=\"1\""));
}
