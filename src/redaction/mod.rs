//! Who may see what: rows are redacted once, before anything is computed or written from them.
//!
//! Records that refer to one another still do, and people who are the same stay the same, so that no number changes;
//! only what stands for them does. No report, chart or sink takes part in it, so none can forget it.
//!
//! * leaders: people are pseudonyms; what people wrote is left out;
//! * public: besides that, names and identifiers of the company are aliases; paths and links' evidence are left out.

mod pseudonym;
mod rows;

pub use pseudonym::Key;
pub use rows::Redactor;

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;

use miette::Diagnostic;
use thiserror::Error;

use crate::table::{Privacy, Vocabulary, holds_people};

/// For whom a report is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Audience {
    /// Who may see the rows themselves.
    #[default]
    Internal,
    /// Who may know the company's inside, but not who did what.
    Leaders,
    Public,
}

impl Audience {
    pub fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Leaders => "leaders",
            Self::Public => "public",
        }
    }
}

impl FromStr for Audience {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Internal, Self::Leaders, Self::Public]
            .into_iter()
            .find(|audience| audience.name() == text)
            .ok_or_else(|| format!("`{text}` is no audience: internal, leaders or public"))
    }
}

#[derive(Debug, Error, Diagnostic)]
#[error("a report for {audience} shows {what} as pseudonyms, and no key for them was given")]
#[diagnostic(help(
    "make one with `openssl rand -hex 32`, keep it secret and the same from report to report, and give it in \
     SHIPWAKE_PSEUDONYM_KEY or by `--pseudonym-key-file`"
))]
pub struct NoKey {
    audience: &'static str,
    what: &'static str,
}

/// What is hidden, and the key of what stands in its place. By default nothing is.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    pub audience: Audience,
    pub key: Option<Key>,
}

/// Digits of a pseudonym: of 10,000 people, two share one with a probability of 5 in 100,000.
const NAME_DIGITS: usize = 10;
/// Of 2 million records, two share one with a probability of 1 in 10 million.
const IDENTIFIER_DIGITS: usize = 16;

impl Redaction {
    pub fn hides_nothing(&self) -> bool {
        self.audience == Audience::Internal
    }

    fn is_public(&self) -> bool {
        self.audience == Audience::Public
    }

    /// # Errors
    /// Where something of what was given (`table.column`) would need a pseudonym, and there is no key.
    pub fn check(&self, given: &BTreeSet<String>) -> Result<(), NoKey> {
        if self.hides_nothing() || self.key.is_some() {
            return Ok(());
        }
        let names_people =
            |name: &String| name.split_once('.').is_some_and(|(table, column)| holds_people(table, column));
        match self.is_public() {
            true => Err(NoKey { audience: self.audience.name(), what: "people, services and records" }),
            false if given.iter().any(names_people) => Err(NoKey { audience: self.audience.name(), what: "people" }),
            false => Ok(()),
        }
    }

    /// A path as this audience sees it: folders may bear names of people.
    pub fn path(&self, path: &str) -> Option<String> {
        match self.audience {
            Audience::Internal => Some(path.to_owned()),
            Audience::Leaders => {
                let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
                Some(name.unwrap_or_else(|| path.to_owned()))
            }
            Audience::Public => None,
        }
    }

    /// The name of a source; one that nobody named is called after its folder.
    pub fn source<'a>(&self, name: &'a str) -> Option<&'a str> {
        self.hides_nothing().then_some(name)
    }

    /// Sentences about files and rows, for those who may see them; for others, how many there are.
    pub fn notes(&self, notes: Vec<String>) -> Vec<String> {
        if self.hides_nothing() || notes.is_empty() {
            return notes;
        }
        let (count, are) = (notes.len(), if notes.len() == 1 { "note is" } else { "notes are" });
        vec![format!("{count} {are} shown to internal readers only; `shipwake check` tells what they are about.")]
    }

    /// What the audience sees of a text; none where it is left out.
    fn told(&self, privacy: Privacy, text: &str) -> Option<String> {
        let shown = || Some(text.to_owned());
        match privacy {
            Privacy::Open => shown(),
            Privacy::Person => Some(self.person(text)),
            Privacy::People => {
                let people = text.split(';').map(|person| self.person(person)).filter(|person| !person.is_empty());
                Some(people.collect::<Vec<_>>().join("; "))
            }
            Privacy::Keywords(words) => Some(self.keywords(words, text)),
            Privacy::Quoting => Some(unquoted(text)),
            Privacy::Path => self.path(text),
            Privacy::FreeText => None,
            _ if !self.is_public() => shown(),
            Privacy::Internal => None,
            Privacy::Identifier => Some(self.alias("id", text, IDENTIFIER_DIGITS)),
            Privacy::Name(of) => Some(self.alias(of, text, NAME_DIGITS)),
            Privacy::Scope => Some(self.alias("scope", text, NAME_DIGITS)),
            Privacy::Usual(of, words) => Some(self.usual(of, words, text)),
            Privacy::Word(vocabulary) => Some(self.word(vocabulary, text)),
        }
    }

    /// Directories write a name in several ways; case and blanks around it do not make another person.
    fn person(&self, name: &str) -> String {
        self.alias("person", &name.trim().to_lowercase(), NAME_DIGITS)
    }

    /// Nothing stays nothing. Where there is no key, `check` has seen that nothing comes here.
    fn alias(&self, of: &str, text: &str, digits: usize) -> String {
        if text.trim().is_empty() {
            return text.to_owned();
        }
        match &self.key {
            Some(key) => format!("{of}-{}", key.code(of, text, digits)),
            None => format!("{of}-hidden"),
        }
    }

    /// A name made of usual words stays; of another, its usual words do, for queries go by them.
    fn usual(&self, of: &str, words: &[&str], text: &str) -> String {
        let lower = text.trim().to_lowercase();
        let parts: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
        let kept: Vec<&str> = parts.iter().copied().filter(|part| words.contains(part)).collect();
        if kept.len() == parts.len() {
            return text.to_owned();
        }
        let alias = self.alias(of, &lower, NAME_DIGITS);
        if kept.is_empty() { alias } else { format!("{}-{alias}", kept.join("-")) }
    }

    fn word(&self, vocabulary: &Vocabulary, text: &str) -> String {
        match vocabulary.words.contains(&text) {
            true => text.to_owned(),
            false => self.alias("word", text, NAME_DIGITS),
        }
    }

    fn keywords(&self, words: &[&str], text: &str) -> String {
        let lower = text.to_lowercase();
        let kept: Vec<&str> = words.iter().copied().filter(|word| lower.contains(word)).map(spoken).collect();
        match kept.is_empty() {
            true if text.trim().is_empty() => text.to_owned(),
            true => "other".to_owned(),
            false => kept.join(", "),
        }
    }
}

