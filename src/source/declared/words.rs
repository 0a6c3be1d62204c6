//! Words of a vendor or a source looked up, whatever their case and separators.

use std::collections::BTreeMap;

use crate::table::key_of;

/// Whether two words are the same; words without letters or digits must be the same text.
pub fn is_same(one: &str, other: &str) -> bool {
    let key = key_of(one);
    one == other || (!key.is_empty() && key == key_of(other))
}

/// What the configuration makes of a word.
pub fn told<'a>(words: &'a BTreeMap<String, String>, word: &str) -> Option<&'a str> {
    let exact = words.get(word).map(String::as_str);
    exact.or_else(|| words.iter().find(|(known, _)| is_same(known, word)).map(|(_, ours)| ours.as_str()))
}
