//! Which teams and services a site has pages of: those that deployed to production within its time.
//!
//! All views of a site share one set of names, so that each page has its counterpart in every other view.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use chrono::NaiveDate;

use crate::engine::{Answer, Engine, EngineError, Statement};
use crate::period::Calendar;

const QUERY: &str = "select service, team, last_deployed_at from service_teams \
                     order by service asc, last_deployed_at asc nulls first, team asc";

/// Names of teams, and of services with the team that deployed each last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    teams: BTreeSet<String>,
    services: BTreeMap<String, Option<String>>,
}

impl Names {
    /// The names of what was deployed on `from` or later.
    ///
    /// # Errors
    /// Where the query fails.
    pub fn since(from: NaiveDate, engine: &Engine, calendar: &Calendar) -> Result<Self, EngineError> {
        let answer = engine.run(&Statement::once("names", "names of a site", QUERY.to_owned()))?;
        Ok(Self::of(&answer, calendar.instant(from)))
    }

    pub fn teams(&self) -> impl Iterator<Item = &str> {
        self.teams.iter().map(String::as_str)
    }

    /// Services by name, each with its team.
    pub fn services(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.services.iter().map(|(service, team)| (service.as_str(), team.as_deref()))
    }

    pub fn team_of(&self, service: &str) -> Option<&str> {
        self.services.get(service)?.as_deref()
    }

    pub fn has_team(&self, name: &str) -> bool {
        self.teams.contains(name)
    }

    pub fn has_service(&self, name: &str) -> bool {
        self.services.contains_key(name)
    }

    fn of(answer: &Answer, from: i64) -> Self {
        let mut names = Self::default();
        for batch in &answer.batches {
            let column = |place: usize, to: &DataType| cast(batch.column(place), to).ok();
            let (Some(services), Some(teams), Some(instants)) =
                (column(0, &DataType::Utf8), column(1, &DataType::Utf8), column(2, &DataType::Int64))
            else {
                continue;
            };
            let (services, teams) = (services.as_string::<i32>(), teams.as_string::<i32>());
            let instants = instants.as_primitive::<Int64Type>();
            for row in (0..batch.num_rows()).filter(|row| instants.is_valid(*row) && instants.value(*row) >= from) {
                let team = teams.is_valid(row).then(|| teams.value(row).to_owned());
                names.teams.extend(team.clone());
                // The rows of a service come in the order of its deployments: the last one stays.
                names.services.insert(services.value(row).to_owned(), team);
            }
        }
        names
    }
}
