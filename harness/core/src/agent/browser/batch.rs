//! Many scenarios at the same time in one page.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use corspec_fetch::HeaderList;
use serde::Serialize;

use super::document::Document;
use super::engine::Engine;
use super::error::BrowserError;
use super::info::BrowserInfo;
use super::job::{Job, JobStep, PageLane};
use super::outcome::{JobReply, StepOutcome};
use super::session::Session;
use super::settings::Settings;
use crate::agent::{End, Observation, ScriptEvent};
use crate::case::scenario::{Context, Page, Permission};
use crate::server::Names;

/// How long storing the cookies of a batch may take.
const COOKIE_DEADLINE: Duration = Duration::from_secs(10);

/// How long a job may take while others wait for it: ten times what it takes on a busy machine.
const JOB_BUDGET: Duration = Duration::from_millis(100);

/// A browser that runs scenarios. It keeps one session, and replaces it after a fault.
///
/// [`close`](Self::close) ends the browser in good order. Dropping ends it too, and so does the end of
/// this process, whatever causes it; both leave nothing behind, but take a moment longer to do so than
/// they wait.
#[derive(Debug)]
pub struct Browser {
    engine: Engine,
    settings: Settings,
    info: BrowserInfo,
    session: Option<Session>,
}

impl Browser {
    /// Starts a session.
    ///
    /// # Errors
    ///
    /// Whatever prevents it; the message says what to do.
    pub async fn start(engine: Engine, settings: Settings) -> Result<Self, BrowserError> {
        let session = Session::start(engine, &settings).await?;
        Ok(Self {
            engine,
            settings,
            info: session.info().clone(),
            session: Some(session),
        })
    }

    /// What is running.
    #[must_use]
    pub const fn info(&self) -> &BrowserInfo {
        &self.info
    }

    /// Whether there is a session and it still answers. A session that does not is given up.
    pub async fn is_healthy(&mut self) -> bool {
        let healthy = match &self.session {
            Some(session) => session.is_healthy().await,
            None => false,
        };
        if !healthy {
            self.discard().await;
        }
        healthy
    }

    /// Whether there is a session; after a fault there is none.
    pub(crate) const fn has_session(&self) -> bool {
        self.session.is_some()
    }

    /// Finds out whether the browser can load our pages at all, before anything depends on it.
    ///
    /// # Errors
    ///
    /// It cannot, or there is no session.
    pub(crate) async fn load(&mut self, page: &Page) -> Result<(), BrowserError> {
        let document = self.settings.document(page);
        match &mut self.session {
            Some(session) => session.enter(&document).await,
            None => Err(BrowserError::Page("there is no session".to_owned())),
        }
    }

    /// Runs jobs of one page, its frames and its workers, and returns one result for each, in their
    /// order. Cookies are stored before the first one begins.
    ///
    /// After a fault of the browser the session is given up and the next batch gets a new one; jobs
    /// without a result may then be tried again, best each alone.
    pub async fn run_batch(&mut self, page: &Page, jobs: Vec<Job>) -> Vec<JobResult> {
        let mut results = Vec::with_capacity(jobs.len());
        if let Err(error) = self.run_portions(page, &jobs, &mut results).await {
            let error = Arc::new(error);
            results.resize_with(jobs.len(), || Err(Arc::clone(&error)));
        }
        jobs.into_iter()
            .zip(results)
            .map(|(job, outcome)| JobResult {
                token: job.token,
                outcome,
            })
            .collect()
    }

    /// Ends the session and waits until nothing is left of it.
    pub async fn close(mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }

