//! Do events fall into certain stretches of time more often than their own rhythm explains?
//!
//! Events of a service have busy hours and busy weekdays, and so have deployments: both happen in working hours, and
//! that alone makes them meet. Moving all events by whole weeks keeps the hour and the weekday of each and the distance
//! between them, and breaks only what binds them to the stretches (circular shift or rotation test: Lotwick and
//! Silverman 1982, Methods for analysing spatial processes of several types of points).

/// One line of time, in any whole unit: what was watched, which of it was exposed, and the events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// Half-open stretches, sorted, that do not overlap.
    pub exposed: Vec<(i64, i64)>,
    pub events: Vec<i64>,
    pub from: i64,
    pub until: i64,
}

/// What the shifts say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShiftTest {
    /// Events in exposed stretches, as they are.
    pub observed: u64,
    /// The mean over the shifts.
    pub expected: f64,
    pub shift_count: u64,
    /// One-sided: for more events in exposed stretches than by chance; never below 1 / (1 + shifts).
    pub p: f64,
}

/// Moves the events of all tracks together by 1, 2, 3 … steps, each track around its own circle.
///
/// A circle is the whole steps that end where the track ends; what lies before them is left out, so that the phase
/// within a step stays. p = (1 + shifts with at least as many exposed events) / (1 + shifts), which holds its level
/// whatever the number of shifts (Phipson and Smyth 2010). There are as many shifts as the longest track has steps,
/// less one; a shorter track goes round more than once.
///
/// `None` if no track has two whole steps, no event lies in a circle, or `step` is not positive.
pub fn circular_shift(tracks: &[Track], step: i64) -> Option<ShiftTest> {
    if step <= 0 {
        return None;
    }
    let step_count = |track: &Track| usize::try_from(track.until.saturating_sub(track.from) / step).unwrap_or(0);
    let longest = tracks.iter().map(step_count).max().unwrap_or(0);
    if longest < 2 {
        return None;
    }
    let mut counts = vec![0_u64; longest];
    let mut event_count = 0;
    for track in tracks {
        let circle = Circle { track, step, step_count: step_count(track) };
        event_count += circle.add(&mut counts);
    }
    if event_count == 0 {
        return None;
    }
    let observed = counts[0];
    let shifted = &counts[1..];
    let as_many = shifted.iter().filter(|&&count| count >= observed).count();
    let shift_count = shifted.len();
    Some(ShiftTest {
        observed,
        expected: shifted.iter().sum::<u64>() as f64 / shift_count as f64,
        shift_count: shift_count as u64,
        p: (1 + as_many) as f64 / (1 + shift_count) as f64,
    })
}

/// The last whole steps of a track.
struct Circle<'a> {
    track: &'a Track,
    step: i64,
    step_count: usize,
}

