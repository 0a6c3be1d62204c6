//! Parts of all files brought together: one row a key, whichever files and records it stands in.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewBuilder};

use super::model::Fold;
use crate::source::formats::{Lines, Raw};
use crate::source::plan::{Field, Filled, Plan};
use crate::source::spot::Spot;
use crate::table::{Column, Table};

/// A part whose instants are known.
#[derive(Debug, Clone)]
pub struct Piece {
    pub vendor: Cow<'static, str>,
    pub table: &'static Table,
    /// The account that it belongs to.
    pub file: usize,
    pub spot: Spot,
    pub at: Option<i64>,
    pub number: i64,
    /// Of several of these, the last alone counts.
    pub is_state: bool,
    /// Another name by which records of its tool refer to the row.
    pub known_as: Option<String>,
    /// What it belongs to and cannot be a row without.
    pub part_of: Option<Cow<'static, str>>,
    pub cells: Vec<Known>,
    pub extra: Option<String>,
}

/// A value of a column.
#[derive(Debug, Clone)]
pub struct Known {
    pub column: &'static str,
    pub value: Value,
    pub fold: Fold,
    pub is_stand_in: bool,
}

impl Known {
    /// Whether its record says it by itself: it stands in for nothing better, and is not made of several records.
    pub fn is_own(&self) -> bool {
        !self.is_stand_in && matches!(self.fold, Fold::Last | Fold::First)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    Text(String),
    /// Microseconds in UTC.
    Instant(i64),
}

/// One row of a table.
pub struct Row {
    pub table: &'static Table,
    pub file: usize,
    pub spot: Spot,
    pub cells: BTreeMap<&'static str, String>,
    pub extra: Option<String>,
    /// Another name by which records of its tool refer to the row.
    pub known_as: Option<String>,
    /// The accounts of the other parts.
    pub others: Vec<usize>,
    /// What all of its pieces belong to, where that itself is not there.
    pub lacks: Option<Cow<'static, str>>,
}

/// One row for all pieces of a key, in the order of the first of each.
pub fn rows(pieces: Vec<Piece>) -> Vec<Row> {
    let mut groups: Vec<Vec<Piece>> = Vec::new();
    let mut known: HashMap<(Cow<'static, str>, &'static str, Vec<String>), usize> = HashMap::new();
    for piece in pieces {
        let Some(key) = key(&piece) else {
            groups.push(vec![piece]);
            continue;
        };
        let next = groups.len();
        let place = *known.entry((piece.vendor.clone(), piece.table.name, key)).or_insert(next);
        match groups.get_mut(place) {
            Some(group) => group.push(piece),
            None => groups.push(vec![piece]),
        }
    }
    groups.into_iter().filter_map(row).collect()
}

/// The values of the key; none where one is missing, so that the row stands alone and is rejected.
pub fn key(piece: &Piece) -> Option<Vec<String>> {
    let of = |name: &&str| {
        let cell = piece.cells.iter().find(|cell| cell.column == *name)?;
        Some(cell.value.written())
    };
    piece.table.key.iter().map(of).collect()
}

fn row(mut pieces: Vec<Piece>) -> Option<Row> {
    let first = pieces.first()?.clone();
    let table = first.table;
    let lacks = first.part_of.clone().filter(|_| pieces.iter().all(|piece| piece.part_of.is_some()));
    let mut others: Vec<usize> = pieces.iter().map(|piece| piece.file).collect();
    pieces.sort_by_key(|piece| (piece.at, piece.number));
    let last_state = pieces.iter().rposition(|piece| piece.is_state);
    let mut place = 0..;
    pieces.retain(|piece| {
        let is_last = place.next() == last_state;
        !piece.is_state || is_last
    });
    let mut cells = BTreeMap::new();
    for column in table.all_columns() {
        let of = |piece: &'_ Piece| piece.cells.iter().position(|cell| cell.column == column.name);
        let mut all: Vec<&Known> =
            pieces.iter().filter_map(|piece| of(piece).and_then(|place| piece.cells.get(place))).collect();
        if all.iter().any(|cell| !cell.is_stand_in) {
            all.retain(|cell| !cell.is_stand_in);
        }
        let since = all.first().and_then(|cell| match cell.fold {
            Fold::Since(other) => Some(other),
            _ => None,
        });
        let value = match since {
            Some(other) => since_last(&pieces, column.name, other),
            None => folded(&all),
        };
        if let Some(value) = value {
            cells.insert(column.name, value);
        }
    }
    let (file, spot) = place_of(&first, &pieces, &cells);
    if let Some(place) = others.iter().position(|other| *other == file) {
        others.remove(place);
    }
    let extra = pieces.iter().rev().find_map(|piece| piece.extra.clone());
    let known_as = pieces.iter().rev().find_map(|piece| piece.known_as.clone());
    Some(Row { table, file, spot, cells, extra, known_as, others, lacks })
}

/// Account and place of the record that says most of what the row says: the first, unless a later one says more.
fn place_of(first: &Piece, pieces: &[Piece], cells: &BTreeMap<&'static str, String>) -> (usize, Spot) {
    let says = |piece: &Piece| {
        let stands = |cell: &&Known| cells.get(cell.column).is_some_and(|value| *value == cell.value.written());
        piece.cells.iter().filter(stands).count()
    };
    let mut best = (says(first), first);
    for piece in pieces {
        let count = says(piece);
        if count > best.0 {
            best = (count, piece);
        }
    }
    (best.1.file, best.1.spot)
}

/// The first value of a column among the last pieces in which another column is the same.
fn since_last(pieces: &[Piece], column: &str, other: &str) -> Option<String> {
    fn cell<'a>(piece: &'a Piece, name: &str) -> Option<&'a Known> {
        piece.cells.iter().find(|cell| cell.column == name)
    }
    let told = pieces.iter().rev().filter_map(|piece| {
        let state = cell(piece, other).filter(|cell| !cell.is_stand_in)?;
        Some((piece, &state.value))
    });
    let mut told = told.peekable();
    let (_, last) = *told.peek()?;
    let same = told.take_while(|(_, state)| *state == last);
    same.filter_map(|(piece, _)| cell(piece, column)).last().map(|cell| cell.value.written())
}

