//! A figure for each metric: the whole over time, then its groups as small multiples; other kinds have a file each.

mod calendar;
mod distribution;
mod funnel;
mod heat_map;
mod process;
mod story;
mod survival;
mod time_to_event;
mod waterfall;

use chrono::NaiveDate;

use crate::chart::{Chart, Form, Multiples, Series, Timeline};
use crate::engine::Answer;
use crate::metric::{Better, ChartKind, Metric, MetricResult, Row};
use crate::report::blocks::{Block, Column, DataTable, Figure};
use crate::report::definition::SectionSpec;
use crate::report::evidence::{Evidence, Measured};
use crate::report::statements::Statements;
use crate::report::{Subject, words};
use crate::stats::LEVEL;
use crate::unit::Unit;

pub use funnel::figure as funnel;
pub use process::figure as process;

use super::cards;

/// More small charts than this cannot be compared by eye.
const MOST_MULTIPLES: usize = 12;

pub fn blocks(spec: &SectionSpec, subject: &Subject, evidence: &Evidence, statements: &Statements) -> Vec<Block> {
    let mut blocks = cards::of(&spec.cards, subject, evidence, statements);
    for name in &spec.metrics {
        if let Some((metric, answer)) = evidence.rows(name) {
            blocks.extend(of_rows(spec, subject, metric, answer).map(boxed));
            continue;
        }
        // What could not be measured is told once, under quality.
        let Some(measured) = evidence.get(name).filter(|measured| measured.total.not_measured.is_none()) else {
            continue;
        };
        blocks.extend(of_numbers(spec, subject, evidence, measured, statements).map(boxed));
        if measured.is_grouped() {
            continue;
        }
        for by in &spec.by {
            let figure = measured.by(by).and_then(|result| multiples(subject, measured, result, statements));
            blocks.extend(figure.map(boxed));
        }
    }
    blocks
}

fn boxed(figure: Figure) -> Block {
    Block::Figure(Box::new(figure))
}

/// The figure of a list of rows; none of a list that is only listed.
fn of_rows(spec: &SectionSpec, subject: &Subject, metric: &Metric, answer: &Answer) -> Option<Figure> {
    match spec.chart(metric) {
        ChartKind::Calendar => calendar::figure(subject, metric, answer),
        ChartKind::Story => story::figure(subject, metric, answer),
        _ => None,
    }
}

/// The figure that a section asks for, or where its data do not allow that, the plainer one beside it.
fn of_numbers(
    spec: &SectionSpec,
    subject: &Subject,
    evidence: &Evidence,
    measured: &Measured,
    statements: &Statements,
) -> Option<Figure> {
    if is_silent(measured) {
        return None;
    }
    let metric = measured.metric;
    match spec.chart(metric) {
        ChartKind::Funnel => spec.by.iter().find_map(|by| funnel::figure(subject, measured, measured.by(by)?)),
        ChartKind::HeatMap => spec
            .by
            .iter()
            .find_map(|by| heat_map::figure(subject, measured, measured.by(by)?))
            .or_else(|| one(subject, measured, statements)),
        ChartKind::Process => process::figure(subject, &[measured]),
        ChartKind::Survival => survival::figure(subject, measured, evidence.cases(&metric.name)?)
            .or_else(|| one(subject, measured, statements)),
        kind if kind == metric.chart => one(subject, measured, statements),
        kind => plain(kind, subject, measured, statements),
    }
}

fn is_silent(measured: &Measured) -> bool {
    measured.total.rows.iter().all(|row| row.n == 0)
}

/// The figure of a metric as a whole; none where nothing happened in all of its history.
pub fn one(subject: &Subject, measured: &Measured, statements: &Statements) -> Option<Figure> {
    if is_silent(measured) {
        return None;
    }
    plain(measured.metric.chart, subject, measured, statements)
}

