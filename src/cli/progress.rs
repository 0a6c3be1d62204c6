//! A progress bar on stderr, only where a person watches and the work is long.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// One bar for the stages of a run.
pub struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// Nothing is drawn in the first second, nor when stderr is no terminal.
    pub fn start(is_quiet: bool) -> Self {
        let bar = ProgressBar::new(0);
        if is_quiet || !io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template("{msg:10} {bar:30} {bytes}/{total_bytes} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_secs(1));
        Self { bar }
    }

    /// How far a stage has come; a stage without a length shows the time only.
    pub fn set(&self, stage: &'static str, done: u64, total: u64) {
        self.bar.set_message(stage);
        self.bar.set_length(total);
        self.bar.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
