//! How it was measured: definitions, sources of benchmarks, manifest, the command.

use crate::metric::{self, Metric};
use crate::report::blocks::{Block, DataTable, Fact};
use crate::report::evidence::Evidence;
use crate::report::statements::Statements;
use crate::report::{Subject, words};

use super::figures::columns;

pub fn blocks(subject: &Subject, evidence: &Evidence, statements: &Statements) -> Vec<Block> {
    let measured = evidence.all().map(|measured| {
        let metric = measured.metric;
        vec![metric.title.clone(), metric.question.clone(), counts(subject, metric), metric.caveat.clone()]
    });
    // A package hands its lists over as files: what to mind goes with them.
    let listed = evidence.tables().filter(|_| subject.package.is_some()).map(|metric| {
        vec![metric.title.clone(), metric.question.clone(), counts(subject, metric), metric.caveat.clone()]
    });
    let metrics: Vec<Vec<String>> = measured.chain(listed).collect();
    let has_metrics = !metrics.is_empty();
    let switches = subject.definitions.iter().map(|(key, value)| vec![key.clone(), value.clone()]).collect();
    let fact = |term: &str, text: String| Fact { term: term.to_owned(), text };
    let defined = Block::Table(DataTable {
        caption: "Definitions of the metrics".into(),
        columns: columns(&[("Metric", false), ("Question", false), ("What it counts", false), ("Mind", false)]),
        rows: metrics,
        rows_left_out: 0,
    });
    let further = [
        Block::Details {
            summary: format!("Switches of profile {} ({})", subject.profile, subject.definitions_hash),
            blocks: vec![Block::Table(DataTable {
                caption: "Switches, as they stand in shipwake.toml".into(),
                columns: columns(&[("Switch", false), ("Value", false)]),
                rows: switches,
                rows_left_out: 0,
            })],
        },
        Block::Facts {
            facts: vec![
                fact("Program", format!("shipwake {}", env!("CARGO_PKG_VERSION"))),
                fact("Definitions", subject.definitions_hash.to_owned()),
                fact("Data", format!("SHA-256 {}", subject.fingerprint)),
                fact("As of", subject.context.calendar.local_text(subject.context.as_of)),
                fact("Statements tested", statements.tested.to_string()),
            ],
        },
        Block::Code { caption: "The same report again".into(), text: subject.command.to_owned() },
    ];
    has_metrics.then_some(defined).into_iter().chain(further).collect()
}

/// What is counted and by which rules it is found, by those switches that the metric's query reads.
fn counts(subject: &Subject, metric: &Metric) -> String {
    let definitions = subject.context.definitions;
    let counted = format!("{}.", words::capitalised(&metric::counts(metric, definitions)));
    let rules = metric::rules(subject.catalogue, metric, definitions);
    std::iter::once(counted).chain(rules).collect::<Vec<_>>().join(" ")
}