/// A figure that needs nothing but the metric's own result.
fn plain(kind: ChartKind, subject: &Subject, measured: &Measured, statements: &Statements) -> Option<Figure> {
    match kind {
        ChartKind::Bars => Some(timeline(subject, measured, Form::Bars, statements)),
        ChartKind::Rate => Some(timeline(subject, measured, Form::Rate, statements)),
        ChartKind::Ribbon | ChartKind::Survival => Some(timeline(subject, measured, Form::Ribbon, statements)),
        ChartKind::Distribution | ChartKind::HeatMap => Some(distribution::figure(subject, measured)),
        ChartKind::Process => process::figure(subject, &[measured]),
        ChartKind::TimeToEvent => Some(time_to_event::figure(subject, measured)),
        ChartKind::Waterfall => waterfall::figure(subject, measured),
        ChartKind::Calendar | ChartKind::Funnel | ChartKind::Story | ChartKind::None => None,
    }
}

/// A figure with what all figures of a metric have in common; its rows are those since `since`.
fn framed(subject: &Subject, metric: &Metric, chart: Chart, since: NaiveDate) -> Figure {
    let command = match metric.aggregate.is_table() {
        true => format!("shipwake metric {}{}", metric.name, scope(subject, since)),
        false => command_since(subject, metric, since),
    };
    Figure {
        id: super::anchor(&metric.name),
        metric: metric.name.clone(),
        title: metric.title.clone(),
        subtitle: String::new(),
        description: String::new(),
        chart,
        text: Vec::new(),
        caveat: metric.caveat.clone(),
        table: DataTable { caption: metric.title.clone(), columns: Vec::new(), rows: Vec::new(), rows_left_out: 0 },
        query: metric.statement.origin.clone(),
        command,
    }
}

/// "May 2025 to October 2026".
fn span(subject: &Subject, from: NaiveDate) -> String {
    let calendar = &subject.context.calendar;
    let (since, until) =
        (calendar.label(from, subject.period.grain), calendar.label(subject.period.start, subject.period.grain));
    if since == until { since } else { format!("{since} to {until}") }
}

fn timeline(subject: &Subject, measured: &Measured, form: Form, statements: &Statements) -> Figure {
    let metric = measured.metric;
    let rows = measured.shown(&measured.total.rows);
    let (series, band_label) = banded(&measured.total, metric.title.as_str(), &rows);
    let label = subject.context.calendar.label(subject.period.start, subject.period.grain);
    let now = measured.at(subject.period.start);
    let held = statements.of_series(&metric.name, &[], &[]);
    let mut text = Vec::new();
    if let Some(row) = now {
        text.push(format!("{}: {}.", words::capitalised(&label), sentence(metric, &measured.total, row)));
    }
    if held.is_none() && statements.was_trend_tested(&metric.name, &[], &[]) {
        text.push("No detectable change over these periods.".into());
    }
    if let Some(held) = held.filter(|held| !held.precision.is_empty()) {
        text.push(format!("{}.", held.precision));
    }
    if rows.iter().any(|row| row.is_partial) {
        text.push("Hollow points are unfinished or too young to judge.".into());
    }
    text.extend(benchmark(subject, measured, now.and_then(|row| row.value)));
    let chart = Timeline {
        form,
        unit: metric.unit,
        series,
        marks: Vec::new(),
        focus: Some(subject.period.start),
        band_label: band_label.clone(),
    };
    Figure {
        title: held.map_or_else(|| metric.title.clone(), |held| held.text.clone()),
        subtitle: subtitle(subject, metric, &band_label),
        description: description(subject, metric, &rows),
        text,
        table: table(subject, metric, &measured.total, &rows),
        ..framed(subject, metric, Chart::Timeline(chart), subject.period.start)
    }
}

