//! Gates: `--fail-on 'change_fail_rate.low > 0.15 and n >= 20'`, judged on the whole in the report's period.
//!
//! A gate on `low` or `high` is breached only where the interval lies beyond the limit, so that noise stops nobody.

use chrono::NaiveDate;

use crate::metric::{self, Catalogue, MetricResult, Request, Row};
use crate::period::Grain;
use crate::report::Subject;
use crate::unit::{DAY, HOUR, MINUTE, Unit, WEEK};

use super::{Exit, Failure};

/// Fewer events than this carry no verdict on a rate or a duration, unless the gate says otherwise; a count is its own
/// verdict.
const MINIMUM_EVENTS: u64 = 10;

/// One condition on one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    text: String,
    metric: String,
    field: Field,
    is_above: bool,
    limit: f64,
    /// What the limit was written in, where that fits some metrics only.
    written_in: Option<Unit>,
    /// Events that a verdict needs, where the gate says how many.
    minimum: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Value,
    Low,
    High,
}

pub struct Verdict {
    pub exit: Exit,
    pub text: String,
}

impl Gate {
    /// Reads `METRIC[.value|.low|.high] > NUMBER`, or with `<`, and behind it perhaps `and n >= NUMBER`.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let refusal = || {
            Failure::usage(
                format!("`{text}` is no gate"),
                "write `change_fail_rate.low > 0.15 and n >= 20`: a metric, value, low or high, > or <, a number in the \
                 metric's unit, or as `10%` or `36h`; how many events it takes may be left out",
            )
        };
        let (condition, minimum) = match text.split_once(" and ") {
            Some((condition, rest)) => (condition, Some(minimum(rest).ok_or_else(refusal)?)),
            None => (text, None),
        };
        let is_above = condition.contains('>');
        let (left, right) = condition.split_once(if is_above { '>' } else { '<' }).ok_or_else(refusal)?;
        let (limit, written_in) = limit(right.trim()).ok_or_else(refusal)?;
        let (metric, field) = left.trim().split_once('.').unwrap_or((left.trim(), "value"));
        let field = match field {
            "value" => Field::Value,
            "low" => Field::Low,
            "high" => Field::High,
            _ => return Err(refusal()),
        };
        if !limit.is_finite() || metric.is_empty() {
            return Err(refusal());
        }
        Ok(Self { text: text.to_owned(), metric: metric.to_owned(), field, is_above, limit, written_in, minimum })
    }

    /// What it asks, of whatever period: which columns that takes does not depend on it.
    pub fn question(&self) -> (String, Request) {
        let day = NaiveDate::default();
        let until = day.succ_opt().unwrap_or(day);
        (
            self.metric.clone(),
            Request { grain: Grain::Total, from: day, until, groupings: vec![Vec::new()], filter: None },
        )
    }

    /// # Errors
    /// Where the metric does not exist, or is no single number.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), Failure> {
        let metric = catalogue.metric(&self.metric)?;
        if let Some(unit) = self.written_in.filter(|unit| *unit != metric.unit) {
            let message = format!("gate `{}`: its limit is in {}", self.text, unit.name());
            return Err(Failure::usage(message, format!("`{}` is in {}", self.metric, metric.unit.name())));
        }
        if metric.by.is_none() && !metric.aggregate.is_table() {
            return Ok(());
        }
        let message = format!("gate `{}`: `{}` is not one number", self.text, self.metric);
        Err(Failure::usage(message, "choose a metric that is not a table and not always grouped"))
    }

    pub fn measure(&self, subject: &Subject) -> Result<MetricResult, Failure> {
        let metric = subject.catalogue.metric(&self.metric)?;
        let request = Request {
            grain: subject.period.grain,
            from: subject.period.start,
            until: subject.period.end,
            groupings: vec![Vec::new()],
            filter: None,
        };
        let mut results = metric::compute(subject.context, &[(metric, request)]);
        let found = results.pop().transpose()?.and_then(|mut results| results.pop());
        found.ok_or_else(|| Failure::usage(format!("`{}` has no value to judge", self.metric), "choose another metric"))
    }

    /// A gate that cannot be judged for want of data is neither held nor breached.
    pub fn judge(&self, result: &MetricResult) -> Verdict {
        let told = |exit, why: String| Verdict { exit, text: format!("gate `{}`: {why}", self.text) };
        if let Some(reason) = &result.not_measured {
            return told(Exit::DataQuality, format!("not measured: {reason}"));
        }
        let Some(row) = result.rows.first() else { return told(Exit::DataQuality, "no data".into()) };
        let Some(observed) = self.observed(row) else {
            return told(Exit::DataQuality, format!("no value, n = {}", row.n));
        };
        let partial = if row.is_partial { ", the period is not yet old enough to judge" } else { "" };
        let minimum = self.minimum.unwrap_or(if result.is_count { 0 } else { MINIMUM_EVENTS });
        if row.n < minimum {
            let why = format!("observed {observed}, but n = {} is fewer than {minimum}{partial}", row.n);
            return told(Exit::Done, why);
        }
        let is_breached = if self.is_above { observed > self.limit } else { observed < self.limit };
        let (word, exit) = if is_breached { ("breached", Exit::Gate) } else { ("held", Exit::Done) };
        told(exit, format!("{word}, observed {observed}, n = {}{partial}", row.n))
    }

    fn observed(&self, row: &Row) -> Option<f64> {
        match self.field {
            Field::Value => row.value,
            Field::Low => row.low,
            Field::High => row.high,
        }
    }
}

