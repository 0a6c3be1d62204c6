//! Where the values of a JSON text begin and end, without parsing them; `serde_json` judges what is in them.

use std::ops::Range;

use super::blocks::lines;
use super::error::SourceError;

/// A text that cannot be taken apart.
#[derive(Debug)]
pub(super) struct Fault {
    pub at: usize,
    pub reason: String,
}

/// A member of an object.
#[derive(Debug)]
pub(super) struct Member {
    pub name: String,
    pub place: Range<usize>,
}

/// Lines of places that come in order.
pub(super) struct LineCounter<'a> {
    text: &'a [u8],
    at: usize,
    line: i64,
}

impl<'a> LineCounter<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 1 }
    }

    pub fn of(&mut self, place: usize) -> i64 {
        self.line += lines(&self.text[self.at..place]);
        self.at = place;
        self.line
    }
}

/// The line of a place, counted from 1.
pub(super) fn line(text: &[u8], place: usize) -> i64 {
    1 + lines(&text[..place.min(text.len())])
}

/// The bytes as text.
pub(super) fn text(bytes: Vec<u8>, path: &str) -> Result<String, SourceError> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        SourceError::NotUtf8 { path: path.to_owned(), line: line(error.as_bytes(), valid), offset: valid as u64 }
    })?;
    match text.bytes().position(|byte| byte == 0) {
        Some(at) => Err(SourceError::NotText { path: path.to_owned(), offset: at as u64, found: "a NUL".into() }),
        None => Ok(text),
    }
}

/// Whether the first character is that of an object or an array.
pub(super) fn begins_json(head: &[u8]) -> bool {
    matches!(head.get(start(head)), Some(b'{' | b'['))
}

/// Whether the text has a record a line, rather than one value over several lines: there are several lines, and the
/// first or most of the first twenty are whole objects.
pub(super) fn is_one_object_a_line(head: &[u8]) -> bool {
    let lines = head[start(head)..].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let lines: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).take(20).collect();
    let is_whole = |line: &[u8]| line[0] == b'{' && value(line, 0).is_ok_and(|place| place.end == line.len());
    let whole = lines.iter().filter(|line| is_whole(line)).count();
    match lines[..] {
        [first, _, ..] => first[0] == b'{' && (is_whole(first) || whole * 2 > lines.len()),
        _ => false,
    }
}

/// The first place that is neither space nor a byte order mark.
pub(super) fn start(text: &[u8]) -> usize {
    let mark = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    skip_space(text, mark)
}

pub(super) fn skip_space(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The value that begins at a place.
pub(super) fn value(text: &[u8], at: usize) -> Result<Range<usize>, Fault> {
    let cut_off = || Fault { at: text.len(), reason: "the text ends within a value".into() };
    let mut depth = 0usize;
    let mut here = at;
    loop {
        let byte = *text.get(here).ok_or_else(cut_off)?;
        match byte {
            b'"' => {
                here = string(text, here).ok_or_else(cut_off)?;
                if depth == 0 {
                    return Ok(at..here);
                }
            }
            b'{' | b'[' => {
                depth += 1;
                here += 1;
            }
            b'}' | b']' => {
                if depth == 0 {
                    return Err(Fault { at: here, reason: format!("`{}` closes nothing", char::from(byte)) });
                }
                depth -= 1;
                here += 1;
                if depth == 0 {
                    return Ok(at..here);
                }
            }
            _ if depth == 0 => {
                let length = text[here..]
                    .iter()
                    .take_while(|byte| {
                        !matches!(byte, b',' | b']' | b'}' | b'{' | b'[' | b'"') && !byte.is_ascii_whitespace()
                    })
                    .count();
                return match length {
                    0 => Err(Fault { at: here, reason: format!("expected a value, found `{}`", char::from(byte)) }),
                    _ => Ok(at..here + length),
                };
            }
            _ => here += 1,
        }
    }
}

/// One past the quote that ends a string.
fn string(text: &[u8], quote: usize) -> Option<usize> {
    let mut at = quote + 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The elements of an array.
pub(super) fn elements(text: &[u8], array: Range<usize>) -> Result<Vec<Range<usize>>, Fault> {
    let mut all = Vec::new();
    let mut at = skip_space(text, array.start + 1);
    if text.get(at) == Some(&b']') {
        return Ok(all);
    }
    loop {
        let element = value(text, at)?;
        at = skip_space(text, element.end);
        all.push(element);
        match text.get(at) {
            Some(b',') => at = skip_space(text, at + 1),
            Some(b']') => return Ok(all),
            _ => {
                return Err(Fault { at, reason: "expected `,` or `]`".into() });
            }
        }
    }
}

/// The members of an object.
pub(super) fn members(text: &[u8], object: Range<usize>) -> Result<Vec<Member>, Fault> {
    let mut all = Vec::new();
    let mut at = skip_space(text, object.start + 1);
    if text.get(at) == Some(&b'}') {
        return Ok(all);
    }
    loop {
        let name = value(text, at)?;
        let name = serde_json::from_slice::<String>(&text[name.clone()])
            .map(|text| (text, name.end))
            .map_err(|_| Fault { at, reason: "expected the name of a member, in quotes".into() })?;
        at = skip_space(text, name.1);
        if text.get(at) != Some(&b':') {
            return Err(Fault { at, reason: "expected `:`".into() });
        }
        let place = value(text, skip_space(text, at + 1))?;
        at = skip_space(text, place.end);
        all.push(Member { name: name.0, place });
        match text.get(at) {
            Some(b',') => at = skip_space(text, at + 1),
            Some(b'}') => return Ok(all),
            _ => {
                return Err(Fault { at, reason: "expected `,` or `}`".into() });
            }
        }
    }
}

/// Whether a value is an array that is empty or begins with an object.
pub(super) fn is_list_of_objects(text: &[u8], place: Range<usize>) -> bool {
    if text[place.start] != b'[' {
        return false;
    }
    matches!(text.get(skip_space(text, place.start + 1)), Some(b'{' | b']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_its_brackets_close_and_strings_hide_brackets() {
        let cases = [("{\"a\": \"}\\\"]\"} x", 13), ("[1, [2]], 3", 8), ("\"a\" b", 3), ("12.5, 3", 4), ("true]", 4)];
        for (text, end) in cases {
            assert_eq!(value(text.as_bytes(), 0).unwrap(), 0..end, "{text}");
        }
        assert!(value(b"]", 0).is_err());
        assert!(value(b"", 0).is_err());
    }

    #[test]
    fn records_a_line_are_told_from_one_value_over_lines() {
        assert!(is_one_object_a_line(b"{\"a\": 1}\n{\"a\": 2}\n"));
        assert!(is_one_object_a_line(b"{\"a\": 1\n{\"a\": 2}\n{\"a\": 3}\n"));
        assert!(!is_one_object_a_line(b"{\"items\": [\n{\"a\": 1},\n{\"a\": 2}]}\n"));
        assert!(!is_one_object_a_line(b"{\n  \"a\": 1\n}\n"));
        assert!(!is_one_object_a_line(b"{\n{\"a\": 1}\n}\n"));
        assert!(!is_one_object_a_line(b"{\"a\": 1}\n"));
        assert!(!is_one_object_a_line(b"[\n{\"a\": 1},\n{\"a\": 2}\n]"));
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!(line(b"a\nb\nc", 4), 3);
        let mut counter = LineCounter::new(b"a\nb\nc");
        assert_eq!([counter.of(0), counter.of(2), counter.of(2), counter.of(4)], [1, 2, 2, 3]);
    }
}
