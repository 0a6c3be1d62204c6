//! Sources in object stores and on the web: which objects an address means, as `files` says it for paths.

use std::sync::Arc;

use super::error::SourceError;
use super::files::{Found, Matcher, Origin, is_pattern, is_read_in_a_folder};
use super::spec::Spec;
use crate::remote::{Address, Object, Remote, RemoteError, Service};

/// The objects of one source, in the order in which `files::find` gives the same files: one object, all below a folder,
/// or those that a pattern fits.
pub(super) fn find(spec: &Spec) -> Result<Vec<Found<'static>>, SourceError> {
    let remote = spec.network.open(&spec.path)?;
    let address = remote.address();
    if let Some(object) = remote.object()? {
        return Ok(vec![found(object)]);
    }
    if is_pattern(&address.key) {
        return glob(&remote);
    }
    let below = below(&remote, &address.key)?;
    match below.is_empty() {
        true => Err(RemoteError::missing(&address.shown).into()),
        false => Ok(below),
    }
}

/// Whether a file was found below the address, not at it.
pub(super) fn is_in_folder(spec: &Spec, file: &Found) -> bool {
    let Ok(address) = Address::parse(&spec.path) else { return false };
    address.service != Service::Web && !is_pattern(&address.key) && file.shown != address.shown
}

fn found(object: Object) -> Found<'static> {
    Found { shown: object.shown().to_owned(), origin: Origin::Remote(Arc::new(object)) }
}

fn glob(remote: &Remote) -> Result<Vec<Found<'static>>, SourceError> {
    let address = remote.address();
    let matcher = Matcher::new(&address.key)?;
    let fixed = address.key.split('/').take_while(|part| !is_pattern(part)).collect::<Vec<_>>().join("/");
    let objects = remote.below(&fixed)?;
    let fitting: Vec<Found> = objects.into_iter().filter(|object| matcher.fits(object.key())).map(found).collect();
    match fitting.is_empty() {
        true => {
            Err(SourceError::NoMatch { pattern: address.shown.clone(), base: format!("bucket `{}`", address.bucket) })
        }
        false => Ok(fitting),
    }
}

/// Every visible object below a folder that may be an export.
fn below(remote: &Remote, folder: &str) -> Result<Vec<Found<'static>>, SourceError> {
    let folder = folder.trim_end_matches('/');
    let objects = remote.below(folder)?;
    let is_read = |object: &Object| {
        let within = object.key().strip_prefix(folder).unwrap_or(object.key());
        within.split('/').filter(|part| !part.is_empty()).all(is_read_in_a_folder)
    };
    Ok(objects.into_iter().filter(is_read).map(found).collect())
}
