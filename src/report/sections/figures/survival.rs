//! The survival curve of a metric's cases over the periods that figures draw, open cases censored.

use super::{columns, framed, span};
use crate::chart::{Chart, Survival, SurvivalStep};
use crate::engine::Answer;
use crate::report::Subject;
use crate::report::blocks::{DataTable, Figure};
use crate::report::evidence::Measured;
use crate::report::sections::columns_of;
use crate::report::words;
use crate::stats::LEVEL;
use crate::stats::survival::{KaplanMeier, Step};
use crate::unit::Unit;

/// Corners of a curve that an eye can tell apart.
const MOST_STEPS: usize = 160;

/// Times, in seconds, at which the table tells the share.
const TIMES_S: [(f64, &str); 8] = [
    (900.0, "15 min"),
    (3_600.0, "1 h"),
    (14_400.0, "4 h"),
    (43_200.0, "12 h"),
    (86_400.0, "1 day"),
    (259_200.0, "3 days"),
    (604_800.0, "1 week"),
    (2_419_200.0, "4 weeks"),
];

/// Fewer cases than this make no finding.
const FEWEST_FOR_A_FINDING: u64 = 10;

/// None where the cases are no lengths with ends.
pub fn figure(subject: &Subject, measured: &Measured, answer: &Answer) -> Option<Figure> {
    let metric = measured.metric;
    let names: Vec<&str> = answer.schema.fields().iter().map(|field| field.name().as_str()).collect();
    let [length, is_observed] = names[..] else {
        return None;
    };
    let lengths = columns_of::numbers(answer, length);
    let flags = columns_of::flags(answer, is_observed);
    let cases: Vec<(f64, bool)> = lengths.into_iter().zip(flags).filter_map(|(s, flag)| Some((s?, flag?))).collect();
    if cases.is_empty() {
        return None;
    }
    let n = cases.len() as u64;
    let curve = KaplanMeier::new(&cases);
    let until_s = cases.iter().map(|(length, _)| *length).fold(0.0, f64::max);
    let mut censored_s: Vec<f64> = cases.iter().filter(|(_, is_observed)| !is_observed).map(|case| case.0).collect();
    censored_s.sort_by(f64::total_cmp);
    let open = censored_s.len() as u64;
    let median = curve.quantile(0.5);
    let events = words::counted(n as f64, &metric.events);
    let mut text = vec![match median {
        Some(median) => {
            format!("Half of {events} were over within {}{}.", Unit::Seconds.format(median), interval(&curve))
        }
        None => format!("Of {events} half or more are not yet known to be over, so there is no median."),
    }];
    if open > 0 {
        text.push(format!(
            "{} still open: counted as lasting at least until now, so that none makes the curve look faster.",
            if open == 1 { "One is".to_owned() } else { format!("{} are", Unit::Count.format(open as f64)) }
        ));
    }
    let chart = Survival {
        outcome: "not yet over".to_owned(),
        steps: thinned(curve.steps()).into_iter().map(drawn).collect(),
        censored_s: censored_s.iter().copied().step_by(censored_s.len().div_ceil(MOST_STEPS).max(1)).collect(),
        open_count: open,
        median_s: median,
        until_s,
        n,
    };
    let period = span(subject, measured.shown_from);
    Some(Figure {
        id: format!("{}-curve", crate::report::sections::anchor(&metric.name)),
        title: match median.filter(|_| n >= FEWEST_FOR_A_FINDING) {
            Some(median) => format!("Half of all {} were over within {}", metric.events, Unit::Seconds.format(median)),
            None => metric.title.clone(),
        },
        subtitle: format!(
            "{}: share that lasts longer, {events}, {period}; band: {}\u{202f}% interval",
            metric.title,
            LEVEL * 100.0
        ),
        description: text[0].clone(),
        text,
        table: table(&curve, &cases, until_s, format!("{}, {period}", metric.title)),
        ..framed(subject, metric, Chart::Survival(chart), measured.shown_from)
    })
}

fn interval(curve: &KaplanMeier) -> String {
    let percent = LEVEL * 100.0;
    let told = |time: f64| Unit::Seconds.format(time);
    match curve.median_interval(LEVEL) {
        Some((Some(low), Some(high))) => format!(" ({percent}\u{202f}% interval {} to {})", told(low), told(high)),
        Some((Some(low), None)) => format!(" ({percent}\u{202f}% interval from {}, open above)", told(low)),
        _ => String::new(),
    }
}

/// Of steps that lie closer than a hundred-and-sixtieth of the logarithmic axis the last one.
fn thinned(steps: &[Step]) -> Vec<&Step> {
    let positive = || steps.iter().map(|step| step.time).filter(|time| *time > 0.0);
    let (least, most) = (positive().fold(f64::INFINITY, f64::min), positive().fold(0.0, f64::max));
    let width = (most / least).ln() / MOST_STEPS as f64;
    let place =
        |step: &Step| if step.time > 0.0 && width > 0.0 { ((step.time / least).ln() / width) as i64 } else { -1 };
    let mut kept: Vec<&Step> = Vec::new();
    for step in steps {
        match kept.last_mut() {
            Some(last) if place(last) == place(step) && width > 0.0 => *last = step,
            _ => kept.push(step),
        }
    }
    kept
}

fn drawn(step: &Step) -> SurvivalStep {
    let interval = step.interval(LEVEL);
    SurvivalStep {
        time_s: step.time,
        share: step.survival,
        low: interval.map(|interval| interval.low),
        high: interval.map(|interval| interval.high),
    }
}

/// The share at times that people name, as long as anybody was watched.
fn table(curve: &KaplanMeier, cases: &[(f64, bool)], until_s: f64, caption: String) -> DataTable {
    let rows = TIMES_S.iter().filter(|(time, _)| *time <= until_s).map(|(time, name)| {
        let step = curve.steps().iter().take_while(|step| step.time <= *time).last();
        let at_risk = cases.iter().filter(|(length, _)| length > time).count();
        let interval = step.and_then(|step| step.interval(LEVEL));
        vec![
            (*name).to_owned(),
            Unit::Ratio.format(step.map_or(1.0, |step| step.survival)),
            Unit::Ratio.format_option(interval.map(|interval| interval.low)),
            Unit::Ratio.format_option(interval.map(|interval| interval.high)),
            Unit::Count.format(at_risk as f64),
        ]
    });
    DataTable {
        caption,
        columns: columns(&[
            ("after", false),
            ("not yet over", true),
            ("low", true),
            ("high", true),
            ("still watched", true),
        ]),
        rows: rows.collect(),
        rows_left_out: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_end_of_the_curve_and_at_most_so_many_corners() {
        let cases: Vec<(f64, bool)> = (1..20_000).map(|length| (f64::from(length), true)).collect();
        let curve = KaplanMeier::new(&cases);
        let kept = thinned(curve.steps());
        assert!(kept.len() <= MOST_STEPS + 1, "{}", kept.len());
        assert_eq!(kept.last().copied(), curve.steps().last());
        assert!(kept.is_sorted_by(|a, b| a.time < b.time));
    }

    #[test]
    fn few_or_equal_steps_are_all_kept() {
        let steps = KaplanMeier::new(&[(5.0, true), (5.0, true), (60.0, true)]);
        assert_eq!(thinned(steps.steps()).len(), 2);
        assert_eq!(thinned(KaplanMeier::new(&[(0.0, true)]).steps()).len(), 1);
    }
}
