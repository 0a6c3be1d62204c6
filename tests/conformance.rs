//! Real exports of other people, read with the settings in `tests/real`: what their logs are known to hold comes out.
//!
//! The data is not part of the project. Where it is absent, every test says so and passes.

mod support;

#[path = "real/neutral/mod.rs"]
mod neutral;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;
use serde_json::Value;
use support::{Folder, json, root, shipwake};

/// What a fact says, the rows that it counts (after `from`), and how many there are.
type Fact = (&'static str, &'static str, u64);

/// The folder of the data, or none after saying that the test is skipped.
fn data(name: &str) -> Option<PathBuf> {
    found(root().join("../shared/data").join(name))
}

fn found(path: PathBuf) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    say(&format!("skipped: {} is not there", path.display()));
    None
}

/// Not `eprintln!`: what that prints is hidden where a test passes.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn settings(name: &str) -> PathBuf {
    root().join("tests/real").join(name)
}

fn sql(folder: &Path, query: &str, options: &[&str]) -> Value {
    let mut arguments = vec!["sql", query, "--format", "json", "-q"];
    arguments.extend(options);
    json(folder, &arguments)
}

/// Every fact, asked in one run, because most of a run is reading.
fn hold(folder: &Path, options: &[&str], facts: &[Fact]) {
    let asked: Vec<String> =
        facts.iter().map(|(what, rows, _)| format!("select '{what}' as what, count(*) as n from {rows}")).collect();
    let answer = sql(folder, &asked.join(" union all "), options);
    let answers = answer.as_array().unwrap();
    for (what, _, expected) in facts {
        let found = answers.iter().find(|row| row["what"] == *what).unwrap_or_else(|| panic!("{what}: no answer"));
        assert_eq!(found["n"], *expected, "{what}");
    }
}

