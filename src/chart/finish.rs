//! What plotters cannot write: the opening tag, words for screen readers, hover texts, styles.
//!
//! Of what plotters drew only words that say nothing are left out: they would be a third of the page.

use std::fmt::Write as _;

use super::{
    Caption, ChartError, Place,
    picture::{Picture, Tip},
    text::clean,
    theme::{FONT_FAMILY, SCALE, file_css},
};

/// The SVG of `picture`, ready for its place.
///
/// Fails only where `drawn` is not an SVG element.
pub(super) fn finish(drawn: &str, picture: &Picture, caption: &Caption, place: Place) -> Result<String, ChartError> {
    let shapes = drawn
        .strip_prefix("<svg")
        .and_then(|rest| rest.split_once('>'))
        .and_then(|(_, rest)| rest.rsplit_once("</svg>"))
        .map(|(shapes, _)| shapes.trim_start())
        .ok_or_else(|| ChartError::Backend { reason: "no SVG element was written".to_owned() })?;
    let mut svg = opening(picture, caption, place);
    svg.push_str(&lean(shapes));
    if !picture.tips.is_empty() {
        svg.push_str("<g fill=\"none\" pointer-events=\"all\">");
        for tip in &picture.tips {
            write_tip(&mut svg, tip);
        }
        svg.push_str("</g>");
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// The shapes without full opacity, without the font on every word, without line breaks around words.
fn lean(shapes: &str) -> String {
    let font = format!(" font-family=\"{FONT_FAMILY}\"");
    shapes
        .replace(" opacity=\"1\"", "")
        .replace(&font, "")
        .replace(" \"/>", "\"/>")
        .replace(">\n", ">")
        .replace("\n</text>", "</text>")
}

fn opening(picture: &Picture, caption: &Caption, place: Place) -> String {
    let (width, height) = (picture.width, picture.height);
    let (size, style) = match place {
        Place::Page => ("width=\"100%\"".to_owned(), String::new()),
        Place::File => (
            format!("xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\""),
            format!("<style>\n{}</style>\n", file_css()),
        ),
    };
    let id = identifier(caption.id);
    let (title, description) = (escape(caption.title), escape(caption.description));
    format!(
        "<svg class=\"chart\" {size} font-family=\"{FONT_FAMILY}\" viewBox=\"0 0 {} {}\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-desc\">\n\
         <title id=\"{id}-title\">{title}</title>\n\
         <desc id=\"{id}-desc\">{description}</desc>\n{style}",
        width * SCALE,
        height * SCALE,
    )
}

/// An unseen rectangle that feels the pointer.
fn write_tip(svg: &mut String, tip: &Tip) {
    let whole = |length: f64| (length * SCALE).round();
    let rect = tip.rect;
    let _ = writeln!(
        svg,
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">\
         <title>{}</title></rect>",
        whole(rect.left),
        whole(rect.top),
        whole(rect.right - rect.left),
        whole(rect.bottom - rect.top),
        escape(&tip.text),
    );
}

/// Letters, digits and hyphens only, so that an id is one word in `aria-labelledby`.
fn identifier(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
