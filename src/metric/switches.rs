//! Which switches of the definitions a metric's value depends on, read from its statement and the views below it.
//!
//! It reads words, not plans: a column counts as read where its name stands in the metric or in a view between. So it
//! may name a switch too many, never one too few.

use std::collections::BTreeSet;

use crate::definitions::{AttributionRule, Definitions, Denominator, Failure};

use super::{Catalogue, Metric};

const PRODUCTION: &str = "production";
const UNIT: &str = "unit";
const DELIVERY: &str = "delivery.rules";
const FAILURE: &str = "change_fail_rate.failure";
const MIN_SEVERITY: &str = "change_fail_rate.min_severity";
const DENOMINATOR: &str = "change_fail_rate.denominator";
const BLAME: &str = "change_fail_rate.blame";
const WINDOW: &str = "attribution.window";
const CANDIDATES: &str = "attribution.candidates";
const ATTRIBUTION: &[&str] = &["attribution.rules", "attribution.scope", WINDOW, "attribution.boundary", CANDIDATES];

/// Parameters of queries with the switches that set them.
const PARAMETERS: &[(&str, &str)] = &[
    ("min_severity_rank", MIN_SEVERITY),
    ("is_boundary_open", "attribution.boundary"),
    ("counts_incidents", "change_fail_rate.numerator"),
    ("unit", UNIT),
    ("lead_time_by_stages", "lead_time.measure"),
    ("lead_time_start", "lead_time.start"),
    ("recovery_unit", "recovery.unit"),
    ("recovery_clock", "recovery.clock"),
    ("recovery_end", "recovery.end"),
];

/// Views that judge by many switches: which of these matter depends on the columns that are read of them.
const JUDGED: &[&str] = &["assessed_deployments", "judged_deployments", "judged_incidents", "delivered_changes"];

/// The switches that the value of a metric depends on, as they are written below `definitions`, sorted.
pub fn switches(catalogue: &Catalogue, metric: &Metric, definitions: &Definitions) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let path = [metric.name.as_str()];
    read((catalogue, definitions), &metric.statement.text, (&path, &BTreeSet::new()), &mut found);
    let variants = metric.variants.iter().map(|variant| &variant.switch);
    let own = metric.statistic.iter().chain(&metric.settles).chain(variants);
    found.extend(own.filter_map(|switch| known(switch)));
    found
}

/// Adds what a statement reads, itself and through its views; `path` and `above` are the names of the statements that
/// led here and the words in them.
fn read(
    (catalogue, definitions): (&Catalogue, &Definitions),
    text: &str,
    (path, above): (&[&str], &BTreeSet<String>),
    found: &mut BTreeSet<&'static str>,
) {
    let own = words_of(text);
    let is_asked = |parameter: &str| own.iter().any(|word| word.strip_prefix('$') == Some(parameter));
    found.extend(PARAMETERS.iter().filter(|(parameter, _)| is_asked(parameter)).map(|(_, switch)| *switch));
    found.extend(of_tables(&own, definitions));
    let words: BTreeSet<String> = own.union(above).cloned().collect();
    for name in own.iter().map(String::as_str).filter(|name| !path.contains(name)) {
        if JUDGED.contains(&name) {
            found.extend(of_judged(name, &words, definitions));
        } else if let Some(text) = statement(catalogue, name) {
            let path = [path, &[name]].concat();
            read((catalogue, definitions), text, (&path, &words), found);
        }
    }
}

/// A switch of that name.
fn known(switch: &str) -> Option<&'static str> {
    let statistics = ["frequency.statistic", "lead_time.statistic", "recovery.statistic"];
    let of_parameters = PARAMETERS.iter().map(|(_, switch)| *switch);
    statistics.into_iter().chain(of_parameters).chain([WINDOW]).find(|known| *known == switch)
}

fn statement<'c>(catalogue: &'c Catalogue, name: &str) -> Option<&'c str> {
    let view = catalogue.views.get(name).map(|view| &view.statement);
    view.or_else(|| catalogue.metrics.get(name).map(|metric| &metric.statement)).map(|found| found.text.as_str())
}

/// What stands in the tables of links, and which deployments are production.
fn of_tables(words: &BTreeSet<String>, definitions: &Definitions) -> Vec<&'static str> {
    let has = |word: &str| words.contains(word);
    let mut found = Vec::new();
    if ["is_production", "attributions", "deliveries", "rollbacks", "recoveries"].into_iter().any(has) {
        found.push(PRODUCTION);
    }
    if has("attributions") {
        found.extend(attribution(definitions));
    }
    if has("deliveries") {
        found.push(DELIVERY);
    }
    if has("rollbacks") {
        found.extend(ROLLBACKS);
    }
    if has("recoveries") {
        found.extend(failure(definitions));
    }
    found
}