/// The findings of a report that was written.
fn reported(folder: &Path, options: &[&str]) -> Value {
    let out = Folder::new("conformance");
    let target = out.path().to_string_lossy().into_owned();
    let mut arguments = vec!["report", "-q", "--out", &target];
    arguments.extend(options);
    let output = shipwake(folder, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = fs::read_to_string(out.path().join("report.html")).unwrap();
    assert!(page.ends_with("</html>") || page.ends_with("</html>\n"));
    serde_json::from_slice(&fs::read(out.path().join("report.json")).unwrap()).unwrap()
}

/// The first file of a ZIP archive, which must be deflated.
fn unzipped(archive: &[u8]) -> Vec<u8> {
    let short = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
    assert_eq!(&archive[..4], b"PK\x03\x04", "the archive begins with the header of a file");
    assert_eq!(short(8), 8, "the file is deflated");
    // Thirty bytes of header, then the name and what else there is; deflated data tells its own end.
    let begin = 30 + short(26) + short(28);
    let mut bytes = Vec::new();
    DeflateDecoder::new(&archive[begin..]).read_to_end(&mut bytes).unwrap();
    bytes
}

/// The settings of the ServiceNow log with the log beside them.
fn servicenow() -> Option<Folder> {
    let archive = fs::read(data("uci_incident_event_log/incident_event_log.full.zip")?).unwrap();
    let folder = Folder::new("servicenow");
    folder.write("shipwake.toml", fs::read(settings("servicenow").join("shipwake.toml")).unwrap());
    folder.write("incident_event_log.csv", unzipped(&archive));
    Some(folder)
}

#[test]
fn rabobank_has_a_deployment_for_every_change_and_counts_the_other_rows_as_superseded() {
    if data("bpi_challenge_2014").is_none() {
        return;
    }
    // Late enough for the changes that say they were carried out in years to come.
    hold(
        &settings("rabobank"),
        &["--as-of", "2022-01-01"],
        &[
            ("changes", "deployments", 17_262),
            ("in production", "deployments where environment = 'production'", 17_262),
            ("rows", "rows_read where table_name = 'deployments' and rows_read = 29139", 1),
            ("superseded", "rows_read where table_name = 'deployments' and rows_superseded = 29139 - 17262", 1),
            ("rejected", "rejected_rows", 0),
            ("without an actual end", "deployments where finished_at is null", 1_271),
            ("in progress", "deployments where finished_at is null and status = 'in_progress'", 1_271),
            ("carried out", "deployments where finished_at is not null and status = 'succeeded'", 15_991),
            ("emergencies", "deployments where change_type = 'emergency'", 35),
        ],
    );
}

#[test]
fn rabobank_loses_no_row_on_the_day_of_its_settings() {
    if data("bpi_challenge_2014").is_none() {
        return;
    }
    hold(
        &settings("rabobank"),
        &[],
        &[
            ("files", "rows_read", 3),
            (
                "files whose rows are all accounted for",
                "rows_read where rows_read = rows_kept + rows_superseded + rows_rejected + rows_after_as_of",
                3,
            ),
            ("carried out", "deployments where status = 'succeeded'", 15_981),
            ("carried out later", "deployments where finished_at > timestamp '2014-04-01T00:00:00'", 0),
            (
                "carried out in March 2014",
                "deployment_frequency where finished_at >= timestamp '2014-02-28T23:00:00' \
             and finished_at < timestamp '2014-03-31T22:00:00'",
                2_675,
            ),
        ],
    );
}

#[test]
fn a_change_that_was_opened_again_is_told_by_its_last_closing_wherever_that_row_stands() {
    if data("bpi_challenge_2014").is_none() {
        return;
    }
    hold(
        &settings("rabobank"),
        &[],
        &[
            (
                "its later row comes first in the file and has an end, the earlier one has none",
                "deployments where deployment_id = 'C00009060' and finished_at = timestamp '2014-03-01T17:05:00'",
                1,
            ),
            (
                "both rows have an end, the later one comes first",
                "deployments where deployment_id = 'C00011853' and finished_at = timestamp '2014-03-05T15:08:00'",
                1,
            ),
        ],
    );
}

#[test]
fn rabobank_incidents_belong_to_the_change_they_name_and_to_none_where_the_name_is_nobodys() {
    if data("bpi_challenge_2014").is_none() {
        return;
    }
    hold(
        &settings("rabobank"),
        &[],
        &[
            ("incidents", "incidents", 4_000),
            ("resolved", "incidents where resolved_at >= opened_at", 4_000),
            ("that name a change", "incidents where deployment_id is not null", 63),
            ("by rule explicit", "attributions where rule = 'explicit' and is_primary", 55),
            (
                "by rule explicit, to the change that is named",
                "incidents inner join attributions on incidents.incident_id = attributions.incident_id \
             and incidents.deployment_id = attributions.deployment_id \
             where attributions.rule = 'explicit' and attributions.is_primary",
                55,
            ),
            ("dangling", "dangling_references", 8),
            ("dangling that name several", "dangling_references where value = '#MULTIVALUE'", 4),
            ("dangling that name nobody", "dangling_references where value <> '#MULTIVALUE'", 4),
            (
                "dangling and yet attributed",
                "attributions inner join dangling_references on attributions.incident_id = dangling_references.id",
                0,
            ),
        ],
    );
}

#[test]
fn rabobank_tells_of_plans_the_change_board_and_overlaps_on_one_item() {
    if data("bpi_challenge_2014").is_none() {
        return;
    }
    hold(
        &settings("rabobank"),
        &[],
        &[
            ("for the change board", "deployments where is_board_required", 362),
            ("items touched", "items", 28_993),
            ("carried out with a plan", "kept_to_plan", 15_980),
            ("within their planned time", "kept_to_plan where is_as_planned", 10_586),
            ("begun after they were to be over", "kept_to_plan where started_at > planned_end_at", 2_719),
            ("overlaps on one item", "item_conflicts", 2_505),
        ],
    );
}

#[test]
fn rabobank_gets_a_report() {
    if data("bpi_challenge_2014").is_none() {
        return;
    }
    let report = reported(&settings("rabobank"), &[]);
    assert_eq!(report["title"], "Release report, March 2014");
}

#[test]
fn every_whitehall_tag_is_a_deployment_and_every_commit_a_change() {
    if data("git_histories").is_none() || data("github_status_history").is_none() {
        return;
    }
    hold(
        &settings("github_whitehall"),
        &[],
        &[
            ("tags", "deployments", 13_246),
            (
                "succeeded in production",
                "deployments where status = 'succeeded' and environment = 'production'",
                13_246,
            ),
            ("with version and commit", "deployments where version = deployment_id and commit_sha is not null", 13_246),
            ("commits", "changes", 39_675),
            ("rejected", "rejected_rows", 0),
            (
                "whose stamps say that they were merged before they were written",
                "changes where merged_at < committed_at",
                6,
            ),
            ("reverts", "changes where reverts is not null", 162),
            (
                "changes that several deployments claim",
                "(select change_id from deliveries group by 1 having count(*) > 1)",
                0,
            ),
        ],
    );
}

#[test]
fn github_incidents_keep_their_degrees_and_maintenance_is_no_incident() {
    if data("github_status_history").is_none() || data("git_histories").is_none() {
        return;
    }
    hold(
        &settings("github_whitehall"),
        &[],
        &[
            ("entries", "incidents", 819),
            ("critical", "incidents where severity = 'sev1'", 28),
            ("major", "incidents where severity = 'sev2'", 138),
            ("minor", "incidents where severity = 'sev3'", 604),
            ("maintenance", "incidents where is_false_alarm", 18),
            ("that count for the time to restore", "time_to_restore", 801),
            ("over before they began", "incidents where resolved_at < opened_at", 0),
            ("attributed by anything but closeness", "attributions where rule <> 'proximity'", 0),
        ],
    );
}

#[test]
fn four_years_fit_one_report() {
    if data("github_status_history").is_none() || data("git_histories").is_none() {
        return;
    }
    let folder = Folder::new("four-years");
    let monthly = fs::read_to_string(root().join("reports/monthly.toml")).unwrap();
    let years = monthly
        .replace("name = \"monthly\"", "name = \"four-years\"")
        .replace("history = 24", "history = 48")
        .replace("shown = 13", "shown = 48");
    assert!(years.contains("history = 48") && years.contains("shown = 48"), "the monthly report was rewritten");
    folder.write("four-years.toml", years);
    let reports = folder.path().to_string_lossy().into_owned();
    let report = reported(&settings("github_whitehall"), &["four-years", "--reports", &reports]);
    assert_eq!(report["title"], "Release report, July 2026");
    let text = report.to_string();
    assert!(text.contains("August 2022"), "the first of 48 months is shown");
}

#[test]
fn a_cancelled_dokku_deployment_is_not_a_failed_one() {
    if data("dokku_deploy_log").is_none() {
        return;
    }
    hold(
        &settings("dokku"),
        &[],
        &[
            ("entries", "deployments", 55),
            ("succeeded", "deployments where status = 'succeeded'", 37),
            ("failed", "deployments where status = 'failed'", 12),
            ("cancelled", "deployments where status = 'cancelled'", 6),
            ("in the rate of success", "release_success_rate", 37 + 12),
            ("that simply worked", "release_success_rate where is_success", 37),
        ],
    );
}

#[test]
fn a_duration_in_words_gives_a_dokku_deployment_no_start() {
    if data("dokku_deploy_log").is_none() {
        return;
    }
    hold(
        &settings("dokku"),
        &[],
        &[
            ("with a start", "deployments where started_at is not null", 0),
            ("with an end", "deployments where finished_at is not null", 55),
            ("with a whole commit", "deployments where length(commit_sha) = 40", 55),
        ],
    );
}

#[test]
fn dokku_gets_a_report() {
    if data("dokku_deploy_log").is_none() {
        return;
    }
    assert_eq!(reported(&settings("dokku"), &[])["title"], "Release report, December 2025");
}

#[test]
fn a_servicenow_incident_is_what_its_latest_row_says() {
    let Some(folder) = servicenow() else {
        return;
    };
    hold(
        folder.path(),
        &[],
        &[
            ("incidents", "incidents", 24_918),
            ("rows", "rows_read where rows_read = 141712 and rows_superseded = 141712 - 24918", 1),
            ("rejected", "rejected_rows", 0),
            ("closed", "incidents where status = 'closed' and closed_at is not null", 24_918),
            ("with a time of resolution", "incidents where resolved_at is not null", 23_362),
            ("critical", "incidents where severity = 'sev1'", 270),
            ("whose category is a question mark", "incidents where service is null", 7),
            ("that name the change responsible", "incidents where deployment_id is not null", 3),
            // Opened on 29/2/2016, which no other order of day and month can mean.
            ("opened in February 2016", "incidents where opened_at < timestamp '2016-03-01T00:00:00'", 207),
            (
                "the later of two rows in one minute",
                "incidents where incident_id = 'INC0000261' and source_row = 'incident_event_log.csv:697'",
                1,
            ),
        ],
    );
}

#[test]
fn servicenow_gets_a_report_without_any_deployment() {
    let Some(folder) = servicenow() else {
        return;
    };
    assert_eq!(reported(folder.path(), &[])["title"], "Release report, January 2017");
}
