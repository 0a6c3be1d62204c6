//! The result of every metric: the same shape for charts, cards, tables, gates and exports.

use chrono::NaiveDate;

/// One group in one period.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Values of the dimensions, in the order of `by`; none is "not known".
    pub dimensions: Vec<Option<String>>,
    /// First day of the period, in the report's zone.
    pub period_start: NaiveDate,
    /// Events behind the value.
    pub n: u64,
    /// In the metric's unit; none where n = 0, except for counts.
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// The period is unfinished, cut, or not yet old enough to judge.
    pub is_partial: bool,
    /// The aggregate's own columns.
    pub own: Vec<Option<f64>>,
}

/// Rows of one grouping, sorted by dimensions, then period.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricResult {
    pub metric: String,
    pub by: Vec<String>,
    pub own_columns: &'static [&'static str],
    /// The number of events is the value itself.
    pub is_count: bool,
    pub rows: Vec<Row>,
    /// "needs approvals", where nothing could be measured.
    pub not_measured: Option<String>,
}

impl MetricResult {
    /// The value of an own column in a row.
    pub fn own(&self, row: &Row, name: &str) -> Option<f64> {
        let index = self.own_columns.iter().position(|column| *column == name)?;
        row.own.get(index).copied().flatten()
    }

    /// Rows of one group, in time order.
    pub fn series<'a>(&'a self, dimensions: &'a [Option<String>]) -> impl Iterator<Item = &'a Row> + 'a {
        self.rows.iter().filter(move |row| row.dimensions == dimensions)
    }

    /// Each group with its rows, in their order: those of one group stand together.
    pub fn by_group(&self) -> impl Iterator<Item = (&[Option<String>], &[Row])> {
        let groups = self.rows.chunk_by(|a, b| a.dimensions == b.dimensions);
        groups.filter_map(|rows| Some((rows.first()?.dimensions.as_slice(), rows)))
    }

    /// The groups, each once, in the order of the rows.
    pub fn groups(&self) -> Vec<Vec<Option<String>>> {
        let mut groups: Vec<Vec<Option<String>>> = self.rows.iter().map(|row| row.dimensions.clone()).collect();
        groups.dedup();
        groups
    }
}
