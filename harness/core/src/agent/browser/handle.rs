//! A browser that runs scenarios, many at the same time in one page.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::batch::{Batch, Beginning, add, budget_of, exceeds, fits};
use super::document::{Distance, Document};
use super::engine::{Engine, Heard};
use super::error::BrowserError;
use super::info::BrowserInfo;
use super::job::Job;
use super::job_result::JobResult;
use super::outcome::JobReply;
use super::session::Session;
use super::settings::Settings;
use crate::case::scenario::{Page, Permission};
use crate::server::{NamedOrigin, cookie_tour};

/// How long the page may take to begin with a batch.
const BEGIN_DEADLINE: Duration = Duration::from_secs(5);

/// A browser that runs scenarios. It keeps one session, and replaces it after a fault.
///
/// [`close`](Self::close) ends the browser and waits until nothing is left of it. Dropping ends it too, and
/// so does the end of this process, whatever causes it; nothing is left then either, a moment later.
#[derive(Debug)]
pub struct Browser {
    engine: Engine,
    settings: Settings,
    info: BrowserInfo,
    session: Option<Session>,
    /// The batches that have begun and not ended.
    under_way: Vec<Batch>,
    /// What ended the session that they had begun in.
    fault: Option<Arc<BrowserError>>,
    /// What the browser said of the requests of those batches.
    heard: Heard,
    /// How many cookies of each site may be stored.
    stored: BTreeMap<String, usize>,
    /// The number of the next batch.
    number: usize,
}

