//! How it is done: plan, isolation, schedule, deadlines, clean-up.

mod agents;
mod batches;
mod browser_lane;
mod error;
mod execute;
mod exit_code;
mod grounds;
mod lane;
mod options;
mod outcome;
mod pieces;
mod remote;
mod remote_end;
mod result;
mod select;
mod shard;
mod snapshots;
mod wire_lane;

pub use agents::{AgentName, Agents, UnknownAgent};
pub use error::RunError;
pub use execute::run;
pub use exit_code::ExitCode;
pub use options::{Keep, Options};
pub use outcome::reason_to_skip;
pub use remote_end::{BadRemoteEnd, RemoteEnd};
pub use result::{AgentInfo, CaseResult, Event, RunResult, Selected};
pub use select::Selection;
pub use shard::{BadShard, Shard};
pub use snapshots::{SnapshotError, Snapshots};
