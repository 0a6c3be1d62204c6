//! Build tools: which of their runs are deployments, and what these tell.

use super::{holds, read, rows};

const BUILD: &str = r#"{"_class": "org.jenkinsci.plugins.workflow.job.WorkflowRun", "number": 7, "result": "SUCCESS", "building": false,
    "timestamp": 1767607200000, "duration": 60000, "fullDisplayName": "acme » deploy-shop #7",
    "url": "https://ci.example.com/job/acme/job/deploy-shop/7/",
    "actions": [{}, {"causes": [{"userId": "ann"}]}, {"parameters": [{"name": "ENV", "value": "staging"}]},
        {"lastBuiltRevision": {"SHA1": "abc"}, "remoteUrls": ["git@github.com:acme/shop.git"]}]}"#;

#[test]
fn a_jenkins_build_is_a_deployment_where_its_name_says_so() {
    let run = r#"{"_links": {"self": {"href": "/job/acme/job/deploy-shop/7/wfapi/describe"}}, "id": "7", "name": "7", "status": "SUCCESS",
        "startTimeMillis": 1767607200000, "endTimeMillis": 1767607260000, "durationMillis": 60000,
        "stages": [{"id": "1", "name": "Build", "status": "SUCCESS", "startTimeMillis": 1767607200000, "durationMillis": 20000},
            {"id": "2", "name": "Deploy to prod", "status": "FAILED", "startTimeMillis": 1767607220000, "durationMillis": 40000}]}"#;
    let intake = read(
        &format!("{{\"_class\": \"x\", \"builds\": [{BUILD}]}}\n{run}")
            .replace("\n    ", " ")
            .replace("\n        ", " "),
        "",
    );
    holds(
        &intake,
        "deployments",
        &[&[
            ("deployment_id", "acme/deploy-shop#7"),
            ("service", "shop"),
            ("environment", "production"),
            ("commit_sha", "abc"),
            ("status", "succeeded"),
            ("started_at", "2026-01-05T10:00:00Z"),
            ("finished_at", "2026-01-05T10:01:00Z"),
            ("deployed_by", "ann"),
            ("url", "https://ci.example.com/job/acme/job/deploy-shop/7/"),
        ]],
    );
    holds(
        &intake,
        "stages",
        &[
            &[
                ("deployment_id", "acme/deploy-shop#7"),
                ("stage", "Build"),
                ("kind", "build"),
                ("started_at", "2026-01-05T10:00:00Z"),
                ("finished_at", "2026-01-05T10:00:20Z"),
                ("status", "succeeded"),
            ],
            &[
                ("deployment_id", "acme/deploy-shop#7"),
                ("stage", "Deploy to prod"),
                ("kind", "deploy"),
                ("started_at", "2026-01-05T10:00:20Z"),
                ("finished_at", "2026-01-05T10:01:00Z"),
                ("status", "failed"),
            ],
        ],
    );
}

#[test]
fn other_jenkins_builds_are_unused_unless_the_source_says_otherwise() {
    let test = BUILD.replace("deploy-shop", "unit-tests");
    assert_eq!(read(&test, "").files[0].rows_unused, 1);
    assert_eq!(rows(&read(&test, "table = 'deployments'"), "deployments").len(), 1);
    assert_eq!(rows(&read(&test, "pipelines = ['*unit*']"), "deployments").len(), 1);
    assert!(rows(&read(BUILD, "pipelines = ['*unit*']"), "deployments").is_empty());
}

#[test]
fn a_jenkins_build_that_runs_has_no_end_whatever_its_result() {
    let running = BUILD.replace("\"building\": false", "\"building\": true");
    let row = rows(&read(&running, ""), "deployments").remove(0);
    assert_eq!(row["status"], "in_progress");
    assert!(!row.contains_key("finished_at"));
    for (result, status) in
        [("UNSTABLE", "succeeded"), ("ABORTED", "cancelled"), ("NOT_BUILT", "cancelled"), ("FAILURE", "failed")]
    {
        let row = rows(&read(&BUILD.replace("SUCCESS", result), ""), "deployments").remove(0);
        assert_eq!(row["status"], status);
    }
}

