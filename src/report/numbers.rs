//! The numbers behind a report's words, for sinks that hand numbers on: workbooks, tables, monitoring.
//!
//! They are those that the report was written from; nothing is computed a second time. Only the events themselves are
//! asked for on top, by [`raw_rows`], and only where a sink wants them. JSON does not carry this.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::engine::{Answer, Statement};
use crate::metric::{self, Better, ChartKind, Context, Metric, MetricResult, Request, Row};
use crate::period::{Calendar, Grain, Period};
use crate::unit::Unit;

use super::{BuildError, Subject};

/// Fewer than the 1 048 576 rows of a sheet, so that every form holds the same rows.
pub const MOST_RAW_ROWS: u64 = 1_000_000;

/// Events that a reader may want to see.
const RAW: &[Raw] = &[
    Raw { name: "deployments", view: "judged_deployments", at: "finished_at", key: "deployment_id" },
    Raw { name: "incidents", view: "judged_incidents", at: "opened_at", key: "incident_id" },
];

struct Raw {
    /// Of the file or sheet, and of the table without which there are none.
    name: &'static str,
    view: &'static str,
    at: &'static str,
    key: &'static str,
}

/// Everything measured for a report, with what it takes to tell it apart from another run.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// Microseconds UTC.
    pub as_of: i64,
    pub calendar: Calendar,
    pub period: Period,
    /// "October 2026", "October 2026, so far".
    pub period_label: String,
    pub profile: String,
    pub definitions_hash: String,
    /// The definitions as (key, value), as they stand in `shipwake.toml`.
    pub definitions: Vec<(String, String)>,
    /// SHA-256 over the canonical rows.
    pub fingerprint: String,
    /// The last event known, microseconds UTC.
    pub data_until: Option<i64>,
    /// Sorted by name.
    pub measures: Vec<Measure>,
    /// Lists of cases, sorted by name.
    pub lists: Vec<Listing>,
    /// The events of the period; empty unless [`raw_rows`] filled it.
    pub rows: Vec<Listing>,
}

/// One metric over the report's history: what it is, the whole, and the same by groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    pub metric: String,
    pub title: String,
    pub question: String,
    pub caveat: String,
    pub unit: Unit,
    pub better: Better,
    pub chart: ChartKind,
    /// What one event is, in the plural.
    pub events: String,
    /// The aggregate as it was called: `rate(is_failed)`.
    pub computed_as: String,
    /// File of the statement.
    pub query: String,
    pub total: MetricResult,
    pub groups: Vec<MetricResult>,
}

/// Rows with a name.
#[derive(Debug, Clone)]
pub struct Listing {
    /// `failed_deployments`; unique in a report.
    pub name: String,
    pub title: String,
    pub answer: Answer,
    /// Rows that there are beyond those listed.
    pub rows_left_out: u64,
}

impl PartialEq for Listing {
    fn eq(&self, other: &Self) -> bool {
        let same_rows = self.answer.schema == other.answer.schema && self.answer.batches == other.answer.batches;
        same_rows && (&self.name, &self.title, self.rows_left_out) == (&other.name, &other.title, other.rows_left_out)
    }
}

impl Default for Numbers {
    /// Nothing was measured.
    fn default() -> Self {
        let day = NaiveDate::default();
        Self {
            as_of: 0,
            calendar: Calendar::default(),
            period: Period { grain: Grain::Total, start: day, end: day },
            period_label: String::new(),
            profile: String::new(),
            definitions_hash: String::new(),
            definitions: Vec::new(),
            fingerprint: String::new(),
            data_until: None,
            measures: Vec::new(),
            lists: Vec::new(),
            rows: Vec::new(),
        }
    }
}

impl Numbers {
    /// What a subject says of itself; measures are added by who has them.
    pub fn of(subject: &Subject, period_label: String) -> Self {
        Self {
            as_of: subject.context.as_of,
            calendar: subject.context.calendar,
            period: subject.period,
            period_label,
            profile: subject.profile.to_owned(),
            definitions_hash: subject.definitions_hash.to_owned(),
            definitions: subject.definitions.clone(),
            fingerprint: subject.fingerprint.to_owned(),
            data_until: subject.data_until,
            ..Self::default()
        }
    }

