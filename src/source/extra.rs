//! The fields that no column takes, as JSON text, so that nothing of a record is lost.

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder};
use serde_json::{Map, Value};

use super::formats::Raw;
use super::plan::Plan;
use super::typed;

/// One JSON object a row, null where the row has no such field; none where the file has none at all.
/// A name that comes several times in the header has a list of its values.
pub(super) fn of(plan: &Plan, raw: &Raw, is_nothing: impl Fn(&str) -> bool) -> Option<StringViewArray> {
    if let Some(extra) = &raw.extra {
        return (extra.null_count() < extra.len()).then(|| extra.clone());
    }
    if plan.extra.is_empty() {
        return None;
    }
    let texts: Vec<Option<ArrayRef>> = raw.columns.iter().map(|column| typed::text(column).ok()).collect();
    let cell = |place: usize, row: usize| {
        let column = texts.get(place)?.as_ref()?.as_string_view();
        let value = column.is_valid(row).then(|| column.value(row).trim())?;
        (!is_nothing(value)).then(|| Value::from(value))
    };
    let mut builder = StringViewBuilder::with_capacity(raw.rows);
    for row in 0..raw.rows {
        let mut object = Map::new();
        for extra in &plan.extra {
            let mut values: Vec<Value> = extra.from.iter().filter_map(|place| cell(*place, row)).collect();
            let value = match (extra.from.len(), values.len()) {
                (_, 0) => continue,
                (1, _) => values.swap_remove(0),
                _ => Value::Array(values),
            };
            object.insert(extra.name.clone(), value);
        }
        match object.is_empty() {
            true => builder.append_null(),
            false => builder.append_value(Value::Object(object).to_string()),
        }
    }
    Some(builder.finish())
}
