//! A report as a value: sections of blocks, written once and rendered by every sink alike.
//!
//! Strings here are plain text for people (no markup); sinks escape them.

use serde::Serialize;

use crate::chart::Chart;

use super::numbers::Numbers;

/// A whole report, ready to be rendered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of this structure in JSON; changes when a field changes its meaning.
    pub schema: u32,
    /// Name of the definition: `monthly`.
    pub name: String,
    /// "Release report, October 2026"
    pub title: String,
    pub organisation: String,
    /// What and for whom: "For engineering leaders".
    pub audience: String,
    /// One sentence that answers "how are we doing".
    pub headline: String,
    /// Further sentences of the lead, most important first; may be empty.
    pub lead: Vec<String>,
    /// Facts of the header, in order: period, time zone, data freshness …
    pub facts: Vec<Fact>,
    pub sections: Vec<Section>,
    /// What the words were made of; not part of the JSON, which carries the numbers of its figures.
    #[serde(skip)]
    pub numbers: Numbers,
    /// So many of the first sections answer the reader's questions; the others are their details. 0 where none is
    /// set apart.
    pub questions: usize,
}

/// A term and its text, as in a description list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    pub term: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// Anchor: lower case, digits, hyphens.
    pub id: String,
    pub title: String,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "block", rename_all = "snake_case")]
pub enum Block {
    Paragraph {
        text: String,
    },
    /// Something the reader must not miss: partial data, nothing measured.
    Note {
        tone: Tone,
        text: String,
    },
    Cards {
        cards: Vec<Card>,
    },
    Figure(Box<Figure>),
    Table(DataTable),
    Facts {
        facts: Vec<Fact>,
    },
    /// Text to be copied: a command, a query.
    Code {
        caption: String,
        text: String,
    },
    /// Blocks behind a summary line, closed until opened.
    Details {
        summary: String,
        blocks: Vec<Block>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Plain,
    Warning,
}

/// One headline number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    pub metric: String,
    pub title: String,
    /// "14.2 %", "3.1 h"; an em dash where nothing was measured.
    pub value: String,
    /// "per week", "median"; may be empty.
    pub unit: String,
    /// "95 % interval 11.0 to 18.1 %"; empty where there is none.
    pub interval: String,
    /// "42 of 310 deployments"
    pub basis: String,
    /// What is counted, by the definitions in force: "deployments that were undone, of those that reached production".
    pub counts: String,
    /// "2.1 points higher than September", with its judgement.
    pub change: Option<Change>,
    /// "no detectable change over 13 months"
    pub trend: String,
    /// "between high and medium (DORA 2024)"; empty where there is none.
    pub band: String,
    /// Why there is no value.
    pub missing: Option<String>,
    pub spark: Option<Chart>,
    /// Smallest and largest value of the sparkline, its scale in words.
    pub spark_range: String,
    /// Anchor of the figure that tells more.
    pub anchor: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    pub text: String,
    pub judgement: Judgement,
}

/// Whether a difference is good, never whether it is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    Better,
    Worse,
    /// No difference that the numbers carry, or none that is good or bad.
    Neutral,
}

/// One chart with everything a reader needs to trust it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Anchor and file name: lower case, digits, hyphens.
    pub id: String,
    pub metric: String,
    /// The finding where statistics carry one, otherwise the metric's title.
    pub title: String,
    /// Measure, unit, scope, period.
    pub subtitle: String,
    /// The chart in words, for who cannot see it.
    pub description: String,
    pub chart: Chart,
    /// Sentences under the chart.
    pub text: Vec<String>,
    pub caveat: String,
    /// The same numbers as a table.
    pub table: DataTable,
    /// File of the query: "queries/metrics/stability/change_fail_rate.sql".
    pub query: String,
    /// The command that lists the rows behind the number.
    pub command: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataTable {
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<String>>,
    /// How many rows were left out of a long list; 0 where none.
    pub rows_left_out: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    pub title: String,
    /// Numbers are set right-aligned with tabular figures.
    pub is_number: bool,
}
