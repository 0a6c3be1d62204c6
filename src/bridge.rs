//! The border to Arrow: buffers of polars handed over through the Arrow C data interface, and parts of a text made a
//! column.
//!
//! The only file of the crate with `unsafe`. It copies no data, converts no types and knows no tables.

#![allow(unsafe_code)]

use std::mem::transmute;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, NullBufferBuilder, RecordBatch, RecordBatchOptions, StringViewArray, make_array, make_view,
};
use arrow::buffer::Buffer;
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use polars::prelude::{Column, CompatLevel, DataFrame, PlSmallStr, PolarsError, Series};
use polars_arrow::array::Array as PolarsArray;
use polars_arrow::datatypes::Field as PolarsField;
use polars_arrow::ffi as polars_ffi;

/// One batch for every chunk of the frame, in order; text as Utf8View, instants with their zone.
/// A frame of no rows gives one empty batch, so that the schema is never lost.
///
/// # Errors
/// When a column has a type that Arrow does not know.
pub fn to_arrow(mut frame: DataFrame) -> Result<Vec<RecordBatch>, ArrowError> {
    frame.align_chunks();
    let compat = CompatLevel::newest();
    let fields: Vec<PolarsField> = frame.columns().iter().map(|column| column.field().to_arrow(compat)).collect();
    frame
        .iter_chunks(compat, false)
        .map(|chunk| {
            let rows = chunk.height();
            let mut columns = Vec::with_capacity(fields.len());
            let mut schema = Vec::with_capacity(fields.len());
            for (field, array) in fields.iter().zip(chunk.into_arrays()) {
                let (field, array) = array_to_arrow(field, array)?;
                schema.push(field);
                columns.push(array);
            }
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            RecordBatch::try_new_with_options(Arc::new(Schema::new(schema)), columns, &options)
        })
        .collect()
}

/// One frame of all batches, each batch one chunk; an empty slice gives an empty frame.
///
/// # Errors
/// When the batches differ in their columns, or a column has a type that polars does not know.
pub fn from_arrow(batches: &[RecordBatch]) -> Result<DataFrame, ArrowError> {
    let Some(first) = batches.first() else {
        return Ok(DataFrame::empty());
    };
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let mut columns = Vec::with_capacity(first.num_columns());
    for (index, field) in first.schema_ref().fields().iter().enumerate() {
        let mut chunks = Vec::with_capacity(batches.len());
        for batch in batches {
            let is_same = batch
                .schema_ref()
                .fields()
                .get(index)
                .is_some_and(|other| other.name() == field.name() && other.data_type() == field.data_type());
            if !is_same {
                return Err(ArrowError::SchemaError(format!("batches differ in column `{}`", field.name())));
            }
            chunks.push(array_from_arrow(batch.column(index))?);
        }
        let series = Series::try_from((PlSmallStr::from_str(field.name()), chunks)).map_err(external)?;
        columns.push(Column::from(series));
    }
    DataFrame::new(rows, columns).map_err(external)
}

/// A text whose parts become values of columns without being copied.
pub struct SharedText {
    /// Valid UTF-8, and shorter than 4 GiB, as places in it must fit a view.
    buffer: Buffer,
}

impl SharedText {
    /// None where the text is too long for views.
    pub fn new(text: String) -> Option<Self> {
        u32::try_from(text.len()).ok()?;
        Some(Self { buffer: Buffer::from_vec(text.into_bytes()) })
    }

    pub fn as_str(&self) -> &str {
        // SAFETY: the buffer was made from a `String` and nothing can change it.
        unsafe { str::from_utf8_unchecked(&self.buffer) }
    }
}

/// A column of parts of one text.
pub struct TextColumn<'a> {
    text: &'a SharedText,
    /// Values that stand nowhere in the text.
    own: String,
    views: Vec<u128>,
    nulls: NullBufferBuilder,
}

impl<'a> TextColumn<'a> {
    pub fn new(text: &'a SharedText, rows: usize) -> Self {
        let nulls = NullBufferBuilder::new(rows);
        Self { text, own: String::new(), views: Vec::with_capacity(rows), nulls }
    }

