//! What a window covers: globs over the names of a deployment's service, team, environment and region.

use globset::{Error, GlobBuilder, GlobSet, GlobSetBuilder};

/// Reads globs that commas or semicolons separate, whatever the case of letters.
///
/// # Errors
/// Where one of them is no glob.
pub fn scope(text: &str) -> Result<GlobSet, Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in text.split([',', ';']).map(str::trim).filter(|pattern| !pattern.is_empty()) {
        set.add(GlobBuilder::new(pattern).case_insensitive(true).build()?);
    }
    set.build()
}
