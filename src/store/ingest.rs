//! One run: reads what is new, brings it together with what is there, and commits it as a whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::Store;
use super::accounts::Accounts;
use super::books;
use super::columns::Rows;
use super::data;
use super::deliveries::{self, Touched};
use super::error::StoreError;
use super::links;
use super::lock::Lock;
use super::log::{DataFile, Layout};
use super::merge::{self, Incoming, Manner};
use super::open::{self, Moment, TOOL_RECORDS};
use super::runs::{Change, ReadFile, Run};
use super::state::State;
use crate::link::Rules;
use crate::source::{self, FileRead, Folded, Harvest, Options, Reject, Spec, Unmapped};
use crate::table::Table;

/// What a run is to do.
pub struct Ingest<'a> {
    pub sources: &'a [Spec],
    /// Where relative paths start.
    pub base: &'a Path,
    pub threads: usize,
    /// The moment of the run, microseconds in UTC.
    pub at: i64,
    /// By which links are kept; none keeps none.
    pub rules: Option<&'a Rules>,
    /// How long to wait for another writer.
    pub wait: Duration,
    /// Is told how many bytes have been read, and how many there are.
    pub progress: &'a dyn Fn(&'static str, u64, u64),
}

/// What a run did.
#[derive(Debug)]
pub struct Outcome {
    /// None where nothing was new, so that nothing was written.
    pub run: Option<Run>,
    pub files_skipped: u64,
    pub rows_read: u64,
    pub rows_rejected: u64,
    /// The first row that was rejected: place and reason.
    pub first_rejection: Option<String>,
    /// Sentences for a person.
    pub notes: Vec<String>,
}

/// How often a run begins anew when another one was faster.
const ATTEMPTS: usize = 8;

impl Store {
    /// Takes in what is new.
    ///
    /// # Errors
    /// Where a file cannot be read, or the store cannot be written; it is then what it was before.
    pub fn ingest(&self, ingest: &Ingest) -> Result<Outcome, StoreError> {
        // What is refused is refused before a folder is made or a lock taken.
        self.head()?;
        let _lock = Lock::take(&self.place, ingest.wait)?;
        for attempt in 1..=ATTEMPTS {
            match self.attempt(ingest) {
                // Two that meet again and again would go on doing so if both waited as long.
                Err(StoreError::Conflict { .. }) => {
                    let own = u64::from(std::process::id() % 89) + 11;
                    std::thread::sleep(Duration::from_millis(own * attempt as u64));
                }
                other => return other,
            }
        }
        Err(StoreError::Conflict { place: self.place.shown.clone(), times: ATTEMPTS })
    }

    fn attempt(&self, ingest: &Ingest) -> Result<Outcome, StoreError> {
        let head = self.head()?;
        let last = match head.version {
            Some(_) => self.run_at(&head, Moment::Last)?,
            None => Run::default(),
        };
        if ingest.at < last.recorded_at {
            let (at, last) = (open::written(ingest.at), open::written(last.recorded_at));
            return Err(StoreError::Backwards { at, last });
        }
        let mut state = State::of(self, &last, ingest.threads, ingest.at)?;
        let outcome = Taking { store: self, ingest, last: &last }.take(&mut state);
        if outcome.as_ref().map_or(true, |outcome| outcome.run.is_none()) {
            state.clean_up();
        }
        outcome
    }
}

/// One attempt.
struct Taking<'a> {
    store: &'a Store,
    ingest: &'a Ingest<'a>,
    last: &'a Run,
}

