//! A table of shades: one hue, darker for more, value and number of events written in every cell.
//!
//! A cell of few events has an outline instead of a shade, and a cell in which nothing happened is empty.

use super::{
    Chart, HeatCell, HeatMap, Kind, Width,
    picture::{Anchor, Label, Picture, Rect, Tip},
    text,
    theme::{FEW_EVENTS, LINE_HEIGHT, Role, THIN_STROKE},
};
use crate::unit::Unit;

pub(super) const KIND: Kind =
    Kind { name: "heat_map", about: "A table of shades, darker for more, with its numbers written in.", picture };

/// Ink stays legible on the darkest shade, on light pages and on dark ones.
const DARKEST: f64 = 0.4;
const PALEST: f64 = 0.04;
const HEAD: f64 = 20.0;
/// Labels of rows take at most this share of the width.
const LABEL_SHARE: f64 = 0.22;
const SPACE_BETWEEN: f64 = 2.0;

fn picture(chart: &Chart, width: Width) -> Option<Picture> {
    let Chart::HeatMap(map) = chart else {
        return None;
    };
    Some(draw(map, width))
}

fn draw(map: &HeatMap, width: Width) -> Picture {
    // On a phone the name of a row stands above its cells.
    let (total, row, lift) = match width {
        Width::Wide => (720.0, 40.0, 0.0),
        Width::Narrow => (344.0, 58.0, 18.0),
    };
    let is_empty = map.rows.iter().all(|row| row.cells.iter().all(Option::is_none));
    if is_empty || map.columns.is_empty() {
        return Picture::nothing(total);
    }
    let height = HEAD + row * map.rows.len() as f64;
    let mut picture = Picture::new(total, height);
    let names = map.rows.iter().map(|row| text::width(&row.label, false));
    let left = match width {
        Width::Wide => names.fold(0.0, f64::max).min(total * LABEL_SHARE) + 10.0,
        Width::Narrow => 0.0,
    };
    let column = (total - left) / map.columns.len() as f64;
    let most = map.rows.iter().flat_map(|row| row.cells.iter().flatten()).filter(|cell| is_sure(cell));
    let most = most.map(|cell| cell.value).filter(|value| value.is_finite()).fold(0.0, f64::max);
    for (index, name) in map.columns.iter().enumerate() {
        let at = (left + (index as f64 + 0.5) * column, 12.0);
        picture.label(Label::new(text::shorten(name, false, column - 4.0), at, Anchor::Middle).within(0.0, total));
    }
    for (place, line) in map.rows.iter().enumerate() {
        let top = HEAD + place as f64 * row;
        let (room, baseline) = match width {
            Width::Wide => (left - 10.0, top + row / 2.0 + 4.0),
            Width::Narrow => (total, top + lift - 4.0),
        };
        let name = text::shorten(&line.label, false, room);
        picture.label(Label::new(name, (0.0, baseline), Anchor::Start).role(Role::Ink));
        for (index, cell) in line.cells.iter().take(map.columns.len()).enumerate() {
            let from = left + index as f64 * column;
            let rect = Rect {
                left: from + SPACE_BETWEEN / 2.0,
                top: top + lift + SPACE_BETWEEN / 2.0,
                right: from + column - SPACE_BETWEEN / 2.0,
                bottom: top + row - SPACE_BETWEEN / 2.0,
            };
            if let Some(cell) = cell {
                draw_cell(&mut picture, map.unit, cell, rect, most);
                let place = format!("{}, {}", line.label, map.columns[index]);
                picture.tips.push(Tip { rect, text: format!("{place}: {}", describe(map.unit, cell)) });
            }
        }
    }
    picture
}

/// A count is what it is; a share or a mean of few is not sure.
fn is_sure(cell: &HeatCell) -> bool {
    cell.n >= FEW_EVENTS
}

fn draw_cell(picture: &mut Picture, unit: Unit, cell: &HeatCell, rect: Rect, most: f64) {
    if is_sure(cell) {
        let share = if most > 0.0 && cell.value.is_finite() { (cell.value / most).clamp(0.0, 1.0) } else { 0.0 };
        let corners =
            [(rect.left, rect.bottom), (rect.left, rect.top), (rect.right, rect.top), (rect.right, rect.bottom)];
        picture.area(corners.to_vec(), Role::Series1, PALEST + share * (DARKEST - PALEST));
    } else {
        let (left, right) = (rect.left + 0.5, rect.right - 0.5);
        let (top, bottom) = (rect.top + 0.5, rect.bottom - 0.5);
        let outline = vec![(left, bottom), (left, top), (right, top), (right, bottom), (left, bottom)];
        picture.path(outline, Role::Hairline, THIN_STROKE);
    }
    let (x, y) = rect.middle();
    let room = rect.width() - 2.0;
    let lines = [
        (text::shorten(&unit.format(cell.value), false, room), Role::Ink, y - 2.5),
        (text::shorten(&number(cell, room), false, room), Role::Muted, y - 2.5 + LINE_HEIGHT),
    ];
    let lines = lines.into_iter().skip(usize::from(!cell.value.is_finite()));
    for (text, role, baseline) in lines {
        picture.label(Label::new(text, (x, baseline), Anchor::Middle).role(role).within(0.0, picture.width));
    }
}

/// "n=120" where there is room, "120" where there is less.
fn number(cell: &HeatCell, room: f64) -> String {
    let count = Unit::Count.format(cell.n as f64);
    let long = format!("n={count}");
    if text::width(&long, false) <= room { long } else { count }
}

fn describe(unit: Unit, cell: &HeatCell) -> String {
    format!("{}, n = {}", unit.format(cell.value), Unit::Count.format(cell.n as f64))
}
