//! Which deployment brought each change to production.

use super::{Given, told};

fn deliveries(given: &Given) -> Vec<String> {
    told(&given.link().deliveries, "change_id deployment_id rule lead_s")
}

fn shipped() -> Given {
    Given::default().deployments(
        "deployment_id service environment status finished_at",
        &[
            "D-1 a production succeeded 10",
            "D-2 b production succeeded 11",
            "D-3 a staging succeeded 12",
            "D-4 a production failed 13",
            "D-6 a production succeeded 14",
            "D-5 a production succeeded 14",
            "D-7 b production rolled_back 15",
        ],
    )
}

#[test]
fn a_merged_change_is_delivered_by_the_next_deployment_that_reached_production() {
    let given = shipped().changes(
        "change_id service committed_at merged_at",
        &["C-1 a 1 9", "C-2 a 1 10", "C-3 a 2 11", "C-4 b 3 12", "C-5 a 1 14.1", "C-6 - 1 1", "C-7 a 1 -"],
    );
    assert_eq!(
        deliveries(&given),
        ["C-1 D-1 next 32400", "C-2 D-1 next 32400", "C-3 D-5 next 43200", "C-4 D-7 next 43200",]
    );
}

#[test]
fn a_column_of_merges_without_a_merge_is_as_none() {
    let absent = shipped().changes("change_id service committed_at", &["C-1 a 9", "C-2 b 14"]);
    let empty = shipped().changes("change_id service committed_at merged_at", &["C-1 a 9 -", "C-2 b 14 -"]);
    assert_eq!(deliveries(&absent), ["C-1 D-1 next 3600", "C-2 D-7 next 3600"]);
    assert_eq!(deliveries(&empty), deliveries(&absent));
}

#[test]
fn batches_are_kept_and_do_not_matter() {
    let given = shipped().changes(
        "change_id service committed_at merged_at",
        &["C-1 a 1 9", "C-2 a 1 10", "C-3 x 2 11", "C-4 x 3 12", "C-5 x 3 13", "C-6 b 3 14"],
    );
    let split = given.clone().in_small_batches();
    assert_eq!(deliveries(&split), deliveries(&given));
    assert_eq!(split.link().deliveries.len(), 2);
}

#[test]
fn without_any_merges_the_first_commit_stands_for_them() {
    let given = shipped().changes("change_id service committed_at", &["C-1 a 11"]);
    assert_eq!(deliveries(&given), ["C-1 D-5 next 10800"]);
}

#[test]
fn changes_in_any_order_keep_that_order() {
    let given = shipped().changes("change_id service committed_at merged_at", &["C-3 a 2 11", "C-1 a 1 9"]);
    assert_eq!(deliveries(&given), ["C-3 D-5 next 43200", "C-1 D-1 next 32400"]);
}

#[test]
fn a_named_deployment_beats_the_next_one_and_a_missing_one_is_not_guessed() {
    let given = shipped().changes(
        "change_id service committed_at merged_at deployment_id",
        &["C-1 a 1 2 D-6", "C-2 a 1 2 D-9", "C-3 a 1 2 D-4", "C-4 a 1 2 -"],
    );
    assert_eq!(deliveries(&given), ["C-1 D-6 explicit 46800", "C-3 D-5 next 46800", "C-4 D-1 next 32400"]);
    assert_eq!(given.dangling(), ["changes C-2 deployment_id D-9 no deployment D-9"]);
}

#[test]
fn a_commit_is_delivered_by_the_first_deployment_that_ships_it() {
    let given = Given::default()
        .deployments(
            "deployment_id service environment status finished_at commit_sha",
            &[
                "D-0 a staging succeeded 1 aaaaaaaaaaaa",
                "D-1 a production failed 2 aaaaaaaaaaaa",
                "D-2 a production succeeded 3 aaaaaaaaaaaa",
                "D-3 a production succeeded 4 aaaaaaaaaaaa",
                "D-4 a production succeeded 5 bbbbbbb",
                "D-5 a production succeeded 6 ccccccc",
                "D-6 a production succeeded 7 dddddddddddd",
                "D-7 a production succeeded 8 eeeeee",
            ],
        )
        .changes(
            "change_id committed_at commit_sha",
            &[
                "C-1 0 aaaaaaaaaaaa",
                "C-2 0 bbbbbbbb1234",
                "C-3 0 ccccccc11111",
                "C-4 0 ccccccc22222",
                "C-5 0 ddddddd",
                "C-6 0 eeeeee123456",
            ],
        );
    assert_eq!(deliveries(&given), ["C-1 D-2 commit 10800", "C-2 D-4 commit 18000", "C-5 D-6 commit 25200"]);
}

