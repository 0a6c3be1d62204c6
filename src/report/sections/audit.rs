//! Sections of an evidence package: what is in it, the matrix of controls, what is not evidenced, how to verify it.

use crate::metric;
use crate::report::blocks::{Block, DataTable, Fact};
use crate::report::controls::{Control, EvidenceSource, Finding, State};
use crate::report::definition::SectionSpec;
use crate::report::evidence::Evidence;
use crate::report::{Package, Subject, table_file};
use crate::unit::{UNKNOWN, Unit};

use super::figures::columns;

/// What was looked at: each table of evidence with its rows, or what it needs.
pub fn contents(spec: &SectionSpec, subject: &Subject, evidence: &Evidence) -> Vec<Block> {
    let mut rows = Vec::new();
    for name in &spec.tables {
        let Some(metric) = evidence.tables().find(|metric| metric.name == *name) else { continue };
        let (count, file) = match evidence.rows(name) {
            Some((_, answer)) => (count(answer.row_count() as u64), format!("{0}.csv, {0}.parquet", table_file(name))),
            None => {
                let lacking = metric::missing(metric, subject.context.given).unwrap_or_default();
                (UNKNOWN.to_owned(), format!("not there: {lacking}"))
            }
        };
        rows.push(vec![metric.title.clone(), count, metric.question.clone(), file]);
    }
    vec![
        Block::Paragraph {
            text: "One row of the dossiers is one deployment; every other table names its deployment in the column \
                   deployment_id. The files hold the deployments of the period, whole; instants in them are UTC."
                .into(),
        },
        Block::Table(DataTable {
            caption: "Tables of evidence".into(),
            columns: columns(&[("Table", false), ("Rows", true), ("Answers", false), ("Files", false)]),
            rows,
            rows_left_out: 0,
        }),
    ]
}

/// The matrix of controls, and behind it what each asks for.
pub fn matrix(subject: &Subject, evidence: &Evidence) -> Vec<Block> {
    let Some(Package { controls: map, .. }) = &subject.package else { return Vec::new() };
    let rows = evidence.controls.iter().map(matrix_row).collect();
    let asked = evidence.controls.iter().map(|finding| asked(finding.control)).collect();
    vec![
        Block::Paragraph { text: format!("{}. {}", map.title, map.note) },
        Block::Table(DataTable {
            caption: "Controls".into(),
            columns: columns(&[
                ("Control", false),
                ("State", false),
                ("Asks that", false),
                ("Cases", true),
                ("Pass", true),
                ("Fail", true),
                ("Excepted", true),
                ("Not evidenced", true),
                ("Rows", false),
            ]),
            rows,
            rows_left_out: 0,
        }),
        Block::Details {
            summary: "What each control is for, and what it is judged by".into(),
            blocks: vec![Block::Table(DataTable {
                caption: "Controls and their evidence".into(),
                columns: columns(&[
                    ("Control", false),
                    ("Objective", false),
                    ("Reference", false),
                    ("Judged by", false),
                    ("A row fails that is", false),
                ]),
                rows: asked,
                rows_left_out: 0,
            })],
        },
    ]
}

fn matrix_row(finding: &Finding) -> Vec<String> {
    let control = finding.control;
    let is_check = matches!(control.source, EvidenceSource::Check { .. });
    let cell = |number: fn(&crate::report::controls::Counts) -> u64, is_known: bool| {
        finding.counts.as_ref().filter(|_| is_known).map_or(UNKNOWN.to_owned(), |counts| count(number(counts)))
    };
    // A check lists what offends; of how many, it does not know.
    vec![
        control.id.clone(),
        state(finding.state),
        control.title.clone(),
        cell(|counts| counts.cases(), !is_check),
        cell(|counts| counts.pass, !is_check),
        cell(|counts| counts.fail, true),
        cell(|counts| counts.excepted, !is_check),
        cell(|counts| counts.not_evidenced, !is_check),
        finding.rows.as_ref().filter(|rows| rows.row_count() > 0).map(|_| control_file(control)).unwrap_or_default(),
    ]
}

/// A mark beside the word: the state is told without colour.
fn state(state: State) -> String {
    let mark = match state {
        State::Pass => "✓",
        State::Fail => "✗",
        State::NotEvidenced => "?",
        State::NoCases => "–",
    };
    format!("{mark} {}", state.name())
}

/// The file that holds the rows of a control, within the package.
pub fn control_file(control: &Control) -> String {
    format!("controls/{}.csv", control.id)
}

fn asked(control: &Control) -> Vec<String> {
    let judged_by = match &control.source {
        EvidenceSource::Cases { cases, verdict } => format!("{verdict} of {cases}"),
        EvidenceSource::Check { check } => format!("check {check}"),
    };
    vec![
        format!("{} {}", control.id, control.title),
        control.objective.clone(),
        control.reference.clone(),
        judged_by,
        control.failing.clone(),
    ]
}

/// What could not be evidenced, and why.
pub fn gaps(evidence: &Evidence) -> Vec<Block> {
    let rows: Vec<Vec<String>> = evidence
        .controls
        .iter()
        .filter_map(|finding| {
            let why = match finding.counts {
                None => format!("Nothing could be judged: {}.", finding.lacking),
                Some(counts) if counts.not_evidenced > 0 => format!(
                    "{} of {} cases: nothing is recorded that could show it.",
                    count(counts.not_evidenced),
                    count(counts.cases())
                ),
                Some(_) => return None,
            };
            Some(vec![finding.control.id.clone(), finding.control.title.clone(), why])
        })
        .collect();
    if rows.is_empty() {
        return vec![Block::Paragraph { text: "For every case of every control something is recorded.".into() }];
    }
    vec![
        Block::Paragraph {
            text: "What is not recorded is neither a pass nor a failure. It may have been done; these data do not show it."
                .into(),
        },
        Block::Table(DataTable {
            caption: "Not evidenced".into(),
            columns: columns(&[("Control", false), ("Asks that", false), ("Why", false)]),
            rows,
            rows_left_out: 0,
        }),
    ]
}

/// How a reader makes sure that the package is whole, and what that does not show.
pub fn verify(subject: &Subject) -> Vec<Block> {
    let Some(package) = &subject.package else { return Vec::new() };
    let follows = match package.previous {
        Some(digest) => format!("The package whose manifest has the SHA-256 {digest}"),
        None => "None: this package begins a chain".to_owned(),
    };
    let chained = if package.previous.is_some() { " --previous PREVIOUS-DIR" } else { "" };
    vec![
        Block::Paragraph {
            text: "manifest.json holds the SHA-256 of every file of this package and of every input, the settings, the \
                   command and the moment; manifest.sha256 holds the digest of the manifest and of every file again. \
                   The same input and command give the same bytes."
                .into(),
        },
        Block::Code {
            caption: "Every file that differs, is missing or is extra is named".into(),
            text: format!("shipwake check --package DIR{chained}"),
        },
        Block::Code {
            caption: "Without shipwake, within the folder".into(),
            text: "sha256sum --check --strict manifest.sha256".into(),
        },
        Block::Facts {
            facts: vec![Fact { term: "Follows".into(), text: follows }],
        },
        Block::Paragraph {
            text: "Digests show that nothing was changed by accident or by one hand alone. Who can write all files can \
                   also write new digests: keep manifest.sha256 where the keepers of this folder cannot write, or have it \
                   signed or time-stamped by somebody else, such as with gpg --detach-sign or an RFC 3161 time stamp. A \
                   package cannot show what was never recorded."
                .into(),
        },
    ]
}

fn count(number: u64) -> String {
    Unit::Count.format(number as f64)
}
