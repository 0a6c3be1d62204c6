//! One look at a block of delimited text before it is parsed: is it plain, and where does its last record end?
//!
//! A plain block has one record a line, every one with the same number of fields, and quotes only as RFC 4180 has
//! them. Plain blocks are cut up by `fields`; others go to the `csv` crate, which is slower and knows where everything
//! stands.

use fearless_simd::{Level, Simd, dispatch};

use super::marks;

/// Where the last whole record of a block ends, and whether a quote was left open after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// One past the line feed of the last whole record.
    pub end: Option<usize>,
    /// Place of the quote that is open at the end of the block.
    pub open_quote: Option<usize>,
}

/// Records that all stand on one line and have the same number of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plain {
    pub rows: usize,
    pub fields: usize,
}

/// Finds the end of the last whole record of a block that begins at the beginning of one, and whether the records up
/// to there are plain.
pub(super) fn survey(block: &[u8], delimiter: u8) -> (Cut, Option<Plain>) {
    match dispatch!(Level::new(), simd => look(simd, block, delimiter)) {
        Some((end, plain)) => (Cut { end, open_quote: None }, plain),
        None => (cut(block, delimiter), None),
    }
}

/// What has been seen up to a chunk of sixty-four bytes.
struct Seen {
    /// All bits, or none: the chunk begins within quotes.
    inside: u64,
    /// The byte before ends a field, is a closing quote, is a carriage return: the lowest bit.
    boundary: u64,
    closing: u64,
    carriage: u64,
    /// Delimiters since the last line feed, and in the first line.
    separators: u32,
    expected: Option<u32>,
    rows: usize,
    end: Option<usize>,
    is_plain: bool,
}

/// Looks at sixty-four bytes at a time; none where a quote stands within an unquoted field or text follows a closing
/// quote, so that quotes cannot be counted, or where one stays open.
#[inline(always)]
fn look<S: Simd>(simd: S, block: &[u8], delimiter: u8) -> Option<(Option<usize>, Option<Plain>)> {
    let mut seen = Seen {
        inside: 0,
        boundary: 1,
        closing: 0,
        carriage: 0,
        separators: 0,
        expected: None,
        rows: 0,
        end: None,
        is_plain: true,
    };
    let (chunks, tail) = block.as_chunks::<64>();
    for (place, chunk) in chunks.iter().enumerate() {
        seen.chunk(simd, chunk, delimiter, place * 64, u64::MAX)?;
    }
    let mut last = [0; 64];
    last[..tail.len()].copy_from_slice(tail);
    // What follows the end of the block is not known yet, so nothing is said against it.
    let known = (1u64 << tail.len()) - 1;
    seen.chunk(simd, &last, delimiter, chunks.len() * 64, known)?;
    if seen.inside != 0 && seen.end.is_none() {
        return None;
    }
    let plain = match seen.expected {
        Some(separators) if seen.is_plain && separators > 0 => {
            Some(Plain { rows: seen.rows, fields: separators as usize + 1 })
        }
        _ => None,
    };
    Some((seen.end, plain))
}

impl Seen {
    #[inline(always)]
    fn chunk<S: Simd>(&mut self, simd: S, chunk: &[u8; 64], delimiter: u8, start: usize, known: u64) -> Option<()> {
        let quotes = marks::equal(simd, chunk, b'"');
        let feeds = marks::equal(simd, chunk, b'\n');
        let returns = marks::equal(simd, chunk, b'\r');
        let inside = marks::is_odd(quotes) ^ self.inside;
        let separators = marks::equal(simd, chunk, delimiter) & !inside;
        let ends = feeds & !inside;
        let (opening, closing) = (quotes & inside, quotes & !inside);
        let boundaries = separators | ends;

        let may_open = (boundaries << 1) | self.boundary | (closing << 1) | self.closing;
        let after_closing = (closing << 1) | self.closing;
        if opening & !may_open != 0 || after_closing & known & !(boundaries | returns | quotes) != 0 {
            return None;
        }
        let after_return = ((returns & !inside) << 1) | self.carriage;
        self.is_plain &= (feeds | returns) & inside == 0 && after_return & known & !ends == 0;

        self.inside = 0u64.wrapping_sub(inside >> 63);
        self.boundary = boundaries >> 63;
        self.closing = closing >> 63;
        self.carriage = (returns & !inside) >> 63;
        self.lines(separators, ends, start);
        Some(())
    }

    #[inline(always)]
    fn lines(&mut self, mut separators: u64, mut ends: u64, start: usize) {
        while ends != 0 {
            let place = ends.trailing_zeros();
            let before = (1u64 << place) - 1;
            let count = self.separators + (separators & before).count_ones();
            self.is_plain &= *self.expected.get_or_insert(count) == count;
            self.rows += 1;
            self.separators = 0;
            self.end = Some(start + place as usize + 1);
            separators &= !before;
            ends &= ends - 1;
        }
        self.separators += separators.count_ones();
    }
}

