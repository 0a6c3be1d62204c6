//! A git repository as a source: tags (or a list of deployed commits) are deployments, commits are changes.
//!
//! The git program reads the repository, in three calls whatever the number of tags. Which release holds which commit
//! is not decided here: `link/range.rs` follows the parents that the table `commits` has. Nothing is fetched, no hook
//! or pager runs, and files of commits are not looked at, so that sizes of changes stay unknown.

mod about;
mod deployed;
mod history;
mod message;
mod program;
mod release;
mod revert;
mod rows;
mod rules;
mod version;

pub use about::about;
pub use rows::Part;

use std::path::Path;
use std::thread;

use super::error::SourceError;
use super::spec::{Keeping, Spec};
use history::History;
use program::{Git, Tag};
use rules::Rules;

/// As in `format = "git"`.
pub const NAME: &str = "git";

/// What can be read, in a line.
pub const ABOUT: &str = "a repository, as `git:PATH`: tags or listed commits are deployments, commits are changes";

/// What a repository gave.
pub struct Taken {
    pub parts: Vec<Part>,
    /// Sentences for a person.
    pub notes: Vec<String>,
}

/// Finds what is wrong with the settings of a repository without opening it.
///
/// # Errors
/// At the first pattern or instant that cannot be read, and at settings that a repository does not have.
pub fn check(spec: &Spec) -> Result<(), SourceError> {
    Rules::of(spec).map(drop)
}

/// Reads a repository; rows are not cast yet. `as_of` is in microseconds in UTC.
///
/// # Errors
/// When git is missing, the folder is no repository, or it does not say which tags are deployments.
pub fn read(spec: &Spec, base: &Path, as_of: Option<i64>) -> Result<Taken, SourceError> {
    let rules = Rules::of(spec)?;
    let git = Git::open(spec.repository().unwrap_or_default(), base)?;
    let (tags, history) = thread::scope(|scope| {
        let tags = scope.spawn(|| git.tags());
        let history = History::read(&git);
        (tags.join(), history)
    });
    let tags = tags.map_err(|_| SourceError::engine(&git.shown, "reading tags stopped"))??;
    let history = history?;
    let repository = Repository {
        service: spec.service.clone().unwrap_or_else(|| git.name.clone()),
        name: git.name.clone(),
        shown: git.shown.clone(),
        main: tags.remote_head.as_deref().or(git.head.as_deref()).and_then(|sha| history.place(sha)),
        history,
    };
    let mut notes = Vec::new();
    if git.is_shallow {
        notes.push(format!(
            "repository `{}` is a shallow clone: its history is cut, so the oldest releases hold less than they did; `git fetch --unshallow` brings the rest",
            git.shown
        ));
    }
    let (deployments, released) = match (&spec.deployed, rules.releases) {
        (None, Keeping::Drop) => (None, Vec::new()),
        (Some(list), _) => {
            let (part, released) = deployed::part(&repository, &tags.tags, &base.join(list), (spec, list), &mut notes)?;
            (Some(part), released)
        }
        (None, Keeping::Keep) => {
            let (part, released) = release::part(&repository, &tags, (spec, &rules), as_of, &mut notes)?;
            (Some(part), released)
        }
    };
    let changes = rows::changes(&repository, &released, (spec, &rules), &mut notes)?;
    let commits = rows::commits(&repository)?;
    Ok(Taken { parts: [deployments, changes, commits].into_iter().flatten().collect(), notes })
}

/// What rows are made of.
struct Repository {
    history: History,
    /// The folder's name.
    name: String,
    service: String,
    /// As it is shown to a person.
    shown: String,
    /// The last commit of the default branch, where there is one.
    main: Option<u32>,
}

/// Where a tag stands, if it names a commit of the history.
fn place_of_tag(history: &History, tag: &Tag) -> Option<u32> {
    tag.commit.as_deref().and_then(|sha| history.place(sha))
}
