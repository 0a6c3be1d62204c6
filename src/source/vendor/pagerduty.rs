//! PagerDuty: incidents of the REST API and of webhooks, log entries, and the analytics export as JSON or CSV.

use crate::source::declared::model::Fold::{Earliest, Latest};
use crate::source::declared::model::Test::{Has, HasAny, Is, Known, Lacks};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field, made};
use crate::source::declared::record::Record;
use crate::source::instant::{self, Stamp};

pub(super) static PAGERDUTY: Vendor = Vendor {
    name: "pagerduty",
    about: "PagerDuty incidents and log entries (REST, webhooks), analytics (JSON, CSV)",
    naive: Naive::Ask,
    shapes: &[
        Shape {
            name: "incidents of analytics",
            when: &[Has("seconds_to_first_ack"), Has("created_at"), HasAny(&["id", "incident_id", "incident_number"])],
            rows: &[Rows::of("incidents", ANALYTICS).at(&["updated_at", "resolved_at", "created_at"]).state()],
        },
        Shape {
            name: "incidents",
            when: &[Has("incident_number"), Has("urgency"), Known("created_at"), Known("status")],
            rows: &[Rows::of("incidents", INCIDENT).at(&["updated_at", "last_status_change_at", "created_at"])],
        },
        Shape {
            name: "incidents of webhooks",
            when: &[Is("type", &["incident"]), Known("created_at"), Has("html_url"), Has("urgency")],
            rows: &[Rows::of("incidents", WEBHOOK).at(&["^.occurred_at", "created_at"])],
        },
        Shape {
            name: "log entries",
            when: &[Known("type"), Known("created_at"), Known("incident.id"), HasAny(&["channel", "agent"])],
            rows: &[Rows::of("incidents", ENTRY).part_of("incident").when(&[Is("type", TELLING)]).at(&["created_at"])],
        },
        Shape { name: "pings", when: &[Is("event_type", &["pagey.ping"]), Lacks("incident_number")], rows: &[] },
    ],
    untold: &[
        "acknowledged_at: incidents of the REST API lose their acknowledgements once resolved; log entries and analytics keep them",
        "is_customer_facing, cause: not told; severity is the priority, where one is set; urgency is not a severity and is kept in `extra`",
        "stamps of the analytics export name no zone: it is the one asked for, and must be said with `timezone`",
    ],
};

const STATES: &[(&str, &str)] = &[("triggered", "open"), ("acknowledged", "acknowledged"), ("resolved", "resolved")];

const INCIDENT: &[Field] = &[
    field("incident_id", &["id", "incident_number"]),
    field("service", &["service.summary", "service.name", "service.id"]),
    field("severity", &["priority.summary", "priority.name"]),
    field("status", &["status"]).words(STATES),
    field("opened_at", &["created_at"]).fold(Earliest),
    field("detected_at", &["created_at"]).fold(Earliest),
    field("acknowledged_at", &["acknowledgements.at", "acknowledgements.0.at"]).fold(Earliest),
    field("resolved_at", &["resolved_at"]),
    field("resolved_at", &["last_status_change_at"]).when(&[Is("status", &["resolved"])]).stand_in(),
    field("title", &["title", "summary", "description"]),
    field("url", &["html_url", "self"]),
    field("updated_at", &["updated_at", "last_status_change_at"]).fold(Latest),
];

const WEBHOOK: &[Field] = &[
    field("incident_id", &["id"]),
    field("service", &["service.summary", "service.id"]),
    field("severity", &["priority.summary"]),
    field("status", &["status"]).words(STATES),
    field("opened_at", &["created_at"]).fold(Earliest),
    field("detected_at", &["created_at"]).fold(Earliest),
    field("resolved_at", &["resolved_at"]),
    field("title", &["title"]),
    field("url", &["html_url"]),
];

/// The entries that say something of the course of an incident.
const TELLING: &[&str] = &[
    "trigger_log_entry",
    "trigger_log_entry_reference",
    "acknowledge_log_entry",
    "acknowledge_log_entry_reference",
    "resolve_log_entry",
    "resolve_log_entry_reference",
];

const ENTRY: &[Field] = &[
    field("incident_id", &["incident.id"]),
    field("service", &["service.summary"]),
    field("title", &["incident.summary"]).stand_in(),
    constant("status", "open").when(&[Is("type", &["trigger_log_entry"])]),
    constant("status", "acknowledged").when(&[Is("type", &["acknowledge_log_entry"])]),
    constant("status", "resolved").when(&[Is("type", &["resolve_log_entry"])]),
    field("opened_at", &["created_at"]).when(&[Is("type", &["trigger_log_entry"])]).fold(Earliest),
    field("detected_at", &["created_at"]).when(&[Is("type", &["trigger_log_entry"])]).fold(Earliest),
    field("acknowledged_at", &["created_at"]).when(&[Is("type", &["acknowledge_log_entry"])]).fold(Earliest),
    field("resolved_at", &["created_at"]).when(&[Is("type", &["resolve_log_entry"])]).fold(Latest).stand_in(),
];

const ANALYTICS: &[Field] = &[
    field("incident_id", &["id", "incident_id", "incident_number"]),
    field("service", &["service_name", "service_id"]),
    field("severity", &["priority_name"]),
    field("status", &["status"]).words(STATES),
    constant("status", "resolved").when(&[Known("resolved_at")]),
    field("opened_at", &["created_at"]),
    field("detected_at", &["created_at"]),
    made("acknowledged_at", acknowledged_at, "`created_at` + `seconds_to_first_ack`"),
    field("resolved_at", &["resolved_at"]),
    field("title", &["description", "incident_title"]),
    field("updated_at", &["updated_at"]).fold(Latest),
];

/// In the same zone as `created_at`, or in none where that names none.
fn acknowledged_at(record: &Record) -> Option<String> {
    let seconds = record.number("seconds_to_first_ack")?;
    // A number without limit gives an instant out of range, which is refused like any other.
    let later = |micros: i64| chrono::DateTime::from_timestamp_micros(micros.saturating_add((seconds * 1e6) as i64));
    match instant::parse(record.text("created_at")?.as_bytes(), None).ok()? {
        Stamp::Instant(micros) => Some(later(micros)?.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string()),
        Stamp::Local(local) => Some(later(local)?.format("%Y-%m-%dT%H:%M:%S%.f").to_string()),
    }
}
