//! ServiceNow: incidents, change requests and approvals, from the Table API and list exports, one row a record or a
//! row for every change of it.

use serde_json::Value;

use crate::source::declared::model::Fold::Earliest;
use crate::source::declared::model::Test::{Has, HasAny, Holds, Is, IsNot, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field};
use crate::source::declared::record::Record;

pub(super) static SERVICENOW: Vendor = Vendor {
    name: "servicenow",
    about: "ServiceNow incidents, change requests, approvals (Table API, list exports, audit logs)",
    naive: Naive::UtcInJsonUnless(is_displayed),
    shapes: &[
        Shape {
            name: "approvals",
            when: &[Has("sysapproval"), Has("approver"), Has("state")],
            rows: &[Rows::of("approvals", APPROVAL).at(UPDATED).state()],
        },
        Shape { name: "tasks of changes", when: &[Holds("number", &["ctask"])], rows: &[] },
        Shape { name: "tasks of changes", when: &[Holds("number.value", &["ctask"])], rows: &[] },
        Shape { name: "change requests", when: &[Holds("number", &["chg"]), HasAny(OURS)], rows: CHANGES },
        Shape { name: "change requests", when: &[Holds("number.value", &["chg"]), HasAny(OURS)], rows: CHANGES },
        Shape { name: "incidents", when: &[Holds("number", &["inc"]), HasAny(OURS)], rows: INCIDENTS },
        Shape { name: "incidents", when: &[Holds("number.value", &["inc"]), HasAny(OURS)], rows: INCIDENTS },
        Shape {
            name: "users",
            when: &[Has("sys_id"), Has("sys_updated_on"), HasAny(&["email", "user_name"])],
            rows: &[],
        },
    ],
    untold: &[
        "stamps of list exports are in the zone and the format of whoever exported: say `timezone`; those of the Table API are UTC, but with `sysparm_display_value=true` they are in the zone of whoever asked: say `timezone`, or ask with `all`",
        "service: the default answer of the Table API has a `sys_id` where a name is wanted, which is taken; ask with `sysparm_display_value=all` for names, or map them under `[sources.values]`. A category is no service",
        "incidents.acknowledged_at, mitigated_at: not told; the time of the first assignment is in the audit history",
        "incidents.deployment_id: `caused_by`, the change that caused it; `rfc` is the change that repairs it and is not taken. A `sys_id` there or in `sysapproval` is made the number of the change where that is in the data",
        "deployments.finished_at: the actual end (`work_end`); where it is empty and the change is closed, when it was closed stands in",
        "deployments.environment: a change request names none; production, unless `[sources.columns]` says where it stands",
        "deployments.approved_at: `approval_set`; who approved when is told by `sysapproval_approver` alone",
        "choices are instance-specific: state 3 is taken for Closed and 4 for Canceled, as since the Geneva release; say otherwise under `[sources.values]`",
    ],
};

/// One of these says that the record is of the task table, in the names of the API or of an export with labels.
const OURS: &[&str] = &[
    "sys_id",
    "sys_created_on",
    "sys_updated_on",
    "sys_mod_count",
    "opened_at",
    "caller_id",
    "assignment_group",
    "opened",
];

/// Whether a record has what a person sees: references without their value, choices as words. Stamps are so too.
fn is_displayed(record: &Record) -> bool {
    let Some(object) = record.value.as_object() else { return false };
    let is_reference = |value: &Value| value.get("display_value").is_some() && value.get("value").is_none();
    let is_choice = |path: &&str| record.text(path).is_some_and(|text| text.contains(char::is_alphabetic));
    object.values().any(is_reference)
        || ["state", "incident_state", "priority"]
            .iter()
            .any(|path| is_choice(path) && !object.contains_key("approver"))
}

const UPDATED: &[&str] = &["sys_updated_on.value", "sys_updated_on", "sys_updated_at", "updated"];
const COUNT: &[&str] = &["sys_mod_count.value", "sys_mod_count", "updates"];

/// What the Table API has in place of numbers, unless it is asked for what a person sees.
const SYS_ID: &[&str] = &["sys_id.value", "sys_id"];

const CHANGES: &[Rows] = &[Rows::of("deployments", CHANGE).at(UPDATED).number(COUNT).state().known_as(SYS_ID)];
const INCIDENTS: &[Rows] = &[Rows::of("incidents", INCIDENT).at(UPDATED).number(COUNT).state().known_as(SYS_ID)];

const SERVICE: &[&str] = &[
    "business_service.display_value",
    "business_service",
    "service",
    "service_offering.display_value",
    "service_offering",
    "cmdb_ci.display_value",
    "cmdb_ci",
    "configuration_item",
    // What the default answer of the Table API has instead of names.
    "business_service.value",
    "service_offering.value",
    "cmdb_ci.value",
];

