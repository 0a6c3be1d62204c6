//! The findings as JSON, for programs: every number in full precision, unknown as null.
//!
//! It is the report's own structure with nothing added; its `schema` field says which version, and
//! `reports/schema/report.schema.json` what stands in it.

use std::path::PathBuf;

use crate::report::blocks::Report;
use crate::sink::{Assets, Needs, OutputFile, Sink, SinkError};

/// The entry of this file in the registry.
pub const SINK: Sink = Sink { name: "json", about: "The findings as JSON, for programs", render, needs: Needs::Words };

/// `report.json`: indented, keys in the order of the structure, one newline at the end.
pub fn render(report: &Report, _assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    let mut bytes = serde_json::to_vec_pretty(report)?;
    bytes.push(b'\n');
    Ok(vec![OutputFile { path: PathBuf::from("report.json"), bytes }])
}

#[cfg(test)]
mod tests_of_schema;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    #[test]
    fn json_keeps_order_and_full_precision_and_ends_with_one_newline() {
        let files = render(&fixture::rich(), &Assets::default()).expect("renders");
        let text = String::from_utf8(files[0].bytes.clone()).expect("UTF-8");
        assert!(text.starts_with("{\n  \"schema\": 1,\n  \"name\": \"monthly\",\n"));
        assert!(text.contains("0.14193548387096774"));
        assert!(text.ends_with("}\n") && !text.ends_with("\n\n"));
    }

    #[test]
    fn what_is_not_known_is_null_and_not_zero() {
        let files = render(&fixture::rich(), &Assets::default()).expect("renders");
        let value: serde_json::Value = serde_json::from_slice(&files[0].bytes).expect("JSON");
        let points = value
            .pointer("/sections/1/blocks/1/chart/series/points")
            .and_then(|points| points.as_array())
            .expect("the first figure has points");
        assert!(points.iter().any(|point| point["value"].is_null()));
    }
}
