//! `exposure_test(service, at, seconds, flag, count)`: events in flagged time against those in other time.
//!
//! It takes stretches of time, one a row, whose events lie at their beginning, and compares each service with itself:
//! a stratified rate ratio, and a test that moves the events by whole weeks. The numerics are in `stats`; here rows
//! are gathered, and nothing is known of deployments.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

use super::arguments::{self, Kind};
use crate::stats::LEVEL;
use crate::stats::shift::{self, Track};
use crate::stats::stratified::{self, Stratum};

pub fn function() -> AggregateUDF {
    AggregateUDF::from(ExposureTest { signature: Signature::user_defined(Volatility::Immutable) })
}

const NAME: &str = "exposure_test";
const COLUMN_COUNT: usize = 5;
const SECOND_US: f64 = 1_000_000.0;
const WEEK_US: i64 = 7 * 86_400 * 1_000_000;

/// The types in which the columns are kept, in the order of the arguments; an instant is microseconds.
fn column_types() -> [DataType; COLUMN_COUNT] {
    [DataType::Utf8, DataType::Int64, DataType::Float64, DataType::Boolean, DataType::Int64]
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ExposureTest {
    signature: Signature,
}

impl AggregateUDFImpl for ExposureTest {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments::coerced(NAME, &[Kind::Text, Kind::Instant, Kind::Number, Kind::Flag, Kind::Number], given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(DataType::Float64))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field = |(index, item)| Arc::new(Field::new(format!("{}[{index}]", args.name), list_of(item), true));
        Ok(column_types().into_iter().enumerate().map(field).collect())
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Stretches::default()))
    }
}

/// The rows of one group as they came.
#[derive(Debug, Default)]
struct Stretches {
    columns: [Vec<ArrayRef>; COLUMN_COUNT],
}

impl Stretches {
    fn whole(&self) -> Result<Vec<ArrayRef>> {
        let types = column_types();
        let one = |(parts, kind): (&Vec<ArrayRef>, &DataType)| {
            let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
            Ok(if parts.is_empty() { arrow::array::new_empty_array(kind) } else { concat(&parts)? })
        };
        self.columns.iter().zip(&types).map(one).collect()
    }

    fn services(&self) -> Result<BTreeMap<String, Service>> {
        let columns = self.whole()?;
        let (names, starts) = (columns[0].as_string::<i32>(), columns[1].as_primitive::<Int64Type>());
        let (lengths, flags) = (columns[2].as_primitive::<Float64Type>(), columns[3].as_boolean());
        let counts = columns[4].as_primitive::<Int64Type>();
        let mut services: BTreeMap<String, Service> = BTreeMap::new();
        for row in 0..names.len() {
            // A row with something unknown is left out, as in every SQL aggregate.
            if columns.iter().any(|column| column.is_null(row)) {
                continue;
            }
            if !services.contains_key(names.value(row)) {
                services.insert(names.value(row).to_owned(), Service::default());
            }
            if let Some(service) = services.get_mut(names.value(row)) {
                let count = u64::try_from(counts.value(row)).unwrap_or(0);
                service.add(starts.value(row), lengths.value(row), flags.value(row), count);
            }
        }
        Ok(services)
    }
}

impl Accumulator for Stretches {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for ((column, array), kind) in self.columns.iter_mut().zip(values).zip(column_types()) {
            column.push(cast(array, &kind)?);
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for (column, state) in self.columns.iter_mut().zip(states) {
            let lists = state.as_list::<i32>();
            column.extend((0..lists.len()).filter(|row| lists.is_valid(*row)).map(|row| lists.value(row)));
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(self.whole()?.into_iter().map(listed).collect())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let services: Vec<Service> = self.services()?.into_values().collect();
        Ok(listed(Arc::new(Float64Array::from(tested(services)))))
    }

