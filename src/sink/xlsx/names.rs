//! Names of sheets that Excel takes: 31 characters, none of `[]:*?/\`, no apostrophe at the ends, each given once.

use std::collections::BTreeSet;

const LONGEST: usize = 31;

/// Excel keeps this one for itself.
const RESERVED: &str = "history";

/// The names given so far, in lower case, because Excel does not tell `A` from `a`.
#[derive(Debug, Default)]
pub(super) struct SheetNames {
    taken: BTreeSet<String>,
}

impl SheetNames {
    /// The wish made legal, with a number behind where it is taken.
    pub(super) fn give(&mut self, wish: &str) -> String {
        let plain = legal(wish);
        let mut name = shortened(&plain, LONGEST);
        let mut next = 2_u64;
        while name.to_lowercase() == RESERVED || !self.taken.insert(name.to_lowercase()) {
            let suffix = format!(" {next}");
            name = format!("{}{suffix}", shortened(&plain, LONGEST - suffix.len()));
            next += 1;
        }
        name
    }
}

fn legal(wish: &str) -> String {
    let kept = wish.chars().filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') && !c.is_control());
    let kept: String = kept.collect();
    let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept = kept.trim_matches('\'');
    if kept.is_empty() { "Sheet".to_owned() } else { kept.to_owned() }
}

/// At most `most` UTF-16 units, which is how Excel counts.
fn shortened(name: &str, most: usize) -> String {
    let mut used = 0;
    let kept: String = name
        .chars()
        .take_while(|character| {
            used += character.len_utf16();
            used <= most
        })
        .collect();
    kept.trim_end().trim_matches('\'').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    #[test]
    fn any_name_becomes_one_that_excel_takes() {
        let mut names = SheetNames::default();
        let mut wishes = fixture::hostile_names();
        wishes.extend(["'", "History", "a/b:c*d?e[f]", "🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀"].map(str::to_owned));
        let doubled = wishes.clone();
        let mut seen = BTreeSet::new();
        for wish in wishes.iter().chain(&doubled) {
            let name = names.give(wish);
            assert!((1..=LONGEST).contains(&name.encode_utf16().count()), "{name}");
            assert!(!name.contains(['[', ']', ':', '*', '?', '/', '\\', '\n']), "{name}");
            assert!(!name.starts_with('\'') && !name.ends_with('\''), "{name}");
            assert!(seen.insert(name.to_lowercase()), "{name} is there twice");
        }
    }

    #[test]
    fn a_usual_title_stays_as_it_is() {
        assert_eq!(SheetNames::default().give("Change fail rate"), "Change fail rate");
    }
}
