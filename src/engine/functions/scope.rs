//! `matches_scope(scope, service, team, environment, region)`: whether a window's scope covers a deployment.
//!
//! A scope is a list of globs, separated by commas or semicolons; it covers what one of them matches by any of the four
//! names, whatever the case. No scope covers everything. It knows names only, not when a window holds.

use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use globset::GlobSet;

use super::arguments::{self, Kind};
use crate::table;

const NAME: &str = "matches_scope";

/// Where aliases stand in the tables, `originals` tells what they stand for: a glob goes by real names.
pub fn function(originals: BTreeMap<String, String>) -> ScalarUDF {
    let signature = Signature::user_defined(Volatility::Immutable);
    ScalarUDF::from(MatchesScope { signature, originals: Arc::new(originals) })
}

#[derive(Debug, PartialEq, Eq)]
struct MatchesScope {
    signature: Signature,
    originals: Arc<BTreeMap<String, String>>,
}

impl Hash for MatchesScope {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.signature.hash(state);
    }
}

impl ScalarUDFImpl for MatchesScope {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments::coerced(NAME, &[Kind::Text; 5], given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays: Vec<ArrayRef> =
            args.args.iter().map(|argument| argument.to_array(args.number_rows)).collect::<Result<_>>()?;
        let Some((scopes, names)) = arrays.split_first() else { return exec_err!("`{NAME}` was called with nothing") };
        let scopes = scopes.as_string::<i32>();
        let names: Vec<&StringArray> = names.iter().map(|array| array.as_string::<i32>()).collect();
        let mut known = Scopes { originals: &self.originals, read: HashMap::new() };
        let covers = |row: usize| known.covers(text(scopes, row), &names, row);
        let array: BooleanArray =
            (0..args.number_rows).map(covers).map(|covers| covers.map(Some)).collect::<Result<_>>()?;
        Ok(ColumnarValue::Array(Arc::new(array)))
    }
}

/// The scopes of a batch, and what each name was found to be: both come again and again.
struct Scopes<'a> {
    originals: &'a BTreeMap<String, String>,
    read: HashMap<&'a str, Scope<'a>>,
}

struct Scope<'a> {
    globs: GlobSet,
    found: HashMap<&'a str, bool>,
}

impl<'a> Scopes<'a> {
    fn covers(&mut self, scope: Option<&'a str>, names: &[&'a StringArray], row: usize) -> Result<bool> {
        let original = |text: &'a str| self.originals.get(text).map_or(text, String::as_str);
        let Some(scope) = scope.map(original).filter(|scope| !scope.trim().is_empty()) else { return Ok(true) };
        let names = names.iter().filter_map(|names| text(names, row)).map(original);
        if !self.read.contains_key(scope) {
            self.read.insert(scope, Scope { globs: globs(scope)?, found: HashMap::new() });
        }
        let Some(scope) = self.read.get_mut(scope) else { return Ok(false) };
        // Of a deployment that names no region, team or environment, "*" still means everything.
        Ok(scope.globs.is_match("*") || names.into_iter().any(|name| scope.matches(name)))
    }
}

impl<'a> Scope<'a> {
    fn matches(&mut self, name: &'a str) -> bool {
        let globs = &self.globs;
        *self.found.entry(name).or_insert_with(|| globs.is_match(name))
    }
}

fn text(array: &StringArray, row: usize) -> Option<&str> {
    array.is_valid(row).then(|| array.value(row))
}

fn globs(scope: &str) -> Result<GlobSet> {
    table::scope(scope).or_else(|cause| exec_err!("the scope `{scope}` of a window is no glob: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(scope: Option<&str>, names: [Option<&str>; 4]) -> bool {
        let columns: Vec<StringArray> = names.iter().map(|name| StringArray::from(vec![*name])).collect();
        let columns: Vec<&StringArray> = columns.iter().collect();
        Scopes { originals: &originals(), read: HashMap::new() }.covers(scope, &columns, 0).unwrap()
    }

    fn originals() -> BTreeMap<String, String> {
        [("service-1", "checkout"), ("scope-1", "check*")]
            .map(|(alias, name)| (alias.to_owned(), name.to_owned()))
            .into()
    }

    const CHECKOUT: [Option<&str>; 4] = [Some("checkout"), Some("storefront"), Some("production"), None];

    #[test]
    fn a_scope_is_a_glob_over_any_of_the_four_names() {
        assert!(covers(Some("checkout"), CHECKOUT));
        assert!(covers(Some("store*"), CHECKOUT));
        assert!(covers(Some("PRODUCTION"), CHECKOUT));
        assert!(!covers(Some("check"), CHECKOUT));
        assert!(!covers(Some("eu-*"), CHECKOUT));
    }

    #[test]
    fn one_of_several_globs_is_enough() {
        assert!(covers(Some("billing; checkout"), CHECKOUT));
        assert!(covers(Some("eu-*,storefront"), CHECKOUT));
        assert!(!covers(Some("billing, refunds"), CHECKOUT));
    }

    #[test]
    fn no_scope_is_everything_even_of_what_has_no_name() {
        assert!(covers(None, CHECKOUT));
        assert!(covers(Some("  "), CHECKOUT));
        assert!(covers(Some("*"), [None; 4]));
        assert!(!covers(Some("checkout"), [None; 4]));
    }

    #[test]
    fn an_alias_is_matched_as_what_it_stands_for() {
        assert!(covers(Some("scope-1"), [Some("service-1"), None, None, None]));
        assert!(covers(Some("scope-1"), CHECKOUT));
        assert!(!covers(Some("scope-1"), [Some("service-2"), None, None, None]));
    }

    #[test]
    fn a_scope_that_is_no_glob_is_an_error_that_names_it() {
        let error = globs("check[").unwrap_err();
        assert!(error.to_string().contains("`check[`"), "{error}");
    }
}
