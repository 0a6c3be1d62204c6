//! Tools that keep tickets.

use super::{holds, read, reasons, rows};

#[test]
fn jira_issues_are_tickets_or_incidents_by_their_type() {
    let issue = |kind: &str| {
        format!(
            r#"{{"id": "1", "key": "PAY-1", "self": "https://x/rest/api/2/issue/1", "fields": {{"summary": "Broken", "issuetype": {{"name": "{kind}"}},
            "status": {{"name": "Erledigt", "statusCategory": {{"key": "done"}}}}, "priority": {{"name": "Highest"}}, "components": [{{"name": "shop"}}],
            "created": "2026-01-05T10:00:00.000-0600", "updated": "2026-01-06T10:00:00.000-0600", "resolutiondate": "2026-01-06T09:00:00.000-0600", "duedate": "2026-01-31"}},
            "changelog": {{"histories": [{{"created": "2026-01-05T12:00:00.000-0600", "items": [{{"field": "assignee"}}, {{"field": "status"}}]}},
                {{"created": "2026-01-05T11:00:00.000-0600", "items": [{{"field": "labels"}}]}}]}}}}"#
        )
    };
    let page = |kind: &str| format!("{{\"startAt\": 0, \"issues\": [{}]}}", issue(kind));
    holds(
        &read(&page("Bug"), ""),
        "tickets",
        &[&[
            ("ticket_id", "PAY-1"),
            ("kind", "bug"),
            ("service", "shop"),
            ("priority", "Highest"),
            ("status", "resolved"),
            ("created_at", "2026-01-05T16:00:00Z"),
            ("started_at", "2026-01-05T18:00:00Z"),
            ("resolved_at", "2026-01-06T15:00:00Z"),
            ("due_at", "2026-01-31T00:00:00Z"),
            ("title", "Broken"),
            ("url", "https://x/rest/api/2/issue/1"),
            ("updated_at", "2026-01-06T16:00:00Z"),
        ]],
    );
    let intake = read(&page("[System] Incident"), "");
    let row = rows(&intake, "incidents").remove(0);
    assert_eq!((row["severity"].as_str(), row["acknowledged_at"].as_str()), ("sev1", "2026-01-05T18:00:00Z"));
    // Its key is its own, not a ticket's.
    assert!(!row.contains_key("ticket_id"));
    assert!(rows(&intake, "tickets").is_empty());
}

#[test]
fn the_jira_export_may_repeat_headers_and_shift_fields() {
    let csv = "\u{feff}Summary,Issue key,Issue Type,Status,Status Category,Priority,Created,Updated,Resolved,Component/s,Labels,Labels\r\n\
        \"Broken, \"\"badly\"\"\n\nIndeed\",PAY-1,Bug,Fertig,Done,High,12/Mar/24 9:41 AM,14/Mar/24 10:00 AM,14/Mar/24 10:00 AM,shop,a,b\r\n\
        Wide,PAY-2,Bug,Fertig,Done,High,12/Mar/24 9:41 AM,14/Mar/24 10:00 AM,,shop,a,b,c\r\n";
    let intake = read(csv, "timezone = 'America/New_York'");
    let row = rows(&intake, "tickets").remove(0);
    assert_eq!((row["created_at"].as_str(), row["service"].as_str()), ("2024-03-12T13:41:00Z", "shop"));
    assert_eq!((row["kind"].as_str(), row["status"].as_str()), ("bug", "resolved"));
    assert_eq!(reasons(&intake), ["row has 13 fields, the header 12"]);
}

#[test]
fn zendesk_tells_when_a_ticket_was_solved_in_its_metrics() {
    let ticket = r#"{"url": "https://x.zendesk.com/api/v2/tickets/7.json", "id": 7, "subject": "Help", "type": "question", "status": "solved", "priority": "high",
        "via": {"channel": "email"}, "requester_id": 1, "created_at": "2026-01-05T10:00:00Z", "updated_at": "2026-01-07T10:00:00Z",
        "satisfaction_rating": {"score": "good"}}"#;
    let metric = r#"{"url": "https://x.zendesk.com/api/v2/ticket_metrics/1.json", "id": 1, "ticket_id": 7, "created_at": "2026-01-05T10:00:00Z",
        "updated_at": "2026-01-07T10:00:00Z", "solved_at": "2026-01-06T10:00:00Z", "assigned_at": "2026-01-05T12:00:00Z",
        "reply_time_in_minutes": {"calendar": 1}}"#;
    holds(
        &read(&format!("{{\"tickets\": [{ticket}]}} {{\"ticket_metrics\": [{metric}]}}"), ""),
        "tickets",
        &[&[
            ("ticket_id", "zendesk:7"),
            ("kind", "support"),
            ("priority", "high"),
            ("status", "resolved"),
            ("created_at", "2026-01-05T10:00:00Z"),
            ("started_at", "2026-01-05T12:00:00Z"),
            ("resolved_at", "2026-01-06T10:00:00Z"),
            ("satisfaction", "1.0"),
            ("title", "Help"),
            ("url", "https://x.zendesk.com/api/v2/tickets/7.json"),
            ("updated_at", "2026-01-07T10:00:00Z"),
        ]],
    );
}

#[test]
fn linear_states_follow_from_times_and_short_rows_are_whole() {
    let csv = "ID,Team,Title,Description,Status,Estimate,Priority,Project,Labels,Cycle Number,Created,Updated,Started,Completed,Canceled,Due Date\n\
        ENG-1,Eng,'=SUM,,Shipped!,,High,Shop,\"Bug, Mobile\",,2026-01-05T10:00:00Z,2026-01-06T10:00:00Z,2026-01-05T11:00:00Z,2026-01-06T10:00:00Z,,\n\
        ENG-2,Eng,Later,,Someday,,No priority,,,,2026-01-05T10:00:00Z,2026-01-05T10:00:00Z\n";
    let expected: &[&[(&str, &str)]] = &[
        &[
            ("ticket_id", "ENG-1"),
            ("kind", "bug"),
            ("service", "Shop"),
            ("priority", "High"),
            ("status", "resolved"),
            ("created_at", "2026-01-05T10:00:00Z"),
            ("started_at", "2026-01-05T11:00:00Z"),
            ("resolved_at", "2026-01-06T10:00:00Z"),
            ("title", "=SUM"),
            ("updated_at", "2026-01-06T10:00:00Z"),
        ],
        &[
            ("ticket_id", "ENG-2"),
            ("priority", "No priority"),
            ("status", "open"),
            ("created_at", "2026-01-05T10:00:00Z"),
            ("title", "Later"),
            ("updated_at", "2026-01-05T10:00:00Z"),
        ],
    ];
    holds(&read(csv, ""), "tickets", expected);
}
