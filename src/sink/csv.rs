//! Every table of a report as a CSV file: numbers in full precision, text that no spreadsheet runs.

use std::path::PathBuf;

use crate::report::blocks::Report;
use crate::sink::{Assets, Needs, OutputFile, Sink, SinkError, records, table};

/// The entry of this file in the registry.
pub const SINK: Sink = Sink {
    name: "csv",
    about: "Every result, list and event as a table, one file each in csv/",
    render,
    needs: Needs::Events,
};

/// `csv/contents.csv` and a file a table beside it.
///
/// # Errors
/// [`SinkError::Arrow`] where a result has two columns of the same name.
pub fn render(report: &Report, _assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    let tables = records::tables(&report.numbers)?;
    tables
        .into_iter()
        .map(|record| {
            let text = table::csv(&table::of_answer(&record.answer))?;
            Ok(OutputFile { path: PathBuf::from(format!("csv/{}.csv", record.name)), bytes: text.into_bytes() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    fn text(name: &str) -> String {
        let files = render(&fixture::rich(), &Assets::default()).expect("renders");
        let file = files.into_iter().find(|file| file.path.ends_with(name)).expect("the file is there");
        String::from_utf8(file.bytes).expect("UTF-8")
    }

    #[test]
    fn numbers_are_exact_dates_are_dates_and_unknown_is_empty() {
        let text = text("change_fail_rate.csv");
        assert!(text.starts_with("period_start,n,value,low,high,is_partial,numerator,denominator\n"), "{text}");
        assert!(text.contains(",310,0.14193548387096774,"), "{text}");
        assert!(text.contains("2026-02-01,310,,,,false,"), "a month without a value: {text}");
    }

    #[test]
    fn names_that_a_spreadsheet_would_run_are_neutral() {
        let text = text("change_fail_rate_by_team.csv");
        assert!(text.contains("'=cmd()"));
        assert!(!text.contains("\n=cmd()"));
    }
}
