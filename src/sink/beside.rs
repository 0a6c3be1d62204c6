//! What writing beside a place has in common, be it one file or a whole folder: hidden names, durability, errors.
//!
//! What is new stands beside the place where it shall go, hence on the same disk, where a rename is one step.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::sink::SinkError;

/// The name beside `place` of something unfinished; another for each attempt.
pub(super) fn temporary(place: &Path, attempt: u32) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(format!(".{attempt}.unfinished"));
    place.with_file_name(name)
}

/// Whether a path names something below the folder that it is joined to.
pub(super) fn goes_down(path: &Path) -> bool {
    path.file_name().is_some() && path.components().all(|component| matches!(component, Component::Normal(_)))
}

/// Makes a rename durable. Not every system can open a folder; the files are whole either way, so that is no reason to
/// fail.
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

pub(super) fn failed(action: &'static str, path: &Path, cause: io::Error) -> SinkError {
    SinkError::File { action, path: path.to_owned(), cause }
}

/// A folder of one test alone, empty at the start and gone at the end.
#[cfg(test)]
pub(super) struct Scratch(pub PathBuf);

#[cfg(test)]
impl Scratch {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("shipwake-sink-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("the temporary folder is writable");
        Self(path)
    }

    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("is a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into()).collect();
        names.sort();
        names
    }
}

#[cfg(test)]
impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
