//! Laws that hold for every chart: on any input something is drawn, inside its frame, the same
//! each time, with every word of the data escaped.

use chrono::{Months, NaiveDate};

use super::{picture::Shape, *};
use crate::unit::Unit;

const CAPTION: Caption = Caption { id: "rate", title: "Fails & <fixes>", description: "Twelve months" };

const HOSTILE: &str = "</text><script>alert(\"1\")</script>&\u{0}\u{202E} שירות 👩‍👩‍👧 \
                       a-very-long-name-of-a-service-that-does-not-fit-anywhere-at-all-0123456789";

/// A point of value, half interval and number of events, or a gap.
type Sample = Option<(f64, f64, u64)>;

fn series(samples: &[Sample]) -> Series {
    let start: NaiveDate = "2025-11-01".parse().unwrap();
    let point = |(index, sample): (usize, &Sample)| Point {
        at: start + Months::new(index as u32),
        value: sample.map(|(value, ..)| value),
        low: sample.map(|(value, half, _)| value - half),
        high: sample.map(|(value, half, _)| value + half),
        n: sample.map_or(0, |(.., n)| n),
        is_partial: index + 1 == samples.len(),
    };
    Series { name: HOSTILE.to_owned(), points: samples.iter().enumerate().map(point).collect() }
}

fn usual() -> Series {
    let values = [0.11, 0.13, 0.09, 0.1, 0.0, 0.25, 0.14, 0.17, 0.12, 0.15, 0.16, 0.142, 0.08];
    let mut samples: Vec<_> = values.iter().map(|value| Some((*value, 0.04, 200))).collect();
    samples[4] = None;
    samples[5] = Some((0.25, 0.3, 3));
    series(&samples)
}

fn timeline(form: Form, unit: Unit, series: Series) -> Chart {
    let mark = |label: &str, value, is_dashed| Mark { label: label.to_owned(), value, is_dashed };
    Chart::Timeline(Timeline {
        form,
        unit,
        series,
        marks: vec![mark("Target 10 %", 0.1, false), mark("Upper limit", 0.21, true), mark(HOSTILE, 1e6, true)],
        focus: "2026-10-01".parse().ok(),
        band_label: "95 % interval".to_owned(),
    })
}

fn odd_series() -> Vec<Series> {
    let one = Some((0.2, 0.1, 40));
    [
        vec![],
        vec![None; 12],
        vec![one],
        vec![one; 12],
        vec![None, one, None, None, one],
        vec![one, one, Some((1e9, 1e8, 40)), one],
        vec![one, Some((1e300, f64::INFINITY, 2)), Some((f64::NAN, 0.0, 3))],
        vec![Some((f64::MAX, 0.0, 9)), Some((-f64::MAX, 0.0, 9))],
        vec![Some((0.0, 0.0, 0)); 3],
        vec![Some((-5.0, 1.0, 9)), one],
        vec![Some((0.3, 0.5, 2)); 40],
    ]
    .iter()
    .map(|samples| series(samples))
    .chain([usual()])
    .collect()
}

fn odd_charts() -> Vec<Chart> {
    let mut charts = Vec::new();
    for unit in [Unit::Ratio, Unit::Seconds, Unit::Count] {
        for series in odd_series() {
            for form in [Form::Bars, Form::Rate, Form::Ribbon] {
                charts.push(timeline(form, unit, series.clone()));
                charts.push(Chart::Multiples(Multiples {
                    form,
                    unit,
                    series: vec![series.clone(), usual()],
                    focus: None,
                }));
            }
            let bar = |point: &Point| Bar {
                label: HOSTILE.to_owned(),
                value: point.value,
                low: point.low,
                high: point.high,
                n: point.n,
                is_highlighted: point.n > 4,
            };
            let bars = series.points.iter().map(bar).collect();
            let Chart::Timeline(Timeline { marks, .. }) = timeline(Form::Bars, unit, series.clone()) else {
                continue;
            };
            charts.push(Chart::Bars(Bars { unit, bars, marks }));
            charts.push(Chart::Sparkline { unit, series });
        }
    }
    charts
}

