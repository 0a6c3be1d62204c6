//! From the fields of a file to typed canonical columns, one block at a time and on any thread.
//!
//! A cell that does not fit its column rejects its row and says why. What a row means is judged in `rules`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, BooleanBuilder, Float64Builder, Int64Array,
    Int64Builder, RecordBatch, StringViewArray, StringViewBuilder, TimestampMicrosecondArray,
};
use arrow::compute::{filter_record_batch, nullif};
use arrow::datatypes::{DataType, Date32Type, Field, Schema};

use super::error::{SourceError, shorten};
use super::extra;
use super::formats::Raw;
use super::instant::{self, Fault, Shown, Stamp};
use super::plan::{Filled, Plan};
use super::reject::{Reject, Rejects};
use super::rules;
use super::settle::{self, InOrder};
use super::spec::DateOrder;
use super::stamps::Stamps;
use super::typed;
use super::words::{self, Words};
use super::zone::Zone;
use crate::table::{Column, Kind, Selection, Table};

/// What came of a block.
pub(super) enum Outcome {
    Rows(Cast),
    /// What the columns of dates show of their order, where only that was asked for.
    Orders(Vec<Evidence>),
}

/// The rows of a block that stay, and an account of the others.
pub(super) struct Cast {
    /// `place`, then the columns of the plan and those that rules add, in canonical order.
    pub batch: RecordBatch,
    pub rows_read: u64,
    pub rejected: Vec<Reject>,
    /// (column, word of the file) and how often it came.
    pub unmapped: BTreeMap<(&'static str, String), u64>,
    pub order: InOrder,
}

/// What a column of a file shows of the order of day and month.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    pub column: &'static str,
    pub day_first: Option<String>,
    pub month_first: Option<String>,
}

/// How the cells of one file are read.
pub(super) struct Casting<'a> {
    /// The place of the file among all files.
    pub file: usize,
    pub path: &'a str,
    pub zone: Option<Zone>,
    pub date_order: Option<DateOrder>,
    /// For columns whose order was found by looking at the whole file.
    pub orders: BTreeMap<&'static str, DateOrder>,
    pub null_values: &'a [String],
    pub as_of: Option<i64>,
    pub looks_for_orders: bool,
    /// The columns to keep; all where none.
    pub only: Option<&'a Selection>,
}

/// The columns of a block while rules work on them.
pub(super) struct Rows {
    pub len: usize,
    pub columns: BTreeMap<&'static str, ArrayRef>,
}

