//! Labelled level bars: a ranking or a distribution, its numbers written at the bars.
//!
//! No axis: every value is there to be read. On a phone a label stands above its bar.

use super::{
    Bar, Bars, Chart, Kind, Mark, Width,
    axis::{self, Scale, known},
    picture::{Anchor, HALF_CAPITAL, Label, Picture, Rect, Tip},
    place::Space,
    text,
    theme::{FEW_EVENTS, Role},
};
use crate::unit::Unit;

pub(super) const KIND: Kind =
    Kind { name: "bars", about: "Labelled horizontal bars of a ranking or a distribution.", picture };

const THICKNESS: f64 = 16.0;
/// Intervals stretch the scale up to this many times the longest bar.
const REACH: f64 = 2.0;
/// Labels take at most this share of the width before they are shortened.
const LABEL_SHARE: f64 = 0.36;

/// Where everything of a chart of bars stands.
struct Layout {
    width: Width,
    row: f64,
    top: f64,
    scale: Scale,
}

impl Layout {
    /// Centre line of a bar.
    fn middle(&self, index: usize) -> f64 {
        let below_label = match self.width {
            Width::Wide => self.row / 2.0,
            Width::Narrow => self.row - THICKNESS / 2.0 - 4.0,
        };
        self.top + index as f64 * self.row + below_label
    }
}

fn picture(chart: &Chart, width: Width) -> Option<Picture> {
    let Chart::Bars(bars) = chart else {
        return None;
    };
    Some(draw(bars, width))
}

fn draw(chart: &Bars, width: Width) -> Picture {
    let (total, row) = match width {
        Width::Wide => (720.0, 28.0),
        Width::Narrow => (344.0, 42.0),
    };
    if chart.bars.is_empty() {
        let mut picture = Picture::new(total, 60.0);
        let at = (total / 2.0, 34.0);
        picture.label(Label::new("no data for this period", at, Anchor::Middle));
        return picture;
    }
    let layout = layout(chart, width, total, row);
    let height = layout.top + chart.bars.len() as f64 * row + 6.0;
    let mut picture = Picture::new(total, height);
    let label_room = layout.scale.from - 10.0;
    for (index, bar) in chart.bars.iter().enumerate() {
        draw_bar(&mut picture, &layout, chart.unit, bar, index);
        let rect = Rect {
            left: 0.0,
            top: layout.top + index as f64 * row,
            right: total,
            bottom: layout.top + (index + 1) as f64 * row,
        };
        let text = describe(bar, chart.unit);
        picture.tips.push(Tip { rect, text });
    }
    let zero = layout.scale.at(0.0);
    let bottom = height - 2.0;
    if width == Width::Wide {
        picture.rule((zero, layout.top), (zero, bottom), false);
    } else {
        // A line through all rows would cross the labels above the bars.
        for middle in (0..chart.bars.len()).map(|index| layout.middle(index)) {
            let half = THICKNESS / 2.0 + 2.0;
            picture.rule((zero, middle - half), (zero, middle + half), false);
        }
    }
    draw_marks(&mut picture, &layout, &chart.marks, bottom);
    for (index, bar) in chart.bars.iter().enumerate() {
        draw_name(&mut picture, &layout, bar, index, label_room);
        draw_value(&mut picture, &layout, chart.unit, bar, index);
    }
    picture
}

fn layout(chart: &Bars, width: Width, total: f64, row: f64) -> Layout {
    let names = chart
        .bars
        .iter()
        .map(|bar| text::width(&text::shorten(&bar.label, bar.is_highlighted, total), bar.is_highlighted));
    let left = match width {
        Width::Wide => names.fold(0.0, f64::max).min(total * LABEL_SHARE) + 12.0,
        Width::Narrow => 1.0,
    };
    let values = chart.bars.iter().map(|bar| {
        let (value, number) = value_texts(bar, chart.unit);
        text::width(&value, true) + text::width(&number, false) + 20.0
    });
    let right = total - values.fold(0.0, f64::max);
    let (min, max) = extent(chart);
    Layout {
        width,
        row,
        top: if chart.marks.is_empty() { 2.0 } else { 22.0 },
        scale: Scale { min, max, from: left, to: right.max(left + 40.0) },
    }
}

fn extent(chart: &Bars) -> (f64, f64) {
    let values = || chart.bars.iter().filter_map(|bar| known(bar.value));
    let highs = chart.bars.iter().filter_map(|bar| known(bar.high));
    let min = values().fold(0.0, f64::min);
    let max = values().fold(0.0, f64::max);
    let high = highs.fold(0.0, f64::max);
    let limit = if max > 0.0 { REACH * max } else { high };
    let max = axis::extent_with_marks(max.max(high.min(limit)), &chart.marks);
    // A scale needs a length even where all bars are zero.
    (min, if max > min { max } else { min + 1.0 })
}

