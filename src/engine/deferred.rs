//! Tables whose rows are read while a query runs: only the columns that it names, and no more of them at a time than a
//! batch for each thread.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics};
use datafusion::datasource::source::{DataSource, DataSourceExec};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayFormatType, ExecutionPlan};

use crate::table::Deferred;

/// What a value takes in memory, roughly: enough to tell a large table from a small one.
const BYTES_OF_VALUE: usize = 12;

/// A table of parts, dealt to partitions in turn.
#[derive(Debug)]
pub struct DeferredTable {
    rows: Arc<dyn Deferred>,
    partitions: usize,
}

impl DeferredTable {
    pub fn new(rows: Arc<dyn Deferred>, partitions: usize) -> Self {
        Self { rows, partitions: partitions.max(1) }
    }
}

#[async_trait]
impl TableProvider for DeferredTable {
    fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = self.rows.schema();
        let columns = projection.cloned().unwrap_or_else(|| (0..all.fields().len()).collect());
        let schema: Schema = all.project(&columns)?;
        let counts = self.rows.row_counts();
        let mut parts = vec![Vec::new(); self.partitions];
        for (part, share) in (0..counts.len()).zip((0..self.partitions).cycle()) {
            parts[share].push(part);
        }
        let rows = Arc::clone(&self.rows);
        Ok(DataSourceExec::from_data_source(Scan { rows, columns, schema: Arc::new(schema), parts, counts }))
    }
}

/// The parts that one query reads.
#[derive(Debug)]
struct Scan {
    rows: Arc<dyn Deferred>,
    columns: Vec<usize>,
    schema: SchemaRef,
    /// The parts of each partition.
    parts: Vec<Vec<usize>>,
    counts: Vec<usize>,
}

impl DataSource for Scan {
    fn open(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let parts = self.parts.get(partition).cloned().unwrap_or_default();
        let (rows, columns) = (Arc::clone(&self.rows), self.columns.clone());
        let batches = parts.into_iter().flat_map(move |part| match rows.read(part, &columns) {
            Ok(batches) => batches,
            Err(error) => Box::new(std::iter::once(Err(error))),
        });
        let stream = futures_util::stream::iter(batches.map(|batch| batch.map_err(DataFusionError::External)));
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream)))
    }

    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "partitions={}, parts={}", self.parts.len(), self.counts.len())
    }

    fn output_partitioning(&self) -> Partitioning {
        Partitioning::UnknownPartitioning(self.parts.len())
    }

    fn eq_properties(&self) -> EquivalenceProperties {
        EquivalenceProperties::new(Arc::clone(&self.schema))
    }

    fn partition_statistics(&self, partition: Option<usize>) -> Result<Arc<Statistics>> {
        let count = |parts: &[usize]| parts.iter().filter_map(|part| self.counts.get(*part)).sum();
        let rows: usize = match partition {
            Some(partition) => self.parts.get(partition).map_or(0, |parts| count(parts)),
            None => self.counts.iter().sum(),
        };
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = Precision::Exact(rows);
        statistics.total_byte_size = Precision::Inexact(rows * self.columns.len() * BYTES_OF_VALUE);
        Ok(Arc::new(statistics))
    }

    fn with_fetch(&self, _: Option<usize>) -> Option<Arc<dyn DataSource>> {
        None
    }

    fn fetch(&self) -> Option<usize> {
        None
    }

    fn try_swapping_with_projection(&self, _: &ProjectionExprs) -> Result<Option<Arc<dyn DataSource>>> {
        Ok(None)
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
    use arrow::datatypes::Int64Type;
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::table::{Batches, ReadError};

    /// Parts of two columns that count on from part to part; the last cannot be read.
    #[derive(Debug)]
    struct Counting {
        lengths: Vec<usize>,
        is_torn: bool,
    }

    impl Counting {
        fn batch(&self, part: usize) -> RecordBatch {
            let first: usize = self.lengths.iter().take(part).sum();
            let numbers = first..first + self.lengths.get(part).copied().unwrap_or(0);
            let number: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers.clone().map(|n| n as i64)));
            let twice: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers.map(|n| 2 * n as i64)));
            RecordBatch::try_from_iter([("number", number), ("twice", twice)]).unwrap()
        }
    }

    impl Deferred for Counting {
        fn schema(&self) -> SchemaRef {
            self.batch(0).schema()
        }

        fn row_counts(&self) -> Vec<usize> {
            self.lengths.clone()
        }

        fn read(&self, part: usize, columns: &[usize]) -> std::result::Result<Batches, ReadError> {
            if self.is_torn && part + 1 == self.lengths.len() {
                return Err("the last part is missing".into());
            }
            Ok(Box::new(std::iter::once(Ok(self.batch(part).project(columns)?))))
        }
    }

    fn asked(text: &str, is_torn: bool) -> Result<Vec<RecordBatch>> {
        let rows = Arc::new(Counting { lengths: vec![3, 0, 4, 1, 2], is_torn });
        let context = SessionContext::new();
        context.register_table("numbers", Arc::new(DeferredTable::new(rows, 2)))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        runtime.block_on(async { context.sql(text).await?.collect().await })
    }

    #[test]
    fn every_part_is_read_once_whatever_columns_are_asked_for() {
        let whole = |text: &str| asked(text, false).unwrap()[0].column(0).as_primitive::<Int64Type>().value(0);
        assert_eq!(whole("select sum(twice) from numbers where number > 0"), 90);
        assert_eq!(whole("select count(*) from numbers"), 10);
        assert_eq!(whole("select count(*) from numbers a join numbers b on a.number = b.twice"), 5);
        assert_eq!(whole("select twice from numbers order by number desc limit 1"), 18);
    }

    #[test]
    fn a_part_that_cannot_be_read_fails_the_query_and_says_why() {
        let error = asked("select sum(number) from numbers", true).unwrap_err();
        assert!(error.to_string().contains("the last part is missing"), "{error}");
    }
}
