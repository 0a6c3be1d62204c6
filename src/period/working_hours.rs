//! When people work: one span of local time a day of the week, and the time worked between two instants.
//!
//! It knows no holidays: those are rows of `windows`, which a query may take off.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::Calendar;

/// Minutes of the local day, up to the last minute of it.
const DAY_MINUTES: u16 = 24 * 60;

const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// For every day of the week from Monday the minutes of its local day at which work begins and ends, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WorkingHours([Option<(u16, u16)>; 7]);

impl Default for WorkingHours {
    /// Monday to Friday, 09:00 to 17:30.
    fn default() -> Self {
        let day = Some((9 * 60, 17 * 60 + 30));
        Self([day, day, day, day, day, None, None])
    }
}

impl FromStr for WorkingHours {
    type Err = String;

    /// Reads `Mon-Fri 09:00-17:30`, or several such parts with commas between them; a day stands in one part only.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut days = [None; 7];
        for part in text.split(',') {
            let (named, span) = part.trim().split_once(' ').ok_or_else(|| refusal(text))?;
            let span = read_span(span.trim()).ok_or_else(|| refusal(text))?;
            for day in read_days(named).ok_or_else(|| refusal(text))? {
                let place = days.get_mut(day).ok_or_else(|| refusal(text))?;
                if place.replace(span).is_some() {
                    return Err(format!("`{text}` names a day twice; one span a day is supported"));
                }
            }
        }
        Ok(Self(days))
    }
}

impl fmt::Display for WorkingHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spans = WEEK.iter().zip(self.0).filter_map(|(day, span)| Some((day, span?)));
        for (index, (day, (opens, closes))) in spans.enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{day} {}-{}", clock(opens), clock(closes))?;
        }
        Ok(())
    }
}

fn refusal(text: &str) -> String {
    format!("`{text}` are no working hours; write `Mon-Fri 09:00-17:30` or `Mon-Thu 09:00-17:30, Fri 09:00-15:00`")
}

/// The places in the week, 0 for Monday, that `Mon-Fri` or `Sat` names; `Sat-Mon` runs over the end of the week.
fn read_days(text: &str) -> Option<Vec<usize>> {
    let place = |name: &str| Some(name.parse::<Weekday>().ok()?.num_days_from_monday() as usize);
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (place(first)?, place(last)?),
        None => (place(text)?, place(text)?),
    };
    let count = (last + 7 - first) % 7 + 1;
    Some((first..first + count).map(|day| day % 7).collect())
}

/// The minutes of `09:00-17:30`, at least one apart; the end of the day is `24:00`.
fn read_span(text: &str) -> Option<(u16, u16)> {
    let (opens, closes) = text.split_once('-')?;
    let (opens, closes) = (read_clock(opens.trim())?, read_clock(closes.trim())?);
    (opens < closes).then_some((opens, closes))
}

