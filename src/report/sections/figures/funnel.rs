//! Shares of groups against their sizes over the whole history, with the limits that chance keeps them in.

use super::{columns, framed, scope, span};
use crate::chart::{Chart, Funnel, FunnelGroup, FunnelLimit, FunnelPlace};
use crate::metric::MetricResult;
use crate::report::Subject;
use crate::report::blocks::{DataTable, Figure};
use crate::report::evidence::{Measured, pooled};
use crate::report::words;
use crate::stats::funnel::share_limits;
use crate::unit::Unit;

/// Of fewer groups a bar each says more.
const FEWEST_GROUPS: usize = 4;

/// The limits of fewer events are interpolated between outcomes that lie too far apart to judge anybody by.
const FEWEST_EVENTS: u64 = 5;

/// Sizes at which the limits are computed.
const LIMIT_POINTS: u32 = 48;

/// A share this sure to be within the limits by chance alone: two and three standard deviations of a normal value.
const LEVELS: [f64; 2] = [0.95, 0.998];

/// None where there are too few groups, or nothing or everything is flagged, so that nobody can stand out.
pub fn figure(subject: &Subject, measured: &Measured, result: &MetricResult) -> Option<Figure> {
    let metric = measured.metric;
    if result.own_columns.first() != Some(&"numerator") {
        return None;
    }
    let counts: Vec<(String, u64, u64)> = result
        .groups()
        .iter()
        .filter(|group| group.iter().all(Option::is_some))
        .map(|group| {
            let name = group.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
            let (flagged, trials) = pooled(result, result.series(group));
            (name, flagged, trials)
        })
        .filter(|(_, _, trials)| *trials > 0)
        .collect();
    let (flagged, trials) = counts.iter().fold((0, 0), |sum, (_, k, n)| (sum.0 + k, sum.1 + n));
    if counts.len() < FEWEST_GROUPS || flagged == 0 || flagged == trials {
        return None;
    }
    let target = flagged as f64 / trials as f64;
    let mut groups: Vec<FunnelGroup> = counts
        .iter()
        .map(|(name, flagged, trials)| {
            let value = *flagged as f64 / *trials as f64;
            FunnelGroup { name: name.clone(), n: *trials, value, place: place(*trials, value, target) }
        })
        .collect();
    groups.sort_by(|a, b| b.place.cmp(&a.place).then(b.value.total_cmp(&a.value)).then_with(|| a.name.cmp(&b.name)));
    let largest = groups.iter().map(|group| group.n).max().unwrap_or(1);
    let period = span(subject, measured.history.0);
    let by = result.by.join(" and ");
    let outside = groups.iter().filter(|group| group.place == FunnelPlace::Outside).count();
    let all = groups.len();
    let text = vec![
        match outside {
            0 => format!("None of {all} {by}s lies outside the 99.8\u{202f}% limits."),
            _ => format!(
                "{outside} of {all} {by}s outside the 99.8\u{202f}% limits; chance alone would put {} there.",
                Unit::Number.format(0.002 * all as f64)
            ),
        },
        "The fewer events, the wider the limits: a small group may lie far from the rest and still be like it; below five none stands out."
            .to_owned(),
    ];
    let table = DataTable {
        caption: format!("{} by {by}, {period}", metric.title),
        columns: columns(&[(&by, false), ("n", true), ("value", true), ("place", false)]),
        rows: groups.iter().map(|group| row(measured, group)).collect(),
        rows_left_out: 0,
    };
    let chart = Funnel {
        unit: metric.unit,
        size_label: metric.events.clone(),
        groups,
        target,
        limits: limits(Unit::Count.ticks(largest as f64).last().map_or(largest, |end| *end as u64), target),
    };
    Some(Figure {
        id: format!("{}-funnel-by-{}", crate::report::sections::anchor(&metric.name), result.by.join("-")),
        title: format!("{} by {by}, against its size", metric.title),
        subtitle: format!(
            "{}, {period}; dashes and lines hold 99.8 and 95 of 100 groups that are like all others",
            words::capitalised(&metric.events)
        ),
        description: text[0].clone(),
        text,
        table,
        command: format!(
            "shipwake metric {} --grain total --by {}{}",
            metric.name,
            result.by.join(","),
            scope(subject, measured.history.0)
        ),
        ..framed(subject, metric, Chart::Funnel(chart), measured.history.0)
    })
}

fn place(trials: u64, value: f64, target: f64) -> FunnelPlace {
    if trials < FEWEST_EVENTS {
        return FunnelPlace::Within;
    }
    let is_outside =
        |level| share_limits(trials, target, level).is_some_and(|limits| value < limits.low || value > limits.high);
    match LEVELS.map(is_outside) {
        [_, true] => FunnelPlace::Outside,
        [true, false] => FunnelPlace::Near,
        [false, false] => FunnelPlace::Within,
    }
}

/// At sizes that grow by a constant factor, since the limits change fastest among small groups.
fn limits(largest: u64, target: f64) -> Vec<FunnelLimit> {
    let mut sizes: Vec<u64> = (0..=LIMIT_POINTS)
        .map(|step| (largest as f64).powf(f64::from(step) / f64::from(LIMIT_POINTS)).round() as u64)
        .map(|size| size.clamp(1, largest))
        .collect();
    sizes.dedup();
    let limit = |n: u64| {
        let [near, far] = LEVELS.map(|level| share_limits(n, target, level));
        let (near, far) = (near?, far?);
        Some(FunnelLimit { n, low_95: near.low, high_95: near.high, low_998: far.low, high_998: far.high })
    };
    sizes.into_iter().filter_map(limit).collect()
}

fn row(measured: &Measured, group: &FunnelGroup) -> Vec<String> {
    let place = match group.place {
        FunnelPlace::Within => "within the limits",
        FunnelPlace::Near => "outside 95\u{202f}%",
        FunnelPlace::Outside => "outside 99.8\u{202f}%",
    };
    let (n, value) = (Unit::Count.format(group.n as f64), measured.metric.unit.format(group.value));
    vec![group.name.clone(), n, value, place.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_share_is_within_the_limits_of_few_and_outside_those_of_many() {
        assert_eq!(place(3, 1.0, 0.01), FunnelPlace::Within, "too few to judge");
        assert_eq!(place(5, 0.2, 0.1), FunnelPlace::Within);
        assert_eq!(place(500, 0.2, 0.1), FunnelPlace::Outside);
        assert_eq!(place(100, 0.17, 0.1), FunnelPlace::Near);
    }

    #[test]
    fn limits_narrow_with_size_and_end_at_the_largest_group() {
        let limits = limits(640, 0.2);
        assert_eq!(limits.last().map(|limit| limit.n), Some(640));
        assert!(limits.is_sorted_by(|a, b| a.n < b.n));
        let widths: Vec<f64> = limits.iter().skip(8).map(|limit| limit.high_998 - limit.low_998).collect();
        assert!(widths.is_sorted_by(|a, b| a >= b), "{widths:?}");
    }
}
