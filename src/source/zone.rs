//! Readings of a wall clock made instants, by the rules of a time zone.
//!
//! In the hour that daylight saving skips, the clock is taken as not yet moved, so `02:30` becomes `03:30`;
//! in the hour that comes twice, the earlier one is meant.

use chrono::{DateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// A zone, with the offset that was used last: stamps in a log lie close together.
#[derive(Debug, Clone)]
pub struct Zone {
    zone: Tz,
    /// The quarter of an hour last asked for, and its offset; offsets change at such quarters only.
    last: Option<(i64, i64)>,
}

const QUARTER: i64 = 900_000_000;
const SECOND: i64 = 1_000_000;

impl Zone {
    /// The zone of that IANA name, or none.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(|zone| Self { zone, last: None })
    }

    /// Microseconds in UTC of a local reading in microseconds.
    pub fn instant(&mut self, local: i64) -> i64 {
        let quarter = local.div_euclid(QUARTER);
        match self.last {
            Some((known, offset)) if known == quarter => local.saturating_sub(offset),
            _ => {
                let offset = self.offset(local);
                self.last = Some((quarter, offset));
                local.saturating_sub(offset)
            }
        }
    }

    /// Offset from UTC in microseconds at a local reading.
    fn offset(&self, local: i64) -> i64 {
        let Some(moment) = DateTime::from_timestamp_micros(local) else {
            return 0;
        };
        let reading = moment.naive_utc();
        let offset = self.zone.offset_from_local_datetime(&reading).earliest().or_else(|| {
            let before_gap = reading.checked_sub_signed(TimeDelta::hours(3))?;
            self.zone.offset_from_local_datetime(&before_gap).earliest()
        });
        offset.map_or(0, |offset| i64::from(offset.fix().local_minus_utc()) * SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(zone: &str, local: &str) -> String {
        let local = chrono::NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
        let micros = Zone::named(zone).unwrap().instant(local.and_utc().timestamp_micros());
        DateTime::from_timestamp_micros(micros).unwrap().format("%Y-%m-%d %H:%M").to_string()
    }

    #[test]
    fn summer_and_winter_have_their_own_offset() {
        assert_eq!(utc("Europe/London", "2024-01-11 12:00"), "2024-01-11 12:00");
        assert_eq!(utc("Europe/London", "2024-07-11 12:00"), "2024-07-11 11:00");
        assert_eq!(utc("Asia/Kathmandu", "2024-07-11 12:00"), "2024-07-11 06:15");
    }

    #[test]
    fn the_skipped_hour_shifts_forward() {
        assert_eq!(utc("Europe/London", "2024-03-31 01:30"), "2024-03-31 01:30");
        assert_eq!(utc("America/New_York", "2024-03-10 02:30"), "2024-03-10 07:30");
    }

    #[test]
    fn of_the_hour_that_comes_twice_the_earlier_is_meant() {
        assert_eq!(utc("Europe/London", "2024-10-27 01:30"), "2024-10-27 00:30");
        assert_eq!(utc("America/New_York", "2024-11-03 01:30"), "2024-11-03 05:30");
    }

    #[test]
    fn the_remembered_offset_changes_nothing() {
        let mut zone = Zone::named("Europe/London").unwrap();
        let start = 1_711_843_200 * SECOND;
        for minute in 0..24 * 60 {
            let local = start + minute * 60 * SECOND;
            assert_eq!(zone.instant(local), Zone::named("Europe/London").unwrap().instant(local));
        }
    }

    #[test]
    fn a_zone_without_name_is_none() {
        assert!(Zone::named("Europe/Londn").is_none());
    }
}
