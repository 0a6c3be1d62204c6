//! A store at a moment: the run that it is known by, and the files of every table as that run left them.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};
use futures_util::future::try_join_all;

use super::data::{self, Bytes};
use super::error::StoreError;
use super::log::{DataFile, Log, SCHEMA};
use super::runs::{self, Run};
use super::stats::Range;
use super::{RUNS, Store};
use crate::table::{LINKS, TABLES};

/// The books that a store has besides canonical tables and links.
pub(super) const BOOKS: &[&str] = &["ingested_files", "rejected_rows", TOOL_RECORDS, "unmapped_words"];

/// The book of the records of tools.
pub(super) const TOOL_RECORDS: &str = "tool_records";

/// Names of all tables that a store may have, but for that of its runs.
pub(super) fn table_names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().chain(LINKS).map(|table| table.name).chain(BOOKS.iter().copied()).chain(["dangling_references"])
}

/// Which state of a store is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The last complete one.
    Last,
    /// The last that was recorded at or before that instant, microseconds in UTC.
    At(i64),
    /// That of a run, by its number.
    Run(u64),
}

/// The table of runs as it is now.
pub(super) struct Head {
    pub log: Log,
    pub version: Option<u64>,
    pub files: Vec<DataFile>,
}

/// A table as a run left it.
#[derive(Clone)]
pub(super) struct Table {
    pub log: Log,
    pub version: u64,
    pub files: Vec<DataFile>,
}

impl Store {
    /// What lies at the place: a store, something else, or nothing.
    pub(super) fn head(&self) -> Result<Head, StoreError> {
        let mut log = Log::open(&self.place, RUNS)?;
        let version = self.block_on(log.latest())?;
        let Some(number) = version else {
            self.refuse_foreign()?;
            return Ok(Head { log, version, files: Vec::new() });
        };
        let (files, schema) = self.block_on(log.at(number))?;
        let place = || self.place.shown.clone();
        match schema {
            Some(schema) if schema == SCHEMA => Ok(Head { log, version, files }),
            Some(found) => Err(StoreError::OtherSchema { place: place(), found, known: SCHEMA.to_owned() }),
            None => {
                let found = format!("its table `{RUNS}` was not written by shipwake");
                Err(StoreError::Foreign { place: place(), found })
            }
        }
    }

    /// Refuses a folder that holds anything but what a first run that died may have left.
    fn refuse_foreign(&self) -> Result<(), StoreError> {
        let refuse = |found: String| Err(StoreError::Foreign { place: self.place.shown.clone(), found });
        if self.place.folder.as_ref().is_some_and(|folder| folder.is_file()) {
            return refuse("it is a file".into());
        }
        let entries = self.place.entries();
        if entries.iter().any(|name| name == "_delta_log") {
            return refuse("it is a Delta table by itself".into());
        }
        let is_ours = |name: &String| name == RUNS || name.starts_with(".lock") || table_names().any(|own| own == name);
        match entries.iter().find(|name| !is_ours(name)) {
            Some(name) => refuse(format!("it holds `{name}`")),
            None => Ok(()),
        }
    }

    /// The runs that are recorded, the first first.
    ///
    /// # Errors
    /// Where there is no store, or it cannot be read.
    pub fn runs(&self) -> Result<Vec<Run>, StoreError> {
        let head = self.head()?;
        if head.version.is_none() {
            return Err(self.nothing());
        }
        self.runs_in(&head, &head.files)
    }

    pub(super) fn runs_in(&self, head: &Head, files: &[DataFile]) -> Result<Vec<Run>, StoreError> {
        let mut all = Vec::new();
        for file in files {
            let batches = data::read(&head.log, file, self.fetch(&head.log, file)?, None)?;
            let told = |error: serde_json::Error| head.log.incomplete(format!("`{RUNS}` cannot be read: {error}"));
            all.extend(runs::of(&batches).map_err(told)?);
        }
        all.sort_by_key(|run| run.run);
        Ok(all)
    }

    fn nothing(&self) -> StoreError {
        let place = self.place.shown.clone();
        match self.place.entries().iter().any(|name| table_names().any(|own| own == name)) {
            true => StoreError::Empty { place },
            false => StoreError::NoStore { place },
        }
    }

    /// The run of a moment.
    pub(super) fn run_at(&self, head: &Head, moment: Moment) -> Result<Run, StoreError> {
        if head.version.is_none() {
            return Err(self.nothing());
        }
        // Newest first: the first that fits is the one, and the others need not be opened.
        let mut files: Vec<&DataFile> = head.files.iter().collect();
        let last = |file: &DataFile| match file.stats.ranges.get("run") {
            Some(Range::Whole(_, high)) => *high,
            _ => i64::MAX,
        };
        files.sort_by_key(|file| std::cmp::Reverse(last(file)));
        let fits = |run: &Run| match moment {
            Moment::Last => true,
            Moment::At(at) => run.recorded_at <= at,
            Moment::Run(number) => run.run == number,
        };
        let mut first = None;
        for file in files {
            let runs = self.runs_in(head, std::slice::from_ref(file))?;
            if let Some(run) = runs.iter().rev().find(|run| fits(run)) {
                return Ok(run.clone());
            }
            first = runs.into_iter().next().or(first);
        }
        let place = self.place.shown.clone();
        match (moment, first) {
            (Moment::Run(run), _) => Err(StoreError::NoRun { place, run }),
            (Moment::At(at), Some(first)) => {
                Err(StoreError::TooEarly { place, as_of: written(at), first: written(first.recorded_at) })
            }
            _ => Err(StoreError::Empty { place }),
        }
    }

    /// The tables as a run left them.
    pub(super) fn tables_of(&self, run: &Run) -> Result<BTreeMap<String, Table>, StoreError> {
        let tables = run.versions.iter().map(|(name, version)| async move {
            let mut log = Log::open(&self.place, name)?;
            let (files, _) = log.at(*version).await?;
            Ok::<_, StoreError>((name.clone(), Table { log, version: *version, files }))
        });
        Ok(self.block_on(try_join_all(tables))?.into_iter().collect())
    }

    /// Where the bytes of a file are read from.
    pub(super) fn fetch(&self, log: &Log, file: &DataFile) -> Result<Bytes, StoreError> {
        match log.local(file) {
            Some(path) => Ok(Bytes::Local(path)),
            None => self.block_on(log.get(file)).map(Bytes::Fetched),
        }
    }

    /// All rows of a book.
    pub(super) fn book(&self, table: &Table) -> Result<Vec<arrow::array::RecordBatch>, StoreError> {
        let mut all = Vec::new();
        for file in &table.files {
            all.extend(data::read(&table.log, file, self.fetch(&table.log, file)?, None)?);
        }
        Ok(all)
    }
}

/// An instant for a person.
pub(super) fn written(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map_or_else(|| micros.to_string(), |moment| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
