//! Looks at files without loading them: which format, which headers, and what they might be to us.
//!
//! What stands here is a proposal for a person to check, never used when data are loaded.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use super::aliases;
use super::declared;
use super::error::SourceError;
use super::files::{self, Found};
use super::formats::{self, Pieces, Reading};
use super::git;
use super::spec::Spec;
use crate::remote::is_address;
use crate::table::{TABLES, Table};

/// What a look at one file showed.
#[derive(Debug)]
pub struct Look {
    /// As it is shown to a person.
    pub path: String,
    pub format: &'static str,
    pub headers: Vec<String>,
    /// The tool whose records these are, so that nothing need be mapped.
    pub tool: Option<&'static str>,
    /// The table that fits best, with canonical column = header; none where nothing fits.
    pub proposal: Option<(&'static Table, BTreeMap<&'static str, String>)>,
    /// Of columns of the proposal, the other headers that could be them as well.
    pub rivals: BTreeMap<&'static str, Vec<String>>,
}

/// What a look at a file showed, or its path and why it could not be looked at.
pub type Seen = Result<Look, (String, SourceError)>;

/// Looks at every file that `spec` finds; a repository is known by its path, or by what lies in a folder.
///
/// # Errors
/// For each file that cannot be opened or whose format is not known; for all where the path leads nowhere.
pub fn look(spec: &Spec, base: &Path) -> Result<Vec<Seen>, SourceError> {
    if spec.repository().is_some() {
        return Ok(vec![Ok(of_repository(spec.path.clone()))]);
    }
    let repositories = repositories(spec, base);
    let found = match files::find(spec, base) {
        Err(SourceError::EmptyFolder { .. }) if !repositories.is_empty() => Vec::new(),
        found => found?,
    };
    let nested: Vec<String> =
        repositories.iter().filter(|path| **path != spec.path).map(|path| format!("{path}/")).collect();
    let found: Vec<Found> =
        found.into_iter().filter(|file| !nested.iter().any(|folder| file.shown.starts_with(folder.as_str()))).collect();
    let look = |(place, file): (usize, &Found)| {
        files::fetch_ahead(found[place..].iter());
        let seen = one(spec, file).map_err(|error| (file.shown.clone(), error));
        file.release();
        seen
    };
    let repositories = repositories.iter().map(|path| Ok(of_repository(format!("git:{path}"))));
    Ok(repositories.chain(found.iter().enumerate().map(look)).collect())
}

fn of_repository(path: String) -> Look {
    Look {
        path,
        format: git::NAME,
        headers: Vec::new(),
        tool: Some(git::NAME),
        proposal: None,
        rivals: BTreeMap::new(),
    }
}

/// Folders deeper than this are not searched for repositories.
const DEEPEST: usize = 6;

/// The git repositories at a folder and below it, as they are shown; what lies in one is not searched for others.
fn repositories(spec: &Spec, base: &Path) -> Vec<String> {
    let mut found = Vec::new();
    if !is_address(&spec.path) && spec.path != "-" {
        search(&base.join(&spec.path), Path::new(&spec.path), 0, &mut found);
    }
    found
}

fn search(path: &Path, shown: &Path, depth: usize, found: &mut Vec<String>) {
    if path.join(".git").exists() {
        found.push(shown.to_string_lossy().into_owned());
        // Exports may lie in a repository of their own, with others beside them.
        if depth > 0 {
            return;
        }
    }
    // What cannot be listed is told where files are looked for.
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let mut folders: Vec<_> = entries.filter(is_folder).map(|entry| entry.file_name()).collect();
    folders.retain(|name| !name.as_encoded_bytes().starts_with(b"."));
    folders.sort();
    for name in folders.iter().filter(|_| depth < DEEPEST) {
        search(&path.join(name), &shown.join(name), depth + 1, found);
    }
}

fn one(spec: &Spec, file: &Found) -> Result<Look, SourceError> {
    if let Some(found) = declared::recognise(spec, file)? {
        let name = found.vendor.name;
        return Ok(Look {
            path: file.shown.clone(),
            format: name,
            headers: Vec::new(),
            tool: Some(name),
            proposal: None,
            rivals: BTreeMap::new(),
        });
    }
    let opened = file.open(spec.encoding()?, &|_| ())?;
    let format = formats::of(&opened.head, spec, &file.shown)?;
    let seen = Mutex::new(Vec::new());
    let stop = || SourceError::Damaged { path: file.shown.clone(), cause: "seen enough".into() };
    let mut pieces = Pieces { cast: &|_, _| Err(stop()), keep: &mut |_| Ok(()), planned: &mut |_| () };
    let read = format.read(&Reading { spec, file, threads: 1, seen: Some(&seen), only: None }, opened, &mut pieces);
    let headers = seen.into_inner().unwrap_or_default();
    if headers.is_empty() {
        read?;
    }
    let proposal = propose(&headers);
    let rivals =
        proposal.as_ref().map(|(table, columns)| aliases::rivals(table, &headers, columns)).unwrap_or_default();
    Ok(Look { path: file.shown.clone(), format: format.name(), headers, tool: None, proposal, rivals })
}

