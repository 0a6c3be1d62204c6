//! Delimited text: CSV with any delimiter, and TSV.
//!
//! Blocks that are plain are cut up by `fields`, and only into those fields that are wanted. The `csv` crate reads the
//! others: it knows the line of every record, and says which are ragged.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringViewBuilder};
use csv::{ByteRecord, ReaderBuilder};

use super::blocks::{Block, Blocks, Stop, lines};
use super::error::SourceError;
use super::fields;
use super::files::Opened;
use super::formats::{Broken, Format, Lines, Pieces, Raw, Reading};
use super::parallel;
use super::plan::{Headers, Plan};
use super::spec::Spec;
use super::survey::Plain;
use crate::bridge::SharedText;

pub(super) static CSV: Delimited = Delimited { name: "csv", is_tab: false };
pub(super) static TSV: Delimited = Delimited { name: "tsv", is_tab: true };

/// Text with a header in its first line.
pub(super) struct Delimited {
    name: &'static str,
    is_tab: bool,
}

/// Large enough that casting a block is worth a thread, small enough that a few of them fit into memory.
const BLOCK: usize = 4 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

impl Format for Delimited {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        match self.is_tab {
            true => "values separated by tabs, a header first",
            false => "values separated by commas, semicolons or bars, a header first",
        }
    }

    fn recognises(&self, head: &[u8]) -> bool {
        let first = head.trim_ascii_start().first();
        let is_text = !head.contains(&0) && !matches!(first, Some(b'{' | b'[')) && !head.starts_with(b"PAR1");
        is_text && (sniff(head) == b'\t') == self.is_tab
    }

    fn headers(&self, head: &[u8], spec: &Spec) -> Option<Vec<String>> {
        let (names, end) = first_record(head, self.delimiter(head, spec)).ok().flatten()?;
        // A record that reaches to the end of the first bytes may go on after them.
        (end < head.len()).then_some(names)
    }

    fn read(&self, file: &Reading, opened: Opened, pieces: &mut Pieces) -> Result<(), SourceError> {
        let delimiter = self.delimiter(&opened.head, file.spec);
        let is_packed = opened.is_packed;
        let mut blocks = Blocks::new(opened.reader, delimiter, BLOCK);
        let mut next = || blocks.next().map_err(|stop| stopped(file, delimiter, is_packed, stop));
        let Some(mut first) = next()? else {
            return Ok(());
        };
        let Some(header) = take_header(&mut first, delimiter, file)? else {
            return Ok(());
        };
        let mut plan = file.plan(Headers { names: &header, is_nested: false })?;
        plan.is_comma_decimal = delimiter == b';';
        (pieces.planned)(&plan);
        let parser = Parser { plan: &plan, header: &header, delimiter, path: file.path() };
        let mut first = Some(first);
        let cast = pieces.cast;
        parallel::in_order(
            file.threads,
            || match first.take() {
                Some(block) => Ok(Some(block)),
                None => next(),
            },
            |block: Block| cast(&plan, parser.parse(block)?),
            &mut *pieces.keep,
        )
    }
}

impl Delimited {
    fn delimiter(&self, head: &[u8], spec: &Spec) -> u8 {
        match spec.delimiter {
            Some(delimiter) => delimiter as u8,
            None if self.is_tab => b'\t',
            None => sniff(head),
        }
    }
}

fn stopped(file: &Reading, delimiter: u8, is_packed: bool, stop: Stop) -> SourceError {
    let path = file.path().to_owned();
    match stop {
        Stop::Io(cause) => file.file.read_error(is_packed, cause),
        Stop::OpenQuote { line } => SourceError::OpenQuote { path, line },
        Stop::LongRecord { line, limit } => {
            SourceError::LongRecord { path, line, limit, delimiter: char::from(delimiter) }
        }
    }
}

