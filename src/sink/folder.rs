//! Replaces a folder whole: a reader sees the old one or the new one, never a mixture and never half.
//!
//! The new folder is written beside the old under a hidden name. When all of it is on disk, the two change places in
//! one step where the system can do that (Linux), else by two renames; then the old one is taken away. A run that dies
//! leaves the old folder as it was; what it had written is cleared by the next run, which knows by a lock whether
//! somebody is still writing there. Nothing is ever taken away but folders of this making.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::sink::beside::{self, failed, goes_down, sync_folder};
use crate::sink::{OutputFile, SinkError};

/// Stands in a folder while it is written, and is locked as long.
const LOCK: &str = ".writing";

/// How many folders of runs that are still writing are stepped over.
const ATTEMPTS: u32 = 100;

/// A folder that is being written, to take the place of another.
#[derive(Debug)]
pub struct NewFolder {
    place: PathBuf,
    temporary: PathBuf,
    lock: Option<File>,
    files: Mutex<Written>,
    has_taken_place: bool,
}

#[derive(Debug, Default)]
struct Written {
    paths: Vec<PathBuf>,
    folders: BTreeSet<PathBuf>,
    bytes: u64,
}

impl NewFolder {
    /// Begins a folder that shall replace `place`, which may be absent, empty, or one that was written so before.
    ///
    /// `is_ours` tells by the name of a file or folder directly below `place` whether it is part of such a folder.
    ///
    /// # Errors
    /// [`SinkError::ForeignFolder`] where something else stands in `place`; [`SinkError::File`] where the file system
    /// refuses.
    pub fn begin(place: &Path, is_ours: &dyn Fn(&str) -> bool) -> Result<Self, SinkError> {
        // A link stays a link: what it points to is replaced.
        let place = fs::canonicalize(place).unwrap_or_else(|_| place.to_path_buf());
        refuse_foreign(&place, is_ours)?;
        let parent = parent(&place);
        fs::create_dir_all(parent).map_err(|cause| failed("create folder", parent, cause))?;
        clear_left_overs(&place);
        let (temporary, lock) = create_beside(&place).map_err(|cause| failed("create folder", &place, cause))?;
        Ok(Self { place, temporary, lock: Some(lock), files: Mutex::default(), has_taken_place: false })
    }

    /// Writes one file of the new folder; many threads may do so at once.
    ///
    /// # Errors
    /// [`SinkError::PathOutside`] for a path that is absolute or climbs up; [`SinkError::File`].
    pub fn write(&self, file: &OutputFile) -> Result<(), SinkError> {
        if !goes_down(&file.path) {
            return Err(SinkError::PathOutside { path: file.path.clone() });
        }
        let path = self.temporary.join(&file.path);
        let folder = parent(&path);
        let is_new_folder = !self.files.lock().is_ok_and(|files| files.folders.contains(folder));
        if is_new_folder {
            fs::create_dir_all(folder).map_err(|cause| failed("create folder", folder, cause))?;
        }
        let written = OpenOptions::new().write(true).create_new(true).open(&path);
        written.and_then(|mut open| open.write_all(&file.bytes)).map_err(|cause| failed("write", &path, cause))?;
        if let Ok(mut files) = self.files.lock() {
            files.bytes += file.bytes.len() as u64;
            files.folders.insert(folder.to_path_buf());
            files.paths.push(path);
        }
        Ok(())
    }

    /// Files and bytes written so far.
    pub fn written(&self) -> (usize, u64) {
        self.files.lock().map_or((0, 0), |files| (files.paths.len(), files.bytes))
    }

