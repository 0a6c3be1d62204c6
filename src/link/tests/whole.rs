//! Whole sets of tables: a month worked out by hand, and tables of which little or nothing is there.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::Schema;

use super::{Given, only};
use crate::definitions::{AttributionRule, Blame, Boundary, Candidates};

/// Two services in a month: a rollback of `A` from v3 past v2 to v1, a failed, a cancelled and a staging deployment.
fn month() -> Given {
    Given::default()
        .deployments(
            "deployment_id service environment version status finished_at",
            &[
                "D1 A production v1 succeeded 34",
                "D2 B production v1 succeeded 35",
                "D3 A production v2 succeeded 82",
                "D4 B production v2 succeeded 82.5",
                "D5 A production v3 failed 87",
                "D6 A production v3 succeeded 88",
                "D7 A production v1 succeeded 105",
                "D8 B production v3 succeeded 202",
                "D9 B production v4 cancelled 226",
                "D10 A production v4 succeeded 370",
                "D11 A staging v5 succeeded 394",
            ],
        )
        .incidents(
            "incident_id service opened_at resolved_at",
            &["I1 B 84 86", "I2 A 88.5 105.5", "I3 B 106 114", "I4 A 536 -", "I5 B 84.2 84.7"],
        )
}

#[test]
fn a_month_by_hand_under_the_usual_rules_and_either_blame() {
    let last = ["I1 D4 proximity", "I2 D6 rollback", "I3 D4 proximity", "I5 D4 proximity"];
    assert_eq!(month().primaries(), last);
    let first = month().blame(Blame::First).primaries();
    assert_eq!(first[1], "I2 D3 rollback");
}

#[test]
fn a_month_by_hand_where_the_last_success_of_all_is_blamed() {
    let given = month().attribution(|attribution| {
        attribution.rules = vec![AttributionRule::Latest];
        attribution.boundary = Boundary::Open;
        attribution.candidates = Candidates::Succeeded;
    });
    let expected = ["I1 D4 latest", "I2 D6 latest", "I3 D7 latest", "I4 D10 latest", "I5 D4 latest"];
    assert_eq!(given.primaries(), expected);
}

#[test]
fn absent_tables_give_empty_links_that_keep_their_columns() {
    let links = Given::default().link();
    let tables = [&links.attributions, &links.deliveries, &links.rollbacks, &links.recoveries];
    for table in tables {
        assert!(table.iter().all(|batch| batch.num_rows() == 0));
        assert!(table.first().is_some_and(|batch| batch.num_columns() >= 4));
    }
    assert_eq!(links.dangling.num_rows(), 0);
}

#[test]
fn a_table_without_rows_may_be_without_columns() {
    let none = RecordBatch::try_new_with_options(
        Arc::new(Schema::empty()),
        Vec::new(),
        &RecordBatchOptions::new().with_row_count(Some(0)),
    );
    let given = Given { changes: vec![none.unwrap()], ..month() };
    assert_eq!(given.link().deliveries.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
}

#[test]
fn the_fewest_columns_are_enough() {
    let given = Given::default()
        .deployments("deployment_id status finished_at", &["D-1 succeeded 10"])
        .incidents("incident_id opened_at", &["I-1 11"])
        .changes("change_id committed_at", &["C-1 5"]);
    assert!(given.attributions().is_empty());
    let rows = |batches: &[RecordBatch]| batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    assert_eq!(rows(&given.link().deliveries), 0);
    let latest = given.attribution(only(&[AttributionRule::Latest]));
    assert_eq!(latest.primaries(), ["I-1 D-1 latest"]);
}

#[test]
fn references_that_name_nothing_are_listed_by_table() {
    let given = Given::default()
        .deployments(
            "deployment_id service status finished_at rollback_of fixes_incident_id ticket_id",
            &["D-1 a succeeded 10 D-0 I-9 T-2", "D-2 a succeeded 11 D-1 I-1 -"],
        )
        .incidents("incident_id service opened_at ticket_id", &["I-1 a 12 T-1", "I-2 a 12 T-2", "I-3 a 12 T-3"])
        .changes("change_id service committed_at deployment_id", &["C-1 a 5 none"])
        .tickets("ticket_id kind status created_at", &["T-1 bug open 1"]);
    assert_eq!(
        given.dangling(),
        [
            "changes C-1 deployment_id none `none` is no identifier",
            "deployments D-1 fixes_incident_id I-9 no incident I-9",
            "deployments D-1 rollback_of D-0 no deployment D-0",
            "incidents I-3 ticket_id T-3 no ticket T-3",
        ]
    );
}

#[test]
fn changes_without_any_deployments_are_not_delivered() {
    let given = Given::default().changes("change_id service committed_at", &["C-1 a 5"]);
    let deliveries = given.link().deliveries;
    assert_eq!(deliveries[0].num_rows(), 0);
    assert!(deliveries[0].schema().index_of("deployment_id").is_ok());
}
