//! The two joins that every link is made of: equal texts, and the nearest event of a group in time.
//!
//! Both answer with row numbers only. Nulls equal nothing, and order and thread count change nothing.

use std::cmp::Reverse;

use polars::prelude::*;

use super::error::LinkError;

/// Things that happened: an instant for each row, and the texts that must be the same to be neighbours.
pub(super) struct Events {
    pub at: Int64Chunked,
    pub groups: Vec<StringChunked>,
    /// The row number that each event has in its own table; none where it is the event's own place.
    pub rows: Option<Vec<IdxSize>>,
}

/// (row of the left side, row of the right side), in order.
pub(super) type Pairs = Vec<(IdxSize, IdxSize)>;

/// For each event, the row of its neighbour.
pub(super) struct Neighbours(IdxCa);

impl Neighbours {
    pub fn iter(&self) -> impl Iterator<Item = Option<IdxSize>> + '_ {
        self.0.downcast_iter().flat_map(|chunk| chunk.iter().map(|row| row.copied()))
    }

    /// (place of the event, row of its neighbour) where there is one, in order of events.
    pub fn pairs(&self) -> Pairs {
        (0..).zip(self.iter()).filter_map(|(event, row)| Some((event, row?))).collect()
    }
}

/// Which neighbour is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Neighbour {
    /// The latest event at or before.
    AtOrBefore,
    /// The latest event strictly before.
    Before,
    /// The first event at or after.
    AtOrAfter,
}

/// For each event of `left`, the row of its neighbour in `right`; of several at one instant the smallest row.
///
/// # Errors
/// When both sides have a different number of groups.
pub(super) fn nearest(left: &Events, right: &Events, neighbour: Neighbour) -> Result<Neighbours, LinkError> {
    // The join takes the last of equal instants when it looks back, and the first when it looks ahead.
    let (right_order, strategy) = match neighbour {
        Neighbour::AtOrAfter => (order_by(&right.at, false), AsofStrategy::Forward),
        _ => (order_by(&right.at, true), AsofStrategy::Backward),
    };
    let left_order = order_by(&left.at, false);
    let left_frame = frame_of(left, left_order.as_ref(), None)?;
    let right_rows = match &right.rows {
        Some(rows) => IdxCa::from_slice("row".into(), rows),
        None => IdxCa::from_vec("row".into(), (0..right.at.len() as IdxSize).collect()),
    };
    let mut right_frame = frame_of(right, right_order.as_ref(), Some(right_rows))?;
    if right.at.null_count() > 0 {
        right_frame = right_frame.filter(&right_frame.column("at")?.is_not_null())?;
    }
    let groups: Vec<String> = (0..left.groups.len()).map(group_name).collect();
    let joined = left_frame.join_asof_by(
        &right_frame,
        "at",
        "at",
        &groups,
        &groups,
        strategy,
        None,
        neighbour != Neighbour::Before,
        false,
    )?;
    let found = joined.column("row")?.idx()?;
    Ok(Neighbours(match left_order {
        None => found.clone(),
        Some(order) => scattered(&order, found),
    }))
}

/// All pairs (row of `left`, row of `right`) with the same text, in order of rows.
///
/// # Errors
/// When the join fails.
pub(super) fn equal_rows(left: &StringChunked, right: &StringChunked) -> Result<Pairs, LinkError> {
    let left = keyed(std::slice::from_ref(left), "left")?;
    let right = keyed(std::slice::from_ref(right), "right")?;
    matched(&left, &right, 1)
}

/// As [`equal_rows`], but over several texts at once, and with only the first row of `right` for each.
///
/// # Errors
/// When the join fails.
pub(super) fn first_equal_rows(left: &[StringChunked], right: &[StringChunked]) -> Result<Pairs, LinkError> {
    let keys: Vec<String> = (0..right.len()).map(group_name).collect();
    let right_frame = keyed(right, "right")?.unique_stable(Some(&keys), UniqueKeepStrategy::First, None)?;
    matched(&keyed(left, "left")?, &right_frame, left.len())
}

/// The texts of the rows for which `is_kept` holds; null for the others.
pub(super) fn kept(texts: &StringChunked, is_kept: impl Fn(IdxSize) -> bool) -> StringChunked {
    texts.iter().zip(0..).map(|(text, row)| text.filter(|_| is_kept(row))).collect()
}

fn group_name(place: usize) -> String {
    format!("group{place}")
}

/// The places of all instants in order, or none where they are in order already. Equal instants stand in order
/// of their places, or the other way round where the tie is to be `reversed`. Nulls may stand anywhere.
fn order_by(at: &Int64Chunked, reversed: bool) -> Option<IdxCa> {
    let is_ordered = at.iter().flatten().is_sorted_by(|one, next| one < next || (one == next && !reversed));
    if is_ordered {
        return None;
    }
    // Where nulls stand does not matter; without them a place takes sixteen bytes, and there are millions.
    let mut places: Vec<(i64, IdxSize)> = at.iter().map(|instant| instant.unwrap_or(i64::MIN)).zip(0..).collect();
    if reversed {
        places.sort_unstable_by_key(|(instant, place)| (*instant, Reverse(*place)));
    } else {
        places.sort_unstable();
    }
    let places = places.into_iter().map(|(_, place)| place).collect();
    Some(IdxCa::from_vec(PlSmallStr::EMPTY, places))
}

