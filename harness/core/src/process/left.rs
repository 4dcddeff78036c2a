//! What is left of a session, by the mark in the environment of its processes.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long what was killed may take to go.
const PATIENCE: Duration = Duration::from_secs(5);

/// The processes of the session with this temporary directory; never found by name.
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
    processes.filter(is_marked).collect()
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
