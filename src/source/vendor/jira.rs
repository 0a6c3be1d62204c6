//! Jira: issues of the REST API with their changelog, and the CSV export. Issues of an incident type are incidents,
//! all others tickets.

use crate::source::declared::model::Test::{Has, Holds, Is, IsNot, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Test, Vendor, constant, field, made};
use crate::source::declared::record::Record;

pub(super) static JIRA: Vendor = Vendor {
    name: "jira",
    about: "Jira issues (REST with changelog, webhooks, CSV export)",
    naive: Naive::UtcInJson,
    shapes: &[
        Shape {
            name: "issues",
            when: &[Known("key"), Known("fields.created")],
            rows: &[
                Rows::of("incidents", INCIDENT).when(&[IS_INCIDENT]).at(&["fields.updated"]).state(),
                Rows::of("tickets", TICKET).when(&[IS_TICKET]).at(&["fields.updated"]).state(),
            ],
        },
        Shape {
            name: "issues of the export",
            when: &[Has("issue_key"), Has("issue_type"), Has("created"), Has("status")],
            rows: &[
                Rows::of("incidents", CSV_INCIDENT).when(&[Is("issue_type", INCIDENT_TYPES)]).at(&["updated"]).state(),
                Rows::of("tickets", CSV_TICKET).when(&[IsNot("issue_type", INCIDENT_TYPES)]).at(&["updated"]).state(),
            ],
        },
        Shape { name: "changes of issues", when: &[Has("items.field"), Known("created"), Has("author")], rows: &[] },
        Shape { name: "other records", when: &[Holds("self", &["/rest/api/", "/rest/agile/"])], rows: &[] },
    ],
    untold: &[
        "which deployment caused an incident: Jira has no field for it; map one under `[sources.columns]`, as in `deployment_id = \"fields.customfield_10050\"` with `format = \"jira\"`",
        "service: the first component; issues without components have none",
        "stamps of the CSV export name no zone: it is that of whoever exported, and must be said with `timezone`",
        "started_at, acknowledged_at: the first change of status, which only the changelog tells (`expand=changelog`)",
        "changes of an issue in a file of their own do not name it, and fill no table",
        "an issue type is an incident where it is called Incident, [System] Incident, Outage or Production incident",
    ],
};

const INCIDENT_TYPES: &[&str] =
    &["incident", "system incident", "production incident", "major incident", "service incident", "outage"];
const IS_INCIDENT: Test = Is("fields.issuetype.name", INCIDENT_TYPES);
const IS_TICKET: Test = IsNot("fields.issuetype.name", INCIDENT_TYPES);

const PRIORITIES: &[(&str, &str)] = &[
    ("highest", "sev1"),
    ("blocker", "sev1"),
    ("critical", "sev1"),
    ("high", "sev2"),
    ("major", "sev2"),
    ("medium", "sev3"),
    ("low", "sev4"),
    ("minor", "sev4"),
    ("lowest", "sev5"),
    ("trivial", "sev5"),
];

/// The category of a status has the same words in every project and language; its name does not.
const INCIDENT_CATEGORIES: &[(&str, &str)] = &[
    ("new", "open"),
    ("to do", "open"),
    ("indeterminate", "acknowledged"),
    ("in progress", "acknowledged"),
    ("done", "resolved"),
];
const TICKET_CATEGORIES: &[(&str, &str)] = &[
    ("new", "open"),
    ("to do", "open"),
    ("indeterminate", "in_progress"),
    ("in progress", "in_progress"),
    ("done", "resolved"),
];

const KINDS: &[(&str, &str)] = &[
    ("bug", "bug"),
    ("defect", "bug"),
    ("story", "feature"),
    ("new feature", "feature"),
    ("improvement", "feature"),
    ("epic", "feature"),
    ("system change", "change"),
    ("change", "change"),
    ("service request", "support"),
    ("system service request", "support"),
    ("support", "support"),
    ("vulnerability", "security"),
];

const IS_DONE: Test = Is("fields.status.status_category.key", &["done"]);

const INCIDENT: &[Field] = &[
    field("incident_id", &["key"]),
    field("service", &["fields.components.name"]),
    field("severity", &["fields.priority.name"]).words(PRIORITIES),
    field("status", &["fields.status.status_category.key", "fields.status.name"]).words(INCIDENT_CATEGORIES),
    field("opened_at", &["fields.created"]),
    made("acknowledged_at", first_move, "the first change of `status` in `changelog.histories`"),
    field("resolved_at", &["fields.resolutiondate"]),
    field("resolved_at", &["fields.statuscategorychangedate"]).when(&[IS_DONE]).stand_in(),
    field("version", &["fields.versions.name"]),
    field("cause", &["fields.resolution.name"]),
    field("title", &["fields.summary"]),
    field("url", &["self"]),
    field("updated_at", &["fields.updated"]),
];

const TICKET: &[Field] = &[
    field("ticket_id", &["key"]),
    field("kind", &["fields.issuetype.name"]).words(KINDS),
    field("service", &["fields.components.name"]),
    field("priority", &["fields.priority.name"]),
    field("status", &["fields.status.status_category.key", "fields.status.name"]).words(TICKET_CATEGORIES),
    field("created_at", &["fields.created"]),
    made("started_at", first_move, "the first change of `status` in `changelog.histories`"),
    field("resolved_at", &["fields.resolutiondate"]),
    field("resolved_at", &["fields.statuscategorychangedate"]).when(&[IS_DONE]).stand_in(),
    field("due_at", &["fields.duedate"]),
    field("version", &["fields.fix_versions.name"]),
    field("title", &["fields.summary"]),
    field("url", &["self"]),
    field("updated_at", &["fields.updated"]),
];

const CSV_INCIDENT: &[Field] = &[
    field("incident_id", &["issue_key"]),
    field("service", &["components", "component"]),
    field("severity", &["priority"]).words(PRIORITIES),
    field("status", &["status_category", "status"]).words(INCIDENT_CATEGORIES),
    field("opened_at", &["created"]),
    field("resolved_at", &["resolved"]),
    field("resolved_at", &["status_category_changed"]).when(&[Is("status_category", &["done"])]).stand_in(),
    field("version", &["affects_versions", "affects_version_s"]),
    field("cause", &["resolution"]),
    field("title", &["summary"]),
    field("updated_at", &["updated"]),
];

const CSV_TICKET: &[Field] = &[
    field("ticket_id", &["issue_key"]),
    field("kind", &["issue_type"]).words(KINDS),
    field("service", &["components", "component"]),
    field("priority", &["priority"]),
    field("status", &["status_category", "status"]).words(TICKET_CATEGORIES),
    constant("status", "open"),
    field("created_at", &["created"]),
    field("resolved_at", &["resolved"]),
    field("resolved_at", &["status_category_changed"]).when(&[Is("status_category", &["done"])]).stand_in(),
    field("due_at", &["due_date"]),
    field("version", &["fix_versions", "fix_version"]),
    field("title", &["summary"]),
    field("updated_at", &["updated"]),
];

/// Histories come newest first or oldest first, so the least instant of those in one zone counts.
fn first_move(record: &Record) -> Option<String> {
    let runs = record.runs;
    let histories =
        record.elements("changelog.histories").into_iter().map(|value| Record { value, around: None, runs });
    let moves = |history: &Record| history.texts("items.field").iter().any(|field| field == "status");
    histories.filter(moves).filter_map(|history| history.text("created")).min()
}
