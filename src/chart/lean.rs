//! What plotters wrote, in a third of the bytes and with the same look: pictures are most of a page.
//!
//! Lines and areas become paths with relative coordinates, and neighbours of one style share it: outlines and dots as
//! one path, words in a group. The order of the shapes, and so what covers what, stays.

use std::fmt::Write as _;

use super::{
    ChartError,
    theme::{FONT_FAMILY, SCALE, TEXT_SIZE},
};

type Pixel = (i64, i64);

/// One shape.
#[derive(Debug, PartialEq)]
struct Element {
    form: Form,
    /// Attributes that a neighbour may have as well, as they stand in a tag.
    style: String,
}

#[derive(Debug, PartialEq)]
enum Form {
    Line(Vec<Pixel>),
    Area(Vec<Pixel>),
    /// A filled circle.
    Dot {
        at: Pixel,
        radius: i64,
    },
    /// A whole element without its style: what stands before and behind that.
    Whole {
        before: String,
        behind: String,
    },
}

/// The shapes of an SVG as plotters writes them; `font-size`, `font-family` and `fill="none"` are left to the tag of
/// the whole.
///
/// Fails where an element is none of a line, an area, a circle or words: nothing is left out in silence.
pub(super) fn lean(drawn: &str) -> Result<String, ChartError> {
    let elements = drawn.split('<').map(str::trim).filter(|part| !part.is_empty() && !part.starts_with('/'));
    let elements: Vec<Element> = elements.map(element).collect::<Result<_, _>>()?;
    let mut svg = String::with_capacity(drawn.len() / 2);
    for run in elements.chunk_by(|one, next| one.style == next.style && one.form.joins(&next.form)) {
        write_run(&mut svg, run);
    }
    Ok(svg)
}

impl Form {
    fn joins(&self, next: &Form) -> bool {
        match (self, next) {
            (Form::Dot { radius, .. }, Form::Dot { radius: other, .. }) => radius == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(next),
        }
    }
}

fn circle((x, y): Pixel, radius: i64) -> String {
    format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"")
}

/// `polyline fill="none" … points="…"/>` or `text x="…" …>words`.
fn element(part: &str) -> Result<Element, ChartError> {
    let unknown = || ChartError::Backend { reason: format!("an element that is not known was written: `{part}`") };
    let (tag, content) = part.split_once('>').ok_or_else(unknown)?;
    let (name, rest) = tag.trim_end_matches('/').split_once(' ').ok_or_else(unknown)?;
    let attributes = attributes(rest);
    let value = |name: &str| attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let number = |name: &str| value(name).and_then(|value| value.parse::<f64>().ok());
    let form = match name {
        "polyline" => Form::Line(value("points").and_then(pixels).ok_or_else(unknown)?),
        "polygon" => Form::Area(value("points").and_then(pixels).ok_or_else(unknown)?),
        "circle" => {
            let whole = |name: &str| value(name).and_then(|value| value.parse::<i64>().ok());
            let (at, radius) = whole("cx").zip(whole("cy")).zip(whole("r")).ok_or_else(unknown)?;
            match value("stroke") {
                Some("none") => Form::Dot { at, radius },
                _ => Form::Whole { before: circle(at, radius), behind: "/>".to_owned() },
            }
        }
        "text" => {
            // Painters lose a shift by `dy` where words run from right to left, so the baseline is settled here.
            let shift = value("dy").and_then(|dy| dy.strip_suffix("em")).and_then(|dy| dy.parse::<f64>().ok());
            let baseline =
                number("y").zip(shift).zip(number("font-size")).map(|((y, dy), size)| (y + dy * size).round());
            let (x, y) = value("x").zip(baseline).ok_or_else(unknown)?;
            Form::Whole { before: format!("<text x=\"{x}\" y=\"{y}\""), behind: format!(">{}</text>", content.trim()) }
        }
        _ => return Err(unknown()),
    };
    Ok(Element { form, style: style(&attributes) })
}

/// Names and values of a tag.
fn attributes(tag: &str) -> Vec<(&str, &str)> {
    let mut parts = tag.split('"');
    let mut found = Vec::new();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        found.push((name.trim().trim_end_matches('='), value));
    }
    found
}

