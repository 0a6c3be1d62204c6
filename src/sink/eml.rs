//! The answer of a report as an e-mail: plain text, plain HTML and pictures inside, written and never sent.
//!
//! RFC 5322 with MIME. It has no recipient, and `X-Unsent` lets a mail program open it as a draft. Its date is that of
//! the report. Everything is encoded (quoted-printable or base64), so no line of the report can become a header.

mod encode;

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::DateTime;

use crate::report::blocks::{Card, Figure, Judgement, Report};
use crate::sink::anchors::Anchors;
use crate::sink::png::{Painter, first_cards};
use crate::sink::view::{self, FigureIds};
use crate::sink::{Assets, Needs, OutputFile, Sink, SinkError};

use encode::{base64_lines, header, html, quoted_printable};

/// The entry of this file in the registry.
pub const SINK: Sink =
    Sink { name: "eml", about: "An e-mail to open as a draft, with pictures inside", render, needs: Needs::Words };

/// Pictures beyond these belong to the report itself.
const MOST_FIGURES: usize = 4;

/// Encoded text never holds `=_`, so these never end a part too early.
const ALTERNATIVES: &str = "=_shipwake_alternatives";
const RELATED: &str = "=_shipwake_related";

/// A picture of the mail.
struct Inline<'a> {
    /// Letters, digits and hyphens.
    id: String,
    alt: &'a str,
    png: Vec<u8>,
}

/// `report.eml`.
///
/// # Errors
/// As those of `png`.
pub fn render(report: &Report, assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    let painter = Painter::new(assets);
    let mut pictures =
        vec![Inline { id: "cover".to_owned(), alt: &report.headline, png: painter.cover(report, assets)? }];
    for (figure, id) in told_by_cards(report) {
        pictures.push(Inline { png: painter.figure(figure, &id)?, id, alt: &figure.description });
    }
    Ok(vec![OutputFile { path: PathBuf::from("report.eml"), bytes: mail(report, &pictures).into_bytes() }])
}

/// The figures that cards point to, in the order of the cards.
fn told_by_cards(report: &Report) -> Vec<(&Figure, String)> {
    let ids = FigureIds::new(report, &mut Anchors::default());
    let figures: Vec<(&Figure, &String)> = view::figures(report).into_iter().zip(ids.in_order()).collect();
    let mut told: Vec<(&Figure, String)> = Vec::new();
    for target in first_cards(report).iter().filter_map(|card| ids.target(&card.anchor)) {
        let found = figures.iter().find(|(_, id)| *id == target);
        let is_new = told.iter().all(|(_, id)| id != target);
        told.extend(found.filter(|_| is_new).map(|(figure, id)| (*figure, (*id).clone())));
    }
    told.truncate(MOST_FIGURES);
    told
}

fn mail(report: &Report, pictures: &[Inline]) -> String {
    let numbers = &report.numbers;
    let date = DateTime::from_timestamp_micros(numbers.as_of).unwrap_or_default();
    let mut mail = String::new();
    let mut line = |text: &str| {
        mail.push_str(text);
        mail.push_str("\r\n");
    };
    line(&header("Subject", &subject(report)));
    line("From: shipwake <shipwake@localhost.invalid>");
    line(&format!("Date: {}", date.to_rfc2822()));
    line("X-Unsent: 1");
    line("MIME-Version: 1.0");
    line(&format!("Content-Type: multipart/alternative; boundary=\"{ALTERNATIVES}\""));
    line("");
    line(&format!("--{ALTERNATIVES}"));
    line("Content-Type: text/plain; charset=utf-8");
    line("Content-Transfer-Encoding: quoted-printable");
    line("");
    line(&quoted_printable(&text(report)));
    line(&format!("--{ALTERNATIVES}"));
    line(&format!("Content-Type: multipart/related; type=\"text/html\"; boundary=\"{RELATED}\""));
    line("");
    line(&format!("--{RELATED}"));
    line("Content-Type: text/html; charset=utf-8");
    line("Content-Transfer-Encoding: quoted-printable");
    line("");
    line(&quoted_printable(&page(report, pictures)));
    for picture in pictures {
        line(&format!("--{RELATED}"));
        line("Content-Type: image/png");
        line("Content-Transfer-Encoding: base64");
        line(&format!("Content-ID: <{}@shipwake.invalid>", picture.id));
        line(&format!("Content-Disposition: inline; filename=\"{}.png\"", picture.id));
        line("");
        line(&base64_lines(&picture.png));
    }
    line(&format!("--{RELATED}--"));
    line("");
    line(&format!("--{ALTERNATIVES}--"));
    mail
}

