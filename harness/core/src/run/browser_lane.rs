//! The lane of a browser.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::batches::pieces;
use super::grounds::Turn;
use super::lane::{Lane, Report};
use super::outcome::{Played, decided, undecided};
use super::pieces::{Numbered, Piece, Pieces};
use super::remote::Begun;
use super::result::{AgentInfo, CaseResult};
use crate::agent::browser::{
    Browser, BrowserError, Distance, Endpoint, Engine, Job, JobResult, Progress, Settings,
    add_cookies, cookie_counts,
};
use crate::case::scenario::{PageOrigin, Permutation};
use crate::server::Session;
use crate::verdict::Status;

/// How long is waited before a session that did not begin is asked for again.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(2)];

/// After so many faults in a row, with no result between them, a worker is of no use: far more than
/// hang one after the other, and few enough to come to an end.
const FAULTS_IN_A_ROW: u32 = 20;

/// How long a session that is still being asked for may take to come when nobody needs it any more. At a
/// remote end one that comes later would keep its slot until the end notices.
const FAREWELL: Duration = Duration::from_secs(5);

/// How the sessions of a lane are had.
pub(super) struct Sessions {
    pub(super) engine: Engine,
    /// Sessions that stand already.
    pub(super) begun: Vec<Begun>,
    /// How to have one, by endpoint: sessions are asked for in turn.
    pub(super) endpoints: Vec<Settings>,
    /// How many there are to be at most.
    pub(super) number: usize,
}

/// Runs permutations in several sessions of a browser, many at a time in one page.
pub(super) async fn run(lane: Lane, sessions: Sessions, work: Vec<Numbered>) {
    let engine = sessions.engine;
    lane.tell(Report::Starting(engine.name()));
    let work: Vec<_> = work
        .into_iter()
        .filter(|(index, permutation)| {
            let not_run = lane.not_run(permutation, engine.name());
            not_run
                .or_else(|| not_there(permutation, engine, &sessions.endpoints))
                .map(|not_run| lane.finish(*index, not_run))
                .is_none()
        })
        .collect();
    let wanted = sessions.number.max(sessions.endpoints.len());
    let pieces = pieces(work);
    let number = wanted.clamp(1, pieces.len().max(1));
    let shared = Arc::new(Shared {
        lane,
        engine,
        endpoints: sessions.endpoints,
        pieces: Pieces::new(pieces),
        info: Mutex::new(None),
    });
    let mut workers = JoinSet::new();
    let mut begun = sessions.begun.into_iter();
    for number in 0..number {
        let worker = Worker::new(Arc::clone(&shared), number, begun.next());
        workers.spawn(worker.run());
    }
    for spare in begun {
        spare.browser.close().await;
    }
    let mut fault = None;
    while let Some(ended) = workers.join_next().await {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(message)) => fault = Some(message),
            // A panic of a worker is a bug of the harness, and must not look like a verdict.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
    // The sessions that there were have done the share of those that there were not; what nobody was
    // there for is undecided.
    if let Some(fault) = fault.filter(|_| !shared.lane.is_stopped()) {
        for piece in shared.pieces.drain() {
            for (index, permutation) in &piece.batch {
                let message = Some(fault.clone());
                let result = CaseResult {
                    attempts: piece.attempt - 1,
                    ..undecided(permutation, engine.name(), Status::Infra, message)
                };
                shared.lane.finish(*index, result);
            }
        }
    }
}

/// The result of a permutation whose page is a file, where the browsers may be on another machine.
fn not_there(
    permutation: &Arc<Permutation>,
    engine: Engine,
    endpoints: &[Settings],
) -> Option<CaseResult> {
    let is_remote = |settings: &Settings| matches!(settings.endpoint, Endpoint::Remote(_));
    let is_there = permutation.page.origin != PageOrigin::File || !endpoints.iter().any(is_remote);
    let reason = "its page is a file, which the machine of a remote browser does not have";
    (!is_there).then(|| {
        undecided(
            permutation,
            engine.name(),
            Status::Skip,
            Some(reason.to_owned()),
        )
    })
}

/// What the workers of a lane share.
struct Shared {
    lane: Lane,
    engine: Engine,
    endpoints: Vec<Settings>,
    pieces: Pieces,
    /// The browser, once there is a session.
    info: Mutex<Option<AgentInfo>>,
}

