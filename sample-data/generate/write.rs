//! Numbers the rows in order of time and writes them as CSV in the canonical columns.

use std::collections::BTreeMap;
use std::path::Path;

use crate::calendar::{END, Instant, WINDOWS, iso};
use crate::company::{DEPENDENCIES, PIPELINE, SERVICES, SHARED, TEAMS};
use crate::evidence::PIPELINE_RECORDS;
use crate::records::{Incident, Named, Records};

/// The identifier of every row, by its position in the records.
pub struct Names {
    pub deployments: Vec<String>,
    pub incidents: Vec<String>,
    tickets: Vec<String>,
    changes: Vec<String>,
    releases: Vec<String>,
}

type Row = Vec<String>;

pub fn write(folder: &Path, records: &Records) -> std::io::Result<Names> {
    let names = Names {
        deployments: number("D", 4, records.deployments.iter().map(|row| row.started_at)),
        incidents: number("I", 3, records.incidents.iter().map(|row| row.opened_at)),
        tickets: number("T", 4, records.tickets.iter().map(|row| row.created_at)),
        releases: releases(records),
        changes: number("C", 4, records.changes.iter().map(|row| row.committed_at)),
    };
    let files = [
        ("deployments.csv", deployments(records, &names)),
        ("incidents.csv", incidents(records, &names)),
        ("changes.csv", changes(records, &names)),
        ("tickets.csv", tickets(records, &names)),
        ("approvals.csv", approvals(records, &names)),
        ("bookings.csv", bookings(records)),
        ("checks.csv", checks(records, &names)),
        ("dependencies.csv", dependencies()),
        ("items.csv", items(records, &names)),
        ("exceptions.csv", exceptions(records, &names)),
        ("services.csv", services()),
        ("teams.csv", teams()),
        ("windows.csv", windows()),
    ];
    for (file, (header, rows)) in files {
        let lines: String = rows.iter().map(|row| row.join(",") + "\n").collect();
        std::fs::write(folder.join(file), format!("{header}\n{lines}"))?;
    }
    Ok(names)
}

