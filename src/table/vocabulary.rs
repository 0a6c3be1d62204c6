//! The closed and usual word lists of the canonical columns, with the spellings that mean the same.

/// Words of a column. `words` is the canonical list; `synonyms` maps other spellings to it.
#[derive(Debug)]
pub struct Vocabulary {
    pub name: &'static str,
    pub words: &'static [&'static str],
    /// (spelling in lower snake case, canonical word)
    pub synonyms: &'static [(&'static str, &'static str)],
}

/// How words are compared: lower case, every run of other characters one underscore.
///
/// ```
/// assert_eq!(shipwake::table::key_of("Blue-Green"), "blue_green");
/// assert_eq!(shipwake::table::key_of("1 - Critical"), "1_critical");
/// ```
pub fn key_of(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    key.extend(key_chars(text));
    key
}

/// Whether a text has that key. It is told at the first character that differs, so that a text of any length costs
/// nothing.
pub fn has_key(text: &str, key: &str) -> bool {
    key_chars(text).eq(key.chars())
}

fn key_chars(text: &str) -> impl Iterator<Item = char> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).enumerate();
    parts.flat_map(|(place, part)| {
        let separator = (place > 0).then_some('_');
        separator.into_iter().chain(part.chars().flat_map(char::to_lowercase))
    })
}

impl Vocabulary {
    /// The canonical word for a spelling, or none where it is not known.
    pub fn canonical(&self, text: &str) -> Option<&'static str> {
        let key = key_of(text);
        if let Some(word) = self.words.iter().find(|word| **word == key) {
            return Some(word);
        }
        self.synonyms.iter().find(|(spelling, _)| *spelling == key).map(|(_, word)| *word)
    }
}

pub static STATUS: Vocabulary = Vocabulary {
    name: "status",
    words: &["succeeded", "failed", "rolled_back", "cancelled", "in_progress", "unknown"],
    synonyms: &[
        ("success", "succeeded"),
        ("successful", "succeeded"),
        ("ok", "succeeded"),
        ("passed", "succeeded"),
        ("complete", "succeeded"),
        ("completed", "succeeded"),
        ("deployed", "succeeded"),
        ("done", "succeeded"),
        ("live", "succeeded"),
        ("failure", "failed"),
        ("fail", "failed"),
        ("error", "failed"),
        ("errored", "failed"),
        ("timed_out", "failed"),
        ("unsuccessful", "failed"),
        ("rollback", "rolled_back"),
        ("rolledback", "rolled_back"),
        ("reverted", "rolled_back"),
        ("backed_out", "rolled_back"),
        ("canceled", "cancelled"),
        ("aborted", "cancelled"),
        ("skipped", "cancelled"),
        ("rejected", "cancelled"),
        ("running", "in_progress"),
        ("pending", "in_progress"),
        ("queued", "in_progress"),
        ("started", "in_progress"),
        ("waiting", "in_progress"),
    ],
};

pub static CHANGE_TYPE: Vocabulary = Vocabulary {
    name: "change_type",
    words: &["standard", "normal", "emergency", "unknown"],
    synonyms: &[
        ("standard_change", "standard"),
        ("routine", "standard"),
        ("preapproved", "standard"),
        ("pre_approved", "standard"),
        ("normal_change", "normal"),
        ("major", "normal"),
        ("minor", "normal"),
        ("emergency_change", "emergency"),
        ("hotfix", "emergency"),
        ("urgent", "emergency"),
        ("expedited", "emergency"),
    ],
};

pub static CATEGORY: Vocabulary = Vocabulary {
    name: "category",
    words: &["feature", "enhancement", "defect_fix", "security", "configuration", "maintenance"],
    synonyms: &[
        ("feat", "feature"),
        ("bug", "defect_fix"),
        ("bugfix", "defect_fix"),
        ("bug_fix", "defect_fix"),
        ("fix", "defect_fix"),
        ("config", "configuration"),
        ("chore", "maintenance"),
        ("improvement", "enhancement"),
    ],
};

pub static STRATEGY: Vocabulary = Vocabulary {
    name: "strategy",
    words: &["rolling", "blue_green", "canary", "recreate"],
    synonyms: &[("bluegreen", "blue_green"), ("rolling_update", "rolling")],
};

pub static SEVERITY: Vocabulary = Vocabulary {
    name: "severity",
    words: &["sev1", "sev2", "sev3", "sev4", "sev5", "unknown"],
    synonyms: &[
        ("1", "sev1"),
        ("2", "sev2"),
        ("3", "sev3"),
        ("4", "sev4"),
        ("5", "sev5"),
        ("sev_1", "sev1"),
        ("sev_2", "sev2"),
        ("sev_3", "sev3"),
        ("sev_4", "sev4"),
        ("sev_5", "sev5"),
        ("s1", "sev1"),
        ("s2", "sev2"),
        ("s3", "sev3"),
        ("s4", "sev4"),
        ("s5", "sev5"),
        ("p1", "sev1"),
        ("p2", "sev2"),
        ("p3", "sev3"),
        ("p4", "sev4"),
        ("p5", "sev5"),
        ("critical", "sev1"),
        ("blocker", "sev1"),
        ("high", "sev2"),
        ("major", "sev2"),
        ("medium", "sev3"),
        ("moderate", "sev3"),
        ("minor", "sev4"),
        ("low", "sev4"),
        ("none", "sev5"),
        ("planning", "sev5"),
        ("trivial", "sev5"),
        ("1_critical", "sev1"),
        ("2_high", "sev2"),
        ("3_moderate", "sev3"),
        ("4_low", "sev4"),
        ("5_planning", "sev5"),
    ],
};

