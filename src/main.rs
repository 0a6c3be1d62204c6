//! Parses what was typed, runs it, prints the error, gives the exit code.

use std::process::ExitCode;

use clap::Parser;
use shipwake::cli::{self, Cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::leave_panics_of_workers_to_errors();
    match cli::run(Cli::parse()) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.tell(),
    }
}