/// What a page tells while batches are under way.
pub(crate) enum Progress {
    /// Another batch could begin beside them.
    Room,
    /// These have ended: their numbers, and one result for each job, in their order.
    Ended(Vec<(usize, Vec<JobResult>)>),
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
            under_way: Vec::new(),
            fault: None,
            heard: Heard::default(),
            stored: BTreeMap::new(),
            number: 0,
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
        self.begin(page, jobs).await;
        loop {
            if let Progress::Ended(batches) = self.next(false).await {
                return batches
                    .into_iter()
                    .flat_map(|(_, results)| results)
                    .collect();
            }
        }
    }

    /// Whether a batch of this page, which may store so many cookies of each site, can begin beside those
    /// that are under way.
    pub(crate) fn can_begin(
        &self,
        page: &Page,
        cookies: impl FnOnce() -> BTreeMap<String, usize>,
    ) -> bool {
        let is_of_page = |other: &Batch| {
            other.page.origin == page.origin && other.page.permission == page.permission
        };
        // Before another portion, cookies may be forgotten.
        let is_whole = |other: &Batch| other.is_last_portion();
        self.under_way.is_empty()
            || self.under_way.iter().all(is_whole)
                && self.under_way.len() < self.engine.batches_at_a_time()
                && self.under_way.iter().all(is_of_page)
                && fits(&self.stored, &cookies(), self.engine.cookies_per_site())
    }

    /// How far it is to this page.
    pub(crate) fn distance_to(&self, page: &Page) -> Distance {
        let shown = self.session.as_ref().and_then(Session::document);
        shown.map_or(Distance::OtherSite, |shown| {
            shown.distance_to(&self.settings.document(page))
        })
    }

    /// Begins with a batch, and returns its number. Where others are under way it has to be one that
    /// [can begin](Self::can_begin), and store no cookies beforehand.
    pub(crate) async fn begin(&mut self, page: &Page, jobs: Vec<Job>) -> usize {
        let number = self.number;
        self.number += 1;
        let batch = Batch::new(number, page.clone(), jobs);
        if let Err(error) = self.begin_portion(batch).await {
            self.give_up(error).await;
        }
        number
    }

    /// Waits until a batch has ended or, if more are wanted, until there is room for another one. After a
    /// fault all have ended.
    pub(crate) async fn next(&mut self, wants_more: bool) -> Progress {
        if self.fault.is_none() {
            match self.ask(wants_more).await {
                Ok(progress) => return progress,
                Err(error) => self.give_up(error).await,
            }
        }
        let fault = self.fault.take();
        let ended = mem::take(&mut self.under_way).into_iter();
        Progress::Ended(
            ended
                .map(|batch| (batch.number, batch.into_results(fault.as_ref())))
                .collect(),
        )
    }

    /// Ends the session and waits until nothing is left of it.
    pub async fn close(mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }

    pub(crate) async fn discard(&mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
        self.heard = Heard::default();
        self.stored.clear();
    }

    async fn give_up(&mut self, error: BrowserError) {
        self.fault = Some(Arc::new(error));
        self.discard().await;
    }

    /// Begins with the next portion of a batch, which is under way then, whatever happens.
    async fn begin_portion(&mut self, mut batch: Batch) -> Result<(), BrowserError> {
        batch.go_on(self.engine.cookies_per_site());
        self.under_way.push(batch);
        let Some(batch) = self.under_way.last_mut() else {
            return Ok(());
        };
        let session = match &mut self.session {
            Some(session) => session,
            empty => empty.insert(Session::start(self.engine, &self.settings).await?),
        };

        let mut cookies = BTreeMap::new();
        for job in batch.jobs_under_way() {
            add(&mut cookies, &job.cookie_counts);
        }
        if exceeds(&self.stored, &cookies, self.engine.cookies_per_site()) {
            self.engine.forget_cookies(session).await?;
            self.stored.clear();
        }
        add(&mut self.stored, &cookies);
        let document = self.settings.document(&batch.page);
        let local = (self.settings).document(&Page::window(NamedOrigin::app()));
        enter_with_cookies(session, &document, &local, batch.jobs_under_way()).await?;
        if let (Document::Served(origin), true) = (&document, batch.page.is_public()) {
            let permission = Permission::LoopbackNetwork;
            let is_granted = batch.page.permission == Some(permission);
            self.engine
                .permit(session, origin, permission, is_granted)
                .await?;
        }
        // Those that are under way may have to end first.
        let jobs = self.under_way.iter().flat_map(Batch::jobs_under_way);
        let budget = budget_of(jobs, self.settings.batch_budget);
        let Some(batch) = self.under_way.last_mut() else {
            return Ok(());
        };
        batch.end = Instant::now() + budget;
        let beginning = Beginning::new(self.engine, batch.number, batch.jobs_under_way(), budget);
        let text = serde_json::to_string(&beginning)?;
        session.ask_page("begin", text, BEGIN_DEADLINE).await?;
        Ok(())
    }

    /// Asks the page until there is something to tell.
    async fn ask(&mut self, wants_more: bool) -> Result<Progress, BrowserError> {
        loop {
            let Some(session) = &mut self.session else {
                return Err(BrowserError::Page("there is no session".to_owned()));
            };
            let ends = self.under_way.iter().map(|batch| batch.end);
            let deadline = ends
                .max()
                .map(|end| end.saturating_duration_since(Instant::now()));
            let text = json!({ "wantsMore": wants_more }).to_string();
            let reply = session
                .ask_page("next", text, deadline.unwrap_or_default())
                .await?;
            let replies: Vec<(usize, Vec<JobReply>)> = serde_json::from_str(&reply)?;
            if replies.is_empty() {
                return Ok(Progress::Room);
            }
            let mut ended = Vec::new();
            for (number, replies) in replies {
                match self.end_portion(number, replies).await {
                    Ok(batch) => ended.extend(batch),
                    Err(error) if ended.is_empty() => return Err(error),
                    // What ended before the fault has its results; the others are told of it next.
                    Err(error) => {
                        self.give_up(error).await;
                        break;
                    }
                }
            }
            if !ended.is_empty() {
                return Ok(Progress::Ended(ended));
            }
        }
    }

    /// Takes what came of a portion, and goes on with the next one; returns what came of the batch if there
    /// is none.
    async fn end_portion(
        &mut self,
        number: usize,
        replies: Vec<JobReply>,
    ) -> Result<Option<(usize, Vec<JobResult>)>, BrowserError> {
        let index = self
            .under_way
            .iter()
            .position(|batch| batch.number == number);
        let (Some(index), Some(session)) = (index, &self.session) else {
            let message = format!("results of batch {number}, which is not under way");
            return Err(BrowserError::Page(message));
        };
        let batch = &mut self.under_way[index];
        let mut outcomes = batch.take_replies(replies)?;
        self.engine
            .explain(
                session,
                &mut self.heard,
                batch.jobs_under_way(),
                &mut outcomes,
            )
            .await?;
        batch.add_results(outcomes);
        let batch = self.under_way.remove(index);
        if self.under_way.is_empty() {
            self.heard = Heard::default();
        }
        if batch.is_last_portion() {
            return Ok(Some((number, batch.into_results(None))));
        }
        self.begin_portion(batch).await?;
        Ok(None)
    }

    /// The temporary directory of the session.
    #[cfg(test)]
    pub(crate) fn folder(&self) -> Option<&std::path::Path> {
        self.session.as_ref().and_then(Session::folder)
    }
}

/// Shows a document; before that, each origin at which jobs have cookies is visited and sets them. What has to
/// lie between is the local document.
async fn enter_with_cookies(
    session: &mut Session,
    document: &Document,
    local: &Document,
    jobs: &[Job],
) -> Result<(), BrowserError> {
    let mut origins: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for job in jobs {
        for origin in &job.cookie_origins {
            origins.entry(origin).or_default().push(&job.token);
        }
    }
    let stops: Vec<_> = origins.into_iter().collect();
    let mut tours = stops.chunks(cookie_tour::MOST_STOPS).peekable();
    while let Some(tour) = tours.next() {
        let is_last = tours.peek().is_none();
        let destination = match document {
            Document::Served(_) if is_last => document.clone(),
            // Nothing redirects to a file.
            _ => local.clone(),
        };
        session.enter_over(tour, &destination).await?;
    }
    if *document == Document::File && session.document() != Some(document) {
        // Firefox takes a file to be where the document before it was, which may have been a public one.
        session.enter(local).await?;
    }
    session.enter(document).await
}
