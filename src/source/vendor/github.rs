//! GitHub: deployments and their statuses, pull requests and reviews, releases and workflow runs, from the REST API,
//! webhooks, GraphQL and `gh … --json`.
//!
//! A deployment has no outcome of its own: it is told by its statuses, which come in other records and other files.

use crate::source::declared::made::{
    after, environment_in, full_repository, hotfix, is_revert, key, last_part, repository, reverted, sha, ticket_key,
};
use crate::source::declared::model::Fold::{Earliest, Latest, Since, Union};
use crate::source::declared::model::Test::{Deploys, Has, HasAny, Is, IsNot, Known, Lacks, UnlessAllDeploy};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field, made};
use crate::source::declared::record::Record;

pub(super) static GITHUB: Vendor = Vendor {
    name: "github",
    about: "GitHub deployments, statuses, pulls, reviews, releases, workflow runs (REST, webhooks, GraphQL, gh)",
    naive: Naive::Utc,
    shapes: &[
        Shape {
            name: "deployment statuses",
            when: &[Has("deployment_url"), Known("state"), Known("created_at")],
            rows: &[Rows::of("deployments", STATUS).at(&["created_at"]).number(&["id"])],
        },
        Shape {
            name: "deployments",
            when: &[
                Has("sha"),
                Has("environment"),
                Known("created_at"),
                HasAny(&["task", "statuses_url", "production_environment"]),
                Lacks("deployable"),
            ],
            rows: &[Rows::of("deployments", DEPLOYMENT).at(&["created_at"])],
        },
        Shape {
            name: "deployments of GraphQL",
            when: &[Has("commit_oid"), Has("environment"), Known("created_at")],
            rows: &[Rows::of("deployments", GRAPHQL_DEPLOYMENT).at(&["created_at"])],
        },
        Shape {
            name: "reviews",
            when: &[Has("submitted_at"), Known("state"), HasAny(&["pull_request_url", "commit_id", "pull_request"])],
            rows: &[Rows::of("changes", REVIEW)
                .when(&[IsNot("state", &["pending"]), Known("submitted_at")])
                .part_of("pull request")
                .at(&["submitted_at"])],
        },
        Shape {
            name: "pull requests",
            when: &[
                Known("number"),
                Has("merged_at"),
                Known("created_at"),
                HasAny(&[
                    "merge_commit_sha",
                    "head",
                    "base",
                    "merge_commit",
                    "head_ref_name",
                    "base_ref_name",
                    "pull_request_url",
                    "diff_url",
                    "is_draft",
                ]),
            ],
            rows: &[Rows::of("changes", PULL).at(&["updated_at", "created_at"])],
        },
        Shape {
            name: "releases",
            when: &[Known("tag_name"), HasAny(&["published_at"]), HasAny(&["draft", "is_draft"])],
            rows: &[Rows::of("deployments", RELEASE).when(&[
                IsNot("draft", &["true"]),
                IsNot("is_draft", &["true"]),
                Known("published_at"),
            ])],
        },
        Shape {
            name: "workflow runs",
            when: &[
                HasAny(&["conclusion"]),
                Known("status"),
                HasAny(&["run_number", "run_started_at", "workflow_id", "workflow_name", "workflow_database_id"]),
                Lacks("steps"),
            ],
            rows: &[Rows::of("deployments", RUN)
                .when(&[Deploys(RUN_NAMES), UnlessAllDeploy(&[IsNot("event", PULL_EVENTS)])])
                .at(&["run_started_at", "started_at", "created_at"])
                .number(&["run_attempt", "attempt"])],
        },
        Shape {
            name: "pushes",
            when: &[Known("ref"), Has("commits"), Has("repository"), HasAny(&["head_commit", "pusher"])],
            rows: &[],
        },
        Shape { name: "workflow jobs", when: &[Has("run_id"), Has("steps"), Has("conclusion")], rows: &[] },
        Shape { name: "approvals of runs", when: &[Known("state"), Has("environments"), Has("user")], rows: &[] },
        Shape { name: "pings", when: &[Has("zen"), Has("hook_id")], rows: &[] },
        Shape {
            name: "commits",
            when: &[Known("sha"), Has("commit.author.date"), Has("commit.message")],
            rows: &[Rows::of("commits", COMMIT)],
        },
        Shape {
            name: "issues",
            when: &[Known("number"), Has("comments_url"), Has("events_url"), Lacks("merged_at")],
            rows: &[],
        },
        Shape { name: "other records", when: &[Known("node_id"), Known("url")], rows: &[] },
    ],
    untold: &[
        "deployments: how one ended is told by its statuses; without any, status is unknown and finished_at is null",
        "approvals: the API of run approvals gives no time of decision, so it fills no table",
        "changes.committed_at: pull requests of the REST API do not tell their first commit: coding time is then unknown, and lead time begins when they were opened; `gh pr list --json …,commits` and GraphQL tell it",
        "changes.lines_changed, files_changed: told by a single pull request, not by a list of them",
        "releases: when a release was published is taken for a deployment of that version to production, or to `prerelease` where it says so; its outcome is not told, so published counts as succeeded",
        "workflow runs: which of them deploy is told by their name, see `pipelines`; the environment by a word in it, else production; runs for pull requests are none, unless the source says `table = \"deployments\"`",
        "keys: a deployment is `github:OWNER/REPOSITORY#NUMBER`, a run `github:OWNER/REPOSITORY/runs#NUMBER`, a pull request `github:OWNER/REPOSITORY/pulls#NUMBER`; a reference such as `41` or `OWNER/REPOSITORY#41` is enough where one key alone ends so; otherwise write them so where your own data name a deployment",
    ],
};

