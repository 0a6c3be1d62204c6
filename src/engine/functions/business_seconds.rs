//! `business_seconds(a, b)`: how much of the time between two instants people work.
//!
//! A batch asks the zone database once a day that it touches, not once a row.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::arguments::{self, Kind};
use crate::period::{Calendar, Shifts};

const NAME: &str = "business_seconds";

pub fn function(calendar: &Calendar) -> ScalarUDF {
    let signature = Signature::user_defined(Volatility::Immutable);
    ScalarUDF::from(BusinessSeconds { calendar: *calendar, signature })
}

#[derive(Debug, PartialEq, Eq)]
struct BusinessSeconds {
    calendar: Calendar,
    signature: Signature,
}

impl Hash for BusinessSeconds {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.calendar.zone.name().hash(state);
        self.calendar.working_hours.hash(state);
    }
}

impl ScalarUDFImpl for BusinessSeconds {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments::coerced(NAME, &[Kind::Instant; 2], given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let a = args.args[0].to_array(args.number_rows)?;
        let b = args.args[1].to_array(args.number_rows)?;
        let (a, b) = (a.as_primitive::<TimestampMicrosecondType>(), b.as_primitive::<TimestampMicrosecondType>());
        let pairs = || a.iter().zip(b).map(|(a, b)| Some((a?, b?)));
        let instants = || pairs().flatten().flat_map(|(a, b)| [a, b]);
        let (Some(low), Some(high)) = (instants().min(), instants().max()) else {
            return Ok(ColumnarValue::Array(arrow::array::new_null_array(&DataType::Float64, args.number_rows)));
        };
        let shifts = Shifts::covering(&self.calendar, low, high);
        let seconds = pairs().map(|pair| pair.and_then(|(a, b)| shifts.seconds_between(a, b)));
        let array: ArrayRef = Arc::new(seconds.collect::<Float64Array>());
        Ok(ColumnarValue::Array(array))
    }
}
