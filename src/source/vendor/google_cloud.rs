//! Google Cloud: incidents of the status page.

use crate::source::declared::model::Test::{Has, HasAny, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field};

pub(super) static GOOGLE_CLOUD: Vendor = Vendor {
    name: "google-cloud",
    about: "Google Cloud incidents (status page)",
    naive: Naive::Utc,
    shapes: &[Shape {
        name: "incidents",
        when: &[
            Known("id"),
            Known("begin"),
            Has("end"),
            HasAny(&["external_desc", "affected_products"]),
            Has("severity"),
        ],
        rows: &[Rows::of("incidents", INCIDENT).at(&["modified"]).state()],
    }],
    untold: &[
        "an incident of several products names the first as its service",
        "acknowledged_at, mitigated_at, deployment_id: a status page does not tell them",
    ],
};

const INCIDENT: &[Field] = &[
    field("incident_id", &["id", "number"]),
    field("service", &["service_name", "affected_products.title"]),
    field("severity", &["severity"]),
    constant("status", "resolved").when(&[Known("end")]),
    constant("status", "open"),
    field("opened_at", &["begin"]),
    field("detected_at", &["created"]),
    field("resolved_at", &["end"]),
    constant("is_customer_facing", "true"),
    field("title", &["external_desc"]),
    field("url", &["uri"]),
    field("updated_at", &["modified"]),
];
