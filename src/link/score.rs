//! How much closeness in time tells: the probability that an incident came from the deployment before it.
//!
//! Suppose that incidents of a service come at a rate that is a sum:
//!
//! ```text
//! λ(t) = μ + Σ g(t − dⱼ) + Σ h(t − iₖ)
//! ```
//!
//! - μ, the background, whatever is deployed;
//! - g, what each of the last [`DEPLOYMENTS`] deployments dⱼ adds, by its age: nothing after three days;
//! - h, what each of the last [`INCIDENTS`] incidents iₖ adds: one outage is often told several times. Nothing after
//!   half a day.
//!
//! An incident at t then came from deployment dⱼ with probability g(t − dⱼ) ⁄ λ(t). The score is that of the latest
//! deployment. Where one that came before it, or an incident that is still going on, explains the incident as well, the
//! score is shared with them: so a deployment made because of an incident gets little for what follows the incident.
//!
//! The three are found from the data alone: g and h are steps over bins of age, and expectation–maximisation takes turns
//! in sharing every incident out by these probabilities and in dividing the shares of a bin by the time at risk in it
//! (Marsan and Lengliné, "Extending earthquakes' reach through cascading", Science 319, 2008; Lewis and Mohler 2011).
//! Time at risk of a bin is how long some deployment was of that age and among the last few.
//!
//! A bin with one incident and little time at risk would look like a certain cause by luck. So each step has an
//! exponential prior with the background as its mean: time in which the background brings one incident is added to what
//! the bin was at risk. Scores are rather too low than too high where data are few, and also where deployments bring
//! incidents later than three days. `tests/simulation` measures how often a score of three quarters is right.
//!
//! A service with fewer than [`FEWEST`] incidents shares its rates with all others that have too few; where these
//! together still have fewer there is no score.

use polars::prelude::{IdxSize, PlHashMap};

use super::matching::{Events, Neighbour};

/// Incidents that rates are told from.
const FEWEST: usize = 20;

/// Deployments before an incident that may have brought it; what older ones do counts as background.
const DEPLOYMENTS: usize = 8;

/// Incidents before one that may be the same trouble.
const INCIDENTS: usize = 4;

/// Lower edges of the bins of age, in microseconds, and the end of the last: 15 min, 1 h, 4 h, 12 h, 1 d, 2 d, 3 d.
const EDGES: [i64; AFTER_DEPLOYMENT + 1] =
    [0, 15 * MINUTE, 60 * MINUTE, 240 * MINUTE, 720 * MINUTE, 1_440 * MINUTE, 2_880 * MINUTE, 4_320 * MINUTE];

/// In microseconds.
const MINUTE: i64 = 60_000_000;

/// Bins of age after a deployment.
const AFTER_DEPLOYMENT: usize = 7;

/// Bins of age after an incident, the first of the same.
const AFTER_INCIDENT: usize = 4;

/// The rates hardly move any more after as many turns.
const ROUNDS: usize = 40;

/// The score of each incident for its latest deployment, 0 to 1; none where there is no deployment before it or too
/// little to judge by.
///
/// `deployments` are those that may be blamed, with one group each, as has each incident; `neighbour` says whether a
/// deployment at the very instant counts as before; `as_of` ends the time at risk.
pub(super) fn scores(incidents: &Events, deployments: &Events, neighbour: Neighbour, as_of: i64) -> Vec<Option<f64>> {
    let mut scores = vec![None; incidents.at.len()];
    let mut shared = Pool::default();
    for series in all_series(incidents, deployments) {
        let mut pool = Pool::default();
        pool.add(&series, neighbour, as_of);
        if pool.cases.len() >= FEWEST {
            pool.score(&mut scores);
        } else {
            shared.merge(pool);
        }
    }
    shared.score(&mut scores);
    scores
}

/// What happened in one group, in order of time.
#[derive(Default)]
struct Series {
    deployments: Vec<i64>,
    /// With their places.
    incidents: Vec<(i64, IdxSize)>,
}

