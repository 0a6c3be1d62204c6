//! The sentences of a report: what changed since the last period, and what the lead says.

mod rules;

use chrono::NaiveDate;

use crate::definitions::{LeadTime, Statistic};
use crate::metric::{self, Metric, MetricResult, Row};
use crate::period::Grain;
use crate::stats::LEVEL;

use super::Subject;
use super::blocks::{Change, Judgement};
use super::controls::{EvidenceSource, Finding, State};
use super::definition::Definition;
use super::evidence::Evidence;
use super::statements::{Statement, Statements, What};

/// How a period's value stands to the periods before it.
///
/// The period before is told, never compared with: one month against another mostly shows the noise of both. A
/// difference is claimed from the expectation that up to twelve months give, where its test held among all others.
pub fn change(subject: &Subject, metric: &Metric, rows: (&Row, &Row), statements: &Statements) -> Option<Change> {
    let (now, before) = rows;
    now.value?;
    let grain = subject.period.grain;
    let earlier = format!("{} in {}", metric.unit.format(before.value?), period(subject, before.period_start));
    let neutral = |text: String| Some(Change { text, judgement: Judgement::Neutral });
    if now.is_partial || before.is_partial {
        return neutral(format!("{earlier}; too early to compare"));
    }
    let Some(signal) = statements.signal(&metric.name) else {
        return neutral(format!("{earlier}; too few {grain}s to say whether that is a change"));
    };
    match statements.of_series(&metric.name, &[], &[]) {
        None => neutral(format!("{earlier}; no detectable change")),
        Some(held) if held.what == What::Signal => {
            let expected = metric.unit.format(signal.found.expected);
            let text = format!("the {} {grain}s before lead one to expect about {expected}; {earlier}", signal.periods);
            Some(Change { text, judgement: held.judgement })
        }
        // A trend explains the value; whether the period departs from it was not asked.
        Some(_) => neutral(earlier),
    }
}

/// "95 % interval 11.0 to 18.1 %"; an end that the data leave open is said so.
pub fn interval(metric: &Metric, row: &Row) -> String {
    let percent = (LEVEL * 100.0).round();
    match (row.low, row.high) {
        (Some(low), Some(high)) => {
            format!("{percent}\u{202f}% interval {} to {}", metric.unit.format(low), metric.unit.format(high))
        }
        (Some(low), None) => format!("{percent}\u{202f}% interval from {}, open above", metric.unit.format(low)),
        _ => String::new(),
    }
}

/// "42 of 310 deployments failed", "310 successful deployments".
pub fn basis(metric: &Metric, result: &MetricResult, row: &Row) -> String {
    // Only where flagged events were counted: a ratio of two sums has a numerator too, and it counts nothing.
    let is_share = !metric.flagged.is_empty();
    if let (true, Some(k), Some(n)) = (is_share, result.own(row, "numerator"), result.own(row, "denominator")) {
        return format!("{} of {} {}", count(k), counted(n, &metric.events), metric.flagged).trim_end().to_owned();
    }
    let open = result.own(row, "open_count").filter(|open| *open > 0.0);
    let suffix = open.map(|open| format!(", {} of them still open", count(open))).unwrap_or_default();
    format!("{}{suffix}", counted(row.n as f64, &metric.events))
}

/// What the metric counts by the definitions in force, where its file says so; else the card's basis says it.
pub fn counts(subject: &Subject, metric: &Metric) -> String {
    match metric.counts.is_empty() {
        true => String::new(),
        false => capitalised(&metric::counts(metric, subject.context.definitions)),
    }
}

/// "1 deployment", "12 deployments of known size".
pub fn counted(number: f64, events: &str) -> String {
    let events = if number == 1.0 { singular(events) } else { events.to_owned() };
    format!("{} {events}", count(number))
}

