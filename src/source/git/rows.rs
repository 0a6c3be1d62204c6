//! What a repository tells, as columns of the canonical tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, StringViewArray, TimestampMicrosecondArray};
use serde_json::json;

use super::Repository;
use super::history::Commit;
use super::message;
use super::revert::{Undone, is_revert};
use super::rules::{Rules, micros};
use crate::source::declared::made;
use crate::source::error::SourceError;
use crate::source::formats::{Lines, Raw};
use crate::source::plan::{Field, Filled, Plan};
use crate::source::spec::{Keeping, Spec};
use crate::table::Table;

/// The rows of one table, not cast yet.
pub struct Part {
    /// Where they come from, as it is shown to a person.
    pub path: String,
    pub plan: Plan,
    pub raw: Raw,
    /// Tags or commits that make no row, by rule.
    pub unused: u64,
}

/// A row of deployments that a tag makes.
pub struct Deployment {
    pub id: String,
    /// None for the default.
    pub environment: Option<String>,
    pub version: Option<String>,
    pub commit: Option<String>,
    /// Seconds since 1970.
    pub at: Option<i64>,
    pub by: Option<String>,
    pub url: Option<String>,
}

/// Columns of one table, each with its name.
pub type Columns = Vec<(&'static str, ArrayRef)>;

/// # Errors
/// When the columns are not ours, which is a defect.
pub fn deployments(
    repository: &Repository,
    rows: Vec<Deployment>,
    unused: u64,
    spec: &Spec,
) -> Result<Part, SourceError> {
    let columns: Columns = vec![
        ("deployment_id", text(rows.iter().map(|row| Some(row.id.as_str())))),
        ("service", text(rows.iter().map(|_| Some(repository.service.as_str())))),
        ("environment", text(rows.iter().map(|row| row.environment.as_deref()))),
        ("version", text(rows.iter().map(|row| row.version.as_deref()))),
        ("commit_sha", text(rows.iter().map(|row| row.commit.as_deref()))),
        ("finished_at", instants(rows.iter().map(|row| row.at))),
        ("deployed_by", text(rows.iter().map(|row| row.by.as_deref()))),
        ("url", text(rows.iter().map(|row| row.url.as_deref()))),
    ];
    let part = part("deployments", repository, columns, (1..=rows.len() as i64).collect(), spec)?;
    Ok(Part { unused, ..part })
}

/// Commits that are on the default branch or in a release, or all where the default branch is not known.
///
/// # Errors
/// When the columns are not ours, which is a defect.
pub fn changes(
    repository: &Repository,
    released: &[u32],
    (spec, rules): (&Spec, &Rules),
    notes: &mut Vec<String>,
) -> Result<Option<Part>, SourceError> {
    let rows = chosen(repository, released, rules, notes);
    if rows.is_empty() {
        return Ok(None);
    }
    let unused = (repository.history.commits.len() - rows.len()) as u64;
    let lines = rows.iter().map(|(place, _)| i64::from(*place) + 1).collect();
    let mut part = part("changes", repository, columns(repository, &rows), lines, spec)?;
    part.raw.extra = Some(rows.iter().map(|(_, commit)| Some(beside(commit))).collect());
    Ok(Some(Part { unused, ..part }))
}

/// The commits that are changes, by rule.
fn chosen<'a>(
    repository: &'a Repository,
    released: &[u32],
    rules: &Rules,
    notes: &mut Vec<String>,
) -> Vec<(u32, &'a Commit)> {
    let history = &repository.history;
    let held = repository.main.map(|main| history.held_by(released.iter().copied().chain([main])));
    let is_held = |place: u32| held.as_ref().is_none_or(|held| held.get(place as usize).copied().unwrap_or(false));
    let mut rows: Vec<(u32, &Commit)> = history
        .places()
        .filter(|(place, commit)| is_held(*place) && rules.is_recent(commit.committed_at))
        .filter(|(_, commit)| rules.bots == Keeping::Keep || !message::is_bot(&commit.author, &commit.email))
        .collect();
    let all = rows.len();
    rows.retain(|(_, commit)| rules.merges == Keeping::Keep || !commit.is_merge());
    if rows.len() < all {
        notes.push(format!(
            "{} merges of `{}` are no changes of their own, though what they bring is: `merges = \"keep\"` counts them",
            all - rows.len(),
            repository.shown
        ));
    }
    rows
}