/// Groups as small charts on one scale, worst first; none of fewer than two.
pub fn multiples(
    subject: &Subject,
    measured: &Measured,
    result: &MetricResult,
    statements: &Statements,
) -> Option<Figure> {
    let metric = measured.metric;
    let mut groups = result.groups();
    groups.retain(|group| result.series(group).any(|row| row.n > 0));
    if groups.len() < 2 {
        return None;
    }
    let all = groups.len();
    let latest = |group: &Vec<Option<String>>| {
        result
            .series(group)
            .filter(|row| !row.is_partial || row.period_start == subject.period.start)
            .filter_map(|row| row.value)
            .last()
    };
    // The one that needs attention stands first.
    groups.sort_by(|a, b| {
        let (a_value, b_value) = (latest(a).unwrap_or(f64::NAN), latest(b).unwrap_or(f64::NAN));
        let worst_first = match metric.better {
            Better::Higher => a_value.total_cmp(&b_value),
            _ => b_value.total_cmp(&a_value),
        };
        a_value.is_nan().cmp(&b_value.is_nan()).then(worst_first).then_with(|| a.cmp(b))
    });
    groups.truncate(MOST_MULTIPLES);
    let name = |group: &[Option<String>]| {
        group.iter().map(|value| value.as_deref().unwrap_or("(none)")).collect::<Vec<_>>().join(", ")
    };
    let series: Vec<Series> =
        groups.iter().map(|group| banded(result, &name(group), &measured.shown(result.series(group))).0).collect();
    let by = result.by.join(" and ");
    let mut text: Vec<String> = groups
        .iter()
        .filter_map(|group| statements.of_series(&metric.name, &result.by, group))
        .map(|held| format!("{}.", held.text))
        .collect();
    let title = match text.len() {
        0 => format!("{} by {by}", metric.title),
        _ => text.remove(0).trim_end_matches('.').to_owned(),
    };
    if all > groups.len() {
        text.push(format!("The first {} of {all} in this order are drawn; the table has these.", groups.len()));
    }
    let rows = measured.shown(groups.iter().flat_map(|group| result.series(group)));
    Some(Figure {
        id: format!("{}-by-{}", super::anchor(&metric.name), result.by.join("-")),
        metric: metric.name.clone(),
        title,
        subtitle: format!(
            "{} by {by}, all on one scale, worst of {} first",
            metric.title,
            subject.context.calendar.label(subject.period.start, subject.period.grain)
        ),
        description: format!("{} small charts of {} by {by}.", groups.len(), metric.title.to_lowercase()),
        chart: Chart::Multiples(Multiples {
            form: form(metric),
            unit: metric.unit,
            series,
            focus: Some(subject.period.start),
        }),
        text,
        caveat: String::new(),
        table: table(subject, metric, result, &rows),
        query: metric.statement.origin.clone(),
        command: format!("{} --by {}", compute_command(subject, metric), result.by.join(",")),
    })
}

fn form(metric: &Metric) -> Form {
    match metric.chart {
        ChartKind::Bars => Form::Bars,
        ChartKind::Ribbon => Form::Ribbon,
        _ => Form::Rate,
    }
}

/// The series with what its band means: the middle half of durations, the interval of everything else.
fn banded(result: &MetricResult, name: &str, rows: &[&Row]) -> (Series, String) {
    let mut series = cards::series(name, rows.iter().copied());
    // The t interval of a mean count may reach below nought, where no count can lie.
    let can_be_negative = rows.iter().any(|row| row.value.is_some_and(|value| value < 0.0));
    for point in series.points.iter_mut().filter(|_| !can_be_negative) {
        point.low = point.low.map(|low| low.max(0.0));
    }
    if !result.own_columns.contains(&"p25") {
        return (series, format!("{}\u{202f}% interval", LEVEL * 100.0));
    }
    for (point, row) in series.points.iter_mut().zip(rows) {
        point.low = result.own(row, "p25");
        point.high = result.own(row, "p75");
    }
    (series, "middle half".into())
}

fn subtitle(subject: &Subject, metric: &Metric, band_label: &str) -> String {
    let calendar = &subject.context.calendar;
    let mut parts = vec![format!("{} by {}", metric.title, subject.period.grain)];
    if !metric.unit.caption().is_empty() {
        parts.push(metric.unit.caption().to_owned());
    }
    parts.push(format!("to {}", calendar.label(subject.period.start, subject.period.grain)));
    if metric.chart != ChartKind::Bars {
        parts.push(format!("band: {band_label}"));
    }
    parts.join(", ")
}

fn description(subject: &Subject, metric: &Metric, rows: &[&Row]) -> String {
    let known: Vec<&&Row> = rows.iter().filter(|row| row.value.is_some()).collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return format!("{}: no data for these periods.", metric.title);
    };
    let calendar = &subject.context.calendar;
    let told = |row: &Row| {
        format!(
            "{} in {}",
            metric.unit.format_option(row.value),
            calendar.label(row.period_start, subject.period.grain)
        )
    };
    format!("{}: from {} to {}.", metric.title, told(first), told(last))
}

