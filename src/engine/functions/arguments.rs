//! What our functions take, checked while a statement is planned, so that a wrong call is told in words.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{Result, plan_err};

use super::FUNCTIONS;

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Number,
    Flag,
    /// Anything with an order that a number can keep: a number, a date, an instant.
    Ordered,
    /// An instant, or a date, which stands for itself whatever the zone.
    InstantOrDate,
    Instant,
    Text,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Ordered => "a number, a date or an instant",
            Self::InstantOrDate => "an instant or a date",
            Self::Instant => "an instant",
            Self::Text => "text",
        }
    }

    /// The type to which the engine casts an argument of type `given`; none where that makes no sense.
    fn taken_as(self, given: &DataType) -> Option<DataType> {
        let is_date = matches!(given, DataType::Date32 | DataType::Date64);
        let is_instant = matches!(given, DataType::Timestamp(_, _));
        match self {
            Self::Number if given.is_numeric() || given.is_null() => Some(DataType::Float64),
            Self::Flag if matches!(given, DataType::Boolean | DataType::Null) => Some(DataType::Boolean),
            Self::Text if given.is_string() || given.is_null() => Some(DataType::Utf8),
            Self::Ordered if given.is_numeric() || given.is_null() => Some(DataType::Float64),
            Self::Ordered | Self::InstantOrDate if is_date => Some(DataType::Date32),
            Self::Ordered | Self::InstantOrDate | Self::Instant if is_instant || given.is_null() => Some(instant()),
            _ => None,
        }
    }
}

/// The type of every instant.
pub fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
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
        None => {
            let (wanted, found, advice) = (kind.words(), told(given), advice(*kind, given));
            plan_err!("argument {} of `{call}` must be {wanted}; here it is {found}{advice}", index + 1)
        }
    });
    types.collect()
}

fn told(given: &DataType) -> String {
    match given {
        DataType::Boolean => "true or false".into(),
        DataType::Date32 | DataType::Date64 => "a date".into(),
        DataType::Timestamp(_, _) => "an instant".into(),
        DataType::Duration(_) | DataType::Interval(_) => "a span of time".into(),
        text if text.is_string() => "text".into(),
        number if number.is_numeric() => "a number".into(),
        other => format!("a {other}"),
    }
}

/// How to make what is wanted from what is given, where that is easily said.
fn advice(kind: Kind, given: &DataType) -> &'static str {
    let is_span = matches!(given, DataType::Duration(_) | DataType::Interval(_));
    match kind {
        Kind::Number if is_span => "; `date_part('epoch', …)` gives its seconds",
        Kind::Instant | Kind::InstantOrDate if given.is_string() => "; write `timestamp '2026-03-01T09:00:00Z'`",
        _ => "",
    }
}
