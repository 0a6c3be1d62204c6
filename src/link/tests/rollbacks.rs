//! Which deployment undid which.

use super::{Given, told};
use crate::definitions::Blame;

fn rollbacks(given: &Given) -> Vec<String> {
    told(&given.link().rollbacks, "deployment_id rolled_back rule undone_at")
}

/// V1, V2, V3 and back to V1.
fn back_to_the_first() -> Given {
    Given::default().deployments(
        "deployment_id service version status finished_at",
        &[
            "D-1 a v1 succeeded 1",
            "D-2 a v2 succeeded 2",
            "D-3 a v3 failed 3",
            "D-4 a v3 succeeded 4",
            "D-5 a v1 succeeded 5",
        ],
    )
}

#[test]
fn of_several_versions_undone_the_last_the_first_or_all_are_blamed() {
    let given = back_to_the_first();
    assert_eq!(rollbacks(&given.clone().blame(Blame::Last)), ["D-5 D-4 version 5"]);
    assert_eq!(rollbacks(&given.clone().blame(Blame::First)), ["D-5 D-2 version 5"]);
    assert_eq!(rollbacks(&given.blame(Blame::All)), ["D-5 D-2 version 5", "D-5 D-4 version 5"]);
}

#[test]
fn the_same_version_again_and_a_new_attempt_at_an_undone_one_are_no_rollbacks() {
    let given = Given::default().deployments(
        "deployment_id service version status finished_at",
        &[
            "D-1 a v1 succeeded 1",
            "D-2 a v1 succeeded 2",
            "D-3 a v2 succeeded 3",
            "D-4 a v1 succeeded 4",
            "D-5 a v2 succeeded 5",
            "D-6 a v1 rolled_back 6",
        ],
    );
    assert_eq!(rollbacks(&given), ["D-4 D-3 version 4", "D-6 D-6 status 6"]);
}

#[test]
fn services_environments_and_regions_have_histories_of_their_own() {
    let given = Given::default().deployments(
        "deployment_id service environment region version status finished_at",
        &[
            "D-1 a production eu v1 succeeded 1",
            "D-2 a production us v1 succeeded 2",
            "D-3 a production eu v2 succeeded 3",
            "D-4 a staging eu v1 succeeded 4",
            "D-5 b production eu v1 succeeded 5",
            "D-6 a production us v1 succeeded 6",
        ],
    );
    assert!(rollbacks(&given).is_empty());
}

#[test]
fn an_environment_is_the_same_however_it_is_spelled() {
    let given = Given::default().deployments(
        "deployment_id service environment version status finished_at",
        &["D-1 a production v1 succeeded 1", "D-2 a Production v2 succeeded 2", "D-3 a PRODUCTION v1 succeeded 3"],
    );
    assert_eq!(rollbacks(&given), ["D-3 D-2 version 3"]);
}

#[test]
fn a_statement_says_itself_what_it_undid_if_it_took_effect() {
    let given = Given::default().deployments(
        "deployment_id service version status finished_at rollback_of",
        &[
            "D-1 a v1 succeeded 1 -",
            "D-2 a v2 succeeded 2 -",
            "D-3 a v3 succeeded 3 -",
            "D-4 a v1 failed 4 D-3",
            "D-5 a v1 succeeded 5 D-2",
            "D-6 a v4 succeeded 6 D-9",
        ],
    );
    assert_eq!(rollbacks(&given.blame(Blame::All)), ["D-5 D-2 explicit 5"]);
}

#[test]
fn where_only_the_status_tells_a_deployment_stands_for_its_own_undoing() {
    let given = Given::default().deployments(
        "deployment_id service status finished_at",
        &[
            "D-1 a succeeded 1",
            "D-2 a rolled_back 2",
            "D-3 b succeeded 3",
            "D-4 a failed 4",
            "D-5 a succeeded 5",
            "D-6 a rolled_back 6",
        ],
    );
    assert_eq!(rollbacks(&given), ["D-2 D-2 status 5", "D-6 D-6 status 6"]);
}

#[test]
fn a_status_that_a_version_explains_is_told_once() {
    let given = Given::default().deployments(
        "deployment_id service version status finished_at",
        &["D-1 a v1 succeeded 1", "D-2 a v2 rolled_back 2", "D-3 a v1 succeeded 3"],
    );
    assert_eq!(rollbacks(&given), ["D-3 D-2 version 3"]);
}

#[test]
fn every_deployment_of_an_undone_version_is_undone() {
    let given = Given::default().deployments(
        "deployment_id service version status finished_at",
        &["D-1 a v1 succeeded 1", "D-2 a v2 succeeded 2", "D-3 a v2 rolled_back 3", "D-4 a v1 succeeded 4"],
    );
    assert_eq!(rollbacks(&given.blame(Blame::All)), ["D-4 D-2 version 4", "D-4 D-3 version 4"]);
}
