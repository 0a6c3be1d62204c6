//! Records out of whatever envelope they came in: lists, pages, webhook bodies, CloudEvents, GraphQL edges.
//!
//! By shape alone: an object that some declaration knows is a record; any other is looked into. What is in none, and
//! holds none, is a record that nobody knows.

use std::ops::Range;

use serde_json::Value;

use super::model::{Shape, Test, Vendor};
use super::record::{Record, Runs};
use super::words::is_same_name;
use crate::source::json::{DEPTH, LISTS};
use crate::source::scan::{self, Fault};
use crate::source::spot::{Spot, spots};
use crate::table::Table;

/// A record and what it is.
pub struct Peeled {
    pub spot: Spot,
    pub value: Value,
    /// Every declaration that knows it, with the kind of record; none where nobody does.
    pub known: Vec<(&'static Vendor, &'static Shape)>,
}

/// The records of a JSON text, `limit` at most.
pub fn json(text: &[u8], vendors: &[&'static Vendor], limit: usize) -> Result<Vec<Peeled>, Fault> {
    let mut peeling = Peeling { text, vendors, limit, found: Vec::new() };
    let mut at = scan::start(text);
    while at < text.len() && peeling.found.len() < limit {
        let value = scan::value(text, at)?;
        at = scan::skip_space(text, value.end);
        peeling.peel(value, 0)?;
    }
    let spots = spots(text, peeling.found.iter().map(|(place, ..)| *place));
    let found = spots.into_iter().zip(peeling.found);
    Ok(found.map(|(spot, (_, value, known))| Peeled { spot, value, known }).collect())
}

/// What a record is to each of these vendors.
pub fn known(value: &Value, vendors: &[&'static Vendor]) -> Vec<(&'static Vendor, &'static Shape)> {
    let runs = Runs::default();
    let record = Record { value, around: None, runs: &runs };
    let shape = |vendor: &&'static Vendor| {
        vendor.shapes.iter().find(|shape| record.meets(shape.when)).map(|shape| (*vendor, shape))
    };
    vendors.iter().filter_map(shape).collect()
}

type Found = (usize, Value, Vec<(&'static Vendor, &'static Shape)>);

struct Peeling<'a> {
    text: &'a [u8],
    vendors: &'a [&'static Vendor],
    limit: usize,
    found: Vec<Found>,
}

impl Peeling<'_> {
    fn peel(&mut self, place: Range<usize>, depth: usize) -> Result<(), Fault> {
        match self.text[place.start] {
            b'[' => {
                for element in scan::elements(self.text, place)? {
                    if self.found.len() >= self.limit {
                        return Ok(());
                    }
                    match self.text[element.start] {
                        b'{' | b'[' if depth < DEPTH => self.peel(element, depth + 1)?,
                        _ => self.keep(element, Vec::new())?,
                    }
                }
                Ok(())
            }
            b'{' => self.object(place, depth),
            _ => self.keep(place, Vec::new()),
        }
    }

    fn object(&mut self, place: Range<usize>, depth: usize) -> Result<(), Fault> {
        let members = scan::members(self.text, place.clone())?;
        let may_be_known = self
            .vendors
            .iter()
            .flat_map(|vendor| vendor.shapes)
            .any(|shape| needed(shape).all(|name| members.iter().any(|member| is_same_name(&member.name, name))));
        if may_be_known {
            let value = self.parse(&place)?;
            let known = known(&value, self.vendors);
            if !known.is_empty() {
                self.found.push((place.start, value, known));
                return Ok(());
            }
        }
        let before = self.found.len();
        let is_named = members.iter().any(|member| IDENTITIES.iter().any(|name| is_same_name(&member.name, name)));
        let mut is_envelope = false;
        let mut beside = Vec::new();
        if depth < DEPTH {
            for member in members {
                let begins = self.text[member.place.start];
                let is_list = begins == b'[' && scan::is_list_of_objects(self.text, member.place.clone());
                is_envelope |= is_list && !is_named && is_list_of_records(&member.name);
                if is_list || begins == b'{' {
                    beside.extend(self.within(member.place, depth + 1)?);
                }
            }
        }
        if self.found.len() == before {
            self.found.append(&mut beside);
        }
        match is_envelope || self.found.len() > before {
            true => Ok(()),
            false => self.keep(place, Vec::new()),
        }
    }

    /// Looks into a member. What nobody knows in there is part of the envelope; an object that is known and fills no
    /// table, such as the sender of an event, is so too where the envelope holds a record, and is given back.
    fn within(&mut self, place: Range<usize>, depth: usize) -> Result<Vec<Found>, Fault> {
        let before = self.found.len();
        let is_object = self.text[place.start] == b'{';
        self.peel(place, depth)?;
        let found = &self.found[before..];
        if found.iter().all(|(.., known)| known.is_empty()) {
            self.found.truncate(before);
        } else if is_object && found.iter().all(|(.., known)| known.iter().all(|(_, shape)| shape.rows.is_empty())) {
            return Ok(self.found.split_off(before));
        }
        Ok(Vec::new())
    }

    fn keep(&mut self, place: Range<usize>, known: Vec<(&'static Vendor, &'static Shape)>) -> Result<(), Fault> {
        let value = self.parse(&place)?;
        self.found.push((place.start, value, known));
        Ok(())
    }

    fn parse(&self, place: &Range<usize>) -> Result<Value, Fault> {
        serde_json::from_slice(&self.text[place.clone()])
            .map_err(|error| Fault { at: place.start, reason: format!("not JSON: {error}") })
    }
}

