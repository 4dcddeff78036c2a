//! What a scenario takes by itself, however fast everybody is.

use std::time::Duration;

use super::scenario::{Answer, Permutation, RequestPlan, Script, Step};

impl Permutation {
    /// How long it waits and is made to wait, all steps together.
    #[must_use]
    pub fn own_time(&self) -> Duration {
        self.steps.iter().map(|step| step.wait + step.delay()).sum()
    }
}

impl Step {
    /// How long its answers are delayed, all together; or until the page gives up.
    #[must_use]
    pub fn delay(&self) -> Duration {
        let waits = self.server.answers().map(|answer| {
            let chunks = answer.chunks.iter().map(|chunk| chunk.wait);
            answer.delay + chunks.sum::<Duration>()
        });
        let RequestPlan { abort, timeout, .. } = self.request;
        let patience = [abort, timeout].into_iter().flatten().min();
        waits
            .sum::<Duration>()
            .min(patience.unwrap_or(Duration::MAX))
    }
}

impl Script {
    /// All answers that there are.
    pub fn answers(&self) -> impl Iterator<Item = &Answer> {
        let Self {
            hops,
            preflight,
            response,
            then,
            resources,
        } = self;
        let hops = hops.iter().flat_map(|hop| [&hop.preflight, &hop.response]);
        let resources = resources.iter().map(|(_, answer)| answer);
        hops.chain([preflight, response])
            .chain(then)
            .chain(resources)
    }
}
