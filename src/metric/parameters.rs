//! The definitions as `$name` values that views and metrics read.

use std::collections::BTreeMap;

use crate::definitions::{Boundary, Definitions, Denominator, Failure, LeadTimeMeasure, Numerator};
use crate::engine::Value;

use super::BEGINNING;

/// Values for every `$name` that a query may use; `as_of` is in microseconds UTC.
pub fn parameters(definitions: &Definitions, as_of: i64) -> BTreeMap<String, Value> {
    let rate = &definitions.change_fail_rate;
    let fails_by = |rule| Value::Flag(rate.failure.contains(&rule));
    let counts = |denominators: &[Denominator]| Value::Flag(denominators.contains(&rate.denominator));
    // Who calls a failed rollout a failure means it to be among the deployments that could fail.
    let is_implied = rate.denominator == Denominator::Reached && rate.failure.contains(&Failure::Status);
    let counts_failed = rate.denominator == Denominator::Finished || is_implied;
    [
        ("as_of", Value::Instant(as_of)),
        // All that is known; a table that looks back at less brings its own.
        ("from_at", Value::Instant(BEGINNING)),
        ("until_at", Value::Instant(as_of)),
        ("min_severity_rank", Value::Whole(rate.min_severity.rank())),
        ("fails_by_rollback", fails_by(Failure::Rollback)),
        ("fails_by_incident", fails_by(Failure::Incident)),
        ("fails_by_status", fails_by(Failure::Status)),
        ("fails_by_revert", fails_by(Failure::Revert)),
        ("counts_all", counts(&[Denominator::All])),
        ("counts_failed", Value::Flag(counts_failed)),
        ("counts_rolled_back", counts(&[Denominator::Reached, Denominator::Finished, Denominator::Delivering])),
        ("counts_delivering", counts(&[Denominator::Delivering])),
        ("is_boundary_open", Value::Flag(definitions.attribution.boundary == Boundary::Open)),
        ("counts_incidents", Value::Flag(rate.numerator == Numerator::Incidents)),
        ("unit", Value::Text(word(&definitions.unit))),
        ("lead_time_by_stages", Value::Flag(definitions.lead_time.measure == LeadTimeMeasure::Stages)),
        ("lead_time_start", Value::Text(word(&definitions.lead_time.start))),
        ("recovery_unit", Value::Text(word(&definitions.recovery.unit))),
        ("recovery_clock", Value::Text(word(&definitions.recovery.clock))),
        ("recovery_end", Value::Text(word(&definitions.recovery.end))),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// A switch's value as it is written in `shipwake.toml`.
pub fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
