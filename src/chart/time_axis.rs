//! Axes of time in steps that people count in: lengths on a logarithmic scale, instants on a linear one.

use chrono::{NaiveDateTime, TimeDelta, Timelike};

use super::{
    picture::{Anchor, Label, Picture, Rect},
    text,
    theme::{LINE_HEIGHT, Role, THIN_STROKE},
};
use crate::unit::{DAY, HOUR, MINUTE, Unit, WEEK};

/// Lengths of time, in seconds, that a logarithmic axis may name.
const LENGTHS: &[f64] = &[
    1.0,
    10.0,
    MINUTE,
    5.0 * MINUTE,
    15.0 * MINUTE,
    HOUR,
    4.0 * HOUR,
    12.0 * HOUR,
    DAY,
    3.0 * DAY,
    WEEK,
    4.0 * WEEK,
    13.0 * WEEK,
    52.0 * WEEK,
    260.0 * WEEK,
    1_040.0 * WEEK,
];

/// Distances between named instants, in minutes.
const STEPS: &[i64] = &[5, 15, 30, 60, 120, 240, 360, 720, 1_440, 2_880, 10_080, 40_320];

/// Lengths of time between two of [`LENGTHS`], each step of a tenfold equally wide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogScale {
    from_s: f64,
    until_s: f64,
    left: f64,
    right: f64,
}

impl LogScale {
    /// From the named length at or below `least_s` to the one at or above `most_s`; what lies beyond stays at the ends.
    pub(super) fn around(least_s: f64, most_s: f64, left: f64, right: f64) -> LogScale {
        let last = LENGTHS.len() - 1;
        let first = LENGTHS.iter().rposition(|length| *length <= least_s).unwrap_or(0).min(last - 1);
        let end = LENGTHS.iter().position(|length| *length >= most_s).unwrap_or(last).max(first + 1);
        LogScale { from_s: LENGTHS[first], until_s: LENGTHS[end], left, right }
    }

    pub(super) fn at(&self, length_s: f64) -> f64 {
        let inside = if length_s.is_finite() { length_s.clamp(self.from_s, self.until_s) } else { self.until_s };
        let share = (inside / self.from_s).ln() / (self.until_s / self.from_s).ln();
        self.left + share * (self.right - self.left)
    }

    /// Names below the plot with short ticks, as many as fit.
    pub(super) fn draw(&self, picture: &mut Picture, bottom: f64) {
        let mut free_from = f64::NEG_INFINITY;
        let inside = LENGTHS.iter().filter(|length| (self.from_s..=self.until_s).contains(*length));
        for length in inside {
            let x = self.at(*length);
            let name = Label::new(Unit::Seconds.label(*length), (x, bottom + 18.0), Anchor::Middle);
            let rect = name.rect();
            if rect.left < free_from || rect.right > picture.width || rect.left < 0.0 {
                continue;
            }
            picture.path(vec![(x, bottom), (x, bottom + 4.0)], Role::Context, THIN_STROKE);
            free_from = rect.right + 8.0;
            picture.label(name);
        }
    }
}

/// Instants of local time on a linear scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct InstantScale {
    from: NaiveDateTime,
    until: NaiveDateTime,
    left: f64,
    right: f64,
}

impl InstantScale {
    pub(super) fn new(from: NaiveDateTime, until: NaiveDateTime, left: f64, right: f64) -> InstantScale {
        InstantScale { from, until, left, right }
    }

    /// Instants beyond the ends stay at the ends.
    pub(super) fn at(&self, instant: NaiveDateTime) -> f64 {
        let span = (self.until - self.from).as_seconds_f64();
        if span <= 0.0 {
            return (self.left + self.right) / 2.0;
        }
        let share = ((instant - self.from).as_seconds_f64() / span).clamp(0.0, 1.0);
        self.left + share * (self.right - self.left)
    }

    /// Upright hairlines with the hours below them, and the day below the first hour and wherever it changes.
    pub(super) fn draw(&self, picture: &mut Picture, plot: Rect) {
        let (instants, step) = self.instants();
        let mut day = None;
        for instant in instants {
            let x = self.at(instant);
            picture.path(vec![(x, plot.top), (x, plot.bottom)], Role::Hairline, THIN_STROKE);
            let is_by_day = step >= 1_440;
            let hour = if is_by_day { "%-d %b" } else { "%H:%M" };
            let name = Label::new(instant.format(hour).to_string(), (x, plot.bottom + 16.0), Anchor::Middle);
            let is_inside = name.rect().left >= 0.0 && name.rect().right <= picture.width;
            if is_inside {
                picture.label(name);
            }
            if !is_by_day && day != Some(instant.date()) && is_inside {
                let text = instant.format("%-d %b").to_string();
                let below = Label::new(text, (x, plot.bottom + 16.0 + LINE_HEIGHT), Anchor::Middle);
                if below.rect().right <= picture.width && below.rect().left >= 0.0 {
                    picture.label(below);
                }
                day = Some(instant.date());
            }
        }
    }

    /// Round instants at the smallest step whose names fit beside one another, and that step in minutes.
    fn instants(&self) -> (Vec<NaiveDateTime>, i64) {
        let span = (self.until - self.from).num_minutes().max(1);
        let room = (self.right - self.left).max(1.0) / (text::width("00 Mmm", false) + 14.0);
        let most = room.floor().max(1.0) as i64;
        let step = STEPS.iter().copied().find(|step| span / step <= most).unwrap_or(span);
        let midnight = self.from - TimeDelta::seconds(i64::from(self.from.num_seconds_from_midnight()));
        let first = (self.from - midnight).num_minutes() / step;
        let at = |place: i64| midnight + TimeDelta::minutes(step * place);
        let found = (first..=first + most + 1).map(at);
        (found.filter(|instant| *instant >= self.from && *instant <= self.until).collect(), step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn a_logarithmic_axis_begins_and_ends_at_lengths_that_have_a_name() {
        let scale = LogScale::around(90.0, 5_000.0, 0.0, 100.0);
        assert_eq!((scale.from_s, scale.until_s), (60.0, 4.0 * HOUR));
        assert_eq!((scale.at(60.0), scale.at(4.0 * HOUR)), (0.0, 100.0));
        assert_eq!((scale.at(0.0), scale.at(f64::NAN), scale.at(1e300)), (0.0, 100.0, 100.0));
    }

    #[test]
    fn tenfold_lengths_are_equally_far_apart() {
        let scale = LogScale::around(1.0, 1e6, 0.0, 100.0);
        let apart = scale.at(100.0) - scale.at(10.0);
        assert!((scale.at(10_000.0) - scale.at(1_000.0) - apart).abs() < 1e-9);
    }

    #[test]
    fn instants_are_named_at_round_hours_within_the_axis() {
        let scale = InstantScale::new(moment("2026-10-09 21:40"), moment("2026-10-10 03:10"), 0.0, 500.0);
        let (instants, step) = scale.instants();
        assert_eq!((instants[0], step), (moment("2026-10-09 22:00"), 60));
        assert_eq!(instants.last(), Some(&moment("2026-10-10 03:00")));
    }

    #[test]
    fn an_axis_without_length_stands_in_the_middle() {
        let at = moment("2026-10-09 21:40");
        assert_eq!(InstantScale::new(at, at, 0.0, 100.0).at(at), 50.0);
    }
}