    /// Makes everything durable and puts the new folder in its place.
    ///
    /// # Errors
    /// [`SinkError::File`]; the old folder is then still there.
    pub fn take_place(mut self) -> Result<(), SinkError> {
        let written = self.files.get_mut().map(std::mem::take).unwrap_or_default();
        for path in &written.paths {
            let synced = File::open(path).and_then(|file| file.sync_all());
            synced.map_err(|cause| failed("write", path, cause))?;
        }
        for folder in written.folders.iter().chain([&self.temporary]) {
            sync_folder(folder);
        }
        let old = exchange(&self.temporary, &self.place).map_err(|cause| failed("replace", &self.place, cause))?;
        self.has_taken_place = true;
        // Only now: a folder without its lock is one that was put aside.
        let _ = fs::remove_file(self.place.join(LOCK));
        sync_folder(parent(&self.place));
        if let Some(old) = old {
            // The new folder stands; what cannot be cleared now is cleared by the next run.
            let _ = fs::remove_dir_all(old);
        }
        Ok(())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        self.lock.take();
        if !self.has_taken_place {
            // The error that brought us here is the one worth telling.
            let _ = fs::remove_dir_all(&self.temporary);
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Somebody's own files are never swept away with an old folder.
fn refuse_foreign(place: &Path, is_ours: &dyn Fn(&str) -> bool) -> Result<(), SinkError> {
    let entries = match fs::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(failed("open folder", place, cause)),
    };
    for entry in entries {
        let name = entry.map_err(|cause| failed("open folder", place, cause))?.file_name();
        let name = name.to_string_lossy();
        if name != LOCK && !is_ours(&name) {
            return Err(SinkError::ForeignFolder { path: place.to_owned(), entry: name.into_owned() });
        }
    }
    Ok(())
}

/// A new hidden folder beside `place`, hence on the same disk, with its lock.
fn create_beside(place: &Path) -> io::Result<(PathBuf, File)> {
    for attempt in 0..ATTEMPTS {
        let temporary = beside::temporary(place, attempt);
        match fs::create_dir(&temporary) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        }
        let path = temporary.join(LOCK);
        let lock = match File::create(&path) {
            Ok(lock) => lock,
            // Another run took the empty folder for a left-over.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        // Where the system has no locks, the folder is still ours: its name was free.
        let is_taken = matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock));
        if !is_taken && path.exists() {
            return Ok((temporary, lock));
        }
    }
    Err(io::Error::other(format!("{ATTEMPTS} other runs are writing to it")))
}

