//! Canonical CSV files in a folder of their own, and the program that is asked about them.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::case::{Row, Tool, Window};
use crate::support::{Folder, csv_text, shipwake};

/// A canonical table: columns, and rows with as many fields.
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    pub rows: Vec<Vec<String>>,
}

/// Canonical files of one case, with the definitions that its tool and its policy ask for.
pub struct Data {
    folder: Folder,
    arguments: Vec<String>,
}

/// All the time that stamps can have.
const ALWAYS: [&str; 6] = ["--grain", "total", "--from", "1990-01-01", "--until", "2100-01-01"];

impl Data {
    pub fn new(tool: Tool, set: &[String], tables: &[Table]) -> Self {
        let folder = Folder::new("neutral");
        let mut arguments: Vec<String> =
            ["--strict", "-q", "--format", "json", "--as-of", "2100-01-01", "--profile", tool.profile()]
                .map(String::from)
                .to_vec();
        for pair in set {
            arguments.extend(["--set".to_owned(), pair.clone()]);
        }
        for table in tables {
            let columns: Vec<String> = table.columns.iter().map(|name| (*name).to_owned()).collect();
            folder.write(&format!("{}.csv", table.name), csv_text(&columns, &table.rows));
            arguments.extend(["--data".to_owned(), format!("{0}={0}.csv", table.name)]);
        }
        Self { folder, arguments }
    }

    /// The rows of `shipwake sql`.
    pub fn sql(&self, query: &str) -> Result<Vec<Row>, String> {
        rows(self.run(&["sql", query])?)
    }

    /// The rows of `shipwake metric`.
    pub fn metric(&self, name: &str, options: &[&str]) -> Result<Vec<Row>, String> {
        let mut answer = self.run(&[&["metric", name], options].concat())?;
        match &answer["not_measured"] {
            Value::Null => rows(answer["rows"].take()),
            reason => Err(format!("{name} is not measured: {reason}")),
        }
    }

    /// The one row of a metric over all time, where a condition on its columns holds.
    pub fn total(&self, name: &str, condition: &str) -> Result<Row, String> {
        let rows = self.metric(name, &[&ALWAYS[..], &["--where", condition]].concat())?;
        rows.into_iter().next().ok_or_else(|| format!("{name} gave no row"))
    }

    /// The rows of a metric over all time, one for each service that has events.
    pub fn by_service(&self, name: &str, condition: &str) -> Result<Vec<Row>, String> {
        self.metric(name, &[&ALWAYS[..], &["--by", "service", "--where", condition]].concat())
    }

    fn run(&self, arguments: &[&str]) -> Result<Value, String> {
        let own = self.arguments.iter().map(String::as_str);
        let arguments: Vec<&str> = arguments.iter().copied().chain(own).collect();
        let output = shipwake(self.path(), &arguments);
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`shipwake {}` failed: {told}", arguments.join(" ")));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| format!("no JSON: {error}"))
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn rows(answer: Value) -> Result<Vec<Row>, String> {
    serde_json::from_value(answer).map_err(|error| format!("no rows: {error}"))
}

/// A field as text; empty where it is absent or null.
pub fn text(row: &Row, name: &str) -> String {
    match row.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

pub fn number(row: &Row, name: &str) -> Option<f64> {
    row.get(name)?.as_f64()
}

/// An instant as our files have it; empty for none.
pub fn stamp(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)).unwrap_or_default()
}

/// `column` inside the window, both ends included.
pub fn within(column: &str, window: Window) -> String {
    let bound = |sign: &str, at: DateTime<Utc>| format!("{column} {sign} timestamp '{}'", stamp(Some(at)));
    let bounds = [window.from.map(|at| bound(">=", at)), window.to.map(|at| bound("<=", at))];
    let bounds: Vec<String> = bounds.into_iter().flatten().collect();
    if bounds.is_empty() { "true".to_owned() } else { bounds.join(" and ") }
}

/// `column` strictly later than an instant.
pub fn after(column: &str, at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "true".to_owned(), |at| format!("{column} > timestamp '{}'", stamp(Some(at))))
}
