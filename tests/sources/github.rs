//! GitHub: deployments told by their statuses, releases, pull requests with their reviews.

use super::{holds, read, reasons, rows};

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
            ("deployment_id", "github:acme/shop#7"),
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
            ("change_id", "github:acme/shop/pulls#7"),
            ("service", "shop"),
            ("repository", "acme/shop"),
            ("author", "ann"),
            ("commit_sha", "abc"),
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
fn a_github_deployment_that_was_tried_again_ended_with_its_last_attempt() {
    let status = |id: u32, state: &str, at: &str| {
        format!(
            r#"{{"id": {id}, "state": "{state}", "environment": "production", "created_at": "2026-01-05T{at}:00Z",
            "deployment_url": "https://api.github.com/repos/acme/shop/deployments/7"}}"#
        )
    };
    let told = |statuses: &[String]| {
        let row = rows(&read(&format!("[{}]", statuses.join(",")), ""), "deployments").remove(0);
        (row["status"].clone(), row.get("finished_at").cloned().unwrap_or_default())
    };
    let mut statuses = vec![status(1, "failure", "10:05"), status(2, "in_progress", "11:00")];
    assert_eq!(told(&statuses), ("in_progress".into(), String::new()));
    statuses.push(status(3, "success", "11:05"));
    // Said twice: the end is the first of them.
    statuses.push(status(4, "success", "11:30"));
    assert_eq!(told(&statuses), ("succeeded".into(), "2026-01-05T11:05:00Z".into()));
}

#[test]
fn github_graphql_ends_a_deployment_with_the_state_it_is_in() {
    let node = |state: &str, at: &str| format!(r#"{{"state": "{state}", "createdAt": "2026-01-05T{at}:00Z"}}"#);
    let statuses = [node("INACTIVE", "12:00"), node("SUCCESS", "11:05"), node("FAILURE", "10:05")].join(",");
    let deployment = format!(
        r#"{{"databaseId": 7, "commitOid": "abc", "environment": "production", "state": "INACTIVE", "createdAt": "2026-01-05T10:00:00Z",
        "repository": {{"name": "shop", "nameWithOwner": "acme/shop"}}, "statuses": {{"nodes": [{statuses}]}}}}"#
    );
    let row = rows(&read(&deployment, ""), "deployments").remove(0);
    assert_eq!((row["status"].as_str(), row["finished_at"].as_str()), ("succeeded", "2026-01-05T11:05:00Z"));
    assert_eq!(row["deployment_id"], "github:acme/shop#7");
}

#[test]
fn a_github_prerelease_is_not_in_production() {
    let release = r#"{"tag_name": "v2-rc1", "draft": false, "prerelease": true, "published_at": "2026-01-05T10:00:00Z",
        "html_url": "https://github.com/acme/shop/releases/tag/v2-rc1"}"#;
    assert_eq!(rows(&read(release, ""), "deployments")[0]["environment"], "prerelease");
    let cli = release.replace("\"draft\"", "\"isDraft\"").replace("\"prerelease\"", "\"isPrerelease\"");
    assert_eq!(rows(&read(&cli, ""), "deployments")[0]["environment"], "prerelease");
}

#[test]
fn a_github_pull_request_tells_its_ticket_by_its_branch_and_what_it_reverts_in_its_body() {
    let pull = |body: &str| {
        format!(
            r#"{{"number": 8, "title": "Undo rounding", "body": "{body}", "created_at": "2026-01-05T10:00:00Z", "merged_at": null,
            "html_url": "https://github.com/acme/shop/pull/8", "head": {{"ref": "revert/PAY-12-rounding"}}}}"#
        )
    };
    for body in ["Reverts acme/shop#7", "It broke.\\r\\nReverts #7."] {
        let row = rows(&read(&pull(body), ""), "changes").remove(0);
        assert_eq!(
            (row["reverts"].as_str(), row["is_revert"].as_str()),
            ("github:acme/shop/pulls#7", "true"),
            "{body}"
        );
        assert_eq!(row["ticket_id"], "PAY-12");
    }
    let row = rows(&read(&pull("It reverts nothing, see #7"), ""), "changes").remove(0);
    assert!(!row.contains_key("reverts") && !row.contains_key("is_revert"));
}

#[test]
fn a_review_without_its_pull_request_says_so() {
    let review = r#"{"id": 1, "state": "APPROVED", "submitted_at": "2026-01-05T12:00:00Z", "user": {"login": "bob"}, "commit_id": "x",
        "pull_request_url": "https://api.github.com/repos/acme/shop/pulls/7"}"#;
    assert_eq!(
        reasons(&read(review, "")),
        ["committed_at, opened_at, merged_at are empty: the pull request that it belongs to is not in the data"]
    );
}
