//! A table of days as a calendar: deployments, incidents, freezes.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::{columns, framed, span};
use crate::chart::{Calendar, CalendarBand, CalendarDay, Chart};
use crate::engine::Answer;
use crate::metric::Metric;
use crate::report::Subject;
use crate::report::blocks::{DataTable, Figure};
use crate::report::sections::columns_of;
use crate::report::words;
use crate::unit::Unit;

/// Rows with `on_day`, `deployment_count`, `failed_count`, `incident_count` and `freeze`; none without any day.
pub fn figure(subject: &Subject, metric: &Metric, answer: &Answer) -> Option<Figure> {
    let count = |name: &str| -> Vec<u64> {
        columns_of::numbers(answer, name).into_iter().map(|number| number.unwrap_or(0.0).max(0.0) as u64).collect()
    };
    let days = columns_of::days(answer, "on_day");
    let (deployments, failed, incidents) = (count("deployment_count"), count("failed_count"), count("incident_count"));
    let freezes = columns_of::texts(answer, "freeze");
    let mut told: Vec<CalendarDay> = Vec::new();
    let mut frozen: Vec<(NaiveDate, String)> = Vec::new();
    let mut months: BTreeMap<(i32, u32), [u64; 4]> = BTreeMap::new();
    for (index, day) in days.iter().enumerate() {
        let Some(on) = *day else {
            continue;
        };
        let (release_count, incident_count) = (deployments[index], incidents[index]);
        if release_count + incident_count > 0 {
            told.push(CalendarDay { on, release_count, incident_count });
        }
        let sums = months.entry((on.year(), on.month())).or_default();
        let own = [release_count, failed[index], incident_count, u64::from(freezes[index].is_some())];
        sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        frozen.extend(freezes[index].clone().map(|name| (on, name)));
    }
    let rows = months.iter().map(|((year, month), sums)| {
        let counts = sums.map(|sum| Unit::Count.format(sum as f64));
        std::iter::once(format!("{year}-{month:02}")).chain(counts).collect()
    });
    let from = days.iter().flatten().min().copied()?;
    let busiest = told.iter().max_by_key(|day| (day.release_count, std::cmp::Reverse(day.on)));
    let busiest = busiest.map(|day| {
        let many = words::counted(day.release_count as f64, "deployments");
        format!("The busiest day was {} with {many}.", day.on.format("%-d %B %Y"))
    });
    let bands = bands(&frozen);
    let within = |day: &CalendarDay| bands.iter().any(|band| band.from <= day.on && day.on <= band.until);
    let during: u64 = told.iter().filter(|day| within(day)).map(|day| day.release_count).sum();
    let mut text: Vec<String> = busiest.into_iter().collect();
    if !bands.is_empty() {
        let many = words::counted(during as f64, "deployments");
        text.push(format!("{many} on days of a freeze, whether it was in their scope or not."));
    }
    let releases: u64 = told.iter().map(|day| day.release_count).sum();
    let incidents: u64 = told.iter().map(|day| day.incident_count).sum();
    let in_all = format!(
        "{} and {}",
        words::counted(releases as f64, "deployments"),
        words::counted(incidents as f64, "incidents")
    );
    let period = span(subject, from);
    Some(Figure {
        subtitle: format!("{in_all}, {period}; a cell a day, a stronger shade for more deployments"),
        description: format!("{in_all} on {} days, {}.", told.len(), words::counted(bands.len() as f64, "freezes")),
        text,
        table: DataTable {
            caption: format!("{}, {period}", metric.title),
            columns: columns(&[
                ("month", false),
                ("deployments", true),
                ("failed", true),
                ("incidents", true),
                ("days of a freeze", true),
            ]),
            rows: rows.collect(),
            rows_left_out: 0,
        },
        ..framed(subject, metric, Chart::Calendar(Calendar { from, until: last_day(subject), days: told, bands }), from)
    })
}

fn last_day(subject: &Subject) -> NaiveDate {
    subject.period.end.pred_opt().unwrap_or(subject.period.end)
}

/// Days in a row under one name become one band.
fn bands(frozen: &[(NaiveDate, String)]) -> Vec<CalendarBand> {
    let mut bands: Vec<CalendarBand> = Vec::new();
    for (on, name) in frozen {
        match bands.last_mut() {
            Some(last) if last.name == *name && last.until.succ_opt() == Some(*on) => last.until = *on,
            _ => bands.push(CalendarBand { name: name.clone(), from: *on, until: *on }),
        }
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_a_row_are_one_band_and_a_gap_or_another_name_begins_the_next() {
        let day = |text: &str, name: &str| (text.parse().unwrap(), name.to_owned());
        let found = bands(&[
            day("2025-12-30", "Year end"),
            day("2025-12-31", "Year end"),
            day("2026-01-01", "Year end"),
            day("2026-01-03", "Year end"),
            day("2026-01-04", "Sale"),
        ]);
        let ends: Vec<String> = found.iter().map(|band| format!("{} {}", band.from, band.until)).collect();
        assert_eq!(ends, ["2025-12-30 2026-01-01", "2026-01-03 2026-01-03", "2026-01-04 2026-01-04"]);
    }
}
