//! Why WebKit blocked a request, read from its console once per batch.
//!
//! The browser that corspec starts writes every message as a line to a file, and does so before the
//! page learns of the failure: what is not there when the page has answered does not come. A message
//! tells the cause; the next one names the URL concerned:
//!
//! ```text
//! CONSOLE SECURITY ERROR Preflight response is not successful. Status code: 404
//! CONSOLE JS ERROR Fetch API cannot load http://api.localhost/ due to access control checks.
//! ```

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::path::Path;

use super::reason;
use crate::agent::browser::error::BrowserError;
use crate::agent::browser::job::Job;
use crate::agent::browser::outcome::{Blocked, StepOutcome};
use crate::agent::browser::session::Session;

/// The file that launcher.py's output goes to, in the session's directory.
const FILE: &str = "console";

/// Adds to every block of a batch why it happened, as far as WebKit tells.
pub(crate) fn explain(
    session: &Session,
    jobs: &[Job],
    outcomes: &mut [Option<Vec<StepOutcome>>],
) -> Result<(), BrowserError> {
    for (_, _, blocked) in unexplained(outcomes) {
        if blocked.refused
            && let Some(reason) = reason::of_exception(&blocked.message)
        {
            blocked.explain(reason, "");
        }
    }
    // At a remote end nobody can read it, and MiniBrowser writes none.
    let Some(folder) = session.folder() else {
        return Ok(());
    };
    let text = take(&folder.join(FILE)).unwrap_or_default();
    { use std::io::Write as _; let mut f = OpenOptions::new().create(true).append(true).open("/tmp/webkit/corpus").unwrap(); f.write_all(text.as_bytes()).unwrap(); } // DEBUG
    explain_by_messages(messages(&text), jobs, outcomes);
    Ok(())
}

/// Reads a file that others append to, and empties it.
fn take(path: &Path) -> io::Result<String> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    file.set_len(0)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn unexplained(
    outcomes: &mut [Option<Vec<StepOutcome>>],
) -> impl Iterator<Item = (usize, usize, &mut Blocked)> {
    outcomes.iter_mut().enumerate().flat_map(|(job, steps)| {
        let steps = steps.iter_mut().flatten().enumerate();
        steps.filter_map(move |(step, outcome)| Some((job, step, outcome.unexplained()?)))
    })
}

fn explain_by_messages(
    mut messages: Vec<Message<'_>>,
    jobs: &[Job],
    outcomes: &mut [Option<Vec<StepOutcome>>],
) {
    for (job, step, blocked) in unexplained(outcomes) {
        let job = &jobs[job];
        let token = format!("/{}/", job.token);
        let url = &job.steps[step].request.url;
        let concerned = |message: &Message<'_>| {
            let about = message.about;
            about.contains(&token) || (!url.is_empty() && about.contains(url.as_str()))
        };
        // Each explains one step; they are in the order of the steps.
        if let Some(index) = messages.iter().position(concerned) {
            let Message { cause, about } = messages.remove(index);
            if let Some((reasons, name)) = reason::of_sentence(cause) {
                blocked.explain_among(reasons, name);
            }
            blocked.quote(if cause.is_empty() { about } else { cause });
        }
    }
}

/// What is said of one failure.
#[derive(Debug, Eq, PartialEq)]
struct Message<'text> {
    /// Why it failed; may be empty.
    cause: &'text str,
    /// The sentence that holds its URL.
    about: &'text str,
}

/// Joins the two sentences about a failure. Some causes hold the URL themselves and come alone.
fn messages(text: &str) -> Vec<Message<'_>> {
    let mut messages = Vec::new();
    let mut cause = "";
    for sentence in text.lines().filter_map(sentence) {
        if sentence.contains(" cannot load ") {
            messages.push(Message {
                cause: std::mem::take(&mut cause),
                about: sentence,
            });
            continue;
        }
        if !cause.is_empty() {
            messages.push(Message { cause, about: cause });
        }
        cause = sentence;
    }
    if !cause.is_empty() {
        messages.push(Message { cause, about: cause });
    }
    messages
}

/// The text behind `CONSOLE SECURITY ERROR `, whatever the source and level.
fn sentence(line: &str) -> Option<&str> {
    let (_, message) = line.split_once("CONSOLE ")?;
    let (_, rest) = message.split_once(' ')?;
    let (_, text) = rest.split_once(' ')?;
    Some(text)
}
