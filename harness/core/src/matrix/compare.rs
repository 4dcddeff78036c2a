//! What a fresh run says otherwise than what is published.

use std::collections::BTreeSet;
use std::fmt;

use super::published::{Outcome, Published};
use crate::verdict::Status;

/// A cell that differs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// The server, with its version.
    pub server: String,
    /// What differs: agent and id of a permutation, or a policy.
    pub cell: String,
    /// What is published.
    pub was: String,
    /// What the fresh run says.
    pub is: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            server,
            cell,
            was,
            is,
        } = self;
        write!(formatter, "{server}  {cell}\n  was  {was}\n  is   {is}")
    }
}

/// The cells in which a fresh run differs: statuses, findings and what became of policies, by the agents
/// that took part in it. Exchanges are not compared, nor is what could not be decided this time.
#[must_use]
pub fn differences(was: &Published, is: &Published) -> Vec<Difference> {
    let mut differences = Vec::new();
    let policies: BTreeSet<&String> = was.policies.keys().chain(is.policies.keys()).collect();
    for policy in policies {
        let word = |published: &Published| published.policies.get(policy).map(|it| it.word());
        differences.extend(difference(
            is,
            format!("policy {policy}"),
            word(was).map(str::to_owned),
            word(is).map(str::to_owned),
        ));
    }
    for agent in is.agents.keys() {
        let of = |published: &Published| published.results.get(agent).cloned().unwrap_or_default();
        let (was, now) = (of(was), of(is));
        let ids: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
        for id in ids {
            let (was, now) = (was.get(id), now.get(id));
            if now.is_some_and(|it| it.status == Status::Infra) {
                continue;
            }
            let cell = format!("{agent}  {id}");
            differences.extend(difference(is, cell, was.map(shown), now.map(shown)));
        }
    }
    differences
}

fn difference(
    published: &Published,
    cell: String,
    was: Option<String>,
    is: Option<String>,
) -> Option<Difference> {
    if was.as_deref().map(in_order) == is.as_deref().map(in_order) {
        return None;
    }
    let shown = |text: Option<String>| text.unwrap_or_else(|| "not there".to_owned());
    Some(Difference {
        server: published.label(),
        cell,
        was: shown(was),
        is: shown(is),
    })
}

/// With the members of each quoted list in the order of the alphabet: servers that keep names in a hash set
/// tell them in another order each time, which means the same.
fn in_order(text: &str) -> String {
    let sorted = |(number, part): (usize, &str)| {
        let is_quoted = number % 2 == 1;
        let mut members: Vec<&str> = part.split(", ").collect();
        if is_quoted {
            members.sort_unstable();
        }
        members.join(", ")
    };
    let parts: Vec<String> = text.split('`').enumerate().map(sorted).collect();
    parts.join("`")
}

fn shown(outcome: &Outcome) -> String {
    let mut text = outcome.status.word().to_owned();
    if let Some(reason) = &outcome.reason
        && outcome.status == Status::Skip
    {
        text.push_str(&format!(": {reason}"));
    }
    for found in &outcome.findings {
        text.push_str(&format!(
            "; step {}, {}: expected {}, got {}",
            found.step, found.subject, found.expected, found.actual
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::fixture;

    #[test]
    fn the_same_run_does_not_differ_whatever_the_day_and_the_exchanges() {
        let was = fixture::published().remove(0);
        let is = Published {
            date: "2027-01-01".to_owned(),
            exchanges: std::collections::BTreeMap::new(),
            ..was.clone()
        };
        assert_eq!(differences(&was, &is), []);
    }

    #[test]
    fn statuses_findings_policies_and_what_is_gone_are_named() {
        let was = fixture::published().remove(0);
        let mut is = was.clone();
        let results = is.results.get_mut("wire").unwrap();
        results.pop_first();
        let mut changed = results.values_mut().filter(|it| !it.findings.is_empty());
        changed.next().unwrap().findings[0].actual = "something else".to_owned();
        for policy in is.policies.values_mut() {
            *policy = crate::matrix::PolicyState::Ran;
        }
        let shown: Vec<String> = differences(&was, &is)
            .iter()
            .map(ToString::to_string)
            .collect();
        insta::assert_snapshot!("differences", shown.join("\n"));
    }

    #[test]
    fn lists_in_another_order_do_not_differ() {
        let shown = "step 1: expected absent, got `x-total, x-trace`";
        let other = "step 1: expected absent, got `x-trace, x-total`";
        assert_eq!(in_order(shown), in_order(other));
        assert_ne!(in_order(shown), in_order("expected absent, got `x-total`"));
        assert_ne!(in_order("a, b `c`"), in_order("b, a `c`"));
    }

    #[test]
    fn what_could_not_be_decided_this_time_is_no_difference() {
        let was = fixture::published().remove(0);
        let mut is = was.clone();
        for outcome in is.results.get_mut("wire").unwrap().values_mut() {
            outcome.status = Status::Infra;
        }
        assert_eq!(differences(&was, &is), []);
    }
}
