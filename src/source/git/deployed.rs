//! A list of deployed commits in place of tags: a CSV file with a commit and an instant a line.
//!
//! A commit may be named by its whole name, an unambiguous beginning, or a tag. Whoever has a fuller log gives it as a
//! source of its own, and needs this file only for changes and commits.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use arrow::array::ArrayRef;
use csv::{ReaderBuilder, StringRecord};

use super::program::Tag;
use super::rows::{self, Columns, Part, text};
use super::{Repository, place_of_tag};
use crate::source::error::{self, SourceError};
use crate::source::spec::Spec;
use crate::table::key_of;

/// (column of ours, what the list may call it)
const HEADERS: &[(&str, &[&str])] = &[
    ("commit_sha", &["commit_sha", "commit", "sha", "revision", "ref", "tag"]),
    ("finished_at", &["finished_at", "deployed_at", "at", "time", "timestamp", "date"]),
    ("deployment_id", &["deployment_id", "id"]),
    ("environment", &["environment", "env"]),
    ("status", &["status", "outcome", "result"]),
    ("version", &["version"]),
    ("deployed_by", &["deployed_by", "by", "user"]),
];

/// The shortest beginning of a name that is taken to mean one commit.
const SHORTEST: usize = 7;

/// The rows of deployments, and the places of the commits that they stand at.
///
/// # Errors
/// When the list cannot be read, or has no commits or instants.
pub fn part(
    repository: &Repository,
    tags: &[Tag],
    path: &Path,
    (spec, shown): (&Spec, &str),
    notes: &mut Vec<String>,
) -> Result<(Part, Vec<u32>), SourceError> {
    let list = List::read(path, shown)?;
    let (Some(written), Some(instants)) = (list.column("commit_sha"), list.column("finished_at")) else {
        let what =
            format!("`{shown}` has no column of commits, or none of instants: it has {}", error::list(&list.headers));
        return Err(spec.refuse(what, "call them `commit` and `finished_at`"));
    };
    let names = Names::new(repository, tags);
    let places: Vec<Option<u32>> = written.iter().map(|name| names.place(name)).collect();
    notes.extend(strangers(repository, &written, &places, shown));
    let given = list.column("deployment_id");
    let ids = written.iter().zip(&instants).enumerate().map(|(row, (name, at))| {
        let given = given.as_ref().and_then(|ids| ids.get(row)).filter(|id| !id.is_empty());
        given.cloned().unwrap_or_else(|| format!("{}@{name}@{at}", repository.service))
    });
    let ids: Vec<String> = ids.collect();
    let shas: Vec<String> = written.iter().zip(&places).map(|(name, place)| names.whole(name, *place)).collect();
    let mut columns: Columns = vec![
        ("deployment_id", cells(&ids)),
        ("service", text(ids.iter().map(|_| Some(repository.service.as_str())))),
        ("commit_sha", cells(&shas)),
    ];
    for (column, _) in HEADERS.iter().filter(|(column, _)| !matches!(*column, "deployment_id" | "commit_sha")) {
        columns.extend(list.column(column).map(|texts| (*column, cells(&texts))));
    }
    let part = rows::part("deployments", repository, columns, list.lines(), spec)?;
    Ok((Part { path: shown.to_owned(), ..part }, places.into_iter().flatten().collect()))
}

/// The file as it is written.
struct List {
    /// As keys, whatever their case and separators.
    headers: Vec<String>,
    records: Vec<StringRecord>,
}

impl List {
    fn read(path: &Path, shown: &str) -> Result<Self, SourceError> {
        let bytes = fs::read(path).map_err(|cause| SourceError::io("open", shown, cause))?;
        let unreadable = |cause: csv::Error| SourceError::Unreadable {
            path: shown.to_owned(),
            format: "CSV",
            cause: cause.to_string(),
            help: "a list of deployed commits is CSV with the columns commit and finished_at",
        };
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(text);
        let headers = reader.headers().map_err(unreadable)?.iter().map(key_of).collect();
        let records: Result<Vec<StringRecord>, csv::Error> = reader.records().collect();
        Ok(Self { headers, records: records.map_err(unreadable)? })
    }

    /// The trimmed cells of a column of ours, where the list has it by any of its names.
    fn column(&self, column: &str) -> Option<Vec<String>> {
        let (_, names) = HEADERS.iter().find(|(ours, _)| *ours == column)?;
        let place = names.iter().find_map(|name| self.headers.iter().position(|header| header == name))?;
        let cell = |record: &StringRecord| record.get(place).map(str::trim).unwrap_or_default().to_owned();
        Some(self.records.iter().map(cell).collect())
    }

    fn lines(&self) -> Vec<i64> {
        let line = |record: &StringRecord| record.position().map_or(0, |position| position.line() as i64);
        self.records.iter().map(line).collect()
    }
}

/// Texts as a column; an empty one is null.
fn cells(texts: &[String]) -> ArrayRef {
    text(texts.iter().map(|text| Some(text.as_str()).filter(|text| !text.is_empty())))
}

/// A sentence about commits that the repository does not have.
fn strangers(repository: &Repository, written: &[String], places: &[Option<u32>], shown: &str) -> Option<String> {
    let unknown = written.iter().zip(places).filter(|(_, place)| place.is_none());
    let strangers: Vec<&String> = unknown.map(|(name, _)| name).collect();
    let sentence = || {
        format!(
            "{} of {} commits in `{shown}` are not in `{}`, so nothing is delivered by them: {}",
            strangers.len(),
            written.len(),
            repository.shown,
            error::list(&strangers)
        )
    };
    (!strangers.is_empty()).then(sentence)
}

/// What a list may call a commit.
struct Names<'a> {
    repository: &'a Repository,
    tags: HashMap<&'a str, u32>,
    /// Sorted by name, for those that are cut short.
    shas: Vec<(&'a str, u32)>,
}

impl<'a> Names<'a> {
    fn new(repository: &'a Repository, tags: &'a [Tag]) -> Self {
        let tagged = |tag: &'a Tag| Some((tag.name.as_str(), place_of_tag(&repository.history, tag)?));
        let mut shas: Vec<(&str, u32)> =
            repository.history.places().map(|(place, commit)| (commit.sha.as_str(), place)).collect();
        shas.sort_unstable();
        Self { repository, tags: tags.iter().filter_map(tagged).collect(), shas }
    }

    fn place(&self, name: &str) -> Option<u32> {
        let tag = name.strip_prefix("refs/tags/").unwrap_or(name);
        if let Some(place) = self.tags.get(tag) {
            return Some(*place);
        }
        let name = name.to_ascii_lowercase();
        if name.len() < SHORTEST {
            return None;
        }
        let start = self.shas.partition_point(|(sha, _)| **sha < *name);
        let mut fitting = self.shas.iter().skip(start).take_while(|(sha, _)| sha.starts_with(&name));
        fitting.next().filter(|_| fitting.next().is_none()).map(|(_, place)| *place)
    }

    /// The whole name, or what is written where the repository does not have it.
    fn whole(&self, name: &str, place: Option<u32>) -> String {
        let commit = place.and_then(|place| self.repository.history.commit(place));
        commit.map_or_else(|| name.to_owned(), |commit| commit.sha.clone())
    }
}
