//! Tools that keep incidents.

use super::{holds, read, read_files, reasons, rows, try_read};

#[test]
fn pagerduty_keeps_the_acknowledgement_in_log_entries() {
    let incident = r#"{"id": "PT4", "incident_number": 4, "title": "Down", "status": "resolved", "urgency": "high", "priority": {"summary": "P1"},
        "service": {"id": "S1", "summary": "shop"}, "created_at": "2026-01-05T10:00:00Z", "last_status_change_at": "2026-01-05T11:00:00Z",
        "acknowledgements": [], "html_url": "https://x.pagerduty.com/incidents/PT4"}"#;
    let entry = r#"{"id": "R1", "type": "acknowledge_log_entry", "created_at": "2026-01-05T10:02:00Z", "agent": {"summary": "Ann"},
        "channel": {"type": "mobile"}, "incident": {"id": "PT4", "summary": "[#4] Down"}}"#;
    holds(
        &read(&format!("{{\"incidents\": [{incident}]}} {{\"log_entries\": [{entry}]}}"), ""),
        "incidents",
        &[&[
            ("incident_id", "PT4"),
            ("service", "shop"),
            ("severity", "sev1"),
            ("status", "resolved"),
            ("opened_at", "2026-01-05T10:00:00Z"),
            ("detected_at", "2026-01-05T10:00:00Z"),
            ("acknowledged_at", "2026-01-05T10:02:00Z"),
            ("resolved_at", "2026-01-05T11:00:00Z"),
            ("title", "Down"),
            ("url", "https://x.pagerduty.com/incidents/PT4"),
            ("updated_at", "2026-01-05T11:00:00Z"),
        ]],
    );
}

#[test]
fn pagerduty_analytics_ask_for_their_zone() {
    let csv = "id,incident_number,description,status,created_at,resolved_at,urgency,priority_name,service_name,seconds_to_first_ack,seconds_to_resolve\n\
        Q1,4,Down,resolved,2026-01-05T12:00:00,2026-01-05T13:00:00,high,P2,shop,90,3600\n";
    let error = try_read(csv, "").unwrap_err().to_string();
    assert_eq!(error, "file:2: `2026-01-05T12:00:00` in column `opened_at` has no time zone");
    let row = rows(&read(csv, "timezone = 'Europe/Paris'"), "incidents").remove(0);
    assert_eq!(
        (row["acknowledged_at"].as_str(), row["resolved_at"].as_str()),
        ("2026-01-05T11:01:30Z", "2026-01-05T12:00:00Z")
    );
    assert_eq!((row["severity"].as_str(), row["service"].as_str()), ("sev2", "shop"));
}

#[test]
fn times_after_the_opening_that_have_no_limit_are_out_of_range() {
    let analytics = r#"{"id": "Q1", "created_at": "2026-01-05T12:00:00Z", "seconds_to_first_ack": 1e300}"#;
    assert!(!rows(&read(analytics, ""), "incidents")[0].contains_key("acknowledged_at"));
    let alert = r#"{"id": "2", "tinyId": "13", "message": "Disk", "status": "closed", "acknowledged": true,
        "createdAt": "2026-01-05T10:00:00.000Z", "report": {"ackTime": 1e300}}"#;
    assert_eq!(reasons(&read(alert, "")), ["year 2262 is outside 1990 to 2100"]);
}

