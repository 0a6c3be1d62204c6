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
//! Time is at risk only as long as both logs are known: what lies after the last event of an old export is not quiet, it
//! is unknown. A log that ends within a month of the other is taken to reach as far as it (so is one that begins so), as
//! `queries/views/service_exposure.sql` has it.
//!
//! A service with fewer than [`FEWEST`] incidents shares its rates with all others that have too few; where these
//! together still have fewer there is no score.

use polars::prelude::{ChunkAgg, IdxSize, Int64Chunked, PlHashMap};

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

/// Within so much, one log is taken to reach as far as the other: 31 days, in microseconds.
const MONTH: i64 = 31 * 1_440 * MINUTE;

/// Bins of age after a deployment.
const AFTER_DEPLOYMENT: usize = 7;

/// Bins of age after an incident, the first of the same.
const AFTER_INCIDENT: usize = 4;

/// The rates hardly move any more after as many turns.
const ROUNDS: usize = 40;

/// The time in which both logs are known, in microseconds, both ends included; empty where `until` is before `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watch {
    from: i64,
    until: i64,
}

impl Watch {
    /// Of all incidents and all deployments that may be blamed, by their instants; never later than `as_of`.
    pub fn of(incidents: &Int64Chunked, deployments: &Int64Chunked, as_of: i64) -> Self {
        let ends = |log: &Int64Chunked| log.min().zip(log.max());
        let (Some(incidents), Some(deployments)) = (ends(incidents), ends(deployments)) else {
            return Self { from: 0, until: -1 };
        };
        let begins_late = incidents.0.saturating_sub(deployments.0) > MONTH;
        let is_apart = incidents.1.abs_diff(deployments.1) > MONTH.unsigned_abs();
        let until = if is_apart { incidents.1.min(deployments.1) } else { incidents.1.max(deployments.1) };
        Self { from: if begins_late { incidents.0 } else { deployments.0 }, until: until.min(as_of) }
    }

    fn holds(&self, at: i64) -> bool {
        self.from <= at && at <= self.until
    }
}

