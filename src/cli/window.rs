//! Which time a command is about: `--period`, `--from`, `--until`, or what the data and the moment suggest.

use chrono::NaiveDate;
use clap::Args;

use crate::period::{self, Grain, Period};
use crate::workspace::Workspace;

use super::Failure;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Time")]
pub struct Window {
    /// 2026-10, 2026-Q3, 2026-W43, 2026 or 2026-10-05; fiscal where a fiscal year is set
    #[arg(long, conflicts_with_all = ["from", "until"])]
    pub period: Option<String>,
    /// First day
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub from: Option<NaiveDate>,
    /// First day after the last
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub until: Option<NaiveDate>,
}

impl Window {
    /// Days `from..until`; by default from the first deployment to the end of the period of the last event.
    pub fn days(&self, workspace: &Workspace, grain: Grain) -> Result<(NaiveDate, NaiveDate), Failure> {
        if let Some(text) = &self.period {
            let period = self.read(workspace, text)?;
            return Ok((period.start, period.end));
        }
        let known = workspace.known_days(grain);
        let from = self.from.or(known.map(|(from, _)| from));
        let until = self.until.or(known.map(|(_, until)| until));
        let (Some(from), Some(until)) = (from, until) else {
            return Err(nothing());
        };
        checked(from, until)
    }

    /// The period of a report: by default the last finished one, or the last with data where they end before it.
    pub fn period(&self, workspace: &Workspace, grain: Grain) -> Result<(Period, Option<String>), Failure> {
        let calendar = &workspace.settings.calendar;
        if let Some(text) = &self.period {
            return Ok((self.read(workspace, text)?, None));
        }
        if let (Some(from), Some(until)) = (self.from, self.until) {
            let (start, end) = checked(from, until)?;
            let is_whole = calendar.start_of(start, grain) == start && calendar.next(start, grain) == end;
            if !is_whole {
                let message = format!("`--from {from} --until {until}` is not one {grain}");
                return Err(Failure::usage(message, format!("a report is about one whole {grain}; use `--period`")));
            }
            return Ok((Period { grain, start, end }, None));
        }
        if self.from.is_some() || self.until.is_some() {
            return Err(Failure::usage("`--from` and `--until` go together", "or use `--period 2026-10`"));
        }
        let data_until = workspace.data_until.ok_or_else(nothing)?;
        let current = calendar.start_of(calendar.date(workspace.known_until()), grain);
        let finished = calendar.step(current, grain, -1);
        let last = calendar.start_of(calendar.date(data_until), grain);
        let start = finished.min(last);
        let period = Period { grain, start, end: calendar.next(start, grain) };
        let note = (start < finished).then(|| {
            format!(
                "the data end on {}: the report is about {}",
                calendar.date(data_until),
                calendar.label(start, grain)
            )
        });
        Ok((period, note))
    }

    /// The last period of another grain that ends within `period`; the one in which it ends, where none does.
    pub fn last_within(&self, workspace: &Workspace, period: Period, grain: Grain) -> Result<Period, Failure> {
        let is_chosen = self.period.is_some() || self.from.is_some();
        if !is_chosen {
            return Ok(self.period(workspace, grain)?.0);
        }
        let calendar = &workspace.settings.calendar;
        let last_day = period.end.pred_opt().unwrap_or(period.start);
        let start = calendar.start_of(last_day, grain);
        let end = calendar.next(start, grain);
        if end <= period.end {
            return Ok(Period { grain, start, end });
        }
        let before = calendar.step(start, grain, -1);
        Ok(if before >= period.start {
            Period { grain, start: before, end: start }
        } else {
            Period { grain, start, end }
        })
    }

    fn read(&self, workspace: &Workspace, text: &str) -> Result<Period, Failure> {
        let calendar = &workspace.settings.calendar;
        let period = calendar.period(text).map_err(|message| {
            Failure::usage(message, "quarters and years follow `fiscal_year_start` of the settings")
        })?;
        if calendar.instant(period.start) > workspace.as_of {
            let now = calendar.local_text(workspace.as_of);
            return Err(Failure::usage(
                format!("`{text}` lies in the future: now is {now}"),
                "ask for a period that has begun; `--as-of` sets another now",
            ));
        }
        Ok(period)
    }
}

fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| match period::is_written_as_a_day(text) {
        true => format!("the calendar has no {text}"),
        false => "write a day such as 2026-10-31".to_owned(),
    })
}

fn checked(from: NaiveDate, until: NaiveDate) -> Result<(NaiveDate, NaiveDate), Failure> {
    if from < until {
        return Ok((from, until));
    }
    Err(Failure::usage(
        format!("`--until {until}` is not after `--from {from}`"),
        "the time is half-open: until is left out",
    ))
}

fn nothing() -> Failure {
    Failure::usage(
        "the data hold no event up to the moment asked for",
        "`shipwake check` tells what became of each row; or give `--from` and `--until`",
    )
}
