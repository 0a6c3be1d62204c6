//! `shipwake metric`: results as a table, CSV or the JSON contract.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use serde_json::{Map, Value, json};

use crate::metric::{self, Metric, MetricResult, Request, Row};
use crate::period::Grain;
use crate::sink::table::{Cell, Grid, GridColumn, GridFormat};
use crate::workspace::{Workspace, WorkspaceError};

use super::grid;
use super::load::load_for;
use super::out;
use super::progress::Bar;
use super::report::moment;
use super::shared::Shared;
use super::window::Window;
use super::{Exit, Failure};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Names of metrics; the five of DORA unless given
    names: Vec<String>,
    /// List all metrics
    #[arg(long)]
    list: bool,
    /// day, week, month, quarter, year or total
    #[arg(long, default_value = "month")]
    grain: Grain,
    /// Columns to group by, with commas, such as team,service
    #[arg(long, value_delimiter = ',')]
    by: Vec<String>,
    /// Condition in SQL on the metric's columns
    #[arg(long = "where", value_name = "SQL")]
    filter: Option<String>,
    /// table, csv, json, ndjson or markdown
    #[arg(long, default_value = "table")]
    format: String,
    /// File to write instead of standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    window: Window,
    #[command(flatten)]
    shared: Shared,
}

const DORA: [&str; 5] = [
    "deployment_frequency",
    "change_lead_time",
    "change_fail_rate",
    "failed_deployment_recovery_time",
    "deployment_rework_rate",
];

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let format = grid::format(&arguments.format)?;
    if arguments.list {
        return list(arguments);
    }
    let names: Vec<&str> = match arguments.names.is_empty() {
        true => DORA.to_vec(),
        false => arguments.names.iter().map(String::as_str).collect(),
    };
    refuse_tables_among(&names, arguments)?;
    // From when to when is known when the data are; which columns are read does not depend on it.
    let mut request = Request {
        grain: arguments.grain,
        from: NaiveDate::default(),
        until: NaiveDate::default().succ_opt().unwrap_or_default(),
        groupings: vec![arguments.by.clone()],
        filter: arguments.filter.clone(),
    };
    let questions = names.iter().map(|name| (name.to_string(), request.clone())).collect();
    let workspace = load_for(&arguments.shared, Some(questions))?.workspace;
    let (from, until) = arguments.window.days(&workspace, arguments.grain)?;
    (request.from, request.until) = (from, until);
    let mut asked: Vec<(&Metric, Request)> = Vec::new();
    for name in names {
        asked.push((workspace.catalogue.metric(name)?, request.clone()));
    }
    if let [(table, request)] = asked.as_slice()
        && table.aggregate.is_table()
    {
        let text = rows_of(&workspace, table, request, format)?;
        out::deliver(text.as_bytes(), arguments.out.as_deref())?;
        return Ok(Exit::Done);
    }
    let mut results = Vec::new();
    let bar = Bar::start(arguments.shared.quiet, arguments.shared.verbose);
    bar.set("computing", 0, 0);
    for computed in metric::compute(&workspace.context(), &asked) {
        results.extend(computed?);
    }
    drop(bar);
    let metrics: Vec<&Metric> = asked.iter().map(|(metric, _)| *metric).collect();
    let text = match arguments.format.as_str() {
        "json" => json_text(&workspace, arguments.grain, (from, until), &metrics, &results)?,
        _ => (format.render)(&grid_of(&metrics, &results), out::stdout_width())?,
    };
    if !arguments.shared.quiet && arguments.format != "json" {
        for (metric, result) in metrics.iter().zip(&results) {
            if let Some(reason) = &result.not_measured {
                out::say(&format!("note: {} was not measured: {reason}", metric.name));
            }
        }
    }
    out::deliver(text.as_bytes(), arguments.out.as_deref())?;
    Ok(Exit::Done)
}

/// Refuses a table beside other metrics, and a name that none has, before anything is read.
fn refuse_tables_among(names: &[&str], arguments: &Arguments) -> Result<(), Failure> {
    if names.len() < 2 {
        return Ok(());
    }
    let catalogue = metric::Catalogue::read(crate::embedded::QUERIES, arguments.shared.queries.as_deref())?;
    for name in names {
        if catalogue.metric(name)?.aggregate.is_table() {
            return Err(Failure::usage(
                format!("metric `{name}` is a table: it stands alone, without others beside it"),
                "ask for it in a call of its own",
            ));
        }
    }
    Ok(())
}

/// A metric that is a table: its rows as they are, of the time asked for where they have one.
fn rows_of(workspace: &Workspace, metric: &Metric, request: &Request, format: &GridFormat) -> Result<String, Failure> {
    if let Some(reason) = metric::missing(metric, &workspace.given) {
        return Err(WorkspaceError::NotMeasured { name: metric.name.clone(), reason }.into());
    }
    let statement = metric::events(&workspace.context(), metric, request)?;
    let answer = workspace.engine.run(&statement)?;
    Ok((format.render)(&grid::of_answer(&answer), out::stdout_width())?)
}

