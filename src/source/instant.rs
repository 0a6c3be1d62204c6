//! Moments in time as exports write them: one byte parser, no guessing of zone or of day and month.
//!
//! ISO 8601 at fixed places is the fast path. Nothing here knows columns or files.

use super::date::Date;
use super::spec::DateOrder;

/// A stamp as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// Microseconds since 1970 in UTC.
    Instant(i64),
    /// A reading of a wall clock, in microseconds as if it hung in UTC: it needs a zone.
    Local(i64),
}

/// Why a text is no stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    NotAStamp,
    Year(i64),
    Month(i64),
    Day(i64),
    Hour(i64),
    Minute(i64),
    Second(i64),
    Offset,
    /// `03/04/2026` and no order is known.
    NeedsOrder,
}

impl Fault {
    /// The reason as it stands in `rejected_rows`.
    pub fn reason(self) -> String {
        match self {
            Self::NotAStamp => "not a timestamp".into(),
            Self::Year(year) => format!("year {year:04} is outside 1990 to 2100"),
            Self::Month(month) => format!("month is {month}, expected 1 to 12"),
            Self::Day(day) => format!("day is {day}, which that month has not"),
            Self::Hour(hour) => format!("hour is {hour}, expected 0 to 23"),
            Self::Minute(minute) => format!("minute is {minute}, expected 0 to 59"),
            Self::Second(second) => format!("second is {second}, expected 0 to 59"),
            Self::Offset => "the offset from UTC is not one".into(),
            Self::NeedsOrder => "day and month cannot be told apart".into(),
        }
    }
}

/// What a text shows of the order of day and month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It is written in another way.
    Nothing,
    /// Both orders would do.
    Either,
    DayFirst,
    MonthFirst,
}

/// Reads one stamp; the text is trimmed and not empty.
///
/// # Errors
/// When it is none, or lies outside the years 1990 to 2100.
pub fn parse(text: &[u8], order: Option<DateOrder>) -> Result<Stamp, Fault> {
    match iso(text) {
        Some(result) => result,
        None => other(text, order),
    }
}

/// What the text shows of the order of day and month.
pub fn order_shown(text: &[u8]) -> Shown {
    let Some((date, _)) = Date::split(text) else {
        return Shown::Nothing;
    };
    let Date::Ordered { first, second, .. } = date else {
        return Shown::Nothing;
    };
    match (first > 12, second > 12) {
        (false, false) => Shown::Either,
        (true, false) => Shown::DayFirst,
        (false, true) => Shown::MonthFirst,
        (true, true) => Shown::Nothing,
    }
}

/// The last instant of the year 2100, microseconds UTC: none that is read lies later.
pub const LAST: i64 = 4_133_980_800 * SECOND - 1;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// `2024-05-11T15:26:00` with `T` or a space, then a fraction and a zone; none where the shape is another.
#[inline]
fn iso(text: &[u8]) -> Option<Result<Stamp, Fault>> {
    let head: &[u8; 19] = text.first_chunk()?;
    let mut is_shaped = head[4] == b'-'
        && head[7] == b'-'
        && (head[10] == b'T' || head[10] == b' ')
        && head[13] == b':'
        && head[16] == b':';
    let mut digits = |at: usize| {
        let (tens, ones) = (head[at].wrapping_sub(b'0'), head[at + 1].wrapping_sub(b'0'));
        is_shaped &= tens < 10 && ones < 10;
        i64::from(tens) * 10 + i64::from(ones)
    };
    let year = digits(0) * 100 + digits(2);
    let (month, day) = (digits(5), digits(8));
    let (hour, minute, second) = (digits(11), digits(14), digits(17));
    if !is_shaped {
        return None;
    }
    let rest = &text[19..];
    if rest == b"Z" {
        return Some(moment(year, month, day, hour, minute, second).map(Stamp::Instant));
    }
    Some(moment(year, month, day, hour, minute, second).and_then(|local| {
        let (fraction, rest) = fraction(rest);
        zoned(local + fraction, rest)
    }))
}

