//! What goes wrong, how soon it is noticed, and how it is put right.

use crate::calendar::{DAY, END, HOUR, Instant, MINUTE, START, is_closed};
use crate::company::{PIPELINE, SERVICES, STOREFRONT, Service};
use crate::life::Life;
use crate::planning::Crew;
use crate::random::Random;
use crate::records::{Change, Deployment, Incident, Named, Position, Records};
use crate::stories::{self, Fate};

/// Decides which releases fail. Where a story sets the risk, failures are spread evenly over the
/// releases, so that the story shows in a sample of this size.
pub struct Risk {
    owed: f64,
}

#[derive(Clone, Copy)]
enum Repair {
    /// The rollout itself is taken back: the deployment becomes `rolled_back`.
    Undone,
    /// A later deployment brings the version before back.
    Rollback,
    Hotfix,
    /// A switch is turned or a job restarted; nothing is deployed.
    Mitigated,
}

impl Risk {
    pub fn new(random: &mut Random) -> Self {
        Self { owed: random.uniform() }
    }

    pub fn strikes(&mut self, service: &Service, at: Instant, changes: usize, random: &mut Random) -> bool {
        let batch = 0.55 + 0.14 * changes as f64;
        let Some(told) = stories::risk(service, at) else {
            return random.chance(0.066 * batch);
        };
        self.owed += told * batch.min(1.3);
        let strikes = self.owed >= 1.0;
        self.owed -= f64::from(u8::from(strikes));
        strikes
    }
}

/// A release has gone wrong: somebody notices, and it is repaired in one of four ways.
pub fn fail(life: &mut Life, position: Position) {
    let service = life.service;
    let finished_at = life.records.deployments[position].finished_at;
    let gap_s = life.random.log_normal(45 * MINUTE, 1.1).clamp(4 * MINUTE, 26 * HOUR);
    let opened_at = finished_at + gap_s;
    let recovery_s = recovery_s(service, opened_at, life.random);
    let resolved_at = opened_at + recovery_s;
    if resolved_at > END - 2 * DAY {
        life.running = Some(position);
        return;
    }
    let repair = repair(life, recovery_s, resolved_at);
    let is_silent = match repair {
        Repair::Undone => service.team.name != "platform" && life.random.chance(0.12),
        Repair::Rollback => life.random.chance(0.15),
        Repair::Hotfix | Repair::Mitigated => false,
    };
    life.free_at = resolved_at + 10 * MINUTE;
    let incident = life.records.incidents.len();
    if !is_silent {
        let incident = incident_after(life, position, opened_at, recovery_s);
        life.records.incidents.push(incident);
    }
    match repair {
        Repair::Undone => life.records.deployments[position].status = "rolled_back",
        Repair::Rollback => roll_back(life, position, opened_at + recovery_s * 4 / 5),
        Repair::Hotfix => hotfix(life, position, incident, opened_at, opened_at + recovery_s * 4 / 5),
        Repair::Mitigated => life.running = Some(position),
    }
}

/// Troubles that no release caused.
pub fn background(service: &'static Service, random: &mut Random, records: &mut Records) {
    let mut week = START;
    while week < END - 9 * DAY {
        let opened_at = week + random.between(0, 7 * DAY - 1);
        let recovery_s = recovery_s(service, opened_at, random);
        if random.chance(0.085) && !stories::is_kept_clear(service, opened_at) {
            let (cause, title) = random.pick(&[
                ("capacity", "Overload"),
                ("third_party", "Supplier outage"),
                ("hardware", "Disk failure"),
                ("network", "Packet loss"),
                ("", "Errors"),
            ]);
            let is_false_alarm = random.chance(0.1);
            records.incidents.push(Incident {
                severity: severity(random),
                cause: if is_false_alarm { "monitoring" } else { cause },
                title: format!("{title} in {}", service.name),
                is_false_alarm,
                ..Incident::repaired(service, opened_at, recovery_s)
            });
        }
        week += 7 * DAY;
    }
}

/// Troubles of the house rather than of a service.
pub fn without_service(random: &mut Random, records: &mut Records) {
    for (title, month) in
        [("Office network down", 1), ("Mail delayed", 6), ("Telephone queue down", 10), ("Office network down", 15)]
    {
        let opened_at = START + month * 30 * DAY + random.between(8 * HOUR, 15 * HOUR);
        let recovery_s = random.log_normal(2 * HOUR, 0.5);
        records.incidents.push(Incident {
            service: None,
            severity: "sev4",
            is_customer_facing: false,
            cause: "network",
            title: title.to_string(),
            ..Incident::repaired(&SERVICES[0], opened_at, recovery_s)
        });
    }
}

fn repair(life: &mut Life, recovery_s: i64, resolved_at: Instant) -> Repair {
    let is_quiet = is_closed(life.service.name, life.service.team.name, resolved_at);
    if is_quiet || life.running.is_none() {
        return Repair::Mitigated;
    }
    if recovery_s < 45 * MINUTE {
        return life.random.weighted(&[(Repair::Undone, 0.4), (Repair::Rollback, 0.25), (Repair::Mitigated, 0.35)]);
    }
    life.random.weighted(&[
        (Repair::Undone, 0.22),
        (Repair::Rollback, 0.2),
        (Repair::Hotfix, 0.36),
        (Repair::Mitigated, 0.22),
    ])
}

