//! `business_seconds(a, b)` and `is_working_time(at)`: instants held against the working hours of the settings.
//!
//! A batch asks the zone database once a day that it touches, not once a row.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, PrimitiveArray, new_null_array};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::arguments::{self, Kind};
use crate::period::{Calendar, Shifts};

pub fn functions(calendar: &Calendar) -> Vec<ScalarUDF> {
    let function = |what| {
        let signature = Signature::user_defined(Volatility::Immutable);
        ScalarUDF::from(WorkingTime { what, calendar: *calendar, signature })
    };
    vec![function(What::SecondsBetween), function(What::IsWorkingTime)]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    SecondsBetween,
    IsWorkingTime,
}

#[derive(Debug, PartialEq, Eq)]
struct WorkingTime {
    what: What,
    calendar: Calendar,
    signature: Signature,
}

impl Hash for WorkingTime {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.what.hash(state);
        self.calendar.zone.name().hash(state);
        self.calendar.working_hours.hash(state);
    }
}

impl ScalarUDFImpl for WorkingTime {
    fn name(&self) -> &str {
        match self.what {
            What::SecondsBetween => "business_seconds",
            What::IsWorkingTime => "is_working_time",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let kinds: &[Kind] = match self.what {
            What::SecondsBetween => &[Kind::Instant; 2],
            What::IsWorkingTime => &[Kind::Instant],
        };
        arguments::coerced(self.name(), kinds, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.what {
            What::SecondsBetween => DataType::Float64,
            What::IsWorkingTime => DataType::Boolean,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = args.args.iter().map(|argument| argument.to_array(args.number_rows));
        let columns: Vec<Instants> = arrays.map(|array| Ok(array?.as_primitive().clone())).collect::<Result<_>>()?;
        let known = || columns.iter().flat_map(|column| column.iter().flatten());
        let (Some(low), Some(high)) = (known().min(), known().max()) else {
            return Ok(ColumnarValue::Array(new_null_array(args.return_type(), args.number_rows)));
        };
        let shifts = Shifts::covering(&self.calendar, low, high);
        let at = |argument: usize, row: usize| {
            let column = columns.get(argument)?;
            column.is_valid(row).then(|| column.value(row))
        };
        let rows = 0..args.number_rows;
        let array: ArrayRef = match self.what {
            What::SecondsBetween => {
                let seconds = rows.map(|row| shifts.seconds_between(at(0, row)?, at(1, row)?));
                Arc::new(seconds.collect::<Float64Array>())
            }
            What::IsWorkingTime => {
                let is_working = rows.map(|row| shifts.is_at_work(at(0, row)?));
                Arc::new(is_working.collect::<BooleanArray>())
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

type Instants = PrimitiveArray<TimestampMicrosecondType>;
