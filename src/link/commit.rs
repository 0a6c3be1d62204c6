//! Delivery by commit: a production deployment shipped the very commit of the change. Also when two commits are the
//! same, for whoever asks.
//!
//! Where one side abbreviates, seven or more hexadecimal digits must agree, and they must fit one commit only.

use std::collections::BTreeSet;

use polars::prelude::*;

use super::delivery::Context;
use super::error::LinkError;
use super::matching::Pairs;

/// The shortest abbreviation that is taken to mean one commit.
pub(super) const SHORTEST: usize = 7;

/// The first delivering deployment of each change's commit, of its own service where that is known: in one repository
/// of many services the same commit goes out with each of them. The whole name comes before an abbreviated one.
pub(super) fn find(context: &Context) -> Result<Pairs, LinkError> {
    let Some(changes) = context.changes.known_text("commit_sha")? else {
        return Ok(Vec::new());
    };
    let deployments = context.delivering(&context.deployments.commit_sha);
    if deployments.null_count() == deployments.len() {
        return Ok(Vec::new());
    }
    let services = context.known_services()?;
    let mut found = Vec::new();
    for (asked, shipped) in spellings(&changes, &deployments) {
        found.extend(context.first_shipping(&asked, &services, &shipped)?);
    }
    // Of several answers the first, which is the longest agreement, stands.
    found.sort_by_key(|(change, _)| *change);
    found.dedup_by_key(|(change, _)| *change);
    Ok(found)
}

/// Both columns as they may agree, the longest agreement first: as they stand, then with one side cut to the length at
/// which the other abbreviates. A text that takes no part in an agreement is null in it.
pub(super) fn spellings<'a>(
    asked: &'a StringChunked,
    shipped: &'a StringChunked,
) -> impl Iterator<Item = (StringChunked, StringChunked)> + 'a {
    let lengths: BTreeSet<usize> = lengths(asked).union(&lengths(shipped)).copied().collect();
    // The longest are whole names: nothing is longer that they could abbreviate.
    let abbreviated = lengths.into_iter().rev().skip(1).flat_map(|length| {
        let by_shipped = (prefixes(asked, length), of_length(shipped, length));
        let by_asked = (of_length(asked, length), prefixes(shipped, length));
        [by_shipped, by_asked]
    });
    std::iter::once((asked.clone(), shipped.clone())).chain(abbreviated)
}

fn lengths(texts: &StringChunked) -> BTreeSet<usize> {
    let mut is_there: Vec<bool> = Vec::new();
    for text in texts.iter().flatten().filter(|text| text.len() >= SHORTEST) {
        if is_there.len() <= text.len() {
            is_there.resize(text.len() + 1, false);
        }
        if let Some(slot) = is_there.get_mut(text.len()) {
            *slot = true;
        }
    }
    let lengths = is_there.iter().enumerate();
    lengths.filter_map(|(length, there)| there.then_some(length)).collect()
}

/// The hexadecimal texts of that length; null for the others.
fn of_length(texts: &StringChunked, length: usize) -> StringChunked {
    let is_short = |text: &&str| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    texts.iter().map(|text| text.filter(is_short)).collect()
}

/// The first `length` characters of the texts that are longer; null for the others, and for a beginning that two
/// different texts share.
fn prefixes(texts: &StringChunked, length: usize) -> StringChunked {
    let mut whole_of: PlHashMap<&str, Option<&str>> = PlHashMap::default();
    for text in texts.iter().flatten().filter(|text| text.len() > length) {
        let Some(prefix) = text.get(..length) else {
            continue;
        };
        let whole = whole_of.entry(prefix).or_insert(Some(text));
        if whole.is_some_and(|whole| whole != text) {
            *whole = None;
        }
    }
    let is_clear = |prefix: &&str| whole_of.get(prefix).copied().flatten().is_some();
    texts.iter().map(|text| text.filter(|text| text.len() > length)?.get(..length).filter(is_clear)).collect()
}
