//! `shipwake check --plan`: a proposed release calendar, held against rules, other entries and history.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::engine::Statement;
use crate::metric::{self, Outcome, PlanCheck};
use crate::sink::table::{Cell, Grid, GridColumn, GridFormat};
use crate::workspace::Workspace;

use super::load::load_with_plan;
use super::shared::Shared;
use super::{Exit, Failure, grid, out};

/// The weight of what must be moved.
const HARD: &str = "hard";

/// One entry that clashes. The order of the fields is that in which clashes are told: by time, then by entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Clash {
    /// RFC 3339 in UTC.
    starts_at: String,
    entry: String,
    service: String,
    environment: String,
    /// Whether the entry must be moved, or only deserves a second look.
    weight: &'static str,
    /// The check that tells of it.
    clash: String,
    clashes_with: String,
    evidence: String,
}

/// Exit code 4 where an entry must be moved, or could not be read.
pub fn run(path: &str, shared: &Shared, format: &GridFormat) -> Result<Exit, Failure> {
    let workspace = load_with_plan(shared, path)?.workspace;
    let entry_count = entries(&workspace)?;
    let unread = unread(&workspace)?;
    if entry_count == 0 {
        let first = unread.first().map(|entry| format!(": {entry}")).unwrap_or_default();
        let message = format!("`{path}` holds no entry that could be read{first}");
        let help = "each needs service, starts_at and ends_at; `shipwake tables plan` lists all columns";
        return Err(Failure::Quality { message, help: help.into() });
    }
    let checks = &workspace.catalogue.plan_checks;
    let outcomes = metric::run_plan_checks(&workspace.catalogue, &workspace.context())?;
    let mut clashes = Vec::new();
    let mut unchecked = Vec::new();
    for (outcome, check) in outcomes.iter().zip(checks.values()) {
        match &outcome.answer {
            Some(_) => clashes.extend(clashes_of(outcome, check)),
            None => unchecked.push((&outcome.check.name, reason(check, &workspace))),
        }
    }
    clashes.sort();
    let has_hard = clashes.iter().any(|clash| clash.weight == HARD);
    let text = match format.name {
        "json" => json_text(entry_count, &clashes, &unchecked, &unread)?,
        _ => (format.render)(&grid_of(&clashes), out::stdout_width())?,
    };
    out::deliver(text.as_bytes(), None)?;
    for (name, reason) in &unchecked {
        shared.say(&format!("note: {name} was not checked: {reason}"));
    }
    for entry in &unread {
        shared.say(&format!("not read: {entry}"));
    }
    shared.say(&summary(entry_count, &clashes));
    Ok(if has_hard || !unread.is_empty() { Exit::DataQuality } else { Exit::Done })
}

fn entries(workspace: &Workspace) -> Result<usize, Failure> {
    let statement = Statement::once("plan", "plan", "select service from plan".into());
    Ok(workspace.engine.run(&statement)?.row_count())
}

/// Entries that were rejected, each with its place and the reason.
fn unread(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let text = "select file, line, reason from rejected_rows where \"table\" = 'plan' order by line, reason";
    let answer = workspace.engine.run(&Statement::once("unread", "unread entries", text.into()))?;
    let told = |row: &Vec<Cell>| match row.as_slice() {
        [Cell::Text(file), Cell::Whole(line), Cell::Text(reason)] => format!("{file}:{line}: {reason}"),
        _ => String::new(),
    };
    Ok(grid::of_answer(&answer).rows.iter().map(told).filter(|entry| !entry.is_empty()).collect())
}

/// Why a check could not be asked.
fn reason(check: &PlanCheck, workspace: &Workspace) -> String {
    metric::lacking(&check.check.needs, &workspace.given).unwrap_or_default()
}

fn clashes_of(outcome: &Outcome, check: &PlanCheck) -> Vec<Clash> {
    let Some(answer) = &outcome.answer else { return Vec::new() };
    let rows = grid::of_answer(answer);
    let cell = |row: &[Cell], name: &str| {
        let place = rows.columns.iter().position(|column| column.name == name);
        match place.and_then(|place| row.get(place)) {
            Some(Cell::Text(text)) => text.clone(),
            _ => String::new(),
        }
    };
    let clash = |row: &Vec<Cell>| Clash {
        starts_at: cell(row, "starts_at"),
        entry: cell(row, "entry"),
        service: cell(row, "service"),
        environment: cell(row, "environment"),
        weight: if check.is_hard { HARD } else { "soft" },
        clash: outcome.check.name.clone(),
        clashes_with: cell(row, "clashes_with"),
        evidence: cell(row, "evidence"),
    };
    rows.rows.iter().map(clash).collect()
}

impl Clash {
    fn named(&self) -> [(&'static str, &str); 8] {
        [
            ("entry", &self.entry),
            ("service", &self.service),
            ("environment", &self.environment),
            ("starts_at", &self.starts_at),
            ("weight", self.weight),
            ("clash", &self.clash),
            ("clashes_with", &self.clashes_with),
            ("evidence", &self.evidence),
        ]
    }
}

fn grid_of(clashes: &[Clash]) -> Grid {
    let names = Clash::default().named().map(|(name, _)| name);
    let column = |name: &str| GridColumn { name: name.to_owned(), is_number: false };
    let row = |clash: &Clash| clash.named().map(|(_, text)| Cell::Text(text.to_owned())).to_vec();
    Grid { columns: names.map(column).to_vec(), rows: clashes.iter().map(row).collect() }
}

fn json_text(
    entry_count: usize,
    clashes: &[Clash],
    unchecked: &[(&String, String)],
    unread: &[String],
) -> Result<String, Failure> {
    let object = |clash: &Clash| {
        Value::Object(
            clash.named().map(|(name, text)| (name.to_owned(), json!(text))).into_iter().collect::<Map<_, _>>(),
        )
    };
    let unchecked: Vec<Value> =
        unchecked.iter().map(|(name, reason)| json!({"clash": name, "reason": reason})).collect();
    let whole = json!({
        "schema": 1,
        "entries": entry_count,
        "clashes": clashes.iter().map(object).collect::<Vec<_>>(),
        "not_checked": unchecked,
        "not_read": unread,
    });
    let mut text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    text.push('\n');
    Ok(text)
}

fn summary(entry_count: usize, clashes: &[Clash]) -> String {
    let of = |is_hard: bool| {
        let those = clashes.iter().filter(|clash| (clash.weight == HARD) == is_hard);
        let entries: BTreeSet<_> = those.map(|clash| (&clash.entry, &clash.service, &clash.starts_at)).collect();
        entries.len()
    };
    format!("{entry_count} entries: {} must be moved, {} deserve a second look", of(true), of(false))
}
