//! `period_start(at, grain)`, `local_hour(at)`, `local_weekday(at)` and `local_text(at)`: instants told in the report's
//! calendar.
//!
//! DataFusion's own `date_trunc` asks the zone database for every row; here a batch asks once a period.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Date32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::arguments::{self, Kind};
use crate::period::{Boundaries, Calendar, Grain};

pub fn functions(calendar: &Calendar) -> Vec<ScalarUDF> {
    let function = |what| {
        let signature = Signature::user_defined(Volatility::Immutable);
        ScalarUDF::from(LocalTime { what, calendar: *calendar, signature })
    };
    [What::Start, What::Hour, What::Weekday, What::Text].into_iter().map(function).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Start,
    Hour,
    Weekday,
    Text,
}

impl What {
    fn arguments(self) -> &'static [Kind] {
        match self {
            What::Start => &[Kind::Instant, Kind::Text],
            What::Hour | What::Weekday | What::Text => &[Kind::Instant],
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct LocalTime {
    what: What,
    calendar: Calendar,
    signature: Signature,
}

impl Hash for LocalTime {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.what.hash(state);
        self.calendar.zone.name().hash(state);
    }
}

impl ScalarUDFImpl for LocalTime {
    fn name(&self) -> &str {
        match self.what {
            What::Start => "period_start",
            What::Hour => "local_hour",
            What::Weekday => "local_weekday",
            What::Text => "local_text",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments::coerced(self.name(), self.what.arguments(), given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.what {
            What::Start => DataType::Date32,
            What::Hour | What::Weekday => DataType::Int64,
            What::Text => DataType::Utf8,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let instants = args.args[0].to_array(args.number_rows)?;
        let instants = instants.as_primitive::<TimestampMicrosecondType>();
        let values = || instants.iter().flatten();
        let (Some(low), Some(high)) = (values().min(), values().max()) else {
            return Ok(ColumnarValue::Array(arrow::array::new_null_array(args.return_type(), instants.len())));
        };
        let array: ArrayRef = match self.what {
            What::Start => {
                let grain = grain_of(&args.args[1])?;
                let boundaries = Boundaries::covering(&self.calendar, grain, low, high);
                let mut cursor = 0;
                let days = instants.iter().map(|at| boundaries.day_of(at?, &mut cursor));
                Arc::new(days.collect::<Date32Array>())
            }
            What::Hour => {
                Arc::new(instants.iter().map(|at| at.map(|at| self.calendar.hour(at))).collect::<Int64Array>())
            }
            What::Weekday => {
                Arc::new(instants.iter().map(|at| at.map(|at| self.calendar.weekday(at))).collect::<Int64Array>())
            }
            What::Text => {
                let texts = instants.iter().map(|at| self.calendar.offset_text(at?));
                Arc::new(texts.collect::<StringArray>())
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

fn grain_of(argument: &ColumnarValue) -> Result<Grain> {
    let ColumnarValue::Scalar(ScalarValue::Utf8(Some(text))) = argument else {
        return exec_err!("the grain of period_start must be a word such as 'month'");
    };
    match text.parse() {
        Ok(Grain::Total) => exec_err!("period_start has no grain 'total'; leave it out of `group by`"),
        Ok(grain) => Ok(grain),
        Err(message) => exec_err!("{message}"),
    }
}
