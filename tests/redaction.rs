//! Nobody is shown what is not for them: every output of every report is searched for the originals, on rows in which
//! every text says what it is. And no number depends on who reads it.

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Command;

use arrow::util::display::array_value_to_string;
use chrono::NaiveDate;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use shipwake::embedded;
use shipwake::metric::{self, Metric, Request};
use shipwake::period::Grain;
use shipwake::redaction::{Audience, Key, Redaction};
use shipwake::report::CONTROLS;
use shipwake::settings::{Flags, Settings};
use shipwake::sink::SINKS;
use shipwake::table::{Kind, Privacy, TABLES, privacy};
use shipwake::workspace::{Data, Loading, Workspace};
use support::{Folder, csv_text, files, records, sample};

const KEY: &str = "a key of the tests, long enough";

/// What a name may hold besides, so that escaping and quoting are tried too. No pseudonym has a z in it.
const HOSTILE: &[&str] = &["", " <b>&amp;", " O'Brien \"x\"", " `q` | x", " =cmd()", " Þórður", " {{ 7 * 7 }}"];

/// A text of a table with the class it belongs to in front: `Zzorigperson Ann`. Equal texts stay equal.
fn marked(table: &str, column: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let hostile = HOSTILE[text.bytes().map(usize::from).sum::<usize>() % HOSTILE.len()];
    let kind = TABLES.iter().find(|known| known.name == table).and_then(|known| known.column(column)).map(|it| it.kind);
    if !matches!(kind, Some(Kind::Text)) {
        return text.to_owned();
    }
    match privacy(table, column) {
        Privacy::Person => format!("Zzorigperson {text}{hostile}"),
        Privacy::People => {
            text.split(';').map(|one| format!("Zzorigperson {}", one.trim())).collect::<Vec<_>>().join(";")
        }
        Privacy::FreeText => format!("Zzorigfree {text}{hostile}"),
        Privacy::Keywords(_) => format!("{text} Zzorigfree{hostile}"),
        Privacy::Identifier => format!("Zzorigid{text}"),
        Privacy::Name(of) => format!("Zzorig{of} {text}{hostile}"),
        // A scope goes by the names; one of a single name is marked as the name itself.
        Privacy::Scope if text == "*" => text.to_owned(),
        Privacy::Scope => format!("Zzorig*{text}*"),
        _ => text.to_owned(),
    }
}

/// The sample and the tables that it lacks, every text marked, below a folder whose name tells somebody's.
fn write_data(folder: &Folder) {
    let mut tables: BTreeMap<String, String> = sample().into_iter().collect();
    let ids: Vec<String> =
        records(&tables["deployments"]).1.into_iter().rev().take(300).map(|row| row[0].clone()).collect();
    let each = |header: &str, row: &dyn Fn(&str) -> String| {
        let rows: Vec<String> = ids.iter().map(|id| row(id)).collect();
        format!("{header}\n{}\n", rows.join("\n"))
    };
    let mut add = |name: &str, text: String| {
        tables.entry(name.to_owned()).or_insert(text);
    };
    add("checks", each("deployment_id,check,kind,outcome,waived_by", &|id| format!("{id},scan,security,waived,Ann")));
    add("stages", each("deployment_id,stage,kind,status", &|id| format!("{id},roll out,deploy,succeeded")));
    add("dependencies", "service,depends_on\ncheckout,billing\nbilling,identity\n".into());
    let bookings = "booking_id,environment,team,starts_at,ends_at,purpose\n\
                    B1,staging,payments,2026-10-05T08:00:00Z,2026-10-05T12:00:00Z,load test\n\
                    B2,staging,data,2026-10-05T10:00:00Z,2026-10-05T14:00:00Z,dry run\n";
    add("bookings", bookings.into());
    for (name, text) in tables {
        let (header, rows) = records(&text);
        let mut rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| header.iter().zip(row).map(|(column, text)| marked(&name, column, text)).collect())
            .collect();
        if name == "incidents" {
            // A row that is rejected, and whose value the reason quotes.
            let mut bad = rows[0].clone();
            bad[0] = "Zzorigid-bad".into();
            bad[4] = "Zzorigfree `Zzorigperson` yesterday".into();
            rows.push(bad);
        }
        folder.write(&format!("zzorigfolder/{name}.csv"), csv_text(&header, &rows));
    }
}

fn reports() -> Vec<String> {
    let definitions = embedded::REPORTS.iter().filter(|(path, _)| path.ends_with(".toml") && !path.contains(CONTROLS));
    let names = definitions.map(|(path, _)| Path::new(path).file_stem().unwrap().to_string_lossy().into_owned());
    // A dossier names its release, so it is refused for the public (tests/site.rs).
    names.filter(|name| name != "release").collect()
}

/// Forms whose text is drawn as shapes and glyphs: there is nothing in them to be searched. They are made of the same
/// report as the others.
const DRAWN: &[&str] = &["pdf", "png", "slides"];

