//! What each text column may reveal about people and about the inside of a company.
//!
//! It says what a column holds; what is hidden from whom, `redaction` decides. A text column that is not named here
//! counts as free text, so that a new one is hidden until somebody has thought about it.

use super::{Kind, LINKS, TABLES, Vocabulary};

/// What the text of a column is.
#[derive(Debug, Clone, Copy)]
pub enum Privacy {
    /// One word of a closed list, or a text that this program made.
    Open,
    /// The name of one person.
    Person,
    /// Names of people, separated by semicolons.
    People,
    /// Names one record, and is compared with others.
    Identifier,
    /// A name of the company's own, compared with others; the word tells of what.
    Name(&'static str),
    /// The same, where usual words may be shown to anybody.
    Usual(&'static str, &'static [&'static str]),
    /// A word that is usually one of a list.
    Word(&'static Vocabulary),
    /// Globs over names.
    Scope,
    /// A policy, known by the words that it holds.
    Keywords(&'static [&'static str]),
    /// A sentence of this program that may quote a value between backticks.
    Quoting,
    /// A path of a file.
    Path,
    /// Tells of the company's inside, and nothing is computed from it.
    Internal,
    /// Anything that somebody wrote.
    FreeText,
}

/// What a text column of a table, link table or record of the load is.
pub fn privacy(table: &str, column: &str) -> Privacy {
    if let Some((.., privacy)) = IN_ONE_TABLE.iter().find(|(of, name, _)| *of == table && *name == column) {
        return *privacy;
    }
    let known = TABLES.iter().chain(LINKS).find(|known| known.name == table);
    match known.and_then(|known| known.column(column)).map(|column| column.kind) {
        Some(Kind::Word(_)) => return Privacy::Open,
        Some(Kind::OpenWord(vocabulary)) => return Privacy::Word(vocabulary),
        _ => {}
    }
    let by_name = BY_NAME.iter().find(|(_, names)| names.contains(&column));
    by_name.map_or(Privacy::FreeText, |(privacy, _)| *privacy)
}

/// Whether a column holds names of people.
pub fn holds_people(table: &str, column: &str) -> bool {
    matches!(privacy(table, column), Privacy::Person | Privacy::People)
}

/// Environments that every company has.
const ENVIRONMENTS: &[&str] = &[
    "acceptance",
    "beta",
    "canary",
    "dev",
    "development",
    "integration",
    "live",
    "nonprod",
    "pre",
    "preprod",
    "preview",
    "prod",
    "production",
    "prd",
    "qa",
    "sandbox",
    "stage",
    "staging",
    "test",
    "testing",
    "uat",
];

/// Usual classes of data.
const SENSITIVITIES: &[&str] = &["public", "internal", "confidential", "restricted", "secret"];

/// The words by which queries know what a policy is about.
const POLICIES: &[&str] = &["approv", "blackout", "close", "duties", "duty", "eyes", "freeze", "window"];

/// Columns that mean something of their own in one table, among them those of the records of the load.
const IN_ONE_TABLE: &[(&str, &str, Privacy)] = &[
    ("colliding_keys", "column", Privacy::Open),
    ("colliding_keys", "table", Privacy::Open),
    ("dangling_references", "column", Privacy::Open),
    ("dangling_references", "id", Privacy::Identifier),
    ("dangling_references", "reason", Privacy::Internal),
    ("dangling_references", "table", Privacy::Open),
    ("dangling_references", "value", Privacy::Identifier),
    ("files_read", "format", Privacy::Open),
    ("files_read", "table_name", Privacy::Open),
    ("rejected_rows", "column", Privacy::Internal),
    ("rejected_rows", "reason", Privacy::Quoting),
    ("rejected_rows", "table", Privacy::Open),
    ("unmapped_words", "column", Privacy::Open),
    ("unmapped_words", "table", Privacy::Open),
    ("windows", "name", Privacy::Name("window")),
];

/// Columns that mean the same wherever they stand.
const BY_NAME: &[(Privacy, &[&str])] = &[
    (Privacy::Open, &["rule"]),
    (
        Privacy::Person,
        &["approved_by", "approver", "author", "deployed_by", "granted_by", "requested_by", "sponsor", "waived_by"],
    ),
    (Privacy::People, &["reviewers"]),
    (
        Privacy::Identifier,
        &[
            "approval_id",
            "booking_id",
            "change_id",
            "commit_sha",
            "deployment_id",
            "entry_id",
            "exception_id",
            "fixes_incident_id",
            "incident_id",
            "item",
            "release_id",
            "reverts",
            "rollback_of",
            "rolled_back",
            "ticket_id",
            "version",
            "window_id",
        ],
    ),
    (Privacy::Name("service"), &["service", "depends_on"]),
    (Privacy::Name("team"), &["team"]),
    (Privacy::Name("region"), &["region"]),
    (Privacy::Name("domain"), &["domain"]),
    (Privacy::Name("repository"), &["repository"]),
    (Privacy::Name("metric"), &["metric"]),
    (Privacy::Name("check"), &["check"]),
    (Privacy::Name("stage"), &["stage"]),
    (Privacy::Name("step"), &["step"]),
    (Privacy::Name("item-type"), &["item_type"]),
    (Privacy::Name("role"), &["role"]),
    (Privacy::Name("priority"), &["priority"]),
    (Privacy::Name("maturity"), &["maturity"]),
    (Privacy::Usual("environment", ENVIRONMENTS), &["environment"]),
    (Privacy::Usual("sensitivity", SENSITIVITIES), &["data_sensitivity"]),
    (Privacy::Keywords(POLICIES), &["policy"]),
    (Privacy::Scope, &["scope"]),
    (Privacy::Path, &["file", "source_row"]),
    (Privacy::Internal, &["evidence", "parents"]),
    // A source that nobody named is called after its folder.
    (Privacy::FreeText, &["cause", "extra", "purpose", "reason", "source", "title", "url", "value"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_every_text_column_somebody_has_thought() {
        let texts = TABLES.iter().chain(LINKS).flat_map(|table| {
            table
                .all_columns()
                .filter(|column| matches!(column.kind, Kind::Text))
                .map(|column| (table.name, column.name))
        });
        for (table, column) in texts {
            let is_named = IN_ONE_TABLE.iter().any(|(of, name, _)| (*of, *name) == (table, column))
                || BY_NAME.iter().any(|(_, names)| names.contains(&column));
            assert!(is_named, "{table}.{column}: say in `table/privacy.rs` what it may reveal");
        }
    }

    #[test]
    fn a_column_means_one_thing() {
        let mut names: Vec<&str> = BY_NAME.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn what_nobody_named_is_hidden() {
        assert!(matches!(privacy("deployments", "mood"), Privacy::FreeText));
    }
}
