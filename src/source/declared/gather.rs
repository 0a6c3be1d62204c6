//! What the files of all tools gave, from records to rows, with an account of every record.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::extract::{self, Part};
use super::fold::{self, Known, Piece};
use super::model::{Naive, Shape, Test, Vendor};
use super::peel::Peeled;
use super::recognise::Recognised;
use super::record::{Record, Runs};
use super::stamps::{self, Stamps};
use crate::source::bare::REFERENCES;
use crate::source::cast::{Cast, Casting, Outcome};
use crate::source::error::{SourceError, list};
use crate::source::files::Found;
use crate::source::reject::{Reject, cut};
use crate::source::spec::Spec;
use crate::source::spot::Spot;
use crate::source::zone::Zone;
use crate::source::{FileRead, decide};
use crate::table::Table;

/// What all files of all vendors gave so far.
#[derive(Default)]
pub struct Gathered {
    pieces: Vec<Piece>,
    /// By account: what the source says where a record says nothing.
    defaults: BTreeMap<usize, BTreeMap<String, String>>,
    /// By vendor: how many records of which kind.
    seen: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    unused: BTreeMap<(&'static str, &'static str), u64>,
    /// By vendor and kind of run: the names by which runs were taken for deployments.
    taken: BTreeMap<(&'static str, &'static str), BTreeSet<String>>,
    /// How many have such a name and are none.
    passed_over: BTreeMap<(&'static str, &'static str), u64>,
}

/// How a note begins that tells whose records were found: it informs, and warns of nothing.
pub const READ_AS: &str = "read as ";
/// Stands in the note that tells which runs were taken for deployments.
pub const BY_NAME: &str = "taken for deployments by name";

/// How a file is to be read, besides what its source says.
pub struct Manner<'a> {
    /// The zone that the source names.
    pub zone: Option<Zone>,
    /// The zone of stamps without one where neither source nor vendor says.
    pub otherwise: Option<Zone>,
    pub files: &'a mut Vec<FileRead>,
    pub rejected: &'a mut Vec<Reject>,
}

impl Gathered {
    /// Takes the records of a file; every one of them is counted in an account, one for each table that it fills.
    ///
    /// # Errors
    /// When its stamps need an answer that the source does not give.
    pub fn add(&mut self, spec: &Spec, file: &Found, found: Recognised, manner: Manner) -> Result<(), SourceError> {
        let vendor = found.vendor;
        let is_for_deployments = spec.table.as_deref() == Some("deployments");
        let mut runs = Runs::new(is_for_deployments, &spec.pipelines).map_err(|pattern| {
            spec.refuse(format!("pattern `{pattern}` of `pipelines` cannot be read"), "write it as in `*deploy*`")
        })?;
        let is_utc = match vendor.naive {
            Naive::Utc => true,
            Naive::UtcInJson => !found.is_text,
            Naive::UtcInJsonUnless(is_shown) => {
                let is_shown = |value| is_shown(&Record { value, around: None, runs: &runs });
                !found.is_text && !found.records.iter().any(|record| is_shown(&record.value))
            }
            Naive::Ask => false,
        };
        runs.only_place = only_place(&found.records, &runs);
        let mut parts: Vec<Part> = Vec::new();
        let (mut unused, mut strangers) = (0, found.broken);
        for record in found.records {
            let Some((_, shape)) = record.known.first() else {
                strangers.push((record.spot, record.value.to_string(), stranger(vendor, &record.value)));
                continue;
            };
            let made = extract::parts(&record.value, shape, record.spot, spec, &runs);
            *self.seen.entry(vendor.name).or_default().entry(shape.name).or_default() += 1;
            if made.is_empty() {
                unused += 1;
                *self.unused.entry((vendor.name, shape.name)).or_default() += 1;
            }
            self.note_run(vendor.name, shape, &Record { value: &record.value, around: None, runs: &runs });
            parts.extend(made);
        }
        let evidence = if spec.date_order.is_some() { Vec::new() } else { stamps::evidence(&parts) };
        let utc = || is_utc.then(|| Zone::named("UTC")).flatten();
        let mut stamps = Stamps {
            path: &file.shown,
            zone: manner.zone.or_else(utc).or(manner.otherwise),
            order: spec.date_order,
            orders: decide(&file.shown, evidence)?,
        };
        let mut accounts = Accounts { spec, file, vendor, by_table: BTreeMap::new() };
        for part in parts {
            let place = accounts.of(part.table.name, manner.files);
            manner.files[place].rows_read += 1;
            self.pieces.push(piece(part, vendor, place, &mut stamps)?);
        }
        if unused > 0 || !strangers.is_empty() || accounts.by_table.is_empty() {
            let place = accounts.of("", manner.files);
            let account = &mut manner.files[place];
            account.rows_unused = unused;
            account.rows_rejected = strangers.len() as u64;
            account.rows_read = unused + strangers.len() as u64;
            strangers.sort_by_key(|(spot, ..)| *spot);
            manner.rejected.extend(strangers.into_iter().map(|(spot, value, reason)| Reject {
                file: place,
                spot,
                column: String::new(),
                value: cut(&value),
                reason,
            }));
        }
        self.defaults.extend(accounts.by_table.into_values().map(|place| (place, spec.defaults.clone())));
        Ok(())
    }

