//! What a vendor's file declares: how its records are told, which rows each makes, and which field fills which column.
//!
//! Plain data with short constructors, so that a declaration reads as a table; nothing here reads a record.
//! A path is the names of fields joined by dots, whatever their case and separators: `created_at` finds `createdAt`.
//! It goes into lists by place (`actions.0`) or through all elements; `^.` begins at the record around a listed one.

use super::record::Record;

/// The formats of one tool.
pub struct Vendor {
    /// As in `format = "…"`.
    pub name: &'static str,
    /// What can be read, in a line.
    pub about: &'static str,
    pub naive: Naive,
    /// The first whose tests all hold tells what a record is.
    pub shapes: &'static [Shape],
    /// What these formats cannot tell, one sentence each.
    pub untold: &'static [&'static str],
}

/// What stamps without a zone mean.
#[derive(Clone, Copy)]
pub enum Naive {
    /// Nothing: the source must name the zone.
    Ask,
    /// UTC in JSON, as the tool's documentation says; in CSV the zone of whoever exported.
    UtcInJson,
    /// As above, unless this holds of a record: then the file has what somebody saw, in that person's zone.
    UtcInJsonUnless(fn(&Record) -> bool),
    /// UTC everywhere.
    Utc,
}

/// One kind of record.
pub struct Shape {
    /// In the plural, for a person.
    pub name: &'static str,
    pub when: &'static [Test],
    /// What such a record fills; nothing where it is known and of no use to us.
    pub rows: &'static [Rows],
}

/// What must hold of a record.
#[derive(Debug, Clone, Copy)]
pub enum Test {
    /// The field is there, be it null.
    Has(&'static str),
    /// One of the fields is there.
    HasAny(&'static [&'static str]),
    Lacks(&'static str),
    /// The field has a value.
    Known(&'static str),
    /// The field is one of these words, whatever its case and separators.
    Is(&'static str, &'static [&'static str]),
    /// The field is none of these words; it may be absent.
    IsNot(&'static str, &'static [&'static str]),
    /// The text of the field has one of these in it.
    Holds(&'static str, &'static [&'static str]),
    /// The name of a run says that it deploys, or the source says that its runs do.
    Deploys(&'static [&'static str]),
    /// These hold, or the source says that all of its runs deploy.
    UnlessAllDeploy(&'static [Test]),
}

/// Rows of one table that a record makes.
pub struct Rows {
    pub table: &'static str,
    /// The list whose elements make a row each; none where the record itself does.
    pub each: Option<&'static str>,
    pub when: &'static [Test],
    /// When the record was true, for records of which several make one row.
    pub at: &'static [&'static str],
    /// What orders records of the same instant.
    pub number: &'static [&'static str],
    /// The record is all there is to know at its instant: the last alone counts, nulls and all.
    pub is_state: bool,
    /// Where the record tells another name by which records of its tool refer to it.
    pub known_as: &'static [&'static str],
    /// Tells the project or repository of a record. A file of one place is of that place even where a record does not
    /// say so: see [`Record::only_place`].
    pub place: Option<fn(&Record) -> Option<String>>,
    /// What the record belongs to and cannot be a row without, for a person.
    pub part_of: Option<&'static str>,
    pub fields: &'static [Field],
}

/// How a column is filled from a record. Of several for one column, the first that has a value counts.
pub struct Field {
    pub column: &'static str,
    /// The first path with a value counts.
    pub from: &'static [&'static str],
    pub how: How,
    /// (word of the vendor, ours); other words stay as they are, and are judged by the column's own list.
    pub words: &'static [(&'static str, &'static str)],
    pub when: &'static [Test],
    pub fold: Fold,
    /// Counts only where no record of the row has a better value.
    pub is_stand_in: bool,
}

/// What is done with the values found.
#[derive(Clone, Copy)]
pub enum How {
    /// The value as it is; of a list the first.
    Plain,
    /// All values of a list, separated by semicolons.
    Joined,
    /// Always this.
    Constant(&'static str),
    /// The value as this function has it, none where it makes no sense; the words say what it does.
    Through(fn(&str) -> Option<String>, &'static str),
    /// Made from the whole record; the words say how.
    Made(fn(&Record) -> Option<String>, &'static str),
}

/// Which value stands where several records make one row, taken in the order of their instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    Last,
    First,
    Earliest,
    Latest,
    /// The first since which another column has had the value that stands: the end that belongs to the last status.
    Since(&'static str),
    /// All different ones, separated by semicolons.
    Union,
}

impl Rows {
    pub const fn of(table: &'static str, fields: &'static [Field]) -> Self {
        Self {
            table,
            each: None,
            when: &[],
            at: &[],
            number: &[],
            is_state: false,
            known_as: &[],
            place: None,
            part_of: None,
            fields,
        }
    }

    pub const fn each(self, list: &'static str) -> Self {
        Self { each: Some(list), ..self }
    }

    pub const fn when(self, when: &'static [Test]) -> Self {
        Self { when, ..self }
    }

    pub const fn at(self, at: &'static [&'static str]) -> Self {
        Self { at, ..self }
    }

    pub const fn state(self) -> Self {
        Self { is_state: true, ..self }
    }

    pub const fn known_as(self, paths: &'static [&'static str]) -> Self {
        Self { known_as: paths, ..self }
    }

    pub const fn place(self, place: fn(&Record) -> Option<String>) -> Self {
        Self { place: Some(place), ..self }
    }

    pub const fn part_of(self, whole: &'static str) -> Self {
        Self { part_of: Some(whole), ..self }
    }

    pub const fn number(self, number: &'static [&'static str]) -> Self {
        Self { number, ..self }
    }
}

/// A column from the first path that has a value.
pub const fn field(column: &'static str, from: &'static [&'static str]) -> Field {
    Field { column, from, how: How::Plain, words: &[], when: &[], fold: Fold::Last, is_stand_in: false }
}

/// A column that is always the same.
pub const fn constant(column: &'static str, value: &'static str) -> Field {
    Field { how: How::Constant(value), ..field(column, &[]) }
}

/// A column made from the whole record.
pub const fn made(column: &'static str, make: fn(&Record) -> Option<String>, about: &'static str) -> Field {
    Field { how: How::Made(make, about), ..field(column, &[]) }
}

impl Field {
    pub const fn through(self, make: fn(&str) -> Option<String>, about: &'static str) -> Self {
        Self { how: How::Through(make, about), ..self }
    }

    pub const fn joined(self) -> Self {
        Self { how: How::Joined, ..self }
    }

    pub const fn words(self, words: &'static [(&'static str, &'static str)]) -> Self {
        Self { words, ..self }
    }

    pub const fn when(self, when: &'static [Test]) -> Self {
        Self { when, ..self }
    }

    pub const fn fold(self, fold: Fold) -> Self {
        Self { fold, ..self }
    }

    pub const fn stand_in(self) -> Self {
        Self { is_stand_in: true, ..self }
    }
}
