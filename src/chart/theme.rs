//! Colours and sizes of every chart, and the CSS rules that turn the light palette dark.
//!
//! plotters writes colours as upper-case hex attributes and nothing else that CSS could hold on
//! to, so a rule selects by the colour itself: the hex in the file is the light theme and the
//! fallback, the rule replaces it. Hence no two roles may share their light colour.

use std::fmt::Write as _;

/// What a colour is for. The page uses the same roles through `var(--ink)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The ground below a figure; fills hollow dots.
    Page,
    /// Text.
    Ink,
    /// Text of second rank.
    Muted,
    /// Gridlines: decoration.
    Hairline,
    /// Whatever is not the one thing to look at; baselines and marks.
    Context,
    /// The series that carries the finding.
    Series1,
    /// The first series to compare with.
    Series2,
    /// The second series to compare with.
    Series3,
    /// A change for the worse, as text; for the better is [`Role::Series1`].
    Worse,
}

impl Role {
    pub const ALL: [Role; 9] = [
        Role::Page,
        Role::Ink,
        Role::Muted,
        Role::Hairline,
        Role::Context,
        Role::Series1,
        Role::Series2,
        Role::Series3,
        Role::Worse,
    ];

    /// Name of the CSS variable without its dashes.
    pub fn name(self) -> &'static str {
        match self {
            Role::Page => "page",
            Role::Ink => "ink",
            Role::Muted => "muted",
            Role::Hairline => "hairline",
            Role::Context => "context",
            Role::Series1 => "series-1",
            Role::Series2 => "series-2",
            Role::Series3 => "series-3",
            Role::Worse => "worse",
        }
    }

    /// Red, green and blue on a light page.
    pub fn light(self) -> [u8; 3] {
        match self {
            Role::Page => [0xFF, 0xFF, 0xFF],
            Role::Ink => [0x1F, 0x23, 0x28],
            Role::Muted => [0x59, 0x63, 0x6E],
            Role::Hairline => [0xD0, 0xD7, 0xDE],
            Role::Context => [0x8A, 0x93, 0x9B],
            Role::Series1 => [0x12, 0x43, 0x6D],
            Role::Series2 => [0xF4, 0x6A, 0x25],
            Role::Series3 => [0x28, 0xA1, 0x97],
            Role::Worse => [0xB5, 0x46, 0x0F],
        }
    }

    /// Red, green and blue on a dark page.
    pub fn dark(self) -> [u8; 3] {
        match self {
            Role::Page => [0x14, 0x17, 0x1A],
            Role::Ink => [0xE6, 0xED, 0xF3],
            Role::Muted => [0x9D, 0xA7, 0xB1],
            Role::Hairline => [0x2A, 0x30, 0x37],
            Role::Context => [0x8A, 0x93, 0x9B],
            Role::Series1 => [0x4E, 0x9B, 0xDD],
            Role::Series2 => [0xFF, 0x8A, 0x3D],
            Role::Series3 => [0xBF, 0xEF, 0xE6],
            Role::Worse => [0xFF, 0x8A, 0x3D],
        }
    }
}

/// The canvas is this many times the display size, because plotters knows whole pixels only.
pub(super) const SCALE: f64 = 8.0;

/// All text, in CSS px: 12 stays above 11 on a phone of 360 px.
pub(super) const TEXT_SIZE: f64 = 12.0;
/// From one line of text to the next.
pub(super) const LINE_HEIGHT: f64 = 15.0;
/// The first choice of the page; CSS on a page replaces it by inheritance.
pub(super) const FONT_FAMILY: &str = "system-ui, sans-serif";

pub(super) const SERIES_STROKE: f64 = 2.0;
pub(super) const THIN_STROKE: f64 = 1.0;
pub(super) const FOCUS_RADIUS: f64 = 4.5;
pub(super) const END_RADIUS: f64 = 3.0;
pub(super) const HOLLOW_RADIUS: f64 = 3.5;
pub(super) const BAND_OPACITY: f64 = 0.15;

/// A point of fewer events than this is hollow and its number is written.
pub(super) const FEW_EVENTS: u64 = 5;

