//! From values and periods to pixels: scales, level gridlines, names of periods.
//!
//! A value axis always includes zero. Periods are slots of equal width, whatever their length in
//! days, because a series holds one point a period with its gaps included.

use chrono::{Datelike, NaiveDate};

use super::{
    Mark, Point,
    picture::{Anchor, HALF_CAPITAL, Label, Picture, Rect},
    text,
    theme::{FEW_EVENTS, LINE_HEIGHT, Role, THIN_STROKE},
};
use crate::unit::Unit;

/// A mark further away than this many times the data is named but not drawn: it would flatten them.
const FAR_MARK: f64 = 2.5;

const FARTHEST: f64 = 1e300;

/// A linear scale from values to px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub min: f64,
    pub max: f64,
    /// Position of `min`.
    pub from: f64,
    /// Position of `max`.
    pub to: f64,
}

impl Scale {
    /// Position of a value; values beyond the ends stay at the ends.
    pub(super) fn at(&self, value: f64) -> f64 {
        let span = self.max - self.min;
        if span <= 0.0 || !value.is_finite() {
            return (self.from + self.to) / 2.0;
        }
        // The parts are divided before they are subtracted, since the span of extreme values is infinite.
        let share = (value.clamp(self.min, self.max) / span - self.min / span).clamp(0.0, 1.0);
        self.from + share * (self.to - self.from)
    }

    pub(super) fn holds(&self, value: f64) -> bool {
        (self.min..=self.max).contains(&value)
    }
}

/// Equal places side by side, one a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slots {
    pub left: f64,
    pub right: f64,
    pub count: usize,
}

impl Slots {
    pub(super) fn width(&self) -> f64 {
        (self.right - self.left) / self.count.max(1) as f64
    }

    pub(super) fn centre(&self, index: usize) -> f64 {
        self.left + (index as f64 + 0.5) * self.width()
    }

    /// The whole column of a slot.
    pub(super) fn column(&self, index: usize, top: f64, bottom: f64) -> Rect {
        let left = self.left + index as f64 * self.width();
        Rect { left, top, right: left + self.width(), bottom }
    }
}

/// Least and greatest value that an axis must show; both 0 where nothing is known.
///
/// Ends of intervals count up to `reach` times the farthest value, and those of tiny samples only
/// where there is nothing else: they must not flatten the rest, so the edge of the plot cuts them.
pub(super) fn extent<'a>(points: impl Iterator<Item = &'a Point>, reach: f64) -> (f64, f64) {
    let points: Vec<_> = points.filter(|point| known(point.value).is_some()).collect();
    let values = || points.iter().filter_map(|point| point.value);
    let min = values().fold(0.0, f64::min);
    let max = values().fold(0.0, f64::max);
    let is_any_large = points.iter().any(|point| point.n >= FEW_EVENTS);
    let judged = || points.iter().filter(|point| !is_any_large || point.n >= FEW_EVENTS);
    let low = judged().filter_map(|point| known(point.low)).fold(0.0, f64::min);
    let high = judged().filter_map(|point| known(point.high)).fold(0.0, f64::max);
    let farthest = max.max(-min);
    if farthest == 0.0 {
        return (low, high);
    }
    let limit = farthest * reach;
    (min.min(low.max(-limit)), max.max(high.min(limit)))
}

/// The greatest value with the marks that are near enough to be drawn.
pub(super) fn extent_with_marks(max: f64, marks: &[Mark]) -> f64 {
    let near =
        marks.iter().filter_map(|mark| known(Some(mark.value))).filter(|value| max <= 0.0 || *value <= FAR_MARK * max);
    near.fold(max, f64::max)
}

