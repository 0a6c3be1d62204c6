//! Tags as deployments: which of them are releases, when each was made, and what is said of the others.

use std::collections::BTreeMap;

use super::program::{Tag, Tags};
use super::rows::{self, Deployment, Part};
use super::rules::Rules;
use super::{Repository, place_of_tag, program, version};
use crate::source::error::{SourceError, list};
use crate::source::spec::{Prereleases, Spec};

/// A tag that is a release.
struct Release<'a> {
    tag: &'a Tag,
    place: u32,
    /// Seconds since 1970.
    at: Option<i64>,
    is_prerelease: bool,
}

/// The rows of deployments, and the places of the commits that they stand at.
///
/// # Errors
/// When it is not clear which tags are deployments.
pub fn part(
    repository: &Repository,
    tags: &Tags,
    (spec, rules): (&Spec, &Rules),
    as_of: Option<i64>,
    notes: &mut Vec<String>,
) -> Result<(Part, Vec<u32>), SourceError> {
    let named = chosen(repository, &tags.tags, rules, notes)?;
    let releases = releases(repository, &named, rules, as_of, notes);
    let rows = releases.iter().map(|release| Deployment {
        id: format!("{}@{}", repository.service, release.tag.name),
        environment: release.is_prerelease.then(|| "prerelease".to_owned()),
        version: Some(release.tag.name.clone()),
        commit: repository.history.commit(release.place).map(|commit| commit.sha.clone()),
        at: release.at,
        by: release.tag.tagger.clone(),
        url: None,
    });
    let unused = (tags.tags.len() - releases.len()) as u64;
    let places = releases.iter().map(|release| release.place).collect();
    Ok((rows::deployments(repository, rows.collect(), unused, spec)?, places))
}

/// The tags that the source asks for, or else those that are versions; only those that name commits.
fn chosen<'a>(
    repository: &Repository,
    tags: &'a [Tag],
    rules: &Rules,
    notes: &mut Vec<String>,
) -> Result<Vec<&'a Tag>, SourceError> {
    let is_version: fn(&str) -> bool = match tags.iter().any(|tag| version::is_plain(&tag.name)) {
        true => version::is_plain,
        false => version::is_release,
    };
    let (named, others): (Vec<&Tag>, Vec<&Tag>) = tags.iter().partition(|tag| match &rules.tags {
        Some(patterns) => patterns.is_match(&tag.name),
        None => is_version(&tag.name),
    });
    if rules.tags.is_none() && !others.is_empty() && !named.is_empty() {
        notes.push(format!(
            "deployments of `{}` are the {} tags that are versions; {} others are left aside ({}): `tags = \"…\"` chooses",
            repository.shown,
            named.len(),
            others.len(),
            list(&kinds(&others))
        ));
    }
    if named.is_empty() {
        return Err(nothing(repository, tags, rules));
    }
    let (commits, others): (Vec<&Tag>, Vec<&Tag>) =
        named.into_iter().partition(|tag| place_of_tag(&repository.history, tag).is_some());
    if !others.is_empty() {
        notes.push(format!("tags of `{}` that name no commit are left aside: {}", repository.shown, names(&others)));
    }
    Ok(commits)
}

fn nothing(repository: &Repository, tags: &[Tag], rules: &Rules) -> SourceError {
    if repository.history.commits.is_empty() {
        let help = "wait for the first commit, or look whether the clone is of the right repository";
        return program::fault(&repository.shown, "has no commits".into(), help);
    }
    if tags.is_empty() {
        let help = "`git fetch --tags` brings those of the host; without tags, list what was deployed: `deployed = \"FILE.csv\"`, with the columns commit and finished_at";
        return program::fault(&repository.shown, "has no tags, so it does not tell what was deployed".into(), help);
    }
    let all: Vec<&Tag> = tags.iter().collect();
    let found = list(&kinds(&all));
    let what = match rules.tags {
        Some(_) => format!("has no tag that `tags` asks for: it has {found}"),
        None => format!("has no tags that are versions: it has {found}"),
    };
    let help =
        "say which tags are deployments: `tags = \"build-*\"` in the source, or `--data 'git:PATH?tags=build-*'`";
    program::fault(&repository.shown, what, help)
}

/// What tags look like, the commonest first: `build-*` (12).
fn kinds(tags: &[&Tag]) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for tag in tags {
        let series = version::series(&tag.name);
        let kind = if series == tag.name { series.to_owned() } else { format!("{series}*") };
        *counts.entry(kind).or_default() += 1;
    }
    let mut kinds: Vec<(String, usize)> = counts.into_iter().collect();
    kinds.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    kinds.into_iter().map(|(kind, count)| if count == 1 { kind } else { format!("{kind} ({count})") }).collect()
}

