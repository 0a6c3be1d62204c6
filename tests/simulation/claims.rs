//! What a report claims of companies in which nothing changes, and of those in which something does.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use shipwake::embedded;
use shipwake::metric::{self, Metric, MetricResult, Request};
use shipwake::period::{Grain, Period};
use shipwake::report::statements::{self, FALSE_DISCOVERY_RATE, Statement, Statements, What};
use shipwake::report::{self, Definition, Evidence, Subject};
use shipwake::settings::{Flags, Settings};
use shipwake::stats::random::Generator;
use shipwake::workspace::{Data, Loading, Workspace};

use super::company::{Apart, Company, HISTORY, Planted, files};
use super::dice::at_most;

const COMPANIES: usize = 200;

/// Companies for each thing that is planted.
const CHANGED: usize = 12;

const PLANTED: [Planted; 3] = [Planted::FailuresDoubled, Planted::LeadTimeHalved, Planted::FailuresTripledOnce];

/// Every so manieth report is written out.
const SPOKEN: usize = 5;

/// Words that no report may use of the whole without a statement that holds.
const CLAIMS: [&str; 5] = [" rose ", " fell ", "lead one to expect", " more than ", " less than "];

/// Both laws read the same log: making and linking it takes most of the time.
#[test]
fn steady_companies_are_left_in_peace_and_changes_are_found() {
    let mut dice = Generator::new(20_261_101);
    let mut companies: Vec<Company> =
        (0..COMPANIES).map(|number| Company::any(number, is_alike(number), &mut dice)).collect();
    companies.extend(PLANTED.iter().flat_map(|planted| (0..CHANGED).map(|number| Company::with(*planted, number))));
    let told = told(&companies, &mut dice);
    let (steady, changed) = told.split_at(COMPANIES);
    assert_peace(steady);
    assert_power(changed);
}

/// In every other company all teams break as often, so that every difference found between them is false.
fn is_alike(number: usize) -> bool {
    number.is_multiple_of(2)
}

/// The whole, the series of teams and the differences between teams are three families of tests. Where nothing is
/// true, the false discovery rate of a family is the chance that it claims anything: each may reach 5 % of companies.
fn assert_peace(steady: &[Told]) {
    let claims = |told: &Told, is_meant: &dyn Fn(&Statement) -> bool| told.statements.held.iter().any(is_meant);
    let wholes = steady.iter().filter(|told| claims(told, &|held| held.group.is_empty())).count();
    let is_of_team = |held: &Statement| !held.group.is_empty() && held.what != What::Outlier;
    let teams = steady.iter().filter(|told| claims(told, &is_of_team)).count();
    let alike: Vec<&Told> = steady.iter().step_by(2).collect();
    let differences = alike.iter().filter(|told| claims(told, &|held| held.what == What::Outlier)).count();
    println!(
        "false claims: {wholes} wholes and {teams} teams of {}, {differences} differences of {}",
        steady.len(),
        alike.len()
    );
    assert!(wholes as f64 <= at_most(steady.len(), FALSE_DISCOVERY_RATE), "{wholes} companies");
    assert!(teams as f64 <= at_most(steady.len(), FALSE_DISCOVERY_RATE), "{teams} companies");
    assert!(differences as f64 <= at_most(alike.len(), FALSE_DISCOVERY_RATE), "{differences} companies");

    // Nothing else in the report claims a change: cards, titles and the lead read the statements.
    let silent: Vec<&Told> =
        steady.iter().filter(|told| told.statements.held.is_empty() && !told.words.is_empty()).collect();
    assert!(silent.len() >= COMPANIES / SPOKEN / 2);
    for told in silent {
        let found = CLAIMS.iter().find(|claim| told.words.contains(**claim));
        assert_eq!(found, None, "{}", told.words);
    }
}

/// Of twelve companies each with forty deployments a month and two years of history.
fn assert_power(changed: &[Told]) {
    let found = |planted: Planted, metric: &str| {
        let place = PLANTED.iter().position(|known| *known == planted).unwrap();
        let own = changed.iter().skip(place * CHANGED).take(CHANGED);
        own.filter(|told| told.statements.of_series(metric, &[], &[]).is_some()).count()
    };
    let doubled = found(Planted::FailuresDoubled, "change_fail_rate");
    let halved = found(Planted::LeadTimeHalved, "change_lead_time");
    let once = found(Planted::FailuresTripledOnce, "change_fail_rate");
    println!("found of {CHANGED}: {doubled} doubled fail rates, {halved} halved lead times, {once} single months");
    assert!(doubled * 2 > CHANGED, "{doubled}");
    assert!(halved * 10 > CHANGED * 9, "{halved}");
    assert!(once * 2 >= CHANGED, "{once}");
}

