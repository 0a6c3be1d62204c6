//! What is read from a repository, told to a person.

use super::{ABOUT, NAME};
use crate::source::declared::{Description, ShapeDescription};

const TAGS: &[[&str; 3]] = &[
    ["deployment_id", "service and tag: `shop@v1.2.3`", ""],
    ["service", "`service` of the source, else the repository's folder", ""],
    ["environment", "`prerelease` for versions such as `v2-rc1`, else production, or as `[sources.defaults]` says", ""],
    ["version", "the tag", ""],
    ["commit_sha", "the commit that it names, through tags of tags", ""],
    ["status", "always `succeeded`", ""],
    [
        "finished_at",
        "when an annotated tag was made; else the commit's date, not before that of a release it holds",
        "",
    ],
    ["deployed_by", "who made an annotated tag", ""],
];

const LIST: &[[&str; 3]] = &[
    ["deployment_id", "`deployment_id`, `id`; else service, commit and instant", ""],
    ["commit_sha", "`commit_sha`, `commit`, `sha`, `revision`, `ref`, `tag`: also a tag, or seven digits and more", ""],
    ["finished_at", "`finished_at`, `deployed_at`, `at`, `time`, `timestamp`, `date`", ""],
    ["environment", "`environment`, `env`; else production", ""],
    ["status", "`status`, `outcome`, `result`; else succeeded", ""],
    ["version", "`version`", ""],
    ["deployed_by", "`deployed_by`, `by`, `user`", ""],
];

const COMMITS: &[[&str; 3]] = &[
    ["change_id", "the commit's whole name", ""],
    ["service", "as that of deployments", ""],
    ["repository", "the repository's folder", ""],
    ["author", "the author's name", ""],
    ["commit_sha", "the commit's whole name", ""],
    ["committed_at", "the author's date, which rebasing keeps", ""],
    ["merged_at", "when the default branch's own line first held it: that commit's committer date", ""],
    [
        "category",
        "the type of a conventional subject",
        "feat → feature, fix → defect_fix, perf → enhancement, chore, docs, … → maintenance",
    ],
    ["is_revert", "`Revert \"…\"`, or `This reverts commit …`", ""],
    ["reverts", "the commit named, else the nearest before it with the subject quoted", ""],
    ["ticket_id", "a key such as `PAY-12` in the subject", ""],
];

const PARENTS: &[[&str; 3]] =
    &[["commit_sha", "the commit's whole name", ""], ["parents", "the commits it builds on", ""]];

const UNTOLD: &[&str] = &[
    "sizes of changes: files are not compared, for that takes longer than all the rest",
    "reviews and approvals: read the host's export beside it",
    "whether a release was deployed, and where: a tag is taken for a deployment to production; `deployed` names a list that knows better",
    "where a moved tag stood before: only its present commit is known",
    "several services in one repository: every commit is one change of one service",
];

/// What a repository gives, which columns it fills, and what it cannot tell.
pub fn about() -> Description {
    let lines = |lines: &[[&str; 3]]| lines.iter().map(|line| line.map(str::to_owned)).collect();
    let shape = |name, told_by: &str, rows| ShapeDescription { name, told_by: told_by.to_owned(), rows };
    Description {
        name: NAME,
        about: ABOUT,
        shapes: vec![
            shape(
                "tags",
                "those that `tags = \"v*\"` asks for (one pattern or a list), else versions such as `v1.2.3`, else such as `release-12`; without tags that only follow others, such as `v1` on `v1.2.3`; `prereleases = \"separate\" | \"drop\" | \"production\"`, `since = \"2026-01-31\"`; none where `releases = \"drop\"`, because another source tells what was deployed",
                vec![("deployments", String::new(), lines(TAGS))],
            ),
            shape(
                "deployed commits",
                "the lines of `deployed = \"FILE.csv\"`, in place of tags",
                vec![("deployments", String::new(), lines(LIST))],
            ),
            shape(
                "commits",
                "all of branches and tags",
                vec![
                    (
                        "changes",
                        "on the default branch or in a release, `since` then; `merges = \"drop\" | \"keep\"`, `bots = \"keep\" | \"drop\"`"
                            .into(),
                        lines(COMMITS),
                    ),
                    ("commits", String::new(), lines(PARENTS)),
                ],
            ),
        ],
        untold: UNTOLD,
    }
}
