//! `shipwake report` of a site: a view at a time, its pages made and written by all threads, the folder replaced whole.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};

use crate::period::{Grain, Period};
use crate::report::site::{Names, PageId, Site};
use crate::report::{Definition, Subject};
use crate::sink::Assets;
use crate::sink::folder::NewFolder;
use crate::sink::site::{Paths, SiteRenderer};
use crate::workspace::Workspace;

use super::Failure;
use super::out::say;
use super::progress::Bar;
use super::report::manifest_file;

/// A site to be written: what it is of, and with what means.
pub struct Writing<'a> {
    pub workspace: &'a Workspace,
    pub definition: &'a Definition,
    pub assets: &'a Assets,
    pub out: &'a Path,
    pub threads: usize,
    pub bar: &'a Bar,
}

/// What was written.
pub struct Written {
    pub files: usize,
    pub bytes: u64,
    /// The headline of the first overview.
    pub headline: String,
}

impl Written {
    pub fn say(&self, out: &Path) {
        say(&self.headline);
        let megabytes = self.bytes as f64 / 1e6;
        say(&format!("wrote {} files, {megabytes:.1} MB, to {}", self.files, out.display()));
    }
}

/// Names directly below the folder of a site.
const OWN_ENTRIES: &[&str] =
    &["index.html", "services.html", "team", "service", "metric", "style.css", "site.js", "manifest.json"];

impl Writing<'_> {
    /// Makes all views and puts them in the place of what was there.
    ///
    /// `subject` is that of the first view; the others look at the last of their own periods within the same time.
    /// How many pages there are goes into the manifest.
    ///
    /// # Errors
    /// Where a query or a template fails, or the folder cannot be replaced.
    pub fn run(&self, subject: &Subject, periods: &[Period], mut manifest: Value) -> Result<Written, Failure> {
        let definitions = self.definition.in_all_views();
        let calendar = &self.workspace.settings.calendar;
        let starts = definitions.iter().zip(periods).map(|(definition, period)| {
            let back = i32::try_from(definition.history.saturating_sub(1)).unwrap_or(0);
            calendar.step(period.start, period.grain, -back)
        });
        let from = starts.min().unwrap_or(subject.period.start);
        let folder =
            NewFolder::begin(self.out, &|name| OWN_ENTRIES.contains(&name) || folders().any(|own| own == name))?;
        let names = Names::since(from, &self.workspace.engine, calendar)?;
        let views: Vec<(String, String)> = definitions
            .iter()
            .enumerate()
            .map(|(index, view)| {
                let below = if index == 0 { String::new() } else { format!("{}/", folder_of(view.grain)) };
                (title(view.grain), below)
            })
            .collect();
        let mut headline = String::new();
        let mut pages = 0;
        let mut paths: Option<Paths> = None;
        for (index, (definition, period)) in definitions.into_iter().zip(periods).enumerate() {
            self.bar.set("computing", 0, 0);
            let subject = Subject { period: *period, ..subject.clone() };
            let site = Site::gather(definition, subject, &names).map_err(Failure::from)?;
            let ids = site.pages();
            let paths = paths.get_or_insert_with(|| Paths::new(ids.iter().cloned()));
            let renderer = SiteRenderer::new(self.assets, paths, views.clone())?;
            if index == 0 {
                headline = site.page(&PageId::Overview)?.report.headline;
                renderer.shared()?.iter().try_for_each(|file| folder.write(file))?;
            }
            self.bar.set("rendering", 0, 0);
            self.write_pages(&site, &ids, &renderer, index, &folder)?;
            pages += ids.len();
        }
        manifest["pages"] = json!(pages);
        folder.write(&manifest_file(&manifest))?;
        self.bar.set("writing", 0, 0);
        let (files, bytes) = folder.written();
        folder.take_place()?;
        Ok(Written { files, bytes, headline })
    }

    /// Each thread takes the next page, makes it and writes it, so that no more than a few are in memory at once.
    fn write_pages(
        &self,
        site: &Site,
        ids: &[PageId],
        renderer: &SiteRenderer,
        view: usize,
        folder: &NewFolder,
    ) -> Result<(), Failure> {
        let next = AtomicUsize::new(0);
        let failure: Mutex<Option<(usize, Failure)>> = Mutex::new(None);
        let work = || {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(id) = ids.get(place) else { return };
                let written = one(site, id, renderer, view, folder);
                if let Err(error) = written {
                    let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                    // Of several the one that comes first in the site is told, whichever thread was faster.
                    if first.as_ref().is_none_or(|(earlier, _)| place < *earlier) {
                        *first = Some((place, error));
                    }
                    return;
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(work);
            }
        });
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }
}

fn one(site: &Site, id: &PageId, renderer: &SiteRenderer, view: usize, folder: &NewFolder) -> Result<(), Failure> {
    let page = site.page(id)?;
    let file = renderer.page(&page, view)?;
    Ok(folder.write(&file)?)
}

fn folder_of(grain: Grain) -> String {
    title(grain).to_lowercase()
}

fn folders() -> impl Iterator<Item = String> {
    Grain::ALL.into_iter().map(folder_of)
}

/// "Monthly": a view by its periods.
fn title(grain: Grain) -> String {
    let word = match grain {
        Grain::Day => "Daily",
        Grain::Week => "Weekly",
        Grain::Month => "Monthly",
        Grain::Quarter => "Quarterly",
        Grain::Year => "Yearly",
        Grain::Total => "All time",
    };
    word.to_owned()
}
