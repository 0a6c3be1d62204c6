//! What a metric counts, in a sentence made from the switches in force.
//!
//! The sentence stands in the metric's front matter, with phrases in braces that this file knows. It says what the
//! definitions ask for, not what the data hold.

use std::collections::BTreeSet;

use crate::definitions::{
    AttributionRule, AttributionScope, Blame, Definitions, DeliveryRule, Denominator, DeploymentUnit, Failure,
    FrequencyStatistic, LeadTimeMeasure, LeadTimeStart, Numerator, RecoveryClock, RecoveryEnd, RecoveryUnit, Severity,
    Statistic,
};

use super::aggregate::Call;
use super::parameters::word;
use super::switches::switches;
use super::{Catalogue, Metric, called};

type Phrase = fn(&Definitions) -> String;
/// None where there is nothing to tell.
type Rule = fn(&Definitions) -> Option<String>;

/// What may stand in braces, sorted.
const PHRASES: &[(&str, Phrase)] = &[
    ("counted", counted),
    ("deployments", deployments),
    ("failed", failed),
    ("failures", failures),
    ("frequency", frequency),
    ("known_failed", known_failed),
    ("lead", lead),
    ("recovery", recovery),
    ("recovery_statistic", recovery_statistic),
];

/// What is counted, in one sentence without its full stop: "deployments that were undone, of those that reached
/// production". Made from the aggregate where the metric's file does not say it.
pub fn counts(metric: &Metric, definitions: &Definitions) -> String {
    if metric.counts.is_empty() {
        let call = called(metric, definitions).unwrap_or_else(|_| metric.aggregate.clone());
        return of_aggregate(metric, &call);
    }
    PHRASES.iter().fold(metric.counts.clone(), |text, (name, phrase)| {
        let braced = format!("{{{name}}}");
        if text.contains(&braced) { text.replace(&braced, &phrase(definitions)) } else { text }
    })
}

/// How what is counted is found, a sentence each: only by the switches that the metric's query reads.
pub fn rules(catalogue: &Catalogue, metric: &Metric, definitions: &Definitions) -> Vec<String> {
    let read = switches(catalogue, metric, definitions);
    let known: [(&str, Rule); 6] = [
        ("unit", |definitions| whole(definitions.unit)),
        ("attribution.rules", |definitions| Some(attribution(definitions))),
        ("change_fail_rate.blame", |definitions| Some(blame(definitions))),
        ("delivery.rules", |definitions| Some(delivery(definitions))),
        ("recovery.clock", began),
        ("recovery.end", restored),
    ];
    known.iter().filter(|(switch, _)| read.contains(switch)).filter_map(|(_, rule)| rule(definitions)).collect()
}

/// The first phrase in braces that there is none of, if any.
pub(super) fn unknown_phrase(text: &str) -> Option<&str> {
    let phrases = text.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let known: BTreeSet<&str> = PHRASES.iter().map(|(name, _)| *name).collect();
    phrases.into_iter().find(|name| !known.contains(name))
}

/// The names of all phrases, as they are written.
pub(super) fn phrases() -> String {
    PHRASES.iter().map(|(name, _)| format!("{{{name}}}")).collect::<Vec<_>>().join(", ")
}

fn of_aggregate(metric: &Metric, call: &Call) -> String {
    let events = &metric.events;
    match call.name.as_str() {
        "table" => format!("a list of {events}"),
        "count" => format!("number of {events}"),
        "frequency" => format!("{events}, by the time that passed"),
        "rate" if metric.flagged.is_empty() => format!("share of {events}"),
        "rate" => {
            // "without a known change" and "not in production" need no verb.
            let is_clause = !["not ", "without "].iter().any(|start| metric.flagged.starts_with(start));
            format!("share of {events}{}{}", if is_clause { " that " } else { " " }, metric.flagged)
        }
        "survival_median" => format!("median over {events}; {CENSORED}"),
        name => format!("{} over {events}", name.replace('_', " ")),
    }
}

const CENSORED: &str = "those still open are censored, not dropped";

fn deployments(definitions: &Definitions) -> String {
    let text = match definitions.unit {
        DeploymentUnit::Service => "deployments",
        DeploymentUnit::Version => "versions of a service",
        DeploymentUnit::Release => "releases",
    };
    text.to_owned()
}

