//! What the model says a conforming browser must do with the very answers an agent was given.

mod replay;

use std::time::Duration;

use corspec_fetch::{Block, Decision, Outcome, UserAgent};
use url::Url;

use self::replay::{Replay, Replayed};
use super::judgement::Verdict;
use crate::case::scenario::Permutation;
use crate::tape::Exchange;

/// The model's word on one step.
#[derive(Clone, Debug)]
pub(crate) struct Prediction {
    /// What must come of it; `None` where the tape holds no answer to what the model would send, and
    /// where the standard leaves it open.
    pub(crate) verdict: Option<Verdict>,
    /// Where the requests on the tape part from those of the model.
    pub(crate) divergence: Option<String>,
    /// What the model decided on the way, in order.
    pub(crate) decisions: Vec<Decision>,
}

/// Replays the model over the exchanges of a permutation, step by step.
pub(crate) fn predict(permutation: &Permutation, transcript: &[Exchange]) -> Vec<Prediction> {
    let mut agent = UserAgent::default();
    let mut now = Duration::ZERO;
    store_cookies(permutation, &mut agent);
    let steps = permutation.steps.iter().enumerate();
    steps
        .map(|(index, step)| {
            now += step.wait;
            let exchanges = transcript.iter().filter(|exchange| exchange.step == index);
            let mut replay = Replay::new(step, exchanges.collect(), &mut agent, now);
            let replayed = replay.play(step.page.as_ref().unwrap_or(&permutation.page));
            let surplus = replay.surplus();
            predicted(replayed, surplus, replay.into_decisions())
        })
        .collect()
}

fn predicted(replayed: Replayed, surplus: Option<String>, decisions: Vec<Decision>) -> Prediction {
    let (verdict, divergence) = match replayed {
        Replayed::Ended(outcome) => (Some(verdict(outcome)), surplus),
        Replayed::Open => (None, None),
        Replayed::Parted(divergence) => (None, Some(divergence)),
    };
    Prediction {
        verdict,
        divergence,
        decisions,
    }
}

fn verdict(outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Allow(_) => Verdict {
            allowed: true,
            because: None,
            detail: None,
        },
        Outcome::Block(Block { reason, detail }) => Verdict {
            allowed: false,
            because: Some(reason),
            detail,
        },
    }
}

fn store_cookies(permutation: &Permutation, agent: &mut UserAgent) {
    for setup in &permutation.cookies {
        let Ok(url) = Url::parse(&format!("{}/scenario/-", setup.origin.serialize())) else {
            continue;
        };
        let origin = corspec_fetch::Origin::of_url(&url);
        agent
            .cookies
            .store(setup.set_cookie.as_bytes(), &origin, &url, Duration::ZERO);
    }
}