/// The groups in which there were incidents, in order of their names: sums over them must not depend on a hash.
fn all_series(incidents: &Events, deployments: &Events) -> Vec<Series> {
    let mut by_group: PlHashMap<&str, Series> = PlHashMap::default();
    for ((group, at), place) in grouped(incidents).zip(0..) {
        if let (Some(group), Some(at)) = (group, at) {
            by_group.entry(group).or_default().incidents.push((at, place));
        }
    }
    for (group, at) in grouped(deployments) {
        if let (Some(series), Some(at)) = (group.and_then(|group| by_group.get_mut(group)), at) {
            series.deployments.push(at);
        }
    }
    let mut all: Vec<(&str, Series)> = by_group.into_iter().collect();
    all.sort_by_key(|(group, _)| *group);
    all.into_iter()
        .map(|(_, mut series)| {
            series.deployments.sort_unstable();
            series.incidents.sort_unstable();
            series
        })
        .collect()
}

fn grouped(events: &Events) -> impl Iterator<Item = (Option<&str>, Option<i64>)> {
    events.groups.iter().take(1).flat_map(|groups| groups.iter()).zip(events.at.iter())
}

/// An incident with all that may have brought it, as bins of age, the latest first.
struct Case {
    place: IdxSize,
    deployments: [u8; DEPLOYMENTS],
    incidents: [u8; INCIDENTS],
}

/// The bin of what never was, or is too old to matter.
const NO_BIN: u8 = u8::MAX;

/// Cases and seconds at risk.
#[derive(Default)]
struct Pool {
    cases: Vec<Case>,
    at_risk: f64,
    after_deployment: [f64; AFTER_DEPLOYMENT],
    after_incident: [f64; AFTER_INCIDENT],
}

/// Incidents a second.
struct Rates {
    background: f64,
    after_deployment: [f64; AFTER_DEPLOYMENT],
    after_incident: [f64; AFTER_INCIDENT],
}

impl Pool {
    fn add(&mut self, series: &Series, neighbour: Neighbour, as_of: i64) {
        let Some(begins) = series.deployments.first().copied() else { return };
        let is_before = |at: i64, incident: i64| match neighbour {
            Neighbour::Before => at < incident,
            _ => at <= incident,
        };
        let known = series.incidents.iter().filter(|(at, _)| is_before(begins, *at));
        let opened: Vec<i64> = known.clone().map(|(at, _)| *at).collect();
        for (order, (at, place)) in known.enumerate() {
            let deployments = series.deployments.partition_point(|deployed| is_before(*deployed, *at));
            self.cases.push(Case {
                place: *place,
                deployments: bins(*at, series.deployments.iter().take(deployments), AFTER_DEPLOYMENT),
                incidents: bins(*at, opened.iter().take(order), AFTER_INCIDENT),
            });
        }
        self.at_risk += seconds(as_of.saturating_sub(begins));
        expose(&mut self.after_deployment, &series.deployments, DEPLOYMENTS, as_of);
        expose(&mut self.after_incident, &opened, INCIDENTS, as_of);
    }

    fn merge(&mut self, other: Self) {
        self.cases.extend(other.cases);
        self.at_risk += other.at_risk;
        add_all(&mut self.after_deployment, &other.after_deployment);
        add_all(&mut self.after_incident, &other.after_incident);
    }

    fn score(&self, scores: &mut [Option<f64>]) {
        if self.cases.len() < FEWEST || self.at_risk <= 0.0 {
            return;
        }
        let rates = self.rates();
        for case in &self.cases {
            let latest = case.deployments.first().map_or(0.0, |bin| rate_of(&rates.after_deployment, *bin));
            if let Some(score) = scores.get_mut(case.place as usize) {
                *score = Some((latest / rates.of(case)).clamp(0.0, 1.0));
            }
        }
    }

    /// The rates by expectation–maximisation, from a start at which all are alike.
    fn rates(&self) -> Rates {
        let overall = self.cases.len() as f64 / self.at_risk;
        let mut rates = Rates {
            background: overall / 2.0,
            after_deployment: [overall; AFTER_DEPLOYMENT],
            after_incident: [overall; AFTER_INCIDENT],
        };
        for _ in 0..ROUNDS {
            rates = self.better(&rates);
        }
        rates
    }