#[test]
fn a_servicenow_incident_is_its_latest_state_and_names_the_change_that_caused_it() {
    let log = "number,incident_state,sys_mod_count,opened_at,sys_updated_at,resolved_at,priority,caused_by,rfc\n\
        INC1,Resolved,5,29/2/2026 01:16,29/2/2026 11:29,29/2/2026 11:29,2 - High,CHG7,CHG8\n\
        INC2,New,0,28/2/2026 01:16,28/2/2026 01:16,,3 - Moderate,,\n\
        INC2,Resolved,2,28/2/2026 01:16,28/2/2026 03:00,28/2/2026 03:00,3 - Moderate,,\n\
        INC2,Active,3,28/2/2026 01:16,28/2/2026 03:00,,3 - Moderate,,\n";
    let log = log.replace("29/2/2026", "27/2/2026");
    let intake = read(&log, "timezone = 'UTC'");
    assert_eq!(reasons(&intake), Vec::<String>::new());
    let expected: &[&[(&str, &str)]] = &[
        &[
            ("incident_id", "INC1"),
            ("severity", "sev2"),
            ("status", "resolved"),
            ("opened_at", "2026-02-27T01:16:00Z"),
            ("resolved_at", "2026-02-27T11:29:00Z"),
            ("deployment_id", "CHG7"),
            ("updated_at", "2026-02-27T11:29:00Z"),
        ],
        // Opened again in the same minute: the higher count of changes is the later, and there is no resolution.
        &[
            ("incident_id", "INC2"),
            ("severity", "sev3"),
            ("status", "acknowledged"),
            ("opened_at", "2026-02-28T01:16:00Z"),
            ("updated_at", "2026-02-28T03:00:00Z"),
        ],
    ];
    holds(&intake, "incidents", expected);
    assert_eq!(intake.files[0].rows_superseded, 2);
}

#[test]
fn servicenow_changes_are_deployments_and_their_approvals_are_told_apart() {
    let change = r#"{"result": [{"number": "CHG7", "sys_id": "1", "type": "emergency", "state": "3", "close_code": "unsuccessful",
        "opened_at": "2026-01-05 09:00:00", "work_start": "2026-01-05 10:00:00", "work_end": "2026-01-05 10:30:00",
        "start_date": "2026-01-05 11:00:00", "cmdb_ci": {"display_value": "shop", "value": "1", "link": "https://x/1"}, "assigned_to": "Ann", "requested_by": "Bob"}]}"#;
    holds(
        &read(change, ""),
        "deployments",
        &[&[
            ("deployment_id", "CHG7"),
            ("service", "shop"),
            ("environment", "production"),
            ("status", "failed"),
            ("change_type", "emergency"),
            ("requested_at", "2026-01-05T09:00:00Z"),
            ("started_at", "2026-01-05T10:00:00Z"),
            ("finished_at", "2026-01-05T10:30:00Z"),
            ("requested_by", "Bob"),
            ("deployed_by", "Ann"),
            ("ticket_id", "CHG7"),
        ]],
    );
    let approval = r#"{"sys_id": "9", "sysapproval": {"display_value": "CHG7", "value": "1"}, "approver": {"display_value": "Eve", "value": "2"},
        "state": "approved", "sys_created_on": "2026-01-05 09:01:00", "sys_updated_on": "2026-01-05 09:31:00"}"#;
    holds(
        &read(approval, ""),
        "approvals",
        &[&[
            ("approval_id", "9"),
            ("deployment_id", "CHG7"),
            ("ticket_id", "CHG7"),
            ("approver", "Eve"),
            ("requested_at", "2026-01-05T09:01:00Z"),
            ("decided_at", "2026-01-05T09:31:00Z"),
            ("decision", "approved"),
            ("updated_at", "2026-01-05T09:31:00Z"),
        ]],
    );
}

#[test]
fn an_incident_io_incident_begins_with_its_impact() {
    let incident = |mode: &str| {
        format!(
            r#"{{"event_type": "public_incident.incident_updated_v2", "public_incident.incident_updated_v2": {{"id": "01", "reference": "INC-1",
            "name": "Down", "mode": "{mode}", "severity": {{"name": "Major"}}, "incident_status": {{"name": "Closed", "category": "closed"}},
            "created_at": "2026-01-05T12:00:00Z", "updated_at": "2026-01-06T12:00:00Z", "incident_timestamp_values": [
                {{"incident_timestamp": {{"name": "Impact started"}}, "value": {{"value": "2026-01-05T10:00:00Z"}}}},
                {{"incident_timestamp": {{"name": "Resolved at"}}, "value": {{"value": "2026-01-05T11:00:00Z"}}}},
                {{"incident_timestamp": {{"name": "Fixed at"}}, "value": null}}]}}}}"#
        )
    };
    holds(
        &read(&incident("standard"), ""),
        "incidents",
        &[&[
            ("incident_id", "INC-1"),
            ("severity", "sev2"),
            ("status", "closed"),
            ("opened_at", "2026-01-05T10:00:00Z"),
            ("resolved_at", "2026-01-05T11:00:00Z"),
            ("title", "Down"),
            ("updated_at", "2026-01-06T12:00:00Z"),
        ]],
    );
    assert_eq!(read(&incident("test"), "").files[0].rows_unused, 1);
}

