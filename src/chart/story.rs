//! What happened around one incident: a lane a service, deployments, incidents, rollbacks and tickets on one axis.
//!
//! Marks differ in form, so that they need no colour; what belongs to the incident is named, the rest is explained in
//! one line below.

use super::{
    Chart, Kind, Lane, Moment, MomentKind, Story, Width,
    picture::{Anchor, At, HALF_CAPITAL, Label, Picture, Rect, Tip},
    place::Space,
    text,
    theme::{LINE_HEIGHT, Role, SERIES_STROKE, THIN_STROKE},
    time_axis::InstantScale,
    timeline::around_point,
};

pub(super) const KIND: Kind =
    Kind { name: "story", about: "What happened around one incident, a lane a service.", picture };

const LANE: f64 = 52.0;
const LABEL_SHARE: f64 = 0.24;
const RADIUS: f64 = 4.5;
const KEY: f64 = 26.0;
/// Two rows of names of instants.
const BELOW: f64 = 38.0;
/// More lanes than this are not followed by eye.
const MOST_LANES: usize = 12;

fn picture(chart: &Chart, width: Width) -> Option<Picture> {
    let Chart::Story(story) = chart else {
        return None;
    };
    Some(draw(story, width))
}

fn draw(story: &Story, width: Width) -> Picture {
    let total = match width {
        Width::Wide => 720.0,
        Width::Narrow => 344.0,
    };
    let lanes = &story.lanes[..story.lanes.len().min(MOST_LANES)];
    if lanes.iter().all(|lane| lane.moments.is_empty()) {
        return Picture::nothing(total);
    }
    // On a phone the names stand above their lanes.
    let (left, lift) = match width {
        Width::Wide => (lane_names(lanes).min(total * LABEL_SHARE) + 12.0, 0.0),
        Width::Narrow => (2.0, LINE_HEIGHT),
    };
    let height = LANE + lift;
    let bottom = 8.0 + lanes.len() as f64 * height;
    let mut picture = Picture::new(total, bottom + BELOW + KEY);
    let plot = Rect { left, top: 8.0, right: total - 12.0, bottom };
    let scale = InstantScale::new(story.from, story.until, plot.left + 8.0, plot.right);
    scale.draw(&mut picture, plot);
    let mut space = Space::new(Rect { left, top: 0.0, right: total, bottom });
    for (index, lane) in lanes.iter().enumerate() {
        let top = plot.top + index as f64 * height;
        let middle = top + lift + LANE / 2.0;
        picture.path(vec![(plot.left, middle), (plot.right, middle)], Role::Context, THIN_STROKE);
        space.take_path(&[(plot.left, middle), (plot.right, middle)]);
        name_lane(&mut picture, lane, (top, middle), width, left);
        for moment in &lane.moments {
            draw_moment(&mut picture, moment, &scale, middle, plot.right);
            space.take(extent(moment, &scale, middle, plot.right));
        }
        for moment in &lane.moments {
            let rect = extent(moment, &scale, middle, plot.right);
            picture.tips.push(Tip { rect, text: describe(moment) });
        }
    }
    for (index, lane) in lanes.iter().enumerate() {
        let middle = plot.top + index as f64 * height + lift + LANE / 2.0;
        for moment in lane.moments.iter().filter(|moment| moment.is_named) {
            name_moment(&mut picture, moment, (scale.at(moment.at), middle), &mut space);
        }
    }
    draw_key(&mut picture, lanes, bottom + BELOW + 14.0);
    picture
}

fn lane_names(lanes: &[Lane]) -> f64 {
    let widths = lanes.iter().map(|lane| text::width(&lane.name, true).max(text::width(&lane.relation, false)));
    widths.fold(0.0, f64::max)
}

fn name_lane(picture: &mut Picture, lane: &Lane, (top, middle): (f64, f64), width: Width, left: f64) {
    match width {
        Width::Wide => {
            let room = left - 12.0;
            let has_relation = !lane.relation.is_empty();
            let y = if has_relation { middle - 2.0 } else { middle + HALF_CAPITAL };
            let name = text::shorten(&lane.name, true, room);
            picture.label(Label::new(name, (0.0, y), Anchor::Start).role(Role::Ink).bold());
            if has_relation {
                let relation = text::shorten(&lane.relation, false, room);
                picture.label(Label::new(relation, (0.0, y + LINE_HEIGHT), Anchor::Start));
            }
        }
        Width::Narrow => {
            let words = match lane.relation.as_str() {
                "" => lane.name.clone(),
                relation => format!("{} ({relation})", lane.name),
            };
            let name = text::shorten(&words, true, picture.width - 4.0);
            picture.label(Label::new(name, (0.0, top + 12.0), Anchor::Start).role(Role::Ink).bold());
        }
    }
}

