//! `shipwake optimize`: brings the small files of a store together, and removes old ones on demand.

use std::time::Duration;

use clap::Args;

use crate::definitions::Window;
use crate::settings::Settings;
use crate::store::Optimize;

use super::ingest::{moment_of_run, store_of};
use super::shared::Shared;
use super::{Exit, Failure};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Remove what only runs older than `--keep` show; `--as-of` reaches no further back then
    #[arg(long, requires = "keep")]
    vacuum: bool,
    /// How far back `--as-of` is to reach, such as 400d
    #[arg(long, value_name = "TIME", requires = "vacuum")]
    keep: Option<String>,
    /// Wait so many seconds for another run that writes, before giving up (exit code 5)
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    #[command(flatten)]
    shared: Shared,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let shared = &arguments.shared;
    let settings = Settings::read(&shared.flags())?;
    let keep = match &arguments.keep {
        None => None,
        Some(text) => {
            let help = "write `400d` or `52w`";
            let window = Window::try_from(text.clone()).map_err(|message| Failure::usage(message, help))?;
            let seconds = window.seconds.ok_or_else(|| Failure::usage("`none` keeps everything", help))?;
            Some(seconds.saturating_mul(1_000_000))
        }
    };
    let store = store_of(&settings)?;
    let done = store.optimize(&Optimize {
        threads: shared.threads(),
        at: moment_of_run(&settings)?,
        wait: Duration::from_secs(arguments.wait),
        keep,
    })?;
    match done.run {
        Some(run) => shared.say(&format!("run {run}: {} files became {}", done.files_before, done.files_after)),
        None => shared.say(&format!("{} files: nothing to bring together", done.files_before)),
    }
    if arguments.vacuum {
        let megabytes = done.bytes_removed as f64 / 1e6;
        shared.say(&format!("removed {} files, {megabytes:.1} MB, that no kept run shows", done.files_removed));
    }
    Ok(Exit::Done)
}
