//! What can go wrong while tables are linked, and the next thing to do about it.
//!
//! A row that cannot be linked is no error: it stays unlinked, or stands among the dangling references.

use arrow::error::ArrowError;
use polars::prelude::PolarsError;
use thiserror::Error;

/// Tables that could not be linked. `Display` says what failed, [`LinkError::help`] what to do.
#[derive(Debug, Error)]
pub enum LinkError {
    #[error("`{pattern}` is not a pattern for environments")]
    Pattern {
        pattern: String,
        #[source]
        cause: globset::Error,
    },

    #[error("column `{column}` of `{table}` should be {expected}, but is {found}")]
    Column { table: &'static str, column: String, expected: &'static str, found: String },

    #[error("the tables could not be joined")]
    Join(#[from] PolarsError),

    #[error("the tables could not be handed over")]
    Bridge(#[from] ArrowError),
}

impl LinkError {
    /// The next thing to do, as one line for `help:`.
    pub fn help(&self) -> String {
        match self {
            Self::Pattern { .. } => "correct `definitions.production`; patterns are globs such as `prod*`".to_owned(),
            Self::Column { .. } | Self::Join(_) | Self::Bridge(_) => {
                "this is a defect of shipwake: report it with the command that you ran".to_owned()
            }
        }
    }
}
