//! The matrix as pages: `index.html` with all servers, and one of each with its panels. They need nothing
//! but each other, and work from a folder as well as from a server.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, Output, context};
use serde::Serialize;

use super::published::{PolicyState, Published};
use super::view::{
    About, Cell, InBrowser, NotAsked, Unmet, View, WIRE, count, is_wrong, not_asked, scenario_of,
    unanswered, words,
};
use crate::case::Suite;
use crate::verdict::Status;

/// A file of the matrix.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PageFile {
    /// Its name in the folder.
    pub name: String,
    /// What is in it.
    pub content: String,
}

/// A page could not be made, which is a bug.
#[derive(Debug, thiserror::Error)]
#[error("the page {name} cannot be rendered: {message}")]
pub struct RenderError {
    name: String,
    message: String,
}

/// The pages of everything that is published.
///
/// # Errors
///
/// [`RenderError`] if a template is wrong.
pub fn pages(published: &[Published], suite: &Suite) -> Result<Vec<PageFile>, RenderError> {
    let view = View { published, suite };
    let mut files = vec![PageFile {
        name: "index.html".to_owned(),
        content: render("index.html", INDEX, index(&view))?,
    }];
    for published in published {
        let name = file_name(published);
        files.push(PageFile {
            content: render(&name, SERVER, server(&view, published))?,
            name,
        });
    }
    Ok(files)
}

fn file_name(published: &Published) -> String {
    format!("{}.html", published.label())
}

fn render(name: &str, template: &str, context: Value) -> Result<String, RenderError> {
    let wrong = |error: minijinja::Error| RenderError {
        name: name.to_owned(),
        message: format!("{error:#}"),
    };
    let mut environment = Environment::new();
    // What servers say is text, whatever it looks like.
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(|to, _, value| write_text(to, value));
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.add_filter("ticks", |text: String| {
        Value::from_safe_string(ticks(&text))
    });
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    environment.set_syntax(syntax.map_err(wrong)?);
    environment
        .render_named_str(name, template, context)
        .map_err(wrong)
        .map(|mut text| {
            text.push('\n');
            text
        })
}

