//! `shipwake history`: the runs that a store is made of, and what each changed.

use clap::Args;
use serde_json::{Value, json};

use crate::definitions::Window;
use crate::settings::Settings;
use crate::sink::table::{Cell, Grid, GridColumn};
use crate::store::{Run, StoreError};

use super::ingest::store_of;
use super::shared::Shared;
use super::{Exit, Failure, grid, out};

#[derive(Debug, Args)]
pub struct Arguments {
    /// table, csv, json, ndjson or markdown
    #[arg(long, default_value = "table")]
    format: String,
    #[command(flatten)]
    shared: Shared,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let format = grid::format(&arguments.format)?;
    let settings = Settings::read(&arguments.shared.flags())?;
    let until = settings.as_of.unwrap_or(i64::MAX);
    let mut runs = store_of(&settings)?.runs()?;
    runs.retain(|run| run.recorded_at <= until);
    let text = match arguments.format.as_str() {
        "json" => {
            let all: Vec<Value> = runs.iter().map(told).collect();
            format!("{:#}\n", Value::Array(all))
        }
        _ => (format.render)(&table(&runs), out::stdout_width())?,
    };
    out::deliver(text.as_bytes(), None)?;
    Ok(Exit::Done)
}

/// When the last ingest was, in words; fails where it is older than that.
///
/// # Errors
/// [`Failure::Quality`] where it is, or where nothing has been ingested.
pub fn refuse_older(shared: &Shared, age: &str) -> Result<String, Failure> {
    let help = "write `26h` or `2d`";
    let window = Window::try_from(age.to_owned()).map_err(|message| Failure::usage(message, help))?;
    let seconds = window.seconds.ok_or_else(|| Failure::usage(format!("`{age}` is no age"), help))?;
    let settings = Settings::read(&shared.flags())?;
    let store = store_of(&settings)?;
    let now = settings.as_of.unwrap_or_else(|| chrono::Utc::now().timestamp_micros());
    let stale = |message: String| Failure::Quality {
        message,
        help: "see why `shipwake ingest` did not run, or found nothing new".into(),
    };
    let runs = match store.runs() {
        Err(StoreError::Empty { place }) => return Err(stale(format!("nothing has been ingested into `{place}` yet"))),
        other => other?,
    };
    let last = runs.iter().rev().find(|run| run.kind == "ingest" && run.recorded_at <= now);
    let last = last.ok_or_else(|| stale(format!("nothing had been ingested into `{}` by then", store.shown())))?;
    let old = now.saturating_sub(last.recorded_at).div_euclid(1_000_000);
    let (hours, minutes) = (old / 3600, old % 3600 / 60);
    let told =
        format!("the last ingest was run {} at {}, {hours} h {minutes} min ago", last.run, instant(last.recorded_at));
    if old > seconds {
        return Err(stale(format!("the data are stale: {told}, more than {age}")));
    }
    Ok(told)
}

fn instant(micros: i64) -> String {
    chrono::DateTime::from_timestamp_micros(micros)
        .map_or_else(String::new, |moment| moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

fn table(runs: &[Run]) -> Grid {
    const NAMES: [&str; 10] =
        ["run", "recorded_at", "kind", "files", "known", "rows", "added", "replaced", "rejected", "changed"];
    let column = |name: &&str| GridColumn {
        name: (*name).to_owned(),
        is_number: !matches!(*name, "recorded_at" | "kind" | "changed"),
    };
    let whole = |count: u64| Cell::Whole(i64::try_from(count).unwrap_or(i64::MAX));
    let rows = runs.iter().map(|run| {
        let changed: Vec<&str> = run.changes.keys().map(String::as_str).collect();
        vec![
            whole(run.run),
            Cell::Text(instant(run.recorded_at)),
            Cell::Text(run.kind.clone()),
            whole(run.files.len() as u64),
            whole(run.files_skipped),
            whole(run.rows_read),
            whole(run.rows_added()),
            whole(run.rows_replaced()),
            whole(run.rows_rejected),
            Cell::Text(changed.join(", ")),
        ]
    });
    Grid { columns: NAMES.iter().map(column).collect(), rows: rows.collect() }
}

fn told(run: &Run) -> Value {
    json!({
        "run": run.run,
        "recorded_at": instant(run.recorded_at),
        "kind": run.kind,
        "tool_version": run.tool_version,
        "files_read": run.files.len(),
        "files_known": run.files_skipped,
        "rows_read": run.rows_read,
        "rows_added": run.rows_added(),
        "rows_replaced": run.rows_replaced(),
        "rows_rejected": run.rows_rejected,
        "changes": run.changes,
        "versions": run.versions,
        "files": run.files,
    })
}
