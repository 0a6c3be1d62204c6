//! Stamps in the one spelling that most exports have, read a column at a time; any other is for `instant`.

use super::instant::{self, Stamp};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Reads stamps that are written as `2024-05-11T15:26:00Z`, quickly where days come several times in a row.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    /// The date that was read last, and its midnight.
    date: [u8; 10],
    midnight: i64,
}

impl Stamps {
    /// Microseconds since 1970; none where the stamp is written in another way, or is none.
    #[inline]
    pub fn read(&mut self, text: &[u8]) -> Option<i64> {
        let text: &[u8; 20] = text.try_into().ok()?;
        if text[..10] != self.date {
            let Ok(Stamp::Instant(now)) = instant::parse(text, None) else { return None };
            self.date.copy_from_slice(&text[..10]);
            self.midnight = now - now.rem_euclid(DAY);
        }
        let is_shaped = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')]
            .into_iter()
            .all(|(place, byte)| text[place] == byte);
        if !is_shaped {
            return None;
        }
        let (hour, minute, second) = (pair(text, 11)?, pair(text, 14)?, pair(text, 17)?);
        let is_clock = hour < 24 && minute < 60 && second < 60;
        is_clock.then_some(self.midnight + (hour * 3600 + minute * 60 + second) * SECOND)
    }
}

/// The number of two digits.
#[inline]
fn pair(text: &[u8; 20], at: usize) -> Option<i64> {
    let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then_some(i64::from(tens) * 10 + i64::from(ones))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_the_general_reader_reads() {
        let texts = [
            "2024-05-11T15:26:00Z",
            "2024-05-11T23:59:59Z",
            "2024-05-12T00:00:00Z",
            "1999-12-31T01:02:03Z",
            "2024-02-29T12:00:00Z",
            "2024-02-29T12:00:01Z",
        ];
        let mut stamps = Stamps::default();
        for text in texts {
            let expected = instant::parse(text.as_bytes(), None).unwrap();
            assert_eq!(stamps.read(text.as_bytes()).map(Stamp::Instant), Some(expected), "{text}");
        }
    }

    #[test]
    fn every_other_spelling_is_left_to_the_general_reader_also_after_the_same_day() {
        let mut stamps = Stamps::default();
        assert!(stamps.read(b"2024-05-11T15:26:00Z").is_some());
        let others: [&[u8]; 11] = [
            b"2024-05-11T15:26:00",
            b"2024-05-11 15:26:00Z",
            b"2024-05-11T24:00:00Z",
            b"2024-05-11T15:60:00Z",
            b"2024-05-11T15:26:60Z",
            b"2024-05-11T1x:26:00Z",
            b"2024-05-11T15:26:00z",
            b"2024-02-30T15:26:00Z",
            b"2024-05-11T15-26-00Z",
            b" 2024-05-11T15:26:00",
            b"",
        ];
        for text in others {
            assert_eq!(stamps.read(text), None, "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(Stamps::default().read(&[0; 20]), None);
    }
}
