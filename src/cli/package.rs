//! The evidence package of `shipwake report audit`: the report as its index, the rows behind it, and a manifest.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use crate::embedded;
use crate::engine::Answer;
use crate::metric::Catalogue;
use crate::package;
use crate::redaction::Audience;
use crate::report::controls::{ControlMap, EvidenceSource, Finding};
use crate::report::{CONTROLS, Definition, Evidence, Package, control_file, table_file};
use crate::sink::folder::NewFolder;
use crate::sink::table::{Cell, Grid, GridColumn, csv};
use crate::sink::{OutputFile, rows};
use crate::source::FileRead;
use crate::workspace::Workspace;

use super::load::Loaded;
use super::shared::quoted;
use super::{Failure, grid};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Evidence package (`report audit`)")]
pub struct Packaging {
    /// Controls to be judged: generic, iso-27001, sox, or a file of your own
    #[arg(long, value_name = "NAME|FILE")]
    controls: Option<String>,
    /// The package that this one follows: its folder or its manifest.json
    #[arg(long, value_name = "DIR")]
    previous: Option<PathBuf>,
    /// Write over another package in the folder: the one that stands there is lost
    #[arg(long)]
    replace: bool,
}

/// What was asked of a package, read.
pub struct Asked {
    pub controls: ControlMap,
    /// SHA-256 of the text of the map.
    controls_digest: String,
    /// SHA-256 of the manifest of the package before.
    pub previous: Option<String>,
    may_replace: bool,
}

impl Asked {
    /// What the report says of it.
    pub fn package(&self) -> Package<'_> {
        Package { controls: &self.controls, previous: self.previous.as_deref() }
    }
}

impl Packaging {
    /// The options to be typed again; paths are for internal readers only.
    pub fn as_typed(&self, audience: Audience) -> Vec<String> {
        let paths = [
            ("controls", self.controls.clone()),
            ("previous", self.previous.as_ref().map(|path| path.display().to_string())),
        ];
        let shown = paths.into_iter().filter(|_| audience == Audience::Internal);
        shown.filter_map(|(flag, value)| Some(format!("--{flag} {}", quoted(&value?)))).collect()
    }

    /// What is needed for a package; none where the report is none.
    ///
    /// # Errors
    /// Where the options do not fit the report, or a file that they name cannot be read.
    pub fn read(&self, definition: &Definition, out: &Path) -> Result<Option<Asked>, Failure> {
        if definition.evidence.is_empty() {
            if self.controls.is_some() || self.previous.is_some() || self.replace {
                let message = format!("`{}` is no evidence package", definition.name);
                let help = "`--controls`, `--previous` and `--replace` go with `shipwake report audit`";
                return Err(Failure::usage(message, help));
            }
            return Ok(None);
        }
        refuse_strangers(out)?;
        let (path, text) = control_map(self.controls.as_deref().unwrap_or("generic"))?;
        if let Some(previous) = &self.previous {
            refuse_predecessor(previous, out)?;
        }
        let previous = self.previous.as_ref().map(|previous| package::manifest_digest(previous)).transpose()?;
        let controls_digest = package::digest(text.as_bytes());
        let may_replace = self.replace;
        Ok(Some(Asked { controls: ControlMap::read(&path, &text)?, controls_digest, previous, may_replace }))
    }
}

/// A chain holds only where each package follows another one that is whole. Of a manifest alone nothing can be verified.
///
/// # Errors
/// Where the package before is the folder that shall be written, however either is spelled, or a file of it differs.
fn refuse_predecessor(previous: &Path, out: &Path) -> Result<(), Failure> {
    let folder = if previous.is_dir() { Some(previous) } else { previous.parent() };
    let place = |path: &Path| fs::canonicalize(path).ok();
    let is_itself = folder.and_then(place).is_some_and(|folder| Some(folder) == place(out));
    if is_itself {
        let message = format!("`{}` cannot follow itself", out.display());
        return Err(Failure::usage(message, "give another folder by `--out`"));
    }
    let verified = if previous.is_dir() { Some(package::verify(previous)?) } else { None };
    match verified.iter().flat_map(|verified| &verified.faults).next() {
        Some(fault) => Err(Failure::Quality {
            message: format!(
                "`{}`, the package before, is not whole: {} {}",
                previous.display(),
                fault.path,
                fault.problem.name()
            ),
            help: format!("`shipwake check --package {}` tells everything", quoted(&previous.display().to_string())),
        }),
        None => Ok(()),
    }
}

/// The built-in map of that name, or the file.
fn control_map(name: &str) -> Result<(String, String), Failure> {
    let built_in = || embedded::REPORTS.iter().filter_map(|(path, text)| Some((path.strip_prefix(CONTROLS)?, *text)));
    if let Some((path, text)) = built_in().find(|(path, _)| path.strip_suffix(".toml") == Some(name)) {
        return Ok((format!("{CONTROLS}{path}"), text.to_owned()));
    }
    if !name.ends_with(".toml") {
        let known: Vec<&str> = built_in().filter_map(|(path, _)| path.strip_suffix(".toml")).collect();
        let help = format!("maps are {}, or a file that ends with .toml", known.join(", "));
        return Err(Failure::usage(format!("no map of controls is called `{name}`"), help));
    }
    let text = fs::read_to_string(name).map_err(|cause| Failure::Read { path: name.to_owned(), cause })?;
    Ok((name.to_owned(), text))
}

