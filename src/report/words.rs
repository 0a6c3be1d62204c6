//! The sentences of a report: what changed since the last period, and what the lead says.

use crate::definitions::{LeadTime, Statistic};
use crate::metric::{Metric, MetricResult, Row};
use crate::stats::LEVEL;

use super::Subject;
use super::blocks::{Change, Judgement};
use super::controls::{EvidenceSource, Finding, State};
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
    let label = subject.context.calendar.label(before.period_start, grain);
    let earlier = format!("{} in {label}", metric.unit.format(before.value?));
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
pub fn lead(subject: &Subject, evidence: &Evidence, statements: &Statements) -> (String, Vec<String>) {
    let label = capitalised(&subject.context.calendar.label(subject.period.start, subject.period.grain));
    let mut lead = Vec::new();
    let figures = figures_of_period(subject, evidence);
    if figures.is_empty() {
        let begins = subject.context.data_from.map(|at| subject.context.calendar.date(at));
        let headline = match subject.context.given.contains("deployments") {
            true if begins.is_some_and(|begins| begins >= subject.period.end) => {
                format!("{label} lies before the first deployment known.")
            }
            true if evidence.get("deployment_frequency").is_none() => format!("{label} in numbers."),
            true => {
                let period = subject.context.calendar.label(subject.period.start, subject.period.grain);
                format!("Nothing was deployed to production in {period}, as far as the data tell.")
            }
            false => format!("{label}: the data hold no deployments, so what they led to cannot be measured."),
        };
        return (headline, lead);
    }
    let mut ranked: Vec<&Statement> = statements.held.iter().collect();
    // What got worse is what a leader must know first.
    ranked.sort_by_key(|statement| match statement.judgement {
        Judgement::Worse => 0,
        Judgement::Better => 1,
        Judgement::Neutral => 2,
    });
    lead.push(format!("{label}: {}.", figures.join("; ")));
    let headline = match ranked.first() {
        Some(first) => format!("{}.", first.text),
        None if statements.was_whole_tested() => {
            let period = subject.context.calendar.label(subject.period.start, subject.period.grain);
            format!("No detectable change up to {period}.")
        }
        None => format!("{label} in numbers; the data are too few to say what changes."),
    };
    lead.extend(ranked.iter().skip(1).take(3).map(|statement| format!("{}.", statement.text)));
    if ranked.len() > 4 {
        lead.push(format!("{} more such findings stand below.", ranked.len() - 4));
    }
    (headline, lead)
}

fn figures_of_period(subject: &Subject, evidence: &Evidence) -> Vec<String> {
    let row = |name: &str| {
        let measured = evidence.get(name)?;
        let row = measured.at(subject.period.start)?;
        let value = row.value.filter(|_| row.n > 0)?;
        Some((measured.metric.unit.format(value), row.n))
    };
    let mut parts = Vec::new();
    if let Some((value, n)) = row("deployment_frequency") {
        parts.push(format!("{} to production, {value} a week", counted(n as f64, "successful deployments")));
    }
    if let Some((value, _)) = row("change_fail_rate") {
        parts.push(format!("{value} of deployments failed"));
    }
    let definitions = subject.context.definitions;
    if let Some((value, _)) = row("change_lead_time") {
        let is_usual = definitions.lead_time == LeadTime::default();
        parts.push(match is_usual {
            true => {
                format!("half of all changes arrived within {value} of {}", beginning_of_changes(subject, evidence))
            }
            false => format!("change lead time was {value}"),
        });
    }
    if let Some((value, _)) = row("failed_deployment_recovery_time") {
        parts.push(match definitions.recovery.statistic {
            Statistic::SurvivalMedian => format!("half of the failures were repaired within {value}"),
            _ => format!("recovery time was {value}"),
        });
    }
    // The controls of a governance report, each in the words of its metric.
    for name in ["segregation_of_duties", "freeze_compliance", "change_record_coverage"] {
        let told = evidence.get(name).and_then(|measured| {
            let row = measured.at(subject.period.start).filter(|row| row.n > 0)?;
            Some(basis(measured.metric, &measured.total, row))
        });
        parts.extend(told);
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