    fn better(&self, rates: &Rates) -> Rates {
        // Half an incident more, so that a quiet service is not taken to have none at all.
        let mut background = 0.5;
        let mut after_deployment = [0.0; AFTER_DEPLOYMENT];
        let mut after_incident = [0.0; AFTER_INCIDENT];
        for case in &self.cases {
            let whole = rates.of(case);
            background += rates.background / whole;
            share(&mut after_deployment, &rates.after_deployment, &case.deployments, whole);
            share(&mut after_incident, &rates.after_incident, &case.incidents, whole);
        }
        background /= self.at_risk;
        // The prior: time in which the background brings one incident.
        let prior = 1.0 / background;
        divide(&mut after_deployment, &self.after_deployment, prior);
        divide(&mut after_incident, &self.after_incident, prior);
        Rates { background, after_deployment, after_incident }
    }
}

impl Rates {
    /// The rate at the instant of the case.
    fn of(&self, case: &Case) -> f64 {
        let deployments: f64 = case.deployments.iter().map(|bin| rate_of(&self.after_deployment, *bin)).sum();
        let incidents: f64 = case.incidents.iter().map(|bin| rate_of(&self.after_incident, *bin)).sum();
        self.background + deployments + incidents
    }
}

fn rate_of(rates: &[f64], bin: u8) -> f64 {
    rates.get(usize::from(bin)).copied().unwrap_or(0.0)
}

/// Adds to each bin the part of one incident that came from it.
fn share(parts: &mut [f64], rates: &[f64], bins: &[u8], whole: f64) {
    for bin in bins {
        if let Some(part) = parts.get_mut(usize::from(*bin)) {
            *part += rate_of(rates, *bin) / whole;
        }
    }
}

fn divide(parts: &mut [f64], at_risk: &[f64], prior: f64) {
    for (part, time) in parts.iter_mut().zip(at_risk) {
        *part /= time + prior;
    }
}

fn add_all(sums: &mut [f64], parts: &[f64]) {
    for (sum, part) in sums.iter_mut().zip(parts) {
        *sum += part;
    }
}

/// The bins of the ages at `at` of the latest `N` of the events, which stand in order of time.
fn bins<'a, const N: usize>(at: i64, before: impl DoubleEndedIterator<Item = &'a i64>, bin_count: usize) -> [u8; N] {
    let mut bins = [NO_BIN; N];
    for (slot, event) in bins.iter_mut().zip(before.rev()) {
        let bin = bin_of(at.saturating_sub(*event));
        *slot = if bin < bin_count { bin as u8 } else { NO_BIN };
    }
    bins
}

/// Adds the seconds during which each event was of the age of a bin and one of the latest `count`.
fn expose(bins: &mut [f64], events: &[i64], count: usize, as_of: i64) {
    let ends = events.iter().skip(count).copied().chain(std::iter::repeat(as_of));
    for (event, end) in events.iter().zip(ends) {
        let length = end.min(as_of).saturating_sub(*event);
        for (sum, edges) in bins.iter_mut().zip(EDGES.windows(2)) {
            let &[start, end] = edges else { continue };
            *sum += seconds((length.min(end) - start).max(0));
        }
    }
}

fn seconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1e6
}

