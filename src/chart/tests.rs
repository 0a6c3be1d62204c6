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
            charts.extend(of_other_kinds(unit, &series));
            charts.push(Chart::Sparkline { unit, series });
        }
    }
    charts
}

/// The same numbers in every kind that is no series over periods, under hostile names.
fn of_other_kinds(unit: Unit, series: &Series) -> Vec<Chart> {
    let points = &series.points;
    let known = || points.iter().filter_map(|point| Some((point, point.value?)));
    let most = known().map(|(_, value)| value).fold(0.0, f64::max);
    let limits = ProcessLimits { center: most / 2.0, lower: -most, upper: most * 2.0 };
    let signals = known().map(|(point, _)| ProcessSignal { at: point.at, rule: HOSTILE.to_owned() });
    let panel = |limits| ProcessPanel { unit, series: series.clone(), limits, signals: signals.clone().collect() };
    let steps = known().map(|(point, value)| SurvivalStep {
        time_s: value * 1e4,
        share: 1.0 / (1.0 + value.abs()),
        low: point.low.map(|_| 0.1),
        high: point.high.map(|_| 0.9),
    });
    let cell = |point: &Point| Some(HeatCell { value: point.value?, n: point.n });
    let group = |(point, value): (&Point, f64)| FunnelGroup {
        name: HOSTILE.to_owned(),
        n: point.n,
        value,
        place: [FunnelPlace::Within, FunnelPlace::Near, FunnelPlace::Outside][point.n as usize % 3],
    };
    let limit = |n: u64| FunnelLimit { n, low_95: -0.1, high_95: 1.0, low_998: f64::NEG_INFINITY, high_998: 1e300 };
    let moment = |(point, value): (&Point, f64), what| Moment {
        what,
        at: point.at.into(),
        until: (value > 0.1).then(|| point.at.and_hms_opt(23, 0, 0)).flatten(),
        label: HOSTILE.to_owned(),
        is_named: point.n > 4,
    };
    let kinds = [MomentKind::Incident, MomentKind::Deployment, MomentKind::Rollback, MomentKind::Ticket];
    let lane = |what| Lane {
        name: HOSTILE.to_owned(),
        relation: HOSTILE.to_owned(),
        moments: known().map(|pair| moment(pair, what)).collect(),
    };
    let (from, until) = (NaiveDate::default(), points.last().map_or(NaiveDate::default(), |point| point.at));
    let band = CalendarBand { name: HOSTILE.to_owned(), from: "2026-01-20".parse().unwrap(), until: NaiveDate::MAX };
    let day = |(point, value): (&Point, f64)| CalendarDay {
        on: point.at,
        release_count: value.clamp(0.0, 9.0) as u64,
        incident_count: point.n % 2,
    };
    vec![
        Chart::Process(Process { panels: vec![panel(Some(limits)), panel(None), panel(Some(limits))] }),
        Chart::Survival(Survival {
            outcome: HOSTILE.chars().take(30).collect(),
            steps: steps.collect(),
            censored_s: known().map(|(_, value)| value * 2e4).collect(),
            open_count: points.len() as u64,
            median_s: points.first().and_then(|point| point.value),
            until_s: most * 3e4,
            n: points.len() as u64,
        }),
        Chart::Histogram(Histogram {
            unit,
            buckets: known()
                .map(|(point, value)| Bucket { label: HOSTILE.to_owned(), value: value.max(0.0), expected: point.high })
                .collect(),
            expected_label: HOSTILE.to_owned(),
        }),
        Chart::HeatMap(HeatMap {
            unit,
            columns: points.iter().take(7).map(|_| HOSTILE.to_owned()).collect(),
            rows: vec![HeatRow { label: HOSTILE.to_owned(), cells: points.iter().map(cell).collect() }; 3],
        }),
        Chart::Funnel(Funnel {
            unit,
            size_label: HOSTILE.to_owned(),
            groups: known().map(group).collect(),
            target: 0.1,
            limits: vec![limit(1), limit(10), limit(500)],
        }),
        Chart::Calendar(Calendar { from, until, days: known().map(day).collect(), bands: vec![band.clone()] }),
        Chart::Calendar(Calendar {
            from: "2025-11-05".parse().unwrap(),
            until: "2026-11-05".parse().unwrap(),
            days: known().map(day).collect(),
            bands: vec![band],
        }),
        Chart::Waterfall(Waterfall {
            unit,
            stages: known()
                .map(|(point, value)| WaterfallStage { label: HOSTILE.to_owned(), value, n: point.n })
                .collect(),
            total_label: HOSTILE.to_owned(),
        }),
        Chart::Story(Story {
            from: "2026-01-01T00:00:00".parse().unwrap(),
            until: "2026-03-01T00:00:00".parse().unwrap(),
            lanes: kinds.map(lane).to_vec(),
        }),
    ]
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
    assert!(wide.starts_with("<svg class=\"chart\" viewBox=\"0 0 5760 2240\" fill=\"none\""));
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
                assert!(are_apart(one, other), "{one:?} {other:?}");
            }
        }
    }
}