#[test]
fn a_github_run_that_deploys_is_told_by_its_conclusion() {
    let run = r#"{"total_count": 1, "workflow_runs": [{"id": 5, "name": "Deploy staging", "run_number": 2, "run_attempt": 1, "status": "completed",
        "conclusion": "timed_out", "head_sha": "abc", "head_branch": "hotfix/x", "created_at": "2026-01-05T10:00:00Z",
        "run_started_at": "2026-01-05T10:01:00Z", "updated_at": "2026-01-05T10:09:00Z", "repository": {"name": "shop"}, "actor": {"login": "ann"}}]}"#;
    holds(
        &read(run, ""),
        "deployments",
        &[&[
            ("deployment_id", "github:shop/runs#5"),
            ("service", "shop"),
            ("environment", "staging"),
            ("commit_sha", "abc"),
            ("status", "failed"),
            ("change_type", "emergency"),
            ("requested_at", "2026-01-05T10:00:00Z"),
            ("started_at", "2026-01-05T10:01:00Z"),
            ("finished_at", "2026-01-05T10:09:00Z"),
            ("deployed_by", "ann"),
            ("updated_at", "2026-01-05T10:09:00Z"),
        ]],
    );
    assert_eq!(read(&run.replace("Deploy staging", "Lint"), "").files[0].rows_unused, 1);
}

#[test]
fn a_buildkite_block_step_is_an_approval() {
    let build = r#"{"id": "b-1", "number": 9, "state": "passed", "branch": "main", "commit": "abc", "web_url": "https://buildkite.com/b/9",
        "created_at": "2026-01-05T10:00:00Z", "started_at": "2026-01-05T10:01:00Z", "finished_at": "2026-01-05T10:09:00Z",
        "creator": {"name": "Ann"}, "pipeline": {"slug": "deploy-shop", "name": "Deploy shop", "repository": "git@github.com:acme/shop.git"},
        "jobs": [{"id": "j-1", "type": "script", "name": "Migrate", "state": "passed", "started_at": "2026-01-05T10:01:00Z", "finished_at": "2026-01-05T10:02:00Z"},
            {"id": "j-2", "type": "manual", "label": "Go?", "state": "unblocked", "unblocked_by": {"name": "Bob"}, "unblocked_at": "2026-01-05T10:05:00Z"},
            {"type": "waiter", "id": "j-3"}]}"#;
    let intake = read(build, "");
    assert_eq!(rows(&intake, "deployments")[0]["service"], "shop");
    assert_eq!(rows(&intake, "stages").len(), 1);
    holds(
        &intake,
        "approvals",
        &[&[
            ("approval_id", "j-2"),
            ("deployment_id", "b-1"),
            ("approver", "Bob"),
            ("decided_at", "2026-01-05T10:05:00Z"),
            ("decision", "approved"),
        ]],
    );
}

#[test]
fn circleci_workflows_and_their_events_make_one_row() {
    let workflow = r#"{"id": "w-1", "pipeline_id": "p-1", "name": "deploy-prod", "project_slug": "gh/acme/shop", "status": "success",
        "created_at": "2026-01-05T10:00:00Z", "stopped_at": "2026-01-05T10:09:00Z", "started_by": "ann"}"#;
    let event = r#"{"type": "workflow-completed", "id": "e-1", "happened_at": "2026-01-05T10:09:00Z", "project": {"slug": "gh/acme/shop"},
        "workflow": {"id": "w-1", "name": "deploy-prod", "status": "success", "created_at": "2026-01-05T10:00:00Z", "stopped_at": "2026-01-05T10:09:00Z"},
        "pipeline": {"id": "p-1", "created_at": "2026-01-05T09:59:00Z", "vcs": {"revision": "abc"}}}"#;
    let found = rows(&read(&format!("[{workflow}, {event}]"), ""), "deployments");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0]["service"].as_str(), found[0]["commit_sha"].as_str()), ("shop", "abc"));
    assert_eq!(found[0]["status"], "succeeded");
}

#[test]
fn an_octopus_deployment_is_told_by_its_task() {
    let deployment = r#"{"Id": "Deployments-1", "ProjectId": "Projects-1", "EnvironmentId": "Environments-1", "ReleaseId": "Releases-1",
        "Created": "2026-01-05T10:00:00.000+00:00", "DeployedBy": "ann", "TaskId": "ServerTasks-1"}"#;
    let task = r#"{"Id": "ServerTasks-1", "Name": "Deploy", "Description": "Deploy Web Shop release 1.4.0 to Production", "State": "Success",
        "Arguments": {"DeploymentId": "Deployments-1"}, "QueueTime": "2026-01-05T10:00:01.000+00:00",
        "StartTime": "2026-01-05T10:00:02.000+00:00", "CompletedTime": "2026-01-05T10:03:00.000+00:00"}"#;
    holds(
        &read(&format!("{{\"Items\": [{deployment}]}} {{\"Items\": [{task}]}}"), ""),
        "deployments",
        &[&[
            ("deployment_id", "Deployments-1"),
            ("service", "Web Shop"),
            ("environment", "Production"),
            ("release_id", "Releases-1"),
            ("version", "1.4.0"),
            ("status", "succeeded"),
            ("requested_at", "2026-01-05T10:00:00Z"),
            ("started_at", "2026-01-05T10:00:02Z"),
            ("finished_at", "2026-01-05T10:03:00Z"),
            ("deployed_by", "ann"),
        ]],
    );
}

