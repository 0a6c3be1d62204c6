//! Opsgenie: incidents of its API, and alerts, which are incidents only where there are no others.

use crate::source::declared::made::key;
use crate::source::declared::model::Test::{Has, HasAny, Is, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field, made};
use crate::source::declared::record::Record;
use crate::source::instant::{self, Stamp};

pub(super) static OPSGENIE: Vendor = Vendor {
    name: "opsgenie",
    about: "Opsgenie incidents and alerts (REST)",
    naive: Naive::UtcInJson,
    shapes: &[
        Shape {
            name: "incidents",
            when: &[
                Known("id"),
                Has("message"),
                Known("status"),
                HasAny(&[
                    "impact_start_date",
                    "impact_end_date",
                    "impacted_services",
                    "impact_detect_date",
                    "owner_team",
                ]),
                Known("created_at"),
            ],
            rows: &[Rows::of("incidents", INCIDENT).at(&["updated_at"]).state()],
        },
        Shape {
            name: "alerts",
            when: &[Known("id"), Has("tiny_id"), Has("message"), Has("acknowledged"), Known("created_at")],
            rows: &[Rows::of("incidents", ALERT).at(&["updated_at"]).state()],
        },
    ],
    untold: &[
        "alerts are not incidents: an incident may raise many, and noise raises them too; leave their file away where incidents are exported",
        "acknowledged_at of incidents: told by their alerts alone; alerts without `report` tell it no more",
        "service of alerts: the entity; the source is the machine or tool that sent the alert, and is not taken",
        "deployment_id: not told",
    ],
};

const SEVERITIES: &[(&str, &str)] = &[("P1", "sev1"), ("P2", "sev2"), ("P3", "sev3"), ("P4", "sev4"), ("P5", "sev5")];

const INCIDENT: &[Field] = &[
    field("incident_id", &["tiny_id", "id"])
        .through(|number| Some(key("opsgenie", &[], number)), "such as `opsgenie:12`, from"),
    field("service", &["impacted_services.name", "impacted_services", "services.name", "services"]),
    field("severity", &["priority"]).words(SEVERITIES),
    field("status", &["status"]),
    field("opened_at", &["impact_start_date", "created_at"]),
    field("detected_at", &["impact_detect_date", "created_at"]),
    field("resolved_at", &["impact_end_date"]),
    field("resolved_at", &["updated_at"]).when(&[Is("status", &["resolved", "closed"])]).stand_in(),
    field("title", &["message"]),
    field("updated_at", &["updated_at"]),
];

const ALERT: &[Field] = &[
    field("incident_id", &["tiny_id", "id"])
        .through(|number| Some(key("opsgenie", &["alerts"], number)), "such as `opsgenie:alerts#12`, from"),
    field("service", &["entity"]),
    field("severity", &["priority"]).words(SEVERITIES),
    constant("status", "acknowledged").when(&[Is("status", &["open"]), Is("acknowledged", &["true"])]),
    field("status", &["status"]),
    field("opened_at", &["created_at"]),
    field("detected_at", &["created_at"]),
    made(
        "acknowledged_at",
        |record| after_opening(record, "report.ack_time"),
        "`createdAt` + `report.ackTime` in milliseconds",
    ),
    made(
        "resolved_at",
        |record| after_opening(record, "report.close_time"),
        "`createdAt` + `report.closeTime` in milliseconds",
    ),
    field("resolved_at", &["updated_at"]).when(&[Is("status", &["closed"])]).stand_in(),
    field("title", &["message"]),
    field("updated_at", &["updated_at"]),
];

fn after_opening(record: &Record, path: &str) -> Option<String> {
    let millis = record.number(path)?;
    match instant::parse(record.text("created_at")?.as_bytes(), None).ok()? {
        Stamp::Instant(micros) => Some(micros.saturating_add((millis * 1e3) as i64).to_string()),
        Stamp::Local(_) => None,
    }
}
