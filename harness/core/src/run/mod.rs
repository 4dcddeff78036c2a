//! How it is done: plan, isolation, schedule, deadlines, clean-up.

mod exit_code;
mod result;

pub use exit_code::ExitCode;
pub use result::{AgentInfo, CaseResult, Event, RunResult};
