//! One series over time with everything around it: axes, marks, focus, notes at the points.

use super::{
    Chart, Form, Kind, Mark, Timeline, Width,
    axis::{self, Scale, Slots},
    picture::{Anchor, At, HALF_CAPITAL, Label, Picture, Rect},
    place::{Space, spread},
    series::{self, Frame},
    text,
    theme::{FOCUS_RADIUS, LINE_HEIGHT, Role},
};

pub(super) const KIND: Kind = Kind { name: "timeline", about: "Values over time, for one series.", picture };

/// Room for the names of marks at the right of a wide chart.
const MARK_ROOM: f64 = 150.0;
/// Two rows of period names.
const BELOW: f64 = 40.0;

fn picture(chart: &Chart, width: Width) -> Option<Picture> {
    let Chart::Timeline(timeline) = chart else {
        return None;
    };
    Some(draw(timeline, width))
}

fn draw(timeline: &Timeline, width: Width) -> Picture {
    let size = match width {
        Width::Wide => (720.0, 280.0),
        Width::Narrow => (344.0, 240.0),
    };
    let mut picture = Picture::new(size.0, size.1);
    let points = &timeline.series.points;
    let (min, max) = axis::extent(points.iter(), reach(timeline.form));
    let ticks = axis::ticks(timeline.unit, min, axis::extent_with_marks(max, &timeline.marks));
    let plot = plot(timeline, width, &ticks, &picture);
    let scale = scale(&ticks, plot.bottom, plot.top);
    let frame = Frame {
        points,
        form: timeline.form,
        unit: timeline.unit,
        slots: Slots { left: plot.left, right: plot.right, count: points.len() },
        scale,
        focus: points.iter().position(|point| Some(point.at) == timeline.focus),
    };
    if frame.runs().is_empty() {
        return Picture::nothing(picture.width);
    }
    axis::draw_grid(&mut picture, plot, timeline.unit, &ticks, &scale);
    let dates: Vec<_> = points.iter().map(|point| point.at).collect();
    axis::draw_periods(&mut picture, &frame.slots, plot.bottom, &dates, timeline.focus);
    let caption = Label::new(timeline.unit.caption(), (0.0, 11.0), Anchor::Start);
    let mut space = Space::new(Rect { left: plot.left, top: 0.0, right: picture.width, bottom: plot.bottom });
    if !caption.text.is_empty() {
        space.take(caption.rect());
        picture.label(caption);
    }
    draw_mark_lines(&mut picture, plot, &timeline.marks, &scale, &mut space);
    series::draw(&mut picture, &frame);
    take_series(&mut space, &frame);
    if width == Width::Wide {
        name_marks_beside(&mut picture, plot, &timeline.marks, &scale, &mut space);
    }
    draw_value(&mut picture, &frame, &mut space);
    draw_notes(&mut picture, &frame, &mut space);
    if width == Width::Narrow {
        name_marks_inside(&mut picture, plot, &timeline.marks, &scale, &mut space);
    }
    name_band(&mut picture, &frame, &timeline.band_label, &mut space);
    series::add_tips(&mut picture, &frame, plot.top, plot.bottom, &timeline.band_label);
    picture
}

/// How far intervals may stretch the axis: quantiles of durations lie far above their median.
pub(super) fn reach(form: Form) -> f64 {
    match form {
        Form::Bars | Form::Rate => 2.0,
        Form::Ribbon => 5.0,
    }
}

fn plot(timeline: &Timeline, width: Width, ticks: &[f64], picture: &Picture) -> Rect {
    let is_unfinished = timeline.series.points.last().is_some_and(|p| p.is_partial);
    // The scale's ends are those of the ticks; its position does not matter to a name.
    let scale = scale(ticks, 0.0, 1.0);
    let names = timeline.marks.iter().map(|mark| {
        let lines = text::wrap(&mark_name(mark, &scale), MARK_ROOM, 2);
        lines.iter().map(|line| text::width(line, false)).fold(0.0, f64::max)
    });
    let beside = match width {
        Width::Wide => names.fold(0.0, f64::max) + 10.0,
        // "so far" is wider than a slot of a phone and must not cover the bar before it.
        Width::Narrow if is_unfinished => 24.0,
        Width::Narrow => 4.0,
    };
    Rect {
        left: (axis::ticks_width(timeline.unit, ticks) + 10.0).max(24.0),
        top: if timeline.unit.caption().is_empty() { 18.0 } else { 30.0 },
        right: picture.width - beside,
        bottom: picture.height - BELOW,
    }
}

