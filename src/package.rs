//! An evidence package: files with a manifest of their digests, and whether a folder still is what was written.
//!
//! It knows bytes and digests, not what is in the files. It shows that nothing was changed since the digests were
//! written; that they were not written anew, only a keeper or a signature from outside can show.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use miette::Diagnostic;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::sink::OutputFile;

/// Holds the digest of every other file but [`SUMS`], and what the package was made from.
pub const MANIFEST: &str = "manifest.json";
/// Holds the digest of every file, the manifest included, as `sha256sum --check` reads it.
pub const SUMS: &str = "manifest.sha256";

#[derive(Debug, Error, Diagnostic)]
#[error("could not read `{}`", path.display())]
#[diagnostic(help("give the folder of an evidence package, or its manifest.json, and the right to read it"))]
pub struct PackageError {
    path: PathBuf,
    #[source]
    cause: io::Error,
}

/// A file that is not as the package says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Within the package, with slashes.
    pub path: String,
    pub problem: Problem,
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    Differs,
    Missing,
    Extra,
}

impl Problem {
    pub fn name(self) -> &'static str {
        match self {
            Self::Differs => "differs",
            Self::Missing => "missing",
            Self::Extra => "extra",
        }
    }
}

/// What a look at a folder found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// In the order of their paths; none where the package is whole.
    pub faults: Vec<Fault>,
    pub file_count: usize,
    /// SHA-256 of the manifest as it is, in hexadecimal digits.
    pub manifest_digest: Option<String>,
    /// What the manifest says of the package that it follows.
    pub previous: Option<String>,
}

/// The part of a manifest that is verified.
#[derive(Debug, Deserialize)]
struct Listed {
    files: Vec<Entry>,
    previous: Option<Previous>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    path: String,
    sha256: String,
}

#[derive(Debug, Deserialize)]
struct Previous {
    manifest_sha256: String,
}

/// SHA-256 in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes).as_slice())
}

/// SHA-256 of a file as it is stored, in hexadecimal digits, and its length.
///
/// # Errors
/// Where it cannot be read.
pub fn digest_of_file(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let (mut hasher, mut length) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        let Some(part) = buffer.get(..count).filter(|part| !part.is_empty()) else {
            return Ok((hex(hasher.finalize().as_slice()), length));
        };
        hasher.update(part);
        length += count as u64;
    }
}

/// The files with a manifest and its sums. `about` is what the manifest tells besides; it comes first.
pub fn sealed(mut files: Vec<OutputFile>, mut about: Map<String, Value>) -> Vec<OutputFile> {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut digests = BTreeMap::new();
    let mut listed = Vec::new();
    for file in &files {
        let (path, digest) = (shown(&file.path), digest(&file.bytes));
        listed.push(json!({"path": path, "bytes": file.bytes.len(), "sha256": digest}));
        digests.insert(path, digest);
    }
    about.insert("files".into(), listed.into());
    let mut text = serde_json::to_string_pretty(&Value::Object(about)).unwrap_or_default();
    text.push('\n');
    digests.insert(MANIFEST.to_owned(), digest(text.as_bytes()));
    files.push(OutputFile { path: MANIFEST.into(), bytes: text.into_bytes() });
    files.push(OutputFile { path: SUMS.into(), bytes: sums(&digests).into_bytes() });
    files
}

/// Files in a folder that are no part of the package in it, or all of them where there is none.
///
/// # Errors
/// Where the folder cannot be listed.
pub fn strangers(folder: &Path) -> Result<Vec<String>, PackageError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let sums = fs::read_to_string(folder.join(SUMS)).unwrap_or_default();
    let known: BTreeSet<String> = read_sums(&sums).into_keys().chain([SUMS.to_owned()]).collect();
    Ok(present(folder)?.into_keys().filter(|path| !known.contains(path)).collect())
}

/// Compares a folder with its manifest and sums, byte for byte.
///
/// # Errors
/// Where the folder or a file in it cannot be read. That a file is missing is no error but a fault.
pub fn verify(folder: &Path) -> Result<Verified, PackageError> {
    let mut found = BTreeMap::new();
    for (path, place) in present(folder)? {
        let told = |cause| PackageError { path: place.clone(), cause };
        found.insert(path, digest_of_file(&place).map_err(told)?.0);
    }
    let text = |name: &str| found.contains_key(name).then(|| fs::read(folder.join(name)).ok()).flatten();
    let manifest = text(MANIFEST).and_then(|bytes| serde_json::from_slice::<Listed>(&bytes).ok());
    let previous = manifest.as_ref().and_then(|listed| Some(listed.previous.as_ref()?.manifest_sha256.clone()));
    let sums_text = text(SUMS).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let by_sums = sums_text.as_deref().map(read_sums);
    let by_manifest = manifest.map(|listed| {
        let entries = listed.files.into_iter().map(|entry| (entry.path, entry.sha256));
        entries.collect::<BTreeMap<String, String>>()
    });
    let mut faults = seal_faults(&found, by_manifest.as_ref(), sums_text.as_deref());
    faults.extend(file_faults(&found, by_manifest.as_ref(), by_sums.as_ref()));
    faults.sort_by(|a, b| (&a.path, &a.detail).cmp(&(&b.path, &b.detail)));
    let manifest_digest = found.get(MANIFEST).cloned();
    Ok(Verified { faults, file_count: found.len(), manifest_digest, previous })
}

