//! Words of a file made the words of a vocabulary; each different one is looked up once a block.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewArray, UInt32Array};
use arrow::compute::take;
use arrow::error::ArrowError;

use crate::table::{Vocabulary, key_of};

/// A column's words.
pub(super) struct Words {
    vocabulary: &'static Vocabulary,
    is_open: bool,
    /// The words that may stand in the column, so far.
    known: Vec<String>,
}

/// What a spelling becomes.
#[derive(Debug, Clone, Copy)]
struct Meaning {
    /// Place among the known words, or none for null.
    place: Option<u32>,
    is_mapped: bool,
}

impl Words {
    /// A closed list: other words become `unknown`, or null where the list has no such word.
    pub fn closed(vocabulary: &'static Vocabulary) -> Self {
        let known = vocabulary.words.iter().map(|word| word.to_string()).collect();
        Self { vocabulary, is_open: false, known }
    }

    /// An open list: other words stay, in lower snake case.
    pub fn open(vocabulary: &'static Vocabulary) -> Self {
        Self { is_open: true, ..Self::closed(vocabulary) }
    }

    /// The words of a column, and the spellings that the vocabulary does not know with their counts.
    pub fn cast(mut self, text: &StringViewArray) -> Result<(ArrayRef, BTreeMap<String, u64>), ArrowError> {
        let mut meanings: HashMap<&str, Meaning> = HashMap::new();
        let mut others: BTreeMap<String, u64> = BTreeMap::new();
        let mut recent = [(0u128, None::<Meaning>); RECENT];
        let mut places = Vec::with_capacity(text.len());
        for row in 0..text.len() {
            if text.is_null(row) {
                places.push(None);
                continue;
            }
            // A text of up to twelve bytes is its view: comparing numbers spares most look-ups.
            let view = text.views()[row];
            let is_inline = view as u32 <= 12;
            let slot = &mut recent[slot_of(view)];
            let meaning = match *slot {
                (known, Some(meaning)) if is_inline && known == view => meaning,
                _ => {
                    let value = text.value(row);
                    let meaning = *meanings.entry(value).or_insert_with(|| self.meaning(value));
                    if is_inline {
                        *slot = (view, Some(meaning));
                    }
                    meaning
                }
            };
            if !meaning.is_mapped {
                let value = text.value(row);
                match others.get_mut(value) {
                    Some(count) => *count += 1,
                    None => {
                        others.insert(value.to_owned(), 1);
                    }
                }
            }
            places.push(meaning.place);
        }
        let known = StringViewArray::from_iter_values(&self.known);
        Ok((take(&known, &UInt32Array::from(places), None)?, others))
    }

    fn meaning(&mut self, value: &str) -> Meaning {
        if let Some(word) = self.vocabulary.canonical(value) {
            return Meaning { place: self.place_of(word), is_mapped: true };
        }
        if self.is_open {
            let key = key_of(value);
            if key.is_empty() {
                return Meaning { place: None, is_mapped: true };
            }
            let place = self.place_of(&key).unwrap_or(self.known.len() as u32);
            if place as usize == self.known.len() {
                self.known.push(key);
            }
            return Meaning { place: Some(place), is_mapped: true };
        }
        Meaning { place: self.place_of("unknown"), is_mapped: false }
    }

    fn place_of(&self, word: &str) -> Option<u32> {
        self.known.iter().position(|known| known == word).map(|place| place as u32)
    }
}

const RECENT: usize = 64;

fn slot_of(view: u128) -> usize {
    let folded = (view as u64) ^ ((view >> 64) as u64);
    (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize
}

/// Words that the configuration maps, whatever their case and separators.
pub(super) struct Mapping<'a> {
    exact: &'a BTreeMap<String, String>,
    by_key: BTreeMap<String, &'a str>,
}

impl<'a> Mapping<'a> {
    pub fn new(words: &'a BTreeMap<String, String>) -> Self {
        let by_key = words
            .iter()
            .map(|(word, canonical)| (key_of(word), canonical.as_str()))
            .filter(|(key, _)| !key.is_empty())
            .collect();
        Self { exact: words, by_key }
    }

    /// The word for it, or the word itself.
    pub fn of<'b>(&'b self, word: &'b str) -> &'b str {
        if self.exact.is_empty() {
            return word;
        }
        match self.exact.get(word) {
            Some(canonical) => canonical,
            None => self.by_key.get(&key_of(word)).copied().unwrap_or(word),
        }
    }
}

/// One word, over and over.
pub(super) fn repeat(word: &str, count: usize) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(word, count)))
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;

    use super::*;
    use crate::table::{Kind, Table};

    fn vocabulary(table: &str, column: &str) -> &'static Vocabulary {
        match Table::named(table).unwrap().column(column).unwrap().kind {
            Kind::Word(vocabulary) | Kind::OpenWord(vocabulary) => vocabulary,
            _ => panic!("{column} has no words"),
        }
    }

    fn cast(words: Words, text: &[Option<&str>]) -> (Vec<Option<String>>, BTreeMap<String, u64>) {
        let text = StringViewArray::from_iter(text.iter().copied());
        let (array, others) = words.cast(&text).unwrap();
        (array.as_string_view().iter().map(|word| word.map(str::to_owned)).collect(), others)
    }

    #[test]
    fn words_outside_a_closed_list_are_unknown_and_counted() {
        let words = Words::closed(vocabulary("deployments", "status"));
        let text = [
            Some("Success"),
            Some("sideways"),
            None,
            Some("success"),
            Some("sideways"),
            Some("a long word that is not kept inline"),
        ];
        let (found, others) = cast(words, &text);
        let found: Vec<Option<&str>> = found.iter().map(Option::as_deref).collect();
        assert_eq!(
            found,
            [Some("succeeded"), Some("unknown"), None, Some("succeeded"), Some("unknown"), Some("unknown")]
        );
        assert_eq!(others["sideways"], 2);
        assert_eq!(others.values().sum::<u64>(), 3);
    }

    #[test]
    fn words_outside_an_open_list_stay() {
        let words = Words::open(vocabulary("deployments", "strategy"));
        let (found, others) = cast(words, &[Some("Blue-Green"), Some("Big Bang"), Some("big_bang"), Some("--")]);
        assert_eq!(found, [Some("blue_green".into()), Some("big_bang".into()), Some("big_bang".into()), None]);
        assert!(others.is_empty());
    }

    #[test]
    fn a_configured_word_is_found_whatever_its_case() {
        let words = BTreeMap::from([("Emergency Change".to_string(), "emergency".to_string())]);
        let mapping = Mapping::new(&words);
        assert_eq!(mapping.of("Emergency Change"), "emergency");
        assert_eq!(mapping.of("emergency change"), "emergency");
        assert_eq!(mapping.of("other"), "other");
    }
}
