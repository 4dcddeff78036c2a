//! Which permutations share a page, and which begin first.

use std::cmp::Reverse;

use super::lane::{has_tag, longest_time, waits};
use super::pieces::{Numbered, Piece};
use crate::case::scenario::{ExpectedOutcome, Mechanism, PageOrigin, Permission, Permutation};

/// How many permutations share one call of the driver: enough for what comes before and after it, and for
/// the slowest of them, not to count; few enough for a page that hangs not to take much with it.
const BATCH: usize = 256;

/// Permutations in batches of one page each, with its frames and workers; the tag `alone` keeps others out
/// of a page. The way to cookies leads over other origins and loads the page anew, so that those which need
/// some share batches. What waits by nature begins first. The rest of the page that has the most comes last, for
/// it is enough for all sessions to the end, where pages with little leave a processor idle.
pub(super) fn pieces(work: Vec<Numbered>) -> Vec<Piece> {
    let is_alone = |(_, permutation): &Numbered| has_tag(permutation, "alone");
    let (alone, work): (Vec<_>, Vec<_>) = work.into_iter().partition(is_alone);
    type Key = (PageOrigin, Option<Permission>, bool);
    let mut groups: Vec<(Key, Vec<Numbered>)> = Vec::new();
    for numbered in work {
        let permutation = &numbered.1;
        let key = (
            permutation.page.origin.clone(),
            permutation.page.permission,
            !permutation.cookies.is_empty(),
        );
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, group)) => group.push(numbered),
            None => groups.push((key, vec![numbered])),
        }
    }
    // Of small ones the longest to work at begins first.
    groups.sort_by_key(|(_, group)| Reverse(group.len()));
    let (mut waiting, mut small, mut working) = (Vec::new(), Vec::new(), Vec::new());
    for (_, group) in groups {
        let (long, short): (Vec<_>, Vec<_>) = group.into_iter().partition(|(_, it)| waits(it));
        // A page of its own is worth its while only where others have enough to do.
        if short.len() < BATCH {
            small.extend(batches([longest_first(long), short].concat()));
        } else {
            waiting.extend(longest_first(long).chunks(BATCH).map(<[_]>::to_vec));
            working.extend(batches(short));
        }
    }
    let alone = alone.into_iter().map(|numbered| vec![numbered]);
    (waiting.into_iter().chain(small).chain(alone).chain(working))
        .map(Piece::new)
        .collect()
}

fn longest_first(mut waiting: Vec<Numbered>) -> Vec<Numbered> {
    waiting.sort_by_key(|(_, it)| Reverse(longest_time(it)));
    waiting
}

/// Batches of equal size. The earlier ones share what holds a connection, of which few are under way at a
/// time.
fn batches(group: Vec<Numbered>) -> Vec<Vec<Numbered>> {
    let number = group.len().div_ceil(BATCH);
    let size = group.len().div_ceil(number.max(1));
    let (holding, quick): (Vec<_>, Vec<_>) = group.into_iter().partition(|(_, it)| holds(it));
    let share = holding.len().div_ceil(number.div_ceil(2).max(1)).min(size);
    let (mut holding, mut quick) = (holding.into_iter(), quick.into_iter());
    (0..number)
        .map(|_| {
            let mut batch: Vec<_> = holding.by_ref().take(share).collect();
            batch.extend(quick.by_ref().take(size - batch.len()));
            let missing = size - batch.len();
            batch.extend(holding.by_ref().take(missing));
            batch.sort_by_key(|(_, permutation)| refuses_a_socket(permutation));
            batch
        })
        .collect()
}

fn holds(permutation: &Permutation) -> bool {
    permutation.steps.iter().any(|step| {
        matches!(
            step.request.via,
            Mechanism::EventSource
                | Mechanism::LongPoll
                | Mechanism::LongPollXhr
                | Mechanism::WebSocket
        )
    })
}

/// Chromium makes sockets wait for seconds when more of a page's have failed than opened.
fn refuses_a_socket(permutation: &Permutation) -> bool {
    permutation.steps.iter().any(|step| {
        let outcome = step.expect.outcome.as_ref().map(|outcome| &outcome.value);
        step.request.via == Mechanism::WebSocket
            && matches!(outcome, Some(ExpectedOutcome::Block(_)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Suite;

    fn work() -> Vec<Numbered> {
        let suite = Suite::embedded().unwrap();
        suite.permutations.into_iter().enumerate().collect()
    }

    #[test]
    fn every_permutation_is_in_one_batch_of_its_page() {
        let work = work();
        let mut numbers: Vec<usize> = Vec::new();
        for piece in pieces(work.clone()) {
            let first = &piece.batch[0].1;
            assert!(piece.batch.len() <= BATCH);
            for (number, permutation) in &piece.batch {
                assert_eq!(permutation.page.origin, first.page.origin);
                assert_eq!(permutation.page.permission, first.page.permission);
                assert_eq!(permutation.cookies.is_empty(), first.cookies.is_empty());
                numbers.push(*number);
            }
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (0..work.len()).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_alone_shares_its_page_with_nobody() {
        let pieces = pieces(work());
        let is_alone = |it: &Numbered| has_tag(&it.1, "alone");
        let (alone, others): (Vec<_>, Vec<_>) = pieces
            .iter()
            .partition(|piece| piece.batch.iter().any(is_alone));
        assert!(!alone.is_empty() && !others.is_empty());
        assert!(alone.iter().all(|piece| piece.batch.len() == 1));
    }

    #[test]
    fn what_waits_at_the_main_page_begins_first_and_the_longest_before_all() {
        let pieces = pieces(work());
        let first = &pieces[0].batch;
        assert!(first.iter().all(|(_, it)| waits(it)));
        assert!(has_tag(&first[0].1, "slow"));
        let of_its_page = |piece: &&Piece| {
            let (one, other) = (&piece.batch[0].1, &first[0].1);
            one.page.origin == other.page.origin && one.cookies.is_empty() && !has_tag(one, "alone")
        };
        let others: Vec<_> = pieces[1..].iter().filter(of_its_page).collect();
        assert!(others.len() > 2);
        let waiting = others.iter().flat_map(|piece| &piece.batch);
        assert_eq!(waiting.filter(|(_, it)| waits(it)).count(), 0);
        // What else there is of it is enough for the end.
        let last = pieces.last().unwrap();
        assert_eq!(last.batch[0].1.page.origin, first[0].1.page.origin);
        assert!(last.batch.len() > 2 && last.batch[0].1.cookies.is_empty());
    }

    #[test]
    fn what_holds_a_connection_begins_in_the_first_half_beside_what_does_not() {
        let is_quick = |it: &Numbered| {
            let permutation = &it.1;
            !has_tag(permutation, "alone") && permutation.cookies.is_empty() && !waits(permutation)
        };
        let work: Vec<_> = work().into_iter().filter(is_quick).collect();
        let counts: Vec<(usize, usize)> = (batches(work).iter())
            .map(|batch| {
                (
                    batch.iter().filter(|(_, it)| holds(it)).count(),
                    batch.len(),
                )
            })
            .collect();
        let half = counts.len().div_ceil(2);
        assert!(counts[0].0 > 0 && counts[0].0 < counts[0].1, "{counts:?}");
        assert!(
            counts[half..].iter().all(|(holding, _)| *holding == 0),
            "{counts:?}"
        );
    }
}
