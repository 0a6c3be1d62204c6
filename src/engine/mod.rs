//! The SQL engine: one DataFusion session over canonical tables, links and views, read-only.
//!
//! Views are planned only when a query names them, so a start costs nothing for what nobody asks.
//! Those marked `materialise` are computed once and shared by all queries of the run.
//! It does not know what a metric is.

mod catalog;
mod deferred;
mod demand;
mod error;
pub mod functions;
mod guard;
mod tables;

pub use error::EngineError;
pub use functions::{FileName, TableCall};
pub use tables::BaseTable;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::sync::Semaphore;

use crate::period::Calendar;
use crate::table::Selection;
use catalog::LazySchema;

/// A statement with the place it comes from, for errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Name under which it is a view, or of what it does.
    pub name: String,
    /// File, or what the user calls it: `queries/views/judged_deployments.sql`, `query`.
    pub origin: String,
    pub text: String,
    /// Computed once and kept, instead of being planned into every query that names it.
    pub is_materialised: bool,
    /// It came with the program.
    pub is_built_in: bool,
    /// Microseconds UTC that take the place of `$from_at` and `$until_at`; those of the session where none.
    pub between: Option<(i64, i64)>,
}

impl Statement {
    /// A statement to be run once.
    pub fn once(name: &str, origin: &str, text: String) -> Self {
        let (name, origin) = (name.into(), origin.into());
        Self { name, origin, text, is_materialised: false, is_built_in: false, between: None }
    }

    /// The parameters with the statement's own time laid over them.
    fn bound(&self, parameters: &ParamValues) -> ParamValues {
        let (Some((from, until)), ParamValues::Map(all)) = (self.between, parameters) else {
            return parameters.clone();
        };
        let mut all = all.clone();
        let own = [("from_at".to_owned(), Value::Instant(from)), ("until_at".to_owned(), Value::Instant(until))];
        if let ParamValues::Map(own) = bound(&BTreeMap::from(own)) {
            all.extend(own);
        }
        ParamValues::Map(all)
    }
}

/// A value bound to `$name` in statements.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Microseconds UTC.
    Instant(i64),
    Whole(i64),
    Number(f64),
    Flag(bool),
    Text(String),
}

/// What an engine is made of.
pub struct Setup {
    pub tables: Vec<BaseTable>,
    /// Link tables and records of the load: they stand as they are.
    pub records: BTreeMap<&'static str, Vec<RecordBatch>>,
    pub statements: Vec<Statement>,
    /// Bound to `$name` in every view.
    pub parameters: BTreeMap<String, Value>,
    pub calendar: Calendar,
    /// The columns that will be read, as [`Engine::demand`] tells; all where none. The others can be planned, not read.
    pub only: Option<Selection>,
    /// Paths by file number, to tell where a row came from.
    pub files: Vec<FileName>,
    /// Names by the aliases that stand in the tables in their place: scopes of windows are matched with them.
    pub originals: BTreeMap<String, String>,
    pub threads: usize,
    pub memory_limit: Option<usize>,
}

/// Rows in the order the statement gives, with their schema even when there are none.
#[derive(Debug, Clone)]
pub struct Answer {
    pub schema: SchemaRef,
    pub batches: Vec<RecordBatch>,
}

impl Answer {
    pub fn row_count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

/// A session over one set of tables.
pub struct Engine {
    session: Session,
    runtime: tokio::runtime::Runtime,
    answers: functions::Answers,
    /// Statements that may run at once: each holds what it sorts and joins until it is done.
    turns: Arc<Semaphore>,
    /// Queries may take only so much memory.
    is_limited: bool,
}

/// What a task needs to run a statement.
#[derive(Clone)]
struct Session {
    context: SessionContext,
    schema: Arc<LazySchema>,
    parameters: ParamValues,
}

/// Fewer rows than this are not worth a second thread.
const ROWS_WORTH_THREADS: usize = 100_000;

impl Engine {
    /// # Errors
    /// Where the runtime cannot start or a view's text cannot be parsed.
    pub fn new(setup: Setup) -> Result<Self, EngineError> {
        let row_count: usize = setup.tables.iter().map(BaseTable::row_count).sum();
        let partitions = if row_count < ROWS_WORTH_THREADS { 1 } else { setup.threads.max(1) };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(setup.threads.max(1))
            .thread_stack_size(8 << 20)
            .build()
            .map_err(EngineError::Runtime)?;
        let context = session(partitions, setup.memory_limit)?;
        let answers = functions::Answers::default();
        functions::register(&context, &setup.calendar, &answers, setup.originals);
        let places = functions::Places::new(setup.files);
        let parameters = bound(&setup.parameters);
        let schema = Arc::new(LazySchema::new(parameters.clone(), setup.statements, setup.only));
        for table in setup.tables {
            schema.add_base(table, &places, partitions);
        }
        for (name, batches) in setup.records {
            schema.add_record(name, batches, partitions)?;
        }
        catalog::install(&context, &schema)?;
        let is_limited = setup.memory_limit.is_some();
        let turns = Arc::new(Semaphore::new(2 * setup.threads.max(1)));
        Ok(Self { session: Session { context, schema, parameters }, runtime, answers, turns, is_limited })
    }

