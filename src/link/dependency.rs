//! Attribution by dependency: the last production deployment, within the window, of a service that the incident's own
//! depends on directly. Weaker than closeness within the service, and off unless asked for.

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::attribution::{Candidate, Context};
use super::columns::Columns;
use super::error::LinkError;
use super::evidence::Evidence;
use super::matching::{Events, nearest};
use super::proximity::microseconds;
use super::records::text_at;
use super::score::{Watch, scores};

/// Which service depends on which others, in order.
pub(super) struct Dependencies {
    upstream_of: PlHashMap<String, Vec<String>>,
}

/// The columns of `dependencies` that are read.
pub(super) const COLUMNS: &[&str] = &["service", "depends_on"];

impl Dependencies {
    /// # Errors
    /// When a column has another type than its table says.
    pub fn read(batches: &[RecordBatch]) -> Result<Self, LinkError> {
        let columns = Columns::read("dependencies", batches, COLUMNS)?;
        let (services, others) = (columns.text("service")?, columns.text("depends_on")?);
        let mut upstream_of: PlHashMap<String, Vec<String>> = PlHashMap::default();
        for (service, other) in services.iter().zip(others.iter()) {
            if let Some((service, other)) = service.zip(other).filter(|(service, other)| service != other) {
                upstream_of.entry(service.to_owned()).or_default().push(other.to_owned());
            }
        }
        for others in upstream_of.values_mut() {
            others.sort_unstable();
            others.dedup();
        }
        Ok(Self { upstream_of })
    }

    fn of(&self, service: Option<&str>) -> &[String] {
        service.and_then(|service| self.upstream_of.get(service)).map_or(&[], Vec::as_slice)
    }
}

/// For each incident and each service that its own depends on, the last deployment of that one.
pub(super) fn find(context: &Context) -> Result<Vec<Candidate>, LinkError> {
    let incidents = context.incidents;
    let asked: Vec<(IdxSize, &str)> = (0..incidents.len() as IdxSize)
        .flat_map(|row| {
            context.dependencies.of(text_at(&incidents.service, row)).iter().map(move |one| (row, one.as_str()))
        })
        .collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let events = Events {
        at: asked.iter().map(|(row, _)| incidents.opened_at(*row)).collect(),
        groups: vec![asked.iter().map(|(_, upstream)| Some(*upstream)).collect()],
        rows: None,
    };
    let service = &context.deployments.service;
    let deployments = context.blamable(&[service], |row| context.deployments.is_production(row))?;
    let neighbour = context.before_incidents();
    let found: Vec<Option<IdxSize>> = nearest(&events, &deployments, neighbour)?.iter().collect();
    let gap = |row: IdxSize, deployment: Option<IdxSize>| {
        let opened = incidents.opened_at(row)?;
        Some(opened.saturating_sub(context.deployments.finished_at(deployment?)?))
    };
    let gaps: Vec<Option<i64>> =
        asked.iter().zip(&found).map(|((row, _), deployment)| gap(*row, *deployment)).collect();
    let watch = Watch::of(&context.incidents.opened_at, &deployments.at, context.as_of);
    let scores = scores(&events, &deployments, neighbour, watch);
    let longest = context.attribution.window.seconds.map_or(i64::MAX, microseconds);
    let candidates = asked.iter().zip(found).zip(gaps.iter().zip(scores));
    Ok(candidates
        .filter_map(|(((incident, _), deployment), (gap, score))| {
            let is_within = (*gap)? <= longest;
            is_within.then_some(Candidate {
                incident: *incident,
                deployment: deployment?,
                evidence: Evidence::Upstream,
                score,
            })
        })
        .collect())
}
