//! Time until something happens when for some cases it has not happened yet (Kaplan and Meier
//! 1958).
//!
//! An incident that is still open has lasted at least until now. Dropping it makes recovery look
//! faster than it is; counting its age as its duration does too. Here it is *censored*: it counts
//! among those at risk until the moment it was last seen open.

use super::Interval;
use super::level;

/// A survival probability this close to the wanted one is taken as equal to it, as in R.
const TOLERANCE: f64 = 1.490_116_119_384_765_6e-8;

/// A time at which at least one event was observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// In the unit of the input.
    pub time: f64,
    /// Cases neither ended nor censored before this time.
    pub at_risk: u64,
    pub events: u64,
    /// The share that lasts longer than this time.
    pub survival: f64,
    /// Greenwood's variance of `survival`; unknown once the curve has reached zero.
    pub variance: Option<f64>,
}

impl Step {
    /// The interval of `survival` on the scale of log(-log(survival)), which stays between 0 and 1.
    ///
    /// `None` once the curve has reached zero, or no such level.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        log_log_interval(self, level::normal_critical(level)?)
    }
}

/// The estimated share of cases that last longer than a given time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KaplanMeier {
    steps: Vec<Step>,
}

impl KaplanMeier {
    /// From the duration of each case and whether its end was observed (false: censored then).
    ///
    /// A case censored at the very time of an event was still at risk then. The order of the cases
    /// does not matter.
    pub fn new(cases: &[(f64, bool)]) -> Self {
        let mut cases = cases.to_vec();
        cases.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut steps = Vec::new();
        let mut at_risk = cases.len() as u64;
        let mut survival = 1.0;
        let mut greenwood_sum = 0.0;
        for same_time in cases.chunk_by(|a, b| a.0 == b.0) {
            let events = same_time.iter().filter(|case| case.1).count() as u64;
            if let (Some(case), true) = (same_time.first(), events > 0) {
                let remaining = (at_risk - events) as f64;
                survival *= remaining / at_risk as f64;
                greenwood_sum += events as f64 / (at_risk as f64 * remaining);
                let variance = survival * survival * greenwood_sum;
                steps.push(Step {
                    time: case.0,
                    at_risk,
                    events,
                    survival,
                    variance: (remaining > 0.0).then_some(variance),
                });
            }
            at_risk -= same_time.len() as u64;
        }
        Self { steps }
    }

    /// The downward steps of the curve, in order of time. Before the first the survival is 1.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The time by which the share `p` of cases has ended; 0.5 is the median. `None` where the
    /// curve does not fall that far, or `p` is not strictly between 0 and 1.
    ///
    /// Where the curve runs level at exactly `1 - p`, the middle of the level stretch, as R's `survfit`
    /// has it. Where it stays level to the end there is none: the stretch ends where somebody looked,
    /// which says nothing of how long anything takes, and its beginning would be too early. (R's
    /// `quantile` takes the middle of that, R's `print` its beginning.)
    pub fn quantile(&self, p: f64) -> Option<f64> {
        if !(p > 0.0 && p < 1.0) {
            return None;
        }
        self.crossing(1.0 - p, |step| Some(step.survival))
    }

    /// The ends of the median's interval: all times that the curve's own log-log interval does not
    /// exclude (Brookmeyer and Crowley 1982), as `survfit` in R with `conf.type = "log-log"`.
    ///
    /// An end is `None` where the data do not bound it, which is common for the upper one. The
    /// whole is `None` without any event, or no such level.
    pub fn median_interval(&self, level: f64) -> Option<(Option<f64>, Option<f64>)> {
        let z = level::normal_critical(level)?;
        if self.steps.is_empty() {
            return None;
        }
        let low = self.crossing(0.5, |step| Some(log_log_interval(step, z)?.low));
        let high = self.crossing(0.5, |step| Some(log_log_interval(step, z)?.high));
        Some((low, high))
    }

    /// Where a curve over the steps falls to `share`, by the rule told at [`Self::quantile`].
    fn crossing(&self, share: f64, curve: impl Fn(&Step) -> Option<f64>) -> Option<f64> {
        let time_at = |limit: f64| {
            let reached = |step: &&Step| curve(step).is_some_and(|value| value <= limit);
            self.steps.iter().find(reached).map(|step| step.time)
        };
        Some(f64::midpoint(time_at(share + TOLERANCE)?, time_at(share - TOLERANCE)?))
    }
}