/// SHA-256 of the manifest of a package, which may be given as its folder or as its manifest.
///
/// # Errors
/// Where it cannot be read.
pub fn manifest_digest(package: &Path) -> Result<String, PackageError> {
    let path = if package.is_dir() { package.join(MANIFEST) } else { package.to_path_buf() };
    digest_of_file(&path).map(|(digest, _)| digest).map_err(|cause| PackageError { path, cause })
}

/// What is wrong with the manifest and its sums themselves.
fn seal_faults(
    found: &BTreeMap<String, String>,
    by_manifest: Option<&BTreeMap<String, String>>,
    sums_text: Option<&str>,
) -> Vec<Fault> {
    let fault = |path: &str, problem, detail: &str| Fault { path: path.to_owned(), problem, detail: detail.to_owned() };
    let Some(digest) = found.get(MANIFEST) else {
        return vec![fault(MANIFEST, Problem::Missing, "without it nothing says what belongs here")];
    };
    let Some(sums_text) = sums_text else {
        return vec![fault(SUMS, Problem::Missing, "without it nothing says whether the manifest is whole")];
    };
    let is_known = read_sums(sums_text).get(MANIFEST) == Some(digest);
    match by_manifest {
        Some(listed) if is_known => {
            let mut expected = listed.clone();
            expected.insert(MANIFEST.to_owned(), digest.clone());
            match sums(&expected) == sums_text {
                true => Vec::new(),
                false => vec![fault(SUMS, Problem::Differs, "it is not what follows from the manifest")],
            }
        }
        _ => {
            let detail = "manifest.json has another digest than manifest.sha256 says: one of the two was changed";
            vec![fault(MANIFEST, Problem::Differs, detail), fault(SUMS, Problem::Differs, detail)]
        }
    }
}

/// Every file that is not as the manifest and the sums say, or that neither knows.
fn file_faults(
    found: &BTreeMap<String, String>,
    by_manifest: Option<&BTreeMap<String, String>>,
    by_sums: Option<&BTreeMap<String, String>>,
) -> Vec<Fault> {
    let lists: Vec<(&str, &BTreeMap<String, String>)> =
        [(MANIFEST, by_manifest), (SUMS, by_sums)].into_iter().filter_map(|(name, list)| Some((name, list?))).collect();
    let is_seal = |path: &str| path == MANIFEST || path == SUMS;
    let known: BTreeSet<&String> = lists.iter().flat_map(|(_, list)| list.keys()).collect();
    let all: BTreeSet<&String> = known.iter().copied().chain(found.keys()).filter(|path| !is_seal(path)).collect();
    let mut faults = Vec::new();
    for path in all {
        let fault = |problem, detail: String| Fault { path: path.clone(), problem, detail };
        let Some(digest) = found.get(path) else {
            faults.push(fault(Problem::Missing, "the package lists it".into()));
            continue;
        };
        if !known.contains(path) {
            faults.push(fault(Problem::Extra, "the package does not list it".into()));
            continue;
        }
        let against: Vec<&str> =
            lists.iter().filter(|(_, list)| list.get(path) != Some(digest)).map(|(name, _)| *name).collect();
        if !against.is_empty() {
            faults.push(fault(Problem::Differs, format!("its digest is not the one in {}", against.join(" and "))));
        }
    }
    faults
}

/// Every file below a folder by its path there.
fn present(folder: &Path) -> Result<BTreeMap<String, PathBuf>, PackageError> {
    let mut found = BTreeMap::new();
    let mut queue = vec![folder.to_path_buf()];
    while let Some(path) = queue.pop() {
        let told = |cause| PackageError { path: path.clone(), cause };
        for entry in fs::read_dir(&path).map_err(told)? {
            let place = entry.map_err(told)?.path();
            match place.is_dir() {
                true => queue.push(place),
                false => {
                    let name = shown(place.strip_prefix(folder).unwrap_or(&place));
                    found.insert(name, place);
                }
            }
        }
    }
    Ok(found)
}

