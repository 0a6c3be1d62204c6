//! The instants of one file: text made microseconds in UTC, by its zone and its order of day and month.

use std::collections::BTreeMap;

use super::extract::Part;
use crate::source::cast::Evidence;
use crate::source::error::{SourceError, shorten};
use crate::source::instant::{self, Fault, Shown, Stamp};
use crate::source::spec::DateOrder;
use crate::source::zone::Zone;
use crate::table::{Kind, Table};

/// How the stamps of a file are read.
pub struct Stamps<'a> {
    pub path: &'a str,
    pub zone: Option<Zone>,
    pub order: Option<DateOrder>,
    /// For columns whose order the file itself shows.
    pub orders: BTreeMap<&'static str, DateOrder>,
}

impl Stamps<'_> {
    /// Microseconds in UTC, or none where the text is no stamp.
    ///
    /// # Errors
    /// When the text needs a zone, or an order of day and month, that nobody gave.
    pub fn micros(&mut self, column: &'static str, text: &str, line: i64) -> Result<Option<i64>, SourceError> {
        let place = || format!("{}:{line}", self.path);
        let order = self.orders.get(column).copied().or(self.order);
        match instant::parse(text.trim().as_bytes(), order) {
            Ok(Stamp::Instant(micros)) => Ok(Some(micros)),
            Ok(Stamp::Local(local)) => match &mut self.zone {
                Some(zone) => Ok(Some(zone.instant(local))),
                None => Err(SourceError::NeedsZone { place: place(), column: column.to_owned(), value: shorten(text) }),
            },
            Err(Fault::NeedsOrder) => {
                Err(SourceError::NeedsDateOrder { place: place(), column: column.to_owned(), value: shorten(text) })
            }
            Err(_) => Ok(None),
        }
    }
}

/// Whether a column holds instants.
pub fn is_instant(table: &Table, column: &str) -> bool {
    matches!(table.column(column).map(|column| column.kind), Some(Kind::Instant))
}

/// What the parts of a file show of the order of day and month, by column.
pub fn evidence(parts: &[Part]) -> Vec<Evidence> {
    let mut shown: BTreeMap<&'static str, Evidence> = BTreeMap::new();
    for part in parts {
        let cells = part.cells.iter().filter(|cell| is_instant(part.table, cell.column));
        let cells = cells.map(|cell| (cell.column, cell.value.as_str()));
        for (column, value) in cells.chain(part.at.as_deref().map(|at| ("at", at))) {
            let shows = instant::order_shown(value.trim().as_bytes());
            if matches!(shows, Shown::Nothing) {
                continue;
            }
            let known = shown.entry(column).or_insert_with(|| Evidence { column, ..Evidence::default() });
            match shows {
                Shown::DayFirst => drop(known.day_first.get_or_insert_with(|| shorten(value))),
                Shown::MonthFirst => drop(known.month_first.get_or_insert_with(|| shorten(value))),
                Shown::Nothing | Shown::Either => {}
            }
        }
    }
    shown.into_values().collect()
}
