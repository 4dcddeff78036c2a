//! Why Firefox blocked a request, told by what was overheard in its own context.
//!
//! The console names most causes by a category that never changes, beside a sentence in the language of
//! the user. The end of a request tells the others, and whether it was the preflight that failed.

use std::collections::{HashMap, HashSet};

use corspec_fetch::Reason;
use tokio::time::sleep;

use super::chrome;
use super::reason;
use super::told::{Event, Failed, Said};
use crate::agent::browser::error::BrowserError;
use crate::agent::browser::job::{Job, JobRequest};
use crate::agent::browser::outcome::{
    ATTEMPTS, Blocked, PAUSE, StepOutcome, is_explained, unexplained,
};
use crate::agent::browser::owner::{as_requested, first_segment};
use crate::agent::browser::session::Session;

/// What was overheard and explained nothing yet.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    events: Vec<Event>,
}

impl Heard {
    /// Drops what is about these jobs.
    fn forget(&mut self, jobs: &[Job]) {
        let tokens: HashSet<&str> = jobs.iter().map(|job| job.token.as_str()).collect();
        let is_theirs = |url: &&str| tokens.contains(first_segment(url));
        self.events
            .retain(|event| !urls_of(event).iter().any(is_theirs));
    }
}

/// Adds to every block of a batch why it happened, as far as Firefox tells.
pub(crate) async fn explain(
    session: &Session,
    heard: &mut Heard,
    jobs: &[Job],
    outcomes: &mut [Option<Vec<StepOutcome>>],
) -> Result<(), BrowserError> {
    explain_by_exceptions(jobs, outcomes);
    for attempt in 0..ATTEMPTS {
        // They are taken in any case: they are kept until then.
        let Some(told) = chrome::overheard(session).await? else {
            break;
        };
        heard
            .events
            .extend(serde_json::from_str::<Vec<Event>>(&told)?);
        if is_explained(outcomes) {
            break;
        }
        explain_by_events(&heard.events, jobs, outcomes);
        // What a page sees and what is told about it come from different processes.
        if is_explained(outcomes) || attempt + 1 == ATTEMPTS {
            break;
        }
        sleep(PAUSE).await;
    }
    heard.forget(jobs);
    Ok(())
}

fn explain_by_exceptions(jobs: &[Job], outcomes: &mut [Option<Vec<StepOutcome>>]) {
    for (job, step, blocked) in unexplained(outcomes) {
        let request = &jobs[job].steps[step].request;
        if blocked.refused
            && let Some(reason) = reason::of_exception(&blocked.message, request)
        {
            blocked.explain(reason, "");
        }
    }
}

fn explain_by_events(events: &[Event], jobs: &[Job], outcomes: &mut [Option<Vec<StepOutcome>>]) {
    let records = records(events, jobs);
    for (job, step, blocked) in unexplained(outcomes) {
        let request = &jobs[job].steps[step].request;
        let by_url = || Owner::Url(as_requested(&request.url));
        let record = records
            .get(&Owner::Step(job, step))
            .or_else(|| records.get(&by_url()));
        if let Some(record) = record {
            record.explain(blocked, request);
        }
    }
}

/// Whose request was overheard.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Owner {
    /// The numbers of job and step.
    Step(usize, usize),
    /// A URL without token; it comes to the same whoever requests it.
    Url(String),
}

/// What was overheard of a request, in order.
#[derive(Debug, Default)]
struct Record<'a> {
    said: Vec<&'a Said>,
    failed: Vec<&'a Failed>,
}

impl Record<'_> {
    fn explain(&self, blocked: &mut Blocked, request: &JobRequest) {
        let told = self
            .of_preflight(request)
            .or_else(|| self.of_ends(|failed| reason::of_response(failed, request)))
            .or_else(|| self.of_messages(request))
            .or_else(|| self.of_ends(reason::of_error));
        if let Some((because, detail)) = told {
            blocked.explain(because, detail);
        }
        let sentence = self.said.first().map(|said| &said.text);
        let error = self.failed.first().map(|failed| &failed.error);
        if let Some(text) = sentence.or(error) {
            blocked.quote(text);
        }
    }

    /// A reason for the failure of the preflight, and the name it is about.
    fn of_preflight(&self, request: &JobRequest) -> Option<(Reason, &str)> {
        let ends = self.failed.iter();
        let mut preflights =
            ends.filter_map(|failed| Some((failed, failed.preflight_for.as_ref()?)));
        let (failed, method) = preflights.next()?;
        // What is found out afterwards stands in its place at the end.
        if self.said("CORSExternalRedirectNotAllowed").is_some() {
            return Some((Reason::PreflightRedirect, ""));
        }
        let because = reason::of_preflight(failed, request)?;
        let detail = match because {
            Reason::HeaderNotAllowed => self
                .said("CORSMissingAllowHeaderFromPreflight2")
                .and_then(first_quoted),
            Reason::MethodNotAllowed => Some(method.as_str()),
            _ => None,
        };
        Some((because, detail.unwrap_or_default()))
    }

    fn of_messages(&self, request: &JobRequest) -> Option<(Reason, &str)> {
        let mut messages = self.said.iter();
        let told =
            messages.find_map(|said| reason::of_message(&said.category, &said.text, request));
        told.map(|because| (because, ""))
    }

    fn of_ends(&self, reason: impl Fn(&Failed) -> Option<Reason>) -> Option<(Reason, &str)> {
        let mut requests = self
            .failed
            .iter()
            .filter(|failed| failed.preflight_for.is_none());
        let told = requests.find_map(|failed| reason(failed));
        told.map(|because| (because, ""))
    }

    fn said(&self, category: &str) -> Option<&str> {
        let said = self.said.iter().find(|said| said.category == category)?;
        Some(&said.text)
    }
}

fn first_quoted(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('‘')?;
    Some(rest.split_once('’')?.0)
}

/// What was overheard of each request.
fn records<'a>(events: &'a [Event], jobs: &[Job]) -> HashMap<Owner, Record<'a>> {
    let by_token: HashMap<&str, usize> = jobs
        .iter()
        .enumerate()
        .map(|(number, job)| (job.token.as_str(), number))
        .collect();
    // The step that each job is at.
    let mut steps = vec![0; jobs.len()];
    let mut records: HashMap<Owner, Record<'_>> = HashMap::new();
    for event in events {
        let urls = urls_of(event);
        let job = urls
            .iter()
            .find_map(|url| by_token.get(first_segment(url)).copied());
        let owner = match (job, urls.first()) {
            (Some(job), _) => Owner::Step(job, steps[job]),
            (None, Some(url)) => Owner::Url((*url).to_owned()),
            (None, None) => continue,
        };
        match event {
            Event::Begins(begins) => {
                if let (Some(job), Some((_, step))) = (job, begins.url.split_once("/-/step/")) {
                    steps[job] = step.parse().unwrap_or_default();
                }
            }
            Event::Failed(failed) => records.entry(owner).or_default().failed.push(failed),
            Event::Said(said) => records.entry(owner).or_default().said.push(said),
        }
    }
    records
}

fn urls_of(event: &Event) -> Vec<&str> {
    match event {
        Event::Failed(failed) => vec![failed.url.as_str()],
        Event::Begins(begins) => vec![begins.url.as_str()],
        Event::Said(said) => urls_in(&said.text),
    }
}

/// The URLs in a sentence. They are set off by quotation marks, or by blanks and a full stop.
fn urls_in(text: &str) -> Vec<&str> {
    text.split([' ', '‘', '’', '“', '”'])
        .filter(|word| word.contains(':'))
        .map(|word| word.trim_end_matches('.'))
        .collect()
}