impl Casting<'_> {
    /// Casts one block.
    pub fn cast(&self, plan: &Plan, raw: Raw) -> Result<Outcome, SourceError> {
        if self.looks_for_orders {
            return Ok(Outcome::Orders(self.orders_of(plan, &raw)));
        }
        let mut rejects = Rejects::default();
        let mut unmapped = BTreeMap::new();
        let mut rows = Rows { len: raw.rows, columns: BTreeMap::new() };
        for filled in &plan.columns {
            let array = self.column(plan, filled, &raw, &mut rejects, &mut unmapped)?;
            rows.columns.insert(filled.column.name, array);
        }
        if let Some(extra) = extra::of(plan, &raw, |value| self.is_nothing(value)) {
            rows.columns.insert("extra", Arc::new(extra));
        }
        let cell = |name: &'static str, row: usize| {
            let places = &plan.filled(name)?.from;
            let texts = places.iter().filter_map(|place| raw.columns.get(*place)?.as_string_view_opt());
            texts.filter(|text| text.is_valid(row)).map(|text| text.value(row).trim()).find(|cell| !cell.is_empty())
        };
        rules::complete(plan, &mut rows, &mut rejects, cell);
        let fail = |error: arrow::error::ArrowError| SourceError::engine(self.path, error);
        let mut batch = self.batch(plan, &rows, &raw).map_err(fail)?;
        if !rejects.is_empty() {
            let kept: BooleanArray = (0..raw.rows).map(|row| Some(!rejects.has(row))).collect();
            batch = filter_record_batch(&batch, &kept).map_err(fail)?;
        }
        let rows_read = (raw.rows + raw.broken.len()) as u64;
        let rejected = rejects.finish(self.file, &raw);
        let order = settle::order_of(plan.table, &batch);
        Ok(Outcome::Rows(Cast { batch, rows_read, rejected, unmapped, order }))
    }

    fn batch(&self, plan: &Plan, rows: &Rows, raw: &Raw) -> Result<RecordBatch, arrow::error::ArrowError> {
        let mut fields = vec![Field::new("place", DataType::Int64, false)];
        let place = |row| place(self.file, raw.lines.of(row));
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values((0..rows.len).map(place)))];
        let is_any_later = self.as_of.is_some_and(|as_of| rules::is_any_later(plan.table, rows, as_of));
        let is_kept = |column: &&'static Column| {
            self.is_kept(plan.table, column) || (is_any_later && matches!(column.kind, Kind::Instant))
        };
        for column in plan.table.all_columns().filter(is_kept) {
            if let Some(array) = rows.columns.get(column.name) {
                fields.push(Field::new(column.name, column.kind.data_type(), true));
                columns.push(array.clone());
            }
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
    }

    /// Whether a column is kept for now: it is wanted, or it tells which of several rows of a key stays, and in what order.
    fn is_kept(&self, table: &Table, column: &Column) -> bool {
        let Some(only) = self.only else { return true };
        let is_order = column.name == "updated_at" || table.main_at == Some(column.name);
        is_order || table.key.contains(&column.name) || only.has(table.name, column.name)
    }

    fn column(
        &self,
        plan: &Plan,
        filled: &Filled,
        raw: &Raw,
        rejects: &mut Rejects,
        unmapped: &mut BTreeMap<(&'static str, String), u64>,
    ) -> Result<ArrayRef, SourceError> {
        if let Some(array) = typed::column(filled, raw) {
            return self.typed(filled, array, raw, rejects);
        }
        if let Some(array) = self.plain_instants(filled, raw) {
            return Ok(Arc::new(array));
        }
        let text = self.text(filled, raw).map_err(|error| SourceError::engine(self.path, error))?;
        let column = filled.column;
        let mut refuse = |row: usize, reason: String| rejects.add(row, &filled.header, text.value(row), reason);
        Ok(match column.kind {
            Kind::Text => Arc::new(without_foreign_text(text)),
            Kind::Instant => self.instants(filled, &text, raw, refuse)?,
            Kind::Flag => {
                let mut flags = BooleanBuilder::with_capacity(text.len());
                each(&text, |row, value| match value.map(flag) {
                    None => flags.append_null(),
                    Some(Some(flag)) => flags.append_value(flag),
                    Some(None) => {
                        flags.append_null();
                        refuse(row, "not true or false".into());
                    }
                });
                Arc::new(flags.finish())
            }
            Kind::Whole => {
                let mut numbers = Int64Builder::with_capacity(text.len());
                each(&text, |row, value| match value.map(|value| whole(value, plan.is_comma_decimal)) {
                    None => numbers.append_null(),
                    Some(Some(number)) => numbers.append_value(number),
                    Some(None) => {
                        numbers.append_null();
                        refuse(row, "not a whole number".into());
                    }
                });
                Arc::new(numbers.finish())
            }
            Kind::Number => {
                let mut numbers = Float64Builder::with_capacity(text.len());
                each(&text, |row, value| match value.map(|value| number(value, plan.is_comma_decimal)) {
                    None => numbers.append_null(),
                    Some(Some(number)) => numbers.append_value(number),
                    Some(None) => {
                        numbers.append_null();
                        refuse(row, "not a number".into());
                    }
                });
                Arc::new(numbers.finish())
            }
            Kind::Word(vocabulary) => {
                let (array, others) =
                    Words::closed(vocabulary).cast(&text).map_err(|error| SourceError::engine(self.path, error))?;
                for (word, count) in others {
                    *unmapped.entry((column.name, word)).or_default() += count;
                }
                array
            }
            Kind::OpenWord(vocabulary) => {
                Words::open(vocabulary).cast(&text).map_err(|error| SourceError::engine(self.path, error))?.0
            }
        })
    }

    /// The text of a column: trimmed, null where it says nothing, mapped and filled as the source tells.
    fn text(&self, filled: &Filled, raw: &Raw) -> Result<StringViewArray, arrow::error::ArrowError> {
        let sources: Vec<&StringViewArray> =
            filled.from.iter().filter_map(|place| raw.columns.get(*place)?.as_string_view_opt()).collect();
        if let [only] = sources[..]
            && filled.default.is_none()
            && filled.words.is_empty()
            && !only.iter().flatten().any(is_padded)
        {
            return self.without_null_words(only);
        }
        let words = words::Mapping::new(&filled.words);
        let mut builder = StringViewBuilder::with_capacity(raw.rows);
        for row in 0..raw.rows {
            let value = sources
                .iter()
                .filter(|source| source.is_valid(row))
                .map(|source| source.value(row).trim())
                .find(|value| !self.is_nothing(value))
                .map(|value| words.of(value))
                .filter(|value| !value.is_empty())
                .or(filled.default.as_deref());
            builder.append_option(value);
        }
        Ok(builder.finish())
    }

    fn is_nothing(&self, value: &str) -> bool {
        value.is_empty() || self.null_values.iter().any(|word| word.trim() == value)
    }

    fn without_null_words(&self, text: &StringViewArray) -> Result<StringViewArray, arrow::error::ArrowError> {
        let is_empty = |(row, view): (usize, &u128)| *view as u32 == 0 && text.is_valid(row);
        if self.null_values.is_empty() && !text.views().iter().enumerate().any(is_empty) {
            return Ok(text.clone());
        }
        let mut mask = BooleanBufferBuilder::new(text.len());
        let mut is_any = false;
        for row in 0..text.len() {
            let is_nothing = match text.views()[row] as u32 {
                0 => text.is_valid(row),
                _ if self.null_values.is_empty() => false,
                _ => text.is_valid(row) && self.is_nothing(text.value(row)),
            };
            is_any |= is_nothing;
            mask.append(is_nothing);
        }
        if !is_any {
            return Ok(text.clone());
        }
        let array = nullif(text, &BooleanArray::new(mask.finish(), None))?;
        Ok(array.as_string_view().clone())
    }

    /// A column of instants that are all written as `2024-05-11T15:26:00Z`, as most are.
    fn plain_instants(&self, filled: &Filled, raw: &Raw) -> Option<TimestampMicrosecondArray> {
        let [place] = filled.from[..] else { return None };
        if !matches!(filled.column.kind, Kind::Instant) || filled.default.is_some() || !filled.words.is_empty() {
            return None;
        }
        let text = raw.columns.get(place)?.as_string_view_opt()?;
        let mut stamps = Stamps::default();
        if self.null_values.iter().any(|word| stamps.read(word.trim().as_bytes()).is_some()) {
            return None;
        }
        let mut values = Vec::with_capacity(text.len());
        for value in text {
            values.push(match value {
                Some(value) => stamps.read(value.as_bytes())?,
                None => 0,
            });
        }
        Some(TimestampMicrosecondArray::new(values.into(), text.nulls().cloned()).with_timezone("UTC"))
    }

    fn instants(
        &self,
        filled: &Filled,
        text: &StringViewArray,
        raw: &Raw,
        mut refuse: impl FnMut(usize, String),
    ) -> Result<ArrayRef, SourceError> {
        let order = self.orders.get(filled.column.name).copied().or(self.date_order);
        let mut zone = self.zone.clone();
        let mut values = Vec::with_capacity(text.len());
        let mut nulls = text.nulls().map(|nulls| nulls.inner().iter().collect::<Vec<bool>>());
        for row in 0..text.len() {
            if text.is_null(row) {
                values.push(0);
                continue;
            }
            let value = text.value(row);
            let local = match instant::parse(value.as_bytes(), order) {
                Ok(Stamp::Instant(micros)) => {
                    values.push(micros);
                    continue;
                }
                Ok(Stamp::Local(local)) if ends_with_its_day(filled.column) && !value.contains(':') => local + DAY,
                Ok(Stamp::Local(local)) => local,
                Err(Fault::NeedsOrder) => {
                    return Err(SourceError::NeedsDateOrder {
                        place: self.place(raw, row),
                        column: filled.header.clone(),
                        value: shorten(value),
                    });
                }
                Err(Fault::Year(year)) if is_never(filled.column, year) => {
                    values.push(instant::LAST);
                    continue;
                }
                Err(fault) => {
                    refuse(row, fault.reason());
                    nulls.get_or_insert_with(|| vec![true; text.len()])[row] = false;
                    values.push(0);
                    continue;
                }
            };
            match &mut zone {
                Some(zone) => values.push(zone.instant(local)),
                None => return Err(self.needs_zone(filled, raw, row, value)),
            }
        }
        let array = TimestampMicrosecondArray::new(values.into(), nulls.map(Into::into));
        Ok(Arc::new(array.with_timezone("UTC")))
    }

    fn typed(
        &self,
        filled: &Filled,
        array: &ArrayRef,
        raw: &Raw,
        rejects: &mut Rejects,
    ) -> Result<ArrayRef, SourceError> {
        let refuse = |row: usize, value: String, reason: String| rejects.add(row, &filled.header, &value, reason);
        let mut zone = self.zone.clone();
        let array = &after_last_days(filled.column, array);
        typed::cast(array, filled.column.kind, zone.as_mut(), refuse).map_err(|problem| match problem {
            typed::Problem::NoZone { row, value } => self.needs_zone(filled, raw, row, &value),
            typed::Problem::Arrow(error) => SourceError::engine(self.path, error),
        })
    }

    fn place(&self, raw: &Raw, row: usize) -> String {
        format!("{}:{}", self.path, raw.lines.of(row))
    }

    fn needs_zone(&self, filled: &Filled, raw: &Raw, row: usize, value: &str) -> SourceError {
        SourceError::NeedsZone { place: self.place(raw, row), column: filled.header.clone(), value: shorten(value) }
    }

    fn orders_of(&self, plan: &Plan, raw: &Raw) -> Vec<Evidence> {
        let is_instant = |filled: &&Filled| matches!(filled.column, Column { kind: Kind::Instant, .. });
        plan.columns
            .iter()
            .filter(is_instant)
            .map(|filled| {
                let mut evidence = Evidence { column: filled.column.name, ..Evidence::default() };
                let texts = filled.from.iter().filter_map(|place| raw.columns.get(*place)?.as_string_view_opt());
                for value in texts.flat_map(|text| text.iter().flatten()) {
                    let known = match instant::order_shown(value.trim().as_bytes()) {
                        Shown::DayFirst => &mut evidence.day_first,
                        Shown::MonthFirst => &mut evidence.month_first,
                        Shown::Nothing | Shown::Either => continue,
                    };
                    known.get_or_insert_with(|| shorten(value));
                }
                evidence
            })
            .collect()
    }
}

