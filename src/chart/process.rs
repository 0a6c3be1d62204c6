//! Process-behaviour charts (XmR): each measure with its mean and its natural limits, points that signal marked.
//!
//! The limits and the signals are given; which rules there are is decided elsewhere. A lower limit below zero is
//! not drawn where nothing can be negative: no point could cross it.

use super::{
    Chart, Form, Kind, Process, ProcessPanel, ProcessSignal, Width,
    axis::{self, Grain, Scale, Slots, known},
    picture::{Anchor, HALF_CAPITAL, Label, Picture, Rect},
    place::{Space, spread},
    series::{self, Frame},
    text,
    theme::{FOCUS_RADIUS, LINE_HEIGHT, Role, THIN_STROKE},
    timeline::around_point,
};

pub(super) const KIND: Kind = Kind {
    name: "process",
    about: "Process-behaviour charts with natural limits and the points that signal.",
    picture,
};

const HEIGHT: f64 = 188.0;
const GAP: (f64, f64) = (32.0, 28.0);
const BELOW: f64 = 20.0;
const HEAD: f64 = 34.0;

fn picture(chart: &Chart, width: Width) -> Option<Picture> {
    let Chart::Process(process) = chart else {
        return None;
    };
    Some(grid(process, width))
}

/// Two panels side by side, or one on a phone.
fn grid(process: &Process, width: Width) -> Picture {
    let (columns, total) = match width {
        Width::Wide => (process.panels.len().clamp(1, 2), 720.0),
        Width::Narrow => (1, 344.0),
    };
    if process.panels.is_empty() {
        return Picture::nothing(total);
    }
    let panel = (total - GAP.0 * (columns - 1) as f64) / columns as f64;
    let rows = process.panels.len().div_ceil(columns) as f64;
    let mut picture = Picture::new(total, rows * (HEIGHT + GAP.1) - GAP.1);
    for (index, one) in process.panels.iter().enumerate() {
        let (row, column) = ((index / columns) as f64, (index % columns) as f64);
        picture.insert(draw(one, panel), (column * (panel + GAP.0), row * (HEIGHT + GAP.1)));
    }
    picture
}

fn draw(panel: &ProcessPanel, width: f64) -> Picture {
    let mut picture = Picture::new(width, HEIGHT);
    let points = &panel.series.points;
    let ticks = ticks(panel);
    let ends = (ticks.first().copied().unwrap_or(0.0), ticks.last().copied().unwrap_or(1.0));
    let names = limit_names(panel);
    let beside = names.iter().map(|(name, _)| text::width(name, false)).fold(0.0, f64::max);
    let plot = Rect {
        left: axis::ticks_width(panel.unit, &ticks) + 10.0,
        top: HEAD,
        right: width - beside - 10.0,
        bottom: HEIGHT - BELOW,
    };
    let frame = Frame {
        points,
        form: Form::Rate,
        unit: panel.unit,
        slots: Slots { left: plot.left, right: plot.right, count: points.len() },
        scale: Scale { min: ends.0, max: ends.1, from: plot.bottom, to: plot.top },
        focus: None,
    };
    draw_head(&mut picture, &frame, &panel.series.name);
    if frame.runs().is_empty() {
        let line = vec![(plot.left, plot.bottom), (plot.right, plot.bottom)];
        picture.path(line, Role::Context, THIN_STROKE);
        picture.label(Label::new("no data for this period", plot.middle(), Anchor::Middle));
        return picture;
    }
    axis::draw_grid(&mut picture, plot, panel.unit, &[ends.0, ends.1], &frame.scale);
    let mut space = Space::new(Rect { left: plot.left, top: 16.0, right: width, bottom: plot.bottom });
    draw_limits(&mut picture, &frame, plot, panel, &mut space);
    name_limits(&mut picture, &frame, plot, &names, &mut space);
    draw_ends(&mut picture, &frame, plot);
    series::draw(&mut picture, &frame);
    for run in frame.runs() {
        space.take_path(&run);
    }
    draw_signals(&mut picture, &frame, &panel.signals, &mut space);
    add_tips(&mut picture, &frame, plot, &panel.signals);
    picture
}

fn ticks(panel: &ProcessPanel) -> Vec<f64> {
    let values = || panel.series.points.iter().filter_map(|point| known(point.value));
    let least = values().fold(0.0, f64::min);
    let most = values().fold(0.0, f64::max);
    let upper = panel.limits.and_then(|limits| known(Some(limits.upper))).unwrap_or(most);
    axis::ticks(panel.unit, least, most.max(upper))
}

/// The lines with their names, from top to bottom.
fn limit_names(panel: &ProcessPanel) -> Vec<(String, f64)> {
    let Some(limits) = panel.limits else {
        return Vec::new();
    };
    let name = |word: &str, value| (format!("{word} {}", panel.unit.format(value)), value);
    let mut names = vec![name("limit", limits.upper), name("mean", limits.center)];
    if is_lower_drawn(panel, limits.lower) {
        names.push(name("limit", limits.lower));
    }
    names.retain(|(_, value)| value.is_finite());
    names
}

