//! Which commit a revert undoes: the one that its message names, else the last one before it with the subject that it
//! quotes.

use std::collections::HashMap;

use super::history::{Commit, History};
use super::message;

/// What reverts name, found by name and by subject.
pub struct Undone<'a> {
    history: &'a History,
    /// Sorted, for names that are cut short.
    shas: Vec<&'a str>,
    by_subject: HashMap<&'a str, Vec<u32>>,
}

impl<'a> Undone<'a> {
    pub fn new(history: &'a History) -> Self {
        let mut shas: Vec<&str> = history.commits.iter().map(|commit| commit.sha.as_str()).collect();
        shas.sort_unstable();
        let quoted = history.commits.iter().filter_map(|commit| message::undone_subject(&commit.subject));
        let mut by_subject: HashMap<&str, Vec<u32>> = quoted.map(|subject| (subject, Vec::new())).collect();
        for (place, commit) in history.places() {
            if let Some(places) = by_subject.get_mut(commit.subject.as_str()) {
                places.push(place);
            }
        }
        Self { history, shas, by_subject }
    }

    /// The whole name of the commit that one undoes, as far as the repository has it. A name that fits several commits
    /// names none; of several with the quoted subject it is the nearest that the revert builds on.
    pub fn by(&self, place: u32, commit: &Commit) -> Option<&'a str> {
        let named = commit.undoes.as_deref().and_then(|name| self.named(name));
        named.or_else(|| {
            let same = self.by_subject.get(message::undone_subject(&commit.subject)?)?;
            let before: Vec<u32> =
                same.iter().copied().filter(|one| self.history.rank(*one) < self.history.rank(place)).collect();
            let found = self.history.nearest(place, &before)?;
            self.history.commit(found).map(|commit| commit.sha.as_str())
        })
    }

    fn named(&self, name: &str) -> Option<&'a str> {
        let name = name.to_ascii_lowercase();
        let start = self.shas.partition_point(|sha| **sha < *name);
        let mut fitting = self.shas.iter().skip(start).take_while(|sha| sha.starts_with(&name));
        fitting.next().filter(|_| fitting.next().is_none()).copied()
    }
}

/// Whether a commit says that it undoes another.
pub fn is_revert(commit: &Commit) -> bool {
    commit.undoes.is_some() || message::undone_subject(&commit.subject).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(sha: &str, parents: &str, subject: &str, undoes: Option<&str>) -> Commit {
        let undoes = undoes.map(str::to_owned);
        Commit { sha: sha.into(), parents: parents.into(), subject: subject.into(), undoes, ..Commit::default() }
    }

    fn undone(commits: Vec<Commit>) -> Option<String> {
        let history = History::of(commits);
        let (place, last) = history.places().last().unwrap();
        Undone::new(&history).by(place, last).map(str::to_owned)
    }

    #[test]
    fn a_name_may_be_cut_short_where_it_fits_one_commit() {
        let with = |name| {
            undone(vec![
                commit("0a1b2c3d01", "", "x", None),
                commit("0a1b2c3d02", "0a1b2c3d01", "y", None),
                commit("ffffffff", "0a1b2c3d02", "z", Some(name)),
            ])
        };
        assert_eq!(with("0A1B2C3D02").as_deref(), Some("0a1b2c3d02"));
        assert_eq!(with("0a1b2c3d"), None);
        assert_eq!(with("9999999"), None);
    }

    #[test]
    fn a_quoted_subject_means_the_nearest_commit_that_the_revert_builds_on() {
        let commits = |subject| {
            vec![
                commit("1", "", "x", None),
                commit("2", "1", "x", None),
                commit("side", "1", "x", None),
                commit("3", "2", "w", None),
                commit("4", "3", subject, None),
            ]
        };
        assert_eq!(undone(commits("Revert \"x\"")).as_deref(), Some("2"));
        assert_eq!(undone(commits("Revert \"w\" (#9)")).as_deref(), Some("3"));
        assert_eq!(undone(commits("Revert \"q\"")), None);
    }
}
