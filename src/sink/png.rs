//! The pictures of a report as PNG: a cover for chats, and each figure at twice its size.
//!
//! Charts come as SVG and are painted by resvg on white with the fonts that the program carries, never with those of
//! the machine.

mod cover;

use std::path::PathBuf;
use std::sync::Arc;

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use crate::report::blocks::{Figure, Report};
use crate::sink::anchors::Anchors;
use crate::sink::view::{self, FigureIds};
use crate::sink::{Assets, Needs, OutputFile, Sink, SinkError, drawing};

pub(in crate::sink) use cover::first_cards;

/// The entry of this file in the registry.
pub const SINK: Sink =
    Sink { name: "png", about: "A cover for chats and every figure, as pictures in png/", render, needs: Needs::Words };

/// A picture has so many pixels for each of its own.
const SCALE: f32 = 2.0;

/// The family in which all text without one of its own is set.
const FAMILY: &str = "Inter";

/// `png/cover.png` and `png/<id>.png` for each figure.
///
/// # Errors
/// [`SinkError::Picture`] where a picture is no SVG or too large, [`SinkError::Template`] where the cover's template
/// is wrong, [`SinkError::Chart`] where a chart cannot be drawn.
pub fn render(report: &Report, assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    let painter = Painter::new(assets);
    let mut files = vec![file("cover", painter.cover(report, assets)?)];
    let ids = FigureIds::new(report, &mut Anchors::default());
    for (figure, id) in view::figures(report).into_iter().zip(ids.in_order()) {
        files.push(file(&format!("figures/{id}"), painter.figure(figure, id)?));
    }
    Ok(files)
}

fn file(name: &str, bytes: Vec<u8>) -> OutputFile {
    OutputFile { path: PathBuf::from(format!("png/{name}.png")), bytes }
}

/// Paints SVG with the program's fonts.
pub struct Painter {
    options: Options<'static>,
}

impl Painter {
    pub fn new(assets: &Assets) -> Self {
        let mut fonts = Database::new();
        assets.fonts().for_each(|bytes| fonts.load_font_data(bytes.to_vec()));
        fonts.set_sans_serif_family(FAMILY);
        let options = Options { fontdb: Arc::new(fonts), font_family: FAMILY.to_owned(), ..Options::default() };
        Self { options }
    }

    /// Headline and cards, 2400 × 1350 pixels.
    pub fn cover(&self, report: &Report, assets: &Assets) -> Result<Vec<u8>, SinkError> {
        self.paint("cover", &cover::svg(report, assets)?)
    }

    pub fn figure(&self, figure: &Figure, id: &str) -> Result<Vec<u8>, SinkError> {
        self.paint(&figure.id, &drawing::for_file(figure, id)?)
    }

    fn paint(&self, name: &str, svg: &str) -> Result<Vec<u8>, SinkError> {
        let failed = |cause: String| SinkError::Picture { figure: name.to_owned(), cause };
        let tree = Tree::from_str(svg, &self.options).map_err(|error| failed(error.to_string()))?;
        let size = tree.size();
        let pixels = |length: f32| (length * SCALE).ceil() as u32;
        let mut pixmap = Pixmap::new(pixels(size.width()), pixels(size.height()))
            .ok_or_else(|| failed(format!("{} × {} is no size", size.width(), size.height())))?;
        pixmap.fill(Color::WHITE);
        resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|error| failed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    /// Width and height of a PNG, from its first chunk.
    fn size(bytes: &[u8]) -> (u32, u32) {
        assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        (number(16), number(20))
    }

    fn pixels(bytes: &[u8]) -> Pixmap {
        Pixmap::decode_png(bytes).expect("PNG")
    }

    fn dark_pixels(map: &Pixmap) -> usize {
        map.pixels().iter().filter(|pixel| u32::from(pixel.red()) + u32::from(pixel.green()) < 200).count()
    }

    #[test]
    fn the_cover_is_16_to_9_and_every_figure_twice_its_size() {
        let files = render(&fixture::rich(), &Assets::default()).expect("renders");
        assert_eq!(size(&files[0].bytes), (2400, 1350));
        assert_eq!(files.len(), 6);
        for file in &files[1..] {
            assert_eq!(size(&file.bytes).0, 1440, "{}", file.path.display());
        }
    }

    #[test]
    fn words_are_painted_and_the_ground_is_white() {
        let map = pixels(&render(&fixture::rich(), &Assets::default()).expect("renders")[0].bytes);
        assert!(map.pixels()[0].red() == 255 && map.pixels()[0].alpha() == 255);
        assert!(dark_pixels(&map) > 5_000, "{}", dark_pixels(&map));
    }

    #[test]
    fn scripts_beyond_latin_have_letters_of_their_own() {
        let painter = Painter::new(&Assets::default());
        let word = |text: &str| {
            let svg = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"40\">\
                 <text x=\"4\" y=\"30\" font-size=\"24\" font-family=\"system-ui, sans-serif\">{text}</text></svg>"
            );
            painter.paint("word", &svg).expect("paints")
        };
        let unknown = word("\u{10FFFD}");
        for text in ["a", "م", "ש", "🚀", "→"] {
            assert!(dark_pixels(&pixels(&word(text))) > 20, "{text}");
            assert_ne!(word(text), unknown, "{text} is more than a box");
        }
    }
}
