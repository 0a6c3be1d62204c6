//! When failed deployments began to hurt, and when that was over.

use super::{Given, told};

const COLUMNS: &str = "deployment_id failed_at recovered_at rule is_observed resolved_at remediated_at";

fn recoveries(given: &Given) -> Vec<String> {
    told(&given.link().recoveries, COLUMNS)
}

fn two() -> Given {
    Given::default().deployments(
        "deployment_id service environment status finished_at",
        &[
            "D-1 a production succeeded 10",
            "D-2 a production failed 19",
            "D-3 b production succeeded 19.5",
            "D-4 a staging succeeded 19.7",
            "D-5 a production succeeded 20",
        ],
    )
}

#[test]
fn the_earliest_end_wins_and_each_has_its_own_column() {
    let opened = "incident_id service opened_at resolved_at";
    let resolved = two().incidents(opened, &["I-1 a 12 15"]);
    assert_eq!(recoveries(&resolved), ["D-1 12 15 resolved true 15 20"]);
    let replaced = two().incidents(opened, &["I-1 a 12 25"]);
    assert_eq!(recoveries(&replaced), ["D-1 12 20 next true 25 20"]);
}

#[test]
fn all_incidents_must_be_resolved_and_the_first_begins_the_failure() {
    let opened = "incident_id service opened_at resolved_at";
    let given = two().incidents(opened, &["I-1 a 21 22", "I-2 a 20.5 30"]);
    assert_eq!(recoveries(&given), ["D-5 20.5 30 resolved true 30 -"]);
    let open = two().incidents(opened, &["I-1 a 21 22", "I-2 a 20.5 -"]);
    assert_eq!(recoveries(&open), ["D-5 20.5 - - false - -"]);
}

#[test]
fn an_end_that_lies_after_now_has_not_happened_yet() {
    let opened = "incident_id service opened_at resolved_at";
    let given = two().incidents(opened, &["I-1 a 21 1001"]);
    assert_eq!(recoveries(&given), ["D-5 21 - - false - -"]);
}

#[test]
fn an_incident_that_is_called_over_without_a_time_ends_with_what_repaired_it() {
    let opened = "incident_id service status opened_at resolved_at";
    let vague = |given: &Given| told(&given.link().recoveries, "deployment_id is_vague");
    let replaced = two().incidents(opened, &["I-1 a resolved 12 -"]);
    assert_eq!(recoveries(&replaced), ["D-1 12 20 next true - 20"]);
    assert_eq!(vague(&replaced), ["D-1 true"]);
    // Of two the time of one does not tell when both were over.
    let both = two().incidents(opened, &["I-1 a closed 12 -", "I-2 a resolved 13 14"]);
    assert_eq!(recoveries(&both), ["D-1 12 20 next true - 20"]);
    let nothing_followed = two().incidents(opened, &["I-1 a resolved 21 -"]);
    assert_eq!(recoveries(&nothing_followed), ["D-5 21 - - false - -"]);
    assert_eq!(vague(&nothing_followed), ["D-5 true"]);
    let open = two().incidents(opened, &["I-1 a resolved 12 -", "I-2 a open 13 -"]);
    assert_eq!(recoveries(&open), ["D-1 12 - - false - 20"]);
    assert_eq!(vague(&open), ["D-1 false"]);
    let later = two().incidents(opened, &["I-1 a resolved 21 1001"]);
    assert_eq!(vague(&later), ["D-5 false"]);
}

#[test]
fn what_only_its_own_status_calls_rolled_back_has_no_recovery() {
    let columns = "deployment_id service status finished_at";
    let undone_late = ["D-1 a succeeded 10", "D-2 a rolled_back 20", "D-3 a succeeded 200"];
    assert!(recoveries(&Given::default().deployments(columns, &undone_late)).is_empty());
    let never = Given::default().deployments(columns, &undone_late[..2]);
    assert!(recoveries(&never).is_empty());
    // What follows within the window of attribution undid it, and an incident tells when it hurt.
    let soon = ["D-1 a succeeded 10", "D-2 a rolled_back 20", "D-3 a succeeded 22"];
    assert_eq!(recoveries(&Given::default().deployments(columns, &soon)), ["D-2 20 22 rollback true - 22"]);
    let hurt = Given::default()
        .deployments(columns, &undone_late)
        .incidents("incident_id service opened_at resolved_at", &["I-1 a 21 23"]);
    assert_eq!(recoveries(&hurt), ["D-2 21 23 resolved true 23 200"]);
}

#[test]
fn a_false_alarm_is_no_failure() {
    let opened = "incident_id service opened_at is_false_alarm";
    assert!(recoveries(&two().incidents(opened, &["I-1 a 21 true"])).is_empty());
}

#[test]
fn a_rollback_without_incident_fails_at_its_finish_and_ends_with_its_undoing() {
    let given = Given::default().deployments(
        "deployment_id service team status finished_at rollback_of",
        &["D-1 a red succeeded 10 -", "D-2 a red succeeded 20 -", "D-3 a red succeeded 23 D-2"],
    );
    assert_eq!(recoveries(&given), ["D-2 20 23 rollback true - 23"]);
    let context = told(&given.link().recoveries, "finished_at service team");
    assert_eq!(context, ["20 a red"]);
}

#[test]
fn an_undoing_before_the_incident_did_not_end_it() {
    let given = Given::default()
        .deployments(
            "deployment_id service status finished_at rollback_of",
            &["D-2 a succeeded 20 -", "D-3 a succeeded 23 D-2", "D-4 a succeeded 40 -"],
        )
        .incidents("incident_id service opened_at resolved_at deployment_id", &["I-1 a 25 50 D-2"]);
    assert_eq!(recoveries(&given), ["D-2 25 40 next true 50 40"]);
}

#[test]
fn deployments_outside_production_do_not_fail() {
    let given = Given::default()
        .deployments("deployment_id service environment status finished_at", &["D-1 a staging rolled_back 10"]);
    assert!(recoveries(&given).is_empty());
}