/// The delimiter that divides the first lines most evenly; a comma where none does.
pub(super) fn sniff(head: &[u8]) -> u8 {
    let divided = |delimiter: u8| {
        let mut reader = reader(head, delimiter);
        let mut record = ByteRecord::new();
        let mut counts = Vec::new();
        while counts.len() < 20 && matches!(reader.read_byte_record(&mut record), Ok(true)) {
            counts.push(record.len());
        }
        if counts.len() > 1 && reader.is_done() && head.last() != Some(&b'\n') {
            counts.pop();
        }
        let width = counts.first().copied().unwrap_or(0);
        let alike = counts.iter().filter(|count| **count == width).count();
        (width > 1).then_some((alike * 100 / counts.len().max(1), width))
    };
    let candidates = [b',', b';', b'\t', b'|'];
    let best = candidates
        .into_iter()
        .rev()
        .filter_map(|delimiter| Some((divided(delimiter)?, delimiter)))
        .max_by_key(|(score, _)| *score);
    best.map_or(b',', |(_, delimiter)| delimiter)
}

fn reader(text: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text)
}

/// Takes the header off the first block; none where the file has no record at all.
fn take_header(block: &mut Block, delimiter: u8, file: &Reading) -> Result<Option<Vec<String>>, SourceError> {
    check_text(block, file.path())?;
    let found = first_record(&block.text, delimiter).map_err(|error| SourceError::engine(file.path(), error))?;
    let Some((names, end)) = found else {
        return Ok(None);
    };
    let header_lines = lines(&block.text[..end]);
    block.line += header_lines;
    block.plain = block.plain.filter(|_| header_lines == 1).map(|plain| Plain { rows: plain.rows - 1, ..plain });
    block.offset += end as u64;
    block.text.drain(..end);
    Ok(Some(names))
}

/// The fields of the first record, trimmed, and the place after it.
fn first_record(text: &[u8], delimiter: u8) -> Result<Option<(Vec<String>, usize)>, csv::Error> {
    let bom = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let mut reader = reader(&text[bom..], delimiter);
    let mut record = ByteRecord::new();
    if !reader.read_byte_record(&mut record)? {
        return Ok(None);
    }
    let names = record.iter().map(|name| String::from_utf8_lossy(name.trim_ascii()).into_owned()).collect();
    let mut end = bom + reader.position().byte() as usize;
    if text.get(end) == Some(&b'\n') && text.get(end - 1) == Some(&b'\r') {
        end += 1;
    }
    Ok(Some((names, end)))
}

fn check_text(block: &Block, path: &str) -> Result<(), SourceError> {
    if let Some(at) = block.text.contains(&0).then(|| block.text.iter().position(|byte| *byte == 0)).flatten() {
        let offset = block.offset + at as u64;
        return Err(SourceError::NotText { path: path.to_owned(), offset, found: "a NUL".into() });
    }
    str::from_utf8(&block.text).map(|_| ()).map_err(|error| SourceError::NotUtf8 {
        path: path.to_owned(),
        line: block.line + lines(&block.text[..error.valid_up_to()]),
        offset: block.offset + error.valid_up_to() as u64,
    })
}

/// Takes blocks apart into the fields of a plan.
struct Parser<'a> {
    plan: &'a Plan,
    header: &'a [String],
    delimiter: u8,
    path: &'a str,
}

