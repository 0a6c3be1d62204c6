//! From paths, folders, globs, addresses and standard input to files that can be opened again and again.
//!
//! Packing is recognised by the first bytes, never by a name. Nothing here knows formats or tables.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use globset::{GlobBuilder, GlobMatcher};
use sha2::{Digest, Sha256};

use super::error::SourceError;
use super::objects;
use super::spec::{Encoding, Spec};
use crate::remote::{Object, is_address};

/// A file to be read.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// As it is shown to a person.
    pub shown: String,
    pub origin: Origin<'a>,
}

#[derive(Debug)]
pub(super) enum Origin<'a> {
    Path(PathBuf),
    Borrowed(&'a [u8]),
    /// Standard input, which cannot be read twice.
    Owned(Vec<u8>),
    Remote(Arc<Object>),
}

/// An opened file: its text or bytes, unpacked and decoded.
pub(super) struct Opened<'a> {
    /// The first bytes; `reader` gives them again.
    pub head: Vec<u8>,
    pub reader: Box<dyn Read + 'a>,
    pub is_packed: bool,
}

/// The files of one source, in the order of their paths.
pub(super) fn find(spec: &Spec, base: &Path) -> Result<Vec<Found<'static>>, SourceError> {
    if spec.path == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map_err(|cause| SourceError::io("read", "standard input", cause))?;
        return Ok(vec![Found { shown: "standard input".into(), origin: Origin::Owned(bytes) }]);
    }
    if is_address(&spec.path) {
        return objects::find(spec);
    }
    let path = base.join(&spec.path);
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => folder(&spec.path, &path),
        Ok(_) => Ok(vec![Found { shown: spec.path.clone(), origin: Origin::Path(path) }]),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound && is_pattern(&spec.path) => glob(&spec.path, base),
        Err(cause) if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(SourceError::Missing { path: spec.path.clone(), base: shown_base(base) })
        }
        Err(cause) => Err(SourceError::io("open", &spec.path, cause)),
    }
}

/// Whether a file was found because it lies below the folder that the source names.
pub(super) fn is_in_folder(spec: &Spec, base: &Path, file: &Found) -> bool {
    match is_address(&spec.path) {
        true => objects::is_in_folder(spec, file),
        false => base.join(&spec.path).is_dir(),
    }
}

/// Bytes of objects that may be on their way before their turn.
const AHEAD: u64 = 64 << 20;

/// Starts to fetch the next of these files that lie elsewhere, so that they come while the first is read.
pub(super) fn fetch_ahead<'a>(files: impl Iterator<Item = &'a Found<'a>>) {
    let mut bytes = 0;
    for file in files {
        let Origin::Remote(object) = &file.origin else { continue };
        bytes += object.size().unwrap_or(AHEAD / 4);
        if bytes > AHEAD {
            return;
        }
        object.begin();
    }
}