#[inline]
fn moment(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> Result<i64, Fault> {
    let days = days(year, month, day)?;
    if hour > 23 {
        return Err(Fault::Hour(hour));
    }
    if minute > 59 {
        return Err(Fault::Minute(minute));
    }
    // A leap second is the first second of the next minute.
    if second > 60 {
        return Err(Fault::Second(second));
    }
    Ok(days * DAY + (hour * 3600 + minute * 60 + second) * SECOND)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "days_from_civil").
#[inline]
fn days(year: i64, month: i64, day: i64) -> Result<i64, Fault> {
    if !(1990..=2100).contains(&year) {
        return Err(Fault::Year(year));
    }
    if !(1..=12).contains(&month) {
        return Err(Fault::Month(month));
    }
    if day < 1 || day > month_length(year, month) {
        return Err(Fault::Day(day));
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Ok(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[inline]
fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `.123456789` or `,123` in microseconds, and what follows.
fn fraction(text: &[u8]) -> (i64, &[u8]) {
    let [b'.' | b',', rest @ ..] = text else {
        return (0, text);
    };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return (0, text);
    }
    let micros = (0..6).fold(0, |sum, place| {
        let digit = if place < length { rest[place] - b'0' } else { 0 };
        sum * 10 + i64::from(digit)
    });
    (micros, &rest[length..])
}

/// The local reading together with what stands after it: nothing, `Z`, ` UTC`, `+02:00`, `+0200` or `+02`.
fn zoned(local: i64, text: &[u8]) -> Result<Stamp, Fault> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(Stamp::Local(local));
    }
    if text.eq_ignore_ascii_case(b"z") || text.eq_ignore_ascii_case(b"utc") || text.eq_ignore_ascii_case(b"gmt") {
        return Ok(Stamp::Instant(local));
    }
    let (sign, rest) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return Err(Fault::NotAStamp),
    };
    let (hours, minutes) = match *rest {
        [a, b] => (number(&[a, b]), Some(0)),
        [a, b, c, d] | [a, b, b':', c, d] => (number(&[a, b]), number(&[c, d])),
        _ => return Err(Fault::Offset),
    };
    match (hours, minutes) {
        (Some(hours @ 0..=18), Some(minutes @ 0..=59)) => {
            Ok(Stamp::Instant(local - sign * (hours * 60 + minutes) * 60 * SECOND))
        }
        _ => Err(Fault::Offset),
    }
}

pub(super) fn number(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 18 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

/// Every other way of writing.
fn other(text: &[u8], order: Option<DateOrder>) -> Result<Stamp, Fault> {
    if let Some(result) = epoch(text) {
        return result;
    }
    let (date, rest) = Date::split(text).ok_or(Fault::NotAStamp)?;
    let (year, month, day) = date.resolve(order)?;
    let midnight = days(year, month, day)? * DAY;
    let rest = match rest {
        [b'T' | b't', clock @ ..] => clock,
        _ => rest.trim_ascii_start(),
    };
    if !rest.first().is_some_and(u8::is_ascii_digit) {
        return zoned(midnight, rest);
    }
    let (micros, rest) = clock(rest)?;
    zoned(midnight + micros, rest)
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by magnitude; or `20240511`.
fn epoch(text: &[u8]) -> Option<Result<Stamp, Fault>> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, rest) = fraction(&text[length..]);
    if length < 8 || !rest.is_empty() {
        return None;
    }
    let Some(value) =
        text[..length].iter().try_fold(0i64, |sum, digit| sum.checked_mul(10)?.checked_add(i64::from(digit - b'0')))
    else {
        return Some(Err(Fault::NotAStamp));
    };
    if length == 8 && length == text.len() {
        let midnight = days(value / 10_000, value / 100 % 100, value % 100);
        return Some(midnight.map(|days| Stamp::Local(days * DAY)));
    }
    Some(from_epoch(value).and_then(|micros| {
        let is_seconds = value < 100_000_000_000;
        within(if is_seconds { micros + fraction } else { micros })
    }))
}

