//! What a template is given: the report as JSON with the names of its pictures, and the pictures.
//!
//! The data are the report's own structure, so that a template may use whatever a report says. Only two things differ:
//! figures and cards name pictures where they had charts, and a word that no line could hold may break.

use serde_json::{Map, Value, json};

use crate::chart::{Place, Width};
use crate::report::blocks::{Block, Card, Figure, Report};
use crate::sink::anchors::Anchors;
use crate::sink::{SinkError, drawing};

/// Longer runs without a space may break.
const LONGEST_WORD: usize = 28;

/// `report.json` and every picture that it names.
pub fn files(report: &Report) -> Result<Vec<(String, Vec<u8>)>, SinkError> {
    let mut pictures = Pictures { anchors: Anchors::default(), files: Vec::new() };
    let mut whole = serde_json::to_value(report)?;
    let sections = report.sections.iter().map(|section| {
        Ok(json!({ "id": section.id, "title": section.title, "blocks": pictures.blocks(&section.blocks)? }))
    });
    let sections: Vec<Value> = sections.collect::<Result<_, SinkError>>()?;
    if let Value::Object(report_value) = &mut whole {
        report_value.insert("sections".to_owned(), Value::Array(sections));
        report_value.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
        report_value.insert("period".to_owned(), report.numbers.period_label.clone().into());
        report_value.insert("as_of".to_owned(), report.numbers.local_as_of().format("%Y-%m-%d").to_string().into());
    }
    let whole = breakable(whole);
    let mut files = pictures.files;
    files.push(("report.json".to_owned(), serde_json::to_vec(&whole)?));
    Ok(files)
}

/// Draws the pictures in reading order and names them.
struct Pictures {
    anchors: Anchors,
    files: Vec<(String, Vec<u8>)>,
}

impl Pictures {
    fn blocks(&mut self, blocks: &[Block]) -> Result<Vec<Value>, SinkError> {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    fn block(&mut self, block: &Block) -> Result<Value, SinkError> {
        let mut value = serde_json::to_value(block)?;
        let Value::Object(fields) = &mut value else { return Ok(value) };
        match block {
            Block::Cards { cards } => {
                let cards = cards.iter().map(|card| self.card(card)).collect::<Result<_, SinkError>>()?;
                fields.insert("cards".to_owned(), Value::Array(cards));
            }
            Block::Figure(figure) => self.figure(figure, fields)?,
            Block::Details { blocks, .. } => {
                fields.insert("blocks".to_owned(), Value::Array(self.blocks(blocks)?));
            }
            _ => {}
        }
        Ok(value)
    }

    fn card(&mut self, card: &Card) -> Result<Value, SinkError> {
        let mut value = serde_json::to_value(card)?;
        let id = self.anchors.give(&format!("{}-spark", card.metric));
        let picture = drawing::spark(card, &id, Width::Wide, Place::File)?.map(|svg| self.keep(&id, svg));
        if let Value::Object(fields) = &mut value {
            fields.insert("spark".to_owned(), picture.into());
        }
        Ok(value)
    }

    fn figure(&mut self, figure: &Figure, fields: &mut Map<String, Value>) -> Result<(), SinkError> {
        let id = self.anchors.give(&figure.id);
        let drawn = drawing::for_paper(figure, &id)?;
        let names = (1..).zip(drawn).map(|(number, svg)| self.keep(&format!("{id}-{number}"), svg));
        let pictures: Vec<String> = names.collect();
        fields.remove("chart");
        fields.insert("pictures".to_owned(), pictures.into());
        fields.insert("is_grid".to_owned(), matches!(figure.chart, crate::chart::Chart::Multiples(_)).into());
        Ok(())
    }

    fn keep(&mut self, id: &str, svg: String) -> String {
        let name = format!("pictures/{id}.svg");
        self.files.push((name.clone(), svg.into_bytes()));
        name
    }
}

/// Puts places where a line may break into words that are longer than any line.
fn breakable(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(with_breaks(&text)),
        Value::Array(values) => values.into_iter().map(breakable).collect(),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(key, value)| (key, kept(value))).collect()),
        other => other,
    }
}

/// A picture's name is a name and no text.
fn kept(value: Value) -> Value {
    match &value {
        Value::String(text) if text.starts_with("pictures/") => value,
        Value::Array(values)
            if values.iter().any(|value| value.as_str().is_some_and(|text| text.starts_with("pictures/"))) =>
        {
            value
        }
        _ => breakable(value),
    }
}

fn with_breaks(text: &str) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut run = 0;
    for character in text.chars().filter(|character| is_told(*character)) {
        // After these a line breaks anyway.
        run = if character.is_whitespace() || matches!(character, '-' | '/') { 0 } else { run + 1 };
        broken.push(character);
        if run == LONGEST_WORD {
            // U+200B, zero width space.
            broken.push('\u{200B}');
            run = 0;
        }
    }
    broken
}

/// Whether a character says something: one that reorders its surroundings, or commands a device, does not.
fn is_told(character: char) -> bool {
    let reorders = matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    !reorders && (character == '\n' || !character.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    #[test]
    fn only_words_that_no_line_holds_are_broken() {
        assert_eq!(with_breaks("a usual sentence of usual words"), "a usual sentence of usual words");
        assert_eq!(with_breaks(&"x".repeat(60)).matches('\u{200B}').count(), 2);
    }

    #[test]
    fn no_name_turns_the_words_around_it() {
        assert_eq!(with_breaks("pay\u{202E}gnp.exe\u{7}"), "paygnp.exe");
        assert_eq!(with_breaks("فريق المدفوعات"), "فريق المدفوعات");
    }

    #[test]
    fn every_picture_that_the_data_name_is_there() {
        let files = files(&fixture::rich()).expect("drawn");
        let (_, data) = files.last().expect("the data");
        let text = String::from_utf8(data.clone()).expect("UTF-8");
        let named = text.split("\"pictures/").skip(1).filter_map(|rest| rest.split('"').next());
        let mut count = 0;
        for name in named {
            assert!(files.iter().any(|(path, _)| path == &format!("pictures/{name}")), "{name}");
            count += 1;
        }
        assert_eq!(count, files.len() - 1);
    }
}
