//! The commits of a repository and which builds on which, held so that ancestry is a walk over numbers.

use std::collections::{BinaryHeap, HashMap, HashSet};

use super::message;
use super::program::Git;
use crate::source::error::SourceError;

/// A commit as its log tells it; instants are seconds since 1970, none where they are no number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    pub sha: String,
    /// Names of the commits it builds on, separated by blanks, those that a shallow clone lacks too.
    pub parents: String,
    /// When it was written; kept when it is rebased.
    pub authored_at: Option<i64>,
    /// When this form of it was made.
    pub committed_at: Option<i64>,
    pub author: String,
    pub email: String,
    pub subject: String,
    /// The commit that the message says it undoes, as it is written there.
    pub undoes: Option<String>,
}

/// All commits. A place is the number of a commit in the log.
#[derive(Debug, Default)]
pub struct History {
    pub commits: Vec<Commit>,
    parents: Vec<Vec<u32>>,
    place_of: HashMap<String, u32>,
    /// For each commit a number that is greater than those of all it builds on.
    ranks: Vec<u32>,
    /// Places in the order of their ranks.
    by_rank: Vec<u32>,
}

impl Commit {
    /// From a record of the log: a field a line, then the message.
    pub fn read(record: &str) -> Option<Self> {
        let mut fields = record.splitn(8, '\n');
        let mut field = || fields.next();
        let (sha, parents) = (field()?.to_owned(), field()?.to_owned());
        let (authored_at, committed_at) = (field()?.parse().ok(), field()?.parse().ok());
        let (author, email, subject) = (field()?.to_owned(), field()?.to_owned(), field()?.to_owned());
        let undoes = message::undone(field().unwrap_or_default());
        Some(Self { sha, parents, authored_at, committed_at, author, email, subject, undoes })
    }

    pub fn is_merge(&self) -> bool {
        self.parents.contains(' ')
    }
}

impl History {
    /// Reads the log of a repository.
    ///
    /// # Errors
    /// When git fails.
    pub fn read(git: &Git) -> Result<Self, SourceError> {
        let mut commits = Vec::new();
        git.log(|record| commits.extend(Commit::read(record)))?;
        Ok(Self::of(commits))
    }

    pub fn of(commits: Vec<Commit>) -> Self {
        let place_of: HashMap<String, u32> =
            (0..).zip(&commits).map(|(place, commit)| (commit.sha.clone(), place)).collect();
        let known = |commit: &Commit| commit.parents.split(' ').filter_map(|sha| place_of.get(sha).copied()).collect();
        let parents: Vec<Vec<u32>> = commits.iter().map(known).collect();
        let by_rank = parents_first(&parents);
        let mut ranks = vec![0; commits.len()];
        for (rank, place) in (0..).zip(&by_rank) {
            if let Some(slot) = ranks.get_mut(*place as usize) {
                *slot = rank;
            }
        }
        Self { commits, parents, place_of, ranks, by_rank }
    }

    /// Of a whole name.
    pub fn place(&self, sha: &str) -> Option<u32> {
        self.place_of.get(sha).copied()
    }

    pub fn commit(&self, place: u32) -> Option<&Commit> {
        self.commits.get(place as usize)
    }

    pub fn places(&self) -> impl Iterator<Item = (u32, &Commit)> {
        (0..).zip(&self.commits)
    }

    pub fn parents(&self, place: u32) -> &[u32] {
        self.parents.get(place as usize).map_or(&[], Vec::as_slice)
    }

    /// Every commit after all that it builds on.
    pub fn oldest_first(&self) -> &[u32] {
        &self.by_rank
    }

    pub fn rank(&self, place: u32) -> u32 {
        self.ranks.get(place as usize).copied().unwrap_or(0)
    }

    /// The first of the `wanted` that a walk from `from` down to them meets, newest first; `from` itself counts.
    pub fn nearest(&self, from: u32, wanted: &[u32]) -> Option<u32> {
        let lowest = wanted.iter().map(|place| self.rank(*place)).min()?;
        let mut seen = HashSet::from([from]);
        let mut waiting = BinaryHeap::from([(self.rank(from), from)]);
        while let Some((rank, place)) = waiting.pop() {
            if wanted.contains(&place) {
                return Some(place);
            }
            if rank <= lowest {
                return None;
            }
            let unseen = self.parents(place).iter().filter(|parent| seen.insert(**parent));
            waiting.extend(unseen.map(|parent| (self.rank(*parent), *parent)));
        }
        None
    }

    /// For each commit, whether one of `tips` is it or builds on it.
    pub fn held_by(&self, tips: impl IntoIterator<Item = u32>) -> Vec<bool> {
        let mut held = vec![false; self.commits.len()];
        for tip in tips {
            self.each_new(tip, &mut held, |_| ());
        }
        held
    }