const ENDED: &[&str] = &["success", "failure", "error"];

/// The last state that is not `inactive` decides: inactive says that another deployment came after.
const STATES: &[(&str, &str)] = &[
    ("success", "succeeded"),
    ("failure", "failed"),
    ("error", "failed"),
    ("in_progress", "in_progress"),
    ("queued", "in_progress"),
    ("pending", "in_progress"),
    ("waiting", "in_progress"),
];

const STATUS: &[Field] = &[
    field("deployment_id", &["deployment_url"])
        .through(deployment_key, "repository and number, such as `github:acme/shop#41`, in"),
    field("service", &["repository_url", "deployment_url"]).through(repository, "the name of the repository in"),
    field("environment", &["environment"]),
    field("status", &["state"]).when(&[IsNot("state", &["inactive"])]).words(STATES),
    field("started_at", &["created_at"]).when(&[Is("state", &["in_progress"])]).fold(Earliest),
    field("finished_at", &["created_at"]).when(&[Is("state", ENDED)]).fold(Since("status")),
    field("requested_at", &["created_at"])
        .when(&[Is("state", &["waiting", "queued", "pending"])])
        .fold(Earliest)
        .stand_in(),
    field("deployed_by", &["creator.login"]).stand_in(),
    field("url", &["log_url", "target_url", "environment_url"]),
    field("updated_at", &["updated_at", "created_at"]).fold(Latest),
];

const DEPLOYMENT: &[Field] = &[
    made("deployment_id", deployment_id, "repository and number, such as `github:acme/shop#41`"),
    field("service", &["repository_url", "url"]).through(repository, "the name of the repository in"),
    field("environment", &["environment", "original_environment"]).stand_in(),
    field("commit_sha", &["sha"]),
    field("version", &["ref"]).through(tag, "a tag such as v1.2.3 in"),
    constant("status", "unknown").stand_in(),
    field("requested_at", &["created_at"]).fold(Earliest),
    field("started_at", &["created_at"]).fold(Earliest).stand_in(),
    field("deployed_by", &["creator.login"]),
    field("change_type", &["ref", "task"]).through(hotfix, "emergency where `hotfix` stands in"),
    field("updated_at", &["updated_at"]).fold(Latest),
];

const GRAPHQL_DEPLOYMENT: &[Field] = &[
    made("deployment_id", graphql_id, "repository and number, such as `github:acme/shop#41`"),
    field("service", &["repository.name"]),
    field("environment", &["environment", "original_environment"]),
    field("commit_sha", &["commit_oid"]),
    field("version", &["ref.name"]).through(tag, "a tag such as v1.2.3 in"),
    made("status", last_state, "the newest of `statuses.nodes.state` that is not inactive, else `state`").words(STATES),
    made(
        "finished_at",
        end,
        "`statuses.nodes.createdAt` of the first status since which `status` holds, where it ends it",
    ),
    field("requested_at", &["created_at"]),
    field("started_at", &["created_at"]),
    field("deployed_by", &["creator.login"]),
    field("updated_at", &["updated_at"]),
];

const COMMIT: &[Field] = &[
    field("commit_sha", &["sha"]),
    made("parents", |record| Some(record.texts("parents.sha").join(" ")), "all of `parents.sha`"),
];

