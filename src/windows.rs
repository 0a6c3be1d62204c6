//! Windows that settings declare, `[[windows]]`: freezes, closes, change windows and holidays that come again.
//!
//! They become rows of `windows` beside those that files give, over the time that the data cover.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;

use crate::period::{Calendar, Occurrence, Recurrence};
use crate::source::{FileRead, Intake, LoadedTable};
use crate::table::{self, Selection, Table, WINDOW_KIND};

/// The name of the table.
const TABLE: &str = "windows";

/// What stands in the column `source` of rows that settings make.
const SOURCE: &str = "settings";

/// The columns that settings can fill.
const COLUMNS: [&str; 6] = ["window_id", "kind", "name", "scope", "starts_at", "ends_at"];

/// One `[[windows]]` of `shipwake.toml`, checked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct WindowRule {
    pub name: String,
    /// A word of the column `kind`.
    pub kind: String,
    /// Globs over service, team, environment and region; none is everything.
    pub scope: Option<String>,
    /// Where its days and hours are told; the organisation's zone where none.
    pub timezone: Option<Tz>,
    pub times: Times,
}

/// When windows of a rule are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Times {
    Recurring(Recurrence),
    /// Whole local days.
    Days(Vec<NaiveDate>),
}

/// As it stands in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    timezone: Option<String>,
    #[serde(default)]
    recurring: Option<Recurrence>,
    #[serde(default)]
    dates: Vec<NaiveDate>,
}

impl TryFrom<Written> for WindowRule {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let name = written.name;
        let zone = |zone: String| {
            zone.parse::<Tz>().map_err(|_| {
                format!("windows `{name}`: no time zone is called `{zone}`; use a name such as `Europe/London`")
            })
        };
        let timezone = written.timezone.map(zone).transpose()?;
        if let Some(Err(cause)) = written.scope.as_deref().map(table::scope) {
            return Err(format!("windows `{name}`: the scope is no glob: {cause}"));
        }
        let asked = written.kind.unwrap_or_else(|| "freeze".to_owned());
        let kind = WINDOW_KIND.canonical(&asked).ok_or_else(|| {
            format!("windows `{name}`: `{asked}` is no kind of window; kinds are {}", WINDOW_KIND.words.join(", "))
        })?;
        let times = match (written.recurring, written.dates.is_empty()) {
            (Some(recurring), true) => Times::Recurring(recurring),
            (None, false) => Times::Days(written.dates),
            (Some(_), false) => return Err(format!("windows `{name}`: give `recurring` or `dates`, not both")),
            (None, true) => {
                let example = "`recurring = \"month_end -2d .. +1d\"` or `dates = [\"2026-12-25\"]`";
                return Err(format!("windows `{name}` says not when: add {example}"));
            }
        };
        Ok(Self { kind: kind.to_owned(), scope: written.scope, timezone, times, name })
    }
}

impl WindowRule {
    /// The windows that reach into the time from `low` to `high`, both microseconds UTC.
    fn between(&self, calendar: &Calendar, low: i64, high: i64) -> Vec<Occurrence> {
        let calendar = Calendar { zone: self.timezone.unwrap_or(calendar.zone), ..*calendar };
        match &self.times {
            Times::Recurring(rule) => rule.between(&calendar, low, high),
            Times::Days(days) => {
                let whole = |date: &NaiveDate| {
                    let (starts, ends) = (calendar.instant(*date), calendar.instant(date.succ_opt()?));
                    (starts <= high && ends > low).then_some(Occurrence { date: *date, starts, ends })
                };
                days.iter().filter_map(whole).collect()
            }
        }
    }

    /// The name of one window: that of the rule with the day on which it begins. Rules may share both.
    fn identifier(&self, one: &Occurrence) -> String {
        let words: Vec<String> = self
            .name
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        format!("{SOURCE}:{}:{}", words.join("-"), one.date)
    }
}

/// The columns of `windows` that rules fill; none where there is no rule.
pub fn columns(rules: &[WindowRule]) -> &'static [&'static str] {
    if rules.is_empty() { &[] } else { &COLUMNS }
}

