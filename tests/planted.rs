//! What auditors look for in the sample: each violation that was planted is found, and nothing else is.

mod support;

use support::{Folder, json, root, shipwake, stdout};

/// A list of cases, the columns that tell its rows apart, and the rows that were planted.
const PLANTED: &[(&str, &[&str], &[&str])] = &[
    ("booking_conflicts", &["booking_id", "other_booking_id"], &["B-09 B-10"]),
    ("calendar_conflicts", &["deployment_id", "relation", "other_deployment_id"], &["D-3908 depends on it D-3907"]),
    ("change_tickets_not_deployed", &["ticket_id"], &[]),
    (
        "checks_not_passed",
        &["deployment_id", "check", "outcome", "waiver", "is_known_failed"],
        &["D-3874 line-coverage waived by somebody else true"],
    ),
    (
        "deployments_in_freezes",
        &["deployment_id", "window_id", "verdict", "exception_id"],
        &["D-1651 W-06 excepted X-03", "D-1653 W-06 violation ", "D-1656 W-06 violation X-04"],
    ),
    ("deployments_outside_change_windows", &["deployment_id"], &[]),
    ("item_conflicts", &["item", "deployment_id", "other_deployment_id"], &["account-db D-3907 D-3908"]),
    (
        "lasting_drift",
        &["service", "environment", "version", "production_version"],
        &["api-gateway staging 4.19.0 4.17.1", "ledger-export staging 2.7.1 2.9.0"],
    ),
    ("pending_approvals", &["approval_id"], &[]),
    (
        "segregation_violations",
        &["deployment_id", "rule", "person"],
        &[
            "D-3365 approver deployed Jonas",
            "D-3365 self-approval Jonas",
            "D-3918 approved another commit Birgit",
            "D-3944 approved afterwards Emeka",
        ],
    ),
];

/// The rows of a list of objects, with these columns joined.
fn rows(found: &serde_json::Value, columns: &[&str]) -> Vec<String> {
    let cell = |row: &serde_json::Value, column: &str| match &row[column] {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let joined = |row: &serde_json::Value| columns.iter().map(|column| cell(row, column)).collect::<Vec<_>>().join(" ");
    found.as_array().unwrap().iter().map(joined).collect()
}

#[test]
fn every_planted_violation_is_found_and_nothing_else() {
    let folder = Folder::new("planted");
    for (metric, columns, planted) in PLANTED {
        let found = json(folder.path(), &["metric", metric, "--format", "json", "-q"]);
        assert_eq!(rows(&found, columns), *planted, "{metric}");
    }
}

#[test]
fn the_versions_that_skipped_the_broken_staging_are_the_only_ones() {
    let folder = Folder::new("skipped");
    let query = "select deployment_id from skipped_environment_rate where is_skipped order by deployment_id";
    let found = json(folder.path(), &["sql", query, "--format", "json", "-q"]);
    assert_eq!(rows(&found, &["deployment_id"]), ["D-3797", "D-3898"]);
}

#[test]
fn the_report_of_october_tells_each_violation_of_october() {
    let folder = Folder::new("governance");
    let output = shipwake(folder.path(), &["report", "governance", "--format", "json", "--out", "out", "-q"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(folder.path().join("out/report.json")).unwrap();
    for planted in ["D-3874", "D-3907", "D-3908", "D-3918", "D-3944", "B-10", "ledger-export"] {
        assert!(text.contains(planted), "{planted}");
    }
    assert!(!text.contains("D-3365"), "that was in August");
}

#[test]
fn a_proposed_calendar_is_told_its_clashes() {
    let folder = Folder::new("plan");
    let plan = root().join("tests/plan/november.csv");
    let arguments = ["check", "--plan", plan.to_str().unwrap(), "--format", "json", "-q"];
    let output = shipwake(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((found["entries"].as_u64(), found["not_checked"].as_array().map(Vec::len)), (Some(12), Some(0)));
    let told = rows(&found["clashes"], &["entry", "weight", "clash", "clashes_with"]);
    assert_eq!(
        told,
        [
            "Basket rewrite soft past the past",
            "Load test of refunds hard booking B-11",
            "Load test of search hard same_environment Load test of refunds",
            "Delivery slots soft failure_history Friday evening",
            "Card schemes hard dependency Sign-in without passwords",
            "Card schemes again hard same_service Card schemes",
            "Autumn sale soft busy_time Black Friday weekend",
            "Ledger columns hard freeze Month-end close",
            "Invoices of the new year hard freeze Christmas freeze",
            "Invoices of the new year soft busy_time Boxing Day",
        ]
    );
}

#[test]
fn a_calendar_without_clashes_passes_and_one_that_cannot_be_read_does_not() {
    let folder = Folder::new("plan");
    folder.write("good.csv", "service,starts_at,ends_at\nsearch,2026-11-10T10:00:00Z,2026-11-10T10:30:00Z\n");
    folder.write(
        "bad.csv",
        "service,starts_at,ends_at\nsearch,2026-11-10T10:00:00Z,2026-11-10T10:30:00Z\nsearch,soon,\n",
    );
    let code = |name: &str| shipwake(folder.path(), &["check", "--plan", name, "-q"]).status.code();
    assert_eq!(code("good.csv"), Some(0));
    assert_eq!(code("bad.csv"), Some(4));
    assert_eq!(code("none.csv"), Some(1));
}

#[test]
fn overlaps_are_found_in_equal_buckets_and_never_by_holding_all_against_all() {
    let folder = Folder::new("buckets");
    // Views that are made once are explained by their text.
    let queries: Vec<(&str, String)> = ["booking_conflicts", "item_conflicts"]
        .map(|name| (name, format!("select * from {name}")))
        .into_iter()
        .chain(["deployments_in_windows", "overlapping_deployments"].map(|name| {
            let path = root().join("queries/views").join(format!("{name}.sql"));
            (name, std::fs::read_to_string(path).unwrap())
        }))
        .collect();
    for (view, query) in queries {
        let query = format!("explain {query}");
        let plan = stdout(folder.path(), &["sql", &query, "--format", "csv", "-q"]);
        assert!(plan.contains("HashJoinExec"), "{view}: {plan}");
        // A single row, the ends of a log, may stand beside every other.
        let of_ends = query.matches("cross join reach").count();
        assert_eq!(plan.matches("CrossJoinExec").count(), of_ends, "{view}: {plan}");
        assert!(!plan.contains("NestedLoopJoinExec"), "{view}: {plan}");
    }
}
