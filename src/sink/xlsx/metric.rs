//! The sheet of a metric: what it is in two lines, its results as one table to filter, a native chart beside it.

use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};

use super::chart;
use super::form::{self, Forms, Scale, column};
use crate::metric::{MetricResult, Row};
use crate::report::numbers::{Measure, Numbers};

/// Title and definition stand above the header.
pub(super) const HEADER: u32 = 2;

/// Fewer than a sheet holds.
const MOST_ROWS: usize = 1_000_000;

/// What stands for all members of a group in the rows of the whole.
const ALL: &str = "(all)";
/// What stands for a member that is not known.
const UNKNOWN: &str = "(unknown)";

/// Where the columns of a sheet are, for its chart.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub period: u16,
    pub value: u16,
    pub low: u16,
    pub high: u16,
    /// Distances of the ends of the interval from the value, which error bars want.
    pub below: u16,
    pub above: u16,
    /// First of the metric's own columns.
    pub own: u16,
    pub width: u16,
}

pub(super) fn write(
    sheet: &mut Worksheet,
    name: &str,
    numbers: &Numbers,
    measure: &Measure,
    forms: &Forms,
) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    let dimensions = dimensions(measure);
    let scale = Scale::of(measure.unit, measure.results());
    let own = measure.total.own_columns;
    let layout = Layout::new(dimensions.len(), own.len());
    form::text(sheet, (0, 0), &measure.title, &forms.title)?;
    let unit = if scale.word.is_empty() { measure.unit.name() } else { scale.word };
    let row_count: usize = measure.results().map(|result| result.rows.len()).sum();
    let cut =
        if row_count > MOST_ROWS { format!("; the first {MOST_ROWS} of {row_count} rows") } else { String::new() };
    let about = format!(
        "{} In {unit}. {} of {}; {}{cut}",
        measure.question, measure.computed_as, measure.events, measure.query
    );
    form::text(sheet, (1, 0), &about, &forms.muted)?;
    header(sheet, &dimensions, own, scale, forms)?;
    let writer = Writer { scale, dimensions: &dimensions, layout: &layout, formats: Formats::new(numbers, scale, own) };
    let mut next = HEADER + 1;
    let mut charted = None;
    let whole = in_order(&measure.total).into_iter().map(|found| (&measure.total, found));
    let groups = measure.groups.iter().flat_map(|result| result.rows.iter().map(move |found| (result, found)));
    for (index, (result, found)) in whole.chain(groups).take(MOST_ROWS).enumerate() {
        let is_whole = index < measure.total.rows.len();
        if is_whole && (result.by.is_empty() || found.period_start == numbers.period.start) {
            charted = Some((charted.map_or(next, |(first, _)| first), next));
        }
        writer.row(sheet, next, result, found)?;
        next += 1;
    }
    if next > HEADER + 1 {
        sheet.autofilter(HEADER, 0, next - 1, layout.width - 1)?;
    }
    sheet.set_freeze_panes(HEADER + 1, 0)?;
    sheet.set_column_width(0, 13)?;
    for place in 1..layout.width {
        let is_text = usize::from(place) <= dimensions.len();
        sheet.set_column_width(place, if is_text { 20 } else { 11 })?;
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(HEADER, HEADER)?;
    if let Some(chart) = charted.and_then(|rows| chart::of(name, measure, scale, &layout, rows)) {
        sheet.insert_chart(HEADER, layout.width + 1, &chart)?;
    }
    Ok(())
}

/// Rows in order of time; what always comes in groups has the groups of a period side by side, as its chart wants them.
fn in_order(result: &MetricResult) -> Vec<&Row> {
    let mut rows: Vec<&Row> = result.rows.iter().collect();
    rows.sort_by_key(|row| row.period_start);
    rows
}

/// All columns by which any result is grouped, in the order of their first mention.
fn dimensions(measure: &Measure) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in measure.results().flat_map(|result| &result.by) {
        if !found.contains(name) {
            found.push(name.clone());
        }
    }
    found
}

impl Layout {
    fn new(dimension_count: usize, own_count: usize) -> Self {
        let first = column(dimension_count) + 1;
        let own = first + 5;
        let below = own + column(own_count);
        Self {
            period: 0,
            value: first + 1,
            low: first + 2,
            high: first + 3,
            below,
            above: below + 1,
            own,
            width: below + 2,
        }
    }
}

