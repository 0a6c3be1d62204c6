//! From the shared options to a workspace, with its notes told.

use std::time::Duration;
use std::{fs, process, thread};

use crate::embedded;
use crate::metric::Request;
use crate::redaction::Redaction;
use crate::settings::{Flags, Settings};
use crate::source::Spec;
use crate::store::{Moment, Opened, Store};
use crate::workspace::{Asked, AskedReport, Data, Loading, Workspace};

use super::out::say;
use super::progress::Bar;
use super::shared::Shared;
use super::{Exit, Failure};

/// A workspace, and whether it is that of the sample company.
pub struct Loaded {
    pub workspace: Workspace,
    pub is_sample: bool,
}

/// Loads the data that the options name, or the sample where they and the settings name none.
///
/// # Errors
/// Where settings or files cannot be read, or `--strict` meets a rejected row.
pub fn load(shared: &Shared) -> Result<Loaded, Failure> {
    open(shared, Wanted::default())
}

/// As [`load`], for a look at the data: of several `--data`, one that fits no table is left aside with a note.
///
/// # Errors
/// As [`load`].
pub fn load_to_check(shared: &Shared) -> Result<Loaded, Failure> {
    open(shared, Wanted { leaves_misfits: true, ..Wanted::default() })
}

/// As [`load`], with a proposed calendar as the table `plan` besides.
///
/// # Errors
/// As [`load`], and where the calendar cannot be read.
pub fn load_with_plan(shared: &Shared, plan: &str) -> Result<Loaded, Failure> {
    open(shared, Wanted { plan: Some(plan), ..Wanted::default() })
}

/// Of much data, planning what will be asked takes less time than reading what nobody asks.
const WORTH_PLANNING: u64 = 32 << 20;

/// As [`load`], but of much data only what answers these questions.
///
/// # Errors
/// As [`load`].
pub fn load_for(shared: &Shared, questions: Option<Vec<(String, Request)>>) -> Result<Loaded, Failure> {
    open(shared, Wanted { questions, ..Wanted::default() })
}

/// As [`load`], for readers who may not see everything; of much data, views are computed no further than a report needs
/// them, and the metrics asked for besides.
///
/// # Errors
/// As [`load`], and where pseudonyms need a key that was not given.
pub fn load_for_readers(
    shared: &Shared,
    redaction: Redaction,
    report: Option<AskedReport>,
    questions: Vec<(String, Request)>,
) -> Result<Loaded, Failure> {
    let questions = report.is_some().then_some(questions);
    open(shared, Wanted { questions, report, redaction, ..Wanted::default() })
}

/// What a command wants beyond loading all data for its own user.
#[derive(Default)]
struct Wanted<'a> {
    /// What will be asked; everything where none.
    questions: Option<Vec<(String, Request)>>,
    report: Option<AskedReport<'a>>,
    /// Data that fits no table is left aside.
    leaves_misfits: bool,
    /// A proposed calendar.
    plan: Option<&'a str>,
    redaction: Redaction,
}

