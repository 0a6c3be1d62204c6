//! Exit codes, and how an error is told.

use std::io;
use std::process::ExitCode;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use thiserror::Error;

use crate::engine::EngineError;
use crate::metric::MetricError;
use crate::package::PackageError;
use crate::remote::Cause;
use crate::report::{BuildError, ReportError};
use crate::settings::SettingsError;
use crate::sink::SinkError;
use crate::source::SourceError;
use crate::store::StoreError;
use crate::workspace::WorkspaceError;

/// How a run ended, as scheduled jobs read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    /// A gate of `--fail-on` was breached; the report is written.
    Gate = 3,
    /// The data do not suffice: `--strict`, or an offended check.
    DataQuality = 4,
    /// Another run is writing to the store.
    Locked = 5,
    TimedOut = 124,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

#[derive(Debug, Error, Diagnostic)]
pub enum Failure {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Workspace(#[from] WorkspaceError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Metric(#[from] MetricError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    #[diagnostic(help("{}", .0.help()))]
    Sink(#[from] SinkError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Package(#[from] PackageError),
    #[error("{message}")]
    #[diagnostic(help("{help}"))]
    Usage { message: String, help: String },
    #[error("{message}")]
    #[diagnostic(help("{help}"))]
    Quality { message: String, help: String },
    #[error("could not write `{path}`")]
    #[diagnostic(help("choose another place with `--out`"))]
    Write {
        path: String,
        #[source]
        cause: io::Error,
    },
    #[error("could not read `{path}`")]
    #[diagnostic(help("check the path and its permissions"))]
    Read {
        path: String,
        #[source]
        cause: io::Error,
    },
    #[error("could not write to standard output")]
    Output(#[source] io::Error),
}

/// Whether the error is one of what was typed: of settings, or of an address.
fn is_typed(error: &SourceError) -> bool {
    match error {
        SourceError::Remote(error) => error.cause == Cause::Address,
        error => matches!(error, SourceError::Spec { .. }),
    }
}

impl Failure {
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), help: help.into() }
    }

    pub fn exit(&self) -> Exit {
        match self {
            Self::Settings(_) | Self::Usage { .. } | Self::Sink(SinkError::NoSuchSink { .. }) => Exit::Usage,
            Self::Source(error) | Self::Workspace(WorkspaceError::Source(error)) if is_typed(error) => Exit::Usage,
            Self::Store(StoreError::Locked { .. } | StoreError::Conflict { .. }) => Exit::Locked,
            Self::Store(StoreError::Place { .. } | StoreError::Source(SourceError::Spec { .. })) => Exit::Usage,
            Self::Metric(MetricError::NoMetric { .. } | MetricError::NoDimension { .. }) => Exit::Usage,
            Self::Workspace(WorkspaceError::NoKey(_)) => Exit::Usage,
            Self::Report(ReportError::NoReport { .. }) => Exit::Usage,
            Self::Build(BuildError::Definition(ReportError::NoRelease { .. })) => Exit::Usage,
            Self::Quality { .. } => Exit::DataQuality,
            _ => Exit::Failed,
        }
    }

    /// Prints the error to stderr and gives its exit code. A reader who has gone away is no error.
    pub fn tell(&self) -> ExitCode {
        if let Self::Output(cause) = self
            && cause.kind() == io::ErrorKind::BrokenPipe
        {
            return Exit::Done.into();
        }
        let theme = match super::out::stderr_has_colour() {
            true => GraphicalTheme::unicode(),
            false => GraphicalTheme::unicode_nocolor(),
        };
        let mut text = String::new();
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(100);
        if handler.render_report(&mut text, self).is_err() {
            text = format!("error: {self}");
        }
        super::out::say(text.trim_end());
        self.exit().into()
    }
}
