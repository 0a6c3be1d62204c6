//! Attribution by time alone: `proximity` (the last production deployment of the same scope, within the window)
//! and `latest` (the last production deployment of all).
//!
//! Closeness proves nothing by itself; `score` says how much it tells.

use polars::prelude::*;

use super::attribution::{Candidate, Context};
use super::error::LinkError;
use super::evidence::Evidence;
use super::matching::{Events, Neighbour, nearest};
use super::score::{Watch, scores};
use crate::definitions::{AttributionScope, Window};

/// The latest candidate of the same scope, no longer ago than the window.
pub(super) fn proximity(context: &Context) -> Result<Vec<Candidate>, LinkError> {
    let attribution = context.attribution;
    last_before(context, attribution.scope, attribution.window, Evidence::After)
}

/// The latest candidate of all, however long ago.
pub(super) fn latest(context: &Context) -> Result<Vec<Candidate>, LinkError> {
    let for_ever = Window { seconds: None };
    last_before(context, AttributionScope::All, for_ever, Evidence::Last)
}

fn last_before(
    context: &Context,
    scope: AttributionScope,
    window: Window,
    evidence: Evidence,
) -> Result<Vec<Candidate>, LinkError> {
    if context.incidents.len() == 0 {
        return Ok(Vec::new());
    }
    let incident_groups = incident_groups(context, scope)?;
    let deployment_groups = deployment_groups(context, scope);
    let deployments = context.blamable(&[&deployment_groups], |row| context.deployments.is_production(row))?;
    let incidents = Events { at: context.incidents.opened_at.clone(), groups: vec![incident_groups], rows: None };
    let neighbour = context.before_incidents();
    let found: Vec<_> = nearest(&incidents, &deployments, neighbour)?.iter().collect();
    let gaps = gaps(context, &found);
    let watch = Watch::of(&context.incidents.opened_at, &deployments.at, context.as_of);
    let scores = scores(&incidents, &deployments, neighbour, watch);
    let longest = window.seconds.map_or(i64::MAX, microseconds);
    let candidates = (0..).zip(found).zip(gaps.iter().zip(scores));
    Ok(candidates
        .filter_map(|((incident, deployment), (gap, score))| {
            let is_within = (*gap)? <= longest;
            is_within.then_some(Candidate { incident, deployment: deployment?, evidence, score })
        })
        .collect())
}

/// From the finish of the deployment to the opening of the incident, in microseconds.
fn gaps(context: &Context, found: &[Option<IdxSize>]) -> Vec<Option<i64>> {
    let gap = |(incident, deployment): (IdxSize, &Option<IdxSize>)| {
        let finished = context.deployments.finished_at((*deployment)?)?;
        Some(context.incidents.opened_at(incident)?.saturating_sub(finished))
    };
    (0..).zip(found).map(gap).collect()
}

fn deployment_groups(context: &Context, scope: AttributionScope) -> StringChunked {
    match scope {
        AttributionScope::Service => context.deployments.service.clone(),
        AttributionScope::Team if has_teams(context) => context.deployments.team.clone(),
        AttributionScope::Team | AttributionScope::All => everything(context.deployments.len()),
    }
}

/// Where no team is known at all, everybody is one team.
fn has_teams(context: &Context) -> bool {
    context.deployments.team.null_count() < context.deployments.len()
}

/// An incident's team is the one that owned its service then, or without such a record the one that its service had at
/// its last deployment before the incident.
fn incident_groups(context: &Context, scope: AttributionScope) -> Result<StringChunked, LinkError> {
    let incidents = context.incidents;
    match scope {
        AttributionScope::Service => Ok(incidents.service.clone()),
        AttributionScope::All => Ok(everything(incidents.len())),
        AttributionScope::Team if !has_teams(context) => Ok(everything(incidents.len())),
        AttributionScope::Team => {
            let (service, team) = (&context.deployments.service, &context.deployments.team);
            let owned = context.deployments.finishes(&[service], |row| {
                team.get(row as usize).is_some() && context.deployments.is_production(row)
            })?;
            let asked = Events { at: incidents.opened_at.clone(), groups: vec![incidents.service.clone()], rows: None };
            let found = nearest(&asked, &owned, Neighbour::AtOrBefore)?;
            let last = found.iter().map(|row| row.and_then(|row| team.get(row as usize)));
            Ok(incidents.team.iter().zip(last).map(|(owner, last)| owner.or(last)).collect())
        }
    }
}

pub(super) fn microseconds(seconds: i64) -> i64 {
    seconds.saturating_mul(1_000_000)
}

fn everything(height: usize) -> StringChunked {
    StringChunked::full("all".into(), "", height)
}
