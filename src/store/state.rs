//! The state of a store while a run changes it: files are written as they are made, and no table knows of them until
//! all are there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::books;
use super::columns;
use super::data::{self, Made};
use super::durable;
use super::error::StoreError;
use super::log::{DataFile, Layout, Log, commit_of};
use super::open::{Table, table_names};
use super::parallel;
use super::runs::{self, Run};
use super::stats::Range;
use super::{RUNS, Store};

/// So many tables are committed at a time; each waits for the disk.
const COMMITS_AT_ONCE: usize = 16;
/// So many files of a book are brought into one.
const MANY: usize = 32;

/// A table that a run may change.
pub(super) struct Changing {
    pub log: Log,
    /// The last version; none where the last complete run knows no such table.
    pub version: Option<u64>,
    /// The version at which a run that died left a table that no complete run knows. Nothing of it counts, and it is no
    /// part of the store before a run writes it: absent is not empty.
    pub left_at: Option<u64>,
    /// The files of the last version.
    pub before: Vec<DataFile>,
    /// The files that it is to have.
    pub files: Vec<DataFile>,
    pub layout: Option<Layout>,
}

/// All tables that a run may change.
pub(super) struct State<'a> {
    store: &'a Store,
    pub tables: BTreeMap<String, Changing>,
    /// What was written and is not part of any version yet.
    written: Vec<(String, String)>,
    run: i64,
    threads: usize,
}

