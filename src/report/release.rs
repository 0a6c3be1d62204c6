//! One release under the lens: which deployments bear its name, and how that is told in a sentence.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use crate::engine::{Answer, EngineError, Value};
use crate::metric::Catalogue;
use crate::period::{Calendar, Grain, Period};

use super::blocks::{Fact, Report};
use super::definition::{Definition, ReportError};
use super::numbers::Numbers;
use super::sections::release::{number, text};
use super::words::capitalised;
use super::{BuildError, SCHEMA, Subject};

/// What a release is called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LensKind {
    Release,
    Version,
    Deployment,
}

impl LensKind {
    pub fn name(self) -> &'static str {
        match self {
            LensKind::Release => "release",
            LensKind::Version => "version",
            LensKind::Deployment => "deployment",
        }
    }
}

/// Which release to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lens {
    pub kind: LensKind,
    pub name: String,
    /// Of this service only; a version may be borne by several.
    pub service: Option<String>,
}

impl Lens {
    pub fn parameters(&self) -> BTreeMap<String, Value> {
        let text = |text: &str| Value::Text(text.to_owned());
        BTreeMap::from([
            ("lens".to_owned(), text(self.kind.name())),
            ("name".to_owned(), text(&self.name)),
            ("service".to_owned(), text(self.service.as_deref().unwrap_or_default())),
        ])
    }

    fn told(&self) -> String {
        let of = self.service.as_ref().map(|service| format!(" of {service}")).unwrap_or_default();
        format!("{} {}{of}", self.kind.name(), self.name)
    }
}

/// A release that was found.
#[derive(Debug, Clone)]
pub struct Release {
    pub lens: Lens,
    deployments: Vec<Deployment>,
}

/// One row of `queries/release/deployments.sql`, as far as sentences need it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Deployment {
    service: String,
    environment: String,
    version: String,
    status: String,
    failure_rule: String,
    deployed_by: String,
    is_production: bool,
    /// Microseconds UTC.
    finished_at: Option<i64>,
    undone_at: Option<i64>,
    duration_s: Option<f64>,
}

/// Names that are offered where one is not found.
const MOST_NEAR: usize = 5;

impl Release {
    /// The deployments that bear the name.
    ///
    /// # Errors
    /// Where there is none: with the names that are near; or where the query fails.
    pub fn find(lens: Lens, catalogue: &Catalogue, engine: &crate::engine::Engine) -> Result<Self, BuildError> {
        let run = |name: &str, parameters: &BTreeMap<String, Value>| -> Result<Option<Answer>, EngineError> {
            let query = catalogue.releases.get(name);
            query.map(|query| engine.run_with(&query.statement, parameters)).transpose()
        };
        let deployments = run("deployments", &lens.parameters())?;
        let deployments: Vec<Deployment> = deployments.as_ref().map(deployments_of).unwrap_or_default();
        if !deployments.is_empty() {
            return Ok(Self { lens, deployments });
        }
        if let Some(service) = &lens.service {
            let services = run("names", &of_services())?.as_ref().map(names).unwrap_or_default();
            if !services.contains(service) {
                return Err(no_service(service, &services).into());
            }
        }
        let known = run("names", &lens.parameters())?.as_ref().map(names).unwrap_or_default();
        Err(unknown(&lens, &known).into())
    }

    /// The day on which it arrived; the last one where it did so several times.
    pub fn period(&self, calendar: &Calendar) -> Option<Period> {
        let last = self.deployments.iter().filter_map(|deployment| deployment.finished_at).max()?;
        let start = calendar.date(last);
        Some(Period { grain: Grain::Day, start, end: calendar.next(start, Grain::Day) })
    }

    /// Whether one deployment is all there is: then its own columns need not say whose they are.
    pub fn is_single(&self) -> bool {
        self.deployments.len() == 1
    }

    fn services(&self) -> BTreeSet<&str> {
        self.deployments.iter().map(|deployment| deployment.service.as_str()).collect()
    }

    fn in_production(&self) -> Vec<&Deployment> {
        self.deployments.iter().filter(|deployment| deployment.is_production).collect()
    }
}

/// Title, sentence and facts of the report about a release.
pub fn head(definition: &Definition, subject: &Subject, release: &Release) -> Report {
    let calendar = &subject.context.calendar;
    let (headline, lead) = sentences(release, calendar);
    Report {
        schema: SCHEMA,
        name: definition.name.clone(),
        title: format!("{}: {}", definition.title, release.lens.told()),
        organisation: subject.organisation.to_owned(),
        audience: definition.audience.clone(),
        headline,
        lead,
        facts: facts(subject, release),
        questions: 0,
        sections: Vec::new(),
        numbers: Numbers::of(subject, release.lens.told()),
    }
}

