//! Every file in `tests/bad` is wrong in the way that its name says: either reading stops with words that help, or
//! every row is accounted for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use miette::Diagnostic;
use shipwake::source::{Intake, Options, SourceError, Spec, load, place_text};

/// 2026-12-31T00:00:00Z
const AS_OF: i64 = 1_798_675_200_000_000;

fn folder() -> PathBuf {
    Path::new(file!()).parent().map_or_else(PathBuf::new, |tests| tests.join("bad"))
}

fn base() -> PathBuf {
    let near = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder());
    if near.is_dir() { near } else { folder() }
}

fn read_spec(spec: Spec, base: &Path) -> Result<Intake, SourceError> {
    let options = Options { as_of: Some(AS_OF), base, threads: 2, timezone: None, only: None, progress: &|_, _| {} };
    load(&[spec], &options)
}

fn read(path: &str) -> Result<Intake, SourceError> {
    read_spec(Spec::from_argument(path)?, &base())
}

/// Reading stops, and says this; a help line tells what to do.
fn stops(path: &str, message: &str) {
    let error = match read(path) {
        Ok(intake) => panic!("{path} was read: {:?}", intake.files),
        Err(error) => error,
    };
    assert_eq!(error.to_string(), message, "{path}");
    assert!(error.help().is_some_and(|help| !help.to_string().is_empty()), "{path} has no help");
}

/// The rows of a file: read, kept, superseded, rejected, after the as-of instant; and every rejection.
fn gives(path: &str, counts: [u64; 5], rejected: &[&str]) -> Intake {
    let intake = read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let file = &intake.files[0];
    let found = [file.rows_read, file.rows_kept, file.rows_superseded, file.rows_rejected, file.rows_after_as_of];
    assert_eq!(found, counts, "{path}");
    assert_eq!(found[0], found[1..].iter().sum::<u64>(), "{path}");
    assert_eq!(reasons(&intake.rejected), rejected, "{path}");
    let rows: usize = intake.tables.values().flat_map(|table| &table.batches).map(RecordBatch::num_rows).sum();
    assert_eq!(rows as u64, file.rows_kept, "{path}");
    intake
}

/// `line column value: reason`
fn reasons(rejected: &RecordBatch) -> Vec<String> {
    let text = |name: &str, row| {
        rejected.column_by_name(name).map_or("", |column| column.as_string_view().value(row)).to_owned()
    };
    (0..rejected.num_rows())
        .map(|row| {
            let line = rejected["line"].as_primitive::<Int64Type>().value(row);
            format!("{line} {} {}: {}", text("column", row), text("value", row), text("reason", row))
        })
        .collect()
}

