//! The suite around one server.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tokio::net::TcpListener;
use tower_service::Service;

use super::policy::Configured;
use super::service::Served;
use super::{describe, is_wanted, snapshots};
use crate::agent::wire::public_tls;
use crate::case::scenario::{Permutation, Surface};
use crate::case::{KnownDeviations, LoadError, Suite as Cases};
use crate::run::{AgentName, Agents, CaseResult, Options, run};
use crate::server::{Target, Upstream, required_surface, upstream_of};
use crate::verdict::Status;

/// Every permutation that asks a server with one policy, as tests of the crate that has this in its
/// `main`.
#[derive(Debug)]
pub struct Suite {
    policy: Configured,
    server: Option<Server>,
    name: Option<String>,
    version: Option<String>,
    surface: BTreeSet<Surface>,
    paths: BTreeMap<Surface, String>,
    headers: Vec<(String, String)>,
    cases: Option<PathBuf>,
    known: Option<PathBuf>,
    snapshots: Option<PathBuf>,
}

#[derive(Debug)]
enum Server {
    Service(Served),
    Url(String),
}

impl Suite {
    /// The scenarios of a policy: a name as in [`cases/policies`], or a [`Policy`](super::Policy) that
    /// allows the same as one of them.
    ///
    /// [`cases/policies`]: crate::case::Policies
    #[must_use]
    pub fn new(policy: impl Into<Configured>) -> Self {
        Self {
            policy: policy.into(),
            server: None,
            name: None,
            version: None,
            surface: required_surface(),
            paths: BTreeMap::new(),
            headers: Vec::new(),
            cases: None,
            known: None,
            snapshots: None,
        }
    }

    /// Puts a service under test, such as a `Router` of axum. It is served on a port of this machine,
    /// in this process; its origins have the ports that cases write: `http://app.localhost:18080`.
    #[must_use]
    pub fn service<S, B>(self, service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let server = Some(Server::Service(Served::new(service)));
        Self { server, ..self }
    }

    /// Puts a server under test that runs already.
    #[must_use]
    pub fn url(self, url: impl Into<String>) -> Self {
        let server = Some(Server::Url(url.into()));
        Self { server, ..self }
    }

