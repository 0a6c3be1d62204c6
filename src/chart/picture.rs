//! A drawing as plain data: shapes in CSS pixels and colour roles, before any SVG exists.
//!
//! x grows to the right, y downwards, as on a screen.

use super::{
    text,
    theme::{HOLLOW_RADIUS, LINE_HEIGHT, Role, SERIES_STROKE, TEXT_SIZE, THIN_STROKE},
};

/// A position in CSS px.
pub(super) type At = (f64, f64);

/// A rectangle in CSS px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn middle(&self) -> At {
        ((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0)
    }

    pub(super) fn around((x, y): At, radius: f64) -> Rect {
        Rect { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }
    }
}

/// Which end of a text its position holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// One line of words; `at` is on the baseline.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    pub text: String,
    pub at: At,
    pub anchor: Anchor,
    pub role: Role,
    pub is_bold: bool,
}

impl Label {
    pub(super) fn new(text: impl Into<String>, at: At, anchor: Anchor) -> Label {
        Label { text: text.into(), at, anchor, role: Role::Muted, is_bold: false }
    }

    pub(super) fn role(self, role: Role) -> Label {
        Label { role, ..self }
    }

    pub(super) fn bold(self) -> Label {
        Label { is_bold: true, ..self }
    }

    /// Moved sideways, where that is needed and possible, so that all of it lies between two positions.
    pub(super) fn within(self, left: f64, right: f64) -> Label {
        let rect = self.rect();
        let beyond = (rect.right - right).max(0.0);
        let before = (left - (rect.left - beyond)).max(0.0);
        Label { at: (self.at.0 - beyond + before, self.at.1), ..self }
    }

    /// Moved as little as needed so that all of it lies in the picture.
    pub(super) fn kept_in(self, picture: &Picture) -> Label {
        let label = self.within(0.0, picture.width);
        let rect = label.rect();
        let dy = (0.0 - rect.top).max(0.0) - (rect.bottom - picture.height).max(0.0);
        Label { at: (label.at.0, label.at.1 + dy), ..label }
    }

    /// The given lines below one another, the first one here.
    pub(super) fn lines(&self, lines: &[String]) -> Vec<Label> {
        let below = |index: usize| self.at.1 + index as f64 * LINE_HEIGHT;
        let labels = lines.iter().enumerate().map(|(index, line)| Label {
            text: line.clone(),
            at: (self.at.0, below(index)),
            ..self.clone()
        });
        labels.collect()
    }

    /// The space that the words take, by estimate.
    pub(super) fn rect(&self) -> Rect {
        let width = text::width(&self.text, self.is_bold);
        let (x, baseline) = self.at;
        let left = match self.anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        Rect { left, top: baseline - 0.8 * TEXT_SIZE, right: left + width, bottom: baseline + 0.25 * TEXT_SIZE }
    }
}

/// Half of the height of a capital: added to a centre line, it gives the baseline.
pub(super) const HALF_CAPITAL: f64 = 0.36 * TEXT_SIZE;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// An open line of `width` px.
    Path {
        points: Vec<At>,
        role: Role,
        width: f64,
    },
    /// A filled polygon.
    Area {
        points: Vec<At>,
        role: Role,
        opacity: f64,
    },
    /// A filled circle.
    Dot {
        at: At,
        radius: f64,
        role: Role,
    },
    /// The outline of a circle, 2 px.
    Ring {
        at: At,
        radius: f64,
        role: Role,
    },
    Text(Label),
}

/// Words that appear while the pointer rests on a rectangle.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tip {
    pub rect: Rect,
    pub text: String,
}

/// A finished drawing of `width` × `height` CSS px; later shapes cover earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Picture {
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
    pub tips: Vec<Tip>,
}

impl Picture {
    pub(super) fn new(width: f64, height: f64) -> Picture {
        Picture { width, height, shapes: Vec::new(), tips: Vec::new() }
    }

    /// A low frame with words: an empty chart of full height would only push the page apart.
    pub(super) fn nothing(width: f64) -> Picture {
        let (height, baseline) = (120.0, 100.0);
        let mut picture = Picture::new(width, height);
        picture.path(vec![(0.0, baseline), (width, baseline)], Role::Context, THIN_STROKE);
        let at = (width / 2.0, height / 2.0);
        picture.label(Label::new("no data for this period", at, Anchor::Middle));
        picture
    }

