//! What a report will ask, told before there are data, so that nothing else is computed for it.
//!
//! It tells this of a page about one period. A site, a page about one release and an evidence package ask for more.

use crate::engine::Statement;
use crate::metric::{self, Catalogue, Context, Need};
use crate::period::Period;

use super::BuildError;
use super::definition::{Definition, Form};
use super::evidence::{Wanted, has_checks};
use super::numbers;

/// The statements of a report, and what must be given for its metrics and checks to be measured.
pub struct Questions {
    pub statements: Vec<Statement>,
    pub needs: Vec<Need>,
}

/// Whether [`questions`] tells everything that a report by this definition asks.
pub fn is_foreseen(definition: &Definition) -> bool {
    definition.form == Form::Page && definition.evidence.is_empty()
}

/// What the report asks about `period`; also for the events of the period, `with_events`.
///
/// # Errors
/// Where a metric does not exist or cannot be planned.
pub fn questions(
    definition: &Definition,
    catalogue: &Catalogue,
    context: &Context,
    period: Period,
    with_events: bool,
) -> Result<Questions, BuildError> {
    let wanted = Wanted::of(definition, catalogue, context, period)?;
    let asked = || wanted.measured.iter().chain(&wanted.tables);
    let mut needs: Vec<Need> = asked().flat_map(|(metric, _)| metric.needs.iter().cloned()).collect();
    let mut statements = metric::statements(context, &wanted.measured)?;
    statements.extend(metric::statements(context, &wanted.tables)?);
    for (metric, request) in &wanted.curves {
        statements.push(metric::cases(context, metric, request)?);
    }
    if has_checks(definition) {
        statements.extend(catalogue.checks.values().map(metric::counting));
        needs.extend(catalogue.checks.values().flat_map(|check| check.needs.iter().cloned()));
    }
    if with_events {
        statements.extend(numbers::raw_statements(context, period));
    }
    Ok(Questions { statements, needs })
}