struct Told {
    statements: Statements,
    /// All that the report says; empty where it was not written out.
    words: String,
}

fn told(companies: &[Company], dice: &mut Generator) -> Vec<Told> {
    let end = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
    let workspace = workspace(files(companies, end, dice));
    let context = workspace.context();
    let texts: Vec<(String, String)> = embedded::REPORTS.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    let definition = Definition::find("monthly", &texts).unwrap();
    assert_eq!(definition.history, HISTORY);
    let results = results(&workspace, &definition, end);
    let start = NaiveDate::from_ymd_opt(2026, 10, 1).unwrap();
    let subject = Subject {
        organisation: "",
        catalogue: &workspace.catalogue,
        context: &context,
        release: None,
        period: Period { grain: Grain::Month, start, end },
        definitions: Vec::new(),
        definitions_hash: "",
        profile: "dora",
        command: "",
        options: "",
        notes: &[],
        fingerprint: "",
        data_until: workspace.data_until,
        is_sample: false,
        audience: Default::default(),
        package: None,
    };
    // Checks and lists of cases read the tables, which hold all companies.
    let mut spoken = definition.clone();
    spoken
        .sections
        .retain(|section| ["overview", "look", "throughput", "stages", "instability"].contains(&&*section.id));
    let from = end - chrono::Months::new(HISTORY);
    companies
        .iter()
        .enumerate()
        .map(|(number, company)| {
            let evidence = Evidence::of(results.iter().map(|apart| apart.of(company, end)), (from, end));
            let statements = statements::all(&definition, &subject, &evidence);
            if !number.is_multiple_of(SPOKEN) {
                return Told { statements, words: String::new() };
            }
            let report = report::told(&spoken, &subject, &evidence, &statements).unwrap();
            Told { statements, words: words(&serde_json::to_value(&report).unwrap()) }
        })
        .collect()
}

/// All texts of a report but those that name its method.
fn words(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) if !text.contains("Benjamini") => format!("{text}\n"),
        serde_json::Value::Array(values) => values.iter().map(words).collect(),
        serde_json::Value::Object(fields) => fields.values().map(words).collect(),
        _ => String::new(),
    }
}

fn workspace(files: Vec<(&'static str, String)>) -> Workspace {
    let flags = Flags { as_of: Some("2026-12-15T00:00:00Z".into()), ..Flags::default() };
    let data: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let loading = Loading {
        data: Data::Files(&data),
        besides: Vec::new(),
        now: 0,
        threads: 2,
        memory_limit: None,
        queries: None,
        progress: &|_, _, _| {},
    };
    let workspace = Workspace::open(Settings::read(&flags).unwrap(), &loading).unwrap();
    assert_eq!(workspace.rows_read_and_rejected().1, 0, "{:?}", workspace.first_rejection);
    workspace
}

/// Every metric of the report with its results by company and by team.
fn results<'a>(workspace: &'a Workspace, definition: &Definition, until: NaiveDate) -> Vec<Apart<'a>> {
    let sections = definition.sections.iter();
    let names = sections.flat_map(|section| {
        section.metrics.iter().chain(section.compare.iter().flat_map(|comparison| &comparison.metrics))
    });
    let named: BTreeMap<&str, &Metric> =
        names.map(|name| (name.as_str(), workspace.catalogue.metric(name).unwrap())).collect();
    let columns = |metric: &Metric| workspace.engine.columns(&metric.name).unwrap();
    let has = |metric: &Metric, column: &str| columns(metric).field_with_name(column).is_ok();
    let groupings = vec![vec!["team".to_owned()], vec!["service".to_owned()]];
    let from = until - chrono::Months::new(HISTORY);
    let request = Request { grain: Grain::Month, from, until, groupings, filter: None };
    let asked: Vec<(&Metric, Request)> = named
        .into_values()
        .filter(|metric| !metric.aggregate.is_table() && has(metric, "team") && has(metric, "service"))
        .filter(|metric| metric::missing(metric, &workspace.given).is_none())
        .map(|metric| (metric, request.clone()))
        .collect();
    assert!(asked.len() >= 14);
    let computed = metric::compute(&workspace.context(), &asked);
    let both = computed.into_iter().map(|results| <[MetricResult; 2]>::try_from(results.unwrap()).unwrap());
    asked.into_iter().zip(both).map(|((metric, _), [companies, teams])| Apart::new(metric, companies, teams)).collect()
}
