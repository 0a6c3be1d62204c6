//! What identifies a row, what orders it in time, and whether two rows say the same.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};

use arrow::array::{
    Array, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};

use crate::table::Table;

/// Columns that say where a row stood and who brought it, not what it says.
const NOT_TOLD: &[&str] = &["place", "ingested_run"];

/// The keys of many rows.
pub struct KeySet {
    table: &'static Table,
    keys: HashSet<Box<[u8]>>,
}

impl KeySet {
    pub fn of(table: &'static Table, batches: &[RecordBatch]) -> Self {
        let mut keys = HashSet::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
        for batch in batches {
            let of = Keys::new(table, batch);
            keys.extend((0..batch.num_rows()).map(|row| Box::from(&*of.bytes(row))));
        }
        Self { table, keys }
    }

    /// Which rows have one of the keys; `batch` needs no more than the key columns.
    pub fn among(&self, batch: &RecordBatch) -> BooleanArray {
        let of = Keys::new(self.table, batch);
        (0..batch.num_rows()).map(|row| Some(self.keys.contains(&*of.bytes(row)))).collect()
    }
}

/// The columns of a batch that identify and order its rows.
pub(super) struct Keys<'a> {
    columns: Vec<Key<'a>>,
    main_at: Option<&'a TimestampMicrosecondArray>,
    updated_at: Option<&'a TimestampMicrosecondArray>,
    place: Option<&'a [i64]>,
}

