//! What a chart is told: series, units, limits and words, never a metric or a table.

use chrono::NaiveDate;
use serde::Serialize;

use crate::unit::Unit;

/// One period of a series. `None` is "not known" and draws a gap, never zero.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// First day of the period.
    pub at: NaiveDate,
    pub value: Option<f64>,
    /// Lower end of the interval of `value`, or the lower edge of its band.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Events behind the value.
    pub n: u64,
    /// The period is unfinished or too young to judge: drawn hollow.
    pub is_partial: bool,
}

/// A named run of points in time order, one per period, gaps included.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    pub name: String,
    pub points: Vec<Point>,
}

/// A thin labelled line: a target, a benchmark, a control limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mark {
    pub label: String,
    pub value: f64,
    /// Control limits are dashed, targets are solid.
    pub is_dashed: bool,
}

/// How a series over time is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Bars from zero: counts and frequencies.
    Bars,
    /// A line with its interval as whiskers or a light band: rates and ratios, 0 at the bottom.
    Rate,
    /// A line (median) with a ribbon from `low` to `high` on a human time axis: durations.
    Ribbon,
}

/// Values over time, for one series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timeline {
    pub form: Form,
    pub unit: Unit,
    pub series: Series,
    pub marks: Vec<Mark>,
    /// The period that the report is about, drawn with emphasis.
    pub focus: Option<NaiveDate>,
    /// What `low`..`high` is, for the reader: "95 % interval", "half of all changes".
    pub band_label: String,
}

/// The same timeline for several groups on one shared y scale, in the order given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Multiples {
    pub form: Form,
    pub unit: Unit,
    pub series: Vec<Series>,
    pub focus: Option<NaiveDate>,
}

/// One bar of a distribution or ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    pub label: String,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub n: u64,
    /// The one bar that carries the finding.
    pub is_highlighted: bool,
}

/// Labelled horizontal bars: time since deployment, stages of lead time, a share by rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bars {
    pub unit: Unit,
    pub bars: Vec<Bar>,
    pub marks: Vec<Mark>,
}

/// Any chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Chart {
    Timeline(Timeline),
    Multiples(Multiples),
    Bars(Bars),
    /// A word-sized line without axes, its last point marked.
    Sparkline {
        unit: Unit,
        series: Series,
    },
}
