//! Our SQL functions. Each is registered by name and keeps no state of a query, so that any node can run it.

mod answered;
mod arguments;
mod collect;
mod exposure;
mod fiscal;
mod groups;
mod list;
mod not_loaded;
mod numeric;
mod period_start;
mod place;
mod q_value;
mod running;
mod scope;
mod summaries;
mod trailing;
mod working_time;

pub use answered::{Answers, TableCall, unanswered};
pub use list::{About, FUNCTIONS};
pub use not_loaded::not_loaded;
pub use place::{FileName, Places};

use std::collections::BTreeMap;

use datafusion::prelude::SessionContext;

use crate::period::Calendar;

/// The table function that gives a metric's result.
pub const METRIC: &str = "metric";
/// The table function that gives what a service ran at a moment.
pub const LAST_DEPLOYMENT_BEFORE: &str = "last_deployment_before";

/// `originals` are names by the aliases that stand in the tables in their place.
pub fn register(context: &SessionContext, calendar: &Calendar, answers: &Answers, originals: BTreeMap<String, String>) {
    for function in [LAST_DEPLOYMENT_BEFORE, METRIC] {
        answered::register(context, function, answers);
    }
    for function in period_start::functions(calendar) {
        context.register_udf(function);
    }
    for function in fiscal::functions(calendar) {
        context.register_udf(function);
    }
    for function in working_time::functions(calendar) {
        context.register_udf(function);
    }
    for function in numeric::functions() {
        context.register_udf(function);
    }
    for function in collect::functions() {
        context.register_udaf(function);
    }
    for function in groups::functions() {
        context.register_udaf(function);
    }
    context.register_udf(scope::function(originals));
    context.register_udaf(exposure::function());
    context.register_udwf(q_value::function());
    context.register_udwf(trailing::function());
    for function in running::functions() {
        context.register_udwf(function);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_is_sorted_and_names_exactly_the_functions_that_are_registered() {
        let context = SessionContext::new();
        let before = names(&context);
        register(&context, &Calendar::default(), &Answers::default(), BTreeMap::new());
        let ours: Vec<String> = names(&context).difference(&before).cloned().collect();
        let listed: Vec<&str> = FUNCTIONS.iter().map(About::name).collect();
        assert_eq!(listed, ours);
    }

    fn names(context: &SessionContext) -> BTreeSet<String> {
        let state = context.state();
        let scalar = state.scalar_functions().keys();
        scalar
            .chain(state.aggregate_functions().keys())
            .chain(state.window_functions().keys())
            .chain(state.table_functions().keys())
            .cloned()
            .collect()
    }
}
