//! What plotters cannot write: the opening tag, words for screen readers, hover texts, styles.

use std::fmt::Write as _;

use super::{
    Caption, ChartError, Place, lean,
    picture::{Picture, Tip},
    text::clean,
    theme::{FONT_FAMILY, SCALE, TEXT_SIZE, file_css},
};

/// The SVG of `picture`, ready for its place.
///
/// Fails only where `drawn` is not an SVG element of lines, areas, circles and words.
pub(super) fn finish(drawn: &str, picture: &Picture, caption: &Caption, place: Place) -> Result<String, ChartError> {
    let shapes = drawn
        .strip_prefix("<svg")
        .and_then(|rest| rest.split_once('>'))
        .and_then(|(_, rest)| rest.rsplit_once("</svg>"))
        .map(|(shapes, _)| shapes)
        .ok_or_else(|| ChartError::Backend { reason: "no SVG element was written".to_owned() })?;
    let mut svg = opening(picture, caption, place);
    svg.push_str(&lean::lean(shapes)?);
    if !picture.tips.is_empty() {
        svg.push_str("<g pointer-events=\"all\">");
        for tip in &picture.tips {
            write_tip(&mut svg, tip);
        }
        svg.push_str("</g>");
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// The tag of the whole: what holds for every shape that says nothing else is told here.
fn opening(picture: &Picture, caption: &Caption, place: Place) -> String {
    let (width, height) = (picture.width, picture.height);
    let (size, style) = match place {
        Place::Page => (String::new(), String::new()),
        Place::File => (
            format!(
                " xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
                 font-family=\"{FONT_FAMILY}\""
            ),
            format!("<style>\n{}</style>\n", file_css()),
        ),
    };
    let id = identifier(caption.id);
    let (title, description) = (escape(caption.title), escape(caption.description));
    format!(
        "<svg class=\"chart\"{size} viewBox=\"0 0 {} {}\" fill=\"none\" font-size=\"{}\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-desc\">\n\
         <title id=\"{id}-title\">{title}</title>\n\
         <desc id=\"{id}-desc\">{description}</desc>\n{style}",
        width * SCALE,
        height * SCALE,
        TEXT_SIZE * SCALE,
    )
}

/// An unseen rectangle that feels the pointer.
fn write_tip(svg: &mut String, tip: &Tip) {
    let whole = |length: f64| (length * SCALE).round() as i64;
    let rect = tip.rect;
    let (left, top) = (whole(rect.left), whole(rect.top));
    let (width, height) = (whole(rect.right - rect.left), whole(rect.bottom - rect.top));
    let _ = write!(
        svg,
        "<path d=\"{}\"><title>{}</title></path>",
        lean::rectangle(left, top, width, height),
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
