//! `corspec doctor`: what works on this machine, and how to mend what does not.

use std::io::{self, Write};

use clap::Args;
use corspec::agent::browser::{Engine, FoundProgram, MissingProgram, Search, probe};
use corspec::case::Suite;
use corspec::report::terminal::{self, Paint};
use corspec::run::{CaseResult, ExitCode};
use corspec::verdict::Status;

use crate::cases;
use crate::context::Context;
use crate::execution;
use crate::failure::Failure;
use crate::output;

/// Check that every agent works, with one real cross-origin request each.
///
/// Exit code 0 if the wire and at least one browser work and every browser that is installed does,
/// else 5.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec doctor
  CHROMEDRIVER=/opt/chromedriver corspec doctor     with a driver of your own")]
pub(crate) struct Arguments {}

pub(crate) fn execute(_: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    let suite = Suite::from_files([(PLACE, SELF_CHECK)])
        .map_err(|error| cases::refused(&error, context))?;
    let mut findings = vec![built_in_suite(context), wire(&suite)?];
    let browsers = Engine::ALL
        .into_iter()
        .map(|engine| browser(engine, &suite))
        .collect::<Result<Vec<_>, _>>()?;
    let any_browser = browsers
        .iter()
        .any(|browser| browser.health == Health::Well);
    findings.extend(browsers);
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
    let is_ill = findings.iter().any(|finding| finding.health == Health::Ill);
    Ok(if is_ill || !any_browser {
        ExitCode::Inconclusive
    } else {
        ExitCode::Conformant
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
    let check = execution::with_agent("wire", suite)?;
    Ok(of_check(
        "wire",
        &check,
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
    let check = execution::with_agent(name, suite)?;
    Ok(of_check(
        name,
        &check,
        details,
        &format!("scripts/install-browsers {name} installs a browser and a driver that fit"),
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
    check: &Result<CaseResult, String>,
    details: Vec<String>,
    remedy: &str,
) -> Finding {
    let (health, text) = match check {
        Ok(result) if result.status == Status::Pass => (
            Health::Well,
            format!(
                "one preflighted request in {}",
                terminal::duration(result.duration)
            ),
        ),
        Ok(result) => {
            let message = result
                .message
                .as_deref()
                .unwrap_or("the request went wrong");
            (Health::Ill, format!("{}: {message}", result.status))
        }
        Err(error) => (Health::Ill, error.clone()),
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
