//! Cases from the tests of other tools, answered by the real program under the profile of each tool.
//!
//! The cases are not part of the project. `SHIPWAKE_CASES` names another file of the same form, `SHIPWAKE_DATA` another
//! folder of data; where there is nothing, the tests say so and pass. A case is understood from what it holds: its source chooses the profile, its metric the
//! question, its policy the switches.

mod canonical;
mod case;
mod compare;
mod data;
mod devlake;
mod files;
mod measures;
mod pelorus;

use std::fs;
use std::path::PathBuf;

use case::{Case, Tool};

use measures::MEASURES;

/// Cases whose quirk no switch can name: (id, why).
const QUIRKS: &[(&str, &str)] = &[];

#[test]
fn neutral_cases_of_devlake_hold() {
    hold(Tool::Devlake);
}

#[test]
fn neutral_cases_of_metrik_hold() {
    hold(Tool::Metrik);
}

#[test]
fn neutral_cases_of_middleware_hold() {
    hold(Tool::Middleware);
}

#[test]
fn neutral_cases_of_pelorus_hold() {
    hold(Tool::Pelorus);
}

#[test]
fn neutral_cases_of_stenjo_hold() {
    hold(Tool::Stenjo);
}

#[test]
fn neutral_cases_are_all_of_a_tool_that_is_known() {
    let unknown: Vec<String> = cases().into_iter().filter(|case| case.tool.is_none()).map(|case| case.id).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn neutral_measures_are_sorted_by_name() {
    assert!(MEASURES.is_sorted_by_key(|(name, _)| *name));
}

/// Asserts every case of a tool, and tells all that fail at once.
fn hold(tool: Tool) {
    let own: Vec<Case> = cases().into_iter().filter(|case| case.tool == Some(tool)).collect();
    let failures: Vec<String> = own.iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), own.len(), failures.join("\n"));
}

/// What is wrong with a case; none where it holds.
fn failure(case: &Case) -> Option<String> {
    if let Some((_, why)) = QUIRKS.iter().find(|(id, _)| *id == case.id) {
        super::say(&format!("left out: {}: {why}", case.id));
        return None;
    }
    let Some((_, answer)) = MEASURES.iter().find(|(name, _)| *name == case.metric) else {
        return Some(format!("{}: nobody told how to ask for `{}`", case.id, case.metric));
    };
    match answer(case) {
        Err(error) => Some(format!("{}: {error}", case.id)),
        Ok(got) => {
            let differences = compare::differences(&case.expected, &got, compare::tolerance(case));
            (!differences.is_empty()).then(|| format!("{}\n  {}", case.id, differences.join("\n  ")))
        }
    }
}

/// A file or folder of the data, or none after saying that the test is skipped.
fn data(name: &str) -> Option<PathBuf> {
    match std::env::var_os("SHIPWAKE_DATA") {
        Some(folder) => super::found(PathBuf::from(folder).join(name)),
        None => super::data(name),
    }
}

fn cases() -> Vec<Case> {
    let path = match std::env::var_os("SHIPWAKE_CASES") {
        Some(path) => PathBuf::from(path),
        None => match data("neutral_cases/given.jsonl") {
            Some(path) => path,
            None => return Vec::new(),
        },
    };
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(place, line)| {
            Case::read(line).unwrap_or_else(|error| panic!("{}:{}: {error}", path.display(), place + 1))
        })
        .collect()
}
