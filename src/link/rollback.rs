//! Which deployment undid which: the `rollbacks` table, and the attribution rule that rests on it.
//!
//! Three rules, each for what the stronger one leaves open:
//!
//! * `explicit`: the deployment says what it undoes (`rollback_of`), and took effect;
//! * `version`: it brings back a version that lies further down in what its service, environment and region run
//!   now. What lies above is undone; `blame` chooses the last of it, the first, or all;
//! * `status`: a deployment is marked as rolled back and nothing else tells by what. It stands for its own undoing,
//!   at the finish of the next successful deployment of the same stream, or its own where none follows within the
//!   window of attribution: what came weeks later did not undo it.
//!
//! A version that was undone and comes again is a new attempt, not a rollback. Regions are kept apart, because a
//! rollout that goes through them one after the other would look like one.

use polars::prelude::*;

use super::attribution::{Candidate, Context};
use super::error::LinkError;
use super::evidence::Evidence;
use super::parallel::in_slices;
use super::proximity::microseconds;
use super::records::{Deployments, Status, text_at};
use super::reference::Resolved;
use crate::definitions::{Blame, Boundary, Window};

/// One deployment undone by another, or by itself where only its status tells. Rows of `deployments`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Undoing {
    pub by: IdxSize,
    pub undone: IdxSize,
    pub rule: &'static str,
    pub at: i64,
}

/// All undoings, in order of the undoing deployment's row. `rollback_of` is that column, resolved.
pub(super) fn undoings(deployments: &Deployments, rollback_of: &Resolved, how: (Blame, Window)) -> Vec<Undoing> {
    let mut undoings = explicit(deployments, rollback_of);
    let mut is_explained = vec![false; deployments.len()];
    for undoing in &undoings {
        mark(&mut is_explained, undoing.by);
    }
    let told = Told::by_streams(deployments, how);
    undoings.extend(told.by_version.into_iter().filter(|undoing| !is_marked(&is_explained, undoing.by)));
    let mut is_undone = vec![false; deployments.len()];
    for undoing in &undoings {
        mark(&mut is_undone, undoing.undone);
    }
    undoings.extend(told.by_status.into_iter().filter(|undoing| !is_marked(&is_undone, undoing.undone)));
    undoings.sort_by_key(|undoing| (undoing.by, undoing.undone));
    undoings
}

/// Attribution by rollback: a production deployment of the incident's service that was live when the incident
/// opened, and that was undone while it was open.
pub(super) fn find(context: &Context) -> Result<Vec<Candidate>, LinkError> {
    let deployments = context.deployments;
    let mut by_service: PlHashMap<&str, Vec<&Undoing>> = PlHashMap::default();
    for undoing in context.undoings {
        let may_be_blamed = deployments.may_be_blamed(undoing.undone, context.attribution.candidates);
        if !may_be_blamed || !deployments.is_production(undoing.undone) {
            continue;
        }
        if let Some(service) = text_at(&deployments.service, undoing.undone) {
            by_service.entry(service).or_default().push(undoing);
        }
    }
    for undoings in by_service.values_mut() {
        undoings.sort_by_key(|undoing| (undoing.at, undoing.by, undoing.undone));
    }
    let mut candidates = Vec::new();
    for (incident, service) in (0..).zip(context.incidents.service.iter()) {
        let undoings = service.and_then(|service| by_service.get(service));
        let (Some(undoings), Some(opened)) = (undoings, context.incidents.opened_at(incident)) else {
            continue;
        };
        let first = undoings.partition_point(|undoing| undoing.at < opened);
        let while_open =
            undoings.iter().skip(first).take_while(|undoing| context.incidents.is_open_at(incident, undoing.at));
        for undoing in while_open.filter(|undoing| was_live(context, undoing, opened)) {
            candidates.push(Candidate {
                incident,
                deployment: undoing.undone,
                evidence: Evidence::Undone { by: undoing.by },
                score: None,
            });
        }
    }
    Ok(candidates)
}

fn was_live(context: &Context, undoing: &Undoing, at: i64) -> bool {
    let finished = context.deployments.finished_at(undoing.undone);
    finished.is_some_and(|finished| match context.attribution.boundary {
        Boundary::Closed => finished <= at,
        Boundary::Open => finished < at,
    })
}

fn explicit(deployments: &Deployments, rollback_of: &Resolved) -> Vec<Undoing> {
    rollback_of
        .found
        .iter()
        .filter(|(by, undone)| by != undone && deployments.took_effect(*by))
        .filter_map(|(by, undone)| {
            Some(Undoing { by: *by, undone: *undone, rule: "explicit", at: deployments.finished_at(*by)? })
        })
        .collect()
}

