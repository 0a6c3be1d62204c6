//! The report as an Excel workbook: numbers as numbers, dates as dates, native charts, a sheet a metric.
//!
//! Text is always written as text, so nothing in it is a formula. What is unknown is an empty cell. The workbook's
//! date is that of the report, so the same report gives the same bytes.

mod chart;
mod form;
mod metric;
mod names;
mod rows;
mod summary;
mod tables;

use std::path::PathBuf;

use chrono::{Datelike, Timelike};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use crate::report::blocks::Report;
use crate::sink::{Assets, Needs, OutputFile, Sink, SinkError};

use form::Forms;
use names::SheetNames;

/// The entry of this file in the registry.
pub const SINK: Sink = Sink {
    name: "xlsx",
    about: "An Excel workbook: summary, a sheet and a native chart a metric, definitions, rows",
    render,
    needs: Needs::Events,
};

/// `report.xlsx`: a summary, a sheet a metric, the tables of sections, lists of cases, events.
///
/// # Errors
/// [`SinkError::Xlsx`] where a sheet cannot be written.
pub fn render(report: &Report, _assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(report)?);
    let forms = Forms::new();
    let mut names = SheetNames::default();
    let summary = names.give("Summary");
    let measures: Vec<_> = report
        .numbers
        .measures
        .iter()
        .filter(|measure| measure.total.not_measured.is_none())
        .map(|measure| (measure, names.give(&measure.title)))
        .collect();
    summary::write(workbook.add_worksheet(), &summary, report, &measures, &forms)?;
    for (measure, name) in &measures {
        metric::write(workbook.add_worksheet(), name, &report.numbers, measure, &forms)?;
    }
    for (wish, tables) in tables::of_sections(report) {
        tables::write(workbook.add_worksheet(), &names.give(&wish), &tables, &forms)?;
    }
    for listing in report.numbers.lists.iter().chain(&report.numbers.rows) {
        rows::write(workbook.add_worksheet(), &names.give(&wish_of(&listing.name)), &report.numbers, listing, &forms)?;
    }
    Ok(vec![OutputFile { path: PathBuf::from("report.xlsx"), bytes: workbook.save_to_buffer()? }])
}

fn properties(report: &Report) -> Result<DocProperties, XlsxError> {
    let at = report.numbers.local_as_of();
    let part = |number: u32| u8::try_from(number).unwrap_or(0);
    let year = u16::try_from(at.year()).unwrap_or(1970);
    let created = ExcelDateTime::from_ymd(year, part(at.month()), part(at.day()))?.and_hms(
        u16::try_from(at.hour()).unwrap_or(0),
        part(at.minute()),
        f64::from(at.second()),
    )?;
    Ok(DocProperties::new()
        .set_title(form::cut(&report.title))
        .set_company(form::cut(&report.organisation))
        .set_author("shipwake")
        .set_comment(format!("Made by shipwake {}", env!("CARGO_PKG_VERSION")))
        .set_creation_datetime(&created))
}

/// `failed_deployments` → "Failed deployments".
fn wish_of(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests;
