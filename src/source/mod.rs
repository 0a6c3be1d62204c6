//! Reading: from files as tools export them to canonical tables, with an account of every row.
//!
//! Formats are files of their own in `formats::FORMATS`. A file goes through `detect` (which table), `plan` (which
//! field fills which column), `cast` (text to types), `rules` (which rows can be) and `settle` (one row a key, in the
//! order of time). Nothing is guessed: a stamp without zone or a date of unknown order stops with the question.

mod aliases;
mod bare;
mod besides;
mod blocks;
mod cast;
mod collide;
mod csv;
mod date;
mod declared;
mod detect;
mod error;
mod extra;
mod fields;
mod files;
mod formats;
mod git;
mod given;
mod harvest;
mod instant;
mod json;
mod keys;
mod look;
mod marks;
mod ndjson;
mod objects;
mod parallel;
mod parquet;
mod plan;
mod records;
mod reject;
mod rules;
mod scan;
mod settle;
mod spec;
mod spot;
mod stamps;
mod survey;
mod typed;
mod vendor;
mod words;
mod zone;

pub use bare::make_whole;
pub use collide::nothing_looked_for;
pub use declared::{BY_NAME, Description, READ_AS, ShapeDescription};
pub use error::SourceError;
pub use git::NAME as GIT;
pub use given::given;
pub use harvest::{Folded, Harvest, Harvested, Known, fold, harvest};
pub use keys::KeySet;
pub use look::{Look, look};
pub use reject::{Reject, Unmapped, rejected_rows, unmapped_words};
pub use rules::{known_at, may_be_later};
pub use settle::{in_order, joined, standing, widen};
pub use spec::{DateOrder, Keeping, Prereleases, Spec};
pub use spot::Spot;

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::RecordBatch;

use crate::table::{Selection, Table};
use cast::{Cast, Casting, Evidence, Outcome};
use collide::Collisions;
use declared::{Gathered, Manner};
use error::list;
use files::{Found, Origin};
use formats::{Pieces, Reading};
use settle::{InOrder, Settled};
use zone::Zone;

/// How to read, whatever the source.
pub struct Options<'a> {
    /// Microseconds in UTC; what happened later is not known yet.
    pub as_of: Option<i64>,
    /// Where relative paths start.
    pub base: &'a Path,
    /// Threads that cast; at least one.
    pub threads: usize,
    /// IANA name of the zone of stamps that name none, for sources that do not say.
    pub timezone: Option<&'a str>,
    /// The columns to keep; all where none. Rows are judged by all that may refuse them, whatever is kept.
    pub only: Option<&'a Selection>,
    /// Is told how many bytes have been read, and how many there are, as stored.
    pub progress: &'a dyn Fn(u64, u64),
}

/// What all sources together gave.
#[derive(Debug)]
pub struct Intake {
    /// By name; a table that no file fills is absent.
    pub tables: BTreeMap<&'static str, LoadedTable>,
    /// table, source, file, line, column, value, reason: one row for every record left out because something is wrong
    /// with it, in the order of files and lines.
    pub rejected: RecordBatch,
    /// table, column, value, count: words that became `unknown`, or null where a list has no such word.
    pub unmapped: RecordBatch,
    /// table, row_count, key, column, value, source_row, other_value, other_source_row: of each table in which rows bear
    /// the key of another record, how many, and the first two; none where rows of several runs were settled, for then it
    /// is not known.
    pub colliding: Option<RecordBatch>,
    /// In the order in which they were read.
    pub files: Vec<FileRead>,
    /// SHA-256 by path, where files were read earlier and need not be there any more.
    pub digests: BTreeMap<String, String>,
    /// Sentences for a person, such as that a file is empty.
    pub notes: Vec<String>,
}

/// A canonical table, sorted by its main instant (nulls last), then by its key; one row a key.
#[derive(Debug)]
pub struct LoadedTable {
    pub table: &'static Table,
    /// `place` (Int64, see [`place_text`]) where it was to be kept, then the columns that are given; at least one batch, all of one schema.
    pub batches: Vec<RecordBatch>,
    /// The canonical columns that any source gave, in canonical order; of those that were to be kept.
    pub given: Vec<&'static str>,
}

