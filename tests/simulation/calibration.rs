//! Of the links that have a score of three quarters, three quarters are true.
//!
//! Services with known causes go through [`link`]: background incidents at a constant rate, incidents that a deployment
//! brought after a delay, outages that are told several times, and deployments made to end an incident. A link is true
//! where this very deployment brought the incident.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use arrow::datatypes::{Float64Type, Schema};
use shipwake::definitions::{AttributionRule, Definitions};
use shipwake::link::{Rules, Tables, link};
use shipwake::stats::random::Generator;

use super::dice::exponential;

const HOUR: f64 = 3_600.0;
const DAY: f64 = 24.0 * HOUR;

/// A year and a half.
const END: f64 = 548.0 * DAY;

/// How a service lives.
#[derive(Clone, Copy)]
struct Habits {
    days_between_deployments: f64,
    background_a_day: f64,
    /// Share of deployments that bring an incident, and how long after on average.
    fail_ratio: f64,
    delay_s: f64,
    /// Share of incidents that are told three times more.
    told_again: f64,
    /// Share of incidents that are followed by a deployment.
    repaired: f64,
}

/// All mixtures of cadence, background, failures and delay.
fn mixtures(told_again: f64, repaired: f64) -> Vec<Habits> {
    let mut all = Vec::new();
    for days_between_deployments in [0.3, 1.0, 3.0, 7.0] {
        for background_a_day in [0.02, 0.1, 0.3] {
            for fail_ratio in [0.03, 0.1, 0.3] {
                for delay_s in [HOUR, 6.0 * HOUR, 20.0 * HOUR] {
                    all.push(Habits {
                        days_between_deployments,
                        background_a_day,
                        fail_ratio,
                        delay_s,
                        told_again,
                        repaired,
                    });
                }
            }
        }
    }
    all
}

/// What really happened.
#[derive(Default)]
struct History {
    /// Name, service, instant, whether it was made because of an incident.
    deployments: Vec<(String, String, f64, bool)>,
    /// Service, instant, the deployment that brought it.
    incidents: Vec<(String, f64, Option<String>)>,
}

impl History {
    fn live(&mut self, service: &str, habits: Habits, dice: &mut Generator) {
        let first_incident = self.incidents.len();
        let mut at = exponential(dice, habits.days_between_deployments * DAY);
        while at < END {
            let name = format!("{service}-{}", self.deployments.len());
            if dice.uniform() < habits.fail_ratio {
                let opened = at + exponential(dice, habits.delay_s);
                self.incidents.push((service.to_owned(), opened, Some(name.clone())));
            }
            self.deployments.push((name, service.to_owned(), at, false));
            at += exponential(dice, habits.days_between_deployments * DAY);
        }
        let mut at = exponential(dice, DAY / habits.background_a_day);
        while at < END {
            self.incidents.push((service.to_owned(), at, None));
            at += exponential(dice, DAY / habits.background_a_day);
        }
        for incident in first_incident..self.incidents.len() {
            let opened = self.incidents[incident].1;
            if dice.uniform() < habits.told_again {
                let mut at = opened;
                for _ in 0..3 {
                    at += exponential(dice, 2.0 * HOUR);
                    self.incidents.push((service.to_owned(), at, None));
                }
            }
            if dice.uniform() < habits.repaired {
                let name = format!("{service}-{}", self.deployments.len());
                self.deployments.push((name, service.to_owned(), opened + exponential(dice, 2.0 * HOUR), true));
            }
        }
        self.incidents.retain(|(_, at, _)| *at < END);
    }

    fn tables(&self) -> [RecordBatch; 2] {
        let names = self.deployments.iter().map(|(name, ..)| name.as_str());
        let services = self.deployments.iter().map(|(_, service, ..)| service.as_str());
        let finished = self.deployments.iter().map(|(_, _, at, _)| *at);
        let deployments = batch(vec![
            ("deployment_id", text(names.clone())),
            ("service", text(services)),
            ("environment", text(names.clone().map(|_| "production"))),
            ("status", text(names.map(|_| "succeeded"))),
            ("finished_at", instants(finished)),
        ]);
        let ids: Vec<String> = (0..self.incidents.len()).map(|number| number.to_string()).collect();
        let incidents = batch(vec![
            ("incident_id", text(ids.iter().map(String::as_str))),
            ("service", text(self.incidents.iter().map(|(service, ..)| service.as_str()))),
            ("opened_at", instants(self.incidents.iter().map(|(_, at, _)| *at))),
        ]);
        [deployments, incidents]
    }

