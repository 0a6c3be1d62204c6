//! A dashboard of many pages from one computation: the whole, each team, each service, each metric.
//!
//! Every page is a report of its own about a part of the data; what links them stands beside the report. Where a page
//! lies and how a link is written is the sink's business.

mod names;
mod pages;
mod roster;

pub use names::Names;
pub use roster::{Roster, RosterCell, RosterRow};

use std::collections::BTreeMap;

use crate::metric::Metric;

use super::blocks::{Report, Section};
use super::definition::{Definition, OnPage};
use super::evidence::Evidence;
use super::statements::{self, Statements};
use super::{BuildError, Subject};

/// Which page of a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageId {
    Overview,
    /// The list of all services.
    Services,
    Team(String),
    Service(String),
    Metric(String),
}

/// What a page says.
#[derive(Debug)]
pub struct Page {
    pub id: PageId,
    /// Title, headline and facts; its sections are empty, they stand in `parts`.
    pub report: Report,
    pub parts: Vec<Part>,
    /// The pages above this one, from the overview down, with their names.
    pub trail: Vec<(String, PageId)>,
}

/// A part of a page.
#[derive(Debug)]
pub enum Part {
    Section(Section),
    Roster(Roster),
}

/// A site in one kind of period: all numbers at hand, pages made one at a time.
pub struct Site<'a> {
    definition: Definition,
    subject: Subject<'a>,
    names: &'a Names,
    whole: Evidence<'a>,
    statements: Statements,
    teams: BTreeMap<String, Group<'a>>,
    services: BTreeMap<String, Group<'a>>,
}

/// One team or one service.
struct Group<'a> {
    evidence: Evidence<'a>,
    statements: Statements,
}

impl<'a> Site<'a> {
    /// Computes all numbers of the site.
    ///
    /// # Errors
    /// Where a query fails, or the definition names a metric that does not exist.
    pub fn gather(definition: Definition, subject: Subject<'a>, names: &'a Names) -> Result<Self, BuildError> {
        let mut whole = Evidence::gather(&definition, &subject)?;
        let statements = statements::all(&definition, &subject, &whole);
        let services = groups(&mut whole, &statements, "service", true);
        let teams = groups(&mut whole, &statements, "team", false);
        Ok(Self { definition, subject, names, whole, statements, teams, services })
    }

    /// All pages, in a fixed order.
    pub fn pages(&self) -> Vec<PageId> {
        let metrics = self.metrics().map(|metric| PageId::Metric(metric.name.clone()));
        let teams = self.names.teams().map(|name| PageId::Team(name.to_owned()));
        let services = self.names.services().map(|(name, _)| PageId::Service(name.to_owned()));
        [PageId::Overview, PageId::Services].into_iter().chain(metrics).chain(teams).chain(services).collect()
    }

    /// What a page says.
    ///
    /// # Errors
    /// Where a check of the data fails to run.
    pub fn page(&self, id: &PageId) -> Result<Page, BuildError> {
        match id {
            PageId::Overview => self.overview(),
            PageId::Services => self.all_services(),
            PageId::Team(name) => self.team(name),
            PageId::Service(name) => self.service(name),
            PageId::Metric(name) => self.metric(name),
        }
    }

    /// The metrics that have a page: those of cards and figures, in the order of the definition.
    fn metrics(&self) -> impl Iterator<Item = &'a Metric> {
        let mut seen: Vec<&str> = Vec::new();
        let sections = self.definition.sections.iter().filter(|section| section.kind.has_metric_pages());
        for name in sections.flat_map(|section| &section.metrics) {
            if !seen.contains(&name.as_str()) {
                seen.push(name);
            }
        }
        let metrics: Vec<&'a Metric> = seen.into_iter().filter_map(|name| Some(self.whole.get(name)?.metric)).collect();
        metrics.into_iter()
    }

    fn sections_on(&self, page: OnPage) -> Definition {
        let sections = self.definition.sections.iter().filter(|section| section.on.contains(&page));
        Definition { sections: sections.cloned().collect(), ..self.definition.clone() }
    }
}

fn groups<'a>(
    whole: &mut Evidence<'a>,
    statements: &Statements,
    column: &str,
    is_last: bool,
) -> BTreeMap<String, Group<'a>> {
    let mut of_groups = statements.by_group(&[column.to_owned()]);
    let with_statements = |(name, evidence): (String, Evidence<'a>)| {
        let statements = of_groups.remove(&vec![Some(name.clone())]).unwrap_or_else(|| statements.of_nobody());
        (name, Group { evidence, statements })
    };
    whole.split(column, is_last).into_iter().map(with_statements).collect()
}
