//! The `attributions` table: every deployment that may have caused an incident, by every rule, best first.
//!
//! A rule is a function that finds candidates; it stands in [`RULES`] under its name. Ranking is the same for all:
//! the order of the rules in the definitions, production before other environments, then the smallest gap.
//! Two things hold whatever the rules say. An incident whose record names a deployment that does not exist is not
//! guessed: a statement is not overruled by closeness. And what repaired an incident is never its cause: who names the
//! repair says nothing of the cause, which is then looked for as if nothing had been named.

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::dependency::Dependencies;
use super::error::LinkError;
use super::evidence::{Evidence, told};
use super::matching::{Events, Neighbour};
use super::records::{Deployments, Incidents, text_at};
use super::reference::Resolved;
use super::rollback::Undoing;
use super::{dependency, named, output, proximity, rollback};
use crate::definitions::{Attribution, AttributionRule, Boundary};

/// A rule of attribution.
pub(super) struct Rule {
    pub rule: AttributionRule,
    /// All candidates by this rule, in any order, at most one for each pair and piece of evidence.
    pub find: fn(&Context) -> Result<Vec<Candidate>, LinkError>,
}

/// Every rule, sorted by name.
pub(super) static RULES: &[Rule] = &[
    Rule { rule: AttributionRule::Dependency, find: dependency::find },
    Rule { rule: AttributionRule::Explicit, find: named::explicit },
    Rule { rule: AttributionRule::Latest, find: proximity::latest },
    Rule { rule: AttributionRule::Proximity, find: proximity::proximity },
    Rule { rule: AttributionRule::Rollback, find: rollback::find },
    Rule { rule: AttributionRule::Version, find: named::version },
];

/// What a rule may look at.
pub(super) struct Context<'a> {
    pub incidents: &'a Incidents,
    pub deployments: &'a Deployments,
    pub dependencies: &'a Dependencies,
    pub undoings: &'a [Undoing],
    /// `incidents.deployment_id`, resolved.
    pub named: &'a Resolved,
    pub attribution: &'a Attribution,
    pub as_of: i64,
    /// For each deployment, whether it undid another one.
    is_undoing: Vec<bool>,
}

/// A deployment that may have caused an incident, as one rule sees it. Both are rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub incident: IdxSize,
    pub deployment: IdxSize,
    pub evidence: Evidence,
    /// Probability that it is the cause; none where no rule can tell.
    pub score: Option<f64>,
}

/// A candidate with its rule, in the order of the output.
pub(super) struct Link {
    pub candidate: Candidate,
    rule: &'static str,
    /// Rules that found the same pair and are weaker.
    pub also: Vec<&'static str>,
    /// 1 is the best.
    rank: i64,
    /// From the finish of the deployment to the opening of the incident, in microseconds.
    pub gap: Option<i64>,
}

