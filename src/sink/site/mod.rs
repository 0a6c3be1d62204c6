//! A site as files: a page of HTML each, one style sheet, one small script, links that work from a disk.
//!
//! Every view of the site (by month, by week) is a folder of its own with the same pages in it, so the switch between
//! them is an ordinary link. Nothing is loaded from anywhere else, and nothing but the search needs the script.

mod paths;
mod view;

pub use paths::Paths;

use minijinja::Environment;
use minijinja::value::Serde;

use crate::chart;
use crate::report::site::Page;
use crate::sink::{Assets, OutputFile, SinkError, html};

const PAGE: &str = "site.html";
const STYLES: [&str; 2] = ["style.css", "site.css"];
const SCRIPT: &str = "site.js";

/// Renders the pages of a site; it is made once and shared by all threads.
pub struct SiteRenderer<'a> {
    environment: Environment<'a>,
    assets: &'a Assets,
    paths: &'a Paths,
    /// Names of the views with their folders, in order: ("Monthly", "").
    views: Vec<(String, String)>,
}

impl<'a> SiteRenderer<'a> {
    /// # Errors
    /// [`SinkError::Template`] where a template cannot be parsed.
    pub fn new(assets: &'a Assets, paths: &'a Paths, views: Vec<(String, String)>) -> Result<Self, SinkError> {
        Ok(Self { environment: html::environment(assets)?, assets, paths, views })
    }

    /// The files that all pages share.
    ///
    /// # Errors
    /// [`SinkError::NoSuchTemplate`].
    pub fn shared(&self) -> Result<Vec<OutputFile>, SinkError> {
        let mut style = chart::theme::css();
        for name in STYLES {
            style.push_str(self.assets.text(name)?);
        }
        let script = self.assets.text(SCRIPT)?.to_owned();
        let file = |path: &str, text: String| OutputFile { path: path.into(), bytes: text.into_bytes() };
        Ok(vec![file(paths::STYLE, style), file(paths::SCRIPT, script)])
    }

    /// One page in the view of this number.
    ///
    /// # Errors
    /// [`SinkError::Template`] where a template asks for something that the page does not have, [`SinkError::Chart`]
    /// where a chart cannot be drawn.
    pub fn page(&self, page: &Page, view: usize) -> Result<OutputFile, SinkError> {
        let seen = view::page(page, view, self.paths, &self.views)?;
        let text = self
            .environment
            .get_template(PAGE)
            .and_then(|template| template.render(Serde(&seen)))
            .map_err(|error| html::template_error(&error))?;
        let folder = self.views.get(view).map_or("", |(_, folder)| folder.as_str());
        Ok(OutputFile { path: format!("{folder}{}", self.paths.of(&page.id)).into(), bytes: text.into_bytes() })
    }
}
