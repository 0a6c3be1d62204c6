//! `shipwake ingest`: takes what is new in the sources into a store, and says what it did.

use std::time::Duration;

use clap::Args;

use crate::settings::Settings;
use crate::source::Spec;
use crate::store::{Ingest, Outcome, Store};
use crate::workspace::link_rules;

use super::load::give_up_after;
use super::progress::Bar;
use super::shared::Shared;
use super::{Exit, Failure};

/// So far may the clock that wrote a moment be ahead of ours, in microseconds: an hour.
const CLOCKS_DIFFER: i64 = 3_600_000_000;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Names of configured sources; all unless given
    sources: Vec<String>,
    /// Wait so many seconds for another run that writes, before giving up (exit code 5)
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    #[command(flatten)]
    shared: Shared,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let shared = &arguments.shared;
    if let Some(seconds) = shared.timeout {
        give_up_after(Duration::from_secs(seconds));
    }
    let settings = Settings::read(&shared.flags())?;
    let store = store_of(&settings)?;
    let sources = chosen(&settings.sources, &arguments.sources)?;
    let base = if settings.base.as_os_str().is_empty() { ".".as_ref() } else { settings.base.as_path() };
    let at = moment_of_run(&settings)?;
    let rules = link_rules(&settings, at);
    let bar = Bar::start(shared.quiet, shared.verbose);
    let outcome = store.ingest(&Ingest {
        sources: &sources,
        base,
        threads: shared.threads(),
        at,
        rules: Some(&rules),
        wait: Duration::from_secs(arguments.wait),
        progress: &|stage, done, total| bar.set(stage, done, total),
    })?;
    drop(bar);
    tell(shared, &store, &outcome);
    match (&outcome.first_rejection, shared.strict) {
        (Some(first), true) => Err(Failure::Quality {
            message: format!(
                "{} of {} rows were rejected, the first at {first}",
                outcome.rows_rejected, outcome.rows_read
            ),
            help: "the others are in the store; `shipwake check` lists those that are not".into(),
        }),
        _ => Ok(Exit::Done),
    }
}

/// The store that the options or the settings name.
///
/// # Errors
/// Where they name none.
pub fn store_of(settings: &Settings) -> Result<Store, Failure> {
    let none = || {
        let help = "name it with `--store DIR`, or write `store = \"…\"` into shipwake.toml";
        Failure::usage("no store is named", help)
    };
    Ok(Store::at(settings.store.as_ref().ok_or_else(none)?, &settings.network)?)
}

/// The moment at which a run is recorded, microseconds in UTC: the one that the settings name, or now.
///
/// # Errors
/// Where it has not come yet: a store only goes forward, so that every run before it would be refused.
pub fn moment_of_run(settings: &Settings) -> Result<i64, Failure> {
    let now = chrono::Utc::now().timestamp_micros();
    match settings.as_of {
        Some(at) if at.saturating_sub(now) > CLOCKS_DIFFER => Err(Failure::usage(
            "`--as-of` is later than now, and a store only goes forward",
            "give a moment that has come, or none for now; nothing was touched",
        )),
        at => Ok(at.unwrap_or(now)),
    }
}

/// The sources of those names, in the order of the settings; all where no name is given.
fn chosen(sources: &[Spec], names: &[String]) -> Result<Vec<Spec>, Failure> {
    if sources.is_empty() {
        return Err(Failure::usage("there is no source to ingest", "name files with `--data`, or write shipwake.toml"));
    }
    let known = || sources.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(name) = names.iter().find(|name| !sources.iter().any(|spec| spec.name == **name)) {
        return Err(Failure::usage(format!("no source is called `{name}`"), format!("sources are {}", known())));
    }
    Ok(sources.iter().filter(|spec| names.is_empty() || names.contains(&spec.name)).cloned().collect())
}

fn tell(shared: &Shared, store: &Store, outcome: &Outcome) {
    for note in &outcome.notes {
        shared.say(&format!("note: {note}"));
    }
    let files = |count: u64| format!("{count} file{}", if count == 1 { "" } else { "s" });
    let Some(run) = &outcome.run else {
        let known = files(outcome.files_skipped);
        shared.say(&format!("nothing is new: {known} known already; the store at {} is as it was", store.shown()));
        return;
    };
    let read = files(run.files.len() as u64);
    let known = match run.files_skipped {
        0 => String::new(),
        count => format!(", {count} known already"),
    };
    let (added, replaced) = (run.rows_added(), run.rows_replaced());
    shared.say(&format!(
        "run {}: {read} read{known}; of {} rows {added} are new, {replaced} took the place of others, {} were rejected",
        run.run, outcome.rows_read, outcome.rows_rejected
    ));
    if outcome.rows_rejected > 0 {
        shared.say("note: `shipwake check` lists the rejected rows");
    }
}
