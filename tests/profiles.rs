//! One small log under the definitions of many tools, through the program: the same rows give a change fail rate from 0
//! to 63 %. Every number here was computed by hand.
//!
//! Eleven deployments of two services and five incidents in March 2026, in UTC. One deployment failed, one was
//! cancelled, one went to staging; A goes from v1 over v2 and v3 back to v1; an incident of B begins an hour after that
//! rollback of A; one incident is late and open, one is a duplicate. The designed truth is that D4 and D3 failed.
//! `tests/slt/views/worked_example.slt` tells what the default definitions make of the same rows, step by step.

mod support;

use serde_json::Value;

use shipwake::definitions::Definitions;
use shipwake::embedded::QUERIES;
use shipwake::metric::{self, Catalogue};
use support::{Folder, json, root};

const DEPLOYMENTS: &str = "\
deployment_id,service,version,finished_at,status,environment
D1,A,v1,2026-03-02T10:00:00Z,succeeded,prod
D2,B,v1,2026-03-02T11:00:00Z,succeeded,prod
D3,A,v2,2026-03-04T10:00:00Z,succeeded,prod
D4,B,v2,2026-03-04T10:30:00Z,succeeded,prod
D5,A,v3,2026-03-04T15:00:00Z,failed,prod
D6,A,v3,2026-03-04T16:00:00Z,succeeded,prod
D7,A,v1,2026-03-05T09:00:00Z,succeeded,prod
D8,B,v3,2026-03-09T10:00:00Z,succeeded,prod
D9,B,v4,2026-03-10T10:00:00Z,cancelled,prod
D10,A,v4,2026-03-16T10:00:00Z,succeeded,prod
D11,A,v5,2026-03-17T10:00:00Z,succeeded,staging
";

const INCIDENTS: &str = "\
incident_id,service,opened_at,resolved_at
I1,B,2026-03-04T12:00:00Z,2026-03-04T14:00:00Z
I2,A,2026-03-04T16:30:00Z,2026-03-05T09:30:00Z
I3,B,2026-03-05T10:00:00Z,2026-03-05T18:00:00Z
I4,A,2026-03-23T09:00:00Z,
I5,B,2026-03-04T12:10:00Z,2026-03-04T12:40:00Z
";

/// The two repositories are one team's, as Middleware needs to know.
const SERVICES: &str = "service,team\nA,shop\nB,shop\n";