    /// Answers a call of a table function, as [`EngineError::Unanswered`] asks for it.
    pub fn give(&self, call: TableCall, answer: RecordBatch) {
        self.answers.give(call, answer);
    }

    /// Runs one trusted statement of ours.
    pub fn run(&self, statement: &Statement) -> Result<Answer, EngineError> {
        self.runtime.block_on(self.session.answer(statement, &self.session.parameters))
    }

    /// Runs one trusted statement of ours with values of its own for `$name`; what no source gave is empty.
    pub fn run_with(&self, statement: &Statement, parameters: &BTreeMap<String, Value>) -> Result<Answer, EngineError> {
        let all = self.session.with(parameters);
        self.runtime.block_on(self.session.answer(statement, &all))
    }

    /// Runs several statements at once; answers come in the order of the statements.
    pub fn run_all(&self, statements: &[Statement]) -> Vec<Result<Answer, EngineError>> {
        // Each a task of its own, so that planning, which is most of the work on little data, is shared by the threads.
        let tasks: Vec<_> = statements
            .iter()
            .map(|statement| {
                let session = self.session.clone();
                let statement = statement.clone();
                let turns = Arc::clone(&self.turns);
                self.runtime.spawn(async move {
                    let _turn = turns.acquire().await;
                    session.answer(&statement, &session.parameters).await
                })
            })
            .collect();
        self.runtime.block_on(async {
            let mut answers = Vec::with_capacity(tasks.len());
            for task in tasks {
                answers.push(task.await.unwrap_or_else(|error| Err(EngineError::Lost(error.to_string()))));
            }
            answers
        })
    }

    /// Runs a statement that a person typed: it may only read, and may not name an absent table.
    pub fn ask(&self, statement: &Statement, parameters: &BTreeMap<String, Value>) -> Result<Answer, EngineError> {
        let all = self.session.with(parameters);
        let tree = guard::only_reading(statement)?;
        self.session.schema.refuse_absent(&self.session.context, &tree, statement)?;
        on_a_deep_stack(|| self.runtime.block_on(self.session.answer(statement, &all)))
    }

    /// The condition as one expression: it cannot close the brackets around it and go on.
    ///
    /// # Errors
    /// Where it is no single SQL expression.
    pub fn condition(&self, text: &str) -> Result<String, EngineError> {
        guard::condition(text)
    }

    /// The columns of tables, links, records and materialised views that statements read in the end; no row is read.
    ///
    /// # Errors
    /// Where a statement cannot be planned.
    pub fn demand(&self, statements: &[Statement]) -> Result<Selection, EngineError> {
        self.runtime.block_on(self.session.demand(statements))
    }

    /// Plans views at once that will be asked for one after the other; those that are computed once are computed.
    /// Where memory is limited they are left to be asked for, so that they need not share it.
    ///
    /// What fails here fails again, and is told, where it is asked for.
    pub fn prepare(&self, names: &[&str]) {
        if self.is_limited {
            return;
        }
        let plan = |name: &&str| {
            let (schema, name) = (Arc::clone(&self.session.schema), (*name).to_owned());
            self.runtime.spawn(async move { schema.provider(&name).await.map(|_| ()) })
        };
        let tasks: Vec<_> = names.iter().map(plan).collect();
        self.runtime.block_on(async {
            for task in tasks {
                let _ = task.await;
            }
        });
    }