    pub(super) fn path(&mut self, points: Vec<At>, role: Role, width: f64) {
        self.shapes.push(Shape::Path { points, role, width });
    }

    pub(super) fn area(&mut self, points: Vec<At>, role: Role, opacity: f64) {
        self.shapes.push(Shape::Area { points, role, opacity });
    }

    pub(super) fn rect(&mut self, rect: Rect, role: Role) {
        self.area(corners(rect).to_vec(), role, 1.0);
    }

    /// A rectangle of the page's colour with an outline inside its edges.
    pub(super) fn hollow_rect(&mut self, rect: Rect, role: Role) {
        self.rect(rect, Role::Page);
        let half = SERIES_STROKE / 2.0;
        let inner = Rect {
            left: rect.left + half,
            top: (rect.top + half).min(rect.bottom),
            right: rect.right - half,
            bottom: rect.bottom,
        };
        let [a, b, c, d] = corners(inner);
        self.path(vec![a, b, c, d, a], role, SERIES_STROKE);
    }

    pub(super) fn dot(&mut self, at: At, radius: f64, role: Role) {
        self.shapes.push(Shape::Dot { at, radius, role });
    }

    /// A dot of the page's colour with a ring around it.
    pub(super) fn hollow_dot(&mut self, at: At, role: Role) {
        self.dot(at, HOLLOW_RADIUS, Role::Page);
        self.shapes.push(Shape::Ring { at, radius: HOLLOW_RADIUS, role });
    }

    pub(super) fn label(&mut self, label: Label) {
        self.shapes.push(Shape::Text(label));
    }

    /// Intervals across bars, with a rim that keeps them visible on a bar's own colour.
    pub(super) fn whiskers(&mut self, ends: &[(At, At)]) {
        for (role, width) in [(Role::Page, 3.0 * THIN_STROKE), (Role::Ink, THIN_STROKE)] {
            for (from, to) in ends {
                self.path(vec![*from, *to], role, width);
            }
        }
    }

    /// A level or upright line, solid or in dashes of 6 px.
    pub(super) fn rule(&mut self, from: At, to: At, is_dashed: bool) {
        if is_dashed {
            self.area(dashes(from, to), Role::Context, 1.0);
        } else {
            self.path(vec![from, to], Role::Context, THIN_STROKE);
        }
    }

    /// Everything of `other`, moved by `(dx, dy)`.
    pub(super) fn insert(&mut self, other: Picture, (dx, dy): At) {
        let moved = |(x, y): At| (x + dx, y + dy);
        let all = |points: Vec<At>| points.into_iter().map(moved).collect();
        for shape in other.shapes {
            self.shapes.push(match shape {
                Shape::Path { points, role, width } => Shape::Path { points: all(points), role, width },
                Shape::Area { points, role, opacity } => Shape::Area { points: all(points), role, opacity },
                Shape::Dot { at, radius, role } => Shape::Dot { at: moved(at), radius, role },
                Shape::Ring { at, radius, role } => Shape::Ring { at: moved(at), radius, role },
                Shape::Text(label) => Shape::Text(Label { at: moved(label.at), ..label }),
            });
        }
        for tip in other.tips {
            let (left, top) = moved((tip.rect.left, tip.rect.top));
            let (right, bottom) = moved((tip.rect.right, tip.rect.bottom));
            self.tips.push(Tip { rect: Rect { left, top, right, bottom }, ..tip });
        }
    }
}

/// Dashes as one polygon, held together by edges without area: a fraction of the bytes of one line
/// a dash.
fn dashes(from: At, to: At) -> Vec<At> {
    let (dash, gap, half) = (6.0, 4.0, THIN_STROKE / 2.0);
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    if !length.is_finite() || length <= 0.0 {
        return Vec::new();
    }
    let (dx, dy) = ((to.0 - from.0) / length, (to.1 - from.1) / length);
    let beside = |along: f64, off: f64| (from.0 + dx * along - dy * off, from.1 + dy * along + dx * off);
    let mut points = Vec::new();
    let mut start = 0.0;
    while start < length {
        let end = (start + dash).min(length);
        points.extend([beside(start, half), beside(start, -half), beside(end, -half), beside(end, half)]);
        start += dash + gap;
    }
    points
}

fn corners(rect: Rect) -> [At; 4] {
    [(rect.left, rect.bottom), (rect.left, rect.top), (rect.right, rect.top), (rect.right, rect.bottom)]
}