fn draw_bar(picture: &mut Picture, layout: &Layout, unit: Unit, bar: &Bar, index: usize) {
    let Some(value) = known(bar.value) else {
        return;
    };
    let (zero, end) = (layout.scale.at(0.0), layout.scale.at(value));
    let middle = layout.middle(index);
    let rect = Rect {
        left: zero.min(end),
        top: middle - THICKNESS / 2.0,
        right: zero.max(end),
        bottom: middle + THICKNESS / 2.0,
    };
    let role = if bar.is_highlighted { Role::Series1 } else { Role::Context };
    // A count of few things is sure; a share or a median of few is not.
    let is_small = unit != Unit::Count && bar.n < FEW_EVENTS;
    if rect.width() < 1.0 {
        // The baseline stands for a bar of no length.
    } else if is_small {
        hollow(picture, rect, role);
    } else {
        picture.rect(rect, role);
    }
    if let (Some(low), Some(high)) = (known(bar.low), known(bar.high)) {
        let (low, high) = (layout.scale.at(low), layout.scale.at(high));
        picture.whiskers(&[((low, middle), (high, middle))]);
    }
}

fn hollow(picture: &mut Picture, rect: Rect, role: Role) {
    picture.hollow_rect(rect, role);
    // The outline of an upright bar stands open on its baseline; this one needs its lower edge.
    let y = rect.bottom - 1.0;
    picture.path(vec![(rect.left, y), (rect.right, y)], role, 2.0);
}

fn draw_name(picture: &mut Picture, layout: &Layout, bar: &Bar, index: usize, room: f64) {
    let middle = layout.middle(index);
    let (baseline, room) = match layout.width {
        Width::Wide => (middle + HALF_CAPITAL, room),
        Width::Narrow => (middle - THICKNESS / 2.0 - 6.0, picture.width - 8.0),
    };
    let name = text::shorten(&bar.label, bar.is_highlighted, room);
    let label = Label::new(name, (0.0, baseline), Anchor::Start).role(Role::Ink);
    picture.label(if bar.is_highlighted { label.bold() } else { label });
}

/// The value in ink behind bar and whisker, then the number of events, muted.
fn draw_value(picture: &mut Picture, layout: &Layout, unit: Unit, bar: &Bar, index: usize) {
    let (value, number) = value_texts(bar, unit);
    let ends = [Some(0.0), bar.value, bar.value.and(bar.high)];
    let end = ends.into_iter().filter_map(known).map(|end| layout.scale.at(end)).fold(0.0, f64::max);
    let baseline = layout.middle(index) + HALF_CAPITAL;
    let role = if bar.value.is_some() { Role::Ink } else { Role::Muted };
    let label = Label::new(value, (end + 6.0, baseline), Anchor::Start).role(role);
    let label = if bar.is_highlighted { label.bold() } else { label };
    let after = label.rect().right + 6.0;
    picture.label(label);
    picture.label(Label::new(number, (after, baseline), Anchor::Start));
}

fn value_texts(bar: &Bar, unit: Unit) -> (String, String) {
    let value = match known(bar.value) {
        Some(value) => unit.format(value),
        None => "no data".to_owned(),
    };
    // A count already is its number of events.
    let number = if unit == Unit::Count || bar.value.is_none() {
        String::new()
    } else {
        format!("n={}", Unit::Count.format(bar.n as f64))
    };
    (value, number)
}

/// Thin upright lines, their names above the bars.
fn draw_marks(picture: &mut Picture, layout: &Layout, marks: &[Mark], bottom: f64) {
    let mut space = Space::new(Rect { left: 0.0, top: 0.0, right: picture.width, bottom: layout.top });
    for mark in marks {
        let x = layout.scale.at(mark.value);
        let is_inside = layout.scale.holds(mark.value);
        if is_inside {
            picture.rule((x, layout.top - 4.0), (x, bottom), mark.is_dashed);
        }
        let arrow = if is_inside { "" } else { " →" };
        let name = text::shorten(&mark.label, false, picture.width / 2.0 - 24.0) + arrow;
        let candidates =
            [Anchor::Start, Anchor::End, Anchor::Middle].map(|anchor| Label::new(name.clone(), (x, 12.0), anchor));
        if let Some(label) = space.best(candidates.to_vec(), Label::rect) {
            picture.label(label);
        }
    }
}

/// "checkout: 14.2 % (11 % to 18 %), n = 310".
fn describe(bar: &Bar, unit: Unit) -> String {
    let Some(value) = known(bar.value) else {
        return format!("{}: no data", bar.label);
    };
    let mut text = format!("{}: {}", bar.label, unit.format(value));
    if let (Some(low), Some(high)) = (known(bar.low), known(bar.high)) {
        text += &format!(" ({} to {})", unit.format(low), unit.format(high));
    }
    if unit != Unit::Count {
        text += &format!(", n = {}", Unit::Count.format(bar.n as f64));
    }
    text
}
