//! Work on many pieces at once with results in the order of the pieces.
//!
//! The first error in that order is the one returned, so that an error does not depend on the number of threads.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

/// Takes pieces from `next` on this thread, gives them to `work` on `threads` others, and hands the results to `take`
/// on this thread, in order. At most two pieces more than there are threads are alive at a time.
pub(super) fn in_order<T: Send, R: Send, E: Send>(
    threads: usize,
    mut next: impl FnMut() -> Result<Option<T>, E>,
    work: impl Fn(T) -> Result<R, E> + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let Some(first) = next()? else {
        return Ok(());
    };
    let second = if threads > 1 { next() } else { Ok(None) };
    if matches!(second, Ok(None)) {
        take(work(first)?)?;
        while threads <= 1
            && let Some(piece) = next()?
        {
            take(work(piece)?)?;
        }
        return Ok(());
    }
    let mut waiting = [second, Ok(Some(first))].into_iter().collect::<Vec<_>>();
    let (send_piece, pieces) = sync_channel::<(usize, T)>(1);
    let (send_result, results) = channel::<(usize, Result<R, E>)>();
    let pieces = Mutex::new(pieces);
    thread::scope(|scope| {
        for _ in 0..threads {
            let send_result = send_result.clone();
            let (pieces, work) = (&pieces, &work);
            scope.spawn(move || {
                loop {
                    let piece = pieces.lock().map(|pieces| pieces.recv());
                    let Ok(Ok((index, piece))) = piece else {
                        return;
                    };
                    if send_result.send((index, work(piece))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send_result);
        let mut send_piece = Some(send_piece);
        let mut failure = None;
        let mut done = BTreeMap::new();
        let (mut sent, mut taken) = (0, 0);
        loop {
            while let Some(sender) = &send_piece
                && sent < taken + threads + 2
            {
                match waiting.pop().unwrap_or_else(&mut next) {
                    Ok(Some(piece)) => {
                        if sender.send((sent, piece)).is_err() {
                            send_piece = None;
                        }
                        sent += 1;
                    }
                    Ok(None) => send_piece = None,
                    Err(error) => {
                        failure = Some(error);
                        send_piece = None;
                    }
                }
            }
            if taken == sent {
                return failure.map_or(Ok(()), Err);
            }
            let Ok((index, result)) = results.recv() else {
                return failure.map_or(Ok(()), Err);
            };
            done.insert(index, result);
            while let Some(result) = done.remove(&taken) {
                taken += 1;
                take(result?)?;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(threads: usize, pieces: u64, fails_at: Option<u64>) -> (Vec<u64>, Result<(), u64>) {
        let mut at = 0;
        let mut taken = Vec::new();
        let result = in_order(
            threads,
            || {
                at += 1;
                Ok((at <= pieces).then_some(at))
            },
            |piece| {
                thread::sleep(std::time::Duration::from_micros(100 * (7 - piece % 7)));
                if fails_at.is_some_and(|from| piece >= from) { Err(piece) } else { Ok(piece * 10) }
            },
            |result| {
                taken.push(result);
                Ok(())
            },
        );
        (taken, result)
    }

    #[test]
    fn results_come_in_the_order_of_the_pieces_whatever_the_number_of_threads() {
        for threads in [1, 2, 5] {
            for pieces in [0, 1, 2, 3, 40] {
                let (taken, result) = run(threads, pieces, None);
                assert_eq!(taken, (1..=pieces).map(|piece| piece * 10).collect::<Vec<_>>());
                assert_eq!(result, Ok(()));
            }
        }
    }

    #[test]
    fn the_first_error_in_order_is_returned() {
        for threads in [1, 2, 5] {
            let (taken, result) = run(threads, 40, Some(9));
            assert_eq!(result, Err(9));
            assert_eq!(taken.len(), 8);
        }
    }
}
