//! The settings of a repository, checked.

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::source::error::SourceError;
use crate::source::instant::{self, Stamp};
use crate::source::spec::{Keeping, Prereleases, Spec};
use crate::source::zone::Zone;

/// Which tags and commits count.
pub struct Rules {
    /// None: tags that are versions.
    pub tags: Option<GlobSet>,
    pub prereleases: Prereleases,
    pub releases: Keeping,
    pub merges: Keeping,
    pub bots: Keeping,
    /// Microseconds in UTC; what is older is no row, though ancestry goes on.
    pub since: Option<i64>,
}

impl Rules {
    /// # Errors
    /// At the first pattern or instant that cannot be read, and at settings that a repository does not have.
    pub fn of(spec: &Spec) -> Result<Self, SourceError> {
        let foreign = [
            ("table", spec.table.is_some()),
            ("delimiter", spec.delimiter.is_some()),
            ("columns", !spec.columns.is_empty()),
            ("values", !spec.values.is_empty()),
            ("pipelines", !spec.pipelines.is_empty()),
        ];
        if let Some((name, _)) = foreign.iter().find(|(_, is_given)| *is_given) {
            let what = format!("`{name}` means nothing for a git repository");
            return Err(spec.refuse(what, "take it away; `shipwake sources git` shows what is read, and how it is set"));
        }
        if spec.deployed.is_some() && !spec.tags.is_empty() {
            let what = "`tags` and `deployed` are both given".to_owned();
            return Err(spec.refuse(what, "deployments are tags, or the commits of a list: keep one of the two"));
        }
        Ok(Self {
            tags: patterns(spec)?,
            prereleases: spec.prereleases.unwrap_or_default(),
            releases: spec.releases.unwrap_or(Keeping::Keep),
            merges: spec.merges.unwrap_or(Keeping::Drop),
            bots: spec.bots.unwrap_or(Keeping::Keep),
            since: spec.since.as_deref().map(|text| since(spec, text)).transpose()?,
        })
    }

    /// Whether an instant, in seconds, is not older than what is asked for.
    pub fn is_recent(&self, at: Option<i64>) -> bool {
        self.since.is_none_or(|since| micros(at).is_none_or(|at| at >= since))
    }
}

/// Microseconds of seconds; none where they are too many for any calendar.
pub fn micros(seconds: Option<i64>) -> Option<i64> {
    seconds?.checked_mul(1_000_000)
}

fn patterns(spec: &Spec) -> Result<Option<GlobSet>, SourceError> {
    if spec.tags.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in &spec.tags {
        let glob = Glob::new(pattern).map_err(|_| {
            spec.refuse(
                format!("pattern `{pattern}` of `tags` cannot be read"),
                "write it as in `v*` or `release-[0-9]*`",
            )
        })?;
        set.add(glob);
    }
    let set = set.build().map_err(|_| spec.refuse("patterns of `tags` are too large".into(), "use fewer"))?;
    Ok(Some(set))
}

/// A date, or a date and time, in the zone of the source or UTC.
fn since(spec: &Spec, text: &str) -> Result<i64, SourceError> {
    let zone = Zone::named(spec.timezone.as_deref().unwrap_or("UTC"));
    match (instant::parse(text.as_bytes(), None), zone) {
        (Ok(Stamp::Instant(micros)), _) => Ok(micros),
        (Ok(Stamp::Local(local)), Some(mut zone)) => Ok(zone.instant(local)),
        _ => Err(spec.refuse(format!("`since = \"{text}\"` is no date"), "write it as in `2026-01-31`")),
    }
}
