//! Plain text made safe for each place in a Markdown document.
//!
//! Rules: GitHub Flavored Markdown 0.29. It does not shorten or reword anything.

/// Characters that can begin a construct anywhere in a line. `$` begins a formula and `~`
/// strikes out on GitHub.
const SPECIAL: &[char] = &['\\', '`', '*', '_', '[', ']', '#', '|', '~', '$', '!'];

/// Text as part of a paragraph, heading or list item: one line, nothing in it is markup.
pub fn inline(text: &str) -> String {
    guard_line_start(table_cell(text))
}

/// Text as a cell of a table: one line, nothing in it is markup or ends the cell.
pub fn table_cell(text: &str) -> String {
    let mut escaped = String::new();
    for character in one_line(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => {
                if SPECIAL.contains(&other) {
                    escaped.push('\\');
                }
                escaped.push(other);
            }
        }
    }
    escaped
}

/// Text inside an HTML element.
pub fn html(text: &str) -> String {
    let mut escaped = String::new();
    for character in one_line(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Text as code in a line, fenced by more backticks than it holds in a row.
pub fn code_span(text: &str) -> String {
    let line = one_line(text);
    let fence = "`".repeat(longest_run_of_backticks(&line) + 1);
    if line.starts_with('`') || line.ends_with('`') {
        return format!("{fence} {line} {fence}");
    }
    format!("{fence}{line}{fence}")
}

/// Text as a block of code, its lines kept.
pub fn code_block(text: &str) -> String {
    let fence = "`".repeat((longest_run_of_backticks(text) + 1).max(3));
    format!("{fence}\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// Keeps the first characters from starting a list or an underlined heading.
fn guard_line_start(line: String) -> String {
    if line.starts_with(['-', '+', '=']) {
        return format!("\\{line}");
    }
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = line.split_at(digits);
    if digits > 0 && rest.starts_with(['.', ')']) {
        return format!("{number}\\{rest}");
    }
    line
}

/// All kinds of white space and control characters become single spaces.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}' || c == ' ')
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_stays_text() {
        assert_eq!(inline("a_b *c* `d` [e](f)"), "a\\_b \\*c\\* \\`d\\` \\[e\\](f)");
        assert_eq!(inline("<script>&amp;"), "&lt;script&gt;&amp;amp;");
        assert_eq!(inline("# title"), "\\# title");
    }

    #[test]
    fn text_cannot_start_a_list_a_rule_or_a_heading() {
        assert_eq!(inline("- item"), "\\- item");
        assert_eq!(inline("---"), "\\---");
        assert_eq!(inline("==="), "\\===");
        assert_eq!(inline("1. first"), "1\\. first");
        assert_eq!(inline("12) twelfth"), "12\\) twelfth");
        assert_eq!(inline("1.5 d"), "1\\.5 d");
        assert_eq!(inline("14 of 20"), "14 of 20");
    }

    #[test]
    fn text_cannot_end_its_line_or_its_cell() {
        assert_eq!(inline("one\r\n\n## two"), "one \\#\\# two");
        assert_eq!(table_cell("a|b\nc"), "a\\|b c");
    }

    #[test]
    fn code_is_fenced_by_more_backticks_than_it_holds() {
        assert_eq!(code_span("a"), "`a`");
        assert_eq!(code_span("a `` b"), "```a `` b```");
        assert_eq!(code_span("`a"), "`` `a ``");
        assert_eq!(code_block("select 1\n"), "```\nselect 1\n```");
        assert_eq!(code_block("```\n"), "````\n```\n````");
    }

    #[test]
    fn text_in_html_cannot_open_an_element_or_leave_an_attribute() {
        assert_eq!(html("<b title=\"x\">"), "&lt;b title=&quot;x&quot;&gt;");
    }
}