/// The files that stop the reading, and the words with which they do.
const STOPPING: &[(&str, &str)] = &[
    ("binary.csv", "file `binary.csv` is not text: byte 0 is a NUL"),
    ("changed_on_its_way.csv.gz", "file `changed_on_its_way.csv.gz` is damaged: corrupt deflate stream"),
    ("comma_missing.json", "file `comma_missing.json` is damaged: line 3: expected `,` or `]`"),
    ("comma_too_many.json", "file `comma_too_many.json` is damaged: line 3: `]` closes nothing"),
    ("cut_off.csv.gz", "file `cut_off.csv.gz` is damaged: incomplete deflate stream"),
    ("cut_off.json", "file `cut_off.json` is damaged: line 3: the text ends within a value"),
    ("cut_off.parquet", "file `cut_off.parquet` is damaged: Parquet error: Invalid Parquet file. Corrupt footer"),
    (
        "day_and_month_first.csv",
        "column `finished_at` of `day_and_month_first.csv` has dates both day first and month first: \
         `13/04/2026 10:00` and `04/13/2026 10:00`",
    ),
    (
        "day_or_month_first.csv",
        "day_or_month_first.csv:2: `03/04/2026 10:00` in column `finished_at` may be day or month first, \
         and no value of the file shows which",
    ),
    ("fits_no_table.csv", "file `fits_no_table.csv` fits no table: it has `colour`, `size`"),
    ("fits_two_tables.csv", "file `fits_two_tables.csv` fits several tables: `checks`, `stages`"),
    ("html_instead_of_json.json", "file `html_instead_of_json.json` fits no table: it has `<!doctype html>`"),
    ("no_header.csv", "file `no_header.csv` fits no table: it has `D-1`, `web`, `2026-01-05T10:00:00Z`, `succeeded`"),
    ("nul_in_the_text.csv", "file `nul_in_the_text.csv` is not text: byte 47 is a NUL"),
    (
        "numbers_instead_of_records.json",
        "file `numbers_instead_of_records.json` is damaged: line 1: not a record: expected an object with fields",
    ),
    ("quote_never_closed.csv", "quote_never_closed.csv:3: a quote is opened and never closed"),
    (
        "required_column_missing.csv",
        "file `required_column_missing.csv` fits no table: it has `incident_id`, `severity`; \
         nearest is `incidents`, which also needs `opened_at`",
    ),
    (
        "stamp_without_zone.csv",
        "stamp_without_zone.csv:3: `2026-01-06 10:00:00` in column `finished_at` has no time zone",
    ),
    (
        "type_that_does_not_exist.parquet",
        "file `type_that_does_not_exist.parquet` is damaged: Parquet error: its schema or its pages cannot be taken apart",
    ),
    ("utf_16.csv", "file `utf_16.csv` is not text: byte 0 is the beginning of UTF-16 text"),
    ("windows_1252.csv", "file `windows_1252.csv` is not UTF-8: line 2, byte 48"),
    (
        "word_that_is_not_json.json",
        "file `word_that_is_not_json.json` is damaged: line 2: not JSON: expected value at character 19",
    ),
    (
        "workbook_named.csv",
        "file `workbook_named.csv` is not text: byte 0 is the beginning of a ZIP archive or an Excel workbook",
    ),
];