/// Adds the windows of the rules over the time from `low` to `high` to what was read, with an account of their rows.
///
/// `path` is the file of the settings, and `lines` say where in it each rule stands.
///
/// # Errors
/// Where rows cannot be put together, which only a defect of the program can cause.
pub fn add(
    intake: &mut Intake,
    (rules, lines): (&[WindowRule], &[usize]),
    calendar: &Calendar,
    (low, high): (i64, i64),
    path: &str,
    only: Option<&Selection>,
) -> Result<(), ArrowError> {
    let Some(table) = Table::named(TABLE).filter(|_| !rules.is_empty()) else { return Ok(()) };
    let file = (intake.files.len() as i64) << 40;
    let mut rows = Vec::new();
    let mut names = BTreeMap::new();
    for (number, rule) in rules.iter().enumerate() {
        let place = file | lines.get(number).copied().unwrap_or(1) as i64;
        for one in rule.between(calendar, low, high) {
            rows.push(Row { place, window_id: unique(&mut names, rule.identifier(&one)), rule, one });
        }
    }
    let made = batch(&rows, only)?;
    let (mut batches, given) = match intake.tables.remove(TABLE) {
        Some(loaded) => (loaded.batches, loaded.given),
        None => (Vec::new(), Vec::new()),
    };
    batches.push(made);
    let whole = sorted(&united(&batches)?)?;
    let given = table
        .columns
        .iter()
        .map(|column| column.name)
        .filter(|name| given.contains(name) || is_kept(only, name))
        .collect();
    intake.tables.insert(TABLE, LoadedTable { table, batches: vec![whole], given });
    let count = rows.len() as u64;
    intake.files.push(FileRead {
        source: SOURCE.into(),
        path: path.to_owned(),
        format: "rules",
        table: TABLE,
        bytes: 0,
        sha256: String::new(),
        rows_read: count,
        rows_kept: count,
        rows_superseded: 0,
        rows_rejected: 0,
        rows_after_as_of: 0,
        rows_unused: 0,
    });
    Ok(())
}

fn is_kept(only: Option<&Selection>, column: &str) -> bool {
    COLUMNS.contains(&column) && only.is_none_or(|only| only.has(TABLE, column))
}

/// One window of a rule.
struct Row<'a> {
    /// File and line of the rule.
    place: i64,
    window_id: String,
    rule: &'a WindowRule,
    one: Occurrence,
}

/// The name, or where it is taken the name with the number of times that it came.
fn unique(names: &mut BTreeMap<String, usize>, name: String) -> String {
    let count = names.entry(name.clone()).or_default();
    *count += 1;
    if *count == 1 { name } else { format!("{name}:{count}") }
}

fn batch(rows: &[Row], only: Option<&Selection>) -> Result<RecordBatch, ArrowError> {
    let text = |text: for<'a> fn(&'a Row<'a>) -> Option<&'a str>| -> ArrayRef {
        Arc::new(rows.iter().map(text).collect::<StringViewArray>())
    };
    let instants = |instant: fn(&Occurrence) -> i64| -> ArrayRef {
        let instants = rows.iter().map(|row| instant(&row.one));
        Arc::new(TimestampMicrosecondArray::from_iter_values(instants).with_timezone("UTC"))
    };
    let columns: [(&str, ArrayRef); 7] = [
        ("place", Arc::new(rows.iter().map(|row| row.place).collect::<Int64Array>())),
        ("window_id", text(|row| Some(&row.window_id))),
        ("kind", text(|row| Some(&row.rule.kind))),
        ("name", text(|row| Some(&row.rule.name))),
        ("scope", text(|row| row.rule.scope.as_deref())),
        ("starts_at", instants(|one| one.starts)),
        ("ends_at", instants(|one| one.ends)),
    ];
    let kept: Vec<_> = columns.into_iter().filter(|(name, _)| only.is_none_or(|only| only.has(TABLE, name))).collect();
    let fields: Vec<Field> =
        kept.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let columns = kept.into_iter().map(|(_, array)| array).collect();
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
}

/// All rows in one batch with the columns of any, null where a batch has none.
fn united(batches: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
    let mut fields: Vec<Field> = Vec::new();
    for field in batches.iter().flat_map(|batch| batch.schema().fields().iter().cloned().collect::<Vec<_>>()) {
        if fields.iter().all(|known| known.name() != field.name()) {
            fields.push(field.as_ref().clone().with_nullable(true));
        }
    }
    let schema = Arc::new(Schema::new(fields));
    let completed = batches.iter().map(|batch| {
        let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
            Some(column) => Arc::clone(column),
            None => new_null_array(field.data_type(), batch.num_rows()),
        });
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&schema), columns.collect(), &options)
    });
    concat_batches(&schema, &completed.collect::<Result<Vec<_>, _>>()?)
}

/// In the order of time, then of names, as every table stands.
fn sorted(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let keys = ["starts_at", "window_id"].iter().filter_map(|name| batch.column_by_name(name));
    let keys: Vec<SortColumn> = keys
        .map(|column| match column.data_type() {
            // Views are compared as texts.
            DataType::Utf8View => arrow::compute::cast(column, &DataType::Utf8).map(sort_key),
            _ => Ok(sort_key(Arc::clone(column))),
        })
        .collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Ok(batch.clone());
    }
    take_record_batch(batch, &lexsort_to_indices(&keys, None)?)
}

fn sort_key(values: ArrayRef) -> SortColumn {
    SortColumn { values, options: None }
}

