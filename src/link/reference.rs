//! References from one table to another, resolved; those that name nothing become the `dangling` table.
//!
//! Only tables that are there are asked: a reference to an absent table is not known to be wrong.

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::columns::Columns;
use super::error::LinkError;
use super::matching::{Pairs, equal_rows};
use super::output;
use super::records::{Deployments, Incidents, text_at};

/// A column of references, resolved against the keys of another table.
#[derive(Default)]
pub(super) struct Resolved {
    /// (row of the reference, row of what it names), in order.
    pub found: Pairs,
    /// Rows whose reference names nothing, in order.
    pub missing: Vec<IdxSize>,
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
        let mut of_tickets = resolve(&incidents.ticket_id, tickets)?;
        // A change record that only deployments know is a ticket as well.
        let known = resolve(&incidents.ticket_id, &deployments.ticket_id)?;
        let is_unknown = |row: &IdxSize| known.missing.binary_search(row).is_ok();
        of_tickets.missing.retain(|row| known.found.is_empty() || is_unknown(row));
        Ok(Self {
            blamed: resolve(&incidents.deployment_id, &deployments.ids)?,
            undone: resolve(&deployments.rollback_of, &deployments.ids)?,
            shipping: match changes.known_text("deployment_id")? {
                Some(named) => resolve(&named, &deployments.ids)?,
                None => Resolved::default(),
            },
            fixed: resolve(&deployments.fixes_incident_id, &incidents.ids)?,
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
                missing: &self.shipping.missing,
            },
            Reference {
                path: ["deployments", "fixes_incident_id"],
                names: "incident",
                texts: of_deployments(&deployments.fixes_incident_id),
                missing: &self.fixed.missing,
            },
            Reference {
                path: ["deployments", "rollback_of"],
                names: "deployment",
                texts: of_deployments(&deployments.rollback_of),
                missing: &self.undone.missing,
            },
            Reference {
                path: ["incidents", "deployment_id"],
                names: "deployment",
                texts: of_incidents(&incidents.deployment_id),
                missing: &self.blamed.missing,
            },
            Reference {
                path: ["incidents", "ticket_id"],
                names: "ticket",
                texts: of_incidents(&incidents.ticket_id),
                missing: &self.tickets.missing,
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
    missing: &'a [IdxSize],
}

fn resolve(references: &StringChunked, keys: &StringChunked) -> Result<Resolved, LinkError> {
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
    Ok(Resolved { found, missing })
}

fn dangling(references: &[Reference]) -> Result<RecordBatch, LinkError> {
    let mut rows: Vec<[&str; 4]> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for reference in references {
        let [table, column] = reference.path;
        let (ids, values) = reference.texts;
        let mut missing: Vec<(&str, &str)> = Vec::with_capacity(reference.missing.len());
        for row in reference.missing {
            let texts = text_at(ids, *row).zip(text_at(values, *row));
            missing.extend(texts);
        }
        missing.sort_unstable();
        names.extend(missing.iter().map(|_| reference.names));
        rows.extend(missing.into_iter().map(|(id, value)| [table, id, column, value]));
    }
    let values = rows.iter().map(|[.., value]| *value);
    let reasons: Vec<String> = names.iter().zip(values).map(|(names, value)| reason(names, value)).collect();
    let texts = |place: usize| rows.iter().map(move |row| row.get(place).copied());
    output::batch(vec![
        output::text("table", texts(0)),
        output::text("id", texts(1)),
        output::text("column", texts(2)),
        output::text("value", texts(3)),
        output::text("reason", reasons.iter().map(|reason| Some(reason.as_str()))),
    ])
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
