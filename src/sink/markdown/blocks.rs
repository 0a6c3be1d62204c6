//! Each kind of block in Markdown.
//!
//! Blocks become parts, which the document puts a blank line between.

use crate::report::blocks::{Block, Card, Change, DataTable, Figure, Judgement, Tone};
use crate::sink::markdown::escape::{code_block, code_span, html, inline, table_cell};
use crate::sink::markdown::{facts, picture_path};
use crate::sink::view::FigureIds;

/// Writes blocks one after the other and knows which figure is next.
pub(super) struct Writer<'a> {
    ids: &'a FigureIds,
    next: std::slice::Iter<'a, String>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(ids: &'a FigureIds) -> Self {
        Self { ids, next: ids.in_order().iter() }
    }

    pub(super) fn write(&mut self, blocks: &[Block], parts: &mut Vec<String>) {
        for block in blocks {
            self.write_one(block, parts);
        }
    }

    fn write_one(&mut self, block: &Block, parts: &mut Vec<String>) {
        match block {
            Block::Paragraph { text } => parts.push(inline(text)),
            Block::Note { tone, text } => parts.push(note(*tone, text)),
            Block::Cards { cards } => parts.push(self.cards(cards)),
            Block::Figure(figure) => self.figure(figure, parts),
            Block::Table(data) => table_with_caption(data, parts),
            Block::Facts { facts: list } => parts.push(facts(list)),
            Block::Code { caption, text } => {
                parts.push(inline(caption));
                parts.push(code_block(text));
            }
            Block::Details { summary, blocks } => {
                parts.push(open_details(summary));
                self.write(blocks, parts);
                parts.push("</details>".to_owned());
            }
        }
    }

    fn cards(&self, cards: &[Card]) -> String {
        let head = ["Metric", "Value", "Change", "Trend", "How sure", "Band"];
        let mut lines = vec![table_line(head.map(str::to_owned)), dashes(&[false; 6])];
        lines.extend(cards.iter().map(|card| table_line(self.card(card))));
        lines.join("\n")
    }

    fn card(&self, card: &Card) -> [String; 6] {
        let title = table_cell(&card.title);
        let name = match self.ids.target(&card.anchor) {
            Some(id) => format!("[{title}](#{id})"),
            None => title,
        };
        let value = table_cell(&format!("{} {}", card.value, card.unit));
        let sureness = card
            .missing
            .as_ref()
            .map_or_else(|| join("; ", &[&card.interval, &card.basis, &card.counts]), |reason| table_cell(reason));
        [
            name,
            format!("**{value}**"),
            card.change.as_ref().map(change).unwrap_or_default(),
            join("; ", &[&card.trend, &card.spark_range]),
            sureness,
            table_cell(&card.band),
        ]
    }

    fn figure(&mut self, figure: &Figure, parts: &mut Vec<String>) {
        let Some(id) = self.next.next() else {
            return;
        };
        parts.push(format!("### <a id=\"{id}\"></a>{}", inline(&figure.title)));
        parts.push(inline(&figure.subtitle));
        parts.push(format!("![{}]({})", inline(&figure.description), picture_path(id)));
        parts.extend(figure.text.iter().map(|sentence| inline(sentence)));
        if !figure.caveat.is_empty() {
            parts.push(format!("*{}*", inline(&figure.caveat)));
        }
        parts.push(open_details("The numbers of this figure"));
        table_with_caption(&figure.table, parts);
        parts.push("</details>".to_owned());
        parts.push(provenance(figure));
    }
}

fn note(tone: Tone, text: &str) -> String {
    let kind = match tone {
        Tone::Plain => "NOTE",
        Tone::Warning => "WARNING",
    };
    format!("> [!{kind}]\n> {}", inline(text))
}

fn change(change: &Change) -> String {
    let text = table_cell(&change.text);
    match change.judgement {
        Judgement::Better => format!("▲ Better: {text}"),
        Judgement::Worse => format!("▼ Worse: {text}"),
        Judgement::Neutral => text,
    }
}

fn provenance(figure: &Figure) -> String {
    let mut parts = Vec::new();
    if !figure.query.is_empty() {
        parts.push(format!("Query {}", code_span(&figure.query)));
    }
    if !figure.command.is_empty() {
        parts.push(format!("Rows behind it: {}", code_span(&figure.command)));
    }
    parts.join(" · ")
}

fn open_details(summary: &str) -> String {
    format!("<details>\n<summary>{}</summary>", html(summary))
}

fn table_with_caption(data: &DataTable, parts: &mut Vec<String>) {
    parts.push(inline(&data.caption));
    parts.push(table(data));
    if data.rows.is_empty() {
        parts.push("No rows.".to_owned());
    }
    match data.rows_left_out {
        0 => {}
        1 => parts.push("1 more row is not shown.".to_owned()),
        many => parts.push(format!("{many} more rows are not shown.")),
    }
}

fn table(data: &DataTable) -> String {
    if data.columns.is_empty() {
        return String::new();
    }
    let alignment: Vec<bool> = data.columns.iter().map(|column| column.is_number).collect();
    let head = data.columns.iter().map(|column| table_cell(&column.title));
    let mut lines = vec![table_line(head), dashes(&alignment)];
    for row in &data.rows {
        lines.push(table_line(row.iter().map(|cell| table_cell(cell))));
    }
    lines.join("\n")
}

fn table_line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |", cells.join(" | "))
}

fn dashes(is_number: &[bool]) -> String {
    table_line(is_number.iter().map(|is_number| match is_number {
        true => "---:".to_owned(),
        false => "---".to_owned(),
    }))
}

fn join(separator: &str, texts: &[&str]) -> String {
    let filled: Vec<String> = texts.iter().filter(|text| !text.is_empty()).map(|text| table_cell(text)).collect();
    filled.join(separator)
}
