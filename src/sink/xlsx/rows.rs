//! A sheet of rows as they are: lists of cases and events, with their types, to filter.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use rust_xlsxwriter::{Format, Worksheet, XlsxError};

use super::form::{self, Forms, column};
use crate::report::numbers::{Listing, Numbers};

const HEADER: u32 = 1;

pub(super) fn write(
    sheet: &mut Worksheet,
    name: &str,
    numbers: &Numbers,
    listing: &Listing,
    forms: &Forms,
) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    form::text(sheet, (0, 0), &caption(numbers, listing), &forms.bold)?;
    let fields = listing.answer.schema.fields();
    for (place, field) in fields.iter().enumerate() {
        let is_number = field.data_type().is_numeric();
        let format = if is_number { &forms.number_header } else { &forms.header };
        form::text(sheet, (HEADER, column(place)), field.name(), format)?;
        sheet.set_column_width(column(place), width(field.name(), field.data_type()))?;
    }
    let mut next = HEADER + 1;
    for batch in &listing.answer.batches {
        for (place, array) in batch.columns().iter().enumerate() {
            let name = batch.schema_ref().field(place).name().clone();
            Column { numbers, place: column(place), name: &name }.write(sheet, next, array.as_ref())?;
        }
        next += form::row(batch.num_rows());
    }
    if next > HEADER + 1 && !fields.is_empty() {
        sheet.autofilter(HEADER, 0, next - 1, column(fields.len() - 1))?;
    }
    sheet.set_freeze_panes(HEADER + 1, 1)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(HEADER, HEADER)?;
    Ok(())
}

/// What the rows are, how many of them stand here, and in which zone their times are told.
fn caption(numbers: &Numbers, listing: &Listing) -> String {
    let listed = listing.answer.batches.iter().map(RecordBatch::num_rows).sum::<usize>() as u64;
    let zone = numbers.calendar.zone.name();
    match listing.rows_left_out {
        0 => format!("{}: {listed} rows; times in {zone}", listing.title),
        left_out => {
            let all = listed + left_out;
            format!("{}: the first {listed} of {all} rows; times in {zone}", listing.title)
        }
    }
}

fn width(name: &str, data_type: &DataType) -> f64 {
    let room = match data_type {
        DataType::Timestamp(..) => 17,
        DataType::Boolean => 9,
        data_type if data_type.is_numeric() => 11,
        _ => 18,
    };
    room.max(name.chars().count().min(24) + 2) as f64
}

struct Column<'a> {
    numbers: &'a Numbers,
    place: u16,
    name: &'a str,
}

impl Column<'_> {
    fn write(&self, sheet: &mut Worksheet, first: u32, array: &dyn Array) -> Result<(), XlsxError> {
        if let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() {
            let moments = times.iter().map(|micros| form::moment(self.numbers.local(micros?)?));
            return self.numbers_at(sheet, first, moments, "yyyy-mm-dd hh:mm");
        }
        if let Some(days) = array.as_primitive_opt::<Date32Type>() {
            let days = days.iter().map(|day| form::day(Date32Type::to_naive_date_opt(day?)?));
            return self.numbers_at(sheet, first, days, "yyyy-mm-dd");
        }
        if let Some(flags) = array.as_boolean_opt() {
            for (at, flag) in (first..).zip(flags.iter()) {
                if let Some(flag) = flag {
                    sheet.write_boolean(at, self.place, flag)?;
                }
            }
            return Ok(());
        }
        if array.data_type().is_numeric()
            && let Ok(values) = cast(array, &DataType::Float64)
        {
            let code = if self.name.ends_with("_ratio") { "0.0%" } else { "#,##0.##" };
            return self.numbers_at(sheet, first, values.as_primitive::<Float64Type>().iter(), code);
        }
        self.texts(sheet, first, array)
    }

    fn numbers_at(
        &self,
        sheet: &mut Worksheet,
        first: u32,
        values: impl Iterator<Item = Option<f64>>,
        code: &str,
    ) -> Result<(), XlsxError> {
        let format = form::number(code);
        for (at, value) in (first..).zip(values) {
            form::value(sheet, (at, self.place), value, &format)?;
        }
        Ok(())
    }

    fn texts(&self, sheet: &mut Worksheet, first: u32, array: &dyn Array) -> Result<(), XlsxError> {
        let options = FormatOptions::default();
        let Ok(formatter) = ArrayFormatter::try_new(array, &options) else { return Ok(()) };
        let plain = Format::new();
        for (at, index) in (first..).zip(0..array.len()).filter(|(_, index)| !array.is_null(*index)) {
            form::text(sheet, (at, self.place), &formatter.value(index).to_string(), &plain)?;
        }
        Ok(())
    }
}
