//! What `shipwake init` proposes, and the settings file that says it.
//!
//! It decides nothing: which source reads a file is for `init.rs`.

use std::fmt::Write as _;
use std::path::Path;

use crate::source::{self, FileRead, Keeping, SourceError, Spec};
use crate::table::key_of;

/// A file with the source that reads it, and what a person should check.
pub struct Proposal {
    pub spec: Spec,
    /// Its path as it is written down: of an address, without what may be a secret.
    pub path: String,
    pub format: &'static str,
    pub headers: Vec<String>,
    pub unused: Vec<String>,
    pub checks: Vec<String>,
    /// An account a table.
    pub account: Result<Vec<FileRead>, SourceError>,
    pub given: Vec<String>,
}

/// A file that no source reads, why, and its columns where they are known.
pub struct Unplaced {
    pub path: String,
    pub reason: String,
    pub headers: Vec<String>,
}

impl Unplaced {
    pub fn new(path: String, reason: String) -> Self {
        Self { path, reason, headers: Vec::new() }
    }
}

impl Proposal {
    /// Whether both files are read alike, whatever they are called.
    pub fn is_like(&self, other: &Self) -> bool {
        let nameless = |spec: &Spec| Spec { name: String::new(), path: String::new(), ..spec.clone() };
        let has_default = self.spec.defaults.contains_key("service");
        self.format == other.format
            && self.format != source::GIT
            && self.headers == other.headers
            // A service that was taken from the name of the file is not that of another.
            && !has_default
            && nameless(&self.spec) == nameless(&other.spec)
    }
}

/// The settings file.
pub fn written(proposals: &[Proposal], unplaced: &[Unplaced]) -> String {
    let mut text = String::from(
        "# Settings of shipwake, written after a look at the files. README.md lists every key.\n\
         # Lines that say CHECK were answered by the likeliest guess.\n\n\
         [organisation]\nname = \"\"\n\
         timezone = \"UTC\"                  # of every period and hour of day\n",
    );
    for proposal in proposals {
        let spec = &proposal.spec;
        // Writing to a string cannot fail.
        let _ = write!(text, "\n[[sources]]\nname = {}\npath = {}", quoted(&spec.name), quoted(&proposal.path));
        let _ = writeln!(text, "                  # {}", proposal.format);
        if let Some(table) = &spec.table {
            let _ = writeln!(text, "table = {}", quoted(table));
        }
        if let Some(format) = &spec.format {
            let _ = writeln!(text, "format = {}", quoted(format));
        }
        for check in &proposal.checks {
            let _ = writeln!(text, "# CHECK {check}");
        }
        if let Some(encoding) = &spec.encoding {
            let _ = writeln!(text, "encoding = {}", quoted(encoding));
        }
        if let Some(zone) = &spec.timezone {
            let _ = writeln!(text, "timezone = {}", quoted(zone));
        }
        if spec.releases == Some(Keeping::Drop) {
            let _ = writeln!(text, "releases = \"drop\"");
        }
        if spec.date_order.is_some() {
            let _ = writeln!(text, "date_order = \"dmy\"");
        }
        if !spec.columns.is_empty() {
            let _ = writeln!(text, "[sources.columns]                # CHECK canonical = column of the file");
        }
        for (column, header) in &spec.columns {
            let _ = writeln!(text, "{column} = {}", quoted(header));
        }
        if !spec.defaults.is_empty() {
            let _ = writeln!(text, "[sources.defaults]");
        }
        for (column, value) in &spec.defaults {
            let _ = writeln!(text, "{column} = {}", quoted(value));
        }
        if !proposal.unused.is_empty() {
            let _ = writeln!(text, "# kept as `extra`: {}", one_line(&proposal.unused.join(", ")));
        }
    }
    if !unplaced.is_empty() {
        text.push_str("\n# Not placed:\n");
    }
    unplaced.iter().for_each(|file| text.push_str(&to_fill_in(file)));
    text
}

/// A file that no source reads, with a source to fill in where its columns are known.
fn to_fill_in(Unplaced { path, reason, headers }: &Unplaced) -> String {
    let mut text = format!("# {}: {}\n", one_line(path), one_line(reason));
    if headers.is_empty() {
        return text;
    }
    let name = key_of(&stem_of(path).unwrap_or_default());
    let _ = write!(
        text,
        "#\n# [[sources]]\n# name = {}\n# path = {}\n# table = \"\"                       # `shipwake tables` lists them\n\
             # [sources.columns]                # canonical = column of the file\n",
        quoted(&name),
        quoted(path)
    );
    for header in headers {
        let _ = writeln!(text, "#  = {}", quoted(header));
    }
    text.push_str("#\n");
    text
}

/// The name of a file without its ending.
pub fn stem_of(path: &str) -> Option<String> {
    Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned())
}

pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