/// The account of one file, or of what a tool's file gives one table: `rows_read` is the sum of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileRead {
    pub source: String,
    /// As it is shown to a person, relative where it was given so.
    pub path: String,
    pub format: &'static str,
    /// Empty where the file is and says nothing of its table, and for records that fill none.
    pub table: &'static str,
    /// As stored.
    pub bytes: u64,
    /// SHA-256 of its bytes in hexadecimal digits, as a store noted it; empty where none did.
    pub sha256: String,
    pub rows_read: u64,
    pub rows_kept: u64,
    /// Left out because another row has the same key and is later, or taken into the row of their key.
    pub rows_superseded: u64,
    /// Left out because something is wrong with them.
    pub rows_rejected: u64,
    /// Left out because they begin after `as_of`.
    pub rows_after_as_of: u64,
    /// Records that a tool is known to send and that fill no table, such as a run that is no deployment.
    pub rows_unused: u64,
}

impl FileRead {
    /// An account in which nothing has been counted.
    fn of(spec: &Spec, path: &str, format: &'static str, table: &'static str) -> Self {
        Self {
            source: spec.name.clone(),
            path: path.to_owned(),
            format,
            table,
            bytes: 0,
            sha256: String::new(),
            rows_read: 0,
            rows_kept: 0,
            rows_superseded: 0,
            rows_rejected: 0,
            rows_after_as_of: 0,
            rows_unused: 0,
        }
    }
}

/// The format of a file that was left aside.
const LEFT_ASIDE: &str = "none";

/// Reads all files of all sources.
///
/// # Errors
/// When a file cannot be read at all, or reading it needs an answer that the source does not give. A bad row is no
/// error: it stands in [`Intake::rejected`].
pub fn load(specs: &[Spec], options: &Options) -> Result<Intake, SourceError> {
    let mut found = Vec::new();
    for spec in specs {
        spec.check()?;
        if spec.repository().is_some() {
            continue;
        }
        found.extend(files::find(spec, options.base)?.into_iter().map(|file| (spec, file)));
    }
    let mut loading = Loading::new(options, found.iter().filter_map(|(_, file)| file.bytes()).sum());
    let mut aside = Vec::new();
    for (place, (spec, file)) in found.iter().enumerate() {
        files::fetch_ahead(found[place..].iter().map(|(_, file)| file));
        match loading.add(spec, file) {
            Err(error @ SourceError::NoTable { .. })
                if spec.may_be_left || files::is_in_folder(spec, options.base, file) =>
            {
                aside.push((*spec, file, error));
            }
            other => other?,
        }
        file.release();
    }
    for (spec, file, error) in aside {
        loading.leave(spec, file, error)?;
    }
    for spec in specs.iter().filter(|spec| spec.repository().is_some()) {
        loading.add_repository(spec)?;
    }
    loading.finish()
}

/// The bytes of all files of all sources, as stored; standard input counts nothing, for it can be read only once, nor
/// do repositories.
///
/// # Errors
/// When a source names no file.
pub fn bytes(specs: &[Spec], base: &Path) -> Result<u64, SourceError> {
    let mut bytes = 0;
    for spec in specs.iter().filter(|spec| spec.path != "-" && spec.repository().is_none()) {
        bytes += files::find(spec, base)?.iter().filter_map(Found::bytes).sum::<u64>();
    }
    Ok(bytes)
}

/// Reads files that are in memory, each a source named after it.
///
/// # Errors
/// As [`load`].
pub fn load_embedded(files: &[(&str, &[u8])], options: &Options) -> Result<Intake, SourceError> {
    let mut loading = Loading::new(options, files.iter().map(|(_, bytes)| bytes.len() as u64).sum());
    for (name, bytes) in files {
        let spec = Spec { name: spec::stem(name), path: name.to_string(), ..Spec::default() };
        loading.add(&spec, &Found { shown: name.to_string(), origin: Origin::Borrowed(bytes) })?;
    }
    loading.finish()
}

/// Name and description of every format that can be read.
pub fn formats() -> impl Iterator<Item = (&'static str, &'static str)> {
    let formats = formats::FORMATS.iter().map(|format| (format.name(), format.about()));
    let vendors = vendor::VENDORS.iter().map(|vendor| (vendor.name, vendor.about));
    formats.chain([(git::NAME, git::ABOUT)]).chain(vendors)
}

/// The name of a format as it is kept for the whole run; empty where there is none of that name.
pub fn format_named(name: &str) -> &'static str {
    formats().map(|(known, _)| known).chain([LEFT_ASIDE]).find(|known| *known == name).unwrap_or("")
}

/// What the format of a tool reads, and how; none where there is no tool of that name.
pub fn describe(name: &str) -> Option<Description> {
    if name == git::NAME {
        return Some(git::about());
    }
    declared::vendor_named(name).map(declared::describe)
}

