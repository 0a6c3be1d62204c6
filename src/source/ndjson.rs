//! One JSON record a line; a line that is none is a rejected row, not the end.

use std::ops::Range;

use super::error::SourceError;
use super::files::Opened;
use super::formats::{Format, Pieces, Reading};
use super::json;
use super::records::{self, OnFault, Record};
use super::scan;
use super::spot::{Spot, spots};

pub(super) static NDJSON: Ndjson = Ndjson;

pub(super) struct Ndjson;

impl Format for Ndjson {
    fn name(&self) -> &'static str {
        "ndjson"
    }

    fn about(&self) -> &'static str {
        "one JSON record a line"
    }

    fn recognises(&self, head: &[u8]) -> bool {
        scan::begins_json(head) && scan::is_one_object_a_line(head)
    }

    fn read(&self, file: &Reading, mut opened: Opened, pieces: &mut Pieces) -> Result<(), SourceError> {
        let text = scan::text(file.all(&mut opened)?, file.path())?;
        let text = text.as_bytes();
        let (mut at, mut line) = (scan::start(text), 1 + super::blocks::lines(&text[..scan::start(text)]));
        let mut all = Vec::new();
        while at < text.len() {
            let end = text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |length| at + length);
            let content = &text[at..end];
            let place = at + (content.len() - content.trim_ascii_start().len())..at + content.trim_ascii_end().len();
            if !content.trim_ascii().is_empty() {
                // A line may be a page of records; what cannot be taken apart is judged as a record.
                let inner = json::places(&text[place.clone()], file.spec).ok().filter(|inner| !inner.is_empty());
                match inner {
                    Some(inner) => {
                        let spots = spots(content, inner.iter().map(|inner| place.start - at + inner.start));
                        let record = |(spot, inner): (Spot, Range<usize>)| Record {
                            spot: Spot { line, ..spot },
                            place: place.start + inner.start..place.start + inner.end,
                        };
                        all.extend(spots.into_iter().zip(inner).map(record));
                    }
                    None => all.push(Record { spot: line.into(), place }),
                }
            }
            at = end + 1;
            line += 1;
        }
        records::read(file, text, all, OnFault::Reject, pieces)
    }
}
