//! Colour.

use anstyle::{AnsiColor, Style};

use crate::verdict::Status;

/// Puts text in colour, or leaves it as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Paint {
    color: bool,
}

impl Paint {
    /// No colour at all.
    pub const PLAIN: Self = Self { color: false };

    /// ANSI escape sequences around what matters, if `color` is set.
    #[must_use]
    pub const fn new(color: bool) -> Self {
        Self { color }
    }

    /// Whether there is colour.
    #[must_use]
    pub const fn is_colored(self) -> bool {
        self.color
    }

    /// The word for a status, right-aligned to this width.
    #[must_use]
    pub fn status(self, status: Status, width: usize) -> String {
        let style = match status {
            Status::Pass => AnsiColor::Green.on_default(),
            Status::Fail | Status::Fixed => AnsiColor::Red.on_default(),
            Status::Warn | Status::Flaky => AnsiColor::Yellow.on_default(),
            Status::Note => AnsiColor::Cyan.on_default(),
            Status::Known | Status::Skip => AnsiColor::Blue.on_default(),
            Status::Infra => AnsiColor::Magenta.on_default(),
        };
        self.styled(style.bold(), &format!("{status:>width$}"))
    }

    /// Text that stands out.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.styled(Style::new().bold(), text)
    }

    /// Text that stands back.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    fn styled(self, style: Style, text: &str) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
