//! Git repositories as sources: which commit goes out with which tag is told by ancestry, as `git log` tells it.
//!
//! Repositories are made here with fixed dates, day by day in January 2026. A real history is compared tag by tag where
//! `../shared/data` exists.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use support::{Folder, json, root, shipwake};

/// A repository in a folder of its own, with the branch `main` checked out.
struct Repository {
    folder: Folder,
}

impl Repository {
    fn new(name: &str) -> Self {
        let repository = Self { folder: Folder::new(name) };
        repository.git(1, &["init", "--quiet", "--initial-branch=main", "shop"]);
        repository
    }

    /// Runs git in the repository, as Ann and on that day.
    fn git(&self, day: u32, arguments: &[&str]) -> String {
        self.git_as("Ann", day, arguments)
    }

    fn git_as(&self, name: &str, day: u32, arguments: &[&str]) -> String {
        let folder = if arguments[0] == "init" { self.path().to_path_buf() } else { self.path().join("shop") };
        let date = format!("2026-01-{day:02}T12:00:00Z");
        let output = git(&folder)
            .args(arguments)
            .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
            .envs([("GIT_AUTHOR_NAME", name), ("GIT_COMMITTER_NAME", name)])
            .output()
            .unwrap();
        told(&output)
    }

    /// Makes an empty commit and gives its name.
    fn commit(&self, day: u32, subject: &str) -> String {
        self.git(day, &["commit", "--quiet", "--allow-empty", "-m", subject]);
        self.git(day, &["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Tags what is checked out, without a date of its own.
    fn tag(&self, name: &str) {
        self.git(1, &["tag", name]);
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What each release was the first to hold, `version: subject subject`, in the order of releases.
    fn shipped(&self, data: &str) -> Vec<String> {
        let query = "select deployments.version, changes.extra from deliveries
            join deployments on deployments.deployment_id = deliveries.deployment_id
            join changes on changes.change_id = deliveries.change_id
            order by deployments.finished_at, deployments.version, changes.committed_at, changes.extra";
        let mut shipped: Vec<(String, Vec<String>)> = Vec::new();
        for row in self.rows(data, query) {
            let version = row["version"].as_str().unwrap().to_owned();
            let extra: Value = serde_json::from_str(row["extra"].as_str().unwrap()).unwrap();
            let subject = extra["subject"].as_str().unwrap().to_owned();
            match shipped.last_mut() {
                Some((last, subjects)) if *last == version => subjects.push(subject),
                _ => shipped.push((version, vec![subject])),
            }
        }
        shipped.into_iter().map(|(version, subjects)| format!("{version}: {}", subjects.join(" "))).collect()
    }

    fn rows(&self, data: &str, query: &str) -> Vec<Value> {
        let found = json(self.path(), &["sql", query, "--data", data, "--format", "json", "--as-of", "2026-02-01"]);
        found.as_array().unwrap().clone()
    }

    /// The values of the only column of a query.
    fn column(&self, data: &str, query: &str) -> Vec<String> {
        let text = |row: &Value| match row.as_object().unwrap().values().next().unwrap() {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.rows(data, query).iter().map(text).collect()
    }

    /// What is said to a person.
    fn said(&self, data: &str) -> String {
        let output = shipwake(self.path(), &["sql", "select 1", "--data", data, "--as-of", "2026-02-01"]);
        let text = String::from_utf8(output.stderr).unwrap();
        // A terminal of eighty columns breaks lines.
        text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
    }
}

/// Git without the settings of whoever runs the tests.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .envs([("GIT_AUTHOR_EMAIL", "x@example.org"), ("GIT_COMMITTER_EMAIL", "x@example.org")]);
    command
}

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Two lines of releases: 2.0 goes out before the repair 1.1, which 2.1 brings in by a merge.
fn parallel() -> Repository {
    let repository = Repository::new("parallel");
    repository.commit(1, "a");
    repository.commit(2, "b");
    repository.tag("v1.0");
    repository.git(2, &["branch", "maintenance"]);
    repository.commit(3, "c");
    repository.commit(4, "d");
    repository.tag("v2.0");
    repository.git(5, &["checkout", "--quiet", "maintenance"]);
    repository.commit(5, "e");
    repository.tag("v1.1");
    repository.git(6, &["checkout", "--quiet", "main"]);
    repository.commit(6, "f");
    repository.git(7, &["merge", "--quiet", "--no-ff", "-m", "m", "maintenance"]);
    repository.tag("v2.1");
    repository
}

#[test]
fn on_parallel_release_branches_each_release_ships_what_no_earlier_one_held() {
    let repository = parallel();
    // The first release ships its own commit only: what it builds on was there before anybody counted.
    assert_eq!(repository.shipped("git:shop"), ["v1.0: b", "v2.0: c d", "v1.1: e", "v2.1: f"]);
    let kept = repository.shipped("git:shop?merges=keep");
    assert_eq!(kept, ["v1.0: b", "v2.0: c d", "v1.1: e", "v2.1: f m"]);
    let log = repository.git(1, &["log", "--format=%s", "v2.1", "--not", "v1.0", "v2.0", "v1.1"]);
    assert_eq!(log.lines().collect::<Vec<_>>(), ["m", "f"]);
}

#[test]
fn a_lead_time_runs_from_the_authors_date_to_the_release() {
    let repository = parallel();
    let query = "select lead_s from deliveries order by deployed_at, committed_at";
    let day = |days: i64| (days * 86_400).to_string();
    assert_eq!(repository.column("git:shop", query), [day(0), day(1), day(0), day(0), day(1)]);
    let query = "select change_id from changes where merged_at is null";
    assert!(repository.column("git:shop", query).is_empty());
    let merged = "select extract(day from merged_at) from changes where committed_at = '2026-01-05T12:00:00Z'";
    assert_eq!(repository.column("git:shop", merged), ["7"], "the repair came to the default branch with the merge");
}

#[test]
fn an_old_commit_that_is_released_later_ships_nothing_again() {
    let repository = Repository::new("late");
    for (day, subject) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
        repository.commit(day, subject);
    }
    repository.git(1, &["tag", "-a", "-m", "x", "v1", "HEAD~3"]);
    repository.git(5, &["tag", "-a", "-m", "x", "v3", "HEAD"]);
    repository.git(9, &["tag", "-a", "-m", "x", "v2", "HEAD~2"]);
    assert_eq!(repository.shipped("git:shop"), ["v1: a", "v3: b c d"]);
    assert_eq!(repository.column("git:shop", "select deployed_by from deployments"), ["Ann", "Ann", "Ann"]);
}

#[test]
fn clocks_that_run_wrong_do_not_change_what_a_release_holds() {
    let repository = Repository::new("clock");
    repository.commit(1, "a");
    repository.tag("v1");
    repository.commit(20, "b");
    repository.tag("v2");
    repository.commit(3, "c");
    repository.tag("v3");
    assert_eq!(repository.shipped("git:shop"), ["v1: a", "v2: b", "v3: c"]);
    let said = repository.said("git:shop");
    assert!(said.contains("and are dated like these: `v3`"), "{said}");
}

#[test]
fn candidates_stand_apart_and_names_that_move_are_no_releases() {
    let repository = Repository::new("names");
    repository.commit(1, "a");
    repository.tag("v1.0.0");
    repository.commit(2, "b");
    repository.tag("v1.1.0-rc.1");
    repository.tag("v1");
    repository.commit(3, "c");
    for name in ["v1.1.0", "v1.1", "v1.1.0+again", "über/ö"] {
        repository.tag(name);
    }
    repository.git(3, &["tag", "--force", "v1"]);
    repository.git(3, &["tag", "v9", "HEAD^{tree}"]);
    repository.git(3, &["tag", "-a", "-m", "x", "inner"]);
    repository.git(4, &["tag", "-a", "-m", "x", "v1.1.1", "inner"]);
    assert_eq!(repository.shipped("git:shop?tags=v*"), ["v1.0.0: a", "v1.1.0: b c"]);
    let query = "select version || ' ' || environment from deployments order by finished_at, version";
    let expected = [
        "v1.0.0 production",
        "v1.1.0-rc.1 prerelease",
        "v1.1.0 production",
        "v1.1.0+again production",
        "v1.1.1 production",
    ];
    assert_eq!(repository.column("git:shop?tags=v*", query), expected);
    let said = repository.said("git:shop?tags=v*");
    assert!(said.contains("that name no commit are left aside: `v9`"), "{said}");
    assert!(said.contains("are no releases of their own: `v1`, `v1.1`"), "{said}");
    let counted = "select rows_read - rows_kept - rows_unused from files_read";
    assert_eq!(repository.column("git:shop?tags=v*", counted), ["0", "0", "0"]);
    assert_eq!(repository.shipped("git:shop?prereleases=production")[1], "v1.1.0-rc.1: b");
}

#[test]
fn a_revert_names_the_commit_that_it_undoes() {
    let repository = Repository::new("revert");
    std::fs::write(repository.path().join("shop/x"), "x").unwrap();
    repository.git(1, &["add", "x"]);
    let first = repository.commit(1, "feat: x");
    repository.tag("v1");
    repository.git(2, &["revert", "--no-edit", "HEAD"]);
    repository.tag("v2");
    let query = "select reverts from changes where is_revert";
    assert_eq!(repository.column("git:shop", query), [first]);
    assert_eq!(repository.column("git:shop", "select category from changes where not is_revert"), ["feature"]);
}

#[test]
fn merges_of_three_and_histories_without_a_common_beginning_are_followed() {
    let repository = Repository::new("octopus");
    repository.commit(1, "a");
    repository.tag("v1");
    for (day, branch) in [(2, "one"), (3, "two")] {
        repository.git(day, &["checkout", "--quiet", "-b", branch, "v1"]);
        repository.commit(day, branch);
    }
    repository.git(4, &["checkout", "--quiet", "main"]);
    repository.commit(4, "b");
    repository.git(5, &["merge", "--quiet", "-m", "m", "one", "two"]);
    repository.tag("v2");
    repository.git(6, &["checkout", "--quiet", "--orphan", "other"]);
    repository.commit(6, "root");
    repository.git(7, &["checkout", "--quiet", "main"]);
    repository.git(7, &["merge", "--quiet", "--allow-unrelated-histories", "-m", "n", "other"]);
    repository.tag("v3");
    assert_eq!(repository.shipped("git:shop"), ["v1: a", "v2: one two b", "v3: root"]);
    assert_eq!(repository.shipped("git:shop?merges=keep"), ["v1: a", "v2: one two b m", "v3: root n"]);
}

#[test]
fn work_that_is_not_merged_is_no_change_and_programs_may_be_left_out() {
    let repository = Repository::new("unmerged");
    repository.commit(1, "a");
    repository.tag("v1");
    repository.git_as("dependabot[bot]", 2, &["commit", "--quiet", "--allow-empty", "-m", "bump"]);
    repository.git(3, &["checkout", "--quiet", "-b", "idea"]);
    repository.commit(3, "idea");
    repository.git(3, &["checkout", "--quiet", "main"]);
    assert_eq!(
        repository.column("git:shop", "select author from changes order by committed_at"),
        ["Ann", "dependabot[bot]"]
    );
    assert_eq!(repository.column("git:shop?bots=drop", "select author from changes"), ["Ann"]);
    assert_eq!(repository.column("git:shop", "select count(*) from commits"), ["3"]);
    // The bump waits on the default branch for a release; ancestry knows that none has it.
    assert_eq!(repository.shipped("git:shop"), ["v1: a"]);
}

#[test]
fn copies_of_a_repository_say_the_same_and_a_cut_one_says_that_it_is() {
    let repository = parallel();
    let expected = repository.shipped("git:shop");
    repository.git(8, &["worktree", "add", "--quiet", "--detach", "../tree"]);
    repository.git(8, &["clone", "--quiet", "--bare", ".", "../bare/shop.git"]);
    repository.git(8, &["pack-refs", "--all"]);
    for data in ["git:shop", "git:tree", "git:bare/shop.git", "git=shop"] {
        assert_eq!(repository.shipped(data), expected, "{data}");
        assert_eq!(repository.column(data, "select distinct service from deployments"), ["shop"], "{data}");
    }
    let from = format!("file://{}", repository.path().join("shop").display());
    repository.git(8, &["clone", "--quiet", "--depth=2", &from, "../cut"]);
    repository.git(8, &["-C", "../cut", "fetch", "--quiet", "--depth=2", "--tags"]);
    let said = repository.said("git:cut");
    assert!(said.contains("`git:cut` is a shallow clone: its history is cut"), "{said}");
}

#[test]
fn the_environment_does_not_lead_to_another_repository() {
    let (one, other) = (parallel(), Repository::new("other"));
    other.commit(1, "z");
    other.tag("v7");
    let output = Command::new(env!("CARGO_BIN_EXE_shipwake"))
        .args(["sql", "select count(*) as n from deployments", "--data", "git:shop", "--format", "csv"])
        .current_dir(one.path())
        .env("GIT_DIR", other.path().join("shop/.git"))
        .env("GIT_WORK_TREE", other.path())
        .output()
        .unwrap();
    assert_eq!(told(&output), "n\n4\n");
}

#[test]
fn deployed_commits_may_be_listed_in_place_of_tags() {
    let repository = parallel();
    let d = repository.git(1, &["rev-parse", "v2.0"]);
    let list = format!(
        "Commit,Deployed at,env\nv1.0,2026-01-03T00:00:00Z,\n{},2026-01-05T00:00:00Z,production\n{},2026-01-09T00:00:00Z,production\nfeedbeef00,2026-01-10T00:00:00Z,staging\n",
        &d.trim()[..9],
        "v2.1"
    );
    repository.folder.write("deployed.csv", list);
    let query = "select distinct deployment_id from deliveries order by 1";
    let found = repository.column("git:shop?deployed=deployed.csv&service=web", query);
    let expected = ["web@v1.0@2026-01-03T00:00:00Z", "web@v2.1@2026-01-09T00:00:00Z"];
    assert_eq!([&found[1], &found[2]].map(String::as_str), expected);
    assert_eq!(found[0], format!("web@{}@2026-01-05T00:00:00Z", &d.trim()[..9]));
    let leads = "select count(*) from deliveries where deployed_at = '2026-01-09T00:00:00Z'";
    assert_eq!(repository.column("git:shop?deployed=deployed.csv", leads), ["2"], "e and f");
    let said = repository.said("git:shop?deployed=deployed.csv");
    assert!(said.contains("1 of 4 commits in `deployed.csv` are not in `git:shop`"), "{said}");
    assert!(said.contains("`feedbeef00`"), "{said}");
}

#[test]
fn what_is_older_than_asked_for_is_no_row_and_still_no_change_of_a_later_release() {
    let repository = parallel();
    let shipped = repository.shipped("git:shop?since=2026-01-04");
    assert_eq!(shipped, ["v2.0: d", "v1.1: e", "v2.1: f"]);
}

#[test]
fn what_cannot_be_read_is_said_with_what_to_do() {
    let repository = Repository::new("wrong");
    let said = |data: &str| repository.said(data);
    assert!(said("git:shop").contains("`git:shop` has no commits"), "{}", said("git:shop"));
    repository.commit(1, "a");
    let no_tags = said("git:shop");
    assert!(no_tags.contains("has no tags, so it does not tell what was deployed help:"), "{no_tags}");
    repository.tag("build-7");
    let others = said("git:shop");
    assert!(others.contains("has no tags that are versions: it has `build-*`"), "{others}");
    assert!(said("git:absent").contains("path `git:absent` does not exist"));
    repository.folder.write("shop/below/x.csv", "");
    let below = said("git:shop/below");
    assert!(below.contains("`git:shop/below` is no git repository"), "{below}");
    repository.folder.write("file", "");
    assert!(said("git:file").contains("is a file, expected a folder"));
}

/// A real history made a bare repository in a folder; none, with a word about it, where there is none to be made.
fn whitehall() -> Option<(Folder, PathBuf)> {
    let data = std::env::var_os("SHIPWAKE_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let script = data.join("git_histories/make_repo.py");
    let folder = Folder::new("whitehall");
    let path = folder.path().join("whitehall.git");
    let made = script.is_file().then(|| Command::new("python3").arg(&script).arg(&path).output());
    let Some(Ok(output)) = made else {
        // Not `eprintln!`: what that prints is hidden where a test passes.
        let _ = writeln!(std::io::stderr(), "skipped: needs python3 and {}", script.display());
        return None;
    };
    told(&output);
    Some((folder, path))
}

/// (commit, lead time in seconds)
type Leads = BTreeSet<(String, i64)>;

#[test]
fn a_real_history_of_2714_releases_ships_what_git_log_says() {
    let Some((folder, path)) = whitehall() else { return };
    let query = "select version, change_id, lead_s from deliveries
        join deployments on deployments.deployment_id = deliveries.deployment_id";
    let mut shipped: BTreeMap<String, Leads> = BTreeMap::new();
    let data = "git:whitehall.git?tags=v*&merges=keep";
    for row in json(folder.path(), &["sql", query, "--data", data, "--format", "json"]).as_array().unwrap() {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        shipped.entry(text("version")).or_default().insert((text("change_id"), row["lead_s"].as_i64().unwrap()));
    }
    let is_merge = "commits where parents like '% %'";
    let own =
        format!("select count(*) as n from deliveries where change_id not in (select commit_sha from {is_merge})");
    let count = |data, query| {
        let rows = json(folder.path(), &["sql", query, "--data", data, "--format", "json"]);
        rows[0]["n"].as_u64().unwrap()
    };
    let plain = count("git:whitehall.git", "select count(*) as n from deliveries");
    assert_eq!(plain, count(data, &own), "without merges the rest is the same");
    assert_eq!(count(data, "select count(*) as n from changes"), 39_675);
    let refs = ["for-each-ref", "--sort=creatordate", "--format=%(refname:short) %(creatordate:unix)", "refs/tags/v*"];
    let refs = told(&git(&path).args(refs).output().unwrap());
    let tags: Vec<(&str, i64)> =
        refs.lines().filter_map(|line| line.split_once(' ')).map(|(tag, at)| (tag, at.parse().unwrap())).collect();
    assert_eq!(tags.len(), 2_714);
    let pairs: Vec<_> = tags.windows(2).step_by(6).collect();
    assert!(pairs.len() > 400);
    for pair in pairs {
        let ((previous, _), (tag, at)) = (pair[0], pair[1]);
        let range = format!("{previous}..{tag}");
        let log = told(&git(&path).args(["log", "--format=%H %at", &range]).output().unwrap());
        let line = |line: &str| {
            let (sha, authored_at) = line.split_once(' ').unwrap();
            (sha.to_owned(), at - authored_at.parse::<i64>().unwrap())
        };
        let expected: Leads = log.lines().map(line).collect();
        assert_eq!(shipped.get(tag).cloned().unwrap_or_default(), expected, "{range}");
    }
}
