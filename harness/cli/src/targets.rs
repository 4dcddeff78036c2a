//! Which server is put under test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use corspec::agent::wire::public_tls;
use corspec::case::{Suite, TargetFile};
use corspec::report::terminal::shell_quote;
use corspec::run::ExitCode;
use corspec::server::{FindError, Servers, Target, required_surface, upstream_of};

use crate::cases::refused;
use crate::context::Context;
use crate::failure::Failure;

/// The options that say which server is put under test.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Server under test")]
pub(crate) struct TargetArguments {
    /// Server under test: a name that `corspec servers` lists, a file, or a URL [default: embedded].
    ///
    /// `express@2.8.5` is a version, `embedded:no-vary` the built-in server with a mistake. A URL needs
    /// --policy. With a target, only scenarios about servers are run.
    #[arg(
        long,
        value_name = "NAME|FILE|URL",
        env = "CORSPEC_TARGET",
        hide_env = true
    )]
    pub(crate) target: Option<String>,

    /// The policy that the server at a URL is configured for: a file of cases/policies.
    #[arg(
        long,
        value_name = "NAME",
        env = "CORSPEC_POLICY_NAME",
        hide_env = true
    )]
    policy: Option<String>,

    /// A program to be put under test: it gets PORT and CORSPEC_POLICY, and listens on 127.0.0.1.
    #[arg(
        last = true,
        value_name = "COMMAND",
        conflicts_with = "target",
        help_heading = "Arguments"
    )]
    command: Vec<String>,
}

impl TargetArguments {
    /// The server under test.
    ///
    /// # Errors
    ///
    /// There is none of this name, it is not installed, or its file is malformed.
    pub(crate) fn resolve(&self, suite: &Suite, context: &Context) -> Result<Target, Failure> {
        if !self.command.is_empty() {
            return Ok(Target::command(self.command.clone()));
        }
        let Some(text) = self.target.as_deref() else {
            return Ok(Target::default());
        };
        if let Some(mutant) = text.strip_prefix("embedded") {
            return embedded(mutant);
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return self.at_url(text, suite);
        }
        let is_file =
            text.contains('/') || Path::new(text).extension().is_some_and(|it| it == "yaml");
        if is_file {
            let path = Path::new(text);
            let file = TargetFile::read(path, &suite.policies)
                .map_err(|error| refused(&error, context))?;
            let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
            return described(&file, None, folder);
        }
        named(text, suite, context)
    }

    /// What puts the same server under test again, apart from a command: that comes last.
    pub(crate) fn rerun(&self) -> Vec<String> {
        let option = |name: &str, value: &Option<String>| {
            let value = value.as_ref()?;
            Some(format!("{name} {}", shell_quote(value.as_bytes())))
        };
        let options = [
            option("--target", &self.target),
            option("--policy", &self.policy),
        ];
        options.into_iter().flatten().collect()
    }

    /// The command behind `--`, if there is one.
    pub(crate) fn rerun_command(&self) -> Option<String> {
        if self.command.is_empty() {
            return None;
        }
        let words: Vec<String> = (self.command.iter())
            .map(|word| shell_quote(word.as_bytes()))
            .collect();
        Some(format!("-- {}", words.join(" ")))
    }

    fn at_url(&self, url: &str, suite: &Suite) -> Result<Target, Failure> {
        let known: Vec<&str> = suite.policies.iter().map(|it| it.name.as_str()).collect();
        let Some(policy) = self.policy.as_deref() else {
            return Err(Failure::usage(format!(
                "it is not said what the server at {url} is configured for"
            ))
            .hint(format!(
                "--policy {}; or `corspec audit {url}` finds out by asking",
                known.join("|")
            )));
        };
        if suite.policies.find(policy).is_none() {
            return Err(Failure::usage(format!("unknown policy `{policy}`"))
                .hint(format!("there are: {}", known.join(", "))));
        }
        let upstream =
            upstream_of(url, public_tls).map_err(|error| Failure::usage(error.to_string()))?;
        Ok(Target::running(url, upstream, policy, required_surface()))
    }
}

fn embedded(rest: &str) -> Result<Target, Failure> {
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Ok(Target::default()),
        None => Err(Failure::usage(format!("unknown target `embedded{rest}`"))
            .hint("a mistake is written `embedded:no-vary`")),
        Some(word) => match word.parse() {
            Ok(mutant) => Ok(Target::embedded(Some(mutant))),
            Err(error) => Err(Failure::usage(format!("{error}"))),
        },
    }
}

/// An adapter of the checkout that corspec is run in.
fn named(text: &str, suite: &Suite, context: &Context) -> Result<Target, Failure> {
    servers()?
        .target(text, &suite.policies, public_tls)
        .map_err(|error| match error {
            FindError::Description(error) => refused(&error, context),
            error => match error.hint() {
                Some(hint) => Failure::usage(&error).hint(hint),
                None => Failure::usage(&error),
            },
        })
}

/// The adapters of the checkout that corspec is run in.
///
/// # Errors
///
/// It is not run in one.
pub(crate) fn servers() -> Result<Servers, Failure> {
    let folder = std::env::current_dir()
        .map_err(|error| Failure::new(ExitCode::Usage, format!("no working folder: {error}")))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    Servers::around(&folder, target).ok_or_else(|| {
        Failure::usage("there is no folder `harness/servers` here or above")
            .hint("run corspec in its checkout, or name a file: `--target ./my-server.yaml`")
    })
}

fn described(file: &TargetFile, version: Option<&str>, prefix: PathBuf) -> Result<Target, Failure> {
    let tls = || -> Arc<_> { public_tls() };
    Target::described(file, version, prefix, tls).map_err(|error| Failure::usage(error.to_string()))
}
