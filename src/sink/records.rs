//! The tables of a report as rows with types, each with a name that is a file's: results, lists of cases, events.
//!
//! It decides which tables there are and what they are called, never how they are written.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};

use crate::engine::Answer;
use crate::metric::{self, MetricResult};
use crate::report::numbers::{Listing, Measure, Numbers};
use crate::sink::SinkError;

/// One table of a report.
#[derive(Debug, Clone)]
pub struct Record {
    /// Letters, digits, hyphens and underscores; unique in a report.
    pub name: String,
    pub answer: Answer,
}

/// What a line of the table of contents says about a table.
struct Entry<'a> {
    name: String,
    kind: &'static str,
    title: &'a str,
    row_count: usize,
    rows_left_out: u64,
    measure: Option<&'a Measure>,
}

/// All tables, the table of contents first; a metric that was not measured stands only there, with the reason.
///
/// # Errors
/// Where a result has two columns of the same name.
pub fn tables(numbers: &Numbers) -> Result<Vec<Record>, SinkError> {
    let mut names = Names::default();
    let contents = names.give("contents");
    let mut records = Vec::new();
    let mut entries = Vec::new();
    for measure in &numbers.measures {
        for result in measure.results() {
            let name = names.give(&name_of(result));
            let kind = "metric";
            let entry = Entry {
                name: name.clone(),
                kind,
                title: &measure.title,
                row_count: result.rows.len(),
                rows_left_out: 0,
                measure: Some(measure),
            };
            entries.push(entry);
            if result.not_measured.is_none() {
                let rows = metric::rows(result)?;
                records.push(Record { name, answer: Answer { schema: rows.schema(), batches: vec![rows] } });
            }
        }
    }
    for (kind, listing) in listings(numbers) {
        let name = names.give(&listing.name);
        entries.push(Entry {
            name: name.clone(),
            kind,
            title: &listing.title,
            row_count: listing.answer.row_count(),
            rows_left_out: listing.rows_left_out,
            measure: None,
        });
        records.push(Record { name, answer: listing.answer.clone() });
    }
    records.insert(0, Record { name: contents, answer: table_of_contents(&entries)? });
    Ok(records)
}

fn listings(numbers: &Numbers) -> impl Iterator<Item = (&'static str, &Listing)> {
    let lists = numbers.lists.iter().map(|listing| ("list", listing));
    lists.chain(numbers.rows.iter().map(|listing| ("events", listing)))
}

/// `change_fail_rate`, `change_fail_rate_by_team_service`.
fn name_of(result: &MetricResult) -> String {
    match result.by.is_empty() {
        true => result.metric.clone(),
        false => format!("{}_by_{}", result.metric, result.by.join("_")),
    }
}

fn table_of_contents(entries: &[Entry]) -> Result<Answer, SinkError> {
    let of_measure = |value: fn(&Measure) -> Option<&str>| -> ArrayRef {
        Arc::new(entries.iter().map(|entry| entry.measure.and_then(value)).collect::<StringArray>())
    };
    let count = |value: &dyn Fn(&Entry) -> u64| -> ArrayRef {
        Arc::new(entries.iter().map(|entry| i64::try_from(value(entry)).ok()).collect::<Int64Array>())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("table_name", Arc::new(StringArray::from_iter_values(entries.iter().map(|entry| &entry.name)))),
        ("kind", Arc::new(StringArray::from_iter_values(entries.iter().map(|entry| entry.kind)))),
        ("title", Arc::new(StringArray::from_iter_values(entries.iter().map(|entry| entry.title)))),
        ("row_count", count(&|entry| entry.row_count as u64)),
        ("rows_left_out_count", count(&|entry| entry.rows_left_out)),
        ("unit", of_measure(|measure| Some(measure.unit.name()))),
        ("better", of_measure(|measure| Some(measure.better.name()))),
        ("computed_as", of_measure(|measure| Some(&measure.computed_as))),
        ("question", of_measure(|measure| Some(&measure.question))),
        ("caveat", of_measure(|measure| Some(&measure.caveat))),
        ("query", of_measure(|measure| Some(&measure.query))),
        ("not_measured", of_measure(|measure| measure.total.not_measured.as_deref())),
    ];
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
    Ok(Answer { schema, batches: vec![batch] })
}

/// Names that were given, in lower case, because some disks do not tell `A` from `a`.
#[derive(Default)]
struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    fn give(&mut self, wish: &str) -> String {
        let keep = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '_' };
        let plain: String = wish.chars().map(keep).take(100).collect();
        let plain = if plain.is_empty() { "table".to_owned() } else { plain };
        let numbered = (2_u64..).map(|number| format!("{plain}_{number}"));
        let mut wishes = std::iter::once(plain.clone()).chain(numbered);
        let free = wishes.find(|name| !self.taken.contains(name)).unwrap_or(plain);
        self.taken.insert(free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    #[test]
    fn every_table_stands_in_the_contents_and_every_measured_one_is_there() {
        let report = fixture::rich();
        let records = tables(&report.numbers).expect("tables");
        assert_eq!(records[0].name, "contents");
        let names: Vec<&str> = records.iter().map(|record| record.name.as_str()).collect();
        for name in ["change_fail_rate", "change_fail_rate_by_team", "failed_deployments", "deployments"] {
            assert!(names.contains(&name), "{name} in {names:?}");
        }
        assert!(!names.contains(&"approval_latency"), "it was not measured");
        let contents = crate::sink::table::csv(&crate::sink::table::of_answer(&records[0].answer)).expect("CSV");
        assert!(contents.contains("needs approvals"));
    }

    #[test]
    fn names_are_safe_as_files_and_given_once() {
        let mut names = Names::default();
        assert_eq!(names.give("../Etc"), "___etc");
        assert_eq!(names.give("___etc"), "___etc_2");
        assert_eq!(names.give(""), "table");
    }
}
