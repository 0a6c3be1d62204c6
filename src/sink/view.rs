//! What the page template sees: the report's blocks with their pictures and final ids.
//!
//! It adds pictures and ids, and leaves every word and number as it is.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::chart::{Place, Width};
use crate::report::blocks::{Block, Card, DataTable, Fact, Figure, Report, Section, Tone};
use crate::sink::SinkError;
use crate::sink::anchors::Anchors;
use crate::sink::drawing::{self, Drawing};

/// A whole page.
#[derive(Debug, Serialize)]
pub struct Page<'a> {
    pub report: Head<'a>,
    pub sections: Vec<SectionView<'a>>,
    /// CSS of the page and of its charts.
    pub style: &'a str,
    /// The one script that the page may run, and its digest as a Content-Security-Policy names it.
    pub script: &'a str,
    pub script_digest: String,
    pub version: &'static str,
}

/// The report without its sections.
#[derive(Debug, Serialize)]
pub struct Head<'a> {
    pub name: &'a str,
    pub title: &'a str,
    pub organisation: &'a str,
    pub audience: &'a str,
    pub headline: &'a str,
    pub lead: &'a [String],
    pub facts: &'a [Fact],
    pub questions: usize,
}

impl<'a> Head<'a> {
    pub fn of(report: &'a Report) -> Self {
        Self {
            name: &report.name,
            title: &report.title,
            organisation: &report.organisation,
            audience: &report.audience,
            headline: &report.headline,
            lead: &report.lead,
            facts: &report.facts,
            questions: report.questions,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct SectionView<'a> {
    pub id: String,
    pub title: &'a str,
    pub blocks: Vec<BlockView<'a>>,
}

/// A block of the report, as the macros in `blocks.html` take it.
#[derive(Debug, Serialize)]
#[serde(tag = "block", rename_all = "snake_case")]
pub enum BlockView<'a> {
    Paragraph { text: &'a str },
    Note { tone: Tone, text: &'a str },
    Cards { cards: Vec<CardView<'a>> },
    Figure { id: String, figure: &'a Figure, drawing: Drawing },
    Table { table: &'a DataTable },
    Facts { facts: &'a [Fact] },
    Code { caption: &'a str, text: &'a str },
    Details { summary: &'a str, blocks: Vec<BlockView<'a>> },
}

#[derive(Debug, Serialize)]
pub struct CardView<'a> {
    pub card: &'a Card,
    pub spark: Option<String>,
    /// Link to what tells more: the figure on this page, or a page of its own.
    pub target: Option<String>,
}

/// The page of `report`, its charts drawn.
pub fn page<'a>(report: &'a Report, style: &'a str, script: &'a str) -> Result<Page<'a>, SinkError> {
    let mut builder = Builder::of_sections(&report.sections, false, &|_| None);
    let sections = report.sections.iter().map(|section| builder.section(section)).collect::<Result<_, SinkError>>()?;
    let (script_digest, version) = (digest(script), env!("CARGO_PKG_VERSION"));
    Ok(Page { report: Head::of(report), sections, style, script, script_digest, version })
}

/// `sha256-…` of the very bytes that stand between the tags.
pub fn digest(script: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(script.as_bytes())))
}

/// All figures of a report in reading order, those behind a summary line included.
pub fn figures(report: &Report) -> Vec<&Figure> {
    figures_of(&report.sections)
}

fn figures_of<'a>(sections: impl IntoIterator<Item = &'a Section>) -> Vec<&'a Figure> {
    let mut found = Vec::new();
    for section in sections {
        collect_figures(&section.blocks, &mut found);
    }
    found
}

fn collect_figures<'a>(blocks: &'a [Block], found: &mut Vec<&'a Figure>) {
    for block in blocks {
        match block {
            Block::Figure(figure) => found.push(figure),
            Block::Details { blocks, .. } => collect_figures(blocks, found),
            _ => {}
        }
    }
}

/// Final ids of a report's figures, in reading order; cards and links ask by the report's id.
pub struct FigureIds {
    in_order: Vec<String>,
    by_wish: BTreeMap<String, String>,
}