/// Text as text. The usual way also writes each `/` as a reference, of which ids and URLs are full.
fn write_text(to: &mut Output<'_>, value: &Value) -> Result<(), minijinja::Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let text = value.to_string();
    if value.is_safe() {
        return to.write_str(&text).map_err(minijinja::Error::from);
    }
    to.write_str(&escaped(&text))
        .map_err(minijinja::Error::from)
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Text in which what stands between backticks is code.
fn ticks(text: &str) -> String {
    let mut safe = String::new();
    let mut rest = text;
    while let Some((before, (code, after))) = rest
        .split_once('`')
        .and_then(|(before, after)| Some((before, after.split_once('`')?)))
    {
        safe.push_str(&format!(
            "{}<code>{}</code>",
            escaped(before),
            escaped(code)
        ));
        rest = after;
    }
    safe + &escaped(rest)
}

fn index(view: &View<'_>) -> Value {
    let rows: Vec<Row> = view.published.iter().map(|it| row(view, it)).collect();
    let languages = distinct(view, |it| it.language.as_deref());
    let browsers: Vec<BrowserRow> = view
        .published
        .iter()
        .flat_map(|published| {
            view.browsers(published)
                .into_iter()
                .map(|browser| BrowserRow {
                    label: published.label(),
                    page: file_name(published),
                    browser,
                })
        })
        .collect();
    context! {
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        corspec => env!("CARGO_PKG_VERSION"),
        suites => Value::from(Serde(view.suites())),
        permutations => permutations(view),
        days => view.days(),
        topics => Value::from(Serde(view.topics())),
        rows => Value::from(Serde(rows)),
        languages => languages.len(),
        browsers => Value::from(Serde(browsers)),
        scenarios => Value::from(Serde(unmet_everywhere(view))),
    }
}

fn server(view: &View<'_>, published: &Published) -> Value {
    let topics: Vec<TopicPanel> = view
        .cells(published)
        .into_iter()
        .map(|cell| TopicPanel {
            unmet: view.unmet(published, &cell.topic.key),
            cell,
        })
        .collect();
    let policies: Vec<PolicyRow<'_>> = published
        .policies
        .iter()
        .map(|(name, state)| policy(view, name, state))
        .collect();
    let others: Vec<Other> = view
        .published
        .iter()
        .filter(|it| it.name == published.name && it.version != published.version)
        .map(|it| Other {
            version: it.version.clone(),
            page: file_name(it),
        })
        .collect();
    context! {
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        it => Value::from(Serde(published)),
        label => published.label(),
        words => words(published.summary.get(WIRE).unwrap_or(&BTreeMap::new())),
        others => Value::from(Serde(others)),
        topics => Value::from(Serde(topics)),
        policies => Value::from(Serde(policies)),
        not_asked => Value::from(Serde::<Vec<NotAsked>>(not_asked(published))),
        browsers => Value::from(Serde::<Vec<InBrowser>>(view.browsers(published))),
    }
}

#[derive(Serialize)]
struct Row {
    label: String,
    page: String,
    title: String,
    version: String,
    language: String,
    kind: String,
    package: String,
    fail: usize,
    warn: usize,
    note: usize,
    pass: usize,
    skip: usize,
    /// How many topics have nothing to be said of.
    passed_topics: usize,
    refused: Vec<String>,
    inexpressible: Vec<String>,
    cells: Vec<Cell>,
    browsers: Vec<InBrowser>,
}

fn row(view: &View<'_>, published: &Published) -> Row {
    let cells = view.cells(published);
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    let of = |word| unanswered(published, word).map(str::to_owned).collect();
    Row {
        label: published.label(),
        page: file_name(published),
        title: published.title.clone(),
        version: published.version.clone(),
        language: or_dash(&published.language),
        kind: or_dash(&published.kind),
        package: or_dash(&published.package),
        fail: count(published, Status::Fail),
        warn: count(published, Status::Warn),
        note: count(published, Status::Note),
        pass: count(published, Status::Pass) + count(published, Status::Flaky),
        skip: count(published, Status::Skip),
        passed_topics: cells.iter().filter(|cell| cell.class == "pass").count(),
        refused: of("refused"),
        inexpressible: of("inexpressible"),
        cells,
        browsers: view.browsers(published),
    }
}

#[derive(Serialize)]
struct BrowserRow {
    label: String,
    page: String,
    browser: InBrowser,
}

#[derive(Serialize)]
struct TopicPanel {
    cell: Cell,
    unmet: Vec<Unmet>,
}

#[derive(Serialize)]
struct Other {
    version: String,
    page: String,
}

#[derive(Serialize)]
struct PolicyRow<'run> {
    name: &'run str,
    title: String,
    word: &'static str,
    reason: Option<&'run str>,
    words: Vec<&'run str>,
}

fn policy<'run>(view: &View<'_>, name: &'run str, state: &'run PolicyState) -> PolicyRow<'run> {
    let (reason, words): (Option<&str>, &[String]) = match state {
        PolicyState::Ran => (None, &[]),
        PolicyState::Inexpressible { reason } => (Some(reason), &[]),
        PolicyState::Refused { words } => (None, words),
        PolicyState::DoesNotStart { reason, words } => (Some(reason), words),
    };
    let policy = view.suite.policies.find(name);
    PolicyRow {
        name,
        title: policy.map(|it| it.title.clone()).unwrap_or_default(),
        word: state.word(),
        reason,
        words: words.iter().map(String::as_str).collect(),
    }
}

/// A scenario, and all that do not meet it.
#[derive(Serialize)]
pub(super) struct UnmetEverywhere {
    pub(super) scenario: About,
    topic: String,
    pub(super) servers: Vec<UnmetBy>,
    /// How many servers were asked.
    pub(super) of: usize,
}

