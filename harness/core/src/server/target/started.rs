//! A program that is started for a policy.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, context};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{NoAnswer, Output, Program};
use crate::case::scenario::{Policy, Surface};
use crate::process::{self, Command, Port, Supervised, Workspace, accepts};
use crate::server::{Ports, Upstream};

/// A running program that answers under a policy. Dropping it ends everything that it started.
#[derive(Debug)]
pub struct Started {
    process: Supervised,
    output: process::Output,
    port: Port,
    paths: BTreeMap<Surface, String>,
    headers: Vec<(String, String)>,
}

impl Started {
    pub(super) async fn start(
        program: &Program,
        policy: &Policy,
        ports: Ports,
    ) -> Result<Self, NoAnswer> {
        let mut attempt = 1;
        loop {
            match Self::try_start(program, policy, ports).await {
                // Somebody may have taken the port since it was found free.
                Err(NoAnswer::Start { output, .. })
                    if attempt < ATTEMPTS && output.0.iter().any(|line| is_about_port(line)) =>
                {
                    attempt += 1;
                }
                started => return started,
            }
        }
    }

    async fn try_start(program: &Program, policy: &Policy, ports: Ports) -> Result<Self, NoAnswer> {
        let cannot = |reason: String| NoAnswer::Start {
            reason,
            output: Output::default(),
        };
        let prepared =
            Prepared::of(program, policy, ports).map_err(|fault| cannot(fault.to_string()))?;
        let port = prepared.port;
        let (process, stdout, stderr) = Supervised::start(prepared.workspace, &prepared.command)
            .map_err(|error| cannot(error.to_string()))?;
        let output = process::Output::default();
        let kept = [output.keep(stdout), output.keep(stderr)];
        let said = || Output(output.last_lines());
        tokio::select! {
            ready = timeout(START_LIMIT, accepts(port.number())) => match ready {
                Ok(_) => Ok(Self {
                    process,
                    output,
                    port,
                    paths: program.paths.clone(),
                    headers: program.headers.clone(),
                }),
                Err(_) => Err(NoAnswer::Start {
                    reason: format!("nothing listens on its port after {START_LIMIT:?}"),
                    output: said(),
                }),
            },
            status = process.ended() => {
                // What it said last may still be on its way.
                for keeping in kept {
                    let _ = timeout(LAST_WORDS, keeping).await;
                }
                let output = said();
                if policy.dangerous && !status.success() {
                    return Err(NoAnswer::Refused { output });
                }
                Err(NoAnswer::Start { reason: format!("it ended with {status}"), output })
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub fn upstream(&self) -> Upstream {
        Upstream {
            paths: self.paths.clone(),
            headers: self.headers.clone(),
            ..Upstream::local(self.port.number())
        }
    }

    /// How the program ended and what it said last, if it did: a connection to it was closed, or could
    /// not be had.
    pub(crate) async fn end(&self) -> Option<(String, Output)> {
        // What still listens is not about to end; a listener and a connection close one after the other.
        for _ in 0..2 {
            let connecting = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number()));
            if !matches!(timeout(CLOSING, connecting).await, Ok(Ok(_))) {
                let status = timeout(ENDING, self.process.ended()).await.ok()?;
                tokio::time::sleep(ON_THEIR_WAY).await;
                return Some((status.to_string(), Output(self.output.last_lines())));
            }
            tokio::time::sleep(CLOSING).await;
        }
        None
    }

    /// Ends the program and everything that it started, and waits until it is gone.
    pub async fn stop(self) {
        self.process.stop(STOP_LIMIT).await;
    }
}

/// Everything that a start needs.
struct Prepared {
    workspace: Workspace,
    command: Command,
    port: Port,
}

impl Prepared {
    fn of(program: &Program, policy: &Policy, ports: Ports) -> Result<Self, PrepareError> {
        let workspace = Workspace::new()?;
        let port = Port::reserve()?;
        let policy = real(policy, ports);
        let absolute = |path: &Path| -> io::Result<PathBuf> {
            if path.as_os_str().is_empty() {
                return std::env::current_dir();
            }
            std::path::absolute(path)
        };
        let (prefix, folder) = (absolute(&program.prefix)?, absolute(&program.folder)?);
        if !prefix.is_dir() {
            return Err(PrepareError::NotInstalled(prefix));
        }
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
        environment.set_syntax(
            syntax
                .map_err(|error| PrepareError::Template("syntax".to_owned(), error.to_string()))?,
        );
        let context = context! {
            port => port.number(),
            prefix => prefix.display().to_string(),
            folder => folder.display().to_string(),
            work => workspace.path().display().to_string(),
            policy => minijinja::Value::from(Serde(&policy)),
        };
        for name in &program.templates {
            let source = std::fs::read_to_string(folder.join(name))
                .map_err(|error| PrepareError::Template(name.clone(), error.to_string()))?;
            let rendered = environment
                .render_named_str(name, &source, &context)
                .map_err(|error| PrepareError::Template(name.clone(), format!("{error:#}")))?;
            let name = name.strip_suffix(".jinja").unwrap_or(name);
            std::fs::write(workspace.path().join(name), rendered)?;
        }
        let mut words = Vec::with_capacity(program.start.len());
        for word in &program.start {
            let word = environment.render_str(word, &context).map_err(|error| {
                PrepareError::Template("start".to_owned(), format!("{error:#}"))
            })?;
            words.push(OsString::from(word));
        }
        let mut words = words.into_iter();
        let name = words.next().unwrap_or_default();
        // A path is meant from the folder in which the program runs; a name is looked up.
        let is_path = name.to_string_lossy().contains('/');
        let program = if is_path {
            prefix.join(&name)
        } else {
            PathBuf::from(&name)
        };
        let policy = serde_json::to_string(&policy).map_err(io::Error::other)?;
        let environment = vec![
            ("PORT".into(), port.number().to_string().into()),
            ("CORSPEC_POLICY".into(), policy.into()),
        ];
        Ok(Self {
            workspace,
            command: Command {
                program,
                arguments: words.collect(),
                environment,
                folder: Some(prefix),
            },
            port,
        })
    }
}

/// Why a start could not even be tried.
#[derive(Debug, thiserror::Error)]
enum PrepareError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it is not installed: there is no folder {}; `scripts/install-servers` installs it", .0.display())]
    NotInstalled(PathBuf),
    #[error("the template `{0}` cannot be rendered: {1}")]
    Template(String, String),
}

