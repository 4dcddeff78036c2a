//! Versions of agents and ranges of them.

use std::cmp::Ordering;
use std::str::FromStr;

/// A conjunction of comparisons: `>=100, <170`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VersionRange(Vec<(Comparison, Vec<u64>)>);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Comparison {
    AtLeast,
    AtMost,
    Equal,
    Less,
    More,
}

/// Longer operators stand before their prefixes.
const COMPARISONS: [(&str, Comparison); 5] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    (">", Comparison::More),
    ("<", Comparison::Less),
    ("=", Comparison::Equal),
];

impl VersionRange {
    /// Whether a version lies in the range. Only as many components are compared as the range
    /// names: `=156` holds for `156.0.8078.79`. A version that does not begin with a number lies in
    /// no range.
    #[must_use]
    pub fn contains(&self, version: &str) -> bool {
        let Some(version) = components(version) else {
            return false;
        };
        self.0.iter().all(|(comparison, bound)| {
            let ordering = bound
                .iter()
                .enumerate()
                .map(|(index, part)| version.get(index).copied().unwrap_or_default().cmp(part))
                .find(|ordering| ordering.is_ne())
                .unwrap_or(Ordering::Equal);
            match comparison {
                Comparison::AtLeast => ordering.is_ge(),
                Comparison::AtMost => ordering.is_le(),
                Comparison::Equal => ordering.is_eq(),
                Comparison::Less => ordering.is_lt(),
                Comparison::More => ordering.is_gt(),
            }
        })
    }
}

impl FromStr for VersionRange {
    type Err = InvalidVersionRange;

    fn from_str(range: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidVersionRange(range.to_owned());
        range
            .split(',')
            .map(|part| {
                let part = part.trim();
                let (operator, comparison) = COMPARISONS
                    .iter()
                    .find(|(operator, _)| part.starts_with(operator))
                    .ok_or_else(invalid)?;
                let bound = part[operator.len()..].trim();
                let digits = bound
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.');
                let bound = components(bound).filter(|_| digits).ok_or_else(invalid)?;
                Ok((*comparison, bound))
            })
            .collect::<Result<Vec<_>, _>>()
            .map(Self)
    }
}

/// The leading dotted numbers: `153.7.0esr` is 153, 7, 0.
fn components(version: &str) -> Option<Vec<u64>> {
    let end = version
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(version.len());
    version[..end]
        .trim_end_matches('.')
        .split('.')
        .map(|part| part.parse().ok())
        .collect()
}

/// Text that is no range of versions.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no range of versions; write comparisons such as `>=100, <170`")]
pub struct InvalidVersionRange(pub String);

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(">=100", "156.0.8078.79", true)]
    #[case(">=156", "156.0.8078.79", true)]
    #[case(">156", "156.0.8078.79", false)]
    #[case("=156", "156.0.8078.79", true)]
    #[case("=156.1", "156.0.8078.79", false)]
    #[case("<=156", "156.0.8078.79", true)]
    #[case(">=100, <156", "156.0.8078.79", false)]
    #[case(">=100, <157", "156.0.8078.79", true)]
    #[case(">=153.7", "153.7.0esr", true)]
    #[case("<153.7.1", "153.7", true)]
    #[case(">=1", "unknown", false)]
    fn ranges(#[case] range: &str, #[case] version: &str, #[case] contained: bool) {
        assert_eq!(
            range.parse::<VersionRange>().unwrap().contains(version),
            contained
        );
    }

    #[rstest]
    #[case("")]
    #[case("156")]
    #[case(">=")]
    #[case(">=1x")]
    #[case(">=1,")]
    #[case("~1")]
    fn what_is_no_range(#[case] range: &str) {
        assert!(range.parse::<VersionRange>().is_err());
    }
}