    /// Names the server, for messages and for the file of known deviations.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        let name = Some(name.into());
        Self { name, ..self }
    }

    /// Says which version the server has, for known deviations of some versions.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        let version = Some(version.into());
        Self { version, ..self }
    }

    /// Says where a path is that is not at its usual place: `(Surface::Resource, "/v1/things")` instead
    /// of `/resource`. What has a path is offered.
    #[must_use]
    pub fn path(mut self, surface: Surface, path: impl Into<String>) -> Self {
        self.surface.insert(surface);
        self.paths.insert(surface, path.into());
        self
    }

    /// Says what is offered beyond `/resource`, `/failing` and what is nowhere. The tests of what is
    /// not offered are ignored, with the reason.
    #[must_use]
    pub fn surface(mut self, offered: impl IntoIterator<Item = Surface>) -> Self {
        self.surface.extend(offered);
        self
    }

    /// Adds a header to every request, for deployments that want a key. No message shows it.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Takes the scenarios from a folder, `<area>/<topic>.yaml`, instead of those that are built in.
    #[must_use]
    pub fn cases(self, folder: impl Into<PathBuf>) -> Self {
        let cases = Some(folder.into());
        Self { cases, ..self }
    }

    /// Reads known deviations from a file: those tests have to fail, and one that passes fails.
    #[must_use]
    pub fn known(self, file: impl Into<PathBuf>) -> Self {
        let known = Some(file.into());
        Self { known, ..self }
    }

    /// Keeps the server's own exchanges in a folder, so that whatever changes in them shows, right or
    /// wrong; `cargo insta review` accepts a change.
    #[must_use]
    pub fn snapshots(self, folder: impl Into<PathBuf>) -> Self {
        let snapshots = Some(folder.into());
        Self { snapshots, ..self }
    }

    /// Runs the tests that the arguments of the process select, and says what came of them.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let arguments = Arguments::from_args();
        match self.trials(&arguments) {
            Ok((trials, warnings)) => {
                let conclusion = libtest_mimic::run(&arguments, trials);
                if !warnings.is_empty() {
                    say(&format!("what should be otherwise, or may:\n{warnings}"));
                }
                conclusion.exit_code()
            }
            Err(message) => {
                say(&format!("error: {message}"));
                ExitCode::FAILURE
            }
        }
    }

    /// The tests, and what is to be said of those that pass all the same.
    fn trials(self, arguments: &Arguments) -> Result<(Vec<Trial>, String), String> {
        let cases = match &self.cases {
            None => Cases::embedded(),
            Some(folder) => Cases::from_dir(folder),
        };
        let cases = Arc::new(cases.map_err(|error| in_full(&error))?);
        let policy = self.policy.find(&cases)?;
        let name = self.called();
        let known = match &self.known {
            None => KnownDeviations::default(),
            Some(file) => {
                KnownDeviations::of_target(file, &name, &cases).map_err(|error| in_full(&error))?
            }
        };
        let permutations: Vec<Arc<Permutation>> = cases
            .permutations
            .iter()
            .filter(|it| {
                it.policy
                    .as_ref()
                    .is_some_and(|own| own.name == policy.name)
            })
            .cloned()
            .collect();
        if permutations.is_empty() {
            return Err(format!(
                "no scenario asks a server with the policy `{}`",
                policy.name
            ));
        }
        let folder = self.snapshots.as_deref().map(snapshots::absolute);
        let wanted: Vec<_> = permutations
            .iter()
            .filter(|permutation| is_wanted(arguments, &permutation.id))
            .cloned()
            .collect();
        let results = if arguments.list || wanted.is_empty() {
            HashMap::new()
        } else {
            self.play(&cases, wanted, &known, &policy.name)?
        };
        let warnings = warnings(&permutations, &results);
        let results = Arc::new(Mutex::new(results));
        let mut trials = Vec::with_capacity(permutations.len() + 1);
        for permutation in permutations {
            let (results, folder) = (Arc::clone(&results), folder.clone());
            let id = permutation.id.clone();
            trials.push(Trial::ignorable_test(id.clone(), move || {
                let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                let result = results.remove(&id);
                drop(results);
                let result = result.ok_or_else(|| Failed::from("it was not run"))?;
                if let Some(reason) = conclude(&result)? {
                    return Ok(Completion::ignored_with(reason));
                }
                if let Some(folder) = &folder {
                    snapshots::hold(folder, &result)?;
                }
                Ok(Completion::Completed)
            }));
        }
        if let Some(folder) = folder {
            let name = "snapshots belong to a permutation each";
            trials.push(Trial::test(name, move || {
                snapshots::all_belong(&folder, &cases)
            }));
        }
        Ok((trials, warnings))
    }

    fn called(&self) -> String {
        match (&self.name, &self.server) {
            (Some(name), _) => name.clone(),
            (None, Some(Server::Url(url))) => url.clone(),
            (None, _) => "service".to_owned(),
        }
    }

    /// What came of the permutations, by id.
    fn play(
        self,
        cases: &Cases,
        selected: Vec<Arc<Permutation>>,
        known: &KnownDeviations,
        policy: &str,
    ) -> Result<HashMap<String, CaseResult>, String> {
        if let Some((_, path)) = self.paths.iter().find(|(_, path)| !path.starts_with('/')) {
            return Err(format!("a path begins with `/`, and `{path}` does not"));
        }
        // On a thread of its own, since `main` may be within a runtime already.
        let playing = std::thread::scope(|scope| {
            let playing = scope.spawn(|| self.play_here(cases, selected, known, policy));
            playing.join()
        });
        playing.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn play_here(
        mut self,
        cases: &Cases,
        selected: Vec<Arc<Permutation>>,
        known: &KnownDeviations,
        policy: &str,
    ) -> Result<HashMap<String, CaseResult>, String> {
        let name = self.called();
        let server = self.server.take().ok_or(
            "there is nothing to ask: `.service(…)` takes a service of tower, `.url(…)` a server that runs",
        )?;
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        let played = runtime.block_on(async {
            let upstream = match server {
                Server::Url(url) => {
                    upstream_of(&url, public_tls).map_err(|error| error.to_string())?
                }
                Server::Service(served) => {
                    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
                    let listener = listener.map_err(|error| error.to_string())?;
                    let address = listener.local_addr().map_err(|error| error.to_string())?;
                    tokio::spawn(served.serve(listener));
                    Upstream::local(address.port())
                }
            };
            let upstream = Upstream {
                paths: self.paths,
                headers: self.headers,
                ..upstream
            };
            let mut target = Target::running(&name, upstream, policy, self.surface);
            target.version = self.version;
            let options = Options {
                agents: Agents::Named(vec![AgentName::Wire]),
                target,
                ..Options::default()
            };
            run(cases, selected, known, &options, &mut |_| {})
                .await
                .map_err(|error| format!("{error}\nhint: {}", error.hint()))
        });
        // Connections that nobody closes must not keep anybody waiting.
        runtime.shutdown_background();
        let by_id = |result: CaseResult| (result.permutation.id.clone(), result);
        Ok(played?.results.into_iter().map(by_id).collect())
    }
}

