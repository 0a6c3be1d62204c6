//! Which deployment each incident is linked to.

use super::{Given, only, told};
use crate::definitions::{AttributionRule, AttributionScope, Boundary, Candidates, Window};

const DEPLOYED: &str = "deployment_id service environment status finished_at";

/// Two deployments of `a` and one of `b`.
fn three() -> Given {
    Given::default().deployments(
        DEPLOYED,
        &["D-1 a production succeeded 10", "D-2 b production succeeded 11", "D-3 a production succeeded 20"],
    )
}

#[test]
fn an_incident_is_linked_to_the_latest_deployment_of_its_service() {
    let given = three().incidents("incident_id service opened_at", &["I-1 a 12", "I-2 a 21.5", "I-3 b 30"]);
    assert_eq!(
        given.attributions(),
        ["I-1 D-1 proximity 1 7200 true", "I-2 D-3 proximity 1 5400 true", "I-3 D-2 proximity 1 68400 true",]
    );
    let evidence = told(&given.link().attributions, "evidence score");
    assert_eq!(evidence[0], "opened 2.0 h after D-1 finished -");
}

#[test]
fn an_incident_before_any_deployment_or_of_no_service_is_not_linked() {
    let given = three().incidents("incident_id service opened_at", &["I-1 a 9", "I-2 c 30", "I-3 - 30"]);
    assert!(given.attributions().is_empty());
}

#[test]
fn an_incident_at_the_instant_of_a_deployment_is_its_only_where_the_boundary_is_closed() {
    let given = three().incidents("incident_id service opened_at", &["I-1 a 20"]);
    assert_eq!(given.primaries(), ["I-1 D-3 proximity"]);
    let open = given.attribution(|attribution| attribution.boundary = Boundary::Open);
    assert_eq!(open.primaries(), ["I-1 D-1 proximity"]);
}

#[test]
fn the_end_of_the_window_belongs_to_it() {
    let given = three().incidents("incident_id service opened_at", &["I-1 b 83", "I-2 b 83.001"]);
    assert_eq!(given.primaries(), ["I-1 D-2 proximity"]);
    let for_ever = given.attribution(|attribution| attribution.window = Window { seconds: None });
    assert_eq!(for_ever.primaries(), ["I-1 D-2 proximity", "I-2 D-2 proximity"]);
}

#[test]
fn of_two_deployments_at_one_instant_the_smaller_identifier_is_blamed() {
    let given = Given::default()
        .deployments(DEPLOYED, &["D-2 a production succeeded 10", "D-1 a production succeeded 10"])
        .incidents("incident_id service opened_at", &["I-1 a 11"]);
    assert_eq!(given.primaries(), ["I-1 D-1 proximity"]);
}

#[test]
fn only_finished_deployments_to_production_are_near() {
    let given = Given::default()
        .deployments(
            DEPLOYED,
            &[
                "D-1 a PROD succeeded 10",
                "D-2 a live failed 11",
                "D-3 a staging succeeded 12",
                "D-4 a production cancelled 13",
                "D-5 a production in_progress -",
            ],
        )
        .incidents("incident_id service opened_at", &["I-1 a 14"]);
    assert_eq!(given.primaries(), ["I-1 D-2 proximity"]);
    let succeeded = given.attribution(|attribution| attribution.candidates = Candidates::Succeeded);
    assert_eq!(succeeded.primaries(), ["I-1 D-1 proximity"]);
}

#[test]
fn a_statement_beats_a_nearer_deployment_and_both_are_kept() {
    let given = three().incidents("incident_id service opened_at deployment_id", &["I-1 a 21 D-1", "I-2 a 12 D-3"]);
    assert_eq!(
        given.attributions(),
        [
            "I-1 D-1 explicit 1 39600 true",
            "I-1 D-3 proximity 2 3600 false",
            "I-2 D-3 explicit 1 -28800 true",
            "I-2 D-1 proximity 2 7200 false",
        ]
    );
    let evidence = told(&given.link().attributions, "score evidence");
    assert_eq!(evidence[0], "1 incident names deployment D-1");
}

