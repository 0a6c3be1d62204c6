//! Each group with its numbers of the reported period: a row a group, a column a metric.

use crate::metric::{Metric, Row};
use crate::report::Subject;
use crate::report::blocks::{Block, Column, DataTable};
use crate::report::definition::SectionSpec;
use crate::report::evidence::{Evidence, Measured};
use crate::unit::UNKNOWN;

/// Of fewer events the number is written beside the value.
const FEW_EVENTS: u64 = 5;

pub fn blocks(spec: &SectionSpec, subject: &Subject, evidence: &Evidence) -> Vec<Block> {
    spec.by.iter().filter_map(|by| table(spec, by, subject, evidence)).map(Block::Table).collect()
}

fn table(spec: &SectionSpec, by: &[String], subject: &Subject, evidence: &Evidence) -> Option<DataTable> {
    let measured: Vec<&Measured> = spec.metrics.iter().filter_map(|name| evidence.get(name)).collect();
    let results = || measured.iter().filter_map(|measured| measured.by(by));
    // Whoever had no event of any kind in the period has no row.
    let is_there = |(_, rows): &(&[Option<String>], &[Row])| at(rows, subject).is_some_and(|row| row.n > 0);
    let mut groups: Vec<&[Option<String>]> =
        results().flat_map(|result| result.by_group().filter(is_there).map(|(group, _)| group)).collect();
    groups.sort_by_key(|group| (group.iter().any(Option::is_none), *group));
    groups.dedup();
    if groups.is_empty() {
        return None;
    }
    let mut heads: Vec<Column> = by.iter().map(|name| Column { title: name.clone(), is_number: false }).collect();
    heads.extend(measured.iter().map(|measured| head(measured.metric)));
    let all = groups.len();
    groups.truncate(spec.limit.unwrap_or(all));
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|group| {
            let names = group.iter().map(|name| name.clone().unwrap_or_else(|| "(none)".into()));
            let cells = measured.iter().map(|measured| {
                let rows = measured.by(by).and_then(|result| result.by_group().find(|(other, _)| other == group));
                let row = rows.and_then(|(_, rows)| at(rows, subject));
                cell(measured.metric, row)
            });
            names.chain(cells).collect()
        })
        .collect();
    let label = subject.context.calendar.label(subject.period.start, subject.period.grain);
    let caption = format!("By {}, {label}", by.join(" and "));
    Some(DataTable { caption, columns: heads, rows_left_out: (all - rows.len()) as u64, rows })
}

/// The row of the reported period.
pub fn at<'r>(rows: &'r [Row], subject: &Subject) -> Option<&'r Row> {
    rows.iter().find(|row| row.period_start == subject.period.start)
}

/// A metric as the head of a column, with what its numbers are.
pub fn head(metric: &Metric) -> Column {
    let caption = metric.unit.caption();
    let title = if caption.is_empty() { metric.title.clone() } else { format!("{}, {caption}", metric.title) };
    Column { title, is_number: true }
}

/// One value for people; of a few events with their number.
pub fn cell(metric: &Metric, row: Option<&Row>) -> String {
    let Some((row, value)) = row.and_then(|row| Some((row, row.value?))) else {
        return UNKNOWN.to_owned();
    };
    let is_few = row.n < FEW_EVENTS && metric.aggregate.name != "frequency" && metric.aggregate.name != "count";
    let partial = if row.is_partial { "*" } else { "" };
    match is_few {
        true => format!("{}{partial} (n={})", metric.unit.format(value), row.n),
        false => format!("{}{partial}", metric.unit.format(value)),
    }
}