/// A value that can be drawn.
pub(super) fn known(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// Ticks from at most `min` to at least `max`, always with zero.
///
/// Values beyond any measurement are drawn at the ends of the axis, so that spans stay finite.
pub(super) fn ticks(unit: Unit, min: f64, max: f64) -> Vec<f64> {
    let (min, max) = (min.max(-FARTHEST), max.min(FARTHEST));
    if min >= 0.0 {
        return unit.ticks(max);
    }
    let span = unit.ticks(max - min);
    let step = span.get(1).copied().unwrap_or(1.0);
    let from = (min / step).floor() as i32;
    let until = (max / step).ceil() as i32;
    (from..=until).map(|i| f64::from(i) * step).collect()
}

/// Width of the widest tick label.
pub(super) fn ticks_width(unit: Unit, ticks: &[f64]) -> f64 {
    let widths = ticks.iter().map(|tick| text::width(&unit.label(*tick), false));
    widths.fold(0.0, f64::max)
}

/// Level gridlines with their labels to the left of the plot; the line of zero is darker.
pub(super) fn draw_grid(picture: &mut Picture, plot: Rect, unit: Unit, ticks: &[f64], scale: &Scale) {
    for tick in ticks {
        let y = scale.at(*tick);
        let role = if *tick == 0.0 { Role::Context } else { Role::Hairline };
        picture.path(vec![(plot.left, y), (plot.right, y)], role, THIN_STROKE);
    }
    for tick in ticks {
        let at = (plot.left - 8.0, scale.at(*tick) + HALF_CAPITAL);
        picture.label(Label::new(unit.label(*tick), at, Anchor::End));
    }
}

/// Names below the plot, as many as fit, the year below the first and wherever it changes.
pub(super) fn draw_periods(
    picture: &mut Picture,
    slots: &Slots,
    bottom: f64,
    dates: &[NaiveDate],
    focus: Option<NaiveDate>,
) {
    let grain = Grain::of(dates);
    let mut year = None;
    for index in labelled(grain, dates, slots.width()) {
        let Some(date) = dates.get(index).copied() else {
            continue;
        };
        let at = (slots.centre(index), bottom + 18.0);
        let name = Label::new(grain.short_name(date), at, Anchor::Middle);
        if name.rect().left < 0.0 || name.rect().right > picture.width {
            continue;
        }
        picture.label(if focus == Some(date) { name.role(Role::Ink).bold() } else { name });
        if grain != Grain::Year && year != Some(date.year()) {
            let below = (at.0, at.1 + LINE_HEIGHT);
            picture.label(Label::new(date.year().to_string(), below, Anchor::Middle));
            year = Some(date.year());
        }
    }
}

/// Length of the periods of a series, judged by the distance of its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grain {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Grain {
    pub(super) fn of(dates: &[NaiveDate]) -> Grain {
        let distances = dates.windows(2).map(|pair| (pair[1] - pair[0]).num_days());
        match distances.filter(|days| *days > 0).min() {
            None if dates.iter().all(|date| date.day() == 1) => Grain::Month,
            None | Some(..=6) => Grain::Day,
            Some(7..=27) => Grain::Week,
            Some(28..=88) => Grain::Month,
            Some(89..=360) => Grain::Quarter,
            Some(_) => Grain::Year,
        }
    }

    /// For an axis: "Nov", "3 Nov", "Q4", "2026".
    fn short_name(self, date: NaiveDate) -> String {
        match self {
            Grain::Day | Grain::Week => date.format("%-d %b").to_string(),
            Grain::Month => date.format("%b").to_string(),
            Grain::Quarter => format!("Q{}", date.month0() / 3 + 1),
            Grain::Year => date.year().to_string(),
        }
    }

    /// For a sentence: "Nov 2026", "week of 2 Nov 2026", "Q4 2026".
    pub(super) fn full_name(self, date: NaiveDate) -> String {
        match self {
            Grain::Day => date.format("%-d %b %Y").to_string(),
            Grain::Week => date.format("week of %-d %b %Y").to_string(),
            Grain::Month => date.format("%b %Y").to_string(),
            Grain::Quarter => format!("{} {}", self.short_name(date), date.year()),
            Grain::Year => date.year().to_string(),
        }
    }

    /// For the ends of a small axis: like the full name, without words.
    pub(super) fn compact_name(self, date: NaiveDate) -> String {
        match self {
            Grain::Week => Grain::Day.full_name(date),
            other => other.full_name(date),
        }
    }
}

