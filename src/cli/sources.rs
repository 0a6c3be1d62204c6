//! `shipwake sources`: what can be read, and how the records of one tool become ours.

use clap::Args;

use crate::sink::table::{Cell, Grid, GridColumn, GridFormat};
use crate::source::{self, Description, ShapeDescription};

use super::{Exit, Failure, grid, out};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Tool whose records to show: how they are recognised, what fills which column, which words mean what
    name: Option<String>,
    /// table, csv, json, ndjson or markdown
    #[arg(long, default_value = "table")]
    format: String,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let format = grid::format(&arguments.format)?;
    let text = match &arguments.name {
        None => render(format, &all())?,
        Some(name) => {
            let tool = source::describe(name).ok_or_else(|| unknown(name))?;
            match format.name {
                "table" | "markdown" => pages(format, &tool)?,
                _ => render(format, &flat(&tool))?,
            }
        }
    };
    out::deliver(text.as_bytes(), None)?;
    Ok(Exit::Done)
}

fn unknown(name: &str) -> Failure {
    match source::formats().find(|(known, _)| *known == name) {
        Some((_, about)) => Failure::usage(
            format!("`{name}` is a way to write any table, not a tool: {about}"),
            "its columns are those of `shipwake tables`, or mapped under `[sources.columns]`",
        ),
        None => Failure::usage(format!("no tool is called `{name}`"), "`shipwake sources` lists them"),
    }
}

fn render(format: &GridFormat, grid: &Grid) -> Result<String, Failure> {
    Ok((format.render)(grid, out::stdout_width())?)
}

fn grid_of(columns: &[&str], rows: Vec<Vec<String>>) -> Grid {
    Grid {
        columns: columns.iter().map(|name| GridColumn { name: (*name).to_owned(), is_number: false }).collect(),
        rows: rows.into_iter().map(|row| row.into_iter().map(Cell::Text).collect()).collect(),
    }
}

fn all() -> Grid {
    grid_of(
        &["format", "about"],
        source::formats().map(|(name, about)| vec![name.to_owned(), about.to_owned()]).collect(),
    )
}

/// A section for every kind of record, with a table for every table that it fills, and what cannot be told.
fn pages(format: &GridFormat, tool: &Description) -> Result<String, Failure> {
    let mut text = format!("{}\n", tool.about);
    for shape in &tool.shapes {
        text.push_str(&format!("\n{}: {}\n", shape.name, shape.told_by));
        if shape.rows.is_empty() {
            text.push_str("  known, and fill no table\n");
        }
        for (table, condition, lines) in &shape.rows {
            let heading = if condition.is_empty() { String::new() } else { format!(", {condition}") };
            text.push_str(&format!("\n{table}{heading}\n"));
            let rows = lines.iter().map(|line| line.to_vec()).collect();
            text.push_str(&render(format, &grid_of(&["column", "from", "words"], rows))?);
        }
    }
    text.push_str("\nWhat cannot be told:\n");
    for sentence in tool.untold {
        text.push_str(&format!("- {sentence}\n"));
    }
    Ok(text)
}

/// One row a column, for programs.
fn flat(tool: &Description) -> Grid {
    let of_shape = |shape: &ShapeDescription| -> Vec<Vec<String>> {
        let of_table = |(table, condition, lines): &(&str, String, Vec<[String; 3]>)| -> Vec<Vec<String>> {
            let row = |[column, from, words]: &[String; 3]| {
                [shape.name, table, condition, column, from, words].map(str::to_owned).to_vec()
            };
            lines.iter().map(row).collect()
        };
        shape.rows.iter().flat_map(of_table).collect()
    };
    grid_of(&["records", "table", "where", "column", "from", "words"], tool.shapes.iter().flat_map(of_shape).collect())
}
