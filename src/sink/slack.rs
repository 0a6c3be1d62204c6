//! The answer of a report as a message for Slack: a Block Kit payload, written and never sent.
//!
//! Limits are those of Slack's reference (header 150 characters, text 3000, a field 2000, ten fields, fifty blocks).
//! Words of the report are plain text, in which nothing mentions anybody; the card titles' bold is the only markup.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::report::blocks::{Card, Judgement, Report};
use crate::sink::{Assets, Needs, OutputFile, Sink, SinkError, png};

/// The entry of this file in the registry.
pub const SINK: Sink =
    Sink { name: "slack", about: "A Block Kit message to post to Slack, as a file", render, needs: Needs::Words };

const MOST_IN_HEADER: usize = 150;
const MOST_IN_TEXT: usize = 3_000;
const MOST_IN_FIELD: usize = 2_000;
const MOST_FIELDS: usize = 10;

/// `slack.json`.
pub fn render(report: &Report, _assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    let mut bytes = serde_json::to_vec_pretty(&message(report))?;
    bytes.push(b'\n');
    Ok(vec![OutputFile { path: PathBuf::from("slack.json"), bytes }])
}

fn message(report: &Report) -> Value {
    let mut blocks = vec![json!({ "type": "header", "text": plain(&report.title, MOST_IN_HEADER) })];
    let mut answer = vec![report.headline.clone()];
    answer.extend(report.lead.iter().cloned());
    answer.retain(|sentence| !sentence.is_empty());
    if !answer.is_empty() {
        blocks.push(json!({ "type": "section", "text": plain(&answer.join("\n"), MOST_IN_TEXT) }));
    }
    for cards in png::first_cards(report).chunks(MOST_FIELDS) {
        let fields: Vec<Value> = cards.iter().map(field).collect();
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    let facts: Vec<String> = report.facts.iter().map(|fact| format!("{}: {}", fact.term, fact.text)).collect();
    if !facts.is_empty() {
        blocks.push(json!({ "type": "context", "elements": [plain(&facts.join(" · "), MOST_IN_TEXT)] }));
    }
    // What a notification shows, where there are no blocks; `mrkdwn` off makes it plain as well.
    let text = shortened(&quiet(&format!("{}: {}", report.title, report.headline)), MOST_IN_TEXT);
    json!({ "text": text, "mrkdwn": false, "blocks": blocks })
}

fn plain(text: &str, most: usize) -> Value {
    let text = shortened(text, most);
    // Slack refuses a text without a character.
    let text = if text.is_empty() { "-".to_owned() } else { text };
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

fn field(card: &Card) -> Value {
    let mut lines = vec![format!("*{}*", quiet(&card.title)), quiet(format!("{} {}", card.value, card.unit).trim())];
    let told = [card.missing.as_ref(), Some(&card.interval), Some(&card.basis)];
    lines.extend(told.into_iter().flatten().filter(|text| !text.is_empty()).map(|text| quiet(text)));
    if let Some(change) = &card.change {
        let word = match change.judgement {
            Judgement::Better => "▲ Better: ",
            Judgement::Worse => "▼ Worse: ",
            Judgement::Neutral => "",
        };
        lines.push(format!("{word}{}", quiet(&change.text)));
    }
    json!({ "type": "mrkdwn", "text": shortened(&lines.join("\n"), MOST_IN_FIELD), "verbatim": true })
}

/// How Slack's three signs are told.
const ESCAPES: [&str; 3] = ["&amp;", "&lt;", "&gt;"];

/// Text in which Slack finds no markup: its three signs escaped, and each mark of style parted from what follows.
fn quiet(text: &str) -> String {
    let mut quiet = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => quiet.push_str("&amp;"),
            '<' => quiet.push_str("&lt;"),
            '>' => quiet.push_str("&gt;"),
            '\n' | '\r' => quiet.push(' '),
            // U+200B, zero width space: there is no way to escape these.
            '*' | '_' | '~' | '`' => quiet.extend(['\u{200B}', character, '\u{200B}']),
            other => quiet.push(other),
        }
    }
    quiet
}

