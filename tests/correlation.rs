//! Companies of which the truth is known: what the incident rate ratio says of them, through the program's own workspace.
//!
//! A company is a team; hundreds of them stand in one set of data, so that one pass judges them all. Chance is seeded.
//! Bounds come from the binomial distribution: a correct test passes them with a probability of 0.999 at least.

use chrono::{DateTime, NaiveDate};

use shipwake::metric::{self, Request};
use shipwake::period::Grain;
use shipwake::settings::{Flags, Settings};
use shipwake::workspace::{Data, Loading, Workspace};

const HOUR: f64 = 3600.0;
const WEEK: f64 = 168.0 * HOUR;
/// Monday 2025-01-06T00:00:00Z.
const BEGIN: i64 = 1_736_121_600;
const WEEKS: f64 = 52.0;
/// Planning is deep; a debug build needs room for it.
const STACK_BYTES: usize = 64 << 20;

#[test]
fn a_doubled_rate_after_deployments_is_found_and_measured() {
    let company = Company { services: 2, effect: 2.0, incidents_per_week: 1.5, ..Company::default() };
    let found = judged(&simulated(&company, 40, 1));
    let holding = found.iter().filter(|one| one.low <= 2.0 && one.high >= 2.0).count();
    let missed = found.len() - holding;
    assert!(missed <= most_by_chance(found.len(), 0.05), "{missed} of {} intervals miss 2", found.len());
    let detected = share_below(&found, 0.05);
    assert!(detected > 0.75, "found in {detected} of the companies");
    let all = mean_ratio(&found);
    assert!((1.75..2.25).contains(&all), "the companies' mean ratio is {all}");
}

#[test]
fn a_growing_company_hides_no_doubled_rate() {
    let company = Company { services: 4, effect: 2.0, incidents_per_week: 1.5, is_growing: true, ..Company::default() };
    let found = judged(&simulated(&company, 30, 7));
    let missed = found.iter().filter(|one| one.low > 2.0 || one.high < 2.0).count();
    assert!(missed <= most_by_chance(found.len(), 0.05), "{missed} of {} intervals miss 2", found.len());
    let detected = share_below(&found, 0.05);
    assert!(detected > 0.75, "found in {detected} of the companies");
    let all = mean_ratio(&found);
    assert!((1.75..2.25).contains(&all), "the companies' mean ratio is {all}");
}

#[test]
fn busy_days_alone_are_no_finding() {
    let company = Company { busy_days: 6.0, ..Company::default() };
    let found = judged(&simulated(&company, 100, 2));
    assert_silent(&found);
    // The days do meet: without the shifts the ratio alone would accuse the deployments.
    let above = found.iter().filter(|one| one.low > 1.0).count();
    assert!(above > most_by_chance(found.len(), 0.025), "{above} intervals lie above 1");
}

#[test]
fn growth_alone_is_no_finding() {
    let company = Company { services: 10, is_growing: true, ..Company::default() };
    let found = judged(&simulated(&company, 30, 6));
    assert_silent(&found);
    let accused = found.iter().filter(|one| one.low > 1.0).count();
    assert!(accused <= most_by_chance(found.len(), 0.025), "{accused} intervals lie above 1");
    // Compared with the whole year, both sides' growth alone would make a ratio of 4/3.
    let all = mean_ratio(&found);
    assert!((0.93..1.07).contains(&all), "the companies' mean ratio is {all}");
}

#[test]
fn repairs_that_say_so_are_no_cause() {
    assert_silent(&judged(&simulated(&Company { repairs: Repairs::Marked, ..Company::default() }, 100, 3)));
}

#[test]
fn repairs_made_while_the_incident_was_open_are_no_cause() {
    assert_silent(&judged(&simulated(&Company { repairs: Repairs::WhileOpen, ..Company::default() }, 100, 4)));
}

