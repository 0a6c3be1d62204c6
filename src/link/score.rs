//! How much closeness in time tells: the share of incidents, this soon after a deployment, beyond the usual rate.
//!
//! Suppose that incidents of a service come at a constant rate λ₀ whatever is deployed, and that deployments add
//! some, the more the fresher they are. At age `a` after the latest deployment incidents come at the rate
//! λ(a) = λ₀ + excess(a), so an incident at that age was brought by the deployment with probability
//! excess(a) ⁄ λ(a) = 1 − λ₀ ⁄ λ(a): the attributable fraction among the exposed.
//!
//! Both rates are counts over time at risk. Ages are cut into bins that widen with age. A bin's time at risk is how
//! long the service was at such an age, so that a service that deploys hourly is not asked about ages of a week.
//! λ(a) is incidents in the bin of `a` over its time at risk. λ₀ comes from the late bins: the oldest ones that
//! together hold at least half of all time at risk, with half an incident added so that a quiet service is not
//! taken to have no incidents at all. In the late bins the score is 0, since there the two rates are one.
//! What deployments add at late ages counts as background, so the score is rather too low than too high.
//!
//! A service with fewer than [`FEWEST`] incidents shares one pool with all others that have too few; a pool that
//! still has fewer gives no score.

use polars::prelude::PlHashMap;

use super::matching::Events;

/// Incidents that a pool needs before its rates are told.
const FEWEST: f64 = 20.0;

/// Lower edges of the bins, in seconds: 0, 15 min, 1 h, 4 h, 12 h, 1 d, 2 d, 3 d, 7 d, 14 d, 28 d.
const EDGES: [f64; BINS] =
    [0.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0, 172_800.0, 259_200.0, 604_800.0, 1_209_600.0, 2_419_200.0];
const BINS: usize = 11;

/// How long after the latest deployment of its group an incident opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gap<'a> {
    pub group: &'a str,
    pub microseconds: i64,
}

/// The score of each gap, 0 to 1; none where there is no gap or too little to judge by.
///
/// `deployments` are those that the gaps were measured from, with one group each; `as_of` ends the time at risk.
pub(super) fn scores(gaps: &[Option<Gap>], deployments: &Events, as_of: i64) -> Vec<Option<f64>> {
    let mut shared = Pool::default();
    let mut scores: PlHashMap<&str, _> = PlHashMap::default();
    for (group, pool) in pools(gaps, deployments, as_of) {
        if pool.count() >= FEWEST {
            scores.insert(group, pool.scores());
        } else {
            shared.add(&pool);
        }
    }
    let shared_scores = shared.scores();
    gaps.iter()
        .map(|gap| {
            let gap = gap.as_ref()?;
            let scores = scores.get(gap.group).unwrap_or(&shared_scores).as_ref()?;
            scores.get(bin_of(seconds(gap.microseconds))).copied()
        })
        .collect()
}

/// Incidents and time at risk by age.
#[derive(Debug, Default, Clone)]
struct Pool {
    incidents: [f64; BINS],
    at_risk: [f64; BINS],
}

impl Pool {
    fn count(&self) -> f64 {
        self.incidents.iter().sum()
    }

    fn add(&mut self, other: &Self) {
        for (sum, part) in self.incidents.iter_mut().zip(other.incidents) {
            *sum += part;
        }
        for (sum, part) in self.at_risk.iter_mut().zip(other.at_risk) {
            *sum += part;
        }
    }

    /// Counts the time from a deployment until the next, in seconds.
    fn expose(&mut self, length: f64) {
        let ends = EDGES.iter().skip(1).chain(&[f64::INFINITY]);
        for ((sum, start), end) in self.at_risk.iter_mut().zip(EDGES).zip(ends) {
            *sum += (length.min(*end) - start).max(0.0);
        }
    }

    /// The score of each bin, or none with too few incidents.
    fn scores(&self) -> Option<[f64; BINS]> {
        let late = self.late_bin()?;
        let in_late = |values: &[f64; BINS]| values.iter().skip(late).sum::<f64>();
        let background = (in_late(&self.incidents) + 0.5) / in_late(&self.at_risk);
        let mut scores = [0.0; BINS];
        let bins = self.incidents.iter().zip(self.at_risk).take(late);
        for (score, (incidents, at_risk)) in scores.iter_mut().zip(bins) {
            // With no incident here the bin is asked about by nobody.
            if *incidents > 0.0 {
                *score = (1.0 - background * at_risk / incidents).clamp(0.0, 1.0);
            }
        }
        Some(scores)
    }

    /// The first of the oldest bins that hold at least half of all time at risk.
    fn late_bin(&self) -> Option<usize> {
        let total: f64 = self.at_risk.iter().sum();
        if self.count() < FEWEST || total <= 0.0 {
            return None;
        }
        let mut held = 0.0;
        (0..BINS).rev().find(|bin| {
            held += self.at_risk.get(*bin).copied().unwrap_or(0.0);
            held >= total / 2.0
        })
    }
}

