//! Object stores and the web: from an address such as `s3://bucket/exports/` to the objects there, read without state.
//!
//! The only user of `object_store`. Credentials and endpoints come from the variables that `cli` hands in, and stand in
//! no text that leaves here. Nothing is asked of the network before an address is opened. Formats, tables and globs are
//! not known here.

mod address;
mod connect;
mod error;
mod fetch;

pub use address::{Address, HIDDEN_QUERY, Service, is_address, without_secrets};
pub use error::{Cause, RemoteError};
pub use fetch::Object;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use futures_util::TryStreamExt;
use object_store::ObjectMeta;
use object_store::ObjectStore;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use tokio::runtime::Runtime;

use self::connect::connect;
use self::error::Told;

/// The means to reach other machines: the variables that credentials and endpoints are taken from, and a small runtime,
/// which is only made when it is needed. Clones share both. Without variables it reaches what asks for no credentials.
#[derive(Clone, Default)]
pub struct Network {
    variables: Arc<BTreeMap<String, String>>,
    runtime: Arc<OnceLock<Runtime>>,
}

/// A place in an object store, or a file on the web, that can be asked.
pub struct Remote {
    address: Address,
    store: Arc<dyn ObjectStore>,
    path: Path,
    network: Network,
}

impl Network {
    /// A network with these variables, such as `AWS_ACCESS_KEY_ID`; those that no store knows are left alone.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables = variables.into_iter().filter(|(name, value)| connect::is_known(name) && !value.is_empty());
        Self { variables: Arc::new(variables.collect()), runtime: Arc::default() }
    }

    /// Prepares to ask the place of that address; sends nothing yet.
    ///
    /// # Errors
    /// When the address cannot be understood, or the variables do not suffice for it.
    pub fn open(&self, address: &str) -> Result<Remote, RemoteError> {
        let address = Address::parse(address)?;
        let store = connect(&address, &self.variables)?;
        let path = Path::parse(&address.key)
            .map_err(|_| RemoteError::address(&address.shown, "has an empty part, `.` or `..` in its path"))?;
        Ok(Remote { address, store, path, network: self.clone() })
    }

    /// The runtime that waits for answers.
    fn runtime(&self) -> Result<&Runtime, RemoteError> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| RemoteError::machine(&error.to_string()))?;
        Ok(self.runtime.get_or_init(|| runtime))
    }
}

impl fmt::Debug for Network {
    /// The values of variables are secrets, and how a place is reached says nothing of what lies there.
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("Network")
    }
}

impl PartialEq for Network {
    fn eq(&self, other: &Self) -> bool {
        self.variables == other.variables
    }
}

impl Remote {
    /// The store itself, for who reads and writes in it by its own rules; its paths begin at the bucket.
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        self.store.clone()
    }

    /// Where the address leads within the store.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The object at the address itself; none where there is no such object, though there may be some below it. A file
    /// on the web is not asked for before it is read.
    ///
    /// # Errors
    /// When the store cannot be asked, or refuses.
    pub fn object(&self) -> Result<Option<Object>, RemoteError> {
        if self.address.service == Service::Web {
            return Ok(Some(self.of_web()?));
        }
        if self.path.as_ref().is_empty() || self.address.key.ends_with('/') {
            return Ok(None);
        }
        let found = self.network.runtime()?.block_on(self.store.head(&self.path));
        match found {
            Ok(meta) => Ok(Some(self.made(meta)?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.told(&error)),
        }
    }

    /// Every object below a path of the store, in the order of the names of its folders and files.
    ///
    /// # Errors
    /// When the store cannot be asked, or refuses; where there is no such bucket.
    pub fn below(&self, prefix: &str) -> Result<Vec<Object>, RemoteError> {
        let prefix = Path::parse(prefix)
            .map_err(|_| RemoteError::address(&self.address.shown, "has an empty part, `.` or `..` in its path"))?;
        let listing = self.store.list(Some(&prefix));
        let found: Result<Vec<ObjectMeta>, _> = self.network.runtime()?.block_on(listing.try_collect());
        let mut found = found.map_err(|error| self.told(&error))?;
        // Some tools mark a folder by an object of its name that holds nothing.
        found.retain(|meta| meta.location != prefix);
        found.sort_by(|one, other| one.location.parts().cmp(other.location.parts()));
        found.into_iter().map(|meta| self.made(meta)).collect()
    }

    fn made(&self, meta: ObjectMeta) -> Result<Object, RemoteError> {
        let shown = self.address.with_key(meta.location.as_ref());
        Ok(Object::new(self.fetching(shown)?, meta.location, Some(meta.size), meta.e_tag))
    }

    fn of_web(&self) -> Result<Object, RemoteError> {
        Ok(Object::new(self.fetching(self.address.shown.clone())?, self.path.clone(), None, None))
    }

    fn fetching(&self, shown: String) -> Result<fetch::Fetching, RemoteError> {
        Ok(fetch::Fetching {
            store: self.store.clone(),
            runtime: self.network.runtime()?.handle().clone(),
            address: Address { shown, ..self.address.clone() },
            variables: self.network.variables.clone(),
        })
    }

    fn told(&self, error: &object_store::Error) -> RemoteError {
        Told { address: &self.address, variables: &self.network.variables }.of(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_is_printed_shows_no_value() {
        let variables = [("AWS_SECRET_ACCESS_KEY".to_owned(), "hidden".to_owned()), ("HOME".into(), "/root".into())];
        let text = format!("{:?}", Network::new(variables));
        assert_eq!(text, "Network");
    }

    #[test]
    fn opening_an_address_asks_nothing_of_the_network() {
        let network = Network::default();
        assert!(network.open("s3://bucket/exports/2026.csv").is_ok());
        assert!(network.open("https://example.invalid/x.csv").is_ok());
        assert!(network.runtime.get().is_none());
    }
}
