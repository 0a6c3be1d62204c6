//! `shipwake check`: what became of every row, then every check of the catalogue with the rows that offend.
//!
//! With `--plan` it is a proposed calendar that is checked, see `plan.rs`.

use clap::Args;

use crate::metric;
use crate::sink::table::{Cell, Grid, GridColumn};
use crate::workspace::Workspace;

use super::load::load_to_check;
use super::shared::Shared;
use super::{Exit, Failure, grid, out, plan};

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
    /// table, csv, json, ndjson or markdown
    #[arg(long, default_value = "table")]
    format: String,
    #[command(flatten)]
    shared: Shared,
}

/// Exit code 4 where a check is offended, or an entry of a plan must be moved.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let format = grid::format(&arguments.format)?;
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
        text.push_str(&render(&files(&workspace))?);
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

fn files(workspace: &Workspace) -> Grid {
    let text = |name: &str| GridColumn { name: name.to_owned(), is_number: false };
    let number = |name: &str| GridColumn { name: name.to_owned(), is_number: true };
    let whole = |count: u64| Cell::Whole(i64::try_from(count).unwrap_or(i64::MAX));
    let rows = workspace.files().iter().map(|file| {
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
