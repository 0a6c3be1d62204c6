//! A table as aligned text for the terminal, and as Markdown.
//!
//! Numbers are shown with six significant digits or more; the exact ones are in CSV and JSON. Control
//! characters, which could command a terminal, are shown as a replacement character.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use crate::sink::SinkError;
use crate::sink::markdown::table_cell;
use crate::sink::table::{Cell, Grid, check};

/// Columns by space alone, one rule under the header.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));
const SPACE_BETWEEN_COLUMNS: u16 = 2;

/// Aligned columns, folded to `width` where a width is given; null is `-`.
pub fn table(grid: &Grid, width: Option<u16>) -> Result<String, SinkError> {
    check(grid)?;
    let mut table = Table::new();
    table.load_style(STYLE);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(grid.columns.iter().map(|column| printable(&column.name)));
    table.add_rows(grid.rows.iter().map(|row| row.iter().map(terminal_text)));
    for (column, shown) in grid.columns.iter().zip(table.column_iter_mut()) {
        shown.set_padding((0, SPACE_BETWEEN_COLUMNS));
        if column.is_number {
            shown.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Ok(text)
}

/// A GitHub-flavoured table; null is an empty cell.
pub fn markdown(grid: &Grid) -> Result<String, SinkError> {
    check(grid)?;
    let names = grid.columns.iter().map(|column| table_cell(&column.name));
    let dashes = grid.columns.iter().map(|column| match column.is_number {
        true => "---:".to_owned(),
        false => "---".to_owned(),
    });
    let mut text = line(names.collect());
    text.push_str(&line(dashes.collect()));
    for row in &grid.rows {
        let cells = row.iter().map(|cell| table_cell(&readable(cell)));
        text.push_str(&line(cells.collect()));
    }
    Ok(text)
}

fn line(cells: Vec<String>) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn terminal_text(cell: &Cell) -> String {
    let text = printable(&readable(cell));
    match text.is_empty() && !matches!(cell, Cell::Text(_)) {
        true => "-".to_owned(),
        false => text,
    }
}

fn readable(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Whole(number) => number.to_string(),
        Cell::Number(number) if number.is_finite() => six_digits(*number),
        Cell::Number(_) => String::new(),
        Cell::Flag(flag) => flag.to_string(),
    }
}

/// Six significant digits without trailing zeros, but never fewer than stand before the point;
/// very large and very small numbers with an exponent.
fn six_digits(number: f64) -> String {
    let size = number.abs();
    if (1e6..1e15).contains(&size) {
        return format!("{number:.0}");
    }
    let rounded: f64 = format!("{number:.5e}").parse().unwrap_or(number);
    if size != 0.0 && !(1e-5..1e15).contains(&size) {
        return format!("{rounded:e}");
    }
    rounded.to_string()
}

fn printable(text: &str) -> String {
    let shown = text.chars().map(|character| match character {
        '\n' | '\r' | '\t' => ' ',
        other if other.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::table::tests::{grid, text};

    #[test]
    fn numbers_are_right_aligned_under_one_rule_and_null_is_a_hyphen() {
        let rendered = table(
            &grid(vec![
                [text("search"), Cell::Number(0.141_935_483_870_967_74)],
                [text("pay"), Cell::Null],
                [text("shop"), Cell::Whole(12)],
            ]),
            None,
        );
        let expected = "\
service     value
───────────────────
search   0.141935
pay             -
shop           12
";
        assert_eq!(rendered.expect("renders"), expected);
    }

    #[test]
    fn a_long_name_is_folded_into_the_width_of_the_terminal() {
        let rendered = table(&grid(vec![[text(&"long ".repeat(100)), Cell::Null]]), Some(40));
        let rendered = rendered.expect("renders");
        assert!(rendered.lines().all(|line| line.chars().count() <= 40));
    }

    #[test]
    fn text_cannot_command_the_terminal() {
        let hostile = grid(vec![[text("\u{1b}[2J\u{7}a\nb"), Cell::Null]]);
        let rendered = table(&hostile, None).expect("renders");
        assert!(rendered.chars().all(|c| c == '\n' || !c.is_control()));
        assert_eq!(rendered.lines().count(), 3);
    }

    #[test]
    fn six_significant_digits_are_shown() {
        assert_eq!(six_digits(0.0), "0");
        assert_eq!(six_digits(2.5), "2.5");
        assert_eq!(six_digits(1.0 / 3.0), "0.333333");
        assert_eq!(six_digits(-1_234_567.8), "-1234568");
        assert_eq!(six_digits(1.5e300), "1.5e300");
        assert_eq!(six_digits(2.5e-9), "2.5e-9");
    }

    #[test]
    fn markdown_escapes_what_would_end_a_cell() {
        let rendered = markdown(&grid(vec![[text("a|b\n<i>"), Cell::Null]]));
        assert_eq!(rendered.expect("renders"), "| service | value |\n| --- | ---: |\n| a\\|b &lt;i&gt; |  |\n");
    }
}
