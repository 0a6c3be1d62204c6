//! A user's own queries: a new metric needs no line of Rust, and no query can do more than read.

mod support;

use support::{Folder, json, root, shipwake};

const EMERGENCIES: &str = "\
-- metric: emergency_share
-- title: Share of emergencies
-- question: What share of deployments was an emergency?
-- why: Emergencies skip what others must pass.
-- aggregate: rate(is_emergency)
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: were emergencies
-- chart: rate
-- needs: deployments.change_type

select deployment_id, team, finished_at, change_type = 'emergency' as is_emergency
from judged_deployments
where is_counted
";

fn told(folder: &Folder, arguments: &[&str]) -> (bool, String) {
    let output = shipwake(folder.path(), arguments);
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_metric_is_one_file() {
    let folder = Folder::new("metric");
    folder.write("own/emergency_share.sql", EMERGENCIES);
    let arguments = ["metric", "emergency_share", "--queries", "own", "--grain", "total", "--format", "json"];
    let found = json(folder.path(), &arguments);
    let row = &found["rows"][0];
    let share = row["numerator"].as_f64().unwrap() / row["denominator"].as_f64().unwrap();
    assert_eq!(row["value"].as_f64().unwrap(), share);
    assert!(share > 0.0 && share < 0.2, "{share}");
}

#[test]
fn a_query_may_not_write_even_when_it_is_materialised() {
    let folder = Folder::new("write");
    let target = folder.path().join("stolen.csv");
    let text = format!("-- view: evil\n-- about: x\n-- materialise: yes\n\ncopy (select 1) to '{}'", target.display());
    folder.write("own/evil.sql", text);
    let (is_done, error) = told(&folder, &["sql", "select * from evil", "--queries", "own"]);
    assert!(!is_done && error.contains("may only read"), "{error}");
    assert!(!target.exists());
}

#[test]
fn queries_that_read_each_other_in_a_circle_are_refused() {
    let folder = Folder::new("circle");
    let text = "-- view: service_owners\n-- about: x\n\nselect service, team, 1 as tier from production_deployments";
    folder.write("own/service_owners.sql", text);
    let (is_done, error) = told(&folder, &["metric", "--queries", "own"]);
    assert!(!is_done && error.contains("reads itself"), "{error}");
}

#[test]
fn a_condition_cannot_leave_its_brackets() {
    let folder = Folder::new("where");
    let arguments = ["metric", "change_fail_rate", "--period", "2026-09", "--where", "true) or (true"];
    let (is_done, error) = told(&folder, &arguments);
    assert!(!is_done && error.contains("end of the condition"), "{error}");
    let arguments = ["metric", "change_fail_rate", "--where", "team = 'payments' -- only these", "--format", "json"];
    assert!(json(folder.path(), &arguments)["rows"].as_array().is_some());
}

#[test]
fn a_mistake_in_a_query_is_told_with_its_file_and_line() {
    let folder = Folder::new("mistake");
    folder.write("own/emergency_share.sql", EMERGENCIES.replace("deployment_id,", "deploymnt_id,"));
    let (is_done, error) = told(&folder, &["metric", "emergency_share", "--queries", "own"]);
    assert!(!is_done && error.contains("own/emergency_share.sql:14"), "{error}");
    folder.write("own/emergency_share.sql", EMERGENCIES.replace("-- unit: ratio", "-- unit: furlong"));
    let (is_done, error) = told(&folder, &["metric", "emergency_share", "--queries", "own"]);
    assert!(!is_done && error.contains("`furlong` is no unit"), "{error}");
}

#[test]
fn a_copy_of_all_built_in_queries_changes_nothing() {
    let folder = Folder::new("copy");
    let own = root().join("queries").display().to_string();
    let asked = ["metric", "change_fail_rate", "--grain", "total", "--format", "json", "-q"];
    let with_copy = [&asked[..], &["--queries", &own]].concat();
    assert_eq!(json(folder.path(), &asked), json(folder.path(), &with_copy));
}
