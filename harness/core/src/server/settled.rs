//! Waiting until a session has said what it had to say.
//!
//! A page is told nothing of a beacon or a form, and a server is told nothing of a call that was
//! aborted until the connection tells. So whoever wants to read a transcript first waits for quiet.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::session::Place;

impl Place {
    /// Returns when the current step has the exchanges that its scenario expects, none is under way, and
    /// none began or ended for a while; or when that does not come about.
    pub(crate) async fn settled(&self) {
        self.quiet().await;
        if self.is_at_its_end() {
            let mut said = self.said();
            said.settled = Some(said.exchanges.clone());
        }
    }

    async fn quiet(&self) {
        let expected = self.expected();
        let begin = Instant::now();
        let patience = match expected {
            None | Some(0) => LONGEST_SILENCE,
            Some(_) => LONGEST_WAIT,
        };
        loop {
            // Listening before looking, so that nothing falls in between.
            let changed = self.changed.notified();
            let until = match self.progress(expected.unwrap_or(1).max(1)) {
                Progress::Missing => begin + patience,
                Progress::UnderWay => begin + LONGEST_FAREWELL,
                Progress::QuietSince(since) => since + QUIET,
            };
            let until = until.min(begin + LONGEST_FAREWELL);
            if Instant::now() >= until {
                return;
            }
            tokio::select! {
                () = changed => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// Returns when the current step has the exchanges that its scenario expects, whatever has become of
    /// them; or when that does not come about.
    pub(crate) async fn begun(&self) {
        let expected = self.expected().unwrap_or(1);
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            let changed = self.changed.notified();
            if self.number_of_exchanges() >= expected || Instant::now() >= deadline {
                return;
            }
            tokio::select! {
                () = changed => {}
                () = sleep_until(deadline) => {}
            }
        }
    }

    fn number_of_exchanges(&self) -> usize {
        let step = self.step();
        let said = self.said();
        let exchanges = said.exchanges.iter();
        exchanges.filter(|exchange| exchange.step == step).count()
    }

    /// How far the current step is, of which so many exchanges are expected.
    fn progress(&self, expected: usize) -> Progress {
        let number = self.number_of_exchanges();
        let said = self.said();
        if number < expected {
            Progress::Missing
        } else if said.under_way > 0 {
            Progress::UnderWay
        } else {
            Progress::QuietSince(said.changed)
        }
    }
}

enum Progress {
    /// Not all exchanges have begun.
    Missing,
    /// All have begun, and some have not ended.
    UnderWay,
    /// All have ended.
    QuietSince(Instant),
}

/// Longer than a client needs to send what nobody expects.
const QUIET: Duration = Duration::from_millis(60);
/// How long is waited for a first request where none is expected.
const LONGEST_SILENCE: Duration = Duration::from_millis(700);
/// How long is waited for the next one that is: a redirect has to be followed on a busy machine, too.
const LONGEST_WAIT: Duration = Duration::from_secs(4);
/// How long is waited for the client to go away from what it gave up: a busy Chromium closes the connection
/// five seconds after the page closed the stream. It is shorter than scenarios delay an answer
/// that is to be given up.
const LONGEST_FAREWELL: Duration = Duration::from_secs(6);
