//! Files read through the library, their rows as text.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::Array;
use arrow::util::display::array_value_to_string;
use shipwake::source::{self, FileRead, Intake, Options, SourceError, Spec};

/// A row: column = value, for the columns that have one.
pub type Row = BTreeMap<String, String>;

/// Reads sources from a folder; every row of every file must be accounted for.
pub fn load(specs: &[Spec], base: &Path) -> Result<Intake, SourceError> {
    let options = Options { as_of: None, base, threads: 2, timezone: None, only: None, progress: &|_, _| () };
    let intake = source::load(specs, &options)?;
    for file in &intake.files {
        let FileRead { rows_kept, rows_superseded, rows_rejected, rows_after_as_of, rows_unused, .. } = file;
        let sum = rows_kept + rows_superseded + rows_rejected + rows_after_as_of + rows_unused;
        assert_eq!(file.rows_read, sum, "{file:?}");
    }
    let kept: u64 = intake.files.iter().map(|file| file.rows_kept).sum();
    let rows = intake.tables.values().flat_map(|table| &table.batches);
    assert_eq!(kept, rows.map(|batch| batch.num_rows() as u64).sum::<u64>());
    Ok(intake)
}

/// The rows of a table in their order; none where the table is absent.
pub fn rows(intake: &Intake, table: &str) -> Vec<Row> {
    let Some(loaded) = intake.tables.get(table) else { return Vec::new() };
    let mut all = Vec::new();
    for batch in &loaded.batches {
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            let cells = schema.fields().iter().zip(batch.columns());
            let known = cells.filter(|(field, array)| array.is_valid(row) && field.name() != "place");
            all.push(
                known
                    .map(|(field, array)| (field.name().clone(), array_value_to_string(array, row).unwrap()))
                    .collect(),
            );
        }
    }
    all
}
