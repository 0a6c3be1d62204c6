//! `shipwake report`: load, compute, render, write, judge the gates.

use std::collections::BTreeSet;
use std::fs;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use clap::Args;
use serde_json::{Value, json};

use crate::embedded;
use crate::metric::MetricResult;
use crate::period::Period;
use crate::redaction::Audience;
use crate::report::blocks::Report;
use crate::report::release::Release;
use crate::report::statements::Statements;
use crate::report::{self, Definition, Evidence, Form, Subject, statements};
use crate::sink::{self, Assets, Needs, OutputFile, SINKS, Sink, SinkError};
use crate::workspace::{AskedReport, Workspace};

use super::audience::ForWhom;
use super::gate::Gate;
use super::lens::LensFlags;
use super::load::load_for_readers;
use super::out::say;
use super::package::{self, Asked, Packaging};
use super::progress::Bar;
use super::shared::{Shared, quoted};
use super::site::Writing;
use super::window::Window;
use super::{Exit, Failure};

#[derive(Debug, Args)]
// `--version` names a version here.
#[command(disable_version_flag = true)]
pub struct Arguments {
    /// Name of the report
    #[arg(default_value = "monthly")]
    name: String,
    /// Folder to write into; shipwake-report unless given, of a site shipwake-NAME, which is replaced whole
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    #[arg(long, value_delimiter = ',', default_value = "html,markdown,json", help = FORMATS, long_help = formats())]
    format: Vec<String>,
    /// Folder with definitions (*.toml) and templates of your own
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,
    /// Exit with 3 when it holds, such as 'change_fail_rate.low > 0.15 and n >= 20' (repeatable)
    #[arg(long, value_name = "GATE")]
    fail_on: Vec<String>,
    #[command(flatten)]
    for_whom: ForWhom,
    #[command(flatten)]
    packaging: Packaging,
    #[command(flatten)]
    lens: LensFlags,
    #[command(flatten)]
    window: Window,
    #[command(flatten)]
    shared: Shared,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    // What can be refused is refused before anything is read.
    let sinks = sinks(&arguments.format)?;
    let gates: Vec<Gate> = arguments.fail_on.iter().map(|text| Gate::read(text)).collect::<Result<_, _>>()?;
    let files = definition_files(arguments)?;
    let definition = Definition::find(&arguments.name, &files)?;
    let assets = assets(arguments, &files)?;
    let out = arguments.out.clone().unwrap_or_else(|| default_out(&definition));
    let asked = arguments.packaging.read(&definition, &out)?;
    let lens = arguments.lens.read(&definition, arguments.for_whom.audience)?;
    let redaction = arguments.for_whom.redaction()?;

