//! The `recoveries` table: when each failed production deployment began to hurt, and when that was over.
//!
//! A deployment failed where it was undone, where it is the primary cause of an incident that counts, or where it
//! ended as failed and the definitions call that a failure. Which end counts is for SQL to choose: each has its own
//! column. Only what had happened by "now" is told; what had not is null, and the recovery is not observed.
//!
//! A deployment of which only its own status tells that it was rolled back has no line: that it was undone is known,
//! and neither when it began to hurt nor when that was over. What is deployed weeks later did not restore it.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::attribution::{Context, Link, primaries};
use super::error::LinkError;
use super::matching::{Events, Neighbour, nearest};
use super::output;
use super::records::{Status, text_at};
use super::rollback::Undoing;
use crate::definitions::{self, ChangeFailRate};

/// What is known of one failed deployment.
#[derive(Debug, Default)]
struct Failure {
    /// The first of its incidents opened.
    opened_at: Option<i64>,
    /// The last of its incidents resolved.
    resolved_at: Option<i64>,
    /// One of its incidents is still open.
    is_open: bool,
    /// One of its incidents is over, at a time that nobody wrote down.
    is_vague: bool,
    /// When it was undone, each time.
    undone_at: Vec<i64>,
}

/// A line of the table.
struct Recovery {
    deployment: IdxSize,
    failed_at: i64,
    resolved_at: Option<i64>,
    is_open: bool,
    is_vague: bool,
    undone_at: Option<i64>,
    replaced_at: Option<i64>,
}

/// The `recoveries` table, in order of `deployment_id`.
///
/// `failed_at` is when its first incident opened, or without one when it finished. `resolved_at` is when the last of
/// its incidents was resolved, if all are; `remediated_at` when it was undone, or where it was not, when the next
/// deployment of its service succeeded in production. `recovered_at` is the earliest of the three, and `rule` says
/// which it was: `resolved`, `rollback` or `next`; there is none while one of its incidents is still open. `is_vague`
/// says that one of them is over at an unknown time and none is open: an end that is not told may be long past.
///
/// # Errors
/// When the joins fail.
pub(super) fn table(
    context: &Context,
    links: &[Link],
    definition: &ChangeFailRate,
) -> Result<Vec<RecordBatch>, LinkError> {
    let mut recoveries: Vec<Recovery> = failures(context, links, definition)
        .into_iter()
        .filter_map(|(deployment, failure)| failure.recovery(context, deployment))
        .collect();
    let deployments = context.deployments;
    recoveries.sort_by_key(|recovery| deployments.id(recovery.deployment));
    let replaced = replacements(context, &recoveries)?;
    for (recovery, at) in recoveries.iter_mut().zip(replaced) {
        recovery.replaced_at = at.filter(|at| *at <= context.as_of);
    }
    let all = || recoveries.iter();
    let ids = |column| all().map(move |one| text_at(column, one.deployment));
    let mut columns = vec![
        output::text("deployment_id", ids(&deployments.ids)),
        output::instant("failed_at", all().map(|one| Some(one.failed_at))),
        output::instant("recovered_at", all().map(|one| one.end().map(|(at, _)| at))),
        output::text("rule", all().map(|one| one.end().map(|(_, rule)| rule))),
        output::flag("is_observed", all().map(|one| one.end().is_some())),
        output::flag("is_vague", all().map(|one| one.is_vague)),
        output::instant("resolved_at", all().map(|one| one.resolved_at)),
        output::instant("remediated_at", all().map(Recovery::remediated_at)),
        output::instant("finished_at", all().map(|one| deployments.finished_at(one.deployment))),
        output::text("service", ids(&deployments.service)),
    ];
    if deployments.frame.column("team").is_ok() {
        columns.push(output::text("team", ids(&deployments.team)));
    }
    output::batches(columns)
}

