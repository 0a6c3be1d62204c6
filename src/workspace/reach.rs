//! Until when each log is known: one that has been silent for longer than ever before has ended, and what came later is
//! not nothing but unknown.
//!
//! It looks at the year up to the last event, in hours, and knows no calendar.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;

use crate::source::{Intake, LoadedTable};

const HOUR_US: i64 = 3_600_000_000;
/// Hours of a week.
const WEEK: usize = 168;
/// Weeks that are looked at.
const WEEKS: usize = 53;
/// How long before its last event a log is looked at, in microseconds.
pub(super) const LOOKS_BACK: i64 = (WEEKS * WEEK) as i64 * HOUR_US;
/// A log of fewer weeks has not shown yet how silent it may be.
const FEWEST_WEEKS: usize = 4;
/// Of so many silences none was longer: the next one is, by chance, once in twenty times.
const FEWEST_HOURS: usize = 20;

/// The logs that ended before `as_of`, and until when each is known; microseconds UTC.
pub(super) fn ends(
    intake: &Intake,
    extents: &BTreeMap<&'static str, (i64, i64)>,
    as_of: i64,
) -> BTreeMap<&'static str, i64> {
    let end = |(name, (_, last)): (&&'static str, &(i64, i64))| {
        let table = intake.tables.get(name)?;
        Some((*name, known_until(&busy_hours(table, *last), *last, as_of)?))
    };
    extents.iter().filter_map(end).collect()
}

/// Which of the hours before the last event had one; the first is that of the last event.
fn busy_hours(table: &LoadedTable, last: i64) -> Vec<bool> {
    let mut busy = vec![false; WEEKS * WEEK];
    let at = table.table.main_at.unwrap_or_default();
    for column in table.batches.iter().filter_map(|batch| batch.column_by_name(at)) {
        let instants = column.as_primitive::<TimestampMicrosecondType>();
        for instant in instants.iter().flatten() {
            let hour = last.saturating_sub(instant).div_euclid(HOUR_US);
            if let Some(hour) = usize::try_from(hour).ok().and_then(|hour| busy.get_mut(hour)) {
                *hour = true;
            }
        }
    }
    busy
}

/// Where the log has been silent for longer than ever before: its last event, and as long after it as it is usually
/// silent in a week, which for most is the weekend.
fn known_until(busy: &[bool], last: i64, as_of: i64) -> Option<i64> {
    let hours: Vec<usize> = (0..).zip(busy).filter(|(_, is_busy)| **is_busy).map(|(hour, _)| hour).collect();
    let weeks = hours.last()? / WEEK;
    if weeks < FEWEST_WEEKS || hours.len() < FEWEST_HOURS {
        return None;
    }
    let mut longest = vec![0; weeks];
    for pair in hours.windows(2) {
        let [later, earlier] = pair else { continue };
        for week in longest.iter_mut().take(earlier / WEEK + 1).skip(later / WEEK) {
            *week = (*week).max(earlier - later);
        }
    }
    let ever = i64::try_from(*longest.iter().max()?).ok()?;
    if as_of.saturating_sub(last) <= ever.saturating_mul(HOUR_US) {
        return None;
    }
    longest.sort_unstable();
    let usual = i64::try_from(*longest.get((weeks - 1) / 2)?).ok()?;
    Some(last.saturating_add(usual.saturating_mul(HOUR_US)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_US: i64 = 24 * HOUR_US;

    /// Ten weeks with an event every hour of the working days; the last one ended `after` hours into a Thursday.
    fn working_days(after: usize) -> Vec<bool> {
        let is_working = |hour_back: usize| {
            let hour = 10 * WEEK + 3 * 24 + after - hour_back;
            hour % WEEK < 5 * 24
        };
        (0..9 * WEEK).map(is_working).collect()
    }

    #[test]
    fn a_log_that_is_silent_for_longer_than_ever_has_ended_and_is_known_for_a_weekend_more() {
        // From Friday's last hour to Monday's first lie 49 hours.
        let weekend = 49 * HOUR_US;
        assert_eq!(known_until(&working_days(9), 0, weekend), None);
        assert_eq!(known_until(&working_days(9), 0, weekend + 1), Some(weekend));
        assert_eq!(known_until(&working_days(9), 0, 30 * DAY_US), Some(weekend));
    }

    #[test]
    fn a_silence_like_one_before_is_none() {
        let mut busy = working_days(9);
        // Two weeks of holidays, some weeks ago.
        busy[3 * WEEK..5 * WEEK].fill(false);
        assert_eq!(known_until(&busy, 0, 14 * DAY_US), None);
        assert_eq!(known_until(&busy, 0, 17 * DAY_US), Some(49 * HOUR_US));
    }

    #[test]
    fn a_short_or_sparse_log_is_not_judged() {
        assert_eq!(known_until(&working_days(9)[..3 * WEEK], 0, 300 * DAY_US), None);
        let sparse: Vec<bool> = (0..30 * WEEK).map(|hour| hour % (2 * WEEK) == 0).collect();
        assert_eq!(known_until(&sparse, 0, 300 * DAY_US), None);
        assert_eq!(known_until(&[], 0, DAY_US), None);
    }
}