/// The interval of the survival at one step, on the scale of log(-log(survival)).
fn log_log_interval(step: &Step, z: f64) -> Option<Interval> {
    let log_survival = step.survival.ln();
    let standard_error = step.variance?.sqrt() / (step.survival * log_survival.abs());
    let stretch = (z * standard_error).exp();
    Some(Interval { low: (log_survival * stretch).exp(), high: (log_survival / stretch).exp() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The maintained arm of the leukaemia data (Miller 1997), in weeks to relapse.
    const MAINTAINED: [(f64, bool); 11] = [
        (9.0, true),
        (13.0, true),
        (13.0, false),
        (18.0, true),
        (23.0, true),
        (28.0, false),
        (31.0, true),
        (34.0, true),
        (45.0, false),
        (48.0, true),
        (161.0, false),
    ];

    const NOT_MAINTAINED: [(f64, bool); 12] = [
        (5.0, true),
        (5.0, true),
        (8.0, true),
        (8.0, true),
        (12.0, true),
        (16.0, false),
        (23.0, true),
        (27.0, true),
        (30.0, true),
        (33.0, true),
        (43.0, true),
        (45.0, true),
    ];

    /// Ended and censored cases at the same times.
    const TIED: [(f64, bool); 20] = [
        (1.0, true),
        (1.0, false),
        (2.0, true),
        (2.0, true),
        (2.0, false),
        (3.0, true),
        (3.0, false),
        (4.0, true),
        (4.0, true),
        (4.0, false),
        (5.0, false),
        (6.0, true),
        (6.0, true),
        (7.0, false),
        (8.0, true),
        (8.0, false),
        (9.0, true),
        (10.0, false),
        (12.0, true),
        (12.0, false),
    ];

    fn observed(times: &[f64]) -> Vec<(f64, bool)> {
        times.iter().map(|&time| (time, true)).collect()
    }

    #[test]
    fn the_curve_is_that_of_statsmodels() {
        // s = statsmodels.duration.survfunc.SurvfuncRight(times, observed)
        // s.surv_times, s.n_risk, s.surv_prob, s.surv_prob_se
        let expected = [
            (9.0, 11, 0.9090909090909091, 0.08667841720414475),
            (13.0, 10, 0.8181818181818181, 0.11629129983033294),
            (18.0, 8, 0.7159090909090909, 0.13966497055722782),
            (23.0, 7, 0.6136363636363636, 0.15263233102731202),
            (31.0, 5, 0.490909090909091, 0.16419326722113584),
            (34.0, 4, 0.3681818181818182, 0.16266888582709482),
            (48.0, 2, 0.1840909090909091, 0.1534927457862937),
        ];
        let curve = KaplanMeier::new(&MAINTAINED);
        assert_eq!(curve.steps().len(), expected.len());
        for (step, (time, at_risk, survival, standard_error)) in curve.steps().iter().zip(expected) {
            assert_eq!((step.time, step.at_risk, step.events), (time, at_risk, 1));
            assert!((step.survival - survival).abs() < 1e-12);
            assert!((step.variance.unwrap().sqrt() - standard_error).abs() < 1e-12);
        }
    }

    #[test]
    fn the_median_and_its_interval_are_those_of_lifelines_and_statsmodels() {
        // k = lifelines.KaplanMeierFitter().fit(times, observed); k.median_survival_time_: 31;
        // lifelines.utils.median_survival_times(k.confidence_interval_): 13 to inf;
        // SurvfuncRight(times, observed).quantile_ci(0.5, alpha=0.1, method='cloglog'): 18 to 48.
        let curve = KaplanMeier::new(&MAINTAINED);
        assert_eq!(curve.quantile(0.5), Some(31.0));
        assert_eq!(curve.median_interval(0.95), Some((Some(13.0), None)));
        assert_eq!(curve.median_interval(0.9), Some((Some(18.0), Some(48.0))));
    }

    #[test]
    fn ties_among_events_and_with_censored_cases_are_those_of_lifelines() {
        // lifelines.KaplanMeierFitter().fit(times, observed): event_table.at_risk and observed, survival_function_;
        // median_survival_time_: 8; median_survival_times(confidence_interval_): 4 to 12, which is also statsmodels'
        // SurvfuncRight(times, observed).quantile_ci(0.5, method='cloglog').
        let curve = KaplanMeier::new(&TIED);
        let expected = [
            (1.0, 20, 1, 0.95),
            (2.0, 18, 2, 0.8444444444444443),
            (3.0, 15, 1, 0.788148148148148),
            (4.0, 13, 2, 0.6668945868945868),
            (6.0, 9, 2, 0.5186957898069009),
            (8.0, 6, 1, 0.43224649150575073),
            (9.0, 4, 1, 0.32418486862931306),
            (12.0, 2, 1, 0.16209243431465656),
        ];
        assert_eq!(curve.steps().len(), expected.len());
        for (step, (time, at_risk, events, survival)) in curve.steps().iter().zip(expected) {
            assert_eq!((step.time, step.at_risk, step.events), (time, at_risk, events));
            assert!((step.survival - survival).abs() < 1e-12);
        }
        assert_eq!(curve.quantile(0.5), Some(8.0));
        assert_eq!(curve.median_interval(0.95), Some((Some(4.0), Some(12.0))));
    }

    #[test]
    fn the_median_of_the_not_maintained_is_that_of_lifelines() {
        // The other arm of the same trial, with ties at 5 and 8 and its longest case observed: 23, and 5 to 33 by
        // lifelines.utils.median_survival_times(k.confidence_interval_).
        let curve = KaplanMeier::new(&NOT_MAINTAINED);
        assert_eq!(curve.quantile(0.5), Some(23.0));
        assert_eq!(curve.median_interval(0.95), Some((Some(5.0), Some(33.0))));
    }

    #[test]
    fn the_log_log_interval_of_the_curve_is_that_of_lifelines() {
        // lifelines.KaplanMeierFitter().fit(times, observed).confidence_interval_
        let curve = KaplanMeier::new(&MAINTAINED);
        let z = level::normal_critical(0.95).unwrap();
        for (index, low, high) in [(0, 0.508080, 0.986674), (4, 0.167331, 0.753400), (6, 0.011738, 0.525015)] {
            let found = log_log_interval(&curve.steps()[index], z).unwrap();
            assert!((found.low - low).abs() < 1e-6, "{found:?}");
            assert!((found.high - high).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn a_level_stretch_at_one_half_gives_its_middle() {
        // Without censoring this is the usual median of an even number of values.
        let curve = KaplanMeier::new(&observed(&[4.0, 1.0, 2.0, 8.0]));
        assert_eq!(curve.quantile(0.5), Some(3.0));
        // A last stretch has no middle, however long the open cases have lasted by now.
        for now in [5.0, 10.0, 1e6] {
            let open = [(1.0, true), (2.0, true), (now, false), (now, false)];
            assert_eq!(KaplanMeier::new(&open).quantile(0.5), None);
        }
    }

    #[test]
    fn open_cases_make_the_median_later_and_never_earlier() {
        let closed = KaplanMeier::new(&observed(&[1.0, 2.0, 3.0]));
        let with_open = KaplanMeier::new(&[(1.0, true), (2.0, true), (3.0, true), (9.0, false)]);
        assert_eq!(closed.quantile(0.5), Some(2.0));
        assert_eq!(with_open.quantile(0.5), Some(2.5));
        let mostly_open = [(1.0, true), (7.0, false), (8.0, false), (9.0, false)];
        assert_eq!(KaplanMeier::new(&mostly_open).quantile(0.5), None);
    }

    #[test]
    fn a_case_censored_at_the_time_of_an_event_was_still_at_risk() {
        let curve = KaplanMeier::new(&[(3.0, false), (3.0, true)]);
        assert_eq!(curve.steps()[0].at_risk, 2);
        assert_eq!(curve.steps()[0].survival, 0.5);
    }

    #[test]
    fn the_order_of_cases_does_not_matter() {
        let mut reversed = MAINTAINED;
        reversed.reverse();
        assert_eq!(KaplanMeier::new(&MAINTAINED), KaplanMeier::new(&reversed));
    }

    #[test]
    fn nothing_one_case_and_equal_cases_are_answered() {
        let nothing = KaplanMeier::new(&[]);
        assert_eq!((nothing.steps().len(), nothing.quantile(0.5)), (0, None));
        assert_eq!(nothing.median_interval(0.95), None);
        let open = KaplanMeier::new(&[(5.0, false)]);
        assert_eq!((open.quantile(0.5), open.median_interval(0.95)), (None, None));
        for n in [1, 4] {
            let equal = KaplanMeier::new(&vec![(5.0, true); n]);
            assert_eq!(equal.steps()[0].variance, None);
            assert_eq!(equal.quantile(0.5), Some(5.0));
            assert_eq!(equal.median_interval(0.95), Some((None, None)));
            assert_eq!(equal.median_interval(1.0), None);
            assert_eq!(equal.quantile(1.0), None);
        }
    }
}
