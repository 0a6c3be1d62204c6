//! All numbers of a report, computed once: every metric with all groupings that any section asks for.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::engine::Answer;
use crate::metric::{self, Catalogue, ChartKind, Context, Counting, Metric, MetricResult, Outcome, Request, Row};
use crate::period::{Grain, Period};

use super::controls::{self, Finding};
use super::definition::{Definition, SectionKind, SectionSpec};
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
    /// How many rows each check of the data found, where a section tells it.
    checks: Option<Vec<Outcome<'a>>>,
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
        let wanted = Wanted::of(definition, subject.catalogue, subject.context, subject.period)?;
        let shown_from = wanted.shown_from;
        let mut measured = BTreeMap::new();
        // Everything is asked for at once, so that no thread waits for the last answer of each kind.
        let is_measured = |(metric, _): &(&Metric, Request)| metric::missing(metric, subject.context.given).is_none();
        let (tables, lacking): (Vec<_>, Vec<_>) = wanted.tables.into_iter().partition(is_measured);
        let curves: Vec<_> = wanted.curves.into_iter().filter(is_measured).collect();
        let checks = has_checks(definition).then(|| Counting::all(subject.catalogue, subject.context));
        let mut others = metric::statements(subject.context, &tables)?;
        for (metric, request) in &curves {
            others.push(metric::cases(subject.context, metric, request)?);
        }
        others.extend(checks.iter().flat_map(Counting::statements));
        let (results, answers) = metric::compute_beside(subject.context, &wanted.measured, &others);
        for ((metric, request), results) in wanted.measured.iter().zip(results) {
            let mut groups: BTreeMap<Vec<String>, MetricResult> =
                request.groupings.iter().cloned().zip(results?).collect();
            let Some(total) = groups.remove(&Vec::new()) else {
                continue;
            };
            let history = (request.from, request.until);
            measured.insert(metric.name.as_str(), Measured { metric, total, groups, history, shown_from });
        }
        let mut answers = answers.into_iter();
        let mut listed: BTreeMap<&str, (&Metric, Option<Answer>)> =
            lacking.into_iter().map(|(metric, _)| (metric.name.as_str(), (metric, None))).collect();
        for ((metric, _), answer) in tables.into_iter().zip(&mut answers) {
            listed.insert(metric.name.as_str(), (metric, Some(answer?)));
        }
        let mut cases: BTreeMap<&str, Answer> = BTreeMap::new();
        for ((metric, _), answer) in curves.into_iter().zip(&mut answers) {
            cases.insert(metric.name.as_str(), answer?);
        }
        let checks = checks.map(|checks| checks.outcomes(answers)).transpose()?;
        let controls = match &subject.package {
            Some(package) => controls::findings(package.controls, subject)?,
            None => Vec::new(),
        };
        Ok(Self { measured, tables: listed, cases, controls, checks })
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
        Self { measured: measured.collect(), ..Self::default() }
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

    /// How many rows each check of the data finds, in the order of names.
    ///
    /// # Errors
    /// Where a check fails to run.
    pub fn checks(&self, subject: &Subject<'a>) -> Result<Vec<Outcome<'a>>, BuildError> {
        if let Some(checks) = &self.checks {
            return Ok(checks.clone());
        }
        let checks = Counting::all(subject.catalogue, subject.context);
        let answers = subject.context.engine.run_all(&checks.statements());
        Ok(checks.outcomes(answers)?)
    }

    /// All metrics of the report, sorted by name.
    pub fn all(&self) -> impl Iterator<Item = &Measured<'a>> {
        self.measured.values()
    }
}

