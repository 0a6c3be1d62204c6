//! `ingested_files`: an account of every file that the store has read, one for each table that it fills.
//!
//! A path that is read again keeps its account: it tells of the file as it was read last, and of the rows that stand of
//! it now, also of those that it no longer has. So a log that only grows has the account that loading it once would give.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::columns::{self, Rows};
use crate::source::{self, FileRead, Harvested, Known};
use crate::table::Table;

/// The account of one file and table; its place in the list is its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub file: Known,
    pub format: String,
    /// Empty where the file is and says nothing of its table, and for records that fill none.
    pub table: String,
    pub bytes: u64,
    /// The run that read it last.
    pub run: i64,
    pub is_of_tool: bool,
    pub defaults: BTreeMap<String, String>,
    /// Of the last reading.
    pub rows_read: u64,
    pub rows_rejected: u64,
    pub rows_unused: u64,
    /// That stand in the table now, whenever they were read.
    pub rows_kept: u64,
}

impl Account {
    fn of(harvested: &Harvested, run: i64) -> Self {
        let read = &harvested.read;
        Self {
            file: harvested.file.clone(),
            format: read.format.to_owned(),
            table: read.table.to_owned(),
            bytes: read.bytes,
            run,
            is_of_tool: harvested.is_of_tool,
            defaults: harvested.defaults.clone(),
            rows_read: read.rows_read,
            // What becomes of a tool's records is known when those of all files are brought together.
            rows_rejected: if harvested.is_of_tool && !read.table.is_empty() { 0 } else { read.rows_rejected },
            rows_unused: read.rows_unused,
            rows_kept: 0,
        }
    }

    /// The account as a load in one go tells it. Rows that stand were read, whether or not the file still has them.
    pub fn told(&self) -> FileRead {
        let others = self.rows_rejected + self.rows_unused;
        let rows_read = self.rows_read.max(self.rows_kept + others);
        FileRead {
            source: self.file.source.clone(),
            path: self.file.path.clone(),
            format: source::format_named(&self.format),
            table: Table::named(&self.table).map_or("", |table| table.name),
            bytes: self.bytes,
            sha256: self.file.sha256.clone(),
            rows_read,
            rows_kept: self.rows_kept,
            rows_superseded: rows_read - others - self.rows_kept,
            rows_rejected: self.rows_rejected,
            rows_after_as_of: 0,
            rows_unused: self.rows_unused,
        }
    }
}

/// All accounts, by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Accounts {
    pub list: Vec<Account>,
}

impl Accounts {
    /// Every file as it was read last, but for those that have no bytes to be known by.
    pub fn known(&self) -> BTreeSet<Known> {
        let mut last: BTreeMap<(&str, &str), &Account> = BTreeMap::new();
        for account in &self.list {
            let known = last.entry((&account.file.source, &account.file.path)).or_insert(account);
            if account.run > known.run {
                *known = account;
            }
        }
        let known = last.into_values().map(|account| account.file.clone());
        known.filter(|file| !file.sha256.is_empty()).collect()
    }

