//! What a number counts, and how a person writes it: words, ticks and differences.
//!
//! A unit knows nothing of metrics, charts or files, and never changes a value:
//! it only chooses the words. Unknown values are an em dash, never a zero.

use std::{fmt, str::FromStr};

use serde::Serialize;

/// Stands where nothing was measured.
pub const UNKNOWN: &str = "—";

/// Keeps a number and its unit on one line: U+202F, narrow no-break space.
const GAP: char = '\u{202F}';
/// A true minus sign, as wide as a plus.
const MINUS: char = '\u{2212}';

/// Lengths of time in seconds.
pub const MINUTE: f64 = 60.0;
pub const HOUR: f64 = 3_600.0;
pub const DAY: f64 = 86_400.0;
pub const WEEK: f64 = 604_800.0;

/// Distances between the ticks of a time axis, in seconds: what people count in.
const DURATION_STEPS: &[f64] = &[
    1.0,
    5.0,
    15.0,
    MINUTE,
    5.0 * MINUTE,
    15.0 * MINUTE,
    HOUR,
    4.0 * HOUR,
    12.0 * HOUR,
    DAY,
    3.0 * DAY,
    WEEK,
    2.0 * WEEK,
    4.0 * WEEK,
    13.0 * WEEK,
    26.0 * WEEK,
    52.0 * WEEK,
];

/// More intervals than this crowd an axis of usual height.
const MOST_INTERVALS: f64 = 5.0;

/// The unit of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A share between 0 and 1, written in per cent.
    Ratio,
    /// A duration in seconds, written in the largest unit that fits.
    Seconds,
    /// Whole things.
    Count,
    /// Events per day.
    PerDay,
    /// Events per week.
    PerWeek,
    /// Events per month.
    PerMonth,
    /// Points on a scale of its own.
    Score,
    /// Any other number.
    Number,
}

impl Unit {
    pub const ALL: [Unit; 8] = [
        Unit::Ratio,
        Unit::Seconds,
        Unit::Count,
        Unit::PerDay,
        Unit::PerWeek,
        Unit::PerMonth,
        Unit::Score,
        Unit::Number,
    ];

