//! `shipwake tables`: the canonical tables, and the columns of one.

use clap::Args;

use crate::engine::functions::FUNCTIONS;
use crate::sink::table::{Cell, Grid, GridColumn};
use crate::table::{Kind, LINKS, TABLES, Table};

use super::{Exit, Failure, grid, out};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Table whose columns to list
    name: Option<String>,
    /// List our SQL functions instead
    #[arg(long, conflicts_with = "name")]
    functions: bool,
    /// table, csv, json, ndjson or markdown
    #[arg(long, default_value = "table")]
    format: String,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let format = grid::format(&arguments.format)?;
    let grid =
        match &arguments.name {
            _ if arguments.functions => functions(),
            None => all(),
            Some(name) => columns(known().find(|table| table.name == name).ok_or_else(|| {
                Failure::usage(format!("no table is called `{name}`"), "`shipwake tables` lists them")
            })?),
        };
    out::deliver((format.render)(&grid, out::stdout_width())?.as_bytes(), None)?;
    Ok(Exit::Done)
}

fn grid_of(columns: &[&str], rows: Vec<Vec<String>>) -> Grid {
    Grid {
        columns: columns.iter().map(|name| GridColumn { name: (*name).to_owned(), is_number: false }).collect(),
        rows: rows.into_iter().map(|row| row.into_iter().map(Cell::Text).collect()).collect(),
    }
}

/// What can be read, then what is computed from it.
fn known() -> impl Iterator<Item = &'static Table> {
    TABLES.iter().chain(LINKS)
}

fn all() -> Grid {
    let row = |table: &Table| vec![table.name.to_owned(), table.key.join(", "), table.about.to_owned()];
    grid_of(&["table", "key", "one row is"], known().map(row).collect())
}

fn columns(table: &Table) -> Grid {
    let rows = table.all_columns().map(|column| {
        let words = match column.kind {
            Kind::Word(vocabulary) | Kind::OpenWord(vocabulary) => vocabulary.words.join(", "),
            _ => String::new(),
        };
        let required = if column.is_required { "required" } else { "" };
        vec![column.name.to_owned(), column.kind.name().to_owned(), required.to_owned(), column.about.to_owned(), words]
    });
    grid_of(&["column", "kind", "required", "meaning", "words"], rows.collect())
}

fn functions() -> Grid {
    let row = |about: &crate::engine::functions::About| vec![about.call.to_owned(), about.about.to_owned()];
    grid_of(&["function", "result"], FUNCTIONS.iter().map(row).collect())
}