fn is_lower_drawn(panel: &ProcessPanel, lower: f64) -> bool {
    lower > 0.0 || panel.series.points.iter().any(|point| known(point.value).is_some_and(|value| value < 0.0))
}

fn draw_limits(picture: &mut Picture, frame: &Frame, plot: Rect, panel: &ProcessPanel, space: &mut Space) {
    let Some(limits) = panel.limits else {
        let at = (plot.left + 4.0, plot.top - 4.0);
        let words = "12 finished periods are needed for limits";
        let label = Label::new(text::shorten(words, false, plot.width()), at, Anchor::Start);
        space.take(label.rect());
        picture.label(label);
        return;
    };
    for (value, is_dashed) in [(limits.upper, true), (limits.center, false), (limits.lower, true)] {
        if value.is_finite() && frame.scale.holds(value) && (value != limits.lower || is_lower_drawn(panel, value)) {
            let y = frame.scale.at(value);
            picture.rule((plot.left, y), (plot.right, y), is_dashed);
            space.take_path(&[(plot.left, y), (plot.right, y)]);
        }
    }
}

fn name_limits(picture: &mut Picture, frame: &Frame, plot: Rect, names: &[(String, f64)], space: &mut Space) {
    let half = LINE_HEIGHT / 2.0;
    let wished: Vec<_> = names.iter().map(|(_, value)| (frame.scale.at(*value) - half, LINE_HEIGHT)).collect();
    let tops = spread(&wished, HEAD - LINE_HEIGHT, plot.bottom + half);
    for ((name, _), top) in names.iter().zip(tops) {
        let label = Label::new(name.clone(), (plot.right + 6.0, top + half + HALF_CAPITAL), Anchor::Start);
        space.take(label.rect());
        picture.label(label);
    }
}

/// Name at the left, the last value at the right, the name giving way.
fn draw_head(picture: &mut Picture, frame: &Frame, name: &str) {
    let last = frame.points.iter().rev().find(|point| known(point.value).is_some());
    let value = frame.unit.format_option(last.and_then(|point| point.value));
    let so_far = if last.is_some_and(|point| point.is_partial) { "so far" } else { "" };
    let parts = [value.as_str(), frame.unit.caption(), so_far].into_iter().filter(|part| !part.is_empty());
    let value = parts.collect::<Vec<_>>().join(" ");
    let role = if last.is_some() { Role::Series1 } else { Role::Muted };
    let value = Label::new(value, (picture.width, 12.0), Anchor::End).role(role).bold();
    let name = text::shorten(name, true, value.rect().left - 8.0);
    picture.label(Label::new(name, (0.0, 12.0), Anchor::Start).role(Role::Ink).bold());
    picture.label(value);
}

fn draw_ends(picture: &mut Picture, frame: &Frame, plot: Rect) {
    let dates: Vec<_> = frame.points.iter().map(|point| point.at).collect();
    let grain = Grain::of(&dates);
    let baseline = plot.bottom + 16.0;
    if let Some(first) = dates.first() {
        picture.label(Label::new(grain.compact_name(*first), (plot.left, baseline), Anchor::Start));
    }
    if let Some(last) = dates.last().filter(|_| dates.len() > 1) {
        picture.label(Label::new(grain.compact_name(*last), (plot.right, baseline), Anchor::End));
    }
}

/// Every signalling point is marked; of neighbours with the same rule the first one is named.
fn draw_signals(picture: &mut Picture, frame: &Frame, signals: &[ProcessSignal], space: &mut Space) {
    let place = |signal: &ProcessSignal| frame.points.iter().position(|point| point.at == signal.at);
    for signal in signals {
        if let Some(at) = place(signal).and_then(|index| frame.at(index)) {
            picture.dot(at, FOCUS_RADIUS + 1.0, Role::Page);
            picture.dot(at, FOCUS_RADIUS, Role::Series2);
            space.take(Rect::around(at, FOCUS_RADIUS));
        }
    }
    for (index, signal) in signals.iter().enumerate() {
        let here = place(signal);
        let is_told = signals[..index].iter().any(|earlier| {
            earlier.rule == signal.rule && place(earlier).zip(here).is_some_and(|(before, now)| now <= before + 1)
        });
        let Some(at) = here.and_then(|index| frame.at(index)).filter(|_| !is_told) else {
            continue;
        };
        let rule = text::shorten(&signal.rule, true, picture.width / 2.0);
        let candidates = around_point(&rule, at, FOCUS_RADIUS + 3.0);
        let named = candidates.into_iter().map(|label| label.role(Role::Ink).bold());
        if let Some(label) = space.best(named.collect(), Label::rect) {
            let label = label.kept_in(picture);
            picture.label(label);
        }
    }
}

fn add_tips(picture: &mut Picture, frame: &Frame, plot: Rect, signals: &[ProcessSignal]) {
    let first = picture.tips.len();
    series::add_tips(picture, frame, plot.top, plot.bottom, "");
    for (tip, point) in picture.tips[first..].iter_mut().zip(frame.points) {
        for signal in signals.iter().filter(|signal| signal.at == point.at) {
            tip.text += &format!("; {}", signal.rule);
        }
    }
}
