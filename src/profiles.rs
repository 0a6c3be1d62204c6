//! The profiles: what other tools count, each as one set of switches in `queries/profiles/`.
//!
//! A profile says nothing of an organisation: which environments are production stays the user's, unless the tool keeps
//! none apart.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Table;

use crate::embedded;

/// One tool's definitions, and in words what they count.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    /// The tool, as its users know it.
    pub tool: String,
    /// Where its rules are written.
    pub about: String,
    /// What the switches cannot say of it.
    pub mind: String,
    /// For each metric, what it counts under this profile.
    pub counts: BTreeMap<String, String>,
    /// As `[definitions]` of the settings.
    pub definitions: Table,
}

/// Every profile: ours first, the others by name.
///
/// # Errors
/// A sentence, when a file among them is wrong.
pub fn all() -> Result<Vec<Profile>, String> {
    let files = embedded::QUERIES.iter().filter(|(path, _)| is_profile(path));
    let read: Result<Vec<Profile>, String> =
        files.map(|(path, text)| toml::from_str(text).map_err(|error| format!("{path}: {error}"))).collect();
    let mut profiles = read?;
    profiles.sort_by_key(|profile| (profile.name != "dora", profile.name.clone()));
    Ok(profiles)
}

/// The profile of that name.
///
/// # Errors
/// A sentence with the names that there are.
pub fn named(name: &str) -> Result<Profile, String> {
    let profiles = all()?;
    let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    let refusal = format!("there is no profile `{name}`; use one of {}", names.join(", "));
    profiles.into_iter().find(|profile| profile.name == name).ok_or(refusal)
}

/// Whether a file below `queries/` is a profile.
pub fn is_profile(path: &str) -> bool {
    path.starts_with("queries/profiles/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::Definitions;

    #[test]
    fn every_profile_sets_every_switch_but_production_and_says_what_it_counts() {
        let whole = toml::Value::try_from(Definitions::default()).unwrap();
        for profile in all().unwrap() {
            for (switch, value) in whole.as_table().unwrap() {
                // Which environments are production is the organisation's, unless the tool looks at all of them.
                if matches!(switch.as_str(), "profile" | "production") {
                    continue;
                }
                let own = profile.definitions.get(switch).unwrap_or_else(|| panic!("{}: {switch}", profile.name));
                if let (Some(own), Some(whole)) = (own.as_table(), value.as_table()) {
                    let names = |table: &Table| table.keys().cloned().collect::<Vec<_>>();
                    assert_eq!(names(own), names(whole), "{}: {switch}", profile.name);
                }
            }
            assert_eq!(profile.counts.len(), 5, "{}", profile.name);
            Definitions::deserialize(profile.definitions).unwrap();
        }
    }

    #[test]
    fn the_first_profile_is_the_default_of_every_switch() {
        let first = all().unwrap().remove(0);
        assert_eq!(Definitions::deserialize(first.definitions).unwrap(), Definitions::default());
    }

    #[test]
    fn the_first_profile_tells_what_the_default_switches_count() {
        let catalogue = crate::metric::Catalogue::read(embedded::QUERIES, None).unwrap();
        for (name, told) in all().unwrap().remove(0).counts {
            let metric = catalogue.metric(&name).unwrap();
            let counts = crate::metric::counts(metric, &Definitions::default());
            assert!(counts.starts_with(&told), "{name}: {counts}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_there_are() {
        let refusal = named("devlak").unwrap_err();
        assert!(refusal.contains("devlake, devlake-2021"), "{refusal}");
    }
}