impl FigureIds {
    /// Gives every figure its id. Figures come first so that links to them stay as written.
    pub fn new(report: &Report, anchors: &mut Anchors) -> Self {
        Self::of_sections(&report.sections, anchors)
    }

    fn of_sections<'a>(sections: impl IntoIterator<Item = &'a Section>, anchors: &mut Anchors) -> Self {
        let mut ids = Self { in_order: Vec::new(), by_wish: BTreeMap::new() };
        for figure in figures_of(sections) {
            let id = anchors.give(&figure.id);
            ids.by_wish.entry(figure.id.clone()).or_insert_with(|| id.clone());
            ids.in_order.push(id);
        }
        ids
    }

    /// Id of the figure that the report calls `anchor`.
    pub fn target(&self, anchor: &str) -> Option<&String> {
        self.by_wish.get(anchor)
    }

    /// Ids in reading order.
    pub fn in_order(&self) -> &[String] {
        &self.in_order
    }
}

/// Turns blocks into views, with pictures and ids that are unique on the page.
pub struct Builder<'l> {
    anchors: Anchors,
    targets: BTreeMap<String, String>,
    figure_ids: std::vec::IntoIter<String>,
    /// All lines of cards come without hover texts.
    is_slim: bool,
    /// A page elsewhere about a metric.
    elsewhere: &'l dyn Fn(&str) -> Option<String>,
}

impl<'l> Builder<'l> {
    pub fn of_sections<'a>(
        sections: impl IntoIterator<Item = &'a Section>,
        is_slim: bool,
        elsewhere: &'l dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let mut anchors = Anchors::default();
        let ids = FigureIds::of_sections(sections, &mut anchors);
        Self { anchors, targets: ids.by_wish, figure_ids: ids.in_order.into_iter(), is_slim, elsewhere }
    }

    pub fn section<'a>(&mut self, section: &'a Section) -> Result<SectionView<'a>, SinkError> {
        let id = self.anchors.give(&section.id);
        Ok(SectionView { id, title: &section.title, blocks: self.blocks(&section.blocks)? })
    }

    /// An id for something that is no block.
    pub fn give(&mut self, wish: &str) -> String {
        self.anchors.give(wish)
    }

    fn blocks<'a>(&mut self, blocks: &'a [Block]) -> Result<Vec<BlockView<'a>>, SinkError> {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    fn block<'a>(&mut self, block: &'a Block) -> Result<BlockView<'a>, SinkError> {
        Ok(match block {
            Block::Paragraph { text } => BlockView::Paragraph { text },
            Block::Note { tone, text } => BlockView::Note { tone: *tone, text },
            Block::Cards { cards } => {
                BlockView::Cards { cards: cards.iter().map(|card| self.card(card)).collect::<Result<_, _>>()? }
            }
            Block::Figure(figure) => self.figure(figure)?,
            Block::Table(table) => BlockView::Table { table },
            Block::Facts { facts } => BlockView::Facts { facts },
            Block::Code { caption, text } => BlockView::Code { caption, text },
            Block::Details { summary, blocks } => BlockView::Details { summary, blocks: self.blocks(blocks)? },
        })
    }

    fn card<'a>(&mut self, card: &'a Card) -> Result<CardView<'a>, SinkError> {
        let id = self.anchors.give(&format!("{}-spark", card.metric));
        let on_page = || self.targets.get(&card.anchor).map(|id| format!("#{id}"));
        let target = (self.elsewhere)(&card.metric).or_else(on_page);
        // A line whose figure stands on the page needs no hover texts: the figure has them.
        let is_told = target.as_ref().is_some_and(|target| target.starts_with('#'));
        let width = if self.is_slim || is_told { Width::Narrow } else { Width::Wide };
        Ok(CardView { card, spark: drawing::spark(card, &id, width, Place::Page)?, target })
    }

    fn figure<'a>(&mut self, figure: &'a Figure) -> Result<BlockView<'a>, SinkError> {
        let id = match self.figure_ids.next() {
            Some(id) => id,
            None => self.anchors.give(&figure.id),
        };
        let drawing = drawing::for_page(figure, &id)?;
        Ok(BlockView::Figure { id, figure, drawing })
    }
}
