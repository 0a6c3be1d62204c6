//! One set of data with everything that questions about it need: settings, catalogue, links, engine.
//!
//! It says nothing to anybody: what there is to say stands in `notes`.

mod calls;
mod fingerprint;
mod given;
mod needed;
mod reach;
mod registered;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use chrono::NaiveDate;
use miette::Diagnostic;
use thiserror::Error;

use crate::embedded;
use crate::engine::{Answer, Engine, EngineError, Statement, Value};
use crate::link::{self, LinkError, Links, Rules};
use crate::metric::{Catalogue, Context, MetricError, Request, lacking, missing};
use crate::period::{Calendar, Grain};
use crate::redaction::NoKey;
use crate::report::Definition;
use crate::settings::{Settings, SettingsError};
use crate::source::{self, FileRead, Intake, Options, SourceError, Spec};
use crate::store::{Opened, StoreError};
use crate::table::{Deferred, Selection};
use crate::windows;
use given::{ends_of, extents, given, no_production};
use registered::engine;

/// Everything that a question needs.
pub struct Workspace {
    pub settings: Settings,
    pub catalogue: Catalogue,
    pub engine: Engine,
    /// `table` and `table.column` of everything that sources gave.
    pub given: BTreeSet<String>,
    /// Microseconds UTC.
    pub as_of: i64,
    /// The first deployment finished; without deployments, the first event of any kind.
    pub data_from: Option<i64>,
    pub data_until: Option<i64>,
    /// The first event of each table of events, microseconds UTC.
    begins: BTreeMap<&'static str, i64>,
    /// Until when the logs are known that ended before `as_of`, microseconds UTC.
    ends: BTreeMap<&'static str, i64>,
    pub notes: Vec<String>,
    /// The first row that was rejected: place and reason.
    pub first_rejection: Option<String>,
    intake: Arc<Intake>,
    /// The columns that answers are made from, of tables, links and views; all where none.
    only: Option<Selection>,
    /// Whether of the tables all columns were loaded, whatever `only` says.
    is_whole: bool,
    means: Means,
    /// The links are those of a store, and what they are made from was not loaded.
    has_stored_links: bool,
}

/// Links, of which deliveries may be read only when a query asks for them.
struct Linked {
    rows: Links,
    deliveries: Option<Arc<dyn Deferred>>,
}

/// What questions may take of the machine.
#[derive(Debug, Clone, Copy)]
struct Means {
    threads: usize,
    /// Bytes that queries may take.
    memory_limit: Option<usize>,
}

/// Where the rows come from.
pub enum Data<'a> {
    /// The sources of the settings.
    Sources,
    /// Files at hand: (name, bytes).
    Files(&'a [(&'a str, &'a [u8])]),
    /// A store, as a run left it.
    Store(&'a Opened<'a>),
}

/// How to load.
pub struct Loading<'a> {
    pub data: Data<'a>,
    /// What is read besides a store.
    pub besides: Vec<Spec>,
    /// "Now" where the settings name no moment, microseconds UTC.
    pub now: i64,
    pub threads: usize,
    /// Bytes that queries may take.
    pub memory_limit: Option<usize>,
    /// Folder with queries of the user.
    pub queries: Option<PathBuf>,
    /// Is told the stage and how far reading has come: bytes done, bytes in all.
    pub progress: &'a dyn Fn(&'static str, u64, u64),
}

/// What will be asked, so that nothing else is loaded and computed.
#[derive(Default)]
pub struct Asked<'a> {
    /// Metrics by name, and of each which periods and groups.
    pub questions: Vec<(String, Request)>,
    /// A report besides. It tells a hash of all rows, so all are loaded, but no view is computed further than it asks.
    pub report: Option<AskedReport<'a>>,
    /// Of less data everything is loaded: planning twice would take longer.
    pub from_bytes: u64,
}

/// A report that will be asked for; one whose questions are foreseen.
#[derive(Clone, Copy)]
pub struct AskedReport<'a> {
    pub definition: &'a Definition,
    /// Whether it shows the events of the period.
    pub with_events: bool,
}