fn read_clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let is_plain = |digits: &str| (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain(hours) || minutes.len() != 2 || !is_plain(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= DAY_MINUTES).then_some(total)
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The shifts of a stretch of days, added up, to look many instants up at once.
#[derive(Debug, Clone)]
pub struct Shifts {
    /// In order of time.
    shifts: Vec<Shift>,
    first: i64,
    last: i64,
}

/// When it begins and ends, and what was worked in all shifts before it; microseconds.
#[derive(Debug, Clone, Copy)]
struct Shift {
    opens: i64,
    closes: i64,
    worked_before: i64,
}

impl Shifts {
    /// The shifts that touch the instants from `low` to `high`, both microseconds UTC.
    pub fn covering(calendar: &Calendar, low: i64, high: i64) -> Self {
        let (from, until) = (super::within_years(calendar.date(low)), super::within_years(calendar.date(high)));
        let mut shifts = Vec::new();
        let mut worked_before = 0;
        for date in from.iter_days().take_while(|date| *date <= until) {
            if let Some((opens, closes)) = span(calendar, date) {
                shifts.push(Shift { opens, closes, worked_before });
                worked_before += closes - opens;
            }
        }
        let after = until.checked_add_signed(Duration::days(1)).unwrap_or(until);
        Self { shifts, first: calendar.instant(from), last: calendar.instant(after) }
    }

    /// Seconds of working time from `a` to `b`, negative where `b` is earlier; none outside the stretch.
    pub fn seconds_between(&self, a: i64, b: i64) -> Option<f64> {
        Some((self.worked_until(b)? - self.worked_until(a)?) as f64 / 1e6)
    }

    /// Whether the instant lies in a shift, whose end is no longer part of it; none outside the stretch.
    pub fn is_at_work(&self, instant: i64) -> Option<bool> {
        self.covers(instant).then(|| self.last_begun(instant).is_some_and(|shift| instant < shift.closes))
    }

    /// Microseconds worked since the first of these shifts began.
    fn worked_until(&self, instant: i64) -> Option<i64> {
        let worked = |shift: &Shift| shift.worked_before + instant.min(shift.closes) - shift.opens;
        self.covers(instant).then(|| self.last_begun(instant).map_or(0, worked))
    }

    fn covers(&self, instant: i64) -> bool {
        (self.first..=self.last).contains(&instant)
    }

    fn last_begun(&self, instant: i64) -> Option<&Shift> {
        let begun = self.shifts.partition_point(|shift| shift.opens <= instant);
        self.shifts.get(begun.checked_sub(1)?)
    }
}

/// The shift of a local date, in microseconds UTC; none on a day off, and none that a change of the clock swallows.
///
/// A local time that comes twice opens at its first moment and closes at its second; one that does not exist stands for
/// the first moment after.
fn span(calendar: &Calendar, date: NaiveDate) -> Option<(i64, i64)> {
    let place = usize::try_from(date.weekday().num_days_from_monday()).ok()?;
    let (opens, closes) = calendar.working_hours.0.get(place).copied().flatten()?;
    let opens = calendar.moments(local(date, opens)?)?.0;
    let closes = calendar.moments(local(date, closes)?)?.1;
    (opens < closes).then_some((opens, closes))
}

fn local(date: NaiveDate, minutes: u16) -> Option<NaiveDateTime> {
    date.and_time(NaiveTime::MIN).checked_add_signed(Duration::minutes(minutes.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(text: &str) -> Result<WorkingHours, String> {
        text.parse()
    }

    fn at(text: &str) -> i64 {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    fn worked(calendar: &Calendar, a: &str, b: &str) -> Option<f64> {
        let (a, b) = (at(a), at(b));
        Shifts::covering(calendar, a.min(b), a.max(b)).seconds_between(a, b)
    }

    fn london(text: &str) -> Calendar {
        Calendar { zone: chrono_tz::Europe::London, working_hours: hours(text).unwrap(), ..Calendar::default() }
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        assert_eq!(hours("Mon-Fri 09:00-17:30"), Ok(WorkingHours::default()));
        let short_friday = hours("mon-thu 9:00-17:30, Friday 09:00-15:00").unwrap();
        let told = "Mon 09:00-17:30, Tue 09:00-17:30, Wed 09:00-17:30, Thu 09:00-17:30, Fri 09:00-15:00";
        assert_eq!(short_friday.to_string(), told);
        assert_eq!(hours(told), Ok(short_friday));
        assert_eq!(
            hours("Sat-Mon 00:00-24:00").unwrap().to_string(),
            "Mon 00:00-24:00, Sat 00:00-24:00, Sun 00:00-24:00"
        );
    }

    #[test]
    fn what_is_no_span_of_a_day_is_refused() {
        let texts = ["", "Mon-Fri", "09:00-17:30", "Mon 17:30-09:00", "Mon 09:00-09:00", "Mon 09:00-24:01", "Mon 9-17"];
        for text in texts {
            assert!(hours(text).is_err(), "{text}");
        }
        assert!(hours("Mon-Fri 09:00-12:00, Fri 13:00-17:00").unwrap_err().contains("twice"));
    }

    #[test]
    fn a_weekend_does_not_count() {
        let calendar = Calendar::default();
        // Friday 17:00 to Monday 09:15: half an hour and a quarter.
        assert_eq!(worked(&calendar, "2026-03-06T17:00:00Z", "2026-03-09T09:15:00Z"), Some(2700.0));
        assert_eq!(worked(&calendar, "2026-03-09T09:15:00Z", "2026-03-06T17:00:00Z"), Some(-2700.0));
        assert_eq!(worked(&calendar, "2026-03-07T00:00:00Z", "2026-03-08T23:00:00Z"), Some(0.0));
        // A whole week is 5 × 8.5 hours, from whatever moment.
        assert_eq!(worked(&calendar, "2026-03-04T11:11:11Z", "2026-03-11T11:11:11Z"), Some(153_000.0));
    }

    #[test]
    fn a_shift_begins_at_its_first_moment_and_is_over_at_its_last() {
        let calendar = Calendar::default();
        let is_at_work = |text: &str| Shifts::covering(&calendar, at(text), at(text)).is_at_work(at(text));
        assert_eq!(is_at_work("2026-03-06T08:59:59Z"), Some(false));
        assert_eq!(is_at_work("2026-03-06T09:00:00Z"), Some(true));
        assert_eq!(is_at_work("2026-03-06T17:29:59Z"), Some(true));
        assert_eq!(is_at_work("2026-03-06T17:30:00Z"), Some(false));
        assert_eq!(is_at_work("2026-03-07T12:00:00Z"), Some(false));
    }

    #[test]
    fn the_clock_of_the_zone_decides() {
        // In London 08:30 UTC is 08:30 in winter, before work, and 09:30 in summer, half an hour into it.
        let calendar = london("Mon-Fri 09:00-17:30");
        assert_eq!(worked(&calendar, "2026-03-02T08:00:00Z", "2026-03-02T08:30:00Z"), Some(0.0));
        assert_eq!(worked(&calendar, "2026-07-01T08:00:00Z", "2026-07-01T08:30:00Z"), Some(1800.0));
    }

    #[test]
    fn a_shift_over_a_change_of_the_clock_is_as_long_as_it_is() {
        let calendar = london("Sun 00:00-24:00");
        let whole =
            |day: &str, next: &str| worked(&calendar, &format!("{day}T00:00:00Z"), &format!("{next}T00:00:00Z"));
        assert_eq!(whole("2026-03-29", "2026-03-30"), Some(23.0 * 3600.0));
        assert_eq!(worked(&calendar, "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"), Some(25.0 * 3600.0));
        // 01:00 to 02:00 does not exist in March and comes twice in October.
        let calendar = london("Sun 01:00-02:00");
        assert_eq!(worked(&calendar, "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z"), Some(0.0));
        assert_eq!(worked(&calendar, "2026-10-25T00:00:00Z", "2026-10-25T12:00:00Z"), Some(7200.0));
    }
}