#[test]
fn a_release_is_delivered_where_the_service_of_the_change_is() {
    let given = Given::default()
        .deployments(
            "deployment_id service status finished_at release_id",
            &["D-1 a succeeded 2 R-1", "D-2 b succeeded 3 R-1", "D-3 b succeeded 4 R-1"],
        )
        .changes(
            "change_id service committed_at merged_at release_id",
            &["C-1 b 0 - R-1", "C-2 - 0 - R-1", "C-3 c 0 - R-1", "C-4 a 0 - R-2", "C-5 a 0 9 R-2"],
        );
    // No deployment has the service of C-3, so its name says nothing; the release does. C-4 is not merged yet.
    assert_eq!(deliveries(&given), ["C-1 D-2 release 10800", "C-2 D-1 release 7200", "C-3 D-1 release 7200"]);
}

#[test]
fn a_delivery_repeats_what_a_lead_time_needs_as_far_as_it_is_known() {
    let given = Given::default()
        .deployments(
            "deployment_id service team environment change_type status started_at finished_at",
            &["D-1 a red production normal succeeded 9 10"],
        )
        .changes(
            "change_id service committed_at opened_at merged_at lines_changed author",
            &["C-1 a 1 2 3 40 somebody"],
        );
    let links = given.link();
    assert_eq!(
        told(&links.deliveries, "service team deployed_at committed_at opened_at merged_at",),
        ["a red 10 1 2 3"]
    );
    let schema = links.deliveries[0].schema();
    for absent in ["author", "first_review_at", "environment", "lines_changed", "place"] {
        assert!(schema.index_of(absent).is_err(), "{absent}");
    }
}

#[test]
fn what_went_out_with_a_failed_deployment_goes_with_the_next_success() {
    let given = shipped().changes(
        "change_id service deployment_id committed_at merged_at",
        // D-4 failed at 13; D-3 is staging, which says nothing of production.
        &["C-1 a D-4 1 12", "C-2 a D-4 1 20", "C-3 a D-3 1 12", "C-4 - D-4 1 -"],
    );
    assert_eq!(
        deliveries(&given),
        ["C-1 D-5 next 46800", "C-2 D-5 next 46800", "C-3 D-5 next 46800", "C-4 D-5 next 46800"]
    );
}

/// Two releases of `a` and one of `b`, on a history with a branch: `0 - 1 - 2 - 5` and `1 - 3 - 4 - 5`.
fn history() -> Given {
    Given::default()
        .deployments(
            "deployment_id service environment status commit_sha finished_at",
            &[
                "D-1 a production succeeded c1 10",
                "D-2 a production failed c2 11",
                "D-3 a production succeeded c4 12",
                "D-4 b production succeeded c3 13",
                "D-5 a production succeeded c5 14",
                "D-6 a production succeeded c2 15",
                "D-7 b production succeeded c5 16",
            ],
        )
        .commits(&["c0 -", "c1 c0", "c2 c1", "c3 c1", "c4 c3", "c5 c2+c4", "c6 c5", "c7 unknown"])
}

#[test]
fn a_deployment_ships_what_it_builds_on_and_no_earlier_one_of_its_service_did() {
    let given = history().changes(
        "change_id service commit_sha committed_at",
        &["C-0 a c0 1", "C-2 a c2 1", "C-3 a c3 1", "C-4 a c4 1", "C-6 a c6 1", "C-9 b c2 1"],
    );
    let ranges: Vec<String> = deliveries(&given).into_iter().filter(|line| line.contains(" range ")).collect();
    // c0 was there before; c2 came with D-5, and D-6 only brought that very commit back; c6 is deployed by nobody.
    assert_eq!(ranges, ["C-2 D-5 range 46800", "C-3 D-3 range 39600", "C-9 D-7 range 54000"]);
    let commits: Vec<String> = deliveries(&given).into_iter().filter(|line| line.contains(" commit ")).collect();
    assert_eq!(commits, ["C-4 D-3 commit 39600"]);
}

