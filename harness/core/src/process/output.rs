//! What a process writes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::task::JoinHandle;

/// The end of what a process wrote. Reading goes on as long as there is something to read: a driver
/// whose pipe is full stands still.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output(Arc<Mutex<VecDeque<String>>>);

impl Output {
    /// Keeps what a stream brings, and lets `look` see each line. The task ends with the stream.
    pub(crate) fn keep(
        &self,
        stream: impl AsyncRead + Send + Unpin + 'static,
        mut look: impl FnMut(&str) + Send + 'static,
    ) -> JoinHandle<()> {
        let output = self.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).split(b'\n');
            while let Ok(Some(line)) = lines.next_segment().await {
                let line = String::from_utf8_lossy(&line);
                look(&line);
                output.push(line.trim_end().chars().take(KEPT_CHARACTERS).collect());
            }
        })
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// The last lines, oldest first.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }
}

/// Lines kept for error messages.
const KEPT_LINES: usize = 20;
/// Characters kept of each; some programs log whole stacks in one.
const KEPT_CHARACTERS: usize = 300;

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn only_the_end_of_the_output_is_kept() {
        let output = Output::default();
        let text: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let (sender, mut seen) = mpsc::unbounded_channel();
        output.keep(std::io::Cursor::new(text), move |line| {
            let _ = sender.send(line.to_owned());
        });
        let mut count = 0;
        while seen.recv().await.is_some() {
            count += 1;
        }
        assert_eq!(count, 100);
        let lines = output.last_lines();
        assert_eq!(lines.len(), KEPT_LINES);
        assert_eq!(lines[KEPT_LINES - 1], "line 99");
    }
}
