//! Asks `chart` for the pictures of a report, in the sizes that a document needs.
//!
//! It decides which pictures there are, never how they look.

use serde::Serialize;

use crate::chart::{self, Caption, Chart, ChartError, Place, Width};
use crate::report::blocks::{Card, Figure};
use crate::sink::SinkError;

/// The pictures of one figure in a page; CSS shows the ones that fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "layout", rename_all = "snake_case")]
pub enum Drawing {
    /// One picture, drawn for a desk and for a telephone.
    Single { wide: String, narrow: String },
    /// One small picture a group, laid out by the page.
    Grid { cells: Vec<String> },
}

/// The pictures of `figure` for a page in which its id is `id`.
pub fn for_page(figure: &Figure, id: &str) -> Result<Drawing, SinkError> {
    let caption = caption(figure, id);
    let failed = |cause| failed(&figure.id, cause);
    if let Chart::Multiples(multiples) = &figure.chart {
        let panels = chart::draw_multiples(multiples, &caption, Place::Page).map_err(failed)?;
        return Ok(Drawing::Grid { cells: panels.into_iter().map(|panel| panel.svg).collect() });
    }
    let draw = |width| chart::draw(&figure.chart, &caption, width, Place::Page).map_err(failed);
    Ok(Drawing::Single { wide: draw(Width::Wide)?, narrow: draw(Width::Narrow)? })
}

/// The picture of `figure` as a file of its own, with its own rules for dark surroundings.
pub fn for_file(figure: &Figure, id: &str) -> Result<String, SinkError> {
    chart::draw(&figure.chart, &caption(figure, id), Width::Wide, Place::File)
        .map_err(|cause| failed(&figure.id, cause))
}

/// The pictures of `figure` for paper: the whole, or one file a group of a comparison.
pub fn for_paper(figure: &Figure, id: &str) -> Result<Vec<String>, SinkError> {
    let Chart::Multiples(multiples) = &figure.chart else {
        return Ok(vec![for_file(figure, id)?]);
    };
    let panels = chart::draw_multiples(multiples, &caption(figure, id), Place::File);
    let panels = panels.map_err(|cause| failed(&figure.id, cause))?;
    Ok(panels.into_iter().map(|panel| panel.svg).collect())
}

/// The word-sized line of `card`, where it has one; with hover texts where it is wide.
pub fn spark(card: &Card, id: &str, width: Width, place: Place) -> Result<Option<String>, SinkError> {
    let Some(spark) = &card.spark else {
        return Ok(None);
    };
    let caption = Caption { id, title: &card.title, description: &card.spark_range };
    chart::draw(spark, &caption, width, place).map(Some).map_err(|cause| failed(&card.metric, cause))
}

fn caption<'a>(figure: &'a Figure, id: &'a str) -> Caption<'a> {
    Caption { id, title: &figure.title, description: &figure.description }
}

fn failed(figure: &str, cause: ChartError) -> SinkError {
    SinkError::Chart { figure: figure.to_owned(), cause }
}