/// The number of bins where the age is beyond the last.
fn bin_of(age: i64) -> usize {
    EDGES.partition_point(|edge| *edge <= age).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use polars::prelude::{Int64Chunked, StringChunked};

    use super::*;

    const HOUR: i64 = 3_600_000_000;
    const DAY: i64 = 24 * HOUR;

    fn events(at: &[(i64, &str)]) -> Events {
        let instants: Int64Chunked = at.iter().map(|(at, _)| Some(*at)).collect();
        let groups: StringChunked = at.iter().map(|(_, group)| Some(*group)).collect();
        Events { at: instants, groups: vec![groups], rows: None }
    }

    /// A deployment every ten days, a hundred of them, and incidents so many hours after some of them, in turn.
    fn scored(group_of: impl Fn(usize) -> &'static str, hours: &[i64]) -> Vec<Option<f64>> {
        let groups = ["a", "b"];
        let deployments: Vec<(i64, &str)> = (0..100).flat_map(|n| groups.map(|group| (n * 10 * DAY, group))).collect();
        let incidents: Vec<(i64, &str)> =
            hours.iter().enumerate().map(|(n, hours)| (n as i64 * 10 * DAY + hours * HOUR, group_of(n))).collect();
        scores(&events(&incidents), &events(&deployments), Neighbour::AtOrBefore, 1_000 * DAY)
    }

    #[test]
    fn the_score_is_the_share_beyond_the_background_rate() {
        // 30 incidents at 2 h, in a bin of 100 × 3 h at risk, and 40 at 100 h, when nothing but the background acts.
        // Both rates solve, with μ per day: g = 30 s ⁄ (12.5 + 1 ⁄ μ), s = g ⁄ (g + μ), μ = (40.5 + 30 (1 − s)) ⁄ 1000.
        let mut hours = vec![2; 30];
        hours.extend([100; 40]);
        let scores = scored(|_| "a", &hours);
        let (mut background, mut score) = (0.04, 0.9);
        for _ in 0..1_000 {
            let added = 30.0 * score / (12.5 + 1.0 / background);
            score = added / (added + background);
            background = (40.5 + 30.0 * (1.0 - score)) / 1000.0;
        }
        assert!((scores[0].unwrap() - score).abs() < 1e-6, "{:?} {score}", scores[0]);
        assert!(score > 0.9);
        assert_eq!(scores[69], Some(0.0));
    }

    #[test]
    fn incidents_at_any_age_alike_tell_nothing_of_a_cause() {
        // Every 7 h 12 min later than after the deployment before: all ages up to ten days the same.
        let hours: Vec<i64> = (0..100).map(|n| (n * 37) % 240).collect();
        let scores: Vec<f64> = scored(|_| "a", &hours).into_iter().flatten().collect();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        assert!(mean < 0.1, "{mean}");
    }

    #[test]
    fn nineteen_incidents_are_too_few_and_twenty_are_enough() {
        assert!(scored(|_| "a", &[2; 19]).iter().all(Option::is_none));
        assert!(scored(|_| "a", &[2; 20]).iter().all(Option::is_some));
    }

    #[test]
    fn services_with_few_incidents_are_judged_together() {
        let scores = scored(|n| if n % 2 == 0 { "a" } else { "b" }, &[2; 20]);
        assert!(scores.iter().all(Option::is_some));
        assert!((scores[0].unwrap() - scores[19].unwrap()).abs() < 1e-12);
    }

    #[test]
    fn what_follows_an_incident_is_not_laid_on_the_deployment_that_repairs_it() {
        // Every ten days an incident, an hour later a deployment, and half an hour after that the trouble again. Some
        // outages went on without a deployment, so that the data can tell.
        let (mut deployments, mut incidents) = (vec![(-DAY, "a")], Vec::new());
        for outage in 0..60 {
            let at = outage * 10 * DAY;
            incidents.extend([(at, "a"), (at + HOUR + HOUR / 2, "a")]);
            if outage % 2 == 0 {
                deployments.push((at + HOUR, "a"));
            }
        }
        let scores = scores(&events(&incidents), &events(&deployments), Neighbour::AtOrBefore, 600 * DAY);
        let again: Vec<f64> = scores.iter().skip(1).step_by(4).flatten().copied().collect();
        let highest = again.iter().copied().fold(0.0, f64::max);
        assert!(highest < 0.5, "{highest}");
    }

    #[test]
    fn without_a_deployment_before_it_there_is_no_score() {
        let incidents: Vec<(i64, &str)> = (0..30).map(|n| (n * DAY, "a")).collect();
        let deployments = events(&[(10 * DAY, "a")]);
        let closed = scores(&events(&incidents), &deployments, Neighbour::AtOrBefore, 40 * DAY);
        assert_eq!(closed.iter().filter(|score| score.is_some()).count(), 20);
        let open = scores(&events(&incidents), &deployments, Neighbour::Before, 40 * DAY);
        assert_eq!(open.iter().filter(|score| score.is_some()).count(), 0);
    }

    #[test]
    fn an_edge_belongs_to_the_bin_that_it_opens() {
        assert_eq!(bin_of(0), 0);
        assert_eq!(bin_of(899_999_999), 0);
        assert_eq!(bin_of(900_000_000), 1);
        assert_eq!(bin_of(3 * DAY), AFTER_DEPLOYMENT);
    }
}
