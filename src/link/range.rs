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
use super::records::text_at;

/// The columns of commits that ancestry rests on.
pub(super) const COLUMNS: &[&str] = &["commit_sha", "parents"];

/// Which commits build on which: for each, the places of its parents that are known.
pub(super) struct Ancestry {
    /// Names in order, each with its place.
    places: Vec<(String, u32)>,
    parents: Vec<Vec<u32>>,
}

/// What ancestry tells of changes.
#[derive(Default)]
pub(super) struct Ranged {
    /// (row of the change, row of the deployment that reached it first), in order of changes.
    pub pairs: Pairs,
    /// Rows of the changes that were live before the first deployment that is known.
    pub earlier: Vec<IdxSize>,
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

/// For each change whose commit is known, the first deployment that reached it: of the change's own service, or of any
/// where that is not known.
pub(super) fn find(context: &Context) -> Result<Ranged, LinkError> {
    if context.ancestry.parents.is_empty() {
        return Ok(Ranged::default());
    }
    let Some(shas) = context.changes.known_text("commit_sha")? else {
        return Ok(Ranged::default());
    };
    let services = context.known_services()?;
    let mut asked: Vec<Asked> = Vec::new();
    for (change, (sha, service)) in (0..).zip(shas.iter().zip(services.iter())) {
        let place = sha.and_then(|sha| context.ancestry.place_of(sha));
        asked.extend(place.map(|place| Asked { change, place, service, by: NONE }));
    }
    let mut reached = Reached { by: vec![NONE; context.ancestry.parents.len()], touched: Vec::new() };
    for (service, deployments) in deployed(context) {
        reached.follow(&context.ancestry.parents, &deployments);
        let concerned = asked.iter_mut().filter(|asked| asked.service.is_none_or(|own| own == service));
        for asked in concerned {
            // The earliest of all services, also where that one had it before anybody counted.
            asked.by = asked.by.min(reached.of(asked.place));
        }
        reached.clear();
    }
    let reached = || asked.iter().filter(|asked| asked.by != NONE);
    let (pairs, earlier) = (
        reached().filter(|asked| !is_before(asked.by)).map(|asked| (asked.change, asked.by / 2)).collect(),
        reached().filter(|asked| is_before(asked.by)).map(|asked| asked.change).collect(),
    );
    Ok(Ranged { pairs, earlier })
}

/// A change that asks who reached its commit.
struct Asked<'a> {
    change: IdxSize,
    place: u32,
    service: Option<&'a str>,
    by: Mark,
}

/// Who reached a commit first: twice the row of the deployment, and one more where that one brought it. Where it was the
/// first deployment that is known, the commit was there by then, and nobody knows since when. The smaller came earlier.
type Mark = IdxSize;

/// Nobody has reached it.
const NONE: Mark = IdxSize::MAX;

fn is_before(mark: Mark) -> bool {
    mark.is_multiple_of(2)
}

/// The delivering deployments of each service whose commit is known, in order of time, as (place, row); services by
/// name.
fn deployed<'a>(context: &Context<'a>) -> Vec<(&'a str, Vec<(u32, IdxSize)>)> {
    let deployments = context.deployments;
    let mut of_service: PlHashMap<&str, Vec<(u32, IdxSize)>> = PlHashMap::default();
    for row in deployments.rows().filter(|row| context.is_delivering(*row)) {
        let place = text_at(&deployments.commit_sha, row).and_then(|sha| context.ancestry.place_of(sha));
        if let Some((place, service)) = place.zip(text_at(&deployments.service, row)) {
            of_service.entry(service).or_default().push((place, row));
        }
    }
    let mut services: Vec<_> = of_service.into_iter().collect();
    services.sort_by_key(|(service, _)| *service);
    services
}

/// What one service has reached; the memory is used again for the next.
struct Reached {
    by: Vec<Mark>,
    touched: Vec<u32>,
}

impl Reached {
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

    fn clear(&mut self) {
        for place in self.touched.drain(..) {
            if let Some(slot) = self.by.get_mut(place as usize) {
                *slot = NONE;
            }
        }
    }
}