impl Shared {
    /// The browser that this lane is of, after another session of it has begun.
    ///
    /// # Errors
    ///
    /// It is of another version than the sessions before: results are of one version.
    fn introduce(&self, browser: &Browser) -> Result<AgentInfo, String> {
        let mut known = self.info.lock().unwrap_or_else(PoisonError::into_inner);
        let new = AgentInfo {
            name: browser.info().name.clone(),
            version: browser.info().version.clone(),
        };
        match &*known {
            Some(info) if *info == new => {}
            Some(info) => {
                return Err(format!(
                    "a session is of {} {}, and the others of {}: results are of one version",
                    info.name, new.version, info.version
                ));
            }
            None => {
                self.lane.tell(Report::Ready(new.clone()));
                *known = Some(new.clone());
            }
        }
        Ok(new)
    }
}

/// Keeps one session, and replaces it after a fault.
struct Worker {
    shared: Arc<Shared>,
    /// Where the next session is asked for.
    endpoint: usize,
    session: Option<(Browser, AgentInfo)>,
    begun: Option<Browser>,
    under_way: Vec<UnderWay>,
    faults_in_a_row: u32,
}

/// A piece that a browser is at.
struct UnderWay {
    /// The number of its batch.
    number: usize,
    piece: Piece,
    turn: Turn,
    /// Those that are asked, each with a session of the server of its own.
    batch: Vec<(Numbered, Session)>,
    since: Instant,
}

impl Worker {
    fn new(shared: Arc<Shared>, number: usize, begun: Option<Begun>) -> Self {
        Self {
            shared,
            endpoint: number,
            session: None,
            begun: begun.map(|begun| begun.browser),
            under_way: Vec::new(),
            faults_in_a_row: 0,
        }
    }

    /// Does what there is to do, beside the other workers.
    ///
    /// # Errors
    ///
    /// Why this worker gave up, leaving what there is to the others.
    async fn run(mut self) -> Result<(), String> {
        let ended = self.work().await;
        if let Some((browser, _)) = self.session {
            browser.close().await;
        }
        ended
    }

    async fn work(&mut self) -> Result<(), String> {
        let shared = Arc::clone(&self.shared);
        loop {
            if shared.lane.is_stopped() {
                // Who waits for what may be brought back has nothing to wait for.
                shared.pieces.drain();
            }
            // A session first: what was not tried must not count as tried.
            if self.session.is_none() && !self.start().await? {
                return Ok(());
            }
            if self.under_way.is_empty() {
                let distance = |piece: &Piece| self.distance_to(piece);
                let Some(piece) = shared.pieces.take(distance).await else {
                    return Ok(());
                };
                let turn = shared.lane.grounds.turn(&piece.permutations()).await;
                self.begin(piece, turn).await;
            }
            let fault = self.go_on().await;
            self.take_stock(fault.is_some()).await;
            if self.faults_in_a_row == FAULTS_IN_A_ROW {
                let last = fault.unwrap_or_default();
                return Err(format!(
                    "given up after {FAULTS_IN_A_ROW} faults in a row, the last one: {last}"
                ));
            }
        }
    }

    /// Waits for what is under way, and begins with more beside it meanwhile. Returns why something was
    /// handed back, if anything was.
    async fn go_on(&mut self) -> Option<String> {
        let shared = Arc::clone(&self.shared);
        let mut fault = None;
        // Nobody is to wait for a turn, or for what was handed back, because more and more begins here.
        let mut goes_on = true;
        while !self.under_way.is_empty() {
            let is_alone = !self.under_way.iter().all(|it| it.piece.is_sociable());
            goes_on = goes_on && !is_alone && fault.is_none() && !shared.lane.is_stopped();
            let (browser, _) = self.session.as_mut()?;
            let wants_more = goes_on && shared.pieces.is_there(|piece| can_begin(browser, piece));
            match browser.next(wants_more).await {
                Progress::Ended(batches) => {
                    for (number, results) in batches {
                        let handed_back = self.end(number, results).await;
                        fault = fault.or(handed_back);
                    }
                }
                Progress::Room => {
                    let suits = |piece: &Piece| can_begin(browser, piece);
                    let Some(piece) = shared.pieces.take_beside(suits) else {
                        continue;
                    };
                    match shared.lane.grounds.turn_at_once(&piece.permutations()) {
                        Some(turn) => self.begin(piece, turn).await,
                        None => {
                            shared.pieces.finish(vec![piece]);
                            goes_on = false;
                        }
                    }
                }
            }
        }
        fault
    }

