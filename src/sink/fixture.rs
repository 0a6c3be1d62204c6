//! Reports for the tests of this folder: one with every block and hostile names, one empty.

mod numbers;

use chrono::{Months, NaiveDate};

use crate::chart::{Bar, Bars, Chart, Form, Mark, Multiples, Point, Series, Timeline};
use crate::report::blocks::{Block, Card, Change, Column, DataTable, Fact, Figure, Judgement, Report, Section, Tone};
use crate::report::numbers::Numbers;
use crate::unit::Unit;

/// Names as they come out of anybody's tickets.
pub fn hostile_names() -> Vec<String> {
    vec![
        "<script>alert(1)</script>".to_owned(),
        "=cmd()|' /C calc'!A0".to_owned(),
        "a very long name ".repeat(30).trim_end().to_owned(),
        "x".repeat(500),
        "فريق المدفوعات".to_owned(),
        "search 🚀🔥".to_owned(),
        "two\nlines | and `code`".to_owned(),
        "\" onmouseover=\"alert(1)".to_owned(),
        "{{ 7 * 7 }}{% raw %}".to_owned(),
    ]
}

/// A report without a section.
pub fn empty() -> Report {
    Report {
        schema: 1,
        name: "monthly".to_owned(),
        title: "Release report, October 2026".to_owned(),
        organisation: String::new(),
        audience: String::new(),
        headline: String::new(),
        lead: Vec::new(),
        facts: Vec::new(),
        sections: Vec::new(),
        numbers: Numbers::default(),
        questions: 0,
    }
}

/// A report with every block.
pub fn rich() -> Report {
    Report {
        organisation: "Northwind Ferries".to_owned(),
        audience: "For engineering leaders".to_owned(),
        headline: "Releases broke more often in October: one deployment in seven needed repair, \
                   and most of the rise is in one team."
            .to_owned(),
        lead: vec![
            "Delivery stayed as fast as it was. Recovery has been getting quicker since May.".to_owned(),
            "Two of the five measures cannot be judged yet, because October is not 72 hours old.".to_owned(),
        ],
        facts: vec![
            fact("Period", "1 to 31 October 2026"),
            fact("Time zone", "Europe/London"),
            fact("Data up to", "2026-10-31 23:58"),
            fact("Definitions", "dora, 3f9c2a1"),
        ],
        sections: vec![
            section("at-a-glance", "At a glance", at_a_glance()),
            section("stability", "Stability", stability()),
            section("teams", "Teams", teams()),
            section("delivery", "Delivery", delivery()),
            section("data-quality", "Data quality", data_quality()),
            section("method", "How this was measured", method()),
        ],
        numbers: numbers::numbers(),
        ..empty()
    }
}

fn at_a_glance() -> Vec<Block> {
    let missing = Card {
        value: "—".to_owned(),
        unit: String::new(),
        interval: String::new(),
        basis: String::new(),
        counts: String::new(),
        change: None,
        trend: String::new(),
        band: String::new(),
        missing: Some("Not measured: needs `approvals`, which no source fills.".to_owned()),
        spark: None,
        spark_range: String::new(),
        anchor: "approval-latency".to_owned(),
        ..card("Approval latency", "", Judgement::Neutral)
    };
    vec![
        Block::Note {
            tone: Tone::Warning,
            text: "42 deployments of the last three days are too young to judge.".to_owned(),
        },
        Block::Cards {
            cards: vec![
                Card {
                    value: "38.2".to_owned(),
                    unit: "per week".to_owned(),
                    ..card("Deployment frequency", "1.4 fewer than in September", Judgement::Neutral)
                },
                Card {
                    value: "1.3 d".to_owned(),
                    unit: "median".to_owned(),
                    ..card("Change lead time", "4 h shorter than in September", Judgement::Better)
                },
                card("Change fail rate", "2.1 points higher than in September", Judgement::Worse),
                Card {
                    value: "2.4 h".to_owned(),
                    unit: "median".to_owned(),
                    ..card("Recovery time", "35 min shorter than in September", Judgement::Better)
                },
                missing,
            ],
        },
    ]
}