/// The last deployment to production of the sample, as it is marked.
fn a_deployment() -> String {
    let (_, text) = sample().into_iter().find(|(name, _)| name == "deployments").unwrap();
    let (header, rows) = records(&text);
    let column = |name: &str| header.iter().position(|known| known == name).unwrap();
    let (id, environment) = (column("deployment_id"), column("environment"));
    let last = rows.iter().rev().find(|row| row[environment] == "production").unwrap();
    marked("deployments", "deployment_id", &last[id])
}

/// The report that is about one release.
const ONE_RELEASE: &str = "release";

fn run(folder: &Folder, report: &str, audience: &str, key: Option<&str>) -> std::process::Output {
    let formats: Vec<&str> = SINKS.iter().map(|sink| sink.name).filter(|name| !DRAWN.contains(name)).collect();
    let out = format!("{report}-{audience}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_shipwake"));
    command.args([
        "report",
        report,
        "--data",
        "zzorigfolder",
        "--as-of",
        "2026-11-01T00:00:00Z",
        "--timezone",
        "Europe/London",
    ]);
    // A report about one release must be told which; the public may not know that.
    if report == ONE_RELEASE {
        command.args(["--deployment", &a_deployment()]);
    }
    command.args(["--format", &formats.join(","), "--audience", audience, "--out", &out, "-q"]);
    command.current_dir(folder.path()).env("NO_COLOR", "1").env_remove("SHIPWAKE_PSEUDONYM_KEY");
    if let Some(key) = key {
        command.env("SHIPWAKE_PSEUDONYM_KEY", key);
    }
    command.output().unwrap()
}

/// Everything that can be read of a file: its text, or what is packed in it.
fn texts(path: &Path, bytes: &[u8]) -> Vec<String> {
    let mut texts = vec![String::from_utf8_lossy(bytes).into_owned()];
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("parquet") => texts.push(parquet_text(path)),
        Some("xlsx") => texts.extend(parts_of_zip(bytes)),
        _ => {}
    }
    texts
}

fn parquet_text(path: &Path) -> String {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    let mut text = String::new();
    for batch in reader.map(Result::unwrap) {
        for column in batch.columns() {
            text.extend((0..batch.num_rows()).map(|row| array_value_to_string(column, row).unwrap() + "\n"));
        }
    }
    text
}

/// The parts of a zip, each unpacked: every local header tells where its part begins.
fn parts_of_zip(bytes: &[u8]) -> Vec<String> {
    let starts = bytes.windows(4).enumerate().filter(|(_, four)| *four == b"PK\x03\x04").map(|(at, _)| at);
    let number = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    starts
        .map(|at| {
            let start = at + 30 + number(at + 26) + number(at + 28);
            let mut text = Vec::new();
            let _ = flate2::read::DeflateDecoder::new(&bytes[start..]).read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
        .collect()
}

/// Where in what was written a word stands, whatever its case.
fn places(folder: &Folder, out: &str, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, bytes) in files(&folder.path().join(out)) {
        let name_text = name.to_string_lossy().to_lowercase();
        for text in texts(&folder.path().join(out).join(&name), &bytes)
            .iter()
            .map(|text| text.to_lowercase())
            .chain([name_text])
        {
            if let Some(at) = text.find(word) {
                let around: String = text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
                let rest: String = text[at..].chars().take(60).collect();
                found.push(format!("{}: …{around}{rest}…", name.display()));
            }
        }
    }
    found
}

#[test]
fn no_output_of_any_report_shows_what_its_audience_may_not_see() {
    let folder = Folder::new("redaction");
    write_data(&folder);
    // Whatever a report for the public hides, it hides for leaders in the same way: of those, the two that tell most.
    let of_leaders = ["audit", "governance"].map(|report| (report.to_owned(), "leaders"));
    let audience = |report: &String| if report == ONE_RELEASE { "leaders" } else { "public" };
    let all = reports().into_iter().map(|report| (report.clone(), audience(&report)));
    for (report, audience) in all.chain(of_leaders) {
        let output = run(&folder, &report, audience, Some(KEY));
        assert!(output.status.success(), "{report}: {}", String::from_utf8_lossy(&output.stderr));
        let words =
            if audience == "public" { &["zzorig"][..] } else { &["zzorigperson", "zzorigfree", "zzorigfolder"] };
        for word in words {
            let found = places(&folder, &format!("{report}-{audience}"), word);
            assert!(found.is_empty(), "{report} for {audience} shows {word}:\n{}", found.join("\n"));
        }
    }
    // The search itself finds what is there.
    assert!(run(&folder, "audit", "internal", None).status.success());
    for word in ["zzorigperson", "zzorigid", "zzorigservice", "zzorigfolder"] {
        assert!(!places(&folder, "audit-internal", word).is_empty(), "{word}");
    }
    assert!(!places(&folder, "audit-leaders", "person-").is_empty());
    assert!(!places(&folder, "audit-public", "service-").is_empty());
}

#[test]
fn without_a_key_nothing_is_written_for_others() {
    let folder = Folder::new("no-key");
    write_data(&folder);
    for audience in ["leaders", "public"] {
        for (key, told) in [(None, "no key"), (Some("secret"), "too short")] {
            let output = run(&folder, "monthly", audience, key);
            assert_eq!(output.status.code(), Some(2), "{audience} {key:?}");
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(error.contains(told) && !error.contains("secret`"), "{error}");
        }
        assert!(!folder.path().join(format!("monthly-{audience}")).exists());
    }
}

#[test]
fn a_key_may_stand_in_a_file_and_gives_the_same_pseudonyms() {
    let folder = Folder::new("key-file");
    folder.write(
        "deployments.csv",
        "deployment_id,service,status,finished_at,approved_by\nd1,a,succeeded,2026-10-02T10:00:00Z,Ann\n",
    );
    folder.write("key", format!("{KEY}\n"));
    let run = |out: &str, arguments: &[&str], key: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shipwake"));
        command.args(["report", "audit", "--data", "deployments.csv", "--as-of", "2026-11-01T00:00:00Z", "-q"]);
        command.args(["--audience", "leaders", "--out", out]).args(arguments).current_dir(folder.path());
        if let Some(key) = key {
            command.env("SHIPWAKE_PSEUDONYM_KEY", key);
        }
        assert!(command.status().unwrap().success());
        fs::read_to_string(folder.path().join(out).join("approvals.csv")).unwrap()
    };
    let by_file = run("one", &["--pseudonym-key-file", "key"], None);
    assert!(by_file.contains("person-"), "{by_file}");
    assert_eq!(by_file, run("two", &[], Some(KEY)));
    assert_ne!(by_file, run("three", &[], Some("another key of the tests")));
}

