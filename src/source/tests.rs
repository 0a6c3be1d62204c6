//! Laws of reading as a whole, through the public functions.

use arrow::array::{Array, AsArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::*;

fn options(timezone: Option<&'static str>, as_of: Option<i64>) -> Options<'static> {
    Options { as_of, base: Path::new("."), threads: 2, timezone, only: None, progress: &|_, _| {} }
}

/// Reads texts as files, each with a source of these settings.
fn read(files: &[(&str, &str)], toml: &str) -> Result<Intake, SourceError> {
    read_at(files, toml, None)
}

fn read_at(files: &[(&str, &str)], toml: &str, as_of: Option<i64>) -> Result<Intake, SourceError> {
    let options = options(None, as_of);
    let mut loading = Loading::new(&options, 0);
    for (name, text) in files {
        let mut spec: Spec = toml::from_str(toml).unwrap();
        spec.name = spec::stem(name);
        spec.path = name.to_string();
        spec.check()?;
        loading.add(&spec, &Found { shown: name.to_string(), origin: Origin::Borrowed(text.as_bytes()) })?;
    }
    let intake = loading.finish()?;
    for file in &intake.files {
        let sum = file.rows_kept + file.rows_superseded + file.rows_rejected + file.rows_after_as_of;
        assert_eq!(file.rows_read, sum, "{file:?}");
    }
    Ok(intake)
}

/// A column as text, null as `-`.
fn column(intake: &Intake, table: &str, name: &str) -> Vec<String> {
    let loaded = &intake.tables[table];
    let all = concat_batches(&loaded.batches[0].schema(), &loaded.batches).unwrap();
    let array = all.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
    (0..array.len())
        .map(|row| match array.is_null(row) {
            true => "-".into(),
            false => arrow::util::display::array_value_to_string(array, row).unwrap(),
        })
        .collect()
}

/// (line, column, value, reason) of every rejected row.
fn rejected(intake: &Intake) -> Vec<(i64, String, String, String)> {
    let text = |name: &str, row| intake.rejected.column_by_name(name).unwrap().as_string_view().value(row).to_owned();
    let lines = intake.rejected.column_by_name("line").unwrap().as_primitive::<Int64Type>();
    (0..intake.rejected.num_rows())
        .map(|row| (lines.value(row), text("column", row), text("value", row), text("reason", row)))
        .collect()
}

fn micros(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
}

#[test]
fn a_deployment_log_becomes_a_table() {
    let text = "Deployment ID,Service,Finished At,Status,Ticket Ref\n\
                D-1,web,2026-01-05T10:00:00Z,Success,CHG-7\n\
                D-2,web,2026-01-06T10:00:00+02:00,failure,\n";
    let intake = read(&[("log.csv", text)], "").unwrap();
    assert_eq!(
        intake.tables["deployments"].given,
        ["deployment_id", "service", "environment", "status", "finished_at", "extra"]
    );
    assert_eq!(column(&intake, "deployments", "status"), ["succeeded", "failed"]);
    assert_eq!(column(&intake, "deployments", "environment"), ["production", "production"]);
    assert_eq!(column(&intake, "deployments", "finished_at"), ["2026-01-05T10:00:00Z", "2026-01-06T08:00:00Z"]);
    assert_eq!(column(&intake, "deployments", "extra"), ["{\"Ticket Ref\":\"CHG-7\"}", "-"]);
    let places = column(&intake, "deployments", "place");
    assert_eq!(place_text(&intake.files, places[1].parse().unwrap()), "log.csv:3");
}

#[test]
fn the_same_records_as_csv_json_and_ndjson_are_the_same_table() {
    let csv = "incident_id,severity,opened_at,is_false_alarm,title\n1,high,2026-01-05T10:00:00Z,no,\"a, b\"\n2,,2026-01-06T10:00:00Z,,\n";
    let json = r#"{"incidents": [
        {"incident_id": 1, "severity": "high", "opened_at": "2026-01-05T10:00:00Z", "is_false_alarm": false, "title": "a, b"},
        {"incident_id": 2, "severity": null, "opened_at": 1767693600, "is_false_alarm": null, "title": ""}]}"#;
    let ndjson = "{\"incident_id\": \"2\", \"opened_at\": \"2026-01-06T10:00:00Z\"}\n\
        {\"incident_id\": \"1\", \"severity\": \"p2\", \"opened_at\": \"2026-01-05 10:00:00 UTC\", \"is_false_alarm\": \"N\", \"title\": \" a, b \"}\n";
    let tables: Vec<Vec<Vec<String>>> = [("x.csv", csv), ("x.json", json), ("x.txt", ndjson)]
        .into_iter()
        .map(|file| {
            let intake = read(&[file], "").unwrap();
            assert_eq!(rejected(&intake), []);
            ["incident_id", "severity", "opened_at", "is_false_alarm", "title"]
                .map(|name| column(&intake, "incidents", name))
                .to_vec()
        })
        .collect();
    assert_eq!(tables[0][1], ["sev2", "-"]);
    assert_eq!(tables[0], tables[1]);
    assert_eq!(tables[0], tables[2]);
}