fn facts(subject: &Subject, release: &Release) -> Vec<Fact> {
    let calendar = &subject.context.calendar;
    let fact = |term: &str, text: String| Fact { term: term.to_owned(), text };
    let list =
        |values: BTreeSet<&str>| values.into_iter().filter(|value| !value.is_empty()).collect::<Vec<_>>().join(", ");
    let versions = list(release.deployments.iter().map(|deployment| deployment.version.as_str()).collect());
    let people = list(release.deployments.iter().map(|deployment| deployment.deployed_by.as_str()).collect());
    let mut facts = vec![
        fact("Services", list(release.services())),
        fact("Versions", versions),
        fact("Deployed by", people),
        fact("Time zone", calendar.zone.name().to_owned()),
        fact("As of", calendar.local_text(subject.context.as_of)),
    ];
    facts.retain(|fact| !fact.text.is_empty());
    if subject.is_sample {
        facts.push(fact("Data", "the sample company that shipwake carries".into()));
    }
    facts
}

/// What became of it, and what else is worth a sentence.
fn sentences(release: &Release, calendar: &Calendar) -> (String, Vec<String>) {
    let name = capitalised(&release.lens.told());
    let all = release.in_production();
    let arrived: Vec<i64> = all.iter().filter(|one| one.has_arrived()).filter_map(|one| one.finished_at).collect();
    let (Some(first), Some(last)) = (arrived.iter().min(), arrived.iter().max()) else {
        let environments: BTreeSet<&str> = release.deployments.iter().map(|one| one.environment.as_str()).collect();
        let places = environments.into_iter().collect::<Vec<_>>().join(", ");
        return (format!("{name} has not reached production; it was deployed to {places}."), Vec::new());
    };
    let when = match first == last {
        true => format!("on {}", calendar.local_text(*first)),
        false => format!("between {} and {}", calendar.local_text(*first), calendar.local_text(*last)),
    };
    let failed: Vec<&&Deployment> = all.iter().filter(|one| !one.failure_rule.is_empty()).collect();
    let undone: Vec<i64> = all.iter().filter_map(|one| Some(one.undone_at? - one.finished_at?)).collect();
    let outcome = match (failed.len(), all.len()) {
        (0, _) => "nothing is known to have gone wrong with it".to_owned(),
        (1, 1) if !undone.is_empty() => {
            let after = undone.iter().min().map_or(0.0, |micros| *micros as f64 / 1e6);
            format!("was rolled back {} later", crate::unit::Unit::Seconds.format(after.max(0.0)))
        }
        (1, 1) => format!("failed, by the rule “{}”", failed[0].failure_rule),
        (count, of) => format!("{count} of its {of} deployments to production failed"),
    };
    let joint = if failed.is_empty() || all.len() > 1 { ";" } else { " and" };
    let headline = format!("{name} reached production {when}{joint} {outcome}.");
    let mut lead = Vec::new();
    if all.len() > 1 {
        let services = release.services();
        let noun = if services.len() == 1 { "service" } else { "services" };
        lead.push(format!("It came in {} deployments to production, of {} {noun}.", all.len(), services.len()));
    }
    (headline, lead)
}

impl Deployment {
    fn has_arrived(&self) -> bool {
        matches!(self.status.as_str(), "succeeded" | "rolled_back")
    }
}

/// The question after all services that were ever deployed.
fn of_services() -> BTreeMap<String, Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    BTreeMap::from(
        [("lens", "service"), ("name", ""), ("service", "")].map(|(key, value)| (key.to_owned(), text(value))),
    )
}

fn no_service(service: &str, known: &BTreeSet<String>) -> ReportError {
    let near = near(service, known);
    let help = if known.is_empty() {
        "no deployment in the data names a service; leave out `--service`".to_owned()
    } else if near.is_empty() {
        format!("{} services are known, such as {}", known.len(), first_of(known))
    } else {
        format!("near it are {}", near.join(", "))
    };
    ReportError::NoRelease { message: format!("no service is called {service}"), help }
}

/// Those known that may be meant, the likeliest first.
fn near<'k>(name: &str, known: &'k BTreeSet<String>) -> Vec<&'k str> {
    let likeness = |other: &str| strsim::jaro_winkler(&other.to_lowercase(), &name.to_lowercase());
    let mut near: Vec<(f64, &String)> = known.iter().map(|other| (likeness(other), other)).collect();
    near.retain(|(likeness, _)| *likeness > 0.7);
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    near.into_iter().take(MOST_NEAR).map(|(_, other)| other.as_str()).collect()
}

