//! Why Chromium blocked a request, read from its console whenever a batch has ended.
//!
//! A sentence tells the cause and the URL concerned. Only the error of the network layer, which follows many of
//! them, stands alone where no rule of the web is behind it.

use std::collections::{HashMap, HashSet};

use corspec_fetch::RedirectMode;
use tokio::time::sleep;

use super::reason::{self, Cause};
use crate::agent::browser::error::BrowserError;
use crate::agent::browser::job::Job;
use crate::agent::browser::outcome::{
    ATTEMPTS, Blocked, PAUSE, StepOutcome, is_explained, unexplained,
};
use crate::agent::browser::session::Session;

/// What was read and explained nothing yet.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    sentences: Vec<Sentence>,
}

/// A sentence that tells a cause.
#[derive(Debug)]
struct Sentence {
    text: String,
    cause: Cause,
}

impl Heard {
    async fn listen(&mut self, session: &Session) -> Result<(), BrowserError> {
        let messages = session.log("browser").await?;
        let texts = messages
            .iter()
            .filter_map(|entry| entry["message"].as_str());
        self.sentences.extend(texts.filter_map(|text| {
            let cause = Cause::of(text)?;
            let text = text.to_owned();
            Some(Sentence { text, cause })
        }));
        Ok(())
    }

    /// Takes those about a job, in order.
    fn take(&mut self, job: &Job) -> Vec<Sentence> {
        let is_its = |sentence: &mut Sentence| sentence.is_about(job);
        self.sentences.extract_if(.., is_its).collect()
    }

    /// Drops those about these jobs.
    fn forget(&mut self, jobs: &[Job]) {
        let tokens: HashSet<&str> = jobs.iter().map(|job| job.token.as_str()).collect();
        let is_theirs = |text: &str| text.split('/').any(|segment| tokens.contains(segment));
        self.sentences.retain(|sentence| !is_theirs(&sentence.text));
    }
}

impl Sentence {
    /// Whether it names the token of a job, or no token and a URL that the job requests.
    fn is_about(&self, job: &Job) -> bool {
        let mut tokens = self.text.split('/').filter(|segment| is_token(segment));
        match tokens.next() {
            Some(token) => token == job.token || tokens.any(|other| other == job.token),
            None => {
                let mut steps = job.steps.iter();
                steps.any(|step| mentions(&self.text, &step.request.url))
            }
        }
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
        explain_by_sentences(heard, jobs, outcomes, is_last);
        // Some come from another process than the page's answer, and may be on their way.
        if is_explained(outcomes) || is_last {
            break;
        }
        sleep(PAUSE).await;
    }
    heard.forget(jobs);
    Ok(())
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

fn explain_by_sentences(
    heard: &mut Heard,
    jobs: &[Job],
    outcomes: &mut [Option<Vec<StepOutcome>>],
    is_last: bool,
) {
    let mut blocks: HashMap<usize, Vec<(usize, &mut Blocked)>> = HashMap::new();
    for (job, step, blocked) in unexplained(outcomes) {
        blocks.entry(job).or_default().push((step, blocked));
    }
    let mut by_job: Vec<_> = blocks.into_iter().collect();
    by_job.sort_by_key(|(job, _)| *job);
    for (number, blocks) in by_job {
        let job = &jobs[number];
        let mut sentences = heard.take(job);
        let (mut clear, mut vague): (Vec<_>, Vec<_>) = sentences
            .drain(..)
            .partition(|sentence| !sentence.cause.is_vague());
        // Each explains one step; they are in the order of the steps.
        let mut left = clear.drain(..);
        for (step, blocked) in blocks {
            let refuses_redirects = job.steps[step].request.redirect == RedirectMode::Error;
            let told = left.next().or_else(|| {
                let is_time = is_last || refuses_redirects;
                (is_time && !vague.is_empty()).then(|| vague.remove(0))
            });
            if let Some(Sentence { text, cause }) = told {
                if let Some(reason) = cause.reason(refuses_redirects) {
                    blocked.explain(reason, &cause.detail);
                }
                blocked.quote(reason::said(&text));
            }
        }
        heard.sentences.extend(left);
        heard.sentences.extend(vague);
    }
}

/// Whether a segment of a path is the token of a scenario.
fn is_token(segment: &str) -> bool {
    segment.len() == 8 && segment.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a sentence is about this URL, and not about one that only begins so.
fn mentions(text: &str, url: &str) -> bool {
    let goes_on = |rest: &str| {
        rest.starts_with(|next: char| next.is_ascii_alphanumeric() || "/?#%-_~=&:@".contains(next))
    };
    let mut found = text.match_indices(url);
    !url.is_empty() && found.any(|(start, _)| !goes_on(&text[start + url.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::browser::tests::stage::{get, permutation, responds};
    use crate::case::scenario::RequestPlan;

    #[test]
    fn a_url_without_token_is_that_of_a_job_only_where_no_other_has_one() {
        let request = RequestPlan {
            url: "mailto:probe@api.localhost".to_owned(),
            ..get()
        };
        let permutation = permutation(request, responds(&[]));
        let job = Job::from_permutation(&permutation, &str::to_owned, "0000002a");
        let is_about = |redirected: &str| {
            let text = format!(
                "Access to fetch at 'mailto:probe@api.localhost'{redirected} from origin 'http://app.localhost' \
                 has been blocked by CORS policy: Cross origin requests are only supported for protocol schemes: http."
            );
            let cause = Cause::of(&text).unwrap();
            Sentence { text, cause }.is_about(&job)
        };
        assert!(is_about(""));
        assert!(is_about(
            " (redirected from 'http://a.localhost/0000002a/x')"
        ));
        assert!(!is_about(
            " (redirected from 'http://a.localhost/0000002b/x')"
        ));
    }

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
