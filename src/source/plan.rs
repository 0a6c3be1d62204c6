//! How the fields of one file fill the columns of one canonical table.
//!
//! Made once a file from its headers and its source's configuration; every block of the file is then cast by it.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{SourceError, list};
use super::spec::Spec;
use crate::table::{Column, Table, has_key, key_of};

/// What becomes of the fields of a file.
#[derive(Debug)]
pub(super) struct Plan {
    pub table: &'static Table,
    /// The fields to be read, in the order of the file.
    pub fields: Vec<Field>,
    /// The columns that the file gives, in canonical order.
    pub columns: Vec<Filled>,
    /// The fields that have no column; they go to `extra`.
    pub extra: Vec<Extra>,
    /// A comma may be a decimal point.
    pub is_comma_decimal: bool,
    /// The columns that are expected and not there, for a note.
    pub absent: Vec<String>,
}

/// A field of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Its place among the headers.
    pub index: usize,
    pub name: String,
}

/// A canonical column and where its values come from.
#[derive(Debug)]
pub(super) struct Filled {
    pub column: &'static Column,
    /// Places in `Plan::fields`; the first that has a value counts. Empty where only the default fills it.
    pub from: Vec<usize>,
    /// The name in the file, for messages.
    pub header: String,
    pub default: Option<String>,
    /// Word of the file = canonical word.
    pub words: BTreeMap<String, String>,
}

/// Fields of one name that have no column.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extra {
    pub name: String,
    pub from: Vec<usize>,
}

/// What is known of a file's fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Headers<'a> {
    pub names: &'a [String],
    /// The names are those of JSON records: a path may reach into them, and a field may be in no record.
    pub is_nested: bool,
}

