//! One source as it is configured: where its files are, and how its words become ours.
//!
//! Checked here as far as it can be without opening a file.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::remote::{self, Address, Network};
use crate::source::error::SourceError;
use crate::source::git;
use crate::source::zone::Zone;
use crate::table::{Kind, TABLES, Table, key_of};

/// `[[sources]]` of `shipwake.toml`, or one made of a `--data` argument.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spec {
    /// What stands in the column `source`.
    pub name: String,
    /// A file, a folder or a glob, here or in an object store, or a file on the web; `-` is standard input.
    pub path: String,
    /// Where its records fit no table, it is left aside as long as another file fits.
    #[serde(skip)]
    pub may_be_left: bool,
    /// How addresses such as `s3://bucket/exports/` are reached.
    #[serde(skip)]
    pub network: Network,
    /// The canonical table; recognised by the columns where it is not given.
    pub table: Option<String>,
    /// `csv`, `tsv`, `json`, `ndjson` or `parquet`, or the name of a tool; recognised by content where it is not given.
    pub format: Option<String>,
    /// Between the fields of a line; recognised where it is not given.
    pub delimiter: Option<char>,
    /// IANA name of the zone of stamps that name none.
    pub timezone: Option<String>,
    /// What `03/04/2026` means.
    pub date_order: Option<DateOrder>,
    /// Words that mean "nothing", besides the empty text.
    pub null_values: Vec<String>,
    /// Canonical column = column of the file, or dotted path in a JSON record.
    pub columns: BTreeMap<String, String>,
    /// For a canonical column: word of the file = canonical word; yes and no may be written as such.
    #[serde(deserialize_with = "words")]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// For a canonical column: the value where the file has none.
    pub defaults: BTreeMap<String, String>,
    /// `utf-8` unless given; `windows-1252` or `latin-1`.
    pub encoding: Option<String>,
    /// Globs over the names of a build tool's runs: those that deploy. Recognised by words where there are none.
    pub pipelines: Vec<String>,
    /// For a git repository: globs over its tags, those that are deployments. Versions where there are none.
    #[serde(deserialize_with = "one_or_many")]
    pub tags: Vec<String>,
    /// For a git repository: a CSV file of deployed commits, in place of tags.
    pub deployed: Option<String>,
    /// For a git repository: the service that it holds; its folder's name where it is not given.
    pub service: Option<String>,
    /// For a git repository: the first day of deployments and changes.
    pub since: Option<String>,
    /// For a git repository: what becomes of tags such as `v2-rc1`.
    pub prereleases: Option<Prereleases>,
    /// For a git repository: whether its tags are deployments; dropped where another source tells what was deployed.
    pub releases: Option<Keeping>,
    /// For a git repository: whether merges are changes of their own; dropped where it is not given.
    pub merges: Option<Keeping>,
    /// For a git repository: whether commits of programs are changes; kept where it is not given.
    pub bots: Option<Keeping>,
}

/// Whether records of a kind make rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeping {
    Keep,
    Drop,
}

/// What becomes of versions that come before a release.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prereleases {
    /// Deployments to an environment of their own, `prerelease`.
    #[default]
    Separate,
    /// No deployments.
    Drop,
    /// Deployments like all others.
    Production,
}

/// The order of day, month and year in a date of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    Dmy,
    Mdy,
    Ymd,
}

/// How the bytes of a text file are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Windows1252,
}

impl Spec {
    /// A source from `[TABLE[:FORMAT]=]PATH` or `FORMAT=PATH`, named after the file; or a repository from
    /// `git:PATH[?KEY=VALUE[&KEY=VALUE…]]`, with the keys of a source.
    ///
    /// What stands before `=` counts only where it is the name of a table or a format, so that paths may hold `=`.
    ///
    /// # Errors
    /// When the path is empty, or a format is named that does not exist.
    pub fn from_argument(text: &str) -> Result<Self, SourceError> {
        if text.starts_with(REPOSITORY) {
            return of_repository(text);
        }
        let (table, format, path) = match text.split_once('=') {
            None => (None, None, text),
            Some((before, path)) => {
                let (table, format) = match before.split_once(':') {
                    Some((table, format)) => (table, Some(format)),
                    None => (before, None),
                };
                if format.is_none() && super::formats().any(|(known, _)| known == table) {
                    (None, Some(table), path)
                } else if Table::named(table).is_some() || is_word(before) {
                    (Some(table), format, path)
                } else {
                    (None, None, text)
                }
            }
        };
        let spec = Self {
            name: stem(path),
            path: path.to_owned(),
            table: table.map(str::to_owned),
            format: format.map(str::to_owned),
            ..Self::default()
        };
        spec.check()?;
        Ok(spec)
    }

