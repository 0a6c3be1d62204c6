//! A funnel: shares against sizes, with the limits that chance keeps them in. Only what lies outside has a name.
//!
//! Many groups are small and few are large, so sizes stand on a scale of square roots, which the axis says.

use super::{
    Chart, Funnel, FunnelGroup, FunnelLimit, FunnelPlace, Kind, Width,
    axis::{self, Scale},
    picture::{Anchor, At, HALF_CAPITAL, Label, Picture, Rect, Tip},
    place::Space,
    text,
    theme::{END_RADIUS, FOCUS_RADIUS, HOLLOW_RADIUS, LINE_HEIGHT, Role, THIN_STROKE},
    timeline::around_point,
};
use crate::unit::Unit;

pub(super) const KIND: Kind =
    Kind { name: "funnel", about: "Shares against sizes, with the limits that chance keeps them in.", picture };

/// Names beyond this many would cover the picture.
const MOST_NAMED: usize = 12;
/// Limits of tiny groups stretch the scale up to this many times the largest share.
const REACH: f64 = 1.15;

fn picture(chart: &Chart, width: Width) -> Option<Picture> {
    let Chart::Funnel(funnel) = chart else {
        return None;
    };
    Some(draw(funnel, width))
}

fn draw(funnel: &Funnel, width: Width) -> Picture {
    let (total, height) = match width {
        Width::Wide => (720.0, 320.0),
        Width::Narrow => (344.0, 280.0),
    };
    let groups: Vec<&FunnelGroup> = funnel.groups.iter().filter(|group| group.value.is_finite()).collect();
    if groups.is_empty() {
        return Picture::nothing(total);
    }
    let mut picture = Picture::new(total, height);
    let largest = groups.iter().map(|group| group.value).fold(funnel.target, f64::max);
    let ticks = axis::ticks(funnel.unit, 0.0, largest * REACH);
    let sizes = sizes(groups.iter().map(|group| group.n as f64).fold(1.0, f64::max));
    let beside = 118.0_f64.min(total * 0.26);
    let plot = Rect {
        left: axis::ticks_width(funnel.unit, &ticks) + 10.0,
        top: 26.0,
        right: total - beside,
        bottom: height - 40.0,
    };
    let levels = Scale { min: 0.0, max: ticks.last().copied().unwrap_or(1.0), from: plot.bottom, to: plot.top };
    let most = sizes.last().copied().unwrap_or(1.0).sqrt();
    let across = Scale { min: 0.0, max: most, from: plot.left, to: plot.right };
    axis::draw_grid(&mut picture, plot, funnel.unit, &ticks, &levels);
    draw_sizes(&mut picture, &funnel.size_label, &sizes, &across, plot);
    let mut space = Space::new(Rect { left: plot.left, top: 12.0, right: total, bottom: plot.bottom });
    draw_limits(&mut picture, funnel, (&across, &levels), plot, &mut space);
    let at = |group: &FunnelGroup| (across.at((group.n as f64).sqrt()), levels.at(group.value));
    // The ones that stand out are drawn last, on top.
    let mut ordered = groups.clone();
    ordered.sort_by_key(|group| group.place);
    for group in &ordered {
        draw_group(&mut picture, group, at(group));
        space.take(Rect::around(at(group), END_RADIUS));
        let rect = Rect::around(at(group), 7.0);
        let rect = Rect { left: rect.left.max(0.0), right: rect.right.min(total), ..rect };
        picture.tips.push(Tip { rect, text: describe(funnel, group) });
    }
    name_groups(&mut picture, &groups, at, &mut space);
    picture
}

/// Round sizes from nothing to the largest, and two small ones, for which the scale has room.
fn sizes(largest: f64) -> Vec<f64> {
    let mut sizes = Unit::Count.ticks(largest);
    let first = sizes.get(1).copied().unwrap_or(1.0);
    sizes.extend([first / 20.0, first / 4.0].into_iter().filter(|size| *size >= 1.0 && size.fract() == 0.0));
    sizes.sort_by(f64::total_cmp);
    sizes
}

fn draw_sizes(picture: &mut Picture, label: &str, sizes: &[f64], across: &Scale, plot: Rect) {
    let mut free_from = 0.0;
    for size in sizes {
        let x = across.at(size.sqrt());
        let name = Label::new(Unit::Count.label(*size), (x, plot.bottom + 18.0), Anchor::Middle);
        if name.rect().left >= free_from && name.rect().right <= picture.width {
            free_from = name.rect().right + 6.0;
            picture.path(vec![(x, plot.bottom), (x, plot.bottom + 4.0)], Role::Context, THIN_STROKE);
            picture.label(name);
        }
    }
    let words = text::shorten(&format!("{label} (scale of square roots)"), false, plot.width());
    picture.label(Label::new(words, (plot.right, plot.bottom + 18.0 + LINE_HEIGHT), Anchor::End));
}

