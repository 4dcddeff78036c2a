//! Why Chromium blocked a request, read from the driver's logs once per batch.
//!
//! The performance log carries the events of the DevTools network domain, whose
//! `Network.loadingFailed` names the cause as an enumerator. What never becomes a request, and the
//! integrity of a response, is only told by a sentence in the console.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use corspec_fetch::{Reason, RedirectMode};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::sleep;

use super::reason::{self, Circumstances};
use crate::agent::browser::error::BrowserError;
use crate::agent::browser::job::Job;
use crate::agent::browser::outcome::{StepOutcome, unexplained};
use crate::agent::browser::owner::{Owners, first_segment};
use crate::agent::browser::session::Session;

/// What was read and explained nothing yet.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    events: Vec<Params>,
    /// Sentences of the console, and the reasons they give.
    sentences: Vec<(String, Reason)>,
}

impl Heard {
    async fn listen(&mut self, session: &Session) -> Result<(), BrowserError> {
        let events = session.log("performance").await?;
        self.events.extend(events.iter().filter_map(Event::read));
        let messages = session.log("browser").await?;
        let texts = messages
            .iter()
            .filter_map(|entry| entry["message"].as_str());
        self.sentences.extend(
            texts.filter_map(|text| Some((text.to_owned(), reason::of_console_message(text)?))),
        );
        Ok(())
    }

    /// Drops what is about these jobs.
    fn forget(&mut self, jobs: &[Job]) {
        let tokens: HashSet<&str> = jobs.iter().map(|job| job.token.as_str()).collect();
        let requests: HashSet<String> = (self.events.iter())
            .filter(|event| {
                let sent = event.request.as_ref();
                sent.is_some_and(|sent| tokens.contains(first_segment(&sent.url)))
            })
            .map(|event| event.request_id.clone())
            .collect();
        self.events
            .retain(|event| !requests.contains(&event.request_id));
        self.sentences
            .retain(|(text, _)| !text.split('/').any(|segment| tokens.contains(segment)));
    }
}

/// Adds to every block of a batch why it happened, as far as Chromium tells.
pub(crate) async fn explain(
    session: &Session,
    heard: &mut Heard,
    jobs: &[Job],
    outcomes: &mut [Option<Vec<StepOutcome>>],
) -> Result<(), BrowserError> {
    explain_by_exceptions(outcomes);
    for attempt in 0..ATTEMPTS {
        // In any case: the driver keeps what nobody reads.
        heard.listen(session).await?;
        if is_explained(outcomes) {
            break;
        }
        let is_last = attempt + 1 == ATTEMPTS;
        explain_by_events(&heard.events, jobs, outcomes, is_last);
        explain_by_console(&mut heard.sentences, jobs, outcomes);
        // Some events come from another process than the page's answer, and may be on their way.
        if is_explained(outcomes) || is_last {
            break;
        }
        sleep(PAUSE).await;
    }
    heard.forget(jobs);
    Ok(())
}

/// How often the logs are read when something stays unexplained.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(30);

/// Whether logs can tell no more. They never tell of arguments that were refused.
fn is_explained(outcomes: &mut [Option<Vec<StepOutcome>>]) -> bool {
    unexplained(outcomes).all(|(_, _, blocked)| blocked.refused)
}

fn explain_by_exceptions(outcomes: &mut [Option<Vec<StepOutcome>>]) {
    for (_, _, blocked) in unexplained(outcomes) {
        if blocked.refused
            && let Some(reason) = reason::of_exception(&blocked.message)
        {
            blocked.explain(reason, "");
        }
    }
}

fn explain_by_events(
    events: &[Params],
    jobs: &[Job],
    outcomes: &mut [Option<Vec<StepOutcome>>],
    is_last: bool,
) {
    let failures = failures(events, jobs);
    for (job, step, blocked) in unexplained(outcomes) {
        let Some(failure) = failures.get(&(job, step)) else {
            continue;
        };
        if failure.is_preliminary && !is_last {
            continue;
        }
        if let Some(reason) = failure.reason {
            blocked.explain(reason, &failure.detail);
        }
        blocked.quote(&failure.text);
    }
}

fn explain_by_console(
    sentences: &mut Vec<(String, Reason)>,
    jobs: &[Job],
    outcomes: &mut [Option<Vec<StepOutcome>>],
) {
    for (job, step, blocked) in unexplained(outcomes) {
        let job = &jobs[job];
        let token = format!("/{}/", job.token);
        let url = &job.steps[step].request.url;
        let concerned = |text: &str| text.contains(&token) || mentions(text, url);
        // Each explains one step; they are in the order of the steps.
        if let Some(index) = sentences.iter().position(|(text, _)| concerned(text)) {
            let (text, reason) = sentences.remove(index);
            blocked.explain(reason, "");
            blocked.quote(&text);
        }
    }
}

/// Whether a sentence is about this URL, and not about one that only begins so.
fn mentions(text: &str, url: &str) -> bool {
    let goes_on = |rest: &str| {
        rest.starts_with(|next: char| next.is_ascii_alphanumeric() || "/?#%-_~=&:@".contains(next))
    };
    let mut found = text.match_indices(url);
    !url.is_empty() && found.any(|(start, _)| !goes_on(&text[start + url.len()..]))
}

