//! The statements that the numbers carry: trends and outliers, all tested, then corrected for how many were tested.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::thread;

use chrono::NaiveDate;

use crate::metric::{Better, Metric, MetricResult, Row};
use crate::stats::{multiple, proportion};

use super::Subject;
use super::blocks::Judgement;
use super::definition::{Definition, Test};
use super::evidence::{Evidence, Measured, pooled};
use super::trend::{self, Signal, Step, Trend};
use super::words;

/// A statement is made when its p, adjusted by Benjamini and Hochberg over all that were tested, is below this.
pub const FALSE_DISCOVERY_RATE: f64 = 0.05;

/// A group's rate is set against the others only when it has at least so many events.
const MINIMUM_EVENTS: u64 = 10;

/// One tested statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub metric: String,
    pub by: Vec<String>,
    /// The group it is about; empty for the whole.
    pub group: Vec<Option<String>>,
    pub what: What,
    /// Adjusted p.
    pub q: f64,
    pub judgement: Judgement,
    /// The whole sentence.
    pub text: String,
    /// How sure its size is; may be empty.
    pub precision: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The series drifted up or down.
    Trend,
    /// The last periods lie on another level than those before.
    Step,
    /// The reported period lies outside what those before lead one to expect.
    Signal,
    /// The group differs from its peers.
    Outlier,
}

/// Metric, dimensions, group.
type SeriesKey = (String, Vec<String>, Vec<Option<String>>);

/// Statements that hold, and how many were tested.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    /// Most certain first.
    pub held: Vec<Statement>,
    pub tested: usize,
    /// Every series that was long enough to be tested for a trend.
    trend_tested: Vec<SeriesKey>,
    /// How the reported period stands to those before, in every series where that can be said.
    signals: Vec<(SeriesKey, Signal)>,
}

impl Statements {
    /// What holds of one series, where anything does: a trend, a step or a signal.
    pub fn of_series(&self, metric: &str, by: &[String], group: &[Option<String>]) -> Option<&Statement> {
        self.held.iter().find(|statement| {
            statement.what != What::Outlier
                && statement.metric == metric
                && statement.by == by
                && statement.group == group
        })
    }

    /// How the reported period of the whole stands to those before; none where too few of them can be judged.
    pub fn signal(&self, metric: &str) -> Option<&Signal> {
        let is_asked = |(name, by, _): &SeriesKey| name == metric && by.is_empty();
        self.signals.iter().find(|(key, _)| is_asked(key)).map(|(_, signal)| signal)
    }

    /// Whether any series of the whole was long enough for a test: only then can it be said that nothing changed.
    pub fn was_whole_tested(&self) -> bool {
        let signals = self.signals.iter().map(|(key, _)| key);
        self.trend_tested.iter().chain(signals).any(|(_, columns, _)| columns.is_empty())
    }

    /// What is known of each group of `by`, told as if it were the whole.
    pub fn by_group(&self, by: &[String]) -> BTreeMap<Vec<Option<String>>, Statements> {
        let mut groups: BTreeMap<Vec<Option<String>>, Statements> = BTreeMap::new();
        for statement in self.held.iter().filter(|statement| statement.by == by) {
            let group = groups.entry(statement.group.clone()).or_default();
            group.held.push(Statement { by: Vec::new(), group: Vec::new(), ..statement.clone() });
        }
        let whole = |metric: &String| (metric.clone(), Vec::new(), Vec::new());
        for (metric, _, values) in self.trend_tested.iter().filter(|(_, columns, _)| columns == by) {
            groups.entry(values.clone()).or_default().trend_tested.push(whole(metric));
        }
        for ((metric, _, values), signal) in self.signals.iter().filter(|((_, columns, _), _)| columns == by) {
            groups.entry(values.clone()).or_default().signals.push((whole(metric), *signal));
        }
        groups.values_mut().for_each(|group| group.tested = self.tested);
        groups
    }

    /// The statements about somebody of whom there is nothing to say.
    pub fn of_nobody(&self) -> Statements {
        Statements { tested: self.tested, ..Statements::default() }
    }

    /// Whether the series was long enough for a test at all.
    pub fn was_trend_tested(&self, metric: &str, by: &[String], group: &[Option<String>]) -> bool {
        self.trend_tested.iter().any(|(name, columns, values)| name == metric && columns == by && values == group)
    }
}

