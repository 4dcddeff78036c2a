//! Suites as a whole: files, folders, requirements, digests.

use std::fs;
use std::path::Path;

use corspec::case::{Suite, embedded_file};

use super::{REQUIREMENTS, document};

fn suite(files: &[(&str, &str)]) -> Result<Suite, String> {
    let requirements = [("requirements.yaml", REQUIREMENTS)];
    let files = requirements
        .iter()
        .chain(files)
        .map(|(path, content)| (*path, *content));
    Suite::from_files(files).map_err(|error| error.render(false))
}

fn one() -> String {
    document("", "expect: { outcome: allow }")
}

#[test]
fn files_are_sorted_whatever_order_they_come_in() {
    let one = one();
    let forth = suite(&[("a/one.yaml", &one), ("b/two.yaml", &one)]).unwrap();
    let back = suite(&[("b/two.yaml", &one), ("a/one.yaml", &one)]).unwrap();
    let ids = |suite: &Suite| -> Vec<String> {
        suite
            .permutations
            .iter()
            .map(|permutation| permutation.id.clone())
            .collect()
    };
    assert_eq!(ids(&forth), ["a/one/one", "b/two/one"]);
    assert_eq!(ids(&forth), ids(&back));
    assert_eq!(forth.digest, back.digest);
    assert_eq!(forth.scenario_count(), 2);
    assert_eq!(forth.files[0].path, Path::new("a/one.yaml"));
    assert_eq!(forth.files[0].title, "A topic");
}

