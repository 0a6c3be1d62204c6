//! A delimited text cut into blocks of whole records, so that they can be parsed side by side.
//!
//! A quoted line feed never cuts a record. Nothing here knows what a field is.

use std::io::{self, Read};

use super::survey::{Cut, Plain, cut, survey};

/// Whole records as they stand in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Ends with a line feed, which is added where the file ends without.
    pub text: Vec<u8>,
    /// The line of its first byte, counted from 1.
    pub line: i64,
    /// The place of its first byte in the unpacked text.
    pub offset: u64,
    /// Where its records are plain.
    pub plain: Option<Plain>,
}

/// Why there is no next block.
#[derive(Debug)]
pub(super) enum Stop {
    Io(io::Error),
    OpenQuote { line: i64 },
    LongRecord { line: i64, limit: usize },
}

/// Cuts a text into blocks.
pub(super) struct Blocks<R> {
    reader: R,
    size: usize,
    delimiter: u8,
    rest: Vec<u8>,
    line: i64,
    offset: u64,
    is_finished: bool,
}

/// Longer records are taken for an open quote.
const LIMIT: usize = 256 << 20;

impl<R: Read> Blocks<R> {
    /// Blocks of about `size` bytes.
    pub fn new(reader: R, delimiter: u8, size: usize) -> Self {
        Self { reader, size, delimiter, rest: Vec::new(), line: 1, offset: 0, is_finished: false }
    }

    /// The next block, or none at the end.
    ///
    /// # Errors
    /// When reading fails, or a record has no end.
    pub fn next(&mut self) -> Result<Option<Block>, Stop> {
        let mut text = std::mem::take(&mut self.rest);
        loop {
            let wanted = self.size.max(text.len());
            text.reserve(wanted);
            if !self.is_finished {
                let count = (&mut self.reader).take(wanted as u64).read_to_end(&mut text).map_err(Stop::Io)?;
                self.is_finished = count < wanted;
            }
            if text.is_empty() {
                return Ok(None);
            }
            if self.is_finished && text.last() != Some(&b'\n') {
                text.push(b'\n');
            }
            let (Cut { end, open_quote }, plain) = survey(&text, self.delimiter);
            if self.is_finished {
                if end != Some(text.len()) {
                    let quote = cut(&text, self.delimiter).open_quote.unwrap_or(0);
                    return Err(Stop::OpenQuote { line: self.line + lines(&text[..quote]) });
                }
                return Ok(Some(self.block(text, plain)));
            }
            if let Some(end) = end {
                self.rest = text.split_off(end);
                return Ok(Some(self.block(text, plain)));
            }
            if text.len() > LIMIT {
                let open = open_quote.map_or(0, |quote| lines(&text[..quote]));
                return Err(Stop::LongRecord { line: self.line + open, limit: LIMIT });
            }
        }
    }

    fn block(&mut self, text: Vec<u8>, plain: Option<Plain>) -> Block {
        let block = Block { line: self.line, offset: self.offset, text, plain };
        self.line += block.plain.map_or_else(|| lines(&block.text), |plain| plain.rows as i64);
        self.offset += block.text.len() as u64;
        block
    }
}

/// How many line feeds there are.
pub(super) fn lines(text: &[u8]) -> i64 {
    text.iter().filter(|byte| **byte == b'\n').count() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str, size: usize) -> Result<Vec<(String, i64, u64)>, Stop> {
        let mut blocks = Blocks::new(text.as_bytes(), b',', size);
        let mut all = Vec::new();
        while let Some(block) = blocks.next()? {
            all.push((String::from_utf8(block.text).unwrap(), block.line, block.offset));
        }
        Ok(all)
    }

    #[test]
    fn blocks_join_to_the_text_and_none_cuts_a_record() {
        let text = "a,b\n1,\"two\nlines\"\n3,\"a \"\"quoted\n\"\" word\"\n5,6\n";
        let whole: Vec<_> = csv::ReaderBuilder::new()
            .from_reader(text.as_bytes())
            .into_records()
            .map(Result::unwrap)
            .map(|record| record.iter().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        for size in 1..60 {
            let blocks = blocks(text, size).unwrap();
            let joined: String = blocks.iter().map(|(text, ..)| text.as_str()).collect();
            assert_eq!(joined, text);
            let mut records = Vec::new();
            for (text, line, offset) in blocks {
                assert_eq!(line, 1 + lines(&joined.as_bytes()[..offset as usize]));
                let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
                for record in reader.records() {
                    records.push(record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
                }
            }
            assert_eq!(records[1..], whole);
        }
    }

    #[test]
    fn a_last_line_without_end_is_given_one() {
        assert_eq!(blocks("a\nb", 100).unwrap(), [("a\nb\n".to_string(), 1, 0)]);
        assert_eq!(blocks("", 100).unwrap(), []);
    }

    #[test]
    fn an_open_quote_is_found_where_it_stands() {
        for size in [1, 7, 100] {
            let stop = blocks("a,b\nc,d\ne,\"f\ng,h\n", size);
            assert!(matches!(stop, Err(Stop::OpenQuote { line: 3 })), "{stop:?}");
        }
    }
}
