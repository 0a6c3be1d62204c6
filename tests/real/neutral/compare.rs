//! How an answer is compared with what a tool's own test asserts: names and counts exactly, other numbers closely.

use std::collections::BTreeMap;

use serde_json::Value;

use super::case::{Case, Tool};

/// Relative for numbers, absolute where the tool's own test rounds.
#[derive(Debug, Clone, Copy)]
pub struct Tolerance {
    relative: f64,
    absolute: f64,
}

/// Pelorus asserts rates with three digits.
pub fn tolerance(case: &Case) -> Tolerance {
    let absolute = if case.tool == Some(Tool::Pelorus) { 6e-4 } else { 0.0 };
    Tolerance { relative: 1e-9, absolute }
}

/// Where both differ: `place: expected x, got y`.
pub fn differences(expected: &Value, got: &Value, tolerance: Tolerance) -> Vec<String> {
    let mut found = Vec::new();
    collect("", expected, got, tolerance, &mut found);
    found
}

/// Lists of names are sets. What one side does not have is null there.
fn collect(place: &str, expected: &Value, got: &Value, tolerance: Tolerance, found: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(_), Value::Object(_)) | (Value::Array(_), Value::Array(_)) => {
            let (left, right) = (members(expected), members(got));
            let names = left.keys().chain(right.keys().filter(|name| !left.contains_key(*name)));
            for name in names {
                let side = |members: &BTreeMap<String, &Value>| members.get(name).copied().cloned().unwrap_or_default();
                collect(&format!("{place}/{name}"), &side(&left), &side(&right), tolerance, found);
            }
        }
        _ if is_same(expected, got, tolerance) => {}
        _ => found.push(format!("{place}: expected {expected}, got {got}")),
    }
}

/// The members of an object; those of a list by their `id`, pairs by their name, all else by itself.
fn members(value: &Value) -> BTreeMap<String, &Value> {
    let named = |member: &Value| match member {
        Value::Object(fields) => fields.get("id").map(Value::to_string),
        Value::Array(pair) => pair.first().map(Value::to_string),
        other => Some(other.to_string()),
    };
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(list) => {
            let own = |(place, member): (usize, _)| (named(member).unwrap_or(place.to_string()), paired(member));
            list.iter().enumerate().map(own).collect()
        }
        _ => BTreeMap::new(),
    }
}

/// The value of a pair; anything else is its own.
fn paired(member: &Value) -> &Value {
    match member.as_array().map(Vec::as_slice) {
        Some([_, value]) => value,
        _ => member,
    }
}

fn is_same(expected: &Value, got: &Value, tolerance: Tolerance) -> bool {
    let (Some(expected_number), Some(got_number)) = (expected.as_f64(), got.as_f64()) else {
        return expected == got;
    };
    let allowed = (tolerance.relative * expected_number.abs()).max(tolerance.absolute);
    (expected_number - got_number).abs() <= allowed
}

#[test]
fn neutral_comparison_sees_a_small_difference_and_a_missing_name() {
    let case = Tolerance { relative: 1e-9, absolute: 0.0 };
    let differ = |expected: Value, got: Value| !differences(&expected, &got, case).is_empty();
    use serde_json::json;
    assert!(!differ(json!({ "a": 7.5e-8, "b": null }), json!({ "a": 7.5e-8 })));
    assert!(differ(json!({ "a": 7.5e-8 }), json!({ "a": 7.6e-8 })));
    assert!(!differ(json!(["x", "y"]), json!(["y", "x"])));
    assert!(differ(json!(["x", "y"]), json!(["x"])));
    assert!(differ(json!(["x"]), json!(["x", "y"])));
    assert!(!differ(json!([["x", 1]]), json!([["x", 1.0]])));
    assert!(differ(json!([["x", 1]]), json!([["x", 2], ["y", 1]])));
    assert!(differ(json!({ "a": 0 }), json!({ "a": null })));
    assert!(differ(json!({ "w": { "n": 0 } }), json!({ "w": { "n": 0 }, "v": { "n": 1 } })));
}
