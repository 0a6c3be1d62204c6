//! Runs every `tests/slt/**/*.slt`: metrics, checks and views against tables that stand in the file itself.
//!
//! Besides SQL, a record may be one of these:
//!
//! * `load deployments`, and CSV on the lines below it: rows of a table;
//! * `set definitions.attribution.window=24h`: a switch, as `--set` takes it; also `as_of=2026-04-01`;
//! * `reset`: forgets all rows and switches;
//! * `metric NAME GRAIN [by a,b] [from DAY until DAY] [show column,…] [where CONDITION]`: a metric's result;
//! * `rows NAME [from DAY until DAY] [show column,…] [where CONDITION]`: the rows behind it, in their order;
//! * `release NAME deployment|version|release NAME-OF-IT [show column,…]`: the rows of a query of one release;
//! * `check NAME`: the rows that offend, or `not run` where a table is absent.
//!
//! Numbers are printed with six significant digits, whole ones in full, nothing as `NULL`, empty text as `(empty)`.
//! Expectations are computed by hand and say how: a file that disagrees with the program has found a mistake in one
//! of the two.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::NaiveDate;
use miette::Diagnostic;
use sqllogictest::{DB, DBOutput, DefaultColumnType, Runner, parse_file};

use shipwake::engine::{Answer, Statement, Value};
use shipwake::metric::{self, MetricResult, Request, Row};
use shipwake::period::Grain;
use shipwake::settings::{Flags, Settings};
use shipwake::workspace::{Data, Loading, Workspace};

/// 2026-07-01T00:00:00Z, "now" where a file sets no `as_of`.
const NOW: i64 = 1_782_864_000_000_000;

/// Planning is deep; a debug build needs room for it.
const STACK_BYTES: usize = 64 << 20;

#[test]
fn every_expectation_holds() {
    let mut paths = Vec::new();
    list(&base(), &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "no .slt file below {}", base().display());
    let failures = Mutex::new(BTreeMap::new());
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = failures_in(path);
            if let Ok(mut all) = failures.lock() {
                all.insert(path.clone(), found);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
            builder.spawn_scoped(scope, work).expect("a thread starts");
        }
    });
    let failures = failures.into_inner().expect("no thread panicked");
    assert_eq!(failures.len(), paths.len());
    let told: Vec<String> = failures.into_values().flatten().collect();
    assert!(told.is_empty(), "{} expectations do not hold:\n\n{}", told.len(), told.join("\n"));
}

fn base() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt")
}

/// All files, or those whose path contains the text in `SHIPWAKE_SLT`.
fn list(folder: &Path, paths: &mut Vec<PathBuf>) {
    let only = std::env::var("SHIPWAKE_SLT").unwrap_or_default();
    let entries = fs::read_dir(folder).expect("the folder can be read");
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            list(&path, paths);
        } else if path.extension().is_some_and(|ending| ending == "slt") && path.to_string_lossy().contains(&only) {
            paths.push(path);
        }
    }
}

/// Every record of a file that does not hold, with its file and line.
fn failures_in(path: &Path) -> Vec<String> {
    let records = match parse_file::<DefaultColumnType>(path) {
        Ok(records) => records,
        Err(error) => return vec![error.to_string()],
    };
    let mut runner = Runner::new(|| async { Ok(Wake::default()) });
    records.into_iter().filter_map(|record| runner.run(record).err()).map(|error| error.to_string()).collect()
}

/// One file's tables and switches. The workspace is built when a question needs it.
#[derive(Default)]
struct Wake {
    files: Vec<(String, String)>,
    flags: Flags,
    workspace: Option<Workspace>,
}

/// What went wrong, with the help that a user would read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Told(String);

type Output = DBOutput<DefaultColumnType>;

impl DB for Wake {
    type Error = Told;
    type ColumnType = DefaultColumnType;

    fn run(&mut self, text: &str) -> Result<Output, Told> {
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (word, tail) = first.split_once(' ').unwrap_or((first, ""));
        match word {
            "load" => self.add(tail, rest),
            "set" => self.set(tail),
            "reset" => {
                *self = Self::default();
                Ok(DBOutput::StatementComplete(0))
            }
            "metric" => self.metric(tail),
            "rows" => self.rows(tail),
            "release" => self.release(tail),
            "check" => self.check(tail),
            _ => self.ask(text),
        }
    }
}

impl Wake {
    fn add(&mut self, table: &str, text: &str) -> Result<Output, Told> {
        let name = format!("{table}-{}.csv", self.files.len() + 1);
        self.files.push((name, format!("{text}\n")));
        self.workspace = None;
        Ok(DBOutput::StatementComplete(0))
    }

    /// A switch that is refused is not kept.
    fn set(&mut self, pair: &str) -> Result<Output, Told> {
        let mut flags = self.flags.clone();
        match pair.strip_prefix("as_of=") {
            Some(moment) => flags.as_of = Some(moment.to_owned()),
            None => flags.set.push(pair.to_owned()),
        }
        Settings::read(&flags).map_err(|error| told(&error))?;
        self.flags = flags;
        self.workspace = None;
        Ok(DBOutput::StatementComplete(0))
    }

