//! Calls of the git program: which repository, which tags, and the log as a stream of records.
//!
//! Each call is a list of arguments, never a line for a shell. What the environment says of another repository is left
//! out, and nothing is asked of a person or a network.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::source::error::SourceError;

/// A repository that git can read.
pub struct Git {
    folder: PathBuf,
    /// As it is shown to a person.
    pub shown: String,
    /// The name of the folder that holds it, without `.git`.
    pub name: String,
    pub is_shallow: bool,
    /// The commit that is checked out, or that the default branch of a bare repository stands at.
    pub head: Option<String>,
}

/// A name under `refs/tags`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    /// None where it names a tree or a file.
    pub commit: Option<String>,
    /// Seconds since 1970; an annotated tag has an object of its own, which says when and by whom it was made.
    pub tagged_at: Option<i64>,
    pub tagger: Option<String>,
}

/// All names that count, in their order.
#[derive(Debug, Default)]
pub struct Tags {
    pub tags: Vec<Tag>,
    /// Where the default branch of `origin` stands, as far as it was fetched.
    pub remote_head: Option<String>,
}

/// Variables that would lead git to another repository, or have it write elsewhere; what git itself lists as local to
/// a repository, and those that trace or discover.
const FORGOTTEN: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TRACE",
    "GIT_WORK_TREE",
];

const LOG: &str = "--format=%H%n%P%n%at%n%ct%n%an%n%ae%n%s%n%b";

const REFS: &str = "--format=%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)%00%(taggerdate:unix)%00%(taggername)";

impl Git {
    /// Finds the repository in a folder itself, not in one above it.
    ///
    /// # Errors
    /// When there is no such folder, no git program, or no repository.
    pub fn open(path: &str, base: &Path) -> Result<Self, SourceError> {
        let shown = format!("git:{path}");
        let folder = fs::canonicalize(base.join(path)).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                SourceError::Missing { path: shown.clone(), base: base.display().to_string() }
            }
            _ => SourceError::io("open", &shown, cause),
        })?;
        if !folder.is_dir() {
            let help = "give the folder that holds `.git`, or a bare repository; `git clone` makes one of a bundle";
            return Err(fault(&shown, "is a file, expected a folder".into(), help));
        }
        let mut git = Self { folder, shown, name: String::new(), is_shallow: false, head: None };
        let asked = ["rev-parse", "--path-format=absolute", "--git-common-dir", "--is-shallow-repository"];
        let told = git.output(&[&asked[..], &["--revs-only", "HEAD"]].concat())?;
        let mut lines = told.lines();
        git.name = name_of(Path::new(lines.next().unwrap_or_default()));
        git.is_shallow = lines.next() == Some("true");
        git.head = lines.next().map(str::to_owned);
        Ok(git)
    }

    /// Every tag, and the default branch of `origin`.
    ///
    /// # Errors
    /// When git fails.
    pub fn tags(&self) -> Result<Tags, SourceError> {
        let mut tags = Tags::default();
        for line in self.output(&["for-each-ref", REFS, "refs/tags", "refs/remotes/origin/HEAD"])?.lines() {
            let fields: Vec<&str> = line.split('\0').collect();
            let [name, kind, object, peeled_kind, peeled, tagged_at, tagger] = fields[..] else { continue };
            let commit = match (kind, peeled_kind) {
                ("commit", _) => Some(object.to_owned()),
                (_, "commit") => Some(peeled.to_owned()),
                _ => None,
            };
            match name.strip_prefix("refs/tags/") {
                None => tags.remote_head = commit,
                Some(name) => tags.tags.push(Tag {
                    name: name.to_owned(),
                    commit,
                    tagged_at: tagged_at.parse().ok(),
                    tagger: Some(tagger.to_owned()).filter(|tagger| !tagger.is_empty()),
                }),
            }
        }
        Ok(tags)
    }

    /// Gives each commit of branches, tags and what is checked out: its fields in lines, the message last. Stashes,
    /// notes and the names that hosts keep for pull requests are left out.
    ///
    /// # Errors
    /// When git fails, or `take` does.
    pub fn log(&self, mut take: impl FnMut(&str)) -> Result<(), SourceError> {
        let order = ["log", "-z", "--no-color", "--no-decorate", "--no-notes", "--no-mailmap", "--encoding=UTF-8"];
        // `--all` after the exclusion of every name is what is checked out, be it on no branch.
        let which = ["--branches", "--remotes", "--tags", "--exclude=refs/*", "--all", "--"];
        let mut child = self.start(&[&order[..], &[LOG], &which[..]].concat())?;
        let fail = |cause| SourceError::io("read", &self.shown, cause);
        let (out, errors) = (child.stdout.take(), child.stderr.take());
        let (read, told) = thread::scope(|scope| {
            let told = scope.spawn(|| {
                let mut bytes = Vec::new();
                errors.map(|mut errors| errors.read_to_end(&mut bytes));
                bytes
            });
            let read = out.map_or(Ok(()), |out| records(out, &mut take));
            (read, told.join().unwrap_or_default())
        });
        let status = child.wait().map_err(fail)?;
        read.map_err(fail)?;
        if status.success() { Ok(()) } else { Err(self.failed(&told)) }
    }

    fn output(&self, arguments: &[&str]) -> Result<String, SourceError> {
        let output = self.start(arguments)?.wait_with_output();
        let output = output.map_err(|cause| SourceError::io("read", &self.shown, cause))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(self.failed(&output.stderr)),
        }
    }

    fn start(&self, arguments: &[&str]) -> Result<Child, SourceError> {
        let mut command = Command::new("git");
        for name in FORGOTTEN {
            command.env_remove(name);
        }
        if let Some(above) = self.folder.parent() {
            command.env("GIT_CEILING_DIRECTORIES", above);
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .arg("-C")
            .arg(&self.folder)
            .args(["--no-pager", "-c", "log.showSignature=false", "-c", "log.follow=false"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => fault(
                &self.shown,
                "cannot be read: there is no program `git`".into(),
                "install git 2.31 or later, or give the history as CSV: tables `deployments`, `changes` and `commits`",
            ),
            _ => SourceError::io("start git for", &self.shown, cause),
        })
    }

    /// What git said when it stopped, and what to do about it.
    fn failed(&self, told: &[u8]) -> SourceError {
        let told = String::from_utf8_lossy(told);
        if told.contains("not a git repository") {
            let help = "give the folder that holds `.git`, or a bare repository; folders inside of one are not meant";
            return fault(&self.shown, "is no git repository".into(), help);
        }
        let last = told.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
        let first = told.lines().find(|line| line.starts_with("fatal:")).unwrap_or(last);
        let help = match told.contains("dubious ownership") {
            true => "it belongs to somebody else: `git config --global --add safe.directory PATH` trusts it",
            false => "`git fsck` shows what is damaged; git 2.31 or later is needed",
        };
        fault(&self.shown, format!("cannot be read: git says `{}`", first.trim_start_matches("fatal: ")), help)
    }
}

