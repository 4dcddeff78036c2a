//! The same call in a real browser, from a page that it has really loaded.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use corspec_fetch::{Credentials, Origin, Reason};

use super::call::Call;
use super::checked::{Checked, Verdict, run};
use crate::agent::browser::{Browser, BrowserError, Engine, Job, PAGES, Settings};
use crate::agent::wire::Wire;
use crate::agent::{End, Observation};
use crate::case::scenario::{
    BodyKind, BodyPlan, Context, Expectation, Level, Location, Page, Permutation, RequestPlan,
    Scenario, Script, Step, Subject,
};
use crate::server::{NamedOrigin, Reference, StartError};

/// What a browser did, and what the wire came to from the same page.
#[derive(Debug)]
pub struct BrowserCheck {
    /// The origin of the page.
    pub page: Origin,
    /// The wire's check from that page, where it is not the page that was asked about.
    pub on_page: Option<Checked>,
    /// The wire's verdict from that page, before and after.
    verdicts: [Verdict; 2],
    /// What the browser did.
    pub seen: InBrowser,
}

/// What a browser did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InBrowser {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether script got a response; `None` where nothing came of it within the deadline.
    pub allowed: Option<bool>,
    /// The step that it names for a block, where it names one.
    pub because: Option<Reason>,
    /// Others that its words fit as well.
    alternatives: Vec<Reason>,
    /// Its own text.
    pub message: String,
}

impl InBrowser {
    fn new(name: &str, version: &str, observation: Option<Observation>) -> Self {
        let mut seen = Self {
            name: name.to_owned(),
            version: version.to_owned(),
            allowed: None,
            because: None,
            alternatives: Vec::new(),
            message: String::new(),
        };
        match observation.map(|observation| observation.end) {
            Some(End::Visible(_)) => seen.allowed = Some(true),
            Some(End::Blocked(signal)) => {
                seen.allowed = Some(false);
                seen.because = signal.because;
                seen.alternatives = signal.alternatives;
                seen.message = signal.message;
            }
            Some(End::Silent | End::TimedOut) | None => {}
        }
        seen
    }

    /// `allow`, `block` or `undecided`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.allowed {
            Some(true) => "allow",
            Some(false) => "block",
            None => "undecided",
        }
    }

    /// In one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let because = match (self.allowed, self.because) {
            (None, _) => ": no end within the deadline".to_owned(),
            (_, Some(reason)) => format!(": {reason}"),
            _ => String::new(),
        };
        let message = if self.message.is_empty() {
            String::new()
        } else {
            format!(" [{}]", self.message)
        };
        format!("{}{because}{message}", self.word())
    }
}

/// Who is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Comparison {
    /// Nobody.
    Agree,
    /// The browser, as far as the same answers were given.
    Browser,
    /// Both block, and name different steps.
    OtherStep,
    /// The server, which answers now so and now so.
    Server,
    /// It cannot be told.
    Undecided,
}

impl Comparison {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Browser => "browser",
            Self::OtherStep => "other-step",
            Self::Server => "server",
            Self::Undecided => "undecided",
        }
    }

    /// What it means.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Agree => "the browser does what the standard says",
            Self::Browser => {
                "they differ, and the wire came to the same before and after: either the browser does \
                 not do what the standard says, or the server answers browsers otherwise (it can tell \
                 by User-Agent and cookies)"
            }
            Self::OtherStep => "both block, but the browser names another step",
            Self::Server => {
                "they differ, and so does the server: the wire got another answer when it asked again"
            }
            Self::Undecided => "one of them came to no verdict, so that nobody can be blamed",
        }
    }
}

impl BrowserCheck {
    /// Who is wrong.
    #[must_use]
    pub fn comparison(&self) -> Comparison {
        compare(&self.verdicts, &self.seen)
    }
}

fn compare(verdicts: &[Verdict; 2], seen: &InBrowser) -> Comparison {
    let [before, after] = verdicts;
    let (Some(allowed), false) = (seen.allowed, matches!(before, Verdict::Undecided(_))) else {
        return Comparison::Undecided;
    };
    match (before, allowed) {
        (Verdict::Allow, true) => Comparison::Agree,
        (Verdict::Block(block), false) => {
            let named = seen.because.iter().chain(&seen.alternatives);
            let mut named = named.peekable();
            let is_same = named.peek().is_none() || named.any(|it| it.is_same_step(block.reason));
            if is_same {
                Comparison::Agree
            } else {
                Comparison::OtherStep
            }
        }
        _ if before == after => Comparison::Browser,
        _ => Comparison::Server,
    }
}