impl<'a> State<'a> {
    /// The tables as the last complete run left them. What a run that died added to them is taken back.
    ///
    /// # Errors
    /// Where a file that the last run named is not there, so that nothing can be built on it.
    pub fn of(store: &'a Store, last: &Run, threads: usize, at: i64) -> Result<Self, StoreError> {
        let mut named = store.tables_of(last)?;
        named.values().try_for_each(whole)?;
        let mut tables = BTreeMap::new();
        for name in table_names() {
            let mut log = Log::open(&store.place, name)?;
            let latest = store.block_on(log.latest())?;
            let (version, left_at, files) = match (latest, named.remove(name)) {
                (None, _) => (None, None, Vec::new()),
                (Some(latest), Some(table)) if table.version == latest => {
                    log = table.log;
                    (Some(latest), None, table.files)
                }
                (Some(latest), table) => {
                    let is_known = table.is_some();
                    let (torn, _) = store.block_on(log.at(latest))?;
                    let files = table.map(|table| table.files).unwrap_or_default();
                    let layout = Layout { columns: Vec::new(), is_by_month: is_by_month(name) };
                    let back = Some(store.block_on(log.commit(&layout, (Some(latest), &torn), &files, at))?);
                    if is_known { (back, None, files) } else { (None, back, files) }
                }
            };
            let layout = None;
            tables.insert(name.to_owned(), Changing { log, version, left_at, before: files.clone(), files, layout });
        }
        let run = i64::try_from(last.run).unwrap_or(i64::MAX).saturating_add(1);
        Ok(Self { store, tables, written: Vec::new(), run, threads })
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Writes files and gives the table its new list of files.
    pub fn set(&mut self, name: &str, files: Vec<DataFile>, made: Vec<Made>, layout: Layout) -> Result<(), StoreError> {
        let Some(table) = self.tables.get_mut(name) else { return Ok(()) };
        table.files = files;
        table.layout = Some(layout);
        let paths = made.iter().map(|made| (name.to_owned(), made.file.path.clone()));
        self.written.extend(paths);
        let made: Vec<_> = made.into_iter().map(|made| (made.file.path, std::sync::Mutex::new(made.bytes))).collect();
        let (store, log) = (self.store, &table.log);
        parallel::each(self.threads, &made, |(path, bytes)| {
            let bytes = std::mem::take(&mut *bytes.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
            store.block_on(log.put(path, bytes))
        })?;
        Ok(())
    }

    /// The rows of a book, without those of some accounts, and with new ones. Files without such rows stay as they are.
    pub fn rewrite(&mut self, name: &str, without: &BTreeSet<i64>, new: &RecordBatch) -> Result<(), StoreError> {
        let fail = |error: ArrowError| StoreError::engine(name, error);
        let Some(table) = self.tables.get(name) else { return Ok(()) };
        let is_crowded = table.files.len() >= MANY;
        let (mut files, mut rows) = (Vec::new(), Vec::new());
        for file in &table.files {
            let may_hold = match file.stats.ranges.get(books::FILE_ID) {
                Some(Range::Whole(low, high)) => without.range(low..=high).next().is_some(),
                _ => !without.is_empty(),
            };
            if !may_hold && !is_crowded {
                files.push(file.clone());
                continue;
            }
            for batch in data::read(&table.log, file, self.store.fetch(&table.log, file)?, None)? {
                rows.push(books::without(&batch, without).map_err(fail)?);
            }
        }
        rows.push(new.clone());
        rows.retain(|batch| batch.num_rows() > 0);
        if rows.is_empty() && table.version.is_none() {
            return Ok(());
        }
        self.put_book(name, files, rows, new)
    }

    /// A book with just these rows.
    pub fn replace(&mut self, name: &str, new: &RecordBatch) -> Result<(), StoreError> {
        self.put_book(name, Vec::new(), vec![new.clone()], new)
    }

    fn put_book(
        &mut self,
        name: &str,
        mut files: Vec<DataFile>,
        rows: Vec<RecordBatch>,
        like: &RecordBatch,
    ) -> Result<(), StoreError> {
        let mut made = Vec::new();
        if !rows.is_empty() {
            let file = data::make(&rows, (None, None), false, self.run);
            made.push(file.map_err(|error| StoreError::engine(name, error))?);
        }
        files.extend(made.iter().map(|made| made.file.clone()));
        self.set(name, files, made, Layout { columns: columns::kinds_of(like), is_by_month: false })
    }

    /// Whether any table has other files than before, or is new.
    pub fn is_changed(&self) -> bool {
        let differs =
            |table: &Changing| table.before != table.files || (table.version.is_none() && table.layout.is_some());
        self.tables.values().any(differs)
    }

    /// Commits every table that changed, and the run at last. Until then nothing has happened.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where another run was faster.
    pub fn commit(&mut self, mut run: Run) -> Result<Run, StoreError> {
        let at = run.recorded_at;
        let file = |(name, path): &(String, String)| self.tables.get(name)?.log.path(path);
        let files: Vec<PathBuf> = self.written.iter().filter_map(file).collect();
        durable::flush(&files).map_err(|error| self.unflushed(error))?;
        let changed: Vec<(&String, &Changing)> =
            self.tables.iter().filter(|(_, table)| table.layout.is_some()).collect();
        let commit = |(_, table): &(&String, &Changing)| {
            let before = (table.version.or(table.left_at), table.before.as_slice());
            let layout = table.layout.as_ref();
            layout.map_or(Ok(0), |layout| self.store.block_on(table.log.commit(layout, before, &table.files, at)))
        };
        let versions: Result<Vec<u64>, StoreError> = match self.store.place.folder {
            // Nobody else may write, so that only the disk is waited for.
            Some(_) => parallel::each(COMMITS_AT_ONCE, &changed, commit),
            // Of two runs at once, one takes the first table, and the other stops there.
            None => changed.iter().map(commit).collect(),
        };
        // A version may name them now, even if this run comes to nothing.
        let names: Vec<String> = changed.iter().map(|(name, _)| (*name).clone()).collect();
        self.written.retain(|(of, _)| !names.contains(of));
        for (name, version) in names.iter().zip(versions?) {
            if let Some(table) = self.tables.get_mut(name) {
                table.version = Some(version);
            }
        }
        let known = self.tables.iter().filter_map(|(name, table)| Some((name, table.version?, &table.log)));
        let commits: Vec<PathBuf> =
            known.clone().filter_map(|(_, version, log)| log.path(&commit_of(version))).collect();
        run.versions.extend(known.map(|(name, version, _)| (name.clone(), version)));
        durable::flush_names(&commits).map_err(|error| self.unflushed(error))?;
        self.record(&run)?;
        Ok(run)
    }

    fn unflushed(&self, error: std::io::Error) -> StoreError {
        StoreError::write(&self.store.place.shown, error)
    }

    /// Adds the row of a run, which makes all that it did part of the store.
    fn record(&self, run: &Run) -> Result<(), StoreError> {
        let head = self.store.head()?;
        let expected = u64::try_from(self.run).unwrap_or(0);
        let last = head.version.map(|_| self.store.run_at(&head, super::Moment::Last)).transpose()?;
        if last.map_or(0, |last| last.run) + 1 != expected {
            return Err(StoreError::Conflict { place: self.store.place.shown.clone(), times: 1 });
        }
        let (mut files, mut rows) = (head.files.clone(), Vec::new());
        if head.files.len() >= MANY {
            rows = self.store.runs_in(&head, &head.files)?;
            files.clear();
        }
        rows.push(run.clone());
        let batch = runs::batch(&rows).map_err(|error| StoreError::engine(RUNS, error))?;
        let made = data::make(std::slice::from_ref(&batch), (None, None), false, self.run);
        let made = made.map_err(|error| StoreError::engine(RUNS, error))?;
        files.push(made.file.clone());
        self.store.block_on(head.log.put(&made.file.path, made.bytes))?;
        let flush = |path: Option<PathBuf>, flush: fn(&[PathBuf]) -> std::io::Result<()>| {
            flush(path.as_slice()).map_err(|error| self.unflushed(error))
        };
        flush(head.log.path(&made.file.path), durable::flush)?;
        let layout = Layout { columns: columns::kinds_of(&batch), is_by_month: false };
        let version =
            self.store.block_on(head.log.commit(&layout, (head.version, &head.files), &files, run.recorded_at))?;
        flush(head.log.path(&commit_of(version)), durable::flush_names)?;
        Ok(())
    }

    /// Removes what a run that failed wrote under its own number; nothing names it. Not in an object store, where another
    /// run of that number may have written the very same file, and not files of links, which an older run may name.
    pub fn clean_up(&self) {
        if self.store.place.folder.is_none() {
            return;
        }
        let own = format!("run-{:06}-", self.run);
        for (name, path) in self.written.iter().filter(|(_, path)| path.contains(&own)) {
            let Some(table) = self.tables.get(name) else { continue };
            if !table.before.iter().any(|file| file.path == *path) {
                self.store.block_on(table.log.remove(path));
            }
        }
    }
}

/// Whether the rows of a table are parted by month.
pub(super) fn is_by_month(name: &str) -> bool {
    crate::table::Table::named(name).is_some()
}

/// That every file of a table is there with the length that its log tells; of an object store, reading tells.
fn whole(table: &Table) -> Result<(), StoreError> {
    for file in &table.files {
        let Some(path) = table.log.local(file) else { return Ok(()) };
        let found = std::fs::metadata(&path).ok().map(|metadata| metadata.len());
        if found != Some(file.bytes) {
            let what = if found.is_none() { "is missing" } else { "is cut off or changed" };
            return Err(table.log.incomplete(format!("`{}/{}` {what}", table.log.name, file.path)));
        }
    }
    Ok(())
}
