//! The canonical tables, once: columns, types, keys and vocabularies that every other module reads.
//!
//! Nothing here holds data. A source fills these tables, the linker and the SQL read them.

mod catalogue;
mod deferred;
mod links;
mod privacy;
mod reference;
mod scope;
mod selection;
mod vocabulary;

pub use catalogue::TABLES;
pub use deferred::{Batches, Deferred, ReadError};
pub use links::LINKS;
pub use privacy::{Privacy, holds_people, privacy};
pub use reference::Shortened;
pub use scope::scope;
pub use selection::Selection;
pub use vocabulary::{Vocabulary, WINDOW_KIND, has_key, key_of};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// The meaning of a column, from which its type and its casting rule follow.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Any text.
    Text,
    /// A moment in time, microseconds in UTC.
    Instant,
    /// True or false.
    Flag,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// One word of a closed list; other words become `unknown` and are reported.
    Word(&'static Vocabulary),
    /// Text whose usual words are known, but which is not closed: kept as it comes, in lower snake case.
    OpenWord(&'static Vocabulary),
}

impl Kind {
    /// The Arrow type in which the column is kept.
    pub fn data_type(self) -> DataType {
        match self {
            Kind::Text | Kind::Word(_) | Kind::OpenWord(_) => DataType::Utf8View,
            Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Kind::Flag => DataType::Boolean,
            Kind::Whole => DataType::Int64,
            Kind::Number => DataType::Float64,
        }
    }

    /// Whether a cell can be wrong, so that its row is rejected.
    pub fn may_refuse(self) -> bool {
        matches!(self, Kind::Instant | Kind::Flag | Kind::Whole | Kind::Number)
    }

    /// The word for it in listings and errors.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Instant => "instant",
            Kind::Flag => "flag",
            Kind::Whole => "whole number",
            Kind::Number => "number",
            Kind::Word(_) | Kind::OpenWord(_) => "word",
        }
    }
}

/// One column of a canonical table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// A row without it is rejected.
    pub is_required: bool,
    pub about: &'static str,
}

/// A canonical table.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    /// What one row is.
    pub about: &'static str,
    /// The columns that identify a row; a later row with the same key supersedes an earlier one.
    pub key: &'static [&'static str],
    /// The instant at which the row comes to exist, for `--as-of`; the earliest that has a value counts.
    pub begins: &'static [&'static str],
    /// The instant by which rows are sorted and partitioned; ties go by key.
    pub main_at: Option<&'static str>,
    /// Its own columns, in order.
    pub columns: &'static [Column],
    /// Whether it has the columns of [`COMMON`] besides its own.
    pub has_common: bool,
}

/// Columns that every table has besides its own.
pub const COMMON: &[Column] = &[
    Column { name: "updated_at", kind: Kind::Instant, is_required: false, about: "last change of the record itself" },
    Column { name: "source", kind: Kind::Text, is_required: false, about: "name of the configured source" },
    Column { name: "source_row", kind: Kind::Text, is_required: false, about: "file and line, or record number" },
    Column {
        name: "extra",
        kind: Kind::Text,
        is_required: false,
        about: "JSON text of the fields that have no column",
    },
];

impl Table {
    /// The canonical table of that name; link tables are none.
    pub fn named(name: &str) -> Option<&'static Table> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// Its own columns, then the common ones.
    pub fn all_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().chain(if self.has_common { COMMON } else { &[] })
    }

    /// The column of that name, own or common.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.all_columns().find(|column| column.name == name)
    }

    /// All columns as an Arrow schema, every field nullable.
    pub fn schema(&self) -> SchemaRef {
        let fields: Vec<Field> =
            self.all_columns().map(|column| Field::new(column.name, column.kind.data_type(), true)).collect();
        Schema::new(fields).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_beginning_names_a_column_of_its_table() {
        for table in TABLES.iter().chain(LINKS) {
            for name in table.key.iter().chain(table.begins).chain(&table.main_at) {
                assert!(table.column(name).is_some(), "{}.{name}", table.name);
            }
        }
    }

    #[test]
    fn no_table_has_two_columns_of_one_name() {
        for table in TABLES.iter().chain(LINKS) {
            let mut names: Vec<_> = table.all_columns().map(|column| column.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{}", table.name);
        }
    }

    #[test]
    fn instants_end_in_at_and_flags_begin_with_is() {
        for table in TABLES.iter().chain(LINKS) {
            for column in table.all_columns() {
                let says_instant =
                    column.name.ends_with("_at") || matches!(column.name, "at" | "valid_from" | "valid_until");
                assert_eq!(matches!(column.kind, Kind::Instant), says_instant, "{}.{}", table.name, column.name);
                assert_eq!(
                    matches!(column.kind, Kind::Flag),
                    column.name.starts_with("is_"),
                    "{}.{}",
                    table.name,
                    column.name
                );
            }
        }
    }
}
