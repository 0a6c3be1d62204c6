//! Some columns of some tables: what a question needs, where not everything is loaded.

use std::collections::{BTreeMap, BTreeSet};

/// Columns by table. A table may be in it without any column: then only the number of its rows is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    tables: BTreeMap<String, BTreeSet<String>>,
}

impl Selection {
    /// Adds a table, whatever is asked of it.
    pub fn add_table(&mut self, table: &str) {
        self.tables.entry(table.to_owned()).or_default();
    }

    /// Adds a column and its table.
    pub fn add(&mut self, table: &str, column: &str) {
        self.tables.entry(table.to_owned()).or_default().insert(column.to_owned());
    }

    /// Adds all of another selection.
    pub fn add_all(&mut self, other: &Self) {
        for (table, columns) in &other.tables {
            self.tables.entry(table.clone()).or_default().extend(columns.iter().cloned());
        }
    }

    pub fn has_table(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    pub fn has(&self, table: &str, column: &str) -> bool {
        self.tables.get(table).is_some_and(|columns| columns.contains(column))
    }

    /// The columns of a table, sorted; none where it is not in the selection.
    pub fn columns(&self, table: &str) -> impl Iterator<Item = &str> {
        self.tables.get(table).into_iter().flatten().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_may_be_asked_for_without_a_column() {
        let mut selection = Selection::default();
        selection.add_table("tickets");
        selection.add("changes", "service");
        assert!(selection.has_table("tickets") && !selection.has_table("incidents"));
        assert!(selection.has("changes", "service") && !selection.has("tickets", "service"));
        assert_eq!(selection.columns("changes").collect::<Vec<_>>(), ["service"]);
        assert_eq!(selection.columns("incidents").count(), 0);
    }
}
