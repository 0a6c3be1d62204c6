//! What the sample is meant to show. README.md tells these stories with their identifiers.

use crate::calendar::{DAY, END, HOUR, Instant, MINUTE, hour, london, month, weekday};
use crate::company::{SERVICES, Service};
use crate::random::Random;
use crate::records::{Exception, Incident, Named, Position, Records};
use crate::slots::Slot;

#[derive(Clone, Copy, PartialEq)]
pub enum Fate {
    /// Left to chance.
    Drawn,
    /// Nothing goes wrong by chance; the story adds what it needs.
    Sound,
    /// Sound, and one person asks, approves and deploys.
    ApprovedByItself,
}

/// A story's name, its deployments and its incidents.
pub type Told = (&'static str, Vec<Position>, Vec<Position>);

const DECLINE_BEGINS: Instant = london(2026, 3, 1, 0, 0);
const PRACTICE_BEGINS: Instant = london(2026, 5, 1, 0, 0);
const OPEN_RELEASE: Instant = london(2026, 10, 29, 14, 20);
const SELF_APPROVED: Instant = london(2026, 8, 12, 11, 20);
const FREEZE_EXCEPTED: Instant = london(2025, 12, 22, 10, 40);
const FREEZE_BARE: Instant = london(2025, 12, 29, 15, 5);
const FREEZE_EXPIRED: Instant = london(2026, 1, 2, 11, 30);

/// An incident of an earlier release, noticed only after the next one had gone out.
struct Late {
    service: &'static str,
    culprit_at: Instant,
    bystander_at: Instant,
    opened_at: Instant,
    recovery_s: i64,
    names_version: bool,
    title: &'static str,
}

const LATE: [Late; 5] = [
    Late {
        service: "search",
        culprit_at: london(2025, 9, 16, 10, 12),
        bystander_at: london(2025, 9, 17, 14, 35),
        opened_at: london(2025, 9, 18, 9, 40),
        recovery_s: 135 * MINUTE,
        names_version: false,
        title: "Search nodes out of memory two days after the new index reader",
    },
    Late {
        service: "web-shop",
        culprit_at: london(2025, 11, 11, 11, 5),
        bystander_at: london(2025, 11, 12, 10, 20),
        opened_at: london(2025, 11, 12, 13, 48),
        recovery_s: 70 * MINUTE,
        names_version: true,
        title: "Vouchers refused since yesterday",
    },
    Late {
        service: "payment-gateway",
        culprit_at: london(2026, 2, 9, 10, 30),
        bystander_at: london(2026, 2, 11, 11, 45),
        opened_at: london(2026, 2, 13, 11, 10),
        recovery_s: 95 * MINUTE,
        names_version: false,
        title: "Weekly settlement file lacks one card scheme",
    },
    Late {
        service: "identity",
        culprit_at: london(2026, 7, 7, 9, 50),
        bystander_at: london(2026, 7, 8, 10, 15),
        opened_at: london(2026, 7, 8, 15, 22),
        recovery_s: 41 * MINUTE,
        names_version: true,
        title: "Remembered devices forgotten after a day",
    },
    Late {
        service: "recommendations",
        culprit_at: london(2026, 8, 18, 13, 30),
        bystander_at: london(2026, 8, 19, 11, 0),
        opened_at: london(2026, 8, 20, 10, 5),
        recovery_s: 160 * MINUTE,
        names_version: false,
        title: "Nightly model trained on half of the orders",
    },
];

/// Releases that stories need at a given moment.
pub fn slots(service: &Service) -> Vec<Slot> {
    let alone = [
        ("billing", FREEZE_EXCEPTED, Fate::Sound),
        ("recommendations", FREEZE_BARE, Fate::Sound),
        ("search", FREEZE_EXPIRED, Fate::Sound),
        ("catalogue", SELF_APPROVED, Fate::ApprovedByItself),
        ("billing", OPEN_RELEASE, Fate::Sound),
    ];
    let pairs =
        LATE.iter().flat_map(|late| [late.culprit_at, late.bystander_at].map(|at| (late.service, at, Fate::Sound)));
    alone
        .into_iter()
        .chain(pairs)
        .filter(|(name, _, _)| *name == service.name)
        .map(|(_, at, fate)| Slot { at, fate })
        .collect()
}

/// Whether chance must leave the service alone, so that a story can be read without noise.
pub fn is_kept_clear(service: &Service, at: Instant) -> bool {
    let is_late = LATE.iter().any(|late| {
        late.service == service.name && (late.culprit_at - 3 * DAY..late.opened_at + 6 * HOUR).contains(&at)
    });
    let is_closing = service.name == "billing" && at > OPEN_RELEASE - 2 * DAY;
    let is_alone = service.name == "catalogue" && (SELF_APPROVED - 3 * DAY..SELF_APPROVED + 3 * DAY).contains(&at);
    let is_frozen = (FREEZE_EXCEPTED..FREEZE_EXPIRED + 3 * DAY).contains(&at)
        && ["billing", "recommendations", "search"].contains(&service.name);
    is_late || is_closing || is_alone || is_frozen
}

/// The share of releases that fail, where a story sets it.
pub fn risk(service: &Service, at: Instant) -> Option<f64> {
    if service.team.name == "payments" {
        let declined = (at - DECLINE_BEGINS) as f64 / (END - DECLINE_BEGINS) as f64;
        return Some(0.05 + 0.29 * declined.max(0.0));
    }
    if service.name == "checkout" && is_friday_evening(at) {
        return Some(0.5);
    }
    None
}

/// Median and spread of the time to recover.
pub fn recovery(service: &Service, at: Instant) -> (i64, f64) {
    match service.team.name {
        "platform" if at >= PRACTICE_BEGINS => (42 * MINUTE, 0.4),
        "platform" => (service.team.recovery_s, 0.45),
        _ => (service.team.recovery_s, 0.65),
    }
}

/// `ledger-export` is only touched in some months.
pub fn rests(service: &Service, at: Instant) -> bool {
    const QUIET: [(i64, i64); 7] = [(2025, 7), (2025, 8), (2025, 12), (2026, 1), (2026, 5), (2026, 8), (2026, 9)];
    service.name == "ledger-export" && QUIET.contains(&month(at))
}

pub fn ships_on_friday_evening(service: &Service, random: &mut Random) -> bool {
    service.name == "checkout" && random.chance(0.6)
}

/// Adds the stories' incidents and exceptions to the company's ordinary life.
pub fn tell(records: &mut Records) -> Vec<Told> {
    let mut told = Vec::new();
    for late in &LATE {
        told.extend(tell_late(records, late));
    }
    told.extend(tell_open(records));
    told.extend(tell_freeze(records));
    if let Some(alone) = records.production_at("catalogue", SELF_APPROVED) {
        told.push(("self-approved", vec![alone], vec![]));
    }
    excuse_emergencies(records);
    told
}

fn tell_late(records: &mut Records, late: &Late) -> Option<Told> {
    let culprit = records.production_at(late.service, late.culprit_at)?;
    let bystander = records.production_at(late.service, late.bystander_at)?;
    let service = SERVICES.iter().find(|service| service.name == late.service)?;
    let named = if late.names_version {
        Named::Version(records.deployments[culprit].version.clone())
    } else {
        Named::Deployment(culprit)
    };
    records.incidents.push(Incident {
        severity: "sev2",
        named,
        cause: "release",
        title: late.title.to_string(),
        ..Incident::repaired(service, late.opened_at, late.recovery_s)
    });
    Some(("late: culprit, bystander, incident", vec![culprit, bystander], vec![records.incidents.len() - 1]))
}

fn tell_open(records: &mut Records) -> Option<Told> {
    let release = records.production_at("billing", OPEN_RELEASE)?;
    let service = SERVICES.iter().find(|service| service.name == "billing")?;
    let opened_at = OPEN_RELEASE + 3 * HOUR + 5 * MINUTE;
    records.incidents.push(Incident {
        severity: "sev2",
        mitigated_at: None,
        resolved_at: None,
        closed_at: None,
        title: "Some subscriptions billed twice".to_string(),
        ..Incident::repaired(service, opened_at, 3 * HOUR)
    });
    Some(("open at the end", vec![release], vec![records.incidents.len() - 1]))
}

fn tell_freeze(records: &mut Records) -> Option<Told> {
    let excepted = records.production_at("billing", FREEZE_EXCEPTED)?;
    let bare = records.production_at("recommendations", FREEZE_BARE)?;
    let expired = records.production_at("search", FREEZE_EXPIRED)?;
    records.exceptions.push(Exception {
        policy: "freeze",
        deployment: excepted,
        reason: "New tax table must be live on 1 January",
        granted_by: "Dagny",
        sponsor: "Greta",
        granted_at: FREEZE_EXCEPTED - 5 * DAY,
        expires_at: FREEZE_EXCEPTED + 2 * DAY,
    });
    records.exceptions.push(Exception {
        policy: "freeze",
        deployment: expired,
        reason: "Index rebuild planned before New Year",
        granted_by: "Colm",
        sponsor: "Olive",
        granted_at: FREEZE_EXPIRED - 14 * DAY,
        expires_at: london(2025, 12, 31, 18, 0),
    });
    Some(("freeze: excepted, without exception, exception expired", vec![excepted, bare, expired], vec![]))
}

/// Some emergencies without an approver were excused afterwards, as the rules allow.
fn excuse_emergencies(records: &mut Records) {
    let unapproved = (0..records.deployments.len()).filter(|&position| {
        let deployment = &records.deployments[position];
        deployment.change_type == "emergency" && deployment.approved_by.is_empty()
    });
    for position in unapproved.step_by(4).take(4).collect::<Vec<_>>() {
        let granted_at = records.deployments[position].started_at - 2 * MINUTE;
        records.exceptions.push(Exception {
            policy: "approval",
            deployment: position,
            reason: "Customers affected and nobody on call could approve",
            granted_by: "Emeka",
            sponsor: "Colm",
            granted_at,
            expires_at: granted_at + DAY,
        });
    }
}

fn is_friday_evening(at: Instant) -> bool {
    weekday(at) == 4 && hour(at) >= 16
}
