//! From what an agent brought back to a result.

use std::sync::Arc;
use std::time::Duration;

use super::result::{AgentInfo, CaseResult};
use crate::agent::Observation;
use crate::case::scenario::{Mechanism, PageOrigin, Permutation};
use crate::case::{KnownDeviations, Occurrence, Party};
use crate::server::{Target, UpstreamFault};
use crate::tape::Transcript;
use crate::verdict::{Status, judge, settle};

/// The agent that sends what the model says.
pub(super) const WIRE: &str = "wire";

/// What an agent brought back from a permutation that ran to its end.
pub(super) struct Played {
    pub(super) observations: Vec<Observation>,
    pub(super) transcript: Transcript,
    /// What kept the target from answering.
    pub(super) faults: Vec<UpstreamFault>,
    pub(super) duration: Duration,
    pub(super) attempts: u32,
    /// What kept the attempt before from bringing anything.
    pub(super) fault: Option<String>,
}

/// The result of a permutation that ran to its end.
pub(super) fn decided(
    permutation: &Arc<Permutation>,
    agent: &AgentInfo,
    known: &KnownDeviations,
    target: &Target,
    played: Played,
) -> CaseResult {
    // A server that is gone after it broke off an answer was there to be asked.
    if let Some(fault) = played.faults.first().filter(|it| it.is_infrastructure()) {
        let message = format!("the server under test: {fault}");
        return CaseResult {
            transcript: played.transcript,
            attempts: played.attempts,
            ..undecided(permutation, &agent.name, Status::Infra, Some(message))
        };
    }
    let observations = settle(permutation, &played.transcript, played.observations);
    let mut judgement = judge(
        permutation,
        &played.transcript,
        &observations,
        agent.name == WIRE,
    );
    judgement.note_no_answer(permutation, &played.faults);
    let of_agent = Party {
        name: &agent.name,
        version: Some(&agent.version),
    };
    let of_target = permutation.policy.as_ref().map(|_| target.party());
    let verdict = judgement.status();
    let known = known
        .find(&permutation.id, of_agent, of_target)
        .filter(|known| verdict != Status::Pass || known.occurs == Occurrence::Always);
    let status = match (verdict, known) {
        (Status::Pass, Some(_)) => Status::Fixed,
        (_, Some(_)) => Status::Known,
        (Status::Pass, None) if played.attempts > 1 => Status::Flaky,
        (status, None) => status,
    };
    let message = match known {
        Some(known) => Some(format!("{} ({})", known.reason, known.link)),
        None => played.fault.filter(|_| status == Status::Flaky),
    };
    CaseResult {
        message,
        status,
        judgement: Some(judgement),
        observations,
        transcript: played.transcript,
        duration: played.duration,
        attempts: played.attempts,
        ..undecided(permutation, &agent.name, status, None)
    }
}

/// The result of a permutation that was not run, or could not be decided.
pub(super) fn undecided(
    permutation: &Arc<Permutation>,
    agent: &str,
    status: Status,
    message: Option<String>,
) -> CaseResult {
    CaseResult {
        permutation: Arc::clone(permutation),
        agent: agent.to_owned(),
        status,
        message,
        judgement: None,
        observations: Vec::new(),
        transcript: Vec::new(),
        duration: Duration::ZERO,
        attempts: 0,
    }
}

/// Why an agent of this name does not run a permutation, if it does not.
#[must_use]
pub fn reason_to_skip(permutation: &Permutation, agent: &str) -> Option<String> {
    if let Some(only) = &permutation.scenario.only
        && !only.agents.iter().any(|name| name == agent)
    {
        return Some(only.reason.clone());
    }
    let mut mechanisms = permutation.steps.iter().map(|step| step.request.via);
    if agent == WIRE {
        let silent = mechanisms.find(|via| !via.is_on_the_wire())?;
        Some(format!("nothing of `{silent}` is on the wire"))
    } else {
        let gone = mechanisms.find(|via| !via.is_in_browsers());
        match gone {
            Some(Mechanism::Http) => Some("only the wire sends exact requests".to_owned()),
            Some(gone) => Some(format!("no browser of today has `{gone}`")),
            None => reason_not_to_be_there(permutation),
        }
    }
}

