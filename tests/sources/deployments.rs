//! Tools that deploy, or keep the records of deployments.

use super::{Row, holds, read, read_files, reasons, rows, try_read, unmapped};

#[test]
fn gitlab_deployments_bring_their_approvals() {
    let deployment = r#"{"id": 41, "iid": 1, "ref": "main", "sha": "abc", "status": "success", "created_at": "2026-01-05T10:00:00.000Z",
        "updated_at": "2026-01-05T10:30:00.000Z", "user": {"username": "ann"}, "environment": {"id": 9, "name": "production"},
        "deployable": {"id": 1, "created_at": "2026-01-05T10:00:01.000Z", "started_at": "2026-01-05T10:20:00.000Z",
            "finished_at": "2026-01-05T10:29:00.000Z", "tag": false, "commit": {"created_at": "2026-01-05T11:00:00.000+02:00"},
            "web_url": "https://gitlab.com/acme/apps/shop/-/jobs/1", "pipeline": {"web_url": null}},
        "approvals": [{"user": {"username": "bob"}, "status": "approved", "created_at": "2026-01-05T10:15:00.000Z", "comment": "go"}]}"#;
    let intake = read(deployment, "");
    holds(
        &intake,
        "deployments",
        &[&[
            ("deployment_id", "gitlab:acme/apps/shop#41"),
            ("service", "shop"),
            ("environment", "production"),
            ("commit_sha", "abc"),
            ("status", "succeeded"),
            ("requested_at", "2026-01-05T10:00:01Z"),
            ("approved_at", "2026-01-05T10:15:00Z"),
            ("started_at", "2026-01-05T10:20:00Z"),
            ("finished_at", "2026-01-05T10:29:00Z"),
            ("approved_by", "bob"),
            ("deployed_by", "ann"),
            ("url", "https://gitlab.com/acme/apps/shop/-/jobs/1"),
            ("updated_at", "2026-01-05T10:30:00Z"),
        ]],
    );
    holds(
        &intake,
        "approvals",
        &[&[
            ("approval_id", "gitlab:acme/apps/shop#41/bob/2026-01-05T10:15:00.000Z"),
            ("deployment_id", "gitlab:acme/apps/shop#41"),
            ("environment", "production"),
            ("approver", "bob"),
            ("requested_at", "2026-01-05T10:00:00Z"),
            ("decided_at", "2026-01-05T10:15:00Z"),
            ("decision", "approved"),
        ]],
    );
    let waiting = deployment
        .replace("\"success\"", "\"blocked\"")
        .replace("10:29:00.000Z\", \"tag\"", "10:29:00.000Z\", \"tag_\"");
    assert_eq!(rows(&read(&waiting, ""), "deployments")[0]["status"], "in_progress");
}

#[test]
fn argo_cd_history_holds_successes_and_the_last_operation_a_failure() {
    let application = r#"{"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": "shop", "namespace": "argocd", "labels": {"env": "staging"}},
        "spec": {"destination": {"namespace": "shop-prod"}},
        "status": {"history": [{"id": 3, "revision": "0123456789012345678901234567890123456789", "deployStartedAt": "2026-01-05T10:00:00Z", "deployedAt": "2026-01-05T10:01:00Z",
            "initiatedBy": {"username": "ann"}}],
          "operationState": {"phase": "Failed", "startedAt": "2026-01-06T10:00:00Z", "finishedAt": "2026-01-06T10:02:00Z",
            "syncResult": {"revision": "1.4.2"}, "operation": {"initiatedBy": {"automated": true}}}}}"#;
    let list = format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{application}]}}");
    let expected: &[&[(&str, &str)]] = &[
        &[
            ("deployment_id", "argocd/shop/3"),
            ("service", "shop"),
            ("environment", "staging"),
            ("version", "0123456789012345678901234567890123456789"),
            ("commit_sha", "0123456789012345678901234567890123456789"),
            ("status", "succeeded"),
            ("started_at", "2026-01-05T10:00:00Z"),
            ("finished_at", "2026-01-05T10:01:00Z"),
            ("deployed_by", "ann"),
        ],
        &[
            ("deployment_id", "argocd/shop/2026-01-06T10:00:00Z"),
            ("service", "shop"),
            ("environment", "staging"),
            ("version", "1.4.2"),
            ("status", "failed"),
            ("started_at", "2026-01-06T10:00:00Z"),
            ("finished_at", "2026-01-06T10:02:00Z"),
            ("is_automated", "true"),
        ],
    ];
    holds(&read(application, ""), "deployments", expected);
    holds(&read(&list, ""), "deployments", expected);
    let yaml = "# exported\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: shop\nspec: {}\nstatus:\n  history:\n  - id: 1\n    revision: abc\n    deployedAt: \"2026-01-05T10:01:00Z\"\n---\napiVersion: v1\nkind: Service\n";
    let intake = read(yaml, "");
    assert_eq!(rows(&intake, "deployments")[0]["environment"], "production");
    assert_eq!(rows(&intake, "deployments").len(), 1);
}

