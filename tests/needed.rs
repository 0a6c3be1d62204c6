//! Where only what is asked is loaded, the answers are those of everything, and what was left out cannot be read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::NaiveDate;
use shipwake::embedded;
use shipwake::engine::Statement;
use shipwake::metric::{self, Metric, MetricResult, Request};
use shipwake::period::{Grain, Period};
use shipwake::report::numbers::{self, Listing};
use shipwake::report::{self, Definition, Evidence, Subject, statements};
use shipwake::settings::{Flags, Settings};
use shipwake::workspace::{Asked, AskedReport, Data, Loading, Workspace};

/// The sample company as files on disk.
fn open(asked: Option<Vec<(String, Request)>>) -> Workspace {
    let asked = asked.map(|questions| Asked { questions, ..Asked::default() });
    open_for(asked.as_ref())
}

fn open_for(asked: Option<&Asked>) -> Workspace {
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
    Workspace::open_for(settings.unwrap(), &loading, asked).unwrap()
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

#[test]
fn the_rows_of_every_table_are_the_same_with_only_its_own_columns() {
    let whole = open(None);
    let rows = |workspace: &Workspace, name: &str| {
        let metric = workspace.catalogue.metric(name).unwrap();
        let statement = metric::events(&workspace.context(), metric, &request(&[], None)).unwrap();
        format!("{:?}", workspace.engine.run(&statement).map(|answer| answer.batches).unwrap())
    };
    for metric in whole.catalogue.metrics.values().filter(|metric| metric.aggregate.is_table()) {
        let lean = open(Some(vec![(metric.name.clone(), request(&[], None))]));
        assert_eq!(rows(&lean, &metric.name), rows(&whole, &metric.name), "{}", metric.name);
    }
}

#[test]
fn a_report_says_the_same_where_views_are_computed_no_further_than_it_asks() {
    let texts: Vec<(String, String)> = embedded::REPORTS.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    let whole = open(None);
    for name in ["monthly", "governance"] {
        let definition = Definition::find(name, &texts).unwrap();
        assert!(report::is_foreseen(&definition), "{name}");
        let report = AskedReport { definition: &definition, with_events: true };
        let lean = open_for(Some(&Asked { report: Some(report), ..Asked::default() }));
        assert_eq!(told_in(&lean, &definition), told_in(&whole, &definition), "{name}");
        assert_eq!(lean.fingerprint(), whole.fingerprint(), "{name}");
    }
}

#[test]
fn what_a_report_does_not_ask_of_a_view_is_an_error_and_not_unknown() {
    let texts: Vec<(String, String)> = embedded::REPORTS.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    let definition = Definition::find("monthly", &texts).unwrap();
    let report = AskedReport { definition: &definition, with_events: false };
    let lean = open_for(Some(&Asked { report: Some(report), ..Asked::default() }));
    let error = lean.engine.run(&Statement::once("query", "query", "select url from assessed_deployments".into()));
    let error = format!("{:?}", error.unwrap_err());
    assert!(error.contains("`assessed_deployments.url` was not loaded"), "{error}");
}

/// A report with the numbers and the events behind it, as text.
fn told_in(workspace: &Workspace, definition: &Definition) -> String {
    let context = workspace.context();
    let start =
        context.calendar.step(context.calendar.start_of(day(2026, 10, 20), definition.grain), definition.grain, -1);
    let period = Period { grain: definition.grain, start, end: context.calendar.next(start, definition.grain) };
    let subject = Subject {
        organisation: "",
        catalogue: &workspace.catalogue,
        context: &context,
        release: None,
        period,
        definitions: Vec::new(),
        definitions_hash: "",
        profile: "dora",
        command: "",
        options: "",
        notes: &workspace.notes,
        fingerprint: "",
        data_until: workspace.data_until,
        is_sample: false,
        audience: Default::default(),
        package: None,
    };
    let evidence = Evidence::gather(definition, &subject).unwrap();
    let statements = statements::all(definition, &subject, &evidence);
    let report = report::told(definition, &subject, &evidence, &statements).unwrap();
    let (measures, lists) = evidence.numbers(&subject);
    let events = numbers::raw_rows(&subject).unwrap();
    assert!(events.iter().any(|listing| listing.answer.row_count() > 0), "{}", definition.name);
    let listed = |listings: &[Listing]| -> String {
        listings.iter().map(|listing| format!("{} {:?}\n", listing.name, listing.answer.batches)).collect()
    };
    let report = serde_json::to_string_pretty(&report).unwrap();
    format!("{report}\n{measures:#?}\n{}{}", listed(&lists), listed(&events))
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}
