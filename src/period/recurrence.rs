//! Windows that come again by a rule, such as `month_end -2d .. +1d`, and when each of them begins and ends.
//!
//! It knows the calendar only: what a window is for, and for whom, it does not know.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use serde::Deserialize;

use super::{Calendar, Grain, within_years};

/// A rule for windows, as it is written in `shipwake.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Recurrence {
    text: String,
    rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Around the midnight with which each period ends.
    End { period: Ending, from: Offset, until: Offset },
    /// From one day of the week to another, every week.
    Weekly { from: (Weekday, NaiveTime), until: (Weekday, NaiveTime) },
    /// From one day of the year to another, every year.
    Yearly { from: Anniversary, until: Anniversary },
}

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Month,
    Quarter,
    Year,
    FiscalYear,
}

/// Whole days after the first day of the next period, and the time of that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offset {
    days: i64,
    clock: NaiveTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Anniversary {
    month: u32,
    day: u32,
    clock: NaiveTime,
}

/// One window of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// The local day on which it begins.
    pub date: NaiveDate,
    /// First moment, microseconds UTC.
    pub starts: i64,
    /// First moment after, microseconds UTC.
    pub ends: i64,
}

/// Days between the two ends of a window at most; windows of one rule would overlap.
const MOST_DAYS: i64 = 27;

const FORMS: &str = "write `month_end -2d .. +1d`, `quarter_end -5d 18:00 .. +2d 08:00`, `year_end`, `fiscal_year_end`, \
                     `weekly fri 16:00 .. mon 06:00`, or dates of every year such as `12-24 18:00 .. 01-02 08:00`";

impl Recurrence {
    /// The windows that reach into the time from `low` to `high`, both microseconds UTC, in order of time.
    ///
    /// A window begins and ends when the clocks of the calendar's zone show it. Where they show a time twice, it begins
    /// with the first and ends with the last; a time that they skip is the first moment after.
    pub fn between(&self, calendar: &Calendar, low: i64, high: i64) -> Vec<Occurrence> {
        let margin = Days::new(MOST_DAYS as u64 + 1);
        let from = within_years(calendar.date(low));
        let from = from.checked_sub_days(margin).unwrap_or(from);
        let until = within_years(calendar.date(high));
        let until = until.checked_add_days(margin).unwrap_or(until);
        let mut found: Vec<Occurrence> = self
            .local(calendar, from, until)
            .into_iter()
            .filter_map(|(from, until)| dated(calendar, from, until))
            .collect();
        found.retain(|one| one.starts <= high && one.ends > low);
        found
    }

    /// First and last wall clock of the windows that begin around the days `from..until`.
    fn local(&self, calendar: &Calendar, from: NaiveDate, until: NaiveDate) -> Vec<(NaiveDateTime, NaiveDateTime)> {
        match self.rule {
            Rule::End { period, from: first, until: last } => {
                let (calendar, grain) = period.steps(calendar);
                let ends = calendar.starts(from, until, grain).into_iter();
                ends.filter_map(|end| Some((first.after(end)?, last.after(end)?))).collect()
            }
            Rule::Weekly { from: (weekday, opens), until: (last_day, closes) } => {
                let mut span = i64::from((last_day.num_days_from_monday() + 7 - weekday.num_days_from_monday()) % 7);
                if span == 0 && closes <= opens {
                    span = 7;
                }
                let days = from.iter_days().take_while(|date| *date < until).filter(|date| date.weekday() == weekday);
                days.filter_map(|date| Some((date.and_time(opens), plus(date, span)?.and_time(closes)))).collect()
            }
            Rule::Yearly { from: first, until: last } => {
                // The one that began in the year before may still hold.
                let years = from.year() - 1..=until.year();
                let turns = i32::from(last <= first);
                years.filter_map(|year| Some((first.of(year)?, last.of(year + turns)?))).collect()
            }
        }
    }
}