/// The table whose required columns can all be filled and which uses the most headers.
fn propose(headers: &[String]) -> Option<(&'static Table, BTreeMap<&'static str, String>)> {
    TABLES
        .iter()
        .filter_map(|table| Some((table, aliases::columns(table, headers)?)))
        .max_by_key(|(table, columns)| (aliases::certainty(table, columns), columns.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(headers: &[&str]) -> Option<(&'static str, BTreeMap<&'static str, String>)> {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        propose(&headers).map(|(table, columns)| (table.name, columns))
    }

    #[test]
    fn a_change_export_is_taken_for_deployments() {
        let (table, columns) =
            proposal(&["Change ID", "CI Name", "Actual Start", "Actual End", "Change Type"]).unwrap();
        assert_eq!(table, "deployments");
        assert_eq!(columns["deployment_id"], "Change ID");
        assert_eq!(columns["finished_at"], "Actual End");
    }

    #[test]
    fn an_incident_export_is_taken_for_incidents() {
        let (table, columns) = proposal(&["number", "cmdb_ci", "priority", "opened_at", "resolved_at"]).unwrap();
        assert_eq!(table, "incidents");
        assert_eq!(columns["service"], "cmdb_ci");
    }

    #[test]
    fn a_deployment_log_with_its_peoples_words_is_no_list_of_services() {
        let headers =
            ["Change No.", "Application", "Env", "Release", "Git SHA", "Start", "End", "Result", "Type", "Approved by"];
        let (table, columns) = proposal(&headers).unwrap();
        assert_eq!(table, "deployments");
        let expected = [
            ("deployment_id", "Change No."),
            ("service", "Application"),
            ("environment", "Env"),
            ("version", "Release"),
            ("commit_sha", "Git SHA"),
            ("started_at", "Start"),
            ("finished_at", "End"),
            ("status", "Result"),
            ("change_type", "Type"),
            ("approved_by", "Approved by"),
        ];
        assert_eq!(columns, expected.map(|(column, header)| (column, header.to_owned())).into());
        let (table, columns) =
            proposal(&["Change-Nr.", "Anwendung", "Umgebung", "Beginn", "Ende", "Ergebnis"]).unwrap();
        assert_eq!((table, columns["finished_at"].as_str()), ("deployments", "Ende"));
    }

    #[test]
    fn lists_of_approvals_freezes_and_services_are_told_by_what_people_call_their_columns() {
        let (table, columns) = proposal(&["No", "Change", "Board", "Approver", "Decided", "Decision"]).unwrap();
        assert_eq!(
            (table, columns["deployment_id"].as_str(), columns["gate"].as_str()),
            ("approvals", "Change", "Board")
        );
        let (table, columns) = proposal(&["Freeze", "From", "To", "Applies to"]).unwrap();
        assert_eq!((table, columns["ends_at"].as_str(), columns["scope"].as_str()), ("windows", "To", "Applies to"));
        let (table, columns) = proposal(&["application", "owner team", "criticality", "customer facing"]).unwrap();
        assert_eq!((table, columns.len()), ("services", 4));
        assert!(proposal(&["Application", "Remark", "Price"]).is_none());
    }

    #[test]
    fn two_headers_that_could_be_one_column_are_a_question() {
        let headers = ["Change No", "Application", "Component", "End", "Actual End"].map(str::to_owned);
        let (table, columns) = propose(&headers).unwrap();
        assert_eq!((columns["service"].as_str(), columns["finished_at"].as_str()), ("Application", "Actual End"));
        let rivals = aliases::rivals(table, &headers, &columns);
        let expected = [("finished_at", vec!["End".to_owned()]), ("service", vec!["Component".to_owned()])];
        assert_eq!(rivals, expected.into());
    }

    #[test]
    fn headers_that_mean_nothing_to_us_are_no_table() {
        assert!(proposal(&["apples", "pears"]).is_none());
    }
}
