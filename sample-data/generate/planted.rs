//! Violations for auditors to find, planted into a life that has been lived already.
//!
//! Nothing is drawn here from the streams of chance that others use, so that all other rows stay as they were.

use crate::calendar::{Instant, utc};
use crate::company::DEPENDENCIES;
use crate::records::{Deployment, Position, Records};
use crate::stories::Told;

/// Payment gateway 10.22.0, which the change board signed after it had been live for hours.
const SIGNED_LATE: Instant = utc(2026, 10, 22, 11, 18) + 17;
const SIGNED_AT: Instant = utc(2026, 10, 22, 14, 48) + 5;

/// Payment gateway 10.20.0, of which security had looked at an earlier commit.
const OTHER_COMMIT: Instant = utc(2026, 10, 20, 12, 55) + 28;

/// Billing 10.7.0, whose coverage was waived and which was rolled back an hour later.
const WAIVED: Instant = utc(2026, 10, 15, 10, 47) + 37;

/// Rollouts of ledger-export to a staging environment that was broken all October.
const BROKEN_STAGING: [Instant; 2] = [utc(2026, 10, 5, 8, 22) + 19, utc(2026, 10, 16, 10, 43) + 24];

/// Checkout 15.11.0 went out while identity, on which it rests, was being replaced.
const COLLIDED: Instant = utc(2026, 10, 19, 16, 20) + 31;

/// The deployment whose coverage check was waived.
pub fn waived(records: &Records) -> Option<Position> {
    records.production_at("billing", WAIVED)
}

/// Plants what auditors look for. Everything else of its kind is taken away first.
pub fn plant(records: &mut Records) -> Vec<Told> {
    keep_apart(records);
    let found = [sign_late(records), approve_another_commit(records), break_staging(records), collide(records)];
    let waived = waived(records).map(|at| ("waived check that failed", vec![at], vec![]));
    found.into_iter().chain([waived]).flatten().collect()
}

fn sign_late(records: &mut Records) -> Option<Told> {
    let at = records.production_at("payment-gateway", SIGNED_LATE)?;
    let board = records.approvals.iter_mut().find(|approval| approval.deployment == at && approval.gate == "cab")?;
    board.decided_at = SIGNED_AT;
    records.deployments[at].approved_at = Some(SIGNED_AT);
    Some(("approved after the fact", vec![at], vec![]))
}

fn approve_another_commit(records: &mut Records) -> Option<Told> {
    let at = records.production_at("payment-gateway", OTHER_COMMIT)?;
    let shipped = (0..records.changes.len()).filter(|&change| records.changes[change].shipped_by == Some(at));
    let earliest = shipped.min_by_key(|&change| records.changes[change].merged_at)?;
    let security =
        records.approvals.iter_mut().find(|approval| approval.deployment == at && approval.gate == "security")?;
    security.change = Some(earliest);
    Some(("approval of another commit", vec![at], vec![]))
}

fn break_staging(records: &mut Records) -> Option<Told> {
    let staging = |deployment: &Deployment| {
        !deployment.is_production
            && deployment.service.name == "ledger-export"
            && BROKEN_STAGING.contains(&deployment.started_at)
    };
    let broken: Vec<Position> =
        (0..records.deployments.len()).filter(|&at| staging(&records.deployments[at])).collect();
    for at in &broken {
        records.deployments[*at].status = "failed";
    }
    (broken.len() == BROKEN_STAGING.len()).then_some(("staging left behind", broken, vec![]))
}

fn collide(records: &Records) -> Option<Told> {
    let at = records.production_at("checkout", COLLIDED)?;
    let others = 0..records.deployments.len();
    let met = |other: &Position| {
        let (one, other) = (&records.deployments[at], &records.deployments[*other]);
        other.is_production && other.service.name == "identity" && overlap(one, other)
    };
    Some(("conflict across a dependency", others.filter(met).chain([at]).collect(), vec![]))
}

/// Rollouts of one service, and of services that depend on one another, wait for each other: the earlier one is done
/// when the later one begins. One pair is left as it was.
fn keep_apart(records: &mut Records) {
    let mut order: Vec<Position> = (0..records.deployments.len()).collect();
    order.sort_by_key(|&at| records.deployments[at].started_at);
    for (place, &at) in order.iter().enumerate() {
        let one = &records.deployments[at];
        let next = order[place + 1..]
            .iter()
            .map(|&other| &records.deployments[other])
            .take_while(|other| other.started_at < one.finished_at)
            .find(|other| are_related(one, other) && other.started_at != COLLIDED);
        if let Some(next) = next.map(|other| other.started_at).filter(|started_at| *started_at > one.started_at) {
            records.deployments[at].finished_at = next;
        }
    }
}

fn are_related(one: &Deployment, other: &Deployment) -> bool {
    let (left, right) = (one.service.name, other.service.name);
    one.is_production == other.is_production
        && (left == right || DEPENDENCIES.contains(&(left, right)) || DEPENDENCIES.contains(&(right, left)))
}

fn overlap(one: &Deployment, other: &Deployment) -> bool {
    one.started_at < other.finished_at && other.started_at < one.finished_at
}
