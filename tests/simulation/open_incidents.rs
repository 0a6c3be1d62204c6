//! An incident that is still open never makes recovery look faster.
//!
//! While one of its incidents is open a failed deployment is not made good, whatever has been deployed since. In one
//! world only resolution ends a failure, in the other a rollback or the next success may as well.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{DateTime, NaiveDate};
use shipwake::metric::{self, Request};
use shipwake::period::Grain;
use shipwake::settings::{Flags, Settings};
use shipwake::stats::random::Generator;
use shipwake::workspace::{Data, Loading, Workspace};

use super::dice::{exponential, log_normal};

const TABLES: usize = 60;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 24.0 * HOUR;
const AS_OF: &str = "2026-11-01T00:00:00Z";

/// What ends a failure in this world.
#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    /// Resolution alone, and no deployment is rolled back.
    Resolved,
    /// The default: resolution, rollback or the next successful deployment.
    Earliest,
}

/// The tables that one comparison reads: every table has its own service.
struct Pair {
    deployments: String,
    incidents: String,
    with_one_open: String,
}

/// Every table is a service; in the second log each has one open incident more, attributed or not.
fn pair(ends: End, dice: &mut Generator) -> Pair {
    let end = DateTime::parse_from_rfc3339(AS_OF).unwrap().timestamp() as f64;
    let begins = end - 60.0 * DAY;
    let mut deployments = String::from("deployment_id,service,environment,status,finished_at\n");
    let mut incidents = String::from("incident_id,service,severity,opened_at,resolved_at,deployment_id\n");
    let mut open = String::new();
    for table in 0..TABLES {
        let count = 2 + dice.below(8);
        let mut finished = Vec::new();
        let rolled_back = if ends == End::Earliest { 0.15 } else { 0.0 };
        for number in 0..count {
            let at = begins + dice.uniform() * 49.0 * DAY;
            finished.push(at);
            let status = if dice.uniform() < rolled_back { "rolled_back" } else { "succeeded" };
            writeln!(deployments, "d{table}-{number},s{table},production,{status},{}", text(at)).unwrap();
        }
        for number in 0..1 + dice.below(7) {
            let deployment = dice.below(count);
            let opened = finished[deployment] + exponential(dice, 6.0 * HOUR);
            let resolved = opened + log_normal(dice, 4.0 * HOUR, 1.5);
            let is_open = dice.uniform() < 0.2 || resolved > end;
            let resolved = if is_open { String::new() } else { text(resolved) };
            let named = if dice.uniform() < 0.6 { format!("d{table}-{deployment}") } else { String::new() };
            writeln!(incidents, "i{table}-{number},s{table},sev2,{},{resolved},{named}", text(opened)).unwrap();
        }
        // One of three kinds: attributed by name, left to closeness, or of no deployment at all.
        let deployment = dice.below(count);
        let (opened, named) = match table % 3 {
            0 => (finished[deployment] + exponential(dice, 2.0 * HOUR), format!("d{table}-{deployment}")),
            1 => (finished[deployment] + exponential(dice, 2.0 * HOUR), String::new()),
            _ => (begins - DAY * dice.uniform(), String::new()),
        };
        writeln!(open, "open{table},s{table},sev2,{},,{named}", text(opened)).unwrap();
    }
    let with_one_open = format!("{incidents}{open}");
    Pair { deployments, incidents, with_one_open }
}

fn text(second: f64) -> String {
    DateTime::from_timestamp(second as i64, 0).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The median of each table, by service, of both metrics: none where there is no case or half of them are open.
fn medians(ends: End, deployments: &str, incidents: &str) -> Vec<(String, String, u64, Option<f64>)> {
    let end = if ends == End::Resolved { "resolved" } else { "earliest" };
    let set = vec![format!("definitions.recovery.end={end}")];
    let flags = Flags { as_of: Some(AS_OF.into()), set, ..Flags::default() };
    let files = [("deployments.csv", deployments.as_bytes()), ("incidents.csv", incidents.as_bytes())];
    let loading = Loading {
        data: Data::Files(&files),
        besides: Vec::new(),
        now: 0,
        threads: 2,
        memory_limit: None,
        queries: None,
        progress: &|_, _, _| {},
    };
    let workspace = Workspace::open(Settings::read(&flags).unwrap(), &loading).unwrap();
    let day = |year, month| NaiveDate::from_ymd_opt(year, month, 1).unwrap();
    let request = Request {
        grain: Grain::Total,
        from: day(2026, 1),
        until: day(2026, 12),
        groupings: vec![vec!["service".into()]],
        filter: None,
    };
    let asked = ["failed_deployment_recovery_time", "time_to_restore"]
        .map(|name| (workspace.catalogue.metric(name).unwrap(), request.clone()));
    let results = metric::compute(&workspace.context(), &asked);
    let mut medians = Vec::new();
    for result in results.into_iter().flat_map(Result::unwrap) {
        for row in &result.rows {
            let service = row.dimensions[0].clone().unwrap_or_default();
            medians.push((result.metric.clone(), service, row.n, row.value));
        }
    }
    medians
}

#[test]
fn one_more_open_incident_never_shortens_a_median() {
    let mut dice = Generator::new(77);
    let mut compared = 0;
    let mut longer = BTreeMap::new();
    for ends in [End::Resolved, End::Earliest] {
        let Pair { deployments, incidents, with_one_open } = pair(ends, &mut dice);
        let before = medians(ends, &deployments, &incidents);
        let after = medians(ends, &deployments, &with_one_open);
        for (metric, service, n, median) in &before {
            let later = after.iter().find(|(name, of, ..)| name == metric && of == service);
            let Some((.., n_after, later)) = later else { panic!("{service} has gone from {metric}") };
            assert!(n_after >= n, "{ends:?} {metric} {service}: {n} {n_after}");
            assert!(metric != "time_to_restore" || *n_after == n + 1, "{ends:?} {service}: {n} {n_after}");
            let Some(median) = median else { continue };
            // No median is later than any: half of the cases are open.
            assert!(later.is_none_or(|later| later >= *median), "{ends:?} {metric} {service}: {median} {later:?}");
            compared += 1;
            *longer.entry(metric.clone()).or_insert(0) += usize::from(later.is_none_or(|later| later > *median));
        }
    }
    println!("{compared} medians, of which got longer: {longer:?}");
    assert!(compared > 150 && longer.len() == 2 && longer.values().all(|count| *count > 40), "{compared} {longer:?}");
}