fn card(title: &str, change: &str, judgement: Judgement) -> Card {
    Card {
        metric: title.to_lowercase().replace(' ', "_"),
        title: title.to_owned(),
        value: "14.2\u{202f}%".to_owned(),
        unit: String::new(),
        interval: "95\u{202f}% interval 11.0 to 18.1\u{202f}%".to_owned(),
        basis: "44 of 310 deployments".to_owned(),
        counts: "Deployments that were undone, or that an incident is attributed to, of those that reached production"
            .to_owned(),
        change: Some(Change { text: change.to_owned(), judgement }),
        trend: "No detectable change over 13 months".to_owned(),
        band: "Between high and medium (DORA 2024)".to_owned(),
        missing: None,
        spark: Some(Chart::Sparkline { unit: Unit::Ratio, series: series("all", 13, 3) }),
        spark_range: "13 months, 6.1 to 16.0\u{202f}%".to_owned(),
        anchor: "change-fail-rate".to_owned(),
    }
}

fn stability() -> Vec<Block> {
    let timeline = Chart::Timeline(Timeline {
        form: Form::Rate,
        unit: Unit::Ratio,
        series: series("all", 18, 1),
        marks: vec![Mark { label: "target 10\u{202f}%".to_owned(), value: 0.1, is_dashed: false }],
        focus: NaiveDate::from_ymd_opt(2026, 10, 1),
        band_label: "95\u{202f}% interval".to_owned(),
    });
    let bars = Chart::Bars(Bars { unit: Unit::Ratio, bars: bars(), marks: Vec::new() });
    vec![
        Block::Paragraph { text: "How often a release has to be repaired, and how long that takes.".to_owned() },
        figure("change-fail-rate", "Change fail rate has risen since February", timeline),
        figure("failures-by-age", "Half of all failures show within an hour", bars),
    ]
}

fn teams() -> Vec<Block> {
    let mut names = hostile_names();
    names.extend((names.len()..40).map(|number| format!("team-{number:02}")));
    let series: Vec<Series> = (0_u32..).zip(&names).map(|(seed, name)| series(name, 13, seed)).collect();
    let multiples = Chart::Multiples(Multiples {
        form: Form::Rate,
        unit: Unit::Ratio,
        series,
        focus: NaiveDate::from_ymd_opt(2026, 10, 1),
    });
    vec![figure(
        "change-fail-rate-by-team",
        "Payments fails most often; teams are ordered by their latest value, worst first",
        multiples,
    )]
}

fn delivery() -> Vec<Block> {
    let bars = Chart::Timeline(Timeline {
        form: Form::Bars,
        unit: Unit::Count,
        series: scaled(series("deployments", 13, 5), 900.0),
        marks: Vec::new(),
        focus: None,
        band_label: String::new(),
    });
    let ribbon = Chart::Timeline(Timeline {
        form: Form::Ribbon,
        unit: Unit::Seconds,
        series: scaled(series("lead time", 13, 2), 900_000.0),
        marks: Vec::new(),
        focus: None,
        band_label: "half of all changes".to_owned(),
    });
    vec![
        figure("deployments", "Deployments to production", bars),
        Block::Details {
            summary: "Lead time of changes".to_owned(),
            blocks: vec![
                Block::Paragraph { text: "From the first commit of a change to production.".to_owned() },
                // The same id as another figure: pages must keep ids unique all the same.
                figure("deployments", "Change lead time", ribbon),
            ],
        },
    ]
}

fn data_quality() -> Vec<Block> {
    let rows =
        hostile_names().into_iter().map(|name| vec![name, "12\u{2009}840".to_owned(), "−3".to_owned()]).collect();
    vec![
        Block::Table(DataTable {
            caption: "Rows read and left out, by source".to_owned(),
            columns: vec![column("Source", false), column("Rows read", true), column("Left out", true)],
            rows,
            rows_left_out: 31,
        }),
        Block::Note {
            tone: Tone::Plain,
            text: "A row that is left out is listed in `rejected_rows` with its reason.".to_owned(),
        },
    ]
}