#[test]
fn what_ancestry_knows_is_not_guessed_from_dates() {
    let given = history().changes(
        "change_id service commit_sha committed_at",
        &["C-0 a c0 1", "C-1 a c1 1", "C-6 a c6 1", "C-7 a c7 1", "C-x a - 1"],
    );
    // c0 was there before the first deployment, which is c1 itself; no deployment holds c6 or c7.
    assert_eq!(deliveries(&given), ["C-1 D-1 commit 32400", "C-x D-1 next 32400"]);
}

#[test]
fn a_deployment_whose_commit_is_not_known_may_have_brought_what_no_other_holds() {
    let given = Given::default()
        .deployments(
            "deployment_id service environment status commit_sha finished_at",
            &["D-1 a production succeeded c1 10", "D-2 a production succeeded - 11"],
        )
        .commits(&["c1 -", "c2 c1"])
        .changes("change_id service commit_sha committed_at", &["C-2 a c2 10.5"]);
    assert_eq!(deliveries(&given), ["C-2 D-2 next 1800"]);
}

#[test]
fn of_deployments_of_one_instant_the_one_that_the_others_build_on_comes_first() {
    let given = Given::default()
        .deployments(
            "deployment_id service environment status commit_sha finished_at",
            &[
                "D-0 a production succeeded c0 9",
                "D-1 a production succeeded c2 10",
                "D-2 a production succeeded c1 10",
            ],
        )
        .commits(&["c2 c1", "c1 c0", "c0 -"])
        .changes("change_id service commit_sha committed_at", &["C-1 a c1 1", "C-2 a c2 1"]);
    assert_eq!(deliveries(&given), ["C-1 D-2 commit 32400", "C-2 D-1 commit 32400"]);
}

#[test]
fn a_change_without_a_service_goes_with_the_first_deployment_of_any_that_reaches_it() {
    let given = history().changes("change_id commit_sha committed_at", &["C-3 c3 1", "C-0 c0 1"]);
    assert_eq!(deliveries(&given), ["C-3 D-3 range 39600"]);
    let mut unnamed = history();
    unnamed.commits =
        super::table("commits", "commit_sha parents", &["c1 -", "c3 x", "x c1", "c4 c3", "c5 c4", "c2 c1"]);
    let given = unnamed.changes("change_id commit_sha committed_at", &["C-x x 1"]);
    assert_eq!(deliveries(&given), ["C-x D-3 range 39600"]);
}

#[test]
fn what_was_there_before_the_first_deployment_came_with_none_of_the_later_ones() {
    // Merged years before anybody logged a deployment: the next deployment after the merge did not bring it.
    let given = history().changes(
        "change_id service commit_sha committed_at merged_at",
        &["C-0 a c0 1 2", "C-6 a c6 1 13", "C-7 - c0 1 2"],
    );
    assert!(deliveries(&given).is_empty(), "nor is c6 out, which no deployment holds");
}

#[test]
fn a_commit_that_one_service_had_before_is_not_credited_to_another() {
    let given = Given::default()
        .deployments(
            "deployment_id service environment status commit_sha finished_at",
            &[
                "D-1 a production succeeded c1 10",
                "D-2 b production succeeded c0 11",
                "D-3 b production succeeded c2 12",
            ],
        )
        .commits(&["c0 -", "c1 c0", "c2 c1"])
        .changes("change_id commit_sha committed_at", &["C-x c0 1", "C-y c1 1", "C-z c2 1"]);
    let by_range: Vec<String> = deliveries(&given).into_iter().filter(|line| line.contains(" range ")).collect();
    assert!(by_range.is_empty(), "{by_range:?}");
}

#[test]
fn an_abbreviated_commit_of_a_deployment_is_found_where_it_fits_one_only() {
    let given = Given::default()
        .deployments(
            "deployment_id service environment status commit_sha finished_at",
            &[
                "D-1 a production succeeded 1111111aaaa 10",
                "D-2 a production succeeded 3333333 11",
                "D-3 a production succeeded 5555555 12",
            ],
        )
        .commits(&[
            "1111111aaaa -",
            "2222222aaaa 1111111aaaa",
            "3333333aaaa 2222222aaaa",
            "4444444aaaa 3333333aaaa",
            "5555555aaaa 4444444aaaa",
            "5555555bbbb -",
        ])
        .changes("change_id service commit_sha committed_at", &["C-2 a 2222222aaaa 1", "C-4 a 4444444aaaa 1"]);
    let ranges: Vec<String> = deliveries(&given).into_iter().filter(|line| line.contains(" range ")).collect();
    assert_eq!(ranges, ["C-2 D-2 range 36000"]);
}
