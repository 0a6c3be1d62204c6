//! What holds for every file, however broken.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use miette::Diagnostic;
use shipwake::source::{self, FileRead, Intake, Options, SourceError, Spec};
use shipwake::table::{Selection, TABLES};

/// No message is longer, whatever stands in the file.
const LONGEST_MESSAGE: usize = 2_000;

/// No file of these sizes takes longer, not optimised.
const SLOW: Duration = Duration::from_secs(4);

/// 2026-01-06T12:00:00Z, amid the events of the corpora.
const AS_OF: i64 = 1_767_700_800_000_000;

/// Reads a file with one thread, with two, and without keeping any column, which must not change which rows stay.
///
/// Gives the time that the first reading took of its thread, which other work on the machine does not lengthen.
///
/// # Errors
/// The law that is broken.
pub fn check(base: &Path, spec: &Spec, is_cut_off: bool) -> Result<Duration, String> {
    let read = |threads, only| {
        let as_of = is_cut_off.then_some(AS_OF);
        let options = Options { as_of, base, threads, timezone: None, only, progress: &|_, _| () };
        catch_unwind(AssertUnwindSafe(|| source::load(std::slice::from_ref(spec), &options))).map_err(|panic| {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            format!("panic: {}", said.unwrap_or_default())
        })
    };
    let (before, clock) = (busy(), Instant::now());
    let first = read(1, None)?;
    let took = match (before, busy()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => clock.elapsed(),
    };
    holds(took < SLOW, || format!("it takes {took:?}, longer than {SLOW:?}"))?;
    let second = read(2, None)?;
    let judged_alone = read(2, Some(&no_columns()))?;
    looks(base, spec)?;
    match (&first, &second) {
        (Ok(first), Ok(second)) => {
            accounts(first)?;
            same(first, second)?;
            let judged = judged_alone.map_err(|error| format!("without its columns it is not read: {error}"))?;
            let (all, alone) = (&first.files, &judged.files);
            holds(all == alone, || format!("without columns other rows stay: {all:?} and {alone:?}"))?;
        }
        (Err(first), Err(second)) => {
            words(first, &spec.path)?;
            holds(first.to_string() == second.to_string(), || format!("two errors: `{first}` and `{second}`"))?;
        }
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => {
            return Err(format!("once it was read, once it was not: {error}"));
        }
    }
    Ok(took)
}

/// What looks at a file before it is read does not panic either.
fn looks(base: &Path, spec: &Spec) -> Result<(), String> {
    let seen = catch_unwind(AssertUnwindSafe(|| {
        (source::look(spec, base).is_ok(), source::given(std::slice::from_ref(spec), base))
    }));
    seen.map(drop).map_err(|_| "panic at the first look".to_owned())
}

/// All tables, and of none of them a column.
fn no_columns() -> Selection {
    let mut selection = Selection::default();
    TABLES.iter().for_each(|table| selection.add_table(table.name));
    selection
}

/// How long this thread has been at work, where the system tells.
fn busy() -> Option<Duration> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    statistics.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// Every row is accounted for, in the file and in the tables.
fn accounts(intake: &Intake) -> Result<(), String> {
    for file in &intake.files {
        let FileRead { rows_kept, rows_superseded, rows_rejected, rows_after_as_of, rows_unused, .. } = file;
        let sum = rows_kept + rows_superseded + rows_rejected + rows_after_as_of + rows_unused;
        holds(file.rows_read == sum, || format!("rows are lost or won: {file:?}"))?;
    }
    let sum = |of: fn(&FileRead) -> u64| intake.files.iter().map(of).sum::<u64>();
    let batches = intake.tables.values().flat_map(|table| &table.batches);
    let rows = batches.map(RecordBatch::num_rows).sum::<usize>() as u64;
    holds(rows == sum(|file| file.rows_kept), || format!("{rows} rows stand in tables: {:?}", intake.files))?;
    let rejected = intake.rejected.num_rows() as u64;
    holds(rejected == sum(|file| file.rows_rejected), || format!("{rejected} rejected: {:?}", intake.files))?;
    let lines = intake.rejected["line"].as_primitive::<Int64Type>();
    holds(lines.values().iter().all(|line| *line >= 1), || format!("a line before the first: {lines:?}"))
}

/// Both times the same tables, rejections and accounts.
fn same(first: &Intake, second: &Intake) -> Result<(), String> {
    holds(first.files == second.files, || format!("accounts differ: {:?} and {:?}", first.files, second.files))?;
    holds(first.notes == second.notes, || format!("notes differ: {:?} and {:?}", first.notes, second.notes))?;
    holds(first.rejected == second.rejected, || "rejected rows differ".into())?;
    holds(first.unmapped == second.unmapped, || "unmapped words differ".into())?;
    holds(first.tables.keys().eq(second.tables.keys()), || "other tables are filled".into())?;
    for (name, table) in &first.tables {
        let other = &second.tables[name];
        holds(table.given == other.given, || format!("`{name}` has other columns"))?;
        holds(joined(&table.batches) == joined(&other.batches), || format!("rows of `{name}` differ"))?;
    }
    Ok(())
}

fn joined(batches: &[RecordBatch]) -> Option<RecordBatch> {
    arrow::compute::concat_batches(&batches.first()?.schema(), batches).ok()
}

/// An error names the file, says what to do, and is short enough to be read.
fn words(error: &SourceError, path: &str) -> Result<(), String> {
    let message = error.to_string();
    holds(message.contains(path), || format!("the message does not name the file: {message}"))?;
    holds(message.len() <= LONGEST_MESSAGE, || format!("the message has {} bytes: {message:.200}", message.len()))?;
    let help = error.help().map(|help| help.to_string()).unwrap_or_default();
    holds(!help.is_empty(), || format!("no help: {message}"))
}

fn holds(is_so: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(otherwise()) }
}
