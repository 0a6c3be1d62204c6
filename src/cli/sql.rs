//! `shipwake sql`: one read-only statement over tables, links, views and metrics.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;

use clap::Args;

use crate::engine::{Statement, Value};

use super::load::load;
use super::shared::Shared;
use super::{Exit, Failure, grid, out};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The statement
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    query: Option<String>,
    /// File with the statement; - for standard input
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Value for $NAME in the statement (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,
    /// table, csv, json, ndjson or markdown
    #[arg(long, default_value = "table")]
    format: String,
    /// File to write instead of standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    shared: Shared,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let format = grid::format(&arguments.format)?;
    let statement = statement(arguments)?;
    let parameters = parameters(&arguments.param)?;
    let workspace = load(&arguments.shared)?.workspace;
    let answer = workspace.ask(&statement, &parameters)?;
    let text = (format.render)(&grid::of_answer(&answer), out::stdout_width())?;
    out::deliver(text.as_bytes(), arguments.out.as_deref())?;
    Ok(Exit::Done)
}

fn statement(arguments: &Arguments) -> Result<Statement, Failure> {
    let (origin, text) = match (&arguments.query, &arguments.file) {
        (Some(text), _) => ("query".to_owned(), text.clone()),
        (None, Some(path)) if path.as_os_str() == "-" => {
            let mut text = String::new();
            let told = |cause| Failure::Read { path: "standard input".into(), cause };
            io::stdin().read_to_string(&mut text).map_err(told)?;
            ("standard input".to_owned(), text)
        }
        (None, Some(path)) => {
            let name = path.display().to_string();
            let text = fs::read_to_string(path).map_err(|cause| Failure::Read { path: name.clone(), cause })?;
            (name, text)
        }
        (None, None) => ("query".to_owned(), String::new()),
    };
    Ok(Statement::once("query", &origin, text))
}

/// Whole numbers, numbers and true or false are what they look like; all else is text.
fn parameters(pairs: &[String]) -> Result<BTreeMap<String, Value>, Failure> {
    pairs
        .iter()
        .map(|pair| {
            let (name, text) = pair.split_once('=').ok_or_else(|| {
                Failure::usage(
                    format!("`{pair}` is no parameter"),
                    "write `--param team=payments`, and `$team` in the statement",
                )
            })?;
            let value = if let Ok(number) = text.parse::<i64>() {
                Value::Whole(number)
            } else if let Ok(number) = text.parse::<f64>() {
                Value::Number(number)
            } else if let Ok(flag) = text.parse::<bool>() {
                Value::Flag(flag)
            } else {
                Value::Text(text.to_owned())
            };
            Ok((name.to_owned(), value))
        })
        .collect()
}
