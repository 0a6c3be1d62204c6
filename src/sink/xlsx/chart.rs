//! The native chart of a metric: columns from zero for counts, a line with its interval for shares, percentiles beside
//! the median for durations, bars for what always comes in groups. Gaps stay gaps.

use rust_xlsxwriter::{
    Chart, ChartEmptyCells, ChartErrorBars, ChartErrorBarsDirection, ChartErrorBarsType, ChartFont, ChartFormat,
    ChartLine, ChartLineDashType, ChartMarker, ChartMarkerType, ChartRange, ChartSolidFill, ChartType, Color,
};

use super::form::{Scale, column};
use super::metric::Layout;
use crate::metric::ChartKind;
use crate::report::numbers::Measure;

const SERIES: u32 = 0x12_43_6D;
const CONTEXT: u32 = 0x8A_93_9B;
const HAIRLINE: u32 = 0xD0_D7_DE;
const MUTED: u32 = 0x59_63_6E;

/// More error bars than this hide the line.
const MOST_ERROR_BARS: u32 = 60;

/// The chart of rows `first..=last` of the sheet; none for what is not drawn in the report either.
pub(super) fn of(
    sheet: &str,
    measure: &Measure,
    scale: Scale,
    layout: &Layout,
    (first, last): (u32, u32),
) -> Option<Chart> {
    let is_grouped = !measure.total.by.is_empty();
    let mut chart = match measure.chart {
        // Lists of cases have no numbers to draw.
        ChartKind::None | ChartKind::Calendar | ChartKind::Story => return None,
        ChartKind::Distribution
        | ChartKind::Funnel
        | ChartKind::HeatMap
        | ChartKind::TimeToEvent
        | ChartKind::Waterfall => Chart::new(ChartType::Bar),
        ChartKind::Bars if is_grouped => Chart::new(ChartType::Bar),
        ChartKind::Bars => Chart::new(ChartType::Column),
        ChartKind::Rate | ChartKind::Ribbon | ChartKind::Process | ChartKind::Survival => Chart::new(ChartType::Line),
    };
    let range = |place: u16| ChartRange::new_from_range(sheet, first, place, last, place);
    // The first dimension stands after the period.
    let categories = range(if is_grouped { 1 } else { layout.period });
    let series = chart.add_series();
    series.set_name(measure.title.as_str()).set_categories(&categories).set_values(&range(layout.value));
    let is_line =
        matches!(measure.chart, ChartKind::Rate | ChartKind::Ribbon | ChartKind::Process | ChartKind::Survival);
    if is_line {
        series.set_format(ChartFormat::new().set_line(ChartLine::new().set_color(Color::RGB(SERIES)).set_width(2)));
        series.set_marker(
            ChartMarker::new()
                .set_type(ChartMarkerType::Circle)
                .set_size(5)
                .set_format(ChartFormat::new().set_solid_fill(ChartSolidFill::new().set_color(Color::RGB(SERIES)))),
        );
    } else {
        series.set_format(ChartFormat::new().set_solid_fill(ChartSolidFill::new().set_color(Color::RGB(SERIES))));
        series.set_gap(60);
    }
    if measure.chart != ChartKind::Ribbon && last - first < MOST_ERROR_BARS {
        series.set_y_error_bars(&error_bars(&range(layout.above), &range(layout.below)));
    }
    if measure.chart == ChartKind::Ribbon {
        percentiles(&mut chart, sheet, measure, layout, (first, last), &categories);
    }
    finish(&mut chart, measure, scale, is_grouped);
    Some(chart)
}

/// The interval of each value.
fn error_bars(above: &ChartRange, below: &ChartRange) -> ChartErrorBars {
    let mut bars = ChartErrorBars::new();
    bars.set_type(ChartErrorBarsType::Custom(above.clone(), below.clone()))
        .set_direction(ChartErrorBarsDirection::Both)
        .set_end_cap(false)
        .set_format(ChartFormat::new().set_line(ChartLine::new().set_color(Color::RGB(CONTEXT)).set_width(1)));
    bars
}

/// Between which values half and most of the events lie, as thin dashed lines.
fn percentiles(
    chart: &mut Chart,
    sheet: &str,
    measure: &Measure,
    layout: &Layout,
    (first, last): (u32, u32),
    categories: &ChartRange,
) {
    for (index, name) in
        measure.total.own_columns.iter().enumerate().filter(|(_, name)| matches!(**name, "p25" | "p90"))
    {
        let place = layout.own + column(index);
        let line =
            ChartLine::new().set_color(Color::RGB(CONTEXT)).set_width(1).set_dash_type(ChartLineDashType::Dash).clone();
        chart
            .add_series()
            .set_name(*name)
            .set_categories(categories)
            .set_values(&ChartRange::new_from_range(sheet, first, place, last, place))
            .set_format(ChartFormat::new().set_line(&line))
            .set_marker(ChartMarker::new().set_none());
    }
}

fn finish(chart: &mut Chart, measure: &Measure, scale: Scale, is_grouped: bool) {
    let font = ChartFont::new().set_size(9).set_color(Color::RGB(MUTED)).clone();
    chart.title().set_name(scale.titled(&measure.title).as_str()).set_font(ChartFont::new().set_size(11).set_bold());
    if measure.chart == ChartKind::Ribbon {
        chart.legend().set_position(rust_xlsxwriter::ChartLegendPosition::Bottom);
    } else {
        chart.legend().set_hidden();
    }
    chart.x_axis().set_font(&font);
    if is_grouped {
        // The first group stands at the top.
        chart.x_axis().set_reverse();
    } else {
        chart.x_axis().set_date_axis(true).set_num_format("mmm yy");
    }
    let grid = ChartLine::new().set_color(Color::RGB(HAIRLINE)).clone();
    chart.y_axis().set_font(&font).set_num_format(axis_format(scale)).set_min(0).set_major_gridlines_line(&grid);
    chart.y_axis().set_format(ChartFormat::new().set_line(ChartLine::new().set_hidden(true)));
    chart.show_empty_cells_as(ChartEmptyCells::Gaps);
    chart.set_width(720).set_height(320);
    chart.set_alt_text(measure.question.as_str());
}

fn axis_format(scale: Scale) -> &'static str {
    match scale.number_format() {
        "0.0%" => "0%",
        _ => "General",
    }
}
