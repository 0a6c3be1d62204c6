//! Periods of the calendar in a time zone: days, weeks, months, quarters, years, and where they begin as instants.
//!
//! Periods are half-open. Nothing here reads the clock.

mod recurrence;
mod working_hours;

pub use recurrence::{Occurrence, Recurrence};
pub use working_hours::{Shifts, WorkingHours};

use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, Datelike, Days, Duration, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike,
    Weekday,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// How long one period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    /// All of the time asked for, as one period.
    Total,
}

impl Grain {
    pub const ALL: [Grain; 6] = [Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Year, Grain::Total];

    pub fn name(self) -> &'static str {
        match self {
            Grain::Day => "day",
            Grain::Week => "week",
            Grain::Month => "month",
            Grain::Quarter => "quarter",
            Grain::Year => "year",
            Grain::Total => "total",
        }
    }
}

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Grain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Grain::ALL
            .into_iter()
            .find(|grain| grain.name() == text)
            .ok_or_else(|| format!("`{text}` is no grain; use day, week, month, quarter, year or total"))
    }
}

/// The calendar in which periods are told: a zone, the first day of the week, the first month of the fiscal year, and
/// when people work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    pub zone: Tz,
    pub week_start: Weekday,
    /// 1 to 12; quarters and years are fiscal ones when it is not 1.
    pub fiscal_year_start: u32,
    pub working_hours: WorkingHours,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { zone: Tz::UTC, week_start: Weekday::Mon, fiscal_year_start: 1, working_hours: WorkingHours::default() }
    }
}

impl Calendar {
    /// The first day of the period in which `date` lies. For `Total` that is `date` itself.
    pub fn start_of(&self, date: NaiveDate, grain: Grain) -> NaiveDate {
        let months_back = match grain {
            Grain::Day | Grain::Total => return date,
            Grain::Week => {
                let days = date.weekday().days_since(self.week_start);
                return date.checked_sub_days(Days::new(days.into())).unwrap_or(date);
            }
            Grain::Month => 0,
            Grain::Quarter => self.fiscal_month(date) % 3,
            Grain::Year => self.fiscal_month(date),
        };
        let first = date.with_day(1).unwrap_or(date);
        first.checked_sub_months(Months::new(months_back)).unwrap_or(first)
    }

    /// The first day of the period after the one that begins on `start`. `Total` has no next: its own start.
    pub fn next(&self, start: NaiveDate, grain: Grain) -> NaiveDate {
        self.step(start, grain, 1)
    }

    /// The first day of the period `count` periods after (or, negative, before) the one that begins on `start`.
    pub fn step(&self, start: NaiveDate, grain: Grain, count: i32) -> NaiveDate {
        let months = match grain {
            Grain::Total => return start,
            Grain::Day => return start.checked_add_signed(Duration::days(count.into())).unwrap_or(start),
            Grain::Week => return start.checked_add_signed(Duration::weeks(count.into())).unwrap_or(start),
            Grain::Month => count,
            Grain::Quarter => count.saturating_mul(3),
            Grain::Year => count.saturating_mul(12),
        };
        let size = Months::new(months.unsigned_abs());
        let moved = if months < 0 { start.checked_sub_months(size) } else { start.checked_add_months(size) };
        moved.unwrap_or(start)
    }

    /// The first days of all periods that touch `from` (a first day) up to, not including, `until`.
    pub fn starts(&self, from: NaiveDate, until: NaiveDate, grain: Grain) -> Vec<NaiveDate> {
        if grain == Grain::Total {
            return vec![from];
        }
        let mut starts = Vec::new();
        let mut start = self.start_of(from, grain);
        while start < until {
            starts.push(start);
            start = self.next(start, grain);
        }
        starts
    }

    /// The instant, microseconds UTC, at which `date` begins here.
    ///
    /// Where midnight does not exist (a zone that springs forward then), the day begins at the first moment after;
    /// where it comes twice, at the first of the two.
    pub fn instant(&self, date: NaiveDate) -> i64 {
        let midnight = date.and_time(NaiveTime::MIN);
        self.moments(midnight).map_or(midnight.and_utc().timestamp_micros(), |(first, _)| first)
    }

