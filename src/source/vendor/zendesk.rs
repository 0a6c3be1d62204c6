//! Zendesk: tickets, and the metrics of tickets that alone tell when one was solved.

use crate::source::declared::made::key;
use crate::source::declared::model::Fold::{Earliest, Latest};
use crate::source::declared::model::Test::{Has, HasAny, Holds, Is, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field};

pub(super) static ZENDESK: Vendor = Vendor {
    name: "zendesk",
    about: "Zendesk tickets and ticket metrics (REST)",
    naive: Naive::UtcInJson,
    shapes: &[
        Shape {
            name: "ticket metrics",
            when: &[
                Known("ticket_id"),
                Has("solved_at"),
                HasAny(&["reply_time_in_minutes", "full_resolution_time_in_minutes", "assigned_at"]),
                Known("created_at"),
            ],
            rows: &[Rows::of("tickets", METRIC).at(&["updated_at"])],
        },
        Shape {
            name: "tickets",
            when: &[
                Known("id"),
                Known("status"),
                Known("created_at"),
                Has("subject"),
                HasAny(&["requester_id", "submitter_id", "via"]),
            ],
            rows: &[Rows::of("tickets", TICKET).at(&["updated_at"])],
        },
        Shape {
            name: "satisfaction ratings",
            when: &[Known("ticket_id"), Known("score"), Has("assignee_id")],
            rows: &[Rows::of("tickets", RATING).part_of("ticket").at(&["updated_at", "created_at"])],
        },
        Shape { name: "users, groups and settings", when: &[Holds("url", &[".zendesk.com/api/"])], rows: &[] },
        Shape { name: "tags", when: &[Known("name"), Known("count")], rows: &[] },
    ],
    untold: &[
        "resolved_at: a ticket does not tell it; the metrics of tickets (`ticket_metrics`, or `metric_set` within a ticket) do",
        "service: a ticket names none; map a custom field under `[sources.columns]` with `format = \"zendesk\"`",
        "started_at: when it was first assigned, which the metrics tell",
    ],
};

const STATES: &[(&str, &str)] = &[
    ("new", "open"),
    ("open", "open"),
    ("pending", "in_progress"),
    ("hold", "in_progress"),
    ("solved", "resolved"),
    ("closed", "closed"),
];

const TICKET: &[Field] = &[
    field("ticket_id", &["id"]).through(ticket_id, "such as `zendesk:7`, from"),
    field("kind", &["type"]).words(&[
        ("question", "support"),
        ("incident", "support"),
        ("problem", "bug"),
        ("task", "task"),
    ]),
    constant("kind", "support"),
    field("priority", &["priority"]),
    field("status", &["status"]).words(STATES),
    field("created_at", &["created_at"]).fold(Earliest),
    field("started_at", &["metric_set.initially_assigned_at"]),
    field("resolved_at", &["metric_set.solved_at", "solved_at"]),
    field("due_at", &["due_at"]),
    constant("satisfaction", "1").when(&[Is("satisfaction_rating.score", &["good"])]),
    constant("satisfaction", "0").when(&[Is("satisfaction_rating.score", &["bad"])]),
    field("title", &["subject"]),
    field("url", &["url"]),
    field("updated_at", &["updated_at"]).fold(Latest),
];

const METRIC: &[Field] = &[
    field("ticket_id", &["ticket_id"]).through(ticket_id, "such as `zendesk:7`, from"),
    field("created_at", &["created_at"]).fold(Earliest),
    field("started_at", &["initially_assigned_at", "assigned_at"]),
    field("resolved_at", &["solved_at"]),
    field("updated_at", &["updated_at"]).fold(Latest),
];

const RATING: &[Field] = &[
    field("ticket_id", &["ticket_id"]).through(ticket_id, "such as `zendesk:7`, from"),
    constant("satisfaction", "1").when(&[Is("score", &["good"])]),
    constant("satisfaction", "0").when(&[Is("score", &["bad"])]),
];

fn ticket_id(number: &str) -> Option<String> {
    Some(key("zendesk", &[], number))
}
