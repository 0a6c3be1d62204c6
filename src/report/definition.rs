//! A report's definition: `reports/*.toml`, the built-in ones or a user's.

use std::collections::BTreeMap;

use miette::{Diagnostic, NamedSource, SourceSpan};
use serde::Deserialize;
use thiserror::Error;

use crate::metric::{ChartKind, Metric};
use crate::period::Grain;

#[derive(Debug, Error, Diagnostic)]
pub enum ReportError {
    #[error("{message}")]
    Text {
        message: String,
        #[source_code]
        text: NamedSource<String>,
        #[label("here")]
        place: Option<SourceSpan>,
        #[help]
        help: Option<String>,
    },

    #[error("no report is called `{name}`")]
    #[diagnostic(help("reports are {known}"))]
    NoReport { name: String, known: String },
}

/// Title, audience, period and sections of a report.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    pub name: String,
    pub title: String,
    pub audience: String,
    pub grain: Grain,
    /// Periods in which changes are looked for, the reported one included.
    pub history: u32,
    /// Periods that figures draw, the reported one included.
    pub shown: u32,
    /// Metrics whose rows go along as files: the report is an evidence package.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// So many of the first sections answer the reader's questions; the others are their details.
    #[serde(default)]
    pub questions: usize,
    pub sections: Vec<SectionSpec>,
}

/// One section: its kind decides what is made of its metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionSpec {
    pub kind: SectionKind,
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub metrics: Vec<String>,
    /// Metrics that are shown as cards above the figures.
    #[serde(default)]
    pub cards: Vec<String>,
    /// Charts other than those that the metrics themselves ask for.
    #[serde(default)]
    pub charts: BTreeMap<String, ChartKind>,
    /// Metrics that are tables.
    #[serde(default)]
    pub tables: Vec<String>,
    /// Groupings besides the whole.
    #[serde(default)]
    pub by: Vec<Vec<String>>,
    /// Groups to be tested against each other, and whose series are tested for change.
    #[serde(default)]
    pub compare: Vec<Comparison>,
    /// Rows of a list.
    pub limit: Option<usize>,
}

/// Metrics that are compared between groups.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    pub metrics: Vec<String>,
    pub by: Vec<Vec<String>>,
    pub tests: Vec<Test>,
}

/// What is looked for in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// A drift or a step of each group's series.
    Trend,
    /// A group whose share differs from that of its peers.
    Difference,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    Cards,
    Change,
    Contents,
    Controls,
    Gaps,
    Look,
    Figures,
    Cases,
    Quality,
    Method,
    Verify,
}

/// Where the built-in maps of controls lie; they are no reports.
pub const CONTROLS: &str = "reports/controls/";
impl SectionSpec {
    /// How this section draws a metric.
    pub fn chart(&self, metric: &Metric) -> ChartKind {
        self.charts.get(&metric.name).copied().unwrap_or(metric.chart)
    }
}

/// More periods than this are no report.
const MOST_PERIODS: u32 = 1_200;

impl Definition {
    /// The report called `name`, of `files` (path, text): later files override earlier ones.
    pub fn find(name: &str, files: &[(String, String)]) -> Result<Self, ReportError> {
        let mut known = Vec::new();
        let mut found = None;
        let is_definition = |path: &str| path.ends_with(".toml") && !path.contains(CONTROLS);
        for (path, text) in files.iter().filter(|(path, _)| is_definition(path)) {
            let definition = Self::read(path, text)?;
            known.push(definition.name.clone());
            if definition.name == name {
                found = Some(definition);
            }
        }
        known.sort();
        known.dedup();
        found.ok_or_else(|| ReportError::NoReport { name: name.to_owned(), known: known.join(", ") })
    }

    fn read(path: &str, text: &str) -> Result<Self, ReportError> {
        let mut definition: Self = toml::from_str(text).map_err(|error| ReportError::Text {
            message: format!("report definition `{path}`: {}", error.message()),
            text: NamedSource::new(path, text.to_owned()).with_language("TOML"),
            place: error.span().map(SourceSpan::from),
            help: Some("reports/monthly.toml shows every key".into()),
        })?;
        definition.history = definition.history.clamp(1, MOST_PERIODS);
        definition.shown = definition.shown.clamp(1, definition.history);
        Ok(definition)
    }
}
