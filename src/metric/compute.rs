//! From a metric and a question (which periods, grouped by what) to its result: one SQL statement, then estimates.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use chrono::NaiveDate;

use crate::definitions::{Definitions, Window};
use crate::engine::{Answer, Engine, EngineError, Statement};
use crate::period::{Calendar, Grain};
use crate::unit::Unit;

use super::aggregate::{Aggregate, Call, Exposure, Raw};
use super::parameters::word;
use super::{LooksBack, Metric, MetricError, MetricResult, Need, Row};

/// What all computations of a run share.
pub struct Context<'a> {
    pub engine: &'a Engine,
    pub definitions: &'a Definitions,
    pub calendar: Calendar,
    /// Microseconds UTC.
    pub as_of: i64,
    /// The first deployment known, microseconds UTC: what lies before is not quiet but unknown.
    pub data_from: Option<i64>,
    /// The first event of each table of events, microseconds UTC.
    pub begins: &'a BTreeMap<&'static str, i64>,
    /// Until when the log of a table is known, of those that ended before `as_of`, microseconds UTC.
    pub ends: &'a BTreeMap<&'static str, i64>,
    /// `table` and `table.column` of everything that sources gave.
    pub given: &'a BTreeSet<String>,
}

/// Which periods, and grouped by what.
#[derive(Debug, Clone)]
pub struct Request {
    pub grain: Grain,
    pub from: NaiveDate,
    /// First day after the last.
    pub until: NaiveDate,
    /// Each grouping gives one result; they share one pass over the events.
    pub groupings: Vec<Vec<String>>,
    /// A condition on the metric's columns, in SQL.
    pub filter: Option<String>,
}

/// Of each metric, one result a grouping.
type Computed = Vec<Result<Vec<MetricResult>, MetricError>>;

/// Computes several metrics at once: for each, one result a grouping, in the order asked.
pub fn compute(context: &Context, asked: &[(&Metric, Request)]) -> Computed {
    compute_beside(context, asked, &[]).0
}

/// As [`compute`], and the answers of other statements, which run beside the metrics' own.
pub fn compute_beside(
    context: &Context,
    asked: &[(&Metric, Request)],
    others: &[Statement],
) -> (Computed, Vec<Result<Answer, EngineError>>) {
    let measured = asked.iter().filter(|(metric, _)| missing(metric, context.given).is_none());
    context.engine.prepare(&measured.map(|(metric, _)| metric.name.as_str()).collect::<Vec<_>>());
    let prepared: Vec<Result<Prepared, MetricError>> =
        asked.iter().map(|(metric, request)| prepare(context, metric, request)).collect();
    let of_metrics = prepared.iter().filter_map(|prepared| prepared.as_ref().ok()?.statement.clone());
    // The others come last and their answers are taken from the end.
    let statements: Vec<Statement> = of_metrics.chain(others.iter().cloned()).collect();
    let mut answers = context.engine.run_all(&statements);
    let others = answers.split_off(answers.len() - others.len());
    let mut answers = answers.into_iter();
    let results = prepared
        .into_iter()
        .map(|prepared| {
            let prepared = prepared?;
            if prepared.statement.is_none() {
                return Ok(prepared.unmeasured());
            }
            match answers.next() {
                Some(answer) => Ok(prepared.results(context, &answer?)),
                None => Ok(prepared.unmeasured()),
            }
        })
        .collect();
    (results, others)
}

/// The statements that [`compute`] runs for what can be measured; of a table, the one that lists its rows.
///
/// # Errors
/// As [`compute`] and [`events`].
pub fn statements(context: &Context, asked: &[(&Metric, Request)]) -> Result<Vec<Statement>, MetricError> {
    let mut statements = Vec::with_capacity(asked.len());
    for (metric, request) in asked {
        match metric.aggregate.is_table() {
            true => statements.push(events(context, metric, request)?),
            false => statements.extend(prepare(context, metric, request)?.statement),
        }
    }
    Ok(statements)
}

