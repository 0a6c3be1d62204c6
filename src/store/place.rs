//! Where a store is: a folder, or a place in an object store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path as ObjectPath;
use url::Url;

use super::error::StoreError;
use crate::remote::{Network, Service, is_address};

/// The place of a store.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// As the user wrote it.
    pub shown: String,
    /// With a slash at its end.
    pub url: Url,
    /// Where it is a folder on this machine.
    pub folder: Option<PathBuf>,
    /// Where it is in an object store: that store, and the path in it.
    pub bucket: Option<(Arc<dyn ObjectStore>, ObjectPath)>,
}

impl Place {
    /// # Errors
    /// Where it is neither a path nor the URL of an object store.
    pub fn of(text: &str, network: &Network) -> Result<Self, StoreError> {
        let refuse = |cause: String| StoreError::Place { place: text.to_owned(), cause };
        if text.is_empty() {
            return Err(refuse("it is empty".into()));
        }
        if is_address(text) && !text.starts_with("file://") {
            let remote = network.open(text)?;
            if remote.address().service == Service::Web {
                return Err(refuse("nothing can be written to an address of the web".into()));
            }
            let slashed = format!("{}/", text.trim_end_matches('/'));
            let url = Url::parse(&slashed).map_err(|error| refuse(error.to_string()))?;
            let bucket = Some((remote.store(), remote.path().clone()));
            return Ok(Self { shown: remote.address().shown.clone(), url, folder: None, bucket });
        }
        let path = text.strip_prefix("file://").unwrap_or(text);
        let folder = std::path::absolute(path).map_err(|error| refuse(error.to_string()))?;
        let url = Url::from_directory_path(&folder).map_err(|()| refuse("it is no path".into()))?;
        Ok(Self { shown: text.to_owned(), url, folder: Some(folder), bucket: None })
    }

    /// The URL of a table.
    pub fn table(&self, name: &str) -> Result<Url, StoreError> {
        self.url
            .join(&format!("{name}/"))
            .map_err(|error| StoreError::Place { place: self.shown.clone(), cause: error.to_string() })
    }

    /// The folder of a table, where it is on this machine.
    pub fn table_folder(&self, name: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(name))
    }

    /// Names of what lies in the folder, sorted; none where there is no folder.
    pub fn entries(&self) -> Vec<String> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Whether a link can be made beside that file; true where it cannot be told.
pub(super) fn has_hard_links(file: &Path) -> bool {
    let link = file.with_extension("link");
    let _ = std::fs::remove_file(&link);
    match std::fs::hard_link(file, &link) {
        Ok(()) => {
            let _ = std::fs::remove_file(&link);
            true
        }
        Err(cause) => !tells_of_no_links(&cause),
    }
}

/// EPERM is what FAT says, ENOTSUP and ENOSYS what network shares say; all else is about this file or this disk.
fn tells_of_no_links(cause: &std::io::Error) -> bool {
    matches!(cause.raw_os_error(), Some(1 | 38 | 95))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_file_system_cannot_do_is_told_as_such() {
        let of_system = |number: i32| tells_of_no_links(&std::io::Error::from_raw_os_error(number));
        assert!([1, 38, 95].into_iter().all(of_system), "FAT and network shares");
        let (denied, exists, full, read_only) = (13, 17, 28, 30);
        assert!(![denied, exists, full, read_only].into_iter().any(of_system));
    }

    #[test]
    fn a_path_is_a_folder_and_a_url_is_none() {
        let network = Network::default();
        let place = Place::of("some/store", &network).unwrap();
        assert!(place.folder.unwrap().ends_with("some/store"));
        assert!(place.url.as_str().ends_with("some/store/"));
        assert!(Place::of("", &network).is_err());
        assert!(Place::of("https://example.com/store", &network).is_err());
    }
}