    /// Adds the part of the text between two places; none where that is no text.
    #[inline]
    pub fn push(&mut self, start: usize, end: usize) -> Option<()> {
        let text = self.text.as_str();
        let value = text.get(start..end)?;
        // Most values are short and not at the end of the text: twelve bytes are taken at once.
        let view = match text.as_bytes().get(start..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) if value.len() <= 12 => inline_view(bytes, value.len()),
            _ => make_view(value.as_bytes(), 0, start as u32),
        };
        self.views.push(view);
        self.nulls.append_non_null();
        Some(())
    }

    pub fn push_null(&mut self) {
        self.views.push(0);
        self.nulls.append_null();
    }

    /// Adds a value that stands nowhere in the text; none where there are too many of them for views.
    pub fn push_own(&mut self, value: &str) -> Option<()> {
        let place = u32::try_from(self.own.len()).ok()?;
        u32::try_from(value.len()).ok()?;
        self.views.push(make_view(value.as_bytes(), 1, place));
        self.own.push_str(value);
        self.nulls.append_non_null();
        Some(())
    }

    pub fn finish(mut self) -> StringViewArray {
        let nulls = self.nulls.finish();
        let buffers = vec![self.text.buffer.clone(), Buffer::from_vec(self.own.into_bytes())];
        // SAFETY: every view was made from a slice of one of the two buffers, both of UTF-8, cut between characters,
        // with its place in that buffer; views of nulls are empty. There are as many nulls as views.
        unsafe { StringViewArray::new_unchecked(self.views.into(), buffers, nulls) }
    }
}

/// The view of the first of twelve bytes: their number, then they themselves, then zeros.
#[inline]
fn inline_view(bytes: &[u8; 12], length: usize) -> u128 {
    let mut view = [0; 16];
    view[4..].copy_from_slice(bytes);
    let kept = u128::MAX >> (8 * (12 - length.min(12)));
    (u128::from_le_bytes(view) & kept) | length as u128
}

fn external(error: PolarsError) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}

// Both libraries lay these structures out as the C data interface says; the sizes are checked when compiling,
// the layouts by the tests below.
const _: () = assert!(size_of::<FFI_ArrowArray>() == size_of::<polars_ffi::ArrowArray>());
const _: () = assert!(size_of::<FFI_ArrowSchema>() == size_of::<polars_ffi::ArrowSchema>());
const _: () = assert!(align_of::<FFI_ArrowArray>() == align_of::<polars_ffi::ArrowArray>());
const _: () = assert!(align_of::<FFI_ArrowSchema>() == align_of::<polars_ffi::ArrowSchema>());

fn array_to_arrow(field: &PolarsField, array: Box<dyn PolarsArray>) -> Result<(Field, ArrayRef), ArrowError> {
    let schema = polars_ffi::export_field_to_c(field);
    let array = polars_ffi::export_array_to_c(array);
    // SAFETY: both are `repr(C)` structures of the C data interface, moved whole: the release callback goes along,
    // and the array was exported with the type of this field.
    let data = unsafe {
        let schema: FFI_ArrowSchema = transmute(schema);
        let array: FFI_ArrowArray = transmute(array);
        (Field::try_from(&schema)?, from_ffi(array, &schema)?)
    };
    Ok((data.0, make_array(data.1)))
}

