//! `corspec check`: what a browser would make of one call to one server.

use clap::Args;
use corspec::agent::browser::Engine;
use corspec::agent::wire::{Deadlines, Reach, Transport, TransportError, Trust, Wire};
use corspec::check::{self, BadCall, BrowserCheck, Call, Checked, Verdict};
use corspec::run::ExitCode;
use corspec_fetch::{Mode, Origin};

use crate::context::Context;
use crate::execution;
use crate::failure::Failure;
use crate::output;
use crate::reach::{self, ReachArguments};

/// Check what a browser makes of one request to a server of yours.
///
/// Plays the browser once: preflight, request, redirects and cookies as the Fetch Standard has them.
/// Shows what was said, whether script gets a response, which step of the standard decided, and which
/// header has to be sent instead. With --browser a real browser then does the same from a page that it
/// has really loaded.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec check https://api.example/things --origin https://app.example
  corspec check https://api.example/things/1 --origin https://app.example --method PUT \\
      --header 'Content-Type: application/json' --credentials
  corspec check http://localhost:8080/ --origin null --json
  corspec check http://localhost:8080/ --browser chromium

Exit codes: 0 allowed, 1 blocked, 2 usage, 5 the server cannot be reached or nothing can be decided,
70 bug in corspec.")]
pub(crate) struct Arguments {
    /// What the page requests.
    #[arg(value_name = "URL")]
    url: String,

    /// The origin of the page, such as `https://app.example`, or `null`.
    ///
    /// With --browser it may be left out, and is that of the page that the browser loads.
    #[arg(long, value_name = "ORIGIN", required_unless_present = "browser")]
    origin: Option<String>,

    /// The method, as script writes it.
    #[arg(short = 'X', long, value_name = "METHOD", default_value = "GET")]
    method: String,

    /// A header that script sets: `Name: value`, or `Name` alone; may be repeated.
    #[arg(short = 'H', long, value_name = "HEADER")]
    header: Vec<String>,

    /// A body of text that script sends.
    #[arg(long, value_name = "TEXT")]
    body: Option<String>,

    /// The mode of the request: `cors`, `no-cors` or `same-origin`.
    #[arg(long, value_name = "MODE", default_value = "cors")]
    mode: Mode,

    /// Send and take credentials (`credentials: "include"`).
    #[arg(long)]
    credentials: bool,

    /// Let a real browser do it as well: `chromium`, `firefox` or `webkit`.
    #[arg(long, value_name = "BROWSER")]
    browser: Option<Engine>,

    /// Write JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    reach: ReachArguments,
}

pub(crate) fn execute(arguments: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    let origin = arguments.origin.as_deref().map(check::parse_origin);
    let origin = origin.transpose().map_err(refused)?;
    let call = arguments.call(origin.clone())?;
    let trust = arguments.reach.trust();
    let is_trustless = trust.is_empty();
    let deadlines = arguments.reach.deadlines();
    let wire = wire(trust, deadlines)?;
    let (checked, browser) = execution::block_on(async {
        match arguments.browser {
            None => Ok((check::run(&wire, call).await, None)),
            Some(engine) => check::in_browser(&wire, engine, call, origin)
                .await
                .map(|(checked, browser)| (checked, Some(browser))),
        }
    })?
    .map_err(|error| {
        Failure::new(ExitCode::Inconclusive, error)
            .hint("`corspec doctor` tells what is missing and how to get it")
    })?;
    let exit = exit_code(&checked, browser.as_ref());
    output::data(|to| {
        if arguments.json {
            check::write_json(&checked, browser.as_ref(), exit, to)
        } else {
            check::write_terminal(&checked, browser.as_ref(), exit, context.stdout, to)
        }
    })?;
    if matches!(checked.verdict, Verdict::Undecided(_))
        && let Some(trouble) = checked.visit.failure().and_then(TransportError::trouble)
    {
        let hint = reach::hint(trouble, is_trustless);
        output::talk(format_args!("\n{} {hint}", context.stderr.bold("hint:")));
    }
    Ok(exit)
}

impl Arguments {
    fn call(&self, origin: Option<Origin>) -> Result<Call, Failure> {
        let headers: Result<Vec<_>, _> = self
            .header
            .iter()
            .map(|it| check::parse_header(it))
            .collect();
        if matches!(self.mode, Mode::Navigate | Mode::WebSocket) {
            return Err(
                Failure::usage(format!("script cannot use mode `{}`", self.mode)).hint(
                    "write `cors`, `no-cors` or `same-origin`; `corspec audit` asks WebSockets",
                ),
            );
        }
        Ok(Call {
            url: check::parse_url(&self.url, &["http", "https"]).map_err(refused)?,
            // Without one it is that of a page which is still to be served.
            origin: origin.unwrap_or(Origin::Opaque(1)),
            method: self.method.clone(),
            headers: headers.map_err(refused)?,
            body: self.body.clone(),
            mode: self.mode,
            credentials: self.credentials,
        })
    }
}

fn exit_code(checked: &Checked, browser: Option<&BrowserCheck>) -> ExitCode {
    match &checked.verdict {
        Verdict::Block(_) => ExitCode::NonConformant,
        Verdict::Undecided(_) => ExitCode::Inconclusive,
        Verdict::Allow => match browser.map(|browser| browser.seen.allowed) {
            Some(Some(false)) => ExitCode::NonConformant,
            Some(None) => ExitCode::Inconclusive,
            None | Some(Some(true)) => ExitCode::Conformant,
        },
    }
}

/// A wire agent that reaches everything.
///
/// # Errors
///
/// TLS cannot be set up.
pub(crate) fn wire(trust: Trust, deadlines: Deadlines) -> Result<Wire, Failure> {
    Ok(Wire::new(transport(trust, deadlines)?))
}

/// A transport that reaches everything.
///
/// # Errors
///
/// TLS cannot be set up.
pub(crate) fn transport(trust: Trust, deadlines: Deadlines) -> Result<Transport, Failure> {
    Transport::trusting(trust, deadlines, Reach::World)
        .map_err(|error| Failure::new(ExitCode::Bug, format!("cannot set up TLS: {error}")))
}

pub(crate) fn refused(error: BadCall) -> Failure {
    Failure::usage(&error).hint(&error.hint)
}
