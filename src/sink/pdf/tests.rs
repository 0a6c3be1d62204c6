//! PDF files are looked into by `tests/office`; here it is shown that they are made, and always the same.

use super::*;
use crate::sink::fixture;

fn rendered(report: &Report) -> [Vec<u8>; 2] {
    [render, render_slides].map(|render| {
        let mut files = render(report, &Assets::default()).expect("renders");
        files.pop().expect("one file").bytes
    })
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn pages_and_slides_are_whole_pdf_files_of_the_same_bytes_each_time() {
    let report = fixture::rich();
    let once = rendered(&report);
    for bytes in &once {
        assert!(bytes.starts_with(b"%PDF-1."));
        assert!(bytes.ends_with(b"%%EOF") || bytes.ends_with(b"%%EOF\n"));
        assert!(contains(bytes, "/Outlines"), "headings can be jumped to");
        assert!(contains(bytes, "/MarkInfo"), "tagged for screen readers");
        assert!(contains(bytes, "D:20261101000000Z"), "the date is the report's own");
    }
    assert!(once == rendered(&report));
}

#[test]
fn an_empty_report_is_a_page() {
    for bytes in rendered(&fixture::empty()) {
        assert!(bytes.starts_with(b"%PDF-1."));
    }
}

#[test]
fn an_error_in_a_users_template_names_template_line_and_cause() {
    let mut assets = Assets::default();
    assets.replace("report.typ", "#let x = 1\n\n#nothing-of-that-name\n".to_owned()).expect("built in");
    let error = render(&fixture::rich(), &assets).expect_err("no such name");
    assert_eq!(
        error.to_string(),
        "could not render template `report.typ`, line 3: unknown variable: nothing-of-that-name \
         (if you meant to use subtraction, try adding spaces around the minus signs: `nothing - of - that - name`)"
    );
}

#[test]
fn an_error_in_an_imported_template_names_that_one() {
    let mut assets = Assets::default();
    assets.replace("parts.typ", "\n#let = 3".to_owned()).expect("built in");
    let error = render(&fixture::rich(), &assets).expect_err("no template");
    assert!(error.to_string().starts_with("could not render template `parts.typ`, line 2: "), "{error}");
}

#[test]
fn a_template_can_reach_nothing_outside() {
    for reach in ["#read(\"/etc/passwd\")", "#import \"@preview/cetz:0.3.0\"", "#include \"../secret.typ\""] {
        let mut assets = Assets::default();
        assets.replace("report.typ", reach.to_owned()).expect("built in");
        assert!(render(&fixture::rich(), &assets).is_err(), "{reach}");
    }
}