/// `0.15`, `10%`, `36h`: the number in the metric's unit, and the unit that it was written in.
fn limit(text: &str) -> Option<(f64, Option<Unit>)> {
    const LENGTHS: [(char, f64); 5] = [('s', 1.0), ('m', MINUTE), ('h', HOUR), ('d', DAY), ('w', WEEK)];
    let number = |text: &str| text.trim_end().parse::<f64>().ok();
    if let Some(percent) = text.strip_suffix('%') {
        return Some((number(percent)? / 100.0, Some(Unit::Ratio)));
    }
    for (letter, seconds) in LENGTHS {
        if let Some(length) = text.strip_suffix(letter) {
            return Some((number(length)? * seconds, Some(Unit::Seconds)));
        }
    }
    Some((number(text)?, None))
}

/// Reads `n >= 20`, or `n > 19`.
fn minimum(text: &str) -> Option<u64> {
    let rest = text.trim().strip_prefix('n')?.trim_start();
    match rest.strip_prefix(">=") {
        Some(number) => number.trim().parse().ok(),
        None => rest.strip_prefix('>')?.trim().parse::<u64>().ok()?.checked_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(n: u64, value: f64) -> MetricResult {
        let row = Row {
            dimensions: Vec::new(),
            period_start: chrono::NaiveDate::default(),
            n,
            value: Some(value),
            low: Some(value / 2.0),
            high: Some(value * 2.0),
            is_partial: false,
            own: vec![None, None],
        };
        MetricResult {
            metric: "change_fail_rate".to_owned(),
            by: Vec::new(),
            own_columns: &["numerator", "denominator"],
            is_count: false,
            rows: vec![row],
            not_measured: None,
        }
    }

    #[test]
    fn a_gate_with_a_minimum_is_silent_below_it_and_speaks_from_there_on() {
        let gate = Gate::read("change_fail_rate > 0.15 and n >= 20").unwrap();
        assert_eq!(gate.judge(&result(19, 0.5)).exit, Exit::Done);
        assert!(gate.judge(&result(19, 0.5)).text.ends_with("observed 0.5, but n = 19 is fewer than 20"));
        assert_eq!(gate.judge(&result(20, 0.5)).exit, Exit::Gate);
        let eager = Gate::read("change_fail_rate > 0.15 and n > 1").unwrap();
        assert_eq!(eager.judge(&result(2, 0.5)).exit, Exit::Gate, "who asks for two gets a verdict on two");
        assert_eq!(Gate::read("change_fail_rate > 0.15").unwrap().judge(&result(9, 0.5)).exit, Exit::Done);
    }

    #[test]
    fn an_end_of_the_interval_is_judged_in_place_of_the_value() {
        let exit = |text: &str| Gate::read(text).unwrap().judge(&result(30, 0.2)).exit;
        assert_eq!(exit("change_fail_rate.low > 0.15"), Exit::Done);
        assert_eq!(exit("change_fail_rate.value > 0.15"), Exit::Gate);
        assert_eq!(exit("change_fail_rate.high < 0.5"), Exit::Gate);
    }

    #[test]
    fn gates_are_read_or_refused() {
        let gate = Gate::read("change_fail_rate.low > 0.15").unwrap();
        assert_eq!(
            (gate.metric.as_str(), gate.field, gate.is_above, gate.limit),
            ("change_fail_rate", Field::Low, true, 0.15)
        );
        for text in
            ["change_fail_rate", "x.middle > 1", "x > many", "> 1", "x > NaN", "x > 1 and n", "x > 1 and m >= 2"]
        {
            assert!(Gate::read(text).is_err(), "{text}");
        }
    }
    #[test]
    fn a_limit_may_be_written_as_people_write_it() {
        let of = |text: &str| Gate::read(text).map(|gate| (gate.limit, gate.written_in)).ok();
        assert_eq!(of("change_fail_rate > 10%"), Some((0.1, Some(Unit::Ratio))));
        assert_eq!(of("change_lead_time > 1d"), Some((86_400.0, Some(Unit::Seconds))));
        assert_eq!(of("change_lead_time > 1.5h"), Some((5_400.0, Some(Unit::Seconds))));
        assert_eq!(of("change_fail_rate > 0.1"), Some((0.1, None)));
        assert_eq!(of("change_fail_rate > %"), None);
    }

    #[test]
    fn a_limit_in_another_unit_than_the_metric_is_refused() {
        let catalogue = Catalogue::read(crate::embedded::QUERIES, None).unwrap();
        assert!(Gate::read("change_fail_rate > 10%").unwrap().check(&catalogue).is_ok());
        assert!(Gate::read("change_fail_rate > 1d").unwrap().check(&catalogue).is_err());
    }

    #[test]
    fn the_initials_of_a_metric_lead_to_it() {
        let catalogue = Catalogue::read(crate::embedded::QUERIES, None).unwrap();
        let failure = Gate::read("cfr > 0.1").unwrap().check(&catalogue).unwrap_err();
        let help = miette::Diagnostic::help(&failure).unwrap().to_string();
        assert!(help.contains("change_fail_rate"), "{help}");
    }
}
