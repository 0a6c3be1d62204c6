//! A survival curve: the share of cases that last longer than a time, with its interval and the cases still open.
//!
//! Durations span minutes to weeks, so the axis of time is logarithmic and says so.

use super::{
    Chart, Kind, Survival, SurvivalStep, Width,
    axis::{self, Scale},
    picture::{Anchor, At, Label, Picture, Rect, Tip},
    place::Space,
    theme::{BAND_OPACITY, LINE_HEIGHT, Role, SERIES_STROKE, THIN_STROKE},
    time_axis::LogScale,
};
use crate::unit::Unit;

pub(super) const KIND: Kind =
    Kind { name: "survival", about: "The share of cases that last longer than a time.", picture };

const TICKS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// Half of the height of the mark of an open case.
const CENSORED: f64 = 4.0;
/// A curve with more corners than this has several on each pixel.
const MOST_TIPS: usize = 24;

fn picture(chart: &Chart, width: Width) -> Option<Picture> {
    let Chart::Survival(survival) = chart else {
        return None;
    };
    Some(draw(survival, width))
}

fn draw(survival: &Survival, width: Width) -> Picture {
    let (total, height) = match width {
        Width::Wide => (720.0, 280.0),
        Width::Narrow => (344.0, 240.0),
    };
    if survival.n == 0 || (survival.steps.is_empty() && survival.censored_s.is_empty()) {
        return Picture::nothing(total);
    }
    let mut picture = Picture::new(total, height);
    let plot = Rect {
        left: axis::ticks_width(Unit::Ratio, &TICKS) + 10.0,
        top: 30.0,
        right: total - 14.0,
        bottom: height - 40.0,
    };
    let levels = Scale { min: 0.0, max: 1.0, from: plot.bottom, to: plot.top };
    let times = time_scale(survival, plot);
    axis::draw_grid(&mut picture, plot, Unit::Ratio, &TICKS, &levels);
    times.draw(&mut picture, plot.bottom);
    picture.label(Label::new(format!("share {}", survival.outcome), (0.0, 11.0), Anchor::Start));
    let below = (plot.right, plot.bottom + 18.0 + LINE_HEIGHT);
    picture.label(Label::new("logarithmic axis of time", below, Anchor::End));

    let curve = curve(survival, &times, &levels, plot);
    draw_band(&mut picture, survival, &times, &levels, plot);
    picture.path(curve.clone(), Role::Series1, SERIES_STROKE);
    let mut space = Space::new(Rect { left: plot.left, top: 14.0, right: plot.right, bottom: plot.bottom });
    space.take_path(&curve);
    draw_censored(&mut picture, survival, &times, &levels, &mut space);
    draw_median(&mut picture, survival, &times, &levels, plot, &mut space);
    add_tips(&mut picture, survival, &times, plot);
    picture
}

fn time_scale(survival: &Survival, plot: Rect) -> LogScale {
    let times = survival.steps.iter().map(|step| step.time_s).chain(survival.censored_s.iter().copied());
    let positive = times.filter(|time| *time > 0.0 && time.is_finite());
    let least = positive.fold(f64::INFINITY, f64::min);
    // Less than a second is no length that anybody waits for.
    let least = if least.is_finite() { least.max(1.0) } else { 1.0 };
    let until = if survival.until_s.is_finite() { survival.until_s } else { least };
    LogScale::around(least, until.max(least * 2.0), plot.left, plot.right)
}

/// The corners of the steps, level until the longest time that was watched.
fn curve(survival: &Survival, times: &LogScale, levels: &Scale, plot: Rect) -> Vec<At> {
    let mut at = (plot.left, levels.at(1.0));
    let mut points = vec![at];
    for step in &survival.steps {
        let next = (times.at(step.time_s), levels.at(step.share));
        push_apart(&mut points, (next.0, at.1));
        push_apart(&mut points, next);
        at = next;
    }
    points.push((times.at(survival.until_s).max(at.0), at.1));
    points
}

/// Corners closer than half a pixel are one.
fn push_apart(points: &mut Vec<At>, at: At) {
    let is_apart = points.last().is_none_or(|last| (last.0 - at.0).abs() >= 0.5 || (last.1 - at.1).abs() >= 0.5);
    if is_apart {
        points.push(at);
    }
}