/// A whole number as seconds, milliseconds, microseconds or nanoseconds since 1970, by its magnitude.
///
/// # Errors
/// When the year is outside 1990 to 2100.
pub fn from_epoch(value: i64) -> Result<i64, Fault> {
    let micros = if value < 100_000_000_000 {
        value.saturating_mul(SECOND)
    } else if value < 100_000_000_000_000 {
        value * 1000
    } else if value < 100_000_000_000_000_000 {
        value
    } else {
        value / 1000
    };
    within(micros).map(|_| micros)
}

/// The instant, where its year lies in 1990 to 2100.
///
/// # Errors
/// Otherwise, with the year.
pub fn within(micros: i64) -> Result<Stamp, Fault> {
    const FIRST: i64 = 631_152_000 * SECOND;
    if (FIRST..=LAST).contains(&micros) {
        return Ok(Stamp::Instant(micros));
    }
    let year =
        chrono::DateTime::from_timestamp_micros(micros).map_or(0, |moment| i64::from(chrono::Datelike::year(&moment)));
    Err(Fault::Year(year))
}

/// `15:26`, `15:26:07.5`, `3:26 PM`, in microseconds after midnight, and what follows.
fn clock(text: &[u8]) -> Result<(i64, &[u8]), Fault> {
    let (hour, rest) = part(text).ok_or(Fault::NotAStamp)?;
    let [b':', rest @ ..] = rest else {
        return Err(Fault::NotAStamp);
    };
    let (minute, rest) = part(rest).ok_or(Fault::NotAStamp)?;
    let (second, rest) = match rest {
        [b':', rest @ ..] => part(rest).ok_or(Fault::NotAStamp)?,
        _ => (0, rest),
    };
    let (fraction, rest) = fraction(rest);
    let (hour, rest) = half_of_day(hour, rest)?;
    if hour > 23 {
        return Err(Fault::Hour(hour));
    }
    if minute > 59 {
        return Err(Fault::Minute(minute));
    }
    if second > 60 {
        return Err(Fault::Second(second));
    }
    Ok(((hour * 3600 + minute * 60 + second) * SECOND + fraction, rest))
}

fn half_of_day(hour: i64, text: &[u8]) -> Result<(i64, &[u8]), Fault> {
    let trimmed = text.trim_ascii_start();
    let Some((mark, rest)) = trimmed.split_first_chunk::<2>() else {
        return Ok((hour, text));
    };
    let is_afternoon = match mark.to_ascii_lowercase().as_slice() {
        b"am" => false,
        b"pm" => true,
        _ => return Ok((hour, text)),
    };
    match (hour, is_afternoon) {
        (12, false) => Ok((0, rest)),
        (12, true) => Ok((12, rest)),
        (1..=11, false) => Ok((hour, rest)),
        (1..=11, true) => Ok((hour + 12, rest)),
        _ => Err(Fault::Hour(hour)),
    }
}

