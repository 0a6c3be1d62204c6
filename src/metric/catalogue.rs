//! The catalogue: every metric, view, check and benchmark, read from the embedded files and a user's folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::definitions::Definitions;
use crate::engine::Statement;
use crate::unit::Unit;

use super::aggregate::Call;
use super::front_matter::FrontMatter;
use super::{AGGREGATES, Bands, MetricError, counts};

/// Which direction is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
    /// Neither: the number describes.
    None,
}

impl Better {
    pub fn name(self) -> &'static str {
        match self {
            Better::Higher => "higher",
            Better::Lower => "lower",
            Better::None => "none",
        }
    }
}

/// How a metric is drawn: as its front matter says, or as a section of a report asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// Bars over time, from zero.
    Bars,
    /// A cell a day, of a table of days.
    Calendar,
    /// Bars over the metric's own column, pooled over time.
    Distribution,
    /// Shares of groups against their sizes.
    Funnel,
    /// The metric's own column against another one.
    HeatMap,
    None,
    /// Natural limits around the series.
    Process,
    /// A line with its interval over time.
    Rate,
    /// A line with the middle half of its events over time.
    Ribbon,
    /// Lanes of services, of a table of moments.
    Story,
    /// The share of cases that last longer than a time.
    Survival,
    /// Counts beside what chance would give, over the metric's own column.
    TimeToEvent,
    /// Means of the metric's own column, one after another.
    Waterfall,
}

impl ChartKind {
    pub const ALL: [ChartKind; 13] = [
        ChartKind::Bars,
        ChartKind::Calendar,
        ChartKind::Distribution,
        ChartKind::Funnel,
        ChartKind::HeatMap,
        ChartKind::None,
        ChartKind::Process,
        ChartKind::Rate,
        ChartKind::Ribbon,
        ChartKind::Story,
        ChartKind::Survival,
        ChartKind::TimeToEvent,
        ChartKind::Waterfall,
    ];

    /// The word in files: `heat_map`.
    pub fn name(self) -> &'static str {
        match self {
            ChartKind::Bars => "bars",
            ChartKind::Calendar => "calendar",
            ChartKind::Distribution => "distribution",
            ChartKind::Funnel => "funnel",
            ChartKind::HeatMap => "heat_map",
            ChartKind::None => "none",
            ChartKind::Process => "process",
            ChartKind::Rate => "rate",
            ChartKind::Ribbon => "ribbon",
            ChartKind::Story => "story",
            ChartKind::Survival => "survival",
            ChartKind::TimeToEvent => "time_to_event",
            ChartKind::Waterfall => "waterfall",
        }
    }

    /// The kind of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == word)
    }
}

/// One thing that must have been given: any of its alternatives will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// `table` or `table.column`.
    pub any_of: Vec<String>,
}

/// One metric as its file declares it.
#[derive(Debug, Clone)]
pub struct Metric {
    pub name: String,
    /// Folder it lies in: delivery, stability …
    pub area: String,
    pub title: String,
    pub question: String,
    pub why: String,
    pub aggregate: Call,
    /// Switch that may replace the aggregate: `lead_time.statistic`.
    pub statistic: Option<String>,
    /// Aggregates of their own for words of a switch.
    pub variants: Vec<Variant>,
    /// The column that says when an event happened; a table may have none.
    pub at: Option<String>,
    pub unit: Unit,
    pub better: Better,
    pub chart: ChartKind,
    pub bands: Option<String>,
    pub needs: Vec<Need>,
    /// Length of time after which a period can be judged.
    pub settles: Option<String>,
    /// Column by which it is always grouped, and the order of its values.
    pub by: Option<String>,
    pub levels: Vec<String>,
    /// What one event is, in the plural: "deployments".
    pub events: String,
    /// What a flagged event is: "failed".
    pub flagged: String,
    /// How the rows are ordered where they are listed, as after `order by`; by time unless given.
    pub order: Option<String>,
    /// For a table without a time of its own: which events `$from_at` and `$until_at` bound.
    pub looks_back: Option<LooksBack>,
    pub caveat: String,
    /// What is counted, in a sentence with phrases in braces; empty where the aggregate and its events say it.
    pub counts: String,
    pub statement: Statement,
}

