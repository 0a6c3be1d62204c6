//! The reported period as a file for Prometheus' textfile collector: gauges in base units, without timestamps.
//!
//! Text format 0.0.4. What is unknown is absent, never 0. The whole has no label of a group; groups of more members
//! than [`MOST_GROUPS`] are left out, because each would be a series of its own for ever.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::metric::{MetricResult, Row};
use crate::report::blocks::Report;
use crate::report::numbers::{Measure, Numbers};
use crate::sink::{Assets, Needs, OutputFile, Sink, SinkError};
use crate::unit::Unit;

/// The entry of this file in the registry.
pub const SINK: Sink = Sink {
    name: "prometheus",
    about: "The period's values as gauges for Prometheus' textfile collector",
    render,
    needs: Needs::Numbers,
};

/// Members of a grouping beyond which it is no label.
const MOST_GROUPS: usize = 200;

/// Stands for a member of a group that is not known: an empty label means the same as none.
const UNKNOWN_MEMBER: &str = "(unknown)";

const MICROS: f64 = 1e6;

/// `shipwake.prom`.
pub fn render(report: &Report, _assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    let numbers = &report.numbers;
    let mut page = Page::default();
    let period = numbers.period.start.to_string();
    let grain = numbers.period.grain.name();
    let mut stems = BTreeSet::new();
    for measure in &numbers.measures {
        let name = free_name(&mut stems, measure);
        families(&mut page, numbers, (measure, name), &[("grain", grain), ("period", &period)]);
    }
    about_the_run(&mut page, report);
    Ok(vec![OutputFile { path: PathBuf::from("shipwake.prom"), bytes: page.text().into_bytes() }])
}

fn about_the_run(page: &mut Page, report: &Report) {
    let numbers = &report.numbers;
    let labels = [
        ("data_sha256", numbers.fingerprint.as_str()),
        ("definitions", &numbers.definitions_hash),
        ("profile", &numbers.profile),
        ("report", &report.name),
        ("version", env!("CARGO_PKG_VERSION")),
    ];
    page.family("shipwake_report_info", "What the report was made from").add(&labels, 1.0);
    let moments = [
        ("shipwake_as_of_timestamp_seconds", "The moment that the report takes as now", Some(numbers.as_of)),
        ("shipwake_data_until_timestamp_seconds", "The last event known", numbers.data_until),
        (
            "shipwake_period_start_timestamp_seconds",
            "Begin of the period",
            Some(numbers.calendar.instant(numbers.period.start)),
        ),
        (
            "shipwake_period_end_timestamp_seconds",
            "End of the period",
            Some(numbers.calendar.instant(numbers.period.end)),
        ),
    ];
    for (name, help, micros) in moments {
        if let Some(micros) = micros {
            page.family(name, help).add(&[], micros as f64 / MICROS);
        }
    }
}

/// One number of a row, where it is known.
type Take = fn(&Row) -> Option<f64>;

/// Value, interval, events and whether the period is whole: five families a metric.
fn families(
    page: &mut Page,
    numbers: &Numbers,
    (measure, (stem, unit)): (&Measure, (String, &str)),
    period: &[(&str, &str)],
) {
    let in_unit = |part: &str| format!("shipwake_{stem}{part}{unit}");
    let title = &measure.title;
    let parts: [(String, String, Take); 5] = [
        (in_unit(""), format!("{title}: {}", measure.question), |row| row.value),
        (in_unit("_low"), format!("{title}, lower end of its 95 % interval"), |row| row.low),
        (in_unit("_high"), format!("{title}, upper end of its 95 % interval"), |row| row.high),
        (format!("shipwake_{stem}_events"), format!("{title}: {} behind the value", measure.events), |row| {
            Some(row.n as f64)
        }),
        (
            format!("shipwake_{stem}_is_partial"),
            format!("{title}: 1 where the period is unfinished or too young to judge"),
            |row| Some(f64::from(u8::from(row.is_partial))),
        ),
    ];
    for (name, help, take) in parts {
        let family = page.family(&name, &help);
        for result in measure.results() {
            let rows = current(numbers, result);
            if rows.len() > MOST_GROUPS {
                continue;
            }
            for row in rows {
                let Some(value) = take(row) else { continue };
                let members = row.dimensions.iter().map(|member| match member.as_deref() {
                    None | Some("") => UNKNOWN_MEMBER,
                    Some(member) => member,
                });
                let mut labels: Vec<(&str, &str)> = result.by.iter().map(String::as_str).zip(members).collect();
                labels.extend(period);
                family.add(&labels, value);
            }
        }
    }
}