impl Found<'_> {
    /// Size as stored, where it can be known.
    pub fn bytes(&self) -> Option<u64> {
        match &self.origin {
            Origin::Path(path) => fs::metadata(path).ok().map(|metadata| metadata.len()),
            Origin::Borrowed(bytes) => Some(bytes.len() as u64),
            Origin::Owned(bytes) => Some(bytes.len() as u64),
            Origin::Remote(object) => object.size(),
        }
    }

    /// Lets go of what was fetched, once it has been read.
    pub fn release(&self) {
        if let Origin::Remote(object) = &self.origin {
            object.release();
        }
    }

    /// SHA-256 of the bytes as stored, in hexadecimal digits.
    pub fn digest(&self) -> Result<String, SourceError> {
        let mut hasher = Sha256::new();
        match &self.origin {
            Origin::Path(path) => {
                let fail = |cause| SourceError::io("read", &self.shown, cause);
                let mut file = File::open(path).map_err(fail)?;
                let mut bytes = vec![0; 1 << 20];
                loop {
                    let count = file.read(&mut bytes).map_err(fail)?;
                    if count == 0 {
                        break;
                    }
                    hasher.update(&bytes[..count]);
                }
            }
            Origin::Borrowed(bytes) => hasher.update(bytes),
            Origin::Owned(bytes) => hasher.update(bytes),
            Origin::Remote(object) => hasher.update(object.bytes()?),
        }
        Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Opens it from its beginning; `progress` is told how many stored bytes have been read.
    pub fn open<'b>(&'b self, encoding: Encoding, progress: &'b dyn Fn(u64)) -> Result<Opened<'b>, SourceError> {
        let stored: Box<dyn Read + 'b> = match &self.origin {
            Origin::Path(path) => {
                let file = File::open(path).map_err(|cause| SourceError::io("open", &self.shown, cause))?;
                Box::new(file)
            }
            Origin::Borrowed(bytes) => Box::new(*bytes),
            Origin::Owned(bytes) => Box::new(bytes.as_slice()),
            Origin::Remote(object) => Box::new(io::Cursor::new(object.bytes()?)),
        };
        let mut reader: Box<dyn Read + 'b> = Box::new(Counted { reader: stored, count: 0, progress });
        let fail = |cause| SourceError::io("read", &self.shown, cause);
        let mut head = beginning(&mut reader, 4).map_err(fail)?;
        reader = Box::new(io::Cursor::new(head.clone()).chain(reader));
        let is_gzip = head.starts_with(&[0x1f, 0x8b]);
        let is_zstd = head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
        if is_gzip {
            reader = Box::new(MultiGzDecoder::new(reader));
        } else if is_zstd {
            reader = Box::new(zstd::stream::read::Decoder::new(reader).map_err(fail)?);
        }
        let is_packed = is_gzip || is_zstd;
        let fail = |cause: io::Error| self.read_error(is_packed, cause);
        head = beginning(&mut reader, HEAD).map_err(fail)?;
        reader = Box::new(io::Cursor::new(head.clone()).chain(reader));
        if encoding == Encoding::Windows1252 {
            reader = Box::new(Decoded { reader, text: Vec::new(), given: 0 });
            head = beginning(&mut reader, HEAD).map_err(fail)?;
            reader = Box::new(io::Cursor::new(head.clone()).chain(reader));
        }
        Ok(Opened { head, reader, is_packed })
    }

    /// An error while reading; in a packed file it means that the file is damaged.
    pub fn read_error(&self, is_packed: bool, cause: io::Error) -> SourceError {
        if is_packed {
            return SourceError::Damaged { path: self.shown.clone(), cause: cause.to_string() };
        }
        SourceError::io("read", &self.shown, cause)
    }
}

const HEAD: u64 = 64 * 1024;

fn beginning(reader: &mut dyn Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Tells how many stored bytes have been read.
struct Counted<'a> {
    reader: Box<dyn Read + 'a>,
    count: u64,
    progress: &'a dyn Fn(u64),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.count += count as u64;
        (self.progress)(self.count);
        Ok(count)
    }
}

/// Makes UTF-8 of Windows-1252.
struct Decoded<'a> {
    reader: Box<dyn Read + 'a>,
    text: Vec<u8>,
    given: usize,
}

impl Read for Decoded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            let mut bytes = [0; 8192];
            let count = self.reader.read(&mut bytes)?;
            self.text = bytes[..count].iter().map(|byte| windows_1252(*byte)).collect::<String>().into_bytes();
            self.given = 0;
        }
        let count = (&self.text[self.given..]).read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

/// The characters of 0x80 to 0x9f; the five that the code page leaves open are the C1 controls, as browsers do.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn folder(shown: &str, path: &Path) -> Result<Vec<Found<'static>>, SourceError> {
    let mut files = Vec::new();
    walk(path, Path::new(shown), &mut files)?;
    if files.is_empty() {
        return Err(SourceError::EmptyFolder { path: shown.to_owned() });
    }
    Ok(files)
}

/// Whether something of that name may be an export: hidden files, settings and prose lie beside those.
pub(super) fn is_read_in_a_folder(name: &str) -> bool {
    !name.starts_with('.') && ![".toml", ".md"].iter().any(|ending| name.ends_with(ending))
}

