//! One series over time in a plot that is already laid out: band, line or bars, dots, hover texts.
//!
//! Shared by the charts over time. Axes, labels and their places are not drawn here.

use super::{
    Form, Point,
    axis::{Grain, Scale, Slots, known},
    picture::{At, Picture, Rect, Tip},
    theme::{BAND_OPACITY, END_RADIUS, FEW_EVENTS, FOCUS_RADIUS, Role, SERIES_STROKE, THIN_STROKE},
};
use crate::unit::Unit;

/// Bars wider than this look like blocks.
const WIDEST_BAR: f64 = 36.0;
const BAR_SHARE: f64 = 0.62;
const POINT_RADIUS: f64 = 2.0;

/// Where a series is drawn, and which of its points is the one to look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub points: &'a [Point],
    pub form: Form,
    pub unit: Unit,
    pub slots: Slots,
    pub scale: Scale,
    pub focus: Option<usize>,
}

impl Frame<'_> {
    /// Position of a point whose value is known.
    pub(super) fn at(&self, index: usize) -> Option<At> {
        let value = known(self.points.get(index)?.value)?;
        Some((self.slots.centre(index), self.scale.at(value)))
    }

    /// Positions of neighbouring points with known values, in runs that end where a gap begins.
    pub(super) fn runs(&self) -> Vec<Vec<At>> {
        let mut runs = vec![Vec::new()];
        for index in 0..self.points.len() {
            match (self.at(index), runs.last_mut()) {
                (Some(at), Some(run)) => run.push(at),
                _ => runs.push(Vec::new()),
            }
        }
        runs.retain(|run| !run.is_empty());
        runs
    }

    /// The point whose value is written: the focus, else the last whole period, else the last one.
    pub(super) fn labelled(&self) -> Option<usize> {
        let known = || (0..self.points.len()).rev().filter(|index| self.at(*index).is_some());
        let is_whole = |index: &usize| self.points.get(*index).is_some_and(|p| !p.is_partial);
        self.focus.or_else(|| known().find(is_whole)).or_else(|| known().next())
    }

    /// Few events make a share or a median unsure; a count is what it is.
    pub(super) fn is_small(&self, point: &Point) -> bool {
        self.form != Form::Bars && point.value.is_some() && point.n < FEW_EVENTS
    }

    fn is_hollow(&self, point: &Point) -> bool {
        point.is_partial || self.is_small(point)
    }

    /// Upper and lower edge of the interval of a point.
    fn interval(&self, index: usize) -> Option<(At, At)> {
        let point = self.points.get(index)?;
        known(point.value)?;
        let (low, high) = (known(point.low)?, known(point.high)?);
        let x = self.slots.centre(index);
        Some(((x, self.scale.at(high)), (x, self.scale.at(low))))
    }

    /// Upper and lower edges of neighbouring intervals, in runs that end at a gap and at a small
    /// sample, whose wide interval would distort the shape of its neighbours'.
    pub(super) fn bands(&self) -> Vec<Vec<(At, At)>> {
        let mut bands = vec![Vec::new()];
        for index in 0..self.points.len() {
            let is_small = self.points.get(index).is_some_and(|point| self.is_small(point));
            match (self.interval(index), bands.last_mut()) {
                (Some(edges), Some(band)) if !is_small => band.push(edges),
                _ => bands.push(Vec::new()),
            }
        }
        bands.retain(|band| band.len() > 1);
        bands
    }

    /// Ends of the intervals that are drawn as whiskers: on bars, and wherever no band is.
    pub(super) fn whiskers(&self) -> Vec<(At, At)> {
        let bands = if self.form == Form::Bars { Vec::new() } else { self.bands() };
        let banded: Vec<_> = bands.into_iter().flatten().collect();
        let intervals = (0..self.points.len()).filter_map(|index| self.interval(index));
        intervals.filter(|ends| !banded.contains(ends)).collect()
    }

    /// The rectangle of a bar, 1 px high at least so that a zero is seen to be one.
    pub(super) fn bar(&self, index: usize) -> Option<Rect> {
        let (x, y) = self.at(index)?;
        let zero = self.scale.at(0.0);
        let half = (self.slots.width() * BAR_SHARE).min(WIDEST_BAR) / 2.0;
        Some(Rect { left: x - half, top: y.min(zero), right: x + half, bottom: y.max(zero) })
    }
}

