//! Do events fall into certain stretches of time more often than their own rhythm explains?
//!
//! Events of a service have busy hours and busy weekdays, and so have deployments: both happen in working hours, and
//! that alone makes them meet. Moving events by whole weeks keeps the hour and the weekday of each and the distance
//! between them, and breaks only what binds them to the stretches (circular shift or rotation test: Lotwick and
//! Silverman 1982, Methods for analysing spatial processes of several types of points). Where both grow over the year
//! they meet as well, so events stay near to where they were: they are moved within blocks of a few weeks (permutation
//! within strata of time: Lumley and Levy 2000, Bias in the case-crossover design). What rises and falls within one
//! block is not allowed for.

use std::collections::BTreeMap;

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
    /// The mean over all shifts, that by nothing included.
    pub expected: f64,
    /// Circles in which shifts change the number of exposed events; where there is none, p is 1.
    pub informative_count: u64,
    /// One-sided: for more events in exposed stretches than by chance.
    pub p: f64,
}

/// Time cut into blocks of about as many steps each.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocks {
    /// Where the first whole step begins; what lies before it belongs to the first block.
    begin: i64,
    step: i64,
    /// The number of the first step of each block, and behind the last block the number of all steps.
    bounds: Vec<i64>,
}

impl Blocks {
    /// Whole steps that end with `until`, cut into the number of blocks that brings them nearest to `length` steps.
    ///
    /// `None` if `step` or `length` is not positive, or the time is empty.
    pub fn over(from: i64, until: i64, step: i64, length: i64) -> Option<Self> {
        if step <= 0 || length <= 0 || from >= until {
            return None;
        }
        let step_count = until.saturating_sub(from) / step;
        let block_count = ((step_count + length / 2) / length).max(1);
        let bounds = (0..=block_count).map(|block| block * step_count / block_count).collect();
        Some(Self { begin: until - step * step_count, step, bounds })
    }

    pub fn count(&self) -> usize {
        self.bounds.len() - 1
    }

    /// The block in which an instant lies.
    pub fn at(&self, instant: i64) -> usize {
        let step = instant.saturating_sub(self.begin).div_euclid(self.step);
        self.bounds.partition_point(|bound| *bound <= step).clamp(1, self.count()) - 1
    }

    /// Where the block ends that holds an instant; the last one has no end.
    pub fn end_at(&self, instant: i64) -> i64 {
        match self.bounds.get(self.at(instant) + 1) {
            Some(bound) if *bound < self.step_count() => self.begin + self.step * bound,
            _ => i64::MAX,
        }
    }

    fn step_count(&self) -> i64 {
        self.bounds.last().copied().unwrap_or(0)
    }

    /// The whole steps of a block that a track has seen from beginning to end.
    fn circle(&self, block: usize, track: &Track) -> Circle {
        let seen_from = -self.begin.saturating_sub(track.from).div_euclid(self.step);
        let seen_until = track.until.saturating_sub(self.begin).div_euclid(self.step);
        let (first, end) = (self.bounds[block].max(seen_from), self.bounds[block + 1].min(seen_until));
        Circle { begin: self.begin + self.step * first, step: self.step, step_count: (end - first).max(0) }
    }
}

/// Moves events by whole steps around the circle of their block, in all ways at once.
///
/// The circles of a block that have the same number of steps are moved together, so that a week that was bad for all
/// stays one bad week; blocks are moved apart from one another. All combinations make a group, that by nothing included,
/// so p, their share with at least as many exposed events, holds its level (Hemerik and Goeman 2018, Exact testing with
/// random permutations). Nothing is drawn: the sum over blocks has the convolution of their distributions.
///
/// `None` if no event lies on a circle of two steps or more.
pub fn block_shift(tracks: &[Track], blocks: &Blocks) -> Option<ShiftTest> {
    let mut test = Convolution::default();
    let mut event_count = 0;
    for block in 0..blocks.count() {
        // By the number of steps: what a shift by 0, 1, 2 … steps gives.
        let mut counts: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
        for track in tracks {
            let circle = blocks.circle(block, track);
            if circle.step_count >= 2 {
                let shifted = counts.entry(circle.step_count).or_insert_with(|| vec![0; circle.step_count as usize]);
                event_count += circle.add(track, shifted);
            }
        }
        counts.values().for_each(|shifted| test.add(shifted));
    }
    (event_count > 0).then(|| test.result())
}

/// Some whole steps that are closed to a circle.
struct Circle {
    begin: i64,
    step: i64,
    step_count: i64,
}

impl Circle {
    /// Adds, for every shift, the number of events that are then exposed; gives the number of events on the circle.
    fn add(&self, track: &Track, shifted: &mut [u64]) -> u64 {
        let end = self.begin + self.step * self.step_count;
        let mut event_count = 0;
        for event in track.events.iter().filter(|event| (self.begin..end).contains(event)) {
            event_count += 1;
            let phase = (event - self.begin) % self.step;
            let own = (event - self.begin) / self.step;
            for (shift, count) in (0..).zip(shifted.iter_mut()) {
                let place = self.begin + phase + self.step * ((own + shift) % self.step_count);
                *count += u64::from(is_exposed(track, place));
            }
        }
        event_count
    }
}