    /// Whether another list says the same, whichever run read a file.
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |(one, other): (&Account, &Account)| *one == Account { run: one.run, ..other.clone() };
        self.list.len() == other.list.len() && self.list.iter().zip(&other.list).all(same)
    }

    /// Takes what was read, and gives the number of each of its accounts.
    pub fn take(&mut self, harvested: &[Harvested], run: i64) -> Vec<usize> {
        let mut known: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for (number, account) in self.list.iter().enumerate() {
            known.entry((account.file.source.clone(), account.file.path.clone())).or_default().push(number);
        }
        let again: BTreeSet<(String, String)> =
            harvested.iter().map(|one| (one.file.source.clone(), one.file.path.clone())).collect();
        for number in again.iter().filter_map(|path| known.get(path)).flatten() {
            if let Some(account) = self.list.get_mut(*number) {
                (account.rows_read, account.rows_rejected, account.rows_unused) = (0, 0, 0);
            }
        }
        let mut numbers = Vec::with_capacity(harvested.len());
        for one in harvested {
            let new = Account::of(one, run);
            let of_path = known.get_mut(&(new.file.source.clone(), new.file.path.clone()));
            // Each account is taken once: a file that is named twice has two.
            let taken = of_path.and_then(|numbers| {
                let is_same = |number: &usize| self.list.get(*number).is_some_and(|known| known.table == new.table);
                numbers.iter().position(is_same).map(|place| numbers.remove(place))
            });
            match taken.and_then(|number| self.list.get_mut(number).map(|known| (number, known))) {
                Some((number, known)) => {
                    *known = Account { rows_kept: known.rows_kept, ..new };
                    numbers.push(number);
                }
                None => {
                    self.list.push(new);
                    numbers.push(self.list.len() - 1);
                }
            }
        }
        numbers
    }

    /// Adds rows that stand now, or takes away those that do no longer.
    pub fn moved(&mut self, moved: &BTreeMap<i64, i64>) {
        for (number, by) in moved {
            if let Some(account) = usize::try_from(*number).ok().and_then(|number| self.list.get_mut(number)) {
                account.rows_kept = account.rows_kept.saturating_add_signed(*by);
            }
        }
    }

    /// SHA-256 by path, of the files that have bytes.
    pub fn digests(&self) -> BTreeMap<String, String> {
        let files = self.list.iter().map(|account| &account.file).filter(|file| !file.sha256.is_empty());
        files.map(|file| (file.path.clone(), file.sha256.clone())).collect()
    }

    pub fn told(&self) -> Vec<FileRead> {
        self.list.iter().map(Account::told).collect()
    }

    /// By number: what the source says where a record of a tool says nothing.
    pub fn defaults(&self) -> BTreeMap<usize, BTreeMap<String, String>> {
        let of_tools = self.list.iter().enumerate().filter(|(_, account)| account.is_of_tool);
        of_tools.map(|(number, account)| (number, account.defaults.clone())).collect()
    }

    /// The numbers of all accounts of the paths that these accounts are of.
    pub fn of_paths(&self, numbers: &[usize]) -> BTreeSet<i64> {
        fn path_of(account: &Account) -> (&str, &str) {
            (&account.file.source, &account.file.path)
        }
        let paths: BTreeSet<(&str, &str)> =
            numbers.iter().filter_map(|number| self.list.get(*number)).map(path_of).collect();
        let of_paths = self.list.iter().enumerate().filter(|(_, account)| paths.contains(&path_of(account)));
        of_paths.map(|(number, _)| number as i64).collect()
    }

    /// The numbers of accounts whose rejected rows are told anew whenever a tool's records come.
    pub fn of_tools(&self) -> BTreeSet<i64> {
        let is_made = |(_, account): &(usize, &Account)| account.is_of_tool && !account.table.is_empty();
        self.list.iter().enumerate().filter(is_made).map(|(number, _)| number as i64).collect()
    }

    /// As a table: file_id, source, path, … in the order of their numbers.
    pub fn batch(&self) -> Result<RecordBatch, ArrowError> {
        let all = || self.list.iter();
        let defaults: Vec<String> =
            all().map(|account| serde_json::to_string(&account.defaults).unwrap_or_default()).collect();
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let told = self.told();
        columns::batch(vec![
            columns::whole("file_id", 0..self.list.len() as i64),
            columns::text("source", all().map(|account| Some(account.file.source.as_str()))),
            columns::text("path", all().map(|account| Some(account.file.path.as_str()))),
            columns::text("format", all().map(|account| Some(account.format.as_str()))),
            columns::text("table_name", all().map(|account| Some(account.table.as_str()))),
            columns::whole("bytes", all().map(|account| count(account.bytes))),
            columns::text("sha256", all().map(|account| Some(account.file.sha256.as_str()))),
            columns::text("settings_hash", all().map(|account| Some(account.file.settings.as_str()))),
            columns::whole("last_run", all().map(|account| account.run)),
            columns::whole("is_of_tool", all().map(|account| i64::from(account.is_of_tool))),
            columns::text("defaults", defaults.iter().map(|text| Some(text.as_str()))),
            columns::whole("last_rows_read", all().map(|account| count(account.rows_read))),
            columns::whole("rows_read", told.iter().map(|told| count(told.rows_read))),
            columns::whole("rows_kept", all().map(|account| count(account.rows_kept))),
            columns::whole("rows_superseded", told.iter().map(|told| count(told.rows_superseded))),
            columns::whole("rows_rejected", all().map(|account| count(account.rows_rejected))),
            columns::whole("rows_unused", all().map(|account| count(account.rows_unused))),
        ])
    }

    pub fn of(batches: &[RecordBatch]) -> Self {
        let mut numbered: Vec<(i64, Account)> = Vec::new();
        for batch in batches {
            let rows = Rows::of(batch);
            numbered.extend((0..batch.num_rows()).map(|row| (rows.whole("file_id", row), account(&rows, row))));
        }
        numbered.sort_by_key(|(number, _)| *number);
        Self { list: numbered.into_iter().map(|(_, account)| account).collect() }
    }
}

