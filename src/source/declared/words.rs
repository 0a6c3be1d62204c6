//! Words and names compared whatever their case and separators, without making a text for each: it is done for every
//! field of every record.

use std::collections::BTreeMap;

/// Whether two words are the same: `In Progress` and `in_progress` are, `inprogress` is another.
/// Words without letters or digits must be the same text, and so must a sign before a number.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other
        || (begins_alike(one, other)
            && one.starts_with('-') == other.starts_with('-')
            && is_any(one)
            && key(one).eq(key(other)))
}

/// Whether two names are the same, with separators left aside: `createdAt` and `created_at` are.
pub fn is_same_name(one: &str, other: &str) -> bool {
    begins_alike(one, other) && letters(one).eq(letters(other))
}

/// Whether a text has another in it, whatever the case of its ASCII letters.
pub fn holds(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

/// What the configuration makes of a word.
pub fn told<'a>(words: &'a BTreeMap<String, String>, word: &str) -> Option<&'a str> {
    let exact = words.get(word).map(String::as_str);
    exact.or_else(|| words.iter().find(|(known, _)| is_same(known, word)).map(|(_, ours)| ours.as_str()))
}

/// Whether the first characters leave it open that two texts are the same: most are told apart here.
fn begins_alike(one: &str, other: &str) -> bool {
    match (one.as_bytes().first(), other.as_bytes().first()) {
        (Some(one), Some(other)) if one.is_ascii_alphanumeric() && other.is_ascii_alphanumeric() => {
            one.eq_ignore_ascii_case(other)
        }
        _ => true,
    }
}

fn is_any(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// The letters of the parts, with one mark between two parts.
fn key(text: &str) -> impl Iterator<Item = char> + '_ {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.flat_map(|part| part.chars().flat_map(char::to_lowercase).chain(std::iter::once('_')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_by_their_parts_and_names_by_their_letters() {
        assert!(is_same("In Progress", "in_progress") && is_same("3 - Moderate", "3_moderate"));
        assert!(!is_same("inprogress", "in_progress") && !is_same("-3", "3") && !is_same("?", "-"));
        assert!(is_same("?", "?"));
        assert!(is_same_name("createdAt", "created_at") && !is_same_name("created", "created_at"));
        assert!(holds("INC0010", "inc") && holds("x", "") && !holds("in", "inc"));
    }
}