/// A stem as a word.
fn spoken(stem: &str) -> &str {
    if stem == "approv" { "approval" } else { stem }
}

/// Leaves out everything from the first backtick to the last: what is quoted may hold backticks of its own.
fn unquoted(text: &str) -> String {
    match (text.find('`'), text.rfind('`')) {
        (Some(first), Some(last)) if first < last => format!("{}`…`{}", &text[..first], &text[last + 1..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction(audience: Audience) -> Redaction {
        Redaction { audience, key: Key::new(b"a key of the tests") }
    }

    #[test]
    fn a_person_is_the_same_whatever_the_case_and_the_blanks() {
        let leaders = redaction(Audience::Leaders);
        let pseudonym = leaders.told(Privacy::Person, "Ann Lee");
        assert_eq!(pseudonym, leaders.told(Privacy::Person, "  ann LEE "));
        assert_eq!(pseudonym, redaction(Audience::Public).told(Privacy::Person, "Ann Lee"));
        assert_ne!(pseudonym, leaders.told(Privacy::Person, "Ann Leeds"));
        assert!(pseudonym.unwrap().starts_with("person-"));
    }

    #[test]
    fn nobody_is_still_nobody() {
        assert_eq!(redaction(Audience::Public).told(Privacy::Person, "  ").as_deref(), Some(""));
        assert_eq!(redaction(Audience::Public).told(Privacy::People, "; ;").as_deref(), Some(""));
    }

    #[test]
    fn each_of_several_reviewers_keeps_a_pseudonym_of_their_own() {
        let leaders = redaction(Audience::Leaders);
        let both = leaders.told(Privacy::People, "Ann; Bob").unwrap();
        let apart = ["Ann", "bob"].map(|name| leaders.told(Privacy::Person, name).unwrap());
        assert_eq!(both, apart.join("; "));
    }

    #[test]
    fn leaders_see_services_and_the_public_does_not() {
        let of = |audience| redaction(audience).told(Privacy::Name("service"), "checkout").unwrap();
        assert_eq!(of(Audience::Leaders), "checkout");
        assert!(of(Audience::Public).starts_with("service-"));
    }

    #[test]
    fn usual_environments_stay_and_others_keep_their_usual_words() {
        let public = redaction(Audience::Public);
        let told = |name: &str| public.told(Privacy::Usual("environment", &["prod", "staging"]), name).unwrap();
        assert_eq!(told("Staging"), "Staging");
        assert!(told("prod-acme").starts_with("prod-environment-"), "{}", told("prod-acme"));
        assert!(told("acme").starts_with("environment-"));
        assert_eq!(told("ACME"), told("acme"));
    }

    #[test]
    fn a_policy_keeps_the_words_that_queries_know_it_by() {
        let told =
            |text: &str| redaction(Audience::Leaders).told(Privacy::Keywords(&["approv", "freeze"]), text).unwrap();
        assert_eq!(told("Ann approved it in the Freeze"), "approval, freeze");
        assert_eq!(told("Ann's own"), "other");
        assert_eq!(told(" "), " ");
    }

    #[test]
    fn what_a_sentence_quotes_is_left_out_whatever_it_holds() {
        assert_eq!(unquoted("`Ann` is no instant"), "`…` is no instant");
        assert_eq!(unquoted("`A`nn`` is no instant"), "`…` is no instant");
        assert_eq!(unquoted("row has 3 fields"), "row has 3 fields");
    }

    #[test]
    fn a_key_is_asked_for_where_somebody_would_be_shown() {
        let without = |audience| Redaction { audience, key: None };
        let people = BTreeSet::from(["deployments".to_owned(), "deployments.approved_by".to_owned()]);
        let nobody = BTreeSet::from(["deployments.service".to_owned()]);
        assert!(without(Audience::Internal).check(&people).is_ok());
        assert!(without(Audience::Leaders).check(&nobody).is_ok());
        assert!(without(Audience::Leaders).check(&people).is_err());
        assert!(without(Audience::Public).check(&nobody).is_err());
        assert!(redaction(Audience::Public).check(&people).is_ok());
    }

    #[test]
    fn folders_are_left_out_of_paths() {
        assert_eq!(redaction(Audience::Leaders).path("/home/ann/exports/d.csv").as_deref(), Some("d.csv"));
        assert_eq!(redaction(Audience::Public).path("d.csv"), None);
    }
}
