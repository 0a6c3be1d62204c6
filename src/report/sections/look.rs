//! Where to look: the tested statements that hold, and how many were tested.

use crate::metric::ChartKind;
use crate::report::Subject;
use crate::report::blocks::{Block, DataTable, Judgement};
use crate::report::definition::SectionSpec;
use crate::report::evidence::Evidence;
use crate::report::statements::{FALSE_DISCOVERY_RATE, Statements};

use super::figures::{self, columns};

/// A longer list is not read.
const MOST_ROWS: usize = 12;

pub fn blocks(spec: &SectionSpec, subject: &Subject, evidence: &Evidence, statements: &Statements) -> Vec<Block> {
    let mut blocks = findings(statements);
    blocks.extend(funnels(spec, subject, evidence));
    blocks
}

/// A funnel for each metric that the section wants drawn so, by the finest of its groupings that has groups enough.
fn funnels(spec: &SectionSpec, subject: &Subject, evidence: &Evidence) -> Vec<Block> {
    let wanted = spec.charts.iter().filter(|(_, chart)| **chart == ChartKind::Funnel);
    let figure = |name: &String| {
        let measured = evidence.get(name).filter(|measured| measured.total.not_measured.is_none())?;
        let compared = spec.compare.iter().filter(|comparison| comparison.metrics.contains(name));
        let groupings: Vec<&Vec<String>> = compared.flat_map(|comparison| &comparison.by).collect();
        groupings.into_iter().rev().find_map(|by| figures::funnel(subject, measured, measured.by(by)?))
    };
    wanted.filter_map(|(name, _)| figure(name)).map(|figure| Block::Figure(Box::new(figure))).collect()
}

fn findings(statements: &Statements) -> Vec<Block> {
    if statements.tested == 0 {
        return vec![Block::Paragraph {
            text: "The history is too short to test anything: a trend needs ten finished periods, a comparison ten events a side.".into(),
        }];
    }
    let share = (FALSE_DISCOVERY_RATE * 100.0).round();
    let method = format!(
        "{} series and groups were tested (Mann–Kendall for a drift, the rank sum of the last six periods for a step, the reported period against what up to twelve before lead one to expect, Fisher's exact test for differences); what is listed \
         holds at a false discovery rate of {share}\u{202f}% (Benjamini–Hochberg), for the whole, for the series of groups and for differences between groups apart.",
        statements.tested
    );
    if statements.held.is_empty() {
        return vec![Block::Paragraph { text: format!("Nothing stands out clearly enough to be a finding. {method}") }];
    }
    let rows: Vec<Vec<String>> = statements
        .held
        .iter()
        .take(MOST_ROWS)
        .map(|statement| {
            let judgement = match statement.judgement {
                Judgement::Better => "better",
                Judgement::Worse => "worse",
                Judgement::Neutral => "",
            };
            let finding = match statement.precision.is_empty() {
                true => statement.text.clone(),
                false => format!("{} ({})", statement.text, statement.precision),
            };
            let q = if statement.q < 0.001 { "<0.001".to_owned() } else { format!("{:.3}", statement.q) };
            vec![finding, judgement.to_owned(), q]
        })
        .collect();
    vec![
        Block::Table(DataTable {
            caption: "Findings that hold, most certain first".into(),
            columns: columns(&[("Finding", false), ("Meaning", false), ("Chance (adjusted p)", true)]),
            rows_left_out: (statements.held.len() - rows.len()) as u64,
            rows,
        }),
        Block::Paragraph { text: method },
    ]
}