#[test]
fn opsgenie_incidents_begin_with_their_impact_and_alerts_tell_their_acknowledgement() {
    let incident = r#"{"id": "1", "tinyId": "12", "message": "Down", "status": "closed", "priority": "P2", "createdAt": "2026-01-05T10:30:00.000Z",
        "updatedAt": "2026-01-05T12:00:00.000Z", "impactStartDate": "2026-01-05T10:00:00.000Z", "impactEndDate": "2026-01-05T11:00:00.000Z", "impactedServices": ["shop"]}"#;
    let row = rows(&read(incident, ""), "incidents").remove(0);
    assert_eq!(
        (row["opened_at"].as_str(), row["resolved_at"].as_str()),
        ("2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z")
    );
    assert_eq!(row["service"], "shop");
    let alert = r#"{"data": [{"id": "2", "tinyId": "13", "message": "Disk", "status": "closed", "acknowledged": true, "priority": "P3",
        "createdAt": "2026-01-05T10:00:00.000Z", "updatedAt": "2026-01-05T10:10:00.000Z", "report": {"ackTime": 15000, "closeTime": 60000}}], "took": 1}"#;
    let row = rows(&read(alert, ""), "incidents").remove(0);
    assert_eq!(
        (row["acknowledged_at"].as_str(), row["resolved_at"].as_str()),
        ("2026-01-05T10:00:15Z", "2026-01-05T10:01:00Z")
    );
}

#[test]
fn statuspage_maintenance_is_no_incident_and_what_was_told_late_keeps_its_time() {
    let incident = r#"{"id": "a", "name": "Down", "status": "resolved", "impact": "critical", "shortlink": "https://stspg.io/a", "scheduled_for": null,
        "created_at": "2026-01-06T10:00:00Z", "started_at": "2026-01-06T10:00:00Z", "updated_at": "2026-01-06T10:00:00Z", "resolved_at": "2026-01-05T11:00:00Z",
        "components": [{"id": "c", "name": "API"}], "incident_updates": [{"status": "investigating", "created_at": "2026-01-06T10:00:00Z", "display_at": "2026-01-05T10:00:00Z"}]}"#;
    let row = rows(&read(&format!("{{\"page\": {{\"id\": \"p\"}}, \"incidents\": [{incident}]}}"), ""), "incidents")
        .remove(0);
    assert_eq!((row["opened_at"].as_str(), row["severity"].as_str()), ("2026-01-05T10:00:00Z", "sev1"));
    assert!(!row.contains_key("is_false_alarm"));
    let planned = incident.replace("\"scheduled_for\": null", "\"scheduled_for\": \"2026-01-06T10:00:00Z\"");
    assert_eq!(rows(&read(&planned, ""), "incidents")[0]["is_false_alarm"], "true");
}

#[test]
fn opsgenie_counts_alerts_and_incidents_apart_and_a_source_is_no_service() {
    let alert = r#"{"id": "2", "tinyId": "12", "message": "Disk", "status": "open", "acknowledged": false, "source": "1.2.3.4", "entity": "",
        "createdAt": "2026-01-05T10:00:00.000Z"}"#;
    let incident = r#"{"id": "1", "tinyId": "12", "message": "Down", "status": "open", "createdAt": "2026-01-05T10:30:00.000Z", "impactedServices": []}"#;
    let found = rows(&read(&format!("[{alert}, {incident}]"), ""), "incidents");
    let keys: Vec<&str> = found.iter().map(|row| row["incident_id"].as_str()).collect();
    assert_eq!(keys, ["opsgenie:alerts#12", "opsgenie:12"]);
    assert!(found.iter().all(|row| !row.contains_key("service")));
}