/// The same words with the first noun in the singular: nouns of ours are regular.
fn singular(events: &str) -> String {
    let is_plural = |word: &str| word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
    let mut is_done = false;
    let words = events.split(' ').map(|word| {
        if is_done || !is_plural(word) {
            return word.to_owned();
        }
        is_done = true;
        let sibilant = ["xes", "sses", "shes", "ches"].iter().any(|ending| word.ends_with(ending));
        match word.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => word[..word.len() - if sibilant { 2 } else { 1 }].to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What the interval of a rate ratio does not know of, told beside it: busy hours.
pub fn beside_interval(result: &MetricResult, row: &Row) -> String {
    let Some(p) = result.own(row, "shift_p").filter(|_| row.value.is_some()) else {
        return String::new();
    };
    let p = if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") };
    format!("busy hours not allowed for; with them {p}")
}

fn count(number: f64) -> String {
    crate::unit::Unit::Count.format(number)
}

/// The headline of an evidence package, and the controls that failed.
pub fn of_controls(findings: &[Finding]) -> (String, Vec<String>) {
    let of = |state: State| findings.iter().filter(move |finding| finding.state == state);
    let states = [State::Fail, State::NotEvidenced, State::NoCases];
    let others = states.map(|state| (state, of(state).count())).into_iter().filter(|(_, number)| *number > 0);
    let mut parts = vec![format!("{} of {} controls pass", of(State::Pass).count(), findings.len())];
    parts.extend(others.map(|(state, number)| match state {
        State::Fail => format!("{number} {}", if number == 1 { "fails" } else { "fail" }),
        State::NotEvidenced => format!("{number} {} not evidenced", if number == 1 { "is" } else { "are" }),
        _ => format!("{number} {} no cases", if number == 1 { "has" } else { "have" }),
    }));
    let failed = of(State::Fail).map(|finding| {
        let counts = finding.counts.unwrap_or_default();
        let control = finding.control;
        // A check lists what offends; of how many, it does not know.
        let of_all = match control.source {
            EvidenceSource::Cases { .. } => format!(" of {}", count(counts.cases() as f64)),
            EvidenceSource::Check { .. } => String::new(),
        };
        format!("{} fails for {}{of_all}: {}", control.id, count(counts.fail as f64), control.failing)
    });
    (format!("{}.", parts.join(", ")), failed.map(|text| format!("{text}.")).collect())
}

/// The headline and the sentences behind it.
pub fn lead(
    definition: &Definition,
    subject: &Subject,
    evidence: &Evidence,
    statements: &Statements,
) -> (String, Vec<String>) {
    if !definition.rules.is_empty() {
        return rules::lead(definition, subject, evidence, statements);
    }
    let label = capitalised(&subject.context.calendar.label(subject.period.start, subject.period.grain));
    let figures = figures_of_period(subject, evidence);
    if figures.is_empty() {
        return (of_nothing(subject, evidence, &label), Vec::new());
    }
    let mut findings = findings(statements).into_iter();
    if let Some(first) = findings.next() {
        let mut lead = vec![format!("{label}: {}.", figures.join("; "))];
        lead.extend(findings);
        return (first, lead);
    }
    // Where nothing is found, the numbers themselves are the news.
    let (mut told, rest) = (figures.clone(), figures.iter().skip(HEADLINE_FIGURES));
    told.truncate(HEADLINE_FIGURES);
    let mut lead: Vec<String> = rest.map(|figure| format!("{}.", capitalised(figure))).collect();
    if statements.was_whole_tested() {
        told.push("no detectable change".to_owned());
    } else {
        lead.push("The data are too few to say what changes.".to_owned());
    }
    (format!("{label}: {}.", told.join("; ")), lead)
}

/// More numbers than these are no headline.
const HEADLINE_FIGURES: usize = 2;
/// More findings than these are read in their own section.
const LEAD_FINDINGS: usize = 4;

/// The most important findings as sentences, and how many more there are.
fn findings(statements: &Statements) -> Vec<String> {
    let mut ranked: Vec<&Statement> = statements.held.iter().collect();
    // What got worse is what a leader must know first.
    ranked.sort_by_key(|statement| match statement.judgement {
        Judgement::Worse => 0,
        Judgement::Better => 1,
        Judgement::Neutral => 2,
    });
    let mut told: Vec<String> =
        ranked.iter().take(LEAD_FINDINGS).map(|statement| format!("{}.", statement.text)).collect();
    match ranked.len().saturating_sub(LEAD_FINDINGS) {
        0 => {}
        1 => told.push("One more such finding stands below.".to_owned()),
        more => told.push(format!("{more} more such findings stand below.")),
    }
    told
}

/// Why there is no number to tell.
fn of_nothing(subject: &Subject, evidence: &Evidence, label: &str) -> String {
    if !subject.context.given.contains("deployments") {
        return format!("{label}: the data hold no deployments, so what they led to cannot be measured.");
    }
    let begins = subject.context.data_from.map(|at| subject.context.calendar.date(at));
    if begins.is_some_and(|begins| begins >= subject.period.end) {
        return format!("{label} lies before the first deployment known.");
    }
    if evidence.get("deployment_frequency").is_none() {
        return format!("{label} in numbers.");
    }
    let period = period(subject, subject.period.start);
    format!("Nothing was deployed to production in {period}, as far as the data tell.")
}

/// A period as it stands in a sentence: "October 2026", "the week of 19 Oct 2026".
pub fn period(subject: &Subject, start: NaiveDate) -> String {
    let grain = subject.period.grain;
    let article = if grain == Grain::Week { "the " } else { "" };
    format!("{article}{}", subject.context.calendar.label(start, grain))
}

fn figures_of_period(subject: &Subject, evidence: &Evidence) -> Vec<String> {
    let found = |name: &str| {
        let measured = evidence.get(name)?;
        let row = measured.at(subject.period.start).filter(|row| row.n > 0)?;
        Some((measured, row, measured.metric.unit.format(row.value?)))
    };
    let so_far = |row: &Row| if row.is_partial { " so far" } else { "" };
    let mut parts = Vec::new();
    if let Some((_, row, value)) = found("deployment_frequency") {
        let deployments = counted(row.n as f64, "successful deployments");
        parts.push(match subject.period.grain {
            Grain::Week => format!("{deployments} to production{}", so_far(row)),
            _ => format!("{deployments} to production, {value} a week{}", so_far(row)),
        });
    }
    if let Some((measured, row, value)) = found("change_fail_rate") {
        parts.push(format!("{} ({value}){}", basis(measured.metric, &measured.total, row), so_far(row)));
    }
    let definitions = subject.context.definitions;
    if let Some((_, _, value)) = found("change_lead_time") {
        let is_usual = definitions.lead_time == LeadTime::default();
        parts.push(match is_usual {
            true => {
                format!("half of all changes arrived within {value} of {}", beginning_of_changes(subject, evidence))
            }
            false => format!("change lead time was {value}"),
        });
    }
    if let Some((_, _, value)) = found("failed_deployment_recovery_time") {
        parts.push(match definitions.recovery.statistic {
            Statistic::SurvivalMedian => format!("half of the failures were repaired within {value}"),
            _ => format!("recovery time was {value}"),
        });
    }
    parts
}

/// What lead times begin with: not all sources tell the first commit of a change, and then its opening counts.
fn beginning_of_changes(subject: &Subject, evidence: &Evidence) -> &'static str {
    let is_given = subject.context.given.contains("changes.committed_at");
    let unknown = evidence.get("unknown_first_commits").and_then(|measured| {
        let row = measured.at(subject.period.start)?;
        Some((measured.total.own(row, "numerator")?, measured.total.own(row, "denominator")?))
    });
    match unknown {
        _ if !is_given => "being opened, for no source tells their first commits",
        Some((unknown, all)) if unknown > 0.0 && unknown >= all => {
            "being opened, for their first commits are not known"
        }
        Some((unknown, _)) if unknown > 0.0 => "their first commit, or of being opened where that is not known",
        _ => "their first commit",
    }
}

/// The text as the beginning of a sentence.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_is_told_in_the_singular() {
        assert_eq!(counted(1.0, "successful deployments"), "1 successful deployment");
        assert_eq!(counted(1.0, "changes delivered"), "1 change delivered");
        assert_eq!(counted(1.0, "security fixes"), "1 security fix");
        assert_eq!(counted(1.0, "canaries"), "1 canary");
        assert_eq!(counted(2.0, "deployments of known size"), "2 deployments of known size");
        assert_eq!(counted(0.0, "incidents"), "0 incidents");
    }
}