fn current<'a>(numbers: &Numbers, result: &'a MetricResult) -> Vec<&'a Row> {
    result.rows.iter().filter(|row| row.period_start == numbers.period.start).collect()
}

/// The base name, or where an earlier metric has it (`x_rate` and `x_ratio`) one with the whole name of the metric.
fn free_name(taken: &mut BTreeSet<String>, measure: &Measure) -> (String, &'static str) {
    let (stem, unit) = base_name(measure);
    let whole = legal(&measure.metric);
    let numbered = (2..).map(|number| format!("{whole}_{number}"));
    let mut names = [stem, whole.clone()].into_iter().chain(numbered);
    (names.find(|name| taken.insert(name.clone())).unwrap_or(whole), unit)
}

/// The metric's name and its base unit, which Prometheus wants last: `change_fail` and `_ratio`, `change_lead_time` and
/// `_seconds`.
fn base_name(measure: &Measure) -> (String, &'static str) {
    let name = legal(&measure.metric);
    let (unit, ending) = match measure.unit {
        Unit::Ratio => ("_ratio", "_rate"),
        Unit::Seconds => ("_seconds", "_seconds"),
        Unit::PerDay => ("_per_day", "_per_day"),
        Unit::PerWeek => ("_per_week", "_per_week"),
        Unit::PerMonth => ("_per_month", "_per_month"),
        Unit::Score => ("_score", "_score"),
        Unit::Count | Unit::Number => return (name, ""),
    };
    let stem = name.strip_suffix(unit).or_else(|| name.strip_suffix(ending)).unwrap_or(&name);
    (stem.to_owned(), unit)
}

