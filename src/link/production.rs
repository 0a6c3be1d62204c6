//! Which environments are production: globs over their names, whatever the case.
//!
//! It knows names only. Whether a deployment reached the environment is for its status to say.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use polars::prelude::{PlHashMap, StringChunked};

use super::error::LinkError;

/// Tells production environments from others.
#[derive(Debug, Clone)]
pub struct Production {
    patterns: GlobSet,
}

/// The matcher for these globs.
///
/// # Errors
/// When one of them is no glob.
pub fn is_production(patterns: &[String]) -> Result<Production, LinkError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).case_insensitive(true).build();
        set.add(glob.map_err(|cause| refused(pattern, cause))?);
    }
    let patterns = set.build().map_err(|cause| refused(&patterns.join(", "), cause))?;
    Ok(Production { patterns })
}

impl Production {
    /// True where the name matches a pattern, or where no environment is named at all.
    pub fn matches(&self, environment: Option<&str>) -> bool {
        environment.is_none_or(|name| self.patterns.is_match(name))
    }

    /// [`Production::matches`] for every row; each distinct name is looked at once.
    pub(super) fn mask(&self, environments: &StringChunked) -> Vec<bool> {
        let mut known: PlHashMap<Option<&str>, bool> = PlHashMap::default();
        environments.iter().map(|name| *known.entry(name).or_insert_with(|| self.matches(name))).collect()
    }
}

fn refused(pattern: &str, cause: globset::Error) -> LinkError {
    LinkError::Pattern { pattern: pattern.to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(patterns: &[&str]) -> Production {
        let patterns: Vec<String> = patterns.iter().map(|text| (*text).to_owned()).collect();
        is_production(&patterns).unwrap()
    }

    #[test]
    fn names_match_whatever_their_case_and_only_as_a_whole() {
        let production = matcher(&["prod", "live-*"]);
        assert!(production.matches(Some("PROD")));
        assert!(production.matches(Some("Live-EU")));
        assert!(!production.matches(Some("preprod")));
        assert!(!production.matches(Some("production")));
    }

    #[test]
    fn an_environment_that_nobody_named_is_production() {
        assert!(matcher(&["prod"]).matches(None));
    }

    #[test]
    fn a_broken_glob_is_an_error_that_names_it() {
        let error = is_production(&["prod[".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("`prod[`"));
    }
}
