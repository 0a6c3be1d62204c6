//! The `deliveries` table: the production deployment that first brought each change to its users.
//!
//! A deployment delivers where it took effect: it succeeded, or it was rolled back later. A rolled-back deployment
//! counts because it did reach production, and because the same rollback may be recorded as a status by one tool and
//! as a further deployment by another; the lead time must not depend on that. Failed ones deliver nothing.
//! A change that names a deployment that does not exist is not guessed. Undelivered changes are absent.

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::columns::{Columns, project};
use super::error::LinkError;
use super::matching::{Events, Neighbour, Pairs, first_equal_rows, kept, nearest};
use super::parallel::in_slices;
use super::records::Deployments;
use super::reference::Resolved;
use super::{commit, output};
use crate::bridge;

/// A rule of delivery.
struct Rule {
    name: &'static str,
    /// (row of the change, row of the deployment) at most once for each change, in order of changes.
    find: fn(&Context) -> Result<Pairs, LinkError>,
}

/// Every rule, the strongest first: a change is delivered by the first that finds it.
static RULES: &[Rule] = &[
    Rule { name: "explicit", find: explicit },
    Rule { name: "commit", find: commit::find },
    Rule { name: "release", find: release },
    Rule { name: "next", find: next },
];

/// What a rule may look at.
pub(super) struct Context<'a> {
    pub changes: &'a Columns,
    pub deployments: &'a Deployments,
    /// `changes.deployment_id`, resolved.
    pub named: &'a Resolved,
    /// For each deployment, whether it took effect in production.
    is_delivering: Vec<bool>,
}

/// Columns that rules need.
pub(super) const CHANGE_COLUMNS: &[&str] =
    &["change_id", "service", "commit_sha", "release_id", "deployment_id", "committed_at", "merged_at"];

/// Columns of the change that are repeated, so that a lead time needs no join.
const OF_CHANGE: &[&str] =
    &["change_id", "committed_at", "opened_at", "first_review_at", "approved_at", "merged_at", "lines_changed"];

/// Columns of the deployment that are repeated beside its key and its finish, which is `deployed_at` here.
const OF_DEPLOYMENT: &[&str] = &["service", "team", "environment", "change_type", "started_at"];

impl<'a> Context<'a> {
    pub fn new(changes: &'a Columns, deployments: &'a Deployments, named: &'a Resolved) -> Self {
        let is_delivering =
            deployments.rows().map(|row| deployments.is_production(row) && deployments.took_effect(row)).collect();
        Self { changes, deployments, named, is_delivering }
    }

    pub fn is_delivering(&self, row: IdxSize) -> bool {
        self.is_delivering.get(row as usize).copied().unwrap_or(false)
    }

    /// A column of deployments, null where they deliver nothing.
    pub fn delivering(&self, column: &StringChunked) -> StringChunked {
        kept(column, |row| self.is_delivering(row))
    }
}

/// The `deliveries` table, in the order and the batches of `changes`.
///
/// Its columns are `change_id`, `deployment_id`, `rule`, `lead_s` (first commit to deployment), and those of the
/// change and the deployment that are there.
///
/// # Errors
/// When the joins fail.
pub(super) fn table(context: &Context, changes: &[RecordBatch]) -> Result<Vec<RecordBatch>, LinkError> {
    let delivered = delivered(context)?;
    let deployments = repeated_of_deployment(context.deployments)?;
    let mut parts = Vec::with_capacity(changes.len());
    let mut rest = delivered.as_slice();
    for batch in changes {
        let (here, after) = rest.split_at_checked(batch.num_rows()).unwrap_or((rest, &[]));
        rest = after;
        if parts.is_empty() || here.iter().any(Option::is_some) {
            parts.push((batch, here));
        }
    }
    if parts.is_empty() {
        let nothing = DataFrame::new(0, nothing())?;
        return assembled(nothing, &[], &deployments);
    }
    let tables = in_slices(&parts, |parts| {
        let mut tables = Vec::with_capacity(parts.len());
        for (batch, delivered) in parts {
            let repeated = project(std::slice::from_ref(*batch), OF_CHANGE)?;
            let repeated = bridge::from_arrow(&repeated)?;
            tables.extend(assembled(repeated, delivered, &deployments)?);
        }
        Ok(tables)
    });
    let tables: Result<Vec<_>, LinkError> = tables.into_iter().collect();
    Ok(tables?.concat())
}