impl Plan {
    /// Binds headers to the columns of a table.
    ///
    /// # Errors
    /// When a configured field is not in the file, or a required column is not filled.
    pub fn new(table: &'static Table, headers: Headers, spec: &Spec, path: &str) -> Result<Self, SourceError> {
        let mut wanted: BTreeSet<usize> = BTreeSet::new();
        let mut found: Vec<(&'static Column, Vec<usize>, String)> = Vec::new();
        let mut absent = Vec::new();
        let mut names = headers.names.to_vec();
        for column in table.all_columns() {
            let is_ours = matches!(column.name, "source" | "source_row");
            if is_ours || (headers.is_nested && column.name == "extra") {
                continue;
            }
            let (places, header) = match spec.columns.get(column.name) {
                Some(field) => {
                    let mut places = places_of(&names, field);
                    if places.is_empty() && headers.is_nested {
                        if !reaches(headers.names, field) {
                            absent.push(field.clone());
                        }
                        names.push(field.clone());
                        places.push(names.len() - 1);
                    }
                    if places.is_empty() {
                        return Err(SourceError::NoField {
                            path: path.to_owned(),
                            column: column.name.to_owned(),
                            field: field.clone(),
                            headers: list(headers.names),
                            origin: spec.name.clone(),
                        });
                    }
                    (places, field.clone())
                }
                None => {
                    let places = same_name(headers.names, column.name);
                    let header = places.first().map(|place| headers.names[*place].clone());
                    (places, header.unwrap_or_else(|| column.name.to_owned()))
                }
            };
            if !places.is_empty() || spec.defaults.contains_key(column.name) {
                wanted.extend(&places);
                found.push((column, places, header));
            }
        }
        let mut plan =
            Self { table, fields: Vec::new(), columns: Vec::new(), extra: Vec::new(), is_comma_decimal: false, absent };
        plan.add_extra(headers, &mut found, &mut wanted);
        let place_of: BTreeMap<usize, usize> =
            wanted.iter().enumerate().map(|(place, index)| (*index, place)).collect();
        plan.fields = wanted.iter().map(|index| Field { index: *index, name: names[*index].clone() }).collect();
        for extra in &mut plan.extra {
            extra.from = extra.from.iter().map(|index| place_of[index]).collect();
        }
        plan.columns = found
            .into_iter()
            .map(|(column, places, header)| Filled {
                column,
                from: places.iter().map(|index| place_of[index]).collect(),
                header,
                default: spec.defaults.get(column.name).cloned(),
                words: spec.values.get(column.name).cloned().unwrap_or_default(),
            })
            .collect();
        plan.check_required(headers, path)?;
        Ok(plan)
    }

    /// Leaves out the columns that nothing reads and that no row can be refused for, so that which rows stay does not
    /// depend on what is asked. The fields that do not fit any column go as well, unless `extra` is wanted.
    pub fn keep_only(&mut self, is_wanted: impl Fn(&str) -> bool) {
        if is_wanted("extra") {
            return;
        }
        let table = self.table;
        let is_kept = |column: &Column| {
            column.is_required || column.kind.may_refuse() || table.key.contains(&column.name) || is_wanted(column.name)
        };
        self.extra.clear();
        self.columns.retain(|filled| is_kept(filled.column));
        let used: BTreeSet<usize> = self.columns.iter().flat_map(|filled| filled.from.iter().copied()).collect();
        let place_of: BTreeMap<usize, usize> = used.iter().enumerate().map(|(new, old)| (*old, new)).collect();
        self.fields = used.iter().filter_map(|place| self.fields.get(*place).cloned()).collect();
        for filled in &mut self.columns {
            filled.from = filled.from.iter().filter_map(|place| place_of.get(place).copied()).collect();
        }
    }

    /// The column of that name, where the file gives it.
    pub fn filled(&self, name: &str) -> Option<&Filled> {
        self.columns.iter().find(|filled| filled.column.name == name)
    }

    /// Fields without a column, and all values of a name that comes several times.
    /// A field `extra` is the column itself where there are no others.
    fn add_extra(
        &mut self,
        headers: Headers,
        found: &mut Vec<(&'static Column, Vec<usize>, String)>,
        wanted: &mut BTreeSet<usize>,
    ) {
        if headers.is_nested {
            return;
        }
        let is_own = |places: &[usize], index: usize| places.len() == 1 && places[0] == index;
        let mut by_name: Vec<Extra> = Vec::new();
        for (index, name) in headers.names.iter().enumerate() {
            let is_kept = found.iter().any(|(_, places, _)| is_own(places, index));
            if is_kept || name.is_empty() {
                continue;
            }
            match by_name.iter_mut().find(|extra| extra.name == *name) {
                Some(extra) => extra.from.push(index),
                None => by_name.push(Extra { name: name.clone(), from: vec![index] }),
            }
        }
        if by_name.is_empty() {
            return;
        }
        if let Some(place) = found.iter().position(|(column, _, _)| column.name == "extra") {
            let (_, indices, name) = found.remove(place);
            by_name.push(Extra { name, from: indices });
        }
        wanted.extend(by_name.iter().flat_map(|extra| &extra.from));
        self.extra = by_name;
    }

    fn check_required(&self, headers: Headers, path: &str) -> Result<(), SourceError> {
        let missing = missing(self.table, |name| self.filled(name).is_some());
        let Some(first) = missing.first() else {
            return Ok(());
        };
        Err(SourceError::NoColumn {
            path: path.to_owned(),
            table: self.table.name,
            missing: list(&missing),
            headers: list(headers.names),
            example: first,
        })
    }
}

/// The instants of a change, of which one at least must be known.
pub(super) const CHANGE_INSTANTS: &[&str] = &["committed_at", "opened_at", "merged_at"];

/// The required columns that are not given and that no rule fills.
///
/// A deployment's environment is `production` where nothing is said, and its status follows from its end; so of its
/// columns only the key, the service and one that tells how it went must be there. A change must tell one instant of
/// its way, whichever.
pub(super) fn missing(table: &'static Table, is_given: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let is_deployments = table.name == "deployments";
    let mut missing: Vec<&'static str> = table
        .columns
        .iter()
        .filter(|column| column.is_required && !is_given(column.name))
        .map(|column| column.name)
        .filter(|name| !(is_deployments && matches!(*name, "environment" | "status" | "finished_at")))
        .collect();
    if is_deployments && !is_given("finished_at") && !is_given("status") && !is_given("started_at") {
        missing.push("finished_at");
    }
    if table.name == "changes" && !CHANGE_INSTANTS.iter().any(|name| is_given(name)) {
        missing.push("committed_at");
    }
    missing
}

/// Places of the headers that are a canonical name, written in whatever way.
pub(super) fn same_name(headers: &[String], column: &str) -> Vec<usize> {
    let is_same = |header: &String| header == column || has_key(header, column);
    (0..headers.len()).filter(|place| is_same(&headers[*place])).collect()
}

/// Places of the headers of a configured name: exactly that, else the same but for case and separators.
fn places_of(headers: &[String], field: &str) -> Vec<usize> {
    let exact: Vec<usize> = (0..headers.len()).filter(|place| headers[*place] == field).collect();
    if !exact.is_empty() {
        return exact;
    }
    let key = key_of(field);
    (0..headers.len()).filter(|place| !key.is_empty() && has_key(&headers[*place], &key)).collect()
}

/// Whether a dotted path begins with a field that some record has.
pub(super) fn reaches(headers: &[String], path: &str) -> bool {
    headers
        .iter()
        .any(|header| path == header || path.strip_prefix(header.as_str()).is_some_and(|rest| rest.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(table: &str, names: &[&str], toml: &str) -> Result<Plan, SourceError> {
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        let spec: Spec = toml::from_str(toml).unwrap();
        let headers = Headers { names: &names, is_nested: false };
        Plan::new(Table::named(table).unwrap(), headers, &spec, "x.csv")
    }

    fn columns(plan: &Plan) -> Vec<(&str, Vec<&str>)> {
        let field = |place: &usize| plan.fields[*place].name.as_str();
        plan.columns.iter().map(|filled| (filled.column.name, filled.from.iter().map(field).collect())).collect()
    }

    #[test]
    fn a_header_maps_itself_whatever_its_case_and_separators() {
        let plan = plan("teams", &["Maturity", "Team"], "").unwrap();
        assert_eq!(columns(&plan), [("team", vec!["Team"]), ("maturity", vec!["Maturity"])]);
        assert!(plan.extra.is_empty());
    }

    #[test]
    fn one_field_may_fill_several_columns_and_unknown_ones_are_extra() {
        let plan = plan(
            "tickets",
            &["Issue key", "Created", "Votes"],
            "columns = { ticket_id = 'Issue key', title = 'Issue key', created_at = 'created' }",
        )
        .unwrap();
        assert_eq!(
            columns(&plan),
            [("ticket_id", vec!["Issue key"]), ("created_at", vec!["Created"]), ("title", vec!["Issue key"])]
        );
        assert_eq!(plan.extra, [Extra { name: "Votes".into(), from: vec![2] }]);
    }

    #[test]
    fn a_repeated_header_fills_its_column_and_is_kept_whole() {
        let plan = plan("dependencies", &["service", "depends_on", "depends_on"], "").unwrap();
        assert_eq!(columns(&plan)[1], ("depends_on", vec!["depends_on", "depends_on"]));
        assert_eq!(plan.extra, [Extra { name: "depends_on".into(), from: vec![1, 2] }]);
    }

    #[test]
    fn source_and_its_row_are_ours() {
        let plan = plan("teams", &["team", "source"], "").unwrap();
        assert_eq!(plan.extra, [Extra { name: "source".into(), from: vec![1] }]);
    }

    #[test]
    fn a_field_that_is_not_there_is_an_error_that_names_it() {
        let error = plan("teams", &["team"], "name = 'hr'\ncolumns = { maturity = 'Level' }").unwrap_err();
        assert_eq!(error.to_string(), "file `x.csv` has no column `Level` for `maturity`: it has `team`");
    }

    #[test]
    fn a_required_column_that_is_not_there_is_an_error_that_names_it() {
        let error = plan("incidents", &["incident_id"], "").unwrap_err();
        assert_eq!(error.to_string(), "table `incidents` needs column `opened_at`, and `x.csv` has `incident_id`");
        assert!(plan("deployments", &["deployment_id", "service", "status"], "").is_ok());
        assert!(plan("deployments", &["deployment_id", "service"], "").is_err());
        assert!(plan("deployments", &["deployment_id", "finished_at"], "defaults = { service = 'web' }").is_ok());
        assert!(plan("changes", &["change_id", "opened_at"], "").is_ok());
        assert!(plan("changes", &["change_id", "service"], "").is_err());
    }
}
