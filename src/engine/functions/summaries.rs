//! What is made of all values of a group: order statistics, survival, trends, correlation, ratios.
//!
//! A row with an unknown argument is left out, as in every SQL aggregate. Nothing depends on the order in which rows
//! arrive. The values of several arguments stand interleaved: x1 y1 x2 y2 …

use super::arguments::Kind;
use crate::stats::survival::KaplanMeier;
use crate::stats::{Interval, LEVEL, bootstrap, mean, quantile, trend};

/// An aggregate function of SQL.
#[derive(Debug)]
pub struct Summary {
    pub name: &'static str,
    pub arguments: &'static [Kind],
    pub finish: Finish,
}

/// From a group's values to one number or a list; the values may be left in any order.
#[derive(Debug, Clone, Copy)]
pub enum Finish {
    One(fn(&mut [f64]) -> Option<f64>),
    Several(fn(&mut [f64]) -> Vec<Option<f64>>),
}

pub const SUMMARIES: &[Summary] = &[
    Summary { name: "kaplan_meier", arguments: SURVIVAL, finish: Finish::Several(kaplan_meier) },
    Summary { name: "km_high", arguments: SURVIVAL, finish: Finish::One(|values| km_interval(values)?.1) },
    Summary { name: "km_low", arguments: SURVIVAL, finish: Finish::One(|values| km_interval(values)?.0) },
    Summary { name: "km_median", arguments: SURVIVAL, finish: Finish::One(|values| survival(values).quantile(0.5)) },
    Summary { name: "mann_kendall_p", arguments: &[Kind::Number, Kind::Ordered], finish: Finish::One(mann_kendall_p) },
    Summary {
        name: "median_high",
        arguments: &[Kind::Number],
        finish: Finish::One(|x| Some(median_interval(x)?.high)),
    },
    Summary { name: "median_low", arguments: &[Kind::Number], finish: Finish::One(|x| Some(median_interval(x)?.low)) },
    Summary { name: "moments", arguments: &[Kind::Number], finish: Finish::Several(moments) },
    Summary { name: "order_statistics", arguments: &[Kind::Number], finish: Finish::Several(order_statistics) },
    Summary { name: "ratio_of_sums", arguments: NUMBERS, finish: Finish::Several(ratio_of_sums) },
    Summary { name: "spearman", arguments: NUMBERS, finish: Finish::One(|values| Some(spearman(values)?.rho)) },
    Summary { name: "spearman_p", arguments: NUMBERS, finish: Finish::One(|values| Some(spearman(values)?.p)) },
    Summary { name: "theil_sen", arguments: NUMBERS, finish: Finish::One(theil_sen) },
];

const NUMBERS: &[Kind] = &[Kind::Number, Kind::Number];
const SURVIVAL: &[Kind] = &[Kind::Number, Kind::Flag];

/// Resamples of a bootstrap; seeds are fixed so that the same rows give the same numbers.
const RESAMPLES: usize = 2_000;
const SEED: u64 = 20_260_101;

/// [sum, mean, low and high of the mean], in the unit of x.
fn moments(values: &mut [f64]) -> Vec<Option<f64>> {
    // Sorted, because a sum depends on the order of what is summed.
    quantile::sort(values);
    let interval = mean::t_interval(values, LEVEL);
    let sum = (!values.is_empty()).then(|| values.iter().sum());
    vec![sum, mean::mean(values), interval.map(|interval| interval.low), interval.map(|interval| interval.high)]
}

/// [p25, p50, p75, p90, p95, low and high of the median, lower median], all in the unit of x.
fn order_statistics(values: &mut [f64]) -> Vec<Option<f64>> {
    let Some(summary) = quantile::select_summary(values, LEVEL) else {
        return vec![None; 8];
    };
    let lower = (values.len() - 1) / 2;
    let (_, lower_median, _) = values.select_nth_unstable_by(lower, f64::total_cmp);
    let lower_median = *lower_median;
    vec![
        Some(summary.p25),
        Some(summary.p50),
        Some(summary.p75),
        Some(summary.p90),
        Some(summary.p95),
        summary.low,
        summary.high,
        Some(lower_median),
    ]
}

fn median_interval(values: &mut [f64]) -> Option<Interval> {
    quantile::sort(values);
    quantile::quantile_interval(values, 0.5, LEVEL)
}

/// [median, low, high, number of observed events], the first three in seconds.
fn kaplan_meier(values: &mut [f64]) -> Vec<Option<f64>> {
    let curve = survival(values);
    let (low, high) = curve.median_interval(LEVEL).unwrap_or((None, None));
    let observed: u64 = curve.steps().iter().map(|step| step.events).sum();
    vec![curve.quantile(0.5), low, high, Some(observed as f64)]
}

fn km_interval(values: &[f64]) -> Option<(Option<f64>, Option<f64>)> {
    survival(values).median_interval(LEVEL)
}

fn survival(values: &[f64]) -> KaplanMeier {
    let cases: Vec<(f64, bool)> = values.chunks_exact(2).map(|pair| (pair[0], pair[1] > 0.5)).collect();
    KaplanMeier::new(&cases)
}

/// Of y over x, in units of y per unit of x.
fn theil_sen(values: &mut [f64]) -> Option<f64> {
    let (y, x) = sorted_pairs(values);
    trend::theil_sen_slope(&x, &y)
}

fn mann_kendall_p(values: &mut [f64]) -> Option<f64> {
    let (y, x) = sorted_pairs(values);
    Some(trend::mann_kendall_over(&x, &y)?.p)
}

/// [Σx / Σy, low, high, Σx, Σy], the first three in the unit of x over that of y.
fn ratio_of_sums(values: &mut [f64]) -> Vec<Option<f64>> {
    let (x, y) = sorted_pairs(values);
    let (above, below): (f64, f64) = (x.iter().sum(), y.iter().sum());
    let ratio = (below != 0.0).then(|| above / below);
    let interval = bootstrap::ratio_of_sums(&x, &y, LEVEL, SEED, RESAMPLES);
    let known = |sum| (!x.is_empty()).then_some(sum);
    let (low, high) = (interval.map(|interval| interval.low), interval.map(|interval| interval.high));
    vec![ratio, low, high, known(above), known(below)]
}

fn spearman(values: &[f64]) -> Option<trend::Spearman> {
    let (x, y) = sorted_pairs(values);
    trend::spearman(&x, &y, SEED)
}

/// Both arguments, ordered by the first and then the second: so the order in which rows arrive cannot change what is
/// drawn by chance.
fn sorted_pairs(values: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut pairs: Vec<(f64, f64)> = values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    pairs.into_iter().unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_rows_changes_no_bit_of_a_sum() {
        let values: Vec<f64> = (0..1_000).map(|n| 1e9 / f64::from(n * n + 1) + 0.1).collect();
        let of = |mut values: Vec<f64>| moments(&mut values);
        let reversed: Vec<f64> = values.iter().rev().copied().collect();
        let plain_sum = |values: &[f64]| values.iter().sum::<f64>();
        assert_ne!(plain_sum(&values).to_bits(), plain_sum(&reversed).to_bits());
        assert_eq!(of(values), of(reversed));
    }
}
