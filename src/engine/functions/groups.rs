//! `group_statistics(x, group)`: means of means and medians of medians, as some tools tell them.
//!
//! Such numbers give a group of one as much weight as a group of a thousand; they are here to reproduce and to explain.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Float64Builder, ListBuilder, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

use crate::stats::{mean, quantile};

pub fn functions() -> Vec<AggregateUDF> {
    vec![AggregateUDF::from(GroupStatistics { signature: Signature::any(2, Volatility::Immutable) })]
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct GroupStatistics {
    signature: Signature,
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

impl AggregateUDFImpl for GroupStatistics {
    fn name(&self) -> &str {
        "group_statistics"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(DataType::Float64))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field = |part: &str, item| Arc::new(Field::new(format!("{}[{part}]", args.name), list_of(item), true));
        Ok(vec![field("groups", DataType::Utf8), field("values", DataType::Float64)])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Gathered::default()))
    }
}

/// The values of each group; those without a group, where the caller does not leave them out, are a group.
#[derive(Debug, Default)]
struct Gathered {
    values: BTreeMap<Option<String>, Vec<f64>>,
}

impl Gathered {
    fn add(&mut self, values: &Float64Array, groups: &StringArray) {
        for (value, group) in values.iter().zip(groups.iter()) {
            if let Some(value) = value {
                self.values.entry(group.map(str::to_owned)).or_default().push(value);
            }
        }
    }
}

impl Accumulator for Gathered {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let numbers = cast(&values[0], &DataType::Float64)?;
        let groups = cast(&values[1], &DataType::Utf8)?;
        self.add(numbers.as_primitive::<Float64Type>(), groups.as_string::<i32>());
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (groups, values) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        for row in (0..groups.len()).filter(|row| groups.is_valid(*row)) {
            self.add(values.value(row).as_primitive::<Float64Type>(), groups.value(row).as_string::<i32>());
        }
        Ok(())
    }

    /// [mean of means, median of means, median of medians, number of groups], the first three in the unit of x.
    fn evaluate(&mut self) -> Result<ScalarValue> {
        // Sorted, so that the order in which rows arrive cannot change a sum.
        self.values.values_mut().for_each(|values| quantile::sort(values));
        let mut means: Vec<f64> = self.values.values().filter_map(|values| mean::mean(values)).collect();
        let mut medians: Vec<f64> = self.values.values().filter_map(|values| quantile::quantile(values, 0.5)).collect();
        quantile::sort(&mut means);
        quantile::sort(&mut medians);
        let mut list = ListBuilder::new(Float64Builder::new());
        list.values().extend([
            mean::mean(&means),
            quantile::quantile(&means, 0.5),
            quantile::quantile(&medians, 0.5),
            Some(means.len() as f64),
        ]);
        list.append(true);
        ScalarValue::try_from_array(&list.finish(), 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut groups = ListBuilder::new(StringBuilder::new());
        let mut values = ListBuilder::new(Float64Builder::new());
        for (group, numbers) in &self.values {
            for number in numbers {
                groups.values().append_option(group.as_deref());
                values.values().append_value(*number);
            }
        }
        groups.append(true);
        values.append(true);
        Ok(vec![ScalarValue::try_from_array(&groups.finish(), 0)?, ScalarValue::try_from_array(&values.finish(), 0)?])
    }

    fn size(&self) -> usize {
        let of_group = |values: &Vec<f64>| values.capacity() * size_of::<f64>() + size_of::<(String, Vec<f64>)>();
        size_of_val(self) + self.values.values().map(of_group).sum::<usize>()
    }
}
