//! Delivery by order of time: the first deployment of the change's service to take effect, at or after its merge.
//!
//! Only merged changes take part; where no merge of any change is recorded, the first commit stands for the merge, or
//! the opening where that is not known. A change that went out with a deployment that ended without taking effect goes
//! with the first of that service to succeed afterwards, whenever it was merged.

use polars::prelude::*;

use super::delivery::{Context, Delivery};
use super::error::LinkError;
use super::matching::Pairs;
use super::parallel::on_slices;
use super::records::text_at;
use super::timetable::Timetable;
use crate::definitions::DeliveryRule as Rule;

/// Gives each change that has no delivery yet, and that may be guessed (`is_open`), the next deployment of its service.
///
/// It writes into `delivered` at once: there are as many pairs as changes.
///
/// # Errors
/// When a column has another type than its table says.
pub(super) fn deliver(
    context: &Context,
    is_open: impl Fn(IdxSize) -> bool + Sync,
    delivered: &mut [Option<Delivery>],
) -> Result<(), LinkError> {
    let timetable = Timetable::new(context.deployments, |row| context.is_delivering(row));
    for (change, deployment) in after_a_failure(context, &timetable) {
        if let Some(slot @ None) = delivered.get_mut(change as usize).filter(|_| is_open(change)) {
            *slot = Some((deployment, Rule::Next));
        }
    }
    let has_merges = context.changes.is_known("merged_at");
    let ready_at = match has_merges {
        true => context.changes.instants("merged_at")?,
        false => begun_at(context)?,
    };
    let ready_at = unnamed(context, ready_at);
    let services = context.changes.text("service")?;
    on_slices(delivered, |first, slots| {
        let mut timetable = timetable.reader();
        let services = services.slice(first as i64, slots.len());
        let ready_at = ready_at.slice(first as i64, slots.len());
        let changes = (first as IdxSize..).zip(services.iter().zip(ready_at.iter()));
        for (slot, (change, asked)) in slots.iter_mut().zip(changes) {
            if let (None, (Some(service), Some(at))) = (&slot, asked)
                && is_open(change)
            {
                *slot = timetable.next(service, at).map(|row| (row, Rule::Next));
            }
        }
    });
    Ok(())
}

/// The first commit of each change, or its opening where that is not known.
fn begun_at(context: &Context) -> Result<Int64Chunked, LinkError> {
    let committed_at = context.changes.instants("committed_at")?;
    if committed_at.null_count() == 0 {
        return Ok(committed_at);
    }
    let opened_at = context.changes.instants("opened_at")?;
    Ok(committed_at.iter().zip(opened_at.iter()).map(|(committed_at, opened_at)| committed_at.or(opened_at)).collect())
}

/// The instants of changes, null for those whose record names a production deployment: that one may not have worked,
/// but an earlier one did not ship them.
fn unnamed(context: &Context, at: Int64Chunked) -> Int64Chunked {
    if context.named.found.is_empty() {
        return at;
    }
    let in_production = |(_, named): &&(IdxSize, IdxSize)| context.deployments.is_production(*named);
    let mut named = context.named.found.iter().filter(in_production).map(|(change, _)| *change).peekable();
    let kept = at.iter().zip(0..).map(|(at, row)| {
        while named.next_if(|named| *named < row).is_some() {}
        at.filter(|_| named.peek() != Some(&row))
    });
    kept.collect()
}

/// For each change whose record names a production deployment that ended without taking effect, the next one that did.
fn after_a_failure(context: &Context, timetable: &Timetable) -> Pairs {
    let deployments = context.deployments;
    let is_carried = |row| deployments.is_production(row) && !context.is_delivering(row);
    let mut timetable = timetable.reader();
    let carried = context.named.found.iter().filter(|(_, named)| is_carried(*named));
    let next = carried.filter_map(|(change, named)| {
        let service = text_at(&deployments.service, *named)?;
        Some((*change, timetable.next(service, deployments.finished_at(*named)?)?))
    });
    next.collect()
}
