//! Base tables as queries see them: every canonical column is there, whatever the sources gave.
//!
//! In memory stand only the columns that a source gave; the others are null expressions that cost nothing.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanBuilder, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::ScalarValue;
use datafusion::datasource::{MemTable, ViewTable, provider_as_source};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, col, lit};

use super::deferred::DeferredTable;
use super::functions::{Places, not_loaded};
use crate::table::{Deferred, Selection, Table};

/// Number of the row's file and line in one: `file << 40 | line`.
pub const PLACE: &str = "place";

/// The one column that is derived when a table is registered.
const IS_PRODUCTION: &str = "is_production";

/// A canonical table as loaded: `place` and the columns that sources gave.
#[derive(Debug, Clone)]
pub struct BaseTable {
    pub table: &'static Table,
    /// Empty where no source gave the table, and where its rows are deferred.
    pub batches: Vec<RecordBatch>,
    /// The rows, where they are read only when a query asks for them.
    pub deferred: Option<Arc<dyn Deferred>>,
}

impl BaseTable {
    pub fn is_absent(&self) -> bool {
        self.batches.is_empty() && self.deferred.is_none()
    }

    pub fn row_count(&self) -> usize {
        let deferred: usize = self.deferred.iter().flat_map(|rows| rows.row_counts()).sum();
        deferred + self.batches.iter().map(RecordBatch::num_rows).sum::<usize>()
    }

    /// The same table with a column of flags computed from one of its text columns, once a distinct run of values.
    pub fn with_flag(mut self, name: &str, from: &str, or_else: bool, holds: impl Fn(&str) -> bool) -> Self {
        self.batches = self.batches.into_iter().map(|batch| flagged(&batch, name, from, or_else, &holds)).collect();
        self
    }

    /// The table for the session; a column that is there neither in memory nor in `only` was not loaded.
    pub fn provider(self, places: &Places, partitions: usize, only: Option<&Selection>) -> Arc<dyn TableProvider> {
        let of_batches = || self.batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
        let physical = self.deferred.as_ref().map_or_else(of_batches, |rows| rows.schema());
        match self.view(physical, places, partitions, only) {
            Ok(view) => view,
            // The schema was made from the batches, so they always agree.
            Err(_) => Arc::new(ViewTable::new(LogicalPlanBuilder::empty(false).build().unwrap_or_default(), None)),
        }
    }

    fn view(
        self,
        physical: SchemaRef,
        places: &Places,
        partitions: usize,
        only: Option<&Selection>,
    ) -> datafusion::common::Result<Arc<dyn TableProvider>> {
        let expressions = self.expressions(&physical, places, only);
        let table: Arc<dyn TableProvider> = match self.deferred {
            Some(rows) => Arc::new(DeferredTable::new(rows, partitions)),
            None => Arc::new(MemTable::try_new(physical, partitioned(self.batches, partitions))?),
        };
        let plan = LogicalPlanBuilder::scan(self.table.name, provider_as_source(table), None)?
            .project(expressions)?
            .build()?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }

    fn expressions(&self, physical: &Schema, places: &Places, only: Option<&Selection>) -> Vec<Expr> {
        let has = |name: &str| physical.field_with_name(name).is_ok();
        let is_left_out = |name: &str| only.is_some_and(|only| !only.has(self.table.name, name));
        let mut expressions: Vec<Expr> = Vec::new();
        for column in self.table.all_columns() {
            let expression = match column.name {
                name if has(name) => col(name),
                "source" if has(PLACE) => places.source_name(col(PLACE)),
                "source_row" if has(PLACE) => places.source_row(col(PLACE)),
                "source" | "source_row" if is_left_out(PLACE) => {
                    not_loaded(self.table.name, column.name, column.kind.data_type())
                }
                "source" | "source_row" => typed_null(&column.kind.data_type()),
                name if is_left_out(name) => not_loaded(self.table.name, name, column.kind.data_type()),
                _ => typed_null(&column.kind.data_type()),
            };
            expressions.push(expression.alias(column.name));
        }
        let derived =
            physical.fields().iter().filter(|field| field.name() != PLACE && self.table.column(field.name()).is_none());
        expressions.extend(derived.map(|field| col(field.name())));
        if self.table.name == "deployments" && !has(IS_PRODUCTION) {
            let expression = match physical.fields().is_empty() {
                true => typed_null(&DataType::Boolean),
                false => not_loaded(self.table.name, IS_PRODUCTION, DataType::Boolean),
            };
            expressions.push(expression.alias(IS_PRODUCTION));
        }
        expressions
    }
}

/// A table of some columns of a view, as the whole view: the other columns were not loaded.
pub fn completed(
    name: &str,
    table: Arc<dyn TableProvider>,
    all: &Schema,
) -> datafusion::common::Result<Arc<dyn TableProvider>> {
    let schema = table.schema();
    let expressions = all.fields().iter().map(|field| {
        let expression = match schema.field_with_name(field.name()) {
            Ok(_) => col(field.name()),
            Err(_) => not_loaded(name, field.name(), field.data_type().clone()),
        };
        expression.alias(field.name())
    });
    let plan = LogicalPlanBuilder::scan(name, provider_as_source(table), None)?
        .project(expressions.collect::<Vec<_>>())?
        .build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

/// A view of which nothing was loaded.
pub fn left_out(name: &str, all: &Schema) -> datafusion::common::Result<Arc<dyn TableProvider>> {
    let columns =
        all.fields().iter().map(|field| not_loaded(name, field.name(), field.data_type().clone()).alias(field.name()));
    let plan = LogicalPlanBuilder::empty(true).project(columns.collect::<Vec<_>>())?.build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

/// Batches dealt to `count` partitions in turn, so that threads share the work.
pub fn partitioned(batches: Vec<RecordBatch>, count: usize) -> Vec<Vec<RecordBatch>> {
    let mut partitions = vec![Vec::new(); count.max(1)];
    for (index, batch) in batches.into_iter().enumerate() {
        partitions[index % count.max(1)].push(batch);
    }
    partitions
}

fn typed_null(data_type: &DataType) -> Expr {
    lit(ScalarValue::try_from(data_type).unwrap_or(ScalarValue::Null))
}

fn flagged(batch: &RecordBatch, name: &str, from: &str, or_else: bool, holds: &impl Fn(&str) -> bool) -> RecordBatch {
    let mut builder = BooleanBuilder::with_capacity(batch.num_rows());
    match batch.column_by_name(from).and_then(|column| column.as_string_view_opt()) {
        Some(values) => {
            let mut last: Option<(&str, bool)> = None;
            for value in values {
                let flag = match (value, last) {
                    (None, _) => or_else,
                    (Some(text), Some((seen, flag))) if seen == text => flag,
                    (Some(text), _) => {
                        let flag = holds(text);
                        last = Some((text, flag));
                        flag
                    }
                };
                builder.append_value(flag);
            }
        }
        None => builder.append_n(batch.num_rows(), or_else),
    }
    with_column(batch, Field::new(name, DataType::Boolean, true), Arc::new(builder.finish()))
}

fn with_column(batch: &RecordBatch, field: Field, column: ArrayRef) -> RecordBatch {
    let mut fields: Vec<Arc<Field>> = batch.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(field));
    let mut columns = batch.columns().to_vec();
    debug_assert_eq!(column.len(), batch.num_rows());
    columns.push(column);
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap_or_else(|_| batch.clone())
}
