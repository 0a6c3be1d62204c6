//! Our SQL functions. Each is registered by name and keeps no state of a query, so that any node can run it.

mod collect;
mod intervals;
mod not_loaded;
mod period_start;
mod place;

pub use not_loaded::not_loaded;
pub use place::{FileName, Places};

use datafusion::prelude::SessionContext;

use crate::period::Calendar;

/// A function for the listing of `shipwake tables --functions` and the docs.
#[derive(Debug, Clone, Copy)]
pub struct About {
    pub call: &'static str,
    pub about: &'static str,
}

/// Every function of ours, sorted by name.
pub const FUNCTIONS: &[About] = &[
    About {
        call: "kaplan_meier(seconds, is_observed)",
        about: "median with censoring: [median, low, high, observed count]",
    },
    About { call: "local_hour(at)", about: "hour of the day in the report's time zone, 0 to 23" },
    About { call: "local_weekday(at)", about: "day of the week in the report's time zone, 1 = Monday to 7 = Sunday" },
    About {
        call: "order_statistics(x)",
        about: "[p25, p50, p75, p90, p95, low, high of the median, mean, lower median]",
    },
    About { call: "period_start(at, grain)", about: "first day of the period, in the report's time zone" },
    About { call: "poisson_high(count, exposure)", about: "upper end of the exact 95 % interval of a rate" },
    About { call: "poisson_low(count, exposure)", about: "lower end of the exact 95 % interval of a rate" },
    About { call: "ratio_of_sums(x, y)", about: "[sum of x / sum of y, low, high] by seeded bootstrap" },
    About { call: "wilson_high(count, n)", about: "upper end of the 95 % Wilson interval of a share" },
    About { call: "wilson_low(count, n)", about: "lower end of the 95 % Wilson interval of a share" },
];

pub fn register(context: &SessionContext, calendar: &Calendar) {
    for function in period_start::functions(calendar) {
        context.register_udf(function);
    }
    for function in intervals::functions() {
        context.register_udf(function);
    }
    for function in collect::functions() {
        context.register_udaf(function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_every_function_in_it_is_registered() {
        let context = SessionContext::new();
        register(&context, &Calendar::default());
        let state = context.state();
        let names: Vec<&str> = FUNCTIONS.iter().filter_map(|about| about.call.split('(').next()).collect();
        assert!(names.is_sorted());
        for name in names {
            let is_known =
                state.scalar_functions().contains_key(name) || state.aggregate_functions().contains_key(name);
            assert!(is_known, "{name}");
        }
    }
}
