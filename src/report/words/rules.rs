//! The lead of a report about rules: which was kept least, how the others were kept, and which nobody can judge.
//!
//! Which metrics are rules its definition says; each is a share of what kept it.

use crate::metric::Row;
use crate::report::Subject;
use crate::report::definition::Definition;
use crate::report::evidence::{Evidence, Measured};
use crate::report::statements::Statements;

use super::{basis, capitalised, findings, period};

/// A rule that could be judged in the reported period.
#[derive(Clone, Copy)]
struct Judged<'a> {
    measured: &'a Measured<'a>,
    row: &'a Row,
    value: f64,
}

pub fn lead(
    definition: &Definition,
    subject: &Subject,
    evidence: &Evidence,
    statements: &Statements,
) -> (String, Vec<String>) {
    let rules: Vec<&Measured> = definition.rules.iter().filter_map(|name| evidence.get(name)).collect();
    let mut judged: Vec<Judged> = rules.iter().filter_map(|measured| in_period(subject, measured)).collect();
    judged.sort_by(|a, b| rank(a).0.cmp(&rank(b).0).then(rank(a).1.total_cmp(&rank(b).1)));
    let mut lead = Vec::new();
    let others: Vec<String> = judged.iter().skip(1).map(told).collect();
    if !others.is_empty() {
        lead.push(format!("{}.", capitalised(&others.join("; "))));
    }
    let unknown: Vec<String> = rules
        .iter()
        .filter(|measured| measured.total.not_measured.is_some())
        .map(|measured| lower(&measured.metric.title))
        .collect();
    if !unknown.is_empty() && !judged.is_empty() {
        lead.push(format!("Cannot be judged from these data: {}.", unknown.join(", ")));
    }
    let beside = definition.sections.first().map(|section| section.metrics.as_slice()).unwrap_or_default();
    let beside = beside.iter().filter(|name| !definition.rules.contains(name)).filter_map(|name| evidence.get(name));
    let shares = beside.filter(|measured| !measured.metric.flagged.is_empty());
    lead.extend(shares.filter_map(|measured| in_period(subject, measured)).map(|share| format!("{}.", told(&share))));
    lead.extend(findings(statements));
    (headline(subject, &judged, rules.len()), lead)
}

fn in_period<'a>(subject: &Subject, measured: &'a Measured) -> Option<Judged<'a>> {
    let row = measured.at(subject.period.start).filter(|row| row.n > 0)?;
    Some(Judged { measured, row, value: row.value? })
}

/// Finished ones first, then by what at best may be true: two cases of nine are no proof of a rule that nobody keeps.
fn rank(rule: &Judged) -> (bool, f64) {
    (rule.row.is_partial, rule.row.high.unwrap_or(rule.value))
}

fn headline(subject: &Subject, judged: &[Judged], rules: usize) -> String {
    let period = period(subject, subject.period.start);
    let Some(least) = judged.first() else {
        return format!("None of the {rules} rules can be judged in {period}.");
    };
    match judged.len() {
        1 => format!("{} in {period}; of {rules} rules no other can be judged.", told(least)),
        number if judged.iter().all(|rule| rule.value >= 1.0) => {
            format!("All {number} rules that can be judged were kept without exception in {period}.")
        }
        number => format!("Kept least of {number} rules in {period}: {}.", told(least)),
    }
}

/// "90 of 132 deployments have a change record (68.2 %)".
fn told(rule: &Judged) -> String {
    let value = rule.measured.metric.unit.format(rule.value);
    let so_far = if rule.row.is_partial { ", so far" } else { "" };
    format!("{} ({value}{so_far})", basis(rule.measured.metric, &rule.measured.total, rule.row))
}

/// A title within a sentence; a name in capitals stays one.
fn lower(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain([second]).chain(letters).collect()
        }
        _ => title.to_owned(),
    }
}