    fn workspace(&mut self) -> Result<&Workspace, Told> {
        if self.workspace.is_none() {
            let settings = Settings::read(&self.flags).map_err(|error| told(&error))?;
            let files = self.files.iter();
            let files: Vec<(&str, &[u8])> = files.map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
            let loading = Loading {
                data: Data::Files(&files),
                besides: Vec::new(),
                now: NOW,
                threads: 1,
                memory_limit: None,
                queries: None,
                progress: &|_, _, _| {},
            };
            self.workspace = Some(Workspace::open(settings, &loading).map_err(|error| told(&error))?);
        }
        self.workspace.as_ref().ok_or_else(|| Told("no workspace".into()))
    }

    fn metric(&mut self, text: &str) -> Result<Output, Told> {
        let workspace = self.workspace()?;
        let (name, text) = text.split_once(' ').unwrap_or((text, ""));
        let (grain, text) = text.split_once(' ').unwrap_or((text, ""));
        let grain: Grain = grain.parse().map_err(Told)?;
        let metric = workspace.catalogue.metric(name).map_err(|error| told(&error))?;
        let question = Question::read(grain, text, workspace)?;
        let mut computed = metric::compute(&workspace.context(), &[(metric, question.request)]);
        let result = computed.remove(0).map_err(|error| told(&error))?.remove(0);
        if let Some(reason) = &result.not_measured {
            return Ok(rows(vec![vec![format!("not measured: {reason}")]]));
        }
        let columns = shown(&result, &question.show);
        let lines = result.rows.iter().map(|row| {
            let cells = columns.iter().map(|column| cell(&result, row, column));
            cells.collect::<Result<Vec<_>, _>>()
        });
        Ok(rows(lines.collect::<Result<_, _>>()?))
    }

    fn rows(&mut self, text: &str) -> Result<Output, Told> {
        let workspace = self.workspace()?;
        let (name, text) = text.split_once(' ').unwrap_or((text, ""));
        let metric = workspace.catalogue.metric(name).map_err(|error| told(&error))?;
        if let Some(reason) = metric::missing(metric, &workspace.given) {
            return Ok(rows(vec![vec![format!("not measured: {reason}")]]));
        }
        let question = Question::read(Grain::Month, text, workspace)?;
        let statement =
            metric::events(&workspace.context(), metric, &question.request).map_err(|error| told(&error))?;
        let mut answer = workspace.engine.run(&statement).map_err(|error| told(&error))?;
        if !question.show.is_empty() {
            answer.batches = projected(&answer.batches, &question.show)?;
        }
        rows_of(&answer)
    }

    fn release(&mut self, text: &str) -> Result<Output, Told> {
        let workspace = self.workspace()?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let (query, lens, name, show) = match words[..] {
            [query, lens, name] => (query, lens, name, Vec::new()),
            [query, lens, name, "show", show] => (query, lens, name, show.split(',').collect()),
            _ => return Err(Told(format!("`{text}` is no question about a release"))),
        };
        let found = workspace.catalogue.releases.get(query);
        let found = found.ok_or_else(|| Told(format!("no query of a release is called `{query}`")))?;
        let values = [("lens", lens), ("name", name), ("service", "")];
        let values = values.map(|(key, value)| (key.to_owned(), Value::Text(value.to_owned())));
        let answer = workspace.engine.run_with(&found.statement, &BTreeMap::from(values));
        let mut answer = answer.map_err(|error| told(&error))?;
        if !show.is_empty() {
            answer.batches = projected(&answer.batches, &show)?;
        }
        rows_of(&answer)
    }

    fn check(&mut self, name: &str) -> Result<Output, Told> {
        let workspace = self.workspace()?;
        let mut catalogue = workspace.catalogue.clone();
        catalogue.checks.retain(|known, _| known == name);
        let outcomes = metric::run_checks(&catalogue, &workspace.context());
        let outcomes = outcomes.map_err(|error| told(&error))?;
        match outcomes.first() {
            None => Err(Told(format!("no check is called `{name}`"))),
            Some(outcome) => match &outcome.answer {
                Some(answer) => rows_of(answer),
                None => Ok(rows(vec![vec!["not run".into()]])),
            },
        }
    }

    fn ask(&mut self, text: &str) -> Result<Output, Told> {
        let statement = Statement::once("query", "query", text.to_owned());
        let answer = self.workspace()?.ask(&statement, &BTreeMap::new());
        rows_of(&answer.map_err(|error| told(&error))?)
    }
}

/// What stands behind a metric's name, read.
struct Question<'a> {
    request: Request,
    show: Vec<&'a str>,
}