    /// For each commit, when the branch that stands at `tip` first held it: the committer date of the first commit of
    /// its own line (first parents) that is it or builds on it.
    pub fn landed(&self, tip: u32) -> Vec<Option<i64>> {
        let mut line = vec![tip];
        while let Some(parent) = line.last().and_then(|place| self.parents(*place).first()) {
            line.push(*parent);
        }
        let mut landed = vec![None; self.commits.len()];
        let mut held = vec![false; self.commits.len()];
        for place in line.into_iter().rev() {
            let at = self.commit(place).and_then(|commit| commit.committed_at);
            self.each_new(place, &mut held, |place| {
                if let Some(slot) = landed.get_mut(place as usize) {
                    *slot = at;
                }
            });
        }
        landed
    }

    /// Gives `tip` and all it builds on, as far as they are not `held` yet, and holds them.
    fn each_new(&self, tip: u32, held: &mut [bool], mut give: impl FnMut(u32)) {
        let mut waiting = vec![tip];
        while let Some(place) = waiting.pop() {
            match held.get_mut(place as usize) {
                Some(is_held) if !*is_held => *is_held = true,
                _ => continue,
            }
            give(place);
            waiting.extend(self.parents(place));
        }
    }
}

/// All places, each after its parents.
fn parents_first(parents: &[Vec<u32>]) -> Vec<u32> {
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); parents.len()];
    let mut missing: Vec<usize> = parents.iter().map(Vec::len).collect();
    for (child, parents) in (0..).zip(parents) {
        for parent in parents {
            if let Some(children) = children.get_mut(*parent as usize) {
                children.push(child);
            }
        }
    }
    let roots = (0..).zip(&missing).filter(|(_, count)| **count == 0);
    let mut order: Vec<u32> = roots.map(|(place, _)| place).collect();
    let mut next = 0;
    while let Some(place) = order.get(next).copied() {
        next += 1;
        for child in children.get(place as usize).into_iter().flatten() {
            if let Some(count) = missing.get_mut(*child as usize) {
                *count -= 1;
                if *count == 0 {
                    order.push(*child);
                }
            }
        }
    }
    order
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Commits written as `name parent parent`, committed one second apart in that order.
    pub fn history(lines: &[&str]) -> History {
        let commit = |(second, line): (i64, &&str)| {
            let (sha, parents) = line.split_once(' ').unwrap_or((line, ""));
            Commit {
                sha: sha.into(),
                parents: parents.into(),
                authored_at: Some(second),
                committed_at: Some(second),
                ..Commit::default()
            }
        };
        History::of((0..).zip(lines).map(commit).collect())
    }

    #[test]
    fn a_record_has_a_field_a_line_and_the_message_last() {
        let record = "abc\np q\n10\n20\nAnn\nann@x\nRevert \"b\"\nThis reverts commit 0a1b2c3d4e.\n\nmore\n";
        let commit = Commit::read(record).unwrap();
        assert_eq!((commit.sha.as_str(), commit.authored_at, commit.committed_at), ("abc", Some(10), Some(20)));
        assert_eq!(commit.undoes.as_deref(), Some("0a1b2c3d4e"));
        assert!(commit.is_merge());
        assert_eq!(Commit::read("abc\n\n10"), None);
    }

    #[test]
    fn ranks_rise_from_parents_to_children_in_whatever_order_they_are_given() {
        let history = history(&["m a b", "b r", "a r", "r", "x"]);
        for (place, _) in history.places() {
            assert!(history.parents(place).iter().all(|parent| history.rank(*parent) < history.rank(place)));
        }
        assert_eq!(history.oldest_first().len(), 5);
    }

    #[test]
    fn a_branch_holds_a_commit_from_the_merge_that_brought_it() {
        let history = history(&["r", "a r", "side r", "m a side", "z m", "other r"]);
        let main = history.place("z").unwrap();
        assert_eq!(history.landed(main), [Some(0), Some(1), Some(3), Some(3), Some(4), None]);
        assert_eq!(history.held_by([main]), [true, true, true, true, true, false]);
    }

    #[test]
    fn the_nearest_of_several_ancestors_is_found_and_others_are_not() {
        let history = history(&["r", "a r", "b a", "c b", "side a"]);
        let place = |name| history.place(name).unwrap();
        assert_eq!(history.nearest(place("c"), &[place("r"), place("a")]), Some(place("a")));
        assert_eq!(history.nearest(place("c"), &[place("side")]), None);
        assert_eq!(history.nearest(place("c"), &[place("c")]), Some(place("c")));
        assert_eq!(history.nearest(place("c"), &[]), None);
    }
}
