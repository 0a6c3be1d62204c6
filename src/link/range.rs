//! Delivery by range: a deployment ships the commits that its own commit builds on and that no earlier deployment of
//! the same service reached. It goes by ancestry alone, so that parallel release branches, tags that moved and clocks
//! that run wrong do not matter.
//!
//! The first deployment of a service whose commit is known delivers nothing by range: what it builds on was there
//! before anybody counted.

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::columns::Columns;
use super::commit::SHORTEST;
use super::delivery::Context;
use super::error::LinkError;
use super::matching::Pairs;
use super::records::{Deployments, text_at};

/// The columns of commits that ancestry rests on.
pub(super) const COLUMNS: &[&str] = &["commit_sha", "parents"];

/// Which commits build on which: for each, the places of its parents that are known.
pub(super) struct Ancestry {
    /// Names in order, each with its place.
    places: Vec<(String, u32)>,
    parents: Vec<Vec<u32>>,
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
    /// What the mark on its commit says of a change. Where all that its service deployed is known (`is_judged`), what
    /// nobody reached is not out.
    fn of(mark: Mark, is_judged: bool) -> Self {
        match mark {
            NONE if is_judged => Self::Never,
            NONE => Self::Unknown,
            mark if is_before(mark) => Self::Before(mark / 2),
            mark => Self::By(mark / 2),
        }
    }

    /// Whether a deployment may have been the first to ship the change: none that held it was earlier.
    pub fn allows(self, row: IdxSize) -> bool {
        match self {
            Self::Unknown | Self::Never => true,
            Self::Before(first) | Self::By(first) => row <= first,
        }
    }
}

impl Ancestry {
    /// # Errors
    /// When a column has another type than its table says.
    pub fn read(commits: &[RecordBatch]) -> Result<Self, LinkError> {
        let columns = Columns::read("commits", commits, COLUMNS)?;
        let (shas, parents) = (columns.text("commit_sha")?, columns.text("parents")?);
        let mut places: Vec<(String, u32)> =
            shas.iter().zip(0..).map(|(sha, place)| (sha.unwrap_or_default().to_owned(), place)).collect();
        places.sort_unstable();
        let mut ancestry = Self { places, parents: Vec::new() };
        let known = |text: Option<&str>| -> Vec<u32> {
            text.unwrap_or_default().split_whitespace().filter_map(|sha| ancestry.place_of(sha)).collect()
        };
        let parents: Vec<Vec<u32>> = parents.iter().map(known).collect();
        ancestry.parents = parents;
        Ok(ancestry)
    }

    /// The place of a commit, also by an abbreviation that fits one only.
    fn place_of(&self, sha: &str) -> Option<u32> {
        let first = self.places.partition_point(|(name, _)| name.as_str() < sha);
        let mut fitting = self.places.iter().skip(first).take_while(|(name, _)| name.starts_with(sha));
        let (name, place) = fitting.next()?;
        let is_whole = name == sha;
        let is_clear = sha.len() >= SHORTEST && sha.bytes().all(|b| b.is_ascii_hexdigit()) && fitting.next().is_none();
        (is_whole || is_clear).then_some(*place)
    }
}

/// For each change, which deployment reached it first: of the change's own service, or of any where that is not known.
/// Nothing where no ancestry is known.
pub(super) fn reaches(context: &Context) -> Result<Option<Vec<Reach>>, LinkError> {
    if context.ancestry.parents.is_empty() {
        return Ok(None);
    }
    let Some(shas) = context.changes.known_text("commit_sha")? else {
        return Ok(None);
    };
    let services = context.known_services()?;
    let mut asked: PlHashMap<Option<&str>, Vec<Asked>> = PlHashMap::default();
    for (change, (sha, service)) in (0..).zip(shas.iter().zip(services.iter())) {
        if let Some(place) = sha.and_then(|sha| context.ancestry.place_of(sha)) {
            asked.entry(service).or_default().push(Asked { change, place });
        }
    }
    let mut reaches = vec![Reach::Unknown; shas.len()];
    let mut tell = |asked: Option<&Vec<Asked>>, by: &dyn Fn(u32) -> Mark, is_judged: bool| {
        for Asked { change, place } in asked.into_iter().flatten() {
            if let Some(slot) = reaches.get_mut(*change as usize) {
                *slot = Reach::of(by(*place), is_judged);
            }
        }
    };
    let mut reached = Reached::nothing(context.ancestry.parents.len());
    for Deployed { service, commits, is_whole } in deployed(context) {
        reached.follow(&context.ancestry.parents, &commits);
        tell(asked.get(&Some(service)), &|place| reached.of(place), is_whole);
        reached.clear();
    }
    tell(asked.get(&None), &|place| reached.of_any(place), false);
    Ok(Some(reaches))
}

