//! The report as one HTML file that needs nothing else: no network, no font, and to be read no script.
//!
//! What the page looks like is in `reports/templates`; this file fills the templates in and
//! turns their errors into ours. All text is escaped on its way in, except the pictures and
//! the styles, which the program made itself.

use std::error::Error;
use std::path::PathBuf;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};

use crate::chart;
use crate::report::blocks::Report;
use crate::sink::{Assets, Needs, OutputFile, Sink, SinkError, view};

/// The entry of this file in the registry.
pub const SINK: Sink = Sink {
    name: "html",
    about: "One self-contained page, to read, to print and to send on",
    render,
    needs: Needs::Words,
};

const PAGE: &str = "page.html";
const STYLE: &str = "style.css";
const SCRIPT: &str = "page.js";

/// `report.html`.
///
/// # Errors
///
/// [`SinkError::Template`] where a template cannot be parsed or asks for something that the
/// report does not have, [`SinkError::Chart`] where a chart cannot be drawn.
pub fn render(report: &Report, assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    // The page's own rules come last, so that they and a user's may overrule those of charts.
    let style = format!("{}{}", chart::theme::css(), assets.text(STYLE)?.trim_end());
    let script = assets.text(SCRIPT)?;
    let page = view::page(report, &style, script)?;
    let environment = environment(assets)?;
    let html = environment
        .get_template(PAGE)
        .and_then(|template| template.render(Serde(&page)))
        .map_err(|error| template_error(&error))?;
    Ok(vec![OutputFile { path: PathBuf::from("report.html"), bytes: html.into_bytes() }])
}

/// The templates, parsed and ready.
///
/// # Errors
///
/// [`SinkError::Template`] where one cannot be parsed.
pub(super) fn environment(assets: &Assets) -> Result<Environment<'_>, SinkError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(syntax()?);
    for name in assets.names().filter(|name| name.ends_with(".html")) {
        environment.add_template(name, assets.text(name)?).map_err(|error| template_error(&error))?;
    }
    Ok(environment)
}

/// Lines that hold only a tag leave no blank line behind.
fn syntax() -> Result<SyntaxConfig, SinkError> {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .map_err(|error| template_error(&error))
}

/// The innermost error is the one that the template's author can act on.
pub(in crate::sink) fn template_error(outermost: &minijinja::Error) -> SinkError {
    let mut innermost = outermost;
    while let Some(next) = innermost.source().and_then(|source| source.downcast_ref::<minijinja::Error>()) {
        innermost = next;
    }
    SinkError::Template {
        template: innermost.name().unwrap_or(PAGE).to_owned(),
        line: innermost.line().unwrap_or(0),
        cause: cause(innermost),
    }
}

