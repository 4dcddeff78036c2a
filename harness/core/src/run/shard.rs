//! One part of a run that is shared by several machines.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::case::scenario::Permutation;

/// One part of what is selected: `2/4` is the second of four.
///
/// Permutations are put in the order of a hash of their id and dealt out in turn. So every part is as
/// large as any other, none has all that is slow, and the same part has the same permutations whatever
/// the agent, the order of the run or the machine is. Every permutation is in exactly one of the parts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Shard {
    number: NonZeroUsize,
    of: NonZeroUsize,
}

impl Shard {
    /// Which part it is, from 1; `None` if there are not as many.
    #[must_use]
    pub fn new(number: usize, of: usize) -> Option<Self> {
        let (number, of) = (NonZeroUsize::new(number)?, NonZeroUsize::new(of)?);
        (number <= of).then_some(Self { number, of })
    }

    /// Which part it is, from 1.
    #[must_use]
    pub const fn number(self) -> usize {
        self.number.get()
    }

    /// How many parts there are.
    #[must_use]
    pub const fn of(self) -> usize {
        self.of.get()
    }

    /// The permutations of this part, in the order they had.
    #[must_use]
    pub fn select(self, permutations: Vec<Arc<Permutation>>) -> Vec<Arc<Permutation>> {
        let mut ranked: Vec<_> = permutations.into_iter().enumerate().collect();
        ranked.sort_by_cached_key(|(_, permutation)| Sha256::digest(&permutation.id));
        let mut dealt: Vec<_> = ranked
            .into_iter()
            .skip(self.number() - 1)
            .step_by(self.of())
            .collect();
        dealt.sort_by_key(|(place, _)| *place);
        dealt
            .into_iter()
            .map(|(_, permutation)| permutation)
            .collect()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = BadShard;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, of) = text.split_once('/').ok_or(BadShard::NotTwo)?;
        let whole = |text: &str| text.trim().parse().map_err(|_| BadShard::NotTwo);
        let (number, of) = (whole(number)?, whole(of)?);
        match (number, of) {
            (_, 0) => Err(BadShard::None),
            (0, _) => Err(BadShard::Zero),
            _ => Self::new(number, of).ok_or(BadShard::Beyond { number, of }),
        }
    }
}

/// What is wrong with the text of a shard.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadShard {
    /// The number is greater than there are parts.
    #[error("there is no part {number} of {of}; write 1/{of} to {of}/{of}")]
    Beyond {
        /// The part asked for.
        number: usize,
        /// How many there are.
        of: usize,
    },
    /// There are no parts.
    #[error("there must be at least one part, such as `1/1`")]
    None,
    /// It is not two numbers.
    #[error("write two whole numbers, such as `2/4` for the second of four parts")]
    NotTwo,
    /// Parts count from 1.
    #[error("parts count from 1, so that the first of four is `1/4`")]
    Zero,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rstest::rstest;

    use super::*;
    use crate::case::Suite;

    fn ids(permutations: &[Arc<Permutation>]) -> Vec<String> {
        permutations.iter().map(|it| it.id.clone()).collect()
    }

    #[rstest]
    fn parts_are_disjoint_complete_and_of_one_size(#[values(1, 2, 3, 7)] of: usize) {
        let all = Suite::embedded().unwrap().permutations;
        let mut seen = BTreeSet::new();
        let mut sizes = BTreeSet::new();
        for number in 1..=of {
            let part = Shard::new(number, of).unwrap().select(all.clone());
            sizes.insert(part.len());
            for id in ids(&part) {
                assert!(seen.insert(id.clone()), "{id} is in two parts");
            }
        }
        assert_eq!(seen, ids(&all).into_iter().collect());
        let spread = sizes.last().unwrap() - sizes.first().unwrap();
        assert!(spread <= 1, "{sizes:?}");
    }

    #[test]
    fn a_part_depends_on_the_ids_and_not_on_their_order() {
        let all = Suite::embedded().unwrap().permutations;
        let shard = Shard::new(2, 3).unwrap();
        let part = ids(&shard.select(all.clone()));
        let backwards = shard.select(all.iter().rev().cloned().collect());
        let forwards: Vec<String> = ids(&backwards).into_iter().rev().collect();
        assert_eq!(part, forwards);
    }

    #[test]
    fn parts_stay_what_they_were() {
        let suite = Suite::from_files([(
            "area/topic.yaml",
            "{ title: T, about: user-agent, scenarios: [{ id: one, title: One, covers: [cc-acao-star],
               axes: { n: [1, 2, 3, 4, 5] }, request: { query: \"?$n\" },
               expect: { outcome: { block: allow-origin-missing } } }] }",
        )])
        .unwrap();
        let part = |number| {
            ids(&Shard::new(number, 2)
                .unwrap()
                .select(suite.permutations.clone()))
        };
        assert_eq!(
            [part(1), part(2)],
            [
                vec![
                    "area/topic/one[n=2]",
                    "area/topic/one[n=4]",
                    "area/topic/one[n=5]"
                ],
                vec!["area/topic/one[n=1]", "area/topic/one[n=3]"]
            ]
        );
    }

    #[rstest]
    #[case(
        "2",
        "write two whole numbers, such as `2/4` for the second of four parts"
    )]
    #[case(
        "a/b",
        "write two whole numbers, such as `2/4` for the second of four parts"
    )]
    #[case(
        "-1/4",
        "write two whole numbers, such as `2/4` for the second of four parts"
    )]
    #[case("0/4", "parts count from 1, so that the first of four is `1/4`")]
    #[case("5/4", "there is no part 5 of 4; write 1/4 to 4/4")]
    #[case("1/0", "there must be at least one part, such as `1/1`")]
    fn what_is_no_part_is_refused(#[case] text: &str, #[case] message: &str) {
        assert_eq!(text.parse::<Shard>().unwrap_err().to_string(), message);
    }

    #[test]
    fn a_part_is_written_as_it_is_read() {
        assert_eq!("2/4".parse::<Shard>().unwrap().to_string(), "2/4");
    }
}
