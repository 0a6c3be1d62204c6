//! When the deployments of each service finished, in order, to look up which comes next.
//!
//! `matching::nearest` answers the same question by an as-of join, which sorts and copies both sides. Changes are the
//! largest table by far, so each is looked up instead, and nothing of theirs is copied. Whoever asks in about the order
//! of time finds the answer close to the one before.

use polars::prelude::{IdxSize, PlHashMap};

use super::records::{Deployments, text_at};

/// The finishes of some deployments, by service.
pub(super) struct Timetable<'a> {
    services: PlHashMap<&'a str, usize>,
    finishes: Vec<Finishes>,
}

/// The finishes of one service, in order of (instant, row).
#[derive(Default)]
struct Finishes {
    at: Vec<i64>,
    rows: Vec<IdxSize>,
}

impl<'a> Timetable<'a> {
    /// Of the deployments that are `wanted`; one without a service or a finish is in nobody's way.
    pub fn new(deployments: &'a Deployments, wanted: impl Fn(IdxSize) -> bool) -> Self {
        let mut timetable = Self { services: PlHashMap::default(), finishes: Vec::new() };
        // Deployments are in order of their finishes, so those of each service are as well.
        for row in deployments.rows().filter(|row| wanted(*row)) {
            let (Some(service), Some(at)) = (text_at(&deployments.service, row), deployments.finished_at(row)) else {
                continue;
            };
            let place = *timetable.services.entry(service).or_insert(timetable.finishes.len());
            if place == timetable.finishes.len() {
                timetable.finishes.push(Finishes::default());
            }
            if let Some(finishes) = timetable.finishes.get_mut(place) {
                finishes.at.push(at);
                finishes.rows.push(row);
            }
        }
        timetable
    }

    pub fn reader(&self) -> Reader<'_> {
        Reader { timetable: self, places: vec![0; self.finishes.len()] }
    }
}

/// Looks things up; remembers where it found the last answer of each service.
pub(super) struct Reader<'a> {
    timetable: &'a Timetable<'a>,
    places: Vec<usize>,
}

impl Reader<'_> {
    /// The first deployment of the service that finished at or after the instant; of several the smallest row.
    pub fn next(&mut self, service: &str, at: i64) -> Option<IdxSize> {
        let service = *self.timetable.services.get(service)?;
        let finishes = self.timetable.finishes.get(service)?;
        let place = self.places.get_mut(service)?;
        *place = first_at_or_after(&finishes.at, *place, at);
        finishes.rows.get(*place).copied()
    }
}

/// The place of the first instant, of those in order, that is not before `at`; their number where all are. Looks in
/// growing steps from `near`, which is one of the possible answers.
fn first_at_or_after(instants: &[i64], near: usize, at: i64) -> usize {
    let is_before = |place: usize| instants.get(place).is_some_and(|instant| *instant < at);
    let (mut from, mut until) = (near, near);
    let mut step = 1;
    if is_before(near) {
        while is_before(until) {
            from = until + 1;
            until += step;
            step *= 2;
        }
        until = until.min(instants.len());
    } else {
        while from > 0 && !is_before(from - 1) {
            until = from - 1;
            from = from.saturating_sub(step);
            step *= 2;
        }
    }
    from + instants.get(from..until).unwrap_or_default().partition_point(|instant| *instant < at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_the_same_wherever_the_search_begins() {
        let lists: [&[i64]; 5] = [&[], &[5], &[5, 5, 5], &[1, 3, 3, 7, 7, 7, 9, 20, 21, 22, 40], &[2, 4]];
        for instants in lists {
            for at in -1..45 {
                let expected = instants.partition_point(|instant| *instant < at);
                for near in 0..=instants.len() {
                    assert_eq!(first_at_or_after(instants, near, at), expected, "{instants:?} {at} from {near}");
                }
            }
        }
    }
}
