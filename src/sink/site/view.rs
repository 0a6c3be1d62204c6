//! What the template of a site's page sees: the page's words and pictures, and links relative to where it lies.

use serde::Serialize;

use crate::chart::{self, Caption, Place, Width};
use crate::report::blocks::{Column, Judgement};
use crate::report::site::{Page, PageId, Part, Roster, RosterCell, RosterRow};
use crate::sink::SinkError;
use crate::sink::view::{Builder, Head, SectionView};

use super::paths::{self, Paths};

#[derive(Debug, Serialize)]
pub struct SitePage<'a> {
    pub report: Head<'a>,
    pub parts: Vec<PartView<'a>>,
    /// The pages above, and this one last, without a link.
    pub trail: Vec<Link>,
    /// The pages that every page leads to.
    pub menu: Vec<Link>,
    /// The same page in each view.
    pub views: Vec<Link>,
    pub style: String,
    pub script: String,
    /// Where the search goes.
    pub search: String,
    pub is_list: bool,
    pub version: &'static str,
}

#[derive(Debug, Serialize)]
pub struct Link {
    pub text: String,
    pub href: String,
    pub is_current: bool,
}

#[derive(Debug, Serialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum PartView<'a> {
    Section { section: SectionView<'a> },
    Roster { roster: RosterView<'a> },
}

#[derive(Debug, Serialize)]
pub struct RosterView<'a> {
    pub id: String,
    pub title: &'a str,
    pub of: &'a str,
    pub caption: &'a str,
    pub columns: &'a [Column],
    pub has_teams: bool,
    pub has_findings: bool,
    pub is_by_letter: bool,
    /// Rows by first letter; all in one group without a letter where the list is short.
    pub letters: Vec<Letter<'a>>,
    pub column_count: usize,
}

#[derive(Debug, Serialize)]
pub struct Letter<'a> {
    pub letter: String,
    pub id: String,
    pub rows: Vec<RowView<'a>>,
}

#[derive(Debug, Serialize)]
pub struct RowView<'a> {
    pub name: &'a str,
    pub href: Option<String>,
    pub team: Option<(&'a str, Option<String>)>,
    pub cells: Vec<CellView<'a>>,
    pub findings: &'a [(String, Judgement)],
}

#[derive(Debug, Serialize)]
pub struct CellView<'a> {
    pub text: &'a str,
    pub line: Option<String>,
}

/// Lists are parted by letter from this many rows on.
const WORTH_LETTERS: usize = 30;

/// The page as its template takes it.
pub fn page<'a>(
    page: &'a Page,
    view: usize,
    paths: &Paths,
    views: &[(String, String)],
) -> Result<SitePage<'a>, SinkError> {
    let here = format!("{}{}", folder(views, view), paths.of(&page.id));
    let links = Links { up: "../".repeat(here.matches('/').count()), folder: folder(views, view), paths };
    let sections = page.parts.iter().filter_map(|part| match part {
        Part::Section(section) => Some(section),
        Part::Roster(_) => None,
    });
    let linked = |metric: &str| {
        let target = PageId::Metric(metric.to_owned());
        (page.id != target && paths.has(&target)).then(|| links.to(&target))
    };
    // Lines of services are many: they come without hover texts.
    let is_slim = matches!(page.id, PageId::Service(_));
    let mut builder = Builder::of_sections(sections, is_slim, &linked);
    let parts = page
        .parts
        .iter()
        .map(|part| {
            Ok(match part {
                Part::Section(section) => PartView::Section { section: builder.section(section)? },
                Part::Roster(roster) => PartView::Roster { roster: roster_view(roster, &links, &mut builder)? },
            })
        })
        .collect::<Result<_, SinkError>>()?;
    let mut trail: Vec<Link> = page.trail.iter().map(|(text, id)| links.link(text, id, &page.id)).collect();
    if !trail.is_empty() {
        let title = page.report.title.clone();
        trail.push(Link { text: title, href: String::new(), is_current: true });
    }
    let in_view = |(index, (name, folder)): (usize, &(String, String))| Link {
        text: name.clone(),
        href: format!("{}{folder}{}", links.up, paths.of(&page.id)),
        is_current: index == view,
    };
    Ok(SitePage {
        report: Head::of(&page.report),
        parts,
        trail,
        menu: vec![
            links.link("Overview", &PageId::Overview, &page.id),
            links.link("All services", &PageId::Services, &page.id),
        ],
        views: views.iter().enumerate().map(in_view).collect(),
        style: format!("{}{}", links.up, paths::STYLE),
        script: format!("{}{}", links.up, paths::SCRIPT),
        search: links.to(&PageId::Services),
        is_list: page.id == PageId::Services,
        version: env!("CARGO_PKG_VERSION"),
    })
}

