//! `shipwake explain NAME --compare`: one metric on the same rows under every profile, and in words what each counts.

use serde::Deserialize;

use crate::definitions::Definitions;
use crate::metric::{self, Metric, MetricResult, Request};
use crate::profiles::{self, Profile};
use crate::sink::table::{Cell, Grid, GridColumn};
use crate::workspace::Workspace;

use super::explain::Asked;
use super::{Exit, Failure, out};

/// What one set of definitions gives.
struct Line {
    profile: String,
    /// The aggregate, as `rate(is_failed)`.
    computed_as: String,
    result: MetricResult,
    counts: String,
}

/// The name of the line for settings that are no profile's.
const YOURS: &str = "yours";

pub fn run(workspace: &Workspace, metric: &Metric, asked: &Asked) -> Result<Exit, Failure> {
    if metric.aggregate.is_table() {
        let message = format!("`{}` is a table: it has no one value to compare", metric.name);
        return Err(Failure::usage(message, "`shipwake metric --list` lists the others"));
    }
    let profiles = profiles::all().map_err(|message| Failure::usage(message, "report this as a defect"))?;
    let mut lines = Vec::new();
    let definitions = &workspace.settings.definitions;
    let is_own = !is_as_a_profile(definitions, &profiles);
    let differs = depends_on_profiles(workspace, metric);
    if is_own || !differs {
        let counts = format!("your settings: {}", metric::counts(metric, definitions));
        lines.push(line(workspace, metric, &asked.request, YOURS, &counts)?);
    }
    for profile in profiles.iter().filter(|_| differs) {
        let under = workspace.under(&profile.name)?;
        let counts = profile.counts.get(&metric.name).map_or("", String::as_str);
        lines.push(line(&under, metric, &asked.request, &profile.name, counts)?);
    }
    let mut text = match asked.format.name {
        "table" => (asked.format.render)(&for_people(metric, &lines), out::stdout_width())?,
        _ => (asked.format.render)(&for_programs(&lines), out::stdout_width())?,
    };
    if !differs {
        let message =
            format!("`{}` reads no switch that a profile sets: it is the same under all of them", metric.name);
        out::say(&message);
    }
    if asked.format.name == "table" {
        text.push_str(&words(&lines, &profiles, &asked.request));
    }
    out::deliver(text.as_bytes(), asked.out)?;
    Ok(Exit::Done)
}

fn line(
    workspace: &Workspace,
    metric: &Metric,
    request: &Request,
    profile: &str,
    counts: &str,
) -> Result<Line, Failure> {
    let call = metric::called(metric, &workspace.settings.definitions)?;
    let computed = metric::compute(&workspace.context(), &[(metric, request.clone())]);
    let result = computed.into_iter().next().transpose()?.unwrap_or_default().into_iter().next();
    let result = result.ok_or_else(|| Failure::usage("nothing was computed", "report this as a defect"))?;
    Ok(Line {
        profile: profile.to_owned(),
        computed_as: format!("{}({})", call.name, call.arguments.join(", ")),
        result,
        counts: counts.to_owned(),
    })
}

/// Whether the metric reads any switch that profiles set; which environments are production is the organisation's.
fn depends_on_profiles(workspace: &Workspace, metric: &Metric) -> bool {
    let read = metric::switches(&workspace.catalogue, metric, &workspace.settings.definitions);
    read.iter().any(|switch| *switch != "production")
}

/// Whether the switches are just those of the profile that they name.
fn is_as_a_profile(definitions: &Definitions, profiles: &[Profile]) -> bool {
    let named = profiles.iter().find(|profile| profile.name == definitions.profile);
    let Some(Ok(of_profile)) = named.map(|profile| Definitions::deserialize(profile.definitions.clone())) else {
        return false;
    };
    let plain = |definitions: &Definitions| Definitions {
        profile: String::new(),
        production: Vec::new(),
        ..definitions.clone()
    };
    plain(definitions) == plain(&of_profile)
}

/// Rounded and with units; numerator and denominator only where the metric has them.
fn for_people(metric: &Metric, lines: &[Line]) -> Grid {
    let has_parts = lines.iter().any(|line| own(line, "numerator").is_some());
    let text = |name: &str| GridColumn { name: name.to_owned(), is_number: false };
    let number = |name: &str| GridColumn { name: name.to_owned(), is_number: true };
    let mut columns = vec![text("profile"), number("value"), number("95 % interval")];
    columns.extend(has_parts.then(|| [number("numerator"), number("denominator")]).into_iter().flatten());
    columns.extend([number("n"), text("computed as")]);
    let whole = |value: Option<f64>| value.map_or(Cell::Null, |value| Cell::Whole(value as i64));
    let row = |line: &Line| {
        let row = line.result.rows.first();
        let shown = |value: Option<f64>| value.map_or(Cell::Null, |value| Cell::Text(metric.unit.format(value)));
        let interval = row.and_then(|row| Some((row.low?, row.high?)));
        let interval = interval.map_or(Cell::Null, |(low, high)| {
            Cell::Text(format!("{} to {}", metric.unit.format(low), metric.unit.format(high)))
        });
        let mut cells = vec![Cell::Text(line.profile.clone()), shown(row.and_then(|row| row.value)), interval];
        if has_parts {
            cells.extend([whole(own(line, "numerator")), whole(own(line, "denominator"))]);
        }
        cells.extend([whole(row.map(|row| row.n as f64)), Cell::Text(computed_as(line))]);
        cells
    };
    Grid { columns, rows: lines.iter().map(row).collect() }
}

/// Full precision, and what each counts beside it.
fn for_programs(lines: &[Line]) -> Grid {
    let text = |name: &str| GridColumn { name: name.to_owned(), is_number: false };
    let number = |name: &str| GridColumn { name: name.to_owned(), is_number: true };
    let numbers = ["value", "low", "high", "n", "numerator", "denominator"].map(number);
    let columns = [vec![text("profile")], numbers.to_vec(), vec![text("computed_as"), text("counts")]].concat();
    let row = |line: &Line| {
        let row = line.result.rows.first();
        let told = |value: Option<f64>| value.map_or(Cell::Null, Cell::Number);
        vec![
            Cell::Text(line.profile.clone()),
            told(row.and_then(|row| row.value)),
            told(row.and_then(|row| row.low)),
            told(row.and_then(|row| row.high)),
            row.map_or(Cell::Null, |row| Cell::Whole(row.n as i64)),
            told(own(line, "numerator")),
            told(own(line, "denominator")),
            Cell::Text(computed_as(line)),
            Cell::Text(line.counts.clone()),
        ]
    };
    Grid { columns, rows: lines.iter().map(row).collect() }
}

fn computed_as(line: &Line) -> String {
    match &line.result.not_measured {
        Some(reason) => format!("not measured: {reason}"),
        None => line.computed_as.clone(),
    }
}

fn own(line: &Line, name: &str) -> Option<f64> {
    line.result.own(line.result.rows.first()?, name)
}

fn words(lines: &[Line], profiles: &[Profile], request: &Request) -> String {
    let mut text = format!("from {} to before {}\n", request.from, request.until);
    for line in lines.iter().filter(|line| !line.counts.is_empty()) {
        text.push_str(&format!("\n{}: {}\n", line.profile, line.counts));
        if let Some(profile) = profiles.iter().find(|profile| profile.name == line.profile) {
            text.push_str(&format!("  {}; {}\n", profile.tool, profile.about));
            text.push_str(&format!("  mind: {}\n", profile.mind));
        }
    }
    text
}
