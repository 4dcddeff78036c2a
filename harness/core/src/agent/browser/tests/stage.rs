//! A reference server, a browser, and short ways to say what happens between them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::agent::Observation;
use crate::agent::browser::{Browser, Engine, Job, PAGES, Search, Settings};
use crate::case::scenario::{
    Answer, Context, Expectation, Level, Location, Mechanism, Page, Permutation, RequestPlan,
    Scenario, Script, Step, Subject,
};
use crate::server::{Pages, Reference, Session};

/// Where the page of most tests is from.
pub(crate) const APP: &str = "http://app.localhost:18080";
/// The resource of most tests.
pub(crate) const RESOURCE: &str = "http://api.localhost:18080/scenario/resource";

/// A reference server and a browser.
pub(crate) struct Stage {
    pub(crate) reference: Reference,
    pub(crate) browser: Browser,
}

impl Stage {
    /// `None`, and a message, where there is no browser.
    pub(crate) async fn set(engine: Engine) -> Option<Self> {
        Self::with(engine, PAGES, |settings| settings).await
    }

    /// The same with other pages and settings.
    pub(crate) async fn with(
        engine: Engine,
        pages: Pages,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Option<Self> {
        if !is_installed(engine) {
            return None;
        }
        let reference = Reference::start_with(pages).await.unwrap();
        let browser = Browser::start(engine, change(settings(&reference)))
            .await
            .unwrap();
        Some(Self { reference, browser })
    }

    /// Runs permutations in one batch and returns what was observed, in canonical names.
    pub(crate) async fn run(
        &mut self,
        page: &Page,
        permutations: &[Permutation],
    ) -> Vec<Vec<Observation>> {
        let sessions: Vec<Session> = permutations
            .iter()
            .map(|permutation| self.reference.open(permutation))
            .collect();
        self.run_in(page, permutations, &sessions).await
    }

    /// The same in sessions that are open already.
    pub(crate) async fn run_in(
        &mut self,
        page: &Page,
        permutations: &[Permutation],
        sessions: &[Session],
    ) -> Vec<Vec<Observation>> {
        let jobs = permutations
            .iter()
            .zip(sessions)
            .map(|(permutation, session)| {
                let page = page.clone();
                let permutation = Permutation {
                    page,
                    ..permutation.clone()
                };
                job(&permutation, session)
            });
        let results = self.browser.run_batch(page, jobs.collect()).await;
        assert_eq!(results.len(), permutations.len());
        let observed = results.into_iter().zip(sessions).map(|(result, session)| {
            assert_eq!(result.token, session.token());
            result.into_canonical(session.names()).unwrap()
        });
        observed.collect()
    }

    /// Runs one permutation of one step.
    pub(crate) async fn observe(&mut self, permutation: &Permutation) -> Observation {
        let mut observed = self
            .run(&permutation.page, std::slice::from_ref(permutation))
            .await;
        observed.remove(0).remove(0)
    }

    /// Ends both.
    pub(crate) async fn clear(self) {
        self.browser.close().await;
        self.reference.stop().await;
    }
}

/// Whether there is a browser; if not, this test is skipped, but never in continuous integration.
#[expect(
    clippy::print_stderr,
    reason = "a skipped test must not look like one that passed"
)]
pub(crate) fn is_installed(engine: Engine) -> bool {
    match engine.locate(&Search::from_environment()) {
        Ok(_) => true,
        Err(missing) => {
            assert!(std::env::var_os("CI").is_none(), "{missing}");
            eprintln!("skipped: {missing}");
            false
        }
    }
}

pub(crate) fn settings(reference: &Reference) -> Settings {
    let mut settings = Settings::new(*reference.ports());
    settings.trusted_keys = vec![reference.certificates().public_key_digest().to_owned()];
    settings
}

pub(crate) fn job(permutation: &Permutation, session: &Session) -> Job {
    let names = session.names();
    Job::from_permutation(
        permutation,
        &|text| names.to_real_text(text),
        session.token(),
    )
}

/// The page at this named origin.
pub(crate) fn page(name: &str) -> Page {
    Page::window(name.parse().unwrap())
}

/// The sandboxed frame.
pub(crate) fn sandboxed() -> Page {
    page("app").inside(Context::Sandboxed)
}

/// What a page at `app` does in one step.
pub(crate) fn permutation(request: RequestPlan, server: Script) -> Permutation {
    let step = step(request, server);
    steps(vec![step])
}

/// What a page at `app` does.
pub(crate) fn steps(steps: Vec<Step>) -> Permutation {
    let location = Location {
        file: Arc::new(PathBuf::from("test.yaml")),
        line: 1,
        column: 1,
    };
    let scenario = Scenario {
        id: "area/topic/scenario".to_owned(),
        title: "A scenario".to_owned(),
        why: None,
        subject: Subject::UserAgent,
        level: Level::Must,
        covers: Vec::new(),
        tags: Vec::new(),
        only: None,
        location,
    };
    Permutation {
        id: scenario.id.clone(),
        scenario: Arc::new(scenario),
        axes: Vec::new(),
        policy: None,
        page: page("app"),
        cookies: Vec::new(),
        steps,
    }
}

pub(crate) fn step(request: RequestPlan, server: Script) -> Step {
    Step {
        page: None,
        wait: Duration::ZERO,
        request,
        server,
        expect: Expectation::default(),
    }
}

/// `fetch(RESOURCE)`.
pub(crate) fn get() -> RequestPlan {
    RequestPlan::get(RESOURCE)
}

/// The same with this method and the header `x-probe`, so that there is a preflight.
pub(crate) fn preflighted(method: &str) -> RequestPlan {
    let headers = vec![("x-probe".to_owned(), b"1".to_vec())];
    RequestPlan {
        method: method.to_owned(),
        headers,
        ..get()
    }
}

pub(crate) fn xhr(request: RequestPlan) -> RequestPlan {
    RequestPlan {
        via: Mechanism::Xhr,
        ..request
    }
}

/// An answer with the body `ok`.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)]) -> Answer {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
        .collect();
    Answer {
        status,
        headers,
        body: b"ok".to_vec(),
        ..Answer::default()
    }
}

/// A script without redirects.
pub(crate) fn script(preflight: Answer, response: Answer) -> Script {
    Script {
        preflight,
        response,
        ..Script::default()
    }
}

/// A script that answers simple requests.
pub(crate) fn responds(headers: &[(&str, &str)]) -> Script {
    script(answer(204, &[]), answer(200, headers))
}

/// A script whose preflight allows everything that tests ask for, and whose response is this.
pub(crate) fn allows(response: Answer) -> Script {
    script(answer(204, &PERMISSIVE), response)
}

pub(crate) const PERMISSIVE: [(&str, &str); 3] = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "PUT"),
    ("Access-Control-Allow-Headers", "x-probe"),
];
