//! The store: canonical tables that grow run by run, as Delta tables that other tools read as they stand.
//!
//! A store is whole across its tables: `ingest_runs` is committed last and names the version of every table, and readers
//! open just these. It keeps all rows that ever stood; what was known at a moment is the state that the last run before
//! it left. It knows nothing of metrics, and takes the time from its caller.

mod accounts;
mod books;
mod columns;
mod data;
mod deferred;
mod deliveries;
mod durable;
mod error;
mod ingest;
mod links;
mod lock;
mod log;
mod merge;
mod month;
mod open;
mod optimize;
mod parallel;
mod place;
mod read;
mod runs;
mod state;
mod stats;

pub use error::StoreError;
pub use ingest::{Ingest, Outcome};
pub use open::Moment;
pub use optimize::{Housekeeping, Optimize};
pub use read::Opened;
pub use runs::{Change, ReadFile, Run};

use std::future::Future;

use crate::remote::Network;
use place::Place;

/// Name of the table of runs.
const RUNS: &str = "ingest_runs";

/// A place where a store is, or may come to be. Nothing is opened yet.
pub struct Store {
    place: Place,
    runtime: tokio::runtime::Runtime,
}

impl Store {
    /// # Errors
    /// Where the text is neither a path nor a URL.
    pub fn at(text: &str, network: &Network) -> Result<Self, StoreError> {
        let place = Place::of(text, network)?;
        // As many threads as a log needs to be read while others are; the work on rows has its own.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|cause| StoreError::Place { place: text.to_owned(), cause: cause.to_string() })?;
        Ok(Self { place, runtime })
    }

    /// As the user wrote it.
    pub fn shown(&self) -> &str {
        &self.place.shown
    }

    fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}