/// Rules for a page: one variable a role, and what replaces each colour of a chart.
pub fn css() -> String {
    let mut css = String::from(":root{color-scheme:light dark}\n:root{\n");
    for role in Role::ALL {
        let (light, dark) = (hex(role.light()), hex(role.dark()));
        let _ = writeln!(css, "--{}:light-dark({light},{dark});", role.name());
    }
    css.push_str("}\n");
    for role in Role::ALL {
        let (light, name) = (hex(role.light()), role.name());
        let _ = writeln!(css, ".chart [stroke=\"{light}\"]{{stroke:var(--{name})}}");
        let _ = writeln!(css, ".chart [fill=\"{light}\"]{{fill:var(--{name})}}");
    }
    css.push_str(".chart text{font-family:inherit}\n");
    css.push_str(&shape_rules("var(--page)"));
    css
}

/// Rules inside an SVG file: plain colours, so that a renderer without variables shows the light
/// palette of the attributes.
pub(super) fn file_css() -> String {
    let mut css = shape_rules(&hex(Role::Page.light()));
    css.push_str("@media (prefers-color-scheme:dark){\n");
    for role in Role::ALL {
        let (light, dark) = (hex(role.light()), hex(role.dark()));
        let _ = writeln!(css, "[stroke=\"{light}\"]{{stroke:{dark}}}");
        let _ = writeln!(css, "[fill=\"{light}\"]{{fill:{dark}}}");
    }
    let _ = writeln!(css, ".chart text{{stroke:{}}}", hex(Role::Page.dark()));
    css.push_str("}\n");
    css
}

/// The colour as plotters writes it: `#12436D`.
fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// Words get a rim of the page's colour where they cross a line, and lines get round corners.
fn shape_rules(page: &str) -> String {
    let rim = 3.0 * SCALE;
    format!(
        ".chart text{{paint-order:stroke;stroke:{page};stroke-width:{rim}px;stroke-linejoin:round}}\n\
         .chart path{{stroke-linejoin:round;stroke-linecap:round}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance as WCAG 2.2 defines it.
    fn luminance(colour: [u8; 3]) -> f64 {
        let linear = colour.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_reaches_4_5_to_1_and_marks_reach_3_to_1_in_both_themes() {
        for role in Role::ALL {
            let needed = match role {
                Role::Page | Role::Hairline => continue,
                Role::Ink | Role::Muted | Role::Worse | Role::Series1 => 4.5,
                Role::Context | Role::Series2 | Role::Series3 => 3.0,
            };
            let light = contrast(role.light(), Role::Page.light());
            let dark = contrast(role.dark(), Role::Page.dark());
            assert!(light >= needed, "{role:?} on light: {light:.2}");
            assert!(dark >= needed, "{role:?} on dark: {dark:.2}");
        }
    }

    #[test]
    fn contrast_agrees_with_the_published_figures_of_the_palette() {
        let light = |role: Role| contrast(role.light(), Role::Page.light());
        let dark = |role: Role| contrast(role.dark(), Role::Page.dark());
        assert!((light(Role::Series1) - 10.25).abs() < 0.01);
        assert!((light(Role::Muted) - 6.11).abs() < 0.01);
        assert!((dark(Role::Series1) - 6.05).abs() < 0.01);
        assert!((dark(Role::Ink) - 15.23).abs() < 0.01);
    }

    #[test]
    fn every_role_has_its_own_light_colour_and_a_rule_for_lines_and_areas() {
        let (page, file) = (css(), file_css());
        for role in Role::ALL {
            let same = Role::ALL.iter().filter(|r| r.light() == role.light());
            assert_eq!(same.count(), 1, "{role:?}");
            let colour = hex(role.light());
            for attribute in ["stroke", "fill"] {
                let selector = format!("[{attribute}=\"{colour}\"]{{{attribute}:");
                assert_eq!(page.matches(&selector).count(), 1, "{selector}");
                assert_eq!(file.matches(&selector).count(), 1, "{selector}");
            }
        }
    }

    #[test]
    fn every_rule_replaces_a_colour_of_the_theme() {
        let known = Role::ALL.map(|role| hex(role.light()));
        for rules in [css(), file_css()] {
            for rule in rules.split("=\"").skip(1) {
                let colour = rule.split('"').next().unwrap_or_default();
                assert!(known.iter().any(|known| known == colour), "{colour}");
            }
        }
    }
}
