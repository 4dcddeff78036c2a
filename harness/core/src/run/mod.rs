//! How it is done: plan, isolation, schedule, deadlines, clean-up.

mod result;

pub use result::{AgentInfo, CaseResult, Event, RunResult};