/// Why no page can be where a permutation wants one, if none can.
fn reason_not_to_be_there(permutation: &Permutation) -> Option<String> {
    let other_pages = permutation
        .steps
        .iter()
        .filter_map(|step| step.page.as_ref());
    if other_pages.clone().next().is_some() {
        return Some("it asks from several pages".to_owned());
    }
    matches!(permutation.page.origin, PageOrigin::Claimed(_))
        .then(|| "no page of this origin is served here".to_owned())
}

/// Why this agent does not run a permutation, if it does not.
pub(super) fn skipped(permutation: &Arc<Permutation>, agent: &str) -> Option<CaseResult> {
    let reason = reason_to_skip(permutation, agent)?;
    Some(undecided(permutation, agent, Status::Skip, Some(reason)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::agent::{BlockSignal, End};
    use crate::case::Suite;

    const SUITE: &str = "{ title: T, about: user-agent, scenarios: [{ id: one, title: One, \
         covers: [cc-acao-star], expect: { outcome: { block: allow-origin-missing } } }] }";
    const KNOWN: &str = "[{ id: area/topic/one, agent: chromium, reason: Why, \
         link: \"https://bugs.example/1\", review: 2030-01-01 }]";

    fn status(agent: &str, outcome: &str, occurs: Option<&str>, attempts: u32) -> Status {
        let suite = Suite::from_files([("area/topic.yaml", SUITE)]).unwrap();
        let known = occurs.map_or_else(
            || "[]".to_owned(),
            |occurs| KNOWN.replace("review", &format!("occurs: {occurs}, review")),
        );
        let known = KnownDeviations::parse("known.yaml".as_ref(), known.into(), &suite).unwrap();
        let because = Some(outcome.parse().unwrap());
        let signal = BlockSignal {
            because,
            ..BlockSignal::default()
        };
        let played = Played {
            faults: Vec::new(),
            observations: vec![End::Blocked(signal).into()],
            transcript: Vec::new(),
            duration: Duration::ZERO,
            attempts,
            fault: None,
        };
        let agent = AgentInfo {
            name: agent.to_owned(),
            version: "1".to_owned(),
        };
        let target = Target::default();
        decided(&suite.permutations[0], &agent, &known, &target, played).status
    }

    #[rstest]
    #[case("wire", "fetch", None)]
    #[case(
        "wire",
        "post-message",
        Some("nothing of `post-message` is on the wire")
    )]
    #[case("chromium", "post-message", None)]
    #[case("wire", "xdr", None)]
    #[case("chromium", "xdr", Some("no browser of today has `xdr`"))]
    fn mechanisms_are_skipped_where_there_is_nothing_to_see(
        #[case] agent: &str,
        #[case] via: &str,
        #[case] message: Option<&str>,
    ) {
        let suite = SUITE.replace("expect:", &format!("request: {{ via: {via} }}, expect:"));
        let suite = Suite::from_files([("area/topic.yaml", suite.as_str())]).unwrap();
        let result = skipped(&suite.permutations[0], agent);
        let skipped = result.as_ref().and_then(|result| result.message.as_deref());
        assert_eq!(skipped, message);
    }

    #[rstest]
    #[case("chromium", "allow-origin-missing", None, 1, Status::Pass)]
    #[case("chromium", "allow-origin-missing", None, 2, Status::Flaky)]
    #[case("chromium", "allow-origin-missing", Some("always"), 1, Status::Fixed)]
    #[case("chromium", "allow-origin-missing", Some("sometimes"), 1, Status::Pass)]
    #[case(
        "chromium",
        "allow-origin-missing",
        Some("sometimes"),
        2,
        Status::Flaky
    )]
    #[case("chromium", "allow-origin-mismatch", None, 1, Status::Fail)]
    #[case("chromium", "allow-origin-mismatch", None, 2, Status::Fail)]
    #[case("chromium", "allow-origin-mismatch", Some("always"), 1, Status::Known)]
    #[case(
        "chromium",
        "allow-origin-mismatch",
        Some("sometimes"),
        1,
        Status::Known
    )]
    #[case("wire", "allow-origin-mismatch", Some("always"), 1, Status::Fail)]
    fn statuses(
        #[case] agent: &str,
        #[case] outcome: &str,
        #[case] occurs: Option<&str>,
        #[case] attempts: u32,
        #[case] expected: Status,
    ) {
        assert_eq!(status(agent, outcome, occurs, attempts), expected);
    }
}
