//! Records of tools that make one row together do so whichever runs they come in.

use crate::support::Folder;
use crate::{END, ingest, load, read, store_in, told};

const DEPLOYMENT: &str = r#"[{"id": 1, "sha": "abc", "ref": "main", "task": "deploy", "environment": "production",
  "created_at": "2026-10-01T10:00:00Z", "updated_at": "2026-10-01T10:05:00Z",
  "statuses_url": "https://api.github.com/repos/example/shop/deployments/1/statuses",
  "repository_url": "https://api.github.com/repos/example/shop", "creator": {"login": "ada"}}]"#;

fn status(id: u32, state: &str, at: &str) -> String {
    format!(
        r#"[{{"id": {id}, "state": "{state}", "environment": "production", "created_at": "{at}", "updated_at": "{at}",
  "deployment_url": "https://api.github.com/repos/example/shop/deployments/1",
  "repository_url": "https://api.github.com/repos/example/shop", "creator": {{"login": "ada"}}}}]"#
    )
}

#[test]
fn a_status_that_comes_before_its_deployment_is_rejected_until_the_deployment_comes() {
    let folder = Folder::new("tools");
    folder.write("1.json", status(11, "in_progress", "2026-10-01T10:01:00Z"));
    folder.write("2.json", DEPLOYMENT);
    folder.write("3.json", status(12, "success", "2026-10-01T10:04:00Z"));
    folder.write("4.json", status(13, "failure", "2026-10-01T10:09:00Z"));
    let names: Vec<String> = (1..=4).map(|number| format!("github={number}.json")).collect();
    let store = store_in(folder.path(), "store");
    for count in 1..=names.len() {
        ingest(&store, folder.path(), &names[count - 1..count], count as i64).unwrap();
        assert_eq!(told(&read(&store, END)), told(&load(folder.path(), &names[..count], END)), "{count} files");
    }
}

#[test]
fn a_record_that_is_exported_again_counts_once() {
    let folder = Folder::new("again");
    let names = vec!["github=all.json".to_owned()];
    let store = store_in(folder.path(), "store");
    let joined = |parts: &[String]| {
        let all: Vec<&str> = parts.iter().map(|part| part.trim_start_matches('[').trim_end_matches(']')).collect();
        format!("[{}]", all.join(","))
    };
    let mut parts = vec![DEPLOYMENT.to_owned()];
    for (number, (state, at)) in
        [("in_progress", "2026-10-01T10:01:00Z"), ("success", "2026-10-01T10:04:00Z")].into_iter().enumerate()
    {
        parts.push(status(20 + number as u32, state, at));
        folder.write("all.json", joined(&parts));
        ingest(&store, folder.path(), &names, number as i64).unwrap();
        let (kept, once) = (read(&store, END), load(folder.path(), &names, END));
        assert_eq!(told(&kept), told(&once));
    }
}
