//! References from one table to another, resolved; those that name nothing become the `dangling` table.
//!
//! A reference that is the end of exactly one key of a tool, as `41` is of `github:acme/shop#41`, names that.
//! Only tables that are there are asked: a reference to an absent table is not known to be wrong.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::columns::Columns;
use super::error::LinkError;
use super::matching::{Pairs, equal_rows};
use super::output;
use super::records::{Deployments, Incidents, text_at};
use crate::table::Shortened;

/// A column of references, resolved against the keys of another table.
#[derive(Default)]
pub(super) struct Resolved {
    /// (row of the reference, row of what it names), in order.
    pub found: Pairs,
    /// Rows whose reference names nothing, in order.
    pub missing: Vec<IdxSize>,
    /// Of these, the keys that a reference may mean, where they are several.
    unclear: BTreeMap<IdxSize, Vec<String>>,
}

/// Every column of references that links rest on.
pub(super) struct References {
    /// `incidents.deployment_id`
    pub blamed: Resolved,
    /// `deployments.rollback_of`
    pub undone: Resolved,
    /// `changes.deployment_id`
    pub shipping: Resolved,
    fixed: Resolved,
    tickets: Resolved,
}

impl References {
    /// Resolves all of them; `tickets` are the keys of that table.
    ///
    /// # Errors
    /// When a join fails.
    pub fn resolve(
        incidents: &Incidents,
        deployments: &Deployments,
        changes: &Columns,
        tickets: &StringChunked,
    ) -> Result<Self, LinkError> {
        let mut of_tickets = resolve(&incidents.ticket_id, tickets, "tickets")?;
        // A change record that only deployments know is a ticket as well.
        let known = resolve(&incidents.ticket_id, &deployments.ticket_id, "tickets")?;
        let is_unknown = |row: &IdxSize| known.missing.binary_search(row).is_ok();
        of_tickets.missing.retain(|row| known.found.is_empty() || is_unknown(row));
        Ok(Self {
            blamed: resolve(&incidents.deployment_id, &deployments.ids, "deployments")?,
            undone: resolve(&deployments.rollback_of, &deployments.ids, "deployments")?,
            shipping: match changes.known_text("deployment_id")? {
                Some(named) => resolve(&named, &deployments.ids, "deployments")?,
                None => Resolved::default(),
            },
            fixed: resolve(&deployments.fixes_incident_id, &incidents.ids, "incidents")?,
            tickets: of_tickets,
        })
    }

    /// The `dangling` table: `table, id, column, value, reason`, in order of table, column and id.
    ///
    /// # Errors
    /// When the rows cannot be handed over.
    pub fn dangling(
        &self,
        incidents: &Incidents,
        deployments: &Deployments,
        changes: &Columns,
    ) -> Result<RecordBatch, LinkError> {
        let of_changes = |name| match self.shipping.missing.is_empty() {
            true => Ok(StringChunked::default()),
            false => changes.text(name),
        };
        let (change_ids, shipping) = (of_changes("change_id")?, of_changes("deployment_id")?);
        let of_changes = (&change_ids, &shipping);
        let of_incidents = |values| (&incidents.ids, values);
        let of_deployments = |values| (&deployments.ids, values);
        dangling(&[
            Reference {
                path: ["changes", "deployment_id"],
                names: "deployment",
                texts: of_changes,
                resolved: &self.shipping,
            },
            Reference {
                path: ["deployments", "fixes_incident_id"],
                names: "incident",
                texts: of_deployments(&deployments.fixes_incident_id),
                resolved: &self.fixed,
            },
            Reference {
                path: ["deployments", "rollback_of"],
                names: "deployment",
                texts: of_deployments(&deployments.rollback_of),
                resolved: &self.undone,
            },
            Reference {
                path: ["incidents", "deployment_id"],
                names: "deployment",
                texts: of_incidents(&incidents.deployment_id),
                resolved: &self.blamed,
            },
            Reference {
                path: ["incidents", "ticket_id"],
                names: "ticket",
                texts: of_incidents(&incidents.ticket_id),
                resolved: &self.tickets,
            },
        ])
    }
}

/// One column of references, as the `dangling` table tells it.
struct Reference<'a> {
    /// Its table and its own name.
    path: [&'static str; 2],
    /// What it should name, as in "no deployment D-9".
    names: &'static str,
    /// The keys of its table, and its values.
    texts: (&'a StringChunked, &'a StringChunked),
    resolved: &'a Resolved,
}

