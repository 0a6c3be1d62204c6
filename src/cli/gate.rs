//! Gates: `--fail-on 'change_fail_rate.low > 0.15'`, judged on the whole in the report's period.

use crate::metric::{self, MetricResult, Request, Row};
use crate::report::Subject;

use super::Failure;

/// Fewer events than this carry no verdict.
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
    pub is_breached: bool,
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

    pub fn judge(&self, result: &MetricResult) -> Verdict {
        let told = |is_breached, why: String| Verdict { is_breached, text: format!("gate `{}`: {why}", self.text) };
        if let Some(reason) = &result.not_measured {
            return told(false, format!("not measured: {reason}"));
        }
        let Some(row) = result.rows.first() else {
            return told(false, "no data".into());
        };
        let Some(observed) = self.observed(row) else {
            return told(false, format!("no value, n = {}", row.n));
        };
        if row.n < MINIMUM_EVENTS {
            return told(false, format!("observed {observed}, but n = {} is fewer than {MINIMUM_EVENTS}", row.n));
        }
        let is_breached = if self.is_above { observed > self.limit } else { observed < self.limit };
        let word = if is_breached { "breached" } else { "held" };
        told(is_breached, format!("{word}, observed {observed}, n = {}", row.n))
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
