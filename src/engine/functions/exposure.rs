//! `exposure_test(service, at, seconds, flag, count)`: events in flagged time against those in other time.
//!
//! It takes stretches of time, one a row, whose events lie at their beginning, and compares each service with itself in
//! the same four weeks: a stratified rate ratio, and a test that moves the events by whole weeks. The numerics are in
//! `stats`; here rows are gathered, and nothing is known of deployments.

use std::collections::BTreeMap;
use std::ops::Add;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListArray, StringArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

use super::arguments::{self, Kind};
use crate::stats::LEVEL;
use crate::stats::shift::{self, Blocks, Track};
use crate::stats::stratified::{self, Stratum};

pub fn function() -> AggregateUDF {
    AggregateUDF::from(ExposureTest { signature: Signature::user_defined(Volatility::Immutable) })
}

const NAME: &str = "exposure_test";
const COLUMN_COUNT: usize = 5;
const SECOND_US: f64 = 1_000_000.0;
const WEEK_US: i64 = 7 * 86_400 * 1_000_000;

/// Events are compared with time and moved to weeks within about so many weeks. Simulated over a year of linear growth
/// in 100 services without an effect, p ≤ 0.05 had a share of 0.08 with blocks of four weeks, 0.15 with 13, 0.67 with
/// all 52; a doubled rate in two services was found in 0.75, 0.83 and 0.80 of the years.
const BLOCK_WEEKS: i64 = 4;

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

/// The rows of one group, by service. There may be thousands of groups of a few rows in every batch, so what is kept of
/// a row is a few numbers, no array.
#[derive(Debug, Default)]
struct Stretches {
    services: BTreeMap<String, Service>,
}

impl Stretches {
    fn add(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let types = column_types();
        let cast = |(column, kind): (&ArrayRef, &DataType)| Ok(cast(column, kind)?);
        let columns: Vec<ArrayRef> = columns.iter().zip(&types).map(cast).collect::<Result<_>>()?;
        let [names, starts, lengths, flags, counts] = &columns[..] else {
            return internal_err!("{NAME} takes {COLUMN_COUNT} columns");
        };
        let (names, starts) = (names.as_string::<i32>(), starts.as_primitive::<Int64Type>());
        let (lengths, flags) = (lengths.as_primitive::<Float64Type>(), flags.as_boolean());
        let counts = counts.as_primitive::<Int64Type>();
        for row in 0..names.len() {
            // A row with something unknown is left out, as in every SQL aggregate.
            if columns.iter().any(|column| column.is_null(row)) {
                continue;
            }
            let name = names.value(row);
            if !self.services.contains_key(name) {
                self.services.insert(name.to_owned(), Service::default());
            }
            if let Some(service) = self.services.get_mut(name) {
                let count = u64::try_from(counts.value(row)).unwrap_or(0);
                service.add(starts.value(row), lengths.value(row), flags.value(row), count);
            }
        }
        Ok(())
    }
}

impl Accumulator for Stretches {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(values)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let lists: Vec<&ListArray> = states.iter().map(|state| state.as_list::<i32>()).collect();
        let rows = lists.first().map_or(0, |list| list.len());
        for row in (0..rows).filter(|row| lists.iter().all(|list| list.is_valid(*row))) {
            let columns: Vec<ArrayRef> = lists.iter().map(|list| list.value(row)).collect();
            self.add(&columns)?;
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut rows: Vec<(&str, Stretch)> = Vec::new();
        for (name, service) in &self.services {
            rows.extend(service.stretches.iter().map(|stretch| (name.as_str(), *stretch)));
        }
        let columns: [ArrayRef; COLUMN_COUNT] = [
            Arc::new(StringArray::from_iter_values(rows.iter().map(|(name, _)| name))),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, row)| row.from))),
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|(_, row)| row.length_s()))),
            Arc::new(BooleanArray::from_iter(rows.iter().map(|(_, row)| Some(row.is_exposed)))),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, row)| row.event_count as i64))),
        ];
        Ok(columns.into_iter().map(listed).collect())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let services: Vec<&Service> = self.services.values().collect();
        Ok(listed(Arc::new(Float64Array::from(tested(&services)))))
    }

    fn size(&self) -> usize {
        let services = self.services.iter();
        size_of_val(self) + services.map(|(name, service)| name.capacity() + service.size()).sum::<usize>()
    }
}

