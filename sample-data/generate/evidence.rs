//! What stands beside each release: when it was planned, which checks ran and what it touched (since September 2026),
//! and who has booked the load test environment.

use crate::calendar::{DAY, HOUR, Instant, MINUTE, london, utc};
use crate::planted;
use crate::random::Random;
use crate::records::{Booking, Check, Records};

/// Checks, and what a release touches, have been recorded since then.
pub const PIPELINE_RECORDS: Instant = utc(2026, 9, 1, 0, 0);
/// Line coverage that is asked for, in per cent.
const COVERAGE: i64 = 80;

pub fn record_checks(random: &mut Random, records: &mut Records) {
    let waived = planted::waived(records);
    for (position, deployment) in records.deployments.iter().enumerate() {
        let is_recorded = deployment.is_production && deployment.started_at >= PIPELINE_RECORDS;
        if !is_recorded || deployment.status == "cancelled" {
            continue;
        }
        let is_waived = waived == Some(position);
        let check = |name, kind| Check {
            deployment: position,
            name,
            kind,
            value: None,
            threshold: None,
            outcome: "passed",
            waived_by: "",
        };
        let covered = if is_waived { 74 } else { random.between(COVERAGE, 94) };
        records.checks.push(check("dependency-scan", "security"));
        records.checks.push(Check {
            value: Some(covered),
            threshold: Some(COVERAGE),
            outcome: if is_waived { "waived" } else { "passed" },
            waived_by: if is_waived { "Greta" } else { "" },
            ..check("line-coverage", "coverage")
        });
        records.checks.push(check("unit-tests", "test"));
    }
}

/// Normal changes have an hour of the calendar; a few begin before it, some slip out of it.
pub fn plan(random: &mut Random, records: &mut Records) {
    for (position, deployment) in records.deployments.iter().enumerate() {
        if !deployment.is_production || deployment.change_type != "normal" {
            continue;
        }
        let slip = random.weighted(&[(0, 0.89), (-20 * MINUTE, 0.03), (52 * MINUTE, 0.04), (3 * HOUR, 0.04)]);
        let begin = deployment.started_at - slip;
        let quarter = begin - begin.rem_euclid(15 * MINUTE);
        records.planned.insert(position, (quarter, quarter + HOUR));
    }
}

/// Every second Wednesday one team has the load test environment for a morning; once two had it.
pub fn book(records: &mut Records) {
    const TURNS: [(&str, &str); 3] = [
        ("storefront", "Load test of checkout"),
        ("payments", "Load test of the payment gateway"),
        ("platform", "Load test of sign-in"),
    ];
    let first = london(2026, 7, 1, 9, 0);
    for turn in 0..11 {
        let (team, purpose) = TURNS[turn % TURNS.len()];
        let days = 14 * turn as i64 * DAY;
        // From the end of October the clocks of London are an hour later in UTC.
        let starts_at = first + days + if first + days > utc(2026, 10, 25, 1, 0) { HOUR } else { 0 };
        records.bookings.push(Booking { team, purpose, starts_at, ends_at: starts_at + 4 * HOUR });
    }
    let starts_at = london(2026, 10, 21, 11, 30);
    records.bookings.push(Booking {
        team: "data",
        purpose: "Replay of the autumn sale",
        starts_at,
        ends_at: starts_at + 3 * HOUR,
    });
}