    /// Adds one result for each job, or fewer if an error ends it.
    async fn run_portions(
        &mut self,
        page: &Page,
        jobs: &[Job],
        results: &mut Vec<Result<Vec<Observation>, Arc<BrowserError>>>,
    ) -> Result<(), BrowserError> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => Session::start(self.engine, &self.settings).await?,
        };
        for jobs in portions(jobs, self.engine.cookies_per_site()) {
            match run(self.engine, &self.settings, &mut session, page, jobs).await {
                Ok(more) => results.extend(more),
                Err(error) => {
                    session.kill().await;
                    return Err(error);
                }
            }
        }
        self.session = Some(session);
        Ok(())
    }

    pub(crate) async fn discard(&mut self) {
        if let Some(session) = self.session.take() {
            session.kill().await;
        }
    }

    /// The temporary directory of the session.
    #[cfg(test)]
    pub(crate) fn folder(&self) -> Option<&std::path::Path> {
        self.session.as_ref().and_then(Session::folder)
    }
}

/// What came of a job.
#[derive(Debug)]
pub struct JobResult {
    /// The job's token.
    pub token: String,
    /// One observation per step, with origins and paths as they really are; or why there is none.
    pub outcome: Result<Vec<Observation>, Arc<BrowserError>>,
}

impl JobResult {
    /// The observations as the scenario speaks of them: canonical origins, and no token.
    ///
    /// # Errors
    ///
    /// Why there are none.
    pub fn into_canonical(self, names: &Names) -> Result<Vec<Observation>, Arc<BrowserError>> {
        let observations = self.outcome?.into_iter();
        Ok(observations
            .map(|observation| canonical(observation, names))
            .collect())
    }
}

fn canonical(observation: Observation, names: &Names) -> Observation {
    let end = match observation.end {
        End::Blocked(mut signal) => {
            signal.message = names.to_canonical_text(&signal.message);
            signal.detail = signal.detail.map(|detail| names.to_canonical_text(&detail));
            End::Blocked(signal)
        }
        end @ (End::Silent | End::TimedOut) => end,
        End::Visible(mut response) => {
            response.url = response.url.map(|url| {
                // The names differ in digits only, so that what parsed before parses again.
                names.to_canonical_text(url.as_str()).parse().unwrap_or(url)
            });
            let mut headers = HeaderList::new();
            for (name, value) in response.headers.iter() {
                headers.append(name, names.to_canonical(value));
            }
            response.headers = headers;
            response.body = names.to_canonical(&response.body);
            End::Visible(response)
        }
    };
    let events = observation.events.map(|events| {
        let canonical = |event: ScriptEvent| ScriptEvent {
            detail: names.to_canonical(&event.detail),
            ..event
        };
        events.into_iter().map(canonical).collect()
    });
    let facts = observation.facts.into_iter();
    Observation {
        end,
        events,
        facts: facts
            .map(|(name, value)| (name, names.to_canonical_text(&value)))
            .collect(),
    }
}

/// Divides jobs so that no portion stores more cookies of one site than the browser keeps.
fn portions(jobs: &[Job], limit: usize) -> Vec<&[Job]> {
    let mut portions = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut start = 0;
    for (number, job) in jobs.iter().enumerate() {
        let is_full = job.cookie_counts.iter().any(|(site, more)| {
            counts
                .get(site.as_str())
                .is_some_and(|count| count + more > limit)
        });
        if is_full {
            portions.push(&jobs[start..number]);
            start = number;
            counts.clear();
        }
        for (site, more) in &job.cookie_counts {
            *counts.entry(site).or_default() += more;
        }
    }
    portions.push(&jobs[start..]);
    portions
}