    /// Keeps the name of a run that its name makes a deployment.
    fn note_run(&mut self, vendor: &'static str, shape: &'static Shape, run: &Record) {
        for rows in shape.rows.iter().filter(|rows| rows.each.is_none()) {
            let test = rows.when.iter().find(|test| matches!(test, Test::Deploys(_)));
            let Some(test @ Test::Deploys(paths)) = test else { continue };
            if !run.meets(std::slice::from_ref(test)) {
                continue;
            }
            let kind = (vendor, shape.name);
            if !run.meets(rows.when) {
                *self.passed_over.entry(kind).or_default() += 1;
            } else if let Some(name) = paths.iter().find_map(|path| run.text(path)) {
                // Builds of Jenkins bear the name of their job with their number.
                let name = name.rsplit_once(" #").map_or(name.as_str(), |(name, _)| name).to_owned();
                self.taken.entry(kind).or_default().insert(name);
            }
        }
    }

    /// Makes the rows: for each, its table and account, and the accounts of the records that it also stands for.
    ///
    /// # Errors
    /// When casting fails, which is a defect.
    pub fn finish(self, files: &[FileRead], as_of: Option<i64>) -> Result<Vec<Made>, SourceError> {
        let mut rows = fold::rows(self.pieces);
        let keys = keys_by_name(&rows);
        use_keys(&mut rows, &keys);
        made(rows, &self.defaults, files, as_of)
    }

    /// The pieces as they came.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The pieces as they came, and by account what its source says where a record says nothing.
    pub fn into_pieces(self) -> (Vec<Piece>, BTreeMap<usize, BTreeMap<String, String>>) {
        (self.pieces, self.defaults)
    }

    /// What was seen, a sentence a vendor, for a person.
    pub fn notes(&self) -> Vec<String> {
        let counted = |kinds: &BTreeMap<&str, u64>| {
            let all: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            all.join(", ")
        };
        let mut notes = Vec::new();
        for (vendor, kinds) in &self.seen {
            let unused: BTreeMap<&str, u64> = self
                .unused
                .iter()
                .filter(|((of, _), _)| of == vendor)
                .map(|((_, kind), count)| (*kind, *count))
                .collect();
            let unused = match unused.is_empty() {
                true => String::new(),
                false => format!("; {} fill no table", counted(&unused)),
            };
            notes.push(format!("{READ_AS}{vendor}: {}{unused}; `shipwake sources {vendor}` says how", counted(kinds)));
        }
        let kinds: BTreeSet<_> = self.taken.keys().chain(self.passed_over.keys()).collect();
        for kind in kinds {
            let names: Vec<&String> = self.taken.get(kind).into_iter().flatten().collect();
            let names = match names.is_empty() {
                true => "none".to_owned(),
                false => list(&names),
            };
            let passed_over = match self.passed_over.get(kind) {
                Some(count) => format!("; {count} with such a name ran for pull requests and are none"),
                None => String::new(),
            };
            let (vendor, kind) = kind;
            notes.push(format!(
                "{vendor} {kind} {BY_NAME}: {names}{passed_over}; `pipelines` of the source says otherwise"
            ));
        }
        notes
    }
}

/// Casts rows, those of one table and one account at a time.
///
/// # Errors
/// When casting fails, which is a defect.
pub fn made(
    rows: Vec<fold::Row>,
    defaults: &BTreeMap<usize, BTreeMap<String, String>>,
    files: &[FileRead],
    as_of: Option<i64>,
) -> Result<Vec<Made>, SourceError> {
    let mut by_account: BTreeMap<usize, Vec<fold::Row>> = BTreeMap::new();
    for row in rows {
        by_account.entry(row.file).or_default().push(row);
    }
    let no_defaults = BTreeMap::new();
    let mut all = Vec::new();
    for (file, rows) in by_account {
        let Some(table) = rows.first().map(|row| row.table) else { continue };
        let (plan, raw) = fold::columns(table, &rows, defaults.get(&file).unwrap_or(&no_defaults));
        let casting = Casting {
            file,
            path: files.get(file).map_or("", |file| &file.path),
            zone: Zone::named("UTC"),
            date_order: None,
            orders: BTreeMap::new(),
            null_values: &[],
            as_of,
            looks_for_orders: false,
            only: None,
        };
        if let Outcome::Rows(mut cast) = casting.cast(&plan, raw)? {
            tell_what_lacks(&rows, &mut cast.rejected);
            let others = rows.iter().flat_map(|row| row.others.iter().copied()).collect();
            all.push(Made { table, file, others, cast });
        }
    }
    Ok(all)
}

