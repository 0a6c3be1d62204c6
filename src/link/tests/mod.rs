//! Links of small tables, worked out by hand: one file for each table of links.
//!
//! Cells are written as text, instants as hours since 1970, `-` for null, `+` for a blank.

mod attributions;
mod deliveries;
mod laws;
mod recoveries;
mod rollbacks;
mod whole;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};

use super::{Links, Rules, Tables, link};
use crate::definitions::{Attribution, AttributionRule, Blame, ChangeFailRate, Definitions};
use crate::table::{Kind, Table};

const HOUR: f64 = 3.6e9;

/// Tables under construction.
#[derive(Default, Clone)]
struct Given {
    deployments: Vec<RecordBatch>,
    incidents: Vec<RecordBatch>,
    changes: Vec<RecordBatch>,
    tickets: Vec<RecordBatch>,
    commits: Vec<RecordBatch>,
    dependencies: Vec<RecordBatch>,
    services: Vec<RecordBatch>,
    attribution: Attribution,
    blame: Option<Blame>,
}

impl Given {
    fn deployments(mut self, columns: &str, rows: &[&str]) -> Self {
        self.deployments = table("deployments", columns, rows);
        self
    }

    fn incidents(mut self, columns: &str, rows: &[&str]) -> Self {
        self.incidents = table("incidents", columns, rows);
        self
    }

    fn changes(mut self, columns: &str, rows: &[&str]) -> Self {
        self.changes = table("changes", columns, rows);
        self
    }

    fn tickets(mut self, columns: &str, rows: &[&str]) -> Self {
        self.tickets = table("tickets", columns, rows);
        self
    }

    fn commits(mut self, rows: &[&str]) -> Self {
        self.commits = table("commits", "commit_sha parents", rows);
        self
    }

    fn dependencies(mut self, rows: &[&str]) -> Self {
        self.dependencies = table("dependencies", "service depends_on", rows);
        self
    }

    fn services(mut self, columns: &str, rows: &[&str]) -> Self {
        self.services = table("services", columns, rows);
        self
    }

    /// The same tables in batches of two rows.
    fn in_small_batches(mut self) -> Self {
        for table in [&mut self.deployments, &mut self.incidents, &mut self.changes] {
            *table = table.iter().flat_map(small_batches).collect();
        }
        self
    }

    fn attribution(mut self, change: impl Fn(&mut Attribution)) -> Self {
        change(&mut self.attribution);
        self
    }

    fn blame(mut self, blame: Blame) -> Self {
        self.blame = Some(blame);
        self
    }

    fn rules(&self) -> Rules {
        Rules {
            attribution: self.attribution.clone(),
            delivery: Definitions::default().delivery.rules,
            failure: ChangeFailRate { blame: self.blame.unwrap_or(Blame::Last), ..ChangeFailRate::default() },
            production: Definitions::default().production,
            as_of: (1_000.0 * HOUR) as i64,
        }
    }

    fn link(&self) -> Links {
        let tables = Tables {
            deployments: &self.deployments,
            incidents: &self.incidents,
            changes: &self.changes,
            tickets: &self.tickets,
            commits: &self.commits,
            dependencies: &self.dependencies,
            services: &self.services,
        };
        link(&tables, &self.rules(), None).unwrap()
    }

    /// `incident deployment rule rank gap_s is_primary`
    fn attributions(&self) -> Vec<String> {
        let columns = "incident_id deployment_id rule rank gap_s is_primary";
        told(&self.link().attributions, columns)
    }

    /// `incident deployment rule` of the primary links only.
    fn primaries(&self) -> Vec<String> {
        let all = told(&self.link().attributions, "is_primary incident_id deployment_id rule");
        all.iter().filter_map(|line| line.strip_prefix("true ")).map(str::to_owned).collect()
    }

    fn dangling(&self) -> Vec<String> {
        told(&[self.link().dangling], "table id column value reason")
    }
}

fn small_batches(batch: &RecordBatch) -> Vec<RecordBatch> {
    let starts = (0..batch.num_rows()).step_by(2);
    starts.map(|start| batch.slice(start, 2.min(batch.num_rows() - start))).collect()
}

/// One batch of a canonical table: column names and cells are separated by blanks, `-` is null.
fn table(name: &str, columns: &str, rows: &[&str]) -> Vec<RecordBatch> {
    let table = Table::named(name).unwrap();
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.split_whitespace().collect()).collect();
    let mut arrays: Vec<(&str, ArrayRef, bool)> = Vec::new();
    let places = Int64Array::from_iter_values(0..rows.len() as i64);
    arrays.push(("place", Arc::new(places), false));
    for (place, column) in columns.split_whitespace().enumerate() {
        let cells: Vec<Option<String>> =
            rows.iter().map(|row| Some(row[place].replace('+', " ")).filter(|cell| *cell != "-")).collect();
        let cells = cells.iter().map(Option::as_deref);
        let array: ArrayRef = match table.column(column).unwrap().kind {
            Kind::Instant => {
                Arc::new(cells.map(|cell| cell.map(micros)).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
            }
            Kind::Flag => Arc::new(cells.map(|cell| cell.map(|cell| cell == "true")).collect::<BooleanArray>()),
            Kind::Whole => {
                Arc::new(cells.map(|cell| cell.map(|cell| cell.parse::<i64>().unwrap())).collect::<Int64Array>())
            }
            _ => Arc::new(cells.collect::<StringViewArray>()),
        };
        arrays.push((column, array, true));
    }
    vec![RecordBatch::try_from_iter_with_nullable(arrays).unwrap()]
}

/// Sets the rules of attribution.
fn only(rules: &[AttributionRule]) -> impl Fn(&mut Attribution) + use<> {
    let rules = rules.to_vec();
    move |attribution| attribution.rules.clone_from(&rules)
}

fn micros(hours: &str) -> i64 {
    (hours.parse::<f64>().unwrap() * HOUR).round() as i64
}

/// The rows of a table of links, the named columns only.
fn told(batches: &[RecordBatch], columns: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = columns.split_whitespace().map(|name| {
                let column = batch.column_by_name(name).unwrap_or_else(|| panic!("no {name}"));
                cell(column, row)
            });
            lines.push(cells.collect::<Vec<_>>().join(" "));
        }
    }
    lines
}

fn cell(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return "-".to_owned();
    }
    match column.data_type() {
        DataType::Utf8View => column.as_string_view().value(row).to_owned(),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Timestamp(_, zone) => {
            assert_eq!(zone.as_deref(), Some("UTC"));
            let value = column.as_primitive::<TimestampMicrosecondType>().value(row);
            (value as f64 / HOUR).to_string()
        }
        other => panic!("{other}"),
    }
}
