//! The records of tools, by hand: what each fills, and the traps of its format. Laws of reading them come first.

#[path = "../support/mod.rs"]
mod support;

mod builds;
mod deployments;
mod github;
mod incidents;
mod tickets;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use shipwake::source::{Intake, SourceError, Spec};
use support::Folder;
use support::read::{Row, load, rows};

/// Reads one text; `toml` is what the source says besides its path.
fn try_read(text: &str, toml: &str) -> Result<Intake, SourceError> {
    let folder = Folder::new("sources");
    folder.write("file", text);
    let spec: Spec = toml::from_str(&format!("name = 'test'\npath = 'file'\n{toml}")).unwrap();
    load(&[spec], folder.path())
}

fn read(text: &str, toml: &str) -> Intake {
    try_read(text, toml).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads a folder of files as one source.
fn read_files(files: &[(&str, &str)]) -> Intake {
    let folder = Folder::new("sources");
    for (name, text) in files {
        folder.write(&format!("in/{name}"), text);
    }
    let spec = Spec { name: "test".into(), path: "in".into(), ..Spec::default() };
    load(&[spec], folder.path()).unwrap()
}

/// Checks a table: each row has these values, and no others but `extra`.
fn holds(intake: &Intake, table: &str, expected: &[&[(&str, &str)]]) {
    let found: Vec<Row> = rows(intake, table)
        .into_iter()
        .map(|row| row.into_iter().filter(|(name, _)| name != "extra").collect())
        .collect();
    let expected: Vec<Row> = expected
        .iter()
        .map(|row| row.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        .collect();
    assert_eq!(found, expected);
}

/// `table.column: word` for every word that our lists do not have.
fn unmapped(intake: &Intake) -> Vec<String> {
    let text =
        |name: &str, row: usize| intake.unmapped.column_by_name(name).unwrap().as_string_view().value(row).to_owned();
    (0..intake.unmapped.num_rows())
        .map(|row| format!("{}.{}: {}", text("table", row), text("column", row), text("value", row)))
        .collect()
}

/// The reasons of rejected rows.
fn reasons(intake: &Intake) -> Vec<String> {
    intake.rejected.column_by_name("reason").unwrap().as_string_view().iter().flatten().map(str::to_owned).collect()
}

const STATUS: &str = r#"{"id": 2, "state": "success", "environment": "production", "created_at": "2026-01-05T10:09:00Z",
    "deployment_url": "https://api.github.com/repos/acme/shop/deployments/7"}"#;
const DEPLOYMENT: &str = r#"{"id": 7, "sha": "0123456789012345678901234567890123456789", "ref": "main", "task": "deploy",
    "environment": "production", "created_at": "2026-01-05T10:00:00Z", "creator": {"login": "ann"},
    "repository_url": "https://api.github.com/repos/acme/shop"}"#;

#[test]
fn records_that_make_one_row_may_lie_in_any_files_and_any_order() {
    let alone = read(&format!("[{DEPLOYMENT},{STATUS}]"), "");
    for intake in [
        read(&format!("[{STATUS},{DEPLOYMENT}]"), ""),
        read_files(&[("a.json", STATUS), ("b.json", DEPLOYMENT)]),
        read_files(&[("a.json", DEPLOYMENT), ("b.json", &format!("{{\"items\": [{STATUS}]}}"))]),
        read(
            &format!(
                "{{\"action\": \"created\", \"deployment_status\": {STATUS}, \"deployment\": {DEPLOYMENT}, \"sender\": {{\"node_id\": \"x\", \"url\": \"y\"}}}}"
            ),
            "",
        ),
    ] {
        let without_extra = |intake: &Intake| -> Vec<Row> {
            rows(intake, "deployments")
                .into_iter()
                .map(|row| row.into_iter().filter(|(name, _)| name != "extra").collect())
                .collect()
        };
        assert_eq!(without_extra(&intake), without_extra(&alone));
        let superseded: u64 = intake.files.iter().map(|file| file.rows_superseded).sum();
        let read: u64 = intake.files.iter().map(|file| file.rows_read).sum();
        assert_eq!((read, superseded), (2, 1));
    }
}

#[test]
fn packed_files_and_pages_one_after_another_are_read_alike() {
    let folder = Folder::new("sources");
    let pages = format!("[{DEPLOYMENT}][{STATUS}]");
    folder.write("plain", &pages);
    folder.write("packed", zstd::encode_all(pages.as_bytes(), 1).unwrap());
    let read = |name: &str| {
        let spec = Spec { name: "test".into(), path: name.into(), ..Spec::default() };
        rows(&load(&[spec], folder.path()).unwrap(), "deployments")
    };
    assert_eq!(read("plain").len(), 1);
    assert_eq!(read("plain"), read("packed"));
}

