//! A picture through plotters: the only file that knows it.
//!
//! plotters snaps to whole pixels, hence the large canvas, and divides the size of text by 1.24,
//! hence the factor. Its own axes, legends and text metrics are not used.

use plotters::{
    backend::SVGBackend,
    coord::Shift,
    drawing::{DrawingArea, IntoDrawingArea},
    element::{Circle, PathElement, Polygon, Text},
    style::{
        Color, FontStyle, FontTransform, IntoFont, RGBColor, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{
    ChartError,
    picture::{Anchor, At, Label, Picture, Shape},
    theme::{FONT_FAMILY, Role, SCALE, SERIES_STROKE, TEXT_SIZE},
};

/// plotters' SVG backend writes its font size divided by this.
const FONT_QUIRK: f64 = 1.24;
/// The backend moves text that hangs from its top down by this many ems.
const TOP_TO_BASELINE: f64 = 0.76;

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The SVG text as plotters writes it.
pub(super) fn paint(picture: &Picture) -> Result<String, ChartError> {
    let mut svg = String::new();
    let size = (whole(picture.width) as u32, whole(picture.height) as u32);
    {
        let canvas = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        for shape in &picture.shapes {
            paint_shape(&canvas, shape)?;
        }
        canvas.present().map_err(failure)?;
    }
    Ok(svg)
}

fn paint_shape(canvas: &Canvas, shape: &Shape) -> Result<(), ChartError> {
    match shape {
        Shape::Path { points, role, width } => canvas.draw(&PathElement::new(pixels(points), stroke(*role, *width))),
        Shape::Area { points, role, opacity } => {
            canvas.draw(&Polygon::new(pixels(points), colour(*role).mix(*opacity).filled()))
        }
        Shape::Dot { at, radius, role } => {
            canvas.draw(&Circle::new(pixel(*at), whole(*radius), colour(*role).filled()))
        }
        Shape::Ring { at, radius, role } => {
            canvas.draw(&Circle::new(pixel(*at), whole(*radius), stroke(*role, SERIES_STROKE)))
        }
        Shape::Text(label) => canvas.draw(&text(label)),
    }
    .map_err(failure)
}

fn text(label: &Label) -> Text<'_, (i32, i32), &str> {
    let size = TEXT_SIZE * SCALE * FONT_QUIRK;
    let style = if label.is_bold { FontStyle::Bold } else { FontStyle::Normal };
    let anchor = match label.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let font = (FONT_FAMILY, size).into_font().style(style).transform(FontTransform::None);
    let style = TextStyle {
        color: colour(label.role).to_backend_color(),
        pos: Pos::new(anchor, VPos::Top),
        ..TextStyle::from(font)
    };
    let (x, baseline) = label.at;
    let top = baseline - TOP_TO_BASELINE * TEXT_SIZE;
    Text::new(label.text.as_str(), pixel((x, top)), style)
}

fn colour(role: Role) -> RGBColor {
    let [red, green, blue] = role.light();
    RGBColor(red, green, blue)
}

fn stroke(role: Role, width: f64) -> ShapeStyle {
    colour(role).stroke_width(whole(width) as u32)
}

fn pixels(points: &[At]) -> Vec<(i32, i32)> {
    points.iter().copied().map(pixel).collect()
}

fn pixel((x, y): At) -> (i32, i32) {
    (whole(x), whole(y))
}

fn whole(length: f64) -> i32 {
    (length * SCALE).round() as i32
}

fn failure(error: impl std::fmt::Display) -> ChartError {
    ChartError::Backend { reason: error.to_string() }
}