/// `path:line` of a row by its `place`, the file above its first line; empty where there is no such file.
pub fn place_text(files: &[FileRead], place: i64) -> String {
    let line = place & ((1 << 40) - 1);
    usize::try_from(place >> 40)
        .ok()
        .and_then(|file| files.get(file))
        .map_or(String::new(), |file| format!("{}:{line}", file.path))
}

/// What has been read so far.
struct Loading<'a> {
    options: &'a Options<'a>,
    bytes: u64,
    bytes_read: u64,
    parts: BTreeMap<&'static str, Vec<(RecordBatch, InOrder)>>,
    rejected: Vec<Reject>,
    unmapped: reject::Unmapped,
    files: Vec<FileRead>,
    notes: Vec<String>,
    gathered: Gathered,
    /// Of each file that was left aside, why.
    aside: Vec<String>,
    collisions: Collisions,
}

impl<'a> Loading<'a> {
    fn new(options: &'a Options<'a>, bytes: u64) -> Self {
        Self {
            options,
            bytes,
            bytes_read: 0,
            parts: BTreeMap::new(),
            rejected: Vec::new(),
            unmapped: BTreeMap::new(),
            files: Vec::new(),
            notes: Vec::new(),
            gathered: Gathered::default(),
            aside: Vec::new(),
            collisions: Collisions::default(),
        }
    }

    fn add(&mut self, spec: &Spec, file: &Found) -> Result<(), SourceError> {
        if let Some(found) = declared::recognise(spec, file)? {
            let named = |name: &str| Zone::named(name);
            let manner = Manner {
                zone: spec.timezone.as_deref().and_then(named),
                otherwise: self.options.timezone.and_then(named),
                files: &mut self.files,
                rejected: &mut self.rejected,
            };
            self.gathered.add(spec, file, found, manner)?;
            self.bytes_read += file.bytes().unwrap_or(0);
            (self.options.progress)(self.bytes_read, self.bytes);
            return Ok(());
        }
        let mut casting = Casting {
            file: self.files.len(),
            path: &file.shown,
            zone: self.zone(spec)?,
            date_order: spec.date_order,
            orders: BTreeMap::new(),
            null_values: &spec.null_values,
            as_of: self.options.as_of,
            looks_for_orders: false,
            only: self.options.only,
        };
        let read = match self.read(spec, file, &casting) {
            Err(SourceError::NeedsDateOrder { .. }) if spec.date_order.is_none() => {
                casting.looks_for_orders = true;
                let shown = self.read(spec, file, &casting)?.evidence;
                casting.orders = decide(&file.shown, shown)?;
                casting.looks_for_orders = false;
                self.read(spec, file, &casting)?
            }
            other => other?,
        };
        self.bytes_read += file.bytes().unwrap_or(0);
        (self.options.progress)(self.bytes_read, self.bytes);
        self.keep(spec, file, read)
    }

    /// Reads a git repository: an account for each table that it fills.
    fn add_repository(&mut self, spec: &Spec) -> Result<(), SourceError> {
        let taken = git::read(spec, self.options.base, self.options.as_of)?;
        self.notes.extend(taken.notes);
        for part in taken.parts {
            let casting = Casting {
                file: self.files.len(),
                path: &part.path,
                zone: self.zone(spec)?,
                date_order: spec.date_order,
                orders: BTreeMap::new(),
                null_values: &spec.null_values,
                as_of: self.options.as_of,
                looks_for_orders: false,
                only: self.options.only,
            };
            let Outcome::Rows(cast) = casting.cast(&part.plan, part.raw)? else { continue };
            let mut account = FileRead::of(spec, &part.path, git::NAME, part.plan.table.name);
            account.rows_unused = part.unused;
            account.rows_read = part.unused;
            self.count(&mut account, cast);
            self.files.push(account);
        }
        Ok(())
    }

    /// Leaves a file aside whose records fit no table, where another file of the folder did, or any other where the
    /// source may be left: what lies beside exports need not be one. Its records are counted as unused.
    fn leave(&mut self, spec: &Spec, file: &Found, error: SourceError) -> Result<(), SourceError> {
        if !self.files.iter().any(|read| spec.may_be_left || read.source == spec.name) {
            return Err(error);
        }
        self.leave_beside(spec, file, error)
    }

