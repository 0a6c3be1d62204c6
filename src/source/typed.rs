//! Columns that come with a type of their own, as in Parquet, made canonical ones.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, StringViewArray, TimestampMicrosecondArray};
use arrow::compute::{CastOptions, can_cast_types, cast_with_options, is_not_null, max, min};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::util::display::FormatOptions;

use super::formats::Raw;
use super::instant;
use super::plan::Filled;
use super::zone::Zone;
use crate::table::Kind;

/// Why a column cannot be cast.
pub(super) enum Problem {
    NoZone { row: usize, value: String },
    Arrow(ArrowError),
}

impl From<ArrowError> for Problem {
    fn from(error: ArrowError) -> Self {
        Self::Arrow(error)
    }
}

/// The array that fills a column as it is, where it is not text.
pub(super) fn column<'a>(filled: &Filled, raw: &'a Raw) -> Option<&'a ArrayRef> {
    let [place] = filled.from[..] else {
        return None;
    };
    let array = raw.columns.get(place)?;
    let is_plain = filled.default.is_none() && filled.words.is_empty();
    (is_plain && is_own(array.data_type(), filled.column.kind)).then_some(array)
}

/// Whether a type can become that kind without going through text.
pub(super) fn is_own(data_type: &DataType, kind: Kind) -> bool {
    match kind {
        Kind::Instant => data_type.is_integer() || is_date(data_type),
        Kind::Flag => matches!(data_type, DataType::Boolean),
        Kind::Whole => data_type.is_integer(),
        Kind::Number => data_type.is_numeric(),
        Kind::Text | Kind::Word(_) | Kind::OpenWord(_) => false,
    }
}

fn is_date(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64)
}

/// Casts to the type of a kind; cells that do not fit are refused and null.
pub(super) fn cast(
    array: &ArrayRef,
    kind: Kind,
    zone: Option<&mut Zone>,
    refuse: impl FnMut(usize, String, String),
) -> Result<ArrayRef, Problem> {
    match kind {
        Kind::Instant => instants(array, zone, refuse),
        _ => Ok(checked(array, &kind.data_type(), refuse)?),
    }
}

/// Any column as text; nested values as they are displayed.
pub(super) fn text(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if can_cast_types(array.data_type(), &DataType::Utf8View) {
        return safely(array, &DataType::Utf8View);
    }
    let values = (0..array.len()).map(|row| array.is_valid(row).then(|| display(array, row)));
    Ok(Arc::new(StringViewArray::from_iter(values)))
}

fn safely(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(array, to, &CastOptions { safe: true, format_options: FormatOptions::default() })
}

fn checked(
    array: &ArrayRef,
    to: &DataType,
    mut refuse: impl FnMut(usize, String, String),
) -> Result<ArrayRef, ArrowError> {
    let cast = safely(array, to)?;
    if cast.null_count() > array.null_count() {
        for (row, is_valid) in is_not_null(array)?.values().iter().enumerate() {
            if is_valid && cast.is_null(row) {
                refuse(row, display(array, row), format!("does not fit into {to}"));
            }
        }
    }
    Ok(cast)
}

fn instants(
    array: &ArrayRef,
    zone: Option<&mut Zone>,
    mut refuse: impl FnMut(usize, String, String),
) -> Result<ArrayRef, Problem> {
    let is_local = match array.data_type() {
        DataType::Timestamp(_, zone) => zone.is_none(),
        other => is_date(other),
    };
    let whole = checked(array, &DataType::Int64, &mut refuse)?;
    let whole = whole.as_primitive::<Int64Type>();
    let micros: Int64Array = match micros_each(array.data_type()) {
        Some((1, 1)) => whole.clone(),
        Some((micros, each)) => whole.unary(|value| value.saturating_mul(micros) / each),
        None => whole.unary(|value| instant::from_epoch(value).unwrap_or(value)),
    };
    // The earliest and the latest speak for all between them.
    let is_within = |value: Option<i64>| value.is_none_or(|value| instant::within(value).is_ok());
    if !is_local && is_within(min(&micros)) && is_within(max(&micros)) {
        return Ok(Arc::new(micros.reinterpret_cast::<TimestampMicrosecondType>().with_timezone("UTC")));
    }
    let mut zone = zone;
    let mut values = micros.values().to_vec();
    let mut is_valid: Vec<bool> = (0..micros.len()).map(|row| micros.is_valid(row)).collect();
    for (row, value) in values.iter_mut().enumerate() {
        if !is_valid[row] {
            continue;
        }
        if is_local {
            match zone.as_deref_mut() {
                Some(zone) => *value = zone.instant(*value),
                None => {
                    return Err(Problem::NoZone { row, value: display(array, row) });
                }
            }
        }
        if let Err(fault) = instant::within(*value) {
            refuse(row, display(array, row), fault.reason());
            is_valid[row] = false;
        }
    }
    let nulls = BooleanArray::from(is_valid).values().clone();
    let array = TimestampMicrosecondArray::new(values.into(), Some(nulls.into()));
    Ok(Arc::new(array.with_timezone("UTC")))
}