/// What has one of these is something by itself, not a page, though a list in it be empty.
const IDENTITIES: &[&str] = &["id", "iid", "key", "number", "ref", "sys_id", "uuid"];

/// Whether tools put records under that name, so that an empty list is a page of none.
fn is_list_of_records(name: &str) -> bool {
    LISTS.contains(&name) || Table::named(name).is_some()
}

/// The names that a record of that kind has at its top.
fn needed(shape: &Shape) -> impl Iterator<Item = &'static str> {
    let first = |path: &'static str| path.split('.').next().unwrap_or(path);
    shape.when.iter().filter_map(move |test| match test {
        Test::Has(path) | Test::Known(path) | Test::Is(path, _) | Test::Holds(path, _) => Some(first(path)),
        Test::HasAny(_) | Test::Lacks(_) | Test::IsNot(..) | Test::Deploys(_) | Test::UnlessAllDeploy(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::model::Naive;
    use super::*;

    static SHAPES: &[Shape] =
        &[Shape { name: "things", when: &[Test::Has("thing_id"), Test::Known("made.at")], rows: &[] }];
    static VENDOR: Vendor = Vendor { name: "test", about: "", naive: Naive::Ask, shapes: SHAPES, untold: &[] };

    /// (line, whether it is known) of every record.
    fn peeled(text: &str) -> Vec<(i64, bool)> {
        let found = json(text.as_bytes(), &[&VENDOR], usize::MAX).unwrap();
        found.iter().map(|record| (record.spot.line, !record.known.is_empty())).collect()
    }

    #[test]
    fn records_are_found_in_every_envelope() {
        let record = r#"{"thing_id": 1, "made": {"at": "x"}}"#;
        for text in [
            record.to_owned(),
            format!("[{record}]"),
            format!("{{\"items\": [{record}], \"total\": 1}}"),
            format!("{{\"things\": [{record}], \"others\": []}}"),
            format!("{{\"specversion\": \"1.0\", \"data\": {record}}}"),
            format!("{{\"data\": {{\"repository\": {{\"things\": {{\"edges\": [{{\"node\": {record}}}]}}}}}}}}"),
            format!("{{\"action\": \"made\", \"thing\": {record}, \"sender\": {{\"login\": \"a\"}}}}"),
        ] {
            assert_eq!(peeled(&text), [(1, true)], "{text}");
            assert_eq!(peeled(&format!("{text}\n{text}")), [(1, true), (2, true)], "{text}");
        }
    }

    #[test]
    fn a_page_of_nothing_has_no_records_and_what_nobody_knows_is_one() {
        assert_eq!(peeled("[]"), []);
        assert_eq!(peeled("{\"items\": [], \"total\": 0}"), []);
        assert_eq!(
            peeled("[{\"thing_id\": 1}, {\"thing_id\": 2, \"made\": {\"at\": 3}}, 5]"),
            [(1, false), (1, true), (1, false)]
        );
        assert_eq!(peeled("{\"zen\": \"be\", \"hook\": {\"id\": 3}}"), [(1, false)]);
    }
}
