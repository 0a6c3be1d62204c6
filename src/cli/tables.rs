//! `shipwake tables`: the canonical tables, and the columns of one.

use arrow::datatypes::DataType;
use clap::Args;

use crate::embedded;
use crate::engine::functions::FUNCTIONS;
use crate::metric::Catalogue;
use crate::settings::{Flags, Settings};
use crate::sink::table::{Cell, Grid, GridColumn};
use crate::table::{Kind, LINKS, TABLES, Table};
use crate::workspace::{Data, Loading, Workspace};

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
    let grid = match &arguments.name {
        _ if arguments.functions => functions(),
        None => all()?,
        Some(name) => match known().find(|table| table.name == name) {
            Some(table) => columns(table),
            None => columns_of_view(name)?,
        },
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

fn all() -> Result<Grid, Failure> {
    let row = |table: &Table| vec![table.name.to_owned(), table.key.join(", "), table.about.to_owned()];
    let mut rows: Vec<Vec<String>> = known().map(row).collect();
    let catalogue = Catalogue::read(embedded::QUERIES, None)?;
    rows.extend(catalogue.views.into_iter().map(|(name, view)| vec![name, "view".into(), view.about]));
    Ok(grid_of(&["table", "key", "one row is"], rows))
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

/// The columns of a view or metric, as they are without any data.
fn columns_of_view(name: &str) -> Result<Grid, Failure> {
    let loading = Loading {
        data: Data::Files(&[]),
        besides: Vec::new(),
        now: 0,
        threads: 1,
        memory_limit: None,
        queries: None,
        progress: &|_, _, _| (),
    };
    let workspace = Workspace::open(Settings::of_sample(&Flags::default())?, &loading)?;
    let schema = workspace.engine.columns(name).map_err(|_| {
        Failure::usage(format!("no table, view or metric is called `{name}`"), "`shipwake tables` lists them")
    })?;
    let rows = schema.fields().iter().map(|field| vec![field.name().clone(), kind(field.data_type()).to_owned()]);
    Ok(grid_of(&["column", "kind"], rows.collect()))
}

fn kind(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Timestamp(_, _) => "instant",
        DataType::Boolean => "flag",
        kind if kind.is_integer() => "whole number",
        kind if kind.is_numeric() => "number",
        _ => "text",
    }
}

fn functions() -> Grid {
    let row = |about: &crate::engine::functions::About| vec![about.call.to_owned(), about.about.to_owned()];
    grid_of(&["function", "result"], FUNCTIONS.iter().map(row).collect())
}
