//! One look at a block of delimited text before it is parsed: is it plain, and where does its last record end?
//!
//! A plain block has one record a line, every one with the same number of fields, and quotes only as RFC 4180 has
//! them. Plain blocks go to polars; others to the `csv` crate, which is slower and knows where everything stands.

/// Where the last whole record of a block ends, and whether a quote was left open after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// One past the line feed of the last whole record.
    pub end: Option<usize>,
    /// Place of the quote that is open at the end of the block.
    pub open_quote: Option<usize>,
}

/// Finds the end of the last whole record; the block begins at the beginning of a record.
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
            None => {
                return Cut { end, open_quote: Some(quote) };
            }
        }
    }
    Cut { end: last_line(block, at, block.len()).or(end), open_quote: None }
}

/// The number of records of a plain block of `width` fields, or none where it is not plain.
/// The block ends with a line feed.
pub(super) fn plain(block: &[u8], delimiter: u8, width: usize) -> Option<usize> {
    if width < 2 || block.last() != Some(&b'\n') {
        return None;
    }
    if block.contains(&b'"') || block.contains(&b'\r') {
        return plain_quoted(block, delimiter, width);
    }
    plain_unquoted(block, delimiter, width)
}

const LOW: u64 = 0x0101_0101_0101_0101;
const SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// The high bit of every byte of `word` that equals the byte spread over `pattern`.
#[inline]
fn equal(word: u64, pattern: u64) -> u64 {
    let other = word ^ pattern;
    !(((other & SEVEN) + SEVEN) | other | SEVEN)
}

/// How many bytes are marked by their high bit.
#[inline]
fn marked(mask: u64) -> u64 {
    (mask >> 7).wrapping_mul(LOW) >> 56
}

/// Counts delimiters line by line, eight bytes at a time.
fn plain_unquoted(block: &[u8], delimiter: u8, width: usize) -> Option<usize> {
    let separators = width as u64 - 1;
    let (delimiters, feeds) = (u64::from(delimiter) * LOW, u64::from(b'\n') * LOW);
    let (mut rows, mut count) = (0, 0);
    let (words, tail) = block.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let mut found = equal(word, delimiters);
        let mut ends = equal(word, feeds);
        while ends != 0 {
            let before = (ends & ends.wrapping_neg()) - 1;
            if count + marked(found & before) != separators {
                return None;
            }
            rows += 1;
            count = 0;
            found &= !before;
            ends &= ends - 1;
        }
        count += marked(found);
    }
    for byte in tail {
        if *byte == b'\n' {
            if count != separators {
                return None;
            }
            rows += 1;
            count = 0;
        }
        count += u64::from(*byte == delimiter);
    }
    Some(rows)
}

/// The same with quotes, and with a carriage return before every line feed or none.
fn plain_quoted(block: &[u8], delimiter: u8, width: usize) -> Option<usize> {
    let (mut rows, mut fields, mut at) = (0, 1, 0);
    while at < block.len() {
        if block[at] == b'"' {
            let close = closing(block, at)?;
            if block[at..close].contains(&b'\n') || block[at..close].contains(&b'\r') {
                return None;
            }
            at = close + 1;
        } else {
            at += block[at..].iter().position(|byte| [delimiter, b'\n', b'\r', b'"'].contains(byte))?;
        }
        if block.get(at) == Some(&b'\r') {
            at += 1;
            if block.get(at) != Some(&b'\n') {
                return None;
            }
        }
        match block.get(at) {
            Some(byte) if *byte == delimiter => fields += 1,
            Some(b'\n') if fields == width => {
                rows += 1;
                fields = 1;
            }
            _ => return None,
        }
        at += 1;
    }
    (fields == 1).then_some(rows)
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
        }
    }

    fn rows(text: &str) -> Option<usize> {
        plain(text.as_bytes(), b',', 3)
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
    fn both_ways_of_looking_agree_wherever_lines_begin() {
        for padding in 0..20 {
            let text = format!("{},b,c\nd,,\n{},,\n", "é".repeat(padding), "y".repeat(padding * 3));
            assert_eq!(plain_unquoted(text.as_bytes(), b',', 3), Some(3));
            assert_eq!(plain_quoted(text.as_bytes(), b',', 3), Some(3));
            let ragged = format!("{text}{},b\n", "z".repeat(padding));
            assert_eq!(plain_unquoted(ragged.as_bytes(), b',', 3), None);
            assert_eq!(plain_quoted(ragged.as_bytes(), b',', 3), None);
        }
    }
}