#[test]
fn a_record_that_fills_no_table_is_counted_as_unused() {
    let intake = read(&format!("[{DEPLOYMENT}, {{\"zen\": \"Keep it\", \"hook_id\": 1}}]"), "");
    let unused: Vec<(&str, u64)> = intake.files.iter().map(|file| (file.table, file.rows_unused)).collect();
    assert_eq!(unused, [("deployments", 0), ("", 1)]);
    assert!(
        intake.notes[0].starts_with("read as github: 1 deployments, 1 pings; 1 pings fill no table"),
        "{:?}",
        intake.notes
    );
}

#[test]
fn a_record_that_nobody_knows_beside_known_ones_is_rejected() {
    let intake = read(&format!("[{DEPLOYMENT}, {{\"colour\": \"red\"}}, 5]"), "");
    assert_eq!(
        reasons(&intake),
        ["not a record that github is known to send: it has `colour`", "not a record: expected an object with fields"]
    );
}

#[test]
fn a_rejected_record_of_a_line_that_holds_many_is_told_by_its_number_and_byte() {
    let right = DEPLOYMENT.replace('\n', "");
    let places = |text: &str| -> Vec<(i64, Option<i64>, Option<i64>)> {
        let rejected = read(text, "").rejected;
        let number = |name: &str, row: usize| {
            let column = rejected.column_by_name(name).unwrap().as_primitive::<Int64Type>();
            column.is_valid(row).then(|| column.value(row))
        };
        (0..rejected.num_rows())
            .map(|row| (number("line", row).unwrap(), number("record", row), number("byte", row)))
            .collect()
    };
    let byte = |before: &str| Some(before.len() as i64 + 1);
    let minified = format!("[{right},5,{{\"colour\":1}}]");
    let second = byte(&format!("[{right},"));
    assert_eq!(places(&minified), [(1, Some(2), second), (1, Some(3), second.map(|byte| byte + 2))]);
    assert_eq!(places(&format!("[{right},\n5]")), [(2, None, None)]);
    let own = "[{\"service\":\"a\",\"depends_on\":\"b\"},{\"service\":\"a\"}]";
    assert_eq!(places(own), [(1, Some(2), Some(35))]);
}

#[test]
fn a_table_of_ones_own_may_name_a_deployment_as_people_do() {
    let web = DEPLOYMENT.replace("acme/shop", "acme/web").replace("\"id\": 7", "\"id\": 8");
    let incident = |id: &str, deployment: &str| format!("{id},shop,2026-01-05T11:00:00Z,{deployment}\n");
    let address = "https://api.github.com/repos/acme/shop/deployments/7";
    let incidents = [("1", "7"), ("2", "#7"), ("3", "acme/shop#7"), ("4", address), ("5", "8"), ("6", "9")];
    let incidents: String = incidents.iter().map(|(id, deployment)| incident(id, deployment)).collect();
    let intake = read_files(&[
        ("deployments.json", &format!("[{DEPLOYMENT},{web}]")),
        ("incidents.csv", &format!("incident_id,service,opened_at,deployment_id\n{incidents}")),
        ("approvals.csv", "approval_id,deployment_id,decided_at\nA-1,7,2026-01-05T10:01:00Z\n"),
    ]);
    let named = |table: &str| -> Vec<String> {
        rows(&intake, table).into_iter().map(|mut row| row.remove("deployment_id").unwrap()).collect()
    };
    let (shop, web) = ("github:acme/shop#7", "github:acme/web#8");
    assert_eq!(named("incidents"), [shop, shop, shop, shop, web, "9"]);
    assert_eq!(named("approvals"), [shop]);
}

#[test]
fn what_two_deployments_are_called_stays_as_it_is_written() {
    let web = DEPLOYMENT.replace("acme/shop", "acme/web");
    let intake = read_files(&[
        ("deployments.json", &format!("[{DEPLOYMENT},{web}]")),
        (
            "incidents.csv",
            "incident_id,service,opened_at,deployment_id\n1,shop,2026-01-05T11:00:00Z,7\n2,shop,2026-01-05T11:00:00Z,web#7\n",
        ),
    ]);
    let incidents = rows(&intake, "incidents");
    assert_eq!(
        (incidents[0]["deployment_id"].as_str(), incidents[1]["deployment_id"].as_str()),
        ("7", "github:acme/web#7")
    );
}

#[test]
fn unknown_words_are_unknown_and_counted() {
    let intake = read(&STATUS.replace("success", "sideways"), "");
    assert_eq!(rows(&intake, "deployments")[0]["status"], "unknown");
    assert_eq!(unmapped(&intake), ["deployments.status: sideways"]);
}

