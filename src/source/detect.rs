//! Which table a file fills: judged by its headers; its name only breaks a tie.

use super::error::{SourceError, list};
use super::plan::{Headers, missing, reaches, same_name};
use super::spec::{Spec, stem};
use crate::table::{TABLES, Table, key_of};

/// The table that a file's headers fit, or the one that the source names.
///
/// A table fits when every column that it needs is there. Of those that fit, the one with the most columns in the file
/// is taken.
///
/// # Errors
/// When none fits, or two fit equally well.
pub(super) fn table(headers: Headers, spec: &Spec, path: &str) -> Result<&'static Table, SourceError> {
    if let Some(table) = spec.table()? {
        return Ok(table);
    }
    let fits = |table: &&'static Table| missing(table, |name| is_given(table, name, headers, spec)).is_empty();
    let scored: Vec<(usize, &'static Table)> =
        TABLES.iter().filter(fits).map(|table| (score(table, headers, spec), table)).collect();
    let best = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
    let candidates: Vec<&'static Table> =
        scored.iter().filter(|(score, _)| *score == best).map(|(_, table)| *table).collect();
    match candidates[..] {
        [] => Err(no_table(headers, spec, path)),
        [table] => Ok(table),
        [first, ..] => {
            let mut named = candidates.iter().filter(|table| is_named(path, table.name));
            match (named.next(), named.next()) {
                (Some(table), None) => Ok(table),
                _ => Err(SourceError::SeveralTables {
                    path: path.to_owned(),
                    candidates: list(&candidates.iter().map(|table| table.name).collect::<Vec<_>>()),
                    first: first.name,
                }),
            }
        }
    }
}

/// Whether an object of these names has the key of some table.
pub(super) fn has_key(names: &[String]) -> bool {
    let is_there = |table: &Table| table.key.iter().all(|key| !same_name(names, key).is_empty());
    TABLES.iter().any(is_there)
}

/// Whether the source maps a field that an object of these names has.
pub(super) fn is_configured(names: &[String], spec: &Spec) -> bool {
    spec.columns.values().any(|path| reaches(names, path))
}

fn is_given(table: &Table, name: &str, headers: Headers, spec: &Spec) -> bool {
    let is_configured = spec.columns.contains_key(name) || spec.defaults.contains_key(name);
    table.column(name).is_some() && (is_configured || !same_name(headers.names, name).is_empty())
}

fn score(table: &Table, headers: Headers, spec: &Spec) -> usize {
    table.columns.iter().filter(|column| is_given(table, column.name, headers, spec)).count()
}

/// `exports/incidents-2026.csv` is named after `incidents`, and so is `incident.json`.
fn is_named(path: &str, table: &str) -> bool {
    let stem = key_of(&stem(path));
    let singular = table.strip_suffix('s').unwrap_or(table);
    stem.split('_').any(|part| part == table || part == singular)
}

fn no_table(headers: Headers, spec: &Spec, path: &str) -> SourceError {
    let nearest = TABLES
        .iter()
        .map(|table| (table, score(table, headers, spec)))
        .filter(|(_, score)| *score > 0)
        .max_by_key(|(table, score)| {
            let lacking = missing(table, |name| is_given(table, name, headers, spec)).len();
            (*score, std::cmp::Reverse(lacking), std::cmp::Reverse(table.name))
        })
        .map(|(table, _)| {
            let lacking = missing(table, |name| is_given(table, name, headers, spec));
            format!("; nearest is `{}`, which also needs {}", table.name, list(&lacking))
        });
    SourceError::NoTable { path: path.to_owned(), headers: list(headers.names), nearest: nearest.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(names: &[&str], path: &str) -> Result<&'static str, String> {
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        let headers = Headers { names: &names, is_nested: false };
        table(headers, &Spec::default(), path).map(|table| table.name).map_err(|error| error.to_string())
    }

    #[test]
    fn headers_tell_the_table_whatever_the_file_is_called() {
        assert_eq!(detect(&["Deployment ID", "Service", "Finished At"], "incidents.csv"), Ok("deployments"));
        assert_eq!(detect(&["incident_id", "service", "opened_at"], "x.csv"), Ok("incidents"));
        assert_eq!(detect(&["service", "depends_on"], "x.csv"), Ok("dependencies"));
        assert_eq!(detect(&["service", "team", "tier"], "x.csv"), Ok("services"));
        assert_eq!(detect(&["team", "maturity"], "x.csv"), Ok("teams"));
    }

    #[test]
    fn every_table_is_recognised_by_its_own_columns() {
        for table in TABLES {
            let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(detect(&names, "x.csv"), Ok(table.name));
        }
    }

    #[test]
    fn a_file_that_fits_nothing_says_what_is_nearest() {
        let error = detect(&["incident_id", "severity"], "x.csv").unwrap_err();
        assert_eq!(
            error,
            "file `x.csv` fits no table: it has `incident_id`, `severity`; nearest is `incidents`, which also needs `opened_at`"
        );
        let error = detect(&["a", "b"], "x.csv").unwrap_err();
        assert_eq!(error, "file `x.csv` fits no table: it has `a`, `b`");
    }

    #[test]
    fn a_tie_is_broken_by_the_name_or_refused() {
        let both = ["service", "team"];
        assert_eq!(detect(&both, "x.csv"), Ok("services"));
        let tie = ["deployment_id", "stage", "check"];
        assert_eq!(detect(&tie, "exports/stages-2026.csv"), Ok("stages"));
        let error = detect(&tie, "x.csv").unwrap_err();
        assert_eq!(error, "file `x.csv` fits several tables: `checks`, `stages`");
    }
}
