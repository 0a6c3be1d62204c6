//! What declarations make of a vendor's texts: the name in an address, the environment in a name, a ticket in a title.

use super::record::Record;
use crate::table::key_of;

/// The name of a repository or project, from its full name or any address below it: `shop` of `acme/shop`,
/// `https://api.github.com/repos/acme/shop/deployments/1` and `git@github.com:acme/shop.git`.
pub fn repository(text: &str) -> Option<String> {
    full_repository(text)?.rsplit('/').next().map(str::to_owned)
}

/// The full name of a repository, from any address below it: `acme/shop`.
pub fn full_repository(text: &str) -> Option<String> {
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => text.split_once(':').map_or(text, |(_, path)| path),
    };
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let is_address = text.contains("://");
    let path = match (path.split_once("repos/"), path.split_once("/-/")) {
        (Some((_, path)), _) if is_address => first_two(path),
        (_, Some((path, _))) => path,
        _ if text.contains("github.com") => first_two(path),
        _ => path,
    };
    Some(path.trim_end_matches(".git").to_owned()).filter(|name| !name.is_empty())
}

fn first_two(path: &str) -> &str {
    path.match_indices('/').nth(1).map_or(path, |(end, _)| &path[..end])
}

/// A number of a tool made a key that no other tool and no other project has: `github:acme/shop#41`, and
/// `azure-devops:Shop/builds#41` where a tool counts several kinds of records apart. What is no number is a key as it is.
pub fn key(tool: &str, place: &[&str], id: &str) -> String {
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_digit()) {
        return id.to_owned();
    }
    let place: Vec<&str> = place.iter().copied().filter(|part| !part.is_empty()).collect();
    match place.is_empty() {
        true => format!("{tool}:{id}"),
        false => format!("{tool}:{}#{id}", place.join("/")),
    }
}

/// The number after a name in an address: `7` of `…/pulls/7/reviews` for `pulls`.
pub fn after(text: &str, name: &str) -> Option<String> {
    let mut parts = text.split(['/', '?', '#']).skip_while(|part| *part != name);
    parts.next()?;
    parts.next().filter(|part| !part.is_empty()).map(str::to_owned)
}

/// Words that name an environment, and how it is usually written.
const ENVIRONMENTS: &[(&str, &str)] = &[
    ("production", "production"),
    ("prod", "production"),
    ("prd", "production"),
    ("live", "production"),
    ("staging", "staging"),
    ("stage", "staging"),
    ("stg", "staging"),
    ("preprod", "preproduction"),
    ("preproduction", "preproduction"),
    ("uat", "uat"),
    ("qa", "qa"),
    ("test", "test"),
    ("testing", "test"),
    ("integration", "integration"),
    ("int", "integration"),
    ("sandbox", "sandbox"),
    ("preview", "preview"),
    ("development", "development"),
    ("dev", "development"),
];

/// The environment that a name speaks of: `staging` of `deploy-to-stg`.
pub fn environment_in(name: &str) -> Option<String> {
    let key = key_of(name);
    let known = |word: &str| ENVIRONMENTS.iter().find(|(known, _)| *known == word).map(|(_, name)| (*name).to_owned());
    key.split('_').find_map(known)
}

/// The key of a ticket in a text: `PAY-12` of `Fix PAY-12: rounding`.
pub fn ticket_key(text: &str) -> Option<String> {
    let is_key = |word: &&str| {
        let Some((project, number)) = word.split_once('-') else { return false };
        let is_project = project.len() > 1
            && project.starts_with(|c: char| c.is_ascii_uppercase())
            && project.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        let is_number = !number.is_empty() && number.len() < 8 && number.chars().all(|c| c.is_ascii_digit());
        // Names of standards look the same.
        is_project && is_number && !matches!(project, "UTF" | "ISO" | "RFC" | "SHA" | "CVE" | "CWE" | "RC")
    };
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.flat_map(pairs).find(is_key).map(str::to_owned)
}