/// Another aggregate under one word of a switch: `-- variant: change_fail_rate.numerator incidents incidence(a, b)`.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Path below the definitions.
    pub switch: String,
    pub word: String,
    pub aggregate: Call,
}

impl Variant {
    pub fn holds(&self, definitions: &Definitions) -> bool {
        let whole = serde_json::to_value(definitions).unwrap_or_default();
        let value = self.switch.split('.').try_fold(&whole, |value, part| value.get(part));
        value.and_then(serde_json::Value::as_str) == Some(self.word.as_str())
    }

    fn read(text: &str) -> Option<Self> {
        let (switch, rest) = text.trim().split_once(' ')?;
        let (word, call) = rest.trim().split_once(' ')?;
        Some(Self { switch: switch.to_owned(), word: word.to_owned(), aggregate: Call::read(call)? })
    }
}

/// What part of the past a table without a time of its own looks at; it ends with the period, or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooksBack {
    /// As far as the period reaches.
    Period,
    Days(u32),
    /// To the beginning.
    All,
}

impl LooksBack {
    /// `$from_at` and `$until_at` for a period, all in microseconds UTC; what lies after now is not known.
    pub fn between(self, from: i64, until: i64, as_of: i64) -> (i64, i64) {
        let until = until.min(as_of);
        match self {
            LooksBack::Period => (from, until),
            LooksBack::Days(days) => (until.saturating_sub(i64::from(days) * 86_400_000_000), until),
            LooksBack::All => (BEGINNING, until),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text {
            "period" => Some(LooksBack::Period),
            "all" => Some(LooksBack::All),
            days => days.strip_suffix('d')?.parse().ok().filter(|days| *days > 0).map(LooksBack::Days),
        }
    }
}

/// 1900-01-01T00:00:00Z, before every log.
pub const BEGINNING: i64 = -2_208_988_800_000_000;

/// A check: rows that offend.
#[derive(Debug, Clone)]
pub struct Check {
    pub name: String,
    pub title: String,
    pub why: String,
    /// What must be given for it to be asked; none means every table that it reads.
    pub needs: Vec<Need>,
    pub statement: Statement,
}

/// A check of a proposed calendar: its rows are entries that clash, with what, and why.
#[derive(Debug, Clone)]
pub struct PlanCheck {
    pub check: Check,
    /// Such an entry must be moved; the others deserve a second look.
    pub is_hard: bool,
}

/// A helper view.
#[derive(Debug, Clone)]
pub struct View {
    pub about: String,
    /// What must be given for its rows to mean anything.
    pub needs: Vec<Need>,
    pub statement: Statement,
}

/// A query about one release; its parameters are `$lens`, `$name` and `$service`.
#[derive(Debug, Clone)]
pub struct ReleaseQuery {
    pub title: String,
    /// What is said where it finds nothing.
    pub empty: String,
    pub needs: Vec<Need>,
    pub statement: Statement,
}

/// Everything below `queries/`.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    pub metrics: BTreeMap<String, Metric>,
    pub views: BTreeMap<String, View>,
    pub checks: BTreeMap<String, Check>,
    pub plan_checks: BTreeMap<String, PlanCheck>,
    pub bands: BTreeMap<String, Bands>,
    pub releases: BTreeMap<String, ReleaseQuery>,
}

/// Names that are offered where one is not known.
const MOST_NEAR: usize = 5;

const METRIC_KEYS: &[&str] = &[
    "metric",
    "title",
    "question",
    "why",
    "aggregate",
    "statistic",
    "variant",
    "by",
    "levels",
    "at",
    "unit",
    "better",
    "events",
    "flagged",
    "order",
    "chart",
    "bands",
    "needs",
    "settles",
    "looks_back",
    "caveat",
    "counts",
];