#[test]
fn the_digest_tells_contents_and_paths_apart_and_nothing_else() {
    let one = one();
    let digest = |path: &str, content: &str| suite(&[(path, content)]).unwrap().digest;
    let base = digest("a/one.yaml", &one);
    assert_eq!(base.len(), 16);
    assert!(base.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(base, digest("a/one.yaml", &one));
    assert_ne!(base, digest("a/two.yaml", &one));
    assert_ne!(base, digest("a/one.yaml", &format!("{one}# more\n")));
}

#[test]
fn the_digest_of_what_servers_are_asked_is_that_of_their_cases_alone() {
    let browsers = one();
    let servers = browsers.replace("user-agent", "server");
    assert_ne!(browsers, servers);
    let digest = |one: &str, two: &str| {
        suite(&[("a/one.yaml", one), ("b/two.yaml", two)])
            .unwrap()
            .server_digest
    };
    let base = digest(&browsers, &servers);
    assert_eq!(base, digest(&format!("{browsers}# more\n"), &servers));
    assert_ne!(base, digest(&browsers, &format!("{servers}# more\n")));
}

#[test]
fn the_faults_of_all_files_are_found_at_once() {
    let bad = document("", "expect: { outcome: alow }");
    let error = suite(&[
        ("b/two.yaml", &bad),
        ("a/one.yaml", &bad),
        ("c/three.yaml", &one()),
    ])
    .unwrap_err();
    assert_eq!(error.matches("error:").count(), 2, "{error}");
    assert!(
        error.find("a/one.yaml").unwrap() < error.find("b/two.yaml").unwrap(),
        "{error}"
    );
}

#[test]
fn a_path_is_an_area_and_a_topic() {
    for path in [
        "topic.yaml",
        "a/b/c.yaml",
        "A/topic.yaml",
        "a/my_topic.yaml",
        "../a/b.yaml",
    ] {
        let error = suite(&[(path, &one())]).unwrap_err();
        assert!(
            error.contains("a case file is named `<area>/<topic>.yaml`"),
            "{path}: {error}"
        );
    }
}

#[test]
fn the_same_path_twice_gives_no_id_twice() {
    let error = suite(&[
        ("a/b.yaml", &one()),
        ("a/b.yaml", &format!("{}# x\n", one())),
    ])
    .unwrap_err();
    assert!(error.contains("the file is given twice"), "{error}");
}

#[test]
fn known_deviations_are_no_suite() {
    let suite = suite(&[("known.yaml", "[]"), ("a/b.yaml", &one())]).unwrap();
    assert_eq!(suite.files.len(), 1);
}

#[test]
fn requirements_can_be_looked_up() {
    let suite = suite(&[("a/b.yaml", &one())]).unwrap();
    assert_eq!(suite.requirements.len(), 2);
    let requirement = suite.requirements.find("req-blocked").unwrap();
    assert_eq!(
        requirement.citation,
        "https://fetch.spec.whatwg.org/#cors-check"
    );
    assert_eq!(requirement.deviation, None);
    assert_eq!(suite.requirements.iter().next().unwrap().id, "req-allowed");
    assert!(suite.requirements.find("req").is_none());
}

#[test]
fn faults_in_the_requirements_are_shown_there() {
    let text = format!(
        "{REQUIREMENTS}- {{ id: req-blocked, sepc: a, section: b, citation: c, level: d, party: e }}\n- {{ id: req-blocked, spec: a, section: b, citation: c, level: d, party: e, statement: f }}\n"
    );
    let error = Suite::from_files([("requirements.yaml", text), ("a/b.yaml", one())]).unwrap_err();
    insta::assert_snapshot!(error.render(false), @r"
    error: the key `statement` is missing here
      --> requirements.yaml:15:3
       |
    15 | - { id: req-blocked, sepc: a, section: b, citation: c, level: d, party: e }
       |   ^
       |
       = help: `statement`: The statement, in the suite's own words

    error: unknown key `sepc`
      --> requirements.yaml:15:22
       |
    15 | - { id: req-blocked, sepc: a, section: b, citation: c, level: d, party: e }
       |                      ^^^^
       |
       = help: did you mean `spec`?

    error: the requirement `req-blocked` stands here already
      --> requirements.yaml:16:9
       |
    16 | - { id: req-blocked, spec: a, section: b, citation: c, level: d, party: e, statement: f }
       |         ^^^^^^^^^^^
       |
       = help: ids are unique and permanent
    ");
}

#[test]
fn a_folder_is_searched_for_case_files() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, content: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("requirements.yaml", REQUIREMENTS);
    write("area/topic.yaml", &one());
    write("area/topic.snap", "not a case");
    write("README.md", "not a case");
    let suite = Suite::from_dir(folder.path()).unwrap();
    assert_eq!(suite.permutations[0].id, "area/topic/one");

    write("area/other.yml", &one());
    let error = Suite::from_dir(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("other.yml") && error.contains("case files end in `.yaml`"),
        "{error}"
    );
}

#[test]
fn a_folder_that_is_missing_or_empty_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let error = Suite::from_dir(folder.path()).unwrap_err().render(false);
    assert!(error.contains("there are no case files in it"), "{error}");
    let expected = format!(
        "error: there are no case files in it\n--> {}\n = help: `<area>/<topic>.yaml`",
        folder.path().display()
    );
    assert_eq!(error, expected);
    let missing = folder.path().join("nowhere");
    let error = Suite::from_dir(&missing).unwrap_err().render(false);
    assert!(error.starts_with("error: cannot be read: "), "{error}");
    assert!(error.contains("nowhere"), "{error}");
}

#[test]
fn the_embedded_suite_is_the_folder_of_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let embedded = match Suite::embedded() {
        Ok(suite) => suite,
        Err(error) => panic!("{}", error.render(false)),
    };
    assert!(!embedded.requirements.is_empty());
    let requirements = fs::read_to_string(folder.join("requirements.yaml")).unwrap();
    assert_eq!(
        embedded_file("requirements.yaml"),
        Some(requirements.as_str())
    );
    assert_eq!(embedded_file("nothing.yaml"), None);
    if embedded.files.is_empty() {
        assert!(Suite::from_dir(&folder).is_err());
    } else {
        let found = Suite::from_dir(&folder).unwrap();
        assert_eq!(found.digest, embedded.digest);
    }
}
