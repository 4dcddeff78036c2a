//! What came of a job, as the scenario speaks of it.

use std::sync::Arc;

use corspec_fetch::HeaderList;

use super::error::BrowserError;
use crate::agent::{End, Observation, ScriptEvent};
use crate::server::Names;

/// What came of a job.
#[derive(Debug)]
pub struct JobResult {
    /// The job's token.
    pub token: String,
    /// One observation per step, with origins and paths as they really are; or why there is none.
    pub outcome: Result<Vec<Observation>, Arc<BrowserError>>,
}

impl JobResult {
    /// The observations as the scenario speaks of them: canonical origins, and no token.
    ///
    /// # Errors
    ///
    /// Why there are none.
    pub fn into_canonical(self, names: &Names) -> Result<Vec<Observation>, Arc<BrowserError>> {
        let observations = self.outcome?.into_iter();
        Ok(observations
            .map(|observation| canonical(observation, names))
            .collect())
    }
}

fn canonical(observation: Observation, names: &Names) -> Observation {
    let end = match observation.end {
        End::Blocked(mut signal) => {
            signal.message = names.to_canonical_text(&signal.message);
            signal.detail = signal.detail.map(|detail| names.to_canonical_text(&detail));
            End::Blocked(signal)
        }
        end @ (End::Silent | End::TimedOut) => end,
        End::Visible(mut response) => {
            response.url = response.url.map(|url| {
                // The names differ in digits only, so that what parsed before parses again.
                names.to_canonical_text(url.as_str()).parse().unwrap_or(url)
            });
            let mut headers = HeaderList::new();
            for (name, value) in response.headers.iter() {
                headers.append(name, names.to_canonical(value));
            }
            response.headers = headers;
            response.body = names.to_canonical(&response.body);
            End::Visible(response)
        }
    };
    let events = observation.events.map(|events| {
        let canonical = |event: ScriptEvent| ScriptEvent {
            detail: names.to_canonical(&event.detail),
            ..event
        };
        events.into_iter().map(canonical).collect()
    });
    let facts = observation.facts.into_iter();
    Observation {
        end,
        events,
        facts: facts
            .map(|(name, value)| (name, names.to_canonical_text(&value)))
            .collect(),
    }
}
