//! Many companies in one log: steady ones, or with one thing changed in the last six months.
//!
//! A company is a `team` of the log and a team of it is a `service`, so that one pass over all rows computes the
//! metrics of all companies with the program's own queries. [`Apart`] gives each its own back.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{DateTime, Months, NaiveDate};
use shipwake::metric::{Metric, MetricResult, Row};
use shipwake::stats::random::Generator;

use super::dice::{exponential, log_normal, log_uniform, poisson};

const HOUR: f64 = 3_600.0;
const DAY: f64 = 24.0 * HOUR;

/// Months that the monthly report looks at.
pub const HISTORY: u32 = 24;

/// Months at the end in which what is planted holds.
const CHANGED: u32 = 6;

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Planted {
    Nothing,
    FailuresDoubled,
    LeadTimeHalved,
    /// Three times as many failures in the reported month alone.
    FailuresTripledOnce,
}

pub struct Company {
    pub name: String,
    /// Whole months of its log.
    months: u32,
    teams: Vec<Team>,
    planted: Planted,
}

struct Team {
    deployments_a_month: f64,
    fail_ratio: f64,
    lead_s: f64,
    recovery_s: f64,
    incidents_a_month: f64,
}

impl Company {
    /// Between 13 and 36 months and one to eight teams, tiny ones among them. Where they are `alike`, all teams break
    /// as often.
    pub fn any(number: usize, is_alike: bool, dice: &mut Generator) -> Self {
        let common = log_uniform(dice, 0.02, 0.3);
        let teams = (0..1 + dice.below(8)).map(|_| Team {
            deployments_a_month: log_uniform(dice, 0.4, 10.0),
            fail_ratio: if is_alike { common } else { log_uniform(dice, 0.02, 0.3) },
            lead_s: log_uniform(dice, 4.0 * HOUR, 10.0 * DAY),
            recovery_s: log_uniform(dice, 0.3 * HOUR, 12.0 * HOUR),
            incidents_a_month: log_uniform(dice, 0.1, 2.0),
        });
        let teams = teams.collect();
        Self { name: format!("c{number:03}"), months: 13 + dice.below(24) as u32, teams, planted: Planted::Nothing }
    }

    /// Two years, four teams of forty deployments a month together, one in eight of which fails.
    pub fn with(planted: Planted, number: usize) -> Self {
        let team = || Team {
            deployments_a_month: 10.0,
            fail_ratio: 0.125,
            lead_s: 2.0 * DAY,
            recovery_s: HOUR,
            incidents_a_month: 0.2,
        };
        let name = format!("{planted:?}{number:03}").to_lowercase();
        Self { name, months: HISTORY, teams: (0..4).map(|_| team()).collect(), planted }
    }

    /// The rows of this company's own log, of all that stand under its name.
    pub fn own(&self, rows: Option<&Vec<Row>>, end: NaiveDate) -> Vec<Row> {
        let begins = end - Months::new(self.months.min(HISTORY));
        rows.into_iter().flatten().filter(|row| row.period_start >= begins).cloned().collect()
    }
}

/// A metric of all companies, apart: as a whole and by team.
pub struct Apart<'a> {
    pub metric: &'a Metric,
    wholes: BTreeMap<String, Vec<Row>>,
    teams: BTreeMap<String, Vec<Row>>,
    shape: MetricResult,
}

impl<'a> Apart<'a> {
    /// `by_company` is grouped by `team`, `by_team` by `service`, and both by the metric's own column, if it has one.
    pub fn new(metric: &'a Metric, by_company: MetricResult, by_team: MetricResult) -> Self {
        let shape = MetricResult { rows: Vec::new(), ..by_company.clone() };
        let (mut wholes, mut teams) = (BTreeMap::<_, Vec<Row>>::new(), BTreeMap::<_, Vec<Row>>::new());
        for mut row in by_company.rows {
            let company = row.dimensions.remove(0).unwrap_or_default();
            wholes.entry(company).or_default().push(row);
        }
        for row in by_team.rows {
            let company = row.dimensions[0].as_deref().unwrap_or_default().split('-').next().unwrap_or_default();
            teams.entry(company.to_owned()).or_default().push(row);
        }
        Self { metric, wholes, teams, shape }
    }

    /// What the report looks at of one company.
    pub fn of(&self, company: &Company, end: NaiveDate) -> (&'a Metric, MetricResult, Vec<MetricResult>) {
        let own_column = &self.shape.by[1..];
        let result = |rows: &BTreeMap<String, Vec<Row>>, by: Vec<String>| MetricResult {
            rows: company.own(rows.get(&company.name), end),
            by,
            ..self.shape.clone()
        };
        let by = |column: &str| std::iter::once(column.to_owned()).chain(own_column.iter().cloned()).collect();
        let groups = ["team", "service"].map(|column| result(&self.teams, by(column)));
        (self.metric, result(&self.wholes, own_column.to_vec()), groups.to_vec())
    }
}

