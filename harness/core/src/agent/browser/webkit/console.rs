//! Why WebKit blocked a request, read from its console once per batch.
//!
//! The browser that corspec starts writes every message as a line to a file, and does so before the
//! page learns of the failure: what is not there when the page has answered does not come. A message
//! tells the cause; the next one names the URL concerned:
//!
//! ```text
//! CONSOLE SECURITY ERROR Preflight response is not successful. Status code: 404
//! CONSOLE JS ERROR Fetch API cannot load http://api.localhost/ due to access control checks.
//! ```

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::path::Path;

use url::Url;

use super::reason;
use crate::agent::browser::error::BrowserError;
use crate::agent::browser::job::Job;
use crate::agent::browser::outcome::{Blocked, StepOutcome};
use crate::agent::browser::session::Session;

/// The file that launcher.py's output goes to, in the session's directory.
const FILE: &str = "console";

/// Adds to every block of a batch why it happened, as far as WebKit tells.
pub(crate) fn explain(
    session: &Session,
    jobs: &[Job],
    outcomes: &mut [Option<Vec<StepOutcome>>],
) -> Result<(), BrowserError> {
    for (_, _, blocked) in unexplained(outcomes) {
        if blocked.refused
            && let Some(reasons) = reason::of_exception(&blocked.message)
        {
            blocked.explain_among(reasons, "");
        }
    }
    // At a remote end nobody can read it, and MiniBrowser writes none.
    let Some(folder) = session.folder() else {
        return Ok(());
    };
    let text = take(&folder.join(FILE)).unwrap_or_default();
    explain_by(&text, jobs, outcomes);
    Ok(())
}

/// Reads a file that others append to, and empties it.
fn take(path: &Path) -> io::Result<String> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    file.set_len(0)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn unexplained(
    outcomes: &mut [Option<Vec<StepOutcome>>],
) -> impl Iterator<Item = (usize, usize, &mut Blocked)> {
    outcomes.iter_mut().enumerate().flat_map(|(job, steps)| {
        let steps = steps.iter_mut().flatten().enumerate();
        steps.filter_map(move |(step, outcome)| Some((job, step, outcome.unexplained()?)))
    })
}

fn explain_by(text: &str, jobs: &[Job], outcomes: &mut [Option<Vec<StepOutcome>>]) {
    let mut failures = failures(text, jobs);
    for (job, step, blocked) in unexplained(outcomes) {
        let url = as_written(&jobs[job].steps[step].request.url);
        let concerned = |failure: &Failure<'_>| match &failure.about {
            About::Job(other) => *other == job,
            About::Url(other) => *other == url,
        };
        // Each explains one step; they are in the order of the steps.
        let Some(index) = failures.iter().position(concerned) else {
            continue;
        };
        let Failure { sentences, .. } = failures.remove(index);
        let explained = sentences
            .iter()
            .find_map(|sentence| Some((sentence, reason::of_sentence(sentence)?)));
        if let Some((sentence, reasons)) = explained {
            blocked.explain_among(reasons, reason::name_in(sentence));
            blocked.quote(sentence);
        } else if let [.., last] = sentences[..] {
            if let Some(reasons) = reason::of_failure(last) {
                blocked.explain_among(reasons, "");
            }
            blocked.quote(last);
        }
    }
}

/// What is said of one failure, in order.
#[derive(Debug, Eq, PartialEq)]
struct Failure<'text> {
    about: About,
    sentences: Vec<&'text str>,
}

/// What a sentence with a URL is about.
#[derive(Clone, Debug, Eq, PartialEq)]
enum About {
    /// The job with the token in the URL.
    Job(usize),
    /// Whoever requested the URL.
    Url(String),
}