    fn size(&self) -> usize {
        let arrays = self.columns.iter().flatten();
        size_of_val(self) + arrays.map(|array| array.get_array_memory_size()).sum::<usize>()
    }
}

/// One list that holds the whole array.
fn listed(array: ArrayRef) -> ScalarValue {
    let field = Arc::new(Field::new_list_field(array.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths([array.len()]);
    ScalarValue::List(Arc::new(ListArray::new(field, offsets, array, None)))
}

/// What was seen of one service.
#[derive(Debug, Default)]
struct Service {
    track: Track,
    /// Events and microseconds, whole numbers, so that the order in which rows arrive cannot change their sum.
    exposed: (u64, i64),
    other: (u64, i64),
    is_begun: bool,
}

impl Service {
    fn add(&mut self, start_us: i64, length_s: f64, is_exposed: bool, event_count: u64) {
        let length_us = (length_s * SECOND_US).round() as i64;
        let end_us = start_us.saturating_add(length_us);
        let side = if is_exposed { &mut self.exposed } else { &mut self.other };
        *side = (side.0 + event_count, side.1.saturating_add(length_us));
        if is_exposed {
            self.track.exposed.push((start_us, end_us));
        }
        self.track.events.extend((0..event_count).map(|_| start_us));
        self.track.from = if self.is_begun { self.track.from.min(start_us) } else { start_us };
        self.track.until = if self.is_begun { self.track.until.max(end_us) } else { end_us };
        self.is_begun = true;
    }

    fn stratum(&self) -> Stratum {
        Stratum {
            first_count: self.exposed.0,
            first_exposure: self.exposed.1 as f64 / SECOND_US,
            second_count: self.other.0,
            second_exposure: self.other.1 as f64 / SECOND_US,
        }
    }
}

/// [ratio, low, high, p, exposed events, exposed seconds, other events, other seconds, p of the shifts, shifts].
///
/// What is not finite is unknown: of a ratio without events to compare with, only the lower end is told.
fn tested(mut services: Vec<Service>) -> Vec<Option<f64>> {
    for service in &mut services {
        service.track.exposed.sort_unstable();
    }
    let strata: Vec<Stratum> = services.iter().map(Service::stratum).collect();
    let found = stratified::rate_ratio(&strata, LEVEL);
    let tracks: Vec<Track> = services.into_iter().map(|service| service.track).collect();
    let shifted = shift::circular_shift(&tracks, WEEK_US);
    let total = |part: fn(&Stratum) -> f64| Some(strata.iter().map(part).sum::<f64>());
    let numbers = [
        found.map(|found| found.ratio),
        found.map(|found| found.interval.low),
        found.map(|found| found.interval.high),
        found.map(|found| found.p),
        total(|stratum| stratum.first_count as f64),
        total(|stratum| stratum.first_exposure),
        total(|stratum| stratum.second_count as f64),
        total(|stratum| stratum.second_exposure),
        shifted.map(|shifted| shifted.p),
        shifted.map(|shifted| shifted.shift_count as f64),
    ];
    numbers.into_iter().map(|number| number.filter(|number| number.is_finite())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_S: f64 = 3600.0;
    const DAY_US: i64 = 86_400 * 1_000_000;

    #[test]
    fn stretches_of_one_service_are_one_stratum_and_one_track() {
        // 3 events in 24 h after deployments, 1 in 312 h otherwise: (3/24) / (1/312) = 39. Two whole weeks: one shift,
        // which puts every event elsewhere: p = 1/2.
        let mut service = Service::default();
        service.add(0, 24.0 * HOUR_S, true, 3);
        service.add(DAY_US, 13.0 * 24.0 * HOUR_S, false, 1);
        let found = tested(vec![service]);
        assert_eq!(found[4..], [3.0, 24.0 * HOUR_S, 1.0, 312.0 * HOUR_S, 0.5, 1.0].map(Some));
        assert!((found[0].unwrap() - 39.0).abs() < 1e-9);
    }

    #[test]
    fn an_infinite_ratio_is_unknown_and_keeps_its_lower_end() {
        let mut service = Service::default();
        service.add(0, HOUR_S, true, 2);
        service.add(DAY_US, HOUR_S, false, 0);
        let found = tested(vec![service]);
        assert_eq!((found[0], found[2]), (None, None));
        assert!(found[1].is_some_and(|low| low > 0.0));
    }

    #[test]
    fn nothing_gives_counts_of_zero_and_no_ratio() {
        let found = tested(Vec::new());
        assert_eq!((found[0], found[4], found[8]), (None, Some(0.0), None));
    }
}