fn account(rows: &Rows, row: usize) -> Account {
    let text = |name: &str| rows.text(name, row).to_owned();
    Account {
        file: Known {
            source: text("source"),
            path: text("path"),
            sha256: text("sha256"),
            settings: text("settings_hash"),
        },
        format: text("format"),
        table: text("table_name"),
        bytes: rows.count("bytes", row),
        run: rows.whole("last_run", row),
        is_of_tool: rows.whole("is_of_tool", row) == 1,
        defaults: serde_json::from_str(rows.text("defaults", row)).unwrap_or_default(),
        rows_read: rows.count("last_rows_read", row),
        rows_rejected: rows.count("rows_rejected", row),
        rows_unused: rows.count("rows_unused", row),
        rows_kept: rows.count("rows_kept", row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harvested(path: &str, sha256: &str, rows_read: u64) -> Harvested {
        let file = Known { source: "s".into(), path: path.into(), sha256: sha256.into(), settings: "x".into() };
        let read = FileRead {
            source: "s".into(),
            path: path.into(),
            format: "csv",
            table: "tickets",
            bytes: 9,
            sha256: String::new(),
            rows_read,
            rows_kept: rows_read,
            rows_superseded: 0,
            rows_rejected: 1,
            rows_after_as_of: 0,
            rows_unused: 0,
        };
        Harvested { read, file, is_of_tool: false, defaults: BTreeMap::new() }
    }

    #[test]
    fn a_path_that_is_read_again_keeps_its_number_and_its_rows() {
        let mut accounts = Accounts::default();
        let one = harvested("a.csv", "1", 10);
        assert_eq!(accounts.take(&[one.clone(), harvested("b.csv", "2", 5)], 1), [0, 1]);
        accounts.moved(&BTreeMap::from([(0, 9), (1, 4)]));
        assert!(accounts.known().contains(&one.file));
        let grown = harvested("a.csv", "3", 12);
        assert!(!accounts.known().contains(&grown.file));
        assert_eq!(accounts.take(&[grown], 2), [0]);
        accounts.moved(&BTreeMap::from([(0, 2)]));
        assert!(!accounts.known().contains(&one.file), "what was read before is not what was read last");
        let told = accounts.list[0].told();
        assert_eq!((told.rows_read, told.rows_kept, told.rows_rejected, told.rows_superseded), (12, 11, 1, 0));
        assert_eq!(Accounts::of(&[accounts.batch().unwrap()]), accounts);
    }

    #[test]
    fn rows_that_a_file_no_longer_has_still_count_as_read() {
        let mut accounts = Accounts::default();
        accounts.take(&[harvested("a.csv", "1", 100)], 1);
        accounts.moved(&BTreeMap::from([(0, 99)]));
        accounts.take(&[harvested("a.csv", "2", 10)], 2);
        let told = accounts.list[0].told();
        assert_eq!((told.rows_read, told.rows_kept, told.rows_rejected, told.rows_superseded), (100, 99, 1, 0));
    }
}
