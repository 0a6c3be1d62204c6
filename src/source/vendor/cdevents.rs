//! CDEvents of every version from 0.3, bare or within CloudEvents: services, pipeline runs, incidents, changes,
//! tickets and approvals.
//!
//! The version at the end of a type is left aside; events may come in any order, and twice.

use crate::source::declared::made::repository;
use crate::source::declared::model::Fold::{Earliest, First, Latest};
use crate::source::declared::model::Test::{Deploys, Holds, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field};

pub(super) static CDEVENTS: Vendor = Vendor {
    name: "cdevents",
    about: "CDEvents (services, pipeline runs, incidents, changes, tickets, approvals), also within CloudEvents",
    naive: Naive::Ask,
    shapes: &[
        event(
            "services deployed",
            &[Holds(TYPE, &["dev.cdevents.service.deployed", "dev.cdevents.service.upgraded"]), Known("subject.id")],
            &[Rows::of("deployments", SERVICE).at(AT)],
        ),
        event(
            "services rolled back",
            &[Holds(TYPE, &["dev.cdevents.service.rolledback"]), Known("subject.id")],
            &[Rows::of("deployments", ROLLED_BACK).at(AT)],
        ),
        event(
            "pipeline runs",
            &[Holds(TYPE, &["dev.cdevents.pipelinerun."]), Known("subject.id")],
            &[Rows::of("deployments", RUN).when(&[Deploys(&["subject.content.pipeline_name", "subject.id"])]).at(AT)],
        ),
        event(
            "incidents detected",
            &[Holds(TYPE, &["dev.cdevents.incident.detected"])],
            &[Rows::of("incidents", DETECTED).at(AT)],
        ),
        event(
            "incidents reported",
            &[Holds(TYPE, &["dev.cdevents.incident.reported"])],
            &[Rows::of("incidents", REPORTED).at(AT)],
        ),
        event(
            "incidents resolved",
            &[Holds(TYPE, &["dev.cdevents.incident.resolved"])],
            &[Rows::of("incidents", RESOLVED).at(AT)],
        ),
        event(
            "changes created",
            &[Holds(TYPE, &["dev.cdevents.change.created"])],
            &[Rows::of("changes", CREATED).at(AT)],
        ),
        event(
            "changes reviewed",
            &[Holds(TYPE, &["dev.cdevents.change.reviewed"])],
            &[Rows::of("changes", REVIEWED).at(AT)],
        ),
        event("changes merged", &[Holds(TYPE, &["dev.cdevents.change.merged"])], &[Rows::of("changes", MERGED).at(AT)]),
        event(
            "changes updated or abandoned",
            &[Holds(TYPE, &["dev.cdevents.change.updated", "dev.cdevents.change.abandoned"])],
            &[Rows::of("changes", CHANGE).at(AT)],
        ),
        event(
            "tickets created",
            &[Holds(TYPE, &["dev.cdevents.ticket.created"])],
            &[Rows::of("tickets", TICKET_CREATED).at(AT)],
        ),
        event(
            "tickets updated",
            &[Holds(TYPE, &["dev.cdevents.ticket.updated"])],
            &[Rows::of("tickets", TICKET_UPDATED).at(AT)],
        ),
        event(
            "tickets closed",
            &[Holds(TYPE, &["dev.cdevents.ticket.closed"])],
            &[Rows::of("tickets", TICKET_CLOSED).at(AT)],
        ),
        event(
            "approvals asked for",
            &[Holds(TYPE, &["dev.cdevents.approval.created"])],
            &[Rows::of("approvals", ASKED).at(AT)],
        ),
        event(
            "approvals updated or given",
            &[Holds(TYPE, &["dev.cdevents.approval.updated", "dev.cdevents.approval.closed"])],
            &[Rows::of("approvals", DECIDED).at(AT)],
        ),
        event("other events", &[Holds(TYPE, &["dev.cdevents.", "cd."]), Known("context.timestamp")], &[]),
    ],
    untold: &[
        "deployments of `service` events succeeded: a deployment that failed sends none; failures come from `pipelinerun.finished`",
        "which deployment a `service.rolledback` undoes: the event names none, so it is a deployment of its own with the status rolled_back, and the artifact it goes back to is not its version",
        "deployments.started_at of `service` events: one instant is told, when it was done",
        "changes.committed_at: no event tells the first commit of a change: coding time is unknown, and lead time begins when the change was created",
        "approvals.deployment_id: an approval names an address (`resourceTargetUrl`), not a deployment",
        "a change that was abandoned has no end in our tables, and is never merged",
    ],
};