#[test]
fn a_pair_stands_once_under_its_strongest_rule() {
    let given = three().incidents("incident_id service opened_at deployment_id", &["I-1 a 21 D-3"]);
    assert_eq!(given.attributions(), ["I-1 D-3 explicit 1 3600 true"]);
    let evidence = told(&given.link().attributions, "evidence");
    assert_eq!(evidence, ["incident names deployment D-3; also by proximity"]);
}

#[test]
fn a_statement_that_names_nothing_is_reported_and_not_guessed() {
    let given = three().incidents(
        "incident_id service opened_at deployment_id",
        &["I-1 a 21 D-9", "I-2 a 21 #MULTIVALUE", "I-3 a 21 -"],
    );
    assert_eq!(given.primaries(), ["I-3 D-3 proximity"]);
    assert_eq!(
        given.dangling(),
        [
            "incidents I-1 deployment_id D-9 no deployment D-9",
            "incidents I-2 deployment_id #MULTIVALUE `#MULTIVALUE` is no identifier",
        ]
    );
    let without = given.attribution(only(&[AttributionRule::Proximity]));
    assert_eq!(without.primaries().len(), 3);
}

#[test]
fn a_reference_that_leaves_the_tool_away_names_the_only_key_that_ends_so() {
    let given = Given::default()
        .deployments(
            "deployment_id service environment status started_at finished_at",
            &[
                "github:acme/shop#41 shop production succeeded 9 10",
                "github:acme/web#41 web production succeeded 9 10",
                "github:acme/web#42 web production succeeded 9 11",
            ],
        )
        .incidents(
            "incident_id service opened_at deployment_id",
            &["I-1 x 12 #42", "I-2 x 12 web#41", "I-3 x 12 41", "I-4 x 12 43"],
        );
    assert_eq!(given.primaries(), ["I-1 github:acme/web#42 explicit", "I-2 github:acme/web#41 explicit"]);
    assert_eq!(
        given.dangling(),
        [
            "incidents I-3 deployment_id 41 `41` may be `github:acme/shop#41` or `github:acme/web#41`: write the whole key",
            "incidents I-4 deployment_id 43 no deployment 43",
        ]
    );
}

#[test]
fn a_shared_ticket_names_what_had_begun_and_not_the_later_repair() {
    let given = Given::default()
        .deployments(
            "deployment_id service environment status started_at finished_at ticket_id",
            &[
                "D-1 a staging succeeded 9 9.5 T-1",
                "D-2 a production succeeded 9 10 T-1",
                "D-3 b production succeeded 10 11 -",
                "D-4 b production succeeded 13 14 T-1",
                "D-5 c production succeeded 11 13 T-1",
                "D-6 b production cancelled 11 12 T-1",
            ],
        )
        .incidents("incident_id service opened_at ticket_id", &["I-1 b 12 T-1"]);
    assert_eq!(
        given.attributions(),
        [
            "I-1 D-2 explicit 1 7200 true",
            "I-1 D-5 explicit 2 -3600 false",
            "I-1 D-1 explicit 3 9000 false",
            "I-1 D-3 proximity 4 3600 false",
        ]
    );
}

#[test]
fn a_version_names_its_latest_deployment_before_production_first() {
    let given = Given::default()
        .deployments(
            "deployment_id service environment version status finished_at",
            &[
                "D-1 a production v1 succeeded 10",
                "D-2 a production v1 succeeded 20",
                "D-3 b production v1 succeeded 25",
                "D-4 a staging v1 succeeded 28",
                "D-5 a production v2 succeeded 29",
                "D-6 a production v1 succeeded 40",
            ],
        )
        .incidents(
            "incident_id service version opened_at",
            &["I-1 a v1 30", "I-2 - v1 30", "I-3 a v1 9", "I-4 a v7 5", "I-5 a v1 20"],
        )
        .attribution(only(&[AttributionRule::Version]));
    assert_eq!(
        given.attributions(),
        [
            "I-1 D-2 version 1 36000 true",
            "I-1 D-4 version 2 7200 false",
            "I-2 D-3 version 1 18000 true",
            "I-2 D-4 version 2 7200 false",
            "I-5 D-2 version 1 0 true",
        ]
    );
}