/// A path within a package, with slashes on every system.
fn shown(path: &Path) -> String {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn sums(digests: &BTreeMap<String, String>) -> String {
    digests.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect()
}

fn read_sums(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once("  "));
    pairs.map(|(digest, path)| (path.to_owned(), digest.to_owned())).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::files::write_all;

    /// A package of this test alone, gone at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn sealed(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("shipwake-package-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            let file = |path: &str, text: &str| OutputFile { path: path.into(), bytes: text.as_bytes().to_vec() };
            let files =
                vec![file("index.md", "# Evidence\n"), file("controls/CM-01.csv", "a,b\n1,2\n"), file("empty", "")];
            let about = json!({"schema": 1, "previous": {"manifest_sha256": "00"}});
            let Value::Object(about) = about else { panic!("an object") };
            write_all(&path, &sealed(files, about)).unwrap();
            Self(path)
        }

        fn faults(&self) -> Vec<(String, &'static str)> {
            verify(&self.0).unwrap().faults.into_iter().map(|fault| (fault.path, fault.problem.name())).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_was_written_is_whole_and_says_what_it_follows() {
        let folder = Folder::sealed("whole");
        let verified = verify(&folder.0).unwrap();
        assert_eq!((verified.faults, verified.file_count, verified.previous.as_deref()), (vec![], 5, Some("00")));
        assert_eq!(verified.manifest_digest, Some(manifest_digest(&folder.0).unwrap()));
    }

    #[test]
    fn every_byte_changed_added_or_taken_away_anywhere_is_named() {
        let folder = Folder::sealed("bytes");
        for path in present(&folder.0).unwrap().keys() {
            let place = folder.0.join(path);
            let whole = fs::read(&place).unwrap();
            let flips = (0..whole.len()).flat_map(|at| [0x01, 0x20, 0x80].map(|bit| (at, bit)));
            let mut others: Vec<Vec<u8>> = flips
                .map(|(at, bit)| {
                    let mut other = whole.clone();
                    other[at] ^= bit;
                    other
                })
                .collect();
            others.push([whole.as_slice(), b"\n"].concat());
            others.push(whole[..whole.len().saturating_sub(1)].to_vec());
            for other in others.into_iter().filter(|other| *other != whole) {
                fs::write(&place, &other).unwrap();
                let faults = folder.faults();
                assert!(faults.contains(&(path.clone(), "differs")), "{path}: {faults:?}");
                let is_seal = path == MANIFEST || path == SUMS;
                assert!(is_seal || faults.len() == 1, "{path}: {faults:?}");
            }
            fs::write(&place, &whole).unwrap();
        }
        assert_eq!(folder.faults(), []);
    }

    #[test]
    fn a_file_that_is_missing_and_one_that_is_extra_are_named() {
        let folder = Folder::sealed("extra");
        fs::remove_file(folder.0.join("controls/CM-01.csv")).unwrap();
        fs::write(folder.0.join("controls/.hidden"), "").unwrap();
        let expected = [("controls/.hidden".to_owned(), "extra"), ("controls/CM-01.csv".to_owned(), "missing")];
        assert_eq!(folder.faults(), expected);
    }

    #[test]
    fn without_manifest_or_sums_that_one_is_named() {
        for name in [MANIFEST, SUMS] {
            let folder = Folder::sealed(&format!("without-{name}"));
            fs::remove_file(folder.0.join(name)).unwrap();
            assert_eq!(folder.faults(), [(name.to_owned(), "missing")]);
        }
    }

    #[test]
    fn who_changes_a_file_and_its_digest_in_the_manifest_is_found_by_the_sums() {
        let folder = Folder::sealed("both");
        let manifest = fs::read_to_string(folder.0.join(MANIFEST)).unwrap();
        fs::write(folder.0.join("index.md"), "# Other\n").unwrap();
        fs::write(folder.0.join(MANIFEST), manifest.replace(&digest(b"# Evidence\n"), &digest(b"# Other\n"))).unwrap();
        let names: Vec<String> = folder.faults().into_iter().map(|(path, _)| path).collect();
        assert_eq!(names, ["index.md", MANIFEST, SUMS]);
    }

    #[test]
    fn the_sums_are_what_sha256sum_reads() {
        let folder = Folder::sealed("sums");
        let text = fs::read_to_string(folder.0.join(SUMS)).unwrap();
        assert!(text.starts_with(&format!("{}  controls/CM-01.csv\n", digest(b"a,b\n1,2\n"))), "{text}");
        assert!(text.lines().any(|line| line.ends_with("  manifest.json")));
    }
}
