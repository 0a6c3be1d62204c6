//! `shipwake init` looks at what lies on a disk, and what it writes works as it is.

mod support;

use std::path::Path;
use std::process::Command;

use support::{Folder, shipwake, stdout};

const DEPLOYMENTS: &str = r#"[
  {"id": 41, "sha": "SHA", "ref": "main", "task": "deploy", "environment": "production", "created_at": "2026-09-10T10:00:00Z",
   "repository_url": "https://api.github.com/repos/acme/shop", "creator": {"login": "ann"}},
  {"id": 9, "state": "success", "environment": "production", "created_at": "2026-09-10T10:09:00Z",
   "deployment_url": "https://api.github.com/repos/acme/shop/deployments/41"}
]"#;

const PAGERDUTY: &str = "\
id,incident_number,description,status,created_at,resolved_at,urgency,priority_name,service_name,seconds_to_first_ack,seconds_to_resolve
Q1,4,Down,resolved,2026-09-10T12:00:00,2026-09-10T13:00:00,high,P1,shop,90,3600
";

const JIRA: &str = "\
Summary,Issue key,Issue Type,Status,Status Category,Priority,Created,Updated,Resolved
Round prices,PAY-7,Bug,Done,Done,High,2026-09-01 09:00,2026-09-11 09:00,2026-09-11 09:00
";

/// Runs git with the same people, days and settings everywhere.
fn git(repository: &Path, arguments: &[&str]) -> String {
    let command = Command::new("git")
        .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(repository)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_DATE", "2026-09-09T08:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-09-09T08:00:00Z")
        .output()
        .unwrap();
    assert!(command.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&command.stderr));
    String::from_utf8(command.stdout).unwrap().trim().to_owned()
}

/// A folder with the exports of three tools, a repository, and a file of no use.
fn exports() -> Folder {
    let folder = Folder::new("init");
    folder.write("exports/shop/src/price.txt", "1\n");
    let repository = folder.path().join("exports/shop");
    git(&repository, &["init", "--quiet"]);
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "--quiet", "-m", "PAY-7 round prices"]);
    git(&repository, &["tag", "v1.0.0"]);
    let sha = git(&repository, &["rev-parse", "HEAD"]);
    folder.write("exports/github/deployments.json", DEPLOYMENTS.replace("SHA", &sha));
    folder.write("exports/incidents.csv", PAGERDUTY);
    folder.write("exports/issues.csv", JIRA);
    folder.write("exports/fruit.csv", "apples,pears\n1,2\n");
    folder
}

#[test]
fn a_folder_of_exports_and_a_repository_gives_settings_with_which_a_report_runs_at_once() {
    let folder = exports();
    let told = shipwake(folder.path(), &["init", "exports"]);
    let words = String::from_utf8(told.stderr).unwrap();
    assert!(told.status.success(), "{words}");
    assert!(words.contains("exports/fruit.csv: not placed"), "{words}");
    assert!(!words.contains("price.txt"), "{words}");
    let settings = std::fs::read_to_string(folder.path().join("shipwake.toml")).unwrap();
    for format in ["github", "git", "jira", "pagerduty"] {
        assert!(settings.contains(&format!("format = \"{format}\"")), "{settings}");
    }
    assert!(settings.contains("path = \"git:exports/shop\""), "{settings}");
    stdout(folder.path(), &["report", "monthly", "--as-of", "2026-10-05T00:00:00Z", "--out", "report"]);
    assert!(folder.path().join("report/report.html").is_file());
}

#[test]
fn what_is_deployed_is_told_once_though_tags_and_files_tell_it() {
    let folder = exports();
    stdout(folder.path(), &["init", "exports"]);
    let metrics = ["metric", "deployment_frequency", "change_lead_time", "--as-of", "2026-10-05T00:00:00Z"];
    let text = stdout(folder.path(), &[&metrics[..], &["--grain", "total", "--format", "json"]].concat());
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&found[0]["rows"][0]["n"], &found[1]["rows"][0]["n"]), (&1.into(), &1.into()), "{text}");
    // From the commit of 9 September, 08:00, to the end of its deployment.
    assert_eq!(found[1]["rows"][0]["value"], 26.0 * 3600.0 + 9.0 * 60.0, "{text}");
}