impl Failure {
    fn recovery(self, context: &Context, deployment: IdxSize) -> Option<Recovery> {
        let finished = context.deployments.finished_at(deployment);
        let failed_at = self.opened_at.or(finished)?;
        // What ended with the deployment itself, by a clock that counts days say, does not tell when that was restored.
        let known = |at: &i64| *at >= failed_at && *at <= context.as_of && Some(*at) != finished;
        Some(Recovery {
            deployment,
            failed_at,
            resolved_at: self.resolved_at.filter(|_| !self.is_open && !self.is_vague),
            is_open: self.is_open,
            is_vague: self.is_vague && !self.is_open,
            undone_at: self.undone_at.into_iter().filter(known).min(),
            replaced_at: None,
        })
    }
}

impl Recovery {
    /// What came first; nothing did while one of its incidents is open, whatever has been deployed since.
    fn end(&self) -> Option<(i64, &'static str)> {
        if self.is_open {
            return None;
        }
        let ends = [(self.resolved_at, "resolved"), (self.undone_at, "rollback"), (self.replaced_at, "next")];
        let known = ends.into_iter().filter_map(|(at, rule)| Some((at?, rule)));
        known.min_by_key(|(at, _)| *at)
    }

    fn remediated_at(&self) -> Option<i64> {
        self.undone_at.or(self.replaced_at)
    }
}

fn failures(context: &Context, links: &[Link], definition: &ChangeFailRate) -> BTreeMap<IdxSize, Failure> {
    let mut failures: BTreeMap<IdxSize, Failure> = BTreeMap::new();
    let deployments = context.deployments;
    if definition.failure.contains(&definitions::Failure::Status) {
        let failed = deployments.rows().filter(|row| deployments.status(*row) == Status::Failed);
        failures.extend(failed.filter(|row| deployments.is_production(*row)).map(|row| (row, Failure::default())));
    }
    let in_production = |row: &IdxSize| context.deployments.is_production(*row);
    let is_unexplained = |one: &&Undoing| one.by == one.undone && deployments.finished_at(one.undone) == Some(one.at);
    for undoing in context.undoings.iter().filter(|one| in_production(&one.undone) && !is_unexplained(one)) {
        let failure = failures.entry(undoing.undone).or_default();
        failure.undone_at.push(undoing.at);
    }
    for (incident, deployment) in primaries(links).filter(|(_, row)| in_production(row)) {
        let is_severe = context.incidents.is_at_least(incident, definition.min_severity.rank());
        if context.incidents.is_false_alarm(incident) || !is_severe {
            continue;
        }
        let failure = failures.entry(deployment).or_default();
        let opened = context.incidents.opened_at(incident);
        failure.opened_at = failure.opened_at.into_iter().chain(opened).min();
        match context.incidents.resolved_at(incident) {
            Some(at) => failure.resolved_at = failure.resolved_at.max(Some(at)),
            None if context.incidents.is_over(incident) => failure.is_vague = true,
            None => failure.is_open = true,
        }
    }
    failures
}

/// For each failure, when the next deployment of its service succeeded in production, after both the failure and
/// the failed deployment itself.
fn replacements(context: &Context, recoveries: &[Recovery]) -> Result<Vec<Option<i64>>, LinkError> {
    let deployments = context.deployments;
    let after = |one: &Recovery| {
        let finished = deployments.finished_at(one.deployment);
        Some(finished.unwrap_or(one.failed_at).max(one.failed_at).saturating_add(1))
    };
    let services = recoveries.iter().map(|one| text_at(&deployments.service, one.deployment));
    let failed = Events { at: recoveries.iter().map(after).collect(), groups: vec![services.collect()], rows: None };
    let succeeded = deployments.finishes(&[&deployments.service], |row| {
        deployments.is_production(row) && deployments.status(row) == Status::Succeeded
    })?;
    let found = nearest(&failed, &succeeded, Neighbour::AtOrAfter)?;
    Ok(found.iter().map(|row| row.and_then(|row| deployments.finished_at(row))).collect())
}
