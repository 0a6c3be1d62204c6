//! Where each page of a site lies: names of files that are safe, unique and the same in every run.
//!
//! A name that is a good file name keeps it. Any other gets a readable part and a piece of its hash, so that two names
//! which look alike on disk stay two pages, and a new service never moves the page of another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::report::site::PageId;
use crate::sink::anchors::slug;

pub(super) const STYLE: &str = "style.css";
pub(super) const SCRIPT: &str = "site.js";

/// Letters of the hash behind a name; twice as many where that is taken.
const HASH_LETTERS: usize = 8;

/// The readable part of a name beside its hash.
const READABLE: usize = 48;

/// Some systems open a device under these names, whatever stands behind the dot.
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];

/// Where the pages of one site lie, below the folder of a view.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    places: BTreeMap<PageId, String>,
}

impl Paths {
    /// The places of these pages; each page is given once.
    pub fn new(pages: impl IntoIterator<Item = PageId>) -> Self {
        let mut paths = Self::default();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for page in pages {
            let place = [HASH_LETTERS, 2 * HASH_LETTERS, 64].into_iter().map(|letters| place(&page, letters));
            let free = place.clone().find(|place| !taken.contains(place)).or_else(|| place.clone().next_back());
            if let Some(free) = free {
                taken.insert(free.clone());
                paths.places.insert(page, free);
            }
        }
        paths
    }

    /// The file of a page, relative to the folder of its view. A page that the site does not have leads to the overview.
    pub fn of(&self, page: &PageId) -> &str {
        self.places.get(page).map_or("index.html", String::as_str)
    }

    pub fn has(&self, page: &PageId) -> bool {
        self.places.contains_key(page)
    }

    /// How many pages each view has.
    pub fn count(&self) -> usize {
        self.places.len()
    }
}

fn place(page: &PageId, letters: usize) -> String {
    match page {
        PageId::Overview => "index.html".to_owned(),
        PageId::Services => "services.html".to_owned(),
        PageId::Team(name) => format!("team/{}.html", file_name(name, letters)),
        PageId::Service(name) => format!("service/{}.html", file_name(name, letters)),
        // Names of metrics are those of columns: they have no hyphens of their own.
        PageId::Metric(name) => format!("metric/{}.html", file_name(&name.replace('_', "-"), letters)),
    }
}

fn file_name(name: &str, letters: usize) -> String {
    let plain = slug(name);
    let is_device = DEVICES.contains(&plain.as_str()) || (plain.len() == 4 && is_numbered_device(&plain));
    if name == plain && !is_device {
        return plain;
    }
    let readable: String = plain.chars().take(READABLE).collect();
    format!("{}-{}", readable.trim_end_matches('-'), hash(name, letters))
}

/// `com1` to `com9` and `lpt1` to `lpt9`.
fn is_numbered_device(name: &str) -> bool {
    let (stem, number) = name.split_at(3);
    matches!(stem, "com" | "lpt") && number.chars().all(|c| c.is_ascii_digit())
}

fn hash(name: &str, letters: usize) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(name.as_bytes()) {
        let _ = write!(text, "{byte:02x}");
    }
    text.truncate(letters);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    fn service(name: &str) -> PageId {
        PageId::Service(name.to_owned())
    }

    #[test]
    fn a_metric_lies_under_its_own_name() {
        let page = PageId::Metric("change_fail_rate".to_owned());
        assert_eq!(Paths::new([page.clone()]).of(&page), "metric/change-fail-rate.html");
    }

    #[test]
    fn a_good_name_stays_as_it_is() {
        let paths = Paths::new([service("checkout"), service("svc-0001")]);
        assert_eq!(paths.of(&service("checkout")), "service/checkout.html");
        assert_eq!(paths.of(&service("svc-0001")), "service/svc-0001.html");
    }

    #[test]
    fn names_that_look_alike_on_disk_are_two_files() {
        let names = ["Checkout", "checkout", "check out", "check-out", "check_out", "CHECK OUT"];
        let paths = Paths::new(names.map(service));
        let places: BTreeSet<String> = names.iter().map(|name| paths.of(&service(name)).to_lowercase()).collect();
        assert_eq!(places.len(), names.len(), "{places:?}");
    }

    #[test]
    fn a_name_has_the_same_file_whoever_else_is_there() {
        let alone = Paths::new([service("Zahlung & Co")]);
        let among = Paths::new(["a", "Zahlung Co", "Zahlung & Co"].map(service));
        assert_eq!(alone.of(&service("Zahlung & Co")), among.of(&service("Zahlung & Co")));
    }

    #[test]
    fn hostile_names_become_harmless_files() {
        let names = fixture::hostile_names();
        let more = ["../../etc/passwd", "..", ".", "", "con", "COM1", "lpt9", "a/b", "a\\b", "a\0b", "index"];
        let all: Vec<PageId> = names.iter().map(String::as_str).chain(more).map(service).collect();
        let paths = Paths::new(all.clone());
        let mut places = BTreeSet::new();
        for page in &all {
            let place = paths.of(page);
            let stem = place.strip_prefix("service/").and_then(|rest| rest.strip_suffix(".html")).expect("a file");
            assert!(stem.len() <= 80 && !stem.is_empty(), "{place}");
            assert!(stem.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{place}");
            assert!(!DEVICES.contains(&stem), "{place}");
            assert!(places.insert(place.to_owned()), "{place} twice");
        }
    }
}
