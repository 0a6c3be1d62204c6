//! The five kinds of pages.

use crate::report::blocks::{Block, Column, Fact, Section};
use crate::report::definition::{OnPage, SectionKind, SectionSpec};
use crate::report::evidence::{Evidence, Measured};
use crate::report::sections::{self, figures};
use crate::report::statements::Statements;
use crate::report::{BuildError, Subject, head};
use crate::unit::Unit;

use super::{Group, Page, PageId, Part, Roster, RosterCell, RosterRow, Site};

impl Site<'_> {
    pub(super) fn overview(&self) -> Result<Page, BuildError> {
        let report = head(&self.definition, &self.subject, &self.whole, &self.statements);
        let parts = self.parts(OnPage::Overview, &self.subject, (&self.whole, &self.statements), None)?;
        Ok(Page { id: PageId::Overview, report, parts, trail: Vec::new() })
    }

    pub(super) fn all_services(&self) -> Result<Page, BuildError> {
        let mut report = head(&self.definition, &self.subject, &self.whole, &self.statements);
        let label = self.label();
        report.title = format!("All services, {label}");
        let count = self.names.services().count();
        let noun = if count == 1 { "service was" } else { "services were" };
        report.headline =
            format!("{} {noun} deployed to production in the time shown.", Unit::Count.format(count as f64));
        report.lead.clear();
        let parts = self.parts(OnPage::Services, &self.subject, (&self.whole, &self.statements), None)?;
        Ok(Page { id: PageId::Services, report, parts, trail: vec![self.top()] })
    }

    pub(super) fn team(&self, name: &str) -> Result<Page, BuildError> {
        let id = PageId::Team(name.to_owned());
        let options = self.options("team", name);
        let subject = Subject { options: &options, ..self.subject.clone() };
        let mut page = self.of_group(OnPage::Team, &subject, self.teams.get(name), id, Some(name))?;
        page.report.title = format!("Team {name}, {}", self.label());
        page.trail = vec![self.top()];
        Ok(page)
    }

    pub(super) fn service(&self, name: &str) -> Result<Page, BuildError> {
        let id = PageId::Service(name.to_owned());
        let options = self.options("service", name);
        let subject = Subject { options: &options, ..self.subject.clone() };
        let mut page = self.of_group(OnPage::Service, &subject, self.services.get(name), id, None)?;
        page.report.title = format!("{name}, {}", self.label());
        page.trail = vec![self.top(), ("Services".to_owned(), PageId::Services)];
        let team = self.names.team_of(name).filter(|team| self.names.has_team(team));
        page.trail.extend(team.map(|team| (format!("Team {team}"), PageId::Team(team.to_owned()))));
        Ok(page)
    }

    /// What a metric means, its course, and every team's.
    pub(super) fn metric(&self, name: &str) -> Result<Page, BuildError> {
        let mut report = head(&self.definition, &self.subject, &self.whole, &self.statements);
        let mut parts = Vec::new();
        if let Some(measured) = self.whole.get(name) {
            report.title = format!("{}, {}", measured.metric.title, self.label());
            report.headline = self
                .statements
                .of_series(name, &[], &[])
                .map_or_else(|| measured.metric.question.clone(), |held| format!("{}.", held.text));
            report.lead = vec![measured.metric.why.clone()];
            parts.push(Part::Section(self.course(measured)));
            parts.extend(self.by_team(measured).map(Part::Roster));
            parts.push(Part::Section(meaning(measured)));
        }
        parts.retain(|part| !matches!(part, Part::Section(section) if section.blocks.is_empty()));
        let id = PageId::Metric(name.to_owned());
        Ok(Page { id, report, parts, trail: vec![self.top()] })
    }

    fn of_group(
        &self,
        on: OnPage,
        subject: &Subject,
        group: Option<&Group>,
        id: PageId,
        team: Option<&str>,
    ) -> Result<Page, BuildError> {
        let (nothing, silence) = (Evidence::default(), Statements::default());
        let (evidence, statements) = group.map_or((&nothing, &silence), |group| (&group.evidence, &group.statements));
        let report = head(&self.definition, subject, evidence, statements);
        let parts = self.parts(on, subject, (evidence, statements), team)?;
        Ok(Page { id, report, parts, trail: Vec::new() })
    }

    fn parts(
        &self,
        on: OnPage,
        subject: &Subject,
        (evidence, statements): (&Evidence, &Statements),
        team: Option<&str>,
    ) -> Result<Vec<Part>, BuildError> {
        let mut parts = Vec::new();
        for spec in &self.sections_on(on).sections {
            if spec.kind == SectionKind::Groups {
                parts.extend(self.rosters(spec, team).map(Part::Roster));
                continue;
            }
            // Of the whole it is worth saying that nothing stands out; of each of many groups it is not.
            if spec.kind == SectionKind::Look && on != OnPage::Overview && statements.held.is_empty() {
                continue;
            }
            let mut section = sections::build(spec, subject, evidence, statements)?;
            section.blocks.iter_mut().for_each(shorten);
            if !section.blocks.is_empty() {
                parts.push(Part::Section(section));
            }
        }
        Ok(parts)
    }

    fn rosters<'s>(&'s self, spec: &'s SectionSpec, team: Option<&'s str>) -> impl Iterator<Item = Roster> + 's {
        let of = move |by: &Vec<String>| match by.first().map(String::as_str) {
            Some("team") => Some(self.teams_roster(spec)),
            Some("service") => Some(self.services_roster(spec, team)),
            _ => None,
        };
        spec.by.iter().filter_map(of).filter(|roster| !roster.rows.is_empty())
    }

    fn course(&self, measured: &Measured) -> Section {
        let whole = figures::one(&self.subject, measured, &self.statements);
        let by = ["team".to_owned()];
        let teams = measured
            .by(&by)
            .filter(|_| !measured.is_grouped())
            .and_then(|result| figures::multiples(&self.subject, measured, result, &self.statements));
        let figures = whole.into_iter().chain(teams).map(|figure| Block::Figure(Box::new(figure)));
        let mut blocks: Vec<Block> = figures.collect();
        blocks.iter_mut().for_each(shorten);
        Section { id: "course".into(), title: "How did it develop?".into(), blocks }
    }

    /// Every team with its value, its interval and its line.
    fn by_team(&self, whole: &Measured) -> Option<Roster> {
        let spec = self.definition.sections.iter().find(|section| section.kind == SectionKind::Groups)?;
        let spec = SectionSpec {
            id: "teams".into(),
            title: "How do the teams stand?".into(),
            metrics: vec![whole.metric.name.clone()],
            ..spec.clone()
        };
        let mut roster = self.teams_roster(&spec);
        if roster.rows.is_empty() || whole.is_grouped() {
            return None;
        }
        let unit = whole.metric.unit;
        for (title, is_number) in [("low", true), ("high", true), ("n", true)] {
            roster.columns.push(Column { title: title.into(), is_number });
        }
        for row in &mut roster.rows {
            self.add_interval(row, whole, unit);
        }
        Some(roster)
    }

    fn add_interval(&self, row: &mut RosterRow, whole: &Measured, unit: Unit) {
        let own = self.teams.get(&row.name).and_then(|group| group.evidence.get(&whole.metric.name));
        let found = own.and_then(|own| sections::groups::at(&own.total.rows, &self.subject));
        let ends = [found.and_then(|row| row.low), found.and_then(|row| row.high)];
        let n = found.map_or(0.0, |row| row.n as f64);
        let texts = ends.map(|end| unit.format_option(end)).into_iter().chain([Unit::Count.format(n)]);
        row.cells.extend(texts.map(|text| RosterCell { text, line: None }));
    }

    fn label(&self) -> String {
        self.subject.context.calendar.label(self.subject.period.start, self.subject.period.grain)
    }

    fn top(&self) -> (String, PageId) {
        ("Overview".to_owned(), PageId::Overview)
    }

    /// The options of commands beside figures, narrowed to one group.
    fn options(&self, column: &str, name: &str) -> String {
        let condition = format!("{column} = '{}'", name.replace('\'', "''"));
        let quoted = format!("--where '{}'", condition.replace('\'', r"'\''"));
        [self.subject.options, &quoted].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
    }
}