fn cause(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::report::blocks::{Block, Section};
    use crate::sink::fixture;

    fn page_of(report: &Report) -> String {
        let files = render(report, &Assets::default()).expect("renders");
        String::from_utf8(files[0].bytes.clone()).expect("UTF-8")
    }

    fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
        page.split(&format!(" {name}=\""))
            .skip(1)
            .filter_map(|rest| rest.split_once('"').map(|(value, _)| value))
            .collect()
    }

    fn figures(page: &str) -> Vec<&str> {
        page.split("<figure")
            .skip(1)
            .filter_map(|rest| rest.split_once("</figure>").map(|(figure, _)| figure))
            .collect()
    }

    #[test]
    fn the_page_loads_nothing_from_anywhere_and_runs_its_own_script_alone() {
        let page = page_of(&fixture::rich());
        let digest = view::digest(Assets::default().text(SCRIPT).expect("built in"));
        let policy =
            format!("content=\"default-src 'none'; script-src '{digest}'; style-src 'unsafe-inline'; img-src data:\"");
        assert!(page.contains(&policy), "the policy names the one script");
        for source in ["src=", "url(", "@import", "<link", "<script ", "<iframe"] {
            assert!(!page.contains(source), "{source}");
        }
        assert!(attributes(&page, "href").iter().all(|href| href.starts_with('#')));
    }

    #[test]
    fn the_digest_is_that_of_the_bytes_between_the_tags() {
        let page = page_of(&fixture::rich());
        let (_, rest) = page.split_once("<script>").expect("a script");
        let (script, _) = rest.split_once("</script>").expect("its end");
        assert!(page.contains(&view::digest(script)));
        assert!(script.len() < 4_096, "{} bytes", script.len());
    }

    #[test]
    fn the_first_sections_are_set_apart_as_questions() {
        let report = Report { questions: 2, ..fixture::rich() };
        let page = page_of(&report);
        let (_, rest) = page.split_once("<ol class=\"questions\">").expect("the questions");
        let (questions, _) = rest.split_once("</ol>").expect("their end");
        assert_eq!(questions.matches("<li>").count(), 2);
        assert_eq!(page.matches("href=\"#stability\"").count(), 1);
    }

    #[test]
    fn every_colour_that_the_styles_use_is_defined() {
        let page = page_of(&fixture::rich());
        let used = page.split("var(--").skip(1).filter_map(|rest| rest.split_once(')').map(|(name, _)| name));
        for name in used {
            assert!(page.contains(&format!("--{name}:")), "{name}");
        }
    }

    #[test]
    fn text_of_the_report_stays_text() {
        let page = page_of(&fixture::rich());
        assert!(page.contains("&lt;script&gt;alert(1)"));
        assert_eq!(page.matches("<script").count(), 1, "the page's own");
        assert!(!page.contains("<b>Bold"));
        assert!(!page.contains("\" onmouseover"));
        assert!(page.contains("{{ 7 * 7 }}{% raw %}"), "text is not a template");
    }

    #[test]
    fn ids_are_unique_and_every_reference_has_its_target() {
        let page = page_of(&fixture::rich());
        let all = attributes(&page, "id");
        let ids: BTreeSet<&str> = all.iter().copied().collect();
        let mut repeated = all.clone();
        repeated.sort_unstable();
        repeated.dedup();
        assert_eq!(repeated.len(), all.len(), "an id is there twice");
        let references = attributes(&page, "href")
            .into_iter()
            .map(|href| href.trim_start_matches('#'))
            .chain(attributes(&page, "aria-labelledby").into_iter().flat_map(str::split_whitespace));
        for id in references {
            assert!(ids.contains(id), "{id}");
        }
    }

    #[test]
    fn every_figure_has_a_title_a_description_and_its_numbers() {
        let page = page_of(&fixture::rich());
        let figures = figures(&page);
        assert_eq!(figures.len(), 5);
        for figure in figures {
            for part in ["<h3", "<svg", "<title", "<desc", "<table", "<details", "scope=\"row\""] {
                assert!(figure.contains(part), "{part}");
            }
        }
    }

    #[test]
    fn a_card_without_a_figure_has_no_link_and_says_why_it_has_no_value() {
        let page = page_of(&fixture::rich());
        assert!(!page.contains("#approval-latency"));
        assert!(page.contains("Not measured: needs `approvals`"));
        assert!(page.contains("href=\"#change-fail-rate\""));
    }

    #[test]
    fn a_section_and_a_figure_of_the_same_name_do_not_share_an_id() {
        let mut report = fixture::rich();
        report.sections.insert(
            0,
            Section { id: "change-fail-rate".to_owned(), title: "Change fail rate".to_owned(), blocks: Vec::new() },
        );
        let page = page_of(&report);
        assert!(page.contains("<figure id=\"change-fail-rate\""));
        assert!(page.contains("<section id=\"change-fail-rate-2\""));
    }

    #[test]
    fn an_empty_report_is_a_page_that_says_so() {
        let page = page_of(&fixture::empty());
        assert!(page.contains("This report has no sections."));
        assert!(!page.contains("<nav"));
    }

    #[test]
    fn details_hold_blocks_of_every_kind() {
        let mut report = fixture::empty();
        let inner = fixture::rich().sections;
        report.sections.push(Section {
            id: "all".to_owned(),
            title: "All".to_owned(),
            blocks: vec![Block::Details {
                summary: "All blocks".to_owned(),
                blocks: inner.into_iter().flat_map(|section| section.blocks).collect(),
            }],
        });
        assert_eq!(figures(&page_of(&report)).len(), 5);
    }

    #[test]
    fn an_error_in_a_users_template_names_template_line_and_cause() {
        let mut assets = Assets::default();
        assets.replace("page.html", "<p>\n{{ report.titel }}\n".to_owned()).expect("page.html is built in");
        let error = render(&fixture::rich(), &assets).expect_err("misspelt");
        assert_eq!(
            error.to_string(),
            "could not render template `page.html`, line 2: \
             undefined value: `report.titel` is undefined"
        );
    }

    #[test]
    fn an_error_inside_a_macro_names_the_file_of_the_macro() {
        let mut assets = Assets::default();
        let blocks = assets.text("blocks.html").expect("built in").to_owned();
        let broken = blocks.replace("{{ item.summary }}", "{{ item.summary.nothing.there }}");
        assets.replace("blocks.html", broken).expect("built in");
        let error = render(&fixture::rich(), &assets).expect_err("no such field");
        assert!(matches!(
            &error,
            SinkError::Template { template, line, .. } if template == "blocks.html" && *line > 1
        ));
    }

    #[test]
    fn a_template_that_cannot_be_parsed_is_an_error_with_its_line() {
        let mut assets = Assets::default();
        assets.replace("page.html", "\n\n{% if %}".to_owned()).expect("page.html is built in");
        let error = render(&fixture::rich(), &assets).expect_err("not a template");
        assert!(error.to_string().contains("`page.html`, line 3: "));
    }
}
