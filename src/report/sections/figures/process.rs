//! Natural limits (XmR) around the finished periods of each measure, and the periods that signal.

use super::{columns, scope, span};
use crate::chart::{Chart, Process, ProcessLimits, ProcessPanel, ProcessSignal};
use crate::metric::Row;
use crate::report::Subject;
use crate::report::blocks::{DataTable, Figure};
use crate::report::evidence::Measured;
use crate::report::sections::cards;
use crate::report::trend;
use crate::stats::xmr::{self, Rule};

/// Of all measures that have any value; none where no history is long enough for limits.
pub fn figure(subject: &Subject, measures: &[&Measured]) -> Option<Figure> {
    let drawn: Vec<(&Measured, ProcessPanel)> = measures
        .iter()
        .filter(|measured| measured.total.rows.iter().any(|row| row.value.is_some()) && !measured.is_grouped())
        .map(|measured| (*measured, panel(measured)))
        .collect();
    let (first, _) = drawn.first().filter(|_| drawn.iter().any(|(_, panel)| panel.limits.is_some()))?;
    let signals: usize = drawn.iter().map(|(_, panel)| panel.signals.len()).sum();
    let rows = drawn.iter().flat_map(|(measured, panel)| rows(subject, measured, panel)).collect();
    let names: Vec<&str> = drawn.iter().map(|(measured, _)| measured.metric.name.as_str()).collect();
    let period = span(subject, first.history.0);
    let grain = subject.period.grain;
    let text = vec![
        match signals {
            0 => format!("No {grain} signals."),
            1 => format!("One {grain} signals."),
            many => format!("{many} {grain}s signal."),
        },
        "A signal asks for a look, it is not yet a finding: each chart alone raises some by chance, and small periods swing more than large ones. What holds among all that was tested is told in words above.".to_owned(),
    ];
    Some(Figure {
        id: match drawn.len() {
            1 => format!("{}-process", crate::report::sections::anchor(&first.metric.name)),
            _ => "process".to_owned(),
        },
        metric: first.metric.name.clone(),
        title: "The usual unrest of each measure".to_owned(),
        subtitle: format!("By {grain}, {period}; line: mean, dashes: natural limits (mean ± 2.66 mean moving ranges)"),
        description: format!("{} process-behaviour charts. {}", drawn.len(), text[0]),
        text,
        caveat: "Limits come from the finished periods drawn, twelve at least. Rules are Wheeler's: a point beyond a limit, eight in a row on one side of the mean, three of four nearer to a limit than to the mean, a step larger than any of the usual.".to_owned(),
        table: DataTable {
            caption: format!("Natural limits, {period}"),
            columns: columns(&[
                ("measure", false),
                (grain.name(), false),
                ("value", true),
                ("mean", true),
                ("lower limit", true),
                ("upper limit", true),
                ("signal", false),
            ]),
            rows,
            rows_left_out: 0,
        },
        query: first.metric.statement.origin.clone(),
        command: format!("shipwake metric {} --grain {grain}{}", names.join(" "), scope(subject, first.history.0)),
        chart: Chart::Process(Process { panels: drawn.into_iter().map(|(_, panel)| panel).collect() }),
    })
}

fn panel(measured: &Measured) -> ProcessPanel {
    let metric = measured.metric;
    let rows: Vec<&Row> = measured.total.rows.iter().collect();
    let points = trend::judged(&rows, measured.total.is_count);
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let limits = xmr::limits(&values);
    let found = limits.map(|limits| xmr::signals(&values, &limits)).unwrap_or_default();
    let mut signals: Vec<ProcessSignal> = Vec::new();
    for signal in found {
        let Some(point) = points.get(signal.index) else {
            continue;
        };
        // Of several rules at one point the strongest is told; they come in that order.
        if signals.last().is_none_or(|last| last.at != point.row.period_start) {
            signals.push(ProcessSignal { at: point.row.period_start, rule: rule(signal.rule).to_owned() });
        }
    }
    let mut series = cards::series(&metric.title, rows);
    for point in &mut series.points {
        // The limits are those of the process; the interval of each point would be a second answer to another question.
        (point.low, point.high) = (None, None);
    }
    ProcessPanel {
        unit: metric.unit,
        series,
        limits: limits.map(|limits| ProcessLimits { center: limits.center, lower: limits.lower, upper: limits.upper }),
        signals,
    }
}

fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::BeyondLimit => "beyond limit",
        Rule::RunOfEight => "8 on one side",
        Rule::ThreeOfFourNearLimit => "3 of 4 near limit",
        Rule::RangeBeyondLimit => "large step",
    }
}

fn rows(subject: &Subject, measured: &Measured, panel: &ProcessPanel) -> Vec<Vec<String>> {
    let calendar = &subject.context.calendar;
    let unit = panel.unit;
    let limits = panel.limits;
    let points = panel.series.points.iter().filter(|point| point.value.is_some());
    let row = |point: &crate::chart::Point| {
        let signal = panel.signals.iter().find(|signal| signal.at == point.at);
        let partial = if point.is_partial { " (partial)" } else { "" };
        vec![
            measured.metric.title.clone(),
            format!("{}{partial}", calendar.label(point.at, subject.period.grain)),
            unit.format_option(point.value),
            unit.format_option(limits.map(|limits| limits.center)),
            unit.format_option(limits.map(|limits| limits.lower)),
            unit.format_option(limits.map(|limits| limits.upper)),
            signal.map(|signal| signal.rule.clone()).unwrap_or_default(),
        ]
    };
    points.map(row).collect()
}