    /// The first and the last instant, microseconds UTC, at which clocks here show `local`: the same one but where the
    /// time comes twice. Where it does not exist, the first moment after stands for it.
    fn moments(&self, mut local: NaiveDateTime) -> Option<(i64, i64)> {
        for _ in 0..24 * 4 {
            match self.zone.from_local_datetime(&local) {
                LocalResult::Single(moment) => return Some((moment.timestamp_micros(), moment.timestamp_micros())),
                LocalResult::Ambiguous(first, last) => {
                    return Some((first.timestamp_micros(), last.timestamp_micros()));
                }
                LocalResult::None => local = local.checked_add_signed(Duration::minutes(15))?,
            }
        }
        None
    }

    /// The local date of an instant in microseconds UTC.
    pub fn date(&self, micros: i64) -> NaiveDate {
        match DateTime::from_timestamp_micros(micros) {
            Some(moment) => moment.with_timezone(&self.zone).date_naive(),
            None => NaiveDate::default(),
        }
    }

    /// Days between two instants as a calendar here counts them: a day on which the clock changes is one day too, and a
    /// part of a day is its share of that day.
    pub fn days_between(&self, from: i64, until: i64) -> f64 {
        self.days_since_epoch(until) - self.days_since_epoch(from)
    }

    fn days_since_epoch(&self, micros: i64) -> f64 {
        let date = self.date(micros);
        let begins = self.instant(date);
        let length = self.instant(date.succ_opt().unwrap_or(date)).saturating_sub(begins).max(1);
        f64::from(date.to_epoch_days()) + (micros - begins) as f64 / length as f64
    }

    /// The local hour of an instant, 0 to 23.
    pub fn hour(&self, micros: i64) -> i64 {
        DateTime::from_timestamp_micros(micros).map_or(0, |moment| moment.with_timezone(&self.zone).hour().into())
    }

    /// The local day of the week of an instant, 1 for Monday to 7 for Sunday.
    pub fn weekday(&self, micros: i64) -> i64 {
        self.date(micros).weekday().number_from_monday().into()
    }

    /// The wall clock at an instant.
    pub fn local(&self, micros: i64) -> Option<NaiveDateTime> {
        Some(DateTime::from_timestamp_micros(micros)?.with_timezone(&self.zone).naive_local())
    }

    /// The local date and time of an instant, `2026-10-31 17:05`.
    pub fn local_text(&self, micros: i64) -> String {
        DateTime::from_timestamp_micros(micros)
            .map(|moment| moment.with_timezone(&self.zone).format("%Y-%m-%d %H:%M").to_string())
            .unwrap_or_default()
    }

    /// The local date and time of an instant to the second, and how far the zone is ahead: `2026-10-31 17:05:00 +01:00`.
    pub fn offset_text(&self, micros: i64) -> Option<String> {
        let moment = DateTime::from_timestamp_micros(micros)?.with_timezone(&self.zone);
        Some(moment.format("%Y-%m-%d %H:%M:%S %:z").to_string())
    }

    /// The period's name for people: `October 2026`, `week of 5 Oct 2026`, `Q3 2026`, `FY2027 Q3`, `2026`, `5 Oct 2026`.
    pub fn label(&self, start: NaiveDate, grain: Grain) -> String {
        let year = self.fiscal_year(start);
        let is_fiscal = self.fiscal_year_start != 1;
        match grain {
            Grain::Day | Grain::Total => start.format("%-d %b %Y").to_string(),
            Grain::Week => format!("week of {}", start.format("%-d %b %Y")),
            Grain::Month => start.format("%B %Y").to_string(),
            Grain::Quarter if is_fiscal => {
                format!("FY{year} Q{}", self.fiscal_quarter(start))
            }
            Grain::Quarter => format!("Q{} {year}", self.fiscal_quarter(start)),
            Grain::Year if is_fiscal => format!("FY{year}"),
            Grain::Year => format!("{year}"),
        }
    }