/// Whether two words stand beside or below one another.
fn are_apart(one: &picture::Label, other: &picture::Label) -> bool {
    let (a, b) = (one.rect(), other.rect());
    a.right <= b.left + 1.0 || b.right <= a.left + 1.0 || a.bottom <= b.top + 1.0 || b.bottom <= a.top + 1.0
}

#[test]
fn names_of_periods_do_not_cover_one_another_however_many_there_are() {
    let start: NaiveDate = "2025-11-03".parse().unwrap();
    let first: NaiveDate = "2025-11-01".parse().unwrap();
    let days = |step: u64| move |index: u32| start + chrono::Days::new(step * u64::from(index));
    let months = |step: u32| move |index: u32| first + Months::new(step * index);
    let kinds: [Box<dyn Fn(u32) -> NaiveDate>; 5] =
        [Box::new(days(1)), Box::new(days(7)), Box::new(months(1)), Box::new(months(3)), Box::new(months(12))];
    for (kind, count, width) in kinds.iter().flat_map(|kind| {
        (1..=60).chain([104, 156]).flat_map(move |count| [344.0, 720.0].map(|width| (kind, count, width)))
    }) {
        let dates: Vec<NaiveDate> = (0..count).map(kind).collect();
        let mut picture = Picture::new(width, 60.0);
        let slots = axis::Slots { left: 40.0, right: width - 8.0, count: dates.len() };
        axis::draw_periods(&mut picture, &slots, 20.0, &dates, dates.last().copied());
        let labels = labels(&picture);
        for (index, one) in labels.iter().enumerate() {
            for other in &labels[index + 1..] {
                assert!(are_apart(one, other), "{count} from {first} on {width}: {one:?} {other:?}");
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

/// The words of a chart, in the order in which they are drawn.
fn words(chart: &Chart) -> Vec<String> {
    labels(&picture_of(chart, Width::Wide)).iter().map(|label| label.text.replace('\u{202F}', " ")).collect()
}

fn dots(chart: &Chart, wanted: theme::Role) -> usize {
    let picture = picture_of(chart, Width::Wide);
    picture.shapes.iter().filter(|shape| matches!(shape, Shape::Dot { role, .. } if *role == wanted)).count()
}

#[test]
fn a_process_names_its_mean_its_limits_and_the_first_of_neighbouring_signals() {
    let signal = |at: &str| ProcessSignal { at: at.parse().unwrap(), rule: "beyond limit".to_owned() };
    let chart = Chart::Process(Process {
        panels: vec![ProcessPanel {
            unit: Unit::Ratio,
            series: Series { name: "Change fail rate".to_owned(), ..usual() },
            limits: Some(ProcessLimits { center: 0.12, lower: -0.02, upper: 0.24 }),
            signals: vec![signal("2026-04-01"), signal("2026-05-01"), signal("2026-08-01")],
        }],
    });
    let words = words(&chart);
    for word in ["Change fail rate", "mean 12 %", "limit 24 %", "8 % so far"] {
        assert!(words.iter().any(|known| known == word), "{word} in {words:?}");
    }
    assert!(!words.iter().any(|word| word.contains("\u{2212}2")), "no share lies below zero: {words:?}");
    assert_eq!(words.iter().filter(|word| *word == "beyond limit").count(), 2);
    assert_eq!(dots(&chart, theme::Role::Series2), 3);
    let tips = picture_of(&chart, Width::Wide).tips;
    assert!(tips[5].text.ends_with("; beyond limit"), "{}", tips[5].text);
}

#[test]
fn a_survival_curve_only_falls_and_ends_level_where_cases_are_open() {
    let step = |time_s, share| SurvivalStep { time_s, share, low: Some(share - 0.1), high: Some(share + 0.1) };
    let chart = Chart::Survival(Survival {
        outcome: "not yet restored".to_owned(),
        steps: vec![step(600.0, 0.75), step(3_600.0, 0.5), step(90_000.0, 0.25)],
        censored_s: vec![400_000.0],
        open_count: 1,
        median_s: Some(3_600.0),
        until_s: 400_000.0,
        n: 4,
    });
    let picture = picture_of(&chart, Width::Wide);
    let is_curve = |shape: &&Shape| matches!(shape, Shape::Path { role: theme::Role::Series1, .. });
    let Some(Shape::Path { points, .. }) = picture.shapes.iter().find(is_curve) else {
        panic!("there is a curve");
    };
    assert!(points.is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1), "{points:?}");
    assert_eq!(points.last().map(|at| at.1), points.iter().rev().nth(1).map(|at| at.1));
    let words = words(&chart);
    for word in ["half within 1 h", "1 still open", "logarithmic axis of time", "share not yet restored", "1 d"] {
        assert!(words.iter().any(|known| known == word), "{word} in {words:?}");
    }
}

#[test]
fn a_heat_map_shades_what_is_sure_and_leaves_empty_what_is_nothing() {
    let cell = |value, n| Some(HeatCell { value, n });
    let chart = Chart::HeatMap(HeatMap {
        unit: Unit::Ratio,
        columns: vec!["08 to 12".to_owned(), "12 to 16".to_owned(), "16 to 20".to_owned()],
        rows: vec![HeatRow { label: "Friday".to_owned(), cells: vec![cell(0.1, 40), cell(0.5, 2), None] }],
    });
    let picture = picture_of(&chart, Width::Wide);
    let shades: Vec<f64> = picture
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Area { opacity, .. } => Some(*opacity),
            _ => None,
        })
        .collect();
    assert_eq!(shades, [0.4], "the share of two releases is no measure for the others");
    assert_eq!(picture.tips.len(), 2);
    assert!(words(&chart).iter().any(|word| word == "n=2"));
}

#[test]
fn only_what_lies_outside_a_funnel_has_a_name() {
    let group = |name: &str, value, place| FunnelGroup { name: name.to_owned(), n: 200, value, place };
    let limit = |n: u64, reach: f64| FunnelLimit {
        n,
        low_95: 0.0,
        high_95: 0.1 + reach,
        low_998: 0.0,
        high_998: 0.1 + 1.6 * reach,
    };
    let chart = Chart::Funnel(Funnel {
        unit: Unit::Ratio,
        size_label: "deployments".to_owned(),
        groups: vec![
            group("calm", 0.11, FunnelPlace::Within),
            group("loud", 0.3, FunnelPlace::Outside),
            group("uneasy", 0.17, FunnelPlace::Near),
        ],
        target: 0.1,
        limits: vec![limit(10, 0.2), limit(100, 0.06), limit(200, 0.04)],
    });
    let words = words(&chart);
    for word in ["loud", "uneasy", "all: 10 %", "95 % limit", "99.8 % limit", "deployments (scale of square roots)"] {
        assert!(words.iter().any(|known| known == word), "{word} in {words:?}");
    }
    assert!(!words.iter().any(|word| word == "calm"));
    let tips = picture_of(&chart, Width::Wide).tips;
    assert!(tips.iter().any(|tip| tip.text.starts_with("calm: 11")), "{tips:?}");
}

#[test]
fn parts_of_a_waterfall_begin_where_the_one_before_ends() {
    let stage = |label: &str, value| WaterfallStage { label: label.to_owned(), value, n: 90 };
    let chart = Chart::Waterfall(Waterfall {
        unit: Unit::Seconds,
        stages: vec![stage("Coding", 3_600.0), stage("Review", 10_800.0), stage("Waiting", 3_600.0)],
        total_label: "Lead time".to_owned(),
    });
    let picture = picture_of(&chart, Width::Wide);
    let ends: Vec<(f64, f64)> = picture
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Area { points, .. } => Some((points[0].0, points[2].0)),
            _ => None,
        })
        .collect();
    let [coding, review, waiting, whole] = ends[..] else { panic!("four bars: {ends:?}") };
    assert_eq!((coding.1, review.1), (review.0, waiting.0));
    assert_eq!((whole.0, whole.1), (coding.0, waiting.1));
    assert!(words(&chart).iter().any(|word| word == "3 h, 60 %"));
}