pub static INCIDENT_STATUS: Vocabulary = Vocabulary {
    name: "incident_status",
    words: &["open", "acknowledged", "mitigated", "resolved", "closed"],
    synonyms: &[
        ("new", "open"),
        ("triggered", "open"),
        ("investigating", "open"),
        ("identified", "open"),
        ("active", "open"),
        ("in_progress", "acknowledged"),
        ("monitoring", "mitigated"),
        ("fixed", "resolved"),
        ("done", "resolved"),
    ],
};

pub static TICKET_KIND: Vocabulary = Vocabulary {
    name: "ticket_kind",
    words: &["support", "bug", "feature", "change", "security"],
    synonyms: &[("defect", "bug"), ("question", "support"), ("request", "support"), ("story", "feature")],
};

pub static TICKET_STATUS: Vocabulary = Vocabulary {
    name: "ticket_status",
    words: &["open", "in_progress", "resolved", "closed"],
    synonyms: &[("new", "open"), ("to_do", "open"), ("done", "resolved"), ("solved", "resolved")],
};

pub static DECISION: Vocabulary = Vocabulary {
    name: "decision",
    words: &["approved", "rejected", "pending", "unknown"],
    synonyms: &[
        ("approve", "approved"),
        ("accepted", "approved"),
        ("declined", "rejected"),
        ("denied", "rejected"),
        ("requested", "pending"),
        ("waiting", "pending"),
    ],
};

pub static GATE: Vocabulary = Vocabulary {
    name: "gate",
    words: &["security", "compliance", "operations", "business", "cab", "peer"],
    synonyms: &[("change_advisory_board", "cab"), ("code_review", "peer"), ("review", "peer")],
};

pub static STAGE_KIND: Vocabulary = Vocabulary {
    name: "stage_kind",
    words: &["build", "test", "approval", "provision", "deploy", "verify"],
    synonyms: &[],
};

pub static CHECK_KIND: Vocabulary = Vocabulary {
    name: "check_kind",
    words: &["test", "coverage", "security", "performance", "smoke", "readiness"],
    synonyms: &[],
};

pub static OUTCOME: Vocabulary = Vocabulary {
    name: "outcome",
    words: &["passed", "failed", "waived", "unknown"],
    synonyms: &[("pass", "passed"), ("success", "passed"), ("ok", "passed"), ("fail", "failed"), ("error", "failed")],
};

pub static COHORT: Vocabulary = Vocabulary {
    name: "cohort",
    words: &["canary", "control", "unknown"],
    synonyms: &[("baseline", "control"), ("stable", "control"), ("treatment", "canary")],
};

pub static WINDOW_KIND: Vocabulary = Vocabulary {
    name: "window_kind",
    words: &["freeze", "maintenance", "peak", "fiscal_close", "holiday", "change_window"],
    synonyms: &[("blackout", "freeze"), ("change_freeze", "freeze")],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_case_and_separators() {
        assert_eq!(STATUS.canonical("Rolled Back"), Some("rolled_back"));
        assert_eq!(STATUS.canonical("SUCCESS"), Some("succeeded"));
        assert_eq!(SEVERITY.canonical("2 - High"), Some("sev2"));
        assert_eq!(STATUS.canonical("sideways"), None);
    }

    #[test]
    fn a_text_has_the_key_that_is_made_of_it_and_no_other() {
        for text in ["Blue-Green", " deployment id ", "1 - Critical", "İstanbul", "--", ""] {
            assert!(has_key(text, &key_of(text)), "{text}");
            assert!(!has_key(text, "blue"), "{text}");
        }
    }

    #[test]
    fn every_synonym_is_a_key_and_means_a_word_of_its_list() {
        let all = [
            &STATUS,
            &CHANGE_TYPE,
            &CATEGORY,
            &STRATEGY,
            &SEVERITY,
            &INCIDENT_STATUS,
            &TICKET_KIND,
            &TICKET_STATUS,
            &DECISION,
            &GATE,
            &STAGE_KIND,
            &CHECK_KIND,
            &OUTCOME,
            &COHORT,
            &WINDOW_KIND,
        ];
        for vocabulary in all {
            for (spelling, word) in vocabulary.synonyms {
                assert_eq!(key_of(spelling), *spelling, "{}", vocabulary.name);
                assert!(vocabulary.words.contains(word), "{}: {word}", vocabulary.name);
                assert!(!vocabulary.words.contains(spelling), "{}: {spelling}", vocabulary.name);
            }
        }
    }
}
