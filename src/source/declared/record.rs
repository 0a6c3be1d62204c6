//! One record of a vendor: its fields by path, and the tests that a declaration makes of it.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde_json::{Map, Value};

use super::model::Test;
use super::words::{self, is_same_name};
use crate::table::key_of;

/// A record, or an element of a list in one.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub value: &'a Value,
    /// The record that holds the list.
    pub around: Option<&'a Value>,
    pub runs: &'a Runs,
}

/// What a record's file tells of it: which runs of a build tool are deployments, and of which place all are.
#[derive(Debug, Default)]
pub struct Runs {
    /// The project or repository that all records of the file are of which tell one.
    pub only_place: Option<String>,
    /// The source says that all are.
    pub are_all_deployments: bool,
    /// The source says which names are; empty where the usual words tell.
    named: Option<GlobSet>,
}

/// Words in the name of a run that deploys.
pub const DEPLOYING: &[&str] =
    &["deploy", "deployment", "deploys", "deliver", "delivery", "publish", "promote", "release", "rollout", "ship"];

impl Runs {
    /// # Errors
    /// The pattern that cannot be read.
    pub fn new(are_all_deployments: bool, patterns: &[String]) -> Result<Self, String> {
        let mut named = GlobSetBuilder::new();
        for pattern in patterns {
            named.add(GlobBuilder::new(pattern).case_insensitive(true).build().map_err(|_| pattern.clone())?);
        }
        let named = named.build().map_err(|error| error.to_string())?;
        Ok(Self { only_place: None, are_all_deployments, named: (!patterns.is_empty()).then_some(named) })
    }

    fn deploys(&self, name: &str) -> bool {
        match &self.named {
            Some(named) => named.is_match(name),
            None => self.are_all_deployments || key_of(name).split('_').any(|word| DEPLOYING.contains(&word)),
        }
    }
}

impl<'a> Record<'a> {
    /// The value at a path, null or not.
    pub fn at(&self, path: &str) -> Option<&'a Value> {
        match path.strip_prefix("^.") {
            Some(path) => first_at(self.around?, path),
            None => first_at(self.value, path),
        }
    }

    /// The first plain value at a path as text, none where there is none or it is blank.
    pub fn text(&self, path: &str) -> Option<String> {
        self.all(path).into_iter().find_map(plain)
    }

    /// The project or repository of all other records of the file, where these are of one alone.
    pub fn only_place(&self) -> Option<String> {
        self.runs.only_place.clone()
    }

    /// All plain values at a path as text.
    pub fn texts(&self, path: &str) -> Vec<String> {
        self.all(path).into_iter().flat_map(flattened).filter_map(plain).collect()
    }

    /// The number at a path.
    pub fn number(&self, path: &str) -> Option<f64> {
        self.text(path)?.parse().ok()
    }

    /// The elements of the lists at a path.
    pub fn elements(&self, path: &str) -> Vec<&'a Value> {
        self.all(path).into_iter().flat_map(flattened).collect()
    }

    /// Whether all tests hold.
    pub fn meets(&self, tests: &[Test]) -> bool {
        tests.iter().all(|test| self.meets_one(test))
    }

    fn meets_one(&self, test: &Test) -> bool {
        let is = |path: &str, words: &[&str]| {
            self.text(path).is_some_and(|text| words.iter().any(|known| words::is_same(known, &text)))
        };
        match test {
            Test::Has(path) => self.at(path).is_some(),
            Test::HasAny(paths) => paths.iter().any(|path| self.at(path).is_some()),
            Test::Lacks(path) => self.at(path).is_none(),
            Test::Known(path) => self.all(path).into_iter().any(|value| !is_nothing(value)),
            Test::Is(path, words) => is(path, words),
            Test::IsNot(path, words) => !is(path, words),
            Test::Holds(path, parts) => {
                self.text(path).is_some_and(|text| parts.iter().any(|part| words::holds(&text, part)))
            }
            Test::UnlessAllDeploy(tests) => self.runs.are_all_deployments || self.meets(tests),
            Test::Deploys(paths) => {
                self.runs.are_all_deployments
                    || paths.iter().filter_map(|path| self.text(path)).any(|name| self.runs.deploys(&name))
            }
        }
    }

    /// Every value that a path reaches.
    fn all(&self, path: &str) -> Vec<&'a Value> {
        let mut found = Vec::new();
        match path.strip_prefix("^.") {
            Some(path) => self.around.into_iter().for_each(|around| reach(around, path, &mut found)),
            None => reach(self.value, path, &mut found),
        }
        found
    }
}

