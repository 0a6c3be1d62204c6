//! Rows of a delimited text as records: a header that comes several times gives a list of its values.

use csv::{ByteRecord, Reader, ReaderBuilder};
use serde_json::{Map, Value};

use crate::source::scan::LineCounter;

/// A row that is a record, or why it is none.
pub struct Row {
    pub line: i64,
    pub content: Result<Value, (String, String)>,
}

/// The rows below the header, `limit` at most. A row that is too short lacks its last fields, as some tools leave
/// empty ones away; one that is too long has shifted fields and is none; a header that comes again is left out.
pub fn rows(text: &[u8], delimiter: u8, limit: usize) -> Vec<Row> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let mut reader = reader(text, delimiter);
    let mut records = reader.byte_records().map_while(Result::ok);
    let Some(header) = records.next() else {
        return Vec::new();
    };
    let names = names(&header);
    let mut lines = LineCounter::new(text);
    let row = |record: ByteRecord| {
        let place = record.position().map_or(0, |position| position.byte() as usize);
        // The place of a record may be before the end of the line above it.
        let ends = text[place..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let line = lines.of(place + ends);
        let surplus = record.iter().skip(names.len()).any(|field| !field.trim_ascii().is_empty());
        let content = match surplus {
            false => Ok(record_of(&names, &record)),
            true => {
                let value = String::from_utf8_lossy(record.as_slice()).into_owned();
                Err((value, format!("row has {} fields, the header {}", record.len(), names.len())))
            }
        };
        Row { line, content }
    };
    records.filter(|record| !record.iter().eq(header.iter())).take(limit).map(row).collect()
}

/// The names of the header, each with nothing; none where there is no header.
pub fn header(text: &[u8], delimiter: u8) -> Option<Value> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let header = reader(text, delimiter).byte_records().next()?.ok()?;
    Some(record_of(&names(&header), &ByteRecord::new()))
}

const BOM: &[u8] = b"\xef\xbb\xbf";

fn reader(text: &[u8], delimiter: u8) -> Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text)
}

fn names(header: &ByteRecord) -> Vec<String> {
    header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect()
}

fn record_of(names: &[String], record: &ByteRecord) -> Value {
    let mut object: Map<String, Value> = Map::new();
    for (place, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        let text = record.get(place).map(|field| String::from_utf8_lossy(field).trim().to_owned());
        let value = text.filter(|text| !text.is_empty()).map_or(Value::Null, Value::String);
        match object.get_mut(name) {
            None => drop(object.insert(name.clone(), value)),
            Some(Value::Array(list)) => list.push(value),
            Some(known) => *known = Value::Array(vec![known.take(), value]),
        }
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_become_records_whatever_their_length() {
        let text = "\u{feff}Key,Labels,Labels,Note\nA,x,y,\"two\nlines\"\nB\nKey,Labels,Labels,Note\nC,,,,5\n";
        let rows = rows(text.as_bytes(), b',', 10);
        let lines: Vec<i64> = rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 4, 6]);
        let returns = text.replace('\n', "\r\n");
        let with_returns: Vec<i64> = super::rows(returns.as_bytes(), b',', 10).iter().map(|row| row.line).collect();
        assert_eq!(with_returns, lines);
        assert_eq!(rows[0].content, Ok(json!({"Key": "A", "Labels": ["x", "y"], "Note": "two\nlines"})));
        assert_eq!(rows[1].content, Ok(json!({"Key": "B", "Labels": [null, null], "Note": null})));
        assert_eq!(rows[2].content.as_ref().unwrap_err().1, "row has 5 fields, the header 4");
    }
}