fn failed(definitions: &Definitions) -> String {
    failing(definitions, "that an incident{severity} is attributed to")
}

fn known_failed(definitions: &Definitions) -> String {
    failing(definitions, "that an incident{severity} is linked to by name, version or rollback")
}

/// Which make a failure: "that were undone, or that an incident is attributed to".
fn failing(definitions: &Definitions, by_incident: &str) -> String {
    let rate = &definitions.change_fail_rate;
    let severity = match rate.min_severity {
        Severity::Sev5 => String::new(),
        severity => format!(" of {} or worse", word(&severity)),
    };
    let clause = |rule: &Failure| match rule {
        Failure::Rollback => "that were undone".to_owned(),
        Failure::Incident => by_incident.replace("{severity}", &severity),
        Failure::Status => "whose rollout failed".to_owned(),
        Failure::Revert => "of which a change was reverted".to_owned(),
    };
    rate.failure.iter().map(clause).collect::<Vec<_>>().join(", or ")
}

/// Of which deployments a share is taken.
fn counted(definitions: &Definitions) -> String {
    let rate = &definitions.change_fail_rate;
    let text = match rate.denominator {
        Denominator::Reached if rate.failure.contains(&Failure::Status) => "of those that reached production or failed",
        Denominator::Reached => "of those that reached production",
        Denominator::Finished => "of those that reached production or failed",
        Denominator::Succeeded => "of those that succeeded",
        Denominator::All => "of all, failed and cancelled ones too",
        Denominator::Delivering => "of those that brought a known change to production",
    };
    text.to_owned()
}

fn failures(definitions: &Definitions) -> String {
    let (deployments, counted) = (deployments(definitions), counted(definitions));
    match definitions.change_fail_rate.numerator {
        Numerator::Deployments => format!("{deployments} {}, {counted}", failed(definitions)),
        Numerator::Incidents => {
            let severity = definitions.change_fail_rate.min_severity;
            let which = match severity {
                Severity::Sev5 => String::new(),
                severity => format!(" of {} or worse", word(&severity)),
            };
            format!("incidents{which} opened, by {deployments} ({counted}); nothing links the two")
        }
    }
}

fn frequency(definitions: &Definitions) -> String {
    let deployments = match definitions.unit {
        DeploymentUnit::Service => "successful deployments to production",
        DeploymentUnit::Version => "versions of a service that went to production",
        DeploymentUnit::Release => "releases that went to production",
    };
    match definitions.frequency.statistic {
        FrequencyStatistic::Rate => format!("{deployments}, a week of all time that passed"),
        FrequencyStatistic::DeploymentDays => format!("days with {deployments}, a week of all time that passed"),
        FrequencyStatistic::MedianPerWeek => format!("days with {deployments}, median over whole weeks"),
    }
}

fn lead(definitions: &Definitions) -> String {
    let lead_time = &definitions.lead_time;
    let span = match (lead_time.measure, lead_time.start) {
        (LeadTimeMeasure::Span, LeadTimeStart::FirstCommit) => {
            "first commit of a change (its opening, where that is not known) to its first deployment in production"
        }
        (LeadTimeMeasure::Span, LeadTimeStart::Commit) => "each commit to its first deployment in production",
        (LeadTimeMeasure::Span, LeadTimeStart::Opened) => {
            "review of a change asked for to its first deployment in production"
        }
        (LeadTimeMeasure::Span, LeadTimeStart::Merged) => "merge of a change to its first deployment in production",
        (LeadTimeMeasure::Stages, LeadTimeStart::FirstCommit | LeadTimeStart::Commit) => {
            "coding + review + waiting of each change, unknown stages as nothing"
        }
        (LeadTimeMeasure::Stages, LeadTimeStart::Opened) => {
            "review + waiting of each change, unknown stages as nothing"
        }
        (LeadTimeMeasure::Stages, LeadTimeStart::Merged) => "waiting of each merged change, unknown as nothing",
    };
    format!("{span}; {}", over(lead_time.statistic, "changes"))
}