fn picture_of(chart: &Chart, width: Width) -> Picture {
    let kind = KINDS.iter().find(|kind| kind.name == chart.kind());
    kind.and_then(|kind| (kind.picture)(chart, width)).unwrap()
}

fn labels(picture: &Picture) -> Vec<&picture::Label> {
    let labels = picture.shapes.iter().filter_map(|shape| match shape {
        Shape::Text(label) => Some(label),
        _ => None,
    });
    labels.collect()
}

#[test]
fn kinds_are_sorted_and_each_draws_its_own_charts_only() {
    assert!(KINDS.windows(2).all(|pair| pair[0].name < pair[1].name));
    for chart in odd_charts().iter().take(60) {
        let drawn = KINDS.iter().filter(|kind| (kind.picture)(chart, Width::Wide).is_some());
        assert_eq!(drawn.map(|kind| kind.name).collect::<Vec<_>>(), [chart.kind()]);
    }
    assert!(KINDS.iter().all(|kind| kind.about.ends_with('.')));
}

#[test]
fn every_odd_input_is_drawn_and_no_word_leaves_the_picture() {
    for chart in odd_charts() {
        for width in [Width::Wide, Width::Narrow] {
            let picture = picture_of(&chart, width);
            for label in labels(&picture) {
                let rect = label.rect();
                let is_inside = rect.left >= -0.5
                    && rect.right <= picture.width + 0.5
                    && rect.top >= -0.5
                    && rect.bottom <= picture.height + 0.5;
                assert!(is_inside, "{label:?} in {}: {chart:?}", picture.width);
            }
            draw(&chart, &CAPTION, width, Place::Page).unwrap();
        }
    }
}

#[test]
fn every_shape_stays_inside_its_picture() {
    for chart in odd_charts() {
        let picture = picture_of(&chart, Width::Wide);
        let inside =
            |(x, y): &(f64, f64)| (-6.0..=picture.width + 6.0).contains(x) && (-6.0..=picture.height + 6.0).contains(y);
        for shape in &picture.shapes {
            let is_inside = match shape {
                Shape::Path { points, .. } | Shape::Area { points, .. } => points.iter().all(inside),
                Shape::Dot { at, .. } | Shape::Ring { at, .. } => inside(at),
                Shape::Text(label) => inside(&label.at),
            };
            assert!(is_inside, "{shape:?} of {chart:?}");
        }
    }
}

#[test]
fn words_of_the_data_are_escaped_and_cut() {
    for chart in odd_charts() {
        for place in [Place::Page, Place::File] {
            let svg = draw(&chart, &CAPTION, Width::Narrow, place).unwrap();
            assert!(!svg.contains("<script") && !svg.contains('\u{0}'));
            assert!(!svg.contains('\u{202E}'));
            assert!(svg.contains("Fails &amp; &lt;fixes&gt;"));
        }
    }
}

#[test]
fn the_same_chart_is_the_same_bytes() {
    let chart = timeline(Form::Rate, Unit::Ratio, usual());
    let svg = || draw(&chart, &CAPTION, Width::Wide, Place::File).unwrap();
    assert_eq!(svg(), svg());
}

#[test]
fn elements_are_closed_and_ids_differ_between_the_two_widths() {
    let chart = timeline(Form::Ribbon, Unit::Seconds, usual());
    let wide = draw(&chart, &CAPTION, Width::Wide, Place::Page).unwrap();
    let narrow = draw(&chart, &CAPTION, Width::Narrow, Place::Page).unwrap();
    assert!(wide.starts_with("<svg class=\"chart\" width=\"100%\" font-family="));
    assert!(wide.contains("viewBox=\"0 0 5760 2240\""));
    assert!(wide.contains("aria-labelledby=\"rate-wide-title rate-wide-desc\""));
    assert!(narrow.contains("aria-labelledby=\"rate-narrow-title rate-narrow-desc\""));
    for name in ["svg", "text", "title", "desc"] {
        let opened = wide.matches(&format!("<{name}")).count();
        assert_eq!(opened, wide.matches(&format!("</{name}>")).count(), "{name}");
    }
    assert!(!wide.contains("http"));
}