    /// Reads `2026-10`, `2026-W43`, `2026-Q3`, `2026` or `2026-10-05`.
    ///
    /// Quarters and years are the fiscal ones, named by the calendar year in which they end.
    pub fn period(&self, text: &str) -> Result<Period, String> {
        let refusal = || match is_written_as_a_day(text) {
            true => format!("`{text}` is no day: the calendar has none of that date between 1900 and 2200"),
            false => format!("`{text}` is no period; write `2026-10`, `2026-Q3`, `2026-W43`, `2026` or `2026-10-05`"),
        };
        let is_known = |(_, start): &(Grain, NaiveDate)| (EARLIEST..LATEST).contains(start);
        let (grain, start) = self.read_period(text).filter(is_known).ok_or_else(refusal)?;
        Ok(Period { grain, start, end: self.next(start, grain) })
    }

    fn read_period(&self, text: &str) -> Option<(Grain, NaiveDate)> {
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Some((Grain::Day, day));
        }
        let (year_text, rest) = text.split_once('-').unwrap_or((text, ""));
        if year_text.len() != 4 {
            return None;
        }
        let year: i32 = year_text.parse().ok()?;
        if rest.is_empty() {
            return Some((Grain::Year, self.fiscal_year_first_day(year)?));
        }
        if let Some(week) = rest.strip_prefix('W') {
            let monday = NaiveDate::from_isoywd_opt(year, week.parse().ok()?, Weekday::Mon)?;
            return Some((Grain::Week, self.start_of(monday, Grain::Week)));
        }
        if let Some(quarter) = rest.strip_prefix('Q') {
            let quarter: i32 = quarter.parse().ok().filter(|number| (1..=4).contains(number))?;
            let first = self.fiscal_year_first_day(year)?;
            return Some((Grain::Quarter, self.step(first, Grain::Quarter, quarter - 1)));
        }
        let month = NaiveDate::from_ymd_opt(year, rest.parse().ok()?, 1)?;
        Some((Grain::Month, month))
    }

    fn fiscal_year_first_day(&self, year: i32) -> Option<NaiveDate> {
        let begins_before = i32::from(self.fiscal_year_start != 1);
        NaiveDate::from_ymd_opt(year - begins_before, self.fiscal_year_start, 1)
    }

    /// The quarter of the fiscal year, 1 to 4.
    pub fn fiscal_quarter(&self, date: NaiveDate) -> u32 {
        self.fiscal_month(date) / 3 + 1
    }

    /// Months since the fiscal year began, 0 to 11.
    fn fiscal_month(&self, date: NaiveDate) -> u32 {
        (date.month() + 12 - self.fiscal_year_start) % 12
    }

    /// The fiscal year of a date, named by the calendar year in which it ends.
    pub fn fiscal_year(&self, date: NaiveDate) -> i32 {
        let has_begun_before = self.fiscal_year_start != 1 && date.month() >= self.fiscal_year_start;
        date.year() + i32::from(has_begun_before)
    }
}

/// Whether a text has the form of a day, whether or not the calendar has it.
pub fn is_written_as_a_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(parts.as_slice(), [year, month, day] if is_number(year, 4) && is_number(month, 2) && is_number(day, 2))
}

/// Periods are told of these years.
const EARLIEST: NaiveDate = year(1900);
const LATEST: NaiveDate = year(2200);

const fn year(number: i32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(number, 1, 1) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

/// What lies outside the years that a log can be of would make as many periods as there are days till then.
fn within_years(date: NaiveDate) -> NaiveDate {
    date.clamp(EARLIEST, LATEST)
}

/// One period: its first day and the first day after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Period {
    pub grain: Grain,
    pub start: NaiveDate,
    pub end: NaiveDate,
}

/// First days of periods with the instants at which they begin, to look many instants up at once.
#[derive(Debug, Clone)]
pub struct Boundaries {
    instants: Vec<i64>,
    days: Vec<i32>,
}

impl Boundaries {
    /// The periods that cover the instants from `low` to `high`, both microseconds UTC.
    pub fn covering(calendar: &Calendar, grain: Grain, low: i64, high: i64) -> Self {
        let (from, until) = (within_years(calendar.date(low)), within_years(calendar.date(high)) + Duration::days(1));
        let starts = calendar.starts(from, until, grain);
        Self {
            instants: starts.iter().map(|start| calendar.instant(*start)).collect(),
            days: starts.iter().map(|start| start.to_epoch_days()).collect(),
        }
    }