impl Ending {
    /// The calendar whose periods of that grain end then.
    fn steps(self, calendar: &Calendar) -> (Calendar, Grain) {
        let of_january = Calendar { fiscal_year_start: 1, ..*calendar };
        match self {
            Ending::Month => (*calendar, Grain::Month),
            Ending::Quarter => (*calendar, Grain::Quarter),
            Ending::Year => (of_january, Grain::Year),
            Ending::FiscalYear => (*calendar, Grain::Year),
        }
    }
}

impl Offset {
    fn after(self, end: NaiveDate) -> Option<NaiveDateTime> {
        Some(plus(end, self.days)?.and_time(self.clock))
    }
}

impl Anniversary {
    fn of(self, year: i32) -> Option<NaiveDateTime> {
        Some(NaiveDate::from_ymd_opt(year, self.month, self.day)?.and_time(self.clock))
    }
}

fn plus(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    date.checked_add_signed(chrono::Duration::try_days(days)?)
}

fn dated(calendar: &Calendar, from: NaiveDateTime, until: NaiveDateTime) -> Option<Occurrence> {
    let (starts, _) = calendar.moments(from)?;
    let (_, ends) = calendar.moments(until)?;
    (ends > starts).then_some(Occurrence { date: from.date(), starts, ends })
}

impl FromStr for Recurrence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = |why: String| format!("`{text}` is no rule for windows: {why}; {FORMS}");
        let (from, until) = text.split_once("..").ok_or_else(|| refuse("there is no `..` in it".into()))?;
        let from: Vec<&str> = from.split_whitespace().collect();
        let until: Vec<&str> = until.split_whitespace().collect();
        let rule = match from.split_first() {
            Some((&"weekly", from)) => weekly(from, &until),
            Some((word, from)) if ending(word).is_some() => around_end(ending(word), from, &until),
            Some(_) => yearly(&from, &until),
            None => Err("nothing stands before `..`".into()),
        };
        Ok(Self { text: text.to_owned(), rule: rule.map_err(refuse)? })
    }
}