/// The same end, byte by byte, as the `csv` crate sees quotes: one within an unquoted field stands for itself.
pub(super) fn cut(block: &[u8], delimiter: u8) -> Cut {
    let mut end = None;
    let mut at = 0;
    while let Some(quote) = find(block, b'"', at) {
        end = last_line(block, at, quote).or(end);
        let is_opening = quote == 0 || [delimiter, b'\n', b'\r'].contains(&block[quote - 1]);
        if !is_opening {
            at = quote + 1;
            continue;
        }
        match closing(block, quote) {
            Some(close) => at = close + 1,
            None => return Cut { end, open_quote: Some(quote) },
        }
    }
    Cut { end: last_line(block, at, block.len()).or(end), open_quote: None }
}

/// The quote that closes the one at `quote`; doubled ones stand for themselves.
fn closing(block: &[u8], quote: usize) -> Option<usize> {
    let mut at = quote + 1;
    loop {
        let close = find(block, b'"', at)?;
        if block.get(close + 1) != Some(&b'"') {
            return Some(close);
        }
        at = close + 2;
    }
}

fn find(block: &[u8], byte: u8, from: usize) -> Option<usize> {
    let rest = block.get(from..)?;
    // Looking whether there is one is much faster than looking for its place, and most blocks have none.
    if !rest.contains(&byte) {
        return None;
    }
    rest.iter().position(|other| *other == byte).map(|place| from + place)
}

/// One past the last line feed between two places.
fn last_line(block: &[u8], from: usize, to: usize) -> Option<usize> {
    block[from..to].iter().rposition(|byte| *byte == b'\n').map(|place| from + place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_cut_after_its_last_whole_record() {
        let cases: [(&str, Option<usize>, Option<usize>); 9] = [
            ("a,b\nc,d\ne,", Some(8), None),
            ("a,b\nc,\"d\ne\",f", Some(4), None),
            ("a,b\nc,\"d\ne\",f\ng", Some(14), None),
            ("a,b\nc,\"d\ne", Some(4), Some(6)),
            ("a,5\" disk\nc,d\ne", Some(14), None),
            ("a,\"b \"\"c\n\"\"\"\nd", Some(13), None),
            ("\"a\nb", None, Some(0)),
            ("abc", None, None),
            ("", None, None),
        ];
        for (text, end, open_quote) in cases {
            assert_eq!(cut(text.as_bytes(), b','), Cut { end, open_quote }, "{text}");
            assert_eq!(survey(text.as_bytes(), b',').0.end, end, "{text}");
        }
    }

    fn rows(text: &str) -> Option<usize> {
        let (_, plain) = survey(text.as_bytes(), b',');
        plain.filter(|plain| plain.fields == 3).map(|plain| plain.rows)
    }

    #[test]
    fn a_plain_block_has_the_same_number_of_fields_in_every_line() {
        assert_eq!(rows("a,b,c\n"), Some(1));
        assert_eq!(rows(&"aaaa,bb,cccccc\n".repeat(100)), Some(100));
        assert_eq!(rows(",,\n,,\n"), Some(2));
        assert_eq!(rows("a,\"b,\"\"b\",c\n"), Some(1));
        assert_eq!(rows("a,b,c\r\na,b,c\r\n"), Some(2));
        assert_eq!(rows("a,b,\"c\"\r\n"), Some(1));
    }

    #[test]
    fn whatever_is_odd_is_not_plain() {
        for text in [
            "a,b\n",
            "a,b,c,d\n",
            "a,b\na,b,c,d\n",
            "a,b,c\n\na,b,c\n",
            "a,b,c",
            "a,b,c\n\"a\nb\",b,c\n",
            "a,5\" disk,c\n",
            "a,\"b\"x,c\n",
            "a,b\rc,d\n",
            "a,b,\"c\n",
            "\"\",b\n",
        ] {
            assert_eq!(rows(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_plain_block_is_plain_wherever_it_is_cut_off() {
        let text = "\"a\",\"b, \"\"c\"\"\",\"\"\r\nd,e,\"f\"\r\n".repeat(9);
        for length in 24..text.len() {
            let (found, plain) = survey(&text.as_bytes()[..length], b',');
            let whole = &text[..found.end.unwrap()];
            assert_eq!(plain, Some(Plain { rows: whole.lines().count(), fields: 3 }), "{length}");
        }
    }

    #[test]
    fn both_ways_of_looking_find_the_same_end_wherever_chunks_begin() {
        let lines = ["a,b,c\n", "\"d,\"\"\n\"\"\",,\n", "\"\",\"é\",f\r\n", "5\" disk,g,h\n", "\"i\"x,,\n", "\"j"];
        let mut numbers = 7u32;
        for length in 0..400 {
            let mut text = "x".repeat(length % 67);
            for _ in 0..length % 13 {
                numbers = numbers.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(lines[(numbers >> 16) as usize % if length % 2 == 0 { 3 } else { lines.len() }]);
            }
            let (found, _) = survey(text.as_bytes(), b',');
            assert_eq!(found.end, cut(text.as_bytes(), b',').end, "{text:?}");
        }
    }
}