#[test]
fn a_commit_names_the_deployment_that_shipped_it() {
    let given = Given::default()
        .deployments(
            "deployment_id service commit_sha status finished_at",
            &["D-1 a c0ffee1 succeeded 10", "D-2 a c0ffee2 succeeded 20"],
        )
        .incidents("incident_id service commit_sha opened_at", &["I-1 a c0ffee1 21"]);
    assert_eq!(given.attributions(), ["I-1 D-1 version 1 39600 true", "I-1 D-2 proximity 2 3600 false"]);
}

#[test]
fn a_version_at_the_instant_of_an_incident_is_its_only_where_the_boundary_is_closed() {
    let given = Given::default()
        .deployments(
            "deployment_id service version status finished_at",
            &["D-1 a v1 succeeded 10", "D-2 a v1 succeeded 20"],
        )
        .incidents("incident_id service version opened_at", &["I-1 a v1 20"])
        .attribution(only(&[AttributionRule::Version]));
    assert_eq!(given.primaries(), ["I-1 D-2 version"]);
    let open = given.attribution(|attribution| attribution.boundary = Boundary::Open);
    assert_eq!(open.primaries(), ["I-1 D-1 version"]);
}

#[test]
fn an_incident_may_abbreviate_a_commit_as_far_as_it_is_clear() {
    let given = Given::default()
        .deployments(
            "deployment_id service commit_sha status finished_at",
            &[
                "D-1 a 0123456789abcdef succeeded 10",
                "D-2 a 0123456fffffffff succeeded 20",
                "D-3 a abcdef0 succeeded 30",
            ],
        )
        .incidents(
            "incident_id service commit_sha opened_at",
            &[
                "I-1 a 0123456789 40",
                "I-2 a 0123456 40",
                "I-3 a abcdef0123456789 40",
                "I-4 - 0123456f 40",
                "I-5 a 012345 40",
            ],
        )
        .attribution(only(&[AttributionRule::Version]));
    assert_eq!(given.primaries(), ["I-1 D-1 version", "I-3 D-3 version", "I-4 D-2 version"]);
}

#[test]
fn what_was_undone_while_an_incident_was_open_is_blamed_before_the_nearest() {
    let given = Given::default()
        .deployments(
            "deployment_id service status finished_at rollback_of",
            &["D-1 a succeeded 10 -", "D-2 a succeeded 20 -", "D-3 a succeeded 25 -", "D-4 a succeeded 40 D-2"],
        )
        .incidents(
            "incident_id service opened_at resolved_at",
            &["I-1 a 30 41", "I-2 a 30 40", "I-3 a 30 39.9", "I-4 a 30 -", "I-5 a 15 50"],
        );
    assert_eq!(
        given.primaries(),
        ["I-1 D-2 rollback", "I-2 D-2 rollback", "I-3 D-3 proximity", "I-4 D-2 rollback", "I-5 D-1 proximity",]
    );
    let evidence = told(&given.link().attributions, "evidence");
    assert_eq!(evidence[0], "D-2 was undone by D-4 while the incident was open");
}

#[test]
fn a_rollback_at_the_very_instant_of_an_incident_is_while_it_was_open() {
    let given = Given::default()
        .deployments(
            "deployment_id service status finished_at rollback_of",
            &["D-1 a succeeded 10 -", "D-2 a succeeded 20 -", "D-3 a succeeded 40 D-1"],
        )
        .incidents("incident_id service opened_at resolved_at", &["I-1 a 40 41", "I-2 a 10 41"]);
    assert_eq!(given.primaries(), ["I-1 D-1 rollback", "I-2 D-1 rollback"]);
    let open = given.attribution(|attribution| attribution.boundary = Boundary::Open);
    assert_eq!(open.primaries(), ["I-1 D-1 rollback"]);
}

#[test]
fn a_repair_that_finished_while_the_incident_was_open_is_never_its_cause() {
    let given = Given::default()
        .deployments(
            "deployment_id service status finished_at fixes_incident_id",
            &["D-1 a succeeded 10 -", "D-2 a succeeded 20 I-1", "D-3 a succeeded 30 I-2"],
        )
        .incidents(
            "incident_id service opened_at resolved_at deployment_id",
            &["I-1 a 12 22 D-2", "I-2 a 30 31 -", "I-3 a 12 40 D-3"],
        );
    assert_eq!(given.primaries(), ["I-1 D-1 proximity", "I-2 D-2 proximity", "I-3 D-3 explicit"]);
}

