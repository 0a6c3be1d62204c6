//! Work on slices of a list at the same time, with results in the order of the list.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

/// The results of `work` on consecutive slices of `items`, one slice for each processor.
///
/// How many slices there are depends on the machine, so only their concatenation may be used.
pub(super) fn in_slices<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let length = items.len().div_ceil(workers).max(1);
    thread::scope(|scope| {
        let work = &work;
        let started: Vec<_> = items.chunks(length).map(|slice| scope.spawn(move || work(slice))).collect();
        started.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// Does `work` on consecutive slices of `items`, one for each processor; each is told the place of its first item.
pub(super) fn on_slices<T: Send>(items: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let length = items.len().div_ceil(workers).max(1);
    thread::scope(|scope| {
        for (slice, items) in items.chunks_mut(length).enumerate() {
            let work = &work;
            scope.spawn(move || work(slice * length, items));
        }
    });
}

/// The results of both, done at the same time.
pub(super) fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let started = scope.spawn(one);
        let other = other();
        (started.join().unwrap_or_else(|panic| resume_unwind(panic)), other)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done_and_told_in_their_order() {
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }

    #[test]
    fn the_slices_together_are_the_list_in_its_order() {
        for length in [0, 1, 2, 7, 1_000] {
            let items: Vec<usize> = (0..length).collect();
            let doubled = in_slices(&items, |slice| slice.iter().map(|n| n * 2).collect::<Vec<_>>());
            let expected: Vec<usize> = items.iter().map(|n| n * 2).collect();
            assert_eq!(doubled.concat(), expected);
        }
    }

    #[test]
    fn every_item_is_worked_on_once_and_known_by_its_place() {
        for length in [0, 1, 2, 7, 1_000] {
            let mut items = vec![0; length];
            on_slices(&mut items, |first, slice| {
                for (place, item) in slice.iter_mut().enumerate() {
                    *item += first + place;
                }
            });
            assert_eq!(items, (0..length).collect::<Vec<_>>());
        }
    }
}
