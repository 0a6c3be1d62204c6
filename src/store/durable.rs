//! Files that outlive a power cut: what a name stands for is on the disk before anything rests on it.
//!
//! Data files are flushed, all at once, before a commit names them; the commits of tables before the run that names
//! their versions; the run before anybody is told that it is done. A flush takes a disk milliseconds, whatever there is
//! to write, so several are asked for at a time. What a disk promises and does not keep is out of reach.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// So many flushes are asked for at a time; a disk does those that wait together in one go.
const AT_ONCE: usize = 16;

/// How far below the folder of a store a file is at most: table, month or log, file.
const DEPTH: usize = 3;

/// Writes a whole file, in place of one of that name. It is not flushed yet.
///
/// # Errors
/// Those of the file system; there is then no such file, or the old one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let staged = staged(path, bytes, false)?;
    fs::rename(&staged, path).inspect_err(|_| drop(fs::remove_file(&staged)))
}

/// Writes and flushes a whole file where there is none of that name. Its name is not flushed yet.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where there is one, which stays as it is, and those of the file system.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let staged = staged(path, bytes, true)?;
    // Unlike a rename, a link never takes the place of another file.
    let linked = fs::hard_link(&staged, path);
    drop(fs::remove_file(&staged));
    linked
}

/// Flushes files and their names, and returns when all are on the disk.
///
/// # Errors
/// Those of the file system.
pub(super) fn flush(files: &[PathBuf]) -> io::Result<()> {
    at_once(files, |file| File::open(file)?.sync_all())?;
    flush_names(files)
}

/// Flushes the names of files, and those of the folders that they are in.
///
/// # Errors
/// Those of the file system.
pub(super) fn flush_names(files: &[PathBuf]) -> io::Result<()> {
    let folders: BTreeSet<&Path> = files.iter().flat_map(|file| file.ancestors().skip(1).take(DEPTH)).collect();
    at_once(&folders.into_iter().collect::<Vec<_>>(), |folder| flush_folder(folder))
}

/// The bytes beside the file, under a name that nobody looks for.
fn staged(path: &Path, bytes: &[u8], is_flushed: bool) -> io::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!("#{}", std::process::id()));
    let staged = PathBuf::from(name);
    let write = |mut file: File| {
        file.write_all(bytes)?;
        if is_flushed { file.sync_all() } else { Ok(()) }
    };
    File::create(&staged).and_then(write).inspect_err(|_| drop(fs::remove_file(&staged)))?;
    Ok(staged)
}

/// Does `work` on each of `things`, many at a time, for it is the disk that works. Gives an error if there is any.
fn at_once<T: Sync>(things: &[T], work: impl Fn(&T) -> io::Result<()> + Sync) -> io::Result<()> {
    let next = AtomicUsize::new(0);
    let failed: Mutex<io::Result<()>> = Mutex::new(Ok(()));
    let run = || {
        while let Some(thing) = things.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(cause) = work(thing) {
                *failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Err(cause);
            }
        }
    };
    thread::scope(|scope| {
        (1..AT_ONCE.min(things.len())).for_each(|_| drop(scope.spawn(run)));
        run();
    });
    failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A folder that may be passed and not opened, or that its file system does not flush, is as safe as it can be.
#[cfg(unix)]
fn flush_folder(folder: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};

    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(cause) if matches!(cause.kind(), InvalidInput | PermissionDenied | Unsupported) => Ok(()),
        flushed => flushed,
    }
}

/// Elsewhere a folder cannot be opened, and is flushed with its files.
#[cfg(not(unix))]
fn flush_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_not_there_and_nothing_is_left_beside_it() {
        let folder = std::env::temp_dir().join(format!("shipwake-durable-{}", std::process::id()));
        let path = folder.join("deployments").join("_delta_log").join("0.json");
        create(&path, b"one").unwrap();
        assert_eq!(create(&path, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one", "who comes second changes nothing");
        replace(&path, b"three").unwrap();
        flush(std::slice::from_ref(&path)).unwrap();
        assert!(flush(&[path.clone(), folder.join("missing")]).is_err(), "what is not there is not on the disk");
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert!(replace(&folder, b"a folder").is_err());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