/// Gathers what is said of each failure. Causes without a URL stand before the sentence that closes the
/// failure and names it.
fn failures<'text>(text: &'text str, jobs: &[Job]) -> Vec<Failure<'text>> {
    let owners = Owners::new(jobs);
    let mut failures: Vec<Failure<'_>> = Vec::new();
    let mut open: Vec<Failure<'_>> = Vec::new();
    let mut nameless = Vec::new();
    for sentence in text.lines().filter_map(sentence) {
        let closes = sentence.contains(reason::CANNOT_LOAD);
        let Some(about) = owners.of(sentence) else {
            if closes {
                // That of a URL which a redirect led to: nobody knows whose.
                nameless.clear();
            } else {
                nameless.push(sentence);
            }
            continue;
        };
        let said = open.iter().position(|failure| failure.about == about);
        let mut failure = said.map_or_else(
            || Failure {
                about,
                sentences: Vec::new(),
            },
            |index| open.remove(index),
        );
        if closes && sentence.ends_with(reason::CHECKED) {
            // The one that stands next to it; what is farther off belongs to failures that nothing closes.
            let nearest = nameless.pop();
            let preface = nameless.pop().filter(|it| it.contains(reason::PREFACE));
            failure.sentences.extend(preface);
            failure.sentences.extend(nearest);
            nameless.clear();
        } else if closes {
            // It was not checked: what stands before is the cause of a failure that nothing closes.
            nameless.clear();
        }
        failure.sentences.push(sentence);
        if closes {
            failures.push(failure);
        } else {
            open.push(failure);
        }
    }
    // Some are not closed by a sentence of their own.
    failures.extend(open);
    failures
}

/// Whose failure a sentence is about.
struct Owners {
    /// `/0000002a/` for each job.
    tokens: Vec<String>,
    /// The URLs that have no token in them, as the console writes them.
    urls: Vec<String>,
}

impl Owners {
    fn new(jobs: &[Job]) -> Self {
        let tokens: Vec<String> = jobs.iter().map(|job| format!("/{}/", job.token)).collect();
        let steps = jobs.iter().flat_map(|job| &job.steps);
        let mut urls: Vec<String> = steps
            .map(|step| as_written(&step.request.url))
            .filter(|url| !url.is_empty() && !tokens.iter().any(|token| url.contains(token)))
            .collect();
        urls.sort();
        urls.dedup();
        Self { tokens, urls }
    }

    fn of(&self, sentence: &str) -> Option<About> {
        let is_in = |part: &String| sentence.contains(part.as_str());
        if let Some(job) = self.tokens.iter().position(is_in) {
            return Some(About::Job(job));
        }
        // Nothing answers at those URLs, so that what is said of redirects is about others.
        if sentence.contains(reason::REDIRECTION) {
            return None;
        }
        let end = sentence.strip_suffix(reason::CHECKED).unwrap_or(sentence);
        let end = end.strip_suffix('.').unwrap_or(end);
        let url = self.urls.iter().find(|url| {
            let before = end.strip_suffix(url.as_str());
            before.is_some_and(|before| before.ends_with(' '))
                || sentence.contains(&format!(" {url}. "))
        })?;
        Some(About::Url(url.clone()))
    }
}

/// A URL as the console writes it.
fn as_written(url: &str) -> String {
    Url::parse(url).map_or_else(|_| url.to_owned(), String::from)
}

