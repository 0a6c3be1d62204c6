//! What can go wrong while a report leaves, and the next thing to do about it.
//!
//! It only words problems; `cli` decides how they are shown.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::chart::ChartError;

/// A report that could not leave. `Display` says what failed, [`SinkError::help`] what to do.
#[derive(Debug, Error)]
pub enum SinkError {
    #[error("no report format is called `{name}`")]
    NoSuchSink { name: String, known: String },

    #[error("no template is called `{name}`")]
    NoSuchTemplate { name: String, known: String },

    /// `line` counts from 1; it is 0 where the template engine knows none.
    #[error("could not render template `{template}`, line {line}: {cause}")]
    Template { template: String, line: usize, cause: String },

    #[error("could not draw the chart of `{figure}`")]
    Chart {
        figure: String,
        #[source]
        cause: ChartError,
    },

    #[error("could not write the findings as JSON")]
    Json(#[from] serde_json::Error),

    #[error("could not write the table as CSV")]
    Csv(#[from] csv::Error),

    #[error("could not lay out the rows of a table")]
    Arrow(#[from] arrow::error::ArrowError),

    #[error("could not write the workbook")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),

    #[error("could not paint the picture of `{figure}`: {cause}")]
    Picture { figure: String, cause: String },

    #[error("could not write a table as Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),

    #[error("row {row} of a table has {found} cells, expected {expected}")]
    RaggedGrid { row: usize, found: usize, expected: usize },

    #[error("output path `{}` leaves the output folder", path.display())]
    PathOutside { path: PathBuf },

    #[error("`{}` holds `{entry}`, which is no part of a site: nothing was replaced", path.display())]
    ForeignFolder { path: PathBuf, entry: String },

    #[error("could not {action} `{}`", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
}

impl SinkError {
    /// The next thing to do, as one line for `help:`.
    pub fn help(&self) -> String {
        match self {
            Self::NoSuchSink { known, .. } => format!("formats are {known}"),
            Self::NoSuchTemplate { known, .. } => format!("templates are {known}"),
            Self::Template { template, .. } => {
                format!("correct your `{template}`, or take it away to use the one that is built in")
            }
            Self::Chart { .. }
            | Self::Json(_)
            | Self::Csv(_)
            | Self::Arrow(_)
            | Self::Parquet(_)
            | Self::Xlsx(_)
            | Self::Picture { .. }
            | Self::RaggedGrid { .. } => {
                "this is a defect of shipwake: report it with the command that you ran".to_owned()
            }
            Self::PathOutside { .. } => "output paths are relative and go down only, as in `figures/a.svg`".to_owned(),
            Self::ForeignFolder { .. } => {
                "a site replaces its folder whole: choose one of its own with `--out`, new or empty".to_owned()
            }
            Self::File { cause, .. } => help_on_file(cause).to_owned(),
        }
    }
}

fn help_on_file(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => "choose another folder with `--out`, or ask for the right to write there",
        io::ErrorKind::ResourceBusy => "a disk is mounted there: choose a folder inside it with `--out`",
        io::ErrorKind::StorageFull => {
            "free some space, or choose a folder on another disk with `--out`; \
             files that were there before are untouched"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file stands where a folder is needed: move it, or choose another folder with `--out`"
        }
        io::ErrorKind::IsADirectory | io::ErrorKind::DirectoryNotEmpty => {
            "a folder stands where a file is to be written: move it, \
             or choose another folder with `--out`"
        }
        _ => "choose another folder with `--out`; files that were there before are untouched",
    }
}
