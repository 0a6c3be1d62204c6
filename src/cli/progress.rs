//! How far a run has come: a bar on stderr where a person watches and the work is long, a line a stage on request.

use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::out::say;

/// Before the first stage; not worth a line.
const START: &str = "";

/// One bar for the stages of a run.
pub struct Bar {
    bar: ProgressBar,
    is_verbose: bool,
    stage: Cell<(&'static str, Instant)>,
}

impl Bar {
    /// Nothing is drawn in the first second, nor when stderr is no terminal.
    pub fn start(is_quiet: bool, is_verbose: bool) -> Self {
        let bar = ProgressBar::new(0);
        if is_quiet || !io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template("{msg:10} {bar:30} {bytes}/{total_bytes} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_secs(1));
        Self { bar, is_verbose, stage: Cell::new((START, Instant::now())) }
    }

    /// How far a stage has come, of how much; a stage without a length shows the time only.
    pub fn set(&self, stage: &'static str, done: u64, total: u64) {
        if self.stage.get().0 != stage {
            self.tell();
            self.stage.set((stage, Instant::now()));
            self.bar.set_message(stage);
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    fn tell(&self) {
        let (stage, since) = self.stage.get();
        if self.is_verbose && stage != START {
            say(&format!("{stage}: {:.3} s", since.elapsed().as_secs_f64()));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.tell();
        self.bar.finish_and_clear();
    }
}