/// The statement that lists the events behind a metric in `from..until`, in a fixed order: those that are counted.
///
/// # Errors
/// Where the condition is no SQL expression, or a switch does not fit the metric.
pub fn events(context: &Context, metric: &Metric, request: &Request) -> Result<Statement, MetricError> {
    let mut text = match metric.looks_back {
        // Planned with its own time, not as the view that looks back from now.
        Some(_) => format!("select * from (\n{}\n) as {}", metric.statement.text, metric.name),
        None => format!("select * from {}", metric.name),
    };
    let mut conditions: Vec<String> = Vec::new();
    if let Some(at) = &metric.at {
        conditions.extend(bounds(at, &context.calendar, request));
    }
    conditions.extend(condition(context, request)?);
    let call = called(metric, context.definitions)?;
    // What is not known of an event takes no part in the number either.
    conditions.extend(call.arguments.iter().map(|argument| format!("{argument} is not null")));
    conditions.extend(call.only);
    if !conditions.is_empty() {
        text.push_str(&format!("\nwhere {}", conditions.join("\n    and ")));
    }
    let by_time = metric.at.as_ref().map(|at| format!("{at}, 1"));
    if let Some(order) = metric.order.clone().or(by_time) {
        text.push_str(&format!("\norder by {order}"));
    }
    let statement = Statement::once(&metric.name, &format!("rows of {}", metric.name), text);
    let instant = |date| context.calendar.instant(date);
    let between =
        |looks_back: LooksBack| looks_back.between(instant(request.from), instant(request.until), context.as_of);
    Ok(Statement { between: metric.looks_back.map(between), ..statement })
}

/// The statement that lists what the aggregate takes of each counted event, in the order of its arguments and in a fixed
/// order of rows.
///
/// # Errors
/// As [`events`].
pub fn cases(context: &Context, metric: &Metric, request: &Request) -> Result<Statement, MetricError> {
    let call = called(metric, context.definitions)?;
    let mut conditions: Vec<String> = call.arguments.iter().map(|argument| format!("{argument} is not null")).collect();
    conditions.extend(metric.at.iter().flat_map(|at| bounds(at, &context.calendar, request)));
    conditions.extend(call.only);
    let arguments = call.arguments.join(", ");
    let text = format!(
        "select {arguments}\nfrom {}\nwhere {}\norder by {arguments}",
        metric.name,
        conditions.join("\n    and ")
    );
    Ok(Statement::once(&metric.name, &format!("cases of {}", metric.name), text))
}

/// The user's condition, in brackets that it cannot close.
fn condition(context: &Context, request: &Request) -> Result<Option<String>, MetricError> {
    let Some(filter) = &request.filter else { return Ok(None) };
    Ok(Some(format!("({})", context.engine.condition(filter)?)))
}

/// Why a metric cannot be measured with what was given: "needs approvals".
pub fn missing(metric: &Metric, given: &BTreeSet<String>) -> Option<String> {
    lacking(&metric.needs, given)
}

/// A need that no table stands for: something that the definitions call a failure.
pub const FAILURES: &str = "failures";

/// The same, told by more than closeness in time.
pub const KNOWN_FAILURES: &str = "known failures";

fn in_words(need: &str) -> &str {
    match need {
        FAILURES => "incidents or rollbacks",
        KNOWN_FAILURES => "rollbacks, or incidents that name a deployment, version or commit",
        table => table,
    }
}

/// What is needed and not given, in words.
pub fn lacking(needs: &[Need], given: &BTreeSet<String>) -> Option<String> {
    let lacking: Vec<String> = needs
        .iter()
        .filter(|need| !need.any_of.iter().any(|one| given.contains(one)))
        .map(|need| need.any_of.iter().map(|one| in_words(one)).collect::<Vec<_>>().join(" or "))
        .collect();
    (!lacking.is_empty()).then(|| format!("needs {}", lacking.join(", ")))
}

struct Prepared<'a> {
    metric: &'a Metric,
    request: &'a Request,
    aggregate: &'static dyn Aggregate,
    call: Call,
    groupings: Vec<Vec<String>>,
    /// All columns of all groupings, each once.
    columns: Vec<String>,
    fragments: Vec<(&'static str, String)>,
    statement: Option<Statement>,
    not_measured: Option<String>,
}

fn prepare<'a>(context: &Context, metric: &'a Metric, request: &'a Request) -> Result<Prepared<'a>, MetricError> {
    let call = called(metric, context.definitions)?;
    let Some(aggregate) = call.aggregate() else {
        return Err(MetricError::Switch(format!(
            "metric `{}` is a table: it stands alone, without others beside it",
            metric.name
        )));
    };
    let groupings: Vec<Vec<String>> = request.groupings.iter().map(|by| with_own(metric, by)).collect();
    let mut columns: Vec<String> = groupings.iter().flatten().cloned().collect();
    columns.sort();
    columns.dedup();
    let at = metric.at.clone().unwrap_or_default();
    let mut prepared = Prepared {
        metric,
        request,
        aggregate,
        fragments: aggregate.fragments(&call.arguments, &at),
        call,
        groupings,
        columns,
        statement: None,
        not_measured: missing(metric, context.given),
    };
    if prepared.not_measured.is_none() {
        refuse_unknown(context, metric, &prepared.columns)?;
        let text = prepared.sql(&context.calendar, &at, condition(context, request)?);
        prepared.statement = Some(Statement::once(&metric.name, &format!("computation of {}", metric.name), text));
    }
    Ok(prepared)
}

