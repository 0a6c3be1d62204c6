//! What a chart is told: series, units, limits and words, never a metric or a table.

use chrono::{NaiveDate, NaiveDateTime};
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

/// Several measures over time, each with the limits of its own usual unrest (an XmR chart a panel).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Process {
    pub panels: Vec<ProcessPanel>,
}

/// One measure on a scale of its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProcessPanel {
    pub unit: Unit,
    pub series: Series,
    /// None where too few periods are finished to tell what is usual.
    pub limits: Option<ProcessLimits>,
    /// Periods at which a rule of the chart holds, in time order.
    pub signals: Vec<ProcessSignal>,
}

/// The centre line and the natural limits, in the unit of the series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ProcessLimits {
    pub center: f64,
    pub lower: f64,
    pub upper: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProcessSignal {
    /// First day of the period.
    pub at: NaiveDate,
    /// The rule in few words: "beyond limit".
    pub rule: String,
}

/// The share of cases that last longer than a time (Kaplan and Meier), on a logarithmic axis of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Survival {
    /// What the share is: "not yet restored".
    pub outcome: String,
    /// Downward steps in order of time; before the first the share is 1.
    pub steps: Vec<SurvivalStep>,
    /// Ages, in seconds, at which open cases were last seen; of very many some.
    pub censored_s: Vec<f64>,
    /// How many cases are open.
    pub open_count: u64,
    /// None where half of the cases or more are open.
    pub median_s: Option<f64>,
    /// The longest time that any case was watched.
    pub until_s: f64,
    pub n: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SurvivalStep {
    pub time_s: f64,
    /// Of those that last longer than `time_s`.
    pub share: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// Upright bars over classes in order, each with what chance alone would put there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Histogram {
    pub unit: Unit,
    pub buckets: Vec<Bucket>,
    /// What `expected` is: "if releases made no difference".
    pub expected_label: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bucket {
    pub label: String,
    pub value: f64,
    pub expected: Option<f64>,
}

/// A table of shades: one hue, darker for more, its numbers written in the cells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeatMap {
    pub unit: Unit,
    pub columns: Vec<String>,
    pub rows: Vec<HeatRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeatRow {
    pub label: String,
    /// One a column; none where nothing happened.
    pub cells: Vec<Option<HeatCell>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HeatCell {
    pub value: f64,
    /// Events behind the value.
    pub n: u64,
}

/// Shares against sizes, with the limits within which chance alone keeps them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Funnel {
    pub unit: Unit,
    /// What the size counts: "deployments".
    pub size_label: String,
    pub groups: Vec<FunnelGroup>,
    /// The share that all groups have together.
    pub target: f64,
    /// In order of size.
    pub limits: Vec<FunnelLimit>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelGroup {
    pub name: String,
    pub n: u64,
    pub value: f64,
    pub place: FunnelPlace,
}

/// Where a group lies among the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FunnelPlace {
    /// Within the limits that hold 95 of 100 groups of its size.
    Within,
    /// Outside those, within the limits that hold 998 of 1000.
    Near,
    Outside,
}

/// The limits for groups of one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FunnelLimit {
    pub n: u64,
    pub low_95: f64,
    pub high_95: f64,
    pub low_998: f64,
    pub high_998: f64,
}

/// Months below one another, a cell a day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calendar {
    /// Any day of the first and of the last month.
    pub from: NaiveDate,
    pub until: NaiveDate,
    /// Days on which something happened, in order.
    pub days: Vec<CalendarDay>,
    pub bands: Vec<CalendarBand>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalendarDay {
    pub on: NaiveDate,
    pub release_count: u64,
    pub incident_count: u64,
}

/// Days in a row with a name: a freeze.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalendarBand {
    pub name: String,
    pub from: NaiveDate,
    /// The last day, included.
    pub until: NaiveDate,
}

/// Parts that follow one another and add up to a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waterfall {
    pub unit: Unit,
    pub stages: Vec<WaterfallStage>,
    /// The name of the whole.
    pub total_label: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaterfallStage {
    pub label: String,
    pub value: f64,
    pub n: u64,
}

/// What happened around one incident: a lane a service, all on one axis of local time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    pub from: NaiveDateTime,
    pub until: NaiveDateTime,
    pub lanes: Vec<Lane>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lane {
    pub name: String,
    /// How it stands to the service of the incident: "depends on it"; may be empty.
    pub relation: String,
    /// In time order.
    pub moments: Vec<Moment>,
}

/// One thing that happened, or that lasted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moment {
    pub what: MomentKind,
    pub at: NaiveDateTime,
    /// The end of what lasted; none for an instant, and for an incident that is still open.
    pub until: Option<NaiveDateTime>,
    pub label: String,
    /// Belongs to the incident that is told, and is named.
    pub is_named: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MomentKind {
    Incident,
    Deployment,
    Rollback,
    Ticket,
}

/// Any chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Chart {
    Timeline(Timeline),
    Multiples(Multiples),
    Bars(Bars),
    Calendar(Calendar),
    Funnel(Funnel),
    HeatMap(HeatMap),
    Histogram(Histogram),
    Process(Process),
    Story(Story),
    Survival(Survival),
    Waterfall(Waterfall),
    /// A word-sized line without axes, its last point marked.
    Sparkline {
        unit: Unit,
        series: Series,
    },
}