/// The four limits and the common share, named at their right ends.
fn draw_limits(
    picture: &mut Picture,
    funnel: &Funnel,
    (across, levels): (&Scale, &Scale),
    plot: Rect,
    space: &mut Space,
) {
    let y = levels.at(funnel.target);
    picture.path(vec![(plot.left, y), (plot.right, y)], Role::Context, THIN_STROKE);
    let mut names = vec![(format!("all: {}", funnel.unit.format(funnel.target)), y)];
    type Side = fn(&FunnelLimit) -> f64;
    let lines: [(Side, &str, bool); 4] = [
        (|limit| limit.high_998, "99.8\u{202F}% limit", true),
        (|limit| limit.high_95, "95\u{202F}% limit", false),
        (|limit| limit.low_95, "", false),
        (|limit| limit.low_998, "", true),
    ];
    for (side, name, is_wide) in lines {
        let inside = funnel.limits.iter().filter(|limit| levels.holds(side(limit)) && side(limit) > 0.0);
        let line: Vec<At> = inside.map(|limit| (across.at((limit.n as f64).sqrt()), levels.at(side(limit)))).collect();
        if let Some(end) = line.last().filter(|_| line.len() > 1 && !name.is_empty()) {
            names.push((name.to_owned(), end.1));
        }
        if is_wide {
            for pair in line.windows(2) {
                picture.rule(pair[0], pair[1], true);
            }
        } else if line.len() > 1 {
            picture.path(line, Role::Context, THIN_STROKE);
        }
    }
    let wished: Vec<_> = names.iter().map(|(_, y)| (y - LINE_HEIGHT / 2.0, LINE_HEIGHT)).collect();
    let tops = super::place::spread(&wished, 8.0, plot.bottom + LINE_HEIGHT / 2.0);
    for ((name, _), top) in names.iter().zip(tops) {
        let at = (plot.right + 6.0, top + LINE_HEIGHT / 2.0 + HALF_CAPITAL);
        let words = text::shorten(name, false, picture.width - at.0);
        let label = Label::new(words, at, Anchor::Start);
        space.take(label.rect());
        picture.label(label);
    }
}

fn draw_group(picture: &mut Picture, group: &FunnelGroup, at: At) {
    match group.place {
        FunnelPlace::Within => picture.dot(at, END_RADIUS, Role::Context),
        FunnelPlace::Near => {
            picture.dot(at, HOLLOW_RADIUS, Role::Page);
            picture.dot(at, END_RADIUS, Role::Series1);
        }
        FunnelPlace::Outside => {
            picture.dot(at, FOCUS_RADIUS + 1.0, Role::Page);
            picture.dot(at, FOCUS_RADIUS, Role::Series2);
        }
    }
}

/// Those outside the wider limits, then those near them where a name covers nothing.
fn name_groups(picture: &mut Picture, groups: &[&FunnelGroup], at: impl Fn(&FunnelGroup) -> At, space: &mut Space) {
    let mut outside: Vec<&FunnelGroup> =
        groups.iter().copied().filter(|group| group.place != FunnelPlace::Within).collect();
    outside.sort_by(|a, b| b.place.cmp(&a.place).then(b.n.cmp(&a.n)).then_with(|| a.name.cmp(&b.name)));
    for group in outside.into_iter().take(MOST_NAMED) {
        let is_outside = group.place == FunnelPlace::Outside;
        let name = text::shorten(&group.name, is_outside, 140.0);
        let candidates = around_point(&name, at(group), FOCUS_RADIUS + 3.0).into_iter().map(|label| {
            let label = label.role(Role::Ink);
            if is_outside { label.bold() } else { label }
        });
        let found = match is_outside {
            true => space.best(candidates.collect(), Label::rect),
            false => space.free(candidates.collect(), Label::rect),
        };
        if let Some(label) = found {
            let label = label.kept_in(picture);
            picture.label(label);
        }
    }
}

fn describe(funnel: &Funnel, group: &FunnelGroup) -> String {
    let place = match group.place {
        FunnelPlace::Within => "within the limits",
        FunnelPlace::Near => "outside the 95\u{202F}% limits",
        FunnelPlace::Outside => "outside the 99.8\u{202F}% limits",
    };
    let (value, n) = (funnel.unit.format(group.value), Unit::Count.format(group.n as f64));
    format!("{}: {value} of {n} {}, {place}", group.name, funnel.size_label)
}
