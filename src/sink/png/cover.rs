//! The cover: headline and up to six cards as one picture, by the template `cover.svg`.
//!
//! Lines are broken here, because SVG does not break them; words come from the report as they are.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use crate::chart::text::{shorten, wrap};
use crate::chart::theme::Role;
use crate::report::blocks::{Block, Card, Judgement, Report};
use crate::sink::html::template_error;
use crate::sink::{Assets, SinkError};

const TEMPLATE: &str = "cover.svg";

/// The size of text that widths are told for.
const MEASURED: f64 = 12.0;

/// Space in pixels of the template: a line across the picture, and one of a card.
const ACROSS: f64 = 1_072.0;
const IN_CARD: f64 = 336.0;
const MOST_CARDS: usize = 6;
const HEADLINE_LINES: usize = 3;
const LINES_IN_CARD: usize = 2;
/// The size of small text on a card.
const SMALL: f64 = 14.5;

#[derive(Serialize)]
struct Cover {
    eyebrow: String,
    title: String,
    headline: Vec<String>,
    cards: Vec<CoverCard>,
    foot: String,
}

#[derive(Serialize)]
struct CoverCard {
    title: String,
    value: String,
    unit: String,
    is_missing: bool,
    /// What changed, or why there is no value; and the colour in which it is said.
    lines: Vec<String>,
    colour: String,
    /// How sure the value is.
    sureness: String,
}

pub(super) fn svg(report: &Report, assets: &Assets) -> Result<String, SinkError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template(TEMPLATE, assets.text(TEMPLATE)?).map_err(|error| template_error(&error))?;
    let rendered = environment.get_template(TEMPLATE).and_then(|template| template.render(Serde(&cover(report))));
    rendered.map_err(|error| template_error(&error))
}

fn cover(report: &Report) -> Cover {
    let eyebrow = [report.organisation.as_str(), &report.audience];
    let eyebrow: Vec<&str> = eyebrow.into_iter().filter(|text| !text.is_empty()).collect();
    Cover {
        eyebrow: fitted(&eyebrow.join(" · "), 18.0, false, ACROSS),
        title: fitted(&report.title, 34.0, true, ACROSS),
        headline: wrap(&report.headline, ACROSS * MEASURED / 26.0, HEADLINE_LINES),
        cards: first_cards(report).iter().take(MOST_CARDS).map(card).collect(),
        foot: fitted(
            &format!(
                "As of {}, shipwake {}",
                report.numbers.local_as_of().format("%Y-%m-%d"),
                env!("CARGO_PKG_VERSION")
            ),
            14.0,
            false,
            ACROSS,
        ),
    }
}

/// The cards of a report that come first.
pub(in crate::sink) fn first_cards(report: &Report) -> &[Card] {
    let blocks = report.sections.iter().flat_map(|section| &section.blocks);
    let mut cards = blocks.filter_map(|block| match block {
        Block::Cards { cards } => Some(cards.as_slice()),
        _ => None,
    });
    cards.next().unwrap_or_default()
}

fn card(card: &Card) -> CoverCard {
    let judgement = card.change.as_ref().map_or(Judgement::Neutral, |change| change.judgement);
    let (mark, role) = match judgement {
        Judgement::Better => ("Better: ", Role::Series1),
        Judgement::Worse => ("Worse: ", Role::Worse),
        Judgement::Neutral => ("", Role::Ink),
    };
    let first = match (&card.missing, &card.change) {
        (Some(reason), _) => reason.clone(),
        (None, Some(change)) => format!("{mark}{}", change.text),
        (None, None) => card.trend.clone(),
    };
    let sure = if card.interval.is_empty() { &card.basis } else { &card.interval };
    let [red, green, blue] = role.light();
    CoverCard {
        title: fitted(&card.title, 17.0, true, IN_CARD),
        value: fitted(&card.value, 38.0, true, IN_CARD),
        unit: fitted(&card.unit, 17.0, false, IN_CARD / 2.0),
        is_missing: card.missing.is_some(),
        lines: wrap(&first, IN_CARD * MEASURED / SMALL, LINES_IN_CARD),
        colour: format!("#{red:02X}{green:02X}{blue:02X}"),
        sureness: fitted(sure, SMALL, false, IN_CARD),
    }
}

/// The text in one line of `room` pixels at `size`.
fn fitted(text: &str, size: f64, is_bold: bool, room: f64) -> String {
    shorten(text, is_bold, room * MEASURED / size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    #[test]
    fn text_of_the_report_stays_text() {
        let mut report = fixture::rich();
        report.headline = "<script>alert(1)</script> & \"co\"".to_owned();
        let svg = svg(&report, &Assets::default()).expect("renders");
        assert!(!svg.contains("<script"));
        assert!(svg.contains("&lt;script&gt;"));
    }

    #[test]
    fn a_wrong_template_of_a_user_is_told_with_its_line() {
        let mut assets = Assets::default();
        assets.replace("cover.svg", "<svg>\n{{ tittle }}".to_owned()).expect("built in");
        let error = svg(&fixture::rich(), &assets).expect_err("misspelt");
        assert!(error.to_string().starts_with("could not render template `cover.svg`, line 2: "), "{error}");
    }
}
