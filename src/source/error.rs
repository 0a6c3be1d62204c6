//! What can go wrong with a whole file, in the words of the person who gave it; a bad row is no error.

use std::io;

use miette::Diagnostic;
use thiserror::Error;

use crate::remote::RemoteError;

/// Why reading stopped.
#[derive(Debug, Error, Diagnostic)]
pub enum SourceError {
    #[error("path `{path}` does not exist")]
    #[diagnostic(help("paths are taken from {base}"))]
    Missing { path: String, base: String },

    #[error("no file matches `{pattern}`")]
    #[diagnostic(help("paths are taken from {base}; `*` stays within a folder, `**` goes down"))]
    NoMatch { pattern: String, base: String },

    #[error("pattern `{pattern}` cannot be read: {cause}")]
    #[diagnostic(help("`*`, `?`, `[abc]` and `{{a,b}}` are known; write `[[]` for a bracket itself"))]
    Pattern { pattern: String, cause: String },

    #[error("folder `{path}` holds no file")]
    #[diagnostic(help("hidden files are left out; name the files themselves to read them"))]
    EmptyFolder { path: String },

    #[error("path `{path}` is a folder, expected a file")]
    #[diagnostic(help("give the folder without a trailing pattern, or the files in it"))]
    Folder { path: String },

    #[error("could not {action} `{path}`")]
    #[diagnostic(help("{}", help_on_io(cause)))]
    Io {
        action: &'static str,
        path: String,
        #[source]
        cause: io::Error,
    },

    #[error("file `{path}` is not text: byte {offset} is {found}")]
    #[diagnostic(help(
        "shipwake reads CSV, TSV, JSON, NDJSON and Parquet, plain or packed with gzip or zstd; export the data as one of these"
    ))]
    NotText { path: String, offset: u64, found: String },

    #[error("file `{path}` is not UTF-8: line {line}, byte {offset}")]
    #[diagnostic(help("name its encoding in the source: `encoding = \"windows-1252\"`"))]
    NotUtf8 { path: String, line: i64, offset: u64 },

    #[error("file `{path}` is damaged: {cause}")]
    #[diagnostic(help("fetch or export the file again: it seems cut off or changed on its way"))]
    Damaged { path: String, cause: String },

    #[error("{format} in `{path}` cannot be read: {cause}")]
    #[diagnostic(help("{help}"))]
    Unreadable { path: String, format: &'static str, cause: String, help: &'static str },

    #[error("{path}:{line}: a quote is opened and never closed")]
    #[diagnostic(help("close the quote, or double it where it stands for itself: `\"\"`"))]
    OpenQuote { path: String, line: i64 },

    #[error("{path}:{line}: a record is longer than {limit} bytes")]
    #[diagnostic(help("look for a quote that is never closed, or another delimiter than `{delimiter}`"))]
    LongRecord { path: String, line: i64, limit: usize, delimiter: char },

    #[error("file `{path}` fits no table: it has {headers}{nearest}")]
    #[diagnostic(help(
        "say what it is: `--data TABLE={path}`, or map its columns under `[sources.columns]`; `shipwake tables` lists them"
    ))]
    NoTable { path: String, headers: String, nearest: String },

    #[error("file `{path}` fits several tables: {candidates}")]
    #[diagnostic(help("say which one: `--data {first}={path}`, or `table = \"{first}\"` in the source"))]
    SeveralTables { path: String, candidates: String, first: &'static str },

    #[error("records of `{path}` may be those of several tools: {candidates}")]
    #[diagnostic(help(
        "say whose they are: `--as {first}` or `--data {first}={path}`, or `format = \"{first}\"` in the source; `shipwake sources {first}` shows what it reads"
    ))]
    SeveralFormats { path: String, candidates: String, first: &'static str },

    #[error("table `{table}` needs column {missing}, and `{path}` has {headers}")]
    #[diagnostic(help(
        "map it under `[sources.columns]`, as in `{example} = \"Name in the file\"`, or give it under `[sources.defaults]`"
    ))]
    NoColumn { path: String, table: &'static str, missing: String, headers: String, example: &'static str },

    #[error("file `{path}` has no column `{field}` for `{column}`: it has {headers}")]
    #[diagnostic(help("correct `{column} = \"{field}\"` under `[sources.columns]` of source `{origin}`"))]
    NoField { path: String, column: String, field: String, headers: String, origin: String },

    #[error("{place}: `{value}` in column `{column}` has no time zone")]
    #[diagnostic(help(
        "which zone are these stamps in? Write it in its source in shipwake.toml, as in `timezone = \"Europe/London\"`; `shipwake init` writes a first one"
    ))]
    NeedsZone { place: String, column: String, value: String },

    #[error("{place}: `{value}` in column `{column}` may be day or month first, and no value of the file shows which")]
    #[diagnostic(help("write it in the source: `date_order = \"dmy\"`, or `\"mdy\"`"))]
    NeedsDateOrder { place: String, column: String, value: String },

    #[error(
        "column `{column}` of `{path}` has dates both day first and month first: `{day_first}` and `{month_first}`"
    )]
    #[diagnostic(help(
        "write which is right in the source, as in `date_order = \"dmy\"`; the others are then rejected row by row"
    ))]
    MixedDateOrder { path: String, column: String, day_first: String, month_first: String },

    #[error("`{path}` {what}")]
    #[diagnostic(help("{help}"))]
    Repository { path: String, what: String, help: String },

    #[error("source `{origin}`: {what}")]
    #[diagnostic(help("{help}"))]
    Spec { origin: String, what: String, help: String },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),

    #[error("the engine failed on `{path}`: {cause}")]
    #[diagnostic(help("this is a defect of shipwake: report it with the command that you ran"))]
    Engine { path: String, cause: String },
}

impl SourceError {
    /// An error of the operating system while doing something to a path.
    pub(super) fn io(action: &'static str, path: &str, cause: io::Error) -> Self {
        let path = path.to_owned();
        match cause.kind() {
            io::ErrorKind::IsADirectory => Self::Folder { path },
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Self::Damaged { path, cause: cause.to_string() }
            }
            _ => Self::Io { action, path, cause },
        }
    }

    pub(super) fn engine(path: &str, cause: impl ToString) -> Self {
        Self::Engine { path: path.to_owned(), cause: cause.to_string() }
    }
}

fn help_on_io(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => "ask for the right to read it, or copy it to where you have it",
        io::ErrorKind::NotFound => "it was there a moment ago: look whether another program moves it",
        _ => "try again, or copy the file to another disk",
    }
}

/// `a`, `b`, `c`, cut at five with a count of the rest.
pub(super) fn list<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 5;
    if names.is_empty() {
        return "none".into();
    }
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", shorten(name.as_ref()))).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        rest => format!("{} and {rest} more", shown.join(", ")),
    }
}

/// A value of a file as it may stand in a message: one line, not long.
pub(super) fn shorten(value: &str) -> String {
    const LIMIT: usize = 60;
    let line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LIMIT + 1).collect();
    if line.chars().count() > LIMIT {
        return line.chars().take(LIMIT - 1).chain(['…']).collect();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_cut_at_five() {
        assert_eq!(list(&["a", "b"]), "`a`, `b`");
        assert_eq!(list(&["a", "b", "c", "d", "e", "f", "g"]), "`a`, `b`, `c`, `d`, `e` and 2 more");
        assert_eq!(list::<&str>(&[]), "none");
    }

    #[test]
    fn a_long_value_is_cut_and_stays_on_its_line() {
        assert_eq!(shorten("one\ntwo"), "one two");
        assert_eq!(shorten(&"é".repeat(100)).chars().count(), 60);
    }
}