/// Longer tables of figures would make up most of a site; the command beside the figure gives every row.
const MOST_ROWS: usize = 60;

/// The newest rows of a figure's table, and how many were left out.
fn shorten(block: &mut Block) {
    let Block::Figure(figure) = block else { return };
    let table = &mut figure.table;
    let left_out = table.rows.len().saturating_sub(MOST_ROWS);
    table.rows.drain(..left_out);
    table.rows_left_out += left_out as u64;
}

/// What is counted, how, and the statement itself.
fn meaning(measured: &Measured) -> Section {
    let metric = measured.metric;
    let fact = |term: &str, text: &str| Fact { term: term.to_owned(), text: text.to_owned() };
    let computed = format!("{} of {}", metric.aggregate.name.replace('_', " "), metric.events);
    let mut facts = vec![fact("Question", &metric.question), fact("Computed as", &computed)];
    if metric.better.name() != "none" {
        facts.push(fact("Better when", metric.better.name()));
    }
    if !metric.caveat.is_empty() {
        facts.push(fact("Mind", &metric.caveat));
    }
    if let Some(reason) = &measured.total.not_measured {
        facts.push(fact("Not measured", reason));
    }
    let code = Block::Code { caption: metric.statement.origin.clone(), text: metric.statement.text.clone() };
    Section {
        id: "meaning".into(),
        title: "What does it mean?".into(),
        blocks: vec![
            Block::Facts { facts },
            Block::Details { summary: "The query that lists its events".into(), blocks: vec![code] },
        ],
    }
}