#[derive(Debug, Error, Diagnostic)]
pub enum WorkspaceError {
    #[error("`{name}` is not measured: {reason}")]
    #[diagnostic(help("add a source for it"))]
    NotMeasured { name: String, reason: String },
    #[error("{message}")]
    #[diagnostic(help("{help}"))]
    Call { message: String, help: &'static str },
    #[error(transparent)]
    #[diagnostic(transparent)]
    NoKey(#[from] NoKey),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    #[diagnostic(help("{}", .0.help()))]
    Link(#[from] LinkError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Metric(#[from] MetricError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] EngineError),
}

impl Workspace {
    /// Reads, links and registers; computes nothing yet.
    ///
    /// # Errors
    /// Where a file cannot be read at all, a query file is wrong, or a switch cannot be followed.
    pub fn open(settings: Settings, loading: &Loading) -> Result<Self, WorkspaceError> {
        Self::open_for(settings, loading, None)
    }

    /// As [`Workspace::open`], but of much data only the columns are loaded and computed that the questions need. Which
    /// rows stay does not depend on that. Whatever else is asked fails, and says that it was not loaded.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_for(settings: Settings, loading: &Loading, asked: Option<&Asked>) -> Result<Self, WorkspaceError> {
        let as_of = settings.as_of.unwrap_or(loading.now);
        let catalogue = Catalogue::read(embedded::QUERIES, loading.queries.as_deref())?;
        let means = Means { threads: loading.threads, memory_limit: loading.memory_limit };
        let is_much = |asked: &&Asked| loading.besides.is_empty() && bytes(&settings, loading) >= asked.from_bytes;
        let asked = asked.filter(is_much);
        let needed = asked.and_then(|asked| needed::columns(&settings, &catalogue, asked, as_of, &loading.data));
        let is_whole = needed.as_ref().is_none_or(|needed| needed.reads_all);
        let only = needed.map(|needed| needed.columns);
        let read_only = only.as_ref().filter(|_| !is_whole);
        let mut intake = read(&settings, as_of, read_only, loading)?;
        add_windows(&mut intake, &settings, as_of, read_only)?;
        let intake = Arc::new(intake);
        let links = match (&loading.data, read_only) {
            (Data::Store(opened), Some(only)) if opened.has_links(&link_rules(&settings, as_of), only) => {
                (loading.progress)("linking", 0, 0);
                Some(stored_links(opened, only, &settings, loading.threads)?)
            }
            _ => None,
        };
        let rows = Rows { intake, only, is_whole, links };
        Self::of(settings, catalogue, rows, as_of, means, loading.progress)
    }

    /// The same rows under another profile: linked and judged anew, not read again.
    ///
    /// # Errors
    /// Where there is no such profile.
    pub fn under(&self, profile: &str) -> Result<Self, WorkspaceError> {
        let settings = self.settings.under(profile)?;
        if self.has_stored_links {
            let message = format!("only what the question needs was read of the store, so `{profile}` cannot be shown");
            return Err(WorkspaceError::Call { message, help: "report this as a defect" });
        }
        let (intake, only) = (self.intake.clone(), self.only.clone());
        let rows = Rows { intake, only, is_whole: self.is_whole, links: None };
        Self::of(settings, self.catalogue.clone(), rows, self.as_of, self.means, &|_, _, _| {})
    }

    fn of(
        settings: Settings,
        mut catalogue: Catalogue,
        Rows { intake, only, is_whole, links }: Rows,
        as_of: i64,
        means: Means,
        progress: &dyn Fn(&'static str, u64, u64),
    ) -> Result<Self, WorkspaceError> {
        let has_stored_links = links.is_some();
        let links = match links {
            Some(links) => links,
            None => {
                progress("linking", 0, 0);
                Linked { rows: linked(&intake, &link_rules(&settings, as_of), only.as_ref())?, deliveries: None }
            }
        };
        progress("registering", 0, 0);
        let given = given(&intake, &links, &settings.definitions);
        settings.redaction.check(&given)?;
        if !settings.redaction.hides_nothing() {
            catalogue.hide_places(|path| settings.redaction.path(path).unwrap_or_default());
        }
        let extents = extents(&intake);
        let firsts = || extents.values().map(|(first, _)| *first);
        let data_from = extents.get("deployments").map(|(first, _)| *first).or_else(|| firsts().min());
        let data_until = extents.values().map(|(_, last)| *last).max();
        let mut notes = intake.notes.clone();
        notes.extend(no_production(&intake, &settings)?);
        // Who names a moment says that the logs reach until then.
        let ends = match settings.as_of {
            Some(_) => BTreeMap::new(),
            None => reach::ends(&intake, &extents, as_of),
        };
        let lasts = ends.keys().filter_map(|name| Some((*name, extents.get(name)?.1))).collect::<Vec<_>>();
        notes.extend(ended(&lasts, &settings.calendar));
        let engine = engine(&settings, &catalogue, &intake, links, as_of, means, only.clone())?;
        Ok(Self {
            first_rejection: first_rejection(&intake),
            settings,
            catalogue,
            engine,
            given,
            as_of,
            data_from,
            data_until,
            begins: extents.iter().map(|(name, (first, _))| (*name, *first)).collect(),
            ends,
            notes,
            intake,
            only,
            is_whole,
            means,
            has_stored_links,
        })
    }

    pub fn context(&self) -> Context<'_> {
        Context {
            engine: &self.engine,
            definitions: &self.settings.definitions,
            calendar: self.settings.calendar,
            as_of: self.as_of,
            data_from: self.data_from,
            begins: &self.begins,
            ends: &self.ends,
            given: &self.given,
        }
    }

    /// Runs a statement that a person typed: it may only read, and may name neither an absent table nor a metric that
    /// cannot be measured.
    ///
    /// # Errors
    /// Where it is refused or fails.
    pub fn ask(&self, statement: &Statement, parameters: &BTreeMap<String, Value>) -> Result<Answer, WorkspaceError> {
        for name in self.engine.references(statement) {
            if let Some(reason) = self.unmeasured(&name) {
                return Err(WorkspaceError::NotMeasured { name, reason });
            }
        }
        // Planning stops at each `metric(…)` that has not been computed; there are no more of them than in the text.
        loop {
            match self.engine.ask(statement, parameters) {
                Err(EngineError::Unanswered(call)) => {
                    let answer = self.called(&call)?;
                    self.engine.give(call, answer);
                }
                answer => return Ok(answer?),
            }
        }
    }

    /// The days from the first event to the last, as periods of that grain touch them. Who names a moment says that the
    /// logs reach until then; otherwise they are known to reach to their last event only.
    pub fn known_days(&self, grain: Grain) -> Option<(NaiveDate, NaiveDate)> {
        let calendar = &self.settings.calendar;
        let end = |instant: i64| match grain {
            Grain::Total => calendar.date(instant) + chrono::Duration::days(1),
            grain => calendar.next(calendar.start_of(calendar.date(instant), grain), grain),
        };
        let start = |instant: i64| calendar.start_of(calendar.date(instant), grain);
        let told = self.settings.as_of.map(|as_of| as_of.saturating_sub(1));
        let last = self.data_until.into_iter().chain(told).max();
        Some((self.data_from.or(self.data_until).map(start)?, last.map(end)?))
    }

    /// Until when deployments are known, microseconds UTC.
    pub fn known_until(&self) -> i64 {
        self.ends.get("deployments").copied().unwrap_or(self.as_of)
    }

    /// Why the rows of a metric, view or link table would mean nothing.
    fn unmeasured(&self, name: &str) -> Option<String> {
        if let Some(metric) = self.catalogue.metrics.get(name) {
            return missing(metric, &self.given);
        }
        if let Some(view) = self.catalogue.views.get(name) {
            return lacking(&view.needs, &self.given);
        }
        let made_from = match name {
            "attributions" => ["deployments", "incidents"].as_slice(),
            "deliveries" => &["deployments", "changes"],
            "recoveries" | "rollbacks" => &["deployments"],
            _ => return None,
        };
        let absent: Vec<&str> = made_from.iter().copied().filter(|table| !self.given.contains(*table)).collect();
        (!absent.is_empty()).then(|| format!("needs {}", absent.join(", ")))
    }

    /// What was read, in that order.
    pub fn files(&self) -> &[FileRead] {
        &self.intake.files
    }

    /// SHA-256 of a file that was read earlier and need not be there any more, as those of a store.
    pub fn known_digest(&self, path: &str) -> Option<&str> {
        self.intake.digests.get(path).map(String::as_str)
    }

    /// Rows that were read and rows that were rejected, over all files.
    pub fn rows_read_and_rejected(&self) -> (u64, u64) {
        self.files().iter().fold((0, 0), |sum, file| (sum.0 + file.rows_read, sum.1 + file.rows_rejected))
    }

    /// SHA-256 over the canonical rows: the same events give the same, in whatever files and order they came. Empty
    /// where not every column was loaded.
    pub fn fingerprint(&self) -> String {
        match self.is_whole {
            true => fingerprint::of(&self.intake.tables),
            false => String::new(),
        }
    }
}

/// What was read, and the links that were read with it.
struct Rows {
    intake: Arc<Intake>,
    only: Option<Selection>,
    is_whole: bool,
    links: Option<Linked>,
}

/// The links of a store. What an audience may not see is taken out of rows that are at hand, so that rows are deferred
/// only where it may see all.
fn stored_links(
    opened: &Opened,
    only: &Selection,
    settings: &Settings,
    threads: usize,
) -> Result<Linked, WorkspaceError> {
    let deliveries = match settings.redaction.hides_nothing() {
        true => opened.deferred_deliveries(only),
        false => None,
    };
    let at_once = if deliveries.is_some() { &only.without("deliveries") } else { only };
    Ok(Linked { rows: opened.links(at_once, threads)?, deliveries })
}

/// A sentence about the logs that ended, each with its last event; none where none did.
fn ended(lasts: &[(&str, i64)], calendar: &Calendar) -> Option<String> {
    let told: Vec<String> =
        lasts.iter().map(|(table, last)| format!("{table} at {}", calendar.local_text(*last))).collect();
    (!told.is_empty()).then(|| {
        format!(
            "a log ends that has not been silent for so long before ({}): what came later counts as unknown; \
             `--as-of` says until when it reaches",
            told.join(", ")
        )
    })
}

fn base(settings: &Settings) -> &Path {
    match settings.base.as_os_str().is_empty() {
        true => Path::new("."),
        false => &settings.base,
    }
}

/// How much there is to read; nothing where that cannot be told.
fn bytes(settings: &Settings, loading: &Loading) -> u64 {
    match loading.data {
        Data::Sources => source::bytes(&settings.sources, base(settings)).unwrap_or(0),
        Data::Files(files) => files.iter().map(|(_, bytes)| bytes.len() as u64).sum(),
        Data::Store(opened) => opened.bytes(),
    }
}

fn read(
    settings: &Settings,
    as_of: i64,
    only: Option<&Selection>,
    loading: &Loading,
) -> Result<Intake, WorkspaceError> {
    let progress = |done: u64, total: u64| (loading.progress)("reading", done, total);
    let options = Options {
        as_of: Some(as_of),
        base: base(settings),
        only,
        threads: loading.threads,
        // A stamp without a zone is refused unless its source names one: the organisation's would be a guess.
        timezone: None,
        progress: &progress,
    };
    match loading.data {
        Data::Sources => Ok(source::load(&settings.sources, &options)?),
        Data::Files(files) => Ok(source::load_embedded(files, &options)?),
        Data::Store(opened) => {
            progress(0, 0);
            let stored = opened.read(as_of, only, loading.threads)?;
            match loading.besides.is_empty() {
                true => Ok(stored),
                false => Ok(stored.and(source::load(&loading.besides, &options)?)?),
            }
        }
    }
}

/// Adds the windows that settings declare, from the first event until now, or the end of a plan, and a quarter ahead.
fn add_windows(
    intake: &mut Intake,
    settings: &Settings,
    as_of: i64,
    only: Option<&Selection>,
) -> Result<(), WorkspaceError> {
    let plan = intake.tables.get("plan").into_iter().flat_map(|plan| ends_of(plan, "starts_at", "ends_at"));
    let ends = extents(intake).into_values().chain(plan);
    let Some((low, high)) = ends.reduce(|(low, high), (first, last)| (low.min(first), high.max(last))) else {
        return Ok(());
    };
    // A rollout may have begun before the first of them finished, and people look ahead from now, however long ago the
    // last was.
    let (low, high) = (low.saturating_sub(LONGEST_ROLLOUT), high.max(as_of).saturating_add(LOOK_AHEAD));
    let rules = (settings.windows.as_slice(), settings.window_lines.as_slice());
    windows::add(intake, rules, &settings.calendar, (low, high), &settings.window_file, only)
        .map_err(|error| WorkspaceError::Call { message: error.to_string(), help: "report this as a defect" })
}

/// Microseconds of 31 days.
const LONGEST_ROLLOUT: i64 = 31 * 86_400_000_000;

/// Microseconds of 92 days: a quarter.
const LOOK_AHEAD: i64 = 92 * 86_400_000_000;

/// The rules of links that the settings ask for.
pub fn link_rules(settings: &Settings, as_of: i64) -> Rules {
    let definitions = &settings.definitions;
    Rules {
        attribution: definitions.attribution.clone(),
        delivery: definitions.delivery.rules.clone(),
        failure: definitions.change_fail_rate.clone(),
        production: definitions.production.clone(),
        as_of,
    }
}

fn first_rejection(intake: &Intake) -> Option<String> {
    let text = |name: &str| {
        let column = intake.rejected.column_by_name(name)?;
        let column = arrow::compute::cast(column, &DataType::Utf8).ok()?;
        let column = column.as_string::<i32>();
        (!column.is_empty() && column.is_valid(0)).then(|| column.value(0).to_owned())
    };
    let line = text("line").unwrap_or_default();
    let record = text("record").map(|record| format!(", record {record} of the line")).unwrap_or_default();
    Some(format!("{}:{line}{record}: {}", text("file")?, text("reason")?))
}

fn linked(intake: &Intake, rules: &Rules, only: Option<&Selection>) -> Result<Links, LinkError> {
    let rows = |name: &str| intake.tables.get(name).map_or(&[][..], |table| table.batches.as_slice());
    let tables = link::Tables {
        deployments: rows("deployments"),
        incidents: rows("incidents"),
        changes: rows("changes"),
        tickets: rows("tickets"),
        commits: rows("commits"),
        dependencies: rows("dependencies"),
        services: rows("services"),
    };
    link::link(&tables, rules, only)
}