/// What a rollback is of: `blame` of several, no longer ago than the window.
const ROLLBACKS: &[&str] = &[BLAME, WINDOW, CANDIDATES];

fn attribution(definitions: &Definitions) -> Vec<&'static str> {
    let by_rollback = definitions.attribution.rules.contains(&AttributionRule::Rollback);
    ATTRIBUTION.iter().copied().chain(by_rollback.then_some(BLAME)).collect()
}

/// What makes a deployment a failed one, as far as the definitions ask for it.
fn failure(definitions: &Definitions) -> Vec<&'static str> {
    let fails_by = |rule| definitions.change_fail_rate.failure.contains(&rule);
    let mut found = vec![PRODUCTION, FAILURE];
    if fails_by(Failure::Incident) {
        found.push(MIN_SEVERITY);
        found.extend(attribution(definitions));
    }
    if fails_by(Failure::Rollback) {
        found.extend(ROLLBACKS);
    }
    if fails_by(Failure::Revert) {
        found.push(DELIVERY);
    }
    found
}

/// The switches behind those columns of a judging view that are read.
fn of_judged(view: &str, words: &BTreeSet<String>, definitions: &Definitions) -> Vec<&'static str> {
    let reads = |columns: &[&str]| columns.iter().any(|column| words.contains(*column));
    let mut found = Vec::new();
    match view {
        "judged_incidents" => {
            if reads(&["is_failure"]) {
                found.push(MIN_SEVERITY);
            }
            if reads(&["deployment_id", "rule", "gap_s", "score", "evidence", "nearest_deployment_id"]) {
                found.push(PRODUCTION);
                found.extend(attribution(definitions));
            }
        }
        "delivered_changes" => {
            found.extend([PRODUCTION, DELIVERY]);
            if reads(&["lead_s"]) {
                found.extend(["lead_time.start", "lead_time.measure"]);
            }
        }
        _ => {
            found.push(PRODUCTION);
            found.extend((view == "judged_deployments").then_some(UNIT));
            if reads(&["incident_count", "known_incident_count", "worst_severity_rank", "first_incident_at"]) {
                found.push(MIN_SEVERITY);
                found.extend(attribution(definitions));
            }
            if reads(&["failure_rule", "is_failed", "is_known_failed"]) {
                found.extend(failure(definitions));
            }
            if reads(&["is_rolled_back", "undone_at", "is_undoing", "is_rework"]) {
                found.extend(ROLLBACKS);
            }
            if reads(&["is_reverted"]) {
                found.push(DELIVERY);
            }
            if reads(&["is_counted"]) {
                found.extend([DENOMINATOR, FAILURE]);
                let by_delivery = definitions.change_fail_rate.denominator == Denominator::Delivering;
                found.extend(by_delivery.then_some(DELIVERY));
            }
        }
    }
    found
}

/// Every name and parameter of a statement, without its comments.
fn words_of(text: &str) -> BTreeSet<String> {
    let code = text.lines().map(|line| line.split("--").next().unwrap_or(line));
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$';
    let words = code.flat_map(|line| line.split(move |letter: char| !is_part(letter)));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, definitions: &Definitions) -> Vec<&'static str> {
        let catalogue = Catalogue::read(crate::embedded::QUERIES, None).unwrap();
        switches(&catalogue, catalogue.metric(name).unwrap(), definitions).into_iter().collect()
    }

    #[test]
    fn a_metric_names_only_the_switches_that_its_query_reads() {
        let definitions = Definitions::default();
        assert_eq!(of("deployment_frequency", &definitions), ["frequency.statistic", "production", "unit"]);
        assert_eq!(of("freeze_compliance", &definitions), ["production"]);
        assert_eq!(of("time_to_restore", &definitions), ["recovery.statistic"]);
        assert_eq!(
            of("change_lead_time", &definitions),
            ["delivery.rules", "lead_time.measure", "lead_time.start", "lead_time.statistic", "production"]
        );
        let of_failures = of("change_fail_rate", &definitions);
        for switch in ["attribution.window", "change_fail_rate.failure", "change_fail_rate.numerator", "unit"] {
            assert!(of_failures.contains(&switch), "{switch}: {of_failures:?}");
        }
        assert!(!of_failures.iter().any(|switch| switch.starts_with("recovery")), "{of_failures:?}");
    }

    #[test]
    fn what_makes_no_failure_decides_nothing() {
        let mut definitions = Definitions::default();
        definitions.change_fail_rate.failure = vec![Failure::Status];
        let found = of("known_fail_rate", &definitions);
        assert!(!found.contains(&"attribution.rules") && !found.contains(&BLAME), "{found:?}");
        definitions.change_fail_rate.failure = vec![Failure::Revert];
        assert!(of("known_fail_rate", &definitions).contains(&DELIVERY));
    }
}
