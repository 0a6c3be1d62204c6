//! Dates of three parts as they are written: year first, a named month, or an order that somebody must tell.
//!
//! Splits text only; whether such a day exists is judged in `instant`.

use super::instant::{Fault, number};
use super::spec::DateOrder;

/// A date in three parts, as written.
pub(super) enum Date {
    YearFirst { year: i64, month: i64, day: i64 },
    Named { day: i64, month: i64, year: i64 },
    Ordered { first: i64, second: i64, third: i64, is_short: bool },
}

impl Date {
    /// The date at the beginning of the text and what follows, or none.
    pub fn split(text: &[u8]) -> Option<(Self, &[u8])> {
        let (first, first_length, rest) = digits(text)?;
        let (&separator, rest) = rest.split_first()?;
        if !matches!(separator, b'/' | b'-' | b'.' | b' ') {
            return None;
        }
        if let Some((month, rest)) = named_month(rest) {
            let rest = rest.strip_prefix(&[separator])?;
            let (year, length, rest) = digits(rest)?;
            let year = whole_year(year, length)?;
            return (first_length <= 2).then_some((Self::Named { day: first, month, year }, rest));
        }
        if separator == b' ' {
            return None;
        }
        let (second, second_length, rest) = digits(rest)?;
        let rest = rest.strip_prefix(&[separator])?;
        let (third, third_length, rest) = digits(rest)?;
        match (first_length, second_length, third_length) {
            (4, 1 | 2, 1 | 2) => Some((Self::YearFirst { year: first, month: second, day: third }, rest)),
            (1 | 2, 1 | 2, 2 | 4) => {
                let is_short = third_length == 2;
                Some((Self::Ordered { first, second, third, is_short }, rest))
            }
            _ => None,
        }
    }

    /// Year, month and day.
    pub fn resolve(self, order: Option<DateOrder>) -> Result<(i64, i64, i64), Fault> {
        let (first, second, third, is_short) = match self {
            Self::YearFirst { year, month, day } | Self::Named { day, month, year } => {
                return Ok((year, month, day));
            }
            Self::Ordered { first, second, third, is_short } => (first, second, third, is_short),
        };
        let century = |year: i64| if year < 80 { 2000 + year } else { 1900 + year };
        let year = if is_short { century(third) } else { third };
        match order {
            None => Err(Fault::NeedsOrder),
            Some(DateOrder::Dmy) => Ok((year, second, first)),
            Some(DateOrder::Mdy) => Ok((year, first, second)),
            Some(DateOrder::Ymd) if is_short => Ok((century(first), second, third)),
            Some(DateOrder::Ymd) => Err(Fault::NotAStamp),
        }
    }
}

/// Up to four digits, how many they are, and what follows.
fn digits(text: &[u8]) -> Option<(i64, usize, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=4).contains(&length).then(|| number(&text[..length]))?.map(|value| (value, length, &text[length..]))
}

fn whole_year(year: i64, length: usize) -> Option<i64> {
    match length {
        4 => Some(year),
        2 => Some(2000 + year),
        _ => None,
    }
}

const MONTHS: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// The English name of a month, short or whole, and what follows.
fn named_month(text: &[u8]) -> Option<(i64, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let start = text[..length].first_chunk::<3>()?.to_ascii_lowercase();
    let index = MONTHS.iter().position(|name| **name == start.as_slice())?;
    Some((index as i64 + 1, &text[length..]))
}