fn scale(ticks: &[f64], from: f64, to: f64) -> Scale {
    Scale { min: ticks.first().copied().unwrap_or(0.0), max: ticks.last().copied().unwrap_or(1.0), from, to }
}

fn draw_mark_lines(picture: &mut Picture, plot: Rect, marks: &[Mark], scale: &Scale, space: &mut Space) {
    for mark in marks.iter().filter(|mark| scale.holds(mark.value)) {
        let y = scale.at(mark.value);
        picture.rule((plot.left, y), (plot.right, y), mark.is_dashed);
        space.take_path(&[(plot.left, y), (plot.right, y)]);
    }
}

/// Names at the right end of their lines, moved apart where the lines are close.
fn name_marks_beside(picture: &mut Picture, plot: Rect, marks: &[Mark], scale: &Scale, space: &mut Space) {
    let names: Vec<_> = marks.iter().map(|mark| text::wrap(&mark_name(mark, scale), MARK_ROOM, 2)).collect();
    let wished: Vec<_> = marks
        .iter()
        .zip(&names)
        .map(|(mark, lines)| {
            let height = lines.len() as f64 * LINE_HEIGHT;
            (scale.at(mark.value) - height / 2.0, height)
        })
        .collect();
    let tops = spread(&wished, 0.0, plot.bottom + LINE_HEIGHT / 2.0);
    for (lines, top) in names.iter().zip(tops) {
        let baseline = top + LINE_HEIGHT / 2.0 + HALF_CAPITAL;
        let first = Label::new("", (plot.right + 8.0, baseline), Anchor::Start);
        for label in first.lines(lines) {
            space.take(label.rect());
            picture.label(label);
        }
    }
}

/// Names above or below their lines at either end, where least is covered.
fn name_marks_inside(picture: &mut Picture, plot: Rect, marks: &[Mark], scale: &Scale, space: &mut Space) {
    for mark in marks {
        let name = text::shorten(&mark_name(mark, scale), false, plot.width() - 8.0);
        let y = scale.at(mark.value);
        let mut candidates = Vec::new();
        for baseline in [y - 5.0, y + 14.0] {
            for (x, anchor) in [(plot.left + 4.0, Anchor::Start), (plot.right, Anchor::End)] {
                candidates.push(Label::new(name.clone(), (x, baseline), anchor));
            }
        }
        if let Some(label) = space.best(candidates, Label::rect) {
            picture.label(label);
        }
    }
}

/// An arrow tells that the line itself lies outside of the chart.
fn mark_name(mark: &Mark, scale: &Scale) -> String {
    if mark.value > scale.max {
        format!("↑ {}", mark.label)
    } else if mark.value < scale.min {
        format!("↓ {}", mark.label)
    } else {
        mark.label.clone()
    }
}

fn take_series(space: &mut Space, frame: &Frame) {
    if frame.form == Form::Bars {
        for (high, low) in frame.whiskers() {
            space.take_path(&[high, low]);
        }
        for bar in (0..frame.points.len()).filter_map(|index| frame.bar(index)) {
            space.take(bar);
        }
        return;
    }
    for run in frame.runs() {
        space.take_path(&run);
        for at in run {
            space.take(Rect::around(at, FOCUS_RADIUS));
        }
    }
}

/// The value of the focus, or of the last whole period, written at its point.
fn draw_value(picture: &mut Picture, frame: &Frame, space: &mut Space) {
    if let Some(focus) = frame.focus.filter(|focus| frame.at(*focus).is_none()) {
        let at = (frame.slots.centre(focus), frame.scale.at(0.0) - 6.0);
        let candidates = around_point("no data", at, 4.0);
        if let Some(label) = space.best(candidates, Label::rect) {
            picture.label(label);
        }
        return;
    }
    let labelled = frame.labelled();
    let Some((point, at)) = labelled.and_then(|i| Some((frame.points.get(i)?, frame.at(i)?))) else {
        return;
    };
    let text = frame.unit.format_option(point.value);
    let candidates = around_point(&text, at, FOCUS_RADIUS + 4.0);
    let bold = candidates.into_iter().map(|label| label.role(Role::Series1).bold());
    if let Some(label) = space.best(bold.collect(), Label::rect) {
        picture.label(label);
    }
}