const fn event(
    name: &'static str,
    when: &'static [crate::source::declared::model::Test],
    rows: &'static [Rows],
) -> Shape {
    Shape { name, when, rows }
}

const TYPE: &str = "context.type";
const AT: &[&str] = &["context.timestamp"];

const SERVICE: &[Field] = &[
    field("deployment_id", &["context.id"]),
    field("service", &["subject.id"]),
    field("environment", &["subject.content.environment.id"]),
    field("version", &["subject.content.artifact_id"]).through(version, "what follows `@` in"),
    constant("status", "succeeded"),
    field("finished_at", AT),
    field("updated_at", AT),
];

/// The event names the artifact that is live again, not the one that failed: with that version the row would be a
/// rollback of what was live before and, by its status, one of its own.
const ROLLED_BACK: &[Field] = &[
    field("deployment_id", &["context.id"]),
    field("service", &["subject.id"]),
    field("environment", &["subject.content.environment.id"]),
    constant("status", "rolled_back"),
    field("finished_at", AT),
    field("updated_at", AT),
];

const RUN: &[Field] = &[
    field("deployment_id", &["subject.id"]),
    field("service", &["subject.content.pipeline_name"]),
    field("environment", &["subject.content.environment.id", "custom_data.environment"]),
    constant("status", "in_progress").when(&[Holds(TYPE, &[".queued", ".started"])]),
    field("status", &["subject.content.outcome"]).words(&[
        ("success", "succeeded"),
        ("failure", "failed"),
        ("error", "failed"),
        ("cancel", "cancelled"),
        ("cancelled", "cancelled"),
        ("canceled", "cancelled"),
    ]),
    constant("status", "unknown"),
    field("requested_at", AT).when(&[Holds(TYPE, &[".queued"])]).fold(Earliest),
    field("started_at", AT).when(&[Holds(TYPE, &[".started"])]).fold(Earliest),
    field("finished_at", AT).when(&[Holds(TYPE, &[".finished"])]).fold(Earliest),
    field("url", &["subject.content.uri", "subject.content.url"]),
    field("updated_at", AT).fold(Latest),
];

const DETECTED: &[Field] = &[
    field("incident_id", &["subject.id"]),
    field("service", &["subject.content.service.id"]),
    constant("status", "open").stand_in(),
    field("opened_at", AT).fold(Earliest),
    field("detected_at", AT).fold(Earliest),
    field("version", &["subject.content.artifact_id"]).through(version, "what follows `@` in"),
    field("title", &["subject.content.description"]).fold(First),
    field("updated_at", AT).fold(Latest),
];

const REPORTED: &[Field] = &[
    field("incident_id", &["subject.id"]),
    field("service", &["subject.content.service.id"]),
    constant("status", "open").stand_in(),
    field("opened_at", AT).fold(Earliest).stand_in(),
    field("ticket_id", &["subject.content.ticket_uri"]),
    field("title", &["subject.content.description"]).fold(First),
    field("updated_at", AT).fold(Latest),
];

/// The artifact of a resolved incident is the one that repairs it.
const RESOLVED: &[Field] = &[
    field("incident_id", &["subject.id"]),
    field("service", &["subject.content.service.id"]).stand_in(),
    constant("status", "resolved"),
    field("resolved_at", AT).fold(Latest),
    field("updated_at", AT).fold(Latest),
];