/// Why a test is ignored, if it is.
fn conclude(result: &CaseResult) -> Result<Option<String>, Failed> {
    match result.status {
        Status::Skip => Ok(Some(result.message.clone().unwrap_or_default())),
        Status::Fail | Status::Fixed | Status::Infra => Err(describe(result).into()),
        Status::Pass | Status::Warn | Status::Note | Status::Known | Status::Flaky => Ok(None),
    }
}

/// A line for each test that passes though something should, or may, be otherwise.
fn warnings(permutations: &[Arc<Permutation>], results: &HashMap<String, CaseResult>) -> String {
    let mut text = String::new();
    let results = permutations.iter().filter_map(|it| results.get(&it.id));
    for result in results.filter(|it| matches!(it.status, Status::Warn | Status::Note)) {
        let findings = result.judgement.iter().flat_map(|it| &it.findings);
        for finding in findings {
            text.push_str(&format!(
                "{} {}: {}: expected {}, got {}\n",
                result.status,
                result.permutation.id,
                finding.subject,
                finding.expected,
                finding.actual
            ));
        }
    }
    text
}

/// Every fault with its place.
fn in_full(error: &LoadError) -> String {
    format!(
        "what the tests are made of is wrong\n{}",
        error.render(false)
    )
}

#[expect(clippy::print_stderr, reason = "this is what a test program says")]
fn say(text: &str) {
    eprintln!("{}", text.trim_end());
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::{Ready, ready};
    use std::task::{Context, Poll};

    use libtest_mimic::Conclusion;

    use super::*;

    /// A service that has not heard of CORS.
    #[derive(Clone)]
    struct Deaf;

    impl Service<Request<Incoming>> for Deaf {
        type Response = Response<String>;
        type Error = Infallible;
        type Future = Ready<Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<Incoming>) -> Self::Future {
            ready(Ok(Response::new("resource".to_owned())))
        }
    }

    /// The permutations of one scenario that only answers with the right header pass.
    const SCENARIO: &str = "server/actual/static";

    fn arguments() -> Arguments {
        Arguments {
            filter: Some(format!("{SCENARIO}[")),
            quiet: true,
            ..Arguments::default()
        }
    }

    fn run(suite: Suite) -> Conclusion {
        let (trials, _) = suite.trials(&arguments()).unwrap();
        libtest_mimic::run(&arguments(), trials)
    }

    fn known(of: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let entry = format!(
            "[{{ id: {of}, reason: Why, link: \"https://bugs.example/1\", review: 2030-01-01 }}]"
        );
        std::fs::write(file.path(), entry).unwrap();
        file
    }

    #[test]
    fn every_permutation_of_the_policy_is_a_test_and_no_other() {
        let list = Arguments {
            list: true,
            ..Arguments::default()
        };
        let (trials, _) = Suite::new("static").service(Deaf).trials(&list).unwrap();
        let cases = Cases::embedded().unwrap();
        let of_policy = |it: &&Arc<Permutation>| {
            let policy = it.policy.as_ref();
            policy.is_some_and(|policy| policy.name == "static")
        };
        let ids: Vec<&str> = (cases.permutations.iter().filter(of_policy))
            .map(|it| it.id.as_str())
            .collect();
        let names: Vec<&str> = trials.iter().map(Trial::name).collect();
        assert!(ids.iter().any(|id| id.starts_with(SCENARIO)));
        assert_eq!(names, ids);
    }

    #[test]
    fn what_is_wrong_fails_and_what_is_known_does_not() {
        let conclusion = run(Suite::new("static").service(Deaf));
        assert!(conclusion.num_failed > 0 && conclusion.num_passed == 0);
        let file = known(SCENARIO);
        let known = run(Suite::new("static").service(Deaf).known(file.path()));
        assert_eq!(known.num_failed, 0);
        assert_eq!(known.num_passed, conclusion.num_failed);
    }

    #[test]
    fn what_cannot_be_asked_is_said_at_once() {
        let message = |suite: Suite| suite.trials(&arguments()).err().unwrap_or_default();
        let nothing = message(Suite::new("static"));
        assert!(nothing.starts_with("there is nothing to ask"), "{nothing}");
        let suite = Suite::new("static").service(Deaf);
        let path = message(suite.path(Surface::Resource, "v1"));
        assert_eq!(path, "a path begins with `/`, and `v1` does not");
        let file = known("server/actual/no-such");
        let known = message(Suite::new("static").service(Deaf).known(file.path()));
        assert!(known.contains("matches no permutation"), "{known}");
        let url = message(Suite::new("static").url("ftp://localhost"));
        assert_eq!(url, "`ftp://localhost` is no URL of http or https");
    }
}
