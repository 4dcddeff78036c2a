//! `corspec doctor`: what works on this machine, and how to mend what does not.

use std::io::{self, Write};

use clap::Args;
use corspec::agent::browser::{Engine, FoundProgram, MissingProgram, Search, probe};
use corspec::case::Suite;
use corspec::report::terminal::{self, Paint};
use corspec::run::{AgentName, Agents, ExitCode, RemoteEnd, RunError, RunResult};
use corspec::verdict::Status;

use crate::cases;
use crate::context::Context;
use crate::execution;
use crate::failure::Failure;
use crate::output;
use crate::remote::RemoteArguments;
use crate::selection::stronger;

/// Check that every agent works, with two real cross-origin requests each.
///
/// One is to be allowed, the other to be blocked. Without --agent and --webdriver everything there is is looked at, and the exit code is 0 if the wire
/// and at least one browser work and every browser that is installed does. With them, what they name is
/// looked at, and the exit code is 0 if all of it works. Else it is 5.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec doctor
  corspec doctor --agent chromium
  corspec doctor --webdriver chromium=http://localhost:4444
  CHROMEDRIVER=/opt/chromedriver corspec doctor     with a driver of your own")]
pub(crate) struct Arguments {
    /// Look at these agents only, and at all of them.
    #[arg(
        long,
        value_name = "AGENT",
        env = "CORSPEC_AGENT",
        hide_env = true,
        value_delimiter = ','
    )]
    agent: Vec<String>,

    #[command(flatten)]
    remote: RemoteArguments,
}

