//! Pieces of rows as a table, so that records of later files can be brought together with those of earlier ones.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use serde_json::{Value as Json, json};

use super::fold::{self, Known, Piece, Value};
use super::gather::{Made, keys_by_name, made, use_keys};
use super::model::Fold;
use crate::source::FileRead;
use crate::source::error::SourceError;
use crate::source::spot::Spot;
use crate::table::Table;

/// The pieces: vendor, table_name, file_id, line, record, byte, at, number, is_state, known_as, part_of, cells (JSON),
/// extra; in their order. `record` and `byte` are 0 where a record has its line for itself.
///
/// # Errors
/// Where Arrow refuses the columns, which is a defect.
pub fn kept(pieces: &[Piece]) -> Result<RecordBatch, ArrowError> {
    let texts = |of: &dyn Fn(&Piece) -> Option<String>| -> ArrayRef {
        Arc::new(pieces.iter().map(of).collect::<StringViewArray>())
    };
    let wholes =
        |of: &dyn Fn(&Piece) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(pieces.iter().map(of))) };
    let at: TimestampMicrosecondArray = pieces.iter().map(|piece| piece.at).collect();
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("vendor", texts(&|piece| Some(piece.vendor.to_string())), true),
        ("table_name", texts(&|piece| Some(piece.table.name.to_owned())), true),
        ("file_id", wholes(&|piece| piece.file as i64), true),
        ("line", wholes(&|piece| piece.spot.line), true),
        ("record", wholes(&|piece| piece.spot.within.map_or(0, |within| within.record)), true),
        ("byte", wholes(&|piece| piece.spot.within.map_or(0, |within| within.byte)), true),
        ("at", Arc::new(at.with_timezone("UTC")), true),
        ("number", wholes(&|piece| piece.number), true),
        ("is_state", Arc::new(pieces.iter().map(|piece| Some(piece.is_state)).collect::<BooleanArray>()), true),
        ("known_as", texts(&|piece| piece.known_as.clone()), true),
        ("part_of", texts(&|piece| piece.part_of.as_ref().map(ToString::to_string)), true),
        ("cells", texts(&|piece| Some(cells_text(&piece.cells))), true),
        ("extra", texts(&|piece| piece.extra.clone()), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns)
}

/// The pieces of what [`kept`] made.
///
/// # Errors
/// Where the table is not one of these.
pub fn again(batch: &RecordBatch) -> Result<Vec<Piece>, ArrowError> {
    let lacks = |name: &str| ArrowError::SchemaError(format!("tool records lack `{name}`"));
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| lacks(name));
    let text = |name: &str| column(name)?.as_string_view_opt().ok_or_else(|| lacks(name));
    let whole = |name: &str| column(name)?.as_primitive_opt::<Int64Type>().ok_or_else(|| lacks(name));
    let (vendor, table_name, part_of) = (text("vendor")?, text("table_name")?, text("part_of")?);
    let (cells, extra, known_as) = (text("cells")?, text("extra")?, text("known_as")?);
    let (file, line, number) = (whole("file_id")?, whole("line")?, whole("number")?);
    let (record, byte) = (whole("record")?, whole("byte")?);
    let at = column("at")?.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(|| lacks("at"))?;
    let is_state = column("is_state")?.as_boolean_opt().ok_or_else(|| lacks("is_state"))?;
    let told = |array: &StringViewArray, row: usize| array.is_valid(row).then(|| array.value(row).to_owned());
    (0..batch.num_rows())
        .map(|row| {
            let table = Table::named(table_name.value(row)).ok_or_else(|| lacks("table_name"))?;
            Ok(Piece {
                vendor: Cow::Owned(vendor.value(row).to_owned()),
                table,
                file: usize::try_from(file.value(row)).map_err(|_| lacks("file_id"))?,
                spot: Spot::of(line.value(row), record.value(row), byte.value(row)),
                at: at.is_valid(row).then(|| at.value(row)),
                number: number.value(row),
                is_state: is_state.value(row),
                known_as: told(known_as, row),
                part_of: told(part_of, row).map(Cow::Owned),
                cells: cells_of(cells.value(row), table).ok_or_else(|| lacks("cells"))?,
                extra: told(extra, row),
            })
        })
        .collect()
}

/// What pieces of earlier files and of new ones make together.
pub struct Together {
    /// The rows that new pieces are part of.
    pub touched: Vec<Made>,
    /// All rows, for the records that are part of none.
    pub all: Vec<Made>,
    /// The new pieces that were not known.
    pub fresh: Vec<Piece>,
}