fn folder(views: &[(String, String)], view: usize) -> &str {
    views.get(view).map_or("", |(_, folder)| folder.as_str())
}

/// Links from one page.
struct Links<'a> {
    /// From the page to the root of the site.
    up: String,
    folder: &'a str,
    paths: &'a Paths,
}

impl Links<'_> {
    fn to(&self, page: &PageId) -> String {
        format!("{}{}{}", self.up, self.folder, self.paths.of(page))
    }

    fn link(&self, text: &str, page: &PageId, here: &PageId) -> Link {
        Link { text: text.to_owned(), href: self.to(page), is_current: page == here }
    }

    fn optional(&self, page: Option<&PageId>) -> Option<String> {
        page.filter(|page| self.paths.has(page)).map(|page| self.to(page))
    }
}

fn roster_view<'a>(roster: &'a Roster, links: &Links, builder: &mut Builder) -> Result<RosterView<'a>, SinkError> {
    let has_letters = roster.is_by_letter && roster.rows.len() >= WORTH_LETTERS;
    let mut letters: Vec<Letter> = Vec::new();
    let mut ordered: Vec<&RosterRow> = roster.rows.iter().collect();
    ordered.sort_by_cached_key(|row| (letter(&row.name), row.name.to_lowercase(), row.name.clone()));
    for row in ordered {
        let own = if has_letters { letter(&row.name) } else { String::new() };
        if letters.last().is_none_or(|last| last.letter != own) {
            let id = builder.give(&format!("letter-{own}"));
            letters.push(Letter { letter: own, id, rows: Vec::new() });
        }
        let row = row_view(row, roster, links, builder)?;
        if let Some(last) = letters.last_mut() {
            last.rows.push(row);
        }
    }
    let has_findings = roster.rows.iter().any(|row| !row.findings.is_empty());
    Ok(RosterView {
        id: builder.give(&roster.id),
        title: &roster.title,
        of: &roster.of,
        caption: &roster.caption,
        columns: &roster.columns,
        has_teams: roster.has_teams,
        has_findings,
        is_by_letter: roster.is_by_letter,
        letters,
        column_count: 1 + usize::from(roster.has_teams) + roster.columns.len() + usize::from(has_findings),
    })
}

/// The heading under which a name stands: its first letter, `0–9` for a digit, `#` for anything else.
fn letter(name: &str) -> String {
    match name.trim_start().chars().next() {
        Some(first) if first.is_ascii_digit() => "0–9".to_owned(),
        Some(first) if first.is_alphabetic() => first.to_uppercase().collect(),
        _ => "#".to_owned(),
    }
}

fn row_view<'a>(
    row: &'a RosterRow,
    roster: &'a Roster,
    links: &Links,
    builder: &mut Builder,
) -> Result<RowView<'a>, SinkError> {
    let team = row.team.as_ref().map(|(name, page)| (name.as_str(), links.optional(page.as_ref())));
    let cells = row.cells.iter().zip(&roster.columns).map(|(cell, column)| cell_view(cell, row, column, builder));
    Ok(RowView {
        name: &row.name,
        href: links.optional(row.page.as_ref()),
        team,
        cells: cells.collect::<Result<_, _>>()?,
        findings: &row.findings,
    })
}

fn cell_view<'a>(
    cell: &'a RosterCell,
    row: &RosterRow,
    column: &Column,
    builder: &mut Builder,
) -> Result<CellView<'a>, SinkError> {
    let line = cell.line.as_ref().map(|line| {
        let id = builder.give("line");
        let title = format!("{}: {}", row.name, column.title);
        let caption = Caption { id: &id, title: &title, description: "The last periods, the newest at the right" };
        let failed = |cause| SinkError::Chart { figure: column.title.clone(), cause };
        chart::draw(line, &caption, Width::Narrow, Place::Page).map_err(failed)
    });
    Ok(CellView { text: &cell.text, line: line.transpose()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_under_a_letter() {
        let letters: Vec<String> =
            ["checkout", "Ärger", "7zip", "_x", "", " pay", "مرحبا"].iter().map(|n| letter(n)).collect();
        assert_eq!(letters, ["C", "Ä", "0–9", "#", "#", "P", "م"]);
    }
}
