//! `shipwake report`: load, compute, render, write, judge the gates.

use std::collections::BTreeSet;
use std::fs;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread;

use clap::Args;
use serde_json::json;

use crate::embedded;
use crate::metric::MetricResult;
use crate::report::blocks::Report;
use crate::report::release::{Lens, LensKind, Release};
use crate::report::statements::Statements;
use crate::report::{self, Definition, Evidence, Form, Subject};
use crate::sink::{self, Assets, OutputFile, Sink, SinkError};
use crate::workspace::Workspace;

use super::gate::Gate;
use super::load::load;
use super::out::say;
use super::progress::Bar;
use super::shared::{Shared, quoted};
use super::site::{Writing, default_out};
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
    /// Forms to write, with commas: html, markdown, json
    #[arg(long, value_delimiter = ',', default_value = "html,markdown,json")]
    format: Vec<String>,
    /// Folder with definitions (*.toml) and templates of your own
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,
    /// Exit with 3 when it holds, such as 'change_fail_rate.low > 0.15' (repeatable)
    #[arg(long, value_name = "GATE")]
    fail_on: Vec<String>,
    #[command(flatten)]
    lens: LensFlags,
    #[command(flatten)]
    window: Window,
    #[command(flatten)]
    shared: Shared,
}

/// Which release `shipwake report release` is about.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "One release (report release)")]
struct LensFlags {
    /// All deployments of this release_id
    #[arg(long, value_name = "NAME", conflicts_with_all = ["version", "deployment"])]
    release: Option<String>,
    /// All deployments of this version
    #[arg(long, value_name = "VERSION", conflicts_with = "deployment")]
    version: Option<String>,
    /// This deployment
    #[arg(long, value_name = "ID")]
    deployment: Option<String>,
    /// Of this service only
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
}

impl LensFlags {
    /// What was asked for; only a report about a release takes it, and such a report needs it.
    fn lens(&self, definition: &Definition) -> Result<Option<Lens>, Failure> {
        let named = [
            (LensKind::Release, &self.release),
            (LensKind::Version, &self.version),
            (LensKind::Deployment, &self.deployment),
        ];
        let found = named.into_iter().find_map(|(kind, name)| Some((kind, name.clone()?)));
        match (found, definition.form == Form::Release) {
            (Some((kind, name)), true) => Ok(Some(Lens { kind, name, service: self.service.clone() })),
            (None, true) => Err(Failure::usage(
                format!("report `{}` is about one release, and none is named", definition.name),
                "add `--release NAME`, `--version VERSION` (and `--service SERVICE`) or `--deployment ID`",
            )),
            (None, false) if self.service.is_none() => Ok(None),
            (_, false) => Err(Failure::usage(
                format!("report `{}` is not about one release", definition.name),
                "leave out `--release`, `--version`, `--deployment` and `--service`, or write `shipwake report release`",
            )),
        }
    }

    /// The flags as they are typed again.
    fn as_typed(&self) -> Vec<String> {
        let flags = [
            ("release", &self.release),
            ("version", &self.version),
            ("deployment", &self.deployment),
            ("service", &self.service),
        ];
        flags.iter().filter_map(|(flag, value)| Some(format!("--{flag} {}", quoted(value.as_ref()?)))).collect()
    }
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    // What can be refused is refused before anything is read.
    let sinks: Vec<_> = arguments.format.iter().map(|name| sink::find(name)).collect::<Result<_, _>>()?;
    let gates: Vec<Gate> = arguments.fail_on.iter().map(|text| Gate::read(text)).collect::<Result<_, _>>()?;
    let files = definition_files(arguments)?;
    let definition = Definition::find(&arguments.name, &files)?;
    let assets = assets(&files)?;
    let lens = arguments.lens.lens(&definition)?;

    let loaded = load(&arguments.shared)?;
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
    bar.set("hashing", 0, 0);
    let fingerprint = workspace.fingerprint();
    bar.set("computing", 0, 0);
    let options = options(arguments, workspace);
    let command = command(arguments, &options, period.start, period.end);
    let notes: Vec<String> = workspace.notes.iter().cloned().chain(note).collect();
    let settings = &workspace.settings;
    let subject = Subject {
        organisation: &settings.organisation,
        catalogue: &workspace.catalogue,
        context: &context,
        period,
        definitions: flat(&serde_json::to_value(&settings.definitions).unwrap_or_default(), "definitions"),
        definitions_hash: &settings.definitions_hash,
        profile: &settings.definitions.profile,
        command: &command,
        options: &options,
        notes: &notes,
        fingerprint: &fingerprint,
        data_until: workspace.data_until,
        release: release.as_ref(),
        is_sample: loaded.is_sample,
    };
    if definition.form == Form::Site {
        return site(arguments, &definition, &assets, workspace, &subject, &bar, &gates);
    }
    let report = report::build(&definition, &subject)?;
    bar.set("rendering", 0, 0);
    let mut outputs = rendered(&sinks, &report, &assets)?;
    outputs.push(manifest(workspace, &report, None, &fingerprint, &command));
    let mut seen = BTreeSet::new();
    outputs.retain(|file| seen.insert(file.path.clone()));
    bar.set("writing", 0, 0);
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_OUT));
    sink::files::write_all(&out, &outputs)?;
    drop(bar);
    if !arguments.shared.quiet {
        say(&report.headline);
        say(&format!("wrote {} files to {}", outputs.len(), out.display()));
    }
    let results = gate_results(&gates, &subject)?;
    judge(&gates, &results)
}

