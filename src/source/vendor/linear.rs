//! Linear: issues of the CSV export and of the GraphQL API.

use crate::source::declared::model::Test::{Has, HasAny, Known, Lacks};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field};

pub(super) static LINEAR: Vendor = Vendor {
    name: "linear",
    about: "Linear issues (CSV export, GraphQL)",
    naive: Naive::Utc,
    shapes: &[
        Shape {
            name: "issues of the export",
            when: &[
                Known("id"),
                Has("team"),
                Has("title"),
                Has("created"),
                Has("completed"),
                HasAny(&["cycle_name", "cycle_number", "estimate", "archived"]),
            ],
            rows: &[Rows::of("tickets", EXPORTED).at(&["updated"]).state()],
        },
        Shape {
            name: "issues",
            when: &[
                Known("identifier"),
                Known("created_at"),
                HasAny(&["completed_at", "started_at", "branch_name"]),
                Has("title"),
                Lacks("resolved_at"),
            ],
            rows: &[Rows::of("tickets", ISSUE).at(&["updated_at"]).state()],
        },
    ],
    untold: &[
        "status: its names are each team's own; what was started, completed or cancelled is told by those times",
        "incidents: Linear has no issue type; map the issues of one label with `[sources.values]`, or export them apart",
        "service: the project of an issue",
    ],
};

const KINDS: &[(&str, &str)] = &[
    ("bug", "bug"),
    ("feature", "feature"),
    ("improvement", "feature"),
    ("security", "security"),
    ("support", "support"),
];

const EXPORTED: &[Field] = &[
    field("ticket_id", &["id"]).through(unguarded, "without a leading `'`:"),
    field("kind", &["labels"]).through(kind, "the first of Bug, Feature, Improvement, Security, Support in"),
    field("service", &["project"]).through(unguarded, "without a leading `'`:"),
    field("priority", &["priority"]),
    constant("status", "closed").when(&[Known("canceled")]),
    constant("status", "resolved").when(&[Known("completed")]),
    constant("status", "in_progress").when(&[Known("started")]),
    constant("status", "open"),
    field("created_at", &["created"]),
    field("started_at", &["started"]),
    field("resolved_at", &["completed", "canceled"]),
    field("due_at", &["due_date"]),
    field("title", &["title"]).through(unguarded, "without a leading `'`:"),
    field("updated_at", &["updated"]),
];

const ISSUE: &[Field] = &[
    field("ticket_id", &["identifier"]),
    field("kind", &["labels.nodes.name", "labels.name"])
        .through(kind, "the first of Bug, Feature, Improvement, Security, Support in"),
    field("service", &["project.name"]),
    field("priority", &["priority_label", "priority"]).words(&[
        ("0", "No priority"),
        ("1", "Urgent"),
        ("2", "High"),
        ("3", "Medium"),
        ("4", "Low"),
    ]),
    field("status", &["state.type"]).words(&[
        ("triage", "open"),
        ("backlog", "open"),
        ("unstarted", "open"),
        ("started", "in_progress"),
        ("completed", "resolved"),
        ("canceled", "closed"),
    ]),
    field("created_at", &["created_at"]),
    field("started_at", &["started_at"]),
    field("resolved_at", &["completed_at", "canceled_at"]),
    field("due_at", &["due_date"]),
    field("title", &["title"]),
    field("url", &["url"]),
    field("updated_at", &["updated_at"]),
];

/// Exports put `'` before `+`, `-`, `=` and `@`, so that no spreadsheet takes a text for a formula.
fn unguarded(text: &str) -> Option<String> {
    let plain = text.strip_prefix('\'').filter(|rest| rest.starts_with(['+', '-', '=', '@']));
    Some(plain.unwrap_or(text).to_owned())
}

/// Labels stand in one field, separated by commas.
fn kind(labels: &str) -> Option<String> {
    let known = |label: &str| {
        KINDS.iter().find(|(name, _)| label.trim().eq_ignore_ascii_case(name)).map(|(_, kind)| (*kind).to_owned())
    };
    labels.split(',').find_map(known)
}