fn open(
    shared: &Shared,
    Wanted { questions, report, leaves_misfits, plan, redaction }: Wanted,
) -> Result<Loaded, Failure> {
    let flags = Flags { redaction, ..shared.flags() };
    let asked = questions.map(|questions| Asked { questions, report, from_bytes: WORTH_PLANNING });
    if let Some(seconds) = shared.timeout {
        give_up_after(Duration::from_secs(seconds));
    }
    let mut settings = Settings::read(&flags)?;
    if leaves_misfits && !flags.data.is_empty() {
        settings.sources.iter_mut().for_each(|spec| spec.may_be_left = spec.table.is_none() && spec.format.is_none());
    }
    let store = store_to_read(shared, &settings)?;
    let opened = store.as_ref().map(|store| opened(store, shared, &settings)).transpose()?;
    let is_sample = settings.sources.is_empty() && opened.is_none();
    if is_sample {
        settings = Settings::of_sample(&flags)?;
        // Said even when quiet was asked for: a job that lost its data must not report on a company that does not exist.
        say("note: no data given, this is the sample company (see `shipwake init PATH…`)");
    }
    let mut sample: Vec<(&str, &[u8])> = embedded::SAMPLE
        .iter()
        .filter(|(path, _)| path.ends_with(".csv"))
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect();
    let mut besides = Vec::new();
    let plan_bytes;
    match plan {
        Some(path) if is_sample => {
            plan_bytes = fs::read(path).map_err(|cause| Failure::Read { path: path.to_owned(), cause })?;
            sample.push((path, &plan_bytes));
        }
        Some(path) if opened.is_some() => besides.push(plan_source(path, &settings)?),
        Some(path) => settings.sources.push(plan_source(path, &settings)?),
        None => {}
    }
    let bar = Bar::start(shared.quiet, shared.verbose);
    let progress = |stage, done, total| bar.set(stage, done, total);
    let loading = Loading {
        data: match &opened {
            Some(opened) => Data::Store(opened),
            None if is_sample => Data::Files(&sample),
            None => Data::Sources,
        },
        besides,
        now: chrono::Utc::now().timestamp_micros(),
        threads: shared.threads(),
        memory_limit: shared.memory_bytes()?,
        queries: shared.queries.clone(),
        progress: &progress,
    };
    let workspace = Workspace::open_for(settings, &loading, asked.as_ref())?;
    drop(bar);
    for note in &workspace.notes {
        shared.say(&format!("note: {note}"));
    }
    let (read, rejected) = workspace.rows_read_and_rejected();
    if rejected == 0 {
        return Ok(Loaded { workspace, is_sample });
    }
    if shared.strict {
        let first = workspace.first_rejection.unwrap_or_default();
        return Err(Failure::Quality {
            message: format!("{rejected} of {read} rows were rejected, the first at {first}"),
            help: "leave `--strict` out to go on without them; `shipwake check` lists them".into(),
        });
    }
    // Entries of a plan that could not be read are told where the plan is judged; no other command reads them.
    let of_plan: (u64, u64) = workspace
        .files()
        .iter()
        .filter(|file| file.table == "plan")
        .fold((0, 0), |sum, file| (sum.0 + file.rows_read, sum.1 + file.rows_rejected));
    let (read, rejected) = (read - of_plan.0, rejected - of_plan.1);
    if rejected > 0 {
        shared.say(&format!("note: {rejected} of {read} rows were rejected; `shipwake check` lists them"));
    }
    Ok(Loaded { workspace, is_sample })
}

/// The store that questions go to: the one that was typed, or that of the settings where no data was.
fn store_to_read(shared: &Shared, settings: &Settings) -> Result<Option<Store>, Failure> {
    if !shared.data.is_empty() {
        return match shared.store {
            None => Ok(None),
            Some(_) => Err(Failure::usage(
                "`--data` and `--store` are both given",
                "name one of them; `shipwake ingest` takes data into a store",
            )),
        };
    }
    match (&settings.store, shared.store_version) {
        (Some(place), _) => Ok(Some(Store::at(place, &settings.network)?)),
        (None, Some(_)) => Err(Failure::usage("`--store-version` without a store", "name it with `--store`")),
        (None, None) => Ok(None),
    }
}

/// The store as the last run before the moment left it, or a run that was named.
fn opened<'a>(store: &'a Store, shared: &Shared, settings: &Settings) -> Result<Opened<'a>, Failure> {
    let moment = match (shared.store_version, settings.as_of) {
        (Some(run), _) => Moment::Run(run),
        (None, Some(at)) => Moment::At(at),
        (None, None) => Moment::Last,
    };
    Ok(store.open(moment)?)
}

/// The plan as one more source. Its path is the reader's own, not one from the folder of the settings.
fn plan_source(path: &str, settings: &Settings) -> Result<Spec, Failure> {
    let mut spec = Spec::from_argument(&format!("plan={path}"))?;
    if path != "-" && !settings.base.as_os_str().is_empty() {
        let absolute = std::path::absolute(path).map_err(|cause| Failure::Read { path: path.to_owned(), cause })?;
        spec.path = absolute.display().to_string();
    }
    Ok(spec)
}

/// Ends the process when the time is over. A query cannot always be stopped from within; files are replaced whole, so
/// nothing is left half.
pub fn give_up_after(time: Duration) {
    thread::spawn(move || {
        thread::sleep(time);
        say(&format!("gave up after {} s (`--timeout`)", time.as_secs()));
        process::exit(Exit::TimedOut as i32);
    });
}
