//! How cells look and how values get into them: formats by unit, dates, and text that stays text.

use chrono::{NaiveDate, NaiveDateTime};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use crate::metric::MetricResult;
use crate::period::Grain;
use crate::unit::Unit;

/// What a cell of Excel holds at most.
const MOST_CHARACTERS: usize = 32_767;

/// 1899-12-30, the day 0 of Excel's calendar from March 1900 on.
const DAY_ZERO: Option<NaiveDate> = NaiveDate::from_ymd_opt(1899, 12, 30);
const SECONDS_A_DAY: f64 = 86_400.0;

/// The formats of a workbook.
pub(super) struct Forms {
    pub title: Format,
    pub lead: Format,
    pub muted: Format,
    pub header: Format,
    pub number_header: Format,
    pub text: Format,
    pub wrapped: Format,
    /// Text right of a number, and its head: a little apart, so that 128 and "128 deployments" do not run together.
    pub beside: Format,
    pub beside_header: Format,
    pub bold: Format,
}

impl Forms {
    pub(super) fn new() -> Self {
        let header = Format::new()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::Top)
            .set_border_bottom(FormatBorder::Thin)
            .set_border_color(Color::RGB(0x59_63_6E));
        Self {
            title: Format::new().set_bold().set_font_size(16),
            lead: Format::new().set_font_size(12).set_text_wrap().set_align(FormatAlign::Top),
            muted: Format::new().set_font_color(Color::RGB(0x59_63_6E)),
            number_header: header.clone().set_align(FormatAlign::Right),
            beside_header: header.clone().set_indent(1),
            header,
            text: Format::new().set_align(FormatAlign::Top),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            beside: Format::new().set_text_wrap().set_align(FormatAlign::Top).set_indent(1),
            bold: Format::new().set_bold().set_align(FormatAlign::Top),
        }
    }
}

/// A unit of time that a column is told in, or none for what is told as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub unit: Unit,
    /// What a value is divided by.
    pub divisor: f64,
    /// "hours"; empty where the value says it.
    pub word: &'static str,
}

impl Scale {
    /// The scale in which the largest values of these results still read well.
    pub(super) fn of<'a>(unit: Unit, results: impl Iterator<Item = &'a MetricResult>) -> Self {
        let values = results.flat_map(|result| &result.rows).filter_map(|row| row.value);
        Self::for_value(unit, values.fold(0.0, |most, value| value.abs().max(most)))
    }

    pub(super) fn for_value(unit: Unit, value: f64) -> Self {
        let (divisor, word) = match unit {
            Unit::Seconds if value < 7_200.0 => (60.0, "minutes"),
            Unit::Seconds if value < 14.0 * SECONDS_A_DAY => (3_600.0, "hours"),
            Unit::Seconds => (SECONDS_A_DAY, "days"),
            other => (1.0, other.caption()),
        };
        Self { unit, divisor, word }
    }

    pub(super) fn apply(self, value: f64) -> f64 {
        value / self.divisor
    }

    /// Excel's number format.
    pub(super) fn number_format(self) -> &'static str {
        match self.unit {
            Unit::Ratio => "0.0%",
            Unit::Count => "#,##0",
            Unit::Seconds => "#,##0.0",
            Unit::PerDay | Unit::PerWeek | Unit::PerMonth | Unit::Score | Unit::Number => "#,##0.0##",
        }
    }

    /// "Value (hours)", "Value".
    pub(super) fn titled(self, title: &str) -> String {
        if self.word.is_empty() { title.to_owned() } else { format!("{title} ({})", self.word) }
    }
}

pub(super) fn number(code: &str) -> Format {
    Format::new().set_num_format(code).set_align(FormatAlign::Top)
}

/// How the first day of a period is shown.
pub(super) fn period_format(grain: Grain) -> &'static str {
    match grain {
        Grain::Month | Grain::Quarter => "mmm yyyy",
        Grain::Year => "yyyy",
        Grain::Day | Grain::Week | Grain::Total => "yyyy-mm-dd",
    }
}

/// Text as text, whatever it begins with; nothing for an empty one.
pub(super) fn text(sheet: &mut Worksheet, at: (u32, u16), text: &str, format: &Format) -> Result<(), XlsxError> {
    if !text.is_empty() {
        sheet.write_string_with_format(at.0, at.1, cut(text), format)?;
    }
    Ok(())
}

/// A number, or an empty cell where it is not known.
pub(super) fn value(
    sheet: &mut Worksheet,
    at: (u32, u16),
    value: Option<f64>,
    format: &Format,
) -> Result<(), XlsxError> {
    if let Some(value) = value.filter(|value| value.is_finite()) {
        sheet.write_number_with_format(at.0, at.1, value, format)?;
    }
    Ok(())
}

/// A day as Excel counts it.
pub(super) fn day(date: NaiveDate) -> Option<f64> {
    // Before March 1900 Excel's own calendar is wrong.
    let days = date.signed_duration_since(DAY_ZERO?).num_days();
    (days > 60).then_some(days as f64)
}

/// A moment as Excel counts it.
pub(super) fn moment(at: NaiveDateTime) -> Option<f64> {
    let seconds = at.signed_duration_since(at.date().and_time(chrono::NaiveTime::MIN)).num_milliseconds() as f64 / 1e3;
    Some(day(at.date())? + seconds / SECONDS_A_DAY)
}

/// What fits into one cell; Excel counts UTF-16 units.
pub(super) fn cut(text: &str) -> String {
    let mut used = 1;
    let mut kept = text.chars().take_while(|character| {
        used += character.len_utf16();
        used <= MOST_CHARACTERS
    });
    let kept: String = kept.by_ref().collect();
    if kept.len() == text.len() { kept } else { format!("{kept}…") }
}

/// The place of the nth column.
pub(super) fn column(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// The place of the nth row.
pub(super) fn row(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_those_of_excel() {
        let date = NaiveDate::from_ymd_opt(2026, 10, 1).expect("a date");
        // DATE(2026,10,1) in Excel and LibreOffice.
        assert_eq!(day(date), Some(46_296.0));
        assert_eq!(moment(date.and_hms_opt(18, 0, 0).expect("a time")), Some(46_296.75));
        assert_eq!(day(NaiveDate::from_ymd_opt(1900, 1, 1).expect("a date")), None);
    }

    #[test]
    fn durations_are_told_in_the_unit_that_fits_their_largest() {
        let word = |seconds| Scale::for_value(Unit::Seconds, seconds).word;
        assert_eq!([word(600.0), word(86_400.0), word(86_400.0 * 30.0)], ["minutes", "hours", "days"]);
        assert_eq!(Scale::for_value(Unit::Seconds, 86_400.0).apply(7_200.0), 2.0);
    }

    #[test]
    fn a_text_that_no_cell_holds_is_cut_and_says_so() {
        assert_eq!(cut(&"x".repeat(40_000)).encode_utf16().count(), MOST_CHARACTERS);
        assert_eq!(cut("=cmd()"), "=cmd()");
    }
}
