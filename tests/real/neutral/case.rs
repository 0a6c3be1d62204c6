//! One case as its file tells it: which tool said what of which rows. Nothing is computed here; stamps are read and, for
//! a clock that begins at zero, moved into our time.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

pub type Row = Map<String, Value>;

/// The tools whose own tests the cases come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Devlake,
    Metrik,
    Middleware,
    Pelorus,
    Stenjo,
}

impl Tool {
    /// Where each tool lives; the profile is its name.
    const HOMES: [(Self, &'static str, &'static str); 5] = [
        (Self::Devlake, "devlake", "apache/incubator-devlake"),
        (Self::Metrik, "metrik", "thoughtworks/metrik"),
        (Self::Middleware, "middleware", "middlewarehq/middleware"),
        (Self::Pelorus, "pelorus", "dora-metrics/pelorus"),
        (Self::Stenjo, "stenjo", "stenjo/dora"),
    ];

    pub fn profile(self) -> &'static str {
        let home = Self::HOMES.iter().find(|(tool, ..)| *tool == self);
        home.map_or("dora", |(_, profile, _)| profile)
    }

    fn of(provenance: &str) -> Option<Self> {
        let home = Self::HOMES.iter().find(|(.., repository)| provenance.contains(repository));
        home.map(|(tool, ..)| *tool)
    }
}

#[derive(Debug)]
pub struct Case {
    pub id: String,
    pub tool: Option<Tool>,
    pub metric: String,
    pub policy: Value,
    pub expected: Value,
    pub tables: Map<String, Value>,
    window: Value,
    /// What is added to stamps in milliseconds.
    shift: TimeDelta,
}

/// Both ends belong to it; either may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Window {
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

impl Case {
    pub fn read(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|error| format!("no JSON: {error}"))?;
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let tables = value["tables"].as_object().cloned().unwrap_or_default();
        Ok(Self {
            id: text("id"),
            tool: Tool::of(value["source"]["provenance"].as_str().unwrap_or_default()),
            metric: text("metric"),
            policy: value["policy"].clone(),
            expected: value["expected"].clone(),
            window: value["window"].clone(),
            shift: shift(&tables),
            tables,
        })
    }

    /// Tables of a tool without a question of their own.
    pub fn of_tables(tool: Tool, tables: Map<String, Value>, expected: Value) -> Self {
        Self {
            id: String::new(),
            tool: Some(tool),
            metric: String::new(),
            policy: Value::Null,
            expected,
            window: Value::Null,
            shift: TimeDelta::zero(),
            tables,
        }
    }

    /// The rows of a table; none where it is absent.
    pub fn rows(&self, table: &str) -> impl Iterator<Item = &Row> {
        self.tables.get(table).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
    }

    /// The instant `name`, or the milliseconds `name_ms`, of a row.
    pub fn instant(&self, row: &Row, name: &str) -> Option<DateTime<Utc>> {
        if let Some(millis) = row.get(&format!("{name}_ms")).and_then(Value::as_i64) {
            return Some(DateTime::from_timestamp_millis(millis)? + self.shift);
        }
        instant(row.get(name)?.as_str()?)
    }

    pub fn window(&self) -> Window {
        let nothing = Row::new();
        let row = self.window.as_object().unwrap_or(&nothing);
        Window { from: self.instant(row, "from"), to: self.instant(row, "to") }
    }

    /// From how many days before its "now" the tool looks, as the policy says: `within 31 days`.
    pub fn opens_after(&self, rule: &str) -> Option<DateTime<Utc>> {
        let now = self.instant(self.window.as_object()?, "as_of")?;
        let (_, after) = self.policy[rule].as_str()?.split_once("within ")?;
        let (days, _) = after.split_once(" days")?;
        now.checked_sub_days(Days::new(days.parse().ok()?))
    }

    /// True where one of the policy's sentences holds the words.
    pub fn says(&self, words: &str) -> bool {
        self.sentences().any(|sentence| sentence.contains(words))
    }

    /// The word after `labelled`: the issues that the tool takes for failures.
    pub fn label(&self) -> Option<&str> {
        let after = self.sentences().find_map(|sentence| Some(sentence.split_once("labelled ")?.1));
        after?.split_whitespace().next()
    }

    fn sentences(&self) -> impl Iterator<Item = &str> {
        self.policy.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_str)
    }
}

/// RFC 3339, or a date and time of day in UTC whose numbers may have one digit: `2023-4-11 4:51:47`.
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok().map(|local| local.and_utc())
}

/// Shipwake reads stamps from 1990 on. A case whose clock begins at zero is moved to the year 2000; all its answers are
/// lengths of time, which stay the same.
fn shift(tables: &Map<String, Value>) -> TimeDelta {
    let rows = tables.values().filter_map(Value::as_array).flatten().filter_map(Value::as_object);
    let stamps = rows.flatten().filter(|(name, _)| name.ends_with("_at_ms")).filter_map(|(_, value)| value.as_i64());
    let epoch = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_time(chrono::NaiveTime::MIN).and_utc();
    match stamps.min() {
        Some(first) if first < epoch(1990).timestamp_millis() => epoch(2000) - DateTime::UNIX_EPOCH,
        _ => TimeDelta::zero(),
    }
}
