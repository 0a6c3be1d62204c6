//! Published benchmarks: clusters of one year, with their source, gaps and all.

use serde::Deserialize;

use super::MetricError;

/// The benchmarks of one metric, newest edition first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bands {
    pub metric: String,
    /// What the clusters speak of, where it is not the whole: "service".
    pub per: Option<String>,
    pub editions: Vec<Edition>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    pub year: u32,
    pub source: String,
    pub note: String,
    /// In the order of the published values, not of merit.
    pub levels: Vec<Level>,
}

/// A cluster: one published value, or a range whose open end is left out. Units are those of the metric.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    pub name: String,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

impl Bands {
    pub fn read(path: &str, text: &str) -> Result<Self, MetricError> {
        let told = |message: String, line| MetricError::FrontMatter {
            file: path.to_owned(),
            line,
            message,
            help: "a band file has `metric` and `[[editions]]` with year, source, note and levels".into(),
        };
        let mut bands: Bands = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
            told(error.message().to_owned(), line)
        })?;
        bands.editions.sort_by_key(|edition| std::cmp::Reverse(edition.year));
        if bands.editions.is_empty() {
            return Err(told("the file has no edition".into(), 1));
        }
        Ok(bands)
    }

    pub fn newest(&self) -> Option<&Edition> {
        self.editions.first()
    }
}

impl Edition {
    /// Where a value lies, in words: "elite", "between high and medium", "worse than low".
    ///
    /// Ranges hold what lies in them; single values are told as "near" or "between".
    pub fn place(&self, value: f64, is_lower_better: bool) -> String {
        let inside = |level: &&Level| {
            level.value.is_none()
                && level.low.is_none_or(|low| value >= low)
                && level.high.is_none_or(|high| value < high)
        };
        if let Some(level) = self.levels.iter().find(inside) {
            return level.name.clone();
        }
        let edge = |level: &Level| (level.value.or(level.low), level.value.or(level.high));
        let below = self
            .levels
            .iter()
            .filter_map(|level| edge(level).1.filter(|high| *high <= value).map(|high| (high, level)))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let above = self
            .levels
            .iter()
            .filter_map(|level| edge(level).0.filter(|low| *low > value).map(|low| (low, level)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match (below, above) {
            (Some((at, level)), _) if at == value => level.name.clone(),
            (Some((_, below)), Some((_, above))) => {
                format!("between {} and {}", below.name, above.name)
            }
            (None, Some((_, above))) if is_lower_better => format!("better than {}", above.name),
            (None, Some((_, above))) => format!("worse than {}", above.name),
            (Some((_, below)), None) if is_lower_better => format!("worse than {}", below.name),
            (Some((_, below)), None) => format!("better than {}", below.name),
            (None, None) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Ends = Option<f64>;

    fn edition(levels: &[(&str, Ends, Ends, Ends)]) -> Edition {
        let level = |(name, value, low, high): &(&str, Ends, Ends, Ends)| Level {
            name: (*name).to_owned(),
            value: *value,
            low: *low,
            high: *high,
        };
        Edition { year: 2024, source: String::new(), note: String::new(), levels: levels.iter().map(level).collect() }
    }

    #[test]
    fn the_clusters_of_2024_stay_out_of_order_as_published() {
        let rates = edition(&[
            ("elite", Some(0.05), None, None),
            ("medium", Some(0.10), None, None),
            ("high", Some(0.20), None, None),
            ("low", Some(0.40), None, None),
        ]);
        assert_eq!(rates.place(0.15, true), "between medium and high");
        assert_eq!(rates.place(0.02, true), "better than elite");
        assert_eq!(rates.place(0.20, true), "high");
        assert_eq!(rates.place(0.9, true), "worse than low");
    }

    #[test]
    fn a_value_in_a_gap_belongs_to_nobody() {
        let times = edition(&[("elite", None, None, Some(3600.0)), ("low", None, Some(604_800.0), Some(2_592_000.0))]);
        assert_eq!(times.place(60.0, true), "elite");
        assert_eq!(times.place(200_000.0, true), "between elite and low");
        assert_eq!(times.place(3_000_000.0, true), "worse than low");
    }
}
