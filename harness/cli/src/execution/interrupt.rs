//! Ctrl-C, and the signal by which services and CI ask a process to end.

use crate::output;

/// Ends when the user asks the run to end. A second time ends the process at once; agents notice that
/// corspec is gone and go as well.
pub(super) async fn requested() {
    signalled().await;
    output::talk("\nended by the user; a second time does not wait for agents");
    tokio::spawn(async {
        signalled().await;
        #[expect(clippy::exit, reason = "the user does not want to wait for anything")]
        std::process::exit(i32::from(corspec::run::ExitCode::Interrupted.number()));
    });
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};

    // Where a handler cannot be set the usual one ends the process.
    match (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        _ => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn signalled() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
