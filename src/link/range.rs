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
use super::records::{Deployments, text_at};

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

/// What ancestry says of a change. Deployments are rows, in the order in which they finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nothing: its commit is not known, or not every deployment's is.
    Unknown,
    /// No deployment holds it.
    Never,
    /// The first deployment that is known held it, and what came before nobody counted.
    Before(IdxSize),
    /// This deployment was the first to hold it.
    By(IdxSize),
}

impl Reach {
    /// Whether a deployment may have been the first to ship the change: none that held it was earlier.
    pub fn allows(self, row: IdxSize) -> bool {
        match self {
            Self::Unknown | Self::Never => true,
            Self::Before(first) | Self::By(first) => row <= first,
        }
    }
}

/// For each change, which deployment reached it first: of the change's own service, or of any where that is not known.
/// Nothing where no ancestry is known.
pub(super) fn reaches(context: &Context) -> Result<Option<Vec<Reach>>, LinkError> {
    let ancestry = context.ancestry;
    if ancestry.parents.is_empty() {
        return Ok(None);
    }
    let Some(shas) = context.changes.known_text("commit_sha")? else {
        return Ok(None);
    };
    let services = context.known_services()?;
    let reached = Reached::new(context);
    let reach = |(sha, service): (Option<&str>, Option<&str>)| {
        let place = sha.and_then(|sha| ancestry.place_of.get(sha)).copied();
        match (place, service) {
            (None, _) => Reach::Unknown,
            (Some(place), Some(service)) => reached.by(service, place),
            (Some(place), None) => reached.by_any(place),
        }
    };
    Ok(Some(shas.iter().zip(services.iter()).map(reach).collect()))
}

/// The changes that some deployment was the first to hold.
pub(super) fn pairs(reaches: &[Reach]) -> Pairs {
    let by = |(change, reach): (IdxSize, &Reach)| match reach {
        Reach::By(row) => Some((change, *row)),
        _ => None,
    };
    (0..).zip(reaches).filter_map(by).collect()
}

/// For each service, which deployment reached each commit first.
struct Reached<'a> {
    of_service: PlHashMap<&'a str, OfService>,
    /// Names in order, so that nothing depends on a hash.
    services: Vec<&'a str>,
}

struct OfService {
    /// By place of the commit; [`NONE`] where no deployment has reached it.
    rows: Vec<IdxSize>,
    first: IdxSize,
    /// Every deployment's commit is known.
    is_whole: bool,
}

/// No deployment has reached the commit.
const NONE: IdxSize = IdxSize::MAX;

impl<'a> Reached<'a> {
    fn new(context: &Context<'a>) -> Self {
        let (deployments, ancestry) = (context.deployments, context.ancestry);
        let mut with_commit: Vec<(IdxSize, u32, &str)> = Vec::new();
        let mut without: PlHashSet<&str> = PlHashSet::default();
        for row in deployments.rows().filter(|row| context.is_delivering(*row)) {
            let Some(service) = text_at(&deployments.service, row) else { continue };
            match text_at(&deployments.commit_sha, row).and_then(|sha| ancestry.place_of.get(sha)) {
                Some(place) => with_commit.push((row, *place, service)),
                None => drop(without.insert(service)),
            }
        }
        ancestors_first(ancestry, deployments, &mut with_commit);
        let mut of_service: PlHashMap<&str, OfService> = PlHashMap::default();
        for (row, place, service) in with_commit {
            let of = of_service.entry(service).or_insert_with(|| OfService {
                rows: vec![NONE; ancestry.parents.len()],
                first: row,
                is_whole: !without.contains(service),
            });
            mark(&ancestry.parents, place, row, &mut of.rows);
        }
        let mut services: Vec<&str> = of_service.keys().copied().collect();
        services.sort_unstable();
        Self { of_service, services }
    }

    fn by(&self, service: &str, place: u32) -> Reach {
        let Some(of) = self.of_service.get(service) else { return Reach::Unknown };
        match of.rows.get(place as usize) {
            Some(row) if *row == of.first => Reach::Before(*row),
            Some(row) if *row != NONE => Reach::By(*row),
            _ if of.is_whole => Reach::Never,
            _ => Reach::Unknown,
        }
    }

    /// Deployments are in order of time, so the smallest row is the first.
    fn by_any(&self, place: u32) -> Reach {
        let rows = self.services.iter().filter_map(|service| match self.by(service, place) {
            Reach::By(row) => Some(row),
            _ => None,
        });
        rows.min().map_or(Reach::Unknown, Reach::By)
    }
}

/// Puts deployments of the same instant in the order of their commits, an ancestor first: a clock that counts seconds,
/// or days, does not tell them apart.
fn ancestors_first(ancestry: &Ancestry, deployments: &Deployments, rows: &mut [(IdxSize, u32, &str)]) {
    let same = |one: &(IdxSize, u32, &str), other: &(IdxSize, u32, &str)| {
        deployments.finished_at(one.0) == deployments.finished_at(other.0)
    };
    if !rows.windows(2).any(|pair| matches!(pair, [one, other] if same(one, other) && one.1 != other.1)) {
        return;
    }
    let generations = generations(&ancestry.parents);
    let generation = |place: u32| generations.get(place as usize).copied().unwrap_or(0);
    for tied in rows.chunk_by_mut(same) {
        tied.sort_by_key(|(row, place, _)| (generation(*place), *row));
    }
}

/// For each commit, the length of the longest way down to one without parents, so that it is greater than those of all
/// it builds on. A circle, which no repository has, is left at 0.
fn generations(parents: &[Vec<u32>]) -> Vec<u32> {
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); parents.len()];
    let mut missing: Vec<usize> = parents.iter().map(Vec::len).collect();
    for (child, parents) in (0..).zip(parents) {
        for parent in parents {
            if let Some(children) = children.get_mut(*parent as usize) {
                children.push(child);
            }
        }
    }
    let mut generations = vec![0; parents.len()];
    let mut ready: Vec<u32> = (0..).zip(&missing).filter(|(_, count)| **count == 0).map(|(place, _)| place).collect();
    while let Some(place) = ready.pop() {
        let next = generations.get(place as usize).map_or(1, |generation| generation + 1);
        for child in children.get(place as usize).into_iter().flatten() {
            let (Some(count), Some(slot)) = (missing.get_mut(*child as usize), generations.get_mut(*child as usize))
            else {
                continue;
            };
            *slot = (*slot).max(next);
            *count -= 1;
            if *count == 0 {
                ready.push(*child);
            }
        }
    }
    generations
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
