//! Controls: named in a TOML map, each shown by the verdicts of a query or by a check of the data.
//!
//! A map says what is asked; the queries say what is found. Nothing here knows a rule.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use miette::{NamedSource, SourceSpan};
use serde::Deserialize;

use crate::engine::{Answer, Statement};
use crate::metric::{self, Need, Request};

use super::{BuildError, ReportError, Subject};

/// Controls under a name, as a standard or a company lists them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlMap {
    pub name: String,
    pub title: String,
    /// What the map is, and what it is not.
    pub note: String,
    pub controls: Vec<Control>,
}

/// One control, and where its evidence is.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub struct Control {
    /// Letters, digits, dots, hyphens and underscores: it names a file.
    pub id: String,
    pub title: String,
    pub objective: String,
    /// Where a standard speaks of it.
    pub reference: String,
    pub source: EvidenceSource,
    /// What a row that failed is.
    pub failing: String,
    /// `table`, `table.column`, or several of which any will do: `approvals.approver | deployments.approved_by`.
    pub needs: Vec<String>,
}

/// A control as it stands in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    title: String,
    objective: String,
    #[serde(default)]
    reference: String,
    cases: Option<String>,
    verdict: Option<String>,
    check: Option<String>,
    failing: String,
    #[serde(default)]
    needs: Vec<String>,
}

impl TryFrom<Written> for Control {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { id, title, objective, reference, cases, verdict, check, failing, needs } = written;
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if id.is_empty() || id.starts_with('.') || !id.chars().all(is_name) {
            return Err(format!("`{id}` cannot name a file"));
        }
        let source = match (cases, verdict, check) {
            (Some(cases), Some(verdict), None) if is_column(&verdict) => EvidenceSource::Cases { cases, verdict },
            (None, None, Some(check)) => EvidenceSource::Check { check },
            _ => return Err(format!("control `{id}` needs either `cases` with its column `verdict`, or `check`")),
        };
        Ok(Self { id, title, objective, reference, source, failing, needs })
    }
}

fn is_column(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// What shows whether a control was kept.
#[derive(Debug, Clone)]
pub enum EvidenceSource {
    /// A metric whose rows are the cases, and its column of verdicts.
    Cases { cases: String, verdict: String },
    /// A check of the data: its rows offend.
    Check { check: String },
}

/// How a control came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Pass,
    Fail,
    NotEvidenced,
    NoCases,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotEvidenced => "not evidenced",
            Self::NoCases => "no cases",
        }
    }
}

/// Cases by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub pass: u64,
    pub fail: u64,
    pub excepted: u64,
    pub not_evidenced: u64,
}

impl Counts {
    pub fn cases(self) -> u64 {
        self.pass + self.fail + self.excepted + self.not_evidenced
    }

    fn state(self) -> State {
        match self {
            _ if self.cases() == 0 => State::NoCases,
            _ if self.fail > 0 => State::Fail,
            _ if self.not_evidenced > 0 => State::NotEvidenced,
            _ => State::Pass,
        }
    }
}

/// A control with what was found.
#[derive(Debug)]
pub struct Finding<'a> {
    pub control: &'a Control,
    pub state: State,
    /// None where nothing could be counted; of a check, only what failed is known.
    pub counts: Option<Counts>,
    /// What it needs and does not have; empty where it has all.
    pub lacking: String,
    /// The cases that did not simply pass.
    pub rows: Option<Answer>,
}

const VERDICTS: &str = "pass, fail, excepted, not evidenced";

