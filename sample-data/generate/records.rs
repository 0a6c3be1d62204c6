//! The rows of the sample before they are numbered: they refer to one another by position.

use std::collections::BTreeMap;

use crate::calendar::{HOUR, Instant, MINUTE};
use crate::company::Service;

pub type Position = usize;

pub struct Deployment {
    pub service: &'static Service,
    pub is_production: bool,
    pub version: String,
    pub commit_sha: String,
    /// A storefront deployment belongs to a release of this number within its service.
    pub has_release: bool,
    pub status: &'static str,
    pub change_type: &'static str,
    pub category: &'static str,
    pub strategy: &'static str,
    pub requested_at: Option<Instant>,
    pub approved_at: Option<Instant>,
    pub started_at: Instant,
    pub finished_at: Instant,
    pub requested_by: &'static str,
    pub approved_by: &'static str,
    pub deployed_by: &'static str,
    pub is_planned: bool,
    pub rollback_of: Option<Position>,
    pub fixes_incident: Option<Position>,
    pub ticket: Option<Position>,
    pub lines_changed: i64,
}

/// What an incident's record says about its origin, beside its service.
pub enum Named {
    Nothing,
    Deployment(Position),
    Version(String),
}

pub struct Incident {
    /// Some incidents are about no service at all.
    pub service: Option<&'static Service>,
    pub severity: &'static str,
    pub opened_at: Instant,
    pub detected_at: Option<Instant>,
    pub acknowledged_at: Instant,
    pub mitigated_at: Option<Instant>,
    pub resolved_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub reviewed_at: Option<Instant>,
    pub named: Named,
    pub is_customer_facing: bool,
    pub is_false_alarm: bool,
    pub cause: &'static str,
    pub title: String,
}

pub struct Change {
    pub service: &'static Service,
    pub author: &'static str,
    pub reviewer: &'static str,
    pub commit_sha: String,
    pub committed_at: Instant,
    pub opened_at: Instant,
    pub first_review_at: Option<Instant>,
    pub merged_at: Option<Instant>,
    pub lines_changed: i64,
    pub category: &'static str,
    pub ticket: Option<Position>,
    /// The deployment that shipped it, whether or not the record will say so.
    pub shipped_by: Option<Position>,
}

pub struct Ticket {
    pub kind: &'static str,
    pub service: &'static Service,
    pub priority: &'static str,
    pub created_at: Instant,
    pub started_at: Option<Instant>,
    pub resolved_at: Option<Instant>,
    pub version: String,
    pub is_known_error: bool,
    pub satisfaction: Option<i64>,
    pub title: String,
}

#[derive(Clone)]
pub struct Approval {
    pub deployment: Position,
    pub ticket: Option<Position>,
    pub gate: &'static str,
    pub approver: &'static str,
    pub role: &'static str,
    pub requested_at: Instant,
    pub decided_at: Instant,
    pub decision: &'static str,
    /// The change whose commit was looked at, where it is not the commit that was deployed.
    pub change: Option<Position>,
}

/// A check of the pipeline; shares are in per cent.
pub struct Check {
    pub deployment: Position,
    pub name: &'static str,
    pub kind: &'static str,
    pub value: Option<i64>,
    pub threshold: Option<i64>,
    pub outcome: &'static str,
    pub waived_by: &'static str,
}

/// The load test environment, taken for a time.
pub struct Booking {
    pub team: &'static str,
    pub purpose: &'static str,
    pub starts_at: Instant,
    pub ends_at: Instant,
}

pub struct Exception {
    pub policy: &'static str,
    pub deployment: Position,
    pub reason: &'static str,
    pub granted_by: &'static str,
    pub sponsor: &'static str,
    pub granted_at: Instant,
    pub expires_at: Instant,
}

#[derive(Default)]
pub struct Records {
    pub deployments: Vec<Deployment>,
    pub incidents: Vec<Incident>,
    pub changes: Vec<Change>,
    pub tickets: Vec<Ticket>,
    pub approvals: Vec<Approval>,
    pub exceptions: Vec<Exception>,
    pub checks: Vec<Check>,
    /// From when until when a deployment was meant to run.
    pub planned: BTreeMap<Position, (Instant, Instant)>,
    pub bookings: Vec<Booking>,
}

impl Records {
    /// The production deployment of a service that a story placed at this instant.
    pub fn production_at(&self, service: &str, started_at: Instant) -> Option<Position> {
        self.deployments.iter().position(|deployment| {
            deployment.is_production && deployment.service.name == service && deployment.started_at == started_at
        })
    }
}

impl Incident {
    /// A plain incident: noticed, taken, repaired in `recovery_s` and closed the day after.
    pub fn repaired(service: &'static Service, opened_at: Instant, recovery_s: i64) -> Self {
        let resolved_at = opened_at + recovery_s;
        Self {
            service: Some(service),
            severity: "sev3",
            opened_at,
            detected_at: Some(opened_at + recovery_s / 40),
            acknowledged_at: opened_at + (recovery_s / 8).min(25 * MINUTE),
            mitigated_at: Some(opened_at + recovery_s * 17 / 20),
            resolved_at: Some(resolved_at),
            closed_at: Some(resolved_at + 26 * HOUR),
            reviewed_at: None,
            named: Named::Nothing,
            is_customer_facing: service.is_customer_facing,
            is_false_alarm: false,
            cause: "",
            title: service.symptoms[0].to_string(),
        }
    }
}