    let needs = sinks.iter().map(|sink| sink.needs).max().unwrap_or(Needs::Words);
    let foreseen = AskedReport { definition: &definition, with_events: needs >= Needs::Events };
    let foreseen = Some(foreseen).filter(|_| report::is_foreseen(&definition));
    let judged = gates.iter().map(Gate::question).collect();
    let loaded = load_for_readers(&arguments.shared, redaction, foreseen, judged)?;
    let workspace = &loaded.workspace;
    for gate in &gates {
        gate.check(&workspace.catalogue)?;
    }
    let release = lens.map(|lens| Release::find(lens, &workspace.catalogue, &workspace.engine)).transpose()?;
    let on_day = release.as_ref().and_then(|release| release.period(&workspace.settings.calendar));
    let (period, note) = match on_day {
        Some(period) => (period, None),
        None => arguments.window.period(workspace, definition.grain)?,
    };
    if let Some(note) = note.as_ref().filter(|_| !arguments.shared.quiet) {
        say(&format!("note: {note}"));
    }
    let context = workspace.context();
    let bar = Bar::start(arguments.shared.quiet, arguments.shared.verbose);
    bar.set("computing", 0, 0);
    let fingerprint;
    let options = options(arguments, workspace);
    let command = command(arguments, &options, period.start, period.end);
    let settings = &workspace.settings;
    let mut notes = settings.redaction.notes(workspace.notes.clone());
    notes.extend(note);
    let mut subject = Subject {
        organisation: &settings.organisation,
        catalogue: &workspace.catalogue,
        context: &context,
        period,
        definitions: flat(&definitions(workspace), "definitions"),
        definitions_hash: &settings.definitions_hash,
        profile: &settings.definitions.profile,
        command: &command,
        options: &options,
        notes: &notes,
        fingerprint: "",
        data_until: workspace.data_until,
        release: release.as_ref(),
        is_sample: loaded.is_sample,
        audience: settings.redaction.audience,
        package: asked.as_ref().map(Asked::package),
    };
    if definition.form == Form::Site {
        fingerprint = workspace.fingerprint();
        subject.fingerprint = &fingerprint;
        let periods = view_periods(arguments, workspace, &definition, period)?;
        let threads = arguments.shared.threads();
        let writing = Writing { workspace, definition: &definition, assets: &assets, out: &out, threads, bar: &bar };
        let head = report::head(&definition, &subject, &Evidence::default(), &Statements::default());
        let manifest = manifest(workspace, &head, &fingerprint, &command);
        let written = writing.run(&subject, &periods, manifest)?;
        drop(bar);
        if !arguments.shared.quiet {
            written.say(&out);
        }
        return judge(&gates, &gate_results(&gates, &subject)?);
    }
    let evidence;
    (evidence, fingerprint) = beside(|| Evidence::gather(&definition, &subject), || workspace.fingerprint());
    let evidence = evidence?;
    subject.fingerprint = &fingerprint;
    let statements = statements::all(&definition, &subject, &evidence);
    let mut report = report::told(&definition, &subject, &evidence, &statements)?;
    if needs >= Needs::Numbers {
        (report.numbers.measures, report.numbers.lists) = evidence.numbers(&subject);
    }
    if needs >= Needs::Events {
        report.numbers.rows = report::numbers::raw_rows(&subject)?;
    }
    bar.set("rendering", 0, 0);
    let mut outputs = rendered(&sinks, &report, &assets)?;
    let manifest = manifest(workspace, &report, &fingerprint, &command);
    match &asked {
        Some(asked) => {
            outputs = package::files(outputs, &definition, &evidence)?;
            outputs = package::sealed(outputs, manifest, asked, &loaded)?;
            package::refuse_replacement(&out, &outputs, asked)?;
        }
        None => outputs.push(manifest_file(&manifest)),
    }
    let mut seen = BTreeSet::new();
    outputs.retain(|file| seen.insert(file.path.clone()));
    bar.set("writing", 0, 0);
    match asked {
        Some(_) => package::write(&out, &outputs)?,
        None => sink::files::write_all(&out, &outputs)?,
    }
    drop(bar);
    if !arguments.shared.quiet {
        say(&report.headline);
        say(&format!("wrote {} files to {}", outputs.len(), out.display()));
    }
    let results = gate_results(&gates, &subject)?;
    judge(&gates, &results)
}

