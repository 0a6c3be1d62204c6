//! Where a label may stand: off the lines, off the other labels, inside the picture.

use super::picture::{At, Rect};

/// Space that is taken, and the space there is.
#[derive(Debug, Clone)]
pub(super) struct Space {
    bounds: Rect,
    taken: Vec<Rect>,
}

impl Space {
    pub(super) fn new(bounds: Rect) -> Space {
        Space { bounds, taken: Vec::new() }
    }

    pub(super) fn take(&mut self, rect: Rect) {
        self.taken.push(rect);
    }

    /// Takes a strip of 4 px along a line.
    pub(super) fn take_path(&mut self, points: &[At]) {
        for pair in points.windows(2) {
            let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
            let steps = ((x1 - x0).hypot(y1 - y0) / 4.0).ceil().clamp(1.0, 500.0) as u32;
            for step in 0..=steps {
                let share = f64::from(step) / f64::from(steps);
                let at = (x0 + share * (x1 - x0), y0 + share * (y1 - y0));
                self.take(Rect::around(at, 2.0));
            }
        }
    }

    /// The first candidate that covers nothing, with its place taken; none if each covers something.
    pub(super) fn free<T>(&mut self, candidates: Vec<T>, rect: impl Fn(&T) -> Rect) -> Option<T> {
        let found = candidates.into_iter().find(|candidate| self.cost(rect(candidate)) == 0.0)?;
        self.take(with_margin(rect(&found)));
        Some(found)
    }

    /// The candidate that covers least, the earlier one of equals, with its place taken; none
    /// only if there is no candidate.
    pub(super) fn best<T>(&mut self, candidates: Vec<T>, rect: impl Fn(&T) -> Rect) -> Option<T> {
        let found = candidates.into_iter().min_by(|a, b| self.cost(rect(a)).total_cmp(&self.cost(rect(b))))?;
        self.take(with_margin(rect(&found)));
        Some(found)
    }

    /// Covered area in px²; leaving the picture is worse than covering anything.
    fn cost(&self, rect: Rect) -> f64 {
        let covered: f64 = self.taken.iter().map(|other| overlap(rect, *other)).sum();
        let area = rect.width() * (rect.bottom - rect.top);
        let outside = area - overlap(rect, self.bounds);
        // The sides of a rectangle that lies inside differ by rounding only.
        covered + if outside > 1e-6 { 1e9 + outside } else { 0.0 }
    }
}

/// Moves the tops of labels apart so that none overlaps the next, in the order given by position,
/// and keeps them between `top` and `bottom` while there is room.
///
/// `labels` are pairs of wished top and height; the result has the same order.
pub(super) fn spread(labels: &[(f64, f64)], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|a, b| labels[*a].0.total_cmp(&labels[*b].0));
    let mut tops = vec![top; labels.len()];
    let mut free_from = top;
    for index in &order {
        let (wished, height) = labels[*index];
        tops[*index] = wished.max(free_from);
        free_from = tops[*index] + height;
    }
    let mut free_until = bottom;
    for index in order.iter().rev() {
        let height = labels[*index].1;
        tops[*index] = tops[*index].min(free_until - height);
        free_until = tops[*index];
    }
    tops
}

/// Two labels side by side would read as one: "13 h so far".
fn with_margin(rect: Rect) -> Rect {
    Rect { left: rect.left - 8.0, right: rect.right + 8.0, ..rect }
}

fn overlap(a: Rect, b: Rect) -> f64 {
    let width = a.right.min(b.right) - a.left.max(b.left);
    let height = a.bottom.min(b.bottom) - a.top.max(b.top);
    width.max(0.0) * height.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(left: f64, top: f64) -> Rect {
        Rect { left, top, right: left + 10.0, bottom: top + 10.0 }
    }

    fn space() -> Space {
        Space::new(Rect { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0 })
    }

    #[test]
    fn a_label_takes_the_first_free_place_and_the_next_one_keeps_its_distance() {
        let mut space = space();
        let candidates = vec![square(0.0, 0.0), square(12.0, 0.0), square(20.0, 0.0)];
        assert_eq!(space.free(candidates.clone(), |r| *r), Some(square(0.0, 0.0)));
        assert_eq!(space.free(candidates.clone(), |r| *r), Some(square(20.0, 0.0)));
        assert_eq!(space.free(candidates, |r| *r), None);
    }

    #[test]
    fn covering_something_is_better_than_leaving_the_picture() {
        let mut space = space();
        space.take(square(0.0, 0.0));
        let best = space.best(vec![square(-5.0, 50.0), square(0.0, 0.0)], |r| *r);
        assert_eq!(best, Some(square(0.0, 0.0)));
    }

    #[test]
    fn a_line_takes_the_space_along_it() {
        let mut space = space();
        space.take_path(&[(0.0, 0.0), (100.0, 100.0)]);
        assert_eq!(space.free(vec![square(45.0, 45.0)], |r| *r), None);
        assert!(space.free(vec![square(70.0, 10.0)], |r| *r).is_some());
    }

    #[test]
    fn spread_labels_do_not_overlap_and_stay_inside() {
        let tops = spread(&[(50.0, 15.0), (52.0, 15.0), (95.0, 15.0)], 0.0, 100.0);
        assert_eq!(tops, [50.0, 65.0, 85.0]);
    }
}
