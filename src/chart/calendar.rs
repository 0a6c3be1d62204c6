//! A calendar: months below one another, a cell a day; releases shade it, incidents mark it, freezes lie over it.
//!
//! Its marks are too many to be named, so one line below explains them.

use chrono::{Datelike, Months, NaiveDate};

use super::{
    Calendar, CalendarBand, CalendarDay, Chart, Kind, Width,
    picture::{Anchor, At, HALF_CAPITAL, Label, Picture, Rect, Tip},
    text,
    theme::{Role, SERIES_STROKE, THIN_STROKE},
};
use crate::unit::Unit;

pub(super) const KIND: Kind =
    Kind { name: "calendar", about: "A cell a day: releases, incidents and freezes.", picture };

/// A calendar of more months is not looked at.
const MOST_MONTHS: usize = 36;
/// Shades from one release a day to the most.
const SHADES: [f64; 4] = [0.22, 0.45, 0.7, 1.0];
const HEAD: f64 = 20.0;
const KEY: f64 = 30.0;
/// Half of the width of the mark of an incident.
const DIAMOND: f64 = 3.5;

/// Where the cells stand.
struct Grid {
    months: Vec<NaiveDate>,
    left: f64,
    column: f64,
    row: f64,
    is_wide: bool,
}

impl Grid {
    fn cell(&self, day: NaiveDate) -> Option<Rect> {
        let first = day.with_day(1)?;
        let row = self.months.iter().position(|month| *month == first)?;
        let left = self.left + f64::from(day.day0()) * self.column;
        let top = HEAD + row as f64 * self.row;
        Some(Rect { left: left + 0.5, top: top + 0.5, right: left + self.column - 0.5, bottom: top + self.row - 0.5 })
    }

    fn bottom(&self) -> f64 {
        HEAD + self.months.len() as f64 * self.row
    }
}

fn picture(chart: &Chart, width: Width) -> Option<Picture> {
    let Chart::Calendar(calendar) = chart else {
        return None;
    };
    Some(draw(calendar, width))
}

fn draw(calendar: &Calendar, width: Width) -> Picture {
    let (total, left, row) = match width {
        Width::Wide => (720.0, 68.0, 20.0),
        Width::Narrow => (344.0, 50.0, 18.0),
    };
    let months = months(calendar);
    if months.is_empty() || (calendar.days.is_empty() && calendar.bands.is_empty()) {
        return Picture::nothing(total);
    }
    let grid = Grid { months, left, column: (total - left) / 31.0, row, is_wide: width == Width::Wide };
    let mut picture = Picture::new(total, grid.bottom() + KEY);
    draw_frame(&mut picture, &grid);
    let inside: Vec<(&CalendarDay, Rect)> =
        calendar.days.iter().filter_map(|day| Some((day, grid.cell(day.on)?))).collect();
    draw_releases(&mut picture, &inside);
    draw_bands(&mut picture, &grid, &calendar.bands);
    draw_incidents(&mut picture, &inside);
    for (day, rect) in &inside {
        picture.tips.push(Tip { rect: *rect, text: describe(day, &calendar.bands) });
    }
    draw_key(&mut picture, &grid, calendar);
    picture
}

fn months(calendar: &Calendar) -> Vec<NaiveDate> {
    let mut months = Vec::new();
    let mut month = calendar.from.with_day(1);
    while let Some(first) = month.filter(|first| *first <= calendar.until && months.len() < MOST_MONTHS) {
        months.push(first);
        month = first.checked_add_months(Months::new(1));
    }
    months
}

/// Names of months, numbers of some days, and a hairline below each month as long as the month.
fn draw_frame(picture: &mut Picture, grid: &Grid) {
    for day in [1, 5, 10, 15, 20, 25, 30] {
        let x = grid.left + (f64::from(day) - 0.5) * grid.column;
        picture.label(Label::new(day.to_string(), (x, 12.0), Anchor::Middle));
    }
    for (index, month) in grid.months.iter().enumerate() {
        let top = HEAD + index as f64 * grid.row;
        let is_year_told = index == 0 || month.month() == 1;
        let name = match (grid.is_wide, is_year_told) {
            (true, true) => month.format("%b %Y").to_string(),
            (false, true) => month.format("%b %y").to_string(),
            _ => month.format("%b").to_string(),
        };
        let name = text::shorten(&name, false, grid.left - 2.0);
        picture.label(Label::new(name, (0.0, top + grid.row / 2.0 + HALF_CAPITAL), Anchor::Start));
    }
    for (index, month) in grid.months.iter().enumerate() {
        let next = month.checked_add_months(Months::new(1));
        let days = next.map_or(31, |next| (next - *month).num_days());
        let y = HEAD + (index + 1) as f64 * grid.row;
        let right = grid.left + days as f64 * grid.column;
        picture.path(vec![(grid.left, y), (right, y)], Role::Hairline, THIN_STROKE);
    }
}

/// Shade by shade: neighbours of one style share it in the file.
fn draw_releases(picture: &mut Picture, days: &[(&CalendarDay, Rect)]) {
    let most = days.iter().map(|(day, _)| day.release_count).max().unwrap_or(0);
    for (shade, opacity) in SHADES.iter().enumerate() {
        for (_, rect) in days.iter().filter(|(day, _)| shade_of(day.release_count, most) == Some(shade)) {
            picture.area(outline(*rect), Role::Series1, *opacity);
        }
    }
}