/// What is neither geometry nor what holds anyway.
fn style(attributes: &[(&str, &str)]) -> String {
    let size = (TEXT_SIZE * SCALE).to_string();
    let has_stroke = attributes.iter().any(|(name, value)| *name == "stroke" && *value != "none");
    let is_needed = |name: &str, value: &str| match (name, value) {
        ("points" | "cx" | "cy" | "r" | "x" | "y" | "dy", _) => false,
        ("fill" | "stroke", "none") | ("opacity", "1") | ("text-anchor", "start") => false,
        ("stroke-width", _) => has_stroke,
        ("font-size", given) => given != size,
        ("font-family", given) => given != FONT_FAMILY,
        _ => true,
    };
    let mut style = String::new();
    for (name, value) in attributes.iter().filter(|(name, value)| is_needed(name, value)) {
        let _ = write!(style, " {name}=\"{value}\"");
    }
    style
}

fn pixels(points: &str) -> Option<Vec<Pixel>> {
    let pixel = |pair: &str| {
        let (x, y) = pair.split_once(',')?;
        Some((x.parse().ok()?, y.parse().ok()?))
    };
    points.split_whitespace().map(pixel).collect()
}

fn write_run(svg: &mut String, run: &[Element]) {
    let Some(first) = run.first() else {
        return;
    };
    let style = &first.style;
    let _ = match (&first.form, run) {
        (Form::Whole { before, behind }, [_]) => write!(svg, "{before}{style}{behind}"),
        (Form::Whole { .. }, _) => write!(svg, "<g{style}>{}</g>", wholes(run)),
        (Form::Dot { at, radius }, [_]) => write!(svg, "{}{style}/>", circle(*at, *radius)),
        // Lines that go nowhere, with round ends: a third of the bytes of circles.
        (Form::Dot { radius, .. }, _) => {
            let style = style.replace(" fill=", " stroke=");
            write!(svg, "<path{style} stroke-width=\"{}\" d=\"{}\"/>", 2 * radius, traced(run))
        }
        _ => write!(svg, "<path{style} d=\"{}\"/>", traced(run)),
    };
}

fn wholes(run: &[Element]) -> String {
    let whole = |element: &Element| match &element.form {
        Form::Whole { before, behind } => format!("{before}{behind}"),
        _ => String::new(),
    };
    run.iter().map(whole).collect()
}

/// The outlines of a run as path data.
fn traced(run: &[Element]) -> String {
    let mut pen = Pen::default();
    for element in run {
        match &element.form {
            Form::Line(points) => pen.draw(points.iter().copied(), false),
            // All areas go round in one direction, so that none cuts a hole into another.
            Form::Area(points) if is_clockwise(points) => pen.draw(points.iter().copied(), true),
            Form::Area(points) => pen.draw(points.iter().rev().copied(), true),
            Form::Dot { at, .. } => pen.draw([*at].into_iter(), false),
            Form::Whole { .. } => {}
        }
    }
    pen.path
}

/// By the signed area, y growing downwards.
fn is_clockwise(points: &[Pixel]) -> bool {
    let next = points.iter().cycle().skip(1);
    points.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<i64>() >= 0
}

/// `d="M rectangle"` of one rectangle, as areas have it.
pub(super) fn rectangle(left: i64, top: i64, width: i64, height: i64) -> String {
    let mut pen = Pen::default();
    let (right, bottom) = (left + width, top + height);
    pen.draw([(left, top), (right, top), (right, bottom), (left, bottom)].into_iter(), true);
    pen.path
}

/// Writes path data: the shortest command for each step.
#[derive(Default)]
struct Pen {
    path: String,
    at: Pixel,
    /// The command that a further step may go on with.
    command: Option<char>,
}

impl Pen {
    fn draw(&mut self, mut points: impl Iterator<Item = Pixel>, is_closed: bool) {
        let Some(start) = points.next() else {
            return;
        };
        self.step_to(start, 'm');
        self.command = None;
        let mut has_moved = false;
        for point in points {
            let command = match (point.0 == self.at.0, point.1 == self.at.1) {
                (true, true) => continue,
                (true, false) => 'v',
                (false, true) => 'h',
                (false, false) => 'l',
            };
            self.step_to(point, command);
            has_moved = true;
        }
        if is_closed {
            self.path.push('z');
            (self.at, self.command) = (start, None);
        } else if !has_moved {
            // A line that goes nowhere is a dot with round ends, not nothing.
            self.path.push_str("h0");
        }
    }