#[test]
fn nulls_and_new_fields_anywhere_harm_nothing() {
    for null in ["creator", "repository_url", "ref", "payload"] {
        let text = DEPLOYMENT.replacen(
            '{',
            &format!("{{\"payload\": {{\"x\": [1]}}, \"brand_new\": {{\"y\": null}}, \"{null}\": null,"),
            1,
        );
        let text = text.replace("\"ref\": \"main\",", "");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let intake = read(&value.to_string(), "");
        assert_eq!(intake.files.iter().map(|file| file.rows_read).sum::<u64>(), 1, "{null}");
    }
    let huge = format!("{{\"description\": \"{}\", {}", "x".repeat(10 << 20), &DEPLOYMENT[1..]);
    let intake = read(&huge, "");
    assert!(rows(&intake, "deployments")[0].get("extra").is_none_or(|extra| extra.len() < 1000));
}

#[test]
fn a_page_of_nothing_is_no_error() {
    for text in
        ["[]", "{\"items\": []}", "{\"incidents\": [], \"more\": false}", "{\"workflow_runs\": [], \"total_count\": 0}"]
    {
        let intake = read(text, "");
        assert_eq!(intake.files.iter().map(|file| file.rows_read).sum::<u64>(), 0, "{text}");
        let intake = read(text, "format = 'github'");
        assert_eq!(intake.files.iter().map(|file| file.rows_rejected).sum::<u64>(), 0, "{text}");
    }
}

#[test]
fn records_of_two_tools_are_refused_with_both_names() {
    let opsgenie = r#"{"id": "1", "tinyId": "2", "message": "m", "acknowledged": true, "createdAt": "2026-01-05T10:00:00Z", "status": "open", "number": "INC1", "opened_at": "2026-01-05 10:00:00", "sys_id": "3"}"#;
    let error = try_read(opsgenie, "").unwrap_err();
    assert_eq!(error.to_string(), "records of `file` may be those of several tools: `opsgenie`, `servicenow`");
    assert_eq!(rows(&read(opsgenie, "format = 'servicenow'"), "incidents")[0]["incident_id"], "INC1");
}

#[test]
fn settings_of_the_source_come_before_the_tools_own() {
    let toml = "format = 'github'\ntable = 'deployments'\n[columns]\nteam = 'creator.login'\n[values.environment]\nproduction = 'live'\n[defaults]\nregion = 'eu'";
    let row = rows(&read(DEPLOYMENT, toml), "deployments").remove(0);
    assert_eq!((row["team"].as_str(), row["environment"].as_str(), row["region"].as_str()), ("ann", "live", "eu"));
    assert!(read(DEPLOYMENT, "format = 'github'\ntable = 'incidents'").tables.is_empty());
}

#[test]
fn a_file_of_a_folder_that_fits_no_table_is_left_aside_where_others_fit() {
    let intake = read_files(&[("a.json", DEPLOYMENT), ("notes.txt", "some words\nmore words\n")]);
    assert_eq!(intake.files[1].rows_unused, 1);
    assert!(intake.notes.iter().any(|note| note.starts_with("left aside: file `in/notes.txt` fits no table")));
    let folder = Folder::new("sources");
    folder.write("in/notes.txt", "some words\nmore words\n");
    let spec = Spec { name: "test".into(), path: "in".into(), ..Spec::default() };
    assert!(load(&[spec], folder.path()).is_err());
}

#[test]
fn of_several_sources_one_that_fits_no_table_is_left_aside_where_that_is_allowed() {
    let folder = Folder::new("sources");
    folder.write("a.json", DEPLOYMENT);
    folder.write("notes.csv", "colour,size\nred,5\n");
    let spec = |path: &str, may_be_left| Spec { name: path.into(), path: path.into(), may_be_left, ..Spec::default() };
    let intake = load(&[spec("notes.csv", true), spec("a.json", true)], folder.path()).unwrap();
    assert_eq!(rows(&intake, "deployments").len(), 1);
    assert!(intake.notes.iter().any(|note| note.starts_with("left aside: file `notes.csv` fits no table")));
    assert!(load(&[spec("notes.csv", false), spec("a.json", false)], folder.path()).is_err());
    assert!(load(&[spec("notes.csv", true)], folder.path()).is_err());
}

#[test]
fn a_push_of_nothing_is_counted() {
    let push = r#"{"ref": "refs/heads/main", "commits": [], "head_commit": null, "repository": {"id": 1, "name": "shop", "full_name": "acme/shop", "url": "x"}}"#;
    let intake = read(&format!("{}\n{push}\n", DEPLOYMENT.replace('\n', " ")), "");
    let counts: Vec<(u64, u64)> = intake.files.iter().map(|file| (file.rows_read, file.rows_unused)).collect();
    assert_eq!(counts, [(1, 0), (1, 1)]);
    // The same for what nobody knows: it has an id and is no page.
    let intake = read(&format!("{}\n{{\"id\": 9, \"services\": []}}\n", DEPLOYMENT.replace('\n', " ")), "");
    assert_eq!(reasons(&intake), ["not a record that github is known to send: it has `id`, `services`"]);
}
