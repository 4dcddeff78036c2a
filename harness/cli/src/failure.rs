//! Why a command came to nothing, and with which exit code.

use std::fmt::Display;
use std::io::{self, Write};

use corspec::report::terminal::Paint;
use corspec::run::ExitCode;

use crate::global::Global;

/// A command that could not do what it was asked. A failed expectation is none: it is a result.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    /// Shown before the message as it is, such as the diagnostics it counts.
    details: String,
    hint: Option<String>,
    exit: ExitCode,
}

impl Failure {
    /// The user asked for something that cannot be.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// A failure with this exit code.
    pub(crate) fn new(exit: ExitCode, message: impl Display) -> Self {
        Self {
            message: message.to_string(),
            details: String::new(),
            hint: None,
            exit,
        }
    }

    /// With one sentence on how to mend it.
    pub(crate) fn hint(self, hint: impl Display) -> Self {
        Self {
            hint: Some(hint.to_string()),
            ..self
        }
    }

    /// With lines that are shown before the message.
    pub(crate) fn details(self, details: String) -> Self {
        Self { details, ..self }
    }

    /// With the exit code of a run that came to worse than this: a report that cannot be written does
    /// not hide that the run failed.
    pub(crate) fn of_run(self, run: ExitCode) -> Self {
        let is_worse = matches!(run, ExitCode::NonConformant | ExitCode::Interrupted);
        Self {
            exit: if is_worse { run } else { self.exit },
            ..self
        }
    }

    /// The exit code.
    pub(crate) const fn exit_code(&self) -> ExitCode {
        self.exit
    }

    /// Says it on stderr and gives the exit code.
    pub(crate) fn tell(&self, global: &Global) -> ExitCode {
        self.write(Paint::new(global.is_stderr_colored()));
        self.exit
    }

    fn write(&self, paint: Paint) {
        let mut text = self.details.clone();
        text.push_str(&format!("{} {}\n", paint.bold("error:"), self.message));
        if let Some(hint) = &self.hint {
            text.push_str(&format!("\n{} {hint}\n", paint.bold("hint:")));
        }
        // If even this cannot be written there is nobody to tell.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}
