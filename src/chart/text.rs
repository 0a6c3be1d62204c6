//! How wide words are, without a font: a fixed table, so layout is the same on every machine.
//!
//! Widths are those of Helvetica-like faces with an allowance for wider system fonts: an estimate
//! that is meant to be too large rather than too small. Shaping and kerning are left to the viewer.

use super::theme::TEXT_SIZE;

/// System fonts differ by about a tenth from the table.
const ALLOWANCE: f64 = 1.1;
const BOLD: f64 = 1.07;
const ELLIPSIS: char = '…';

/// Estimated width in CSS px at the size of all chart text.
pub(super) fn width(text: &str, is_bold: bool) -> f64 {
    let ems: f64 = text.chars().map(advance).sum();
    ems * TEXT_SIZE * ALLOWANCE * if is_bold { BOLD } else { 1.0 }
}

/// The words on one line and free of characters that XML forbids or that reorder their surroundings.
pub(crate) fn clean(text: &str) -> String {
    let visible = text.chars().filter(|c| c.is_whitespace() || is_allowed(*c));
    let visible: String = visible.collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The cleaned words, cut with an ellipsis where they are wider than `room` CSS px.
pub(crate) fn shorten(text: &str, is_bold: bool, room: f64) -> String {
    let text = clean_keeping_narrow_spaces(text);
    if width(&text, is_bold) <= room {
        return text;
    }
    let mut kept = String::new();
    let mut used = width(&ELLIPSIS.to_string(), is_bold);
    for c in text.chars() {
        used += width(&c.to_string(), is_bold);
        if used > room {
            break;
        }
        kept.push(c);
    }
    // A cut must not leave half of a joined sign or a space before the ellipsis.
    let kept = kept.trim_end_matches(|c: char| c.is_whitespace() || is_joiner(c));
    format!("{kept}{ELLIPSIS}")
}

/// The words in at most `lines` lines of `room` CSS px, broken at spaces, the last one shortened.
pub(crate) fn wrap(text: &str, room: f64, lines: usize) -> Vec<String> {
    let text = clean_keeping_narrow_spaces(text);
    let mut wrapped: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match wrapped.last_mut() {
            Some(line) if wrapped_fits(line, word, room) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => wrapped.push(word.to_owned()),
        }
    }
    if wrapped.len() > lines {
        let rest = wrapped.split_off(lines.saturating_sub(1)).join(" ");
        wrapped.push(rest);
    }
    wrapped.iter().map(|line| shorten(line, false, room)).collect()
}

fn wrapped_fits(line: &str, word: &str, room: f64) -> bool {
    width(line, false) + width(" ", false) + width(word, false) <= room
}

/// A narrow no-break space ties a number to its unit and must survive the cleaning.
fn clean_keeping_narrow_spaces(text: &str) -> String {
    text.split('\u{202F}').map(clean).collect::<Vec<_>>().join("\u{202F}")
}

fn is_allowed(c: char) -> bool {
    let is_bidi_control = matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let is_noncharacter = matches!(c, '\u{FFFE}' | '\u{FFFF}');
    !c.is_control() && !is_bidi_control && !is_noncharacter
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

/// Width of one character in ems.
fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 0.24,
        'I' | 'f' | 't' | '.' | ',' | ':' | ';' | '!' | '/' | '\\' | ' ' | '[' | ']' => 0.29,
        'r' | '(' | ')' | '-' | '`' | '"' | '{' | '}' => 0.36,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 0.51,
        'm' | 'M' => 0.84,
        'w' | 'C' | 'D' | 'H' | 'N' | 'R' | 'U' => 0.73,
        'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' | '&' => 0.68,
        'G' | 'O' | 'Q' => 0.79,
        'F' | 'L' | 'T' | 'Z' => 0.61,
        'W' | '@' | '%' | '—' | '…' => 0.98,
        '+' | '<' | '>' | '=' | '~' | '\u{2212}' | '–' => 0.62,
        '\u{202F}' | '\u{2009}' => 0.22,
        '\u{0300}'..='\u{036F}' => 0.0,
        c if is_joiner(c) => 0.0,
        c if c.is_ascii() => 0.56,
        '\u{0080}'..='\u{02FF}' => 0.62,
        '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{FFEF}' => 1.0,
        '\u{0370}'..='\u{1FFF}' => 0.68,
        c if c > '\u{FFFF}' => 1.25,
        _ => 0.8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_count_more_than_narrow_ones_and_bold_more_than_normal() {
        assert!(width("WWW", false) > 3.0 * width("iii", false));
        assert!(width("rate", true) > width("rate", false));
        assert_eq!(width("", false), 0.0);
    }

    #[test]
    fn a_shortened_text_fits_its_room_and_ends_in_an_ellipsis() {
        let long = "payments-gateway-reconciliation-worker-eu-central-1-blue";
        let short = shorten(long, false, 120.0);
        assert!(short.ends_with('…') && width(&short, false) <= 120.0);
        assert_eq!(shorten("short", false, 120.0), "short");
        assert_eq!(shorten("👩‍👩‍👧", false, 20.0), "…");
    }

    #[test]
    fn cleaning_leaves_one_line_without_control_or_direction_characters() {
        assert_eq!(clean("a\n\tb\u{0}\u{202E}c\u{1B}[0m "), "a bc[0m");
        assert_eq!(shorten("14.2\u{202F}%", false, 90.0), "14.2\u{202F}%");
    }

    #[test]
    fn wrapping_breaks_at_spaces_and_shortens_the_last_line() {
        let lines = wrap("between high and medium by the table of 2024", 100.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'));
        assert!(lines.iter().all(|line| width(line, false) <= 100.0));
        assert_eq!(wrap("target", 100.0, 2), ["target"]);
    }
}
