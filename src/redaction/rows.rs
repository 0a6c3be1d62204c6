//! Redacts the rows of tables, column by column.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringViewBuilder, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};

use crate::table::{Privacy, privacy};

use super::Redaction;

/// Redacts one table after another, and remembers what scopes are matched with.
pub struct Redactor<'a> {
    redaction: &'a Redaction,
    /// Names by their aliases, of what scopes go by.
    originals: BTreeMap<String, String>,
}

/// The number of file and line from which `source_row` is told; it is a number, so it has no privacy of its own.
const PLACE: &str = "place";

impl<'a> Redactor<'a> {
    pub fn new(redaction: &'a Redaction) -> Self {
        Self { redaction, originals: BTreeMap::new() }
    }

    /// The rows as the audience may see them: as many as before, in the order in which they were.
    pub fn rows(&mut self, table: &str, batches: Vec<RecordBatch>) -> Vec<RecordBatch> {
        if self.redaction.hides_nothing() {
            return batches;
        }
        batches.iter().map(|batch| self.batch(table, batch)).collect()
    }

    /// The names and scopes behind the aliases, so that a scope can still be matched with names.
    pub fn originals(self) -> BTreeMap<String, String> {
        self.originals
    }

    fn batch(&mut self, table: &str, batch: &RecordBatch) -> RecordBatch {
        let schema = batch.schema();
        let mut fields: Vec<Arc<Field>> = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            if field.name() == PLACE && self.redaction.is_public() {
                continue;
            }
            let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
            if !is_text {
                fields.push(Arc::clone(field));
                columns.push(Arc::clone(column));
                continue;
            }
            fields.push(Arc::new(Field::new(field.name(), field.data_type().clone(), true)));
            columns.push(self.column(privacy(table, field.name()), column));
        }
        let schema = Arc::new(Schema::new(fields));
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)
            // The columns were made from the batch, so they always fit; showing nothing is the safe way to be wrong.
            .unwrap_or_else(|_| RecordBatch::new_empty(schema))
    }

    fn column(&mut self, privacy: Privacy, column: &ArrayRef) -> ArrayRef {
        let hidden = || new_null_array(column.data_type(), column.len());
        if matches!(privacy, Privacy::Open) {
            return Arc::clone(column);
        }
        let Ok(views) = cast(column, &DataType::Utf8View) else { return hidden() };
        let texts = views.as_string_view();
        let mut known: HashMap<&str, Option<String>> = HashMap::new();
        let mut builder = StringViewBuilder::with_capacity(texts.len()).with_deduplicate_strings();
        for text in texts {
            let told = text
                .and_then(|text| known.entry(text).or_insert_with(|| self.redaction.told(privacy, text)).as_deref());
            builder.append_option(told);
        }
        if matches!(privacy, Privacy::Scope | Privacy::Name(_) | Privacy::Usual(..)) && self.redaction.is_public() {
            let aliases = known.into_iter().filter_map(|(text, alias)| Some((alias?, text.to_owned())));
            self.originals.extend(aliases);
        }
        cast(&builder.finish(), column.data_type()).unwrap_or_else(|_| hidden())
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{BooleanArray, Int64Array, StringViewArray};

    use super::*;
    use crate::redaction::{Audience, Key};

    fn deployments() -> RecordBatch {
        let text = |values: Vec<Option<&str>>| Arc::new(StringViewArray::from(values)) as ArrayRef;
        RecordBatch::try_from_iter_with_nullable([
            ("place", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef, false),
            ("deployment_id", text(vec![Some("d1"), Some("d2")]), true),
            ("service", text(vec![Some("checkout"), Some("checkout")]), true),
            ("status", text(vec![Some("failed"), None]), true),
            ("approved_by", text(vec![Some("Ann"), Some(" ann")]), true),
            ("url", text(vec![Some("https://ann.example"), None]), true),
            ("is_planned", Arc::new(BooleanArray::from(vec![Some(true), None])) as ArrayRef, true),
        ])
        .unwrap()
    }

    fn texts(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
        let column = batch.column_by_name(name).unwrap().as_string_view();
        column.iter().map(|text| text.map(str::to_owned)).collect()
    }

    fn redacted(audience: Audience) -> (RecordBatch, BTreeMap<String, String>) {
        let redaction = Redaction { audience, key: Key::new(b"a key of the tests") };
        let mut redactor = Redactor::new(&redaction);
        let batch = redactor.rows("deployments", vec![deployments()]).remove(0);
        (batch, redactor.originals())
    }

    #[test]
    fn internal_rows_are_left_alone() {
        assert_eq!(redacted(Audience::Internal).0, deployments());
    }

    #[test]
    fn leaders_see_everything_but_people_and_what_people_wrote() {
        let (batch, originals) = redacted(Audience::Leaders);
        assert_eq!(texts(&batch, "deployment_id"), texts(&deployments(), "deployment_id"));
        let people = texts(&batch, "approved_by");
        assert!(people[0] == people[1] && people[0].as_ref().unwrap().starts_with("person-"));
        assert_eq!(texts(&batch, "url"), [None, None]);
        assert!(originals.is_empty());
    }

    #[test]
    fn the_public_sees_aliases_that_join_as_before_and_no_place_of_a_row() {
        let (batch, originals) = redacted(Audience::Public);
        let (ids, services) = (texts(&batch, "deployment_id"), texts(&batch, "service"));
        assert!(ids[0] != ids[1] && ids[0].as_ref().unwrap().starts_with("id-"));
        assert_eq!(services[0], services[1]);
        assert_eq!(originals[services[0].as_ref().unwrap()], "checkout");
        assert_eq!(texts(&batch, "status"), [Some("failed".to_owned()), None]);
        assert!(batch.column_by_name("place").is_none());
        assert_eq!(batch.num_rows(), 2);
    }

    #[test]
    fn an_alias_does_not_depend_on_the_table_in_which_it_stands() {
        let redaction = Redaction { audience: Audience::Public, key: Key::new(b"a key of the tests") };
        let rows = |table: &str, column: &str| {
            let ids = Arc::new(StringViewArray::from(vec!["x1"])) as ArrayRef;
            let batch = RecordBatch::try_from_iter([(column, ids)]).unwrap();
            texts(&Redactor::new(&redaction).rows(table, vec![batch])[0], column)
        };
        assert_eq!(rows("deployments", "deployment_id"), rows("deployments", "rollback_of"));
        assert_eq!(rows("changes", "change_id"), rows("changes", "reverts"));
        assert_eq!(rows("deployments", "deployment_id"), rows("attributions", "deployment_id"));
    }
}
