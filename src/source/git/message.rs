//! What the message of a commit says: which commit it undoes, what kind of work it is, and whether a program wrote it.

use crate::source::declared::made;

/// The commit that a message says it undoes, as it is written there.
pub fn undone(body: &str) -> Option<String> {
    made::reverted(body)
}

/// The subject of the commit that a subject says it undoes: `x` of `Revert "x"`, also with a number behind it.
pub fn undone_subject(subject: &str) -> Option<&str> {
    let rest = subject.strip_prefix("Revert \"")?;
    rest.rfind('"').map(|end| &rest[..end]).filter(|inner| !inner.is_empty())
}

/// The kind of work by the words of Conventional Commits 1.0 and its usual types; none where the subject has no type.
pub fn category(subject: &str) -> Option<&'static str> {
    let (head, _) = subject.split_once(": ")?;
    let head = head.strip_suffix('!').unwrap_or(head);
    let kind = match head.split_once('(') {
        Some((kind, scope)) if scope.ends_with(')') => kind,
        Some(_) => return None,
        None => head,
    };
    match kind.to_ascii_lowercase().as_str() {
        "feat" | "feature" => Some("feature"),
        "fix" | "bugfix" | "hotfix" => Some("defect_fix"),
        "perf" => Some("enhancement"),
        "security" => Some("security"),
        "build" | "chore" | "ci" | "docs" | "refactor" | "style" | "test" => Some("maintenance"),
        _ => None,
    }
}

/// Whether the author is a program: named or addressed as `…[bot]`, as GitHub does, or a well-known one, or called bot.
pub fn is_bot(author: &str, email: &str) -> bool {
    let account = email.split('@').next().unwrap_or_default();
    if author.ends_with("[bot]") || account.ends_with("[bot]") {
        return true;
    }
    let name = author.to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    words.any(|word| matches!(word, "bot" | "dependabot" | "renovate" | "greenkeeper" | "mergify"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revert_names_what_it_undoes() {
        assert_eq!(undone("This reverts commit 0a1b2c3d4e5f.").as_deref(), Some("0a1b2c3d4e5f"));
        assert_eq!(undone("This reverts commit :12"), None);
        assert_eq!(undone_subject("Revert \"Add \"x\" (#4)\" (#5)"), Some("Add \"x\" (#4)"));
        assert_eq!(undone_subject("Revert to the old way"), None);
        assert_eq!(undone_subject("Revert \"\""), None);
    }

    #[test]
    fn conventional_subjects_tell_the_kind_of_work() {
        assert_eq!(category("feat(api)!: allow x"), Some("feature"));
        assert_eq!(category("Fix: round"), Some("defect_fix"));
        assert_eq!(category("chore(deps): bump y"), Some("maintenance"));
        assert_eq!(category("Fix rounding"), None);
        assert_eq!(category("Payments: round"), None);
    }

    #[test]
    fn programs_are_told_from_people() {
        assert!(is_bot("dependabot[bot]", ""));
        assert!(is_bot("Renovate Bot", "bot@renovateapp.com"));
        assert!(is_bot("GitHub", "41898282+github-actions[bot]@users.noreply.github.com"));
        assert!(!is_bot("Abbot Lee", "abbot@example.org"));
        assert!(!is_bot("Ann", "ann@example.org"));
    }
}