/// The member of that name, whatever its case and separators.
pub fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(known, _)| is_same_name(known, name)).map(|(_, value)| value))
}

fn first_at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut found = Vec::new();
    reach(value, path, &mut found);
    found.into_iter().next()
}

fn reach<'a>(value: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let mut follow = |value: &'a Value, rest: Option<&str>| match rest {
        Some(rest) => reach(value, rest, found),
        None => found.push(value),
    };
    match value {
        Value::Object(object) => match (member(object, first), dotted(object, path)) {
            (_, Some((value, rest))) => follow(value, rest),
            (Some(value), None) => follow(value, rest),
            (None, None) => {}
        },
        Value::Array(list) => match first.parse::<usize>() {
            Ok(place) => list.get(place).into_iter().for_each(|value| follow(value, rest)),
            Err(_) => list.iter().for_each(|element| reach(element, path, found)),
        },
        _ => {}
    }
}

/// A member whose name itself holds dots, and what of the path follows it.
fn dotted<'a, 'b>(object: &'a Map<String, Value>, path: &'b str) -> Option<(&'a Value, Option<&'b str>)> {
    path.contains('.').then_some(())?;
    if let Some(value) = object.get(path) {
        return Some((value, None));
    }
    let dots = path.match_indices('.').skip(1);
    dots.into_iter().find_map(|(dot, _)| Some((object.get(&path[..dot])?, Some(&path[dot + 1..]))))
}

fn flattened(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        value => vec![value],
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A plain value as text; of a list its first. Objects are none.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(list) => list.iter().find_map(plain),
        Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_finds_a_field_whatever_its_case_and_goes_through_lists() {
        let runs = Runs::default();
        let value = json!({"createdAt": "x", "Issue key": "A-1", "actions": [{}, {"lastBuiltRevision": {"SHA1": "abc"}}],
            "labels": [{"name": "a"}, {"name": "b"}], "empty": null, "blank": " ", "System.State": "New"});
        let record = Record { value: &value, around: None, runs: &runs };
        assert_eq!(record.text("created_at").as_deref(), Some("x"));
        assert_eq!(record.text("issue_key").as_deref(), Some("A-1"));
        assert_eq!(record.text("actions.last_built_revision.sha1").as_deref(), Some("abc"));
        assert_eq!(record.texts("labels.name"), ["a", "b"]);
        assert_eq!(record.text("System.State").as_deref(), Some("New"));
        assert_eq!(record.text("labels.1.name").as_deref(), Some("b"));
        assert_eq!((record.text("blank"), record.text("empty"), record.text("none")), (None, None, None));
        assert!(record.meets(&[Test::Has("empty"), Test::Lacks("none"), Test::Known("labels")]));
        assert!(!record.meets(&[Test::Known("empty")]));
    }

    #[test]
    fn a_run_deploys_by_its_name_or_because_the_source_says_so() {
        let value = json!({"name": "Deploy to production", "path": ".github/workflows/ci.yml"});
        let meets =
            |runs: Runs, path| Record { value: &value, around: None, runs: &runs }.meets(&[Test::Deploys(path)]);
        assert!(meets(Runs::default(), &["path", "name"]));
        assert!(!meets(Runs::default(), &["path"]));
        assert!(meets(Runs::new(true, &[]).unwrap(), &["path"]));
        assert!(meets(Runs::new(false, &["*CI.yml".into()]).unwrap(), &["path"]));
        assert!(!meets(Runs::new(false, &["*cd.yml".into()]).unwrap(), &["path", "name"]));
    }
}
