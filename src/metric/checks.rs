//! Runs the checks of the catalogue: each lists the rows that offend.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;

use crate::engine::{Answer, EngineError, Statement};
use crate::table::Table;

use super::compute::lacking;
use super::{Catalogue, Check, Context, MetricError};

/// What a check found.
#[derive(Clone)]
pub struct Outcome<'a> {
    pub check: &'a Check,
    /// Offending rows; none where a table that it reads is absent.
    pub row_count: Option<usize>,
    /// The rows, where they were asked for.
    pub answer: Option<Answer>,
}

/// Runs every check, in the order of names.
pub fn run_checks<'a>(catalogue: &'a Catalogue, context: &Context) -> Result<Vec<Outcome<'a>>, MetricError> {
    run(catalogue.checks.values(), context)
}

/// Checks of which only the number of rows is wanted, so that what only the rows tell is not read.
pub struct Counting<'a> {
    ready: Vec<&'a Check>,
    lacking: Vec<&'a Check>,
}

impl<'a> Counting<'a> {
    /// Of every check of the catalogue.
    pub fn all(catalogue: &'a Catalogue, context: &Context) -> Self {
        let (ready, lacking) = told_apart(catalogue.checks.values(), context);
        Self { ready, lacking }
    }

    /// A statement a check that can be run.
    pub fn statements(&self) -> Vec<Statement> {
        self.ready.iter().map(|check| counting(check)).collect()
    }

    /// What the answers to the statements tell of all checks, in the order of names.
    ///
    /// # Errors
    /// The first error among the answers.
    pub fn outcomes(
        self,
        answers: impl IntoIterator<Item = Result<Answer, EngineError>>,
    ) -> Result<Vec<Outcome<'a>>, MetricError> {
        let mut outcomes: Vec<Outcome> = self.lacking.into_iter().map(not_run).collect();
        for (check, answer) in self.ready.into_iter().zip(answers) {
            outcomes.push(Outcome { check, row_count: Some(counted(&answer?)), answer: None });
        }
        outcomes.sort_by(|a, b| a.check.name.cmp(&b.check.name));
        Ok(outcomes)
    }
}

/// The statement that counts what a check finds.
pub fn counting(check: &Check) -> Statement {
    // On the first line of the text, so that an error tells the line of the file.
    let text = format!("select count(*) as row_count from ({}\n) as found", check.statement.text);
    Statement { text, ..check.statement.clone() }
}

/// Runs every check of a proposed calendar, in the order of names.
pub fn run_plan_checks<'a>(catalogue: &'a Catalogue, context: &Context) -> Result<Vec<Outcome<'a>>, MetricError> {
    run(catalogue.plan_checks.values().map(|plan| &plan.check), context)
}

fn run<'a>(checks: impl Iterator<Item = &'a Check>, context: &Context) -> Result<Vec<Outcome<'a>>, MetricError> {
    let (ready, lacking) = told_apart(checks, context);
    let statements: Vec<Statement> = ready.iter().map(|check| check.statement.clone()).collect();
    let mut outcomes: Vec<Outcome> = lacking.into_iter().map(not_run).collect();
    for (check, answer) in ready.into_iter().zip(context.engine.run_all(&statements)) {
        let answer = answer?;
        outcomes.push(Outcome { check, row_count: Some(answer.row_count()), answer: Some(answer) });
    }
    outcomes.sort_by(|a, b| a.check.name.cmp(&b.check.name));
    Ok(outcomes)
}

/// Checks that can be run, and those whose table is absent.
fn told_apart<'a>(checks: impl Iterator<Item = &'a Check>, context: &Context) -> (Vec<&'a Check>, Vec<&'a Check>) {
    checks.partition(|check| can_run(check, context))
}

fn not_run(check: &Check) -> Outcome<'_> {
    Outcome { check, row_count: None, answer: None }
}

fn counted(answer: &Answer) -> usize {
    let column = answer.batches.first().and_then(|batch| batch.columns().first());
    let count = column.and_then(|column| column.as_primitive_opt::<Int64Type>()?.iter().next().flatten());
    count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}

fn can_run(check: &Check, context: &Context) -> bool {
    if !check.needs.is_empty() {
        return lacking(&check.needs, context.given).is_none();
    }
    let reads = context.engine.reads_of(&check.statement);
    reads.iter().all(|table| Table::named(table).is_none() || context.given.contains(table))
}