fn draw_moment(picture: &mut Picture, moment: &Moment, scale: &InstantScale, middle: f64, right: f64) {
    let at = (scale.at(moment.at), middle);
    let role = if moment.is_named { Role::Series1 } else { Role::Context };
    match moment.what {
        MomentKind::Incident => {
            let rect = extent(moment, scale, middle, right);
            let role = if moment.is_named { Role::Series2 } else { Role::Context };
            picture.rect(rect, role);
            if moment.until.is_none() {
                // Open at the right: it goes on.
                let (x, half) = (rect.right, (rect.bottom - rect.top) / 2.0 + 3.0);
                picture.area(vec![(x, middle - half), (x, middle + half), (x + 7.0, middle)], role, 1.0);
            }
        }
        MomentKind::Deployment => picture.dot(at, RADIUS, role),
        MomentKind::Rollback => {
            let (x, y) = at;
            let r = RADIUS + 1.5;
            picture.area(vec![(x + r, y - r), (x + r, y + r), (x - r, y)], role, 1.0);
        }
        MomentKind::Ticket => {
            let (x, y) = at;
            picture.path(vec![(x, y + 9.0), (x, y + 17.0)], role, SERIES_STROKE);
        }
    }
}

fn extent(moment: &Moment, scale: &InstantScale, middle: f64, right: f64) -> Rect {
    let x = scale.at(moment.at);
    match moment.what {
        MomentKind::Incident => {
            let end = moment.until.map_or(right, |until| scale.at(until));
            Rect { left: x, top: middle - 6.0, right: end.max(x + 2.0), bottom: middle + 6.0 }
        }
        MomentKind::Ticket => Rect { left: x - 2.0, top: middle + 9.0, right: x + 2.0, bottom: middle + 17.0 },
        MomentKind::Deployment | MomentKind::Rollback => Rect::around((x, middle), RADIUS + 2.0),
    }
}

fn name_moment(picture: &mut Picture, moment: &Moment, at: At, space: &mut Space) {
    let name = text::shorten(&moment.label, true, picture.width * 0.45);
    let candidates = around_point(&name, at, RADIUS + 6.0).into_iter();
    let mut candidates: Vec<Label> = candidates.map(|label| label.role(Role::Ink).bold()).collect();
    // Above a mark at the edge a name begins there.
    candidates.push(Label::new(name.clone(), (at.0, at.1 - 12.0), Anchor::Start).role(Role::Ink).bold());
    candidates.push(Label::new(name, (at.0, at.1 - 12.0), Anchor::End).role(Role::Ink).bold());
    if let Some(label) = space.best(candidates, Label::rect) {
        let label = label.kept_in(picture);
        picture.label(label);
    }
}

/// One mark of each kind that occurs, with its word.
fn draw_key(picture: &mut Picture, lanes: &[Lane], y: f64) {
    let kinds = [
        (MomentKind::Incident, "incident"),
        (MomentKind::Deployment, "deployment"),
        (MomentKind::Rollback, "rollback"),
        (MomentKind::Ticket, "ticket"),
    ];
    let mut x = 0.0;
    for (kind, word) in kinds {
        if !lanes.iter().any(|lane| lane.moments.iter().any(|moment| moment.what == kind)) {
            continue;
        }
        let centre = (x + 8.0, y - HALF_CAPITAL);
        match kind {
            MomentKind::Incident => {
                let rect = Rect { left: x, top: centre.1 - 5.0, right: x + 16.0, bottom: centre.1 + 5.0 };
                picture.rect(rect, Role::Context);
            }
            MomentKind::Deployment => picture.dot(centre, RADIUS, Role::Context),
            MomentKind::Rollback => {
                let r = RADIUS + 1.0;
                let left = centre.0 - r;
                let corners = vec![(left + 2.0 * r, centre.1 - r), (left + 2.0 * r, centre.1 + r), (left, centre.1)];
                picture.area(corners, Role::Context, 1.0);
            }
            MomentKind::Ticket => {
                let ends = vec![(centre.0, centre.1 - 4.0), (centre.0, centre.1 + 4.0)];
                picture.path(ends, Role::Context, SERIES_STROKE);
            }
        }
        let label = Label::new(word, (x + 20.0, y), Anchor::Start);
        x = label.rect().right + 14.0;
        picture.label(label);
    }
}

/// "14:05, 9 Oct 2026: incident INC-12, until 15:20, 9 Oct 2026".
fn describe(moment: &Moment) -> String {
    let told = |at: chrono::NaiveDateTime| at.format("%H:%M, %-d %b %Y").to_string();
    let until = match (moment.what, moment.until) {
        (_, Some(until)) => format!(", until {}", told(until)),
        (MomentKind::Incident, None) => ", still open".to_owned(),
        _ => String::new(),
    };
    format!("{}: {}{until}", told(moment.at), moment.label)
}