    /// How far the session is from the page of a piece.
    fn distance_to(&self, piece: &Piece) -> Option<Distance> {
        let (browser, _) = self.session.as_ref()?;
        Some(browser.distance_to(&piece.batch[0].1.page))
    }

    /// Begins with a piece.
    async fn begin(&mut self, piece: Piece, turn: Turn) {
        let shared = Arc::clone(&self.shared);
        let Some((browser, info)) = &mut self.session else {
            shared.pieces.finish(vec![piece]);
            return;
        };
        let lane = &shared.lane;
        // The server under test may have ended for good since the lane began.
        let is_asked = |(index, permutation): &&Numbered| {
            let reason = lane.grounds.reason_not_to_ask(permutation);
            let is_asked = reason.is_none();
            if let Some((status, reason)) = reason {
                let result = undecided(permutation, &info.name, status, Some(reason));
                lane.finish(*index, result);
            }
            is_asked
        };
        let asked: Vec<Numbered> = piece.batch.iter().filter(is_asked).cloned().collect();
        let batch: Vec<(Numbered, Session)> = asked
            .into_iter()
            .map(|numbered| {
                let session = lane.grounds.open(&numbered.1);
                (numbered, session)
            })
            .collect();
        let Some(((_, first), _)) = batch.first() else {
            shared.pieces.finish(Vec::new());
            return;
        };
        let jobs = batch.iter().map(|((_, permutation), session)| {
            let to_real = |text: &str| session.names().to_real_text(text);
            Job::from_permutation(permutation, &to_real, session.token())
        });
        let since = Instant::now();
        let number = browser.begin(&first.page, jobs.collect()).await;
        self.under_way.push(UnderWay {
            number,
            piece,
            turn,
            batch,
            since,
        });
    }

    /// Tells the results of a piece, and hands back what has none and is to be tried again. Returns why, if
    /// there is any.
    async fn end(&mut self, number: usize, results: Vec<JobResult>) -> Option<String> {
        let index = self.under_way.iter().position(|it| it.number == number)?;
        let ended = self.under_way.remove(index);
        let (browser, info) = self.session.as_ref()?;
        if browser.has_session() {
            self.faults_in_a_row = 0;
        }
        let again = ended.tell(&self.shared.lane, info, results).await;
        let fault = again.first().and_then(|piece| piece.fault.clone());
        self.shared.pieces.finish(again);
        fault
    }

    /// Gives up a session that is lost, and counts.
    async fn take_stock(&mut self, was_handed_back: bool) {
        let is_lost = match &self.session {
            Some((browser, _)) => !browser.has_session(),
            None => true,
        };
        if !is_lost {
            self.faults_in_a_row = 0;
            return;
        }
        self.faults_in_a_row += 1;
        if was_handed_back {
            // The same endpoint may be the cause.
            self.endpoint += 1;
        }
        if let Some((browser, _)) = self.session.take() {
            browser.close().await;
        }
    }

    /// Starts a session; `false` if there is nothing left to do with it.
    ///
    /// # Errors
    ///
    /// None can be had, at none of the endpoints.
    async fn start(&mut self) -> Result<bool, String> {
        let shared = Arc::clone(&self.shared);
        let started = {
            let mut starting = pin!(self.try_to_start());
            tokio::select! {
                biased;
                () = shared.pieces.done() => {
                    // A driver of this machine ends when it is dropped.
                    let patience = match shared.endpoints[0].endpoint {
                        Endpoint::Local(_) => Duration::ZERO,
                        Endpoint::Remote(_) => FAREWELL,
                    };
                    if let Ok(Ok(browser)) = timeout(patience, starting).await {
                        browser.close().await;
                    }
                    return Ok(false);
                }
                started = &mut starting => started,
            }
        };
        let browser = started.map_err(|error| error.to_string())?;
        match shared.introduce(&browser) {
            Ok(info) => {
                self.session = Some((browser, info));
                Ok(true)
            }
            Err(message) => {
                browser.close().await;
                Err(message)
            }
        }
    }

