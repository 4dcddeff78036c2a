//! How it is done: plan, isolation, schedule, deadlines, clean-up.

mod agents;
mod browser_lane;
mod error;
mod execute;
mod exit_code;
mod lane;
mod options;
mod outcome;
mod result;
mod select;
mod wire_lane;

pub use agents::{AgentName, Agents, UnknownAgent};
pub use error::RunError;
pub use execute::run;
pub use exit_code::ExitCode;
pub use options::{Keep, Options};
pub use result::{AgentInfo, CaseResult, Event, RunResult};
pub use select::Selection;
