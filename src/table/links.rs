//! The link tables: which deployment caused an incident, shipped a change, undid another, was repaired when.

use super::{Column, Kind, Table};

const fn column(name: &'static str, kind: Kind, about: &'static str) -> Column {
    Column { name, kind, is_required: false, about }
}

const fn link(
    name: &'static str,
    about: &'static str,
    key: &'static [&'static str],
    columns: &'static [Column],
) -> Table {
    Table { name, about, key, begins: &[], main_at: None, columns, has_common: false }
}

/// Every link table, sorted by name. They are computed, never read.
pub static LINKS: &[Table] = &[
    link(
        "attributions",
        "A deployment that may have caused an incident; one of an incident's is primary.",
        &["incident_id", "deployment_id"],
        &[
            column("incident_id", Kind::Text, "the incident"),
            column("deployment_id", Kind::Text, "the deployment that may have caused it"),
            column("rule", Kind::Text, "explicit, version, rollback, proximity, dependency or latest"),
            column("rank", Kind::Whole, "1 is the best candidate of the incident"),
            column("gap_s", Kind::Whole, "seconds from the end of the deployment to the opening of the incident"),
            column("score", Kind::Number, "probability that it is the cause; null where the data cannot tell"),
            column("evidence", Kind::Text, "why, in words"),
            column("is_primary", Kind::Flag, "the one that counts"),
        ],
    ),
    link(
        "deliveries",
        "A change and the deployment that brought it to production first.",
        &["change_id"],
        &[
            column("change_id", Kind::Text, "the change"),
            column("deployment_id", Kind::Text, "the deployment that shipped it"),
            column("rule", Kind::Text, "explicit, commit, release, range or next"),
            column(
                "lead_s",
                Kind::Whole,
                "seconds from first commit to deployment; from the opening where the first commit is not known",
            ),
            column("service", Kind::Text, "of the deployment"),
            column("team", Kind::Text, "of the deployment, where its own record names one"),
            column("committed_at", Kind::Instant, "first commit"),
            column("opened_at", Kind::Instant, "when review was asked for"),
            column("merged_at", Kind::Instant, "merge"),
            column("deployed_at", Kind::Instant, "last moment of the rollout"),
        ],
    ),
    link(
        "recoveries",
        "A failed deployment and how service was restored.",
        &["deployment_id"],
        &[
            column("deployment_id", Kind::Text, "the failed deployment"),
            column("failed_at", Kind::Instant, "first incident opened, or the deployment finished"),
            column(
                "recovered_at",
                Kind::Instant,
                "resolved, rolled back or replaced, whichever came first; null while not restored",
            ),
            column("resolved_at", Kind::Instant, "all its incidents resolved"),
            column(
                "remediated_at",
                Kind::Instant,
                "rolled back, or where it was not, replaced by the next successful deployment",
            ),
            column("finished_at", Kind::Instant, "when the failed deployment finished"),
            column("rule", Kind::Text, "what restored service"),
            column("is_observed", Kind::Flag, "restored before the moment of the report"),
            column("is_vague", Kind::Flag, "one of its incidents is over at an unknown time, and none is open"),
            column("service", Kind::Text, "of the deployment"),
            column("team", Kind::Text, "of the deployment, where its own record names one"),
        ],
    ),
    link(
        "rollbacks",
        "A deployment that was undone, and by which.",
        &["deployment_id", "rolled_back"],
        &[
            column("deployment_id", Kind::Text, "the deployment that undid; the same where only the status tells"),
            column("rolled_back", Kind::Text, "the deployment that was undone"),
            column("rule", Kind::Text, "explicit, status or version"),
            column("undone_at", Kind::Instant, "when"),
        ],
    ),
];