/// A statistic with what it is taken over.
fn over(statistic: Statistic, events: &str) -> String {
    let text = match statistic {
        Statistic::SurvivalMedian => return format!("median over {events}, {CENSORED}"),
        Statistic::Median => "median",
        Statistic::Mean => "mean",
        Statistic::LowerMedian => "lower median",
        Statistic::MeanOfMeans => return "mean over services of each one's mean".to_owned(),
        Statistic::MedianOfMedians => return "median over days of each day's median".to_owned(),
        Statistic::MedianOfMeans => return "median over deployments of each one's mean".to_owned(),
    };
    format!("{text} over {events}")
}

fn recovery(definitions: &Definitions) -> String {
    let recovery = &definitions.recovery;
    let start = match (recovery.unit, recovery.clock) {
        (RecoveryUnit::Deployment, RecoveryClock::Incident) => "first incident of a failed deployment opened",
        (RecoveryUnit::Deployment, RecoveryClock::Deployment) => "end of a failed deployment",
        (RecoveryUnit::Incident, RecoveryClock::Incident) => "incident opened",
        (RecoveryUnit::Incident, RecoveryClock::Deployment) => "end of the deployment blamed for an incident",
        (RecoveryUnit::Streak, RecoveryClock::Incident) => {
            "incident of the first failed deployment after a success opened"
        }
        (RecoveryUnit::Streak, RecoveryClock::Deployment) => "first failed deployment after a success",
    };
    let end = match recovery.end {
        RecoveryEnd::Resolved => "the incident resolved",
        RecoveryEnd::Remediation => "the deployment that repaired it",
        RecoveryEnd::Earliest => "service restored",
        RecoveryEnd::Released => "the first release after it was resolved",
    };
    let each = match recovery.unit {
        RecoveryUnit::Incident => ", for each incident with a deployment it is attributed to",
        RecoveryUnit::Deployment | RecoveryUnit::Streak => "",
    };
    format!("{start} to {end}{each}; {}", recovery_statistic(definitions))
}

fn recovery_statistic(definitions: &Definitions) -> String {
    match definitions.recovery.statistic {
        Statistic::SurvivalMedian => CENSORED.to_owned(),
        Statistic::Median => "median, open ones dropped".to_owned(),
        Statistic::Mean => "mean, open ones dropped".to_owned(),
        Statistic::LowerMedian => "lower median, open ones dropped".to_owned(),
        other => format!("the {}, open ones dropped", over(other, "incidents")),
    }
}

fn whole(unit: DeploymentUnit) -> Option<String> {
    match unit {
        DeploymentUnit::Service => None,
        DeploymentUnit::Version => {
            Some("A service's deployments of one version, over environments and regions, count as one.".to_owned())
        }
        DeploymentUnit::Release => Some("All deployments of one release count as one.".to_owned()),
    }
}

/// "An incident is attributed to the deployment that it names, else to …"
fn attribution(definitions: &Definitions) -> String {
    let attribution = &definitions.attribution;
    let scope = match attribution.scope {
        AttributionScope::Service => " of the same service",
        AttributionScope::Team => " of the same team",
        AttributionScope::All => " of any service",
    };
    let window = match String::from(attribution.window).as_str() {
        "none" => "before it, however long ago".to_owned(),
        window => format!("in the {window} before it"),
    };
    let rule = |rule: &AttributionRule| match rule {
        AttributionRule::Explicit => "the deployment that it names".to_owned(),
        AttributionRule::Version => "one whose version or commit it names".to_owned(),
        AttributionRule::Rollback => "one that was undone while it was open".to_owned(),
        AttributionRule::Proximity => format!("the last one{scope} {window}"),
        AttributionRule::Dependency => format!("the last one of a service that its own depends on, {window}"),
        AttributionRule::Latest => format!("the very last one{scope} {window}"),
    };
    let rules: Vec<String> = attribution.rules.iter().map(rule).collect();
    match rules.is_empty() {
        true => "No incident is attributed to any deployment.".to_owned(),
        false => format!("An incident is attributed to {}.", rules.join(", else to ")),
    }
}

