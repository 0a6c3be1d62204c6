//! A table of moments as the story of its first incident, a lane a service.

use chrono::TimeDelta;

use super::{columns, framed};
use crate::chart::{Chart, Lane, Moment, MomentKind, Story};
use crate::engine::Answer;
use crate::metric::Metric;
use crate::report::Subject;
use crate::report::blocks::{DataTable, Figure};
use crate::report::sections::columns_of;
use crate::report::words;

/// Rows with `incident_id`, `lane`, `relation`, `kind`, `at`, `until_at`, `label` and `is_own`, those of one incident
/// together; none where there is no incident.
pub fn figure(subject: &Subject, metric: &Metric, answer: &Answer) -> Option<Figure> {
    let calendar = &subject.context.calendar;
    let [incidents, lanes, relations, kinds, labels] =
        ["incident_id", "lane", "relation", "kind", "label"].map(|name| columns_of::texts(answer, name));
    let [begins, ends] = ["at", "until_at"].map(|name| columns_of::instants(answer, name));
    let is_own = columns_of::flags(answer, "is_own");
    let told = incidents.first().cloned().flatten()?;
    let mut story: Vec<Lane> = Vec::new();
    let mut rows = Vec::new();
    for index in (0..incidents.len()).filter(|index| incidents[*index].as_ref() == Some(&told)) {
        let (Some(name), Some(at)) = (lanes[index].clone(), begins[index].and_then(|at| calendar.local(at))) else {
            continue;
        };
        let word = kinds[index].clone().unwrap_or_default();
        let what = match word.as_str() {
            "incident" => MomentKind::Incident,
            "rollback" => MomentKind::Rollback,
            "ticket" => MomentKind::Ticket,
            _ => MomentKind::Deployment,
        };
        let label = labels[index].clone().unwrap_or_default();
        let until = ends[index].and_then(|end| calendar.local(end));
        let moment =
            Moment { what, at, until, label: format!("{word} {label}"), is_named: is_own[index].unwrap_or(false) };
        let relation = relations[index].clone().unwrap_or_default();
        rows.push(vec![
            at.format("%Y-%m-%d %H:%M").to_string(),
            until.map(|until| until.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default(),
            name.clone(),
            moment.label.clone(),
        ]);
        match story.iter_mut().find(|lane| lane.name == name) {
            Some(lane) => lane.moments.push(moment),
            None => story.push(Lane { name, relation, moments: vec![moment] }),
        }
    }
    let moments = || story.iter().flat_map(|lane| &lane.moments);
    let from = moments().map(|moment| moment.at).min()?;
    let until = moments().map(|moment| moment.until.unwrap_or(moment.at)).max()?;
    let margin = ((until - from) / 20).max(TimeDelta::minutes(15));
    rows.sort();
    let services = words::counted(story.len() as f64, "services");
    let deployments = moments().filter(|moment| moment.what == MomentKind::Deployment).count();
    let deployments = words::counted(deployments as f64, "deployments");
    let service = story.first().map(|lane| lane.name.clone()).unwrap_or_default();
    Some(Figure {
        title: format!("The worst incident: {told} at {service}"),
        subtitle: format!("{deployments} around it at {services}; local time"),
        description: format!("{}: {deployments} around {told} at {services}.", metric.title),
        text: vec![
            "Named is what belongs to the incident: its own deployment, and what undid or repaired it.".to_owned(),
        ],
        table: DataTable {
            caption: format!("What happened around {told}"),
            columns: columns(&[("at", false), ("until", false), ("service", false), ("what", false)]),
            rows,
            rows_left_out: 0,
        },
        ..framed(
            subject,
            metric,
            Chart::Story(Story { from: from - margin, until: until + margin, lanes: story }),
            subject.period.start,
        )
    })
}