impl Parser<'_> {
    fn parse(&self, mut block: Block) -> Result<Raw, SourceError> {
        check_text(&block, self.path)?;
        let (line, plain) = (block.line, block.plain.filter(|plain| plain.fields == self.header.len()));
        let Some(plain) = plain else {
            return self.parse_odd(&block);
        };
        let text = String::from_utf8(block.text).map_err(|error| SourceError::engine(self.path, error))?;
        let Some(text) = SharedText::new(text) else {
            return Err(SourceError::engine(self.path, "a block of more than 4 GiB"));
        };
        if let Some(columns) = self.parse_plain(&text, plain) {
            let rows = plain.rows;
            return Ok(Raw { rows, columns, extra: None, lines: Lines::From(line), broken: Vec::new() });
        }
        block.text = text.as_str().as_bytes().to_vec();
        self.parse_odd(&block)
    }

    /// None where the header comes again.
    fn parse_plain(&self, text: &SharedText, plain: Plain) -> Option<Vec<ArrayRef>> {
        let wanted: Vec<usize> = self.plan.fields.iter().map(|field| field.index).collect();
        let columns = fields::cut(text, self.delimiter, plain, &wanted)?;
        let columns: Vec<ArrayRef> = columns.into_iter().map(|column| Arc::new(column) as ArrayRef).collect();
        (!self.repeats_header(&columns)).then_some(columns)
    }

    /// Whether the first column that is read has its own name in some row; space around it counts for nothing, as in
    /// [`Parser::oddity`], which then looks at the whole row.
    fn repeats_header(&self, columns: &[ArrayRef]) -> bool {
        let (Some(column), Some(field)) = (columns.first(), self.plan.fields.first()) else {
            return false;
        };
        let name = field.name.as_bytes();
        let values = column.as_string_view();
        values
            .views()
            .iter()
            .enumerate()
            .any(|(row, view)| *view as u32 as usize >= name.len() && values.value(row).as_bytes().trim_ascii() == name)
    }

    /// By the `csv` crate.
    fn parse_odd(&self, block: &Block) -> Result<Raw, SourceError> {
        let mut reader = reader(&block.text, self.delimiter);
        let mut record = ByteRecord::new();
        let mut builders: Vec<StringViewBuilder> = self.plan.fields.iter().map(|_| StringViewBuilder::new()).collect();
        let (mut lines_of, mut broken) = (Vec::new(), Vec::new());
        let mut line = Counter { text: &block.text, at: 0, line: block.line };
        while reader.read_byte_record(&mut record).map_err(|error| SourceError::engine(self.path, error))? {
            let start = record.position().map_or(0, |position| position.byte() as usize);
            let line = line.of(start);
            if let Some(reason) = self.oddity(&record) {
                let fields: Vec<&[u8]> = record.iter().collect();
                let value = String::from_utf8_lossy(&fields.join(&self.delimiter)).into_owned();
                broken.push(Broken { spot: line.into(), value, reason });
                continue;
            }
            for (builder, field) in builders.iter_mut().zip(&self.plan.fields) {
                match record.get(field.index) {
                    Some(value) => builder.append_value(String::from_utf8_lossy(value)),
                    None => builder.append_null(),
                }
            }
            lines_of.push(line);
        }
        let columns = builders.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef).collect();
        Ok(Raw { rows: lines_of.len(), columns, extra: None, lines: Lines::Each(lines_of), broken })
    }

    /// What is wrong with the fields of a record, if something is.
    fn oddity(&self, record: &ByteRecord) -> Option<String> {
        let header = self.header;
        let needed = header.len() - header.iter().rev().take_while(|name| name.is_empty()).count();
        let has_surplus = record.iter().skip(header.len()).any(|field| !field.trim_ascii().is_empty());
        if record.len() < needed || has_surplus {
            let (count, width) = (record.len(), header.len());
            return Some(format!("row has {count} fields, the header {width}"));
        }
        let is_header = record.iter().zip(header).all(|(field, name)| field.trim_ascii() == name.as_bytes());
        is_header.then(|| "the header line comes again".into())
    }
}

/// Lines of places that come in order.
struct Counter<'a> {
    text: &'a [u8],
    at: usize,
    line: i64,
}

