//! Gates: `--fail-on 'change_fail_rate.low > 0.15'`, judged on the whole in the report's period.

use crate::metric::{self, Catalogue, MetricResult, Request, Row};
use crate::report::Subject;

use super::{Exit, Failure};

/// Fewer events than this carry no verdict on a rate or a duration; a count is its own verdict.
const MINIMUM_EVENTS: u64 = 10;

/// One condition on one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    text: String,
    metric: String,
    field: Field,
    is_above: bool,
    limit: f64,
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
    /// Reads `METRIC[.value|.low|.high] > NUMBER`, or with `<`.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let refusal = || {
            Failure::usage(
                format!("`{text}` is no gate"),
                "write `change_fail_rate.low > 0.15`: a metric, value, low or high, > or <, a number in the metric's unit",
            )
        };
        let is_above = text.contains('>');
        let (left, right) = text.split_once(if is_above { '>' } else { '<' }).ok_or_else(refusal)?;
        let limit: f64 = right.trim().parse().map_err(|_| refusal())?;
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
        Ok(Self { text: text.to_owned(), metric: metric.to_owned(), field, is_above, limit })
    }

    /// # Errors
    /// Where the metric does not exist, or is no single number.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), Failure> {
        let metric = catalogue.metric(&self.metric)?;
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
        let is_count = result.own_columns.is_empty() || result.own_columns.contains(&"exposure_days");
        if !is_count && row.n < MINIMUM_EVENTS {
            let why = format!("observed {observed}, but n = {} is fewer than {MINIMUM_EVENTS}{partial}", row.n);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_are_read_or_refused() {
        let gate = Gate::read("change_fail_rate.low > 0.15").unwrap();
        assert_eq!(
            (gate.metric.as_str(), gate.field, gate.is_above, gate.limit),
            ("change_fail_rate", Field::Low, true, 0.15)
        );
        for text in ["change_fail_rate", "x.middle > 1", "x > many", "> 1", "x > NaN"] {
            assert!(Gate::read(text).is_err(), "{text}");
        }
    }
}