/// The files of the package but its manifest: the report as `index`, tables of evidence, controls and their rows.
///
/// # Errors
/// Where a table cannot be written.
pub fn files(
    rendered: Vec<OutputFile>,
    definition: &Definition,
    evidence: &Evidence,
) -> Result<Vec<OutputFile>, Failure> {
    let mut files: Vec<OutputFile> = rendered.into_iter().map(as_index).collect();
    for name in &definition.evidence {
        let Some((metric, answer)) = evidence.rows(name) else { continue };
        let stem = table_file(&metric.name);
        files.push(text_file(format!("{stem}.csv"), csv(&grid::of_answer(answer))?));
        let bytes = rows::parquet(&answer.schema, &answer.batches)?;
        files.push(OutputFile { path: format!("{stem}.parquet").into(), bytes });
    }
    files.push(text_file("controls.csv".into(), csv(&matrix(&evidence.controls))?));
    for finding in &evidence.controls {
        if let Some(rows) = finding.rows.as_ref().filter(|rows| rows.row_count() > 0) {
            files.push(text_file(control_file(finding.control), csv(&grid::of_answer(rows))?));
        }
    }
    Ok(files)
}

/// `report.html` is the package's `index.html`.
fn as_index(file: OutputFile) -> OutputFile {
    let ending = file.path.to_str().and_then(|path| path.strip_prefix("report."));
    match ending.map(|ending| PathBuf::from(format!("index.{ending}"))) {
        Some(path) => OutputFile { path, ..file },
        None => file,
    }
}

fn text_file(path: String, text: String) -> OutputFile {
    OutputFile { path: path.into(), bytes: text.into_bytes() }
}

fn matrix(findings: &[Finding]) -> Grid {
    let text = |name: &str| GridColumn { name: name.to_owned(), is_number: false };
    let number = |name: &str| GridColumn { name: name.to_owned(), is_number: true };
    let rows = findings.iter().map(|finding| {
        let control = finding.control;
        let has_rows = finding.rows.as_ref().is_some_and(|rows: &Answer| rows.row_count() > 0);
        // Of a check, only what fails is known.
        let is_check = matches!(control.source, EvidenceSource::Check { .. });
        let whole =
            |number: Option<u64>| number.and_then(|number| i64::try_from(number).ok()).map_or(Cell::Null, Cell::Whole);
        let of_cases = finding.counts.filter(|_| !is_check);
        vec![
            Cell::Text(control.id.clone()),
            Cell::Text(control.title.clone()),
            Cell::Text(control.objective.clone()),
            Cell::Text(control.reference.clone()),
            Cell::Text(finding.state.name().to_owned()),
            whole(of_cases.map(|counts| counts.cases())),
            whole(of_cases.map(|counts| counts.pass)),
            whole(finding.counts.map(|counts| counts.fail)),
            whole(of_cases.map(|counts| counts.excepted)),
            whole(of_cases.map(|counts| counts.not_evidenced)),
            Cell::Text(control.failing.clone()),
            Cell::Text(finding.lacking.clone()),
            if has_rows { Cell::Text(control_file(control)) } else { Cell::Null },
        ]
    });
    Grid {
        columns: vec![
            text("control_id"),
            text("title"),
            text("objective"),
            text("reference"),
            text("state"),
            number("case_count"),
            number("pass_count"),
            number("fail_count"),
            number("excepted_count"),
            number("not_evidenced_count"),
            text("failing_rows_are"),
            text("lacking"),
            text("rows_file"),
        ],
        rows: rows.collect(),
    }
}

/// The files with their manifest, which says besides what a report's says: digests of inputs, settings, queries and
/// controls, and the package before.
///
/// # Errors
/// Where an input has changed since it was read.
pub fn sealed(
    files: Vec<OutputFile>,
    manifest: Value,
    asked: &Asked,
    loaded: &Loaded,
) -> Result<Vec<OutputFile>, Failure> {
    match about(manifest, asked, &loaded.workspace, loaded.is_sample)? {
        Value::Object(about) => Ok(package::sealed(files, about)),
        _ => Ok(package::sealed(files, serde_json::Map::new())),
    }
}

/// Puts the package in its place, whole: what stood there goes with every file of it.
///
/// # Errors
/// Where somebody has put a file into the folder since, or the file system refuses.
pub fn write(folder: &Path, files: &[OutputFile]) -> Result<(), Failure> {
    refuse_strangers(folder)?;
    // Whatever is there belongs to the package that is replaced.
    let whole = NewFolder::begin(folder, &|_| true)?;
    for file in files {
        whole.write(file)?;
    }
    Ok(whole.take_place()?)
}