fn names(tags: &[&Tag]) -> String {
    list(&tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>())
}

/// Leaves out names that only point at a release, and what the rules do not want; dates the others.
fn releases<'a>(
    repository: &Repository,
    tags: &[&'a Tag],
    rules: &Rules,
    as_of: Option<i64>,
    notes: &mut Vec<String>,
) -> Vec<Release<'a>> {
    let placed: Vec<(&Tag, u32)> =
        tags.iter().filter_map(|tag| Some((*tag, place_of_tag(&repository.history, tag)?))).collect();
    let pointers = pointers(repository, &placed);
    if !pointers.is_empty() {
        notes.push(format!(
            "tags of `{}` that move along with releases are no releases of their own: {}",
            repository.shown,
            names(&pointers)
        ));
    }
    let is_pointer = |tag: &Tag| pointers.iter().any(|pointer| pointer.name == tag.name);
    let mut releases: Vec<Release> = Vec::new();
    for (tag, place) in placed.into_iter().filter(|(tag, _)| !is_pointer(tag)) {
        let is_prerelease = rules.prereleases != Prereleases::Production && version::is_prerelease(&tag.name);
        let committed_at = repository.history.commit(place).and_then(|commit| commit.committed_at);
        releases.push(Release { tag, place, at: tag.tagged_at.or(committed_at), is_prerelease });
    }
    let late = correct(repository, &mut releases, as_of);
    if !late.is_empty() {
        notes.push(format!(
            "tags of `{}` without a date of their own stand at commits that are dated before those of releases which they hold, and are dated like these: {}",
            repository.shown,
            names(&late)
        ));
    }
    releases.retain(|release| {
        (!release.is_prerelease || rules.prereleases == Prereleases::Separate) && rules.is_recent(release.at)
    });
    releases
}

/// Tags that follow releases: `v1` and `v1.2` where they hold a `v1.2.3`, and names without a number beside one with a
/// number. A `v1` that came before `v1.0.1` is a release: it does not hold it.
fn pointers<'a>(repository: &Repository, placed: &[(&'a Tag, u32)]) -> Vec<&'a Tag> {
    let has_number = |tag: &Tag| version::series(&tag.name) != tag.name;
    let mut at: BTreeMap<u32, bool> = BTreeMap::new();
    let mut longer: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (tag, place) in placed {
        *at.entry(*place).or_default() |= has_number(tag);
        for (dot, _) in tag.name.match_indices('.') {
            let short = &tag.name[..dot];
            if version::is_part_of(short, &tag.name) {
                longer.entry(short).or_default().push(*place);
            }
        }
    }
    let is_pointer = |tag: &Tag, place: u32| match longer.get(tag.name.as_str()) {
        Some(wanted) => {
            let rank = repository.history.rank(place);
            let older: Vec<u32> = wanted.iter().copied().filter(|one| repository.history.rank(*one) <= rank).collect();
            repository.history.nearest(place, &older).is_some()
        }
        None => !has_number(tag) && at.get(&place).copied().unwrap_or(false),
    };
    placed.iter().filter(|(tag, place)| is_pointer(tag, *place)).map(|(tag, _)| *tag).collect()
}

