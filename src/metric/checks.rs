//! Runs the checks of the catalogue: each lists the rows that offend.

use crate::engine::{Answer, Statement};
use crate::table::Table;

use super::compute::lacking;
use super::{Catalogue, Check, Context, MetricError};

/// What a check found.
pub struct Outcome<'a> {
    pub check: &'a Check,
    /// Offending rows; none where a table that it reads is absent.
    pub row_count: Option<usize>,
    pub answer: Option<Answer>,
}

/// Runs every check, in the order of names.
pub fn run_checks<'a>(catalogue: &'a Catalogue, context: &Context) -> Result<Vec<Outcome<'a>>, MetricError> {
    run(catalogue.checks.values(), context)
}

/// Runs every check of a proposed calendar, in the order of names.
pub fn run_plan_checks<'a>(catalogue: &'a Catalogue, context: &Context) -> Result<Vec<Outcome<'a>>, MetricError> {
    run(catalogue.plan_checks.values().map(|plan| &plan.check), context)
}

fn run<'a>(checks: impl Iterator<Item = &'a Check>, context: &Context) -> Result<Vec<Outcome<'a>>, MetricError> {
    let (ready, lacking): (Vec<&Check>, Vec<&Check>) = checks.partition(|check| can_run(check, context));
    let statements: Vec<Statement> = ready.iter().map(|check| check.statement.clone()).collect();
    let mut outcomes: Vec<Outcome> =
        lacking.into_iter().map(|check| Outcome { check, row_count: None, answer: None }).collect();
    for (check, answer) in ready.into_iter().zip(context.engine.run_all(&statements)) {
        let answer = answer?;
        outcomes.push(Outcome { check, row_count: Some(answer.row_count()), answer: Some(answer) });
    }
    outcomes.sort_by(|a, b| a.check.name.cmp(&b.check.name));
    Ok(outcomes)
}

fn can_run(check: &Check, context: &Context) -> bool {
    if !check.needs.is_empty() {
        return lacking(&check.needs, context.given).is_none();
    }
    let reads = context.engine.reads_of(&check.statement);
    reads.iter().all(|table| Table::named(table).is_none() || context.given.contains(table))
}