fn blame(definitions: &Definitions) -> String {
    let which = match definitions.change_fail_rate.blame {
        Blame::Last => "the last is",
        Blame::First => "the first is",
        Blame::All => "all are",
    };
    format!("Of several deployments undone by one rollback {which} blamed.")
}

fn delivery(definitions: &Definitions) -> String {
    let rule = |rule: &DeliveryRule| match rule {
        DeliveryRule::Explicit => "that it names",
        DeliveryRule::Commit => "that shipped its commit",
        DeliveryRule::Release => "of its release",
        DeliveryRule::Range => "whose commit is the first to build on its own",
        DeliveryRule::Next => "that was the next of its service to succeed after the merge",
    };
    let rules: Vec<&str> = definitions.delivery.rules.iter().map(rule).collect();
    match rules.is_empty() {
        true => "No change is taken as delivered.".to_owned(),
        false => format!("A change arrives with the deployment {}.", rules.join(", else ")),
    }
}

fn began(definitions: &Definitions) -> Option<String> {
    let is_of_deployments = definitions.recovery.unit == RecoveryUnit::Deployment;
    (is_of_deployments && definitions.recovery.clock == RecoveryClock::Incident)
        .then(|| "A failure without an incident begins when the deployment finished.".to_owned())
}

fn restored(definitions: &Definitions) -> Option<String> {
    (definitions.recovery.end == RecoveryEnd::Earliest).then(|| {
        "Service is restored when its incidents are resolved, or when a rollback or the next successful deployment of \
         the service repaired it, whichever is earlier."
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::read(crate::embedded::QUERIES, None).unwrap()
    }

    fn of(name: &str, definitions: &Definitions) -> String {
        counts(catalogue().metric(name).unwrap(), definitions)
    }

    #[test]
    fn every_metric_says_what_it_counts() {
        for metric in catalogue().metrics.values() {
            let text = counts(metric, &Definitions::default());
            assert!(!text.is_empty() && !text.contains(['{', '}']), "{}: {text}", metric.name);
        }
        assert!(PHRASES.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn the_sentence_follows_the_switches() {
        let mut definitions = Definitions::default();
        assert_eq!(
            of("change_fail_rate", &definitions),
            "deployments that were undone, or that an incident is attributed to, of those that reached production"
        );
        definitions.change_fail_rate.failure = vec![Failure::Status];
        definitions.change_fail_rate.denominator = Denominator::Finished;
        assert_eq!(
            of("change_fail_rate", &definitions),
            "deployments whose rollout failed, of those that reached production or failed"
        );
        definitions.change_fail_rate.failure = vec![Failure::Incident];
        definitions.change_fail_rate.min_severity = Severity::Sev2;
        definitions.change_fail_rate.numerator = Numerator::Incidents;
        assert_eq!(
            of("change_fail_rate", &definitions),
            "incidents of sev2 or worse opened, by deployments (of those that reached production or failed); \
             nothing links the two"
        );
    }

    #[test]
    fn a_metric_without_a_sentence_of_its_own_tells_its_aggregate() {
        let definitions = Definitions::default();
        assert_eq!(of("freeze_compliance", &definitions), "share of deployments that kept the freezes");
        assert_eq!(of("untracked_deployments", &definitions), "share of deployments without a known change");
        assert_eq!(of("coding_time", &definitions), "median over changes delivered");
    }

    #[test]
    fn only_rules_that_the_query_reads_are_told() {
        let catalogue = catalogue();
        let definitions = Definitions::default();
        let told = |name: &str| rules(&catalogue, catalogue.metric(name).unwrap(), &definitions);
        assert!(told("freeze_compliance").is_empty());
        let of_failures = told("change_fail_rate").join(" ");
        assert!(
            of_failures.contains("else to the last one of the same service in the 72h before it."),
            "{of_failures}"
        );
        assert!(!of_failures.contains("Service is restored"), "{of_failures}");
        let of_changes = told("change_lead_time").join(" ");
        assert!(of_changes.starts_with("A change arrives with the deployment that it names"), "{of_changes}");
    }

    #[test]
    fn a_phrase_that_there_is_not_is_found() {
        assert_eq!(unknown_phrase("{failed} and {quick}"), Some("quick"));
        assert_eq!(unknown_phrase("plain"), None);
    }
}