/// What the order of deployments tells.
#[derive(Default)]
struct Told {
    by_version: Vec<Undoing>,
    by_status: Vec<Undoing>,
}

/// What one service runs in one environment and region: deployments, the newest on top.
#[derive(Default)]
struct Stream<'a> {
    live: Vec<IdxSize>,
    /// Each version that is live, with the place in `live` of its first deployment.
    runs: Vec<(&'a str, usize)>,
    /// The place of each version in `runs`.
    place_of: PlHashMap<&'a str, usize>,
    /// Marked as rolled back, with no successful deployment since.
    waiting: Vec<IdxSize>,
}

impl Told {
    fn by_streams(deployments: &Deployments, how: (Blame, Window)) -> Self {
        let streams = streams(deployments);
        let parts = in_slices(&streams, |streams| {
            let mut told = Self::default();
            let mut stream = Stream::default();
            for rows in streams {
                told.follow(deployments, rows, &mut stream, how);
            }
            told
        });
        let mut told = Self::default();
        for part in parts {
            told.by_version.extend(part.by_version);
            told.by_status.extend(part.by_status);
        }
        told
    }

    /// Follows one stream from its beginning. `stream` is empty memory, and is given back empty.
    fn follow<'a>(
        &mut self,
        deployments: &'a Deployments,
        rows: &[IdxSize],
        stream: &mut Stream<'a>,
        (blame, window): (Blame, Window),
    ) {
        let longest = window.seconds.map_or(i64::MAX, microseconds);
        for row in rows.iter().copied() {
            let Some(at) = deployments.finished_at(row) else {
                continue;
            };
            let has_succeeded = deployments.status(row) == Status::Succeeded;
            if has_succeeded {
                let waiting = stream.waiting.drain(..);
                self.by_status.extend(waiting.filter_map(|row| {
                    let own = deployments.finished_at(row)?;
                    let is_soon = at.saturating_sub(own) <= longest;
                    Some(by_status(row, if is_soon { at } else { own }))
                }));
            } else {
                stream.waiting.push(row);
            }
            let Some(version) = text_at(&deployments.version, row) else {
                continue;
            };
            let undone = stream.run(row, version, has_succeeded);
            let blamed = match blame {
                Blame::All => undone.as_slice(),
                Blame::Last => undone.get(undone.len().saturating_sub(1)..).unwrap_or_default(),
                Blame::First => undone.get(..1).unwrap_or_default(),
            };
            self.by_version.extend(blamed.iter().map(|undone| Undoing {
                by: row,
                undone: *undone,
                rule: "version",
                at,
            }));
        }
        for row in stream.waiting.drain(..) {
            let at = deployments.finished_at(row);
            self.by_status.extend(at.map(|at| by_status(row, at)));
        }
        stream.live.clear();
        stream.runs.clear();
        stream.place_of.clear();
    }
}

impl<'a> Stream<'a> {
    /// Runs one more deployment, and answers which ones it undid, oldest first.
    fn run(&mut self, row: IdxSize, version: &'a str, has_succeeded: bool) -> Vec<IdxSize> {
        let Some(place) = self.place_of.get(version).copied() else {
            self.place_of.insert(version, self.runs.len());
            self.runs.push((version, self.live.len()));
            self.live.push(row);
            return Vec::new();
        };
        let Some((_, first_undone)) = self.runs.get(place + 1).copied() else {
            self.live.push(row);
            return Vec::new();
        };
        if !has_succeeded {
            return Vec::new();
        }
        for (version, _) in self.runs.drain(place + 1..) {
            self.place_of.remove(version);
        }
        let undone = self.live.split_off(first_undone);
        self.live.push(row);
        undone
    }
}

/// The deployments that took effect, in order, apart for each service, environment and region.
fn streams(deployments: &Deployments) -> Vec<Vec<IdxSize>> {
    let mut place_of: PlHashMap<_, usize> = PlHashMap::default();
    let mut streams: Vec<Vec<IdxSize>> = Vec::new();
    for row in deployments.rows().filter(|row| deployments.took_effect(*row)) {
        let key = (
            text_at(&deployments.service, row),
            text_at(&deployments.environment, row),
            text_at(&deployments.region, row),
        );
        let place = *place_of.entry(key).or_insert(streams.len());
        match streams.get_mut(place) {
            Some(stream) => stream.push(row),
            None => streams.push(vec![row]),
        }
    }
    streams
}

fn by_status(row: IdxSize, at: i64) -> Undoing {
    Undoing { by: row, undone: row, rule: "status", at }
}

fn mark(marks: &mut [bool], row: IdxSize) {
    if let Some(slot) = marks.get_mut(row as usize) {
        *slot = true;
    }
}

fn is_marked(marks: &[bool], row: IdxSize) -> bool {
    marks.get(row as usize).copied().unwrap_or(false)
}