/// The pool of every group, in order of their names: sums of them must not depend on a hash.
fn pools<'a>(gaps: &[Option<Gap<'a>>], deployments: &'a Events, as_of: i64) -> Vec<(&'a str, Pool)> {
    let mut pools: PlHashMap<&str, (Pool, Option<i64>)> = PlHashMap::default();
    for gap in gaps.iter().flatten() {
        let (pool, _) = pools.entry(gap.group).or_default();
        if let Some(count) = pool.incidents.get_mut(bin_of(seconds(gap.microseconds))) {
            *count += 1.0;
        }
    }
    let groups = deployments.groups.iter().take(1).flat_map(|groups| groups.iter());
    for (group, at) in groups.zip(deployments.at.iter()) {
        let (Some(group), Some(at)) = (group, at) else {
            continue;
        };
        let (pool, last_at) = pools.entry(group).or_default();
        if let Some(before) = last_at.replace(at) {
            pool.expose(seconds(at.min(as_of).saturating_sub(before)));
        }
    }
    let mut pools: Vec<(&str, Pool)> = pools
        .into_iter()
        .map(|(group, (mut pool, last_at))| {
            if let Some(at) = last_at {
                pool.expose(seconds(as_of.saturating_sub(at)));
            }
            (group, pool)
        })
        .collect();
    pools.sort_by_key(|(group, _)| *group);
    pools
}

fn seconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1e6
}

fn bin_of(seconds: f64) -> usize {
    EDGES.partition_point(|edge| *edge <= seconds).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use polars::prelude::{ChunkFull, StringChunked};

    use super::*;

    const HOUR: i64 = 3_600_000_000;
    const DAY: i64 = 24 * HOUR;

    /// One deployment every ten days, a hundred of them.
    fn every_ten_days() -> Events {
        let at = (0..100).map(|n| Some(n * 10 * DAY)).collect();
        Events { at, groups: vec![StringChunked::full("g".into(), "a", 100)], rows: None }
    }

    fn gaps(of: &'static str, hours: &[i64]) -> Vec<Option<Gap<'static>>> {
        hours.iter().map(|hours| Some(Gap { group: of, microseconds: hours * HOUR })).collect()
    }

    #[test]
    fn the_score_is_the_share_beyond_the_background_rate() {
        // Time at risk is 1000 days. Bins from 3 days on hold 700 of them, so they are the late ones, and from
        // 7 days on only 300. 35 incidents there: (35 + 0.5) / 700 days. 30 incidents at 2 h: the bin from 1 h to
        // 4 h holds 100 × 3 h = 12.5 days. Score = 1 − (35.5 / 700) × 12.5 / 30.
        let mut hours = vec![100; 35];
        hours.extend([2; 30]);
        let scores = scores(&gaps("a", &hours), &every_ten_days(), 1000 * DAY);
        let expected = 1.0 - 35.5 / 700.0 * 12.5 / 30.0;
        let score = scores.last().copied().flatten().unwrap();
        assert!((score - expected).abs() < 1e-12, "{score} {expected}");
        assert_eq!(scores[0], Some(0.0));
    }

    #[test]
    fn a_rate_below_the_background_is_no_evidence_and_never_negative() {
        let mut hours = vec![100; 700];
        hours.push(30);
        let scores = scores(&gaps("a", &hours), &every_ten_days(), 1000 * DAY);
        assert_eq!(scores[700], Some(0.0));
    }

    #[test]
    fn nineteen_incidents_are_too_few_and_twenty_are_enough() {
        let of = |count| scores(&gaps("a", &vec![2; count]), &every_ten_days(), 1000 * DAY);
        assert!(of(19).iter().all(Option::is_none));
        assert!(of(20).iter().all(Option::is_some));
    }

    #[test]
    fn services_with_few_incidents_are_judged_together() {
        let mut deployments = every_ten_days();
        let names = (0..100).map(|n| Some(if n % 2 == 0 { "a" } else { "b" }));
        deployments.groups = vec![names.collect()];
        let mut both = gaps("a", &[2; 10]);
        both.extend(gaps("b", &[2; 10]));
        let scores = scores(&both, &deployments, 1000 * DAY);
        assert!(scores.iter().all(Option::is_some));
        assert_eq!(scores[0], scores[19]);
    }

    #[test]
    fn an_edge_belongs_to_the_bin_that_it_opens() {
        assert_eq!(bin_of(0.0), 0);
        assert_eq!(bin_of(899.9), 0);
        assert_eq!(bin_of(900.0), 1);
        assert_eq!(bin_of(1e9), BINS - 1);
    }
}
