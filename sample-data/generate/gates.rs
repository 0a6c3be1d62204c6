//! Who must approve a normal change, and when they did.

use crate::calendar::{Instant, MINUTE, at_a_desk};
use crate::company::{CHANGE_BOARD, SECURITY_REVIEWERS};
use crate::life::Life;
use crate::planning::Plan;
use crate::records::{Approval, Deployment, Ticket};

impl Life<'_> {
    /// The gates of a normal change: all are asked at once and answer one after the other.
    pub fn approve(&mut self, plan: &mut Plan, is_called_off: bool) {
        let deployment = &mut plan.deployment;
        let Some(requested_at) = deployment.requested_at else {
            return;
        };
        let position = self.records.deployments.len();
        if self.service.tier == 1 {
            deployment.ticket = Some(self.records.tickets.len());
            self.records.tickets.push(change_ticket(deployment, requested_at));
        }
        let peer = ("peer", plan.crew.approver, "engineer", 0.1, 0.4);
        let security = ("security", self.random.pick(&SECURITY_REVIEWERS), "security reviewer", 0.3, 0.75);
        let board = ("cab", self.random.pick(&CHANGE_BOARD), "release manager", 0.78, 0.97);
        let gates = match self.service.tier {
            1 => vec![peer, security, board],
            2 => vec![peer, security],
            _ => vec![peer],
        };
        let span_s = (deployment.started_at - requested_at) as f64;
        let last = gates.len() - 1;
        let mut previous_at = requested_at + 2 * MINUTE;
        for (number, (gate, approver, role, early, late)) in gates.into_iter().enumerate() {
            let share = early + (late - early) * self.random.uniform();
            let decided_at = at_a_desk(requested_at + (span_s * share) as i64, self.random).max(previous_at);
            previous_at = decided_at;
            let is_rejected = is_called_off && number == last;
            self.records.approvals.push(Approval {
                deployment: position,
                ticket: if gate == "cab" { deployment.ticket } else { None },
                gate,
                approver,
                role,
                requested_at,
                decided_at,
                decision: if is_rejected { "rejected" } else { "approved" },
                change: None,
            });
            if !is_rejected {
                deployment.approved_at = deployment.approved_at.max(Some(decided_at));
                deployment.approved_by = approver;
            }
        }
        if is_called_off {
            deployment.approved_at = None;
            deployment.approved_by = "";
        }
    }
}

fn change_ticket(deployment: &Deployment, requested_at: Instant) -> Ticket {
    Ticket {
        kind: "change",
        service: deployment.service,
        priority: "p3",
        created_at: requested_at,
        started_at: Some(deployment.started_at),
        resolved_at: Some(deployment.finished_at + 15 * MINUTE),
        version: deployment.version.clone(),
        is_known_error: false,
        satisfaction: None,
        title: format!("Release {} {}", deployment.service.name, deployment.version),
    }
}