/// Rectangles between low and high as one polygon a run of known intervals.
fn draw_band(picture: &mut Picture, survival: &Survival, times: &LogScale, levels: &Scale, plot: Rect) {
    let mut runs: Vec<(Vec<At>, Vec<At>)> = vec![(Vec::new(), Vec::new())];
    for (index, step) in survival.steps.iter().enumerate() {
        let end = survival.steps.get(index + 1).map_or(survival.until_s, |next| next.time_s);
        let (from, to) = (times.at(step.time_s), times.at(end).min(plot.right));
        match (step.low.zip(step.high), runs.last_mut()) {
            (Some((low, high)), Some((lower, upper))) => {
                for x in [from, to] {
                    push_apart(upper, (x, levels.at(high)));
                    push_apart(lower, (x, levels.at(low)));
                }
            }
            _ => runs.push((Vec::new(), Vec::new())),
        }
    }
    for (mut lower, upper) in runs.into_iter().filter(|(_, upper)| upper.len() > 1) {
        lower.reverse();
        picture.area(upper.into_iter().chain(lower).collect(), Role::Series1, BAND_OPACITY);
    }
}

/// A short upright mark on the curve for each case that is still open.
fn draw_censored(picture: &mut Picture, survival: &Survival, times: &LogScale, levels: &Scale, space: &mut Space) {
    let mut ages = survival.censored_s.clone();
    ages.retain(|age| age.is_finite());
    ages.sort_by(f64::total_cmp);
    let mut last = f64::NEG_INFINITY;
    let mut end = None;
    for age in &ages {
        let (x, y) = (times.at(*age), levels.at(share_at(&survival.steps, *age)));
        end = Some((x, y));
        if x - last >= 1.0 {
            picture.path(vec![(x, y - CENSORED), (x, y + CENSORED)], Role::Ink, THIN_STROKE);
            space.take(Rect::around((x, y), CENSORED));
            last = x;
        }
    }
    let Some((x, y)) = end else {
        return;
    };
    let words = format!("{} still open", Unit::Count.format(survival.open_count as f64));
    let candidates = [(0.0, -8.0), (0.0, 20.0), (0.0, -22.0), (0.0, 34.0)]
        .into_iter()
        .flat_map(|(dx, dy)| {
            [Anchor::End, Anchor::Middle, Anchor::Start]
                .map(|anchor| Label::new(words.clone(), (x + dx, y + dy), anchor))
        })
        .collect();
    if let Some(label) = space.best(candidates, Label::rect) {
        let label = label.kept_in(picture);
        picture.label(label);
    }
}

fn share_at(steps: &[SurvivalStep], time_s: f64) -> f64 {
    steps.iter().take_while(|step| step.time_s <= time_s).last().map_or(1.0, |step| step.share)
}

fn draw_median(
    picture: &mut Picture,
    survival: &Survival,
    times: &LogScale,
    levels: &Scale,
    plot: Rect,
    space: &mut Space,
) {
    let y = levels.at(0.5);
    let Some(median) = survival.median_s.filter(|median| median.is_finite()) else {
        let words = "no median: half or more are still open";
        let label = Label::new(words, (plot.left + 4.0, y - 6.0), Anchor::Start);
        if let Some(label) = space.free(vec![label], Label::rect) {
            let label = label.kept_in(picture);
            picture.label(label);
        }
        return;
    };
    let x = times.at(median);
    picture.rule((plot.left, y), (x, y), true);
    picture.rule((x, y), (x, plot.bottom), true);
    space.take_path(&[(plot.left, y), (x, y), (x, plot.bottom)]);
    let words = format!("half within {}", Unit::Seconds.format(median));
    let places = [
        (x + 8.0, y - 6.0, Anchor::Start),
        (x - 8.0, y + 16.0, Anchor::End),
        (x - 8.0, y - 6.0, Anchor::End),
        (x + 8.0, plot.bottom - 8.0, Anchor::Start),
        (x - 8.0, plot.bottom - 8.0, Anchor::End),
    ];
    let candidates = places.map(|(x, y, anchor)| Label::new(words.clone(), (x, y), anchor));
    let bold = candidates.map(|label| label.role(Role::Series1).bold());
    if let Some(label) = space.best(bold.to_vec(), Label::rect) {
        let label = label.kept_in(picture);
        picture.label(label);
    }
}

/// One hover text a stretch of time, at most [`MOST_TIPS`].
fn add_tips(picture: &mut Picture, survival: &Survival, times: &LogScale, plot: Rect) {
    let every = survival.steps.len().div_ceil(MOST_TIPS).max(1);
    let told: Vec<&SurvivalStep> = survival.steps.iter().step_by(every).collect();
    for (index, step) in told.iter().enumerate() {
        let end = told.get(index + 1).map_or(plot.right, |next| times.at(next.time_s));
        let rect = Rect { left: times.at(step.time_s), right: end, ..plot };
        let interval = match step.low.zip(step.high) {
            Some((low, high)) => format!(" ({} to {})", Unit::Ratio.format(low), Unit::Ratio.format(high)),
            None => String::new(),
        };
        let after = Unit::Seconds.format(step.time_s);
        let share = Unit::Ratio.format(step.share);
        picture.tips.push(Tip { rect, text: format!("after {after}: {share} {}{interval}", survival.outcome) });
    }
}
