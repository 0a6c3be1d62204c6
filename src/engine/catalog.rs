//! The engine's one schema: base tables at hand, views planned at their first use.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arrow::array::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, SchemaProvider, TableProvider};
use datafusion::common::{DataFusionError, ParamValues, Result};
use datafusion::datasource::{MemTable, ViewTable};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::collect_partitioned;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement as Tree;

use super::demand::narrowed;
use super::functions::Places;
use super::tables::{BaseTable, completed, left_out, partitioned};
use super::{EngineError, Statement, guard};
use crate::table::Selection;

pub const CATALOG: &str = "shipwake";
pub const SCHEMA: &str = "main";

/// A view, once it has been planned.
type Planned = tokio::sync::OnceCell<Arc<dyn TableProvider>>;

pub struct LazySchema {
    context: OnceLock<SessionContext>,
    parameters: ParamValues,
    /// Base tables and records, ready.
    ready: Mutex<BTreeMap<String, Arc<dyn TableProvider>>>,
    /// Base tables that no source gave: empty for our views, refused to people.
    absent: Mutex<BTreeSet<String>>,
    views: BTreeMap<String, Statement>,
    /// The columns that will be read; all where none.
    only: Option<Selection>,
    planned: Mutex<HashMap<String, Arc<Planned>>>,
}

impl fmt::Debug for LazySchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazySchema").field("names", &self.names()).finish_non_exhaustive()
    }
}

/// Makes `schema` the only schema of the session.
pub fn install(context: &SessionContext, schema: &Arc<LazySchema>) -> Result<(), EngineError> {
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(SCHEMA, Arc::clone(schema) as Arc<dyn SchemaProvider>).map_err(EngineError::Session)?;
    context.register_catalog(CATALOG, Arc::new(catalog));
    // The session holds the schema and the schema the session: both live as long as the process needs the engine.
    let _ = schema.context.set(context.clone());
    schema.refuse_circles(context)
}

impl LazySchema {
    pub fn new(parameters: ParamValues, statements: Vec<Statement>, only: Option<Selection>) -> Self {
        let views = statements.into_iter().map(|statement| (statement.name.clone(), statement)).collect();
        Self {
            context: OnceLock::new(),
            parameters,
            ready: Mutex::default(),
            absent: Mutex::default(),
            views,
            only,
            planned: Mutex::default(),
        }
    }

    pub fn add_base(&self, table: BaseTable, places: &Places, partitions: usize) {
        let name = table.table.name.to_owned();
        if table.is_absent() {
            lock(&self.absent).insert(name.clone());
        }
        lock(&self.ready).insert(name, table.provider(places, partitions, self.only.as_ref()));
    }

    pub fn add_record(&self, name: &str, batches: Vec<RecordBatch>, partitions: usize) -> Result<(), EngineError> {
        let Some(schema) = batches.first().map(RecordBatch::schema) else {
            return Err(EngineError::NoTable { name: name.to_owned() });
        };
        let told = |error: DataFusionError| EngineError::Session(error.context(format!("table {name}")));
        let table = MemTable::try_new(schema, partitioned(batches, partitions)).map_err(told)?;
        lock(&self.ready).insert(name.to_owned(), Arc::new(table));
        Ok(())
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: BTreeSet<String> = self.views.keys().cloned().collect();
        let absent = lock(&self.absent);
        names.extend(lock(&self.ready).keys().filter(|name| !absent.contains(*name)).cloned());
        names.into_iter().collect()
    }

    /// The table or planned view of that name.
    pub async fn provider(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(table) = lock(&self.ready).get(name) {
            return Ok(Some(Arc::clone(table)));
        }
        let Some(statement) = self.views.get(name) else {
            return Ok(None);
        };
        let cell = Arc::clone(lock(&self.planned).entry(name.to_owned()).or_default());
        let provider = cell.get_or_try_init(|| self.plan(statement)).await?;
        Ok(Some(Arc::clone(provider)))
    }

    async fn plan(&self, statement: &Statement) -> Result<Arc<dyn TableProvider>> {
        let context = self.context.get().ok_or_else(|| DataFusionError::Internal("schema without session".into()))?;
        let plan = self.logical(context, statement).await?;
        if !statement.is_materialised {
            return Ok(Arc::new(ViewTable::new(plan, None)));
        }
        let all = plan.schema().inner().clone();
        let plan = match &self.only {
            None => plan,
            // It is named and not read, as where a join is of no consequence.
            Some(only) if !only.has_table(&statement.name) => return left_out(&statement.name, &all),
            Some(only) => narrowed(plan, &statement.name, only).map_err(|error| named(error, statement))?,
        };
        let frame = context.execute_logical_plan(plan).await.map_err(|error| named(error, statement))?;
        let task = Arc::new(frame.task_ctx());
        let plan = frame.create_physical_plan().await.map_err(|error| named(error, statement))?;
        // The physical schema knows best which columns may be null.
        let schema = plan.schema();
        let partitions = collect_partitioned(plan, task).await.map_err(|error| named(error, statement))?;
        let table = Arc::new(MemTable::try_new(schema, partitions)?);
        match &self.only {
            None => Ok(table),
            Some(_) => completed(&statement.name, table, &all),
        }
    }