/// The changes that some deployment was the first to bring.
pub(super) fn pairs(reaches: &[Reach]) -> Pairs {
    let by = |(change, reach): (IdxSize, &Reach)| match reach {
        Reach::By(row) => Some((change, *row)),
        _ => None,
    };
    (0..).zip(reaches).filter_map(by).collect()
}

/// A change that asks who reached its commit.
struct Asked {
    change: IdxSize,
    /// Of the commit.
    place: u32,
}

/// Who reached a commit first: twice the row of the deployment, and one more where that one brought it. Where it was the
/// first deployment that is known, the commit was there by then, and nobody knows since when. The smaller came earlier.
type Mark = IdxSize;

/// Nobody has reached it.
const NONE: Mark = IdxSize::MAX;

fn is_before(mark: Mark) -> bool {
    mark.is_multiple_of(2)
}

/// What a service deployed.
struct Deployed<'a> {
    service: &'a str,
    /// (place, row) of the deployments whose commit is known, in order of time.
    commits: Vec<(u32, IdxSize)>,
    /// No deployment's commit is unknown.
    is_whole: bool,
}

/// What each service brought to production, by the name of the service.
fn deployed<'a>(context: &Context<'a>) -> Vec<Deployed<'a>> {
    let deployments = context.deployments;
    let mut of_service: PlHashMap<&str, Deployed> = PlHashMap::default();
    for row in deployments.rows().filter(|row| context.is_delivering(*row)) {
        let Some(service) = text_at(&deployments.service, row) else { continue };
        let place = text_at(&deployments.commit_sha, row).and_then(|sha| context.ancestry.place_of(sha));
        let all = of_service.entry(service).or_insert(Deployed { service, commits: Vec::new(), is_whole: true });
        all.is_whole &= place.is_some();
        all.commits.extend(place.map(|place| (place, row)));
    }
    let mut all: Vec<Deployed> = of_service.into_values().filter(|one| !one.commits.is_empty()).collect();
    all.sort_by_key(|one| one.service);
    ancestors_first(context.ancestry, deployments, &mut all);
    all
}

/// Puts deployments of the same instant in the order of their commits, an ancestor first: a clock that counts seconds,
/// or days, does not tell them apart.
fn ancestors_first(ancestry: &Ancestry, deployments: &Deployments, all: &mut [Deployed]) {
    let same = |one: &(u32, IdxSize), other: &(u32, IdxSize)| {
        deployments.finished_at(one.1) == deployments.finished_at(other.1)
    };
    let is_tied = |pair: &[(u32, IdxSize)]| matches!(pair, [one, other] if same(one, other) && one.0 != other.0);
    if !all.iter().any(|one| one.commits.windows(2).any(is_tied)) {
        return;
    }
    let generations = generations(&ancestry.parents);
    let generation = |place: u32| generations.get(place as usize).copied().unwrap_or(0);
    for tied in all.iter_mut().flat_map(|one| one.commits.chunk_by_mut(same)) {
        tied.sort_by_key(|(place, row)| (generation(*place), *row));
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

/// What one service has reached; the memory is used again for the next.
struct Reached {
    by: Vec<Mark>,
    touched: Vec<u32>,
    /// The earliest of all services so far, also where that one had it before anybody counted.
    by_any: Vec<Mark>,
}

impl Reached {
    fn nothing(commits: usize) -> Self {
        Self { by: vec![NONE; commits], touched: Vec::new(), by_any: vec![NONE; commits] }
    }

    fn follow(&mut self, parents: &[Vec<u32>], deployments: &[(u32, IdxSize)]) {
        for (number, (place, row)) in deployments.iter().enumerate() {
            self.mark(parents, *place, 2 * row + IdxSize::from(number > 0));
        }
    }

    /// Gives every commit that `place` builds on, and itself, to `mark`, unless an earlier one has it.
    fn mark(&mut self, parents: &[Vec<u32>], place: u32, mark: Mark) {
        let mut waiting = vec![place];
        while let Some(place) = waiting.pop() {
            match self.by.get_mut(place as usize) {
                Some(slot) if *slot == NONE => *slot = mark,
                _ => continue,
            }
            self.touched.push(place);
            waiting.extend(parents.get(place as usize).into_iter().flatten());
        }
    }

    fn of(&self, place: u32) -> Mark {
        self.by.get(place as usize).copied().unwrap_or(NONE)
    }

    fn of_any(&self, place: u32) -> Mark {
        self.by_any.get(place as usize).copied().unwrap_or(NONE)
    }

    /// Makes room for the next service.
    fn clear(&mut self) {
        for place in self.touched.drain(..) {
            if let (Some(own), Some(any)) = (self.by.get_mut(place as usize), self.by_any.get_mut(place as usize)) {
                *any = (*any).min(*own);
                *own = NONE;
            }
        }
    }
}