/// One list that holds the whole array.
fn listed(array: ArrayRef) -> ScalarValue {
    let field = Arc::new(Field::new_list_field(array.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths([array.len()]);
    ScalarValue::List(Arc::new(ListArray::new(field, offsets, array, None)))
}

/// Some time of a service, in microseconds, with its events at the beginning.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: i64,
    until: i64,
    is_exposed: bool,
    event_count: u64,
}

impl Stretch {
    fn length_s(&self) -> f64 {
        self.until.saturating_sub(self.from) as f64 / SECOND_US
    }
}

/// What was seen of one service.
#[derive(Debug, Default)]
struct Service {
    stretches: Vec<Stretch>,
}

impl Service {
    fn add(&mut self, start_us: i64, length_s: f64, is_exposed: bool, event_count: u64) {
        let until = start_us.saturating_add((length_s * SECOND_US).round() as i64);
        self.stretches.push(Stretch { from: start_us, until, is_exposed, event_count });
    }

    /// Bytes of memory.
    fn size(&self) -> usize {
        size_of_val(self) + self.stretches.capacity() * size_of::<Stretch>()
    }

    fn track(&self) -> Track {
        let exposed = self.stretches.iter().filter(|one| one.is_exposed).map(|one| (one.from, one.until));
        let mut track = Track {
            exposed: exposed.collect(),
            events: self.stretches.iter().flat_map(|one| (0..one.event_count).map(|_| one.from)).collect(),
            from: self.stretches.iter().map(|one| one.from).min().unwrap_or(0),
            until: self.stretches.iter().map(|one| one.until).max().unwrap_or(0),
        };
        track.exposed.sort_unstable();
        track
    }

    /// One stratum a block, of those in which the service was seen.
    fn strata(&self, blocks: &Blocks) -> Vec<Stratum> {
        let mut sides: BTreeMap<usize, [(u64, i64); 2]> = BTreeMap::new();
        for stretch in &self.stretches {
            let place = usize::from(!stretch.is_exposed);
            let mut from = stretch.from;
            sides.entry(blocks.at(from)).or_default()[place].0 += stretch.event_count;
            while from < stretch.until {
                let until = stretch.until.min(blocks.end_at(from));
                // Microseconds are whole numbers, so the order in which rows arrive cannot change their sum.
                let length = &mut sides.entry(blocks.at(from)).or_default()[place].1;
                *length = length.saturating_add(until.saturating_sub(from));
                from = until;
            }
        }
        sides.into_values().map(stratum).collect()
    }
}

fn stratum([exposed, other]: [(u64, i64); 2]) -> Stratum {
    Stratum {
        first_count: exposed.0,
        first_exposure: exposed.1 as f64 / SECOND_US,
        second_count: other.0,
        second_exposure: other.1 as f64 / SECOND_US,
    }
}

/// [ratio, low, high, p, exposed events, exposed seconds, other events, other seconds, p of the shifts, informative
/// blocks, events that cannot be compared].
///
/// Events and seconds are those of blocks in which a service has both exposed and other time; the events of the rest
/// are told apart. What is not finite is unknown: of a ratio without events to compare with, only the lower end is told.
fn tested(services: &[&Service]) -> Vec<Option<f64>> {
    let tracks: Vec<Track> = services.iter().map(|service| service.track()).collect();
    let from = tracks.iter().map(|track| track.from).min().unwrap_or(0);
    let until = tracks.iter().map(|track| track.until).max().unwrap_or(0);
    let blocks = Blocks::over(from, until, WEEK_US, BLOCK_WEEKS);
    let strata: Vec<Stratum> =
        blocks.iter().flat_map(|blocks| services.iter().flat_map(|service| service.strata(blocks))).collect();
    let (compared, rest): (Vec<Stratum>, Vec<Stratum>) = strata.into_iter().partition(Stratum::is_comparable);
    let found = stratified::rate_ratio(&compared, LEVEL);
    let shifted = blocks.and_then(|blocks| shift::block_shift(&tracks, &blocks));
    // From 0: the sum of no numbers is -0.
    let total = |strata: &[Stratum], part: fn(&Stratum) -> f64| Some(strata.iter().map(part).fold(0.0, f64::add));
    let numbers = [
        found.map(|found| found.ratio),
        found.map(|found| found.interval.low),
        found.map(|found| found.interval.high),
        found.map(|found| found.p),
        total(&compared, |stratum| stratum.first_count as f64),
        total(&compared, |stratum| stratum.first_exposure),
        total(&compared, |stratum| stratum.second_count as f64),
        total(&compared, |stratum| stratum.second_exposure),
        shifted.map(|shifted| shifted.p),
        shifted.map(|shifted| shifted.informative_count as f64),
        total(&rest, |stratum| (stratum.first_count + stratum.second_count) as f64),
    ];
    numbers.into_iter().map(|number| number.filter(|number| number.is_finite())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_S: f64 = 3600.0;
    const DAY_US: i64 = 86_400 * 1_000_000;

    #[test]
    fn two_weeks_of_one_service_are_one_stratum_and_one_track() {
        // 3 events in 24 h after deployments, 1 in 312 h otherwise: (3/24) / (1/312) = 39. Two whole weeks: one shift,
        // which puts every event elsewhere: p = 1/2 of one block.
        let mut service = Service::default();
        service.add(0, 24.0 * HOUR_S, true, 3);
        service.add(DAY_US, 13.0 * 24.0 * HOUR_S, false, 1);
        let found = tested(&[&service]);
        assert_eq!(found[4..], [3.0, 24.0 * HOUR_S, 1.0, 312.0 * HOUR_S, 0.5, 1.0, 0.0].map(Some));
        assert!((found[0].unwrap() - 39.0).abs() < 1e-9);
    }

    #[test]
    fn an_infinite_ratio_is_unknown_and_keeps_its_lower_end() {
        let mut service = Service::default();
        service.add(0, HOUR_S, true, 2);
        service.add(DAY_US, HOUR_S, false, 0);
        let found = tested(&[&service]);
        assert_eq!((found[0], found[2]), (None, None));
        assert!(found[1].is_some_and(|low| low > 0.0));
    }

    #[test]
    fn nothing_gives_counts_of_zero_and_no_ratio() {
        let found = tested(&[]);
        assert_eq!((found[0], found[4], found[8]), (None, Some(0.0), None));
    }

    #[test]
    fn growth_is_compared_with_the_same_weeks() {
        // Two blocks of four weeks with one event a day, then ten; one exposed day in the first, seven in the second.
        // In both the rates are equal, a ratio of 1; pooled it would be (71/8) / (237/48) = 1.8.
        let mut service = Service::default();
        for day in 0..56 {
            let is_exposed = day == 0 || (28..35).contains(&day);
            service.add(day * DAY_US, 24.0 * HOUR_S, is_exposed, if day < 28 { 1 } else { 10 });
        }
        let found = tested(&[&service]);
        assert!((found[0].unwrap() - 1.0).abs() < 1e-9, "{found:?}");
        assert_eq!((found[4], found[6], found[8]), (Some(71.0), Some(237.0), Some(1.0)));
    }

    #[test]
    fn what_cannot_be_compared_is_counted_apart() {
        // Of one service all time is exposed: its 102 events against nothing bring the other's ratio nothing.
        let mut compared = Service::default();
        compared.add(0, 24.0 * HOUR_S, true, 2);
        compared.add(DAY_US, 24.0 * HOUR_S, false, 1);
        let mut always = Service::default();
        always.add(0, 48.0 * HOUR_S, true, 102);
        let found = tested(&[&compared, &always]);
        assert!((found[0].unwrap() - 2.0).abs() < 1e-9, "{found:?}");
        assert_eq!([found[4], found[5], found[6], found[10]], [2.0, 24.0 * HOUR_S, 1.0, 102.0].map(Some));
    }

    #[test]
    fn a_stretch_over_the_end_of_a_block_belongs_to_both() {
        // Eight weeks in one stretch, but for the first and the last day: 27 other days in each of two blocks.
        let mut service = Service::default();
        service.add(0, 24.0 * HOUR_S, true, 0);
        service.add(DAY_US, 54.0 * 24.0 * HOUR_S, false, 0);
        service.add(55 * DAY_US, 24.0 * HOUR_S, true, 0);
        let blocks = Blocks::over(0, 56 * DAY_US, WEEK_US, BLOCK_WEEKS).unwrap();
        let days =
            |stratum: &Stratum| (stratum.first_exposure / 24.0 / HOUR_S, stratum.second_exposure / 24.0 / HOUR_S);
        let found: Vec<(f64, f64)> = service.strata(&blocks).iter().map(days).collect();
        assert_eq!(found, [(1.0, 27.0), (1.0, 27.0)]);
    }
}
