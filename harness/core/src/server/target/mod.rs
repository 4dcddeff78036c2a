//! What is put under test: the server that is built in, a program that is started for each policy, or
//! one that runs already.

mod servers;
mod started;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::rustls::ClientConfig;
use url::Url;

pub use servers::{FindError, Servers};
pub use started::Started;

use super::Ports;
use super::policy::{Mutant, PolicyServer};
use super::session::Backend;
use super::upstream::Upstream;
use crate::case::scenario::{Policy, Surface};
use crate::case::{Party, TargetFile};

/// A server under test.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Its version, where it is known.
    pub version: Option<String>,
    /// The paths that it offers.
    pub surface: BTreeSet<Surface>,
    /// The policies that it has no setting for, and why.
    pub inexpressible: BTreeMap<String, String>,
    /// The file of its known deviations, where there is one.
    pub known: Option<PathBuf>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Answers in this process.
    Embedded(Option<Mutant>),
    /// Runs already, configured for one policy.
    Running { upstream: Upstream, policy: String },
    /// Is started for each policy.
    Startable(Program),
}

/// How a program is started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    /// Program and arguments; templates.
    pub(crate) start: Vec<String>,
    /// The working folder, where it is installed.
    pub(crate) prefix: PathBuf,
    /// The folder of its description.
    pub(crate) folder: PathBuf,
    /// Files in that folder that are rendered.
    pub(crate) templates: Vec<String>,
    /// The paths that are not at their usual place.
    pub(crate) paths: BTreeMap<Surface, String>,
    /// Headers that every request gets.
    pub(crate) headers: Vec<(String, String)>,
}

impl Default for Target {
    fn default() -> Self {
        Self::embedded(None)
    }
}

impl Target {
    /// The server that is built in, with a mistake or without.
    #[must_use]
    pub fn embedded(mutant: Option<Mutant>) -> Self {
        Self {
            name: match mutant {
                None => "embedded".to_owned(),
                Some(mutant) => format!("embedded:{mutant}"),
            },
            version: None,
            surface: Surface::ALL.into(),
            inexpressible: BTreeMap::new(),
            known: None,
            kind: Kind::Embedded(mutant),
        }
    }

    /// A program that gets `PORT` and `CORSPEC_POLICY`, and is started for each policy.
    #[must_use]
    pub fn command(command: Vec<String>) -> Self {
        let program = Program {
            start: command,
            prefix: PathBuf::from("."),
            ..Program::default()
        };
        Self::startable("command".to_owned(), None, required_surface(), program)
    }

    /// A server that runs already and is configured for one policy.
    #[must_use]
    pub fn running(
        name: &str,
        upstream: Upstream,
        policy: &str,
        surface: BTreeSet<Surface>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            version: None,
            surface,
            inexpressible: BTreeMap::new(),
            known: None,
            kind: Kind::Running {
                upstream,
                policy: policy.to_owned(),
            },
        }
    }

    /// What a file describes, in one of its versions (the first, where none is named), installed at
    /// `prefix`. `tls` is how https is spoken.
    ///
    /// # Errors
    ///
    /// [`TargetError`] if there is no such version, or its URL has no host.
    pub fn described(
        file: &TargetFile,
        version: Option<&str>,
        prefix: PathBuf,
        tls: impl FnOnce() -> Arc<ClientConfig>,
    ) -> Result<Self, TargetError> {
        let version = match version {
            Some(version) if !file.versions.iter().any(|it| it == version) => {
                return Err(TargetError::UnknownVersion {
                    name: file.name.clone(),
                    version: version.to_owned(),
                    known: file.versions.clone(),
                });
            }
            Some(version) => Some(version.to_owned()),
            None => file.versions.first().cloned(),
        };
        let known = file.known.as_ref().map(|name| file.folder.join(name));
        if let (Some(url), Some(policy)) = (&file.url, &file.policy) {
            let upstream = Upstream {
                paths: file.paths.clone(),
                headers: file.headers.clone(),
                ..upstream_of(url, tls)?
            };
            let running = Self::running(&file.name, upstream, policy, file.surface.clone());
            return Ok(Self {
                version,
                known,
                ..running
            });
        }
        let program = Program {
            start: file.start.clone(),
            prefix,
            folder: file.folder.clone(),
            templates: file.templates.clone(),
            paths: file.paths.clone(),
            headers: file.headers.clone(),
        };
        let startable = Self::startable(file.name.clone(), version, file.surface.clone(), program);
        Ok(Self {
            inexpressible: file.inexpressible.clone(),
            known,
            ..startable
        })
    }

    fn startable(
        name: String,
        version: Option<String>,
        surface: BTreeSet<Surface>,
        program: Program,
    ) -> Self {
        Self {
            name,
            version,
            surface,
            inexpressible: BTreeMap::new(),
            known: None,
            kind: Kind::Startable(program),
        }
    }

    /// Name and version, as reports have them.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }

    /// Who it is, for the record of known deviations.
    #[must_use]
    pub fn party(&self) -> Party<'_> {
        Party {
            name: &self.name,
            version: self.version.as_deref(),
        }
    }

    /// Whether this is the server that is built in, in whatever condition.
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        matches!(self.kind, Kind::Embedded(_))
    }

    /// Whether this is the server that is built in, as it should be.
    #[must_use]
    pub const fn is_reference(&self) -> bool {
        matches!(self.kind, Kind::Embedded(None))
    }

    /// Gets ready to answer under a policy. `ports` are those of the origins that pages have.
    ///
    /// # Errors
    ///
    /// [`NoAnswer`] if it cannot be asked anything under this policy.
    pub async fn prepare(&self, policy: &Arc<Policy>, ports: Ports) -> Result<Ready, NoAnswer> {
        if let Some(reason) = self.inexpressible.get(&policy.name) {
            return Err(NoAnswer::Inexpressible(reason.clone()));
        }
        match &self.kind {
            Kind::Embedded(mutant) => {
                let server = PolicyServer::new(Arc::clone(policy), *mutant);
                Ok(Ready {
                    backend: Backend::Policy(Arc::new(server)),
                    started: None,
                })
            }
            Kind::Running {
                upstream,
                policy: own,
            } if *own == policy.name => Ok(Ready {
                backend: Backend::Forward(Arc::new(upstream.clone().translated(ports))),
                started: None,
            }),
            Kind::Running { policy: own, .. } => Err(NoAnswer::OtherPolicy { own: own.clone() }),
            Kind::Startable(program) => {
                let started = Started::start(program, policy, ports).await?;
                Ok(Ready {
                    backend: Backend::Forward(Arc::new(started.upstream())),
                    started: Some(started),
                })
            }
        }
    }
}

