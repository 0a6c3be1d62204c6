//! The world that typst works in: the templates, the files of one report, fonts, and the report's own moment.

use std::collections::BTreeMap;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::sink::{Assets, SinkError};

/// Everything there is; what is not here does not exist.
pub struct Desk {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: FileId,
    sources: BTreeMap<String, Source>,
    files: BTreeMap<String, Bytes>,
    now: Option<Datetime>,
}

impl Desk {
    /// A desk on which `main` is set, with `files` beside it.
    pub fn new(
        assets: &Assets,
        main: &str,
        files: Vec<(String, Vec<u8>)>,
        now: Option<Datetime>,
    ) -> Result<Self, SinkError> {
        let fonts: Vec<Font> = assets.fonts().flat_map(|bytes| Font::iter(Bytes::new(bytes.to_vec()))).collect();
        let mut sources = BTreeMap::new();
        for name in assets.names().filter(|name| name.ends_with(".typ")) {
            sources.insert(name.to_owned(), Source::new(id(name)?, assets.text(name)?.to_owned()));
        }
        Ok(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            main: id(main)?,
            sources,
            files: files.into_iter().map(|(name, bytes)| (name, Bytes::new(bytes))).collect(),
            now,
        })
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.sources.get(name(id)?).cloned().ok_or_else(|| absent(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(name(id)?).cloned().ok_or_else(|| absent(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        self.now
    }
}

fn id(name: &str) -> Result<FileId, SinkError> {
    let path = VirtualPath::new(name).map_err(|error| SinkError::Template {
        template: name.to_owned(),
        line: 0,
        cause: format!("it has no place among templates: {error:?}"),
    })?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// The file's name; a package has none here, because there is no network.
fn name(id: FileId) -> FileResult<&'static str> {
    let path = id.get();
    match path.root() {
        VirtualRoot::Project => Ok(path.vpath().get_without_slash()),
        VirtualRoot::Package(_) => Err(FileError::Other(Some("packages cannot be loaded: there is no network".into()))),
    }
}

fn absent(id: FileId) -> FileError {
    FileError::NotFound(id.get().vpath().get_without_slash().into())
}