fn sentence(metric: &Metric, result: &MetricResult, row: &Row) -> String {
    let basis = words::basis(metric, result, row);
    let interval = words::interval(metric, row);
    let value = match row.value {
        Some(value) => metric.unit.format(value),
        None => return basis,
    };
    let caption = if metric.unit.caption().is_empty() { String::new() } else { format!(" {}", metric.unit.caption()) };
    let parts = [interval, words::beside_interval(result, row), basis];
    let inner = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
    format!("{value}{caption} ({inner})")
}

fn benchmark(subject: &Subject, measured: &Measured, value: Option<f64>) -> Option<String> {
    let bands = subject.catalogue.bands.get(measured.metric.bands.as_ref()?)?;
    let edition = bands.newest()?;
    if let Some(per) = &bands.per {
        return Some(format!("DORA's clusters of {} speak of one {per}; the whole is not compared.", edition.year));
    }
    let place = edition.place(value?, measured.metric.better != Better::Higher);
    Some(format!("Among DORA's clusters of {}: {place}. {} Source: {}.", edition.year, edition.note, edition.source))
}

/// The same numbers as a table: periods, n, value, interval, and the aggregate's own columns.
fn table(subject: &Subject, metric: &Metric, result: &MetricResult, rows: &[&Row]) -> DataTable {
    let mut heads: Vec<(String, bool)> = result.by.iter().map(|name| (name.clone(), false)).collect();
    heads.push((subject.period.grain.name().to_owned(), false));
    heads.push(("n".into(), true));
    heads.push(("value".into(), true));
    heads.push(("low".into(), true));
    heads.push(("high".into(), true));
    // The median stands under value already; groups show what all metrics have in common.
    let is_shown = |name: &str| result.by.is_empty() && name != "p50";
    let shown = result.own_columns.iter().filter(|name| is_shown(name));
    heads.extend(shown.map(|name| (name.replace('_', " "), true)));
    let calendar = &subject.context.calendar;
    let cells = |row: &&Row| {
        let mut cells: Vec<String> =
            row.dimensions.iter().map(|value| value.clone().unwrap_or_else(|| "(none)".into())).collect();
        let partial = if row.is_partial { " (partial)" } else { "" };
        cells.push(format!("{}{partial}", calendar.label(row.period_start, subject.period.grain)));
        cells.push(Unit::Count.format(row.n as f64));
        cells.extend([row.value, row.low, row.high].map(|value| metric.unit.format_option(value)));
        let own = result.own_columns.iter().zip(&row.own).filter(|(name, _)| is_shown(name));
        cells.extend(own.map(|(name, value)| own_cell(metric, name, *value)));
        cells
    };
    DataTable {
        caption: metric.title.clone(),
        columns: heads.into_iter().map(|(title, is_number)| Column { title, is_number }).collect(),
        rows: rows.iter().map(cells).collect(),
        rows_left_out: 0,
    }
}

fn own_cell(metric: &Metric, name: &str, value: Option<f64>) -> String {
    let unit = if name.starts_with('p') { metric.unit } else { Unit::Count };
    unit.format_option(value)
}

pub fn columns(heads: &[(&str, bool)]) -> Vec<Column> {
    heads.iter().map(|(title, is_number)| Column { title: (*title).to_owned(), is_number: *is_number }).collect()
}

/// The command that lists the rows behind a figure.
fn command_since(subject: &Subject, metric: &Metric, from: NaiveDate) -> String {
    format!("shipwake explain {} --rows{}", metric.name, scope(subject, from))
}

fn compute_command(subject: &Subject, metric: &Metric) -> String {
    format!("shipwake metric {}{}", metric.name, scope(subject, subject.period.start))
}

fn scope(subject: &Subject, from: NaiveDate) -> String {
    let options = if subject.options.is_empty() { String::new() } else { format!(" {}", subject.options) };
    format!(" --from {from} --until {}{options}", subject.period.end)
}