#[test]
fn a_manifest_without_end_is_refused() {
    let nested = format!("apiVersion: v1\nkind: Application\nspec: {}", "[".repeat(2_000));
    let aliases: String = (1..40).map(|n| format!("- &a{n} [*a{0}, *a{0}]\n", n - 1)).collect();
    let growing = format!("apiVersion: v1\nkind: Application\nspec:\n- &a0 x\n{aliases}");
    for text in [nested, growing] {
        let error = try_read(&text, "").unwrap_err().to_string();
        assert!(error.starts_with("file `file` is damaged: "), "{error}");
    }
}

#[test]
fn cdevents_come_in_any_order_and_within_cloudevents() {
    let event = |kind: &str, at: &str, content: &str| {
        format!(
            r#"{{"context": {{"version": "0.4.1", "id": "{kind}", "source": "/s", "type": "dev.cdevents.{kind}.0.2.0", "timestamp": "2026-01-05T{at}:00Z"}},
            "subject": {{"id": "s-1", "source": "/s", "type": "x", "content": {content}}}}}"#
        )
    };
    let finished = event("pipelinerun.finished", "10:09", r#"{"pipelineName": "deploy-shop", "outcome": "failure"}"#);
    let started = event("pipelinerun.started", "10:01", r#"{"pipelineName": "deploy-shop"}"#);
    let cloud = format!("{{\"specversion\": \"1.0\", \"type\": \"dev.cdevents.x\", \"data\": {started}}}");
    holds(
        &read(&format!("{finished}\n{}", cloud.replace('\n', " ")).replace("\n            ", " "), ""),
        "deployments",
        &[&[
            ("deployment_id", "s-1"),
            ("service", "deploy-shop"),
            ("environment", "production"),
            ("status", "failed"),
            ("started_at", "2026-01-05T10:01:00Z"),
            ("finished_at", "2026-01-05T10:09:00Z"),
            ("updated_at", "2026-01-05T10:09:00Z"),
        ]],
    );
    let deployed = event(
        "service.deployed",
        "11:00",
        r#"{"environment": {"id": "prod"}, "artifactId": "pkg:oci/shop@sha256%3Aabc?tag=1"}"#,
    );
    let row = rows(&read(&deployed, ""), "deployments").remove(0);
    assert_eq!((row["version"].as_str(), row["environment"].as_str()), ("sha256:abc", "prod"));
}

#[test]
fn devlake_payloads_are_read_in_either_spelling() {
    let snake = r#"{"pipeline_id": "p-1", "repo_url": "https://github.com/acme/shop", "commit_sha": "abc", "result": "FAILURE",
        "start_time": "2026-01-05T12:00:00+02:00", "end_time": "2026-01-05T12:10:00+02:00", "environment": "STAGING"}"#;
    let camel = r#"{"id": "p-1", "displayTitle": "x", "result": "FAILURE", "environment": "STAGING", "startedDate": "2026-01-05T12:00:00+02:00",
        "finishedDate": "2026-01-05T12:10:00+02:00", "deploymentCommits": [{"repoUrl": "https://github.com/acme/shop", "commitSha": "abc"}]}"#;
    for payload in [snake, camel] {
        holds(
            &read(payload, ""),
            "deployments",
            &[&[
                ("deployment_id", "p-1"),
                ("service", "shop"),
                ("environment", "STAGING"),
                ("commit_sha", "abc"),
                ("status", "failed"),
                ("started_at", "2026-01-05T10:00:00Z"),
                ("finished_at", "2026-01-05T10:10:00Z"),
            ]],
        );
    }
    let running =
        snake.replace("\"end_time\": \"2026-01-05T12:10:00+02:00\",", "").replace("\"result\": \"FAILURE\",", "");
    assert_eq!(rows(&read(&running, ""), "deployments")[0]["status"], "in_progress");
    let incident = r#"{"issueKey": "I-1", "title": "Down", "type": "INCIDENT", "status": "DONE", "originalStatus": "closed", "severity": "high",
        "createdDate": "2026-01-05T10:00:00Z", "resolutionDate": "2026-01-05T11:00:00Z"}"#;
    holds(
        &read(incident, ""),
        "incidents",
        &[&[
            ("incident_id", "I-1"),
            ("severity", "sev2"),
            ("status", "resolved"),
            ("opened_at", "2026-01-05T10:00:00Z"),
            ("resolved_at", "2026-01-05T11:00:00Z"),
            ("title", "Down"),
        ]],
    );
}

