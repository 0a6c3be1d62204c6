//! Where a record begins in its file: its line, and where several share the line, which of them it is.

use std::fmt;

use super::blocks::lines;

/// The beginning of a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Counted from 1.
    pub line: i64,
    /// None where the record has the line for itself.
    pub within: Option<Within>,
}

/// One of several records of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Within {
    /// Counted from 1 in each line.
    pub record: i64,
    /// The byte of the line at which it begins, counted from 1.
    pub byte: i64,
}

impl Spot {
    /// As a store keeps it: a record of 0 has the line for itself.
    pub fn of(line: i64, record: i64, byte: i64) -> Self {
        Self { line, within: (record > 0).then_some(Within { record, byte }) }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self.within {
            None => write!(formatter, "{}", self.line),
            Some(within) => write!(formatter, "{}, record {} of the line", self.line, within.record),
        }
    }
}

impl From<i64> for Spot {
    fn from(line: i64) -> Self {
        Self { line, within: None }
    }
}

/// The spots of records that begin at these places of a text, which come in order.
pub(super) fn spots(text: &[u8], places: impl Iterator<Item = usize>) -> Vec<Spot> {
    let (mut line, mut line_begins, mut at) = (1, 0, 0);
    let mut found: Vec<Spot> = Vec::new();
    for place in places {
        let passed = text.get(at..place).unwrap_or_default();
        line += lines(passed);
        line_begins = passed.iter().rposition(|byte| *byte == b'\n').map_or(line_begins, |feed| at + feed + 1);
        at = place;
        let before = found.last().filter(|last| last.line == line).and_then(|last| last.within);
        let record = before.map_or(1, |before| before.record + 1);
        found.push(Spot { line, within: Some(Within { record, byte: (place - line_begins) as i64 + 1 }) });
    }
    let is_alone = |spot: &Spot, next: Option<&Spot>| {
        spot.within.is_some_and(|within| within.record == 1) && next.is_none_or(|next| next.line != spot.line)
    };
    let alone: Vec<bool> = found.iter().enumerate().map(|(place, spot)| is_alone(spot, found.get(place + 1))).collect();
    for (spot, _) in found.iter_mut().zip(alone).filter(|(_, is_alone)| *is_alone) {
        spot.within = None;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_that_share_a_line_are_counted_in_it() {
        let text = b"[1,\n 2, 3,\n4,5,6]";
        let places = text.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit()).map(|(place, _)| place);
        let found: Vec<(i64, Option<(i64, i64)>)> = spots(text, places)
            .into_iter()
            .map(|spot| (spot.line, spot.within.map(|within| (within.record, within.byte))))
            .collect();
        let expected =
            [(1, None), (2, Some((1, 2))), (2, Some((2, 5))), (3, Some((1, 1))), (3, Some((2, 3))), (3, Some((3, 5)))];
        assert_eq!(found, expected);
    }
}