#[test]
fn a_calendar_shades_by_releases_and_bands_whole_freezes_over_the_end_of_a_month() {
    let day = |on: &str, release_count, incident_count| CalendarDay {
        on: on.parse().unwrap(),
        release_count,
        incident_count,
    };
    let chart = Chart::Calendar(Calendar {
        from: "2025-12-01".parse().unwrap(),
        until: "2026-01-31".parse().unwrap(),
        days: vec![day("2025-12-03", 1, 0), day("2025-12-04", 9, 2), day("2026-01-05", 0, 1)],
        bands: vec![CalendarBand {
            name: "Year end".to_owned(),
            from: "2025-12-20".parse().unwrap(),
            until: "2026-01-05".parse().unwrap(),
        }],
    });
    let words = words(&chart);
    for word in ["Dec 2025", "Jan 2026", "1 to 9 releases a day", "incident", "freeze"] {
        assert!(words.iter().any(|known| known == word), "{word} in {words:?}");
    }
    for label in labels(&picture_of(&chart, Width::Narrow)) {
        assert!(!label.text.contains('…'), "the name of a month is cut: {label:?}");
    }
    let picture = picture_of(&chart, Width::Wide);
    let bands = picture.shapes.iter().filter(|shape| matches!(shape, Shape::Area { role: theme::Role::Context, .. }));
    assert_eq!(bands.count(), 3, "one a month and one in the key");
    assert_eq!(picture.tips[1].text, "4 Dec 2025: 9 releases, 2 incidents");
    assert_eq!(picture.tips[2].text, "5 Jan 2026: 0 releases, 1 incident; Year end");
}