/// Every file below a folder that may be an export, in the order of the names; links to folders are not followed.
fn walk(path: &Path, shown: &Path, files: &mut Vec<Found<'static>>) -> Result<(), SourceError> {
    let fail = |cause| SourceError::io("list", &shown.to_string_lossy(), cause);
    let mut entries = fs::read_dir(path).map_err(fail)?.collect::<Result<Vec<_>, _>>().map_err(fail)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if !is_read_in_a_folder(&name.to_string_lossy()) {
            continue;
        }
        let shown = shown.join(&name);
        if entry.file_type().map_err(fail)?.is_dir() {
            walk(&entry.path(), &shown, files)?;
        } else if entry.path().is_file() {
            files.push(Found { shown: shown.to_string_lossy().into_owned(), origin: Origin::Path(entry.path()) });
        }
    }
    Ok(())
}

pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// A pattern of paths, in which `*` stays within a folder.
pub(super) struct Matcher(GlobMatcher);

impl Matcher {
    /// # Errors
    /// When the pattern cannot be read.
    pub fn new(pattern: &str) -> Result<Self, SourceError> {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        let fail = |cause: String| SourceError::Pattern { pattern: pattern.to_owned(), cause };
        glob.map(|glob| Self(glob.compile_matcher())).map_err(|error| fail(error.kind().to_string()))
    }

    pub fn fits(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

fn glob(pattern: &str, base: &Path) -> Result<Vec<Found<'static>>, SourceError> {
    let matcher = Matcher::new(pattern)?;
    let fixed: PathBuf = Path::new(pattern)
        .components()
        .take_while(|part| match part {
            Component::Normal(name) => !is_pattern(&name.to_string_lossy()),
            _ => true,
        })
        .collect();
    let mut files = Vec::new();
    if base.join(&fixed).is_dir() {
        walk(&base.join(&fixed), &fixed, &mut files)?;
    }
    files.retain(|file| matcher.fits(&file.shown));
    if files.is_empty() {
        return Err(SourceError::NoMatch { pattern: pattern.to_owned(), base: shown_base(base) });
    }
    Ok(files)
}

fn shown_base(base: &Path) -> String {
    match base.as_os_str().is_empty() || base == Path::new(".") {
        true => "the current folder".into(),
        false => format!("`{}`", base.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], encoding: Encoding) -> Result<String, SourceError> {
        let file = Found { shown: "x".into(), origin: Origin::Borrowed(bytes) };
        let mut opened = file.open(encoding, &|_| {})?;
        let mut text = String::new();
        opened.reader.read_to_string(&mut text).map_err(|cause| file.read_error(opened.is_packed, cause))?;
        Ok(text)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
        let mut packed = Vec::new();
        encoder.read_to_end(&mut packed).unwrap();
        packed
    }

    #[test]
    fn packing_is_recognised_by_the_first_bytes() {
        assert_eq!(text(b"plain", Encoding::Utf8).unwrap(), "plain");
        assert_eq!(text(&gzip(b"packed"), Encoding::Utf8).unwrap(), "packed");
        let joined = [gzip(b"one,"), gzip(b"two")].concat();
        assert_eq!(text(&joined, Encoding::Utf8).unwrap(), "one,two");
        assert_eq!(text(&zstd::encode_all(&b"packed"[..], 1).unwrap(), Encoding::Utf8).unwrap(), "packed");
        assert_eq!(text(b"", Encoding::Utf8).unwrap(), "");
    }

    #[test]
    fn a_packed_file_that_is_cut_off_is_damaged() {
        let packed = gzip(&b"text that is long enough to be packed ".repeat(50));
        let error = text(&packed[..packed.len() - 9], Encoding::Utf8).unwrap_err();
        assert!(error.to_string().starts_with("file `x` is damaged"), "{error}");
        let packed = zstd::encode_all(&b"text ".repeat(50)[..], 1).unwrap();
        let error = text(&packed[..packed.len() - 3], Encoding::Utf8).unwrap_err();
        assert!(error.to_string().starts_with("file `x` is damaged"), "{error}");
    }

    #[test]
    fn windows_1252_becomes_utf_8() {
        let bytes = b"caf\xe9 \x80 5 \x96 \x93x\x94";
        assert_eq!(text(bytes, Encoding::Windows1252).unwrap(), "café € 5 – “x”");
    }
}
