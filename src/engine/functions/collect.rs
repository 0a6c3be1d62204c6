//! Aggregates that need all values of a group at once: order statistics, Kaplan–Meier, bootstrap.
//!
//! They share one accumulator, which keeps each group's values side by side, and differ in what they make of them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Float64Builder, ListArray, ListBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use crate::stats::{LEVEL, bootstrap, mean, quantile, survival};

pub fn functions() -> Vec<AggregateUDF> {
    [Method::KaplanMeier, Method::OrderStatistics, Method::RatioOfSums]
        .into_iter()
        .map(|method| AggregateUDF::from(Collect::new(method)))
        .collect()
}

/// What is made of a group's values, which stand interleaved: x1 y1 x2 y2 …
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Method {
    KaplanMeier,
    OrderStatistics,
    RatioOfSums,
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::KaplanMeier => "kaplan_meier",
            Self::OrderStatistics => "order_statistics",
            Self::RatioOfSums => "ratio_of_sums",
        }
    }

    /// How many arguments it takes.
    fn width(self) -> usize {
        match self {
            Self::OrderStatistics => 1,
            Self::KaplanMeier | Self::RatioOfSums => 2,
        }
    }

    fn finish(self, values: &mut [f64]) -> Vec<Option<f64>> {
        match self {
            Self::KaplanMeier => kaplan_meier(values),
            Self::OrderStatistics => order_statistics(values),
            Self::RatioOfSums => ratio_of_sums(values),
        }
    }
}

/// Resamples of a bootstrap; its seed is fixed so that the same rows give the same interval.
const RESAMPLES: usize = 2_000;
const SEED: u64 = 20_260_101;

/// [p25, p50, p75, p90, p95, low and high of the median, mean, lower median], all in the unit of x.
fn order_statistics(values: &mut [f64]) -> Vec<Option<f64>> {
    let Some(summary) = quantile::select_summary(values, LEVEL) else {
        return vec![None; 9];
    };
    let lower = (values.len() - 1) / 2;
    let (_, lower_median, _) = values.select_nth_unstable_by(lower, f64::total_cmp);
    let lower_median = *lower_median;
    vec![
        Some(summary.p25),
        Some(summary.p50),
        Some(summary.p75),
        Some(summary.p90),
        Some(summary.p95),
        summary.low,
        summary.high,
        mean::mean(values),
        Some(lower_median),
    ]
}

/// [median, low, high, number of observed events], the first three in seconds.
fn kaplan_meier(values: &[f64]) -> Vec<Option<f64>> {
    let pairs: Vec<(f64, bool)> = values.chunks_exact(2).map(|pair| (pair[0], pair[1] > 0.5)).collect();
    let observed = pairs.iter().filter(|(_, is_observed)| *is_observed).count();
    let curve = survival::KaplanMeier::new(&pairs);
    let (low, high) = curve.median_interval(LEVEL).unwrap_or((None, None));
    vec![curve.quantile(0.5), low, high, Some(observed as f64)]
}

/// [Σx / Σy, low, high], unit of x over unit of y.
fn ratio_of_sums(values: &[f64]) -> Vec<Option<f64>> {
    // Sorted, so that the order in which rows arrive cannot change the resamples.
    let mut pairs: Vec<(f64, f64)> = values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let below: f64 = y.iter().sum();
    let ratio = (below != 0.0).then(|| x.iter().sum::<f64>() / below);
    let interval = bootstrap::ratio_of_sums(&x, &y, LEVEL, SEED, RESAMPLES);
    vec![ratio, interval.map(|interval| interval.low), interval.map(|interval| interval.high)]
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Collect {
    method: Method,
    signature: Signature,
}

impl Collect {
    fn new(method: Method) -> Self {
        Self { method, signature: Signature::any(method.width(), Volatility::Immutable) }
    }
}

fn list_of_numbers() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)))
}

impl AggregateUDFImpl for Collect {
    fn name(&self) -> &str {
        self.method.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of_numbers())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[values]", args.name), list_of_numbers(), true))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(One(self.groups())))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.groups()))
    }
}

impl Collect {
    fn groups(&self) -> Groups {
        Groups { method: self.method, values: Vec::new() }
    }
}

/// The values of every group, interleaved by argument.
#[derive(Debug)]
struct Groups {
    method: Method,
    values: Vec<Vec<f64>>,
}

impl Groups {
    fn grow(&mut self, count: usize) {
        if self.values.len() < count {
            self.values.resize_with(count, Vec::new);
        }
    }
}

/// The arguments as numbers; flags are 0 and 1.
fn numbers(values: &[ArrayRef]) -> Result<Vec<Float64Array>> {
    let one = |array: &ArrayRef| Ok(cast(array, &DataType::Float64)?.as_primitive::<Float64Type>().clone());
    values.iter().map(one).collect()
}

fn lists(groups: impl Iterator<Item = Vec<Option<f64>>>) -> ListArray {
    let mut builder = ListBuilder::new(Float64Builder::new());
    for values in groups {
        builder.values().extend(values);
        builder.append(true);
    }
    builder.finish()
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        self.grow(group_count);
        let columns = numbers(values)?;
        for (row, group) in group_indices.iter().enumerate() {
            let is_filtered = filter.is_some_and(|filter| filter.is_null(row) || !filter.value(row));
            // A value that is not known is left out, as in every SQL aggregate.
            if is_filtered || columns.iter().any(|column| column.is_null(row)) {
                continue;
            }
            self.values[*group].extend(columns.iter().map(|column| column.value(row)));
        }
        Ok(())
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], group_count: usize) -> Result<()> {
        self.grow(group_count);
        let states = values[0].as_list::<i32>();
        for (row, group) in group_indices.iter().enumerate() {
            if states.is_valid(row) {
                let part = states.value(row);
                self.values[*group].extend_from_slice(part.as_primitive::<Float64Type>().values());
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let groups = emit_to.take_needed(&mut self.values);
        let method = self.method;
        Ok(Arc::new(lists(groups.into_iter().map(|mut values| method.finish(&mut values)))))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = emit_to.take_needed(&mut self.values);
        let all = groups.into_iter().map(|values| values.into_iter().map(Some).collect());
        Ok(vec![Arc::new(lists(all))])
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let row_count = values.first().map_or(0, |array| array.len());
        let mut each = Groups { method: self.method, values: Vec::new() };
        let rows: Vec<usize> = (0..row_count).collect();
        each.update_batch(values, &rows, filter, row_count)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.values.iter().map(|values| values.capacity() * size_of::<f64>() + size_of::<Vec<f64>>()).sum()
    }
}

/// The same without groups.
#[derive(Debug)]
struct One(Groups);

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let row_count = values.first().map_or(0, |array| array.len());
        self.0.update_batch(values, &vec![0; row_count], None, 1)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let row_count = states.first().map_or(0, |array| array.len());
        self.0.merge_batch(states, &vec![0; row_count], 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.0.grow(1);
        let list = self.0.evaluate(EmitTo::All)?;
        ScalarValue::try_from_array(&list, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.grow(1);
        let states = self.0.state(EmitTo::All)?;
        states.iter().map(|state| ScalarValue::try_from_array(state, 0)).collect()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.0.size()
    }
}