/// A lightweight tag has no date but its commit's, which a clock may have set wrong. It cannot be older than one whose
/// commit it holds, and is then dated like that one, unless that one lies in the future. Gives those that were changed.
fn correct<'a>(repository: &Repository, releases: &mut [Release<'a>], as_of: Option<i64>) -> Vec<&'a Tag> {
    let history = &repository.history;
    let mut at_place: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, release) in releases.iter().enumerate().filter(|(_, release)| release.tag.tagged_at.is_none()) {
        at_place.entry(release.place).or_default().push(index);
    }
    let now = as_of.map(|as_of| as_of / 1_000_000);
    let mut latest: Vec<Option<i64>> = vec![None; history.commits.len()];
    let mut changed = Vec::new();
    for place in history.oldest_first() {
        let known = |parent: &u32| latest.get(*parent as usize).copied().flatten();
        let mut held = history.parents(*place).iter().filter_map(known).max();
        for index in at_place.get(place).into_iter().flatten() {
            let Some(release) = releases.get_mut(*index) else { continue };
            if held.is_some() && release.at < held {
                release.at = held;
                changed.push(release.tag);
            }
            held = release.at.filter(|at| now.is_none_or(|now| *at <= now)).or(held);
        }
        if let Some(slot) = latest.get_mut(*place as usize) {
            *slot = held;
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::git::history::tests::history;

    fn repository(lines: &[&str]) -> Repository {
        Repository {
            history: history(lines),
            name: "shop".into(),
            service: "shop".into(),
            shown: "git:shop".into(),
            main: None,
        }
    }

    /// Tags written as `name commit`, lightweight, or `name commit second`, annotated.
    fn tags(lines: &[&str]) -> Vec<Tag> {
        let tag = |line: &&str| {
            let words: Vec<&str> = line.split(' ').collect();
            let tagged_at = words.get(2).and_then(|second| second.parse().ok());
            Tag { name: words[0].into(), commit: Some(words[1].into()), tagged_at, tagger: None }
        };
        lines.iter().map(tag).collect()
    }

    fn of(pairs: &str) -> Rules {
        Rules::of(&Spec::from_argument(&format!("git:shop?{pairs}")).unwrap()).unwrap()
    }

    /// `name second`, with `prerelease` behind it where it is one.
    fn made(lines: &[&str], tag_lines: &[&str], pairs: &str) -> (Vec<String>, Vec<String>) {
        let (repository, tags, rules) = (repository(lines), tags(tag_lines), of(pairs));
        let mut notes = Vec::new();
        let named = chosen(&repository, &tags, &rules, &mut notes).unwrap();
        let releases = releases(&repository, &named, &rules, None, &mut notes);
        let word = |release: &Release| {
            let kind = if release.is_prerelease { " prerelease" } else { "" };
            format!("{} {}{kind}", release.tag.name, release.at.unwrap())
        };
        (releases.iter().map(word).collect(), notes)
    }

    const LINE: &[&str] = &["a", "b a", "c b", "d c"];

    #[test]
    fn versions_are_releases_unless_the_source_says_which_are() {
        let tags = ["build-7 b", "v1 a", "v2 c"];
        let (found, notes) = made(LINE, &tags, "merges=keep");
        assert_eq!(found, ["v1 0", "v2 2"]);
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("`build-*`"), "{notes:?}");
        assert_eq!(made(LINE, &tags, "tags=build-*"), (vec!["build-7 1".to_owned()], vec![]));
        assert_eq!(made(LINE, &["release-1 a", "x b"], "merges=keep").0, ["release-1 0"]);
    }

    #[test]
    fn where_no_tag_is_a_version_it_says_what_tags_there_are() {
        let rules = of("merges=keep");
        let refused = |tags: &[Tag]| chosen(&repository(LINE), tags, &rules, &mut Vec::new()).unwrap_err().to_string();
        assert_eq!(
            refused(&tags(&["build-1 a", "build-2 b", "stable c"])),
            "`git:shop` has no tags that are versions: it has `build-* (2)`, `stable`"
        );
        assert_eq!(refused(&[]), "`git:shop` has no tags, so it does not tell what was deployed");
    }

    #[test]
    fn a_tag_that_follows_releases_is_none_and_a_short_version_that_came_first_is_one() {
        let (found, notes) = made(LINE, &["v1 d", "v1.0.0 a", "v1.1 c", "v1.1.0 c", "v1.1.1 d"], "tags=v*");
        assert_eq!(found, ["v1.0.0 0", "v1.1.0 2", "v1.1.1 3"]);
        assert!(notes[0].ends_with("`v1`, `v1.1`"), "{notes:?}");
        assert_eq!(made(LINE, &["v3.0 a", "v3.0.1 b"], "tags=v*").0, ["v3.0 0", "v3.0.1 1"]);
        assert_eq!(made(LINE, &["stable b", "v1 b"], "tags=*").0, ["v1 1"]);
        assert_eq!(made(LINE, &["stable b", "v1 a"], "tags=*").0, ["stable 1", "v1 0"]);
    }

    #[test]
    fn versions_before_a_release_stand_apart_go_or_count() {
        let tags = ["v1-rc1 a", "v1 b"];
        assert_eq!(made(LINE, &tags, "tags=v*").0, ["v1-rc1 0 prerelease", "v1 1"]);
        assert_eq!(made(LINE, &tags, "tags=v*&prereleases=drop").0, ["v1 1"]);
        assert_eq!(made(LINE, &tags, "tags=v*&prereleases=production").0, ["v1-rc1 0", "v1 1"]);
    }

    #[test]
    fn an_annotated_tag_has_a_date_of_its_own_and_a_lightweight_one_is_not_older_than_what_it_holds() {
        // Written in this order a second apart: the clock of `a` ran ahead of that of `b`, which builds on it.
        let lines = ["b a", "a", "c b"];
        assert_eq!(made(&lines, &["v1 a", "v2 b", "v3 c"], "tags=v*").0, ["v1 1", "v2 1", "v3 2"]);
        assert_eq!(made(&lines, &["v1 a 90", "v2 b"], "tags=v*").0, ["v1 90", "v2 0"]);
    }
}