fn workspace(redaction: Redaction) -> Workspace {
    let flags = Flags { redaction, ..Flags::default() };
    let settings = Settings::of_sample(&flags).unwrap();
    let sample: Vec<(&str, &[u8])> = embedded::SAMPLE
        .iter()
        .filter(|(path, _)| path.ends_with(".csv"))
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect();
    let loading = Loading {
        data: Data::Files(&sample),
        besides: Vec::new(),
        now: 0,
        threads: 2,
        memory_limit: None,
        queries: None,
        progress: &|_, _, _| (),
    };
    Workspace::open(settings, &loading).unwrap()
}

/// Every metric as its numbers, and the number of rows of every list and check.
fn numbers(audience: Audience) -> BTreeMap<String, Vec<f64>> {
    let workspace = workspace(Redaction { audience, key: Key::new(KEY.as_bytes()) });
    let request = Request {
        grain: Grain::Total,
        from: NaiveDate::from_ymd_opt(2026, 4, 1).unwrap(),
        until: NaiveDate::from_ymd_opt(2026, 11, 1).unwrap(),
        groupings: vec![Vec::new()],
        filter: None,
    };
    let (lists, metrics): (Vec<&Metric>, Vec<&Metric>) =
        workspace.catalogue.metrics.values().partition(|metric| metric.aggregate.is_table());
    let asked: Vec<(&Metric, Request)> = metrics.iter().map(|metric| (*metric, request.clone())).collect();
    let results = metric::compute(&workspace.context(), &asked);
    let mut told = BTreeMap::new();
    for (metric, result) in metrics.iter().zip(results) {
        // Of a metric that is always grouped, the groups may bear other names and come in another order.
        let rows = &result.unwrap()[0].rows;
        let mut numbers: Vec<f64> =
            rows.iter().flat_map(|row| [Some(row.n as f64), row.value, row.low, row.high]).flatten().collect();
        numbers.sort_by(f64::total_cmp);
        told.insert(metric.name.clone(), numbers);
    }
    for metric in lists {
        let statement = metric::events(&workspace.context(), metric, &request).unwrap();
        let count = workspace.engine.run(&statement).unwrap().row_count();
        told.insert(metric.name.clone(), vec![count as f64]);
    }
    for outcome in metric::run_checks(&workspace.catalogue, &workspace.context()).unwrap() {
        told.insert(
            format!("check {}", outcome.check.name),
            outcome.row_count.map(|count| count as f64).into_iter().collect(),
        );
    }
    told
}

/// The same but for the order in which numbers were added up, which goes by names.
fn is_same(one: &[f64], other: &[f64]) -> bool {
    let is_near = |(one, other): (&f64, &f64)| one == other || (one - other).abs() <= 1e-9 * one.abs();
    one.len() == other.len() && one.iter().zip(other).all(is_near)
}

#[test]
fn no_number_depends_on_who_reads_it() {
    let internal = numbers(Audience::Internal);
    // The public's rows are the leaders' rows with more of them hidden.
    let public = numbers(Audience::Public);
    let other: Vec<String> = internal
        .iter()
        .filter(|(name, numbers)| !is_same(numbers, &public[*name]))
        .map(|(name, numbers)| format!("{name}: {numbers:?} {:?}", public[name]))
        .collect();
    assert!(other.is_empty(), "{}", other.join("\n"));
}