enum Key<'a> {
    Text(&'a StringViewArray),
    Instant(&'a TimestampMicrosecondArray),
}

impl<'a> Keys<'a> {
    pub fn new(table: &Table, batch: &'a RecordBatch) -> Self {
        let column = |name: &str| batch.column_by_name(name);
        let instants = |name: &str| column(name)?.as_primitive_opt::<TimestampMicrosecondType>();
        let key = |name: &&str| {
            let array = column(name)?;
            match array.as_string_view_opt() {
                Some(text) => Some(Key::Text(text)),
                None => instants(name).map(Key::Instant),
            }
        };
        Self {
            columns: table.key.iter().filter_map(key).collect(),
            main_at: table.main_at.and_then(instants),
            updated_at: instants("updated_at"),
            place: column("place")
                .and_then(|array| array.as_primitive_opt::<Int64Type>())
                .map(|array| &**array.values()),
        }
    }

    pub fn place(&self, row: usize) -> i64 {
        self.place.map_or(0, |place| place[row])
    }

    pub fn file(&self, row: usize) -> usize {
        self.place.map_or(0, |place| (place[row] >> 40) as usize)
    }

    /// The latest of all where it is null.
    pub fn main_at(&self, row: usize) -> i64 {
        self.main_at.filter(|at| at.is_valid(row)).map_or(i64::MAX, |at| at.value(row))
    }

    /// The earliest of all where it is null.
    pub fn updated_at(&self, row: usize) -> i64 {
        self.updated_at.filter(|at| at.is_valid(row)).map_or(i64::MIN, |at| at.value(row))
    }

    pub fn compare(&self, row: usize, other: &Self, other_row: usize) -> Ordering {
        for (one, other) in self.columns.iter().zip(&other.columns) {
            let order = match (one, other) {
                (Key::Text(one), Key::Text(other)) => {
                    StringViewKey::of(one, row).cmp(&StringViewKey::of(other, other_row))
                }
                (Key::Instant(one), Key::Instant(other)) => {
                    let of =
                        |array: &TimestampMicrosecondArray, row: usize| array.is_valid(row).then(|| array.value(row));
                    of(one, row).cmp(&of(other, other_row))
                }
                _ => Ordering::Equal,
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }

    /// A number that is equal where the keys are, and hardly ever elsewhere.
    pub fn hash(&self, row: usize) -> u64 {
        let parts = self.columns.iter().map(|column| match column {
            Key::Text(text) if text.is_valid(row) => match text.views()[row] {
                // A short text is its view.
                view if view as u32 <= 12 => mixed(view as u64, (view >> 64) as u64),
                _ => {
                    let mut hasher = DefaultHasher::new();
                    hasher.write(text.value(row).as_bytes());
                    hasher.finish()
                }
            },
            Key::Instant(at) if at.is_valid(row) => mixed(at.value(row) as u64, 0),
            _ => 0,
        });
        parts.fold(0, mixed)
    }

    /// The key as bytes that are equal where the keys are.
    pub fn bytes(&self, row: usize) -> Cow<'a, [u8]> {
        if let [Key::Text(text)] = self.columns[..] {
            return Cow::Borrowed(if text.is_valid(row) { text.value(row).as_bytes() } else { b"\0" });
        }
        let mut bytes = Vec::new();
        for column in &self.columns {
            match column {
                Key::Text(text) if text.is_valid(row) => {
                    bytes.extend((text.value(row).len() as u32).to_le_bytes());
                    bytes.extend(text.value(row).as_bytes());
                }
                Key::Instant(at) if at.is_valid(row) => bytes.extend(at.value(row).to_le_bytes()),
                _ => bytes.extend(u32::MAX.to_le_bytes()),
            }
        }
        Cow::Owned(bytes)
    }
}

/// Both numbers in one, every bit of which depends on every bit of both: the two halves of a product (the constants are
/// digits of pi).
fn mixed(one: u64, other: u64) -> u64 {
    let product = u128::from(one ^ 0x243f_6a88_85a3_08d3) * u128::from(other ^ 0x1319_8a2e_0370_7344);
    (product as u64) ^ ((product >> 64) as u64)
}

/// A text that may be null, null first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct StringViewKey<'a>(Option<&'a str>);

impl<'a> StringViewKey<'a> {
    fn of(array: &'a StringViewArray, row: usize) -> Self {
        Self(array.is_valid(row).then(|| array.value(row)))
    }
}

/// The values of the rows of a batch, to tell whether two rows say the same.
pub(super) struct Values<'a> {
    columns: Vec<Value<'a>>,
}

enum Value<'a> {
    Text(&'a StringViewArray),
    Instant(&'a TimestampMicrosecondArray),
    Whole(&'a Int64Array),
    Number(&'a Float64Array),
    Flag(&'a BooleanArray),
}

impl<'a> Values<'a> {
    pub fn new(batch: &'a RecordBatch) -> Self {
        let fields = batch.schema_ref().fields().iter().zip(batch.columns());
        let of = |array: &'a dyn Array| match array.data_type() {
            DataType::Utf8View => array.as_string_view_opt().map(Value::Text),
            DataType::Int64 => array.as_primitive_opt::<Int64Type>().map(Value::Whole),
            DataType::Float64 => array.as_primitive_opt::<Float64Type>().map(Value::Number),
            DataType::Boolean => array.as_boolean_opt().map(Value::Flag),
            _ => array.as_primitive_opt::<TimestampMicrosecondType>().map(Value::Instant),
        };
        let told = fields.filter(|(field, _)| !NOT_TOLD.contains(&field.name().as_str()));
        Self { columns: told.filter_map(|(_, array)| of(array.as_ref())).collect() }
    }

    /// Whether two rows of the same columns have the same values, wherever they stood.
    pub fn is_same(&self, row: usize, other: &Self, other_row: usize) -> bool {
        self.columns.iter().zip(&other.columns).all(|(one, other)| one.is_same(row, other, other_row))
    }
}

impl Value<'_> {
    fn is_same(&self, row: usize, other: &Self, other_row: usize) -> bool {
        fn value<T>(array: &dyn Array, row: usize, of: impl Fn(usize) -> T) -> Option<T> {
            array.is_valid(row).then(|| of(row))
        }
        match (self, other) {
            (Value::Text(one), Value::Text(other)) => {
                value(*one, row, |row| one.value(row)) == value(*other, other_row, |row| other.value(row))
            }
            (Value::Instant(one), Value::Instant(other)) => {
                value(*one, row, |row| one.value(row)) == value(*other, other_row, |row| other.value(row))
            }
            (Value::Whole(one), Value::Whole(other)) => {
                value(*one, row, |row| one.value(row)) == value(*other, other_row, |row| other.value(row))
            }
            (Value::Number(one), Value::Number(other)) => {
                let bits = |array: &Float64Array, row| value(array, row, |row| array.value(row).to_bits());
                bits(one, row) == bits(other, other_row)
            }
            (Value::Flag(one), Value::Flag(other)) => {
                value(*one, row, |row| one.value(row)) == value(*other, other_row, |row| other.value(row))
            }
            _ => false,
        }
    }
}
