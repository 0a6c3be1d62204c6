//! One set of data with everything that questions about it need: settings, catalogue, links, engine.
//!
//! It says nothing to anybody: what there is to say stands in `notes`.

mod fingerprint;
mod needed;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, TimestampMicrosecondType};
use chrono::NaiveDate;
use miette::Diagnostic;
use thiserror::Error;

use crate::definitions::{Definitions, Failure};
use crate::embedded;
use crate::engine::{Answer, BaseTable, Engine, EngineError, FileName, Setup, Statement, TableCall, Value, functions};
use crate::link::{self, LinkError, Links, Rules};
use crate::metric::{
    Catalogue, Context, FAILURES, KNOWN_FAILURES, MetricError, Request, compute, lacking, missing, parameters, rows,
};
use crate::period::Grain;
use crate::settings::{FILE_NAME, Settings, SettingsError, instant};
use crate::source::{self, FileRead, Intake, LoadedTable, Options, SourceError};
use crate::table::{LINKS, Selection, TABLES};
use crate::windows;

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
    pub notes: Vec<String>,
    /// The first row that was rejected: place and reason.
    pub first_rejection: Option<String>,
    intake: Arc<Intake>,
    /// The columns that were loaded; all where none.
    only: Option<Selection>,
    means: Means,
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
}

/// How to load.
pub struct Loading<'a> {
    pub data: Data<'a>,
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

/// What will be asked, so that nothing else is loaded.
pub struct Asked {
    /// Metrics by name, and of each which periods and groups.
    pub questions: Vec<(String, Request)>,
    /// Of less data everything is loaded: planning twice would take longer.
    pub from_bytes: u64,
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
    Settings(#[from] SettingsError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Source(#[from] SourceError),
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

    /// As [`Workspace::open`], but of much data only the columns are loaded that the questions need. Which rows stay
    /// does not depend on that. Whatever else is asked fails, and says that it was not loaded.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_for(settings: Settings, loading: &Loading, asked: Option<&Asked>) -> Result<Self, WorkspaceError> {
        let as_of = settings.as_of.unwrap_or(loading.now);
        let catalogue = Catalogue::read(embedded::QUERIES, loading.queries.as_deref())?;
        let means = Means { threads: loading.threads, memory_limit: loading.memory_limit };
        let asked = asked.filter(|asked| bytes(&settings, loading) >= asked.from_bytes);
        let only =
            asked.and_then(|asked| needed::columns(&settings, &catalogue, &asked.questions, as_of, &loading.data));
        let mut intake = read(&settings, as_of, only.as_ref(), loading)?;
        add_windows(&mut intake, &settings, only.as_ref())?;
        Self::of(settings, catalogue, (Arc::new(intake), only), as_of, means, loading.progress)
    }

    /// The same rows under another profile: linked and judged anew, not read again.
    ///
    /// # Errors
    /// Where there is no such profile.
    pub fn under(&self, profile: &str) -> Result<Self, WorkspaceError> {
        let settings = self.settings.under(profile)?;
        let rows = (self.intake.clone(), self.only.clone());
        Self::of(settings, self.catalogue.clone(), rows, self.as_of, self.means, &|_, _, _| {})
    }

