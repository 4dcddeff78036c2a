//! Which server is put under test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use corspec::agent::wire::public_tls;
use corspec::case::{Suite, TargetFile};
use corspec::report::terminal::shell_quote;
use corspec::run::ExitCode;
use corspec::server::{FindError, Servers, Target, is_program, required_surface, upstream_of};

use crate::cases::refused;
use crate::configuration::Configuration;
use crate::context::Context;
use crate::failure::Failure;
use crate::values::is_target_file;

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

    /// The policy that the server at a URL is configured for, a file of cases/policies; any other target is
    /// asked under this one alone.
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
        let policy = self.policy(&context.configuration);
        let configured = context.configuration.target.as_deref();
        if let Some(program) = self.command.first() {
            require_program(program)?;
            require_known(policy, suite)?;
            return Ok(Target::command(self.command.clone()));
        }
        let Some(text) = self.target.as_deref().or(configured) else {
            if policy.is_some() {
                return Err(
                    Failure::usage("--policy is about a target, and there is none")
                        .hint("name one with --target, or by `-- COMMAND`"),
                );
            }
            return Ok(Target::default());
        };
        require_known(policy, suite)?;
        if let Some(mutant) = text.strip_prefix("embedded") {
            return embedded(mutant);
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return at_url(text, policy, suite);
        }
        if text.contains("://") {
            return Err(Failure::usage(format!("`{text}` is no target"))
                .hint("the URL of a server begins with http:// or https://"));
        }
        if is_target_file(text) {
            let path = Path::new(text);
            if !path.exists() {
                return Err(Failure::usage(format!("there is no file `{text}`")).hint(
                    "name a file that describes a server, or a name that `corspec servers` lists",
                ));
            }
            let file = TargetFile::read(path, &suite.policies)
                .map_err(|error| refused(&error, context))?;
            let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
            return described(&file, None, folder);
        }
        named(text, suite, context)
    }

    /// The policy that is named.
    pub(crate) fn policy<'text>(
        &'text self,
        configuration: &'text Configuration,
    ) -> Option<&'text str> {
        self.policy.as_deref().or(configuration.policy.as_deref())
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
}

/// Finds out whether there is a program of this name, before it is started for one policy after the other.
fn require_program(program: &str) -> Result<(), Failure> {
    if is_program(program) {
        return Ok(());
    }
    Err(
        Failure::usage(format!("there is no program `{program}` that can be run")).hint(
            "behind `--` stands the command that starts the server; a path needs a slash: `./my-server`",
        ),
    )
}

fn require_known(policy: Option<&str>, suite: &Suite) -> Result<(), Failure> {
    match policy {
        Some(policy) if suite.policies.find(policy).is_none() => {
            Err(Failure::usage(format!("unknown policy `{policy}`"))
                .hint(format!("there are: {}", names(suite).join(", "))))
        }
        _ => Ok(()),
    }
}

fn names(suite: &Suite) -> Vec<&str> {
    suite.policies.iter().map(|it| it.name.as_str()).collect()
}

fn at_url(url: &str, policy: Option<&str>, suite: &Suite) -> Result<Target, Failure> {
    let Some(policy) = policy else {
        return Err(Failure::usage(format!(
            "it is not said what the server at {url} is configured for"
        ))
        .hint(format!(
            "--policy {}; or `corspec audit {url}` finds out by asking",
            names(suite).join("|")
        )));
    };
    let upstream =
        upstream_of(url, public_tls).map_err(|error| Failure::usage(error.to_string()))?;
    Ok(Target::running(url, upstream, policy, required_surface()))
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
