//! What the name of a tag says: the series it belongs to, whether it is a version, and whether it is one before a
//! release. Ordering is never read from names: releases come in the order in which they were made.

/// Words of versions that are made before the release itself.
const BEFORE_RELEASE: &[&str] = &[
    "alpha",
    "beta",
    "canary",
    "cr",
    "dev",
    "ea",
    "experimental",
    "next",
    "nightly",
    "pre",
    "preview",
    "prerelease",
    "rc",
    "snapshot",
    "test",
];

/// What stands before the first digit, as in `release-` of `release-12`.
pub fn series(tag: &str) -> &str {
    let end = tag.find(|c: char| c.is_ascii_digit()).unwrap_or(tag.len());
    &tag[..end]
}

/// Whether a tag is a version and nothing else: `v1.2.3`, `1.2`, `v7-rc.1`, `2026.11.20`.
pub fn is_plain(tag: &str) -> bool {
    matches!(series(tag), "" | "v" | "V") && has_version(tag)
}

/// Whether a tag is a version behind the word release: `release-12`, `release/1.2.3`, `rel_4`, `release-v2`.
pub fn is_release(tag: &str) -> bool {
    let series = series(tag).to_ascii_lowercase();
    let words: Vec<&str> = series.split(['-', '_', '/', '.']).filter(|word| !word.is_empty()).collect();
    matches!(words[..], ["release" | "releases" | "rel"] | ["release" | "releases" | "rel", "v"]) && has_version(tag)
}

/// Whether a version comes before its release: a word such as `rc` or `beta` behind its number, a milestone as in
/// `4.0.0-M1`, or `1.0a1` and `1.0b2` as Python writes them.
pub fn is_prerelease(tag: &str) -> bool {
    let parts = parts(&tag[series(tag).len()..]);
    parts.iter().enumerate().any(|(place, part)| {
        let word = part.text.to_ascii_lowercase();
        let is_numbered = parts.get(place + 1).is_some_and(|next| next.is_number && next.is_joined)
            && parts.get(place + 2).is_none_or(|after| !after.is_joined);
        let is_short = match word.as_str() {
            "m" => is_numbered && !part.is_joined,
            "a" | "b" => is_numbered && part.is_joined,
            _ => false,
        };
        is_short || BEFORE_RELEASE.contains(&word.as_str())
    })
}

/// Whether `short` is a part of the version `long`, as `v1` and `v1.2` are of `v1.2.3`.
pub fn is_part_of(short: &str, long: &str) -> bool {
    long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.')) && short.ends_with(|c: char| c.is_ascii_digit())
}

/// Numbers and dots behind the series, and then nothing, or something that is set off or short.
fn has_version(tag: &str) -> bool {
    let version = &tag[series(tag).len()..];
    let rest = version.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '_');
    let is_set_off = rest.is_empty() || rest.starts_with(['-', '+', '~']) || rest.len() == 1;
    !version.is_empty() && (is_set_off || is_prerelease(tag))
}

/// A run of digits or of letters.
struct Part<'a> {
    text: &'a str,
    is_number: bool,
    /// Nothing stands between it and the run before.
    is_joined: bool,
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = text;
    let mut is_joined = false;
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let is_same = |c: char| if is_number { c.is_ascii_digit() } else { c.is_alphabetic() };
        let end = rest.find(|c: char| !is_same(c)).unwrap_or(rest.len());
        if end == 0 {
            rest = &rest[first.len_utf8()..];
            is_joined = false;
            continue;
        }
        parts.push(Part { text: &rest[..end], is_number, is_joined });
        rest = &rest[end..];
        is_joined = true;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_other_names() {
        for tag in ["v1.2.3", "1.2", "v12", "V1", "v1.0-rc1", "1.0b2", "2026.11.20", "v1.2.3+build.5", "1.0.2a", "v1_2"]
        {
            assert!(is_plain(tag), "{tag}");
        }
        for tag in ["latest", "build-12", "release-1", "1a2b3c4d", "v", "", "vendor/1.2", "é"] {
            assert!(!is_plain(tag), "{tag}");
        }
        for tag in ["release-12", "release_12", "releases/1.2.3", "rel-4", "Release-v2"] {
            assert!(is_release(tag), "{tag}");
        }
        assert!(!is_release("pre-release-1") && !is_release("release_zForTesting") && !is_release("v1"));
    }

    #[test]
    fn versions_before_a_release_are_told() {
        for tag in [
            "v1.0-rc1",
            "v1.0.0-rc.1",
            "1.0b2",
            "1.0a1",
            "1.0rc1",
            "4.0.0-M1",
            "5.0.0.M2",
            "v2-beta",
            "v3.0.0-SNAPSHOT",
            "v1-pre",
        ] {
            assert!(is_prerelease(tag), "{tag}");
        }
        // A build number, a revision, a letter of a patch and a word before the number are none.
        for tag in
            ["v1.0", "8u292-b10", "1.0-1", "1.0.2a", "v1.0.0-hotfix1", "1.2.3-final", "beta-v1", "v1.0.0-prerogative"]
        {
            assert!(!is_prerelease(tag), "{tag}");
        }
    }

    #[test]
    fn a_shorter_version_is_part_of_a_longer_one_at_a_dot() {
        assert!(is_part_of("v1", "v1.2.3") && is_part_of("v1.2", "v1.2.3"));
        assert!(!is_part_of("v1", "v12") && !is_part_of("v1.2.3", "v1.2.3") && !is_part_of("v1", "v1-rc"));
    }
}
