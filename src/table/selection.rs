//! Some columns of some tables: what a question needs, where not everything is loaded.

use std::collections::{BTreeMap, BTreeSet};

/// Columns by table. A table may be in it without any column: then only the number of its rows is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    tables: BTreeMap<String, BTreeSet<String>>,
    /// Tables of which only the ends are asked for: how long before the last instant the later one begins, in
    /// microseconds.
    ends: BTreeMap<String, i64>,
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

    /// Says that of a table only its first row is asked for, and those of the last `span` microseconds, so that the rows
    /// between need not be read.
    pub fn add_ends(&mut self, table: &str, span: i64) {
        self.ends.insert(table.to_owned(), span);
    }

    /// Where only the ends of a table are asked for, how long the later one is, in microseconds.
    pub fn ends_of(&self, table: &str) -> Option<i64> {
        self.ends.get(table).copied()
    }

    /// The same without the tables of which only the ends were asked for.
    pub fn without_ends(&self) -> Self {
        self.ends.keys().fold(self.clone(), |others, table| others.without(table))
    }

    /// The same without a table.
    pub fn without(&self, table: &str) -> Self {
        let mut others = self.clone();
        others.tables.remove(table);
        others.ends.remove(table);
        others
    }

    /// Adds all rows of another selection.
    pub fn add_all(&mut self, other: &Self) {
        for (table, columns) in &other.tables {
            self.ends.remove(table);
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
        assert!(!selection.without("tickets").has_table("tickets"));
    }

    #[test]
    fn who_asks_for_rows_asks_for_more_than_the_ends() {
        let (mut ends, mut rows) = (Selection::default(), Selection::default());
        ends.add_ends("changes", 7);
        assert_eq!(ends.ends_of("changes"), Some(7));
        rows.add("changes", "service");
        ends.add_all(&rows);
        assert_eq!(ends.ends_of("changes"), None);
    }
}