    fn step_to(&mut self, point: Pixel, command: char) {
        let (dx, dy) = (point.0 - self.at.0, point.1 - self.at.1);
        let is_told = self.command == Some(command);
        if !is_told {
            self.path.push(command);
        }
        let mut is_first = !is_told;
        for (number, is_needed) in [(dx, command != 'v'), (dy, command != 'h')] {
            if is_needed {
                // A minus parts numbers as well as a space does.
                let space = if is_first || number < 0 { "" } else { " " };
                let _ = write!(self.path, "{space}{number}");
                is_first = false;
            }
        }
        (self.at, self.command) = (point, Some(command));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "<polyline fill=\"none\" opacity=\"1\" stroke=\"#8A939B\" stroke-width=\"8\" points=";
    const AREA: &str = "<polygon opacity=\"0.15\" fill=\"#12436D\" points=";

    fn lean_of(drawn: &str) -> String {
        lean(drawn).unwrap()
    }

    #[test]
    fn lines_of_one_style_are_one_path_with_relative_steps() {
        let drawn = format!("{LINE}\"10,20 30,20 30,5 25,9 \"/>\n{LINE}\"0,0 8,8 16,16 \"/>\n");
        let path = "<path stroke=\"#8A939B\" stroke-width=\"8\" d=\"m10 20h20v-15l-5 4m-25-9l8 8 8 8\"/>";
        assert_eq!(lean_of(&drawn), path);
    }

    #[test]
    fn areas_go_round_in_one_direction_and_close_themselves() {
        let clockwise = "\"0,0 8,0 8,8 0,8 \"";
        let back = "\"20,8 28,8 28,0 20,0 \"";
        let drawn = format!("{AREA}{clockwise}/>{AREA}{back}/>");
        assert_eq!(lean_of(&drawn), "<path opacity=\"0.15\" fill=\"#12436D\" d=\"m0 0h8v8h-8zm20 0h8v8h-8z\"/>");
    }

    #[test]
    fn shapes_of_another_style_or_kind_keep_their_place_between() {
        let dot =
            "<circle cx=\"1\" cy=\"2\" r=\"16\" opacity=\"1\" fill=\"#12436D\" stroke=\"none\" stroke-width=\"1\"/>";
        let drawn = format!("{LINE}\"0,0 8,0 \"/>{dot}{LINE}\"0,8 8,8 \"/>");
        assert_eq!(
            lean_of(&drawn),
            "<path stroke=\"#8A939B\" stroke-width=\"8\" d=\"m0 0h8\"/><circle cx=\"1\" cy=\"2\" r=\"16\" \
             fill=\"#12436D\"/><path stroke=\"#8A939B\" stroke-width=\"8\" d=\"m0 8h8\"/>"
        );
    }

    #[test]
    fn dots_of_one_size_are_one_path_of_round_ends() {
        let dot = |x: u32, radius: u32| {
            format!(
                "<circle cx=\"{x}\" cy=\"2\" r=\"{radius}\" opacity=\"1\" fill=\"#12436D\" stroke=\"none\" stroke-width=\"1\"/>"
            )
        };
        let drawn = dot(1, 16) + &dot(40, 16) + &dot(80, 28);
        assert_eq!(
            lean_of(&drawn),
            "<path stroke=\"#12436D\" stroke-width=\"32\" d=\"m1 2h0m39 0h0\"/><circle cx=\"80\" cy=\"2\" r=\"28\" \
             fill=\"#12436D\"/>"
        );
        let ring =
            "<circle cx=\"1\" cy=\"2\" r=\"28\" opacity=\"1\" fill=\"none\" stroke=\"#12436D\" stroke-width=\"16\"/>";
        assert_eq!(lean_of(ring), "<circle cx=\"1\" cy=\"2\" r=\"28\" stroke=\"#12436D\" stroke-width=\"16\"/>");
    }

    #[test]
    fn words_stand_on_their_settled_baseline() {
        let drawn = "<text x=\"5\" y=\"100\" dy=\"0.76em\" text-anchor=\"end\" font-family=\"system-ui, sans-serif\" \
                     font-size=\"96\" opacity=\"1\" fill=\"#59636E\">\n5 &lt; 6\n</text>";
        assert_eq!(lean_of(drawn), "<text x=\"5\" y=\"173\" text-anchor=\"end\" fill=\"#59636E\">5 &lt; 6</text>");
    }

    #[test]
    fn a_line_that_goes_nowhere_is_still_drawn() {
        assert!(lean_of(&format!("{LINE}\"4,4 4,4 \"/>")).contains("d=\"m4 4h0\""));
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        assert!(lean("<image href=\"x\"/>").is_err());
        assert!(lean("<polyline points=\"1,a\"/>").is_err());
    }
}
