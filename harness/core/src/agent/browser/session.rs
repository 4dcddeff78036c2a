//! One session: a window that goes from page to page, and every call with a deadline.

use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::wd::{TimeoutConfiguration, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use tokio::time::timeout;

use super::document::{self, Document};
use super::driver::Driver;
use super::engine::{Deadlines, Engine};
use super::error::{BrowserError, LastWords};
use super::info::BrowserInfo;
use super::settings::{Endpoint, Settings};
use crate::case::scenario::Permission;
use crate::process::refuse_memory;
use crate::server::cookie_tour;

/// How much longer the driver waits than the page should need, and we than the driver.
const GRACE: Duration = Duration::from_secs(3);

/// A session of a browser.
#[derive(Debug)]
pub(crate) struct Session {
    engine: Engine,
    deadlines: Deadlines,
    client: Client,
    /// Absent at a remote end.
    driver: Option<Driver>,
    info: BrowserInfo,
    /// What its window shows. A window for each document would cost a browser more than twice the time of a
    /// navigation.
    document: Option<Document>,
    /// The script timeout that the driver has been told.
    script_timeout: Duration,
}

impl Session {
    /// Starts a driver where there is none yet, and a session.
    pub(crate) async fn start(engine: Engine, settings: &Settings) -> Result<Self, BrowserError> {
        let started = Self::try_to_start(engine, settings).await;
        if started.is_err() {
            refuse_memory();
        }
        started
    }

    async fn try_to_start(engine: Engine, settings: &Settings) -> Result<Self, BrowserError> {
        let deadlines = settings.deadlines(engine.deadlines());
        let (driver, url) = match &settings.endpoint {
            Endpoint::Local(search) => {
                let driver = Driver::start(engine, engine.locate(search)?).await?;
                let url = driver.url();
                (Some(driver), url)
            }
            Endpoint::Remote(url) => (None, url.base().to_owned()),
        };

        let installation = driver.as_ref().map(Driver::installation);
        let mut capabilities = engine.capabilities(installation, settings);
        let script_timeout = settings.batch_budget + GRACE;
        capabilities.insert(
            "timeouts".to_owned(),
            serde_json::json!({
                "script": milliseconds(script_timeout),
                "pageLoad": milliseconds(deadlines.page),
            }),
        );
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let mut builder = ClientBuilder::new(connector);
        let connecting = builder.capabilities(capabilities).connect(&url);
        let connected = tokio::select! {
            connected = timeout(deadlines.session, connecting) => connected,
            error = ended(driver.as_ref()) => return Err(error),
        };
        let client = match connected {
            Ok(Ok(client)) => client,
            Ok(Err(source)) => {
                let output = last_words(driver.as_ref());
                return Err(BrowserError::SessionRefused { source, output });
            }
            Err(_) => {
                let output = last_words(driver.as_ref());
                let what = "start a session";
                let after = deadlines.session;
                return Err(BrowserError::Deadline {
                    engine: engine.name(),
                    what,
                    after,
                    output,
                });
            }
        };
        let info = BrowserInfo::of_session(engine, &client);
        let session = Self {
            engine,
            deadlines,
            client,
            driver,
            info,
            document: None,
            script_timeout,
        };
        engine.prepare(&session).await?;
        Ok(session)
    }

    /// What is running.
    pub(crate) const fn info(&self) -> &BrowserInfo {
        &self.info
    }

    /// Shows a document. What the window showed before is gone, with whatever is under way in it.
    pub(crate) async fn enter(&mut self, document: &Document) -> Result<(), BrowserError> {
        if self.document() == Some(document) {
            return Ok(());
        }
        let url = self.url_of(document)?;
        self.load(url, document).await
    }

    /// The same, also where the window shows it already; before that each of these origins sets the cookies of
    /// the sessions with these tokens.
    pub(crate) async fn enter_over(
        &mut self,
        stops: &[(&str, Vec<&str>)],
        document: &Document,
    ) -> Result<(), BrowserError> {
        let url = cookie_tour::url(stops, &self.url_of(document)?);
        self.load(url, document).await
    }

    /// Loads a URL that leads to a document.
    async fn load(&mut self, url: String, document: &Document) -> Result<(), BrowserError> {
        self.document = None;
        let loading = self.client.goto(&url);
        self.call("load a page", self.deadlines().page + GRACE, loading)
            .await?;
        // Some failed navigations are reported as successes.
        let (expression, expected) = document.sign();
        let script = format!("return window.corspec && {expression}");
        let asking = self.client.execute(&script, Vec::new());
        let actual = self
            .call("tell its origin", self.deadlines().command, asking)
            .await?;
        match actual {
            Value::String(actual) if actual == expected => {
                self.document = Some(document.clone());
                Ok(())
            }
            other => Err(BrowserError::WrongOrigin {
                url,
                origin: other.to_string(),
            }),
        }
    }

    /// The document that its window shows.
    pub(crate) const fn document(&self) -> Option<&Document> {
        self.document.as_ref()
    }

    /// Grants a permission to the origin of its document, or takes it back.
    ///
    /// <https://w3c.github.io/permissions/#webdriver-command-set-permission>
    pub(crate) async fn permit(
        &self,
        permission: Permission,
        is_granted: bool,
    ) -> Result<(), BrowserError> {
        let state = if is_granted { "granted" } else { "denied" };
        let body = serde_json::json!({
            "descriptor": { "name": permission.name() },
            "state": state,
        });
        self.post("set a permission", "permissions", body).await?;
        Ok(())
    }

    /// Runs a function of the page's script that takes a text and returns the promise of a text.
    pub(crate) async fn ask_page(
        &mut self,
        function: &str,
        argument: String,
        deadline: Duration,
    ) -> Result<String, BrowserError> {
        self.allow_scripts(deadline + GRACE).await?;
        // A rejection must come back too, or it would look like a page that hangs.
        let script = format!(
            "const [argument, answer] = arguments;
             Promise.resolve()
               .then(() => corspec.{function}(argument))
               .then(text => answer({{ text }}), error => answer({{ error: String(error) }}));"
        );
        let asking = self
            .client
            .execute_async(&script, vec![Value::String(argument)]);
        let mut reply = self
            .call("run the page's script", deadline + 2 * GRACE, asking)
            .await?;
        match reply["text"].take() {
            Value::String(text) => Ok(text),
            _ => Err(BrowserError::Page(reply["error"].to_string())),
        }
    }

    /// Reads, and so empties, a log of the driver. Selenium introduced the command.
    pub(crate) async fn log(&self, name: &'static str) -> Result<Vec<Value>, BrowserError> {
        let body = serde_json::json!({ "type": name });
        match self.post("read its log", "se/log", body).await? {
            Value::Array(entries) => Ok(entries),
            _ => Ok(Vec::new()),
        }
    }

    /// A command beyond the standard: `POST /session/{id}/{path}`.
    pub(crate) async fn post(
        &self,
        what: &'static str,
        path: &'static str,
        body: Value,
    ) -> Result<Value, BrowserError> {
        let posting = self.client.issue_cmd(Post { path, body });
        self.call(what, self.deadlines().command, posting).await
    }

    /// Whether the browser still answers.
    pub(crate) async fn is_healthy(&self) -> bool {
        let asking = self.client.execute("return 1", Vec::new());
        self.call("answer", self.deadlines().command, asking)
            .await
            .is_ok()
    }

    /// Ends a session, which may no longer answer, and waits until nothing is left of it.
    pub(crate) async fn close(self) {
        let deadline = self.deadlines().close;
        match self.driver {
            // A browser that is asked to end saves its profile first, which nobody keeps; that takes Firefox
            // half a second.
            Some(driver) => driver.stop(deadline).await,
            None => {
                // Nothing else can be done from here: the remote end must free its slot itself.
                let _ = timeout(deadline, self.client.close()).await;
            }
        }
    }

    /// The temporary directory of the driver and its browsers.
    pub(crate) fn folder(&self) -> Option<&std::path::Path> {
        self.driver.as_ref().map(Driver::folder)
    }

    fn url_of(&self, document: &Document) -> Result<String, BrowserError> {
        match (document, self.folder()) {
            (Document::Served(origin), _) => Ok(format!("{origin}/-/page")),
            (Document::File, Some(folder)) => document::write_file(folder)
                .map(String::from)
                .map_err(BrowserError::File),
            (Document::File, None) => {
                let message =
                    "the browser may be on another machine, where there is no file of ours";
                Err(BrowserError::Page(message.to_owned()))
            }
        }
    }

    async fn allow_scripts(&mut self, duration: Duration) -> Result<(), BrowserError> {
        if self.script_timeout >= duration {
            return Ok(());
        }
        let timeouts = TimeoutConfiguration::new(Some(duration), None, None);
        let telling = self.client.update_timeouts(timeouts);
        self.call("set timeouts", self.deadlines().command, telling)
            .await?;
        self.script_timeout = duration;
        Ok(())
    }

    async fn call<T>(
        &self,
        what: &'static str,
        deadline: Duration,
        command: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<T, BrowserError> {
        let engine = self.engine.name();
        let done = tokio::select! {
            done = timeout(deadline, command) => done,
            error = ended(self.driver.as_ref()) => return Err(error),
        };
        match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(source)) => {
                // The connection breaks a moment before the process is gone; that is the better news.
                if let CmdError::Failed(_) | CmdError::FailedC(_) | CmdError::Lost(_) = source
                    && let Ok(error) =
                        timeout(self.deadlines().close, ended(self.driver.as_ref())).await
                {
                    return Err(error);
                }
                Err(BrowserError::WebDriver {
                    engine,
                    what,
                    source,
                })
            }
            Err(_) => {
                let output = last_words(self.driver.as_ref());
                Err(BrowserError::Deadline {
                    engine,
                    what,
                    after: deadline,
                    output,
                })
            }
        }
    }

    const fn deadlines(&self) -> Deadlines {
        self.deadlines
    }
}

/// Waits until the driver ends; forever where there is none.
async fn ended(driver: Option<&Driver>) -> BrowserError {
    match driver {
        Some(driver) => driver.ended().await,
        None => std::future::pending().await,
    }
}

fn last_words(driver: Option<&Driver>) -> LastWords {
    driver.map(Driver::last_words).unwrap_or_default()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A command beyond the standard.
#[derive(Debug)]
struct Post {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Post {
    fn endpoint(
        &self,
        base_url: &url::Url,
        session_id: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base_url.join(&format!(
            "session/{}/{}",
            session_id.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