/// The files that are read: rows read, kept, superseded, rejected, after the as-of instant; and what was rejected.
const READING: &[(&str, [u64; 5], &[&str])] = &[
    (
        "bad_line.ndjson",
        [3, 2, 0, 1, 0],
        &["2  {\"deployment_id\": \"D-2\", \"service\":: not JSON: EOF while parsing a value at character 35"],
    ),
    ("begins_after_as_of.csv", [2, 1, 0, 0, 1], &[]),
    ("blank_lines_only.csv", [0; 5], &[]),
    ("byte_order_mark.csv", [1, 1, 0, 0, 0], &[]),
    ("byte_order_mark_only.csv", [0; 5], &[]),
    ("carriage_returns_only.csv", [2, 2, 0, 0, 0], &[]),
    ("empty.csv", [0; 5], &[]),
    ("empty_envelope.json", [0; 5], &[]),
    ("empty_list.json", [0; 5], &[]),
    ("epoch_zero.csv", [2, 1, 0, 1, 0], &["2 finished_at 000000000000: year 1970 is outside 1990 to 2100"]),
    (
        "february_thirtieth.csv",
        [2, 1, 0, 1, 0],
        &["2 finished_at 2026-02-30T10:00:00Z: day is 30, which that month has not"],
    ),
    (
        "finished_before_started.csv",
        [2, 1, 0, 1, 0],
        &["2 finished_at 2026-01-05T09:00:00Z: finished_at is before started_at"],
    ),
    ("finished_without_end.csv", [2, 1, 0, 1, 0], &["2 finished_at : finished_at is empty while status is succeeded"]),
    ("flag_that_is_none.csv", [2, 1, 0, 1, 0], &["2 is_false_alarm perhaps: not true or false"]),
    ("header_only.csv", [0; 5], &[]),
    ("header_only_without_line_end.csv", [0; 5], &[]),
    (
        "header_repeated_in_the_middle.csv",
        [3, 2, 0, 1, 0],
        &["3  deployment_id,service,finished_at,status: the header line comes again"],
    ),
    ("instant_that_is_none.csv", [2, 1, 0, 1, 0], &["2 finished_at yesterday: not a timestamp"]),
    ("key_empty.csv", [2, 1, 0, 1, 0], &["2 deployment_id : deployment_id is empty"]),
    ("key_twice.csv", [2, 1, 1, 0, 0], &[]),
    ("line_feed_within_quotes_then_bad_row.csv", [2, 1, 0, 1, 0], &["5 finished_at never: not a timestamp"]),
    ("line_that_is_no_record.ndjson", [3, 2, 0, 1, 0], &["2  \"D-2\": not a record: expected an object with fields"]),
    ("month_thirteen.csv", [2, 1, 0, 1, 0], &["2 finished_at 2026-13-05T10:00:00Z: month is 13, expected 1 to 12"]),
    ("nested_where_text_is_expected.ndjson", [2, 2, 0, 0, 0], &[]),
    ("not_packed_though_named_so.csv.gz", [1, 1, 0, 0, 0], &[]),
    ("number_that_is_none.csv", [2, 1, 0, 1, 0], &["2 lines_changed lots: not a whole number"]),
    ("number_with_thousands_separator.csv", [2, 1, 0, 1, 0], &["2 lines_changed 1,200: not a whole number"]),
    ("only_one_column_of_two.csv", [1, 1, 0, 0, 0], &[]),
    ("packed_though_not_named_so.csv", [1, 1, 0, 0, 0], &[]),
    ("parquet_in_name_only.parquet", [1, 1, 0, 0, 0], &[]),
    ("quote_within_a_field.csv", [2, 2, 0, 0, 0], &[]),
    (
        "resolved_before_opened.csv",
        [2, 1, 0, 1, 0],
        &["2 resolved_at 2026-01-04T10:00:00Z: resolved_at is before opened_at"],
    ),
    (
        "row_too_long.csv",
        [2, 1, 0, 1, 0],
        &["2  D-0,web,2026-01-05T10:00:00Z,succeeded,surplus: row has 5 fields, the header 4"],
    ),
    ("row_too_short.csv", [2, 1, 0, 1, 0], &["2  D-0,web: row has 2 fields, the header 4"]),
    (
        "scope_that_is_no_glob.csv",
        [2, 1, 0, 1, 0],
        &["2 scope svc[: no glob: error parsing glob 'svc[': unclosed character class; missing ']'"],
    ),
    ("status_not_in_the_list.csv", [2, 2, 0, 0, 0], &[]),
    ("thousands_between_semicolons.csv", [2, 1, 0, 1, 0], &["3 lines_changed 1.200,5: not a whole number"]),
    ("trailing_separators.csv", [2, 2, 0, 0, 0], &[]),
    ("year_0202.csv", [2, 1, 0, 1, 0], &["2 finished_at 0202-01-05T10:00:00Z: year 0202 is outside 1990 to 2100"]),
];

#[test]
fn a_file_that_cannot_be_read_says_why_and_what_to_do() {
    for (path, message) in STOPPING {
        stops(path, message);
    }
}

#[test]
fn a_file_with_bad_rows_is_read_and_every_row_accounted_for() {
    for (path, counts, rejected) in READING {
        gives(path, *counts, rejected);
    }
}

#[test]
fn every_bad_file_is_in_one_of_the_lists() {
    let listed: Vec<&str> =
        STOPPING.iter().map(|(path, _)| *path).chain(READING.iter().map(|(path, ..)| *path)).collect();
    let names: BTreeSet<String> =
        fs::read_dir(base()).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(listed.len(), names.len());
    assert!(listed.iter().all(|name| names.contains(*name)), "{names:?}");
    assert!(names.len() >= 30);
}