/// The accounts of one file, one for each table that it fills.
struct Accounts<'a> {
    spec: &'a Spec,
    file: &'a Found<'a>,
    vendor: &'static Vendor,
    by_table: BTreeMap<&'static str, usize>,
}

impl Accounts<'_> {
    /// The place of an account among all files.
    fn of(&mut self, table: &'static str, files: &mut Vec<FileRead>) -> usize {
        *self.by_table.entry(table).or_insert_with(|| {
            let account = FileRead::of(self.spec, &self.file.shown, self.vendor.name, table);
            files.push(FileRead { bytes: self.file.bytes().unwrap_or(0), ..account });
            files.len() - 1
        })
    }
}

/// Rows of one table and one account.
pub struct Made {
    pub table: &'static Table,
    pub file: usize,
    /// The accounts of the records that are part of another's row.
    pub others: Vec<usize>,
    pub cast: Cast,
}

/// A part with its instants.
fn piece(part: Part, vendor: &'static Vendor, file: usize, stamps: &mut Stamps) -> Result<Piece, SourceError> {
    let mut cells = Vec::with_capacity(part.cells.len());
    for cell in part.cells {
        let is_instant = stamps::is_instant(part.table, cell.column);
        let micros = if is_instant { stamps.micros(cell.column, &cell.value, part.spot.line)? } else { None };
        let value = micros.map_or(fold::Value::Text(cell.value), fold::Value::Instant);
        cells.push(Known { column: cell.column, value, fold: cell.fold, is_stand_in: cell.is_stand_in });
    }
    // After the cells, so that a question names a column where one has the same stamp.
    let at = match &part.at {
        Some(text) => stamps.micros("at", text, part.spot.line)?,
        None => None,
    };
    let Part { table, spot, number, is_state, known_as, part_of, extra, .. } = part;
    let part_of = part_of.map(Cow::Borrowed);
    Ok(Piece { vendor: vendor.name.into(), table, file, spot, at, number, is_state, known_as, part_of, cells, extra })
}

/// The place that all records of a file share which tell one.
fn only_place(records: &[Peeled], runs: &Runs) -> Option<String> {
    let mut places = BTreeSet::new();
    for record in records {
        let Some((_, shape)) = record.known.first() else { continue };
        let told = shape.rows.iter().filter_map(|rows| rows.place);
        places.extend(told.filter_map(|place| place(&Record { value: &record.value, around: None, runs })));
    }
    let mut places = places.into_iter();
    places.next().filter(|_| places.next().is_none())
}

/// The keys of rows by the other names by which records of their tool refer to them.
pub fn keys_by_name(rows: &[fold::Row]) -> BTreeMap<String, String> {
    let key = |row: &fold::Row| row.table.key.first().and_then(|key| row.cells.get(key)).cloned();
    rows.iter().filter_map(|row| Some((row.known_as.clone()?, key(row)?))).collect()
}

/// Puts keys in place of such names.
pub fn use_keys(rows: &mut [fold::Row], keys: &BTreeMap<String, String>) {
    if keys.is_empty() {
        return;
    }
    for row in rows {
        for (column, _) in REFERENCES {
            let Some(cell) = row.cells.get_mut(column) else { continue };
            if let Some(key) = keys.get(cell) {
                cell.clone_from(key);
            }
        }
    }
}

/// Says of rejected rows that they are parts of something that is not in the data, which is why they lack a value.
fn tell_what_lacks(rows: &[fold::Row], rejected: &mut [Reject]) {
    // A record may make several rows, and a rejected one tells only where the record begins.
    let others: BTreeSet<Spot> = rows.iter().filter(|row| row.lacks.is_none()).map(|row| row.spot).collect();
    let lacking = rows.iter().filter(|row| !others.contains(&row.spot));
    let lacking: BTreeMap<Spot, &str> = lacking.filter_map(|row| Some((row.spot, row.lacks.as_deref()?))).collect();
    for reject in rejected.iter_mut().filter(|reject| reject.reason.ends_with(" empty")) {
        if let Some(whole) = lacking.get(&reject.spot) {
            reject.reason = format!("{}: the {whole} that it belongs to is not in the data", reject.reason);
        }
    }
}

fn stranger(vendor: &Vendor, value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let names: Vec<&String> = object.keys().collect();
            format!("not a record that {} is known to send: it has {}", vendor.name, list(&names))
        }
        _ => "not a record: expected an object with fields".into(),
    }
}