/// Why a browser could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum Unasked {
    /// It is missing, or something is wrong with it.
    #[error(transparent)]
    Browser(#[from] Arc<BrowserError>),
    /// Its page cannot be served.
    #[error(transparent)]
    Server(#[from] StartError),
}

/// Serves a page, lets a browser load it and make the call, and lets the wire make it from the same
/// origin. Where no origin was asked about, that of the page is.
///
/// # Errors
///
/// The browser cannot be asked.
pub async fn in_browser(
    wire: &Wire,
    engine: Engine,
    call: Call,
    origin: Option<Origin>,
) -> Result<(Checked, BrowserCheck), Unasked> {
    let reference = Reference::start_with(PAGES).await?;
    let is_opaque = matches!(origin, Some(Origin::Opaque(_)));
    let page = page(is_opaque);
    let served = String::from_utf8_lossy(
        &reference
            .ports()
            .to_real(page.origin.serialize().as_bytes()),
    )
    .into_owned();
    let on_page = match &origin {
        Some(origin @ Origin::Opaque(_)) => origin.clone(),
        _ => Origin::parse(&served).unwrap_or_else(|| call.origin.clone()),
    };
    let asked = Call {
        origin: origin.unwrap_or_else(|| on_page.clone()),
        ..call
    };
    let here = Call {
        origin: on_page.clone(),
        ..asked.clone()
    };
    let checked = run(wire, asked).await;
    let other = if checked.call.origin == on_page {
        None
    } else {
        Some(run(wire, here.clone()).await)
    };
    let before = other.as_ref().unwrap_or(&checked).verdict.clone();
    let seen = ask(&reference, engine, &page, &here).await;
    let after = run(wire, here).await.verdict;
    reference.stop().await;
    let browser = BrowserCheck {
        page: on_page,
        on_page: other,
        verdicts: [before, after],
        seen: seen?,
    };
    Ok((checked, browser))
}

async fn ask(
    reference: &Reference,
    engine: Engine,
    page: &Page,
    call: &Call,
) -> Result<InBrowser, Arc<BrowserError>> {
    let mut settings = Settings::new(*reference.ports());
    settings.trusted_keys = vec![reference.certificates().public_key_digest().to_owned()];
    let mut browser = Browser::start(engine, settings).await.map_err(Arc::new)?;
    let permutation = permutation(page.clone(), call);
    // The server's pages are asked for by their real names, and the call is not theirs.
    let to_real = |text: &str| {
        if text == page.origin.serialize() {
            String::from_utf8_lossy(&reference.ports().to_real(text.as_bytes())).into_owned()
        } else {
            text.to_owned()
        }
    };
    let job = Job::from_permutation(&permutation, &to_real, TOKEN);
    let mut results = browser.run_batch(page, vec![job]).await;
    let (name, version) = (browser.info().name.clone(), browser.info().version.clone());
    browser.close().await;
    let mut observations = match results.pop() {
        Some(result) => result.outcome?,
        None => Vec::new(),
    };
    Ok(InBrowser::new(&name, &version, observations.pop()))
}

fn page(is_opaque: bool) -> Page {
    let page = Page::window(NamedOrigin::app());
    if is_opaque {
        page.inside(Context::Sandboxed)
    } else {
        page
    }
}

/// The call as the one step of a scenario, of which nothing is expected.
fn permutation(page: Page, call: &Call) -> Permutation {
    let request = RequestPlan {
        method: call.method.clone(),
        headers: call.headers.clone(),
        body: call.body.as_ref().map(|text| BodyPlan {
            kind: BodyKind::Text,
            content: text.clone().into_bytes(),
        }),
        mode: call.mode,
        credentials: if call.credentials {
            Credentials::Include
        } else {
            Credentials::SameOrigin
        },
        ..RequestPlan::get(call.url.as_str())
    };
    let scenario = Scenario {
        id: "check/call".to_owned(),
        title: "A call".to_owned(),
        why: None,
        subject: Subject::Server,
        level: Level::May,
        covers: Vec::new(),
        tags: Vec::new(),
        only: None,
        location: Location {
            file: Arc::new(PathBuf::from("check")),
            line: 1,
            column: 1,
        },
    };
    Permutation {
        id: scenario.id.clone(),
        scenario: Arc::new(scenario),
        axes: Vec::new(),
        policy: None,
        page,
        cookies: Vec::new(),
        steps: vec![Step {
            page: None,
            wait: Duration::ZERO,
            request,
            server: Script::default(),
            expect: Expectation::default(),
        }],
    }
}

/// No path of the server begins with it, so that what the browser says is found by the URL.
const TOKEN: &str = "-corspec";

#[cfg(test)]
mod tests {
    use corspec_fetch::Block;
    use rstest::rstest;

    use super::*;

    fn seen(allowed: Option<bool>, because: Option<Reason>) -> InBrowser {
        InBrowser {
            allowed,
            because,
            ..InBrowser::new("chromium", "1", None)
        }
    }

    const MISSING: Reason = Reason::AllowOriginMissing;

    #[rstest]
    #[case::both_allow(None, None, Some(true), None, Comparison::Agree)]
    #[case::both_block(
        Some(MISSING),
        Some(MISSING),
        Some(false),
        Some(MISSING),
        Comparison::Agree
    )]
    #[case::it_says_nothing(Some(MISSING), Some(MISSING), Some(false), None, Comparison::Agree)]
    #[case::another_step(
        Some(MISSING),
        Some(MISSING),
        Some(false),
        Some(Reason::HeaderNotAllowed),
        Comparison::OtherStep
    )]
    #[case::browser_alone(Some(MISSING), Some(MISSING), Some(true), None, Comparison::Browser)]
    #[case::server_wavers(Some(MISSING), None, Some(true), None, Comparison::Server)]
    #[case::no_end(None, None, None, None, Comparison::Undecided)]
    fn who_stands_alone_is_blamed(
        #[case] before: Option<Reason>,
        #[case] after: Option<Reason>,
        #[case] allowed: Option<bool>,
        #[case] because: Option<Reason>,
        #[case] expected: Comparison,
    ) {
        let verdict = |reason: Option<Reason>| match reason {
            None => Verdict::Allow,
            Some(reason) => Verdict::Block(Block::from(reason)),
        };
        let verdicts = [verdict(before), verdict(after)];
        assert_eq!(compare(&verdicts, &seen(allowed, because)), expected);
    }

    #[test]
    fn nobody_is_blamed_where_the_wire_has_no_verdict() {
        let undecided = Verdict::Undecided("no connection".to_owned());
        let verdicts = [undecided.clone(), undecided];
        let compared = compare(&verdicts, &seen(Some(true), None));
        assert_eq!(compared, Comparison::Undecided);
    }
}
