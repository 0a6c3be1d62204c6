//! From a record to the cells of the rows it makes. Instants stay text here: what they mean needs the whole file.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::model::{Field, Fold, How, Rows, Shape};
use super::record::{Record, Runs};
use super::words::{self, is_same_name};
use crate::source::spec::Spec;
use crate::source::spot::Spot;
use crate::table::Table;

/// What one record says of one row.
#[derive(Debug)]
pub struct Part {
    pub table: &'static Table,
    pub spot: Spot,
    /// When it was true, as written.
    pub at: Option<String>,
    /// What orders parts of the same instant.
    pub number: i64,
    pub is_state: bool,
    pub known_as: Option<String>,
    pub part_of: Option<&'static str>,
    pub cells: Vec<Cell>,
    pub extra: Option<String>,
}

#[derive(Debug)]
pub struct Cell {
    pub column: &'static str,
    pub value: String,
    pub fold: Fold,
    pub is_stand_in: bool,
}

/// The rows of a record; none where it is of no use to us, or not for the table that the source names.
pub fn parts(record: &Value, shape: &Shape, spot: Spot, spec: &Spec, runs: &Runs) -> Vec<Part> {
    let mut parts = Vec::new();
    for rows in shape.rows {
        let Some(table) =
            Table::named(rows.table).filter(|_| spec.table.as_deref().is_none_or(|name| name == rows.table))
        else {
            continue;
        };
        let whole = Record { value: record, around: None, runs };
        match rows.each {
            None => parts.extend(part(whole, rows, table, spot, spec)),
            Some(list) => parts.extend(whole.elements(list).into_iter().filter_map(|element| {
                part(Record { value: element, around: Some(record), runs }, rows, table, spot, spec)
            })),
        }
    }
    parts
}

fn part(record: Record, rows: &Rows, table: &'static Table, spot: Spot, spec: &Spec) -> Option<Part> {
    if !record.meets(rows.when) {
        return None;
    }
    let mut cells: Vec<Cell> = Vec::new();
    for (column, path) in &spec.columns {
        let value = record.texts(path).join(";");
        if let Some(column) = table.column(column).filter(|_| !value.is_empty()) {
            cells.push(Cell { column: column.name, value, fold: Fold::Last, is_stand_in: false });
        }
    }
    for field in rows.fields {
        if cells.iter().any(|cell| cell.column == field.column) || !record.meets(field.when) {
            continue;
        }
        let is_nothing = |value: &String| {
            value.is_empty() || value.starts_with(NO_DATE) || spec.null_values.iter().any(|word| word.trim() == value)
        };
        if let Some(value) = value(record, field).filter(|value| !is_nothing(value)) {
            cells.push(Cell { column: field.column, value, fold: field.fold, is_stand_in: field.is_stand_in });
        }
    }
    for cell in &mut cells {
        let told = spec.values.get(cell.column).and_then(|words| words::told(words, &cell.value));
        let ours = || {
            let fields = rows.fields.iter().filter(|field| field.column == cell.column && record.meets(field.when));
            fields
                .flat_map(|field| field.words)
                .find(|(word, _)| words::is_same(word, &cell.value))
                .map(|(_, ours)| *ours)
        };
        if let Some(word) = told.or_else(ours) {
            cell.value = word.to_owned();
        }
    }
    cells.retain(|cell| !cell.value.is_empty());
    let at = rows.at.iter().find_map(|path| record.text(path));
    let number = rows.number.iter().find_map(|path| record.number(path)).map_or(0, |number| number as i64);
    let extra = extra(record.value, rows);
    let known_as = rows.known_as.iter().find_map(|path| record.text(path));
    let (is_state, part_of) = (rows.is_state, rows.part_of);
    Some(Part { table, spot, at, number, is_state, known_as, part_of, cells, extra })
}

fn value(record: Record, field: &Field) -> Option<String> {
    match field.how {
        How::Plain => field.from.iter().find_map(|path| record.text(path)),
        How::Joined => field.from.iter().map(|path| joined(record.texts(path))).find(|text| !text.is_empty()),
        How::Constant(text) => Some(text.to_owned()),
        How::Through(make, _) => field.from.iter().flat_map(|path| record.texts(path)).find_map(|text| make(&text)),
        How::Made(make, _) => make(&record),
    }
}

fn joined(texts: Vec<String>) -> String {
    let mut seen = BTreeSet::new();
    let different: Vec<String> = texts.into_iter().filter(|text| seen.insert(text.clone())).collect();
    different.join(";")
}

/// The plain fields of a record that no column takes, as JSON text. Nested ones are the vendor's own business.
fn extra(value: &Value, rows: &Rows) -> Option<String> {
    let Value::Object(object) = value else { return None };
    let is_taken = |name: &str| rows.fields.iter().flat_map(|field| field.from).any(|path| is_same_name(path, name));
    let is_small = |value: &Value| match value {
        Value::String(text) => !text.is_empty() && text.len() <= LONGEST,
        Value::Bool(_) | Value::Number(_) => true,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    };
    let is_address =
        |value: &Value| value.as_str().is_some_and(|text| text.starts_with("https://api.") || text.contains("{/"));
    let rest: Map<String, Value> = object
        .iter()
        .filter(|(name, value)| is_small(value) && !is_address(value) && !is_taken(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!rest.is_empty()).then(|| Value::Object(rest).to_string())
}

/// How .NET and Go write an instant that was never set.
const NO_DATE: &str = "0001-01-01T00:00:00";

/// Longer texts are prose, which no question asks for.
const LONGEST: usize = 500;
