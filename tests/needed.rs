//! Where only what is asked is loaded, the answers are those of everything, and what was left out cannot be read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::NaiveDate;
use shipwake::engine::Statement;
use shipwake::metric::{self, Metric, MetricResult, Request};
use shipwake::period::Grain;
use shipwake::settings::{Flags, Settings};
use shipwake::workspace::{Asked, Data, Loading, Workspace};

/// The sample company as files on disk.
fn open(asked: Option<Vec<(String, Request)>>) -> Workspace {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sample-data");
    let settings = Settings::read(&Flags {
        config: Some(folder.join("shipwake.toml")),
        data: vec![folder.join("*.csv").display().to_string()],
        as_of: Some("2026-11-02T00:00:00Z".into()),
        ..Flags::default()
    });
    let loading = Loading {
        data: Data::Sources,
        besides: Vec::new(),
        now: 0,
        threads: 2,
        memory_limit: None,
        queries: None,
        progress: &|_, _, _| (),
    };
    let asked = asked.map(|questions| Asked { questions, from_bytes: 0 });
    Workspace::open_for(settings.unwrap(), &loading, asked.as_ref()).unwrap()
}

fn request(by: &[&str], filter: Option<&str>) -> Request {
    Request {
        grain: Grain::Quarter,
        from: NaiveDate::from_ymd_opt(2025, 1, 1).unwrap(),
        until: NaiveDate::from_ymd_opt(2027, 1, 1).unwrap(),
        groupings: vec![by.iter().map(|name| (*name).to_owned()).collect()],
        filter: filter.map(str::to_owned),
    }
}

/// The results as text, so that nothing of them is left out of the comparison.
fn answers(workspace: &Workspace, questions: &[(String, Request)]) -> Vec<String> {
    let asked: Vec<(&Metric, Request)> =
        questions.iter().map(|(name, request)| (workspace.catalogue.metric(name).unwrap(), request.clone())).collect();
    let results = metric::compute(&workspace.context(), &asked).into_iter();
    results.map(|result| result.map_or_else(|error| format!("{error:?}"), |results| told(&results))).collect()
}

fn told(results: &[MetricResult]) -> String {
    results.iter().map(|result| format!("{:?} {:?} {:?}", result.by, result.not_measured, result.rows)).collect()
}

#[test]
fn every_metric_alone_is_the_same_with_only_its_own_columns() {
    let whole = open(None);
    for metric in whole.catalogue.metrics.values().filter(|metric| !metric.aggregate.is_table()) {
        let questions = vec![(metric.name.clone(), request(&[], None))];
        let lean = open(Some(questions.clone()));
        assert_eq!(answers(&lean, &questions), answers(&whole, &questions), "{}", metric.name);
    }
}

#[test]
fn several_metrics_with_groups_and_a_condition_are_the_same() {
    let names = ["deployment_frequency", "change_fail_rate", "change_lead_time", "failed_deployment_recovery_time"];
    let questions: Vec<(String, Request)> =
        names.iter().map(|name| (name.to_string(), request(&["team"], Some("service like '%a%'")))).collect();
    let (whole, lean) = (open(None), open(Some(questions.clone())));
    assert_eq!(answers(&lean, &questions), answers(&whole, &questions));
    assert!(answers(&whole, &questions).iter().all(|answer| answer.contains("period_start")));
}

#[test]
fn which_rows_stay_and_from_when_to_when_there_are_data_does_not_depend_on_what_is_asked() {
    let (whole, lean) = (open(None), open(Some(vec![("deployment_frequency".into(), request(&[], None))])));
    assert_eq!(lean.files(), whole.files());
    assert_eq!(lean.first_rejection, whole.first_rejection);
    assert_eq!((lean.data_from, lean.data_until), (whole.data_from, whole.data_until));
}

#[test]
fn what_was_not_loaded_is_an_error_and_not_unknown() {
    let lean = open(Some(vec![("deployment_frequency".into(), request(&[], None))]));
    let ask = |text: &str| lean.ask(&Statement::once("query", "query", text.into()), &BTreeMap::new());
    let error = ask("select count(approved_by) from deployments").unwrap_err();
    assert!(format!("{error:?}").contains("`deployments.approved_by` was not loaded"), "{error:?}");
    assert!(ask("select count(*) from deployments where is_production").is_ok());
}
