//! What a query means: front matter, catalogue, aggregates, benchmark bands, results.
//!
//! A metric is a set of events and one aggregate; both stand in its `.sql` file, nothing of it here.

mod aggregate;
mod bands;
mod catalogue;
mod checks;
mod compute;
mod counts;
mod front_matter;
mod parameters;
mod result;
mod rows;
mod switches;

pub use aggregate::{AGGREGATES, Aggregate};
pub use bands::{Bands, Edition, Level};
pub use catalogue::{
    BEGINNING, Better, Catalogue, ChartKind, Check, LooksBack, Metric, Need, PlanCheck, ReleaseQuery, View,
};
pub use checks::{Counting, Outcome, counting, run_checks, run_plan_checks};
pub use compute::{
    Context, FAILURES, KNOWN_FAILURES, Request, called, cases, compute, compute_beside, events, lacking, missing,
    statements, within,
};
pub use counts::{counts, rules};
pub use parameters::parameters;
pub use result::{MetricResult, Row};
pub use rows::rows;
pub use switches::switches;

use miette::Diagnostic;
use thiserror::Error;

use crate::engine::EngineError;

#[derive(Debug, Error, Diagnostic)]
pub enum MetricError {
    #[error("{file}:{line}: {message}")]
    #[diagnostic(help("{help}"))]
    FrontMatter { file: String, line: usize, message: String, help: String },

    #[error("no metric is called `{name}`")]
    #[diagnostic(help("{help}"))]
    NoMetric { name: String, help: String },

    #[error("metric `{metric}` has no column `{column}` to group by")]
    #[diagnostic(help("its columns are {columns}"))]
    NoDimension { metric: String, column: String, columns: String },

    #[error("{0}")]
    #[diagnostic(help("use a value that the metric knows, or leave the switch at its default"))]
    Switch(String),

    #[error("could not read `{path}`")]
    Read {
        path: String,
        #[source]
        cause: std::io::Error,
    },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] EngineError),
}
