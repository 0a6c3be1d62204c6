//! The tools whose formats are read as they are, as one sorted list; each is one file beside this one.
//!
//! README.md in the folder above says how such a file is made.

mod argocd;
mod azure_devops;
mod bitbucket;
mod buildkite;
mod cdevents;
mod circleci;
mod datadog_dora;
mod devlake;
mod github;
mod gitlab;
mod google_cloud;
mod incident_io;
mod jenkins;
mod jira;
mod linear;
mod octopus;
mod opsgenie;
mod pagerduty;
mod servicenow;
mod statuspage;
mod zendesk;

use super::declared::model::Vendor;

/// Every tool, sorted by name.
pub(super) static VENDORS: &[&Vendor] = &[
    &argocd::ARGOCD,
    &azure_devops::AZURE_DEVOPS,
    &bitbucket::BITBUCKET,
    &buildkite::BUILDKITE,
    &cdevents::CDEVENTS,
    &circleci::CIRCLECI,
    &datadog_dora::DATADOG_DORA,
    &devlake::DEVLAKE,
    &github::GITHUB,
    &gitlab::GITLAB,
    &google_cloud::GOOGLE_CLOUD,
    &incident_io::INCIDENT_IO,
    &jenkins::JENKINS,
    &jira::JIRA,
    &linear::LINEAR,
    &octopus::OCTOPUS,
    &opsgenie::OPSGENIE,
    &pagerduty::PAGERDUTY,
    &servicenow::SERVICENOW,
    &statuspage::STATUSPAGE,
    &zendesk::ZENDESK,
];

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::source::declared::model::{Field, Rows};
    use crate::source::declared::record::{Record, Runs};
    use crate::table::{Kind, TABLES, Table};

    fn rows() -> impl Iterator<Item = (&'static Vendor, &'static Rows)> {
        VENDORS
            .iter()
            .flat_map(|vendor| vendor.shapes.iter().flat_map(|shape| shape.rows.iter().map(|rows| (*vendor, rows))))
    }

    #[test]
    fn tools_are_sorted_and_their_names_are_unique_and_no_other_format() {
        let names: Vec<&str> = VENDORS.iter().map(|vendor| vendor.name).collect();
        assert!(names.is_sorted_by(|one, other| one < other), "{names:?}");
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
        assert!(crate::source::formats().filter(|(name, _)| names.contains(name)).count() == names.len());
    }

    #[test]
    fn declarations_name_tables_columns_and_words_of_ours() {
        for (vendor, rows) in rows() {
            let table = Table::named(rows.table).unwrap_or_else(|| panic!("{}: {}", vendor.name, rows.table));
            for Field { column, words, .. } in rows.fields {
                let place = format!("{}: {}.{column}", vendor.name, rows.table);
                let column = table.column(column).unwrap_or_else(|| panic!("{place}"));
                for (_, ours) in words.iter().filter(|(_, ours)| !ours.is_empty()) {
                    if let Kind::Word(vocabulary) = column.kind {
                        assert!(vocabulary.words.contains(ours), "{place}: {ours}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_row_can_have_its_key_and_what_is_required() {
        for (vendor, rows) in rows() {
            let table = Table::named(rows.table).unwrap();
            for key in table.key.iter().filter(|key| table.column(key).is_some_and(|column| column.is_required)) {
                assert!(rows.fields.iter().any(|field| field.column == *key), "{}: {}.{key}", vendor.name, rows.table);
            }
        }
    }

    #[test]
    fn a_record_of_our_own_columns_is_nobody_elses() {
        let runs = Runs::default();
        for table in TABLES {
            let object: Map<String, Value> =
                table.all_columns().map(|column| (column.name.to_owned(), Value::from("unknown"))).collect();
            let value = Value::Object(object);
            let record = Record { value: &value, around: None, runs: &runs };
            for vendor in VENDORS {
                let known = vendor.shapes.iter().find(|shape| record.meets(shape.when));
                assert!(known.is_none(), "{} takes {} for {}", vendor.name, table.name, known.unwrap().name);
            }
        }
    }
}
