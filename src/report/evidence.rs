//! All numbers of a report, computed once: every metric with all groupings that any section asks for.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::engine::Answer;
use crate::metric::{self, ChartKind, Metric, MetricResult, Request, Row};
use crate::period::Grain;

use super::controls::{self, Finding};
use super::definition::{Definition, SectionSpec};
use super::numbers::{Listing, Measure};
use super::{BuildError, Subject};

/// Results by metric.
#[derive(Default)]
pub struct Evidence<'a> {
    pub(super) measured: BTreeMap<&'a str, Measured<'a>>,
    /// Lists of cases that the report asks for, with their rows where they could be measured.
    pub(super) tables: BTreeMap<&'a str, (&'a Metric, Option<Answer>)>,
    /// Of an evidence package: what was found of each control.
    pub controls: Vec<Finding<'a>>,
    /// Cases of the metrics whose curve is drawn, over the periods that figures draw.
    cases: BTreeMap<&'a str, Answer>,
}

/// One metric over the report's history, as a whole and by groups.
pub struct Measured<'a> {
    pub metric: &'a Metric,
    pub total: MetricResult,
    pub(super) groups: BTreeMap<Vec<String>, MetricResult>,
    pub history: (NaiveDate, NaiveDate),
    /// First period that figures draw.
    pub shown_from: NaiveDate,
}

impl<'a> Evidence<'a> {
    /// # Errors
    /// Where a metric does not exist or its query fails.
    pub fn gather(definition: &Definition, subject: &Subject<'a>) -> Result<Self, BuildError> {
        let mut wanted: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
        for section in &definition.sections {
            let compared = section.compare.iter().map(|comparison| (&comparison.metrics, &comparison.by));
            let lists = [&section.metrics, &section.cards, &section.tables].map(|metrics| (metrics, &section.by));
            let pages: Vec<Vec<String>> = section.on.iter().filter_map(|page| page.groups()).collect();
            let on_pages = (&section.metrics, &pages);
            for (metrics, by) in compared.chain(lists).chain([on_pages]) {
                for name in metrics {
                    let metric = definition.metric(subject.catalogue, name)?;
                    wanted.entry(metric.name.as_str()).or_default().extend(by.iter().cloned());
                }
            }
        }
        for name in definition.evidence.iter().chain(&definition.rules) {
            wanted.entry(definition.metric(subject.catalogue, name)?.name.as_str()).or_default();
        }
        let from = start(subject, definition.history);
        let shown_from = start(subject, definition.shown);
        let (mut asked, mut tables) = (Vec::new(), Vec::new());
        subject.context.engine.prepare(&wanted.keys().copied().collect::<Vec<_>>());
        for (name, mut groupings) in wanted {
            let metric = subject.catalogue.metric(name)?;
            if metric.aggregate.is_table() {
                tables.push(metric);
                continue;
            }
            groupings.push(Vec::new());
            groupings.sort();
            groupings.dedup();
            // A grouping by a column that the metric lacks is left out: not every metric knows teams.
            let columns = subject.context.engine.columns(name)?;
            groupings.retain(|by| by.iter().all(|column| columns.field_with_name(column).is_ok()));
            let (grain, until) = (subject.period.grain, subject.period.end);
            asked.push((metric, Request { grain, from, until, groupings, filter: None }));
        }
        let mut measured = BTreeMap::new();
        let results = metric::compute(subject.context, &asked);
        for ((metric, request), results) in asked.iter().zip(results) {
            let mut groups: BTreeMap<Vec<String>, MetricResult> =
                request.groupings.iter().cloned().zip(results?).collect();
            let Some(total) = groups.remove(&Vec::new()) else {
                continue;
            };
            let history = (request.from, request.until);
            measured.insert(metric.name.as_str(), Measured { metric, total, groups, history, shown_from });
        }
        let controls = match &subject.package {
            Some(package) => controls::findings(package.controls, subject)?,
            None => Vec::new(),
        };
        let curves = measured.values().filter(|measured| is_curve(definition, measured)).map(|found| found.metric);
        let cases = cases(subject, curves.collect(), shown_from)?;
        Ok(Self { measured, tables: listed(subject, tables, shown_from)?, cases, controls })
    }

    /// Of results that were computed elsewhere: for each metric its whole, and the same by groups.
    ///
    /// `history` is the first day of the first period, and the first day after the last.
    pub fn of(
        results: impl IntoIterator<Item = (&'a Metric, MetricResult, Vec<MetricResult>)>,
        history: (NaiveDate, NaiveDate),
    ) -> Self {
        let measured = results.into_iter().map(|(metric, total, groups)| {
            let groups = groups.into_iter().map(|result| (result.by.clone(), result)).collect();
            (metric.name.as_str(), Measured { metric, total, groups, history, shown_from: history.0 })
        });
        Self { measured: measured.collect(), tables: BTreeMap::new(), cases: BTreeMap::new(), controls: Vec::new() }
    }

    /// The same numbers without the catalogue behind them: metrics and lists of cases, sorted by name.
    pub fn numbers(&self, subject: &Subject) -> (Vec<Measure>, Vec<Listing>) {
        let measures = self.measured.values().map(|measured| {
            let groups = measured.groups.values().cloned().collect();
            Measure::new(subject, measured.metric, measured.total.clone(), groups)
        });
        let lists = self.tables.values().filter_map(|(metric, answer)| {
            let (name, title) = (metric.name.clone(), metric.title.clone());
            Some(Listing { name, title, answer: answer.clone()?, rows_left_out: 0 })
        });
        (measures.collect(), lists.collect())
    }

    pub fn get(&self, name: &str) -> Option<&Measured<'a>> {
        self.measured.get(name)
    }

