//! The ordinary life of one service: releases planned, staged, approved, shipped, sometimes undone.

use crate::calendar::{DAY, Instant, MINUTE, START};
use crate::company::{PIPELINE, Service};
use crate::failures::{self, Risk};
use crate::planning::{Crew, Plan};
use crate::random::Random;
use crate::records::{Approval, Deployment, Position, Records};
use crate::slots::{Slot, slots};
use crate::stories::Fate;

/// What a service remembers from one release to the next.
pub struct Life<'a> {
    pub service: &'static Service,
    pub random: &'a mut Random,
    pub records: &'a mut Records,
    /// Nothing else is released while a failure is being repaired.
    pub free_at: Instant,
    /// The last good production deployment.
    pub running: Option<Position>,
    pub patch: i64,
    pub minor: i64,
    pub shipped_at: Instant,
    /// Changes whose release was called off; the next one takes them along.
    pub waiting: Option<(Vec<Position>, Crew)>,
    risk: Risk,
}

pub fn live(service: &'static Service, random: &mut Random, records: &mut Records) {
    let slots = slots(service, random);
    let risk = Risk::new(random);
    let mut life = Life {
        service,
        random,
        records,
        free_at: START,
        running: None,
        patch: 0,
        minor: service.first_version,
        shipped_at: START - 2 * DAY,
        waiting: None,
        risk,
    };
    for slot in slots {
        if slot.at < life.free_at {
            continue;
        }
        life.release(&slot);
    }
}

impl Life<'_> {
    pub fn push(&mut self, deployment: Deployment) -> Position {
        self.records.deployments.push(deployment);
        self.records.deployments.len() - 1
    }

    fn release(&mut self, slot: &Slot) {
        let mut plan = self.plan(slot);
        let is_called_off = plan.fate == Fate::Drawn && self.random.chance(0.02);
        if plan.deployment.change_type == "normal" {
            self.approve(&mut plan, is_called_off);
        }
        if is_called_off {
            plan.deployment.status = "cancelled";
            plan.deployment.finished_at = plan.deployment.started_at + self.random.between(60, 400);
            self.waiting = Some((plan.changes, plan.crew));
            self.push(plan.deployment);
            return;
        }
        if plan.fate == Fate::Drawn && self.random.chance(0.03) {
            self.fail_once(&mut plan.deployment);
        }
        self.ship(plan);
    }

    fn ship(&mut self, plan: Plan) {
        let finished_at = plan.deployment.finished_at;
        let started_at = plan.deployment.started_at;
        let count = plan.changes.len();
        let position = self.push(plan.deployment);
        for change in plan.changes {
            self.records.changes[change].shipped_by = Some(position);
        }
        self.shipped_at = finished_at;
        self.free_at = finished_at + 20 * MINUTE;
        match plan.fate {
            Fate::Drawn if self.risk.strikes(self.service, started_at, count, self.random) => {
                failures::fail(self, position);
            }
            _ => self.running = Some(position),
        }
    }

    /// A rollout that never took effect, and the second attempt that did.
    fn fail_once(&mut self, deployment: &mut Deployment) {
        let delay = self.random.between(25 * MINUTE, 100 * MINUTE);
        let first = Deployment {
            version: deployment.version.clone(),
            commit_sha: deployment.commit_sha.clone(),
            status: "failed",
            ..*deployment
        };
        let first = self.push(first);
        // The second attempt rests on the same decisions, so they are on record for it too.
        let decided: Vec<Approval> =
            self.records.approvals.iter().rev().take_while(|approval| approval.deployment == first).cloned().collect();
        let repeated = decided.into_iter().rev().map(|approval| Approval { deployment: first + 1, ..approval });
        self.records.approvals.extend(repeated);
        deployment.started_at = deployment.finished_at + delay;
        deployment.finished_at = deployment.started_at + self.random.between(5 * MINUTE, 15 * MINUTE);
    }

    /// Staging of a version that somebody is waiting for.
    pub fn stage_quickly(&mut self, production: &Deployment) {
        let started_at = production.started_at - 11 * MINUTE;
        self.push(staging(production, started_at, 3 * MINUTE));
    }

    /// Staging of a planned version, which now and then takes a second attempt.
    pub fn stage(&mut self, production: &Deployment, requested_at: Instant) {
        let took_s = self.random.between(3 * MINUTE, 11 * MINUTE);
        let started_at = requested_at - took_s - self.random.between(10 * MINUTE, 50 * MINUTE);
        if self.random.chance(0.05) {
            let first_at = started_at - took_s - self.random.between(20 * MINUTE, 70 * MINUTE);
            let first = staging(production, first_at, took_s);
            self.push(Deployment { status: "failed", ..first });
        }
        self.push(staging(production, started_at, took_s));
    }
}

fn staging(production: &Deployment, started_at: Instant, took_s: i64) -> Deployment {
    Deployment {
        is_production: false,
        version: production.version.clone(),
        commit_sha: production.commit_sha.clone(),
        status: "succeeded",
        change_type: "standard",
        strategy: "recreate",
        requested_at: None,
        approved_at: None,
        started_at,
        finished_at: started_at + took_s,
        requested_by: "",
        approved_by: "",
        deployed_by: PIPELINE,
        fixes_incident: None,
        ..*production
    }
}