fn first_of(known: &BTreeSet<String>) -> String {
    known.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
}

fn unknown(lens: &Lens, known: &BTreeSet<String>) -> ReportError {
    let names = near(&lens.name, known);
    let kind = lens.kind.name();
    let help = if known.is_empty() {
        let whose = lens.service.as_ref().map_or_else(|| "in the data".to_owned(), |service| format!("of {service}"));
        format!("no deployment {whose} bears a {kind}; look one up by `--deployment` or `--version`")
    } else if names.is_empty() {
        format!("{} {kind}s are known, such as {}", known.len(), first_of(known))
    } else {
        format!("near it are {}", names.join(", "))
    };
    ReportError::NoRelease { message: format!("no deployment bears the {}", lens.told()), help }
}

fn deployments_of(answer: &Answer) -> Vec<Deployment> {
    let of_row = |batch: &RecordBatch, row: usize| Deployment {
        service: text(batch, "service", row),
        environment: text(batch, "environment", row),
        version: text(batch, "version", row),
        status: text(batch, "status", row),
        failure_rule: text(batch, "failure_rule", row),
        deployed_by: text(batch, "deployed_by", row),
        is_production: text(batch, "is_production", row) == "true",
        finished_at: instant(batch, "finished_at", row),
        undone_at: instant(batch, "undone_at", row),
        duration_s: number(batch, "duration_s", row),
    };
    answer.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| of_row(batch, row))).collect()
}

fn instant(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let array = cast(batch.column_by_name(column)?, &DataType::Int64).ok()?;
    array.is_valid(row).then(|| array.as_primitive::<Int64Type>().value(row))
}

fn names(answer: &Answer) -> BTreeSet<String> {
    let all = answer.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| text(batch, "name", row)));
    all.filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lens(name: &str) -> Lens {
        Lens { kind: LensKind::Version, name: name.into(), service: Some("checkout".into()) }
    }

    fn deployed(at: i64) -> Deployment {
        let text = |text: &str| text.to_owned();
        Deployment {
            service: text("checkout"),
            status: text("succeeded"),
            environment: text("production"),
            is_production: true,
            finished_at: Some(at * 1_000_000),
            ..Deployment::default()
        }
    }

    fn headline(deployments: Vec<Deployment>) -> String {
        sentences(&Release { lens: lens("1.4.0"), deployments }, &Calendar::default()).0
    }

    #[test]
    fn the_sentence_says_when_it_came_and_what_became_of_it() {
        assert_eq!(
            headline(vec![deployed(0)]),
            "Version 1.4.0 of checkout reached production on 1970-01-01 00:00; nothing is known to have gone wrong with it."
        );
        let undone = Deployment {
            undone_at: Some(42 * 60 * 1_000_000),
            failure_rule: "rollback".into(),
            status: "rolled_back".into(),
            ..deployed(0)
        };
        assert_eq!(
            headline(vec![undone.clone()]),
            "Version 1.4.0 of checkout reached production on 1970-01-01 00:00 and was rolled back 42\u{202f}min later."
        );
        assert_eq!(
            headline(vec![deployed(0), undone]),
            "Version 1.4.0 of checkout reached production on 1970-01-01 00:00; 1 of its 2 deployments to production failed."
        );
    }

    #[test]
    fn what_was_only_staged_has_not_arrived() {
        let staged = Deployment { is_production: false, environment: "staging".into(), ..deployed(0) };
        assert_eq!(
            headline(vec![staged]),
            "Version 1.4.0 of checkout has not reached production; it was deployed to staging."
        );
    }

    #[test]
    fn a_slip_in_a_name_is_answered_with_those_near_it() {
        let known = BTreeSet::from(["1.4.0".to_owned(), "1.40.0".to_owned(), "9.9.9".to_owned()]);
        let error = unknown(&lens("1.4"), &known);
        assert_eq!(error.to_string(), "no deployment bears the version 1.4 of checkout");
        let ReportError::NoRelease { help, .. } = error else { panic!("another error") };
        assert_eq!(help, "near it are 1.4.0, 1.40.0");
    }

    #[test]
    fn a_slip_in_the_name_of_a_service_is_no_missing_version() {
        let known = BTreeSet::from(["warehouse".to_owned(), "search".to_owned()]);
        let ReportError::NoRelease { message, help } = no_service("warehous", &known) else { panic!("another error") };
        assert_eq!((message.as_str(), help.as_str()), ("no service is called warehous", "near it are warehouse"));
    }
}