fn header(
    sheet: &mut Worksheet,
    dimensions: &[String],
    own: &[&str],
    scale: Scale,
    forms: &Forms,
) -> Result<(), XlsxError> {
    let mut titles = vec![("Period".to_owned(), false)];
    titles.extend(dimensions.iter().map(|name| (name.replace('_', " "), false)));
    titles.push(("n".to_owned(), true));
    titles.push((scale.titled("Value"), true));
    titles.push((scale.titled("Low"), true));
    titles.push((scale.titled("High"), true));
    titles.push(("Incomplete".to_owned(), true));
    titles.extend(own.iter().map(|name| (own_title(name, scale), true)));
    titles.push(("Value to low".to_owned(), true));
    titles.push(("Value to high".to_owned(), true));
    for (place, (title, is_number)) in titles.iter().enumerate() {
        let format = if *is_number { &forms.number_header } else { &forms.header };
        form::text(sheet, (HEADER, column(place)), title, format)?;
    }
    Ok(())
}

fn own_title(name: &str, scale: Scale) -> String {
    let title = name.replace('_', " ");
    if is_in_unit(name) { scale.titled(&title) } else { title }
}

/// Whether an own column is told in the unit of the metric: its percentiles are, counts are not.
pub(super) fn is_in_unit(name: &str) -> bool {
    name.strip_prefix('p').is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
}

struct Formats {
    period: Format,
    count: Format,
    value: Format,
    own: Vec<Format>,
}

impl Formats {
    fn new(numbers: &Numbers, scale: Scale, own: &[&str]) -> Self {
        let of_own = |name: &&str| form::number(if is_in_unit(name) { scale.number_format() } else { "#,##0.##" });
        Self {
            period: form::number(form::period_format(numbers.period.grain)).set_align(FormatAlign::Left),
            count: form::number("#,##0"),
            value: form::number(scale.number_format()),
            own: own.iter().map(of_own).collect(),
        }
    }
}

struct Writer<'a> {
    scale: Scale,
    dimensions: &'a [String],
    layout: &'a Layout,
    formats: Formats,
}

impl Writer<'_> {
    fn row(&self, sheet: &mut Worksheet, at: u32, result: &MetricResult, found: &Row) -> Result<(), XlsxError> {
        let plain = Format::new();
        let (layout, formats) = (self.layout, &self.formats);
        form::value(sheet, (at, layout.period), form::day(found.period_start), &formats.period)?;
        for (place, name) in self.dimensions.iter().enumerate() {
            form::text(sheet, (at, column(place) + 1), member(result, found, name), &plain)?;
        }
        let told = |value: Option<f64>| value.map(|value| self.scale.apply(value));
        let (value, low, high) = (told(found.value), told(found.low), told(found.high));
        form::value(sheet, (at, layout.value - 1), Some(found.n as f64), &formats.count)?;
        form::value(sheet, (at, layout.value), value, &formats.value)?;
        form::value(sheet, (at, layout.low), low, &formats.value)?;
        form::value(sheet, (at, layout.high), high, &formats.value)?;
        let partial = if found.is_partial { "yes" } else { "" };
        form::text(sheet, (at, layout.high + 1), partial, &plain.clone().set_align(FormatAlign::Right))?;
        for (place, (value, name)) in found.own.iter().zip(result.own_columns).enumerate() {
            let value = if is_in_unit(name) { told(*value) } else { *value };
            let format = formats.own.get(place).unwrap_or(&plain);
            form::value(sheet, (at, layout.own + column(place)), value, format)?;
        }
        let distance = |end: Option<f64>| Some((end? - value?).abs());
        form::value(sheet, (at, layout.below), distance(low), &formats.value)?;
        form::value(sheet, (at, layout.above), distance(high), &formats.value)
    }
}

/// What a row says about a dimension of the sheet.
fn member<'a>(result: &MetricResult, found: &'a Row, dimension: &str) -> &'a str {
    let Some(place) = result.by.iter().position(|name| name == dimension) else {
        return ALL;
    };
    found.dimensions.get(place).and_then(Option::as_deref).unwrap_or(UNKNOWN)
}
