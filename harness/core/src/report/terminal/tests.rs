use super::*;
use crate::report::fixture::{self, Fixture};

const PLAIN: Page<'_> = Page {
    paint: Paint::PLAIN,
    detail: Detail::Normal,
    trace: false,
    reports: &[],
    rerun: "",
    exit: ExitCode::NonConformant,
};

fn written(fixture: &Fixture, page: &Page<'_>) -> String {
    let mut bytes = Vec::new();
    write(&fixture.report(), page, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_page_of_every_status_is_as_recorded() {
    let reports = [
        PathBuf::from("out/report.json"),
        PathBuf::from("out/junit.xml"),
    ];
    let page = Page {
        reports: &reports,
        ..PLAIN
    };
    insta::assert_snapshot!("terminal", written(&fixture::every_status(), &page));
}

#[test]
fn a_brief_page_tells_what_failed_and_one_line() {
    let page = Page {
        detail: Detail::Brief,
        ..PLAIN
    };
    insta::assert_snapshot!("terminal_brief", written(&fixture::every_status(), &page));
}

#[test]
fn a_trace_shows_every_exchange() {
    let page = Page {
        trace: true,
        ..PLAIN
    };
    insta::assert_snapshot!("terminal_trace", written(&fixture::every_status(), &page));
}

#[test]
fn every_status_line_has_the_same_columns() {
    let fixture = fixture::every_status();
    let mut bytes = Vec::new();
    let mut seen = Vec::new();
    for status in Status::ALL {
        let results = &fixture.report().result.results;
        let result = results
            .iter()
            .find(|result| result.status == status)
            .unwrap();
        write_status_line(result, Paint::PLAIN, &mut bytes).unwrap();
        seen.push(status);
    }
    assert_eq!(seen, Status::ALL);
    insta::assert_snapshot!("terminal_status_lines", String::from_utf8(bytes).unwrap());
}

#[test]
fn a_green_page_fits_on_one_screen() {
    let page = Page {
        exit: ExitCode::Conformant,
        ..PLAIN
    };
    let text = written(&fixture::all_green(), &page);
    assert!(text.lines().count() <= 24, "{text}");
    insta::assert_snapshot!("terminal_green", text);
}

#[test]
fn colour_carries_nothing_that_the_plain_page_lacks() {
    let fixture = fixture::every_status();
    let colored = written(
        &fixture,
        &Page {
            paint: Paint::new(true),
            ..PLAIN
        },
    );
    let plain = written(&fixture, &PLAIN);
    assert_ne!(colored, plain);
    assert_eq!(without_escapes(&colored), plain);
}

#[test]
fn no_text_of_a_browser_reaches_the_terminal_raw() {
    let page = Page {
        trace: true,
        ..PLAIN
    };
    let text = written(&fixture::every_status(), &page);
    assert!(text.contains(r"Failed to fetch\x1b[31m"));
    assert!(
        text.chars()
            .all(|character| character == '\n' || !character.is_control())
    );
}

#[test]
fn only_so_many_failures_are_shown_in_full_unless_all_are_asked_for() {
    let fixture = fixture::many_failures(25);
    let in_full = |detail| {
        written(&fixture, &Page { detail, ..PLAIN })
            .matches("reproduce")
            .count()
    };
    assert_eq!(in_full(Detail::Normal), 20);
    assert_eq!(in_full(Detail::Full), 25);
    let text = written(&fixture, &PLAIN);
    assert_eq!(text.matches(" FAIL preflight/").count(), 25);
}

#[test]
fn warnings_of_a_scenario_share_a_line_unless_all_are_asked_for() {
    let mut fixture = fixture::every_status();
    let results = &mut fixture.result.results;
    let warning = results.iter().find(|it| it.status == Status::Warn);
    let warning = warning.unwrap().clone();
    results.extend([warning.clone(), warning]);
    let with = |detail| written(&fixture, &Page { detail, ..PLAIN });
    let shown = with(Detail::Normal);
    assert_eq!(shown.matches("\n WARN ").count(), 1, "{shown}");
    assert!(shown.contains("preflight/methods/repeated and 2 more in wire: "));
    assert!(shown.contains("--verbose shows each\n"), "{shown}");
}

#[test]
fn the_command_to_reproduce_names_the_same_cases() {
    let page = Page {
        rerun: "--cases my-cases",
        ..PLAIN
    };
    let text = written(&fixture::every_status(), &page);
    assert!(text.contains("--trace --cases my-cases\n"), "{text}");
}

#[test]
fn a_target_with_a_url_is_asked_again_by_curl() {
    let mut fixture = fixture::every_status();
    fixture.result.target = "https://api.example/".to_owned();
    let text = written(&fixture, &PLAIN);
    assert!(
        text.contains("curl --include --path-as-is --request PUT"),
        "{text}"
    );
    assert!(text.contains("https://api.example/resource"), "{text}");
}

#[test]
fn an_agent_that_did_not_get_ready_has_its_column_all_the_same() {
    let mut fixture = fixture::every_status();
    fixture.result.agents.retain(|agent| agent.name == "wire");
    let text = written(&fixture, &PLAIN);
    assert!(
        text.contains("wire 0.1.0, chromium (did not get ready)\n"),
        "{text}"
    );
    assert!(
        text.contains("\narea        wire                             chromium\n"),
        "{text}"
    );
}

#[test]
fn durations_are_said_as_people_say_them() {
    let of = |milliseconds| duration(Duration::from_millis(milliseconds));
    assert_eq!(of(0), "0.0 ms");
    assert_eq!(of(12), "12.0 ms");
    assert_eq!(of(1_250), "1.2 s");
    assert_eq!(of(61_000), "1 min 01 s");
}

fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}
