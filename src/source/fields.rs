//! Cuts plain delimited text into columns: it looks for the ends of fields in sixty-four bytes at a time, and makes
//! the fields that are wanted values that point into the text.
//!
//! What is plain, `survey` has found out before: as many fields in every line, and quotes as RFC 4180 has them.

use arrow::array::{Array, StringViewArray};
use fearless_simd::{Level, Simd, dispatch};

use super::marks;
use super::survey::Plain;
use crate::bridge::{SharedText, TextColumn};

/// The columns of the fields at `wanted` places, in that order, which is that of the file; an empty field is null, a
/// quoted empty one is an empty text. None where the text is not as plain as it was said to be.
pub(super) fn cut(text: &SharedText, delimiter: u8, plain: Plain, wanted: &[usize]) -> Option<Vec<StringViewArray>> {
    let mut slots = vec![None; plain.fields];
    for (slot, field) in wanted.iter().enumerate() {
        *slots.get_mut(*field)? = Some(slot);
    }
    let mut columns: Vec<TextColumn> = wanted.iter().map(|_| TextColumn::new(text, plain.rows)).collect();
    let cutter = Cutter { text: text.as_str(), slots: &slots, field: 0, start: 0, is_doubled: false };
    let marks = Marks { delimiter, has_quotes: text.as_str().as_bytes().contains(&b'"'), inside: 0, closing: 0 };
    dispatch!(Level::new(), simd => all(simd, cutter, marks, &mut columns))?;
    let columns: Vec<StringViewArray> = columns.into_iter().map(TextColumn::finish).collect();
    columns.iter().all(|column| column.len() == plain.rows).then_some(columns)
}

/// Cuts up the whole text.
#[inline(always)]
fn all<S: Simd>(simd: S, mut cutter: Cutter, mut marks: Marks, columns: &mut [TextColumn]) -> Option<()> {
    let (chunks, tail) = cutter.text.as_bytes().as_chunks::<64>();
    for (place, chunk) in chunks.iter().enumerate() {
        cutter.chunk(place * 64, marks.of(simd, chunk), columns)?;
    }
    let mut last = [0; 64];
    last[..tail.len()].copy_from_slice(tail);
    cutter.chunk(chunks.len() * 64, marks.of(simd, &last), columns)
}

/// Finds the ends of fields.
struct Marks {
    delimiter: u8,
    has_quotes: bool,
    /// All bits, or none: the chunk begins within quotes.
    inside: u64,
    /// The byte before is a closing quote: the lowest bit.
    closing: u64,
}

/// Bits of sixty-four bytes.
#[derive(Clone, Copy)]
struct Found {
    /// Delimiters and line feeds outside quotes.
    ends: u64,
    /// The second of two quotes that stand for one.
    doubled: u64,
}

impl Marks {
    #[inline(always)]
    fn of<S: Simd>(&mut self, simd: S, chunk: &[u8; 64]) -> Found {
        let ends = marks::equal(simd, chunk, self.delimiter) | marks::equal(simd, chunk, b'\n');
        if !self.has_quotes {
            return Found { ends, doubled: 0 };
        }
        let quotes = marks::equal(simd, chunk, b'"');
        let inside = marks::is_odd(quotes) ^ self.inside;
        let closing = quotes & !inside;
        let doubled = quotes & inside & ((closing << 1) | self.closing);
        self.inside = 0u64.wrapping_sub(inside >> 63);
        self.closing = closing >> 63;
        Found { ends: ends & !inside, doubled }
    }
}

/// Where the cutting has come to.
struct Cutter<'a> {
    text: &'a str,
    /// The column of each field, where it is wanted.
    slots: &'a [Option<usize>],
    field: usize,
    start: usize,
    /// The field that has begun holds quotes that stand twice.
    is_doubled: bool,
}

impl Cutter<'_> {
    #[inline(always)]
    fn chunk(&mut self, place: usize, found: Found, columns: &mut [TextColumn]) -> Option<()> {
        let mut ends = found.ends;
        let mut doubled = found.doubled;
        while ends != 0 {
            let bit = ends.trailing_zeros();
            let before = (1u64 << bit) - 1;
            let is_doubled = self.is_doubled || doubled & before != 0;
            let end = place + bit as usize;
            if let Some(column) = self.slots.get(self.field)?.and_then(|slot| columns.get_mut(slot)) {
                value(self.text, self.start, end, is_doubled, column)?;
            }
            self.start = end + 1;
            self.field = if self.field + 1 == self.slots.len() { 0 } else { self.field + 1 };
            self.is_doubled = false;
            doubled &= !before;
            ends &= ends - 1;
        }
        self.is_doubled |= doubled != 0;
        Some(())
    }
}

/// Adds the field between two places to its column.
#[inline(always)]
fn value(text: &str, start: usize, end: usize, is_doubled: bool, column: &mut TextColumn) -> Option<()> {
    let bytes = text.as_bytes();
    let is_return = end > start && *bytes.get(end - 1)? == b'\r';
    let end = if is_return { end - 1 } else { end };
    if start == end {
        column.push_null();
        return Some(());
    }
    if *bytes.get(start)? != b'"' {
        return column.push(start, end);
    }
    if is_doubled {
        return column.push_own(&text.get(start + 1..end - 1)?.replace("\"\"", "\""));
    }
    column.push(start + 1, end - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::survey::survey;

    fn cells(text: &str, wanted: &[usize]) -> Vec<Vec<Option<String>>> {
        let plain = survey(text.as_bytes(), b',').1.unwrap();
        let columns = cut(&SharedText::new(text.to_owned()).unwrap(), b',', plain, wanted).unwrap();
        columns.iter().map(|column| column.iter().map(|value| value.map(str::to_owned)).collect()).collect()
    }

    #[test]
    fn only_the_wanted_fields_are_cut_out() {
        let found = cells("a,b,c\n1,2,3\n", &[0, 2]);
        assert_eq!(found[0], [Some("a".into()), Some("1".into())]);
        assert_eq!(found[1], [Some("c".into()), Some("3".into())]);
    }

    #[test]
    fn an_empty_field_is_null_and_a_quoted_empty_one_is_text() {
        assert_eq!(cells(",\"\"\r\nx,\r\n", &[0, 1]), [[None, Some("x".into())], [Some("".into()), None]]);
    }

    #[test]
    fn fields_are_those_of_the_csv_crate_wherever_chunks_begin() {
        let line = "\"a \"\"b\"\" c\",\"\",é,\"d, e\",,\"\"\"\",a text of more than twelve bytes\r\nf,g,h,i,j,k,l\r\n";
        for shift in 0..70 {
            let text = format!("{},1,2,3,4,5,6\r\n{}", "x".repeat(shift), line.repeat(5));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            for (field, column) in cells(&text, &[0, 1, 2, 3, 4, 5, 6]).into_iter().enumerate() {
                let expected: Vec<&str> = records.iter().map(|record| &record[field]).collect();
                let found: Vec<String> = column.into_iter().map(Option::unwrap_or_default).collect();
                assert_eq!(found, expected, "field {field}, shifted by {shift}");
            }
        }
    }
}
