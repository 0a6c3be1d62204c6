//! The report as PDF, as pages (A4) and as slides (16:9): typst sets the templates of `reports/templates`.
//!
//! A template gets the report as data (`report.json`) and its pictures as files, never as markup, so that no name can
//! become a command. There is no network, no package, no font of the machine and no clock: the date is the report's.

mod content;
mod desk;

use std::path::PathBuf;

use chrono::{Datelike, NaiveDateTime, Timelike};
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst::{World, WorldExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, Timestamp};

use crate::report::blocks::Report;
use crate::sink::{Assets, Needs, OutputFile, Sink, SinkError};

use desk::Desk;

/// Pages, in the registry.
pub const SINK: Sink = Sink { name: "pdf", about: "Pages in A4, to print and to send on", render, needs: Needs::Words };

/// Slides, in the registry.
pub const SLIDES: Sink =
    Sink { name: "slides", about: "A PDF of 16:9 slides, a finding each", render: render_slides, needs: Needs::Words };

/// `report.pdf`.
///
/// # Errors
/// [`SinkError::Template`] where the template cannot be set, [`SinkError::Chart`] where a chart cannot be drawn.
pub fn render(report: &Report, assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    Ok(vec![OutputFile { path: PathBuf::from("report.pdf"), bytes: pdf(report, assets, "report.typ")? }])
}

/// `slides.pdf`.
///
/// # Errors
/// As [`render`].
pub fn render_slides(report: &Report, assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    Ok(vec![OutputFile { path: PathBuf::from("slides.pdf"), bytes: pdf(report, assets, "slides.typ")? }])
}

fn pdf(report: &Report, assets: &Assets, template: &str) -> Result<Vec<u8>, SinkError> {
    let now = datetime(report.numbers.local_as_of());
    let desk = Desk::new(assets, template, content::files(report)?, now)?;
    let document = typst::compile::<PagedDocument>(&desk).output.map_err(|errors| told(&desk, template, &errors))?;
    let options = PdfOptions {
        ident: Smart::Custom(format!("{} {} {template}", report.name, report.title)),
        creator: Smart::Custom(Some(format!("shipwake {}", env!("CARGO_PKG_VERSION")))),
        timestamp: now.map(Timestamp::new_utc),
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|errors| told(&desk, template, &errors))?;
    // Nothing is set twice in a run; what typst remembers would only take memory.
    typst::comemo::evict(0);
    Ok(bytes)
}

fn datetime(at: NaiveDateTime) -> Option<Datetime> {
    let small = |number: u32| u8::try_from(number).ok();
    Datetime::from_ymd_hms(
        at.year(),
        small(at.month())?,
        small(at.day())?,
        small(at.hour())?,
        small(at.minute())?,
        small(at.second())?,
    )
}

/// The first error, with the template and the line it is in.
fn told(desk: &Desk, template: &str, errors: &[SourceDiagnostic]) -> SinkError {
    let Some(error) = errors.first() else {
        return SinkError::Template { template: template.to_owned(), line: 0, cause: "unknown".to_owned() };
    };
    let place = error.span.id().and_then(|id| {
        let line = desk.source(id).ok()?.lines().byte_to_line(desk.range(error.span)?.start)?;
        Some((id.get().vpath().get_without_slash().to_owned(), line + 1))
    });
    let (template, line) = place.unwrap_or_else(|| (template.to_owned(), 0));
    let hints: String = error.hints.iter().map(|hint| format!(" ({})", hint.v)).collect();
    SinkError::Template { template, line, cause: format!("{}{hints}", error.message) }
}

#[cfg(test)]
mod tests;