const CREATED: &[Field] = &[
    field("change_id", &["subject.id"]),
    field("service", &["subject.content.repository.id"]).through(repository, "the last part of"),
    field("repository", &["subject.content.repository.id"]),
    field("opened_at", AT).fold(Earliest),
    field("updated_at", AT).fold(Latest),
];

const REVIEWED: &[Field] = &[
    field("change_id", &["subject.id"]),
    field("service", &["subject.content.repository.id"]).through(repository, "the last part of"),
    field("repository", &["subject.content.repository.id"]),
    field("first_review_at", AT).fold(Earliest),
    field("updated_at", AT).fold(Latest),
];

const MERGED: &[Field] = &[
    field("change_id", &["subject.id"]),
    field("service", &["subject.content.repository.id"]).through(repository, "the last part of"),
    field("repository", &["subject.content.repository.id"]),
    field("merged_at", AT).fold(Earliest),
    field("updated_at", AT).fold(Latest),
];

const CHANGE: &[Field] = &[
    field("change_id", &["subject.id"]),
    field("service", &["subject.content.repository.id"]).through(repository, "the last part of"),
    field("repository", &["subject.content.repository.id"]),
    field("updated_at", AT).fold(Latest),
];

const KINDS: &[(&str, &str)] =
    &[("bug", "bug"), ("enhancement", "feature"), ("incident", "support"), ("task", "task"), ("question", "support")];

const TICKET_CREATED: &[Field] = &[
    field("ticket_id", &["subject.id"]),
    field("kind", &["subject.content.ticket_type"]).words(KINDS),
    field("priority", &["subject.content.priority"]),
    constant("status", "open").stand_in(),
    field("created_at", AT).fold(Earliest),
    field("title", &["subject.content.summary"]),
    field("url", &["subject.content.uri"]),
    field("updated_at", AT).fold(Latest),
];

const TICKET_UPDATED: &[Field] = &[
    field("ticket_id", &["subject.id"]),
    field("kind", &["subject.content.ticket_type"]).words(KINDS),
    field("priority", &["subject.content.priority"]),
    constant("status", "open").stand_in(),
    field("created_at", AT).fold(Earliest).stand_in(),
    field("title", &["subject.content.summary"]),
    field("url", &["subject.content.uri"]),
    field("updated_at", AT).fold(Latest),
];

const TICKET_CLOSED: &[Field] = &[
    field("ticket_id", &["subject.id"]),
    field("kind", &["subject.content.ticket_type"]).words(KINDS),
    field("priority", &["subject.content.priority"]),
    constant("status", "closed"),
    field("created_at", AT).fold(Earliest).stand_in(),
    field("resolved_at", AT).fold(Latest),
    field("title", &["subject.content.summary"]),
    field("url", &["subject.content.uri"]),
    field("updated_at", AT).fold(Latest),
];

const ASKED: &[Field] = &[
    field("approval_id", &["subject.id"]),
    field("requested_at", AT).fold(Earliest),
    constant("decision", "pending").stand_in(),
    field("updated_at", AT).fold(Latest),
];

const DECIDED: &[Field] = &[
    field("approval_id", &["subject.id"]),
    field("approver", &["subject.content.responder"]),
    field("decided_at", AT).when(&[Holds(TYPE, &[".closed"])]).fold(Latest),
    field("decision", &["subject.content.decision"]),
    constant("decision", "pending").when(&[Holds(TYPE, &[".updated"])]).stand_in(),
    field("updated_at", AT).fold(Latest),
];

/// `sha256:0b31…` of `pkg:oci/shop@sha256%3A0b31…`, `1.4.0` of `pkg:npm/shop@1.4.0?arch=x`.
fn version(artifact: &str) -> Option<String> {
    let (_, version) = artifact.rsplit_once('@')?;
    let version = version.split(['?', '#']).next()?.replace("%3A", ":").replace("%3a", ":");
    (!version.is_empty()).then_some(version)
}
