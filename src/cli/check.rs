//! `shipwake check`: what became of every row, then every check of the catalogue with the rows that offend.
//!
//! With `--max-age` it is the age of the store alone that decides: a job must be able to tell stale data from a row that
//! was rejected. With `--plan` it is a proposed calendar that is checked, see `plan.rs`; with `--package`, whether an evidence package
//! is whole.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::metric;
use crate::package;
use crate::package::{Fault, Problem};
use crate::sink::table::{Cell, Grid, GridColumn, GridFormat};
use crate::source::FileRead;

use super::load::load_to_check;
use super::shared::Shared;
use super::{Exit, Failure, grid, history, out, plan};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only this check, with all its rows
    name: Option<String>,
    /// Check a proposed release calendar against freezes, windows, bookings, its own entries and history
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    plan: Option<String>,
    /// Rows to show of each check
    #[arg(long, default_value_t = 5)]
    limit: usize,
    /// Look at the age of the store alone: exit code 4 when its last ingest is older, such as 26h
    #[arg(long, value_name = "TIME", conflicts_with_all = ["name", "plan", "package"])]
    max_age: Option<String>,
    /// table, csv, json, ndjson or markdown
    #[arg(long, default_value = "table")]
    format: String,
    /// Verify an evidence package instead: every file that differs, is missing or is extra is named
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    package: Option<PathBuf>,
    /// The package that it follows, and so on back through the chain (repeatable)
    #[arg(long, value_name = "DIR", requires = "package")]
    previous: Vec<PathBuf>,
    #[command(flatten)]
    shared: Shared,
}

/// Exit code 4 where a check is offended, the store is too old, an entry of a plan must be moved, or a package is not
/// whole.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let format = grid::format(&arguments.format)?;
    if let Some(age) = &arguments.max_age {
        let told = history::refuse_older(&arguments.shared, age)?;
        arguments.shared.say(&told);
        return Ok(Exit::Done);
    }
    if let Some(folder) = &arguments.package {
        return verify(arguments, folder, format);
    }
    if let Some(path) = &arguments.plan {
        return plan::run(path, &arguments.shared, format);
    }
    let workspace = load_to_check(&arguments.shared)?.workspace;
    let outcomes = metric::run_checks(&workspace.catalogue, &workspace.context())?;
    let render = |grid: &Grid| (format.render)(grid, out::stdout_width());
    let mut text = String::new();
    if let Some(name) = &arguments.name {
        let outcome = outcomes.iter().find(|outcome| outcome.check.name == *name).ok_or_else(|| {
            let known: Vec<&str> = workspace.catalogue.checks.keys().map(String::as_str).collect();
            Failure::usage(format!("no check is called `{name}`"), format!("checks are {}", known.join(", ")))
        })?;
        match &outcome.answer {
            Some(answer) => text.push_str(&render(&grid::of_answer(answer))?),
            None => out::say(&format!("{name} was not checked: a table that it reads is absent")),
        }
        out::deliver(text.as_bytes(), None)?;
        return Ok(if outcome.row_count.unwrap_or(0) > 0 { Exit::DataQuality } else { Exit::Done });
    }
    if arguments.format != "table" {
        text.push_str(&render(&summary(&outcomes))?);
    } else {
        let (shown, intact) = worth_showing(workspace.files());
        text.push_str(&render(&files(&shown))?);
        if intact > 0 {
            text.push_str(&format!("and {intact} files of which every row was kept\n"));
        }
        text.push('\n');
        text.push_str(&render(&summary(&outcomes))?);
        for outcome in outcomes.iter().filter(|outcome| outcome.row_count.unwrap_or(0) > 0) {
            let Some(answer) = &outcome.answer else {
                continue;
            };
            let mut rows = grid::of_answer(answer);
            rows.rows.truncate(arguments.limit);
            text.push_str(&format!("\n{} ({} rows)\n", outcome.check.name, answer.row_count()));
            text.push_str(&render(&rows)?);
        }
    }
    out::deliver(text.as_bytes(), None)?;
    let is_offended = outcomes.iter().any(|outcome| outcome.row_count.unwrap_or(0) > 0);
    Ok(if is_offended { Exit::DataQuality } else { Exit::Done })
}