impl ControlMap {
    /// Reads a map.
    ///
    /// # Errors
    /// Where the text is no TOML, a key is unknown, or an id cannot name a file or comes twice.
    pub fn read(path: &str, text: &str) -> Result<Self, ReportError> {
        let told = |message: String, place: Option<SourceSpan>| ReportError::Text {
            message: format!("controls `{path}`: {message}"),
            text: NamedSource::new(path, text.to_owned()).with_language("TOML"),
            place,
            help: Some("reports/controls/generic.toml shows every key".into()),
        };
        let map: Self = toml::from_str(text)
            .map_err(|error| told(error.message().to_owned(), error.span().map(SourceSpan::from)))?;
        let mut seen = BTreeSet::new();
        for control in &map.controls {
            if !seen.insert(control.id.to_lowercase()) {
                return Err(told(format!("two controls are called `{}`", control.id), None));
            }
        }
        Ok(map)
    }
}

/// What the data say of every control of a map, in its order.
///
/// # Errors
/// Where a control names a metric, column or check that does not exist, or a query fails.
pub fn findings<'a>(map: &'a ControlMap, subject: &Subject) -> Result<Vec<Finding<'a>>, BuildError> {
    map.controls.iter().map(|control| finding(control, subject)).collect()
}

fn finding<'a>(control: &'a Control, subject: &Subject) -> Result<Finding<'a>, BuildError> {
    let needs: Vec<Need> = control
        .needs
        .iter()
        .map(|need| Need { any_of: need.split('|').map(|one| one.trim().to_owned()).collect() })
        .collect();
    if let Some(lacking) = metric::lacking(&needs, subject.context.given) {
        return Ok(unevidenced(control, lacking));
    }
    match &control.source {
        EvidenceSource::Cases { cases, verdict } => of_cases(control, (cases, verdict), subject),
        EvidenceSource::Check { check } => of_check(control, check, subject),
    }
}

fn unevidenced(control: &Control, lacking: String) -> Finding<'_> {
    Finding { control, state: State::NotEvidenced, counts: None, lacking, rows: None }
}

fn of_cases<'a>(
    control: &'a Control,
    (cases, verdict): (&str, &str),
    subject: &Subject,
) -> Result<Finding<'a>, BuildError> {
    let metric = subject.catalogue.metric(cases)?;
    if let Some(lacking) = metric::missing(metric, subject.context.given) {
        return Ok(unevidenced(control, lacking));
    }
    let engine = subject.context.engine;
    if engine.columns(cases)?.field_with_name(verdict).is_err() {
        return Err(wrong(control, format!("`{cases}` has no column `{verdict}`")));
    }
    let request = |filter: String| Request {
        grain: subject.period.grain,
        from: subject.period.start,
        until: subject.period.end,
        groupings: Vec::new(),
        filter: Some(filter),
    };
    let judged = metric::events(subject.context, metric, &request(format!("{verdict} is not null")))?;
    let counted = format!(
        "select cast({verdict} as text) as verdict, count(*) as case_count\nfrom (\n{}\n) as judged\ngroup by {verdict}",
        judged.text
    );
    let apart = metric::events(subject.context, metric, &request(format!("{verdict} <> 'pass'")))?;
    let counted = engine.run(&Statement { text: counted, ..judged })?;
    let counts = counts(control, &counted)?;
    let rows = engine.run(&apart)?;
    Ok(Finding { control, state: counts.state(), counts: Some(counts), lacking: String::new(), rows: Some(rows) })
}

fn counts(control: &Control, answer: &Answer) -> Result<Counts, BuildError> {
    let mut by_verdict: BTreeMap<String, u64> = BTreeMap::new();
    for batch in &answer.batches {
        let (Ok(verdicts), Ok(numbers)) =
            (cast(batch.column(0), &DataType::Utf8), cast(batch.column(1), &DataType::Int64))
        else {
            return Err(wrong(control, "its verdicts are no words".into()));
        };
        let (verdicts, numbers) = (verdicts.as_string::<i32>(), numbers.as_primitive::<Int64Type>());
        for row in 0..batch.num_rows() {
            let number = u64::try_from(numbers.value(row)).unwrap_or(0);
            by_verdict.insert(verdicts.value(row).to_owned(), number);
        }
    }
    let mut counts = Counts::default();
    for (verdict, number) in by_verdict {
        match verdict.as_str() {
            "pass" => counts.pass = number,
            "fail" => counts.fail = number,
            "excepted" => counts.excepted = number,
            "not evidenced" => counts.not_evidenced = number,
            other => return Err(wrong(control, format!("`{other}` is no verdict: {VERDICTS}"))),
        }
    }
    Ok(counts)
}

