//! Looks at files without loading them: which format, which headers, and what they might be to us.
//!
//! What stands here is a proposal for a person to check, never used when data are loaded.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use super::aliases;
use super::declared;
use super::error::SourceError;
use super::files::{self, Found};
use super::formats::{self, Pieces, Reading};
use super::git;
use super::spec::Spec;
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
}

/// What a look at a file showed, or its path and why it could not be looked at.
pub type Seen = Result<Look, (String, SourceError)>;

/// Looks at every file that `spec` finds; a repository is known by its path.
///
/// # Errors
/// For each file that cannot be opened or whose format is not known; for all where the path leads nowhere.
pub fn look(spec: &Spec, base: &Path) -> Result<Vec<Seen>, SourceError> {
    if spec.repository().is_some() {
        let (path, format, tool) = (spec.path.clone(), git::NAME, Some(git::NAME));
        return Ok(vec![Ok(Look { path, format, headers: Vec::new(), tool, proposal: None })]);
    }
    let found = files::find(spec, base)?;
    let look = |(place, file): (usize, &Found)| {
        files::fetch_ahead(found[place..].iter());
        let seen = one(spec, file).map_err(|error| (file.shown.clone(), error));
        file.release();
        seen
    };
    Ok(found.iter().enumerate().map(look).collect())
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
    Ok(Look { path: file.shown.clone(), format: format.name(), headers, tool: None, proposal })
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
    fn headers_that_mean_nothing_to_us_are_no_table() {
        assert!(proposal(&["apples", "pears"]).is_none());
    }
}