/// Each package of the chain, and whether each names the manifest of the one before.
fn verify(arguments: &Arguments, folder: &Path, format: &GridFormat) -> Result<Exit, Failure> {
    let chain: Vec<&Path> = std::iter::once(folder).chain(arguments.previous.iter().map(PathBuf::as_path)).collect();
    let mut rows = Vec::new();
    let mut follows: Option<String> = None;
    for (place, folder) in chain.iter().enumerate() {
        let verified = package::verify(folder)?;
        let name = folder.display().to_string();
        let mut faults = verified.faults;
        if place > 0 && follows != verified.manifest_digest {
            let detail = match follows {
                Some(digest) => format!("the package after it follows a manifest with the SHA-256 {digest}"),
                None => "the package after it says that it follows none".to_owned(),
            };
            faults.push(Fault { path: package::MANIFEST.into(), problem: Problem::Differs, detail });
        }
        if faults.is_empty() {
            arguments.shared.say(&format!("{name}: {} files, every byte as its manifest says", verified.file_count));
        }
        rows.extend(faults.into_iter().map(|fault| {
            [name.clone(), fault.path, fault.problem.name().to_owned(), fault.detail].map(Cell::Text).to_vec()
        }));
        follows = verified.previous;
    }
    if let Some(digest) = &follows {
        let text = format!(
            "note: the chain goes on with the package whose manifest has the SHA-256 {digest}; give it by --previous"
        );
        arguments.shared.say(&text);
    }
    if rows.is_empty() {
        return Ok(Exit::Done);
    }
    let column = |name: &str| GridColumn { name: name.to_owned(), is_number: false };
    let grid = Grid { columns: ["package", "file", "problem", "detail"].map(column).to_vec(), rows };
    out::deliver((format.render)(&grid, out::stdout_width())?.as_bytes(), None)?;
    Ok(Exit::DataQuality)
}

/// All files where they fit a screen; of more, those of which any row was not kept, and how many others there are.
fn worth_showing(files: &[FileRead]) -> (Vec<&FileRead>, usize) {
    const MOST: usize = 20;
    if files.len() <= MOST {
        return (files.iter().collect(), 0);
    }
    let shown: Vec<&FileRead> = files.iter().filter(|file| file.rows_kept < file.rows_read).collect();
    let intact = files.len() - shown.len();
    (shown, intact)
}

fn files(files: &[&FileRead]) -> Grid {
    let text = |name: &str| GridColumn { name: name.to_owned(), is_number: false };
    let number = |name: &str| GridColumn { name: name.to_owned(), is_number: true };
    let whole = |count: u64| Cell::Whole(i64::try_from(count).unwrap_or(i64::MAX));
    let rows = files.iter().map(|file| {
        vec![
            Cell::Text(file.path.clone()),
            Cell::Text(file.table.to_owned()),
            whole(file.rows_read),
            whole(file.rows_kept),
            whole(file.rows_superseded),
            whole(file.rows_rejected),
            whole(file.rows_after_as_of),
            whole(file.rows_unused),
        ]
    });
    Grid {
        columns: vec![
            text("file"),
            text("table"),
            number("read"),
            number("kept"),
            number("superseded"),
            number("rejected"),
            number("after_as_of"),
            number("unused"),
        ],
        rows: rows.collect(),
    }
}

fn summary(outcomes: &[metric::Outcome]) -> Grid {
    let column = |name: &str| GridColumn { name: name.to_owned(), is_number: name == "rows" };
    let rows = outcomes.iter().map(|outcome| {
        let (result, count) = match outcome.row_count {
            None => ("absent", Cell::Null),
            Some(0) => ("passed", Cell::Whole(0)),
            Some(count) => ("offended", Cell::Whole(i64::try_from(count).unwrap_or(i64::MAX))),
        };
        vec![
            Cell::Text(outcome.check.name.clone()),
            Cell::Text(result.to_owned()),
            count,
            Cell::Text(outcome.check.title.clone()),
        ]
    });
    Grid { columns: ["check", "result", "rows", "title"].map(column).to_vec(), rows: rows.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_files_those_are_listed_that_lost_rows() {
        let file = |kept: u64| FileRead { rows_read: 2, rows_kept: kept, ..FileRead::default() };
        let many: Vec<FileRead> = (0..30).map(|number| file(if number == 7 { 1 } else { 2 })).collect();
        let (shown, intact) = worth_showing(&many);
        assert_eq!((shown.len(), shown[0].rows_kept, intact), (1, 1, 29));
        assert_eq!(worth_showing(&many[..3]).0.len(), 3);
    }
}
