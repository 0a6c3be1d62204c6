//! Why a deployment is thought to have caused an incident, as data and as a sentence.
//!
//! The sentence names records and times; it weighs nothing.

use polars::prelude::IdxSize;

use super::attribution::{Candidate, Context, Link};
use super::records::text_at;

/// Why a deployment is a candidate.
#[derive(Debug, Clone, Copy)]
pub(super) enum Evidence {
    Named,
    Ticket,
    Version,
    Commit,
    Undone {
        by: IdxSize,
    },
    After,
    /// The deployment is of a service that the incident's own depends on.
    Upstream,
    Last,
}

/// What a person reads: why the deployment is linked to the incident.
pub(super) fn told(context: &Context, link: &Link) -> String {
    let Candidate { incident, deployment, evidence, .. } = link.candidate;
    let (incidents, deployments) = (context.incidents, context.deployments);
    let id = deployments.id(deployment);
    let of = |column, row| text_at(column, row).unwrap_or_default();
    let gap = spoken(link.gap);
    let mut text = match evidence {
        Evidence::Named => format!("incident names deployment {id}"),
        Evidence::Ticket => {
            format!("incident and {id} share ticket {}", of(&incidents.ticket_id, incident))
        }
        Evidence::Version => {
            format!("incident names version {}, shipped by {id}", of(&incidents.version, incident))
        }
        Evidence::Commit => {
            format!("incident names commit {}, shipped by {id}", of(&incidents.commit_sha, incident))
        }
        Evidence::Undone { by } if by == deployment => {
            format!("{id} was rolled back while the incident was open")
        }
        Evidence::Undone { by } => {
            format!("{id} was undone by {} while the incident was open", deployments.id(by))
        }
        Evidence::After => format!("opened {gap} after {id} finished"),
        Evidence::Upstream => {
            let (own, upstream) = (of(&incidents.service, incident), of(&deployments.service, deployment));
            format!("{own} depends on {upstream}, opened {gap} after {id} finished")
        }
        Evidence::Last => format!("{id} was the last deployment of all, finished {gap} before"),
    };
    if !link.also.is_empty() {
        text.push_str("; also by ");
        text.push_str(&link.also.join(", "));
    }
    text
}

fn spoken(gap: Option<i64>) -> String {
    let Some(gap) = gap else {
        return "an unknown time".to_owned();
    };
    let seconds = gap as f64 / 1e6;
    match seconds.abs() {
        ..60.0 => format!("{seconds:.0} s"),
        60.0..3_600.0 => format!("{:.0} min", seconds / 60.0),
        3_600.0..172_800.0 => format!("{:.1} h", seconds / 3_600.0),
        _ => format!("{:.1} days", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_told_in_the_unit_that_fits_it() {
        let told = |seconds: i64| spoken(Some(seconds * 1_000_000));
        assert_eq!(told(45), "45 s");
        assert_eq!(told(600), "10 min");
        assert_eq!(told(8_280), "2.3 h");
        assert_eq!(told(259_200), "3.0 days");
        assert_eq!(told(0), "0 s");
    }
}
