//! Where sessions of browsers come from that are not started on this machine.

use clap::Args;
use corspec::run::{AgentName, Agents, RemoteEnd};

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::selection::stronger;

/// The option that names WebDriver servers.
#[derive(Args, Clone, Debug)]
pub(crate) struct RemoteArguments {
    /// Take a browser's sessions from a WebDriver server, such as a Selenium Grid; may be repeated.
    ///
    /// `chromium=http://localhost:4444`. Several URLs for a browser share its sessions in turn. The
    /// browser must be able to load pages from the loopback interface of this machine, the only one
    /// that they are served on: the server runs on this machine, in a container with the network of
    /// the host, or elsewhere behind a tunnel. A user and a password in the URL are sent and not shown.
    #[arg(
        long,
        value_name = "BROWSER=URL",
        env = "CORSPEC_WEBDRIVER",
        hide_env = true,
        value_delimiter = ',',
        help_heading = "Execution"
    )]
    webdriver: Vec<RemoteEnd>,
}

impl RemoteArguments {
    /// The remote ends, with what only the configuration says.
    ///
    /// # Errors
    ///
    /// One is of a browser that takes no part.
    pub(crate) fn resolve(
        &self,
        agents: &Agents,
        configuration: &Configuration,
    ) -> Result<Vec<RemoteEnd>, Failure> {
        let ends = stronger(&self.webdriver, &configuration.webdriver);
        let Agents::Named(named) = agents else {
            return Ok(ends.to_vec());
        };
        match ends
            .iter()
            .find(|end| !named.contains(&AgentName::Browser(end.engine)))
        {
            None => Ok(ends.to_vec()),
            Some(end) => Err(Failure::usage(format!(
                "--webdriver names {}, which takes no part",
                end.engine
            ))
            .hint(format!("add it to the agents: --agent {}", end.engine))),
        }
    }
}