/// The score of each incident for its latest deployment, 0 to 1; none where there is no deployment before it or too
/// little to judge by.
///
/// `deployments` are those that may be blamed, with one group each, as has each incident; `neighbour` says whether a
/// deployment at the very instant counts as before. Rates are told from what happened within `watch`.
pub(super) fn scores(incidents: &Events, deployments: &Events, neighbour: Neighbour, watch: Watch) -> Vec<Option<f64>> {
    let mut scores = vec![None; incidents.at.len()];
    let mut shared = Pool::default();
    for series in all_series(incidents, deployments) {
        let mut pool = Pool::default();
        pool.add(&series, neighbour, watch);
        if pool.watched().count() >= FEWEST {
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
    /// It is within the time at risk, so that rates are told from it.
    is_watched: bool,
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
    fn add(&mut self, series: &Series, neighbour: Neighbour, watch: Watch) {
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
                is_watched: watch.holds(*at),
                deployments: bins(*at, series.deployments.iter().take(deployments), AFTER_DEPLOYMENT),
                incidents: bins(*at, opened.iter().take(order), AFTER_INCIDENT),
            });
        }
        self.at_risk += seconds(watch.until.saturating_sub(begins.max(watch.from)).max(0));
        expose(&mut self.after_deployment, &series.deployments, DEPLOYMENTS, watch);
        expose(&mut self.after_incident, &opened, INCIDENTS, watch);
    }

    fn watched(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| case.is_watched)
    }

    fn merge(&mut self, other: Self) {
        self.cases.extend(other.cases);
        self.at_risk += other.at_risk;
        add_all(&mut self.after_deployment, &other.after_deployment);
        add_all(&mut self.after_incident, &other.after_incident);
    }

    fn score(&self, scores: &mut [Option<f64>]) {
        if self.watched().count() < FEWEST || self.at_risk <= 0.0 {
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
        let overall = self.watched().count() as f64 / self.at_risk;
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
        for case in self.watched() {
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

/// Adds the seconds of the watch during which each event was of the age of a bin and one of the latest `count`.
fn expose(bins: &mut [f64], events: &[i64], count: usize, watch: Watch) {
    let ends = events.iter().skip(count).copied().chain(std::iter::repeat(watch.until));
    for (event, end) in events.iter().zip(ends) {
        let (first, last) = (watch.from.saturating_sub(*event), end.min(watch.until).saturating_sub(*event));
        for (sum, edges) in bins.iter_mut().zip(EDGES.windows(2)) {
            let &[start, end] = edges else { continue };
            *sum += seconds((last.min(end) - first.max(start)).max(0));
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
    use polars::prelude::StringChunked;

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
        judged(&incidents, &deployments, 1_000 * DAY)
    }

    fn judged(incidents: &[(i64, &str)], deployments: &[(i64, &str)], as_of: i64) -> Vec<Option<f64>> {
        let (incidents, deployments) = (events(incidents), events(deployments));
        let watch = Watch::of(&incidents.at, &deployments.at, as_of);
        scores(&incidents, &deployments, Neighbour::AtOrBefore, watch)
    }

    #[test]
    fn the_score_is_the_share_beyond_the_background_rate() {
        // 30 incidents at 2 h, in a bin of 100 × 3 h at risk, and 70 at 100 h, when nothing but the background acts. The
        // logs are known for 990 days and 100 h. Both rates solve, with μ per day:
        // g = 30 s ⁄ (12.5 + 1 ⁄ μ), s = g ⁄ (g + μ), μ = (70.5 + 30 (1 − s)) ⁄ 994 1⁄6.
        let mut hours = vec![2; 30];
        hours.extend([100; 70]);
        let scores = scored(|_| "a", &hours);
        let (mut background, mut score) = (0.04, 0.9);
        for _ in 0..1_000 {
            let added = 30.0 * score / (12.5 + 1.0 / background);
            score = added / (added + background);
            background = (70.5 + 30.0 * (1.0 - score)) / (990.0 + 100.0 / 24.0);
        }
        assert!((scores[0].unwrap() - score).abs() < 1e-6, "{:?} {score}", scores[0]);
        assert!(score > 0.9);
        assert_eq!(scores[99], Some(0.0));
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
        let scores = judged(&incidents, &deployments, 600 * DAY);
        let again: Vec<f64> = scores.iter().skip(1).step_by(4).flatten().copied().collect();
        let highest = again.iter().copied().fold(0.0, f64::max);
        assert!(highest < 0.5, "{highest}");
    }

    #[test]
    fn without_a_deployment_before_it_there_is_no_score() {
        let incidents: Vec<(i64, &str)> = (0..30).map(|n| (n * DAY, "a")).collect();
        let (incidents, deployments) = (events(&incidents), events(&[(10 * DAY, "a")]));
        let watch = Watch::of(&incidents.at, &deployments.at, 40 * DAY);
        let closed = scores(&incidents, &deployments, Neighbour::AtOrBefore, watch);
        assert_eq!(closed.iter().filter(|score| score.is_some()).count(), 20);
        let open = scores(&incidents, &deployments, Neighbour::Before, watch);
        assert_eq!(open.iter().filter(|score| score.is_some()).count(), 0);
    }

    #[test]
    fn a_log_is_watched_from_its_first_event_to_its_last_and_a_month_apart_is_another_matter() {
        let watch = |incidents: [i64; 2], deployments: [i64; 2], as_of: i64| {
            let log = |days: [i64; 2]| days.iter().map(|day| Some(day * DAY)).collect::<Int64Chunked>();
            let Watch { from, until } = Watch::of(&log(incidents), &log(deployments), as_of * DAY);
            (from / DAY, until / DAY)
        };
        assert_eq!(watch([31, 100], [0, 131], 900), (0, 131));
        assert_eq!(watch([32, 100], [0, 132], 900), (32, 100));
        assert_eq!(watch([0, 200], [0, 100], 900), (0, 100));
        assert_eq!(watch([0, 100], [0, 110], 105), (0, 105));
        let none = Watch::of(&Int64Chunked::default(), &Int64Chunked::default(), 900 * DAY);
        assert!(!none.holds(0));
    }

    #[test]
    fn asking_years_after_the_end_of_the_logs_changes_no_score() {
        let (mut deployments, mut incidents) = (Vec::new(), Vec::new());
        for number in 0..60 {
            deployments.push((number * 6 * DAY, "a"));
            incidents.push((number * 6 * DAY + (number * 29 % 100) * HOUR, "a"));
        }
        let soon = judged(&incidents, &deployments, 366 * DAY);
        assert_eq!(judged(&incidents, &deployments, 4_000 * DAY), soon);
        assert!(soon.iter().any(|score| score.is_some_and(|score| score > 0.0)));
    }

    #[test]
    fn years_before_the_first_incident_was_written_down_are_not_quiet() {
        let deployments: Vec<(i64, &str)> = (0..200).map(|number| (number * 6 * DAY, "a")).collect();
        let incidents: Vec<(i64, &str)> = (140..200).map(|number| (number * 6 * DAY + 5 * HOUR, "a")).collect();
        let cut: Vec<(i64, &str)> = deployments.iter().copied().skip(140).collect();
        let (long, short) = (judged(&incidents, &deployments, 1_300 * DAY), judged(&incidents, &cut, 1_300 * DAY));
        for (long, short) in long.iter().zip(&short) {
            assert!((long.unwrap() - short.unwrap()).abs() < 0.01, "{long:?} {short:?}");
        }
    }

    #[test]
    fn an_edge_belongs_to_the_bin_that_it_opens() {
        assert_eq!(bin_of(0), 0);
        assert_eq!(bin_of(899_999_999), 0);
        assert_eq!(bin_of(900_000_000), 1);
        assert_eq!(bin_of(3 * DAY), AFTER_DEPLOYMENT);
    }
}
