//! The same work on many things, by several threads, with the results in the order of the things.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::error::StoreError;

/// Does `work` on each of `things`.
///
/// # Errors
/// The error of the first thing that has one.
pub(super) fn each<T: Sync, R: Send>(
    threads: usize,
    things: &[T],
    work: impl Fn(&T) -> Result<R, StoreError> + Sync,
) -> Result<Vec<R>, StoreError> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<R, StoreError>)>> = Mutex::new(Vec::with_capacity(things.len()));
    let run = || {
        while let Some((place, thing)) = {
            let place = next.fetch_add(1, Ordering::Relaxed);
            things.get(place).map(|thing| (place, thing))
        } {
            let result = work(thing);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(things.len()) {
            scope.spawn(run);
        }
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_things() {
        let things: Vec<u64> = (0..100).collect();
        let doubled = each(4, &things, |thing| Ok(thing * 2)).unwrap();
        assert_eq!(doubled, things.iter().map(|thing| thing * 2).collect::<Vec<_>>());
        assert!(each(4, &things, |_| Err::<(), _>(StoreError::engine("x", "y"))).is_err());
    }
}