    /// The columns that a view or table has.
    pub fn columns(&self, name: &str) -> Result<SchemaRef, EngineError> {
        let provider = self.runtime.block_on(self.session.schema.provider(name));
        match provider {
            Ok(Some(provider)) => Ok(provider.schema()),
            Ok(None) => Err(EngineError::NoTable { name: name.to_owned() }),
            Err(error) => Err(self.session.schema.explain(name, error)),
        }
    }

    /// The base tables and links that a view reads in the end, sorted.
    pub fn reads(&self, name: &str) -> Vec<String> {
        self.session.schema.reads(&self.session.context, name)
    }

    /// The same for a statement that is no view.
    pub fn reads_of(&self, statement: &Statement) -> Vec<String> {
        self.session.schema.reads_of(&self.session.context, &statement.text)
    }

    /// The tables, views and metrics that a statement names itself.
    pub fn references(&self, statement: &Statement) -> Vec<String> {
        self.session.schema.references(&self.session.context, &statement.text)
    }

    /// Names of everything that can stand after `from`, sorted.
    pub fn names(&self) -> Vec<String> {
        self.session.schema.names()
    }
}

impl Session {
    /// The values of the session and those of one statement.
    fn with(&self, parameters: &BTreeMap<String, Value>) -> ParamValues {
        let mut all = match self.parameters.clone() {
            ParamValues::Map(map) => map,
            ParamValues::List(_) => Default::default(),
        };
        if let ParamValues::Map(own) = bound(parameters) {
            all.extend(own);
        }
        ParamValues::Map(all)
    }

    async fn plan(&self, statement: &Statement, parameters: &ParamValues) -> Result<LogicalPlan, EngineError> {
        let told = |error| EngineError::of_statement(error, statement);
        let plan =
            self.context.state().create_logical_plan(&statement.text).await.map_err(
                |error| match functions::unanswered(&error) {
                    Some(call) => EngineError::Unanswered(call),
                    None => self.schema.explain_within(error, statement),
                },
            )?;
        let plan = plan.with_param_values(statement.bound(parameters)).map_err(told)?;
        guard::options().verify_plan(&plan).map_err(told)?;
        Ok(plan)
    }

    async fn answer(&self, statement: &Statement, parameters: &ParamValues) -> Result<Answer, EngineError> {
        let told = |error| EngineError::of_statement(error, statement);
        let plan = self.plan(statement, parameters).await?;
        let frame = self.context.execute_logical_plan(plan).await.map_err(told)?;
        let schema: SchemaRef = Arc::new(frame.schema().as_arrow().clone());
        let batches = frame.collect().await.map_err(told)?;
        Ok(Answer { schema, batches })
    }
}

/// Runs with room for statements of great depth, which planning follows by recursion.
fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    const STACK: usize = 1 << 30;
    std::thread::scope(|scope| {
        let spawned = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        match spawned.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(answer)) => answer,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // The work went with the thread that could not start: memory is out.
            Err(error) => std::panic::resume_unwind(Box::new(error)),
        }
    })
}

fn session(partitions: usize, memory_limit: Option<usize>) -> Result<SessionContext, EngineError> {
    let mut config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_information_schema(false)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(catalog::CATALOG, catalog::SCHEMA);
    config.options_mut().sql_parser.collect_spans = true;
    // Hash joins cannot spill; under a limit the slower joins that can are taken.
    config.options_mut().optimizer.prefer_hash_join = memory_limit.is_none();
    let mut runtime = RuntimeEnvBuilder::new();
    if let Some(bytes) = memory_limit {
        runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(bytes)));
    }
    let runtime = runtime.build_arc().map_err(EngineError::Session)?;
    let state =
        SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features().build();
    Ok(SessionContext::new_with_state(state))
}

fn bound(parameters: &BTreeMap<String, Value>) -> ParamValues {
    let pairs = parameters.iter().map(|(name, value)| {
        let scalar = match value {
            Value::Instant(micros) => ScalarValue::TimestampMicrosecond(Some(*micros), Some("UTC".into())),
            Value::Whole(number) => ScalarValue::Int64(Some(*number)),
            Value::Number(number) => ScalarValue::Float64(Some(*number)),
            Value::Flag(flag) => ScalarValue::Boolean(Some(*flag)),
            Value::Text(text) => ScalarValue::Utf8(Some(text.clone())),
        };
        (name.clone(), scalar.into())
    });
    ParamValues::Map(pairs.collect())
}
