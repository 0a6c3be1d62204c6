//! Files of `shipwake init` that one source reads: pages of an export, the logs of one day each.
//!
//! Tomorrow's page has another number, so its source must not name today's. Only names are judged here; whether files
//! say the same kind of thing is for who asks.

/// A pattern that fits all these paths and no other of `known`; none where their names have too little in common.
///
/// Paths of one folder alone are alike.
pub fn pattern(paths: &[&str], known: &[&str]) -> Option<String> {
    let (folder, first) = parted(paths.first()?);
    let names: Vec<String> = paths.iter().map(|path| without_numbers(parted(path).1)).collect();
    let is_plain = |path: &&str| parted(path).0 == folder && !path.contains(['*', '?', '[', '{']);
    if paths.len() < 2 || !paths.iter().all(is_plain) {
        return None;
    }
    let name = match names.iter().all(|name| *name == names[0]) {
        true => names.first()?.clone(),
        false => in_common(&names)?,
    };
    let ending = first.rsplit_once('.').map_or("", |(_, ending)| ending);
    let stem = name.strip_suffix(ending).unwrap_or(&name);
    let says_something = stem.chars().filter(|c| c.is_alphanumeric()).count() >= LEAST;
    let fits_others = known
        .iter()
        .filter(|path| !paths.contains(path))
        .any(|path| parted(path).0 == folder && fits(&name, &without_numbers(parted(path).1)));
    (says_something && !fits_others && name.contains('*')).then(|| format!("{folder}{name}"))
}

/// Letters and digits that a pattern must have besides its ending.
const LEAST: usize = 3;

/// Folder with its last slash, and name.
fn parted(path: &str) -> (&str, &str) {
    path.rfind('/').map_or(("", path), |slash| path.split_at(slash + 1))
}

/// Each run of digits, with the dashes and dots of a date between them, as one `*`.
fn without_numbers(name: &str) -> String {
    let (stem, ending) = name.find('.').map_or((name, ""), |dot| name.split_at(dot));
    let mut text = String::new();
    let mut letters = stem.chars().peekable();
    while let Some(letter) = letters.next() {
        if !letter.is_ascii_digit() {
            text.push(letter);
            continue;
        }
        while letters.next_if(|next| next.is_ascii_digit() || *next == '-').is_some() {}
        text.push('*');
    }
    text + ending
}

/// The beginning and the end that all names have, with `*` between them.
fn in_common(names: &[String]) -> Option<String> {
    let first: Vec<char> = names.first()?.chars().collect();
    let mut begin = first.len();
    let mut end = first.len();
    for name in names {
        let letters: Vec<char> = name.chars().collect();
        begin = begin.min(first.iter().zip(&letters).take_while(|(one, other)| one == other).count());
        end = end.min(first.iter().rev().zip(letters.iter().rev()).take_while(|(one, other)| one == other).count());
    }
    let shortest = names.iter().map(|name| name.chars().count()).min()?;
    let end = end.min(shortest.saturating_sub(begin));
    let head: String = first.iter().take(begin).collect();
    let tail: String = first.iter().skip(first.len() - end).collect();
    Some(format!("{}*{}", head.trim_end_matches('*'), tail.trim_start_matches('*')))
}

/// Whether a name without its numbers begins and ends as the pattern does.
fn fits(pattern: &str, name: &str) -> bool {
    let (head, rest) = pattern.split_once('*').unwrap_or((pattern, ""));
    name.starts_with(head) && name.ends_with(rest) && name.len() + 1 >= head.len() + rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_several_repositories_are_one_pattern() {
        let pages = ["e/shop-pulls-page1.json", "e/shop-pulls-page2.json", "e/ios-bff-pulls-page1.json"];
        assert_eq!(pattern(&pages, &pages).as_deref(), Some("e/*-pulls-page*.json"));
        assert_eq!(pattern(&pages[..2], &pages[..2]).as_deref(), Some("e/shop-pulls-page*.json"));
    }

    #[test]
    fn days_are_numbers() {
        let days = ["deploy-2026-10-01.csv.gz", "deploy-2026-10-02.csv.gz"];
        assert_eq!(pattern(&days, &days).as_deref(), Some("deploy-*.csv.gz"));
    }

    #[test]
    fn a_pattern_takes_no_file_that_is_not_alike() {
        let pages = ["e/a-page1.json", "e/b-page1.json"];
        assert_eq!(pattern(&pages, &["e/a-page1.json", "e/b-page1.json", "e/c-page9.json"]), None);
        assert_eq!(pattern(&pages, &["e/other.json"]).as_deref(), Some("e/*-page*.json"));
    }

    #[test]
    fn names_with_nothing_in_common_stay_files() {
        for paths in [["deployments.json", "pulls.json"], ["a/x1.csv", "b/x2.csv"], ["1.json", "2.json"]] {
            assert_eq!(pattern(&paths, &paths), None, "{paths:?}");
        }
        assert_eq!(pattern(&["page1.json"], &["page1.json"]), None);
    }
}
