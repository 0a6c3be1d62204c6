//! Whether the reader can trust the numbers: rows read and left out, what was not measured, checks.

use crate::metric;
use crate::report::blocks::{Block, DataTable};
use crate::report::definition::SectionSpec;
use crate::report::evidence::Evidence;
use crate::report::statements::Statements;
use crate::report::{BuildError, Subject};
use crate::unit::Unit;

use super::figures::columns;
use super::{cases, figures, warning};

pub fn blocks(
    spec: &SectionSpec,
    subject: &Subject,
    evidence: &Evidence,
    statements: &Statements,
) -> Result<Vec<Block>, BuildError> {
    let mut blocks: Vec<Block> = subject.notes.iter().map(|note| warning(note.clone())).collect();
    blocks.extend(not_measured(subject, evidence));
    for (metric, answer) in spec.tables.iter().filter_map(|name| evidence.rows(name)) {
        let table = cases::listed(subject, metric, answer, None);
        if !table.rows.is_empty() {
            blocks.push(Block::Table(table));
        }
    }
    blocks.push(checks(subject)?);
    for measured in spec.metrics.iter().filter_map(|name| evidence.get(name)) {
        if measured.total.not_measured.is_none() {
            let figure = figures::one(subject, measured, statements);
            blocks.extend(figure.map(|figure| Block::Figure(Box::new(figure))));
        }
    }
    Ok(blocks)
}

/// Every metric of the report, and every table of cases, that lacks its data.
fn not_measured(subject: &Subject, evidence: &Evidence) -> Option<Block> {
    let metrics = evidence.all().filter_map(|measured| {
        let reason = measured.total.not_measured.as_ref()?;
        Some(vec![measured.metric.title.clone(), reason.clone()])
    });
    let tables = evidence.tables().filter_map(|metric| {
        let reason = metric::missing(metric, subject.context.given)?;
        Some(vec![metric.title.clone(), reason])
    });
    let rows: Vec<Vec<String>> = metrics.chain(tables).collect();
    (!rows.is_empty()).then(|| {
        Block::Table(DataTable {
            caption: "What could not be measured, and what it needs".into(),
            columns: columns(&[("Metric", false), ("Reason", false)]),
            rows,
            rows_left_out: 0,
        })
    })
}

fn checks(subject: &Subject) -> Result<Block, BuildError> {
    let outcomes = metric::run_checks(subject.catalogue, subject.context)?;
    let rows = outcomes
        .iter()
        .map(|outcome| {
            let result = match outcome.row_count {
                None => "not checked: its table is absent".to_owned(),
                Some(0) => "passed".to_owned(),
                Some(count) => format!("{} rows", Unit::Count.format(count as f64)),
            };
            vec![outcome.check.title.clone(), result, outcome.check.why.clone()]
        })
        .collect();
    Ok(Block::Table(DataTable {
        caption: "Checks of the data".into(),
        columns: columns(&[("Check", false), ("Result", false), ("Why it matters", false)]),
        rows,
        rows_left_out: 0,
    }))
}
