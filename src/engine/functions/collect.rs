//! How aggregates that need all values of a group at once collect them; [`super::summaries`] says what is made of them.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Float64Builder, ListArray, ListBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use super::arguments;
use super::summaries::{Finish, SUMMARIES, Summary};

pub fn functions() -> Vec<AggregateUDF> {
    SUMMARIES.iter().map(|summary| AggregateUDF::from(Collect::new(summary))).collect()
}

/// A summary under its name, which is all that tells it from others.
#[derive(Debug)]
struct Collect {
    summary: &'static Summary,
    signature: Signature,
}

impl Collect {
    fn new(summary: &'static Summary) -> Self {
        Self { summary, signature: Signature::user_defined(Volatility::Immutable) }
    }

    fn groups(&self) -> Groups {
        Groups { finish: self.summary.finish, values: Vec::new() }
    }
}

impl PartialEq for Collect {
    fn eq(&self, other: &Self) -> bool {
        self.summary.name == other.summary.name
    }
}

impl Eq for Collect {}

impl Hash for Collect {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.summary.name.hash(state);
    }
}

fn list_of_numbers() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)))
}

impl AggregateUDFImpl for Collect {
    fn name(&self) -> &str {
        self.summary.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments::coerced(self.summary.name, self.summary.arguments, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.summary.finish {
            Finish::One(_) => DataType::Float64,
            Finish::Several(_) => list_of_numbers(),
        })
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

/// The values of every group, interleaved by argument.
#[derive(Debug)]
struct Groups {
    finish: Finish,
    values: Vec<Vec<f64>>,
}

impl Groups {
    fn grow(&mut self, count: usize) {
        if self.values.len() < count {
            self.values.resize_with(count, Vec::new);
        }
    }
}

/// The arguments as numbers; flags are 0 and 1, dates days and instants microseconds.
fn numbers(values: &[ArrayRef]) -> Result<Vec<Float64Array>> {
    let one = |array: &ArrayRef| {
        let array = match array.data_type() {
            DataType::Date32 => &cast(array, &DataType::Int32)?,
            DataType::Timestamp(_, _) => &cast(array, &DataType::Int64)?,
            _ => array,
        };
        Ok(cast(array, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
    };
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
        Ok(match self.finish {
            Finish::One(finish) => {
                let numbers = groups.into_iter().map(|mut values| finish(&mut values));
                Arc::new(numbers.collect::<Float64Array>())
            }
            Finish::Several(finish) => Arc::new(lists(groups.into_iter().map(|mut values| finish(&mut values)))),
        })
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = emit_to.take_needed(&mut self.values);
        let all = groups.into_iter().map(|values| values.into_iter().map(Some).collect());
        Ok(vec![Arc::new(lists(all))])
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let row_count = values.first().map_or(0, |array| array.len());
        let mut each = Groups { finish: self.finish, values: Vec::new() };
        let rows: Vec<usize> = (0..row_count).collect();
        each.update_batch(values, &rows, filter, row_count)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.values.iter().map(|values| values.capacity() * size_of::<f64>() + size_of::<Vec<f64>>()).sum()
    }
}

/// The same without groups, and for windows, which ask again as rows come and go.
#[derive(Debug)]
struct One(Groups);

impl One {
    /// What is asked for is made of a copy: the values are needed for the next row of a window.
    fn copy(&self) -> Groups {
        Groups { finish: self.0.finish, values: vec![self.0.values.first().cloned().unwrap_or_default()] }
    }
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let row_count = values.first().map_or(0, |array| array.len());
        self.0.update_batch(values, &vec![0; row_count], None, 1)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let row_count = states.first().map_or(0, |array| array.len());
        self.0.merge_batch(states, &vec![0; row_count], 1)
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    /// Rows leave a window in the order in which they came.
    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let mut leaving = Self(Groups { finish: self.0.finish, values: Vec::new() });
        leaving.update_batch(values)?;
        let count = leaving.0.values.first().map_or(0, Vec::len);
        if let Some(kept) = self.0.values.first_mut() {
            kept.drain(..count.min(kept.len()));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&self.copy().evaluate(EmitTo::All)?, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let states = self.copy().state(EmitTo::All)?;
        states.iter().map(|state| ScalarValue::try_from_array(state, 0)).collect()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.0.size()
    }
}
