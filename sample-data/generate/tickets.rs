//! Tickets: the work that changes answer, and the customers who write in.

use crate::calendar::{DAY, END, HOUR, Instant, MINUTE, START};
use crate::company::{SERVICES, Service};
use crate::random::Random;
use crate::records::{Records, Ticket};

const WISHES: [&str; 6] =
    ["Clearer texts", "Fewer steps", "Faster answers", "Export for accounting", "Another supplier", "Better logging"];
const BUGS: [&str; 5] = ["Wrong rounding", "Broken on old phones", "Log noise", "Slow start", "Time zone slip"];

/// Features, bugs and security fixes of one service, raised over the whole time.
pub fn raise_work(service: &'static Service, random: &mut Random, records: &mut Records) {
    for (kind, every_s, titles) in [
        ("feature", 32 * DAY, WISHES.as_slice()),
        ("bug", 42 * DAY, BUGS.as_slice()),
        ("security", 150 * DAY, ["Library with known flaw", "Weak cipher"].as_slice()),
    ] {
        let mut created_at = START - 30 * DAY + random.between(0, every_s);
        while created_at < END - 2 * DAY {
            let started_at = created_at + random.between(DAY, 8 * DAY);
            let resolved_at = started_at + random.between(25 * DAY, 60 * DAY);
            records.tickets.push(Ticket {
                kind,
                service,
                priority: random.pick(&["p2", "p3", "p3", "p4"]),
                created_at: created_at + random.between(9 * HOUR, 17 * HOUR),
                started_at: before_the_end(started_at + 18 * HOUR),
                resolved_at: before_the_end(resolved_at),
                version: String::new(),
                is_known_error: kind == "bug" && random.chance(0.2),
                satisfaction: None,
                title: random.pick(titles).to_string(),
            });
            created_at += every_s / 2 + random.between(0, every_s);
        }
    }
}

/// Support tickets: an even murmur, and a wave after releases that customers noticed.
pub fn raise_support(random: &mut Random, records: &mut Records) {
    for service in SERVICES.iter().filter(|service| service.is_customer_facing) {
        let mut at = START + random.between(0, 12 * DAY);
        while at < END - DAY {
            records.tickets.push(complaint(service, at, String::new(), random));
            at += random.log_normal(10 * DAY, 0.8);
        }
    }
    for (service, at, version) in noticed(random, records) {
        for _ in 0..random.between(4, 8) {
            let created_at = at + random.log_normal(7 * HOUR, 0.9);
            let version = if random.chance(0.3) { version.clone() } else { String::new() };
            if created_at < END - HOUR {
                records.tickets.push(complaint(service, created_at, version, random));
            }
        }
    }
}

/// Releases that sent customers to the telephone: some with an incident, some only clumsy.
fn noticed(random: &mut Random, records: &Records) -> Vec<(&'static Service, Instant, String)> {
    let mut noticed = Vec::new();
    for deployment in &records.deployments {
        let is_seen = deployment.is_production && deployment.service.is_customer_facing;
        if !is_seen || deployment.status == "failed" || deployment.status == "cancelled" {
            continue;
        }
        let at = deployment.finished_at;
        let has_incident = records.incidents.iter().any(|incident| {
            let is_same = incident.service.is_some_and(|service| service.name == deployment.service.name);
            is_same && (at..at + 8 * HOUR).contains(&incident.opened_at)
        });
        let share = if has_incident { 0.3 } else { 0.012 };
        if random.chance(share) {
            noticed.push((deployment.service, at, deployment.version.clone()));
        }
    }
    noticed
}

fn complaint(service: &'static Service, created_at: Instant, version: String, random: &mut Random) -> Ticket {
    let is_release = !version.is_empty();
    let started_at = created_at + random.log_normal(70 * MINUTE, 0.8);
    let resolved_at = started_at + random.log_normal(9 * HOUR, 0.9);
    let rated = if is_release { [0, 1, 3, 5, 6] } else { [4, 6, 8, 9, 10] };
    let is_rated = resolved_at < END && random.chance(0.45);
    Ticket {
        kind: "support",
        service,
        priority: random.weighted(&[("p1", 0.03), ("p2", 0.17), ("p3", 0.5), ("p4", 0.3)]),
        created_at,
        started_at: before_the_end(started_at),
        resolved_at: before_the_end(resolved_at),
        version,
        is_known_error: false,
        satisfaction: if is_rated { Some(random.pick(&rated)) } else { None },
        title: random.pick(&service.symptoms).to_string(),
    }
}

fn before_the_end(at: Instant) -> Option<Instant> {
    (at < END).then_some(at)
}