    async fn try_to_start(&mut self) -> Result<Browser, BrowserError> {
        if let Some(browser) = self.begun.take() {
            return Ok(browser);
        }
        let shared = Arc::clone(&self.shared);
        let mut pauses = PAUSES.into_iter();
        loop {
            let settings = &shared.endpoints[self.endpoint % shared.endpoints.len()];
            match Browser::start(shared.engine, settings.clone()).await {
                Ok(browser) => return Ok(browser),
                Err(error @ BrowserError::Missing(_)) => return Err(error),
                Err(error) => {
                    self.endpoint += 1;
                    match pauses.next() {
                        Some(pause) => sleep(pause).await,
                        None => return Err(error),
                    }
                }
            }
        }
    }
}

/// Whether a browser can begin with a piece beside what is under way in it.
fn can_begin(browser: &Browser, piece: &Piece) -> bool {
    let (_, first) = &piece.batch[0];
    let cookies = || {
        let mut counts = BTreeMap::new();
        for (_, permutation) in &piece.batch {
            add_cookies(&mut counts, &cookie_counts(permutation));
        }
        counts
    };
    piece.is_sociable() && first.cookies.is_empty() && browser.can_begin(&first.page, cookies)
}

impl UnderWay {
    /// Tells the results; returns what has none and is to be tried again.
    async fn tell(self, lane: &Lane, info: &AgentInfo, results: Vec<JobResult>) -> Vec<Piece> {
        let Self {
            piece, turn, batch, ..
        } = self;
        // A batch runs at once, so that each permutation has an equal share of its time.
        let share = self.since.elapsed() / u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let (mut together, mut again) = (Vec::new(), Vec::new());
        let mut together_fault = String::new();
        for ((numbered, session), result) in batch.into_iter().zip(results) {
            let (index, permutation) = &numbered;
            let faults = session.faults();
            if lane.grounds.has_ended(permutation, &turn, &faults).await
                && !(turn.is_alone() || piece.is_last)
            {
                again.push(piece.alone(numbered, "the server under test ended"));
                continue;
            }
            let error = match result.into_canonical(session.names()) {
                Ok(observations) => {
                    let played = Played {
                        observations,
                        transcript: session.transcript(),
                        faults,
                        duration: share,
                        attempts: piece.attempt,
                        fault: piece.fault.clone(),
                    };
                    let target = lane.grounds.target();
                    let result = decided(permutation, info, &lane.known, target, played);
                    lane.finish(*index, result);
                    continue;
                }
                Err(error) => error,
            };
            let fault = error.to_string();
            if piece.is_last {
                let result = CaseResult {
                    attempts: piece.attempt,
                    ..undecided(permutation, &info.name, Status::Infra, Some(fault))
                };
                lane.finish(*index, result);
            } else if piece.attempt == 1 && piece.batch.len() > 1 && error.lost_session() {
                together.push(numbered);
                together_fault = fault;
            } else {
                again.push(piece.alone(numbered, &fault));
            }
        }
        if !together.is_empty() {
            again.push(piece.again(together, &together_fault));
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::agent::browser::WebDriverUrl;
    use crate::case::Suite;
    use crate::server::Reference;

    #[rstest]
    #[case("page: file", true, false)]
    #[case("page: app", true, true)]
    #[case("page: file", false, true)]
    #[tokio::test]
    async fn a_page_from_a_file_is_where_the_browser_is_of_this_machine(
        #[case] page: &str,
        #[case] is_remote: bool,
        #[case] is_run: bool,
    ) {
        let scenario = format!(
            "{{ title: T, about: user-agent, scenarios: [{{ id: one, title: One, {page}, \
             covers: [origin-file], expect: {{ outcome: allow }} }}] }}"
        );
        let suite = Suite::from_files([("area/topic.yaml", scenario.as_str())]).unwrap();
        let reference = Reference::start().await.unwrap();
        let mut settings = Settings::new(*reference.ports());
        if is_remote {
            let url: WebDriverUrl = "http://127.0.0.1:4444".parse().unwrap();
            settings.endpoint = Endpoint::Remote(url);
        }
        let result = not_there(&suite.permutations[0], Engine::Chromium, &[settings]);
        assert_eq!(result.is_none(), is_run);
        if let Some(result) = result {
            assert_eq!(result.status, Status::Skip);
            assert!(result.message.unwrap().contains("remote"));
        }
    }
}
