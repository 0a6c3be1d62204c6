//! Statistics of statistics, as other tools tell them: `mean_of_means(x)` over services, `median_of_means(x)` over
//! deployments, `median_of_medians(x)` over days. Without an interval: what a small group says counts as much as a large
//! one, so there is no error to speak of.

use super::{Aggregate, Estimate, Exposure, Raw};

/// One of them.
pub struct OfGroups {
    name: &'static str,
    /// What makes a group; `{at}` is the metric's instant.
    group: &'static str,
    /// Place of the number in the answer of `group_statistics`.
    place: usize,
}

pub static MEAN_OF_MEANS: OfGroups = OfGroups { name: "mean_of_means", group: "service", place: 0 };
pub static MEDIAN_OF_MEANS: OfGroups = OfGroups { name: "median_of_means", group: "deployment_id", place: 1 };
pub static MEDIAN_OF_MEDIANS: OfGroups =
    OfGroups { name: "median_of_medians", group: "period_start({at}, 'day')", place: 2 };

impl Aggregate for OfGroups {
    fn name(&self) -> &'static str {
        self.name
    }

    fn arity(&self) -> usize {
        1
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &["group_count"]
    }

    fn fragments(&self, arguments: &[String], at: &str) -> Vec<(&'static str, String)> {
        let (x, group) = (&arguments[0], self.group.replace("{at}", at));
        // What belongs to no group is no group of its own.
        let known = format!("filter (where {group} is not null)");
        vec![
            ("known_count", format!("count({x}) {known}")),
            ("groups", format!("group_statistics({x}, {group}) {known}")),
        ]
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        let own = vec![raw.listed("groups", 3).or(Some(0.0))];
        Estimate::with(raw.count("known_count"), raw.listed("groups", self.place), None, own)
    }
}