#[test]
fn a_repository_alone_is_told_by_its_tags() {
    let folder = exports();
    stdout(folder.path(), &["init", "exports/shop"]);
    let settings = std::fs::read_to_string(folder.path().join("shipwake.toml")).unwrap();
    assert!(settings.contains("path = \"git:exports/shop\"") && !settings.contains("releases = "), "{settings}");
    let text = stdout(folder.path(), &["sql", "select deployment_id from deployments", "--format", "csv"]);
    assert_eq!(text.trim(), "deployment_id\nshop@v1.0.0");
}

#[test]
fn an_export_with_the_words_of_its_people_is_placed_and_asked_about() {
    let folder = Folder::new("init-words");
    folder.write(
        "en/deploy_log.csv",
        "Change No.,Application,Env,Release,Git SHA,Start,End,Result,Type,Auto?\n\
         CHG1,shop,Production,1.0.1,abc1234f,13/10/2026 09:15,13/10/2026 09:40,OK,Standard,J\n\
         CHG2,shop,Production,1.0.2,abc1235f,14/10/2026 09:15,14/10/2026 09:40,ROLLED BACK,Normal,N\n",
    );
    folder.write("en/approvals.csv", "No,Change,Board,Approver,Decision\n1,CHG2,CAB,Zed,Approved\n");
    folder.write("en/freeze.csv", "Freeze,From,To\nBlack Week,24/11/2026,01/12/2026\n");
    folder.write("en/users.csv", "Application,User\nshop,Ann\nshop,Bob\n");
    stdout(folder.path(), &["init", "en"]);
    let settings = std::fs::read_to_string(folder.path().join("shipwake.toml")).unwrap();
    for line in [
        "table = \"deployments\"",
        "deployment_id = \"Change No.\"",
        "finished_at = \"End\"",
        "# CHECK is_automated: left out, for `J` in \"Auto?\" is neither true nor false",
        "table = \"approvals\"",
        "gate = \"Board\"",
        "table = \"windows\"",
        "kind = \"freeze\"",
        "# CHECK kind: are these all freezes?",
        "# en/users.csv: its columns fit no table: Application, User",
        "# path = \"en/users.csv\"",
        "#  = \"User\"",
    ] {
        assert!(settings.contains(line), "{line}\n{settings}");
    }
    assert!(!settings.contains("table = \"services\""), "{settings}");
    let text = stdout(folder.path(), &["sql", "select ends_at from windows", "--format", "csv"]);
    // The first of December is the last day of the freeze.
    assert_eq!(text.trim(), "ends_at\n2026-12-02T00:00:00Z");
}

#[test]
fn pages_of_an_export_are_one_source_and_another_encoding_is_proposed() {
    let folder = Folder::new("init-pages");
    for page in 1..=3 {
        let header = "incident_id,service,opened_at";
        folder.write(&format!("e/incidents-page{page}.csv"), format!("{header}\n{page},shop,2026-09-10T12:00:00Z\n"));
    }
    let german = b"deployment_id,service,status,finished_at\n1,K\xfcche,succeeded,2026-09-10T12:00:00Z\n";
    folder.write("e/deployments.csv", german);
    stdout(folder.path(), &["init", "e"]);
    let settings = std::fs::read_to_string(folder.path().join("shipwake.toml")).unwrap();
    assert!(settings.contains("path = \"e/incidents-page*.csv\""), "{settings}");
    assert!(settings.contains("encoding = \"windows-1252\""), "{settings}");
    assert_eq!(settings.matches("[[sources]]").count(), 2, "{settings}");
    let text = stdout(folder.path(), &["sql", "select service from deployments", "--format", "csv"]);
    assert_eq!(text.trim(), "service\nKüche");
    let text = stdout(folder.path(), &["sql", "select count(*) as n from incidents", "--format", "csv"]);
    assert_eq!(text.trim(), "n\n3");
}