/// Tests every series and every group that the report shows.
///
/// The whole, the series of groups, and the differences between groups are three questions: each is corrected for its
/// own number of tests, so that a company of many services can still say something about itself.
pub fn all(definition: &Definition, subject: &Subject, evidence: &Evidence) -> Statements {
    let mut tested = Statements::default();
    let (mut wholes, mut series, mut differences) = (Vec::new(), Vec::new(), Vec::new());
    let named: BTreeSet<&String> =
        definition.sections.iter().flat_map(|section| section.metrics.iter().chain(&section.cards)).collect();
    for measured in named.into_iter().filter_map(|name| evidence.get(name)).filter(|measured| !measured.is_grouped()) {
        wholes.extend(of_all_series(&mut tested, subject, measured, &measured.total));
    }
    for comparison in definition.sections.iter().flat_map(|section| &section.compare) {
        for measured in comparison.metrics.iter().filter_map(|name| evidence.get(name)) {
            for by in &comparison.by {
                let Some(result) = measured.by(by) else {
                    continue;
                };
                if comparison.tests.contains(&Test::Trend) && !measured.is_grouped() {
                    series.extend(of_all_series(&mut tested, subject, measured, result));
                }
                if comparison.tests.contains(&Test::Difference) {
                    add_outliers(&mut differences, subject, measured, result);
                }
            }
        }
    }
    tested.tested = wholes.len() + series.len() + differences.len();
    tested.held = [wholes, series, differences].into_iter().flat_map(holding).collect();
    tested.held.sort_by(|a, b| a.q.total_cmp(&b.q).then_with(|| a.text.cmp(&b.text)));
    tested
}

/// Those of one family of tests that hold at the false discovery rate.
fn holding(candidates: Vec<(f64, Statement)>) -> Vec<Statement> {
    let p: Vec<f64> = candidates.iter().map(|(p, _)| *p).collect();
    let adjusted = multiple::benjamini_hochberg(&p);
    candidates
        .into_iter()
        .zip(adjusted)
        .filter(|(_, q)| *q < FALSE_DISCOVERY_RATE)
        .map(|((_, statement), q)| Statement { q, ..statement })
        .collect()
}