/// So many microseconds are so many units of a type of time; none where a number's magnitude has to tell.
///
/// Arrow's own cast between units does not look for overflow: a year beyond all would come back as one of ours.
fn micros_each(data_type: &DataType) -> Option<(i64, i64)> {
    match data_type {
        DataType::Timestamp(TimeUnit::Second, _) => Some((1_000_000, 1)),
        DataType::Timestamp(TimeUnit::Millisecond, _) | DataType::Date64 => Some((1_000, 1)),
        DataType::Timestamp(TimeUnit::Microsecond, _) => Some((1, 1)),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => Some((1, 1_000)),
        DataType::Date32 => Some((86_400_000_000, 1)),
        _ => None,
    }
}

fn display(array: &ArrayRef, row: usize) -> String {
    arrow::util::display::array_value_to_string(array, row).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use arrow::array::{Date32Array, TimestampNanosecondArray, TimestampSecondArray, UInt64Array};

    use super::*;

    const NOON: i64 = 1_715_441_160_000_000;

    fn instants_of(array: impl Array + 'static, zone: Option<&str>) -> (Vec<Option<i64>>, Vec<String>) {
        let array: ArrayRef = Arc::new(array);
        let mut zone = zone.and_then(Zone::named);
        let mut reasons = Vec::new();
        let Ok(cast) = cast(&array, Kind::Instant, zone.as_mut(), |_, _, reason| reasons.push(reason)) else {
            return (vec![], vec!["no zone".into()]);
        };
        assert_eq!(cast.data_type(), &Kind::Instant.data_type());
        (cast.as_primitive::<TimestampMicrosecondType>().iter().collect(), reasons)
    }

    #[test]
    fn every_type_of_time_becomes_microseconds_in_utc() {
        let nanos = TimestampNanosecondArray::from(vec![Some(NOON * 1000), None]);
        assert_eq!(instants_of(nanos.clone().with_timezone("+02:00"), None).0, [Some(NOON), None]);
        assert_eq!(instants_of(nanos.clone(), Some("Europe/Paris")).0, [Some(NOON - 7_200_000_000), None]);
        assert_eq!(instants_of(nanos, None).1, ["no zone"]);
        assert_eq!(instants_of(Int64Array::from(vec![NOON / 1000]), None).0, [Some(NOON)]);
        assert_eq!(instants_of(Date32Array::from(vec![19_854]), Some("UTC")).0, [Some(1_715_385_600_000_000)]);
    }

    #[test]
    fn a_time_out_of_range_is_refused() {
        let (values, reasons) = instants_of(Int64Array::from(vec![5, NOON]), None);
        assert_eq!(values, [None, Some(NOON)]);
        assert_eq!(reasons, ["year 1970 is outside 1990 to 2100"]);
    }

    #[test]
    fn a_time_that_does_not_fit_into_microseconds_is_refused() {
        // Times a million, and without a look for overflow, this is in the year 2024.
        let wraps = (NOON as i128 + (1i128 << 64) * 3) / 1_000_000;
        for seconds in [wraps as i64, i64::MAX, i64::MIN] {
            for zone in [None, Some("Europe/Paris")] {
                let array = TimestampSecondArray::from(vec![seconds]);
                let array = if zone.is_none() { array.with_timezone("UTC") } else { array };
                let (values, reasons) = instants_of(array, zone);
                assert_eq!((values, reasons.len()), (vec![None], 1), "{seconds}");
            }
        }
        assert_eq!(instants_of(Date32Array::from(vec![i32::MAX]), Some("UTC")).0, [None]);
    }

    #[test]
    fn a_number_too_large_is_refused() {
        let array: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, 7]));
        let mut rows = Vec::new();
        let cast = cast(&array, Kind::Whole, None, |row, value, _| rows.push((row, value)));
        let Ok(cast) = cast else { panic!("the cast failed") };
        assert_eq!(cast.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [None, Some(7)]);
        assert_eq!(rows, [(0, u64::MAX.to_string())]);
    }
}
