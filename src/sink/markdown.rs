//! The report as GitHub-flavoured Markdown with its pictures beside it.
//!
//! It is the second rendering of the same blocks, for a repository, a wiki or a review; it has
//! no template, since Markdown leaves nothing to design. Escaping is in `escape`.

mod blocks;
mod escape;

use std::path::PathBuf;

use crate::report::blocks::{Fact, Report};
use crate::sink::anchors::Anchors;
use crate::sink::view::{self, FigureIds};
use crate::sink::{Assets, Needs, OutputFile, Sink, SinkError, drawing};

use escape::inline;

pub(in crate::sink) use escape::table_cell;

/// The entry of this file in the registry.
pub const SINK: Sink = Sink {
    name: "markdown",
    about: "GitHub-flavoured Markdown with its charts as SVG files",
    render,
    needs: Needs::Words,
};

/// `figures/<id>.svg` for each figure, and last `report.md`, so that it never points at a
/// picture that is not there yet.
pub fn render(report: &Report, _assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    let ids = FigureIds::new(report, &mut Anchors::default());
    let mut files = pictures(report, &ids)?;
    files.push(OutputFile { path: PathBuf::from("report.md"), bytes: text(report, &ids).into_bytes() });
    Ok(files)
}

fn pictures(report: &Report, ids: &FigureIds) -> Result<Vec<OutputFile>, SinkError> {
    view::figures(report)
        .into_iter()
        .zip(ids.in_order())
        .map(|(figure, id)| {
            Ok(OutputFile { path: PathBuf::from(picture_path(id)), bytes: drawing::for_file(figure, id)?.into_bytes() })
        })
        .collect()
}

fn picture_path(id: &str) -> String {
    format!("figures/{id}.svg")
}

fn text(report: &Report, ids: &FigureIds) -> String {
    let mut parts = head(report);
    let mut writer = blocks::Writer::new(ids);
    if report.sections.is_empty() {
        parts.push("This report has no sections.".to_owned());
    }
    for section in &report.sections {
        parts.push(format!("## {}", inline(&section.title)));
        writer.write(&section.blocks, &mut parts);
    }
    parts.push("---".to_owned());
    parts.push(format!("Made by shipwake {}. The figures are files in `figures`.", env!("CARGO_PKG_VERSION")));
    parts.retain(|part| !part.is_empty());
    let mut text = parts.join("\n\n");
    text.push('\n');
    text
}

fn head(report: &Report) -> Vec<String> {
    let mut parts = vec![format!("# {}", inline(&report.title))];
    let for_whom: Vec<String> = [&report.organisation, &report.audience]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(|text| inline(text))
        .collect();
    parts.push(for_whom.join(" · "));
    if !report.headline.is_empty() {
        parts.push(format!("**{}**", inline(report.headline.trim())));
    }
    parts.extend(report.lead.iter().map(|sentence| inline(sentence)));
    parts.push(facts(&report.facts));
    parts
}

/// A description list, which Markdown lacks, as a plain list.
fn facts(facts: &[Fact]) -> String {
    let lines: Vec<String> =
        facts.iter().map(|fact| format!("- {}: {}", inline(&fact.term), inline(&fact.text))).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    fn rendered() -> (Vec<OutputFile>, String) {
        let files = render(&fixture::rich(), &Assets::default()).expect("renders");
        let page = files.last().expect("there is a page");
        let text = String::from_utf8(page.bytes.clone()).expect("UTF-8");
        (files, text)
    }

    #[test]
    fn every_picture_that_the_text_shows_is_a_file_that_was_written_before_it() {
        let (files, text) = rendered();
        let shown: Vec<&str> =
            text.split("](figures/").skip(1).filter_map(|rest| rest.split_once(".svg)").map(|(id, _)| id)).collect();
        assert!(shown.len() >= 4);
        for (id, file) in shown.iter().zip(&files) {
            assert_eq!(file.path, PathBuf::from(picture_path(id)));
        }
        assert_eq!(shown.len(), files.len() - 1);
    }

    #[test]
    fn every_link_inside_the_text_has_its_target() {
        let (_, text) = rendered();
        let links: Vec<&str> =
            text.split("](#").skip(1).filter_map(|rest| rest.split_once(')').map(|(id, _)| id)).collect();
        assert!(!links.is_empty());
        for id in links {
            assert!(text.contains(&format!("<a id=\"{id}\"></a>")), "{id}");
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        let (_, text) = rendered();
        let outside_code: String = text.split("````").step_by(2).collect();
        assert!(!outside_code.contains("<script"));
        assert!(outside_code.contains("&lt;script&gt;"));
    }

    #[test]
    fn the_rows_of_a_table_all_have_as_many_cells_as_its_head() {
        let (_, text) = rendered();
        let mut width = None;
        for line in text.lines() {
            let cells = line.replace("\\|", "").matches('|').count();
            if cells == 0 || !line.starts_with('|') {
                width = None;
                continue;
            }
            assert_eq!(cells, *width.get_or_insert(cells), "{line}");
        }
    }

    #[test]
    fn an_empty_report_says_that_it_is_empty() {
        let files = render(&fixture::empty(), &Assets::default()).expect("renders");
        let text = String::from_utf8(files[0].bytes.clone()).expect("UTF-8");
        assert!(text.contains("This report has no sections."));
        assert!(!text.contains("\n\n\n"));
    }
}
