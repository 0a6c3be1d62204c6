//! The tables that sections hold in words: findings, checks of the data, definitions; a sheet a section.

use rust_xlsxwriter::{Worksheet, XlsxError};

use super::form::{self, Forms, column};
use crate::report::blocks::{Block, DataTable, Fact, Report, Section};

/// Sections that every reader of a workbook looks for by another name.
const NAMES: &[(&str, &str)] = &[("quality", "Data quality"), ("method", "Definitions")];

/// Columns wider than this wrap their text.
const WIDEST: usize = 60;

/// What a sheet holds, in order.
pub(super) enum Part<'a> {
    Note(&'a str),
    Table(&'a DataTable),
    Facts(&'a [Fact]),
}

/// Sections with words to tell; lists of cases have sheets of their own with their types.
pub(super) fn of_sections(report: &Report) -> Vec<(String, Vec<Part<'_>>)> {
    let typed: Vec<&str> = report.numbers.lists.iter().map(|listing| listing.title.as_str()).collect();
    let sheets = report.sections.iter().map(|section| {
        let mut parts = Vec::new();
        collect(&section.blocks, &typed, &mut parts);
        (sheet_name(section), parts)
    });
    sheets.filter(|(_, parts)| parts.iter().any(|part| !matches!(part, Part::Note(_)))).collect()
}

fn sheet_name(section: &Section) -> String {
    let known = NAMES.iter().find(|(id, _)| *id == section.id);
    known.map_or_else(|| section.title.clone(), |(_, name)| (*name).to_owned())
}

fn collect<'a>(blocks: &'a [Block], typed: &[&str], parts: &mut Vec<Part<'a>>) {
    for block in blocks {
        match block {
            Block::Note { text, .. } => parts.push(Part::Note(text)),
            Block::Table(table) if !typed.contains(&table.caption.as_str()) => parts.push(Part::Table(table)),
            Block::Facts { facts } => parts.push(Part::Facts(facts)),
            Block::Details { blocks, .. } => collect(blocks, typed, parts),
            _ => {}
        }
    }
}

pub(super) fn write(sheet: &mut Worksheet, name: &str, parts: &[Part], forms: &Forms) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    let mut next = 0;
    for part in parts {
        match part {
            Part::Note(text) => {
                form::text(sheet, (next, 0), text, &forms.text)?;
                next += 2;
            }
            Part::Facts(facts) => {
                for fact in *facts {
                    form::text(sheet, (next, 0), &fact.term, &forms.muted)?;
                    form::text(sheet, (next, 1), &fact.text, &forms.wrapped)?;
                    next += 1;
                }
                next += 1;
            }
            Part::Table(table) => next = write_table(sheet, next, table, forms)? + 1,
        }
    }
    for (place, width) in widths(parts).into_iter().enumerate() {
        sheet.set_column_width(column(place), width)?;
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

/// Caption, header and rows; gives the first free row.
fn write_table(sheet: &mut Worksheet, first: u32, table: &DataTable, forms: &Forms) -> Result<u32, XlsxError> {
    form::text(sheet, (first, 0), &table.caption, &forms.bold)?;
    for (place, found) in table.columns.iter().enumerate() {
        let format = if found.is_number { &forms.number_header } else { &forms.header };
        form::text(sheet, (first + 1, column(place)), &found.title, format)?;
    }
    let mut next = first + 2;
    for cells in &table.rows {
        for (place, cell) in cells.iter().enumerate() {
            form::text(sheet, (next, column(place)), cell, &forms.wrapped)?;
        }
        next += 1;
    }
    if table.rows_left_out > 0 {
        form::text(sheet, (next, 0), &format!("{} more rows are not shown.", table.rows_left_out), &forms.muted)?;
        next += 1;
    }
    Ok(next)
}

/// Widths in characters that hold the longest text of each column, within reason.
fn widths(parts: &[Part]) -> Vec<f64> {
    let mut widest: Vec<usize> = Vec::new();
    let mut see = |place: usize, text: &str| {
        if widest.len() <= place {
            widest.resize(place + 1, 8);
        }
        if let Some(width) = widest.get_mut(place) {
            *width = (*width).max(text.chars().count().min(WIDEST));
        }
    };
    for part in parts {
        match part {
            Part::Note(_) => {}
            Part::Facts(facts) => facts.iter().for_each(|fact| {
                see(0, &fact.term);
                see(1, &fact.text);
            }),
            Part::Table(table) => {
                table.columns.iter().enumerate().for_each(|(place, found)| see(place, &found.title));
                for cells in &table.rows {
                    cells.iter().enumerate().for_each(|(place, cell)| see(place, cell));
                }
            }
        }
    }
    widest.into_iter().map(|width| width as f64 + 2.0).collect()
}