async fn run(
    engine: Engine,
    settings: &Settings,
    session: &mut Session,
    page: &Page,
    jobs: &[Job],
) -> Result<Vec<Result<Vec<Observation>, Arc<BrowserError>>>, BrowserError> {
    if jobs.iter().any(|job| !job.cookie_counts.is_empty()) {
        engine.forget_cookies(session).await?;
    }
    let without_cookies = store_cookies(session, jobs).await?;

    let document = settings.document(page);
    session.enter(&document).await?;
    if let (Document::Served(origin), true) = (&document, page.is_public()) {
        let permission = Permission::LoopbackNetwork;
        let is_granted = page.permission == Some(permission);
        engine
            .permit(session, origin, permission, is_granted)
            .await?;
    }
    let budget = budget_of(jobs, settings.batch_budget);
    let text = serde_json::to_string(&Batch::new(jobs, budget))?;
    let reply = session.ask_page("run", text, budget).await?;
    let replies: Vec<JobReply> = serde_json::from_str(&reply)?;
    if replies.len() != jobs.len() {
        let message = format!("{} results for {} scenarios", replies.len(), jobs.len());
        return Err(BrowserError::Page(message));
    }

    let mut outcomes = Vec::with_capacity(jobs.len());
    let mut failures = without_cookies;
    for (index, reply) in replies.into_iter().enumerate() {
        match reply {
            JobReply::Failed(text) => {
                failures.entry(index).or_insert(text);
                outcomes.push(None);
            }
            JobReply::Steps(mut steps) => {
                for (outcome, step) in steps.iter_mut().zip(&jobs[index].steps) {
                    outcome.explain_itself(step.request.via);
                }
                outcomes.push(Some(steps));
            }
        }
    }
    engine.explain(session, jobs, &mut outcomes).await?;

    let results = outcomes.into_iter().enumerate().map(|(index, steps)| {
        match (failures.remove(&index), steps) {
            (None, Some(steps)) => Ok(steps
                .into_iter()
                .map(StepOutcome::into_observation)
                .collect()),
            (failure, _) => Err(Arc::new(BrowserError::Page(failure.unwrap_or_default()))),
        }
    });
    Ok(results.collect())
}

/// Lets a page of each origin concerned visit the URLs that set cookies. Returns what went wrong, by
/// the number of the job.
async fn store_cookies(
    session: &mut Session,
    jobs: &[Job],
) -> Result<BTreeMap<usize, String>, BrowserError> {
    let mut visits: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
    for (index, job) in jobs.iter().enumerate() {
        for visit in &job.cookies {
            visits
                .entry(&visit.origin)
                .or_default()
                .push((index, &visit.url));
        }
    }
    let mut failures = BTreeMap::new();
    for (origin, visits) in visits {
        session.enter(&Document::Served(origin.to_owned())).await?;
        let urls: Vec<&str> = visits.iter().map(|(_, url)| *url).collect();
        let text = serde_json::to_string(&urls)?;
        let reply = session.ask_page("visit", text, COOKIE_DEADLINE).await?;
        let replies: Vec<Option<String>> = serde_json::from_str(&reply)?;
        for ((index, _), failure) in visits.into_iter().zip(replies) {
            if let Some(failure) = failure {
                failures.insert(index, format!("its cookies are not stored: {failure}"));
            }
        }
    }
    Ok(failures)
}

/// What scenarios wait of their own accord comes on top. The bound is generous: waits pass at the same
/// time and delayed answers four at a time, so that only a page that hangs reaches it.
fn budget_of(jobs: &[Job], budget: Duration) -> Duration {
    let longest = jobs
        .iter()
        .map(|job| job.own_time)
        .max()
        .unwrap_or_default();
    let delayed: Duration = jobs
        .iter()
        .filter(|job| job.is_slow())
        .map(|job| job.own_time)
        .sum();
    let each = u32::try_from(jobs.len()).unwrap_or(u32::MAX) * JOB_BUDGET;
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
struct Batch<'a> {
    budget: u64,
    jobs: Vec<BatchJob<'a>>,
}

#[derive(Serialize)]
struct BatchJob<'a> {
    context: &'static str,
    deadline: u64,
    lane: PageLane,
    steps: &'a [JobStep],
}

impl<'a> Batch<'a> {
    fn new(jobs: &'a [Job], budget: Duration) -> Self {
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
            budget: milliseconds(budget),
            jobs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::browser::tests::stage::{get, permutation, responds};
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
        portions(&jobs, limit)
            .into_iter()
            .map(<[Job]>::len)
            .collect()
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