    /// The word for this unit in files: `ratio`, `per_week`.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Ratio => "ratio",
            Unit::Seconds => "seconds",
            Unit::Count => "count",
            Unit::PerDay => "per_day",
            Unit::PerWeek => "per_week",
            Unit::PerMonth => "per_month",
            Unit::Score => "score",
            Unit::Number => "number",
        }
    }

    /// What a reader must know beside the number ("per week"); empty where the number says it.
    pub fn caption(self) -> &'static str {
        match self {
            Unit::PerDay => "per day",
            Unit::PerWeek => "per week",
            Unit::PerMonth => "per month",
            Unit::Ratio | Unit::Seconds | Unit::Count | Unit::Score | Unit::Number => "",
        }
    }

    /// The value for people: `14.2 %`, `3.1 h`, `12 345`, `3.4`; an em dash if it is not finite.
    pub fn format(self, value: f64) -> String {
        if !value.is_finite() {
            return UNKNOWN.to_owned();
        }
        let size = value.abs();
        let text = match self {
            Unit::Ratio => ratio(size),
            Unit::Seconds => duration(size),
            Unit::Count if size.fract() == 0.0 => grouped(size, 0),
            Unit::PerDay | Unit::PerWeek | Unit::PerMonth => rate(size),
            Unit::Count | Unit::Score | Unit::Number => significant(size, 3),
        };
        signed(value < 0.0, text)
    }

    /// Like [`Unit::format`]; `None` is an em dash.
    pub fn format_option(self, value: Option<f64>) -> String {
        value.map_or_else(|| UNKNOWN.to_owned(), |value| self.format(value))
    }

    /// How far apart two values are, without a sign, so that words can say the direction:
    /// ratios in percentage points ("2.1 points"), everything else in its own unit. Two digits are enough for it.
    pub fn format_difference(self, a: f64, b: f64) -> String {
        let distance = (a - b).abs();
        if matches!(self, Unit::Count | Unit::Score | Unit::Number) && distance < 10.0 {
            return significant(distance, 2);
        }
        if self != Unit::Ratio || !distance.is_finite() {
            return self.format(distance);
        }
        let points = distance * 100.0;
        if points > 0.0 && points < 0.1 {
            return format!("<0.1{GAP}points");
        }
        let number = significant(points, 2);
        let noun = if number == "1" { "point" } else { "points" };
        format!("{number}{GAP}{noun}")
    }

    /// Three to six evenly spaced ticks from 0 to at least `max`, at steps people count in.
    ///
    /// A `max` that is not a positive number gets the ticks of a small axis.
    pub fn ticks(self, max: f64) -> Vec<f64> {
        let max = if max.is_finite() && max > 0.0 { max } else { self.smallest_axis() };
        let step = match self {
            Unit::Seconds => duration_step(max),
            Unit::Count => decimal_step(max).max(1.0),
            _ => decimal_step(max),
        };
        let intervals = intervals(max, step).max(2.0) as u32;
        (0..=intervals).map(|i| f64::from(i) * step).collect()
    }

    /// The words at a tick: shorter than [`Unit::format`] and exact.
    pub fn label(self, tick: f64) -> String {
        if !tick.is_finite() {
            return UNKNOWN.to_owned();
        }
        let size = tick.abs();
        let text = match self {
            Unit::Ratio => format!("{}{GAP}%", significant(size * 100.0, 3)),
            Unit::Seconds => duration_label(size),
            _ => significant(size, 6),
        };
        signed(tick < 0.0, text)
    }

    fn smallest_axis(self) -> f64 {
        match self {
            Unit::Ratio => 0.1,
            Unit::Seconds => HOUR,
            _ => 2.0,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a unit; the units are {}", Unit::ALL.map(Unit::name).join(", "))]
pub struct UnknownUnit {
    pub word: String,
}

impl FromStr for Unit {
    type Err = UnknownUnit;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Unit::ALL.into_iter().find(|unit| unit.name() == word).ok_or_else(|| UnknownUnit { word: word.to_owned() })
    }
}

fn signed(is_negative: bool, text: String) -> String {
    // A value that rounds to nothing has no direction.
    if is_negative && text.chars().any(|c| ('1'..='9').contains(&c)) { format!("{MINUS}{text}") } else { text }
}

/// A share must not be rounded to "nobody" or "everybody" when it is neither.
fn ratio(share: f64) -> String {
    if share > 0.0 && share < 0.001 {
        return format!("<0.1{GAP}%");
    }
    if share < 1.0 && share > 0.999 {
        return format!(">99.9{GAP}%");
    }
    format!("{}{GAP}%", significant(share * 100.0, 3))
}

/// One decimal for ordinary rates, two figures for rare events.
fn rate(value: f64) -> String {
    if value < 1.0 { significant(value, 2) } else { trimmed(value, if value < 99.95 { 1 } else { 0 }) }
}

fn duration(seconds: f64) -> String {
    if seconds == 0.0 {
        return format!("0{GAP}s");
    }
    // Rounding comes first, so that 59.7 s reads "1 min" and never "60 s".
    let scales = [(1.0, "s", 60.0), (MINUTE, "min", 60.0), (HOUR, "h", 24.0), (DAY, "d", 14.0)];
    for (length, word, limit) in scales {
        let amount = round_duration(seconds / length);
        if amount < limit {
            // Only fractions of a second have no smaller unit to be told in.
            let number = if seconds < 1.0 { significant(seconds, 2) } else { trimmed(amount, 1) };
            return format!("{number}{GAP}{word}");
        }
    }
    format!("{}{GAP}w", trimmed(round_duration(seconds / WEEK), 1))
}

fn round_duration(amount: f64) -> f64 {
    if amount < 9.95 { (amount * 10.0).round() / 10.0 } else { amount.round() }
}

/// Ticks are whole multiples of a human step, so the largest unit that divides them is exact.
fn duration_label(seconds: f64) -> String {
    if seconds == 0.0 {
        return "0".to_owned();
    }
    let scales = [(WEEK, "w"), (DAY, "d"), (HOUR, "h"), (MINUTE, "min")];
    for (length, word) in scales {
        if seconds % length == 0.0 {
            return format!("{}{GAP}{word}", grouped(seconds / length, 0));
        }
    }
    format!("{}{GAP}s", significant(seconds, 3))
}

fn duration_step(max: f64) -> f64 {
    if max < MOST_INTERVALS {
        return decimal_step(max);
    }
    DURATION_STEPS
        .iter()
        .copied()
        // Beyond a day and a half, half days would be told as hours between days.
        .filter(|step| *step >= DAY || max <= 1.5 * DAY)
        .find(|step| intervals(max, *step) <= MOST_INTERVALS)
        .unwrap_or_else(|| decimal_step(max / (52.0 * WEEK)) * 52.0 * WEEK)
}

/// The smallest of 1, 2 or 5 times a power of ten that needs no more than five intervals.
fn decimal_step(max: f64) -> f64 {
    let exponent = (max / MOST_INTERVALS).log10().floor() as i32;
    // Powers below one are made by division, which keeps 0.1 and 0.02 exact to the last digit.
    let scaled = |mantissa: f64, exponent: i32| {
        if exponent < 0 { mantissa / 10_f64.powi(-exponent) } else { mantissa * 10_f64.powi(exponent) }
    };
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|mantissa| scaled(mantissa, exponent))
        .find(|step| intervals(max, *step) <= MOST_INTERVALS)
        .unwrap_or_else(|| scaled(1.0, exponent + 1))
}

