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

/// The answers to one metric, by month and team, as text.
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
    results.iter().map(|result| format!("{:?} {:?}\n", result.not_measured, result.rows)).collect()
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
