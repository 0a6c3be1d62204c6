//! The metric's own column against another one, pooled over the whole history.

use super::{columns, framed, span};
use crate::chart::{Chart, HeatCell, HeatMap, HeatRow};
use crate::metric::MetricResult;
use crate::report::Subject;
use crate::report::blocks::{DataTable, Figure};
use crate::report::evidence::{Measured, pooled};
use crate::unit::Unit;

/// Days by the number that `local_weekday` gives them.
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Rows are values of the first column of `result`, columns those of the second; none where it has other than two.
pub fn figure(subject: &Subject, measured: &Measured, result: &MetricResult) -> Option<Figure> {
    let [across, own] = &result.by[..] else {
        return None;
    };
    let metric = measured.metric;
    let names: Vec<String> = match across.as_str() {
        "local_weekday" => (1..=7).map(|day| day.to_string()).collect(),
        _ => distinct(result, 0),
    };
    let levels = if metric.levels.is_empty() { distinct(result, 1) } else { metric.levels.clone() };
    let is_rate = result.own_columns.first() == Some(&"numerator");
    let cell = |row: &str, column: &str| {
        let group = [Some(row.to_owned()), Some(column.to_owned())];
        let (flagged, trials) = pooled(result, result.series(&group));
        let n = if is_rate { trials } else { result.series(&group).map(|row| row.n).sum() };
        let value = if is_rate { flagged as f64 / trials as f64 } else { n as f64 };
        (n > 0).then_some(HeatCell { value, n })
    };
    let rows: Vec<HeatRow> = names
        .iter()
        .map(|name| HeatRow {
            label: label(across, name),
            cells: levels.iter().map(|level| cell(name, level)).collect(),
        })
        .collect();
    let period = span(subject, measured.history.0);
    let table = table(measured, (across, own), &levels, &rows, &period);
    let known = || rows.iter().flat_map(|row| row.cells.iter().flatten());
    let deployments: u64 = known().map(|cell| cell.n).sum();
    if deployments == 0 {
        return None;
    }
    let mut text = Vec::new();
    if known().any(|cell| cell.n < 5) {
        text.push(format!("Cells of fewer than five {} have an outline and no shade.", metric.events));
    }
    text.push(
        "Many cells are compared here: a strong shade may be chance. What was tested stands under “Where should I look?”."
            .to_owned(),
    );
    Some(Figure {
        subtitle: format!("{} and {}, {period}; a stronger shade is more", metric.title, spoken(across)),
        description: format!(
            "{} rows by {} columns, {} {} in all.",
            rows.len(),
            levels.len(),
            Unit::Count.format(deployments as f64),
            metric.events
        ),
        text,
        table,
        ..framed(
            subject,
            metric,
            Chart::HeatMap(HeatMap { unit: metric.unit, columns: levels, rows }),
            measured.history.0,
        )
    })
}

fn distinct(result: &MetricResult, place: usize) -> Vec<String> {
    let mut values: Vec<String> =
        result.groups().iter().filter_map(|group| group.get(place).cloned().flatten()).collect();
    values.sort();
    values.dedup();
    values
}

fn label(column: &str, value: &str) -> String {
    let day = value.parse::<usize>().ok().and_then(|day| WEEKDAYS.get(day.wrapping_sub(1)));
    match day.filter(|_| column == "local_weekday") {
        Some(day) => (*day).to_owned(),
        None => value.to_owned(),
    }
}

fn spoken(column: &str) -> String {
    column.trim_start_matches("local_").replace('_', " ")
}

fn table(
    measured: &Measured,
    (across, own): (&str, &str),
    levels: &[String],
    rows: &[HeatRow],
    period: &str,
) -> DataTable {
    let unit = measured.metric.unit;
    let lines = rows.iter().flat_map(|row| {
        row.cells.iter().zip(levels).filter_map(|(cell, level)| {
            let cell = cell.as_ref()?;
            Some(vec![row.label.clone(), level.clone(), Unit::Count.format(cell.n as f64), unit.format(cell.value)])
        })
    });
    DataTable {
        caption: format!("{}, {period}", measured.metric.title),
        columns: columns(&[(&spoken(across), false), (&spoken(own), false), ("n", true), ("value", true)]),
        rows: lines.collect(),
        rows_left_out: 0,
    }
}
