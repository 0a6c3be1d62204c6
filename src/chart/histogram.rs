//! Upright bars over classes in order, each with a line where chance alone would put its end.

use super::{
    Bucket, Chart, Histogram, Kind, Width,
    axis::{self, Scale, Slots},
    picture::{Anchor, Label, Picture, Rect, Tip},
    place::Space,
    text,
    theme::{LINE_HEIGHT, Role, SERIES_STROKE, THIN_STROKE},
};
use crate::unit::Unit;

pub(super) const KIND: Kind =
    Kind { name: "histogram", about: "Upright bars over classes, beside what chance alone would give.", picture };

const BAR_SHARE: f64 = 0.62;
const WIDEST_BAR: f64 = 56.0;
/// Below a narrower bar no word is legible; its hover text tells it.
const NARROWEST_NAMED: f64 = 24.0;

fn picture(chart: &Chart, width: Width) -> Option<Picture> {
    let Chart::Histogram(histogram) = chart else {
        return None;
    };
    Some(draw(histogram, width))
}

fn draw(histogram: &Histogram, width: Width) -> Picture {
    let (total, height) = match width {
        Width::Wide => (720.0, 280.0),
        Width::Narrow => (344.0, 260.0),
    };
    if histogram.buckets.iter().all(|bucket| numbers(bucket).all(|number| number == 0.0)) {
        return Picture::nothing(total);
    }
    let mut picture = Picture::new(total, height);
    let most = histogram.buckets.iter().flat_map(numbers).fold(0.0, f64::max);
    let ticks = axis::ticks(histogram.unit, 0.0, most);
    let plot = Rect {
        left: axis::ticks_width(histogram.unit, &ticks) + 10.0,
        top: 30.0,
        right: total,
        bottom: height - 8.0 - 2.0 * LINE_HEIGHT,
    };
    let scale = Scale { min: 0.0, max: ticks.last().copied().unwrap_or(1.0), from: plot.bottom, to: plot.top };
    let slots = Slots { left: plot.left, right: plot.right, count: histogram.buckets.len() };
    axis::draw_grid(&mut picture, plot, histogram.unit, &ticks, &scale);
    let mut space = Space::new(Rect { left: plot.left, top: 0.0, right: total, bottom: plot.bottom });
    for (index, bucket) in histogram.buckets.iter().enumerate() {
        draw_bar(&mut picture, bucket, index, &slots, &scale, &mut space);
        name(&mut picture, bucket, index, &slots, plot);
    }
    let lines = draw_expected(&mut picture, histogram, &slots, &scale, &mut space);
    for (index, bucket) in histogram.buckets.iter().enumerate() {
        write_value(&mut picture, histogram.unit, bucket, (slots.centre(index), &scale), &mut space);
    }
    name_expected(&mut picture, histogram, &lines, &slots, &mut space);
    for (index, bucket) in histogram.buckets.iter().enumerate() {
        let rect = slots.column(index, plot.top, plot.bottom);
        picture.tips.push(Tip { rect, text: describe(histogram, bucket) });
    }
    picture
}

fn numbers(bucket: &Bucket) -> impl Iterator<Item = f64> {
    [Some(bucket.value), bucket.expected].into_iter().flatten().filter(|number| number.is_finite())
}

fn draw_bar(picture: &mut Picture, bucket: &Bucket, index: usize, slots: &Slots, scale: &Scale, space: &mut Space) {
    if !bucket.value.is_finite() {
        return;
    }
    let half = (slots.width() * BAR_SHARE).min(WIDEST_BAR) / 2.0;
    let (x, y) = (slots.centre(index), scale.at(bucket.value));
    let bar = Rect { left: x - half, top: y.min(scale.from - 1.0), right: x + half, bottom: scale.from };
    picture.rect(bar, Role::Series1);
    space.take(bar);
}

fn name(picture: &mut Picture, bucket: &Bucket, index: usize, slots: &Slots, plot: Rect) {
    if slots.width() < NARROWEST_NAMED {
        return;
    }
    let lines = text::wrap(&bucket.label, slots.width() - 4.0, 2);
    let first = Label::new("", (slots.centre(index), plot.bottom + 18.0), Anchor::Middle);
    for label in first.lines(&lines) {
        picture.label(label);
    }
}

/// A level line across each slot: its left end, right end and height.
fn draw_expected(
    picture: &mut Picture,
    histogram: &Histogram,
    slots: &Slots,
    scale: &Scale,
    space: &mut Space,
) -> Vec<(f64, f64, f64)> {
    let half = (slots.width() * BAR_SHARE).min(WIDEST_BAR) / 2.0 + 6.0;
    let mut lines = Vec::new();
    for (index, bucket) in histogram.buckets.iter().enumerate() {
        let Some(expected) = bucket.expected.filter(|expected| expected.is_finite()) else {
            continue;
        };
        let (x, y) = (slots.centre(index), scale.at(expected));
        let line = vec![(x - half, y), (x + half, y)];
        picture.path(line.clone(), Role::Page, SERIES_STROKE + 2.0 * THIN_STROKE);
        picture.path(line.clone(), Role::Series2, SERIES_STROKE);
        space.take_path(&line);
        lines.push((x - half, x + half, y));
    }
    lines
}

/// What the lines mean, written once where there is room.
fn name_expected(
    picture: &mut Picture,
    histogram: &Histogram,
    lines: &[(f64, f64, f64)],
    slots: &Slots,
    space: &mut Space,
) {
    let words = text::shorten(&histogram.expected_label, false, (slots.right - slots.left) * 0.8);
    let candidates = lines.iter().flat_map(|(left, right, y)| {
        let ends = [(f64::midpoint(*left, *right), Anchor::Middle), (*right, Anchor::End), (*left, Anchor::Start)];
        ends.into_iter().flat_map(move |(x, anchor)| [-8.0, -22.0, -38.0, -54.0].map(|dy| (x, y + dy, anchor)))
    });
    let labels = candidates.map(|(x, y, anchor)| Label::new(words.clone(), (x, y), anchor).role(Role::Worse));
    if let Some(label) = space.best(labels.collect(), Label::rect) {
        let label = label.kept_in(picture);
        picture.label(label);
    }
}

fn write_value(picture: &mut Picture, unit: Unit, bucket: &Bucket, (x, scale): (f64, &Scale), space: &mut Space) {
    let text = unit.format(bucket.value);
    let top = numbers(bucket).map(|number| scale.at(number)).fold(scale.from, f64::min);
    let places = [scale.at(bucket.value) - 6.0, top - 7.0, top - 20.0];
    let (width, ink) = (picture.width, Role::Ink);
    let candidates = places.map(|y| Label::new(text.clone(), (x, y), Anchor::Middle).role(ink).within(0.0, width));
    if let Some(label) = space.best(candidates.to_vec(), Label::rect) {
        let label = label.kept_in(picture);
        picture.label(label);
    }
}

/// "within 1 h: 14, about 3.2 if releases made no difference".
fn describe(histogram: &Histogram, bucket: &Bucket) -> String {
    let value = histogram.unit.format(bucket.value);
    match bucket.expected {
        Some(expected) => {
            let expected = Unit::Number.format(expected);
            format!("{}: {value}, about {expected} {}", bucket.label, histogram.expected_label)
        }
        None => format!("{}: {value}", bucket.label),
    }
}
