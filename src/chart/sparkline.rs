//! A word-sized line: shape and last point, no axes and no words of its own.
//!
//! It has its own scale, so whoever shows it states the least and greatest value beside it.

use super::{
    Chart, Form, Kind, Point, Width,
    axis::{Scale, Slots, known},
    picture::{Anchor, HALF_CAPITAL, Label, Picture},
    series::{self, Frame},
    theme::{END_RADIUS, Role, SERIES_STROKE},
};
use crate::unit::Unit;

pub(super) const KIND: Kind =
    Kind { name: "sparkline", about: "A word-sized line without axes, its last point marked.", picture };

const SIZE: (f64, f64) = (120.0, 28.0);
/// Keeps the end dot and the line's own thickness inside.
const EDGE: f64 = 5.0;

fn picture(chart: &Chart, _: Width) -> Option<Picture> {
    let Chart::Sparkline { unit, series } = chart else {
        return None;
    };
    Some(draw(*unit, &series.points))
}

fn draw(unit: Unit, points: &[Point]) -> Picture {
    let mut picture = Picture::new(SIZE.0, SIZE.1);
    let values = || points.iter().filter_map(|point| known(point.value));
    let frame = Frame {
        points,
        form: Form::Rate,
        unit,
        slots: Slots { left: 0.0, right: SIZE.0, count: points.len() },
        scale: Scale {
            min: values().fold(f64::INFINITY, f64::min),
            max: values().fold(f64::NEG_INFINITY, f64::max),
            from: SIZE.1 - EDGE,
            to: EDGE,
        },
        focus: None,
    };
    let runs = frame.runs();
    if runs.is_empty() {
        let at = (0.0, SIZE.1 / 2.0 + HALF_CAPITAL);
        picture.label(Label::new("no data", at, Anchor::Start));
        return picture;
    }
    let last = points.iter().rposition(|point| known(point.value).is_some());
    let end = last.and_then(|index| Some((points.get(index)?, frame.at(index)?)));
    for run in runs {
        match run[..] {
            [alone] if end.is_none_or(|(_, end)| end != alone) => {
                picture.dot(alone, SERIES_STROKE / 2.0, Role::Series1);
            }
            _ => picture.path(run, Role::Series1, SERIES_STROKE),
        }
    }
    match end {
        Some((point, at)) if point.is_partial => picture.hollow_dot(at, Role::Series1),
        Some((_, at)) => picture.dot(at, END_RADIUS, Role::Series1),
        None => {}
    }
    series::add_tips(&mut picture, &frame, 0.0, SIZE.1, "");
    picture
}
