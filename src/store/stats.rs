//! Statistics of a data file, as the log has them: how many rows and nulls, and from where to where.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

/// Longer texts are no keys that anybody looks for by range.
const LONGEST_TEXT: usize = 64;

/// The smallest and the greatest value of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Range {
    Whole(i64, i64),
    /// Microseconds; where they come from a checkpoint, rounded to milliseconds outwards.
    Instant(i64, i64),
    Text(String, String),
}

/// What is known of a file without opening it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Stats {
    pub rows: u64,
    pub nulls: BTreeMap<String, u64>,
    pub ranges: BTreeMap<String, Range>,
}

impl Stats {
    /// Of batches of one schema; texts have a range only in the column `key`.
    pub fn of(batches: &[RecordBatch], key: Option<&str>) -> Self {
        let mut stats = Self { rows: batches.iter().map(|batch| batch.num_rows() as u64).sum(), ..Self::default() };
        let Some(first) = batches.first() else { return stats };
        for (index, field) in first.schema().fields().iter().enumerate() {
            let columns = || batches.iter().map(|batch| batch.column(index).as_ref());
            let nulls = columns().map(|column| column.null_count() as u64).sum();
            stats.nulls.insert(field.name().clone(), nulls);
            let range = match field.data_type() {
                DataType::Int64 => whole(columns()),
                DataType::Timestamp(..) => instant(columns()),
                DataType::Utf8View if key == Some(field.name().as_str()) => text(columns()),
                _ => None,
            };
            stats.ranges.extend(range.map(|range| (field.name().clone(), range)));
        }
        stats
    }

    /// Whether a column has no value at all; false where that is not known.
    pub fn is_empty_column(&self, name: &str) -> bool {
        self.nulls.get(name) == Some(&self.rows)
    }

    /// As Delta writes them.
    pub fn json(&self) -> Value {
        let (mut min, mut max) = (Map::new(), Map::new());
        for (name, range) in &self.ranges {
            let (low, high) = match range {
                Range::Whole(low, high) => (json!(low), json!(high)),
                Range::Instant(low, high) => (json!(written(*low)), json!(written(*high))),
                Range::Text(low, high) => (json!(low), json!(high)),
            };
            min.insert(name.clone(), low);
            max.insert(name.clone(), high);
        }
        json!({"numRecords": self.rows, "minValues": min, "maxValues": max, "nullCount": self.nulls})
    }

    /// Of what Delta wrote; what cannot be read is not known.
    pub fn of_json(text: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(text) else { return Self::default() };
        let object = |name: &str| value.get(name).and_then(Value::as_object);
        let nulls = object("nullCount").into_iter().flatten();
        let (min, max) = (object("minValues"), object("maxValues"));
        let ranges = min.into_iter().flatten().filter_map(|(name, low)| {
            let high = max?.get(name)?;
            let range = match (low, high) {
                (Value::Number(low), Value::Number(high)) => Range::Whole(low.as_i64()?, high.as_i64()?),
                (Value::String(low), Value::String(high)) => match (micros(low), micros(high)) {
                    // A checkpoint may have cut the stamp at the millisecond.
                    (Some(low), Some(high)) => Range::Instant(low, if high % 1000 == 0 { high + 999 } else { high }),
                    _ => Range::Text(low.clone(), high.clone()),
                },
                _ => return None,
            };
            Some((name.clone(), range))
        });
        Self {
            rows: value.get("numRecords").and_then(Value::as_u64).unwrap_or(0),
            nulls: nulls.filter_map(|(name, count)| Some((name.clone(), count.as_u64()?))).collect(),
            ranges: ranges.collect(),
        }
    }
}

fn whole<'a>(columns: impl Iterator<Item = &'a dyn Array> + Clone) -> Option<Range> {
    let of = |column: &'a dyn Array| column.as_primitive_opt::<Int64Type>();
    let low = columns.clone().filter_map(of).filter_map(arrow::compute::min).min()?;
    let high = columns.filter_map(of).filter_map(arrow::compute::max).max()?;
    Some(Range::Whole(low, high))
}

fn instant<'a>(columns: impl Iterator<Item = &'a dyn Array> + Clone) -> Option<Range> {
    let of = |column: &'a dyn Array| column.as_primitive_opt::<TimestampMicrosecondType>();
    let low = columns.clone().filter_map(of).filter_map(arrow::compute::min).min()?;
    let high = columns.filter_map(of).filter_map(arrow::compute::max).max()?;
    Some(Range::Instant(low, high))
}

fn text<'a>(columns: impl Iterator<Item = &'a dyn Array> + Clone) -> Option<Range> {
    let texts = || columns.clone().filter_map(|column| column.as_string_view_opt());
    let low = texts().filter_map(arrow::compute::min_string_view).min()?;
    let high = texts().filter_map(arrow::compute::max_string_view).max()?;
    let is_instant = micros(low).is_some() || micros(high).is_some();
    let is_short = low.len() <= LONGEST_TEXT && high.len() <= LONGEST_TEXT;
    (is_short && !is_instant).then(|| Range::Text(low.to_owned(), high.to_owned()))
}

fn written(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map_or_else(String::new, |moment| moment.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn micros(text: &str) -> Option<i64> {
    // Keys are rarely that long and dashed, so that most are told from stamps at a look.
    if text.len() < 19 || text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringViewArray, TimestampMicrosecondArray};

    use super::*;

    #[test]
    fn statistics_come_back_from_the_log() {
        let at = TimestampMicrosecondArray::from(vec![Some(1_500), None, Some(2_500)]).with_timezone("UTC");
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(StringViewArray::from_iter_values(["b", "a", "c"]))),
            ("at", Arc::new(at)),
            ("count", Arc::new(Int64Array::from(vec![None::<i64>, None, None]))),
            ("title", Arc::new(StringViewArray::from_iter_values(["x", "y", "z"]))),
        ];
        let stats = Stats::of(&[RecordBatch::try_from_iter(columns).unwrap()], Some("id"));
        assert_eq!(stats.ranges["id"], Range::Text("a".into(), "c".into()));
        assert_eq!(stats.ranges["at"], Range::Instant(1_500, 2_500));
        assert!(stats.is_empty_column("count") && !stats.is_empty_column("at"));
        assert!(!stats.ranges.contains_key("title"));
        assert_eq!(Stats::of_json(&stats.json().to_string()), stats);
    }
}
