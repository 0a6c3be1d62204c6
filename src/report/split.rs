//! Takes evidence apart: what is known of each group, as if the group were the whole.
//!
//! Everything was computed in one pass; here rows only change hands.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{cast, take_record_batch};
use arrow::datatypes::DataType;

use crate::engine::Answer;
use crate::metric::MetricResult;

use super::evidence::{Evidence, Measured};

impl<'a> Evidence<'a> {
    /// The evidence of each group of one column, by the group's name. What has no name is nobody's.
    ///
    /// The numbers of the groups leave the whole where `is_last`, which spares a copy of what may be many rows.
    pub fn split(&mut self, column: &str, is_last: bool) -> BTreeMap<String, Evidence<'a>> {
        let by = vec![column.to_owned()];
        let mut groups: BTreeMap<String, Evidence<'a>> = BTreeMap::new();
        let mut known = Vec::new();
        for (name, measured) in &mut self.measured {
            let result = if is_last { measured.groups.remove(&by) } else { measured.groups.get(&by).cloned() };
            let Some(result) = result else { continue };
            known.push((*name, measured.metric, measured.history, measured.shown_from, result.not_measured.clone()));
            for (group, total) in wholes(result) {
                let part = Measured {
                    metric: measured.metric,
                    total,
                    groups: BTreeMap::new(),
                    history: measured.history,
                    shown_from: measured.shown_from,
                };
                groups.entry(group).or_default().measured.insert(name, part);
            }
        }
        for (name, (metric, answer)) in &self.tables {
            let parts = answer.as_ref().map(|answer| answers(answer, column)).unwrap_or_default();
            for (group, evidence) in &mut groups {
                let nothing = || answer.as_ref().map(|all| Answer { schema: all.schema.clone(), batches: Vec::new() });
                let rows = parts.get(group).cloned().or_else(nothing);
                evidence.tables.insert(name, (metric, rows));
            }
        }
        // A group without an event still has its place: nothing happened there.
        for evidence in groups.values_mut() {
            for (name, metric, history, shown_from, not_measured) in &known {
                evidence.measured.entry(name).or_insert_with(|| Measured {
                    metric,
                    total: MetricResult {
                        metric: metric.name.clone(),
                        by: Vec::new(),
                        own_columns: &[],
                        is_count: false,
                        rows: Vec::new(),
                        not_measured: not_measured.clone(),
                    },
                    groups: BTreeMap::new(),
                    history: *history,
                    shown_from: *shown_from,
                });
            }
        }
        groups
    }
}

/// Each group of a result by one column, as a result of its own.
fn wholes(result: MetricResult) -> BTreeMap<String, MetricResult> {
    let mut wholes: BTreeMap<String, MetricResult> = BTreeMap::new();
    for mut row in result.rows {
        if row.dimensions.is_empty() {
            continue;
        }
        // A metric's own column stays: it stands behind the one that was asked for.
        let Some(group) = row.dimensions.remove(0) else {
            continue;
        };
        let whole = wholes.entry(group).or_insert_with(|| MetricResult {
            metric: result.metric.clone(),
            by: result.by.iter().skip(1).cloned().collect(),
            own_columns: result.own_columns,
            is_count: result.is_count,
            rows: Vec::new(),
            not_measured: None,
        });
        whole.rows.push(row);
    }
    wholes
}

/// The rows of an answer by the value of a column; nothing where it has no such column.
fn answers(answer: &Answer, column: &str) -> BTreeMap<String, Answer> {
    let mut parts: BTreeMap<String, Answer> = BTreeMap::new();
    for batch in &answer.batches {
        for (group, rows) in places(batch, column) {
            let Ok(rows) = take_record_batch(batch, &UInt32Array::from(rows)) else { continue };
            let nothing = || Answer { schema: answer.schema.clone(), batches: Vec::new() };
            parts.entry(group).or_insert_with(nothing).batches.push(rows);
        }
    }
    parts
}

fn places(batch: &RecordBatch, column: &str) -> BTreeMap<String, Vec<u32>> {
    let mut places: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let texts = batch.column_by_name(column).and_then(|array| cast(array, &DataType::Utf8).ok());
    let Some(texts) = texts else { return places };
    let texts = texts.as_string::<i32>();
    for (row, place) in (0..texts.len()).zip(0..) {
        if texts.is_valid(row) {
            places.entry(texts.value(row).to_owned()).or_default().push(place);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Row;

    fn row(group: Option<&str>, n: u64) -> Row {
        Row {
            dimensions: vec![group.map(str::to_owned)],
            period_start: chrono::NaiveDate::default(),
            n,
            value: Some(n as f64),
            low: None,
            high: None,
            is_partial: false,
            own: Vec::new(),
        }
    }

    #[test]
    fn every_row_with_a_name_is_in_one_group_and_no_other() {
        let result = MetricResult {
            metric: "m".into(),
            by: vec!["team".into()],
            own_columns: &[],
            is_count: false,
            rows: vec![row(Some("a"), 1), row(Some("a"), 2), row(Some("b"), 4), row(None, 8)],
            not_measured: None,
        };
        let wholes = wholes(result);
        let counts: Vec<(&str, u64)> =
            wholes.iter().map(|(name, whole)| (name.as_str(), whole.rows.iter().map(|row| row.n).sum())).collect();
        assert_eq!(counts, [("a", 3), ("b", 4)]);
        assert!(wholes.values().all(|whole| whole.by.is_empty() && whole.rows.iter().all(|r| r.dimensions.is_empty())));
    }
}
