//! A batch of jobs of one page: in the form in which the page begins with it, and what came of it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::engine::Engine;
use super::error::BrowserError;
use super::job::{Job, JobStep, PageLane};
use super::job_result::JobResult;
use super::outcome::{JobReply, StepOutcome};
use crate::agent::Observation;
use crate::case::scenario::{Context, Page};

/// How long a job may take while others wait for it: ten times what it takes on a busy machine.
const JOB_BUDGET: Duration = Duration::from_millis(100);

/// What came of each job, in their order.
pub(super) type Results = Vec<Result<Vec<Observation>, Arc<BrowserError>>>;

/// A batch that has begun and not ended.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) number: usize,
    pub(super) page: Page,
    pub(super) jobs: Vec<Job>,
    /// The jobs that the page is at, of those that may run at the same time.
    pub(super) portion: Range<usize>,
    /// What came of the portions before.
    pub(super) results: Results,
    /// Why jobs of this portion have no result, by their number in it.
    pub(super) failures: BTreeMap<usize, String>,
    /// When the page gives up what is not finished.
    pub(super) end: Instant,
}

impl Batch {
    pub(super) fn new(number: usize, page: Page, jobs: Vec<Job>) -> Self {
        Self {
            number,
            page,
            jobs,
            portion: 0..0,
            results: Vec::new(),
            failures: BTreeMap::new(),
            end: Instant::now(),
        }
    }

    /// The jobs that the page is at.
    pub(super) fn jobs_under_way(&self) -> &[Job] {
        &self.jobs[self.portion.clone()]
    }

    /// Goes on to the jobs behind those that the page was at, as many as store no more cookies of one site
    /// than the browser keeps.
    pub(super) fn go_on(&mut self, limit: usize) {
        let start = self.portion.end;
        self.portion = start..start + portion(&self.jobs[start..], limit);
    }

    /// Whether the page has been at all of its jobs.
    pub(super) const fn is_last_portion(&self) -> bool {
        self.portion.end == self.jobs.len()
    }

    /// Takes what the page says of its jobs; what is left is to be explained.
    ///
    /// # Errors
    ///
    /// It says something of other jobs.
    pub(super) fn take_replies(
        &mut self,
        replies: Vec<JobReply>,
    ) -> Result<Vec<Option<Vec<StepOutcome>>>, BrowserError> {
        let jobs = &self.jobs[self.portion.clone()];
        if replies.len() != jobs.len() {
            let message = format!("{} results for {} scenarios", replies.len(), jobs.len());
            return Err(BrowserError::Page(message));
        }
        let mut outcomes = Vec::with_capacity(jobs.len());
        for (index, (reply, job)) in replies.into_iter().zip(jobs).enumerate() {
            match reply {
                JobReply::Failed(text) => {
                    self.failures.insert(index, text);
                    outcomes.push(None);
                }
                JobReply::Steps(mut steps) => {
                    for (outcome, step) in steps.iter_mut().zip(&job.steps) {
                        outcome.explain_itself(step.request.via);
                    }
                    outcomes.push(Some(steps));
                }
            }
        }
        Ok(outcomes)
    }

    /// Adds the results of the jobs that the page was at.
    pub(super) fn add_results(&mut self, outcomes: Vec<Option<Vec<StepOutcome>>>) {
        for (index, steps) in outcomes.into_iter().enumerate() {
            let result = match (self.failures.remove(&index), steps) {
                (None, Some(steps)) => Ok(steps
                    .into_iter()
                    .map(StepOutcome::into_observation)
                    .collect()),
                (failure, _) => Err(Arc::new(BrowserError::Page(failure.unwrap_or_default()))),
            };
            self.results.push(result);
        }
    }

    /// What came of each job; `error` where nothing did.
    pub(super) fn into_results(mut self, error: Option<&Arc<BrowserError>>) -> Vec<JobResult> {
        if let Some(error) = error {
            self.results
                .resize_with(self.jobs.len(), || Err(Arc::clone(error)));
        }
        (self.jobs.into_iter().zip(self.results))
            .map(|(job, outcome)| JobResult {
                token: job.token,
                outcome,
            })
            .collect()
    }
}

/// How many of the first jobs store no more cookies of one site than the browser keeps.
fn portion(jobs: &[Job], limit: usize) -> usize {
    let mut counts = BTreeMap::new();
    for (number, job) in jobs.iter().enumerate() {
        if exceeds(&counts, &job.cookie_counts, limit) {
            return number;
        }
        add(&mut counts, &job.cookie_counts);
    }
    jobs.len()
}