type Sheet = (&'static str, Vec<Row>);

fn deployments(records: &Records, names: &Names) -> Sheet {
    let header = "deployment_id,service,environment,release_id,version,commit_sha,status,change_type,category,\
        strategy,requested_at,approved_at,planned_start_at,planned_end_at,started_at,finished_at,requested_by,approved_by,deployed_by,is_automated,\
        is_planned,rollback_of,fixes_incident_id,ticket_id,lines_changed";
    let rows = records.deployments.iter().enumerate().map(|(position, row)| {
        vec![
            names.deployments[position].clone(),
            row.service.name.to_string(),
            if row.is_production { "production" } else { "staging" }.to_string(),
            names.releases[position].clone(),
            row.version.clone(),
            row.commit_sha.clone(),
            row.status.to_string(),
            row.change_type.to_string(),
            row.category.to_string(),
            row.strategy.to_string(),
            instant(row.requested_at),
            instant(row.approved_at),
            instant(records.planned.get(&position).map(|(from, _)| *from)),
            instant(records.planned.get(&position).map(|(_, until)| *until)),
            iso(row.started_at),
            iso(row.finished_at),
            row.requested_by.to_string(),
            row.approved_by.to_string(),
            row.deployed_by.to_string(),
            (row.deployed_by == PIPELINE).to_string(),
            row.is_planned.to_string(),
            reference(row.rollback_of, &names.deployments),
            reference(row.fixes_incident, &names.incidents),
            reference(row.ticket, &names.tickets),
            row.lines_changed.to_string(),
        ]
    });
    (header, sorted(rows))
}

/// One incident was exported twice; the older state of its row follows the newer one.
fn incidents(records: &Records, names: &Names) -> Sheet {
    let header = "incident_id,service,severity,status,opened_at,detected_at,acknowledged_at,mitigated_at,resolved_at,\
        closed_at,deployment_id,version,is_customer_facing,is_false_alarm,cause,title,reviewed_at,updated_at";
    let rows = records.incidents.iter().zip(&names.incidents).map(|(row, name)| incident(row, name, names));
    let mut rows = sorted(rows);
    let twice = rows.len() / 2;
    let stale = stale(&rows[twice]);
    rows.insert(twice + 1, stale);
    (header, rows)
}

fn incident(row: &Incident, name: &str, names: &Names) -> Row {
    let closed_at = row.closed_at.filter(|&at| at < END);
    let status = match (closed_at, row.resolved_at) {
        (Some(_), _) => "closed",
        (None, Some(_)) => "resolved",
        (None, None) => "acknowledged",
    };
    let (deployment, version) = match &row.named {
        Named::Nothing => (String::new(), String::new()),
        Named::Deployment(at) => (names.deployments[*at].clone(), String::new()),
        Named::Version(version) => (String::new(), version.clone()),
    };
    let updated_at = Some(row.acknowledged_at).max(row.resolved_at).max(closed_at).max(row.reviewed_at);
    vec![
        name.to_string(),
        row.service.map_or("", |service| service.name).to_string(),
        row.severity.to_string(),
        status.to_string(),
        iso(row.opened_at),
        instant(row.detected_at),
        iso(row.acknowledged_at),
        instant(row.mitigated_at),
        instant(row.resolved_at),
        instant(closed_at),
        deployment,
        version,
        row.is_customer_facing.to_string(),
        row.is_false_alarm.to_string(),
        row.cause.to_string(),
        row.title.clone(),
        instant(row.reviewed_at),
        instant(updated_at),
    ]
}

/// The same incident as it stood when it had only been acknowledged.
fn stale(row: &Row) -> Row {
    const STATUS: usize = 3;
    const ACKNOWLEDGED_AT: usize = 6;
    const LATER: [usize; 6] = [7, 8, 9, 14, 16, 17];
    let mut stale = row.clone();
    for column in LATER {
        stale[column].clear();
    }
    stale[STATUS] = "acknowledged".to_string();
    stale[LATER[5]] = row[ACKNOWLEDGED_AT].clone();
    stale
}

/// Each team leaves another trace: payments names the deployment, storefront the release, the
/// platform only the commit, and data nothing at all.
fn changes(records: &Records, names: &Names) -> Sheet {
    let header = "change_id,service,author,commit_sha,committed_at,opened_at,first_review_at,merged_at,reviewers,\
        lines_changed,category,ticket_id,release_id,deployment_id";
    let rows = records.changes.iter().zip(&names.changes).map(|(row, name)| {
        let team = row.service.team.name;
        vec![
            name.clone(),
            row.service.name.to_string(),
            row.author.to_string(),
            row.commit_sha.clone(),
            iso(row.committed_at),
            iso(row.opened_at),
            instant(row.first_review_at),
            instant(row.merged_at),
            row.reviewer.to_string(),
            row.lines_changed.to_string(),
            row.category.to_string(),
            reference(row.ticket, &names.tickets),
            reference(row.shipped_by, &names.releases),
            reference(row.shipped_by.filter(|_| team == "payments"), &names.deployments),
        ]
    });
    (header, sorted(rows))
}

fn tickets(records: &Records, names: &Names) -> Sheet {
    let header = "ticket_id,kind,service,priority,status,created_at,started_at,resolved_at,version,is_known_error,\
        satisfaction,title";
    let rows = records.tickets.iter().zip(&names.tickets).map(|(row, name)| {
        let status = match (row.resolved_at, row.started_at) {
            (Some(_), _) => "resolved",
            (None, Some(_)) => "in_progress",
            (None, None) => "open",
        };
        vec![
            name.clone(),
            row.kind.to_string(),
            row.service.name.to_string(),
            row.priority.to_string(),
            status.to_string(),
            iso(row.created_at),
            instant(row.started_at),
            instant(row.resolved_at),
            row.version.clone(),
            row.is_known_error.to_string(),
            row.satisfaction.map_or(String::new(), |tenths| format!("{}.{}", tenths / 10, tenths % 10)),
            row.title.clone(),
        ]
    });
    (header, sorted(rows))
}

fn approvals(records: &Records, names: &Names) -> Sheet {
    let header = "approval_id,deployment_id,ticket_id,environment,gate,approver,role,requested_at,decided_at,decision,\
        commit_sha";
    let numbers = number("A", 4, records.approvals.iter().map(|row| row.requested_at));
    let rows = records.approvals.iter().zip(numbers).map(|(row, name)| {
        vec![
            name,
            names.deployments[row.deployment].clone(),
            reference(row.ticket, &names.tickets),
            "production".to_string(),
            row.gate.to_string(),
            row.approver.to_string(),
            row.role.to_string(),
            iso(row.requested_at),
            iso(row.decided_at),
            row.decision.to_string(),
            match row.change {
                Some(change) => records.changes[change].commit_sha.clone(),
                None => records.deployments[row.deployment].commit_sha.clone(),
            },
        ]
    });
    (header, sorted(rows))
}

fn checks(records: &Records, names: &Names) -> Sheet {
    let header = "deployment_id,check,kind,value,threshold,outcome,waived_by";
    let share = |per_cent: Option<i64>| per_cent.map_or(String::new(), |number| format!("0.{number:02}"));
    let rows = records.checks.iter().map(|row| {
        vec![
            names.deployments[row.deployment].clone(),
            row.name.to_string(),
            row.kind.to_string(),
            share(row.value),
            share(row.threshold),
            row.outcome.to_string(),
            row.waived_by.to_string(),
        ]
    });
    (header, sorted(rows))
}

/// What each release to production touches: the cluster of its service, and a database where that has one.
fn items(records: &Records, names: &Names) -> Sheet {
    let recorded = records
        .deployments
        .iter()
        .enumerate()
        .filter(|(_, row)| row.is_production && row.started_at >= PIPELINE_RECORDS && row.status != "cancelled");
    let mut rows = Vec::new();
    for (position, row) in recorded {
        let deployment = &names.deployments[position];
        rows.push(vec![deployment.clone(), format!("{}-cluster", row.service.name), "cluster".to_string()]);
        let shared = SHARED.iter().filter(|(_, services)| services.contains(&row.service.name));
        rows.extend(shared.map(|(item, _)| vec![deployment.clone(), item.to_string(), "database".to_string()]));
    }
    ("deployment_id,item,item_type", sorted(rows.into_iter()))
}

fn bookings(records: &Records) -> Sheet {
    let header = "booking_id,environment,team,starts_at,ends_at,purpose";
    let numbers = number("B", 2, records.bookings.iter().map(|row| row.starts_at));
    let rows = records.bookings.iter().zip(numbers).map(|(row, name)| {
        vec![
            name,
            "load-test".to_string(),
            row.team.to_string(),
            iso(row.starts_at),
            iso(row.ends_at),
            row.purpose.to_string(),
        ]
    });
    (header, sorted(rows))
}

fn dependencies() -> Sheet {
    let rows = DEPENDENCIES.iter().map(|(service, other)| vec![service.to_string(), other.to_string()]);
    ("service,depends_on", rows.collect())
}

fn exceptions(records: &Records, names: &Names) -> Sheet {
    let header = "exception_id,policy,deployment_id,reason,granted_by,sponsor,granted_at,expires_at";
    let numbers = number("X", 2, records.exceptions.iter().map(|row| row.granted_at));
    let rows = records.exceptions.iter().zip(numbers).map(|(row, name)| {
        vec![
            name,
            row.policy.to_string(),
            names.deployments[row.deployment].clone(),
            row.reason.to_string(),
            row.granted_by.to_string(),
            row.sponsor.to_string(),
            iso(row.granted_at),
            iso(row.expires_at),
        ]
    });
    (header, sorted(rows))
}

fn services() -> Sheet {
    let header = "service,team,domain,tier,data_sensitivity,is_customer_facing,valid_from";
    let rows = SERVICES.iter().map(|service| {
        vec![
            service.name.to_string(),
            service.team.name.to_string(),
            service.domain.to_string(),
            service.tier.to_string(),
            service.data_sensitivity.to_string(),
            service.is_customer_facing.to_string(),
            iso(service.valid_from),
        ]
    });
    (header, rows.collect())
}

fn teams() -> Sheet {
    let header = "team,maturity,target_deployments_per_week,target_change_fail_ratio,target_lead_time_s,\
        target_recovery_s";
    let rows = TEAMS.iter().map(|team| {
        vec![
            team.name.to_string(),
            team.maturity.to_string(),
            team.target_deployments_per_week.to_string(),
            team.target_change_fail_ratio.to_string(),
            team.target_lead_time_s.to_string(),
            team.target_recovery_s.to_string(),
        ]
    });
    (header, rows.collect())
}

fn windows() -> Sheet {
    let header = "window_id,kind,name,scope,starts_at,ends_at";
    let rows = WINDOWS.iter().map(|window| {
        vec![
            window.id.to_string(),
            window.kind.to_string(),
            window.name.to_string(),
            window.scope.to_string(),
            iso(window.starts_at),
            iso(window.ends_at),
        ]
    });
    (header, rows.collect())
}

/// Identifiers in order of time; rows of the same instant keep their order.
fn number(prefix: &str, width: usize, instants: impl Iterator<Item = Instant>) -> Vec<String> {
    let instants: Vec<Instant> = instants.collect();
    let mut order: Vec<usize> = (0..instants.len()).collect();
    order.sort_by_key(|&position| instants[position]);
    let mut names = vec![String::new(); instants.len()];
    for (number, position) in order.into_iter().enumerate() {
        names[position] = format!("{prefix}-{:0width$}", number + 1);
    }
    names
}

/// Rows by identifier, which is the order of time.
fn sorted(rows: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by(|left, right| left[0].cmp(&right[0]));
    rows
}

/// The release of every deployment that belongs to one, numbered in order of first appearance.
fn releases(records: &Records) -> Vec<String> {
    let mut order: Vec<usize> = (0..records.deployments.len()).collect();
    order.sort_by_key(|&position| records.deployments[position].started_at);
    let mut numbers = BTreeMap::new();
    let mut names = vec![String::new(); records.deployments.len()];
    for position in order {
        let deployment = &records.deployments[position];
        if deployment.has_release {
            let next = numbers.len() + 1;
            let key = (deployment.service.name, &deployment.version);
            names[position] = format!("R-{:04}", numbers.entry(key).or_insert(next));
        }
    }
    names
}

fn reference(position: Option<usize>, names: &[String]) -> String {
    position.map_or(String::new(), |position| names[position].clone())
}

fn instant(at: Option<Instant>) -> String {
    at.map_or(String::new(), iso)
}