/// The tests above can fail: the same repairs would look like causes if nothing told them from releases.
#[test]
fn repairs_that_nothing_gives_away_would_look_like_causes() {
    let found = judged(&simulated(&Company { repairs: Repairs::Hidden, ..Company::default() }, 50, 5));
    let accused = share_below(&found, 0.05);
    assert!(accused > 0.5, "{accused} of the companies");
}

fn assert_silent(found: &[Judgement]) {
    let accused = found.iter().filter(|one| one.shift_p <= 0.05).count();
    let bound = most_by_chance(found.len(), 0.05);
    assert!(accused <= bound, "{accused} of {} companies accused, {bound} might be by chance", found.len());
}

fn share_below(found: &[Judgement], level: f64) -> f64 {
    found.iter().filter(|one| one.shift_p <= level).count() as f64 / found.len() as f64
}

fn mean_ratio(found: &[Judgement]) -> f64 {
    (found.iter().map(|one| one.ratio.ln()).sum::<f64>() / found.len() as f64).exp()
}

/// The quantile 0.999 of the binomial distribution.
fn most_by_chance(trials: usize, probability: f64) -> usize {
    let mut term = (1.0 - probability).powi(trials as i32);
    let mut reached = term;
    let mut count = 0;
    while reached < 0.999 {
        term *= (trials - count) as f64 / (count as f64 + 1.0) * probability / (1.0 - probability);
        count += 1;
        reached += term;
    }
    count
}

/// What follows an incident.
#[derive(Clone, Copy, PartialEq)]
enum Repairs {
    None,
    /// Half of all incidents come back within a day; the repair names the incident, and comes when it is over.
    Marked,
    /// The same, unnamed, while the incident is open.
    WhileOpen,
    /// The same, unnamed, and after the incident was closed.
    Hidden,
}

/// How a company lives. Deployments are made in office hours, three in two weeks a service.
struct Company {
    services: usize,
    /// How many times more often incidents begin in the 24 hours after a deployment.
    effect: f64,
    /// How many times more often incidents begin from Monday to Friday.
    busy_days: f64,
    /// Deployments and incidents both grow from none to twice their mean over the year.
    is_growing: bool,
    incidents_per_week: f64,
    repairs: Repairs,
}

impl Default for Company {
    fn default() -> Self {
        Self {
            services: 1,
            effect: 1.0,
            busy_days: 1.0,
            is_growing: false,
            incidents_per_week: 1.0,
            repairs: Repairs::None,
        }
    }
}

/// What is read: CSV of deployments and of incidents.
struct Logs {
    deployments: String,
    incidents: String,
}

fn simulated(company: &Company, companies: usize, seed: u64) -> Logs {
    let mut chance = Chance(seed);
    let mut logs = Logs {
        deployments: "deployment_id,service,team,status,finished_at,fixes_incident_id\n".into(),
        incidents: "incident_id,service,opened_at,resolved_at\n".into(),
    };
    for number in 0..companies {
        for part in 0..company.services {
            company.write(&format!("s{number}-{part}"), &format!("t{number}"), &mut chance, &mut logs);
        }
    }
    logs
}