fn folded(cells: &[&Known]) -> Option<String> {
    let first = cells.first()?;
    let instants = || {
        cells.iter().filter_map(|cell| match cell.value {
            Value::Instant(micros) => Some(micros),
            Value::Text(_) => None,
        })
    };
    let by_instant = match first.fold {
        Fold::Earliest => instants().min(),
        Fold::Latest => instants().max(),
        Fold::Last | Fold::First | Fold::Since(_) | Fold::Union => None,
    };
    match first.fold {
        Fold::First => Some(first.value.written()),
        Fold::Union => {
            let mut all: Vec<String> = Vec::new();
            for cell in cells {
                let value = cell.value.written();
                for part in value.split(';').filter(|part| !part.is_empty()) {
                    if !all.iter().any(|known| known == part) {
                        all.push(part.to_owned());
                    }
                }
            }
            Some(all.join(";"))
        }
        Fold::Last | Fold::Since(_) | Fold::Earliest | Fold::Latest => {
            by_instant.map(|micros| micros.to_string()).or_else(|| cells.last().map(|cell| cell.value.written()))
        }
    }
}

impl Value {
    /// As the caster reads it.
    fn written(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Instant(micros) => micros.to_string(),
        }
    }
}

/// Rows of one table and one file as text columns, with the plan that casts them.
pub fn columns(table: &'static Table, rows: &[Row], defaults: &BTreeMap<String, String>) -> (Plan, Raw) {
    let is_wanted = |column: &&Column| {
        let is_given = rows.iter().any(|row| row.cells.contains_key(column.name)) || defaults.contains_key(column.name);
        // What a deployment needs besides its key may follow from the rest; see `rules`.
        let is_told = column.is_required && !(table.name == "deployments" && column.name == "environment");
        is_given || (is_told && !matches!(column.name, "extra" | "source" | "source_row"))
    };
    let wanted: Vec<&'static Column> = table.all_columns().filter(|column| is_wanted(column)).collect();
    let text = |name: &str| {
        let mut builder = StringViewBuilder::with_capacity(rows.len());
        rows.iter().for_each(|row| builder.append_option(row.cells.get(name)));
        Arc::new(builder.finish()) as ArrayRef
    };
    let mut extra = StringViewBuilder::with_capacity(rows.len());
    rows.iter().for_each(|row| extra.append_option(row.extra.as_ref()));
    let filled = |(place, column): (usize, &&'static Column)| Filled {
        column,
        from: vec![place],
        header: column.name.to_owned(),
        default: defaults.get(column.name).cloned(),
        words: BTreeMap::new(),
    };
    let field = |(index, column): (usize, &&'static Column)| Field { index, name: column.name.to_owned() };
    let plan = Plan {
        table,
        fields: wanted.iter().enumerate().map(field).collect(),
        columns: wanted.iter().enumerate().map(filled).collect(),
        extra: Vec::new(),
        is_comma_decimal: false,
        absent: Vec::new(),
    };
    let raw = Raw {
        rows: rows.len(),
        columns: wanted.iter().map(|column| text(column.name)).collect(),
        extra: Some(extra.finish()),
        lines: Lines::Spots(rows.iter().map(|row| row.spot).collect()),
        broken: Vec::new(),
    };
    (plan, raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(id: &str, at: i64, cells: Vec<Known>) -> Piece {
        let key =
            Known { column: "deployment_id", value: Value::Text(id.into()), fold: Fold::Last, is_stand_in: false };
        let table = Table::named("deployments").unwrap();
        let cells = std::iter::once(key).chain(cells).collect();
        Piece {
            vendor: "test".into(),
            table,
            file: at as usize,
            spot: 1.into(),
            at: Some(at),
            number: 0,
            is_state: false,
            known_as: None,
            part_of: None,
            cells,
            extra: None,
        }
    }

    fn known(column: &'static str, value: Value, fold: Fold) -> Known {
        Known { column, value, fold, is_stand_in: false }
    }

    #[test]
    fn parts_of_a_key_make_one_row_in_the_order_of_their_instants() {
        let text = |text: &str| Value::Text(text.into());
        let later = piece(
            "1",
            9,
            vec![
                known("status", text("failed"), Fold::Last),
                known("finished_at", Value::Instant(9), Fold::Earliest),
                known("approved_by", text("b;a"), Fold::Union),
            ],
        );
        let earlier = piece(
            "1",
            5,
            vec![
                known("status", text("queued"), Fold::Last),
                known("finished_at", Value::Instant(5), Fold::Earliest),
                known("approved_by", text("a"), Fold::Union),
            ],
        );
        let mut other = piece("2", 1, vec![]);
        other.cells[0].is_stand_in = true;
        let rows = rows(vec![later, other, earlier]);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].cells["status"], "failed");
        assert_eq!(rows[0].cells["finished_at"], "5");
        assert_eq!(rows[0].cells["approved_by"], "a;b");
        assert_eq!((rows[0].file, rows[0].others.as_slice()), (9, &[5][..]));
    }

    #[test]
    fn a_stand_in_counts_only_where_nothing_better_is_known() {
        let stand_in = |at, value| {
            let mut piece = piece("1", at, vec![known("started_at", Value::Instant(value), Fold::Earliest)]);
            piece.cells[1].is_stand_in = true;
            piece
        };
        let real = piece("1", 3, vec![known("started_at", Value::Instant(30), Fold::Earliest)]);
        assert_eq!(rows(vec![stand_in(1, 10), real])[0].cells["started_at"], "30");
        assert_eq!(rows(vec![stand_in(1, 10), stand_in(2, 20)])[0].cells["started_at"], "10");
    }
}