/// The text behind `CONSOLE SECURITY ERROR `, whatever the source and level. The place in a script may
/// stand before it.
fn sentence(line: &str) -> Option<&str> {
    let (_, message) = line.split_once("CONSOLE ")?;
    let (_, rest) = message.split_once(' ')?;
    let (_, text) = rest.split_once(' ')?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::browser::tests::stage::{get, permutation, responds};
    use crate::case::scenario::RequestPlan;

    fn jobs() -> Vec<Job> {
        let job = |token| {
            let permutation = permutation(get(), responds(&[]));
            Job::from_permutation(&permutation, &str::to_owned, token)
        };
        vec![job("0000002a"), job("0000002b")]
    }

    #[test]
    fn a_cause_belongs_to_the_url_that_follows() {
        let text = "CONSOLE SECURITY ERROR Origin http://app.localhost is not allowed\n\
            CONSOLE JS ERROR Fetch API cannot load http://api.localhost/0000002b/resource due to access control checks.\n";
        let [failure] = &failures(text, &jobs())[..] else {
            panic!()
        };
        assert_eq!(failure.about, About::Job(1));
        assert_eq!(
            failure.sentences[0],
            "Origin http://app.localhost is not allowed"
        );
        assert_eq!(failure.sentences.len(), 2);
    }

    #[test]
    fn failures_that_overlap_are_told_apart() {
        let text = "CONSOLE SECURITY ERROR Not allowed to use restricted network port 1: http://api.localhost:1/0000002a/x\n\
            CONSOLE SECURITY ERROR Cause\n\
            CONSOLE JS ERROR XMLHttpRequest cannot load http://api.localhost/0000002b/resource due to access control checks.\n";
        let failures = failures(text, &jobs());
        assert_eq!(failures[0].about, About::Job(1));
        assert_eq!(failures[0].sentences[0], "Cause");
        assert_eq!(failures[1].about, About::Job(0));
        assert_eq!(failures[1].sentences.len(), 1);
    }

    #[test]
    fn a_url_of_no_scenario_is_that_of_the_call() {
        let request = RequestPlan {
            url: "http://insecure.invalid".to_owned(),
            ..get()
        };
        let permutation = permutation(request, responds(&[]));
        let job = Job::from_permutation(&permutation, &str::to_owned, "0000002a");
        let text = "CONSOLE SECURITY WARN [blocked] The page at https://app.localhost/-/page \
            requested insecure content from http://insecure.invalid/. It was blocked.\n\
            CONSOLE SECURITY ERROR Not allowed to request resource\n\
            page.js:1:1: CONSOLE JS ERROR Fetch API cannot load http://insecure.invalid/ due to access control checks.\n";
        let [failure] = &failures(text, &[job])[..] else {
            panic!()
        };
        let url = "http://insecure.invalid/".to_owned();
        assert_eq!(failure.about, About::Url(url));
        assert_eq!(failure.sentences.len(), 3);
    }

    #[test]
    fn what_is_said_of_a_redirect_is_not_about_a_call_with_the_same_url() {
        let request = RequestPlan {
            url: "data:,a".to_owned(),
            ..get()
        };
        let permutation = permutation(request, responds(&[]));
        let job = Job::from_permutation(&permutation, &str::to_owned, "0000002a");
        let text = "CONSOLE SECURITY ERROR Cross-origin redirection to data:,a denied by policy\n\
            CONSOLE JS ERROR Fetch API cannot load http://api.localhost/0000002a/resource due to access control checks.\n";
        let [failure] = &failures(text, &[job])[..] else {
            panic!()
        };
        assert_eq!(failure.about, About::Job(0));
        assert_eq!(failure.sentences.len(), 2);
    }

    #[test]
    fn a_cause_of_what_nobody_asked_for_belongs_to_nobody_else() {
        let text = "CONSOLE SECURITY ERROR Redirection to URL with a scheme that is not HTTP(S).\n\
            CONSOLE JS ERROR Fetch API cannot load blob:http://app.localhost/0 due to access control checks.\n\
            CONSOLE JS ERROR Fetch API cannot load http://api.localhost/0000002a/resource.\n";
        let [failure] = &failures(text, &jobs())[..] else {
            panic!()
        };
        assert_eq!(failure.about, About::Job(0));
        assert_eq!(failure.sentences.len(), 1);
    }

    #[test]
    fn what_is_no_message_is_passed_over() {
        let text = "Gtk-WARNING **: Locale not supported\n\nCONSOLE\nCONSOLE JS\n";
        assert_eq!(failures(text, &jobs()), []);
    }

    #[test]
    fn what_was_read_is_gone_and_what_comes_later_is_not() {
        use std::io::Write as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut writer = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .unwrap();
        writer.write_all(b"one\n").unwrap();
        assert_eq!(take(&path).unwrap(), "one\n");
        writer.write_all(b"two\n").unwrap();
        assert_eq!(take(&path).unwrap(), "two\n");
    }
}
