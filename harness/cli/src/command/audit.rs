//! `corspec audit`: the security questions, put to a server that is not ours to configure.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use corspec::audit::{self, Pace, Severity, Target};
use corspec::check;
use corspec::report::terminal::Detail;
use corspec::run::ExitCode;

use super::check::{refused, transport};
use crate::context::Context;
use crate::execution;
use crate::failure::Failure;
use crate::output;
use crate::reach::{self, ReachArguments};

/// Look for holes in the CORS policy of a server, by asking.
///
/// Learns from the answers which origins are allowed, then asks with origins that are nearly those, with
/// `null`, and with preflights; compares answers for `Vary`; looks for misspelt headers, private networks,
/// and WebSockets (of ws and wss URLs) that do not look at the origin. Every request is a GET, an OPTIONS
/// or a handshake; how many there are at most is said before the first. Ask only servers that you may ask.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec audit https://api.example/things --origin https://app.example
  corspec audit https://api.example/me --header 'Authorization: Bearer …' --fail-on medium
  corspec audit wss://api.example/live --origin https://app.example --json

Exit codes: 0 no finding as severe as --fail-on, 1 findings, 2 usage, 5 undecided (the server
cannot be reached, did not answer everything, allows none of the origins named, or has only error
statuses), 70 bug in corspec.")]
pub(crate) struct Arguments {
    /// The resource: a URL of http, https, ws or wss.
    #[arg(value_name = "URL")]
    url: String,

    /// An origin that is allowed, as far as you know; may be repeated.
    ///
    /// The origin of the URL is asked about in any case. Where none of those named is allowed, nothing is
    /// decided.
    #[arg(long, value_name = "ORIGIN")]
    origin: Vec<String>,

    /// A header of every request, as an Authorization: `Name: value`; may be repeated.
    ///
    /// Values of Authorization and Cookie are sent and not shown.
    #[arg(short = 'H', long, value_name = "HEADER")]
    header: Vec<String>,

    /// How many requests there are a second at most.
    #[arg(long, value_name = "N", default_value = "10", value_parser = rate)]
    rate: Pace,

    /// The least severe finding that makes the exit code 1.
    #[arg(
        long,
        value_name = "SEVERITY",
        default_value = "high",
        value_parser = PossibleValuesParser::new(["critical", "high", "medium", "low", "info", "never"])
            .map(|word| FailOn(word.parse().ok()))
    )]
    fail_on: FailOn,

    /// Write JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    reach: ReachArguments,
}

/// Nothing for `never`.
#[derive(Clone, Copy, Debug)]
struct FailOn(Option<Severity>);

pub(crate) fn execute(arguments: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    let target = arguments.target()?;
    let trust = arguments.reach.trust();
    let is_trustless = trust.is_empty();
    let transport = transport(trust, arguments.reach.deadlines())?;
    if context.detail != Detail::Brief {
        output::talk(format_args!(
            "at most {} requests to {}",
            audit::most_requests(&target),
            target.given
        ));
    }
    let audited = execution::block_on(audit::run(&transport, target, arguments.rate, &mut |_| {}))?;
    let exit = audited.exit_code(arguments.fail_on.0);
    output::data(|to| {
        if arguments.json {
            audit::write_json(&audited, exit, to)
        } else {
            audit::write_terminal(&audited, exit, context.stdout, to)
        }
    })?;
    let hint = audited
        .trouble()
        .map(|trouble| reach::hint(trouble, is_trustless));
    let hint = hint.or_else(|| {
        (exit == ExitCode::Conformant && audited.learned.is_closed()).then_some(
            "no origin is known to be allowed, so that none which is only nearly allowed was asked for; \
             if there is one, name it with --origin",
        )
    });
    if let Some(hint) = hint {
        output::talk(format_args!("\n{} {hint}", context.stderr.bold("hint:")));
    }
    Ok(exit)
}

impl Arguments {
    fn target(&self) -> Result<Target, Failure> {
        let url = check::parse_url(&self.url, &["http", "https", "ws", "wss"]).map_err(refused)?;
        let mut target = Target::new(&url);
        for origin in &self.origin {
            let origin = check::parse_origin(origin).map_err(refused)?;
            target.told.push(origin.serialize());
        }
        for header in &self.header {
            target
                .headers
                .push(audit::parse_header(header).map_err(refused)?);
        }
        Ok(target)
    }
}

fn rate(text: &str) -> Result<Pace, String> {
    let rate = text.parse().ok().and_then(Pace::per_second);
    rate.ok_or_else(|| "expected a number of requests a second, such as 10 or 0.5".to_owned())
}