/// The metric's aggregate, or the one that the definitions put in its place.
///
/// # Errors
/// Where a switch does not fit the metric.
pub fn called(metric: &Metric, definitions: &Definitions) -> Result<Call, MetricError> {
    if let Some(variant) = metric.variants.iter().find(|variant| variant.holds(definitions)) {
        return Ok(variant.aggregate.clone());
    }
    let Some(switch) = &metric.statistic else {
        return Ok(metric.aggregate.clone());
    };
    let statistic = match switch.as_str() {
        "frequency.statistic" => word(&definitions.frequency.statistic),
        "lead_time.statistic" => word(&definitions.lead_time.statistic),
        "recovery.statistic" => word(&definitions.recovery.statistic),
        other => return Err(MetricError::Switch(format!("there is no switch `{other}`"))),
    };
    metric.aggregate.with_statistic(&statistic).ok_or_else(|| {
        MetricError::Switch(format!("`definitions.{switch} = \"{statistic}\"` does not fit metric `{}`", metric.name))
    })
}

/// A grouping always holds the column by which the metric is always grouped.
fn with_own(metric: &Metric, asked: &[String]) -> Vec<String> {
    let mut by = asked.to_vec();
    by.extend(metric.by.iter().filter(|own| !asked.contains(own)).cloned());
    by
}

fn refuse_unknown(context: &Context, metric: &Metric, columns: &[String]) -> Result<(), MetricError> {
    if columns.is_empty() {
        return Ok(());
    }
    let schema = context.engine.columns(&metric.name)?;
    match columns.iter().find(|column| schema.field_with_name(column).is_err()) {
        None => Ok(()),
        Some(column) => Err(MetricError::NoDimension {
            metric: metric.name.clone(),
            column: column.clone(),
            columns: schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", "),
        }),
    }
}

/// The condition that the instant `at` lies in the periods asked for, in SQL.
pub fn within(context: &Context, at: &str, request: &Request) -> String {
    bounds(at, &context.calendar, request).join("\n    and ")
}

fn bounds(at: &str, calendar: &Calendar, request: &Request) -> [String; 2] {
    let instant = |date| format!("arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')", calendar.instant(date));
    [format!("{at} >= {}", instant(request.from)), format!("{at} < {}", instant(request.until))]
}