/// A request that failed.
#[derive(Debug)]
struct Failure {
    reason: Option<Reason>,
    detail: String,
    text: String,
    /// Whether a better one may follow: that of a redirected preflight is told by itself, before or
    /// after the CORS error of the request it was made for.
    is_preliminary: bool,
}

/// What is known of a request before it fails.
#[derive(Debug)]
struct Request {
    job: usize,
    step: usize,
    redirected: bool,
}

/// The failed requests of a batch, by the numbers of their job and step.
fn failures(events: &[Params], jobs: &[Job]) -> HashMap<(usize, usize), Failure> {
    let mut owners = Owners::new(jobs);
    let mut requests: HashMap<&str, Request> = HashMap::new();
    // Told by another process than the rest, and so perhaps after the failure.
    let mut statuses: HashMap<&str, u16> = HashMap::new();
    for event in events {
        let id = event.request_id.as_str();
        if let Some(status) = event.status_code {
            statuses.insert(id, status);
        } else if let Some(sent) = &event.request {
            if let Some(request) = requests.get_mut(id) {
                request.redirected = true;
            } else if event.kind.as_deref() != Some("Preflight")
                && let Some((job, step)) = owners.of(&sent.url)
            {
                requests.insert(
                    id,
                    Request {
                        job,
                        step,
                        redirected: false,
                    },
                );
            }
        }
    }

    let mut failures = HashMap::new();
    for event in events {
        let id = event.request_id.as_str();
        if let Some(error) = &event.error_text
            && let Some(&Request {
                job,
                step,
                redirected,
            }) = requests.get(id)
        {
            let was_redirect = statuses
                .get(id)
                .is_some_and(|status| (300..400).contains(status));
            let refuses_redirects = jobs[job].steps[step].request.redirect == RedirectMode::Error;
            let redirect_refused = was_redirect && refuses_redirects;
            let circumstances = Circumstances {
                redirected,
                redirect_refused,
            };
            let failure = Failure::new(event, error, circumstances);
            if !failure.is_preliminary || !failures.contains_key(&(job, step)) {
                failures.insert((job, step), failure);
            }
        }
    }
    failures
}

impl Failure {
    fn new(params: &Params, error: &str, circumstances: Circumstances) -> Self {
        if let Some(CorsErrorStatus {
            cors_error,
            failed_parameter,
        }) = &params.cors_error_status
        {
            let named = reason::names_its_parameter(cors_error);
            return Self {
                reason: reason::of_cors_error(cors_error, failed_parameter, circumstances),
                detail: if named {
                    failed_parameter.clone()
                } else {
                    String::new()
                },
                text: format!("{cors_error} {failed_parameter}")
                    .trim_end()
                    .to_owned(),
                is_preliminary: false,
            };
        }
        let blocked = params.blocked_reason.as_deref().unwrap_or_default();
        Self {
            reason: reason::of_blocked_reason(blocked)
                .or_else(|| reason::of_network_error(error, circumstances)),
            detail: String::new(),
            text: format!("{error} {blocked}").trim().to_owned(),
            is_preliminary: error == "net::ERR_INVALID_REDIRECT",
        }
    }
}

/// An entry of the performance log holds an event as text.
#[derive(Deserialize)]
struct Event {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    params: Params,
}

/// What is read of the parameters of the events of interest; each has its own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params {
    request_id: String,
    request: Option<Sent>,
    #[serde(rename = "type")]
    kind: Option<String>,
    status_code: Option<u16>,
    error_text: Option<String>,
    blocked_reason: Option<String>,
    cors_error_status: Option<CorsErrorStatus>,
}

#[derive(Debug, Deserialize)]
struct Sent {
    url: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CorsErrorStatus {
    cors_error: String,
    failed_parameter: String,
}

impl Event {
    /// Most entries are of no interest, and parsing them all would take longer than the requests.
    fn read(entry: &Value) -> Option<Params> {
        let text = entry["message"].as_str()?;
        let wanted = EVENTS.iter().any(|method| text.contains(method));
        let event: Self = wanted.then(|| serde_json::from_str(text).ok()).flatten()?;
        Some(event.message.params)
    }
}

/// With their closing quotes, for some are the beginnings of others.
const EVENTS: [&str; 3] = [
    "\"Network.loadingFailed\"",
    "\"Network.requestWillBeSent\"",
    "\"Network.responseReceivedExtraInfo\"",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_about_the_whole_of_a_url() {
        let url = "ftp://api.localhost/";
        assert!(mentions("'ftp://api.localhost/' is not allowed", url));
        assert!(mentions("of ftp://api.localhost/.", url));
        assert!(mentions("ftp://api.localhost/", url));
        assert!(!mentions(
            "fetch at 'ftp://api.localhost/0000002a/resource'",
            url
        ));
        assert!(!mentions("nothing at all", ""));
    }
}
