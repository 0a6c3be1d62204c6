//! A list of teams or services with their numbers of the period, each a way to its own page.

use crate::chart::Chart;
use crate::report::blocks::{Column, Judgement};
use crate::report::definition::SectionSpec;
use crate::report::evidence::Measured;
use crate::report::sections::{cards, groups};
use crate::report::statements::Statements;

use super::{Group, PageId, Site};

/// Lines beside numbers in longer lists would make the page heavy and tell nothing.
const MOST_ROWS_WITH_LINES: usize = 60;

/// Periods that such a line shows.
const PERIODS_OF_LINE: usize = 26;

/// More findings than these are told on the page of the group alone.
const MOST_FINDINGS: usize = 2;

/// Groups, a row each.
#[derive(Debug, Clone, PartialEq)]
pub struct Roster {
    pub id: String,
    pub title: String,
    /// "service" or "team".
    pub of: String,
    /// Which period the numbers are of.
    pub caption: String,
    /// Heads of the numbers.
    pub columns: Vec<Column>,
    pub rows: Vec<RosterRow>,
    /// Whether each row tells its team.
    pub has_teams: bool,
    /// Whether it is long enough to be parted by first letters and searched.
    pub is_by_letter: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RosterRow {
    pub name: String,
    pub page: Option<PageId>,
    pub team: Option<(String, Option<PageId>)>,
    pub cells: Vec<RosterCell>,
    /// What stands out, in short words, each with whether that is good.
    pub findings: Vec<(String, Judgement)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RosterCell {
    pub text: String,
    pub line: Option<Chart>,
}

impl Site<'_> {
    /// The teams with their numbers.
    pub(super) fn teams_roster(&self, spec: &SectionSpec) -> Roster {
        let names: Vec<&str> = self.names.teams().collect();
        let rows = names.iter().map(|name| {
            let page = Some(PageId::Team((*name).to_owned()));
            self.row(spec, name, page, self.teams.get(*name), names.len())
        });
        self.roster(spec, "team", rows.collect(), false)
    }

    /// The services, of one team where one is given.
    pub(super) fn services_roster(&self, spec: &SectionSpec, of_team: Option<&str>) -> Roster {
        let services: Vec<(&str, Option<&str>)> =
            self.names.services().filter(|(_, team)| of_team.is_none() || *team == of_team).collect();
        let has_teams = of_team.is_none() && services.iter().any(|(_, team)| team.is_some());
        let rows = services.iter().map(|(name, team)| {
            let page = Some(PageId::Service((*name).to_owned()));
            let mut row = self.row(spec, name, page, self.services.get(*name), services.len());
            if has_teams {
                let page = |team: &str| self.names.has_team(team).then(|| PageId::Team(team.to_owned()));
                row.team = team.map(|team| (team.to_owned(), page(team)));
            }
            row
        });
        let mut roster = self.roster(spec, "service", rows.collect(), has_teams);
        roster.is_by_letter = of_team.is_none();
        roster
    }

    fn roster(&self, spec: &SectionSpec, of: &str, rows: Vec<RosterRow>, has_teams: bool) -> Roster {
        let calendar = &self.subject.context.calendar;
        let label = calendar.label(self.subject.period.start, self.subject.period.grain);
        let measured = spec.metrics.iter().filter_map(|name| self.whole.get(name));
        let is_unsure = rows.iter().flat_map(|row| &row.cells).any(|cell| cell.text.contains('*'));
        let note = if is_unsure { "; an asterisk where it is too early to judge" } else { "" };
        Roster {
            id: spec.id.clone(),
            title: spec.title.clone(),
            of: of.to_owned(),
            caption: format!("{label}{note}"),
            columns: measured.map(|measured| groups::head(measured.metric)).collect(),
            rows,
            has_teams,
            is_by_letter: false,
        }
    }

    fn row(
        &self,
        spec: &SectionSpec,
        name: &str,
        page: Option<PageId>,
        group: Option<&Group>,
        row_count: usize,
    ) -> RosterRow {
        let metrics = spec.metrics.iter().filter_map(|metric| self.whole.get(metric));
        let cells = metrics.map(|whole| {
            let own = group.and_then(|group| group.evidence.get(&whole.metric.name));
            RosterCell {
                text: groups::cell(whole.metric, own.and_then(|own| groups::at(&own.total.rows, &self.subject))),
                line: own.filter(|_| row_count <= MOST_ROWS_WITH_LINES).and_then(line),
            }
        });
        RosterRow {
            name: name.to_owned(),
            page,
            team: None,
            cells: cells.collect(),
            findings: group.map(|group| findings(self, &group.statements)).unwrap_or_default(),
        }
    }
}

fn line(measured: &Measured) -> Option<Chart> {
    let rows = measured.shown(&measured.total.rows);
    let last = &rows[rows.len().saturating_sub(PERIODS_OF_LINE)..];
    let known = last.iter().filter(|row| row.value.is_some()).count();
    let series = cards::series(&measured.metric.title, last.iter().copied());
    (known > 1).then_some(Chart::Sparkline { unit: measured.metric.unit, series })
}

fn findings(site: &Site, statements: &Statements) -> Vec<(String, Judgement)> {
    let told = statements.held.iter().map(|statement| {
        let title = site.whole.get(&statement.metric).map_or(&statement.metric, |whole| &whole.metric.title);
        let word = match statement.judgement {
            Judgement::Better => "better",
            Judgement::Worse => "worse",
            Judgement::Neutral => "changed",
        };
        (format!("{title} {word}"), statement.judgement)
    });
    told.take(MOST_FINDINGS).collect()
}
