//! Which permutations are run.

use std::sync::Arc;

use crate::case::scenario::{Level, Permutation};
use crate::case::{Glob, Suite};

/// What is asked of permutations to be run. An empty list asks nothing; leaving out wins.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Their id matches one of these.
    pub include: Vec<Glob>,
    /// Their id matches none of these.
    pub skip: Vec<Glob>,
    /// Their scenario has one of these tags.
    pub tags: Vec<String>,
    /// Their scenario has one of these levels.
    pub levels: Vec<Level>,
    /// They ask a server under test; the rest is about user agents, or has a script of its own.
    pub policies_only: bool,
    /// They ask a server under test that is configured for this policy.
    pub policy: Option<String>,
}

impl Selection {
    /// The permutations of a suite that are selected, in its order.
    #[must_use]
    pub fn select(&self, suite: &Suite) -> Vec<Arc<Permutation>> {
        suite
            .permutations
            .iter()
            .filter(|permutation| self.selects(permutation))
            .cloned()
            .collect()
    }

    /// The tags that no scenario of a suite has: most likely misspelt.
    #[must_use]
    pub fn unknown_tags(&self, suite: &Suite) -> Vec<&str> {
        let is_known = |tag: &String| {
            suite
                .permutations
                .iter()
                .any(|it| it.scenario.tags.contains(tag))
        };
        let unknown = self.tags.iter().filter(|tag| !is_known(tag));
        unknown.map(String::as_str).collect()
    }

    /// The patterns that match no permutation of a suite: most likely misspelt.
    #[must_use]
    pub fn unmatched(&self, suite: &Suite) -> Vec<&Glob> {
        let matches = |glob: &Glob| suite.permutations.iter().any(|p| glob.matches(&p.id));
        self.include
            .iter()
            .chain(&self.skip)
            .filter(|glob| !matches(glob))
            .collect()
    }

    fn selects(&self, permutation: &Permutation) -> bool {
        let scenario = &permutation.scenario;
        let matches = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(&permutation.id));
        let policy = permutation.policy.as_ref().map(|policy| &policy.name);
        (policy.is_some() || !self.policies_only)
            && (self.policy.is_none() || self.policy.as_ref() == policy)
            && (self.include.is_empty() || matches(&self.include))
            && !matches(&self.skip)
            && (self.tags.is_empty() || self.tags.iter().any(|tag| scenario.tags.contains(tag)))
            && (self.levels.is_empty() || self.levels.contains(&scenario.level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITE: &str = "
title: Title
about: user-agent
defaults: { covers: [cc-acao-star] }
scenarios:
  - id: one
    title: One
    tags: [quick, small]
    axes: { via: [fetch, xhr] }
    request: { via: $via }
    expect: { outcome: { block: allow-origin-missing } }
  - id: two
    title: Two
    level: should
    expect: { outcome: { block: allow-origin-missing } }
";

    fn selected(selection: &Selection) -> Vec<String> {
        let suite = Suite::from_files([("area/topic.yaml", SUITE)]).unwrap();
        selection
            .select(&suite)
            .iter()
            .map(|permutation| permutation.id.clone())
            .collect()
    }

    #[test]
    fn nothing_asked_selects_everything_in_order() {
        assert_eq!(
            selected(&Selection::default()),
            [
                "area/topic/one[via=fetch]",
                "area/topic/one[via=xhr]",
                "area/topic/two"
            ]
        );
    }

    #[test]
    fn leaving_out_wins() {
        let selection = Selection {
            include: vec!["area/topic/one".into()],
            skip: vec!["**via=xhr**".into()],
            ..Selection::default()
        };
        assert_eq!(selected(&selection), ["area/topic/one[via=fetch]"]);
    }

    #[test]
    fn tags_and_levels_narrow() {
        let tagged = Selection {
            tags: vec!["small".to_owned()],
            ..Selection::default()
        };
        assert_eq!(selected(&tagged).len(), 2);
        let should = Selection {
            levels: vec![Level::Should],
            ..Selection::default()
        };
        assert_eq!(selected(&should), ["area/topic/two"]);
    }

    #[test]
    fn misspelt_patterns_are_found() {
        let suite = Suite::from_files([("area/topic.yaml", SUITE)]).unwrap();
        let selection = Selection {
            include: vec!["area".into(), "aera".into()],
            skip: vec!["three".into()],
            ..Selection::default()
        };
        let unmatched: Vec<String> = selection
            .unmatched(&suite)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(unmatched, ["aera", "three"]);
    }
}
