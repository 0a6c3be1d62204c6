//! `fiscal_year(at)` and `fiscal_quarter(at)`: the report's own years and quarters, as numbers to group by.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{DataType, Date32Type, TimestampMicrosecondType};
use chrono::NaiveDate;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::arguments::{self, Kind};
use crate::period::Calendar;

pub fn functions(calendar: &Calendar) -> Vec<ScalarUDF> {
    let function = |part| {
        let signature = Signature::user_defined(Volatility::Immutable);
        ScalarUDF::from(Fiscal { part, calendar: *calendar, signature })
    };
    vec![function(Part::Quarter), function(Part::Year)]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Quarter,
    Year,
}

#[derive(Debug, PartialEq, Eq)]
struct Fiscal {
    part: Part,
    calendar: Calendar,
    signature: Signature,
}

impl Hash for Fiscal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.part.hash(state);
        self.calendar.zone.name().hash(state);
        self.calendar.fiscal_year_start.hash(state);
    }
}

impl Fiscal {
    fn of_date(&self, date: NaiveDate) -> i64 {
        match self.part {
            Part::Quarter => self.calendar.fiscal_quarter(date).into(),
            Part::Year => self.calendar.fiscal_year(date).into(),
        }
    }
}

impl ScalarUDFImpl for Fiscal {
    fn name(&self) -> &str {
        match self.part {
            Part::Quarter => "fiscal_quarter",
            Part::Year => "fiscal_year",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments::coerced(self.name(), &[Kind::InstantOrDate], given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let moments = args.args[0].to_array(args.number_rows)?;
        let array: ArrayRef = match moments.as_primitive_opt::<Date32Type>() {
            Some(days) => {
                let dates = days.iter().map(|day| NaiveDate::from_epoch_days(day?));
                Arc::new(dates.map(|date| Some(self.of_date(date?))).collect::<Int64Array>())
            }
            None => {
                let instants = moments.as_primitive::<TimestampMicrosecondType>();
                Arc::new(instants.iter().map(|at| Some(self.of_date(self.calendar.date(at?)))).collect::<Int64Array>())
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}