fn is_exposed(track: &Track, at: i64) -> bool {
    let begun = track.exposed.partition_point(|(from, _)| *from <= at);
    begun.checked_sub(1).and_then(|last| track.exposed.get(last)).is_some_and(|(_, until)| at < *until)
}

/// The distribution of a sum of independent counts, each of which takes its values equally often.
struct Convolution {
    /// The probability of `lowest`, `lowest` + 1, …
    distribution: Vec<f64>,
    lowest: u64,
    observed: u64,
    expected: f64,
    informative_count: u64,
}

impl Default for Convolution {
    fn default() -> Self {
        Self { distribution: vec![1.0], lowest: 0, observed: 0, expected: 0.0, informative_count: 0 }
    }
}

impl Convolution {
    /// The first of the values is the observed one.
    fn add(&mut self, values: &[u64]) {
        let (Some(first), Some(least), Some(most)) = (values.first(), values.iter().min(), values.iter().max()) else {
            return;
        };
        self.observed += first;
        self.lowest += least;
        self.expected += values.iter().sum::<u64>() as f64 / values.len() as f64;
        if least == most {
            return;
        }
        self.informative_count += 1;
        let mut sums = vec![0.0; self.distribution.len() + (most - least) as usize];
        for value in values {
            for (sum, probability) in sums.iter_mut().skip((value - least) as usize).zip(&self.distribution) {
                *sum += probability / values.len() as f64;
            }
        }
        self.distribution = sums;
    }