/// Steps from 0 to `max`; the allowance keeps 0.3 / 0.1 at three.
fn intervals(max: f64, step: f64) -> f64 {
    (max / step - 1e-9).ceil()
}

/// `figures` significant figures, trailing zeros dropped, thousands grouped.
fn significant(value: f64, figures: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = (figures - 1 - magnitude).clamp(0, 12) as usize;
    trimmed(value, decimals)
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = grouped(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A positive number with narrow spaces between its thousands; powers of ten beyond 10^15.
fn grouped(value: f64, decimals: usize) -> String {
    if value >= 1e15 {
        return format!("{value:.2e}");
    }
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::with_capacity(text.len() + 6);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position) % 3 == 0 {
            grouped.push(GAP);
        }
        grouped.push(digit);
    }
    grouped + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests are easier to read with ordinary spaces.
    fn plain(text: String) -> String {
        text.replace(GAP, " ")
    }

    #[test]
    fn every_name_reads_back_as_its_unit() {
        for unit in Unit::ALL {
            assert_eq!(unit.name().parse(), Ok(unit));
        }
        let message = "furlong".parse::<Unit>().unwrap_err().to_string();
        assert!(message.contains("furlong") && message.contains("per_week"));
    }

    #[test]
    fn ratios_have_three_figures_and_never_round_to_nobody_or_everybody() {
        let format = |value| plain(Unit::Ratio.format(value));
        assert_eq!(format(0.142), "14.2 %");
        assert_eq!(format(0.0), "0 %");
        assert_eq!(format(0.05), "5 %");
        assert_eq!(format(0.01234), "1.23 %");
        assert_eq!(format(0.0004), "<0.1 %");
        assert_eq!(format(0.9999), ">99.9 %");
        assert_eq!(format(1.0), "100 %");
        assert_eq!(format(-0.021), "\u{2212}2.1 %");
    }

    #[test]
    fn durations_use_the_largest_unit_that_fits_after_rounding() {
        let format = |value| plain(Unit::Seconds.format(value));
        assert_eq!(format(0.0), "0 s");
        assert_eq!(format(45.0), "45 s");
        assert_eq!(format(59.7), "1 min");
        assert_eq!(format(12.0 * MINUTE), "12 min");
        assert_eq!(format(3.1 * HOUR), "3.1 h");
        assert_eq!(format(23.8 * HOUR), "1 d");
        assert_eq!(format(1.2 * DAY), "1.2 d");
        assert_eq!(format(13.9 * DAY), "2 w");
        assert_eq!(format(2.3 * WEEK), "2.3 w");
        assert_eq!(format(-90.0), "\u{2212}1.5 min");
    }

    #[test]
    fn counts_group_their_thousands_and_rates_keep_one_decimal() {
        assert_eq!(Unit::Count.format(1_234_567.0), "1\u{202F}234\u{202F}567");
        assert_eq!(Unit::Count.format(999.0), "999");
        assert_eq!(Unit::PerWeek.format(3.42), "3.4");
        assert_eq!(Unit::PerWeek.format(0.254), "0.25");
        assert_eq!(Unit::PerDay.format(120.4), "120");
        assert_eq!(Unit::Number.format(-0.0), "0");
    }

    #[test]
    fn unknown_is_a_dash_and_never_a_zero() {
        assert_eq!(Unit::Count.format_option(None), UNKNOWN);
        assert_eq!(Unit::Ratio.format(f64::NAN), UNKNOWN);
        assert_eq!(Unit::Seconds.label(f64::INFINITY), UNKNOWN);
        assert_eq!(plain(Unit::Ratio.format_option(Some(0.0))), "0 %");
    }

    #[test]
    fn differences_carry_no_sign_and_ratios_differ_in_points() {
        let ratio = |a, b| plain(Unit::Ratio.format_difference(a, b));
        assert_eq!(ratio(0.142, 0.121), "2.1 points");
        assert_eq!(ratio(0.121, 0.142), "2.1 points");
        assert_eq!(ratio(0.03, 0.02), "1 point");
        assert_eq!(ratio(0.5, 0.5), "0 points");
        assert_eq!(ratio(0.5, 0.5004), "<0.1 points");
        let duration = Unit::Seconds.format_difference(DAY, 2.2 * DAY);
        assert_eq!(plain(duration), "1.2 d");
        assert_eq!(Unit::Count.format_difference(40.0, 52.0), "12");
        assert_eq!(Unit::Count.format_difference(0.8333, 0.0), "0.83");
    }

    #[test]
    fn ticks_start_at_zero_cover_the_maximum_and_number_three_to_six() {
        for unit in Unit::ALL {
            for exponent in -30..80 {
                let max = 1.37_f64.powi(exponent);
                let ticks = unit.ticks(max);
                assert!((3..=6).contains(&ticks.len()), "{unit} {max} {ticks:?}");
                assert_eq!(ticks[0], 0.0);
                assert!(ticks[ticks.len() - 1] >= max * (1.0 - 1e-9));
            }
            assert!(unit.ticks(0.0).len() >= 3);
            assert!(unit.ticks(f64::NAN).len() >= 3);
            assert!(unit.ticks(f64::MAX).len() >= 3);
        }
    }

    #[test]
    fn time_ticks_fall_on_human_steps() {
        let labels = |max: f64| {
            let ticks = Unit::Seconds.ticks(max);
            ticks.iter().map(|tick| plain(Unit::Seconds.label(*tick))).collect::<Vec<_>>()
        };
        assert_eq!(labels(3.1 * HOUR), ["0", "1 h", "2 h", "3 h", "4 h"]);
        assert_eq!(labels(10.0 * HOUR), ["0", "4 h", "8 h", "12 h"]);
        assert_eq!(labels(30.0 * HOUR), ["0", "12 h", "1 d", "36 h"]);
        assert_eq!(labels(9.0 * DAY), ["0", "3 d", "6 d", "9 d"]);
        assert_eq!(labels(9.0 * WEEK), ["0", "2 w", "4 w", "6 w", "8 w", "10 w"]);
    }

    #[test]
    fn tick_labels_of_ratios_and_counts_are_short() {
        let labels = |unit: Unit, max| {
            let ticks = unit.ticks(max);
            ticks.iter().map(|tick| plain(unit.label(*tick))).collect::<Vec<_>>()
        };
        assert_eq!(labels(Unit::Ratio, 0.13), ["0 %", "5 %", "10 %", "15 %"]);
        assert_eq!(labels(Unit::Count, 1.0), ["0", "1", "2"]);
        assert_eq!(labels(Unit::Count, 2400.0), ["0", "500", "1 000", "1 500", "2 000", "2 500"]);
    }
}