/// Two things at once.
fn beside<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        (one, other.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// Where a report goes unless told. A site replaces its folder whole, so it has one of its own.
fn default_out(definition: &Definition) -> PathBuf {
    match definition.form {
        Form::Site => PathBuf::from(format!("shipwake-{}", definition.name)),
        Form::Page | Form::Release => PathBuf::from("shipwake-report"),
    }
}

/// The period of each view of a site, the reported one first.
fn view_periods(
    arguments: &Arguments,
    workspace: &Workspace,
    definition: &Definition,
    period: Period,
) -> Result<Vec<Period>, Failure> {
    let mut periods = vec![period];
    for view in &definition.views {
        periods.push(arguments.window.last_within(workspace, period, view.grain)?);
    }
    Ok(periods)
}

/// The word for every form.
const ALL: &str = "all";

const FORMATS: &str = "Forms to write, with commas, or all: --help lists them";

/// The forms with what each is for, as help.
fn formats() -> String {
    let forms = SINKS.iter().map(|sink| format!("- {}: {}", sink.name, sink.about));
    let lines: Vec<String> = forms.chain([format!("- {ALL}: All of them")]).collect();
    format!("Forms to write, with commas:\n{}\n", lines.join("\n"))
}

/// The forms asked for, each once, in the order of their first mention.
fn sinks(names: &[String]) -> Result<Vec<&'static Sink>, SinkError> {
    let mut found: Vec<&Sink> = Vec::new();
    for name in names {
        let asked = if name == ALL { SINKS.iter().collect() } else { vec![sink::find(name)?] };
        for sink in asked {
            if found.iter().all(|known| known.name != sink.name) {
                found.push(sink);
            }
        }
    }
    Ok(found)
}