#[test]
fn the_scope_team_looks_at_the_team_that_the_service_had_then() {
    let given = Given::default()
        .deployments(
            "deployment_id service team status finished_at",
            &[
                "D-1 a red succeeded 10",
                "D-2 b red succeeded 11",
                "D-3 c blue succeeded 12",
                "D-4 a blue succeeded 20",
                "D-5 c blue succeeded 21",
            ],
        )
        .incidents("incident_id service opened_at", &["I-1 a 13", "I-2 a 22", "I-3 x 22"])
        .attribution(|attribution| attribution.scope = AttributionScope::Team);
    assert_eq!(given.primaries(), ["I-1 D-2 proximity", "I-2 D-5 proximity"]);
    let all = given.attribution(|attribution| attribution.scope = AttributionScope::All);
    assert_eq!(all.primaries(), ["I-1 D-3 proximity", "I-2 D-5 proximity", "I-3 D-5 proximity"]);
}

#[test]
fn latest_takes_whatever_was_deployed_last_however_long_ago() {
    let given = three()
        .incidents("incident_id opened_at", &["I-1 900", "I-2 15"])
        .attribution(only(&[AttributionRule::Latest]));
    assert_eq!(given.primaries(), ["I-1 D-3 latest", "I-2 D-2 latest"]);
}

#[test]
fn false_alarms_are_linked_like_others() {
    let given = three().incidents("incident_id service opened_at is_false_alarm", &["I-1 a 21 true"]);
    assert_eq!(given.primaries(), ["I-1 D-3 proximity"]);
}

#[test]
fn a_service_is_blamed_for_those_that_depend_on_it_directly_and_within_the_window() {
    let given = Given::default()
        .deployments(
            "deployment_id service environment status finished_at",
            &[
                "D-1 store production succeeded 10",
                "D-2 queue production succeeded 11",
                "D-3 store production succeeded 12",
                "D-4 queue production succeeded 13",
                "D-5 disk production succeeded 13.5",
            ],
        )
        .dependencies(&["shop store", "shop queue", "shop shop", "store disk"])
        .incidents("incident_id service opened_at", &["I-1 shop 12.5", "I-2 shop 14", "I-3 queue 14", "I-4 shop 85.5"])
        .attribution(only(&[AttributionRule::Dependency]));
    assert_eq!(
        given.attributions(),
        [
            "I-1 D-3 dependency 1 1800 true",
            "I-1 D-2 dependency 2 5400 false",
            "I-2 D-4 dependency 1 3600 true",
            "I-2 D-3 dependency 2 7200 false",
            // D-4 is 72.5 h away, D-3 more.
        ]
    );
    let own_first = given.attribution(only(&[AttributionRule::Proximity, AttributionRule::Dependency]));
    assert_eq!(own_first.primaries()[2], "I-3 D-4 proximity");
}

#[test]
fn a_team_is_the_one_that_owned_the_service_at_that_time() {
    let given = Given::default()
        .deployments(
            "deployment_id service environment status finished_at",
            &["D-1 a production succeeded 10", "D-2 b production succeeded 20", "D-3 c production succeeded 30"],
        )
        .services(
            "service team valid_from valid_until",
            // b goes from red to blue at 25; c is nobody's from 35 on.
            &["a red - -", "b red - 25", "b blue 25 -", "c blue - 35"],
        )
        .incidents("incident_id service opened_at", &["I-1 a 22", "I-2 b 31", "I-3 a 31"])
        .attribution(|attribution| attribution.scope = AttributionScope::Team);
    // I-2 opens when b is blue's: c was blue's last deployment.
    assert_eq!(given.primaries(), ["I-1 D-2 proximity", "I-2 D-3 proximity", "I-3 D-2 proximity"]);
}

#[test]
fn without_any_team_everybody_is_one_team() {
    let given = three()
        .incidents("incident_id service opened_at", &["I-1 x 21"])
        .attribution(|attribution| attribution.scope = AttributionScope::Team);
    assert_eq!(given.primaries(), ["I-1 D-3 proximity"]);
}