#[test]
fn azure_release_deployments_bring_the_approvals_that_people_gave() {
    let deployment = r#"{"count": 1, "value": [{"id": 12, "release": {"id": 3, "name": "Release-3"}, "releaseDefinition": {"name": "shop"},
        "releaseEnvironment": {"name": "Production"}, "deploymentStatus": "succeeded", "operationStatus": "Approved",
        "queuedOn": "2026-01-05T10:00:00Z", "startedOn": "2026-01-05T10:05:00Z", "completedOn": "2026-01-05T10:09:00Z",
        "requestedBy": {"displayName": "Ann"}, "preDeployApprovals": [
            {"id": 1, "status": "approved", "isAutomated": true, "createdOn": "2026-01-05T10:00:00Z", "modifiedOn": "2026-01-05T10:00:00Z"},
            {"id": 2, "status": "approved", "isAutomated": false, "approvedBy": {"displayName": "Bob"}, "createdOn": "2026-01-05T10:00:00Z", "modifiedOn": "2026-01-05T10:04:00Z"}]}]}"#;
    let intake = read(deployment, "");
    let row = rows(&intake, "deployments").remove(0);
    assert_eq!((row["approved_at"].as_str(), row["approved_by"].as_str()), ("2026-01-05T10:04:00Z", "Bob"));
    assert_eq!(rows(&intake, "approvals").len(), 1);
    let item = r#"{"id": 5, "rev": 2, "fields": {"System.WorkItemType": "Bug", "System.State": "Active", "System.Title": "Broken",
        "System.CreatedDate": "2026-01-05T10:00:00Z", "System.AreaPath": "Shop", "Microsoft.VSTS.Common.Priority": 2}}"#;
    holds(
        &read(item, ""),
        "tickets",
        &[&[
            ("ticket_id", "azure-devops:5"),
            ("kind", "bug"),
            ("service", "Shop"),
            ("priority", "2"),
            ("status", "in_progress"),
            ("created_at", "2026-01-05T10:00:00Z"),
            ("title", "Broken"),
        ]],
    );
}

#[test]
fn bitbucket_deployments_and_pull_requests_are_read() {
    let page = r#"{"pagelen": 10, "values": [{"type": "deployment", "uuid": "{1}", "environment": {"name": "Production"},
        "state": {"type": "deployment_state_completed", "name": "COMPLETED", "status": {"name": "FAILED"},
            "started_on": "2026-01-05T10:00:00Z", "completed_on": "2026-01-05T10:09:00Z", "url": "https://bitbucket.org/acme/shop/addon/1"},
        "release": {"name": "9", "created_on": "2026-01-05T09:59:00Z", "commit": {"hash": "abc"}}}]}"#;
    let row = rows(&read(page, ""), "deployments").remove(0);
    assert_eq!((row["service"].as_str(), row["status"].as_str()), ("shop", "failed"));
    assert_eq!((row["commit_sha"].as_str(), row["finished_at"].as_str()), ("abc", "2026-01-05T10:09:00Z"));
    let pull = r#"{"type": "pullrequest", "id": 3, "title": "x", "state": "MERGED", "created_on": "2026-01-05T10:00:00Z", "updated_on": "2026-01-06T10:00:00Z",
        "merge_commit": {"hash": "abc"}, "author": {"nickname": "ann"}, "destination": {"repository": {"full_name": "acme/shop"}},
        "participants": [{"role": "REVIEWER", "approved": true, "participated_on": "2026-01-05T12:00:00Z"}]}"#;
    let row = rows(&read(pull, ""), "changes").remove(0);
    assert_eq!(
        (row["change_id"].as_str(), row["approved_at"].as_str()),
        ("bitbucket:acme/shop/pulls#3", "2026-01-05T12:00:00Z")
    );
    assert_eq!(row["merged_at"], "2026-01-06T10:00:00Z");
}