/// Every form, each on a thread of its own, in the order asked for.
fn rendered(sinks: &[&Sink], report: &Report, assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    let parts: Vec<Result<Vec<OutputFile>, SinkError>> = thread::scope(|scope| {
        let started: Vec<_> = sinks.iter().map(|sink| scope.spawn(|| (sink.render)(report, assets))).collect();
        started.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let parts: Result<Vec<Vec<OutputFile>>, SinkError> = parts.into_iter().collect();
    Ok(parts?.into_iter().flatten().collect())
}

/// Built-in definitions and templates, then those of a user's folder.
fn definition_files(arguments: &Arguments) -> Result<Vec<(String, String)>, Failure> {
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    let mut files: Vec<(String, String)> = embedded::REPORTS.iter().map(own).collect();
    let Some(folder) = &arguments.reports else {
        return Ok(files);
    };
    for path in own_files(folder)? {
        let name = path.display().to_string();
        if has_ending(&path, &["toml", "html", "css", "js", "svg", "typ"]) {
            let text = fs::read_to_string(&path).map_err(|cause| Failure::Read { path: name.clone(), cause })?;
            files.push((name, text));
        }
    }
    Ok(files)
}

/// The files of a user's folder, sorted by name.
fn own_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let told = |cause| Failure::Read { path: folder.display().to_string(), cause };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(told)? {
        paths.push(entry.map_err(told)?.path());
    }
    paths.sort();
    paths.retain(|path| path.is_file());
    Ok(paths)
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// The templates, each replaced by a user's of the same name, and the user's fonts.
fn assets(arguments: &Arguments, files: &[(String, String)]) -> Result<Assets, Failure> {
    let mut assets = Assets::default();
    let built_in = embedded::REPORTS.len();
    for (path, text) in &files[built_in..] {
        if !path.ends_with(".toml") {
            let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
            assets.replace(name, text.clone())?;
        }
    }
    for path in arguments.reports.iter().map(|folder| own_files(folder)).collect::<Result<Vec<_>, _>>()?.concat() {
        if has_ending(&path, &["otf", "ttf"]) {
            let told = |cause| Failure::Read { path: path.display().to_string(), cause };
            assets.add_font(fs::read(&path).map_err(told)?);
        }
    }
    Ok(assets)
}

/// The options that choose the data and the moment, to be typed again; the moment is always said unless settings say it.
fn options(arguments: &Arguments, workspace: &Workspace) -> String {
    // Paths tell of people and of the company's inside.
    let shown = workspace.settings.redaction.hides_nothing();
    let mut words = vec![if shown { arguments.shared.as_typed() } else { String::new() }];
    let is_settled = arguments.shared.as_of.is_none() && workspace.settings.as_of.is_some();
    if !is_settled {
        words.extend(moment(workspace.as_of).map(|moment| format!("--as-of {moment}")));
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

/// The whole command that gives this report again, from the same data.
fn command(arguments: &Arguments, options: &str, from: chrono::NaiveDate, until: chrono::NaiveDate) -> String {
    let name = quoted(&arguments.name);
    let lens = arguments.lens.as_typed();
    let mut words = match lens.is_empty() {
        true => vec![format!("shipwake report {name} --from {from} --until {until}")],
        false => vec![format!("shipwake report {name}"), lens.join(" ")],
    };
    let redaction = arguments.for_whom.audience;
    if redaction != Audience::Internal {
        words.push(format!("--audience {}", redaction.name()));
    }
    if let Some(folder) = arguments.reports.as_ref().filter(|_| redaction == Audience::Internal) {
        words.push(format!("--reports {}", quoted(&folder.display().to_string())));
    }
    words.extend(arguments.packaging.as_typed(redaction));
    if !options.is_empty() {
        words.push(options.to_owned());
    }
    words.join(" ")
}

/// The definitions, but for names of the company's own where nobody outside may see them.
fn definitions(workspace: &Workspace) -> Value {
    let settings = &workspace.settings;
    let mut definitions = serde_json::to_value(&settings.definitions).unwrap_or_default();
    if settings.redaction.audience == Audience::Public {
        definitions["production"] = json!("left out");
    }
    definitions
}

/// What went in, so that the report can be made again and compared.
fn manifest(workspace: &Workspace, report: &Report, fingerprint: &str, command: &str) -> Value {
    let redaction = &workspace.settings.redaction;
    let files: Vec<_> = workspace
        .files()
        .iter()
        .map(|file| {
            json!({
                "source": redaction.source(&file.source), "path": redaction.path(&file.path), "format": file.format, "table": file.table,
                "bytes": file.bytes, "rows_read": file.rows_read, "rows_kept": file.rows_kept,
                "rows_superseded": file.rows_superseded, "rows_rejected": file.rows_rejected,
                "rows_after_as_of": file.rows_after_as_of, "rows_unused": file.rows_unused,
            })
        })
        .collect();
    let settings = &workspace.settings;
    json!({
        "schema": report.schema,
        "report": report.name,
        "title": report.title,
        "program": format!("shipwake {}", env!("CARGO_PKG_VERSION")),
        "command": command,
        "as_of": moment(workspace.as_of),
        "timezone": settings.calendar.zone.name(),
        "profile": settings.definitions.profile,
        "audience": redaction.audience.name(),
        "definitions": definitions(workspace),
        "definitions_hash": settings.definitions_hash,
        "data_sha256": fingerprint,
        "files": files,
    })
}

pub fn manifest_file(manifest: &Value) -> OutputFile {
    let mut text = serde_json::to_string_pretty(manifest).unwrap_or_default();
    text.push('\n');
    OutputFile { path: "manifest.json".into(), bytes: text.into_bytes() }
}

pub fn moment(micros: i64) -> Option<String> {
    let moment = chrono::DateTime::from_timestamp_micros(micros)?;
    Some(moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}

/// Nested settings as dotted keys, in order.
pub fn flat(value: &serde_json::Value, key: &str) -> Vec<(String, String)> {
    match value {
        serde_json::Value::Object(map) => {
            map.iter().flat_map(|(name, inner)| flat(inner, &format!("{key}.{name}"))).collect()
        }
        serde_json::Value::String(text) => vec![(key.to_owned(), text.clone())],
        other => vec![(key.to_owned(), other.to_string())],
    }
}

fn gate_results(gates: &[Gate], subject: &Subject) -> Result<Vec<MetricResult>, Failure> {
    gates.iter().map(|gate| gate.measure(subject)).collect()
}

fn judge(gates: &[Gate], results: &[MetricResult]) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for (gate, result) in gates.iter().zip(results) {
        let verdict = gate.judge(result);
        say(&verdict.text);
        // A breach outranks what could not be judged.
        if exit != Exit::Gate && verdict.exit != Exit::Done {
            exit = verdict.exit;
        }
    }
    Ok(exit)
}
