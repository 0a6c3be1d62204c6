//! Names that are safe as an HTML id, a link target and a file name, each given once.
//!
//! It knows nothing of blocks; who comes first keeps the plain name.

use std::collections::BTreeSet;

/// Ids of the page's own frame; no block may take them.
const RESERVED: &[&str] = &["content", "contents"];

/// The ids given so far in one document.
#[derive(Debug, Clone)]
pub struct Anchors {
    taken: BTreeSet<String>,
}

impl Default for Anchors {
    fn default() -> Self {
        let taken = RESERVED.iter().map(|name| (*name).to_owned()).collect();
        Self { taken }
    }
}

impl Anchors {
    /// An id made from `wish` that nobody has yet: the wish itself, else with a number behind.
    pub fn give(&mut self, wish: &str) -> String {
        let plain = slug(wish);
        let mut id = plain.clone();
        let mut next = 2_u64;
        while !self.taken.insert(id.clone()) {
            id = format!("{plain}-{next}");
            next += 1;
        }
        id
    }
}

/// Lower-case ASCII letters, digits and single hyphens; "part" where nothing is left.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(80);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        return "part".to_owned();
    }
    slug.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_holds_nothing_that_needs_escaping() {
        assert_eq!(slug("change-fail-rate"), "change-fail-rate");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("<b onload=x>"), "b-onload-x");
        assert_eq!(slug("مرحبا"), "part");
        assert_eq!(slug(""), "part");
    }

    #[test]
    fn the_same_wish_gets_a_different_id_each_time() {
        let mut anchors = Anchors::default();
        assert_eq!(anchors.give("speed"), "speed");
        assert_eq!(anchors.give("speed"), "speed-2");
        assert_eq!(anchors.give("Speed"), "speed-3");
        assert_eq!(anchors.give("speed-2"), "speed-2-2");
    }

    #[test]
    fn the_ids_of_the_page_itself_are_not_given_away() {
        assert_eq!(Anchors::default().give("content"), "content-2");
    }
}
