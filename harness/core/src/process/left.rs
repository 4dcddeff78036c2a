//! What is left of a session, by the mark in the environment of its processes.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long what was killed may take to go.
const PATIENCE: Duration = Duration::from_secs(5);

/// The processes of the session with this temporary directory, the oldest first; never found by name.
pub(crate) fn processes_marked_by(folder: &Path) -> Vec<u32> {
    let mark = format!("CORSPEC_SESSION={}", folder.display());
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_marked = |process: &u32| {
        // A process that ends while it is looked at is not there.
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark.as_bytes())
    };
    let mut marked: Vec<u32> = processes.filter(is_marked).collect();
    marked.sort_by_key(|&process| begin_of(process));
    marked
}

/// When a process began, in ticks since the machine did; numbers of processes begin anew after the highest.
fn begin_of(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The second field is a name, which may have spaces and parentheses in it.
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let begin = behind_name.split_whitespace().nth(19);
    begin
        .and_then(|begin| begin.parse().ok())
        .unwrap_or(u64::MAX)
}

pub(crate) async fn assert_nothing_is_left_of(folder: &Path) {
    let start = Instant::now();
    while folder.exists() || !processes_marked_by(folder).is_empty() {
        assert!(
            start.elapsed() < PATIENCE,
            "{:?}",
            processes_marked_by(folder)
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
