//! Statuspage: incidents with their updates and components, from the API and the public page.

use crate::source::declared::model::Test::{Has, HasAny, Is, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field, made};
use crate::source::declared::record::Record;

pub(super) static STATUSPAGE: Vendor = Vendor {
    name: "statuspage",
    about: "Statuspage incidents (API and public page)",
    naive: Naive::UtcInJson,
    shapes: &[
        Shape {
            name: "incidents",
            when: &[Known("id"), Known("name"), Has("impact"), Has("shortlink"), Known("created_at")],
            rows: &[Rows::of("incidents", INCIDENT).at(&["updated_at"]).state()],
        },
        Shape {
            name: "components",
            when: &[Has("page_id"), Has("name"), HasAny(&["group_id", "group", "components"])],
            rows: &[],
        },
        Shape { name: "uptimes", when: &[Has("uptime_percentage"), Has("range_start")], rows: &[] },
        Shape {
            name: "pages and users",
            when: &[Known("id"), HasAny(&["subdomain", "page_description", "organization_id"]), Has("updated_at")],
            rows: &[],
        },
    ],
    untold: &[
        "acknowledged_at: a page tells what was published, not what was known inside; `identified` is not an acknowledgement",
        "severity: the impact as published; none and maintenance are no severities. Scheduled maintenance is marked is_false_alarm",
        "deployment_id: a page does not tell causes",
    ],
};

const INCIDENT: &[Field] = &[
    field("incident_id", &["id"]),
    field("service", &["components.name", "incident_updates.affected_components.name"]),
    field("severity", &["impact_override", "impact"]).words(&[
        ("critical", "sev1"),
        ("major", "sev2"),
        ("minor", "sev3"),
        ("none", "sev5"),
        ("maintenance", "sev5"),
    ]),
    field("status", &["status"]).words(&[
        ("investigating", "open"),
        ("identified", "acknowledged"),
        ("monitoring", "mitigated"),
        ("resolved", "resolved"),
        ("postmortem", "closed"),
        ("scheduled", "open"),
        ("in_progress", "open"),
        ("verifying", "mitigated"),
        ("completed", "closed"),
    ]),
    made("opened_at", opened_at, "the earliest of `started_at`, `created_at` and the `display_at` of updates"),
    field("detected_at", &["created_at"]),
    field("mitigated_at", &["monitoring_at"]),
    field("resolved_at", &["resolved_at"]),
    made("resolved_at", resolved_at, "the earliest update that says resolved").stand_in(),
    constant("is_customer_facing", "true"),
    constant("is_false_alarm", "true").when(&[Known("scheduled_for")]),
    field("title", &["name"]),
    field("reviewed_at", &["postmortem_published_at"]),
    field("url", &["shortlink"]),
    field("updated_at", &["updated_at"]),
];

/// An incident that was told of afterwards is recorded later than it is shown to have been.
fn opened_at(record: &Record) -> Option<String> {
    let told = ["started_at", "created_at"].into_iter().filter_map(|path| record.text(path));
    told.chain(record.texts("incident_updates.display_at")).min()
}

fn resolved_at(record: &Record) -> Option<String> {
    let runs = record.runs;
    let updates = record.elements("incident_updates").into_iter().map(|value| Record { value, around: None, runs });
    let ends = updates.filter(|update| update.meets(&[Is("status", &["resolved", "completed"])]));
    ends.filter_map(|update| update.text("created_at")).min()
}
