//! The published schema holds for what is written: a checker of the words of JSON Schema that it uses.

use serde_json::Value;

use super::*;
use crate::sink::fixture;

const SCHEMA: &str = include_str!("../../../reports/schema/report.schema.json");

/// Words that the checker knows, and those that only describe.
const KNOWN: &[&str] = &[
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalProperties",
    "const",
    "description",
    "enum",
    "format",
    "items",
    "minimum",
    "oneOf",
    "properties",
    "required",
    "title",
    "type",
];

/// What is wrong with `value` at `path`, by the rule `schema` of the document `root`.
fn errors(root: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let found = root.pointer(reference.trim_start_matches('#')).expect("the definition is there");
        return errors(root, found, value, path);
    }
    let mut found = Vec::new();
    if let Some(expected) = schema.get("const")
        && expected != value
    {
        found.push(format!("{path}: {value} is not {expected}"));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        found.push(format!("{path}: {value} is none of {allowed:?}"));
    }
    if !schema["type"].is_null() && !has_type(&schema["type"], value) {
        found.push(format!("{path}: {value} is no {}", schema["type"]));
    }
    if let (Some(minimum), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
        && number < minimum
    {
        found.push(format!("{path}: {number} is less than {minimum}"));
    }
    if let Some(rules) = schema["oneOf"].as_array() {
        let tried: Vec<Vec<String>> = rules.iter().map(|rule| errors(root, rule, value, path)).collect();
        let holding = tried.iter().filter(|errors| errors.is_empty()).count();
        if holding != 1 {
            let closest = tried.into_iter().min_by_key(Vec::len).unwrap_or_default();
            found.push(format!("{path}: {holding} of the choices hold; the closest: {closest:?}"));
        }
    }
    if let (Some(rule), Some(values)) = (schema.get("items"), value.as_array()) {
        for (index, value) in values.iter().enumerate() {
            found.extend(errors(root, rule, value, &format!("{path}/{index}")));
        }
    }
    if let Some(fields) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                found.push(format!("{path}: `{name}` is missing"));
            }
        }
        for (name, value) in fields {
            match schema["properties"].get(name) {
                Some(rule) => found.extend(errors(root, rule, value, &format!("{path}/{name}"))),
                None if schema["additionalProperties"] == false => {
                    found.push(format!("{path}: `{name}` is not published"))
                }
                None => {}
            }
        }
    }
    found
}

fn has_type(expected: &Value, value: &Value) -> bool {
    match expected {
        Value::Array(one_of) => one_of.iter().any(|expected| has_type(expected, value)),
        expected => match expected.as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("null") => value.is_null(),
            Some("number") => value.is_number(),
            Some("integer") => value.is_i64() || value.is_u64(),
            other => panic!("the checker does not know the type {other:?}"),
        },
    }
}

/// Every word of a schema; properties and definitions are names, what they hold are schemas.
fn words(schema: &Value, found: &mut Vec<String>) {
    for (word, inner) in schema.as_object().into_iter().flatten() {
        found.push(word.clone());
        match word.as_str() {
            "properties" | "$defs" => inner.as_object().into_iter().flatten().for_each(|(_, rule)| words(rule, found)),
            "items" => words(inner, found),
            "oneOf" => inner.as_array().into_iter().flatten().for_each(|rule| words(rule, found)),
            _ => {}
        }
    }
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("the schema is JSON")
}

fn written(report: &Report) -> Value {
    let files = render(report, &Assets::default()).expect("renders");
    serde_json::from_slice(&files[0].bytes).expect("JSON")
}

#[test]
fn what_is_written_is_as_it_was_published() {
    let schema = schema();
    let sample = serde_json::from_str(include_str!("../../../reports/samples/monthly/report.json")).expect("JSON");
    for value in [written(&fixture::rich()), written(&fixture::empty()), sample] {
        let errors = errors(&schema, &schema, &value, "");
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn what_is_not_so_is_found() {
    let schema = schema();
    let with = |path: &str, wrong: Value| {
        let mut value = written(&fixture::rich());
        *value.pointer_mut(path).expect("it is there") = wrong;
        errors(&schema, &schema, &value, "")
    };
    assert!(!with("/schema", 2.into()).is_empty());
    assert!(!with("/title", Value::Null).is_empty());
    assert!(!with("/sections/0/blocks/0/block", "unheard_of".into()).is_empty());
    assert!(!with("/sections/1/blocks/1/chart/series/points/0/n", (-1).into()).is_empty());
    assert!(with("/sections/1/blocks/1/chart/kind", "kind_of_tomorrow".into()).is_empty(), "charts may come");
}

#[test]
fn the_checker_knows_every_word_of_the_schema() {
    let mut found = Vec::new();
    words(&schema(), &mut found);
    for word in found {
        assert!(KNOWN.contains(&word.as_str()), "{word}");
    }
}

#[test]
fn the_version_is_the_programs() {
    assert_eq!(schema()["properties"]["schema"]["const"], crate::report::SCHEMA);
}