/// Brings new pieces together with earlier ones. A piece that says the same as an earlier one of the same account is
/// left out: its file was read again.
///
/// # Errors
/// When casting fails, which is a defect.
pub fn rows_of(
    earlier: Vec<Piece>,
    new: Vec<Piece>,
    defaults: &BTreeMap<usize, BTreeMap<String, String>>,
    files: &[FileRead],
) -> Result<Together, SourceError> {
    let known: HashSet<String> = earlier.iter().map(identity).collect();
    let is_fresh = |piece: &Piece| !known.contains(&identity(piece));
    let fresh: Vec<Piece> = new.into_iter().filter(is_fresh).collect();
    let mut keys: HashSet<(String, &str, Vec<String>)> = fresh.iter().filter_map(group).collect();
    // What refers to a new row by another name is told its key.
    let names: HashSet<&str> = fresh.iter().filter_map(|piece| piece.known_as.as_deref()).collect();
    let refers = |cell: &Known| matches!(&cell.value, Value::Text(text) if names.contains(text.as_str()));
    keys.extend(earlier.iter().filter(|piece| piece.cells.iter().any(refers)).filter_map(group));
    let of_touched = |piece: &&Piece| group(piece).is_some_and(|group| keys.contains(&group));
    let pieces: Vec<Piece> = earlier.into_iter().chain(fresh.iter().cloned()).collect();
    let mut touched = fold::rows(pieces.iter().filter(of_touched).cloned().collect());
    let mut all = fold::rows(pieces);
    let names = keys_by_name(&all);
    use_keys(&mut touched, &names);
    use_keys(&mut all, &names);
    Ok(Together { touched: made(touched, defaults, files, None)?, all: made(all, defaults, files, None)?, fresh })
}

/// Which row a piece belongs to.
fn group(piece: &Piece) -> Option<(String, &'static str, Vec<String>)> {
    Some((piece.vendor.to_string(), piece.table.name, fold::key(piece)?))
}

/// All that a piece says, but not on which line.
fn identity(piece: &Piece) -> String {
    let Piece { vendor, table, file, at, number, is_state, part_of, cells, extra, .. } = piece;
    json!([vendor, table.name, file, at, number, is_state, part_of, cells_text(cells), extra]).to_string()
}

/// `[[column, value, fold, is_stand_in], …]`; an instant is a number of microseconds, a text is a text.
fn cells_text(cells: &[Known]) -> String {
    let cells: Vec<Json> = cells
        .iter()
        .map(|cell| {
            let value = match &cell.value {
                Value::Text(text) => json!(text),
                Value::Instant(micros) => json!(micros),
            };
            json!([cell.column, value, fold_text(cell.fold), cell.is_stand_in])
        })
        .collect();
    Json::Array(cells).to_string()
}

fn cells_of(text: &str, table: &'static Table) -> Option<Vec<Known>> {
    let column = |name: &str| Some(table.column(name)?.name);
    let cell = |cell: &Json| {
        Some(Known {
            column: column(cell.get(0)?.as_str()?)?,
            value: match cell.get(1)? {
                Json::String(text) => Value::Text(text.clone()),
                micros => Value::Instant(micros.as_i64()?),
            },
            fold: match cell.get(2)?.as_str()? {
                "last" => Fold::Last,
                "first" => Fold::First,
                "earliest" => Fold::Earliest,
                "latest" => Fold::Latest,
                "union" => Fold::Union,
                other => Fold::Since(column(other.strip_prefix("since ")?)?),
            },
            is_stand_in: cell.get(3)?.as_bool()?,
        })
    };
    let cells: Json = serde_json::from_str(text).ok()?;
    cells.as_array()?.iter().map(cell).collect()
}

fn fold_text(fold: Fold) -> String {
    match fold {
        Fold::Last => "last".into(),
        Fold::First => "first".into(),
        Fold::Earliest => "earliest".into(),
        Fold::Latest => "latest".into(),
        Fold::Union => "union".into(),
        Fold::Since(column) => format!("since {column}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(line: i64, at: i64, status: &str) -> Piece {
        let known = |column, value, fold| Known { column, value, fold, is_stand_in: false };
        Piece {
            vendor: "github".into(),
            table: Table::named("deployments").unwrap(),
            file: 0,
            spot: line.into(),
            at: Some(at),
            number: 3,
            is_state: true,
            known_as: None,
            part_of: Some("deployment".into()),
            cells: vec![
                known("deployment_id", Value::Text("d-1".into()), Fold::Last),
                known("finished_at", Value::Instant(at), Fold::Since("status")),
                known("status", Value::Text(status.into()), Fold::Union),
            ],
            extra: Some("{}".into()),
        }
    }

    #[test]
    fn pieces_come_back_as_they_were() {
        let pieces = [piece(1, 5, "succeeded"), piece(2, 9, "failed")];
        let back = again(&kept(&pieces).unwrap()).unwrap();
        assert_eq!(back.iter().map(identity).collect::<Vec<_>>(), pieces.iter().map(identity).collect::<Vec<_>>());
        assert_eq!(back[1].spot.line, 2);
        assert!(back[0].cells[1].fold == Fold::Since("status"));
    }

    #[test]
    fn a_piece_that_is_read_again_on_another_line_is_not_new() {
        let together =
            rows_of(vec![piece(1, 5, "failed")], vec![piece(7, 5, "failed")], &BTreeMap::new(), &[]).unwrap();
        assert!(together.fresh.is_empty() && together.touched.is_empty());
        let together =
            rows_of(vec![piece(1, 5, "failed")], vec![piece(7, 8, "failed")], &BTreeMap::new(), &[]).unwrap();
        assert_eq!((together.fresh.len(), together.touched.len()), (1, 1));
    }
}
