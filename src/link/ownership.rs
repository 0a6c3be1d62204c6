//! Which team a service belonged to at a moment: ownership changes are dated.
//!
//! The ownership that began last holds, until it ends; one without a beginning has always held.

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::columns::Columns;
use super::error::LinkError;
use super::matching::{Events, Neighbour, nearest};
use super::records::instant_at;

/// The owners of all services, over time.
pub(super) struct Owners {
    team: StringChunked,
    until: Int64Chunked,
    beginnings: Events,
}

/// The columns of `services` that are read.
pub(super) const COLUMNS: &[&str] = &["service", "team", "valid_from", "valid_until"];

impl Owners {
    /// # Errors
    /// When a column has another type than its table says.
    pub fn read(services: &[RecordBatch]) -> Result<Self, LinkError> {
        let columns = Columns::read("services", services, COLUMNS)?.contiguous();
        let from = columns.instants("valid_from")?;
        Ok(Self {
            team: columns.text("team")?,
            until: columns.instants("valid_until")?,
            beginnings: Events {
                at: from.iter().map(|at| Some(at.unwrap_or(i64::MIN))).collect(),
                groups: vec![columns.text("service")?],
                rows: None,
            },
        })
    }

    /// The team of each `service` at each instant, null where nobody is known to have owned it.
    ///
    /// # Errors
    /// When the join fails.
    pub fn at(&self, service: &StringChunked, at: &Int64Chunked) -> Result<StringChunked, LinkError> {
        let asked = Events { at: at.clone(), groups: vec![service.clone()], rows: None };
        let found = nearest(&asked, &self.beginnings, Neighbour::AtOrBefore)?;
        let owned = found.iter().zip(at.iter()).map(|(row, at)| {
            let row = row?;
            let has_ended = instant_at(&self.until, row).zip(at).is_some_and(|(until, at)| until <= at);
            self.team.get(row as usize).filter(|_| !has_ended)
        });
        Ok(owned.collect())
    }
}
