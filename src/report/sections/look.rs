//! Where to look: the tested statements that hold, and how many were tested.

use crate::report::blocks::{Block, DataTable, Judgement};
use crate::report::statements::{FALSE_DISCOVERY_RATE, Statements};

use super::figures::columns;

/// A longer list is not read.
const MOST_ROWS: usize = 12;

pub fn blocks(statements: &Statements) -> Vec<Block> {
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
        return vec![Block::Paragraph { text: format!("Nothing stands out. {method}") }];
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