#[test]
fn datadog_numbers_are_instants_by_their_magnitude() {
    for (start, end) in [
        ("1767607200", "1767607800"),
        ("1767607200000", "1767607800000"),
        ("1767607200000000000", "1767607800000000000"),
    ] {
        let payload = format!(
            r#"{{"data": {{"attributes": {{"service": "shop", "env": "prod", "started_at": {start}, "finished_at": {end}, "id": "d-1",
            "git": {{"repository_url": "https://github.com/acme/shop", "commit_sha": "abc"}}, "version": "v1"}}}}}}"#
        );
        holds(
            &read(&payload, ""),
            "deployments",
            &[&[
                ("deployment_id", "d-1"),
                ("service", "shop"),
                ("environment", "prod"),
                ("version", "v1"),
                ("commit_sha", "abc"),
                ("status", "succeeded"),
                ("started_at", "2026-01-05T10:00:00Z"),
                ("finished_at", "2026-01-05T10:10:00Z"),
            ]],
        );
    }
    let failure = r#"{"data": {"attributes": {"services": ["shop"], "name": "Down", "severity": "High", "started_at": 1767607200, "git": {"commit_sha": "abc"}}}}"#;
    let intake = read(failure, "");
    let row = rows(&intake, "incidents").remove(0);
    assert_eq!((row["incident_id"].as_str(), row["status"].as_str()), ("Down@1767607200", "open"));
    assert!(unmapped(&intake).is_empty());
}

#[test]
fn a_number_that_several_tools_and_projects_use_is_as_many_deployments() {
    let github = |name: &str| {
        format!(
            r#"{{"id": 41, "sha": "abc", "ref": "main", "task": "deploy", "environment": "production",
            "created_at": "2026-01-05T10:00:00Z", "repository_url": "https://api.github.com/repos/acme/{name}"}}"#
        )
    };
    let run = r#"{"id": 41, "name": "Deploy", "run_number": 2, "status": "completed", "conclusion": "success", "head_sha": "abc",
        "event": "push", "created_at": "2026-01-05T10:00:00Z", "updated_at": "2026-01-05T10:09:00Z", "repository": {"full_name": "acme/shop"}}"#;
    let gitlab = r#"{"id": 41, "iid": 1, "ref": "main", "sha": "abc", "status": "success", "created_at": "2026-01-05T10:00:00.000Z",
        "updated_at": "2026-01-05T10:30:00.000Z", "environment": {"name": "production"}, "deployable": {"web_url": "https://gitlab.com/acme/shop/-/jobs/1"}}"#;
    let event = r#"{"object_kind": "deployment", "deployment_id": 41, "status": "success", "status_changed_at": "2026-01-05T10:31:00Z",
        "environment": "production", "project": {"name": "Shop", "path_with_namespace": "acme/shop"}}"#;
    let pipeline = r#"{"id": 41, "sha": "abc", "ref": "release", "source": "push", "status": "success", "created_at": "2026-01-05T10:00:00Z",
        "updated_at": "2026-01-05T10:09:00Z", "web_url": "https://gitlab.com/acme/shop/-/pipelines/41"}"#;
    let release = |project: &str| {
        format!(
            r#"{{"id": 41, "release": {{"id": 3, "name": "R-3", "url": "https://vsrm.dev.azure.com/acme/{project}/_apis/Release/releases/3"}},
            "releaseDefinition": {{"name": "shop"}}, "releaseEnvironment": {{"name": "Production"}}, "deploymentStatus": "succeeded",
            "startedOn": "2026-01-05T10:05:00Z", "completedOn": "2026-01-05T10:09:00Z"}}"#
        )
    };
    let build = r#"{"id": 41, "buildNumber": "1", "status": "completed", "result": "succeeded", "definition": {"name": "deploy shop"},
        "sourceVersion": "abc", "project": {"name": "One"}, "repository": {"name": "shop"}, "startTime": "2026-01-05T10:05:00Z", "finishTime": "2026-01-05T10:09:00Z"}"#;
    let intake = read_files(&[
        ("1.json", &github("shop")),
        ("2.json", &github("web")),
        ("3.json", run),
        ("4.json", gitlab),
        ("5.json", event),
        ("6.json", pipeline),
        ("7.json", &release("One")),
        ("8.json", &release("Two")),
        ("9.json", build),
    ]);
    let mut keys: Vec<String> =
        rows(&intake, "deployments").into_iter().map(|mut row| row.remove("deployment_id").unwrap()).collect();
    keys.sort();
    // The event of GitLab tells of the deployment that its API lists.
    assert_eq!(
        keys,
        [
            "azure-devops:One#41",
            "azure-devops:One/builds#41",
            "azure-devops:Two#41",
            "github:acme/shop#41",
            "github:acme/shop/runs#41",
            "github:acme/web#41",
            "gitlab:acme/shop#41",
            "gitlab:acme/shop/pipelines#41",
        ]
    );
}

