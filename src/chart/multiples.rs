//! The same small chart for several groups, on one shared scale so that heights compare.
//!
//! A panel names its group, the value of the focus and the ends of both axes, nothing more. The
//! order of the groups is the caller's.

use super::{
    Chart, Kind, Multiples, Series, Width,
    axis::{self, Grain, Scale, Slots, known},
    picture::{Anchor, Label, Picture, Rect},
    series::{self, Frame},
    text,
    theme::{Role, THIN_STROKE},
    timeline::reach,
};

pub(super) const KIND: Kind =
    Kind { name: "multiples", about: "The same timeline for several groups on one shared scale.", picture };

const PANEL: (f64, f64) = (220.0, 120.0);
const GAP: (f64, f64) = (30.0, 24.0);

fn picture(chart: &Chart, width: Width) -> Option<Picture> {
    let Chart::Multiples(multiples) = chart else {
        return None;
    };
    Some(grid(multiples, width))
}

/// All panels in rows: three side by side, or one on a phone.
fn grid(multiples: &Multiples, width: Width) -> Picture {
    let (columns, total, panel) = match width {
        Width::Wide => (3, 720.0, PANEL.0),
        Width::Narrow => (1, 344.0, 344.0),
    };
    let panels = panels_of(multiples, panel);
    if panels.is_empty() {
        let mut picture = Picture::new(total, 60.0);
        let at = (total / 2.0, 34.0);
        picture.label(Label::new("no data for this period", at, Anchor::Middle));
        return picture;
    }
    let rows = panels.len().div_ceil(columns) as f64;
    let mut picture = Picture::new(total, rows * (PANEL.1 + GAP.1) - GAP.1);
    for (index, small) in panels.into_iter().enumerate() {
        let (row, column) = ((index / columns) as f64, (index % columns) as f64);
        picture.insert(small, (column * (panel + GAP.0), row * (PANEL.1 + GAP.1)));
    }
    picture
}

/// One picture a group, 220 × 120.
pub(super) fn panels(multiples: &Multiples) -> Vec<Picture> {
    panels_of(multiples, PANEL.0)
}

fn panels_of(multiples: &Multiples, width: f64) -> Vec<Picture> {
    let points = multiples.series.iter().flat_map(|series| &series.points);
    let (min, max) = axis::extent(points, reach(multiples.form));
    let ticks = axis::ticks(multiples.unit, min, max);
    let panel = |series| draw(multiples, series, &ticks, width);
    multiples.series.iter().map(panel).collect()
}

fn draw(multiples: &Multiples, series: &Series, ticks: &[f64], width: f64) -> Picture {
    let mut picture = Picture::new(width, PANEL.1);
    let unit = multiples.unit;
    let ends = [ticks.first().copied().unwrap_or(0.0), ticks.last().copied().unwrap_or(1.0)];
    let plot = Rect { left: axis::ticks_width(unit, ticks) + 10.0, top: 28.0, right: width, bottom: PANEL.1 - 20.0 };
    let points = &series.points;
    let focus = points.iter().position(|point| Some(point.at) == multiples.focus);
    let frame = Frame {
        points,
        form: multiples.form,
        unit,
        slots: Slots { left: plot.left, right: plot.right, count: points.len() },
        scale: Scale { min: ends[0], max: ends[1], from: plot.bottom, to: plot.top },
        focus,
    };
    draw_head(&mut picture, &frame, &series.name);
    if frame.runs().is_empty() {
        let baseline = vec![(plot.left, plot.bottom), (plot.right, plot.bottom)];
        picture.path(baseline, Role::Context, THIN_STROKE);
        let at = (width / 2.0, plot.middle().1);
        picture.label(Label::new("no data for this period", at, Anchor::Middle));
        return picture;
    }
    let mut levels = ends.to_vec();
    if !ends.contains(&0.0) {
        levels.push(0.0);
    }
    axis::draw_grid(&mut picture, plot, unit, &levels, &frame.scale);
    draw_ends(&mut picture, &frame, plot);
    series::draw(&mut picture, &frame);
    series::add_tips(&mut picture, &frame, plot.top, plot.bottom, "interval");
    picture
}

/// Name at the left, value of the focus (or the latest one) at the right, the name giving way.
fn draw_head(picture: &mut Picture, frame: &Frame, name: &str) {
    let known_points = frame.points.iter().rev().filter(|point| known(point.value).is_some());
    let latest = || {
        let mut points = known_points.clone();
        points.find(|point| !point.is_partial).or_else(|| known_points.clone().next())
    };
    let shown = match frame.focus {
        Some(focus) => frame.points.get(focus),
        None => latest(),
    };
    let mut value = frame.unit.format_option(shown.and_then(|point| point.value));
    if let Some(point) = shown.filter(|point| frame.is_small(point)) {
        value += &format!(" (n={})", point.n);
    }
    let role = match shown.and_then(|point| known(point.value)) {
        Some(_) => Role::Series1,
        None => Role::Muted,
    };
    let value = Label::new(value, (picture.width, 12.0), Anchor::End).role(role).bold();
    let room = value.rect().left - 8.0;
    let name = text::shorten(name, true, room);
    picture.label(Label::new(name, (0.0, 12.0), Anchor::Start).role(Role::Ink).bold());
    picture.label(value);
}

/// First and last period, at the outer edges of the plot.
fn draw_ends(picture: &mut Picture, frame: &Frame, plot: Rect) {
    let dates: Vec<_> = frame.points.iter().map(|point| point.at).collect();
    let grain = Grain::of(&dates);
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
        return;
    };
    let baseline = plot.bottom + 16.0;
    let name = grain.compact_name(*first);
    picture.label(Label::new(name, (plot.left, baseline), Anchor::Start));
    if dates.len() > 1 {
        let name = grain.compact_name(*last);
        picture.label(Label::new(name, (plot.right, baseline), Anchor::End));
    }
}
