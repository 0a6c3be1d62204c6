//! JSON: an array of records, an envelope around one, or several of these one after another.
//!
//! The text is taken apart without being parsed, so that every record has its line and is parsed by itself.

use std::ops::Range;

use super::detect;
use super::error::SourceError;
use super::files::Opened;
use super::formats::{Format, Pieces, Reading};
use super::records::{self, Record};
use super::scan::{self, Fault};
use super::spec::Spec;
use super::spot::spots;
use crate::table::Table;

pub(super) static JSON: Json = Json;

pub(super) struct Json;

/// Names under which services put the list of their records.
pub(super) const LISTS: &[&str] = &[
    "items",
    "data",
    "results",
    "result",
    "value",
    "values",
    "records",
    "entries",
    "rows",
    "list",
    "nodes",
    "edges",
    "elements",
    "issues",
    "workflow_runs",
    "ticket_metrics",
    "builds",
    "pull_requests",
    "merge_requests",
];

/// Envelopes lie in one another no deeper than this.
pub(super) const DEPTH: usize = 8;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "records in a list, an envelope or one after another"
    }

    fn recognises(&self, head: &[u8]) -> bool {
        scan::begins_json(head) && !scan::is_one_object_a_line(head)
    }

    fn read(&self, file: &Reading, mut opened: Opened, pieces: &mut Pieces) -> Result<(), SourceError> {
        let text = scan::text(file.all(&mut opened)?, file.path())?;
        let fail = |fault: Fault| SourceError::Damaged {
            path: file.path().to_owned(),
            cause: format!("line {}: {}", scan::line(text.as_bytes(), fault.at), fault.reason),
        };
        let places = places(text.as_bytes(), file.spec).map_err(fail)?;
        let spots = spots(text.as_bytes(), places.iter().map(|place| place.start));
        let records = spots.into_iter().zip(places).map(|(spot, place)| Record { spot, place }).collect();
        records::read(file, text.as_bytes(), records, records::OnFault::Fail, pieces)
    }
}

/// Where the records stand in a text.
pub(super) fn places(text: &[u8], spec: &Spec) -> Result<Vec<Range<usize>>, Fault> {
    let mut records = Vec::new();
    let mut at = scan::start(text);
    while at < text.len() {
        let value = scan::value(text, at)?;
        at = scan::skip_space(text, value.end);
        match text[value.start] {
            b'[' => records.extend(scan::elements(text, value)?),
            b'{' => unwrap(text, value, spec, DEPTH, &mut records)?,
            _ => {
                return Err(Fault { at: value.start, reason: "expected a record, `{` or `[`".into() });
            }
        }
    }
    Ok(records)
}

/// The records in an envelope, or the object itself where it is a record.
///
/// A list under the name of a table always is the records, unless services give other lists that name too (`items`). Otherwise an object that has the key of some table is a
/// record; one that has a list under a usual name, or one list only, is an envelope. What lies below
/// `depth` more envelopes is a record.
fn unwrap(
    text: &[u8],
    object: Range<usize>,
    spec: &Spec,
    depth: usize,
    records: &mut Vec<Range<usize>>,
) -> Result<(), Fault> {
    let members = scan::members(text, object.clone())?;
    let names: Vec<String> = members.iter().map(|member| member.name.clone()).collect();
    let is_list = |place: &Range<usize>| scan::is_list_of_objects(text, place.clone());
    let lists: Vec<_> = members.iter().filter(|member| is_list(&member.place)).collect();
    let named = |is_meant: &dyn Fn(&str) -> bool| lists.iter().find(|member| is_meant(&member.name));
    let is_only_a_table = |name: &str| Table::named(name).is_some() && !LISTS.contains(&name);
    let list = match named(&is_only_a_table) {
        Some(list) => Some(*list),
        None if detect::has_key(&names) => None,
        None => match named(&|name| LISTS.contains(&name)) {
            Some(list) => Some(*list),
            None if detect::is_configured(&names, spec) => None,
            None => (lists.len() == 1).then(|| lists[0]),
        },
    };
    if let Some(list) = list {
        records.extend(scan::elements(text, list.place.clone())?);
        return Ok(());
    }
    let is_record = detect::has_key(&names) || detect::is_configured(&names, spec);
    let inner = members.iter().find(|member| LISTS.contains(&member.name.as_str()) && text[member.place.start] == b'{');
    match inner {
        Some(inner) if !is_record && depth > 0 => unwrap(text, inner.place.clone(), spec, depth - 1, records),
        _ => {
            records.push(object);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str, toml: &str) -> Result<Vec<String>, String> {
        let spec: Spec = toml::from_str(toml).unwrap();
        places(text.as_bytes(), &spec)
            .map(|places| places.into_iter().map(|place| text[place].to_owned()).collect())
            .map_err(|fault| fault.reason)
    }

    #[test]
    fn records_are_found_in_every_envelope() {
        for text in [
            "[{\"a\": 1}, {\"a\": 2}]",
            "\u{feff}[{\"a\": 1}, {\"a\": 2}]",
            "[{\"a\": 1}] [{\"a\": 2}]",
            "{\"total\": 2, \"items\": [{\"a\": 1}, {\"a\": 2}]}",
            "{\"meta\": {}, \"data\": {\"items\": [{\"a\": 1}, {\"a\": 2}]}}",
            "{\"anything\": [{\"a\": 1}, {\"a\": 2}], \"summary\": {\"n\": 2}}",
            "{\"team\": \"red\", \"deployments\": [{\"a\": 1}, {\"a\": 2}]}",
            "{\"items\": [{\"a\": 1}]}\n{\"items\": [{\"a\": 2}]}",
        ] {
            assert_eq!(records(text, "").unwrap(), ["{\"a\": 1}", "{\"a\": 2}"], "{text}");
        }
        assert_eq!(records("{\"items\": []}", "").unwrap(), Vec::<String>::new());
        assert_eq!(records("[]", "").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_record_with_a_list_in_it_is_a_record() {
        let text = "{\"id\": 1, \"updates\": [{\"at\": 2}]}";
        assert_eq!(records(text, "columns = { incident_id = 'id' }").unwrap(), [text]);
        let text = "{\"incident_id\": 1, \"items\": [{\"at\": 2}]}";
        assert_eq!(records(text, "").unwrap(), [text]);
    }

    #[test]
    fn envelopes_without_end_are_looked_into_so_far_and_no_further() {
        let nested = |depth: usize| format!("{}[{{\"a\": 1}}]{}", "{\"data\": ".repeat(depth), "}".repeat(depth));
        assert_eq!(records(&nested(DEPTH), "").unwrap(), ["{\"a\": 1}"]);
        assert_eq!(records(&nested(100_000), "").unwrap().len(), 1);
    }

    #[test]
    fn what_is_cut_off_is_a_fault() {
        for text in ["[{\"a\": 1}, {\"a\"", "{\"items\": [{\"a\": 1}", "[{\"a\": \"b"] {
            assert_eq!(records(text, "").unwrap_err(), "the text ends within a value", "{text}");
        }
        assert_eq!(records("hello", "").unwrap_err(), "expected a record, `{` or `[`");
        assert_eq!(records("[1 2]", "").unwrap_err(), "expected `,` or `]`");
    }
}
