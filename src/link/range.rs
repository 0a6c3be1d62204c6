//! Delivery by range: a deployment ships the commits that its own commit builds on and that no earlier deployment of
//! the same service reached. It goes by ancestry alone, so that parallel release branches, tags that moved and clocks
//! that run wrong do not matter.
//!
//! The first deployment of a service whose commit is known delivers nothing by range: what it builds on was there
//! before anybody counted.

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::columns::Columns;
use super::delivery::Context;
use super::error::LinkError;
use super::matching::Pairs;
use super::records::text_at;

/// Which commits build on which: for each, the places of its parents that are known.
pub(super) struct Ancestry {
    place_of: PlHashMap<String, u32>,
    parents: Vec<Vec<u32>>,
}

impl Ancestry {
    /// # Errors
    /// When a column has another type than its table says.
    pub fn read(commits: &[RecordBatch]) -> Result<Self, LinkError> {
        let columns = Columns::read("commits", commits, &["commit_sha", "parents"])?;
        let (shas, parents) = (columns.text("commit_sha")?, columns.text("parents")?);
        let mut place_of = PlHashMap::default();
        for (sha, place) in shas.iter().zip(0..) {
            place_of.insert(sha.unwrap_or_default().to_owned(), place);
        }
        let known = |text: Option<&str>| -> Vec<u32> {
            text.unwrap_or_default().split_whitespace().filter_map(|sha| place_of.get(sha).copied()).collect()
        };
        let parents = parents.iter().map(known).collect();
        Ok(Self { place_of, parents })
    }
}

/// For each change whose commit is known, the first deployment that reached it: of the change's own service, or of any
/// where that is not known.
pub(super) fn find(context: &Context) -> Result<Pairs, LinkError> {
    let ancestry = context.ancestry;
    if ancestry.parents.is_empty() {
        return Ok(Vec::new());
    }
    let Some(shas) = context.changes.known_text("commit_sha")? else {
        return Ok(Vec::new());
    };
    let services = context.known_services()?;
    let reached = Reached::new(context);
    let mut pairs = Vec::new();
    for (change, (sha, service)) in (0..).zip(shas.iter().zip(services.iter())) {
        let Some(place) = sha.and_then(|sha| ancestry.place_of.get(sha)) else {
            continue;
        };
        let deployment = match service {
            Some(service) => reached.by(service, *place),
            None => reached.by_any(*place),
        };
        pairs.extend(deployment.map(|row| (change, row)));
    }
    Ok(pairs)
}

/// For each service, which deployment reached each commit first.
struct Reached<'a> {
    of_service: PlHashMap<&'a str, Vec<IdxSize>>,
    /// Names in order, so that nothing depends on a hash.
    services: Vec<&'a str>,
}

/// No deployment has reached the commit.
const NONE: IdxSize = IdxSize::MAX;
/// The commit was there before the first deployment that is known.
const BEFORE: IdxSize = IdxSize::MAX - 1;

impl<'a> Reached<'a> {
    fn new(context: &Context<'a>) -> Self {
        let deployments = context.deployments;
        let mut of_service: PlHashMap<&str, Vec<IdxSize>> = PlHashMap::default();
        let mut services = Vec::new();
        for row in deployments.rows().filter(|row| context.is_delivering(*row)) {
            let commit = text_at(&deployments.commit_sha, row).and_then(|sha| context.ancestry.place_of.get(sha));
            let (Some(place), Some(service)) = (commit, text_at(&deployments.service, row)) else {
                continue;
            };
            match of_service.get_mut(service) {
                Some(reached) => mark(&context.ancestry.parents, *place, row, reached),
                None => {
                    let mut reached = vec![NONE; context.ancestry.parents.len()];
                    mark(&context.ancestry.parents, *place, BEFORE, &mut reached);
                    of_service.insert(service, reached);
                    services.push(service);
                }
            }
        }
        services.sort_unstable();
        Self { of_service, services }
    }

    fn by(&self, service: &str, place: u32) -> Option<IdxSize> {
        let row = *self.of_service.get(service)?.get(place as usize)?;
        (row < BEFORE).then_some(row)
    }

    /// Deployments are in order of time, so the smallest row is the first.
    fn by_any(&self, place: u32) -> Option<IdxSize> {
        self.services.iter().filter_map(|service| self.by(service, place)).min()
    }
}

/// Gives every commit that `place` builds on, and itself, to `row`, unless an earlier row has it.
fn mark(parents: &[Vec<u32>], place: u32, row: IdxSize, reached: &mut [IdxSize]) {
    let mut waiting = vec![place];
    while let Some(place) = waiting.pop() {
        match reached.get_mut(place as usize) {
            Some(slot) if *slot == NONE => *slot = row,
            _ => continue,
        }
        waiting.extend(parents.get(place as usize).into_iter().flatten());
    }
}
