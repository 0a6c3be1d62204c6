//! The first sheet: the answer in words, the facts of the report, and its cards as numbers with their intervals.

use rust_xlsxwriter::{Url, Worksheet, XlsxError};

use super::form::{self, Forms, Scale, column, row};
use crate::report::blocks::{Card, Judgement, Report};
use crate::report::numbers::Measure;
use crate::sink::png;

/// The metrics that have a sheet, with its name.
type Sheets<'a> = [(&'a Measure, String)];

/// Titles and widths of the columns of the cards.
const COLUMNS: &[(&str, f64)] = &[
    ("Metric", 40.0),
    ("Value", 13.0),
    ("Unit", 12.0),
    ("Low", 11.0),
    ("High", 11.0),
    ("n", 9.0),
    ("Basis", 36.0),
    ("Against before", 48.0),
    ("Trend", 40.0),
    ("Benchmark", 32.0),
];

/// Where words may run on: as far as the first six columns.
const LAST_OF_WORDS: u16 = 7;

pub(super) fn write(
    sheet: &mut Worksheet,
    name: &str,
    report: &Report,
    sheets: &Sheets,
    forms: &Forms,
) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    for (place, (_, width)) in COLUMNS.iter().enumerate() {
        sheet.set_column_width(column(place), *width)?;
    }
    let mut next = head(sheet, report, forms)?;
    let cards = png::first_cards(report);
    if !cards.is_empty() {
        next += 1;
        next = table_of_cards(sheet, next, report, (cards, sheets), forms)?;
    }
    contents(sheet, next + 1, sheets, forms)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

/// Title, words and facts; gives the first free row.
fn head(sheet: &mut Worksheet, report: &Report, forms: &Forms) -> Result<u32, XlsxError> {
    form::text(sheet, (0, 0), &report.title, &forms.title)?;
    let for_whom = [report.organisation.as_str(), &report.audience];
    let for_whom: Vec<&str> = for_whom.into_iter().filter(|text| !text.is_empty()).collect();
    form::text(sheet, (1, 0), &for_whom.join(" · "), &forms.muted)?;
    let mut next = 3;
    for sentence in std::iter::once(&report.headline).chain(&report.lead).filter(|sentence| !sentence.is_empty()) {
        sheet.merge_range(next, 0, next, LAST_OF_WORDS, &form::cut(sentence), &forms.lead)?;
        // A merged cell does not grow by itself; a line holds some 150 characters.
        sheet.set_row_height(next, 17 * (1 + sentence.chars().count() as u32 / 150))?;
        next += 1;
    }
    next += 1;
    for fact in &report.facts {
        form::text(sheet, (next, 0), &fact.term, &forms.muted)?;
        form::text(sheet, (next, 1), &fact.text, &forms.text)?;
        next += 1;
    }
    Ok(next)
}

fn table_of_cards(
    sheet: &mut Worksheet,
    header: u32,
    report: &Report,
    (cards, sheets): (&[Card], &Sheets),
    forms: &Forms,
) -> Result<u32, XlsxError> {
    for (place, (title, _)) in COLUMNS.iter().enumerate() {
        let format = match place {
            1 | 3..=5 => &forms.number_header,
            2 | 6 => &forms.beside_header,
            _ => &forms.header,
        };
        form::text(sheet, (header, column(place)), title, format)?;
    }
    for (index, card) in cards.iter().enumerate() {
        let at = header + 1 + row(index);
        let found = sheets.iter().find(|(measure, _)| measure.metric == card.metric);
        match found {
            Some((_, name)) => {
                sheet.write_url_with_text(at, 0, link(name), form::cut(&card.title))?;
            }
            None => form::text(sheet, (at, 0), &card.title, &forms.bold)?,
        }
        numbers(sheet, at, report, (card, found.map(|(measure, _)| *measure)), forms)?;
        let change = card.change.as_ref().map(|change| match change.judgement {
            Judgement::Better => format!("Better: {}", change.text),
            Judgement::Worse => format!("Worse: {}", change.text),
            Judgement::Neutral => change.text.clone(),
        });
        let basis = match &card.missing {
            Some(reason) => reason.clone(),
            None => [&card.basis, &card.counts].map(String::as_str).join("\n").trim().to_owned(),
        };
        for (place, text) in [&basis, &change.unwrap_or_default(), &card.trend, &card.band].into_iter().enumerate() {
            let format = if place == 0 { &forms.beside } else { &forms.wrapped };
            form::text(sheet, (at, 6 + column(place)), text, format)?;
        }
    }
    Ok(header + 1 + row(cards.len()))
}

/// Value, interval and n as numbers; the words of the card where there is no measure behind it.
fn numbers(
    sheet: &mut Worksheet,
    at: u32,
    report: &Report,
    (card, measure): (&Card, Option<&Measure>),
    forms: &Forms,
) -> Result<(), XlsxError> {
    let found = measure.and_then(|measure| Some((measure, report.numbers.current(measure)?)));
    let Some((measure, current)) = found else {
        form::text(sheet, (at, 1), &card.value, &forms.text)?;
        return form::text(sheet, (at, 2), &card.unit, &forms.beside);
    };
    let scale = Scale::for_value(measure.unit, current.value.unwrap_or(0.0).abs());
    let format = form::number(scale.number_format());
    let told = |value: Option<f64>| value.map(|value| scale.apply(value));
    form::value(sheet, (at, 1), told(current.value), &format)?;
    form::text(sheet, (at, 2), scale.word, &forms.beside)?;
    form::value(sheet, (at, 3), told(current.low), &format)?;
    form::value(sheet, (at, 4), told(current.high), &format)?;
    form::value(sheet, (at, 5), Some(current.n as f64), &form::number("#,##0"))
}

/// Every metric's sheet, with its question.
fn contents(sheet: &mut Worksheet, first: u32, sheets: &Sheets, forms: &Forms) -> Result<(), XlsxError> {
    if sheets.is_empty() {
        return Ok(());
    }
    form::text(sheet, (first, 0), "Sheets of metrics", &forms.header)?;
    for (index, (measure, name)) in sheets.iter().enumerate() {
        let at = first + 1 + row(index);
        sheet.write_url_with_text(at, 0, link(name), form::cut(&measure.title))?;
        form::text(sheet, (at, 1), &measure.question, &forms.text)?;
    }
    Ok(())
}

fn link(sheet: &str) -> Url {
    Url::new(format!("internal:'{}'!A1", sheet.replace('\'', "''")))
}