impl Prepared<'_> {
    fn sql(&self, calendar: &Calendar, at: &str, condition: Option<String>) -> String {
        let period =
            (self.request.grain != Grain::Total).then(|| format!("period_start({at}, '{}')", self.request.grain));
        let mut select: Vec<String> = Vec::new();
        select.extend(period.iter().map(|period| format!("{period} as period_start")));
        for (index, column) in self.columns.iter().enumerate() {
            select.push(format!("{column} as dimension_{index}"));
            select.push(format!("grouping({column}) as is_rolled_up_{index}"));
        }
        select.push("count(*) as event_count".into());
        select.extend(self.fragments.iter().map(|(alias, sql)| format!("{sql} as {alias}")));
        let mut conditions = bounds(at, calendar, self.request).to_vec();
        conditions.extend(self.call.only.iter().cloned());
        conditions.extend(condition);
        let group = match (&period, self.columns.is_empty()) {
            (None, true) => String::new(),
            (Some(period), true) => format!("\ngroup by {period}"),
            (_, false) => format!("\ngroup by grouping sets ({})", self.grouping_sets(period.as_deref())),
        };
        format!(
            "select\n    {}\nfrom {}\nwhere {}{group}",
            select.join(",\n    "),
            self.metric.name,
            conditions.join("\n    and "),
        )
    }

    /// Each grouping once: `(period, team), (period)`.
    fn grouping_sets(&self, period: Option<&str>) -> String {
        let set = |by: &Vec<String>| {
            let keys: Vec<&str> = period.into_iter().chain(by.iter().map(String::as_str)).collect();
            format!("({})", keys.join(", "))
        };
        let sets: BTreeSet<String> = self.groupings.iter().map(set).collect();
        sets.into_iter().collect::<Vec<_>>().join(", ")
    }

    fn unmeasured(&self) -> Vec<MetricResult> {
        self.groupings
            .iter()
            .map(|by| MetricResult {
                metric: self.metric.name.clone(),
                by: by.clone(),
                own_columns: self.aggregate.own_columns(),
                is_count: self.aggregate.is_count(),
                rows: Vec::new(),
                not_measured: self.not_measured.clone(),
            })
            .collect()
    }

    fn results(&self, context: &Context, answer: &Answer) -> Vec<MetricResult> {
        let mut groups: BTreeMap<GroupKey, Series> = BTreeMap::new();
        for batch in &answer.batches {
            self.gather(batch, &mut groups);
        }
        let periods = Periods::new(context, self.metric, self.request);
        let mut results = self.unmeasured();
        for (result, by) in results.iter_mut().zip(&self.groupings) {
            let mask: Vec<bool> = self.columns.iter().map(|column| by.contains(column)).collect();
            let order: Vec<usize> =
                by.iter().filter_map(|column| self.columns.iter().position(|known| known == column)).collect();
            let nothing = Series::new();
            let mut found: Vec<(Vec<Option<String>>, &Series)> = groups
                .iter()
                .filter(|(key, _)| key.mask == mask)
                .map(|(key, series)| (order.iter().map(|index| key.values[*index].clone()).collect(), series))
                .collect();
            if by.is_empty() && found.is_empty() {
                found.push((Vec::new(), &nothing));
            }
            found.sort_by_key(|(dimensions, _)| self.level_key(by, dimensions));
            for (dimensions, series) in found {
                for period in &periods.all {
                    let raw = series.get(&period.start).cloned().unwrap_or_default();
                    let estimate = self.aggregate.finish(&raw, &self.call.arguments, &period.exposure);
                    // Nothing lasts less than no time, whatever an interval around a mean would allow.
                    let least = (self.metric.unit == Unit::Seconds).then_some(0.0);
                    let low = estimate.low.map(|low| least.map_or(low, |least| low.max(least)));
                    result.rows.push(Row {
                        dimensions: dimensions.clone(),
                        period_start: period.start,
                        n: estimate.n,
                        value: estimate.value,
                        low,
                        high: estimate.high,
                        is_partial: period.is_partial,
                        own: estimate.own,
                    });
                }
            }
        }
        results
    }

    /// Sorts values of the metric's own column by its levels, all else by text, unknown last.
    fn level_key(&self, by: &[String], dimensions: &[Option<String>]) -> Vec<(bool, usize, String)> {
        by.iter()
            .zip(dimensions)
            .map(|(column, value)| {
                let text = value.clone().unwrap_or_default();
                let is_own = self.metric.by.as_ref() == Some(column);
                let level = self.metric.levels.iter().position(|level| is_own && *level == text);
                (value.is_none(), level.unwrap_or(self.metric.levels.len()), text)
            })
            .collect()
    }

    fn gather(&self, batch: &RecordBatch, groups: &mut BTreeMap<GroupKey, Series>) {
        let column = |name: &str| batch.column_by_name(name);
        let texts: Vec<_> = (0..self.columns.len())
            .map(|index| column(&format!("dimension_{index}")).and_then(|array| cast(array, &DataType::Utf8).ok()))
            .collect();
        let rolled: Vec<_> = (0..self.columns.len())
            .map(|index| column(&format!("is_rolled_up_{index}")).and_then(|array| cast(array, &DataType::Int64).ok()))
            .collect();
        let periods = column("period_start").and_then(|array| array.as_primitive_opt::<Date32Type>());
        let counts = column("event_count").and_then(|array| array.as_primitive_opt::<Int64Type>());
        let numbers: Vec<_> = self
            .fragments
            .iter()
            .filter_map(|(alias, _)| {
                let array = column(alias).filter(|array| !matches!(array.data_type(), DataType::List(_)))?;
                Some((*alias, cast(array, &DataType::Float64).ok()?))
            })
            .collect();
        let lists: Vec<_> = self
            .fragments
            .iter()
            .filter_map(|(alias, _)| Some((*alias, column(alias)?.as_list_opt::<i32>()?)))
            .collect();
        for row in 0..batch.num_rows() {
            let is_rolled = |index: usize| {
                rolled[index].as_ref().is_some_and(|array| array.as_primitive::<Int64Type>().value(row) != 0)
            };
            let text = |index: usize| {
                let array = texts[index].as_ref()?.as_string::<i32>();
                array.is_valid(row).then(|| array.value(row).to_owned())
            };
            let key = GroupKey {
                mask: (0..self.columns.len()).map(|index| !is_rolled(index)).collect(),
                values: (0..self.columns.len()).map(text).collect(),
            };
            let start = match periods {
                Some(periods) if periods.is_valid(row) => NaiveDate::from_epoch_days(periods.value(row)),
                _ => Some(self.request.from),
            };
            let Some(start) = start else { continue };
            let mut raw = Raw {
                event_count: counts.map_or(0, |counts| u64::try_from(counts.value(row)).unwrap_or(0)),
                ..Raw::default()
            };
            for (alias, array) in &numbers {
                let array = array.as_primitive::<Float64Type>();
                if array.is_valid(row) {
                    raw.numbers.insert(alias, array.value(row));
                }
            }
            for (alias, array) in &lists {
                if array.is_valid(row) {
                    let values = array.value(row);
                    raw.lists.insert(alias, values.as_primitive::<Float64Type>().iter().collect());
                }
            }
            groups.entry(key).or_default().insert(start, raw);
        }
    }
}