const PULL: &[Field] = &[
    made("change_id", pull_id, "repository and number, such as `github:acme/shop/pulls#7`"),
    field("service", &["base.repo.name", "repository.name", "html_url", "url"])
        .through(repository, "the name of the repository in"),
    field("repository", &["base.repo.full_name", "repository.name_with_owner", "html_url", "url"])
        .through(full_repository, "owner and name of the repository in"),
    field("author", &["user.login", "author.login"]),
    field("commit_sha", &["merge_commit_sha", "merge_commit.oid"]).when(&[Known("merged_at")]),
    field("committed_at", &["commits.authored_date", "commits.nodes.commit.authored_date"]).fold(Earliest),
    field("opened_at", &["created_at"]),
    field("merged_at", &["merged_at"]),
    field("reviewers", &["reviews.author.login", "reviews.nodes.author.login", "latest_reviews.author.login"])
        .joined()
        .fold(Union),
    made("lines_changed", lines_changed, "`additions` + `deletions`"),
    field("files_changed", &["changed_files"]),
    field("is_revert", &["title"]).through(is_revert, "true where it begins with Revert:"),
    field("is_revert", &["body"]).through(says_reverts, "true where `Reverts OWNER/REPOSITORY#NUMBER` stands in"),
    field("reverts", &["body"]).through(reverted, "the commit after `This reverts commit` in"),
    made("reverts", reverted_pull, "the pull request after `Reverts` in `body`, such as `github:acme/shop/pulls#7`"),
    field("ticket_id", &["title", "head.ref", "head_ref_name"]).through(ticket_key, "the first key such as PAY-12 in"),
    field("updated_at", &["updated_at"]).fold(Latest),
];

const REVIEW: &[Field] = &[
    made("change_id", reviewed_id, "repository and number in `pull_request_url`, such as `github:acme/shop/pulls#7`"),
    field("first_review_at", &["submitted_at"]).fold(Earliest),
    field("approved_at", &["submitted_at"]).when(&[Is("state", &["approved"])]).fold(Earliest),
    field("reviewers", &["user.login", "author.login"]).fold(Union),
];

const RELEASE: &[Field] = &[
    made("deployment_id", release_id, "repository and tag, such as `acme/shop@v1.2.3`"),
    field("service", &["html_url", "url"]).through(repository, "the name of the repository in"),
    constant("environment", "prerelease").when(&[Is("prerelease", &["true"])]),
    constant("environment", "prerelease").when(&[Is("is_prerelease", &["true"])]),
    constant("environment", "production"),
    field("release_id", &["tag_name"]),
    field("version", &["tag_name"]),
    field("commit_sha", &["target_commitish"]).through(sha, "a commit, not the name of a branch, in"),
    constant("status", "succeeded"),
    field("finished_at", &["published_at"]),
    field("deployed_by", &["author.login"]),
    field("url", &["html_url"]),
];

/// A run for a pull request tries a change out; nothing is deployed that would stay.
const PULL_EVENTS: &[&str] = &["pull_request", "pull_request_target"];

const RUN_NAMES: &[&str] = &["name", "workflow_name", "path", "display_title"];

const CONCLUSIONS: &[(&str, &str)] = &[
    ("success", "succeeded"),
    ("failure", "failed"),
    ("timed_out", "failed"),
    ("startup_failure", "failed"),
    ("cancelled", "cancelled"),
    ("skipped", "cancelled"),
    ("action_required", "in_progress"),
    ("queued", "in_progress"),
    ("requested", "in_progress"),
    ("neutral", "unknown"),
    ("stale", "unknown"),
    ("completed", "unknown"),
];

const RUN: &[Field] = &[
    made("deployment_id", run_id, "repository and number, such as `github:acme/shop/runs#5`"),
    field("service", &["repository.name", "repository.full_name", "html_url", "url"])
        .through(repository, "the name of the repository in"),
    field("environment", RUN_NAMES).through(environment_in, "a word such as staging in"),
    constant("environment", "production"),
    field("commit_sha", &["head_sha"]),
    field("version", &["head_branch"]).through(tag, "a tag such as v1.2.3 in"),
    field("status", &["conclusion", "status"]).words(CONCLUSIONS),
    field("requested_at", &["created_at"]).fold(Earliest),
    field("started_at", &["run_started_at", "started_at", "created_at"]),
    field("finished_at", &["updated_at"]).when(&[Known("conclusion"), IsNot("conclusion", &["action_required"])]),
    field("deployed_by", &["triggering_actor.login", "actor.login"]),
    field("change_type", &["head_branch"]).through(hotfix, "emergency where `hotfix` stands in"),
    field("url", &["html_url", "url"]),
    field("updated_at", &["updated_at"]),
];

