//! Deliveries of a store that are read when a query asks for them: there are as many as changes, which are the most by
//! far, and most questions ask for few of their columns.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};

use super::data;
use super::log::{DataFile, Log};
use super::read::Opened;
use crate::table::{Batches, Deferred, LINKS, ReadError, Selection};

const DELIVERIES: &str = "deliveries";

/// Files of a link table on this machine.
#[derive(Debug)]
struct Files {
    log: Log,
    files: Vec<(DataFile, PathBuf)>,
    schema: SchemaRef,
}

impl Opened<'_> {
    /// The deliveries with the columns that are asked for, not read yet. None where they are better read at once: where
    /// there are none, where they lie in an object store, or where it is not known which columns their files have.
    pub fn deferred_deliveries(&self, asked: &Selection) -> Option<Arc<dyn Deferred>> {
        let table = LINKS.iter().find(|table| table.name == DELIVERIES)?;
        let (log, files) = self.files_of(DELIVERIES).filter(|(_, files)| !files.is_empty())?;
        if files.iter().any(|file| file.stats.nulls.is_empty()) {
            return None;
        }
        let is_there = |name: &str| files.iter().any(|file| file.stats.nulls.contains_key(name));
        let wanted = table.columns.iter().filter(|column| asked.has(DELIVERIES, column.name) && is_there(column.name));
        let fields: Vec<Field> = wanted.map(|column| Field::new(column.name, column.kind.data_type(), true)).collect();
        let local = |file: &DataFile| Some((file.clone(), log.local(file)?));
        let files = files.iter().map(local).collect::<Option<Vec<_>>>()?;
        Some(Arc::new(Files { log: log.clone(), files, schema: Arc::new(Schema::new(fields)) }))
    }
}

impl Deferred for Files {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn row_counts(&self) -> Vec<usize> {
        self.files.iter().map(|(file, _)| usize::try_from(file.stats.rows).unwrap_or(usize::MAX)).collect()
    }

    fn read(&self, part: usize, columns: &[usize]) -> Result<Batches, ReadError> {
        let (file, path) = self.files.get(part).ok_or_else(|| format!("there is no part {part}"))?;
        let schema = Arc::new(self.schema.project(columns)?);
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        if !names.iter().any(|name| file.stats.nulls.contains_key(*name)) {
            let options = RecordBatchOptions::new().with_row_count(usize::try_from(file.stats.rows).ok());
            let nothing = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)?;
            return Ok(Box::new(std::iter::once(data::with_columns(&nothing, &schema).map_err(ReadError::from))));
        }
        let batches = data::stream(&self.log, file, path, &names)?;
        Ok(Box::new(batches.map(move |batch| data::with_columns(&batch?, &schema).map_err(ReadError::from))))
    }
}
