//! Tools that deploy, or keep the records of deployments.

use super::{holds, read, rows, try_read, unmapped};

#[test]
fn a_github_deployment_is_told_by_its_statuses() {
    let status = |id: u32, state: &str, at: &str| {
        format!(
            r#"{{"id": {id}, "state": "{state}", "environment": "production", "created_at": "2026-01-05T10:{at}Z",
            "deployment_url": "https://api.github.com/repos/acme/shop/deployments/7"}}"#
        )
    };
    // Newest first, as the API lists them, two of them in one second; inactive says that another deployment followed.
    let statuses = [
        status(5, "inactive", "30:00"),
        status(4, "success", "09:00"),
        status(3, "in_progress", "02:00"),
        status(2, "queued", "02:00"),
        status(1, "waiting", "01:00"),
    ];
    let deployment = r#"{"id": 7, "sha": "abc", "ref": "v1.4.0", "task": "deploy", "environment": "production",
        "created_at": "2026-01-05T10:00:00Z", "updated_at": "2026-01-05T10:30:00Z", "creator": {"login": "ann"},
        "repository_url": "https://api.github.com/repos/acme/shop"}"#;
    holds(
        &read(&format!("[{},{deployment}]", statuses.join(",")), ""),
        "deployments",
        &[&[
            ("deployment_id", "7"),
            ("service", "shop"),
            ("environment", "production"),
            ("version", "v1.4.0"),
            ("commit_sha", "abc"),
            ("status", "succeeded"),
            ("requested_at", "2026-01-05T10:00:00Z"),
            ("started_at", "2026-01-05T10:02:00Z"),
            ("finished_at", "2026-01-05T10:09:00Z"),
            ("deployed_by", "ann"),
            ("updated_at", "2026-01-05T10:30:00Z"),
        ]],
    );
    let alone = rows(&read(deployment, ""), "deployments").remove(0);
    assert_eq!(alone["status"], "unknown");
    assert!(!alone.contains_key("finished_at"));
}

#[test]
fn github_releases_that_were_published_are_deployments_of_a_version() {
    let releases = r#"[
        {"tag_name": "v2", "draft": false, "prerelease": false, "target_commitish": "main", "created_at": "2026-01-01T00:00:00Z",
         "published_at": "2026-01-05T10:00:00Z", "author": {"login": "ann"}, "html_url": "https://github.com/acme/shop/releases/tag/v2"},
        {"tag_name": "v3", "draft": true, "published_at": null, "html_url": "https://github.com/acme/shop/releases/tag/v3"}]"#;
    let intake = read(releases, "");
    holds(
        &intake,
        "deployments",
        &[&[
            ("deployment_id", "acme/shop@v2"),
            ("service", "shop"),
            ("environment", "production"),
            ("release_id", "v2"),
            ("version", "v2"),
            ("status", "succeeded"),
            ("finished_at", "2026-01-05T10:00:00Z"),
            ("deployed_by", "ann"),
            ("url", "https://github.com/acme/shop/releases/tag/v2"),
        ]],
    );
    assert_eq!(intake.files[1].rows_unused, 1);
}

#[test]
fn github_pull_requests_take_their_reviews_from_wherever_they_are() {
    let pull = r#"{"number": 7, "title": "Fix PAY-12: rounding", "user": {"login": "ann"}, "created_at": "2026-01-05T10:00:00Z",
        "updated_at": "2026-01-06T10:00:00Z", "merged_at": "2026-01-06T10:00:00Z", "merge_commit_sha": "abc",
        "additions": 5, "deletions": 3, "changed_files": 2, "html_url": "https://github.com/acme/shop/pull/7",
        "base": {"repo": {"name": "shop", "full_name": "acme/shop"}}, "head": {"ref": "fix"}}"#;
    let review = |state: &str, at: &str, user: &str| {
        format!(
            r#"{{"id": 1, "state": "{state}", "submitted_at": "2026-01-05T{at}:00Z", "user": {{"login": "{user}"}}, "commit_id": "x",
            "pull_request_url": "https://api.github.com/repos/acme/shop/pulls/7"}}"#
        )
    };
    let reviews =
        [review("APPROVED", "15:00", "bob"), review("COMMENTED", "12:00", "eve"), review("APPROVED", "16:00", "bob")];
    holds(
        &read(&format!("[{}]\n[{pull}]", reviews.join(",")), ""),
        "changes",
        &[&[
            ("change_id", "acme/shop#7"),
            ("service", "shop"),
            ("repository", "acme/shop"),
            ("author", "ann"),
            ("commit_sha", "abc"),
            ("committed_at", "2026-01-05T10:00:00Z"),
            ("opened_at", "2026-01-05T10:00:00Z"),
            ("first_review_at", "2026-01-05T12:00:00Z"),
            ("approved_at", "2026-01-05T15:00:00Z"),
            ("merged_at", "2026-01-06T10:00:00Z"),
            ("reviewers", "eve;bob"),
            ("lines_changed", "8"),
            ("files_changed", "2"),
            ("ticket_id", "PAY-12"),
            ("updated_at", "2026-01-06T10:00:00Z"),
        ]],
    );
}

#[test]
fn github_commits_tell_what_they_build_on() {
    let commit = r#"{"sha": "c", "commit": {"author": {"name": "ann", "date": "2026-01-05T10:00:00Z"}, "message": "x"},
        "parents": [{"sha": "a"}, {"sha": "b"}]}"#;
    holds(&read(commit, ""), "commits", &[&[("commit_sha", "c"), ("parents", "a b")]]);
}

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
            ("deployment_id", "41"),
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
            ("approval_id", "41/bob/2026-01-05T10:15:00.000Z"),
            ("deployment_id", "41"),
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
        "status": {"history": [{"id": 3, "revision": "abc", "deployStartedAt": "2026-01-05T10:00:00Z", "deployedAt": "2026-01-05T10:01:00Z",
            "initiatedBy": {"username": "ann"}}],
          "operationState": {"phase": "Failed", "startedAt": "2026-01-06T10:00:00Z", "finishedAt": "2026-01-06T10:02:00Z",
            "syncResult": {"revision": "def"}, "operation": {"initiatedBy": {"automated": true}}}}}"#;
    let list = format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{application}]}}");
    let expected: &[&[(&str, &str)]] = &[
        &[
            ("deployment_id", "argocd/shop/3"),
            ("service", "shop"),
            ("environment", "staging"),
            ("version", "abc"),
            ("commit_sha", "abc"),
            ("status", "succeeded"),
            ("started_at", "2026-01-05T10:00:00Z"),
            ("finished_at", "2026-01-05T10:01:00Z"),
            ("deployed_by", "ann"),
        ],
        &[
            ("deployment_id", "argocd/shop/2026-01-06T10:00:00Z"),
            ("service", "shop"),
            ("environment", "staging"),
            ("version", "def"),
            ("commit_sha", "def"),
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