impl<'a> Question<'a> {
    fn read(grain: Grain, text: &'a str, workspace: &Workspace) -> Result<Self, Told> {
        let (text, filter) = match text.split_once("where ") {
            Some((text, filter)) => (text, Some(filter.to_owned())),
            None => (text, None),
        };
        let mut words = text.split_whitespace();
        let (mut by, mut show) = (Vec::new(), Vec::new());
        let (mut from, mut until) = days(workspace, grain);
        while let Some(key) = words.next() {
            let value = words.next().unwrap_or_default();
            match key {
                "by" => by = value.split(',').map(str::to_owned).collect(),
                "show" => show = value.split(',').collect(),
                "from" => from = day(value)?,
                "until" => until = day(value)?,
                other => return Err(Told(format!("`{other}` is no part of a question"))),
            }
        }
        let groupings = vec![by];
        let request = Request { grain, from, until, groupings, filter };
        Ok(Self { request, show })
    }
}

fn projected(batches: &[RecordBatch], names: &[&str]) -> Result<Vec<RecordBatch>, Told> {
    let project = |batch: &RecordBatch| {
        let indices = names.iter().map(|name| batch.schema().index_of(name));
        batch.project(&indices.collect::<Result<Vec<_>, _>>()?)
    };
    let projected: Result<Vec<RecordBatch>, ArrowError> = batches.iter().map(project).collect();
    projected.map_err(|error| Told(error.to_string()))
}

fn day(text: &str) -> Result<NaiveDate, Told> {
    text.parse().map_err(|_| Told(format!("`{text}` is no day")))
}

/// From the period of the first deployment to the end of the period of the last event.
fn days(workspace: &Workspace, grain: Grain) -> (NaiveDate, NaiveDate) {
    let calendar = &workspace.settings.calendar;
    let date = |known: Option<i64>| calendar.date(known.unwrap_or(NOW));
    let last = date(workspace.data_until);
    let until = match grain {
        Grain::Total => last.succ_opt().unwrap_or(last),
        grain => calendar.next(calendar.start_of(last, grain), grain),
    };
    (calendar.start_of(date(workspace.data_from), grain), until)
}

fn shown<'a>(result: &'a MetricResult, asked: &[&'a str]) -> Vec<&'a str> {
    if !asked.is_empty() {
        return asked.to_vec();
    }
    let common = ["period_start", "n", "value", "low", "high", "is_partial"];
    let by = result.by.iter().map(String::as_str);
    by.chain(common).chain(result.own_columns.iter().copied()).collect()
}

fn cell(result: &MetricResult, row: &Row, column: &str) -> Result<String, Told> {
    if let Some(index) = result.by.iter().position(|name| name == column) {
        return Ok(text(row.dimensions[index].as_deref()));
    }
    let printed = match column {
        "period_start" => row.period_start.to_string(),
        "n" => row.n.to_string(),
        "value" => number(row.value),
        "low" => number(row.low),
        "high" => number(row.high),
        "is_partial" => row.is_partial.to_string(),
        own if result.own_columns.contains(&own) => number(result.own(row, own)),
        other => return Err(Told(format!("the result has no column `{other}`"))),
    };
    Ok(printed)
}

fn rows_of(answer: &Answer) -> Result<Output, Told> {
    let mut lines = Vec::new();
    for batch in &answer.batches {
        lines.extend(lines_of(batch)?);
    }
    Ok(rows(lines))
}

fn lines_of(batch: &RecordBatch) -> Result<Vec<Vec<String>>, Told> {
    let mut lines = vec![Vec::new(); batch.num_rows()];
    for array in batch.columns() {
        let options = FormatOptions::default();
        let formatter = ArrayFormatter::try_new(array, &options);
        let formatter = formatter.map_err(|error| Told(error.to_string()))?;
        for (index, line) in lines.iter_mut().enumerate() {
            line.push(match array.data_type() {
                _ if array.is_null(index) => text(None),
                DataType::Float64 => number(Some(array.as_primitive::<Float64Type>().value(index))),
                _ => text(Some(&formatter.value(index).to_string())),
            });
        }
    }
    Ok(lines)
}

fn text(value: Option<&str>) -> String {
    match value {
        None => "NULL".into(),
        Some("") => "(empty)".into(),
        Some(text) => text.to_owned(),
    }
}

/// Six significant digits; whole numbers in full.
fn number(value: Option<f64>) -> String {
    match value {
        None => "NULL".into(),
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value:.0}"),
        Some(value) => {
            format!("{value:.5e}").parse::<f64>().map_or_else(|_| value.to_string(), |rounded| rounded.to_string())
        }
    }
}

fn rows(lines: Vec<Vec<String>>) -> Output {
    let width = lines.first().map_or(0, Vec::len);
    DBOutput::Rows { types: vec![DefaultColumnType::Any; width], rows: lines }
}

fn told(error: &dyn Diagnostic) -> Told {
    let help = error.help().map(|help| format!("; help: {help}"));
    Told(format!("{error}{}", help.unwrap_or_default()))
}