/// A target that answers under a policy.
#[derive(Debug)]
pub struct Ready {
    /// Who answers.
    pub backend: Backend,
    /// The program behind it, where one was started; it ends with this.
    pub started: Option<Started>,
}

/// Why a target is not asked anything under a policy.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoAnswer {
    /// It has no setting for the policy.
    #[error("inexpressible: {0}")]
    Inexpressible(String),
    /// It runs already, with another policy.
    #[error("it is configured for the policy `{own}`")]
    OtherPolicy {
        /// The policy that it has.
        own: String,
    },
    /// It does not start with a policy that nobody should ask for.
    #[error("it refuses to start with a dangerous policy{output}")]
    Refused {
        /// What it said.
        output: Output,
    },
    /// It ended while it was asked, and more often than it is started again.
    #[error("it was started again {restarts} times, and ended with {status}{output}")]
    Ended {
        /// How often it was started again.
        restarts: u32,
        /// How.
        status: String,
        /// What it said last.
        output: Output,
    },
    /// It does not start. Says nothing about its policy.
    #[error("it does not start: {reason}{output}")]
    Start {
        /// What became of it.
        reason: String,
        /// What it said.
        output: Output,
    },
}

impl NoAnswer {
    /// Whether this is trouble in asking, and no statement of the server about its policy.
    #[must_use]
    pub const fn is_infrastructure(&self) -> bool {
        matches!(self, Self::Ended { .. } | Self::Start { .. })
    }
}

/// The last lines that a program wrote.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Output(pub Vec<String>);

impl std::fmt::Display for Output {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.0 {
            write!(formatter, "\n  {line}")?;
        }
        Ok(())
    }
}

/// Why there is no such target.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TargetError {
    /// There is no such version.
    #[error("`{name}` has no version {version}; there are: {}", known.join(", "))]
    UnknownVersion {
        /// The target.
        name: String,
        /// What was asked for.
        version: String,
        /// The versions there are.
        known: Vec<String>,
    },
    /// The URL leads nowhere.
    #[error("`{0}` is no URL of http or https")]
    Url(String),
}

/// Where a URL leads; a path in it is not looked at.
///
/// # Errors
///
/// [`TargetError::Url`].
pub fn upstream_of(
    url: &str,
    tls: impl FnOnce() -> Arc<ClientConfig>,
) -> Result<Upstream, TargetError> {
    let wrong = || TargetError::Url(url.to_owned());
    let parsed = Url::parse(url).map_err(|_| wrong())?;
    let (Some(host), Some(port)) = (parsed.host_str(), parsed.port_or_known_default()) else {
        return Err(wrong());
    };
    let authority = match parsed.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let tls = match parsed.scheme() {
        "https" => Some(tls()),
        "http" => None,
        _ => return Err(wrong()),
    };
    // Names under `localhost` are this machine, which not every resolver knows.
    let is_local = host == "localhost" || host.ends_with(".localhost");
    Ok(Upstream {
        host: if is_local {
            "127.0.0.1"
        } else {
            host.trim_matches(['[', ']'])
        }
        .to_owned(),
        tls,
        host_header: Some(authority),
        ..Upstream::local(port)
    })
}

/// The paths that every target has.
#[must_use]
pub fn required_surface() -> BTreeSet<Surface> {
    Surface::ALL
        .into_iter()
        .filter(|it| it.is_required())
        .collect()
}