/// At most `most` UTF-16 units, which is how Slack counts, with an ellipsis where something was cut.
fn shortened(text: &str, most: usize) -> String {
    if text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.len_utf16();
        if used > most {
            break;
        }
        kept.push(character);
    }
    // An escaped sign that was cut in two would be told as it stands.
    let is_cut = |at: &usize| ESCAPES.iter().any(|escape| escape.starts_with(&kept[*at..]) && *escape != &kept[*at..]);
    let cut = kept.rfind('&').filter(is_cut);
    kept.truncate(cut.unwrap_or(kept.len()));
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    fn texts(value: &Value, found: &mut Vec<(String, String)>) {
        match value {
            Value::Object(fields) => {
                if let (Some(kind), Some(text)) = (fields.get("type"), fields.get("text").and_then(Value::as_str)) {
                    found.push((kind.as_str().unwrap_or_default().to_owned(), text.to_owned()));
                }
                fields.values().for_each(|value| texts(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
            _ => {}
        }
    }

    fn hostile() -> Report {
        let mut report = fixture::rich();
        report.title = fixture::hostile_names().join(" ");
        report.headline = "<!channel> ".to_owned() + &"<@U123> *bold* ".repeat(400);
        if let Some(section) = report.sections.first_mut() {
            for block in &mut section.blocks {
                if let crate::report::blocks::Block::Cards { cards } = block {
                    cards.iter_mut().for_each(|card| card.basis = "<!here> & *x*".repeat(300));
                }
            }
        }
        report
    }

    #[test]
    fn the_message_keeps_slacks_limits() {
        for report in [fixture::rich(), fixture::empty(), hostile()] {
            let message = message(&report);
            let blocks = message["blocks"].as_array().expect("blocks");
            assert!(!blocks.is_empty() && blocks.len() <= 50);
            let length = |value: &Value| value.as_str().expect("text").encode_utf16().count();
            assert!(length(&blocks[0]["text"]["text"]) <= MOST_IN_HEADER);
            assert!(length(&message["text"]) <= MOST_IN_TEXT);
            for block in blocks {
                let fields = block["fields"].as_array().map_or(&[][..], Vec::as_slice);
                assert!(fields.len() <= MOST_FIELDS);
                assert!(fields.iter().all(|field| length(&field["text"]) <= MOST_IN_FIELD));
            }
            let mut found = Vec::new();
            texts(&message, &mut found);
            assert!(found.iter().all(|(_, text)| !text.is_empty() && text.encode_utf16().count() <= MOST_IN_TEXT));
        }
    }

    #[test]
    fn an_escaped_sign_is_never_cut_in_two_and_any_other_is_kept() {
        assert_eq!(shortened("ab&amp;cd", 5), "ab…");
        assert_eq!(shortened("ab&amp;cd", 8), "ab&amp;…");
        assert_eq!(shortened("R&D platform of the north", 12), "R&D platfor…");
    }

    #[test]
    fn nobody_is_mentioned_where_slack_looks_for_mentions() {
        let message = message(&hostile());
        let mut found = Vec::new();
        texts(&message, &mut found);
        let marked: Vec<&String> = found.iter().filter(|(kind, _)| kind == "mrkdwn").map(|(_, text)| text).collect();
        assert!(!marked.is_empty());
        assert!(marked.iter().all(|text| !text.contains('<') && !text.contains('>')));
        assert!(!message["text"].as_str().expect("text").contains('<'));
    }

    #[test]
    fn a_value_stands_with_its_interval_and_its_basis() {
        let message = message(&fixture::rich());
        let mut found = Vec::new();
        texts(&message, &mut found);
        let card = found.iter().find(|(_, text)| text.starts_with("*Change fail rate*")).expect("the card");
        assert!(card.1.contains("14.2\u{202f}%") && card.1.contains("interval") && card.1.contains("44 of 310"));
    }
}
