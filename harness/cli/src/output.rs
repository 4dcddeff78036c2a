//! stdout is data, stderr is talk.

use std::fmt::Display;
use std::io::{self, BufWriter, Write};

use corspec::report::Report;
use corspec::report::terminal::{self, Page};

use crate::context::Context;
use crate::failure::Failure;

/// Writes data to stdout. A reader that has seen enough and closed the pipe, as `head` does, is no
/// error.
///
/// # Errors
///
/// Any other fault of stdout, such as a full disk.
pub(crate) fn data(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::usage(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes the page of a run to stdout, or to stderr where a report takes stdout.
///
/// # Errors
///
/// Those of stdout.
pub(crate) fn page(
    report: &Report<'_>,
    page: Page<'_>,
    is_stdout_taken: bool,
    context: &Context,
) -> Result<(), Failure> {
    if is_stdout_taken {
        // The page is talk then, which nobody may hear.
        let page = Page {
            paint: context.stderr,
            ..page
        };
        let _ = terminal::write(report, &page, &mut io::stderr());
        Ok(())
    } else {
        data(|to| terminal::write(report, &page, to))
    }
}

/// Says something on stderr.
pub(crate) fn talk(text: impl Display) {
    // Talk that nobody can hear is not worth failing for.
    let _ = writeln!(io::stderr(), "{text}");
}