#[test]
fn a_nested_field_is_reached_by_its_path_and_the_rest_is_kept() {
    let json = r#"[{"number": "INC1", "opened": "2026-01-05 10:00:00", "cmdb_ci": {"value": "web"}, "tags": ["a", "b"], "n": 5}]"#;
    let toml = "table = 'incidents'\ntimezone = 'UTC'\n[columns]\nincident_id = 'number'\nopened_at = 'opened'\nservice = 'cmdb_ci.value'\ncause = 'closure.code'";
    let intake = read(&[("x.json", json)], toml).unwrap();
    assert_eq!(column(&intake, "incidents", "service"), ["web"]);
    assert_eq!(column(&intake, "incidents", "extra"), [r#"{"cmdb_ci":{"value":"web"},"tags":["a","b"],"n":5}"#]);
    assert_eq!(intake.notes, ["no record of `x.json` has `closure.code`"]);
}

#[test]
fn a_stamp_without_zone_stops_with_the_question() {
    let text = "incident_id,opened_at\n1,2026-07-05T10:00:00Z\n2,2026-07-05 12:00:00\n";
    let error = read(&[("x.csv", text)], "").unwrap_err();
    assert_eq!(error.to_string(), "x.csv:3: `2026-07-05 12:00:00` in column `opened_at` has no time zone");
    let intake = read(&[("x.csv", text)], "timezone = 'Europe/Amsterdam'").unwrap();
    assert_eq!(column(&intake, "incidents", "opened_at"), ["2026-07-05T10:00:00Z", "2026-07-05T10:00:00Z"]);
}

#[test]
fn the_order_of_day_and_month_is_shown_by_the_file_or_asked_for() {
    let file = |stamps: [&str; 2]| {
        format!("incident_id,opened_at,resolved_at\n1,{},\n2,{},04/05/2026 11:00\n", stamps[0], stamps[1])
    };
    let read = |text: &str, toml: &str| read(&[("x.csv", text)], &format!("timezone = 'UTC'\n{toml}"));
    let shown = read(&file(["03/04/2026 10:00", "13/04/2026 10:00"]), "").unwrap();
    assert_eq!(column(&shown, "incidents", "opened_at"), ["2026-04-03T10:00:00Z", "2026-04-13T10:00:00Z"]);
    assert_eq!(column(&shown, "incidents", "resolved_at"), ["-", "2026-05-04T11:00:00Z"]);

    let hidden = file(["03/04/2026 10:00", "04/04/2026 10:00"]);
    assert_eq!(
        read(&hidden, "").unwrap_err().to_string(),
        "x.csv:2: `03/04/2026 10:00` in column `opened_at` may be day or month first, and no value of the file shows which"
    );
    let told = read(&hidden, "date_order = 'mdy'").unwrap();
    assert_eq!(column(&told, "incidents", "opened_at"), ["2026-03-04T10:00:00Z", "2026-04-04T10:00:00Z"]);

    let mixed = file(["13/04/2026 10:00", "04/13/2026 10:00"]);
    assert_eq!(
        read(&mixed, "").unwrap_err().to_string(),
        "column `opened_at` of `x.csv` has dates both day first and month first: `13/04/2026 10:00` and `04/13/2026 10:00`"
    );
    let told = read(&mixed, "date_order = 'dmy'").unwrap();
    assert_eq!(rejected(&told)[0].3, "month is 13, expected 1 to 12");
}

#[test]
fn a_bad_row_is_left_out_and_told_with_its_place() {
    let text = "deployment_id,service,started_at,finished_at,status,lines_changed,is_planned\n\
        D-1,web,2026-01-05T10:00:00Z,2026-01-05T10:01:00Z,ok,5,yes\n\
        ,web,2026-01-05T10:00:00Z,2026-01-05T10:01:00Z,ok,5,yes\n\
        D-3,web,2026-01-05T10:00:00Z,2026-01-05T09:00:00Z,ok,5,yes\n\
        D-4,\"two\nlines\",soon,2026-01-05T10:01:00Z,ok,5,yes\n\
        D-5,web,2026-01-05T10:00:00Z,,ok,5,yes\n\
        D-6,web,2026-01-05T10:00:00Z,,running,5,yes\n\
        D-7,web,2026-01-05T10:00:00Z,,,5,yes\n\
        D-8,web,2026-01-05T10:00:00Z,2026-01-05T10:01:00Z,ok,many,yes\n\
        D-9,web,2026-01-05T10:00:00Z,2026-01-05T10:01:00Z,ok,5,perhaps\n";
    let intake = read(&[("x.csv", text)], "").unwrap();
    let told: Vec<String> = rejected(&intake)
        .into_iter()
        .map(|(line, column, value, reason)| format!("{line} {column}={value}: {reason}"))
        .collect();
    assert_eq!(
        told,
        [
            "3 deployment_id=: deployment_id is empty",
            "4 finished_at=2026-01-05T09:00:00Z: finished_at is before started_at",
            "5 started_at=soon: not a timestamp",
            "7 finished_at=: finished_at is empty while status is succeeded",
            "10 lines_changed=many: not a whole number",
            "11 is_planned=perhaps: not true or false",
        ]
    );
    assert_eq!(column(&intake, "deployments", "deployment_id"), ["D-1", "D-6", "D-7"]);
    assert_eq!(column(&intake, "deployments", "status"), ["succeeded", "in_progress", "in_progress"]);
}

#[test]
fn without_a_status_a_deployment_that_finished_succeeded() {
    let text = "deployment_id,service,finished_at\na,web,2026-01-05T10:00:00Z\nb,web,\n";
    let intake = read(&[("x.csv", text)], "").unwrap();
    assert_eq!(column(&intake, "deployments", "status"), ["succeeded", "in_progress"]);
}

#[test]
fn words_are_mapped_defaults_fill_and_others_are_counted() {
    let text = "id,svc,end,state\n1,web,2026-01-05T10:00:00Z,GOOD\n2,,2026-01-05T11:00:00Z,odd\n3,web,2026-01-05T12:00:00Z,n/a\n";
    let toml = "table = 'deployments'\nnull_values = ['n/a']\n[columns]\ndeployment_id = 'id'\nservice = 'svc'\nfinished_at = 'end'\nstatus = 'state'\n\
        [values.status]\ngood = 'succeeded'\n[defaults]\nservice = 'core'\nstatus = 'cancelled'\nenvironment = 'live'";
    let intake = read(&[("x.csv", text)], toml).unwrap();
    assert_eq!(column(&intake, "deployments", "service"), ["web", "core", "web"]);
    assert_eq!(column(&intake, "deployments", "status"), ["succeeded", "unknown", "cancelled"]);
    assert_eq!(column(&intake, "deployments", "environment"), ["live"; 3]);
    assert_eq!(intake.unmapped.num_rows(), 1);
    assert_eq!(intake.unmapped.column_by_name("value").unwrap().as_string_view().value(0), "odd");
}

#[test]
fn repeated_headers_give_the_first_value_and_keep_all() {
    let text = "ticket_id,created_at,Priority,priority,Labels,Labels\nA,2026-01-05T10:00:00Z,,high,x,\nB,2026-01-05T11:00:00Z,low,high,x,y\n";
    let intake = read(&[("x.csv", text)], "table = 'tickets'").unwrap();
    assert_eq!(column(&intake, "tickets", "priority"), ["high", "low"]);
    assert_eq!(
        column(&intake, "tickets", "extra"),
        [r#"{"priority":"high","Labels":["x"]}"#, r#"{"Priority":"low","priority":"high","Labels":["x","y"]}"#,]
    );
}

#[test]
fn a_row_begins_at_the_earliest_of_its_instants() {
    let text = "deployment_id,service,status,requested_at,started_at,finished_at\n\
        D-1,a,succeeded,2025-01-01T00:00:00Z,2025-01-03T00:00:00Z,2025-01-03T01:00:00Z\n\
        D-2,a,succeeded,2025-01-03T00:00:00Z,2025-01-03T00:00:00Z,2025-01-03T01:00:00Z\n\
        D-3,a,succeeded,,2025-01-03T00:00:00Z,2025-01-03T01:00:00Z\n\
        D-4,a,cancelled,,,\n";
    let intake = read_at(&[("d.csv", text)], "", Some(micros("2025-01-02T00:00:00Z"))).unwrap();
    assert_eq!(column(&intake, "deployments", "deployment_id"), ["D-1", "D-4"]);
    assert_eq!(column(&intake, "deployments", "started_at"), ["-", "-"]);
    assert_eq!(column(&intake, "deployments", "status"), ["in_progress", "cancelled"]);
    assert_eq!(intake.files[0].rows_after_as_of, 2);
}

#[test]
fn as_of_shows_things_as_they_were() {
    let deployments = "deployment_id,service,started_at,finished_at,status\n\
        a,web,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,ok\n\
        b,web,2026-01-01T00:00:00Z,2026-01-03T00:00:00Z,ok\n\
        c,web,2026-01-03T00:00:00Z,2026-01-03T01:00:00Z,ok\n";
    let incidents = "incident_id,opened_at,resolved_at,status\n\
        1,2026-01-01T00:00:00Z,2026-01-01T02:00:00Z,resolved\n\
        2,2026-01-01T00:00:00Z,2026-01-09T02:00:00Z,closed\n";
    let approvals =
        "approval_id,requested_at,decided_at,decision\n1,2026-01-01T00:00:00Z,2026-01-05T00:00:00Z,approved\n";
    let windows = "window_id,starts_at,ends_at\n1,2026-12-01T00:00:00Z,2026-12-31T00:00:00Z\n";
    let files = [("d.csv", deployments), ("i.csv", incidents), ("a.csv", approvals), ("w.csv", windows)];
    let intake = read_at(&files, "", Some(micros("2026-01-02T00:00:00Z"))).unwrap();
    assert_eq!(column(&intake, "deployments", "deployment_id"), ["a", "b"]);
    assert_eq!(column(&intake, "deployments", "status"), ["succeeded", "in_progress"]);
    assert_eq!(column(&intake, "deployments", "finished_at"), ["2026-01-01T01:00:00Z", "-"]);
    assert_eq!(column(&intake, "incidents", "status"), ["resolved", "open"]);
    assert_eq!(column(&intake, "incidents", "resolved_at"), ["2026-01-01T02:00:00Z", "-"]);
    assert_eq!(column(&intake, "approvals", "decision"), ["pending"]);
    assert_eq!(column(&intake, "windows", "starts_at"), ["2026-12-01T00:00:00Z"]);
    assert_eq!(intake.files[0].rows_after_as_of, 1);
}

#[test]
fn a_span_that_ends_on_a_day_lasts_until_that_day_is_over() {
    let windows = "window_id,starts_at,ends_at\n\
        1,2026-10-24,2026-10-25\n\
        2,2026-10-12,2026-10-12\n\
        3,2026-10-12,2026-10-14 00:00\n\
        4,2026-10-12,2026-10-14T00:00:00Z\n";
    let intake = read(&[("w.csv", windows)], "timezone = 'Europe/Berlin'").unwrap();
    // The 25th has 25 hours there: the next midnight is 23:00 in UTC, that of the 14th is 22:00.
    assert_eq!(
        column(&intake, "windows", "ends_at"),
        ["2026-10-12T22:00:00Z", "2026-10-13T22:00:00Z", "2026-10-14T00:00:00Z", "2026-10-25T23:00:00Z"]
    );
    let services = "service,valid_from,valid_until\na,2026-10-12,2026-10-14\n";
    let intake = read(&[("s.csv", services)], "timezone = 'UTC'").unwrap();
    assert_eq!(column(&intake, "services", "valid_until"), ["2026-10-14T00:00:00Z"]);
}

#[test]
fn an_end_in_a_year_that_nobody_will_see_is_the_last_instant_that_can_be_told() {
    let windows = "window_id,starts_at,ends_at\n1,2026-10-24,9999-12-31\n2,2026-10-24T00:00:00Z,9999-12-31T00:00:00Z\n";
    let intake = read(&[("w.csv", windows)], "timezone = 'Europe/Berlin'").unwrap();
    assert_eq!(column(&intake, "windows", "ends_at"), ["2100-12-31T23:59:59.999999Z"; 2]);
    let services = "service,valid_from,valid_until\na,2026-10-12,9999-12-31\n";
    let intake = read(&[("s.csv", services)], "timezone = 'UTC'").unwrap();
    assert_eq!(column(&intake, "services", "valid_until"), ["2100-12-31T23:59:59.999999Z"]);
    let begins = "window_id,starts_at,ends_at\n1,9999-10-24,9999-12-31\n";
    assert_eq!(read(&[("w.csv", begins)], "timezone = 'UTC'").unwrap().files[0].rows_rejected, 1);
}

#[test]
fn the_latest_state_of_a_record_is_kept() {
    let text = "incident_id,opened_at,updated_at,status\n\
        1,2026-01-01T00:00:00Z,2026-01-01T02:00:00Z,resolved\n\
        1,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,new\n";
    let intake = read(&[("x.csv", text)], "").unwrap();
    assert_eq!(column(&intake, "incidents", "status"), ["resolved"]);
    assert_eq!(intake.files[0].rows_superseded, 1);
}

#[test]
fn files_without_rows_are_noted_and_no_error() {
    let files = [("empty.csv", ""), ("header.csv", "service,depends_on\n"), ("none.json", "[]")];
    let intake = read(&files, "").unwrap();
    assert_eq!(
        intake.notes,
        ["file `empty.csv` has no rows", "file `header.csv` has no rows", "file `none.json` has no rows"]
    );
    let tables: Vec<&str> = intake.files.iter().map(|file| file.table).collect();
    assert_eq!(tables, ["", "dependencies", ""]);
    assert_eq!(intake.tables["dependencies"].batches[0].num_rows(), 0);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mut text = String::from("incident_id,opened_at,title\n");
    for row in 0..200 {
        text.push_str(&format!("I{row:03},2026-01-01T00:{:02}:00Z,\"a\nb {row}\"\n", row % 60));
    }
    let read = |threads| {
        let options = Options { threads, ..options(None, None) };
        load_embedded(&[("x.csv", text.as_bytes())], &options).unwrap()
    };
    let (one, four) = (read(1), read(4));
    assert_eq!(one.tables["incidents"].batches, four.tables["incidents"].batches);
    let at = &one.tables["incidents"].batches[0].column_by_name("opened_at").unwrap().clone();
    assert!(at.as_primitive::<TimestampMicrosecondType>().values().is_sorted());
}