/// The deployment of each change and the rule that found it.
fn delivered(context: &Context) -> Result<Vec<Option<(IdxSize, &'static str)>>, LinkError> {
    let mut delivered = vec![None; context.changes.height()];
    for rule in RULES {
        for (change, deployment) in (rule.find)(context)? {
            if let Some(slot @ None) = delivered.get_mut(change as usize) {
                *slot = Some((deployment, rule.name));
            }
        }
    }
    for change in &context.named.missing {
        if let Some(slot) = delivered.get_mut(*change as usize) {
            *slot = None;
        }
    }
    Ok(delivered)
}

fn explicit(context: &Context) -> Result<Pairs, LinkError> {
    let named = context.named.found.iter().copied();
    Ok(named.filter(|(_, deployment)| context.is_delivering(*deployment)).collect())
}

/// The first delivering deployment of the release, of the change's own service where it names one.
fn release(context: &Context) -> Result<Pairs, LinkError> {
    let asked = context.changes.text("release_id")?;
    if asked.null_count() == asked.len() {
        return Ok(Vec::new());
    }
    let service = context.changes.text("service")?;
    let shipped = context.delivering(&context.deployments.release_id);
    let mut found =
        first_equal_rows(&[asked.clone(), service.clone()], &[shipped.clone(), context.deployments.service.clone()])?;
    let without_service = asked.iter().zip(service.iter());
    let without_service: StringChunked =
        without_service.map(|(release, service)| release.filter(|_| service.is_none())).collect();
    found.extend(first_equal_rows(&[without_service], &[shipped])?);
    found.sort_unstable();
    Ok(found)
}

/// The first delivering deployment of the change's service that finished at or after the merge. Only merged changes
/// take part; where no merges are recorded at all, the first commit stands for the merge.
fn next(context: &Context) -> Result<Pairs, LinkError> {
    let has_merges = context.changes.frame.column("merged_at").is_ok();
    let ready_at = if has_merges { "merged_at" } else { "committed_at" };
    let changes =
        Events { at: context.changes.instants(ready_at)?, groups: vec![context.changes.text("service")?], rows: None };
    let service = &context.deployments.service;
    let is_delivering = |row| context.is_delivering(row);
    let deliveries = context.deployments.finishes(&[service], is_delivering)?;
    let found = nearest(&changes, &deliveries, Neighbour::AtOrAfter)?;
    Ok((0..).zip(found).filter_map(|(change, deployment)| Some((change, deployment?))).collect())
}

fn repeated_of_deployment(deployments: &Deployments) -> Result<DataFrame, LinkError> {
    let ids = deployments.ids.clone().with_name("deployment_id".into());
    let mut columns = vec![ids.into_column()];
    let given = OF_DEPLOYMENT.iter().filter_map(|name| deployments.frame.column(name).ok());
    columns.extend(given.cloned());
    columns.push(output::instant("deployed_at", deployments.finished_at.iter()));
    Ok(DataFrame::new(deployments.len(), columns)?)
}

/// The delivered rows of one batch of changes.
fn assembled(
    changes: DataFrame,
    delivered: &[Option<(IdxSize, &'static str)>],
    deployments: &DataFrame,
) -> Result<Vec<RecordBatch>, LinkError> {
    let is_delivered: BooleanChunked = delivered.iter().map(|found| Some(found.is_some())).collect();
    let changes = if is_delivered.all() { changes } else { changes.filter(&is_delivered)? };
    let rows = delivered.iter().flatten().map(|(row, _)| *row).collect();
    let deployments = deployments.take(&IdxCa::from_vec(PlSmallStr::EMPTY, rows))?;
    let rules = delivered.iter().flatten().map(|(_, rule)| Some(*rule));
    let mut columns = vec![
        changes.column("change_id")?.clone(),
        deployments.column("deployment_id")?.clone(),
        output::text("rule", rules),
        lead_times(&changes, &deployments)?,
    ];
    let is_key = |column: &&Column| matches!(column.name().as_str(), "change_id" | "deployment_id");
    let repeated = deployments.columns().iter().chain(changes.columns());
    columns.extend(repeated.filter(|column| !is_key(column)).cloned());
    output::batches(columns)
}

fn lead_times(changes: &DataFrame, deployments: &DataFrame) -> Result<Column, LinkError> {
    let committed = changes.column("committed_at")?.to_physical_repr();
    let deployed = deployments.column("deployed_at")?.to_physical_repr();
    let pairs = committed.i64()?.iter().zip(deployed.i64()?.iter());
    let leads = pairs.map(|(from, until)| Some(output::seconds_between(from?, until?)));
    Ok(output::whole("lead_s", leads))
}

/// The columns of changes that are always there, with no rows.
fn nothing() -> Vec<Column> {
    vec![output::text("change_id", std::iter::empty()), output::instant("committed_at", std::iter::empty())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_the_weakest_guesses() {
        let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names, ["explicit", "commit", "release", "next"]);
    }
}