fn of_check<'a>(control: &'a Control, name: &str, subject: &Subject) -> Result<Finding<'a>, BuildError> {
    let mut catalogue = subject.catalogue.clone();
    catalogue.checks.retain(|known, _| known == name);
    let outcome = metric::run_checks(&catalogue, subject.context)?.into_iter().next();
    let Some(outcome) = outcome else {
        return Err(wrong(control, format!("no check is called `{name}`")));
    };
    let Some(answer) = outcome.answer else {
        return Ok(unevidenced(control, format!("needs what the check `{name}` reads")));
    };
    let counts = Counts { fail: answer.row_count() as u64, ..Counts::default() };
    let state = if counts.fail > 0 { State::Fail } else { State::Pass };
    Ok(Finding { control, state, counts: Some(counts), lacking: String::new(), rows: Some(answer) })
}

fn wrong(control: &Control, message: String) -> BuildError {
    BuildError::Control { id: control.id.clone(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "name = 'own'\ntitle = 'Own'\nnote = ''\n[[controls]]\nid = 'A.1'\ntitle = 'T'\nobjective = 'O'\n\
                       cases = 'dossiers'\nverdict = 'duties_verdict'\nfailing = 'deployments'\n";

    #[test]
    fn a_failure_outranks_what_is_not_evidenced_and_that_outranks_a_pass() {
        let counts = |pass, fail, excepted, not_evidenced| Counts { pass, fail, excepted, not_evidenced };
        assert_eq!(counts(5, 1, 0, 3).state(), State::Fail);
        assert_eq!(counts(5, 0, 0, 1).state(), State::NotEvidenced);
        assert_eq!(counts(0, 0, 2, 0).state(), State::Pass);
        assert_eq!(counts(0, 0, 0, 0).state(), State::NoCases);
    }

    #[test]
    fn a_control_is_shown_by_cases_or_by_a_check() {
        let map = ControlMap::read("own.toml", ONE).unwrap();
        assert!(matches!(map.controls[0].source, EvidenceSource::Cases { .. }));
        let check = ONE.replace("cases = 'dossiers'\nverdict = 'duties_verdict'", "check = 'rejected_rows'");
        assert!(matches!(
            ControlMap::read("own.toml", &check).unwrap().controls[0].source,
            EvidenceSource::Check { .. }
        ));
    }

    #[test]
    fn an_id_that_cannot_name_a_file_is_refused() {
        for id in ["../x", "a/b", "", ".a", "a b"] {
            let error = ControlMap::read("own.toml", &ONE.replace("A.1", id)).unwrap_err();
            assert!(error.to_string().contains("cannot name a file"), "{id}: {error}");
        }
    }

    #[test]
    fn an_id_comes_once() {
        let (_, control) = ONE.split_once("[[controls]]").unwrap();
        let twice = format!("{ONE}[[controls]]{}", control.replace("A.1", "a.1"));
        assert!(ControlMap::read("own.toml", &twice).unwrap_err().to_string().contains("two controls"));
    }

    #[test]
    fn a_control_without_evidence_and_one_with_an_unknown_key_are_refused() {
        for wrong in [ONE.replace("cases = 'dossiers'\n", ""), format!("{ONE}severity = 'high'\n")] {
            assert!(ControlMap::read("own.toml", &wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_verdict_is_a_column_and_no_query() {
        assert!(ControlMap::read("own.toml", &ONE.replace("duties_verdict", "1) or (1=1")).is_err());
    }
}
