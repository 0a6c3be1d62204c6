//! A waterfall: parts that follow one another and add up to a whole, each beginning where the one before ends.

use super::{
    Chart, Kind, Waterfall, WaterfallStage, Width,
    axis::Scale,
    picture::{Anchor, HALF_CAPITAL, Label, Picture, Rect, Tip},
    text,
    theme::{FEW_EVENTS, Role, THIN_STROKE},
};
use crate::unit::Unit;

pub(super) const KIND: Kind =
    Kind { name: "waterfall", about: "Parts that follow one another and add up to a whole.", picture };

const THICKNESS: f64 = 18.0;
/// Labels take at most this share of the width before they are shortened.
const LABEL_SHARE: f64 = 0.3;

fn picture(chart: &Chart, width: Width) -> Option<Picture> {
    let Chart::Waterfall(waterfall) = chart else {
        return None;
    };
    Some(draw(waterfall, width))
}

fn draw(waterfall: &Waterfall, width: Width) -> Picture {
    let (total, row) = match width {
        Width::Wide => (720.0, 34.0),
        Width::Narrow => (344.0, 48.0),
    };
    let stages: Vec<&WaterfallStage> =
        waterfall.stages.iter().filter(|stage| stage.value.is_finite() && stage.value >= 0.0).collect();
    let whole: f64 = stages.iter().map(|stage| stage.value).sum();
    if whole <= 0.0 || !whole.is_finite() {
        return Picture::nothing(total);
    }
    let n = stages.iter().map(|stage| stage.n).max().unwrap_or(0);
    let last = WaterfallStage { label: waterfall.total_label.clone(), value: whole, n };
    let rows: Vec<&WaterfallStage> = stages.iter().copied().chain([&last]).collect();
    let unit = waterfall.unit;
    let names = rows.iter().map(|stage| text::width(&stage.label, true)).fold(0.0, f64::max);
    let (left, lift) = match width {
        Width::Wide => (names.min(total * LABEL_SHARE) + 14.0, 0.0),
        Width::Narrow => (1.0, 8.0),
    };
    let beside = rows.iter().map(|stage| text::width(&value_text(unit, stage, whole), true)).fold(0.0, f64::max) + 12.0;
    let scale = Scale { min: 0.0, max: whole, from: left, to: (total - beside).max(left + 40.0) };
    let mut picture = Picture::new(total, rows.len() as f64 * row + 4.0);
    let largest = stages.iter().map(|stage| stage.value).fold(0.0, f64::max);
    let mut begins = 0.0;
    for (index, stage) in rows.iter().enumerate() {
        let is_whole = index + 1 == rows.len();
        let from = if is_whole { 0.0 } else { begins };
        let middle = (index as f64 + 0.5) * row + lift;
        let bar = Rect {
            left: scale.at(from),
            top: middle - THICKNESS / 2.0,
            right: scale.at(from + stage.value).max(scale.at(from) + 1.0),
            bottom: middle + THICKNESS / 2.0,
        };
        let role = if is_whole || stage.value < largest { Role::Context } else { Role::Series1 };
        if stage.n < FEW_EVENTS {
            picture.hollow_rect(bar, role);
            let y = bar.bottom - 1.0;
            picture.path(vec![(bar.left, y), (bar.right, y)], role, 2.0);
        } else {
            picture.rect(bar, role);
        }
        begins += stage.value;
        if !is_whole {
            // From the end of this part to the beginning of the next, or to the end of the whole.
            let x = scale.at(begins);
            picture.path(vec![(x, bar.bottom), (x, middle + row - THICKNESS / 2.0)], Role::Hairline, THIN_STROKE);
        }
        let is_bold = is_whole || stage.value == largest;
        write(&mut picture, stage, (bar, width, left), value_text(unit, stage, whole), is_bold);
        let rect = Rect { left: 0.0, top: index as f64 * row, right: total, bottom: (index + 1) as f64 * row };
        picture.tips.push(Tip { rect, text: describe(unit, stage, whole) });
    }
    picture
}

fn write(
    picture: &mut Picture,
    stage: &WaterfallStage,
    (bar, width, left): (Rect, Width, f64),
    value: String,
    is_bold: bool,
) {
    let middle = bar.middle().1;
    let (baseline, room) = match width {
        Width::Wide => (middle + HALF_CAPITAL, left - 14.0),
        Width::Narrow => (bar.top - 6.0, picture.width - 8.0),
    };
    let style = |label: Label| if is_bold { label.bold() } else { label };
    let name = text::shorten(&stage.label, is_bold, room);
    picture.label(style(Label::new(name, (0.0, baseline), Anchor::Start).role(Role::Ink)));
    let after = Label::new(value, (bar.right + 6.0, middle + HALF_CAPITAL), Anchor::Start).role(Role::Ink);
    picture.label(style(after).within(0.0, picture.width));
}

/// "14 h, 62 %".
fn value_text(unit: Unit, stage: &WaterfallStage, whole: f64) -> String {
    let value = unit.format(stage.value);
    if stage.value == whole { value } else { format!("{value}, {}", Unit::Ratio.format(stage.value / whole)) }
}

fn describe(unit: Unit, stage: &WaterfallStage, whole: f64) -> String {
    format!("{}: {}, n = {}", stage.label, value_text(unit, stage, whole), Unit::Count.format(stage.n as f64))
}