impl Catalogue {
    /// The files of the binary, then those below `folder`, which add to them or override by name.
    pub fn read(embedded: &[(&str, &str)], folder: Option<&Path>) -> Result<Self, MetricError> {
        let mut catalogue = Self::default();
        for (path, text) in embedded.iter().filter(|(path, _)| !path.contains("/profiles/")) {
            catalogue.add(path, text)?;
        }
        catalogue.mark_built_in();
        if let Some(folder) = folder {
            catalogue.add_folder(folder)?;
        }
        Ok(catalogue)
    }

    /// The metric of that name, or an error with the nearest names.
    pub fn metric(&self, name: &str) -> Result<&Metric, MetricError> {
        self.metrics.get(name).ok_or_else(|| {
            let mut near: Vec<&str> =
                self.metrics.keys().map(String::as_str).filter(|known| is_near(known, name)).collect();
            // The likeliest first; more than a few are no help.
            let likeness = |known: &str| strsim::normalized_damerau_levenshtein(known, name);
            near.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)).then_with(|| a.cmp(b)));
            near.truncate(MOST_NEAR);
            let help = if near.is_empty() {
                "`shipwake metric --list` lists them".to_owned()
            } else {
                format!("did you mean {}?", near.join(" or "))
            };
            MetricError::NoMetric { name: name.to_owned(), help }
        })
    }

    /// All statements that are views of the session: helper views, and every metric's events under its name.
    ///
    /// A view of a table without a time of its own looks back from `as_of`, microseconds UTC.
    pub fn statements(&self, as_of: i64) -> Vec<Statement> {
        let metrics = self.metrics.values().map(|metric| Statement {
            between: metric.looks_back.map(|looks_back| looks_back.between(BEGINNING, as_of, as_of)),
            ..metric.statement.clone()
        });
        self.views.values().map(|view| view.statement.clone()).chain(metrics).collect()
    }

    /// Tells the places of the user's own queries in other words.
    pub fn hide_places(&mut self, told: impl Fn(&str) -> String) {
        for statement in self.metrics.values_mut().map(|metric| &mut metric.statement) {
            if !statement.is_built_in {
                statement.origin = told(&statement.origin);
            }
        }
    }

    fn mark_built_in(&mut self) {
        let metrics = self.metrics.values_mut().map(|metric| &mut metric.statement);
        for statement in metrics.chain(self.views.values_mut().map(|view| &mut view.statement)) {
            statement.is_built_in = true;
        }
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), MetricError> {
        let told = |cause| MetricError::Read { path: folder.display().to_string(), cause };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(told)? {
            paths.push(entry.map_err(told)?.path());
        }
        paths.sort();
        for path in paths {
            if path.ends_with("profiles") {
                // Profiles set definitions; they are no queries.
                continue;
            }
            if path.is_dir() {
                self.add_folder(&path)?;
            } else if path.extension().is_some_and(|ending| ending == "sql" || ending == "toml") {
                let name = path.display().to_string();
                let text =
                    fs::read_to_string(&path).map_err(|cause| MetricError::Read { path: name.clone(), cause })?;
                self.add(&name, &text)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &str, text: &str) -> Result<(), MetricError> {
        if path.ends_with(".toml") {
            let bands = Bands::read(path, text)?;
            self.bands.insert(bands.metric.clone(), bands);
            return Ok(());
        }
        let matter = FrontMatter::read(path, text)?;
        if matter.get("metric").is_some() {
            let metric = read_metric(path, text, &matter)?;
            self.metrics.insert(metric.name.clone(), metric);
        } else if matter.get("check").is_some() {
            matter.only(&["check", "title", "why", "needs"])?;
            let check = read_check("check", path, text, &matter)?;
            self.checks.insert(check.name.clone(), check);
        } else if matter.get("release").is_some() {
            matter.only(&["release", "title", "needs", "empty"])?;
            let name = named_as_file(path, &matter, "release")?;
            let query = ReleaseQuery {
                title: matter.require("title")?.to_owned(),
                empty: matter.require("empty")?.to_owned(),
                needs: needs(&matter),
                statement: statement(path, text, &name, false),
            };
            self.releases.insert(name, query);
        } else if matter.get("plan").is_some() {
            matter.only(&["plan", "title", "why", "weight", "needs"])?;
            let check = read_check("plan", path, text, &matter)?;
            let is_hard = match matter.require("weight")? {
                "hard" => true,
                "soft" => false,
                other => {
                    let message = format!("`{other}` is no weight");
                    return Err(matter.wrong_value("weight", message, "use hard or soft".into()));
                }
            };
            self.plan_checks.insert(check.name.clone(), PlanCheck { check, is_hard });
        } else {
            matter.only(&["view", "about", "materialise", "needs"])?;
            let name = named_as_file(path, &matter, "view")?;
            let is_materialised = matter.get("materialise") == Some("yes");
            let about = matter.require("about")?.to_owned();
            let view = View { about, needs: needs(&matter), statement: statement(path, text, &name, is_materialised) };
            self.views.insert(name, view);
        }
        Ok(())
    }
}

fn read_check(key: &str, path: &str, text: &str, matter: &FrontMatter) -> Result<Check, MetricError> {
    let name = named_as_file(path, matter, key)?;
    Ok(Check {
        title: matter.require("title")?.to_owned(),
        why: matter.require("why")?.to_owned(),
        needs: needs(matter),
        statement: statement(path, text, &name, false),
        name,
    })
}

fn statement(path: &str, text: &str, name: &str, is_materialised: bool) -> Statement {
    Statement {
        name: name.to_owned(),
        origin: path.to_owned(),
        text: text.to_owned(),
        is_materialised,
        is_built_in: false,
        between: None,
    }
}

/// One name everywhere: the file's stem is the name in its front matter.
fn named_as_file(path: &str, matter: &FrontMatter, key: &str) -> Result<String, MetricError> {
    let name = matter.require(key)?;
    let stem = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if name == stem {
        return Ok(stem);
    }
    let message = format!("the file is called `{stem}`, its front matter says `{name}`");
    Err(matter.wrong_value(key, message, format!("call the file `{name}.sql`, or write `-- {key}: {stem}`")))
}

/// `a, b | c`: all of them, of those with bars any.
fn needs(matter: &FrontMatter) -> Vec<Need> {
    let text = matter.get("needs").unwrap_or_default();
    text.split(',')
        .filter(|need| !need.trim().is_empty())
        .map(|need| Need { any_of: need.split('|').map(|part| part.trim().to_owned()).collect() })
        .collect()
}

const UNITS: &str = "ratio, seconds, count, per_day, per_week, number";
const DIRECTIONS: &str = "higher, lower, none";

fn aggregate_names() -> String {
    AGGREGATES.iter().map(|aggregate| aggregate.name()).collect::<Vec<_>>().join(", ")
}

fn chart_names() -> String {
    ChartKind::ALL.map(ChartKind::name).join(", ")
}

fn read_metric(path: &str, text: &str, matter: &FrontMatter) -> Result<Metric, MetricError> {
    matter.only(METRIC_KEYS)?;
    matter.require_all(&[
        ("title", "what it is called"),
        ("question", "what it answers, in one sentence"),
        ("why", "why that matters"),
        ("aggregate", &format!("table, or one of {} with its columns: rate(is_failed)", aggregate_names())),
        ("unit", UNITS),
        ("better", DIRECTIONS),
        ("events", "what one row is, in the plural: deployments"),
        ("chart", &chart_names()),
    ])?;
    let name = named_as_file(path, matter, "metric")?;
    let wrong =
        |key: &str, message: String, words: &str| matter.wrong_value(key, message, format!("use one of {words}"));
    let aggregate = Call::read(matter.require("aggregate")?).ok_or_else(|| {
        let message = format!("`{}` is no aggregate", matter.get("aggregate").unwrap_or_default());
        matter.wrong_value("aggregate", message, format!("aggregates are {}, table", aggregate_names()))
    })?;
    let at = matter.get("at").map(str::to_owned);
    if at.is_none() && !aggregate.is_table() {
        matter.require("at")?;
    }
    let unit_text = matter.require("unit")?;
    let unit = unit_text.parse::<Unit>().map_err(|_| wrong("unit", format!("`{unit_text}` is no unit"), UNITS))?;
    let better = match matter.require("better")? {
        "higher" => Better::Higher,
        "lower" => Better::Lower,
        "none" => Better::None,
        other => {
            return Err(wrong("better", format!("`{other}` is no direction"), DIRECTIONS));
        }
    };
    let chart_word = matter.require("chart")?;
    let chart = ChartKind::named(chart_word)
        .ok_or_else(|| wrong("chart", format!("`{chart_word}` is no chart"), &chart_names()))?;
    let variants: Option<Vec<Variant>> =
        matter.get("variant").map(|text| Variant::read(text).map(|one| vec![one])).unwrap_or(Some(Vec::new()));
    let variants = variants.ok_or_else(|| {
        let message = format!("`{}` is no variant", matter.get("variant").unwrap_or_default());
        matter.wrong_value(
            "variant",
            message,
            "write a switch, its word and an aggregate: `recovery.clock incident mean(x)`".into(),
        )
    })?;
    let counts_text = matter.get("counts").unwrap_or_default();
    if let Some(name) = counts::unknown_phrase(counts_text) {
        let message = format!("`{{{name}}}` is no phrase that the definitions fill");
        return Err(matter.wrong_value("counts", message, format!("phrases are {}", counts::phrases())));
    }
    let looks_back = matter.get("looks_back").map(|text| (text, LooksBack::read(text)));
    if let Some((text, None)) = looks_back {
        return Err(wrong("looks_back", format!("`{text}` is no stretch of time"), "period, all, or days such as 90d"));
    }
    if looks_back.is_some() && (at.is_some() || !aggregate.is_table()) {
        let message = "only a table without `at` looks back".to_owned();
        return Err(matter.wrong_value("looks_back", message, "take one of the two lines away".into()));
    }
    let list = |key: &str| -> Vec<String> {
        matter.get(key).map(|text| text.split(',').map(|part| part.trim().to_owned()).collect()).unwrap_or_default()
    };
    let area = Path::new(path).parent().and_then(Path::file_name).map(|area| area.to_string_lossy().into_owned());
    Ok(Metric {
        area: area.unwrap_or_default(),
        title: matter.require("title")?.to_owned(),
        question: matter.require("question")?.to_owned(),
        why: matter.require("why")?.to_owned(),
        statistic: matter.get("statistic").map(str::to_owned),
        variants,
        bands: matter.get("bands").map(str::to_owned),
        settles: matter.get("settles").map(str::to_owned),
        by: matter.get("by").map(str::to_owned),
        levels: list("levels"),
        events: matter.require("events")?.to_owned(),
        flagged: matter.get("flagged").unwrap_or_default().to_owned(),
        order: matter.get("order").map(str::to_owned),
        looks_back: looks_back.and_then(|(_, looks_back)| looks_back),
        caveat: matter.get("caveat").unwrap_or_default().to_owned(),
        counts: counts_text.to_owned(),
        statement: statement(path, text, &name, false),
        name,
        aggregate,
        at,
        unit,
        better,
        chart,
        needs: needs(matter),
    })
}

/// Whether a name is likely a slip of another, a part of it, or its initials.
fn is_near(known: &str, typed: &str) -> bool {
    const SHORTEST_PART: usize = 4;
    let typed = typed.to_lowercase().replace('-', "_");
    let initials: String = known.split('_').filter_map(|word| word.chars().next()).collect();
    strsim::normalized_damerau_levenshtein(known, &typed) > 0.6
        || (typed.len() >= SHORTEST_PART && known.contains(&typed))
        || initials == typed
}
