//! Whose records a file holds, told by the records themselves; never by its name.

use std::collections::BTreeMap;

use super::manifest;
use super::model::{Shape, Vendor};
use super::peel::{self, Peeled};
use super::tabular;
use crate::source::csv::sniff;
use crate::source::error::{SourceError, list};
use crate::source::files::{Found, Opened};
use crate::source::formats::{self, Reading};
use crate::source::scan::{self, Fault};
use crate::source::spec::Spec;
use crate::source::spot::Spot;
use crate::source::vendor::VENDORS;

/// A file of a vendor, taken apart.
pub struct Recognised {
    pub vendor: &'static Vendor,
    /// It is delimited text, not JSON.
    pub is_text: bool,
    pub records: Vec<Peeled>,
    /// (where, value, reason) of what is no record at all.
    pub broken: Vec<(Spot, String, String)>,
}

/// How many records are looked at to tell whose they are.
const SAMPLE: usize = 64;

/// The vendor whose records a file holds, with the records; none where it holds nobody's, or the source says how its
/// columns are to be read.
///
/// # Errors
/// When several vendors know the same records, or the file cannot be read.
pub fn recognise(spec: &Spec, file: &Found) -> Result<Option<Recognised>, SourceError> {
    let named = spec.format.as_deref().and_then(vendor_named);
    if named.is_none() && (spec.format.is_some() || !spec.columns.is_empty()) {
        return Ok(None);
    }
    let opened = file.open(spec.encoding()?, &|_| ())?;
    let is_json = scan::begins_json(&opened.head);
    if opened.head.is_empty() || (!is_json && !formats::is_delimited(&opened.head)) {
        return Ok(None);
    }
    if manifest::recognises(&opened.head) {
        return manifests(spec, file, opened, named);
    }
    let candidates: Vec<&'static Vendor> = named.map_or_else(|| VENDORS.to_vec(), |vendor| vec![vendor]);
    if !is_json {
        let (mut looked_at, _) = delimited(&opened.head, spec, &candidates, SAMPLE);
        if looked_at.is_empty() {
            looked_at.extend(headers(&opened.head, spec, &candidates));
        }
        return match named.map_or_else(|| decided(&looked_at, file), |vendor| Ok(Some(vendor)))? {
            None => Ok(None),
            Some(vendor) => {
                let text = whole(spec, file, opened)?;
                let (records, broken) = delimited(text.as_bytes(), spec, &[vendor], usize::MAX);
                Ok(Some(Recognised { vendor, is_text: true, records, broken }))
            }
        };
    }
    let text = whole(spec, file, opened)?;
    let vendor = match named {
        Some(vendor) => vendor,
        // What is damaged is told of by who reads it otherwise.
        None => match nested(text.as_bytes(), &candidates, SAMPLE) {
            Ok(looked_at) => match decided(&looked_at.0, file)? {
                Some(vendor) => vendor,
                None => return Ok(None),
            },
            Err(_) => return Ok(None),
        },
    };
    let (records, broken) = nested(text.as_bytes(), &[vendor], usize::MAX).map_err(|fault| SourceError::Damaged {
        path: file.shown.clone(),
        cause: format!("line {}: {}", scan::line(text.as_bytes(), fault.at), fault.reason),
    })?;
    Ok(Some(Recognised { vendor, is_text: false, records, broken }))
}

/// The records of Kubernetes manifests, which are YAML; every document has the line at which it begins.
fn manifests(
    spec: &Spec,
    file: &Found,
    opened: Opened,
    named: Option<&'static Vendor>,
) -> Result<Option<Recognised>, SourceError> {
    let text = whole(spec, file, opened)?;
    let damaged = |cause: String| SourceError::Damaged { path: file.shown.clone(), cause };
    let candidates = named.map_or_else(|| VENDORS.to_vec(), |vendor| vec![vendor]);
    let mut records = Vec::new();
    for (line, document) in manifest::documents(&text).map_err(damaged)? {
        let found = peel::json(document.to_string().as_bytes(), &candidates, usize::MAX);
        let found = found.map_err(|fault| damaged(fault.reason))?;
        records.extend(found.into_iter().map(|record| Peeled { spot: line.into(), ..record }));
    }
    let Some(vendor) = named.map_or_else(|| decided(&records, file), |vendor| Ok(Some(vendor)))? else {
        return Ok(None);
    };
    for record in &mut records {
        record.known.retain(|(known, _)| known.name == vendor.name);
    }
    Ok(Some(Recognised { vendor, is_text: false, records, broken: Vec::new() }))
}