/// Why a repository cannot be read.
pub fn fault(shown: &str, what: String, help: &str) -> SourceError {
    SourceError::Repository { path: shown.to_owned(), what, help: help.to_owned() }
}

/// Gives every record that ends with a zero byte, or with the end.
fn records(out: impl Read, take: &mut impl FnMut(&str)) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 16, out);
    let mut record = Vec::new();
    while reader.read_until(0, &mut record)? > 0 {
        if record.last() == Some(&0) {
            record.pop();
        }
        take(&String::from_utf8_lossy(&record));
        record.clear();
    }
    Ok(())
}

/// `shop` of `/srv/shop/.git` and of `/srv/shop.git`.
fn name_of(common: &Path) -> String {
    let is_inside = common.file_name().is_some_and(|name| name == ".git");
    let folder = if is_inside { common.parent().unwrap_or(common) } else { common };
    let name = folder.file_name().map_or_else(|| "git".into(), |name| name.to_string_lossy());
    name.strip_suffix(".git").filter(|name| !name.is_empty()).unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_called_after_its_folder() {
        let name = |path: &str| name_of(Path::new(path));
        assert_eq!(name("/srv/shop/.git"), "shop");
        assert_eq!(name("/srv/shop.git"), "shop");
        assert_eq!(name("/srv/shop"), "shop");
        assert_eq!(name("/.git"), "git");
    }

    #[test]
    fn records_end_with_a_zero_or_the_end() {
        let mut found = Vec::new();
        records(&b"a\nb\0\xffc\0d"[..], &mut |record: &str| found.push(record.to_owned())).unwrap();
        assert_eq!(found, ["a\nb", "\u{fffd}c", "d"]);
    }
}
