//! Work for the sessions of a browser: handed out, brought back undone, tried again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::lane::has_tag;
use crate::case::scenario::Permutation;

/// A permutation, and the number of its result.
pub(super) type Numbered = (usize, Arc<Permutation>);

/// Permutations of one page that are run at the same time.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) batch: Vec<Numbered>,
    /// How often it is tried with this time.
    pub(super) attempt: u32,
    /// Whether each has had its chance beside others: a further fault leaves it undecided.
    pub(super) is_last: bool,
    /// What kept the last attempt from bringing a result.
    pub(super) fault: Option<String>,
}

impl Piece {
    /// A piece that was not tried yet.
    pub(super) const fn new(batch: Vec<Numbered>) -> Self {
        Self {
            batch,
            attempt: 1,
            is_last: false,
            fault: None,
        }
    }

    /// The same without these numbers, to be tried once more as it is: no permutation is to blame.
    pub(super) fn again(&self, batch: Vec<Numbered>, fault: &str) -> Self {
        Self {
            batch,
            attempt: self.attempt + 1,
            is_last: false,
            fault: Some(fault.to_owned()),
        }
    }

    /// What is run.
    pub(super) fn permutations(&self) -> Vec<&Arc<Permutation>> {
        self.batch
            .iter()
            .map(|(_, permutation)| permutation)
            .collect()
    }

    /// Whether it may share a page with others: it was not tried yet, and nothing in it keeps others out.
    pub(super) fn is_sociable(&self) -> bool {
        self.attempt == 1 && !has_tag(&self.batch[0].1, "alone")
    }

    /// One of them to be tried once more, alone: if it causes the fault it takes no other with it.
    pub(super) fn alone(&self, numbered: Numbered, fault: &str) -> Self {
        Self {
            batch: vec![numbered],
            attempt: self.attempt + 1,
            is_last: true,
            fault: Some(fault.to_owned()),
        }
    }
}

/// What waits and how much is under way.
pub(super) struct Pieces {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    waiting: VecDeque<Piece>,
    under_way: usize,
}