/// `names` is what the keys name, in the plural.
fn resolve(references: &StringChunked, keys: &StringChunked, names: &str) -> Result<Resolved, LinkError> {
    if keys.is_empty() || references.null_count() == references.len() {
        return Ok(Resolved::default());
    }
    let found = equal_rows(references, keys)?;
    let mut is_missing: Vec<bool> = references.iter().map(|value| value.is_some()).collect();
    for (row, _) in &found {
        if let Some(slot) = is_missing.get_mut(*row as usize) {
            *slot = false;
        }
    }
    let missing = (0..).zip(&is_missing).filter_map(|(row, missing)| missing.then_some(row)).collect();
    let mut resolved = Resolved { found, missing, unclear: BTreeMap::new() };
    resolved.take_shortened(references, keys, names);
    Ok(resolved)
}

impl Resolved {
    /// Takes what is the end of exactly one key for that key.
    fn take_shortened(&mut self, references: &StringChunked, keys: &StringChunked, names: &str) {
        if self.missing.is_empty() {
            return;
        }
        let shortened = Shortened::new(keys.iter().flatten(), names);
        if shortened.is_empty() {
            return;
        }
        let mut wanted: Vec<(&str, IdxSize)> = Vec::new();
        for row in std::mem::take(&mut self.missing) {
            let meant = text_at(references, row).map(|text| shortened.meant(text)).unwrap_or_default();
            if let [key] = meant[..] {
                wanted.push((key, row));
                continue;
            }
            self.missing.push(row);
            if !meant.is_empty() {
                self.unclear.insert(row, meant.into_iter().map(str::to_owned).collect());
            }
        }
        let meant: PlHashSet<&str> = wanted.iter().map(|(key, _)| *key).collect();
        let mut rows: PlHashMap<&str, IdxSize> = PlHashMap::new();
        for (key, row) in keys.iter().zip(0..) {
            if let Some(key) = key.filter(|key| meant.contains(key)) {
                rows.entry(key).or_insert(row);
            }
        }
        self.found.extend(wanted.into_iter().filter_map(|(key, row)| Some((row, *rows.get(key)?))));
        self.found.sort_unstable();
    }
}

fn dangling(references: &[Reference]) -> Result<RecordBatch, LinkError> {
    let mut rows: Vec<[&str; 4]> = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for reference in references {
        let [table, column] = reference.path;
        let (ids, values) = reference.texts;
        let mut missing: Vec<(&str, &str, IdxSize)> = Vec::with_capacity(reference.resolved.missing.len());
        for row in &reference.resolved.missing {
            let texts = text_at(ids, *row).zip(text_at(values, *row));
            missing.extend(texts.map(|(id, value)| (id, value, *row)));
        }
        missing.sort_unstable();
        for (id, value, row) in missing {
            rows.push([table, id, column, value]);
            reasons.push(match reference.resolved.unclear.get(&row) {
                Some(keys) => several(value, keys),
                None => reason(reference.names, value),
            });
        }
    }
    let texts = |place: usize| rows.iter().map(move |row| row.get(place).copied());
    output::batch(vec![
        output::text("table", texts(0)),
        output::text("id", texts(1)),
        output::text("column", texts(2)),
        output::text("value", texts(3)),
        output::text("reason", reasons.iter().map(|reason| Some(reason.as_str()))),
    ])
}

/// `41` may be any of these; three of them are told.
fn several(value: &str, keys: &[String]) -> String {
    const TOLD: usize = 3;
    let told: Vec<String> = keys.iter().take(TOLD).map(|key| format!("`{key}`")).collect();
    let others = match keys.len().saturating_sub(TOLD) {
        0 => String::new(),
        count => format!(" or {count} others"),
    };
    format!("`{value}` may be {}{others}: write the whole key", told.join(" or "))
}

fn reason(names: &str, value: &str) -> String {
    if is_placeholder(value) { format!("`{value}` is no identifier") } else { format!("no {names} {value}") }
}

/// Words that tools export where an identifier should be.
const PLACEHOLDERS: &[&str] = &["multiple", "n/a", "na", "nil", "none", "null", "tbd", "unknown", "various"];

/// True for values such as `#MULTIVALUE`, `#N/A`, `?` and `none`.
fn is_placeholder(value: &str) -> bool {
    let has_digit = value.chars().any(|c| c.is_ascii_digit());
    let is_spreadsheet_error = value.starts_with('#') && !has_digit;
    let is_empty = !value.chars().any(char::is_alphanumeric);
    let word = value.trim().to_lowercase();
    is_spreadsheet_error || is_empty || PLACEHOLDERS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_write_for_several_or_none_is_no_identifier() {
        for value in ["#MULTIVALUE", "#N/B", "?", "", "None", "n/a"] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["D-9", "#123", "7", "payments-release"] {
            assert!(!is_placeholder(value), "{value}");
        }
    }
}