    /// The lists of cases that the report asks for, sorted by name.
    pub fn tables(&self) -> impl Iterator<Item = &'a Metric> {
        self.tables.values().map(|(metric, _)| *metric)
    }

    /// The rows of a list of cases in the report's period; none where it could not be measured.
    pub fn rows(&self, name: &str) -> Option<(&'a Metric, &Answer)> {
        let (metric, answer) = self.tables.get(name)?;
        Some((*metric, answer.as_ref()?))
    }

    /// What the aggregate of a metric takes of each event, where its curve is drawn.
    pub fn cases(&self, name: &str) -> Option<&Answer> {
        self.cases.get(name)
    }

    /// All metrics of the report, sorted by name.
    pub fn all(&self) -> impl Iterator<Item = &Measured<'a>> {
        self.measured.values()
    }
}

/// Whether any section draws a metric as a curve of its cases, and it has any.
fn is_curve(definition: &Definition, measured: &Measured) -> bool {
    let name = &measured.metric.name;
    let is_asked =
        |section: &SectionSpec| section.metrics.contains(name) && section.chart(measured.metric) == ChartKind::Survival;
    measured.total.not_measured.is_none()
        && measured.total.own_columns.contains(&"open_count")
        && definition.sections.iter().any(is_asked)
}

fn cases<'a>(
    subject: &Subject<'a>,
    metrics: Vec<&'a Metric>,
    from: NaiveDate,
) -> Result<BTreeMap<&'a str, Answer>, BuildError> {
    let request = Request { from, ..of_period(subject) };
    let statements: Result<Vec<_>, _> =
        metrics.iter().map(|metric| metric::cases(subject.context, metric, &request)).collect();
    let answers = subject.context.engine.run_all(&statements?);
    let named = metrics.into_iter().zip(answers).map(|(metric, answer)| Ok((metric.name.as_str(), answer?)));
    named.collect()
}

/// The reported period as a whole.
fn of_period(subject: &Subject) -> Request {
    Request {
        grain: subject.period.grain,
        from: subject.period.start,
        until: subject.period.end,
        groupings: Vec::new(),
        filter: None,
    }
}

/// The rows of all lists of cases, asked for at once; a list without a time gives all its rows.
///
/// A calendar shows all periods that figures draw, every other list the reported one.
fn listed<'a>(
    subject: &Subject<'a>,
    tables: Vec<&'a Metric>,
    shown_from: NaiveDate,
) -> Result<BTreeMap<&'a str, (&'a Metric, Option<Answer>)>, BuildError> {
    let context = subject.context;
    let request = |metric: &Metric| match metric.chart {
        ChartKind::Calendar => Request { from: shown_from, ..of_period(subject) },
        _ => of_period(subject),
    };
    let (ready, lacking): (Vec<&Metric>, Vec<&Metric>) =
        tables.into_iter().partition(|metric| metric::missing(metric, context.given).is_none());
    let statements =
        ready.iter().map(|metric| metric::events(context, metric, &request(metric))).collect::<Result<Vec<_>, _>>()?;
    let mut listed: BTreeMap<&str, (&Metric, Option<Answer>)> =
        lacking.into_iter().map(|metric| (metric.name.as_str(), (metric, None))).collect();
    for (metric, answer) in ready.into_iter().zip(context.engine.run_all(&statements)) {
        listed.insert(metric.name.as_str(), (metric, Some(answer?)));
    }
    Ok(listed)
}

/// The first of the last `periods` periods, but none before the data begins.
fn start(subject: &Subject, periods: u32) -> NaiveDate {
    let calendar = &subject.context.calendar;
    let (start, grain) = (subject.period.start, subject.period.grain);
    if grain == Grain::Total {
        return start;
    }
    let back = i32::try_from(periods.saturating_sub(1)).unwrap_or(0);
    let from = calendar.step(start, grain, -back);
    match subject.context.data_from {
        Some(data_from) => from.max(calendar.start_of(calendar.date(data_from), grain)).min(start),
        None => start,
    }
}

impl Measured<'_> {
    /// The result grouped by `by`, where it was asked for and exists.
    pub fn by(&self, by: &[String]) -> Option<&MetricResult> {
        self.groups.get(by)
    }

    /// The rows that figures draw.
    pub fn shown<'r>(&self, rows: impl IntoIterator<Item = &'r Row>) -> Vec<&'r Row> {
        rows.into_iter().filter(|row| row.period_start >= self.shown_from).collect()
    }

    /// The row of the whole in the period that begins on `start`.
    pub fn at(&self, start: NaiveDate) -> Option<&Row> {
        self.total.rows.iter().find(|row| row.period_start == start && row.dimensions.is_empty())
    }

    /// Whether the metric always comes in groups of its own.
    pub fn is_grouped(&self) -> bool {
        self.metric.by.is_some()
    }
}

/// Numerator and denominator of a rate over several rows.
pub fn pooled<'r>(result: &MetricResult, rows: impl IntoIterator<Item = &'r Row>) -> (u64, u64) {
    let mut sum = (0, 0);
    for row in rows {
        sum.0 += result.own(row, "numerator").unwrap_or(0.0) as u64;
        sum.1 += result.own(row, "denominator").unwrap_or(0.0) as u64;
    }
    sum
}
