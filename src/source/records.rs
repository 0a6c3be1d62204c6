//! JSON records made columns: fields by their dotted path, everything as text, the rest as `extra`.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewBuilder};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::error::SourceError;
use super::formats::{Broken, Lines, Pieces, Raw, Reading};
use super::parallel;
use super::plan::{Headers, Plan};
use super::spec::Spec;
use super::spot::Spot;

/// A record in a text.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub spot: Spot,
    pub place: Range<usize>,
}

/// What a record that cannot be parsed means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnFault {
    /// The file is damaged.
    Fail,
    /// The row is rejected.
    Reject,
}

const PIECE: usize = 16 * 1024;

/// Hands over the records of a text.
pub(super) fn read(
    file: &Reading,
    text: &[u8],
    records: Vec<Record>,
    on_fault: OnFault,
    pieces: &mut Pieces,
) -> Result<(), SourceError> {
    let (names, fault) = names(text, &records);
    let Some(first) = records.first() else {
        return Ok(());
    };
    let damaged = |cause: String| SourceError::Damaged { path: file.path().to_owned(), cause };
    if let Some(fault) = fault.filter(|_| on_fault == OnFault::Fail) {
        return Err(damaged(fault));
    }
    if names.is_empty() {
        return Err(damaged(format!("line {}: {NO_RECORD}", first.spot.line)));
    }
    let plan = file.plan(Headers { names: &names, is_nested: true })?;
    (pieces.planned)(&plan);
    let mut chunks = records.chunks(PIECE);
    let cast = pieces.cast;
    parallel::in_order(
        file.threads,
        || Ok(chunks.next()),
        |chunk| cast(&plan, raw(&plan, text, chunk, file, on_fault)?),
        &mut *pieces.keep,
    )
}

const NO_RECORD: &str = "not a record: expected an object with fields";

/// Every name of a member in any record, in the order in which they come; and the first record that is none.
fn names(text: &[u8], records: &[Record]) -> (Vec<String>, Option<String>) {
    let mut names = Names::default();
    let mut fault = None;
    for record in records {
        let mut deserializer = serde_json::Deserializer::from_slice(&text[record.place.clone()]);
        if let Err(error) = deserializer.deserialize_map(&mut names) {
            fault.get_or_insert_with(|| match error.is_data() {
                true => format!("line {}: {NO_RECORD}", record.spot.line),
                false => format!("line {}: not JSON: {}", record.spot.line, without_line(&error)),
            });
        }
    }
    (names.in_order, fault)
}

#[derive(Default)]
struct Names {
    known: HashSet<String>,
    in_order: Vec<String>,
}