/// The policy with the ports that its origins have in this run.
fn real(policy: &Policy, ports: Ports) -> Policy {
    let place = |texts: &[String]| -> Vec<String> {
        let texts = texts.iter();
        texts
            .map(|text| String::from_utf8_lossy(&ports.to_real(text.as_bytes())).into_owned())
            .collect()
    };
    Policy {
        origins: place(&policy.origins),
        // A star is no part of a host, so that the host behind it is looked at alone.
        origin_patterns: policy
            .origin_patterns
            .iter()
            .map(|pattern| {
                let sample = pattern.replace("*.", "");
                let scheme = sample.find("://").map_or(0, |at| at + 3);
                let mut real = place(&[sample]).remove(0);
                real.insert_str(scheme, "*.");
                real
            })
            .collect(),
        ..policy.clone()
    }
}

fn is_about_port(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.contains("address already in use") || line.contains("eaddrinuse")
}

const ATTEMPTS: u32 = 3;
/// A virtual machine on a busy computer needs some seconds.
const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// What listened a moment ago either closes all its sockets within this time or goes on.
const CLOSING: Duration = Duration::from_millis(20);
/// Nobody listens any more: it ends, or has closed its port and lives on.
const ENDING: Duration = Duration::from_secs(2);
/// What a program said last is read within this time.
const ON_THEIR_WAY: Duration = Duration::from_millis(50);
/// Somebody whom it has started may hold the other end of its output.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Policies;

    fn ports() -> Ports {
        Ports::new([41000, 41001, 41002, 41003, 41004])
    }

    fn policy(name: &str) -> Policy {
        Policy::clone(Policies::embedded().unwrap().find(name).unwrap())
    }

    fn shell(script: &str) -> Program {
        Program {
            start: ["sh", "-c", script].map(str::to_owned).to_vec(),
            prefix: PathBuf::from("."),
            ..Program::default()
        }
    }

    async fn refusal(script: &str, policy_name: &str) -> NoAnswer {
        let started = Started::start(&shell(script), &policy(policy_name), ports()).await;
        started.map(|_| ()).unwrap_err()
    }

    #[test]
    fn origins_have_the_ports_of_the_run() {
        let policy = real(&policy("subdomains"), ports());
        assert_eq!(
            policy.origin_patterns,
            ["https://*.app.example", "http://*.app.localhost:41000"]
        );
        let policy = real(&self::policy("allowlist"), ports());
        assert_eq!(
            policy.origins,
            ["https://app.example", "http://app.localhost:41000"]
        );
    }

    #[tokio::test]
    async fn refusing_a_dangerous_policy_is_told_from_not_starting() {
        let script = "echo not with me >&2; exit 3";
        let output = Output(vec!["not with me".to_owned()]);
        assert_eq!(
            refusal(script, "any-with-credentials").await,
            NoAnswer::Refused {
                output: output.clone()
            }
        );
        let reason = "it ended with exit status: 3".to_owned();
        assert_eq!(
            refusal(script, "allowlist").await,
            NoAnswer::Start { reason, output }
        );
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_said_to_be_missing() {
        let program = Program {
            prefix: PathBuf::from("no/such/folder"),
            ..shell("true")
        };
        let started = Started::start(&program, &policy("public"), ports()).await;
        let error = started.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("it is not installed"), "{error}");
    }

    #[tokio::test]
    async fn templates_are_rendered_before_the_start() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("conf.jinja"),
            "{% for origin in policy.origins %}{{ origin }};{% endfor %} {{ port }}\n",
        )
        .unwrap();
        let program = Program {
            folder: folder.path().to_owned(),
            templates: vec!["conf.jinja".to_owned()],
            ..shell("cat {{ work }}/conf >&2; echo $CORSPEC_POLICY | cut -c 1-17 >&2; exit 1")
        };
        let started = Started::start(&program, &policy("static"), ports()).await;
        let NoAnswer::Start { output, .. } = started.map(|_| ()).unwrap_err() else {
            panic!()
        };
        assert!(
            output.0[0].starts_with("http://app.localhost:41000; "),
            "{output}"
        );
        assert_eq!(output.0[1], r#"{"name":"static","#);
    }
}
