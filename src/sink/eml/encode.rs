//! How text and bytes go through mail: encoded words (RFC 2047), quoted-printable and base64 (RFC 2045), HTML.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of UTF-8 in one encoded word, so that the first one fits beside the header's name.
const BYTES_IN_WORD: usize = 36;

/// Characters in a line of encoded text.
const LINE: usize = 76;

/// A header of encoded words, folded; control characters become spaces.
pub(super) fn header(name: &str, text: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    for character in text.chars() {
        let character = if character.is_control() { ' ' } else { character };
        let is_full = words.last().is_some_and(|word| word.len() + character.len_utf8() > BYTES_IN_WORD);
        if is_full {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(character);
        }
    }
    let words: Vec<String> = words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect();
    format!("{name}: {}", words.join("\r\n "))
}

/// Text whose lines end in CRLF, every line at most 76 characters.
pub(super) fn quoted_printable(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(quoted_line).collect();
    lines.join("\r\n")
}

fn quoted_line(line: &str) -> String {
    let mut quoted = String::new();
    let mut length = 0;
    let count = line.len();
    for (index, byte) in line.bytes().enumerate() {
        let is_last = index + 1 == count;
        let is_plain = (b'!'..=b'~').contains(&byte) && byte != b'=' || (byte == b' ' && !is_last);
        let sign = if is_plain { char::from(byte).to_string() } else { format!("={byte:02X}") };
        // One place is kept for the `=` that joins the next line.
        if length + sign.len() > LINE - 1 {
            quoted.push_str("=\r\n");
            length = 0;
        }
        length += sign.len();
        quoted.push_str(&sign);
    }
    quoted
}

/// Base64 in lines of 76 characters.
pub(super) fn base64_lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut lines = String::with_capacity(text.len() + text.len() / LINE * 2);
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % LINE == 0 {
            lines.push_str("\r\n");
        }
        lines.push(character);
    }
    lines
}

/// Text inside an HTML element or attribute.
pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_words_of_75_characters_that_read_back() {
        let text = format!("{} é\r\nBcc: x", "🚀".repeat(40));
        let header = header("Subject", &text);
        let mut read = Vec::new();
        let words = header.strip_prefix("Subject: ").expect("the name");
        for word in words.split("\r\n ") {
            assert!(word.len() <= 69);
            let inner = word.strip_prefix("=?utf-8?B?").and_then(|rest| rest.strip_suffix("?=")).expect("a word");
            read.extend(STANDARD.decode(inner).expect("base64"));
        }
        assert_eq!(String::from_utf8(read).expect("whole characters"), text.replace(['\r', '\n'], " "));
    }

    #[test]
    fn quoted_text_follows_the_example_of_the_standard() {
        // RFC 2045, section 6.7: signs beyond ASCII, the equals sign, a space at the end, a soft break.
        assert_eq!(quoted_printable("a=b é \nx"), "a=3Db =C3=A9=20\r\nx");
        let long = quoted_printable(&"x".repeat(100));
        assert_eq!(long, format!("{}=\r\n{}", "x".repeat(75), "x".repeat(25)));
    }

    #[test]
    fn bytes_come_in_lines_of_76() {
        let lines = base64_lines(&[0; 100]);
        assert!(lines.split("\r\n").all(|line| line.len() <= 76));
        assert_eq!(lines.replace("\r\n", "").len(), 136);
    }
}
