//! Events by the metric's own column beside what chance would put there, pooled over the whole history.

use super::{columns, framed, span};
use crate::chart::{Bucket, Chart, Histogram};
use crate::report::Subject;
use crate::report::blocks::{DataTable, Figure};
use crate::report::evidence::Measured;
use crate::report::words;
use crate::unit::Unit;

pub fn figure(subject: &Subject, measured: &Measured) -> Figure {
    let metric = measured.metric;
    let result = &measured.total;
    let sum = |group: &[Option<String>], name: &str| -> f64 {
        result.series(group).filter_map(|row| result.own(row, name)).sum()
    };
    let buckets: Vec<Bucket> = result
        .groups()
        .iter()
        .map(|group| Bucket {
            label: group.first().cloned().flatten().unwrap_or_else(|| "(none)".into()),
            value: sum(group, "numerator"),
            expected: Some(sum(group, "denominator")),
        })
        .collect();
    let period = span(subject, measured.history.0);
    let ratio = |bucket: &Bucket| bucket.expected.filter(|expected| *expected > 0.0).map(|e| bucket.value / e);
    let rows = buckets.iter().map(|bucket| {
        vec![
            bucket.label.clone(),
            Unit::Count.format(bucket.value),
            Unit::Number.format_option(bucket.expected),
            Unit::Number.format_option(ratio(bucket)),
        ]
    });
    let table = DataTable {
        caption: format!("{}, {period}", metric.title),
        columns: columns(&[
            (&metric.by.clone().unwrap_or_default().replace('_', " "), false),
            ("observed", true),
            ("expected by chance", true),
            ("observed / expected", true),
        ]),
        rows: rows.collect(),
        rows_left_out: 0,
    };
    let told = |bucket: &Bucket| {
        let expected = Unit::Number.format_option(bucket.expected);
        format!("{}: {}, by chance about {expected}", bucket.label, Unit::Count.format(bucket.value))
    };
    let text = buckets.first().map(|first| format!("{}.", words::capitalised(&told(first))));
    Figure {
        subtitle: format!("Incidents, {period}; line: expected by chance from each service's own rate"),
        description: buckets.iter().map(told).collect::<Vec<_>>().join("; "),
        text: text.into_iter().collect(),
        table,
        ..framed(
            subject,
            metric,
            Chart::Histogram(Histogram {
                unit: Unit::Count,
                buckets,
                expected_label: "expected if releases made no difference".to_owned(),
            }),
            measured.history.0,
        )
    }
}
