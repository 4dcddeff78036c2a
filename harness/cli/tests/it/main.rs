//! The real binary in throw-away folders: stdout, stderr and exit code of every command and flag.

mod audit;
#[cfg(unix)]
mod bad_targets;
mod check;
mod completions;
mod configuration;
mod doctor;
mod explain;
mod help;
mod kill;
mod lint;
mod list;
mod man;
#[cfg(unix)]
mod matrix;
mod merge;
mod output;
mod remote;
mod run;
mod schema;
mod server;
#[cfg(unix)]
mod sessions;
mod shard;
mod support;
#[cfg(unix)]
mod targets;
#[cfg(unix)]
mod workflow;
