//! A table as JSON: objects with the columns as keys, in the order of the columns.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::sink::SinkError;
use crate::sink::table::{Cell, Grid, check};

/// One indented list of objects.
pub fn json(grid: &Grid) -> Result<String, SinkError> {
    let mut text = serde_json::to_string_pretty(&objects(grid)?)?;
    text.push('\n');
    Ok(text)
}

/// One object a line; no rows are no lines.
pub fn ndjson(grid: &Grid) -> Result<String, SinkError> {
    let mut text = String::new();
    for object in objects(grid)? {
        text.push_str(&serde_json::to_string(&object)?);
        text.push('\n');
    }
    Ok(text)
}

fn objects(grid: &Grid) -> Result<Vec<Value>, SinkError> {
    check(grid)?;
    let keys = keys(grid);
    let objects = grid.rows.iter().map(|row| {
        let entries = keys.iter().cloned().zip(row.iter().map(value));
        Value::Object(entries.collect::<Map<String, Value>>())
    });
    Ok(objects.collect())
}

/// Column names, a number behind those that come again, since a join may give two `id`.
fn keys(grid: &Grid) -> Vec<String> {
    let names: BTreeSet<&str> = grid.columns.iter().map(|column| &*column.name).collect();
    let mut taken = BTreeSet::new();
    let mut keys = Vec::with_capacity(grid.columns.len());
    for column in &grid.columns {
        let mut key = column.name.clone();
        let mut next = 2_u64;
        while taken.contains(&key) || (key != column.name && names.contains(key.as_str())) {
            key = format!("{}_{next}", column.name);
            next += 1;
        }
        taken.insert(key.clone());
        keys.push(key);
    }
    keys
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::Whole(number) => Value::from(*number),
        Cell::Number(number) => Value::from(*number),
        Cell::Flag(flag) => Value::from(*flag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::table::GridColumn;
    use crate::sink::table::tests::{grid, text};

    #[test]
    fn objects_keep_the_order_of_columns_and_every_digit() {
        let rendered = ndjson(&grid(vec![
            [text("search"), Cell::Number(0.141_935_483_870_967_74)],
            [Cell::Flag(true), Cell::Number(f64::INFINITY)],
        ]));
        assert_eq!(
            rendered.expect("renders"),
            "{\"service\":\"search\",\"value\":0.14193548387096774}\n\
             {\"service\":true,\"value\":null}\n"
        );
    }

    #[test]
    fn no_rows_are_an_empty_list_and_no_lines() {
        assert_eq!(json(&grid(Vec::new())).expect("renders"), "[]\n");
        assert_eq!(ndjson(&grid(Vec::new())).expect("renders"), "");
    }

    #[test]
    fn no_column_is_lost_when_two_have_the_same_name() {
        let column = |name: &str| GridColumn { name: name.to_owned(), is_number: true };
        let twice = Grid {
            columns: vec![column("id"), column("id"), column("id_2"), column("id")],
            rows: vec![(1..=4).map(Cell::Whole).collect()],
        };
        assert_eq!(ndjson(&twice).expect("renders"), "{\"id\":1,\"id_3\":2,\"id_2\":3,\"id_4\":4}\n");
    }
}