fn frame_of(events: &Events, order: Option<&IdxCa>, rows: Option<IdxCa>) -> Result<DataFrame, LinkError> {
    let mut columns = vec![events.at.clone().with_name("at".into()).into_column()];
    columns.extend(rows.map(IntoColumn::into_column));
    for (place, group) in events.groups.iter().enumerate() {
        let name = group_name(place).into();
        columns.push(group.clone().with_name(name).into_column());
    }
    let frame = DataFrame::new(events.at.len(), columns)?;
    Ok(match order {
        None => frame,
        Some(order) => frame.take(order)?,
    })
}

fn scattered(order: &IdxCa, found: &IdxCa) -> IdxCa {
    let mut result = vec![None; order.len()];
    for (place, row) in order.iter().zip(found.iter()) {
        if let Some(slot) = place.and_then(|place| result.get_mut(place as usize)) {
            *slot = row;
        }
    }
    result.into_iter().collect()
}

/// The rows where every text is known, with their row numbers.
fn keyed(texts: &[StringChunked], row_name: &str) -> Result<DataFrame, LinkError> {
    let height = texts.first().map_or(0, |column| column.len());
    let rows = IdxCa::from_vec(row_name.into(), (0..height as IdxSize).collect());
    let mut columns = vec![rows.into_column()];
    let mut is_known: Option<BooleanChunked> = None;
    for (place, text) in texts.iter().enumerate() {
        columns.push(text.clone().with_name(group_name(place).into()).into_column());
        if text.null_count() > 0 {
            let known = text.is_not_null();
            is_known = Some(is_known.map_or_else(|| known.clone(), |mask| &mask & &known));
        }
    }
    let frame = DataFrame::new(height, columns)?;
    Ok(match is_known {
        None => frame,
        Some(mask) => frame.filter(&mask)?,
    })
}

fn matched(left: &DataFrame, right: &DataFrame, keys: usize) -> Result<Pairs, LinkError> {
    if left.height() == 0 || right.height() == 0 {
        return Ok(Vec::new());
    }
    let names: Vec<String> = (0..keys).map(group_name).collect();
    let joined = left.inner_join(right, &names, &names)?;
    let left_rows = joined.column("left")?.idx()?;
    let right_rows = joined.column("right")?.idx()?;
    let mut pairs: Vec<(IdxSize, IdxSize)> =
        left_rows.iter().zip(right_rows.iter()).filter_map(|(left, right)| Some((left?, right?))).collect();
    pairs.sort_unstable();
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[Option<&str>]) -> StringChunked {
        values.iter().copied().collect()
    }

    fn events(at: &[Option<i64>], groups: &[Option<&str>]) -> Events {
        Events { at: at.iter().copied().collect(), groups: vec![texts(groups)], rows: None }
    }

    #[test]
    fn nulls_equal_nothing_and_pairs_come_in_order_of_rows() {
        let left = texts(&[Some("b"), None, Some("a"), Some("b")]);
        let right = texts(&[Some("b"), Some("a"), None, Some("b")]);
        let pairs = equal_rows(&left, &right).unwrap();
        assert_eq!(pairs, [(0, 0), (0, 3), (2, 1), (3, 0), (3, 3)]);
        let first = first_equal_rows(&[left], &[right]).unwrap();
        assert_eq!(first, [(0, 0), (2, 1), (3, 0)]);
    }

    #[test]
    fn looking_back_finds_the_latest_of_the_group_and_the_smallest_row_of_a_tie() {
        let right = events(&[Some(1), Some(5), Some(5), Some(9)], &[Some("a"), Some("a"), Some("a"), Some("b")]);
        let left = events(
            &[Some(9), Some(5), Some(1), Some(0), None, Some(9)],
            &[Some("a"), Some("a"), Some("a"), Some("a"), Some("a"), Some("c")],
        );
        let found = |neighbour| nearest(&left, &right, neighbour).unwrap().iter().collect::<Vec<_>>();
        let closed = found(Neighbour::AtOrBefore);
        assert_eq!(closed, [Some(1), Some(1), Some(0), None, None, None]);
        let open = found(Neighbour::Before);
        assert_eq!(open, [Some(1), Some(0), None, None, None, None]);
    }

    #[test]
    fn looking_ahead_finds_the_first_and_a_null_group_has_no_neighbours() {
        let right = events(&[Some(5), Some(5), Some(7), None], &[Some("a"), Some("a"), None, Some("a")]);
        let left = events(&[Some(5), Some(1), Some(6)], &[Some("a"), Some("a"), None]);
        let found = nearest(&left, &right, Neighbour::AtOrAfter).unwrap();
        assert_eq!(found.pairs(), [(0, 0), (1, 0)]);
    }
}