    /// Leaves a file aside that lies beside others that fit.
    fn leave_beside(&mut self, spec: &Spec, file: &Found, error: SourceError) -> Result<(), SourceError> {
        let count = declared::count(spec, file)?;
        let account = FileRead::of(spec, &file.shown, LEFT_ASIDE, "");
        self.files.push(FileRead { bytes: file.bytes().unwrap_or(0), rows_read: count, rows_unused: count, ..account });
        self.aside.push(error.to_string());
        Ok(())
    }

    fn zone(&self, spec: &Spec) -> Result<Option<Zone>, SourceError> {
        let Some(name) = spec.timezone.as_deref().or(self.options.timezone) else {
            return Ok(None);
        };
        Zone::named(name).map(Some).ok_or_else(|| {
            let help = "zones have names such as `Europe/London`, `America/New_York` or `UTC`";
            spec.refuse(format!("time zone `{name}` does not exist"), help)
        })
    }

    /// Reads a file once, from its beginning.
    fn read(&self, spec: &Spec, file: &Found, casting: &Casting) -> Result<OneRead, SourceError> {
        let progress = |bytes: u64| (self.options.progress)(self.bytes_read + bytes, self.bytes);
        let opened = file.open(spec.encoding()?, &progress)?;
        let format = formats::of(&opened.head, spec, &file.shown)?;
        let mut read = OneRead { format: format.name(), ..OneRead::default() };
        let (mut table, mut absent) = (None, Vec::new());
        let mut keep = |outcome| {
            match outcome {
                Outcome::Rows(cast) => read.casts.push(cast),
                Outcome::Orders(evidence) => read.evidence.extend(evidence),
            }
            Ok(())
        };
        let mut pieces = Pieces {
            cast: &|plan, raw| casting.cast(plan, raw),
            keep: &mut keep,
            planned: &mut |plan| {
                table = Some(plan.table);
                absent.clone_from(&plan.absent);
            },
        };
        format.read(
            &Reading { spec, file, threads: self.options.threads.max(1), seen: None, only: self.options.only },
            opened,
            &mut pieces,
        )?;
        read.table = table;
        read.absent = absent;
        Ok(read)
    }

    fn keep(&mut self, spec: &Spec, file: &Found, read: OneRead) -> Result<(), SourceError> {
        let table = read.table.or(spec.table()?);
        let table = table.map_or("", |table| table.name);
        let mut account =
            FileRead { bytes: file.bytes().unwrap_or(0), ..FileRead::of(spec, &file.shown, read.format, table) };
        for cast in read.casts {
            self.count(&mut account, cast);
        }
        if account.rows_read == 0 {
            self.notes.push(format!("file `{}` has no rows", file.shown));
        }
        if !read.absent.is_empty() {
            self.notes.push(format!("no record of `{}` has {}", file.shown, list(&read.absent)));
        }
        self.files.push(account);
        Ok(())
    }

    /// Takes rows into their account and their table.
    fn count(&mut self, account: &mut FileRead, cast: Cast) {
        account.rows_read += cast.rows_read;
        account.rows_kept += cast.batch.num_rows() as u64;
        account.rows_rejected += cast.rejected.len() as u64;
        self.take(account.table, self.files.len(), cast);
    }

    /// Makes the rows of tools' records and counts them.
    fn add_gathered(&mut self) -> Result<(), SourceError> {
        let gathered = std::mem::take(&mut self.gathered);
        self.notes.extend(gathered.notes());
        self.collisions.judge_pieces(gathered.pieces(), &self.files);
        for made in gathered.finish(&self.files, self.options.as_of)? {
            for other in made.others {
                if let Some(account) = self.files.get_mut(other) {
                    account.rows_superseded += 1;
                }
            }
            let cast = made.cast;
            if let Some(account) = self.files.get_mut(made.file) {
                account.rows_kept += cast.batch.num_rows() as u64;
                account.rows_rejected += cast.rejected.len() as u64;
            }
            self.take(made.table.name, made.file, cast);
        }
        // As without tools: in the order of files and lines.
        self.rejected.sort_by_key(|reject| (reject.file, reject.spot));
        Ok(())
    }

    /// Takes the rows of a table with what was wrong with others.
    fn take(&mut self, table: &'static str, file: usize, cast: Cast) {
        self.rejected.extend(cast.rejected);
        for ((column, word), count) in cast.unmapped {
            *self.unmapped.entry((file, table, column, word)).or_default() += count;
        }
        self.parts.entry(table).or_default().push((cast.batch, cast.order));
    }

    /// Says what was left aside.
    fn note_aside(&mut self) {
        if let Some(first) = self.aside.first() {
            let others = match self.aside.len() - 1 {
                0 => String::new(),
                count => format!(", and {count} more files that fit none"),
            };
            self.notes.push(format!("left aside: {first}{others}"));
        }
    }