#[test]
fn jenkins_builds_are_found_in_jobs_and_in_jobs_of_folders() {
    let job = format!(
        r#"{{"_class": "org.jenkinsci.plugins.workflow.job.WorkflowJob", "name": "deploy-shop", "url": "https://ci.example.com/job/acme/job/deploy-shop/",
        "healthReport": [{{"score": 80}}], "builds": [{BUILD}], "lastBuild": {{"_class": "x", "number": 7, "url": "y"}}}}"#
    );
    let folder = format!(
        r#"{{"_class": "com.cloudbees.hudson.plugins.folder.Folder", "name": "acme", "url": "https://ci.example.com/job/acme/", "jobs": [{job}]}}"#
    );
    let root = format!(r#"{{"_class": "hudson.model.Hudson", "jobs": [{folder}], "views": [{{"name": "all"}}]}}"#);
    for text in [&job, &folder, &root] {
        assert_eq!(rows(&read(text, ""), "deployments")[0]["deployment_id"], "acme/deploy-shop#7", "{text}");
    }
}

#[test]
fn runs_for_pull_requests_deploy_nothing_and_the_names_that_count_are_told() {
    let run = |id: u32, name: &str, event: &str| {
        format!(
            r#"{{"id": {id}, "name": "{name}", "run_number": 2, "status": "completed", "conclusion": "success", "head_sha": "abc", "event": "{event}",
            "created_at": "2026-01-05T10:00:00Z", "updated_at": "2026-01-05T10:09:00Z", "repository": {{"full_name": "acme/shop"}}}}"#
        )
    };
    let runs = [run(1, "Deploy", "push"), run(2, "Deploy", "pull_request"), run(3, "Lint", "push")].join(",");
    let page = format!("{{\"workflow_runs\": [{runs}]}}");
    assert_eq!(rows(&read(&page, "table = 'deployments'"), "deployments").len(), 3);
    let intake = read(&page, "");
    assert_eq!(rows(&intake, "deployments").len(), 1);
    assert_eq!(
        intake.notes[1],
        "github workflow runs taken for deployments by name: `Deploy`; 1 with such a name ran for pull requests and are none; `pipelines` of the source says otherwise"
    );
}

#[test]
fn azure_releases_are_a_deployment_for_each_environment_that_was_tried() {
    let release = r#"{"count": 1, "value": [{"id": 18, "name": "Release-18", "createdOn": "2026-01-05T09:00:00Z", "modifiedOn": "2026-01-05T12:00:00Z",
        "releaseDefinition": {"name": "Shop CD", "url": "https://vsrm.dev.azure.com/acme/One/_apis/Release/definitions/1"}, "artifacts": [], "environments": [
            {"id": 69, "name": "Prod", "status": "succeeded", "deploySteps": [
                {"deploymentId": 10, "attempt": 1, "status": "failed", "queuedOn": "2026-01-05T10:00:00Z", "lastModifiedOn": "2026-01-05T10:05:00Z"},
                {"deploymentId": 11, "attempt": 2, "status": "succeeded", "queuedOn": "2026-01-05T11:00:00Z", "lastModifiedOn": "2026-01-05T11:05:00Z"}]},
            {"id": 70, "name": "DR", "status": "notStarted", "deploySteps": [], "queuedOn": "0001-01-01T00:00:00"}]}]}"#;
    holds(
        &read(release, ""),
        "deployments",
        &[&[
            ("deployment_id", "azure-devops:One#11"),
            ("service", "Shop CD"),
            ("environment", "Prod"),
            ("release_id", "Release-18"),
            ("version", "Release-18"),
            ("status", "succeeded"),
            ("requested_at", "2026-01-05T11:00:00Z"),
            ("finished_at", "2026-01-05T11:05:00Z"),
        ]],
    );
}

#[test]
fn an_instant_that_was_never_set_is_none() {
    let build = r#"{"id": 41, "buildNumber": "1", "status": "inProgress", "definition": {"name": "deploy shop"}, "sourceVersion": "abc",
        "repository": {"name": "shop"}, "startTime": "2026-01-05T10:05:00Z", "finishTime": "0001-01-01T00:00:00"}"#;
    let row = rows(&read(build, ""), "deployments").remove(0);
    assert_eq!((row["status"].as_str(), row.get("finished_at")), ("in_progress", None));
}