    /// Every link by closeness that has a score: the score, whether it is true, whether the deployment was a repair.
    fn links(&self) -> Vec<(f64, bool, bool)> {
        let [deployments, incidents] = self.tables();
        let (deployments, incidents) = ([deployments], [incidents]);
        let tables = Tables { deployments: &deployments, incidents: &incidents, ..Tables::default() };
        let definitions = Definitions::default();
        let mut attribution = definitions.attribution;
        attribution.rules = vec![AttributionRule::Proximity];
        let rules = Rules {
            attribution,
            delivery: definitions.delivery.rules,
            failure: definitions.change_fail_rate,
            production: definitions.production,
            as_of: (END * 1e6) as i64,
        };
        let links = link(&tables, &rules, None).unwrap();
        let mut found = Vec::new();
        for batch in &links.attributions {
            let column = |name: &str| batch.column_by_name(name).unwrap();
            let (incidents, deployments) =
                (column("incident_id").as_string_view(), column("deployment_id").as_string_view());
            let scores = column("score").as_primitive::<Float64Type>();
            for ((incident, deployment), score) in incidents.iter().zip(deployments).zip(scores) {
                let (incident, deployment): (usize, &str) = (incident.unwrap().parse().unwrap(), deployment.unwrap());
                let is_true = self.incidents[incident].2.as_deref() == Some(deployment);
                let number: usize = deployment.rsplit('-').next().unwrap().parse().unwrap();
                found.extend(score.map(|score| (score, is_true, self.deployments[number].3)));
            }
        }
        found
    }
}

fn text<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(values))
}

fn instants(seconds: impl Iterator<Item = f64>) -> ArrayRef {
    let micros = seconds.map(|second| (second * 1e6) as i64);
    Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let schema = Schema::new(batch.schema().fields().clone());
    batch.with_schema(Arc::new(schema)).unwrap()
}

fn links(told_again: f64, repaired: f64, seed: u64) -> Vec<(f64, bool, bool)> {
    let mut dice = Generator::new(seed);
    let mut history = History::default();
    for (number, habits) in mixtures(told_again, repaired).into_iter().enumerate() {
        history.live(&format!("s{number}"), habits, &mut dice);
    }
    history.links()
}

/// Scores by tenths against the share of true links: within `tolerance` and the noise of so many links.
fn assert_calibrated(links: &[(f64, bool, bool)], tolerance: f64) {
    let mut checked = 0;
    for tenth in 0..10 {
        let own: Vec<&(f64, bool, bool)> =
            links.iter().filter(|(score, ..)| ((score * 10.0) as usize).min(9) == tenth).collect();
        let n = own.len() as f64;
        if own.len() < 200 {
            continue;
        }
        let expected = own.iter().map(|(score, ..)| score).sum::<f64>() / n;
        let found = own.iter().filter(|(_, is_true, _)| *is_true).count() as f64 / n;
        let noise = 3.0 * (expected * (1.0 - expected) / n).sqrt();
        println!("{tenth}: {n} links scored {expected:.3} on average, {found:.3} are true");
        assert!((found - expected).abs() <= tolerance + noise, "{tenth}: {expected:.3} {found:.3} of {n}");
        checked += 1;
    }
    assert!(checked >= 8, "{checked} tenths");
}

#[test]
fn scores_are_true_as_often_as_they_say() {
    assert_calibrated(&links(0.0, 0.0, 1), 0.08);
}

/// Outages that are told several times, and half of all incidents followed by a deployment.
#[test]
fn outages_and_the_deployments_that_end_them_do_not_inflate_scores() {
    let links = links(0.3, 0.5, 2);
    assert_calibrated(&links, 0.08);
    // What was made because of an incident brought nothing in this world.
    let repairs: Vec<f64> = links.iter().filter(|(.., is_repair)| *is_repair).map(|(score, ..)| *score).collect();
    let mean = repairs.iter().sum::<f64>() / repairs.len() as f64;
    println!("{} links to repairs scored {mean:.3} on average", repairs.len());
    assert!(repairs.len() > 1_000 && mean < 0.15, "{mean}");
}
