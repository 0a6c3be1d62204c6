//! What each of our functions is called with and gives, once: for the listing, for the docs and for errors.

/// A function for the listing of `shipwake tables --functions` and the docs.
#[derive(Debug, Clone, Copy)]
pub struct About {
    pub call: &'static str,
    pub about: &'static str,
}

impl About {
    pub fn name(&self) -> &'static str {
        self.call.split('(').next().unwrap_or(self.call)
    }
}

/// Every function of ours, sorted by name. Intervals and limits are at 95 %; what is unknown gives null.
pub const FUNCTIONS: &[About] = &[
    About { call: "binomial_p(k, n, p)", about: "two-sided p-value of k in n for a share of p; exact" },
    About {
        call: "business_seconds(a, b)",
        about: "seconds from a to b within the working hours; negative where b is earlier",
    },
    About {
        call: "exposure_test(service, at, seconds, flag, count)",
        about: "rate ratio of flagged against other time of a service and its weeks, see `incident_rate_ratio`",
    },
    About {
        call: "fiscal_quarter(at)",
        about: "quarter of the fiscal year, 1 to 4, of an instant in the report's zone or of a date",
    },
    About { call: "fiscal_year(at)", about: "fiscal year, named by the calendar year in which it ends" },
    About { call: "fisher_p(k1, n1, k2, n2)", about: "two-sided p-value of two shares being equal; exact, cautious" },
    About { call: "funnel_high(n, p)", about: "upper funnel limit of a share of n trials around the common share p" },
    About { call: "funnel_low(n, p)", about: "lower funnel limit of a share of n trials around the common share p" },
    About {
        call: "funnel_rate_high(exposure, rate)",
        about: "upper funnel limit of events per exposure around the common rate",
    },
    About {
        call: "funnel_rate_low(exposure, rate)",
        about: "lower funnel limit of events per exposure around the common rate",
    },
    About {
        call: "group_statistics(x, group)",
        about: "[mean of means, median of means, median of medians of the groups, number of groups]",
    },
    About { call: "is_working_time(at)", about: "whether the instant lies within the working hours" },
    About {
        call: "kaplan_meier(seconds, is_observed)",
        about: "median with censoring: [median, low, high, observed count]",
    },
    About {
        call: "km_high(seconds, is_observed)",
        about: "upper end of the interval of km_median; null where the data give none",
    },
    About {
        call: "km_low(seconds, is_observed)",
        about: "lower end of the interval of km_median (Greenwood, log-log)",
    },
    About {
        call: "km_median(seconds, is_observed)",
        about: "Kaplan–Meier median: cases not over yet count as censored",
    },
    About {
        call: "last_deployment_before(service, at)",
        about: "the last successful production deployment of a service before an instant, as a table of one row",
    },
    About {
        call: "last_known(x)",
        about: "window function: the last value that is known up to each row, in its order",
    },
    About { call: "local_hour(at)", about: "hour of the day in the report's time zone, 0 to 23" },
    About {
        call: "local_text(at)",
        about: "the instant as the report's time zone tells it: 2026-10-31 17:05:00 +01:00",
    },
    About { call: "local_weekday(at)", about: "day of the week in the report's time zone, 1 = Monday to 7 = Sunday" },
    About { call: "mann_kendall_p(y, x)", about: "two-sided p-value of no trend of y along x; at most 2000 rows" },
    About {
        call: "matches_scope(scope, service, team, environment, region)",
        about: "whether a window's scope covers a deployment: globs over any of the names; no scope covers all",
    },
    About {
        call: "median_high(x)",
        about: "upper end of the interval of the median (order statistics); six values or more",
    },
    About {
        call: "median_low(x)",
        about: "lower end of the interval of the median (order statistics); six values or more",
    },
    About {
        call: "metric(name, grain, by, from, until)",
        about: "a metric's result as a table; texts, of which all but the name may be left out",
    },
    About { call: "moments(x)", about: "[sum, mean, low, high of the mean], the same whatever the order of the rows" },
    About { call: "order_statistics(x)", about: "[p25, p50, p75, p90, p95, low, high of the median, lower median]" },
    About { call: "period_start(at, grain)", about: "first day of the period, in the report's time zone" },
    About { call: "poisson_high(count, exposure)", about: "upper end of the exact 95 % interval of a rate" },
    About { call: "poisson_low(count, exposure)", about: "lower end of the exact 95 % interval of a rate" },
    About {
        call: "q_value(p)", about: "window function: p adjusted for all tests of the window (Benjamini–Hochberg)"
    },
    About {
        call: "rate_ratio(k1, e1, k2, e2)",
        about: "k1 events per exposure e1 over k2 per e2; null where k2 is zero",
    },
    About { call: "rate_ratio_high(k1, e1, k2, e2)", about: "upper end of its exact interval; null where unbounded" },
    About { call: "rate_ratio_low(k1, e1, k2, e2)", about: "lower end of its exact interval" },
    About { call: "rate_ratio_p(k1, e1, k2, e2)", about: "two-sided p-value of the two rates being equal; exact" },
    About {
        call: "ratio_of_sums(x, y)",
        about: "[sum of x / sum of y, low, high, sum of x, sum of y] by seeded bootstrap",
    },
    About { call: "running_max(x)", about: "window function: the greatest value up to each row, in its order" },
    About { call: "spearman(x, y)", about: "rank correlation, -1 to 1; three pairs or more" },
    About { call: "spearman_p(x, y)", about: "two-sided p-value of no rank correlation; permutations up to 30 pairs" },
    About { call: "theil_sen(y, x)", about: "median slope of y per unit of x; at most 2000 rows" },
    About {
        call: "trailing_sum(x, at, from_s, until_s)",
        about: "window function in the order of `at`: sum over the rows between so many seconds before each row",
    },
    About { call: "two_proportion_n(p1, p2)", about: "trials a side to tell two shares apart (level 0.05, power 0.8)" },
    About {
        call: "two_proportion_p(k1, n1, k2, n2)",
        about: "two-sided p-value of two shares being equal; N - 1 chi-squared",
    },
    About { call: "wilson_high(count, n)", about: "upper end of the 95 % Wilson interval of a share" },
    About { call: "wilson_low(count, n)", about: "lower end of the 95 % Wilson interval of a share" },
];