    /// The same source in that format, unless it names its own.
    ///
    /// # Errors
    /// When there is no such format.
    pub fn read_as(mut self, format: Option<&str>) -> Result<Self, SourceError> {
        self.format = self.format.or(format.map(str::to_owned));
        self.check()?;
        Ok(self)
    }

    /// Finds what is wrong without opening a file.
    ///
    /// # Errors
    /// At the first name of a table, column, word, format, zone or encoding that does not exist.
    pub fn check(&self) -> Result<(), SourceError> {
        if self.path.is_empty() {
            return Err(self.refuse("`path` is empty".into(), "give a file, a folder, a glob or `-`"));
        }
        if remote::is_address(&self.path) {
            Address::parse(&self.path)?;
        }
        if let Some(format) = &self.format
            && !super::formats().any(|(known, _)| known == format)
        {
            let known: Vec<String> = super::formats().map(|(known, _)| format!("`{known}`")).collect();
            let what = format!("format `{format}` does not exist");
            return Err(self.refuse(what, &format!("formats are {}", known.join(", "))));
        }
        if let Some(zone) = &self.timezone
            && Zone::named(zone).is_none()
        {
            let what = format!("time zone `{zone}` does not exist");
            return Err(self.refuse(what, "zones have names such as `Europe/London`, `America/New_York` or `UTC`"));
        }
        if let Some(delimiter) = self.delimiter
            && (!delimiter.is_ascii() || matches!(delimiter, '"' | '\n' | '\r'))
        {
            let what = format!("`{}` cannot be a delimiter", delimiter.escape_default());
            return Err(self.refuse(what, "use one ASCII character such as `,`, `;` or `|`"));
        }
        self.encoding()?;
        self.check_columns()?;
        self.check_repository()
    }

    /// The folder of a git repository, where the source is one: `git:PATH`, or a path with `format = "git"`.
    pub(super) fn repository(&self) -> Option<&str> {
        let is_git = self.format.as_deref() == Some(git::NAME);
        self.path.strip_prefix(REPOSITORY).or_else(|| is_git.then_some(self.path.as_str()))
    }

    /// The table that is named, if one is.
    pub(super) fn table(&self) -> Result<Option<&'static Table>, SourceError> {
        let Some(name) = &self.table else {
            return Ok(None);
        };
        Table::named(name).map(Some).ok_or_else(|| {
            let known: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
            let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            self.refuse(format!("table `{name}` does not exist"), &format!("tables are {}", known.join(", ")))
        })
    }

    pub(super) fn encoding(&self) -> Result<Encoding, SourceError> {
        match self.encoding.as_deref().map(key_of).as_deref() {
            None | Some("utf_8" | "utf8") => Ok(Encoding::Utf8),
            Some("windows_1252" | "cp1252" | "latin_1" | "latin1" | "iso_8859_1") => Ok(Encoding::Windows1252),
            Some(_) => {
                let name = self.encoding.as_deref().unwrap_or_default();
                let what = format!("encoding `{name}` is not known");
                Err(self.refuse(what, "encodings are `utf-8`, `windows-1252` and `latin-1`"))
            }
        }
    }

    pub(super) fn refuse(&self, what: String, help: &str) -> SourceError {
        SourceError::Spec { origin: self.name.clone(), what, help: help.to_owned() }
    }

    fn check_repository(&self) -> Result<(), SourceError> {
        if self.repository().is_some() {
            if let Some(other) = self.format.as_deref().filter(|format| *format != git::NAME) {
                let help = "take `format` away, or give the path of a file";
                return Err(self.refuse(format!("`{}` is a repository, not {other}", self.path), help));
            }
            return git::check(self);
        }
        let given = [
            ("tags", !self.tags.is_empty()),
            ("deployed", self.deployed.is_some()),
            ("service", self.service.is_some()),
            ("since", self.since.is_some()),
            ("prereleases", self.prereleases.is_some()),
            ("releases", self.releases.is_some()),
            ("merges", self.merges.is_some()),
            ("bots", self.bots.is_some()),
        ];
        let Some((name, _)) = given.iter().find(|(_, is_given)| *is_given) else { return Ok(()) };
        let help = match *name {
            "service" => "give the service of all rows under `[sources.defaults]`",
            _ => "write the path of a repository as `git:PATH`",
        };
        Err(self.refuse(format!("`{name}` is for git repositories"), help))
    }

    fn check_columns(&self) -> Result<(), SourceError> {
        let table = self.table()?;
        let names = self.columns.keys().chain(self.values.keys()).chain(self.defaults.keys());
        for name in names {
            if matches!(name.as_str(), "source" | "source_row") {
                let what = format!("column `{name}` is written by shipwake itself");
                return Err(self.refuse(what, "take it away; the field of the file then goes to `extra`"));
            }
            let is_known = match table {
                Some(table) => table.column(name).is_some(),
                None => TABLES.iter().any(|table| table.column(name).is_some()),
            };
            if !is_known {
                let what = match table {
                    Some(table) => format!("table `{}` has no column `{name}`", table.name),
                    None => format!("no table has a column `{name}`"),
                };
                return Err(self.refuse(what, "canonical names stand on the left side; `shipwake tables` lists them"));
            }
        }
        self.check_words(table)
    }

    fn check_words(&self, table: Option<&'static Table>) -> Result<(), SourceError> {
        let Some(table) = table else {
            return Ok(());
        };
        for (name, words) in &self.values {
            let Some(Kind::Word(vocabulary)) = table.column(name).map(|column| column.kind) else {
                continue;
            };
            for word in words.values().filter(|word| !word.is_empty()) {
                if vocabulary.canonical(word).is_none() {
                    let what = format!("`{word}` is not a word of column `{name}`");
                    // All of them: the one that is left out is the one that is looked for.
                    let words: Vec<String> = vocabulary.words.iter().map(|word| format!("`{word}`")).collect();
                    return Err(self.refuse(what, &format!("its words are {}", words.join(", "))));
                }
            }
        }
        Ok(())
    }
}