/// Takes away what earlier runs left beside `place`: a folder whose lock nobody holds, or one that was replaced.
fn clear_left_overs(place: &Path) {
    for attempt in 0..ATTEMPTS {
        let left = beside::temporary(place, attempt);
        if !left.is_dir() {
            continue;
        }
        let is_abandoned = match File::open(left.join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            // It stood in the place and was put aside.
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_abandoned {
            // Whoever cannot clear it writes beside it.
            let _ = fs::remove_dir_all(&left);
        }
    }
}

/// Puts `new` in its place; gives where the old folder is now, if there was one.
fn exchange(new: &Path, place: &Path) -> io::Result<Option<PathBuf>> {
    if !place.exists() {
        return fs::rename(new, place).map(|()| None);
    }
    if swap(new, place).is_ok() {
        return Ok(Some(new.to_path_buf()));
    }
    // An empty folder is replaced in one step everywhere.
    if fs::remove_dir(place).is_ok() {
        return fs::rename(new, place).map(|()| None);
    }
    let mut aside = new.as_os_str().to_owned();
    aside.push(".old");
    let aside = PathBuf::from(aside);
    fs::rename(place, &aside)?;
    match fs::rename(new, place) {
        Ok(()) => Ok(Some(aside)),
        Err(error) => {
            // Back as it was.
            fs::rename(&aside, place)?;
            Err(error)
        }
    }
}

/// Lets two folders change places in one step.
#[cfg(target_os = "linux")]
fn swap(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn swap(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::beside::Scratch;

    fn file(path: &str, text: &str) -> OutputFile {
        OutputFile { path: path.into(), bytes: text.as_bytes().to_vec() }
    }

    fn ours(name: &str) -> bool {
        matches!(name, "index.html" | "team")
    }

    fn site(place: &Path, files: &[OutputFile]) {
        let folder = NewFolder::begin(place, &ours).expect("begins");
        for file in files {
            folder.write(file).expect("writes");
        }
        folder.take_place().expect("takes its place");
    }

    #[test]
    fn what_is_no_longer_there_goes_and_nothing_is_left_beside() {
        let scratch = Scratch::new("folder-replace");
        let place = scratch.0.join("site");
        site(&place, &[file("index.html", "old"), file("team/gone.html", "old")]);
        site(&place, &[file("index.html", "new"), file("team/a.html", "new")]);
        assert_eq!(fs::read_to_string(place.join("index.html")).expect("reads"), "new");
        assert!(!place.join("team/gone.html").exists());
        assert!(!place.join(LOCK).exists());
        assert_eq!(scratch.names(), ["site"]);
    }

    #[test]
    fn a_run_that_fails_leaves_the_old_folder_and_nothing_else() {
        let scratch = Scratch::new("folder-fails");
        let place = scratch.0.join("site");
        site(&place, &[file("index.html", "old")]);
        let folder = NewFolder::begin(&place, &ours).expect("begins");
        folder.write(&file("index.html", "new")).expect("writes");
        drop(folder);
        assert_eq!(fs::read_to_string(place.join("index.html")).expect("reads"), "old");
        assert_eq!(scratch.names(), ["site"]);
    }

    #[test]
    fn somebody_reading_never_meets_a_missing_or_mixed_folder() {
        let scratch = Scratch::new("folder-reader");
        let place = scratch.0.join("site");
        let whole = |text: &str| [file("index.html", text), file("team/a.html", text)];
        site(&place, &whole("0"));
        let is_done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 1..40 {
                    site(&place, &whole(&round.to_string()));
                }
                is_done.store(true, std::sync::atomic::Ordering::Release);
            });
            while !is_done.load(std::sync::atomic::Ordering::Acquire) {
                // Where two renames are needed the folder may be away for a moment, but never half.
                let found = fs::read_to_string(place.join("index.html"));
                assert!(found.is_ok() || cfg!(not(target_os = "linux")), "{found:?}");
            }
        });
        assert_eq!(scratch.names(), ["site"]);
    }

    #[test]
    fn what_a_killed_run_left_is_cleared_and_what_is_being_written_is_not() {
        let scratch = Scratch::new("folder-killed");
        let place = scratch.0.join("site");
        let dead = scratch.0.join(".site.0.unfinished");
        fs::create_dir(&dead).expect("creates");
        fs::write(dead.join(LOCK), "").expect("writes");
        fs::write(dead.join("index.html"), "half").expect("writes");
        let first = NewFolder::begin(&place, &ours).expect("begins");
        first.write(&file("index.html", "first")).expect("writes");
        site(&place, &[file("index.html", "second")]);
        assert_eq!(fs::read_to_string(place.join("index.html")).expect("reads"), "second");
        first.take_place().expect("takes its place");
        assert_eq!(fs::read_to_string(place.join("index.html")).expect("reads"), "first");
        assert_eq!(scratch.names(), ["site"]);
    }

    #[test]
    fn a_folder_with_files_of_somebody_is_not_touched() {
        let scratch = Scratch::new("folder-foreign");
        let place = scratch.0.join("home");
        fs::create_dir(&place).expect("creates");
        fs::write(place.join("letters.txt"), "dear").expect("writes");
        let error = NewFolder::begin(&place, &ours).expect_err("refuses");
        assert!(error.to_string().contains("letters.txt"), "{error}");
        assert_eq!(fs::read_to_string(place.join("letters.txt")).expect("reads"), "dear");
        assert_eq!(scratch.names(), ["home"]);
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_refused() {
        let scratch = Scratch::new("folder-outside");
        let folder = NewFolder::begin(&scratch.0.join("site"), &ours).expect("begins");
        for path in ["../x", "/x", "a/../../x"] {
            assert!(matches!(folder.write(&file(path, "x")), Err(SinkError::PathOutside { .. })), "{path}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_link_stays_a_link() {
        let scratch = Scratch::new("folder-link");
        site(&scratch.0.join("real"), &[file("index.html", "old")]);
        std::os::unix::fs::symlink(scratch.0.join("real"), scratch.0.join("link")).expect("links");
        site(&scratch.0.join("link"), &[file("index.html", "new")]);
        assert!(scratch.0.join("link").is_symlink());
        assert_eq!(fs::read_to_string(scratch.0.join("real/index.html")).expect("reads"), "new");
    }
}