fn columns(repository: &Repository, rows: &[(u32, &Commit)]) -> Columns {
    let history = &repository.history;
    let undone = Undone::new(history);
    let each = || rows.iter().map(|(_, commit)| *commit);
    let tickets: Vec<Option<String>> = each().map(|commit| made::ticket_key(&commit.subject)).collect();
    let mut columns: Columns = vec![
        ("change_id", text(each().map(|commit| Some(commit.sha.as_str())))),
        ("service", text(each().map(|_| Some(repository.service.as_str())))),
        ("repository", text(each().map(|_| Some(repository.name.as_str())))),
        ("author", text(each().map(|commit| Some(commit.author.as_str())))),
        ("commit_sha", text(each().map(|commit| Some(commit.sha.as_str())))),
        ("committed_at", instants(each().map(|commit| commit.authored_at))),
        ("category", text(each().map(|commit| message::category(&commit.subject)))),
        ("is_revert", Arc::new(each().map(|commit| Some(is_revert(commit))).collect::<BooleanArray>())),
        ("reverts", text(rows.iter().map(|(place, commit)| undone.by(*place, commit)))),
        ("ticket_id", text(tickets.iter().map(Option::as_deref))),
    ];
    if let Some(main) = repository.main {
        let landed = history.landed(main);
        let landed = |place: u32| landed.get(place as usize).copied().flatten();
        let merged = rows.iter().map(|(place, commit)| merged_at(commit, landed(*place)));
        columns.push(("merged_at", instants(merged)));
    }
    columns
}

/// Every commit with its parents; nothing is left out, for ancestry goes through all of them.
///
/// # Errors
/// When the columns are not ours, which is a defect.
pub fn commits(repository: &Repository) -> Result<Option<Part>, SourceError> {
    let commits = &repository.history.commits;
    if commits.is_empty() {
        return Ok(None);
    }
    let columns: Columns = vec![
        ("commit_sha", text(commits.iter().map(|commit| Some(commit.sha.as_str())))),
        ("parents", text(commits.iter().map(|commit| Some(commit.parents.as_str())))),
    ];
    let lines = (1..=commits.len() as i64).collect();
    part("commits", repository, columns, lines, &Spec::default()).map(Some)
}

/// When a commit came to the default branch; unknown where the author's clock says that it was not written yet.
fn merged_at(commit: &Commit, landed: Option<i64>) -> Option<i64> {
    landed.filter(|landed| commit.authored_at.is_none_or(|authored| authored <= *landed))
}

/// What a commit says for which there is no column.
fn beside(commit: &Commit) -> String {
    let subject = &commit.subject;
    match message::is_bot(&commit.author, &commit.email) {
        true => json!({ "subject": subject, "is_bot": true }).to_string(),
        false => json!({ "subject": subject }).to_string(),
    }
}

/// Columns with a plan that casts them; what the source gives by default stands where they are null.
pub fn part(
    table: &'static str,
    repository: &Repository,
    mut columns: Columns,
    lines: Vec<i64>,
    spec: &Spec,
) -> Result<Part, SourceError> {
    let unknown = |name: &str| SourceError::engine(&repository.shown, format!("`{name}` is not ours"));
    let table = Table::named(table).ok_or_else(|| unknown(table))?;
    columns.retain(|(_, array)| array.null_count() < array.len() || array.is_empty());
    let mut filled = Vec::new();
    for (place, (name, _)) in columns.iter().enumerate() {
        let column = table.column(name).ok_or_else(|| unknown(name))?;
        filled.push(Filled {
            column,
            from: vec![place],
            header: (*name).to_owned(),
            default: default_of(spec, name),
            words: BTreeMap::new(),
        });
    }
    for column in table.all_columns().filter(|column| !columns.iter().any(|(name, _)| *name == column.name)) {
        if let Some(value) = default_of(spec, column.name) {
            let (header, default) = (column.name.to_owned(), Some(value));
            filled.push(Filled { column, from: Vec::new(), header, default, words: BTreeMap::new() });
        }
    }
    let name = |(index, (name, _)): (usize, &(&str, ArrayRef))| Field { index, name: (*name).to_owned() };
    Ok(Part {
        path: repository.shown.clone(),
        plan: Plan {
            table,
            fields: columns.iter().enumerate().map(name).collect(),
            columns: filled,
            extra: Vec::new(),
            is_comma_decimal: false,
            absent: Vec::new(),
        },
        raw: Raw {
            rows: lines.len(),
            columns: columns.into_iter().map(|(_, array)| array).collect(),
            extra: None,
            lines: Lines::Each(lines),
            broken: Vec::new(),
        },
        unused: 0,
    })
}

/// The value of a column where nothing gives one: that of the source, or production for deployments.
fn default_of(spec: &Spec, column: &str) -> Option<String> {
    let given = spec.defaults.get(column).cloned();
    given.or_else(|| (column == "environment").then(|| "production".to_owned()))
}

pub fn text<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringViewArray>())
}

fn instants(seconds: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    let values: TimestampMicrosecondArray = seconds.map(micros).collect();
    Arc::new(values.with_timezone("UTC"))
}
