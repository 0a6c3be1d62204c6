//! One object, fetched whole: in parts side by side where it is large, and ahead of its turn where that was asked for.
//!
//! The bytes stay in memory until they are let go, so that a file can be looked at before it is read.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::address::Address;
use super::error::{RemoteError, Told};

/// An object of a store, or a file on the web.
pub struct Object {
    fetching: Arc<Fetching>,
    path: Path,
    size: Option<u64>,
    /// Parts must be of one version.
    e_tag: Option<String>,
    state: Mutex<State>,
}

/// What a request for an object needs.
pub(super) struct Fetching {
    pub store: Arc<dyn ObjectStore>,
    pub runtime: Handle,
    /// Its own address.
    pub address: Address,
    pub variables: Arc<BTreeMap<String, String>>,
}

type Fetched = Result<Bytes, RemoteError>;

enum State {
    Untouched,
    Coming(JoinHandle<Fetched>),
    Here(Bytes),
}

/// Objects up to this size come in one request.
const PART: u64 = 8 << 20;

/// Parts that are asked for at a time.
const PARTS_AT_ONCE: usize = 6;

impl Object {
    pub(super) fn new(fetching: Fetching, path: Path, size: Option<u64>, e_tag: Option<String>) -> Self {
        Self { fetching: Arc::new(fetching), path, size, e_tag, state: Mutex::new(State::Untouched) }
    }

    /// Its address as people may see it.
    pub fn shown(&self) -> &str {
        &self.fetching.address.shown
    }

    /// The path within its store.
    pub fn key(&self) -> &str {
        self.path.as_ref()
    }

    /// Bytes as stored, where the store said so or they have been fetched.
    pub fn size(&self) -> Option<u64> {
        let fetched = || match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Here(bytes) => Some(bytes.len() as u64),
            State::Untouched | State::Coming(_) => None,
        };
        self.size.or_else(fetched)
    }

    /// Starts to fetch it and does not wait.
    pub fn begin(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Untouched) {
            *state = State::Coming(self.start());
        }
    }

    /// All its bytes; they are fetched once, until they are let go.
    ///
    /// # Errors
    /// When it cannot be fetched.
    pub fn bytes(&self) -> Fetched {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let coming = match std::mem::replace(&mut *state, State::Untouched) {
            State::Here(bytes) => {
                *state = State::Here(bytes.clone());
                return Ok(bytes);
            }
            State::Coming(coming) => coming,
            State::Untouched => self.start(),
        };
        let fetched = self.fetching.runtime.block_on(coming);
        let bytes = fetched.map_err(|error| RemoteError::machine(&error.to_string()))??;
        *state = State::Here(bytes.clone());
        Ok(bytes)
    }

    /// Lets the bytes go; they are fetched anew where they are asked for again.
    pub fn release(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Untouched;
    }

    fn start(&self) -> JoinHandle<Fetched> {
        let (fetching, path) = (self.fetching.clone(), self.path.clone());
        let (size, e_tag) = (self.size, self.e_tag.clone());
        self.fetching.runtime.spawn(async move {
            let fetched = match size {
                Some(size) if size > PART => in_parts(&*fetching.store, &path, size, e_tag).await,
                _ => whole(&*fetching.store, &path).await,
            };
            fetched.map_err(|error| Told { address: &fetching.address, variables: &fetching.variables }.of(&error))
        })
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.debug_tuple("Object").field(&self.shown()).finish()
    }
}

async fn whole(store: &dyn ObjectStore, path: &Path) -> object_store::Result<Bytes> {
    store.get_opts(path, GetOptions::default()).await?.bytes().await
}

/// The parts in their order, some of them on their way at a time; each must be of the version that was listed.
async fn in_parts(
    store: &dyn ObjectStore,
    path: &Path,
    size: u64,
    e_tag: Option<String>,
) -> object_store::Result<Bytes> {
    let part = |range: Range<u64>| {
        let options =
            GetOptions { range: Some(GetRange::Bounded(range)), if_match: e_tag.clone(), ..GetOptions::default() };
        async move { store.get_opts(path, options).await?.bytes().await }
    };
    let begins = (0..size).step_by(PART as usize);
    let parts = futures_util::stream::iter(begins.map(|begin| part(begin..size.min(begin + PART))));
    let mut parts = parts.buffered(PARTS_AT_ONCE);
    let mut bytes = Vec::with_capacity(size as usize);
    while let Some(part) = parts.try_next().await? {
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;

    use super::*;

    #[test]
    fn parts_join_to_the_object() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let stored: Vec<u8> = (0..3 * PART + 5).map(|place| (place % 251) as u8).collect();
        let (store, path) = (InMemory::new(), Path::from("x"));
        let fetched = runtime.block_on(async {
            store.put(&path, stored.clone().into()).await?;
            in_parts(&store, &path, stored.len() as u64, None).await
        });
        assert!(*fetched.unwrap() == *stored);
    }

    #[test]
    fn parts_of_another_version_are_refused() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (store, path) = (InMemory::new(), Path::from("x"));
        let fetched = runtime.block_on(async {
            store.put(&path, vec![0; 20].into()).await?;
            in_parts(&store, &path, 20, Some("another".into())).await
        });
        assert!(matches!(fetched, Err(object_store::Error::Precondition { .. })));
    }
}