/// Where a report goes unless told.
const DEFAULT_OUT: &str = "shipwake-report";

/// A folder of pages; its gates are those of its first view.
fn site(
    arguments: &Arguments,
    definition: &Definition,
    assets: &Assets,
    workspace: &Workspace,
    subject: &Subject,
    bar: &Bar,
    gates: &[Gate],
) -> Result<Exit, Failure> {
    let out = arguments.out.clone().unwrap_or_else(|| default_out(&arguments.name));
    let mut periods = vec![subject.period];
    for view in &definition.views {
        periods.push(arguments.window.last_within(workspace, subject.period, view.grain)?);
    }
    let threads = arguments.shared.threads();
    let writing = Writing { workspace, definition, assets, out: &out, threads, bar };
    let head = report::head(definition, subject, &Evidence::default(), &Statements::default());
    let written = writing.run(subject, &periods, |pages| {
        manifest(workspace, &head, Some(pages), subject.fingerprint, subject.command)
    })?;
    if !arguments.shared.quiet {
        say(&written.headline);
        let megabytes = written.bytes as f64 / 1e6;
        say(&format!("wrote {} files, {megabytes:.1} MB, to {}", written.files, out.display()));
    }
    judge(gates, &gate_results(gates, subject)?)
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
    let told = |cause| Failure::Read { path: folder.display().to_string(), cause };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(told)? {
        paths.push(entry.map_err(told)?.path());
    }
    paths.sort();
    for path in paths.into_iter().filter(|path| path.is_file()) {
        let name = path.display().to_string();
        let is_ours =
            path.extension().is_some_and(|ending| ["toml", "html", "css", "js"].iter().any(|known| ending == *known));
        if is_ours {
            let text = fs::read_to_string(&path).map_err(|cause| Failure::Read { path: name.clone(), cause })?;
            files.push((name, text));
        }
    }
    Ok(files)
}

/// The templates, each replaced by a user's of the same name.
fn assets(files: &[(String, String)]) -> Result<Assets, Failure> {
    let mut assets = Assets::default();
    let built_in = embedded::REPORTS.len();
    for (path, text) in &files[built_in..] {
        if !path.ends_with(".toml") {
            let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
            assets.replace(name, text.clone())?;
        }
    }
    Ok(assets)
}

/// The options that choose the data and the moment, to be typed again; the moment is always said unless settings say it.
fn options(arguments: &Arguments, workspace: &Workspace) -> String {
    let mut words = vec![arguments.shared.as_typed()];
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
    if let Some(folder) = &arguments.reports {
        words.push(format!("--reports {}", quoted(&folder.display().to_string())));
    }
    if !options.is_empty() {
        words.push(options.to_owned());
    }
    words.join(" ")
}

/// What went in, so that the report can be made again and compared.
fn manifest(
    workspace: &Workspace,
    report: &Report,
    pages: Option<usize>,
    fingerprint: &str,
    command: &str,
) -> OutputFile {
    let files: Vec<_> = workspace
        .files()
        .iter()
        .map(|file| {
            json!({
                "source": file.source, "path": file.path, "format": file.format, "table": file.table,
                "bytes": file.bytes, "rows_read": file.rows_read, "rows_kept": file.rows_kept,
                "rows_superseded": file.rows_superseded, "rows_rejected": file.rows_rejected,
                "rows_after_as_of": file.rows_after_as_of, "rows_unused": file.rows_unused,
            })
        })
        .collect();
    let settings = &workspace.settings;
    let mut manifest = json!({
        "schema": report.schema,
        "report": report.name,
        "title": report.title,
        "program": format!("shipwake {}", env!("CARGO_PKG_VERSION")),
        "command": command,
        "as_of": moment(workspace.as_of),
        "timezone": settings.calendar.zone.name(),
        "profile": settings.definitions.profile,
        "definitions": settings.definitions,
        "definitions_hash": settings.definitions_hash,
        "data_sha256": fingerprint,
        "files": files,
    });
    if let (Some(pages), Some(map)) = (pages, manifest.as_object_mut()) {
        map.insert("pages".into(), json!(pages));
    }
    let mut text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
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