const INCIDENT: &[Field] = &[
    field("incident_id", &["number.value", "number"]),
    field("service", SERVICE),
    field("severity", &["priority.value", "priority", "severity.value", "severity"]),
    field("status", &["incident_state.value", "incident_state", "state.value", "state"]).words(&[
        ("1", "open"),
        ("2", "acknowledged"),
        ("3", "acknowledged"),
        ("4", "acknowledged"),
        ("5", "acknowledged"),
        ("6", "resolved"),
        ("7", "closed"),
        ("8", "closed"),
        ("new", "open"),
        ("in progress", "acknowledged"),
        ("active", "acknowledged"),
        ("on hold", "acknowledged"),
        ("awaiting user info", "acknowledged"),
        ("awaiting problem", "acknowledged"),
        ("awaiting vendor", "acknowledged"),
        ("awaiting evidence", "acknowledged"),
        ("canceled", "closed"),
    ]),
    field("opened_at", &["opened_at.value", "opened_at", "opened", "sys_created_on.value", "sys_created_on"]),
    field("resolved_at", &["resolved_at.value", "resolved_at", "resolved"]),
    field("closed_at", &["closed_at.value", "closed_at", "closed"]),
    field("deployment_id", &["caused_by.display_value", "caused_by", "caused_by_change", "caused_by.value"]),
    constant("is_false_alarm", "true").when(&[Is("state", &["8", "canceled"])]),
    constant("is_false_alarm", "true").when(&[Is("state.value", &["8"])]),
    field("cause", &["close_code.display_value", "close_code", "closed_code", "resolution_code"]),
    field("title", &["short_description.value", "short_description"]),
    field("updated_at", UPDATED),
];

const CHANGE: &[Field] = &[
    field("deployment_id", &["number.value", "number"]),
    field("service", SERVICE),
    field("environment", &["environment.display_value", "environment", "u_environment.display_value", "u_environment"]),
    constant("environment", "production"),
    field("change_type", &["type.value", "type"]),
    field("category", &["category.value", "category"]),
    field("status", &["close_code.value", "close_code"])
        .words(CLOSED)
        .when(&[IsNot("state", CANCELED), IsNot("state.value", CANCELED)]),
    field("status", &["state.value", "state"]).words(&[
        ("-5", "in_progress"),
        ("-4", "in_progress"),
        ("-3", "in_progress"),
        ("-2", "in_progress"),
        ("-1", "in_progress"),
        ("0", "in_progress"),
        ("3", "unknown"),
        ("4", "cancelled"),
        ("new", "in_progress"),
        ("assess", "in_progress"),
        ("authorize", "in_progress"),
        ("scheduled", "in_progress"),
        ("implement", "in_progress"),
        ("review", "in_progress"),
        ("closed", "unknown"),
        ("canceled", "cancelled"),
    ]),
    constant("status", "unknown"),
    field(
        "requested_at",
        &["opened_at.value", "opened_at", "opened", "sys_created_on.value", "sys_created_on", "created"],
    ),
    field("approved_at", &["approval_set.value", "approval_set"]),
    field("started_at", &["work_start.value", "work_start", "actual_start", "actual_start_date"]),
    field("finished_at", &["work_end.value", "work_end", "actual_end", "actual_end_date"]),
    field("finished_at", &["closed_at.value", "closed_at", "closed"]).when(&[Known("close_code")]).stand_in(),
    field("requested_by", &["requested_by.display_value", "requested_by", "opened_by.display_value", "opened_by"]),
    field("deployed_by", &["assigned_to.display_value", "assigned_to"]),
    field("ticket_id", &["number.value", "number"]),
    field("updated_at", UPDATED),
];

const CANCELED: &[&str] = &["4", "canceled"];

const CLOSED: &[(&str, &str)] = &[
    ("successful", "succeeded"),
    ("successful_issues", "succeeded"),
    ("successful with issues", "succeeded"),
    ("unsuccessful", "failed"),
    ("backed out", "rolled_back"),
];

const APPROVAL: &[Field] = &[
    field("approval_id", &["sys_id.value", "sys_id"]),
    field("approval_id", &["number"]),
    field("deployment_id", &["sysapproval.display_value", "sysapproval", "sysapproval.value"]),
    field("ticket_id", &["sysapproval.display_value", "sysapproval", "sysapproval.value"]),
    field("approver", &["approver.display_value", "approver"]),
    field("role", &["group.display_value", "assignment_group.display_value"]),
    field("requested_at", &["sys_created_on.value", "sys_created_on", "created"]).fold(Earliest),
    field("decided_at", &["sys_updated_on.value", "sys_updated_on", "updated"])
        .when(&[Is("state", &["approved", "rejected"])]),
    field("decided_at", &["sys_updated_on.value"]).when(&[Is("state.value", &["approved", "rejected"])]),
    field("decision", &["state.value", "state"]).words(&[
        ("requested", "pending"),
        ("not requested", "pending"),
        ("not yet requested", "pending"),
        ("approved", "approved"),
        ("rejected", "rejected"),
        ("not_required", ""),
        ("no longer required", ""),
        ("cancelled", ""),
        ("duplicate", ""),
    ]),
    field("updated_at", UPDATED),
];