/// Which periods get a name: every one, or every second, third … that leaves room between names.
/// Months keep to January, quarters to the first, so that the years line up.
fn labelled(grain: Grain, dates: &[NaiveDate], slot: f64) -> Vec<usize> {
    let names = dates.iter().map(|date| text::width(&grain.short_name(*date), true));
    let needed = names.fold(text::width("2026", false), f64::max) + 8.0;
    let choices: &[usize] = match grain {
        Grain::Month => &[1, 2, 3, 6, 12, 24, 60, 120],
        Grain::Quarter => &[1, 2, 4, 8, 20, 40],
        Grain::Day | Grain::Week | Grain::Year => &[1, 2, 4, 8, 13, 26, 52, 104, 208, 416],
    };
    let every = choices.iter().copied().find(|every| *every as f64 * slot >= needed).unwrap_or(dates.len().max(1));
    let phase = |index: usize, date: &NaiveDate| match grain {
        Grain::Month => date.year().unsigned_abs() as usize * 12 + date.month0() as usize,
        Grain::Quarter => date.year().unsigned_abs() as usize * 4 + date.month0() as usize / 3,
        Grain::Day | Grain::Week | Grain::Year => index,
    };
    let chosen = dates.iter().enumerate();
    chosen.filter(|(index, date)| phase(*index, date) % every == 0).map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn months(count: u32) -> Vec<NaiveDate> {
        (0..count).filter_map(|i| day("2025-11-01").checked_add_months(chrono::Months::new(i))).collect()
    }

    fn point(value: f64, high: f64, n: u64) -> Point {
        Point { at: day("2026-10-01"), value: Some(value), low: None, high: Some(high), n, is_partial: false }
    }

    #[test]
    fn a_scale_maps_its_ends_and_keeps_strangers_inside() {
        let scale = Scale { min: 0.0, max: 4.0, from: 100.0, to: 20.0 };
        assert_eq!(scale.at(0.0), 100.0);
        assert_eq!(scale.at(1.0), 80.0);
        assert_eq!(scale.at(99.0), 20.0);
        assert!(scale.at(f64::NAN).is_finite());
    }

    #[test]
    fn the_interval_of_a_tiny_sample_does_not_stretch_the_axis_without_limit() {
        let points = [point(0.1, 0.9, 3), point(0.12, 0.2, 50)];
        assert_eq!(extent(points.iter(), 2.0), (0.0, 0.2));
        assert_eq!(extent([point(0.1, 0.9, 3)].iter(), 2.0), (0.0, 0.2));
        assert_eq!(extent([point(0.0, 0.3, 9)].iter(), 2.0), (0.0, 0.3));
    }

    #[test]
    fn a_mark_far_above_the_data_does_not_stretch_the_axis() {
        let mark = |value| Mark { label: String::new(), value, is_dashed: false };
        assert_eq!(extent_with_marks(1.0, &[mark(2.0), mark(30.0)]), 2.0);
        assert_eq!(extent_with_marks(0.0, &[mark(30.0)]), 30.0);
    }

    #[test]
    fn negative_values_get_ticks_below_zero() {
        assert_eq!(ticks(Unit::Number, -3.0, 4.0), [-4.0, -2.0, 0.0, 2.0, 4.0]);
    }

    #[test]
    fn periods_are_recognised_by_their_distance() {
        assert_eq!(Grain::of(&months(3)), Grain::Month);
        assert_eq!(Grain::of(&[day("2026-10-05"), day("2026-10-12")]), Grain::Week);
        assert_eq!(Grain::of(&[day("2026-01-01"), day("2026-04-01")]), Grain::Quarter);
        assert_eq!(Grain::of(&[day("2026-10-05")]), Grain::Day);
        assert_eq!(Grain::of(&[]), Grain::Month);
        assert_eq!(Grain::Week.full_name(day("2026-11-02")), "week of 2 Nov 2026");
        assert_eq!(Grain::Quarter.full_name(day("2026-10-01")), "Q4 2026");
    }

    #[test]
    fn months_are_thinned_out_in_step_with_january() {
        let dates = months(13);
        assert_eq!(labelled(Grain::Month, &dates, 50.0).len(), 13);
        let thinned = labelled(Grain::Month, &dates, 22.0);
        assert!(thinned.contains(&2), "January is among {thinned:?}");
        assert!(thinned.len() < 13);
    }
}