#[derive(Serialize)]
pub(super) struct UnmetBy {
    label: String,
    page: String,
    status: &'static str,
}

/// The scenarios that some server does not meet, those first that most do not.
pub(super) fn unmet_everywhere(view: &View<'_>) -> Vec<UnmetEverywhere> {
    let mut scenarios: BTreeMap<&str, (usize, Vec<UnmetBy>)> = BTreeMap::new();
    for published in view.published {
        let mut gravest: BTreeMap<&str, Status> = BTreeMap::new();
        for (id, outcome) in published.results.get(WIRE).into_iter().flatten() {
            if outcome.status == Status::Skip {
                continue;
            }
            let seen = gravest.entry(scenario_of(id)).or_insert(Status::Pass);
            if is_wrong(outcome.status) && (*seen == Status::Pass || outcome.status < *seen) {
                *seen = outcome.status;
            }
        }
        for (scenario, status) in gravest {
            let (of, servers) = scenarios.entry(scenario).or_default();
            *of += 1;
            if is_wrong(status) {
                servers.push(UnmetBy {
                    label: published.label(),
                    page: file_name(published),
                    status: status.word(),
                });
            }
        }
    }
    let scenarios = scenarios
        .into_iter()
        .filter(|(_, (_, servers))| !servers.is_empty());
    let mut scenarios: Vec<UnmetEverywhere> = scenarios
        .map(|(id, (of, servers))| UnmetEverywhere {
            scenario: view.about(id),
            topic: super::publish::topic(id).to_owned(),
            servers,
            of,
        })
        .collect();
    scenarios.sort_by_key(|it| std::cmp::Reverse(it.servers.len()));
    scenarios
}

/// How many permutations are asked of a server at most.
fn permutations(view: &View<'_>) -> usize {
    let numbers = view.published.iter().filter_map(|it| it.results.get(WIRE));
    numbers.map(BTreeMap::len).max().unwrap_or_default()
}

fn distinct<'run>(
    view: &View<'run>,
    of: impl Fn(&'run Published) -> Option<&'run str>,
) -> std::collections::BTreeSet<&'run str> {
    view.published.iter().filter_map(of).collect()
}

const INDEX: &str = include_str!("page/index.html");
const SERVER: &str = include_str!("page/server.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::fixture;

    fn page(number: usize) -> String {
        let mut files = pages(&fixture::published(), &fixture::suite()).unwrap();
        let text = files.swap_remove(number).content;
        // Style and script are files of their own to be read.
        text.replace(STYLE, "[style]").replace(SCRIPT, "[script]")
    }

    #[test]
    fn the_page_of_all_is_as_recorded() {
        insta::assert_snapshot!("index", page(0));
    }

    #[test]
    fn the_page_of_one_is_as_recorded() {
        insta::assert_snapshot!("server", page(1));
    }

    #[test]
    fn what_a_server_says_is_text_whatever_it_looks_like() {
        let mut published = fixture::published();
        published[0].title = "<script>alert(1)</script>".to_owned();
        for lines in published[0].exchanges.values_mut() {
            lines.push("< </pre><img src=x onerror=alert(2)>".to_owned());
        }
        for file in pages(&published, &fixture::suite()).unwrap() {
            assert!(!file.content.contains("<script>alert"), "{}", file.name);
            assert!(!file.content.contains("<img"), "{}", file.name);
        }
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(ticks("a `b<` c"), "a <code>b&lt;</code> c");
        assert_eq!(ticks("a `b` `<"), "a <code>b</code> `&lt;");
    }

    #[test]
    fn pages_need_nothing_from_elsewhere() {
        for file in pages(&fixture::published(), &fixture::suite()).unwrap() {
            for word in [" src=", "@import", "url(", "<link"] {
                assert!(!file.content.contains(word), "{} has {word}", file.name);
            }
        }
    }
}