#[test]
fn servicenow_stamps_as_a_person_sees_them_need_that_persons_zone() {
    let incident = |fields: &str| {
        format!(
            r#"{{"result": [{{"number": "INC1", "sys_id": "1", "opened_at": "2026-01-05 05:00:00", "category": "Software", {fields}}}]}}"#
        )
    };
    for seen in [
        r#""state": "New", "cmdb_ci": """#,
        r#""state": "1", "priority": "1 - Critical""#,
        r#""state": "1", "cmdb_ci": {"display_value": "shop", "link": "x"}"#,
    ] {
        let error = try_read(&incident(seen), "").unwrap_err().to_string();
        assert_eq!(error, "file:1: `2026-01-05 05:00:00` in column `opened_at` has no time zone", "{seen}");
        let intake = read(&incident(seen), "timezone = 'America/Los_Angeles'");
        assert_eq!(rows(&intake, "incidents")[0]["opened_at"], "2026-01-05T13:00:00Z");
    }
    let stored = incident(r#""state": "1", "cmdb_ci": {"link": "x", "value": "b0c4030a"}"#);
    let row = rows(&read(&stored, ""), "incidents").remove(0);
    // No name is told: the number of the item stands for it, and never the category.
    assert_eq!((row["opened_at"].as_str(), row["service"].as_str()), ("2026-01-05T05:00:00Z", "b0c4030a"));
    assert!(!rows(&read(&incident(r#""state": "1", "cmdb_ci": """#), ""), "incidents")[0].contains_key("service"));
    let both = r#"{"result": [{"number": {"display_value": "INC1", "value": "INC1"}, "sys_id": {"display_value": "1", "value": "1"},
        "state": {"display_value": "New", "value": "1"}, "opened_at": {"display_value": "01/05/2026 05:00:00 AM", "value": "2026-01-05 13:00:00"}}]}"#;
    assert_eq!(rows(&read(both, ""), "incidents")[0]["opened_at"], "2026-01-05T13:00:00Z");
}

#[test]
fn a_change_that_servicenow_names_by_its_sys_id_is_known_by_its_number() {
    let change = r#"{"number": "CHG0030001", "sys_id": "46e3e949a9fe19810069b824ba2c761a", "business_service": "shop", "type": "normal", "state": "3",
        "close_code": "successful", "work_start": "2026-01-05 10:00:00", "work_end": "2026-01-05 10:30:00", "sys_updated_on": "2026-01-05 10:31:00"}"#;
    let incident = |number: u8, caused_by: &str| {
        format!(
            r#"{{"number": "INC000{number}", "sys_id": "{number}", "business_service": "shop", "priority": "1", "state": "2",
            "opened_at": "2026-01-05 11:00:00", "sys_updated_on": "2026-01-05 11:00:00", "caused_by": {caused_by}}}"#
        )
    };
    let sys_id = "\"46e3e949a9fe19810069b824ba2c761a\"";
    let link = format!(
        "{{\"link\": \"https://acme.service-now.example/api/now/table/change_request/x\", \"value\": {sys_id}}}"
    );
    let intake = read_files(&[
        ("changes.json", &format!("{{\"result\": [{change}]}}")),
        (
            "incidents.json",
            &format!("{{\"result\": [{}, {}, {}]}}", incident(1, sys_id), incident(2, &link), incident(3, "\"0\"")),
        ),
    ]);
    let named: Vec<String> =
        rows(&intake, "incidents").into_iter().map(|mut row| row.remove("deployment_id").unwrap()).collect();
    assert_eq!(named, ["CHG0030001", "CHG0030001", "0"]);
}
