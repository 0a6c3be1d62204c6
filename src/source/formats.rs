//! The formats of files, as one sorted list; each is one file beside this one.

use std::io::Read;
use std::sync::{Mutex, PoisonError};

use arrow::array::{ArrayRef, StringViewArray};

use super::cast::Outcome;
use super::csv::{CSV, TSV};
use super::detect;
use super::error::SourceError;
use super::files::{Found, Opened};
use super::json::JSON;
use super::ndjson::NDJSON;
use super::parquet::PARQUET;
use super::plan::{Headers, Plan};
use super::spec::Spec;
use super::spot::Spot;
use crate::table::Selection;

/// A way in which records stand in a file.
pub(super) trait Format: Sync {
    /// As in `format = "…"`.
    fn name(&self) -> &'static str;

    /// What it is, in a line.
    fn about(&self) -> &'static str;

    /// Whether the first bytes of a file, unpacked, are of this format.
    fn recognises(&self, head: &[u8]) -> bool;

    /// The names of all fields, where the first bytes of a file tell them.
    fn headers(&self, _head: &[u8], _spec: &Spec) -> Option<Vec<String>> {
        None
    }

    /// Reads the file and hands it over in pieces.
    fn read(&self, file: &Reading, opened: Opened, pieces: &mut Pieces) -> Result<(), SourceError>;
}

/// Every format, sorted by name. The first that recognises a file reads it.
pub(super) static FORMATS: &[&dyn Format] = &[&CSV, &JSON, &NDJSON, &PARQUET, &TSV];

/// A file that is being read.
pub(super) struct Reading<'a> {
    pub spec: &'a Spec,
    pub file: &'a Found<'a>,
    pub threads: usize,
    /// Where the headers are put down as soon as they are known, for who wants only these.
    pub seen: Option<&'a Mutex<Vec<String>>>,
    /// The columns to keep; all where none.
    pub only: Option<&'a Selection>,
}

/// Where the pieces of a file go.
pub(super) struct Pieces<'a> {
    /// Casts one piece, on any thread.
    pub cast: &'a (dyn Fn(&Plan, Raw) -> Result<Outcome, SourceError> + Sync),
    /// Keeps what came of it, in the order of the file.
    pub keep: &'a mut dyn FnMut(Outcome) -> Result<(), SourceError>,
    /// Is told of the plan before the first piece.
    pub planned: &'a mut dyn FnMut(&Plan),
}

/// Records as they stand in a file, before any meaning is given to them.
pub(super) struct Raw {
    pub rows: usize,
    /// One array for every field of the plan; text, unless the format has types of its own.
    pub columns: Vec<ArrayRef>,
    /// JSON text of fields without a column, where the format makes it itself.
    pub extra: Option<StringViewArray>,
    pub lines: Lines,
    /// Records that could not be taken apart.
    pub broken: Vec<Broken>,
}

/// The first line of every record, counted from 1.
#[derive(Debug, Clone)]
pub(super) enum Lines {
    /// One record a line from that line on.
    From(i64),
    Each(Vec<i64>),
    /// Of records that may share a line.
    Spots(Vec<Spot>),
}

impl Lines {
    pub fn of(&self, row: usize) -> i64 {
        self.spot(row).line
    }

    pub fn spot(&self, row: usize) -> Spot {
        match self {
            Self::From(first) => (first + row as i64).into(),
            Self::Each(lines) => lines.get(row).copied().unwrap_or(0).into(),
            Self::Spots(spots) => spots.get(row).copied().unwrap_or_default(),
        }
    }
}

/// A record that could not be taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    pub spot: Spot,
    pub value: String,
    pub reason: String,
}

impl Reading<'_> {
    /// As the file is shown to a person.
    pub fn path(&self) -> &str {
        &self.file.shown
    }

    /// The plan for a file of these headers.
    pub fn plan(&self, headers: Headers) -> Result<Plan, SourceError> {
        if let Some(seen) = self.seen {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = headers.names.to_vec();
        }
        let table = detect::table(headers, self.spec, self.path())?;
        let mut plan = Plan::new(table, headers, self.spec, self.path())?;
        if let Some(only) = self.only {
            plan.keep_only(|column| only.has(table.name, column));
        }
        Ok(plan)
    }

    /// The whole file as bytes.
    pub fn all(&self, opened: &mut Opened) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        opened.reader.read_to_end(&mut bytes).map_err(|cause| self.file.read_error(opened.is_packed, cause))?;
        Ok(bytes)
    }
}

/// The format that is configured, or the one that recognises the first bytes.
pub(super) fn of(head: &[u8], spec: &Spec, path: &str) -> Result<&'static dyn Format, SourceError> {
    if let Some(name) = &spec.format
        && let Some(format) = FORMATS.iter().find(|format| format.name() == name)
    {
        return Ok(*format);
    }
    if let Some(found) = other_kind(head) {
        return Err(SourceError::NotText { path: path.to_owned(), offset: 0, found: found.to_owned() });
    }
    if let Some(format) = FORMATS.iter().find(|format| format.recognises(head)) {
        return Ok(*format);
    }
    let offset = head.iter().position(|byte| *byte == 0).unwrap_or(0);
    Err(SourceError::NotText { path: path.to_owned(), offset: offset as u64, found: "a NUL".to_owned() })
}

/// Whether the first bytes are those of delimited text.
pub(super) fn is_delimited(head: &[u8]) -> bool {
    other_kind(head).is_none() && (CSV.recognises(head) || TSV.recognises(head))
}

/// What a file is that people take for a table and that we cannot read.
fn other_kind(head: &[u8]) -> Option<&'static str> {
    const KINDS: &[(&[u8], &str)] = &[
        (b"PK\x03\x04", "the beginning of a ZIP archive or an Excel workbook"),
        (b"\xd0\xcf\x11\xe0", "the beginning of an old Excel workbook"),
        (b"ARROW1", "the beginning of an Arrow file"),
        (b"%PDF-", "the beginning of a PDF"),
        (b"\xff\xfe", "the beginning of UTF-16 text"),
        (b"\xfe\xff", "the beginning of UTF-16 text"),
        (b"BZh", "the beginning of a bzip2 archive"),
        (b"\xfd7zXZ", "the beginning of an xz archive"),
    ];
    KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_sorted_and_their_names_are_unique_and_lower_case() {
        let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
        assert!(names.is_sorted_by(|one, other| one < other), "{names:?}");
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase())));
    }

    #[test]
    fn a_file_is_recognised_by_one_format_at_most() {
        let heads: [(&[u8], Option<&str>); 10] = [
            (b"a,b\n1,2\n", Some("csv")),
            (b"a\tb\n1\t2\n", Some("tsv")),
            (b"\xef\xbb\xbfa;b\n", Some("csv")),
            (b"", Some("csv")),
            (b" [ {\"a\": 1} ]", Some("json")),
            (b"{\n  \"a\": 1\n}", Some("json")),
            (b"{\"items\": []}", Some("json")),
            (b"{\"a\": 1}\n{\"a\": 2}\n", Some("ndjson")),
            (b"PAR1\x15\x04", Some("parquet")),
            (b"a,b\n\0\0", None),
        ];
        for (head, name) in heads {
            let found: Vec<&str> =
                FORMATS.iter().filter(|format| format.recognises(head)).map(|format| format.name()).collect();
            assert_eq!(found, name.into_iter().collect::<Vec<_>>(), "{}", String::from_utf8_lossy(head));
        }
    }
}