/// The files of all companies, whose logs end with the day before `end`.
pub fn files(companies: &[Company], end: NaiveDate, dice: &mut Generator) -> Vec<(&'static str, String)> {
    let mut log = Log {
        deployments: "deployment_id,service,team,environment,status,change_type,started_at,finished_at\n".into(),
        incidents: "incident_id,service,severity,opened_at,resolved_at,deployment_id\n".into(),
        changes: "change_id,service,committed_at,opened_at,first_review_at,merged_at,deployment_id\n".into(),
        services: "service,team\n".into(),
        count: 0,
    };
    for company in companies {
        for (number, team) in company.teams.iter().enumerate() {
            let service = format!("{}-t{number}", company.name);
            writeln!(log.services, "{service},{}", company.name).unwrap();
            for back in (1..=company.months.min(HISTORY)).rev() {
                let start = end - Months::new(back);
                log.month(company, team, &service, (start, start + Months::new(1), back), dice);
            }
        }
    }
    vec![
        ("deployments.csv", log.deployments),
        ("incidents.csv", log.incidents),
        ("changes.csv", log.changes),
        ("services.csv", log.services),
    ]
}

struct Log {
    deployments: String,
    incidents: String,
    changes: String,
    services: String,
    count: u64,
}

impl Log {
    fn month(
        &mut self,
        company: &Company,
        team: &Team,
        service: &str,
        (start, next, back): (NaiveDate, NaiveDate, u32),
        dice: &mut Generator,
    ) {
        let begins = start.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() as f64;
        let length = (next - start).num_seconds() as f64;
        let months = length / (30.4 * DAY);
        let is_changed = back <= CHANGED;
        let failures = match company.planted {
            Planted::FailuresDoubled if is_changed => 2.0,
            Planted::FailuresTripledOnce if back == 1 => 3.0,
            _ => 1.0,
        };
        let lead = if company.planted == Planted::LeadTimeHalved && is_changed { 0.5 } else { 1.0 };
        for _ in 0..poisson(dice, team.deployments_a_month * months) {
            let finished = begins + dice.uniform() * length;
            self.deployment(company, service, finished, dice);
            self.change(service, finished, team.lead_s * lead, dice);
            if dice.uniform() < team.fail_ratio * failures {
                let named = self.count;
                let opened = finished + exponential(dice, 3.0 * HOUR);
                self.incident(service, opened, team.recovery_s, Some(named), dice);
            }
        }
        for _ in 0..poisson(dice, team.incidents_a_month * months) {
            let opened = begins + dice.uniform() * length;
            self.incident(service, opened, team.recovery_s, None, dice);
        }
    }

    fn deployment(&mut self, company: &Company, service: &str, finished: f64, dice: &mut Generator) {
        self.count += 1;
        let status = if dice.uniform() < 0.03 { "failed" } else { "succeeded" };
        let kind = if dice.uniform() < 0.05 { "emergency" } else { "standard" };
        let (started, finished) = (text(finished - log_normal(dice, 600.0, 0.5)), text(finished));
        let (number, company) = (self.count, &company.name);
        let row = format!("d{number},{service},{company},production,{status},{kind},{started},{finished}");
        writeln!(self.deployments, "{row}").unwrap();
    }

    fn change(&mut self, service: &str, finished: f64, lead_s: f64, dice: &mut Generator) {
        let mut part = |share: f64| log_normal(dice, lead_s * share, 1.0);
        let merged = finished - part(0.3);
        let reviewed = merged - part(0.1);
        let opened = reviewed - part(0.1);
        let (committed, number) = (opened - part(0.3), self.count);
        let instants = [committed, opened, reviewed, merged].map(text).join(",");
        writeln!(self.changes, "h{number},{service},{instants},d{number}").unwrap();
    }

    fn incident(&mut self, service: &str, opened: f64, recovery_s: f64, named: Option<u64>, dice: &mut Generator) {
        self.count += 1;
        let resolved = text(opened + log_normal(dice, recovery_s, 1.0));
        let severity = ["sev1", "sev2", "sev3", "sev3"][dice.below(4)];
        let named = named.map(|number| format!("d{number}")).unwrap_or_default();
        let number = self.count;
        writeln!(self.incidents, "i{number},{service},{severity},{},{resolved},{named}", text(opened)).unwrap();
    }
}

fn text(second: f64) -> String {
    DateTime::from_timestamp(second as i64, 0).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
