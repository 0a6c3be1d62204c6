//! Links that a store keeps answer as links that are made anew.

use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDate;
use shipwake::metric::{self, Metric, Request};
use shipwake::period::Grain;
use shipwake::remote::Network;
use shipwake::settings::{Flags, Settings};
use shipwake::store::{Ingest, Moment, Store};
use shipwake::table::Selection;
use shipwake::workspace::{Asked, Data, Loading, Workspace, link_rules};

use crate::support::Folder;

fn settings() -> Settings {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sample-data");
    let flags = Flags {
        config: Some(folder.join("shipwake.toml")),
        data: vec![folder.join("*.csv").display().to_string()],
        as_of: Some("2026-11-02T00:00:00Z".into()),
        ..Flags::default()
    };
    Settings::read(&flags).unwrap()
}

/// From when to when data reach, and the answers to one metric by month, as text.
fn answers(name: &str, data: Data) -> String {
    let request = Request {
        grain: Grain::Month,
        from: NaiveDate::from_ymd_opt(2025, 1, 1).unwrap(),
        until: NaiveDate::from_ymd_opt(2027, 1, 1).unwrap(),
        groupings: vec![Vec::new()],
        filter: None,
    };
    let asked = Asked { questions: vec![(name.to_owned(), request.clone())], ..Asked::default() };
    let loading = Loading {
        data,
        besides: Vec::new(),
        now: 0,
        threads: 2,
        memory_limit: None,
        queries: None,
        progress: &|_, _, _| (),
    };
    let workspace = Workspace::open_for(settings(), &loading, Some(&asked)).unwrap();
    let metric: &Metric = workspace.catalogue.metric(name).unwrap();
    let results = metric::compute(&workspace.context(), &[(metric, request)]).remove(0).unwrap();
    let ends = format!("from {:?} until {:?}\n", workspace.data_from, workspace.data_until);
    ends + &results.iter().map(|result| format!("{:?} {:?}\n", result.not_measured, result.rows)).collect::<String>()
}

#[test]
fn metrics_over_kept_links_are_those_over_links_made_anew() {
    let folder = Folder::new("links");
    let store = Store::at(&folder.path().join("store").display().to_string(), &Network::default()).unwrap();
    let settings = settings();
    let at = settings.as_of.unwrap();
    let rules = link_rules(&settings, at);
    let outcome = store.ingest(&Ingest {
        sources: &settings.sources,
        base: ".".as_ref(),
        threads: 2,
        at,
        rules: Some(&rules),
        wait: Duration::ZERO,
        progress: &|_, _, _| (),
    });
    assert!(!outcome.unwrap().run.unwrap().links_hash.is_empty(), "links are kept");
    let opened = store.open(Moment::Last).unwrap();
    let mut asked = Selection::default();
    asked.add("deliveries", "lead_s");
    assert!(opened.has_links(&rules, &asked));
    let other = link_rules(&settings.under("datadog").unwrap(), at);
    assert!(!opened.has_links(&other, &asked), "links of other rules are not taken");
    asked.add("attributions", "score");
    assert!(!opened.has_links(&rules, &asked), "the score depends on the moment");
    for name in [
        "deployment_frequency",
        "change_lead_time",
        "change_fail_rate",
        "failed_deployment_recovery_time",
        "deployment_rework_rate",
        "rollback_rate",
        "time_to_restore",
        "release_success_rate",
    ] {
        assert_eq!(answers(name, Data::Store(&opened)), answers(name, Data::Sources), "{name}");
    }
}

/// The columns that the log of a table describes, by the last description in it.
fn described(folder: &Folder, table: &str) -> Vec<String> {
    let log = crate::support::files(&folder.path().join("store").join(table).join("_delta_log"));
    let commits = log.iter().filter(|(path, _)| path.extension().is_some_and(|ending| ending == "json"));
    let lines =
        commits.flat_map(|(_, bytes)| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>());
    let actions = lines.map(|line| serde_json::from_str::<serde_json::Value>(&line).unwrap());
    let mut described = actions.filter_map(|action| action["metaData"]["schemaString"].as_str().map(str::to_owned));
    let last = described.next_back().unwrap();
    let schema: serde_json::Value = serde_json::from_str(&last).unwrap();
    schema["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_table_of_links_describes_every_column_that_any_of_its_files_may_have() {
    let folder = Folder::new("described");
    let store = Store::at(&folder.path().join("store").display().to_string(), &Network::default()).unwrap();
    // Nobody tells of reviews or merges at first.
    folder.write(
        "deployments.csv",
        "deployment_id,service,finished_at\nd1,s,2026-01-02T00:00:00Z\nd2,s,2026-01-05T00:00:00Z\n",
    );
    folder.write("changes.csv", "change_id,service,committed_at\nc1,s,2026-01-01T00:00:00Z\n");
    folder.write(
        "later.csv",
        "change_id,service,committed_at,opened_at,merged_at\nc2,s,2026-01-03T00:00:00Z,2026-01-03T00:00:00Z,2026-01-04T00:00:00Z\n",
    );
    let rules = link_rules(&Settings::read(&Flags::default()).unwrap(), crate::END);
    for names in [["deployments=deployments.csv", "changes=changes.csv"].as_slice(), &["changes=later.csv"]] {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let outcome = store.ingest(&Ingest {
            sources: &crate::specs(&names),
            base: folder.path(),
            threads: 2,
            at: crate::END,
            rules: Some(&rules),
            wait: Duration::ZERO,
            progress: &|_, _, _| (),
        });
        outcome.unwrap().run.unwrap();
        let expected = shipwake::table::LINKS.iter().find(|table| table.name == "deliveries").unwrap();
        let expected: Vec<&str> = expected.columns.iter().map(|column| column.name).collect();
        assert_eq!(described(&folder, "deliveries"), expected);
    }
}