pub(crate) fn execute(arguments: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    let configuration = &context.configuration;
    let named = execution::agents(stronger(&arguments.agent, &configuration.agent))?;
    let remote = arguments.remote.resolve(&named, configuration)?;
    let suite = Suite::from_files([(PLACE, SELF_CHECK)])
        .map_err(|error| cases::refused(&error, context))?;
    let agents = match (named, remote.as_slice()) {
        (Agents::Named(agents), _) => Some(agents),
        (Agents::All, []) => None,
        (Agents::All, remote) => {
            let engines = remote.iter().map(|end| AgentName::Browser(end.engine));
            Some(engines.collect())
        }
    };
    let is_asked = |agent| agents.as_ref().is_none_or(|agents| agents.contains(&agent));

    let mut findings = vec![built_in_suite(context)];
    if is_asked(AgentName::Wire) {
        findings.push(wire(&suite)?);
    }
    let mut any_browser = false;
    for engine in Engine::ALL {
        let ends: Vec<&RemoteEnd> = remote.iter().filter(|end| end.engine == engine).collect();
        let mut of_engine = Vec::new();
        for end in &ends {
            of_engine.push(remote_browser(end, &suite)?);
        }
        if ends.is_empty() && is_asked(AgentName::Browser(engine)) {
            of_engine.push(browser(engine, &suite)?);
        }
        any_browser |= of_engine.iter().any(|it| it.health == Health::Well);
        findings.extend(of_engine);
    }
    output::data(|to| {
        writeln!(
            to,
            "corspec {} on {} {}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        )?;
        findings
            .iter()
            .try_for_each(|finding| finding.write(context.stdout, to))
    })?;
    let is_usable = match agents {
        Some(_) => findings.iter().all(|it| it.health == Health::Well),
        None => any_browser && findings.iter().all(|it| it.health != Health::Ill),
    };
    Ok(if is_usable {
        ExitCode::Conformant
    } else {
        ExitCode::Inconclusive
    })
}

/// What was found of one thing.
struct Finding {
    health: Health,
    name: &'static str,
    text: String,
    /// What else is worth knowing, a line each.
    details: Vec<String>,
    remedy: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Health {
    Ill,
    Missing,
    Well,
}

impl Finding {
    fn write(&self, paint: Paint, to: &mut dyn Write) -> io::Result<()> {
        let word = match self.health {
            Health::Ill => "BROKEN",
            Health::Missing => "MISSING",
            Health::Well => "ok",
        };
        writeln!(
            to,
            "{} {:<9} {}",
            paint.bold(&format!("{word:>7}")),
            self.name,
            self.text
        )?;
        for detail in &self.details {
            writeln!(to, "{INDENT}{}", paint.dim(detail))?;
        }
        match &self.remedy {
            Some(remedy) => writeln!(to, "{INDENT}{} {remedy}", paint.bold("hint:")),
            None => Ok(()),
        }
    }
}

fn built_in_suite(context: &Context) -> Finding {
    match Suite::embedded() {
        Ok(suite) => Finding {
            health: Health::Well,
            name: "suite",
            text: format!(
                "{} scenarios, {} permutations, digest {}",
                suite.scenario_count(),
                suite.permutations.len(),
                suite.digest
            ),
            details: Vec::new(),
            remedy: None,
        },
        Err(error) => Finding {
            health: Health::Ill,
            name: "suite",
            text: format!(
                "the built-in suite is invalid\n{}",
                error.render(context.stdout.is_colored())
            ),
            details: Vec::new(),
            remedy: Some("`corspec lint` shows every problem".to_owned()),
        },
    }
}

fn wire(suite: &Suite) -> Result<Finding, Failure> {
    let check = execution::with_agent(AgentName::Wire, None, suite)?;
    Ok(of_check(
        "wire",
        check,
        Vec::new(),
        "look whether this machine allows loopback connections",
    ))
}

fn browser(engine: Engine, suite: &Suite) -> Result<Finding, Failure> {
    let name = engine.name();
    let probe = execution::block_on(probe(engine, &Search::from_environment()))?;
    let missing: Vec<&MissingProgram> = [&probe.browser, &probe.driver]
        .into_iter()
        .filter_map(|found| found.as_ref().err())
        .collect();
    if let Some(first) = missing.first() {
        return Ok(Finding {
            health: Health::Missing,
            name,
            text: first.to_string(),
            details: Vec::new(),
            remedy: Some(format!("scripts/install-browsers {name}")),
        });
    }
    let versions = [&probe.browser, &probe.driver]
        .into_iter()
        .filter_map(|found| found.as_ref().ok())
        .map(described);
    let details = versions.chain(probe.remark.map(str::to_owned)).collect();
    let check = execution::with_agent(AgentName::Browser(engine), None, suite)?;
    Ok(of_check(
        name,
        check,
        details,
        &format!("scripts/install-browsers {name} installs a browser and a driver that fit"),
    ))
}

fn remote_browser(end: &RemoteEnd, suite: &Suite) -> Result<Finding, Failure> {
    let check = execution::with_agent(AgentName::Browser(end.engine), Some(end), suite)?;
    let remedy = match &check {
        Ok(_) => "start the endpoint anew; its own output may say more",
        Err(error) => error.hint(),
    };
    Ok(of_check(
        end.engine.name(),
        check,
        vec![format!("at {}", end.url)],
        remedy,
    ))
}

fn described(program: &FoundProgram) -> String {
    let version = program
        .version
        .as_deref()
        .unwrap_or("does not tell its version");
    format!("{version} ({})", program.path.display())
}

fn of_check(
    name: &'static str,
    check: Result<RunResult, RunError>,
    details: Vec<String>,
    remedy: &str,
) -> Finding {
    let (health, text) = match check {
        Ok(run) => match run.results.iter().find(|it| it.status != Status::Pass) {
            None => {
                let version = run.agents.first().map_or("", |agent| &agent.version);
                let time = terminal::duration(run.duration);
                (
                    Health::Well,
                    format!("{version}: one request allowed and one blocked, in {time}"),
                )
            }
            Some(result) => {
                let message = result
                    .message
                    .as_deref()
                    .unwrap_or("the request went wrong");
                (Health::Ill, format!("{}: {message}", result.status))
            }
        },
        Err(error) => (Health::Ill, error.to_string()),
    };
    let remedy = (health == Health::Ill).then(|| remedy.to_owned());
    Finding {
        health,
        name,
        text,
        details,
        remedy,
    }
}

/// As wide as the columns of word and name.
const INDENT: &str = "                  ";

const PLACE: &str = "doctor/self-check.yaml";

const SELF_CHECK: &str = include_str!("doctor/self-check.yaml");