/// The line of each `[[windows]]` in a file of settings.
pub fn lines(text: &str) -> Vec<usize> {
    let is_rule = |line: &str| {
        line.split('#').next().is_some_and(|code| code.split_whitespace().collect::<String>() == "[[windows]]")
    };
    text.lines().enumerate().filter(|(_, line)| is_rule(line)).map(|(index, _)| index + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<WindowRule>, String> {
        #[derive(Deserialize)]
        struct File {
            windows: Vec<WindowRule>,
        }
        toml::from_str::<File>(text).map(|file| file.windows).map_err(|error| error.to_string())
    }

    #[test]
    fn a_rule_of_dates_gives_whole_local_days() {
        let rules = read("[[windows]]\nname = 'Bank holidays'\nkind = 'holiday'\ndates = ['2026-05-25', '2026-12-25']")
            .unwrap();
        let calendar = Calendar { zone: chrono_tz::Europe::London, ..Calendar::default() };
        let found = rules[0].between(
            &calendar,
            calendar.instant("2026-01-01".parse().unwrap()),
            calendar.instant("2026-12-01".parse().unwrap()),
        );
        assert_eq!(found.len(), 1, "the second lies after the time asked for");
        assert_eq!(found[0].ends - found[0].starts, 86_400_000_000);
        assert_eq!(rules[0].identifier(&found[0]), "settings:bank-holidays:2026-05-25");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_an_example() {
        let error = read("\n[[windows]]\nname = 'Close'\nrecurring = 'month_end'").unwrap_err();
        assert!(error.contains("line 2") || error.contains("line 4"), "{error}");
        assert!(error.contains("month_end -2d .. +1d"), "{error}");
        assert!(read("[[windows]]\nname = 'Close'").unwrap_err().contains("says not when"));
        assert!(
            read("[[windows]]\nname = 'a'\nkind = 'party'\ndates = ['2026-05-25']")
                .unwrap_err()
                .contains("fiscal_close")
        );
        assert!(
            read("[[windows]]\nname = 'a'\ntimezone = 'Mars'\ndates = ['2026-05-25']").unwrap_err().contains("`Mars`")
        );
        assert!(read("[[windows]]\nname = 'a'\nscop = 'x'\ndates = ['2026-05-25']").unwrap_err().contains("scop"));
    }

    #[test]
    fn rules_stand_in_the_lines_where_their_headers_are() {
        assert_eq!(lines("a = 1\n[[windows]]\nname = 'x'\n\n [[ windows ]] # second\n"), [2, 5]);
    }

    #[test]
    fn windows_of_rules_that_share_name_and_day_have_names_of_their_own() {
        let text = "[[windows]]\nname = 'Close'\nscope = 'a'\ndates = ['2026-05-25']\n\
                    [[windows]]\nname = 'close!'\nscope = 'b'\ndates = ['2026-05-25', '2026-05-26']";
        let options = crate::source::Options {
            as_of: None,
            base: "".as_ref(),
            threads: 1,
            timezone: None,
            only: None,
            progress: &|_, _| (),
        };
        let mut intake = crate::source::load_embedded(&[], &options).unwrap();
        let calendar = Calendar::default();
        let day = |text: &str| calendar.instant(text.parse().unwrap());
        let span = (day("2026-05-01"), day("2026-06-01"));
        add(&mut intake, (&read(text).unwrap(), &[1, 5]), &calendar, span, "shipwake.toml", None).unwrap();
        let expected = ["settings:close:2026-05-25", "settings:close:2026-05-25:2", "settings:close:2026-05-26"];
        assert_eq!(ids(&intake), expected);
    }

    fn ids(intake: &Intake) -> Vec<String> {
        let column = intake.tables["windows"].batches[0].column_by_name("window_id").unwrap();
        let texts = arrow::compute::cast(column, &DataType::Utf8).unwrap();
        arrow::array::AsArray::as_string::<i32>(&texts).iter().flatten().map(str::to_owned).collect()
    }

    #[test]
    fn rows_of_files_and_of_settings_stand_together_in_the_order_of_time() {
        let file = ("w.csv", "window_id,starts_at,ends_at\nW-1,2026-02-10T00:00:00Z,2026-02-11T00:00:00Z\n");
        let options = crate::source::Options {
            as_of: None,
            base: "".as_ref(),
            threads: 1,
            timezone: None,
            only: None,
            progress: &|_, _| (),
        };
        let mut intake = crate::source::load_embedded(&[(file.0, file.1.as_bytes())], &options).unwrap();
        let rules =
            read("[[windows]]\nname = 'Close'\nkind = 'fiscal_close'\nrecurring = 'month_end -1d .. +0d'").unwrap();
        let calendar = Calendar::default();
        let day = |text: &str| calendar.instant(text.parse().unwrap());
        let span = (day("2026-01-15"), day("2026-02-27"));
        add(&mut intake, (&rules, &[7]), &calendar, span, "shipwake.toml", None).unwrap();
        let table = &intake.tables["windows"];
        assert_eq!(ids(&intake), ["settings:close:2026-01-31", "W-1"]);
        assert_eq!((table.given.len(), intake.files.len(), intake.files[1].rows_kept), (6, 2, 1));
    }
}