/// Whether cookies would be too many for one site beside those that are stored.
pub(super) fn exceeds(
    stored: &BTreeMap<String, usize>,
    more: &BTreeMap<String, usize>,
    limit: usize,
) -> bool {
    more.iter()
        .any(|(site, more)| stored.get(site).is_some_and(|count| count + more > limit))
}

/// Whether all cookies can be kept beside those that are stored.
pub(super) fn fits(
    stored: &BTreeMap<String, usize>,
    more: &BTreeMap<String, usize>,
    limit: usize,
) -> bool {
    more.iter()
        .all(|(site, more)| stored.get(site).unwrap_or(&0) + more <= limit)
}

/// Counts cookies, by their sites.
pub(crate) fn add(counts: &mut BTreeMap<String, usize>, more: &BTreeMap<String, usize>) {
    for (site, more) in more {
        *counts.entry(site.clone()).or_default() += more;
    }
}

/// What scenarios wait of their own accord comes on top. The bound is generous: waits pass at the same
/// time and delayed answers four at a time, so that only a page that hangs reaches it.
pub(super) fn budget_of<'a>(
    jobs: impl Iterator<Item = &'a Job> + Clone,
    budget: Duration,
) -> Duration {
    let longest = jobs
        .clone()
        .map(|job| job.own_time)
        .max()
        .unwrap_or_default();
    let delayed: Duration = jobs
        .clone()
        .filter(|job| job.is_slow())
        .map(|job| job.own_time)
        .sum();
    let each = u32::try_from(jobs.count()).unwrap_or(u32::MAX) * JOB_BUDGET;
    budget + each + longest + delayed / 2
}

/// The word by which the page's script knows a context.
const fn word(context: Context) -> &'static str {
    match context {
        Context::BlobFrame => "blob-frame",
        Context::BlobWorker => "blob-worker",
        Context::DataFrame => "data-frame",
        Context::DataWorker => "data-worker",
        Context::Sandboxed => "sandboxed",
        Context::ServiceWorker => "service-worker",
        Context::SharedWorker => "shared-worker",
        Context::Srcdoc => "srcdoc",
        Context::Window => "window",
        Context::Worker => "worker",
    }
}

/// A batch, as the page's script reads it; times in milliseconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Beginning<'a> {
    number: usize,
    budget: u64,
    /// Whether documents of scripts and styles may be written, which is quicker than to load them.
    can_write: bool,
    jobs: Vec<BatchJob<'a>>,
}

#[derive(Serialize)]
struct BatchJob<'a> {
    context: &'static str,
    deadline: u64,
    lane: PageLane,
    steps: &'a [JobStep],
}

impl<'a> Beginning<'a> {
    pub(super) fn new(engine: Engine, number: usize, jobs: &'a [Job], budget: Duration) -> Self {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let jobs = jobs
            .iter()
            .map(|job| BatchJob {
                context: word(job.context),
                deadline: milliseconds(job.deadline),
                lane: job.lane,
                steps: &job.steps,
            })
            .collect();
        Self {
            number,
            budget: milliseconds(budget),
            can_write: engine.keeps_the_referrer_of_what_is_written(),
            jobs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::browser::tests::stage::{get, page, permutation, responds};
    use crate::case::scenario::CookieSetup;

    fn sizes(cookies: &[usize], limit: usize) -> Vec<usize> {
        let with_cookies = |&count: &usize| {
            let mut permutation = permutation(get(), responds(&[]));
            let setup = CookieSetup {
                origin: "api".parse().unwrap(),
                set_cookie: "a=1".to_owned(),
            };
            permutation.cookies = vec![setup; count];
            Job::from_permutation(&permutation, &str::to_owned, "0000002a")
        };
        let jobs: Vec<Job> = cookies.iter().map(with_cookies).collect();
        let mut batch = Batch::new(0, page("app"), jobs);
        let mut sizes = Vec::new();
        while !batch.is_last_portion() {
            batch.go_on(limit);
            sizes.push(batch.portion.len());
        }
        sizes
    }

    #[test]
    fn jobs_without_cookies_are_never_divided() {
        assert_eq!(sizes(&[0; 500], 3), [500]);
    }

    #[test]
    fn a_portion_ends_before_cookies_would_be_dropped() {
        assert_eq!(sizes(&[2, 1, 1, 0, 2, 3], 3), [2, 3, 1]);
    }

    #[test]
    fn a_job_beyond_the_limit_is_run_alone() {
        assert_eq!(sizes(&[9, 9, 0], 3), [1, 2]);
    }
}
