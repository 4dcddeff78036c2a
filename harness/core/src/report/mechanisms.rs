//! Which mechanism is covered in which agent, as a table in Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::case::scenario::Mechanism;
use crate::case::{Concern, KnownDeviations, Suite};
use crate::run::{AgentName, reason_to_skip};

/// A row for each mechanism: its scenarios, and the permutations that each agent runs, with the number of
/// those in which the agent is known to differ from the standard.
#[must_use]
pub fn mechanisms(suite: &Suite, known: &KnownDeviations) -> String {
    let agents = AgentName::all();
    let mut table = "| mechanism | scenarios |".to_owned();
    for agent in &agents {
        let _ = write!(table, " {agent} |");
    }
    table.push_str("\n|---|---|");
    agents.iter().for_each(|_| table.push_str("---|"));
    table.push('\n');
    for mechanism in Mechanism::ALL {
        let permutations: Vec<_> = (suite.permutations.iter())
            .filter(|it| it.steps.iter().any(|step| step.request.via == mechanism))
            .collect();
        let scenarios: BTreeSet<&str> = (permutations.iter())
            .map(|it| it.scenario.id.as_str())
            .collect();
        let _ = write!(table, "| `{mechanism}` | {} |", scenarios.len());
        for agent in &agents {
            let name = agent.name();
            let runs = |id: &&&std::sync::Arc<_>| reason_to_skip(id, name).is_none();
            let run: Vec<_> = permutations.iter().filter(runs).collect();
            let differs = |id: &str| {
                let mut known = known.iter().filter(|it| it.concerns == Concern::Verdict);
                known.any(|it| it.is_of_agent(name) && it.matches(id))
            };
            let differing = run.iter().filter(|it| differs(&it.id)).count();
            let _ = match (run.len(), differing) {
                (0, _) => write!(table, " – |"),
                (run, 0) => write!(table, " {run} |"),
                (run, differing) => write!(table, " {run} ({differing} known) |"),
            };
        }
        table.push('\n');
    }
    table
}