/// Where a row stands: the file above the line.
pub(super) fn place(file: usize, line: i64) -> i64 {
    ((file as i64) << 40) | line
}

/// A day in microseconds on a clock that is not set.
const DAY: i64 = 86_400_000_000;

/// Whether a day without a time of day is the last of a span, so that the first moment after it is the next midnight:
/// who writes a freeze until the 14th means that the 14th is frozen.
fn ends_with_its_day(column: &Column) -> bool {
    column.name == "ends_at"
}

/// Whether an end of that year says that there is none: people write 9999-12-31.
fn is_never(column: &Column, year: i64) -> bool {
    matches!(column.name, "ends_at" | "expires_at" | "valid_until") && year > 2100
}

/// The same array; of a column that ends spans, each day is the day after.
fn after_last_days(column: &Column, array: &ArrayRef) -> ArrayRef {
    match array.as_primitive_opt::<Date32Type>() {
        Some(days) if ends_with_its_day(column) => Arc::new(days.unary::<_, Date32Type>(|day| day.saturating_add(1))),
        _ => array.clone(),
    }
}

/// Whether there may be space at either end; only ASCII is told for sure.
fn is_padded(text: &str) -> bool {
    let is_space = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii_graphic());
    (is_space(text.as_bytes().first()) || is_space(text.as_bytes().last())) && text.len() != text.trim().len()
}