/// A reference that names a version, not a branch.
fn tag(reference: &str) -> Option<String> {
    let name = reference.strip_prefix("refs/tags/").unwrap_or(reference);
    let digits = name.trim_start_matches(['v', 'V']);
    let is_version = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.contains('.');
    (is_version || name.len() < reference.len()).then(|| name.to_owned())
}

fn deployment_key(url: &str) -> Option<String> {
    Some(key("github", &[&full_repository(url)?], &last_part(url)?))
}

fn deployment_id(record: &Record) -> Option<String> {
    Some(key("github", &[&repository_of(record, &["repository_url", "url"])], &record.text("id")?))
}

fn graphql_id(record: &Record) -> Option<String> {
    let id = record.text("database_id").or_else(|| record.text("id"))?;
    Some(key("github", &[&repository_of(record, &["repository.name_with_owner", "repository.name"])], &id))
}

fn run_id(record: &Record) -> Option<String> {
    let id = record.text("id").or_else(|| record.text("database_id"))?;
    let name = repository_of(record, &["repository.full_name", "html_url", "url", "repository.name"]);
    Some(key("github", &[&name, "runs"], &id))
}

/// The full name of the repository in the first of these; empty where none tells it.
fn repository_of(record: &Record, paths: &[&str]) -> String {
    paths.iter().find_map(|path| full_repository(&record.text(path)?)).unwrap_or_default()
}

/// Where a pull request tells its repository.
const PULL_REPOSITORY: &[&str] = &["base.repo.full_name", "repository.name_with_owner", "html_url", "url"];

/// Numbers of pull requests are those of issues, not of deployments nor of runs.
fn pull_key(repository: &str, number: &str) -> String {
    key("github", &[repository, "pulls"], number)
}

fn pull_id(record: &Record) -> Option<String> {
    let number = record.text("number")?;
    Some(pull_key(&repository_of(record, PULL_REPOSITORY), &number))
}

fn says_reverts(body: &str) -> Option<String> {
    reverted_pulls(body).next().map(|_| "true".to_owned())
}

fn reverted_pull(record: &Record) -> Option<String> {
    let body = record.text("body")?;
    let (name, number) = reverted_pulls(&body).next()?.split_once('#')?;
    let own = || repository_of(record, PULL_REPOSITORY);
    Some(pull_key(&if name.is_empty() { own() } else { name.to_owned() }, number))
}

/// `acme/shop#7` and `#7` where GitHub's button to revert has written `Reverts` before them.
fn reverted_pulls(body: &str) -> impl Iterator<Item = &str> {
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let words = body.lines().filter_map(|line| line.trim().strip_prefix("Reverts ")?.split_whitespace().next());
    let words = words.map(|word| word.trim_end_matches(['.', ',']));
    words.filter(move |word| word.split_once('#').is_some_and(|(_, number)| is_number(number)))
}

fn reviewed_id(record: &Record) -> Option<String> {
    let url = record.text("pull_request_url").or_else(|| record.text("html_url"))?;
    let number = after(&url, "pulls").or_else(|| after(&url, "pull"))?;
    Some(pull_key(&full_repository(&url)?, &number))
}

fn release_id(record: &Record) -> Option<String> {
    let tag = record.text("tag_name")?;
    let name = ["html_url", "url"].iter().find_map(|path| full_repository(&record.text(path)?));
    Some(name.map_or(tag.clone(), |name| format!("{name}@{tag}")))
}

fn lines_changed(record: &Record) -> Option<String> {
    Some(format!("{:.0}", record.number("additions")? + record.number("deletions")?))
}

/// GraphQL lists the newest status first.
fn last_state(record: &Record) -> Option<String> {
    let states = record.texts("statuses.nodes.state");
    let told = states.into_iter().find(|state| !state.eq_ignore_ascii_case("inactive"));
    told.or_else(|| record.text("state"))
        .map(|state| if state.eq_ignore_ascii_case("active") { "success".into() } else { state })
}

/// When the state was reached that the deployment is in, where that state ends it; the newest status comes first.
fn end(record: &Record) -> Option<String> {
    let runs = record.runs;
    let statuses = record.elements("statuses.nodes").into_iter().map(|value| Record { value, around: None, runs });
    let mut told = statuses.filter(|status| !status.meets(&[Is("state", &["inactive"])])).peekable();
    let last = told.peek()?.text("state")?;
    let same = told.take_while(|status| status.text("state").as_ref() == Some(&last));
    same.filter(|status| status.meets(&[Is("state", ENDED)])).last()?.text("created_at")
}
