//! A table as CSV (RFC 4180, line feeds), safe to open in a spreadsheet.
//!
//! A cell that a spreadsheet would run as a formula gets an apostrophe in front, as OWASP
//! advises for CSV injection. Numbers are written as numbers, so a minus sign is no formula.

use crate::sink::SinkError;
use crate::sink::table::{Cell, Grid, check};

const STARTS_OF_FORMULAS: &[char] = &['=', '+', '-', '@', '\t', '\r'];

/// The header always, then a line a row; null is an empty field.
pub fn csv(grid: &Grid) -> Result<String, SinkError> {
    check(grid)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    if !grid.columns.is_empty() {
        writer.write_record(grid.columns.iter().map(|column| neutral(&column.name)))?;
    }
    for row in &grid.rows {
        if !row.is_empty() {
            writer.write_record(row.iter().map(field))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => neutral(text),
        Cell::Whole(number) => number.to_string(),
        Cell::Number(number) if number.is_finite() => number.to_string(),
        Cell::Number(_) => String::new(),
        Cell::Flag(flag) => flag.to_string(),
    }
}

fn neutral(text: &str) -> String {
    if text.starts_with(STARTS_OF_FORMULAS) {
        return format!("'{text}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::table::tests::{grid, text};

    #[test]
    fn numbers_keep_every_digit_and_null_is_empty() {
        let rendered = csv(&grid(vec![
            [text("search"), Cell::Number(0.141_935_483_870_967_74)],
            [text("pay, \"now\""), Cell::Null],
            [text("two\nlines"), Cell::Whole(-3)],
        ]));
        assert_eq!(
            rendered.expect("renders"),
            "service,value\nsearch,0.14193548387096774\n\
             \"pay, \"\"now\"\"\",\n\"two\nlines\",-3\n"
        );
    }

    #[test]
    fn the_header_is_there_even_when_nothing_else_is() {
        assert_eq!(csv(&grid(Vec::new())).expect("renders"), "service,value\n");
    }

    #[test]
    fn text_that_a_spreadsheet_would_run_is_neutralised() {
        for start in STARTS_OF_FORMULAS {
            let hostile = format!("{start}cmd()");
            let rendered = csv(&grid(vec![[text(&hostile), Cell::Null]])).expect("renders");
            let mut reader = csv::Reader::from_reader(rendered.as_bytes());
            let record = reader.records().next().expect("a row").expect("CSV");
            assert_eq!(record.get(0), Some(format!("'{hostile}").as_str()));
        }
    }

    #[test]
    fn a_negative_number_is_no_formula() {
        let rendered = csv(&grid(vec![[text("a"), Cell::Number(-0.5)]])).expect("renders");
        assert!(rendered.ends_with("a,-0.5\n"));
    }
}