/// The values must not keep the text of other columns alive, as those of one block of a file do; pages of a column's
/// own text, as Parquet has them, need no copy.
fn without_foreign_text(text: StringViewArray) -> StringViewArray {
    let held: usize = text.data_buffers().iter().map(|buffer| buffer.len()).sum();
    let lengths = text.views().iter().map(|view| *view as u32 as usize);
    let used: usize = lengths.filter(|length| *length > INLINE).sum();
    if used > 0 && held <= 2 * used { text } else { text.gc() }
}

/// The bytes of a text that stands in its view.
const INLINE: usize = 12;

fn each(text: &StringViewArray, mut cell: impl FnMut(usize, Option<&str>)) {
    for (row, value) in text.iter().enumerate() {
        cell(row, value);
    }
}

fn flag(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "yes", "y", "t", "1"]) {
        return Some(true);
    }
    is(&["false", "no", "n", "f", "0"]).then_some(false)
}

fn whole(text: &str, is_comma_decimal: bool) -> Option<i64> {
    if is_comma_decimal && is_grouped(text) {
        return text.replace('.', "").parse().ok();
    }
    text.parse().ok().or_else(|| {
        let number = number(text, is_comma_decimal)?;
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
    })
}

/// A finite number; with a decimal comma where the file's delimiter leaves no doubt. There `1.234` may be one or more
/// than a thousand, so it is none, while `1.234,5` is plain.
fn number(text: &str, is_comma_decimal: bool) -> Option<f64> {
    if is_comma_decimal && is_grouped(text) {
        return None;
    }
    let ungrouped = match text.split_once(',') {
        Some((whole, part)) if is_comma_decimal && is_grouped(whole) => {
            Some(format!("{}.{part}", whole.replace('.', "")))
        }
        _ => None,
    };
    let text = ungrouped.as_deref().unwrap_or(text);
    let is_plain = |text: &str| !text.bytes().any(|byte| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E'));
    let parsed = match text.parse::<f64>() {
        Ok(number) if is_plain(text) => Some(number),
        _ if is_comma_decimal && text.matches(',').count() == 1 && !text.contains('.') => {
            text.replace(',', ".").parse().ok()
        }
        _ => None,
    };
    parsed.filter(|number| number.is_finite())
}

/// Whether dots part the thousands: `1.000`, `12.345.678`.
fn is_grouped(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = text.split('.');
    let first = groups.next().unwrap_or_default();
    let leads = (1..=3).contains(&first.len()) && is_digits(first) && !first.starts_with('0');
    leads && text.contains('.') && groups.all(|group| group.len() == 3 && is_digits(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_part_thousands_where_the_comma_is_the_decimal_point() {
        assert_eq!(whole("1.000", true), Some(1000));
        assert_eq!(whole("-12.345.678", true), Some(-12_345_678));
        assert_eq!(whole("1.000", false), Some(1));
        assert_eq!(whole("0.000", true), Some(0));
        assert_eq!(whole("1.0000", true), Some(1));
        assert_eq!(number("1.234", true), None, "one or a thousand");
        assert_eq!(number("1.234,5", true), Some(1234.5));
        assert_eq!(number("0.125", true), Some(0.125));
        assert_eq!(number("12.5", true), Some(12.5));
        assert_eq!(number("1.234", false), Some(1.234));
    }

    #[test]
    fn flags_are_read_in_every_usual_spelling() {
        for word in ["true", "TRUE", "Yes", "y", "1", "t"] {
            assert_eq!(flag(word), Some(true), "{word}");
        }
        for word in ["false", "No", "N", "0", "f"] {
            assert_eq!(flag(word), Some(false), "{word}");
        }
        assert_eq!(flag("maybe"), None);
    }

    #[test]
    fn a_comma_is_a_decimal_point_only_between_semicolons() {
        assert_eq!(number("3383,436944", true), Some(3383.436944));
        assert_eq!(number("3383,436944", false), None);
        assert_eq!(number("1.5e3", false), Some(1500.0));
        assert_eq!(number("nan", false), None);
        assert_eq!(number("1e999", false), None);
        assert_eq!(whole("12", false), Some(12));
        assert_eq!(whole("12.0", false), Some(12));
        assert_eq!(whole("12.5", false), None);
    }
}