fn method() -> Vec<Block> {
    vec![
        Block::Facts {
            facts: vec![
                fact("Change fail rate", "Deployments that were rolled back or have an attributed incident, of those that reached production."),
                fact("Attribution window", "72 h"),
                fact("<b>Bold</b>", "فريق المدفوعات & co."),
            ],
        },
        Block::Code {
            caption: "The command that made this report".to_owned(),
            text: "shipwake report monthly \\\n  --period 2026-10 --data exports/ --as-of 2026-11-01T00:00:00Z\n```\n</code><script>".to_owned(),
        },
    ]
}

fn figure(id: &str, title: &str, chart: Chart) -> Block {
    Block::Figure(Box::new(Figure {
        id: id.to_owned(),
        metric: "change_fail_rate".to_owned(),
        title: title.to_owned(),
        subtitle: "Share of production deployments that needed repair, a month, May 2025 to October 2026".to_owned(),
        description: "A line from 6 % in May 2025 to 14 % in October 2026, above 10 % since February.".to_owned(),
        chart,
        text: vec![
            "The rise is larger than the month-to-month variation before February explains.".to_owned(),
            "In October 44 of 310 deployments needed repair; it was 37 of 306 in September.".to_owned(),
        ],
        caveat: "Deployments younger than 72 hours may still fail; such months are marked.".to_owned(),
        table: DataTable {
            caption: "Change fail rate by month".to_owned(),
            columns: vec![
                column("Month", false),
                column("Deployments", true),
                column("Change fail rate", true),
                column("95\u{202f}% interval", false),
            ],
            rows: (1..=9)
                .map(|month| {
                    vec![
                        format!("2026-0{month}"),
                        "310".to_owned(),
                        "14.2\u{202f}%".to_owned(),
                        "11.0 to 18.1\u{202f}%".to_owned(),
                    ]
                })
                .collect(),
            rows_left_out: 0,
        },
        query: "queries/metrics/stability/change_fail_rate.sql".to_owned(),
        command: "shipwake explain change_fail_rate --rows --period 2026-10 --by team".to_owned(),
    }))
}

/// Months up to October 2026: the first is 44/310, one is unknown, one of few events, the last one partial.
fn series(name: &str, months: u32, seed: u32) -> Series {
    let first = NaiveDate::from_ymd_opt(2026, 10, 1)
        .and_then(|last| last.checked_sub_months(Months::new(months - 1)))
        .expect("a date in range");
    let points = (0..months)
        .map(|month| {
            let wave = f64::from((month * 7 + seed * 5) % 11) / 110.0;
            let value = match month {
                0 => 0.141_935_483_870_967_74,
                _ => 0.08 + wave,
            };
            Point {
                at: first + Months::new(month),
                value: (month != 4).then_some(value),
                low: (month != 4).then_some(value * 0.8),
                high: (month != 4).then_some(value * 1.25),
                n: if month == 7 { 3 } else { 310 },
                is_partial: month + 1 == months,
            }
        })
        .collect();
    Series { name: name.to_owned(), points }
}

fn scaled(mut series: Series, factor: f64) -> Series {
    for point in &mut series.points {
        for value in [&mut point.value, &mut point.low, &mut point.high] {
            *value = value.map(|value| value * factor);
        }
    }
    series
}

fn bars() -> Vec<Bar> {
    let mut labels = vec!["within an hour".to_owned(), "within a day".to_owned()];
    labels.extend(hostile_names());
    (0_u32..)
        .zip(labels)
        .map(|(index, label)| Bar {
            label,
            value: (index != 5).then(|| 0.5 / f64::from(index + 1)),
            low: None,
            high: None,
            n: 44,
            is_highlighted: index == 0,
        })
        .collect()
}

fn section(id: &str, title: &str, blocks: Vec<Block>) -> Section {
    Section { id: id.to_owned(), title: title.to_owned(), blocks }
}

fn fact(term: &str, text: &str) -> Fact {
    Fact { term: term.to_owned(), text: text.to_owned() }
}

fn column(title: &str, is_number: bool) -> Column {
    Column { title: title.to_owned(), is_number }
}
