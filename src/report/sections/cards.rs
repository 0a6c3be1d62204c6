//! Headline numbers: value, interval, basis, change, trend, benchmark, sparkline.

use crate::chart::{Chart, Point, Series};
use crate::metric::{Better, MetricResult, Row};
use crate::report::blocks::{Block, Card};
use crate::report::definition::SectionSpec;
use crate::report::evidence::{Evidence, Measured};
use crate::report::statements::{Statements, What};
use crate::report::{Subject, trend, words};
use crate::unit::{UNKNOWN, Unit};

pub fn blocks(spec: &SectionSpec, subject: &Subject, evidence: &Evidence, statements: &Statements) -> Vec<Block> {
    of(&spec.metrics, subject, evidence, statements)
}

/// One block of cards; none without any metric.
pub fn of(metrics: &[String], subject: &Subject, evidence: &Evidence, statements: &Statements) -> Vec<Block> {
    let cards: Vec<Card> = metrics
        .iter()
        .filter_map(|name| evidence.get(name))
        .map(|measured| card(subject, measured, statements))
        .collect();
    if cards.is_empty() { Vec::new() } else { vec![Block::Cards { cards }] }
}

fn card(subject: &Subject, measured: &Measured, statements: &Statements) -> Card {
    let metric = measured.metric;
    let mut card = Card {
        metric: metric.name.clone(),
        title: metric.title.clone(),
        value: UNKNOWN.to_owned(),
        unit: String::new(),
        interval: String::new(),
        basis: String::new(),
        counts: String::new(),
        change: None,
        trend: String::new(),
        band: String::new(),
        missing: None,
        spark: None,
        spark_range: String::new(),
        anchor: super::anchor(&metric.name),
    };
    if let Some(reason) = &measured.total.not_measured {
        card.missing = Some(format!("Not measured: {reason}"));
        card.anchor = String::new();
        return card;
    }
    let calendar = &subject.context.calendar;
    let Some(row) = measured.at(subject.period.start) else {
        card.missing = Some("No data for this period".into());
        return card;
    };
    card.basis = words::basis(metric, &measured.total, row);
    card.counts = words::counts(subject, metric);
    match row.value {
        Some(value) => {
            card.value = metric.unit.format(value);
            card.unit = unit_words(&measured.total, metric.unit);
            let parts = [words::interval(metric, row), words::beside_interval(&measured.total, row)];
            card.interval = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
            card.band = band(subject, measured, (value, row.n));
        }
        None if measured.total.own_columns.contains(&"open_count") && row.n > 0 => {
            card.missing = Some("Half of the cases or more are still open".into());
        }
        None if row.n > 0 => card.missing = Some(format!("Not known of the {} {}", row.n, metric.events)),
        None => card.missing = Some(format!("No {} in this period", metric.events)),
    }
    let before = calendar.step(subject.period.start, subject.period.grain, -1);
    if let Some(earlier) = measured.at(before) {
        card.change = words::change(subject, metric, (row, earlier), statements);
    }
    card.trend = trend_words(subject, measured, statements);
    let series = series(&metric.title, measured.shown(&measured.total.rows));
    card.spark_range = range(metric.unit, &series);
    card.spark = Some(Chart::Sparkline { unit: metric.unit, series });
    card
}

/// "median", "mean", "per week": what the number is, besides its unit.
fn unit_words(result: &MetricResult, unit: Unit) -> String {
    let has = |column: &str| result.own_columns.contains(&column);
    if has("p50") || has("open_count") {
        return "median".to_owned();
    }
    if has("sum") {
        return "mean".to_owned();
    }
    unit.caption().to_owned()
}

/// Fewer events than this place nobody among published clusters.
const FEWEST_TO_PLACE: u64 = 10;

fn band(subject: &Subject, measured: &Measured, (value, n): (f64, u64)) -> String {
    let bands = measured.metric.bands.as_ref().and_then(|name| subject.catalogue.bands.get(name));
    // Published clusters of one service say nothing about the sum of many.
    let Some(edition) = bands.filter(|bands| bands.per.is_none()).and_then(|bands| bands.newest()) else {
        return String::new();
    };
    if n < FEWEST_TO_PLACE {
        return format!("too few to place (DORA {})", edition.year);
    }
    format!("{} (DORA {})", edition.place(value, measured.metric.better != Better::Higher), edition.year)
}

fn trend_words(subject: &Subject, measured: &Measured, statements: &Statements) -> String {
    if let Some(held) = statements.of_series(&measured.metric.name, &[], &[]).filter(|held| held.what != What::Signal) {
        return held.text.clone();
    }
    let rows: Vec<&Row> = measured.total.rows.iter().collect();
    let points = trend::judged(&rows, measured.total.is_count).len();
    let grain = subject.period.grain;
    if statements.was_trend_tested(&measured.metric.name, &[], &[]) {
        format!("No detectable trend over {points} {grain}s")
    } else {
        format!("Too few {grain}s to speak of a trend ({points})")
    }
}

/// A result's rows as a series to draw, with the interval as the band.
pub fn series<'r>(name: &str, rows: impl IntoIterator<Item = &'r Row>) -> Series {
    let point = |row: &Row| Point {
        at: row.period_start,
        value: row.value,
        low: row.low,
        high: row.high,
        n: row.n,
        is_partial: row.is_partial,
    };
    Series { name: name.to_owned(), points: rows.into_iter().map(point).collect() }
}

fn range(unit: Unit, series: &Series) -> String {
    let values = || series.points.iter().filter_map(|point| point.value);
    let (Some(low), Some(high)) = (values().reduce(f64::min), values().reduce(f64::max)) else {
        return String::new();
    };
    let (low, high) = (unit.format(low), unit.format(high));
    match values().count() {
        1 => String::new(),
        _ if low == high => format!("{low} throughout"),
        _ => format!("{low} to {high}"),
    }
}