    fn finish(mut self) -> Result<Intake, SourceError> {
        self.add_gathered()?;
        self.note_aside();
        let mut tables = BTreeMap::new();
        let (as_of, only) = (self.options.as_of, self.options.only);
        // The counts of the accounts change while rows of other tables are still judged.
        let (accounts, mut collisions) = (self.files.clone(), std::mem::take(&mut self.collisions));
        let mut all =
            std::mem::take(&mut self.parts).into_iter().filter_map(|(name, parts)| Some((Table::named(name)?, parts)));
        parallel::in_order(
            self.options.threads.max(1),
            || Ok(all.next()),
            |(table, parts)| {
                let mut collisions = Collisions::default();
                let settled = settled(table, parts, as_of, only, |rows| collisions.judge(table, &accounts, rows))?;
                Ok((table, settled, collisions))
            },
            |(table, settled, found)| {
                collisions.extend(found);
                for (file, count) in settled.superseded {
                    if let Some(file) = self.files.get_mut(file) {
                        file.rows_superseded += count;
                        file.rows_kept -= count;
                    }
                }
                for (file, count) in settled.after_as_of {
                    if let Some(file) = self.files.get_mut(file) {
                        file.rows_after_as_of += count;
                        file.rows_kept -= count;
                    }
                }
                tables.insert(table.name, LoadedTable { table, batches: settled.batches, given: settled.given });
                Ok::<(), SourceError>(())
            },
        )?;
        make_whole(&mut tables, &self.files).map_err(|error| SourceError::engine("references", error))?;
        self.notes.extend(collisions.notes());
        let fail = |error| SourceError::engine("rejected rows", error);
        Ok(Intake {
            tables,
            colliding: Some(collisions.rows().map_err(fail)?),
            rejected: rejected_rows(&self.rejected, &self.files).map_err(fail)?,
            unmapped: unmapped_words(&self.unmapped).map_err(fail)?,
            files: self.files,
            digests: BTreeMap::new(),
            notes: self.notes,
        })
    }
}

/// The rows of one table from all files, with the columns that are to be kept; `twice` is told of rows of one key.
fn settled(
    table: &'static Table,
    parts: Vec<(RecordBatch, InOrder)>,
    as_of: Option<i64>,
    only: Option<&Selection>,
    twice: impl FnMut([(&RecordBatch, usize); 2]),
) -> Result<Settled, SourceError> {
    let fail = |error| SourceError::engine(table.name, error);
    let mut settled = settle::settle(table, parts, as_of, twice).map_err(fail)?;
    if let Some(only) = only {
        settled.keep_only(|column| only.has(table.name, column)).map_err(fail)?;
    }
    Ok(settled)
}

/// What one pass over a file gave.
#[derive(Default)]
struct OneRead {
    format: &'static str,
    table: Option<&'static Table>,
    casts: Vec<Cast>,
    evidence: Vec<Evidence>,
    absent: Vec<String>,
}

/// The order of day and month in every column: by its own values, else by those of the file's other columns where they
/// agree. A column for which nothing speaks is left out; its first ambiguous value is then an error.
fn decide(path: &str, evidence: Vec<Evidence>) -> Result<BTreeMap<&'static str, DateOrder>, SourceError> {
    let mut shown: BTreeMap<&'static str, Evidence> = BTreeMap::new();
    for piece in evidence {
        let known = shown.entry(piece.column).or_default();
        known.day_first = known.day_first.take().or(piece.day_first);
        known.month_first = known.month_first.take().or(piece.month_first);
    }
    let mut orders = BTreeMap::new();
    for (column, evidence) in &shown {
        match (&evidence.day_first, &evidence.month_first) {
            (Some(day_first), Some(month_first)) => {
                return Err(SourceError::MixedDateOrder {
                    path: path.to_owned(),
                    column: column.to_string(),
                    day_first: day_first.clone(),
                    month_first: month_first.clone(),
                });
            }
            (Some(_), None) => drop(orders.insert(*column, DateOrder::Dmy)),
            (None, Some(_)) => drop(orders.insert(*column, DateOrder::Mdy)),
            (None, None) => {}
        }
    }
    let first = orders.values().next().copied();
    if let Some(order) = first.filter(|first| orders.values().all(|order| order == first)) {
        for column in shown.keys() {
            orders.entry(column).or_insert(order);
        }
    }
    Ok(orders)
}

#[cfg(test)]
mod tests;
