//! Whether the reader can trust the numbers: rows read and left out, what was not measured, checks.

use crate::metric::{self, Outcome};
use crate::report::blocks::{Block, DataTable, Fact, Tone};
use crate::report::definition::SectionSpec;
use crate::report::evidence::Evidence;
use crate::report::statements::Statements;
use crate::report::{BuildError, Subject, words};
use crate::source::READ_AS;
use crate::unit::Unit;

use super::figures::columns;
use super::{cases, columns_of, figures, warning};

/// What a reader must know first, in a few facts; the tables and figures behind them stay closed until opened.
pub fn blocks(
    spec: &SectionSpec,
    subject: &Subject,
    evidence: &Evidence,
    statements: &Statements,
) -> Result<Vec<Block>, BuildError> {
    let outcomes = evidence.checks(subject)?;
    let unmeasured = not_measured(subject, evidence);
    let mut blocks = notes(subject.notes);
    blocks.push(Block::Facts { facts: facts(spec, subject, evidence, &outcomes, unmeasured.len()) });
    let found: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.row_count.unwrap_or(0) > 0).collect();
    if !found.is_empty() {
        blocks.push(Block::Table(checks("Checks of the data that found something", &found)));
    }
    if !unmeasured.is_empty() {
        let summary = format!("What could not be measured, and what it needs ({})", unmeasured.len());
        blocks.push(closed(summary, vec![Block::Table(unmeasured_table(unmeasured))]));
    }
    let mut rows: Vec<Block> = Vec::new();
    for (metric, answer) in spec.tables.iter().filter_map(|name| evidence.rows(name)) {
        let table = cases::listed(subject, metric, answer, None);
        if !table.rows.is_empty() {
            rows.push(Block::Table(table));
        }
    }
    if !rows.is_empty() {
        blocks.push(closed("Rows read, and what became of them".to_owned(), rows));
    }
    let all: Vec<&Outcome> = outcomes.iter().collect();
    let summary = format!("All checks of the data ({})", all.len());
    blocks.push(closed(summary, vec![Block::Table(checks("Checks of the data", &all))]));
    let figures: Vec<Block> = spec
        .metrics
        .iter()
        .filter_map(|name| evidence.get(name))
        .filter(|measured| measured.total.not_measured.is_none())
        .filter_map(|measured| figures::one(subject, measured, statements))
        .map(|figure| Block::Figure(Box::new(figure)))
        .collect();
    if !figures.is_empty() {
        blocks.push(closed("How incidents and changes were linked".to_owned(), figures));
    }
    Ok(blocks)
}

/// What loading had to say: warnings first, then in one paragraph whose records were found.
fn notes(notes: &[String]) -> Vec<Block> {
    let (found, warnings): (Vec<&String>, Vec<&String>) = notes.iter().partition(|note| note.starts_with(READ_AS));
    let mut blocks: Vec<Block> = warnings.into_iter().map(|note| warning(note.clone())).collect();
    if !found.is_empty() {
        let text = found.into_iter().map(|note| format!("{}.", words::capitalised(note))).collect::<Vec<_>>().join(" ");
        blocks.push(Block::Note { tone: Tone::Plain, text });
    }
    blocks
}

fn closed(summary: String, blocks: Vec<Block>) -> Block {
    Block::Details { summary, blocks }
}

