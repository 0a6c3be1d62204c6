//! incident.io: incidents of the API and of webhooks.

use crate::source::declared::model::Test::{Has, HasAny, Is, IsNot, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field, made};
use crate::source::declared::record::Record;

pub(super) static INCIDENT_IO: Vendor = Vendor {
    name: "incident-io",
    about: "incident.io incidents (API v2, webhooks)",
    naive: Naive::UtcInJson,
    shapes: &[Shape {
        name: "incidents",
        when: &[
            Known("reference"),
            HasAny(&["incident_status", "incident_timestamp_values"]),
            Known("created_at"),
            Has("severity"),
        ],
        rows: &[Rows::of("incidents", INCIDENT)
            .when(&[
                IsNot("mode", &["test", "tutorial"]),
                IsNot("incident_status.category", &["declined", "merged", "canceled"]),
            ])
            .at(&["updated_at"])
            .state()],
    }],
    untold: &[
        "incidents of mode test and tutorial, and those declined, merged or cancelled, fill no table",
        "opened_at: the time called Impact started; where it was not set, when the incident was declared, which may be later than the impact",
        "deployment_id: not told, unless a custom field is mapped under `[sources.columns]` with `format = \"incident-io\"`",
        "service: a custom field called Service, Affected service or Component",
    ],
};

const INCIDENT: &[Field] = &[
    field("incident_id", &["reference", "id"]),
    made("service", service, "the custom field called Service, Affected services or Component"),
    field("severity", &["severity.name"]),
    field("status", &["incident_status.category", "incident_status.name"]).words(&[
        ("triage", "open"),
        ("active", "open"),
        ("live", "open"),
        ("paused", "open"),
        ("learning", "resolved"),
        ("post_incident", "resolved"),
        ("closed", "closed"),
    ]),
    made("opened_at", |record| time(record, &["impact started"]), "the time called Impact started"),
    field("opened_at", &["created_at"]),
    made(
        "detected_at",
        |record| time(record, &["identified at", "detected at", "reported at"]),
        "the time called Identified at, Detected at or Reported at",
    ),
    made(
        "acknowledged_at",
        |record| time(record, &["accepted at", "acknowledged at"]),
        "the time called Accepted at or Acknowledged at",
    ),
    made(
        "mitigated_at",
        |record| time(record, &["fixed at", "mitigated at"]),
        "the time called Fixed at or Mitigated at",
    ),
    made(
        "resolved_at",
        |record| time(record, &["resolved at", "fixed at"]),
        "the time called Resolved at, else Fixed at",
    ),
    made("closed_at", |record| time(record, &["closed at"]), "the time called Closed at"),
    constant("is_customer_facing", "true").when(&[Known("status_page_url")]),
    field("ticket_id", &["external_issue_reference.issue_name", "external_issue_reference.issue_permalink"]),
    field("title", &["name"]),
    field("url", &["permalink"]),
    field("updated_at", &["updated_at"]),
];

/// The value of the first of these times that is set.
fn time(record: &Record, names: &[&str]) -> Option<String> {
    let values = record.elements("incident_timestamp_values");
    names.iter().find_map(|name| {
        values.iter().find_map(|value| {
            let value = Record { value, around: None, runs: record.runs };
            let is_named = value.text("incident_timestamp.name").is_some_and(|known| known.eq_ignore_ascii_case(name));
            is_named.then(|| value.text("value.value").or_else(|| value.text("value")))?
        })
    })
}

fn service(record: &Record) -> Option<String> {
    const NAMES: &[&str] = &["service", "services", "affected service", "affected services", "component", "components"];
    record.elements("custom_field_entries").into_iter().find_map(|value| {
        let entry = Record { value, around: None, runs: record.runs };
        if !entry.meets(&[Is("custom_field.name", NAMES)]) {
            return None;
        }
        ["values.value_catalog_entry.name", "values.value_option.value", "values.value_text"]
            .into_iter()
            .find_map(|path| entry.text(path))
    })
}