/// One candidate a series that can be tested: of drift, step and signal the one with the smallest p.
fn of_all_series(
    tested: &mut Statements,
    subject: &Subject,
    measured: &Measured,
    result: &MetricResult,
) -> Vec<(f64, Statement)> {
    // A group without a name is the whole once more, or a rest that nobody answers for.
    let named = result.by_group().filter(|(group, _)| group.iter().all(Option::is_some));
    let named: Vec<(&[Option<String>], &[Row])> = named.collect();
    let of_part = |part: &[(&[Option<String>], &[Row])]| {
        let mut tested = Statements::default();
        let found = part.iter().filter_map(|series| of_series(&mut tested, subject, measured, result, *series));
        let found: Vec<(f64, Statement)> = found.collect();
        (tested, found)
    };
    let size = named.len().div_ceil(AT_ONCE).max(WORTH_A_THREAD);
    let parts: Vec<(Statements, Vec<(f64, Statement)>)> = thread::scope(|scope| {
        let started: Vec<_> = named.chunks(size).map(|part| scope.spawn(move || of_part(part))).collect();
        started.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let mut all = Vec::new();
    for (part, found) in parts {
        tested.trend_tested.extend(part.trend_tested);
        tested.signals.extend(part.signals);
        all.extend(found);
    }
    all
}

/// Parts of many series that are tested at the same time, and fewer series than are worth a part.
const AT_ONCE: usize = 8;
const WORTH_A_THREAD: usize = 64;

fn of_series(
    tested: &mut Statements,
    subject: &Subject,
    measured: &Measured,
    result: &MetricResult,
    (group, rows): (&[Option<String>], &[Row]),
) -> Option<(f64, Statement)> {
    let rows: Vec<&Row> = rows.iter().collect();
    let points = trend::judged(&rows, result.is_count);
    let drift = trend::test(&points);
    let step = drift.as_ref().and_then(|_| trend::step(&points));
    let (calendar, grain) = (&subject.context.calendar, subject.period.grain);
    let days = |start: NaiveDate| (calendar.next(start, grain) - start).num_days() as f64;
    let signal = trend::signal(result, &points, subject.period.start, &days);
    let key = || (result.metric.clone(), result.by.clone(), group.to_vec());
    tested.trend_tested.extend(drift.as_ref().map(|_| key()));
    tested.signals.extend(signal.map(|signal| (key(), signal)));

    let metric = measured.metric;
    let about = format!("{}{}", metric.title, of_group(group));
    let candidates: Vec<(f64, What, bool, [String; 2])> = [
        drift.map(|found| (found.p, What::Trend, found.is_rising, trend_text(subject, metric, &about, &found))),
        step.map(|found| (found.p, What::Step, found.is_rising, step_text(subject, metric, &about, &found))),
        signal.map(|found| {
            let text = signal_text(subject, metric, &about, &found);
            (found.found.p, What::Signal, found.found.is_above, text)
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    // Several tests of one series are one question: the best p counts as many times.
    let tests = candidates.len() as f64;
    let (p, what, is_more, [text, precision]) = candidates.into_iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let statement = Statement {
        metric: result.metric.clone(),
        by: result.by.clone(),
        group: group.to_vec(),
        what,
        q: 1.0,
        judgement: judged(metric, is_more),
        text,
        precision,
    };
    Some(((p * tests).min(1.0), statement))
}

/// A sentence, and how sure its size is.
fn trend_text(subject: &Subject, metric: &Metric, about: &str, found: &Trend) -> [String; 2] {
    let (unit, grain, points) = (metric.unit, subject.period.grain, found.points);
    let verb = if found.is_rising { "rose" } else { "fell" };
    let last = unit.format(found.last);
    let Some(slope) = found.slope.filter(|slope| (slope.value > 0.0) == found.is_rising) else {
        let first = unit.format(found.first);
        return [format!("{about} {verb} from about {first} to about {last} over {points} {grain}s"), String::new()];
    };
    let size = |number: f64| unit.format_difference(number, 0.0);
    // A change too small to be written for one period is told for all of them.
    let is_small = size(slope.value).starts_with('<');
    let (times, each) = match is_small {
        true => (points.saturating_sub(1) as f64, String::new()),
        false => (1.0, format!(" each {grain}")),
    };
    let (least, most) = (slope.low.abs().min(slope.high.abs()), slope.low.abs().max(slope.high.abs()));
    let change = size(slope.value * times);
    [
        format!("{about} {verb} by about {change}{each} over {points} {grain}s, to about {last}"),
        format!("{} to {}{each}, 95\u{202f}% interval", size(least * times), size(most * times)),
    ]
}

fn step_text(subject: &Subject, metric: &Metric, about: &str, step: &Step) -> [String; 2] {
    let unit = metric.unit;
    let verb = if step.is_rising { "rose" } else { "fell" };
    let text = format!(
        "{about} {verb} to about {} in the last {} {}s, from about {} before",
        unit.format(step.lately),
        trend::LATELY,
        subject.period.grain,
        unit.format(step.before),
    );
    [text, String::new()]
}

fn signal_text(subject: &Subject, metric: &Metric, about: &str, signal: &Signal) -> [String; 2] {
    let period = &subject.period;
    let text = format!(
        "{about} was {} in {}, where the {} {}s before lead one to expect about {}",
        metric.unit.format(signal.value),
        words::period(subject, period.start),
        signal.periods,
        period.grain,
        metric.unit.format(signal.found.expected),
    );
    [text, String::new()]
}

/// A group's share of failures against all others of the same kind, over the whole history.
fn add_outliers(candidates: &mut Vec<(f64, Statement)>, subject: &Subject, measured: &Measured, result: &MetricResult) {
    if result.own_columns.first() != Some(&"numerator") || result.rows.is_empty() {
        return;
    }
    let (groups, counts): (Vec<_>, Vec<_>) =
        result.by_group().map(|(group, rows)| (group, pooled(result, rows))).unzip();
    for (index, group) in groups.iter().enumerate() {
        if group.iter().any(Option::is_none) {
            continue;
        }
        // Peers differ in the last dimension only: other hours of the same service, other services of the company.
        let peers = (0..groups.len())
            .filter(|other| *other != index && groups[*other][..group.len() - 1] == group[..group.len() - 1]);
        let others = peers.fold((0, 0), |sum, other| (sum.0 + counts[other].0, sum.1 + counts[other].1));
        let own = counts[index];
        if own.1 < MINIMUM_EVENTS || others.1 < MINIMUM_EVENTS {
            continue;
        }
        let Some(p) = proportion::fisher_p(own.0, own.1, others.0, others.1) else {
            continue;
        };
        let (share, rest) = (own.0 as f64 / own.1 as f64, others.0 as f64 / others.1 as f64);
        let statement = Statement {
            metric: result.metric.clone(),
            by: result.by.clone(),
            what: What::Outlier,
            q: 1.0,
            judgement: judged(measured.metric, share > rest),
            text: outlier_text(subject, measured, &result.by, group, own, share, rest),
            precision: String::new(),
            group: group.to_vec(),
        };
        candidates.push((p, statement));
    }
}

fn outlier_text(
    subject: &Subject,
    measured: &Measured,
    by: &[String],
    group: &[Option<String>],
    own: (u64, u64),
    share: f64,
    rest: f64,
) -> String {
    let metric = measured.metric;
    let unit = metric.unit;
    let since = subject.context.calendar.label(measured.history.0, subject.period.grain);
    let names: Vec<&str> = group.iter().flatten().map(String::as_str).collect();
    let peers = match names.len() {
        0 | 1 => format!("the other {}s", by.join(" and ")),
        several => format!("the rest of {}", names[..several - 1].join(", ")),
    };
    format!(
        "{}: {} of {} {} {} since {since} ({}), against {} of {peers}",
        names.join(", "),
        own.0,
        own.1,
        metric.events,
        metric.flagged,
        unit.format(share),
        unit.format(rest),
    )
}

fn of_group(group: &[Option<String>]) -> String {
    let names: Vec<&str> = group.iter().map(|value| value.as_deref().unwrap_or("(none)")).collect();
    if names.is_empty() { String::new() } else { format!(" of {}", names.join(", ")) }
}

/// Whether more of a metric is good.
pub fn judged(metric: &Metric, is_more: bool) -> Judgement {
    match (metric.better, is_more) {
        (Better::None, _) => Judgement::Neutral,
        (Better::Higher, true) | (Better::Lower, false) => Judgement::Better,
        (Better::Higher, false) | (Better::Lower, true) => Judgement::Worse,
    }
}
