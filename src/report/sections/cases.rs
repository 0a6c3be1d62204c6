//! Lists of cases: the rows of a `table` metric within the period, for people.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::engine::Answer;
use crate::metric::{LooksBack, Metric};
use crate::period::Calendar;
use crate::report::Subject;
use crate::report::blocks::{Block, Column, DataTable};
use crate::report::definition::SectionSpec;
use crate::report::evidence::Evidence;
use crate::unit::Unit;

pub fn blocks(spec: &SectionSpec, subject: &Subject, evidence: &Evidence) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (metric, answer) in spec.metrics.iter().filter_map(|name| evidence.rows(name)) {
        let table = listed(subject, metric, answer, spec.limit);
        if table.rows.is_empty() {
            // A list without a time tells how things stand, whatever the period.
            let when = if metric.at.is_some() { "in this period" } else { "now" };
            blocks.push(Block::Paragraph { text: format!("{}: none {when}.", metric.title) });
        } else {
            blocks.push(Block::Table(table));
        }
    }
    blocks
}

/// The rows of a list of cases, for people.
pub fn listed(subject: &Subject, metric: &Metric, answer: &Answer, limit: Option<usize>) -> DataTable {
    table(&subject.context.calendar, &caption(subject, metric), answer, limit)
}

/// Rows as a table for people, under a caption.
pub fn table(calendar: &Calendar, caption: &str, answer: &Answer, limit: Option<usize>) -> DataTable {
    let fields = answer.schema.fields();
    let columns: Vec<Column> = fields
        .iter()
        .map(|field| Column { title: title(field.name()), is_number: is_number(field.name(), field.data_type()) })
        .collect();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for batch in &answer.batches {
        rows.extend((0..batch.num_rows()).map(|row| cells(batch, row, calendar)));
    }
    let all = rows.len();
    let (columns, mut rows) = without_empty_columns(columns, rows);
    rows.truncate(limit.unwrap_or(usize::MAX));
    DataTable { caption: caption.to_owned(), columns, rows_left_out: (all - rows.len()) as u64, rows }
}

/// The title, with what part of the past the list looks at where that is not the period.
fn caption(subject: &Subject, metric: &Metric) -> String {
    let calendar = &subject.context.calendar;
    let end = subject.period.end.min(calendar.date(subject.context.as_of));
    let until = end.pred_opt().unwrap_or(end).format("%-d %B %Y");
    match metric.looks_back {
        Some(LooksBack::Days(days)) => format!("{}, in the {days} days up to {until}", metric.title),
        Some(LooksBack::All) => format!("{}, up to {until}", metric.title),
        Some(LooksBack::Period) | None => metric.title.clone(),
    }
}

/// A column in which no row has anything tells nothing.
fn without_empty_columns(columns: Vec<Column>, rows: Vec<Vec<String>>) -> (Vec<Column>, Vec<Vec<String>>) {
    let is_used: Vec<bool> = (0..columns.len()).map(|index| rows.iter().any(|row| !row[index].is_empty())).collect();
    let keep = |index: usize| rows.is_empty() || is_used[index];
    let kept = columns.into_iter().enumerate().filter(|(index, _)| keep(*index)).map(|(_, column)| column).collect();
    let rows = rows
        .iter()
        .map(|row| row.iter().enumerate().filter(|(index, _)| keep(*index)).map(|(_, cell)| cell.clone()).collect());
    (kept, rows.collect())
}

/// A column's name for people: units go into the cells.
fn title(name: &str) -> String {
    if let Some(counted) = name.strip_suffix("_count") {
        let words = counted.replace('_', " ");
        // A participle has no plural.
        return if words.ends_with("ed") { words } else { format!("{words}s") };
    }
    let stem = ["_at", "_s", "_ratio"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    stem.strip_prefix("is_").unwrap_or(stem).replace('_', " ")
}

fn is_number(name: &str, data_type: &DataType) -> bool {
    data_type.is_numeric() || name.ends_with("_s")
}

fn cells(batch: &RecordBatch, row: usize, calendar: &Calendar) -> Vec<String> {
    batch
        .schema()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| {
            if column.is_null(row) {
                return String::new();
            }
            match field.data_type() {
                DataType::Timestamp(_, _) => {
                    let micros = column.as_primitive_opt::<TimestampMicrosecondType>().map(|array| array.value(row));
                    micros.map(|micros| calendar.local_text(micros)).unwrap_or_default()
                }
                DataType::Boolean => if column.as_boolean().value(row) { "yes" } else { "" }.to_owned(),
                _ => {
                    let text = text(column.as_ref(), row);
                    match (unit(field.name(), field.data_type()), text.parse::<f64>()) {
                        (Some(unit), Ok(number)) => unit.format(number),
                        _ => text,
                    }
                }
            }
        })
        .collect()
}

/// What a column's numbers are, as the ending of its name says.
fn unit(name: &str, data_type: &DataType) -> Option<Unit> {
    if name.ends_with("_s") {
        return Some(Unit::Seconds);
    }
    if name.ends_with("_ratio") {
        return Some(Unit::Ratio);
    }
    if name.ends_with("_per_week") {
        return Some(Unit::PerWeek);
    }
    data_type.is_numeric().then_some(Unit::Count)
}

fn text(column: &dyn Array, row: usize) -> String {
    let options = FormatOptions::default();
    ArrayFormatter::try_new(column, &options).map(|formatter| formatter.value(row).to_string()).unwrap_or_default()
}