/// How many records a file holds, whosever they are.
///
/// # Errors
/// When the file cannot be read.
pub fn count(spec: &Spec, file: &Found) -> Result<u64, SourceError> {
    let opened = file.open(spec.encoding()?, &|_| ())?;
    let is_json = scan::begins_json(&opened.head);
    let text = whole(spec, file, opened)?;
    let (records, broken) = match is_json {
        true => nested(text.as_bytes(), &[], usize::MAX).unwrap_or_default(),
        false => delimited(text.as_bytes(), spec, &[], usize::MAX),
    };
    Ok((records.len() + broken.len()) as u64)
}

/// The vendor of that name.
pub fn vendor_named(name: &str) -> Option<&'static Vendor> {
    VENDORS.iter().find(|vendor| vendor.name == name).copied()
}

fn whole(spec: &Spec, file: &Found, mut opened: Opened) -> Result<String, SourceError> {
    let reading = Reading { spec, file, threads: 1, seen: None, only: None };
    scan::text(reading.all(&mut opened)?, &file.shown)
}

type Taken = (Vec<Peeled>, Vec<(Spot, String, String)>);

fn delimiter(text: &[u8], spec: &Spec) -> u8 {
    spec.delimiter.map_or_else(|| sniff(&text[..text.len().min(1 << 16)]), |delimiter| delimiter as u8)
}

/// The header of a file without any row that is a record, as a record of nothing.
fn headers(text: &[u8], spec: &Spec, vendors: &[&'static Vendor]) -> Option<Peeled> {
    let value = tabular::header(text, delimiter(text, spec))?;
    Some(Peeled { spot: 1.into(), known: peel::known(&value, vendors), value })
}

fn delimited(text: &[u8], spec: &Spec, vendors: &[&'static Vendor], limit: usize) -> Taken {
    let delimiter = delimiter(text, spec);
    let (mut records, mut broken) = (Vec::new(), Vec::new());
    for row in tabular::rows(text, delimiter, limit) {
        match row.content {
            Ok(value) => records.push(Peeled { spot: row.line.into(), known: peel::known(&value, vendors), value }),
            Err((value, reason)) => broken.push((row.line.into(), value, reason)),
        }
    }
    (records, broken)
}

/// The records of a JSON text. What is damaged ends a single value, but only its own line where each line is one.
fn nested(text: &[u8], vendors: &[&'static Vendor], limit: usize) -> Result<Taken, Fault> {
    let (mut records, mut broken) = (Vec::new(), Vec::new());
    if !scan::is_one_object_a_line(&text[..text.len().min(1 << 16)]) {
        return peel::json(text, vendors, limit).map(|records| (records, broken));
    }
    let lines = text.split(|byte| *byte == b'\n').zip(1..).filter(|(line, _)| !line.trim_ascii().is_empty());
    for (text, line) in lines {
        match peel::json(text, vendors, limit) {
            Ok(found) => {
                records.extend(found.into_iter().map(|record| Peeled { spot: Spot { line, ..record.spot }, ..record }))
            }
            Err(fault) => broken.push((Spot::from(line), String::from_utf8_lossy(text).into_owned(), fault.reason)),
        }
        if records.len() >= limit {
            break;
        }
    }
    Ok((records, broken))
}

/// The only vendor that knows the records; what makes rows counts before what is known and makes none.
fn decided(records: &[Peeled], file: &Found) -> Result<Option<&'static Vendor>, SourceError> {
    let count = |is_counted: &dyn Fn(&Shape) -> bool| {
        let mut counts: BTreeMap<&'static str, (usize, &'static Vendor)> = BTreeMap::new();
        let known = records.iter().flat_map(|record| &record.known);
        for (vendor, _) in known.filter(|(_, shape)| is_counted(shape)) {
            counts.entry(vendor.name).or_insert((0, vendor)).0 += 1;
        }
        counts
    };
    let counts = count(&|shape| !shape.rows.is_empty());
    let most = counts.values().map(|(count, _)| *count).max().unwrap_or(0);
    let best: Vec<&'static Vendor> =
        counts.values().filter(|(count, _)| *count == most).map(|(_, vendor)| *vendor).collect();
    match best[..] {
        [] => Ok(count(&|_| true).into_values().map(|(_, vendor)| vendor).next()),
        [vendor] => Ok(Some(vendor)),
        [first, ..] => Err(SourceError::SeveralFormats {
            path: file.shown.clone(),
            candidates: list(&best.iter().map(|vendor| vendor.name).collect::<Vec<_>>()),
            first: first.name,
        }),
    }
}