impl Taking<'_> {
    fn take(&self, state: &mut State) -> Result<Outcome, StoreError> {
        let before = Accounts::of(&self.book(state, "ingested_files")?);
        let known = before.known();
        let progress = |done: u64, total: u64| (self.ingest.progress)("reading", done, total);
        let options = Options {
            as_of: None,
            base: self.ingest.base,
            threads: self.ingest.threads,
            timezone: None,
            only: None,
            progress: &progress,
        };
        let mut harvest = source::harvest(self.ingest.sources, &options, &|file| known.contains(file))?;
        (self.ingest.progress)("merging", 0, 0);
        let run = i64::try_from(self.last.run).unwrap_or(i64::MAX).saturating_add(1);
        let mut accounts = before.clone();
        let numbers = accounts.take(&harvest.files, run);
        let mut parts = std::mem::take(&mut harvest.parts);
        let folded = self.fold(state, &mut harvest, &mut accounts, &numbers)?;
        // Links that stand are brought up to date where rows came or went; those of other rules are made anew.
        let stand = |rules: &Rules| !self.last.links_hash.is_empty() && links::hash_of(rules) == self.last.links_hash;
        let mut touched = self.ingest.rules.filter(|rules| stand(rules)).map(|_| Touched::default());
        let mut changes = BTreeMap::new();
        let mut names: BTreeSet<&'static str> = parts.keys().copied().collect();
        names.extend(folded.iter().flat_map(|folded| folded.rows.keys().copied()));
        for name in names {
            let Some(table) = Table::named(name) else { continue };
            let of_files = parts.remove(name).unwrap_or_default();
            let of_tools = folded.as_ref().and_then(|folded| folded.rows.get(name)).cloned().unwrap_or_default();
            let rows = (of_files, numbers.as_slice(), of_tools);
            let change = self.merge(state, table, rows, &mut accounts, touched.as_mut())?;
            if change != Change::default() {
                changes.insert(name.to_owned(), change);
            }
        }
        let told = accounts.told();
        let rejected = self.write_books(state, &harvest, folded, (&numbers, &told), &accounts)?;
        let files = harvest.files.iter().map(|harvested| &harvested.read);
        let mut outcome = Outcome {
            run: None,
            files_skipped: harvest.skipped,
            rows_read: files.clone().map(|file| file.rows_read).sum(),
            rows_rejected: rejected.len() as u64,
            first_rejection: rejected.first().map(|reject| {
                let path = told.get(reject.file).map_or("", |file| file.path.as_str());
                format!("{path}:{}: {}", reject.spot, reject.reason)
            }),
            notes: std::mem::take(&mut harvest.notes),
        };
        if accounts.is_same(&before) && !state.is_changed() {
            return Ok(outcome);
        }
        let batch = accounts.batch().map_err(|error| StoreError::engine("ingested_files", error))?;
        state.replace("ingested_files", &batch)?;
        let is_changed = !changes.is_empty();
        let mut run = self.row(&harvest, &outcome, changes);
        let is_of_rules = |rules: &&Rules| is_changed || links::hash_of(rules) != self.last.links_hash;
        if let Some(rules) = self.ingest.rules.filter(is_of_rules) {
            (self.ingest.progress)("linking", 0, 0);
            run.links_hash.clear();
            links::write(self.store, state, (rules, touched.as_ref()), &mut run, self.ingest.threads)?;
        } else if is_changed {
            run.links_hash.clear();
        }
        (self.ingest.progress)("committing", 0, 0);
        outcome.run = Some(state.commit(run)?);
        Ok(outcome)
    }

    /// The row of this run, but for the versions, which commits give.
    fn row(&self, harvest: &Harvest, outcome: &Outcome, changes: BTreeMap<String, Change>) -> Run {
        let files = harvest.files.iter().map(|harvested| ReadFile {
            source: harvested.file.source.clone(),
            path: harvested.file.path.clone(),
            table: harvested.read.table.to_owned(),
            sha256: harvested.file.sha256.clone(),
            rows: harvested.read.rows_read,
        });
        Run {
            run: self.last.run + 1,
            recorded_at: self.ingest.at,
            kind: "ingest".to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            links_hash: self.last.links_hash.clone(),
            linked_at: self.last.linked_at,
            files_skipped: outcome.files_skipped,
            rows_read: outcome.rows_read,
            rows_rejected: outcome.rows_rejected,
            changes,
            versions: BTreeMap::new(),
            files: files.collect(),
        }
    }

    fn book(&self, state: &State, name: &str) -> Result<Vec<RecordBatch>, StoreError> {
        let mut all = Vec::new();
        for (log, file) in
            state.tables.get(name).into_iter().flat_map(|table| table.files.iter().map(|file| (&table.log, file)))
        {
            all.extend(data::read(log, file, self.store.fetch(log, file)?, None)?);
        }
        Ok(all)
    }

    /// Brings the records of tools together with those of earlier runs, and keeps those that are new.
    fn fold(
        &self,
        state: &mut State,
        harvest: &mut Harvest,
        accounts: &mut Accounts,
        numbers: &[usize],
    ) -> Result<Option<Folded>, StoreError> {
        let fail = |error: ArrowError| StoreError::engine(TOOL_RECORDS, error);
        if !harvest.files.iter().any(|file| file.is_of_tool) {
            return Ok(None);
        }
        let earlier = books::in_number_order(&self.book(state, TOOL_RECORDS)?).map_err(fail)?;
        let (told, defaults) = (accounts.told(), accounts.defaults());
        let Some(folded) = source::fold(&earlier, harvest, numbers, &defaults, &told)? else { return Ok(None) };
        for number in accounts.of_tools() {
            if let Some(account) = usize::try_from(number).ok().and_then(|number| accounts.list.get_mut(number)) {
                account.rows_rejected = 0;
            }
        }
        for reject in &folded.rejected {
            if let Some(account) = accounts.list.get_mut(reject.file) {
                account.rows_rejected += 1;
            }
        }
        if folded.fresh.num_rows() > 0 {
            let first = earlier.iter().map(|batch| batch.num_rows() as i64).sum();
            let fresh = books::numbered(&folded.fresh, first).map_err(fail)?;
            state.rewrite(TOOL_RECORDS, &BTreeSet::new(), &fresh)?;
        }
        Ok(Some(folded))
    }

    fn merge(
        &self,
        state: &mut State,
        table: &'static Table,
        (of_files, numbers, of_tools): (Vec<RecordBatch>, &[usize], Vec<RecordBatch>),
        accounts: &mut Accounts,
        touched: Option<&mut Touched>,
    ) -> Result<Change, StoreError> {
        let Some(changing) = state.tables.get(table.name) else { return Ok(Change::default()) };
        let fail = |error: ArrowError| StoreError::engine(table.name, error);
        let run = i64::try_from(self.last.run).unwrap_or(i64::MAX).saturating_add(1);
        let ruling = of_files.len();
        let mut rows = Vec::with_capacity(of_files.len() + of_tools.len());
        for batch in of_files {
            rows.push(data::incoming(table, &batch, numbers, run).map_err(fail)?);
        }
        for batch in of_tools {
            // The records of tools have the numbers of the store already.
            rows.push(data::incoming(table, &batch, &[], run).map_err(fail)?);
        }
        let log = changing.log.clone();
        let fetch = |file: &DataFile| self.store.fetch(&log, file);
        let tells = touched.is_some() && deliveries::ASKED.contains(&table.name);
        let manner = Manner { log: &log, fetch: &fetch, threads: self.ingest.threads, run, tells };
        let merged = merge::merge(table, changing.files.clone(), Incoming { rows, ruling }, &manner)?;
        if let Some(touched) = touched {
            touched.add(table.name, merged.touched);
        }
        accounts.moved(&merged.moved);
        let change = Change { rows_added: merged.rows_added, rows_replaced: merged.rows_replaced };
        let is_new = state.tables.get(table.name).is_some_and(|table| table.version.is_none());
        if !merged.made.is_empty() || change != Change::default() || is_new {
            let layout = Layout { columns: data::columns_of(table), is_by_month: true };
            state.set(table.name, merged.files, merged.made, layout)?;
        }
        Ok(change)
    }

    /// Writes what was rejected and what was not understood, in place of what the same files gave before. Gives the
    /// rejected rows of this run.
    fn write_books(
        &self,
        state: &mut State,
        harvest: &Harvest,
        folded: Option<Folded>,
        (numbers, files): (&[usize], &[FileRead]),
        accounts: &Accounts,
    ) -> Result<Vec<Reject>, StoreError> {
        let number = |file: usize| numbers.get(file).copied().unwrap_or(file);
        let mut rejected: Vec<Reject> = harvest.rejected.clone();
        rejected.iter_mut().for_each(|reject| reject.file = number(reject.file));
        let mut unmapped: Unmapped = Unmapped::new();
        for ((file, table, column, word), count) in &harvest.unmapped {
            *unmapped.entry((number(*file), *table, *column, word.clone())).or_default() += count;
        }
        let mut again = accounts.of_paths(numbers);
        if let Some(folded) = folded {
            again.extend(accounts.of_tools());
            rejected.extend(folded.rejected);
            unmapped.extend(folded.unmapped);
        }
        rejected.sort_by_key(|reject| (reject.file, reject.spot));
        let of_run: BTreeSet<usize> = numbers.iter().copied().collect();
        let batch = books::rejected(&rejected, files).map_err(|error| StoreError::engine("rejected_rows", error))?;
        self.rewrite_if_other(state, "rejected_rows", &again, &batch)?;
        let batch = books::unmapped(&unmapped).map_err(|error| StoreError::engine("unmapped_words", error))?;
        self.rewrite_if_other(state, "unmapped_words", &again, &batch)?;
        rejected.retain(|reject| of_run.contains(&reject.file));
        Ok(rejected)
    }

    /// Rewrites a book unless the accounts gave it just the same before.
    fn rewrite_if_other(
        &self,
        state: &mut State,
        name: &str,
        again: &BTreeSet<i64>,
        new: &RecordBatch,
    ) -> Result<(), StoreError> {
        if again.is_empty() {
            return Ok(());
        }
        let told = |batch: &RecordBatch, row: usize| {
            let rows = Rows::of(batch);
            let cells = batch.schema_ref().fields().iter().map(|field| match field.data_type() {
                arrow::datatypes::DataType::Int64 => rows.whole(field.name(), row).to_string(),
                _ => rows.text(field.name(), row).to_owned(),
            });
            cells.collect::<Vec<String>>()
        };
        let mut before = Vec::new();
        for batch in self.book(state, name)? {
            let of_account = |row: &usize| again.contains(&Rows::of(&batch).whole(books::FILE_ID, *row));
            before.extend((0..batch.num_rows()).filter(of_account).map(|row| told(&batch, row)));
        }
        let mut now: Vec<Vec<String>> = (0..new.num_rows()).map(|row| told(new, row)).collect();
        before.sort();
        now.sort();
        if before == now { Ok(()) } else { state.rewrite(name, again, new) }
    }
}