/// Nothing but an incident makes a failure, and it belongs to what was deployed last before it.
const BY_CLOSENESS: [&str; 2] =
    [r#"definitions.attribution.rules=["proximity"]"#, r#"definitions.change_fail_rate.failure=["incident"]"#];
const WITHOUT_WINDOW: &str = "definitions.attribution.window=none";
const BY_ROLLBACK: &str = r#"definitions.change_fail_rate.failure=["rollback"]"#;

struct Log(Folder);

impl Log {
    fn new() -> Self {
        let folder = Folder::new("profiles");
        folder.write("deployments.csv", DEPLOYMENTS);
        folder.write("incidents.csv", INCIDENTS);
        folder.write("services.csv", SERVICES);
        Self(folder)
    }

    fn ask(&self, question: &[&str], profile: &str, set: &[&str]) -> Value {
        let data = ["--data", "deployments.csv", "--data", "incidents.csv", "--data", "services.csv"];
        let common = ["--as-of", "2026-04-01", "--strict", "-q", "--format", "json", "--profile", profile];
        let set = set.iter().flat_map(|pair| ["--set", pair]);
        let arguments: Vec<&str> = question.iter().copied().chain(data).chain(common).chain(set).collect();
        json(self.0.path(), &arguments)
    }

    /// The row of a metric for March.
    fn march(&self, metric: &str, profile: &str, set: &[&str]) -> Value {
        self.ask(&["metric", metric, "--period", "2026-03"], profile, set)["rows"][0].take()
    }

    fn seconds(&self, metric: &str, profile: &str, set: &[&str]) -> Option<f64> {
        self.march(metric, profile, set)["value"].as_f64()
    }

    /// `I1 D4, I2 D6`: incidents with their deployments.
    fn pairs(&self, profile: &str, set: &[&str]) -> String {
        let query = "select incident_id || ' ' || deployment_id as pair from attributions where is_primary order by incident_id";
        self.texts(query, "pair", profile, set)
    }

    fn failed(&self, profile: &str, set: &[&str]) -> String {
        let query = "select deployment_id from judged_deployments where is_failed and is_counted order by finished_at";
        self.texts(query, "deployment_id", profile, set)
    }

    fn texts(&self, query: &str, column: &str, profile: &str, set: &[&str]) -> String {
        let rows = self.ask(&["sql", query], profile, set);
        let texts = rows.as_array().unwrap().iter().map(|row| row[column].as_str().unwrap());
        texts.collect::<Vec<_>>().join(", ")
    }
}

#[test]
fn each_rule_of_attribution_blames_its_own_pairs() {
    let log = Log::new();
    // The rollback of A, D7, is blamed for what hurt B an hour later.
    assert_eq!(log.pairs("devlake", &[]), "I1 D4, I2 D6, I3 D7, I4 D10, I5 D4");
    let [rules, failure] = BY_CLOSENESS;
    assert_eq!(log.pairs("dora", &[rules, failure, WITHOUT_WINDOW]), "I1 D4, I2 D6, I3 D4, I4 D10, I5 D4");
    // I4 begins seven days after D10.
    assert_eq!(log.pairs("dora", &[rules, failure]), "I1 D4, I2 D6, I3 D4, I5 D4");
    // An incident and a rollback that belong together are stronger than closeness, and say the same here.
    assert_eq!(log.pairs("dora", &[]), "I1 D4, I2 D6, I3 D4, I5 D4");
    assert_eq!(log.pairs("middleware", &[]), "I1 D4, I2 D6, I3 D7, I4 D10, I5 D4");
    assert_eq!(log.pairs("stenjo", &[]), "I1 D4, I2 D6, I3 D4, I4 D10, I5 D4");
    // Nothing names a cause.
    assert_eq!(log.pairs("fourkeys", &[]), "");
}

#[test]
fn a_right_rate_does_not_prove_right_blame() {
    let log = Log::new();
    // Three rules give 2 of 8. Only the last has the right names: A went back past v2.
    assert_eq!(log.failed("dora", &BY_CLOSENESS), "D4, D6");
    assert_eq!(log.failed("dora", &[BY_ROLLBACK, "definitions.change_fail_rate.blame=all"]), "D3, D6");
    // The incident of the rollback goes to the one that the rollback blames.
    assert_eq!(log.failed("dora", &["definitions.change_fail_rate.blame=first"]), "D3, D4");
    assert_eq!(log.failed("datadog", &[]), "D3");
    assert_eq!(log.failed("metrik", &[]), "D5");
}

#[test]
fn one_log_has_nine_change_fail_rates() {
    let log = Log::new();
    let [rules, failure] = BY_CLOSENESS;
    let without_window = [rules, failure, WITHOUT_WINDOW];
    let blame_all = [BY_ROLLBACK, "definitions.change_fail_rate.blame=all"];
    let faros = [
        "definitions.production=[\"*\"]",
        "definitions.change_fail_rate.numerator=incidents",
        "definitions.change_fail_rate.denominator=all",
    ];
    let incidents = ["definitions.change_fail_rate.numerator=incidents"];
    // (whose, profile, switches, numerator, denominator)
    let rows: [(&str, &str, &[&str], u32, u32); 13] = [
        // It knows no environments, so D11 counts as well.
        ("Four Keys: nothing names a cause", "fourkeys", &[], 0, 9),
        ("metrik: failed of failed and succeeded", "metrik", &[], 1, 9),
        ("Swarmia: the last one undone", "dora", &[BY_ROLLBACK], 1, 8),
        // Another page of Datadog's leaves the rollback D7 out of the denominator: 1/7.
        ("Datadog: the first one undone", "datadog", &[], 1, 8),
        ("Sleuth: all that were undone", "dora", &blame_all, 2, 8),
        ("the latest of the service within 72 h", "dora", &BY_CLOSENESS, 2, 8),
        ("the latest of the service, whenever", "dora", &without_window, 3, 8),
        ("stenjo: the release before a bug", "stenjo", &[], 3, 8),
        ("Middleware: of all production deployments", "middleware", &[], 4, 10),
        ("Faros: incidents of all rows", "dora", &faros, 5, 11),
        ("DevLake: the latest of any service", "devlake", &[], 4, 8),
        ("DevLake's details before they were mended", "devlake", &incidents, 5, 8),
        ("GitLab and LinearB: incidents of deployments", "gitlab", &[], 5, 8),
    ];
    let mut wrong = Vec::new();
    for (whose, profile, set, numerator, denominator) in rows {
        let row = log.march("change_fail_rate", profile, set);
        let got = (row["numerator"].as_f64(), row["denominator"].as_f64());
        if got != (Some(f64::from(numerator)), Some(f64::from(denominator))) {
            wrong.push(format!("{whose}: expected {numerator}/{denominator}, got {row}"));
        }
        let ratio = f64::from(numerator) / f64::from(denominator);
        if row["value"].as_f64().is_none_or(|value| (value - ratio).abs() > 1e-12) {
            wrong.push(format!("{whose}: expected {ratio}, got {}", row["value"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_log_has_many_recovery_times() {
    let log = Log::new();
    let recovery = |profile, set: &[&str]| log.seconds("failed_deployment_recovery_time", profile, set);
    // DevLake, from the end of the blamed deployment, for each incident: I5 2 h 10, I1 3.5 h, I3 9 h, I2 17.5 h. Open
    // ones are dropped; of the two in the middle it takes the lower, 3.5 h. The median of the same four is 6.25 h.
    assert_eq!(recovery("devlake", &[]), Some(12_600.0));
    assert_eq!(recovery("devlake", &["definitions.recovery.statistic=median"]), Some(22_500.0));
    // From the beginning of the incident: 0.5, 2, 8 and 17 h, the lower of the middle two.
    assert_eq!(recovery("devlake-2021", &[]), Some(7_200.0));
    // Swarmia: D6 at 16:00 to its rollback D7 at 09:00. Datadog: the first one undone, D3 at 10:00, to D7.
    let swarmia = [
        BY_ROLLBACK,
        "definitions.recovery.clock=deployment",
        "definitions.recovery.end=remediation",
        "definitions.recovery.statistic=median",
    ];
    assert_eq!(recovery("dora", &swarmia), Some(17.0 * 3600.0));
    assert_eq!(recovery("datadog", &[]), Some(23.0 * 3600.0));
    // metrik: D5 failed at 15:00, D6 succeeded at 16:00.
    assert_eq!(recovery("metrik", &[]), Some(3600.0));
    // stenjo: from the release before a bug to the first one after it was closed. I1, I5 and I3: D4 to D8, 119.5 h each;
    // I2: D6 to D10, 282 h. (3 × 119.5 + 282) / 4 = 160.125 h.
    assert_eq!(recovery("stenjo", &[]), Some(160.125 * 3600.0));
    // Ours: D4 from its first incident to the end of its last, 30 h; D6 from its incident to the rollback, 16.5 h. The
    // curve of the two is at one half from the one to the other: 23.25 h.
    assert_eq!(recovery("dora", &[]), Some(83_700.0));
}

#[test]
fn how_long_incidents_last_depends_on_what_becomes_of_the_open_one() {
    let log = Log::new();
    let restored = |profile, set: &[&str]| log.seconds("time_to_restore", profile, set);
    // 0.5, 2, 8 and 17 h without the open one: mean 6.875 h, median 5 h, lower median 2 h.
    assert_eq!(restored("dora", &["definitions.recovery.statistic=mean"]), Some(6.875 * 3600.0));
    assert_eq!(restored("dora", &["definitions.recovery.statistic=median"]), Some(5.0 * 3600.0));
    assert_eq!(restored("devlake-2021", &[]), Some(2.0 * 3600.0));
    assert_eq!(restored("middleware", &[]), Some(6.875 * 3600.0));
    // Ours counts it as lasting at least until now: the middle of five is 8 h.
    assert_eq!(restored("dora", &[]), Some(8.0 * 3600.0));
}

#[test]
fn deployment_days_are_counted_over_whole_weeks() {
    let log = Log::new();
    // Days with a success in the weeks of 2, 9, 16 and 23 March: 3, 1, 1, 0. DevLake itself counts the cut weeks of 23
    // February and 30 March as whole ones, 0 each, and takes the lower of the middle two, 0. A cut week says nothing of a
    // whole one, so ours has the median of the four, 1.
    assert_eq!(log.march("deployment_frequency", "devlake", &[])["value"], 1.0);
    // Eight deployments. The log begins on 2 March at 10:00, which leaves 29.5833 days, and not the 31 that would give
    // 1.806 a week.
    let value = log.seconds("deployment_frequency", "dora", &[]).unwrap();
    assert!((value - 8.0 * 7.0 / (29.0 + 14.0 / 24.0)).abs() < 1e-12, "{value}");
}

/// Some of every area; each is measured in the sample.
const OF_EVERY_AREA: [&str; 12] = [
    "approval_latency",
    "batch_size",
    "change_lead_time",
    "coding_time",
    "deployment_frequency",
    "emergency_share",
    "freeze_compliance",
    "incidents_opened",
    "known_fail_rate",
    "release_success_rate",
    "rollback_rate",
    "time_to_restore",
];

#[test]
fn a_switch_that_a_metric_does_not_name_changes_nothing_of_it() {
    let catalogue = Catalogue::read(QUERIES, None).unwrap();
    let values = |set: &[&str]| {
        let asked = [&["metric"], &OF_EVERY_AREA[..], &["--grain", "total", "--format", "json", "-q"], set].concat();
        json(&root(), &asked).as_array().unwrap().iter().map(|metric| metric["rows"].clone()).collect::<Vec<_>>()
    };
    let before = values(&[]);
    let switches = [
        ("unit", "release"),
        ("attribution.window", "1h"),
        ("delivery.rules", r#"["next"]"#),
        ("change_fail_rate.failure", r#"["status"]"#),
        ("lead_time.start", "merged"),
        ("recovery.statistic", "mean"),
    ];
    for (switch, value) in switches {
        let after = values(&["--set", &format!("definitions.{switch}={value}")]);
        let mut changed = 0;
        for ((name, before), after) in OF_EVERY_AREA.iter().zip(&before).zip(&after) {
            let named = metric::switches(&catalogue, catalogue.metric(name).unwrap(), &Definitions::default());
            assert!(named.contains(switch) || before == after, "{name} does not name {switch}: {before} {after}");
            changed += usize::from(before != after);
        }
        assert!(changed > 0, "{switch} changes nothing at all");
    }
}
