//! Means of the stages of the reported period, one after another, with the whole that they add up to.

use super::{columns, framed};
use crate::chart::{Chart, Waterfall, WaterfallStage};
use crate::metric::Row;
use crate::report::Subject;
use crate::report::blocks::{DataTable, Figure};
use crate::report::evidence::Measured;
use crate::report::words;
use crate::unit::Unit;

/// None where nothing is known of the reported period.
pub fn figure(subject: &Subject, measured: &Measured) -> Option<Figure> {
    let metric = measured.metric;
    let found = measured.total.rows.iter().filter(|row| row.period_start == subject.period.start && row.n > 0);
    let rows: Vec<(&Row, String, f64)> =
        found.filter_map(|row| Some((row, row.dimensions.first().cloned().flatten()?, row.value?))).collect();
    let whole: f64 = rows.iter().map(|(_, _, value)| value).sum();
    let n = rows.iter().map(|(row, _, _)| row.n).max()?;
    let label = subject.context.calendar.label(subject.period.start, subject.period.grain);
    let share = |value: f64| Unit::Ratio.format_option((whole > 0.0).then(|| value / whole));
    let table = DataTable {
        caption: format!("{}, {label}", metric.title),
        columns: columns(&[
            ("stage", false),
            ("n", true),
            ("mean", true),
            ("low", true),
            ("high", true),
            ("share", true),
        ]),
        rows: rows
            .iter()
            .map(|(row, stage, value)| {
                let mut cells = vec![stage.clone(), Unit::Count.format(row.n as f64)];
                cells.extend([row.value, row.low, row.high].map(|number| metric.unit.format_option(number)));
                cells.push(share(*value));
                cells
            })
            .collect(),
        rows_left_out: 0,
    };
    let stages: Vec<WaterfallStage> = rows
        .iter()
        .map(|(row, stage, value)| WaterfallStage { label: words::capitalised(stage), value: *value, n: row.n })
        .collect();
    let told: Vec<String> =
        stages.iter().map(|stage| format!("{} {}", stage.label, metric.unit.format(stage.value))).collect();
    Some(Figure {
        title: finding(&rows).map_or_else(
            || metric.title.clone(),
            |(stage, value)| {
                let (part, all) = (metric.unit.format(value), metric.unit.format(whole));
                format!("Most of the way is {stage}: {part} of {all}")
            },
        ),
        subtitle: format!(
            "{}, mean over {}, {label}",
            metric.title,
            crate::report::words::counted(n as f64, &metric.events)
        ),
        description: format!("{}; {} in all.", told.join(", "), metric.unit.format(whole)),
        table,
        ..framed(
            subject,
            metric,
            Chart::Waterfall(Waterfall { unit: metric.unit, stages, total_label: "The whole way".to_owned() }),
            subject.period.start,
        )
    })
}

/// The stage whose interval lies clear above those of all others, and that takes more than half.
fn finding<'r>(rows: &'r [(&Row, String, f64)]) -> Option<(&'r str, f64)> {
    let whole: f64 = rows.iter().map(|(_, _, value)| value).sum();
    let (largest, stage, value) = rows.iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
    let low = largest.low?;
    let others = rows.iter().filter(|(_, name, _)| name != stage);
    let is_clear = others.into_iter().all(|(row, _, _)| row.high.is_some_and(|high| high < low));
    (is_clear && *value > whole / 2.0).then_some((stage, *value))
}
