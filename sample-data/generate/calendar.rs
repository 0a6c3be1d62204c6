//! Dates, London time, working days and the windows in which the company does not release.
//! An instant is a number of seconds since 1970-01-01T00:00:00Z.

use crate::random::Random;

pub type Instant = i64;

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 3600;
pub const DAY: i64 = 86_400;

/// The sample covers [START, END).
pub const START: Instant = utc(2025, 5, 1, 0, 0);
pub const END: Instant = utc(2026, 11, 1, 0, 0);

pub struct Window {
    pub id: &'static str,
    pub kind: &'static str,
    pub name: &'static str,
    /// A glob over service, team, environment or region.
    pub scope: &'static str,
    pub starts_at: Instant,
    pub ends_at: Instant,
}

const fn window(
    id: &'static str,
    kind: &'static str,
    name: &'static str,
    scope: &'static str,
    starts_at: Instant,
    ends_at: Instant,
) -> Window {
    Window { id, kind, name, scope, starts_at, ends_at }
}

const fn bank_holiday(id: &'static str, name: &'static str, year: i64, month: i64, day: i64) -> Window {
    let starts_at = london(year, month, day, 0, 0);
    window(id, "holiday", name, "*", starts_at, starts_at + DAY)
}

pub const WINDOWS: [Window; 22] = [
    bank_holiday("W-01", "Early May bank holiday", 2025, 5, 5),
    bank_holiday("W-02", "Spring bank holiday", 2025, 5, 26),
    bank_holiday("W-03", "Summer bank holiday", 2025, 8, 25),
    window(
        "W-04",
        "maintenance",
        "Billing database upgrade",
        "billing",
        london(2025, 9, 14, 5, 0),
        london(2025, 9, 14, 9, 0),
    ),
    window("W-05", "peak", "Black Friday weekend", "storefront", london(2025, 11, 27, 0, 0), london(2025, 12, 2, 0, 0)),
    window("W-06", "freeze", "Christmas freeze", "production", london(2025, 12, 20, 0, 0), london(2026, 1, 5, 0, 0)),
    bank_holiday("W-07", "Christmas Day", 2025, 12, 25),
    bank_holiday("W-08", "Boxing Day", 2025, 12, 26),
    bank_holiday("W-09", "New Year's Day", 2026, 1, 1),
    window("W-10", "fiscal_close", "Year-end close", "payments", london(2026, 3, 31, 0, 0), london(2026, 4, 7, 0, 0)),
    bank_holiday("W-11", "Good Friday", 2026, 4, 3),
    bank_holiday("W-12", "Easter Monday", 2026, 4, 6),
    bank_holiday("W-13", "Early May bank holiday", 2026, 5, 4),
    window("W-14", "freeze", "Flower show freeze", "checkout", london(2026, 5, 19, 0, 0), london(2026, 5, 24, 0, 0)),
    bank_holiday("W-15", "Spring bank holiday", 2026, 5, 25),
    window(
        "W-16",
        "maintenance",
        "Identity certificate renewal",
        "identity",
        london(2026, 6, 21, 6, 0),
        london(2026, 6, 21, 8, 0),
    ),
    bank_holiday("W-17", "Summer bank holiday", 2026, 8, 31),
    window("W-18", "peak", "Black Friday weekend", "storefront", london(2026, 11, 26, 0, 0), london(2026, 12, 1, 0, 0)),
    window("W-19", "freeze", "Christmas freeze", "production", london(2026, 12, 19, 0, 0), london(2027, 1, 4, 0, 0)),
    bank_holiday("W-20", "Christmas Day", 2026, 12, 25),
    bank_holiday("W-21", "Boxing Day", 2026, 12, 28),
    bank_holiday("W-22", "New Year's Day", 2027, 1, 1),
];

/// Whether production of this service is closed to releases at `at`.
pub fn is_closed(service: &str, team: &str, at: Instant) -> bool {
    WINDOWS.iter().any(|window| {
        let is_strict = matches!(window.kind, "freeze" | "peak" | "fiscal_close");
        let is_in_scope = ["production", service, team].contains(&window.scope);
        is_strict && is_in_scope && (window.starts_at..window.ends_at).contains(&at)
    })
}

pub fn is_working_day(at: Instant) -> bool {
    let is_holiday =
        WINDOWS.iter().any(|window| window.kind == "holiday" && (window.starts_at..window.ends_at).contains(&at));
    weekday(at) < 5 && !is_holiday
}

/// The same instant if somebody would be at a desk, else some moment of the last working day before.
pub fn at_a_desk(at: Instant, random: &mut Random) -> Instant {
    let seconds_of_day = local(at).rem_euclid(DAY);
    if is_working_day(at) && (8 * HOUR..19 * HOUR).contains(&seconds_of_day) {
        return at;
    }
    let is_evening = is_working_day(at) && seconds_of_day >= 19 * HOUR;
    let mut noon = at - seconds_of_day + 12 * HOUR - if is_evening { 0 } else { DAY };
    while !is_working_day(noon) {
        noon -= DAY;
    }
    noon + random.between(-3 * HOUR, 6 * HOUR)
}

/// Monday is 0, in London.
pub fn weekday(at: Instant) -> i64 {
    (local(at).div_euclid(DAY) + 3).rem_euclid(7)
}

/// Hour of the day in London, 0 to 23.
pub fn hour(at: Instant) -> i64 {
    local(at).rem_euclid(DAY) / HOUR
}

/// Year and month in London.
pub fn month(at: Instant) -> (i64, i64) {
    let (year, month, _) = civil(local(at).div_euclid(DAY));
    (year, month)
}

pub fn iso(at: Instant) -> String {
    let (year, month, day) = civil(at.div_euclid(DAY));
    let second = at.rem_euclid(DAY);
    let (hours, minutes, seconds) = (second / HOUR, second % HOUR / MINUTE, second % MINUTE);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z")
}

pub const fn utc(year: i64, month: i64, day: i64, hour: i64, minute: i64) -> Instant {
    days(year, month, day) * DAY + hour * HOUR + minute * MINUTE
}

/// The instant of a London wall clock; never asked for the hour that summer time skips or repeats.
pub const fn london(year: i64, month: i64, day: i64, hour: i64, minute: i64) -> Instant {
    let wall = utc(year, month, day, hour, minute);
    wall - offset(wall - HOUR)
}

const fn local(at: Instant) -> i64 {
    at + offset(at)
}

/// Summer time runs from 01:00 UTC on the last Sunday of March to the same on the last of October.
const fn offset(at: Instant) -> i64 {
    let (year, _, _) = civil(at.div_euclid(DAY));
    let begins = last_sunday(year, 3) + HOUR;
    let ends = last_sunday(year, 10) + HOUR;
    if at >= begins && at < ends { HOUR } else { 0 }
}

/// Midnight UTC of the last Sunday of a month of 31 days.
const fn last_sunday(year: i64, month: i64) -> Instant {
    let last = days(year, month, 31);
    (last - (last + 4).rem_euclid(7)) * DAY
}

/// Days since 1970-01-01, in the proleptic Gregorian calendar.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of `days`.
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}
