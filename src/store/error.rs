//! What can go wrong with a store, and what to do about it.

use miette::Diagnostic;
use thiserror::Error;

use crate::remote::RemoteError;
use crate::source::SourceError;

/// Why a store could not be read or written. Unless it says otherwise, the store is what it was before.
#[derive(Debug, Error, Diagnostic)]
pub enum StoreError {
    #[error("there is no store at `{place}`")]
    #[diagnostic(help("`shipwake ingest --store {place}` makes one from the sources"))]
    NoStore { place: String },

    #[error("`{place}` is no store: {found}")]
    #[diagnostic(help("name a folder of its own, or an empty one; nothing was touched"))]
    Foreign { place: String, found: String },

    #[error("the store at `{place}` has schema {found}, this program knows {known}")]
    #[diagnostic(help("use the program that wrote it, or ingest the sources into a new store; nothing was touched"))]
    OtherSchema { place: String, found: String, known: String },

    #[error("the store at `{place}` is not whole: {what}")]
    #[diagnostic(help(
        "it was copied in part, or files of it were removed: copy it again from where it is whole, or ingest the sources into a new store"
    ))]
    Incomplete { place: String, what: String },

    #[error("nothing has been ingested into `{place}` yet")]
    #[diagnostic(help("run `shipwake ingest --store {place}` to its end"))]
    Empty { place: String },

    #[error("the store at `{place}` knew nothing at {as_of}: its first run is of {first}")]
    #[diagnostic(help("name a later moment, or a run with `--store-version`; `shipwake history` lists them"))]
    TooEarly { place: String, as_of: String, first: String },

    #[error("the store at `{place}` has no run {run}")]
    #[diagnostic(help("`shipwake history` lists them"))]
    NoRun { place: String, run: u64 },

    #[error("this run is of {at}, and the last one of {last}: a store only goes forward")]
    #[diagnostic(help(
        "give a later `--as-of`, or none for now; where the last run was given a wrong moment, ingest the sources into a new store; nothing was touched"
    ))]
    Backwards { at: String, last: String },

    #[error("the store at `{place}` is being written by another run")]
    #[diagnostic(help("wait for it, or let this run wait with `--wait SECONDS`; a run that died leaves no lock"))]
    Locked { place: String },

    #[error("another run wrote to the store at `{place}` at the same time, {times} times in a row")]
    #[diagnostic(help("run it again when the others are done; nothing of this run is in the store"))]
    Conflict { place: String, times: usize },

    #[error("the file system of `{place}` has no hard links, which a commit needs")]
    #[diagnostic(help(
        "put the store on another disk: FAT and some network shares cannot hold it; nothing was touched"
    ))]
    NoHardLinks { place: String },

    #[error("`{path}` cannot be written: {cause}")]
    #[diagnostic(help("{help}"))]
    Write { path: String, cause: String, help: &'static str },

    #[error("`{path}` cannot be read: {cause}")]
    #[diagnostic(help("check the folder and its permissions"))]
    Read { path: String, cause: String },

    #[error("`{place}` cannot be a store: {cause}")]
    #[diagnostic(help("give a folder, or a URL such as `s3://bucket/folder`"))]
    Place { place: String, cause: String },

    #[error("could not work on the table `{table}` of the store: {cause}")]
    #[diagnostic(help("report this as a defect; the store is what it was before"))]
    Engine { table: String, cause: String },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Source(#[from] SourceError),
}

impl StoreError {
    /// What failed inside Arrow or Parquet, which is a defect.
    pub(super) fn engine(table: &str, cause: impl std::fmt::Display) -> Self {
        Self::Engine { table: table.to_owned(), cause: cause.to_string() }
    }

    /// A failed write, with what to do where the cause tells.
    pub(super) fn write(path: &str, cause: impl std::fmt::Display) -> Self {
        let cause = cause.to_string();
        let lower = cause.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let help = if says(&["no space left", "os error 28", "quota"]) {
            "make room on the disk and run it again; the store is at its last complete version"
        } else if says(&["read-only", "permission denied", "os error 13", "os error 30"]) {
            "let the user who runs it write there; the store is at its last complete version"
        } else {
            "run it again; the store is at its last complete version"
        };
        Self::Write { path: path.to_owned(), cause, help }
    }
}