fn subject(report: &Report) -> String {
    match report.organisation.is_empty() {
        true => report.title.clone(),
        false => format!("{}: {}", report.organisation, report.title),
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    let sentences = std::iter::once(&report.headline).chain(&report.lead).filter(|sentence| !sentence.is_empty());
    let _ = writeln!(text, "{}\n", report.title);
    for sentence in sentences {
        let _ = writeln!(text, "{sentence}\n");
    }
    for card in first_cards(report) {
        let _ = writeln!(text, "{}: {}", card.title, words(card).join("; "));
    }
    text.push('\n');
    for fact in &report.facts {
        let _ = writeln!(text, "{}: {}", fact.term, fact.text);
    }
    let _ = writeln!(text, "\nMade by shipwake {}.", env!("CARGO_PKG_VERSION"));
    text
}

/// Value, how sure it is, and what changed.
fn words(card: &Card) -> Vec<String> {
    let change = card.change.as_ref().map(|change| match change.judgement {
        Judgement::Better => format!("better: {}", change.text),
        Judgement::Worse => format!("worse: {}", change.text),
        Judgement::Neutral => change.text.clone(),
    });
    let value = format!("{} {}", card.value, card.unit).trim().to_owned();
    let all = [Some(value), card.missing.clone(), Some(card.interval.clone()), Some(card.basis.clone()), change];
    all.into_iter().flatten().filter(|text| !text.is_empty()).collect()
}

/// HTML that mail programs of all ages show alike: paragraphs, one table, pictures; no style sheet.
fn page(report: &Report, pictures: &[Inline]) -> String {
    const MUTED: &str = "color:#59636E";
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><body style=\"font-family:sans-serif;color:#1F2328;max-width:720px\">\n",
    );
    let _ = writeln!(page, "<h1 style=\"font-size:22px\">{}</h1>", html(&report.title));
    let _ = writeln!(page, "<p style=\"font-size:18px\">{}</p>", html(&report.headline));
    for sentence in &report.lead {
        let _ = writeln!(page, "<p>{}</p>", html(sentence));
    }
    let _ = writeln!(page, "<table cellpadding=\"6\" style=\"border-collapse:collapse\">");
    for card in first_cards(report) {
        let told = words(card);
        let (value, rest) = told.split_first().map_or(("", &[][..]), |(value, rest)| (value.as_str(), rest));
        let rest: Vec<String> = rest.iter().map(|text| html(text)).collect();
        let _ = writeln!(
            page,
            "<tr style=\"vertical-align:top\"><th align=\"left\">{}</th><td><b>{}</b></td><td style=\"{MUTED}\">{}</td></tr>",
            html(&card.title),
            html(value),
            rest.join("<br>"),
        );
    }
    page.push_str("</table>\n");
    for picture in pictures {
        let _ = writeln!(
            page,
            "<p><img src=\"cid:{}@shipwake.invalid\" width=\"720\" alt=\"{}\"></p>",
            picture.id,
            html(picture.alt)
        );
    }
    let facts: Vec<String> = report.facts.iter().map(|fact| html(&format!("{}: {}", fact.term, fact.text))).collect();
    let _ = writeln!(page, "<p style=\"{MUTED};font-size:12px\">{}</p>", facts.join(" · "));
    page.push_str("</body></html>\n");
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    fn mail_of(report: &Report) -> String {
        let files = render(report, &Assets::default()).expect("renders");
        String::from_utf8(files[0].bytes.clone()).expect("UTF-8")
    }

    #[test]
    fn a_mail_is_ascii_in_lines_that_every_server_takes() {
        let mut report = fixture::rich();
        report.title = fixture::hostile_names().join("\r\nBcc: everybody@example.com\r\n");
        report.lead = fixture::hostile_names();
        let mail = mail_of(&report);
        assert!(mail.is_ascii());
        for line in mail.split("\r\n") {
            assert!(line.len() <= 78 || line.starts_with("Content-Type"), "{line}");
            assert!(!line.contains(['\n', '\r']), "{line:?}");
        }
        let (headers, _) = mail.split_once("\r\n\r\n").expect("headers end");
        assert!(!headers.contains("\r\nBcc"), "a title is no header");
    }

    #[test]
    fn the_date_is_the_reports_and_nobody_is_written_to() {
        let mail = mail_of(&fixture::rich());
        assert!(mail.contains("\r\nDate: Sun, 1 Nov 2026 00:00:00 +0000\r\n"));
        assert!(mail.contains("\r\nX-Unsent: 1\r\n"));
        assert!(!mail.contains("\r\nTo:"));
    }

    #[test]
    fn every_picture_of_the_page_is_a_part() {
        let mail = mail_of(&fixture::rich());
        let unfolded = mail.replace("=\r\n", "");
        let shown: Vec<&str> =
            unfolded.split("src=3D\"cid:").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(shown.len(), 2, "the cover and the one figure that cards name");
        for id in shown {
            assert!(mail.contains(&format!("Content-ID: <{id}>")), "{id}");
        }
    }

    #[test]
    fn text_of_the_report_stays_text() {
        let mut report = fixture::rich();
        report.lead = fixture::hostile_names();
        let page = page(&report, &[]);
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    }
}
