//! Work for several threads, of which each piece may bring more.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Jobs that are still to be done, shared between threads.
pub(super) struct Queue<J> {
    state: Mutex<State<J>>,
    wake: Condvar,
    /// Threads that share it.
    n_threads: usize,
}

struct State<J> {
    waiting: Vec<J>,
    n_in_hand: usize,
}

/// Jobs that a thread has in hand; counted as done when dropped, even if the thread panics, so that nobody waits for ever.
pub(super) struct InHand<'a, J> {
    queue: &'a Queue<J>,
    n_taken: usize,
    /// Jobs that came up meanwhile.
    pub(super) more: Vec<J>,
}

/// How many jobs a thread takes at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// One, and none at all as soon as so many wait that help is worth its price.
    AloneUntil(usize),
    /// A few, so that the queue is asked less often, as long as enough is left for the others.
    Shared,
}

/// Jobs that one thread takes from a full queue.
const BATCH: usize = 8;

impl<J> Queue<J> {
    pub(super) fn new(first: J, n_threads: usize) -> Queue<J> {
        Queue { state: Mutex::new(State { waiting: vec![first], n_in_hand: 0 }), wake: Condvar::new(), n_threads }
    }

    pub(super) fn is_done(&self) -> bool {
        let state = self.lock();
        state.waiting.is_empty() && state.n_in_hand == 0
    }

    /// Moves jobs into `batch`; `None` when nothing is left to do, or when help is due.
    pub(super) fn take(&self, batch: &mut Vec<J>, take: Take) -> Option<InHand<'_, J>> {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.n_in_hand == 0 {
                return None;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let n_waiting = state.waiting.len();
        let n_taken = match take {
            Take::AloneUntil(many) if n_waiting > many => return None,
            Take::AloneUntil(_) => 1,
            Take::Shared => (n_waiting / self.n_threads).clamp(1, BATCH),
        };
        batch.extend(state.waiting.drain(n_waiting - n_taken..));
        state.n_in_hand += n_taken;
        Some(InHand { queue: self, n_taken, more: Vec::new() })
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        // The state is changed in single steps, so that a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J> Drop for InHand<'_, J> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        let n_more = self.more.len();
        state.waiting.append(&mut self.more);
        state.n_in_hand -= self.n_taken;
        let is_done = state.waiting.is_empty() && state.n_in_hand == 0;
        drop(state);
        if is_done || n_more > 1 {
            self.queue.wake.notify_all();
        } else if n_more == 1 {
            self.queue.wake.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_job_is_done_once() {
        // Job n brings two jobs n − 1: 2^(n+1) − 1 in all.
        let queue = Queue::new(9_u32, 4);
        let n_done = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut batch = Vec::new();
                    while let Some(mut in_hand) = queue.take(&mut batch, Take::Shared) {
                        for job in batch.drain(..) {
                            n_done.fetch_add(1, Ordering::Relaxed);
                            in_hand.more.extend(job.checked_sub(1).into_iter().flat_map(|less| [less, less]));
                        }
                    }
                });
            }
        });
        assert_eq!(n_done.into_inner(), (1 << 10) - 1);
        assert!(queue.is_done());
    }

    #[test]
    fn alone_until_help_is_due() {
        let queue = Queue::new(0, 4);
        let mut batch = Vec::new();
        let mut in_hand = queue.take(&mut batch, Take::AloneUntil(2)).expect("one job");
        in_hand.more.extend([1, 2, 3]);
        drop(in_hand);
        assert!(queue.take(&mut batch, Take::AloneUntil(2)).is_none());
        assert!(!queue.is_done());
    }
}