impl Circle<'_> {
    /// Adds, for every shift, the number of events that are then exposed; gives the number of events on the circle.
    fn add(&self, counts: &mut [u64]) -> u64 {
        let begin = self.track.until - self.step * self.step_count as i64;
        let mut event_count = 0;
        for event in &self.track.events {
            if self.step_count == 0 || *event < begin || *event >= self.track.until {
                continue;
            }
            event_count += 1;
            let phase = (event - begin) % self.step;
            let own = usize::try_from((event - begin) / self.step).unwrap_or(0);
            let is_exposed: Vec<bool> =
                (0..self.step_count).map(|index| self.is_exposed(begin + phase + self.step * index as i64)).collect();
            for (shift, count) in counts.iter_mut().enumerate() {
                *count += u64::from(is_exposed[(own + shift) % self.step_count]);
            }
        }
        event_count
    }

    fn is_exposed(&self, at: i64) -> bool {
        let begun = self.track.exposed.partition_point(|(from, _)| *from <= at);
        begun.checked_sub(1).is_some_and(|last| at < self.track.exposed[last].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Generator;

    fn track(exposed: &[(i64, i64)], events: &[i64], until: i64) -> Track {
        Track { exposed: exposed.to_vec(), events: events.to_vec(), from: 0, until }
    }

    #[test]
    fn four_weeks_by_hand() {
        // Steps of 10. Exposed is the beginning of the second step. The events at 11 and 12 are exposed as they are;
        // moved by one, two or three steps they are at 21, 31, 1 and are not.
        let found = circular_shift(&[track(&[(10, 15)], &[11, 12], 40)], 10).unwrap();
        assert_eq!(found, ShiftTest { observed: 2, expected: 0.0, shift_count: 3, p: 0.25 });
    }

    #[test]
    fn what_happens_every_week_at_the_same_hour_is_no_finding() {
        let exposed: Vec<(i64, i64)> = (0..50).map(|week| (week * 10, week * 10 + 5)).collect();
        let events: Vec<i64> = (0..50).map(|week| week * 10 + 2).collect();
        let found = circular_shift(&[track(&exposed, &events, 500)], 10).unwrap();
        assert_eq!((found.observed, found.expected, found.p), (50, 50.0, 1.0));
    }

    #[test]
    fn a_stretch_holds_its_first_moment_and_not_its_last() {
        let at = |event| circular_shift(&[track(&[(10, 15)], &[event], 40)], 10).unwrap().observed;
        assert_eq!((at(9), at(10), at(14), at(15)), (0, 1, 1, 0));
    }

    #[test]
    fn what_is_left_of_a_step_is_cut_at_the_beginning() {
        // From 0 until 25 there are two whole steps, from 5 on: the event at 3 is on no circle.
        assert_eq!(circular_shift(&[track(&[(0, 5)], &[3], 25)], 10), None);
        let found = circular_shift(&[track(&[(5, 8)], &[3, 6], 25)], 10).unwrap();
        assert_eq!((found.observed, found.shift_count, found.p), (1, 1, 0.5));
    }

    #[test]
    fn tracks_are_moved_together_and_a_short_one_goes_round_more_than_once() {
        // Two steps and four: shifts 1, 2, 3. The short track is back where it was at shift 2.
        let tracks = [track(&[(0, 5)], &[1], 20), track(&[(0, 5)], &[1], 40)];
        let found = circular_shift(&tracks, 10).unwrap();
        assert_eq!((found.observed, found.shift_count), (2, 3));
        assert!((found.expected - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(found.p, 0.25);
    }

    #[test]
    fn too_little_time_or_no_events_is_unknown() {
        assert_eq!(circular_shift(&[], 10), None);
        assert_eq!(circular_shift(&[track(&[(0, 5)], &[1], 19)], 10), None);
        assert_eq!(circular_shift(&[track(&[(0, 5)], &[], 40)], 10), None);
        assert_eq!(circular_shift(&[track(&[(0, 5)], &[1], 40)], 0), None);
    }

    #[test]
    fn without_an_effect_at_most_one_in_twenty_is_found() {
        // 20 circles of steps give p in {1/20, …}: p ≤ 0.05 has probability 1/20 at most. Of 2000, 100 are expected
        // and 131 is the quantile 0.999 of the binomial distribution.
        let mut generator = Generator::new(3);
        let mut draw = |bound: usize| generator.below(bound) as i64;
        let found = (0..2000)
            .filter(|_| {
                let mut starts: Vec<i64> = (0..15).map(|_| draw(2000)).collect();
                starts.sort_unstable();
                starts.dedup_by_key(|start| *start / 20);
                let exposed: Vec<(i64, i64)> = starts.iter().map(|start| (*start, *start / 20 * 20 + 20)).collect();
                let events: Vec<i64> = (0..10).map(|_| draw(2000)).collect();
                circular_shift(&[track(&exposed, &events, 2000)], 100).unwrap().p <= 0.05
            })
            .count();
        assert!(found <= 131, "{found}");
    }
}