    /// The plan of a view with its parameters.
    pub async fn logical(&self, context: &SessionContext, statement: &Statement) -> Result<LogicalPlan> {
        // A user's own view may read and nothing else, like everything that a person types.
        guard::only_reading(statement).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let plan =
            context.state().create_logical_plan(&statement.text).await.map_err(|error| named(error, statement))?;
        let plan =
            plan.with_param_values(statement.bound(&self.parameters)).map_err(|error| named(error, statement))?;
        guard::options().verify_plan(&plan).map_err(|error| named(error, statement))?;
        Ok(plan)
    }

    /// The views that are computed once.
    pub fn materialised(&self) -> impl Iterator<Item = &Statement> {
        self.views.values().filter(|view| view.is_materialised)
    }

    /// The base tables and records that a view reads in the end.
    pub fn reads(&self, context: &SessionContext, name: &str) -> Vec<String> {
        self.reads_from(context, vec![name.to_owned()])
    }

    pub fn references(&self, context: &SessionContext, text: &str) -> Vec<String> {
        references(context, text)
    }

    pub fn reads_of(&self, context: &SessionContext, text: &str) -> Vec<String> {
        self.reads_from(context, references(context, text))
    }

    fn reads_from(&self, context: &SessionContext, mut queue: Vec<String>) -> Vec<String> {
        let mut reads = BTreeSet::new();
        let mut seen = BTreeSet::new();
        while let Some(name) = queue.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            match self.views.get(&name) {
                Some(statement) => queue.extend(references(context, &statement.text)),
                None => {
                    reads.insert(name);
                }
            }
        }
        reads.into_iter().collect()
    }

    pub fn refuse_absent(
        &self,
        context: &SessionContext,
        tree: &Tree,
        statement: &Statement,
    ) -> Result<(), EngineError> {
        let named = context.state().resolve_table_references(tree).unwrap_or_default();
        let absent = lock(&self.absent);
        match named.iter().find(|reference| absent.contains(reference.table())) {
            Some(reference) => {
                Err(EngineError::AbsentTable { name: reference.table().to_owned(), origin: statement.origin.clone() })
            }
            None => Ok(()),
        }
    }

    /// A view that reads itself, however far around, would never be planned.
    fn refuse_circles(&self, context: &SessionContext) -> Result<(), EngineError> {
        // Our own do not; they are parsed again only when others stand beside them.
        if self.views.values().all(|statement| statement.is_built_in) {
            return Ok(());
        }
        let edges: BTreeMap<&str, Vec<String>> =
            self.views.iter().map(|(name, statement)| (name.as_str(), references(context, &statement.text))).collect();
        for start in edges.keys() {
            let mut seen = BTreeSet::new();
            let mut queue: Vec<&str> = edges[start].iter().map(String::as_str).collect();
            while let Some(name) = queue.pop() {
                if name == *start {
                    return Err(EngineError::Circle { name: name.to_owned() });
                }
                if seen.insert(name) {
                    queue.extend(edges.get(name).into_iter().flatten().map(String::as_str));
                }
            }
        }
        Ok(())
    }

    /// The error of planning a view, with the view's own text and place.
    pub fn explain(&self, name: &str, error: DataFusionError) -> EngineError {
        match self.views.get(name) {
            Some(statement) => self.explain_within(error, statement),
            None => EngineError::Session(error),
        }
    }

    /// An error met while planning `statement`, told of the view in which it really lies.
    pub fn explain_within(&self, error: DataFusionError, statement: &Statement) -> EngineError {
        let origin = origin_of(&error);
        let view = origin.and_then(|origin| self.views.values().find(|view| view.origin == origin));
        EngineError::of_statement(error, view.unwrap_or(statement))
    }
}

#[async_trait]
impl SchemaProvider for LazySchema {
    fn table_names(&self) -> Vec<String> {
        self.names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        self.provider(name).await
    }

    fn table_exist(&self, name: &str) -> bool {
        self.views.contains_key(name) || lock(&self.ready).contains_key(name)
    }
}

const IN_VIEW: &str = "in view ";

/// Marks an error with the view it comes from, unless a view further in has done so.
fn named(error: DataFusionError, statement: &Statement) -> DataFusionError {
    match origin_of(&error) {
        Some(_) => error,
        None => error.context(format!("{IN_VIEW}{}", statement.origin)),
    }
}

fn origin_of(error: &DataFusionError) -> Option<&str> {
    match error {
        DataFusionError::Context(text, inner) => origin_of(inner).or_else(|| text.strip_prefix(IN_VIEW)),
        DataFusionError::Diagnostic(_, inner) => origin_of(inner),
        DataFusionError::Shared(inner) => origin_of(inner),
        _ => None,
    }
}

fn references(context: &SessionContext, text: &str) -> Vec<String> {
    let state = context.state();
    let dialect = state.config().options().sql_parser.dialect;
    let Ok(tree) = state.sql_to_statement(text, &dialect) else {
        return Vec::new();
    };
    let found = state.resolve_table_references(&tree).unwrap_or_default();
    found.iter().map(|reference| reference.table().to_owned()).collect()
}

/// A poisoned lock only says that another thread panicked; the map in it is whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