    fn of(
        settings: Settings,
        catalogue: Catalogue,
        (intake, only): (Arc<Intake>, Option<Selection>),
        as_of: i64,
        means: Means,
        progress: &dyn Fn(&'static str, u64, u64),
    ) -> Result<Self, WorkspaceError> {
        progress("linking", 0, 0);
        let links = linked(&intake, &rules(&settings.definitions, as_of), only.as_ref())?;
        progress("registering", 0, 0);
        let given = given(&intake, &links, &settings.definitions);
        let extents = extents(&intake);
        let firsts = || extents.values().map(|(first, _)| *first);
        let data_from = extents.get("deployments").map(|(first, _)| *first).or_else(|| firsts().min());
        let data_until = extents.values().map(|(_, last)| *last).max();
        let mut notes = intake.notes.clone();
        notes.extend(no_production(&intake, &settings)?);
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
            notes,
            intake,
            only,
            means,
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

    /// The answer to a table function that the engine does not know by itself.
    fn called(&self, call: &TableCall) -> Result<RecordBatch, WorkspaceError> {
        match call.function {
            functions::LAST_DEPLOYMENT_BEFORE => self.last_deployment_before(call),
            _ => self.metric_called(call),
        }
    }

    /// `last_deployment_before(service, at)`: no row where there was none.
    fn last_deployment_before(&self, call: &TableCall) -> Result<RecordBatch, WorkspaceError> {
        let [service, at] = call.arguments.as_slice() else {
            let message = format!("`{}` takes a service and an instant", call.function);
            return Err(WorkspaceError::Call {
                message,
                help: "write `last_deployment_before('checkout', '2026-10-01T12:00:00Z')`",
            });
        };
        let text = "select * from assessed_deployments\n\
                    where status = 'succeeded' and service = $service and finished_at < $at\n\
                    order by finished_at desc, deployment_id\nlimit 1";
        let statement = Statement::once(call.function, call.function, text.to_owned());
        let at = Value::Instant(instant(at, &self.settings.calendar)?);
        let given = BTreeMap::from([("service".to_owned(), Value::Text(service.clone())), ("at".to_owned(), at)]);
        let answer = self.engine.ask(&statement, &given)?;
        let rows = arrow::compute::concat_batches(&answer.schema, &answer.batches);
        rows.map_err(|error| WorkspaceError::Call { message: error.to_string(), help: "report this as a defect" })
    }

    /// `metric(name, grain, by, from, until)`: by default one total over all known days.
    fn metric_called(&self, call: &TableCall) -> Result<RecordBatch, WorkspaceError> {
        let help = "write `metric('change_fail_rate', 'month', 'team,service', '2026-01-01', '2026-07-01')`";
        let refuse = |message: String| WorkspaceError::Call { message, help };
        let argument = |place: usize| call.arguments.get(place).map(String::as_str).filter(|text| !text.is_empty());
        let metric = self.catalogue.metric(argument(0).unwrap_or_default())?;
        if metric.aggregate.is_table() {
            let message = format!("`{0}` is a table: say `select * from {0}`", metric.name);
            return Err(WorkspaceError::Call { message, help: "it has no periods to be asked by" });
        }
        let grain: Grain = argument(1).unwrap_or("total").parse().map_err(refuse)?;
        let by: Vec<String> =
            argument(2).map(|text| text.split(',').map(|one| one.trim().to_owned()).collect()).unwrap_or_default();
        let day = |place: usize| -> Result<Option<NaiveDate>, WorkspaceError> {
            argument(place).map(|text| text.parse().map_err(|_| refuse(format!("`{text}` is no day")))).transpose()
        };
        let known = self.known_days(grain);
        let from = day(3)?.or(known.map(|(from, _)| from));
        let until = day(4)?.or(known.map(|(_, until)| until));
        let (Some(from), Some(until)) = (from, until) else {
            return Err(refuse(format!("metric('{}') has no time: nothing is known", metric.name)));
        };
        let request = Request { grain, from, until, groupings: vec![by], filter: None };
        let computed = compute(&self.context(), &[(metric, request)]);
        let result = computed.into_iter().next().transpose()?.unwrap_or_default().into_iter().next();
        let result = result.ok_or_else(|| refuse(format!("metric('{}') gave nothing", metric.name)))?;
        if let Some(reason) = result.not_measured {
            return Err(WorkspaceError::NotMeasured { name: metric.name.clone(), reason });
        }
        rows(&result).map_err(|error| refuse(error.to_string()))
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

    /// Rows that were read and rows that were rejected, over all files.
    pub fn rows_read_and_rejected(&self) -> (u64, u64) {
        self.files().iter().fold((0, 0), |sum, file| (sum.0 + file.rows_read, sum.1 + file.rows_rejected))
    }

    /// SHA-256 over the canonical rows: the same events give the same, in whatever files and order they came. Empty
    /// where not every column was loaded.
    pub fn fingerprint(&self) -> String {
        match self.only {
            None => fingerprint::of(&self.intake.tables),
            Some(_) => String::new(),
        }
    }
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
    }
}

fn read(settings: &Settings, as_of: i64, only: Option<&Selection>, loading: &Loading) -> Result<Intake, SourceError> {
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
        Data::Sources => source::load(&settings.sources, &options),
        Data::Files(files) => source::load_embedded(files, &options),
    }
}

/// Adds the windows that settings declare, over the time that events and a plan cover.
fn add_windows(intake: &mut Intake, settings: &Settings, only: Option<&Selection>) -> Result<(), WorkspaceError> {
    let plan = intake.tables.get("plan").into_iter().flat_map(|plan| ends_of(plan, "starts_at", "ends_at"));
    let ends = extents(intake).into_values().chain(plan);
    let Some((low, high)) = ends.reduce(|(low, high), (first, last)| (low.min(first), high.max(last))) else {
        return Ok(());
    };
    let path = settings.file.as_ref().map_or_else(|| FILE_NAME.to_owned(), |path| path.display().to_string());
    // A rollout may have begun before the first of them finished.
    let low = low.saturating_sub(LONGEST_ROLLOUT);
    let rules = (settings.windows.as_slice(), settings.window_lines.as_slice());
    windows::add(intake, rules, &settings.calendar, (low, high), &path, only)
        .map_err(|error| WorkspaceError::Call { message: error.to_string(), help: "report this as a defect" })
}

/// Microseconds of 31 days.
const LONGEST_ROLLOUT: i64 = 31 * 86_400_000_000;

fn rules(definitions: &Definitions, as_of: i64) -> Rules {
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
    Some(format!("{}:{line}: {}", text("file")?, text("reason")?))
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

/// Tables, and columns with at least one value, that sources gave; links that hold a row; and `failures`, where there
/// is something that the definitions call a failure, surely or not.
fn given(intake: &Intake, links: &Links, definitions: &Definitions) -> BTreeSet<String> {
    let mut given = BTreeSet::from(["files_read".to_owned()]);
    for (name, table) in &intake.tables {
        given.insert((*name).to_owned());
        for column in known_columns(table) {
            given.insert(format!("{name}.{column}"));
        }
    }
    for (name, batches) in [("rollbacks", &links.rollbacks), ("deliveries", &links.deliveries)] {
        if batches.iter().any(|batch| batch.num_rows() > 0) {
            given.insert(name.to_owned());
        }
    }
    let tells = |failure: &Failure| match failure {
        Failure::Rollback => given.contains("rollbacks"),
        Failure::Incident => given.contains("incidents"),
        Failure::Status => given.contains("deployments"),
        Failure::Revert => given.contains("changes.reverts"),
    };
    let tells_surely = |failure: &Failure| tells(failure) && (*failure != Failure::Incident || has_sure_links(links));
    let asked = &definitions.change_fail_rate.failure;
    let found = [(FAILURES, asked.iter().any(tells)), (KNOWN_FAILURES, asked.iter().any(tells_surely))];
    given.extend(found.iter().filter(|(_, is_told)| *is_told).map(|(name, _)| (*name).to_owned()));
    given
}

/// Whether any incident is linked by more than closeness in time.
fn has_sure_links(links: &Links) -> bool {
    let rules = links.attributions.iter().filter_map(|batch| batch.column_by_name("rule")?.as_string_view_opt());
    rules.flat_map(|rules| rules.iter().flatten()).any(|rule| matches!(rule, "explicit" | "version" | "rollback"))
}

fn known_columns(table: &LoadedTable) -> Vec<String> {
    let Some(first) = table.batches.first() else {
        return Vec::new();
    };
    let is_known = |index: usize| table.batches.iter().any(|batch| batch.column(index).null_count() < batch.num_rows());
    let fields = first.schema();
    fields
        .fields()
        .iter()
        .enumerate()
        .filter(|(index, _)| is_known(*index))
        .map(|(_, field)| field.name().clone())
        .collect()
}

/// A sentence where deployments are known but none is to production, so that a name is not taken for a quiet team.
fn no_production(intake: &Intake, settings: &Settings) -> Result<Option<String>, LinkError> {
    let Some(table) = intake.tables.get("deployments") else { return Ok(None) };
    let production = link::is_production(&settings.definitions.production)?;
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for batch in &table.batches {
        let Some(column) = batch.column_by_name("environment").and_then(|column| column.as_string_view_opt()) else {
            return Ok(None);
        };
        seen.extend(column.iter().flatten());
    }
    if seen.is_empty() || seen.iter().any(|name| production.matches(Some(name))) {
        return Ok(None);
    }
    let names: Vec<&str> = seen.into_iter().take(8).collect();
    Ok(Some(format!(
        "no deployment is to production: the environments are {}; say which are in `definitions.production`",
        names.join(", ")
    )))
}

/// The first and the last event of every table of events.
fn extents(intake: &Intake) -> BTreeMap<&'static str, (i64, i64)> {
    let mut extents = BTreeMap::new();
    for (name, table) in &intake.tables {
        let is_event = matches!(*name, "deployments" | "incidents" | "changes" | "tickets");
        let Some(at) = table.table.main_at.filter(|_| is_event) else { continue };
        extents.extend(ends_of(table, at, at).map(|extent| (*name, extent)));
    }
    extents
}

/// The first of one column's instants and the last of another's, microseconds UTC.
fn ends_of(table: &LoadedTable, from: &str, until: &str) -> Option<(i64, i64)> {
    let columns = |name: &str| -> Vec<ArrayRef> {
        table.batches.iter().filter_map(|batch| batch.column_by_name(name).cloned()).collect()
    };
    let (from, until) = (columns(from), columns(until));
    let first = from.iter().filter_map(|column| arrow::compute::min(column.as_primitive::<TimestampMicrosecondType>()));
    let last = until.iter().filter_map(|column| arrow::compute::max(column.as_primitive::<TimestampMicrosecondType>()));
    first.min().zip(last.max())
}

fn engine(
    settings: &Settings,
    catalogue: &Catalogue,
    intake: &Intake,
    links: Links,
    as_of: i64,
    means: Means,
    only: Option<Selection>,
) -> Result<Engine, WorkspaceError> {
    let has_production = only.as_ref().is_none_or(|only| only.has("deployments", "is_production"));
    let dangling = links.dangling.clone();
    let production = link::is_production(&settings.definitions.production)?;
    let tables: Vec<BaseTable> = TABLES
        .iter()
        .map(|table| {
            let batches = intake.tables.get(table.name).map(|loaded| loaded.batches.clone()).unwrap_or_default();
            let base = BaseTable { table, batches };
            if table.name != "deployments" || !has_production {
                return base;
            }
            let by_default = production.matches(None);
            base.with_flag("is_production", "environment", by_default, |name| production.matches(Some(name)))
        })
        .chain(link_tables(links))
        .collect();
    let records = BTreeMap::from([
        ("dangling_references", vec![dangling]),
        ("rejected_rows", vec![intake.rejected.clone()]),
        ("unmapped_words", vec![intake.unmapped.clone()]),
        ("files_read", vec![files_read(&intake.files)]),
    ]);
    let files = intake.files.iter().map(|file| FileName { source: file.source.clone(), path: file.path.clone() });
    let setup = Setup {
        tables,
        records,
        statements: catalogue.statements(as_of),
        parameters: parameters(&settings.definitions, as_of),
        calendar: settings.calendar,
        only,
        files: files.collect(),
        threads: means.threads,
        memory_limit: means.memory_limit,
    };
    Ok(Engine::new(setup)?)
}

fn link_tables(links: Links) -> impl Iterator<Item = BaseTable> {
    let mut batches = BTreeMap::from([
        ("attributions", links.attributions),
        ("deliveries", links.deliveries),
        ("recoveries", links.recoveries),
        ("rollbacks", links.rollbacks),
    ]);
    LINKS.iter().map(move |table| BaseTable { table, batches: batches.remove(table.name).unwrap_or_default() })
}

/// What became of every row, a row a file and table.
fn files_read(files: &[FileRead]) -> RecordBatch {
    type Count = fn(&FileRead) -> u64;
    let texts: [(&str, Vec<&str>); 4] = [
        ("source", files.iter().map(|file| file.source.as_str()).collect()),
        ("file", files.iter().map(|file| file.path.as_str()).collect()),
        ("format", files.iter().map(|file| file.format).collect()),
        ("table_name", files.iter().map(|file| file.table).collect()),
    ];
    let counts: [(&str, Count); 7] = [
        ("bytes", |file| file.bytes),
        ("rows_read", |file| file.rows_read),
        ("rows_kept", |file| file.rows_kept),
        ("rows_superseded", |file| file.rows_superseded),
        ("rows_rejected", |file| file.rows_rejected),
        ("rows_after_as_of", |file| file.rows_after_as_of),
        ("rows_unused", |file| file.rows_unused),
    ];
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (name, values) in texts {
        fields.push(Field::new(name, DataType::Utf8, false));
        columns.push(Arc::new(StringArray::from(values)));
    }
    for (name, count) in counts {
        fields.push(Field::new(name, DataType::Int64, false));
        let values = files.iter().map(|file| i64::try_from(count(file)).unwrap_or(i64::MAX));
        columns.push(Arc::new(values.collect::<Int64Array>()));
    }
    let schema = Arc::new(Schema::new(fields));
    RecordBatch::try_new(Arc::clone(&schema), columns).unwrap_or_else(|_| RecordBatch::new_empty(schema))
}