#[test]
fn a_story_tells_each_kind_by_its_form_and_an_open_incident_by_an_arrow() {
    let at = |text: &str| text.parse().unwrap();
    let moment = |what, from: &str, label: &str, is_named| Moment {
        what,
        at: at(from),
        until: None,
        label: label.to_owned(),
        is_named,
    };
    let chart = Chart::Story(Story {
        from: at("2026-10-09T20:00:00"),
        until: at("2026-10-10T02:00:00"),
        lanes: vec![Lane {
            name: "checkout".to_owned(),
            relation: String::new(),
            moments: vec![
                moment(MomentKind::Deployment, "2026-10-09T21:00:00", "deployment d1", true),
                moment(MomentKind::Incident, "2026-10-09T21:30:00", "incident i1", true),
                moment(MomentKind::Ticket, "2026-10-09T22:00:00", "ticket t1", false),
            ],
        }],
    });
    let words = words(&chart);
    for word in ["checkout", "deployment d1", "incident i1", "22:00", "9 Oct", "10 Oct", "ticket"] {
        assert!(words.iter().any(|known| known == word), "{word} in {words:?}");
    }
    assert!(!words.iter().any(|word| word == "ticket t1" || word == "rollback"));
    let tips = picture_of(&chart, Width::Wide).tips;
    assert_eq!(tips[1].text, "21:30, 9 Oct 2026: incident i1, still open");
}

#[test]
fn a_histogram_sets_every_bar_beside_what_chance_would_give() {
    let bucket = |label: &str, value, expected| Bucket { label: label.to_owned(), value, expected };
    let chart = Chart::Histogram(Histogram {
        unit: Unit::Count,
        buckets: vec![bucket("within 1 h", 14.0, Some(3.25)), bucket("1 to 4 h", 5.0, Some(6.0))],
        expected_label: "if releases made no difference".to_owned(),
    });
    let picture = picture_of(&chart, Width::Wide);
    let lines = |shape: &&Shape| matches!(shape, Shape::Path { role: theme::Role::Series2, .. });
    assert_eq!(picture.shapes.iter().filter(lines).count(), 2);
    assert_eq!(picture.tips[0].text, "within 1 h: 14, about 3.25 if releases made no difference");
}