fn facts(
    spec: &SectionSpec,
    subject: &Subject,
    evidence: &Evidence,
    outcomes: &[Outcome],
    unmeasured: usize,
) -> Vec<Fact> {
    let fact = |term: &str, text: String| Fact { term: term.to_owned(), text };
    let mut facts = Vec::new();
    facts.extend(rows_used(spec, evidence).map(|text| fact("Rows read", text)));
    let until = subject.data_until.map(|at| subject.context.calendar.local_text(at));
    facts.extend(until.map(|text| fact("Newest event", text)));
    for name in &spec.metrics {
        let told = evidence.get(name).filter(|measured| !measured.is_grouped()).and_then(|measured| {
            let row = measured.at(subject.period.start).filter(|row| row.value.is_some())?;
            let value = measured.metric.unit.format_option(row.value);
            let basis = words::basis(measured.metric, &measured.total, row);
            Some(fact(&measured.metric.title, format!("{value}: {basis}")))
        });
        facts.extend(told);
    }
    let count =
        |wanted: fn(usize) -> bool| outcomes.iter().filter(|outcome| outcome.row_count.is_some_and(wanted)).count();
    let (passed, found) = (count(|rows| rows == 0), count(|rows| rows > 0));
    let absent = outcomes.len() - passed - found;
    let absent = if absent == 0 { String::new() } else { format!(", {absent} without their table") };
    facts.push(fact("Checks of the data", format!("{passed} passed, {found} found something{absent}")));
    let missing = match unmeasured {
        0 => "none of what this report asks for is missing".to_owned(),
        _ => format!("{unmeasured} of the metrics and lists that this report asks for"),
    };
    facts.push(fact("Not measured", missing));
    facts
}

/// "12 345, all of them used", "12 345, of which 12 were rejected (0.1 %)".
fn rows_used(spec: &SectionSpec, evidence: &Evidence) -> Option<String> {
    let (_, answer) = spec.tables.iter().filter_map(|name| evidence.rows(name)).next()?;
    let sum = |name: &str| columns_of::numbers(answer, name).into_iter().flatten().sum::<f64>();
    let (read, rejected) = (sum("rows_read"), sum("rows_rejected"));
    let count = |number: f64| Unit::Count.format(number);
    Some(match rejected {
        _ if read <= 0.0 => return None,
        0.0 => format!("{}, none rejected", count(read)),
        _ => format!("{}, {} rejected ({})", count(read), count(rejected), Unit::Ratio.format(rejected / read)),
    })
}

/// Every metric of the report, and every table of cases, that lacks its data: title and reason.
fn not_measured(subject: &Subject, evidence: &Evidence) -> Vec<[String; 2]> {
    let metrics = evidence.all().filter_map(|measured| {
        let reason = measured.total.not_measured.as_ref()?;
        Some([measured.metric.title.clone(), reason.clone()])
    });
    let tables = evidence.tables().filter_map(|metric| {
        let reason = metric::missing(metric, subject.context.given)?;
        Some([metric.title.clone(), reason])
    });
    metrics.chain(tables).collect()
}

fn unmeasured_table(unmeasured: Vec<[String; 2]>) -> DataTable {
    DataTable {
        caption: "What could not be measured, and what it needs".into(),
        columns: columns(&[("Metric", false), ("Reason", false)]),
        rows: unmeasured.into_iter().map(Vec::from).collect(),
        rows_left_out: 0,
    }
}

fn checks(caption: &str, outcomes: &[&Outcome]) -> DataTable {
    let rows = outcomes
        .iter()
        .map(|outcome| {
            let result = match outcome.row_count {
                None => "not checked: its table is absent".to_owned(),
                Some(0) => "passed".to_owned(),
                Some(count) => words::counted(count as f64, "rows"),
            };
            vec![outcome.check.title.clone(), result, outcome.check.why.clone()]
        })
        .collect();
    DataTable {
        caption: caption.to_owned(),
        columns: columns(&[("Check", false), ("Result", false), ("Why it matters", false)]),
        rows,
        rows_left_out: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_records_were_found_is_no_warning() {
        let given = ["read as github: 3 pulls", "left aside: x.csv", "read as jira: 2 issues"].map(str::to_owned);
        let told = notes(&given);
        let of = |tone: Tone, text: &str| Block::Note { tone, text: text.to_owned() };
        let found = "Read as github: 3 pulls. Read as jira: 2 issues.";
        assert_eq!(told, [of(Tone::Warning, "left aside: x.csv"), of(Tone::Plain, found)]);
    }
}
