//! The command line: one file a subcommand, each a translation of what was typed into calls of the modules below.
//!
//! Only here are the clock, the environment and the terminal read. Stdout carries data, stderr everything said to a person.

mod alike;
mod audience;
mod check;
mod compare;
mod completions;
mod explain;
mod failure;
mod gate;
mod grid;
mod history;
mod ingest;
mod init;

mod lens;
mod load;
mod metric;
mod optimize;
mod out;
mod package;
mod plan;
mod progress;
mod proposal;
mod report;
mod shared;
mod site;
mod sources;

mod sql;
mod tables;
mod window;

pub use failure::{Exit, Failure};

use std::{panic, thread};

use clap::{Parser, Subcommand};

/// DORA and release-governance metrics, charts and reports from deployment logs, incidents, tickets and changes.
#[derive(Debug, Parser)]
#[command(name = "shipwake", version, max_term_width = 100, propagate_version = true)]
#[command(
    after_help = "Without --data and without shipwake.toml, report, metric, explain and sql use the sample company."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a report: monthly, weekly, governance, release, trend, or one of your own
    Report(report::Arguments),
    /// Compute metrics as tables, CSV or JSON
    Metric(metric::Arguments),
    /// Tell how a metric is defined and computed, and list the rows behind it
    Explain(explain::Arguments),
    /// Ask the release history in SQL, read-only
    Sql(sql::Arguments),
    /// Check the data: rejected rows, unknown words, dangling references; or a proposed calendar
    Check(check::Arguments),
    /// Take what is new in the sources into a store
    Ingest(ingest::Arguments),
    /// List the runs that a store is made of, and what each changed
    History(history::Arguments),
    /// Bring the small files of a store together, and remove old ones on demand
    Optimize(optimize::Arguments),
    /// List the canonical tables, or the columns of one
    Tables(tables::Arguments),

    /// List the formats that can be read
    Sources(sources::Arguments),
    /// Look at files and write a commented shipwake.toml
    Init(init::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}

/// Runs what was typed.
///
/// # Errors
/// Any failure, with the exit code that it means.
/// A worker thread that panics fails the work it was given, which is then told as the error it is, or was given up for
/// an error that is told already. Its own text, with places in sources that no user has, would only hide that.
pub fn leave_panics_of_workers_to_errors() {
    /// As tokio names the threads of a runtime.
    const WORKER: &str = "tokio-rt-worker";
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name() != Some(WORKER) {
            usual(info);
        }
    }));
}

pub fn run(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        Command::Report(arguments) => report::run(&arguments),
        Command::Metric(arguments) => metric::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Sql(arguments) => sql::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Ingest(arguments) => ingest::run(&arguments),
        Command::History(arguments) => history::run(&arguments),
        Command::Optimize(arguments) => optimize::run(&arguments),
        Command::Tables(arguments) => tables::run(&arguments),

        Command::Sources(arguments) => sources::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    }
}