fn list(arguments: &Arguments) -> Result<Exit, Failure> {
    let catalogue = metric::Catalogue::read(crate::embedded::QUERIES, arguments.shared.queries.as_deref())?;
    let column = |name: &str| GridColumn { name: name.to_owned(), is_number: false };
    let rows = catalogue
        .metrics
        .values()
        .map(|metric| [&metric.name, &metric.area, &metric.question].map(|text| Cell::Text(text.clone())).to_vec());
    let grid = Grid { columns: ["metric", "area", "question"].map(column).to_vec(), rows: rows.collect() };
    let format = grid::format(&arguments.format)?;
    out::deliver((format.render)(&grid, out::stdout_width())?.as_bytes(), arguments.out.as_deref())?;
    Ok(Exit::Done)
}

/// One long table; several metrics have `metric` in front and only the common columns.
fn grid_of(metrics: &[&Metric], results: &[MetricResult]) -> Grid {
    let is_one = results.len() == 1;
    let by: Vec<String> = results.iter().map(|result| result.by.clone()).max_by_key(Vec::len).unwrap_or_default();
    let text = |name: &str| GridColumn { name: name.to_owned(), is_number: false };
    let number = |name: &str| GridColumn { name: name.to_owned(), is_number: true };
    let mut columns = Vec::new();
    if !is_one {
        columns.push(text("metric"));
    }
    columns.extend(by.iter().map(|name| text(name)));
    columns.extend([
        text("period_start"),
        number("n"),
        number("value"),
        number("low"),
        number("high"),
        text("is_partial"),
    ]);
    if is_one {
        columns.extend(results[0].own_columns.iter().map(|name| number(name)));
    }
    let mut rows = Vec::new();
    for (metric, result) in metrics.iter().zip(results) {
        for row in &result.rows {
            let mut cells = if is_one { Vec::new() } else { vec![Cell::Text(metric.name.clone())] };
            cells.extend(by.iter().map(|name| dimension(result, row, name)));
            cells.extend(common(row));
            if is_one {
                cells.extend(row.own.iter().map(|value| value.map_or(Cell::Null, Cell::Number)));
            }
            rows.push(cells);
        }
    }
    Grid { columns, rows }
}

fn dimension(result: &MetricResult, row: &Row, name: &str) -> Cell {
    let index = result.by.iter().position(|column| column == name);
    index.and_then(|index| row.dimensions[index].clone()).map_or(Cell::Null, Cell::Text)
}

fn common(row: &Row) -> Vec<Cell> {
    let number = |value: Option<f64>| value.map_or(Cell::Null, Cell::Number);
    vec![
        Cell::Text(row.period_start.to_string()),
        Cell::Whole(i64::try_from(row.n).unwrap_or(i64::MAX)),
        number(row.value),
        number(row.low),
        number(row.high),
        Cell::Flag(row.is_partial),
    ]
}

fn json_text(
    workspace: &Workspace,
    grain: Grain,
    (from, until): (NaiveDate, NaiveDate),
    metrics: &[&Metric],
    results: &[MetricResult],
) -> Result<String, Failure> {
    let settings = &workspace.settings;
    let objects: Vec<Value> = metrics
        .iter()
        .zip(results)
        .map(|(metric, result)| {
            json!({
                "schema": 1,
                "metric": metric.name,
                "title": metric.title,
                "unit": metric.unit,
                "better": metric.better.name(),
                "grain": grain,
                "by": result.by,
                "from": from,
                "until": until,
                "timezone": settings.calendar.zone.name(),
                "as_of": moment(workspace.as_of),
                "profile": settings.definitions.profile,
                "definitions": settings.definitions,
                "definitions_hash": settings.definitions_hash,
                "rows": result.rows.iter().map(|row| object(result, row)).collect::<Vec<_>>(),
                "not_measured": result.not_measured,
            })
        })
        .collect();
    let value = match <[Value; 1]>::try_from(objects) {
        Ok([one]) => one,
        Err(several) => Value::Array(several),
    };
    let mut text = serde_json::to_string_pretty(&value)
        .map_err(|error| Failure::usage(format!("could not write JSON: {error}"), "report this as a defect"))?;
    text.push('\n');
    Ok(text)
}

fn object(result: &MetricResult, row: &Row) -> Value {
    let mut object = Map::new();
    for (name, value) in result.by.iter().zip(&row.dimensions) {
        object.insert(name.clone(), json!(value));
    }
    object.insert("period_start".into(), json!(row.period_start));
    object.insert("n".into(), json!(row.n));
    object.insert("value".into(), json!(row.value));
    object.insert("low".into(), json!(row.low));
    object.insert("high".into(), json!(row.high));
    object.insert("is_partial".into(), json!(row.is_partial));
    for (name, value) in result.own_columns.iter().zip(&row.own) {
        object.insert((*name).to_owned(), json!(value));
    }
    Value::Object(object)
}