impl<'de> Visitor<'de> for &mut Names {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<std::borrow::Cow<str>>()? {
            if !self.known.contains(name.as_ref()) {
                self.known.insert(name.clone().into_owned());
                self.in_order.push(name.into_owned());
            }
            members.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

fn raw(plan: &Plan, text: &[u8], records: &[Record], file: &Reading, on_fault: OnFault) -> Result<Raw, SourceError> {
    let mut builders: Vec<StringViewBuilder> = plan.fields.iter().map(|_| StringViewBuilder::new()).collect();
    let mut extra = StringViewBuilder::new();
    let (mut spots, mut broken) = (Vec::new(), Vec::new());
    for record in records {
        let spot = record.spot;
        let source = &text[record.place.clone()];
        let reason = match serde_json::from_slice::<Value>(source) {
            Ok(Value::Object(object)) => {
                for (builder, field) in builders.iter_mut().zip(&plan.fields) {
                    builder.append_option(at(&object, &field.name).as_ref().and_then(written));
                }
                extra.append_option(rest(object, plan, file.spec));
                spots.push(spot);
                continue;
            }
            Ok(_) => NO_RECORD.to_owned(),
            Err(error) => format!("not JSON: {}", without_line(&error)),
        };
        if on_fault == OnFault::Fail {
            let cause = format!("line {}: {reason}", spot.line);
            return Err(SourceError::Damaged { path: file.path().to_owned(), cause });
        }
        broken.push(Broken { spot, value: String::from_utf8_lossy(source).into_owned(), reason });
    }
    let columns = builders.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef).collect();
    let rows = spots.len();
    Ok(Raw { rows, columns, extra: Some(extra.finish()), lines: Lines::Spots(spots), broken })
}

/// The value at a dotted path. A name may itself hold dots. A path through a list gives the list of what it reaches,
/// or one element where the next part is its place, counted from 0.
fn at(object: &Map<String, Value>, path: &str) -> Option<Value> {
    if let Some(value) = object.get(path) {
        return Some(value.clone());
    }
    path.match_indices('.').find_map(|(dot, _)| within(object.get(&path[..dot])?, &path[dot + 1..]))
}

fn within(value: &Value, path: &str) -> Option<Value> {
    match value {
        Value::Object(object) => at(object, path),
        Value::Array(list) => {
            let (first, others) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
            if let Ok(place) = first.parse::<usize>() {
                let element = list.get(place)?;
                return others.map_or(Some(element.clone()), |others| within(element, others));
            }
            let found: Vec<Value> = list.iter().filter_map(|element| within(element, path)).collect();
            (!found.is_empty()).then_some(Value::Array(found))
        }
        _ => None,
    }
}

/// A value as text: lists of plain values separated by semicolons, anything nested as JSON.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(list) if list.is_empty() => None,
        Value::Array(list) if !list.iter().any(|item| item.is_array() || item.is_object()) => {
            Some(list.iter().filter_map(written).collect::<Vec<_>>().join(";"))
        }
        Value::Object(object) if object.is_empty() => None,
        Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

/// The members that no column takes, as JSON text; `extra` itself where it is the only one and already text.
fn rest(mut object: Map<String, Value>, plan: &Plan, spec: &Spec) -> Option<String> {
    let is_taken = |name: &str| {
        plan.fields.iter().any(|field| field.name == name) || spec.columns.values().any(|path| path == name)
    };
    object.retain(|name, value| !value.is_null() && !is_taken(name));
    if object.len() == 1
        && let Some(Value::String(text)) = object.get("extra")
    {
        return Some(text.clone());
    }
    (!object.is_empty()).then(|| Value::Object(object).to_string())
}

/// The message of `serde_json` without its place, which is one within the record.
fn without_line(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.find(" at line ") {
        Some(end) => format!("{} at character {}", &message[..end], error.column()),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(json: &str, path: &str) -> Option<String> {
        let Value::Object(object) = serde_json::from_str(json).unwrap() else { panic!("not an object") };
        at(&object, path).as_ref().and_then(written)
    }

    #[test]
    fn a_path_reaches_into_objects_and_lists() {
        let json = r#"{"a": {"b": 1}, "c.d": "x", "e.f": {"g": true}, "l": [{"n": "p"}, {"n": "q"}], "s": ["u", 2]}"#;
        assert_eq!(path(json, "a.b").as_deref(), Some("1"));
        assert_eq!(path(json, "c.d").as_deref(), Some("x"));
        assert_eq!(path(json, "e.f.g").as_deref(), Some("true"));
        assert_eq!(path(json, "l.n").as_deref(), Some("p;q"));
        assert_eq!(path(json, "l.1.n").as_deref(), Some("q"));
        assert_eq!(path(json, "s").as_deref(), Some("u;2"));
        assert_eq!(path(json, "a").as_deref(), Some(r#"{"b":1}"#));
        assert_eq!(path(json, "a.x"), None);
        assert_eq!(path(json, "x.y"), None);
    }

    #[test]
    fn names_are_those_of_all_records() {
        let text = br#"{"a": {"x": 1}, "b": [2]} nonsense {"c": 3, "a": 4}"#;
        let records = [0..25, 26..34, 35..text.len()].map(|place| Record { spot: 1.into(), place });
        let (names, fault) = names(text, &records);
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(fault.as_deref(), Some("line 1: not JSON: expected ident at character 2"));
    }
}
