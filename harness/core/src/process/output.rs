//! What a process writes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::JoinHandle;

/// The end of what a process wrote. Reading goes on as long as there is something to read: a driver
/// whose pipe is full stands still.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output(Arc<Mutex<VecDeque<String>>>);

impl Output {
    /// Keeps what a stream brings. The task ends with the stream.
    pub(crate) fn keep(
        &self,
        mut stream: impl AsyncRead + Send + Unpin + 'static,
    ) -> JoinHandle<()> {
        let output = self.clone();
        tokio::spawn(async move {
            let mut buffer = vec![0; 8 << 10];
            let mut line = Vec::new();
            while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                for part in buffer[..length].split_inclusive(|byte| *byte == b'\n') {
                    let room = KEPT_BYTES - line.len();
                    line.extend_from_slice(&part[..part.len().min(room)]);
                    if part.ends_with(b"\n") {
                        output.push(&line);
                        line.clear();
                    }
                }
            }
            if !line.is_empty() {
                output.push(&line);
            }
        })
    }

    fn push(&self, line: &[u8]) {
        // A letter that was cut in two is left out.
        let whole = match std::str::from_utf8(line) {
            Err(error) if error.error_len().is_none() => &line[..error.valid_up_to()],
            _ => line,
        };
        let line = String::from_utf8_lossy(whole).trim_end().to_owned();
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
/// Bytes kept of each; some programs log whole stacks in one, and some never end one.
const KEPT_BYTES: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    async fn kept(text: String) -> Vec<String> {
        let output = Output::default();
        output.keep(std::io::Cursor::new(text)).await.unwrap();
        output.last_lines()
    }

    #[tokio::test]
    async fn only_the_end_of_the_output_is_kept() {
        let lines = kept((0..100).map(|line| format!("line {line}\r\n")).collect()).await;
        assert_eq!(lines.len(), KEPT_LINES);
        assert_eq!(lines[KEPT_LINES - 1], "line 99");
    }

    #[tokio::test]
    async fn only_the_beginning_of_a_line_is_kept() {
        let long = "x".repeat(100_000);
        let lines = kept(format!("{long}\nshort\n{long}")).await;
        let begin = "x".repeat(KEPT_BYTES);
        assert_eq!(lines, [begin.as_str(), "short", begin.as_str()]);
        let lines = kept(format!("x{}", "é".repeat(KEPT_BYTES))).await;
        assert_eq!(lines, [format!("x{}", "é".repeat((KEPT_BYTES - 1) / 2))]);
    }
}
