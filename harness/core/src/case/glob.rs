//! Patterns over permutation ids, as users type them.

use std::fmt;

/// A pattern over ids.
///
/// `*` stands for anything within one segment, `**` for anything at all. A pattern that ends at a
/// segment also matches everything below it: `preflight`, `preflight/methods` and
/// `preflight/methods/put` match `preflight/methods/put[via=xhr]`. Brackets are literal.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Glob(String);

impl Glob {
    /// A pattern; every text is one.
    #[must_use]
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// Whether the pattern matches this id.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        let pattern = self.0.trim_end_matches('/');
        matches(pattern.as_bytes(), id.as_bytes())
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<&str> for Glob {
    fn from(pattern: &str) -> Self {
        Self::new(pattern)
    }
}

/// Greedy matching that remembers one place to return to for each kind of star, so that it is
/// quadratic at worst, whatever the pattern.
fn matches(pattern: &[u8], id: &[u8]) -> bool {
    let (mut p, mut i) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let mut double_star: Option<(usize, usize)> = None;
    loop {
        if pattern[p..].starts_with(b"**") {
            p += 2;
            (double_star, star) = (Some((p, i)), None);
        } else if pattern.get(p) == Some(&b'*') {
            p += 1;
            star = Some((p, i));
        } else if p == pattern.len() && at_end_of_segment(id, i) {
            return true;
        } else if i < id.len() && pattern.get(p) == Some(&id[i]) {
            (p, i) = (p + 1, i + 1);
        } else if let Some((after, from)) = star.filter(|(_, from)| within_segment(id, *from)) {
            (p, i) = (after, from + 1);
            star = Some((p, i));
        } else if let Some((after, from)) = double_star.filter(|(_, from)| *from < id.len()) {
            (p, i) = (after, from + 1);
            (double_star, star) = (Some((p, i)), None);
        } else {
            return false;
        }
    }
}

fn at_end_of_segment(id: &[u8], index: usize) -> bool {
    matches!(id.get(index), None | Some(b'/' | b'['))
}

fn within_segment(id: &[u8], index: usize) -> bool {
    !matches!(id.get(index), None | Some(b'/'))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ID: &str = "preflight/methods/put[via=xhr,value=a]";

    #[rstest]
    #[case("preflight")]
    #[case("preflight/")]
    #[case("preflight/methods")]
    #[case("preflight/methods/put")]
    #[case(ID)]
    #[case("preflight/*/put")]
    #[case("*/methods")]
    #[case("*")]
    #[case("**")]
    #[case("**/put")]
    #[case("**via=xhr**")]
    #[case("preflight/methods/put[via=xhr*")]
    #[case("preflight/methods/p*")]
    #[case("**value=a]")]
    fn what_matches(#[case] pattern: &str) {
        assert!(Glob::new(pattern).matches(ID), "{pattern}");
    }

    #[rstest]
    #[case("")]
    #[case("pre")]
    #[case("preflight/method")]
    #[case("methods")]
    #[case("*/put")]
    #[case("preflight/methods/put[via=fetch*")]
    #[case("preflight/methods/put[via=xhr")]
    #[case("preflight/methods/put/more")]
    fn what_does_not(#[case] pattern: &str) {
        assert!(!Glob::new(pattern).matches(ID), "{pattern}");
    }

    #[test]
    fn many_stars_end_in_time() {
        let id = "a".repeat(5_000);
        let pattern = format!("{}b", "*a".repeat(500));
        assert!(!Glob::new(pattern).matches(&id));
        let pattern = format!("{}b", "**a".repeat(500));
        assert!(!Glob::new(pattern).matches(&id));
    }

    proptest::proptest! {
        #[test]
        fn every_id_matches_itself_and_its_segments(id in "[a-z]{1,5}(/[a-z]{1,5}){0,3}") {
            proptest::prop_assert!(Glob::new(id.as_str()).matches(&id));
            let first = id.split('/').next().unwrap();
            proptest::prop_assert!(Glob::new(first).matches(&id));
            proptest::prop_assert!(Glob::new("**").matches(&id));
        }
    }
}
