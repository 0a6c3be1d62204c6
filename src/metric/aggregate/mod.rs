//! The closed set of aggregates: what each asks of SQL, and the estimate with its interval that it makes of the answer.

mod count;
mod frequency;
mod groups;
mod incidence;
mod mean;
mod order;
mod rate;
mod rate_ratio;
mod ratio;
mod sum;
mod survival;
mod week;

use std::collections::BTreeMap;

use crate::stats::Interval;

/// A named way from a group of events to a number.
pub trait Aggregate: Sync {
    fn name(&self) -> &'static str;

    /// How many columns (and literals) it takes.
    fn arity(&self) -> usize;

    /// Columns of its own behind the common ones.
    fn own_columns(&self) -> &'static [&'static str];

    /// Whether the number of events is the value itself, so that few of them say as much as many.
    fn is_count(&self) -> bool {
        false
    }

    /// What SQL computes for a group: (alias, expression). Arguments are column names.
    fn fragments(&self, arguments: &[String], at: &str) -> Vec<(&'static str, String)>;

    /// The estimate of one group. An absent group has an empty `Raw`.
    fn finish(&self, raw: &Raw, arguments: &[String], exposure: &Exposure) -> Estimate;
}

/// The time in which the events of a group could happen.
#[derive(Debug, Clone, Default)]
pub struct Exposure {
    pub days: f64,
    /// First days of the weeks that lie within it from end to end, as days since 1970.
    pub whole_weeks: Vec<i32>,
}

/// Every aggregate, sorted by name.
pub static AGGREGATES: &[&dyn Aggregate] = &[
    &count::Count,
    &frequency::DeploymentDays,
    &frequency::Frequency,
    &incidence::Incidence,
    &order::LowerMedian,
    &mean::Mean,
    &groups::MEAN_OF_MEANS,
    &order::Median,
    &groups::MEDIAN_OF_MEANS,
    &groups::MEDIAN_OF_MEDIANS,
    &week::MedianPerWeek,
    &order::Quantile,
    &rate::Rate,
    &rate_ratio::RateRatio,
    &ratio::Ratio,
    &sum::Sum,
    &survival::SurvivalMedian,
];

/// The numbers of one group as SQL gave them; nothing in it means no event.
#[derive(Debug, Clone, Default)]
pub struct Raw {
    pub event_count: u64,
    pub numbers: BTreeMap<&'static str, f64>,
    pub lists: BTreeMap<&'static str, Vec<Option<f64>>>,
}

impl Raw {
    fn number(&self, alias: &str) -> Option<f64> {
        self.numbers.get(alias).copied()
    }

    /// A count; nothing counted is none.
    fn count(&self, alias: &str) -> u64 {
        self.number(alias).unwrap_or(0.0) as u64
    }

    fn listed(&self, alias: &str, index: usize) -> Option<f64> {
        self.lists.get(alias).and_then(|list| list.get(index).copied()).flatten()
    }
}

/// A number with what it stands on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estimate {
    /// Events behind the value.
    pub n: u64,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// In the order of `own_columns`.
    pub own: Vec<Option<f64>>,
}

impl Estimate {
    fn with(n: u64, value: Option<f64>, interval: Option<Interval>, own: Vec<Option<f64>>) -> Self {
        let low = interval.map(|interval| interval.low);
        let high = interval.map(|interval| interval.high);
        Self { n, value, low, high, own }
    }
}

/// `rate(is_failed)` as it stands in the front matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    pub arguments: Vec<String>,
    /// Flag of the events that count: those that have come to their end, for a statistic that cannot censor.
    pub only: Option<String>,
}

impl Call {
    /// Reads a call of a known aggregate with the right number of arguments, or `table`.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text == TABLE {
            return Some(Self { name: TABLE.into(), arguments: Vec::new(), only: None });
        }
        let (name, rest) = text.split_once('(')?;
        let inner = rest.strip_suffix(')')?.trim();
        let arguments: Vec<String> = match inner {
            "" => Vec::new(),
            _ => inner.split(',').map(|argument| argument.trim().to_owned()).collect(),
        };
        let aggregate = named(name)?;
        (aggregate.arity() == arguments.len()).then(|| Self { name: name.to_owned(), arguments, only: None })
    }

    pub fn is_table(&self) -> bool {
        self.name == TABLE
    }

    /// The call under another statistic of the same events, as a switch may ask; none where it does not fit.
    pub fn with_statistic(&self, statistic: &str) -> Option<Self> {
        let name = match statistic {
            "rate" => "frequency",
            other => other,
        };
        if name == self.name {
            return Some(self.clone());
        }
        let aggregate = named(name)?;
        // A statistic of one column looks at the first, over the events that have come to their end.
        let arguments = self.arguments.get(..aggregate.arity())?.to_vec();
        let is_censored = self.name == "survival_median";
        let only = self.arguments.get(1).filter(|_| is_censored).cloned();
        Some(Self { name: name.to_owned(), arguments, only })
    }

    /// The aggregate called; `table` has none.
    pub fn aggregate(&self) -> Option<&'static dyn Aggregate> {
        named(&self.name)
    }
}

const TABLE: &str = "table";

fn named(name: &str) -> Option<&'static dyn Aggregate> {
    AGGREGATES.iter().find(|aggregate| aggregate.name() == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aggregates_are_sorted_and_called_once_each() {
        let names: Vec<_> = AGGREGATES.iter().map(|aggregate| aggregate.name()).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    }

    #[test]
    fn a_group_without_events_has_no_value_unless_it_is_a_count() {
        for aggregate in AGGREGATES {
            let arguments = vec!["x".to_owned(); aggregate.arity()];
            let estimate =
                aggregate.finish(&Raw::default(), &arguments, &Exposure { days: 31.0, ..Exposure::default() });
            assert_eq!(estimate.value, aggregate.is_count().then_some(0.0), "{}", aggregate.name());
            assert_eq!(estimate.own.len(), aggregate.own_columns().len(), "{}", aggregate.name());
        }
    }

    #[test]
    fn calls_are_read_with_their_arguments() {
        let call = Call::read("survival_median(recovery_s, is_observed)").unwrap();
        assert_eq!(call.arguments, ["recovery_s", "is_observed"]);
        let mean = call.with_statistic("mean").unwrap();
        assert_eq!((mean.arguments, mean.only.as_deref()), (vec!["recovery_s".to_owned()], Some("is_observed")));
        assert!(Call::read("rate()").is_none());
        assert!(Call::read("mode(x)").is_none());
    }
}
