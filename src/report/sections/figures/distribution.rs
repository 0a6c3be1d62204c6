//! Bars by the metric's own column, pooled over the whole history, each share tested against the rest.

use super::{columns, command_since, framed, span};
use crate::chart::{Bar, Bars, Chart};
use crate::report::Subject;
use crate::report::blocks::{DataTable, Figure};
use crate::report::evidence::{Measured, pooled};
use crate::report::words;
use crate::stats::{LEVEL, multiple, proportion};
use crate::unit::Unit;

pub fn figure(subject: &Subject, measured: &Measured) -> Figure {
    let metric = measured.metric;
    let result = &measured.total;
    let is_rate = result.own_columns.first() == Some(&"numerator");
    let groups = result.groups();
    let label = |group: &Vec<Option<String>>| group.first().cloned().flatten().unwrap_or_else(|| "(none)".into());
    let counts: Vec<(u64, u64)> = groups.iter().map(|group| pooled(result, result.series(group))).collect();
    let mut bars: Vec<Bar> = groups
        .iter()
        .zip(&counts)
        .map(|(group, (flagged, trials))| {
            let (value, n, interval) = if is_rate {
                let value = (*trials > 0).then(|| *flagged as f64 / *trials as f64);
                (value, *trials, proportion::wilson(*flagged, *trials, LEVEL))
            } else {
                let n: u64 = result.series(group).map(|row| row.n).sum();
                (Some(n as f64), n, None)
            };
            Bar {
                label: label(group),
                value,
                low: interval.map(|interval| interval.low),
                high: interval.map(|interval| interval.high),
                n,
                is_highlighted: false,
            }
        })
        .collect();
    let chances = if is_rate { against_the_rest(&counts) } else { Vec::new() };
    highlight(&mut bars, is_rate);
    let period = span(subject, measured.history.0);
    let mut heads = vec![("n", true), ("value", true), ("low", true), ("high", true)];
    let by = metric.by.clone().unwrap_or_default().replace('_', " ");
    heads.insert(0, (&by, false));
    let mut text = Vec::new();
    if is_rate {
        heads.push(("adjusted p", true));
        text.push(format!(
            "Each is tested against all others together (Fisher's exact test); p is adjusted for {} tests.",
            bars.len()
        ));
    }
    let rows = bars.iter().enumerate().map(|(index, bar)| {
        let numbers = [bar.value, bar.low, bar.high].map(|number| metric.unit.format_option(number));
        let mut row = vec![bar.label.clone(), Unit::Count.format(bar.n as f64)];
        row.extend(numbers);
        row.extend(is_rate.then(|| chance(chances.get(index).copied().flatten())));
        row
    });
    let table = DataTable {
        caption: format!("{}, {period}", metric.title),
        columns: columns(&heads),
        rows: rows.collect(),
        rows_left_out: 0,
    };
    let told = |bar: &Bar| format!("{}: {}", bar.label, metric.unit.format_option(bar.value));
    Figure {
        subtitle: format!("{}, {period}", words::capitalised(&metric.events)),
        description: bars.iter().map(told).collect::<Vec<_>>().join("; "),
        text,
        table,
        command: command_since(subject, metric, measured.history.0),
        ..framed(subject, metric, Chart::Bars(Bars { unit: metric.unit, bars, marks: Vec::new() }), measured.history.0)
    }
}

/// The adjusted p of each share against all others together; none where that cannot be tested.
fn against_the_rest(counts: &[(u64, u64)]) -> Vec<Option<f64>> {
    let all = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    let p: Vec<Option<f64>> = counts.iter().map(|(k, n)| proportion::fisher_p(*k, *n, all.0 - k, all.1 - n)).collect();
    let known: Vec<f64> = p.iter().copied().flatten().collect();
    let mut adjusted = multiple::benjamini_hochberg(&known).into_iter();
    p.iter().map(|p| p.and_then(|_| adjusted.next())).collect()
}

fn chance(p: Option<f64>) -> String {
    match p {
        None => crate::unit::UNKNOWN.to_owned(),
        Some(p) if p < 0.001 => "<0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
    }
}

/// Emphasis goes to a rate that stands clear of every other bar's interval, never to the mere largest.
fn highlight(bars: &mut [Bar], is_rate: bool) {
    if !is_rate {
        return;
    }
    let clear = (0..bars.len()).find(|index| {
        bars[*index].low.is_some_and(|low| {
            bars.iter().enumerate().all(|(other, bar)| other == *index || bar.value.is_none_or(|value| value < low))
        })
    });
    if let Some(index) = clear {
        bars[index].is_highlighted = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_tested_against_all_others_and_p_is_adjusted() {
        // Fisher's exact p by hand with SciPy: fisher_exact([[9, 1], [10, 80]]) and its two fellows, then times 3/rank.
        let found = against_the_rest(&[(9, 10), (5, 45), (5, 45)]);
        assert!(found[0].is_some_and(|p| p < 1e-5), "{found:?}");
        assert_eq!(found[1], found[2]);
        assert!(found[1].is_some_and(|p| p > 0.05));
    }

    #[test]
    fn a_group_of_nothing_has_no_p() {
        assert_eq!(chance(against_the_rest(&[(0, 0), (0, 0)])[0]), "—");
        assert_eq!(chance(Some(0.0004)), "<0.001");
    }
}
