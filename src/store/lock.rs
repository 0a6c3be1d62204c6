//! One writer at a time: a lock of the operating system on a file of the store, which dies with the process.
//!
//! An object store has no such lock; there the conditional commit of `ingest_runs` decides.

use std::fs::{File, OpenOptions, TryLockError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::error::StoreError;
use super::place::{Place, has_hard_links};

const FILE: &str = ".lock";

/// Held as long as it lives.
pub(super) struct Lock {
    _file: Option<File>,
}

impl Lock {
    /// Takes the lock, and makes the folder where there is none.
    ///
    /// # Errors
    /// Where another process holds it longer than `wait`, or the folder cannot be written to.
    pub fn take(place: &Place, wait: Duration) -> Result<Self, StoreError> {
        let Some(folder) = &place.folder else {
            return Ok(Self { _file: None });
        };
        let told = |cause: std::io::Error| StoreError::write(&place.shown, cause);
        std::fs::create_dir_all(folder).map_err(told)?;
        let path = folder.join(FILE);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(told)?;
        let until = Instant::now() + wait;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(Duration::from_millis(50)),
                Err(TryLockError::WouldBlock) => return Err(StoreError::Locked { place: place.shown.clone() }),
                Err(TryLockError::Error(cause)) => return Err(told(cause)),
            }
        }
        if !has_hard_links(&path) {
            return Err(StoreError::NoHardLinks { place: place.shown.clone() });
        }
        Ok(Self { _file: Some(file) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::Network;

    #[test]
    fn a_second_writer_is_refused_until_the_first_is_done() {
        let folder = std::env::temp_dir().join(format!("shipwake-lock-{}", std::process::id()));
        let place = Place::of(&folder.display().to_string(), &Network::default()).unwrap();
        let first = Lock::take(&place, Duration::ZERO).unwrap();
        assert!(matches!(Lock::take(&place, Duration::from_millis(60)), Err(StoreError::Locked { .. })));
        drop(first);
        assert!(Lock::take(&place, Duration::ZERO).is_ok());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