/// "so far" at the unfinished end, "partial" at other incomplete periods, "n=3" at small samples,
/// "0" where a bar has no length, so that it is not taken for a gap.
fn draw_notes(picture: &mut Picture, frame: &Frame, space: &mut Space) {
    let last = frame.points.iter().rposition(|point| point.value.is_some());
    let tail = frame.points.iter().rposition(|point| !point.is_partial);
    for (index, point) in frame.points.iter().enumerate().rev() {
        let Some(at) = frame.at(index) else {
            continue;
        };
        let is_tail = tail.is_none_or(|tail| index > tail);
        let mut notes = Vec::new();
        if point.is_partial && Some(index) == last {
            notes.push("so far".to_owned());
        } else if point.is_partial && !is_tail {
            notes.push("partial".to_owned());
        }
        if frame.is_small(point) {
            notes.push(format!("n={}", point.n));
        }
        if frame.form == Form::Bars && point.value == Some(0.0) {
            notes.insert(0, "0".to_owned());
        }
        if notes.is_empty() {
            continue;
        }
        // Where nothing is free the hollow dot and its hover text must do, except for "so far".
        let candidates = around_point(&notes.join(", "), at, FOCUS_RADIUS + 3.0);
        let found = if point.is_partial {
            // To the left of its point, "so far" would seem to speak of the period before.
            let beyond = candidates.into_iter().filter(|l| l.rect().right > at.0);
            space.best(beyond.collect(), Label::rect)
        } else {
            space.free(candidates, Label::rect)
        };
        if let Some(label) = found {
            picture.label(label);
        }
    }
}

/// Places around a point, best first: above, below, to its sides, then further away.
pub(super) fn around_point(text: &str, (x, y): At, distance: f64) -> Vec<Label> {
    let mut labels = Vec::new();
    for away in [distance, distance + 9.0, distance + 20.0] {
        let (above, below) = (y - away, y + away + 2.0 * HALF_CAPITAL);
        labels.extend([
            Label::new(text, (x, above), Anchor::Middle),
            Label::new(text, (x, below), Anchor::Middle),
            Label::new(text, (x + away, y + HALF_CAPITAL), Anchor::Start),
            Label::new(text, (x - away, y + HALF_CAPITAL), Anchor::End),
            Label::new(text, (x + distance, above), Anchor::End),
            Label::new(text, (x - distance, above), Anchor::Start),
            Label::new(text, (x + distance, below), Anchor::End),
            Label::new(text, (x - distance, below), Anchor::Start),
        ]);
    }
    labels
}

/// The band's meaning, written once just above it or below it where there is room.
fn name_band(picture: &mut Picture, frame: &Frame, name: &str, space: &mut Space) {
    if frame.form == Form::Bars || name.is_empty() {
        return;
    }
    let name = text::shorten(name, false, frame.slots.right - frame.slots.left - 8.0);
    let bands = frame.bands();
    for band in &bands {
        let upper: Vec<_> = band.iter().map(|(high, _)| *high).collect();
        let lower: Vec<_> = band.iter().map(|(_, low)| *low).collect();
        space.take_path(&upper);
        space.take_path(&lower);
    }
    let edges = bands.iter().flatten();
    let candidates: Vec<_> = edges
        .flat_map(|((x, high), (_, low))| {
            let above = [6.0, 14.0].map(|away| high - away);
            let below = [14.0, 22.0].map(|away| low + away);
            let baselines = above.into_iter().chain(below);
            let anchors = [Anchor::Middle, Anchor::Start, Anchor::End];
            baselines.flat_map(move |baseline| anchors.map(|anchor| ((*x, baseline), anchor)))
        })
        .map(|(at, anchor)| Label::new(name.clone(), at, anchor))
        .collect();
    if let Some(label) = space.best(candidates, Label::rect) {
        picture.label(label);
    }
}