impl Counter<'_> {
    /// The line of the record that begins there, or after the empty lines that stand there.
    fn of(&mut self, place: usize) -> i64 {
        let empty = self.text[place..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let start = place + empty;
        self.line += lines(&self.text[self.at..start]);
        self.at = start;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;

    use super::*;
    use crate::source::spec::Spec;
    use crate::source::survey::survey;
    use crate::table::Table;

    /// Reads a text block by block, in both ways where it is plain.
    fn parse(header: &str, text: &str) -> Raw {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        let table = Table::named("dependencies").unwrap();
        let plan = Plan::new(table, Headers { names: &header, is_nested: false }, &Spec::default(), "x").unwrap();
        let parser = Parser { plan: &plan, header: &header, delimiter: b',', path: "x" };
        let plain = survey(text.as_bytes(), b',').1;
        let block = Block { text: text.as_bytes().to_vec(), line: 2, offset: 0, plain };
        let raw = parser.parse(block.clone()).unwrap();
        let odd = parser.parse_odd(&block).unwrap();
        assert_eq!(odd.rows, raw.rows);
        for row in 0..raw.rows {
            assert_eq!(raw.lines.of(row), odd.lines.of(row));
            assert_eq!(cells(&raw, row), cells(&odd, row));
        }
        assert_eq!(raw.broken, odd.broken);
        raw
    }

    fn cells(raw: &Raw, row: usize) -> Vec<String> {
        raw.columns
            .iter()
            .map(|column| column.as_string_view())
            .map(|column| if column.is_null(row) { String::new() } else { column.value(row).to_owned() })
            .collect()
    }

    #[test]
    fn both_ways_read_plain_text_alike() {
        let raw = parse("service,depends_on", "a,b\n,\n\"c,d\",\"e \"\"f\"\"\"\ng,a text that is rather long\n");
        assert!(matches!(raw.lines, Lines::From(2)));
        assert_eq!(cells(&raw, 2), ["c,d", "e \"f\""]);
        assert_eq!(raw.lines.of(3), 5);
    }

    #[test]
    fn carriage_returns_are_no_part_of_a_value() {
        let raw = parse("service,depends_on", "a,b\r\nc,d\r\n");
        assert_eq!(cells(&raw, 1), ["c", "d"]);
    }

    #[test]
    fn lines_are_those_of_the_file_with_quoted_and_empty_ones_counted() {
        let raw = parse("service,depends_on", "a,\"b\nb\"\n\n\nc,d\ne\nf,g\n");
        let found: Vec<i64> = (0..raw.rows).map(|row| raw.lines.of(row)).collect();
        assert_eq!(found, [2, 6, 8]);
        let reason = "row has 1 fields, the header 2".to_string();
        assert_eq!(raw.broken, [Broken { spot: 7.into(), value: "e".into(), reason }]);
    }

    #[test]
    fn empty_fields_too_many_are_harmless() {
        let raw = parse("service,depends_on", "a,b,,\nc,d\ne,f,g\n");
        assert_eq!(raw.rows, 2);
        assert_eq!(raw.broken[0].reason, "row has 3 fields, the header 2");
        assert_eq!(parse("service,depends_on,,", "a,b\nc,d,,\n").rows, 2);
    }

    #[test]
    fn a_header_that_comes_again_is_no_record() {
        let raw = parse("service,depends_on", "a,b\nservice,depends_on\nc,d\n");
        assert_eq!(raw.rows, 2);
        assert_eq!(raw.broken[0].reason, "the header line comes again");
        assert_eq!(raw.broken[0].spot.line, 3);
        // Nor with space around its first name, whichever columns are read.
        let raw = parse("service,depends_on", "a,b\n service ,depends_on\nc,d\n");
        assert_eq!((raw.rows, raw.broken.len()), (2, 1));
    }

    #[test]
    fn the_delimiter_is_the_one_that_divides_evenly() {
        assert_eq!(sniff(b"a,b;c\n1,2;3\n"), b',');
        assert_eq!(sniff(b"a;b;c\n1,5;2,5;3\n4;5;6\n"), b';');
        assert_eq!(sniff(b"a\tb\n1\t2\n"), b'\t');
        assert_eq!(sniff(b"a|b\n1|2\n"), b'|');
        assert_eq!(sniff(b"team\nred\n"), b',');
        assert_eq!(sniff(b""), b',');
    }
}
