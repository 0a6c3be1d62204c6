//! All periods of several metrics as one table: a row a period, the newest first, a column a metric.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::report::Subject;
use crate::report::blocks::{Block, Column, DataTable};
use crate::report::definition::SectionSpec;
use crate::report::evidence::{Evidence, Measured};

use super::groups::{cell, head};

pub fn blocks(spec: &SectionSpec, subject: &Subject, evidence: &Evidence) -> Vec<Block> {
    let measured: Vec<&Measured> = spec.metrics.iter().filter_map(|name| evidence.get(name)).collect();
    let measured: Vec<&Measured> = measured.into_iter().filter(|one| one.total.not_measured.is_none()).collect();
    let starts: BTreeSet<NaiveDate> =
        measured.iter().flat_map(|one| one.shown(&one.total.rows)).map(|row| row.period_start).collect();
    if starts.is_empty() {
        return Vec::new();
    }
    let grain = subject.period.grain;
    let calendar = &subject.context.calendar;
    let period = Column { title: grain.name().to_owned(), is_number: false };
    let columns = std::iter::once(period).chain(measured.iter().map(|one| head(one.metric))).collect();
    let rows: Vec<Vec<String>> = starts
        .iter()
        .rev()
        .take(spec.limit.unwrap_or(usize::MAX))
        .map(|start| {
            let cells = measured.iter().map(|one| {
                let found = one.total.rows.binary_search_by_key(start, |row| row.period_start);
                cell(one.metric, found.ok().and_then(|place| one.total.rows.get(place)))
            });
            std::iter::once(calendar.label(*start, grain)).chain(cells).collect()
        })
        .collect();
    let caption = format!("Numbers by {grain}; an asterisk where the {grain} is unfinished or too young to judge");
    vec![Block::Table(DataTable { caption, columns, rows_left_out: (starts.len() - rows.len()) as u64, rows })]
}