    /// Days since 1970 of the first day of the period in which the instant lies; none before the periods
    /// covered, and the last one after them.
    /// `cursor` speeds up ordered look-ups.
    pub fn day_of(&self, instant: i64, cursor: &mut usize) -> Option<i32> {
        let is_inside = |index: usize| {
            self.instants.get(index).is_some_and(|start| *start <= instant)
                && self.instants.get(index + 1).is_none_or(|end| instant < *end)
        };
        if !is_inside(*cursor) {
            *cursor = self.instants.partition_point(|start| *start <= instant).checked_sub(1)?;
        }
        self.days.get(*cursor).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
    }

    fn london() -> Calendar {
        Calendar { zone: chrono_tz::Europe::London, ..Calendar::default() }
    }

    #[test]
    fn a_week_in_which_clocks_change_has_seven_days() {
        let berlin = Calendar { zone: chrono_tz::Europe::Berlin, ..Calendar::default() };
        let day = |text: &str| berlin.instant(text.parse().unwrap());
        assert_eq!(berlin.days_between(day("2026-10-19"), day("2026-10-26")), 7.0);
        assert_eq!(berlin.days_between(day("2026-03-23"), day("2026-03-30")), 7.0);
        // Noon of the day with 25 hours comes 13 hours after midnight.
        let noon = day("2026-10-25") + 13 * 3_600_000_000;
        assert!((berlin.days_between(day("2026-10-25"), noon) - 13.0 / 25.0).abs() < 1e-9);
    }

    #[test]
    fn a_day_that_there_is_not_is_told_so() {
        let refusal = Calendar::default().period("2026-02-30").unwrap_err();
        assert!(refusal.starts_with("`2026-02-30` is no day"), "{refusal}");
        assert!(
            is_written_as_a_day("2026-02-31") && !is_written_as_a_day("2026-2-3") && !is_written_as_a_day("2026-Q3")
        );
    }

    #[test]
    fn a_day_has_twenty_three_hours_when_the_clock_springs_forward() {
        let calendar = london();
        let hours = (calendar.instant(day("2026-03-30")) - calendar.instant(day("2026-03-29"))) / 3_600_000_000;
        assert_eq!(hours, 23);
    }

    #[test]
    fn a_day_whose_midnight_does_not_exist_begins_an_hour_later() {
        let calendar = Calendar { zone: chrono_tz::America::Santiago, ..Calendar::default() };
        let begins = calendar.instant(day("2024-09-08"));
        assert_eq!(DateTime::from_timestamp_micros(begins).unwrap().to_rfc3339(), "2024-09-08T04:00:00+00:00");
    }

    #[test]
    fn weeks_are_iso_weeks_over_the_turn_of_the_year() {
        let calendar = Calendar::default();
        assert_eq!(calendar.start_of(day("2027-01-01"), Grain::Week), day("2026-12-28"));
        assert_eq!(calendar.period("2026-W53").unwrap().start, day("2026-12-28"));
        assert!(calendar.period("2025-W53").is_err());
    }

    #[test]
    fn fiscal_quarters_are_named_by_the_year_in_which_they_end() {
        let calendar = Calendar { fiscal_year_start: 4, ..Calendar::default() };
        assert_eq!(calendar.start_of(day("2026-02-10"), Grain::Quarter), day("2026-01-01"));
        assert_eq!(calendar.label(day("2026-01-01"), Grain::Quarter), "FY2026 Q4");
        assert_eq!(calendar.period("2026-Q1").unwrap().start, day("2025-04-01"));
        assert_eq!(calendar.period("2027").unwrap().start, day("2026-04-01"));
    }

    #[test]
    fn boundaries_find_the_local_month_of_an_instant() {
        let calendar = london();
        // 31 July 23:30 UTC is 1 August in London.
        let instant = day("2026-07-31").and_hms_opt(23, 30, 0).unwrap().and_utc().timestamp_micros();
        let boundaries = Boundaries::covering(&calendar, Grain::Month, instant, instant);
        assert_eq!(boundaries.day_of(instant, &mut 0).unwrap(), day("2026-08-01").to_epoch_days());
    }

    #[test]
    fn periods_that_do_not_exist_are_refused() {
        for text in ["+262142-12-31", "9999", "2026-13", "2026-Q5", "26-10", "2026-02-30", "october", "2026-W00", ""] {
            assert!(Calendar::default().period(text).is_err(), "{text}");
        }
    }
}