fn incident_after(life: &mut Life, position: Position, opened_at: Instant, recovery_s: i64) -> Incident {
    let random = &mut *life.random;
    let deployment = &life.records.deployments[position];
    let is_configuration = deployment.category == "configuration";
    let named = match random.uniform() {
        share if share < 0.2 => Named::Deployment(position),
        share if share < 0.32 && !is_configuration => Named::Version(deployment.version.clone()),
        _ => Named::Nothing,
    };
    let cause = if is_configuration { "configuration" } else { "release" };
    let plain = Incident::repaired(life.service, opened_at, recovery_s);
    let severity = severity(random);
    let is_reviewed = matches!(severity, "sev1" | "sev2") && random.chance(0.85);
    let reviewed_at = opened_at + random.between(3 * DAY, 9 * DAY);
    Incident {
        severity,
        detected_at: if random.chance(0.8) { plain.detected_at } else { None },
        reviewed_at: if is_reviewed && reviewed_at < END { Some(reviewed_at) } else { None },
        named,
        cause: if random.chance(0.65) { cause } else { "" },
        title: random.pick(&life.service.symptoms).to_string(),
        ..plain
    }
}

fn roll_back(life: &mut Life, undone: Position, finished_at: Instant) {
    let Some(running) = life.running else { return };
    let crew = life.crew(Fate::Drawn);
    let again = &life.records.deployments[running];
    let (version, commit_sha) = (again.version.clone(), again.commit_sha.clone());
    let rollback = Deployment {
        version,
        commit_sha,
        rollback_of: Some(undone),
        lines_changed: life.records.deployments[undone].lines_changed,
        ..emergency(life, &crew, finished_at)
    };
    life.running = Some(life.push(rollback));
    life.shipped_at = finished_at;
}

fn hotfix(life: &mut Life, broken: Position, incident: Position, opened_at: Instant, finished_at: Instant) {
    life.patch += 1;
    let broken_version = &life.records.deployments[broken].version;
    let minor = broken_version.rsplit_once('.').map_or(broken_version.as_str(), |(minor, _)| minor);
    let version = format!("{minor}.{}", life.patch);
    let crew = life.crew(Fate::Drawn);
    let emergency = emergency(life, &crew, finished_at);
    let is_reviewed = life.random.chance(0.65);
    let merged_at = emergency.started_at - 13 * MINUTE;
    let committed_at = opened_at + (merged_at - opened_at) / 3;
    let change = Change {
        service: life.service,
        author: emergency.requested_by,
        reviewer: if is_reviewed { crew.reviewer } else { "" },
        commit_sha: life.random.hex(7),
        committed_at,
        opened_at: committed_at + (merged_at - committed_at) / 2,
        first_review_at: if is_reviewed { Some(merged_at - MINUTE) } else { None },
        merged_at: Some(merged_at),
        lines_changed: life.random.log_normal(14, 0.9).max(1),
        category: "defect_fix",
        ticket: None,
        shipped_by: None,
    };
    let hotfix = Deployment {
        version,
        commit_sha: change.commit_sha.clone(),
        has_release: life.service.team.name == STOREFRONT.name,
        fixes_incident: Some(incident),
        lines_changed: change.lines_changed,
        ..emergency
    };
    life.stage_quickly(&hotfix);
    let position = life.push(hotfix);
    life.records.changes.push(Change { shipped_by: Some(position), ..change });
    life.running = Some(position);
    life.shipped_at = finished_at;
}

/// What hotfixes and rollbacks have in common: unplanned, quick, and not always approved.
fn emergency(life: &mut Life, crew: &Crew, finished_at: Instant) -> Deployment {
    let started_at = finished_at - life.random.between(3 * MINUTE, 7 * MINUTE);
    let requested_at = started_at - life.random.between(3 * MINUTE, 6 * MINUTE);
    let is_approved = life.random.chance(0.75);
    Deployment {
        service: life.service,
        is_production: true,
        version: String::new(),
        commit_sha: String::new(),
        has_release: false,
        status: "succeeded",
        change_type: "emergency",
        category: "defect_fix",
        strategy: life.service.strategy,
        requested_at: Some(requested_at),
        approved_at: if is_approved { Some(requested_at + 2 * MINUTE) } else { None },
        started_at,
        finished_at,
        requested_by: crew.authors[0],
        approved_by: if is_approved { crew.approver } else { "" },
        deployed_by: if life.random.chance(0.5) { crew.deployer } else { PIPELINE },
        is_planned: false,
        rollback_of: None,
        fixes_incident: None,
        ticket: None,
        lines_changed: 0,
    }
}

fn severity(random: &mut Random) -> &'static str {
    random.weighted(&[("sev1", 0.03), ("sev2", 0.2), ("sev3", 0.45), ("sev4", 0.27), ("sev5", 0.05)])
}

fn recovery_s(service: &Service, at: Instant, random: &mut Random) -> i64 {
    let (median_s, spread) = stories::recovery(service, at);
    random.log_normal(median_s, spread).clamp(14 * MINUTE, 14 * HOUR)
}
