//! How a report leaves: one rendering a file, and plain tables.
//!
//! A report arrives here as a value made of blocks and leaves as named bytes. A sink is a pure
//! function of the report and its templates: the same report gives the same bytes, whoever asks
//! and whenever. Sinks never compute a number, choose a word or read data; what they add is
//! form. Only `files` touches the file system, and only to replace whole files.
//!
//! A new form is one file here and one line in [`SINKS`]. Whatever it is, it escapes: every
//! string of a report is plain text that may have come from anybody's ticket title.

pub mod csv;
pub mod eml;
pub mod files;
pub mod folder;
pub mod html;
pub mod json;
pub mod markdown;
pub mod parquet;
pub mod pdf;
pub mod png;
pub mod prometheus;
pub mod rows;
pub mod site;
pub mod slack;
pub mod table;
pub mod xlsx;

mod anchors;
mod assets;
mod beside;
mod drawing;
mod error;
mod records;
mod view;

use std::path::PathBuf;

use crate::report::blocks::Report;

pub use assets::Assets;
pub use error::SinkError;

/// One file of a rendered report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Relative to the folder that the user chose.
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// One form in which a report can leave.
#[derive(Debug, Clone, Copy)]
pub struct Sink {
    /// The word for `--format`.
    pub name: &'static str,
    /// One line for the help text.
    pub about: &'static str,
    pub render: fn(&Report, &Assets) -> Result<Vec<OutputFile>, SinkError>,
    pub needs: Needs,
}

/// What of a report a sink hands on; each holds what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// The blocks.
    Words,
    /// Results and lists of cases with their types.
    Numbers,
    /// The events of the period too, which are read for it alone.
    Events,
}

/// All sinks, sorted by name.
pub const SINKS: &[Sink] = &[
    csv::SINK,
    eml::SINK,
    html::SINK,
    json::SINK,
    markdown::SINK,
    parquet::SINK,
    pdf::SINK,
    png::SINK,
    prometheus::SINK,
    slack::SINK,
    pdf::SLIDES,
    xlsx::SINK,
];

/// The sink of this name.
///
/// # Errors
///
/// [`SinkError::NoSuchSink`] lists the names that exist.
pub fn find(name: &str) -> Result<&'static Sink, SinkError> {
    SINKS
        .iter()
        .find(|sink| sink.name == name)
        .ok_or_else(|| SinkError::NoSuchSink { name: name.to_owned(), known: names() })
}

fn names() -> String {
    let names: Vec<String> = SINKS.iter().map(|sink| format!("`{}`", sink.name)).collect();
    names.join(", ")
}

#[cfg(test)]
pub(crate) mod fixture;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn sinks_are_sorted_by_name_and_say_what_they_are() {
        assert!(SINKS.windows(2).all(|pair| pair[0].name < pair[1].name));
        for sink in SINKS {
            assert!(!sink.about.is_empty() && !sink.about.ends_with('.'));
        }
    }

    #[test]
    fn every_sink_renders_the_same_report_to_the_same_bytes_and_all_files_fit_into_one_folder() {
        let (report, assets) = (fixture::rich(), Assets::default());
        let mut seen = BTreeSet::new();
        for sink in SINKS {
            let once = (sink.render)(&report, &assets).expect("renders");
            let again = (sink.render)(&report, &assets).expect("renders");
            assert!(once == again, "{}", sink.name);
            for file in once {
                assert!(file.path.is_relative());
                assert!(!file.path.to_string_lossy().contains(".."));
                assert!(seen.insert(file.path.clone()), "{}", file.path.display());
            }
        }
    }

    #[test]
    fn every_sink_renders_an_empty_report() {
        for sink in SINKS {
            let files = (sink.render)(&fixture::empty(), &Assets::default()).expect("renders");
            assert!(files.iter().all(|file| !file.bytes.is_empty()));
        }
    }

    #[test]
    fn a_sink_that_does_not_exist_is_answered_with_those_that_do() {
        let error = find("pfd").expect_err("no such sink");
        assert_eq!(error.to_string(), "no report format is called `pfd`");
        assert!(error.help().contains("`html`, `json`, `markdown`, `parquet`, `pdf`"));
    }
}
