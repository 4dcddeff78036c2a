//! Panics: a bug in corspec, said in so many words.

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use corspec::run::ExitCode;

/// Notices every panic, also one in a thread or a task that somebody else catches.
pub(crate) struct Watch {
    panicked: Arc<AtomicBool>,
}

impl Watch {
    /// From now on a panic asks the user to report it.
    pub(crate) fn begin() -> Self {
        let panicked = Arc::new(AtomicBool::new(false));
        let noticed = Arc::clone(&panicked);
        panic::set_hook(Box::new(move |panic| {
            // Only the first: the rest are its echoes.
            if !noticed.swap(true, Ordering::SeqCst) {
                tell(panic);
            }
        }));
        Self { panicked }
    }

    /// Runs `work`. After a panic the exit code is that of a bug, whatever `work` came to.
    pub(crate) fn guard(&self, work: impl FnOnce() -> ExitCode) -> ExitCode {
        let code = panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(ExitCode::Bug);
        if self.panicked.load(Ordering::SeqCst) {
            ExitCode::Bug
        } else {
            code
        }
    }
}

fn tell(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no message");
    let place = panic
        .location()
        .map_or_else(String::new, |location| format!(" ({location})"));
    // If even this cannot be written there is nobody to tell.
    let _ = writeln!(
        io::stderr(),
        "error: corspec has a bug: {message}{place}\n\nhint: please report it with the command and these lines; corspec {}, {} {}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_bug_wherever_it_happens() {
        let watch = Watch::begin();
        assert_eq!(
            watch.guard(|| ExitCode::NonConformant),
            ExitCode::NonConformant
        );
        // In a thread whose end nobody looks at.
        let elsewhere = || {
            let _ = std::thread::spawn(|| panic!("on purpose")).join();
            ExitCode::NonConformant
        };
        assert_eq!(watch.guard(elsewhere), ExitCode::Bug);
        let watch = Watch::begin();
        assert_eq!(watch.guard(|| panic!("on purpose")), ExitCode::Bug);
        // The other tests get their usual messages back.
        drop(panic::take_hook());
    }
}