fn words<'de, D: Deserializer<'de>>(given: D) -> Result<BTreeMap<String, BTreeMap<String, String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Word {
        Text(String),
        Flag(bool),
    }
    let text = |word| match word {
        Word::Text(text) => text,
        Word::Flag(flag) => flag.to_string(),
    };
    let given: BTreeMap<String, BTreeMap<String, Word>> = BTreeMap::deserialize(given)?;
    let of_column = |words: BTreeMap<String, Word>| words.into_iter().map(|(from, to)| (from, text(to))).collect();
    Ok(given.into_iter().map(|(column, words)| (column, of_column(words))).collect())
}

/// What the path of a git repository begins with.
const REPOSITORY: &str = "git:";

/// A source from `git:PATH?KEY=VALUE&…`; a path may hold a question mark where no `=` follows it.
fn of_repository(text: &str) -> Result<Spec, SourceError> {
    let (path, pairs) = text.rsplit_once('?').filter(|(_, pairs)| pairs.contains('=')).unwrap_or((text, ""));
    let mut table = toml::Table::new();
    for pair in pairs.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        table.insert(key.to_owned(), value.into());
    }
    table.insert("name".into(), stem(path).into());
    table.insert("path".into(), path.into());
    let spec = Spec::deserialize(table).map_err(|error| SourceError::Spec {
        origin: text.to_owned(),
        what: error.message().to_owned(),
        help: "write it as in `git:PATH?tags=v*&service=shop`; `shipwake sources git` lists the keys".into(),
    })?;
    spec.check()?;
    Ok(spec)
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text or a list of texts")]
    enum Given {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Given::deserialize(deserializer)? {
        Given::One(text) => vec![text],
        Given::Many(texts) => texts,
    })
}

/// Whether somebody meant a table: letters, digits, `_`, `-` and one `:` for the format.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':'))
}

