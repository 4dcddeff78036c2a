//! Waiting until a session has said what it had to say.
//!
//! A page is told nothing of a beacon or a form, and a server is told nothing of a call that was
//! aborted until the connection tells. So whoever wants to read a transcript first waits for quiet.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::session::Place;

impl Place {
    /// Returns when the current step has an exchange, none is under way, and none began or ended for
    /// a while; or when that does not come about.
    pub(crate) async fn settled(&self) {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            // Listening before looking, so that nothing falls in between.
            let changed = self.changed.notified();
            let until = match self.quiet_since() {
                Some(since) => deadline.min(since + QUIET),
                None => deadline,
            };
            if Instant::now() >= until {
                return;
            }
            tokio::select! {
                () = changed => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// When the last exchange ended, if there is one in the current step and none is under way.
    fn quiet_since(&self) -> Option<Instant> {
        let step = self.step();
        let said = self.said();
        let has_begun = said.exchanges.iter().any(|exchange| exchange.step == step);
        (has_begun && said.under_way == 0).then_some(said.changed)
    }
}

/// Longer than a client needs to follow a redirect or a preflight with the next request.
const QUIET: Duration = Duration::from_millis(60);
const LONGEST_WAIT: Duration = Duration::from_millis(700);
