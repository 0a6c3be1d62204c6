//! Housekeeping: small files of a month become one, and on demand what no kept run needs is removed.
//!
//! Nothing that a run shows changes by it; a vacuum ends how far back `--as-of` reaches, which is why it is never
//! automatic.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Store;
use super::data;
use super::error::StoreError;
use super::lock::Lock;
use super::log::{DataFile, Layout, Log, Lying};
use super::merge::{self, Manner};
use super::open::{self, Moment};
use super::runs::Run;
use super::state::State;
use crate::table::Table;

/// So old is a file of an object store that a vacuum may remove, in microseconds: a day. No lock keeps other runs away
/// there, and until one commits, what it has written looks like what nobody needs.
const LONGEST_RUN: i64 = 86_400_000_000;

/// What is to be done.
pub struct Optimize {
    pub threads: usize,
    /// The moment of the run, microseconds in UTC; not later than now.
    pub at: i64,
    /// How long to wait for another writer.
    pub wait: Duration,
    /// Remove what only runs older than so many microseconds show; none removes nothing.
    pub keep: Option<i64>,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Housekeeping {
    /// None where there was nothing to bring together.
    pub run: Option<u64>,
    pub files_before: usize,
    pub files_after: usize,
    pub files_removed: usize,
    pub bytes_removed: u64,
}

impl Store {
    /// Brings small files together, and removes old ones where that is asked for.
    ///
    /// # Errors
    /// Where there is no store, or it cannot be written; it is then what it was before.
    pub fn optimize(&self, optimize: &Optimize) -> Result<Housekeeping, StoreError> {
        let head = self.head()?;
        self.run_at(&head, Moment::Last)?;
        let _lock = Lock::take(&self.place, optimize.wait)?;
        let head = self.head()?;
        let last = self.run_at(&head, Moment::Last)?;
        if optimize.at < last.recorded_at {
            let (at, last) = (open::written(optimize.at), open::written(last.recorded_at));
            return Err(StoreError::Backwards { at, last });
        }
        let mut state = State::of(self, &last, optimize.threads, optimize.at)?;
        let mut done = Housekeeping::default();
        if let Err(error) = self.compact(&mut state, &last, optimize, &mut done) {
            state.clean_up();
            return Err(error);
        }
        if let Some(keep) = optimize.keep {
            self.vacuum(optimize.at.saturating_sub(keep), optimize.at, &mut done)?;
        }
        Ok(done)
    }

    fn compact(
        &self,
        state: &mut State,
        last: &Run,
        optimize: &Optimize,
        done: &mut Housekeeping,
    ) -> Result<(), StoreError> {
        let names: Vec<String> = state.tables.keys().cloned().collect();
        for name in names {
            let (Some(table), Some(changing)) = (Table::named(&name), state.tables.get(&name)) else { continue };
            done.files_before += changing.files.len();
            let mut by_month: BTreeMap<&Option<String>, Vec<DataFile>> = BTreeMap::new();
            for file in &changing.files {
                by_month.entry(&file.month).or_default().push(file.clone());
            }
            let log = changing.log.clone();
            let run = i64::try_from(last.run).unwrap_or(i64::MAX).saturating_add(1);
            let fetch = |file: &DataFile| self.fetch(&log, file);
            let manner = Manner { log: &log, fetch: &fetch, threads: optimize.threads, run, tells: false };
            let (mut files, mut made) = (Vec::new(), Vec::new());
            for month in by_month.into_values() {
                if month.len() < 2 {
                    files.extend(month);
                    continue;
                }
                let whole = merge::compacted(table, &month, &manner)?;
                // A month that is larger than one file may hold stays as it is.
                if whole.len() < month.len() { made.extend(whole) } else { files.extend(month) }
            }
            files.extend(made.iter().map(|made| made.file.clone()));
            done.files_after += files.len();
            if !made.is_empty() {
                let layout = Layout { columns: data::columns_of(table), is_by_month: true };
                state.set(&name, files, made, layout)?;
            }
        }
        if state.is_changed() {
            let run = Run {
                run: last.run + 1,
                recorded_at: optimize.at,
                kind: "optimize".to_owned(),
                tool_version: env!("CARGO_PKG_VERSION").to_owned(),
                links_hash: last.links_hash.clone(),
                linked_at: last.linked_at,
                ..Run::default()
            };
            done.run = Some(state.commit(run)?.run);
        }
        Ok(())
    }

    /// Removes every data file that no run shows which was the last one at `since` or after, but for those that another
    /// run may be about to name.
    fn vacuum(&self, since: i64, now: i64, done: &mut Housekeeping) -> Result<(), StoreError> {
        let is_locked = self.place.folder.is_some();
        let head = self.head()?;
        let runs = self.runs_in(&head, &head.files)?;
        let first = runs.iter().rposition(|run| run.recorded_at <= since).unwrap_or(0);
        let mut kept: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for run in runs.iter().skip(first) {
            for (name, table) in self.tables_of(run)? {
                kept.entry(name).or_default().extend(table.files.into_iter().map(|file| file.path));
            }
        }
        for (name, kept) in kept {
            let log = Log::open(&self.place, &name)?;
            for file in self.block_on(log.lying())? {
                let may_go = !kept.contains(&file.path) && (is_locked || is_left(&file, now));
                if may_go && self.block_on(log.remove(&file.path)) {
                    done.files_removed += 1;
                    done.bytes_removed += file.bytes;
                }
            }
        }
        Ok(())
    }
}

/// Whether no run that is still going on can have written the file.
fn is_left(file: &Lying, now: i64) -> bool {
    now.saturating_sub(file.written_at) > LONGEST_RUN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_within_a_day_may_belong_to_a_run_that_goes_on() {
        let file = |written_at| Lying { path: "run-000002-0.parquet".into(), bytes: 1, written_at };
        assert!(!is_left(&file(1_000), 1_000 + LONGEST_RUN));
        assert!(is_left(&file(1_000), 1_001 + LONGEST_RUN));
        assert!(!is_left(&file(LONGEST_RUN), 1_000), "by a clock that is ahead of ours");
    }
}