/// The parts of a word with one hyphen: `feature-PAY`, `PAY-12` and `12-x` of `feature-PAY-12-x`.
fn pairs(word: &str) -> impl Iterator<Item = &str> {
    let starts = std::iter::once(0).chain(word.match_indices('-').map(|(place, _)| place + 1));
    starts.filter_map(move |start| {
        let rest = &word[start..];
        let second = rest.find('-')? + 1;
        let length = rest[second..].find('-').map_or(rest.len(), |end| second + end);
        Some(&rest[..length])
    })
}

/// A whole commit hash; neither the name of a branch nor a version.
pub fn sha(text: &str) -> Option<String> {
    (matches!(text.len(), 40 | 64) && text.chars().all(|c| c.is_ascii_hexdigit())).then(|| text.to_owned())
}

/// The part of an address after its last slash.
pub fn last_part(text: &str) -> Option<String> {
    text.trim_end_matches('/').rsplit('/').next().filter(|part| !part.is_empty()).map(str::to_owned)
}

/// The commit that a message says it undoes.
pub fn reverted(text: &str) -> Option<String> {
    let rest = text.split_once("This reverts commit ")?.1;
    let sha: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    (sha.len() >= 7).then_some(sha)
}

/// `true` where a title says that it undoes a change.
pub fn is_revert(title: &str) -> Option<String> {
    let is_revert = title.starts_with("Revert ") || title.starts_with("revert:") || title.starts_with("Revert:");
    is_revert.then(|| "true".to_owned())
}

/// `emergency` where a branch or label says that it is a hotfix.
pub fn hotfix(text: &str) -> Option<String> {
    key_of(text).split('_').any(|word| word == "hotfix").then(|| "emergency".to_owned())
}

/// Milliseconds since 1970 and a duration in milliseconds later.
pub fn end_millis(record: &Record, start: &str, duration: &str) -> Option<String> {
    Some(format!("{:.0}", record.number(start)? + record.number(duration)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_found_in_every_address() {
        for text in [
            "https://api.github.com/repos/acme/shop",
            "https://api.github.com/repos/acme/shop/deployments/1/statuses",
            "https://github.com/acme/shop/pull/7",
            "https://github.example.com/api/v3/repos/acme/shop/pulls/1",
            "git@github.com:acme/shop.git",
            "https://gitlab.com/acme/shop/-/merge_requests/1",
            "acme/shop",
        ] {
            assert_eq!(full_repository(text).as_deref(), Some("acme/shop"), "{text}");
            assert_eq!(repository(text).as_deref(), Some("shop"), "{text}");
        }
        assert_eq!(repository("shop").as_deref(), Some("shop"));
        assert_eq!(full_repository("https://gitlab.com/a/b/c.git").as_deref(), Some("a/b/c"));
    }

    #[test]
    fn a_number_becomes_a_key_of_its_tool_and_project() {
        assert_eq!(key("github", &["acme/shop"], "41"), "github:acme/shop#41");
        assert_eq!(key("azure-devops", &["", "builds"], "41"), "azure-devops:builds#41");
        assert_eq!(key("zendesk", &[], "41"), "zendesk:41");
        assert_eq!(key("github", &["acme/shop"], "DE_kwDO"), "DE_kwDO");
    }

    #[test]
    fn environments_tickets_and_reverts_are_found_in_names() {
        assert_eq!(environment_in("deploy-to-STG").as_deref(), Some("staging"));
        assert_eq!(environment_in("Deploy production").as_deref(), Some("production"));
        assert_eq!(environment_in("nightly build"), None);
        assert_eq!(ticket_key("feature/PAY-12_rounding").as_deref(), Some("PAY-12"));
        assert_eq!(ticket_key("feature/PAY-12-rounding").as_deref(), Some("PAY-12"));
        assert_eq!(ticket_key("fix-PAY-12-x").as_deref(), Some("PAY-12"));
        assert_eq!(ticket_key("use UTF-8, see RFC-3339"), None);
        assert_eq!(after("https://x/repos/a/b/pulls/7/reviews", "pulls").as_deref(), Some("7"));
        assert_eq!(reverted("Revert \"x\"\n\nThis reverts commit 0a1b2c3d.").as_deref(), Some("0a1b2c3d"));
        assert_eq!(hotfix("hotfix/login").as_deref(), Some("emergency"));
    }
}