impl<'a> Context<'a> {
    pub fn new(
        (incidents, deployments, dependencies): (&'a Incidents, &'a Deployments, &'a Dependencies),
        undoings: &'a [Undoing],
        named: &'a Resolved,
        (attribution, as_of): (&'a Attribution, i64),
    ) -> Self {
        let says_so = deployments.rollback_of.iter().map(|id| id.is_some());
        let mut is_undoing: Vec<bool> = says_so.collect();
        for undoing in undoings.iter().filter(|one| one.by != one.undone) {
            if let Some(slot) = is_undoing.get_mut(undoing.by as usize) {
                *slot = true;
            }
        }
        Self { incidents, deployments, dependencies, undoings, named, attribution, as_of, is_undoing }
    }

    /// The finishes of those deployments that may be blamed and are `wanted`, grouped by `groups`.
    ///
    /// A repair counts as a microsecond later: one that ends at the very instant at which an incident opens ended
    /// while that was open, and must not hide the deployment before it.
    ///
    /// # Errors
    /// When a row is out of bounds.
    pub fn blamable(&self, groups: &[&StringChunked], wanted: impl Fn(IdxSize) -> bool) -> Result<Events, LinkError> {
        let candidates = self.attribution.candidates;
        let may_be_blamed = |row| self.deployments.may_be_blamed(row, candidates) && wanted(row);
        let mut events = self.deployments.finishes(groups, may_be_blamed)?;
        let rows = events.rows.iter().flatten();
        let delays = rows.map(|row| i64::from(self.is_repair(*row)));
        let at = events.at.iter().zip(delays);
        events.at = at.map(|(at, delay)| Some(at?.saturating_add(delay))).collect();
        Ok(events)
    }

    /// Which finishes are before an incident: whether one at the very instant of its opening is.
    pub fn before_incidents(&self) -> Neighbour {
        match self.attribution.boundary {
            Boundary::Closed => Neighbour::AtOrBefore,
            Boundary::Open => Neighbour::Before,
        }
    }

    fn is_undoing(&self, row: IdxSize) -> bool {
        self.is_undoing.get(row as usize).copied().unwrap_or(false)
    }

    fn fixes(&self, row: IdxSize) -> Option<&str> {
        text_at(&self.deployments.fixes_incident_id, row)
    }

    fn is_repair(&self, row: IdxSize) -> bool {
        self.is_undoing(row) || self.fixes(row).is_some()
    }

    /// True where the deployment repaired the incident: a fix of it, or an undoing, that finished while it was open.
    fn has_repaired(&self, candidate: &Candidate) -> bool {
        let (incident, deployment) = (candidate.incident, candidate.deployment);
        let is_repair = self.is_undoing(deployment) || self.fixes(deployment) == Some(self.incidents.id(incident));
        let finished = self.deployments.finished_at(deployment);
        is_repair && finished.is_some_and(|at| self.incidents.is_open_at(incident, at))
    }

    fn gap(&self, candidate: &Candidate) -> Option<i64> {
        let opened = self.incidents.opened_at(candidate.incident)?;
        let finished = self.deployments.finished_at(candidate.deployment)?;
        Some(opened.saturating_sub(finished))
    }
}

/// All links, in order of (`incident_id`, rank).
///
/// # Errors
/// When a join fails.
pub(super) fn attribute(context: &Context) -> Result<Vec<Link>, LinkError> {
    let mut asked: Vec<AttributionRule> = Vec::new();
    for rule in &context.attribution.rules {
        if !asked.contains(rule) {
            asked.push(*rule);
        }
    }
    let is_stated = asked.contains(&AttributionRule::Explicit);
    let mut links = Vec::new();
    for (order, rule) in asked.into_iter().enumerate() {
        let Some(rule) = RULES.iter().find(|known| known.rule == rule) else { continue };
        for candidate in (rule.find)(context)? {
            let names_nothing = context.named.missing.binary_search(&candidate.incident).is_ok();
            if (is_stated && names_nothing) || context.has_repaired(&candidate) {
                continue;
            }
            links.push((order, rule.rule.name(), candidate));
        }
    }
    Ok(ranked(context, links))
}

/// The deployment of every incident's primary link, as (incident row, deployment row).
pub(super) fn primaries(links: &[Link]) -> impl Iterator<Item = (IdxSize, IdxSize)> {
    links.iter().filter(|link| link.rank == 1).map(|link| (link.candidate.incident, link.candidate.deployment))
}

/// The `attributions` table.
///
/// # Errors
/// When the rows cannot be handed over.
pub(super) fn table(context: &Context, links: &[Link]) -> Result<Vec<RecordBatch>, LinkError> {
    let (incidents, deployments) = (context.incidents, context.deployments);
    let evidence: Vec<String> = links.iter().map(|link| told(context, link)).collect();
    let candidates = || links.iter().map(|link| &link.candidate);
    output::batches(vec![
        output::text("incident_id", candidates().map(|found| text_at(&incidents.ids, found.incident))),
        output::text("deployment_id", candidates().map(|found| text_at(&deployments.ids, found.deployment))),
        output::text("rule", links.iter().map(|link| Some(link.rule))),
        output::whole("rank", links.iter().map(|link| Some(link.rank))),
        output::whole("gap_s", links.iter().map(|link| Some(output::seconds_between(0, link.gap?)))),
        output::number("score", candidates().map(|found| found.score)),
        output::text("evidence", evidence.iter().map(|text| Some(text.as_str()))),
        output::flag("is_primary", links.iter().map(|link| link.rank == 1)),
    ])
}

fn ranked(context: &Context, found: Vec<(usize, &'static str, Candidate)>) -> Vec<Link> {
    let place_of = places_by_id(context.incidents);
    let mut found: Vec<_> = found
        .into_iter()
        .map(|(order, rule, candidate)| {
            let gap = context.gap(&candidate);
            let nearness = (gap.is_none(), gap < Some(0), gap.map(i64::unsigned_abs));
            let elsewhere = !context.deployments.is_production(candidate.deployment);
            let place = place_of.get(candidate.incident as usize).copied();
            let key = (place, order, elsewhere, nearness, candidate.deployment);
            (key, rule, candidate, gap)
        })
        .collect();
    // A stable sort keeps the first evidence of a rule before its others.
    found.sort_by_key(|(key, ..)| *key);
    let mut links: Vec<Link> = Vec::with_capacity(found.len());
    let mut first_of_incident = 0;
    // The places in `links` of what is known of the incident: a long one may have thousands of candidates.
    let mut place_of: PlHashMap<IdxSize, usize> = PlHashMap::default();
    for (_, rule, candidate, gap) in found {
        if links.last().is_none_or(|last| last.candidate.incident != candidate.incident) {
            first_of_incident = links.len();
            place_of.clear();
        }
        let place = *place_of.entry(candidate.deployment).or_insert(links.len());
        match links.get_mut(place) {
            Some(link) if link.rule == rule || link.also.contains(&rule) => {}
            Some(link) => link.also.push(rule),
            None => links.push(Link {
                candidate,
                rule,
                also: Vec::new(),
                rank: (links.len() - first_of_incident) as i64 + 1,
                gap,
            }),
        }
    }
    links
}

/// For each incident, its place in the order of identifiers.
fn places_by_id(incidents: &Incidents) -> Vec<usize> {
    let mut rows: Vec<IdxSize> = (0..incidents.len() as IdxSize).collect();
    rows.sort_by_key(|row| incidents.id(*row));
    let mut places = vec![0; rows.len()];
    for (place, row) in rows.into_iter().enumerate() {
        if let Some(slot) = places.get_mut(row as usize) {
            *slot = place;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_there_once_in_order_of_names() {
        use AttributionRule::*;
        let names: Vec<&str> = RULES.iter().map(|rule| rule.rule.name()).collect();
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
        for rule in [Explicit, Version, Rollback, Proximity, Dependency, Latest] {
            assert!(names.contains(&rule.name()), "{}", rule.name());
        }
    }
}