/// One or two digits, and what follows.
fn part(text: &[u8]) -> Option<(i64, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=2).contains(&length).then(|| number(&text[..length]))?.map(|value| (value, &text[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Stamp, Fault> {
        parse(text.as_bytes(), None)
    }

    /// 2024-05-11T15:26:00Z
    const NOON: i64 = 1_715_441_160 * SECOND;

    #[test]
    fn iso_with_any_zone_is_one_instant() {
        for text in [
            "2024-05-11T15:26:00Z",
            "2024-05-11 15:26:00Z",
            "2024-05-11T15:26:00.000Z",
            "2024-05-11T17:26:00+02:00",
            "2024-05-11T17:26:00+0200",
            "2024-05-11T17:26:00+02",
            "2024-05-11T17:26:00.0+0200",
            "2024-05-11 15:26:00 UTC",
            "2024-05-11T09:56:00-05:30",
            "2024-05-11T15:26Z",
            "1715441160",
            "1715441160000",
            "1715441160000000",
            "1715441160000000000",
        ] {
            assert_eq!(read(text), Ok(Stamp::Instant(NOON)), "{text}");
        }
        assert_eq!(read("2024-05-11T15:26:00.123456789Z"), Ok(Stamp::Instant(NOON + 123_456)));
        assert_eq!(read("1715441160.5"), Ok(Stamp::Instant(NOON + 500_000)));
    }

    #[test]
    fn a_stamp_without_zone_is_a_local_reading() {
        for text in [
            "2024-05-11T15:26:00",
            "2024-05-11 15:26",
            "11/May/24 03:26 PM",
            "11/May/2024 3:26 pm",
            "11-May-2024 15:26:00",
            "2024/05/11 15:26",
        ] {
            assert_eq!(read(text), Ok(Stamp::Local(NOON)), "{text}");
        }
        let midnight = NOON - (15 * 3600 + 26 * 60) * SECOND;
        assert_eq!(read("2024-05-11"), Ok(Stamp::Local(midnight)));
        assert_eq!(read("20240511"), Ok(Stamp::Local(midnight)));
    }

    #[test]
    fn day_and_month_are_never_guessed() {
        for text in ["11/05/2024 15:26", "11-05-2024 15:26:00", "11.5.24 3:26 PM"] {
            assert_eq!(read(text), Err(Fault::NeedsOrder), "{text}");
            assert_eq!(parse(text.as_bytes(), Some(DateOrder::Dmy)), Ok(Stamp::Local(NOON)));
        }
        let text = b"5/11/2024 15:26";
        assert_eq!(parse(text, Some(DateOrder::Mdy)), Ok(Stamp::Local(NOON)));
        assert_eq!(parse(b"24/05/11 15:26", Some(DateOrder::Ymd)), Ok(Stamp::Local(NOON)));
    }

    #[test]
    fn a_part_above_twelve_shows_the_order() {
        assert_eq!(order_shown(b"13/02/2025"), Shown::DayFirst);
        assert_eq!(order_shown(b"02/13/2025 10:00"), Shown::MonthFirst);
        assert_eq!(order_shown(b"02/03/2025"), Shown::Either);
        assert_eq!(order_shown(b"2025-02-13"), Shown::Nothing);
        assert_eq!(order_shown(b"13/Feb/25"), Shown::Nothing);
    }

    #[test]
    fn what_cannot_be_is_said_in_words() {
        let cases = [
            ("0202-05-11T15:26:00Z", "year 0202 is outside 1990 to 2100"),
            ("2024-13-11T15:26:00Z", "month is 13, expected 1 to 12"),
            ("2023-02-29", "day is 29, which that month has not"),
            ("2024-05-11T24:26:00Z", "hour is 24, expected 0 to 23"),
            ("2024-05-11T15:60:00Z", "minute is 60, expected 0 to 59"),
            ("2024-05-11T15:26:00+99:00", "the offset from UTC is not one"),
            ("tomorrow", "not a timestamp"),
            ("12:30", "not a timestamp"),
            ("2024-05-11T15:26:00Zulu", "not a timestamp"),
            ("13:26 PM", "not a timestamp"),
            ("12345678901234567890123", "not a timestamp"),
            ("123456789", "year 1973 is outside 1990 to 2100"),
        ];
        for (text, reason) in cases {
            assert_eq!(read(text).map_err(Fault::reason), Err(reason.into()), "{text}");
        }
    }

    #[test]
    fn twelve_o_clock_is_noon_or_midnight() {
        let midnight = NOON - (15 * 3600 + 26 * 60) * SECOND;
        assert_eq!(read("11/May/24 12:00 AM"), Ok(Stamp::Local(midnight)));
        assert_eq!(read("11/May/24 12:00 PM"), Ok(Stamp::Local(midnight + 43_200 * SECOND)));
        assert!(read("11/May/24 13:00 PM").is_err());
    }

    #[test]
    fn every_day_of_the_range_agrees_with_chrono() {
        let mut date = chrono::NaiveDate::from_ymd_opt(1990, 1, 1).unwrap();
        while date <= chrono::NaiveDate::from_ymd_opt(2100, 12, 31).unwrap() {
            let micros = date.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_micros();
            assert_eq!(read(&date.to_string()), Ok(Stamp::Local(micros)));
            date = date.succ_opt().unwrap();
        }
    }
}