    fn result(&self) -> ShiftTest {
        let as_many = self.distribution.iter().skip((self.observed - self.lowest) as usize);
        ShiftTest {
            observed: self.observed,
            expected: self.expected,
            informative_count: self.informative_count,
            // Added up from the smallest, and nothing but rounding can bring it above 1.
            p: as_many.rev().sum::<f64>().min(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Generator;

    fn track(exposed: &[(i64, i64)], events: &[i64], until: i64) -> Track {
        Track { exposed: exposed.to_vec(), events: events.to_vec(), from: 0, until }
    }

    /// Steps of 10 and blocks of four.
    fn shifted(tracks: &[Track]) -> Option<ShiftTest> {
        shifted_within(4, tracks)
    }

    fn shifted_within(length: i64, tracks: &[Track]) -> Option<ShiftTest> {
        let until = tracks.iter().map(|track| track.until).max()?;
        block_shift(tracks, &Blocks::over(0, until, 10, length)?)
    }

    #[test]
    fn four_weeks_by_hand() {
        // Exposed is the beginning of the second step. The events at 11 and 12 are exposed as they are; moved by one,
        // two or three steps they are at 21, 31, 1 and are not.
        let found = shifted(&[track(&[(10, 15)], &[11, 12], 40)]).unwrap();
        assert_eq!(found, ShiftTest { observed: 2, expected: 0.5, informative_count: 1, p: 0.25 });
    }

    #[test]
    fn blocks_are_moved_apart_from_one_another() {
        // Two blocks of four, one exposed step and one event in each: none, one or two exposed in 9, 6, 1 of 16 ways.
        let both = shifted(&[track(&[(10, 20), (50, 60)], &[11, 51], 80)]).unwrap();
        assert_eq!(both, ShiftTest { observed: 2, expected: 0.5, informative_count: 2, p: 1.0 / 16.0 });
        let one = shifted(&[track(&[(10, 20), (50, 60)], &[11, 61], 80)]).unwrap();
        assert_eq!((one.observed, one.p), (1, 7.0 / 16.0));
        // Exposed in one block and an event in the other only: no shift brings them together.
        let none = shifted(&[track(&[(10, 20)], &[51], 80)]).unwrap();
        assert_eq!(none, ShiftTest { observed: 0, expected: 0.0, informative_count: 0, p: 1.0 });
    }

    #[test]
    fn tracks_of_a_block_are_moved_together_and_those_of_other_lengths_apart() {
        let long = track(&[(10, 20)], &[11], 40);
        let together = shifted(&[long.clone(), long.clone()]).unwrap();
        assert_eq!((together.observed, together.p), (2, 0.25));
        // The second was seen for two steps of the four: 1/4 times 1/2.
        let late = Track { from: 20, ..track(&[(30, 40)], &[31], 40) };
        let apart = shifted(&[long, late]).unwrap();
        assert_eq!((apart.observed, apart.informative_count, apart.p), (2, 2, 0.125));
    }

    #[test]
    fn what_happens_every_week_at_the_same_hour_is_no_finding() {
        let exposed: Vec<(i64, i64)> = (0..50).map(|week| (week * 10, week * 10 + 5)).collect();
        let events: Vec<i64> = (0..50).map(|week| week * 10 + 2).collect();
        let found = shifted(&[track(&exposed, &events, 500)]).unwrap();
        assert_eq!((found.observed, found.expected, found.p), (50, 50.0, 1.0));
    }

    #[test]
    fn a_stretch_holds_its_first_moment_and_not_its_last() {
        let at = |event| shifted(&[track(&[(10, 15)], &[event], 40)]).unwrap().observed;
        assert_eq!((at(9), at(10), at(14), at(15)), (0, 1, 1, 0));
    }

    #[test]
    fn what_is_left_of_a_step_is_cut_at_the_beginning() {
        // From 0 until 25 there are two whole steps, from 5 on: the event at 3 is on no circle.
        assert_eq!(shifted(&[track(&[(0, 5)], &[3], 25)]), None);
        let found = shifted(&[track(&[(5, 8)], &[3, 6], 25)]).unwrap();
        assert_eq!((found.observed, found.p), (1, 0.5));
    }

    #[test]
    fn too_little_time_or_no_events_is_unknown() {
        assert_eq!(shifted(&[]), None);
        assert_eq!(shifted(&[track(&[(0, 5)], &[1], 19)]), None);
        assert_eq!(shifted(&[track(&[(0, 5)], &[], 40)]), None);
        assert_eq!(Blocks::over(0, 40, 0, 4), None);
        assert_eq!(Blocks::over(0, 40, 10, 0), None);
        assert_eq!(Blocks::over(40, 40, 10, 4), None);
    }

    #[test]
    fn blocks_are_as_equal_as_whole_steps_allow_and_hold_all_time() {
        let sizes = |steps: i64| {
            let blocks = Blocks::over(-3, steps * 10, 10, 4).unwrap();
            (0..blocks.count()).map(|block| blocks.bounds[block + 1] - blocks.bounds[block]).collect::<Vec<_>>()
        };
        assert_eq!((sizes(1), sizes(5), sizes(6), sizes(9)), (vec![1], vec![5], vec![3, 3], vec![4, 5]));
        let blocks = Blocks::over(-3, 90, 10, 4).unwrap();
        assert_eq!([-3, 0, 39, 40, 89, 90].map(|at| blocks.at(at)), [0, 0, 0, 1, 1, 1]);
        assert_eq!((blocks.end_at(-3), blocks.end_at(39), blocks.end_at(40)), (40, 40, i64::MAX));
        let short = Blocks::over(0, 9, 10, 4).unwrap();
        assert_eq!((short.count(), short.at(0), short.end_at(0)), (1, 0, i64::MAX));
    }

    /// How many of 2000 companies without an effect have p ≤ 0.05, each with tracks of so many steps that end together,
    /// whose exposed stretches and events lie more often where `weight`, from 0 to 1, is large.
    fn found_by_chance(block: i64, lengths: &[i64], seed: u64, weight: fn(f64) -> f64) -> usize {
        let mut generator = Generator::new(seed);
        let mut drawn = |until: i64, from: i64| loop {
            let at = from + generator.below((until - from) as usize) as i64;
            if generator.uniform() < weight(at as f64 / until as f64) {
                return at;
            }
        };
        let until = 10 * lengths.iter().max().unwrap();
        let found = (0..2000).filter(|_| {
            let tracks = lengths.iter().map(|length| {
                let from = until - 10 * length;
                let mut steps: Vec<i64> = (0..length / 2).map(|_| drawn(until, from) / 10).collect();
                steps.sort_unstable();
                steps.dedup();
                let exposed = steps.iter().map(|step| (step * 10, step * 10 + 5)).collect();
                let events = (0..*length).map(|_| drawn(until, from)).collect();
                Track { exposed, events, from, until }
            });
            shifted_within(block, &tracks.collect::<Vec<_>>()).is_some_and(|found| found.p <= 0.05)
        });
        found.count()
    }

    // Of 2000, 100 are expected by chance at most, for p has steps; 131 is the quantile 0.999 of the binomial distribution.

    #[test]
    fn without_an_effect_at_most_one_in_twenty_is_found() {
        let found = found_by_chance(4, &[52], 3, |_| 1.0);
        assert!((40..=131).contains(&found), "{found}");
    }

    #[test]
    fn tracks_of_unequal_length_hold_the_level_too() {
        for (lengths, seed) in [([40, 27], 4), ([50, 35], 5)] {
            let found = found_by_chance(4, &lengths, seed, |_| 1.0);
            assert!((40..=131).contains(&found), "{lengths:?}: {found}");
        }
    }

    #[test]
    fn growth_alone_is_no_finding() {
        let found = found_by_chance(4, &[52; 10], 6, |at| at);
        assert!((40..=131).contains(&found), "{found}");
        let moved_anywhere = found_by_chance(52, &[52; 10], 6, |at| at);
        assert!(moved_anywhere > 131, "{moved_anywhere}");
    }
}
