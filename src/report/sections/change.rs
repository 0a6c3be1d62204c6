//! Is it really changing? Each measure with what its past leads one to expect, the verdict in words, and its limits.

use crate::report::Subject;
use crate::report::blocks::{Block, DataTable, Judgement};
use crate::report::definition::SectionSpec;
use crate::report::evidence::{Evidence, Measured};
use crate::report::statements::Statements;
use crate::unit::UNKNOWN;

use super::figures::{self, columns};

pub fn blocks(spec: &SectionSpec, subject: &Subject, evidence: &Evidence, statements: &Statements) -> Vec<Block> {
    let measures: Vec<&Measured> = spec
        .metrics
        .iter()
        .filter_map(|name| evidence.get(name))
        .filter(|measured| measured.total.not_measured.is_none() && !measured.is_grouped())
        .collect();
    if measures.is_empty() {
        return Vec::new();
    }
    let changed = measures.iter().filter(|measured| held(statements, measured).is_some()).count();
    let judged = measures.iter().filter(|measured| is_judged(statements, measured)).count();
    let mut blocks = vec![
        Block::Paragraph { text: answer(measures.len(), judged, changed) },
        Block::Table(table(subject, statements, &measures)),
    ];
    blocks.extend(figures::process(subject, &measures).map(|figure| Block::Figure(Box::new(figure))));
    blocks
}

fn held<'s>(statements: &'s Statements, measured: &Measured) -> Option<&'s crate::report::statements::Statement> {
    statements.of_series(&measured.metric.name, &[], &[])
}

fn is_judged(statements: &Statements, measured: &Measured) -> bool {
    let name = &measured.metric.name;
    statements.was_trend_tested(name, &[], &[]) || statements.signal(name).is_some()
}

/// The question answered in one sentence.
fn answer(all: usize, judged: usize, changed: usize) -> String {
    let too_young = match all - judged {
        0 => String::new(),
        1 => " One has too short a history to say.".to_owned(),
        young => format!(" {young} have too short a history to say."),
    };
    let verdict = match (judged, changed) {
        (0, _) => return "The history is too short to say of any measure whether it changes.".to_owned(),
        (1, 0) => "No: the one measure that can be judged changed by no more than chance explains.".to_owned(),
        (_, 0) => format!("No: none of {judged} measures changed by more than chance explains."),
        (1, _) => "Yes: the one measure that can be judged changed by more than chance explains.".to_owned(),
        (_, changed) if changed == judged => {
            format!("Yes: all {judged} measures changed by more than chance explains.")
        }
        (_, changed) => format!("In part: {changed} of {judged} measures changed by more than chance explains."),
    };
    verdict + &too_young
}

fn table(subject: &Subject, statements: &Statements, measures: &[&Measured]) -> DataTable {
    let label = subject.context.calendar.label(subject.period.start, subject.period.grain);
    let rows = measures.iter().map(|measured| {
        let metric = measured.metric;
        let value = measured.at(subject.period.start).and_then(|row| row.value);
        let expected = statements.signal(&metric.name).map(|signal| metric.unit.format(signal.found.expected));
        let verdict = match held(statements, measured) {
            Some(held) => {
                let word = match held.judgement {
                    Judgement::Better => "Better: ",
                    Judgement::Worse => "Worse: ",
                    Judgement::Neutral => "",
                };
                format!("{word}{}", held.text)
            }
            None if is_judged(statements, measured) => "No detectable change".to_owned(),
            None => format!("Too few {}s to say", subject.period.grain),
        };
        vec![
            metric.title.clone(),
            metric.unit.format_option(value),
            expected.unwrap_or_else(|| UNKNOWN.to_owned()),
            verdict,
        ]
    });
    DataTable {
        caption: "Each measure against its own past".into(),
        columns: columns(&[("Measure", false), (&label, true), ("To be expected", true), ("Verdict", false)]),
        rows: rows.collect(),
        rows_left_out: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_counts_what_changed_among_what_could_be_judged() {
        assert!(answer(5, 5, 0).starts_with("No: none of 5"));
        assert!(answer(5, 4, 1).ends_with("One has too short a history to say."));
        assert!(answer(5, 4, 1).starts_with("In part: 1 of 4"));
        assert!(answer(2, 0, 0).contains("too short"));
        assert!(answer(2, 2, 2).starts_with("Yes: all 2"));
        assert!(answer(3, 1, 0).starts_with("No: the one measure"));
    }
}
