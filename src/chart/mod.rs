//! How numbers are drawn: a chart as data in, one SVG text out.
//!
//! A chart kind is one file that turns its data into a [`picture::Picture`]: lines, areas, dots
//! and words in CSS pixels and colour roles. Only `paint` knows plotters, which writes the SVG on a
//! canvas eight times as large because its coordinates are whole numbers; only `lean` knows what that
//! SVG is like, and says the same in fewer bytes; only `finish` knows the opening tag, the words for screen readers and the hover texts. Layout uses a fixed table of
//! letter widths, so the same chart is the same bytes on every machine.
//!
//! The rules: a gap in the data is a gap in the line; an unfinished period and a point of fewer
//! than five events are hollow and say so; marks and bands are labelled where they are; there is no
//! legend (a calendar and a story, whose marks are too many to be named, explain them in one line below),
//! no frame and no background. Titles and subtitles belong to the page, not to the picture.
//!
//! A chart for a page is drawn twice, [`Width::Wide`] and [`Width::Narrow`], and the page shows one
//! by a media query, since text in a scaled picture shrinks with it. The module computes no
//! statistics, writes no files and decides no wording beyond "so far", "n=3" and "no data".

mod axis;
mod bars;
mod calendar;
mod finish;
mod funnel;
mod heat_map;
mod histogram;
mod lean;
mod multiples;
mod paint;
mod picture;
mod place;
mod process;
mod series;
mod sparkline;
mod spec;
mod story;
mod survival;
pub(crate) mod text;
pub mod theme;
mod time_axis;
mod timeline;
mod waterfall;

pub use spec::*;

use picture::Picture;

/// The words that stand for a chart where it cannot be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caption<'a> {
    /// Unique on the page: the ids of title and description are derived from it and the width.
    pub id: &'a str,
    pub title: &'a str,
    pub description: &'a str,
}

/// The space a chart is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// 720 CSS px: a text column, a printed page.
    Wide,
    /// 344 CSS px: a phone.
    Narrow,
}

/// Where the SVG will live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Inside an HTML page that carries [`theme::css`]; as wide as its container.
    Page,
    /// A file of its own, with its size and its own rules for dark surroundings.
    File,
}

/// One small chart of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// The group's full name; the picture shows it too, shortened where it is long.
    pub name: String,
    pub svg: String,
}

/// Why a chart could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    #[error("no drawing is registered for charts of kind `{kind}`")]
    UnknownKind { kind: &'static str },
    #[error("the drawing of `{kind}` was given another kind of chart")]
    WrongKind { kind: &'static str },
    #[error("plotters could not draw the chart: {reason}")]
    Backend { reason: String },
}

/// A kind of chart and the function that draws it.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// As in JSON: `timeline`.
    pub name: &'static str,
    /// One sentence for people.
    pub about: &'static str,
    picture: fn(&Chart, Width) -> Option<Picture>,
}

/// Every kind of chart, sorted by name.
pub const KINDS: &[Kind] = &[
    bars::KIND,
    calendar::KIND,
    funnel::KIND,
    heat_map::KIND,
    histogram::KIND,
    multiples::KIND,
    process::KIND,
    sparkline::KIND,
    story::KIND,
    survival::KIND,
    timeline::KIND,
    waterfall::KIND,
];

/// Draws any chart as one SVG element; of [`Chart::Multiples`] the whole grid.
pub fn draw(chart: &Chart, caption: &Caption, width: Width, place: Place) -> Result<String, ChartError> {
    let name = chart.kind();
    let kind = KINDS.iter().find(|kind| kind.name == name).ok_or(ChartError::UnknownKind { kind: name })?;
    let mut picture = (kind.picture)(chart, width).ok_or(ChartError::WrongKind { kind: name })?;
    if width == Width::Narrow {
        // There is no pointer to hover with on a phone.
        picture.tips.clear();
    }
    let suffix = match width {
        Width::Wide => "wide",
        Width::Narrow => "narrow",
    };
    let id = format!("{}-{suffix}", caption.id);
    let caption = Caption { id: &id, ..*caption };
    finish::finish(&paint::paint(&picture)?, &picture, &caption, place)
}

/// Draws each group of a comparison as an SVG of its own, 220 × 120 CSS px, for a grid that
/// wraps with the page. A cell narrower than 210 px makes its text smaller than 11 px.
pub fn draw_multiples(multiples: &Multiples, caption: &Caption, place: Place) -> Result<Vec<Panel>, ChartError> {
    let mut panels = Vec::with_capacity(multiples.series.len());
    for (index, picture) in multiples::panels(multiples).into_iter().enumerate() {
        let Some(series) = multiples.series.get(index) else {
            break;
        };
        let id = format!("{}-{}", caption.id, index + 1);
        let title = format!("{}: {}", series.name, caption.title);
        let caption = Caption { id: &id, title: &title, description: caption.description };
        panels.push(Panel {
            name: series.name.clone(),
            svg: finish::finish(&paint::paint(&picture)?, &picture, &caption, place)?,
        });
    }
    Ok(panels)
}

impl Chart {
    /// The chart's kind as in JSON and in [`KINDS`].
    pub fn kind(&self) -> &'static str {
        match self {
            Chart::Timeline(_) => "timeline",
            Chart::Multiples(_) => "multiples",
            Chart::Bars(_) => "bars",
            Chart::Calendar(_) => "calendar",
            Chart::Funnel(_) => "funnel",
            Chart::HeatMap(_) => "heat_map",
            Chart::Histogram(_) => "histogram",
            Chart::Process(_) => "process",
            Chart::Story(_) => "story",
            Chart::Survival(_) => "survival",
            Chart::Waterfall(_) => "waterfall",
            Chart::Sparkline { .. } => "sparkline",
        }
    }
}

#[cfg(test)]
mod tests;