#[test]
fn a_gitlab_deployment_without_a_job_takes_its_project_from_where_it_is_told() {
    let deployment = r#"{"id": 41, "iid": 1, "ref": "main", "sha": "abc", "status": "success", "created_at": "2026-01-05T10:00:00.000Z",
        "updated_at": "2026-01-05T10:30:00.000Z", "environment": {"name": "production", "project": {"path_with_namespace": "acme/shop"}}, "deployable": null}"#;
    let row = rows(&read(deployment, ""), "deployments").remove(0);
    assert_eq!((row["deployment_id"].as_str(), row["service"].as_str()), ("gitlab:acme/shop#41", "shop"));
}

#[test]
fn a_gitlab_deployment_without_project_or_job_is_of_the_one_project_of_its_page() {
    let bare = r#"{"id": 42, "iid": 2, "ref": "main", "sha": "abd", "status": "success", "created_at": "2026-01-06T10:00:00.000Z",
        "updated_at": "2026-01-06T10:30:00.000Z", "environment": {"id": 9, "name": "production"}, "deployable": null}"#;
    let told = |project: &str| {
        format!(
            r#"{{"id": 41, "iid": 1, "ref": "main", "sha": "abc", "status": "success", "created_at": "2026-01-05T10:00:00.000Z",
            "environment": {{"name": "production"}}, "deployable": {{"finished_at": "2026-01-05T10:30:00.000Z",
            "web_url": "https://gitlab.example/{project}/-/jobs/1"}}}}"#
        )
    };
    let named = |intake: &shipwake::source::Intake| -> Vec<(String, String)> {
        let row = |mut row: Row| (row.remove("deployment_id").unwrap(), row.remove("service").unwrap());
        rows(intake, "deployments").into_iter().map(row).collect()
    };
    let of_shop = |number: &str| (format!("gitlab:acme/shop#{number}"), "shop".to_owned());
    assert_eq!(named(&read(&format!("[{},{bare}]", told("acme/shop")), "")), [of_shop("41"), of_shop("42")]);
    let two_projects = read(&format!("[{},{},{bare}]", told("acme/shop"), told("acme/web")), "");
    assert_eq!(reasons(&two_projects), ["service is empty"]);
    let row = rows(&read(bare, "defaults = { service = 'shop' }"), "deployments").remove(0);
    assert_eq!((row["deployment_id"].as_str(), row["finished_at"].as_str()), ("gitlab:42", "2026-01-06T10:30:00Z"));
}

#[test]
fn a_cdevents_rollback_is_one() {
    let event = r#"{"context": {"version": "0.4.1", "id": "e2", "source": "/s", "type": "dev.cdevents.service.rolledback.0.2.0", "timestamp": "2026-01-05T11:00:00Z"},
        "subject": {"id": "shop", "source": "/s", "type": "service", "content": {"environment": {"id": "production"}, "artifactId": "pkg:oci/shop@1.2.2"}}}"#;
    holds(
        &read(event, ""),
        "deployments",
        &[&[
            ("deployment_id", "e2"),
            ("service", "shop"),
            ("environment", "production"),
            ("status", "rolled_back"),
            ("finished_at", "2026-01-05T11:00:00Z"),
            ("updated_at", "2026-01-05T11:00:00Z"),
        ]],
    );
}

#[test]
fn a_devlake_deployment_of_several_repositories_is_one_for_each() {
    let payload = r#"{"id": "d1", "startedDate": "2026-01-05T10:00:00Z", "finishedDate": "2026-01-05T10:05:00Z", "result": "SUCCESS", "environment": "STAGING",
        "deploymentCommits": [{"repoUrl": "https://github.com/acme/shop", "commitSha": "abc", "refName": "v1.2"},
            {"repoUrl": "https://github.com/acme/web", "commitSha": "def", "result": "FAILURE"}]}"#;
    let expected: &[&[(&str, &str)]] = &[
        &[
            ("deployment_id", "d1/acme/shop"),
            ("service", "shop"),
            ("environment", "STAGING"),
            ("release_id", "d1"),
            ("version", "v1.2"),
            ("commit_sha", "abc"),
            ("status", "succeeded"),
            ("started_at", "2026-01-05T10:00:00Z"),
            ("finished_at", "2026-01-05T10:05:00Z"),
        ],
        &[
            ("deployment_id", "d1/acme/web"),
            ("service", "web"),
            ("environment", "STAGING"),
            ("release_id", "d1"),
            ("commit_sha", "def"),
            ("status", "failed"),
            ("started_at", "2026-01-05T10:00:00Z"),
            ("finished_at", "2026-01-05T10:05:00Z"),
        ],
    ];
    holds(&read(payload, ""), "deployments", expected);
}
