//! What a report says: a definition from `reports/*.toml`, filled with results, becomes blocks.
//!
//! It chooses words and figures; it draws nothing, formats no page and touches no file.

pub mod blocks;
pub mod controls;
pub mod numbers;
pub mod release;
pub mod site;
pub mod statements;

mod asked;
mod definition;
mod evidence;
mod sections;
mod split;
mod trend;
mod words;

pub use asked::{Questions, is_foreseen, questions};
pub use definition::{CONTROLS, Definition, Form, ReportError};
pub use evidence::Evidence;
pub use sections::control_file;

use crate::engine::EngineError;
use crate::metric::{Catalogue, Context, MetricError};
use crate::period::{Grain, Period};
use crate::redaction::Audience;

use blocks::{Fact, Report, Section};
use controls::ControlMap;
use numbers::Numbers;
use release::Release;
use statements::Statements;

/// Version of the JSON findings; raised when a field changes its meaning.
pub const SCHEMA: u32 = 1;

/// Everything that a report is about and stands on.
#[derive(Clone)]
pub struct Subject<'a> {
    pub organisation: &'a str,
    pub catalogue: &'a Catalogue,
    pub context: &'a Context<'a>,
    pub period: Period,
    /// The definitions as (key, value), as they stand in `shipwake.toml`.
    pub definitions: Vec<(String, String)>,
    pub definitions_hash: &'a str,
    pub profile: &'a str,
    /// What the reader types to get the same again.
    pub command: &'a str,
    /// The options of that command that choose data and definitions, for commands beside figures.
    pub options: &'a str,
    /// What loading the data had to say.
    pub notes: &'a [String],
    /// SHA-256 over the canonical rows.
    pub fingerprint: &'a str,
    /// The last event known, microseconds UTC.
    pub data_until: Option<i64>,
    /// The release that the report is about, where it is about one.
    pub release: Option<&'a Release>,
    pub is_sample: bool,
    /// Who may see it: what the others may not see is hidden in the rows already.
    pub audience: Audience,
    /// Where the report is an evidence package.
    pub package: Option<Package<'a>>,
}

/// What an evidence package has besides a report.
#[derive(Clone, Copy)]
pub struct Package<'a> {
    pub controls: &'a ControlMap,
    /// SHA-256 of the manifest of the package that it follows, in hexadecimal digits.
    pub previous: Option<&'a str>,
}

/// The stem of the file in which a package has the rows of a metric.
pub fn table_file(metric: &str) -> &str {
    metric.strip_prefix("dossier_").unwrap_or(metric)
}

/// Fills a definition.
///
/// # Errors
/// Where a query fails, or the definition names a metric that does not exist.
pub fn build(definition: &Definition, subject: &Subject) -> Result<Report, BuildError> {
    let evidence = Evidence::gather(definition, subject)?;
    let statements = statements::all(definition, subject, &evidence);
    told(definition, subject, &evidence, &statements)
}

/// Makes a report of what is known and what holds.
///
/// # Errors
/// Where a check of the data fails to run.
pub fn told(
    definition: &Definition,
    subject: &Subject,
    evidence: &Evidence,
    statements: &Statements,
) -> Result<Report, BuildError> {
    let mut sections = Vec::new();
    for section in &definition.sections {
        let built = sections::build(section, subject, evidence, statements)?;
        if !built.blocks.is_empty() {
            sections.push(built);
        }
    }
    let head = match subject.release {
        Some(release) => release::head(definition, subject, release),
        None => head(definition, subject, evidence, statements),
    };
    // Of the questions, those whose sections have anything to say.
    let asked = definition.sections.iter().take(definition.questions);
    let questions = asked.filter(|spec| sections.iter().any(|built: &Section| built.id == spec.id)).count();
    Ok(Report { sections, questions, ..head })
}

/// A report without sections: title, headline, lead and facts.
pub fn head(definition: &Definition, subject: &Subject, evidence: &Evidence, statements: &Statements) -> Report {
    let calendar = &subject.context.calendar;
    let is_unfinished = subject.context.as_of < calendar.instant(subject.period.end);
    let so_far = if is_unfinished { ", so far" } else { "" };
    let label = format!("{}{so_far}", calendar.label(subject.period.start, subject.period.grain));
    let (headline, lead) = match evidence.controls.is_empty() {
        true => words::lead(definition, subject, evidence, statements),
        false => words::of_controls(&evidence.controls),
    };
    Report {
        schema: SCHEMA,
        name: definition.name.clone(),
        title: format!("{}, {label}", definition.title),
        organisation: subject.organisation.to_owned(),
        audience: definition.audience.clone(),
        headline,
        lead,
        facts: facts(subject, &label),
        questions: 0,
        sections: Vec::new(),
        numbers: Numbers::of(subject, label),
    }
}

#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BuildError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Metric(#[from] MetricError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Definition(#[from] ReportError),
    #[error("control `{id}`: {message}")]
    #[diagnostic(help("correct the map of controls; `shipwake tables METRIC` lists the columns of a metric"))]
    Control { id: String, message: String },
}

/// "October 2026"; a period whose name does not tell its days comes with them.
fn span(period: &Period, label: &str) -> String {
    let last = period.end.pred_opt().unwrap_or(period.end);
    match period.grain {
        Grain::Month | Grain::Day => label.to_owned(),
        _ => format!("{label} ({} to {})", period.start.format("%-d %b %Y"), last.format("%-d %b %Y")),
    }
}

fn facts(subject: &Subject, label: &str) -> Vec<Fact> {
    let calendar = &subject.context.calendar;
    let until = subject.data_until.map_or_else(|| "nothing".to_owned(), |at| calendar.local_text(at));
    let fact = |term: &str, text: String| Fact { term: term.to_owned(), text };
    let mut facts = vec![
        fact("Period", span(&subject.period, label)),
        fact("Time zone", calendar.zone.name().to_owned()),
        fact("Data until", until),
        fact("As of", calendar.local_text(subject.context.as_of)),
    ];
    if subject.is_sample {
        facts.push(fact("Data", "the sample company that shipwake carries".into()));
    }
    let hidden = match subject.audience {
        Audience::Internal => return facts,
        Audience::Leaders => "For leaders: people are pseudonyms, and what people wrote is left out",
        Audience::Public => {
            "For the public: people, services, teams and records are aliases; texts and paths are left out"
        }
    };
    facts.push(fact("Redacted", hidden.into()));
    facts
}
