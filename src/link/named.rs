//! Attribution by what the record says: `explicit` (a deployment or a ticket) and `version` (a version or a commit).
//!
//! What a record says may be of any environment; production comes first when candidates are ranked.

use polars::prelude::*;

use super::attribution::{Candidate, Context};
use super::commit;
use super::error::LinkError;
use super::evidence::Evidence;
use super::matching::{Events, Pairs, equal_rows, kept, nearest};

/// How sure a link is that the record itself states.
const STATED: Option<f64> = Some(1.0);

/// The incident names the deployment, or both belong to one ticket.
///
/// A ticket names only what had begun by the time the incident opened: later work on it is the repair.
pub(super) fn explicit(context: &Context) -> Result<Vec<Candidate>, LinkError> {
    let by_id = context.named.found.iter().copied();
    let mut candidates: Vec<Candidate> =
        by_id.map(|(incident, deployment)| stated(incident, deployment, Evidence::Named)).collect();
    let by_ticket = equal_rows(&context.incidents.ticket_id, &telling(&context.deployments.ticket_id))?;
    candidates.extend(
        by_ticket
            .into_iter()
            .filter(|(incident, deployment)| is_earlier(context, *incident, *deployment))
            .map(|(incident, deployment)| stated(incident, deployment, Evidence::Ticket)),
    );
    Ok(candidates)
}

/// A ticket of more deployments than this is a placeholder and names none of them.
const MOST_DEPLOYMENTS_OF_A_TICKET: usize = 100;

/// The tickets that few enough deployments share to say something.
fn telling(tickets: &StringChunked) -> StringChunked {
    let mut counts: PlHashMap<&str, usize> = PlHashMap::new();
    for ticket in tickets.iter().flatten() {
        *counts.entry(ticket).or_default() += 1;
    }
    kept(tickets, |row| {
        let ticket = tickets.get(row as usize);
        ticket.is_some_and(|ticket| counts.get(ticket).is_some_and(|count| *count <= MOST_DEPLOYMENTS_OF_A_TICKET))
    })
}

/// The incident names a version or commit: the latest deployment of it that had finished when the incident opened,
/// in production and elsewhere, of the incident's service where it names one. Either side may abbreviate a commit.
pub(super) fn version(context: &Context) -> Result<Vec<Candidate>, LinkError> {
    let (incidents, deployments) = (context.incidents, context.deployments);
    let mut candidates = shipping(context, (&incidents.version, &deployments.version), Evidence::Version)?;
    if incidents.commit_sha.null_count() < incidents.len() {
        for (asked, shipped) in commit::spellings(&incidents.commit_sha, &deployments.commit_sha) {
            candidates.extend(shipping(context, (&asked, &shipped), Evidence::Commit)?);
        }
    }
    Ok(candidates)
}

/// The latest deployments whose `shipped` is what an incident has `asked` for.
fn shipping(
    context: &Context,
    (asked, shipped): (&StringChunked, &StringChunked),
    evidence: Evidence,
) -> Result<Vec<Candidate>, LinkError> {
    if asked.null_count() == asked.len() || shipped.null_count() == shipped.len() {
        return Ok(Vec::new());
    }
    let services = (&context.incidents.service, &context.deployments.service);
    let without_service = kept(asked, |row| services.0.get(row as usize).is_none());
    let mut candidates = Vec::new();
    for in_production in [true, false] {
        let with_service = find(context, &[asked, services.0], &[shipped, services.1], in_production)?;
        let of_any_service = find(context, &[&without_service], &[shipped], in_production)?;
        let found = with_service.into_iter().chain(of_any_service);
        candidates.extend(found.map(|(incident, deployment)| stated(incident, deployment, evidence)));
    }
    Ok(candidates)
}

fn stated(incident: IdxSize, deployment: IdxSize, evidence: Evidence) -> Candidate {
    Candidate { incident, deployment, evidence, score: STATED }
}

fn is_earlier(context: &Context, incident: IdxSize, deployment: IdxSize) -> bool {
    let began = context.deployments.began_at(deployment);
    let opened = context.incidents.opened_at(incident);
    let may_be_blamed = context.deployments.may_be_blamed(deployment, context.attribution.candidates);
    may_be_blamed && began.zip(opened).is_some_and(|(began, opened)| began <= opened)
}

fn find(
    context: &Context,
    asked: &[&StringChunked],
    shipped: &[&StringChunked],
    in_production: bool,
) -> Result<Pairs, LinkError> {
    let incidents = Events {
        at: context.incidents.opened_at.clone(),
        groups: asked.iter().copied().cloned().collect(),
        rows: None,
    };
    let deployments = context.blamable(shipped, |row| context.deployments.is_production(row) == in_production)?;
    Ok(nearest(&incidents, &deployments, context.before_incidents())?.pairs())
}