impl TryFrom<String> for Recurrence {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn ending(word: &str) -> Option<Ending> {
    match word {
        "month_end" => Some(Ending::Month),
        "quarter_end" => Some(Ending::Quarter),
        "year_end" => Some(Ending::Year),
        "fiscal_year_end" => Some(Ending::FiscalYear),
        _ => None,
    }
}

fn around_end(period: Option<Ending>, from: &[&str], until: &[&str]) -> Result<Rule, String> {
    let period = period.ok_or("it ends nothing")?;
    let (from, until) = (offset(from)?, offset(until)?);
    let is_forward = (from.days, from.clock) < (until.days, until.clock);
    if !is_forward {
        return Err("it ends before it begins".into());
    }
    if until.days - from.days > MOST_DAYS || from.days.abs() > MOST_DAYS || until.days.abs() > MOST_DAYS {
        return Err(format!("it reaches over more than {MOST_DAYS} days"));
    }
    Ok(Rule::End { period, from, until })
}

/// `-2d`, `+1d 08:00`, `18:00` or nothing: days after the midnight with which the period ends.
fn offset(words: &[&str]) -> Result<Offset, String> {
    let (days, clocks) = match words.split_first() {
        Some((word, rest)) if word.ends_with('d') => (days(word)?, rest),
        _ => (0, words),
    };
    Ok(Offset { days, clock: only_clock(clocks)? })
}

fn days(word: &str) -> Result<i64, String> {
    let number = word.strip_suffix('d').filter(|number| number.starts_with(['+', '-']));
    let days = number.and_then(|number| number.parse().ok());
    days.ok_or_else(|| format!("`{word}` is no number of days such as `-2d` or `+1d`"))
}

fn weekly(from: &[&str], until: &[&str]) -> Result<Rule, String> {
    Ok(Rule::Weekly { from: weekday_and_clock(from)?, until: weekday_and_clock(until)? })
}

fn weekday_and_clock(words: &[&str]) -> Result<(Weekday, NaiveTime), String> {
    let (word, clocks) = words.split_first().ok_or("a day of the week is missing")?;
    let weekday = word.parse().map_err(|_| format!("`{word}` is no day of the week"))?;
    Ok((weekday, only_clock(clocks)?))
}

fn yearly(from: &[&str], until: &[&str]) -> Result<Rule, String> {
    let (from, until) = (anniversary(from)?, anniversary(until)?);
    if from == until {
        return Err("it ends when it begins".into());
    }
    Ok(Rule::Yearly { from, until })
}

fn anniversary(words: &[&str]) -> Result<Anniversary, String> {
    let (word, clocks) = words.split_first().ok_or("a date is missing")?;
    let parts = word.split_once('-').and_then(|(month, day)| Some((two_digits(month)?, two_digits(day)?)));
    let (month, day) =
        parts.ok_or_else(|| format!("`{word}` is neither a date such as `12-24` nor a word of a rule"))?;
    if (month, day) == (2, 29) {
        return Err("29 February does not come every year".into());
    }
    if NaiveDate::from_ymd_opt(2026, month, day).is_none() {
        return Err(format!("`{word}` is no day of the year"));
    }
    Ok(Anniversary { month, day, clock: only_clock(clocks)? })
}

fn two_digits(text: &str) -> Option<u32> {
    (text.len() == 2).then(|| text.parse().ok()).flatten()
}

/// A time of the day; midnight, with which the day begins, where there is none.
fn only_clock(words: &[&str]) -> Result<NaiveTime, String> {
    match words {
        [] => Ok(NaiveTime::MIN),
        [word] => NaiveTime::parse_from_str(word, "%H:%M").map_err(|_| format!("`{word}` is no time such as `18:00`")),
        [_, word, ..] => Err(format!("`{word}` is one word too many")),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn london() -> Calendar {
        Calendar { zone: chrono_tz::Europe::London, ..Calendar::default() }
    }

    fn instant(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    /// The windows of the rule in 2026, as `from .. until` in UTC.
    fn of_2026(rule: &str, calendar: &Calendar) -> Vec<String> {
        let rule: Recurrence = rule.parse().unwrap();
        let found = rule.between(calendar, instant("2026-01-01T00:00:00Z"), instant("2026-12-31T23:59:59Z"));
        let text = |micros| DateTime::from_timestamp_micros(micros).unwrap().format("%m-%dT%H:%M").to_string();
        found.iter().map(|one| format!("{} .. {}", text(one.starts), text(one.ends))).collect()
    }

    #[test]
    fn days_are_counted_from_the_midnight_with_which_the_month_ends() {
        let windows = of_2026("month_end -2d .. +1d", &Calendar::default());
        // January's 30th and 31st and the first of February; one that December began reaches into January.
        assert_eq!(
            windows[..3],
            ["12-30T00:00 .. 01-02T00:00", "01-30T00:00 .. 02-02T00:00", "02-27T00:00 .. 03-02T00:00"]
        );
        assert_eq!(windows.len(), 13);
        assert_eq!(of_2026("month_end -1d 18:00 .. 06:00", &Calendar::default())[1], "01-31T18:00 .. 02-01T06:00");
    }

    #[test]
    fn quarters_and_years_end_with_the_calendar_and_fiscal_years_with_their_own() {
        let calendar = Calendar { fiscal_year_start: 4, ..Calendar::default() };
        assert_eq!(
            of_2026("quarter_end -1d .. +0d", &calendar),
            [
                "03-31T00:00 .. 04-01T00:00",
                "06-30T00:00 .. 07-01T00:00",
                "09-30T00:00 .. 10-01T00:00",
                "12-31T00:00 .. 01-01T00:00"
            ]
        );
        assert_eq!(of_2026("fiscal_year_end -3d .. +5d", &calendar), ["03-29T00:00 .. 04-06T00:00"]);
        assert_eq!(
            of_2026("year_end -1d .. +0d 12:00", &calendar),
            ["12-31T00:00 .. 01-01T12:00", "12-31T00:00 .. 01-01T12:00"]
        );
    }

    #[test]
    fn a_week_end_runs_from_one_week_into_the_next() {
        let windows = of_2026("weekly fri 16:00 .. mon 06:00", &Calendar::default());
        assert_eq!(windows[..2], ["01-02T16:00 .. 01-05T06:00", "01-09T16:00 .. 01-12T06:00"]);
        let whole = of_2026("weekly mon .. mon", &Calendar::default());
        assert_eq!(whole[1], "01-05T00:00 .. 01-12T00:00");
        assert_eq!(of_2026("weekly tue 22:00 .. tue 23:30", &Calendar::default())[0], "01-06T22:00 .. 01-06T23:30");
    }

    #[test]
    fn a_date_of_every_year_may_run_over_the_turn_of_the_year() {
        let windows = of_2026("12-24 18:00 .. 01-02 08:00", &london());
        assert_eq!(windows, ["12-24T18:00 .. 01-02T08:00", "12-24T18:00 .. 01-02T08:00"]);
        assert_eq!(of_2026("05-18 .. 05-24", &london()), ["05-17T23:00 .. 05-23T23:00"]);
    }

    #[test]
    fn a_window_that_ends_in_the_hour_that_does_not_exist_ends_with_its_first_moment() {
        // On 29 March 2026 the clocks of London go from 01:00 to 02:00, at 01:00 UTC.
        assert_eq!(of_2026("03-27 18:00 .. 03-29 01:30", &london()), ["03-27T18:00 .. 03-29T01:00"]);
        assert_eq!(of_2026("03-29 01:30 .. 03-29 06:00", &london()), ["03-29T01:00 .. 03-29T05:00"]);
    }

    #[test]
    fn a_window_holds_over_the_whole_hour_that_comes_twice() {
        // On 25 October 2026 the clocks of London go from 02:00 back to 01:00, at 01:00 UTC.
        assert_eq!(of_2026("10-23 18:00 .. 10-25 01:30", &london()), ["10-23T17:00 .. 10-25T01:30"]);
        assert_eq!(of_2026("10-25 01:30 .. 10-25 06:00", &london()), ["10-25T00:30 .. 10-25T06:00"]);
    }

    #[test]
    fn only_windows_that_reach_into_the_time_are_told() {
        let rule: Recurrence = "month_end -2d .. +1d".parse().unwrap();
        let of = |low, high| rule.between(&Calendar::default(), instant(low), instant(high)).len();
        assert_eq!(of("2026-02-10T00:00:00Z", "2026-02-20T00:00:00Z"), 0);
        assert_eq!(of("2026-02-01T23:59:59Z", "2026-02-20T00:00:00Z"), 1);
        assert_eq!(of("2026-02-02T00:00:00Z", "2026-02-26T23:59:59Z"), 0);
        assert_eq!(of("2026-02-10T00:00:00Z", "2026-02-27T00:00:00Z"), 1);
    }

    #[test]
    fn what_is_no_rule_is_told_with_the_reason() {
        let why = |text: &str| text.parse::<Recurrence>().unwrap_err();
        assert!(why("month_end").contains("no `..`"));
        assert!(why("month_end 2d .. +1d").contains("`2d` is no number of days"));
        assert!(why("month_end +1d .. -2d").contains("ends before it begins"));
        assert!(why("month_end -40d .. +1d").contains("more than 27 days"));
        assert!(why("weekly fryday 16:00 .. mon").contains("`fryday` is no day of the week"));
        assert!(why("weekly fri 25:00 .. mon").contains("`25:00` is no time"));
        assert!(why("02-29 .. 03-01").contains("does not come every year"));
        assert!(why("02-30 .. 03-01").contains("no day of the year"));
        assert!(why("monthly .. +1d").contains("neither a date"));
        assert!(why(".. +1d").contains("nothing stands before"));
        assert!(why("12-24 .. 12-24").contains("ends when it begins"));
        assert!(why("12-24 .. ").contains("weekly fri 16:00 .. mon 06:00"), "the forms are told");
    }
}