#[test]
fn a_file_brings_its_namespace_size_and_dark_rules() {
    let chart = timeline(Form::Rate, Unit::Ratio, usual());
    let svg = draw(&chart, &CAPTION, Width::Wide, Place::File).unwrap();
    assert!(svg.contains("xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"280\""));
    assert!(svg.contains("prefers-color-scheme:dark"));
    assert!(!svg.contains("var("));
}

#[test]
fn text_is_twelve_pixels_of_the_scaled_canvas() {
    let chart = timeline(Form::Rate, Unit::Ratio, usual());
    let svg = draw(&chart, &CAPTION, Width::Narrow, Place::Page).unwrap();
    let sizes: Vec<_> = svg.split("font-size=\"").skip(1).collect();
    assert!(!sizes.is_empty());
    assert!(sizes.iter().all(|rest| rest.starts_with("96\"")), "{}", sizes[0]);
}

#[test]
fn a_gap_breaks_the_line_and_small_or_unfinished_periods_say_so() {
    let picture = picture_of(&timeline(Form::Rate, Unit::Ratio, usual()), Width::Wide);
    let lines = picture
        .shapes
        .iter()
        .filter(|shape| matches!(shape, Shape::Path { points, role: theme::Role::Series1, .. } if points.len() > 2));
    assert_eq!(lines.count(), 2);
    let rings = picture.shapes.iter().filter(|shape| matches!(shape, Shape::Ring { .. }));
    assert_eq!(rings.count(), 2);
    let words: Vec<_> = labels(&picture).iter().map(|label| label.text.as_str()).collect();
    for word in ["n=3", "so far", "95 % interval", "Target 10 %", "14.2\u{202F}%", "2025", "2026"] {
        assert!(words.contains(&word), "{word} in {words:?}");
    }
}

#[test]
fn the_words_of_a_usual_chart_do_not_cover_one_another() {
    for form in [Form::Bars, Form::Rate, Form::Ribbon] {
        let picture = picture_of(&timeline(form, Unit::Ratio, usual()), Width::Wide);
        let labels = labels(&picture);
        for (index, one) in labels.iter().enumerate() {
            for other in &labels[index + 1..] {
                let (a, b) = (one.rect(), other.rect());
                let is_apart = a.right <= b.left + 1.0
                    || b.right <= a.left + 1.0
                    || a.bottom <= b.top + 1.0
                    || b.bottom <= a.top + 1.0;
                assert!(is_apart, "{one:?} {other:?}");
            }
        }
    }
}

#[test]
fn nothing_known_is_said_in_words() {
    for samples in [vec![], vec![None; 3]] {
        let chart = timeline(Form::Rate, Unit::Ratio, series(&samples));
        let svg = draw(&chart, &CAPTION, Width::Wide, Place::Page).unwrap();
        assert!(svg.contains("no data for this period"));
    }
}

#[test]
fn hover_texts_tell_period_value_interval_and_number() {
    let picture = picture_of(&timeline(Form::Rate, Unit::Ratio, usual()), Width::Wide);
    let texts: Vec<_> = picture.tips.iter().map(|tip| tip.text.replace('\u{202F}', " ")).collect();
    assert_eq!(texts[11], "Oct 2026: 14.2 % (95 % interval 10.2 % to 18.2 %), n = 200");
    assert_eq!(texts[4], "Mar 2026: no data");
    assert!(texts[12].ends_with(", not complete"));
}

#[test]
fn multiples_are_one_picture_a_group_on_one_scale() {
    let mut small = usual();
    small.name = "search".to_owned();
    let multiples = Multiples { form: Form::Rate, unit: Unit::Ratio, series: vec![usual(), small], focus: None };
    let panels = draw_multiples(&multiples, &CAPTION, Place::Page).unwrap();
    assert_eq!(panels.len(), 2);
    assert_eq!(panels[1].name, "search");
    assert!(panels[1].svg.contains("id=\"rate-2-title\">search: Fails"));
    assert!(panels[1].svg.contains("viewBox=\"0 0 1760 960\""));
}
