//! A report's definition: `reports/*.toml`, the built-in ones or a user's.

use std::collections::BTreeMap;

use miette::{Diagnostic, NamedSource, SourceSpan};
use serde::Deserialize;
use thiserror::Error;

use crate::metric::{Catalogue, ChartKind, Metric};
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

    #[error("{message}")]
    #[diagnostic(help("{help}"))]
    NoRelease { message: String, help: String },

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
    /// What it becomes.
    #[serde(default)]
    pub form: Form,
    pub grain: Grain,
    /// Periods in which changes are looked for, the reported one included.
    pub history: u32,
    /// Periods that figures draw, the reported one included.
    pub shown: u32,
    /// Of a site: the same in other periods, each beside the first.
    #[serde(default)]
    pub views: Vec<View>,
    /// Metrics whose rows go along as files: the report is an evidence package.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// So many of the first sections answer the reader's questions; the others are their details.
    #[serde(default)]
    pub questions: usize,
    /// Shares of what kept a rule: the headline names the one that was kept least.
    #[serde(default)]
    pub rules: Vec<String>,
    pub sections: Vec<SectionSpec>,
    /// Path and text of the file.
    #[serde(skip)]
    pub(super) source: (String, String),
}

/// What a definition becomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// One page about one period.
    #[default]
    Page,
    /// A folder of pages that link to each other: the whole, each team, service and metric.
    Site,
    /// One page about one release.
    Release,
}

/// A site once more, in other periods.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    pub grain: Grain,
    pub history: u32,
    pub shown: u32,
}

/// The pages of a site on which a section stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnPage {
    Overview,
    /// The page of each team.
    Team,
    /// The page of each service.
    Service,
    /// The list of all services.
    Services,
}

impl OnPage {
    /// The grouping whose groups have such a page each, or a row each on it.
    pub fn groups(self) -> Option<Vec<String>> {
        match self {
            OnPage::Overview => None,
            OnPage::Team => Some(vec!["team".to_owned()]),
            OnPage::Service | OnPage::Services => Some(vec!["service".to_owned()]),
        }
    }
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
    /// Of a report about one release: queries below `queries/release/`.
    #[serde(default)]
    pub queries: Vec<String>,
    /// Rows of a list.
    pub limit: Option<usize>,
    /// Of a site: the pages on which it stands.
    #[serde(default = "overview")]
    pub on: Vec<OnPage>,
}

fn overview() -> Vec<OnPage> {
    vec![OnPage::Overview]
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
    /// Each group with its numbers of the period, a row a group.
    Groups,
    /// All periods, a row a period and a column a metric.
    Numbers,
    /// Rows about the one release that the report is about.
    Release,
    Quality,
    Method,
    Verify,
}

impl SectionKind {
    /// Whether a site has a page of each of its metrics.
    pub fn has_metric_pages(self) -> bool {
        matches!(self, SectionKind::Cards | SectionKind::Figures)
    }
}
/// Where the built-in maps of controls lie; they are no reports.
pub const CONTROLS: &str = "reports/controls/";
impl SectionSpec {
    /// How this section draws a metric.
    pub fn chart(&self, metric: &Metric) -> ChartKind {
        self.charts.get(&metric.name).copied().unwrap_or(metric.chart)
    }
}

/// What a definition is made of, for who writes one without another at hand.
const KEYS: &str = "a report has name, title, audience, grain (day, week, month, quarter or year), history and shown \
                    (numbers of periods), and [[sections]]; each of these has kind (cards, cases, change, contents, \
                    controls, figures, gaps, groups, look, method, numbers, quality, release or verify), id and title, \
                    and mostly metrics = [\"change_fail_rate\"]";

const OF_REPORT: &[&str] = &["name", "title", "audience", "grain", "history", "shown", "sections"];
const OF_SECTION: &[&str] = &["kind", "id", "title"];

/// Every key that is missing, of the report and of each section; none where the text is no TOML.
fn missing(text: &str) -> Vec<String> {
    let Ok(whole) = text.parse::<toml::Table>() else { return Vec::new() };
    let of_report = OF_REPORT.iter().filter(|key| !whole.contains_key(**key)).map(|key| format!("`{key}`"));
    let sections = whole.get("sections").and_then(toml::Value::as_array).into_iter().flatten().enumerate();
    let of_sections = sections.flat_map(|(place, section)| {
        let absent = OF_SECTION.iter().filter(|key| section.get(**key).is_none());
        absent.map(move |key| format!("`{key}` of section {}", place + 1)).collect::<Vec<_>>()
    });
    of_report.chain(of_sections).collect()
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
        let missing = missing(text);
        if !missing.is_empty() {
            return Err(ReportError::Text {
                message: format!("report definition `{path}`: it lacks {}", missing.join(", ")),
                text: NamedSource::new(path, text.to_owned()).with_language("TOML"),
                place: None,
                help: Some(KEYS.into()),
            });
        }
        let mut definition: Self = toml::from_str(text).map_err(|error| ReportError::Text {
            message: format!("report definition `{path}`: {}", error.message()),
            text: NamedSource::new(path, text.to_owned()).with_language("TOML"),
            place: error.span().map(SourceSpan::from),
            help: Some(KEYS.into()),
        })?;
        definition.history = definition.history.clamp(1, MOST_PERIODS);
        definition.shown = definition.shown.clamp(1, definition.history);
        definition.source = (path.to_owned(), text.to_owned());
        Ok(definition)
    }

    /// The metric of that name; else where in the file the name stands, and those near it.
    ///
    /// # Errors
    /// Where there is no such metric.
    pub fn metric<'c>(&self, catalogue: &'c Catalogue, name: &str) -> Result<&'c Metric, ReportError> {
        catalogue.metric(name).map_err(|error| {
            let (path, text) = &self.source;
            let quoted = format!("\"{name}\"");
            ReportError::Text {
                message: format!("report definition `{path}`: {error}"),
                text: NamedSource::new(path, text.clone()).with_language("TOML"),
                place: text.find(&quoted).map(|at| SourceSpan::from(at..at + quoted.len())),
                help: error.help().map(|help| help.to_string()),
            }
        })
    }

    /// The definition in its own periods, then in those of each further view.
    pub fn in_all_views(&self) -> Vec<Self> {
        let own = View { grain: self.grain, history: self.history, shown: self.shown };
        let views = std::iter::once(&own).chain(&self.views);
        let in_view = |view: &View| {
            let history = view.history.clamp(1, MOST_PERIODS);
            let shown = view.shown.clamp(1, history);
            Self { grain: view.grain, history, shown, views: Vec::new(), ..self.clone() }
        };
        views.map(in_view).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_a_report_lacks_is_told_at_once() {
        let text = "name = \"own\"\ntitle = \"Own\"\ngrain = \"month\"\n\n[[sections]]\nkind = \"cards\"\n";
        let error = Definition::read("own.toml", text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "report definition `own.toml`: it lacks `audience`, `history`, `shown`, `id` of section 1, `title` of section 1"
        );
    }

    #[test]
    fn the_kinds_of_sections_that_are_named_are_those_that_there_are() {
        let kinds = KEYS.split_once("kind (").and_then(|(_, rest)| rest.split_once(')')).unwrap().0;
        for kind in kinds.replace(" or ", ", ").split(", ") {
            let section = format!("kind = \"{kind}\"\nid = \"a\"\ntitle = \"A\"\n");
            assert!(toml::from_str::<SectionSpec>(&section).is_ok(), "{kind}");
        }
    }
}