/// What a definition asks the engine for.
pub(super) struct Wanted<'a> {
    /// Metrics with all groupings that any section wants, over the whole history.
    pub measured: Vec<(&'a Metric, Request)>,
    /// Lists of cases.
    pub tables: Vec<(&'a Metric, Request)>,
    /// Metrics of which a curve of all cases is drawn.
    pub curves: Vec<(&'a Metric, Request)>,
    /// First period that figures draw.
    pub shown_from: NaiveDate,
}

impl<'a> Wanted<'a> {
    /// # Errors
    /// Where a metric does not exist or cannot be planned.
    pub fn of(
        definition: &Definition,
        catalogue: &'a Catalogue,
        context: &Context,
        period: Period,
    ) -> Result<Self, BuildError> {
        let groupings = groupings(definition, catalogue)?;
        let from = start(context, period, definition.history);
        let shown_from = start(context, period, definition.shown);
        let mut wanted = Self { measured: Vec::new(), tables: Vec::new(), curves: Vec::new(), shown_from };
        context.engine.prepare(&groupings.keys().copied().collect::<Vec<_>>());
        for (name, mut groupings) in groupings {
            let metric = catalogue.metric(name)?;
            if metric.aggregate.is_table() {
                // A calendar shows all periods that figures draw, every other list the reported one.
                let from = if metric.chart == ChartKind::Calendar { shown_from } else { period.start };
                wanted.tables.push((metric, Request { from, ..whole(period) }));
                continue;
            }
            groupings.push(Vec::new());
            groupings.sort();
            groupings.dedup();
            // A grouping by a column that the metric lacks is left out: not every metric knows teams.
            let columns = context.engine.columns(name)?;
            groupings.retain(|by| by.iter().all(|column| columns.field_with_name(column).is_ok()));
            wanted.measured.push((metric, Request { from, groupings, ..whole(period) }));
            if is_curve(definition, metric, context)? {
                wanted.curves.push((metric, Request { from: shown_from, ..whole(period) }));
            }
        }
        Ok(wanted)
    }
}

/// Whether any section tells what the checks of the data found.
pub(super) fn has_checks(definition: &Definition) -> bool {
    definition.sections.iter().any(|section| section.kind == SectionKind::Quality)
}

/// Every metric that any section names, with the groupings besides the whole.
fn groupings<'a>(
    definition: &Definition,
    catalogue: &'a Catalogue,
) -> Result<BTreeMap<&'a str, Vec<Vec<String>>>, BuildError> {
    let mut wanted: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
    for section in &definition.sections {
        let compared = section.compare.iter().map(|comparison| (&comparison.metrics, &comparison.by));
        let lists = [&section.metrics, &section.cards, &section.tables].map(|metrics| (metrics, &section.by));
        let pages: Vec<Vec<String>> = section.on.iter().filter_map(|page| page.groups()).collect();
        let on_pages = (&section.metrics, &pages);
        for (metrics, by) in compared.chain(lists).chain([on_pages]) {
            for name in metrics {
                let metric = definition.metric(catalogue, name)?;
                wanted.entry(metric.name.as_str()).or_default().extend(by.iter().cloned());
            }
        }
    }
    for name in definition.evidence.iter().chain(&definition.rules) {
        wanted.entry(definition.metric(catalogue, name)?.name.as_str()).or_default();
    }
    Ok(wanted)
}

/// Whether any section draws a metric as a curve of its cases.
fn is_curve(definition: &Definition, metric: &Metric, context: &Context) -> Result<bool, BuildError> {
    let is_asked =
        |section: &SectionSpec| section.metrics.contains(&metric.name) && section.chart(metric) == ChartKind::Survival;
    let call = metric::called(metric, context.definitions)?;
    let knows_open = call.aggregate().is_some_and(|aggregate| aggregate.own_columns().contains(&"open_count"));
    Ok(knows_open && definition.sections.iter().any(is_asked))
}

/// The reported period as a whole.
fn whole(period: Period) -> Request {
    Request { grain: period.grain, from: period.start, until: period.end, groupings: Vec::new(), filter: None }
}

/// The first of the last `periods` periods, but none before the data begins.
fn start(context: &Context, period: Period, periods: u32) -> NaiveDate {
    let calendar = &context.calendar;
    let (start, grain) = (period.start, period.grain);
    if grain == Grain::Total {
        return start;
    }
    let back = i32::try_from(periods.saturating_sub(1)).unwrap_or(0);
    let from = calendar.step(start, grain, -back);
    match context.data_from {
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
