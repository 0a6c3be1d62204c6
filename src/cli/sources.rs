//! `shipwake sources`: what can be read.

use clap::Args;

use crate::sink::table::{Cell, Grid, GridColumn};
use crate::source;

use super::{Exit, Failure, grid, out};

#[derive(Debug, Args)]
pub struct Arguments {
    /// table, csv, json, ndjson or markdown
    #[arg(long, default_value = "table")]
    format: String,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let format = grid::format(&arguments.format)?;
    let rows = source::formats().map(|(name, about)| vec![Cell::Text(name.into()), Cell::Text(about.into())]);
    let column = |name: &str| GridColumn { name: name.to_owned(), is_number: false };
    let grid = Grid { columns: ["format", "about"].map(column).to_vec(), rows: rows.collect() };
    out::deliver((format.render)(&grid, out::stdout_width())?.as_bytes(), None)?;
    Ok(Exit::Done)
}
