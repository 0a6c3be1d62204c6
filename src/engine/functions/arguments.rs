//! What our functions take, checked while a statement is planned, so that a wrong call is told in words.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{Result, plan_err};

use super::FUNCTIONS;

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Number,
    Flag,
    Text,
    Instant,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Text => "text",
            Self::Instant => "an instant",
        }
    }

    /// The type to which the engine casts an argument of type `given`; none where that makes no sense.
    fn taken_as(self, given: &DataType) -> Option<DataType> {
        match self {
            Self::Number if given.is_numeric() || given.is_null() => Some(DataType::Float64),
            Self::Flag if matches!(given, DataType::Boolean | DataType::Null) => Some(DataType::Boolean),
            Self::Text if given.is_string() || given.is_null() => Some(DataType::Utf8),
            Self::Instant if matches!(given, DataType::Timestamp(..) | DataType::Null) => {
                Some(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))
            }
            _ => None,
        }
    }
}

/// The types to which the arguments of the function `name` are cast.
///
/// # Errors
/// Where their number or one of their types is not what the function takes.
pub fn coerced(name: &str, kinds: &[Kind], given: &[DataType]) -> Result<Vec<DataType>> {
    let call = FUNCTIONS.iter().find(|about| about.name() == name).map_or(name, |about| about.call);
    if given.len() != kinds.len() {
        let count = kinds.len();
        let noun = if count == 1 { "argument" } else { "arguments" };
        return plan_err!("`{call}` takes {count} {noun}; this call has {}", given.len());
    }
    let types = kinds.iter().zip(given).enumerate().map(|(index, (kind, given))| match kind.taken_as(given) {
        Some(taken) => Ok(taken),
        None => plan_err!("argument {} of `{call}` must be {}; here it is {}", index + 1, kind.words(), told(given)),
    });
    types.collect()
}

fn told(given: &DataType) -> String {
    match given {
        DataType::Boolean => "true or false".into(),
        DataType::Date32 | DataType::Date64 => "a date".into(),
        DataType::Timestamp(_, _) => "an instant".into(),
        DataType::Duration(_) | DataType::Interval(_) => {
            "a span of time, which `date_part('epoch', …)` turns into seconds".into()
        }
        text if text.is_string() => "text".into(),
        number if number.is_numeric() => "a number".into(),
        other => format!("a {other}"),
    }
}