impl Pieces {
    pub(super) fn new(pieces: Vec<Piece>) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: pieces.into(),
                under_way: 0,
            }),
            changed: Notify::new(),
        }
    }

    /// The next piece, the first of those nearest by a measure, which has to be [`finish`](Self::finish)ed.
    /// Where none waits but some are under way, one may still come back; `None` when all is done.
    pub(super) async fn take<D: Ord>(&self, distance: impl Fn(&Piece) -> D) -> Option<Piece> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            {
                let mut state = self.state();
                let places = 0..state.waiting.len();
                let nearest = places.min_by_key(|place| distance(&state.waiting[*place]));
                if let Some(piece) = nearest.and_then(|place| state.waiting.remove(place)) {
                    state.under_way += 1;
                    return Some(piece);
                }
                if state.under_way == 0 {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// The next piece that suits somebody who is at others, as [`take`](Self::take) has it; `None` where none
    /// waits.
    pub(super) fn take_beside(&self, suits: impl Fn(&Piece) -> bool) -> Option<Piece> {
        let mut state = self.state();
        let index = state.waiting.iter().position(suits)?;
        let piece = state.waiting.remove(index)?;
        state.under_way += 1;
        Some(piece)
    }

    /// Whether a piece waits that suits.
    pub(super) fn is_there(&self, suits: impl Fn(&Piece) -> bool) -> bool {
        self.state().waiting.iter().any(suits)
    }

    /// A piece was tried; what has no result is handed out again, before what was not tried yet.
    pub(super) fn finish(&self, again: Vec<Piece>) {
        let mut state = self.state();
        for piece in again.into_iter().rev() {
            state.waiting.push_front(piece);
        }
        state.under_way -= 1;
        drop(state);
        self.changed.notify_waiters();
    }

    /// Takes everything that waits, whatever it is: nobody is to begin with it.
    pub(super) fn drain(&self) -> Vec<Piece> {
        let drained = self.state().waiting.drain(..).collect();
        self.changed.notify_waiters();
        drained
    }

    /// Ends when nothing waits and nothing is under way.
    pub(super) async fn done(&self) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let state = self.state();
                if state.waiting.is_empty() && state.under_way == 0 {
                    return;
                }
            }
            changed.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::case::Suite;

    fn pieces(number: usize) -> Pieces {
        let suite = Suite::embedded().unwrap();
        let numbered = suite.permutations.into_iter().enumerate();
        Pieces::new(
            numbered
                .take(number)
                .map(|numbered| Piece::new(vec![numbered]))
                .collect(),
        )
    }

    #[tokio::test]
    async fn who_comes_when_nothing_waits_gets_what_is_brought_back() {
        let pieces = pieces(1);
        let piece = pieces.take(|_| 0).await.unwrap();
        let fail = async {
            tokio::task::yield_now().await;
            pieces.finish(vec![piece.alone(piece.batch[0].clone(), "it broke")]);
        };
        let (again, ()) = tokio::join!(pieces.take(|_| 0), fail);
        let again = again.unwrap();
        assert_eq!((again.attempt, again.is_last), (2, true));
        assert_eq!(again.fault.as_deref(), Some("it broke"));
        pieces.finish(Vec::new());
        assert!(pieces.take(|_| 0).await.is_none());
    }

    #[tokio::test]
    async fn everybody_hears_of_the_end() {
        let pieces = pieces(1);
        let piece = pieces.take(|_| 0).await.unwrap();
        assert_eq!(piece.attempt, 1);
        let end = async {
            tokio::task::yield_now().await;
            pieces.finish(Vec::new());
        };
        let waiting =
            async { tokio::join!(pieces.take(|_| 0), pieces.take(|_| 0), pieces.done(), end) };
        let (one, other, (), ()) = timeout(Duration::from_secs(5), waiting).await.unwrap();
        assert!(one.is_none() && other.is_none());
    }

    #[tokio::test]
    async fn who_is_at_others_gets_what_suits_and_does_not_wait() {
        let pieces = pieces(3);
        let is_third = |piece: &Piece| piece.batch[0].0 == 2;
        assert!(pieces.is_there(is_third));
        assert_eq!(pieces.take_beside(is_third).unwrap().batch[0].0, 2);
        assert!(!pieces.is_there(is_third));
        assert!(pieces.take_beside(is_third).is_none());
        assert_eq!(
            pieces.take(|piece| !is_third(piece)).await.unwrap().batch[0].0,
            0
        );
    }

    #[test]
    fn what_is_alone_or_tried_again_shares_no_page() {
        let suite = Suite::embedded().unwrap();
        let numbered: Vec<_> = suite.permutations.into_iter().enumerate().collect();
        let (alone, others): (Vec<_>, Vec<_>) =
            (numbered.into_iter()).partition(|(_, it)| has_tag(it, "alone"));
        assert!(!Piece::new(alone[..1].to_vec()).is_sociable());
        let piece = Piece::new(others[..2].to_vec());
        assert!(piece.is_sociable());
        assert!(!piece.again(piece.batch.clone(), "it broke").is_sociable());
    }

    #[tokio::test]
    async fn the_nearest_is_next_and_of_those_equally_near_the_first() {
        let pieces = pieces(4);
        let distance = |piece: &Piece| [2, 1, 2, 1][piece.batch[0].0];
        let mut order = Vec::new();
        for _ in 0..4 {
            order.push(pieces.take(distance).await.unwrap().batch[0].0);
        }
        assert_eq!(order, [1, 3, 0, 2]);
    }

    #[tokio::test]
    async fn what_is_brought_back_is_next() {
        let pieces = pieces(2);
        let first = pieces.take(|_| 0).await.unwrap();
        pieces.finish(vec![first.again(first.batch.clone(), "it broke")]);
        assert_eq!(pieces.take(|_| 0).await.unwrap().batch[0].0, 0);
        assert_eq!(pieces.drain().len(), 1);
    }
}