fn array_from_arrow(array: &ArrayRef) -> Result<Box<dyn PolarsArray>, ArrowError> {
    let (array, schema) = to_ffi(&array.to_data())?;
    // SAFETY: as above, in the other direction.
    unsafe {
        let schema: polars_ffi::ArrowSchema = transmute(schema);
        let array: polars_ffi::ArrowArray = transmute(array);
        let field = polars_ffi::import_field_from_c(&schema).map_err(external)?;
        polars_ffi::import_array_from_c(array, field.dtype).map_err(external)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{BooleanArray, Float64Array, Int64Array, StringViewArray, TimestampMicrosecondArray};
    use arrow::compute::concat_batches;

    use super::*;

    fn batch(from: i64, rows: i64) -> RecordBatch {
        let numbers = from..from + rows;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("number", Arc::new(Int64Array::from_iter_values(numbers.clone()))),
            (
                "text",
                Arc::new(StringViewArray::from_iter(
                    numbers.clone().map(|n| (n % 3 != 0).then(|| format!("a text that is not kept inline {n}"))),
                )),
            ),
            ("word", Arc::new(StringViewArray::from_iter_values(numbers.clone().map(|n| format!("w{n}"))))),
            (
                "at",
                Arc::new(
                    TimestampMicrosecondArray::from_iter(numbers.clone().map(|n| (n % 2 == 0).then_some(n)))
                        .with_timezone("UTC"),
                ),
            ),
            ("flag", Arc::new(BooleanArray::from_iter(numbers.clone().map(|n| (n % 5 != 0).then_some(n % 2 == 0))))),
            ("ratio", Arc::new(Float64Array::from_iter_values(numbers.map(|n| n as f64)))),
            ("nothing", Arc::new(StringViewArray::new_null(rows as usize))),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
    }

    fn there_and_back(batches: &[RecordBatch]) -> Vec<RecordBatch> {
        to_arrow(from_arrow(batches).unwrap()).unwrap()
    }

    #[test]
    fn every_column_comes_back_with_its_type_its_nulls_and_its_chunks() {
        let given = [batch(0, 100), batch(100, 7), batch(107, 1)];
        let back = there_and_back(&given);
        assert_eq!(back.len(), 3);
        for (one, other) in given.iter().zip(&back) {
            assert_eq!(one.columns(), other.columns());
        }
    }

    #[test]
    fn a_slice_at_any_offset_comes_back_as_it_was() {
        let whole = batch(0, 200);
        for offset in [1, 7, 8, 63, 64, 65, 199] {
            let slice = whole.slice(offset, (200 - offset).min(13));
            let back = there_and_back(std::slice::from_ref(&slice));
            assert_eq!(concat_batches(&back[0].schema(), &back).unwrap().columns(), slice.columns());
        }
    }

    #[test]
    fn a_batch_of_no_rows_keeps_its_columns() {
        let back = there_and_back(&[batch(0, 0)]);
        assert_eq!(back.len(), 1);
        assert_eq!(back[0].num_rows(), 0);
        assert_eq!(back[0].schema().field(3).data_type(), batch(0, 0).schema().field(3).data_type());
    }

    #[test]
    fn empty_chunks_between_full_ones_lose_nothing() {
        let given = [batch(0, 3), batch(3, 0), batch(3, 4)];
        let back = there_and_back(&given);
        let schema = back[0].schema();
        let joined = concat_batches(&schema, &back).unwrap();
        assert_eq!(joined.columns(), batch(0, 7).columns());
    }

    #[test]
    fn no_batches_give_a_frame_of_nothing() {
        assert_eq!(from_arrow(&[]).unwrap().shape(), (0, 0));
    }

    #[test]
    fn batches_of_different_columns_are_refused() {
        let other = RecordBatch::try_from_iter([("other", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
        assert!(from_arrow(&[batch(0, 1), other]).is_err());
    }

    #[test]
    fn parts_of_a_text_are_a_column_that_stands_up_to_every_check() {
        let text = SharedText::new("short, and a value that is longer than a view; é".to_owned()).unwrap();
        let mut column = TextColumn::new(&text, 5);
        assert!(column.push(0, 5).is_some());
        column.push_null();
        assert!(column.push(11, 45).is_some());
        assert!(column.push_own("a value of its own that is long").is_some());
        assert!(column.push(47, 49).is_some());
        assert!(column.push(48, 49).is_none(), "within a character");
        assert!(column.push(40, 50).is_none(), "after the end");
        let column = column.finish();
        let expected = [
            Some("short"),
            None,
            Some("a value that is longer than a view"),
            Some("a value of its own that is long"),
            Some("é"),
        ];
        assert_eq!(column.iter().collect::<Vec<_>>(), expected.to_vec());
        column.to_data().validate_full().unwrap();
    }

    #[test]
    fn a_short_value_has_the_view_that_arrow_makes() {
        let bytes = *b"abcdefghijkl";
        for length in 0..=12 {
            assert_eq!(inline_view(&bytes, length), make_view(&bytes[..length], 0, 0), "{length}");
        }
    }

    #[test]
    fn the_buffers_are_the_same_ones() {
        let given = batch(0, 50);
        let back = there_and_back(std::slice::from_ref(&given));
        let address = |batch: &RecordBatch| batch.column(0).to_data().buffers()[0].as_ptr();
        assert_eq!(address(&given), address(&back[0]));
    }
}