/// The series in its form.
pub(super) fn draw(picture: &mut Picture, frame: &Frame) {
    match frame.form {
        Form::Bars => draw_bars(picture, frame),
        Form::Rate | Form::Ribbon => {
            draw_bands(picture, frame);
            draw_line(picture, frame);
            draw_dots(picture, frame);
        }
    }
}

/// A period narrower than this, in CSS px, cannot be pointed at.
const LEAST_TIP_WIDTH: f64 = 6.0;

/// One hover text a period, the whole column high; none where periods are too narrow for a pointer.
pub(super) fn add_tips(picture: &mut Picture, frame: &Frame, top: f64, bottom: f64, band: &str) {
    let width = (frame.slots.right - frame.slots.left) / frame.points.len().max(1) as f64;
    let is_word_sized = picture.height < 40.0;
    if width < LEAST_TIP_WIDTH && !is_word_sized {
        return;
    }
    let dates: Vec<_> = frame.points.iter().map(|point| point.at).collect();
    let grain = Grain::of(&dates);
    for (index, point) in frame.points.iter().enumerate() {
        let text = format!("{}: {}", grain.full_name(point.at), describe(point, frame.unit, band));
        let rect = frame.slots.column(index, top, bottom);
        picture.tips.push(Tip { rect, text });
    }
}

/// "14.2 % (95 % interval 11 % to 18 %), n = 310, so far".
fn describe(point: &Point, unit: Unit, band: &str) -> String {
    let Some(value) = known(point.value) else {
        return "no data".to_owned();
    };
    let mut text = value_text(unit, value);
    if let (Some(low), Some(high)) = (known(point.low), known(point.high)) {
        let (low, high) = (unit.format(low), unit.format(high));
        text += &format!(" ({band}{}{low} to {high})", if band.is_empty() { "" } else { " " });
    }
    if unit != Unit::Count {
        text += &format!(", n = {}", Unit::Count.format(point.n as f64));
    }
    if point.is_partial {
        text += ", not complete";
    }
    text
}

fn value_text(unit: Unit, value: f64) -> String {
    let caption = unit.caption();
    if caption.is_empty() { unit.format(value) } else { format!("{} {caption}", unit.format(value)) }
}

fn draw_bars(picture: &mut Picture, frame: &Frame) {
    for (index, point) in frame.points.iter().enumerate() {
        let Some(bar) = frame.bar(index) else {
            continue;
        };
        // Without a focus all bars carry the finding; with one, only that bar does.
        let role = match frame.focus {
            Some(focus) if focus != index => Role::Context,
            _ => Role::Series1,
        };
        if bar.bottom - bar.top < 1.0 {
            let middle = bar.middle().1;
            let line = Rect { top: middle - 1.0, bottom: middle + 1.0, ..bar };
            picture.rect(line, role);
        } else if frame.is_hollow(point) {
            picture.hollow_rect(bar, role);
        } else {
            picture.rect(bar, role);
        }
    }
    picture.whiskers(&frame.whiskers());
}

fn draw_bands(picture: &mut Picture, frame: &Frame) {
    for (high, low) in frame.whiskers() {
        picture.path(vec![high, low], Role::Context, THIN_STROKE);
    }
    for band in frame.bands() {
        let upper = band.iter().map(|(high, _)| *high);
        let lower = band.iter().rev().map(|(_, low)| *low);
        picture.area(upper.chain(lower).collect(), Role::Series1, BAND_OPACITY);
    }
}

fn draw_line(picture: &mut Picture, frame: &Frame) {
    for run in frame.runs().into_iter().filter(|run| run.len() > 1) {
        picture.path(run, Role::Series1, SERIES_STROKE);
    }
}

fn draw_dots(picture: &mut Picture, frame: &Frame) {
    // Dots closer than this melt into the line, so only those with something to say remain.
    let has_room = frame.slots.width() >= 14.0;
    let labelled = frame.labelled();
    for (index, point) in frame.points.iter().enumerate() {
        let Some(at) = frame.at(index) else {
            continue;
        };
        let is_focus = frame.focus == Some(index);
        if frame.is_hollow(point) {
            picture.hollow_dot(at, Role::Series1);
        } else if is_focus {
            picture.dot(at, FOCUS_RADIUS, Role::Series1);
        } else if labelled == Some(index) {
            picture.dot(at, END_RADIUS, Role::Series1);
        } else if has_room || is_alone(frame, index) {
            picture.dot(at, POINT_RADIUS, Role::Series1);
        }
    }
}

/// A point between two gaps has no line and would be unseen without a dot.
fn is_alone(frame: &Frame, index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|index| frame.at(index));
    before.is_none() && frame.at(index + 1).is_none()
}