#[test]
fn a_word_outside_its_list_is_counted_and_a_file_without_rows_noted() {
    let intake = gives("status_not_in_the_list.csv", [2, 2, 0, 0, 0], &[]);
    assert_eq!(intake.unmapped["value"].as_string_view().value(0), "sideways");
    for name in ["empty.csv", "header_only.csv", "empty_list.json", "blank_lines_only.csv"] {
        assert_eq!(gives(name, [0; 5], &[]).notes, [format!("file `{name}` has no rows")]);
    }
}

#[test]
fn an_encoding_that_is_named_makes_the_text_readable() {
    let mut spec = Spec::from_argument("windows_1252.csv").unwrap();
    spec.encoding = Some("windows-1252".into());
    let intake = read_spec(spec, &base()).unwrap();
    let batch = &intake.tables["deployments"].batches[0];
    assert_eq!(batch["service"].as_string_view().value(0), "café");
    let place = batch["place"].as_primitive::<Int64Type>().value(0);
    assert_eq!(place_text(&intake.files, place), "windows_1252.csv:2");
}

#[test]
fn a_path_that_leads_nowhere_is_named() {
    stops("nowhere.csv", "path `nowhere.csv` does not exist");
    stops("nowhere/at/all.csv", "path `nowhere/at/all.csv` does not exist");
    stops("empty.csv/below.csv", "path `empty.csv/below.csv` does not exist");
    stops("*.xml", "no file matches `*.xml`");
    stops("nowhere/*.csv", "no file matches `nowhere/*.csv`");
    stops("[", "pattern `[` cannot be read: unclosed character class; missing ']'");
    stops("teams:xml=empty.csv", "source `empty`: format `xml` does not exist");
    stops("deployment=empty.csv", "source `empty`: table `deployment` does not exist");
    stops(
        "incidents=key_twice.csv",
        "table `incidents` needs column `incident_id`, `opened_at`, and `key_twice.csv` has `deployment_id`, `service`, `finished_at`, `status`",
    );
}

#[test]
fn a_glob_reads_its_files_in_the_order_of_their_names() {
    let intake = read("key_*.csv").unwrap();
    let paths: Vec<&str> = intake.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["key_empty.csv", "key_twice.csv"]);
    let counts: Vec<[u64; 3]> =
        intake.files.iter().map(|file| [file.rows_kept, file.rows_superseded, file.rows_rejected]).collect();
    // Rows that say the same count for the file that told it first.
    assert_eq!(counts, [[1, 0, 1], [0, 2, 0]]);
}

/// A folder of its own below the temporary one, gone when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("shipwake-bad-input-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn message(path: &str, base: &Path) -> String {
    read_spec(Spec::from_argument(path).unwrap(), base).unwrap_err().to_string()
}

#[test]
fn a_folder_without_visible_files_is_empty() {
    let scratch = Scratch::new("folder");
    fs::create_dir(scratch.0.join("exports")).unwrap();
    fs::write(scratch.0.join("exports/.hidden.csv"), "a,b\n").unwrap();
    assert_eq!(message("exports", &scratch.0), "folder `exports` holds no file");
}

#[test]
fn a_folder_gives_every_file_below_it_its_own_table() {
    let scratch = Scratch::new("tables");
    fs::create_dir_all(scratch.0.join("exports/b")).unwrap();
    fs::write(scratch.0.join("exports/b/x.csv"), "service,depends_on\nweb,core\n").unwrap();
    fs::write(scratch.0.join("exports/a.json"), "[{\"team\": \"red\", \"maturity\": \"high\"}]").unwrap();
    let intake = read_spec(Spec::from_argument("exports").unwrap(), &scratch.0).unwrap();
    let read: Vec<(&str, &str)> = intake.files.iter().map(|file| (file.path.as_str(), file.table)).collect();
    assert_eq!(read, [("exports/a.json", "teams"), ("exports/b/x.csv", "dependencies")]);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_said_to_be_so() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new("permission");
    let path = scratch.0.join("secret.csv");
    fs::write(&path, "service,depends_on\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        eprintln!("skipped: this user may read every file");
        return;
    }
    assert_eq!(message("secret.csv", &scratch.0), "could not open `secret.csv`");
}
