//! Jenkins: builds of the JSON API, and the stages of the pipeline view.

use crate::source::declared::made::{end_millis, environment_in, repository};
use crate::source::declared::model::Test::{Deploys, Has, HasAny, Is, IsNot, Known, Lacks};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field, made};
use crate::source::declared::record::Record;

pub(super) static JENKINS: Vendor = Vendor {
    name: "jenkins",
    about: "Jenkins builds (api/json) and stages (wfapi)",
    naive: Naive::Utc,
    shapes: &[
        Shape {
            name: "builds",
            when: &[Known("number"), Has("result"), Known("timestamp"), Has("duration")],
            rows: &[Rows::of("deployments", BUILD).when(&[Deploys(NAMES)])],
        },
        Shape {
            name: "pipeline runs",
            when: &[Has("stages"), Has("start_time_millis"), Known("status"), Known("id")],
            rows: &[
                Rows::of("deployments", RUN).when(&[Deploys(RUN_NAMES)]),
                Rows::of("stages", STAGE).each("stages").when(&[Deploys(&["^._links.self.href", "^.name"])]),
            ],
        },
        Shape {
            name: "single stages",
            when: &[Has("exec_node"), Has("start_time_millis"), Lacks("stages")],
            rows: &[],
        },
        Shape {
            name: "jobs",
            when: &[Known("_class"), Known("url"), Known("name"), Lacks("builds"), Lacks("jobs")],
            rows: &[],
        },
    ],
    untold: &[
        "deployments: which builds deploy is told by the name of the job, see `pipelines`; all where the source says `table = \"deployments\"`",
        "deployments.environment: a parameter such as ENVIRONMENT, else a word in the name of the job (not of its folders), else production",
        "stages: a single stage does not tell its run; they are read from `wfapi/describe` or `wfapi/runs`",
        "who approved an input step, and when",
    ],
};

const NAMES: &[&str] = &["full_display_name", "url", "display_name"];
const RUN_NAMES: &[&str] = &["_links.self.href", "name"];

/// A build that is unstable was carried out: its tests say that something is wrong with it.
const RESULTS: &[(&str, &str)] = &[
    ("SUCCESS", "succeeded"),
    ("UNSTABLE", "succeeded"),
    ("FAILURE", "failed"),
    ("FAILED", "failed"),
    ("ABORTED", "cancelled"),
    ("NOT_BUILT", "cancelled"),
    ("NOT_EXECUTED", "cancelled"),
    ("IN_PROGRESS", "in_progress"),
    ("PAUSED_PENDING_INPUT", "in_progress"),
];

const BUILD: &[Field] = &[
    made("deployment_id", build_id, "the job's name and the build's number, such as `shop/deploy#7`"),
    made("service", service, "the repository of `actions.remoteUrls`, else the name of the job"),
    made("environment", environment, "a parameter that names one, else a word such as staging in the name of the job"),
    constant("environment", "production"),
    field("commit_sha", &["actions.last_built_revision.sha1", "actions.revision.hash"]),
    field("version", &["parameters.version"]),
    constant("status", "in_progress").when(&[Is("building", &["true"])]),
    field("status", &["result"]).words(RESULTS),
    constant("status", "in_progress"),
    field("started_at", &["timestamp"]),
    made("finished_at", |record| end_millis(record, "timestamp", "duration"), "`timestamp` + `duration`")
        .when(&[Known("result"), IsNot("building", &["true"])]),
    field("deployed_by", &["actions.causes.user_id", "actions.causes.user_name"]),
    field("url", &["url"]),
];

const RUN: &[Field] = &[
    made("deployment_id", run_id, "the job's name and the run's number, such as `shop/deploy#7`"),
    field("service", &["_links.self.href"]).through(job_of, "the name of the job in").stand_in(),
    field("environment", &["_links.self.href"])
        .through(environment_of, "a word such as staging in the name of the job in"),
    constant("environment", "production"),
    field("status", &["status"]).words(RESULTS),
    field("started_at", &["start_time_millis"]),
    field("finished_at", &["end_time_millis"]).when(&[IsNot("status", &["in_progress", "paused_pending_input"])]),
];

const STAGE: &[Field] = &[
    made("deployment_id", stage_run_id, "as for the run"),
    field("stage", &["name"]),
    field("kind", &["name"]).through(kind, "what a word such as build says in"),
    field("started_at", &["start_time_millis"]),
    made(
        "finished_at",
        |record| end_millis(record, "start_time_millis", "duration_millis"),
        "`startTimeMillis` + `durationMillis`",
    )
    .when(&[HasAny(&["duration_millis"]), IsNot("status", &["in_progress", "paused_pending_input"])]),
    field("status", &["status"]).words(RESULTS),
];

/// `a » b » deploy #7` or `…/job/a/job/b/job/deploy/7/`.
fn build_id(record: &Record) -> Option<String> {
    let number = record.text("number")?;
    Some(format!("{}#{number}", job(record)?))
}

fn job(record: &Record) -> Option<String> {
    if let Some(name) = record.text("full_display_name") {
        let name = name.rsplit_once(" #").map_or(name.as_str(), |(name, _)| name);
        return Some(name.split(" » ").collect::<Vec<_>>().join("/"));
    }
    path_of(&record.text("url")?)
}

/// The names after each `job` of an address.
fn path_of(address: &str) -> Option<String> {
    let parts: Vec<&str> = address.split('/').collect();
    let names: Vec<&str> =
        parts.windows(2).filter(|pair| pair[0] == "job" && pair[1] != "job").map(|pair| pair[1]).collect();
    (!names.is_empty()).then(|| names.join("/"))
}

fn job_of(address: &str) -> Option<String> {
    path_of(address)?.rsplit('/').next().map(str::to_owned)
}

/// Folders are named after teams and tests as often as after environments, so the job alone counts.
fn environment_of(address: &str) -> Option<String> {
    environment_in(&job_of(address)?)
}

fn service(record: &Record) -> Option<String> {
    record.text("actions.remote_urls").and_then(|url| repository(&url)).or_else(|| job(record))
}

fn environment(record: &Record) -> Option<String> {
    const PARAMETERS: &[&str] = &["env", "environment", "target", "target_env", "deploy_env", "stage"];
    let runs = record.runs;
    let parameters =
        record.elements("actions.parameters").into_iter().map(|value| Record { value, around: None, runs });
    let told = parameters.filter(|one| one.meets(&[Is("name", PARAMETERS)])).find_map(|one| one.text("value"));
    told.or_else(|| environment_in(job(record)?.rsplit('/').next()?))
}

fn run_id(record: &Record) -> Option<String> {
    Some(format!("{}#{}", path_of(&record.text("_links.self.href")?)?, record.text("id")?))
}

fn stage_run_id(record: &Record) -> Option<String> {
    Some(format!("{}#{}", path_of(&record.text("^._links.self.href")?)?, record.text("^.id")?))
}

fn kind(name: &str) -> Option<String> {
    const KINDS: &[(&str, &str)] = &[
        ("build", "build"),
        ("compile", "build"),
        ("package", "build"),
        ("test", "test"),
        ("tests", "test"),
        ("approve", "approval"),
        ("approval", "approval"),
        ("provision", "provision"),
        ("deploy", "deploy"),
        ("release", "deploy"),
        ("verify", "verify"),
        ("smoke", "verify"),
    ];
    let key = crate::table::key_of(name);
    key.split('_').find_map(|word| KINDS.iter().find(|(known, _)| *known == word)).map(|(_, kind)| (*kind).to_owned())
}