impl Company {
    fn write(&self, service: &str, team: &str, chance: &mut Chance, logs: &mut Logs) {
        let is_weekday = |at: f64| at % WEEK < 5.0 * 24.0 * HOUR;
        let is_office = |at: f64| is_weekday(at) && (9.0..17.0).contains(&(at / HOUR % 24.0));
        let size = |at: f64| if self.is_growing { at / (WEEKS * WEEK) } else { 1.0 };
        let most = if self.is_growing { 2.0 } else { 1.0 };
        let releases = thinned(chance, most * 1.5 / 40.0, |at| if is_office(at) { size(at) } else { 0.0 });
        let highest = self.effect.max(1.0) * self.busy_days;
        let first = thinned(chance, most * self.incidents_per_week / 168.0 * highest, |at| {
            let is_after = releases.iter().any(|release| (0.0..24.0 * HOUR).contains(&(at - release)));
            let by_day = if is_weekday(at) { self.busy_days } else { 1.0 };
            let by_release = if is_after { self.effect } else { 1.0 };
            size(at) * by_day * by_release / highest
        });
        for (index, at) in releases.iter().enumerate() {
            logs.deployment(&format!("{service}-d{index}"), service, team, *at, "");
        }
        for (index, at) in first.iter().enumerate() {
            let name = format!("{service}-i{index}");
            logs.incident(&name, service, *at);
            if self.repairs == Repairs::None {
                continue;
            }
            let (after, fixes) = match self.repairs {
                Repairs::Marked => (3.0, name.as_str()),
                Repairs::WhileOpen => (1.0, ""),
                Repairs::Hidden | Repairs::None => (3.0, ""),
            };
            logs.deployment(&format!("{name}-fix"), service, team, at + after * HOUR, fixes);
            if chance.uniform() < 0.5 {
                logs.incident(&format!("{name}-again"), service, at + (4.0 + 16.0 * chance.uniform()) * HOUR);
            }
        }
    }
}

impl Logs {
    fn deployment(&mut self, name: &str, service: &str, team: &str, at: f64, fixes: &str) {
        self.deployments.push_str(&format!("{name},{service},{team},succeeded,{},{fixes}\n", stamp(at)));
    }

    /// Incidents are over after two hours.
    fn incident(&mut self, name: &str, service: &str, at: f64) {
        self.incidents.push_str(&format!("{name},{service},{},{}\n", stamp(at), stamp(at + 2.0 * HOUR)));
    }
}

fn stamp(seconds: f64) -> String {
    DateTime::from_timestamp(BEGIN + seconds as i64, 0).unwrap().to_rfc3339()
}

/// Instants of a Poisson process over the year: `rate` an hour, of which `keep` says which share stays.
fn thinned(chance: &mut Chance, rate: f64, keep: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut at = 0.0;
    let mut kept = Vec::new();
    loop {
        at -= (1.0 - chance.uniform()).ln() / rate * HOUR;
        if at >= WEEKS * WEEK {
            return kept;
        }
        if chance.uniform() < keep(at) {
            kept.push(at);
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Chance(u64);

impl Chance {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What the program says of one company.
struct Judgement {
    ratio: f64,
    low: f64,
    high: f64,
    shift_p: f64,
}

fn judged(logs: &Logs) -> Vec<Judgement> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || asked(logs));
        thread.expect("a thread starts").join().expect("the program answers")
    })
}

fn asked(logs: &Logs) -> Vec<Judgement> {
    let files = [("deployments.csv", logs.deployments.as_bytes()), ("incidents.csv", logs.incidents.as_bytes())];
    let loading = Loading {
        data: Data::Files(&files),
        besides: Vec::new(),
        now: (BEGIN + (60.0 * WEEK) as i64) * 1_000_000,
        threads: 2,
        memory_limit: None,
        queries: None,
        progress: &|_, _, _| {},
    };
    let workspace = Workspace::open(Settings::read(&Flags::default()).unwrap(), &loading).unwrap();
    let metric = workspace.catalogue.metric("incident_rate_ratio").unwrap();
    let request = Request {
        grain: Grain::Total,
        from: NaiveDate::from_ymd_opt(2025, 1, 1).unwrap(),
        until: NaiveDate::from_ymd_opt(2026, 7, 1).unwrap(),
        groupings: vec![vec!["team".into()]],
        filter: None,
    };
    let mut results = metric::compute(&workspace.context(), &[(metric, request)]);
    let result = results.remove(0).unwrap().remove(0);
    let judgement = |row: &metric::Row| Judgement {
        ratio: row.value.unwrap(),
        low: row.low.unwrap(),
        high: row.high.unwrap(),
        shift_p: result.own(row, "shift_p").unwrap(),
    };
    result.rows.iter().map(judgement).collect()
}
