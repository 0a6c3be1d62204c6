//! Puts rendered files into a folder so that nobody ever reads half a file.
//!
//! Every file is first written under another name beside its place and made durable; only when
//! all of them are there do they take their places, one rename each. A run that fails before
//! that leaves what was there untouched. It never deletes anything but its own unfinished files.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use crate::sink::beside::{self, failed, goes_down, sync_folder};
use crate::sink::{OutputFile, SinkError};

/// How many unfinished files of earlier, killed runs are stepped over.
const ATTEMPTS: u32 = 1000;

/// Files that are written at the same time.
const AT_ONCE: usize = 8;

/// Replaces or creates `files` below `dir`, in the order given, creating folders as needed.
///
/// # Errors
///
/// [`SinkError::PathOutside`] for a path that is absolute or climbs up, before anything is
/// written; [`SinkError::File`] with the path and the cause where the file system refuses.
pub fn write_all(dir: &Path, files: &[OutputFile]) -> Result<(), SinkError> {
    for file in files {
        if !goes_down(&file.path) {
            return Err(SinkError::PathOutside { path: file.path.clone() });
        }
    }
    for folder in folders(dir, files) {
        fs::create_dir_all(&folder).map_err(|cause| failed("create folder", &folder, cause))?;
    }
    for file in staged(dir, files)? {
        file.take_place()?;
    }
    for folder in folders(dir, files) {
        sync_folder(&folder);
    }
    Ok(())
}

/// The folders in which the files have their places, each once.
fn folders(dir: &Path, files: &[OutputFile]) -> BTreeSet<PathBuf> {
    files.iter().filter_map(|file| Some(dir.join(&file.path).parent()?.to_path_buf())).collect()
}

/// Writes all files beside their places, several at a time: to sync one is to wait for the disk.
fn staged(dir: &Path, files: &[OutputFile]) -> Result<Vec<Staged>, SinkError> {
    let size = files.len().div_ceil(AT_ONCE).max(1);
    let parts: Vec<Result<Vec<Staged>, SinkError>> = thread::scope(|scope| {
        let write = |file: &OutputFile| Staged::write(dir.join(&file.path), &file.bytes);
        let started: Vec<_> =
            files.chunks(size).map(|part| scope.spawn(move || part.iter().map(write).collect())).collect();
        started.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let parts: Result<Vec<Vec<Staged>>, SinkError> = parts.into_iter().collect();
    Ok(parts?.into_iter().flatten().collect())
}

/// A finished file beside its place; taken away again unless it takes its place.
struct Staged {
    temporary: PathBuf,
    place: PathBuf,
    has_taken_place: bool,
}

impl Staged {
    fn write(place: PathBuf, bytes: &[u8]) -> Result<Self, SinkError> {
        let (temporary, mut file) = create_beside(&place).map_err(|cause| failed("create", &place, cause))?;
        let staged = Self { temporary, place, has_taken_place: false };
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|cause| failed("write", &staged.place, cause))?;
        Ok(staged)
    }

    fn take_place(mut self) -> Result<(), SinkError> {
        fs::rename(&self.temporary, &self.place).map_err(|cause| failed("replace", &self.place, cause))?;
        self.has_taken_place = true;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.has_taken_place {
            // The error that brought us here is the one worth telling.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// A new file in the same folder, hence on the same disk, where a rename is atomic.
fn create_beside(place: &Path) -> io::Result<(PathBuf, File)> {
    for attempt in 0..ATTEMPTS {
        let temporary = beside::temporary(place, attempt);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(cause),
        }
    }
    Err(io::Error::other(format!("{ATTEMPTS} unfinished files of earlier runs are in the way")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::beside::Scratch;

    fn file(path: &str, text: &str) -> OutputFile {
        OutputFile { path: PathBuf::from(path), bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn a_shorter_file_replaces_the_whole_of_a_longer_one() {
        let folder = Scratch::new("files-replace");
        write_all(&folder.0, &[file("a.html", "a long old text")]).expect("writes");
        write_all(&folder.0, &[file("a.html", "new")]).expect("writes");
        let text = fs::read_to_string(folder.0.join("a.html")).expect("reads");
        assert_eq!(text, "new");
        assert_eq!(folder.names(), ["a.html"]);
    }

    #[test]
    fn somebody_reading_the_old_file_keeps_the_old_file() {
        let folder = Scratch::new("files-reader");
        write_all(&folder.0, &[file("a.html", "old")]).expect("writes");
        let mut reader = File::open(folder.0.join("a.html")).expect("opens");
        write_all(&folder.0, &[file("a.html", "new")]).expect("writes");
        let mut text = String::new();
        io::Read::read_to_string(&mut reader, &mut text).expect("reads");
        assert_eq!(text, "old");
    }

    #[test]
    fn folders_are_created() {
        let folder = Scratch::new("files-folders");
        write_all(&folder.0.join("new"), &[file("figures/a.svg", "<svg/>")]).expect("writes");
        assert!(folder.0.join("new/figures/a.svg").is_file());
    }

    #[test]
    fn when_one_file_cannot_be_written_all_old_files_stay_and_nothing_is_left_over() {
        let folder = Scratch::new("files-all");
        write_all(&folder.0, &[file("a.html", "old"), file("b", "a file")]).expect("writes");
        let error = write_all(&folder.0, &[file("a.html", "new"), file("b/c.svg", "x")])
            .expect_err("`b` is a file, not a folder");
        assert!(error.to_string().starts_with("could not create folder `"));
        assert!(error.help().contains("`--out`"));
        let text = fs::read_to_string(folder.0.join("a.html")).expect("reads");
        assert_eq!(text, "old");
        assert_eq!(folder.names(), ["a.html", "b"]);
    }

    #[test]
    fn an_unfinished_file_of_a_killed_run_is_stepped_over() {
        let folder = Scratch::new("files-killed");
        fs::write(folder.0.join(".a.html.0.unfinished"), "half").expect("writes");
        write_all(&folder.0, &[file("a.html", "new")]).expect("writes");
        let text = fs::read_to_string(folder.0.join("a.html")).expect("reads");
        assert_eq!(text, "new");
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_refused_before_anything_is_written() {
        let folder = Scratch::new("files-outside");
        for path in ["../x", "/x", "a/../../x", ""] {
            let error = write_all(&folder.0, &[file("a.html", "new"), file(path, "x")]).expect_err("leaves the folder");
            assert!(matches!(error, SinkError::PathOutside { .. }), "{path}");
        }
        assert!(folder.names().is_empty());
    }
}