/// Files in the folder that are no part of a package are nobody's to replace.
///
/// # Errors
/// Names them.
fn refuse_strangers(folder: &Path) -> Result<(), Failure> {
    let strangers = package::strangers(folder)?;
    if strangers.is_empty() {
        return Ok(());
    }
    let (count, first) = (strangers.len(), strangers.iter().take(3).map(String::as_str).collect::<Vec<_>>());
    Err(Failure::usage(
        format!(
            "`{}` holds {count} files that are no part of a package, such as {}",
            folder.display(),
            first.join(", ")
        ),
        "give an empty folder by `--out`",
    ))
}

/// Evidence is not replaced in passing: a package in the folder that differs from this one stays, unless the user said
/// otherwise. Every digest stands in the manifest, so packages with the same manifest are the same.
///
/// # Errors
/// Where another package is there, or its manifest cannot be read.
pub fn refuse_replacement(folder: &Path, files: &[OutputFile], asked: &Asked) -> Result<(), Failure> {
    let path = folder.join(package::MANIFEST);
    let there = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(Failure::Read { path: path.display().to_string(), cause }),
    };
    let is_same = files.iter().any(|file| file.path == Path::new(package::MANIFEST) && file.bytes == there);
    if is_same || asked.may_replace {
        return Ok(());
    }
    let message = format!(
        "`{}` holds another package, whose manifest has the SHA-256 {}",
        folder.display(),
        package::digest(&there)
    );
    let help = "give another folder by `--out`; or `--replace`, where no later package follows the one that is there. \
                Without `--as-of` every run is a package of its own, for it tells its moment";
    Err(Failure::usage(message, help))
}

fn about(mut manifest: Value, asked: &Asked, workspace: &Workspace, is_sample: bool) -> Result<Value, Failure> {
    let settings = &workspace.settings;
    let is_shown = settings.redaction.hides_nothing();
    let mut known: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let mut inputs = Vec::new();
    for (file, told) in workspace.files().iter().zip(taken(&mut manifest, "files")) {
        let digest = match known.get(file.path.as_str()) {
            Some(digest) => digest.clone(),
            None => known.entry(&file.path).or_insert(input_digest(file, workspace, is_sample)?).clone(),
        };
        let mut told = told;
        // Who knows a public file's digest could tell which file was read.
        told["sha256"] = json!(digest.filter(|_| settings.redaction.path(&file.path).is_some()));
        inputs.push(told);
    }
    let settings_file = settings.file.as_ref().filter(|_| is_shown).map(|path| {
        json!({"path": path.display().to_string(), "sha256": fs::read(path).ok().map(|bytes| package::digest(&bytes))})
    });
    manifest["inputs"] = inputs.into();
    manifest["settings"] = json!(settings_file);
    manifest["queries_sha256"] = json!(queries_digest(&workspace.catalogue));
    manifest["controls"] = json!({"name": asked.controls.name, "sha256": asked.controls_digest});
    manifest["previous"] = match &asked.previous {
        Some(digest) => json!({"manifest_sha256": digest}),
        None => Value::Null,
    };
    Ok(manifest)
}

/// The list under a key, which is taken out.
fn taken(manifest: &mut Value, key: &str) -> Vec<Value> {
    match manifest.as_object_mut().and_then(|map| map.shift_remove(key)) {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    }
}

/// SHA-256 of an input file; none where it cannot be read again, such as standard input or a repository.
fn input_digest(file: &FileRead, workspace: &Workspace, is_sample: bool) -> Result<Option<String>, Failure> {
    // A store noted it when it read the file, which may be gone by now.
    if !file.sha256.is_empty() {
        return Ok(Some(file.sha256.clone()));
    }
    // Rules of the settings are no file of their own; the settings have their digest.
    if file.bytes == 0 {
        return Ok(None);
    }
    if is_sample {
        let text = embedded::SAMPLE.iter().find(|(path, _)| *path == file.path);
        return Ok(text.map(|(_, text)| package::digest(text.as_bytes())));
    }
    if let Some(digest) = workspace.known_digest(&file.path) {
        return Ok(Some(digest.to_owned()));
    }
    let place = workspace.settings.base.join(&file.path);
    match package::digest_of_file(&place) {
        Ok((digest, length)) if length == file.bytes => Ok(Some(digest)),
        Ok(_) => Err(Failure::Quality {
            message: format!("`{}` changed while the package was made", file.path),
            help: "make the package again when nobody writes the exports".into(),
        }),
        Err(_) => Ok(None),
    }
}

/// SHA-256 over the texts of all queries, those of the user included.
fn queries_digest(catalogue: &Catalogue) -> String {
    let checks = catalogue.checks.values().map(|check| &check.statement);
    // Texts alone count, whenever they are asked.
    let statements = catalogue.statements(0);
    let all = statements.iter().chain(checks);
    package::digest(
        all.map(|statement| format!("{}\n{}\n", statement.name, statement.text)).collect::<String>().as_bytes(),
    )
}
