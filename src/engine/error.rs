//! What can go wrong in the engine, told with the text and the place where it did.

use std::io;

use datafusion::common::DataFusionError;
use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

use super::{Statement, TableCall};

#[derive(Debug, Error, Diagnostic)]
pub enum EngineError {
    #[error("{message}")]
    Statement {
        message: String,
        #[source_code]
        text: NamedSource<String>,
        #[label]
        place: Option<SourceSpan>,
        #[help]
        help: Option<String>,
    },

    #[error("table `{name}` is absent: no source gave it")]
    #[diagnostic(help("add a source with `--data {name}=PATH`; `shipwake tables {name}` lists its columns"))]
    AbsentTable { name: String, origin: String },

    #[error("no table, view or metric is called `{name}`")]
    #[diagnostic(help("`shipwake tables` lists them"))]
    NoTable { name: String },

    #[error("cannot run `{what}`: statements may only read")]
    #[diagnostic(help("write a `select`; to keep a result, use `--out FILE`"))]
    NotReadOnly { what: String, origin: String },

    #[error("the {origin} holds no statement")]
    #[diagnostic(help("write one `select`"))]
    NoStatement { origin: String },

    #[error("the {origin} holds {count} statements, expected one")]
    #[diagnostic(help("run them one at a time"))]
    ManyStatements { origin: String, count: usize },

    #[error("view `{name}` reads itself")]
    #[diagnostic(help("a query may build on other views, but not in a circle"))]
    Circle { name: String },

    #[error("{0}")]
    #[diagnostic(help("`metric(…)` stands in queries of your own, not in those of `--queries`"))]
    Unanswered(TableCall),

    #[error("a query was lost: {0}")]
    #[diagnostic(help("run it again; if it is lost again, report it with the query"))]
    Lost(String),

    #[error("could not start worker threads")]
    Runtime(#[source] io::Error),

    #[error("the query engine failed: {0}")]
    Session(DataFusionError),
}

impl EngineError {
    /// An engine error met while working on `statement`.
    pub fn of_statement(error: DataFusionError, statement: &Statement) -> Self {
        let diagnostic = error.diagnostic().cloned();
        let root = error.find_root();
        let full = root.strip_backtrace();
        let place = diagnostic
            .as_ref()
            .and_then(|found| found.span)
            .map(|span| {
                let start = offset(&statement.text, span.start.line, span.start.column);
                let end = offset(&statement.text, span.end.line, span.end.column).max(start + 1);
                SourceSpan::from(start..end)
            })
            .or_else(|| {
                parser_place(&full).map(|(line, column)| SourceSpan::from((offset(&statement.text, line, column), 1)))
            });
        let message = match &diagnostic {
            Some(found) => found.message.clone(),
            None => plain(&full),
        };
        let helps: Vec<String> =
            diagnostic.iter().flat_map(|found| &found.helps).map(|help| help.message.clone()).collect();
        let help = if helps.is_empty() { suggestion(&full) } else { Some(helps.join("; ")) };
        Self::Statement {
            message,
            text: NamedSource::new(&statement.origin, statement.text.clone()).with_language("SQL"),
            place,
            help,
        }
    }
}

/// Byte offset of a line and column, both from 1.
fn offset(text: &str, line: u64, column: u64) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let in_line = text[before..].chars().take(column.saturating_sub(1) as usize).map(char::len_utf8).sum::<usize>();
    (before + in_line).min(text.len())
}

/// The place that the parser writes behind its message.
fn parser_place(message: &str) -> Option<(u64, u64)> {
    let (_, rest) = message.rsplit_once("at Line: ")?;
    let (line, rest) = rest.split_once(", Column: ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((line.parse().ok()?, digits.parse().ok()?))
}

/// The message without the engine's own prefixes and without the place, which the picture shows.
///
/// A call that one of our functions refuses is told in the function's words alone.
fn plain(message: &str) -> String {
    let prefixes = ["Error during planning: ", "SQL error: ", "Schema error: ", "Execution error: ", "Arrow error: "];
    let mut text = message;
    if let Some((_, refusal)) = message.split_once("user-defined coercion failed with: ") {
        text = refusal.split(". No function matches").next().unwrap_or(refusal);
    }
    for prefix in prefixes {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    let text = text.strip_prefix("ParserError(\"").unwrap_or(text);
    let text = text.split(" at Line: ").next().unwrap_or(text);
    text.trim_end_matches("\")").to_owned()
}

fn suggestion(message: &str) -> Option<String> {
    if message.contains("not found") || message.contains("No field named") {
        return Some("`shipwake tables NAME` lists the columns of a table or view".into());
    }
    if message.contains("Resources exhausted") {
        return Some("raise `--memory-limit`, or narrow the query".into());
    }
    None
}