/// Letters, digits and underscores; what stands in front makes sure that it begins with a letter.
fn legal(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// Families in the order of their first mention.
#[derive(Default)]
struct Page {
    families: Vec<Family>,
}

struct Family {
    name: String,
    help: String,
    lines: String,
    seen: BTreeSet<String>,
}

impl Page {
    /// The family of this name: a name may be given once only.
    fn family(&mut self, name: &str, help: &str) -> &mut Family {
        let place = match self.families.iter().position(|family| family.name == name) {
            Some(place) => place,
            None => {
                self.families.push(Family {
                    name: name.to_owned(),
                    help: help.to_owned(),
                    lines: String::new(),
                    seen: BTreeSet::new(),
                });
                self.families.len() - 1
            }
        };
        &mut self.families[place]
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for family in self.families.iter().filter(|family| !family.lines.is_empty()) {
            let help = family.help.replace('\\', "\\\\").replace(['\n', '\r'], " ");
            let _ = writeln!(text, "# HELP {} {help}", family.name);
            let _ = writeln!(text, "# TYPE {} gauge", family.name);
            text.push_str(&family.lines);
        }
        text
    }
}

impl Family {
    /// Adds a series; one that is there already stays as it is, since a second one makes the file invalid.
    fn add(&mut self, labels: &[(&str, &str)], value: f64) {
        if !value.is_finite() {
            return;
        }
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{}=\"{}\"", legal(name), escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        if self.seen.insert(labels.clone()) {
            let _ = writeln!(self.lines, "{}{labels} {value}", self.name);
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    /// A series of the exposition format, read by its grammar.
    #[derive(Debug, PartialEq)]
    struct Series {
        name: String,
        labels: Vec<(String, String)>,
        value: f64,
    }

    fn page() -> String {
        let files = render(&fixture::rich(), &Assets::default()).expect("renders");
        String::from_utf8(files[0].bytes.clone()).expect("UTF-8")
    }

    fn is_name(text: &str) -> bool {
        let mut characters = text.chars();
        characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    fn series(line: &str) -> Series {
        let end = line.find(['{', ' ']).expect("a name and what follows it");
        let (name, rest) = line.split_at(end);
        assert!(is_name(name), "{line}");
        let mut labels = Vec::new();
        let mut rest = rest;
        if let Some(inside) = rest.strip_prefix('{') {
            let mut inside = inside;
            loop {
                let (label, after) = inside.split_once("=\"").expect("a label");
                assert!(is_name(label), "{line}");
                let mut value = String::new();
                let mut characters = after.char_indices();
                let end = loop {
                    match characters.next().expect("a closing quote") {
                        (at, '"') => break at,
                        (_, '\\') => match characters.next().expect("an escaped character").1 {
                            'n' => value.push('\n'),
                            other => {
                                assert!(other == '"' || other == '\\', "{line}");
                                value.push(other);
                            }
                        },
                        (_, other) => value.push(other),
                    }
                };
                labels.push((label.to_owned(), value));
                let after = &after[end + 1..];
                match after.strip_prefix(',') {
                    Some(next) => inside = next,
                    None => {
                        rest = after.strip_prefix('}').expect("a closing bracket");
                        break;
                    }
                }
            }
        }
        let value = rest.strip_prefix(' ').expect("a space before the value").parse().expect("a number, no timestamp");
        Series { name: name.to_owned(), labels, value }
    }

    #[test]
    fn the_page_follows_the_grammar_and_no_series_comes_twice() {
        let page = page();
        assert!(page.ends_with('\n'));
        let mut family = String::new();
        let (mut families, mut seen) = (BTreeSet::new(), BTreeSet::new());
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                family = rest.split(' ').next().expect("a name").to_owned();
                assert!(families.insert(family.clone()), "{family} is there twice");
                continue;
            }
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                assert_eq!(rest, format!("{family} gauge"));
                continue;
            }
            let series = series(line);
            assert_eq!(series.name, family, "a series stands in its family");
            assert!(seen.insert(line[..line.rfind(' ').expect("a value")].to_owned()), "{line}");
        }
        assert!(seen.len() > 20);
    }

    #[test]
    fn names_carry_base_units_and_the_whole_has_no_group() {
        let page = page();
        let find = |start: &str| page.lines().find(|line| line.starts_with(start)).map(series);
        let whole = find("shipwake_change_fail_ratio{grain").expect("the whole");
        assert_eq!(whole.labels, [("grain".into(), "month".into()), ("period".into(), "2026-10-01".into())]);
        assert!(find("shipwake_change_lead_time_seconds{").is_some());
        assert!(find("shipwake_change_lead_time_low_seconds{").is_some(), "the unit comes last");
        assert_eq!(find("shipwake_report_info").expect("the run").value, 1.0);
    }

    #[test]
    fn hostile_names_are_labels_that_read_back() {
        let page = page();
        let teams: Vec<String> = page
            .lines()
            .filter(|line| line.starts_with("shipwake_change_fail_events{team"))
            .map(|line| series(line).labels[0].1.clone())
            .collect();
        for name in fixture::hostile_names() {
            assert!(teams.contains(&name), "{name}");
        }
        assert!(teams.contains(&UNKNOWN_MEMBER.to_owned()));
    }

    #[test]
    fn metrics_whose_names_differ_in_the_unit_alone_are_families_of_their_own() {
        let mut report = fixture::rich();
        let rate = report.numbers.measures.iter().find(|measure| measure.metric == "change_fail_rate");
        let mut other = rate.expect("the metric of the fixture").clone();
        other.metric = "change_fail_ratio".to_owned();
        report.numbers.measures.push(other);
        let files = render(&report, &Assets::default()).expect("renders");
        let page = String::from_utf8(files[0].bytes.clone()).expect("UTF-8");
        let count = |family: &str| page.lines().filter(|line| line.starts_with(&format!("{family}{{grain"))).count();
        assert_eq!((count("shipwake_change_fail_ratio"), count("shipwake_change_fail_ratio_ratio")), (1, 1));
        assert_eq!((count("shipwake_change_fail_events"), count("shipwake_change_fail_ratio_events")), (1, 1));
    }

    #[test]
    fn what_was_not_measured_is_absent() {
        assert!(!page().contains("approval_latency"));
    }
}