/// What SQL gave for a group, by first day of the period.
type Series = BTreeMap<NaiveDate, Raw>;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey {
    /// Which of all columns this group is grouped by.
    mask: Vec<bool>,
    values: Vec<Option<String>>,
}

/// The periods of a request, with what is known of each.
struct Periods {
    all: Vec<PeriodFacts>,
}

struct PeriodFacts {
    start: NaiveDate,
    exposure: Exposure,
    is_partial: bool,
}

const DAY_US: i64 = 86_400_000_000;

impl Periods {
    fn new(context: &Context, metric: &Metric, request: &Request) -> Self {
        let calendar = &context.calendar;
        let settle_us = settle_time(metric, context.definitions).saturating_mul(1_000_000);
        let from = calendar.instant(request.from);
        let until = calendar.instant(request.until);
        let data_from = known_from(context, metric);
        let data_until = known_until(context, metric);
        let facts = |start: NaiveDate| {
            let end = match request.grain {
                Grain::Total => request.until,
                grain => calendar.next(start, grain),
            };
            let (begins, ends) = (calendar.instant(start), calendar.instant(end));
            // Time counts from when the log begins to now, and only inside what was asked for.
            let seen_from = begins.max(from).max(data_from);
            let seen_until = ends.min(until).min(data_until);
            let is_cut = begins < from || ends > until.min(data_until) || seen_from >= begins + DAY_US;
            PeriodFacts {
                start,
                exposure: exposure(calendar, seen_from, seen_until),
                is_partial: is_cut || ends.saturating_add(settle_us) > context.as_of,
            }
        };
        Self { all: calendar.starts(request.from, request.until, request.grain).into_iter().map(facts).collect() }
    }
}

/// The time between two instants, microseconds UTC, in local days: a week in which the clock changes has seven of them.
fn exposure(calendar: &Calendar, from: i64, until: i64) -> Exposure {
    let weeks = calendar.starts(calendar.date(from), calendar.date(until), Grain::Week);
    let is_whole = |start: &NaiveDate| {
        calendar.instant(*start) >= from && calendar.instant(calendar.next(*start, Grain::Week)) <= until
    };
    Exposure {
        days: if until > from { calendar.days_between(from, until) } else { 0.0 },
        whole_weeks: weeks.into_iter().filter(is_whole).map(|start| start.to_epoch_days()).collect(),
    }
}

/// From when all that a metric needs is known: the latest beginning of the logs that it reads.
///
/// A log of rare events begins with its first event, so one that begins within a month of the deployments is taken to
/// have been there all the time.
fn known_from(context: &Context, metric: &Metric) -> i64 {
    let first = context.data_from.unwrap_or(i64::MIN);
    let beginnings = needed_tables(metric).filter_map(|table| context.begins.get(table)).copied();
    beginnings.filter(|begins| *begins > first.saturating_add(31 * DAY_US)).max().unwrap_or(first)
}

/// Until when all that a metric needs is known: to `as_of`, or to the first end of the logs that it reads.
fn known_until(context: &Context, metric: &Metric) -> i64 {
    let ends = needed_tables(metric).filter_map(|table| context.ends.get(table)).copied();
    ends.min().unwrap_or(context.as_of).min(context.as_of)
}

fn needed_tables(metric: &Metric) -> impl Iterator<Item = &str> {
    metric.needs.iter().flat_map(|need| &need.any_of).filter_map(|name| name.split('.').next())
}

/// Seconds after the end of a period until its events can be judged.
fn settle_time(metric: &Metric, definitions: &Definitions) -> i64 {
    match metric.settles.as_deref() {
        None => 0,
        Some("attribution.window") => definitions.attribution.window.seconds.unwrap_or(0),
        Some(text) => Window::try_from(text.to_owned()).ok().and_then(|window| window.seconds).unwrap_or(0),
    }
}
