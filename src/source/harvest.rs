//! What sources give a store: rows as they came, not yet brought together with those that are there.
//!
//! Nothing is left out for being later than a moment: a store keeps all, and what was known when is told at reading.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use sha2::{Digest, Sha256};

use super::declared::{self, Made, Piece};
use super::error::SourceError;
use super::reject::{Reject, Unmapped};
use super::spec::Spec;
use super::{FileRead, Loading, Options, files};
use crate::remote::Network;

/// A file as it lies there now, before it is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    pub source: String,
    /// As it is shown to a person.
    pub path: String,
    /// Of its bytes as stored; empty for what has none, such as a repository.
    pub sha256: String,
    /// What its source says of it, as a hash.
    pub settings: String,
}

/// One account, and the file that it is of.
#[derive(Debug, Clone)]
pub struct Harvested {
    pub read: FileRead,
    pub file: Known,
    /// Rows are made of its records together with those of other files.
    pub is_of_tool: bool,
    /// Column = value where a record says nothing; for the records of tools.
    pub defaults: BTreeMap<String, String>,
}

/// What all files that were read gave.
pub struct Harvest {
    /// Rows by table in the order of files and lines, a key perhaps more than once; `place` has the number of the
    /// account in `files`.
    pub parts: BTreeMap<&'static str, Vec<RecordBatch>>,
    pub files: Vec<Harvested>,
    pub rejected: Vec<Reject>,
    pub unmapped: Unmapped,
    pub notes: Vec<String>,
    /// Files that were known and not read.
    pub skipped: u64,
    pieces: Vec<Piece>,
}

/// Reads all files that `is_known` does not know.
///
/// # Errors
/// As [`super::load`].
pub fn harvest(specs: &[Spec], options: &Options, is_known: &dyn Fn(&Known) -> bool) -> Result<Harvest, SourceError> {
    let mut found = Vec::new();
    for spec in specs {
        spec.check()?;
        if spec.repository().is_none() {
            found.extend(files::find(spec, options.base)?.into_iter().map(|file| (spec, file)));
        }
    }
    let mut loading = Loading::new(options, found.iter().filter_map(|(_, file)| file.bytes()).sum());
    let mut of_accounts: Vec<Known> = Vec::new();
    let (mut aside, mut skipped) = (Vec::new(), Vec::new());
    for (place, (spec, file)) in found.iter().enumerate() {
        files::fetch_ahead(found[place..].iter().map(|(_, file)| file));
        let known = Known {
            source: spec.name.clone(),
            path: file.shown.clone(),
            sha256: file.digest()?,
            settings: settings(spec),
        };
        if is_known(&known) {
            skipped.push(&spec.name);
            file.release();
            continue;
        }
        match loading.add(spec, file) {
            Err(error @ SourceError::NoTable { .. })
                if spec.may_be_left || files::is_in_folder(spec, options.base, file) =>
            {
                aside.push((*spec, file, known.clone(), error));
            }
            other => other?,
        }
        file.release();
        of_accounts.resize(loading.files.len(), known);
    }
    for (spec, file, known, error) in aside {
        // Beside files that fitted at an earlier run, what fits nothing is left aside as it was then.
        match skipped.contains(&&spec.name) {
            true => loading.leave_beside(spec, file, error)?,
            false => loading.leave(spec, file, error)?,
        }
        of_accounts.resize(loading.files.len(), known);
    }
    for spec in specs.iter().filter(|spec| spec.repository().is_some()) {
        loading.add_repository(spec)?;
        let known = Known {
            source: spec.name.clone(),
            path: spec.path.clone(),
            sha256: String::new(),
            settings: settings(spec),
        };
        of_accounts.resize(loading.files.len(), known);
    }
    loading.note_aside();
    let skipped = skipped.len() as u64;
    Ok(loading.harvested(of_accounts, skipped))
}

/// What pieces of tools' records make.
pub struct Folded {
    /// Rows that new pieces are part of, by table; each takes the place of the row of its key.
    pub rows: BTreeMap<&'static str, Vec<RecordBatch>>,
    /// The records of all tools that make no row, of earlier files as well.
    pub rejected: Vec<Reject>,
    pub unmapped: Unmapped,
    /// The pieces that were not known, to be kept.
    pub fresh: RecordBatch,
}

/// Brings the records of tools together with those of earlier files; none where there is nothing new.
///
/// # Errors
/// When casting fails, which is a defect.
pub fn fold(
    earlier: &[RecordBatch],
    harvest: &mut Harvest,
    numbers: &[usize],
    defaults: &BTreeMap<usize, BTreeMap<String, String>>,
    files: &[FileRead],
) -> Result<Option<Folded>, SourceError> {
    let mut new = std::mem::take(&mut harvest.pieces);
    if new.is_empty() {
        return Ok(None);
    }
    let fail = |error: ArrowError| SourceError::engine("tool records", error);
    for piece in &mut new {
        piece.file = numbers.get(piece.file).copied().unwrap_or(piece.file);
    }
    let mut known = Vec::new();
    for batch in earlier {
        known.extend(declared::again(batch).map_err(fail)?);
    }
    let together = declared::rows_of(known, new, defaults, files)?;
    let mut rows: BTreeMap<&'static str, Vec<RecordBatch>> = BTreeMap::new();
    for Made { table, cast, .. } in together.touched {
        rows.entry(table.name).or_default().push(cast.batch);
    }
    let mut rejected = Vec::new();
    let mut unmapped = Unmapped::new();
    for Made { table, file, cast, .. } in together.all {
        rejected.extend(cast.rejected);
        for ((column, word), count) in cast.unmapped {
            *unmapped.entry((file, table.name, column, word)).or_default() += count;
        }
    }
    Ok(Some(Folded { rows, rejected, unmapped, fresh: declared::kept(&together.fresh).map_err(fail)? }))
}

impl Loading<'_> {
    fn harvested(self, of_accounts: Vec<Known>, skipped: u64) -> Harvest {
        let (pieces, defaults) = self.gathered.into_pieces();
        let of_tool = |number: usize| defaults.get(&number);
        let files = self.files.into_iter().zip(of_accounts).enumerate().map(|(number, (read, file))| Harvested {
            read,
            file,
            is_of_tool: of_tool(number).is_some(),
            defaults: of_tool(number).cloned().unwrap_or_default(),
        });
        let parts = self.parts.into_iter();
        Harvest {
            parts: parts.map(|(table, parts)| (table, parts.into_iter().map(|(batch, _)| batch).collect())).collect(),
            files: files.collect(),
            rejected: self.rejected,
            unmapped: self.unmapped,
            notes: self.notes,
            skipped,
            pieces,
        }
    }
}

/// What decides how a file is read: all that its source says, and the program that reads it.
fn settings(spec: &Spec) -> String {
    let mut hasher = Sha256::new();
    // How it is reached is no part of what it says.
    let spec = Spec { network: Network::default(), ..spec.clone() };
    hasher.update(format!("{spec:?} {}", env!("CARGO_PKG_VERSION")));
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