/// The file's name without folders and without what follows its first dot.
pub(super) fn stem(path: &str) -> String {
    if path == "-" {
        return "stdin".into();
    }
    let address = remote::is_address(path).then(|| Address::parse(path).ok()).flatten();
    let path = address.as_ref().map_or(path, |address| address.name());
    let is_repository = path.starts_with(REPOSITORY);
    let path = path.strip_prefix(REPOSITORY).unwrap_or(path);
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    let visible = name.trim_start_matches('.');
    let stem = visible.split('.').next().unwrap_or(visible);
    if is_repository && stem.is_empty() { git::NAME.to_owned() } else { stem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(text: &str) -> (String, Option<String>, Option<String>, String) {
        let spec = Spec::from_argument(text).unwrap();
        (spec.name, spec.table, spec.format, spec.path)
    }

    fn refusal(toml: &str) -> String {
        toml::from_str::<Spec>(toml).unwrap().check().unwrap_err().to_string()
    }

    #[test]
    fn an_argument_is_a_path_with_table_and_format_before_it() {
        assert_eq!(argument("a/b.csv.gz"), ("b".into(), None, None, "a/b.csv.gz".into()));
        let table = Some("incidents".to_string());
        assert_eq!(argument("incidents=x.json"), ("x".into(), table.clone(), None, "x.json".into()));
        let format = Some("ndjson".to_string());
        assert_eq!(argument("incidents:ndjson=-"), ("stdin".into(), table, format, "-".into()));
    }

    #[test]
    fn a_path_may_hold_an_equals_sign() {
        assert_eq!(argument("logs/day=3/x.csv"), ("x".into(), None, None, "logs/day=3/x.csv".into()));
    }

    #[test]
    fn a_misspelt_table_is_not_taken_for_a_path() {
        let error = Spec::from_argument("incident=x.csv").unwrap_err().to_string();
        assert_eq!(error, "source `x`: table `incident` does not exist");
    }

    #[test]
    fn what_does_not_exist_is_named() {
        assert_eq!(refusal("name = 'a'\npath = ''"), "source `a`: `path` is empty");
        assert_eq!(refusal("name = 'a'\npath = 'x'\nformat = 'xml'"), "source `a`: format `xml` does not exist");
        assert_eq!(
            refusal("name = 'a'\npath = 'x'\ntimezone = 'Europe/Londn'"),
            "source `a`: time zone `Europe/Londn` does not exist"
        );
        assert_eq!(
            refusal("name = 'a'\npath = 'x'\nencoding = 'ebcdic'"),
            "source `a`: encoding `ebcdic` is not known"
        );
        assert_eq!(
            refusal("name = 'a'\npath = 'x'\ntable = 'teams'\n[columns]\nsevice = 'b'"),
            "source `a`: table `teams` has no column `sevice`"
        );
        assert_eq!(
            refusal("name = 'a'\npath = 'x'\n[columns]\nsevice = 'b'"),
            "source `a`: no table has a column `sevice`"
        );
        assert_eq!(
            refusal("name = 'a'\npath = 'x'\ntable = 'deployments'\n[values.status]\nOK = 'good'"),
            "source `a`: `good` is not a word of column `status`"
        );
        assert_eq!(
            refusal("name = 'a'\npath = 'x'\n[columns]\nsource = 'b'"),
            "source `a`: column `source` is written by shipwake itself"
        );
    }

    #[test]
    fn yes_and_no_may_be_written_without_quotes() {
        let spec: Spec =
            toml::from_str("name = 'a'\npath = 'x'\n[values.is_automated]\nJ = true\nN = 'false'").unwrap();
        let words = &spec.values["is_automated"];
        assert_eq!((words["J"].as_str(), words["N"].as_str()), ("true", "false"));
    }

    #[test]
    fn a_word_that_there_is_not_is_answered_with_all_that_there_are() {
        let text = "name = 'a'\npath = 'x'\ntable = 'deployments'\n[values.status]\nOK = 'good'";
        let spec: Spec = toml::from_str(text).unwrap();
        let error = spec.check().unwrap_err();
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        for word in ["succeeded", "failed", "rolled_back", "cancelled", "in_progress", "unknown"] {
            assert!(help.contains(word), "{word}: {help}");
        }
    }

    #[test]
    fn a_repository_is_a_path_with_its_settings_behind_it() {
        let spec = Spec::from_argument("git:../shop.git?tags=v*&service=shop&bots=drop").unwrap();
        assert_eq!((spec.name.as_str(), spec.repository()), ("shop", Some("../shop.git")));
        assert_eq!((spec.tags, spec.service, spec.bots), (vec!["v*".into()], Some("shop".into()), Some(Keeping::Drop)));
        assert_eq!(Spec::from_argument("git:.").unwrap().name, "git");
        assert_eq!(Spec::from_argument("git:a?b").unwrap().repository(), Some("a?b"));
        let error = Spec::from_argument("git:.?tag=v*").unwrap_err().to_string();
        assert!(error.contains("unknown field `tag`"), "{error}");
        let many: Spec = toml::from_str("name = 'a'\npath = 'git:x'\ntags = ['v*', 'r*']").unwrap();
        assert_eq!((many.tags.len(), many.check().is_ok()), (2, true));
    }

    #[test]
    fn settings_of_repositories_are_for_repositories_and_those_of_files_for_files() {
        assert_eq!(refusal("name = 'a'\npath = 'x'\ntags = 'v*'"), "source `a`: `tags` is for git repositories");
        assert_eq!(
            refusal("name = 'a'\npath = 'git:x'\ntable = 'changes'"),
            "source `a`: `table` means nothing for a git repository"
        );
        assert_eq!(refusal("name = 'a'\npath = 'git:x'\nsince = 'soon'"), "source `a`: `since = \"soon\"` is no date");
        assert_eq!(
            refusal("name = 'a'\npath = 'git:x'\ntags = 'v*'\ndeployed = 'x.csv'"),
            "source `a`: `tags` and `deployed` are both given"
        );
        assert_eq!(
            refusal("name = 'a'\npath = 'git:x'\nformat = 'csv'"),
            "source `a`: `git:x` is a repository, not csv"
        );
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<Spec>("name = 'a'\npath = 'x'\ntime_zone = 'UTC'").is_err());
    }
}
