//! Plain tables for the terminal and for files: what a query or a metric answered.
//!
//! A table for people (`table`, `markdown`) rounds numbers to what can be read and sets them
//! right-aligned; a table for programs (`csv`, `json`, `ndjson`) keeps every digit. Null is
//! never 0 in any of them. It prints nothing: the caller decides where the text goes.

mod answer;
mod csv_text;
mod json_text;
mod text;

use crate::sink::SinkError;

pub use answer::of_answer;
pub use csv_text::csv;
pub use json_text::{json, ndjson};
pub use text::{markdown, table};

/// A table of plain values; every row has one cell a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    pub columns: Vec<GridColumn>,
    pub rows: Vec<Vec<Cell>>,
}

/// Name and alignment of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridColumn {
    pub name: String,
    pub is_number: bool,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    Whole(i64),
    /// Not-a-number and the infinities count as not known.
    Number(f64),
    Flag(bool),
}

/// One way to write a [`Grid`].
#[derive(Debug, Clone, Copy)]
pub struct GridFormat {
    /// The word for `--format`.
    pub name: &'static str,
    pub about: &'static str,
    /// The width is that of the terminal in columns, where there is one; only `table` heeds it.
    pub render: fn(&Grid, Option<u16>) -> Result<String, SinkError>,
}

/// All formats, sorted by name.
pub const GRID_FORMATS: &[GridFormat] = &[
    GridFormat {
        name: "csv",
        about: "Comma-separated values with a header, numbers in full precision",
        render: |grid, _| csv(grid),
    },
    GridFormat { name: "json", about: "One list of objects", render: |grid, _| json(grid) },
    GridFormat { name: "markdown", about: "A table for a document or an issue", render: |grid, _| markdown(grid) },
    GridFormat { name: "ndjson", about: "One JSON object a line", render: |grid, _| ndjson(grid) },
    GridFormat { name: "table", about: "Aligned columns for the terminal", render: table },
];

/// Every row has one cell a column, or the first row that has not is the error.
fn check(grid: &Grid) -> Result<(), SinkError> {
    let expected = grid.columns.len();
    for (index, row) in grid.rows.iter().enumerate() {
        if row.len() != expected {
            return Err(SinkError::RaggedGrid { row: index + 1, found: row.len(), expected });
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Two columns, one of numbers.
    pub(crate) fn grid(rows: Vec<[Cell; 2]>) -> Grid {
        let column = |name: &str, is_number| GridColumn { name: name.to_owned(), is_number };
        Grid {
            columns: vec![column("service", false), column("value", true)],
            rows: rows.into_iter().map(Vec::from).collect(),
        }
    }

    pub(crate) fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn formats_are_sorted_by_name_and_say_what_they_are() {
        assert!(GRID_FORMATS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(GRID_FORMATS.iter().all(|format| !format.about.is_empty()));
    }

    #[test]
    fn every_format_ends_with_one_newline_and_renders_a_table_without_rows() {
        for format in GRID_FORMATS {
            let full = grid(vec![[text("search"), Cell::Whole(1)]]);
            let rendered = (format.render)(&full, None).expect("renders");
            assert!(rendered.ends_with('\n') && !rendered.ends_with("\n\n"));
            (format.render)(&grid(Vec::new()), Some(80)).expect("renders");
        }
    }

    #[test]
    fn no_format_shows_null_as_zero() {
        let unknown = grid(vec![[text("search"), Cell::Null], [text("pay"), Cell::Number(f64::NAN)]]);
        for format in GRID_FORMATS {
            let rendered = (format.render)(&unknown, None).expect("renders");
            assert!(!rendered.contains('0'), "{}: {rendered}", format.name);
        }
    }

    #[test]
    fn a_row_that_is_too_short_is_an_error_and_not_a_shifted_table() {
        let mut ragged = grid(vec![[text("a"), Cell::Null]]);
        ragged.rows.push(vec![text("b")]);
        for format in GRID_FORMATS {
            let error = (format.render)(&ragged, None).expect_err("ragged");
            assert_eq!(error.to_string(), "row 2 of a table has 1 cells, expected 2");
        }
    }
}
