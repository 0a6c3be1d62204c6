//! What holds of links whatever the tables.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Given, told};
use crate::definitions::{AttributionRule, Window};

#[derive(Debug, Clone)]
struct Events {
    deployments: Vec<String>,
    incidents: Vec<String>,
}

fn events() -> impl Strategy<Value = Events> {
    let statuses = prop::sample::select(vec!["succeeded", "failed", "rolled_back", "cancelled"]);
    let places = prop::sample::select(vec!["production", "staging"]);
    let services = || prop::sample::select(vec!["a", "b", "-"]);
    let deployment = (services(), places, 0..4_u8, statuses, 0..200_u32, any::<bool>());
    let incident = (services(), 0..4_u8, 0..220_u32, 0..40_u32, 0..30_usize);
    let deployments = prop::collection::vec(deployment, 0..25);
    let incidents = prop::collection::vec(incident, 0..15);
    (deployments, incidents).prop_map(|(deployments, incidents)| Events {
        deployments: (0..)
            .zip(deployments)
            .map(|(n, (service, place, version, status, at, is_rollback))| {
                let of = if is_rollback && n > 0 { format!("D-{}", n - 1) } else { "-".into() };
                format!("D-{n} {service} {place} v{version} {status} {at} {of}")
            })
            .collect(),
        incidents: (0..)
            .zip(incidents)
            .map(|(n, (service, version, at, length, named))| {
                let named = if named < 10 { format!("D-{named}") } else { "-".into() };
                format!("I-{n} {service} v{version} {at} {} {named}", at + length)
            })
            .collect(),
    })
}

fn given(events: &Events) -> Given {
    Given::default()
        .deployments(
            "deployment_id service environment version status finished_at rollback_of",
            &lines(&events.deployments),
        )
        .incidents("incident_id service version opened_at resolved_at deployment_id", &lines(&events.incidents))
}

fn lines(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

fn windowed(given: &Given, hours: i64) -> BTreeSet<String> {
    let only_near = given.clone().attribution(|attribution| {
        attribution.rules = vec![AttributionRule::Explicit, AttributionRule::Proximity];
        attribution.window = Window { seconds: Some(hours * 3_600) };
    });
    told(&only_near.link().attributions, "incident_id deployment_id").into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_linked_incident_has_one_primary_and_its_ranks_count_up(events in events()) {
        let links = given(&events).link();
        let mut last = (String::new(), 0);
        for line in told(&links.attributions, "incident_id rank is_primary") {
            let cells: Vec<&str> = line.split(' ').collect();
            let rank: i64 = cells[1].parse().unwrap();
            let expected = if cells[0] == last.0 { last.1 + 1 } else { 1 };
            prop_assert_eq!(rank, expected);
            prop_assert_eq!(cells[2] == "true", rank == 1);
            last = (cells[0].to_owned(), rank);
        }
    }

    #[test]
    fn no_pair_stands_twice(events in events()) {
        let pairs = told(&given(&events).link().attributions, "incident_id deployment_id");
        let distinct: BTreeSet<&String> = pairs.iter().collect();
        prop_assert_eq!(distinct.len(), pairs.len());
    }

    #[test]
    fn widening_the_window_never_loses_a_link(events in events(), hours in 0..100_i64) {
        let given = given(&events);
        prop_assert!(windowed(&given, hours).is_subset(&windowed(&given, hours * 2 + 1)));
    }

    #[test]
    fn the_size_of_batches_changes_nothing(events in events()) {
        let (one, other) = (given(&events).link(), given(&events).in_small_batches().link());
        prop_assert_eq!(one.attributions, other.attributions);
        prop_assert_eq!(one.rollbacks, other.rollbacks);
        prop_assert_eq!(one.recoveries, other.recoveries);
    }

    #[test]
    fn the_order_of_rows_changes_nothing(events in events()) {
        let mut turned = events.clone();
        turned.deployments.reverse();
        turned.incidents.reverse();
        let (one, other) = (given(&events).link(), given(&turned).link());
        prop_assert_eq!(one.attributions, other.attributions);
        prop_assert_eq!(one.rollbacks, other.rollbacks);
        prop_assert_eq!(one.recoveries, other.recoveries);
        prop_assert_eq!(one.dangling, other.dangling);
    }
}
