//! The word that was probably meant.

/// The known word nearest to `word`, if it is near enough to have been meant.
///
/// Letters replaced, left out, added or swapped with their neighbour count one each; case and the
/// difference between `-` and `_` count nothing.
pub(super) fn nearest<'known>(word: &str, known: &[&'known str]) -> Option<&'known str> {
    let folded = fold(word);
    if folded.is_empty() || folded.len() > LONGEST_WORD {
        return None;
    }
    let most = (folded.len() / 3).max(1);
    let misspelt = known
        .iter()
        .map(|candidate| (distance(&folded, &fold(candidate)), *candidate))
        .filter(|(distance, candidate)| *distance <= most && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate);
    misspelt.or_else(|| {
        known
            .iter()
            .copied()
            .find(|candidate| begins_alike(word, candidate))
    })
}

/// Whether one of two compounds is the other with more words behind it.
fn begins_alike(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let longer = long
        .strip_prefix(short)
        .is_some_and(|rest| rest.starts_with(['-', '_']));
    longer && short.len() >= SHORTEST_BEGINNING
}

fn fold(word: &str) -> Vec<char> {
    word.chars()
        .map(|c| {
            if c == '_' {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

/// The optimal string alignment distance.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let mut best = (previous[column] + usize::from(a != b))
                .min(previous[column + 1] + 1)
                .min(current[column] + 1);
            let swapped = row > 0 && column > 0 && *a == right[column - 1] && left[row - 1] == *b;
            if swapped {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous[right.len()]
}

/// Nothing that long is a misspelt word, and the time taken grows with the square.
const LONGEST_WORD: usize = 80;
const SHORTEST_BEGINNING: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_mistake_finds_the_word() {
        let known = ["method", "headers", "redirect", "referrer_policy"];
        assert_eq!(nearest("metohd", &known), Some("method"));
        assert_eq!(nearest("header", &known), Some("headers"));
        assert_eq!(nearest("Redirects", &known), Some("redirect"));
        assert_eq!(nearest("referer-policy", &known), Some("referrer_policy"));
    }

    #[test]
    fn a_compound_with_a_word_too_many_or_too_few_is_found() {
        assert_eq!(
            nearest("same-origin-mode-broken", &["same-origin-mode"]),
            Some("same-origin-mode")
        );
        assert_eq!(
            nearest("referrer", &["method", "referrer_policy"]),
            Some("referrer_policy")
        );
        assert_eq!(nearest("a", &["a-very-long-word"]), None);
    }

    #[test]
    fn another_word_finds_nothing() {
        assert_eq!(nearest("colour", &["method", "headers"]), None);
        assert_eq!(nearest("", &["a"]), None);
        assert_eq!(nearest("x", &["a"]), None);
        assert_eq!(nearest(&"a".repeat(10_000), &["a"]), None);
    }

    #[test]
    fn the_distance_counts_each_kind_of_mistake_once() {
        let count = |a: &str, b: &str| distance(&fold(a), &fold(b));
        assert_eq!(count("abc", "abc"), 0);
        assert_eq!(count("abc", "abd"), 1);
        assert_eq!(count("abc", "ab"), 1);
        assert_eq!(count("abc", "abcd"), 1);
        assert_eq!(count("abc", "acb"), 1);
        assert_eq!(count("", "abc"), 3);
    }
}
