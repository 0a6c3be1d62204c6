//! `shipwake explain`: what a metric means, how it is computed, and the rows behind it.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::metric::{self, Metric, Request};
use crate::period::Grain;
use crate::sink::table::GridFormat;
use crate::workspace::Workspace;

use super::load::load;
use super::report::flat;
use super::shared::Shared;
use super::window::Window;
use super::{Exit, Failure, compare, grid, out};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Name of the metric
    name: String,
    /// List the rows that were counted, and nothing else
    #[arg(long)]
    rows: bool,
    /// Tell what every profile makes of the same rows, side by side
    #[arg(long, conflicts_with_all = ["rows", "profile"])]
    compare: bool,
    /// Condition in SQL on the metric's columns
    #[arg(long = "where", value_name = "SQL")]
    filter: Option<String>,
    /// Form of rows and comparisons: table, csv, json, ndjson or markdown
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

/// A question about a metric, and where the answer goes.
pub struct Asked<'a> {
    pub request: Request,
    pub format: &'static GridFormat,
    pub out: Option<&'a Path>,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let format = grid::format(&arguments.format)?;
    let workspace = load(&arguments.shared)?.workspace;
    let metric = workspace.catalogue.metric(&arguments.name)?;
    let (from, until) = arguments.window.days(&workspace, Grain::Total)?;
    let request =
        Request { grain: Grain::Total, from, until, groupings: vec![Vec::new()], filter: arguments.filter.clone() };
    if arguments.compare {
        let asked = Asked { request, format, out: arguments.out.as_deref() };
        return compare::run(&workspace, metric, &asked);
    }
    if let Some(reason) = metric::missing(metric, &workspace.given) {
        out::say(&format!("{} is not measured: {reason}", metric.name));
        if arguments.rows {
            return Ok(Exit::Done);
        }
    }
    let text = match arguments.rows {
        true => {
            let statement = metric::events(&workspace.context(), metric, &request)?;
            let answer = workspace.engine.run(&statement)?;
            (format.render)(&grid::of_answer(&answer), out::stdout_width())?
        }
        false => told(&workspace, metric, &request)?,
    };
    out::deliver(text.as_bytes(), arguments.out.as_deref())?;
    Ok(Exit::Done)
}

/// The definition in words, the number now, the switches in force, the query.
fn told(workspace: &Workspace, metric: &Metric, request: &Request) -> Result<String, Failure> {
    let mut lines = vec![
        metric.title.clone(),
        String::new(),
        format!("  {}", metric.question),
        format!("  {}", metric.why),
        String::new(),
    ];
    let in_force = &workspace.settings.definitions;
    lines.push(format!("counts        {}", metric::counts(metric, in_force)));
    lines.extend(
        metric::rules(&workspace.catalogue, metric, in_force).iter().map(|rule| format!("              {rule}")),
    );
    let call = metric::called(metric, in_force)?;
    lines.push(format!("computed as   {}({}) of {}", call.name, call.arguments.join(", "), metric.events));
    lines.push(format!("unit          {}, {} is better", metric.unit.name(), metric.better.name()));
    if !metric.caveat.is_empty() {
        lines.push(format!("mind          {}", metric.caveat));
    }
    lines.push(format!("reads         {}", workspace.engine.reads(&metric.name).join(", ")));
    if !metric.aggregate.is_table() {
        lines.extend(number(workspace, metric, request)?);
    }
    lines.push(String::new());
    lines.extend(definitions_read(workspace, metric));
    lines.push(String::new());
    lines.push(metric.statement.origin.clone());
    lines.push(String::new());
    lines.push(metric.statement.text.trim_end().to_owned());
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// A column of the aggregate's own; a quantile is in the unit of the metric.
fn told_own(metric: &Metric, name: &str, value: f64) -> String {
    let is_quantile = name.strip_prefix('p').is_some_and(|digits| digits.parse::<u8>().is_ok());
    if is_quantile { format!("{name} {}", metric.unit.format(value)) } else { format!("{name} {value}") }
}

/// The switches that the query reads; the others have no part in the number.
fn definitions_read(workspace: &Workspace, metric: &Metric) -> Vec<String> {
    let definitions = &workspace.settings.definitions;
    let read = metric::switches(&workspace.catalogue, metric, definitions);
    if read.is_empty() {
        return vec!["definitions   it depends on none".to_owned()];
    }
    let all = flat(&serde_json::to_value(definitions).unwrap_or_default(), "definitions");
    let is_read = |key: &str| key.strip_prefix("definitions.").is_some_and(|switch| read.contains(switch));
    let shown = all.iter().filter(|(key, _)| is_read(key)).map(|(key, value)| format!("  {key} = {value}"));
    let head = format!("definitions that it depends on (of {})", workspace.settings.definitions_hash);
    std::iter::once(head).chain(shown).collect()
}

fn number(workspace: &Workspace, metric: &Metric, request: &Request) -> Result<Vec<String>, Failure> {
    let computed = metric::compute(&workspace.context(), &[(metric, request.clone())]);
    let mut lines = Vec::new();
    for result in computed.into_iter().next().transpose()?.unwrap_or_default() {
        if let Some(reason) = &result.not_measured {
            lines.push(format!("value         not measured: {reason}"));
        }
        for row in &result.rows {
            let group: Vec<&str> = row.dimensions.iter().map(|value| value.as_deref().unwrap_or("(none)")).collect();
            let value = metric.unit.format_option(row.value);
            let interval = match (row.low, row.high) {
                (Some(low), Some(high)) => format!(", {} to {}", metric.unit.format(low), metric.unit.format(high)),
                _ => String::new(),
            };
            let own: Vec<String> = result
                .own_columns
                .iter()
                .zip(&row.own)
                .filter_map(|(name, value)| value.map(|value| told_own(metric, name, value)))
                .collect();
            let own = if own.is_empty() { String::new() } else { format!(" ({})", own.join(", ")) };
            let group = if group.is_empty() { String::new() } else { format!("{}: ", group.join(", ")) };
            lines.push(format!("value         {group}{value}{interval}, n = {}{own}", row.n));
        }
    }
    lines.push(format!("time          from {} to before {}", request.from, request.until));
    Ok(lines)
}
