//! Workbooks are opened by `tests/office`; here it is shown what is written into them, by looking at their XML.

use std::io::Read;

use super::*;
use crate::sink::fixture;

/// The parts of a workbook by name.
fn parts(report: &Report) -> Vec<(String, String)> {
    let files = render(report, &Assets::default()).expect("renders");
    unpacked(&files[0].bytes)
}

/// What a ZIP file holds, read from its local headers and its central directory.
fn unpacked(bytes: &[u8]) -> Vec<(String, String)> {
    let short = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let long = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06").expect("an end");
    let mut at = long(end + 16);
    let mut found = Vec::new();
    while bytes[at..].starts_with(b"PK\x01\x02") {
        let (packed, name_length, extra, comment) = (long(at + 20), short(at + 28), short(at + 30), short(at + 32));
        let method = short(at + 10);
        let local = long(at + 42);
        let name = String::from_utf8_lossy(&bytes[at + 46..at + 46 + name_length]).into_owned();
        let data = local + 30 + short(local + 26) + short(local + 28);
        let packed = &bytes[data..data + packed];
        let mut text = Vec::new();
        match method {
            0 => text.extend_from_slice(packed),
            _ => {
                flate2::read::DeflateDecoder::new(packed).read_to_end(&mut text).expect("inflates");
            }
        }
        found.push((name, String::from_utf8_lossy(&text).into_owned()));
        at += 46 + name_length + extra + comment;
    }
    found
}

fn part<'a>(parts: &'a [(String, String)], name: &str) -> &'a str {
    &parts.iter().find(|(path, _)| path == name).unwrap_or_else(|| panic!("{name} is there")).1
}

#[test]
fn the_same_report_gives_the_same_bytes_and_its_date_is_the_reports() {
    let report = fixture::rich();
    let once = render(&report, &Assets::default()).expect("renders");
    assert!(once == render(&report, &Assets::default()).expect("renders"));
    assert!(part(&unpacked(&once[0].bytes), "docProps/core.xml").contains("2026-11-01T00:00:00Z"));
}

#[test]
fn there_is_a_sheet_a_metric_that_was_measured_and_one_a_list() {
    let parts = parts(&fixture::rich());
    let workbook = part(&parts, "xl/workbook.xml");
    for name in [
        "Summary",
        "Change fail rate",
        "Change lead time",
        "Data quality",
        "Definitions",
        "Failed deployments",
        "Deployments",
    ] {
        assert!(workbook.contains(&format!("name=\"{name}\"")), "{name}");
    }
    assert!(!workbook.contains("Approval latency"));
}

#[test]
fn nothing_is_a_formula_and_no_number_is_unreal() {
    for (name, text) in parts(&fixture::rich()).iter().filter(|(name, _)| name.starts_with("xl/worksheets/sheet")) {
        assert!(!text.contains("<f>"), "{name}");
        assert!(!text.contains("NaN") && !text.contains(">inf<"), "{name}");
    }
}

#[test]
fn hostile_names_are_strings() {
    let parts = parts(&fixture::rich());
    let strings = part(&parts, "xl/sharedStrings.xml");
    assert!(strings.contains("=cmd()"));
    assert!(strings.contains("&lt;script&gt;"));
    assert!(strings.contains("فريق المدفوعات"));
}

#[test]
fn the_header_of_a_metric_is_frozen_filtered_and_has_its_chart_with_error_bars() {
    let parts = parts(&fixture::rich());
    let sheet = part(&parts, "xl/worksheets/sheet2.xml");
    assert!(sheet.contains("<pane ySplit=\"3\""), "frozen");
    assert!(sheet.contains("<autoFilter"), "filtered");
    assert!(sheet.contains("<drawing "), "drawn");
    let chart = part(&parts, "xl/charts/chart1.xml");
    assert!(chart.contains("<c:lineChart>") && chart.contains("<c:errBars>"));
}

#[test]
fn dates_and_shares_are_numbers() {
    let parts = parts(&fixture::rich());
    let sheet = part(&parts, "xl/worksheets/sheet2.xml");
    // 2025-10-01 and 44 of 310, in the first row of the whole.
    assert!(sheet.contains("<v>45931</v>"), "a day as Excel counts it");
    assert!(sheet.contains("<v>0.14193548387096774</v>") || sheet.contains("<v>0.141935483870968</v>"), "a share");
}

#[test]
fn an_empty_report_is_a_workbook_with_a_summary() {
    let parts = parts(&fixture::empty());
    assert!(part(&parts, "xl/workbook.xml").contains("name=\"Summary\""));
}
