//! Rows about the one release that a report is about: each query of `queries/release/` as a table.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use crate::engine::Answer;
use crate::metric;
use crate::report::blocks::{Block, Column, DataTable, Fact};
use crate::report::definition::SectionSpec;
use crate::report::{BuildError, ReportError, Subject, words};
use crate::unit::Unit;

use super::cases;
use super::figures::columns;

pub fn blocks(spec: &SectionSpec, subject: &Subject) -> Result<Vec<Block>, BuildError> {
    let Some(release) = subject.release else {
        return Ok(Vec::new());
    };
    let mut blocks = Vec::new();
    for name in &spec.queries {
        let Some(query) = subject.catalogue.releases.get(name) else {
            let known: Vec<&str> = subject.catalogue.releases.keys().map(String::as_str).collect();
            let message = format!("section `{}`: no query below `queries/release/` is called `{name}`", spec.id);
            let help = format!("queries are {}", known.join(", "));
            return Err(ReportError::NoRelease { message, help }.into());
        };
        if let Some(reason) = metric::lacking(&query.needs, subject.context.given) {
            blocks.push(Block::Paragraph { text: format!("{}: not measured, {reason}.", query.title) });
            continue;
        }
        let answer = subject.context.engine.run_with(&query.statement, &release.lens.parameters())?;
        if answer.row_count() == 0 {
            blocks.push(Block::Paragraph { text: query.empty.clone() });
        } else {
            let has_units = answer.schema.field_with_name("unit").is_ok();
            let table = match has_units {
                true => measures(&query.title, &answer),
                false => cases::table(&subject.context.calendar, &query.title, &answer, spec.limit),
            };
            blocks.push(block(if release.is_single() { without_subject(table) } else { table }));
        }
    }
    Ok(blocks)
}

/// More columns than this do not fit beside each other; of a single row they stand below each other.
const MOST_COLUMNS: usize = 6;

fn block(table: DataTable) -> Block {
    match table.rows.as_slice() {
        [row] if row.len() > MOST_COLUMNS => {
            let facts = table.columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
            let fact = |(column, cell): (&Column, &String)| Fact {
                term: words::capitalised(&column.title),
                text: cell.clone(),
            };
            Block::Facts { facts: facts.map(fact).collect() }
        }
        _ => Block::Table(table),
    }
}

/// The table without the columns that would repeat in every row whose it is.
fn without_subject(mut table: DataTable) -> DataTable {
    let is_kept: Vec<bool> = table
        .columns
        .iter()
        .map(|column| !matches!(column.title.as_str(), "deployment id" | "service" | "Service"))
        .collect();
    if is_kept.iter().filter(|kept| **kept).count() < 2 {
        return table;
    }
    let mut kept = is_kept.iter();
    table.columns.retain(|_| kept.next().copied().unwrap_or(true));
    for row in &mut table.rows {
        let mut kept = is_kept.iter();
        row.retain(|_| kept.next().copied().unwrap_or(true));
    }
    table
}

/// Rows of which each has its own unit, as a release against its peers has.
fn measures(caption: &str, answer: &Answer) -> DataTable {
    let heads = [
        ("Service", false),
        ("Measure", false),
        ("This one", true),
        ("Usually (median)", true),
        ("Exceeds", true),
        ("Of", true),
    ];
    let rows = answer.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| measure(batch, row))).collect();
    DataTable { caption: caption.to_owned(), columns: columns(&heads), rows, rows_left_out: 0 }
}

fn measure(batch: &RecordBatch, row: usize) -> Vec<String> {
    let unit = if text(batch, "unit", row) == "seconds" { Unit::Seconds } else { Unit::Count };
    let peers = number(batch, "peer_count", row).unwrap_or(0.0);
    vec![
        text(batch, "service", row),
        text(batch, "measure", row),
        unit.format_option(number(batch, "value", row)),
        unit.format_option(number(batch, "usual", row)),
        Unit::Ratio.format_option(number(batch, "exceeds_ratio", row)),
        format!("{} before", Unit::Count.format(peers)),
    ]
}

pub fn text(batch: &RecordBatch, column: &str, row: usize) -> String {
    let array = batch.column_by_name(column).and_then(|array| cast(array, &DataType::Utf8).ok());
    array
        .filter(|array| array.is_valid(row))
        .map(|array| array.as_string::<i32>().value(row).to_owned())
        .unwrap_or_default()
}

pub fn number(batch: &RecordBatch, column: &str, row: usize) -> Option<f64> {
    let array = cast(batch.column_by_name(column)?, &DataType::Float64).ok()?;
    array.is_valid(row).then(|| array.as_primitive::<Float64Type>().value(row))
}