/// Diamonds with a rim that keeps them visible on every shade.
fn draw_incidents(picture: &mut Picture, days: &[(&CalendarDay, Rect)]) {
    for (radius, role) in [(DIAMOND + 1.5, Role::Page), (DIAMOND, Role::Series2)] {
        for (_, rect) in days.iter().filter(|(day, _)| day.incident_count > 0) {
            picture.area(diamond(rect.middle(), radius), role, 1.0);
        }
    }
}

fn diamond((x, y): At, radius: f64) -> Vec<At> {
    vec![(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
}

fn outline(rect: Rect) -> Vec<At> {
    vec![(rect.left, rect.bottom), (rect.left, rect.top), (rect.right, rect.top), (rect.right, rect.bottom)]
}

fn shade_of(count: u64, most: u64) -> Option<usize> {
    if count == 0 || most == 0 {
        return None;
    }
    let share = count as f64 / most as f64;
    Some(((share * SHADES.len() as f64).ceil() as usize).clamp(1, SHADES.len()) - 1)
}

/// A shade over the days of a freeze, and a line above and below them.
fn draw_bands(picture: &mut Picture, grid: &Grid, bands: &[CalendarBand]) {
    let spans: Vec<Rect> = bands.iter().flat_map(|band| spans(grid, band)).collect();
    for span in &spans {
        picture.area(outline(*span), Role::Context, 0.25);
    }
    for span in &spans {
        for y in [span.top, span.bottom - 1.0] {
            picture.path(vec![(span.left, y), (span.right, y)], Role::Ink, THIN_STROKE);
        }
    }
}

/// Where a freeze lies, a piece a month.
fn spans(grid: &Grid, band: &CalendarBand) -> Vec<Rect> {
    let in_month = |month: &NaiveDate| {
        let last = month.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt());
        let (from, until) = (band.from.max(*month), band.until.min(last.unwrap_or(*month)));
        let (first, end) = grid.cell(from).zip(grid.cell(until)).filter(|_| from <= until)?;
        Some(Rect { right: end.right, ..first })
    };
    grid.months.iter().filter_map(in_month).collect()
}

/// The key: what a shade, a dot and a band mean.
fn draw_key(picture: &mut Picture, grid: &Grid, calendar: &Calendar) {
    let y = grid.bottom() + 18.0;
    let most = calendar.days.iter().map(|day| day.release_count).max().unwrap_or(0);
    let mut x = grid.left;
    let size = 10.0;
    let told = |picture: &mut Picture, x: f64, words: &str| {
        let words = text::shorten(words, false, picture.width - x);
        let label = Label::new(words, (x, y), Anchor::Start);
        let right = label.rect().right;
        picture.label(label);
        right + 16.0
    };
    if most > 0 {
        // Where few a day are the most there are, some shades mean nothing.
        let is_used = |shade: usize| (1..=most).any(|count| shade_of(count, most) == Some(shade));
        for (_, opacity) in SHADES.into_iter().enumerate().filter(|(shade, _)| is_used(*shade)) {
            let rect = Rect { left: x, top: y - size, right: x + size, bottom: y };
            picture.area(outline(rect), Role::Series1, opacity);
            x += size + 2.0;
        }
        let words = match (most, grid.is_wide) {
            (1, _) => "1 release".to_owned(),
            (_, true) => format!("1 to {} releases a day", Unit::Count.format(most as f64)),
            (_, false) => format!("1 to {} releases", Unit::Count.format(most as f64)),
        };
        x = told(picture, x + 4.0, &words);
    }
    if calendar.days.iter().any(|day| day.incident_count > 0) {
        picture.area(diamond((x + DIAMOND, y - HALF_CAPITAL), DIAMOND), Role::Series2, 1.0);
        x = told(picture, x + 3.0 * DIAMOND, "incident");
    }
    if !calendar.bands.is_empty() {
        let rect = Rect { left: x, top: y - size, right: x + 2.0 * size, bottom: y };
        if rect.right < picture.width {
            picture.area(outline(rect), Role::Context, 0.25);
            for edge in [rect.top, rect.bottom] {
                picture.path(vec![(rect.left, edge), (rect.right, edge)], Role::Ink, SERIES_STROKE / 2.0);
            }
            told(picture, rect.right + 6.0, "freeze");
        }
    }
}

/// "9 Oct 2026: 12 releases, 1 incident; year-end freeze".
fn describe(day: &CalendarDay, bands: &[CalendarBand]) -> String {
    let counted = |count: u64, one: &str| {
        let s = if count == 1 { "" } else { "s" };
        format!("{} {one}{s}", Unit::Count.format(count as f64))
    };
    let mut text = format!("{}: {}", day.on.format("%-d %b %Y"), counted(day.release_count, "release"));
    if day.incident_count > 0 {
        text += &format!(", {}", counted(day.incident_count, "incident"));
    }
    for band in bands.iter().filter(|band| band.from <= day.on && day.on <= band.until) {
        text += &format!("; {}", band.name);
    }
    text
}