    /// The moment of the report as its zone tells it; the epoch where the moment is out of range.
    pub fn local_as_of(&self) -> NaiveDateTime {
        self.local(self.as_of).unwrap_or_default()
    }

    /// An instant in microseconds UTC as the report's zone tells it.
    pub fn local(&self, micros: i64) -> Option<NaiveDateTime> {
        Some(DateTime::from_timestamp_micros(micros)?.with_timezone(&self.calendar.zone).naive_local())
    }

    /// The metric of that name.
    pub fn measure(&self, metric: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.metric == metric)
    }

    /// The whole of a metric in the report's period.
    pub fn current<'a>(&self, measure: &'a Measure) -> Option<&'a Row> {
        measure.total.rows.iter().find(|row| row.period_start == self.period.start && row.dimensions.is_empty())
    }
}

impl Measure {
    /// `metric` as the definitions call it, with its results.
    pub fn new(subject: &Subject, metric: &Metric, total: MetricResult, groups: Vec<MetricResult>) -> Self {
        let call = metric::called(metric, subject.context.definitions).unwrap_or_else(|_| metric.aggregate.clone());
        Self {
            metric: metric.name.clone(),
            title: metric.title.clone(),
            question: metric.question.clone(),
            caveat: metric.caveat.clone(),
            unit: metric.unit,
            better: metric.better,
            chart: metric.chart,
            events: metric.events.clone(),
            computed_as: format!("{}({})", call.name, call.arguments.join(", ")),
            query: metric.statement.origin.clone(),
            total,
            groups,
        }
    }

    /// The whole first, then each grouping.
    pub fn results(&self) -> impl Iterator<Item = &MetricResult> {
        std::iter::once(&self.total).chain(&self.groups)
    }
}

/// The deployments and incidents of the report's period as they were judged, in order of time.
///
/// # Errors
/// Where a query fails.
pub fn raw_rows(subject: &Subject) -> Result<Vec<Listing>, BuildError> {
    let context = subject.context;
    let mut listings = Vec::new();
    for raw in given(context) {
        let answer = context.engine.run(&listing(context, subject.period, raw))?;
        let listed = answer.row_count() as u64;
        let total = if listed < MOST_RAW_ROWS { listed } else { count(subject, raw)? };
        listings.push(Listing {
            name: raw.name.to_owned(),
            title: format!("All {} of the period, as they were judged", raw.name),
            answer,
            rows_left_out: total.saturating_sub(listed),
        });
    }
    Ok(listings)
}

/// The statements of [`raw_rows`].
pub(super) fn raw_statements(context: &Context, period: Period) -> Vec<Statement> {
    given(context).map(|raw| listing(context, period, raw)).collect()
}

fn given(context: &Context) -> impl Iterator<Item = &'static Raw> {
    RAW.iter().filter(|raw| context.given.contains(raw.name))
}

fn listing(context: &Context, period: Period, raw: &Raw) -> Statement {
    let Raw { name, view, at, key } = raw;
    let within = within(context, period, at);
    let text = format!("select * from {view}\nwhere {within}\norder by {at}, {key}\nlimit {MOST_RAW_ROWS}");
    Statement::once(name, &format!("rows of {view}"), text)
}

/// The condition that the instant `at` lies in the period, in SQL.
fn within(context: &Context, period: Period, at: &str) -> String {
    let (grain, from, until) = (period.grain, period.start, period.end);
    metric::within(context, at, &Request { grain, from, until, groupings: Vec::new(), filter: None })
}

fn count(subject: &Subject, Raw { view, at, .. }: &Raw) -> Result<u64, BuildError> {
    let within = within(subject.context, subject.period, at);
    let text = format!("select count(*) as row_count from {view}\nwhere {within}");
    let answer = subject.context.engine.run(&Statement::once(view, &format!("number of {view}"), text))?;
    let column = answer.batches.first().and_then(|batch| batch.columns().first());
    let first = column.and_then(|column| column.as_primitive_opt::<Int64Type>()?.iter().next().flatten());
    Ok(first.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}
