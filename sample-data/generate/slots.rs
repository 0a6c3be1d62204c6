//! When production releases are meant to start.

use crate::calendar::{DAY, END, HOUR, Instant, MINUTE, START, hour, is_closed, is_working_day, month, weekday};
use crate::company::Service;
use crate::random::Random;
use crate::stories::{self, Fate};

pub struct Slot {
    pub at: Instant,
    pub fate: Fate,
}

/// The stories' own releases, and ordinary days around them.
pub fn slots(service: &'static Service, random: &mut Random) -> Vec<Slot> {
    let mut slots = stories::slots(service);
    let mut day = START + DAY + 12 * HOUR;
    while day < END {
        if is_working_day(day) {
            for at in moments(service, day, random) {
                let is_near = |slot: &Slot| (slot.at - at).abs() < 100 * MINUTE;
                let is_closed = is_closed(service.name, service.team.name, at);
                if !is_closed && !stories::is_kept_clear(service, at) && !slots.iter().any(is_near) {
                    slots.push(Slot { at, fate: Fate::Drawn });
                }
            }
        }
        day += DAY;
    }
    slots.sort_by_key(|slot| slot.at);
    slots
}

fn moments(service: &Service, noon: Instant, random: &mut Random) -> Vec<Instant> {
    let is_friday = weekday(noon) == 4;
    let midnight = noon - hour(noon) * HOUR;
    let expected = service.releases_per_week / 5.0 * season(service, noon);
    let count = expected as usize + usize::from(random.chance(expected - (expected as usize) as f64));
    let mut moments = Vec::new();
    for _ in 0..count {
        let latest = if is_friday && random.chance(0.9) { 15 * HOUR + 30 * MINUTE } else { 17 * HOUR + 40 * MINUTE };
        moments.push(midnight + random.between(9 * HOUR + 15 * MINUTE, latest));
    }
    if is_friday && stories::ships_on_friday_evening(service, random) {
        moments.push(midnight + random.between(16 * HOUR + 5 * MINUTE, 18 * HOUR + 30 * MINUTE));
    }
    moments
}

/// How busy a month is: quiet holidays, slow growth, and a service that rests for months.
fn season(service: &Service, at: Instant) -> f64 {
    let (_, month) = month(at);
    if stories::rests(service, at) {
        return 0.0;
    }
    let holidays = match month {
        8 => 0.8,
        12 => 0.85,
        _ => 1.0,
    };
    holidays * (0.95 + 0.15 * (at - START) as f64 / (END - START) as f64)
}
